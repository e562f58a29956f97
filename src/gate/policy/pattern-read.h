/* SPDX-License-Identifier: ISC */
#pragma once

/*
 * Reads patterns from a document: those of rules, and those of entries of the allowlist. Faults are
 * reported to the dispatch, with `where` as their place. Results are those of dispatch_object().
 */

#include "base/json/dispatch.h"
#include "gate/policy/rule.h"

/* Returns the fault of a pattern, as a predicate without its subject; NULL if there is none. */
typedef const char *pattern_fault_fn(const char *pattern);

pattern_fault_fn pattern_text_fault; /* not blank */
pattern_fault_fn pattern_run_fault;  /* the same, of compiled policies */

/* Reads an array of 1 to LIMIT_RULE_LIST patterns; the second one also reads a single pattern. */
int pattern_read_list(struct dispatch *d, const char *where, const struct json *value,
	pattern_fault_fn *fault_of, struct patterns *ret);
int pattern_read(struct dispatch *d, const char *where, const struct json *value,
	pattern_fault_fn *fault_of, struct patterns *ret);

/* Reads an array of 0 to LIMIT_POLICY_RULES patterns. */
int pattern_read_long_list(struct dispatch *d, const char *where, const struct json *value,
	pattern_fault_fn *fault_of, struct patterns *ret);

/*
 * Reads a command's patterns into `argv` of the rule: the program's first. The second function
 * takes the program's pattern from the caller, and the others from the value; NULL: any arguments.
 */
int pattern_read_argv(
	struct dispatch *d, const char *where, const struct json *value, struct rule *ret);
int pattern_read_arguments(struct dispatch *d, const char *where, const struct json *value,
	const char *program, struct rule *ret);
