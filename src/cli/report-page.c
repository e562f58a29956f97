/* SPDX-License-Identifier: ISC */

/*
 * The page of a report, as HTML with the plots inside it as SVG. Its Content-Security-Policy
 * forbids the browser to load or run anything.
 */

#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "base/array.h"
#include "base/clock.h"
#include "base/notation.h"
#include "base/text.h"
#include "cli/report-plot.h"
#include "cli/report.h"

static const char head[] =
	"<!DOCTYPE html>\n"
	"<html lang=\"en\">\n"
	"<head>\n"
	"<meta charset=\"utf-8\">\n"
	"<meta http-equiv=\"Content-Security-Policy\"\n"
	" content=\"default-src 'none'; style-src 'unsafe-inline'\">\n"
	"<meta name=\"viewport\" content=\"width=device-width\">\n"
	"<title>firma: evidence report</title>\n"
	"<style>\n"
	":root { color-scheme: light dark; --ink: #222; --paper: #fff; --line: #ddd;\n"
	"  --allow: #2f7d4f; --deny: #b23b3b; --wait: #c98a1b }\n"
	"@media (prefers-color-scheme: dark) {\n"
	"  :root { --ink: #ddd; --paper: #181818; --line: #444 } }\n"
	"body { font: 15px/1.45 system-ui, sans-serif; color: var(--ink);\n"
	"  background: var(--paper); max-width: 62rem; margin: 2rem auto; padding: 0 1rem }\n"
	"h1 { font-size: 1.5rem } h2 { font-size: 1.15rem; margin-top: 2.2rem }\n"
	"table { border-collapse: collapse; width: 100%; margin: 0.5rem 0 1.2rem }\n"
	"th, td { text-align: left; padding: 0.2rem 0.8rem 0.2rem 0; vertical-align: top;\n"
	"  border-bottom: 1px solid var(--line) }\n"
	"th.n, td.n { text-align: right; font-variant-numeric: tabular-nums; width: 6rem }\n"
	"td.name { font-family: ui-monospace, monospace; font-size: 0.87rem;\n"
	"  overflow-wrap: anywhere }\n"
	".good, .bad, .open { border-left: 0.4rem solid; padding: 0.5rem 0.8rem;\n"
	"  font-weight: 600 }\n"
	".good { border-color: var(--allow) } .bad { border-color: var(--deny) }\n"
	".open { border-color: var(--wait) }\n"
	"svg { width: 100%; height: auto } svg text { fill: var(--ink); font-size: 11px }\n"
	".a { fill: var(--allow) } .d { fill: var(--deny) } .p { fill: var(--wait) }\n"
	"footer { margin-top: 3rem; font-size: 0.85rem }\n"
	"</style>\n"
	"</head>\n"
	"<body>\n"
	"<h1>Evidence report</h1>\n";

/* --- text ------------------------------------------------------------------------------------- */

/* Appends a foreign text: hidden characters become visible, and markup is escaped. */
static void append_text(struct bytes *b, const char *text)
{
	cleanup(bytes_deinit) struct bytes shown = BYTES_PRINTED;

	if (text_append_escaped(&shown, text, strlen(text)) < 0) {
		bytes_undo(b, b->len, -ENOMEM);
		return;
	}
	for (const char *c = bytes_str(&shown); *c; c++) {
		switch (*c) {
		case '&':
			bytes_append_str(b, "&amp;");
			break;
		case '<':
			bytes_append_str(b, "&lt;");
			break;
		case '>':
			bytes_append_str(b, "&gt;");
			break;
		case '"':
			bytes_append_str(b, "&quot;");
			break;
		case '\'':
			bytes_append_str(b, "&#39;");
			break;
		default:
			bytes_append_char(b, *c);
		}
	}
}

static void append_time(struct bytes *b, uint64_t second)
{
	cleanup(bytes_deinit) struct bytes time = BYTES_PRINTED;

	notation_append_time(&time, second * CLOCK_SECOND);
	/* "2026-11-28T10:00:30.000Z" */
	if (time.len > 19)
		bytes_appendf(b, "%.10s %.8s UTC", bytes_str(&time), bytes_str(&time) + 11);
}

static void append_seconds(struct bytes *b, uint64_t seconds)
{
	notation_append_duration(b, seconds * CLOCK_SECOND);
}

/* --- tables ----------------------------------------------------------------------------------- */

/* Opens a table. All columns but the first are numbers. */
static void begin_table(struct bytes *b, const char *const *columns, size_t n)
{
	bytes_append_str(b, "<table>\n<tr>");
	for (size_t i = 0; i < n; i++)
		bytes_append_strs(b, i > 0 ? "<th class=\"n\">" : "<th>", columns[i], "</th>");
	bytes_append_str(b, "</tr>\n");
}

