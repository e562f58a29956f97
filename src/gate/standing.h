/* SPDX-License-Identifier: ISC */
#pragma once

/*
 * An approval for good ("always"): for how long it holds, and its scope, which is what a later
 * request must have in common with the approved one. Command, arguments, user and content always
 * belong to it. The rest is usual, or what the operator says.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "gate/fields.h"

enum scope {
	SCOPE_USER = 1, /* in every scope, so that no scope is 0 */
	SCOPE_AGENT = 2,
	SCOPE_SESSION = 4,
	SCOPE_SANDBOX = 8,
	SCOPE_PROFILE = 16,
	SCOPE_DIRECTORY = 32,
};

#define SCOPE_USUAL (SCOPE_USER | SCOPE_AGENT | SCOPE_SANDBOX | SCOPE_PROFILE | SCOPE_DIRECTORY)

struct standing {
	bool always;
	uint8_t scope;   /* of enum scope; 0: the operator said nothing, so it is SCOPE_USUAL */
	uint64_t for_ms; /* 0: without end */
};

/* An entry that an operator adds to the allowlist, without its patterns for the arguments. */
struct addition {
	const char *agent, *pattern;
	uint64_t for_ms; /* 0: without end */

	/* With a scope: the uid, and in `values` the session, sandbox, profile and directory. */
	uint8_t scope; /* 0: none */
	uid_t uid;
	const struct invocation *values;
};

bool standing_is_same(const struct standing *a, const struct standing *b);

/* The word for the field in a scope; NULL if it can't be in one. */
const char *scope_word(enum field field);

/* Whether the field belongs to the scope; 0 stands for SCOPE_USUAL. */
bool scope_has(uint8_t scope, enum field field);

/* The scope that has only what the word names, such as "agent"; 0: it is no such word. */
uint8_t scope_parse(const char *word, size_t len);

/*
 * The next word of a scope after `at`, which is 0 at first and is moved on; NULL after the last.
 * The words come in the order of the enum.
 */
const char *scope_next(uint8_t scope, size_t *at);
