/* SPDX-License-Identifier: ISC */

/* The state directory. Invariant: nothing in it is touched before the lock is held. */

#include "ledger/state-dir.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>

#include "base/text.h"

#define LOCK_FILE "lock"

struct state_dir {
	char *name;        /* as given, without slashes at the end */
	struct bytes path; /* the same, escaped */
	uid_t owner;
	int fd, lock_fd;
	struct file_seen seen, seen_lock; /* when they were opened */
	bool locked;
	struct bytes fault; /* empty: none */

	bool unsynced;  /* names in it may not be durable */
	bool relied_on; /* asked for, since the last commit */
	int error;      /* of a failed sync, or 0 */
};

/* A copy without slashes at its end: with them, a symbolic link would be followed. */
static char *strip_slashes(const char *path)
{
	size_t len = strlen(path);

	while (len > 1 && path[len - 1] == '/')
		len--;
	return strndup(path, len);
}

/* Sets the fault from the result of file_open() and its like. */
static void set_fault(struct state_dir *dir, const char *name, int r)
{
	bytes_clear(&dir->fault);
	bytes_appendf(&dir->fault, "%s%s%s: %s", bytes_str(&dir->path), name ? "/" : "",
		name ? name : "", r < 0 ? strerror(-r) : file_fault_text((enum file_fault)r));
	if (dir->fault.len == 0)
		bytes_append_str(&dir->fault, "out of memory");
}

int state_dir_new(const char *given, uid_t owner, struct state_dir **ret)
{
	cleanup(state_dir_free_p) struct state_dir *dir = calloc(1, sizeof(*dir));
	int r;

	if (!dir)
		return -ENOMEM;

	dir->owner = owner;
	dir->fd = dir->lock_fd = -1;
	bytes_init(&dir->path, BYTES_PRINTED_MAX);
	bytes_init(&dir->fault, BYTES_PRINTED_MAX);
	dir->name = strip_slashes(given);
	if (!dir->name)
		return -ENOMEM;

	r = text_append_escaped(&dir->path, dir->name, strlen(dir->name));
	if (r < 0)
		return r;

	r = file_make_dir(dir->name);
	if (r >= 0)
		r = file_open_dir(dir->name, owner, &dir->fd);
	if (r != 0)
		set_fault(dir, NULL, r);
	else
		file_see(dir->fd, &dir->seen);

	*ret = steal_ptr(dir);
	return 0;
}

void state_dir_free(struct state_dir *dir)
{
	if (!dir)
		return;

	close_p(&dir->lock_fd);
	close_p(&dir->fd);
	free(dir->name);
	bytes_deinit(&dir->path);
	bytes_deinit(&dir->fault);
	free(dir);
}

enum state_dir_lock state_dir_lock(struct state_dir *dir)
{
	int r;

	if (dir->fault.len > 0)
		return STATE_DIR_REFUSED;

	if (dir->lock_fd < 0) {
		r = file_open(dir->fd, LOCK_FILE, O_RDWR | O_CREAT, dir->owner, &dir->lock_fd);
		if (r != 0) {
			set_fault(dir, LOCK_FILE, r);
			return STATE_DIR_REFUSED;
		}
		file_see(dir->lock_fd, &dir->seen_lock);
	}

	if (flock(dir->lock_fd, LOCK_EX | LOCK_NB) < 0) {
		if (errno == EWOULDBLOCK || errno == EINTR)
			return STATE_DIR_BUSY;
		set_fault(dir, LOCK_FILE, -errno);
		return STATE_DIR_REFUSED;
	}

	dir->locked = true;
	return STATE_DIR_LOCKED;
}

bool state_dir_is_locked(const struct state_dir *dir)
{
	return dir->locked;
}

const char *state_dir_fault(const struct state_dir *dir)
{
	return dir->fault.len > 0 ? bytes_str(&dir->fault) : NULL;
}

int state_dir_look(struct state_dir *dir)
{
	const char *name = NULL;
	int r;

	r = file_look(AT_FDCWD, dir->name, FILE_ANY, &dir->seen);
	if (r == 0) {
		name = LOCK_FILE;
		r = file_look(dir->fd, name, FILE_ANY, &dir->seen_lock);
	}
	if (r <= 0)
		return r;

	set_fault(dir, name, r);
	return 1;
}

int state_dir_fd(const struct state_dir *dir)
{
	return dir->locked ? dir->fd : -1;
}

const char *state_dir_path(const struct state_dir *dir)
{
	return bytes_str(&dir->path);
}

uid_t state_dir_owner(const struct state_dir *dir)
{
	return dir->owner;
}

void state_dir_set_unsynced(struct state_dir *dir)
{
	dir->unsynced = true;
}

void state_dir_rely_on(struct state_dir *dir)
{
	dir->relied_on = true;
}

bool state_dir_take_reliance(struct state_dir *dir)
{
	bool relied_on = dir->relied_on;

	dir->relied_on = false;
	return relied_on;
}

int state_dir_sync(struct state_dir *dir)
{
	if (dir->error == 0 && dir->unsynced && fsync(dir->fd) < 0)
		dir->error = -errno;
	if (dir->error < 0)
		return dir->error;

	dir->unsynced = false;
	return 0;
}

int state_dir_error(const struct state_dir *dir)
{
	return dir->error;
}

void state_dir_clear_error(struct state_dir *dir)
{
	dir->error = 0;
}

int state_dir_replace(struct state_dir *dir, struct file_replace *file, bool *ret_renamed)
{
	int r;

	r = file_replace_commit(file, ret_renamed);
	if (*ret_renamed)
		dir->unsynced = r < 0;
	return r;
}
