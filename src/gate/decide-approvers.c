/* SPDX-License-Identifier: ISC */

#include "gate/decide-approvers.h"

/* The approvers that the policy names, then those of each pack; NULL after the last one. */
static const struct approver_groups *approvers_at(const struct decide_input *in, size_t i)
{
	if (i > in->n_packs)
		return NULL;
	return policy_approvers(i == 0 ? in->policy : in->packs[i - 1]);
}

const struct approver_group *decide_approvers_find(const struct decide_input *in, const char *name)
{
	const struct approver_group *group = NULL;

	for (size_t i = 0; !group && approvers_at(in, i); i++)
		group = approver_groups_find(approvers_at(in, i), name);
	return group;
}

bool decide_approvers_has_uid(const struct decide_input *in, const char *principal)
{
	for (size_t i = 0; approvers_at(in, i); i++)
		if (approver_groups_has_uid(approvers_at(in, i), principal))
			return true;
	return false;
}

bool decide_approvers_is_uid(const struct decide_input *in, const char *principal, uid_t uid)
{
	for (size_t i = 0; approvers_at(in, i); i++)
		if (approver_groups_is_uid(approvers_at(in, i), principal, uid))
			return true;
	return false;
}

const char *decide_approvers_principal_of(const struct decide_input *in, uid_t uid)
{
	const char *principal = NULL;

	for (size_t i = 0; !principal && approvers_at(in, i); i++)
		principal = approver_groups_principal_of(approvers_at(in, i), uid);
	return principal;
}
