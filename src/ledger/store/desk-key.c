/* SPDX-License-Identifier: ISC */

#include "ledger/store/desk-key.h"

#include <string.h>

bool desk_name_is_valid(const char *name)
{
	static const char allowed[] =
		"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-";
	size_t len = strlen(name);

	return len > 0 && len <= DESK_NAME_MAX && strspn(name, allowed) == len;
}

int desk_append_key(struct bytes *b, const char *desk, const char *host, const char *what)
{
	return bytes_append_strs(b, "firma:{", desk, "}:", host, ":", what);
}
