/* SPDX-License-Identifier: ISC */

/*
 * Each line is a token, a change (gate/token/token-print has the format), or the note, which is the
 * first line of a file that is rewritten.
 */

#include "ledger/store/tokens-file.h"

#include "base/file.h"
#include "gate/token/token-parse.h"
#include "gate/token/token-print.h"
#include "ledger/evidence/recovery-note.h"
#include "ledger/store/journal-line.h"

#define FORMAT "firma.tokens"

/* A new file is written in batches of this size. */
#define WHOLE_BATCH ((size_t)1 << 20)

/* Writes the collected lines as one batch of a file that is rewritten. */
static int flush_lines(int fd, struct bytes *lines, struct journal_mark *last, uint64_t *size)
{
	cleanup(bytes_deinit) struct bytes out = BYTES_PRINTED;
	int r;

	if (lines->len == 0)
		return 0;

	r = journal_print_batch(last->batch + 1, lines, &out);
	if (r >= 0)
		r = file_write(fd, out.data, out.len);
	if (r < 0)
		return r;

	journal_mark_of(last->batch + 1, bytes_str(&out), last);
	*size += out.len;
	bytes_clear(lines);
	return 0;
}

static int write_tokens(int fd, const struct token_table *table, const struct bytes *note,
	struct journal_mark *last, uint64_t *size)
{
	cleanup(bytes_deinit) struct bytes lines = BYTES_PRINTED;
	int r;

	r = note->len > 0 ? bytes_appendf(&lines, "%s\n", note->data) : 0;
	if (r < 0)
		return r;

	for (const struct token *t = NULL; (t = token_table_next(table, t));) {
		r = token_print_stored(t, &lines);
		if (r >= 0)
			r = bytes_append_char(&lines, '\n');
		if (r >= 0 && lines.len >= WHOLE_BATCH)
			r = flush_lines(fd, &lines, last, size);
		if (r < 0)
			return r;
	}
	return flush_lines(fd, &lines, last, size);
}

int tokens_file_write(int fd, const struct token_table *table, const struct bytes *note,
	struct journal_mark *last, uint64_t *ret_size)
{
	cleanup(bytes_deinit) struct bytes header = BYTES_PRINTED;
	uint64_t size;
	int r;

	r = journal_print_header(FORMAT, token_table_size(table) + (note->len > 0), &header);
	if (r >= 0)
		r = file_write(fd, header.data, header.len);
	if (r < 0)
		return r;

	size = header.len;
	r = write_tokens(fd, table, note, last, &size);
	if (r < 0)
		return r;

	*ret_size = size;
	return 0;
}

/* Whether the table of states allows this change of the token. */
static bool is_step(const struct token *t, const struct token_change *change)
{
	enum token_state from = t->state, to = change->to;

	if (change->expires > t->latest)
		return false;
	/*
	 * A pending token stays pending while it needs more approvals, and when it is joined or
	 * extended.
	 */
	if (from == TOKEN_PENDING && to == TOKEN_PENDING)
		return change->approvals.n > t->approvals.n || (change->joined && !t->joined)
			|| change->expires > t->expires;

	for (enum token_event e = 0; e < TOKEN_EVENTS; e++)
		if (token_step(from, e)->to == to)
			return true;
	return false;
}

static int refuse_line(struct bytes *why, const char *what)
{
	int r;

	r = bytes_append_str(why, what);
	return r < 0 ? r : JOURNAL_LINE_REFUSED;
}

static int load_change(struct token_table *table, struct token_change *change, struct bytes *why)
{
	const struct token *t = token_table_find(table, change->id);
	int r;

	if (!change->issued) {
		if (!t)
			return refuse_line(why, "changes a token that isn't there");
		if (!is_step(t, change))
			return refuse_line(why, "changes a token in a way that isn't possible");
		change->from = t->state;
	}

	r = token_table_apply(table, change);
	token_table_settle(table);
	return r == TOKEN_TABLE_STALE ? refuse_line(why, "issues a token that already exists") : r;
}

struct loading {
	struct token_table *table;
	struct bytes scratch;
	struct bytes *note;
};

static int load_note(struct loading *loading, const char *line, size_t len, struct bytes *why)
{
	cleanup(recovery_note_deinit) struct recovery_note note = RECOVERY_NOTE_INIT;
	int r;

	r = recovery_note_parse(line, len, &note);
	if (r == RECOVERY_NOTE_MALFORMED)
		return refuse_line(why, "is not a note about evidence");
	if (r < 0)
		return r;

	bytes_clear(loading->note);
	return bytes_append(loading->note, line, len);
}

static int load_line(const char *line, size_t len, struct bytes *why, void *userdata)
{
	struct loading *loading = userdata;
	struct token_change change = { 0 };
	const char *fault;
	int r;

	if (len > sizeof(RECOVERY_NOTE_BEGIN) - 1
		&& memcmp(line, RECOVERY_NOTE_BEGIN, sizeof(RECOVERY_NOTE_BEGIN) - 1) == 0)
		return load_note(loading, line, len, why);

	r = token_parse(line, len, &loading->scratch, &change, &fault);
	if (r == TOKEN_MALFORMED)
		return refuse_line(why, fault);
	if (r < 0)
		return r;

	change.size = len + 1;
	r = load_change(loading->table, &change, why);
	token_change_deinit(&change);
	return r;
}

int tokens_file_load(int fd, const struct journal_mark *known, struct token_table *table,
	struct bytes *note, struct journal_end *ret_end, struct bytes *why)
{
	struct loading loading = { table, BYTES_PRINTED, note };
	int r;

	r = journal_load(fd, FORMAT, known, load_line, &loading, ret_end, why);
	bytes_deinit(&loading.scratch);
	return r;
}
