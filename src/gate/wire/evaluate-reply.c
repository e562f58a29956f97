/* SPDX-License-Identifier: ISC */

/* The DecisionResponse: printing and parsing. */

#include <string.h>

#include "base/array.h"
#include "base/json/scan.h"
#include "base/json/writer.h"
#include "gate/wire/evaluate.h"

static const char *const decision_names[] = {
	[DECISION_NONE] = "",
	[DECISION_ALLOW] = "allow",
	[DECISION_DENY] = "block",
	[DECISION_PENDING] = "require_approval",
};

enum decision evaluate_decision_parse(const char *name)
{
	for (size_t i = 1; i < LENGTH(decision_names); i++)
		if (strcmp(name, decision_names[i]) == 0)
			return (enum decision)i;
	return DECISION_NONE;
}

static void write_text(struct writer *w, const char *key, const char *text)
{
	if (text && text[0])
		writer_string(w, key, text);
}

/* Appends a part of a URL; each byte with a special meaning there becomes "%XX". */
static int append_part(struct bytes *b, const char *text)
{
	static const char plain[] =
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~";
	int r = 0;

	for (; r >= 0 && *text; text++)
		r = strchr(plain, *text) ? bytes_append_char(b, *text)
					 : bytes_appendf(b, "%%%02X", (unsigned char)*text);
	return r;
}

static int write_references(
	struct writer *w, const struct evaluate_reply *reply, const char *session)
{
	cleanup(bytes_deinit) struct bytes reference = BYTES_PRINTED;
	int r;

	bytes_append_str(&reference, "evidence://");
	append_part(&reference, session);
	r = bytes_appendf(&reference, "/%s", reply->decision_id);
	if (r < 0)
		return r;

	writer_array(w, "evidence_refs");
	writer_string(w, NULL, bytes_str(&reference));
	if (reply->record_id && reply->record_id[0]) {
		bytes_clear(&reference);
		r = bytes_appendf(&reference, "firma-evidence://%s", reply->record_id);
		writer_string(w, NULL, bytes_str(&reference));
	}
	writer_end(w);
	return r;
}

int evaluate_reply_print(const struct evaluate_reply *reply, struct bytes *b)
{
	const char *session = reply->session_id ? reply->session_id : "local";
	const size_t start = b->len;
	struct writer w;
	int r, e;

	writer_init(&w, b);
	writer_object(&w, NULL);
	write_text(&w, "decision_id", reply->decision_id);
	write_text(&w, "session_id", session);
	write_text(&w, "agent_id", reply->agent_id ? reply->agent_id : "unknown-agent");
	write_text(&w, "actor", reply->actor ? reply->actor : "ai-agent");
	write_text(&w, "action_type", reply->action_type);
	write_text(&w, "target", reply->target);
	write_text(&w, "requested_operation", reply->requested_operation);
	write_text(&w, "policy_pack", reply->policy_pack);
	write_text(&w, "policy_id", reply->policy_id);
	write_text(&w, "rule_id", reply->rule_id);
	write_text(&w, "decision", decision_names[reply->decision]);
	write_text(&w, "severity", severity_name(reply->severity));
	write_text(&w, "reason", reply->reason);
	e = write_references(&w, reply, session);
	write_text(&w, "approver_group", reply->approver_group);
	write_text(&w, "timestamp", reply->timestamp);
	write_text(&w, "correlation_id", reply->correlation_id);
	if (reply->approval_token) {
		write_text(&w, "approval_token", reply->approval_token);
		writer_integer(&w, "retry_after_ms", reply->retry_after_ms);
	}
	write_text(&w, "expires_at", reply->expires_at);
	write_text(&w, "rule", reply->rule);
	write_text(&w, "token_state", reply->token_state);
	if (reply->any_operator)
		writer_bool(&w, ANY_OPERATOR_KEY, true);
	if (reply->must)
		writer_raw(&w, MUST_KEY, reply->must, strlen(reply->must));
	writer_end(&w);
	r = writer_finish(&w);
	if (r >= 0 && e < 0) {
		bytes_truncate(b, start);
		r = e;
	}
	return r;
}

static bool read_response(const struct json *root, struct evaluate_reply *ret)
{
	const char *decision = json_get_string(root, "decision");
	uint64_t ms = 0;

	*ret = (struct evaluate_reply){
		.decision_id = json_get_string(root, "decision_id"),
		.decision = decision ? evaluate_decision_parse(decision) : DECISION_NONE,
		.rule_id = json_get_string(root, "rule_id"),
		.policy_id = json_get_string(root, "policy_id"),
		.approver_group = json_get_string(root, "approver_group"),
		.reason = json_get_string(root, "reason"),
		.approval_token = json_get_string(root, "approval_token"),
		.expires_at = json_get_string(root, "expires_at"),
		.token_state = json_get_string(root, "token_state"),
	};
	json_bool(json_get(root, ANY_OPERATOR_KEY), &ret->any_operator);
	if (ret->approval_token && !json_get_integer(root, "retry_after_ms", UINT32_MAX, &ms))
		return false;
	ret->retry_after_ms = (uint32_t)ms;
	return ret->decision != DECISION_NONE && ret->decision_id && ret->rule_id;
}

int evaluate_reply_parse(
	const char *line, size_t len, struct evaluate_reply *ret, struct json_doc **ret_doc)
{
	cleanup(json_doc_free_p) struct json_doc *doc = NULL;
	struct scan_fault fault;
	int r;

	r = json_parse(line, len, &doc, &fault);
	if (r == JSON_MALFORMED)
		return REPLY_MALFORMED;
	if (r < 0)
		return r;
	if (!read_response(json_root(doc), ret))
		return REPLY_MALFORMED;

	*ret_doc = steal_ptr(doc);
	return 0;
}
