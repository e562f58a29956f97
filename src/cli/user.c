/* SPDX-License-Identifier: ISC */

/* Looks users up in the user database. */

#include "cli/user.h"

#include <pwd.h>
#include <stdbool.h>
#include <string.h>

#include "base/text.h"

/* The longest name that is shown. */
#define NAME_MAX_SHOWN 64

int user_append_name(struct bytes *b, uint64_t uid)
{
	/* A list names the same user again and again, and the database may be on another machine.
	 */
	static char name[NAME_MAX_SHOWN];
	static uint64_t of;
	static bool known;
	const struct passwd *user;

	if (!known || of != uid) {
		user = getpwuid((uid_t)uid);
		known = true;
		of = uid;
		name[0] = '\0';
		if (user && strlen(user->pw_name) < sizeof(name))
			memcpy(name, user->pw_name, strlen(user->pw_name) + 1);
	}
	return text_append_escaped(b, name, strlen(name));
}

int user_append(struct bytes *b, uint64_t uid)
{
	size_t start;

	bytes_appendf(b, "uid %llu (", (unsigned long long)uid);
	start = b->len;
	user_append_name(b, uid);
	if (bytes_error(b) < 0)
		return bytes_error(b);
	if (b->len > start)
		return bytes_append_char(b, ')');
	bytes_truncate(b, start - strlen(" ("));
	return 0;
}
