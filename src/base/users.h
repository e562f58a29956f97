/* SPDX-License-Identifier: ISC */
#pragma once

/* Users and groups by their name, as the system knows them (nsswitch.conf(5)). */

#include <stddef.h>
#include <sys/types.h>

/* -ENOENT where there is none, or it could not be asked. */
int users_find(const char *name, uid_t *ret);
int users_find_group(const char *name, gid_t *ret);

/*
 * All groups of a user, the primary one among them, as a new process of theirs would have them; the
 * caller frees. -ENOENT where there is no such user, -ENOMEM.
 */
int users_groups(uid_t uid, gid_t **ret, size_t *ret_n);
