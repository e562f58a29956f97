/* SPDX-License-Identifier: ISC */
#pragma once

/*
 * Text from outside: whether it is UTF-8, and how it is shown to a person. Pure functions. A text
 * is given with its length and may hold NUL bytes, except where it is a C string.
 *
 * The functions that append return 0 or what bytes_append() gives; on failure nothing was appended.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/bytes.h"

/*
 * Decodes one code point of valid UTF-8 (RFC 3629: no overlong form, no surrogate, nothing past
 * U+10FFFF) from the first `len` (> 0) bytes. Returns its length (1 to 4), or 0 where the bytes
 * there are not one; *ret is then untouched.
 */
size_t text_decode(const char *text, size_t len, uint32_t *ret);

/* Whether all of it is valid UTF-8. NUL bytes are valid here, and so is the empty text. */
bool text_is_utf8(const char *text, size_t len);

/* Whether it is empty or only ASCII white space. */
bool text_is_blank(const char *text);

/*
 * Appends the text as a person may safely see it: control, format (bidi, zero-width, tag),
 * default-ignorable, private-use, unassigned characters, line and paragraph separators, and every
 * space but U+0020 as \u{HEX} (upper case, no leading zeros), each byte that is not part of a valid
 * UTF-8 character as \x{HH}. A backslash stays as it is: what is escaped is told apart by
 * text_append_quoted().
 */
int text_append_escaped(struct bytes *b, const char *text, size_t len);

/*
 * Appends it as one word of a command line, in the plainest of three forms that can hold it:
 *
 *   bare    only characters that mean nothing to a shell, and letters, marks and digits of any
 *           script (modifier letters aside: some look like quotes)
 *   '…'     what needs no escape; a quote inside it becomes '\''
 *   $'…'    the rest: escaped as above, and a backslash as \\, a quote as \'
 *
 * The first two are what a POSIX shell would read as this text; the third is a person's notation
 * that no shell undoes. No two texts come out alike.
 */
int text_append_quoted(struct bytes *b, const char *text, size_t len);

/*
 * Whether one word (a run of letters, marks and digits) mixes Latin letters with Greek or Cyrillic
 * ones, as a name made to look like another does. Whatever would be escaped ends a word.
 */
bool text_mixes_scripts(const char *text, size_t len);
