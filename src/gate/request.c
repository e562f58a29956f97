/* SPDX-License-Identifier: ISC */

/*
 * Reading a request: an action has a table of its fields, a field a function that takes its value.
 * A function that refuses a value says so as "what is wrong" behind the field's name.
 */

#include "gate/request.h"

#include <errno.h>
#include <string.h>

#include "base/json.h"
#include "base/path.h"
#include "base/scan.h"
#include "base/text.h"
#include "gate/fingerprint.h"
#include "gate/limits.h"

/* The value is refused; `why` has been appended to. */
#define FIELD_REFUSED 1

struct field {
	const char *key;
	bool required;
	size_t offset; /* in struct request */
	int (*take)(
		struct request *q, const struct field *f, const struct json *v, struct bytes *why);
};

static int refuse(struct bytes *why, const char *what)
{
	int r;

	r = bytes_append_str(why, what);
	return r < 0 ? r : FIELD_REFUSED;
}

/* A string of at most `max` bytes goes to the field's place. */
static int take_bounded(struct request *q, const struct field *f, const struct json *v, size_t max,
	struct bytes *why)
{
	const char *string = json_string(v);
	int r;

	if (!string)
		return refuse(why, "must be a string");
	if (strlen(string) > max) {
		r = bytes_appendf(why, "is longer than %zu bytes", max);
		return r < 0 ? r : FIELD_REFUSED;
	}
	if (f->required && text_is_blank(string))
		return refuse(why, "is blank");

	*(const char **)((char *)q + f->offset) = string;
	return 0;
}

static int take_string(
	struct request *q, const struct field *f, const struct json *v, struct bytes *why)
{
	return take_bounded(q, f, v, LIMIT_STRING, why);
}

static int take_word(
	struct request *q, const struct field *f, const struct json *v, struct bytes *why)
{
	int r;

	r = take_string(q, f, v, why);
	return r == 0 && text_is_blank(json_string(v)) ? refuse(why, "is blank") : r;
}

/* An empty agent is no agent. */
static int take_agent(
	struct request *q, const struct field *f, const struct json *v, struct bytes *why)
{
	int r;

	r = take_string(q, f, v, why);
	if (r == 0 && q->agent_id[0] == '\0')
		q->agent_id = NULL;
	return r;
}

static int take_path(
	struct request *q, const struct field *f, const struct json *v, struct bytes *why)
{
	int r;

	r = take_bounded(q, f, v, LIMIT_PATH, why);
	if (r != 0)
		return r;

	if (!path_is_normal(json_string(v)))
		return refuse(
			why, "must be an absolute path without '.', '..', '//' and final '/'");
	return 0;
}

/* A directory may also be the root. */
static int take_directory(
	struct request *q, const struct field *f, const struct json *v, struct bytes *why)
{
	const char *path = json_string(v);

	if (path && strcmp(path, "/") == 0)
		return take_string(q, f, v, why);
	return take_path(q, f, v, why);
}

static int take_sha256(
	struct request *q, const struct field *f, const struct json *v, struct bytes *why)
{
	uint8_t hash[32];
	int r;

	r = take_string(q, f, v, why);
	if (r != 0)
		return r;

	r = notation_parse_hex(json_string(v), strlen(json_string(v)), hash, sizeof(hash));
	if (r < 0)
		return refuse(why, "must be 64 hexadecimal digits in lower case");
	return 0;
}

static int take_args(
	struct request *q, const struct field *f, const struct json *v, struct bytes *why)
{
	const char *arg;
	int r;

	(void)f;
	if (!json_is_array(v))
		return refuse(why, "must be an array of strings");

	json_each (child, v) {
		arg = json_string(child);
		if (!arg)
			return refuse(why, "must be an array of strings");
		if (q->n_args == LIMIT_ARGS) {
			r = bytes_appendf(why, "has more than %d elements", LIMIT_ARGS);
			return r < 0 ? r : FIELD_REFUSED;
		}

		r = bytes_append(&q->args_bytes, arg, strlen(arg) + 1);
		if (r < 0)
			return r;
		q->n_args++;
	}
	return 0;
}

static int take_hitl_mode(
	struct request *q, const struct field *f, const struct json *v, struct bytes *why)
{
	const char *mode = json_string(v);

	(void)q;
	(void)f;
	if (!mode || (strcmp(mode, "sync_wait") != 0 && strcmp(mode, "async_token") != 0))
		return refuse(why, "must be 'sync_wait' or 'async_token'");
	return 0;
}

static int take_wait(
	struct request *q, const struct field *f, const struct json *v, struct bytes *why)
{
	int64_t ms;
	int r;

