/* SPDX-License-Identifier: ISC */

/*
 * Reads a request. Each action has a table of its fields; each field has a function that reads its
 * value.
 */

#include "gate/wire/request.h"

#include <errno.h>
#include <string.h>

#include "base/array.h"
#include "base/json/scan.h"
#include "base/text.h"
#include "gate/approval/sshsig.h"
#include "gate/fields.h"
#include "gate/limits.h"
#include "gate/wire/request-internal.h"

#define AT(member) offsetof(struct request, member)

/* These follow the fields of gate/fields. */
static const struct dispatch_row exec_keys[] = {
	{ "hitl_mode", request_take_hitl_mode, 0, true, 0 },
	{ "budget_state_ref", dispatch_take_string, AT(budget_state_ref), false, LIMIT_STRING },
	{ "request_fingerprint", dispatch_take_string, AT(request_fingerprint), false,
		LIMIT_STRING },
	{ "approval_token", dispatch_take_string, AT(approval_token), false, LIMIT_STRING },
	{ "wait_ms", dispatch_take_number, AT(wait_ms), false, LIMIT_WAIT_MS },
	{ "detail", dispatch_take_bool, AT(detail), false, 0 },
	{ "resume", dispatch_take_true, AT(resume), false, 0 },
	{ "prompt", dispatch_take_true, AT(prompt), false, 0 },
	{ "consume", request_take_consume, 0, false, 0 },
	{ "runner_auth", request_take_runner, 0, false, 0 },
	{ "on_behalf_uid", request_take_behalf, AT(behalf_uid), false, 0 },
	{ "on_behalf_groups", request_take_groups, 0, false, 0 },
	{ 0 },
};

static const struct dispatch_row done_keys[] = {
	{ "record_id", dispatch_take_string, AT(record_id), true, LIMIT_STRING },
	{ "status", dispatch_check_number, 0, true, 255 },
	{ "signal", dispatch_check_positive, 0, false, 64 },
	{ "time_ms", dispatch_check_number, 0, true, JSON_INTEGER_MAX },
	{ 0 },
};

static const struct dispatch_row approve_keys[] = {
	{ "token_id", dispatch_take_string, AT(token_id), true, LIMIT_STRING },
	{ "fingerprint", dispatch_take_string, AT(fingerprint), false, LIMIT_STRING },
	{ "state", request_take_state, 0, false, 0 },
	{ "always", dispatch_take_true, AT(standing.always), false, 0 },
	{ "for_ms", dispatch_take_positive, AT(standing.for_ms), false, LIMIT_ALLOW_FOR_MS },
	{ "scope", request_take_scope, AT(standing.scope), false, 0 },
	{ "confirmed", request_take_confirmed, 0, false, 0 },
	{ "signature", dispatch_take_string, AT(signature), false, SSHSIG_MAX },
	{ 0 },
};

/* Exactly one of the first four: see check_selection(). */
static const struct dispatch_row revoke_keys[] = {
	{ "token_id", dispatch_take_word, AT(token_id), false, LIMIT_STRING },
	{ "all", dispatch_take_true, AT(all), false, 0 },
	{ "uid", request_take_uid, AT(uid), false, 0 },
	{ "session_id", dispatch_take_word, AT(session), false, LIMIT_STRING },
	{ "fingerprint", dispatch_take_string, AT(fingerprint), false, LIMIT_STRING },
	{ "state", request_take_state, 0, false, 0 },
	{ "reason", dispatch_take_string, AT(reason), false, LIMIT_STRING },
	{ "signature", dispatch_take_string, AT(signature), false, SSHSIG_MAX },
	{ 0 },
};

static const struct dispatch_row gate_keys[] = {
	{ "token_id", dispatch_take_string, AT(token_id), false, LIMIT_STRING },
	{ 0 },
};

static const struct dispatch_row list_keys[] = {
	{ "state", request_take_state, 0, false, 0 },
	{ "own", dispatch_take_true, AT(own), false, 0 },
	{ 0 },
};

static const struct dispatch_row show_keys[] = {
	{ "token_id", dispatch_take_string, AT(token_id), true, LIMIT_STRING },
	{ 0 },
};

static const struct dispatch_row no_keys[] = {
	{ 0 },
};

static const struct dispatch_row allow_add_keys[] = {
	{ "pattern", dispatch_take_string, AT(pattern), true, LIMIT_PATTERN },
	{ "argv", request_take_argv, 0, false, 0 },
	{ "agent_id", dispatch_take_word, AT(agent), false, LIMIT_STRING },
	{ "for_ms", dispatch_take_positive, AT(standing.for_ms), false, LIMIT_ALLOW_FOR_MS },
	{ "scope", request_take_scope, AT(standing.scope), false, 0 },
	{ "uid", request_take_uid, AT(uid), false, 0 },
	{ "session_id", dispatch_take_word, AT(asked.session_id), false, LIMIT_STRING },
	{ "sandbox_id", dispatch_take_word, AT(asked.sandbox_id), false, LIMIT_STRING },
	{ "profile", dispatch_take_word, AT(asked.profile), false, LIMIT_STRING },
	{ "cwd", dispatch_take_directory, AT(asked.cwd), false, LIMIT_ALLOW_SHOWN },
	{ "signature", dispatch_take_string, AT(signature), false, SSHSIG_MAX },
	{ "time", dispatch_take_number, AT(time_ms), false, JSON_INTEGER_MAX },
	{ "nonce", dispatch_take_string, AT(nonce), false, LIMIT_STRING },
	{ 0 },
};

