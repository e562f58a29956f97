/* SPDX-License-Identifier: ISC */
#pragma once

/* What `firma doctor` has found: one line for each matter, with the command that mends it. */

#include <stdbool.h>
#include <stddef.h>

#include "base/bytes.h"

/* The worst one last. */
enum finding_state {
	FINDING_GOOD,
	FINDING_UNSEEN, /* this user can't see it */
	FINDING_WARNING,
	FINDING_WRONG,
	FINDING_STATES,
};

struct finding {
	enum finding_state state;
	const char *subject;       /* a word from a table of ours */
	struct bytes text, remedy; /* escaped; `remedy` is empty if there is none */
};

struct findings {
	struct finding *list;
	size_t n, room;
	int error; /* the first one, such as -ENOMEM */
};

void findings_deinit(struct findings *f);

/*
 * Adds one, whose remedy can be set by findings_mend(). Foreign text in it may be raw or escaped
 * already: it is escaped here. Errors stick in `error`.
 */
void findings_add(struct findings *f, enum finding_state state, const char *subject,
	const char *format, ...) __attribute__((format(printf, 4, 5)));

/* Sets the remedy of the last finding: a command line for a shell, or "see PAGE". */
void findings_mend(struct findings *f, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/* The worst state; FINDING_GOOD if there are no findings. */
enum finding_state findings_worst(const struct findings *f);

/* Append all of them: lines for a person, or one JSON object. Error: -ENOMEM. */
int findings_print(const struct findings *f, struct bytes *b);
int findings_print_json(const struct findings *f, struct bytes *b);
