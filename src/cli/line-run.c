/* SPDX-License-Identifier: ISC */

/* Runs a list of pipelines. */

#include "cli/line-run.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/array.h"
#include "base/cleanup.h"
#include "base/text.h"
#include "cli/say.h"

/* The same statuses as a shell's. */
#define STATUS_CANNOT_EXECUTE 126
#define STATUS_NOT_FOUND 127
#define STATUS_SIGNAL 128

/* --- opening ---------------------------------------------------------------------------------- */

static const struct line_program *program_of(const struct line_run *run, const char *name)
{
	for (size_t i = 0; i < run->line.n_commands && run->programs[i].name; i++)
		if (strcmp(run->programs[i].name, name) == 0)
			return &run->programs[i];
	return NULL;
}

int line_run_open(struct line_run *run, struct shell_line *line, line_run_find_fn find,
	const void *userdata, struct bytes *why)
{
	struct line_program *next = run->programs;
	const char *path;
	int r = 0;

	*run = (struct line_run){ .line = *line };
	*line = (struct shell_line){ 0 };
	for (size_t i = 0; r >= 0 && i < run->line.n_commands; i++) {
		const char *name = run->line.commands[i].words;

		if (program_of(run, name))
			continue;
		next->file = (struct pinned_file)PINNED_FILE_INIT;
		next->name = name;
		path = find(name, userdata);
		if (path)
			r = pinned_file_open(path, false, &next->file, why);
		next++;
	}
	return r;
}

void line_run_deinit(struct line_run *run)
{
	for (size_t i = 0; i < SHELL_COMMANDS_MAX && run->programs[i].name; i++)
		pinned_file_deinit(&run->programs[i].file);
	shell_line_deinit(&run->line);
	*run = (struct line_run){ 0 };
}

/* --- one command, in its own process ---------------------------------------------------------- */

static int redirect(int fd, const char *path, int flags)
{
	cleanup(close_p) int opened = open(path, flags | O_CLOEXEC);

	return opened < 0 ? -1 : dup2(opened, fd);
}

static bool apply_redirections(const struct shell_command *c)
{
	int r = 0;

	for (size_t i = 0; r >= 0 && i < c->n_redirections; i++) {
		switch ((enum shell_redirection)c->redirections[i]) {
		case SHELL_STDERR_TO_STDOUT:
			r = dup2(STDOUT_FILENO, STDERR_FILENO);
			break;
		case SHELL_STDOUT_TO_STDERR:
			r = dup2(STDERR_FILENO, STDOUT_FILENO);
			break;
		case SHELL_STDOUT_TO_NULL:
			r = redirect(STDOUT_FILENO, "/dev/null", O_WRONLY);
			break;
		case SHELL_STDERR_TO_NULL:
			r = redirect(STDERR_FILENO, "/dev/null", O_WRONLY);
			break;
		case SHELL_STDIN_FROM_NULL:
			r = redirect(STDIN_FILENO, "/dev/null", O_RDONLY);
			break;
		}
	}
	return r >= 0;
}

/* NULL if out of memory. This process ends with the command, so nothing is freed. */
static char **arguments(const struct shell_command *c)
{
	char **argv = calloc(c->n_words + 1, sizeof(*argv));
	const char *word = c->words;

	for (size_t i = 0; argv && i < c->n_words; i++, word += strlen(word) + 1) {
		argv[i] = strdup(word);
		if (!argv[i])
			return NULL;
	}
	return argv;
}

static int fail(int status, const char *name, const char *what)
{
	cleanup(bytes_deinit) struct bytes shown = BYTES_PRINTED;

	if (text_append_quoted(&shown, name, strlen(name)) >= 0)
		say("%s: %s", bytes_str(&shown), what);
	return status;
}

/* Returns only on failure, with the exit status. */
static int execute(const struct line_run *run, const struct shell_command *c, char **envp)
{
	cleanup(bytes_deinit) struct bytes why = BYTES_PRINTED;
	char **argv = arguments(c);
	const struct line_program *program = program_of(run, c->words);
	int r;

	if (!argv || !program)
		return fail(STATUS_CANNOT_EXECUTE, c->words, strerror(ENOMEM));
	if (!apply_redirections(c))
		return fail(1, c->words, strerror(errno));
	if (program->file.fd < 0)
		return fail(STATUS_NOT_FOUND, c->words,
			strchr(c->words, '/') ? "not among the programs that were asked about"
					      : "command not found");

	r = pinned_file_execute(&program->file, c->words, argv, envp, &why);
	say("%s", bytes_str(&why));
	return r == -ENOENT ? STATUS_NOT_FOUND : STATUS_CANNOT_EXECUTE;
}

