/* SPDX-License-Identifier: ISC */
#pragma once

/*
 * A token's whole card, a page at a time. Embedded: CARD_PAGES_INIT, card_pages_begin() for each
 * card, then card_pages_deinit().
 */

#include <stddef.h>

#include "base/bytes.h"
#include "cli/console.h"
#include "cli/token-view.h"

struct card_pages {
	struct bytes text;
	size_t rows;    /* lines of a page */
	size_t page, n; /* the current page, from 0, and their number */
};

#define CARD_PAGES_INIT               \
	{                             \
		.text = BYTES_PRINTED \
	}

/* `rows`: lines of a page, at least 1. Error: -ENOMEM. */
int card_pages_begin(struct card_pages *p, const struct token_view *token,
	const struct console *console, size_t rows);
void card_pages_deinit(struct card_pages *p);

/* The text of the current page, not NUL-terminated. */
const char *card_pages_current(const struct card_pages *p, size_t *ret_len);

enum card_pages_turn {
	CARD_PAGES_STAY, /* the key means nothing here */
	CARD_PAGES_SHOW, /* show the current page */
	CARD_PAGES_SEEN, /* the last page was left forwards: all of the card was shown */
	CARD_PAGES_LEFT,
};

/* Pages turn one by one, so after the last page the whole card was shown. */
enum card_pages_turn card_pages_turn(struct card_pages *p, int key);
