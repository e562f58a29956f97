/* SPDX-License-Identifier: ISC */
#pragma once

/*
 * Counts the figures of `firma evidence report`, record by record, in bounded memory. Embedded:
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

/* A period without a record. */
struct report_gap {
	uint64_t from, to; /* seconds since 1970 */
};

#define REPORT_GAPS_MAX 10
#define REPORT_GAP_MIN UINT64_C(3600) /* seconds */

struct report_figures {
	/* Count only records in this period, in seconds since 1970; 0 and UINT64_MAX for all. */
	uint64_t since, until;
	bool no_arguments; /* leave arguments and targets out of names */

	uint64_t records; /* in the period */
	uint64_t decisions[REPORT_COLUMNS];
	uint64_t actions; /* operators' actions */
	uint64_t ran;     /* askers' reports of how a command ended */
	uint64_t rotations;
	uint64_t recovered; /* records added after a crash */
	uint64_t cut;       /* incomplete last records that were removed */
	uint64_t hashed;    /* records with only the length and hash of the request */
	uint64_t unread;    /* records that are malformed, or have no time */
	uint64_t first, last;

	struct report_times times;
	struct report_waits waits;
	struct report_gap gaps[REPORT_GAPS_MAX]; /* the longest first */
	size_t n_gaps;

	/* Columns: enum report_column. */
	struct tally kinds, users, agents, rules, asked;

	/* For their columns, see above. */
	struct tally approvers, entries;
};

/* Errors of these: -ENOMEM. */
int report_figures_init(struct report_figures *f);
int report_figures_add(struct report_figures *f, const char *line, size_t len);

/* Sorts the tallies. */
void report_figures_end(struct report_figures *f);
void report_figures_deinit(struct report_figures *f);