/* --- a pipeline ------------------------------------------------------------------------------- */

/* Runs in the child. `input` and `output` are ends of pipes, or -1. */
static _Noreturn void be_command(const struct line_run *run, const struct shell_command *c,
	int input, int output, pid_t parent, char **envp)
{
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != parent || (input >= 0 && dup2(input, STDIN_FILENO) < 0)
		|| (output >= 0 && dup2(output, STDOUT_FILENO) < 0))
		_exit(STATUS_CANNOT_EXECUTE);
	_exit(execute(run, c, envp));
}

/* *input is the pipe to read from; it becomes the next command's input pipe. */
static pid_t begin(
	const struct line_run *run, const struct shell_command *c, int *input, char **envp)
{
	cleanup(close_p) int from = *input, to = -1;
	pid_t parent = getpid(), pid;
	int pipes[2];

	*input = -1;
	if (c->after == SHELL_PIPE) {
		if (pipe2(pipes, O_CLOEXEC) < 0)
			return -1;
		*input = pipes[0];
		to = pipes[1];
	}
	pid = fork();
	if (pid == 0)
		be_command(run, c, from, to, parent, envp);
	return pid;
}

static int wait_for(pid_t pid)
{
	int status;

	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			return STATUS_CANNOT_EXECUTE << 8;
	return status;
}

/* A shell that was interrupted together with its command ends too. */
static void end_alike(int status)
{
	if (!WIFSIGNALED(status) || (WTERMSIG(status) != SIGINT && WTERMSIG(status) != SIGQUIT))
		return;
	signal(WTERMSIG(status), SIG_DFL);
	raise(WTERMSIG(status));
}

/* Returns the status of the last of `n` commands. */
static int run_pipeline(
	const struct line_run *run, const struct shell_command *commands, size_t n, char **envp)
{
	pid_t pids[SHELL_COMMANDS_MAX];
	cleanup(close_p) int input = -1;
	int status = 0;
	size_t begun = 0;

	while (begun < n) {
		pids[begun] = begin(run, &commands[begun], &input, envp);
		if (pids[begun] < 0)
			break;
		begun++;
	}
	if (begun < n)
		fail(STATUS_CANNOT_EXECUTE, commands[begun].words, strerror(errno));
	close_p(&input);
	input = -1;
	for (size_t i = 0; i < begun; i++)
		status = wait_for(pids[i]);
	if (begun < n)
		return STATUS_CANNOT_EXECUTE;

	end_alike(status);
	return WIFSIGNALED(status) ? STATUS_SIGNAL + WTERMSIG(status) : WEXITSTATUS(status);
}

/* --- a list ----------------------------------------------------------------------------------- */

static void on_signal(int number)
{
	(void)number;
}

/* As in a shell, signals from the terminal are for the command; an ignored signal stays ignored. */
static void leave_signals_to_commands(void)
{
	static const int numbers[] = { SIGINT, SIGQUIT };
	const struct sigaction wait_on = { .sa_handler = on_signal, .sa_flags = SA_RESTART };
	struct sigaction before;

	signal(SIGCHLD, SIG_DFL); /* if it is ignored, waitpid(2) gets no status */
	for (size_t i = 0; i < LENGTH(numbers); i++)
		if (sigaction(numbers[i], NULL, &before) == 0 && before.sa_handler != SIG_IGN)
			sigaction(numbers[i], &wait_on, NULL);
}

static size_t pipeline_len(const struct shell_line *line, size_t first)
{
	size_t n = 1;

	while (line->commands[first + n - 1].after == SHELL_PIPE)
		n++;
	return n;
}

static bool goes_on(enum shell_separator separator, int status)
{
	switch (separator) {
	case SHELL_AND:
		return status == 0;
	case SHELL_OR:
		return status != 0;
	default:
		return true;
	}
}

int line_run_execute(const struct line_run *run, char **envp)
{
	const struct shell_line *line = &run->line;
	enum shell_separator before = SHELL_SEQUENCE;
	int status = 0;

	leave_signals_to_commands();
	if (line->directory) {
		before = SHELL_AND;
		if (chdir(line->directory) < 0)
			status = fail(1, line->directory, strerror(errno));
	}
	for (size_t i = 0, n; i < line->n_commands; i += n) {
		n = pipeline_len(line, i);
		if (goes_on(before, status))
			status = run_pipeline(run, &line->commands[i], n, envp);
		before = line->commands[i + n - 1].after;
	}
	return status;
}
