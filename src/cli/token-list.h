/* SPDX-License-Identifier: ISC */
#pragma once

/*
 * Tokens as a table: LISTING_INIT, listing_add() for each, listing_append(), listing_deinit(). What
 * is pending comes first, and the newest last. On a terminal no row is wider than the screen: what
 * is cut ends in FOLD_CUT, and IDs are as short as can be told apart. Off it nothing is cut.
 */

#include <stdbool.h>
#include <stddef.h>

#include "base/bytes.h"
#include "cli/console.h"
#include "cli/token-view.h"

struct listing {
	const struct screen *screen;
	const char *state; /* show only those in this one; NULL: all */
	struct row *rows;
	size_t n, size;
	size_t n_shown;
};

#define LISTING_INIT(the_screen, the_state)                  \
	{                                                    \
		.screen = (the_screen), .state = (the_state) \
	}

/*
 * Whether it must be given all tokens, whatever the state: an ID that is cut short must not fit one
 * that isn't shown.
 */
bool listing_shortens(const struct listing *l);

/* -ENOMEM, or 0. The item is not kept. */
int listing_add(struct listing *l, const struct item *item);

/* Appends the header and the rows; nothing where none is to be shown. Errors: bytes_append()'s. */
int listing_append(struct listing *l, struct bytes *b);

void listing_deinit(struct listing *l);
