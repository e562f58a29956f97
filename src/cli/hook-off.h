/* SPDX-License-Identifier: ISC */
#pragma once

/* Settings that switch an agent's hooks off. */

#include <stdbool.h>

#include "base/bytes.h"
#include "cli/hook-places.h"

/* Whether the settings at this place switch hooks off, or the hook of firma. */
bool hook_off_is(const struct hook_place *place, const struct bytes *text);

/*
 * False if the text is not JSON, or has a key twice: an agent may take it all the same, and find in
 * it what hook_off_is() does not.
 */
bool hook_off_can_be_told(const struct hook_place *place, const struct bytes *text);
