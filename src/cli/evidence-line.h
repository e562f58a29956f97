/* SPDX-License-Identifier: ISC */
#pragma once

/* A record of evidence as a person sees it, on one line, and whether they want to. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/bytes.h"

/* What is wanted; NULL and false: all of it. */
struct evidence_line_filter {
	const char *since, *until; /* the beginning of a timestamp, without its Z */
	const char *decision, *agent, *token;
	bool has_uid;
	uint64_t uid;
};

/* Whether the text is the beginning of a timestamp, from its year and month on. */
bool evidence_line_is_time(const char *text);

enum { EVIDENCE_LINE_SHOWN, EVIDENCE_LINE_HIDDEN, EVIDENCE_LINE_MALFORMED };

/* Appends the line, escaped, without a newline, where it is wanted. Error: -ENOMEM. */
int evidence_line_append(
	const char *line, size_t len, const struct evidence_line_filter *filter, struct bytes *b);
