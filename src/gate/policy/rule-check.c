/* SPDX-License-Identifier: ISC */

/* Checks the sense and the examples of a rule. */

#include "gate/policy/rule-check.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/path.h"
#include "base/text.h"
#include "gate/policy/candidates.h"
#include "gate/policy/glob.h"
#include "gate/policy/program.h"
#include "gate/policy/rule-target.h"

/* --- examples --------------------------------------------------------------------------------- */

/* Appends the words, each with a NUL. *ret_fine is false if `v` is not an array of strings. */
static int read_words(const struct json *v, struct bytes *words, bool *ret_fine)
{
	const char *word;
	int r;

	*ret_fine = json_is_array(v) && json_first(v);
	json_each (child, v) {
		word = json_string(child);
		if (!word) {
			*ret_fine = false;
			return 0;
		}
		r = bytes_append(words, word, strlen(word) + 1);
		if (r < 0)
			return r;
	}
	return 0;
}

static int append_command(struct bytes *b, const struct json *v)
{
	const char *separator = "";

	json_each (child, v) {
		bytes_append_str(b, separator);
		text_append_quoted(b, json_string(child), strlen(json_string(child)));
		separator = " ";
	}
	return bytes_error(b);
}

static int try_example(const struct rule *rule, const struct json *v, const struct trusted *trusted,
	const struct bytes *words, bool *ret_matches)
{
	const bool allows = rule->action == DECISION_ALLOW;
	struct candidates c;
	int r;

	r = candidates_init_example(&c, bytes_str(words), json_size(v));
	if (r < 0)
		return r;

	*ret_matches = false;
	for (size_t i = 0; i < (allows ? 1 : c.n); i++)
		*ret_matches |= rule_try_argv(rule, trusted, &c.all[i], NULL) == RULE_MATCHES;
	candidates_deinit(&c);
	return 0;
}

static int check_example(const struct rule *rule, const struct json *v, bool wanted,
	const struct trusted *trusted, const char *place, struct faults *faults)
{
	cleanup(bytes_deinit) struct bytes words = BYTES_PRINTED;
	cleanup(bytes_deinit) struct bytes shown = BYTES_PRINTED;
	bool fine, matches;
	int r;

	r = read_words(v, &words, &fine);
	if (r < 0)
		return r;
	if (!fine) {
		faults_add(faults, place, "%s must hold arrays of strings, none of them empty",
			wanted ? "match" : "not_match");
		return 0;
	}

	r = try_example(rule, v, trusted, &words, &matches);
	if (r < 0 || matches == wanted)
		return r;

	r = append_command(&shown, v);
	if (r >= 0)
		faults_add(faults, place, "%s: %s %s", wanted ? "match" : "not_match",
			bytes_str(&shown), wanted ? "does not match" : "matches");
	return r;
}

static int check_examples(const struct rule *rule, const struct json *value, bool wanted,
	const struct trusted *trusted, const char *place, struct faults *faults)
{
	const struct json *examples = json_get(value, wanted ? "match" : "not_match");
	int r = 0;

	if (!examples)
		return 0;
	json_each (example, examples) {
		r = check_example(rule, example, wanted, trusted, place, faults);
		if (r < 0)
			break;
	}
	return r;
}

/* --- sense ------------------------------------------------------------------------------------ */

static bool has_element(const struct rule *rule, const char *pattern)
{
	for (size_t i = 1; i < rule->n_argv; i++)
		for (size_t k = 0; k < rule->argv[i].n; k++)
			if (strcmp(rule->argv[i].any[k], pattern) == 0)
				return true;
	return false;
}

static void check_openness(const struct rule *rule, const char *place, struct faults *faults)
{
	bool open = has_element(rule, "**"), nearly = has_element(rule, "*");
	enum program program;
	const char *name;

	if (rule->action != DECISION_ALLOW || rule->opaque || (!open && !nearly))
		return;

	for (size_t i = 0; i < rule->argv[0].n; i++) {
		program = program_of_pattern(path_name(rule->argv[0].any[i]), &name);
		if (program == PROGRAM_PLAIN)
			continue;
		if (open)
			faults_add(faults, place,
				"argv[0] fits the %s '%s': to allow it whatever its arguments say "
				"takes \"opaque\": true",
				program_text(program), name);
		else
			faults_warn(faults, place,
				"argv[0] fits the %s '%s', and one of its arguments may be "
				"anything",
				program_text(program), name);
		return;
	}
}

/* Whether the rule is about a program with subcommands, and its last word may be one. */
static bool ends_in_verb(const struct rule *rule)
{
	const char *last = rule->argv[rule->n_argv - 1].any[0];

	for (size_t i = 0; i < rule->argv[0].n; i++)
		if (last[0] != '-' && program_has_verbs(path_name(rule->argv[0].any[i])))
			return true;
	return false;
}

