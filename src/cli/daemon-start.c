/* SPDX-License-Identifier: ISC */

/*
 * `firma daemon start`: starts `firma serve` in a session of its own, and waits until it answers.
 * The options that are not this verb's own are passed on to it.
 */

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <limits.h>
#include <linux/close_range.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/array.h"
#include "base/await.h"
#include "base/cleanup.h"
#include "base/clock.h"
#include "base/file.h"
#include "base/text.h"
#include "cli/absolute.h"
#include "cli/daemon-look.h"
#include "cli/daemon-user.h"
#include "cli/own-path.h"

/* Where the daemon finds the pipe. */
#define READY_FD 3

/* How much of its log is shown if it fails. */
#define LOG_SHOWN_MAX 4096

struct start {
	struct daemon_options daemon;
	const char *log_file;
	struct daemon_place place;
	char program[PATH_MAX]; /* this one */
	char *log;              /* absolute */
	char *state_dir;        /* passed on if nothing else names one; else NULL */
	char **serve;           /* the command line of `firma serve`, with memory for `extra` */
	size_t n_serve;
	char *extra[4];
};

static const struct option_row rows[] = {
	DAEMON_ROWS(struct start, daemon.),
	{ "log-file", 0, "FILE", "its log (default: the socket's, with .log)",
		OPTION_STRING(struct start, log_file) },
	{ 0 },
};

/* --- the command line ------------------------------------------------------------------------- */

static const struct option_row *find_row(const struct option_row *row, const char *name, size_t len)
{
	for (; row->name; row++)
		if (strncmp(row->name, name, len) == 0 && row->name[len] == '\0')
			return row;
	return NULL;
}

/* How many words a "--name", "--name=value" or "--name value" takes; 0: not in the table. */
static int count_words(const struct option_row *table, char **words, int n)
{
	const struct option_row *row;
	size_t len;

	if (strncmp(words[0], "--", 2) != 0)
		return 0;

	len = strcspn(words[0] + 2, "=");
	row = find_row(table, words[0] + 2, len);
	if (!row)
		return 0;
	return row->value && words[0][2 + len] == '\0' && n > 1 ? 2 : 1;
}

/* Whether an option is passed on to `firma serve`. */
static bool is_passed_on(const struct start *s, const char *name)
{
	size_t len = strlen(name);

	for (size_t i = 0; i < s->n_serve; i++)
		if (strncmp(s->serve[i], "--", 2) == 0 && strncmp(s->serve[i] + 2, name, len) == 0
			&& (s->serve[i][2 + len] == '\0' || s->serve[i][2 + len] == '='))
			return true;
	return false;
}

static void pass_on(struct start *s, char *word)
{
	s->serve[s->n_serve++] = word;
}

/*
 * Moves the options of `firma serve` from `argv` to s->serve. Returns the number of words left in
 * `argv`.
 */
static int split(struct start *s, int argc, char **argv)
{
	static char program[] = "firma", verb[] = "serve";
	int left = 1, n;

	pass_on(s, program);
	pass_on(s, verb);
	for (int i = 1; i < argc; i += n) {
		n = count_words(rows, argv + i, argc - i);
		if (n == 0 && count_words(serve_verb.options, argv + i, argc - i) > 0) {
			n = count_words(serve_verb.options, argv + i, argc - i);
			for (int k = 0; k < n; k++)
				pass_on(s, argv[i + k]);
			continue;
		}
		if (n == 0)
			n = 1;
		for (int k = 0; k < n; k++)
			argv[left++] = argv[i + k];
	}
	return left;
}

static int add_option(struct start *s, size_t i, const char *name, const char *value)
{
	if (asprintf(&s->extra[i], "--%s=%s", name, value) < 0) {
		s->extra[i] = NULL;
		return -ENOMEM;
	}
	pass_on(s, s->extra[i]);
	return 0;
}

/* Without a home, as in a container, the tokens are kept beside the socket. */
static int add_state_dir(struct start *s)
{
	cleanup(free_p) char *usual = daemon_state_dir(NULL), *copy = NULL, *path = NULL;

	if (usual || is_passed_on(s, "state-dir") || is_passed_on(s, "store"))
		return 0;

	copy = strdup(s->place.socket);
	if (!copy || asprintf(&path, "%s/state", dirname(copy)) < 0)
		return -ENOMEM;
	return add_option(s, 3, "state-dir", path);
}

static int add_options(struct start *s)
{
	char ready[16];
	int r;

	snprintf(ready, sizeof(ready), "%d", READY_FD);
	r = add_option(s, 0, "socket", s->place.socket);
	if (r == 0)
		r = add_option(s, 1, "pid-file", s->place.pid_file);
	if (r == 0)
		r = add_option(s, 2, "ready-fd", ready);
	return r < 0 ? r : add_state_dir(s);
}

