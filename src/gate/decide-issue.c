/* SPDX-License-Identifier: ISC */

/*
 * Finds a token for a request about which a person must decide: the pending token of the same
 * question, or else a new one, within the limits.
 */

#include "gate/decide-issue.h"

#include <errno.h>
#include <string.h>

#include "base/notation.h"
#include "base/text.h"
#include "gate/allowlist/allow-asked.h"
#include "gate/allowlist/allow-line.h"
#include "gate/decide-demand.h"
#include "gate/decide-token.h"
#include "gate/fields.h"
#include "gate/limits.h"

/* An opaque line can be approved for good only if a rule says so, not by default. */
static int may_remember(const struct decide_input *in, const struct judgement *j, bool *ret)
{
	enum allow_line kind;
	int r;

	*ret = false;
	if (in->request->action != ACTION_EXEC) {
		*ret = j->remember && allow_asked_is_possible(in->request->evaluate.kind);
		return 0;
	}
	r = allow_line_kind(&in->request->asked, &kind);
	if (r < 0)
		return r;
	*ret = j->remember && (kind != ALLOW_LINE_OPAQUE || j->by_rule);
	return 0;
}

/*
 * Describes the token that the request needs. Its strings belong to others. `ret_any_operator`:
 * the request wants to know, and nothing is demanded of an approval. Error: -ENOMEM.
 */
static int describe_token(const struct decide_input *in, const struct judgement *j,
	struct bytes *groups, struct token *ret, bool *ret_any_operator)
{
	const struct settings *s = in->settings;
	const uint64_t now = in->now.clock.boot, ttl = decide_token_ttl(s, in->request->asked.kind);
	struct token t = {
		.state = TOKEN_PENDING,
		.asked = in->request->asked,
		.uid = in->asker.uid,
		.door = (uint8_t)(in->role + 1),
		.budget_state_ref = in->request->budget_state_ref,
		.sync_wait = in->request->sync_wait,
		.pid = in->asker.pid,
		.rule = j->rule,
		.rule_reason = j->reason,
		.issued = now,
		.expires = now + ttl,
		.latest = now + (ttl > s->max_ttl ? ttl : s->max_ttl),
		.issued_wall = in->now.clock.wall,
	};
	struct demand d = { 0 };
	int r;

	in->make_id(t.id);
	memcpy(t.fingerprint, in->fingerprint, sizeof(t.fingerprint));
	memcpy(t.boot_id, in->now.boot_id, sizeof(t.boot_id));
	r = may_remember(in, j, &t.remember);
	if (r >= 0)
		r = decide_demand_of_request(in, &d);
	if (r < 0)
		return r;
	for (size_t i = 0; i < d.n_groups; i++)
		bytes_append(groups, d.groups[i], strlen(d.groups[i]) + 1);
	r = bytes_error(groups);
	if (r < 0)
		return r;

	t.demand = d.flags;
	t.approvers = string_list_of(bytes_str(groups), d.n_groups, groups->len);
	*ret = t;
	*ret_any_operator = in->request->prompt && !demand_is_made(&d);
	return 0;
}

static bool is_same_text(const char *a, const char *b)
{
	return a && b ? strcmp(a, b) == 0 : a == b;
}

static bool is_same_list(const struct string_list *a, const struct string_list *b)
{
	return a->n == b->n && a->len == b->len
		&& (a->len == 0 || memcmp(a->text, b->text, a->len) == 0);
}

/*
 * Whether one approval can serve both tokens: they ask the same question in the same way, and an
 * operator is shown the same for both.
 */
static bool may_join(const struct token *pending, const struct token *wanted)
{
	if (pending->sync_wait || wanted->sync_wait)
		return false;
	return pending->door == wanted->door
		&& is_same_text(pending->budget_state_ref, wanted->budget_state_ref)
		&& is_same_text(pending->rule, wanted->rule)
		&& pending->remember == wanted->remember
		&& demand_flags_are_equal(&pending->demand, &wanted->demand)
		&& is_same_list(&pending->approvers, &wanted->approvers)
		&& !pending->asked.content == !wanted->asked.content
		&& fields_are_equal(&pending->asked, &wanted->asked);
}

/*
 * Finds a token of this question, asked in any way, that a person refused and that has not expired
 * yet.
 */
static const struct token *find_refused(const struct decide_input *in)
{
	const struct token *t = NULL;

	while ((t = in->next_alike(TOKEN_REVOKED, t, in->userdata)))
		if (!token_is_over(t, &in->now)
			&& fields_are_bound_alike(&t->asked, &in->request->asked))
			break;
	return t;
}

