/* SPDX-License-Identifier: ISC */

/* Commands name files, and may push. */

#include "gate/policy/policy-effects.h"

#include <string.h>

#include "base/array.h"
#include "base/path.h"
#include "gate/limits.h"
#include "gate/policy/guarded.h"
#include "gate/policy/operands.h"
#include "gate/policy/policy-target.h"

/* Bytes of a directory that cost as much as another text. */
#define OPERAND_BYTES 1024

#define BLANKS " \t\r\n\v\f"

/* The kinds of rules about what a command's words name. */
static const enum kind file_kinds[] = { KIND_READ, KIND_WRITE };

/* --- making the index ------------------------------------------------------------------------- */

/* Whether the rule may deny a command that names a matching file, or require a person. */
static bool protects(const struct rule *rule)
{
	return rule->action != DECISION_ALLOW || rule->content_required;
}

int policy_effects_index(struct policy *p)
{
	const struct kind_rules *of;
	int r = 0;

	target_index_init(&p->protecting);
	for (size_t i = 0; r >= 0 && i < LENGTH(file_kinds); i++) {
		of = &p->of_kind[file_kinds[i]];
		r = target_index_add(&p->protecting, of->rules, of->n, protects);
	}
	target_index_sort(&p->protecting);
	return r;
}

/* --- judging ---------------------------------------------------------------------------------- */

/*
 * A quick filter: for most words the cost does not depend on the number of rules. True for a path
 * through /proc and for a text with blanks, since they are also compared in other spellings.
 */
static bool may_be_protected(const struct policy *p, const struct operands *o)
{
	struct rule_set set = { 0 };

	if (p->protecting.always.n > 0 || strpbrk(o->text, BLANKS) || path_may_use_process(o->text))
		return true;
	target_index_find_path(&p->protecting, o->path, &set);
	if (!o->as_sent)
		target_index_find_path(&p->protecting, o->text, &set);
	return set.n > 0;
}

/*
 * If a command names a path that rules deny or ask about (for reading or writing), a person is
 * asked, at least.
 */
static int judge_operand(const struct policy *p, const struct candidate *s,
	const struct operands *o, struct judgement *found)
{
	struct judgement j;
	struct target t;
	int r;

	if (p->protecting.all.n == 0 || !may_be_protected(p, o))
		return 0;
	for (size_t i = 0; i < LENGTH(file_kinds); i++) {
		if (p->of_kind[file_kinds[i]].n == 0)
			continue;
		r = target_init_path(
			&t, file_kinds[i], o->text, candidate_directory(s), s->request, s->asker);
		if (r < 0)
			return r;
		j = policy_target_judge(p, &t);
		target_deinit(&t);
		if (j.named && j.decision != DECISION_ALLOW
			&& j.rule != p->of_kind[file_kinds[i]].otherwise.id)
			judgement_take_stricter(found,
				&(struct judgement){ .decision = DECISION_PENDING,
					.rule = RULE_OPERAND,
					.reason = "it names a file that is protected",
					.named = true,
					.severity = j.severity,
					.approvers = APPROVERS_RUNTIME,
					.policy_id = p->id });
	}
	return 0;
}

/* What a text costs of LIMIT_OPERANDS: more if the directory is long, since it is joined to it. */
static size_t cost_of_operand(const struct candidate *s)
{
	const char *directory = candidate_directory(s);

	return 1 + (directory ? strlen(directory) / OPERAND_BYTES : 0);
}

/*
 * Judges all texts of the command that may name files. Guarded files are run or obeyed later; `git
 * config` writes some without naming them.
 */
static int judge_operands(
	const struct policy *p, const struct candidate *s, size_t *left, struct judgement *found)
{
	const size_t cost = cost_of_operand(s);
	bool guarded = target_is_git(s, "config");
	struct guarded_words words = { 0 };
	struct operands o;
	int r;

	/* The results here ask at most, so only an allow can change. */
	if (found->decision != DECISION_ALLOW)
		return 0;
	r = operands_init(&o, s);
	if (r < 0)
		return r;

	while (r >= 0 && found->decision == DECISION_ALLOW && *left > 0 && operands_next(&o)) {
		r = judge_operand(p, s, &o, found);
		guarded = guarded || guarded_is(o.path) || (!o.as_sent && guarded_is(o.text));
		guarded_note(&words, o.path);
		*left -= cost < *left ? cost : *left;
	}
	operands_deinit(&o);
	if (guarded || guarded_words_are(&words))
		judgement_take_stricter(found,
			&(struct judgement){ .decision = DECISION_PENDING,
				.rule = RULE_OPERAND,
				.reason = "it names what is run or obeyed later",
				.named = true,
				.severity = SEVERITY_HIGH,
				.approvers = APPROVERS_RUNTIME,
				.policy_id = p->id });
	return r;
}

