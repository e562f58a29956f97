/* SPDX-License-Identifier: ISC */

/* The home directory, and the usual path of the policy. */

#include "cli/home-path.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/users.h"

#define POLICY "policy.json"
#define SYSTEM_POLICY "/etc/firma/" POLICY

int home_directory(char **ret)
{
	const char *home = getenv("HOME");

	if (!home || home[0] != '/')
		return users_home(geteuid(), ret);

	*ret = strdup(home);
	return *ret ? 0 : -ENOMEM;
}

static const char *skip_home(const char *path)
{
	if (strncmp(path, "~/", 2) == 0)
		return path + 2;
	return strncmp(path, "%h/", 3) == 0 ? path + 3 : NULL;
}

/* Returns "DIRECTORY/REST". */
static int join(const char *directory, const char *rest, char **ret)
{
	if (asprintf(ret, "%s/%s", directory, rest) < 0) {
		*ret = NULL;
		return -ENOMEM;
	}
	return 0;
}

int home_path(const char *path, char **ret)
{
	cleanup(free_p) char *home = NULL;
	const char *rest = skip_home(path);
	int r;

	if (!rest) {
		*ret = strdup(path);
		return *ret ? 0 : -ENOMEM;
	}
	r = home_directory(&home);
	return r < 0 ? r : join(home, rest, ret);
}

/* Whether the system's daemon would run as this user. */
static bool is_system(void)
{
	uid_t firma;

	return geteuid() == 0 || (users_find("firma", &firma) == 0 && geteuid() == firma);
}

int usual_policy_path(char **ret)
{
	const char *systemd = getenv("CONFIGURATION_DIRECTORY"),
		   *config = getenv("XDG_CONFIG_HOME");
	cleanup(free_p) char *directory = NULL;
	int r;

	if (systemd && systemd[0] == '/') {
		directory = strndup(systemd, strcspn(systemd, ":")); /* the first of a list */
		return directory ? join(directory, POLICY, ret) : -ENOMEM;
	}
	if (is_system()) {
		*ret = strdup(SYSTEM_POLICY);
		return *ret ? 0 : -ENOMEM;
	}
	if (config && config[0] == '/')
		return join(config, "firma/" POLICY, ret);

	*ret = NULL;
	r = home_directory(&directory);
	if (r == -ENOENT)
		return 0;
	return r < 0 ? r : join(directory, ".config/firma/" POLICY, ret);
}
