/* SPDX-License-Identifier: ISC */
#pragma once

/*
 * Host names with letters outside of ASCII. In the DNS each label of such a name is written in
 * ASCII, as "xn--…" (an A-label, RFC 5890), which stands for the text that programs show.
 */

#include <stdbool.h>
#include <stddef.h>

#include "base/bytes.h"

#define IDNA_PREFIX "xn--"

/* Whether the label, in lower case, begins with "xn--". */
bool idna_is_encoded(const char *label, size_t len);

/* Whether an encoded label stands for a text, and that is not all ASCII. */
bool idna_is_valid(const char *label, size_t len);

/*
 * Appends the text with each valid A-label in it replaced by the text that it stands for. Labels
 * end at each character other than an ASCII letter, a digit, '-' and '_'. Case is ignored. Errors:
 * those of bytes_append().
 */
int idna_append_decoded(struct bytes *b, const char *text, size_t len);
