/* SPDX-License-Identifier: ISC */
#pragma once

/* The first request to a new gate, and its approval. */

#include "cli/init-plan.h"

/*
 * Asks whether `firma --version` may run, without running it; lets the person approve that; and
 * asks again. At the system's gate, asks as the agent's user. Returns STATUS_DONE if the gate then
 * allows it; a failure was printed.
 */
int init_try(const struct init_plan *p);
