/* SPDX-License-Identifier: ISC */
#pragma once

/*
 * What an approval is valid for, in 32 bytes: SHA-256 over the executable, NUL, each argument and
 * NUL, session, NUL, sandbox, NUL, and the agent if there is one.
 *
 * No two requests share these bytes, since no field can hold a NUL (base/json/scan refuses it).
 * Read from the end, they are the agent up to the last NUL, then the sandbox and the session, each
 * up to the NUL before; the rest is the executable and the arguments, each with its NUL.
 */

#include <stddef.h>
#include <stdint.h>

#include "gate/invocation.h"

#define FINGERPRINT_LEN 32

/* Its text form: lower-case hex, without the NUL. */
#define FINGERPRINT_HEX_LEN 64

/* All required members of the invocation must be set; `agent_id` may be NULL. */
void fingerprint_compute(const struct invocation *asked, uint8_t ret[static FINGERPRINT_LEN]);