static void append_numbers(struct bytes *b, const uint64_t *numbers, size_t n)
{
	for (size_t i = 0; i < n; i++)
		bytes_appendf(b, "<td class=\"n\">%" PRIu64 "</td>", numbers[i]);
	bytes_append_str(b, "</tr>\n");
}

static void end_table(struct bytes *b)
{
	bytes_append_str(b, "</table>\n");
}

static void append_row(struct bytes *b, const struct tally_row *row)
{
	bytes_append_str(b, "<tr><td class=\"name\">");
	append_text(b, row->name);
	if (row->note) {
		bytes_append_str(b, "<br>");
		append_text(b, row->note);
	}
	bytes_append_str(b, "</td>");
	append_numbers(b, row->n, TALLY_COLUMNS);
}

/* Appends the sum of all names that are not shown. */
static void append_rest(struct bytes *b, const struct tally *t)
{
	uint64_t n[TALLY_COLUMNS];

	memcpy(n, t->others.n, sizeof(n));
	for (size_t i = REPORT_ROWS_MAX; i < t->n; i++)
		for (size_t c = 0; c < TALLY_COLUMNS; c++)
			n[c] += t->rows[i]->n[c];
	bytes_append_str(b, "<tr><td>all others</td>");
	append_numbers(b, n, TALLY_COLUMNS);
}

#define HEADINGS (1 + TALLY_COLUMNS)

static void append_tally(
	struct bytes *b, const char *const columns[static HEADINGS], const struct tally *t)
{
	if (t->n == 0) {
		bytes_append_str(b, "<p>None.</p>\n");
		return;
	}
	begin_table(b, columns, HEADINGS);
	for (size_t i = 0; i < t->n && i < REPORT_ROWS_MAX; i++)
		append_row(b, t->rows[i]);
	if (t->n > REPORT_ROWS_MAX || t->others.total > 0)
		append_rest(b, t);
	end_table(b);
}

/* --- sections --------------------------------------------------------------------------------- */

static void append_verdict(struct bytes *b, const struct report *r)
{
	const char *class = r->all_faults > 0           ? "bad"
		: r->signed_records > 0 && !r->has_keys ? "open"
							: "good";

	bytes_append_strs(b, "<p class=\"", class, "\">");
	report_append_verdict(r, b);
	bytes_append_str(b, "</p>\n");
	if (r->all_faults > 0 && r->figures.records > 0)
		bytes_append_str(b,
			"<p>The figures also count records with a fault, if they could be "
			"read.</p>\n");
}

static void append_period(struct bytes *b, const struct report *r)
{
	const struct report_figures *f = &r->figures;

	if (f->records == 0) {
		bytes_append_str(b, "<p>There are no records in this time.</p>\n");
		return;
	}
	bytes_append_str(b, "<p>From ");
	append_time(b, f->first);
	bytes_append_str(b, " to ");
	append_time(b, f->last);
	bytes_appendf(b, ": %" PRIu64 " record%s.</p>\n", f->records, text_plural(f->records));
}

static void append_totals(struct bytes *b, const struct report_figures *f)
{
	const struct {
		const char *name;
		uint64_t n;
	} rows[] = {
		{ "Requests that were allowed", f->decisions[REPORT_ALLOWED] },
		{ "Requests that were denied", f->decisions[REPORT_DENIED] },
		{ "Requests that had to wait for a person", f->decisions[REPORT_PENDING] },
		{ "Actions of operators", f->actions },
		{ "Reports of how an allowed command ended", f->ran },
	};

	bytes_append_str(b, "<table>\n");
	for (size_t i = 0; i < LENGTH(rows); i++) {
		bytes_append_strs(b, "<tr><td>", rows[i].name, "</td>");
		append_numbers(b, &rows[i].n, 1);
	}
	end_table(b);
}

static void append_waits(struct bytes *b, const struct report_waits *w)
{
	static const char *const columns[] = { "Decided within", "Approved", "Refused" };
	const uint64_t decided =
		report_waits_count(w, REPORT_APPROVED) + report_waits_count(w, REPORT_REFUSED);

	bytes_appendf(b,
		"<p>%" PRIu64 " question%s asked of a person; %" PRIu64 " decided, %" PRIu64
		" not. ",
		w->asked, w->asked == 1 ? " was" : "s were", decided, w->asked - decided);
	bytes_append_str(b, "The longest wait for a decision was ");
	append_seconds(b, w->longest);
	bytes_append_str(b, ".</p>\n");
	begin_table(b, columns, LENGTH(columns));
	for (size_t i = 0; i < REPORT_WAIT_BOUNDS; i++) {
		bytes_append_str(b, "<tr><td>");
		if (report_wait_bounds[i] == UINT64_MAX)
			bytes_append_str(b, "more");
		else
			append_seconds(b, report_wait_bounds[i]);
		bytes_append_str(b, "</td>");
		append_numbers(b, w->n[i], REPORT_WAIT_OUTCOMES);
	}
	end_table(b);
}

