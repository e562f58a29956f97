/* SPDX-License-Identifier: ISC */

/* The user database. */

#include "base/users.h"

#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"

int users_find(const char *name, uid_t *ret)
{
	const struct passwd *user = getpwnam(name);

	if (!user)
		return -ENOENT;

	*ret = user->pw_uid;
	return 0;
}

int users_find_group(const char *name, gid_t *ret)
{
	const struct group *group = getgrnam(name);

	if (!group)
		return -ENOENT;

	*ret = group->gr_gid;
	return 0;
}

int users_primary_group(uid_t uid, gid_t *ret)
{
	const struct passwd *user = getpwuid(uid);

	if (!user)
		return -ENOENT;

	*ret = user->pw_gid;
	return 0;
}

int users_home(uid_t uid, char **ret)
{
	const struct passwd *user = getpwuid(uid);

	if (!user)
		return -ENOENT;

	*ret = strdup(user->pw_dir);
	return *ret ? 0 : -ENOMEM;
}

static int append_member(struct bytes *b, const char *name)
{
	return bytes_appendf(b, "%s%s", b->len > 0 ? ", " : "", name);
}

static bool is_listed(char *const *names, const char *name)
{
	while (*names && strcmp(*names, name) != 0)
		names++;
	return *names;
}

int users_group_members(gid_t gid, char **ret_name, struct bytes *members)
{
	const struct group *group = getgrgid(gid);
	cleanup(free_p) char *name = NULL;
	const struct passwd *user;

	if (!group)
		return -ENOENT;

	name = strdup(group->gr_name);
	for (char *const *at = group->gr_mem; *at; at++)
		append_member(members, *at);
	setpwent();
	while ((user = getpwent()))
		if (user->pw_gid == gid && !is_listed(group->gr_mem, user->pw_name))
			append_member(members, user->pw_name);
	endpwent();
	if (!name || bytes_error(members) < 0)
		return -ENOMEM;

	*ret_name = steal_ptr(name);
	return 0;
}

int users_groups(uid_t uid, gid_t **ret, size_t *ret_n)
{
	const struct passwd *user = getpwuid(uid);
	cleanup(free_p) gid_t *groups = NULL;
	int n = 64, room;
	void *more;

	if (!user)
		return -ENOENT;

	do {
		room = n;
		more = realloc(groups, (size_t)room * sizeof(*groups));
		if (!more)
			return -ENOMEM;
		groups = more;
	} while (getgrouplist(user->pw_name, user->pw_gid, groups, &n) < 0 && n > room);

	*ret = steal_ptr(groups);
	*ret_n = (size_t)(n < room ? n : room);
	return 0;
}
