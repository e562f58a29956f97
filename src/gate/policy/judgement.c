/* SPDX-License-Identifier: ISC */

/* Compares judgements and prints them. */

#include "gate/policy/judgement.h"

#include <string.h>

#include "base/array.h"
#include "gate/policy/rule.h"

static const struct {
	const char *rule, *reason;
} grounds[] = {
	[GROUND_DEFAULT] = { RULE_DEFAULT, NULL },
	[GROUND_BUDGET] = { RULE_BUDGET, "budget_state_ref is required" },
	[GROUND_HIDDEN] = { RULE_HIDDEN, "the command that would be run can't be seen" },
	[GROUND_KEPT] = { RULE_KEPT, "variables are kept that may redirect the command" },
	[GROUND_RUN_AS] = { RULE_RUN_AS, "no rule says that this may run as another user" },
	[GROUND_RUNTIME] = { RULE_RUNTIME, "no policy speaks of this kind of request" },
};

struct judgement judgement_by(enum decision decision, enum ground ground)
{
	return (struct judgement){
		.decision = decision,
		.ground = ground,
		.rule = grounds[ground].rule,
	};
}

enum ground judgement_ground_of(const char *rule)
{
	for (size_t i = GROUND_RULE + 1; i < LENGTH(grounds); i++)
		if (strcmp(rule, grounds[i].rule) == 0)
			return (enum ground)i;
	return GROUND_RULE;
}

struct judgement judgement_by_runtime(const char *policy_id)
{
	struct judgement j = judgement_by(DECISION_PENDING, GROUND_RUNTIME);

	j.severity = SEVERITY_MEDIUM;
	j.approvers = APPROVERS_RUNTIME;
	j.policy_id = policy_id;
	return j;
}

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
			r = bytes_append_strs(b, i > 0 ? ", " : " ", j->line[i]);
	}
	return r < 0 ? r : bytes_append_char(b, ')');
}

int judgement_append_reason(const struct judgement *j, struct bytes *b)
{
	const char *what = j->decision == DECISION_ALLOW ? "allowed"
		: j->decision == DECISION_DENY           ? "denied"
							 : "asked about";

	if (grounds[j->ground].reason)
		return bytes_append_str(b, grounds[j->ground].reason);
	if (j->n_line > 0)
		return append_line_reason(j, b);
	if (!j->named)
		return bytes_append_strs(b, what, " by the default action");
	if (!j->reason)
		return bytes_append_strs(b, what, " by rule ", j->rule);
	return bytes_append_strs(b, j->reason, " (rule ", j->rule, ")");
}
