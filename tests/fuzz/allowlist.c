/* SPDX-License-Identifier: ISC */

/*
 * Fuzzes the allowlist: what is read of a document, and what becomes of it when it is changed.
 *
 * What is read, and then written without a change, is the same text. With an entry added, that
 * entry is there, and so are all others, in the same words; without it again, they are those that
 * were there. With one left out, it alone is missing. Whatever was changed is read again. A request
 * that an entry allows fits that entry's pattern, and is not allowed when nothing is left of the
 * list.
 */

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "gate/allowlist/allowlist.h"
#include "gate/policy/glob.h"
#include "gate/policy/policy.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const uint8_t new_id[16] = "sixteen bytes id";
static const struct allow_clock clock_now_ = { .known = true, .boot = 5, .wall = 1000000 };

static void must(bool holds)
{
	if (!holds)
		abort();
}

/* As whoever writes the file does: what was made from a good one must be a good one. */
static struct allowlist *read_again(const struct bytes *text)
{
	cleanup(bytes_deinit) struct bytes why = BYTES_PRINTED;
	struct allowlist *list = NULL;

	must(allowlist_parse(bytes_str(text), text->len, &why, &list) == 0);
	return list;
}

static bool same_text(const struct allow_entry *a, const struct allow_entry *b)
{
	return a->len == b->len && memcmp(a->text, b->text, a->len) == 0
		&& strcmp(a->agent, b->agent) == 0;
}

/* Whether all entries of `a` but that one are those of `b`, in their order, and no others. */
static void must_be_same_but(const struct allowlist *a, size_t but, const struct allowlist *b)
{
	size_t k = 0;

	for (size_t i = 0; i < allowlist_size(a); i++)
		if (i != but)
			must(k < allowlist_size(b)
				&& same_text(allowlist_entry(a, i), allowlist_entry(b, k++)));
	must(k == allowlist_size(b));
}

static void try_print(const struct allowlist *list)
{
	cleanup(bytes_deinit) struct bytes b = BYTES_PRINTED;
	cleanup(allowlist_free_p) struct allowlist *again = NULL;
	const struct bytes *text = allowlist_text(list);

	if (!allowlist_clock(list)->known) {
		must(allowlist_print(list, NULL, NULL, NULL, NULL, &b) == 0);
		must(b.len == text->len && memcmp(bytes_str(&b), bytes_str(text), b.len) == 0);
		bytes_clear(&b);
	}
	must(allowlist_print(list, NULL, NULL, NULL, &clock_now_, &b) == 0);
	again = read_again(&b);
	must_be_same_but(list, SIZE_MAX, again);
	must(allowlist_clock(again)->wall == clock_now_.wall);
}

static void try_add(const struct allowlist *list, const char *agent)
{
	cleanup(bytes_deinit) struct bytes b = BYTES_PRINTED, why = BYTES_PRINTED;
	cleanup(allow_entry_free_p) struct allow_entry *entry = NULL;
	cleanup(allowlist_free_p) struct allowlist *again = NULL, *back = NULL;
	cleanup(free_p) bool *drop = NULL;
	const struct allow_entry *found;
	size_t at = 0;

	must(allow_entry_from_patterns(
		     &(struct addition){ .agent = agent, .pattern = "/opt/**/fuzz" },
		     "[\"**\",[\"a\",\"b*\"]]", 1001, NULL, new_id, 1000000, 2000000, &why, &entry)
		== 0);
	if (allowlist_find(list, "73697874-6565-6e20-6279-746573206964"))
		return;
	must(allowlist_print(list, NULL, entry, NULL, &clock_now_, &b) == 0);
	again = read_again(&b);
	must(allowlist_size(again) == allowlist_size(list) + 1);
	found = allowlist_find(again, entry->id);
	must(found && allow_entry_is_same(found, entry) && allow_entry_covers(found, entry));

	while (allowlist_entry(again, at) != found)
		at++;
	must_be_same_but(again, at, list);

	drop = calloc(allowlist_size(again), sizeof(*drop));
	must(drop);
	drop[at] = true;
	bytes_clear(&b);
	must(allowlist_print(again, drop, NULL, NULL, &clock_now_, &b) == 0);
	back = read_again(&b);
	must_be_same_but(list, SIZE_MAX, back);
}

