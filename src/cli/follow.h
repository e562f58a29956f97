/* SPDX-License-Identifier: ISC */
#pragma once

/*
 * Follows a file that grows, as `tail -F` does: waits until there is more to read, and notices when
 * the file at the path is another one or was cut off.
 */

#include <stdint.h>

struct follow {
	int watch;        /* inotify */
	const char *path; /* the caller's; "-": there is only the descriptor */
};

#define FOLLOW_INIT         \
	{                   \
		.watch = -1 \
	}

enum follow_news {
	FOLLOW_NOTHING = 1,
	FOLLOW_REPLACED, /* another file has the name now; the old one will not grow */
	FOLLOW_CUT,      /* the file is shorter than what was read */
};

/* Begins to watch. Error: a negative errno. */
int follow_begin(struct follow *f, const char *path, int fd);
void follow_end(struct follow *f);

/* What has happened to the file of which `offset` bytes were read; or a negative errno. */
int follow_look(const struct follow *f, int fd, uint64_t offset);

/* Waits until something happens to the file, or in its directory. Error: a negative errno. */
int follow_wait(const struct follow *f);
