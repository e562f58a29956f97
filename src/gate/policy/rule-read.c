/* SPDX-License-Identifier: ISC */

/*
 * Reads a rule. A table lists the keys, each with a function that reads its value. A function
 * reports faults and goes on; it returns an error only for lack of memory.
 */

#include "gate/policy/rule-read.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/notation.h"
#include "base/text.h"
#include "gate/limits.h"
#include "gate/policy/glob.h"
#include "gate/policy/rule-check.h"

#define WHERE_MAX 64

struct reader {
	const struct policy_names *names;
	struct faults *faults;
	const char *place;
	struct rule *rule;
	unsigned section; /* its bit in struct key */
	bool compiled;    /* the rule's patterns have the form of compiled policies */
	bool argv_read;   /* argv was read without a fault */
	bool except_faulty;
};

struct key {
	const char *name;
	int (*take)(struct reader *r, const struct key *key, const struct json *v);
	bool required;
	size_t offset;  /* in struct rule */
	unsigned kinds; /* rules that may have it, one bit per kind or section; 0: all */
};

static void *field(const struct reader *r, const struct key *key)
{
	return (char *)r->rule + key->offset;
}

/* --- patterns --------------------------------------------------------------------------------- */

/* The fault of a pattern of this kind; NULL if there is none. */
typedef const char *(*pattern_fault_fn)(const char *pattern);

/* Adds a string to `p` if it is a valid pattern. `p` has room for it. */
static void take_pattern(const struct reader *r, const char *where, const struct json *v,
	pattern_fault_fn fault_of, struct patterns *p)
{
	const char *pattern = json_string(v), *fault;

	if (!pattern) {
		faults_add(r->faults, r->place, "%s must be a string", where);
		return;
	}
	if (strlen(pattern) > LIMIT_PATTERN) {
		faults_add(r->faults, r->place, "%s is longer than %d bytes", where, LIMIT_PATTERN);
		return;
	}

	fault = fault_of(pattern);
	if (fault)
		faults_add(r->faults, r->place, "%s %s", where, fault);
	p->any[p->n++] = pattern;
}

/* Whether `v` is an array of 1 to LIMIT_RULE_LIST elements. */
static bool check_list(const struct reader *r, const char *where, const struct json *v)
{
	if (!json_is_array(v))
		faults_add(r->faults, r->place, "%s must be an array", where);
	else if (!json_first(v))
		faults_add(r->faults, r->place, "%s is empty", where);
	else if (json_size(v) > LIMIT_RULE_LIST)
		faults_add(r->faults, r->place, "%s has more than %d elements", where,
			LIMIT_RULE_LIST);
	else
		return true;
	return false;
}

static int take_patterns(const struct reader *r, const char *where, const struct json *v,
	pattern_fault_fn fault_of, struct patterns *p)
{
	char element[WHERE_MAX];
	size_t i = 0;

	if (!check_list(r, where, v))
		return 0;

	p->any = calloc(json_size(v), sizeof(*p->any));
	if (!p->any)
		return -ENOMEM;

	json_each (child, v) {
		snprintf(element, sizeof(element), "%s[%zu]", where, i++);
		take_pattern(r, element, child, fault_of, p);
	}
	return 0;
}

static const char *program_fault(const char *pattern)
{
	if (pattern[0] == '\0')
		return "is empty";
	if (strcmp(pattern, "**") == 0)
		return "must name a program: '**' can't stand first";
	return strchr(pattern, '/') ? glob_path_fault(pattern) : glob_text_fault(pattern);
}

static const char *listed_word_fault(const char *pattern)
{
	return strcmp(pattern, "**") == 0 ? "must not be '**', which can't stand in a list"
					  : glob_text_fault(pattern);
}

static const char *word_fault(const char *pattern)
{
	return strcmp(pattern, "**") == 0 ? NULL : glob_text_fault(pattern);
}

static const char *claim_fault(const char *pattern)
{
	return text_is_blank(pattern) ? "is blank" : glob_text_fault(pattern);
}

static const char *directory_fault(const char *pattern)
{
	return strcmp(pattern, "/") == 0 ? NULL : glob_path_fault(pattern);
}

static int take_element(const struct reader *r, const char *where, bool first, const struct json *v,
	struct patterns *element)
{
	if (json_is_array(v))
		return take_patterns(
			r, where, v, first ? program_fault : listed_word_fault, element);

	element->any = calloc(1, sizeof(*element->any));
	if (!element->any)
		return -ENOMEM;

