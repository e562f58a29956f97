/* SPDX-License-Identifier: ISC */

/* Counting approvals. */

#include "gate/decide-approval.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/json/writer.h"
#include "base/text.h"
#include "gate/approval/allowed-signers.h"
#include "gate/approval/approval-text.h"
#include "gate/evaluate-asked.h"

/* The largest number of approvals that count: a quorum, and one for each of the groups. */
#define COUNTED_MAX (DEMAND_QUORUM_MAX + DEMAND_GROUPS_MAX)

/* One approval, as it counts now. */
struct vote {
	const char *principal; /* NULL if the uid has none */
	uid_t uid;             /* if without a signature */
	bool is_signed;
	struct sshsig sig;
	const char *groups; /* if without a signature */
};

struct count {
	const struct decide_input *in;
	const struct demand *demand;
	struct approval_text text;
	struct bytes printed; /* the text to sign */
	struct vote votes[COUNTED_MAX];
	size_t n;
};

void approval_given_init(struct approval_given *g)
{
	*g = (struct approval_given){
		.list = BYTES_INIT(BYTES_UNLIMITED),
		.proof = BYTES_INIT(BYTES_UNLIMITED),
		.by = BYTES_INIT(BYTES_UNLIMITED),
	};
}

void approval_given_deinit(struct approval_given *g)
{
	bytes_deinit(&g->list);
	bytes_deinit(&g->proof);
	bytes_deinit(&g->by);
}

/* --- demands ---------------------------------------------------------------------------------- */

static int add_of_policies(const struct decide_input *in, const struct request *request,
	const struct asker *asker, struct demand *d)
{
	int r;

	r = policy_demand(in->policy, request, asker, d);
	for (size_t i = 0; r >= 0 && i < in->n_packs; i++)
		r = policy_demand(in->packs[i], request, asker, d);
	return r;
}

static int add_in_force(const struct decide_input *in, const struct request *request,
	const struct asker *asker, struct demand *d)
{
	cleanup(bytes_deinit) struct bytes args = BYTES_INIT(BYTES_UNLIMITED);
	struct request shell;
	int r;

	d->flags.signature |= in->settings->require_signature;
	if (request->action != ACTION_EVALUATE || request->evaluate.kind != KIND_EXEC)
		return add_of_policies(in, request, asker, d);

	r = evaluate_make_shell(request, &args, &shell);
	return r < 0 ? r : add_of_policies(in, &shell, asker, d);
}

/*
 * Demands on the token that an operator names. The asker's request is rebuilt from the token; the
 * asker's groups aren't known.
 */
static int demand_of_token(const struct decide_input *in, struct demand *d)
{
	const struct token *t = in->token;
	const struct asker asker = { .uid = t->uid, .more_groups = true };
	struct request request;

	evaluate_restore(&t->asked, &request);
	demand_add_flags(d, &t->demand);
	demand_add_groups(d, &t->approvers);
	return add_in_force(in, &request, &asker, d);
}

static int demand_of_retry(const struct decide_input *in, struct demand *d)
{
	demand_add_flags(d, &in->token->demand);
	demand_add_groups(d, &in->token->approvers);
	return add_in_force(in, in->request, &in->asker, d);
}

int decide_approval_demand(const struct decide_input *in, struct demand_flags *ret,
	struct bytes *groups, size_t *ret_n)
{
	struct demand d = { 0 };
	int r;

	r = add_in_force(in, in->request, &in->asker, &d);
	for (size_t i = 0; r >= 0 && i < d.n_groups; i++)
		r = bytes_append(groups, d.groups[i], strlen(d.groups[i]) + 1);
	if (r < 0)
		return r;

	*ret = d.flags;
	*ret_n = d.n_groups;
	return 0;
}

int decide_approval_demand_in_force(const struct decide_input *in, struct demand *ret)
{
	return add_in_force(in, in->request, &in->asker, ret);
}

bool decide_approval_is_demanded(const struct decide_input *in, struct verdict *v)
{
	struct demand d = { 0 };

	verdict_fail(v, add_in_force(in, in->request, &in->asker, &d));
	return demand_is_made(&d);
}

/* --- one approval ----------------------------------------------------------------------------- */

