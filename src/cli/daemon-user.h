/* SPDX-License-Identifier: ISC */
#pragma once

/* The user that a daemon of this system runs as, and how to see files as that user does. */

#include <stdbool.h>
#include <sys/types.h>

/*
 * Returns the state directory: `given`, or the environment's; for root, the system's. The caller
 * frees it. NULL: there is none, or out of memory.
 */
char *daemon_state_dir(const char *given);

struct daemon_user {
	uid_t uid;
	gid_t gid;  /* of the state directory; unused for a named user */
	bool other; /* not the user who runs this program */
	char name[64];
};

/*
 * Finds the user `name`. If `name` is NULL: the owner of the state directory, or "firma"; if
 * neither exists, or root doesn't run this program, the user who runs it. Error: -ENOENT.
 */
int daemon_user_find(const char *name, struct daemon_user *ret);

/*
 * Switches to that user and the user's groups, permanently. Error: a negative errno; the process
 * should then exit.
 */
int daemon_user_become(const struct daemon_user *user);
