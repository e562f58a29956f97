/* SPDX-License-Identifier: ISC */
#pragma once

/* Users and groups by their name, as the system knows them (nsswitch.conf(5)). */

#include <stddef.h>
#include <sys/types.h>

#include "base/bytes.h"

/* -ENOENT if there is no such user or group, or the database could not be read. */
int users_find(const char *name, uid_t *ret);
int users_find_group(const char *name, gid_t *ret);

/* The user's primary group. -ENOENT as above. */
int users_primary_group(uid_t uid, gid_t *ret);

/* The user's home directory; the caller frees *ret. Errors: -ENOENT, -ENOMEM. */
int users_home(uid_t uid, char **ret);

/*
 * A group's name, which the caller frees, and its members, appended to `members` as "alice, bob":
 * those that the group lists, and those whose primary group it is. Errors: -ENOENT if there is no
 * such group, -ENOMEM.
 */
int users_group_members(gid_t gid, char **ret_name, struct bytes *members);

/*
 * All groups of a user, the primary one included, as a new process of that user would have them;
 * the caller frees *ret. Errors: -ENOENT if there is no such user, -ENOMEM.
 */
int users_groups(uid_t uid, gid_t **ret, size_t *ret_n);
