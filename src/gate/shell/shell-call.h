/* SPDX-License-Identifier: ISC */
#pragma once

/* How a shell must be called for its line to be allowed command by command. */

#include "gate/invocation.h"

/*
 * Returns the line if the program is sh, bash, dash or zsh, in a call that reads no file before the
 * line: the arguments are one option word and the line, nothing more (bash: --norc and --noprofile
 * may stand before). NULL for any other call.
 */
const char *shell_call_line(const struct invocation *asked);
