/* SPDX-License-Identifier: ISC */
#pragma once

/*
 * The tokens and nonces of runners that were used, each bound to the user and the question of its
 * first use; and the latest time that was seen. An entry is kept until its token has expired. While
 * the clock shows an earlier time than that, nothing is accepted: an entry that is needed again may
 * have been forgotten. Embedded: zeroed, then runner_uses_deinit(). Times: s since 1970.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/bytes.h"
#include "base/sha256.h"
#include "gate/runner/refusal.h"

struct runner_use {
	uint8_t id[SHA256_LEN]; /* of the token, or the nonce */
	uint8_t question[SHA256_LEN];
	uid_t uid;
	uint64_t until; /* it is valid until then */
};

struct runner_uses {
	struct runner_use *uses;
	size_t n, size;
	uint64_t seen; /* the latest time */
};

void runner_uses_deinit(struct runner_uses *u);

/*
 * Returns RUNNER_FINE if the ID was not used, or, unless `once`, was used by the same user for the
 * same question; otherwise why it can't be used.
 */
enum runner_refusal runner_uses_judge(
	const struct runner_uses *u, const struct runner_use *use, bool once, uint64_t now);

/* Notes a use that was judged fine. Returns whether anything has changed, or -ENOMEM. */
int runner_uses_note(struct runner_uses *u, const struct runner_use *use, uint64_t now);

/* The text is invalid. */
enum { RUNNER_USES_MALFORMED = 1 };

/* Print and parse the file's text. Errors: those of bytes_append(). */
int runner_uses_print(const struct runner_uses *u, struct bytes *b);
int runner_uses_parse(struct runner_uses *u, const char *text, size_t len);
