/* SPDX-License-Identifier: ISC */
#pragma once

/*
 * Tokens as a table: TOKEN_LIST_INIT, token_list_add() for each, token_list_append(),
 * token_list_deinit(). What is pending comes first, and the newest last. On a terminal no row is
 * wider than the screen: what is cut ends in FOLD_CUT, and IDs are as short as can be told apart.
 * Off it nothing is cut.
 */

#include <stdbool.h>
#include <stddef.h>

#include "base/bytes.h"
#include "cli/console.h"
#include "cli/token-view.h"

struct token_list {
	const struct console *console;
	const char *state; /* show only those in this one; NULL: all */
	struct row *rows;
	size_t n, size;
	size_t n_shown;
};

#define TOKEN_LIST_INIT(the_console, the_state)                \
	{                                                      \
		.console = (the_console), .state = (the_state) \
	}

/*
 * Whether it must be given all tokens, whatever the state: an ID that is cut short must not fit one
 * that isn't shown.
 */
bool token_list_shortens(const struct token_list *l);

/* -ENOMEM, or 0. The token is not kept. */
int token_list_add(struct token_list *l, const struct token_view *token);

/* Appends the header and the rows; nothing where none is to be shown. Errors: bytes_append()'s. */
int token_list_append(struct token_list *l, struct bytes *b);

void token_list_deinit(struct token_list *l);
