/* SPDX-License-Identifier: ISC */
#pragma once

/* How a shell is called, where a line of it may be allowed command by command. */

#include "gate/invocation.h"

/*
 * The line: where the program is sh, bash, dash or zsh, which reads no file before the line, and
 * its arguments are one option word and the line, nothing more (bash: --norc and --noprofile may
 * stand before). NULL of any other call.
 */
const char *shell_call_line(const struct invocation *asked);
