/* SPDX-License-Identifier: ISC */

/* Small files of the state directory. */

#include "ledger/state-file.h"

#include <errno.h>
#include <fcntl.h>

#include "base/file.h"

int state_file_refuse(const char *name, struct bytes *why)
{
	return bytes_refuse(why, STATE_FILE_REFUSED, "%s is damaged", name);
}

int state_file_read(const struct state_dir *dir, const char *name, size_t max, struct bytes *text,
	struct bytes *why)
{
	cleanup(close_p) int fd = -1;
	int r;

	r = file_open(state_dir_fd(dir), name, O_RDONLY, state_dir_owner(dir), &fd);
	if (r > 0)
		return bytes_refuse(why, STATE_FILE_REFUSED, "%s %s", name,
			file_fault_text((enum file_fault)r));
	if (r == 0)
		r = file_read(fd, max, text);
	return r == -EFBIG ? state_file_refuse(name, why) : r;
}

int state_file_write(struct state_dir *dir, const char *name, const void *data, size_t len)
{
	cleanup(file_replace_deinit) struct file_replace file = FILE_REPLACE_INIT;
	bool renamed = false;
	int r;

	r = file_replace_begin(&file, state_dir_fd(dir), name);
	if (r >= 0)
		r = file_write(file.fd, data, len);
	return r < 0 ? r : state_dir_replace(dir, &file, &renamed);
}
