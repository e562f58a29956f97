/* SPDX-License-Identifier: ISC */
#pragma once

/* Users for people: the uid is the fact, and the name is what this machine calls it. */

#include <stdint.h>

#include "base/bytes.h"

/* Appends the name, escaped; nothing if there is none. The last name is remembered. */
int user_append_name(struct bytes *b, uint64_t uid);

/* Appends "uid 1000 (alice)". */
int user_append(struct bytes *b, uint64_t uid);
