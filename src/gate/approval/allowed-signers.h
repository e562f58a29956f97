/* SPDX-License-Identifier: ISC */
#pragma once

/*
 * The people who may approve with a key: a subset of OpenSSH's allowed signers file
 * (ssh-keygen(1)). A line names one principal, without patterns, and one key of a type that
 * gate/approval/sshsig knows; a key may stand in one line only. The options `namespaces`,
 * `valid-after` and `valid-before` are accepted. Anything else is a fault, reported with its line
 * number: a line that is silently dropped or misread would change who may approve.
 *
 * allowed_signers_parse(), then allowed_signers_judge(); the strings belong to the list.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/bytes.h"
#include "base/cleanup.h"
#include "gate/approval/sshsig.h"

#define ALLOWED_SIGNERS_NO_END UINT64_MAX

struct allowed_signer {
	const char *principal;
	const char *namespaces; /* patterns, separated by commas; NULL: all */
	uint64_t valid_after;   /* seconds since 1970, both included */
	uint64_t valid_before;  /* ALLOWED_SIGNERS_NO_END: no end */
	unsigned int line;
	struct sshsig_key key;
};

struct allowed_signers;

/* The file has a fault. */
enum { ALLOWED_SIGNERS_FAULTY = 1 };

/*
 * Returns 0, -ENOMEM, or ALLOWED_SIGNERS_FAULTY with "LINE: fault" of the first faulty line
 * appended to `why`.
 */
int allowed_signers_parse(
	const char *text, size_t len, struct bytes *why, struct allowed_signers **ret);
void allowed_signers_free(struct allowed_signers *list);
DEFINE_CLEANUP(struct allowed_signers *, allowed_signers_free)

size_t allowed_signers_count(const struct allowed_signers *list);
const struct allowed_signer *allowed_signers_at(const struct allowed_signers *list, size_t i);

/* The result of looking up a key in the list. */
enum signer_standing {
	SIGNER_GOOD,
	SIGNER_UNKNOWN,
	SIGNER_OTHER_NAMESPACE,
	SIGNER_NOT_YET,
	SIGNER_EXPIRED,
};

/* A sentence without its full stop. */
const char *signer_standing_text(enum signer_standing standing);

/* `wall`: seconds since 1970. *ret is the key's line; NULL if there is none. */
enum signer_standing allowed_signers_judge(const struct allowed_signers *list,
	const struct sshsig_key *key, const char *name_space, uint64_t wall,
	const struct allowed_signer **ret);
