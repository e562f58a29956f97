/* SPDX-License-Identifier: ISC */

/* Runners in rules. */

#include "gate/policy/rule-runner.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "gate/limits.h"
#include "gate/policy/glob.h"

void rule_runners_deinit(struct rule_runners *runners)
{
	for (size_t i = 0; i < runners->n; i++)
		free(runners->any[i].facts);
	free(runners->any);
	*runners = (struct rule_runners){ 0 };
}

static int take_runner(struct dispatch *d, const char *where, const struct json *v, void *to)
{
	struct rule_runners *runners = to;
	struct rule_runner *runner = &runners->any[runners->n];
	const char *pattern;

	if (!json_is_object(v) || json_size(v) == 0)
		return dispatch_refuse(d, where, "must be an object of texts");
	if (json_size(v) > LIMIT_RUNNER_PINS)
		return dispatch_refuse(d, where, "has more than %d members", LIMIT_RUNNER_PINS);
	if (json_get(v, "hmac") && json_size(v) > 1)
		return dispatch_refuse(d, where,
			"has hmac and more: what such a signer says of itself is a claim");
	if (!json_get_string(v, "issuer") && !json_get_string(v, "hmac"))
		return dispatch_refuse(d, where, "lacks the issuer");

	runner->facts = calloc(json_size(v), sizeof(*runner->facts));
	if (!runner->facts)
		return -ENOMEM;
	runners->n++;
	json_each (member, v) {
		pattern = json_string(member);
		if (!pattern || strlen(pattern) > LIMIT_STRING)
			return dispatch_refuse(
				d, where, "must hold texts of at most %d bytes", LIMIT_STRING);
		if (pattern[strspn(pattern, "*?")] == '\0')
			return dispatch_refuse(d, where, "has a pattern that fits everything");
		runner->facts[runner->n++] = (struct rule_runner_fact){ json_key(member), pattern };
	}
	return 0;
}

int rule_take_runners(
	struct dispatch *d, const struct dispatch_row *row, const struct dispatch_value *v)
{
	struct rule_runners *runners = dispatch_to(d, row);

	runners->any = calloc(json_size(v->json) + 1, sizeof(*runners->any));
	if (!runners->any)
		return -ENOMEM;
	return dispatch_array(d, row->key, v->json, 1, LIMIT_RULE_LIST, take_runner, runners);
}

/* A URL and a key's ID are compared as they are: they are no patterns. */
static bool is_literal(const char *key)
{
	return strcmp(key, "issuer") == 0 || strcmp(key, "hmac") == 0;
}

static bool fact_fits(const struct rule_runner_fact *fact, const struct string_list *runner)
{
	const char *value = runner_facts_get(runner->text, runner->n, fact->key);

	if (!value)
		return false;
	return is_literal(fact->key) ? strcmp(fact->pattern, value) == 0
				     : glob_text(fact->pattern, value);
}

bool rule_runners_fit(const struct rule_runners *runners, const struct string_list *runner)
{
	size_t fits;

	for (size_t i = 0; i < runners->n; i++) {
		for (fits = 0; fits < runners->any[i].n; fits++)
			if (!fact_fits(&runners->any[i].facts[fits], runner))
				break;
		if (fits == runners->any[i].n)
			return true;
	}
	return false;
}

static const char *find_fact(const struct rule_runner *runner, const char *key)
{
	for (size_t i = 0; i < runner->n; i++)
		if (strcmp(runner->facts[i].key, key) == 0)
			return runner->facts[i].pattern;
	return NULL;
}

void rule_runners_check(const struct rule_runners *rule, const struct runners *known,
	const char *place, struct faults *faults)
{
	for (size_t i = 0; i < rule->n; i++) {
		const struct rule_runner *runner = &rule->any[i];
		const char *issuer = find_fact(runner, "issuer");
		const char *signer = find_fact(runner, "hmac");

		if (signer) {
			if (!runners_find_signer(known, signer))
				faults_add(faults, place,
					"runners[%zu]: the signer is not among those of "
					"runners.hmac",
					i);
			continue;
		}
		if (!issuer)
			continue; /* a fault that was told */
		if (!runners_have(known, issuer, "issuer")) {
			faults_add(faults, place,
				"runners[%zu]: the issuer is not among those of runners.oidc", i);
			continue;
		}
		for (size_t k = 0; k < runner->n; k++)
			if (!runners_have(known, issuer, runner->facts[k].key))
				faults_add(faults, place,
					"runners[%zu]: the issuer's tokens have no such claim, and "
					"it is not pinned",
					i);
	}
}
