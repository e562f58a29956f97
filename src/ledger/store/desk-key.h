/* SPDX-License-Identifier: ISC */
#pragma once

/* Names of desks and hosts, and of the keys of a host in a desk's server. */

#include <stdbool.h>

#include "base/bytes.h"

#define DESK_NAME_MAX 64

/* Letters, digits, dots, dashes and underlines: at least one, at most DESK_NAME_MAX. */
bool desk_name_is_valid(const char *name);

/*
 * The keys of a host in the server, "firma:{DESK}:HOST:WHAT". `host`: the gate's ID in hex, or "*"
 * in a pattern. Error: -ENOMEM.
 */
#define DESK_KEY_HOST "host"
#define DESK_KEY_TOKENS "t"
#define DESK_KEY_ENDS "end"
int desk_append_key(struct bytes *b, const char *desk, const char *host, const char *what);
