/* SPDX-License-Identifier: ISC */

/* Explains a decision. */

#include "cli/explanation.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/json/writer.h"
#include "base/text.h"
#include "cli/say.h"
#include "cli/suggest.h"
#include "gate/decide.h"
#include "gate/policy/candidates.h"
#include "gate/policy/rule-target.h"

/* The most near misses that are shown. */
#define NEAR_MAX 10

struct near {
	size_t index;
	enum rule_miss miss;
	struct rule_reach reach;
	struct bytes why;
};

struct explanation {
	const struct explanation_input *matter;
	struct judgement judgement;
	struct verdict verdict;     /* of the second contract; it owns the judgement's strings */
	struct near near[NEAR_MAX]; /* the nearest first */
	size_t n_near, n_further;   /* shown, and not shown */
	struct bytes place, reason, rule;
	struct suggest_notes notes;
};

static bool is_exec(const struct explanation *e)
{
	return e->matter->request->action == ACTION_EXEC;
}

static enum kind kind_of(const struct explanation *e)
{
	return is_exec(e) ? KIND_EXEC : e->matter->request->evaluate.kind;
}

/* --- the policy's rules of this kind ---------------------------------------------------------- */

static size_t count_rules(const struct explanation *e)
{
	size_t n = 0;

	if (!e->matter->policy)
		return 0;
	if (kind_of(e) == KIND_EXEC)
		return policy_size(e->matter->policy);
	policy_rules_of(e->matter->policy, kind_of(e), &n);
	return n;
}

static const struct rule *rule_at(const struct explanation *e, size_t index)
{
	size_t n;

	if (kind_of(e) == KIND_EXEC)
		return policy_rule(e->matter->policy, index);
	return &policy_rules_of(e->matter->policy, kind_of(e), &n)[index];
}

/* --- near misses ------------------------------------------------------------------------------ */

/* The later the mismatch, the nearer the rule; a rule that matches is nearest. */
static int nearness(const struct near *n)
{
	return n->miss == RULE_MATCHES ? RULE_OTHER_CLAIM + 1 : (int)n->miss;
}

static bool is_nearer(const struct near *a, const struct near *b)
{
	if (nearness(a) != nearness(b))
		return nearness(a) > nearness(b);
	return a->reach.words > b->reach.words;
}

static void insert(struct explanation *e, const struct near *n)
{
	size_t at = e->n_near;

	while (at > 0 && is_nearer(n, &e->near[at - 1]))
		at--;
	if (e->n_near == NEAR_MAX)
		e->n_further++;
	else
		e->n_near++;
	if (at == NEAR_MAX)
		return;

	for (size_t i = e->n_near - 1; i > at; i--)
		e->near[i] = e->near[i - 1];
	e->near[at] = *n;
}

/* Tries the whole command; a rule that doesn't allow is also tried on commands within it. */
static enum rule_miss try_rule(const struct policy *policy, size_t index,
	const struct candidates *c, struct rule_reach *ret)
{
	const struct rule *rule = policy_rule(policy, index);
	enum rule_miss miss = rule_try(rule, policy_trusted(policy), &c->all[0], ret);

	if (rule->action == DECISION_ALLOW)
		return miss;
	for (size_t i = 1; miss != RULE_MATCHES && i < c->n; i++)
		if (rule_try(rule, policy_trusted(policy), &c->all[i], NULL) == RULE_MATCHES)
			miss = RULE_MATCHES;
	return miss;
}

static void consider(struct explanation *e, const struct near *n)
{
	if (n->miss != RULE_OTHER_PROGRAM && n->miss != RULE_OTHER_TARGET
		&& !(e->judgement.by_rule && n->index == e->judgement.index))
		insert(e, n);
}

static int find_near_command(struct explanation *e)
{
	const struct policy *policy = e->matter->policy;
	struct candidates c;
	struct near n = { .why = BYTES_INIT(BYTES_UNLIMITED) };
	int r;

	r = candidates_init(&c, e->matter->request, &e->matter->asker);
	if (r < 0)
		return r;

	for (n.index = 0; n.index < policy_size(policy); n.index++) {
		n.miss = try_rule(policy, n.index, &c, &n.reach);
		consider(e, &n);
	}
	candidates_deinit(&c);
	return 0;
}

static int find_near_target(struct explanation *e)
{
	struct near n = { .why = BYTES_INIT(BYTES_UNLIMITED) };
	struct target t;
	int r;

	r = target_init(&t, e->matter->request, &e->matter->asker);
	if (r < 0)
		return r;

	for (n.index = 0; n.index < count_rules(e); n.index++) {
		n.reach = (struct rule_reach){ 0 };
		n.miss = rule_try_target(rule_at(e, n.index), &t, &n.reach);
		consider(e, &n);
	}
	target_deinit(&t);
	return 0;
}

