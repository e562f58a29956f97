/* SPDX-License-Identifier: ISC */

/* Names of closed segments. */

#include "ledger/evidence/segment.h"

#include <dirent.h>
#include <errno.h>
#include <inttypes.h>
#include <libgen.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/notation.h"
#include "ledger/evidence/chain.h"

#define DIGITS 16 /* enough for CHAIN_SEQUENCE_MAX */

int segment_append_path(struct bytes *b, const char *log, uint64_t last)
{
	return bytes_appendf(b, "%s.%0*" PRIu64, log, DIGITS, last);
}

/* Whether the file is a closed segment of the log with this name. */
static bool parse_name(const char *file, const char *log, uint64_t *ret_last)
{
	size_t len = strlen(log);

	return strncmp(file, log, len) == 0 && file[len] == '.' && strlen(file + len + 1) == DIGITS
		&& notation_parse_number(file + len + 1, 1, CHAIN_SEQUENCE_MAX, ret_last) == 0;
}

int segment_find(const char *log, uint64_t from, bool newest, uint64_t *ret_last)
{
	cleanup(free_p) char *directory = strdup(log);
	cleanup(free_p) char *copy = strdup(log);
	cleanup(closedir_p) DIR *d = NULL;
	const struct dirent *entry;
	const char *name;
	uint64_t last, found = 0;

	if (!directory || !copy)
		return -ENOMEM;

	name = basename(copy);
	d = opendir(dirname(directory));
	if (!d)
		return -errno;
	while ((errno = 0, entry = readdir(d)))
		if (parse_name(entry->d_name, name, &last) && last >= from
			&& (found == 0 || newest == (last > found)))
			found = last;
	if (errno != 0)
		return -errno;

	*ret_last = found;
	return 0;
}
