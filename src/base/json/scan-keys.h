/* SPDX-License-Identifier: ISC */
#pragma once

/*
 * The keys of all objects that are open during a scan, on one stack: the innermost object's keys
 * are on top. When an object closes, its keys are compared and removed.
 */

#include <stdbool.h>
#include <stddef.h>

#include "base/bytes.h"

/* A key is read in place. A key with an escape is unescaped into `unescaped`, which may move. */
struct scan_key {
	size_t start; /* in the text, or in `unescaped` */
	size_t len;
	size_t offset; /* of its opening quote in the text */
	bool escaped;
};

struct scan_keys {
	const char *text;
	struct scan_key *list;
	size_t n, size;
	struct bytes unescaped;
};

void scan_keys_deinit(struct scan_keys *s);

/* Its characters, not NUL-terminated; valid until the next key. */
static inline const char *scan_key_text(const struct scan_keys *s, const struct scan_key *key)
{
	return (key->escaped ? bytes_str(&s->unescaped) : s->text) + key->start;
}

/*
 * Closes the object whose keys begin at `first`, and their unescaped characters at `unescaped`:
 * removes them. Returns the first one that repeats an earlier one, valid until the next key; or
 * NULL.
 */
const struct scan_key *scan_keys_close(struct scan_keys *s, size_t first, size_t unescaped);
