/* SPDX-License-Identifier: ISC */

/* Tells the program that started the daemon. */

#include "daemon/starter.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/file.h"

static int refuse_busy(const struct pid_file *f, struct bytes *why)
{
	pid_t holder = 0;

	pid_file_holder(f, PID_FILE_PROCESS, &holder);
	return holder > 0 ? bytes_appendf(why, "%s: process %ld runs", f->path, (long)holder)
			  : bytes_appendf(why, "%s: another process holds it", f->path);
}

static int refuse(const struct pid_file *f, int error, struct bytes *why)
{
	if (error > 0)
		bytes_appendf(why, "%s: it %s", f->path, file_fault_text((enum file_fault)error));
	else if (error == -EAGAIN)
		refuse_busy(f, why);
	else if (error == -EEXIST)
		bytes_appendf(why, "%s is not a pid file, and is left as it is", f->path);
	else
		bytes_appendf(why, "%s: %s", f->path, strerror(-error));
	return bytes_error(why) < 0 ? -ENOMEM : STARTER_REFUSED;
}

int starter_take_pid_file(struct pid_file *f, const char *path, struct bytes *why)
{
	int r;

	if (!path)
		return 0;

	/* A daemon that is about to exit may remove the file between opening and locking it. */
	do {
		pid_file_close(f);
		r = pid_file_open(f, path, true);
		if (r == -ENOMEM)
			return r;
		if (r == 0)
			r = pid_file_take(f, PID_FILE_PROCESS, false);
	} while (r == -ESTALE);

	if (r == 0)
		r = pid_file_write(f);
	if (r == 0)
		return 0;

	r = refuse(f, r, why);
	pid_file_close(f);
	return r;
}

void starter_leave_pid_file(struct pid_file *f)
{
	if (f->fd >= 0)
		pid_file_remove(f);
	pid_file_close(f);
}

void starter_tell_ready(int *fd)
{
	ssize_t n;

	if (*fd < 0)
		return;

	/* If the reader is gone, no process waits for it, so an error doesn't matter. */
	n = write(*fd, "\n", 1);
	(void)n;
	close(*fd);
	*fd = -1;
}
