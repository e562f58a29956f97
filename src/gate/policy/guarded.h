/* SPDX-License-Identifier: ISC */
#pragma once

/*
 * Files whose content is run or obeyed later: settings and hooks of agents, of git and of editors,
 * start files of shells, units, and what this program goes by. To write one is to execute something
 * later, so that a person is asked unless a rule names the very file.
 */

#include <stdbool.h>

/* Wherever it lies, and in whatever case it is written. */
bool guarded_is(const char *path);
