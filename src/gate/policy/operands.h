/* SPDX-License-Identifier: ISC */
#pragma once

/*
 * The texts of a command's words that may name files. Programs read file names at many places of a
 * word: "FILE", "--file=FILE", "-dFILE", "@FILE", "HEAD:FILE", "type=bind,source=FILE". Which of
 * these a program means is not known, so each is tried. Embedded: operands_init(), operands_next()
 * until it returns false, then operands_deinit(). The candidate must outlive it.
 */

#include <stdbool.h>
#include <stddef.h>

#include "gate/policy/candidate.h"

struct operands {
	const struct candidate *candidate;
	size_t index;        /* of the word */
	const char *start;   /* of the current text within the word; NULL before the first */
	const char *letters; /* where the letters of an option end; NULL if there are none */
	unsigned int tails;  /* texts of the word that were tried up to its end */
	bool cut;            /* the current text ends at a separator */

	/* The current text, as it is and normalized; both are valid until the next call. One
	 * buffer. */
	char *text, *path;
	bool as_sent; /* the path ends with the text, unchanged */
};

/* Error: -ENOMEM, with nothing to free. */
int operands_init(struct operands *o, const struct candidate *s);

bool operands_next(struct operands *o);
void operands_deinit(struct operands *o);
