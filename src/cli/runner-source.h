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
 * Appends the token. `audience` NULL: the default if the CI lets the job choose, otherwise any.
 * Returns STATUS_DONE, or the status to exit with, with the message already printed. No message
 * contains a part of the token.
 */
int runner_source_get(const char *audience, uint64_t timeout, struct bytes *ret);
