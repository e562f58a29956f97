/* SPDX-License-Identifier: ISC */

/*
 * The operator's desk. Requests wait in a queue; the first is on the screen:
 *
 *	IDLE --issued--> SHOWN --half a second without a key--> ASKED --a, r, s--> the next, or IDLE
 *	                   ^                                     | |
 *	                   |--------- ctrl-D --------- TYPING <--+ +--> PAGING ---+
 *	                   |            (r; A; a, if the card was cut)      (v)   |
 *	                   +------------------------------------------------------+
 *
 * A key counts only if its question was on the screen for half a second without any key. So a key
 * that was typed at the previous card, or is held down, never decides.
 */

#include "cli/token-desk.h"

#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/text.h"
#include "cli/card-pages.h"
#include "cli/confirm.h"
#include "cli/desk-decide.h"
#include "cli/desk-queue.h"
#include "cli/events.h"
#include "cli/screen.h"
#include "cli/token-card.h"
#include "gate/limits.h"
#include "gate/wire/request.h"

#define LOOK_TIME (CLOCK_SECOND / 2)

/* Below the card: a line for the question, and one for the cursor. */
#define ROWS_BELOW 2

enum state { IDLE, SHOWN, ASKED, TYPING, PAGING };

/* The text being typed. */
enum line { LINE_REASON, LINE_ALWAYS, LINE_PROOF };

struct token_desk {
	const struct operator_options *op;
	const char *key; /* for signing; NULL: the usual one */
	struct events events;
	struct screen screen;
	struct desk_queue queue;

	enum state state;
	enum line line;
	bool always;                         /* approve for good */
	bool whole;                          /* the whole card was on the screen */
	uint64_t ask_at;                     /* end of SHOWN; in PAGING, when a key counts */
	struct card_pages pages;             /* in PAGING */
	char decided[NOTATION_UUID_LEN + 1]; /* last decision here; its event isn't shown */
	int status;                          /* exit status, once `done` */
	bool done;
};

/* --- the screen ------------------------------------------------------------------------------- */

static void end(struct token_desk *d, int status)
{
	d->status = status;
	d->done = true;
}

static struct desk_request *current(const struct token_desk *d)
{
	return desk_queue_first(&d->queue);
}

/* Whether the operator types or reads, so that nothing may be drawn. */
static bool is_busy(const struct token_desk *d)
{
	return d->state == TYPING || d->state == PAGING;
}

static void put_prompt(struct token_desk *d)
{
	cleanup(bytes_deinit) struct bytes text = BYTES_PRINTED;

	screen_look(&d->screen);
	bytes_appendf(&text, "%s[a]pprove %s[r]efuse [s]kip [q]uit (",
		d->whole ? "" : "[v]iew all ", current(d)->event.not_always ? "" : "[A]lways ");
	notation_append_duration(
		&text, desk_request_time_left(current(d)) / CLOCK_SECOND * CLOCK_SECOND);
	bytes_append_str(&text, " left");
	if (d->queue.n > 1)
		bytes_appendf(&text, ", %zu more", d->queue.n - 1);
	if (bytes_append_str(&text, ") ") >= 0)
		screen_prompt(&d->screen, bytes_str(&text), text.len);
}

/* Shows an event as a line above the prompt. */
static void put_event(struct token_desk *d, const struct event *event)
{
	cleanup(bytes_deinit) struct bytes line = BYTES_PRINTED;

	screen_erase_prompt(&d->screen);
	if (event_append_line(event, &d->screen.console, &line) >= 0)
		screen_put(&d->screen, bytes_str(&line), line.len);
}

/* --- the queue -------------------------------------------------------------------------------- */

/* Shows the first request of the queue. */
static void show(struct token_desk *d)
{
	cleanup(bytes_deinit) struct bytes card = BYTES_PRINTED;
	struct token_view *token;
	size_t rows;

	keyboard_take_keys(&d->screen.keyboard);
	d->state = IDLE;
	if (!current(d))
		return;

	screen_look(&d->screen);
	rows = d->screen.console.rows > ROWS_BELOW ? d->screen.console.rows - ROWS_BELOW : 0;
	token = &current(d)->event.token;
	token->expires_in_ms = desk_request_time_left(current(d)) / CLOCK_MS;
	if (token_card_append_fitting(token, &d->screen.console, rows, &card, &d->whole) < 0)
		return end(d, say_undecided("out of memory"));

	screen_put_str(&d->screen, "\n");
	screen_put(&d->screen, bytes_str(&card), card.len);
	d->state = SHOWN;
	d->ask_at = clock_now().boot + LOOK_TIME;
}

