/* SPDX-License-Identifier: ISC */

/* Verifies the signature of an addition, and judges signed entries. */

#include "gate/decide-addition.h"

#include <errno.h>
#include <string.h>

#include "base/json/tree.h"
#include "base/json/writer.h"
#include "base/notation.h"
#include "gate/approval/approval-text.h"
#include "gate/decide-approvers.h"
#include "gate/decide-demand.h"
#include "gate/limits.h"

void addition_signer_deinit(struct addition_signer *s)
{
	bytes_deinit(&s->key);
}

static uint64_t wall_seconds(const struct decide_input *in)
{
	return in->now.clock.wall / CLOCK_SECOND;
}

static bool is_in_time(const struct decide_input *in)
{
	uint64_t now = in->now.clock.wall / CLOCK_MS, at = in->request->time_ms;

	return (at > now ? at - now : now - at) <= LIMIT_SIGNED_TIME_MS;
}

/* Makes the text that the signature must be of. */
static int make_text(const struct decide_input *in, struct addition_text *t, struct bytes *ret)
{
	cleanup(bytes_deinit) struct bytes argv = BYTES_PRINTED;
	cleanup(json_doc_free_p) struct json_doc *doc = NULL;
	const struct request *q = in->request;
	struct addition addition;
	struct scan_fault fault;
	int r;

	r = bytes_appendf(&argv, "{\"argv\":%s}", q->argv);
	if (r >= 0)
		r = json_parse(bytes_str(&argv), argv.len, &doc, &fault);
	if (r < 0)
		return r;

	memcpy(t->gate, in->approving->gate, sizeof(t->gate));
	t->time_ms = q->time_ms;
	addition = request_addition(q);
	if (r != 0 || !addition_entry_hash(&addition, json_get(json_root(doc), "argv"), t->entry))
		return -EINVAL;
	return addition_text_print(t, ret);
}

static int write_proof(struct verdict *v, const struct request *q, const struct sshsig *s,
	const char *by, const struct bytes *text)
{
	struct writer w;

	writer_init(&w, &v->proofs);
	writer_array(&w, NULL);
	writer_object(&w, NULL);
	writer_string(&w, "by", by);
	writer_bool(&w, "security_key", s->key.security_key);
	if (s->key.security_key) {
		writer_bool(&w, "touched", s->flags & SSHSIG_TOUCHED);
		writer_bool(&w, "verified", s->flags & SSHSIG_VERIFIED);
	}
	writer_string(&w, "text", bytes_str(text));
	writer_string(&w, "signature", q->signature);
	writer_end(&w);
	writer_end(&w);
	return writer_finish(&w);
}

/* Why the signature isn't good; NULL if it is, or after an error. */
static const char *read_signature(const struct decide_input *in, struct verdict *v,
	struct sshsig *s, const struct allowed_signer **ret)
{
	cleanup(bytes_deinit) struct bytes text = BYTES_PRINTED;
	const struct request *q = in->request;
	struct addition_text t = { 0 };
	enum signer_standing standing;
	enum nonce_standing nonce;
	enum sshsig_fault fault;

	if (!in->approving)
		return "this gate takes no signatures: it has no file of approvers";
	if (!q->nonce
		|| notation_parse_hex(q->nonce, strlen(q->nonce), t.nonce, sizeof(t.nonce)) < 0)
		return "a signed addition needs a nonce of 32 hexadecimal digits";
	if (!is_in_time(in))
		return "the signature's time is more than five minutes from now";
	fault = sshsig_parse(q->signature, strlen(q->signature), SSHSIG_ALLOW, s);
	if (fault != SSHSIG_FINE)
		return sshsig_fault_text(fault);
	standing = allowed_signers_judge(
		in->approving->signers, &s->key, SSHSIG_ALLOW, wall_seconds(in), ret);
	if (standing != SIGNER_GOOD)
		return signer_standing_text(standing);

	verdict_fail(v, make_text(in, &t, &text));
	if (sshsig_verify(s, SSHSIG_ALLOW, bytes_str(&text), text.len) != SSHSIG_FINE)
		return "the signature is not of this gate and entry";
	nonce = sk_counters_allow_nonce(in->approving->counters, t.nonce, sizeof(t.nonce),
		q->time_ms, in->now.clock.wall / CLOCK_MS, &v->nonce);
	if (nonce != NONCE_GOOD)
		return nonce_standing_text(nonce);
	if (!sk_counters_allow(in->approving->counters, s, &v->sk_use))
		return "the security key's counter did not go up";
	verdict_fail(v, write_proof(v, q, s, (*ret)->principal, &text));
	return NULL;
}

bool decide_addition_take(
	const struct decide_input *in, struct verdict *v, struct addition_signer *ret)
{
	const struct allowed_signer *signer = NULL;
	struct sshsig s = { 0 };
	const char *fault = read_signature(in, v, &s, &signer);

	if (fault || !signer) {
		v->sk_use = v->nonce = (struct sk_use){ 0 };
		verdict_conclude(v, OUTCOME_UNSUPPORTED, fault);
		return false;
	}

	verdict_fail(v, sshsig_key_append_fingerprint(&s.key, &ret->key));
	ret->signer = (struct allow_signer){
		.principal = signer->principal,
		.key = bytes_str(&ret->key),
		.touched = s.key.security_key && (s.flags & SSHSIG_TOUCHED),
		.verified = s.key.security_key && (s.flags & SSHSIG_VERIFIED),
	};
	return true;
}

/* Whether the entry's key is still listed for its principal, and in force. */
static bool is_listed(const struct decide_input *in, const struct allow_entry *e, struct verdict *v)
{
	const struct allowed_signers *list = in->approving->signers;

	for (size_t i = 0; i < allowed_signers_count(list); i++) {
		cleanup(bytes_deinit) struct bytes key = BYTES_PRINTED;
		const struct allowed_signer *s = allowed_signers_at(list, i);

		if (strcmp(s->principal, e->signer) != 0)
			continue;
		verdict_fail(v, sshsig_key_append_fingerprint(&s->key, &key));
		if (strcmp(bytes_str(&key), e->signer_key) == 0)
			return allowed_signers_judge(
				       list, &s->key, SSHSIG_ALLOW, wall_seconds(in), &s)
				== SIGNER_GOOD;
	}
	return false;
}

bool decide_addition_holds(
	const struct decide_input *in, const struct allow_entry *e, struct verdict *v)
{
	const struct approver_group *group;
	struct demand d = { 0 };

	if (!in->approving || !e->signer_key || !is_listed(in, e, v))
		return false;

	verdict_fail(v, decide_demand_of_request(in, &d));
	if (demand_quorum(&d) > 1 || d.too_many_groups || (d.flags.touch && !e->touched)
		|| (d.flags.verified && !e->verified)
		|| (d.flags.not_asker && decide_approvers_is_uid(in, e->signer, in->asker.uid)))
		return false;
	for (size_t i = 0; i < d.n_groups; i++) {
		group = decide_approvers_find(in, d.groups[i]);
		if (!group || !approver_group_has_principal(group, e->signer))
			return false;
	}
	return true;
}
