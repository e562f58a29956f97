/* SPDX-License-Identifier: ISC */
#pragma once

/* The words of a candidate, and what they may run. */

#include <stdbool.h>

/* Something that may be run: the command itself, or one after a wrapper. */
struct candidate_program {
	const char *name; /* the last part of its path */
	const char *path; /* absolute and normal; NULL where it isn't known */
	bool searched;    /* it is a bare name, looked for who knows where */
};

struct candidate_word {
	const char *text;
	const char *command; /* the word or a part of it, where a command may begin here; or NULL */
	const char *line;    /* likewise, what a shell or its like may be given as a line */
	const char *path;    /* what it means where it is one, for rules that allow; or NULL */
	struct candidate_program program; /* of the command */
	bool options_first;               /* as of the candidate, of the words that follow */
	bool ends;                        /* a command may end after it */
};
