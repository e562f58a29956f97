/* SPDX-License-Identifier: ISC */

/* The store's line about evidence, written and read. */

#include "ledger/evidence/recovery-note.h"

#include <inttypes.h>
#include <string.h>

#include "base/json/scan-value.h"
#include "base/json/tree.h"
#include "base/json/writer.h"

void recovery_note_deinit(struct recovery_note *note)
{
	bytes_deinit(&note->entries);
	bytes_deinit(&note->changes);
}

int recovery_note_add(struct recovery_note *note, uint64_t sequence, const uint8_t id[static 16])
{
	char name[NOTATION_UUID_LEN + 1];
	int r;

	notation_uuid(id, name);
	bytes_appendf(&note->entries, "%" PRIu64 " %s", sequence, name);
	r = bytes_append_char(&note->entries, '\0');
	if (r >= 0)
		note->n++;
	return r;
}

int recovery_note_add_change(struct recovery_note *note, uint64_t sequence, const char *change)
{
	int r;

	bytes_appendf(&note->changes, "%" PRIu64 " %s", sequence, change);
	r = bytes_append_char(&note->changes, '\0');
	if (r >= 0)
		note->n_changes++;
	return r;
}

/* The text after an entry's sequence; NULL: the entry is malformed. */
static const char *parse_sequence(const char *entry, uint64_t *ret)
{
	const char *blank = strchr(entry, ' ');

	if (!blank || !scan_integer_value(entry, (size_t)(blank - entry), JSON_INTEGER_MAX, ret))
		return NULL;
	return blank + 1;
}

/* False: the entry is malformed. */
static bool parse_entry(const char *entry, uint64_t *ret_sequence, uint8_t ret_id[static 16])
{
	const char *id = parse_sequence(entry, ret_sequence);

	return id && notation_parse_uuid(id, strlen(id), ret_id) == 0;
}

void recovery_note_next(const char **entry, uint64_t *ret_sequence, uint8_t ret_id[static 16])
{
	parse_entry(*entry, ret_sequence, ret_id);
	*entry += strlen(*entry) + 1;
}

const char *recovery_note_next_change(const char **entry, uint64_t *ret_sequence)
{
	const char *change = parse_sequence(*entry, ret_sequence);

	*entry += strlen(*entry) + 1;
	return change;
}

int recovery_note_print(const struct recovery_note *note, struct bytes *b)
{
	struct writer w;

	writer_init(&w, b);
	writer_object(&w, NULL);
	writer_unsigned(&w, "evidence", note->first);
	writer_strings(&w, "tokens", bytes_str(&note->entries), note->n);
	if (note->n_changes > 0)
		writer_strings(&w, "allowlist", bytes_str(&note->changes), note->n_changes);
	writer_end(&w);
	return writer_finish(&w);
}

struct recovery_note_reader {
	struct recovery_note *note;
	bool has_first, has_entries, refused;
};

static bool is(const struct scan_member *m, const char *key)
{
	return strlen(key) == m->key_len && memcmp(key, m->key, m->key_len) == 0;
}

static int read_member(const struct scan_member *m, void *userdata)
{
	struct recovery_note_reader *r = userdata;
	int e = 0;

	if (is(m, "evidence")) {
		r->has_first = scan_integer_value(
			m->value, m->value_len, JSON_INTEGER_MAX, &r->note->first);
	} else if (is(m, "tokens")) {
		e = scan_strings_value(m->value, m->value_len, &r->note->entries, &r->note->n);
		r->has_entries = e == 0;
	} else if (is(m, "allowlist")) {
		e = scan_strings_value(
			m->value, m->value_len, &r->note->changes, &r->note->n_changes);
		r->refused |= e != 0;
	} else {
		r->refused = true;
	}
	return e < 0 ? e : 0;
}

static bool are_entries(const struct recovery_note *note)
{
	const char *entry = bytes_str(&note->entries);
	uint64_t sequence;
	uint8_t id[16];

	for (size_t i = 0; i < note->n; i++, entry += strlen(entry) + 1)
		if (!parse_entry(entry, &sequence, id) || sequence < note->first)
			return false;
	return true;
}

static bool are_changes(const struct recovery_note *note)
{
	const char *entry = bytes_str(&note->changes), *change;
	struct scan_fault fault;
	uint64_t sequence;

	for (size_t i = 0; i < note->n_changes; i++) {
		change = recovery_note_next_change(&entry, &sequence);
		if (!change || sequence < note->first
			|| scan_object(change, strlen(change), NULL, NULL, &fault) != 0)
			return false;
	}
	return true;
}

int recovery_note_parse(const char *line, size_t len, struct recovery_note *ret)
{
	struct recovery_note_reader r = { .note = ret };
	struct scan_fault fault;
	int e;

	e = scan_object(line, len, read_member, &r, &fault);
	if (e < 0)
		return e;
	return e == 0 && r.has_first && r.has_entries && !r.refused && ret->first > 0
			&& are_entries(ret) && are_changes(ret)
		? 0
		: RECOVERY_NOTE_MALFORMED;
}
