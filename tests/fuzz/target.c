/* SPDX-License-Identifier: ISC */

/*
 * Fuzzes the judgement of targets: for made policies and targets, the rules that an index leaves
 * out are rules that do not fit, and the rule that decides is the strictest of all that fit.
 */

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "gate/policy/policy-target.h"
#include "gate/policy/policy.h"
#include "gate/policy/rule-target.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define RULES 12

struct choices {
	const uint8_t *data;
	size_t size;
};

static unsigned int choose(struct choices *c, unsigned int n)
{
	if (c->size == 0)
		return 0;
	c->size--;
	return *c->data++ % n;
}

static const char *pick(struct choices *c, const char *const *texts, size_t n)
{
	return texts[choose(c, (unsigned int)n)];
}

#define PICK(c, texts) pick(c, texts, LENGTH(texts))

/* --- what they are made of -------------------------------------------------------------------- */

static const char *const segments[] = { "a", "b", "A", "*", "a*", "*b", "?", "**", "x.y", ".env",
	"a?b", "*a*", "\xc3\xa9*", "x*y*z" };
static const char *const texts[] = { "a", "b", "A", "aab", "acb", "x.y", ".env", "..", ".", "",
	"\xc3\xa9z", "xyz", "bab", "B" };
static const char *const hosts[] = { "x.org", "*.org", "a*", "*", "*b.org", "a.x.org", "?.org" };
static const char *const names[] = { "x.org", "a.org", "ab.org", "a.x.org", "X.ORG", "a", "b.org" };
static const char *const words[] = { "main", "m*", "*in", "*", "a/*", "*/b", "a*b", "M?in",
	"**/b" };
static const char *const spoken[] = { "main", "Main", " main ", "in", "a/b", "b", "axb", "HEAD", "",
	"x/a/b", "m\tn" };
static const char *const actions[] = { "allow", "deny", "pending_hitl" };

static void append_joined(
	struct bytes *b, struct choices *c, const char *const *of, size_t n, unsigned int most)
{
	unsigned int count = 1 + choose(c, most);

	for (unsigned int i = 0; i < count; i++)
		bytes_appendf(b, "%s%s", i > 0 ? "/" : "", pick(c, of, n));
}

static void append_path_pattern(struct bytes *b, struct choices *c)
{
	static const char *const before[] = { "", "/", "~/" };

	bytes_append_str(b, PICK(c, before));
	append_joined(b, c, segments, LENGTH(segments), 4);
}

static void append_pattern(struct bytes *b, struct choices *c, enum kind kind)
{
	if (kind == KIND_READ || kind == KIND_WRITE) {
		append_path_pattern(b, c);
	} else if (kind == KIND_FETCH) {
		bytes_appendf(b, "https://%s/", PICK(c, hosts));
		append_joined(b, c, segments, LENGTH(segments), 3);
	} else {
		bytes_append_str(b, PICK(c, words));
	}
}

static void append_list(struct bytes *b, struct choices *c, enum kind kind, const char *key)
{
	unsigned int n = 1 + choose(c, 3);

	bytes_appendf(b, ",\"%s\":[", key);
	for (unsigned int i = 0; i < n; i++) {
		bytes_append_str(b, i > 0 ? ",\"" : "\"");
		append_pattern(b, c, kind);
		bytes_append_char(b, '"');
	}
	bytes_append_char(b, ']');
}

static void append_rule(struct bytes *b, struct choices *c, enum kind kind, unsigned int index)
{
	static const char *const keys[KINDS] = { [KIND_READ] = "path",
		[KIND_WRITE] = "path",
		[KIND_FETCH] = "url",
		[KIND_GIT] = "branch",
		[KIND_MCP] = "server" };

	bytes_appendf(b, "%s{\"id\":\"r%u\",\"action\":\"%s\"", index > 0 ? "," : "", index,
		PICK(c, actions));
	append_list(b, c, kind, keys[kind]);
	if (kind == KIND_GIT && choose(c, 2))
		append_list(b, c, kind, "operation");
	if (kind == KIND_MCP && choose(c, 2))
		append_list(b, c, kind, "tools");
	bytes_append_char(b, '}');
}

