/* SPDX-License-Identifier: ISC */

/* The response to a request of the second contract. */

#include <sodium.h>
#include <stdio.h>
#include <string.h>

#include "base/notation.h"
#include "daemon/answer.h"

/* Random bytes in an ID. */
#define ID_BYTES 6

static void print_id(
	const char *prefix, const uint8_t random[static ID_BYTES], char *ret, size_t size)
{
	char hex[2 * ID_BYTES + 1];

	notation_hex(random, ID_BYTES, hex);
	snprintf(ret, size, "%s_%s", prefix, hex);
}

void answer_take_evaluated(struct answer *a, struct request *request, const struct moment *now)
{
	cleanup(bytes_deinit) struct bytes time = BYTES_INIT(sizeof(a->timestamp) - 1);
	uint8_t random[2 * ID_BYTES];

	a->evaluated = request;
	randombytes_buf(random, sizeof(random));
	print_id("dec", random, a->decision_id, sizeof(a->decision_id));
	print_id("corr", random + ID_BYTES, a->correlation_id, sizeof(a->correlation_id));
	/* Left empty if the notation can't express the time. */
	if (notation_append_time_ns(&time, now->clock.wall) >= 0)
		memcpy(a->timestamp, time.data, time.len + 1);
}

/* If the verdict must not be told, the decision is deny. */
static void tell_decision(const struct answer *a, struct evaluate_reply *reply)
{
	const struct verdict *v = &a->verdict;

	if (a->state != ANSWER_DECIDED) {
		reply->decision = DECISION_DENY;
		reply->severity = SEVERITY_CRITICAL;
		reply->rule_id = RULE_FAILED;
		reply->reason =
			a->state == ANSWER_FAILED ? REASON_OUT_OF_MEMORY : bytes_str(&a->refusal);
		return;
	}
	reply->decision = v->decision;
	reply->severity = v->severity;
	reply->rule_id = v->rule;
	reply->reason = bytes_str(&v->reason);
	reply->approver_group = v->approvers;
	reply->policy_pack = reply->policy_id = v->policy_id;
	reply->record_id = a->record_id;
}

int answer_print_evaluated(const struct answer *a, uint32_t retry_after_ms, struct bytes *b)
{
	const struct evaluate *e = &a->evaluated->evaluate;
	cleanup(bytes_deinit) struct bytes expires_at = BYTES_INIT(64);
	char token_id[NOTATION_UUID_LEN + 1];
	struct evaluate_reply reply = {
		.decision_id = a->decision_id,
		.session_id = e->session_id,
		.agent_id = e->agent_id,
		.actor = e->actor,
		.action_type = e->action_type,
		.target = e->shown_target,
		.requested_operation = e->shown_operation,
		.timestamp = a->timestamp,
		.correlation_id = a->correlation_id,
		.must = a->must,
	};

	tell_decision(a, &reply);
	if (a->detail && reply.decision == DECISION_PENDING && a->verdict.has_token) {
		notation_uuid(a->verdict.token_id, token_id);
		reply.approval_token = token_id;
		reply.retry_after_ms = retry_after_ms;
		reply.any_operator = a->verdict.any_operator && !reply.approver_group;
		if (notation_append_time(&expires_at, a->verdict.expires_wall) >= 0)
			reply.expires_at = bytes_str(&expires_at);
	}
	if (a->detail) {
		reply.rule = reply.rule_id;
		reply.token_state =
			a->state == ANSWER_DECIDED ? verdict_token_state(&a->verdict) : NULL;
	}
	return evaluate_reply_print(&reply, b);
}
