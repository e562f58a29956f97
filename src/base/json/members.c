/* SPDX-License-Identifier: ISC */

/*
 * Notes where members stand. Keys and strings become C strings within a copy of the text, since
 * each has a quote after it. A string with an escape is unescaped when it is asked for.
 */

#include "base/json/members.h"
#include "base/array.h"
#include "base/json/scan-value.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* A cheap hash: few keys of an object share a chain. */
static unsigned int chain_of(const char *key)
{
	const unsigned int second = key[0] ? (unsigned char)key[1] : 0;

	return ((unsigned char)key[0] + 5 * second) % MEMBERS_CHAINS;
}

static int note_member(const struct scan_member *member, void *userdata)
{
	struct members *m = userdata;
	char *key = m->copy + member->key_offset + 1;
	uint32_t *chain;
	int r;

	r = ARRAY_RESERVE(&m->list, m->n, &m->size);
	if (r < 0)
		return r;

	/* Unescaped, it is not longer than in the text. */
	if (member->key != m->text + member->key_offset + 1)
		memcpy(key, member->key, member->key_len);
	key[member->key_len] = '\0';
	chain = &m->chains[chain_of(key)];
	m->list[m->n++] =
		(struct member){ key, member->value, member->value_len, *chain, member->escaped };
	*chain = (uint32_t)m->n;
	return 0;
}

int members_read(struct members *m, const char *text, size_t len, struct scan_fault *ret_fault)
{
	m->text = text;
	m->copy = malloc(len + 1);
	if (!m->copy)
		return -ENOMEM;

	memcpy(m->copy, text, len);
	bytes_init(&m->decoded, len);
	return scan_object(text, len, note_member, m, ret_fault);
}

void members_deinit(struct members *m)
{
	bytes_deinit(&m->decoded);
	free(m->copy);
	free(m->list);
}

const struct member *members_find_any(const struct members *m, const char *key)
{
	const struct member *member;

	for (uint32_t i = m->chains[chain_of(key)]; i > 0; i = member->next) {
		member = &m->list[i - 1];
		if (strcmp(member->key, key) == 0)
			return member;
	}
	return NULL;
}

const struct member *members_find(const struct members *m, const char *key)
{
	const struct member *member = members_find_any(m, key);

	return member && member->text[0] != 'n' ? member : NULL;
}

/* Allocated at the first use, large enough for all values. */
struct bytes *members_room(struct members *m)
{
	char *room;

	if (!m->decoded.data && bytes_reserve(&m->decoded, m->decoded.max, &room) < 0)
		return NULL;
	return &m->decoded;
}

const char *members_string(struct members *m, const struct member *member)
{
	char *string = m->copy + (member->text - m->text) + 1;
	struct bytes *room;
	size_t start;

	if (member->text[0] != '"')
		return NULL;
	if (!member->escaped) {
		string[member->len - 2] = '\0'; /* in place of its quote */
		return string;
	}
	room = members_room(m);
	if (!room)
		return NULL;

	start = room->len;
	scan_string_value(member->text, member->len, room);
	return bytes_append_char(room, '\0') < 0 ? NULL : room->data + start;
}

int members_strings(struct members *m, const struct member *member, const char **ret, size_t *ret_n,
	size_t *ret_len)
{
	struct bytes *room = members_room(m);
	size_t start;
	int r;

	if (!room)
		return -ENOMEM;

	start = room->len;
	r = scan_strings_value(member->text, member->len, room, ret_n);
	*ret = room->data + start;
	*ret_len = room->len - start;
	return r;
}
