/* SPDX-License-Identifier: ISC */
#pragma once

/*
 * The hook as a server of the Model Context Protocol on standard input and output, with one tool,
 * "ask", for `claude --permission-prompt-tool mcp__firma__ask`. Claude denies where there is no
 * proper answer, so this needs no guard of its own.
 */

#include "cli/hook-decide.h"

/* Serves until standard input ends. Returns the exit status. */
int hook_mcp_serve(const struct hook_asker *asker);
