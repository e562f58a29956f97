/* SPDX-License-Identifier: ISC */
#pragma once

/*
 * The environment of a command that was approved. It loses the variables that make a program load
 * or start something else than its arguments say: libraries, modules, start-up files, options,
 * helpers. Configuration files and PATH are not among them.
 */

#include "base/bytes.h"

/*
 * *ret is a new array of the strings of `from` that stay, which the caller frees; the names of the
 * others are appended to `dropped`, quoted, with ", " between them. Returns 0 or -ENOMEM.
 */
int environment_filter(char **from, char ***ret, struct bytes *dropped);
