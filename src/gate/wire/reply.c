/* SPDX-License-Identifier: ISC */

/* The last line of a reply: printing and parsing. */

#include "gate/wire/reply.h"

#include <string.h>

#include "base/array.h"
#include "base/json/scan.h"
#include "base/json/tree.h"
#include "base/json/writer.h"

static const char *const decision_names[] = {
	[DECISION_NONE] = "",
	[DECISION_ALLOW] = "allow",
	[DECISION_DENY] = "deny",
	[DECISION_PENDING] = "pending_hitl",
};

static const char *const outcome_names[] = {
	[OUTCOME_NONE] = "",
	[OUTCOME_OK] = "ok",
	[OUTCOME_NOT_FOUND] = "not_found",
	[OUTCOME_ALREADY_CONSUMED] = "already_consumed",
	[OUTCOME_ALREADY_REVOKED] = "already_revoked",
	[OUTCOME_EXPIRED] = "expired",
	[OUTCOME_UNSUPPORTED] = "unsupported_action",
	[OUTCOME_UNAUTHORIZED] = "unauthorized",
};

/* A pending decision whose token is approved. */
#define APPROVED "approved"

const char *decision_name(enum decision decision)
{
	return decision_names[decision];
}

enum decision decision_parse(const char *name)
{
	for (size_t i = 1; i < LENGTH(decision_names); i++)
		if (strcmp(name, decision_names[i]) == 0)
			return (enum decision)i;
	return DECISION_NONE;
}

const char *outcome_name(enum outcome outcome)
{
	return outcome_names[outcome];
}

enum outcome outcome_parse(const char *name)
{
	for (size_t i = 1; i < LENGTH(outcome_names); i++)
		if (strcmp(name, outcome_names[i]) == 0)
			return (enum outcome)i;
	return OUTCOME_NONE;
}

void reply_write(const struct reply *reply, struct writer *w)
{
	if (reply->decision != DECISION_NONE)
		writer_string(
			w, "decision", reply->approved ? APPROVED : decision_name(reply->decision));
	else
		writer_string(w, "outcome", outcome_name(reply->outcome));
	writer_string(w, "reason", reply->reason);
	if (reply->stopping)
		writer_bool(w, "stopping", true);
	if (reply->decision == DECISION_PENDING) {
		writer_string(w, "approval_token", reply->approval_token);
		writer_unsigned(w, "retry_after_ms", reply->retry_after_ms);
	}
	writer_string(w, "rule", reply->rule);
	writer_string(w, "expires_at", reply->expires_at);
	writer_string(w, "evidence", reply->evidence);
	writer_string(w, "token_state", reply->token_state);
	if (reply->any_operator)
		writer_bool(w, ANY_OPERATOR_KEY, true);
	if (reply->must)
		writer_raw(w, MUST_KEY, reply->must, strlen(reply->must));
}

int reply_print(const struct reply *reply, struct bytes *b)
{
	struct writer w;
	int r;

	writer_init(&w, b);
	writer_object(&w, NULL);
	reply_write(reply, &w);
	writer_end(&w);
	r = writer_finish(&w);
	return r < 0 ? r : bytes_append_char(b, '\n');
}

/* A pending reply must have a token's ID, and a valid time. */
static bool read_pending(const struct json *root, struct reply *ret)
{
	const char *id = json_get_string(root, "approval_token");
	uint8_t uuid[16];
	uint64_t ms;

	if (!id || notation_parse_uuid(id, strlen(id), uuid) < 0
		|| !json_get_integer(root, "retry_after_ms", UINT32_MAX, &ms))
		return false;

	ret->approval_token = id;
	ret->retry_after_ms = (uint32_t)ms;
	return true;
}

static bool read_reply(const struct json *root, struct reply *ret)
{
	const struct json *stopping = json_get(root, "stopping");
	const char *decision = json_get_string(root, "decision");
	const char *outcome = json_get_string(root, "outcome");

	/* A reply has exactly one of the two. */
	if (!decision == !outcome)
		return false;

	*ret = (struct reply){
		.decision = decision ? decision_parse(decision) : DECISION_NONE,
		.approved = decision && strcmp(decision, APPROVED) == 0,
		.outcome = outcome ? outcome_parse(outcome) : OUTCOME_NONE,
		.reason = json_get_string(root, "reason"),
		.rule = json_get_string(root, "rule"),
		.evidence = json_get_string(root, "evidence"),
		.token_state = json_get_string(root, "token_state"),
	};
	if (ret->approved)
		ret->decision = DECISION_PENDING;
	if (ret->decision == DECISION_NONE && ret->outcome == OUTCOME_NONE)
		return false;
	if (!ret->reason && ret->outcome != OUTCOME_OK)
		return false;
	if (outcome && stopping && !json_bool(stopping, &ret->stopping))
		return false;
	json_bool(json_get(root, ANY_OPERATOR_KEY), &ret->any_operator);
	return ret->decision != DECISION_PENDING || read_pending(root, ret);
}

int reply_parse(const char *line, size_t len, struct parsed_reply *ret)
{
	cleanup(json_doc_free_p) struct json_doc *doc = NULL;
	struct scan_fault fault;
	struct reply reply;
	int r;

	r = json_parse(line, len, &doc, &fault);
	if (r == JSON_MALFORMED)
		return REPLY_MALFORMED;
	if (r < 0)
		return r;

	if (!read_reply(json_root(doc), &reply))
		return REPLY_MALFORMED;

	*ret = (struct parsed_reply){ reply, steal_ptr(doc) };
	return 0;
}

void parsed_reply_deinit(struct parsed_reply *reply)
{
	json_doc_free(reply->doc);
	*reply = (struct parsed_reply){ 0 };
}
