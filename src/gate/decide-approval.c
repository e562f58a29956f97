/* SPDX-License-Identifier: ISC */

#include "gate/decide-approval.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/json/writer.h"
#include "base/text.h"
#include "gate/approval-count.h"
#include "gate/decide-approvers.h"
#include "gate/decide-demand.h"

void approval_given_init(struct approval_given *g)
{
	*g = (struct approval_given){
		.list = BYTES_PRINTED,
		.proof = BYTES_PRINTED,
		.by = BYTES_PRINTED,
	};
}

void approval_given_deinit(struct approval_given *g)
{
	bytes_deinit(&g->list);
	bytes_deinit(&g->proof);
	bytes_deinit(&g->by);
}

/* --- an operator approves --------------------------------------------------------------------- */

/* Appends the names of the demanded groups that name one of the operator's Unix groups. */
static int append_groups_of_asker(
	const struct decide_input *in, const struct demand *d, struct bytes *b)
{
	const struct approver_group *group;

	for (size_t i = 0; i < d->n_groups; i++) {
		group = decide_approvers_find(in, d->groups[i]);
		if (group && approver_group_has_asker(group, &in->asker))
			bytes_append_strs(b, b->len > 0 ? " " : "", d->groups[i]);
	}
	return bytes_error(b);
}

static void refuse(struct verdict *v, const char *fault)
{
	verdict_conclude(v, OUTCOME_UNSUPPORTED, fault);
}

/* All approvers must approve alike: once, or for good and for the same time. */
static bool differs_from_earlier(const struct decide_input *in)
{
	const struct token *t = in->token;

	return t->approvals.n > 0 && !standing_is_same(&t->standing, &in->request->standing);
}

/* Checks the new approval and appends it to the list. */
static int take_new(struct approval_count *c, const struct approval_entry *a, struct verdict *v,
	struct approval_given *ret, bool *ret_taken)
{
	const struct approving *approving = c->in->approving;
	struct writer w;
	struct approval_vote vote;
	const char *fault;
	int r;

	*ret_taken = false;
	fault = approval_count_read(c, a, &vote);
	if (fault) {
		refuse(v, fault);
		return 0;
	}
	if (vote.is_signed && !sk_counters_allow(approving->counters, &vote.sig, &ret->use)) {
		refuse(v,
			"the security key's counter did not go up: the signature was used before, "
			"or the key has a copy");
		return 0;
	}
	if (!approval_count_add(c, &vote)) {
		refuse(v, "this approver has approved it already; another one is needed");
		return 0;
	}

	r = bytes_append_str(&ret->by, vote.is_signed ? vote.principal : a->by);
	if (r >= 0)
		r = approvals_append(&ret->list,
			&(struct approval_entry){
				bytes_str(&ret->by), a->uid, a->at, a->groups, a->armor });
	if (r < 0)
		return r;

	writer_init(&w, &ret->proof);
	approval_count_write_proof(c, &vote, a, &w);
	*ret_taken = true;
	return writer_finish(&w);
}

/* Counts the earlier approvals, and then this one. */
static int count_new(const struct decide_input *in, const struct demand *d, struct verdict *v,
	struct approval_given *ret, bool *ret_taken)
{
	cleanup(bytes_deinit) struct bytes groups = BYTES_PRINTED;
	cleanup(approval_count_deinit) struct approval_count c;
	const struct request *request = in->request;
	const char *armor = request->signature;
	char by[32];
	int r;

	approval_count_init(&c, in, d);
	snprintf(by, sizeof(by), "uid %u", (unsigned int)in->asker.uid);
	r = approval_count_all(&c, &request->standing, &ret->list, NULL);
	if (r >= 0 && !armor)
		r = append_groups_of_asker(in, d, &groups);
	if (r < 0)
		return r;

	r = take_new(&c,
		&(struct approval_entry){ by, in->asker.uid, in->now.clock.wall, bytes_str(&groups),
			armor ? armor : "" },
		v, ret, ret_taken);
	ret->have = c.n;
	ret->missing = approval_count_missing(&c);
	ret->enough = ret->missing == 0;
	return r;
}

static int take(const struct decide_input *in, struct verdict *v, struct approval_given *ret,
	bool *ret_taken)
{
	struct demand d = { 0 };
	int r;

	*ret_taken = true;
	r = decide_demand_of_token(in, &d);
	if (r < 0)
		return r;
	ret->matters = in->request->signature || demand_is_made(&d) || in->token->approvals.n > 0;
	if (!ret->matters)
		return 0;

	*ret_taken = false;
	if (differs_from_earlier(in)) {
		refuse(v,
			"an earlier approver approved it in another way: once, or always, for how "
			"long and in which scope");
		return 0;
	}
	return count_new(in, &d, v, ret, ret_taken);
}

bool decide_approval_take(
	const struct decide_input *in, struct verdict *v, struct approval_given *ret)
{
	bool taken = false;

	verdict_fail(v, take(in, v, ret, &taken));
	return taken;
}

