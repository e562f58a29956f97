/* SPDX-License-Identifier: ISC */

/* A list of approvals, as strings. */

#include "gate/approval/approvals.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/notation.h"

static const char *take(const char **at)
{
	const char *string = *at;

	*at += strlen(string) + 1;
	return string;
}

static bool read_one(const char **at, struct approval_entry *ret)
{
	uint64_t uid, wall;
	struct approval_entry a = { .by = take(at) };
	const char *uid_text = take(at), *wall_text = take(at);

	a.groups = take(at);
	a.armor = take(at);
	if (notation_parse_number(uid_text, 0, UINT32_MAX, &uid) < 0
		|| notation_parse_number(wall_text, 0, INT64_MAX, &wall) < 0 || a.by[0] == '\0')
		return false;

	a.uid = (uid_t)uid;
	a.at = wall;
	*ret = a;
	return true;
}

bool approvals_make_sense(const struct string_list *list)
{
	const char *at = list->text;
	struct approval_entry a;

	if (list->n % APPROVAL_STRINGS != 0)
		return false;
	for (size_t i = 0; i < list->n; i += APPROVAL_STRINGS)
		if (!read_one(&at, &a))
			return false;
	return true;
}

size_t approvals_count(const struct string_list *list)
{
	return list->n / APPROVAL_STRINGS;
}

bool approvals_next(const struct string_list *list, const char **at, struct approval_entry *ret)
{
	if (!*at)
		*at = list->text;
	return list->n > 0 && *at < list->text + list->len && read_one(at, ret);
}

int approvals_append(struct bytes *b, const struct approval_entry *a)
{
	char uid[16], wall[24];
	const char *const strings[APPROVAL_STRINGS] = { a->by, uid, wall, a->groups, a->armor };
	int r = 0;

	snprintf(uid, sizeof(uid), "%u", (unsigned int)a->uid);
	snprintf(wall, sizeof(wall), "%" PRIu64, a->at);
	for (size_t i = 0; r >= 0 && i < APPROVAL_STRINGS; i++)
		r = bytes_append(b, strings[i], strlen(strings[i]) + 1);
	return r;
}
