/* SPDX-License-Identifier: ISC */
#pragma once

/*
 * The figures of `firma evidence report`, counted record by record in bounded memory. Embedded:
 * report_figures_init(), report_figures_add() for each record, report_figures_end(), then deinit().
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "cli/report-times.h"
#include "cli/report-waits.h"
#include "cli/tally.h"

enum report_column { REPORT_ALLOWED, REPORT_DENIED, REPORT_PENDING };

/* The columns of `approvers`. */
enum { REPORT_OF_APPROVALS, REPORT_OF_REFUSALS, REPORT_FOR_GOOD };

/* The columns of `entries`. */
enum { REPORT_USES, REPORT_ADDED, REPORT_REMOVED };

/* A time without a record. */
struct report_gap {
	uint64_t from, to; /* seconds since 1970 */
};

#define REPORT_GAPS_MAX 10
#define REPORT_GAP_MIN UINT64_C(3600) /* seconds */

struct report_figures {
	/* What to count: from `since` to `until`, in seconds; 0 and UINT64_MAX for all. */
	uint64_t since, until;
	bool no_arguments; /* names have no arguments and no targets */

	uint64_t records; /* that are counted */
	uint64_t decisions[REPORT_COLUMNS];
	uint64_t actions; /* of operators */
	uint64_t ran;     /* askers' reports of how a command ended */
	uint64_t rotations;
	uint64_t recovered; /* added after a crash */
	uint64_t cut;       /* torn ends that were cut off */
	uint64_t hashed;    /* of the request only the hash is kept */
	uint64_t unread;    /* could not be read, or have no time */
	uint64_t first, last;

	struct report_times times;
	struct report_waits waits;
	struct report_gap gaps[REPORT_GAPS_MAX]; /* the longest first */
	size_t n_gaps;

	/* By decision. */
	struct tally kinds, users, agents, rules, asked;

	/* See above. */
	struct tally approvers, entries;
};

/* Errors of these: -ENOMEM. */
int report_figures_init(struct report_figures *f);
int report_figures_add(struct report_figures *f, const char *line, size_t len);

/* Sorts the tallies. */
void report_figures_end(struct report_figures *f);
void report_figures_deinit(struct report_figures *f);
