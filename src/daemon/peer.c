/* SPDX-License-Identifier: ISC */

/* SO_PEERCRED, SO_PEERGROUPS and SO_PEERPIDFD. */

#include "daemon/peer.h"

#include <errno.h>
#include <poll.h>
#include <sys/socket.h>

#include "base/cleanup.h"

/* Since Linux 6.5; the C library's headers may be older. */
#ifndef SO_PEERPIDFD
#define SO_PEERPIDFD 77
#endif

#define GROUPS_AT_FIRST 64

int peer_read(int fd, struct peer *ret)
{
	struct ucred cred;
	socklen_t len = sizeof(cred);

	if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &cred, &len) < 0)
		return -errno;

	*ret = (struct peer){ .uid = cred.uid, .gid = cred.gid, .pid = cred.pid };
	return 0;
}

/* The supplementary groups; NULL if they can't be read: peer_is_in_group() then finds none. */
static gid_t *read_groups(int fd, size_t *ret_n)
{
	cleanup(free_p) gid_t *groups = NULL;
	socklen_t len = GROUPS_AT_FIRST * sizeof(gid_t);
	void *more;

	for (;;) {
		more = realloc(groups, len);
		if (!more)
			return NULL;

		groups = more;
		if (getsockopt(fd, SOL_SOCKET, SO_PEERGROUPS, groups, &len) == 0)
			break;
		if (errno != ERANGE) /* ERANGE has set len to the size needed */
			return NULL;
	}

	*ret_n = len / sizeof(gid_t);
	return steal_ptr(groups);
}

bool peer_is_in_group(int fd, const struct peer *peer, gid_t group)
{
	cleanup(free_p) gid_t *groups = NULL;
	size_t n;

	if (group == PEER_OVERFLOW_ID)
		return false;
	if (peer->gid == group)
		return true;

	groups = read_groups(fd, &n);
	for (size_t i = 0; groups && i < n; i++)
		if (groups[i] == group)
			return true;
	return false;
}

int peer_groups(int fd, const struct peer *peer, gid_t **ret, size_t *ret_n, bool *ret_more)
{
	cleanup(free_p) gid_t *further = NULL;
	size_t n_further = 0, n = 0;
	bool more = false;
	gid_t *groups;

	further = read_groups(fd, &n_further);
	groups = malloc((n_further + 1) * sizeof(*groups));
	if (!groups)
		return -ENOMEM;

	for (size_t i = 0; i <= n_further; i++) {
		gid_t group = i == 0 ? peer->gid : further[i - 1];

		if (group == PEER_OVERFLOW_ID)
			more = true;
		else
			groups[n++] = group;
	}

	*ret = groups;
	*ret_n = n;
	*ret_more = more || !further;
	return 0;
}

/* A pidfd is readable after its process has ended; the pid may be reused by then. */
static bool has_ended(int pidfd)
{
	struct pollfd p = { .fd = pidfd, .events = POLLIN };

	return poll(&p, 1, 0) != 0;
}

void peer_process(
	int fd, const struct peer *peer, struct process_files *kept, struct process_names *ret)
{
	cleanup(close_p) int pidfd = -1;
	socklen_t len = sizeof(pidfd);

	*ret = (struct process_names){ 0 };
	if (peer->pid <= 0)
		return;

	if (getsockopt(fd, SOL_SOCKET, SO_PEERPIDFD, &pidfd, &len) < 0) {
		pidfd = -1;
		if (errno != ENOPROTOOPT) /* any other error: the process is gone */
			return;
	}
	process_names_read(kept, peer->pid, ret);
	if (pidfd >= 0 && has_ended(pidfd))
		*ret = (struct process_names){ 0 };
}
