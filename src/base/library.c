/* SPDX-License-Identifier: ISC */

/* dlopen(3) and dlsym(3). Holds no state of its own. */

#include "base/library.h"

#include <dlfcn.h>
#include <errno.h>
#include <string.h>

int library_load(const char *soname, const struct library_function *functions, size_t n,
	void *ret_struct, const char **ret_why)
{
	void *library, *function;

	library = dlopen(soname, RTLD_NOW | RTLD_LOCAL);
	if (!library) {
		*ret_why = dlerror();
		return -ELIBACC;
	}

	for (size_t i = 0; i < n; i++) {
		function = dlsym(library, functions[i].symbol);
		if (!function) {
			*ret_why = dlerror();
			return -ELIBACC;
		}
		/* The conversion that POSIX gives from void * to a function pointer. */
		memcpy((char *)ret_struct + functions[i].offset, &function, sizeof(function));
	}
	return 0;
}
