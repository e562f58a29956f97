/* SPDX-License-Identifier: ISC */

/* An answer in words: to whoever asked, and to the log. */

#include "daemon/answer.h"

#include <stdio.h>

#include "base/text.h"
#include "daemon/log.h"
#include "daemon/turn.h"
#include "daemon/view.h"

/* Those that a revocation of many has changed, a line each. */
static int print_changed(const struct turn *turn, const struct answer *a, struct bytes *b)
{
	const uint8_t *ids = (const uint8_t *)bytes_str(&a->changed);
	int r = 0;

	for (size_t at = 0; r >= 0 && at < a->changed.len; at += TOKEN_ID_LEN)
		r = view_show(turn->store, ids + at, &turn->now, b);
	return r;
}

static int print_views(const struct turn *turn, const struct answer *a, struct bytes *b)
{
	switch (a->verdict.view) {
	case VIEW_LIST:
		return view_list(turn->store, a->listed, &turn->now, b);
	case VIEW_SHOW:
		return view_show(turn->store, a->verdict.token_id, &turn->now, b);
	case VIEW_STATUS:
		return status_print(turn->status, turn_closed(turn), &turn->now, b);
	case VIEW_CHANGED:
		return print_changed(turn, a, b);
	case VIEW_ALLOWLIST:
		return view_allowlist(turn->allowlist, b);
	default:
		return 0;
	}
}

int answer_print_reply(
	const struct turn *turn, const struct answer *a, bool detail, struct bytes *b)
{
	cleanup(bytes_deinit) struct bytes expires = BYTES_INIT(64);
	const struct verdict *v = &a->verdict;
	char id[NOTATION_UUID_LEN + 1];
	struct reply reply = {
		.decision = v->decision,
		.outcome = v->outcome,
		.reason = v->outcome == OUTCOME_OK ? NULL : bytes_str(&v->reason),
	};
	int r;

	if (v->decision == DECISION_PENDING) {
		notation_uuid(v->token_id, id);
		reply.approval_token = id;
		reply.retry_after_ms = turn->settings->retry_after_ms;
	}
	if (detail && v->decision != DECISION_NONE) {
		reply.rule = v->rule;
		reply.evidence = a->record_id[0] ? a->record_id : NULL;
		if (v->decision == DECISION_PENDING) {
			r = notation_append_time(&expires, v->expires_wall);
			if (r < 0)
				return r;
			reply.expires_at = bytes_str(&expires);
		}
	}

	return reply_print(&reply, b);
}

int answer_print(const struct turn *turn, const struct answer *a, struct bytes *b)
{
	int r;

	r = print_views(turn, a, b);
	if (r >= 0 && a->verdict.allow.kind == ALLOW_ADD && a->verdict.outcome == OUTCOME_OK)
		r = view_allow_entry(turn->allowlist, a->verdict.allow.entry, b);
	return r < 0 ? r : answer_print_reply(turn, a, a->detail, b);
}

/* "allow /usr/bin/git for uid 1000: approved by an operator". */
static int print_message(const struct answer *a, const char *id, struct bytes *b)
{
	const struct verdict *v = &a->verdict;
	bool decision = v->decision != DECISION_NONE;
	int r;

	r = bytes_append_str(b, decision ? decision_name(v->decision) : action_name(a->action));
	if (r >= 0)
		r = bytes_appendf(b, " %s", bytes_str(&a->what));
	if (r >= 0 && id)
		r = bytes_appendf(b, ", token %s", id);
	if (r >= 0 && v->view == VIEW_CHANGED)
		r = bytes_appendf(b, ", tokens: %zu", a->changed.len / TOKEN_ID_LEN);
	if (r >= 0 && !decision)
		r = bytes_appendf(b, ": %s", outcome_name(v->outcome));
	if (r >= 0 && v->reason.len > 0) {
		r = bytes_append_str(b, ": ");
		if (r >= 0)
			r = text_append_escaped(b, v->reason.data, v->reason.len);
	}
	return r;
}

static const char *message_id(const struct verdict *v)
{
	if (v->decision == DECISION_NONE)
		return LOG_ID_ACTION;
	return v->decision == DECISION_PENDING ? LOG_ID_PENDING : LOG_ID_DECISION;
}

static void log_answer(const struct answer *a)
{
	cleanup(bytes_deinit) struct bytes message = BYTES_INIT(BYTES_UNLIMITED);
	const struct verdict *v = &a->verdict;
	bool decision = v->decision != DECISION_NONE;
	char id[NOTATION_UUID_LEN + 1], uid[16];
	const struct log_field fields[] = {
		{ "FIRMA_ACTION", a->action == ACTION_NONE ? NULL : action_name(a->action) },
		{ "FIRMA_DECISION", decision ? decision_name(v->decision) : NULL },
		{ "FIRMA_OUTCOME", decision ? NULL : outcome_name(v->outcome) },
		{ "FIRMA_RULE", v->rule },
		{ "FIRMA_TOKEN", v->has_token ? id : NULL },
		{ "FIRMA_FINGERPRINT", a->fingerprint[0] ? a->fingerprint : NULL },
		{ "FIRMA_REASON", v->reason.len > 0 ? bytes_str(&v->reason) : NULL },
		{ "FIRMA_UID", uid },
	};

	notation_uuid(v->token_id, id);
	snprintf(uid, sizeof(uid), "%u", (unsigned int)a->conn->peer.uid);
	if (print_message(a, v->has_token ? id : NULL, &message) < 0)
		return;

	log_event(v->decision == DECISION_DENY ? LOG_NOTICE : LOG_INFO, message_id(v), fields,
		sizeof(fields) / sizeof(fields[0]), bytes_str(&message));
}

bool answer_is_recorded(const struct answer *a)
{
	const struct verdict *v = &a->verdict;

	if (!a->decided)
		return false;
	if (v->decision == DECISION_PENDING)
		return v->change.to != TOKEN_ABSENT;
	return v->view == VIEW_NONE || v->view == VIEW_CHANGED;
}

void answer_log(struct answer *a)
{
	if (a->logged || !answer_is_recorded(a))
		return;

	log_answer(a);
	a->logged = true;
}