/* Whether a list such as "platform audit" has the name. */
static bool names_group(const char *groups, const char *name)
{
	size_t len = strlen(name);

	for (const char *at = groups; *at; at += strcspn(at, " ")) {
		at += strspn(at, " ");
		if (strcspn(at, " ") == len && memcmp(at, name, len) == 0)
			return true;
	}
	return false;
}

static bool is_in_group(const struct count *c, const struct vote *vote, const char *name)
{
	const struct approver_group *group =
		approver_groups_find(policy_approvers(c->in->policy), name);

	if (!group)
		return false;
	return vote->is_signed ? approver_group_has_principal(group, vote->principal)
			       : group->n_gids > 0 && names_group(vote->groups, name);
}

static bool is_in_any_group(const struct count *c, const struct vote *vote)
{
	if (c->demand->n_groups == 0)
		return true;
	for (size_t i = 0; i < c->demand->n_groups; i++)
		if (is_in_group(c, vote, c->demand->groups[i]))
			return true;
	return false;
}

/* Why the key's flags are not enough; NULL if they are. */
static const char *flags_fault(const struct demand_flags *d, const struct sshsig *s)
{
	bool touched = s->key.security_key && (s->flags & SSHSIG_TOUCHED);

	if (d->touch && !touched)
		return "a security key that is touched is needed";
	if (d->verified && !(s->key.security_key && (s->flags & SSHSIG_VERIFIED)))
		return "a security key that asks for a PIN or a fingerprint is needed";
	return NULL;
}

/* Why a signature does not count; NULL if it does. */
static const char *read_signature(struct count *c, const char *armor, struct vote *ret)
{
	const struct approving *approving = c->in->approving;
	const struct allowed_signer *signer = NULL;
	enum signer_standing standing;
	enum sshsig_fault fault;

	if (!approving)
		return "this gate takes no signatures: it has no file of approvers";
	fault = sshsig_parse(armor, strlen(armor), SSHSIG_APPROVAL, &ret->sig);
	if (fault != SSHSIG_FINE)
		return sshsig_fault_text(fault);

	/* Check the key first: the signature of an unknown key need not be verified. */
	standing = allowed_signers_judge(approving->signers, &ret->sig.key, SSHSIG_APPROVAL,
		c->in->now.clock.wall / CLOCK_SECOND, &signer);
	if (standing != SIGNER_GOOD)
		return signer_standing_text(standing);
	fault = sshsig_verify(&ret->sig, SSHSIG_APPROVAL, bytes_str(&c->printed), c->printed.len);
	if (fault != SSHSIG_FINE)
		return "the signature is not of this gate, token and decision as they are now";

	ret->is_signed = true;
	ret->principal = signer->principal;
	return flags_fault(&c->demand->flags, &ret->sig);
}

static const char *read_vote(struct count *c, const struct approval_entry *a, struct vote *ret)
{
	const struct approver_groups *groups = policy_approvers(c->in->policy);
	const struct token *t = c->in->token;
	const char *fault;

	*ret = (struct vote){ .uid = a->uid, .groups = a->groups };
	if (a->armor[0]) {
		fault = read_signature(c, a->armor, ret);
		if (fault)
			return fault;
		if (c->demand->flags.not_asker
			&& approver_groups_is_uid(groups, ret->principal, t->uid))
			return "the approver is who asked, and that does not count here";
	} else {
		ret->principal = approver_groups_principal_of(groups, a->uid);
		if (demand_needs_signature(c->demand))
			return REASON_SIGNATURE;
		if (a->uid == t->uid)
			return "approving needs another user than the one who asked, or a "
			       "signature";
	}
	if (!is_in_any_group(c, ret))
		return "the approver is in none of the groups that may approve this";
	return NULL;
}

static bool is_same_person(const struct vote *a, const struct vote *b)
{
	if (a->principal && b->principal && strcmp(a->principal, b->principal) == 0)
		return true;
	if (a->is_signed && b->is_signed)
		return sshsig_key_is_same(&a->sig.key, &b->sig.key);
	return !a->is_signed && !b->is_signed && a->uid == b->uid;
}

/* --- all of them ------------------------------------------------------------------------------ */

static void count_init(struct count *c, const struct decide_input *in, const struct demand *demand)
{
	*c = (struct count){
		.in = in,
		.demand = demand,
		.printed = BYTES_INIT(BYTES_UNLIMITED),
	};
}

