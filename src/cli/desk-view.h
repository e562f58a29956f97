/* SPDX-License-Identifier: ISC */
#pragma once

/*
 * What the operator's desk draws: a token's card, the question below it, events, and the whole card
 * a page at a time. Embedded: DESK_VIEW_INIT, then the owner opens the keyboard of `screen`;
 * desk_view_deinit().
 */

#include <stdint.h>

#include "cli/card-pages.h"
#include "cli/desk-queue.h"
#include "cli/events.h"
#include "cli/screen.h"

struct desk_view {
	struct screen screen;
	struct card_pages pages;
	bool whole; /* the whole card was on the screen */

	/* Set by the owner: whether the bell and the terminal's title tell what waits. */
	bool bell, title;
	size_t told; /* the number in the title; SIZE_MAX: there is none yet */
};

#define DESK_VIEW_INIT                                                               \
	{                                                                            \
		.screen.keyboard.fd = -1, .pages = CARD_PAGES_INIT, .told = SIZE_MAX \
	}

void desk_view_deinit(struct desk_view *v);

/* Shows the request's card, as much of it as fits. Error: -ENOMEM. */
int desk_view_card(struct desk_view *v, struct desk_request *request);

/* Asks what to do with the request; `n_more` others wait. */
void desk_view_question(struct desk_view *v, const struct desk_request *request, size_t n_more);

/* Shows an event as a line above the question. */
void desk_view_event(struct desk_view *v, const struct event *event);

/* Shows a text in place of the question: as it is, or folded. */
void desk_view_say(struct desk_view *v, const char *text);
void desk_view_say_folded(struct desk_view *v, const char *text);

/* Makes the pages of the whole card, and shows the first. Error: -ENOMEM. */
int desk_view_begin_pages(struct desk_view *v, const struct token_view *token);

/* Shows the current page. */
void desk_view_page(struct desk_view *v);

/* Rings the terminal's bell for a request that has come. */
void desk_view_ring(struct desk_view *v);

/* Puts the number of requests that wait, and nothing else of them, into the terminal's title. */
void desk_view_count(struct desk_view *v, size_t n);
