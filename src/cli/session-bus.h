/* SPDX-License-Identifier: ISC */
#pragma once

/*
 * sd-bus of libsystemd, loaded at run time: only notices on the desktop need D-Bus. After
 * session_bus_load(), call `sdbus.process(…)` instead of sd_bus_process(…). The prototypes are
 * those of the header.
 */

#include <systemd/sd-bus.h>

#define SESSION_BUS_FUNCTIONS(X)   \
	X(add_match_async)         \
	X(call_async)              \
	X(call_method_async)       \
	X(close_unref)             \
	X(get_events)              \
	X(get_fd)                  \
	X(match_signal_async)      \
	X(message_append)          \
	X(message_append_strv)     \
	X(message_get_error)       \
	X(message_get_sender)      \
	X(message_new_method_call) \
	X(message_read)            \
	X(message_read_strv)       \
	X(message_unref)           \
	X(open_user)               \
	X(process)                 \
	X(slot_unref)

struct session_bus {
#define X(name) __typeof__(sd_bus_##name) *name;
	SESSION_BUS_FUNCTIONS(X)
#undef X
};

/* Filled by session_bus_load(); all NULL before. */
extern struct session_bus sdbus;

/* Error: -ELIBACC; *ret_why then says what could not be loaded (a static string or dlerror()). */
int session_bus_load(const char **ret_why);
