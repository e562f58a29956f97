/* SPDX-License-Identifier: ISC */
#pragma once

/*
 * Entries of the allowlist for requests of the second contract. An entry's `pattern` is the kind,
 * such as "read", which matches no path; its `argPattern` binds all that an approval is bound to,
 * except the session.
 */

#include <stdbool.h>
#include <stddef.h>

#include "base/bytes.h"
#include "gate/invocation.h"
#include "gate/kind.h"
#include "gate/token/token.h"

/* "sha256:asked:v1:" and the hash, in hex. */
#define ALLOW_ASKED_PREFIX "sha256:asked:v1:"
#define ALLOW_ASKED_LEN (sizeof(ALLOW_ASKED_PREFIX) - 1 + 64)

/* Whether policies have rules about the kind, which can let an answer be remembered. */
bool allow_asked_is_possible(enum kind kind);

/* The kind of such an entry; KINDS if the pattern is no such kind. */
enum kind allow_asked_kind(const char *pattern);

/*
 * Appends what an entry is bound to, each as "NAME=VALUE" and NUL, in the order of the fields.
 * Error: -ENOMEM.
 */
int allow_asked_list(const struct invocation *asked, struct bytes *ret, size_t *ret_n);

/* Writes the hash of the kind and this list, in the form of `argPattern`. */
void allow_asked_bind(
	enum kind kind, const char *list, size_t n, char ret[static ALLOW_ASKED_LEN + 1]);

/*
 * Why no entry can be made from a token of the second contract; NULL if one can. What a person has
 * not seen can't be allowed for good.
 */
const char *allow_asked_fault(const struct token *token);
