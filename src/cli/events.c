/* SPDX-License-Identifier: ISC */

/* The event stream, across reconnections. */

#include "cli/events.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/notation.h"
#include "base/text.h"
#include "cli/fold.h"
#include "cli/user.h"
#include "gate/wire/request.h"

#define RETRY_PAUSE_MS 100

/* A screen this wide has room for the names of users beside a command. */
#define COLUMNS_FOR_NAMES 100

/* A connection that lasts this long counts as successful. */
#define LASTED CLOCK_SECOND

/* A live token that was reported. */
struct told {
	char id[NOTATION_UUID_LEN + 1];
	TAILQ_ENTRY(told) order;
};

void event_deinit(struct event *e)
{
	token_view_deinit(&e->token);
	bytes_deinit(&e->line);
}

/* "uid 1000 (alice)"; on a screen without room for names, "uid 1000". */
static void append_uid(uint64_t uid, const struct console *console, struct bytes *b)
{
	if (console_is_there(console) && console->columns < COLUMNS_FOR_NAMES)
		bytes_appendf(b, "uid %llu", (unsigned long long)uid);
	else
		user_append(b, uid);
}

/* On a screen the time and ID are shortened, to leave room for the command. */
static int append_head(const struct event *e, const struct console *console, struct bytes *b)
{
	const bool brief = console_is_there(console);
	cleanup(bytes_deinit) struct bytes time = BYTES_INIT(64);
	int r;

	r = notation_append_time(&time, clock_now().wall);
	if (r < 0)
		return r;

	if (brief)
		bytes_appendf(b, "%.*sZ", NOTATION_DAYTIME_LEN, time.data + NOTATION_DAYTIME_AT);
	else
		bytes_append_str(b, bytes_str(&time));
	bytes_appendf(b, " %-9.9s%.*s ", token_state_word(e->name),
		brief ? TOKEN_PREFIX_MIN : NOTATION_UUID_LEN, e->token.id);
	append_uid(e->token.uid, console, b);
	if (e->by_operator) {
		bytes_append_str(b, " by ");
		append_uid(e->by_uid, console, b);
	}
	if (strcmp(e->name, token_state_name(TOKEN_APPROVED)) == 0)
		token_view_append_always(&e->token, " always", b);
	if (strcmp(e->name, EVENT_SIGNED) == 0) {
		bytes_append_char(b, ' ');
		token_view_append_progress(&e->token, b);
	}
	if (e->token.reason) {
		bytes_append_char(b, ' ');
		text_append_quoted(b, e->token.reason, strlen(e->token.reason));
	}
	return bytes_append_str(b, ": ");
}

int event_append_line(const struct event *e, const struct console *console, struct bytes *b)
{
	cleanup(bytes_deinit) struct bytes line = BYTES_PRINTED;
	int r;

	r = append_head(e, console, &line);
	if (r >= 0)
		r = token_view_append_command(&e->token, &line);
	if (r >= 0)
		r = console_is_there(console)
			? fold_append_cut(b, bytes_str(&line), line.len, console->columns)
			: bytes_append(b, bytes_str(&line), line.len);
	return r < 0 ? r : bytes_append_char(b, '\n');
}

/* One attempt. On failure `client.why` says why; the client must still be closed. */
static int connect_once(struct events *e)
{
	cleanup(bytes_deinit) struct bytes request = BYTES_PRINTED;
	int r;

	r = operator_print_request(ACTION_WATCH, &(struct operation){ 0 }, &request);
	if (r < 0)
		return r;

	e->heard = false;
	e->connected = clock_now().boot;
	r = client_open_unless(&e->client, CLIENT_OPERATOR, e->op->socket, e->op->timeout, e->stop);
	return r < 0 ? r : client_send(&e->client, &request);
}

int events_open(struct events *e, const struct operator_options *op, int stop)
{
	int r;

	*e = (struct events){ .op = op, .stop = stop, .lost = CLOCK_NEVER };
	map_init(&e->told, NOTATION_UUID_LEN);
	TAILQ_INIT(&e->all);
	r = connect_once(e);
	if (r >= 0)
		return STATUS_DONE;

	if (r != -ECANCELED)
		say_undecided("%s", bytes_str(&e->client.why));
	events_close(e);
	return r == -ECANCELED ? EVENTS_STOPPED : STATUS_UNDECIDED;
}

/*
 * Connects again, since a daemon that restarts is back soon. A daemon that accepts connections only
 * to close them counts as absent. `told`: the last reply of the previous connection, or NULL.
 */