/* Returns to the question, below the last message. */
static void ask_again(struct token_desk *d)
{
	screen_erase_prompt(&d->screen);
	keyboard_take_keys(&d->screen.keyboard);
	d->state = SHOWN;
	d->ask_at = clock_now().boot + LOOK_TIME;
}

static void next(struct token_desk *d)
{
	desk_queue_drop(&d->queue, current(d));
	show(d);
}

/* --- the whole card, a page at a time --------------------------------------------------------- */

static void put_page(struct token_desk *d)
{
	size_t len;
	const char *page = card_pages_current(&d->pages, &len);

	screen_erase_prompt(&d->screen);
	screen_put_str(&d->screen, "\n");
	screen_put(&d->screen, page, len);
	d->screen.prompt_len = (size_t)dprintf(d->screen.keyboard.fd,
		"page %zu of %zu: [space] on [b]ack [q]uestion ", d->pages.page + 1, d->pages.n);
	d->ask_at = clock_now().boot + LOOK_TIME;
}

static void begin_paging(struct token_desk *d)
{
	size_t rows;

	screen_look(&d->screen);
	rows = d->screen.console.rows;
	if (card_pages_begin(&d->pages, &current(d)->event.token, &d->screen.console,
		    rows > ROWS_BELOW ? rows - ROWS_BELOW : 1)
		< 0)
		return end(d, say_undecided("out of memory"));

	d->state = PAGING;
	put_page(d);
}

static void turn_page(struct token_desk *d, int key)
{
	uint64_t now = clock_now().boot;
	bool counts = now >= d->ask_at;

	d->ask_at = now + LOOK_TIME;
	if (!counts)
		return;

	switch (card_pages_turn(&d->pages, key)) {
	case CARD_PAGES_SHOW:
		return put_page(d);
	case CARD_PAGES_SEEN:
		d->whole = true;
		return ask_again(d);
	case CARD_PAGES_LEFT:
		return ask_again(d);
	case CARD_PAGES_STAY:
		return;
	}
}

/* --- deciding --------------------------------------------------------------------------------- */

static void decide(struct token_desk *d, enum action action, const char *reason)
{
	const struct token_view *token = &current(d)->event.token;
	int status;

	screen_erase_prompt(&d->screen);
	status = desk_decide(d->op, d->key, &d->screen.keyboard, token,
		&(struct desk_decision){ action, reason, d->always });
	if (status == STATUS_UNDECIDED || (status != STATUS_DONE && d->always))
		return ask_again(d);
	if (status == STATUS_DONE) {
		memcpy(d->decided, token->id, sizeof(d->decided));
		screen_put_str(&d->screen, action == ACTION_APPROVE ? "approved\n" : "refused\n");
	}
	next(d);
}

#define ALWAYS_PROMPT                                                                              \
	"Once the asker has used this approval, this executable with exactly these arguments, in " \
	"this directory, for this user, agent, sandbox and profile is allowed without asking "     \
	"anybody, until somebody removes it. If the asker does not come back for it in time, "     \
	"nothing is allowed. Approve it always? [y/N] "

_Static_assert(TOKEN_CARD_PROOF_LEN == 8, "it says so");
#define PROOF_PROMPT                                                                    \
	"It was cut, so that reading it must be proved. The first 8 characters of its " \
	"fingerprint (ctrl-D: back): "

static void begin_typing(struct token_desk *d, enum line line)
{
	static const char *const prompts[] = {
		[LINE_REASON] = "The reason (Enter: none; ctrl-D: back): ",
		[LINE_ALWAYS] = ALWAYS_PROMPT,
		[LINE_PROOF] = PROOF_PROMPT,
	};

	screen_erase_prompt(&d->screen);
	d->state = TYPING;
	d->line = line;
	keyboard_take_lines(&d->screen.keyboard);
	keyboard_forget(&d->screen.keyboard);
	screen_put_folded(&d->screen, prompts[line]);
}

