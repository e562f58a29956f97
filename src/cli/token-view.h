/* SPDX-License-Identifier: ISC */
#pragma once

/* A token as the daemon describes it. */

#include <stdbool.h>
#include <stdint.h>

#include "base/bytes.h"
#include "base/json/tree.h"
#include "cli/console.h"
#include "cli/say.h"
#include "gate/invocation-read.h"
#include "gate/standing.h"

/* Strings belong to the document; a string that the token lacks is NULL. */
struct token_view {
	struct json_doc *doc;
	const char *id, *state, *process, *issued_at, *expires_at, *rule, *rule_reason, *reason,
		*fingerprint;
	struct invocation asked;
	struct invocation_lists lists; /* the texts of `asked` */
	uint64_t uid, pid, expires_in_ms;
	uint64_t age_ms; /* or TOKEN_VIEW_UNKNOWN */

	/* Set for an approved token, as far as the daemon knows. */
	const char *approved_at, *confirmed;
	uint64_t approved_by; /* or TOKEN_VIEW_UNKNOWN */
	struct standing standing;

	/* Of a pending token that needs more than an operator's word; else both are 0. */
	uint64_t n_approved, n_missing;
	bool progress_unknown; /* the daemon can't say how many are missing */
};

#define TOKEN_VIEW_UNKNOWN UINT64_MAX

/*
 * Returns STATUS_DONE, or a status to exit with, with the message already printed. After
 * STATUS_DONE, token_view_deinit() frees.
 */
int token_view_read(const struct bytes *line, struct token_view *ret);
void token_view_deinit(struct token_view *token);

/* Whether an operator can still decide about the token. */
bool token_view_is_live(const struct token_view *token);

/* The style for the token's state. */
enum style token_view_style(const struct token_view *token);

/*
 * Appends what matters of the request: the command line, each word quoted as for a shell, or the
 * target (cli/token-target). Errors: those of bytes_append().
 */
int token_view_append_matter(const struct token_view *token, struct bytes *b);

/* The same in the form of text_append_quoted_lines(). */
int token_view_append_matter_lines(const struct token_view *token, struct bytes *b);

/* The same on one line, after the kind unless it is a command line: "read /etc/hosts". */
int token_view_append_command(const struct token_view *token, struct bytes *b);

/*
 * If several approvals are needed, or one of some group, appends how far that has come: "1 of 2:
 * alice; 1 of audit needed".
 */
int token_view_append_progress(const struct token_view *token, struct bytes *b);

/* Appends who has approved so far: "alice, bob". Appends nothing if there is no approval. */
int token_view_append_approvers(const struct token_view *token, struct bytes *b);

/* Appends what is still needed: "1 approver, of group audit". Nothing if nothing is. */
int token_view_append_missing(const struct token_view *token, struct bytes *b);

/* If the token was approved for good, appends `before` and the time limit: " always for 8h". */
int token_view_append_always(const struct token_view *token, const char *before, struct bytes *b);

/* If the approver named its scope, appends ", for the same user, agent". */
int token_view_append_scope(const struct token_view *token, struct bytes *b);
