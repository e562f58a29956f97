/* SPDX-License-Identifier: ISC */

/* `firma check`: asks whether one command may run. */

#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/json/tree.h"
#include "base/notation.h"
#include "base/text.h"
#include "cli/ask.h"
#include "cli/check-wait.h"
#include "cli/request-build.h"
#include "cli/verb.h"
#include "gate/limits.h"
#include "gate/wire/reply.h"

struct check {
	struct request_build build;
	struct ask ask;
	bool json, quiet;
	bool wait;
	uint64_t wait_time; /* CLOCK_NEVER: until the token expires */
};

static bool parse_token(const char *value, void *to)
{
	*(const char **)to = value;
	return !text_is_blank(value);
}

static const struct option_row rows[] = {
	REQUEST_BUILD_ROWS(struct check, build),
	REQUEST_BUILD_PROFILE_ROW(struct check, build),
	{ "token", 0, "ID", "ask again with this approval token",
		OPTION_PARSED(struct check, build.token, parse_token),
		OPTION_GIVEN(struct check, build.described), .wants = "an ID" },
	{ "wait", 0, "[=TIME]", "hold until somebody has decided, or for so long",
		OPTION_DURATION(struct check, wait_time), OPTION_GIVEN(struct check, wait),
		.wants = "a time, such as 10min" },
	{ "hash", 0, NULL, "bind the file's content, whoever owns it",
		OPTION_FLAG(struct check, build.hash_all),
		OPTION_GIVEN(struct check, build.described) },
	{ "timeout", 0, "TIME", "wait at most so long for an answer (default: 5s)",
		OPTION_DURATION(struct check, ask.timeout) },
	{ "json", 0, NULL, "print the reply as it came", OPTION_FLAG(struct check, json) },
	{ "socket", 0, "PATH", "the daemon's socket", OPTION_STRING(struct check, ask.socket) },
	{ "quiet", 'q', NULL, "print nothing on standard error", OPTION_FLAG(struct check, quiet) },
	{ 0 },
};

/* Written before the handler is set: a handler may call little (signal-safety(7)). */
static char farewell[256];
static size_t farewell_len;

static void on_signal(int number)
{
	ssize_t n;

	n = write(STDERR_FILENO, farewell, farewell_len);
	(void)n;
	raise(number); /* whose handling is the default again: SA_RESETHAND */
}

/* A signal that ends the program while it waits says how to go on. */
static void watch_signals(const char *token)
{
	static const int numbers[] = { SIGINT, SIGTERM, SIGHUP };
	const struct sigaction watch = { .sa_handler = on_signal, .sa_flags = (int)SA_RESETHAND };
	struct sigaction before;

	farewell_len = 0;
	if (!say_is_quiet())
		farewell_len = (size_t)snprintf(farewell, sizeof(farewell),
			"%sfirma: interrupted: the request waits on; ask again with --token %s\n",
			isatty(STDERR_FILENO) ? "\n" : "", token);
	for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++)
		if (sigaction(numbers[i], NULL, &before) == 0 && before.sa_handler != SIG_IGN)
			sigaction(numbers[i], &watch, NULL);
}

static int conclude_deny(const struct reply *reply)
{
	cleanup(bytes_deinit) struct bytes shown = BYTES_INIT(BYTES_UNLIMITED);

	if (text_append_escaped(&shown, reply->reason, strlen(reply->reason)) < 0)
		return say_undecided("out of memory");
	say_foreign("denied: %s", bytes_str(&shown));
	return STATUS_REFUSED;
}

/* How to go on, behind the ID. */
static int conclude_pending(const struct check *check, const struct reply *reply)
{
	if (!check->json)
		puts(reply->approval_token);
	say_flush();
	if (check->wait)
		say("pending: approve it with 'firma token approve %s'; waiting",
			reply->approval_token);
	else
		say("pending: approve it with 'firma token approve %s', then ask again with %s",
			reply->approval_token,
			check->build.request_file ? "it as approval_token" : "--token");
	return STATUS_PENDING;
}

