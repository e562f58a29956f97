/* SPDX-License-Identifier: ISC */
#pragma once

/*
 * The last accepted count of each security key. A count that does not grow comes from a copy of the
 * key, or from an older signature. Nonces that were used are kept among them. Embedded:
 * sk_counters_init(), sk_counters_deinit().
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/bytes.h"
#include "base/cleanup.h"
#include "gate/approval/sshsig.h"

#define SK_COUNTERS_ID_LEN 32

/* A use of a key, to be noted. */
struct sk_use {
	bool made;
	uint8_t id[SK_COUNTERS_ID_LEN]; /* of the key */
	uint32_t counter;
};

struct sk_counters {
	struct sk_use *uses;
	size_t n, size;
};

void sk_counters_deinit(struct sk_counters *c);

/* Whether the count may follow the last one. 0 means that the key doesn't count. */
bool sk_counters_allow(const struct sk_counters *c, const struct sshsig *s, struct sk_use *ret);

/* Whether this nonce was never used; then it is to be noted like the use of a key. */
bool sk_counters_allow_nonce(
	const struct sk_counters *c, const void *nonce, size_t len, struct sk_use *ret);

/* Notes a use. Error: -ENOMEM. */
int sk_counters_note(struct sk_counters *c, const struct sk_use *use);

/* The text is invalid. */
enum { SK_COUNTERS_MALFORMED = 1 };

/* Print and parse the file's text: one line per key. */
int sk_counters_print(const struct sk_counters *c, struct bytes *b);
int sk_counters_parse(struct sk_counters *c, const char *text, size_t len);
