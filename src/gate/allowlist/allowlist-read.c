/* SPDX-License-Identifier: ISC */

/*
 * Reads the document. The whole text is scanned first, so the parts that are read later are known
 * to be JSON and can only have wrong values.
 */

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/json/scan-value.h"
#include "base/notation.h"
#include "base/text.h"
#include "gate/allowlist/allowlist-internal.h"
#include "gate/limits.h"

#define MS_MAX (((uint64_t)1 << 53) - 1)

struct reader {
	struct allowlist *list;
	struct bytes *why;
	bool version, agents, faulty;
};

static bool is_key(const struct scan_member *m, const char *key)
{
	return strlen(key) == m->key_len && memcmp(key, m->key, m->key_len) == 0;
}

/* Notes the first fault. Its result ends a scan only on -ENOMEM. */
static int __attribute__((format(printf, 2, 3))) fault(struct reader *r, const char *format, ...)
{
	va_list ap;
	int e;

	if (r->faulty)
		return 0;

	r->faulty = true;
	va_start(ap, format);
	e = bytes_vappendf(r->why, format, ap);
	va_end(ap);
	return e;
}

/* Appends "agents 'NAME'". */
static int append_place(struct reader *r)
{
	const char *name = r->list->agents[r->list->n_agents - 1].name;

	bytes_append_str(r->why, "agents ");
	text_append_quoted(r->why, name, strlen(name));
	return bytes_error(r->why);
}

/* --- the clock -------------------------------------------------------------------------------- */

struct clock_reader {
	struct allow_clock *clock;
	bool id, boot, wall;
};

static int take_boot_id(const struct scan_member *m, struct clock_reader *r)
{
	cleanup(bytes_deinit) struct bytes id = BYTES_INIT(BYTES_UNLIMITED);
	int e;

	e = scan_string_value(m->value, m->value_len, &id);
	if (e < 0)
		return e;
	r->id = e == 0 && notation_parse_uuid(bytes_str(&id), id.len, r->clock->boot_id) == 0;
	return 0;
}

static int take_clock_member(const struct scan_member *m, void *userdata)
{
	struct clock_reader *r = userdata;

	if (is_key(m, "bootId"))
		return take_boot_id(m, r);
	if (is_key(m, "bootMs"))
		r->boot = scan_integer_value(m->value, m->value_len, MS_MAX, &r->clock->boot);
	if (is_key(m, "wallMs"))
		r->wall = scan_integer_value(m->value, m->value_len, MS_MAX, &r->clock->wall);
	return 0;
}

int allow_clock_read(const char *text, size_t len, struct allow_clock *ret, bool *ret_fine)
{
	struct allow_clock clock = { .known = true };
	struct clock_reader r = { .clock = &clock };
	struct scan_fault f;
	int e;

	e = text[0] == '{' ? scan_object(text, len, take_clock_member, &r, &f) : 0;
	if (e < 0)
		return e;

	*ret_fine = r.id && r.boot && r.wall;
	if (*ret_fine)
		*ret = clock;
	return 0;
}

static struct allow_range range_of(const struct reader *r, const struct scan_member *m)
{
	size_t start = (size_t)(m->value - bytes_str(&r->list->text));

	return (struct allow_range){ start, start + m->value_len };
}

static int take_clock(const struct scan_member *m, struct reader *r)
{
	bool fine = false;
	int e;

	r->list->clock_at = range_of(r, m);
	e = allow_clock_read(m->value, m->value_len, &r->list->clock, &fine);
	return e < 0 || fine ? e : fault(r, "clock: is not what firma wrote");
}

/* --- entries ---------------------------------------------------------------------------------- */

static int make_room(void **array, size_t *size, size_t n, size_t element)
{
	size_t wanted = *size ? 2 * *size : 16;
	void *grown;

	if (n < *size)
		return 0;

	grown = reallocarray(*array, wanted, element);
	if (!grown)
		return -ENOMEM;

	*array = grown;
	*size = wanted;
	return 0;
}

