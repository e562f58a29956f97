/* SPDX-License-Identifier: ISC */

/* The text of an answer: for the peer, and for the log. */

#include "daemon/answer.h"

#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/text.h"
#include "daemon/log.h"
#include "daemon/view.h"
#include "gate/limits.h"

void answer_init(struct answer *a, struct conn *conn)
{
	*a = (struct answer){
		.conn = conn,
		.uid = conn->peer.uid,
		.refusal = BYTES_PRINTED,
		.changed = BYTES_INIT((size_t)LIMIT_REVOKE_MANY * TOKEN_ID_LEN),
		.request = BYTES_INIT(
			LIMIT_REQUEST_MAX + LIMIT_REQUEST), /* a verified runner is added */
		.what = BYTES_PRINTED,
		.line = BYTES_INIT(LIMIT_REQUEST_MAX),
		.reply = BYTES_PRINTED,
	};
	verdict_init(&a->verdict);
}

void answer_deinit(struct answer *a)
{
	verdict_deinit(&a->verdict);
	request_free(a->evaluated);
	free(a->must);
	bytes_deinit(&a->refusal);
	bytes_deinit(&a->changed);
	bytes_deinit(&a->request);
	bytes_deinit(&a->what);
	bytes_deinit(&a->line);
	bytes_deinit(&a->reply);
}

void answer_decided(struct answer *a, uint64_t sequence)
{
	a->state = ANSWER_DECIDED;
	a->recorded = verdict_is_recorded(&a->verdict);
	a->sequence = a->recorded ? sequence : 0;
}

void answer_refuse(struct answer *a, const char *format, ...)
{
	va_list ap;

	if (a->state != ANSWER_DECIDED)
		return;

	va_start(ap, format);
	a->state = bytes_vappendf(&a->refusal, format, ap) < 0 ? ANSWER_FAILED : ANSWER_REFUSED;
	va_end(ap);
}

/* An operator's action has an outcome instead of a decision. */
static bool has_decision(const struct answer *a)
{
	return a->verdict.decision != DECISION_NONE;
}

static struct reply reply_of(const struct answer *a)
{
	const struct verdict *v = &a->verdict;

	if (a->state == ANSWER_FAILED)
		return (struct reply){ .decision = DECISION_DENY, .reason = REASON_OUT_OF_MEMORY };
	if (a->state == ANSWER_REFUSED)
		return (struct reply){
			.decision = has_decision(a) ? DECISION_DENY : DECISION_NONE,
			.outcome = has_decision(a) ? OUTCOME_NONE : OUTCOME_UNSUPPORTED,
			.reason = bytes_str(&a->refusal),
		};
	return (struct reply){
		.decision = v->decision,
		.outcome = v->outcome,
		.reason = v->outcome == OUTCOME_OK && v->reason.len == 0 ? NULL
									 : bytes_str(&v->reason),
		.rule = has_decision(a) ? v->rule : NULL,
	};
}

/* NULL if the notation can't express the time. */
static const char *print_time(uint64_t wall, char *ret, size_t size)
{
	cleanup(bytes_deinit) struct bytes b = BYTES_INIT(size - 1);

	if (notation_append_time(&b, wall) < 0)
		return NULL;

	memcpy(ret, b.data, b.len + 1);
	return ret;
}

void answer_tell(
	const struct answer *a, uint32_t retry_after_ms, bool detail, struct answer_reply *ret)
{
	struct reply reply = reply_of(a);

	reply.stopping = a->stopping;
	if (reply.decision == DECISION_PENDING) {
		notation_uuid(a->verdict.token_id, ret->token_id);
		reply.approval_token = ret->token_id;
		reply.retry_after_ms = retry_after_ms;
		reply.approved = a->verdict.approved;
		reply.any_operator = a->verdict.any_operator;
		if (detail)
			reply.expires_at = print_time(
				a->verdict.expires_wall, ret->expires_at, sizeof(ret->expires_at));
	}
	if (detail && a->record_id[0] && reply.decision != DECISION_NONE)
		reply.evidence = a->record_id;
	if (detail)
		reply.token_state =
			a->state == ANSWER_DECIDED ? verdict_token_state(&a->verdict) : NULL;
	else
		reply.rule = NULL;
	reply.must = a->must;
	ret->reply = reply;
}

/* One line for each token that a bulk revocation has changed. */
static int print_changed(const struct answer *a, const struct resources *res,
	const struct moment *now, struct bytes *b)
{
	const uint8_t *ids = (const uint8_t *)bytes_str(&a->changed);
	int r = 0;

	for (size_t at = 0; r >= 0 && at < a->changed.len; at += TOKEN_ID_LEN)
		r = view_show(res, ids + at, now, false, b);
	return r;
}

