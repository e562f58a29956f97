#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
#
# `firma serve --runner-*`: the options mean the same as a policy's runners with "required": true, and a
# missing one is a fault at the start.

# shellcheck disable=SC2154 # bats and lib set what is used

load lib
load runner

setup_file() {
	make_runner_keys
}

setup() {
	lib_setup
	use_runners
	OIDC=(--runner-oidc-issuer "$RUNNER_ISSUER" --runner-oidc-audience firma
		--runner-oidc-jwks "$TMP/jwks.json" --runner-oidc-pin repository_id=8231
		--runner-oidc-pin 'workflow_ref=octo/app/.github/workflows/release.yml@*'
		--runner-oidc-pin event_name=push)
	(umask 077 && echo 'a shared secret' >"$TMP/key")
	HMAC=(--runner-key "$TMP/key" --runner-key-id ci)
}

# refuses_options MESSAGE OPTION...: the daemon must refuse this command line.
refuses_options() {
	run --separate-stderr firma serve --socket "$SOCKET" --store memory "${@:2}"
	assert_status 2
	assert_stderr "firma: $1 (see 'firma serve --help')"
}

# refuses_start MESSAGE OPTION...: the daemon must refuse to start because of a file.
refuses_start() {
	run --separate-stderr firma serve --socket "$SOCKET" --store memory "${@:2}"
	assert_status 1
	assert_stderr -p "can't start: the --runner options: $1"
	[[ ! -e $SOCKET ]]
}

serve_options() {
	start_daemon --default-action pending_hitl --evidence-log "$TMP/evidence" "$@"
}

@test "with an issuer, a request without a token is refused, and a job's request is accepted" {
	serve_options "${OIDC[@]}"
	run ask detail:=true
	denied_runner missing
	run evaluate_as nonsense action_type=read_file target=/a/x cwd=/a
	denied_runner token_parts
	run ask_as "$(make_token)"
	assert_field decision pending_hitl
	run ask_as "$(make_token 'c["repository_id"] = "8232"')"
	denied_runner pin
	run ask_as "$(make_token 'c["event_name"] = "pull_request_target"')"
	denied_runner pin
	run ask_as "$(make_token 'c["aud"] = "other"')"
	denied_runner aud
}

@test "with a shared key, a request without a signature is refused, and a signed one is accepted" {
	serve_options "${HMAC[@]}"
	run ask detail:=true
	denied_runner missing
	firma check --socket "$SOCKET" --runner-key "$TMP/key" --runner-key-id ci --json -- ls \
		>"$TMP/out" || [ $? = 75 ]
	grep -q pending_hitl "$TMP/out"
	run firma check --socket "$SOCKET" --runner-key "$TMP/key" --runner-key-id other -- ls
	assert_status 1
	run firma check --socket "$SOCKET" -- ls
	assert_status 1
}

@test "the other daemon's signatures, which can be replayed, are not accepted by options" {
	serve_options "${HMAC[@]}"
	run ask detail:=true runner_auth:="$("$UNIT" object algorithm=HMAC-SHA256 key_id=ci signature="$(printf %064d 0)")"
	denied_runner v1
	run firma status --socket "$SOCKET"
	assert_line -p 'runners        0 issuers, 1 signer'
}

@test "an incomplete set of options is a fault, and the message names the missing one" {
	refuses_options '--runner-key needs --runner-key-id' --runner-key "$TMP/key"
	refuses_options '--runner-key-id needs --runner-key' --runner-key-id ci
	refuses_options '--runner-oidc-issuer needs --runner-oidc-audience' "${OIDC[@]:0:2}"
	refuses_options '--runner-oidc-issuer needs --runner-oidc-jwks' "${OIDC[@]:0:4}"
	refuses_options '--runner-oidc-issuer needs --runner-oidc-pin' "${OIDC[@]:0:6}"
	refuses_options '--runner-oidc-pin needs --runner-oidc-issuer' "${OIDC[@]:6}"
	refuses_options '--runner-oidc-audience needs --runner-oidc-issuer' "${OIDC[@]:2}" "${HMAC[@]}"
	refuses_options '--runner-key wants a file' --runner-key '' --runner-key-id ci
	for pin in repository_id =8231 repository_id= ''; do
		refuses_options '--runner-oidc-pin wants NAME=PATTERN' --runner-oidc-pin "$pin"
	done
	refuses_options 'the --runner options: runners.hmac[0].key_id: is blank' \
		--runner-key "$TMP/key" --runner-key-id ''
	refuses_options 'the --runner options: runners.oidc[0].issuer: must begin with https:// (and 1 more)' \
		"${OIDC[@]}" --runner-oidc-issuer http://localhost
	refuses_options 'the --runner options: runners.oidc[0].audience: is blank' \
		"${OIDC[@]}" --runner-oidc-audience ''
	refuses_options 'the --runner options: runners.oidc[0].pin: lacks event_name: jobs for a stranger'"'"'s change can have ref main' \
		"${OIDC[@]:0:10}"
	refuses_options 'the --runner options: runners.oidc[0].pin: lacks an immutable ID: repository_id or repository_owner_id' \
		"${OIDC[@]:0:6}" "${OIDC[@]:8}"
	refuses_options 'the --runner options: runners.oidc[0].pin.ref: holds a pattern that fits everything' \
		"${OIDC[@]}" --runner-oidc-pin 'ref=*'
}

