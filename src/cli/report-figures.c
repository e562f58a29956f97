/* SPDX-License-Identifier: ISC */

#include "cli/report-figures.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/cleanup.h"
#include "base/json/scan-value.h"
#include "base/text.h"
#include "cli/evidence-record.h"
#include "gate/approval/sshsig.h"

/* All tallies, for loops. */
#define TALLIES(f)                                                                                 \
	{                                                                                          \
		&(f)->kinds, &(f)->users, &(f)->agents, &(f)->rules, &(f)->asked, &(f)->approvers, \
			&(f)->entries                                                              \
	}

int report_figures_init(struct report_figures *f)
{
	struct tally *const tallies[] = TALLIES(f);

	*f = (struct report_figures){ .until = UINT64_MAX };
	for (size_t i = 0; i < LENGTH(tallies); i++)
		tally_init(tallies[i]);
	return report_waits_init(&f->waits);
}

void report_figures_end(struct report_figures *f)
{
	struct tally *const tallies[] = TALLIES(f);

	for (size_t i = 0; i < LENGTH(tallies); i++)
		tally_sort(tallies[i]);
}

void report_figures_deinit(struct report_figures *f)
{
	struct tally *const tallies[] = TALLIES(f);

	for (size_t i = 0; i < LENGTH(tallies); i++)
		tally_deinit(tallies[i]);
	report_waits_deinit(&f->waits);
}

/* --- names ------------------------------------------------------------------------------------ */

static int append_argument(const char *text, size_t len, void *userdata)
{
	cleanup(bytes_deinit) struct bytes argument = BYTES_PRINTED;
	struct bytes *name = userdata;
	int r;

	r = scan_string_value(text, len, &argument);
	if (r < 0)
		return r;
	bytes_append_char(name, ' ');
	/* The tally keeps only the beginning of a name. */
	if (name->len > TALLY_TEXT_MAX)
		return bytes_error(name);
	return text_append_quoted(name, bytes_str(&argument), argument.len);
}

/* "exec /usr/bin/git push", or "read /etc/passwd". */
static int append_asked(
	const struct report_figures *f, const struct evidence_record *r, struct bytes *name)
{
	bytes_append_str(name, kind_name(r->kind));
	if (r->executable) {
		bytes_append_char(name, ' ');
		text_append_quoted(name, r->executable, strlen(r->executable));
	}
	if (f->no_arguments)
		return bytes_error(name);

	if (r->target) {
		bytes_append_char(name, ' ');
		text_append_quoted(name, r->target, strlen(r->target));
	}
	if (r->args)
		scan_array_value(r->args->text, r->args->len, append_argument, name);
	return bytes_error(name);
}

/* --- decisions -------------------------------------------------------------------------------- */

static int add_user(struct report_figures *f, const struct evidence_record *r, size_t column)
{
	char name[32] = "unknown";

	if (r->has_uid)
		snprintf(name, sizeof(name), "uid %" PRIu64, r->uid);
	return tally_add(&f->users, name, column);
}

static int add_asked(struct report_figures *f, const struct evidence_record *r, size_t column)
{
	cleanup(bytes_deinit) struct bytes name = BYTES_PRINTED;
	int e;

	if (r->kind == KINDS)
		return 0;
	e = append_asked(f, r, &name);
	if (e >= 0)
		e = tally_add(&f->asked, bytes_str(&name), column);
	return e < 0 ? e : tally_add(&f->kinds, kind_name(r->kind), column);
}

/* The entry's ID is only in the reason: "allowed by the allowlist (entry ID)". */
static int add_use(struct report_figures *f, const char *reason)
{
	const char *at = reason ? strstr(reason, "(entry ") : NULL;
	cleanup(free_p) char *id = NULL;

	if (!at)
		return 0;
	at += strlen("(entry ");
	id = strndup(at, strcspn(at, ")"));
	return id ? tally_add(&f->entries, id, REPORT_USES) : -ENOMEM;
}

