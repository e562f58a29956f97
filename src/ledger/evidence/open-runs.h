/* SPDX-License-Identifier: ISC */
#pragma once

/*
 * The latest allows on record whose end nobody has reported yet: each may be reported once, by the
 * user who was allowed. They are read from the end of the log at the first report, so a daemon that
 * was restarted meanwhile knows them too; after that open_runs_add() keeps them up.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#define OPEN_RUN_ID_LEN 12 /* bytes of a record_id */

/* The event of a record that the asker, not the daemon, answers for. */
#define OPEN_RUN_REPORTED "reported_by_asker"

struct open_run {
	uint8_t id[OPEN_RUN_ID_LEN];
	uid_t uid;
	bool is_open;
};

/* The oldest ones give way: LIMIT_OPEN_RUNS. */
struct open_runs {
	struct open_run *rows; /* NULL: not read yet */
	size_t next;           /* where the next one goes */
};

void open_runs_deinit(struct open_runs *runs);

/* Reads the end of the log, which is `size` bytes long. Negative errno; nothing was read then. */
int open_runs_read(struct open_runs *runs, int fd, uint64_t size);

/* Does nothing where they have not been read yet. `id` is a record_id as text. */
void open_runs_add(struct open_runs *runs, const char *id, uid_t uid);

/* NULL where there is none, or it is another user's. */
struct open_run *open_runs_find(const struct open_runs *runs, const char *id, uid_t uid);
