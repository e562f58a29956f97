/* SPDX-License-Identifier: ISC */
#pragma once

/*
 * What a record of evidence says, read straight from the strict scan. Members that a record lacks
 * are NULL, DECISION_NONE or KINDS, since other daemons write fewer or other members.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/json/members.h"
#include "gate/kind.h"
#include "gate/wire/reply.h"

/* Embedded: evidence_record_read(), then evidence_record_deinit() in any case. */
struct evidence_record {
	bool has_time;
	uint64_t second; /* since 1970 */
	const char *event;

	/* Of the request. */
	const char *action; /* such as "local.exec.approve" */
	enum kind kind;     /* of what an asker wants; KINDS for an operator's action */
	const char *executable, *target, *agent;
	const struct member *args; /* an array */
	bool always;
	bool hashed; /* the record has only the length and the hash of the request */

	/* Of the response. */
	enum decision decision;
	const char *outcome, *reason, *rule;
	const struct member *approvals;       /* an array */
	const struct member *tokens;          /* an array: those that one action refused */
	const char *entry_id, *entry_pattern; /* an entry of the allowlist */
	bool approved;                        /* what was approved is in the record */

	const char *token; /* that the record is about */
	bool has_uid;
	uint64_t uid; /* who asked: the peer, or the user for whom root asked */

	struct members members, request, response, peer, approval, entry;
};

enum { EVIDENCE_RECORD_MALFORMED = 1 };

/* The line must outlive the record. Returns 0, EVIDENCE_RECORD_MALFORMED or -ENOMEM. */
int evidence_record_read(struct evidence_record *r, const char *line, size_t len);
void evidence_record_deinit(struct evidence_record *r);

/* The kind of a request with these members, each of which may be NULL. */
enum kind evidence_record_kind(
	const char *action, const char *action_type, bool is_release, const char *target);

/* The two contracts name the same decisions differently. */
enum decision evidence_record_decision(const char *text);
