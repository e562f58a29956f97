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
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/text.h"
#include "base/utf8.h"
#include "cli/always-text.h"
#include "cli/confirm.h"
#include "cli/desk-decide.h"
#include "cli/desk-view.h"
#include "cli/token-card.h"
#include "gate/limits.h"
#include "gate/wire/request.h"

#define LOOK_TIME (CLOCK_SECOND / 2)

enum state { IDLE, SHOWN, ASKED, TYPING, PAGING };

/* The text being typed. */
enum line { LINE_REASON, LINE_ALWAYS, LINE_PROOF };

struct token_desk {
	const struct operator_options *op;
	const char *key; /* for signing; NULL: the usual one */
	struct events events;
	struct desk_view view;
	struct desk_queue queue;

	enum state state;
	enum line line;
	bool always;                         /* approve for good */
	uint64_t ask_at;                     /* end of SHOWN; in PAGING, when a key counts */
	char decided[NOTATION_UUID_LEN + 1]; /* last decision here; its event isn't shown */
	int status;                          /* exit status, once `done` */
	bool done;
};

static void end(struct token_desk *d, int status)
{
	d->status = status;
	d->done = true;
}

static void fail_for_memory(struct token_desk *d)
{
	end(d, say_undecided("out of memory"));
}

static struct keyboard *keyboard(struct token_desk *d)
{
	return &d->view.screen.keyboard;
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

/* Keys don't count until half a second without any has passed. */
static void put_off(struct token_desk *d)
{
	d->ask_at = clock_now().boot + LOOK_TIME;
}

static void draw_question(struct token_desk *d)
{
	if (d->state == ASKED)
		desk_view_question(&d->view, current(d), d->queue.n - 1);
}

/* Shows the first request of the queue. */
static void show(struct token_desk *d)
{
	keyboard_take_keys(keyboard(d));
	d->state = IDLE;
	if (!current(d))
		return;

	if (desk_view_card(&d->view, current(d)) < 0) {
		fail_for_memory(d);
		return;
	}
	d->state = SHOWN;
	put_off(d);
}

/* Returns to the question, below the last message. */
static void ask_again(struct token_desk *d)
{
	screen_erase_prompt(&d->view.screen);
	keyboard_take_keys(keyboard(d));
	d->state = SHOWN;
	put_off(d);
}

static void next(struct token_desk *d)
{
	desk_queue_drop(&d->queue, current(d));
	show(d);
}

static void say_and_ask_again(struct token_desk *d, const char *text)
{
	desk_view_say(&d->view, text);
	ask_again(d);
}

/* --- the whole card, a page at a time --------------------------------------------------------- */

static void begin_paging(struct token_desk *d)
{
	d->state = PAGING;
	if (desk_view_begin_pages(&d->view, &current(d)->event.token) < 0)
		fail_for_memory(d);
	put_off(d);
}

static void turn_page(struct token_desk *d, int key)
{
	const bool counts = clock_now().boot >= d->ask_at;

	put_off(d);
	if (!counts)
		return;

	switch (card_pages_turn(&d->view.pages, key)) {
	case CARD_PAGES_SHOW:
		desk_view_page(&d->view);
		put_off(d);
		break;
	case CARD_PAGES_SEEN:
		d->view.whole = true;
		ask_again(d);
		break;
	case CARD_PAGES_LEFT:
		ask_again(d);
		break;
	case CARD_PAGES_STAY:
		break;
	}
}

/* --- deciding --------------------------------------------------------------------------------- */

static void decide(struct token_desk *d, enum action action, const char *reason)
{
	const struct token_view *token = &current(d)->event.token;
	int status;

	screen_erase_prompt(&d->view.screen);
	status = desk_decide(d->op, d->key, keyboard(d), token,
		&(struct desk_decision){ action, reason, d->always });
	if (status == STATUS_UNDECIDED || (status != STATUS_DONE && d->always)) {
		ask_again(d);
		return;
	}
	if (status == STATUS_DONE) {
		memcpy(d->decided, token->id, sizeof(d->decided));
		desk_view_say(&d->view, action == ACTION_APPROVE ? "approved\n" : "refused\n");
	}
	next(d);
}

_Static_assert(TOKEN_CARD_PROOF_LEN == 8, "it says so");
#define PROOF_PROMPT                                                                    \
	"It was cut, so that reading it must be proved. The first 8 characters of its " \
	"fingerprint (ctrl-D: back): "

static void put_always(struct token_desk *d)
{
	cleanup(bytes_deinit) struct bytes text = BYTES_PRINTED;

	always_text_append(&current(d)->event.token, &(struct standing){ .always = true }, &text);
	if (bytes_append_str(&text, " Approve it always? [y/N] ") < 0)
		return end(d, say_undecided("out of memory"));
	desk_view_say_folded(&d->view, bytes_str(&text));
}

static void begin_typing(struct token_desk *d, enum line line)
{
	static const char *const prompts[] = {
		[LINE_REASON] = "The reason (Enter: none; ctrl-D: back): ",
		[LINE_PROOF] = PROOF_PROMPT,
	};

	d->state = TYPING;
	d->line = line;
	keyboard_take_lines(keyboard(d));
	keyboard_forget(keyboard(d));
	if (line == LINE_ALWAYS)
		put_always(d);
	else
		desk_view_say_folded(&d->view, prompts[line]);
}

/* If the daemon would refuse an approval for good, says why at once. */
static void begin_always(struct token_desk *d)
{
	cleanup(bytes_deinit) struct bytes text = BYTES_PRINTED;
	const char *why = current(d)->event.not_always;

	if (!why) {
		begin_typing(d, LINE_ALWAYS);
		return;
	}

	bytes_append_str(&text, "It can't be allowed always: ");
	text_append_escaped(&text, why, strlen(why));
	bytes_append_str(&text, ".\n");
	if (bytes_error(&text) < 0) {
		fail_for_memory(d);
		return;
	}
	desk_view_say_folded(&d->view, bytes_str(&text));
	ask_again(d);
}

/* A cut card also requires the proof. */
static void approve(struct token_desk *d)
{
	if (d->view.whole)
		decide(d, ACTION_APPROVE, NULL);
	else
		begin_typing(d, LINE_PROOF);
}

static void take_typed(struct token_desk *d, const char *text)
{
	if (d->line == LINE_REASON)
		decide(d, ACTION_REVOKE, text);
	else if (d->line == LINE_ALWAYS && confirm_is_yes(text))
		approve(d);
	else if (d->line == LINE_ALWAYS)
		ask_again(d);
	else if (token_card_is_proof(text, current(d)->event.token.fingerprint))
		decide(d, ACTION_APPROVE, NULL);
	else
		say_and_ask_again(d, "That is not how it begins.\n");
}

static void take_line(struct token_desk *d)
{
	char line[LIMIT_STRING + 2];

	if (!keyboard_line(keyboard(d), line, sizeof(line)))
		say_and_ask_again(d, "\n");
	else if (!utf8_is_valid(line, strlen(line)))
		say_and_ask_again(d, "That is not UTF-8.\n");
	else
		take_typed(d, line);
}

/* Answers the question. */
static void take_answer(struct token_desk *d, int key)
{
	d->always = key == 'A';
	switch (key) {
	case 'a':
		approve(d);
		break;
	case 'A':
		begin_always(d);
		break;
	case 'r':
		begin_typing(d, LINE_REASON);
		break;
	case 'v':
		begin_paging(d);
		break;
	case 's':
		desk_view_say(&d->view, "left as it is\n");
		next(d);
		break;
	default: /* further keys that follow at once don't count */
		ask_again(d);
	}
}

static void take_key(struct token_desk *d)
{
	int key = keyboard_key(keyboard(d));

	if (key == 0)
		return;
	if (d->state == PAGING && key != KEYBOARD_END) {
		turn_page(d, key);
	} else if (key == 'q' || key == KEYBOARD_END) {
		screen_erase_prompt(&d->view.screen);
		end(d, STATUS_DONE);
	} else if (d->state == SHOWN) {
		put_off(d);
	} else if (d->state == ASKED) {
		take_answer(d, key);
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
		desk_view_event(&d->view, event);
	if (!w) {
		event_deinit(event);
		draw_question(d);
		return;
	}

	event_deinit(&w->event);
	w->event = *event;
	if (w == current(d) && !is_busy(d))
		show(d);
	else
		draw_question(d);
}

/* The asker still waits, so the request stays longer on the screen and in the queue. */
static void take_extended(struct token_desk *d, const struct event *event)
{
	struct desk_request *w = desk_queue_find(&d->queue, event->token.id);

	if (w)
		desk_request_set_deadline(w, event);
	if (w && w == current(d))
		draw_question(d);
}

/* Handles a decision, or an expiry. */
static void take_change(struct token_desk *d, const struct event *event)
{
	struct desk_request *w = desk_queue_find(&d->queue, event->token.id);
	bool own = strcmp(d->decided, event->token.id) == 0 && event->by_operator
		&& event->by_uid == geteuid();

	if (w && w == current(d)) {
		if (is_busy(d))
			screen_put_str(&d->view.screen, "\n");
		desk_view_event(&d->view, event);
		keyboard_forget(keyboard(d));
		next(d);
		return;
	}
	if (w)
		desk_queue_drop(&d->queue, w);
	if (own)
		d->decided[0] = '\0';
	if (is_busy(d) || own)
		return;

	desk_view_event(&d->view, event);
	draw_question(d);
}

/* Takes ownership of the event. */
static void take_issued(struct token_desk *d, struct event *event)
{
	if (desk_queue_add(&d->queue, event) < 0)
		fail_for_memory(d);
	else if (d->state == IDLE)
		show(d);
	else
		draw_question(d);
}

static void take_events(struct token_desk *d)
{
	struct event event;
	bool issued = false;
	int status;

	while (!d->done && (status = events_next(&d->events, &event)) != EVENTS_LATER) {
		if (status != STATUS_DONE) {
			end(d, status);
		} else if (strcmp(event.name, EVENT_ISSUED) == 0) {
			issued = true;
			take_issued(d, &event);
		} else if (strcmp(event.name, EVENT_SIGNED) == 0) {
			take_signed(d, &event);
		} else {
			if (strcmp(event.name, EVENT_EXTENDED) == 0)
				take_extended(d, &event);
			else
				take_change(d, &event);
			event_deinit(&event);
		}
	}
	/* Once for all that came together. */
	if (issued)
		desk_view_ring(&d->view);
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
		if (keyboard_forget(keyboard(d)))
			put_off(d);
		else
			d->state = ASKED;
	}
	draw_question(d);
}

static int run(struct token_desk *d)
{
	struct pollfd fds[] = { { .events = POLLIN }, { .events = POLLIN } };
	int n;

	screen_look(&d->view.screen);
	keyboard_take_keys(&d->view.screen.keyboard);
	screen_put_str(&d->view.screen, "Requests are shown as they come. q leaves.\n");
	take_events(d);
	while (!d->done && !d->view.screen.failed) {
		desk_view_count(&d->view, d->queue.n);
		fds[0].fd = d->view.screen.keyboard.fd;
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

int token_desk_run(const struct operator_options *op, const struct token_desk_options *options)
{
	struct token_desk desk = { .op = op, .key = options->key, .view = DESK_VIEW_INIT };
	int r, status;

	desk.view.bell = options->bell;
	desk.view.title = options->title;
	desk_queue_init(&desk.queue);
	status = events_open(&desk.events, op, -1);
	if (status != STATUS_DONE)
		return status;

	r = keyboard_open(&desk.view.screen.keyboard);
	status = r < 0 ? say_undecided("can't ask on the terminal: %s", strerror(-r)) : run(&desk);
	keyboard_close(&desk.view.screen.keyboard);
	desk_view_deinit(&desk.view);
	events_close(&desk.events);
	desk_queue_deinit(&desk.queue);
	return status;
}
