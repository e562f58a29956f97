/* SPDX-License-Identifier: ISC */

/* Reads the values of fields. */

#include <errno.h>
#include <string.h>

#include "base/json/tree.h"
#include "base/json/writer.h"
#include "base/path.h"
#include "base/text.h"
#include "gate/approval/sshsig.h"
#include "gate/limits.h"
#include "gate/wire/request-internal.h"

int request_set_fault(struct request *q, const char *format, ...)
{
	cleanup(bytes_deinit) struct bytes fault = BYTES_INIT(BYTES_UNLIMITED);
	va_list ap;
	int r;

	r = bytes_append_str(&fault, REQUEST_MALFORMED);
	va_start(ap, format);
	if (r >= 0)
		r = bytes_vappendf(&fault, format, ap);
	va_end(ap);
	if (r < 0)
		return r;

	q->fault = bytes_steal(&fault);
	return q->fault ? REQUEST_REFUSED : -ENOMEM;
}

/* The fault is "malformed request: KEY " and the text from `take`, or that the key is missing. */
int request_read_member(struct request *q, const struct request_key *k)
{
	cleanup(bytes_deinit) struct bytes why = BYTES_INIT(BYTES_UNLIMITED);
	const struct json *v;
	int r;

	v = json_get(json_root(q->doc), k->key);
	if ((!v || json_is_null(v)) && !k->required)
		return 0;

	r = v ? k->take(q, k, v, &why) : request_refuse(&why, "is missing");
	if (r != REQUEST_REFUSED)
		return r;

	return request_set_fault(q, "%s %s", k->key, bytes_str(&why));
}

int request_refuse(struct bytes *why, const char *what)
{
	int r;

	r = bytes_append_str(why, what);
	return r < 0 ? r : REQUEST_REFUSED;
}

/* Stores a string of at most `max` bytes in the field. */
static int take_bounded(struct request *q, const struct request_key *k, const struct json *v,
	size_t max, struct bytes *why)
{
	const char *string = json_string(v);
	int r;

	if (!string)
		return request_refuse(why, "must be a string");
	if (strlen(string) > max) {
		r = bytes_appendf(why, "is longer than %zu bytes", max);
		return r < 0 ? r : REQUEST_REFUSED;
	}
	if (k->required && text_is_blank(string))
		return request_refuse(why, "is blank");

	*(const char **)((char *)q + k->offset) = string;
	return 0;
}

int request_take_string(
	struct request *q, const struct request_key *k, const struct json *v, struct bytes *why)
{
	return take_bounded(q, k, v, LIMIT_STRING, why);
}

/* Any length: the line is limited already. */
int request_take_text(
	struct request *q, const struct request_key *k, const struct json *v, struct bytes *why)
{
	return take_bounded(q, k, v, LIMIT_REQUEST, why);
}

/* Only the type is checked: the object is read later. */
int request_take_object(
	struct request *q, const struct request_key *k, const struct json *v, struct bytes *why)
{
	(void)q;
	(void)k;
	return json_is_object(v) ? 0 : request_refuse(why, "must be an object");
}

int request_take_word(
	struct request *q, const struct request_key *k, const struct json *v, struct bytes *why)
{
	int r;

	r = request_take_string(q, k, v, why);
	return r == 0 && text_is_blank(json_string(v)) ? request_refuse(why, "is blank") : r;
}

/* An empty agent counts as none. */
int request_take_agent(
	struct request *q, const struct request_key *k, const struct json *v, struct bytes *why)
{
	int r;

	r = request_take_string(q, k, v, why);
	if (r == 0 && json_string(v)[0] == '\0')
		*(const char **)((char *)q + k->offset) = NULL;
	return r;
}

int request_take_path(
	struct request *q, const struct request_key *k, const struct json *v, struct bytes *why)
{
	int r;

	r = take_bounded(q, k, v, LIMIT_PATH, why);
	if (r != 0)
		return r;

	if (!path_is_normal(json_string(v)))
		return request_refuse(
			why, "must be an absolute path without '.', '..', '//' and final '/'");
	return 0;
}

/* As a path, but also "/". */
int request_take_directory(
	struct request *q, const struct request_key *k, const struct json *v, struct bytes *why)
{
	const char *path = json_string(v);

	if (path && strcmp(path, "/") == 0)
		return request_take_string(q, k, v, why);
	return request_take_path(q, k, v, why);
}

int request_take_sha256(
	struct request *q, const struct request_key *k, const struct json *v, struct bytes *why)
{
	uint8_t hash[32];
	int r;