static void hand_over(struct bytes *to, struct bytes *from)
{
	bytes_deinit(to);
	*to = *from;
	bytes_init(from, BYTES_PRINTED_MAX);
}

void decide_approval_add(
	const struct decide_input *in, struct verdict *v, struct approval_given *given)
{
	struct string_list *list = &v->change.approvals;

	if (!given->matters || v->change.to != TOKEN_APPROVED || v->error < 0)
		return;

	hand_over(&v->approvals, &given->list);
	*list = string_list_of(bytes_str(&v->approvals), 0, v->approvals.len);
	for (size_t at = 0; at < list->len; at += strlen(list->text + at) + 1)
		list->n++;
	verdict_fail(v, bytes_append_strs(&v->proofs, "[", bytes_str(&given->proof), "]"));
	v->sk_use = given->use;
	if (given->enough)
		return;

	v->change.to = in->token->state;
	v->change.approval = (struct approval){ 0 };
	v->change.expires = 0;
	verdict_conclude(v, OUTCOME_OK, bytes_str(&given->by));
	verdict_explain(v, " has approved: %" PRIu64 " of %" PRIu64 ", %" PRIu64 " more needed",
		given->have, given->have + given->missing, given->missing);
}

/* --- an operator refuses ---------------------------------------------------------------------- */

static int check_refusal(
	const struct decide_input *in, const char *reason, struct verdict *v, bool *ret_fine)
{
	const struct approval_entry a = { "", in->asker.uid, in->now.clock.wall, "",
		in->request->signature };
	const struct demand none = { 0 };
	const struct standing once = { 0 };
	cleanup(approval_count_deinit) struct approval_count c;
	struct approval_vote vote;
	const char *fault;
	struct writer w;
	int r;

	approval_count_init(&c, in, &none);
	r = approval_count_set_text(&c, false, &once, reason);
	if (r < 0)
		return r;

	fault = approval_count_read_signature(&c, a.armor, &vote);
	if (!fault && !sk_counters_allow(in->approving->counters, &vote.sig, &v->sk_use))
		fault = "the security key's counter did not go up";
	if (fault) {
		refuse(v, fault);
		return 0;
	}

	*ret_fine = true;
	writer_init(&w, &v->proofs);
	writer_array(&w, NULL);
	approval_count_write_proof(&c, &vote, &a, &w);
	writer_end(&w);
	return writer_finish(&w);
}

bool decide_approval_of_refusal(const struct decide_input *in, struct verdict *v)
{
	const char *reason = in->request->reason;
	bool fine = false;

	if (!in->request->signature)
		return true;
	if (reason && text_is_blank(reason))
		reason = NULL;
	verdict_fail(v, check_refusal(in, reason, v, &fine));
	return fine;
}

/* --- the token is consumed -------------------------------------------------------------------- */

/* A function of its own, since struct approval_count is large on the stack. */
static int count_approvals(
	const struct decide_input *in, const struct demand *d, struct verdict *v, bool *ret_enough)
{
	cleanup(approval_count_deinit) struct approval_count c;
	struct writer w;
	int r;

	approval_count_init(&c, in, d);
	writer_init(&w, &v->proofs);
	writer_array(&w, NULL);
	r = approval_count_all(&c, &in->token->standing, NULL, &w);
	writer_end(&w);
	if (r < 0)
		writer_fail(&w, r);
	*ret_enough = approval_count_missing(&c) == 0;
	if (!*ret_enough) {
		verdict_deny(v, "the approval is not enough any more");
		verdict_explain(v, ": %zu of %" PRIu64 " approvers count%s", c.n,
			c.n + approval_count_missing(&c), c.n == 1 ? "s" : "");
		if (c.fault)
			verdict_explain(v, "; %s", c.fault);
	}
	return writer_finish(&w);
}

bool decide_approval_holds(const struct decide_input *in, struct verdict *v)
{
	struct demand d = { 0 };
	bool enough = true;
	int r;

	r = decide_demand_of_retry(in, &d);
	if (r >= 0 && (demand_is_made(&d) || in->token->approvals.n > 0))
		r = count_approvals(in, &d, v, &enough);
	verdict_fail(v, r);
	return r >= 0 && enough;
}

static int explain_count(const struct decide_input *in, struct verdict *v)
{
	cleanup(approval_count_deinit) struct approval_count c;
	struct demand d = { 0 };
	int r;

	approval_count_init(&c, in, &d);
	r = decide_demand_of_retry(in, &d);
	if (r >= 0)
		r = approval_count_all(&c, &in->token->standing, NULL, NULL);
	if (r >= 0)
		verdict_explain(
			v, ": %zu of %" PRIu64 " approved", c.n, c.n + approval_count_missing(&c));
	return r;
}

void decide_approval_explain(const struct decide_input *in, struct verdict *v)
{
	if (in->token->approvals.n > 0)
		verdict_fail(v, explain_count(in, v));
}
