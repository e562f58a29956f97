/* SPDX-License-Identifier: ISC */

/* Reads the members that the table of fields names. */

#include "gate/invocation-read.h"

#include <string.h>

void invocation_lists_init(struct invocation_lists *lists)
{
	for (enum field f = 0; f < FIELDS; f++)
		bytes_init(&lists->texts[f], BYTES_PRINTED_MAX);
}

void invocation_lists_deinit(struct invocation_lists *lists)
{
	for (enum field f = 0; f < FIELDS; f++)
		bytes_deinit(&lists->texts[f]);
}

static bool has(const struct json *object, enum field f)
{
	return json_get(object, field_rows[f].name);
}

static int append_string(struct bytes *b, const struct json *v)
{
	const char *string = json_string(v);

	return string ? bytes_append(b, string, strlen(string) + 1) : INVOCATION_MALFORMED;
}

static int append_strings(struct bytes *b, const struct json *v)
{
	int r = json_is_array(v) ? 0 : INVOCATION_MALFORMED;

	json_each (child, v)
		r = r == 0 ? append_string(b, child) : r;
	return r;
}

/* Appends each program's name and its two paths. */
static int append_programs(struct bytes *b, const struct json *v)
{
	int r = json_is_object(v) ? 0 : INVOCATION_MALFORMED;

	json_each (child, v) {
		if (r == 0)
			r = bytes_append(b, json_key(child), strlen(json_key(child)) + 1);
		if (r == 0)
			r = json_size(child) == 2 ? append_strings(b, child) : INVOCATION_MALFORMED;
	}
	return r;
}

/* Joins all strings of a list in one text. */
static int read_list(
	const struct json *object, enum field f, struct bytes *b, struct invocation *ret)
{
	const struct json *v = json_get(object, field_rows[f].name);
	const bool programs = field_rows[f].kind == FIELD_KIND_PROGRAMS;
	int r;

	if (!v)
		return f == FIELD_ARGS ? INVOCATION_MALFORMED : 0;
	r = programs ? append_programs(b, v) : append_strings(b, v);
	*field_list(f, ret) =
		string_list_of(bytes_str(b), json_size(v) * (programs ? 3 : 1), b->len);
	return r;
}

static int read_string(const struct json *object, enum field f, struct invocation *ret)
{
	const struct json *v = json_get(object, field_rows[f].name);
	const char *string = v ? json_string(v) : NULL;

	field_set(f, ret, string);
	if (!v && field_rows[f].required && has(object, FIELD_EXECUTABLE))
		return INVOCATION_MALFORMED;
	return string || !v ? 0 : INVOCATION_MALFORMED;
}

/* By the first contract the kind need not be there. */
static int read_kind(const struct json *object, struct invocation *ret)
{
	const char *name = json_get_string(object, "kind");

	if (has(object, FIELD_EXECUTABLE))
		return 0;

	ret->kind = name ? kind_parse(name) : KINDS;
	return ret->kind != KINDS ? 0 : INVOCATION_MALFORMED;
}

int invocation_read(
	const struct json *object, struct invocation_lists *lists, struct invocation *ret)
{
	const enum contract contract =
		has(object, FIELD_EXECUTABLE) ? CONTRACT_EXEC : CONTRACT_EVALUATE;
	int r;

	*ret = (struct invocation){ 0 };
	r = read_kind(object, ret);
	for (enum field f = 0; r == 0 && f < FIELDS; f++)
		if (field_rows[f].contract & contract)
			r = field_is_list(f) ? read_list(object, f, &lists->texts[f], ret)
					     : read_string(object, f, ret);
	return r == 0 && !fields_content_fits(ret) ? INVOCATION_MALFORMED : r;
}
