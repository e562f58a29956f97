/* SPDX-License-Identifier: ISC */
#pragma once

/*
 * The latest allows on record whose end was not reported yet. Each may be reported once, by the
 * user who was allowed. The first report reads them from the end of the log, so a restarted daemon
 * knows them too; after that, open_runs_add() keeps them up to date.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#define OPEN_RUN_ID_LEN 12 /* bytes of a record_id */

/* The event of a record that comes from the asker, not from the daemon. */
#define OPEN_RUN_REPORTED "reported_by_asker"

struct open_run {
	uint8_t id[OPEN_RUN_ID_LEN];
	uid_t uid;
	bool is_open;
};

/* At most LIMIT_OPEN_RUNS; the oldest is overwritten. */
struct open_runs {
	struct open_run *rows; /* NULL: not read yet */
	size_t next;           /* where the next one goes */
};

void open_runs_deinit(struct open_runs *runs);

/* Reads the end of the log, which is `size` bytes long. Negative errno: nothing was read. */
int open_runs_read(struct open_runs *runs, int fd, uint64_t size);

/* Does nothing before open_runs_read(). `id` is a record_id as text. */
void open_runs_add(struct open_runs *runs, const char *id, uid_t uid);

/* NULL if there is none, or if it belongs to another user. */
struct open_run *open_runs_find(const struct open_runs *runs, const char *id, uid_t uid);
