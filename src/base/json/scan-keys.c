/* SPDX-License-Identifier: ISC */

#include "base/json/scan-keys.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

/* Up to this number, keys are compared pairwise; more keys are sorted first. */
#define FEW_KEYS 24

void scan_keys_deinit(struct scan_keys *s)
{
	free(s->list);
	bytes_deinit(&s->unescaped);
}

static int compare_keys(const void *a, const void *b, void *all)
{
	const struct scan_key *ka = a, *kb = b;
	const struct scan_keys *s = all;

	if (ka->len != kb->len)
		return ka->len < kb->len ? -1 : 1;
	return memcmp(scan_key_text(s, ka), scan_key_text(s, kb), ka->len);
}

static bool are_same(const struct scan_keys *s, const struct scan_key *a, const struct scan_key *b)
{
	return a->len == b->len && memcmp(scan_key_text(s, a), scan_key_text(s, b), a->len) == 0;
}

/* Finds the first key that repeats an earlier one; NULL if there is none. */
static const struct scan_key *find_twice(
	const struct scan_keys *s, const struct scan_key *keys, size_t n)
{
	uint64_t seen = 0, bit;
	const char *text;

	/*
	 * Length, first and last character make a cheap filter: only keys that agree in it are
	 * compared.
	 */
	for (size_t i = 0; i < n; i++) {
		text = scan_key_text(s, &keys[i]);
		bit = keys[i].len == 0
			? 1
			: UINT64_C(1) << ((keys[i].len * 7 + (unsigned char)text[0] * 5
						  + (unsigned char)text[keys[i].len - 1])
				  % 64);
		for (size_t j = 0; (seen & bit) && j < i; j++)
			if (are_same(s, &keys[i], &keys[j]))
				return &keys[i];
		seen |= bit;
	}
	return NULL;
}

/* The same for many keys, by sorting them. */
static const struct scan_key *sort_for_twice(struct scan_keys *s, struct scan_key *keys, size_t n)
{
	qsort_r(keys, n, sizeof(*keys), compare_keys, s);
	for (size_t i = 1; i < n; i++)
		if (compare_keys(&keys[i - 1], &keys[i], s) == 0)
			return keys[i - 1].offset > keys[i].offset ? &keys[i - 1] : &keys[i];
	return NULL;
}

const struct scan_key *scan_keys_close(struct scan_keys *s, size_t first, size_t unescaped)
{
	const size_t n = s->n - first;
	const struct scan_key *twice;

	twice = n > FEW_KEYS ? sort_for_twice(s, s->list + first, n)
			     : find_twice(s, s->list + first, n);
	s->n = first;
	if (s->unescaped.len > unescaped)
		bytes_truncate(&s->unescaped, unescaped);
	return twice;
}
