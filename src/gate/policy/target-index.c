/* SPDX-License-Identifier: ISC */

/*
 * Each pattern has keys: literal texts that a target must have for the pattern to fit. A rule is
 * filed under one key of each of its patterns, the one that the fewest patterns have. A pattern
 * without a literal text, such as "*", has no key, and then the rule is tried on each target.
 */

#include "gate/policy/target-index.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define BLANKS " \t\r\n\v\f"

struct key {
	enum target_part part;
	bool end;   /* a target's text must end with it; else begin */
	bool whole; /* or be equal */
	const char *text;
	size_t len;
};

/* How often keys occur. Collisions of hashes make a key look more frequent, nothing else. */
#define COUNTS (1u << 14)

struct counts {
	uint32_t of[COUNTS];
};

/* --- the keys of a pattern -------------------------------------------------------------------- */

typedef void (*visit_fn)(const struct key *key, void *userdata);

/* A star before a slash may fit nothing, together with the slash. */
static void visit_word(
	const char *text, size_t len, enum target_part part, visit_fn visit, void *userdata)
{
	struct key key = { .part = part, .text = text };
	size_t last = len;

	while (key.len < len && !strchr("*?", text[key.len]))
		key.len++;
	key.whole = key.len == len;
	if (key.len > 0)
		visit(&key, userdata);
	if (key.whole)
		return;

	while (!strchr("*?", text[last - 1]))
		last--;
	if (last < len && text[last] == '/')
		last++;
	key = (struct key){ .part = part, .end = true, .text = text + last, .len = len - last };
	if (key.len > 0)
		visit(&key, userdata);
}

static void visit_segments(const char *path, visit_fn visit, void *userdata)
{
	size_t len;

	for (; *path; path += len + (path[len] == '/')) {
		len = strcspn(path, "/");
		if (len > 0)
			visit_word(path, len, TARGET_SEGMENT, visit, userdata);
	}
}

static void visit_url(const struct url *url, visit_fn visit, void *userdata)
{
	visit_word(url->host, strlen(url->host), TARGET_NAME, visit, userdata);
	visit_segments(url->path, visit, userdata);
}

/* "~" is any directory. */
static void visit_path(const char *path, visit_fn visit, void *userdata)
{
	visit_segments(path[0] == '~' ? path + 1 : path, visit, userdata);
}

/* The patterns of a rule by which it may be filed: one list or another. */
enum list { TARGETS, OTHERS, LISTS };

static size_t size_of_list(const struct rule *rule, enum list list)
{
	if (rule->compiled)
		return 0;
	if (list == TARGETS)
		return rule->kind == KIND_FETCH ? rule->n_urls : rule->targets.n;
	return rule->kind == KIND_GIT ? rule->operations.n : rule->tools.n;
}

static void visit_pattern(
	const struct rule *rule, enum list list, size_t i, visit_fn visit, void *userdata)
{
	const struct patterns *others = rule->kind == KIND_GIT ? &rule->operations : &rule->tools;

	if (list == OTHERS)
		visit_word(others->any[i], strlen(others->any[i]), TARGET_ACT, visit, userdata);
	else if (rule->kind == KIND_FETCH)
		visit_url(&rule->urls[i], visit, userdata);
	else if (rule->kind == KIND_READ || rule->kind == KIND_WRITE)
		visit_path(rule->targets.any[i], visit, userdata);
	else
		visit_word(rule->targets.any[i], strlen(rule->targets.any[i]), TARGET_NAME, visit,
			userdata);
}

/* --- making the index ------------------------------------------------------------------------- */

static size_t hash_key(const struct key *key)
{
	uint32_t hash = 2166136261U + key->part * 2U + key->end;

	for (size_t i = 0; i < key->len; i++)
		hash = (hash ^ (unsigned char)key->text[i]) * 16777619U;
	return (hash ^ hash >> 16) % COUNTS;
}

static void count(const struct key *key, void *userdata)
{
	struct counts *counts = userdata;

	counts->of[hash_key(key)]++;
}

struct choice {
	const struct counts *counts;
	struct key key; /* the rarest so far; its text is NULL before the first */
	uint64_t weight;
};

/* Among equals, a whole text is better. */
static void choose(const struct key *key, void *userdata)
{
	struct choice *c = userdata;
	const uint64_t weight = 2 * (uint64_t)c->counts->of[hash_key(key)] + !key->whole;

	if (!c->key.text || weight < c->weight) {
		c->key = *key;
		c->weight = weight;
	}
}

static struct choice choose_key(
	const struct counts *counts, const struct rule *rule, enum list list, size_t i)
{
	struct choice c = { .counts = counts };

	visit_pattern(rule, list, i, choose, &c);
	return c;
}

/* How often the keys of a list occur; UINT64_MAX if some pattern has none. */
static uint64_t weigh_list(const struct counts *counts, const struct rule *rule, enum list list)
{
	const size_t n = size_of_list(rule, list);
	uint64_t weight = n > 0 ? 0 : UINT64_MAX;
	struct choice c;

	for (size_t i = 0; i < n; i++) {
		c = choose_key(counts, rule, list, i);
		if (!c.key.text)
			return UINT64_MAX;
		weight += c.weight;
	}
	return weight;
}

