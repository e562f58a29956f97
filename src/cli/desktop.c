/* SPDX-License-Identifier: ISC */

/*
 * The bus and the notification server. The server is known by its unique name, which
 * GetCapabilities answered from: all calls go to that name, and signals count only from it. When it
 * leaves the bus, its notices have gone with it, and are sent to the next one.
 */

#include "cli/desktop.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/retry.h"
#include "base/text.h"
#include "cli/desktop-notice.h"
#include "cli/desktop-text.h"
#include "cli/fold.h"
#include "cli/say.h"
#include "cli/session-bus.h"

#define NAME "org.freedesktop.Notifications"
#define PATH "/org/freedesktop/Notifications"

#define NAME_OWNER_RULE                                                             \
	"type='signal',sender='org.freedesktop.DBus',path='/org/freedesktop/DBus'," \
	"interface='org.freedesktop.DBus',member='NameOwnerChanged',arg0='" NAME "'"

/* A server that takes longer to answer is tried again. As long as D-Bus waits by default. */
#define ANSWER_TIME (25 * CLOCK_SECOND)

/* Messages that are taken before signals and the daemon's events get their turn. */
#define MESSAGES_MAX 64

struct desktop {
	sd_bus *bus;          /* NULL: none for now */
	sd_bus_slot *asked;   /* GetCapabilities, until it is answered */
	uint64_t asked_until; /* µs of the boot clock */
	sd_bus_slot *invoked, *closed;

	char *server; /* its unique name; NULL: none for now */
	struct desktop_notice_form form;

	struct retry retry;
	bool told_away; /* it was said that bus or server is away */
	bool more;      /* there may be messages that were not taken yet */

	struct desktop_list list;
	bool details;
	bool wants_look;
};

/* --- losing ----------------------------------------------------------------------------------- */

static sd_bus_slot *drop_slot(sd_bus_slot *slot)
{
	return slot ? sdbus.slot_unref(slot) : NULL;
}

static void lose_server(struct desktop *d)
{
	d->asked = drop_slot(d->asked);
	d->invoked = drop_slot(d->invoked);
	d->closed = drop_slot(d->closed);
	free(d->server);
	d->server = NULL;
	for (size_t i = 0; i < d->list.n; i++) {
		d->list.rows[i]->call = drop_slot(d->list.rows[i]->call);
		desktop_row_lost(d->list.rows[i]);
	}
	retry_begin(&d->retry);
}

static void lose_bus(struct desktop *d)
{
	lose_server(d);
	if (d->bus)
		d->bus = sdbus.close_unref(d->bus);
	d->more = false;
}

/* Says once that there are no notices for now. */
static void say_away(struct desktop *d, const char *why)
{
	cleanup(bytes_deinit) struct bytes text = BYTES_PRINTED;

	if (d->told_away || text_append_escaped(&text, why, strlen(why)) < 0)
		return;
	d->told_away = true;
	say_foreign("no notices on the desktop for now: %s", bytes_str(&text));
}

static void say_error(struct desktop *d, sd_bus_message *message)
{
	const sd_bus_error *error = sdbus.message_get_error(message);

	say_away(d, error->message ? error->message : error->name);
}

/* --- a notice --------------------------------------------------------------------------------- */

static int on_notified(sd_bus_message *message, void *userdata, sd_bus_error *error)
{
	struct desktop_row *row = userdata;
	struct desktop *d = row->desktop;
	uint32_t id = 0;

	(void)error;
	row->call = drop_slot(row->call);
	if (sdbus.message_get_error(message)) {
		say_error(d, message);
		lose_server(d);
	} else if (sdbus.message_read(message, "u", &id) < 0 || id == 0) {
		say_away(d, "the server's answer has no ID");
		lose_server(d);
	} else {
		desktop_row_shown(row, id);
		retry_end(&d->retry);
		d->told_away = false;
	}
	return 0;
}

static int send_notice(struct desktop *d, struct desktop_row *row, uint64_t now)
{
	sd_bus_message *message = NULL;
	int r;

	r = sdbus.message_new_method_call(d->bus, &message, d->server, PATH, NAME, "Notify");
	if (r < 0)
		return r;
	r = desktop_notice_append(row, &d->form, message);
	if (r >= 0)
		r = sdbus.call_async(d->bus, &row->call, message, on_notified, row, UINT64_MAX);
	sdbus.message_unref(message);
	if (r < 0)
		return r;

	row->until = now + ANSWER_TIME;
	desktop_row_sent(row);
	return 0;
}

/* Without a callback no answer is asked for. */
static int close_notice(struct desktop *d, struct desktop_row *row)
{
	const uint32_t id = row->id;

	desktop_row_closed(row);
	return sdbus.call_method_async(
		d->bus, NULL, d->server, PATH, NAME, "CloseNotification", NULL, NULL, "u", id);
}