static int none(const char *name, uid_t *ret)
{
	(void)name;
	(void)ret;
	return -1;
}

static int no_group(uid_t uid, gid_t *ret)
{
	(void)uid;
	(void)ret;
	return -1;
}

/* NULL if a pattern has a fault. */
static struct policy *make_policy(struct choices *c, enum kind kind)
{
	static const struct policy_names no_names = { none, none, no_group };
	cleanup(bytes_deinit) struct bytes b = BYTES_PRINTED;
	struct policy *policy = NULL;
	struct faults faults;
	unsigned int n = 1 + choose(c, RULES);

	bytes_appendf(&b, "{\"%s\":[", kind_name(kind));
	for (unsigned int i = 0; i < n; i++)
		append_rule(&b, c, kind, i);
	if (bytes_append_str(&b, "]}") < 0)
		return NULL;

	faults_init(&faults);
	if (policy_parse(bytes_str(&b), b.len, &no_names, &faults, &policy) != 0)
		policy = NULL;
	faults_deinit(&faults);
	return policy;
}

/* --- the comparison --------------------------------------------------------------------------- */

static void compare(const struct policy *p, const struct target *t)
{
	const struct kind_rules *of = &p->of_kind[t->kind];
	const struct judgement j = policy_target_judge(p, t);
	const struct rule *found = NULL;
	struct rule_set set;

	target_index_find(&of->index, t, &set);
	for (size_t i = 0; i < of->n; i++) {
		if (!rule_fits_target(&of->rules[i], t))
			continue;
		if (rule_set_next(&set, i) != i)
			abort();
		if (rule_strictness(&of->rules[i]) > rule_strictness(found))
			found = &of->rules[i];
	}
	if (t->kind == KIND_FETCH && t->url_fault)
		return;
	if (found ? j.rule != found->id || j.decision != found->action : j.named)
		abort();
}

static void ask(struct choices *c, const struct policy *policy, enum kind kind)
{
	static const char *const directories[] = { "/", "/a", "/a/b", "/x.y" };
	cleanup(bytes_deinit) struct bytes target = BYTES_PRINTED;
	cleanup(bytes_deinit) struct bytes real = BYTES_PRINTED;
	const struct asker asker = { .uid = 1000 };
	struct request request = { .action = ACTION_EVALUATE };
	struct evaluate *e = &request.evaluate;
	struct target t;

	if (kind == KIND_FETCH)
		bytes_appendf(&target, "https://%s/", PICK(c, names));
	else if (choose(c, 2))
		bytes_append_char(&target, '/');
	if (kind == KIND_GIT)
		bytes_append_str(&target, PICK(c, spoken));
	else
		append_joined(&target, c, texts, LENGTH(texts), 4);
	bytes_append_char(&real, '/');
	append_joined(&real, c, texts, 6, 4);

	e->kind = kind;
	e->target = bytes_str(&target);
	e->real_target = choose(c, 2) ? bytes_str(&real) : NULL;
	e->does = choose(c, 4) ? PICK(c, spoken) : NULL;
	e->server = choose(c, 8) ? PICK(c, spoken) : NULL;
	e->tool = choose(c, 8) ? PICK(c, spoken) : NULL;
	request.asked.cwd = choose(c, 4) ? PICK(c, directories) : NULL;
	if (bytes_error(&target) < 0 || bytes_error(&real) < 0
		|| target_init(&t, &request, &asker) < 0)
		return;

	compare(policy, &t);
	target_deinit(&t);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const enum kind kinds[] = { KIND_READ, KIND_WRITE, KIND_FETCH, KIND_GIT, KIND_MCP };
	struct choices c = { data, size };
	const enum kind kind = kinds[choose(&c, LENGTH(kinds))];
	struct policy *policy = make_policy(&c, kind);

	for (unsigned int i = 0; policy && i < 8; i++)
		ask(&c, policy, kind);
	policy_free(policy);
	return 0;
}
