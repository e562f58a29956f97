/* SPDX-License-Identifier: ISC */

/* Counters of security keys, and used nonces. */

#include "gate/approval/sk-counters.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/notation.h"
#include "base/sha256.h"
#include "gate/limits.h"

/* The first line of the file has this word and a time, if a nonce was ever forgotten. */
#define FORGOTTEN "forgotten "

static const char *const standings[] = {
	[NONCE_GOOD] = "the signature is good",
	[NONCE_USED] = "the signature was used before",
	[NONCE_OLD] =
		"the signature is too old to tell whether it was used: the clock was set back",
	[NONCE_NO_ROOM] = "too many signatures were used in the last minutes: try again later",
};

const char *nonce_standing_text(enum nonce_standing standing)
{
	return standings[standing];
}

void sk_counters_deinit(struct sk_counters *c)
{
	free(c->uses);
	*c = (struct sk_counters){ 0 };
}

/* The index of the first entry whose ID is not smaller. */
static size_t lower_bound(const struct sk_counters *c, const uint8_t *id)
{
	size_t low = 0, high = c->n, mid;

	while (low < high) {
		mid = low + (high - low) / 2;
		if (memcmp(c->uses[mid].id, id, SK_COUNTERS_ID_LEN) < 0)
			low = mid + 1;
		else
			high = mid;
	}
	return low;
}

static bool is_at(const struct sk_counters *c, size_t i, const uint8_t *id)
{
	return i < c->n && memcmp(c->uses[i].id, id, SK_COUNTERS_ID_LEN) == 0;
}

static const struct sk_use *find(const struct sk_counters *c, const uint8_t *id)
{
	size_t i = lower_bound(c, id);

	return is_at(c, i, id) ? &c->uses[i] : NULL;
}

bool sk_counters_allow(const struct sk_counters *c, const struct sshsig *s, struct sk_use *ret)
{
	struct sk_use use = { .made = true, .counter = s->counter };
	const struct sk_use *last;
	struct sha256 hash;

	*ret = (struct sk_use){ 0 };
	if (!s->key.security_key || s->counter == 0)
		return true;

	sha256_init(&hash);
	sha256_update(&hash, s->key.public, sizeof(s->key.public));
	sha256_update(&hash, s->key.application, strlen(s->key.application));
	sha256_final(&hash, use.id);
	last = find(c, use.id);
	if (last && last->counter >= use.counter)
		return false;

	*ret = use;
	return true;
}

static bool is_forgettable(const struct sk_use *use, uint64_t forget_ms)
{
	return use->time_ms > 0 && use->time_ms < forget_ms;
}

static bool has_room(const struct sk_counters *c, uint64_t forget_ms)
{
	size_t kept = 0;

	for (size_t i = 0; i < c->n; i++)
		kept += !is_forgettable(&c->uses[i], forget_ms);
	return kept < LIMIT_COUNTERS;
}

enum nonce_standing sk_counters_allow_nonce(const struct sk_counters *c, const void *nonce,
	size_t len, uint64_t time_ms, uint64_t now_ms, struct sk_use *ret)
{
	const uint64_t kept_ms = 2 * LIMIT_SIGNED_TIME_MS;
	struct sk_use use = {
		.made = true,
		.counter = 1,
		.time_ms = time_ms,
		.forget_ms = now_ms > kept_ms ? now_ms - kept_ms : 0,
	};
	struct sha256 hash;

	/*
	 * A nonce never has the hash of a key: what is hashed of a key begins with 32 bytes, and
	 * then the application.
	 */
	sha256_init(&hash);
	sha256_update(&hash, "nonce", 5);
	sha256_update(&hash, nonce, len);
	sha256_final(&hash, use.id);
	if (find(c, use.id))
		return NONCE_USED;
	if (time_ms <= c->forgotten_ms)
		return NONCE_OLD;
	if (!has_room(c, use.forget_ms))
		return NONCE_NO_ROOM;

	*ret = use;
	return NONCE_GOOD;
}

