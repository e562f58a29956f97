/* SPDX-License-Identifier: ISC */

/*
 * Changes the document. The text is copied from beginning to end; on the way, elements are left out
 * together with their commas, and one element may be inserted.
 */

#include <string.h>

#include "base/notation.h"
#include "gate/allowlist/allowlist-internal.h"

struct edit {
	const struct allowlist *list;
	const bool *drop;
	const struct allow_entry *add, *old;
	const struct allow_clock *clock;
	struct bytes *b;
	size_t at; /* the part of the text before it is copied or left out */
};

/* Copies the text up to `end`. */
static int copy_to(struct edit *e, size_t end)
{
	size_t start = e->at;

	e->at = end;
	return bytes_append(e->b, bytes_str(&e->list->text) + start, end - start);
}

static size_t start_of(const struct allowlist *list, size_t i)
{
	return (size_t)(list->entries[i]->text - bytes_str(&list->text));
}

static int append_new(struct edit *e, bool first)
{
	int r;

	bytes_append_str(e->b, first ? "\n" : ",\n");
	r = allow_entry_append(e->add, e->old, e->b);
	return r < 0 || !first ? r : bytes_append_char(e->b, '\n');
}

/* The comma and blanks before an element are copied with it, except the comma before the first. */
static int copy_agent(struct edit *e, const struct allow_agent *agent)
{
	const struct allowlist *list = e->list;
	bool first = true;
	int r = 0;

	if (agent->n > 0)
		r = copy_to(e, start_of(list, agent->first));
	for (size_t i = agent->first; r >= 0 && i < agent->first + agent->n; i++) {
		if (e->drop && e->drop[i]) {
			e->at = start_of(list, i) + list->entries[i]->len;
			continue;
		}
		if (first)
			e->at = start_of(list, i);
		r = copy_to(e, start_of(list, i) + list->entries[i]->len);
		first = false;
	}
	if (r >= 0 && agent->n == 0)
		r = copy_to(e, agent->end);
	if (r >= 0 && e->add && strcmp(e->add->agent, agent->name) == 0) {
		r = append_new(e, first);
		e->add = NULL;
	}
	return r;
}

/* Appends the new entry's agent, with the entry as its first. */
static int append_agent(struct edit *e)
{
	int r;

	bytes_append_str(e->b, e->list->n_agents > 0 ? ",\n" : "");
	json_append_string(e->b, e->add->agent);
	bytes_append_str(e->b, ":{\"allowlist\":[");
	r = append_new(e, true);
	return r < 0 ? r : bytes_append_str(e->b, "]}");
}

static int copy_agents(struct edit *e)
{
	int r = 0;

	for (size_t i = 0; r >= 0 && i < e->list->n_agents; i++)
		r = copy_agent(e, &e->list->agents[i]);
	if (r >= 0)
		r = copy_to(e, e->list->agents_at.end - 1);
	return r < 0 || !e->add ? r : append_agent(e);
}

/* Writes the clock in the place of the old one, or after the agents. */
static int copy_clock(struct edit *e)
{
	struct allow_range at = e->list->clock_at;
	int r;

	if (at.end > 0) {
		r = copy_to(e, at.start);
		e->at = at.end;
	} else {
		r = bytes_append_str(e->b, ",\n\"clock\":");
	}
	return r < 0 ? r : allow_clock_print(e->clock, e->b);
}

int allow_clock_print(const struct allow_clock *clock, struct bytes *b)
{
	char id[NOTATION_UUID_LEN + 1];

	notation_uuid(clock->boot_id, id);
	return bytes_appendf(b, "{\"bootId\":\"%s\",\"bootMs\":%llu,\"wallMs\":%llu}", id,
		(unsigned long long)clock->boot, (unsigned long long)clock->wall);
}

int allowlist_print(const struct allowlist *list, const bool *drop, const struct allow_entry *add,
	const struct allow_entry *old, const struct allow_clock *clock, struct bytes *b)
{
	struct edit e = { list, drop, add, old, clock, b, 0 };
	bool clock_first =
		clock && list->clock_at.end > 0 && list->clock_at.end < list->agents_at.end;
	int r = 0;

	if (clock_first)
		r = copy_clock(&e);
	if (r >= 0)
		r = copy_agents(&e);
	if (r >= 0 && clock && !clock_first) {
		r = list->clock_at.end > 0 ? 0 : copy_to(&e, list->agents_at.end);
		if (r >= 0)
			r = copy_clock(&e);
	}
	return r < 0 ? r : copy_to(&e, list->text.len);
}
