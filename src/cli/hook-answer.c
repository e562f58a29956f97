/* SPDX-License-Identifier: ISC */

/*
 * Answers a hook once. Before the answer, every signal is caught and writes the denial. While the
 * answer is written, all signals but SIGALRM are blocked; SIGALRM ends a write that no process
 * reads.
 */

#include "cli/hook-answer.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "base/text.h"
#include "cli/say.h"

/* Limit for writing the answer, and for reading the rest of the question. */
#define WRITE_SECONDS 5
#define DRAIN_MS 1000
#define DRAIN_MAX ((size_t)64 << 20)

#define REASON_ENDED "firma: denied: the hook was ended before there was an answer"
#define REASON_LATE "firma: denied: there was no answer in time"
#define REASON_MEMORY "firma: " HOOK_UNDECIDED "out of memory"
#define REASON_UNWRITTEN "firma: denied: the answer could not be written\n"

struct denial {
	char answer[HOOK_ANSWER_MAX], line[HOOK_ANSWER_MAX];
	size_t answer_len, line_len;
};

/* The texts that the signal handler writes. */
static struct denial ended, late;

static const struct hook_dialect *spoken;
static bool has_read;
static volatile sig_atomic_t answering;

/* The handler has its own stack, so it also works after a stack overflow. */
static char signal_stack[64 << 10];

static void prepare(struct denial *denial, const char *reason)
{
	size_t len = strnlen(reason, HOOK_ANSWER_MAX - 1);

	denial->answer_len = spoken ? hook_dialect_print(spoken->deny, reason, denial->answer) : 0;
	memcpy(denial->line, reason, len);
	denial->line[len] = '\n';
	denial->line_len = len + 1;
}

/* One write; false if it was not complete. If a non-blocking pipe is full, waits for room. */
static bool write_whole(int fd, const char *text, size_t len)
{
	struct pollfd p = { .fd = fd, .events = POLLOUT };
	ssize_t n;

	for (;;) {
		n = write(fd, text, len);
		if (n >= 0 || errno != EAGAIN)
			return n == (ssize_t)len;
		if (poll(&p, 1, WRITE_SECONDS * 1000) <= 0)
			return false;
	}
}

static void write_line(const char *line, size_t len)
{
	ssize_t n;

	n = write(STDERR_FILENO, line, len);
	(void)n;
}

/* From here on only this answer can be written. The signal handler calls this too. */
static void begin_answer(void)
{
	sigset_t all;

	answering = 1;
	sigfillset(&all);
	sigdelset(&all, SIGALRM);
	sigprocmask(SIG_SETMASK, &all, NULL);
	alarm(WRITE_SECONDS);
}

static _Noreturn void write_denial(const struct denial *denial)
{
	bool written = true;

	if (denial->answer_len > 0)
		written = write_whole(STDOUT_FILENO, denial->answer, denial->answer_len);
	write_line(denial->line, denial->line_len);
	_exit(written && spoken ? spoken->deny_status : HOOK_STATUS_DENIED);
}

static void on_signal(int number)
{
	if (answering)
		return;
	begin_answer();
	write_denial(number == SIGALRM ? &late : &ended);
}

static bool is_harmless(int number)
{
	return number == SIGCHLD || number == SIGCONT || number == SIGURG || number == SIGWINCH;
}

void hook_answer_arm(const struct hook_dialect *dialect)
{
	const stack_t stack = { .ss_sp = signal_stack, .ss_size = sizeof(signal_stack) };
	struct sigaction action = { .sa_handler = on_signal, .sa_flags = SA_ONSTACK };
	sigset_t none;

	spoken = dialect;
	prepare(&ended, REASON_ENDED);
	prepare(&late, REASON_LATE);

	/*
	 * Also catch signals that the parent ignores or blocks. SIGKILL and SIGSTOP can't be
	 * caught.
	 */
	sigaltstack(&stack, NULL);
	sigfillset(&action.sa_mask);
	sigdelset(&action.sa_mask, SIGALRM);
	for (int number = 1; number <= SIGRTMAX; number++)
		if (!is_harmless(number))
			sigaction(number, &action, NULL);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
}

void hook_answer_disarm(void)
{
	alarm(0);
	for (int number = 1; number <= SIGRTMAX; number++)
		if (!is_harmless(number))
			signal(number, SIG_DFL);
}

void hook_answer_alarm(uint64_t seconds)
{
	alarm((unsigned int)seconds);
}

void hook_answer_has_read(void)
{
	has_read = true;
}

static void drain_question(void)
{
	struct pollfd p = { .fd = STDIN_FILENO, .events = POLLIN };
	char block[16384];
	size_t got = 0;
	ssize_t n = 1;

	if (has_read || isatty(STDIN_FILENO))
		return;
	while (n > 0 && got < DRAIN_MAX && poll(&p, 1, DRAIN_MS) > 0) {
		n = read(STDIN_FILENO, block, sizeof(block));
		got += n > 0 ? (size_t)n : 0;
	}
}

static _Noreturn void write_answer(const char *answer)
{
	drain_question();
	begin_answer();
	if (write_whole(STDOUT_FILENO, answer, strlen(answer)))
		_exit(STATUS_DONE);
	write_line(REASON_UNWRITTEN, sizeof(REASON_UNWRITTEN) - 1);
	_exit(HOOK_STATUS_DENIED);
}

void hook_answer_allow(const struct hook_dialect *dialect)
{
	write_answer(dialect->allow);
}

void hook_answer_none(const struct hook_dialect *dialect)
{
	write_answer(dialect->none);
}

void hook_answer_other(const char *answer)
{
	write_answer(answer);
}

/* The reason as it is shown; false without memory. */
static bool show_reason(const char *reason, struct bytes *shown)
{
	return bytes_append_str(shown, "firma: ") >= 0
		&& text_append_escaped(shown, reason, strlen(reason)) >= 0;
}

void hook_answer_deny(const char *reason)
{
	static struct denial denial;
	struct bytes shown = BYTES_PRINTED;

	drain_question();
	prepare(&denial, show_reason(reason, &shown) ? bytes_str(&shown) : REASON_MEMORY);
	begin_answer();
	write_denial(&denial);
}

void hook_answer_ask(const struct hook_dialect *dialect, const char *reason)
{
	static char answer[HOOK_ANSWER_MAX + 1];
	struct bytes shown = BYTES_PRINTED;

	if (!show_reason(reason, &shown))
		hook_answer_deny(HOOK_UNDECIDED "out of memory");
	hook_dialect_print(dialect->ask, bytes_str(&shown), answer);
	write_answer(answer);
}

void hook_answer_defer(const struct hook_dialect *dialect)
{
	write_answer(dialect->defer);
}
