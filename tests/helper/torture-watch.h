/* SPDX-License-Identifier: ISC */
#pragma once

/*
 * Operators that watch a daemon under torture: the model gets their events. Each struct is one
 * watcher at a time: torture_watch_begin(), torture_watch_read() whenever events may have come,
 * torture_watch_end().
 */

#include <stddef.h>
#include <sys/un.h>

#include "base/bytes.h"
#include "helper/torture-model.h"

struct torture_watch {
	size_t number; /* below MODEL_WATCHERS */
	int fd;        /* -1: no watcher */
	struct bytes in;
};

void torture_watch_init(struct torture_watch *w, size_t number);

/* Connects and asks to watch; the daemon may not have been started yet. */
void torture_watch_begin(
	struct torture_watch *w, const struct sockaddr_un *address, struct model *m);

/* Takes all events that have arrived. */
void torture_watch_read(struct torture_watch *w, struct model *m);

/* Call it after the daemon's death: takes all remaining events. */
void torture_watch_end(struct torture_watch *w, struct model *m);
