/* SPDX-License-Identifier: ISC */
#pragma once

/* Settings that switch an agent's hooks off. */

#include <stdbool.h>

#include "base/bytes.h"
#include "cli/hook-places.h"

/* Whether the settings at this place switch hooks off, or the hook of firma. */
bool hook_off_is(const struct hook_place *place, const struct bytes *text);
