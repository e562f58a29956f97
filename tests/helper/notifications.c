/* SPDX-License-Identifier: ISC */

/*
 * `unit notifications [CAPABILITY...]`: a notification server of the desktop, on the session's bus.
 * Prints `ready`, and each call as a line of JSON. Each line of standard input is a signal that it
 * sends: `invoke ID ACTION`, or `close ID REASON`; or `forge ID ACTION`, the same as `invoke` from
 * a process that is not the server. `deny` makes it answer with an error from then on, `hang` not
 * at all. Ends when standard input does.
 */

#include "helper/unit.h"

#include <err.h>
#include <poll.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <systemd/sd-bus.h>
#include <unistd.h>

#include "base/array.h"
#include "base/bytes.h"
#include "base/json/writer.h"
#include "base/library.h"

#define NAME "org.freedesktop.Notifications"
#define PATH "/org/freedesktop/Notifications"

#define FUNCTIONS(X)                 \
	X(add_object)                \
	X(call_method)               \
	X(close_unref)               \
	X(emit_signal)               \
	X(get_events)                \
	X(get_fd)                    \
	X(message_append)            \
	X(message_append_strv)       \
	X(message_enter_container)   \
	X(message_exit_container)    \
	X(message_get_sender)        \
	X(message_is_method_call)    \
	X(message_new_method_return) \
	X(message_new_signal)        \
	X(message_peek_type)         \
	X(message_read)              \
	X(message_read_strv)         \
	X(message_set_destination)   \
	X(message_unref)             \
	X(open_user)                 \
	X(process)                   \
	X(reply_method_errorf)       \
	X(reply_method_return)       \
	X(request_name)              \
	X(send)

static struct {
#define X(name) __typeof__(sd_bus_##name) *name;
	FUNCTIONS(X)
#undef X
} sd;

static const struct library_function functions[] = {
#define X(name) { "sd_bus_" #name, (size_t)((char *)&sd.name - (char *)&sd) },
	FUNCTIONS(X)
#undef X
};

static struct {
	char **capabilities;
	bool denies, hangs;
	uint32_t last_id;
	char *client; /* the unique name of who sent a notice last */
} server;

static void print_line(struct bytes *line)
{
	puts(bytes_str(line));
	if (fflush(stdout) != 0)
		err(UNIT_FAILED, "standard output");
	bytes_deinit(line);
}

static void write_list(struct writer *w, sd_bus_message *m, const char *key)
{
	char **list = NULL;

	unit_must(sd.message_read_strv(m, &list));
	writer_array(w, key);
	for (size_t i = 0; list && list[i]; i++) {
		writer_string(w, NULL, list[i]);
		free(list[i]);
	}
	writer_end(w);
	free(list);
}

static void write_hints(struct writer *w, sd_bus_message *m)
{
	const char *key, *contents;
	uint8_t byte;
	int yes;
	char type;

	unit_must(sd.message_enter_container(m, 'a', "{sv}"));
	writer_object(w, "hints");
	while (sd.message_enter_container(m, 'e', "sv") > 0) {
		unit_must(sd.message_read(m, "s", &key));
		unit_must(sd.message_peek_type(m, &type, &contents));
		unit_must(sd.message_enter_container(m, 'v', contents));
		if (strcmp(contents, "y") == 0) {
			unit_must(sd.message_read(m, "y", &byte));
			writer_unsigned(w, key, byte);
		} else if (strcmp(contents, "b") == 0) {
			unit_must(sd.message_read(m, "b", &yes));
			writer_bool(w, key, yes);
		} else {
			errx(UNIT_FAILED, "a hint of type %s", contents);
		}
		unit_must(sd.message_exit_container(m));
		unit_must(sd.message_exit_container(m));
	}
	writer_end(w);
	unit_must(sd.message_exit_container(m));
}

static int notify(sd_bus_message *m)
{
	const char *app, *icon, *summary, *body;
	struct bytes line = BYTES_PRINTED;
	struct writer w;
	uint32_t replaces, id;
	int32_t expires;

	unit_must(sd.message_read(m, "susss", &app, &replaces, &icon, &summary, &body));
	id = replaces ? replaces : ++server.last_id;
	writer_init(&w, &line);
	writer_object(&w, NULL);
	writer_string(&w, "call", "Notify");
	writer_unsigned(&w, "id", id);
	writer_unsigned(&w, "replaces", replaces);
	writer_string(&w, "app", app);
	writer_string(&w, "icon", icon);
	writer_string(&w, "summary", summary);
	writer_string(&w, "body", body);
	write_list(&w, m, "actions");
	write_hints(&w, m);
	unit_must(sd.message_read(m, "i", &expires));
	writer_string(&w, "expires", expires == 0 ? "never" : "by itself");
	writer_end(&w);
	unit_must(writer_finish(&w));
	free(server.client);
	server.client = strdup(sd.message_get_sender(m));
	print_line(&line);
	return server.hangs ? 1 : sd.reply_method_return(m, "u", id);
}

