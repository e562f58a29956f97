# SPDX-License-Identifier: ISC
# shellcheck shell=bash
#
# The environment of a job in each CI.

# shellcheck disable=SC2034 # it is for the program

# leave_ci: the tests may themselves run in a CI.
leave_ci() {
	local name

	for name in "${!GITHUB_@}" "${!GITLAB_@}" "${!GITEA_@}" "${!FORGEJO_@}" "${!CI_@}" \
		"${!ACTIONS_@}" "${!BUILD_@}" "${!SYSTEM_@}" "${!AGENT_@}" "${!BUILDKITE@}" \
		"${!CIRCLE@}" RUNNER_NAME CI TF_BUILD; do
		unset "$name"
	done
}

# enter_ci PROVIDER: the environment of a job there.
enter_ci() {
	leave_ci
	set -a
	case $1 in
	github-actions | forgejo-actions | gitea-actions)
		CI=true GITHUB_ACTIONS=true GITHUB_REPOSITORY=octo/app GITHUB_REPOSITORY_ID=8231
		GITHUB_WORKFLOW=Release GITHUB_RUN_ID=77 GITHUB_RUN_NUMBER=5 GITHUB_RUN_ATTEMPT=1
		GITHUB_REF=refs/heads/main GITHUB_REF_NAME=main GITHUB_ACTOR=octo GITHUB_JOB=promote
		GITHUB_SHA=0000000000000000000000000000000000000000 RUNNER_NAME='GitHub Actions 3'
		[[ $1 != forgejo* ]] || FORGEJO_ACTIONS=true GITEA_ACTIONS=true
		[[ $1 != gitea* ]] || GITEA_ACTIONS=true
		;;
	gitlab-ci)
		CI=true GITLAB_CI=true CI_PROJECT_PATH=group/app CI_PROJECT_ID=22
		CI_CONFIG_PATH=.gitlab-ci.yml CI_PIPELINE_ID=5 CI_PIPELINE_IID=2 CI_JOB_ID=6
		CI_JOB_NAME=promote CI_COMMIT_REF_NAME=main CI_COMMIT_SHA=abcd GITLAB_USER_LOGIN=kim
		CI_RUNNER_DESCRIPTION=blue
		;;
	azure-pipelines)
		TF_BUILD=True BUILD_REPOSITORY_URI=https://dev.azure.com/org/project/_git/app
		BUILD_REPOSITORY_NAME=app BUILD_DEFINITIONNAME=promote BUILD_BUILDID=4
		SYSTEM_JOBATTEMPT=1 BUILD_SOURCEBRANCH=refs/heads/main BUILD_SOURCEVERSION=abcd
		BUILD_REQUESTEDFOR='Kim Doe' SYSTEM_JOBNAME=Job SYSTEM_JOBID=9f
		AGENT_NAME='Azure Pipelines 2'
		;;
	buildkite)
		CI=true BUILDKITE=true BUILDKITE_REPO=git@github.com:octo/app.git
		BUILDKITE_PIPELINE_SLUG=app BUILDKITE_BUILD_NUMBER=12 BUILDKITE_BUILD_ID=8f
		BUILDKITE_RETRY_COUNT=0 BUILDKITE_BRANCH=main BUILDKITE_COMMIT=abcd
		BUILDKITE_BUILD_CREATOR='Kim Doe' BUILDKITE_JOB_ID=01 BUILDKITE_AGENT_NAME=agent-1
		;;
	circleci)
		CI=true CIRCLECI=true CIRCLE_REPOSITORY_URL=git@github.com:octo/app.git
		CIRCLE_WORKFLOW_ID=9a CIRCLE_BRANCH=main CIRCLE_SHA1=abcd CIRCLE_USERNAME=kim
		CIRCLE_JOB=promote CIRCLE_WORKFLOW_JOB_ID=3f
		;;
	esac
	set +a
}
