/* SPDX-License-Identifier: ISC */
#pragma once

/*
 * The requests of one turn, which are recorded together. Each request has its answer here, from its
 * decision until the answer is sent. Changes of tokens in the meantime are in `events`.
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
	size_t n, bytes;   /* and of their lines */
	bool has_changes;  /* a change or an evidence record must be written before the replies */
	bool has_evidence; /* the log of evidence is open */
	uint64_t noted; /* first evidence record in the note that the store was given; 0: no note */
	uint64_t sequence; /* number of the last evidence record given to an answer; 0: none */

	struct token_events events;
	bool watched; /* operators watch: each event is printed for them */

	/* The process that was looked up last (pid 0: none), and its names. */
	struct peer named;
	struct process_names names;
	struct process_files process_files; /* kept from turn to turn */
};
