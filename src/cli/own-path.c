/* SPDX-License-Identifier: ISC */

/* /proc/self/exe. */

#include "cli/own-path.h"

#include <errno.h>
#include <unistd.h>

int own_path(char ret[static PATH_MAX])
{
	ssize_t n = readlink("/proc/self/exe", ret, PATH_MAX);

	if (n < 0)
		return -errno;
	if (n == PATH_MAX)
		return -ENAMETOOLONG;
	ret[n] = '\0';
	return 0;
}
