/* SPDX-License-Identifier: ISC */
#pragma once

/* Gets the token of the CI job that this process runs in (OpenID Connect). */

#include <stdint.h>

#include "base/bytes.h"
#include "base/clock.h"

/* The audience of a token for which none was asked. */
#define RUNNER_SOURCE_AUDIENCE "firma"
#define RUNNER_SOURCE_TIMEOUT (10 * CLOCK_SECOND)

/*
 * Appends the token. `audience`: NULL if none was asked for: then the default where the CI lets the
 * job choose, and any where it doesn't. Returns STATUS_DONE, or the status to exit with, with the
 * message already printed; no message has anything of the token.
 */
int runner_source_get(const char *audience, uint64_t timeout, struct bytes *ret);
