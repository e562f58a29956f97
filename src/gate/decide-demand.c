/* SPDX-License-Identifier: ISC */

#include "gate/decide-demand.h"

#include "gate/evaluate-asked.h"

static int add_of_policies(const struct decide_input *in, const struct request *request,
	const struct asker *asker, struct demand *d)
{
	int r;

	r = policy_demand(in->policy, request, asker, d);
	for (size_t i = 0; r >= 0 && i < in->n_packs; i++)
		r = policy_demand(in->packs[i], request, asker, d);
	return r;
}

static int add_in_force(const struct decide_input *in, const struct request *request,
	const struct asker *asker, struct demand *d)
{
	cleanup(bytes_deinit) struct bytes args = BYTES_PRINTED;
	struct request shell;
	int r;

	d->flags.signature |= in->settings->require_signature;
	if (request->action != ACTION_EVALUATE || request->evaluate.kind != KIND_EXEC)
		return add_of_policies(in, request, asker, d);

	r = evaluate_make_shell(request, &args, &shell);
	return r < 0 ? r : add_of_policies(in, &shell, asker, d);
}

int decide_demand_of_token(const struct decide_input *in, struct demand *d)
{
	const struct token *t = in->token;
	const struct asker asker = { .uid = t->uid, .more_groups = true };
	struct request request;

	evaluate_restore(&t->asked, &request);
	demand_add_flags(d, &t->demand);
	demand_add_groups(d, &t->approvers);
	return add_in_force(in, &request, &asker, d);
}

int decide_demand_of_retry(const struct decide_input *in, struct demand *d)
{
	demand_add_flags(d, &in->token->demand);
	demand_add_groups(d, &in->token->approvers);
	return add_in_force(in, in->request, &in->asker, d);
}

int decide_demand_of_request(const struct decide_input *in, struct demand *d)
{
	return add_in_force(in, in->request, &in->asker, d);
}

bool decide_demand_is_made(const struct decide_input *in, struct verdict *v)
{
	struct demand d = { 0 };

	verdict_fail(v, decide_demand_of_request(in, &d));
	return demand_is_made(&d);
}

bool decide_demand_is_made_of_retry(const struct decide_input *in, struct verdict *v)
{
	struct demand d = { 0 };

	verdict_fail(v, decide_demand_of_retry(in, &d));
	return demand_is_made(&d);
}
