/* SPDX-License-Identifier: ISC */
#pragma once

/* Names that a shell does not look up as a program. */

#include <stdbool.h>

/* A reserved word of bash or zsh. */
bool shell_name_is_reserved(const char *name);

/*
 * A builtin of bash, dash or zsh, except echo, true, false and pwd: those print or do nothing,
 * whatever their arguments are. Of the others, some run their arguments, and some evaluate text
 * that looks like a number: test -v 'a[$(x)]' runs x.
 */
bool shell_name_is_builtin(const char *name);
