/* SPDX-License-Identifier: ISC */

#include "gate/run-as.h"

#include <stdint.h>
#include <string.h>

#include "base/notation.h"

/* Accepts only the canonical spelling, so that values can be compared as text. */
static bool parse_id(const char *text, size_t len, uint64_t *ret)
{
	char digits[NOTATION_DECIMAL_MAX + 1];

	if (len == 0 || len > NOTATION_DECIMAL_MAX || (text[0] == '0' && len > 1))
		return false;
	memcpy(digits, text, len);
	digits[len] = '\0';
	return notation_parse_number(digits, 0, UINT32_MAX - 1, ret) == 0;
}

bool run_as_parse(const char *text, struct run_as *ret)
{
	const char *colon = strchr(text, ':');
	uint64_t uid, gid;

	if (!colon || !parse_id(text, (size_t)(colon - text), &uid)
		|| !parse_id(colon + 1, strlen(colon + 1), &gid))
		return false;

	*ret = (struct run_as){ .uid = (uid_t)uid, .gid = (gid_t)gid };
	return true;
}

bool run_as_fits(const struct run_as_list *list, const char *value)
{
	struct run_as is;

	if (!run_as_parse(value, &is))
		return false;
	for (size_t i = 0; i < list->n; i++)
		if (list->any[i].uid == is.uid
			&& (list->any[i].any_group || list->any[i].gid == is.gid))
			return true;
	return false;
}

void run_as_write(struct writer *w, const char *key, const struct run_as_list *list)
{
	char text[2 * NOTATION_DECIMAL_MAX + 2];
	size_t len;

	if (list->n == 0)
		return;
	writer_array(w, key);
	for (size_t i = 0; i < list->n; i++) {
		len = notation_decimal(list->any[i].uid, text);
		if (!list->any[i].any_group) {
			text[len++] = ':';
			notation_decimal(list->any[i].gid, text + len);
		}
		writer_string(w, NULL, text);
	}
	writer_end(w);
}
