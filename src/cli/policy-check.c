/* SPDX-License-Identifier: ISC */

/* `firma policy check`: finds everything wrong with a policy before it is in force. */

#include <errno.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/path.h"
#include "base/text.h"
#include "cli/absolute.h"
#include "cli/approver-advice.h"
#include "cli/daemon-user.h"
#include "cli/find-command.h"
#include "cli/verb.h"
#include "daemon/policy-file.h"
#include "daemon/runner-keys.h"
#include "gate/policy/glob.h"
#include "gate/policy/rule-check.h"

struct command_line {
	const char *user;
};

static const struct option_row rows[] = {
	{ "user", 0, "NAME",
		"look as this user would\n"
		"(default for root: the daemon's)",
		OPTION_STRING(struct command_line, user) },
	{ 0 },
};

static int print_result(int r, const char *file, const struct daemon_user *user,
	const struct faults *faults, const struct policy *policy)
{
	cleanup(bytes_deinit) struct bytes lines = BYTES_PRINTED;

	if (faults_print(faults, file, &lines) < 0)
		return say_undecided("out of memory");

	fputs(bytes_str(&lines), stdout);
	if (r == POLICY_FAULTY)
		return STATUS_REFUSED;

	printf("%s: in order%s%s, %zu rule%s\n", file, user->other ? " for " : "",
		user->other ? user->name : "", policy_size_of_all(policy),
		text_plural(policy_size_of_all(policy)));
	return STATUS_DONE;
}

/* The daemon's user can't read the file, so the daemon would be closed. */
static int print_unreadable(const char *file, const struct daemon_user *user, int r)
{
	printf("%s: %s can't read it: %s\n", file, user->name, strerror(-r));
	return STATUS_REFUSED;
}

/* If the directory of a pattern is a single path with a link in it, returns its real path. */
static char *linked_directory(const char *pattern)
{
	cleanup(free_p) char *directory = strdup(pattern), *real = NULL;
	char *slash = directory ? strrchr(directory, '/') : NULL;

	if (!slash || slash == directory)
		return NULL;
	*slash = '\0';
	if (strpbrk(directory, "*?"))
		return NULL;

	real = realpath(directory, NULL);
	return real && strcmp(real, directory) != 0 ? steal_ptr(real) : NULL;
}