static int add_decision(struct report_figures *f, const struct evidence_record *r)
{
	static const enum report_column columns[] = {
		[DECISION_ALLOW] = REPORT_ALLOWED,
		[DECISION_DENY] = REPORT_DENIED,
		[DECISION_PENDING] = REPORT_PENDING,
	};
	const size_t column = columns[r->decision];
	int e;

	f->decisions[column]++;
	report_times_add(&f->times, r->second, column);
	e = add_user(f, r, column);
	if (e >= 0)
		e = tally_add(&f->agents, r->agent && r->agent[0] ? r->agent : "none", column);
	if (e >= 0 && r->rule)
		e = tally_add(&f->rules, r->rule, column);
	if (e >= 0)
		e = add_asked(f, r, column);
	if (e >= 0 && column == REPORT_PENDING && r->token)
		e = report_waits_begin(&f->waits, r->token, r->second);
	if (e >= 0 && column == REPORT_ALLOWED && r->rule && strcmp(r->rule, "allowlist") == 0)
		e = add_use(f, r->reason);
	return e;
}

/* --- operators' actions ----------------------------------------------------------------------- */

struct approver {
	struct report_figures *f;
	size_t column;
	bool always;
};

static int add_approver(const struct approver *a, const char *name)
{
	struct tally_row *row = tally_find(&a->f->approvers, name);

	if (!row)
		return -ENOMEM;
	row->total++;
	row->n[a->column]++;
	row->n[REPORT_FOR_GOOD] += a->always;
	return 0;
}

/* Appends the fingerprint of the signing key. */
static int append_key(struct bytes *name, const char *armor)
{
	struct sshsig s;

	if (sshsig_parse(armor, strlen(armor), SSHSIG_APPROVAL, &s) != SSHSIG_FINE
		&& sshsig_parse(armor, strlen(armor), SSHSIG_ALLOW, &s) != SSHSIG_FINE)
		return bytes_append_str(name, ", with a signature that can't be read");
	bytes_append_str(name, ", with the key ");
	return sshsig_key_append_fingerprint(&s.key, name);
}

/* One of the approvals of a record. */
static int add_approval(const char *text, size_t len, void *userdata)
{
	cleanup(bytes_deinit) struct bytes name = BYTES_PRINTED;
	struct members members = MEMBERS_INIT;
	const struct member *by, *signature;
	struct scan_fault fault;
	const char *word = NULL;
	int r;

	r = members_read(&members, text, len, &fault);
	by = r == 0 ? members_find(&members, "by") : NULL;
	signature = r == 0 ? members_find(&members, "signature") : NULL;
	if (by)
		word = members_string(&members, by);
	bytes_append_str(&name, word ? word : by ? "uid " : "unknown");
	if (by && !word)
		bytes_append(&name, by->text, by->len);
	word = signature ? members_string(&members, signature) : NULL;
	if (word)
		append_key(&name, word);
	members_deinit(&members);
	if (r < 0 || bytes_error(&name) < 0)
		return -ENOMEM;
	return add_approver(userdata, bytes_str(&name));
}

static int add_approvers(struct approver *a, const struct evidence_record *r)
{
	char name[32] = "unknown";

	if (r->approvals)
		return scan_array_value(r->approvals->text, r->approvals->len, add_approval, a);
	if (r->has_uid)
		snprintf(name, sizeof(name), "uid %" PRIu64, r->uid);
	return add_approver(a, name);
}

struct refused {
	struct report_figures *f;
	uint64_t second;
};

static int end_one(const char *text, size_t len, void *userdata)
{
	cleanup(bytes_deinit) struct bytes token = BYTES_PRINTED;
	struct refused *refused = userdata;
	int r;

	r = scan_string_value(text, len, &token);
	if (r == 0)
		report_waits_end(
			&refused->f->waits, bytes_str(&token), refused->second, REPORT_REFUSED);
	return r < 0 ? r : 0;
}

