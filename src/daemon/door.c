/* SPDX-License-Identifier: ISC */

/* Doors: taking them from systemd, binding them, and admitting peers. */

#include "daemon/door.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/notation.h"
#include "base/text.h"
#include "daemon/sd.h"

#define DOOR_BACKLOG SOMAXCONN

void doors_init(struct doors *doors, uid_t owner)
{
	*doors = (struct doors){
		.owner = owner,
		.agent_group = DOOR_NO_GROUP,
		.operator_group = DOOR_NO_GROUP,
	};
}

/*
 * Between lstat() and unlink() another file could take the name, but only by a process that may
 * replace the socket anyway.
 */
static void remove_bound(const struct door *door)
{
	struct stat st;

	if (door->bound_path && lstat(door->bound_path, &st) == 0 && st.st_dev == door->device
		&& st.st_ino == door->inode)
		unlink(door->bound_path);
}

void doors_deinit(struct doors *doors)
{
	for (size_t i = 0; i < doors->n; i++) {
		remove_bound(&doors->doors[i]);
		close(doors->doors[i].fd);
		free(doors->doors[i].path);
		free(doors->doors[i].bound_path);
	}
	doors->n = 0;
}

static char *shown(const char *path, size_t len)
{
	struct bytes text = BYTES_PRINTED;

	if (text_append_escaped(&text, path, len) < 0) {
		bytes_deinit(&text);
		return NULL;
	}
	return bytes_steal(&text);
}

/* The path that a socket is bound to, escaped for display. */
static char *socket_path(int fd)
{
	struct sockaddr_un address = { 0 };
	socklen_t len = sizeof(address);

	if (getsockname(fd, (struct sockaddr *)&address, &len) < 0)
		return strdup("");
	return shown(address.sun_path, strnlen(address.sun_path, sizeof(address.sun_path)));
}

static bool has_option(int fd, int option, int wanted)
{
	socklen_t len = sizeof(int);
	int value;

	return getsockopt(fd, SOL_SOCKET, option, &value, &len) == 0 && value == wanted;
}

static int take_one(struct doors *doors, int fd, const char *name, struct bytes *why)
{
	struct door door = { .fd = fd };
	int flags;

	if (role_parse(name, &door.role) < 0)
		return bytes_refuse(why, DOOR_REFUSED,
			"systemd hands over a socket named '%s': write FileDescriptorName=agent, "
			"operator or any into its unit",
			name);
	if (doors->n == DOORS_MAX)
		return bytes_refuse(
			why, DOOR_REFUSED, "systemd hands over more than %d sockets", DOORS_MAX);
	if (!has_option(fd, SO_DOMAIN, AF_UNIX) || !has_option(fd, SO_TYPE, SOCK_STREAM)
		|| !has_option(fd, SO_ACCEPTCONN, 1))
		return bytes_refuse(why, DOOR_REFUSED,
			"the socket '%s' from systemd is not a listening UNIX stream socket", name);

	flags = fcntl(fd, F_GETFL);
	if (flags < 0 || fcntl(fd, F_SETFL, flags | O_NONBLOCK) < 0)
		return -errno;

	door.path = socket_path(fd);
	if (!door.path)
		return -ENOMEM;

	doors->doors[doors->n++] = door;
	return 0;
}

static void free_names(char **names)
{
	for (char **name = names; name && *name; name++)
		free(*name);
	free(names);
}

static int compare_roles(const void *a, const void *b)
{
	const struct door *x = a, *y = b;

	return (int)x->role - (int)y->role;
}

int doors_take(struct doors *doors, struct bytes *why)
{
	char **names = NULL;
	int r = 0, n;

	n = sd.listen_fds_with_names(1, &names);
	if (n < 0)
		return n;

	for (int i = 0; i < n && r == 0; i++)
		r = take_one(doors, SD_LISTEN_FDS_START + i, names[i], why);

	/* systemd hands the sockets over in no fixed order; logs and status show them sorted. */
	qsort(doors->doors, doors->n, sizeof(doors->doors[0]), compare_roles);
	free_names(names);
	return r;
}

static int fill_address(const char *path, struct sockaddr_un *ret, struct bytes *why)
{
	*ret = (struct sockaddr_un){ .sun_family = AF_UNIX };
	if (path[0] == '\0' || strlen(path) >= sizeof(ret->sun_path))
		return bytes_refuse(why, DOOR_REFUSED, "%s: a socket's path has 1 to %zu bytes",
			path, sizeof(ret->sun_path) - 1);

	memcpy(ret->sun_path, path, strlen(path));
	return 0;
}

/* Returns 1 if a process listens there, 0 if none does, or a negative errno. */
static int probe(const struct sockaddr_un *address)
{
	cleanup(close_p) int fd = -1;

	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return -errno;

	if (connect(fd, (const struct sockaddr *)address, sizeof(*address)) == 0 || errno == EAGAIN)
		return 1;
	return errno == ECONNREFUSED ? 0 : -errno;
}

