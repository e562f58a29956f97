/* SPDX-License-Identifier: ISC */

/* Reads the values of fields. */

#include <errno.h>
#include <string.h>

#include "base/json/scan-value.h"
#include "base/json/writer.h"
#include "base/path.h"
#include "base/text.h"
#include "gate/fields.h"
#include "gate/limits.h"
#include "gate/wire/request-internal.h"

int request_set_fault(struct request *q, const char *format, ...)
{
	cleanup(bytes_deinit) struct bytes fault = BYTES_PRINTED;
	va_list ap;
	int r;

	bytes_append_str(&fault, "malformed request: ");
	va_start(ap, format);
	r = bytes_vappendf(&fault, format, ap);
	va_end(ap);
	if (r < 0)
		return r;

	q->malformed = true;
	q->fault = bytes_steal(&fault);
	return q->fault ? REQUEST_REFUSED : -ENOMEM;
}

static int note_fault(struct dispatch *d, const char *where, const char *what)
{
	return request_set_fault(d->context, "%s %s", where, what);
}

int request_read_members(struct request *q, void *to, const struct dispatch_row *rows)
{
	struct dispatch d = { .to = to, .context = q, .fault = note_fault };

	return dispatch_members(&d, &q->members, rows);
}

static bool has_row(const struct dispatch_row *rows, const char *key)
{
	for (; rows->key; rows++)
		if (strcmp(rows->key, key) == 0)
			return true;
	return false;
}

/* Takes `must`: an array of keys, each of which stands in the table. */
static int take_must(struct request *q, const struct dispatch_row *rows)
{
	cleanup(bytes_deinit) struct bytes names = BYTES_PRINTED, shown = BYTES_PRINTED;
	const struct member *must = members_find(&q->members, MUST_KEY);
	const char *name;
	size_t n;
	int r;

	if (!must)
		return 0;

	r = scan_strings_value(must->text, must->len, &names, &n);
	if (r < 0)
		return r;
	if (r == SCAN_OTHER)
		return request_set_fault(q, MUST_KEY " must be an array of strings");
	if (n > LIMIT_MUST)
		return request_set_fault(q, MUST_KEY " has more than %d elements", LIMIT_MUST);

	name = bytes_str(&names);
	for (size_t i = 0; i < n; i++, name += strlen(name) + 1) {
		if (has_row(rows, name))
			continue;
		r = text_append_escaped(&shown, name, strlen(name));
		return r < 0 ? r
			     : request_set_fault(q, MUST_KEY " names '%s', which is not known here",
				     bytes_str(&shown));
	}
	q->must = must->text;
	q->must_len = must->len;
	return 0;
}

int request_read_action(struct request *q, const struct dispatch_row *rows)
{
	int r;

	r = request_read_members(q, q, rows);
	return r != 0 ? r : take_must(q, rows);
}

/* An empty string counts as none. */
int request_take_non_empty(
	struct dispatch *d, const struct dispatch_row *row, const struct dispatch_value *v)
{
	const char **string = dispatch_to(d, row);
	int r;

	r = dispatch_take_string(d, row, v);
	if (r == 0 && (*string)[0] == '\0')
		*string = NULL;
	return r;
}

static int refuse_number(struct dispatch *d, const struct dispatch_row *row, int max)
{
	return dispatch_refuse(d, row->key, "has more than %d elements", max);
}

int request_take_args(
	struct dispatch *d, const struct dispatch_row *row, const struct dispatch_value *v)
{
	struct request *q = d->to;
	const char *text;
	size_t n, len;
	int r;

	r = members_strings(&q->members, v->member, &text, &n, &len);
	if (r == SCAN_OTHER)
		return dispatch_refuse(d, row->key, "must be an array of strings");
	if (r == 0 && n > LIMIT_ARGS)
		return refuse_number(d, row, LIMIT_ARGS);
	if (r == 0)
		q->asked.args = string_list_of(text, n, len);
	return r;
}

struct programs {
	struct bytes *strings;
	size_t n;
	bool faulty;
};

static bool is_path(const char *path)
{
	return strlen(path) <= LIMIT_PATH && path_is_normal(path);
}

/* Takes a name and two paths. */
static int take_program(const struct scan_member *m, void *userdata)
{
	struct programs *p = userdata;
	size_t start, n = 0;
	const char *path;
	int r;

	p->n++;
	if (p->faulty || p->n > LIMIT_PROGRAMS)
		return 0;

	bytes_append(p->strings, m->key, m->key_len);
	bytes_append_char(p->strings, '\0');
	start = p->strings->len;
	r = scan_strings_value(m->value, m->value_len, p->strings, &n);
	if (r < 0)
		return r;

	path = bytes_str(p->strings) + start;
	p->faulty = m->key_len == 0 || r != 0 || n != 2 || !is_path(path)
		|| !is_path(path + strlen(path) + 1);
	return 0;
}

int request_take_programs(
	struct dispatch *d, const struct dispatch_row *row, const struct dispatch_value *v)
{
	struct request *q = d->to;
	struct programs p = { .strings = members_room(&q->members) };
	struct scan_fault fault;
	size_t start;
	int r;

	if (v->member->text[0] != '{')
		return dispatch_refuse(d, row->key, "must be an object");
	if (!p.strings)
		return -ENOMEM;

	start = p.strings->len;
	r = scan_object(v->member->text, v->member->len, take_program, &p, &fault);
	if (r != 0)
		return r;
	if (p.n > LIMIT_PROGRAMS)
		return refuse_number(d, row, LIMIT_PROGRAMS);
	if (p.faulty)
		return dispatch_refuse(
			d, row->key, "must hold two absolute and normal paths for each name");