/* Counts an added or removed entry of the allowlist. */
static int add_entry(struct report_figures *f, const struct evidence_record *r, size_t column)
{
	cleanup(bytes_deinit) struct bytes note = BYTES_PRINTED;
	struct tally_row *row;

	if (!r->entry_id)
		return 0;
	row = tally_find(&f->entries, r->entry_id);
	if (!row)
		return -ENOMEM;

	row->n[column]++;
	if (row == &f->entries.others || row->note || !r->entry_pattern)
		return 0;
	if (text_append_quoted(&note, r->entry_pattern, strlen(r->entry_pattern)) < 0)
		return -ENOMEM;
	return tally_set_note(row, bytes_str(&note));
}

/* If an approval's outcome has a reason, more approvers are needed: the question still waits. */
static int add_action(struct report_figures *f, const struct evidence_record *r)
{
	struct approver approver = { .f = f, .always = r->always };
	struct refused refused = { f, r->second };

	if (!r->action || !r->outcome || strcmp(r->outcome, "ok") != 0)
		return 0;

	if (strcmp(r->action, "local.exec.approve") == 0) {
		approver.column = REPORT_OF_APPROVALS;
		if (r->token && !r->reason)
			report_waits_end(&f->waits, r->token, r->second, REPORT_APPROVED);
		return add_approvers(&approver, r);
	}
	if (strcmp(r->action, "local.exec.revoke") == 0) {
		approver.column = REPORT_OF_REFUSALS;
		if (r->token)
			report_waits_end(&f->waits, r->token, r->second, REPORT_REFUSED);
		if (r->tokens)
			scan_array_value(r->tokens->text, r->tokens->len, end_one, &refused);
		return add_approvers(&approver, r);
	}
	if (strcmp(r->action, "local.exec.allow.add") == 0)
		return add_entry(f, r, REPORT_ADDED);
	if (strcmp(r->action, "local.exec.allow.remove") == 0)
		return add_entry(f, r, REPORT_REMOVED);
	return 0;
}

/* --- all of it -------------------------------------------------------------------------------- */

static void add_gap(struct report_figures *f, uint64_t from, uint64_t to)
{
	size_t i = f->n_gaps;

	if (to - from < REPORT_GAP_MIN)
		return;
	while (i > 0 && f->gaps[i - 1].to - f->gaps[i - 1].from < to - from)
		i--;
	if (i == REPORT_GAPS_MAX)
		return;
	if (f->n_gaps < REPORT_GAPS_MAX)
		f->n_gaps++;
	memmove(&f->gaps[i + 1], &f->gaps[i], (f->n_gaps - 1 - i) * sizeof(f->gaps[0]));
	f->gaps[i] = (struct report_gap){ from, to };
}

static void add_time(struct report_figures *f, uint64_t second)
{
	if (f->records == 1 || second < f->first)
		f->first = second;
	if (f->records > 1 && second > f->last)
		add_gap(f, f->last, second);
	if (second > f->last)
		f->last = second;
}

/* Counts events that are neither a decision nor an action. */
static void add_event(struct report_figures *f, const char *event)
{
	const struct {
		const char *event;
		uint64_t *n;
	} events[] = {
		{ "reported_by_asker", &f->ran },
		{ "recovered", &f->recovered },
		{ "closed", &f->rotations },
		{ "cut", &f->cut },
	};

	for (size_t i = 0; i < LENGTH(events); i++)
		if (strcmp(event, events[i].event) == 0)
			++*events[i].n;
}

static int add_record(struct report_figures *f, const struct evidence_record *r)
{
	if (r->second < f->since || r->second > f->until)
		return 0;

	f->records++;
	f->hashed += r->hashed;
	add_time(f, r->second);
	if (r->decision != DECISION_NONE)
		return add_decision(f, r);
	if (r->event && strcmp(r->event, "action") != 0) {
		add_event(f, r->event);
		return 0;
	}
	f->actions++;
	return add_action(f, r);
}

int report_figures_add(struct report_figures *f, const char *line, size_t len)
{
	struct evidence_record record;
	int r;

	r = evidence_record_read(&record, line, len);
	if (r == 0 && record.has_time)
		r = add_record(f, &record);
	else if (r >= 0)
		f->unread++;
	evidence_record_deinit(&record);
	return r < 0 ? r : 0;
}