/* Of a line of shell, there are none: rules are tried on each of its commands. */
static int find_near(struct explanation *e)
{
	if (is_exec(e))
		return find_near_command(e);
	return count_rules(e) == 0 || kind_of(e) == KIND_EXEC ? 0 : find_near_target(e);
}

/* Appends `text` in quotes, between `before` and `after`. */
static int append_about(struct bytes *b, const char *before, const char *text, const char *after)
{
	bytes_append_str(b, before);
	text_append_quoted(b, text, strlen(text));
	return bytes_append_str(b, after);
}

static const char *word_at(const struct request *q, size_t index)
{
	const char *word = q->asked.args.text;

	for (; index > 0; index--)
		word += strlen(word) + 1;
	return word;
}

static int append_words_why(const struct request *q, size_t fitting, struct bytes *b)
{
	int r;

	if (fitting == q->asked.args.n)
		return bytes_append_str(b, "it wants other arguments, or more");

	r = bytes_appendf(b, "argument %zu, ", fitting + 1);
	return r < 0 ? r : append_about(b, "", word_at(q, fitting), ", does not fit");
}

static int append_claim_why(const struct request *q, enum field claim, bool there, struct bytes *b)
{
	const char *name = field_rows[claim].name;
	int r;

	if (!there)
		return bytes_appendf(b, "the request has no %s", name);

	r = bytes_appendf(b, "%s is ", name);
	return r < 0 ? r : append_about(b, "", field_get(claim, &q->asked), ", which does not fit");
}

/* The conditions of a rule that allows: firma-policy(5). */
static int append_narrow_why(const struct request *q, struct bytes *b)
{
	const enum kind kind = q->evaluate.kind;

	if (kind != KIND_READ && kind != KIND_WRITE)
		return bytes_append_str(b, "it fits only as a rule that denies or asks would");
	if (!q->evaluate.real_target)
		return bytes_append_str(b, "it allows, and the request has no real_target");
	return bytes_append_str(b,
		"it allows, and needs a path without \"..\" that leads to where the rule fits, "
		"too");
}

static int append_why(const struct explanation *e, struct near *n)
{
	const struct request *q = e->matter->request;
	struct bytes *b = &n->why;

	switch (n->miss) {
	case RULE_MATCHES:
		return bytes_append_str(b, "it matches as well, but is not the one that decides");
	case RULE_OTHER_REAL_PATH:
		return append_about(b, "the path fits, but it leads to ", q->asked.real_path,
			", which does not");
	case RULE_UNTRUSTED:
		return append_about(b, "", n->reach.path, " lies in no trusted directory");
	case RULE_NOT_NARROW:
		return append_narrow_why(q, b);
	case RULE_OTHER_WORDS:
		return append_words_why(q, n->reach.words, b);
	case RULE_EXCEPTED:
		return bytes_append_str(b, "one of its exceptions fits");
	case RULE_OTHER_USER:
		return bytes_appendf(b, "it is not for uid %u", (unsigned int)e->matter->asker.uid);
	case RULE_OTHER_GROUP:
		return bytes_appendf(
			b, "it is not for a group of uid %u", (unsigned int)e->matter->asker.uid);
	default:
		return append_claim_why(q, n->reach.claim, n->miss == RULE_OTHER_CLAIM, b);
	}
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
	const struct settings settings = { .default_action = m->otherwise };
	const struct decide_input in = {
		.request = &request,
		.asker = m->asker,
		.settings = &settings,
		.policy = m->policy,
		.registry = m->policy ? policy_registry(m->policy) : NULL,
	};
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
	for (size_t i = 0; !j->by_rule && i < count_rules(e); i++) {
		j->index = i;
		j->by_rule = strcmp(rule_at(e, i)->id, j->rule) == 0;
	}
	return bytes_append(&e->reason, e->verdict.reason.data, e->verdict.reason.len);
}

static int judge_command(struct explanation *e)
{
	const struct explanation_input *m = e->matter;
	int r;

	r = policy_judge(m->policy, m->request, &m->asker, m->otherwise, &e->judgement);
	if (r >= 0)
		r = judgement_append_reason(&e->judgement, &e->reason);
	if (r >= 0)
		r = suggest_rule(
			m->policy, m->request, m->asker.uid, &e->judgement, &e->rule, &e->notes);
	return r;
}