	q->asked.programs =
		string_list_of(p.strings->data + start, 3 * p.n, p.strings->len - start);
	return 0;
}

static bool are_names(const struct string_list *list)
{
	const char *name = list->text;

	for (size_t i = 0; i < list->n; i++, name += strlen(name) + 1)
		if (name[0] == '\0' || strlen(name) > LIMIT_STRING)
			return false;
	return true;
}

int request_take_names(
	struct dispatch *d, const struct dispatch_row *row, const struct dispatch_value *v)
{
	struct request *q = d->to;
	struct string_list list;
	const char *text;
	size_t n, len;
	int r;

	if (v->member->text[0] != '[')
		return dispatch_refuse(d, row->key, "must be an array of strings");

	r = members_strings(&q->members, v->member, &text, &n, &len);
	if (r < 0)
		return r;
	if (r == 0 && n > LIMIT_NAMES)
		return refuse_number(d, row, LIMIT_NAMES);

	list = string_list_of(text, n, len);
	if (r != 0 || !are_names(&list))
		return dispatch_refuse(d, row->key, "must hold names of variables");

	q->asked.environment = list;
	return 0;
}

int request_take_hitl_mode(
	struct dispatch *d, const struct dispatch_row *row, const struct dispatch_value *v)
{
	const char *mode = v->string;
	struct request *q = d->to;

	q->sync_wait = mode && strcmp(mode, "sync_wait") == 0;
	if (!mode || (!q->sync_wait && strcmp(mode, "async_token") != 0))
		return dispatch_refuse(d, row->key, "must be 'sync_wait' or 'async_token'");
	return 0;
}

struct argv {
	struct writer writer;
	struct bytes strings; /* of one element */
	bool faulty;
};

static int write_element(const char *text, size_t len, void *userdata)
{
	struct argv *a = userdata;
	size_t n;
	int r;

	bytes_clear(&a->strings);
	if (text[0] == '[') {
		r = scan_strings_value(text, len, &a->strings, &n);
		if (r == 0)
			writer_strings(&a->writer, NULL, bytes_str(&a->strings), n);
	} else {
		r = scan_string_value(text, len, &a->strings);
		if (r == 0)
			writer_string(&a->writer, NULL, bytes_str(&a->strings));
	}
	a->faulty |= r > 0;
	return r < 0 ? r : 0;
}

/* The array is printed again, on one line. gate/allowlist/allow-entry-read checks the patterns. */
int request_take_argv(
	struct dispatch *d, const struct dispatch_row *row, const struct dispatch_value *v)
{
	struct request *q = d->to;
	struct argv a = { .strings = BYTES_PRINTED };
	int r, e;

	writer_init(&a.writer, &q->argv_bytes);
	writer_array(&a.writer, NULL);
	r = scan_array_value(v->member->text, v->member->len, write_element, &a);
	writer_end(&a.writer);
	e = writer_finish(&a.writer);
	bytes_deinit(&a.strings);
	if (r < 0 || e < 0)
		return r < 0 ? r : e;
	if (r != 0 || a.faulty)
		return dispatch_refuse(
			d, row->key, "must be an array of strings and arrays of strings");
	return 0;
}

int request_take_uid(
	struct dispatch *d, const struct dispatch_row *row, const struct dispatch_value *v)
{
	struct request *q = d->to;

	q->by_uid = true;
	return dispatch_take_uid(d, row, v);
}

int request_take_state(
	struct dispatch *d, const struct dispatch_row *row, const struct dispatch_value *v)
{
	const char *name = v->string;
	struct request *q = d->to;

	q->state = name ? token_state_parse(name) : TOKEN_ABSENT;
	if (q->state == TOKEN_ABSENT)
		return dispatch_refuse(d, row->key,
			"must be 'pending', 'approved', 'consumed', 'revoked' or 'expired'");
	return 0;
}

int request_take_confirmed(
	struct dispatch *d, const struct dispatch_row *row, const struct dispatch_value *v)
{
	const char *name = v->string;
	struct request *q = d->to;

	q->confirmed = name ? confirmed_parse(name) : CONFIRMED_UNSAID;
	if (q->confirmed == CONFIRMED_UNSAID)
		return dispatch_refuse(d, row->key, "must be 'terminal' or '--yes'");
	return 0;
}

int request_take_consume(
	struct dispatch *d, const struct dispatch_row *row, const struct dispatch_value *v)
{
	struct request *q = d->to;
	bool consume;

	if (!dispatch_bool(v, &consume))
		return dispatch_refuse(d, row->key, "must be true or false");
	q->spare = !consume;
	return 0;
}

/* Every scope has the user. */
int request_take_scope(
	struct dispatch *d, const struct dispatch_row *row, const struct dispatch_value *v)
{
	cleanup(bytes_deinit) struct bytes words = BYTES_PRINTED;
	uint8_t *scope = dispatch_to(d, row), one;
	const char *word;
	size_t n = 0;
	int r;

	r = scan_strings_value(v->member->text, v->member->len, &words, &n);
	if (r < 0)
		return r;
	if (r == SCAN_OTHER || n == 0)
		return dispatch_refuse(d, row->key, "must be an array of words");

	*scope = SCOPE_USER;
	word = bytes_str(&words);
	for (size_t i = 0; i < n; i++, word += strlen(word) + 1) {
		one = scope_parse(word, strlen(word));
		if (one == 0)
			return dispatch_refuse(d, row->key,
				"may have user, agent, session, sandbox, profile and directory");
		*scope |= one;
	}
	return 0;
}
