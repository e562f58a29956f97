/* SPDX-License-Identifier: ISC */

/* Refuses requests for the runner's identity. */

#include "gate/decide-runner.h"

#include "gate/policy/policy-runners.h"

static void deny(struct verdict *v, enum runner_refusal refusal, const char *detail)
{
	verdict_decide(v, DECISION_DENY, "the runner's identity is refused (", RULE_RUNNER);
	verdict_explain(v, "%s): %s", runner_refusal_name(refusal), runner_refusal_text(refusal));
	if (detail && detail[0])
		verdict_explain(v, ": %s", detail);
	verdict_grade(v, SEVERITY_CRITICAL, NULL, NULL);
}

bool decide_runner_denies(const struct decide_input *in, struct verdict *v)
{
	bool needed = false;

	if (in->runner.refusal != RUNNER_FINE) {
		deny(v, in->runner.refusal, in->runner.detail);
		return true;
	}
	if (in->request->asked.runner.text)
		return false;

	verdict_fail(v, policy_needs_runner(in->runners, in->request, &in->asker, &needed));
	if (needed)
		deny(v, RUNNER_MISSING, NULL);
	return needed || v->error < 0;
}
