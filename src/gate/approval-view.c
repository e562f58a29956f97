/* SPDX-License-Identifier: ISC */

#include "gate/approval-view.h"

#include "base/json/writer.h"
#include "gate/approval-count.h"
#include "gate/decide-demand.h"

static int write_progress(const struct approval_count *c, struct bytes *b)
{
	struct writer w;

	writer_init(&w, b);
	writer_object(&w, NULL);
	writer_unsigned(&w, "approved", c->n);
	writer_unsigned(&w, "missing", approval_count_missing(c));
	if (c->demand->n_groups > 0) {
		writer_array(&w, "groups");
		for (size_t g = 0; g < c->demand->n_groups; g++)
			if (approval_count_missing_of(c, c->demand->groups[g]) > 0)
				writer_string(&w, NULL, c->demand->groups[g]);
		writer_end(&w);
	}
	writer_end(&w);
	return writer_finish(&w);
}

int approval_view_progress(const struct decide_input *in, struct bytes *b)
{
	cleanup(approval_count_deinit) struct approval_count c;
	struct demand d = { 0 };
	int r;

	approval_count_init(&c, in, &d);
	r = decide_demand_of_token(in, &d);
	if (r < 0 || !demand_is_made(&d))
		return r;

	r = approval_count_all(&c, &in->token->standing, NULL, NULL);
	return r < 0 ? r : write_progress(&c, b);
}

/* Whether the operator's word alone is not enough. */
static bool wants_signature(const struct decide_input *in, const struct demand *d)
{
	return demand_needs_signature(d) || d->n_groups > 0 || d->flags.quorum > 1
		|| d->flags.not_asker
		|| (in->role == ROLE_OPERATOR && in->asker.uid == in->token->uid
			&& !in->settings->allow_self_approval);
}

int approval_view_gate(const struct decide_input *in, struct bytes *b)
{
	char gate[APPROVAL_GATE_HEX_LEN + 1];
	struct demand d = { 0 };
	struct writer w;
	int r = in->token ? decide_demand_of_token(in, &d) : 0;

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
	r = writer_finish(&w);
	return r < 0 ? r : bytes_append_char(b, '\n');
}
