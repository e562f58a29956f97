/* SPDX-License-Identifier: ISC */
#pragma once

/*
 * Scope-bound ownership: a local declared with `cleanup(f)` is handed to `f` (by address) on every
 * way out of its block. `steal_ptr` and `steal_fd` pass the ownership on and disarm the local.
 */

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define cleanup(function) __attribute__((cleanup(function)))

/* Defines `name_p(T **)` that calls `function(T *)`, for `cleanup(name_p)`; function takes NULL. */
#define DEFINE_CLEANUP(type, function)           \
	static inline void function##_p(type *p) \
	{                                        \
		function(*p);                    \
	}

static inline void free_p(void *p)
{
	free(*(void **)p);
}

static inline void close_p(int *fd)
{
	if (*fd >= 0)
		close(*fd);
}

static inline void closedir_p(DIR **dir)
{
	if (*dir)
		closedir(*dir);
}

#define steal_ptr(p)                                  \
	__extension__({                               \
		__typeof__(p) *steal_from_ = &(p);    \
		__typeof__(p) stolen_ = *steal_from_; \
		*steal_from_ = NULL;                  \
		stolen_;                              \
	})

static inline int steal_fd(int *fd)
{
	int stolen = *fd;

	*fd = -1;
	return stolen;
}