static const struct dispatch_row allow_remove_keys[] = {
	{ "id", dispatch_take_string, AT(id), true, LIMIT_STRING },
	{ 0 },
};

static const struct {
	const char *name;
	const struct dispatch_row *keys;
} actions[] = {
	[ACTION_NONE] = { "", NULL },
	[ACTION_EXEC] = { "local.exec", exec_keys },
	[ACTION_DONE] = { "local.exec.done", done_keys },
	[ACTION_WITHDRAW] = { "local.exec.withdraw", show_keys },
	[ACTION_MAY] = { "local.exec.may", no_keys },
	[ACTION_APPROVE] = { "local.exec.approve", approve_keys },
	[ACTION_REVOKE] = { "local.exec.revoke", revoke_keys },
	[ACTION_LIST] = { "local.exec.list", list_keys },
	[ACTION_SHOW] = { "local.exec.show", show_keys },
	[ACTION_WATCH] = { "local.exec.watch", no_keys },
	[ACTION_STATUS] = { "local.exec.status", no_keys },
	[ACTION_ALLOW_LIST] = { "local.exec.allow.list", no_keys },
	[ACTION_ALLOW_ADD] = { "local.exec.allow.add", allow_add_keys },
	[ACTION_ALLOW_REMOVE] = { "local.exec.allow.remove", allow_remove_keys },
	[ACTION_GATE] = { "local.exec.gate", gate_keys },
	[ACTION_ROTATE] = { "local.exec.evidence.rotate", no_keys },
	[ACTION_RECEIPT] = { "local.exec.receipt", show_keys },
	[ACTION_EVALUATE] = { "evaluate", NULL },
};

const char *action_name(enum action action)
{
	return actions[action].name;
}

static enum action action_parse(const char *name)
{
	for (size_t i = 1; i < LENGTH(actions); i++)
		if (actions[i].keys && strcmp(name, actions[i].name) == 0)
			return (enum action)i;
	return ACTION_NONE;
}

/* How a field of the invocation is read, by its kind. */
static const struct {
	dispatch_take_fn *take;
	uint64_t limit;
	enum dispatch_need need; /* unless the field is required */
} field_takes[] = {
	[FIELD_KIND_TEXT] = { dispatch_take_string, LIMIT_STRING, DISPATCH_OPTIONAL },
	[FIELD_KIND_NON_EMPTY] = { request_take_non_empty, LIMIT_STRING, DISPATCH_OPTIONAL },
	[FIELD_KIND_PATH] = { dispatch_take_path, LIMIT_PATH, DISPATCH_OPTIONAL },
	[FIELD_KIND_DIRECTORY] = { dispatch_take_directory, LIMIT_PATH, DISPATCH_OPTIONAL },
	[FIELD_KIND_SHA256] = { dispatch_take_hash, LIMIT_STRING, DISPATCH_OPTIONAL },
	[FIELD_KIND_VIA] = { request_take_via, 0, DISPATCH_OPTIONAL },
	[FIELD_KIND_RUN_AS] = { request_take_run_as, 0, DISPATCH_OPTIONAL },
	[FIELD_KIND_STRINGS] = { request_take_args, 0, DISPATCH_NOT_NULL },
	[FIELD_KIND_PROGRAMS] = { request_take_programs, 0, DISPATCH_OPTIONAL },
	[FIELD_KIND_NAMES] = { request_take_names, 0, DISPATCH_OPTIONAL },
};

/* The rows of local.exec: its fields of the invocation, then the others. Made once. */
static const struct dispatch_row *exec_rows(void)
{
	static struct dispatch_row rows[FIELDS + LENGTH(exec_keys)];
	size_t n = 0;

	if (rows[0].key)
		return rows;
	for (enum field f = 0; f < FIELDS; f++) {
		const struct field_row *row = &field_rows[f];

		if (!(row->contract & CONTRACT_EXEC))
			continue;
		rows[n++] = (struct dispatch_row){ row->name,
			row->fact ? request_refuse_fact : field_takes[row->kind].take,
			AT(asked) + row->offset,
			row->required ? DISPATCH_REQUIRED : field_takes[row->kind].need,
			field_takes[row->kind].limit };
	}
	memcpy(rows + n, exec_keys, sizeof(exec_keys));
	return rows;
}

