/* SPDX-License-Identifier: ISC */
#pragma once

/* Whether the agent that called the hook runs without a user. */

#include <stdbool.h>

/*
 * Whether the program that started this one has the argument "-p" or "--print". That program is the
 * nearest ancestor that is no shell, since a hook is a line of shell. The agent's environment does
 * not count: a project's settings can set it. False if the arguments can't be read.
 */
bool hook_headless_is(void);
