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
 * Appends the text as a person may safely see it. These become \u{HEX} (upper case, no leading
 * zeros): UNICODE_HIDDEN (control, format, default-ignorable, private-use and unassigned
 * characters, separators, every space but U+0020, right-to-left letters and digits), a combining
 * mark that does not stand after a letter or digit, and the third and every further mark after one.
 * Each byte that is not part of a valid UTF-8 character becomes \x{HH}. A backslash stays as it is:
 * use text_append_quoted() where escapes must be told apart from text.
 */
int text_append_escaped(struct bytes *b, const char *text, size_t len);

/*
 * Appends the text as one word of a command line, in the plainest of three forms that can hold it:
 *
 *   bare    only characters that mean nothing to a shell, and letters, marks and digits of any
 *           script (modifier letters aside: some look like quotes)
 *   '…'     what needs no escape; a quote inside it becomes '\''
 *   $'…'    the rest: what text_append_escaped() would escape becomes \n, \r, \t or \xHH for each
 * of its bytes; a backslash becomes \\, a quote \'
 *
 * bash, ksh and zsh read each form as exactly this text, whatever their locale; other POSIX shells
 * read the first two. No two texts come out alike.
 */
int text_append_quoted(struct bytes *b, const char *text, size_t len);

/*
 * The same, with a raw newline after each \n, for callers that break the line there: no other
 * function appends a raw newline.
 */
int text_append_quoted_lines(struct bytes *b, const char *text, size_t len);

/* Why a text may be taken for another one. */
enum text_likeness {
	TEXT_UNLIKE,
	TEXT_MIXES_SCRIPTS, /* a word mixes Latin letters with Greek or Cyrillic ones */
	TEXT_LOOKS_ALIKE,   /* a character looks like an ASCII one, where that one could stand */
};

/*
 * A word is a run of letters, marks and digits. A letter or digit that looks like an ASCII
 * character counts where its word has an ASCII letter, or would be wholly ASCII if each character
 * were replaced by the one it looks like. A symbol counts where it touches a printable ASCII
 * character other than a space; quotes and, but at the beginning of the text, dashes don't count.
 * With TEXT_LOOKS_ALIKE, *ret_c is the character, and *ret_ascii what it looks like.
 */
enum text_likeness text_likeness(const char *text, size_t len, uint32_t *ret_c, char *ret_ascii);
