/* SPDX-License-Identifier: ISC */
#pragma once

/* What `firma status` is told: how the daemon is set, what it holds, and whether it is closed. */

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

/* Where the status is read from; everything belongs to the daemon. */
struct status_sources {
	const struct settings *settings;
	const struct store *store;
	const struct live_policy *live_policy;
	const struct evidence *evidence; /* or NULL */
	const struct allowlist_file *allowlist;
	const struct doors *doors;
	const struct conns *conns;
	const struct waits *waits;
	const struct watchers *watchers;
	const char *directory; /* the store's, escaped; NULL where it has none */
	uint64_t started;      /* µs of the boot clock */
};

/*
 * Appends the status as one line. `closed`: why nothing is decided, or NULL. Errors: those of
 * bytes_append().
 */
int status_print(const struct status_sources *s, const char *closed, const struct moment *now,
	struct bytes *b);
