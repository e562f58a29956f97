#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
#
# `firma runner`: what each CI says of a job in the variables that it really sets.

# shellcheck disable=SC2030,SC2031,SC2034,SC2119,SC2154 # each test is a process; what is set is for the program

load lib
load runner
load ci

setup() {
	lib_setup
	leave_ci
}

# prints LINE ARG...: that verb of `runner`.
prints() {
	run --separate-stderr firma runner "${@:2}"
	assert_status 0
	refute_stderr
	assert_output "$1"
}

# --- claims ---------------------------------------------------------------------------------------

@test "the identity is what each CI says of a job" {
	local github='"repository":"octo/app","workflow":"Release","run_id":"77","run_attempt":"1","ref":"refs/heads/main","sha":"0000000000000000000000000000000000000000","actor":"octo","job":"promote","runner_name":"GitHub Actions 3"'
	enter_ci github-actions
	prints "{\"provider\":\"github-actions\",$github}" claims
	enter_ci forgejo-actions
	prints "{\"provider\":\"forgejo-actions\",$github}" claims
	enter_ci gitea-actions
	prints "{\"provider\":\"gitea-actions\",$github}" claims
	enter_ci gitlab-ci
	prints '{"provider":"gitlab-ci","repository":"group/app","workflow":".gitlab-ci.yml","run_id":"5","ref":"main","sha":"abcd","actor":"kim","job":"6","runner_name":"blue"}' claims
	enter_ci azure-pipelines
	prints '{"provider":"azure-pipelines","repository":"https://dev.azure.com/org/project/_git/app","workflow":"promote","run_id":"4","run_attempt":"1","ref":"refs/heads/main","sha":"abcd","actor":"Kim Doe","job":"Job","runner_name":"Azure Pipelines 2"}' claims
	enter_ci buildkite
	prints '{"provider":"buildkite","repository":"git@github.com:octo/app.git","workflow":"app","run_id":"12","run_attempt":"0","ref":"main","sha":"abcd","actor":"Kim Doe","job":"01","runner_name":"agent-1"}' claims
	enter_ci circleci
	prints '{"provider":"circleci","repository":"git@github.com:octo/app.git","run_id":"9a","ref":"main","sha":"abcd","actor":"kim","job":"3f"}' claims
	unset CIRCLE_BRANCH
	export CIRCLE_TAG=v1 CIRCLE_USERNAME=
	prints '{"provider":"circleci","repository":"git@github.com:octo/app.git","run_id":"9a","ref":"v1","sha":"abcd","job":"3f"}' claims
}

@test "what a token of this CI confirms is printed alone" {
	enter_ci github-actions
	prints '{"provider":"github-actions","repository":"octo/app","workflow":"Release","run_id":"77","run_attempt":"1","ref":"refs/heads/main","sha":"0000000000000000000000000000000000000000","actor":"octo"}' claims --confirmed
	enter_ci gitlab-ci
	prints '{"provider":"gitlab-ci","repository":"group/app","run_id":"5","ref":"main","sha":"abcd","actor":"kim","job":"6"}' claims --confirmed
	enter_ci azure-pipelines
	prints '{"provider":"azure-pipelines","repository":"https://dev.azure.com/org/project/_git/app","run_id":"4","ref":"refs/heads/main","sha":"abcd"}' claims --confirmed
	enter_ci buildkite
	prints '{"provider":"buildkite","workflow":"app","run_id":"12","ref":"main","sha":"abcd","job":"01"}' claims --confirmed
	enter_ci circleci
	prints '{"provider":"circleci","job":"3f"}' claims --confirmed
}

@test "outside of any CI there is no identity" {
	run --separate-stderr firma runner claims
	assert_status 3
	refute_output
	assert_stderr 'firma: no CI is known here: none of FORGEJO_ACTIONS, GITEA_ACTIONS, GITHUB_ACTIONS, GITLAB_CI, TF_BUILD, BUILDKITE, CIRCLECI is true'
	export GITLAB_CI=false CI=true
	run --separate-stderr firma runner claims
	assert_status 3
	run firma runner claims x
	assert_status 2
	run firma runner
	assert_status 2
}

@test "the page names just the variables that are read" {
	local root=$BATS_TEST_DIRNAME/..

	# shellcheck disable=SC2016 # sed's
	diff <(grep -oE '"[A-Z][A-Z0-9_]{5,}"' "$root/src/cli/runner-variables.c" | tr -d '"' | sort -u) \
		<(sed -n '/^\.Sh DESCRIPTION/,/^\.Cm token$/p' "$root/man/firma-runner.1" |
			grep -oE 'Ev [A-Z0-9_]+' | sed 's/^Ev //' | sort -u)
}