/* The path of this program: ps(1) would show /proc/self/exe as "exe". */
static int find_program(struct start *s)
{
	int r;

	r = own_path(s->program);
	return r < 0 ? say_undecided("/proc/self/exe: %s", strerror(-r)) : STATUS_DONE;
}

static int find_log(struct start *s)
{
	if (s->log_file)
		s->log = absolute_path(s->log_file);
	else if (asprintf(&s->log, "%s.log", s->place.socket) < 0)
		s->log = NULL;
	return s->log ? 0 : -ENOMEM;
}

/* --- the process ------------------------------------------------------------------------------ */

static int open_log(const struct start *s, int *ret_fd)
{
	cleanup(free_p) char *directory = strdup(s->log), *name = strdup(s->log);
	cleanup(bytes_deinit) struct bytes shown = BYTES_PRINTED;
	cleanup(close_p) int dir_fd = -1;
	int r = -ENOMEM;

	if (directory && name && text_append_escaped(&shown, s->log, strlen(s->log)) == 0) {
		dir_fd = open(dirname(directory), O_PATH | O_DIRECTORY | O_CLOEXEC);
		r = dir_fd < 0 ? -errno
			       : file_open(dir_fd, basename(name), O_RDWR | O_APPEND | O_CREAT,
				       geteuid(), ret_fd);
	}
	if (r == 0)
		return STATUS_DONE;
	return say_undecided("%s%s%s", bytes_str(&shown), r > 0 ? " " : ": ",
		r > 0 ? file_fault_text((enum file_fault)r) : strerror(-r));
}

/*
 * In the child: never returns. Keeps no descriptor of the caller open: the shell of a "$(…)" waits
 * until all are closed.
 */
static void __attribute__((noreturn)) become_daemon(const struct start *s, int log, int ready)
{
	int null = open("/dev/null", O_RDONLY);

	/*
	 * These variables come from the caller's service manager, and are not meant for this
	 * daemon.
	 */
	unsetenv("NOTIFY_SOCKET");
	unsetenv("LISTEN_FDS");
	unsetenv("LISTEN_PID");
	unsetenv("WATCHDOG_USEC");

	if (setsid() >= 0 && null >= 0 && dup2(null, STDIN_FILENO) >= 0
		&& dup2(log, STDOUT_FILENO) >= 0 && dup2(log, STDERR_FILENO) >= 0
		&& dup2(ready, READY_FD) >= 0 && close_range(READY_FD + 1, ~0U, 0) == 0)
		execv(s->program, s->serve);
	_exit(STATUS_UNDECIDED);
}

/* Returns the process, or a negative errno. */
static pid_t spawn(const struct start *s, int log, int *ret_ready)
{
	cleanup(close_p) int read_end = -1, write_end = -1;
	int ends[2];
	pid_t pid;

	if (pipe2(ends, O_CLOEXEC) < 0)
		return -errno;
	read_end = ends[0];
	write_end = ends[1];

	/* dup2() to the same number would keep O_CLOEXEC, and the daemon would lose its end. */
	if (write_end == READY_FD) {
		write_end = fcntl(ends[1], F_DUPFD_CLOEXEC, READY_FD + 1);
		close(ends[1]);
		if (write_end < 0)
			return -errno;
	}

	pid = fork();
	if (pid < 0)
		return -errno;
	if (pid == 0)
		become_daemon(s, log, write_end);

	*ret_ready = steal_fd(&read_end);
	return pid;
}

enum hearing { HEARD_READY, HEARD_END, HEARD_NOTHING };

static enum hearing hear(int ready, uint64_t timeout)
{
	char c;

	if (await_events(ready, POLLIN, clock_now().boot + timeout) < 0)
		return HEARD_NOTHING;
	return read(ready, &c, 1) == 1 ? HEARD_READY : HEARD_END;
}

/* What follows the time and the program's name, which say() adds itself. */
static char *skip_prefix(char *line)
{
	static const char name[] = "firma: ";
	char *text = line[0] >= '0' && line[0] <= '9' ? line + strcspn(line, " ") : line;

	text += strspn(text, " ");
	return strncmp(text, name, sizeof(name) - 1) == 0 ? text + sizeof(name) - 1 : line;
}

/* Shows what the daemon logged since `from`: what it warns of, or why it failed. */
static void show_log(const struct start *s, int log, off_t from)
{
	cleanup(bytes_deinit) struct bytes text = BYTES_PRINTED, shown = BYTES_PRINTED;
	char *line, *rest;

	if (lseek(log, from, SEEK_SET) < 0 || file_read(log, LOG_SHOWN_MAX, &text) < 0) {
		text_append_escaped(&shown, s->log, strlen(s->log));
		say("the daemon's messages are in %s", bytes_str(&shown));
		return;
	}

	rest = text.data;
	while ((line = strsep(&rest, "\n"))) {
		line = skip_prefix(line);
		bytes_clear(&shown);
		text_append_escaped(&shown, line, strlen(line));
		if (shown.len > 0)
			say_foreign("%s", bytes_str(&shown));
	}
}

