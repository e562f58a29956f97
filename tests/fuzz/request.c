/* SPDX-License-Identifier: ISC */

/*
 * Fuzzes the request and the decision: a request has either a fault or everything that it must
 * have; whatever it is, it gets an answer that a client can read, and never more than a person is
 * asked for.
 */

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/notation.h"
#include "gate/decide.h"
#include "gate/limits.h"

static const struct token *next_alike(
	enum token_state state, const struct token *after, void *userdata)
{
	(void)state;
	(void)after;
	(void)userdata;
	return NULL;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const struct settings settings = {
	.default_action = DECISION_PENDING,
	.token_ttl = 300 * CLOCK_SECOND,
	.retry_after_ms = 500,
	.max_pending_alike = LIMIT_PENDING_ALIKE,
	.max_pending_of_uid = LIMIT_PENDING_OF_UID,
	.max_store = LIMIT_STORE,
};

static void check_request(const struct request *q)
{
	const char *arg = q->asked.args.text;

	if (q->fault || q->action != ACTION_EXEC)
		return;

	if (!q->asked.executable || q->asked.executable[0] != '/' || !q->asked.session_id
		|| !q->asked.sandbox_id || !q->asked.profile || q->asked.args.n > LIMIT_ARGS)
		abort();
	for (size_t i = 0; i < q->asked.args.n; i++)
		arg += strlen(arg) + 1;
	if (arg != q->asked.args.text + q->asked.args.len)
		abort();
}

static void check_verdict(const struct verdict *v)
{
	cleanup(bytes_deinit) struct bytes line = BYTES_PRINTED;
	struct parsed_reply parsed;
	char id[NOTATION_UUID_LEN + 1];
	const struct reply reply = {
		.decision = v->decision,
		.outcome = v->outcome,
		.reason = v->outcome == OUTCOME_OK ? NULL : bytes_str(&v->reason),
		.approval_token = id,
	};

	if (v->decision == DECISION_ALLOW)
		abort();

	notation_uuid(v->token_id, id);
	if (reply_print(&reply, &line) < 0)
		return;
	if (reply_parse(line.data, line.len - 1, &parsed) != 0)
		abort();
	parsed_reply_deinit(&parsed);
}

/* A release may be allowed by its record; a malformed request never is. */
static void check_response(const struct request *q, const struct verdict *v)
{
	cleanup(bytes_deinit) struct bytes line = BYTES_PRINTED;
	cleanup(json_doc_free_p) struct json_doc *doc = NULL;
	struct evaluate_reply parsed;
	const struct evaluate_reply reply = {
		.decision_id = "dec_0",
		.session_id = q->evaluate.session_id,
		.target = q->evaluate.shown_target,
		.requested_operation = q->evaluate.shown_operation,
		.rule_id = v->rule,
		.decision = v->decision,
		.severity = v->severity,
		.reason = bytes_str(&v->reason),
		.approver_group = v->approvers,
	};

	if (!v->rule || v->severity == SEVERITY_NONE || v->decision == DECISION_NONE)
		abort();
	if (v->decision == DECISION_ALLOW && (q->fault || q->evaluate.kind != KIND_RELEASE))
		abort();
	if (q->fault && strcmp(v->rule, RULE_MALFORMED) != 0)
		abort();
	if (evaluate_reply_print(&reply, &line) < 0)
		return;
	if (evaluate_reply_parse(line.data, line.len, &parsed, &doc) != 0
		|| parsed.decision != v->decision)
		abort();
}

static int measure(struct token_change *change, void *userdata)
{
	(void)userdata;
	change->size = 1000;
	return 0;
}

static void make_id(uint8_t *ret)
{
	memset(ret, 0, TOKEN_ID_LEN);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	cleanup(request_free_p) struct request *request = NULL;
	uint8_t fingerprint[FINGERPRINT_LEN] = { 0 };
	char hex[FINGERPRINT_HEX_LEN + 1] = "";
	struct decide_input in = {
		.asker = { .uid = 1000 },
		.role = ROLE_ANY,
		.settings = &settings,
		.fingerprint = fingerprint,
		.fingerprint_hex = hex,
		.make_id = make_id,
		.readable = true,
		.next_alike = next_alike,
		.measure = measure,
	};
	struct verdict verdict;

	if (request_parse((const char *)data, size, &request) < 0)
		return 0;
	check_request(request);

	in.request = request;
	if (request->action == ACTION_EXEC && !request->fault)
		fingerprint_compute(&request->asked, fingerprint);
	notation_hex(fingerprint, sizeof(fingerprint), hex);
	if (decide(&in, &verdict) < 0)
		return 0;
	if (request->action == ACTION_EVALUATE)
		check_response(request, &verdict);
	else
		check_verdict(&verdict);
	verdict_deinit(&verdict);
	return 0;
}
