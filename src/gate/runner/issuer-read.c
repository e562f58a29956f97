/* SPDX-License-Identifier: ISC */

/* Reads an issuer from a policy. */

#include "gate/runner/issuer.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/json/dispatch.h"
#include "base/notation.h"
#include "base/text.h"
#include "gate/limits.h"
#include "gate/policy/glob.h"

/* The digits of a claim that is a number, and NUL. */
#define DIGITS_MAX 24

struct reader {
	struct runner_issuer *issuer;
	const char *place;
	struct faults *faults;
	const struct json *claims;
	bool has_provider;
};

/* --- faults ----------------------------------------------------------------------------------- */

/* `member` and `name` may be NULL. The fault: "PLACE.MEMBER.NAME what". */
static int add_fault(struct reader *r, const char *member, const char *name, const char *what)
{
	cleanup(bytes_deinit) struct bytes place = BYTES_PRINTED;

	bytes_appendf(&place, ": %s", r->place);
	if (member)
		bytes_appendf(&place, ".%s", member);
	if (name) {
		bytes_append_char(&place, '.');
		text_append_escaped(&place, name, strlen(name));
	}
	if (bytes_append_char(&place, ':') < 0)
		return bytes_error(&place);
	faults_add(r->faults, bytes_str(&place), "%s", what);
	return 0;
}

static int note_fault(struct dispatch *d, const char *where, const char *what)
{
	return add_fault(d->context, where, NULL, what);
}

/* --- members ---------------------------------------------------------------------------------- */

static int take_issuer(
	struct dispatch *d, const struct dispatch_row *row, const struct dispatch_value *v)
{
	int r;

	r = dispatch_take_string(d, row, v);
	if (r != 0)
		return r;
	if (strncmp(v->string, "https://", 8) != 0 || v->string[8] == '\0')
		return dispatch_refuse(d, row->key, "must begin with https://");
	return 0;
}

static int take_age(
	struct dispatch *d, const struct dispatch_row *row, const struct dispatch_value *v)
{
	uint64_t *age = dispatch_to(d, row);

	if (!v->string || notation_parse_duration(v->string, age) < 0 || *age < CLOCK_SECOND
		|| *age > LIMIT_JWKS_AGE)
		return dispatch_refuse(
			d, row->key, "must be a time from 1s to 31d, such as \"24h\"");
	return 0;
}

static int take_provider(
	struct dispatch *d, const struct dispatch_row *row, const struct dispatch_value *v)
{
	enum runner_provider *provider = dispatch_to(d, row);
	struct reader *r = d->context;

	*provider = v->string ? runner_provider_parse(v->string) : RUNNER_PROVIDERS;
	r->has_provider = *provider < RUNNER_PROVIDERS;
	return r->has_provider ? 0 : dispatch_refuse(d, row->key, "is no provider that is known");
}

static int take_claims(
	struct dispatch *d, const struct dispatch_row *row, const struct dispatch_value *v)
{
	struct reader *r = d->context;

	if (!json_is_object(v->json))
		return dispatch_refuse(d, row->key, "must be an object");
	r->claims = v->json;
	return 0;
}

/* --- pins ------------------------------------------------------------------------------------- */

_Static_assert(LIMIT_STRING == 1024 && LIMIT_RUNNER_PIN_VALUES == 64 && LIMIT_RUNNER_PINS == 32
		&& LIMIT_JWKS_AGE == 31 * 86400 * CLOCK_SECOND,
	"the texts of the faults name these");

static const char *name_fault(const struct runner_issuer *s, const char *claim)
{
	const enum runner_field field = runner_field_parse(claim);

	if (claim[0] == '\0' || strlen(claim) > LIMIT_STRING || strchr(claim, '='))
		return "is no name of a claim";
	if (strcmp(claim, "issuer") == 0 || strcmp(claim, "provider") == 0
		|| strcmp(claim, "hmac") == 0)
		return "is no claim: it is known without a token";
	if (field < RUNNER_FIELDS && s->fields[field] && strcmp(s->fields[field], claim) != 0)
		return "is a member of the identity that another claim gives";
	return NULL;
}