static int take_entry(const char *text, size_t len, void *userdata)
{
	struct reader *r = userdata;
	struct allowlist *list = r->list;
	struct allow_agent *agent = &list->agents[list->n_agents - 1];
	cleanup(bytes_deinit) struct bytes why = BYTES_INIT(BYTES_UNLIMITED);
	void *entries = list->entries;
	int e;

	if (r->faulty)
		return 0;
	if (list->n == LIMIT_ALLOW_ENTRIES)
		return fault(r, "there are more than %d entries", LIMIT_ALLOW_ENTRIES);

	e = make_room(&entries, &list->size, list->n, sizeof(*list->entries));
	list->entries = entries;
	if (e < 0)
		return e;

	e = allow_entry_read(agent->name, text, len, &why, &list->entries[list->n]);
	if (e < 0)
		return e;
	if (e == ALLOW_FAULTY) {
		e = append_place(r);
		return e < 0 ? e : fault(r, ": allowlist[%zu]: %s", agent->n, bytes_str(&why));
	}

	list->n++;
	agent->n++;
	agent->end = (size_t)(text + len - bytes_str(&list->text));
	return 0;
}

struct agent_reader {
	struct reader *reader;
	bool there;
};

static int take_agent_member(const struct scan_member *m, void *userdata)
{
	struct agent_reader *a = userdata;
	struct reader *r = a->reader;
	int e;

	if (!is_key(m, "allowlist"))
		return 0;

	a->there = true;
	r->list->agents[r->list->n_agents - 1].end = range_of(r, m).start + 1;
	e = scan_array_value(m->value, m->value_len, take_entry, r);
	if (e != SCAN_OTHER || r->faulty)
		return e < 0 ? e : 0;

	e = append_place(r);
	return e < 0 ? e : fault(r, ": allowlist must be an array");
}

static int take_agent(const struct scan_member *m, void *userdata)
{
	struct reader *r = userdata;
	struct agent_reader a = { .reader = r };
	struct allowlist *list = r->list;
	void *agents = list->agents;
	struct scan_fault f;
	int e;

	if (r->faulty)
		return 0;

	e = make_room(&agents, &list->size_agents, list->n_agents, sizeof(*list->agents));
	list->agents = agents;
	if (e < 0)
		return e;

	list->agents[list->n_agents] = (struct allow_agent){
		.name = strndup(m->key, m->key_len),
		.first = list->n,
	};
	if (!list->agents[list->n_agents++].name)
		return -ENOMEM;

	e = m->value[0] == '{' ? scan_object(m->value, m->value_len, take_agent_member, &a, &f) : 0;
	if (e < 0 || a.there || r->faulty)
		return e;

	e = append_place(r);
	return e < 0 ? e : fault(r, ": must be an object with an allowlist");
}

static int take_agents(const struct scan_member *m, struct reader *r)
{
	struct scan_fault f;

	r->agents = true;
	r->list->agents_at = range_of(r, m);
	if (m->value[0] != '{')
		return fault(r, "agents must be an object");
	return scan_object(m->value, m->value_len, take_agent, r, &f);
}

/* --- the document ----------------------------------------------------------------------------- */

static int take_member(const struct scan_member *m, void *userdata)
{
	struct reader *r = userdata;
	uint64_t version;

	if (r->faulty)
		return 0;
	if (is_key(m, "agents"))
		return take_agents(m, r);
	if (is_key(m, "clock"))
		return take_clock(m, r);
	if (!is_key(m, "version"))
		return 0;

	r->version = true;
	if (!scan_integer_value(m->value, m->value_len, UINT32_MAX, &version) || version != 1)
		return fault(r, "version must be 1");
	return 0;
}

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
	int e;

	sorted = calloc(list->n + 1, sizeof(*sorted));
	if (!sorted)
		return -ENOMEM;

	for (size_t i = 0; i < list->n; i++)
		sorted[i] = list->entries[i];
	qsort(sorted, list->n, sizeof(*sorted), compare_ids);
	for (size_t i = 1; i < list->n; i++) {
		if (strcmp(sorted[i - 1]->id, sorted[i]->id) != 0)
			continue;
		e = text_append_quoted(r->why, sorted[i]->id, strlen(sorted[i]->id));
		return e < 0 ? e : fault(r, " is the id of two entries");
	}
	return 0;
}

static int read_document(struct reader *r)
{
	const struct bytes *text = &r->list->text;
	struct scan_fault f;
	int e;

	e = scan_object(bytes_str(text), text->len, NULL, NULL, &f);
	if (e == SCAN_REFUSED)
		return fault(r, "%s (at byte %zu)", scan_error_text(f.error), f.offset + 1);
	if (e == 0)
		e = scan_object(bytes_str(text), text->len, take_member, r, &f);
	if (e == 0 && !r->version)
		e = fault(r, "version is missing");
	if (e == 0 && !r->agents)
		e = fault(r, "agents is missing");
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

	bytes_init(&list->text, BYTES_UNLIMITED);
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
