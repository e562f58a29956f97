/* SPDX-License-Identifier: ISC */

/* Identifies a runner by its token. gate/runner/issuer-read reads an issuer from a policy. */

#include "gate/runner/issuer.h"

#include <stdlib.h>
#include <string.h>

#include "gate/limits.h"
#include "gate/policy/glob.h"
#include "gate/runner/signer.h"

/* The claim of a job that was started again with SSH: a person can type commands in it. */
#define SSH_RERUN "oidc.circleci.com/ssh-rerun"

void runner_issuer_deinit(struct runner_issuer *s)
{
	for (size_t i = 0; i < s->n_pins; i++) {
		free(s->pins[i].values);
		free(s->pins[i].digits);
	}
	free(s->pins);
	s->pins = NULL;
	s->n_pins = 0;
}

const struct runner_pin *runner_issuer_find_pin(const struct runner_issuer *s, const char *claim)
{
	for (size_t i = 0; i < s->n_pins; i++)
		if (strcmp(s->pins[i].claim, claim) == 0)
			return &s->pins[i];
	return NULL;
}

static bool is_source(const struct runner_issuer *s, const char *claim)
{
	for (enum runner_field f = 0; f < RUNNER_FIELDS; f++)
		if (s->fields[f] && strcmp(s->fields[f], claim) == 0)
			return true;
	return false;
}

bool runner_issuer_has_claim(const struct runner_issuer *s, const char *claim)
{
	return runner_claim_find(s->provider, claim) || runner_issuer_find_pin(s, claim)
		|| is_source(s, claim);
}

/* --- pins ------------------------------------------------------------------------------------- */

static bool pin_fits(const struct runner_pin *pin, const struct jwt_claim *claim)
{
	const enum jwt_claim_kind kind = pin->number ? JWT_NUMBER : JWT_TEXT;

	if (!claim || claim->kind != kind)
		return false;
	for (size_t i = 0; i < pin->n; i++)
		if (pin->number ? strcmp(pin->values[i], claim->text) == 0
				: glob_text(pin->values[i], claim->text))
			return true;
	return false;
}

static int check_pins(const struct runner_issuer *s, const struct jwt *jwt, const char **ret_detail)
{
	for (size_t i = 0; i < s->n_pins; i++) {
		*ret_detail = s->pins[i].claim;
		if (!pin_fits(&s->pins[i], jwt_claim(jwt, s->pins[i].claim)))
			return RUNNER_PIN;
	}
	return RUNNER_FINE;
}

static int check_rerun(const struct jwt *jwt, const char **ret_detail)
{
	const struct jwt_claim *rerun = jwt_claim(jwt, SSH_RERUN);

	*ret_detail = SSH_RERUN;
	return rerun && rerun->kind != JWT_FALSE ? RUNNER_RERUN : RUNNER_FINE;
}

/* --- the identity ----------------------------------------------------------------------------- */

struct facts {
	const struct jwt *jwt;
	struct bytes *out;
	size_t n, start;
	const char *detail;
};

static int add_fact(struct facts *f, const char *key, const char *value)
{
	bytes_append_strs(f->out, key, "=", value);
	f->n++;
	return bytes_append_char(f->out, '\0');
}

/*
 * Adds a claim under the name `key`, unless the token lacks the claim or the key is there already.
 * Refuses a claim whose type is not the table's: rules would misread it.
 */
static int add_claim(struct facts *f, const char *key, const char *name, bool number)
{
	const struct jwt_claim *claim = jwt_claim(f->jwt, name);

	f->detail = name;
	if (!claim || runner_facts_get(bytes_str(f->out) + f->start, f->n, key))
		return RUNNER_FINE;
	if (claim->kind != (number ? JWT_NUMBER : JWT_TEXT) || strlen(claim->text) > LIMIT_STRING)
		return RUNNER_CLAIM_TYPE;
	if (runner_has_control(claim->text))
		return RUNNER_CONTROL;
	return add_fact(f, key, claim->text);
}

static bool is_number(const struct runner_issuer *s, const char *name)
{
	const struct runner_claim *claim = runner_claim_find(s->provider, name);

	return claim && claim->number;
}

static int add_facts(struct facts *f, const struct runner_issuer *s)
{
	const struct runner_claim *claims;
	size_t n;
	int r;

	add_fact(f, "issuer", s->issuer);
	r = add_fact(f, "provider", runner_provider_name(s->provider));
	for (enum runner_field field = 0; r == RUNNER_FINE && field < RUNNER_FIELDS; field++)
		if (s->fields[field])
			r = add_claim(f, runner_field_name(field), s->fields[field],
				is_number(s, s->fields[field]));
	claims = runner_claims(s->provider, &n);
	for (size_t i = 0; r == RUNNER_FINE && i < n; i++)
		r = add_claim(f, claims[i].name, claims[i].name, claims[i].number);
	for (size_t i = 0; r == RUNNER_FINE && i < s->n_pins; i++)
		r = add_claim(f, s->pins[i].claim, s->pins[i].claim, s->pins[i].number);
	return r;
}

int runner_issuer_identify(const struct runner_issuer *s, const struct jwt *jwt, struct bytes *out,
	size_t *ret_n, const char **ret_detail)
{
	struct facts f = { .jwt = jwt, .out = out, .start = out->len };
	int r;

	r = check_pins(s, jwt, ret_detail);
	if (r == RUNNER_FINE)
		r = check_rerun(jwt, ret_detail);
	if (r != RUNNER_FINE)
		return r;

	r = add_facts(&f, s);
	*ret_detail = f.detail;
	*ret_n = f.n;
	return r;
}

const char *runner_facts_get(const char *facts, size_t n, const char *key)
{
	const size_t len = strlen(key);

	for (size_t i = 0; i < n; i++, facts += strlen(facts) + 1)
		if (strncmp(facts, key, len) == 0 && facts[len] == '=')
			return facts + len + 1;
	return NULL;
}
