/* SPDX-License-Identifier: ISC */
#pragma once

/*
 * The ID of a gate: random, made with the state directory, and bound to that directory's device,
 * inode and birth time. A copy of the directory is another directory: it gets an ID of its own.
 */

#include <stdbool.h>
#include <stdint.h>

#include "base/bytes.h"
#include "ledger/state-file.h"

#define GATE_ID_LEN 16

struct gate_id {
	uint8_t id[GATE_ID_LEN];
	bool renewed; /* the file had the ID of another directory */
};

/* Reads or makes the ID, in a locked directory. 0, STATE_FILE_REFUSED, or a negative errno. */
int gate_id_load(struct state_dir *dir, struct gate_id *ret, struct bytes *why);
