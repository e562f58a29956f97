/* SPDX-License-Identifier: ISC */
#pragma once

/*
 * The decision: a pure function from everything that bears on it to the answer and the change that
 * must be recorded before the answer may leave. It reads no clock, no file and no random numbers,
 * and remembers nothing.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/bytes.h"
#include "gate/allowlist/allowlist.h"
#include "gate/policy/candidate.h"
#include "gate/policy/policy.h"
#include "gate/token/token.h"
#include "gate/wire/reply.h"
#include "gate/wire/request.h"

/* What a door is for (design, section 3). */
enum role { ROLE_AGENT, ROLE_OPERATOR, ROLE_ANY };

/* As in FileDescriptorName=; the inverse gives -EINVAL for a word that isn't one. */
const char *role_name(enum role role);
int role_parse(const char *name, enum role *ret);

/* What the operator set. Times in µs, sizes in bytes. */
struct settings {
	enum decision default_action;
	uint64_t token_ttl;
	uint32_t retry_after_ms;
	uint64_t max_pending_alike, max_pending_of_uid;
	uint64_t max_store;
	bool allow_self_approval;
};

/* What the asker has on record already, and all askers together. */
struct usage {
	size_t pending_alike; /* the asker's, for the request's fingerprint */
	size_t pending_of_uid;
	uint64_t bytes_of_uid;
	uint64_t bytes;
};

struct question {
	const struct request *request;
	const uint8_t *fingerprint; /* the request's; only of a local.exec without a fault */
	enum role role;
	struct asker asker;
	const struct settings *settings;
	const struct policy *policy;       /* or NULL */
	const struct allowlist *allowlist; /* NULL: nothing that would last */
	uint64_t allow_now;                /* how late it is for that: see allow_clock_now() */
	const struct token *token;         /* that the request names, or NULL */
	struct usage usage;
	struct moment now;
	const uint8_t *fresh_id; /* for a token that may be issued */

	/* Who asks, by the name of their process, or NULL: called for a token that is issued. */
	const char *(*name_process)(void *userdata);

	/* Sets the size that the token of an issue takes on record. Error: -ENOMEM. */
	int (*measure)(struct token_change *change, void *userdata);
	void *userdata;

	/* Why nothing may be decided, or NULL; and whether what is on record may still be shown. */
	const char *closed;
	bool readable;
};

/* What is shown beside the outcome. */
enum view {
	VIEW_NONE,
	VIEW_LIST,
	VIEW_SHOW,
	VIEW_STATUS,
	VIEW_WATCH,
	VIEW_CHANGED,
	VIEW_ALLOWLIST
};

/* What becomes of the allowlist, once everything else is on record. */
enum allow_kind { ALLOW_NOTHING, ALLOW_ADD, ALLOW_REMOVE };

struct allow_change {
	enum allow_kind kind;
	struct allow_entry *entry; /* to be added */
	char *id;                  /* to be removed */
};

struct verdict {
	enum decision decision; /* one of these two is not NONE */
	enum outcome outcome;
	struct bytes reason;
	char *rule; /* what decided, or NULL */
	enum view view;

	/* With DECISION_PENDING, and wherever a token was named or consumed, for the log. */
	bool has_token;
	uint8_t token_id[TOKEN_ID_LEN];
	uint64_t expires_wall;

	struct token_change change;
	struct allow_change allow;

	/* The entry that allowed it, and the file. */
	char *used_id, *used_path;

	/* A revocation of many: whoever carries it out asks for each that request_selects(). */
	bool many;
};

/* What a revocation of many changes about a token; to TOKEN_ABSENT: nothing. */
struct token_change decide_revocation(
	const struct request *request, const struct token *token, const struct moment *now);

/*
 * Fills *verdict, which needs no initialisation; verdict_deinit() frees it, and the token of its
 * change where nobody took that over. Error: -ENOMEM, nothing to free then.
 */
int decide(const struct question *question, struct verdict *verdict);
void verdict_deinit(struct verdict *verdict);

/* Turns it into "no": a deny, or the operator's outcome, for `reason`. Error: -ENOMEM. */
int verdict_refuse(struct verdict *verdict, const char *reason);

/* What of a verdict is about the allowlist is forgotten. */
void verdict_forget_allow(struct verdict *verdict);
