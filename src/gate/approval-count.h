/* SPDX-License-Identifier: ISC */
#pragma once

/*
 * Counts the approvals of a token against a demand. Every signature is verified when it arrives,
 * and again each time that it is counted. Embedded: approval_count_init(), approval_count_all(),
 * then approval_count_missing().
 */

#include "base/json/writer.h"
#include "gate/approval/approval-text.h"
#include "gate/approval/demand.h"
#include "gate/approval/sshsig.h"
#include "gate/decide-input.h"

/* The largest number of approvals that count: a quorum, and one for each of the groups. */
#define APPROVALS_COUNTED_MAX (DEMAND_QUORUM_MAX + DEMAND_GROUPS_MAX)

/* One approval, as it counts now. */
struct approval_vote {
	const char *principal; /* NULL if the uid has none */
	uid_t uid;             /* who brought it */
	bool is_signed;
	struct sshsig sig;
	const char *groups; /* if without a signature */
};

struct approval_count {
	const struct decide_input *in;
	const struct demand *demand;
	struct approval_text text;
	struct bytes printed; /* the text to sign */
	struct approval_vote votes[APPROVALS_COUNTED_MAX];
	size_t n;
	const char *fault; /* why an approval does not count, of the last such one; or NULL */
};

/* `in` and `demand` must outlive it; the demand may be filled later. */
void approval_count_init(
	struct approval_count *c, const struct decide_input *in, const struct demand *demand);
void approval_count_deinit(struct approval_count *c);

/* Makes the text that must have been signed. `reason` belongs to a refusal. Error: -ENOMEM. */
int approval_count_set_text(struct approval_count *c, bool approve, const struct standing *standing,
	const char *reason);

/*
 * Counts the token's approvals for this way of approving. Those that count are appended to `list`
 * (or NULL), and written with their proof to `w` (or NULL). Error: -ENOMEM.
 */
int approval_count_all(struct approval_count *c, const struct standing *standing,
	struct bytes *list, struct writer *w);

/*
 * Reads one approval, or a signature alone, after approval_count_set_text(). Returns why it can't
 * count; or NULL.
 */
const char *approval_count_read(
	struct approval_count *c, const struct approval_entry *a, struct approval_vote *ret);
const char *approval_count_read_signature(
	struct approval_count *c, const char *armor, struct approval_vote *ret);

/* Counts one; false if this person was counted already. */
bool approval_count_add(struct approval_count *c, const struct approval_vote *vote);

/* The number of approvals that are still needed: at least, and from one group. */
uint64_t approval_count_missing(const struct approval_count *c);
uint64_t approval_count_missing_of(const struct approval_count *c, const char *group);

/* Writes the proof of one for the evidence. */
void approval_count_write_proof(const struct approval_count *c, const struct approval_vote *vote,
	const struct approval_entry *a, struct writer *w);
