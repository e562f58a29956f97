/* SPDX-License-Identifier: ISC */

/*
 * Reads the document. The whole text is scanned first, so the parts that are read later are known
 * to be JSON and can only have wrong values. Only the first fault is reported.
 */

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/json/dispatch.h"
#include "base/json/scan.h"
#include "base/notation.h"
#include "base/text.h"
#include "gate/allowlist/allowlist-internal.h"
#include "gate/limits.h"

/* --- the clock -------------------------------------------------------------------------------- */

static int take_boot_id(
	struct dispatch *d, const struct dispatch_row *row, const struct dispatch_value *v)
{
	if (!v->string
		|| notation_parse_uuid(v->string, strlen(v->string), dispatch_to(d, row)) < 0)
		return dispatch_refuse(d, row->key, "must be a UUID");
	return 0;
}

static int ignore_fault(struct dispatch *d, const char *where, const char *what)
{
	(void)d;
	(void)where;
	(void)what;
	return 0;
}

#define AT(member) offsetof(struct allow_clock, member)

int allow_clock_read(const char *text, size_t len, struct allow_clock *ret, bool *ret_fine)
{
	static const struct dispatch_row rows[] = {
		{ "bootId", take_boot_id, AT(boot_id), true, 0 },
		{ "bootMs", dispatch_take_number, AT(boot), true, JSON_INTEGER_MAX },
		{ "wallMs", dispatch_take_number, AT(wall), true, JSON_INTEGER_MAX },
		{ 0 },
	};
	cleanup(members_deinit) struct members members = MEMBERS_INIT;
	struct allow_clock clock = { .known = true };
	struct dispatch d = { .to = &clock, .fault = ignore_fault };
	struct scan_fault f;
	int r;

	r = members_read(&members, text, len, &f);
	if (r == 0)
		r = dispatch_members(&d, &members, rows);
	if (r < 0)
		return r;

	*ret_fine = r == 0;
	if (*ret_fine)
		*ret = clock;
	return 0;
}

/* --- the document's parts --------------------------------------------------------------------- */

struct reader {
	struct allowlist *list;
	struct bytes *why;
	bool in_agent; /* the last one of the list */
	bool faulty;
};

/* Keeps the first fault only. */
static int note_fault(struct dispatch *d, const char *where, const char *what)
{
	struct reader *r = d->context;
	const char *name = r->in_agent ? r->list->agents[r->list->n_agents - 1].name : NULL;

	if (r->faulty)
		return 0;

	r->faulty = true;
	if (name) {
		bytes_append_str(r->why, "agents ");
		text_append_quoted(r->why, name, strlen(name));
		bytes_append_str(r->why, ": ");
	}
	return bytes_appendf(r->why, "%s%s%s", where ? where : "", where ? " " : "", what);
}

static struct allow_range range_of(const struct reader *r, const struct member *m)
{
	size_t start = (size_t)(m->text - bytes_str(&r->list->text));

	return (struct allow_range){ start, start + m->len };
}

static int take_version(
	struct dispatch *d, const struct dispatch_row *row, const struct dispatch_value *v)
{
	return dispatch_whole(v) == 1 ? 0 : dispatch_refuse(d, row->key, "must be 1");
}

static int take_clock(
	struct dispatch *d, const struct dispatch_row *row, const struct dispatch_value *v)
{
	struct reader *r = d->context;
	bool fine = false;
	int e;

	r->list->clock_at = range_of(r, v->member);
	e = allow_clock_read(v->member->text, v->member->len, &r->list->clock, &fine);
	return e < 0 || fine ? e : dispatch_refuse(d, row->key, "is not what firma wrote");
}

/* --- entries ---------------------------------------------------------------------------------- */

/* Turns a result into one for the scan, which continues after a fault. */
static int keep_on(int result)
{
	return result < 0 ? result : 0;
}

static int take_entry(const char *text, size_t len, void *userdata)
{
	struct dispatch *d = userdata;
	struct reader *r = d->context;
	struct allowlist *list = r->list;
	struct allow_agent *agent = &list->agents[list->n_agents - 1];
	cleanup(bytes_deinit) struct bytes why = BYTES_PRINTED;
	char where[64];
	int e;

	if (r->faulty)
		return 0;
	if (list->n == LIMIT_ALLOW_ENTRIES) {
		r->in_agent = false; /* a fault of the document */
		return keep_on(dispatch_refuse(
			d, NULL, "there are more than %d entries", LIMIT_ALLOW_ENTRIES));
	}

	e = ARRAY_RESERVE(&list->entries, list->n, &list->size);
	if (e < 0)
		return e;

	e = allow_entry_read(agent->name, text, len, &why, &list->entries[list->n]);
	if (e < 0)
		return e;
	if (e == ALLOW_FAULTY) {
		snprintf(where, sizeof(where), "allowlist[%zu]:", agent->n);
		return keep_on(dispatch_refuse(d, where, "%s", bytes_str(&why)));
	}

	list->n++;
	agent->n++;
	agent->end = (size_t)(text + len - bytes_str(&list->text));
	return 0;
}

static int take_allowlist(
	struct dispatch *d, const struct dispatch_row *row, const struct dispatch_value *v)
{
	struct reader *r = d->context;
	int e;

