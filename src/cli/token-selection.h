/* SPDX-License-Identifier: ISC */
#pragma once

/*
 * Tokens that are chosen by a session or a user instead of by their IDs. token_selection_list()
 * finds those that are there now; selected_tokens_deinit() frees.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/bytes.h"
#include "base/notation.h"
#include "cli/operator.h"
#include "gate/token/fingerprint.h"

/* At most one of these. */
struct token_selection {
	bool all, by_uid;
	uid_t uid;
	const char *session;
};

/* Whether a selection was made. */
bool token_selection_is_made(const struct token_selection *selection);

/*
 * Describes the selection after "tokens": "", " of uid 1000" or " of session 's 1'". Errors: those
 * of bytes_append().
 */
int token_selection_describe(const struct token_selection *selection, struct bytes *b);

struct selected_token {
	char id[NOTATION_UUID_LEN + 1];
	char fingerprint[FINGERPRINT_HEX_LEN + 1];
	uint64_t uid; /* the asker */
};

/* In the order of their issuance. */
struct selected_tokens {
	struct selected_token *list;
	size_t n, size;
};

#define SELECTED_TOKENS_INIT \
	{                    \
		0            \
	}

/*
 * Asks the daemon for the selected tokens that are pending or, unless `pending_only`, approved, and
 * prints them as a table on the descriptor. Returns a status; errors have been printed.
 */
int token_selection_list(const struct operator_options *op, const struct token_selection *selection,
	bool pending_only, int fd, struct selected_tokens *ret);

/* Whether more than one user asked: a session is a claim, so any user can name it. */
bool selected_tokens_are_of_several(const struct selected_tokens *tokens);

void selected_tokens_deinit(struct selected_tokens *tokens);
