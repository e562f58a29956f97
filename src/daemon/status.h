/* SPDX-License-Identifier: ISC */
#pragma once

/* The status for `firma status`: settings of the daemon, its contents, and whether it is closed. */

#include <stdint.h>

#include "base/bytes.h"
#include "daemon/conn.h"
#include "daemon/door.h"
#include "daemon/resources.h"
#include "daemon/wait.h"
#include "daemon/watch.h"

/* The sources of the status. The daemon owns all of them. */
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
