/* SPDX-License-Identifier: ISC */

#include "gate/token/token-members.h"

#include "base/array.h"

#define AT(field) offsetof(struct token, field)

/* The fields of the invocation stand between the first three members and the rest. */
#define FIRST_FIELD 3

static const struct token_member others[] = {
	{ "token_id", AT(id), MEMBER_UUID, IN_CHANGE | ON_WIRE },
	{ "state", AT(state), MEMBER_STATE, IN_CHANGE | ON_WIRE },
	{ "kind", AT(asked.kind), MEMBER_KIND, ON_WIRE | OPTIONAL },

	{ "process", AT(process), MEMBER_STRING, ON_WIRE | OPTIONAL },
	{ "parents", AT(parents), MEMBER_STRINGS, ON_WIRE | OPTIONAL },
	{ "rule", AT(rule), MEMBER_STRING, ON_WIRE },
	{ "rule_reason", AT(rule_reason), MEMBER_STRING, ON_WIRE | OPTIONAL },
	{ "reason", AT(reason), MEMBER_STRING, IN_CHANGE | ON_WIRE | OPTIONAL },
	{ "door", AT(door), MEMBER_DOOR, ON_WIRE | OPTIONAL },
	{ "budget_state_ref", AT(budget_state_ref), MEMBER_STRING, ON_WIRE | OPTIONAL },
	{ "sync_wait", AT(sync_wait), MEMBER_FLAG, ON_WIRE | OPTIONAL },
	{ "joined", AT(joined), MEMBER_FLAG, IN_CHANGE | ON_WIRE | OPTIONAL },
	{ "remember", AT(remember), MEMBER_FLAG, ON_WIRE | OPTIONAL },
	{ "always", AT(standing.always), MEMBER_FLAG, IN_CHANGE | ON_WIRE | OPTIONAL },
	{ "for_ms", AT(standing.for_ms), MEMBER_NUMBER, IN_CHANGE | ON_WIRE | OPTIONAL },
	{ "scope", AT(standing.scope), MEMBER_SCOPE, IN_CHANGE | ON_WIRE | OPTIONAL },
	{ "approved_by", AT(approval), MEMBER_APPROVER, IN_CHANGE | ON_WIRE | OPTIONAL },
	{ "approved_wall_us", AT(approval), MEMBER_APPROVED, IN_CHANGE | OPTIONAL },
	{ "confirmed", AT(approval), MEMBER_CONFIRMED, IN_CHANGE | ON_WIRE | OPTIONAL },
	{ "signed", AT(demand.signature), MEMBER_FLAG, ON_WIRE | OPTIONAL },
	{ "touch", AT(demand.touch), MEMBER_FLAG, ON_WIRE | OPTIONAL },
	{ "verified", AT(demand.verified), MEMBER_FLAG, ON_WIRE | OPTIONAL },
	{ "not_asker", AT(demand.not_asker), MEMBER_FLAG, ON_WIRE | OPTIONAL },
	{ "needed", AT(demand.quorum), MEMBER_NUMBER, ON_WIRE | OPTIONAL },
	{ "approvers", AT(approvers), MEMBER_STRINGS, ON_WIRE | OPTIONAL },
	{ "approvals", AT(approvals), MEMBER_STRINGS, IN_CHANGE | OPTIONAL },
	{ "evidence", AT(evidence), MEMBER_NUMBER, IN_CHANGE | ON_WIRE | OPTIONAL },
	{ "uid", AT(uid), MEMBER_UID, ON_WIRE },
	{ "pid", AT(pid), MEMBER_PID, ON_WIRE | OPTIONAL },
	{ "fingerprint", AT(fingerprint), MEMBER_HASH, ON_WIRE },
	{ "boot_id", AT(boot_id), MEMBER_UUID, 0 },
	{ "issued_boot_us", AT(issued), MEMBER_TIME, 0 },
	{ "expires_boot_us", AT(expires), MEMBER_TIME, IN_CHANGE | IF_NEW },
	{ "latest_boot_us", AT(latest), MEMBER_TIME, OPTIONAL },
	{ "issued_wall_us", AT(issued_wall), MEMBER_TIME, 0 },
};

_Static_assert(LENGTH(others) + FIELDS == TOKEN_MEMBERS, "TOKEN_MEMBERS");

static struct token_member member_of_field(const struct field_row *row)
{
	static const enum token_member_kind kinds[] = {
		[FIELD_KIND_STRINGS] = MEMBER_STRINGS,
		[FIELD_KIND_PROGRAMS] = MEMBER_PROGRAMS,
		[FIELD_KIND_NAMES] = MEMBER_NAMES,
	};
	bool list = row->kind >= FIELD_KIND_STRINGS;
	bool always = row->kind == FIELD_KIND_STRINGS || row->required;

	return (struct token_member){ row->name, AT(asked) + row->offset,
		list ? kinds[row->kind] : MEMBER_STRING, ON_WIRE | (always ? 0 : OPTIONAL) };
}

bool token_member_is_field(size_t i)
{
	return i >= FIRST_FIELD && i < FIRST_FIELD + FIELDS;
}

static struct token_member members[TOKEN_MEMBERS];

static void make_members(void)
{
	for (size_t i = 0; i < TOKEN_MEMBERS; i++)
		members[i] = token_member_is_field(i)
			? member_of_field(&field_rows[i - FIRST_FIELD])
			: others[i < FIRST_FIELD ? i : i - FIELDS];
}

const struct token_member *token_member_at(size_t i)
{
	if (!members[0].key)
		make_members();
	return &members[i];
}

bool token_member_is_of(size_t i, enum contract contract)
{
	if (token_member_is_field(i))
		return field_rows[i - FIRST_FIELD].contract & contract;
	return contract == CONTRACT_EVALUATE || token_member_at(i)->kind != MEMBER_KIND;
}