	take_pattern(r, where, v, first ? program_fault : word_fault, element);
	return 0;
}

/* Reads the patterns of a command into `rule`; `where` is "argv" or "except[2]". */
static int take_command(
	const struct reader *r, const char *where, const struct json *v, struct rule *rule)
{
	size_t n = json_is_array(v) ? json_size(v) : 0;
	char element[WHERE_MAX];
	int e;

	if (n == 0) {
		faults_add(r->faults, r->place, "%s must be an array that is not empty", where);
		return 0;
	}
	if (n > LIMIT_RULE_PATTERNS) {
		faults_add(r->faults, r->place, "%s has more than %d patterns", where,
			LIMIT_RULE_PATTERNS);
		return 0;
	}

	rule->argv = calloc(n, sizeof(*rule->argv));
	if (!rule->argv)
		return -ENOMEM;

	json_each (child, v) {
		snprintf(element, sizeof(element), "%s[%zu]", where, rule->n_argv);
		e = take_element(r, element, rule->n_argv == 0, child, &rule->argv[rule->n_argv]);
		if (e < 0)
			return e;
		rule->n_argv++;
	}
	return 0;
}

static int take_argv(struct reader *r, const struct key *key, const struct json *v)
{
	const size_t faults_before = r->faults->n;
	int e;

	e = take_command(r, key->name, v, r->rule);
	r->argv_read = r->faults->n == faults_before;
	return e;
}

static int take_except(struct reader *r, const struct key *key, const struct json *v)
{
	const size_t faults_before = r->faults->n;
	struct rule *rule = r->rule;
	char where[WHERE_MAX];
	int e;

	if (!check_list(r, key->name, v)) {
		r->except_faulty = true;
		return 0;
	}

	rule->except = calloc(json_size(v), sizeof(*rule->except));
	if (!rule->except)
		return -ENOMEM;

	json_each (child, v) {
		snprintf(where, sizeof(where), "%s[%zu]", key->name, rule->n_except);
		e = take_command(r, where, child, &rule->except[rule->n_except++]);
		if (e < 0)
			return e;
	}
	r->except_faulty = r->faults->n > faults_before;
	return 0;
}

/* --- users and groups ------------------------------------------------------------------------- */

static bool find_id(const struct reader *r, const struct key *key, const char *name, id_t *ret)
{
	uint64_t number;
	uid_t uid;
	gid_t gid;

	if (notation_parse_number(name, 0, UINT32_MAX - 1, &number) == 0) {
		*ret = (id_t)number;
		return true;
	}
	if (strcmp(key->name, "users") == 0) {
		if (r->names->user(name, &uid) < 0)
			return false;
		*ret = uid;
		return true;
	}
	if (r->names->group(name, &gid) < 0)
		return false;
	*ret = gid;
	return true;
}

static int add_unknown_name(const struct reader *r, const struct key *key, const char *name)
{
	cleanup(bytes_deinit) struct bytes shown = BYTES_INIT(BYTES_UNLIMITED);
	int e;

	e = text_append_quoted(&shown, name, strlen(name));
	if (e < 0)
		return e;

	faults_add(r->faults, r->place, "%s: there is no %s %s", key->name,
		strcmp(key->name, "users") == 0 ? "user" : "group", bytes_str(&shown));
	return 0;
}

static int take_ids(struct reader *r, const struct key *key, const struct json *v)
{
	struct ids *ids = field(r, key);
	const char *name;
	int e;

	if (!check_list(r, key->name, v))
		return 0;

	ids->ids = calloc(json_size(v), sizeof(*ids->ids));
	if (!ids->ids)
		return -ENOMEM;

	json_each (child, v) {
		name = json_string(child);
		if (!name) {
			faults_add(r->faults, r->place,
				"%s must hold strings: names, or numbers such as \"1000\"",
				key->name);
			return 0;
		}
		if (find_id(r, key, name, &ids->ids[ids->n])) {
			ids->n++;
			continue;
		}
		e = add_unknown_name(r, key, name);
		if (e < 0)
			return e;
	}
	return 0;
}

/* --- the rest --------------------------------------------------------------------------------- */

static bool is_reserved(const char *id)
{
	static const char *const reserved[] = { RULE_DEFAULT, RULE_TOKEN, RULE_BUDGET, RULE_HIDDEN,
		RULE_ALLOWLIST, RULE_OPERAND, RULE_RUNTIME, RULE_LINE, RULE_KEPT };

	for (size_t i = 0; i < sizeof(reserved) / sizeof(reserved[0]); i++)
		if (strcmp(id, reserved[i]) == 0)
			return true;
	return false;
}

