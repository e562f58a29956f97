/* SPDX-License-Identifier: ISC */
#pragma once

/* The result of `firma evidence report`, and its two forms: HTML and JSON. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/bytes.h"
#include "cli/report-figures.h"

/* Faults that are listed; further ones are only counted. */
#define REPORT_FAULTS_MAX 100

/* Rows that a table of names shows. */
#define REPORT_ROWS_MAX 50

struct report {
	struct report_figures figures;
	struct bytes files; /* their paths, escaped, each ended by NUL, in the order of reading */
	size_t n_files;
	struct bytes faults; /* each ended by NUL */
	size_t n_faults;
	uint64_t all_faults;
	uint64_t lines, signed_records; /* of all files, also outside of the period */
	bool has_keys;
	uint64_t made; /* µs since 1970 */
};

/* Appends one or two sentences: whether the chain and the signatures are valid. */
int report_append_verdict(const struct report *r, struct bytes *b);

/* Appends a self-contained HTML page without scripts; foreign texts are escaped. */
int report_append_page(const struct report *r, struct bytes *b);

/* Appends the figures as one JSON object. */
int report_append_json(const struct report *r, struct bytes *b);