/* The last of several answers is still none. */
static int conclude_wait(const struct reply *reply)
{
	say("still pending: ask again with --token %s", reply->approval_token);
	return STATUS_PENDING;
}

/* `waited`: the answer to what was pending before. Gives its token where it is pending now. */
static int conclude(const struct check *check, const struct bytes *line, bool waited,
	char ret_token[static NOTATION_UUID_LEN + 1])
{
	struct parsed_reply reply;
	int r, status;

	r = reply_parse(bytes_str(line), line->len, &reply);
	if (r < 0)
		return say_undecided("out of memory");
	if (r == REPLY_MALFORMED)
		return say_undecided("could not decide: the answer is not a reply");

	if (check->json && reply.reply.decision != DECISION_NONE)
		say_json(line->data, line->len);
	switch (reply.reply.decision) {
	case DECISION_ALLOW:
		status = STATUS_DONE;
		break;
	case DECISION_DENY:
		status = conclude_deny(&reply.reply);
		break;
	case DECISION_PENDING:
		snprintf(ret_token, NOTATION_UUID_LEN + 1, "%s", reply.reply.approval_token);
		status = waited ? conclude_wait(&reply.reply)
				: conclude_pending(check, &reply.reply);
		break;
	default:
		status = say_undecided("could not decide: the answer is not a decision");
	}
	parsed_reply_deinit(&reply);
	return status;
}

static int decide(const struct check *check, struct bytes *request)
{
	cleanup(bytes_deinit) struct bytes reply = BYTES_INIT(BYTES_UNLIMITED);
	cleanup(bytes_deinit) struct bytes why = BYTES_INIT(BYTES_UNLIMITED);
	char token[NOTATION_UUID_LEN + 1];
	const struct check_wait hold = {
		.ask = &check->ask,
		.time = check->wait_time,
		.token = token,
		.named = check->build.token != NULL,
	};
	int status;

	status = ask_once(&check->ask, request, 0, &reply, &why);
	if (status != STATUS_DONE)
		return say_undecided("could not decide: %s", bytes_str(&why));

	status = conclude(check, &reply, false, token);
	if (status != STATUS_PENDING || !check->wait)
		return status;

	watch_signals(token);
	status = check_wait_until_decided(&hold, request, &reply);
	return status == STATUS_DONE ? conclude(check, &reply, true, token) : status;
}

/* A request that waits by itself is answered that much later. */
static uint64_t own_wait(const struct bytes *request)
{
	cleanup(json_doc_free_p) struct json_doc *doc = NULL;
	struct scan_fault fault;
	uint64_t ms = 0;

	if (json_parse(bytes_str(request), request->len, &doc, &fault) == 0)
		json_get_integer(json_root(doc), "wait_ms", LIMIT_WAIT_MS, &ms);
	return ms * CLOCK_MS;
}

static int run(const struct verb *verb, int argc, char **argv)
{
	cleanup(bytes_deinit) struct bytes request = BYTES_INIT(BYTES_UNLIMITED);
	struct check check = { .ask.timeout = CLIENT_TIMEOUT, .wait_time = CLOCK_NEVER };
	struct operands operands;
	int status;

	request_build_init(&check.build);
	status = verb_read_options(verb, argc, argv, &check, &operands);
	if (status != VERB_GO)
		return status;
	check.build.command = operands.words;
	if (check.quiet)
		say_nothing();
	if (check.wait && check.build.request_file)
		return usage_error(verb, "--wait excludes --request, which has its own wait_ms");

	status = request_build_line(&check.build, verb, &request);
	if (status != STATUS_DONE)
		return status;

	if (check.build.request_file)
		check.ask.timeout += own_wait(&request);
	return decide(&check, &request);
}

const struct verb check_verb = {
	.name = "check",
	.operands = OPERANDS_COMMAND,
	.arguments = "[--] COMMAND [ARG...]",
	.summary = "Asks whether a command may run",
	.options = rows,
	.run = run,
};