@test "files that can't be read, or that others can write, are faults at start" {
	refuses_start 'runners.oidc[0].jwks: No such file' "${OIDC[@]}" --runner-oidc-jwks "$TMP/none"
	echo '{"keys":[]}' >"$TMP/empty.json"
	refuses_start 'runners.oidc[0].jwks: ' "${OIDC[@]}" --runner-oidc-jwks "$TMP/empty.json"
	chmod 666 "$TMP/jwks.json"
	refuses_start 'runners.oidc[0].jwks: ' "${OIDC[@]}"
	refuses_start 'runners.hmac[0].key: ' --runner-key "$TMP/none" --runner-key-id ci
	chmod 644 "$TMP/key"
	refuses_start 'runners.hmac[0].key: ' "${HMAC[@]}"
	: >"$TMP/key"
	chmod 600 "$TMP/key"
	refuses_start 'runners.hmac[0].key: ' "${HMAC[@]}"
}

@test "a credential is found by its name, and a name that is none is not looked for elsewhere" {
	mkdir -m 700 "$TMP/credentials"
	mv "$TMP/key" "$TMP/credentials/ci-key"
	export CREDENTIALS_DIRECTORY=$TMP/credentials
	serve_options --runner-key ci-key --runner-key-id ci
	unset CREDENTIALS_DIRECTORY
	firma check --socket "$SOCKET" --runner-key "$TMP/credentials/ci-key" --runner-key-id ci -- ls ||
		[ $? = 75 ]
	stop_daemon
	cp "$TMP/credentials/ci-key" "$TMP/other"
	cd "$TMP"
	export CREDENTIALS_DIRECTORY=$TMP/credentials
	refuses_start 'runners.hmac[0].key: ' --runner-key other --runner-key-id ci
}

@test "a policy with runners of its own, too, is a fault, and the one before stays in force" {
	write_runners_policy
	cp "$POLICY" "$TMP/with"
	run --separate-stderr firma policy check "$POLICY"
	assert_status 0
	echo '{"default_action": "pending_hitl"}' >"$POLICY"
	start_daemon --policy "$POLICY" "${OIDC[@]}"
	run ask_as "$(make_token)"
	assert_field decision pending_hitl
	mv "$TMP/with" "$POLICY"
	run ask detail:=true
	denied_runner missing
	run ask_as "$(make_token)"
	assert_field decision pending_hitl
	run firma status --socket "$SOCKET"
	assert_output -p 'runners: the daemon has runners by its --runner options'
	stop_daemon
	start_daemon --policy "$POLICY" "${OIDC[@]}"
	run ask_as "$(make_token)"
	assert_field decision deny
	run firma status --socket "$SOCKET"
	assert_status 1
}

@test "a new key set is in force for the next request, and a claim may have several values" {
	serve_options "${OIDC[@]}" --runner-oidc-pin event_name=workflow_dispatch
	run ask_as "$(sign_token second '{"alg":"RS256","typ":"JWT","kid":"second"}' "$(print_claims)")"
	denied_runner unknown_kid
	publish_runner_keys first second
	run ask_as "$(sign_token second '{"alg":"RS256","typ":"JWT","kid":"second"}' \
		"$(print_claims 'c["event_name"] = "workflow_dispatch"')")"
	assert_field decision pending_hitl
}

@test "a claim that is a number is pinned by its digits" {
	RUNNER_ISSUER=https://agent.buildkite.com
	serve_options --runner-oidc-issuer "$RUNNER_ISSUER" --runner-oidc-audience firma \
		--runner-oidc-jwks "$TMP/jwks.json" --runner-oidc-pin organization_id=17 \
		--runner-oidc-pin build_number=77
	for number in 77:pending 78:pin; do
		run ask_as "$(make_token "c.update({'organization_id': '17', 'pipeline_slug': 'app',
			'build_number': ${number%:*}, 'build_branch': 'main', 'build_commit': 'abcd',
			'job_id': '3'})")"
		if [[ $number == *pending ]]; then
			assert_field decision pending_hitl
		else
			denied_runner pin
		fi
	done
}
