/* SPDX-License-Identifier: ISC */

/* The file is read once, and always replaced whole. */

#include "ledger/approval/counter-file.h"

#include <errno.h>

#include "gate/limits.h"

#define NAME "sk-counters"

int counter_file_load(const struct state_dir *dir, struct sk_counters *ret, struct bytes *why)
{
	cleanup(bytes_deinit) struct bytes text = BYTES_PRINTED;
	int r;

	r = state_file_read(dir, NAME, LIMIT_COUNTERS_FILE, &text, why);
	if (r != 0)
		return r == -ENOENT ? 0 : r;

	r = sk_counters_parse(ret, bytes_str(&text), text.len);
	return r == SK_COUNTERS_MALFORMED ? state_file_refuse(NAME, why) : r;
}

int counter_file_write(struct state_dir *dir, const struct sk_counters *counters)
{
	cleanup(bytes_deinit) struct bytes text = BYTES_INIT(LIMIT_COUNTERS_FILE);
	int r;

	/*
	 * The buffer has the same limit as reading, so a file that could not be read again is never
	 * written.
	 */
	r = sk_counters_print(counters, &text);
	return r < 0 ? r : state_file_write(dir, NAME, text.data, text.len);
}
