/* SPDX-License-Identifier: ISC */

/* Draws on the operator's terminal. */

#include "cli/desk-view.h"

#include <stdio.h>

#include "base/clock.h"
#include "base/notation.h"
#include "cli/token-card.h"

/* Below the card: a line for the question, and one for the cursor. */
#define ROWS_BELOW 2

void desk_view_deinit(struct desk_view *v)
{
	card_pages_deinit(&v->pages);
}

static size_t rows_for_card(struct desk_view *v)
{
	const size_t *rows = &v->screen.console.rows;

	screen_look(&v->screen);
	return *rows > ROWS_BELOW ? *rows - ROWS_BELOW : 0;
}

int desk_view_card(struct desk_view *v, struct desk_request *request)
{
	cleanup(bytes_deinit) struct bytes card = BYTES_PRINTED;
	struct token_view *token = &request->event.token;
	const size_t rows = rows_for_card(v);
	int r;

	token->expires_in_ms = desk_request_time_left(request) / CLOCK_MS;
	r = token_card_append_fitting(token, &v->screen.console, rows, &card, &v->whole);
	if (r < 0)
		return r;

	screen_put_str(&v->screen, "\n");
	screen_put(&v->screen, bytes_str(&card), card.len);
	return 0;
}

void desk_view_question(struct desk_view *v, const struct desk_request *request, size_t n_more)
{
	cleanup(bytes_deinit) struct bytes text = BYTES_PRINTED;

	screen_look(&v->screen);
	bytes_appendf(&text, "%s[a]pprove %s[r]efuse [s]kip [q]uit (",
		v->whole ? "" : "[v]iew all ", request->event.not_always ? "" : "[A]lways ");
	notation_append_duration(
		&text, desk_request_time_left(request) / CLOCK_SECOND * CLOCK_SECOND);
	bytes_append_str(&text, " left");
	if (n_more > 0)
		bytes_appendf(&text, ", %zu more", n_more);
	if (bytes_append_str(&text, ") ") >= 0)
		screen_prompt(&v->screen, bytes_str(&text), text.len);
}

void desk_view_event(struct desk_view *v, const struct event *event)
{
	cleanup(bytes_deinit) struct bytes line = BYTES_PRINTED;

	screen_erase_prompt(&v->screen);
	if (event_append_line(event, &v->screen.console, &line) >= 0)
		screen_put(&v->screen, bytes_str(&line), line.len);
}

void desk_view_say(struct desk_view *v, const char *text)
{
	screen_erase_prompt(&v->screen);
	screen_put_str(&v->screen, text);
}

void desk_view_say_folded(struct desk_view *v, const char *text)
{
	screen_erase_prompt(&v->screen);
	screen_put_folded(&v->screen, text);
}

int desk_view_begin_pages(struct desk_view *v, const struct token_view *token)
{
	const size_t rows = rows_for_card(v);
	int r;

	r = card_pages_begin(&v->pages, token, &v->screen.console, rows > 0 ? rows : 1);
	if (r >= 0)
		desk_view_page(v);
	return r;
}

void desk_view_page(struct desk_view *v)
{
	size_t len;
	const char *page = card_pages_current(&v->pages, &len);

	desk_view_say(v, "\n");
	screen_put(&v->screen, page, len);
	v->screen.prompt_len = (size_t)dprintf(v->screen.keyboard.fd,
		"page %zu of %zu: [space] on [b]ack [q]uestion ", v->pages.page + 1, v->pages.n);
}

/* --- outside of the screen -------------------------------------------------------------------- */

/* XTWINOPS: the terminal keeps its title, and takes it back. */
#define TITLE_PUSH "\033[22;0t"
#define TITLE_POP "\033[23;0t"

void desk_view_ring(struct desk_view *v)
{
	if (v->bell)
		screen_put_str(&v->screen, "\a");
}

void desk_view_count(struct desk_view *v, size_t n)
{
	char title[64];

	if (!v->title || n == v->told)
		return;
	if (v->told == SIZE_MAX)
		keyboard_change(&v->screen.keyboard, TITLE_PUSH, TITLE_POP);
	v->told = n;
	snprintf(title, sizeof(title), "\033]0;firma: %zu waiting\033\\", n);
	screen_put_str(&v->screen, title);
}
