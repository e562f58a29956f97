/* SPDX-License-Identifier: ISC */
#pragma once

/*
 * Where the names of programs lead: links in the trusted directories to programs with other names,
 * such as /usr/bin/python3 to /usr/bin/python3.11. A rule that denies or asks about such a name is
 * also about the program. Pure: daemon/trusted-links reads the links. All zeros: there are none.
 *
 *	program_links_add()    for each link
 *	program_links_sort()   then program_links_find() any number of times
 *	program_links_deinit()
 */

#include <stddef.h>

struct program_link {
	char *path;    /* of the link, absolute and normal */
	char *program; /* the path of the file that it leads to */
};

struct program_links {
	struct program_link *links; /* sorted by the program's name */
	size_t n, size;
};

/* Copies both. Error: -ENOMEM. */
int program_links_add(struct program_links *links, const char *path, const char *program);
void program_links_sort(struct program_links *links);

/* The links to all programs of this name, one after the other; NULL if there are none. */
const struct program_link *program_links_find(
	const struct program_links *links, const char *name, size_t *ret_n);

void program_links_deinit(struct program_links *links);
