/* SPDX-License-Identifier: ISC */
#pragma once

/*
 * Entries that are added to the allowlist with a key (namespace firma.allow.v1). The signature is
 * verified when it comes. Whether the entry counts is asked each time that it would allow
 * something: the key must still be listed, and what the rules in force demand must be met by that
 * one signer.
 */

#include "gate/decide-input.h"
#include "gate/verdict.h"

/* What a good signature says. The strings belong to the list of approvers and to the object. */
struct addition_signer {
	struct allow_signer signer;
	struct bytes key;
};

/* Starts as { .key = BYTES_PRINTED }. */
void addition_signer_deinit(struct addition_signer *s);

/*
 * Whether the request's signature is good: then the verdict has its proof, and notes that it was
 * used. If not, the verdict says why.
 */
bool decide_addition_take(
	const struct decide_input *in, struct verdict *v, struct addition_signer *ret);

/* Whether an entry with a signer counts for this request. */
bool decide_addition_holds(
	const struct decide_input *in, const struct allow_entry *entry, struct verdict *v);
