/* SPDX-License-Identifier: ISC */
#pragma once

/*
 * The library of Lua functions that the server runs for a desk (FUNCTION LOAD). An administrator
 * installs it. A daemon only compares the SHA-256 of its text, and never installs it.
 */

#include <stdbool.h>
#include <stddef.h>

#include "base/notation.h"
#include "base/sha256.h"

#define DESK_LIBRARY "firma1"

#define DESK_HASH_LEN (2 * (size_t)SHA256_LEN)

/* The text of the library. */
extern const char desk_function_text[];

/* The SHA-256 of a text, in hex. */
void desk_function_hash(const char *text, size_t len, char ret[static DESK_HASH_LEN + 1]);
