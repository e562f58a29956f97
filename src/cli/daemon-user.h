/* SPDX-License-Identifier: ISC */
#pragma once

/* Whom a daemon of this system runs as, and how to see files as that user does. */

#include <stdbool.h>
#include <sys/types.h>

/*
 * The state directory: `given`, or the one that the environment names; for root, the system's. The
 * caller frees. NULL: there is none, or out of memory.
 */
char *daemon_state_dir(const char *given);

struct daemon_user {
	uid_t uid;
	gid_t gid;  /* that of the state directory; of a user who was named, not needed */
	bool other; /* than the one who runs this */
	char name[64];
};

/*
 * Finds the user `name`; for NULL the one who owns the state directory, or "firma"; where neither
 * is there, or this is not run by root, the one who runs this. Error: -ENOENT.
 */
int daemon_user_find(const char *name, struct daemon_user *ret);

/*
 * Becomes another user, with their groups, for good. Error: a negative errno; the process should
 * end then.
 */
int daemon_user_become(const struct daemon_user *user);
