/* SPDX-License-Identifier: ISC */
#pragma once

/* Reading a policy from its file. */

#include <stdint.h>
#include <sys/stat.h>
#include <sys/types.h>

#include "gate/policy/policy.h"

#define POLICY_HASH_LEN 32

/* What a policy was read from. */
struct policy_source {
	struct stat st;                /* as it was before it was read; all zeros where it wasn't */
	uint8_t hash[POLICY_HASH_LEN]; /* SHA-256 of its text */
};

/* The text is that of `*source`. */
#define POLICY_SAME 2

/*
 * Reads the file at `path`, which must be absolute, nobody but root and `owner` may be able to
 * write, and on whose way nobody else may be able to change anything (see base/trust.h). Returns 0,
 * POLICY_FAULTY with `faults`, POLICY_SAME, or a negative errno where it is unknown what the file
 * holds: -ENOMEM, -EMFILE, -ENFILE, -EIO. Every other error is a fault. *source is what was read
 * last, and then what was read now.
 */
int policy_file_read(const char *path, uid_t owner, struct faults *faults,
	struct policy_source *source, struct policy **ret);

/*
 * The same for somebody who looks at a file that is not in force: one that others can write is a
 * fault, but is read on, and *ret is set where that was all. Where it could not be read at all, a
 * negative errno.
 */
int policy_file_check(const char *path, uid_t owner, struct faults *faults,
	struct policy_source *source, struct policy **ret);
