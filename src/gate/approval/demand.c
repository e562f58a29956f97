/* SPDX-License-Identifier: ISC */

/* The sum of demands. */

#include "gate/approval/demand.h"

#include <string.h>

void demand_add_flags(struct demand *d, const struct demand_flags *flags)
{
	d->flags.signature |= flags->signature;
	d->flags.touch |= flags->touch;
	d->flags.verified |= flags->verified;
	d->flags.not_asker |= flags->not_asker || flags->quorum > 1;
	if (flags->quorum > d->flags.quorum)
		d->flags.quorum = flags->quorum;
}

void demand_add_group(struct demand *d, const char *group)
{
	for (size_t i = 0; i < d->n_groups; i++)
		if (strcmp(d->groups[i], group) == 0)
			return;
	if (d->n_groups < DEMAND_GROUPS_MAX)
		d->groups[d->n_groups++] = group;
	else
		d->too_many_groups = true;
}

void demand_add_groups(struct demand *d, const struct string_list *groups)
{
	const char *group = groups->text;

	for (size_t i = 0; i < groups->n; i++, group += strlen(group) + 1)
		demand_add_group(d, group);
}

bool demand_flags_are_equal(const struct demand_flags *a, const struct demand_flags *b)
{
	return a->signature == b->signature && a->touch == b->touch && a->verified == b->verified
		&& a->not_asker == b->not_asker && a->quorum == b->quorum;
}

bool demand_is_made(const struct demand *d)
{
	return demand_needs_signature(d) || d->flags.not_asker || d->flags.quorum > 1
		|| d->n_groups > 0 || d->too_many_groups;
}

uint64_t demand_quorum(const struct demand *d)
{
	return d->flags.quorum > 1 ? d->flags.quorum : 1;
}

bool demand_needs_signature(const struct demand *d)
{
	return d->flags.signature || d->flags.touch || d->flags.verified;
}
