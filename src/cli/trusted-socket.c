/* SPDX-License-Identifier: ISC */

/*
 * Judges a socket by its place. The owner of a directory tells nothing if it is not mapped either:
 * a stranger's directory shows as uid 65534, like the root directory itself.
 */

#include "cli/trusted-socket.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/path.h"
#include "daemon/peer.h"

int trusted_socket_open(const char *path, struct trusted_socket *ret, struct bytes *why)
{
	const char *name = path_name(path);
	cleanup(free_p) char *directory = NULL;
	struct stat st;

	*ret = (struct trusted_socket)TRUSTED_SOCKET_INIT;
	directory = strndup(path, (size_t)(name - path));
	if (!directory)
		return bytes_refuse(why, -EPERM, "out of memory");

	ret->directory = open(directory[0] ? directory : ".", O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (ret->directory < 0)
		return bytes_refuse(why, -EPERM, "%s", strerror(errno));
	ret->socket = openat(ret->directory, name, O_PATH | O_NOFOLLOW | O_CLOEXEC);
	if (ret->socket < 0 || fstat(ret->socket, &st) < 0)
		return bytes_refuse(why, -EPERM, "%s", strerror(errno));
	return S_ISSOCK(st.st_mode) ? 0 : bytes_refuse(why, -EPERM, "this is not a socket");
}

void trusted_socket_deinit(struct trusted_socket *socket)
{
	close_p(&socket->directory);
	close_p(&socket->socket);
}

/* Each line is the first uid in here, the first one outside, and their number. */
static int is_mapped(uid_t uid, bool *ret)
{
	FILE *f = fopen("/proc/self/uid_map", "re");
	uint64_t first, outside, n;
	int r = 0, got;

	if (!f)
		return -errno;

	*ret = false;
	while ((got = fscanf(f, "%" SCNu64 " %" SCNu64 " %" SCNu64, &first, &outside, &n)) == 3)
		*ret |= uid >= first && uid - first < n;
	if (got != EOF || ferror(f))
		r = -EIO;
	fclose(f);
	return r;
}

/* If this process's own uid is not mapped either, the uid proves no ownership. */
static bool is_own(const struct stat *directory)
{
	const uid_t uid = geteuid();

	return uid != PEER_OVERFLOW_ID && directory->st_uid == uid
		&& !(directory->st_mode & (S_IWGRP | S_IWOTH));
}

int trusted_socket_check(const struct trusted_socket *socket, struct bytes *why)
{
	struct statvfs mount;
	struct stat st;
	bool mapped = true;
	int r;

	r = is_mapped(PEER_OVERFLOW_ID, &mapped);
	if (r < 0)
		return bytes_refuse(why, -EPERM, "/proc/self/uid_map: %s", strerror(-r));
	if (mapped)
		return bytes_refuse(why, -EPERM,
			"the listener has no uid here, and uid %u is a user here",
			(unsigned int)PEER_OVERFLOW_ID);

	if (fstatvfs(socket->socket, &mount) < 0 || fstat(socket->directory, &st) < 0)
		return bytes_refuse(why, -EPERM, "%s", strerror(errno));
	if ((mount.f_flag & ST_RDONLY) || is_own(&st))
		return 0;
	return bytes_refuse(why, -EPERM,
		"the listener has no uid here, and the socket is neither below a "
		"read-only mount nor in a directory that only you can write to");
}
