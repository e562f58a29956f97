/* SPDX-License-Identifier: ISC */
#pragma once

/*
 * libsystemd, loaded when it is needed: only `serve` needs it, and linked in it would double the
 * time that `firma check` takes to start. sd_load(), then `sd.event_new(…)` where one would write
 * sd_event_new(…); the prototypes are those of the headers.
 */

#include <systemd/sd-daemon.h>
#include <systemd/sd-event.h>
#include <systemd/sd-journal.h>

#define SD_FUNCTIONS(X)               \
	X(event_add_io)               \
	X(event_add_signal)           \
	X(event_new)                  \
	X(event_run)                  \
	X(event_set_watchdog)         \
	X(event_source_disable_unref) \
	X(event_source_set_enabled)   \
	X(event_unref)                \
	X(journal_sendv)              \
	X(listen_fds_with_names)      \
	X(notify)

struct sd {
#define X(name) __typeof__(sd_##name) *name;
	SD_FUNCTIONS(X)
#undef X
};

/* Filled by sd_load(); all NULL before. */
extern struct sd sd;

/* Error: -ELIBACC, and *ret_why names what could not be loaded (static or dlerror()'s). */
int sd_load(const char **ret_why);