static int judge_push(const struct policy *p, const struct candidate *s, struct judgement *found)
{
	struct judgement j;
	struct target t;
	int r;

	r = target_init_push(&t, s);
	if (r <= 0)
		return r;

	j = policy_target_judge(p, &t);
	j.remember = false;
	if (t.no_branch && (!j.named || j.decision == DECISION_ALLOW))
		j = (struct judgement){ .decision = DECISION_PENDING,
			.rule = RULE_OPERAND,
			.reason = "it does not say to which branch it pushes",
			.named = true,
			.severity = SEVERITY_MEDIUM,
			.approvers = APPROVERS_RUNTIME,
			.policy_id = p->id };
	target_deinit(&t);
	if (j.named)
		judgement_take_stricter(found, &j);
	return 0;
}

int policy_effects_judge(
	const struct policy *p, const struct candidates *c, struct judgement *found)
{
	const bool listed = found->remember && found->decision != DECISION_ALLOW;
	struct judgement effects = *found, hidden = judgement_by(DECISION_PENDING, GROUND_HIDDEN);
	size_t left = LIMIT_OPERANDS;
	int r = 0;

	if (listed)
		effects = (struct judgement){ .decision = DECISION_ALLOW };
	for (size_t i = 0; r >= 0 && i < c->n; i++) {
		r = judge_operands(p, &c->all[i], &left, &effects);
		if (r >= 0 && p->of_kind[KIND_GIT].n > 0)
			r = judge_push(p, &c->all[i], &effects);
	}
	hidden.policy_id = p->id;
	if (left == 0)
		judgement_take_stricter(&effects, &hidden);
	if (!listed) {
		*found = effects;
	} else if (effects.decision != DECISION_ALLOW) {
		/* A rule that asks keeps its approvers. */
		if (!found->named || effects.decision == DECISION_DENY)
			judgement_take_stricter(found, &effects);
		found->remember = false;
	}
	return r;
}

/* --- demands on an approval ------------------------------------------------------------------- */

static int add_demands_of_operand(
	const struct policy *p, const struct candidate *s, const char *path, struct demand *d)
{
	struct target t;
	int r;

	for (size_t i = 0; i < LENGTH(file_kinds); i++) {
		if (!p->of_kind[file_kinds[i]].demands)
			continue;
		r = target_init_path(
			&t, file_kinds[i], path, candidate_directory(s), s->request, s->asker);
		if (r < 0)
			return r;
		policy_target_add_demands(p, &t, d);
		target_deinit(&t);
	}
	return 0;
}

/* Goes over the same texts as judge_operands(). */
static int add_demands_of_operands(
	const struct policy *p, const struct candidate *s, size_t *left, struct demand *d)
{
	const size_t cost = cost_of_operand(s);
	struct operands o;
	int r;

	r = operands_init(&o, s);
	if (r < 0)
		return r;

	while (r >= 0 && *left > 0 && operands_next(&o)) {
		r = add_demands_of_operand(p, s, o.text, d);
		*left -= cost < *left ? cost : *left;
	}
	operands_deinit(&o);
	return r;
}

/* Texts after the limit may name any file, so all rules about files count. */
static int add_demands_of_files(
	const struct policy *p, const struct candidates *c, struct demand *d)
{
	size_t left = LIMIT_OPERANDS;
	int r = 0;

	for (size_t i = 0; r >= 0 && i < c->n; i++)
		r = add_demands_of_operands(p, &c->all[i], &left, d);
	for (size_t i = 0; r >= 0 && left == 0 && i < LENGTH(file_kinds); i++)
		policy_target_add_all_demands(
			p, file_kinds[i], c->all[0].request, c->all[0].asker, d);
	return r;
}

/* A push that does not say to which branch may be to any. */
static int add_demands_of_push(const struct policy *p, const struct candidate *s, struct demand *d)
{
	struct target t;
	int r;

	r = target_init_push(&t, s);
	if (r <= 0)
		return r;

	t.any_branch |= t.no_branch;
	policy_target_add_demands(p, &t, d);
	target_deinit(&t);
	return 0;
}

int policy_effects_add_demands(const struct policy *p, const struct candidates *c, struct demand *d)
{
	int r = 0;

	if (p->of_kind[KIND_READ].demands || p->of_kind[KIND_WRITE].demands)
		r = add_demands_of_files(p, c, d);
	for (size_t i = 0; r >= 0 && p->of_kind[KIND_GIT].demands && i < c->n; i++)
		r = add_demands_of_push(p, &c->all[i], d);
	return r;
}
