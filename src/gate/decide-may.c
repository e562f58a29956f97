/* SPDX-License-Identifier: ISC */

/*
 * One line for each rule: those of the policy, then those of each pack that judges every request,
 * then the entries of the allowlist, then the default action.
 */

#include "gate/decide-may.h"

#include <errno.h>

#include "base/json/writer.h"
#include "gate/decide-allow.h"
#include "gate/decide-exec.h"
#include "gate/limits.h"
#include "gate/policy/rule-write.h"

#define LIST_REASON REASON_LIMIT "a list of what one may do takes at most 1048576 bytes"

_Static_assert(LIMIT_MAY_LIST == 1048576, "LIST_REASON names it");

struct listing {
	const struct decide_input *in;
	struct verdict *v;
	const char *source; /* of the rules that are being listed */
	const struct policy *policy;
};

/* Ends the object, and its line. */
static void end_line(struct listing *l, struct writer *w)
{
	writer_end(w);
	if (writer_finish(w) >= 0)
		bytes_append_char(&l->v->lines, '\n');
}

static void begin_line(struct listing *l, struct writer *w)
{
	writer_init(w, &l->v->lines);
	writer_object(w, NULL);
	writer_string(w, "source", l->source);
}

static void list_rule(struct listing *l, const struct rule *rule)
{
	struct writer w;

	if (rule->action == DECISION_DENY || !rule_is_for(rule, &l->in->asker))
		return;
	begin_line(l, &w);
	writer_string(&w, "policy", policy_id(l->policy));
	rule_write_for_asker(&w, rule);
	end_line(l, &w);
}

static void list_policy(struct listing *l, const char *source, const struct policy *policy)
{
	const struct rule *rules;
	size_t n;

	l->source = source;
	l->policy = policy;
	for (size_t i = 0; i < policy_size(policy); i++)
		list_rule(l, policy_rule(policy, i));
	for (enum kind kind = 0; kind < KINDS; kind++) {
		rules = policy_rules_of(policy, kind, &n);
		for (size_t i = 0; i < n; i++)
			list_rule(l, &rules[i]);
		if (policy_default_rule(policy, kind))
			list_rule(l, policy_default_rule(policy, kind));
	}
}

/* An entry allows nothing to the user who made it, unless self-approval is on. */
static bool entry_is_for(const struct allow_entry *e, const struct decide_input *in)
{
	return !e->idle && !allow_entry_is_over(e, in->allow_now)
		&& (decide_self_approval(in) || e->by != in->asker.uid)
		&& (e->uid == ALLOW_NO_USER || e->uid == in->asker.uid);
}

static void list_entry(struct listing *l, const struct allow_entry *e)
{
	struct writer w;

	begin_line(l, &w);
	writer_string(&w, "kind", kind_name(e->kind != KINDS ? e->kind : KIND_EXEC));
	writer_string(&w, "action", decision_name(DECISION_ALLOW));
	allow_entry_write_matter(&w, e, l->in->allow_now);
	end_line(l, &w);
}

static void list_entries(struct listing *l)
{
	const struct allowlist *list = l->in->allowlist;

	l->source = "allowlist";
	for (size_t i = 0; list && i < allowlist_size(list); i++)
		if (entry_is_for(allowlist_entry(list, i), l->in))
			list_entry(l, allowlist_entry(list, i));
}

/* What is done with a command that no rule is about. */
static void list_default(struct listing *l)
{
	const enum decision action = decide_exec_default(l->in);
	struct writer w;

	if (action == DECISION_DENY)
		return;
	l->source = "default";
	begin_line(l, &w);
	writer_string(&w, "kind", kind_name(KIND_EXEC));
	writer_string(&w, "action", decision_name(action));
	end_line(l, &w);
}

static void list_all(struct listing *l)
{
	const struct decide_input *in = l->in;

	if (in->policy)
		list_policy(l, "policy", in->policy);
	for (size_t i = 0; i < in->n_packs; i++)
		if (decide_exec_has_pack(in, i))
			list_policy(l, "pack", in->packs[i]);
	list_entries(l);
	list_default(l);
}

/* As what it would show, a refusal is not recorded. */
static void refuse(struct verdict *v, const char *reason)
{
	verdict_conclude(v, OUTCOME_UNSUPPORTED, reason);
	v->unrecorded = true;
}

void decide_may(const struct decide_input *in, struct verdict *v)
{
	struct listing l = { .in = in, .v = v };

	if (in->closed) {
		verdict_conclude(v, OUTCOME_UNSUPPORTED, REASON_CLOSED);
		verdict_explain(v, "%s", in->closed);
		return;
	}
	if (in->settings->hide_rules) {
		refuse(v, "this daemon doesn't tell askers its rules (--hide-rules)");
		return;
	}
	bytes_init(&v->lines, LIMIT_MAY_LIST);
	list_all(&l);
	if (bytes_error(&v->lines) == -EMSGSIZE)
		refuse(v, LIST_REASON);
	else
		verdict_show(v, VIEW_LINES);
	if (bytes_error(&v->lines) != -EMSGSIZE)
		verdict_fail(v, bytes_error(&v->lines));
}