/* Removes a socket file without a listener. Any other file at the path is an error. */
static int remove_stale(
	const struct doors *doors, const struct sockaddr_un *address, struct bytes *why)
{
	const char *path = address->sun_path;
	struct stat before, after;
	int r;

	if (lstat(path, &before) < 0)
		return errno == ENOENT ? 0 : -errno;
	if (!S_ISSOCK(before.st_mode))
		return bytes_refuse(why, DOOR_REFUSED, "%s: exists and is no socket", path);

	r = probe(address);
	if (r < 0)
		return r;
	if (r > 0)
		return bytes_refuse(why, DOOR_REFUSED, "%s: another daemon serves there", path);
	if (!doors->may_remove_stale)
		return bytes_refuse(why, DOOR_REFUSED,
			"%s: a stale socket is there, which is not removed without the lock on the "
			"state directory",
			path);

	/* Only the file that was probed, not one that has replaced it. */
	if (lstat(path, &after) < 0)
		return errno == ENOENT ? 0 : -errno;
	if (before.st_dev != after.st_dev || before.st_ino != after.st_ino)
		return bytes_refuse(
			why, DOOR_REFUSED, "%s: another daemon is starting there", path);
	return unlink(path) < 0 && errno != ENOENT ? -errno : 0;
}

/* Makes the directory of `path` if it is missing, accessible only to the door's users. */
static int make_dir(const char *path, gid_t group)
{
	cleanup(free_p) char *copy = NULL;
	cleanup(close_p) int fd = -1;
	const char *dir;

	copy = strdup(path);
	if (!copy)
		return -ENOMEM;

	dir = dirname(copy);
	if (mkdir(dir, 0700) < 0)
		return errno == EEXIST ? 0 : -errno;
	if (group == DOOR_NO_GROUP)
		return 0;

	/* By descriptor: the owner of the parent could replace the directory. */
	fd = open(dir, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0 || fchown(fd, (uid_t)-1, group) < 0 || fchmod(fd, 0750) < 0)
		return -errno;
	return 0;
}

/*
 * The mode is right from the start, and no peer can connect before listen(2). fchownat() changes
 * any file at the path that isn't a link: a process that can replace the socket could as well have
 * bound one itself.
 */
static int bind_at(int fd, const struct sockaddr_un *address, gid_t group)
{
	const char *path = address->sun_path;
	mode_t mask;
	int r;

	mask = umask(group == DOOR_NO_GROUP ? 0177 : 0117);
	r = bind(fd, (const struct sockaddr *)address, sizeof(*address));
	umask(mask);
	if (r < 0)
		return -errno;

	if (group != DOOR_NO_GROUP)
		r = fchownat(AT_FDCWD, path, (uid_t)-1, group, AT_SYMLINK_NOFOLLOW);
	if (r == 0)
		r = listen(fd, DOOR_BACKLOG);
	if (r < 0) {
		r = -errno;
		unlink(path);
	}
	return r;
}

gid_t doors_group(const struct doors *doors, enum role role)
{
	switch (role) {
	case ROLE_AGENT:
		return doors->agent_group;
	case ROLE_OPERATOR:
		return doors->operator_group;
	default:
		return DOOR_NO_GROUP;
	}
}

static int open_door(struct doors *doors, enum role role, const struct sockaddr_un *address)
{
	gid_t group = doors_group(doors, role);
	cleanup(free_p) char *bound_path = strdup(address->sun_path);
	cleanup(free_p) char *path = shown(address->sun_path, strlen(address->sun_path));
	cleanup(close_p) int fd = -1;
	struct stat st;
	int r;

	if (!bound_path || !path)
		return -ENOMEM;

	r = make_dir(address->sun_path, group);
	if (r < 0)
		return r;

	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return -errno;

	r = bind_at(fd, address, group);
	if (r < 0)
		return r;
	if (lstat(address->sun_path, &st) < 0)
		return -errno;

	doors->doors[doors->n++] = (struct door){
		.role = role,
		.fd = steal_fd(&fd),
		.path = steal_ptr(path),
		.bound_path = steal_ptr(bound_path),
		.device = st.st_dev,
		.inode = st.st_ino,
	};
	return 0;
}

int doors_bind(struct doors *doors, enum role role, const char *path, struct bytes *why)
{
	struct sockaddr_un address;
	int r;

	r = fill_address(path, &address, why);
	if (r == 0)
		r = remove_stale(doors, &address, why);
	if (r == 0)
		r = open_door(doors, role, &address);
	return r < 0 && r != -ENOMEM ? bytes_refuse(why, DOOR_REFUSED, "%s: %s", path, strerror(-r))
				     : r;
}

bool door_admits(
	const struct doors *doors, const struct door *door, int fd, const struct peer *peer)
{
	gid_t group = doors_group(doors, door->role);

	if (peer->uid == PEER_OVERFLOW_ID)
		return false;
	if (peer->uid == doors->owner || peer->uid == 0)
		return true;
	return group != DOOR_NO_GROUP && peer_is_in_group(fd, peer, group);
}

/* More than a listener's queue holds. */
#define TURN_AWAY_MAX 8192

static void turn_away(int listener)
{
	struct pollfd waiting = { .fd = listener, .events = POLLIN };
	int fd;

	for (int i = 0; i < TURN_AWAY_MAX && poll(&waiting, 1, 0) == 1; i++) {
		fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
		if (fd < 0)
			return;
		close(fd);
	}
}

void doors_turn_away(void)
{
	const char *n = getenv("LISTEN_FDS"), *process = getenv("LISTEN_PID");
	uint64_t pid, count;

	if (!n || !process || notation_parse_number(process, 1, INT32_MAX, &pid) < 0
		|| (pid_t)pid != getpid() || notation_parse_number(n, 0, DOORS_MAX, &count) < 0)
		return;
	for (uint64_t i = 0; i < count; i++)
		turn_away(SD_LISTEN_FDS_START + (int)i);
}
