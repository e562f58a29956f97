/* SPDX-License-Identifier: ISC */

/* The file is read once, and always replaced whole. */

#include "ledger/runner/uses-file.h"

#include <errno.h>

#include "gate/limits.h"

#define NAME "runner-uses"

int uses_file_load(const struct state_dir *dir, struct runner_uses *ret, struct bytes *why)
{
	cleanup(bytes_deinit) struct bytes text = BYTES_PRINTED;
	int r;

	r = state_file_read(dir, NAME, LIMIT_RUNNER_USES_FILE, &text, why);
	if (r != 0)
		return r == -ENOENT ? 0 : r;

	r = runner_uses_parse(ret, bytes_str(&text), text.len);
	return r == RUNNER_USES_MALFORMED ? state_file_refuse(NAME, why) : r;
}

int uses_file_write(struct state_dir *dir, const struct runner_uses *uses)
{
	cleanup(bytes_deinit) struct bytes text = BYTES_INIT(LIMIT_RUNNER_USES_FILE);
	int r;

	r = runner_uses_print(uses, &text);
	return r < 0 ? r : state_file_write(dir, NAME, text.data, text.len);
}
