/* SPDX-License-Identifier: ISC */
#pragma once

/*
 * How long questions waited for a person. At most REPORT_WAITS_MAX open questions are remembered;
 * if there are more, the oldest counts as undecided. Embedded: report_waits_init(), then deinit().
 */

#include <stddef.h>
#include <stdint.h>

#include "base/map.h"
#include "gate/token/token.h"

#define REPORT_WAITS_MAX 16384

enum report_wait { REPORT_APPROVED, REPORT_REFUSED, REPORT_WAIT_OUTCOMES };

/* Upper bounds of the waiting times; the last one is infinite. */
#define REPORT_WAIT_BOUNDS 6
extern const uint64_t report_wait_bounds[REPORT_WAIT_BOUNDS]; /* seconds */

struct report_waiting;

struct report_waits {
	struct map map;
	struct report_waiting *ring; /* in order of issue */
	size_t next;
	uint64_t asked, longest; /* questions; the longest wait in seconds */
	uint64_t n[REPORT_WAIT_BOUNDS][REPORT_WAIT_OUTCOMES];
};

int report_waits_init(struct report_waits *w);
void report_waits_deinit(struct report_waits *w);

/* A question was asked at `second`. A known token is ignored. Error: -ENOMEM. */
int report_waits_begin(struct report_waits *w, const char *token, uint64_t second);

/* The question was decided at `second`. An unknown token is ignored. */
void report_waits_end(
	struct report_waits *w, const char *token, uint64_t second, enum report_wait outcome);

/* The number of questions with this outcome. */
uint64_t report_waits_count(const struct report_waits *w, enum report_wait outcome);
