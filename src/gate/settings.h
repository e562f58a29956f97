/* SPDX-License-Identifier: ISC */
#pragma once

/* The daemon's settings that affect decisions, set by the operator. */

#include <stdbool.h>
#include <stdint.h>

#include "gate/wire/reply.h"

/* Times in µs, sizes in bytes. */
struct settings {
	enum decision default_action;
	uint64_t token_ttl;   /* of all kinds but KIND_RELEASE */
	uint64_t release_ttl; /* of KIND_RELEASE */
	uint64_t max_ttl;     /* of a token for which its asker waits; at least token_ttl */
	uint32_t retry_after_ms;
	uint64_t max_pending_alike, max_pending_of_uid;
	uint64_t max_store;
	uint64_t max_request; /* the request line, with its newline */
	bool allow_self_approval;
	bool require_signature; /* every approval needs a signature */
	bool packs_by_asker;    /* the asker chooses the pack; else all are in force */
	bool hide_rules;        /* askers can't list what they may do */
	bool approvals_claimed; /* approvals of releases are believed without a check */
};
