/* SPDX-License-Identifier: ISC */

/* Asks the daemon whether a command may run. */

#include "cli/question.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/array.h"
#include "base/notation.h"
#include "base/text.h"
#include "cli/check-wait.h"
#include "cli/decision-reply.h"
#include "cli/say.h"
#include "gate/wire/reply.h"

/* Prepared before the handler is set, since a handler may call few functions (signal-safety(7)). */
static char farewell[256];
static size_t farewell_len;

static void on_signal(int number)
{
	ssize_t n;

	n = write(STDERR_FILENO, farewell, farewell_len);
	(void)n;
	raise(number); /* SA_RESETHAND has restored the default action */
}

static const int numbers[] = { SIGINT, SIGTERM, SIGHUP };

static void prepare_farewell(const char *token)
{
	farewell_len = 0;
	if (!say_is_quiet())
		farewell_len = (size_t)snprintf(farewell, sizeof(farewell),
			"%sfirma: interrupted: the request waits on; ask again with --token %s\n",
			isatty(STDERR_FILENO) ? "\n" : "", token);
}

/* If a signal ends the program while it waits, the handler says how to continue. */
static void watch_signals(const char *token)
{
	const struct sigaction watch = { .sa_handler = on_signal, .sa_flags = (int)SA_RESETHAND };
	struct sigaction before;

	prepare_farewell(token);
	for (size_t i = 0; i < LENGTH(numbers); i++)
		if (sigaction(numbers[i], NULL, &before) == 0 && before.sa_handler != SIG_IGN)
			sigaction(numbers[i], &watch, NULL);
}

/* Restores the default actions, except for signals that were ignored before. */
static void unwatch_signals(void)
{
	const struct sigaction standard = { .sa_handler = SIG_DFL };
	struct sigaction before;

	for (size_t i = 0; i < LENGTH(numbers); i++)
		if (sigaction(numbers[i], NULL, &before) == 0 && before.sa_handler != SIG_IGN)
			sigaction(numbers[i], &standard, NULL);
}

static int conclude_deny(const char *reason, bool expired)
{
	cleanup(bytes_deinit) struct bytes shown = BYTES_PRINTED;

	if (text_append_escaped(&shown, reason, strlen(reason)) < 0)
		return say_undecided("out of memory");
	if (expired)
		say_foreign("expired: %s; ask again", bytes_str(&shown));
	else
		say_foreign("denied: %s", bytes_str(&shown));
	return expired ? STATUS_EXPIRED : STATUS_REFUSED;
}

/*
 * First the ID goes to standard output, then advice on how to continue to standard error. The
 * advice names no approving command: an agent that follows it could approve its own request.
 */
static int conclude_pending(const struct question *q, const struct decision_reply *reply)
{
	if (q->prints && !q->json)
		puts(reply->token);
	say_flush();
	if (q->wait)
		say("pending: a person must decide about %s; waiting", reply->token);
	else
		say("pending: a person must decide about %s, then ask again with %s%s%s",
			reply->token, q->token_goes_in, q->prints ? "" : " ",
			q->prints ? "" : reply->token);
	return STATUS_PENDING;
}

/* The wait is over without a decision. */
static int conclude_wait(const struct decision_reply *reply)
{
	say("still pending: ask again with --token %s", reply->token);
	return STATUS_PENDING;
}

/* The daemon's IDs are never longer. */
static void take_record_id(
	const struct decision_reply *reply, char ret[static QUESTION_RECORD_ID_MAX + 1])
{
	if (reply->evidence && strlen(reply->evidence) <= QUESTION_RECORD_ID_MAX)
		memcpy(ret, reply->evidence, strlen(reply->evidence) + 1);
}

/* An outcome is a reply, but not to this question; only "unauthorized" refuses it. */
static int conclude_outcome(const struct bytes *line)
{
	struct parsed_reply reply;
	int status;

	if (reply_parse(bytes_str(line), line->len, &reply) != 0)
		return say_undecided("could not decide: the answer is not a reply");
	if (reply.reply.outcome == OUTCOME_UNAUTHORIZED)
		status = conclude_deny(reply.reply.reason, false);
	else
		status = say_undecided("could not decide: the answer is not a decision");
	parsed_reply_deinit(&reply);
	return status;
}

/* The daemon has issued no token, so no person can answer this request. */
static int conclude_without_token(const struct decision_reply *reply)
{
	cleanup(bytes_deinit) struct bytes shown = BYTES_PRINTED;

	if (text_append_escaped(&shown, reply->reason, strlen(reply->reason)) < 0)
		return say_undecided("out of memory");
	say_foreign("needs an approval: %s", bytes_str(&shown));
	return STATUS_PENDING;
}

/* With `waited`, the reply follows a pending one. If it is pending, ret_token is its token. */
static int conclude(const struct question *q, const struct bytes *line, bool waited,
	char ret_token[static NOTATION_UUID_LEN + 1],
	char ret_record_id[static QUESTION_RECORD_ID_MAX + 1])
{
	struct decision_reply reply;
	int r, status;

	r = decision_reply_read(line, &reply);
	if (r == REPLY_MALFORMED)
		return conclude_outcome(line);
	if (r < 0)
		return say_undecided("out of memory");

	if (q->json)
		say_json(line->data, line->len);
	if (reply.decision == DECISION_ALLOW) {
		status = STATUS_DONE;
		take_record_id(&reply, ret_record_id);
	} else if (reply.decision == DECISION_DENY) {
		status = conclude_deny(reply.reason, reply.expired);
	} else if (reply.approved) {
		say("approved, and not consumed: ask again without \"consume\"");
		status = STATUS_PENDING;
	} else if (!reply.token) {
		status = conclude_without_token(&reply);
	} else {
		snprintf(ret_token, NOTATION_UUID_LEN + 1, "%s", reply.token);
		status = waited ? conclude_wait(&reply) : conclude_pending(q, &reply);
	}
	decision_reply_deinit(&reply);
	return status;
}

int question_ask(const struct question *q, struct bytes *request,
	char ret_record_id[static QUESTION_RECORD_ID_MAX + 1])
{
	cleanup(bytes_deinit) struct bytes reply = BYTES_PRINTED;
	cleanup(bytes_deinit) struct bytes why = BYTES_PRINTED;
	char token[NOTATION_UUID_LEN + 1] = "";
	const struct check_wait hold = {
		.ask = &q->ask,
		.time = q->wait_time,
		.token = token,
		.tell = true,
		.moved = prepare_farewell,
	};
	int status;

	ret_record_id[0] = '\0';
	status = ask_once(&q->ask, request, 0, &reply, &why);
	if (status != STATUS_DONE)
		return say_undecided("could not decide: %s", bytes_str(&why));

	status = conclude(q, &reply, false, token, ret_record_id);
	if (status != STATUS_PENDING || !q->wait || !token[0])
		return status;

	watch_signals(token);
	status = check_wait_until_decided(&hold, request, &reply);
	unwatch_signals(); /* the request no longer waits */
	return status == STATUS_DONE ? conclude(q, &reply, true, token, ret_record_id) : status;
}
