/* SPDX-License-Identifier: ISC */

/* Prints a change, and compares one with a list. */

#include "gate/allowlist/allow-change.h"

#include <string.h>

#include "base/json/scan-value.h"
#include "base/json/tree.h"

int allow_change_print(const struct allow_change *change, uid_t by, struct bytes *b)
{
	struct writer w;

	writer_init(&w, b);
	writer_object(&w, NULL);
	writer_string(&w, "change", change->kind == ALLOW_ADD ? "add" : "remove");
	writer_unsigned(&w, "by", by);
	if (change->kind == ALLOW_ADD) {
		writer_string(&w, "agent", change->entry->agent);
		writer_raw(&w, "entry", change->entry->text, change->entry->len);
	} else {
		writer_string(&w, "id", change->id);
	}
	writer_end(&w);
	return writer_finish(&w);
}

struct change_text {
	struct bytes change, agent, id;
	const char *entry; /* within the text of the change */
	size_t entry_len;
};

static bool is(const struct scan_member *m, const char *key)
{
	return strlen(key) == m->key_len && memcmp(key, m->key, m->key_len) == 0;
}

/* A value of the wrong type counts as missing. */
static int read_member(const struct scan_member *m, void *userdata)
{
	struct change_text *c = userdata;
	int r = 0;

	if (is(m, "change"))
		r = scan_string_value(m->value, m->value_len, &c->change);
	else if (is(m, "agent"))
		r = scan_string_value(m->value, m->value_len, &c->agent);
	else if (is(m, "id"))
		r = scan_string_value(m->value, m->value_len, &c->id);
	else if (is(m, "entry") && m->value[0] == '{') {
		c->entry = m->value;
		c->entry_len = m->value_len;
	}
	return r < 0 ? r : 0;
}

/* An added entry may have replaced another one. Then it has the ID of the replaced entry. */
static int find_added(const struct change_text *c, const struct allowlist *list, bool *ret_happened)
{
	cleanup(bytes_deinit) struct bytes why = BYTES_PRINTED;
	cleanup(allow_entry_free_p) struct allow_entry *entry = NULL;
	const struct allow_entry *found;
	int r;

	if (!c->entry)
		return ALLOW_CHANGE_MALFORMED;

	r = allow_entry_read(bytes_str(&c->agent), c->entry, c->entry_len, &why, &entry);
	if (r != 0)
		return r < 0 ? r : ALLOW_CHANGE_MALFORMED;

	found = allowlist_find_same(list, entry);
	*ret_happened = found && allow_entry_covers(found, entry);
	return 0;
}

static int find(const struct change_text *c, const struct allowlist *list, bool *ret_happened)
{
	if (strcmp(bytes_str(&c->change), "add") == 0)
		return find_added(c, list, ret_happened);
	if (strcmp(bytes_str(&c->change), "remove") != 0 || c->id.len == 0)
		return ALLOW_CHANGE_MALFORMED;

	*ret_happened = !allowlist_find(list, bytes_str(&c->id));
	return 0;
}

int allow_change_find(
	const char *text, size_t len, const struct allowlist *list, bool *ret_happened)
{
	struct change_text c = {
		.change = BYTES_PRINTED,
		.agent = BYTES_PRINTED,
		.id = BYTES_PRINTED,
	};
	struct scan_fault fault;
	int r;

	r = scan_object(text, len, read_member, &c, &fault);
	if (r == 0)
		r = find(&c, list, ret_happened);
	bytes_deinit(&c.change);
	bytes_deinit(&c.agent);
	bytes_deinit(&c.id);
	return r < 0 || r == 0 ? r : ALLOW_CHANGE_MALFORMED;
}