static bool fits_anything(const char *pattern)
{
	return pattern[strspn(pattern, "*?")] == '\0';
}

static const char *text_fault(const char *pattern, bool immutable)
{
	if (!pattern)
		return "must hold texts";
	if (strlen(pattern) > LIMIT_STRING)
		return "holds a text that is longer than 1024 bytes";
	if (fits_anything(pattern))
		return "holds a pattern that fits everything";
	if (immutable && !glob_is_literal(pattern))
		return "is an ID, and takes no patterns";
	return glob_text_fault(pattern);
}

static const char *take_value(struct runner_pin *pin, const struct json *v, bool immutable)
{
	char *digits = pin->digits + pin->n * DIGITS_MAX;
	const char *fault = NULL;
	int64_t number;

	if (!pin->number) {
		fault = text_fault(json_string(v), immutable);
		pin->values[pin->n] = json_string(v);
	} else if (!json_integer(v, &number) || number < 0) {
		fault = "must hold whole numbers";
	} else {
		snprintf(digits, DIGITS_MAX, "%" PRId64, number);
		pin->values[pin->n] = digits;
	}
	if (!fault)
		pin->n++;
	return fault;
}

static int read_pin(struct reader *r, const struct json *v)
{
	struct runner_issuer *s = r->issuer;
	const struct runner_claim *known = runner_claim_find(s->provider, json_key(v));
	const char *fault = name_fault(s, json_key(v));
	struct runner_pin *pin;

	if (!fault && (!json_is_array(v) || json_size(v) == 0))
		fault = "must be an array of values";
	if (!fault && json_size(v) > LIMIT_RUNNER_PIN_VALUES)
		fault = "has more than 64 values";
	if (fault)
		return add_fault(r, "pin", json_key(v), fault);

	pin = &s->pins[s->n_pins++];
	*pin = (struct runner_pin){ .claim = json_key(v), .number = known && known->number };
	pin->values = calloc(json_size(v), sizeof(*pin->values));
	pin->digits = calloc(json_size(v), DIGITS_MAX);
	if (!pin->values || !pin->digits)
		return -ENOMEM;
	json_each (value, v) {
		fault = take_value(pin, value, known && known->immutable);
		if (fault)
			return add_fault(r, "pin", json_key(v), fault);
	}
	return 0;
}

static bool has_immutable_pin(const struct runner_issuer *s)
{
	const struct runner_claim *claim;

	for (size_t i = 0; i < s->n_pins; i++) {
		claim = runner_claim_find(s->provider, s->pins[i].claim);
		if (claim && claim->immutable)
			return true;
	}
	return false;
}

/* A name can be given up and then taken by someone else; an ID can't. */
static const char *find_missing_pin(const struct runner_issuer *s)
{
	switch (s->provider) {
	case RUNNER_OTHER:
		return NULL;
	case RUNNER_GITHUB:
	case RUNNER_FORGEJO:
	case RUNNER_GITEA:
		if (!has_immutable_pin(s))
			return "lacks an immutable ID: repository_id or repository_owner_id";
		if (!runner_issuer_find_pin(s, "workflow_ref")
			&& !runner_issuer_find_pin(s, "job_workflow_ref"))
			return "lacks workflow_ref or job_workflow_ref";
		if (!runner_issuer_find_pin(s, "event_name"))
			return "lacks event_name: jobs for a stranger's change can have ref main";
		return NULL;
	default:
		return has_immutable_pin(s) ? NULL : "lacks an immutable ID";
	}
}

static int read_pins(struct reader *r, const struct json *pins)
{
	struct runner_issuer *s = r->issuer;
	const size_t before = r->faults->n;
	const char *missing;
	int e;

	if (!pins || !json_is_object(pins) || json_size(pins) == 0)
		return add_fault(
			r, "pin", NULL, "must be an object that says whose tokens are accepted");
	if (json_size(pins) > LIMIT_RUNNER_PINS)
		return add_fault(r, "pin", NULL, "has more than 32 claims");

	s->pins = calloc(json_size(pins), sizeof(*s->pins));
	if (!s->pins)
		return -ENOMEM;
	json_each (pin, pins) {
		e = read_pin(r, pin);
		if (e < 0)
			return e;
	}
	missing = find_missing_pin(s);
	return missing && r->faults->n == before ? add_fault(r, "pin", NULL, missing) : 0;
}

