/* SPDX-License-Identifier: ISC */
#pragma once

/*
 * What the daemon says about itself, in the log and to systemd: that it answers, or that it is
 * closed, and why; and which of its options are dangerous or without effect.
 */

#include <stdbool.h>

#include "daemon/door.h"
#include "daemon/resources.h"

struct announce {
	const struct doors *doors;
	struct resources *resources;
	bool told_closed; /* the state that systemd was told last */
};

/* Call it when the daemon can answer. */
void announce_start(struct announce *a);

/* Call it after each turn: says whether the daemon has been closed or opened. */
void announce_change(struct announce *a);

/* Logs that the daemon is closed; nothing if `closed` is NULL. */
void announce_closed(const char *closed);