static int update(struct desktop *d, struct desktop_row *row, uint64_t now)
{
	if (row->call || !row->changed)
		return 0;
	if (desktop_row_count(row) > 0)
		return send_notice(d, row, now);
	row->changed = row->loud = false;
	return row->id != 0 ? close_notice(d, row) : 0;
}

/* --- the server ------------------------------------------------------------------------------- */

static bool is_from_server(const struct desktop *d, sd_bus_message *message)
{
	const char *sender = sdbus.message_get_sender(message);

	return d->server && sender && strcmp(sender, d->server) == 0;
}

static int on_invoked(sd_bus_message *message, void *userdata, sd_bus_error *error)
{
	struct desktop *d = userdata;
	struct desktop_row *row;
	const char *action;
	uint32_t id;

	(void)error;
	if (!is_from_server(d, message) || sdbus.message_read(message, "us", &id, &action) < 0)
		return 0;
	row = desktop_list_find(&d->list, id);
	if (row && strcmp(action, DESKTOP_ACTION_REFUSE) == 0)
		desktop_row_refuse(row);
	if (row && d->form.look && strcmp(action, DESKTOP_ACTION_LOOK) == 0)
		d->wants_look = true;
	return 0;
}

static int on_closed(sd_bus_message *message, void *userdata, sd_bus_error *error)
{
	struct desktop *d = userdata;
	struct desktop_row *row;
	uint32_t id, reason;

	(void)error;
	if (!is_from_server(d, message) || sdbus.message_read(message, "uu", &id, &reason) < 0)
		return 0;
	row = desktop_list_find(&d->list, id);
	if (row)
		desktop_row_closed(row);
	return 0;
}

static int on_owner_changed(sd_bus_message *message, void *userdata, sd_bus_error *error)
{
	struct desktop *d = userdata;
	const char *name, *before, *after;

	(void)error;
	if (sdbus.message_read(message, "sss", &name, &before, &after) >= 0 && d->server
		&& strcmp(after, d->server) != 0)
		lose_server(d);
	return 0;
}

static void read_capabilities(struct desktop *d, sd_bus_message *message)
{
	char **list = NULL;

	d->form.actions = d->form.markup = false;
	if (sdbus.message_read_strv(message, &list) < 0)
		return;
	for (size_t i = 0; list && list[i]; i++) {
		d->form.actions |= strcmp(list[i], "actions") == 0;
		d->form.markup |= strcmp(list[i], "body-markup") == 0;
		free(list[i]);
	}
	free(list);
}

/* The matches are added before the first notice, so that no signal about it is missed. */
static int begin_with_server(struct desktop *d, sd_bus_message *message)
{
	const char *sender = sdbus.message_get_sender(message);
	int r;

	d->server = sender ? strdup(sender) : NULL;
	if (!d->server)
		return -ENOMEM;
	read_capabilities(d, message);
	r = sdbus.match_signal_async(
		d->bus, &d->invoked, d->server, PATH, NAME, "ActionInvoked", on_invoked, NULL, d);
	return r < 0 ? r
		     : sdbus.match_signal_async(d->bus, &d->closed, d->server, PATH, NAME,
			     "NotificationClosed", on_closed, NULL, d);
}

static int on_capabilities(sd_bus_message *message, void *userdata, sd_bus_error *error)
{
	struct desktop *d = userdata;
	int r;

	(void)error;
	d->asked = drop_slot(d->asked);
	if (sdbus.message_get_error(message)) {
		say_error(d, message);
		return 0;
	}
	r = begin_with_server(d, message);
	if (r < 0) {
		say_away(d, strerror(-r));
		lose_server(d);
	}
	return 0;
}

/* --- the bus ---------------------------------------------------------------------------------- */

static int open_bus(struct desktop *d)
{
	int r = sdbus.open_user(&d->bus);

	if (r >= 0)
		r = sdbus.add_match_async(d->bus, NULL, NAME_OWNER_RULE, on_owner_changed, NULL, d);
	if (r < 0)
		lose_bus(d);
	return r < 0 ? r : 0;
}

/* Finds the server, which the bus may have to start. */
static void try_again(struct desktop *d, uint64_t now)
{
	int r = d->bus ? 0 : open_bus(d);

	if (r >= 0)
		r = sdbus.call_method_async(d->bus, &d->asked, NAME, PATH, NAME, "GetCapabilities",
			on_capabilities, d, "");
	if (r < 0) {
		say_away(d, strerror(-r));
		lose_bus(d);
	}
	d->asked_until = now + ANSWER_TIME;
	retry_failed(&d->retry, now); /* until it succeeds */
}

static void receive(struct desktop *d)
{
	int r = 1;

	for (size_t n = 0; r > 0 && n < MESSAGES_MAX; n++)
		r = sdbus.process(d->bus, NULL);
	d->more = r > 0;
	if (r < 0) {
		say_away(d, strerror(-r));
		lose_bus(d);
	}
}

