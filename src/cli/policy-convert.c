/* SPDX-License-Identifier: ISC */

/* `firma policy convert`: prints a compiled policy as a policy of this program. */

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/array.h"
#include "base/json/writer.h"
#include "base/text.h"
#include "cli/absolute.h"
#include "cli/verb.h"
#include "daemon/policy-file.h"

static const struct option_row rows[] = {
	{ 0 },
};

/* The sections that the lists of a compiled policy become. */
static const struct {
	enum kind kind;
	const char *section, *key; /* key: of a rule's patterns */
} sections[] = {
	{ KIND_READ, "read", "path" },
	{ KIND_WRITE, "write", "path" },
	{ KIND_EXEC, "lines", "line" },
	{ KIND_GIT, "git", "branch" },
	{ KIND_MCP, "mcp", "server" },
};

static void write_patterns(struct writer *w, const char *key, const struct patterns *p)
{
	writer_array(w, key);
	for (size_t i = 0; i < p->n; i++)
		writer_string(w, NULL, p->any[i]);
	writer_end(w);
}

/* IDs must be distinct; two rules about servers have the same. */
static int write_id(struct writer *w, const struct rule *rules, size_t index)
{
	cleanup(bytes_deinit) struct bytes id = BYTES_PRINTED;
	size_t before = 0;

	for (size_t i = 0; i < index; i++)
		before += strcmp(rules[i].id, rules[index].id) == 0;
	bytes_append_str(&id, rules[index].id);
	if (before > 0)
		bytes_appendf(&id, ".%zu", before + 1);
	writer_string(w, "id", bytes_str(&id));
	return bytes_error(&id);
}

static int append_rule(struct bytes *b, size_t section, const struct rule *rules, size_t index)
{
	const struct rule *rule = &rules[index];
	struct writer w;
	int r;

	writer_init(&w, b);
	writer_object(&w, NULL);
	r = write_id(&w, rules, index);
	if (rule->kind == KIND_MCP && rule->targets.n == 0)
		writer_string(&w, "server", "*");
	else
		write_patterns(&w, sections[section].key, &rule->targets);
	if (rule->except_targets.n > 0)
		write_patterns(&w, "except", &rule->except_targets);
	if (rule->kind != KIND_EXEC && rule->kind != KIND_GIT
		&& rule->targets.n + rule->except_targets.n > 0)
		writer_bool(&w, "compiled", true);
	if (rule->kind == KIND_GIT)
		writer_bool(&w, "pushes", true);
	writer_string(&w, "action", decision_name(rule->action));
	writer_string(&w, "severity", severity_name(rule_severity(rule)));
	if (rule->kind != KIND_EXEC)
		writer_string(&w, "approvers", rule->approvers);
	writer_end(&w);
	writer_fail(&w, r);
	return writer_finish(&w);
}

static int append_section(struct bytes *b, size_t section, const struct policy *policy)
{
	const struct rule *rules;
	size_t n;
	int r = 0;

	rules = policy_rules_of(policy, sections[section].kind, &n);
	if (n == 0)
		return 0;
	bytes_appendf(b, ",\n \"%s\": [", sections[section].section);
	for (size_t i = 0; r >= 0 && i < n; i++) {
		bytes_append_str(b, i > 0 ? ",\n  " : "\n  ");
		r = append_rule(b, section, rules, i);
	}
	return r < 0 ? r : bytes_append_char(b, ']');
}

static int append_defaults(struct bytes *b, const struct policy *policy)
{
	const char *separator = "";
	const struct rule *rule;

	bytes_appendf(b, "\"default_action\": \"%s\",\n \"defaults\": {",
		decision_name(policy_default_rule(policy, KIND_EXEC)->action));
	for (size_t i = 0; i < LENGTH(sections); i++) {
		rule = policy_default_rule(policy, sections[i].kind);
		if (!rule || sections[i].kind == KIND_EXEC)
			continue;
		bytes_appendf(b, "%s\"%s\": \"%s\"", separator, sections[i].section,
			decision_name(rule->action));
		separator = ", ";
	}
	return bytes_append_char(b, '}');
}

static int append_policy(struct bytes *b, const struct policy *policy)
{
	int r;

	bytes_append_str(b, "{");
	if (policy_id(policy)) {
		bytes_append_str(b, "\"metadata\": {\"id\": ");
		json_append_string(b, policy_id(policy));
		bytes_append_str(b, "},\n ");
	}
	r = append_defaults(b, policy);
	for (size_t i = 0; r >= 0 && i < LENGTH(sections); i++)
		r = append_section(b, i, policy);
	return r < 0 ? r : bytes_append_str(b, "}\n");
}

static int print(const char *shown, const struct policy *policy)
{
	cleanup(bytes_deinit) struct bytes text = BYTES_PRINTED;

	if (policy_registry(policy) || !policy_is_of_compiled_form(policy)) {
		say("%s: it is not a compiled policy", shown);
		return STATUS_REFUSED;
	}
	if (append_policy(&text, policy) < 0)
		return say_undecided("out of memory");
	fputs(bytes_str(&text), stdout);
	return STATUS_DONE;
}

static int convert(const char *path)
{
	cleanup(bytes_deinit) struct bytes shown = BYTES_PRINTED;
	cleanup(bytes_deinit) struct bytes fault = BYTES_PRINTED;
	cleanup(policy_free_p) struct policy *policy = NULL;
	cleanup(free_p) char *absolute = absolute_path(path);
	struct policy_source source;
	struct faults faults;
	int r;

	if (!absolute || text_append_escaped(&shown, path, strlen(path)) < 0)
		return say_undecided("can't tell where the policy is");

	faults_init(&faults);
	r = policy_file_check(absolute, geteuid(), &faults, &source, &policy);
	if (r == POLICY_FAULTY && faults_summarize(&faults, bytes_str(&shown), &fault) < 0)
		r = -ENOMEM;
	faults_deinit(&faults);
	if (r < 0)
		return say_undecided("%s: %s", bytes_str(&shown), strerror(-r));
	if (!policy) {
		say("%s", bytes_str(&fault));
		return STATUS_REFUSED;
	}
	return print(bytes_str(&shown), policy);
}

static int run(const struct verb *verb, int argc, char **argv)
{
	struct operands operands;
	int status;

	status = verb_read_options(verb, argc, argv, NULL, &operands);
	if (status != VERB_GO)
		return status;
	if (!operands.words[0][0])
		return usage_error(verb, "it takes one file");
	return convert(operands.words[0]);
}

const struct verb policy_convert_verb = {
	.group = "policy",
	.name = "convert",
	.operands = OPERANDS_ONE,
	.operand = "file",
	.arguments = "FILE",
	.summary = "Prints a compiled policy as rules of this program",
	.options = rows,
	.run = run,
};
