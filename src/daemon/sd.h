/* SPDX-License-Identifier: ISC */
#pragma once

/*
 * libsystemd, loaded at run time: only `serve` needs it, and linking it would double the start time
 * of `firma check`. After sd_load(), call `sd.event_new(…)` instead of sd_event_new(…). The
 * prototypes are those of the headers.
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

/* Error: -ELIBACC; *ret_why then says what could not be loaded (a static string or dlerror()). */
int sd_load(const char **ret_why);