static int connect_again(struct events *e, const struct reply *told)
{
	struct pollfd stop = { .fd = e->stop, .events = POLLIN };
	uint64_t now = clock_now().boot;
	int r;

	if (e->lost == CLOCK_NEVER || e->heard || now - e->connected >= LASTED)
		e->lost = now;
	while (clock_now().boot - e->lost < e->op->timeout) {
		if (poll(&stop, 1, RETRY_PAUSE_MS) > 0)
			return EVENTS_STOPPED;
		client_close(&e->client);
		r = connect_once(e);
		if (r >= 0)
			return STATUS_DONE;
		if (r == -ECANCELED)
			return EVENTS_STOPPED;
	}
	if (e->client.why.len == 0 && told)
		return operator_conclude(told, NULL);
	return say_undecided(
		"%s", e->client.why.len > 0 ? bytes_str(&e->client.why) : "the connection ended");
}

static void forget(struct events *e, struct told *told)
{
	map_remove(&e->told, told->id);
	TAILQ_REMOVE(&e->all, told, order);
	free(told);
}

void events_close(struct events *e)
{
	client_close(&e->client);
	while (!TAILQ_EMPTY(&e->all))
		forget(e, TAILQ_FIRST(&e->all));
	map_deinit(&e->told);
}

/*
 * Records whether the token is live. Returns false if an already reported token is issued again, as
 * after a reconnection.
 */
static bool note(struct events *e, const char *name, const struct token_view *token)
{
	struct told *told = map_get(&e->told, token->id);

	if (told && token_view_is_live(token))
		return strcmp(name, EVENT_ISSUED) != 0;
	if (told)
		forget(e, told);
	if (!token_view_is_live(token))
		return true;

	told = calloc(1, sizeof(*told));
	if (!told)
		return true;
	memcpy(told->id, token->id, sizeof(told->id));
	if (map_put(&e->told, told->id, told) < 0)
		free(told);
	else
		TAILQ_INSERT_TAIL(&e->all, told, order);
	return true;
}

/* NULL for an event that only other versions know. */
static const char *known_name(const char *name)
{
	enum token_state state = name ? token_state_parse(name) : TOKEN_ABSENT;

	if (name && strcmp(name, EVENT_ISSUED) == 0)
		return EVENT_ISSUED;
	if (name && strcmp(name, EVENT_SIGNED) == 0)
		return EVENT_SIGNED;
	return state == TOKEN_ABSENT ? NULL : token_state_name(state);
}

static int read_event(const struct bytes *line, struct event *ret)
{
	struct event event = { .line = BYTES_PRINTED };
	int status;

	status = token_view_read(line, &event.token);
	if (status != STATUS_DONE)
		return status;

	event.name = known_name(json_get_string(json_root(event.token.doc), "event"));
	event.not_always = json_get_string(json_root(event.token.doc), "not_always");
	event.by_operator =
		json_get_integer(json_root(event.token.doc), "by_uid", UINT32_MAX, &event.by_uid);
	if (bytes_append(&event.line, line->data, line->len) < 0) {
		event_deinit(&event);
		return say_undecided("out of memory");
	}
	*ret = event;
	return STATUS_DONE;
}

/*
 * The last line of a connection. A decision means that the daemon did not read the request: it
 * stopped, or a limit was reached.
 */
static int conclude(struct events *e, const struct reply *reply)
{
	if (reply->stopping || reply->decision != DECISION_NONE)
		return connect_again(e, reply);
	return operator_conclude(reply, NULL);
}

int events_next(struct events *e, struct event *ret)
{
	cleanup(bytes_deinit) struct bytes line = BYTES_PRINTED;
	struct parsed_reply reply;
	int r, status;

	for (;;) {
		r = client_take_line(&e->client, &line);
		if (r == CLIENT_LATER)
			return EVENTS_LATER;
		if (r != CLIENT_LINE) {
			status = connect_again(e, NULL);
		} else if ((r = reply_parse(bytes_str(&line), line.len, &reply)) == 0) {
			status = conclude(e, &reply.reply);
			parsed_reply_deinit(&reply);
		} else {
			status = r < 0 ? say_undecided("out of memory") : read_event(&line, ret);
			e->heard |= status == STATUS_DONE;
			if (status == STATUS_DONE && ret->name && note(e, ret->name, &ret->token))
				return STATUS_DONE;
			if (status == STATUS_DONE)
				event_deinit(ret);
		}
		if (status != STATUS_DONE)
			return status;
	}
}
