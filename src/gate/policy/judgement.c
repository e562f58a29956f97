/* SPDX-License-Identifier: ISC */

/* Compares judgements and prints them. */

#include "gate/policy/judgement.h"

#include <string.h>

#include "gate/policy/rule.h"

bool judgement_is_stricter(const struct judgement *a, const struct judgement *b)
{
	static const int strictness[] = {
		[DECISION_NONE] = 0,
		[DECISION_ALLOW] = 1,
		[DECISION_PENDING] = 2,
		[DECISION_DENY] = 3,
	};

	/* A judgement that the allowlist may override is less strict. */
	if (a->decision == DECISION_PENDING && b->decision == DECISION_PENDING)
		return b->remember && !a->remember;
	return strictness[a->decision] > strictness[b->decision];
}

void judgement_take_stricter(struct judgement *found, const struct judgement *j)
{
	if (judgement_is_stricter(j, found))
		*found = *j;
}

struct judgement judgement_by_rule(const struct rule *rule, const char *policy_id)
{
	return (struct judgement){
		.decision = rule->action,
		.rule = rule->id,
		.reason = rule->reason,
		.named = true,
		.severity = rule_severity(rule),
		.approvers = rule->approvers,
		.policy_id = policy_id,
	};
}

/* Names each rule once, in the order of the commands. */
static int append_line_reason(const struct judgement *j, struct bytes *b)
{
	int r = bytes_append_str(b, "each command of the line is allowed (rules");

	for (size_t i = 0; r >= 0 && i < j->n_line; i++) {
		bool told = false;

		for (size_t k = 0; k < i; k++)
			told |= j->line[k] == j->line[i];
		if (!told)
			r = bytes_appendf(b, "%s %s", i > 0 ? "," : "", j->line[i]);
	}
	return r < 0 ? r : bytes_append_char(b, ')');
}

int judgement_append_reason(const struct judgement *j, struct bytes *b)
{
	const char *what = j->decision == DECISION_ALLOW ? "allowed"
		: j->decision == DECISION_DENY           ? "denied"
							 : "asked about";

	if (strcmp(j->rule, RULE_BUDGET) == 0)
		return bytes_append_str(b, "budget_state_ref is required");
	if (strcmp(j->rule, RULE_HIDDEN) == 0)
		return bytes_append_str(b, "the command that would be run can't be seen");
	if (strcmp(j->rule, RULE_KEPT) == 0)
		return bytes_append_str(b, "variables are kept that may redirect the command");
	if (strcmp(j->rule, RULE_RUNTIME) == 0)
		return bytes_append_str(b, "no policy speaks of this kind of request");
	if (j->n_line > 0)
		return append_line_reason(j, b);
	if (!j->named)
		return bytes_appendf(b, "%s by the default action", what);
	if (!j->reason)
		return bytes_appendf(b, "%s by rule %s", what, j->rule);
	return bytes_appendf(b, "%s (rule %s)", j->reason, j->rule);
}
