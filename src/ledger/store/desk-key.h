/* SPDX-License-Identifier: ISC */
#pragma once

/* The names of desks and hosts, and the keys under which a host's data is in the server. */

#include <stdbool.h>

#include "base/bytes.h"

#define DESK_NAME_MAX 64

/* Letters, digits, dots, dashes and underlines: at least one, at most DESK_NAME_MAX. */
bool desk_name_is_valid(const char *name);

/*
 * Appends a key, "firma:{DESK}:HOST:WHAT". `host`: the gate's ID in hex, or "*" for a pattern.
 * Error: -ENOMEM.
 */
#define DESK_KEY_HOST "host"
#define DESK_KEY_TOKENS "t"
#define DESK_KEY_ENDS "end"
int desk_append_key(struct bytes *b, const char *desk, const char *host, const char *what);