static int launch(const struct start *s)
{
	cleanup(close_p) int log = -1, ready = -1;
	enum hearing heard;
	int r, ended = 0;
	pid_t pid;
	off_t end;

	r = open_log(s, &log);
	if (r != STATUS_DONE)
		return r;

	end = lseek(log, 0, SEEK_END);
	pid = spawn(s, log, &ready);
	if (pid <= 0)
		return say_undecided("can't start a process: %s", strerror(-pid));

	heard = hear(ready, s->daemon.timeout);
	if (heard != HEARD_READY) {
		kill(pid, SIGKILL);
		waitpid(pid, &ended, 0);
	}
	show_log(s, log, end);
	if (heard == HEARD_READY)
		return STATUS_DONE;

	say("the daemon did not %s",
		heard == HEARD_END ? "start" : "get ready in time, and was killed");
	return WIFEXITED(ended) && WEXITSTATUS(ended) == STATUS_USAGE ? STATUS_USAGE
								      : STATUS_UNDECIDED;
}

/* --- the verb --------------------------------------------------------------------------------- */

static void say_running(const struct start *s, const struct daemon_look *look, const char *what)
{
	say("%s, process %ld: %s", what, (long)look->pid, bytes_str(&look->message));
	if (!is_passed_on(s, "agent-group"))
		say("the daemon has the uid of its askers, who can get around it: its answers are "
		    "advice");
}

/* Says whether a daemon runs. Returns the exit status; -1 if none runs. */
static int look(const struct start *s, struct pid_file *file, const char *what)
{
	struct daemon_look look;
	int status;

	status = daemon_look(&s->place, s->daemon.timeout, file, &look);
	if (status == STATUS_DONE && look.pid == 0) {
		status = -1;
	} else if (status == STATUS_DONE && look.responsive) {
		say_running(s, &look, what);
	} else if (status == STATUS_DONE) {
		say("process %ld runs, and does not answer: %s", (long)look.pid,
			bytes_str(&look.message));
		status = STATUS_UNDECIDED;
	}
	bytes_deinit(&look.message);
	return status;
}

static int make_directory(const struct start *s)
{
	cleanup(free_p) char *copy = strdup(s->place.pid_file);
	int r;

	r = copy ? file_make_dir(dirname(copy)) : -ENOMEM;
	return r < 0 ? say_undecided(
		       "the directory of %s: %s", bytes_str(&s->place.shown_pid_file), strerror(-r))
		     : STATUS_DONE;
}

static int start(struct start *s)
{
	cleanup(pid_file_close) struct pid_file file = PID_FILE_INIT;
	int status;

	status = make_directory(s);
	if (status == STATUS_DONE)
		status = daemon_manage(&s->place, s->daemon.timeout, &file);
	if (status != STATUS_DONE)
		return status;

	status = look(s, &file, "the daemon runs already");
	if (status >= 0)
		return status;

	status = launch(s);
	if (status != STATUS_DONE)
		return status;
	status = look(s, &file, "the daemon runs");
	return status >= 0 ? status : say_undecided("the daemon ended right after its start");
}

static void start_deinit(struct start *s)
{
	daemon_place_deinit(&s->place);
	free(s->log);
	free(s->serve);
	for (size_t i = 0; i < LENGTH(s->extra); i++)
		free(s->extra[i]);
}

static int run(const struct verb *verb, int argc, char **argv)
{
	cleanup(start_deinit) struct start s = { .daemon = DAEMON_INIT };
	struct operands none;
	int status;

	/* Two words before the options, those added after them, and NULL. */
	s.serve = calloc((size_t)argc + 3 + LENGTH(s.extra), sizeof(char *));
	if (!s.serve)
		return say_undecided("out of memory");

	argc = split(&s, argc, argv);
	argv[argc] = NULL;
	status = verb_read_options(verb, argc, argv, &s, &none);
	if (status != VERB_GO)
		return status;

	status = daemon_place_find(verb, &s.daemon, &s.place);
	if (status != STATUS_DONE)
		return status;
	if (find_log(&s) < 0 || add_options(&s) < 0)
		return say_undecided("out of memory");
	status = find_program(&s);
	return status == STATUS_DONE ? start(&s) : status;
}

const struct verb daemon_start_verb = {
	.group = "daemon",
	.name = "start",
	.arguments = "[SERVE-OPTION...]",
	.summary = "Starts a daemon where no service manager runs",
	.options = rows,
	.run = run,
};
