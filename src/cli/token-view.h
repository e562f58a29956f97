/* SPDX-License-Identifier: ISC */
#pragma once

/* A token as the daemon lists it. */

#include <stdbool.h>
#include <stdint.h>

#include "base/bytes.h"
#include "base/json/tree.h"
#include "cli/console.h"
#include "cli/say.h"
#include "gate/fields.h"

/* Strings belong to the document; NULL where the token has none. */
struct token_view {
	struct json_doc *doc;
	const char *id, *state, *process, *issued_at, *expires_at, *rule, *reason, *fingerprint;
	struct invocation asked;
	struct bytes lists[FIELDS]; /* the texts of its lists */
	uint64_t uid, pid, expires_in_ms;
	uint64_t age_ms; /* or TOKEN_VIEW_UNKNOWN */

	/* Of one that was approved, as far as the daemon knows it. */
	const char *approved_at, *confirmed;
	uint64_t approved_by; /* or TOKEN_VIEW_UNKNOWN */
	bool always;
	uint64_t for_ms; /* of `always`; 0: until the entry is removed */
};

#define TOKEN_VIEW_UNKNOWN UINT64_MAX

/* STATUS_DONE, or a status to end with, which has been said. token_view_deinit() frees what is
 * done. */
int token_view_read(const struct bytes *line, struct token_view *ret);
void token_view_deinit(struct token_view *token);

/* Whether an operator can still do something about it. */
bool token_view_is_live(const struct token_view *token);

/* What its state is shown in. */
enum style token_view_style(const struct token_view *token);

/* Appends the command line, each word as a shell would need it. Errors: those of bytes_append(). */
int token_view_append_command(const struct token_view *token, struct bytes *b);

/* The same as of text_append_quoted_lines(). */
int token_view_append_command_lines(const struct token_view *token, struct bytes *b);

/* Appends `before`, and for how long, where it was approved for good: " always for 8h". */
int token_view_append_always(const struct token_view *token, const char *before, struct bytes *b);
