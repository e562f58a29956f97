/* SPDX-License-Identifier: ISC */
#pragma once

/*
 * What an approval is valid for, in 32 bytes. By the first contract: SHA-256 over the executable,
 * NUL, each argument and NUL, session, NUL, sandbox, NUL, and the agent if there is one. By the
 * second contract: SHA-256 over "firma.evaluate.v1" and a newline, the kind, and all fields on
 * which an approval depends (gate/field-hash).
 *
 * No two requests share these bytes. In the first form no field can hold a NUL (base/json/scan
 * refuses it). Read from the end, the bytes are the agent up to the last NUL, then the sandbox and
 * the session, each up to the NUL before; the rest is the executable and the arguments, each with
 * its NUL. In the second form each value has its name and length. The first form begins with a
 * slash, the second one with a letter.
 */

#include <stddef.h>
#include <stdint.h>

#include "gate/invocation.h"

#define FINGERPRINT_LEN 32

/* Its text form: lower-case hex, without the NUL. */
#define FINGERPRINT_HEX_LEN 64

/* All members that its contract requires must be set. */
void fingerprint_compute(const struct invocation *asked, uint8_t ret[static FINGERPRINT_LEN]);
