/* SPDX-License-Identifier: ISC */

/*
 * Reads a rule: the table of its keys, and all values but the patterns of rules that are not about
 * argument vectors (gate/policy/rule-target-read). Then the rule is checked.
 */

#include "gate/policy/rule-read.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/notation.h"
#include "base/text.h"
#include "gate/limits.h"
#include "gate/policy/glob.h"
#include "gate/policy/pattern-read.h"
#include "gate/policy/rule-check.h"
#include "gate/policy/rule-target-read.h"

struct reader {
	const struct policy_names *names;
	struct faults *faults;
	const char *place;
	bool argv_read;     /* argv was read without a fault */
	bool except_faulty; /* the exceptions of argv were not */
	bool allows;        /* the rule's action is "allow" */
};

static int note_fault(struct dispatch *d, const char *where, const char *what)
{
	const struct reader *r = d->context;

	faults_add(r->faults, r->place, "%s%s%s", where ? where : "", where ? " " : "", what);
	return 0;
}

/* --- commands --------------------------------------------------------------------------------- */

static int take_argv(
	struct dispatch *d, const struct dispatch_row *row, const struct dispatch_value *v)
{
	struct reader *r = d->context;
	int e;

	e = pattern_read_argv(d, row->key, v->json, d->to);
	r->argv_read = e == 0;
	return e;
}

static int take_exception(struct dispatch *d, const char *where, const struct json *v, void *to)
{
	struct rule *rule = to;

	return pattern_read_argv(d, where, v, &rule->except[rule->n_except++]);
}

static int take_except(
	struct dispatch *d, const struct dispatch_row *row, const struct dispatch_value *v)
{
	struct reader *r = d->context;
	struct rule *rule = d->to;
	int e;

	rule->except = calloc(json_size(v->json) + 1, sizeof(*rule->except));
	if (!rule->except)
		return -ENOMEM;

	e = dispatch_array(d, row->key, v->json, 1, LIMIT_RULE_LIST, take_exception, rule);
	r->except_faulty = e != 0;
	return e;
}

/* --- users and groups ------------------------------------------------------------------------- */

struct id_list {
	const struct policy_names *names;
	bool users; /* else groups */
	struct ids *ids;
};

static int find_id(const struct id_list *list, const char *name, id_t *ret)
{
	uint64_t number;
	uid_t uid = 0;
	gid_t gid = 0;
	int r;

	if (notation_parse_number(name, 0, UINT32_MAX - 1, &number) == 0) {
		*ret = (id_t)number;
		return 0;
	}
	r = list->users ? list->names->user(name, &uid) : list->names->group(name, &gid);
	*ret = list->users ? uid : gid;
	return r;
}

static int take_id_of_list(struct dispatch *d, const char *where, const struct json *v, void *to)
{
	cleanup(bytes_deinit) struct bytes shown = BYTES_PRINTED;
	const struct id_list *list = to;
	const char *name = json_string(v);
	int r;

	if (!name)
		return dispatch_refuse(
			d, where, "must be a string: a name, or a number such as \"1000\"");
	if (find_id(list, name, &list->ids->ids[list->ids->n]) >= 0) {
		list->ids->n++;
		return 0;
	}
	r = text_append_quoted(&shown, name, strlen(name));
	return r < 0 ? r
		     : dispatch_refuse(d, NULL, "%s: there is no %s %s",
			     list->users ? "users" : "groups", list->users ? "user" : "group",
			     bytes_str(&shown));
}

static int take_ids(
	struct dispatch *d, const struct dispatch_row *row, const struct json *v, bool users)
{
	const struct reader *r = d->context;
	struct ids *ids = dispatch_to(d, row);
	struct id_list list = { r->names, users, ids };

	ids->ids = calloc(json_size(v) + 1, sizeof(*ids->ids));
	if (!ids->ids)
		return -ENOMEM;
	return dispatch_array(d, row->key, v, 1, LIMIT_RULE_LIST, take_id_of_list, &list);
}

static int take_users(
	struct dispatch *d, const struct dispatch_row *row, const struct dispatch_value *v)
{
	return take_ids(d, row, v->json, true);
}

static int take_groups(
	struct dispatch *d, const struct dispatch_row *row, const struct dispatch_value *v)
{
	return take_ids(d, row, v->json, false);
}

