/* SPDX-License-Identifier: ISC */

/* Writes a turn's changes of the allowlist. Those of one origin are written together. */

#include "daemon/turn-allowlist.h"

#include <errno.h>
#include <string.h>

#include "daemon/log.h"

/* Attempts, if another process writes the file at the same time. */
#define ALLOW_TRIES 8

static bool has_change(const struct answer *a, enum allow_origin origin)
{
	if (a->state != ANSWER_DECIDED || a->verdict.allow.kind == ALLOW_NOTHING)
		return false;
	return (a->verdict.decision != DECISION_NONE) == (origin == ALLOW_OF_TOKENS);
}

static int change_all(struct batch *batch, enum allow_origin origin)
{
	struct allowlist_file *f = &batch->resources->allowlist;
	int r;

	for (size_t i = 0; i < batch->n; i++) {
		if (!has_change(&batch->answers[i], origin))
			continue;

		r = allowlist_file_change(f, &batch->answers[i].verdict.allow);
		if (r < 0) {
			allowlist_file_forget(f);
			return r;
		}
	}
	return allowlist_file_commit(f);
}

/* Writes all changes of one origin in one write. */
static int write_changes(struct batch *batch, enum allow_origin origin)
{
	int r = -EAGAIN;

	for (int n = 0; n < ALLOW_TRIES && r == -EAGAIN; n++) {
		allowlist_file_refresh(&batch->resources->allowlist, &batch->now);
		r = change_all(batch, origin);
	}
	return r;
}

void turn_allowlist_commit(struct batch *batch, enum allow_origin origin)
{
	const char *why;
	bool any = false;
	int r;

	for (size_t i = 0; i < batch->n; i++)
		any |= has_change(&batch->answers[i], origin);
	r = any ? write_changes(batch, origin) : 0;
	if (r >= 0)
		return;

	why = allowlist_file_closed(&batch->resources->allowlist);
	if (!why)
		why = strerror(-r);
	for (size_t i = 0; i < batch->n; i++) {
		struct answer *a = &batch->answers[i];

		if (!has_change(a, origin))
			continue;
		if (origin == ALLOW_OF_OPERATORS)
			answer_refuse(a,
				REASON_OUTCOME_UNKNOWN "the change could not be recorded: %s", why);
		else
			log_text(LOG_ERR, LOG_ID_WARNING,
				"no entry of the allowlist was made for %s, which was approved "
				"always: %s",
				bytes_str(&a->what), why);
	}
}

void turn_allowlist_note_use(struct resources *res, struct answer *a)
{
	struct verdict *v = &a->verdict;

	/* Best effort: on -ENOMEM the use is not recorded. */
	if (a->state == ANSWER_DECIDED && v->used_id && v->used_path)
		(void)allowlist_use_add(
			&res->allowlist.use, &v->used_id, &v->used_path, res->allowlist.clock.wall);
}