static int print_view(const struct answer *a, const struct status_sources *sources,
	const struct moment *now, struct bytes *b)
{
	const struct resources *res = sources->resources;

	switch (a->verdict.view) {
	case VIEW_LIST:
		return view_list(res, a->listed, now, b);
	case VIEW_OWN:
		return view_own(res, a->conn->peer.uid, a->listed, now, b);
	case VIEW_SHOW:
		return view_show(res, a->verdict.token_id, now, res->approvers.path != NULL, b);
	case VIEW_LINES:
		return bytes_append(b, bytes_str(&a->verdict.lines), a->verdict.lines.len);
	case VIEW_STATUS:
		return status_print(sources, now, b);
	case VIEW_WATCH:
		return view_pending(res, now, b);
	case VIEW_CHANGED:
		return print_changed(a, res, now, b);
	case VIEW_SEGMENT:
		return view_segment(res->evidence, b);
	case VIEW_ALLOWLIST:
		return view_allowlist(&res->allowlist, b);
	default:
		break;
	}
	if (a->verdict.allow.kind == ALLOW_ADD && !has_decision(a))
		return view_allow_entry(&res->allowlist, a->verdict.allow.entry, b);
	return 0;
}

/* The last line of the reply; a watcher gets none. */
static int print_told(struct answer *a, uint32_t retry_after_ms)
{
	struct answer_reply told;
	int r;

	if (a->evaluated) {
		r = answer_print_evaluated(a, retry_after_ms, &a->reply);
		return r < 0 ? r : bytes_append_char(&a->reply, '\n');
	}
	if (a->state == ANSWER_DECIDED && a->verdict.view == VIEW_WATCH)
		return 0;
	answer_tell(a, retry_after_ms, a->detail, &told);
	return reply_print(&told.reply, &a->reply);
}

/* The log may have been moved away since. */
static void print_receipt(struct answer *a, const struct resources *res)
{
	size_t len = a->reply.len;
	int r;

	r = view_receipt(res, a->verdict.token_id, &a->reply);
	if (r == 0)
		return;
	bytes_truncate(&a->reply, len);
	answer_refuse(a, "%s",
		r < 0 ? "its record can't be read in the log of evidence"
		      : "its record is not in the log of evidence that is in use now");
}

void answer_print(struct answer *a, const struct status_sources *sources, const struct moment *now)
{
	int r = 0;

	if (a->state == ANSWER_DECIDED && a->verdict.view == VIEW_RECEIPT)
		print_receipt(a, sources->resources);
	else if (a->state == ANSWER_DECIDED)
		r = print_view(a, sources, now, &a->reply);
	if (r >= 0)
		r = print_told(a, sources->resources->settings->retry_after_ms);
	if (r < 0) {
		a->state = ANSWER_FAILED;
		bytes_clear(&a->reply);
	}
}

/* "allow /usr/bin/git for uid 1000: approved by an operator". */
static int print_message(
	const struct answer *a, const struct reply *told, const char *token_id, struct bytes *b)
{
	bytes_append_strs(b,
		has_decision(a) ? decision_name(told->decision) : action_name(a->action), " ",
		bytes_str(&a->what));
	if (token_id)
		bytes_append_strs(b, ", token ", token_id);
	if (a->verdict.view == VIEW_CHANGED && a->state == ANSWER_DECIDED)
		bytes_appendf(b, ", tokens: %zu", a->changed.len / TOKEN_ID_LEN);
	if (!has_decision(a))
		bytes_append_strs(b, ": ", outcome_name(told->outcome));
	if (told->reason && told->reason[0]) {
		bytes_append_str(b, ": ");
		text_append_escaped(b, told->reason, strlen(told->reason));
	}
	return bytes_error(b);
}

static const char *message_id(const struct reply *told)
{
	if (told->decision == DECISION_NONE)
		return LOG_ID_ACTION;
	return told->decision == DECISION_PENDING ? LOG_ID_PENDING : LOG_ID_DECISION;
}

void answer_log(const struct answer *a)
{
	cleanup(bytes_deinit) struct bytes message = BYTES_PRINTED;
	const struct reply told = reply_of(a);
	char id[NOTATION_UUID_LEN + 1], uid[NOTATION_DECIMAL_MAX + 1];
	const struct log_field fields[] = {
		{ "FIRMA_ACTION", a->action == ACTION_NONE ? NULL : action_name(a->action) },
		{ "FIRMA_DECISION", has_decision(a) ? decision_name(told.decision) : NULL },
		{ "FIRMA_OUTCOME", has_decision(a) ? NULL : outcome_name(told.outcome) },
		{ "FIRMA_RULE", told.rule },
		{ "FIRMA_TOKEN", a->verdict.has_token ? id : NULL },
		{ "FIRMA_FINGERPRINT", a->fingerprint[0] ? a->fingerprint : NULL },
		{ "FIRMA_REASON", told.reason && told.reason[0] ? told.reason : NULL },
		{ "FIRMA_UID", uid },
	};

	if (a->state == ANSWER_FAILED || (a->state == ANSWER_DECIDED && !a->recorded))
		return;

	if (a->verdict.has_token)
		notation_uuid(a->verdict.token_id, id);
	notation_decimal(a->uid, uid);
	if (print_message(a, &told, a->verdict.has_token ? id : NULL, &message) < 0)
		return;

	log_event(told.decision == DECISION_DENY ? LOG_NOTICE : LOG_INFO, message_id(&told), fields,
		LENGTH(fields), bytes_str(&message));
}
