/* SPDX-License-Identifier: ISC */

/* The buckets, in no order. An empty bucket may be given to another uid. */

#include "daemon/evidence-budget.h"

_Static_assert(UINT64_MAX / LIMIT_EVIDENCE_OF_UID > LIMIT_EVIDENCE_TIME, "drain() multiplies them");

static void drain(struct evidence_bucket *b, uint64_t now)
{
	uint64_t passed = now - b->at, drained = LIMIT_EVIDENCE_OF_UID;

	if (passed < LIMIT_EVIDENCE_TIME)
		drained = passed * LIMIT_EVIDENCE_OF_UID / LIMIT_EVIDENCE_TIME;
	/* Keeps `at`, so that a fraction of a byte is not lost. */
	if (drained == 0)
		return;

	b->level = drained < b->level ? b->level - drained : 0;
	b->at = now;
}

/* The uid's bucket, or an empty one that it gets; NULL if all are in use. */
static struct evidence_bucket *find(struct evidence_budget *budget, uid_t uid, uint64_t now)
{
	struct evidence_bucket *b, *empty = NULL;

	for (size_t i = 0; i < budget->n; i++) {
		b = &budget->buckets[i];
		if (b->uid == uid)
			return b;
		drain(b, now);
		if (b->level == 0)
			empty = b;
	}
	if (!empty && budget->n < LIMIT_EVIDENCE_UIDS)
		empty = &budget->buckets[budget->n++];
	if (empty)
		*empty = (struct evidence_bucket){ .uid = uid, .at = now };
	return empty;
}

bool evidence_budget_take(struct evidence_budget *budget, uid_t uid, uint64_t bytes, uint64_t now)
{
	struct evidence_bucket *b = find(budget, uid, now);

	if (!b)
		return false;

	drain(b, now);
	if (bytes > LIMIT_EVIDENCE_OF_UID - b->level)
		return false;

	b->level += bytes;
	return true;
}

uint64_t evidence_budget_end(const struct evidence_budget *budget)
{
	const struct evidence_bucket *b;
	uint64_t end = 0, empty;

	for (size_t i = 0; i < budget->n; i++) {
		b = &budget->buckets[i];
		if (b->level == 0)
			continue;
		empty = b->at + b->level * LIMIT_EVIDENCE_TIME / LIMIT_EVIDENCE_OF_UID + 1;
		end = empty > end ? empty : end;
	}
	return end;
}
