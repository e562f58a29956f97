/* SPDX-License-Identifier: ISC */

/* The user database. */

#include "base/users.h"

#include <errno.h>
#include <grp.h>
#include <pwd.h>
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

int users_home(uid_t uid, char **ret)
{
	const struct passwd *user = getpwuid(uid);

	if (!user)
		return -ENOENT;

	*ret = strdup(user->pw_dir);
	return *ret ? 0 : -ENOMEM;
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
