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

/* `in`: -1 for an empty input. `err`: -1 for that of this process, in its session. */
static int add_actions(posix_spawn_file_actions_t *actions, int in, int out, int err)
{
	int r;

	r = in >= 0
		? posix_spawn_file_actions_adddup2(actions, in, STDIN_FILENO)
		: posix_spawn_file_actions_addopen(actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
	if (r == 0)
		r = posix_spawn_file_actions_adddup2(actions, out, STDOUT_FILENO);
	if (r == 0 && err >= 0)
		r = posix_spawn_file_actions_adddup2(actions, err, STDERR_FILENO);
	return r;
}

static int spawn(const char *const *words, int in, int out, int err, pid_t *ret)
{
	posix_spawn_file_actions_t actions;
	posix_spawnattr_t attributes;
	int r;

	r = posix_spawn_file_actions_init(&actions);
	if (r != 0)
		return -r;
	r = posix_spawnattr_init(&attributes);
	if (r != 0) {
		posix_spawn_file_actions_destroy(&actions);
		return -r;
	}

	r = add_actions(&actions, in, out, err);
	if (r == 0 && err >= 0)
		r = posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSID);
	if (r == 0)
		r = posix_spawnp(ret, words[0], &actions, &attributes,
			(char *const *)(const void *)words, environ);
	posix_spawnattr_destroy(&attributes);
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

static int run(const char *const *words, int in, int err, size_t max, uint64_t timeout,
	struct bytes *ret, int *ret_status)
{
	cleanup(close_p) int out_read = -1, out_write = -1;
	const uint64_t deadline = clock_now().boot + timeout;
	int fds[2], r;
	pid_t pid = 0;

	if (pipe2(fds, O_CLOEXEC) < 0)
		return -errno;
	out_read = fds[0];
	out_write = fds[1];

	r = spawn(words, in, out_write, err, &pid);
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

int capture_run(const char *const *words, const struct bytes *input, size_t max, uint64_t timeout,
	struct bytes *ret, int *ret_status)
{
	cleanup(close_p) int in_read = -1;
	int r;

	r = input ? fill_pipe(input, &in_read) : 0;
	return r < 0 ? r : run(words, in_read, -1, max, timeout, ret, ret_status);
}

/* What is there. Another process may still have the other end, and write more. */
static int read_now(int fd, size_t max, struct bytes *ret)
{
	char *room;
	ssize_t n;
	int r;

	r = bytes_reserve(ret, max, &room);
	if (r < 0)
		return r;
	n = read(fd, room, max);
	if (n < 0)
		return errno == EAGAIN ? 0 : -errno;
	bytes_grew(ret, (size_t)n);
	return 0;
}

/* A program that fills the pipe waits, and is killed when the time is over. */
int capture_run_apart(const char *const *words, size_t max, uint64_t timeout, struct bytes *ret,
	struct bytes *messages, int *ret_status)
{
	cleanup(close_p) int err_read = -1, err_write = -1;
	int fds[2], r, m;

	if (pipe2(fds, O_CLOEXEC) < 0)
		return -errno;
	err_read = fds[0];
	err_write = fds[1];
	if (fcntl(err_read, F_SETFL, O_NONBLOCK) < 0)
		return -errno;

	r = run(words, -1, err_write, max, timeout, ret, ret_status);
	m = read_now(err_read, max, messages);
	return r < 0 ? r : m;
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