/* Reads "USER" or "USER:GROUP". Negative if there is no such user or group. */
static int find_run_as(
	const struct policy_names *names, char *name, bool allows, struct run_as *ret)
{
	const struct id_list users = { names, true, NULL }, groups = { names, false, NULL };
	char *colon = strchr(name, ':');
	id_t id;
	int r;

	if (colon)
		*colon = '\0';
	r = find_id(&users, name, &id);
	if (r < 0)
		return r;

	*ret = (struct run_as){ .uid = (uid_t)id, .any_group = !colon && !allows };
	if (!colon)
		return allows ? names->primary_group(ret->uid, &ret->gid) : 0;
	r = find_id(&groups, colon + 1, &id);
	ret->gid = (gid_t)id;
	return r;
}

static int take_run_as_of_list(
	struct dispatch *d, const char *where, const struct json *v, void *to)
{
	cleanup(bytes_deinit) struct bytes shown = BYTES_PRINTED;
	cleanup(free_p) char *name = NULL;
	const struct reader *reader = d->context;
	const char *text = json_string(v);
	struct run_as_list *list = to;
	int r;

	if (!text)
		return dispatch_refuse(d, where, "must be a string such as \"root\"");
	name = strdup(text);
	if (!name)
		return -ENOMEM;

	r = find_run_as(reader->names, name, reader->allows, &list->any[list->n]);
	if (r >= 0) {
		list->n++;
		return 0;
	}
	r = text_append_quoted(&shown, text, strlen(text));
	return r < 0 ? r
		     : dispatch_refuse(d, NULL,
			     "run_as: there is no user, or no group, %s (USER or USER:GROUP)",
			     bytes_str(&shown));
}

static int take_run_as(
	struct dispatch *d, const struct dispatch_row *row, const struct dispatch_value *v)
{
	struct run_as_list *list = dispatch_to(d, row);

	list->any = calloc(json_size(v->json) + 1, sizeof(*list->any));
	if (!list->any)
		return -ENOMEM;
	return dispatch_array(d, row->key, v->json, 1, LIMIT_RULE_LIST, take_run_as_of_list, list);
}

/* --- claims ----------------------------------------------------------------------------------- */

static const char *directory_fault(const char *pattern)
{
	return strcmp(pattern, "/") == 0 ? NULL : glob_path_fault(pattern);
}

static int take_claim(
	struct dispatch *d, const struct dispatch_row *row, const struct dispatch_value *v)
{
	return pattern_read_list(d, row->key, v->json, pattern_text_fault, dispatch_to(d, row));
}

static int take_directories(
	struct dispatch *d, const struct dispatch_row *row, const struct dispatch_value *v)
{
	return pattern_read_list(d, row->key, v->json, directory_fault, dispatch_to(d, row));
}

/* --- the rest --------------------------------------------------------------------------------- */

static bool is_reserved(const char *id)
{
	static const char *const reserved[] = { RULE_DEFAULT, RULE_TOKEN, RULE_BUDGET, RULE_HIDDEN,
		RULE_ALLOWLIST, RULE_OPERAND, RULE_RUNTIME, RULE_LINE, RULE_KEPT, RULE_STEPS,
		RULE_RUN_AS };

	for (size_t i = 0; i < LENGTH(reserved); i++)
		if (strcmp(id, reserved[i]) == 0)
			return true;
	return false;
}

static int take_id(
	struct dispatch *d, const struct dispatch_row *row, const struct dispatch_value *v)
{
	if (v->string && is_reserved(v->string))
		return dispatch_refuse(d, row->key, "is a name that firma uses itself");
	return dispatch_take_string(d, row, v);
}

int rule_take_action(
	struct dispatch *d, const struct dispatch_row *row, const struct dispatch_value *v)
{
	enum decision *action = dispatch_to(d, row);

	*action = v->string ? decision_parse(v->string) : DECISION_NONE;
	return *action != DECISION_NONE
		? 0
		: dispatch_refuse(d, row->key, "must be 'allow', 'deny' or 'pending_hitl'");
}

static int take_reason(
	struct dispatch *d, const struct dispatch_row *row, const struct dispatch_value *v)
{
	struct rule *rule = d->to;
	int r;

	r = dispatch_take_string(d, row, v);
	if (rule->reason && text_is_blank(rule->reason))
		rule->reason = NULL;
	return r;
}

