/* SPDX-License-Identifier: ISC */
#pragma once

/*
 * Reads one record of evidence, without building a tree. Members that the record lacks are NULL,
 * DECISION_NONE or KINDS: other versions may write fewer or other members.
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
	uint64_t second; /* seconds since 1970 */
	const char *event;

	/* Of the request. */
	const char *action; /* such as "local.exec.approve" */
	enum kind kind;     /* of an asker's request; KINDS for an operator's action */
	const char *executable, *target, *agent;
	const struct member *args; /* an array */
	bool always;
	bool hashed; /* the record has only the length and the hash of the request */

	/* Of the response. */
	enum decision decision;
	const char *outcome, *reason, *rule;
	const struct member *approvals;       /* an array */
	const struct member *tokens;          /* an array: all that one action has refused */
	const char *entry_id, *entry_pattern; /* of the allowlist's entry */
	bool approved;                        /* the record contains what was approved */

	const char *token; /* the ID of the token that the record is about */
	bool has_uid;
	uint64_t uid; /* the asker: the peer, or the user that root asked for */

	struct members members, request, response, peer, approval, entry;
};

enum { EVIDENCE_RECORD_MALFORMED = 1 };

/* `line` must outlive the record. Returns 0, EVIDENCE_RECORD_MALFORMED or -ENOMEM. */
int evidence_record_read(struct evidence_record *r, const char *line, size_t len);
void evidence_record_deinit(struct evidence_record *r);

/* The kind of a request with these members, each of which may be NULL. */
enum kind evidence_record_kind(
	const char *action, const char *action_type, bool is_release, const char *target);

/* Accepts the words of both contracts, such as "allow" and "permit". */
enum decision evidence_record_decision(const char *text);