static bool is_plain_name(const char *name)
{
	return name[strspn(
		       name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._+-")]
		== '\0';
}

static int append_place_of(
	struct bytes *b, const char *section, const struct rule *rule, size_t index)
{
	bytes_appendf(b, ": %s[%zu] \"", section, index);
	text_append_escaped(b, rule->id, strlen(rule->id));
	return bytes_append_str(b, "\":");
}

static int append_place(struct bytes *b, const struct rule *rule, size_t index)
{
	return append_place_of(b, "exec", rule, index);
}

/* Whether `rule` matches every command of each program that `other` names. */
static bool covers(const struct rule *rule, const struct rule *other)
{
	if (rule->action == DECISION_ALLOW || rule->n_argv != 2
		|| !rule_is_any_words(&rule->argv[1]) || rule->users.n > 0 || rule->groups.n > 0
		|| rule->runners.n > 0 || rule->run_as.n > 0 || rule->n_except > 0)
		return false;
	for (enum field claim = 0; claim < FIELDS; claim++)
		if (rule->claims[claim].n > 0)
			return false;

	for (size_t i = 0; i < other->argv[0].n; i++) {
		const char *name = other->argv[0].any[i];
		bool found = false;

		for (size_t k = 0; k < rule->argv[0].n; k++)
			found |= strcmp(rule->argv[0].any[k], name) == 0
				|| strcmp(rule->argv[0].any[k], path_name(name)) == 0;
		if (!found)
			return false;
	}
	return true;
}

static void advise(const struct policy *policy, size_t index, struct faults *faults)
{
	cleanup(bytes_deinit) struct bytes place = BYTES_PRINTED;
	const struct rule *rule = policy_rule(policy, index);

	if (append_place(&place, rule, index) < 0)
		return;
	rule_advise(rule, bytes_str(&place), faults);
	approver_advise(policy_approvers(policy), rule, bytes_str(&place), faults);
}

static void warn_of_shadow(const struct policy *policy, size_t index, struct faults *faults)
{
	cleanup(bytes_deinit) struct bytes place = BYTES_PRINTED;
	const struct rule *rule = policy_rule(policy, index);

	if (rule->action != DECISION_ALLOW)
		return;
	for (size_t i = 0; i < policy_size(policy); i++) {
		if (!covers(policy_rule(policy, i), rule))
			continue;
		if (append_place(&place, rule, index) >= 0)
			faults_warn(faults, bytes_str(&place),
				"it allows nothing: exec[%zu] is stricter and matches whatever it "
				"matches",
				i);
		return;
	}
}

/* Finds the first of these directories that has the name, and returns its path; "" if none has. */
static int find_name(const struct trusted *in, const char *name, struct bytes *ret)
{
	for (size_t i = 0; i < in->n; i++) {
		bytes_clear(ret);
		bytes_appendf(ret, "%s/%s", in->directories[i], name);
		if (bytes_error(ret) < 0)
			return bytes_error(ret);
		if (access(bytes_str(ret), F_OK) == 0)
			return 0;
	}
	bytes_clear(ret);
	return 0;
}

/* Warns if the name is in no trusted directory, but $PATH finds it. */
static void warn_of_place(
	const struct rule *rule, size_t index, const char *name, struct faults *faults)
{
	cleanup(bytes_deinit) struct bytes place = BYTES_PRINTED, shown = BYTES_PRINTED;
	struct found_command found;

	if (find_command(name, &found, &shown) < 0)
		return;
	bytes_clear(&shown);
	if (append_place(&place, rule, index) >= 0
		&& text_append_quoted(&shown, found.executable, strlen(found.executable)) >= 0)
		faults_warn(faults, bytes_str(&place),
			"%s is %s here, in no trusted directory: the rule does not allow that",
			name, bytes_str(&shown));
	found_command_deinit(&found);
}

/*
 * Warns about a name or path that links to a file of another name: a rule that allows must match
 * both, unless the link is a program of its own name.
 */
static void warn_of_alias(
	const struct policy *policy, size_t index, const char *name, struct faults *faults)
{
	cleanup(bytes_deinit) struct bytes place = BYTES_PRINTED, shown = BYTES_PRINTED,
					   path = BYTES_PRINTED;
	const struct trusted *trusted = policy_trusted(policy);
	const struct rule *rule = policy_rule(policy, index);
	cleanup(free_p) char *real = NULL;

	if (strchr(name, '/')) {
		real = linked_directory(name);
		if (real)
			return;
		bytes_append_str(&path, name);
	} else if (find_name(trusted, name, &path) >= 0 && path.len == 0 && trusted->n > 0)
		warn_of_place(rule, index, name, faults);
	real = path.len > 0 ? realpath(bytes_str(&path), NULL) : NULL;
	if (!real
		|| trusted_leads(trusted,
			&(struct candidate_program){
				path_name(bytes_str(&path)), bytes_str(&path), false },
			&(struct candidate_program){ path_name(real), real, false }))
		return;
	for (size_t k = 0; k < rule->argv[0].n; k++) {
		const char *pattern = rule->argv[0].any[k];

		if (strchr(pattern, '/') ? glob_path(pattern, real)
					 : glob_text(pattern, path_name(real)))
			return;
	}
	if (append_place(&place, rule, index) >= 0
		&& text_append_quoted(&shown, real, strlen(real)) >= 0)
		faults_warn(faults, bytes_str(&place),
			"%s is a link to %s here, which the rule does not name: it allows nothing "
			"where the asker says so",
			name, bytes_str(&shown));
}

static void warn_of_aliases(const struct policy *policy, size_t index, struct faults *faults)
{
	const struct rule *rule = policy_rule(policy, index);

	if (rule->action != DECISION_ALLOW)
		return;
	for (size_t k = 0; k < rule->argv[0].n; k++)
		if (glob_is_literal(rule->argv[0].any[k])
			&& is_plain_name(path_name(rule->argv[0].any[k])))
			warn_of_alias(policy, index, rule->argv[0].any[k], faults);
}

static void warn_of_link(
	const struct rule *rule, size_t index, const char *pattern, struct faults *faults)
{
	cleanup(bytes_deinit) struct bytes shown = BYTES_PRINTED, place = BYTES_PRINTED;
	cleanup(free_p) char *real = linked_directory(pattern);

	if (!real)
		return;

	text_append_quoted(&shown, pattern, strlen(pattern));
	bytes_append_str(&shown, " is in a directory that is a link to ");
	text_append_quoted(&shown, real, strlen(real));
	if (append_place(&place, rule, index) >= 0 && bytes_error(&shown) >= 0)
		faults_warn(faults, bytes_str(&place),
			"%s: 'firma check' asks about what lies there", bytes_str(&shown));
}

/*
 * An asker resolves the directory of a command, so a pattern with a link in its directory matches
 * nothing. A denying rule with such a pattern denies nothing.
 */
static void warn_of_links(const struct policy *policy, struct faults *faults)
{
	const struct patterns *first;

	for (size_t i = 0; i < policy_size(policy); i++) {
		advise(policy, i, faults);
		warn_of_shadow(policy, i, faults);
		warn_of_aliases(policy, i, faults);
		first = &policy_rule(policy, i)->argv[0];
		for (size_t k = 0; k < first->n; k++)
			if (first->any[k][0] == '/')
				warn_of_link(policy_rule(policy, i), i, first->any[k], faults);
	}
}

/* Rules of other kinds, but not those that a compiled policy has become. */
static void warn_of_targets(const struct policy *policy, struct faults *faults)
{
	const struct rule *rules;
	size_t n;

	for (enum kind kind = 0; kind < KINDS && !policy_is_of_compiled_form(policy); kind++) {
		rules = policy_rules_of(policy, kind, &n);
		for (size_t i = 0; i < n; i++) {
			cleanup(bytes_deinit) struct bytes place = BYTES_PRINTED;
			const char *section = kind == KIND_EXEC ? "lines" : kind_name(kind);

			if (append_place_of(&place, section, &rules[i], i) < 0)
				continue;
			rule_advise_target(&rules[i], bytes_str(&place), faults);
			approver_advise(
				policy_approvers(policy), &rules[i], bytes_str(&place), faults);
		}
	}
}

/* From here on, access files as the daemon's user. */
static int become(const struct daemon_user *user)
{
	int r;

	if (!user->other)
		return STATUS_DONE;
	if (geteuid() != 0)
		return say_undecided("only root can look as another user");

	r = daemon_user_become(user);
	return r < 0 ? say_undecided("can't become %s: %s", user->name, strerror(-r)) : STATUS_DONE;
}

/* The key sets of its runners, which the daemon must be able to read. */
static int check_keys(const char *path, const struct policy *policy, struct faults *faults)
{
	cleanup(runner_keys_free_p) struct runner_keys *keys = NULL;
	const struct clock_time now = clock_now();
	const struct jwks *set;
	int r;

	if (policy_runners(policy) && sodium_init() < 0)
		return -ENOSYS;
	r = runner_keys_new(policy_runners(policy), path, getenv("CREDENTIALS_DIRECTORY"),
		geteuid(), &now, faults, &keys);
	for (size_t i = 0; keys && i < policy_runners(policy)->n_issuers; i++) {
		cleanup(bytes_deinit) struct bytes detail = BYTES_PRINTED;
		char place[64];

		snprintf(place, sizeof(place), ": runners.oidc[%zu].jwks:", i);
		if (runner_keys_get(keys, i, &now, &set, &detail) == RUNNER_KEYS_OLD)
			faults_warn(faults, place, "verifies nothing, being older than max_age: %s",
				bytes_str(&detail));
	}
	return r;
}

static int check(const char *path, const struct daemon_user *user)
{
	cleanup(bytes_deinit) struct bytes shown = BYTES_PRINTED;
	cleanup(policy_free_p) struct policy *policy = NULL;
	cleanup(free_p) char *absolute = absolute_path(path);
	struct policy_source source;
	struct faults faults;
	int r, status;

	if (!absolute || text_append_escaped(&shown, path, strlen(path)) < 0)
		return say_undecided("can't tell where the policy is");

	status = become(user);
	if (status != STATUS_DONE)
		return status;

	faults_init(&faults);
	r = policy_file_check(absolute, geteuid(), &faults, &source, &policy);
	if (r == 0) {
		warn_of_links(policy, &faults);
		warn_of_targets(policy, &faults);
		r = check_keys(absolute, policy, &faults);
	}
	if (r == -EACCES && user->other)
		status = print_unreadable(bytes_str(&shown), user, r);
	else if (r < 0)
		status = say_undecided("%s: %s", bytes_str(&shown), strerror(-r));
	else
		status = print_result(r, bytes_str(&shown), user, &faults, policy);
	faults_deinit(&faults);
	return status;
}

static int run(const struct verb *verb, int argc, char **argv)
{
	struct command_line command_line = { 0 };
	struct operands operands;
	struct daemon_user user;
	int status;

	status = verb_read_options(verb, argc, argv, &command_line, &operands);
	if (status != VERB_GO)
		return status;
	if (!operands.words[0][0])
		return usage_error(verb, "it takes one file");
	if (daemon_user_find(command_line.user, &user) < 0)
		return usage_error(verb, "--user wants a user that is there");
	return check(operands.words[0], &user);
}

const struct verb policy_check_verb = {
	.group = "policy",
	.name = "check",
	.operands = OPERANDS_ONE,
	.operand = "file",
	.arguments = "FILE",
	.summary = "Says everything that is wrong with a policy",
	.options = rows,
	.run = run,
};
