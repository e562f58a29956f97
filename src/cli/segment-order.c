/* SPDX-License-Identifier: ISC */

#include "cli/segment-order.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "base/cleanup.h"
#include "base/lines.h"
#include "ledger/evidence/chain.h"

struct segment {
	uint64_t first; /* sequence of its first record; 0: unknown */
	char *path;
};

/* The sequence of the first record; 0 if there is none. Error: -ENOMEM. */
static int read_first(const char *path, uint64_t *ret)
{
	cleanup(bytes_deinit) struct bytes why = BYTES_PRINTED;
	cleanup(lines_deinit) struct lines lines = { 0 };
	cleanup(close_p) int fd = -1;
	struct chain_record record;
	struct line line;
	struct stat st;
	int r;

	*ret = 0;
	fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	if (fd < 0 || fstat(fd, &st) < 0 || !S_ISREG(st.st_mode))
		return 0;

	lines_init(&lines, fd, CHAIN_LINE_MAX);
	r = lines_next(&lines, &line);
	if (r == LINES_ONE && line.text) {
		r = chain_parse(line.text, line.len, &record, &why);
		if (r == 0)
			*ret = record.head.sequence;
	}
	return r == -ENOMEM ? r : 0;
}

static int compare(const void *a, const void *b)
{
	const struct segment *x = a, *y = b;

	return (x->first > y->first) - (x->first < y->first);
}

int segment_order_sort(char **paths, int n)
{
	cleanup(free_p) struct segment *segments = calloc((size_t)n, sizeof(*segments));
	int r, beginnings = 0;

	if (!segments)
		return -ENOMEM;

	for (int i = 0; i < n; i++) {
		segments[i].path = paths[i];
		r = read_first(paths[i], &segments[i].first);
		if (r < 0)
			return r;
		if (segments[i].first == 0)
			return 0;
		beginnings += segments[i].first == 1;
	}
	if (beginnings > 1)
		return 0;

	qsort(segments, (size_t)n, sizeof(*segments), compare);
	for (int i = 0; i < n; i++)
		paths[i] = segments[i].path;
	return 0;
}
