/* SPDX-License-Identifier: ISC */

/* Counters of security keys. */

#include "gate/approval/sk-counters.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/notation.h"
#include "base/sha256.h"

void sk_counters_deinit(struct sk_counters *c)
{
	free(c->uses);
	*c = (struct sk_counters){ 0 };
}

static struct sk_use *find(const struct sk_counters *c, const uint8_t *id)
{
	for (size_t i = 0; i < c->n; i++)
		if (memcmp(c->uses[i].id, id, SK_COUNTERS_ID_LEN) == 0)
			return &c->uses[i];
	return NULL;
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

bool sk_counters_allow_nonce(
	const struct sk_counters *c, const void *nonce, size_t len, struct sk_use *ret)
{
	struct sk_use use = { .made = true, .counter = 1 };
	struct sha256 hash;

	/* No key is hashed with this beginning: a key is 32 bytes and then its application. */
	sha256_init(&hash);
	sha256_update(&hash, "nonce", 5);
	sha256_update(&hash, nonce, len);
	sha256_final(&hash, use.id);
	if (find(c, use.id))
		return false;

	*ret = use;
	return true;
}

int sk_counters_note(struct sk_counters *c, const struct sk_use *use)
{
	struct sk_use *at = find(c, use->id), *more;
	size_t size = c->size ? 2 * c->size : 16;

	if (!at && c->n == c->size) {
		more = reallocarray(c->uses, size, sizeof(*more));
		if (!more)
			return -ENOMEM;
		c->uses = more;
		c->size = size;
	}
	if (!at)
		at = &c->uses[c->n++];
	*at = *use;
	return 0;
}

int sk_counters_print(const struct sk_counters *c, struct bytes *b)
{
	char id[2 * SK_COUNTERS_ID_LEN + 1];
	int r = 0;

	for (size_t i = 0; r >= 0 && i < c->n; i++) {
		notation_hex(c->uses[i].id, SK_COUNTERS_ID_LEN, id);
		r = bytes_appendf(b, "%s %lu\n", id, (unsigned long)c->uses[i].counter);
	}
	return r;
}

int sk_counters_parse(struct sk_counters *c, const char *text, size_t len)
{
	const size_t id_len = (size_t)2 * SK_COUNTERS_ID_LEN;
	const char *end;
	char number[16];
	size_t digits;
	int r;

	for (const char *at = text; at < text + len; at = end + 1) {
		struct sk_use use = { .made = true };
		uint64_t counter;

		end = memchr(at, '\n', (size_t)(text + len - at));
		if (!end || (size_t)(end - at) < id_len + 2 || at[id_len] != ' ')
			return SK_COUNTERS_MALFORMED;
		digits = (size_t)(end - at) - id_len - 1;
		if (digits >= sizeof(number))
			return SK_COUNTERS_MALFORMED;
		memcpy(number, at + id_len + 1, digits);
		number[digits] = '\0';
		if (notation_parse_hex(at, id_len, use.id, sizeof(use.id)) < 0
			|| notation_parse_number(number, 1, UINT32_MAX, &counter) < 0
			|| find(c, use.id))
			return SK_COUNTERS_MALFORMED;

		use.counter = (uint32_t)counter;
		r = sk_counters_note(c, &use);
		if (r < 0)
			return r;
	}
	return 0;
}