/* Warns if a rule that denies or asks matches less than its author probably meant. */
static void check_reach(const struct rule *rule, const char *place, struct faults *faults)
{
	const struct patterns *last = &rule->argv[rule->n_argv - 1];

	if (rule->action == DECISION_ALLOW || has_element(rule, "**"))
		return;
	if (rule->n_argv == 1)
		faults_warn(faults, place,
			"it matches the command without arguments alone; \"**\" after it is any "
			"arguments");
	else if (last->n == 1 && strcmp(last->any[0], "*") == 0)
		faults_warn(faults, place,
			"its last \"*\" is one argument, not more and not none; \"**\" is any "
			"number");
	else if (rule->n_argv == 2 && ends_in_verb(rule))
		faults_warn(faults, place,
			"it matches the subcommand without arguments alone; \"**\" after it is "
			"any arguments");
}

/*
 * A subcommand that the rule names, or may name, and with which the program runs others; or NULL.
 * After an option, each further word that is no pattern may be the subcommand.
 */
static const char *running_verb(const struct rule *rule, const char *name)
{
	const bool option = rule->n_argv > 1 && rule->argv[1].any[0][0] == '-';

	for (size_t at = 1; at < rule->n_argv && (at == 1 || option); at++)
		for (size_t i = 0; i < rule->argv[at].n; i++)
			if ((at == 1 || glob_is_literal(rule->argv[at].any[i]))
				&& program_verb_can_run(name, rule->argv[at].any[i]))
				return rule->argv[at].any[i];
	return NULL;
}

/* Warns about each program in an allowing rule that can run others, or that can't be allowed. */
static void check_runners(const struct rule *rule, const char *place, struct faults *faults)
{
	bool open = has_element(rule, "**") || has_element(rule, "*");

	if (rule->action != DECISION_ALLOW)
		return;
	for (size_t i = 0; i < rule->argv[0].n; i++) {
		const char *name = path_name(rule->argv[0].any[i]), *verb;

		if (program_is_hidden(name))
			faults_warn(faults, place,
				"argv[0] fits '%s': what that runs can't be seen, so that a person "
				"is "
				"asked in spite of the rule",
				name);
		else if (open && !rule->opaque && program_can_run(name))
			faults_warn(faults, place,
				"argv[0] fits '%s', which can run other commands: one of its "
				"arguments may be anything",
				name);
		else if (open && !rule->opaque && (verb = running_verb(rule, name)))
			faults_warn(faults, place,
				"argv fits '%s %s', which can run other commands: one of its "
				"arguments may be anything",
				name, verb);
	}
}

static void check_claims(const struct rule *rule, const char *place, struct faults *faults)
{
	size_t n = 0;

	for (enum field claim = 0; claim < FIELDS; claim++)
		n += rule->claims[claim].n;
	if (rule->action == DECISION_ALLOW && n > 0 && rule->users.n == 0 && rule->groups.n == 0
		&& rule->runners.n == 0 && rule->run_as.n == 0)
		faults_warn(faults, place,
			"it allows on claims alone, which any asker can make: 'users' and 'groups' "
			"are facts");
}

static void check_trust(const struct rule *rule, const struct trusted *trusted, const char *place,
	struct faults *faults)
{
	if (rule->action != DECISION_ALLOW || trusted->n > 0)
		return;
	for (size_t i = 0; i < rule->argv[0].n; i++)
		if (!strchr(rule->argv[0].any[i], '/')) {
			faults_warn(faults, place,
				"a bare name is allowed in a trusted directory only, and there is "
				"none");
			return;
		}
}

int rule_check(const struct rule *rule, const struct json *value, const struct trusted *trusted,
	const char *place, struct faults *faults)
{
	int r;

	if (rule->remember && rule->action != DECISION_PENDING)
		faults_add(faults, place, "remember is for a rule that asks");
	if (rule->opaque && rule->action != DECISION_ALLOW)
		faults_add(faults, place, "opaque is for a rule that allows");
	if (rule->demands && rule->action != DECISION_PENDING)
		faults_add(faults, place,
			"approvers, signed, touch, verified, quorum and not_asker are for a rule "
			"that "
			"asks");
	check_openness(rule, place, faults);
	check_claims(rule, place, faults);
	check_trust(rule, trusted, place, faults);

	r = check_examples(rule, value, true, trusted, place, faults);
	return r < 0 ? r : check_examples(rule, value, false, trusted, place, faults);
}

void rule_advise(const struct rule *rule, const char *place, struct faults *faults)
{
	check_reach(rule, place, faults);
	check_runners(rule, place, faults);
}

/* --- rules of other kinds --------------------------------------------------------------------- */

/* The home directory of the asker in an example. */
#define EXAMPLE_HOME "/home/me"

static bool is_about_paths(const struct rule *rule)
{
	return rule->kind == KIND_READ || rule->kind == KIND_WRITE;
}

