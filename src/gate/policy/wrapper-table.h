/* SPDX-License-Identifier: ISC */
#pragma once

/*
 * Programs that run the command that stands among their arguments, and where it begins there. A
 * program that only does so with some subcommands ("docker run") has an entry for itself, which
 * says what may stand before the subcommand, and one for each that runs something.
 *
 * The options of an entry are words, separated by spaces, each with what it takes:
 *	-v --verbose	nothing
 *	-k= --signal=	the rest of the word, or the next word
 *	--bind==	the next two words
 *	-l? --eof?	the rest of the word, if anything
 *	-c! --command!	a string that is run
 *	-o~		as '=', where the value may also name a command to be run
 *	-exec>		the command, which begins with its value
 *	--entrypoint^	as '=', and the value is a program that is run
 *	-d.		nothing, and stands by itself
 *	-#		a number after the dash
 *	--*=		any other with its value in the same word
 * What is not in the list may be anything: then each word from there on may be the command. So an
 * option is listed only where all implementations of the program agree on it.
 */

#include <stdbool.h>
#include <stddef.h>

enum wrapper_flags {
	WRAPPER_ALWAYS = 1 << 0,   /* it is nothing but a wrapper; others also do other things */
	WRAPPER_VERBS = 1 << 1,    /* a subcommand follows its options */
	WRAPPER_ANY = 1 << 2,      /* each of its words may be the command: nothing else is known */
	WRAPPER_MARKED = 1 << 3,   /* the command follows an option, wherever that stands */
	WRAPPER_ENDS = 1 << 4,     /* …and may end with ";" or "+" */
	WRAPPER_ASSIGNS = 1 << 5,  /* NAME=VALUE may stand before the command */
	WRAPPER_NUMBER = 1 << 6,   /* its operand is a number */
	WRAPPER_DASHES = 1 << 7,   /* "--" ends its operands, too */
	WRAPPER_JOINS = 1 << 8,    /* a shell reads the words, joined */
	WRAPPER_HIDES = 1 << 9,    /* no argument shows by itself all that is run */
	WRAPPER_STRINGS = 1 << 10, /* an option with a 'c' in it may run a string */
	WRAPPER_WORDS = 1 << 11,   /* its options are words after one dash, not letters */
	WRAPPER_OTHERS = 1 << 12,  /* a subcommand that is not in the table runs what is hidden */
};

/* Operands before the command: so many that only "--" ends them. */
#define WRAPPER_MANY 255

#define WRAPPER_NAMES_MAX 10
#define WRAPPER_VERBS_MAX 3

struct wrapper {
	const char *names[WRAPPER_NAMES_MAX]; /* as for program-name.h */
	const char *verbs;                    /* "run|container run", patterns; NULL for itself */
	unsigned int flags;
	unsigned int operands; /* before the command */
	const char *options;   /* or NULL */
};

/* By the file's name; NULL where it is none. */
const struct wrapper *wrapper_find(const char *name);

/* The entry of the subcommand, which is the last of n verbs (n <= WRAPPER_VERBS_MAX), or NULL. */
const struct wrapper *wrapper_find_verb(
	const struct wrapper *program, const char *const *verbs, size_t n);

/* A name that the pattern may fit, of a program that is nothing but a wrapper; or NULL. */
const char *wrapper_could_be(const char *pattern);

/* What an option takes; OPTION_UNKNOWN where the entry doesn't say, or says several things. */
enum option_kind {
	OPTION_UNKNOWN,
	OPTION_ALONE,
	OPTION_BARE, /* likewise */
	OPTION_VALUE,
	OPTION_PAIR,
	OPTION_ATTACHED,
	OPTION_STRING,
	OPTION_PERHAPS,
	OPTION_COMMAND,
	OPTION_PROGRAM,
};

/* The word begins with '-'. *ret_value: what is attached to it as its value, or NULL. */
enum option_kind wrapper_option(
	const struct wrapper *wrapper, const char *word, const char **ret_value);