	(void)f;
	if (!json_integer(v, &ms) || ms < 0 || ms > LIMIT_WAIT_MS) {
		r = bytes_appendf(why, "must be a whole number from 0 to %d", LIMIT_WAIT_MS);
		return r < 0 ? r : FIELD_REFUSED;
	}

	q->wait_ms = (uint32_t)ms;
	return 0;
}

static int take_detail(
	struct request *q, const struct field *f, const struct json *v, struct bytes *why)
{
	(void)f;
	return json_bool(v, &q->detail) ? 0 : refuse(why, "must be true or false");
}

static int take_all(
	struct request *q, const struct field *f, const struct json *v, struct bytes *why)
{
	(void)f;
	return json_bool(v, &q->all) && q->all ? 0 : refuse(why, "must be true");
}

/* (uid_t)-1 is no user: chown(2). */
static int take_uid(
	struct request *q, const struct field *f, const struct json *v, struct bytes *why)
{
	int64_t uid;

	(void)f;
	if (!json_integer(v, &uid) || uid < 0 || uid >= UINT32_MAX)
		return refuse(why, "must be a user's number");

	q->uid = (uid_t)uid;
	q->by_uid = true;
	return 0;
}

static int take_state(
	struct request *q, const struct field *f, const struct json *v, struct bytes *why)
{
	const char *name = json_string(v);

	(void)f;
	q->state = name ? token_state_parse(name) : TOKEN_ABSENT;
	if (q->state == TOKEN_ABSENT)
		return refuse(
			why, "must be 'pending', 'approved', 'consumed', 'revoked' or 'expired'");
	return 0;
}

#define AT(member) offsetof(struct request, member)

static const struct field exec_fields[] = {
	{ "executable", true, AT(executable), take_path },
	{ "args", false, 0, take_args },
	{ "sandbox_id", true, AT(sandbox_id), take_string },
	{ "session_id", true, AT(session_id), take_string },
	{ "agent_id", false, AT(agent_id), take_agent },
	{ "profile", true, AT(profile), take_string },
	{ "hitl_mode", true, 0, take_hitl_mode },
	{ "budget_state_ref", false, AT(budget_state_ref), take_string },
	{ "request_fingerprint", false, AT(request_fingerprint), take_string },
	{ "approval_token", false, AT(approval_token), take_string },
	{ "cwd", false, AT(cwd), take_directory },
	{ "real_path", false, AT(real_path), take_path },
	{ "executable_sha256", false, AT(executable_sha256), take_sha256 },
	{ "wait_ms", false, 0, take_wait },
	{ "detail", false, 0, take_detail },
	{ 0 },
};

static const struct field approve_fields[] = {
	{ "token_id", true, AT(token_id), take_string },
	{ "fingerprint", false, AT(fingerprint), take_string },
	{ "state", false, 0, take_state },
	{ 0 },
};

/* One of the first four: see check_selection(). */
static const struct field revoke_fields[] = {
	{ "token_id", false, AT(token_id), take_word },
	{ "all", false, 0, take_all },
	{ "uid", false, 0, take_uid },
	{ "session_id", false, AT(session_id), take_word },
	{ "fingerprint", false, AT(fingerprint), take_string },
	{ "state", false, 0, take_state },
	{ "reason", false, AT(reason), take_string },
	{ 0 },
};

static const struct field list_fields[] = {
	{ "state", false, 0, take_state },
	{ 0 },
};

static const struct field show_fields[] = {
	{ "token_id", true, AT(token_id), take_string },
	{ 0 },
};

static const struct field watch_fields[] = {
	{ 0 },
};

static const struct field status_fields[] = {
	{ 0 },
};

static const struct {
	const char *name;
	const struct field *fields;
} actions[] = {
	[ACTION_NONE] = { "", NULL },
	[ACTION_EXEC] = { "local.exec", exec_fields },
	[ACTION_APPROVE] = { "local.exec.approve", approve_fields },
	[ACTION_REVOKE] = { "local.exec.revoke", revoke_fields },
	[ACTION_LIST] = { "local.exec.list", list_fields },
	[ACTION_SHOW] = { "local.exec.show", show_fields },
	[ACTION_WATCH] = { "local.exec.watch", watch_fields },
	[ACTION_STATUS] = { "local.exec.status", status_fields },
};

const char *action_name(enum action action)
{
	return actions[action].name;
}

static enum action action_parse(const char *name)
{
	for (size_t i = 1; i < sizeof(actions) / sizeof(actions[0]); i++)
		if (strcmp(name, actions[i].name) == 0)
			return (enum action)i;
	return ACTION_NONE;
}

