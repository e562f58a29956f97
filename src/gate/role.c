/* SPDX-License-Identifier: ISC */

/* The names of the roles. */

#include "gate/role.h"

#include <errno.h>
#include <string.h>

static const char *const role_names[] = {
	[ROLE_AGENT] = "agent",
	[ROLE_OPERATOR] = "operator",
	[ROLE_ANY] = "any",
};

const char *role_name(enum role role)
{
	return role_names[role];
}

int role_parse(const char *name, enum role *ret)
{
	for (enum role role = ROLE_AGENT; role <= ROLE_ANY; role++) {
		if (strcmp(name, role_names[role]) == 0) {
			*ret = role;
			return 0;
		}
	}
	return -EINVAL;
}
