/* SPDX-License-Identifier: ISC */
#pragma once

/* A record of evidence as a person sees it, on one line, and whether they want to. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/bytes.h"

/* Times are the beginning of a timestamp, without its Z. */
#define EVIDENCE_LINE_TIME_MAX 32

/* What is wanted; NULL, "" and false: all of it. */
struct evidence_line_filter {
	char since[EVIDENCE_LINE_TIME_MAX], until[EVIDENCE_LINE_TIME_MAX];
	const char *decision, *kind, *agent, *token;
	bool has_uid;
	uid_t uid;
};

/* Whether the text is the beginning of a timestamp, from its year and month on. */
bool evidence_line_is_time(const char *text);

enum { EVIDENCE_LINE_SHOWN, EVIDENCE_LINE_HIDDEN, EVIDENCE_LINE_MALFORMED };

/* Appends the line, escaped, without a newline, where it is wanted. Error: -ENOMEM. */
int evidence_line_append(
	const char *line, size_t len, const struct evidence_line_filter *filter, struct bytes *b);
