/* SPDX-License-Identifier: ISC */

#include "cli/explanation.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/json/writer.h"
#include "base/path.h"
#include "base/text.h"
#include "cli/near-miss.h"
#include "cli/say.h"
#include "cli/suggest.h"
#include "cli/table.h"
#include "gate/decide.h"

struct explanation {
	const struct explanation_input *matter;
	struct judgement judgement;
	struct verdict verdict; /* of the second contract; it owns the judgement's strings */
	struct near_misses near;
	struct bytes place, reason, rule;
	struct suggest_notes notes;
};

static bool is_exec(const struct explanation *e)
{
	return e->matter->request->action == ACTION_EXEC;
}

static enum kind kind_of(const struct explanation *e)
{
	return request_kind(e->matter->request);
}

static const struct rule *rule_at(const struct explanation *e, size_t index)
{
	return request_rule(e->matter->policy, e->matter->request, index);
}

/* --- building the texts ----------------------------------------------------------------------- */

static int append_place(const struct explanation *e, struct bytes *b)
{
	const struct judgement *j = &e->judgement;

	if (j->by_rule && !rule_at(e, j->index)->compiled)
		return bytes_appendf(b, "%s[%zu]", kind_name(kind_of(e)), j->index);
	if (j->ground == GROUND_DEFAULT
		&& (!e->matter->policy || policy_default(e->matter->policy) == DECISION_NONE))
		return bytes_append_str(b, "--default-action");
	return bytes_append_str(b, j->rule);
}

/* Judges as the daemon does, but issues no token. */
static int judge_target(struct explanation *e)
{
	const struct explanation_input *m = e->matter;
	struct request request = *m->request;
	const struct settings settings = {
		.default_action = m->otherwise,
		.allow_self_approval = m->self_approval,
	};
	const struct decide_input in = {
		.request = &request,
		.asker = m->asker,
		.settings = &settings,
		.policy = m->policy,
		.registry = m->policy ? policy_registry(m->policy) : NULL,
		.allowlist = m->allowlist,
		.allow_now = clock_now().wall / CLOCK_MS,
	};
	const size_t n = request_count_rules(m->policy, m->request);
	struct judgement *j = &e->judgement;
	int r;

	request.detail = false;
	r = decide(&in, &e->verdict);
	if (r < 0)
		return r;

	j->decision = e->verdict.decision;
	j->rule = e->verdict.rule;
	j->ground = judgement_ground_of(j->rule);
	j->severity = e->verdict.severity;
	j->approvers = e->verdict.approvers;
	for (size_t i = 0; !j->by_rule && i < n; i++) {
		j->index = i;
		j->by_rule = strcmp(rule_at(e, i)->id, j->rule) == 0;
	}
	return bytes_append(&e->reason, e->verdict.reason.data, e->verdict.reason.len);
}

/* The allowlist allows what no rule is about, and what a rule lets it. */
static int ask_allowlist(struct explanation *e)
{
	const struct explanation_input *m = e->matter;
	const struct allow_entry *entry = NULL;
	struct judgement *j = &e->judgement;
	int r;

	if (!m->allowlist || !j->remember || j->decision == DECISION_ALLOW)
		return 0;
	r = allowlist_match(m->allowlist, m->request, &m->asker, m->self_approval, j->by_rule,
		policy_trusted(m->policy), clock_now().wall / CLOCK_MS, &entry);
	if (r < 0 || !entry)
		return r;

	*j = (struct judgement){ .decision = DECISION_ALLOW, .rule = RULE_ALLOWLIST };
	bytes_clear(&e->reason);
	bytes_append_str(&e->reason, "allowed by the allowlist (entry ");
	text_append_quoted(&e->reason, entry->id, strlen(entry->id));
	return bytes_append_char(&e->reason, ')');
}

static int judge_command(struct explanation *e)
{
	const struct explanation_input *m = e->matter;
	int r;

	r = policy_judge(m->policy, m->request, &m->asker, m->otherwise, &e->judgement);
	if (r >= 0)
		r = judgement_append_reason(&e->judgement, &e->reason);
	if (r >= 0)
		r = ask_allowlist(e);
	if (r >= 0)
		r = suggest_rule(
			m->policy, m->request, m->asker.uid, &e->judgement, &e->rule, &e->notes);
	return r;
}

static int make(struct explanation *e)
{
	const struct explanation_input *m = e->matter;
	const struct judgement *j = &e->judgement;
	int r;

	r = is_exec(e) ? judge_command(e) : judge_target(e);
	if (r >= 0 && m->policy)
		r = near_misses_find(
			m->policy, m->request, &m->asker, j->by_rule ? &j->index : NULL, &e->near);
	return r < 0 ? r : append_place(e, &e->place);
}

/* --- as JSON ---------------------------------------------------------------------------------- */

