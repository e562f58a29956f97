/* SPDX-License-Identifier: ISC */

/* libsystemd through dlopen(3). It stays loaded until the process ends. */

#include "daemon/sd.h"

#include <dlfcn.h>
#include <errno.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#define SD_LIBRARY "libsystemd.so.0"

#define SD_METADATA                                                                         \
	"[{\"feature\":\"serve\",\"description\":\"The daemon\",\"priority\":\"required\"," \
	"\"soname\":[\"" SD_LIBRARY "\"]}]"

/* What the linker can't tell a package's tools: the ELF dlopen metadata of systemd.io. */
static const struct {
	uint32_t name_size, value_size, type;
	char name[4];
	char value[sizeof(SD_METADATA)];
} metadata __attribute__((used, aligned(4), section(".note.dlopen"))) = {
	.name_size = sizeof("FDO"),
	.value_size = sizeof(SD_METADATA),
	.type = 0x407c0c0a,
	.name = "FDO",
	.value = SD_METADATA,
};

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
