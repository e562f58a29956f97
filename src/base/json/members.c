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

/* A small number for a key: few keys have the same. */
static unsigned int hash_of(const char *key)
{
	return (unsigned char)key[0] + (key[0] ? 5U * (unsigned char)key[1] : 0);
}

static int note_member(const struct scan_member *member, void *userdata)
{
	struct members *m = userdata;
	char *key = m->copy + member->key_offset + 1;
	unsigned int hash;
	int r;

	r = ARRAY_RESERVE(&m->list, m->n, &m->size);
	if (r < 0)
		return r;

	/* Unescaped, it is not longer than in the text. */
	memcpy(key, member->key, member->key_len);
	key[member->key_len] = '\0';
	hash = hash_of(key);
	m->hashes |= UINT64_C(1) << hash % 64;
	m->list[m->n++] = (struct member){ key, hash, member->value, member->value_len };
	return 0;
}

int members_read(struct members *m, const char *text, size_t len, struct scan_fault *ret_fault)
{
	char *room;
	int r;

	m->text = text;
	m->copy = malloc(len + 1);
	if (!m->copy)
		return -ENOMEM;

	memcpy(m->copy, text, len);
	bytes_init(&m->unescaped, len);
	r = memchr(text, '\\', len) ? bytes_reserve(&m->unescaped, len, &room) : 0;
	return r < 0 ? r : scan_object(text, len, note_member, m, ret_fault);
}

void members_deinit(struct members *m)
{
	bytes_deinit(&m->unescaped);
	free(m->copy);
	free(m->list);
}

const struct member *members_find_any(const struct members *m, const char *key)
{
	const unsigned int hash = hash_of(key);

	if (!(m->hashes >> hash % 64 & 1))
		return NULL;
	for (size_t i = 0; i < m->n; i++)
		if (m->list[i].hash == hash && strcmp(m->list[i].key, key) == 0)
			return &m->list[i];
	return NULL;
}

const struct member *members_find(const struct members *m, const char *key)
{
	const struct member *member = members_find_any(m, key);

	return member && member->text[0] != 'n' ? member : NULL;
}

const char *members_string(struct members *m, const struct member *member)
{
	const size_t start = m->unescaped.len;
	char *string = m->copy + (member->text - m->text) + 1;

	if (member->text[0] != '"')
		return NULL;
	if (!memchr(member->text, '\\', member->len)) {
		string[member->len - 2] = '\0'; /* in place of its quote */
		return string;
	}
	scan_string_value(member->text, member->len, &m->unescaped);
	return bytes_append_char(&m->unescaped, '\0') < 0 ? NULL : m->unescaped.data + start;
}
