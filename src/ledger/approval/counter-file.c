/* SPDX-License-Identifier: ISC */

/* The file is read once, and always replaced whole. */

#include "ledger/approval/counter-file.h"

#include <errno.h>
#include <fcntl.h>

#include "base/file.h"
#include "gate/limits.h"

#define NAME "sk-counters"

static int refuse(struct bytes *why, const char *what)
{
	int r;

	r = bytes_appendf(why, NAME " %s", what);
	return r < 0 ? r : COUNTER_FILE_REFUSED;
}

int counter_file_load(const struct state_dir *dir, struct sk_counters *ret, struct bytes *why)
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
		r = file_read(fd, LIMIT_COUNTERS_FILE, &text);
	if (r == 0)
		r = sk_counters_parse(ret, bytes_str(&text), text.len);
	return r == SK_COUNTERS_MALFORMED || r == -EFBIG ? refuse(why, "is damaged") : r;
}

int counter_file_write(struct state_dir *dir, const struct sk_counters *counters)
{
	cleanup(bytes_deinit) struct bytes text = BYTES_INIT(BYTES_UNLIMITED);
	cleanup(file_replace_deinit) struct file_replace file = FILE_REPLACE_INIT;
	bool renamed = false;
	int r;

	/* Never write what could not be read again. */
	r = sk_counters_print(counters, &text);
	if (r >= 0 && text.len > LIMIT_COUNTERS_FILE)
		r = -EFBIG;
	if (r >= 0)
		r = file_replace_begin(&file, state_dir_fd(dir), NAME);
	if (r >= 0)
		r = file_write(file.fd, bytes_str(&text), text.len);
	return r < 0 ? r : state_dir_replace(dir, &file, &renamed);
}
