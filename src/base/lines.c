/* SPDX-License-Identifier: ISC */

/* A buffer that slides over a file. Invariant: start + searched <= buffer.len. */

#include "base/lines.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#define READ_SIZE ((size_t)256 * 1024)

void lines_init(struct lines *l, int fd, size_t max)
{
	*l = (struct lines){ .fd = fd, .max = max };
	bytes_init(&l->buffer, max + READ_SIZE);
}

void lines_deinit(struct lines *l)
{
	bytes_deinit(&l->buffer);
}

static size_t n_held(const struct lines *l)
{
	return l->buffer.len - l->start;
}

/* Drops the bytes of a line beyond the limit; only their number is kept. */
static void drop_excess(struct lines *l)
{
	size_t n = n_held(l);

	if (n <= l->max)
		return;

	l->skipped += n;
	bytes_clear(&l->buffer);
	l->start = l->searched = 0;
}

/* Reads once. Returns the number of bytes read, 0 at the end. */
static ssize_t fill(struct lines *l)
{
	ssize_t n;
	char *end;
	int r;

	bytes_consume(&l->buffer, l->start);
	l->start = 0;
	drop_excess(l);

	r = bytes_reserve(&l->buffer, READ_SIZE, &end);
	if (r < 0)
		return r;

	do
		n = read(l->fd, end, READ_SIZE);
	while (n < 0 && errno == EINTR);
	if (n < 0)
		return -errno;

	bytes_grew(&l->buffer, (size_t)n);
	return n;
}

static void take(struct lines *l, size_t len, bool complete, struct line *ret)
{
	uint64_t whole = l->skipped + len;

	*ret = (struct line){
		.text = whole <= l->max ? bytes_str(&l->buffer) + l->start : NULL,
		.len = len,
		.number = ++l->number,
		.offset = l->offset,
		.complete = complete,
	};
	l->start += len + complete;
	l->offset += whole + complete;
	l->searched = 0;
	l->skipped = 0;
}

int lines_next(struct lines *l, struct line *ret)
{
	const char *from, *newline;
	ssize_t n;

	for (;;) {
		from = bytes_str(&l->buffer) + l->start;
		newline = memchr(from + l->searched, '\n', n_held(l) - l->searched);
		if (newline) {
			take(l, (size_t)(newline - from), true, ret);
			return LINES_ONE;
		}

		l->searched = n_held(l);
		n = fill(l);
		if (n < 0)
			return (int)n;
		if (n > 0)
			continue;
		if (l->searched + l->skipped == 0 || l->leave_broken)
			return 0;

		take(l, n_held(l), false, ret);
		return LINES_ONE;
	}
}
