/* SPDX-License-Identifier: ISC */
#pragma once

/* What operators are shown beside the outcome: the lines of list, show and status. */

#include <stddef.h>
#include <stdint.h>

#include "base/bytes.h"
#include "daemon/conn.h"
#include "daemon/door.h"
#include "daemon/live-policy.h"
#include "daemon/wait.h"
#include "daemon/watch.h"
#include "gate/decide.h"
#include "ledger/allowlist/allowlist-file.h"
#include "ledger/evidence/evidence.h"
#include "ledger/store/store.h"

/* What `status` tells; everything belongs to the daemon. */
struct situation {
	const struct settings *settings;
	const struct store *store;
	const struct rules *rules;
	const struct evidence *evidence; /* or NULL */
	const struct allowlist_file *allowlist;
	const struct doors *doors;
	const struct conns *conns;
	const struct waits *waits;
	const struct watchers *watchers;
	const char *directory; /* the store's, escaped; NULL where it has none */
	uint64_t started;      /* µs of the boot clock */
};

/* All append whole lines. Errors: those of bytes_append(). */

/* One line a token; TOKEN_ABSENT for all states. */
int view_list(const struct store *store, enum token_state state, const struct moment *now,
	struct bytes *b);

/* What is pending, as those who watch hear of it. */
int view_pending(const struct store *store, const struct moment *now, struct bytes *b);

/* Nothing where the token isn't there. */
int view_show(const struct store *store, const uint8_t id[static TOKEN_ID_LEN],
	const struct moment *now, struct bytes *b);

/* `closed`: why nothing is decided, or NULL. */
int view_status(
	const struct situation *s, const char *closed, const struct moment *now, struct bytes *b);

/* One line an entry. */
int view_allowlist(const struct allowlist_file *allowlist, struct bytes *b);

/* The entry that is the same as this one, as it is on record. */
int view_allow_entry(
	const struct allowlist_file *allowlist, const struct allow_entry *entry, struct bytes *b);