static int take_severity(
	struct dispatch *d, const struct dispatch_row *row, const struct dispatch_value *v)
{
	struct rule *rule = d->to;

	rule->severity = v->string ? severity_parse(v->string) : SEVERITY_NONE;
	return rule->severity != SEVERITY_NONE
		? 0
		: dispatch_refuse(d, row->key, "must be 'low', 'medium', 'high' or 'critical'");
}

static int take_approvers(
	struct dispatch *d, const struct dispatch_row *row, const struct dispatch_value *v)
{
	struct rule *rule = d->to;

	rule->approvers = v->string;
	rule->demands |= rule->kind == KIND_EXEC;
	return rule->approvers ? 0 : dispatch_refuse(d, row->key, "must be the name of a group");
}

static int take_demand(
	struct dispatch *d, const struct dispatch_row *row, const struct dispatch_value *v)
{
	struct rule *rule = d->to;
	int r;

	r = dispatch_take_bool(d, row, v);
	rule->demands |= r == 0 && *(const bool *)dispatch_to(d, row);
	return r;
}

/* One approver is needed in any case. */
static int take_quorum(
	struct dispatch *d, const struct dispatch_row *row, const struct dispatch_value *v)
{
	struct rule *rule = d->to;
	int r;

	r = dispatch_take_positive(d, row, v);
	if (rule->demand.quorum == 1)
		rule->demand.quorum = 0;
	rule->demands |= rule->demand.quorum > 0;
	return r;
}

/* Examples are tried after the rule is complete. */
static int take_examples(
	struct dispatch *d, const struct dispatch_row *row, const struct dispatch_value *v)
{
	return dispatch_array(d, row->key, v->json, 1, LIMIT_RULE_LIST, NULL, NULL);
}

/* --- the table -------------------------------------------------------------------------------- */

#define AT(member) offsetof(struct rule, member)

/* The rules that may have a key: one bit for each kind or section. */
#define OF(kind) (1u << (kind))
#define OF_EXEC OF(KIND_EXEC)
#define OF_LINES OF(KINDS) /* of KIND_EXEC, but without argv */
#define OF_FILES (OF(KIND_READ) | OF(KIND_WRITE))
#define OF_OTHERS (OF_FILES | OF(KIND_FETCH) | OF(KIND_GIT) | OF(KIND_MCP))
#define OF_ALL (OF_EXEC | OF_LINES | OF_OTHERS)

static const struct {
	struct dispatch_row row;
	unsigned of;
} keys[] = {
	{ { "id", take_id, AT(id), true, LIMIT_RULE_ID }, OF_ALL },
	{ { "argv", take_argv, 0, true, 0 }, OF_EXEC },
	{ { "path", rule_take_targets, 0, true, 0 }, OF_FILES },
	{ { "url", rule_take_targets, 0, true, 0 }, OF(KIND_FETCH) },
	{ { "line", rule_take_targets, 0, true, 0 }, OF_LINES },
	{ { "compiled", dispatch_take_bool, AT(compiled), false, 0 }, OF_FILES | OF(KIND_MCP) },
	{ { "pushes", dispatch_take_bool, AT(pushes), false, 0 }, OF(KIND_GIT) },
	{ { "branch", rule_take_targets, 0, false, 0 }, OF(KIND_GIT) },
	{ { "operation", rule_take_words, AT(operations), false, 0 }, OF(KIND_GIT) },
	{ { "server", rule_take_targets, 0, true, 0 }, OF(KIND_MCP) },
	{ { "tools", rule_take_words, AT(tools), false, 0 }, OF(KIND_MCP) },
	{ { "content", rule_take_content, 0, false, 0 }, OF(KIND_WRITE) },
	{ { "action", rule_take_action, AT(action), true, 0 }, OF_ALL },
	{ { "except", take_except, 0, false, 0 }, OF_EXEC },
	{ { "except", rule_take_except_targets, 0, false, 0 }, OF_OTHERS },
	{ { "reason", take_reason, AT(reason), false, LIMIT_STRING }, OF_ALL },
	{ { "severity", take_severity, 0, false, 0 }, OF_ALL },
	{ { "users", take_users, AT(users), false, 0 }, OF_ALL },
	{ { "groups", take_groups, AT(groups), false, 0 }, OF_ALL },
	{ { "runners", rule_take_runners, AT(runners), false, 0 }, OF_ALL },
	{ { "run_as", take_run_as, AT(run_as), false, 0 }, OF_EXEC | OF_LINES },
	{ { "remember", dispatch_take_bool, AT(remember), false, 0 }, OF_ALL },
	{ { "opaque", dispatch_take_bool, AT(opaque), false, 0 }, OF_EXEC },
	{ { "approvers", take_approvers, 0, false, 0 }, OF_ALL },
	{ { "signed", take_demand, AT(demand.signature), false, 0 }, OF_ALL },
	{ { "touch", take_demand, AT(demand.touch), false, 0 }, OF_ALL },
	{ { "verified", take_demand, AT(demand.verified), false, 0 }, OF_ALL },
	{ { "not_asker", take_demand, AT(demand.not_asker), false, 0 }, OF_ALL },
	{ { "quorum", take_quorum, AT(demand.quorum), false, DEMAND_QUORUM_MAX }, OF_ALL },
	{ { "match", take_examples, 0, false, 0 }, OF_ALL },
	{ { "not_match", take_examples, 0, false, 0 }, OF_ALL },
};

