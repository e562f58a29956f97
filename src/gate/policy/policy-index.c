/* SPDX-License-Identifier: ISC */

/*
 * The rules found for a program are then filtered by the hash of an argument, which costs far less
 * than trying the rule.
 */

#include "gate/policy/policy-index.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/path.h"
#include "gate/policy/glob.h"

/* --- making the index ------------------------------------------------------------------------- */

static void add_entry(struct text_index *index, const char *pattern, size_t rule)
{
	const size_t len = strcspn(pattern, "*?");

	text_index_add(index, pattern, len, pattern[len] == '\0', rule);
}

/* FNV-1a, but never 0. A collision costs one more trial, nothing else. */
static uint32_t hash_text(const char *text)
{
	uint32_t hash = 2166136261U;

	for (; *text; text++)
		hash = (hash ^ (unsigned char)*text) * 16777619U;
	return hash ? hash : 1;
}

/* 0 if the element may fit several texts. A path does: it also fits other spellings. */
static uint32_t hash_element(const struct patterns *element)
{
	const char *pattern = element->any[0];

	return element->n == 1 && pattern[0] != '/' && glob_is_literal(pattern) ? hash_text(pattern)
										: 0;
}

static struct policy_index_hint make_hint(const struct rule *rule)
{
	if (rule->n_argv < 2)
		return (struct policy_index_hint){ 0 };
	return (struct policy_index_hint){
		.first = hash_element(&rule->argv[1]),
		.last = hash_element(&rule->argv[rule->n_argv - 1]),
	};
}

static void add_rule(struct policy_index *index, const struct rule *rule, size_t number)
{
	const struct patterns *first = &rule->argv[0];

	for (size_t i = 0; i < first->n; i++) {
		if (!strchr(first->any[i], '/')) {
			add_entry(&index->names, first->any[i], number);
			continue;
		}
		add_entry(&index->paths, first->any[i], number);
		add_entry(&index->ends, path_name(first->any[i]), number);
	}
	index->hints[number] = make_hint(rule);
}

int policy_index_make(struct policy_index *index, const struct rule *rules, size_t n)
{
	size_t patterns = 0;

	for (size_t i = 0; i < n; i++)
		patterns += rules[i].argv[0].n;
	index->hints = calloc(n + 1, sizeof(*index->hints));
	if (!index->hints || text_index_reserve(&index->names, patterns) < 0
		|| text_index_reserve(&index->paths, patterns) < 0
		|| text_index_reserve(&index->ends, patterns) < 0)
		return -ENOMEM;

	for (size_t i = 0; i < n; i++)
		add_rule(index, &rules[i], i);
	text_index_sort(&index->names);
	text_index_sort(&index->paths);
	text_index_sort(&index->ends);
	return 0;
}

void policy_index_deinit(struct policy_index *index)
{
	text_index_deinit(&index->names);
	text_index_deinit(&index->paths);
	text_index_deinit(&index->ends);
	free(index->hints);
}

/* --- finding ---------------------------------------------------------------------------------- */

static void find_text(const struct text_index *index, const char *text, struct rule_set *set)
{
	text_index_find(index, text, strlen(text), set);
}

static void find_program(
	const struct policy_index *index, const struct candidate_program *p, struct rule_set *set)
{
	find_text(&index->names, p->name, set);
	if (p->path)
		find_text(&index->paths, p->path, set);
	else
		find_text(&index->ends, p->name, set);
}

/* The same for the other spelling, if /bin is a link to /usr/bin. */
static void find_in_usr(const struct policy_index *index, const char *path, struct rule_set *set)
{
	char usr[3 * LIMIT_PATH];

	if (strlen(path) + sizeof("/usr") > sizeof(usr))
		return;
	snprintf(usr, sizeof(usr), "/usr%s", path);
	find_text(&index->paths, usr, set);
}

/*
 * After a wrapper, and in a line of shell, a path also fits by its last part, and in both spellings
 * of a merged /usr.
 */
static void find_wrapped(
	const struct policy_index *index, const struct candidate_program *p, struct rule_set *set)
{
	find_program(index, p, set);
	if (!p->path)
		return;
	find_text(&index->ends, p->name, set);
	if (strncmp(p->path, "/usr/", 5) == 0)
		find_text(&index->paths, p->path + 4, set);
	find_in_usr(index, p->path, set);
}

void policy_index_find_link(
	const struct policy_index *index, const char *path, struct rule_set *set)
{
	find_wrapped(
		index, &(struct candidate_program){ .name = path_name(path), .path = path }, set);
}

/* The rules about the names that lead to a program of this name. */
static void find_links(const struct policy_index *index, const struct program_links *links,
	const char *name, struct rule_set *set)
{
	const struct program_link *link;
	size_t n;

	link = program_links_find(links, name, &n);
	for (; n > 0; link++, n--)
		policy_index_find_link(index, link->path, set);
}

/* Whether the command may end before the last argument. */
static bool ends_early(const struct candidate *s)
{
	for (size_t i = 0; s->wrapped && i < s->n_words; i++)
		if (s->words[i].ends)
			return true;
	return false;
}

/* Removes the rules that need another first or last argument. */
static void look_at_hints(
	const struct policy_index *index, const struct candidate *s, struct rule_set *set)
{
	const uint32_t none = 0; /* not the hash of any argument */
	const size_t n = s->n_words;
	const uint32_t first = n > 0 ? hash_text(s->words[0].text) : none;
	const uint32_t last = n > 0 ? hash_text(s->words[n - 1].text) : none;
	/* After a wrapper, the first argument may be any word. */
	const bool any_first = s->wrapped || s->options_first, any_last = ends_early(s);
	const struct policy_index_hint *hint;

	/* Many rules may be about the same program, so this goes over whole words of the set. */
	for (size_t w = 0; w < set->n; w++)
		for (uint64_t left = set->words[w]; left; left &= left - 1) {
			hint = &index->hints[w * 64 + (size_t)__builtin_ctzll(left)];
			if ((hint->last != last && hint->last && !any_last)
				|| (hint->first != first && hint->first && !any_first))
				set->words[w] &= ~(left & -left);
		}
}

/* Adds the rules about the real program, if its name or path differs from the program's. */
static void find_real(const struct policy_index *index, const struct program_links *links,
	const struct candidate *s, struct rule_set *set)
{
	const char *path = s->executable.path;

	if (candidate_other_name(&s->executable, &s->real)) {
		find_program(index, &s->real, set);
		find_links(index, links, s->real.name, set);
	} else if (s->real.path && (!path || strcmp(path, s->real.path) != 0)) {
		find_text(&index->paths, s->real.path, set);
	}
}

void policy_index_find(const struct policy_index *index, const struct program_links *links,
	const struct candidate *s, struct rule_set *ret)
{
	*ret = (struct rule_set){ 0 };
	if (s->form == CANDIDATE_COMMAND)
		find_wrapped(index, &s->executable, ret);
	else
		find_program(index, &s->executable, ret);
	find_links(index, links, s->executable.name, ret);
	find_real(index, links, s, ret);
	for (size_t i = 0; s->wrapped && i < s->n_words; i++) {
		if (!s->words[i].command)
			continue;
		find_wrapped(index, &s->words[i].program, ret);
		find_links(index, links, s->words[i].program.name, ret);
	}
	look_at_hints(index, s, ret);
}
