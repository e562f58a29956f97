/* SPDX-License-Identifier: ISC */
#pragma once

/*
 * Escapes foreign text before a person sees it. Pure functions. A text is given with its length and
 * may contain NUL bytes, unless the function takes a C string.
 *
 * The append functions return 0 or the errors of bytes_append(); on failure nothing is appended.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/bytes.h"

/* The ending of an English noun for so many: "" or "s". */
static inline const char *text_plural(uint64_t n)
{
	return n == 1 ? "" : "s";
}

/* Whether the text is empty or only ASCII white space. */
bool text_is_blank(const char *text);

/*
 * Appends the text in a form that is safe to show to a person. These become \u{HEX} (upper case, no
 * leading zeros): UNICODE_HIDDEN (control, format, default-ignorable, private-use and unassigned
 * characters, separators, every space but U+0020, right-to-left letters and digits), a combining
 * mark that does not stand after a letter or digit, and the third and every further mark after one.
 * Each byte that is not part of a valid UTF-8 character becomes \x{HH}. A backslash stays as it is:
 * use text_append_quoted() if escapes must be distinguishable from text.
 */
int text_append_escaped(struct bytes *b, const char *text, size_t len);

/*
 * Appends the text as one word of a command line, in the plainest of three forms that can hold it:
 *
 *  bare    only characters without a special meaning to a shell, and letters, marks and digits of
 *          any script (except modifier letters: some look like quotes)
 *  '…'     a text that needs no escape; a quote inside it becomes '\''
 *  $'…'    any other text: each character that text_append_escaped() would escape becomes \n, \r,
 *          \t, or \xHH for each of its bytes; a backslash becomes \\, a quote \'
 *
 * bash, ksh and zsh read each form as exactly this text, in any locale; other POSIX shells read the
 * first two. Different texts give different words.
 */
int text_append_quoted(struct bytes *b, const char *text, size_t len);

/*
 * The same, with a raw newline after each \n, for callers that break the line there. No other
 * function appends a raw newline.
 */
int text_append_quoted_lines(struct bytes *b, const char *text, size_t len);

/* Why a text may be mistaken for another one. */
enum text_likeness {
	TEXT_UNLIKE,
	TEXT_MIXES_SCRIPTS, /* a word mixes Latin letters with Greek or Cyrillic ones */
	TEXT_LOOKS_ALIKE,   /* a character looks like an ASCII one, and could be meant as it */
};

/*
 * A word is a run of letters, marks and digits. A letter or digit that looks like an ASCII
 * character counts if its word has an ASCII letter, or if the word would be all ASCII after each
 * such character is replaced. A symbol counts if it touches a printable ASCII character other than
 * a space; quotes don't count, and dashes only at the beginning of the text. With TEXT_LOOKS_ALIKE,
 * *ret_c is the character, and *ret_ascii the ASCII character that it looks like.
 */
enum text_likeness text_likeness(const char *text, size_t len, uint32_t *ret_c, char *ret_ascii);