/* --- what its claims mean --------------------------------------------------------------------- */

static int settle_provider(struct reader *r)
{
	struct runner_issuer *s = r->issuer;
	const enum runner_provider known = s->issuer ? runner_provider_of(s->issuer) : RUNNER_OTHER;

	if (!r->has_provider)
		s->provider = known;
	else if (known != RUNNER_OTHER && known != s->provider)
		return add_fault(r, "provider", NULL, "is not the provider with this issuer");
	if (s->provider == RUNNER_OTHER && !r->claims)
		return add_fault(r, "claims", NULL,
			"is missing: nothing is known of this issuer's claims (or name its "
			"provider)");
	if (s->provider != RUNNER_OTHER && r->claims)
		return add_fault(
			r, "claims", NULL, "is for issuers of which nothing else is known");
	return 0;
}

static int read_field(struct reader *r, const struct json *v)
{
	const enum runner_field field = runner_field_parse(json_key(v));
	const char *claim = json_string(v);

	if (field == RUNNER_FIELDS || field == RUNNER_PROVIDER)
		return add_fault(r, "claims", json_key(v), "is no member of an identity");
	if (!claim || claim[0] == '\0' || strlen(claim) > LIMIT_STRING)
		return add_fault(r, "claims", json_key(v), "must be the name of a claim");
	r->issuer->fields[field] = claim;
	return 0;
}

static int settle_fields(struct reader *r)
{
	struct runner_issuer *s = r->issuer;
	const struct runner_claim *claims;
	size_t n;
	int e;

	claims = runner_claims(s->provider, &n);
	for (size_t i = 0; i < n; i++)
		if (claims[i].field < RUNNER_FIELDS)
			s->fields[claims[i].field] = claims[i].name;
	if (!r->claims)
		return 0;
	json_each (member, r->claims) {
		e = read_field(r, member);
		if (e < 0)
			return e;
	}
	return 0;
}

/* --- the issuer ------------------------------------------------------------------------------- */

/* Checks nothing: the pins are read last, since they depend on the provider. */
static int pass_over(
	struct dispatch *d, const struct dispatch_row *row, const struct dispatch_value *v)
{
	(void)d;
	(void)row;
	(void)v;
	return 0;
}

#define AT(member) offsetof(struct runner_issuer, member)

static const struct dispatch_row rows[] = {
	{ "issuer", take_issuer, AT(issuer), true, LIMIT_STRING },
	{ "audience", dispatch_take_string, AT(audience), true, LIMIT_STRING },
	{ "jwks", dispatch_take_string, AT(jwks), true, LIMIT_PATH },
	{ "max_age", take_age, AT(max_age), false, 0 },
	{ "provider", take_provider, AT(provider), false, 0 },
	{ "claims", take_claims, 0, false, 0 },
	{ "pin", pass_over, 0, false, 0 },
	{ "reuse", dispatch_take_bool, AT(reuse), false, 0 },
	{ 0 },
};

int runner_issuer_read(struct runner_issuer *s, const struct json *object, const char *place,
	struct faults *faults)
{
	struct reader r = { .issuer = s, .place = place, .faults = faults };
	struct dispatch d = { .to = s, .context = &r, .fault = note_fault, .all = true };
	int e;

	*s = (struct runner_issuer){ .max_age = DEFAULT_JWKS_AGE };
	if (!json_is_object(object))
		return add_fault(&r, NULL, NULL, "must be an object");

	e = dispatch_object(&d, object, rows);
	if (e >= 0)
		e = settle_provider(&r);
	if (e >= 0)
		e = settle_fields(&r);
	if (e >= 0)
		e = read_pins(&r, json_get(object, "pin"));
	return e < 0 ? e : 0;
}
