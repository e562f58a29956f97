#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
#
# gitlab-ci-local runs the example's pipeline, with the component: a job prepares, the gate asks, and a
# third job promotes, unless the gate's job failed. Started by tests/ci/check.

# shellcheck disable=SC2016 # variables of a job
# shellcheck disable=SC2030,SC2031,SC2034,SC2119,SC2154 # each test is a process, as in lib.bash

load ../lib
load ../runner
load ../ci
load ../https
load ../gate

setup_file() {
	make_gate_keys
}

setup() {
	lib_setup
	use_gate
	at_gitlab
	make_project
}

# git: without anybody's settings.
git() {
	GIT_CONFIG_GLOBAL=/dev/null GIT_CONFIG_NOSYSTEM=1 command git -c user.name=kim \
		-c user.email=kim@example.org -c commit.gpgsign=false "$@"
}

# make_project: the example, with a component that lies in the project itself.
make_project() {
	mkdir deploy
	mv policy.json deploy/policy-gitlab.json
	cp "$SIGNERS" deploy/firma-signers
	printf '#!/bin/sh\necho "$1" >promoted\n' >deploy/promote
	chmod +x deploy/promote
	cp "$WRAPPERS/gitlab/gate.yml" .
	# The bundle has a version of the tests, and comes from no registry; jobs of a shell have no image;
	# no branch is protected here.
	sed -e '/project:/d' -e '/ref: 0123/d' -e 's|    file: /gate.yml|  - local: /gate.yml|' \
		-e 's/version: 0.1.0/version: 1.2.3/' -e '/^default:/,/^$/d' -e '/  rules:/,/- if/d' \
		-e 's/"\$CI_COMMIT_SHA"/1.8.0/' -e '/^    - >-/,/firma-bundle.tar"$/d' \
		-e 's/-xf firma-bundle.tar/-xf "$FIRMA_BUNDLE_TAR"/' "$WRAPPERS/examples/gitlab.yml" >.gitlab-ci.yml
	(cd "$BUNDLE" && tar -cf "$TMP/bundle.tar" .)
	printf '%s\n' release.json firma-bundle .firma promoted .gitlab-ci-local >.gitignore
	rm release.json
	git init -q -b main .
	git add -A
	git commit -q -m first
	git remote add origin git@gitlab.example.org:group/app.git
}

# pipeline: its jobs, as gitlab-ci-local runs them.
pipeline() {
	env -u CI_PROJECT_PATH gitlab-ci-local --no-color --variable FIRMA_ID_TOKEN="$FIRMA_ID_TOKEN" \
		--variable FIRMA_BUNDLE_TAR="$TMP/bundle.tar" --variable CURL_CA_BUNDLE="$CURL_CA_BUNDLE" \
		--variable NO_PROXY='*' --variable GITLAB_CI=true \
		--variable TMPDIR="$TMPDIR" "$@" </dev/null
}

# pipeline_ends STATUS TEXT: and the release was promoted if that is 0, and in no other case.
pipeline_ends() {
	rm -rf promoted firma-bundle release.json
	run pipeline "${@:3}"
	assert_status "$1"
	assert_output -p "$2"
	[[ -e promoted ]] || [[ $1 != 0 ]] || fail "it was not promoted: $output"
	[[ ! -e promoted ]] || [[ $1 == 0 ]] || fail "IT WAS PROMOTED: $output"
}

# artifacts DECISION: of the gate's job, which hold.
artifacts() {
	cd .gitlab-ci-local/artifacts/firma-gate || return
	published "$1"
	assert_equal "$(cat .gitlab-ci-reports/dotenv/.firma/result.env)" "$(cat .firma/result.env)"
	cd "$JOB" || return
}

@test "an approved promotion goes on, with its evidence as an artifact" {
	pipeline_ends 0 'firma-runner: allowed: dec_'
	artifacts allow
	assert_equal "$(cat promoted)" 1.8.0
}

@test "a promotion whose approval was refused does not go on" {
	sed -i 's/approval_state: "approved"/approval_state: "denied"/' .gitlab-ci.yml
	pipeline_ends 1 'firma-runner: not allowed (block): dec_'
	artifacts block
}

@test "another identity than the one that is pinned does not go on" {
	give_token 'c["project_id"] = "23"'
	pipeline_ends 1 'firma-runner: not allowed (block): dec_'
	artifacts block
	FIRMA_ID_TOKEN=
	pipeline_ends 1 'firma-runner: there is no token for this job'
	[[ ! -e .firma/decision.json ]]
}

@test "a bundle that was changed does not go on, and is not run" {
	printf '#!/bin/sh\ntouch %s\n' "$TMP/ran" >"$TMP/program"
	cp "$TMP/program" "$PROGRAM.new" && mv "$PROGRAM.new" "$PROGRAM"
	(cd "$BUNDLE" && tar -cf "$TMP/bundle.tar" .)
	pipeline_ends 1 'the bundle is not what was signed'
	cp "$TMP/program" "$BUNDLE/ci/firma-runner"
	(cd "$BUNDLE" && tar -cf "$TMP/bundle.tar" .)
	pipeline_ends 1 FAIL
	[[ ! -e $TMP/ran ]] || fail "it was run"
	[[ ! -e .firma/decision.json ]]
}

@test "a variable of the pipeline replaces nothing that the component was told" {
	cp deploy/policy-gitlab.json "$TMP/mine.json"
	sed -i 's/"22"/"23"/' deploy/policy-gitlab.json
	pipeline_ends 1 'firma-runner: not allowed (block)' --variable FIRMA_CI_POLICY="$TMP/mine.json" \
		--variable FIRMA_CI_SIGNERS="$TMP/mine" --variable FIRMA_CI_KEYS="$TMP"
}
