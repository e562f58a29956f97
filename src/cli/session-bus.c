/* SPDX-License-Identifier: ISC */

/* The table of sd-bus's functions. */

#include "cli/session-bus.h"

#include "base/array.h"
#include "base/library.h"

LIBRARY_NOTE(note, "notify", "Notices on the desktop", "recommended", LIBRARY_SYSTEMD);

struct session_bus sdbus;

static const struct library_function functions[] = {
#define X(name) { "sd_bus_" #name, offsetof(struct session_bus, name) },
	SESSION_BUS_FUNCTIONS(X)
#undef X
};

int session_bus_load(const char **ret_why)
{
	return library_load(LIBRARY_SYSTEMD, functions, LENGTH(functions), &sdbus, ret_why);
}
