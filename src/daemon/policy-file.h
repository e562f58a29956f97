/* SPDX-License-Identifier: ISC */
#pragma once

/* Reading a policy from its file. */

#include <stdint.h>
#include <sys/stat.h>
#include <sys/types.h>

#include "gate/policy/policy.h"

#define POLICY_HASH_LEN 32

/* The file that a policy was read from. */
struct policy_source {
	struct stat st;                /* before the file was read; zeros: not read */
	uint8_t hash[POLICY_HASH_LEN]; /* SHA-256 of its text */
};

/* The text is the same as that of `*source`; it was not parsed. */
enum { POLICY_SAME = POLICY_FAULTY + 1 };

/*
 * Reads the file at `path`, which must be absolute. Only root and `owner` may be able to write the
 * file, or to change a directory on its path (see base/trust.h). `*source` is in and out: the file
 * that was read last, then the one read now. Returns 0, POLICY_FAULTY with `faults`, POLICY_SAME,
 * or -ENOMEM, -EMFILE, -ENFILE or -EIO if the file's content is unknown. Every other error is a
 * fault.
 */
int policy_file_read(const char *path, uid_t owner, struct faults *faults,
	struct policy_source *source, struct policy **ret);

/*
 * Reads a file that is only checked, not put in force. If others can write the file, that is a
 * fault, but the file is still parsed, and *ret is set if there is no other fault. Negative errno
 * if the file could not be read.
 */
int policy_file_check(const char *path, uid_t owner, struct faults *faults,
	struct policy_source *source, struct policy **ret);
