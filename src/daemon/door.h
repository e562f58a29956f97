/* SPDX-License-Identifier: ISC */
#pragma once

/*
 * Doors: listening sockets with a role (design, section 3). They come from systemd, or are bound
 * here; only the latter are ever touched beyond listening. A door decides who passes it.
 */

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "base/bytes.h"
#include "daemon/peer.h"
#include "gate/role.h"

/* systemd could hand over any number; nobody needs more. */
#define DOORS_MAX 16

#define DOOR_NO_GROUP ((gid_t)-1)

struct door {
	enum role role;
	int fd;
	char *path; /* as text to be shown; "" where it has none */

	/* Of a socket that was bound here: what to remove in the end. */
	char *bound_path;
	dev_t device;
	ino_t inode;
};

struct doors {
	struct door doors[DOORS_MAX];
	size_t n;
	uid_t owner;                       /* the daemon's uid, which passes everywhere */
	gid_t agent_group, operator_group; /* or DOOR_NO_GROUP */
	bool may_remove_stale;             /* a socket that nobody listens at any more */
};

void doors_init(struct doors *doors, uid_t owner);

/* Closes them, and removes the files that were bound (those very files, no others). */
void doors_deinit(struct doors *doors);

/* What is wrong has been appended to `why`. */
#define DOOR_REFUSED 1

/*
 * Takes over the sockets that systemd handed to this process; without any, `n` stays 0. Returns 0,
 * DOOR_REFUSED, or a negative errno.
 */
int doors_take(struct doors *doors, struct bytes *why);

/* Binds a socket at `path`. Returns as doors_take(). */
int doors_bind(struct doors *doors, enum role role, const char *path, struct bytes *why);

/* Whether whoever is at the other end of `fd`, accepted at this door, may pass. */
bool door_admits(
	const struct doors *doors, const struct door *door, int fd, const struct peer *peer);
