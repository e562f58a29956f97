/* SPDX-License-Identifier: ISC */

#include "gate/approval-count.h"

#include <string.h>

#include "gate/decide-approvers.h"

void approval_count_init(
	struct approval_count *c, const struct decide_input *in, const struct demand *demand)
{
	c->in = in;
	c->demand = demand;
	c->printed = (struct bytes)BYTES_PRINTED;
	c->n = 0;
	c->fault = NULL;
}

void approval_count_deinit(struct approval_count *c)
{
	bytes_deinit(&c->printed);
}

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

static bool is_in_group(
	const struct approval_count *c, const struct approval_vote *vote, const char *name)
{
	const struct approver_group *group = decide_approvers_find(c->in, name);

	if (!group)
		return false;
	return vote->is_signed ? approver_group_has_principal(group, vote->principal)
			       : group->n_gids > 0 && names_group(vote->groups, name);
}

static bool is_in_any_group(const struct approval_count *c, const struct approval_vote *vote)
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

const char *approval_count_read_signature(
	struct approval_count *c, const char *armor, struct approval_vote *ret)
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

const char *approval_count_read(
	struct approval_count *c, const struct approval_entry *a, struct approval_vote *ret)
{
	const struct token *t = c->in->token;
	const char *fault;

	*ret = (struct approval_vote){ .uid = a->uid, .groups = a->groups };
	if (a->armor[0]) {
		fault = approval_count_read_signature(c, a->armor, ret);
		if (fault)
			return fault;
		if (c->demand->flags.not_asker
			&& decide_approvers_is_uid(c->in, ret->principal, t->uid))
			return "the approver is who asked, and that does not count here";
	} else {
		ret->principal = decide_approvers_principal_of(c->in, a->uid);
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

static bool is_same_person(const struct approval_count *c, const struct approval_vote *a,
	const struct approval_vote *b)
{
	const struct approval_vote *with_key = a->is_signed ? a : b;

	if (a->principal && b->principal && strcmp(a->principal, b->principal) == 0)
		return true;
	if (a->is_signed && b->is_signed)
		return sshsig_key_is_same(&a->sig.key, &b->sig.key);
	if (a->uid != b->uid)
		return false;

	/* A principal without a uid in the policy may be the user who brought the signature. */
	return !with_key->is_signed || !decide_approvers_has_uid(c->in, with_key->principal);
}

int approval_count_set_text(
	struct approval_count *c, bool approve, const struct standing *standing, const char *reason)
{
	static const uint8_t no_gate[APPROVAL_GATE_LEN];
	const struct approving *approving = c->in->approving;

	approval_text_of(c->in->token, approving ? approving->gate : no_gate, approve, standing,
		reason, &c->text);
	bytes_clear(&c->printed);
	return approval_text_print(&c->text, &c->printed);
}

bool approval_count_add(struct approval_count *c, const struct approval_vote *vote)
{
	for (size_t i = 0; i < c->n; i++)
		if (is_same_person(c, &c->votes[i], vote))
			return false;
	if (c->n == APPROVALS_COUNTED_MAX)
		return false;
	c->votes[c->n++] = *vote;
	return true;
}

uint64_t approval_count_missing_of(const struct approval_count *c, const char *group)
{
	uint64_t quorum = demand_quorum(c->demand), n = 0;

	for (size_t i = 0; i < c->n; i++)
		n += is_in_group(c, &c->votes[i], group);
	return n < quorum ? quorum - n : 0;
}

uint64_t approval_count_missing(const struct approval_count *c)
{
	uint64_t quorum = demand_quorum(c->demand), missing, of_group;

	if (c->demand->too_many_groups)
		return quorum;
	missing = c->n < quorum ? quorum - c->n : 0;
	for (size_t g = 0; g < c->demand->n_groups; g++) {
		of_group = approval_count_missing_of(c, c->demand->groups[g]);
		if (of_group > missing)
			missing = of_group;
	}
	return missing;
}

void approval_count_write_proof(const struct approval_count *c, const struct approval_vote *vote,
	const struct approval_entry *a, struct writer *w)
{
	writer_object(w, NULL);
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

int approval_count_all(struct approval_count *c, const struct standing *standing,
	struct bytes *list, struct writer *w)
{
	const char *at = NULL, *fault;
	struct approval_entry a;
	struct approval_vote vote;
	int r;

	r = approval_count_set_text(c, true, standing, NULL);
	while (r >= 0 && approvals_next(&c->in->token->approvals, &at, &a)) {
		fault = approval_count_read(c, &a, &vote);
		if (fault)
			c->fault = fault;
		if (fault || !approval_count_add(c, &vote))
			continue;
		if (list)
			r = approvals_append(list, &a);
		if (w)
			approval_count_write_proof(c, &vote, &a, w);
	}
	return r;
}