static int set_text(struct count *c, bool approve, bool always, uint64_t for_ms, const char *reason)
{
	static const uint8_t no_gate[APPROVAL_GATE_LEN];
	const struct approving *approving = c->in->approving;

	approval_text_of(c->in->token, approving ? approving->gate : no_gate, approve, always,
		for_ms, reason, &c->text);
	bytes_clear(&c->printed);
	return approval_text_print(&c->text, &c->printed);
}

/* Adds a vote; false if this person was counted already. */
static bool add_vote(struct count *c, const struct vote *vote)
{
	for (size_t i = 0; i < c->n; i++)
		if (is_same_person(&c->votes[i], vote))
			return false;
	if (c->n == COUNTED_MAX)
		return false;
	c->votes[c->n++] = *vote;
	return true;
}

/* The number of approvals that are still needed from a group. */
static uint64_t count_missing_of(const struct count *c, const char *group)
{
	uint64_t quorum = demand_quorum(c->demand), n = 0;

	for (size_t i = 0; i < c->n; i++)
		n += is_in_group(c, &c->votes[i], group);
	return n < quorum ? quorum - n : 0;
}

/* The number of approvals that are still needed, at least. */
static uint64_t count_missing(const struct count *c)
{
	uint64_t quorum = demand_quorum(c->demand), missing, of_group;

	if (c->demand->too_many_groups)
		return quorum;
	missing = c->n < quorum ? quorum - c->n : 0;
	for (size_t g = 0; g < c->demand->n_groups; g++) {
		of_group = count_missing_of(c, c->demand->groups[g]);
		if (of_group > missing)
			missing = of_group;
	}
	return missing;
}

static void write_proof(struct writer *w, const char *key, const struct count *c,
	const struct vote *vote, const struct approval_entry *a)
{
	writer_object(w, key);
	writer_string(w, "by", vote->is_signed ? vote->principal : a->by);
	if (vote->is_signed) {
		writer_bool(w, "security_key", vote->sig.key.security_key);
		if (vote->sig.key.security_key) {
			writer_bool(w, "touched", vote->sig.flags & SSHSIG_TOUCHED);
			writer_bool(w, "verified", vote->sig.flags & SSHSIG_VERIFIED);
		}
		writer_string(w, "text", bytes_str(&c->printed));
		writer_string(w, "signature", a->armor);
	}
	writer_end(w);
}

/*
 * Counts the token's approvals. Those that count are appended to `list` (or NULL), and written with
 * their proof to `w` (or NULL). *ret_fault says why the last approval that doesn't count does not.
 */
static int count_approvals(
	struct count *c, struct bytes *list, struct writer *w, const char **ret_fault)
{
	const char *at = NULL, *fault;
	struct approval_entry a;
	struct vote vote;
	int r;

	while (approvals_next(&c->in->token->approvals, &at, &a)) {
		fault = read_vote(c, &a, &vote);
		if (fault)
			*ret_fault = fault;
		if (fault || !add_vote(c, &vote))
			continue;
		r = list ? approvals_append(list, &a) : 0;
		if (r < 0)
			return r;
		if (w)
			write_proof(w, NULL, c, &vote, &a);
	}
	return 0;
}

/* --- an operator approves --------------------------------------------------------------------- */

/* Appends the names of the demanded groups that name one of the operator's Unix groups. */
static int append_groups_of_asker(
	const struct decide_input *in, const struct demand *d, struct bytes *b)
{
	const struct approver_group *group;
	int r = 0;

	for (size_t i = 0; r >= 0 && i < d->n_groups; i++) {
		group = approver_groups_find(policy_approvers(in->policy), d->groups[i]);
		if (group && approver_group_has_asker(group, &in->asker))
			r = bytes_appendf(b, "%s%s", b->len > 0 ? " " : "", d->groups[i]);
	}
	return r;
}

static void refuse(struct verdict *v, const char *fault)
{
	verdict_conclude(v, OUTCOME_UNSUPPORTED, fault);
}

/* All approvers must approve alike: once, or for good and for the same time. */
static bool differs_from_earlier(const struct decide_input *in)
{
	const struct token *t = in->token;

	return t->approvals.n > 0
		&& (t->always != in->request->always || t->for_ms != in->request->for_ms);
}

