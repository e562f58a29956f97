/* SPDX-License-Identifier: ISC */

/* `firma daemon stop`: ends a daemon without a service manager, and removes what it leaves. */

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/await.h"
#include "base/cleanup.h"
#include "base/clock.h"
#include "base/pidfd.h"
#include "cli/daemon-look.h"

/* How long a process may take to end after SIGKILL; the disk may be slow. */
#define KILL_TIME (10 * CLOCK_SECOND)

static const struct option_row rows[] = {
	DAEMON_ROWS(struct daemon_options, ),
	{ 0 },
};

/*
 * Opens the process that holds the lock. It is still the same process if it holds the lock after it
 * was opened: a process with the same number would not.
 */
static int open_holder(const struct pid_file *f, pid_t pid, int *ret_fd)
{
	cleanup(close_p) int fd = pidfd_of(pid);
	pid_t holder = 0;
	int r;

	if (fd < 0)
		return errno == ESRCH ? 0 : -errno;

	r = pid_file_holder(f, PID_FILE_PROCESS, &holder);
	if (r == 0 && holder == pid)
		*ret_fd = steal_fd(&fd);
	return r;
}

/* Waits until the process has ended, at most `timeout` µs: then its pidfd is readable. */
static bool has_ended(int pidfd, uint64_t timeout)
{
	return await_events(pidfd, POLLIN, clock_now().boot + timeout) == 0;
}

static int stop_process(const struct pid_file *f, pid_t pid, uint64_t timeout)
{
	cleanup(close_p) int fd = -1;
	int r;

	r = open_holder(f, pid, &fd);
	if (r == 0 && fd < 0)
		return STATUS_DONE; /* it has just ended */
	if (r == 0 && pidfd_signal(fd, SIGTERM) < 0 && errno != ESRCH)
		r = -errno;
	if (r < 0)
		return say_undecided("process %ld: %s", (long)pid, strerror(-r));
	if (has_ended(fd, timeout))
		return STATUS_DONE;

	say("process %ld does not end, and is killed", (long)pid);
	if (pidfd_signal(fd, SIGKILL) < 0 && errno != ESRCH)
		return say_undecided("process %ld: %s", (long)pid, strerror(errno));
	return has_ended(fd, KILL_TIME)
		? STATUS_DONE
		: say_undecided("process %ld does not end after SIGKILL, either", (long)pid);
}

/* Removes the user's socket if no process listens at it. The caller holds the pid file's lock. */
static void remove_stale_socket(const char *path)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	cleanup(close_p) int fd = -1;
	struct stat st;

	if (strlen(path) >= sizeof(address.sun_path) || lstat(path, &st) < 0
		|| !S_ISSOCK(st.st_mode) || st.st_uid != geteuid())
		return;

	memcpy(address.sun_path, path, strlen(path));
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd >= 0 && connect(fd, (const struct sockaddr *)&address, sizeof(address)) < 0
		&& errno == ECONNREFUSED)
		unlink(path);
}

/*
 * Removes the files that a killed daemon has left. If another daemon has started since, the files
 * belong to that one.
 */
static int remove_left_files(const struct daemon_place *place, struct pid_file *f)
{
	int r;

	if (pid_file_take(f, PID_FILE_PROCESS, false) < 0)
		return STATUS_DONE;
	remove_stale_socket(place->socket);
	r = pid_file_remove(f);
	if (r == -EEXIST)
		return say_undecided("%s is not a pid file, and is left as it is",
			bytes_str(&place->shown_pid_file));
	return r == 0 ? STATUS_DONE
		      : say_undecided("%s: %s", bytes_str(&place->shown_pid_file), strerror(-r));
}

static int stop(const struct daemon_place *place, uint64_t timeout, struct pid_file *f)
{
	pid_t pid = 0;
	int r, status;

	r = pid_file_open(f, place->pid_file, false);
	if (r == -ENOENT) {
		say("the daemon does not run: there is no %s", bytes_str(&place->shown_pid_file));
		return STATUS_DONE;
	}
	status = daemon_manage(place, timeout, f);
	if (status != STATUS_DONE)
		return status;

	r = pid_file_holder(f, PID_FILE_PROCESS, &pid);
	if (r < 0)
		return say_undecided("%s: %s", bytes_str(&place->shown_pid_file), strerror(-r));
	if (pid < 0)
		return say_undecided("%s: its process can't be seen from here",
			bytes_str(&place->shown_pid_file));
	/* Another program may lock its own files in the same way. */
	if (pid > 0 && !pid_file_names(f, pid))
		return say_undecided("%s is held by process %ld, and does not name it: "
				     "it is left as it is",
			bytes_str(&place->shown_pid_file), (long)pid);
	if (pid == 0)
		say("the daemon does not run: no process held %s",
			bytes_str(&place->shown_pid_file));
	else
		status = stop_process(f, pid, timeout);
	return status == STATUS_DONE ? remove_left_files(place, f) : status;
}

static int run(const struct verb *verb, int argc, char **argv)
{
	cleanup(daemon_place_deinit) struct daemon_place place = { 0 };
	cleanup(pid_file_close) struct pid_file file = PID_FILE_INIT;
	struct daemon_options options = DAEMON_INIT;
	struct operands none;
	int status;

	status = verb_read_options(verb, argc, argv, &options, &none);
	if (status != VERB_GO)
		return status;

	status = daemon_place_find(verb, &options, &place);
	return status == STATUS_DONE ? stop(&place, options.timeout, &file) : status;
}

const struct verb daemon_stop_verb = {
	.group = "daemon",
	.name = "stop",
	.summary = "Ends such a daemon",
	.options = rows,
	.run = run,
};
