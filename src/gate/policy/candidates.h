/* SPDX-License-Identifier: ISC */
#pragma once

/*
 * All candidates of one request: the request itself, and the lines that its shells are given (sh -c
 * LINE), at any place, also within such a line. Embedded: candidates_init() or
 * candidates_init_example(), then candidates_deinit(). The input must outlive it.
 */

#include "gate/policy/candidate.h"

struct candidate_line;

struct candidates {
	struct candidate *all; /* the first is the request itself */
	size_t n, size;

	/*
	 * The commands of its line, as a range of `all`, if rules that allow may be tried on each
	 * of them (gate/shell/shell-call) and the asker has described them; else none. The other
	 * candidates are for rules that deny or ask.
	 */
	size_t commands, n_commands;

	struct candidate_line **lines; /* the memory that candidates point into */
	size_t n_lines;
	bool opaque; /* at least one line is */
	bool hidden; /* a command of a line runs something unknown */
	bool unread; /* there are more lines than the limit */
};

/* The request must be a local.exec without a fault. Error: -ENOMEM, with nothing to free. */
int candidates_init(struct candidates *c, const struct request *request, const struct asker *asker);

/* As candidate_init_example(). */
int candidates_init_example(struct candidates *c, const char *words, size_t n);

void candidates_deinit(struct candidates *c);
