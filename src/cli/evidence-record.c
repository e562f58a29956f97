/* SPDX-License-Identifier: ISC */

#include "cli/evidence-record.h"

#include <string.h>

#include "base/json/scan-value.h"
#include "base/local-time.h"
#include "gate/wire/evaluate.h"
#include "gate/wire/reply.h"

#define UID_MAX UINT32_MAX

enum decision evidence_record_decision(const char *text)
{
	enum decision decision = decision_parse(text);

	return decision == DECISION_NONE ? evaluate_decision_parse(text) : decision;
}

enum kind evidence_record_kind(
	const char *action, const char *action_type, bool is_release, const char *target)
{
	if (action_type)
		return kind_of_action_type(action_type);
	if (is_release)
		return KIND_RELEASE;
	if (action)
		return strcmp(action, "local.exec") == 0 ? KIND_EXEC : KINDS;
	return target ? KIND_OTHER : KINDS;
}

/* The member's string, or NULL. */
static const char *string(struct members *m, const char *key)
{
	const struct member *member = members_find(m, key);

	return member ? members_string(m, member) : NULL;
}

static bool is_true(const struct members *m, const char *key)
{
	const struct member *member = members_find(m, key);

	return member && member->len == 4 && memcmp(member->text, "true", 4) == 0;
}

/* Reads the members of an object; none if the value is something else. */
static int read_object(struct members *from, const char *key, struct members *ret)
{
	const struct member *member = members_find(from, key);
	struct scan_fault fault;

	if (!member || member->text[0] != '{')
		return 0;
	return members_read(ret, member->text, member->len, &fault);
}

static void take_request(struct evidence_record *r)
{
	struct members *q = &r->request;

	r->action = string(q, "action");
	r->executable = string(q, "executable");
	r->target = string(q, "target");
	r->agent = string(q, "agent_id");
	r->args = members_find(q, "args");
	r->always = is_true(q, "always");
	r->hashed = is_true(q, "omitted") || is_true(q, "malformed");
	r->kind = evidence_record_kind(r->action, string(q, "action_type"),
		members_find(q, "release_governance"), r->target);
}

static void take_response(struct evidence_record *r)
{
	struct members *s = &r->response;
	const char *decision = string(s, "decision");

	r->decision = decision ? evidence_record_decision(decision) : DECISION_NONE;
	r->outcome = string(s, "outcome");
	r->reason = string(s, "reason");
	r->rule = string(s, "rule");
	if (!r->rule)
		r->rule = string(s, "rule_id");
	r->approvals = members_find(s, "approvals");
	if (!r->approvals)
		r->approvals = members_find(&r->approval, "approvals");
	r->tokens = members_find(s, "tokens");
	r->approved = members_find(s, "approved") != NULL;
	r->entry_id = string(&r->entry, "id");
	r->entry_pattern = string(&r->entry, "pattern");
}

static void take_token(struct evidence_record *r)
{
	r->token = string(&r->response, "token_id");
	if (!r->token)
		r->token = string(&r->response, "approval_token");
	if (!r->token)
		r->token = string(&r->approval, "token_id");
	if (!r->token)
		r->token = string(&r->request, "token_id");
	if (!r->token)
		r->token = string(&r->request, "approval_token");
}

static bool read_uid(const struct member *uid, uint64_t *ret)
{
	return uid && scan_integer_value(uid->text, uid->len, UID_MAX, ret);
}

/* Sets the asker: the peer, or the user that root asked for. */
static void take_asker(struct evidence_record *r)
{
	r->has_uid = read_uid(members_find(&r->peer, "uid"), &r->uid);
	if (r->has_uid && r->uid == 0)
		read_uid(members_find(&r->request, "on_behalf_uid"), &r->uid);
}

int evidence_record_read(struct evidence_record *r, const char *line, size_t len)
{
	const char *timestamp;
	struct scan_fault fault;
	int e;

	*r = (struct evidence_record){ .kind = KINDS };
	e = members_read(&r->members, line, len, &fault);
	if (e == 0)
		e = read_object(&r->members, "request", &r->request);
	if (e == 0)
		e = read_object(&r->members, "response", &r->response);
	if (e == 0)
		e = read_object(&r->members, "peer", &r->peer);
	if (e == 0)
		e = read_object(&r->members, "approval", &r->approval);
	if (e == 0)
		e = read_object(&r->response, "entry", &r->entry);
	if (e != 0)
		return e < 0 ? e : EVIDENCE_RECORD_MALFORMED;

	timestamp = string(&r->members, "timestamp");
	r->has_time = timestamp && local_time_read_timestamp(timestamp, &r->second);
	r->event = string(&r->members, "event_type");
	take_request(r);
	take_response(r);
	take_token(r);
	take_asker(r);
	return 0;
}

void evidence_record_deinit(struct evidence_record *r)
{
	members_deinit(&r->members);
	members_deinit(&r->request);
	members_deinit(&r->response);
	members_deinit(&r->peer);
	members_deinit(&r->approval);
	members_deinit(&r->entry);
}