static void write_near(struct writer *w, const struct explanation *e)
{
	const struct rule *rule;
	char place[32];

	writer_array(w, "near");
	for (size_t i = 0; i < e->near.n; i++) {
		rule = rule_at(e, e->near.list[i].index);
		snprintf(place, sizeof(place), "%s[%zu]", kind_name(kind_of(e)),
			e->near.list[i].index);
		writer_object(w, NULL);
		writer_string(w, "rule", rule->id);
		writer_string(w, "place", place);
		writer_string(w, "action", decision_name(rule->action));
		writer_string(w, "why", bytes_str(&e->near.list[i].why));
		writer_end(w);
	}
	writer_end(w);
}

/* The next link to the executable: rules that deny or ask are about these names, too. */
static const struct program_link *next_link(
	const struct explanation *e, const struct program_link *after)
{
	const char *executable = e->matter->request->asked.executable;
	const struct program_link *first, *link;
	size_t n;

	first = program_links_find(
		&policy_trusted(e->matter->policy)->links, path_name(executable), &n);
	for (link = after ? after + 1 : first; n > 0 && link < first + n; link++)
		if (strcmp(link->program, executable) == 0)
			return link;
	return NULL;
}

static void write_links(struct writer *w, const struct explanation *e)
{
	writer_array(w, "links");
	for (const struct program_link *link = NULL; (link = next_link(e, link));)
		writer_string(w, NULL, link->path);
	writer_end(w);
}

static void write_asked(struct writer *w, const struct explanation *e)
{
	const struct request *q = e->matter->request;

	writer_string(w, "kind", kind_name(kind_of(e)));
	if (is_exec(e)) {
		writer_string(w, "executable", q->asked.executable);
		writer_string(w, "real_path", q->asked.real_path);
		writer_strings(w, "args", q->asked.args.text, q->asked.args.n);
		write_links(w, e);
	} else {
		writer_string(w, "target", q->evaluate.target);
		writer_string(w, "real_target", q->evaluate.real_target);
		writer_string(w, "operation", q->evaluate.does);
		writer_string(w, "severity", severity_name(e->judgement.severity));
		writer_string(w, "approver_group", e->judgement.approvers);
	}
	writer_integer(w, "uid", e->matter->asker.uid);
}

static int print_json(const struct explanation *e)
{
	cleanup(bytes_deinit) struct bytes line = BYTES_PRINTED;
	struct writer w;
	int r;

	writer_init(&w, &line);
	writer_object(&w, NULL);
	writer_string(&w, "decision", decision_name(e->judgement.decision));
	writer_string(&w, "rule", e->judgement.rule);
	writer_string(&w, "place", bytes_str(&e->place));
	writer_string(&w, "reason", bytes_str(&e->reason));
	writer_string(&w, "policy", e->matter->file);
	write_asked(&w, e);
	write_near(&w, e);
	writer_unsigned(&w, "further", e->near.n_further);
	if (e->rule.len > 0)
		writer_raw(&w, "allow_rule", e->rule.data, e->rule.len);
	else
		writer_null(&w, "allow_rule");
	writer_strings(&w, "notes", bytes_str(&e->notes.text), e->notes.n);
	writer_end(&w);
	r = writer_finish(&w);
	if (r >= 0)
		say_json(bytes_str(&line), line.len);
	return r;
}

/* --- as text ---------------------------------------------------------------------------------- */

/* Of the first part. */
#define DECISION_LABEL "decision  "
#define LABEL_WIDTH (sizeof(DECISION_LABEL) - 1)

static int append_command(const struct explanation *e, struct bytes *b)
{
	const struct request *q = e->matter->request;
	const char *arg = q->asked.args.text;

	text_append_quoted(b, q->asked.executable, strlen(q->asked.executable));
	for (size_t i = 0; i < q->asked.args.n; i++, arg += strlen(arg) + 1) {
		bytes_append_char(b, ' ');
		text_append_quoted(b, arg, strlen(arg));
	}
	bytes_append_char(b, '\n');
	for (const struct program_link *link = NULL; (link = next_link(e, link));) {
		bytes_append_str(b, "link      ");
		text_append_quoted(b, link->path, strlen(link->path));
		bytes_append_str(b, " leads to it\n");
	}
	return bytes_error(b);
}

static int append_quoted_line(struct bytes *b, const char *text)
{
	text_append_quoted(b, text, strlen(text));
	return bytes_append_char(b, '\n');
}

static int append_asked(const struct explanation *e, struct bytes *b)
{
	const struct evaluate *q = &e->matter->request->evaluate;

	if (is_exec(e)) {
		bytes_append_str(b, "command   ");
		return append_command(e, b);
	}
	bytes_appendf(b, "%-9s ", kind_name(kind_of(e)));
	append_quoted_line(b, q->target ? q->target : "");
	if (q->does) {
		bytes_append_str(b, "operation ");
		append_quoted_line(b, q->does);
	}
	if (q->real_target) {
		bytes_append_str(b, "leads to  ");
		append_quoted_line(b, q->real_target);
	}
	return bytes_error(b);
}