	r = request_take_string(q, k, v, why);
	if (r != 0)
		return r;

	r = notation_parse_hex(json_string(v), strlen(json_string(v)), hash, sizeof(hash));
	if (r < 0)
		return request_refuse(why, "must be 64 hexadecimal digits in lower case");
	return 0;
}

int request_take_args(
	struct request *q, const struct request_key *k, const struct json *v, struct bytes *why)
{
	const char *arg;
	int r;

	(void)k;
	if (!json_is_array(v))
		return request_refuse(why, "must be an array of strings");

	json_each (child, v) {
		arg = json_string(child);
		if (!arg)
			return request_refuse(why, "must be an array of strings");
		if (q->asked.args.n == LIMIT_ARGS) {
			r = bytes_appendf(why, "has more than %d elements", LIMIT_ARGS);
			return r < 0 ? r : REQUEST_REFUSED;
		}

		r = bytes_append(&q->args_bytes, arg, strlen(arg) + 1);
		if (r < 0)
			return r;
		q->asked.args.n++;
	}
	return 0;
}

static bool is_path(const struct json *v)
{
	const char *path = json_string(v);

	return path && strlen(path) <= LIMIT_PATH && path_is_normal(path);
}

static bool is_program(const struct json *v)
{
	const struct json *path = json_is_array(v) && json_size(v) == 2 ? json_first(v) : NULL;

	return json_key(v)[0] && path && is_path(path) && is_path(json_next(path));
}

static int append_string(struct bytes *b, const char *string)
{
	return bytes_append(b, string, strlen(string) + 1);
}

static int refuse_number(struct bytes *why, int max)
{
	int r = bytes_appendf(why, "has more than %d elements", max);

	return r < 0 ? r : REQUEST_REFUSED;
}

int request_take_programs(
	struct request *q, const struct request_key *k, const struct json *v, struct bytes *why)
{
	struct bytes *b = &q->programs_bytes;
	int r = 0;

	(void)k;
	if (!json_is_object(v))
		return request_refuse(why, "must be an object");
	if (json_size(v) > LIMIT_PROGRAMS)
		return refuse_number(why, LIMIT_PROGRAMS);

	json_each (program, v) {
		if (!is_program(program))
			return request_refuse(
				why, "must hold two absolute and normal paths for each name");
		r = append_string(b, json_key(program));
		json_each (path, program)
			r = r < 0 ? r : append_string(b, json_string(path));
		if (r < 0)
			return r;
	}
	q->asked.programs = (struct string_list){ bytes_str(b), 3 * json_size(v), b->len };
	return 0;
}

int request_take_names(
	struct request *q, const struct request_key *k, const struct json *v, struct bytes *why)
{
	struct bytes *b = &q->environment_bytes;
	const char *name;
	int r;

	(void)k;
	if (!json_is_array(v))
		return request_refuse(why, "must be an array of strings");
	if (json_size(v) > LIMIT_NAMES)
		return refuse_number(why, LIMIT_NAMES);

	json_each (child, v) {
		name = json_string(child);
		if (!name || name[0] == '\0' || strlen(name) > LIMIT_STRING)
			return request_refuse(why, "must hold names of variables");
		r = append_string(b, name);
		if (r < 0)
			return r;
	}
	q->asked.environment = (struct string_list){ bytes_str(b), json_size(v), b->len };
	return 0;
}

int request_take_hitl_mode(
	struct request *q, const struct request_key *k, const struct json *v, struct bytes *why)
{
	const char *mode = json_string(v);

	(void)q;
	(void)k;
	if (!mode || (strcmp(mode, "sync_wait") != 0 && strcmp(mode, "async_token") != 0))
		return request_refuse(why, "must be 'sync_wait' or 'async_token'");
	return 0;
}

int request_take_wait(
	struct request *q, const struct request_key *k, const struct json *v, struct bytes *why)
{
	int64_t ms;
	int r;

	(void)k;
	if (!json_integer(v, &ms) || ms < 0 || ms > LIMIT_WAIT_MS) {
		r = bytes_appendf(why, "must be a whole number from 0 to %d", LIMIT_WAIT_MS);
		return r < 0 ? r : REQUEST_REFUSED;
	}

	q->wait_ms = (uint32_t)ms;
	return 0;
}

int request_take_detail(
	struct request *q, const struct request_key *k, const struct json *v, struct bytes *why)
{
	(void)k;
	return json_bool(v, &q->detail) ? 0 : request_refuse(why, "must be true or false");
}

/* A flag that may only be true. */
int request_take_true(
	struct request *q, const struct request_key *k, const struct json *v, struct bytes *why)
{
	bool *flag = (bool *)((char *)q + k->offset);