static int close_notice(sd_bus_message *m)
{
	struct bytes line = BYTES_PRINTED;
	uint32_t id;

	unit_must(sd.message_read(m, "u", &id));
	bytes_appendf(&line, "{\"call\":\"CloseNotification\",\"id\":%u}", (unsigned int)id);
	print_line(&line);
	return sd.reply_method_return(m, "");
}

static int tell_capabilities(sd_bus_message *m)
{
	struct bytes line = BYTES_PRINTED;
	sd_bus_message *reply = NULL;

	bytes_append_str(&line, "{\"call\":\"GetCapabilities\"}");
	print_line(&line);
	unit_must(sd.message_new_method_return(m, &reply));
	unit_must(sd.message_append_strv(reply, server.capabilities));
	unit_must(sd.send(NULL, reply, NULL));
	sd.message_unref(reply);
	return 1;
}

static int on_call(sd_bus_message *m, void *userdata, sd_bus_error *error)
{
	(void)userdata;
	(void)error;
	if (server.denies)
		return sd.reply_method_errorf(m, NAME ".Error", "not today \033[1m");
	if (sd.message_is_method_call(m, NAME, "GetCapabilities") > 0)
		return tell_capabilities(m);
	if (sd.message_is_method_call(m, NAME, "Notify") > 0)
		return notify(m);
	if (sd.message_is_method_call(m, NAME, "CloseNotification") > 0)
		return close_notice(m);
	return 0;
}

/* From another process: sent to the client itself, for which no match is needed. */
static void forge(unsigned int id, const char *action)
{
	sd_bus *bus = NULL;
	sd_bus_message *m = NULL;

	unit_must(sd.open_user(&bus));
	unit_must(sd.message_new_signal(bus, &m, PATH, NAME, "ActionInvoked"));
	unit_must(sd.message_append(m, "us", id, action));
	unit_must(sd.message_set_destination(m, server.client));
	unit_must(sd.send(bus, m, NULL));
	/* Once the bus answers this, the signal has been passed on. */
	unit_must(sd.call_method(bus, "org.freedesktop.DBus", "/org/freedesktop/DBus",
		"org.freedesktop.DBus.Peer", "Ping", NULL, NULL, ""));
	sd.message_unref(m);
	sd.close_unref(bus);
}

static void obey(sd_bus *bus, const char *line)
{
	unsigned int id, reason;
	char action[64];

	if (sscanf(line, "invoke %u %63s", &id, action) == 2)
		unit_must(sd.emit_signal(bus, PATH, NAME, "ActionInvoked", "us", id, action));
	else if (sscanf(line, "close %u %u", &id, &reason) == 2)
		unit_must(sd.emit_signal(bus, PATH, NAME, "NotificationClosed", "uu", id, reason));
	else if (sscanf(line, "forge %u %63s", &id, action) == 2)
		forge(id, action);
	else if (strcmp(line, "deny\n") == 0)
		server.denies = true;
	else if (strcmp(line, "hang\n") == 0)
		server.hangs = true;
	else
		errx(UNIT_USAGE, "not known: %s", line);
	puts("done");
	fflush(stdout);
}

/* false: standard input or the bus has ended. */
static bool serve(sd_bus *bus)
{
	struct pollfd fds[] = {
		{ .fd = sd.get_fd(bus), .events = (short)sd.get_events(bus) },
		{ .fd = STDIN_FILENO, .events = POLLIN },
	};
	char line[256];
	int r;

	if (poll(fds, 2, -1) < 0)
		err(UNIT_FAILED, "poll");
	if (fds[1].revents) {
		if (!fgets(line, sizeof(line), stdin))
			return false;
		obey(bus, line);
	}
	while ((r = sd.process(bus, NULL)) > 0)
		;
	return r == 0;
}

int unit_notifications(int argc, char **argv)
{
	const char *why;
	sd_bus *bus = NULL;

	(void)argc;
	server.capabilities = argv + 1;
	setvbuf(stdin, NULL, _IONBF, 0);
	if (library_load("libsystemd.so.0", functions, LENGTH(functions), &sd, &why) < 0)
		errx(UNIT_FAILED, "%s", why);
	unit_guard(UNIT_PATIENCE);
	unit_must(sd.open_user(&bus));
	unit_must(sd.add_object(bus, NULL, PATH, on_call, NULL));
	unit_must(sd.request_name(bus, NAME, 0));
	unit_ready();
	while (sd.process(bus, NULL) > 0)
		;
	while (serve(bus))
		;
	sd.close_unref(bus);
	free(server.client);
	return UNIT_OK;
}