@test "firma check takes the printed identity, with a token and with a shared key" {
	local key=$TMP/key

	make_runner_keys
	use_runners
	(umask 077 && echo 'a shared secret' >"$key")
	enter_ci github-actions
	serve_runners 'p["default_action"] = "allow"
p["runners"]["required"] = True
p["runners"]["hmac"] = [{"key_id": "ci", "key": "key"}]'
	make_token >"$TMP/token"
	firma runner claims --confirmed >"$TMP/claims"
	run firma check --runner-token "$TMP/token" --runner-claims "$TMP/claims" -- true
	assert_status 0

	# The token says nothing of the job's name.
	firma runner claims >"$TMP/claims"
	make_token >"$TMP/token"
	run firma check --runner-token "$TMP/token" --runner-claims "$TMP/claims" -- true
	assert_status 1
	assert_output -p '(identity)'

	run firma check --runner-key "$key" --runner-key-id ci --runner-claims "$TMP/claims" -- true
	assert_status 0
	grep -q '"runner_name":"GitHub Actions 3"' "$TMP/evidence"
}

# --- token ----------------------------------------------------------------------------------------

# use_token: TOKEN is one of the job, and GitLab has given it.
use_token() {
	make_runner_keys
	use_runners
	TOKEN=$(make_token)
	enter_ci gitlab-ci
	export FIRMA_ID_TOKEN=$TOKEN
}

# says STATUS SENTENCE ARG...: `runner token` fails so, and shows nothing of the token.
says() {
	run --separate-stderr firma runner token --output "$TMP/out" "${@:3}"
	assert_status "$1"
	refute_output
	assert_stderr "firma: $2"
	[[ -z ${TOKEN-} || $stderr != *"${TOKEN##*.}"* ]] || fail "the token is shown"
}

# make_agent LINE...: buildkite-agent, a shell script of these lines.
make_agent() {
	mkdir -p "$TMP/bin"
	printf '%s\n' '#!/bin/sh' "$@" >"$TMP/bin/buildkite-agent"
	chmod +x "$TMP/bin/buildkite-agent"
	PATH=$TMP/bin:$PATH
}

@test "a token of the environment goes into a file for this user alone" {
	use_token
	umask 000
	firma runner token --output "$TMP/token"
	assert_equal "$(cat "$TMP/token")" "$TOKEN"
	assert_equal "$(stat -c %a "$TMP/token")" 600

	# The next one takes its place; nothing else is left in the directory.
	enter_ci circleci
	CIRCLE_OIDC_TOKEN_V2=$(make_token 'c["aud"] = "0a1b"')
	export CIRCLE_OIDC_TOKEN_V2
	chmod 644 "$TMP/token"
	firma runner token --output "$TMP/token"
	assert_equal "$(cat "$TMP/token")" "$CIRCLE_OIDC_TOKEN_V2"
	assert_equal "$(stat -c %a "$TMP/token")" 600
	assert_equal "$(echo "$TMP"/token*)" "$TMP/token"
}

@test "a file that holds anything but a token is left alone, and so is a link or a FIFO" {
	local old

	use_token
	for old in 'notes of somebody' a.b.c "$TOKEN x"; do
		echo "$old" >"$TMP/out"
		says 1 "$TMP/out is no token, and was not changed"
		assert_equal "$(cat "$TMP/out")" "$old"
	done
	: >"$TMP/empty"
	firma runner token --output "$TMP/empty"
	assert_equal "$(cat "$TMP/empty")" "$TOKEN"

	rm "$TMP/out"
	ln -s empty "$TMP/out"
	says 1 "$TMP/out is no token, and was not changed"
	[[ -L $TMP/out ]]
	rm "$TMP/out"
	mkfifo "$TMP/out"
	says 1 "$TMP/out is no token, and was not changed"
	[[ -p $TMP/out ]]
	rm "$TMP/out"
	run --separate-stderr firma runner token --output "$TMP/absent/out"
	assert_status 3
	assert_stderr "firma: could not write $TMP/absent/out: No such file or directory"
}

