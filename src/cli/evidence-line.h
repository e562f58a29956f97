/* SPDX-License-Identifier: ISC */
#pragma once

/* An evidence record as one line for a person, and a filter that selects records. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/bytes.h"
#include "cli/table.h"

/* A time in UTC as in a timestamp, without its Z and without zeros at the fraction's end. */
#define EVIDENCE_LINE_TIME_MAX 32

/* The records to show. A member that is NULL, "" or false doesn't restrict. */
struct evidence_line_filter {
	char since[EVIDENCE_LINE_TIME_MAX], until[EVIDENCE_LINE_TIME_MAX];
	const char *decision, *kind, *agent, *token;
	bool has_uid;
	uid_t uid;
};

enum { EVIDENCE_LINE_SHOWN, EVIDENCE_LINE_HIDDEN, EVIDENCE_LINE_MALFORMED };

/*
 * Appends the record's line, escaped, without a newline, if the filter selects it; *ret_word is the
 * decision in it. Returns one of the values above, or -ENOMEM.
 */
int evidence_line_append(const char *line, size_t len, const struct evidence_line_filter *filter,
	struct bytes *b, struct table_word *ret_word);
