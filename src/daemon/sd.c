/* SPDX-License-Identifier: ISC */

/* libsystemd through dlopen(3). It stays loaded until the process ends. */

#include "daemon/sd.h"

#include <dlfcn.h>
#include <errno.h>
#include <stddef.h>
#include <string.h>

#define SD_LIBRARY "libsystemd.so.0"

struct sd sd;

static const struct {
	const char *symbol;
	size_t offset;
} functions[] = {
#define X(name) { "sd_" #name, offsetof(struct sd, name) },
	SD_FUNCTIONS(X)
#undef X
};

int sd_load(const char **ret_why)
{
	void *library, *function;

	library = dlopen(SD_LIBRARY, RTLD_NOW | RTLD_LOCAL);
	if (!library) {
		*ret_why = dlerror();
		return -ELIBACC;
	}

	for (size_t i = 0; i < sizeof(functions) / sizeof(functions[0]); i++) {
		function = dlsym(library, functions[i].symbol);
		if (!function) {
			*ret_why = dlerror();
			return -ELIBACC;
		}
		/* The way that POSIX gives from void * to a function pointer. */
		memcpy((char *)&sd + functions[i].offset, &function, sizeof(function));
	}
	return 0;
}
