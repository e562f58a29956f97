/* SPDX-License-Identifier: ISC */

/* `firma check`: asks whether one command may run, or another action be done. */

#include <string.h>

#include "base/clock.h"
#include "base/json/tree.h"
#include "base/text.h"
#include "cli/check-list.h"
#include "cli/evaluate-build.h"
#include "cli/question.h"
#include "cli/request-build.h"
#include "cli/runner-auth.h"
#include "cli/verb.h"
#include "gate/limits.h"
#include "gate/wire/reply.h"

struct check {
	struct request_build build;
	struct evaluate_build evaluate;
	struct runner_auth_options runner;
	struct question question;
	bool quiet, list;
};

static const struct option_row rows[] = {
	REQUEST_BUILD_ROWS(struct check, build),
	EVALUATE_BUILD_ROWS(struct check, evaluate),
	REQUEST_BUILD_FILE_ROW(struct check, build),
	REQUEST_BUILD_CLAIM_ROWS(struct check, build),
	REQUEST_BUILD_TOKEN_ROW(struct check, build),
	REQUEST_BUILD_REASON_ROW(struct check, build),
	RUNNER_AUTH_ROWS(struct check, runner),
	{ "list", 0, NULL, "list what you may do, and ask about nothing",
		OPTION_FLAG(struct check, list) },
	{ "wait", 0, "[=TIME]", "hold until somebody has decided, or for so long",
		OPTION_DURATION(struct check, question.wait_time),
		OPTION_GIVEN(struct check, question.wait), .wants = "a time, such as 10min" },
	{ "hash", 0, NULL, "bind the file's content, also of a file of root",
		OPTION_FLAG(struct check, build.hash_all),
		OPTION_GIVEN(struct check, build.described) },
	{ "timeout", 0, "TIME", "wait at most so long for an answer (default: 5s)",
		OPTION_DURATION(struct check, question.ask.timeout) },
	{ "json", 0, NULL, "print the reply as it came", OPTION_FLAG(struct check, question.json) },
	{ "socket", 0, "PATH", "the daemon's socket",
		OPTION_STRING(struct check, question.ask.socket) },
	{ "trust-socket", 0, "PATH", "the daemon's socket, also of a user unknown here",
		OPTION_STRING(struct check, question.ask.trusted) },
	{ "quiet", 'q', NULL, "print nothing on standard error", OPTION_FLAG(struct check, quiet) },
	{ 0 },
};

/* The longest time for which any token lives; a client must set some limit. */
#define SYNC_WAIT (UINT64_C(366) * 24 * 3600 * CLOCK_SECOND)

/*
 * How long the daemon may hold the answer. With wait_ms, at most that time. A request that wants
 * only the decision is answered when there is one.
 */
static uint64_t own_wait(const struct bytes *request)
{
	cleanup(json_doc_free_p) struct json_doc *doc = NULL;
	struct scan_fault fault;
	const char *mode;
	uint64_t ms = 0;

	if (json_parse(bytes_str(request), request->len, &doc, &fault) != 0)
		return 0;

	json_get_integer(json_root(doc), "wait_ms", LIMIT_WAIT_MS, &ms);
	mode = json_get_string(json_root(doc), "hitl_mode");
	if (ms == 0 && mode && strcmp(mode, "sync_wait") == 0)
		return SYNC_WAIT;
	return ms * CLOCK_MS;
}

static int list(const struct verb *verb, const struct check *check)
{
	if (check->build.command[0])
		return usage_error(verb, "--list takes no command");
	if (check->build.described || check->build.request_file || check->question.wait
		|| check->runner.token || check->runner.key
		|| evaluate_build_is_asked(&check->evaluate))
		return usage_error(verb, "--list takes no option that describes a request");
	return check_list(verb, &check->question.ask, check->question.json);
}

static int run(const struct verb *verb, int argc, char **argv)
{
	cleanup(bytes_deinit) struct bytes request = BYTES_PRINTED;
	cleanup(runner_key_deinit) struct runner_key runner_key = RUNNER_KEY_INIT;
	struct check check = { .question = QUESTION_INIT };
	bool signs = false;
	char record_id[QUESTION_RECORD_ID_MAX + 1];
	struct operands operands;
	int status;

	request_build_init(&check.build);
	status = verb_read_options(verb, argc, argv, &check, &operands);
	if (status != VERB_GO)
		return status;
	check.build.command = operands.words;
	if (check.quiet)
		say_nothing();
	if (check.question.ask.trusted && check.question.ask.socket)
		return usage_error(verb, "--trust-socket excludes --socket");
	if (check.list)
		return list(verb, &check);
	if (check.question.wait && check.build.request_file)
		return usage_error(verb, "--wait excludes --request, which has its own wait_ms");

	/* For the state of a token that can't be used. */
	check.build.detail = check.build.token || check.question.wait;
	if (evaluate_build_is_asked(&check.evaluate))
		status = evaluate_build_line(&check.evaluate, &check.build, verb, &request);
	else
		status = request_build_line(&check.build, verb, &request);
	if (status == STATUS_DONE)
		status = runner_auth_load_key(&check.runner, verb, &runner_key, &signs);
	if (status == STATUS_DONE)
		status = runner_auth_add(&check.runner, verb, &request);
	if (status != STATUS_DONE)
		return status;

	if (check.build.request_file)
		check.question.ask.timeout += own_wait(&request);
	check.question.ask.signer = signs ? &runner_key : NULL;
	check.question.token = check.build.token;
	check.question.prints = true;
	check.question.token_goes_in =
		check.build.request_file ? "it as approval_token" : "--token";
	return question_ask(&check.question, &request, record_id);
}

const struct verb check_verb = {
	.name = "check",
	.operands = OPERANDS_COMMAND,
	.arguments = "[--] COMMAND [ARG...]",
	.summary = "Asks whether a command may run, or something else be done",
	.options = rows,
	.run = run,
};
