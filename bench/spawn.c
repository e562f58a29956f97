/* SPDX-License-Identifier: ISC */

/*
 * Whole processes.
 *
 * `tool spawn N [<FILE] COMMAND [ARG…] [::: [<FILE] COMMAND [ARG…]]…` runs the commands in turns, N
 * times each, with FILE as standard input. Prints for each the median of the ns from before its
 * start until its end is known. Each run must end with status 0; its output is discarded.
 *
 * `tool start SOCKET LINE COMMAND [ARG…]` starts a server as systemd would: the socket is listening
 * already, a client has connected and sent LINE, and waits. Prints the ns from before the start
 * until the answer arrives, then kills the server.
 *
 * `tool batch SOCKET COMMAND [ARG…]` starts a server in the same way, with the first line of
 * standard input. After its answer, the server is stopped (SIGSTOP) while a client connects for
 * each further line, so that it then finds all of them at once, even on a busy machine. Prints
 * their answers, and ends the server, whose exit status must be 0.
 */

#include "tool.h"

#include <err.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#define COMMANDS_MAX 16
#define HANDED_OVER 3 /* SD_LISTEN_FDS_START */
#define BATCH_MAX 64  /* as many as the daemon accepts in one turn */

extern char **environ;

/* Standard output is discarded. */
static void prepare(const char *input, posix_spawn_file_actions_t *ret)
{
	if (posix_spawn_file_actions_init(ret) != 0
		|| posix_spawn_file_actions_addopen(ret, STDOUT_FILENO, "/dev/null", O_WRONLY, 0)
			!= 0
		|| (input
			&& posix_spawn_file_actions_addopen(ret, STDIN_FILENO, input, O_RDONLY, 0)
				!= 0))
		err(TOOL_FAILED, "posix_spawn_file_actions");
}

static uint64_t run_once(char **command)
{
	const char *input = command[0][0] == '<' ? *command++ + 1 : NULL;
	posix_spawn_file_actions_t actions;
	uint64_t start;
	int r, status;
	pid_t pid;

	if (!command[0])
		errx(TOOL_USAGE, "a command is missing");
	prepare(input, &actions);
	start = tool_now();
	r = posix_spawnp(&pid, command[0], &actions, NULL, command, environ);
	if (r != 0)
		errx(TOOL_FAILED, "%s: %s", command[0], strerror(r));
	if (waitpid(pid, &status, 0) < 0)
		err(TOOL_FAILED, "%s", command[0]);
	if (status != 0)
		errx(TOOL_FAILED, "%s did not end with status 0", command[0]);
	start = tool_now() - start;
	posix_spawn_file_actions_destroy(&actions);
	return start;
}

/* Cuts the words into commands, each ended by NULL. */
static size_t split(char **words, char **commands[COMMANDS_MAX])
{
	size_t n = 0;

	commands[n++] = words;
	for (; *words; words++) {
		if (strcmp(*words, ":::") != 0)
			continue;
		if (n == COMMANDS_MAX)
			errx(TOOL_USAGE, "these are too many commands");
		*words = NULL;
		commands[n++] = words + 1;
	}
	for (size_t i = 0; i < n; i++)
		if (!commands[i][0])
			errx(TOOL_USAGE, "a command is missing");
	return n;
}

int tool_spawn(int argc, char **argv)
{
	char **commands[COMMANDS_MAX];
	uint64_t *times;
	size_t n, runs;

	if (argc < 3)
		return tool_usage(
			"spawn N [<FILE] COMMAND [ARG...] [::: [<FILE] COMMAND [ARG...]]...");

	runs = tool_number(argv[1]);
	n = split(argv + 2, commands);
	times = tool_allocate(runs * n, sizeof(*times));

	for (size_t run = 0; run < runs; run++)
		for (size_t i = 0; i < n; i++)
			times[i * runs + run] = run_once(commands[i]);

	for (size_t i = 0; i < n; i++) {
		tool_sort(times + i * runs, runs);
		printf("%llu%c", (unsigned long long)tool_percentile(times + i * runs, runs, 50),
			i + 1 < n ? ' ' : '\n');
	}
	free(times);
	return 0;
}

/* The client that waits before the server is there. `line` ends with a newline. */
static int connect_to(const struct sockaddr_un *address, const char *line)
{
	int fd;

	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd < 0 || connect(fd, (const struct sockaddr *)address, sizeof(*address)) < 0
		|| send(fd, line, strlen(line), MSG_NOSIGNAL) != (ssize_t)strlen(line))
		err(TOOL_FAILED, "%s", address->sun_path);
	return fd;
}

