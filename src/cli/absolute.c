/* SPDX-License-Identifier: ISC */

/* Absolute paths. */

#include "cli/absolute.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"

char *absolute_path(const char *path)
{
	cleanup(free_p) char *here = NULL;
	char *absolute = NULL;

	if (path[0] == '/')
		return strdup(path);

	here = getcwd(NULL, 0);
	if (!here || here[0] != '/' || asprintf(&absolute, "%s/%s", here, path) < 0)
		return NULL;
	return absolute;
}
