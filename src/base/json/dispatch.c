/* SPDX-License-Identifier: ISC */

/*
 * The dispatcher of members. Members often come in the order of the table, so the search for a key
 * begins at the row after that of the last member.
 */

#include "base/json/dispatch.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>
#include <sys/types.h>

#include "base/json/scan-value.h"
#include "base/notation.h"
#include "base/path.h"
#include "base/text.h"

static bool is_row_of(const struct dispatch_row *row, const char *key)
{
	return row->key[0] == key[0] && strcmp(row->key, key) == 0;
}

/* Returns the index of the key's row; `n` if there is none. The search begins at `first`. */
static size_t find_row(const struct dispatch_row *rows, size_t n, size_t first, const char *key)
{
	for (size_t i = first; i < n; i++)
		if (is_row_of(&rows[i], key))
			return i;
	for (size_t i = 0; i < first; i++)
		if (is_row_of(&rows[i], key))
			return i;
	return n;
}

int dispatch_refuse(struct dispatch *d, const char *where, const char *format, ...)
{
	cleanup(bytes_deinit) struct bytes what = BYTES_PRINTED;
	va_list ap;
	int r;

	va_start(ap, format);
	r = bytes_vappendf(&what, format, ap);
	va_end(ap);
	if (r >= 0)
		r = d->fault(d, where, bytes_str(&what));
	return r < 0 ? r : DISPATCH_REFUSED;
}

static int refuse_key(struct dispatch *d, const char *key)
{
	cleanup(bytes_deinit) struct bytes shown = BYTES_PRINTED;
	int r;

	r = text_append_escaped(&shown, key, strlen(key));
	return r < 0 ? r : dispatch_refuse(d, NULL, "unknown key '%s'", bytes_str(&shown));
}

/* Whether the reading ends with this result. */
static bool is_end(const struct dispatch *d, int r)
{
	return r < 0 || (r == DISPATCH_REFUSED && !d->all);
}

/* A search for the values of all rows. */
struct search {
	struct dispatch *d;
	const struct dispatch_row *rows;
	size_t n, next;
	struct dispatch_value values[DISPATCH_ROWS_MAX];
	uint64_t found; /* bit n: the value of row n is there */
	bool refused;   /* a fault was reported */
};

static void search_init(struct search *s, struct dispatch *d, const struct dispatch_row *rows)
{
	s->d = d;
	s->rows = rows;
	s->next = s->found = 0;
	s->refused = false;
	for (s->n = 0; rows[s->n].key; s->n++)
		;
	assert(s->n <= DISPATCH_ROWS_MAX);
}

/* Notes a member; takes it at once if all faults are reported. */
static int add_member(struct search *s, const char *key, const struct dispatch_value *v)
{
	const size_t i = find_row(s->rows, s->n, s->next, key);
	int r;

	if (i < s->n) {
		s->values[i] = *v;
		s->found |= UINT64_C(1) << i;
		s->next = i + 1;
	}
	if (!s->d->all || (i == s->n && s->d->open))
		return 0;
	r = i < s->n ? s->rows[i].take(s->d, &s->rows[i], v) : refuse_key(s->d, key);
	s->refused |= r > 0;
	return r < 0 ? r : 0;
}

/* A member that is missing. */
static int take_none(struct dispatch *d, const struct dispatch_row *row)
{
	return row->need == DISPATCH_REQUIRED ? dispatch_refuse(d, row->key, "is missing") : 0;
}

int dispatch_object(struct dispatch *d, const struct json *object, const struct dispatch_row *rows)
{
	struct search s;
	int r;

	if (!json_is_object(object))
		return dispatch_refuse(d, NULL, "must be an object");

	search_init(&s, d, rows);
	json_each (member, object) {
		r = add_member(&s, json_key(member),
			&(struct dispatch_value){ json_string(member), member, NULL });
		if (r < 0)
			return r;
	}
	for (size_t i = 0; i < s.n; i++) {
		r = 0;
		if (!(s.found >> i & 1))
			r = take_none(d, &rows[i]);
		else if (!d->all)
			r = rows[i].take(d, &rows[i], &s.values[i]);
		if (is_end(d, r))
			return r;
		s.refused |= r > 0;
	}
	return s.refused ? DISPATCH_REFUSED : 0;
}

int dispatch_members(struct dispatch *d, struct members *members, const struct dispatch_row *rows)
{
	struct dispatch_value value = { 0 };
	int r = 0;

	assert(!d->all);
	for (const struct dispatch_row *row = rows; r == 0 && row->key; row++) {
		value.member = row->need != DISPATCH_OPTIONAL ? members_find_any(members, row->key)
							      : members_find(members, row->key);
		if (!value.member) {
			r = take_none(d, row);
			continue;
		}
		value.string = members_string(members, value.member);
		r = row->take(d, row, &value);
	}
	return r;
}

int dispatch_array(struct dispatch *d, const char *where, const struct json *array, size_t min,
	size_t max, dispatch_element_fn *take, void *to)
{
	const size_t n = json_is_array(array) ? json_size(array) : 0;
	bool refused = false;
	char place[128];
	size_t i = 0;
	int r;

	if (!json_is_array(array))
		return dispatch_refuse(d, where, "must be an array");
	if (n < min)
		return dispatch_refuse(d, where, "is empty");
	if (n > max)
		return dispatch_refuse(d, where, "has more than %zu elements", max);
	if (!take)
		return 0;

	json_each (element, array) {
		snprintf(place, sizeof(place), "%s[%zu]", where, i++);
		r = take(d, place, element, to);
		if (is_end(d, r))
			return r;
		refused |= r > 0;
	}
	return refused ? DISPATCH_REFUSED : 0;
}

