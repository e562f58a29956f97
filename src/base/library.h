/* SPDX-License-Identifier: ISC */
#pragma once

/*
 * Libraries that are loaded by the part that needs them: linked in, each would be bound whenever
 * the program starts, which `firma check` does for one question. Such a part has a struct of
 * pointers to functions and a table that says where in it each goes. What was loaded stays until
 * the process ends.
 */

#include <stddef.h>
#include <stdint.h>

struct library_function {
	const char *symbol;
	size_t offset; /* in the struct */
};

/*
 * Loads a library and fills the struct. Error: -ELIBACC, and *ret_why (static or dlerror()'s) says
 * what could not be loaded; of the struct nothing may be called then.
 */
int library_load(const char *soname, const struct library_function *functions, size_t n,
	void *ret_struct, const char **ret_why);

/*
 * Tells a package's tools of it, which the linker can't: ELF dlopen metadata as systemd.io has it.
 * All literals; `priority` is "required", "recommended" or "suggested".
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