	r->list->agents[r->list->n_agents - 1].end = range_of(r, v->member).start + 1;
	e = scan_array_value(v->member->text, v->member->len, take_entry, d);
	return e == SCAN_OTHER ? dispatch_refuse(d, row->key, "must be an array") : e;
}

/* Reads the members of the agent that was added last. */
static int read_agent(struct dispatch *d, const struct scan_member *m)
{
	static const struct dispatch_row rows[] = {
		{ "allowlist", take_allowlist, 0, true, 0 },
		{ 0 },
	};
	cleanup(members_deinit) struct members members = MEMBERS_INIT;
	struct reader *r = d->context;
	struct scan_fault f;
	int e;

	r->in_agent = true;
	e = members_read(&members, m->value, m->value_len, &f);
	if (e == 0)
		e = dispatch_members(d, &members, rows);
	else if (e == SCAN_REFUSED)
		e = dispatch_refuse(d, NULL, "must be an object");
	r->in_agent = false;
	return keep_on(e);
}

static int take_agent(const struct scan_member *m, void *userdata)
{
	struct dispatch *d = userdata;
	struct reader *r = d->context;
	struct allowlist *list = r->list;
	int e;

	if (r->faulty)
		return 0;

	e = ARRAY_RESERVE(&list->agents, list->n_agents, &list->size_agents);
	if (e < 0)
		return e;

	list->agents[list->n_agents] = (struct allow_agent){
		.name = strndup(m->key, m->key_len),
		.first = list->n,
	};
	return list->agents[list->n_agents++].name ? read_agent(d, m) : -ENOMEM;
}

static int take_agents(
	struct dispatch *d, const struct dispatch_row *row, const struct dispatch_value *v)
{
	struct reader *r = d->context;
	struct scan_fault f;

	r->list->agents_at = range_of(r, v->member);
	if (v->member->text[0] != '{')
		return dispatch_refuse(d, row->key, "must be an object");
	return scan_object(v->member->text, v->member->len, take_agent, d, &f);
}

/* --- the document ----------------------------------------------------------------------------- */

static int compare_ids(const void *a, const void *b)
{
	const struct allow_entry *const *x = a, *const *y = b;

	return strcmp((*x)->id, (*y)->id);
}

/* Entries are removed by ID, so the IDs must be distinct. */
static int check_ids(struct reader *r)
{
	const struct allowlist *list = r->list;
	cleanup(free_p) const struct allow_entry **sorted = NULL;

	sorted = calloc(list->n + 1, sizeof(*sorted));
	if (!sorted)
		return -ENOMEM;

	for (size_t i = 0; i < list->n; i++)
		sorted[i] = list->entries[i];
	qsort(sorted, list->n, sizeof(*sorted), compare_ids);
	for (size_t i = 1; i < list->n; i++) {
		if (strcmp(sorted[i - 1]->id, sorted[i]->id) != 0)
			continue;
		r->faulty = true;
		text_append_quoted(r->why, sorted[i]->id, strlen(sorted[i]->id));
		return bytes_append_str(r->why, " is the id of two entries");
	}
	return 0;
}

static int read_document(struct reader *r)
{
	static const struct dispatch_row rows[] = {
		DISPATCH_SCHEMA,
		{ "version", take_version, 0, true, 0 },
		{ "clock", take_clock, 0, DISPATCH_NOT_NULL, 0 },
		{ "agents", take_agents, 0, true, 0 },
		{ 0 },
	};
	cleanup(members_deinit) struct members members = MEMBERS_INIT;
	struct dispatch d = { .context = r, .fault = note_fault };
	const struct bytes *text = &r->list->text;
	struct scan_fault f;
	int e;

	e = members_read(&members, bytes_str(text), text->len, &f);
	if (e == SCAN_REFUSED)
		e = dispatch_refuse(
			&d, NULL, "%s (at byte %zu)", scan_error_text(f.error), f.offset + 1);
	else if (e == 0)
		e = dispatch_members(&d, &members, rows);
	return e < 0 || r->faulty ? e : check_ids(r);
}

int allowlist_parse(const char *text, size_t len, struct bytes *why, struct allowlist **ret)
{
	cleanup(allowlist_free_p) struct allowlist *list = NULL;
	struct reader r = { .why = why };
	int e;

	list = calloc(1, sizeof(*list));
	if (!list)
		return -ENOMEM;

	bytes_init(&list->text, BYTES_PRINTED_MAX);
	e = bytes_append(&list->text, text, len);
	if (e < 0)
		return e;

	r.list = list;
	e = read_document(&r);
	if (e < 0)
		return e;
	if (r.faulty)
		return ALLOWLIST_FAULTY;

	e = allowlist_make_index(list);
	if (e < 0)
		return e;

	*ret = steal_ptr(list);
	return 0;
}

void allowlist_free(struct allowlist *list)
{
	if (!list)
		return;

	for (size_t i = 0; i < list->n; i++)
		allow_entry_free(list->entries[i]);
	for (size_t i = 0; i < list->n_agents; i++)
		free(list->agents[i].name);
	free(list->entries);
	free(list->agents);
	free(list->names);
	free(list->others);
	bytes_deinit(&list->text);
	free(list);
}
