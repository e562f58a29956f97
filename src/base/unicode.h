/* SPDX-License-Identifier: ISC */
#pragma once

/*
 * What of Unicode matters when a text is shown: whether a character may be seen as it is, and which
 * letters are easily taken for one another. From the tables of Unicode 15.0.0.
 */

#include <stdint.h>

/*
 * What a code point is, by General_Category and Script. UNICODE_HIDDEN is everything that must not
 * be shown as it is: controls, format characters, private use, surrogates, unassigned, separators
 * and spaces but U+0020, whatever is Default_Ignorable_Code_Point, and three symbols that are
 * blank.
 *
 * From UNICODE_WORD on they make up words: letters, marks, numbers. Modifier letters (Lm) of no
 * script below count as symbols: some of them look like quotes and primes.
 */
enum unicode_class {
	UNICODE_HIDDEN,
	UNICODE_SYMBOL, /* punctuation, symbols, and U+0020 */
	UNICODE_WORD,   /* of another script, or of none */
	UNICODE_LATIN,  /* letters and letter numbers of these scripts */
	UNICODE_GREEK,
	UNICODE_CYRILLIC,
};

/* The class of any number; past U+10FFFF it is UNICODE_HIDDEN. */
enum unicode_class unicode_class(uint32_t c);
