/* SPDX-License-Identifier: ISC */
#pragma once

/* The signature counts of security keys, and used nonces, in the state directory. */

#include "base/bytes.h"
#include "gate/approval/sk-counters.h"
#include "ledger/state-file.h"

/* Reads the file if it exists. Returns 0, STATE_FILE_REFUSED, or a negative errno. */
int counter_file_load(const struct state_dir *dir, struct sk_counters *ret, struct bytes *why);

/* Replaces the file, durably. Error: a negative errno; -EMSGSIZE if it could not be read again. */
int counter_file_write(struct state_dir *dir, const struct sk_counters *counters);
