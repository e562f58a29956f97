/* SPDX-License-Identifier: ISC */

/*
 * Reads an EvaluateRequest. A table lists its members, as for an action. The record of a release is
 * an object of its own, read by the tables of gate/release.
 */

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/text.h"
#include "gate/fields.h"
#include "gate/limits.h"
#include "gate/wire/request-internal.h"

#define BLANKS " \t\r\n\v\f"
#define SHELL_BLANKS " \t\n" /* to a shell, the others are part of a word */
#define RECORD_KEY "record"
#define RELEASE_KEY "release_governance"
#define DELIVERED_KEY "delivery_success"

#define AT(member) offsetof(struct request, member)

static const struct dispatch_row keys[] = {
	{ "action_type", dispatch_take_string, AT(evaluate.action_type), false, LIMIT_STRING },
	{ "session_id", dispatch_take_string, AT(evaluate.session_id), false, LIMIT_STRING },
	{ "agent_id", dispatch_take_string, AT(evaluate.agent_id), false, LIMIT_STRING },
	{ "actor", dispatch_take_string, AT(evaluate.actor), false, LIMIT_STRING },
	{ "target", dispatch_take_string, AT(evaluate.target), false, LIMIT_REQUEST_MAX },
	{ "requested_operation", dispatch_take_string, AT(evaluate.requested_operation), false,
		LIMIT_REQUEST_MAX },
	{ "policy_pack", dispatch_take_string, AT(evaluate.policy_pack), false, LIMIT_STRING },
	{ "operation", dispatch_take_string, AT(evaluate.operation), false, LIMIT_REQUEST_MAX },
	{ "server", dispatch_take_string, AT(evaluate.server), false, LIMIT_STRING },
	{ "tool", dispatch_take_string, AT(evaluate.tool), false, LIMIT_STRING },
	{ "capability", dispatch_take_string, AT(evaluate.capability), false, LIMIT_STRING },
	{ "runner_auth", request_take_runner, 0, false, 0 },
	{ "runner", request_refuse_fact, 0, false, 0 },
	{ "cwd", dispatch_take_directory, AT(asked.cwd), false, LIMIT_PATH },
	{ "real_target", dispatch_take_directory, AT(evaluate.real_target), false, LIMIT_PATH },
	{ "content", dispatch_take_string, AT(evaluate.content), false, LIMIT_REQUEST_MAX },
	{ "content_sha256", dispatch_take_hash, AT(evaluate.content_sha256), false, LIMIT_STRING },
	{ "old_text", dispatch_take_string, AT(evaluate.old_text), false, LIMIT_REQUEST_MAX },
	{ "new_text", dispatch_take_string, AT(evaluate.new_text), false, LIMIT_REQUEST_MAX },
	{ "programs", request_take_programs, 0, false, 0 },
	{ "environment", request_take_names, 0, false, 0 },
	{ "purpose", request_take_non_empty, AT(asked.purpose), false, LIMIT_STRING },
	{ "approval_token", dispatch_take_string, AT(approval_token), false, LIMIT_STRING },
	{ "wait_ms", dispatch_take_number, AT(wait_ms), false, LIMIT_WAIT_MS },
	{ "detail", dispatch_take_bool, AT(detail), false, 0 },
	{ "resume", dispatch_take_true, AT(resume), false, 0 },
	{ "prompt", dispatch_take_true, AT(prompt), false, 0 },
	{ RELEASE_KEY, dispatch_check_object, 0, false, 0 },
	{ RECORD_KEY, dispatch_check_object, 0, false, 0 },
	{ 0 },
};

/* --- the record of a release ------------------------------------------------------------------ */

static int refuse_member(struct request *q, const char *record, const char *key, const char *what)
{
	return request_set_fault(q, "%s.%s %s", record, key, what);
}

static int take_release_text(struct request *q, const char *record, const char *key,
	const struct json *v, const char **ret)
{
	const char *text = json_string(v);

	if (!text)
		return refuse_member(q, record, key, "must be a string");
	if (strlen(text) > LIMIT_STRING)
		return refuse_member(q, record, key, "is longer than 1024 bytes");
	if (text[0] != '\0')
		*ret = text;
	return 0;
}

static int take_release_list(
	struct request *q, const char *record, const char *key, const struct json *v, size_t *ret)
{
	if (!json_is_array(v))
		return refuse_member(q, record, key, "must be an array of strings");
	json_each (child, v)
		if (!json_string(child))
			return refuse_member(q, record, key, "must be an array of strings");
	*ret = json_size(v);
	return 0;
}

