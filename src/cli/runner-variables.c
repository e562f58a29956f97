/* SPDX-License-Identifier: ISC */

/* The tables of the variables, from the documentation of each CI. */

#include "cli/runner-variables.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/array.h"
#include "base/bytes.h"
#include "base/cleanup.h"
#include "cli/say.h"

struct variable {
	enum runner_field field;
	const char *name; /* of two rows for a field, the first that is set counts */
	bool differs;     /* the provider's tokens write the same thing in another way */
};

/* Forgejo and Gitea set them, too. */
static const struct variable github[] = {
	{ RUNNER_REPOSITORY, "GITHUB_REPOSITORY", false },
	{ RUNNER_WORKFLOW, "GITHUB_WORKFLOW", false },
	{ RUNNER_RUN_ID, "GITHUB_RUN_ID", false },
	{ RUNNER_RUN_ATTEMPT, "GITHUB_RUN_ATTEMPT", false },
	{ RUNNER_REF, "GITHUB_REF", false },
	{ RUNNER_SHA, "GITHUB_SHA", false },
	{ RUNNER_ACTOR, "GITHUB_ACTOR", false },
	{ RUNNER_JOB, "GITHUB_JOB", false },
	{ RUNNER_NAME, "RUNNER_NAME", false },
};

static const struct variable gitlab[] = {
	{ RUNNER_REPOSITORY, "CI_PROJECT_PATH", false },
	{ RUNNER_WORKFLOW, "CI_CONFIG_PATH", false },
	{ RUNNER_RUN_ID, "CI_PIPELINE_ID", false },
	{ RUNNER_REF, "CI_COMMIT_REF_NAME", false },
	{ RUNNER_SHA, "CI_COMMIT_SHA", false },
	{ RUNNER_ACTOR, "GITLAB_USER_LOGIN", false },
	{ RUNNER_JOB, "CI_JOB_ID", false },
	{ RUNNER_NAME, "CI_RUNNER_DESCRIPTION", false },
};

static const struct variable azure[] = {
	{ RUNNER_REPOSITORY, "BUILD_REPOSITORY_URI", false },
	{ RUNNER_WORKFLOW, "BUILD_DEFINITIONNAME", true },
	{ RUNNER_RUN_ID, "BUILD_BUILDID", false },
	{ RUNNER_RUN_ATTEMPT, "SYSTEM_JOBATTEMPT", false },
	{ RUNNER_REF, "BUILD_SOURCEBRANCH", false },
	{ RUNNER_SHA, "BUILD_SOURCEVERSION", false },
	{ RUNNER_ACTOR, "BUILD_REQUESTEDFOR", false },
	{ RUNNER_JOB, "SYSTEM_JOBNAME", false },
	{ RUNNER_NAME, "AGENT_NAME", false },
};

static const struct variable buildkite[] = {
	{ RUNNER_REPOSITORY, "BUILDKITE_REPO", false },
	{ RUNNER_WORKFLOW, "BUILDKITE_PIPELINE_SLUG", false },
	{ RUNNER_RUN_ID, "BUILDKITE_BUILD_NUMBER", false },
	{ RUNNER_RUN_ATTEMPT, "BUILDKITE_RETRY_COUNT", false },
	{ RUNNER_REF, "BUILDKITE_BRANCH", false },
	{ RUNNER_SHA, "BUILDKITE_COMMIT", false },
	{ RUNNER_ACTOR, "BUILDKITE_BUILD_CREATOR", false },
	{ RUNNER_JOB, "BUILDKITE_JOB_ID", false },
	{ RUNNER_NAME, "BUILDKITE_AGENT_NAME", false },
};

static const struct variable circleci[] = {
	{ RUNNER_REPOSITORY, "CIRCLE_REPOSITORY_URL", true },
	{ RUNNER_RUN_ID, "CIRCLE_WORKFLOW_ID", false },
	{ RUNNER_REF, "CIRCLE_BRANCH", true },
	{ RUNNER_REF, "CIRCLE_TAG", true },
	{ RUNNER_SHA, "CIRCLE_SHA1", false },
	{ RUNNER_ACTOR, "CIRCLE_USERNAME", false },
	{ RUNNER_JOB, "CIRCLE_WORKFLOW_JOB_ID", false },
};

/* Forgejo and Gitea also say that they are GitHub Actions, so they come first. */
static const struct {
	enum runner_provider provider;
	const char *sign; /* the variable that is set in this CI alone */
	const struct variable *variables;
	size_t n;
} providers[] = {
	{ RUNNER_FORGEJO, "FORGEJO_ACTIONS", github, LENGTH(github) },
	{ RUNNER_GITEA, "GITEA_ACTIONS", github, LENGTH(github) },
	{ RUNNER_GITHUB, "GITHUB_ACTIONS", github, LENGTH(github) },
	{ RUNNER_GITLAB, "GITLAB_CI", gitlab, LENGTH(gitlab) },
	{ RUNNER_AZURE, "TF_BUILD", azure, LENGTH(azure) },
	{ RUNNER_BUILDKITE, "BUILDKITE", buildkite, LENGTH(buildkite) },
	{ RUNNER_CIRCLECI, "CIRCLECI", circleci, LENGTH(circleci) },
};

/* An empty value tells nothing. */
static const char *look(const char *name)
{
	const char *value = getenv(name);

	return value && value[0] != '\0' ? value : NULL;
}

enum runner_provider runner_variables_provider(void)
{
	const char *value;

	for (size_t i = 0; i < LENGTH(providers); i++) {
		value = look(providers[i].sign);
		if (value && strcasecmp(value, "true") == 0)
			return providers[i].provider;
	}
	return RUNNER_PROVIDERS;
}

static bool is_confirmed(enum runner_provider provider, const struct variable *variable)
{
	const struct runner_claim *claims;
	size_t n;

	claims = runner_claims(provider, &n);
	for (size_t i = 0; i < n; i++)
		if (claims[i].field == variable->field)
			return !variable->differs;
	return false;
}

static void read_variables(enum runner_provider provider, bool confirmed,
	const struct variable *variables, size_t n, const char *ret_identity[RUNNER_FIELDS])
{
	for (size_t i = 0; i < n; i++) {
		if (ret_identity[variables[i].field])
			continue;
		if (!confirmed || is_confirmed(provider, &variables[i]))
			ret_identity[variables[i].field] = look(variables[i].name);
	}
}

void runner_variables_read(
	enum runner_provider provider, bool confirmed, const char *ret_identity[RUNNER_FIELDS])
{
	for (enum runner_field f = 0; f < RUNNER_FIELDS; f++)
		ret_identity[f] = NULL;
	ret_identity[RUNNER_PROVIDER] = runner_provider_name(provider);

	for (size_t i = 0; i < LENGTH(providers); i++)
		if (providers[i].provider == provider)
			read_variables(provider, confirmed, providers[i].variables, providers[i].n,
				ret_identity);
}

int runner_variables_say_unknown(void)
{
	cleanup(bytes_deinit) struct bytes names = BYTES_PRINTED;

	for (size_t i = 0; i < LENGTH(providers); i++)
		bytes_appendf(&names, "%s%s", i > 0 ? ", " : "", providers[i].sign);
	return say_undecided("no CI is known here: none of %s is true", bytes_str(&names));
}
