/* SPDX-License-Identifier: ISC */

/* A plain list: there are few entries, as each lives an hour. */

#include "gate/runner/uses.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/notation.h"
#include "gate/limits.h"

#define HEAD "firma.runner-uses.v1 "
#define HEX ((size_t)2 * SHA256_LEN)

void runner_uses_deinit(struct runner_uses *u)
{
	free(u->uses);
	*u = (struct runner_uses){ 0 };
}

static const struct runner_use *find(const struct runner_uses *u, const uint8_t *id)
{
	for (size_t i = 0; i < u->n; i++)
		if (memcmp(u->uses[i].id, id, SHA256_LEN) == 0)
			return &u->uses[i];
	return NULL;
}

/*
 * A token is accepted for LIMIT_RUNNER_SKEW after its expiry, and the clock may be set back by the
 * same time.
 */
static bool is_over(const struct runner_use *use, uint64_t now)
{
	return use->until + (uint64_t)2 * LIMIT_RUNNER_SKEW < now;
}

static bool has_room(const struct runner_uses *u, uint64_t now)
{
	size_t kept = 0;

	for (size_t i = 0; i < u->n; i++)
		kept += !is_over(&u->uses[i], now);
	return kept < LIMIT_RUNNER_USES;
}

enum runner_refusal runner_uses_judge(
	const struct runner_uses *u, const struct runner_use *use, bool once, uint64_t now)
{
	const struct runner_use *found = find(u, use->id);

	if (now + LIMIT_RUNNER_SKEW < u->seen)
		return RUNNER_CLOCK;
	if (!found)
		return has_room(u, now) ? RUNNER_FINE : RUNNER_NO_ROOM;
	if (once)
		return RUNNER_NONCE_USED;
	return found->uid == use->uid && memcmp(found->question, use->question, SHA256_LEN) == 0
		? RUNNER_FINE
		: RUNNER_USED;
}

static void forget(struct runner_uses *u, uint64_t now)
{
	size_t kept = 0;

	for (size_t i = 0; i < u->n; i++)
		if (!is_over(&u->uses[i], now))
			u->uses[kept++] = u->uses[i];
	u->n = kept;
}

static int add(struct runner_uses *u, const struct runner_use *use)
{
	if (ARRAY_RESERVE(&u->uses, u->n, &u->size) < 0)
		return -ENOMEM;
	u->uses[u->n++] = *use;
	return 0;
}

int runner_uses_note(struct runner_uses *u, const struct runner_use *use, uint64_t now)
{
	int r;

	if (find(u, use->id))
		return false;
	forget(u, now);
	r = add(u, use);
	if (r < 0)
		return r;
	if (now > u->seen)
		u->seen = now;
	return true;
}

int runner_uses_print(const struct runner_uses *u, struct bytes *b)
{
	char id[HEX + 1], question[HEX + 1];

	bytes_appendf(b, HEAD "%" PRIu64 "\n", u->seen);
	for (size_t i = 0; i < u->n; i++) {
		notation_hex(u->uses[i].id, SHA256_LEN, id);
		notation_hex(u->uses[i].question, SHA256_LEN, question);
		bytes_appendf(b, "%s %s %u %" PRIu64 "\n", id, question,
			(unsigned int)u->uses[i].uid, u->uses[i].until);
	}
	return bytes_error(b);
}

/* Parses the decimal number between `text` and `end`. */
static bool parse_number(const char *text, const char *end, uint64_t max, uint64_t *ret)
{
	char number[24];

	if (end <= text || (size_t)(end - text) >= sizeof(number))
		return false;
	memcpy(number, text, (size_t)(end - text));
	number[end - text] = '\0';
	return notation_parse_number(number, 0, max, ret) >= 0;
}

static bool parse_line(const char *at, const char *end, struct runner_use *ret)
{
	const char *blank;
	uint64_t uid;

	if ((size_t)(end - at) < 2 * HEX + 5 || at[HEX] != ' ' || at[2 * HEX + 1] != ' '
		|| notation_parse_hex(at, HEX, ret->id, SHA256_LEN) < 0
		|| notation_parse_hex(at + HEX + 1, HEX, ret->question, SHA256_LEN) < 0)
		return false;

	at += 2 * HEX + 2;
	blank = memchr(at, ' ', (size_t)(end - at));
	if (!blank || !parse_number(at, blank, UINT32_MAX, &uid))
		return false;
	ret->uid = (uid_t)uid;
	return parse_number(blank + 1, end, UINT64_MAX / 2, &ret->until);
}

int runner_uses_parse(struct runner_uses *u, const char *text, size_t len)
{
	const size_t head = strlen(HEAD);
	const char *end = memchr(text, '\n', len);
	struct runner_use use;
	int r;

	if (!end || (size_t)(end - text) < head || memcmp(text, HEAD, head) != 0
		|| !parse_number(text + head, end, UINT64_MAX / 2, &u->seen))
		return RUNNER_USES_MALFORMED;

	for (const char *at = end + 1; at < text + len; at = end + 1) {
		end = memchr(at, '\n', (size_t)(text + len - at));
		if (!end || !parse_line(at, end, &use) || find(u, use.id))
			return RUNNER_USES_MALFORMED;
		r = add(u, &use);
		if (r < 0)
			return r;
	}
	return 0;
}
