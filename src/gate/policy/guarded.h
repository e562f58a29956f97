/* SPDX-License-Identifier: ISC */
#pragma once

/*
 * Files whose content is run or obeyed later: settings and hooks of agents, of git and of editors,
 * start files of shells, units, and the files of this program. Writing one means running something
 * later, so a person is asked unless a rule names that very file.
 */

#include <stdbool.h>

/*
 * Whether the path is a guarded file, or a directory of such files, in any directory and in upper
 * or lower case.
 */
bool guarded_is(const char *path);
