/* SPDX-License-Identifier: ISC */

#include "daemon/pack-files.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static int add(struct pack_files *packs, const char *path)
{
	struct live_policy *file = &packs->files[packs->n];
	int r;

	r = live_policy_init(file, path, geteuid());
	if (r < 0) {
		live_policy_deinit(file);
		return r;
	}
	file->is_pack = true;
	packs->in_force[packs->n++] = NULL;
	return 0;
}

int pack_files_init(struct pack_files *packs, char *const *paths, size_t n, const char *directory)
{
	int r = 0;

	packs->directory = directory;
	for (size_t i = 0; r >= 0 && i < n; i++) {
		r = add(packs, paths[i]);
		packs->n_of_options = packs->n;
	}
	return r;
}

/* Drops the packs from this one on. */
static void drop(struct pack_files *packs, size_t from)
{
	while (packs->n > from) {
		live_policy_deinit(&packs->files[--packs->n]);
		if (packs->n >= packs->n_of_options)
			free(packs->named[packs->n - packs->n_of_options]);
	}
}

void pack_files_deinit(struct pack_files *packs)
{
	drop(packs, 0);
}

static bool has(const struct pack_files *packs, const char *path)
{
	for (size_t i = 0; i < packs->n; i++)
		if (strcmp(packs->files[i].path, path) == 0)
			return true;
	return false;
}

static int add_named(struct pack_files *packs, const char *name)
{
	char *path;
	int r;

	if (asprintf(&path, "%s/%s.json", packs->directory, name) < 0)
		return -ENOMEM;
	r = has(packs, path) ? -EEXIST : add(packs, path);
	if (r < 0) {
		free(path);
		return r == -EEXIST ? 0 : r;
	}
	packs->named[packs->n - 1 - packs->n_of_options] = path;
	return 0;
}

void pack_files_follow(struct pack_files *packs, const struct policy *policy)
{
	const char *const *names = NULL;
	size_t n = 0;
	int r = 0;

	drop(packs, packs->n_of_options);
	if (policy)
		names = policy_packs(policy, &n);
	for (size_t i = 0; r >= 0 && i < n; i++)
		r = add_named(packs, names[i]);
	packs->unknown = r < 0;
}

const char *pack_files_closed(const struct pack_files *packs)
{
	const char *closed = packs->unknown ? "out of memory for the policy's packs" : NULL;

	for (size_t i = 0; !closed && i < packs->n; i++)
		closed = live_policy_closed(&packs->files[i]);
	return closed;
}
