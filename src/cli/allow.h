/* SPDX-License-Identifier: ISC */
#pragma once

/* What `allow` and `token approve --always` share. */

#include <stdint.h>

#include "cli/verb.h"

/* The value of --for, in ms. STATUS_DONE or STATUS_USAGE. */
int allow_take_for(const struct verb *verb, const char *text, uint64_t *ret_ms);
