/* SPDX-License-Identifier: ISC */

/*
 * If a person would have to decide, the hook waits. A second process watches for that, and
 * withdraws the request, which ends the wait.
 */

#include "cli/hook-try.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "cli/capture.h"
#include "cli/hook-answer.h"
#include "cli/hook-sample.h"
#include "cli/token-view.h"

#define ANSWER_MAX ((size_t)64 << 10)

/* timeout(1) ends the hook with all its processes; this program waits a little longer. */
#define HOOK_SECONDS "10"
#define RUN_TIMEOUT (15 * CLOCK_SECOND)

#define LOOK_PAUSE_MS 50

/* Of the reasons of denials. */
#define PREFIX "firma: "

struct trial {
	const struct hook_dialect *dialect;
	const struct operator_options *op;
	char session[32];
	char directory[32];
};

/* --- the process that withdraws --------------------------------------------------------------- */

struct pending {
	const char *session;
	char id[NOTATION_UUID_LEN + 1];
};

static int find_pending(const struct bytes *line, void *userdata)
{
	struct pending *pending = userdata;
	struct token_view token;

	if (token_view_read(line, &token) != STATUS_DONE)
		return STATUS_UNDECIDED;
	if (token.asked.session_id && strcmp(token.asked.session_id, pending->session) == 0
		&& token_state_parse(token.state) == TOKEN_PENDING)
		snprintf(pending->id, sizeof(pending->id), "%s", token.id);
	token_view_deinit(&token);
	return STATUS_DONE;
}

/*
 * Whether a request of this session waited, and was withdrawn. Before it withdraws, it writes to
 * `tell`, unless that is -1.
 */
static bool withdraw_one(const struct trial *t, int tell)
{
	cleanup(bytes_deinit) struct bytes list = BYTES_PRINTED, request = BYTES_PRINTED;
	struct operator_options op = *t->op;
	struct pending pending = { .session = t->session };

	op.own = true;
	if (operator_print_request(ACTION_LIST, &(struct operation){ .own = true }, &list) < 0
		|| operator_ask(&op, &list, find_pending, &pending, NULL) != STATUS_DONE
		|| !pending.id[0] || (tell >= 0 && write(tell, "", 1) != 1))
		return false;
	return operator_print_request(
		       ACTION_WITHDRAW, &(struct operation){ .token_id = pending.id }, &request)
		>= 0
		&& operator_ask(&op, &request, NULL, NULL, pending.id) == STATUS_DONE;
}

/* *ret_told becomes readable when a request waits. */
static pid_t start_withdrawer(const struct trial *t, int *ret_told)
{
	int fds[2];
	pid_t pid;

	if (pipe2(fds, O_CLOEXEC) < 0)
		return -1;
	pid = fork();
	if (pid != 0) {
		close(fds[1]);
		*ret_told = fds[0];
		return pid;
	}
	say_nothing();
	while (!withdraw_one(t, fds[1]))
		poll(NULL, 0, LOOK_PAUSE_MS);
	_exit(STATUS_DONE);
}

/* Ends it; returns whether it has found a request that waited. */
static bool end_withdrawer(pid_t pid, int told)
{
	char byte;

	if (pid < 0)
		return false;
	kill(pid, SIGKILL);
	while (waitpid(pid, NULL, 0) < 0 && errno == EINTR)
		;
	return read(told, &byte, 1) == 1;
}

/* A hook that did not wait may have left a request. */
static void withdraw_rest(const struct trial *t)
{
	cleanup(bytes_deinit) struct bytes message = BYTES_PRINTED;

	say_keep(&message);
	withdraw_one(t, -1);
	say_keep(NULL);
}

/* --- the answer ------------------------------------------------------------------------------- */

static bool begins(const char *text, const char *with)
{
	return strncmp(text, with, strlen(with)) == 0;
}

static enum hook_try_result read_denial(
	const struct hook_dialect *dialect, const char *answer, struct bytes *reason)
{
	const char *text = answer + strlen(dialect->deny[0]);
	const char *end;

	if (begins(text, PREFIX))
		text += strlen(PREFIX);
	end = strstr(text, dialect->deny[1]);
	bytes_append(reason, text, end ? (size_t)(end - text) : strlen(text));
	return begins(text, HOOK_UNDECIDED) ? HOOK_TRY_UNDECIDED : HOOK_TRY_DENIED;
}

static enum hook_try_result read_answer(const struct hook_dialect *dialect,
	const struct bytes *answer, int status, struct bytes *reason)
{
	const char *text = bytes_str(answer);

	if (status == dialect->deny_status && begins(text, dialect->deny[0]))
		return read_denial(dialect, text, reason);
	if (status == 0
		&& (strcmp(text, dialect->allow) == 0
			|| (dialect->rewrite[0] && begins(text, dialect->rewrite[0]))))
		return HOOK_TRY_ALLOWED;
	if (status == 0
		&& ((dialect->ask[0] && begins(text, dialect->ask[0]))
			|| (dialect->defer && strcmp(text, dialect->defer) == 0)))
		return HOOK_TRY_LEFT;
	bytes_appendf(reason, "it ended with status %d and no answer of firma", status);
	return HOOK_TRY_NO_ANSWER;
}

static enum hook_try_result call(const struct trial *t, const char *command, struct bytes *reason)
{
	static const char script[] =
		"cd \"$1\" && exec timeout -k 1 " HOOK_SECONDS " sh -c \"$2\" 2>&-";
	cleanup(bytes_deinit) struct bytes question = BYTES_PRINTED, answer = BYTES_PRINTED;
	const char *words[] = { "/bin/sh", "-c", script, "sh", t->directory, command, NULL };
	int r, status;

	r = hook_sample_print(t->dialect, HOOK_TRY_LINE, t->session, t->directory, &question);
	if (r >= 0)
		r = capture_run(words, &question, ANSWER_MAX, RUN_TIMEOUT, &answer, &status);
	if (r >= 0)
		return read_answer(t->dialect, &answer, status, reason);
	bytes_append_str(reason, strerror(-r));
	return HOOK_TRY_NO_ANSWER;
}

enum hook_try_result hook_try(const struct hook_dialect *dialect, const char *command,
	const struct operator_options *op, struct bytes *reason)
{
	struct trial t = { .dialect = dialect, .op = op, .directory = "/tmp/firma-doctor.XXXXXX" };
	enum hook_try_result result;
	cleanup(close_p) int told = -1;
	pid_t withdrawer;

	if (!mkdtemp(t.directory)) {
		bytes_appendf(reason, "%s: %s", t.directory, strerror(errno));
		return HOOK_TRY_NO_ANSWER;
	}
	snprintf(t.session, sizeof(t.session), "firma-doctor-%d", (int)getpid());
	withdrawer = start_withdrawer(&t, &told);
	result = call(&t, command, reason);
	if (end_withdrawer(withdrawer, told)) {
		if (result == HOOK_TRY_DENIED || result == HOOK_TRY_UNDECIDED)
			result = HOOK_TRY_ASKED;
	} else if (result == HOOK_TRY_LEFT || result == HOOK_TRY_NO_ANSWER) {
		withdraw_rest(&t);
	}
	rmdir(t.directory);
	return result;
}
