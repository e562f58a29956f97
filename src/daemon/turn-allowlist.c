/* SPDX-License-Identifier: ISC */

/* What a turn leaves in the allowlist. */

#include "daemon/turn-allowlist.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "daemon/log.h"
#include "ledger/allowlist/allowlist-file.h"

/* How often it is tried against somebody who writes the file at the same time. */
#define ALLOW_TRIES 8

static bool has_change(const struct answer *a, enum allow_origin origin)
{
	if (!a->decided || a->verdict.allow.kind == ALLOW_NOTHING)
		return false;
	return (a->verdict.decision != DECISION_NONE) == (origin == ALLOW_OF_TOKENS);
}

/* All of them, in one write. */
static int write_changes(struct turn *turn, enum allow_origin origin)
{
	int r = -EAGAIN;

	for (int n = 0; n < ALLOW_TRIES && r == -EAGAIN; n++) {
		allowlist_file_refresh(turn->allowlist, &turn->now);
		r = 0;
		for (size_t i = 0; r >= 0 && i < turn->n; i++)
			if (has_change(&turn->answers[i], origin))
				r = allowlist_file_change(
					turn->allowlist, &turn->answers[i].verdict.allow);
		if (r >= 0)
			r = allowlist_file_commit(turn->allowlist);
		else
			allowlist_file_forget(turn->allowlist);
	}
	return r;
}

/*
 * An operator hears that their change is not on record. That a consumed token leaves no entry
 * behind changes nothing about its answer: the log tells.
 */
static void refuse_change(struct answer *a, const char *why)
{
	struct verdict *v = &a->verdict;
	char reason[512];

	if (v->decision != DECISION_NONE) {
		log_text(LOG_ERR, LOG_ID_WARNING,
			"no entry of the allowlist was made for %s, which was approved always: %s",
			bytes_str(&a->what), why);
		verdict_forget_allow(v);
		return;
	}
	snprintf(reason, sizeof(reason), "%sthe change could not be recorded: %s",
		REASON_OUTCOME_UNKNOWN, why);
	if (verdict_refuse(v, reason) < 0) {
		verdict_deinit(v);
		a->decided = false;
	}
}

void turn_allowlist_commit(struct turn *turn, enum allow_origin origin)
{
	const char *closed;
	bool any = false;
	int r;

	for (size_t i = 0; i < turn->n; i++)
		any |= has_change(&turn->answers[i], origin);
	r = any ? write_changes(turn, origin) : 0;
	if (r >= 0)
		return;

	closed = allowlist_file_closed(turn->allowlist);
	for (size_t i = 0; i < turn->n; i++)
		if (has_change(&turn->answers[i], origin))
			refuse_change(&turn->answers[i], closed ? closed : strerror(-r));
}

/* Once it is allowed: what was used, and when. */
void turn_allowlist_note_use(struct turn *turn, struct answer *a)
{
	struct verdict *v = &a->verdict;

	/* Without memory for it, it is not known. */
	if (a->decided && v->used_id && v->used_path)
		(void)allowlist_use_add(&turn->allowlist->use, &v->used_id, &v->used_path,
			turn->allowlist->clock.wall);
}
