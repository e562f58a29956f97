/* SPDX-License-Identifier: ISC */

/* The file is read once, and always replaced whole. */

#include "ledger/runner/uses-file.h"

#include <errno.h>
#include <fcntl.h>

#include "base/file.h"
#include "gate/limits.h"

#define NAME "runner-uses"

static int refuse(struct bytes *why, const char *what)
{
	return bytes_refuse(why, USES_FILE_REFUSED, NAME " %s", what);
}

int uses_file_load(const struct state_dir *dir, struct runner_uses *ret, struct bytes *why)
{
	cleanup(bytes_deinit) struct bytes text = BYTES_INIT(BYTES_UNLIMITED);
	cleanup(close_p) int fd = -1;
	int r;

	r = file_open(state_dir_fd(dir), NAME, O_RDONLY, state_dir_owner(dir), &fd);
	if (r == -ENOENT)
		return 0;
	if (r > 0)
		return refuse(why, file_fault_text((enum file_fault)r));
	if (r == 0)
		r = file_read(fd, LIMIT_RUNNER_USES_FILE, &text);
	if (r == 0)
		r = runner_uses_parse(ret, bytes_str(&text), text.len);
	return r == RUNNER_USES_MALFORMED || r == -EFBIG ? refuse(why, "is damaged") : r;
}

int uses_file_write(struct state_dir *dir, const struct runner_uses *uses)
{
	cleanup(bytes_deinit) struct bytes text = BYTES_INIT(BYTES_UNLIMITED);
	cleanup(file_replace_deinit) struct file_replace file = FILE_REPLACE_INIT;
	bool renamed = false;
	int r;

	r = runner_uses_print(uses, &text);
	if (r >= 0 && text.len > LIMIT_RUNNER_USES_FILE)
		r = -EFBIG;
	if (r >= 0)
		r = file_replace_begin(&file, state_dir_fd(dir), NAME);
	if (r >= 0)
		r = file_write(file.fd, bytes_str(&text), text.len);
	return r < 0 ? r : state_dir_replace(dir, &file, &renamed);
}
