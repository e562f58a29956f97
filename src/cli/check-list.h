/* SPDX-License-Identifier: ISC */
#pragma once

/* `firma check --list`: what the user who asks may do. */

#include "cli/ask.h"
#include "cli/verb.h"

/* Prints a line for each rule, as JSON if `json`. Returns the exit status. */
int check_list(const struct verb *verb, const struct ask *ask, bool json);
