/* SPDX-License-Identifier: ISC */
#pragma once

/*
 * Older daemons ignore keys that they don't know. A request whose client relies on a key names it
 * in `must`; a daemon that knows all of these keys repeats the array in its reply.
 */

#include "base/bytes.h"
#include "base/json/writer.h"

/* Writes `must` with those of the `n` keys that are not NULL, if any, into the open object. */
void must_write(struct writer *w, const char *const keys[], size_t n);

enum must {
	MUST_MET,   /* the request has no `must`, the reply repeats it, or the answer is no */
	MUST_UNMET, /* the daemon may have ignored the keys: the answer does not count */
};

/* Compares the lines of a request and of its reply. Error: -ENOMEM. */
int must_check(const struct bytes *request, const struct bytes *reply);

/* The end of a sentence about a reply that is MUST_UNMET. */
#define MUST_UNMET_TEXT \
	"the answer does not count: this daemon does not tell that it knows all keys"
