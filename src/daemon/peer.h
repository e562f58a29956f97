/* SPDX-License-Identifier: ISC */
#pragma once

/*
 * The peer of a connected UNIX socket, as the kernel tells it (unix(7)). Decisions use the uid and
 * the groups; the process is only for display.
 */

#include <stdbool.h>
#include <sys/types.h>

#include "daemon/process.h"

/*
 * The kernel shows this for an ID without a mapping in this user namespace. It identifies no user
 * or group.
 */
#define PEER_OVERFLOW_ID 65534

struct peer {
	uid_t uid;
	gid_t gid;
	pid_t pid; /* 0 if it can't be seen from here */
};

int peer_read(int fd, struct peer *ret);

/* Whether the group is the peer's primary one or a supplementary one. */
bool peer_is_in_group(int fd, const struct peer *peer, gid_t group);

/*
 * All of the peer's groups, the primary one first; the caller frees *ret. *ret_more is set if the
 * peer may be in more groups: some could not be read, or have no ID in this user namespace. Error:
 * -ENOMEM.
 */
int peer_groups(int fd, const struct peer *peer, gid_t **ret, size_t *ret_n, bool *ret_more);

/*
 * Reads the names of the peer's process and of its ancestors; none if the process has ended.
 * `kept`: see daemon/process.
 */
void peer_process(
	int fd, const struct peer *peer, struct process_files *kept, struct process_names *ret);
