/* SPDX-License-Identifier: ISC */
#pragma once

/* The limit on open descriptors, and how many connections it allows. */

#include "daemon/conn.h"

/*
 * Raises the limit to what LIMIT_CONNECTIONS needs, or else lowers conns->max and logs it. Some
 * descriptors are kept free in any case. Call it after all long-lived descriptors are open.
 */
void descriptors_raise_limit(struct conns *conns);