static int read_action(struct request *q)
{
	static const struct dispatch_row rows[] = {
		{ "action", dispatch_take_string, 0, true, LIMIT_STRING },
		{ 0 },
	};
	cleanup(bytes_deinit) struct bytes why = BYTES_PRINTED;
	const char *name = NULL;
	int r;

	r = request_read_members(q, &name, rows);
	if (r != 0)
		return r;

	q->action = action_parse(name);
	if (q->action != ACTION_NONE)
		return 0;

	bytes_append_str(&why, "unknown action '");
	text_append_escaped(&why, name, strlen(name));
	bytes_append_char(&why, '\'');
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

	if (q->action != ACTION_REVOKE || (n == 1 && (q->token_id || !for_one)))
		return 0;

	if (n == 0)
		return request_set_fault(q, "token_id is missing");
	if (n > 1)
		return request_set_fault(q, "token_id, all, uid, session_id exclude one another");
	return request_set_fault(q, "fingerprint, state and signature are for token_id");
}

/* What is only for an approval for good is refused otherwise: it would be silently ignored. */
static int check_approval(struct request *q)
{
	if (q->action != ACTION_APPROVE || q->standing.always)
		return 0;
	if (q->standing.for_ms > 0)
		return request_set_fault(q, "for_ms goes with always");
	if (q->standing.scope != 0)
		return request_set_fault(q, "scope goes with always");
	return 0;
}

/*
 * An addition must have a value for each word of its scope, and no other value. An entry can't be
 * bound to the agent '*'.
 */
static int check_addition(struct request *q)
{
	const uint8_t scope = q->standing.scope;
	const bool any_agent = q->agent && strcmp(q->agent, "*") == 0;

	if (q->action != ACTION_ALLOW_ADD)
		return 0;
	if (q->by_uid != (scope != 0))
		return request_set_fault(q, "scope and uid go together");
	for (enum field f = 0; f < FIELDS; f++) {
		if (f == FIELD_AGENT_ID || !scope_word(f))
			continue;
		if ((field_get(f, &q->asked) != NULL) != (scope != 0 && scope_has(scope, f)))
			return request_set_fault(q, "%s and '%s' in scope go together",
				field_rows[f].name, scope_word(f));
	}
	if (scope != 0 && scope_has(scope, FIELD_AGENT_ID) == any_agent)
		return request_set_fault(q, "scope has 'agent', unless agent_id is '*'");
	return 0;
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

/* If the line is not valid JSON, uses the members before the fault. */
static struct contract_keys find_contract_keys(const struct request *q)
{
	struct contract_keys keys;

	for (enum contract_key k = 0; k < CONTRACT_KEYS; k++)
		keys.has[k] = members_find(&q->members, contract_keys[k]) != NULL;
	return keys;
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
	int scanned, r;

	scanned = members_read(&q->members, line, len, &fault);
	if (scanned < 0)
		return scanned;

	keys = find_contract_keys(q);
	if (is_second_contract(&keys))
		q->action = ACTION_EVALUATE;
	if (scanned == SCAN_REFUSED)
		return request_set_fault(
			q, "%s (at byte %zu)", scan_error_text(fault.error), fault.offset + 1);
	if (q->action == ACTION_EVALUATE)
		return read_evaluate(q, &keys);

	r = read_action(q);
	if (r == 0)
		r = request_read_action(
			q, q->action == ACTION_EXEC ? exec_rows() : actions[q->action].keys);
	if (r == 0)
		r = check_approval(q);
	if (r == 0)
		r = check_addition(q);
	return r == 0 ? check_selection(q) : r;
}

static struct request *request_new(void)
{
	struct request *q;

	q = calloc(1, sizeof(*q));
	if (!q)
		return NULL;

	q->asked.args = string_list_of("", 0, 0);
	bytes_init(&q->argv_bytes, BYTES_PRINTED_MAX);
	bytes_init(&q->release_bytes, BYTES_PRINTED_MAX);
	bytes_init(&q->runner_bytes, BYTES_PRINTED_MAX);
	bytes_init(&q->groups_bytes, BYTES_PRINTED_MAX);
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
	members_deinit(&q->members);
	members_deinit(&q->runner_auth.members);
	members_deinit(&q->runner_auth.identity_members);
	bytes_deinit(&q->runner_bytes);
	bytes_deinit(&q->groups_bytes);
	json_doc_free(q->record);
	bytes_deinit(&q->argv_bytes);
	bytes_deinit(&q->release_bytes);
	free(q->fault);
	free(q);
}

struct addition request_addition(const struct request *q)
{
	return (struct addition){
		.agent = q->agent,
		.pattern = q->pattern,
		.for_ms = q->standing.for_ms,
		.scope = q->standing.scope,
		.uid = q->uid,
		.values = &q->asked,
	};
}

bool request_selects(const struct request *q, const struct token *t)
{
	return q->all || (q->by_uid && q->uid == t->uid)
		|| (q->session && t->asked.session_id
			&& strcmp(q->session, t->asked.session_id) == 0);
}