/* The keys of a section's rules, then those of the claims, then the end. */
struct table {
	struct dispatch_row rows[LENGTH(keys) + FIELDS + 1];
};

static struct table make_table(unsigned section)
{
	struct table t = { 0 };
	size_t n = 0;

	for (size_t i = 0; i < LENGTH(keys); i++)
		if (keys[i].of & section)
			t.rows[n++] = keys[i].row;
	for (enum field f = 0; f < FIELDS; f++)
		if (field_rows[f].rule_key)
			t.rows[n++] = (struct dispatch_row){
				field_rows[f].rule_key,
				field_rows[f].kind == FIELD_KIND_DIRECTORY ? take_directories
									   : take_claim,
				AT(claims) + f * sizeof(struct patterns),
				false,
				0,
			};
	return t;
}

/* --- the rule --------------------------------------------------------------------------------- */

/* Appends " exec[3] "id":". */
static int append_place(struct bytes *b, const char *section, size_t index, const struct json *v)
{
	const char *id = json_is_object(v) ? json_get_string(v, "id") : NULL;

	bytes_appendf(b, ": %s[%zu]", section, index);
	if (id) {
		bytes_append_str(b, " \"");
		text_append_escaped(b, id, strnlen(id, LIMIT_RULE_ID));
		bytes_append_char(b, '"');
	}
	return bytes_append_char(b, ':');
}

int rule_read(const struct json *v, const struct rule_section *section, size_t index,
	const struct trusted *trusted, const struct policy_names *names, struct faults *faults,
	struct rule *ret)
{
	cleanup(bytes_deinit) struct bytes place = BYTES_PRINTED;
	const struct table t = make_table(section->lines ? OF_LINES : OF(section->kind));
	const bool has_argv = section->kind == KIND_EXEC && !section->lines;
	struct reader r = { .names = names, .faults = faults };
	struct dispatch d = { .to = ret, .context = &r, .fault = note_fault, .all = true };
	const struct json *compiled;
	const char *action = json_is_object(v) ? json_get_string(v, "action") : NULL;
	int e;

	*ret = (struct rule){ .kind = section->kind, .compiled = section->lines };
	e = append_place(&place, section->name, index, v);
	if (e < 0)
		return e;

	r.place = bytes_str(&place);
	/* Looked up first, since the member may stand after `run_as`. */
	r.allows = action && decision_parse(action) == DECISION_ALLOW;
	/* `compiled` may stand after the patterns, but decides what they may be. */
	compiled = json_get(v, "compiled");
	if (compiled)
		json_bool(compiled, &ret->compiled);
	e = dispatch_object(&d, v, t.rows);
	if (e < 0)
		return e;
	if (!has_argv)
		return e == 0 ? rule_check_target(ret, v, r.place, faults) : 0;
	if (!r.argv_read || r.except_faulty || ret->action == DECISION_NONE)
		return 0;

	/*
	 * Exceptions are the reverse of their rule: narrow if the rule is wide, wide if it is
	 * narrow.
	 */
	for (size_t i = 0; i < ret->n_except; i++)
		ret->except[i].action =
			ret->action == DECISION_ALLOW ? DECISION_DENY : DECISION_ALLOW;
	return rule_check(ret, v, trusted, r.place, faults);
}
