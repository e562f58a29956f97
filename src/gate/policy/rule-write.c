/* SPDX-License-Identifier: ISC */

/* Rules as JSON. */

#include "gate/policy/rule-write.h"

void rule_write_patterns(struct writer *w, const char *key, const struct patterns *p)
{
	if (p->n == 1) {
		writer_string(w, key, p->any[0]);
		return;
	}
	writer_array(w, key);
	for (size_t i = 0; i < p->n; i++)
		writer_string(w, NULL, p->any[i]);
	writer_end(w);
}

void rule_write_argv(struct writer *w, const char *key, const struct rule *rule, size_t first)
{
	writer_array(w, key);
	for (size_t i = first; i < rule->n_argv; i++)
		rule_write_patterns(w, NULL, &rule->argv[i]);
	writer_end(w);
}

static void write_some(struct writer *w, const char *key, const struct patterns *p)
{
	if (p->n > 0)
		rule_write_patterns(w, key, p);
}

static void write_true(struct writer *w, const char *key, bool value)
{
	if (value)
		writer_bool(w, key, true);
}

void rule_write_for_asker(struct writer *w, const struct rule *rule)
{
	static const char *const target_keys[KINDS] = {
		[KIND_EXEC] = "line",
		[KIND_READ] = "path",
		[KIND_WRITE] = "path",
		[KIND_FETCH] = "url",
		[KIND_GIT] = "branch",
		[KIND_MCP] = "server",
	};

	writer_string(w, "id", rule->id);
	writer_string(w, "kind", kind_name(rule->kind));
	writer_string(w, "action", decision_name(rule->action));
	if (rule->n_argv > 0)
		rule_write_argv(w, "argv", rule, 0);
	if (target_keys[rule->kind])
		write_some(w, target_keys[rule->kind], &rule->targets);
	write_some(w, "operation", &rule->operations);
	write_some(w, "tools", &rule->tools);
	write_true(w, "pushes", rule->pushes);
	write_true(w, "compiled", rule->compiled);
	for (enum field f = 0; f < FIELDS; f++)
		if (field_rows[f].rule_key)
			write_some(w, field_rows[f].rule_key, &rule->claims[f]);
	run_as_write(w, "run_as", &rule->run_as);
	write_true(w, "exceptions", rule->n_except > 0 || rule->except_targets.n > 0);
	writer_string(w, "reason", rule->reason);
}