@test "without a file the token is printed, but not on a terminal or in a log" {
	local sentence="firma: the token would be seen here: --output is missing"

	use_token
	prints "$TOKEN" token
	assert_equal "$(firma runner token | cat)" "$TOKEN"
	run firma runner token
	assert_status 2
	assert_output -p "$sentence"
	refute_output -p "${TOKEN##*.}"

	_command "$FIRMA" runner token
	run script -qec "${CMD[*]} 2>$TMP/stderr" /dev/null </dev/null
	assert_status 2
	refute_output -p "${TOKEN##*.}"
	grep -qF "$sentence" "$TMP/stderr"
}

@test "what is missing in the job is said" {
	says 3 'no CI is known here: none of FORGEJO_ACTIONS, GITEA_ACTIONS, GITHUB_ACTIONS, GITLAB_CI, TF_BUILD, BUILDKITE, CIRCLECI is true'
	enter_ci gitlab-ci
	says 3 'FIRMA_ID_TOKEN is not set: the job needs id_tokens: {FIRMA_ID_TOKEN: {aud: firma}}'
	enter_ci circleci
	says 3 'CIRCLE_OIDC_TOKEN_V2 is not set: CircleCI gave this job no token'
	enter_ci buildkite
	run env PATH="$TMP" "$FIRMA" runner token --output "$TMP/out"
	assert_status 3
	assert_output 'firma: could not run buildkite-agent: No such file or directory'
	[[ ! -e $TMP/out ]]
}

@test "a token for another audience is not taken, nor a text that is not a token" {
	use_token
	firma runner token --audience firma --output "$TMP/out"
	says 3 'the token of this job is for another audience than other' --audience other
	FIRMA_ID_TOKEN=${TOKEN%.*} says 3 'what the CI gave is not a token'
	FIRMA_ID_TOKEN="$TOKEN " says 3 'what the CI gave is not a token'
	FIRMA_ID_TOKEN=$(make_token 'c["x"] = "x" * 12400') says 3 'what the CI gave is not a token'
	run firma runner token --output "$TMP/out" --audience ''
	assert_status 2
	run firma runner token --output "$TMP/out" --timeout 2h
	assert_status 2
	assert_equal "$(cat "$TMP/out")" "$TOKEN"
}

@test "Buildkite's agent is asked for a token, for firma or another audience" {
	use_token
	enter_ci buildkite
	# shellcheck disable=SC2016 # the agent's
	make_agent 'echo "$*" >"'"$TMP/words"'"' "cat '$TMP/given'" 'cat >&2'
	echo "$TOKEN" >"$TMP/given"
	prints "$TOKEN" token
	assert_equal "$(cat "$TMP/words")" 'oidc request-token --audience firma'
	make_token 'c["aud"] = "a b"' >"$TMP/given"
	firma runner token --audience 'a b' --output "$TMP/token"
	cmp <(cat "$TMP/given"; echo) "$TMP/token"
	assert_equal "$(cat "$TMP/words")" 'oidc request-token --audience a b'
	says 3 'the token of this job is for another audience than firma'

	make_agent 'exit 7'
	says 3 'buildkite-agent gave no token: it ended with status 7'
	# shellcheck disable=SC2016 # the agent's
	make_agent 'kill -TERM $$'
	says 3 'buildkite-agent gave no token: it ended with status 143'
	make_agent 'echo usage: and so on'
	says 3 'what the CI gave is not a token'
	make_agent 'exec yes'
	says 3 'buildkite-agent printed something else than a token'
	make_agent 'exec tail -f /dev/null'
	says 3 'buildkite-agent gave no token in time' --timeout 50ms
	make_agent "cat '$TMP/given'; exec >&2; exec tail -f /dev/null"
	says 3 'buildkite-agent gave no token in time' --timeout 50ms
}

@test "firma check gets the token by itself" {
	use_token
	RUNNER_ISSUER=https://gitlab.com RUNNER_PIN='{"project_id":["22"]}'
	serve_runners 'p["default_action"] = "allow"; p["runners"]["required"] = True'
	TOKEN=$(make_token 'c["project_id"] = "22"; c["project_path"] = "group/app"')
	export FIRMA_ID_TOKEN=$TOKEN
	run firma check --runner-token auto -- true
	assert_status 0
	grep -q '"repository=group/app"\|"repository":"group/app"' "$TMP/evidence"
	run firma check --runner-token auto --runner-audience other -- true
	assert_status 3
	assert_output -p 'the token of this job is for another audience than other'
	leave_ci
	run firma check --runner-token auto -- true
	assert_status 3
	assert_output -p 'no CI is known here'
	run firma check --runner-token "$TMP/x" --runner-audience firma -- true
	assert_status 2
	assert_output -p -- '--runner-audience needs --runner-token auto'
}
