/* SPDX-License-Identifier: ISC */
#pragma once

/*
 * Libraries that are loaded only by the part that needs them. A linked library would be loaded
 * whenever the program starts, even for a single `firma check`. Each such part has a struct of
 * function pointers, and a table with the offset of each. A library stays loaded until the process
 * ends.
 */

#include <stddef.h>
#include <stdint.h>

/* Of libsystemd. */
#define LIBRARY_SYSTEMD "libsystemd.so.0"

struct library_function {
	const char *symbol;
	size_t offset; /* in the struct */
};

/*
 * Loads a library and fills the struct. Error: -ELIBACC; *ret_why (static, or dlerror()'s) says
 * what could not be loaded, and no function of the struct may be called.
 */
int library_load(const char *soname, const struct library_function *functions, size_t n,
	void *ret_struct, const char **ret_why);

/*
 * Records the library as ELF dlopen metadata (systemd.io), so that packaging tools find it. All
 * arguments are literals; `priority` is "required", "recommended" or "suggested".
 */
#define LIBRARY_NOTE(name, feature, description, priority, soname)             \
	LIBRARY_NOTE_OF(name,                                                  \
		"[{\"feature\":\"" feature "\",\"description\":\"" description \
		"\",\"priority\":\"" priority "\",\"soname\":[\"" soname "\"]}]")

#define LIBRARY_NOTE_OF(name_, json)                                           \
	static const struct {                                                  \
		uint32_t name_size, value_size, type;                          \
		char name[4];                                                  \
		char value[sizeof(json)];                                      \
	} name_ __attribute__((used, aligned(4), section(".note.dlopen"))) = { \
		.name_size = sizeof("FDO"),                                    \
		.value_size = sizeof(json),                                    \
		.type = 0x407c0c0a,                                            \
		.name = "FDO",                                                 \
		.value = json,                                                 \
	}