/* The child's part: sd_listen_fds(3). The server's output is discarded. */
static void __attribute__((noreturn)) become_server(int listener, char **command)
{
	int nowhere = open("/dev/null", O_RDWR | O_CLOEXEC);
	char pid[32];

	snprintf(pid, sizeof(pid), "%d", (int)getpid());
	if (prctl(PR_SET_PDEATHSIG, SIGKILL) == 0 && dup2(nowhere, STDOUT_FILENO) >= 0
		&& dup2(nowhere, STDERR_FILENO) >= 0 && dup2(listener, HANDED_OVER) >= 0
		&& fcntl(HANDED_OVER, F_SETFD, 0) == 0 && setenv("LISTEN_PID", pid, 1) == 0
		&& setenv("LISTEN_FDS", "1", 1) == 0 && setenv("LISTEN_FDNAMES", "any", 1) == 0)
		execvp(command[0], command);
	_exit(TOOL_FAILED);
}

static pid_t start_server(int listener, char **command)
{
	pid_t pid = fork();

	if (pid == 0)
		become_server(listener, command);
	if (pid < 0)
		err(TOOL_FAILED, "fork");
	close(listener); /* so that connections end if the server fails */
	return pid;
}

int tool_start(int argc, char **argv)
{
	struct sockaddr_un address;
	int listener, client;
	uint64_t start, end;
	char answer[4096];
	char *line;
	ssize_t n;
	pid_t pid;

	if (argc < 4)
		return tool_usage("start SOCKET LINE COMMAND [ARG...]");

	address = tool_address(argv[1]);
	listener = tool_listen(&address);
	if (asprintf(&line, "%s\n", argv[2]) < 0)
		err(TOOL_FAILED, "asprintf");
	client = connect_to(&address, line);
	free(line);

	start = tool_now();
	pid = start_server(listener, argv + 3);
	n = recv(client, answer, sizeof(answer), 0);
	end = tool_now();
	if (n <= 0 || answer[n - 1] != '\n')
		errx(TOOL_FAILED, "%s did not answer", argv[3]);

	if (kill(pid, SIGKILL) < 0 || waitpid(pid, NULL, 0) < 0)
		err(TOOL_FAILED, "%s", argv[3]);
	printf("%llu\n", (unsigned long long)(end - start));
	return 0;
}

/* Connects a client for each of the next `max` lines of standard input. */
static size_t connect_lines(const struct sockaddr_un *address, int *clients, size_t max)
{
	char *line = NULL;
	size_t size = 0, n = 0;

	while (n < max && getline(&line, &size, stdin) > 0)
		clients[n++] = connect_to(address, line);
	if (ferror(stdin))
		err(TOOL_FAILED, "standard input");
	free(line);
	return n;
}

/* Copies what the server sends to `to` (NULL: nowhere), until it closes the connection. */
static void take_answer(int client, FILE *to)
{
	char data[4096];
	size_t len = 0;
	ssize_t n;

	while ((n = recv(client, data, sizeof(data), 0)) > 0) {
		if (to)
			fwrite(data, 1, (size_t)n, to);
		len += (size_t)n;
	}
	if (n < 0 || len == 0)
		errx(TOOL_FAILED, "the server did not answer");
}

/* Waits until the process has stopped. */
static void stop(pid_t pid)
{
	int status;

	if (kill(pid, SIGSTOP) < 0 || waitpid(pid, &status, WUNTRACED) < 0 || !WIFSTOPPED(status))
		err(TOOL_FAILED, "the server did not stop");
}

int tool_batch(int argc, char **argv)
{
	struct sockaddr_un address;
	int listener, status, clients[BATCH_MAX];
	pid_t pid;
	size_t n;

	if (argc < 3)
		return tool_usage("batch SOCKET COMMAND [ARG...]");

	address = tool_address(argv[1]);
	listener = tool_listen(&address);
	if (connect_lines(&address, clients, 1) == 0)
		errx(TOOL_USAGE, "standard input has no lines");
	pid = start_server(listener, argv + 2);
	take_answer(clients[0], NULL);

	stop(pid);
	n = connect_lines(&address, clients, BATCH_MAX);
	if (kill(pid, SIGCONT) < 0)
		err(TOOL_FAILED, "kill");
	for (size_t i = 0; i < n; i++)
		take_answer(clients[i], stdout);

	if (kill(pid, SIGTERM) < 0 || waitpid(pid, &status, 0) < 0)
		err(TOOL_FAILED, "%s", argv[2]);
	if (status != 0)
		errx(TOOL_FAILED, "%s did not end with status 0", argv[2]);
	return 0;
}
