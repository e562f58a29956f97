/* SPDX-License-Identifier: ISC */
#pragma once

/*
 * The key sets of the issuers of a policy, and the keys of its signers. Each is a file that only
 * root and the daemon's user can write; it is read again if it has changed. A file that can't be
 * read, or is older than the policy allows, verifies nothing.
 */

#include "base/clock.h"
#include "gate/policy/faults.h"
#include "gate/runner/runners.h"
#include "ledger/evidence/key.h"

struct runner_keys;

/*
 * Where a file is that the policy at this absolute path names: a relative path begins at the
 * policy's directory. NULL if memory is exhausted.
 */
char *runner_keys_path(const char *policy, const char *path);

/*
 * Reads the key sets and keys. `credentials`: the directory of the service manager's credentials,
 * where a key's name without a slash is looked for first; or NULL. `policy`: the policy's absolute
 * path. `runners` may be NULL: *ret is then NULL. Returns 0, POLICY_FAULTY with `faults`, or
 * -ENOMEM. A key that is left out of a set is a warning.
 */
int runner_keys_new(const struct runners *runners, const char *policy, const char *credentials,
	uid_t owner, const struct clock_time *now, struct faults *faults, struct runner_keys **ret);
void runner_keys_free(struct runner_keys *keys);
DEFINE_CLEANUP(struct runner_keys *, runner_keys_free)

/* The current key set of an issuer; or why it verifies nothing, with `detail` appended. */
enum runner_refusal runner_keys_get(struct runner_keys *keys, size_t issuer,
	const struct clock_time *now, const struct jwks **ret, struct bytes *detail);

/* The current key of a signer; NULL with `detail` appended if it can't be read. */
const struct evidence_key *runner_keys_secret(struct runner_keys *keys, size_t signer,
	const struct clock_time *now, struct bytes *detail);

/* Appends "the key set is of TIME". */
void runner_keys_append_time(const struct runner_keys *keys, size_t issuer, struct bytes *b);
