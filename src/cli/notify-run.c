/* SPDX-License-Identifier: ISC */

#include "cli/notify-run.h"

#include <errno.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/file.h"
#include "base/pidfd.h"
#include "cli/say.h"

#define VARIABLE "FIRMA_NOTICE="

void notify_runs_init(struct notify_runs *runs, size_t max, uint64_t time)
{
	*runs = (struct notify_runs){ .max = max, .time = time };
}

static void kill_group(const struct notify_run *run)
{
	/* Each program leads its own process group. */
	kill(-run->pid, SIGKILL);
	kill(run->pid, SIGKILL);
}

void notify_runs_deinit(struct notify_runs *runs)
{
	for (size_t i = 0; i < runs->n; i++) {
		if (runs->time != CLOCK_NEVER) {
			kill_group(&runs->list[i]);
			waitpid(runs->list[i].pid, NULL, 0);
		}
		close(runs->list[i].pidfd);
	}
	runs->n = 0;
}

/* Puts the text into a memory file: unlike with a pipe, the writer need not wait for the reader. */
static int open_input(const struct bytes *text, int *ret)
{
	cleanup(close_p) int fd = memfd_create("firma-notice", MFD_CLOEXEC);
	int r;

	if (fd < 0)
		return -errno;
	r = file_write(fd, bytes_str(text), text->len);
	if (r < 0)
		return r;
	if (lseek(fd, 0, SEEK_SET) < 0)
		return -errno;
	*ret = steal_fd(&fd);
	return 0;
}

/*
 * This process's environment, with this variable (NULL: without it). The caller frees only the
 * array.
 */
static char **make_environment(char *variable)
{
	size_t n = 0, kept = 0;
	char **all;

	while (environ[n])
		n++;
	all = calloc(n + 2, sizeof(*all));
	for (size_t i = 0; all && i < n; i++)
		if (strncmp(environ[i], VARIABLE, strlen(VARIABLE)) != 0)
			all[kept++] = environ[i];
	if (all)
		all[kept] = variable;
	return all;
}

static int spawn(const char *const *argv, char *const *environment, int input, pid_t *ret)
{
	posix_spawn_file_actions_t actions;
	posix_spawnattr_t attributes;
	sigset_t none;
	int r;

	sigemptyset(&none);
	r = -posix_spawn_file_actions_init(&actions);
	if (r < 0)
		return r;
	r = -posix_spawnattr_init(&attributes);
	if (r == 0) {
		r = -posix_spawn_file_actions_adddup2(&actions, input, STDIN_FILENO);
		posix_spawnattr_setflags(
			&attributes, POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK);
		posix_spawnattr_setsigmask(&attributes, &none);
		if (r == 0)
			r = -posix_spawnp(ret, argv[0], &actions, &attributes,
				(char *const *)(const void *)argv, environment);
		posix_spawnattr_destroy(&attributes);
	}
	posix_spawn_file_actions_destroy(&actions);
	return r;
}

int notify_runs_start(struct notify_runs *runs, const char *const *argv, const struct bytes *input,
	const char *sentence, uint64_t now)
{
	cleanup(free_p) char *variable = NULL;
	cleanup(free_p) char **environment = NULL;
	cleanup(close_p) int fd = -1;
	struct notify_run run = {
		.until = runs->time == CLOCK_NEVER ? CLOCK_NEVER : now + runs->time,
	};
	int r;

	if (sentence && asprintf(&variable, VARIABLE "%s", sentence) < 0) {
		variable = NULL;
		return -ENOMEM;
	}
	environment = make_environment(variable);
	if (!environment)
		return -ENOMEM;

	r = open_input(input, &fd);
	if (r == 0)
		r = spawn(argv, environment, fd, &run.pid);
	if (r < 0)
		return r;

	run.pidfd = pidfd_of(run.pid);
	if (run.pidfd < 0) {
		r = -errno;
		kill_group(&run);
		waitpid(run.pid, NULL, 0);
		return r;
	}
	runs->list[runs->n++] = run;
	return 0;
}

size_t notify_runs_fill(const struct notify_runs *runs, struct pollfd *fds)
{
	for (size_t i = 0; i < runs->n; i++)
		fds[i] = (struct pollfd){ .fd = runs->list[i].pidfd, .events = POLLIN };
	return runs->n;
}

uint64_t notify_runs_due(const struct notify_runs *runs)
{
	uint64_t due = CLOCK_NEVER;

	for (size_t i = 0; i < runs->n; i++)
		if (runs->list[i].until < due)
			due = runs->list[i].until;
	return due;
}

static void say_end(int status)
{
	if (WIFEXITED(status) && WEXITSTATUS(status) != 0)
		say("the command ended with status %d", WEXITSTATUS(status));
	else if (WIFSIGNALED(status))
		say("the command was ended by signal %d", WTERMSIG(status));
}

void notify_runs_look(struct notify_runs *runs, uint64_t now)
{
	size_t i = 0;
	int status;

	while (i < runs->n) {
		struct notify_run *run = &runs->list[i];

		if (run->until <= now) {
			kill_group(run);
			run->until = CLOCK_NEVER;
		}
		if (waitpid(run->pid, &status, WNOHANG) != run->pid) {
			i++;
			continue;
		}
		say_end(status);
		close(run->pidfd);
		*run = runs->list[--runs->n];
	}
}
