/* SPDX-License-Identifier: ISC */
#pragma once

/*
 * Who is at the other end of a connected UNIX socket, as the kernel tells it (unix(7)). Uid and
 * groups are facts that decide; the process is for display alone.
 */

#include <stdbool.h>
#include <sys/types.h>

/* What the kernel shows for an ID that has none in this user namespace: nobody in particular. */
#define PEER_OVERFLOW_ID 65534

/* A process's name may hold anything; escaped, it takes at most this much (16 times \x{HH}). */
#define PEER_PROCESS_MAX 128

struct peer {
	uid_t uid;
	gid_t gid;
	pid_t pid; /* 0 where it can't be seen from here */
};

int peer_read(int fd, struct peer *ret);

/* Whether the group is the peer's primary or one of its further ones. */
bool peer_is_in_group(int fd, const struct peer *peer, gid_t group);

/*
 * All of the peer's groups, the primary one first; the caller frees. *ret_more is set where there
 * may be others: they could not be read, or have no ID in this user namespace. Error: -ENOMEM.
 */
int peer_groups(int fd, const struct peer *peer, gid_t **ret, size_t *ret_n, bool *ret_more);

/*
 * The name of the peer's process, escaped for display, into `ret`; "" where it is gone already.
 */
void peer_process(int fd, const struct peer *peer, char ret[static PEER_PROCESS_MAX]);
