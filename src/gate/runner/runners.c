/* SPDX-License-Identifier: ISC */

/* Reads the policy's key `runners`. */

#include "gate/runner/runners.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "gate/limits.h"
#include "gate/policy/policy-part.h"

#define NAME "runners"

void runners_free(struct runners *r)
{
	if (!r)
		return;

	for (size_t i = 0; i < r->n_issuers; i++)
		runner_issuer_deinit(&r->issuers[i]);
	free(r->issuers);
	free(r->signers);
	free(r);
}

static int take_kind(struct dispatch *d, const char *where, const struct json *v, void *to)
{
	struct runners *r = to;
	const char *name = json_string(v);
	const enum kind kind = name ? kind_parse(name) : KINDS;

	if (kind == KINDS)
		return dispatch_refuse(d, where, "is no kind of request");
	r->required[kind] = true;
	return 0;
}

/*
 * The value is true, or the kinds. false is a fault: it would look like a way to switch the check
 * off.
 */
static int take_required(
	struct dispatch *d, const struct dispatch_row *row, const struct dispatch_value *v)
{
	struct runners *r = d->to;
	bool all;

	if (!json_bool(v->json, &all))
		return dispatch_array(d, row->key, v->json, 1, KINDS, take_kind, r);
	if (!all)
		return dispatch_refuse(d, row->key, "must be true, or an array of kinds");
	for (enum kind kind = 0; kind < KINDS; kind++)
		r->required[kind] = true;
	return 0;
}

static int take_issuer(struct dispatch *d, const char *where, const struct json *v, void *to)
{
	const struct policy_part *part = d->context;
	struct runners *r = to;
	char place[64];

	snprintf(place, sizeof(place), NAME ".%s", where);
	return runner_issuer_read(&r->issuers[r->n_issuers++], v, place, part->faults);
}

static int take_issuers(
	struct dispatch *d, const struct dispatch_row *row, const struct dispatch_value *v)
{
	struct runners *r = d->to;

	r->issuers = calloc(json_size(v->json) + 1, sizeof(*r->issuers));
	if (!r->issuers)
		return -ENOMEM;
	return dispatch_array(d, row->key, v->json, 1, LIMIT_RUNNER_ISSUERS, take_issuer, r);
}

static int take_signer(struct dispatch *d, const char *where, const struct json *v, void *to)
{
	const struct policy_part *part = d->context;
	struct runners *r = to;
	struct runner_signer *s = &r->signers[r->n_signers];
	char place[64];
	int e;

	snprintf(place, sizeof(place), NAME ".%s", where);
	e = runner_signer_read(s, v, place, part->faults);
	if (e < 0)
		return e;
	if (s->key_id && runners_find_signer(r, s->key_id))
		return dispatch_refuse(d, where, "has the key_id of another");
	r->n_signers++;
	return 0;
}

static int take_signers(
	struct dispatch *d, const struct dispatch_row *row, const struct dispatch_value *v)
{
	struct runners *r = d->to;

	r->signers = calloc(json_size(v->json) + 1, sizeof(*r->signers));
	if (!r->signers)
		return -ENOMEM;
	return dispatch_array(d, row->key, v->json, 1, LIMIT_RUNNER_ISSUERS, take_signer, r);
}

int runners_read(const struct json *v, struct faults *faults, struct runners **ret)
{
	static const struct dispatch_row rows[] = {
		{ "required", take_required, 0, false, 0 },
		{ "oidc", take_issuers, 0, false, 0 },
		{ "hmac", take_signers, 0, false, 0 },
		{ 0 },
	};
	const struct policy_part part = { .faults = faults, .name = NAME };
	cleanup(runners_free_p) struct runners *r = NULL;
	int e;

	r = calloc(1, sizeof(*r));
	if (!r)
		return -ENOMEM;

	e = policy_part_read(&part, r, v, rows);
	if (e < 0)
		return e;
	if (json_is_object(v) && !json_get(v, "oidc") && !json_get(v, "hmac"))
		faults_add(faults, ": " NAME ":", "has neither issuers (oidc) nor signers (hmac)");
	*ret = steal_ptr(r);
	return 0;
}

bool runners_require_any(const struct runners *r)
{
	for (enum kind kind = 0; r && kind < KINDS; kind++)
		if (r->required[kind])
			return true;
	return false;
}

const struct runner_signer *runners_find_signer(const struct runners *r, const char *key_id)
{
	for (size_t i = 0; r && i < r->n_signers; i++)
		if (r->signers[i].key_id && strcmp(r->signers[i].key_id, key_id) == 0)
			return &r->signers[i];
	return NULL;
}

bool runners_are_replayable(const struct runners *r)
{
	for (size_t i = 0; r && i < r->n_signers; i++)
		if (r->signers[i].accept_v1)
			return true;
	return false;
}

static bool issuer_has(const struct runner_issuer *issuer, const char *name)
{
	const enum runner_field field = runner_field_parse(name);

	return strcmp(name, "issuer") == 0 || field == RUNNER_PROVIDER
		|| (field < RUNNER_FIELDS && issuer->fields[field])
		|| runner_issuer_has_claim(issuer, name);
}

/* An issuer that was read with a fault may lack its URL. */
bool runners_have(const struct runners *r, const char *issuer, const char *claim)
{
	for (size_t i = 0; r && i < r->n_issuers; i++)
		if (r->issuers[i].issuer && strcmp(r->issuers[i].issuer, issuer) == 0
			&& issuer_has(&r->issuers[i], claim))
			return true;
	return false;
}
