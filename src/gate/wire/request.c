/* SPDX-License-Identifier: ISC */

/*
 * Reads a request. Each action has a table of its fields; each field has a function that reads its
 * value.
 */

#include "gate/wire/request.h"

#include <errno.h>
#include <string.h>

#include "base/json/scan.h"
#include "base/json/tree.h"
#include "base/path.h"
#include "base/text.h"
#include "gate/fields.h"
#include "gate/limits.h"
#include "gate/token/fingerprint.h"
#include "gate/wire/request-internal.h"

#define AT(member) offsetof(struct request, member)

/* These follow the fields of gate/fields. */
static const struct request_key exec_keys[] = {
	{ "hitl_mode", true, 0, request_take_hitl_mode },
	{ "budget_state_ref", false, AT(budget_state_ref), request_take_string },
	{ "request_fingerprint", false, AT(request_fingerprint), request_take_string },
	{ "approval_token", false, AT(approval_token), request_take_string },
	{ "wait_ms", false, 0, request_take_wait },
	{ "detail", false, 0, request_take_detail },
	{ "resume", false, AT(resume), request_take_true },
	{ 0 },
};

static const struct request_key done_keys[] = {
	{ "record_id", true, AT(record_id), request_take_string },
	{ "status", true, 0, request_take_status },
	{ "signal", false, 0, request_take_signal },
	{ "time_ms", true, 0, request_take_time },
	{ 0 },
};

static const struct request_key approve_keys[] = {
	{ "token_id", true, AT(token_id), request_take_string },
	{ "fingerprint", false, AT(fingerprint), request_take_string },
	{ "state", false, 0, request_take_state },
	{ "always", false, AT(always), request_take_true },
	{ "for_ms", false, 0, request_take_for },
	{ "confirmed", false, 0, request_take_confirmed },
	{ "signature", false, AT(signature), request_take_signature },
	{ 0 },
};

/* Exactly one of the first four: see check_selection(). */
static const struct request_key revoke_keys[] = {
	{ "token_id", false, AT(token_id), request_take_word },
	{ "all", false, AT(all), request_take_true },
	{ "uid", false, 0, request_take_uid },
	{ "session_id", false, AT(session), request_take_word },
	{ "fingerprint", false, AT(fingerprint), request_take_string },
	{ "state", false, 0, request_take_state },
	{ "reason", false, AT(reason), request_take_string },
	{ "signature", false, AT(signature), request_take_signature },
	{ 0 },
};

static const struct request_key gate_keys[] = {
	{ "token_id", false, AT(token_id), request_take_string },
	{ 0 },
};

static const struct request_key list_keys[] = {
	{ "state", false, 0, request_take_state },
	{ 0 },
};

static const struct request_key show_keys[] = {
	{ "token_id", true, AT(token_id), request_take_string },
	{ 0 },
};

static const struct request_key watch_keys[] = {
	{ 0 },
};

static const struct request_key status_keys[] = {
	{ 0 },
};

static const struct request_key rotate_keys[] = {
	{ 0 },
};

static const struct request_key allow_list_keys[] = {
	{ 0 },
};

static const struct request_key allow_add_keys[] = {
	{ "pattern", true, AT(pattern), request_take_pattern },
	{ "argv", false, 0, request_take_argv },
	{ "agent_id", false, AT(agent), request_take_word },
	{ "for_ms", false, 0, request_take_for },
	{ 0 },
};

static const struct request_key allow_remove_keys[] = {
	{ "id", true, AT(id), request_take_string },
	{ 0 },
};

static const struct {
	const char *name;
	const struct request_key *keys;
} actions[] = {
	[ACTION_NONE] = { "", NULL },
	[ACTION_EXEC] = { "local.exec", exec_keys },
	[ACTION_DONE] = { "local.exec.done", done_keys },
	[ACTION_APPROVE] = { "local.exec.approve", approve_keys },
	[ACTION_REVOKE] = { "local.exec.revoke", revoke_keys },
	[ACTION_LIST] = { "local.exec.list", list_keys },
	[ACTION_SHOW] = { "local.exec.show", show_keys },
	[ACTION_WATCH] = { "local.exec.watch", watch_keys },
	[ACTION_STATUS] = { "local.exec.status", status_keys },
	[ACTION_ALLOW_LIST] = { "local.exec.allow.list", allow_list_keys },
	[ACTION_ALLOW_ADD] = { "local.exec.allow.add", allow_add_keys },
	[ACTION_ALLOW_REMOVE] = { "local.exec.allow.remove", allow_remove_keys },
	[ACTION_GATE] = { "local.exec.gate", gate_keys },
	[ACTION_ROTATE] = { "local.exec.evidence.rotate", rotate_keys },
	[ACTION_EVALUATE] = { "evaluate", NULL },
};

