/* SPDX-License-Identifier: ISC */
#pragma once

/*
 * Reads a file of any size line by line, in constant memory: lines_init(), lines_next() until it
 * returns 0, lines_deinit(). The caller keeps the descriptor.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/bytes.h"

struct lines {
	int fd;
	size_t max;
	struct bytes buffer;
	size_t start;      /* the buffer before it has been returned */
	size_t searched;   /* bytes after `start` known to hold no newline */
	uint64_t number;   /* lines returned so far */
	uint64_t offset;   /* of `start` in the file */
	uint64_t skipped;  /* bytes dropped so far of a line that is too long */
	bool leave_broken; /* don't return a last line that has no newline yet */
};

/* A line without its newline. `text` is valid until the next call. */
struct line {
	const char *text; /* NULL if the line is too long */
	size_t len;
	uint64_t number; /* from 1 */
	uint64_t offset; /* of its first byte */
	bool complete;   /* it ended with a newline */
};

/* Lines of more than `max` bytes are reported, not kept. Starts at the descriptor's offset. */
void lines_init(struct lines *lines, int fd, size_t max);
void lines_deinit(struct lines *lines);

/* A line was read. */
enum { LINES_ONE = 1 };

/* Returns LINES_ONE, 0 at the end (call again if the file may have grown), or a negative errno. */
int lines_next(struct lines *lines, struct line *ret);
