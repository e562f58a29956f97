/* SPDX-License-Identifier: ISC */
#pragma once

/* A report about evidence, as `firma evidence report` makes it, and its two forms. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/bytes.h"
#include "cli/report-figures.h"

/* Further faults are only counted. */
#define REPORT_FAULTS_MAX 100

/* Rows of a table of names that are shown. */
#define REPORT_ROWS_MAX 50

struct report {
	struct report_figures figures;
	struct bytes
		files; /* each path as shown, ended by NUL, in the order in which they were read */
	size_t n_files;
	struct bytes faults; /* each ended by NUL */
	size_t n_faults;
	uint64_t all_faults;
	uint64_t lines, signed_records; /* of all files, also those that the figures leave out */
	bool has_keys;
	uint64_t made; /* µs since 1970 */
};

/* Appends whether the chain and the signatures hold, in one or two sentences. */
int report_append_verdict(const struct report *r, struct bytes *b);

/* A page of HTML that needs nothing else and runs nothing; every foreign text is escaped. */
int report_append_page(const struct report *r, struct bytes *b);

/* The figures as one object of JSON. */
int report_append_json(const struct report *r, struct bytes *b);
