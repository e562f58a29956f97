/* SPDX-License-Identifier: ISC */
#pragma once

/*
 * Operators that watch a daemon which is tortured: what they are told goes to the model. One at a
 * time watches on each of these: torture_watch_begin(), torture_watch_read() as often as something
 * may have come, torture_watch_end().
 */

#include <stddef.h>
#include <sys/un.h>

#include "base/bytes.h"
#include "helper/torture-model.h"

struct torture_watch {
	size_t number; /* below MODEL_WATCHERS */
	int fd;        /* -1: nobody watches */
	struct bytes in;
};

void torture_watch_init(struct torture_watch *w, size_t number);

/* Connects and asks; the daemon may be one that is still to come. */
void torture_watch_begin(
	struct torture_watch *w, const struct sockaddr_un *address, struct model *m);

/* Takes all that is there. */
void torture_watch_read(struct torture_watch *w, struct model *m);

/* The daemon is dead: what it said is all there. */
void torture_watch_end(struct torture_watch *w, struct model *m);
