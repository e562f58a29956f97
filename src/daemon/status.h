/* SPDX-License-Identifier: ISC */
#pragma once

/* What `firma status` is told: how the daemon is set, what it holds, and whether it is closed. */

#include <stdint.h>

#include "base/bytes.h"
#include "daemon/conn.h"
#include "daemon/door.h"
#include "daemon/resources.h"
#include "daemon/wait.h"
#include "daemon/watch.h"

/* Where the status is read from; everything belongs to the daemon. */
struct status_sources {
	const struct resources *resources;
	const struct doors *doors;
	const struct conns *conns;
	const struct waits *waits;
	const struct watchers *watchers;
	uint64_t started; /* µs of the boot clock */
};

/* Appends the status as one line. Errors: those of bytes_append(). */
int status_print(const struct status_sources *sources, const struct moment *now, struct bytes *b);
