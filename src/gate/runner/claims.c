/* SPDX-License-Identifier: ISC */

/* The tables of the providers. */

#include "gate/runner/claims.h"

#include <string.h>

#include "base/array.h"

#define NO_FIELD RUNNER_FIELDS
#define CIRCLE "oidc.circleci.com/"

static const char *const fields[RUNNER_FIELDS] = {
	[RUNNER_PROVIDER] = "provider",
	[RUNNER_REPOSITORY] = "repository",
	[RUNNER_WORKFLOW] = "workflow",
	[RUNNER_RUN_ID] = "run_id",
	[RUNNER_RUN_ATTEMPT] = "run_attempt",
	[RUNNER_REF] = "ref",
	[RUNNER_SHA] = "sha",
	[RUNNER_ACTOR] = "actor",
	[RUNNER_JOB] = "job",
	[RUNNER_NAME] = "runner_name",
};

const char *runner_field_name(enum runner_field field)
{
	return fields[field];
}

enum runner_field runner_field_parse(const char *name)
{
	for (enum runner_field f = 0; f < RUNNER_FIELDS; f++)
		if (strcmp(name, fields[f]) == 0)
			return f;
	return RUNNER_FIELDS;
}

/* GitHub Enterprise Server, Forgejo and Gitea have the same claims. */
static const struct runner_claim github[] = {
	{ "repository", RUNNER_REPOSITORY, false, false },
	{ "repository_id", NO_FIELD, false, true },
	{ "repository_owner_id", NO_FIELD, false, true },
	{ "workflow", RUNNER_WORKFLOW, false, false },
	{ "workflow_ref", NO_FIELD, false, false },
	{ "job_workflow_ref", NO_FIELD, false, false },
	{ "event_name", NO_FIELD, false, false },
	{ "run_id", RUNNER_RUN_ID, false, false },
	{ "run_attempt", RUNNER_RUN_ATTEMPT, false, false },
	{ "ref", RUNNER_REF, false, false },
	{ "ref_type", NO_FIELD, false, false },
	{ "sha", RUNNER_SHA, false, false },
	{ "actor", RUNNER_ACTOR, false, false },
	{ "environment", NO_FIELD, false, false },
	{ "runner_environment", NO_FIELD, false, false },
};

static const struct runner_claim gitlab[] = {
	{ "project_path", RUNNER_REPOSITORY, false, false },
	{ "project_id", NO_FIELD, false, true },
	{ "namespace_id", NO_FIELD, false, true },
	{ "pipeline_id", RUNNER_RUN_ID, false, false },
	{ "ref", RUNNER_REF, false, false },
	{ "ref_path", NO_FIELD, false, false },
	{ "ref_protected", NO_FIELD, false, false },
	{ "sha", RUNNER_SHA, false, false },
	{ "user_login", RUNNER_ACTOR, false, false },
	{ "job_id", RUNNER_JOB, false, false },
	{ "environment", NO_FIELD, false, false },
	{ "runner_id", NO_FIELD, true, false },
};

static const struct runner_claim azure[] = {
	{ "rpo_uri", RUNNER_REPOSITORY, false, false },
	{ "org_id", NO_FIELD, false, true },
	{ "prj_id", NO_FIELD, false, true },
	{ "rpo_id", NO_FIELD, false, true },
	{ "def_id", NO_FIELD, false, true },
	{ "sub", RUNNER_WORKFLOW, false, false },
	{ "run_id", RUNNER_RUN_ID, false, false },
	{ "rpo_ref", RUNNER_REF, false, false },
	{ "rpo_ver", RUNNER_SHA, false, false },
};

static const struct runner_claim buildkite[] = {
	{ "organization_id", NO_FIELD, false, true },
	{ "pipeline_slug", RUNNER_WORKFLOW, false, false },
	{ "build_number", RUNNER_RUN_ID, true, false },
	{ "build_branch", RUNNER_REF, false, false },
	{ "build_commit", RUNNER_SHA, false, false },
	{ "job_id", RUNNER_JOB, false, false },
};

static const struct runner_claim circleci[] = {
	{ CIRCLE "vcs-origin", RUNNER_REPOSITORY, false, false },
	{ CIRCLE "project-id", NO_FIELD, false, true },
	{ CIRCLE "vcs-ref", RUNNER_REF, false, false },
	{ CIRCLE "job-id", RUNNER_JOB, false, false },
};

static const struct {
	const char *name;
	const struct runner_claim *claims;
	size_t n;
	const char *begin, *end; /* of its issuers' URLs; or NULL */
} providers[RUNNER_PROVIDERS] = {
	[RUNNER_GITHUB] = { "github-actions", github, LENGTH(github),
		"https://token.actions.githubusercontent.com",
		"/_services/token" /* GitHub Enterprise Server */ },
	[RUNNER_GITLAB] = { "gitlab-ci", gitlab, LENGTH(gitlab), "https://gitlab.com", NULL },
	[RUNNER_AZURE] = { "azure-pipelines", azure, LENGTH(azure),
		"https://vstoken.dev.azure.com/", NULL },
	[RUNNER_BUILDKITE] = { "buildkite", buildkite, LENGTH(buildkite),
		"https://agent.buildkite.com", NULL },
	[RUNNER_CIRCLECI] = { "circleci", circleci, LENGTH(circleci),
		"https://oidc.circleci.com/org/", NULL },
	[RUNNER_FORGEJO] = { "forgejo-actions", github, LENGTH(github), NULL, "/api/actions" },
	[RUNNER_GITEA] = { "gitea-actions", github, LENGTH(github), NULL, NULL },
	[RUNNER_OTHER] = { "other", NULL, 0, NULL, NULL },
};

const char *runner_provider_name(enum runner_provider provider)
{
	return providers[provider].name;
}

enum runner_provider runner_provider_parse(const char *name)
{
	for (enum runner_provider p = 0; p < RUNNER_PROVIDERS; p++)
		if (strcmp(name, providers[p].name) == 0)
			return p;
	return RUNNER_PROVIDERS;
}

static bool ends_with(const char *text, const char *end)
{
	const size_t len = strlen(text), end_len = strlen(end);

	return len >= end_len && strcmp(text + len - end_len, end) == 0;
}

/* Whether the URL is `begin`, or one below it. */
static bool begins_with(const char *url, const char *begin)
{
	const size_t len = strlen(begin);

	return strncmp(url, begin, len) == 0
		&& (begin[len - 1] == '/' || url[len] == '\0' || url[len] == '/');
}

enum runner_provider runner_provider_of(const char *issuer)
{
	for (enum runner_provider p = 0; p < RUNNER_PROVIDERS; p++) {
		if (providers[p].begin && begins_with(issuer, providers[p].begin))
			return p;
		if (providers[p].end && ends_with(issuer, providers[p].end))
			return p;
	}
	return RUNNER_OTHER;
}

const struct runner_claim *runner_claims(enum runner_provider provider, size_t *ret_n)
{
	*ret_n = providers[provider].n;
	return providers[provider].claims;
}

const struct runner_claim *runner_claim_find(enum runner_provider provider, const char *name)
{
	for (size_t i = 0; i < providers[provider].n; i++)
		if (strcmp(providers[provider].claims[i].name, name) == 0)
			return &providers[provider].claims[i];
	return NULL;
}
