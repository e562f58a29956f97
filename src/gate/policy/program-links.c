/* SPDX-License-Identifier: ISC */

/* Links in the trusted directories, by the names of the programs that they lead to. */

#include "gate/policy/program-links.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/path.h"

static int reserve(struct program_links *links)
{
	const size_t size = links->size > 0 ? 2 * links->size : 16;
	struct program_link *grown;

	if (links->n < links->size)
		return 0;
	grown = reallocarray(links->links, size, sizeof(*grown));
	if (!grown)
		return -ENOMEM;

	links->links = grown;
	links->size = size;
	return 0;
}

int program_links_add(struct program_links *links, const char *path, const char *program)
{
	struct program_link link;
	int r;

	r = reserve(links);
	if (r < 0)
		return r;

	link = (struct program_link){ strdup(path), strdup(program) };
	if (!link.path || !link.program) {
		free(link.path);
		free(link.program);
		return -ENOMEM;
	}
	links->links[links->n++] = link;
	return 0;
}

static int compare(const void *a, const void *b)
{
	const struct program_link *x = a, *y = b;

	return strcmp(path_name(x->program), path_name(y->program));
}

void program_links_sort(struct program_links *links)
{
	if (links->n > 0)
		qsort(links->links, links->n, sizeof(*links->links), compare);
}

/* The first link whose program's name is not before `name`. */
static size_t find_first(const struct program_links *links, const char *name)
{
	size_t low = 0, high = links->n, middle;

	while (low < high) {
		middle = low + (high - low) / 2;
		if (strcmp(path_name(links->links[middle].program), name) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

const struct program_link *program_links_find(
	const struct program_links *links, const char *name, size_t *ret_n)
{
	const size_t first = find_first(links, name);
	size_t end = first;

	while (end < links->n && strcmp(path_name(links->links[end].program), name) == 0)
		end++;
	*ret_n = end - first;
	return *ret_n > 0 ? &links->links[first] : NULL;
}

void program_links_deinit(struct program_links *links)
{
	for (size_t i = 0; i < links->n; i++) {
		free(links->links[i].path);
		free(links->links[i].program);
	}
	free(links->links);
	*links = (struct program_links){ 0 };
}
