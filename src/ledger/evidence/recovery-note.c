/* SPDX-License-Identifier: ISC */

/* The store's line about evidence, written and read. */

#include "ledger/evidence/recovery-note.h"

#include <inttypes.h>
#include <string.h>

#include "base/json/scan.h"
#include "base/json/tree.h"

void recovery_note_deinit(struct recovery_note *note)
{
	bytes_deinit(&note->entries);
}

int recovery_note_add(struct recovery_note *note, uint64_t sequence, const uint8_t id[static 16])
{
	char name[NOTATION_UUID_LEN + 1];
	int r;

	notation_uuid(id, name);
	r = bytes_appendf(&note->entries, "%" PRIu64 " %s", sequence, name);
	if (r >= 0)
		r = bytes_append_char(&note->entries, '\0');
	if (r >= 0)
		note->n++;
	return r;
}

/* False where it is no entry. */
static bool parse_entry(const char *entry, uint64_t *ret_sequence, uint8_t ret_id[static 16])
{
	const char *blank = strchr(entry, ' ');

	return blank && blank > entry
		&& scan_integer_value(
			entry, (size_t)(blank - entry), JSON_INTEGER_MAX, ret_sequence)
		&& notation_parse_uuid(blank + 1, strlen(blank + 1), ret_id) == 0;
}

void recovery_note_next(const char **entry, uint64_t *ret_sequence, uint8_t ret_id[static 16])
{
	parse_entry(*entry, ret_sequence, ret_id);
	*entry += strlen(*entry) + 1;
}

int recovery_note_print(const struct recovery_note *note, struct bytes *b)
{
	const char *entry = bytes_str(&note->entries);
	int r;

	r = bytes_appendf(b, RECOVERY_NOTE_BEGIN "%" PRIu64 ",\"tokens\":[", note->first);
	for (size_t i = 0; r >= 0 && i < note->n; i++, entry += strlen(entry) + 1)
		r = bytes_appendf(b, "%s\"%s\"", i > 0 ? "," : "", entry);
	return r < 0 ? r : bytes_append_str(b, "]}");
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

int recovery_note_parse(const char *line, size_t len, struct recovery_note *ret)
{
	struct recovery_note_reader r = { .note = ret };
	struct scan_fault fault;
	int e;

	e = scan_object(line, len, read_member, &r, &fault);
	if (e < 0)
		return e;
	return e == 0 && r.has_first && r.has_entries && !r.refused && ret->first > 0
			&& are_entries(ret)
		? 0
		: RECOVERY_NOTE_MALFORMED;
}