static int take_id(struct reader *r, const struct key *key, const struct json *v)
{
	const char *id = json_string(v);

	(void)key;
	if (!id)
		faults_add(r->faults, r->place, "id must be a string");
	else if (text_is_blank(id))
		faults_add(r->faults, r->place, "id is blank");
	else if (strlen(id) > LIMIT_RULE_ID)
		faults_add(r->faults, r->place, "id is longer than %d bytes", LIMIT_RULE_ID);
	else if (is_reserved(id))
		faults_add(r->faults, r->place, "id is a name that firma uses itself");
	else
		r->rule->id = id;
	return 0;
}

static int take_action(struct reader *r, const struct key *key, const struct json *v)
{
	const char *name = json_string(v);

	(void)key;
	r->rule->action = name ? decision_parse(name) : DECISION_NONE;
	if (r->rule->action == DECISION_NONE)
		faults_add(r->faults, r->place, "action must be 'allow', 'deny' or 'pending_hitl'");
	return 0;
}

static int take_reason(struct reader *r, const struct key *key, const struct json *v)
{
	const char *reason = json_string(v);

	(void)key;
	if (!reason)
		faults_add(r->faults, r->place, "reason must be a string");
	else if (strlen(reason) > LIMIT_STRING)
		faults_add(r->faults, r->place, "reason is longer than %d bytes", LIMIT_STRING);
	else if (!text_is_blank(reason))
		r->rule->reason = reason;
	return 0;
}

static int take_bool(struct reader *r, const struct key *key, const struct json *v)
{
	if (!json_bool(v, field(r, key)))
		faults_add(r->faults, r->place, "%s must be true or false", key->name);
	return 0;
}

static int take_approvers(struct reader *r, const struct key *key, const struct json *v)
{
	r->rule->approvers = json_string(v);
	r->rule->demands |= r->rule->kind == KIND_EXEC;
	if (!r->rule->approvers)
		faults_add(r->faults, r->place, "%s must be the name of a group", key->name);
	return 0;
}

static int take_demand(struct reader *r, const struct key *key, const struct json *v)
{
	bool *flag = field(r, key);

	if (!json_bool(v, flag))
		faults_add(r->faults, r->place, "%s must be true or false", key->name);
	r->rule->demands |= *flag;
	return 0;
}

static int take_quorum(struct reader *r, const struct key *key, const struct json *v)
{
	int64_t n;

	if (!json_integer(v, &n) || n < 1 || n > DEMAND_QUORUM_MAX) {
		faults_add(r->faults, r->place, "%s must be a whole number from 1 to %d", key->name,
			DEMAND_QUORUM_MAX);
		return 0;
	}
	r->rule->demand.quorum = n > 1 ? (uint64_t)n : 0;
	r->rule->demands |= n > 1;
	return 0;
}

/* Examples are tried after the rule is complete. */
static int take_examples(struct reader *r, const struct key *key, const struct json *v)
{
	check_list(r, key->name, v);
	return 0;
}

#define AT(member) offsetof(struct rule, member)

/* --- rules of other kinds --------------------------------------------------------------------- */

static const char *some_text_fault(const char *pattern)
{
	return text_is_blank(pattern) ? "is blank" : glob_text_fault(pattern);
}

/* "~/…" and relative patterns are checked like paths that begin with a slash. */
static const char *path_pattern_fault(const char *pattern)
{
	char absolute[LIMIT_PATTERN + 2];

	if (pattern[0] == '/')
		return glob_path_fault(pattern);
	if (strncmp(pattern, "~/", 2) == 0)
		return glob_path_fault(pattern + 1);
	snprintf(absolute, sizeof(absolute), "/%s", pattern);
	return glob_path_fault(absolute) ? "must be a path without '.', '..', '//' and final '/', "
					   "with '**' as a whole segment only"
					 : NULL;
}

static const char *url_pattern_fault(const char *pattern)
{
	const char *fault = NULL;
	struct url url;

	if (url_parse(pattern, URL_PATTERN, &url, &fault) == 0)
		url_deinit(&url);
	return fault;
}

static const char *tool_pattern_fault(const char *pattern)
{
	return strchr(pattern, ':') ? some_text_fault(pattern) : "must be SERVER:TOOL";
}

