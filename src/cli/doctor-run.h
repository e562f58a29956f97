/* SPDX-License-Identifier: ISC */
#pragma once

/* Programs that tell `firma doctor` something. */

#include "base/bytes.h"

/*
 * Runs a program, at most some seconds, and appends what it prints, errors included. The first word
 * is looked for in PATH; the last is NULL, and there are at most 8 before it. Returns its exit
 * status; -1 if it can't be run or is late.
 */
int doctor_run(const char *const *words, struct bytes *ret);
