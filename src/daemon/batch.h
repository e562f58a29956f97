/* SPDX-License-Identifier: ISC */
#pragma once

/*
 * The requests of one turn, which are recorded together. Each has its answer here from its decision
 * until it is sent; what became of tokens in the meantime is noted beside them.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "daemon/answer.h"
#include "daemon/peer.h"
#include "daemon/resources.h"
#include "daemon/token-events.h"
#include "gate/limits.h"

struct batch {
	struct resources *resources;
	struct moment now; /* when the turn began */
	struct answer answers[LIMIT_TURN_REQUESTS];
	size_t n;
	bool has_changes;  /* something must be recorded before it is answered */
	bool has_evidence; /* there is a log of evidence, which is open */
	uint64_t noted;    /* first record of a turn that the store was to note; 0: it wasn't */
	uint64_t sequence; /* of the last record of evidence that an answer was given; 0: none */

	struct token_events events;
	bool watched; /* operators watch: the events are printed for them */

	/* The process that was looked up last (pid 0: none), and its name, or "". */
	struct peer named;
	char name[PEER_PROCESS_MAX];
};