/* If the daemon would refuse an approval for good, says why at once. */
static void begin_always(struct token_desk *d)
{
	cleanup(bytes_deinit) struct bytes text = BYTES_PRINTED;
	const char *why = current(d)->event.not_always;

	if (!why)
		return begin_typing(d, LINE_ALWAYS);

	screen_erase_prompt(&d->screen);
	bytes_append_str(&text, "It can't be allowed always: ");
	text_append_escaped(&text, why, strlen(why));
	bytes_append_str(&text, ".\n");
	if (bytes_error(&text) < 0)
		return end(d, say_undecided("out of memory"));
	screen_put_folded(&d->screen, bytes_str(&text));
	ask_again(d);
}

/* A cut card also requires the proof. */
static void approve(struct token_desk *d)
{
	if (!d->whole)
		return begin_typing(d, LINE_PROOF);
	decide(d, ACTION_APPROVE, NULL);
}

static void take_typed(struct token_desk *d, const char *text)
{
	switch (d->line) {
	case LINE_REASON:
		return decide(d, ACTION_REVOKE, text);
	case LINE_ALWAYS:
		return confirm_is_yes(text) ? approve(d) : ask_again(d);
	case LINE_PROOF:
		if (token_card_is_proof(text, current(d)->event.token.fingerprint))
			return decide(d, ACTION_APPROVE, NULL);
		screen_put_str(&d->screen, "That is not how it begins.\n");
		return ask_again(d);
	}
}

static void take_line(struct token_desk *d)
{
	char line[LIMIT_STRING + 2];

	if (!keyboard_line(&d->screen.keyboard, line, sizeof(line))) {
		screen_put_str(&d->screen, "\n");
		return ask_again(d);
	}
	if (!text_is_utf8(line, strlen(line))) {
		screen_put_str(&d->screen, "That is not UTF-8.\n");
		return ask_again(d);
	}
	take_typed(d, line);
}

static void take_key(struct token_desk *d)
{
	int key = keyboard_key(&d->screen.keyboard);

	if (key == 0)
		return;
	if (d->state == PAGING && key != KEYBOARD_END)
		return turn_page(d, key);
	if (key == 'q' || key == KEYBOARD_END) {
		screen_erase_prompt(&d->screen);
		return end(d, STATUS_DONE);
	}
	if (d->state == SHOWN)
		d->ask_at = clock_now().boot + LOOK_TIME;
	if (d->state != ASKED)
		return;

	d->always = key == 'A';
	switch (key) {
	case 'a':
		return approve(d);
	case 'A':
		return begin_always(d);
	case 'r':
		return begin_typing(d, LINE_REASON);
	case 'v':
		return begin_paging(d);
	case 's':
		screen_erase_prompt(&d->screen);
		screen_put_str(&d->screen, "left as it is\n");
		return next(d);
	default: /* further keys that follow at once don't count */
		return ask_again(d);
	}
}

/* --- events ----------------------------------------------------------------------------------- */

/*
 * Handles one of several approvals: shows the card with it, unless the operator is typing. Takes
 * ownership of the event.
 */
static void take_signed(struct token_desk *d, struct event *event)
{
	struct desk_request *w = desk_queue_find(&d->queue, event->token.id);
	bool own = strcmp(d->decided, event->token.id) == 0;

	if (own)
		d->decided[0] = '\0';
	else if (!is_busy(d))
		put_event(d, event);
	if (!w) {
		event_deinit(event);
		if (d->state == ASKED)
			put_prompt(d);
		return;
	}

	event_deinit(&w->event);
	w->event = *event;
	if (w == current(d) && !is_busy(d))
		show(d);
	else if (d->state == ASKED)
		put_prompt(d);
}

/* The asker still waits, so the request stays longer on the screen and in the queue. */
static void take_extended(struct token_desk *d, const struct event *event)
{
	struct desk_request *w = desk_queue_find(&d->queue, event->token.id);

	if (w)
		desk_request_set_deadline(w, event);
	if (w && w == current(d) && d->state == ASKED)
		put_prompt(d);
}

