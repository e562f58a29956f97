/* SPDX-License-Identifier: ISC */

/* Follows the links in the trusted directories. */

#include "daemon/trusted-links.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "base/path.h"
#include "gate/limits.h"
#include "gate/policy/program.h"

#define HOPS_MAX 40 /* as in the kernel */

struct reading {
	struct trusted_links links;
	struct policy *policy;
	struct program_links found;
	const struct clock_time *now;
	size_t n_seen;
};

/* --- directories ------------------------------------------------------------------------------ */

/* Only a passing error is one: the directory may have links that are not known. */
static int passing(int error)
{
	return file_error_is_passing(-error) ? -error : 0;
}

/* Looks at the directory before it is read: a later change then shows. */
static int add_directory(struct reading *r, const char *path, struct trusted_directory **ret)
{
	struct trusted_directory *grown, *d;
	struct stat st;
	int e;

	grown = reallocarray(r->links.directories, r->links.n + 1, sizeof(*grown));
	if (!grown)
		return -ENOMEM;
	r->links.directories = grown;

	d = &grown[r->links.n];
	*d = (struct trusted_directory){ .path = strdup(path) };
	if (!d->path)
		return -ENOMEM;
	r->links.n++;

	e = watched_file_look(AT_FDCWD, path, 0, &st);
	d->hidden = e < 0;
	if (e < 0)
		st = (struct stat){ 0 };
	watched_file_note(&d->watched, &st, CLOCK_NEVER, r->now);
	if (e >= 0)
		d->real = realpath(path, NULL);
	*ret = d;
	return d->real ? 0 : passing(e < 0 ? -e : errno);
}

/* *ret is valid until the next call. */
static int find_directory(struct reading *r, const char *path, struct trusted_directory **ret)
{
	for (size_t i = 0; i < r->links.n; i++) {
		*ret = &r->links.directories[i];
		if (strcmp((*ret)->path, path) == 0)
			return 0;
	}
	return add_directory(r, path, ret);
}

/* --- links ------------------------------------------------------------------------------------ */

/* Replaces a link's path by where it leads, and returns 1; 0: it is no link, or leads nowhere. */
static int follow_once(struct reading *r, char path[static PATH_MAX])
{
	struct trusted_directory *d;
	char target[PATH_MAX], next[2 * PATH_MAX];
	ssize_t len;
	char *slash;
	int e;

	len = readlink(path, target, sizeof(target) - 1);
	if (len < 0)
		return errno == EINVAL || errno == ENOENT ? 0 : passing(errno);
	target[len] = '\0';

	snprintf(next, sizeof(next), "%.*s%s", target[0] == '/' ? 0 : (int)(path_name(path) - path),
		path, target);
	slash = strrchr(next, '/');
	if (!slash || slash[1] == '\0')
		return 0;
	*slash = '\0';
	e = find_directory(r, slash == next ? "/" : next, &d);
	if (e < 0 || !d->real)
		return e;
	len = snprintf(path, PATH_MAX, "%s/%s", d->real[1] ? d->real : "", slash + 1);
	return len < PATH_MAX;
}

/* Adds the link if it leads to a program of another name, which need not be there. */
static int add_link(struct reading *r, const char *link)
{
	char path[PATH_MAX];
	int e = 1;

	snprintf(path, sizeof(path), "%s", link);
	for (int hops = 0; e > 0 && hops < HOPS_MAX; hops++)
		e = follow_once(r, path);
	if (e < 0)
		return e;
	if (e > 0 || strcmp(path_name(path), path_name(link)) == 0
		|| program_acts_by_name(path_name(path)))
		return 0;
	return program_links_add(&r->found, link, path);
}

static int add_entry(struct reading *r, const char *directory, const struct dirent *entry)
{
	char path[PATH_MAX];

	if (entry->d_type != DT_LNK && entry->d_type != DT_UNKNOWN)
		return 0;
	if (++r->n_seen > LIMIT_TRUSTED_LINKS)
		return -E2BIG;
	if (snprintf(path, sizeof(path), "%s/%s", directory, entry->d_name) >= (int)sizeof(path)
		|| !policy_wants_link(r->policy, path))
		return 0;
	return add_link(r, path);
}

static int read_directory(struct reading *r, const char *path)
{
	cleanup(closedir_p) DIR *dir = opendir(path);
	const struct dirent *entry;
	int e = 0;

	if (!dir)
		return passing(errno);
	while (e >= 0 && (errno = 0, entry = readdir(dir)))
		e = add_entry(r, path, entry);
	return e < 0 ? e : passing(errno);
}

/* Also under another path. */
static bool was_listed(const struct trusted_links *links, const char *real)
{
	for (size_t i = 0; i < links->n; i++)
		if (links->directories[i].listed && strcmp(links->directories[i].real, real) == 0)
			return true;
	return false;
}

/* --- all of it -------------------------------------------------------------------------------- */

static int read_all(struct reading *r)
{
	const struct trusted *trusted = policy_trusted(r->policy);
	struct trusted_directory *d;
	int e = 0;

	if (!policy_has_wide_rules(r->policy))
		return 0;
	for (size_t i = 0; e >= 0 && i < trusted->n; i++) {
		e = find_directory(r, trusted->directories[i], &d);
		if (e < 0 || !d->real || was_listed(&r->links, d->real))
			continue;
		d->listed = true;
		e = read_directory(r, trusted->directories[i]);
	}
	return e;
}

int trusted_links_read(
	struct trusted_links *links, struct policy *policy, const struct clock_time *now)
{
	struct reading r = { .policy = policy, .now = now };
	int e;

	e = read_all(&r);
	trusted_links_deinit(links);
	*links = r.links;
	links->unknown = e < 0;
	if (e < 0) {
		program_links_deinit(&r.found);
		return e;
	}
	program_links_sort(&r.found);
	policy_set_links(policy, &r.found);
	return 0;
}

bool trusted_links_have_changed(const struct trusted_links *links, const struct clock_time *now)
{
	const struct trusted_directory *d = links->directories;

	for (size_t i = 0; i < links->n; i++, d++)
		if (!d->hidden && watched_file_has_changed(&d->watched, AT_FDCWD, d->path, 0, now))
			return true;
	return links->unknown;
}

void trusted_links_deinit(struct trusted_links *links)
{
	for (size_t i = 0; i < links->n; i++) {
		free(links->directories[i].path);
		free(links->directories[i].real);
	}
	free(links->directories);
	*links = (struct trusted_links){ 0 };
}
