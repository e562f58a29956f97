/* SPDX-License-Identifier: ISC */

/* The daemon's user. */

#include "cli/daemon-user.h"

#include <errno.h>
#include <grp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/users.h"

#define USER "firma"

/* In the design's order: option, systemd's directory, for root the system's, the user's own. */
char *daemon_state_dir(const char *given)
{
	const char *systemd = getenv("STATE_DIRECTORY");
	const char *state_home = getenv("XDG_STATE_HOME"), *home = getenv("HOME");
	char *path = NULL;

	if (given)
		return given[0] ? strdup(given) : NULL;
	if (systemd && systemd[0] && systemd[0] != ':')
		return strndup(systemd, strcspn(systemd, ":")); /* the first of a list */
	if (geteuid() == 0)
		return strdup("/var/lib/firma");
	if (state_home && state_home[0] == '/')
		return asprintf(&path, "%s/firma", state_home) < 0 ? NULL : path;
	if (home && home[0] == '/')
		return asprintf(&path, "%s/.local/state/firma", home) < 0 ? NULL : path;
	return NULL;
}

static bool owns_state_dir(struct daemon_user *ret)
{
	cleanup(free_p) char *path = daemon_state_dir(NULL);
	struct stat st;

	if (!path || stat(path, &st) < 0)
		return false;

	*ret = (struct daemon_user){ .uid = st.st_uid, .gid = st.st_gid };
	snprintf(ret->name, sizeof(ret->name), "uid %u", (unsigned int)st.st_uid);
	return true;
}

int daemon_user_find(const char *name, struct daemon_user *ret)
{
	struct daemon_user user = { .uid = geteuid() };
	int r = 0;

	if (name || (user.uid == 0 && !owns_state_dir(&user))) {
		r = users_find(name ? name : USER, &user.uid);
		snprintf(user.name, sizeof(user.name), "user %s", name ? name : USER);
	}
	if (r < 0 && name)
		return r;

	user.other = user.uid != geteuid();
	*ret = user;
	return 0;
}

int daemon_user_become(const struct daemon_user *user)
{
	cleanup(free_p) gid_t *groups = NULL;
	gid_t gid = user->gid;
	size_t n = 0;
	int r;

	r = users_groups(user->uid, &groups, &n);
	if (r < 0 && r != -ENOENT)
		return r;
	if (n > 0)
		gid = groups[0];

	if (setgroups(n, groups) < 0 || setresgid(gid, gid, gid) < 0
		|| setresuid(user->uid, user->uid, user->uid) < 0)
		return -errno;
	return 0;
}