/* Each by itself, and then all. */
static void try_drop(const struct allowlist *list)
{
	size_t n = allowlist_size(list);
	cleanup(free_p) bool *drop = calloc(n + 1, sizeof(*drop));
	cleanup(bytes_deinit) struct bytes b = BYTES_PRINTED;

	must(drop);
	for (size_t i = 0; i <= n && i < 64; i++) {
		cleanup(allowlist_free_p) struct allowlist *again = NULL;

		memset(drop, i == n, n);
		drop[i] = true;
		bytes_clear(&b);
		must(allowlist_print(list, drop, NULL, NULL, &clock_now_, &b) == 0);
		again = read_again(&b);
		if (i < n)
			must_be_same_but(list, i, again);
		else
			must(allowlist_size(again) == 0);
	}
}

/* One takes the place of each. */
static void try_replace(const struct allowlist *list)
{
	size_t n = allowlist_size(list);
	cleanup(free_p) bool *drop = calloc(n + 1, sizeof(*drop));

	must(drop);
	for (size_t i = 0; i < n && i < 16; i++) {
		const struct allow_entry *old = allowlist_entry(list, i);
		cleanup(bytes_deinit) struct bytes b = BYTES_PRINTED, why = BYTES_PRINTED;
		cleanup(allow_entry_free_p) struct allow_entry *entry = NULL;
		cleanup(allowlist_free_p) struct allowlist *again = NULL;

		memset(drop, 0, n);
		drop[i] = true;
		must(allow_entry_from_patterns(
			     &(struct addition){ .agent = old->agent, .pattern = "/opt/x" }, "[]",
			     1001, NULL, new_id, 1000000, ALLOW_FOREVER, &why, &entry)
			== 0);
		must(allowlist_print(list, drop, entry, old, &clock_now_, &b) == 0);
		again = read_again(&b);
		must(allowlist_size(again) == n && allowlist_find(again, old->id));
	}
}

/* Requests about the paths that the list itself has. */
static void try_match(const struct allowlist *list)
{
	static const char words[] = "a\0status";
	const struct asker asker = { .uid = 1000 };
	const struct allow_entry *found = NULL;
	struct request q = {
		.action = ACTION_EXEC,
		.asked.args.text = words,
		.asked.args.n = 2,
		.asked.args.len = sizeof(words),
		.asked.sandbox_id = "sbx",
		.asked.session_id = "s",
		.asked.profile = "p",
		.asked.cwd = "/work",
	};

	for (size_t i = 0; i < allowlist_size(list) && i < 64; i++) {
		q.asked.executable = allowlist_entry(list, i)->pattern;
		q.asked.agent_id = allowlist_entry(list, i)->agent;
		if (q.asked.executable[0] != '/' || glob_path_fault(q.asked.executable))
			continue;
		must(allowlist_match(
			     list, &q, &asker, false, true, policy_trusted(NULL), 1000000, &found)
			== 0);
		must(!found
			|| (glob_path(found->pattern, q.asked.executable) && !found->idle
				&& found->expires > 1000000 && found->by != asker.uid));
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	cleanup(bytes_deinit) struct bytes why = BYTES_PRINTED;
	cleanup(allowlist_free_p) struct allowlist *list = NULL;
	int r;

	r = allowlist_parse((const char *)data, size, &why, &list);
	if (r == ALLOWLIST_FAULTY) {
		must(why.len > 0);
		return 0;
	}
	must(r == 0 && why.len == 0);
	try_print(list);
	try_add(list, "a");
	try_add(list, "*");
	try_drop(list);
	try_replace(list);
	try_match(list);
	return 0;
}
