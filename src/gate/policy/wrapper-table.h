/* SPDX-License-Identifier: ISC */
#pragma once

/*
 * The table of wrappers: programs that run a command given in their arguments. It says where the
 * command begins. If a program does so only with some subcommands ("docker run"), it has an entry
 * for itself, with the options before the subcommand, and one entry for each subcommand that runs
 * something.
 *
 * The options of an entry are words, separated by spaces. A suffix says what the option takes:
 *	-v --verbose	nothing
 *	-k= --signal=	the rest of the word, or the next word
 *	--bind==	the next two words
 *	-l? --eof?	the rest of the word, if anything
 *	-c! --command!	a string that is run
 *	-o~		as '=', but the value may also name a command to run
 *	-exec>		the command, which begins with its value
 *	--entrypoint^	as '=', and the value is a program that is run, or a line if it has blanks
 *	--chdir@	as '=', and the value is the directory in which the command runs
 *	-d.		nothing, and it can't be joined with other letters
 *	-#		a number after the dash
 *	--*=		any other option with its value in the same word
 * After an unlisted option, each word may be the command. So an option is listed only if all
 * implementations of the program agree on it.
 */

#include <stdbool.h>
#include <stddef.h>

enum wrapper_flags {
	WRAPPER_ALWAYS = 1 << 0,   /* it only runs commands; others also do other work */
	WRAPPER_VERBS = 1 << 1,    /* a subcommand follows its options */
	WRAPPER_ANY = 1 << 2,      /* any word may be the command: nothing else is known */
	WRAPPER_MARKED = 1 << 3,   /* the command follows an option, at any position */
	WRAPPER_ENDS = 1 << 4,     /* …and may end with ";" or "+" */
	WRAPPER_ASSIGNS = 1 << 5,  /* NAME=VALUE may stand before the command */
	WRAPPER_NUMBER = 1 << 6,   /* its operand must be a number */
	WRAPPER_DASHES = 1 << 7,   /* "--" also ends its operands */
	WRAPPER_JOINS = 1 << 8,    /* a shell reads the words, joined by blanks */
	WRAPPER_HIDES = 1 << 9,    /* its arguments don't show all that it runs */
	WRAPPER_STRINGS = 1 << 10, /* an option with a 'c' may run a string */
	WRAPPER_WORDS = 1 << 11,   /* options are words after one dash, not letters */
	WRAPPER_OTHERS = 1 << 12,  /* unlisted subcommands may run hidden commands */
	WRAPPER_ROOT = 1 << 13,    /* the command runs in a root directory of its own */
};

/* Any number of operands before the command, up to "--". */
#define WRAPPER_MANY 255

#define WRAPPER_VERBS_MAX 3

struct wrapper {
	const char *names; /* words, separated by spaces, in the form for program-name.h */
	const char *verbs; /* "run|container run", patterns; NULL: the program itself */
	unsigned int flags;
	unsigned int operands; /* number of operands before the command */
	const char *options;   /* or NULL */
};

/* Finds an entry by the file's name; NULL if it is not a wrapper. */
const struct wrapper *wrapper_find(const char *name);

/* The entry of a subcommand of n verbs (n <= WRAPPER_VERBS_MAX), or NULL. */
const struct wrapper *wrapper_find_verb(
	const struct wrapper *program, const char *const *verbs, size_t n);

/* A name that the pattern may fit, of a program that only runs commands; or NULL. */
const char *wrapper_could_be(const char *pattern);

/* What an option takes; OPTION_UNKNOWN if it is not listed, or is ambiguous. */
enum option_kind {
	OPTION_UNKNOWN,
	OPTION_ALONE,
	OPTION_BARE, /* the same, but only as a word by itself */
	OPTION_VALUE,
	OPTION_PAIR,
	OPTION_ATTACHED,
	OPTION_STRING,
	OPTION_PERHAPS,
	OPTION_COMMAND,
	OPTION_PROGRAM,
	OPTION_DIRECTORY,
};

/* `word` must begin with '-'. *ret_value is the value attached to it, or NULL. */
enum option_kind wrapper_option(
	const struct wrapper *wrapper, const char *word, const char **ret_value);
