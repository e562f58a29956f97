/* SPDX-License-Identifier: ISC */
#pragma once

/* The lines that operators get before the outcome: tokens and allowlist entries. */

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/bytes.h"
#include "daemon/resources.h"
#include "gate/token/token.h"
#include "ledger/allowlist/allowlist-file.h"
#include "ledger/store/store.h"

/*
 * All functions append whole lines to `b`. Errors: those of bytes_append(). How far approvals have
 * come is matched with the rules within a budget of steps, one for a whole view; for the tokens
 * after that it is not known.
 */

/* One line for each token; TOKEN_ABSENT: in any state. */
int view_list(const struct resources *res, enum token_state state, const struct moment *now,
	struct bytes *b);

/* The same for this uid's own tokens, without who has approved them. */
int view_own(const struct resources *res, uid_t uid, enum token_state state,
	const struct moment *now, struct bytes *b);

/* For watchers: a token's latest change (`extended`: it lives longer), and all pending tokens. */
int view_event(const struct resources *res, const struct token *token, bool extended,
	const uid_t *by, const struct moment *now, struct bytes *b);
int view_pending(const struct resources *res, const struct moment *now, struct bytes *b);

/* Nothing if there is no such token. */
int view_show(const struct resources *res, const uint8_t id[static TOKEN_ID_LEN],
	const struct moment *now, bool to_sign, struct bytes *b);

/* A token's receipt (ledger/evidence/receipt). RECEIPT_NONE: the log does not have it. */
int view_receipt(
	const struct resources *res, const uint8_t id[static TOKEN_ID_LEN], struct bytes *b);

/* One line for each entry. */
int view_allowlist(const struct allowlist_file *allowlist, struct bytes *b);

/* The segment of the log of evidence that was closed last. */
int view_segment(const struct evidence *e, struct bytes *b);

/* The recorded entry that equals `entry`. */
int view_allow_entry(
	const struct allowlist_file *allowlist, const struct allow_entry *entry, struct bytes *b);