static void append_gaps(struct bytes *b, const struct report_figures *f)
{
	for (size_t i = 0; i < f->n_gaps; i++) {
		bytes_append_str(
			b, i == 0 ? "<p>The longest times without a record:</p>\n<ul>\n" : "");
		bytes_append_str(b, "<li>");
		append_seconds(b, f->gaps[i].to - f->gaps[i].from);
		bytes_append_str(b, ", from ");
		append_time(b, f->gaps[i].from);
		bytes_append_str(b, "</li>\n");
	}
	if (f->n_gaps > 0)
		bytes_append_str(b, "</ul>\n");
	else
		bytes_append_str(b, "<p>No hour passed without a record.</p>\n");
}

static void append_missing(struct bytes *b, const struct report_figures *f)
{
	const struct {
		uint64_t n;
		const char *what;
	} rows[] = {
		{ f->hashed, "of a request, only the length and the hash are kept" },
		{ f->recovered, "a record was added after a crash" },
		{ f->cut, "a torn end was cut off" },
		{ f->rotations, "the log was rotated" },
		{ f->unread, "a record could not be read, or has no time" },
	};

	append_gaps(b, f);
	bytes_append_str(b, "<table>\n");
	for (size_t i = 0; i < LENGTH(rows); i++) {
		bytes_append_strs(b, "<tr><td>", rows[i].what, "</td>");
		append_numbers(b, &rows[i].n, 1);
	}
	end_table(b);
}

/* Appends a list of `n` strings, each ended by NUL. */
static void append_list(struct bytes *b, const struct bytes *strings, size_t n)
{
	const char *at = bytes_str(strings);

	bytes_append_str(b, "<ul>\n");
	for (size_t i = 0; i < n; i++, at += strlen(at) + 1) {
		bytes_append_str(b, "<li>");
		append_text(b, at);
		bytes_append_str(b, "</li>\n");
	}
	bytes_append_str(b, "</ul>\n");
}

static void append_files(struct bytes *b, const struct report *r)
{
	bytes_append_str(b, "<h2>Files</h2>\n");
	append_list(b, &r->files, r->n_files);
	if (r->all_faults == 0)
		return;
	bytes_append_str(b, "<h2>Faults</h2>\n");
	append_list(b, &r->faults, r->n_faults);
	if (r->all_faults > r->n_faults)
		bytes_appendf(b, "<p>And %" PRIu64 " more.</p>\n", r->all_faults - r->n_faults);
}

static void append_names(struct bytes *b, const struct report_figures *f)
{
	const struct {
		const char *title, *columns[HEADINGS];
		const struct tally *tally;
	} sections[] = {
		{ "Users that asked", { "User", "Allowed", "Denied", "Waited" }, &f->users },
		{ "Agents that asked", { "Agent", "Allowed", "Denied", "Waited" }, &f->agents },
		{ "Kinds of requests", { "Kind", "Allowed", "Denied", "Waited" }, &f->kinds },
		{ "What was asked", { "Request", "Allowed", "Denied", "Waited" }, &f->asked },
		{ "Rules that decided", { "Rule", "Allowed", "Denied", "Waited" }, &f->rules },
		{ "Who decided", { "Operator", "Approved", "Refused", "For good" }, &f->approvers },
		{ "Allowed for good", { "Entry", "Used", "Added", "Removed" }, &f->entries },
	};

	for (size_t i = 0; i < LENGTH(sections); i++) {
		bytes_append_strs(b, "<h2>", sections[i].title, "</h2>\n");
		append_tally(b, sections[i].columns, sections[i].tally);
	}
}

int report_append_page(const struct report *r, struct bytes *b)
{
	const struct report_figures *f = &r->figures;

	bytes_append_str(b, head);
	append_verdict(b, r);
	append_period(b, r);
	append_totals(b, f);
	bytes_append_str(b, "<h2>Decisions over time</h2>\n");
	report_append_plot(&f->times, b);
	append_names(b, f);
	bytes_append_str(b, "<h2>How long questions waited</h2>\n");
	append_waits(b, &f->waits);
	bytes_append_str(b, "<h2>Where nothing was recorded</h2>\n");
	append_missing(b, f);
	append_files(b, r);
	bytes_append_str(b, "<footer>Made by firma " PACKAGE_VERSION ", ");
	append_time(b, r->made / CLOCK_SECOND);
	return bytes_append_str(b, ".</footer>\n</body>\n</html>\n");
}
