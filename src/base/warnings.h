/* SPDX-License-Identifier: ISC */
#pragma once

/*
 * Sentences for the log, joined by "; " in a buffer until they are taken to be logged. Best effort:
 * a sentence is lost if there is no memory for it.
 */

#include <stdbool.h>

#include "base/bytes.h"

/* Begins a sentence, which the caller then appends to `w`. */
void warnings_begin(struct bytes *w);

/* Moves the sentences into `b`; false: there are none. */
bool warnings_take(struct bytes *w, struct bytes *b);