static pattern_fault_fn target_fault(enum kind kind)
{
	switch (kind) {
	case KIND_READ:
	case KIND_WRITE:
		return path_pattern_fault;
	case KIND_FETCH:
		return url_pattern_fault;
	default:
		return some_text_fault;
	}
}

/* Reads a string, or an array of strings. */
static int take_strings(const struct reader *r, const char *where, const struct json *v,
	pattern_fault_fn fault_of, struct patterns *p)
{
	if (json_is_array(v))
		return take_patterns(r, where, v, fault_of, p);

	p->any = calloc(1, sizeof(*p->any));
	if (!p->any)
		return -ENOMEM;
	take_pattern(r, where, v, fault_of, p);
	return 0;
}

/* Parses URL patterns that are known to be valid. */
static int parse_urls(const struct patterns *p, struct url **ret, size_t *ret_n)
{
	const char *fault;
	int e;

	*ret = calloc(p->n + 1, sizeof(**ret));
	if (!*ret)
		return -ENOMEM;
	for (size_t i = 0; i < p->n; i++) {
		e = url_parse(p->any[i], URL_PATTERN, &(*ret)[*ret_n], &fault);
		if (e < 0)
			return e;
		*ret_n += e == 0 ? 1 : 0;
	}
	return 0;
}

static const char *line_fault(const char *pattern)
{
	return text_is_blank(pattern) ? "is blank" : NULL;
}

/* `compiled` may stand after the patterns, but decides what they may be. */
static int take_targets(struct reader *r, const struct key *key, const struct json *v)
{
	struct rule *rule = r->rule;
	int e;

	e = take_strings(r, key->name, v, r->compiled ? line_fault : target_fault(rule->kind),
		&rule->targets);
	if (e < 0 || rule->kind != KIND_FETCH)
		return e;
	return parse_urls(&rule->targets, &rule->urls, &rule->n_urls);
}

static int take_lines(struct reader *r, const struct key *key, const struct json *v)
{
	r->rule->compiled = true;
	return take_strings(r, key->name, v, line_fault, &r->rule->targets);
}

static int take_words(struct reader *r, const struct key *key, const struct json *v)
{
	return take_strings(r, key->name, v, some_text_fault, field(r, key));
}

static int take_except_targets(struct reader *r, const struct key *key, const struct json *v)
{
	const enum kind kind = r->rule->kind;

	return take_strings(r, key->name, v,
		r->compiled                ? line_fault
			: kind == KIND_MCP ? tool_pattern_fault
					   : target_fault(kind),
		&r->rule->except_targets);
}

static int take_content(struct reader *r, const struct key *key, const struct json *v)
{
	const char *word = json_string(v);

	r->rule->content_required = word && strcmp(word, "required") == 0;
	if (!r->rule->content_required)
		faults_add(r->faults, r->place, "%s must be 'required'", key->name);
	return 0;
}

static int take_severity(struct reader *r, const struct key *key, const struct json *v)
{
	const char *name = json_string(v);

	r->rule->severity = name ? severity_parse(name) : SEVERITY_NONE;
	if (r->rule->severity == SEVERITY_NONE)
		faults_add(r->faults, r->place, "%s must be 'low', 'medium', 'high' or 'critical'",
			key->name);
	return 0;
}

#define OF(kind) (1u << (kind))
#define OF_EXEC OF(KIND_EXEC)
#define OF_LINES OF(KINDS) /* of KIND_EXEC, but without argv */
#define OF_FILES (OF(KIND_READ) | OF(KIND_WRITE))
#define OF_OTHERS (OF_FILES | OF(KIND_FETCH) | OF(KIND_GIT) | OF(KIND_MCP))

