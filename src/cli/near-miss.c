/* SPDX-License-Identifier: ISC */

#include "cli/near-miss.h"

#include <string.h>

#include "base/text.h"
#include "gate/policy/candidates.h"

struct search {
	const struct policy *policy;
	const struct request *request;
	const struct asker *asker;
	const size_t *decided;
};

enum kind request_kind(const struct request *request)
{
	return request->action == ACTION_EXEC ? KIND_EXEC : request->evaluate.kind;
}

size_t request_count_rules(const struct policy *policy, const struct request *request)
{
	size_t n = 0;

	if (!policy)
		return 0;
	if (request_kind(request) == KIND_EXEC)
		return policy_size(policy);
	policy_rules_of(policy, request_kind(request), &n);
	return n;
}

const struct rule *request_rule(
	const struct policy *policy, const struct request *request, size_t index)
{
	size_t n;

	if (request_kind(request) == KIND_EXEC)
		return policy_rule(policy, index);
	return &policy_rules_of(policy, request_kind(request), &n)[index];
}

/* --- finding them ----------------------------------------------------------------------------- */

/* The later the mismatch, the nearer the rule; a rule that matches is nearest. */
static int nearness(const struct near_miss *n)
{
	return n->miss == RULE_MATCHES ? RULE_OTHER_CLAIM + 1 : (int)n->miss;
}

static bool is_nearer(const struct near_miss *a, const struct near_miss *b)
{
	if (nearness(a) != nearness(b))
		return nearness(a) > nearness(b);
	return a->reach.words > b->reach.words;
}

static void insert(struct near_misses *near, const struct near_miss *n)
{
	size_t at = near->n;

	while (at > 0 && is_nearer(n, &near->list[at - 1]))
		at--;
	if (near->n == NEAR_MISSES_MAX)
		near->n_further++;
	else
		near->n++;
	if (at == NEAR_MISSES_MAX)
		return;

	for (size_t i = near->n - 1; i > at; i--)
		near->list[i] = near->list[i - 1];
	near->list[at] = *n;
}

/*
 * Tries the rule on the whole command. A rule that denies or asks is also tried on the commands
 * within it.
 */
static enum rule_miss try_rule(const struct policy *policy, size_t index,
	const struct candidates *c, struct rule_reach *ret)
{
	const struct rule *rule = policy_rule(policy, index);
	enum rule_miss miss = rule_try(rule, policy_trusted(policy), &c->all[0], ret);

	if (rule->action == DECISION_ALLOW)
		return miss;
	for (size_t i = 1; miss != RULE_MATCHES && i < c->n; i++)
		if (rule_try(rule, policy_trusted(policy), &c->all[i], NULL) == RULE_MATCHES)
			miss = RULE_MATCHES;
	return miss;
}

static void consider(const struct search *s, const struct near_miss *n, struct near_misses *ret)
{
	if (n->miss != RULE_OTHER_PROGRAM && n->miss != RULE_OTHER_TARGET
		&& !(s->decided && n->index == *s->decided))
		insert(ret, n);
}

static int find_commands(const struct search *s, struct near_misses *ret)
{
	const struct policy *policy = s->policy;
	struct candidates c;
	struct near_miss n = { .why = BYTES_PRINTED };
	int r;

	r = candidates_init(&c, s->request, s->asker);
	if (r < 0)
		return r;

	for (n.index = 0; n.index < policy_size(policy); n.index++) {
		n.miss = try_rule(policy, n.index, &c, &n.reach);
		consider(s, &n, ret);
	}
	candidates_deinit(&c);
	return 0;
}

static int find_targets(const struct search *s, struct near_misses *ret)
{
	struct near_miss n = { .why = BYTES_PRINTED };
	struct target t;
	int r;

	r = target_init(&t, s->request, s->asker);
	if (r < 0)
		return r;

	for (n.index = 0; n.index < request_count_rules(s->policy, s->request); n.index++) {
		n.reach = (struct rule_reach){ 0 };
		n.miss =
			rule_try_target(request_rule(s->policy, s->request, n.index), &t, &n.reach);
		consider(s, &n, ret);
	}
	target_deinit(&t);
	return 0;
}