static void forget(struct sk_counters *c, uint64_t forget_ms)
{
	size_t kept = 0;

	for (size_t i = 0; i < c->n; i++) {
		const struct sk_use *use = &c->uses[i];

		if (!is_forgettable(use, forget_ms))
			c->uses[kept++] = *use;
		else if (use->time_ms > c->forgotten_ms)
			c->forgotten_ms = use->time_ms;
	}
	c->n = kept;
}

int sk_counters_note(struct sk_counters *c, const struct sk_use *use)
{
	size_t at;
	int r;

	forget(c, use->forget_ms);
	at = lower_bound(c, use->id);
	if (!is_at(c, at, use->id)) {
		r = ARRAY_RESERVE(&c->uses, c->n, &c->size);
		if (r < 0)
			return r;
		memmove(&c->uses[at + 1], &c->uses[at], (c->n - at) * sizeof(*c->uses));
		c->n++;
	}
	c->uses[at] = *use;
	return 0;
}

int sk_counters_print(const struct sk_counters *c, struct bytes *b)
{
	char id[2 * SK_COUNTERS_ID_LEN + 1];

	if (c->forgotten_ms > 0)
		bytes_appendf(b, FORGOTTEN "%" PRIu64 "\n", c->forgotten_ms);
	for (size_t i = 0; i < c->n; i++) {
		const struct sk_use *use = &c->uses[i];

		notation_hex(use->id, SK_COUNTERS_ID_LEN, id);
		bytes_appendf(b, "%s %" PRIu32, id, use->counter);
		if (use->time_ms > 0)
			bytes_appendf(b, " %" PRIu64, use->time_ms);
		bytes_append_str(b, "\n");
	}
	return bytes_error(b);
}

/* A decimal number that takes up the whole of `text`. */
static int parse_number(const char *text, size_t len, uint64_t max, uint64_t *ret)
{
	char number[24];

	if (len >= sizeof(number))
		return -EINVAL;
	memcpy(number, text, len);
	number[len] = '\0';
	return notation_parse_number(number, 1, max, ret);
}

static bool parse_line(const char *at, const char *end, struct sk_use *ret)
{
	const size_t id_len = (size_t)2 * SK_COUNTERS_ID_LEN;
	const char *blank;
	uint64_t counter;

	*ret = (struct sk_use){ .made = true };
	if ((size_t)(end - at) < id_len + 2 || at[id_len] != ' '
		|| notation_parse_hex(at, id_len, ret->id, sizeof(ret->id)) < 0)
		return false;

	at += id_len + 1;
	blank = memchr(at, ' ', (size_t)(end - at));
	if (parse_number(at, (size_t)((blank ? blank : end) - at), UINT32_MAX, &counter) < 0)
		return false;
	ret->counter = (uint32_t)counter;
	return !blank
		|| parse_number(blank + 1, (size_t)(end - blank - 1), UINT64_MAX, &ret->time_ms)
		>= 0;
}

static int compare_ids(const void *a, const void *b)
{
	const struct sk_use *first = a, *second = b;

	return memcmp(first->id, second->id, SK_COUNTERS_ID_LEN);
}

int sk_counters_parse(struct sk_counters *c, const char *text, size_t len)
{
	const size_t word = strlen(FORGOTTEN);
	const char *end;
	int r;

	for (const char *at = text; at < text + len; at = end + 1) {
		end = memchr(at, '\n', (size_t)(text + len - at));
		if (!end)
			return SK_COUNTERS_MALFORMED;
		if (at == text && (size_t)(end - at) > word && memcmp(at, FORGOTTEN, word) == 0) {
			if (parse_number(at + word, (size_t)(end - at) - word, UINT64_MAX,
				    &c->forgotten_ms)
				< 0)
				return SK_COUNTERS_MALFORMED;
			continue;
		}

		r = ARRAY_RESERVE(&c->uses, c->n, &c->size);
		if (r < 0)
			return r;
		if (!parse_line(at, end, &c->uses[c->n]))
			return SK_COUNTERS_MALFORMED;
		c->n++;
	}

	/* Earlier versions did not sort the lines. */
	if (c->n > 1)
		qsort(c->uses, c->n, sizeof(*c->uses), compare_ids);
	for (size_t i = 1; i < c->n; i++)
		if (is_at(c, i, c->uses[i - 1].id))
			return SK_COUNTERS_MALFORMED;
	return 0;
}