const char *action_name(enum action action)
{
	return actions[action].name;
}

static enum action action_parse(const char *name)
{
	for (size_t i = 1; i < sizeof(actions) / sizeof(actions[0]); i++)
		if (actions[i].keys && strcmp(name, actions[i].name) == 0)
			return (enum action)i;
	return ACTION_NONE;
}

/* Reads the invocation: the fields of gate/fields. */
static int read_asked(struct request *q)
{
	static request_take_fn *const takes[] = {
		[FIELD_KIND_TEXT] = request_take_string,
		[FIELD_KIND_AGENT] = request_take_agent,
		[FIELD_KIND_PATH] = request_take_path,
		[FIELD_KIND_DIRECTORY] = request_take_directory,
		[FIELD_KIND_SHA256] = request_take_sha256,
		[FIELD_KIND_STRINGS] = request_take_args,
		[FIELD_KIND_PROGRAMS] = request_take_programs,
		[FIELD_KIND_NAMES] = request_take_names,
	};
	int r = 0;

	for (const struct field_row *row = field_rows; r == 0 && row < field_rows + FIELDS; row++)
		r = request_read_member(q,
			&(struct request_key){ row->name, row->required, AT(asked) + row->offset,
				takes[row->kind] });
	return r;
}

static int read_action(struct request *q)
{
	static const struct request_key key = { "action", true, AT(token_id), request_take_string };
	cleanup(bytes_deinit) struct bytes why = BYTES_INIT(BYTES_UNLIMITED);
	const char *name;
	int r;

	r = request_read_member(q, &key);
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
	return q->fault ? REQUEST_REFUSED : -ENOMEM;
}

/*
 * A revocation must say which tokens: without a selection it must not mean all. With a selection of
 * many, fields that are for one token alone are refused.
 */
static int check_selection(struct request *q)
{
	int n = (q->token_id ? 1 : 0) + q->all + q->by_uid + (q->session ? 1 : 0);
	bool for_one = q->fingerprint || q->signature || q->state != TOKEN_ABSENT;
	const char *fault;

	if (q->action != ACTION_REVOKE || (n == 1 && (q->token_id || !for_one)))
		return 0;

	if (n == 0)
		fault = REQUEST_MALFORMED "token_id is missing";
	else if (n > 1)
		fault = REQUEST_MALFORMED "token_id, all, uid, session_id exclude one another";
	else
		fault = REQUEST_MALFORMED "fingerprint, state and signature are for token_id";
	q->fault = strdup(fault);
	return q->fault ? REQUEST_REFUSED : -ENOMEM;
}

/* A time limit is refused unless the approval is for good: else it would be silently ignored. */
static int check_approval(struct request *q)
{
	if (q->action != ACTION_APPROVE || q->always || q->for_ms == 0)
		return 0;

	q->fault = strdup(REQUEST_MALFORMED "for_ms goes with always");
	return q->fault ? REQUEST_REFUSED : -ENOMEM;
}

/* The keys that distinguish the contracts. null counts as absent. */
enum contract_key { KEY_ACTION, KEY_ACTION_TYPE, KEY_RELEASE, KEY_TARGET, CONTRACT_KEYS };

struct contract_keys {
	bool has[CONTRACT_KEYS];
};

static const char *const contract_keys[CONTRACT_KEYS] = {
	[KEY_ACTION] = "action",
	[KEY_ACTION_TYPE] = "action_type",
	[KEY_RELEASE] = "release_governance",
	[KEY_TARGET] = "target",
};

