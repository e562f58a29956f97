/* SPDX-License-Identifier: ISC */

/*
 * The child stays in this process group, so signals of the terminal reach both processes. This
 * process blocks its signals and takes them one by one; signals that another process sent only here
 * are passed on.
 */

#include "cli/child.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/array.h"
#include "base/cleanup.h"
#include "base/clock.h"

/* The child's report that the command could not begin. */
struct failure {
	int error;
	char why[4000]; /* a pipe writes up to PIPE_BUF atomically */
};

struct child {
	pid_t pid;
	sigset_t before; /* the mask before blocking */
	struct sigaction on_end;
};

/* Blocks all signals except those that a fault in this process raises. */
static void block_signals(struct child *c)
{
	static const int faults[] = { SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT, SIGTRAP, SIGSYS };
	const struct sigaction standard = { .sa_handler = SIG_DFL };
	sigset_t set;

	sigfillset(&set);
	for (size_t i = 0; i < LENGTH(faults); i++)
		sigdelset(&set, faults[i]);
	sigprocmask(SIG_BLOCK, &set, &c->before);
	sigaction(SIGCHLD, &standard, &c->on_end);
}

static void restore_signals(const struct child *c)
{
	sigaction(SIGCHLD, &c->on_end, NULL);
	sigprocmask(SIG_SETMASK, &c->before, NULL);
}

/* In the child: the descriptor for reporting a failure. */
static int report = -1;

void child_has_begun(void)
{
	close_p(&report);
	report = -1;
}

static _Noreturn void be_child(
	const struct child *c, pid_t parent, child_execute_fn execute, const void *userdata)
{
	struct bytes why = BYTES_PRINTED;
	struct failure failure = { 0 };
	ssize_t n;
	int r;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != parent)
		_exit(1);
	restore_signals(c);

	r = execute(userdata, &why);
	if (r >= 0)
		_exit(r);

	failure.error = -r;
	memccpy(failure.why, bytes_str(&why), '\0', sizeof(failure.why) - 1);
	n = write(report, &failure, sizeof(failure));
	(void)n;
	_exit(1);
}

/* At the end of file the command has begun: execve(2) has closed the other end. */
static int read_failure(int fd, struct bytes *why)
{
	struct failure failure;
	ssize_t n;

	do
		n = read(fd, &failure, sizeof(failure));
	while (n < 0 && errno == EINTR);
	if (n <= 0)
		return 0;

	bytes_clear(why);
	bytes_append_str(why, failure.why);
	return -failure.error;
}

/* Closes this process's copies, so that the peers of the command's files notice its close. */
static void let_go_of_files(void)
{
	int fd = open("/dev/null", O_RDWR | O_CLOEXEC);

	if (fd >= 0) {
		dup2(fd, STDIN_FILENO);
		dup2(fd, STDOUT_FILENO);
	}
	close_range(STDERR_FILENO + 1, ~0U, 0);
}

/* --- waiting ---------------------------------------------------------------------------------- */

/*
 * True if the child has ended. If the child stops, stops this process too, and continues the child
 * after this process continues.
 */
static bool has_ended(const struct child *c, int *ret_status)
{
	int status;

	while (waitpid(c->pid, &status, WNOHANG | WUNTRACED) == c->pid) {
		if (!WIFSTOPPED(status)) {
			*ret_status = status;
			return true;
		}
		raise(SIGSTOP);
		kill(c->pid, SIGCONT);
	}
	return false;
}

/*
 * Passes on the signals of other processes. Those from the terminal and other kernel sources have
 * already reached the child.
 */
static void hand_on(const struct child *c, const siginfo_t *info)
{
	bool sent =
		info->si_code == SI_USER || info->si_code == SI_QUEUE || info->si_code == SI_TKILL;

	if (sent && info->si_pid != c->pid)
		kill(c->pid, info->si_signo);
}

static int wait_for_end(const struct child *c)
{
	siginfo_t info;
	sigset_t set;
	int status;

	sigfillset(&set);
	while (!has_ended(c, &status)) {
		if (sigwaitinfo(&set, &info) > 0 && info.si_signo != SIGCHLD)
			hand_on(c, &info);
	}
	return status;
}

static int start(struct child *c, child_execute_fn execute, const void *userdata, struct bytes *why)
{
	cleanup(close_p) int read_end = -1, write_end = -1;
	pid_t parent = getpid();
	int pipes[2], r;

	if (pipe2(pipes, O_CLOEXEC) < 0)
		return -errno;
	read_end = pipes[0];
	write_end = pipes[1];

	block_signals(c);
	c->pid = fork();
	if (c->pid == 0) {
		report = write_end;
		be_child(c, parent, execute, userdata);
	}
	r = c->pid < 0 ? -errno : 0;
	if (r < 0) {
		restore_signals(c);
		return r;
	}

	close(steal_fd(&write_end));
	r = read_failure(read_end, why);
	if (r < 0) {
		waitpid(c->pid, NULL, 0);
		restore_signals(c);
	}
	return r;
}

int child_run(
	child_execute_fn execute, const void *userdata, struct child_end *ret, struct bytes *why)
{
	struct child c = { .pid = -1 };
	uint64_t began;
	int r, status;

	bytes_clear(why);
	began = clock_now().boot;
	r = start(&c, execute, userdata, why);
	if (r < 0) {
		if (why->len == 0)
			bytes_appendf(why, "the command could not be started: %s", strerror(-r));
		return r;
	}

	let_go_of_files();
	status = wait_for_end(&c);
	restore_signals(&c);
	ret->signal = WIFSIGNALED(status) ? WTERMSIG(status) : 0;
	ret->status = ret->signal ? 128 + ret->signal : WEXITSTATUS(status);
	ret->time = clock_now().boot - began;
	return 0;
}

int child_end_alike(const struct child_end *end)
{
	const struct rlimit no_core = { 0 };
	sigset_t set;

	if (end->signal == 0)
		return end->status;

	setrlimit(RLIMIT_CORE, &no_core);
	signal(end->signal, SIG_DFL);
	sigemptyset(&set);
	sigaddset(&set, end->signal);
	sigprocmask(SIG_UNBLOCK, &set, NULL);
	raise(end->signal);
	return end->status;
}