static const struct key keys[] = {
	{ "id", take_id, true, 0, 0 },
	{ "argv", take_argv, true, 0, OF_EXEC },
	{ "path", take_targets, true, 0, OF_FILES },
	{ "url", take_targets, true, 0, OF(KIND_FETCH) },
	{ "line", take_lines, true, 0, OF_LINES },
	{ "compiled", take_bool, false, AT(compiled), OF_FILES | OF(KIND_MCP) },
	{ "pushes", take_bool, false, AT(pushes), OF(KIND_GIT) },
	{ "branch", take_targets, false, 0, OF(KIND_GIT) },
	{ "operation", take_words, false, AT(operations), OF(KIND_GIT) },
	{ "server", take_targets, true, 0, OF(KIND_MCP) },
	{ "tools", take_words, false, AT(tools), OF(KIND_MCP) },
	{ "content", take_content, false, 0, OF(KIND_WRITE) },
	{ "action", take_action, true, 0, 0 },
	{ "except", take_except, false, 0, OF_EXEC },
	{ "except", take_except_targets, false, 0, OF_OTHERS },
	{ "reason", take_reason, false, 0, 0 },
	{ "severity", take_severity, false, 0, 0 },
	{ "users", take_ids, false, AT(users), 0 },
	{ "groups", take_ids, false, AT(groups), 0 },
	{ "remember", take_bool, false, AT(remember), 0 },
	{ "opaque", take_bool, false, AT(opaque), OF_EXEC },
	{ "approvers", take_approvers, false, 0, 0 },
	{ "signed", take_demand, false, AT(demand.signature), OF_EXEC },
	{ "touch", take_demand, false, AT(demand.touch), OF_EXEC },
	{ "verified", take_demand, false, AT(demand.verified), OF_EXEC },
	{ "not_asker", take_demand, false, AT(demand.not_asker), OF_EXEC },
	{ "quorum", take_quorum, false, 0, OF_EXEC },
	{ "match", take_examples, false, 0, 0 },
	{ "not_match", take_examples, false, 0, 0 },
};

#define N_KEYS (sizeof(keys) / sizeof(keys[0]))

/* Reads the values that the asker must claim for this field. */
static int take_claim(const struct reader *r, enum field field, const struct json *v)
{
	bool path = field_rows[field].kind == FIELD_KIND_DIRECTORY;

	return take_patterns(r, field_rows[field].rule_key, v, path ? directory_fault : claim_fault,
		&r->rule->claims[field]);
}

static bool is_of(const struct key *key, unsigned section)
{
	return key->kinds == 0 || (key->kinds & section);
}

static int read_member(struct reader *r, const struct json *member)
{
	cleanup(bytes_deinit) struct bytes shown = BYTES_INIT(BYTES_UNLIMITED);
	const char *name = json_key(member);
	int e;

	for (size_t i = 0; i < N_KEYS; i++)
		if (strcmp(keys[i].name, name) == 0 && is_of(&keys[i], r->section))
			return keys[i].take(r, &keys[i], member);
	for (enum field f = 0; f < FIELDS; f++)
		if (field_rows[f].rule_key && strcmp(field_rows[f].rule_key, name) == 0)
			return take_claim(r, f, member);

	e = text_append_escaped(&shown, name, strlen(name));
	if (e < 0)
		return e;
	faults_add(r->faults, r->place, "unknown key '%s'", bytes_str(&shown));
	return 0;
}

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

static int read_members(struct reader *r, const struct json *v)
{
	int e = 0;

	if (json_get(v, "compiled"))
		json_bool(json_get(v, "compiled"), &r->compiled);
	json_each (member, v) {
		e = read_member(r, member);
		if (e < 0)
			return e;
	}
	for (size_t i = 0; i < N_KEYS; i++)
		if (keys[i].required && is_of(&keys[i], r->section) && !json_get(v, keys[i].name))
			faults_add(r->faults, r->place, "%s is missing", keys[i].name);
	return e;
}

int rule_read(const struct json *v, const struct rule_section *section, size_t index,
	const struct trusted *trusted, const struct policy_names *names, struct faults *faults,
	struct rule *ret)
{
	cleanup(bytes_deinit) struct bytes place = BYTES_INIT(BYTES_UNLIMITED);
	struct reader r = {
		.names = names,
		.faults = faults,
		.rule = ret,
		.section = section->lines ? OF_LINES : OF(section->kind),
	};
	size_t faults_before;
	int e;

	*ret = (struct rule){ .kind = section->kind };
	e = append_place(&place, section->name, index, v);
	if (e < 0)
		return e;

	r.place = bytes_str(&place);
	if (!json_is_object(v)) {
		faults_add(faults, r.place, "must be an object");
		return 0;
	}
	faults_before = faults->n;
	e = read_members(&r, v);
	if (section->kind != KIND_EXEC || section->lines)
		return e < 0 || faults->n > faults_before
			? e
			: rule_check_target(ret, v, r.place, faults);
	if (e < 0 || !r.argv_read || r.except_faulty || ret->action == DECISION_NONE)
		return e;

	/* Exceptions are strict: narrow if the rule is wide, wide if it is narrow. */
	for (size_t i = 0; i < ret->n_except; i++)
		ret->except[i].action =
			ret->action == DECISION_ALLOW ? DECISION_DENY : DECISION_ALLOW;
	return rule_check(ret, v, trusted, r.place, faults);
}
