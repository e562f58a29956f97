/* SPDX-License-Identifier: ISC */

/* Issues tokens, within the limits. */

#include "gate/decide-issue.h"

#include <errno.h>
#include <string.h>

#include "base/notation.h"
#include "gate/allowlist/allow-line.h"
#include "gate/decide-demand.h"
#include "gate/limits.h"

/* An opaque line can be approved for good only if a rule says so, not by default. */
static int may_remember(const struct decide_input *in, const struct judgement *j, bool *ret)
{
	enum allow_line kind;
	int r;

	*ret = false;
	if (in->request->action != ACTION_EXEC)
		return 0;
	r = allow_line_kind(&in->request->asked, &kind);
	if (r < 0)
		return r;
	*ret = j->remember && (kind != ALLOW_LINE_OPAQUE || j->by_rule);
	return 0;
}

/* Error: -ENOMEM. */
static int make_token(const struct decide_input *in, const struct judgement *j, struct token **ret)
{
	cleanup(bytes_deinit) struct bytes groups = BYTES_INIT(BYTES_UNLIMITED);
	struct token t = {
		.state = TOKEN_PENDING,
		.asked = in->request->asked,
		.uid = in->asker.uid,
		.pid = in->asker.pid,
		.process = in->name_process ? in->name_process(in->userdata) : NULL,
		.rule = j->rule,
		.issued = in->now.clock.boot,
		.expires = in->now.clock.boot
			+ (in->request->asked.kind == KIND_RELEASE ? in->settings->release_ttl
								   : in->settings->token_ttl),
		.issued_wall = in->now.clock.wall,
	};
	struct demand d = { 0 };
	int r;

	memcpy(t.id, in->fresh_id, sizeof(t.id));
	memcpy(t.fingerprint, in->fingerprint, sizeof(t.fingerprint));
	memcpy(t.boot_id, in->now.boot_id, sizeof(t.boot_id));
	r = may_remember(in, j, &t.remember);
	if (r >= 0)
		r = decide_demand_of_request(in, &d);
	for (size_t i = 0; i < d.n_groups; i++)
		bytes_append(&groups, d.groups[i], strlen(d.groups[i]) + 1);
	if (r >= 0)
		r = bytes_error(&groups);
	if (r < 0)
		return r;

	t.demand = d.flags;
	t.approvers = (struct string_list){ bytes_str(&groups), d.n_groups, groups.len };
	*ret = token_new(&t);
	return *ret ? 0 : -ENOMEM;
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
		verdict_explain(v, "uid %u has %llu pending tokens for this very request",
			(unsigned int)in->asker.uid, (unsigned long long)s->max_pending_alike);
		return true;
	}
	if (in->usage.pending_of_uid >= s->max_pending_of_uid) {
		verdict_deny(v, REASON_LIMIT);
		verdict_explain(v, "uid %u has %llu pending tokens", (unsigned int)in->asker.uid,
			(unsigned long long)s->max_pending_of_uid);
		return true;
	}
	return false;
}

void decide_issue(const struct decide_input *in, const struct judgement *j, struct verdict *v)
{
	cleanup(token_change_deinit) struct token_change change = { .to = TOKEN_PENDING };
	const uint64_t max = in->settings->max_store, share = max / LIMIT_STORE_UIDS;
	int r;

	if (deny_for_pending(in, v))
		return;

	r = make_token(in, j, &change.issued);
	if (r >= 0)
		r = in->measure(&change, in->userdata);
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
	verdict_decide(
		v, DECISION_PENDING, token_step(TOKEN_PENDING, TOKEN_RETRY)->reason, j->rule);
	if (j->reason)
		verdict_explain(v, ": %s", j->reason);
}
