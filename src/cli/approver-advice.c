/* SPDX-License-Identifier: ISC */

/* Looks for principals without a uid. */

#include "cli/approver-advice.h"

#include <string.h>

#include "base/bytes.h"
#include "base/text.h"

static void warn_of(const char *principal, const char *place, struct faults *faults)
{
	cleanup(bytes_deinit) struct bytes shown = BYTES_PRINTED;

	if (text_append_quoted(&shown, principal, strlen(principal)) >= 0)
		faults_warn(faults, place,
			"the asker's own approval does not count, but 'principals' has no uid for "
			"%s, whose key counts for their own requests",
			bytes_str(&shown));
}

void approver_advise(const struct approver_groups *groups, const struct rule *rule,
	const char *place, struct faults *faults)
{
	const struct approver_group *group = NULL;

	if (!rule->demand.not_asker && rule->demand.quorum <= 1)
		return;
	if (rule->approvers)
		group = approver_groups_find(groups, rule->approvers);
	if (!group && groups->n_uids == 0)
		faults_warn(faults, place,
			"the asker's own approval does not count, but the policy has no "
			"'principals': each key counts, also for requests of its owner");
	for (size_t i = 0; group && i < group->n_principals; i++)
		if (!approver_groups_has_uid(groups, group->principals[i]))
			warn_of(group->principals[i], place, faults);
}
