/* SPDX-License-Identifier: ISC */
#pragma once

/*
 * The rules of a policy that nearly decided a request, and why each did not. Embedded: zeroed, then
 * near_misses_find(), then near_misses_deinit() in any case.
 */

#include <stddef.h>

#include "base/bytes.h"
#include "gate/policy/policy.h"
#include "gate/policy/rule-target.h"

/* The most that are listed. */
#define NEAR_MISSES_MAX 10

struct near_miss {
	size_t index; /* of the rule, see request_rule() */
	enum rule_miss miss;
	struct rule_reach reach;
	struct bytes why;
};

struct near_misses {
	struct near_miss list[NEAR_MISSES_MAX]; /* the nearest first */
	size_t n, n_further;                    /* listed, and not listed */
};

/* `decided`: the index of the rule that decided, which is no miss; or NULL. Error: -ENOMEM. */
int near_misses_find(const struct policy *policy, const struct request *request,
	const struct asker *asker, const size_t *decided, struct near_misses *ret);
void near_misses_deinit(struct near_misses *near);

/* The kind of action that the request asks for. */
enum kind request_kind(const struct request *request);

/* The policy's rules for that kind. `policy` may be NULL for the count. */
size_t request_count_rules(const struct policy *policy, const struct request *request);
const struct rule *request_rule(
	const struct policy *policy, const struct request *request, size_t index);