/* Checks the new approval and appends it to the list. */
static int take_new(struct count *c, const struct approval_entry *a, struct verdict *v,
	struct approval_given *ret, bool *ret_taken)
{
	const struct approving *approving = c->in->approving;
	struct writer w;
	struct vote vote;
	const char *fault;
	int r;

	*ret_taken = false;
	fault = read_vote(c, a, &vote);
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
	if (!add_vote(c, &vote)) {
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
	write_proof(&w, NULL, c, &vote, a);
	*ret_taken = true;
	return writer_finish(&w);
}

static int take(const struct decide_input *in, struct verdict *v, struct approval_given *ret,
	bool *ret_taken)
{
	cleanup(bytes_deinit) struct bytes groups = BYTES_INIT(BYTES_UNLIMITED);
	const char *armor = in->request->signature, *fault = NULL;
	struct demand d = { 0 };
	struct count c;
	char by[32];
	int r;

	*ret_taken = true;
	r = demand_of_token(in, &d);
	if (r < 0)
		return r;
	ret->matters = armor || demand_is_made(&d) || in->token->approvals.n > 0;
	if (!ret->matters)
		return 0;

	*ret_taken = false;
	if (differs_from_earlier(in)) {
		refuse(v,
			"an earlier approver approved it in another way: once, or always and for "
			"how long");
		return 0;
	}

	count_init(&c, in, &d);
	snprintf(by, sizeof(by), "uid %u", (unsigned int)in->asker.uid);
	r = set_text(&c, true, in->request->always, in->request->for_ms, NULL);
	if (r >= 0)
		r = count_approvals(&c, &ret->list, NULL, &fault);
	if (r >= 0 && !armor)
		r = append_groups_of_asker(in, &d, &groups);
	if (r >= 0)
		r = take_new(&c,
			&(struct approval_entry){ by, in->asker.uid, in->now.clock.wall,
				bytes_str(&groups), armor ? armor : "" },
			v, ret, ret_taken);
	ret->have = c.n;
	ret->missing = count_missing(&c);
	ret->enough = ret->missing == 0;
	bytes_deinit(&c.printed);
	return r;
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
	bytes_init(from, BYTES_UNLIMITED);
}

void decide_approval_add(
	const struct decide_input *in, struct verdict *v, struct approval_given *given)
{
	struct string_list *list = &v->change.approvals;

	if (!given->matters || v->change.to != TOKEN_APPROVED || v->error < 0)
		return;

	hand_over(&v->approvals, &given->list);
	list->text = bytes_str(&v->approvals);
	list->len = v->approvals.len;
	for (size_t at = 0; at < list->len; at += strlen(list->text + at) + 1)
		list->n++;
	verdict_fail(v, bytes_appendf(&v->proofs, "[%s]", bytes_str(&given->proof)));
	v->sk_use = given->use;
	if (given->enough)
		return;

	v->change.to = in->token->state;
	v->change.approval = (struct approval){ 0 };
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
	const char *fault;
	struct writer w;
	struct vote vote;
	struct count c;
	int r;

	count_init(&c, in, &none);
	r = set_text(&c, false, false, 0, reason);
	if (r >= 0) {
		fault = read_signature(&c, a.armor, &vote);
		if (!fault && !sk_counters_allow(in->approving->counters, &vote.sig, &v->sk_use))
			fault = "the security key's counter did not go up";
		*ret_fine = !fault;
		if (fault) {
			refuse(v, fault);
		} else {
			writer_init(&w, &v->proofs);
			writer_array(&w, NULL);
			write_proof(&w, NULL, &c, &vote, &a);
			writer_end(&w);
			r = writer_finish(&w);
		}
	}
	bytes_deinit(&c.printed);
	return r;
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

static int check_approvals(const struct decide_input *in, struct verdict *v, bool *ret_enough)
{
	const struct token *t = in->token;
	const char *fault = NULL;
	struct demand d = { 0 };
	struct writer w;
	struct count c;
	int r;

	*ret_enough = true;
	r = demand_of_retry(in, &d);
	if (r < 0 || (!demand_is_made(&d) && t->approvals.n == 0))
		return r;

	count_init(&c, in, &d);
	writer_init(&w, &v->proofs);
	writer_array(&w, NULL);
	r = set_text(&c, true, t->always, t->for_ms, NULL);
	if (r >= 0)
		r = count_approvals(&c, NULL, &w, &fault);
	writer_end(&w);
	if (r < 0)
		writer_fail(&w, r);
	r = writer_finish(&w);
	*ret_enough = count_missing(&c) == 0;
	if (!*ret_enough) {
		verdict_deny(v, "the approval is not enough any more");
		verdict_explain(
			v, ": %zu of %" PRIu64 " approvers count", c.n, c.n + count_missing(&c));
		if (fault)
			verdict_explain(v, "; %s", fault);
	}
	bytes_deinit(&c.printed);
	return r;
}

bool decide_approval_holds(const struct decide_input *in, struct verdict *v)
{
	bool enough = false;

	verdict_fail(v, check_approvals(in, v, &enough));
	return enough;
}

void decide_approval_explain(const struct decide_input *in, struct verdict *v)
{
	const char *fault = NULL;
	struct demand d = { 0 };
	struct count c;
	int r;

	if (in->token->approvals.n == 0)
		return;

	count_init(&c, in, &d);
	r = demand_of_retry(in, &d);
	if (r >= 0)
		r = set_text(&c, true, in->token->always, in->token->for_ms, NULL);
	if (r >= 0)
		r = count_approvals(&c, NULL, NULL, &fault);
	if (r >= 0)
		verdict_explain(v, ": %zu of %" PRIu64 " approved", c.n, c.n + count_missing(&c));
	verdict_fail(v, r);
	bytes_deinit(&c.printed);
}

/* --- information for clients ------------------------------------------------------------------ */

static int write_progress(const struct count *c, struct bytes *b)
{
	struct writer w;

	writer_init(&w, b);
	writer_object(&w, NULL);
	writer_unsigned(&w, "approved", c->n);
	writer_unsigned(&w, "missing", count_missing(c));
	if (c->demand->n_groups > 0) {
		writer_array(&w, "groups");
		for (size_t g = 0; g < c->demand->n_groups; g++)
			if (count_missing_of(c, c->demand->groups[g]) > 0)
				writer_string(&w, NULL, c->demand->groups[g]);
		writer_end(&w);
	}
	writer_end(&w);
	return writer_finish(&w);
}

int decide_approval_print_progress(const struct decide_input *in, struct bytes *b)
{
	const char *fault = NULL;
	struct demand d = { 0 };
	struct count c;
	int r;

	r = demand_of_token(in, &d);
	if (r < 0 || !demand_is_made(&d))
		return r;

	count_init(&c, in, &d);
	r = set_text(&c, true, in->token->always, in->token->for_ms, NULL);
	if (r >= 0)
		r = count_approvals(&c, NULL, NULL, &fault);
	if (r >= 0)
		r = write_progress(&c, b);
	bytes_deinit(&c.printed);
	return r;
}

/* Whether the operator's word alone is not enough. */
static bool wants_signature(const struct decide_input *in, const struct demand *d)
{
	return demand_needs_signature(d) || d->n_groups > 0 || d->flags.quorum > 1
		|| d->flags.not_asker
		|| (in->role == ROLE_OPERATOR && in->asker.uid == in->token->uid
			&& !in->settings->allow_self_approval);
}

int decide_approval_print_gate(const struct decide_input *in, struct bytes *b)
{
	char gate[APPROVAL_GATE_HEX_LEN + 1];
	struct demand d = { 0 };
	struct writer w;
	int r = in->token ? demand_of_token(in, &d) : 0;

	notation_hex(in->approving->gate, APPROVAL_GATE_LEN, gate);
	writer_init(&w, b);
	writer_object(&w, NULL);
	writer_string(&w, "gate", gate);
	writer_unsigned(&w, "approvers", allowed_signers_count(in->approving->signers));
	writer_bool(&w, "require_signature", in->settings->require_signature);
	if (in->token) {
		writer_bool(&w, "sign", wants_signature(in, &d));
		writer_bool(&w, "touch", d.flags.touch);
		writer_bool(&w, "verified", d.flags.verified);
		writer_unsigned(&w, "quorum", demand_quorum(&d));
	}
	writer_end(&w);
	if (r < 0)
		writer_fail(&w, r);
	return writer_finish(&w);
}