static int append_rule_name(const struct explanation *e, struct bytes *b, size_t index)
{
	const struct rule *rule = rule_at(e, index);

	bytes_appendf(b, "%s[%zu] \"", kind_name(kind_of(e)), index);
	text_append_escaped(b, rule->id, strlen(rule->id));
	return bytes_append_char(b, '"');
}

static int append_head(const struct explanation *e, struct bytes *b)
{
	const struct judgement *j = &e->judgement;
	const struct explanation_input *m = e->matter;

	append_asked(e, b);
	bytes_appendf(b, "policy    %s\n" DECISION_LABEL "%s\ndecided   ",
		m->file ? m->file : "none", decision_name(j->decision));
	if (j->by_rule && !rule_at(e, j->index)->compiled)
		append_rule_name(e, b, j->index);
	else
		bytes_appendf(b, "by %s%s", bytes_str(&e->place),
			j->ground == GROUND_DEFAULT ? ", since no rule matches" : "");
	bytes_append_str(b, "\nreason    ");
	text_append_escaped(b, bytes_str(&e->reason), e->reason.len);
	return bytes_append_char(b, '\n');
}

static int append_near(const struct explanation *e, struct bytes *b)
{
	const struct rule *rule;

	if (e->near.n == 0)
		return 0;

	bytes_append_str(b, "\nRules that nearly decided it:\n");
	for (size_t i = 0; i < e->near.n; i++) {
		rule = rule_at(e, e->near.list[i].index);
		bytes_append_str(b, "  ");
		append_rule_name(e, b, e->near.list[i].index);
		bytes_appendf(b, " (%s): %s\n", decision_name(rule->action),
			bytes_str(&e->near.list[i].why));
	}
	if (e->near.n_further > 0)
		bytes_appendf(b, "  and %zu more\n", e->near.n_further);
	return bytes_error(b);
}

static int append_notes(const struct suggest_notes *notes, struct bytes *b)
{
	const char *note = bytes_str(&notes->text);

	for (size_t i = 0; i < notes->n; i++, note += strlen(note) + 1)
		bytes_appendf(b, "Note: %s.\n", note);
	return bytes_error(b);
}

/* Prints a text of lines, each folded; the decision, on a line of its own, has its style. */
static int print_lines(const struct explanation *e, const struct bytes *text, size_t indent)
{
	cleanup(bytes_deinit) struct bytes shown = BYTES_PRINTED;
	const char *line = bytes_str(text), *end;
	struct console console;

	console_look(STDOUT_FILENO, &console);
	for (; (end = strchr(line, '\n')); line = end + 1) {
		const struct table_word word = {
			.at = LABEL_WIDTH,
			.len = (size_t)(end - line) - LABEL_WIDTH,
			.style = table_decision_style(e->judgement.decision),
		};
		bool decision = strncmp(line, DECISION_LABEL, LABEL_WIDTH) == 0;

		table_append_line(&console, line, (size_t)(end - line), indent,
			decision ? &word : NULL, &shown);
	}
	if (bytes_error(text) < 0 || bytes_error(&shown) < 0)
		return -ENOMEM;
	fputs(bytes_str(&shown), stdout);
	return 0;
}

static int print_text(const struct explanation *e)
{
	cleanup(bytes_deinit) struct bytes head = BYTES_PRINTED, near = BYTES_PRINTED,
					   notes = BYTES_PRINTED;
	int r;

	append_head(e, &head);
	append_near(e, &near);
	append_notes(&e->notes, &notes);
	if (bytes_error(&near) < 0 || bytes_error(&notes) < 0)
		return -ENOMEM;

	r = print_lines(e, &head, LABEL_WIDTH);
	if (r >= 0)
		r = print_lines(e, &near, TABLE_INDENT);
	if (r < 0)
		return r;
	if (e->rule.len > 0) {
		puts("\nThe smallest rule that allows just this:");
		say_json(bytes_str(&e->rule), e->rule.len);
	}
	return print_lines(e, &notes, TABLE_INDENT);
}

int explanation_print(const struct explanation_input *m, bool json)
{
	struct explanation e = {
		.matter = m,
		.place = BYTES_PRINTED,
		.reason = BYTES_PRINTED,
		.rule = BYTES_PRINTED,
		.notes = SUGGEST_NOTES_INIT,
	};
	int r;

	verdict_init(&e.verdict);
	r = make(&e);
	if (r >= 0)
		r = json ? print_json(&e) : print_text(&e);

	near_misses_deinit(&e.near);
	verdict_deinit(&e.verdict);
	bytes_deinit(&e.place);
	bytes_deinit(&e.reason);
	bytes_deinit(&e.rule);
	bytes_deinit(&e.notes.text);
	return r < 0 ? say_undecided("out of memory") : STATUS_DONE;
}
