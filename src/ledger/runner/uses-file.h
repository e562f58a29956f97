/* SPDX-License-Identifier: ISC */
#pragma once

/* The file of used tokens of runners: runner-uses in the state directory. */

#include "gate/runner/uses.h"
#include "ledger/state-file.h"

/* Reads the file if it exists. Returns 0, STATE_FILE_REFUSED, or a negative errno. */
int uses_file_load(const struct state_dir *dir, struct runner_uses *ret, struct bytes *why);

/* Replaces the file, durably. Error: a negative errno. */
int uses_file_write(struct state_dir *dir, const struct runner_uses *uses);
