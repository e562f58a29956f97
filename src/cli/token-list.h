/* SPDX-License-Identifier: ISC */
#pragma once

/*
 * Tokens as a table: TOKEN_LIST_INIT, token_list_add() for each, token_list_append(),
 * token_list_deinit(). Pending tokens come first, and the newest last. On a terminal no row is
 * wider than the screen: a cut command ends in FOLD_CUT, and IDs are shortened as far as they stay
 * unique. Off a terminal nothing is cut.
 */

#include <stdbool.h>
#include <stddef.h>

#include "base/bytes.h"
#include "cli/console.h"
#include "cli/token-view.h"

struct token_list {
	const struct console *console;
	const char *state; /* show only tokens in this state; NULL: all */
	struct row *rows;
	size_t n, size;
	size_t n_shown;
};

#define TOKEN_LIST_INIT(the_console, the_state)                \
	{                                                      \
		.console = (the_console), .state = (the_state) \
	}

/*
 * Whether the list needs all tokens, whatever their state: a shortened ID must not also match a
 * token that isn't shown.
 */
bool token_list_shortens(const struct token_list *l);

/* Returns 0 or -ENOMEM. Keeps no reference to the token. */
int token_list_add(struct token_list *l, const struct token_view *token);

/*
 * Appends the header and the rows, or nothing if there are no rows. Errors: those of
 * bytes_append().
 */
int token_list_append(struct token_list *l, struct bytes *b);

void token_list_deinit(struct token_list *l);
