/* SPDX-License-Identifier: ISC */
#pragma once

/*
 * The lines of a file that may be of any size, in constant memory: lines_init(), lines_next() until
 * it gives none, lines_deinit(). The descriptor stays the caller's.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/bytes.h"

struct lines {
	int fd;
	size_t max;
	struct bytes buffer;
	size_t start;      /* what lies before it in the buffer has been taken */
	size_t searched;   /* so many bytes after it hold no newline */
	uint64_t number;   /* of the lines that were taken */
	uint64_t offset;   /* of `start` in the file */
	uint64_t skipped;  /* of a line that is too long, what was dropped already */
	bool leave_broken; /* leave a last line without newline until there is more of it */
};

/* A line without its newline. `text` is valid until the next call. */
struct line {
	const char *text; /* NULL where it is too long */
	size_t len;
	uint64_t number; /* from 1 */
	uint64_t offset; /* of its first byte */
	bool complete;   /* it ended with a newline */
};

/* Lines of more than `max` bytes are told but not kept. Reading begins where the descriptor is. */
void lines_init(struct lines *lines, int fd, size_t max);
void lines_deinit(struct lines *lines);

/* There was a line. */
#define LINES_ONE 1

/*
 * Returns LINES_ONE, 0 at the end (where the file has grown since, there is more to come), or a
 * negative errno.
 */
int lines_next(struct lines *lines, struct line *ret);
