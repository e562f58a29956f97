/* SPDX-License-Identifier: ISC */

/* The parts that both forms of a report share, and the JSON form. */

#include "cli/report.h"

#include <errno.h>
#include <inttypes.h>

#include "base/array.h"
#include "base/clock.h"
#include "base/json/writer.h"
#include "base/notation.h"

int report_append_verdict(const struct report *r, struct bytes *b)
{
	if (r->all_faults > 0)
		return bytes_appendf(b, "The record does not hold: %" PRIu64 " fault%s found.",
			r->all_faults, r->all_faults == 1 ? " was" : "s were");
	if (r->signed_records == 0)
		return bytes_append_str(b, "The chain holds. The records are not signed.");
	if (!r->has_keys)
		return bytes_append_str(
			b, "The chain holds. The signatures were not checked: no key was given.");
	if (r->signed_records == 1)
		return bytes_append_str(b, "The chain holds, and so does its one signature.");
	return bytes_appendf(
		b, "The chain holds, and so do all %" PRIu64 " signatures.", r->signed_records);
}

static void write_time(struct writer *w, const char *key, uint64_t second)
{
	cleanup(bytes_deinit) struct bytes time = BYTES_PRINTED;

	if (notation_append_time(&time, second * CLOCK_SECOND) < 0)
		writer_fail(w, -ENOMEM);
	else
		writer_string(w, key, bytes_str(&time));
}

static void write_row(struct writer *w, const struct tally_row *row,
	const char *const columns[static TALLY_COLUMNS])
{
	writer_object(w, NULL);
	writer_string(w, "name", row->name);
	writer_string(w, "note", row->note);
	for (size_t i = 0; i < TALLY_COLUMNS; i++)
		writer_unsigned(w, columns[i], row->n[i]);
	writer_end(w);
}

static void write_tally(struct writer *w, const char *key, const struct tally *t,
	const char *const columns[static TALLY_COLUMNS])
{
	writer_array(w, key);
	for (size_t i = 0; i < t->n; i++)
		write_row(w, t->rows[i], columns);
	/* A row without a name: the sum of all names that have no row. */
	if (t->others.total > 0)
		write_row(w, &t->others, columns);
	writer_end(w);
}

static const char *const decisions[] = { "allow", "deny", "pending_hitl" };

static void write_tallies(struct writer *w, const struct report_figures *f)
{
	static const char *const by_operator[] = { "approved", "refused", "for_good" };
	static const char *const of_entry[] = { "used", "added", "removed" };

	write_tally(w, "users", &f->users, decisions);
	write_tally(w, "agents", &f->agents, decisions);
	write_tally(w, "kinds", &f->kinds, decisions);
	write_tally(w, "asked", &f->asked, decisions);
	write_tally(w, "rules", &f->rules, decisions);
	write_tally(w, "operators", &f->approvers, by_operator);
	write_tally(w, "entries", &f->entries, of_entry);
}

static void write_times(struct writer *w, const struct report_times *t)
{
	writer_array(w, "times");
	for (size_t i = 0; i < t->n; i++) {
		writer_object(w, NULL);
		write_time(w, "from", t->begin + i * t->width);
		for (size_t c = 0; c < REPORT_COLUMNS; c++)
			writer_unsigned(w, decisions[c], t->bins[i][c]);
		writer_end(w);
	}
	writer_end(w);
	writer_unsigned(w, "times_seconds", t->width);
}

static void write_waits(struct writer *w, const struct report_waits *waits)
{
	writer_object(w, "waits");
	writer_unsigned(w, "asked", waits->asked);
	writer_unsigned(w, "longest_seconds", waits->longest);
	writer_array(w, "decided");
	for (size_t i = 0; i < REPORT_WAIT_BOUNDS; i++) {
		writer_object(w, NULL);
		if (report_wait_bounds[i] == UINT64_MAX)
			writer_null(w, "within_seconds");
		else
			writer_unsigned(w, "within_seconds", report_wait_bounds[i]);
		writer_unsigned(w, "approved", waits->n[i][REPORT_APPROVED]);
		writer_unsigned(w, "refused", waits->n[i][REPORT_REFUSED]);
		writer_end(w);
	}
	writer_end(w);
	writer_end(w);
}

static void write_gaps(struct writer *w, const struct report_figures *f)
{
	writer_array(w, "gaps");
	for (size_t i = 0; i < f->n_gaps; i++) {
		writer_object(w, NULL);
		write_time(w, "from", f->gaps[i].from);
		write_time(w, "to", f->gaps[i].to);
		writer_end(w);
	}
	writer_end(w);
}

static void write_totals(struct writer *w, const struct report_figures *f)
{
	const struct {
		const char *key;
		uint64_t n;
	} rows[] = {
		{ "records", f->records },
		{ "allow", f->decisions[REPORT_ALLOWED] },
		{ "deny", f->decisions[REPORT_DENIED] },
		{ "pending_hitl", f->decisions[REPORT_PENDING] },
		{ "actions", f->actions },
		{ "reported_by_asker", f->ran },
		{ "rotated", f->rotations },
		{ "recovered", f->recovered },
		{ "cut", f->cut },
		{ "hashed", f->hashed },
		{ "unread", f->unread },
	};

	for (size_t i = 0; i < LENGTH(rows); i++)
		writer_unsigned(w, rows[i].key, rows[i].n);
	if (f->records > 0) {
		write_time(w, "first", f->first);
		write_time(w, "last", f->last);
	}
}

int report_append_json(const struct report *r, struct bytes *b)
{
	cleanup(bytes_deinit) struct bytes verdict = BYTES_PRINTED;
	struct writer w;

	report_append_verdict(r, &verdict);
	writer_init(&w, b);
	writer_object(&w, NULL);
	writer_string(&w, "verdict", bytes_str(&verdict));
	writer_unsigned(&w, "faults", r->all_faults);
	writer_unsigned(&w, "signed_records", r->signed_records);
	writer_bool(&w, "signatures_checked", r->has_keys);
	write_totals(&w, &r->figures);
	write_times(&w, &r->figures.times);
	write_waits(&w, &r->figures.waits);
	write_gaps(&w, &r->figures);
	write_tallies(&w, &r->figures);
	writer_strings(&w, "files", bytes_str(&r->files), r->n_files);
	writer_strings(&w, "errors", bytes_str(&r->faults), r->n_faults);
	writer_end(&w);
	return writer_finish(&w);
}
