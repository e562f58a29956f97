/* SPDX-License-Identifier: ISC */

/*
 * The smallest rule for a command. A pattern can't express a literal '*' or '?', so '?', which
 * matches any one character, takes its place, and a note says so.
 */

#include "cli/suggest.h"

#include <stdarg.h>
#include <string.h>

#include "base/path.h"
#include "gate/limits.h"
#include "gate/policy/glob.h"

static int __attribute__((format(printf, 2, 3)))
add_note(struct suggest_notes *notes, const char *format, ...)
{
	va_list ap;
	int r;

	va_start(ap, format);
	bytes_vappendf(&notes->text, format, ap);
	va_end(ap);
	r = bytes_append_char(&notes->text, '\0');
	if (r >= 0)
		notes->n++;
	return r;
}

/* Appends the text as a pattern, in JSON. A note calls the text `what`. */
static int append_pattern(
	struct bytes *b, const char *text, const char *what, struct suggest_notes *notes)
{
	cleanup(bytes_deinit) struct bytes pattern = BYTES_PRINTED;
	int r;

	bytes_append_str(&pattern, text);
	for (size_t i = 0; i < pattern.len; i++)
		if (pattern.data[i] == '*')
			pattern.data[i] = '?';

	r = bytes_error(&pattern);
	if (r >= 0 && !glob_is_literal(text))
		r = add_note(notes,
			"%s holds a '*' or '?', which no pattern can say: the '?' there fits any "
			"one character",
			what);
	if (r < 0)
		bytes_undo(b, b->len, r);
	return json_append_string(b, bytes_str(&pattern));
}

/* Appends the path as invoked and, if it is another one, the real path: both must match. */
static int append_program(struct bytes *b, const struct request *q, struct suggest_notes *notes)
{
	if (!q->asked.real_path || strcmp(q->asked.real_path, q->asked.executable) == 0)
		return append_pattern(b, q->asked.executable, "the path", notes);

	bytes_append_char(b, '[');
	append_pattern(b, q->asked.executable, "the path", notes);
	bytes_append_char(b, ',');
	append_pattern(b, q->asked.real_path, "the real path", notes);
	return bytes_append_char(b, ']');
}

static int append_argv(struct bytes *b, const struct request *q, struct suggest_notes *notes)
{
	const char *arg = q->asked.args.text;
	char what[32];

	bytes_append_char(b, '[');
	append_program(b, q, notes);
	for (size_t i = 0; i < q->asked.args.n; i++, arg += strlen(arg) + 1) {
		snprintf(what, sizeof(what), "argument %zu", i + 1);
		bytes_append_char(b, ',');
		append_pattern(b, arg, what, notes);
	}
	return bytes_append_char(b, ']');
}

static bool has_id(const struct policy *policy, const char *id)
{
	for (size_t i = 0; policy && i < policy_size(policy); i++)
		if (strcmp(policy_rule(policy, i)->id, id) == 0)
			return true;
	return false;
}

/* Appends an ID that the policy doesn't have. */
static int append_id(struct bytes *b, const struct policy *policy, const struct request *q)
{
	cleanup(bytes_deinit) struct bytes id = BYTES_PRINTED;
	const char *name = path_name(q->asked.executable);
	int r;

	if (strlen(name) > LIMIT_RULE_ID / 2)
		name = "command";
	r = bytes_appendf(&id, "allow-%s", name);
	for (unsigned int n = 2; r >= 0 && has_id(policy, bytes_str(&id)); n++) {
		bytes_clear(&id);
		r = bytes_appendf(&id, "allow-%s-%u", name, n);
	}
	return r < 0 ? r : json_append_string(b, bytes_str(&id));
}

/* Finds a reason why no rule can name the command. */
static int find_obstacle(const struct request *q, bool *ret, struct suggest_notes *notes)
{
	const char *arg = q->asked.args.text;

	*ret = true;
	if (q->asked.args.n + 1 > LIMIT_RULE_PATTERNS)
		return add_note(notes, "no rule can name all of its arguments: it has more than %d",
			LIMIT_RULE_PATTERNS - 1);
	for (size_t i = 0; i < q->asked.args.n; i++, arg += strlen(arg) + 1)
		if (strlen(arg) > LIMIT_PATTERN)
			return add_note(notes,
				"no rule can name argument %zu, which is longer than %d bytes",
				i + 1, LIMIT_PATTERN);
	*ret = false;
	return 0;
}

static int add_effect(const struct judgement *j, struct suggest_notes *notes)
{
	if (j->hidden)
		return add_note(notes,
			"it would have no effect: what xargs and env -S run can't be seen, so a "
			"person must decide");
	if (j->ground == GROUND_BUDGET)
		return add_note(notes, "it would have no effect without a budget_state_ref");
	if (j->by_rule && j->decision != DECISION_ALLOW)
		return add_note(notes,
			"it would have no effect beside exec[%zu], which is stricter", j->index);
	return 0;
}

int suggest_rule(const struct policy *policy, const struct request *q, uid_t uid,
	const struct judgement *j, struct bytes *rule, struct suggest_notes *notes)
{
	bool obstacle;
	int r;

	r = find_obstacle(q, &obstacle, notes);
	if (r < 0 || obstacle)
		return r;

	bytes_append_str(rule, "{\"id\":");
	r = append_id(rule, policy, q);
	if (r < 0)
		return r;
	bytes_append_str(rule, ",\"argv\":");
	append_argv(rule, q, notes);
	bytes_appendf(rule, ",\"action\":\"allow\",\"users\":[\"%u\"]", (unsigned int)uid);
	if (q->asked.run_as)
		bytes_appendf(rule, ",\"run_as\":[\"%s\"]", q->asked.run_as);
	r = bytes_append_char(rule, '}');
	return r < 0 ? r : add_effect(j, notes);
}