static int make(struct explanation *e)
{
	int r;

	r = is_exec(e) ? judge_command(e) : judge_target(e);
	if (r >= 0 && e->matter->policy)
		r = find_near(e);
	for (size_t i = 0; r >= 0 && i < e->n_near; i++)
		r = append_why(e, &e->near[i]);
	return r < 0 ? r : append_place(e, &e->place);
}

/* --- as JSON ---------------------------------------------------------------------------------- */

static void write_near(struct writer *w, const struct explanation *e)
{
	const struct rule *rule;
	char place[32];

	writer_array(w, "near");
	for (size_t i = 0; i < e->n_near; i++) {
		rule = rule_at(e, e->near[i].index);
		snprintf(place, sizeof(place), "%s[%zu]", kind_name(kind_of(e)), e->near[i].index);
		writer_object(w, NULL);
		writer_string(w, "rule", rule->id);
		writer_string(w, "place", place);
		writer_string(w, "action", decision_name(rule->action));
		writer_string(w, "why", bytes_str(&e->near[i].why));
		writer_end(w);
	}
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
	cleanup(bytes_deinit) struct bytes line = BYTES_INIT(BYTES_UNLIMITED);
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
	writer_unsigned(&w, "further", e->n_further);
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

static int append_command(const struct request *q, struct bytes *b)
{
	const char *arg = q->asked.args.text;

	text_append_quoted(b, q->asked.executable, strlen(q->asked.executable));
	for (size_t i = 0; i < q->asked.args.n; i++, arg += strlen(arg) + 1) {
		bytes_append_char(b, ' ');
		text_append_quoted(b, arg, strlen(arg));
	}
	return bytes_append_char(b, '\n');
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
		return append_command(e->matter->request, b);
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
	bytes_appendf(b, "policy    %s\ndecision  %s\ndecided   ", m->file ? m->file : "none",
		decision_name(j->decision));
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

	if (e->n_near == 0)
		return 0;

	bytes_append_str(b, "\nRules that nearly decided it:\n");
	for (size_t i = 0; i < e->n_near; i++) {
		rule = rule_at(e, e->near[i].index);
		bytes_append_str(b, "  ");
		append_rule_name(e, b, e->near[i].index);
		bytes_appendf(
			b, " (%s): %s\n", decision_name(rule->action), bytes_str(&e->near[i].why));
	}
	if (e->n_further > 0)
		bytes_appendf(b, "  and %zu more\n", e->n_further);
	return bytes_error(b);
}

static int append_notes(const struct suggest_notes *notes, struct bytes *b)
{
	const char *note = bytes_str(&notes->text);
	int r = 0;

	for (size_t i = 0; r >= 0 && i < notes->n; i++, note += strlen(note) + 1)
		r = bytes_appendf(b, "Note: %s.\n", note);
	return r;
}

static int print_text(const struct explanation *e)
{
	cleanup(bytes_deinit) struct bytes text = BYTES_INIT(BYTES_UNLIMITED);
	cleanup(bytes_deinit) struct bytes notes = BYTES_INIT(BYTES_UNLIMITED);
	int r;

	r = append_head(e, &text);
	if (r >= 0)
		r = append_near(e, &text);
	if (r >= 0)
		r = append_notes(&e->notes, &notes);
	if (r < 0)
		return r;

	fputs(bytes_str(&text), stdout);
	if (e->rule.len > 0) {
		puts("\nThe smallest rule that allows just this:");
		say_json(bytes_str(&e->rule), e->rule.len);
	}
	fputs(bytes_str(&notes), stdout);
	return 0;
}

int explanation_print(const struct explanation_input *m, bool json)
{
	struct explanation e = {
		.matter = m,
		.place = BYTES_INIT(BYTES_UNLIMITED),
		.reason = BYTES_INIT(BYTES_UNLIMITED),
		.rule = BYTES_INIT(BYTES_UNLIMITED),
		.notes = SUGGEST_NOTES_INIT,
	};
	int r;

	verdict_init(&e.verdict);
	r = make(&e);
	if (r >= 0)
		r = json ? print_json(&e) : print_text(&e);

	for (size_t i = 0; i < e.n_near; i++)
		bytes_deinit(&e.near[i].why);
	verdict_deinit(&e.verdict);
	bytes_deinit(&e.place);
	bytes_deinit(&e.reason);
	bytes_deinit(&e.rule);
	bytes_deinit(&e.notes.text);
	return r < 0 ? say_undecided("out of memory") : STATUS_DONE;
}