/* An example is a path, a URL, a branch, or SERVER:TOOL. A path is its own real path. */
static int try_target(const struct rule *rule, const char *text, bool *ret)
{
	const struct asker example = { .more_groups = true, .home = EXAMPLE_HOME };
	struct request request = { .action = ACTION_EVALUATE };
	struct evaluate *e = &request.evaluate;
	cleanup(free_p) char *server = NULL, *at_home = NULL;
	const char *colon = strchr(text, ':');
	struct target t;
	int r;

	if (is_about_paths(rule) && strncmp(text, "~/", 2) == 0) {
		if (asprintf(&at_home, EXAMPLE_HOME "%s", text + 1) < 0)
			return -ENOMEM;
		text = at_home;
	}
	e->kind = rule->kind;
	e->target = e->real_target = text;
	if (rule->kind == KIND_MCP && colon) {
		server = strndup(text, (size_t)(colon - text));
		if (!server)
			return -ENOMEM;
		e->server = server;
		e->tool = colon + 1;
	}
	r = target_init(&t, &request, &example);
	if (r < 0)
		return r;

	*ret = rule_fits_target_itself(rule, &t);
	target_deinit(&t);
	return 0;
}

static int check_target_examples(const struct rule *rule, const struct json *value, const char *key,
	bool wanted, const char *place, struct faults *faults)
{
	const struct json *examples = json_get(value, key);
	size_t i = 0;
	bool fits;
	int r;

	if (!examples)
		return 0;
	if (rule->kind == KIND_EXEC) {
		faults_add(faults, place, "a rule about lines can't have %s", key);
		return 0;
	}
	json_each (child, examples) {
		if (!json_string(child)) {
			faults_add(faults, place, "%s[%zu] must be a string", key, i++);
			continue;
		}
		r = try_target(rule, json_string(child), &fits);
		if (r < 0)
			return r;
		if (fits != wanted)
			faults_add(faults, place, "%s[%zu] %s", key, i,
				wanted ? "is not matched" : "is matched");
		i++;
	}
	return 0;
}

int rule_check_target(
	const struct rule *rule, const struct json *value, const char *place, struct faults *faults)
{
	int r;

	if (rule->remember && rule->action != DECISION_PENDING)
		faults_add(faults, place, "remember is for a rule that asks");
	if (demand_is_made(&(struct demand){ .flags = rule->demand })
		&& rule->action != DECISION_PENDING)
		faults_add(faults, place,
			"signed, touch, verified, quorum and not_asker are for a rule that asks");
	if (rule->compiled && rule->kind != KIND_EXEC && rule->action == DECISION_ALLOW)
		faults_add(faults, place, "compiled is for a rule that denies or asks");
	if (rule->compiled && rule->except_targets.n > 0 && rule->kind != KIND_MCP)
		faults_add(faults, place, "compiled and except exclude each other");
	if (rule->compiled && rule->tools.n > 0)
		faults_add(faults, place, "compiled and tools exclude each other");
	if (rule->kind == KIND_GIT && rule->targets.n == 0 && rule->operations.n == 0)
		faults_add(faults, place, "branch or operation is missing");

	r = check_target_examples(rule, value, "match", true, place, faults);
	return r < 0 ? r : check_target_examples(rule, value, "not_match", false, place, faults);
}

static const char *path_advice(const char *pattern, bool allows)
{
	const size_t len = strlen(pattern);

	if (!allows)
		return len > 2 && strcmp(pattern + len - 2, "/*") == 0
			? "'*' at the end is one name, not what lies below; \"**\" is both"
			: NULL;
	if (strcmp(pattern, "/**") == 0)
		return "it allows every file";
	return pattern[0] != '/' ? "a relative path is below the directory that the asker claims: "
				   "an absolute one says where"
				 : NULL;
}

static const char *target_advice(const struct rule *rule, size_t index)
{
	const bool allows = rule->action == DECISION_ALLOW;
	const char *pattern = rule->targets.any[index];

	switch (rule->kind) {
	case KIND_READ:
	case KIND_WRITE:
		return rule->compiled ? NULL : path_advice(pattern, allows);
	case KIND_FETCH:
		return allows && strcmp(rule->urls[index].host, "*") == 0
			? "it allows every host, also those of this machine and its network"
			: NULL;
	case KIND_MCP:
		return allows && strcmp(pattern, "*") == 0 ? "it allows tools of every server"
							   : NULL;
	default:
		return NULL;
	}
}

void rule_advise_target(const struct rule *rule, const char *place, struct faults *faults)
{
	const char *advice;

	check_claims(rule, place, faults);
	for (size_t i = 0; i < rule->targets.n; i++) {
		advice = target_advice(rule, i);
		if (advice) {
			faults_warn(faults, place, "%s", advice);
			return;
		}
	}
}
