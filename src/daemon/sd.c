/* SPDX-License-Identifier: ISC */

/* The table of libsystemd's functions. */

#include "daemon/sd.h"

#include "base/array.h"
#include "base/library.h"

LIBRARY_NOTE(note, "serve", "The daemon", "required", LIBRARY_SYSTEMD);

struct sd sd;

static const struct library_function functions[] = {
#define X(name) { "sd_" #name, offsetof(struct sd, name) },
	SD_FUNCTIONS(X)
#undef X
};

int sd_load(const char **ret_why)
{
	return library_load(LIBRARY_SYSTEMD, functions, LENGTH(functions), &sd, ret_why);
}