bool dispatch_bool(const struct dispatch_value *v, bool *ret)
{
	if (v->json)
		return json_bool(v->json, ret);
	*ret = v->member->text[0] == 't';
	return *ret || v->member->text[0] == 'f';
}

int64_t dispatch_whole(const struct dispatch_value *v)
{
	const struct member *m = v->member;
	uint64_t whole;
	int64_t number;

	if (v->json)
		return json_integer(v->json, &number) ? number : -1;
	if (m->len == 2 && memcmp(m->text, "-0", 2) == 0)
		return 0;
	return scan_integer_value(m->text, m->len, JSON_INTEGER_MAX, &whole) ? (int64_t)whole : -1;
}

void *dispatch_to(const struct dispatch *d, const struct dispatch_row *row)
{
	return (char *)d->to + row->offset;
}

int dispatch_check_string(
	struct dispatch *d, const struct dispatch_row *row, const struct dispatch_value *v)
{
	if (!v->string)
		return dispatch_refuse(d, row->key, "must be a string");
	if (strlen(v->string) > row->limit)
		return dispatch_refuse(
			d, row->key, "is longer than %llu bytes", (unsigned long long)row->limit);
	return 0;
}

int dispatch_take_string(
	struct dispatch *d, const struct dispatch_row *row, const struct dispatch_value *v)
{
	int r;

	r = dispatch_check_string(d, row, v);
	if (r != 0)
		return r;
	if (row->need == DISPATCH_REQUIRED && text_is_blank(v->string))
		return dispatch_refuse(d, row->key, "is blank");

	*(const char **)dispatch_to(d, row) = v->string;
	return 0;
}

int dispatch_take_word(
	struct dispatch *d, const struct dispatch_row *row, const struct dispatch_value *v)
{
	int r;

	r = dispatch_take_string(d, row, v);
	return r == 0 && text_is_blank(v->string) ? dispatch_refuse(d, row->key, "is blank") : r;
}

int dispatch_take_path(
	struct dispatch *d, const struct dispatch_row *row, const struct dispatch_value *v)
{
	int r;

	r = dispatch_take_string(d, row, v);
	if (r != 0 || path_is_normal(v->string))
		return r;
	return dispatch_refuse(
		d, row->key, "must be an absolute path without '.', '..', '//' and final '/'");
}

int dispatch_take_directory(
	struct dispatch *d, const struct dispatch_row *row, const struct dispatch_value *v)
{
	const char *path = v->string;

	return path && strcmp(path, "/") == 0 ? dispatch_take_string(d, row, v)
					      : dispatch_take_path(d, row, v);
}

int dispatch_take_hash(
	struct dispatch *d, const struct dispatch_row *row, const struct dispatch_value *v)
{
	uint8_t hash[32];
	int r;

	r = dispatch_take_string(d, row, v);
	if (r != 0 || notation_parse_hex(v->string, strlen(v->string), hash, sizeof(hash)) >= 0)
		return r;
	return dispatch_refuse(d, row->key, "must be 64 hexadecimal digits in lower case");
}

int dispatch_take_bool(
	struct dispatch *d, const struct dispatch_row *row, const struct dispatch_value *v)
{
	return dispatch_bool(v, dispatch_to(d, row))
		? 0
		: dispatch_refuse(d, row->key, "must be true or false");
}

int dispatch_take_true(
	struct dispatch *d, const struct dispatch_row *row, const struct dispatch_value *v)
{
	bool *flag = dispatch_to(d, row);

	return dispatch_bool(v, flag) && *flag ? 0 : dispatch_refuse(d, row->key, "must be true");
}

static int read_number(struct dispatch *d, const struct dispatch_row *row,
	const struct dispatch_value *v, uint64_t min, uint64_t *ret)
{
	const int64_t number = dispatch_whole(v);

	if (number < 0 || (uint64_t)number < min || (uint64_t)number > row->limit)
		return dispatch_refuse(d, row->key, "must be a whole number from %llu to %llu",
			(unsigned long long)min, (unsigned long long)row->limit);

	*ret = (uint64_t)number;
	return 0;
}

int dispatch_take_number(
	struct dispatch *d, const struct dispatch_row *row, const struct dispatch_value *v)
{
	return read_number(d, row, v, 0, dispatch_to(d, row));
}

int dispatch_take_positive(
	struct dispatch *d, const struct dispatch_row *row, const struct dispatch_value *v)
{
	return read_number(d, row, v, 1, dispatch_to(d, row));
}

/* (uid_t)-1 is not a user: see chown(2). */
int dispatch_take_uid(
	struct dispatch *d, const struct dispatch_row *row, const struct dispatch_value *v)
{
	const int64_t uid = dispatch_whole(v);

	if (uid < 0 || uid >= UINT32_MAX)
		return dispatch_refuse(d, row->key, "must be a user's number");

	*(uid_t *)dispatch_to(d, row) = (uid_t)uid;
	return 0;
}

int dispatch_check_number(
	struct dispatch *d, const struct dispatch_row *row, const struct dispatch_value *v)
{
	uint64_t number;

	return read_number(d, row, v, 0, &number);
}

int dispatch_check_positive(
	struct dispatch *d, const struct dispatch_row *row, const struct dispatch_value *v)
{
	uint64_t number;

	return read_number(d, row, v, 1, &number);
}

int dispatch_check_object(
	struct dispatch *d, const struct dispatch_row *row, const struct dispatch_value *v)
{
	const bool object = v->json ? json_is_object(v->json) : v->member->text[0] == '{';

	return object ? 0 : dispatch_refuse(d, row->key, "must be an object");
}
