/* SPDX-License-Identifier: ISC */
#pragma once

/*
 * What CI systems say about a job: for each provider, the claims of its tokens that are kept, their
 * types, and the members of an identity that are taken from them. The tables follow the providers'
 * documentation.
 */

#include <stdbool.h>
#include <stddef.h>

/* The members of an identity, in the order of the wire. */
enum runner_field {
	RUNNER_PROVIDER,
	RUNNER_REPOSITORY,
	RUNNER_WORKFLOW,
	RUNNER_RUN_ID,
	RUNNER_RUN_ATTEMPT,
	RUNNER_REF,
	RUNNER_SHA,
	RUNNER_ACTOR,
	RUNNER_JOB,
	RUNNER_NAME,
	RUNNER_FIELDS,
};

/* Such as "run_id"; the inverse gives RUNNER_FIELDS for an unknown name. */
const char *runner_field_name(enum runner_field field);
enum runner_field runner_field_parse(const char *name);

enum runner_provider {
	RUNNER_GITHUB,
	RUNNER_GITLAB,
	RUNNER_AZURE,
	RUNNER_BUILDKITE,
	RUNNER_CIRCLECI,
	RUNNER_FORGEJO,
	RUNNER_GITEA,
	RUNNER_OTHER, /* a map in the policy says what its claims mean */
	RUNNER_PROVIDERS,
};

/* Such as "github-actions"; the inverse gives RUNNER_PROVIDERS for an unknown name. */
const char *runner_provider_name(enum runner_provider provider);
enum runner_provider runner_provider_parse(const char *name);

/* The provider whose issuers have such a URL; RUNNER_OTHER if none is known. */
enum runner_provider runner_provider_of(const char *issuer);

struct runner_claim {
	const char *name;
	enum runner_field field; /* of the identity, taken from it; RUNNER_FIELDS: none */
	bool number;             /* a whole number; else a text */
	bool immutable;          /* the ID of a thing that may be renamed */
};

const struct runner_claim *runner_claims(enum runner_provider provider, size_t *ret_n);

/* NULL if the provider's table lacks it. */
const struct runner_claim *runner_claim_find(enum runner_provider provider, const char *name);