/* --- why they missed -------------------------------------------------------------------------- */

/* Appends `text` in quotes, between `before` and `after`. */
static int append_about(struct bytes *b, const char *before, const char *text, const char *after)
{
	bytes_append_str(b, before);
	text_append_quoted(b, text, strlen(text));
	return bytes_append_str(b, after);
}

static const char *word_at(const struct request *q, size_t index)
{
	const char *word = q->asked.args.text;

	for (; index > 0; index--)
		word += strlen(word) + 1;
	return word;
}

static int append_words_why(const struct request *q, size_t fitting, struct bytes *b)
{
	if (fitting == q->asked.args.n)
		return bytes_append_str(b, "it wants other arguments, or more");

	bytes_appendf(b, "argument %zu, ", fitting + 1);
	return append_about(b, "", word_at(q, fitting), ", does not fit");
}

static int append_claim_why(const struct request *q, enum field claim, bool there, struct bytes *b)
{
	const char *name = field_rows[claim].name;

	if (!there)
		return bytes_appendf(b, "the request has no %s", name);

	bytes_appendf(b, "%s is ", name);
	return append_about(b, "", field_get(claim, &q->asked), ", which does not fit");
}

/* The conditions of a rule that allows: firma-policy(5). */
static int append_narrow_why(const struct request *q, struct bytes *b)
{
	const enum kind kind = q->evaluate.kind;

	if (kind != KIND_READ && kind != KIND_WRITE)
		return bytes_append_str(b, "it fits only as a rule that denies or asks would");
	if (!q->evaluate.real_target)
		return bytes_append_str(b, "it allows, and the request has no real_target");
	return bytes_append_str(b,
		"it allows, and needs a path without \"..\" that leads to where the rule fits, "
		"too");
}

static int append_why(const struct search *s, struct near_miss *n)
{
	const struct request *q = s->request;
	struct bytes *b = &n->why;

	switch (n->miss) {
	case RULE_MATCHES:
		return bytes_append_str(b, "it matches as well, but is not the one that decides");
	case RULE_OTHER_REAL_PATH:
		return append_about(b, "the path fits, but it leads to ", q->asked.real_path,
			", which does not");
	case RULE_UNTRUSTED:
		return append_about(b, "", n->reach.path, " lies in no trusted directory");
	case RULE_NOT_NARROW:
		return append_narrow_why(q, b);
	case RULE_OTHER_WORDS:
		return append_words_why(q, n->reach.words, b);
	case RULE_EXCEPTED:
		return bytes_append_str(b, "one of its exceptions fits");
	case RULE_OTHER_USER:
		return bytes_appendf(b, "it is not for uid %u", (unsigned int)s->asker->uid);
	case RULE_OTHER_GROUP:
		return bytes_appendf(
			b, "it is not for a group of uid %u", (unsigned int)s->asker->uid);
	case RULE_OTHER_RUNNER:
		return bytes_append_str(b, "it is for a CI runner with a proof of its identity");
	case RULE_LACKS_RUN_AS:
		return bytes_append_str(b,
			"it allows, and does not say \"run_as\": it is for what users run "
			"themselves");
	case RULE_OTHER_RUN_AS:
		return q->asked.run_as
			? append_about(b, "run_as is ", q->asked.run_as, ", which does not fit")
			: bytes_append_str(b, "it is for what runs through sudo");
	default:
		return append_claim_why(q, n->reach.claim, n->miss == RULE_OTHER_CLAIM, b);
	}
}

int near_misses_find(const struct policy *policy, const struct request *request,
	const struct asker *asker, const size_t *decided, struct near_misses *ret)
{
	const struct search s = { policy, request, asker, decided };
	int r = 0;

	/* A line of shell has none: rules are tried on each of its commands. */
	if (request->action == ACTION_EXEC)
		r = find_commands(&s, ret);
	else if (request_kind(request) != KIND_EXEC)
		r = find_targets(&s, ret);
	for (size_t i = 0; r >= 0 && i < ret->n; i++)
		r = append_why(&s, &ret->list[i]);
	return r;
}

void near_misses_deinit(struct near_misses *near)
{
	for (size_t i = 0; i < near->n; i++)
		bytes_deinit(&near->list[i].why);
}
