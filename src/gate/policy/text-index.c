/* SPDX-License-Identifier: ISC */

/*
 * Entries are sorted by key, so that keys with a common beginning are adjacent. A lookup follows
 * the text byte by byte, and each byte narrows the range. An entry matches if its key ends there.
 */

#include "gate/policy/text-index.h"

#include <errno.h>
#include <stdlib.h>

int text_index_reserve(struct text_index *index, size_t n)
{
	const size_t wanted = index->n + n;
	const size_t size = wanted > index->size * 2 ? wanted : index->size * 2;
	struct text_index_entry *grown;

	if (wanted <= index->size)
		return 0;
	grown = realloc(index->entries, size * sizeof(*grown));
	if (!grown)
		return -ENOMEM;
	index->entries = grown;
	index->size = size;
	return 0;
}

void text_index_add(struct text_index *index, const char *key, size_t len, bool whole, size_t rule)
{
	index->entries[index->n++] = (struct text_index_entry){
		.key = key,
		.len = len,
		.whole = whole,
		.rule = (uint32_t)rule,
	};
}

/* The byte at a distance from where comparing begins. */
static unsigned int byte_at(const struct text_index *index, const char *text, size_t len, size_t at)
{
	const unsigned char c = (unsigned char)text[index->backwards ? len - 1 - at : at];

	return index->any_case && c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c;
}

static int compare_entries(const void *a, const void *b, void *userdata)
{
	const struct text_index_entry *x = a, *y = b;
	const struct text_index *index = userdata;
	unsigned int p, q;

	for (size_t at = 0; at < x->len && at < y->len; at++) {
		p = byte_at(index, x->key, x->len, at);
		q = byte_at(index, y->key, y->len, at);
		if (p != q)
			return p < q ? -1 : 1;
	}
	return (x->len > y->len) - (x->len < y->len);
}

void text_index_sort(struct text_index *index)
{
	const struct text_index_entry *entry = index->entries;
	size_t i = 0;

	if (index->n > 0)
		qsort_r(index->entries, index->n, sizeof(*index->entries), compare_entries, index);
	for (unsigned int byte = 0; byte <= 256; byte++) {
		for (; i < index->n; i++, entry++)
			if (entry->len > 0 && byte_at(index, entry->key, entry->len, 0) >= byte)
				break;
		index->first[byte] = (uint32_t)i;
	}
}

void text_index_deinit(struct text_index *index)
{
	free(index->entries);
	index->entries = NULL;
}

static unsigned int entry_byte(const struct text_index *index, size_t i, size_t at)
{
	return byte_at(index, index->entries[i].key, index->entries[i].len, at);
}

/*
 * The first entry in the range whose byte at `at` is at least `byte`; all keys there are longer
 * than `at`.
 */
static size_t find_byte(
	const struct text_index *index, size_t low, size_t high, size_t at, unsigned int byte)
{
	size_t middle;

	while (low < high) {
		middle = low + (high - low) / 2;
		if (entry_byte(index, middle, at) < byte)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

struct range {
	size_t low, high;
};

/* The entries of the range whose byte at `at` is this one. Most begin alike, so its ends may tell.
 */
static struct range narrow(
	const struct text_index *index, struct range r, size_t at, unsigned int byte)
{
	const unsigned int first = entry_byte(index, r.low, at);
	const unsigned int last = entry_byte(index, r.high - 1, at);

	if (first > byte || last < byte)
		return (struct range){ 0 };
	if (first < byte)
		r.low = find_byte(index, r.low, r.high, at, byte);
	if (last > byte)
		r.high = find_byte(index, r.low, r.high, at, byte + 1U);
	return r;
}

/* Adds the rules of entries whose key ends here; the range is then of the others. */
static size_t add_ending(const struct text_index *index, struct range r, size_t at, bool at_end,
	struct rule_set *set)
{
	const struct text_index_entry *entry;

	for (; r.low < r.high; r.low++) {
		entry = &index->entries[r.low];
		if (entry->len != at)
			break;
		if (!entry->whole || at_end)
			rule_set_add(set, entry->rule);
	}
	return r.low;
}

void text_index_find(
	const struct text_index *index, const char *text, size_t len, struct rule_set *set)
{
	struct range r = { 0, index->n };
	unsigned int byte;

	for (size_t at = 0;; at++) {
		r.low = add_ending(index, r, at, at == len, set);
		if (r.low == r.high || at == len)
			return;

		byte = byte_at(index, text, len, at);
		r = at == 0 ? (struct range){ index->first[byte], index->first[byte + 1] }
			    : narrow(index, r, at, byte);
	}
}