/* Handles a decision, or an expiry. */
static void take_change(struct token_desk *d, const struct event *event)
{
	struct desk_request *w = desk_queue_find(&d->queue, event->token.id);
	bool own = strcmp(d->decided, event->token.id) == 0 && event->by_operator
		&& event->by_uid == geteuid();

	if (w && w == current(d)) {
		if (is_busy(d))
			screen_put_str(&d->screen, "\n");
		put_event(d, event);
		keyboard_forget(&d->screen.keyboard);
		return next(d);
	}
	if (w)
		desk_queue_drop(&d->queue, w);
	if (own)
		d->decided[0] = '\0';
	if (is_busy(d) || own)
		return;

	put_event(d, event);
	if (d->state == ASKED)
		put_prompt(d);
}

static void take_events(struct token_desk *d)
{
	struct event event;
	int status;

	while (!d->done && (status = events_next(&d->events, &event)) != EVENTS_LATER) {
		if (status != STATUS_DONE)
			return end(d, status);

		if (strcmp(event.name, EVENT_ISSUED) == 0) {
			if (desk_queue_add(&d->queue, &event) < 0)
				return end(d, say_undecided("out of memory"));
			if (d->state == IDLE)
				show(d);
			else if (d->state == ASKED)
				put_prompt(d);
			continue;
		}
		if (strcmp(event.name, EVENT_SIGNED) == 0) {
			take_signed(d, &event);
			continue;
		}
		if (strcmp(event.name, EVENT_EXTENDED) == 0)
			take_extended(d, &event);
		else
			take_change(d, &event);
		event_deinit(&event);
	}
}

/* The time to wait for events, in ms for poll(2); -1: no limit. */
static int patience(const struct token_desk *d)
{
	uint64_t now = clock_now().boot;

	if (d->state == SHOWN)
		return d->ask_at > now ? (int)((d->ask_at - now) / CLOCK_MS) + 1 : 0;
	return d->state == ASKED ? 1000 : -1;
}

static void look_at_clock(struct token_desk *d)
{
	if (d->state == SHOWN && clock_now().boot >= d->ask_at) {
		if (keyboard_forget(&d->screen.keyboard))
			d->ask_at = clock_now().boot + LOOK_TIME;
		else
			d->state = ASKED;
	}
	if (d->state == ASKED)
		put_prompt(d);
}

static int run(struct token_desk *d)
{
	struct pollfd fds[] = { { .events = POLLIN }, { .events = POLLIN } };
	int n;

	screen_look(&d->screen);
	keyboard_take_keys(&d->screen.keyboard);
	screen_put_str(&d->screen, "Requests are shown as they come. q leaves.\n");
	take_events(d);
	while (!d->done && !d->screen.failed) {
		fds[0].fd = d->screen.keyboard.fd;
		fds[1].fd = d->events.client.fd;
		n = poll(fds, 2, patience(d));
		look_at_clock(d);
		if (n <= 0)
			continue;

		if (fds[0].revents & (POLLHUP | POLLERR | POLLNVAL))
			end(d, say_undecided("the terminal is gone"));
		else if (fds[1].revents != 0)
			take_events(d);
		else if (d->state == TYPING)
			take_line(d);
		else
			take_key(d);
	}
	if (!d->done)
		end(d, say_undecided("can't write to the terminal"));
	return d->status;
}

int token_desk_run(const struct operator_options *op, const char *key)
{
	struct token_desk desk = {
		.op = op, .key = key, .screen.keyboard.fd = -1, .pages = CARD_PAGES_INIT
	};
	int r, status;

	desk_queue_init(&desk.queue);
	status = events_open(&desk.events, op);
	if (status != STATUS_DONE)
		return status;

	r = keyboard_open(&desk.screen.keyboard);
	status = r < 0 ? say_undecided("can't ask on the terminal: %s", strerror(-r)) : run(&desk);
	keyboard_close(&desk.screen.keyboard);
	card_pages_deinit(&desk.pages);
	events_close(&desk.events);
	desk_queue_deinit(&desk.queue);
	return status;
}
