/* SPDX-License-Identifier: ISC */
#pragma once

/*
 * A table of the names of known programs, each with a value, by their first two letters: a lookup
 * compares a few names instead of hundreds. Static: call known_names_init(), then known_names_add()
 * for each name. A name of a file may be that of several known programs, so all of them are given:
 *
 *	struct known_search search = known_names_search(&names, "python3.11");
 *
 *	while ((known = known_names_next(&search)))
 *		…
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "gate/policy/program-name.h"

struct known_name {
	const char *name; /* in the form for program-name.h */
	uint16_t value;
	uint16_t next; /* of the same chain; 0 ends it, others are an index + 1 */
};

#define KNOWN_CHAINS 1024

/* A small cache of results: deciding a request looks up the same few names several times. */
#define KNOWN_RESULTS 64
#define KNOWN_RESULT_NAME 24 /* with the NUL; longer names are not cached */

struct known_result {
	char name[KNOWN_RESULT_NAME]; /* "": unused */
	uint16_t value;
};

struct known_names {
	struct known_name *list;
	size_t n, size;
	uint16_t chains[KNOWN_CHAINS]; /* as `next` */
	struct known_result results[KNOWN_RESULTS];
};

/* `list`: an array with a place for each of `size` names. */
void known_names_init(struct known_names *names, struct known_name *list, size_t size);

/* `name` must outlive the table. There must be a place left. */
void known_names_add(struct known_names *names, const char *name, uint16_t value);

struct known_search {
	const struct known_names *names;
	const char *name;
	struct program_starts starts;
	unsigned int chain; /* the next chain to search: each start has two */
	uint16_t at;
};

struct known_search known_names_search(const struct known_names *names, const char *name);

/* NULL after the last one. */
const struct known_name *known_names_next(struct known_search *search);

/*
 * A cache for the result that the table's owner computes from all values of a name. If
 * known_names_recall() returns false, compute it, and call known_names_keep(): it may evict another
 * name's result.
 */
bool known_names_recall(const struct known_names *names, const char *name, uint16_t *ret_value);
void known_names_keep(struct known_names *names, const char *name, uint16_t value);