static void deny_again(const struct token *t, struct verdict *v)
{
	verdict_name_token(v, t);
	verdict_decide(v, DECISION_DENY, "a person refused this question", RULE_TOKEN);
	if (t->reason)
		verdict_explain(v, ": %s", t->reason);
}

/* The first pending token that may be joined; or NULL. */
static const struct token *find_to_join(const struct decide_input *in, const struct token *wanted)
{
	const struct token *t = NULL;

	while ((t = in->next_alike(TOKEN_PENDING, t, in->userdata)))
		if (!token_is_over(t, &in->now) && may_join(t, wanted))
			break;
	return t;
}

static void deny_for_store(struct verdict *v, uint64_t size, const char *whose)
{
	verdict_deny(v, REASON_LIMIT "tokens on record may take ");
	verdict_fail(v, notation_append_size(&v->reason, size));
	verdict_explain(v, "%s", whose);
}

/* Denies the request if a limit on pending tokens is reached; returns whether it did. */
static bool deny_for_pending(const struct decide_input *in, struct verdict *v)
{
	const struct settings *s = in->settings;

	if (in->usage.pending_alike >= s->max_pending_alike) {
		verdict_deny(v, REASON_LIMIT);
		verdict_explain(v, "uid %u has %llu pending token%s for this very request",
			(unsigned int)in->asker.uid, (unsigned long long)s->max_pending_alike,
			text_plural(s->max_pending_alike));
		return true;
	}
	if (in->usage.pending_of_uid >= s->max_pending_of_uid) {
		verdict_deny(v, REASON_LIMIT);
		verdict_explain(v, "uid %u has %llu pending token%s", (unsigned int)in->asker.uid,
			(unsigned long long)s->max_pending_of_uid,
			text_plural(s->max_pending_of_uid));
		return true;
	}
	return false;
}

static void stay_pending(const struct judgement *j, struct verdict *v)
{
	verdict_decide(
		v, DECISION_PENDING, token_step(TOKEN_PENDING, TOKEN_RETRY)->reason, j->rule);
	if (j->reason)
		verdict_explain(v, ": %s", j->reason);
}

/*
 * Joins the pending token. The first joining notes in the token that it has several askers: see
 * decide_retry_asks_again().
 */
static void join(const struct token *t, const struct judgement *j, struct verdict *v)
{
	verdict_name_token(v, t);
	v->joins = true;
	if (!t->joined) {
		v->change = decide_token_change_of(t, TOKEN_PENDING);
		v->change.joined = true;
	}
	stay_pending(j, v);
}

/* Issues `wanted`, unless a limit is reached. */
static void issue(const struct decide_input *in, struct token *wanted, const struct judgement *j,
	struct verdict *v)
{
	cleanup(token_change_deinit) struct token_change change = { .to = TOKEN_PENDING };
	const uint64_t max = in->settings->max_store, share = max / LIMIT_STORE_UIDS;
	int r;

	if (in->name_process)
		in->name_process(wanted, in->userdata);
	change.issued = token_new(wanted);
	r = change.issued ? in->measure(&change, in->userdata) : -ENOMEM;
	if (r < 0) {
		verdict_fail(v, r);
		return;
	}
	if (in->usage.bytes_of_uid + change.size > share) {
		deny_for_store(v, share, " for one uid");
		return;
	}
	if (in->usage.bytes + change.size > max) {
		deny_for_store(v, max, " in all");
		return;
	}

	verdict_name_token(v, change.issued);
	memcpy(change.id, change.issued->id, sizeof(change.id));
	v->change = change;
	change = (struct token_change){ 0 };
	stay_pending(j, v);
}

void decide_issue(const struct decide_input *in, const struct judgement *j, struct verdict *v)
{
	cleanup(bytes_deinit) struct bytes groups = BYTES_PRINTED;
	const struct token *pending, *refused = find_refused(in);
	struct token wanted;
	int r;

	if (refused) {
		deny_again(refused, v);
		return;
	}
	r = describe_token(in, j, &groups, &wanted, &v->any_operator);
	if (r < 0) {
		verdict_fail(v, r);
		return;
	}
	pending = find_to_join(in, &wanted);
	if (pending)
		join(pending, j, v);
	else if (!deny_for_pending(in, v))
		issue(in, &wanted, j, v);
}
