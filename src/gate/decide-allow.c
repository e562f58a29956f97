/* SPDX-License-Identifier: ISC */

/* What the allowlist decides, and what becomes of it. */

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "gate/decide-internal.h"
#include "gate/limits.h"

/* What is not allowed by a rule may be by an entry; 1 where it is. */
int decide_by_allowlist(const struct question *q, const struct judgement *j, struct verdict *v)
{
	const struct request *request = q->request;
	const struct allow_entry *entry = NULL;
	int r;

	if (!q->allowlist || !j->remember || j->decision == DECISION_ALLOW)
		return 0;

	r = allowlist_match(
		q->allowlist, request, &q->asker, policy_trusted(q->policy), q->allow_now, &entry);
	if (r < 0 || !entry)
		return r;

	v->used_id = strdup(entry->id);
	v->used_path = strdup(
		request->asked.real_path ? request->asked.real_path : request->asked.executable);
	if (!v->used_id || !v->used_path)
		return -ENOMEM;

	r = verdict_decide(v, DECISION_ALLOW, "allowed by the allowlist (entry ", RULE_ALLOWLIST);
	if (r >= 0)
		r = text_append_quoted(&v->reason, entry->id, strlen(entry->id));
	if (r >= 0)
		r = bytes_append_char(&v->reason, ')');
	return r < 0 ? r : 1;
}

static uint64_t end_of(const struct question *q, uint64_t for_ms)
{
	return for_ms > 0 ? q->allow_now + for_ms : ALLOW_FOREVER;
}

/*
 * What was approved for good leaves an entry behind, where nothing has come between that by now;
 * that it is allowed this once doesn't hang on it.
 */
int decide_entry(const struct question *q, const struct judgement *j, struct verdict *v)
{
	cleanup(bytes_deinit) struct bytes why = BYTES_INIT(BYTES_UNLIMITED);
	const struct token *t = q->token;
	int r;

	if (!t->always || !q->allowlist || (q->policy && !j->remember))
		return 0;

	r = allow_check_token(t, policy_trusted(q->policy), &why);
	if (r == 0)
		r = allow_entry_from_token(t, q->fresh_id, end_of(q, t->for_ms), &v->allow.entry);
	if (r == 0)
		v->allow.kind = ALLOW_ADD;
	/* Nor on a clock that is so far ahead that no time can be written down. */
	return r == ALLOW_FAULTY || r == -EINVAL ? 0 : r;
}

/* "can't be allowed always: WHY". */
static int refuse_always(struct verdict *v, const char *why)
{
	int r;

	r = verdict_conclude(v, OUTCOME_UNSUPPORTED, "can't be allowed always: ");
	return r < 0 ? r : bytes_append_str(&v->reason, why);
}

/* Approves for good; what can't be is refused now, not when it is too late to say so. */
int decide_always(const struct question *q, struct verdict *v)
{
	cleanup(bytes_deinit) struct bytes why = BYTES_INIT(BYTES_UNLIMITED);
	const struct token *t = q->token;
	int r;

	if (!q->allowlist)
		return refuse_always(v, "there is no state directory to keep that in");
	if (allowlist_size(q->allowlist) >= LIMIT_ALLOW_ENTRIES)
		return refuse_always(v, "the allowlist is full");
	if (question_state(q) == TOKEN_APPROVED && (!t->always || t->for_ms != q->request->for_ms))
		return refuse_always(v, "it is approved already, in another way");

	r = allow_check_token(t, policy_trusted(q->policy), &why);
	if (r == ALLOW_FAULTY)
		return refuse_always(v, bytes_str(&why));
	if (r == 0)
		r = decide_step(q, TOKEN_APPROVE, v);
	v->change.always = true;
	v->change.for_ms = q->request->for_ms;
	return r;
}

static int decide_allow_add(const struct question *q, struct verdict *v)
{
	cleanup(bytes_deinit) struct bytes why = BYTES_INIT(BYTES_UNLIMITED);
	const struct request *request = q->request;
	int r;

	if (allowlist_size(q->allowlist) >= LIMIT_ALLOW_ENTRIES)
		return verdict_conclude(v, OUTCOME_UNSUPPORTED, "the allowlist is full");

	r = allow_entry_from_patterns(request->agent ? request->agent : ALLOW_AGENT_NONE,
		request->pattern, request->argv, q->fresh_id, end_of(q, request->for_ms), &why,
		&v->allow.entry);
	if (r == ALLOW_FAULTY)
		return verdict_conclude(v, OUTCOME_UNSUPPORTED, bytes_str(&why));
	if (r < 0)
		return r;

	v->allow.kind = ALLOW_ADD;
	return verdict_conclude(v, OUTCOME_OK, NULL);
}

static int decide_allow_remove(const struct question *q, struct verdict *v)
{
	if (!allowlist_find(q->allowlist, q->request->id))
		return verdict_conclude(v, OUTCOME_NOT_FOUND, "the allowlist has no such entry");

	v->allow.id = strdup(q->request->id);
	if (!v->allow.id)
		return -ENOMEM;

	v->allow.kind = ALLOW_REMOVE;
	return verdict_conclude(v, OUTCOME_OK, NULL);
}

/* What is in the allowlist is only known where it could be read. */
int decide_allow_action(const struct question *q, struct verdict *v)
{
	bool list = q->request->action == ACTION_ALLOW_LIST;

	if (q->closed && !(list && q->allowlist))
		return verdict_close(q, v);
	if (!q->allowlist)
		return verdict_conclude(
			v, OUTCOME_UNSUPPORTED, "there is no allowlist without a state directory");
	if (list)
		return verdict_show(v, VIEW_ALLOWLIST);
	return q->request->action == ACTION_ALLOW_ADD ? decide_allow_add(q, v)
						      : decide_allow_remove(q, v);
}