static int note_contract_key(const struct scan_member *m, void *userdata)
{
	struct contract_keys *keys = userdata;

	if (m->value_len == 4 && memcmp(m->value, "null", 4) == 0)
		return 0;
	for (enum contract_key k = 0; k < CONTRACT_KEYS; k++)
		keys->has[k] |= m->key_len == strlen(contract_keys[k])
			&& memcmp(m->key, contract_keys[k], m->key_len) == 0;
	return 0;
}

/* If the line is not valid JSON, uses the members before the fault. */
static int find_contract_keys(
	const struct request *q, const char *line, size_t len, struct contract_keys *ret)
{
	struct contract_keys keys = { 0 };
	struct scan_fault fault;
	int r;

	if (!q->doc) {
		r = scan_object(line, len, note_contract_key, &keys, &fault);
		if (r < 0)
			return r;
	}
	for (enum contract_key k = 0; q->doc && k < CONTRACT_KEYS; k++) {
		const struct json *v = json_get(json_root(q->doc), contract_keys[k]);

		keys.has[k] = v && !json_is_null(v);
	}
	*ret = keys;
	return 0;
}

/*
 * The only code that distinguishes the contracts. A request of the second one has `action_type` or
 * `release_governance`. If it has neither, `target` identifies it, since no action has that field.
 * With `action` in addition to one of the first two, it is a malformed request of the second
 * contract.
 */
static bool is_second_contract(const struct contract_keys *keys)
{
	if (keys->has[KEY_ACTION_TYPE] || keys->has[KEY_RELEASE])
		return true;
	return keys->has[KEY_TARGET] && !keys->has[KEY_ACTION];
}

static int read_evaluate(struct request *q, const struct contract_keys *keys)
{
	if (keys->has[KEY_ACTION])
		return request_set_fault(q, "%s and %s exclude each other",
			contract_keys[KEY_ACTION],
			contract_keys[keys->has[KEY_ACTION_TYPE] ? KEY_ACTION_TYPE : KEY_RELEASE]);
	return request_read_evaluate(q);
}

/* Returns 0, REQUEST_REFUSED with the fault noted, or an error. */
static int read_request(struct request *q, const char *line, size_t len)
{
	struct contract_keys keys;
	struct scan_fault fault;
	int parsed, r;

	parsed = json_parse(line, len, &q->doc, &fault);
	r = parsed < 0 ? parsed : find_contract_keys(q, line, len, &keys);
	if (r < 0)
		return r;

	if (is_second_contract(&keys))
		q->action = ACTION_EVALUATE;
	if (parsed == JSON_MALFORMED)
		return request_set_fault(
			q, "%s (at byte %zu)", scan_error_text(fault.error), fault.offset + 1);
	if (q->action == ACTION_EVALUATE)
		return read_evaluate(q, &keys);

	r = read_action(q);
	if (r == 0 && q->action == ACTION_EXEC)
		r = read_asked(q);
	for (const struct request_key *k = actions[q->action].keys; r == 0 && k->key; k++)
		r = request_read_member(q, k);
	if (r == 0)
		r = check_approval(q);
	return r == 0 ? check_selection(q) : r;
}

static struct request *request_new(void)
{
	struct request *q;

	q = calloc(1, sizeof(*q));
	if (!q)
		return NULL;

	bytes_init(&q->args_bytes, BYTES_UNLIMITED);
	bytes_init(&q->argv_bytes, BYTES_UNLIMITED);
	bytes_init(&q->programs_bytes, BYTES_UNLIMITED);
	bytes_init(&q->environment_bytes, BYTES_UNLIMITED);
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

	q->asked.args.text = bytes_str(&q->args_bytes);
	q->asked.args.len = q->args_bytes.len;
	q->argv = q->argv_bytes.len > 0 ? bytes_str(&q->argv_bytes) : "[]";
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

	request_deinit_evaluate(&q->evaluate);
	json_doc_free(q->doc);
	bytes_deinit(&q->args_bytes);
	bytes_deinit(&q->argv_bytes);
	bytes_deinit(&q->programs_bytes);
	bytes_deinit(&q->environment_bytes);
	free(q->fault);
	free(q);
}

bool request_selects(const struct request *q, const struct token *t)
{
	return q->all || (q->by_uid && q->uid == t->uid)
		|| (q->session && strcmp(q->session, t->asked.session_id) == 0);
}
