/* SPDX-License-Identifier: ISC */
#pragma once

/* What the files of the allowlist share. */

#include "gate/allowlist/allowlist.h"

/* An agent; its entries follow one another. */
struct allow_agent {
	char *name;
	size_t first, n; /* its entries */
	size_t end;      /* in the text: after the last element, or after the '[' */
};

/* An index key: an entry may match a file of this name, with these bound arguments ("": any). */
struct allow_name {
	const char *name, *bound;
	size_t entry;
};

/* A part of the text. */
struct allow_range {
	size_t start, end;
};

struct allowlist {
	struct bytes text; /* not changed any more: the entries point into it */
	struct allow_agent *agents;
	size_t n_agents, size_agents;
	struct allow_entry **entries; /* in the order of the text */
	size_t n, size;

	struct allow_range agents_at; /* the value of the key, with its braces */
	struct allow_range clock_at;  /* the same; empty if the key is missing */
	struct allow_clock clock;
	uint64_t first_end;

	/* The index: entries by file name and binding, and entries whose name has wildcards. */
	struct allow_name *names;
	size_t n_names;
	size_t *others;
	size_t n_others;
	bool has_form[ALLOW_FORMS]; /* whether any entry has it */
};

/* Makes the index. Error: -ENOMEM. */
int allowlist_make_index(struct allowlist *list);
