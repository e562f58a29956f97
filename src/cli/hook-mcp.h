/* SPDX-License-Identifier: ISC */
#pragma once

/*
 * The hook as a server of the Model Context Protocol on standard input and output, with one tool,
 * "ask", for `claude --permission-prompt-tool mcp__firma__ask`. Claude denies if there is no proper
 * answer, so this server doesn't need hook_answer_arm().
 */

#include "cli/hook-decide.h"

/* Serves until standard input ends. Returns the exit status. */
int hook_mcp_serve(const struct hook_asker *asker);
