/* SPDX-License-Identifier: ISC */
#pragma once

/*
 * Doors: listening sockets with a role (design, section 3). They come from systemd or are bound
 * here; only the files of bound ones are removed. A door decides which peers it admits.
 */

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "base/bytes.h"
#include "daemon/peer.h"
#include "gate/role.h"

/* systemd can hand over any number; more than this is refused. */
#define DOORS_MAX 16

#define DOOR_NO_GROUP ((gid_t)-1)

struct door {
	enum role role;
	int fd;
	char *path; /* escaped for display; "" if it has none */

	/* Only for a socket that was bound here: the file to remove at the end. */
	char *bound_path;
	dev_t device;
	ino_t inode;
};

struct doors {
	struct door doors[DOORS_MAX];
	size_t n;
	uid_t owner;                       /* the daemon's uid, which every door admits */
	gid_t agent_group, operator_group; /* or DOOR_NO_GROUP */
	bool may_remove_stale;             /* whether to remove a socket file without a listener */
};

void doors_init(struct doors *doors, uid_t owner);

/* Closes the doors. Removes the bound files, unless another file has taken the name. */
void doors_deinit(struct doors *doors);

/* Refused; the reason is appended to `why`. */
enum { DOOR_REFUSED = 1 };

/* The group that may pass a door with this role besides the daemon's user and root, or
 * DOOR_NO_GROUP. */
gid_t doors_group(const struct doors *doors, enum role role);

/*
 * Takes ownership of the sockets from systemd; without any, `n` stays 0. Returns 0, DOOR_REFUSED,
 * or a negative errno.
 */
int doors_take(struct doors *doors, struct bytes *why);

/* Binds a socket at `path`. Returns as doors_take(). */
int doors_bind(struct doors *doors, enum role role, const char *path, struct bytes *why);

/* Whether this door admits the peer of `fd`, a connection accepted at it. */
bool door_admits(
	const struct doors *doors, const struct door *door, int fd, const struct peer *peer);

/*
 * For a daemon that can't start: closes the connections that wait at the sockets from systemd.
 * Otherwise systemd would start it again at once, without end. Needs no sd_load().
 */
void doors_turn_away(void);
