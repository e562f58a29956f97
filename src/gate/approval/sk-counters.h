/* SPDX-License-Identifier: ISC */
#pragma once

/*
 * The last accepted count of each security key. A count that does not grow comes from a copy of the
 * key, or from an older signature. Embedded: zeroed, sk_counters_deinit().
 *
 * Nonces that were used are kept among them, each with the time that was signed with it. When a
 * nonce is noted, those of long ago are forgotten. `forgotten_ms` is the newest time among all that
 * were ever forgotten: a signature that is not newer is refused, so it can't be used twice after
 * the clock was set back.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/bytes.h"
#include "base/cleanup.h"
#include "gate/approval/sshsig.h"

#define SK_COUNTERS_ID_LEN 32

/* A use of a key or nonce, to be noted. */
struct sk_use {
	bool made;
	uint8_t id[SK_COUNTERS_ID_LEN]; /* of the key, or of the nonce */
	uint32_t counter;
	uint64_t time_ms;   /* of a nonce: its signature's time; 0: never forgotten */
	uint64_t forget_ms; /* when this is noted, nonces of an earlier time are forgotten */
};

struct sk_counters {
	struct sk_use *uses; /* sorted by ID */
	size_t n, size;
	uint64_t forgotten_ms;
};

void sk_counters_deinit(struct sk_counters *c);

/* Whether the count may follow the last one. 0 means that the key doesn't count. */
bool sk_counters_allow(const struct sk_counters *c, const struct sshsig *s, struct sk_use *ret);

/* Result of sk_counters_allow_nonce(). */
enum nonce_standing {
	NONCE_GOOD,
	NONCE_USED,
	NONCE_OLD,     /* it may have been used and forgotten */
	NONCE_NO_ROOM, /* LIMIT_COUNTERS */
};

/* A sentence without its full stop. */
const char *nonce_standing_text(enum nonce_standing standing);

/* If the nonce is good, it is to be noted like the use of a key. Times: ms since 1970. */
enum nonce_standing sk_counters_allow_nonce(const struct sk_counters *c, const void *nonce,
	size_t len, uint64_t time_ms, uint64_t now_ms, struct sk_use *ret);

/* Notes a use. Error: -ENOMEM. */
int sk_counters_note(struct sk_counters *c, const struct sk_use *use);

/* The text is invalid. */
enum { SK_COUNTERS_MALFORMED = 1 };

/*
 * Print and parse the file's text: a line per key or nonce. A line without a time is of a key, or
 * of a nonce that an earlier version noted. Nothing tells them apart, so both are kept for good.
 */
int sk_counters_print(const struct sk_counters *c, struct bytes *b);
int sk_counters_parse(struct sk_counters *c, const char *text, size_t len);
