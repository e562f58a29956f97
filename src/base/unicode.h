/* SPDX-License-Identifier: ISC */
#pragma once

/*
 * What Unicode says about a character that is to be shown: whether it is safe to show it, and which
 * ASCII character it can be mistaken for.
 */

#include <stdint.h>

/*
 * The class of a code point, by General_Category, Bidi_Class and Script (Unicode 15.0.0).
 *
 * UNICODE_HIDDEN is everything that must not be shown as it is: controls, format characters,
 * private use, surrogates, unassigned code points, separators and spaces but U+0020,
 * Default_Ignorable_Code_Point, three blank symbols, and everything that makes a terminal reorder
 * the line: letters and digits of right-to-left scripts (Bidi_Class R, AL and AN).
 *
 * UNICODE_MARK and the classes after it make up words: letters, marks, numbers. Modifier letters
 * (Lm) count as symbols unless they belong to a named script: some look like quotes and primes.
 */
enum unicode_class {
	UNICODE_HIDDEN,
	UNICODE_SYMBOL, /* punctuation, symbols, and U+0020 */
	UNICODE_MARK,   /* combines with the character before it */
	UNICODE_WORD,   /* of another script, or of none */
	UNICODE_LATIN,  /* letters and letter numbers of these scripts */
	UNICODE_GREEK,
	UNICODE_CYRILLIC,
};

/* The class of any number; beyond U+10FFFF it is UNICODE_HIDDEN. */
enum unicode_class unicode_class(uint32_t c);

/*
 * The printable ASCII character that a non-ASCII code point looks like; 0 if there is none. These
 * are the confusables of UTS 39 (data version 13.0.0) for one ASCII character, and the wide and
 * mathematical forms of ASCII characters (Decomposition_Type wide and font).
 */
char unicode_lookalike(uint32_t c);
