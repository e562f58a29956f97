/* SPDX-License-Identifier: ISC */

/* Reads replies of both contracts. */

#include "cli/decision-reply.h"

#include "gate/token/token.h"
#include "gate/wire/evaluate.h"

static bool has_expired(const char *token_state)
{
	return token_state && token_state_parse(token_state) == TOKEN_EXPIRED;
}

static int read_response(const struct bytes *line, struct decision_reply *ret)
{
	struct evaluate_reply reply;
	struct json_doc *doc;
	int r;

	r = evaluate_reply_parse(bytes_str(line), line->len, &reply, &doc);
	if (r != 0)
		return r;

	*ret = (struct decision_reply){
		.decision = reply.decision,
		.reason = reply.reason ? reply.reason : "",
		.token = reply.decision == DECISION_PENDING ? reply.approval_token : NULL,
		.any_operator = reply.any_operator,
		.retry_after_ms = reply.retry_after_ms,
		.rule = reply.rule_id,
		.ground = reply.rule_id ? judgement_ground_of(reply.rule_id) : GROUND_RULE,
		.expired = has_expired(reply.token_state),
		.doc = doc,
	};
	return 0;
}

int decision_reply_read(const struct bytes *line, struct decision_reply *ret)
{
	struct parsed_reply parsed;
	int r;

	r = reply_parse(bytes_str(line), line->len, &parsed);
	if (r == REPLY_MALFORMED)
		return read_response(line, ret);
	if (r < 0)
		return r;
	if (parsed.reply.decision == DECISION_NONE) {
		parsed_reply_deinit(&parsed);
		return REPLY_MALFORMED;
	}

	*ret = (struct decision_reply){
		.decision = parsed.reply.decision,
		.reason = parsed.reply.reason,
		.token = parsed.reply.approval_token,
		.approved = parsed.reply.approved,
		.any_operator = parsed.reply.any_operator,
		.retry_after_ms = parsed.reply.retry_after_ms,
		.rule = parsed.reply.rule,
		.ground = parsed.reply.rule ? judgement_ground_of(parsed.reply.rule) : GROUND_RULE,
		.evidence = parsed.reply.evidence,
		.expired = has_expired(parsed.reply.token_state),
		.doc = parsed.doc,
	};
	return 0;
}

void decision_reply_deinit(struct decision_reply *reply)
{
	json_doc_free(reply->doc);
	reply->doc = NULL;
}