/* Unknown members are ignored, as in a request. */
static int take_release_member(struct request *q, const char *record, const struct json *v)
{
	struct release *release = &q->evaluate.release;
	const char *key = json_key(v);
	int64_t count;

	if (json_is_null(v))
		return 0;
	for (enum release_text i = 0; i < RELEASE_TEXTS; i++)
		if (strcmp(key, release_text_key(i)) == 0)
			return take_release_text(q, record, key, v, &release->texts[i]);
	for (enum release_list i = 0; i < RELEASE_LISTS; i++)
		if (strcmp(key, release_list_key(i)) == 0)
			return take_release_list(q, record, key, v, &release->lists[i]);
	for (enum release_count i = 0; i < RELEASE_COUNTS; i++) {
		if (strcmp(key, release_count_key(i)) != 0)
			continue;
		if (!json_integer(v, &count) || count < 0)
			return refuse_member(q, record, key, "must be a whole number from 0");
		release->counts[i] = (uint64_t)count;
		return 0;
	}
	if (strcmp(key, DELIVERED_KEY) == 0 && !json_bool(v, &release->delivered))
		return refuse_member(q, record, key, "must be true or false");
	return 0;
}

/* Two different values are refused: neither is known to be the right one. */
static int take_nested(struct request *q, const char *record, const struct json *approval,
	const char *key, const char **ret)
{
	const struct json *v = json_get(approval, key);
	const char *text = NULL;
	int r;

	if (!v || json_is_null(v))
		return 0;

	r = take_release_text(q, record, key, v, &text);
	if (r != 0)
		return r;
	if (text && *ret && strcmp(text, *ret) != 0)
		return refuse_member(q, record, key, "is given twice, and differs");
	if (text)
		*ret = text;
	return 0;
}

/* In the older form the approval may be an object: {"state", "approval_id"}. */
static int take_approval(struct request *q, const char *name, const struct json *record)
{
	const struct json *approval = json_get(record, "approval");
	const char **texts = q->evaluate.release.texts;
	int r;

	if (strcmp(name, RECORD_KEY) != 0 || !approval || json_is_null(approval))
		return 0;
	if (!json_is_object(approval))
		return refuse_member(q, name, "approval", "must be an object");

	r = take_nested(q, name, approval, "state", &texts[RELEASE_APPROVAL_STATE]);
	return r != 0 ? r
		      : take_nested(q, name, approval, "approval_id", &texts[RELEASE_APPROVAL_ID]);
}

/* --- the record in canonical form ------------------------------------------------------------- */

/* Adds "KEY=VALUE". */
static void add_to_record(struct request *q, const char *key, const char *value)
{
	q->asked.release.n++;
	bytes_appendf(&q->release_bytes, "%s=%s", key, value);
	bytes_append_char(&q->release_bytes, '\0');
}

static void add_count(struct request *q, const char *key, uint64_t count)
{
	char text[24];

	if (count == 0)
		return;
	snprintf(text, sizeof(text), "%" PRIu64, count);
	add_to_record(q, key, text);
}

static void add_list(struct request *q, const struct json *record, const char *key)
{
	const struct json *list = json_get(record, key);

	if (!list || !json_is_array(list))
		return;
	json_each (child, list)
		add_to_record(q, key, json_string(child));
}

/*
 * Lists the record's members, one way for all records that are equal. The approval is left out: it
 * is what a person decides.
 */
static int make_canonical(struct request *q, const struct json *record)
{
	const struct release *release = &q->evaluate.release;
	int r;

	for (enum release_text i = 0; i < RELEASE_TEXTS; i++)
		if (release->texts[i] && i != RELEASE_APPROVAL_STATE && i != RELEASE_APPROVAL_ID)
			add_to_record(q, release_text_key(i), release->texts[i]);
	for (enum release_count i = 0; i < RELEASE_COUNTS; i++)
		add_count(q, release_count_key(i), release->counts[i]);
	if (release->delivered)
		add_to_record(q, DELIVERED_KEY, "true");
	for (enum release_list i = 0; i < RELEASE_LISTS; i++)
		add_list(q, record, release_list_key(i));
	r = bytes_error(&q->release_bytes);
	if (r < 0)
		return r;

	q->asked.release = string_list_of(
		bytes_str(&q->release_bytes), q->asked.release.n, q->release_bytes.len);
	return 0;
}

static int take_release(struct request *q)
{
	const struct member *record = members_find(&q->members, RELEASE_KEY);
	const struct member *older = members_find(&q->members, RECORD_KEY);
	const char *name = RELEASE_KEY;
	struct evaluate *e = &q->evaluate;
	struct scan_fault fault;
	int r;

	if (older) {
		if (record)
			return request_set_fault(
				q, RELEASE_KEY " and " RECORD_KEY " exclude each other");
		record = older;
		name = RECORD_KEY;
	}
	if (!record)
		return 0;

	r = json_parse(record->text, record->len, &q->record, &fault);
	if (r != 0)
		return r < 0 ? r : -EINVAL;
	json_each (member, json_root(q->record)) {
		r = take_release_member(q, name, member);
		if (r != 0)
			return r;
	}
	r = take_approval(q, name, json_root(q->record));
	if (r != 0 || release_is_empty(&e->release))
		return r;

	if (!e->action_type)
		e->action_type = kind_action_type(KIND_RELEASE);
	if (kind_of_action_type(e->action_type) != KIND_RELEASE)
		return request_set_fault(
			q, "%s is for the action type %s", name, kind_action_type(KIND_RELEASE));
	return make_canonical(q, json_root(q->record));
}

