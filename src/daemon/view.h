/* SPDX-License-Identifier: ISC */
#pragma once

/* What operators are shown beside the outcome: the lines of tokens and of allowlist entries. */

#include <stddef.h>
#include <stdint.h>

#include "base/bytes.h"
#include "daemon/resources.h"
#include "gate/token/token.h"
#include "ledger/allowlist/allowlist-file.h"
#include "ledger/store/store.h"

/* All append whole lines. Errors: those of bytes_append(). */

/* One line a token; TOKEN_ABSENT for all states. */
int view_list(const struct store *store, enum token_state state, const struct moment *now,
	struct bytes *b);

/* What just became of a token, as those who watch hear of it; and what is pending, likewise. */
int view_event(const struct resources *res, const struct token *token, const uid_t *by,
	const struct moment *now, struct bytes *b);
int view_pending(const struct resources *res, const struct moment *now, struct bytes *b);

/* Nothing where the token isn't there. */
int view_show(struct store *store, const uint8_t id[static TOKEN_ID_LEN], const struct moment *now,
	bool to_sign, struct bytes *b);

/* One line an entry. */
int view_allowlist(const struct allowlist_file *allowlist, struct bytes *b);

/* The entry that is the same as this one, as it is on record. */
int view_allow_entry(
	const struct allowlist_file *allowlist, const struct allow_entry *entry, struct bytes *b);
