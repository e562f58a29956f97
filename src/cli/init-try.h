/* SPDX-License-Identifier: ISC */
#pragma once

/* The first request to a new gate, and its approval. */

#include "cli/init-plan.h"

/*
 * Asks whether this program may print its version, which nothing runs; lets the person approve it,
 * and asks again. At the system's gate, the agent's user asks. Returns STATUS_DONE if the gate then
 * allows it; a failure was printed.
 */
int init_try(const struct init_plan *p);