/* Whether an answer is overdue. */
static bool is_late(const struct desktop *d, uint64_t now)
{
	bool late = d->asked && d->asked_until <= now;

	for (size_t i = 0; i < d->list.n; i++)
		late |= d->list.rows[i]->call && d->list.rows[i]->until <= now;
	return late;
}

int desktop_step(struct desktop *d, uint64_t now)
{
	int r = 0;

	if (d->bus)
		receive(d);
	if (is_late(d, now)) {
		say_away(d, "no answer in time");
		lose_bus(d);
	}
	if (!d->server && !d->asked && retry_is_due(&d->retry, now))
		try_again(d, now);

	for (size_t i = 0; r >= 0 && d->server && i < d->list.n; i++)
		r = update(d, d->list.rows[i], now);
	if (r == -ENOMEM)
		return r;
	if (r < 0) {
		say_away(d, strerror(-r));
		lose_bus(d);
	}
	return 0;
}

/* --- for the caller --------------------------------------------------------------------------- */

int desktop_open(bool details, bool look, struct desktop **ret)
{
	const char *why;
	struct desktop *d;
	int r;

	if (session_bus_load(&why) < 0)
		return say_undecided("could not load a library for --desktop: %s", why);
	d = calloc(1, sizeof(*d));
	if (!d)
		return say_undecided("out of memory");

	d->details = details;
	d->form.look = look;
	desktop_list_init(&d->list);
	retry_begin(&d->retry);
	r = open_bus(d);
	if (r < 0) {
		desktop_close(d);
		return say_undecided("could not connect to the session's bus: %s",
			r == -ENOMEDIUM ? "neither DBUS_SESSION_BUS_ADDRESS nor XDG_RUNTIME_DIR is "
					  "set, as in a desktop session"
					: strerror(-r));
	}
	*ret = d;
	return STATUS_DONE;
}

void desktop_close(struct desktop *d)
{
	if (!d)
		return;
	for (size_t i = 0; d->server && i < d->list.n; i++)
		if (d->list.rows[i]->id != 0)
			close_notice(d, d->list.rows[i]);
	lose_bus(d);
	desktop_list_deinit(&d->list);
	free(d);
}

/* The command as one line; NULL without --details. */
static int print_command(const struct desktop *d, const struct event *event, char **ret)
{
	cleanup(bytes_deinit) struct bytes all = BYTES_PRINTED;
	cleanup(bytes_deinit) struct bytes cut = BYTES_PRINTED;

	*ret = NULL;
	if (!d->details)
		return 0;
	if (token_view_append_command(&event->token, &all) < 0
		|| fold_append_cut(&cut, bytes_str(&all), all.len, DESKTOP_COLUMNS_MAX) < 0)
		return -ENOMEM;
	*ret = bytes_steal(&cut);
	return *ret ? 0 : -ENOMEM;
}

/* A request that is signed or extended still waits. */
int desktop_take_event(struct desktop *d, const struct notice *notice, const struct event *event)
{
	struct desktop_row *row;
	char *command;

	if (strcmp(event->name, EVENT_SIGNED) == 0 || strcmp(event->name, EVENT_EXTENDED) == 0)
		return 0;
	if (strcmp(event->name, EVENT_ISSUED) != 0) {
		desktop_list_remove(&d->list, event->token.id);
		return 0;
	}

	row = desktop_list_row(&d->list, notice);
	if (!row || print_command(d, event, &command) < 0)
		return -ENOMEM;
	row->desktop = d;
	return desktop_list_add(&d->list, row, event->token.id, command);
}

int desktop_tell(struct desktop *d, const struct notice *notice)
{
	struct desktop_row *row = desktop_list_row(&d->list, notice);

	if (!row)
		return -ENOMEM;
	row->desktop = d;
	desktop_row_tell(row);
	return 0;
}

void desktop_fill(const struct desktop *d, struct pollfd *fd)
{
	*fd = (struct pollfd){ .fd = -1 };
	if (!d->bus)
		return;
	fd->fd = sdbus.get_fd(d->bus);
	fd->events = (short)sdbus.get_events(d->bus);
}

uint64_t desktop_due(const struct desktop *d)
{
	uint64_t due = CLOCK_NEVER;

	if (d->more)
		return 0;
	if (d->asked)
		due = d->asked_until;
	else if (!d->server)
		due = retry_due(&d->retry);
	for (size_t i = 0; i < d->list.n; i++)
		if (d->list.rows[i]->call && d->list.rows[i]->until < due)
			due = d->list.rows[i]->until;
	return due;
}

size_t desktop_take_refused(
	struct desktop *d, char ret[static DESKTOP_REFUSE_MAX][NOTATION_UUID_LEN + 1])
{
	return desktop_list_take_refused(&d->list, ret);
}

bool desktop_take_look(struct desktop *d)
{
	const bool look = d->wants_look;

	d->wants_look = false;
	return look;
}
