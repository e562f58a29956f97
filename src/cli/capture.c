/* SPDX-License-Identifier: ISC */

/* posix_spawnp(3) and two pipes. */

#include "cli/capture.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/await.h"
#include "base/cleanup.h"
#include "base/clock.h"
#include "base/file.h"
#include "base/pidfd.h"

#define READ_SIZE 4096

/* `in`: -1 for an empty input. */
static int spawn(const char *const *words, int in, int out, pid_t *ret)
{
	posix_spawn_file_actions_t actions;
	int r;

	r = posix_spawn_file_actions_init(&actions);
	if (r != 0)
		return -r;

	r = in >= 0 ? posix_spawn_file_actions_adddup2(&actions, in, STDIN_FILENO)
		    : posix_spawn_file_actions_addopen(
			    &actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
	if (r == 0)
		r = posix_spawn_file_actions_adddup2(&actions, out, STDOUT_FILENO);
	if (r == 0)
		r = posix_spawnp(
			ret, words[0], &actions, NULL, (char *const *)(const void *)words, environ);
	posix_spawn_file_actions_destroy(&actions);
	return -r;
}

static int wait_for(pid_t pid)
{
	int status;

	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			return -1;
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

static int read_until(int fd, size_t max, uint64_t deadline, struct bytes *ret)
{
	const size_t start = ret->len;
	char *room;
	ssize_t n;
	int r;

	for (;;) {
		r = await_events(fd, POLLIN, deadline);
		if (r >= 0)
			r = bytes_reserve(ret, READ_SIZE, &room);
		if (r < 0)
			return r;

		n = read(fd, room, READ_SIZE);
		if (n == 0)
			return 0;
		if (n < 0 && errno != EINTR)
			return -errno;
		if (n > 0)
			bytes_grew(ret, (size_t)n);
		if (ret->len - start > max)
			return -EFBIG;
	}
}

/* The program may have closed its output and still be running. */
static int wait_for_end(pid_t pid, uint64_t deadline)
{
	cleanup(close_p) int fd = pidfd_of(pid);

	/* A pidfd is readable when its process has ended. */
	return fd < 0 ? -errno : await_events(fd, POLLIN, deadline);
}

/* Gives a pipe's end from which all of the input can be read. */
static int fill_pipe(const struct bytes *input, int *ret_read)
{
	cleanup(close_p) int read_end = -1, write_end = -1;
	int fds[2], r;

	if (pipe2(fds, O_CLOEXEC) < 0)
		return -errno;
	read_end = fds[0];
	write_end = fds[1];

	r = file_write(write_end, bytes_str(input), input->len);
	if (r >= 0)
		*ret_read = steal_fd(&read_end);
	return r;
}

int capture_run(const char *const *words, const struct bytes *input, size_t max, uint64_t timeout,
	struct bytes *ret, int *ret_status)
{
	cleanup(close_p) int in_read = -1, out_read = -1, out_write = -1;
	const uint64_t deadline = clock_now().boot + timeout;
	int fds[2], r;
	pid_t pid = 0;

	r = input ? fill_pipe(input, &in_read) : 0;
	if (r < 0)
		return r;
	if (pipe2(fds, O_CLOEXEC) < 0)
		return -errno;
	out_read = fds[0];
	out_write = fds[1];

	r = spawn(words, in_read, out_write, &pid);
	if (r < 0)
		return r;

	close_p(&out_write);
	out_write = -1;
	r = read_until(out_read, max, deadline, ret);
	if (r >= 0)
		r = wait_for_end(pid, deadline);
	if (r < 0 && pid > 0)
		kill(pid, SIGKILL);
	*ret_status = wait_for(pid);
	return r;
}

#define JOINED_WORDS_MAX 12

/* A shell redirects standard error. */
int capture_run_joined(
	const char *const *words, size_t max, uint64_t timeout, struct bytes *ret, int *ret_status)
{
	const char *all[4 + JOINED_WORDS_MAX + 1] = { "/bin/sh", "-c", "exec \"$@\" 2>&1", "sh" };
	size_t n = 4;

	while (*words && n < 4 + JOINED_WORDS_MAX)
		all[n++] = *words++;
	return capture_run(all, NULL, max, timeout, ret, ret_status);
}