/* --- derived members -------------------------------------------------------------------------- */

static void drop_empty(struct evaluate *e)
{
	const char **const texts[] = { &e->session_id, &e->agent_id, &e->actor, &e->action_type,
		&e->target, &e->requested_operation, &e->policy_pack, &e->operation, &e->server,
		&e->tool, &e->capability };

	for (size_t i = 0; i < LENGTH(texts); i++)
		if (*texts[i] && *texts[i][0] == '\0')
			*texts[i] = NULL;
}

static int trim(const char *text, const char *blanks, char **ret)
{
	size_t len;

	text = text ? text + strspn(text, blanks) : "";
	for (len = strlen(text); len > 0 && strchr(blanks, text[len - 1]); len--)
		;
	*ret = strndup(text, len);
	return *ret ? 0 : -ENOMEM;
}

/* Splits "SERVER:TOOL", if the request gives neither separately. */
static int split_tool(struct evaluate *e)
{
	const char *colon = e->target ? strchr(e->target, ':') : NULL;

	if (e->server || e->tool || !colon || colon == e->target || !colon[1])
		return 0;

	e->owned_server = strndup(e->target, (size_t)(colon - e->target));
	if (!e->owned_server)
		return -ENOMEM;
	e->server = e->owned_server;
	e->tool = colon + 1;
	return 0;
}

static int show_tool(struct evaluate *e)
{
	int r;

	r = split_tool(e);
	if (r < 0)
		return r;
	if (asprintf(&e->owned_target, "%s:%s", e->server ? e->server : "", e->tool ? e->tool : "")
		< 0) {
		e->owned_target = NULL;
		return -ENOMEM;
	}
	e->shown_target = e->owned_target;
	e->shown_operation = e->does ? e->does : e->tool;
	return 0;
}

static const char *first_of(const char *a, const char *b, const char *otherwise)
{
	return a ? a : b ? b : otherwise;
}

/* Sets the target and the operation that the response names. */
static int show(struct evaluate *e)
{
	e->does = first_of(e->operation, e->requested_operation, e->capability);
	e->shown_target = e->target;
	e->shown_operation = e->does;

	switch (e->kind) {
	case KIND_EXEC:
		e->shown_target = e->shown_operation = e->text;
		break;
	case KIND_READ:
	case KIND_WRITE:
	case KIND_FETCH:
		e->shown_operation = kind_name(e->kind);
		break;
	case KIND_GIT:
		e->shown_operation = first_of(e->does, e->target, NULL);
		break;
	case KIND_MCP:
		return show_tool(e);
	case KIND_RELEASE:
		e->shown_target = first_of(
			e->target, e->release.texts[RELEASE_KIND], "release-governance-record");
		e->shown_operation = first_of(e->does, NULL, "verify");
		break;
	default:
		break;
	}
	return 0;
}

static int check_content(struct request *q)
{
	const struct evaluate *e = &q->evaluate;
	const struct invocation asked = { .content = e->content,
		.content_sha256 = e->content_sha256 };

	if (e->content_sha256 && !fields_content_fits(&asked))
		return request_set_fault(q, "content_sha256 is not the content's");
	return 0;
}

/* A path has the limit of paths; other targets may be longer. */
static int check_target(struct request *q)
{
	const struct evaluate *e = &q->evaluate;
	bool is_path = e->kind == KIND_READ || e->kind == KIND_WRITE;

	if (is_path && e->target && strlen(e->target) > LIMIT_PATH)
		return request_set_fault(q, "target is longer than %d bytes", LIMIT_PATH);
	return 0;
}

const char *evaluate_named_approval(const struct evaluate *e)
{
	return e->kind == KIND_RELEASE && release_is_approved(&e->release)
		? e->release.texts[RELEASE_APPROVAL_ID]
		: NULL;
}

int request_read_evaluate(struct request *q)
{
	struct evaluate *e = &q->evaluate;
	int r;

	r = request_read_action(q, keys);
	drop_empty(e);
	q->asked.session_id = e->session_id;
	q->asked.agent_id = e->agent_id;
	if (r == 0)
		r = take_release(q);
	if (r != 0)
		return r;

	e->kind = e->action_type ? kind_of_action_type(e->action_type) : KIND_OTHER;
	r = trim(e->target, e->kind == KIND_EXEC ? SHELL_BLANKS : BLANKS, &e->owned_text);
	if (r < 0)
		return r;
	e->text = e->owned_text;
	r = check_target(q);
	if (r == 0)
		r = check_content(q);
	return r != 0 ? r : show(e);
}

void request_deinit_evaluate(struct evaluate *e)
{
	free(e->owned_text);
	free(e->owned_server);
	free(e->owned_target);
	free(e->owned_compared);
}
