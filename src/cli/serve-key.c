/* SPDX-License-Identifier: ISC */

/*
 * Options name a key's file, never its value, since other users can see the command line, and other
 * processes the environment.
 */

#include "cli/serve-key.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

int serve_find_key(const struct serve_key_choice *choice, const char *credentials,
	struct evidence_key_option *ret, char **ret_path)
{
	const char *name = choice->shared ? choice->shared : choice->signing;

	ret->path = name;
	ret->kind = choice->shared ? EVIDENCE_KEY_SHARED : EVIDENCE_KEY_PRIVATE;
	if (!name || strchr(name, '/') || !credentials)
		return 0;

	if (asprintf(ret_path, "%s/%s", credentials, name) < 0) {
		*ret_path = NULL;
		return -ENOMEM;
	}
	ret->path = *ret_path;
	ret->is_credential = true;
	return 0;
}
