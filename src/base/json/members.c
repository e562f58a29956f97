/* SPDX-License-Identifier: ISC */

/* Notes where members stand; their strings are decoded when they are asked for. */

#include "base/json/members.h"
#include "base/json/scan-value.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* Ends the string that was appended last; the buffer has room. */
static const char *end_string(struct bytes *strings, size_t start)
{
	return bytes_append_char(strings, '\0') < 0 ? NULL : strings->data + start;
}

static int make_room(struct members *m)
{
	const size_t size = m->size ? 2 * m->size : 32;
	struct member *list;

	if (m->n < m->size)
		return 0;

	list = reallocarray(m->list, size, sizeof(*list));
	if (!list)
		return -ENOMEM;

	m->list = list;
	m->size = size;
	return 0;
}

static int note_member(const struct scan_member *member, void *userdata)
{
	struct members *m = userdata;
	const size_t start = m->strings.len;
	const char *key;
	int r;

	r = make_room(m);
	if (r < 0)
		return r;

	bytes_append(&m->strings, member->key, member->key_len);
	key = end_string(&m->strings, start);
	if (!key)
		return bytes_error(&m->strings);

	m->list[m->n++] = (struct member){ key, member->value, member->value_len };
	return 0;
}

int members_read(struct members *m, const char *text, size_t len, struct scan_fault *ret_fault)
{
	char *room;
	int r;

	bytes_init(&m->strings, len);
	r = bytes_reserve(&m->strings, len, &room);
	return r < 0 ? r : scan_object(text, len, note_member, m, ret_fault);
}

void members_deinit(struct members *m)
{
	bytes_deinit(&m->strings);
	free(m->list);
}

const struct member *members_find(const struct members *m, const char *key)
{
	for (size_t i = 0; i < m->n; i++) {
		const struct member *member = &m->list[i];

		if (member->key[0] == key[0] && strcmp(member->key, key) == 0)
			return member->text[0] == 'n' ? NULL : member;
	}
	return NULL;
}

const char *members_string(struct members *m, const struct member *member)
{
	const size_t start = m->strings.len;

	if (scan_string_value(member->text, member->len, &m->strings) != 0)
		return NULL;
	return end_string(&m->strings, start);
}