	return json_bool(v, flag) && *flag ? 0 : request_refuse(why, "must be true");
}

int request_take_for(
	struct request *q, const struct request_key *k, const struct json *v, struct bytes *why)
{
	int64_t ms;
	int r;

	(void)k;
	if (!json_integer(v, &ms) || ms < 1 || (uint64_t)ms > LIMIT_ALLOW_FOR_MS) {
		r = bytes_appendf(why, "must be a whole number from 1 to %llu",
			(unsigned long long)LIMIT_ALLOW_FOR_MS);
		return r < 0 ? r : REQUEST_REFUSED;
	}

	q->for_ms = (uint64_t)ms;
	return 0;
}

int request_take_pattern(
	struct request *q, const struct request_key *k, const struct json *v, struct bytes *why)
{
	return take_bounded(q, k, v, LIMIT_PATTERN, why);
}

int request_take_signature(
	struct request *q, const struct request_key *k, const struct json *v, struct bytes *why)
{
	return take_bounded(q, k, v, SSHSIG_MAX, why);
}

/* Writes an array of strings; false if an element of `v` is not a string. */
static bool write_strings(struct writer *w, const struct json *v)
{
	bool strings = true;

	writer_array(w, NULL);
	json_each (child, v) {
		strings &= json_string(child) != NULL;
		writer_string(w, NULL, json_string(child));
	}
	writer_end(w);
	return strings;
}

/* The array is printed again, on one line. gate/allowlist/allow-entry-read checks the patterns. */
int request_take_argv(
	struct request *q, const struct request_key *k, const struct json *v, struct bytes *why)
{
	bool taken = json_is_array(v);
	struct writer w;
	int r;

	(void)k;
	writer_init(&w, &q->argv_bytes);
	writer_array(&w, NULL);
	json_each (element, v) {
		if (json_is_array(element)) {
			taken &= write_strings(&w, element);
		} else {
			taken &= json_string(element) != NULL;
			writer_string(&w, NULL, json_string(element));
		}
	}
	writer_end(&w);
	r = writer_finish(&w);
	if (r < 0)
		return r;
	return taken ? 0 : request_refuse(why, "must be an array of strings and arrays of strings");
}

/* (uid_t)-1 is not a user: see chown(2). */
int request_take_uid(
	struct request *q, const struct request_key *k, const struct json *v, struct bytes *why)
{
	int64_t uid;

	(void)k;
	if (!json_integer(v, &uid) || uid < 0 || uid >= UINT32_MAX)
		return request_refuse(why, "must be a user's number");

	q->uid = (uid_t)uid;
	q->by_uid = true;
	return 0;
}

int request_take_state(
	struct request *q, const struct request_key *k, const struct json *v, struct bytes *why)
{
	const char *name = json_string(v);

	(void)k;
	q->state = name ? token_state_parse(name) : TOKEN_ABSENT;
	if (q->state == TOKEN_ABSENT)
		return request_refuse(
			why, "must be 'pending', 'approved', 'consumed', 'revoked' or 'expired'");
	return 0;
}

int request_take_confirmed(
	struct request *q, const struct request_key *k, const struct json *v, struct bytes *why)
{
	const char *name = json_string(v);

	(void)k;
	q->confirmed = name ? confirmed_parse(name) : CONFIRMED_UNSAID;
	if (q->confirmed == CONFIRMED_UNSAID)
		return request_refuse(why, "must be 'terminal' or '--yes'");
	return 0;
}

/* Checks a number that is not stored, since the line is kept. */
static int take_range(const struct json *v, int64_t min, int64_t max, struct bytes *why)
{
	int64_t number;
	int r;

	if (json_integer(v, &number) && number >= min && number <= max)
		return 0;

	r = bytes_appendf(
		why, "must be a whole number from %lld to %lld", (long long)min, (long long)max);
	return r < 0 ? r : REQUEST_REFUSED;
}

int request_take_status(
	struct request *q, const struct request_key *k, const struct json *v, struct bytes *why)
{
	(void)q;
	(void)k;
	return take_range(v, 0, 255, why);
}

int request_take_signal(
	struct request *q, const struct request_key *k, const struct json *v, struct bytes *why)
{
	(void)q;
	(void)k;
	return take_range(v, 1, 64, why);
}

int request_take_time(
	struct request *q, const struct request_key *k, const struct json *v, struct bytes *why)
{
	(void)q;
	(void)k;
	return take_range(v, 0, JSON_INTEGER_MAX, why);
}
