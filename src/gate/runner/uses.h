/* SPDX-License-Identifier: ISC */
#pragma once

/*
 * The runners' tokens and nonces that were used, each bound to the user and the question of its
 * first use, and the latest time that was seen. An entry is kept until its token has expired. If
 * the clock is set back, nothing is accepted: an entry may have been forgotten. Embedded: zeroed,
 * runner_uses_deinit(). Times: s since 1970.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/bytes.h"
#include "base/sha256.h"
#include "gate/runner/refusal.h"

struct runner_use {
	uint8_t id[SHA256_LEN]; /* of the token */
	uint8_t question[SHA256_LEN];
	uid_t uid;
	uint64_t until; /* the token's end */
};

struct runner_uses {
	struct runner_use *uses;
	size_t n, size;
	uint64_t seen;
};

void runner_uses_deinit(struct runner_uses *u);

/*
 * RUNNER_FINE, also for the use that is noted already unless `once`; or why the token, or the
 * nonce, can't be used.
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
