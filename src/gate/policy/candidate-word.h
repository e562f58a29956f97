/* SPDX-License-Identifier: ISC */
#pragma once

/* The words of a candidate, and the commands they may be. */

#include <stdbool.h>
#include <stddef.h>

/* A program that may be run: the command itself, or one after a wrapper. */
struct candidate_program {
	const char *name; /* the last part of its path */
	const char *path; /* absolute and normal; NULL if not known */
	bool searched;    /* a bare name: its directory isn't known */
};

struct candidate_word {
	const char *text;
	const char *command;     /* the part of the word that may be a command; or NULL */
	const char *line;        /* the part that a shell may get as a line; or NULL */
	const char *path;        /* the word as an absolute path; or NULL */
	size_t path_size;        /* its room in bytes; 0: no path */
	const char *narrow_path; /* the same for rules that allow: only what is certain; or NULL */
	struct candidate_program program; /* the program of `command` */
	bool options_first;               /* as in struct candidate, for the words that follow */
	bool path_unknown; /* it may be any path: there are too many to work them all out */
	bool ends;         /* a command may end after it */
};
