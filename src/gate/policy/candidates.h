/* SPDX-License-Identifier: ISC */
#pragma once

/*
 * All that is judged of one request: the request itself, and what shells are given as lines in it
 * (sh -c LINE), wherever they stand, also in such a line. Embedded: candidates_init() or
 * candidates_init_example(), then candidates_deinit(). What it was made from must stay.
 */

#include "gate/policy/candidate.h"

struct candidate_line;

struct candidates {
	struct candidate *all; /* the first is the request itself */
	size_t n, size;

	/*
	 * The commands of its line, in `all`, where rules that allow may be tried on each of them
	 * (gate/shell/shell-call) and the asker says what they are; none where not. The other
	 * commands are for rules that deny or ask.
	 */
	size_t commands, n_commands;

	struct candidate_line **lines; /* what the others point into */
	size_t n_lines;
	bool opaque; /* one of the lines is */
	bool hidden; /* what is run by a command of a line can't be seen */
	bool unread; /* there are more lines than are looked at */
};

/* The request is a local.exec without a fault. Error: -ENOMEM, nothing to free then. */
int candidates_init(struct candidates *c, const struct request *request, const struct asker *asker);

/* As candidate_init_example(). */
int candidates_init_example(struct candidates *c, const char *words, size_t n);

void candidates_deinit(struct candidates *c);