/* "malformed request: KEY " and what `take` appended, or a missing key, becomes the fault. */
static int read_field(struct request *q, const struct field *f)
{
	cleanup(bytes_deinit) struct bytes why = BYTES_INIT(BYTES_UNLIMITED);
	const struct json *v;
	int r;

	v = json_get(json_root(q->doc), f->key);
	if ((!v || json_is_null(v)) && !f->required)
		return 0;

	r = bytes_appendf(&why, REQUEST_MALFORMED "%s ", f->key);
	if (r < 0)
		return r;

	r = v ? f->take(q, f, v, &why) : refuse(&why, "is missing");
	if (r != FIELD_REFUSED)
		return r;

	q->fault = bytes_steal(&why);
	return q->fault ? FIELD_REFUSED : -ENOMEM;
}

static int read_action(struct request *q)
{
	static const struct field field = { "action", true, AT(token_id), take_string };
	cleanup(bytes_deinit) struct bytes why = BYTES_INIT(BYTES_UNLIMITED);
	const char *name;
	int r;

	r = read_field(q, &field);
	if (r != 0)
		return r;

	name = steal_ptr(q->token_id);
	q->action = action_parse(name);
	if (q->action != ACTION_NONE)
		return 0;

	r = bytes_append_str(&why, "unknown action '");
	if (r >= 0)
		r = text_append_escaped(&why, name, strlen(name));
	if (r >= 0)
		r = bytes_append_char(&why, '\'');
	if (r < 0)
		return r;

	q->fault = bytes_steal(&why);
	return q->fault ? FIELD_REFUSED : -ENOMEM;
}

/*
 * A revocation of nothing in particular must not be one of everything, nor may one of many look as
 * if it were narrowed by what is for one alone.
 */
static int check_selection(struct request *q)
{
	int n = (q->token_id ? 1 : 0) + q->all + q->by_uid + (q->session_id ? 1 : 0);
	bool for_one = q->fingerprint || q->state != TOKEN_ABSENT;
	const char *fault;

	if (q->action != ACTION_REVOKE || (n == 1 && (q->token_id || !for_one)))
		return 0;

	if (n == 0)
		fault = REQUEST_MALFORMED "token_id is missing";
	else if (n > 1)
		fault = REQUEST_MALFORMED "token_id, all, uid, session_id exclude one another";
	else
		fault = REQUEST_MALFORMED "fingerprint and state are for token_id";
	q->fault = strdup(fault);
	return q->fault ? FIELD_REFUSED : -ENOMEM;
}

/* Returns 0, FIELD_REFUSED with the fault noted, or an error. */
static int read_request(struct request *q, const char *line, size_t len)
{
	struct scan_fault fault;
	int r;

	r = json_parse(line, len, &q->doc, &fault);
	if (r == JSON_MALFORMED) {
		if (asprintf(&q->fault, REQUEST_MALFORMED "%s (at byte %zu)",
			    scan_error_text(fault.error), fault.offset + 1)
			< 0) {
			q->fault = NULL;
			return -ENOMEM;
		}
		return FIELD_REFUSED;
	}
	if (r < 0)
		return r;

	r = read_action(q);
	for (const struct field *f = actions[q->action].fields; r == 0 && f->key; f++)
		r = read_field(q, f);
	return r == 0 ? check_selection(q) : r;
}

static struct request *request_new(void)
{
	struct request *q;

	q = calloc(1, sizeof(*q));
	if (q)
		bytes_init(&q->args_bytes, BYTES_UNLIMITED);
	return q;
}

int request_parse(const char *line, size_t len, struct request **ret)
{
	cleanup(request_free_p) struct request *q = NULL;
	int r;

	q = request_new();
	if (!q)
		return -ENOMEM;

	r = read_request(q, line, len);
	if (r < 0)
		return r;

	q->args = bytes_str(&q->args_bytes);
	q->args_len = q->args_bytes.len;
	*ret = steal_ptr(q);
	return 0;
}

int request_new_refused(const char *fault, struct request **ret)
{
	cleanup(request_free_p) struct request *q = NULL;

	q = request_new();
	if (!q)
		return -ENOMEM;

	q->fault = strdup(fault);
	if (!q->fault)
		return -ENOMEM;

	*ret = steal_ptr(q);
	return 0;
}

void request_free(struct request *q)
{
	if (!q)
		return;

	json_doc_free(q->doc);
	bytes_deinit(&q->args_bytes);
	free(q->fault);
	free(q);
}

bool request_selects(const struct request *q, const struct token *t)
{
	return q->all || (q->by_uid && q->uid == t->uid)
		|| (q->session_id && strcmp(q->session_id, t->session_id) == 0);
}

void request_fingerprint(const struct request *q, uint8_t ret[static 32])
{
	fingerprint_compute(
		q->executable, q->args, q->n_args, q->session_id, q->sandbox_id, q->agent_id, ret);
}