static int add_list(struct target_index *index, const struct counts *counts,
	const struct rule *rule, size_t number, enum list list)
{
	struct text_index *texts;
	struct key key;

	for (size_t i = 0; i < size_of_list(rule, list); i++) {
		key = choose_key(counts, rule, list, i).key;
		texts = key.end ? &index->ends[key.part] : &index->begins[key.part];
		if (text_index_reserve(texts, 1) < 0)
			return -ENOMEM;
		text_index_add(texts, key.text, key.len, key.whole, number);
	}
	return 0;
}

static int add_rule(struct target_index *index, const struct counts *counts,
	const struct rule *rule, size_t number)
{
	const uint64_t targets = weigh_list(counts, rule, TARGETS);
	const uint64_t others = weigh_list(counts, rule, OTHERS);

	rule_set_add(&index->all, number);
	if (targets == UINT64_MAX && others == UINT64_MAX) {
		rule_set_add(&index->always, number);
		return 0;
	}
	return add_list(index, counts, rule, number, others < targets ? OTHERS : TARGETS);
}

void target_index_init(struct target_index *index)
{
	*index = (struct target_index){ 0 };
	for (enum target_part part = 0; part < TARGET_PARTS; part++) {
		index->begins[part].any_case = index->ends[part].any_case = true;
		index->ends[part].backwards = true;
	}
}

int target_index_add(struct target_index *index, const struct rule *rules, size_t n,
	bool (*wanted)(const struct rule *rule))
{
	struct counts *counts;
	int r = 0;

	if (n == 0)
		return 0;
	counts = calloc(1, sizeof(*counts));
	if (!counts)
		return -ENOMEM;

	for (size_t i = 0; i < n; i++)
		for (enum list list = 0; list < LISTS; list++)
			for (size_t k = 0; k < size_of_list(&rules[i], list); k++)
				visit_pattern(&rules[i], list, k, count, counts);
	for (size_t i = 0; r == 0 && i < n; i++)
		if (!wanted || wanted(&rules[i]))
			r = add_rule(index, counts, &rules[i], i);
	free(counts);
	return r;
}

void target_index_sort(struct target_index *index)
{
	for (enum target_part part = 0; part < TARGET_PARTS; part++) {
		text_index_sort(&index->begins[part]);
		text_index_sort(&index->ends[part]);
	}
}

void target_index_deinit(struct target_index *index)
{
	for (enum target_part part = 0; part < TARGET_PARTS; part++) {
		text_index_deinit(&index->begins[part]);
		text_index_deinit(&index->ends[part]);
	}
}

/* --- finding ---------------------------------------------------------------------------------- */

static void find_text(const struct target_index *index, enum target_part part, const char *text,
	size_t len, struct rule_set *set)
{
	text_index_find(&index->begins[part], text, len, set);
	text_index_find(&index->ends[part], text, len, set);
}

void target_index_find_path(
	const struct target_index *index, const char *path, struct rule_set *set)
{
	size_t len;

	for (; *path; path += len + (path[len] == '/')) {
		len = strcspn(path, "/");
		if (len > 0)
			find_text(index, TARGET_SEGMENT, path, len, set);
	}
}

/*
 * A missing text, and one that is too long for matching, may fit any rule. Rules that deny or ask
 * ignore blanks around the text.
 */
static void find_word(const struct target_index *index, enum target_part part, const char *text,
	struct rule_set *set)
{
	size_t len = text ? strlen(text) : 0, blanks;

	if (!text || len > LIMIT_STRING) {
		*set = index->all;
		return;
	}
	find_text(index, part, text, len, set);
	blanks = strspn(text, BLANKS);
	if (blanks == 0 && (len == 0 || !strchr(BLANKS, text[len - 1])))
		return;

	text += blanks;
	for (len -= blanks; len > 0 && strchr(BLANKS, text[len - 1]); len--)
		;
	find_text(index, part, text, len, set);
}

static void find_branches(
	const struct target_index *index, const struct target *t, struct rule_set *set)
{
	if (t->any_branch || t->odd_branch || t->n == 0) {
		*set = index->all;
		return;
	}
	for (size_t i = 0; i < t->n; i++)
		find_word(index, TARGET_NAME, t->texts[i].text, set);
	find_word(index, TARGET_ACT, t->operation, set);
}

static void find_url(const struct target_index *index, const struct url *url, struct rule_set *set)
{
	if (!url->host) {
		*set = index->all;
		return;
	}
	find_text(index, TARGET_NAME, url->host, strlen(url->host), set);
	target_index_find_path(index, url->path, set);
}

void target_index_find(
	const struct target_index *index, const struct target *t, struct rule_set *ret)
{
	*ret = index->always;
	switch (t->kind) {
	case KIND_READ:
	case KIND_WRITE:
		for (size_t i = 0; i < t->n; i++)
			if (i == 0 || strcmp(t->texts[i].text, t->texts[i - 1].text) != 0)
				target_index_find_path(index, t->texts[i].text, ret);
		break;
	case KIND_FETCH:
		find_url(index, &t->url, ret);
		break;
	case KIND_GIT:
		find_branches(index, t, ret);
		break;
	case KIND_MCP:
		find_word(index, TARGET_NAME, t->server, ret);
		find_word(index, TARGET_ACT, t->tool, ret);
		break;
	default:
		*ret = index->all;
	}
}
