/* SPDX-License-Identifier: ISC */

/* Verdicts: making and querying them. */

#include "gate/verdict.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"

void verdict_init(struct verdict *v)
{
	*v = (struct verdict){
		.decision = DECISION_DENY,
		.reason = BYTES_PRINTED,
		.approvals = BYTES_PRINTED,
		.proofs = BYTES_PRINTED,
		.lines = BYTES_PRINTED,
	};
}

void verdict_deinit(struct verdict *v)
{
	bytes_deinit(&v->reason);
	free(v->rule);
	free(v->approvers);
	free(v->policy_id);
	token_change_deinit(&v->change);
	allow_entry_free(v->allow.entry);
	free(v->allow.id);
	free(v->allow.removed);
	free(v->allow.agent);
	free(v->used_id);
	free(v->used_path);
	bytes_deinit(&v->approvals);
	bytes_deinit(&v->proofs);
	bytes_deinit(&v->lines);
}

void verdict_fail(struct verdict *v, int r)
{
	if (r < 0 && v->error == 0)
		v->error = r;
}

static void set_reason(struct verdict *v, const char *reason)
{
	bytes_clear(&v->reason);
	if (reason)
		verdict_fail(v, bytes_append_str(&v->reason, reason));
}

static void set_text(struct verdict *v, char **to, const char *text)
{
	free(*to);
	*to = text ? strdup(text) : NULL;
	if (text && !*to)
		verdict_fail(v, -ENOMEM);
}

void verdict_decide(struct verdict *v, enum decision decision, const char *reason, const char *rule)
{
	set_text(v, &v->rule, rule);
	v->decision = decision;
	v->outcome = OUTCOME_NONE;
	set_reason(v, reason);
}

void verdict_grade(
	struct verdict *v, enum severity severity, const char *approvers, const char *policy_id)
{
	v->severity = severity;
	set_text(v, &v->approvers, approvers);
	set_text(v, &v->policy_id, policy_id);
}

void verdict_deny(struct verdict *v, const char *reason)
{
	verdict_decide(v, DECISION_DENY, reason, NULL);
}

void verdict_conclude(struct verdict *v, enum outcome outcome, const char *reason)
{
	v->decision = DECISION_NONE;
	v->outcome = outcome;
	set_reason(v, reason);
}

void verdict_show(struct verdict *v, enum view view)
{
	v->view = view;
	verdict_conclude(v, OUTCOME_OK, NULL);
}

void verdict_explain(struct verdict *v, const char *format, ...)
{
	va_list ap;

	va_start(ap, format);
	verdict_fail(v, bytes_vappendf(&v->reason, format, ap));
	va_end(ap);
}

void verdict_explain_quoted(struct verdict *v, const char *text)
{
	verdict_fail(v, text_append_quoted(&v->reason, text, strlen(text)));
}

void verdict_take_back(struct verdict *v)
{
	token_change_deinit(&v->change);
	v->change = (struct token_change){ 0 };
	v->has_token = v->joins = false;
}

void verdict_name_token(struct verdict *v, const struct token *t)
{
	v->has_token = true;
	v->expires_wall = token_expires_wall(t);
	memcpy(v->token_id, t->id, sizeof(v->token_id));
}

void verdict_name_rule(struct verdict *v, const char *rule)
{
	set_text(v, &v->rule, rule);
}

const char *verdict_token_state(const struct verdict *v)
{
	return v->token_state == TOKEN_ABSENT ? NULL : token_state_name(v->token_state);
}

bool verdict_changes(const struct verdict *v)
{
	return v->change.to != TOKEN_ABSENT || v->allow.kind != ALLOW_NOTHING || v->many;
}

bool verdict_is_recorded(const struct verdict *v)
{
	if (v->unrecorded)
		return false;
	if (v->decision == DECISION_PENDING && v->has_token)
		return v->change.to != TOKEN_ABSENT || v->joins;
	return v->view == VIEW_NONE || v->view == VIEW_CHANGED || v->view == VIEW_SEGMENT;
}

bool verdict_rests_on_record(const struct verdict *v)
{
	return v->decision == DECISION_NONE || v->has_token || v->used_id;
}
