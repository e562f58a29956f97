/* SPDX-License-Identifier: ISC */
#pragma once

/* A point in time, and the boot it belongs to: times since boot compare only within one boot. */

#include <stdint.h>

#include "base/clock.h"

struct moment {
	struct clock_time clock;
	uint8_t boot_id[16];
};
