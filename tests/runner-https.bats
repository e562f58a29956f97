#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
#
# Tokens that a CI gives by HTTPS, from a server with an authority of the test's own: what is asked,
# and every way in which the server may fail.

# shellcheck disable=SC2030,SC2031,SC2034,SC2119,SC2154 # each test is a process, as in lib.bash

load lib
load runner
load ci
load https

setup_file() {
	make_runner_keys
	make_authority
}

setup() {
	lib_setup
	use_runners
	leave_ci
	export NO_PROXY='*' CURL_CA_BUNDLE=$BATS_FILE_TMPDIR/authority.pem
	SECRET=the-secret-of-the-job TOKEN=$(make_token)
}

# ask_at URL: GitHub's job has its tokens there.
ask_at() {
	enter_ci github-actions
	export ACTIONS_ID_TOKEN_REQUEST_URL=$1 ACTIONS_ID_TOKEN_REQUEST_TOKEN=$SECRET
}

# fails SENTENCE [ARG...]: `runner token` says so, writes nothing, and shows no secret.
fails() {
	run --separate-stderr firma runner token --output "$TMP/out" "${@:2}"
	assert_status 3
	refute_output
	assert_stderr "firma: $1"
	[[ $stderr != *"$SECRET"* && $stderr != *"${TOKEN##*.}"* ]] || fail "a secret is shown"
	[[ ! -e $TMP/out ]] || fail "a file was written"
}

# fails_at PATH SENTENCE [ARG...]
fails_at() {
	ask_at "https://127.0.0.1:$PORT$1"
	fails "ACTIONS_ID_TOKEN_REQUEST_URL $2" "${@:3}"
}

@test "GitHub and Forgejo are asked for a token for the audience" {
	start_server
	ask_at "https://127.0.0.1:$PORT/good?api-version=2.0"
	firma runner token --output "$TMP/token"
	assert_equal "$(cat "$TMP/token")" "$TOKEN"
	assert_equal "$(cat "$TMP/ci/requests")" \
		"GET /good?api-version=2.0&audience=firma Bearer $SECRET None"

	: >"$TMP/ci/requests"
	make_token 'c["aud"] = "https://é/?a=1&b"' | tr -d '\n' >"$TMP/ci/token"
	enter_ci forgejo-actions
	export ACTIONS_ID_TOKEN_REQUEST_URL=https://127.0.0.1:$PORT/good \
		ACTIONS_ID_TOKEN_REQUEST_TOKEN=$SECRET
	run --separate-stderr firma runner token --audience 'https://é/?a=1&b'
	assert_status 0
	assert_output "$(cat "$TMP/ci/token")"
	assert_equal "$(cat "$TMP/ci/requests")" \
		"GET /good?audience=https%3A%2F%2F%C3%A9%2F%3Fa%3D1%26b Bearer $SECRET None"
	fails 'the token of this job is for another audience than firma'
}

@test "Azure is asked by POST; its audience is not for the job to choose" {
	start_server
	TOKEN=$(make_token 'c["aud"] = "api://AzureADTokenExchange"')
	printf %s "$TOKEN" >"$TMP/ci/token"
	enter_ci azure-pipelines
	export SYSTEM_OIDCREQUESTURI=https://127.0.0.1:$PORT/good SYSTEM_ACCESSTOKEN=$SECRET
	run --separate-stderr firma runner token
	assert_status 0
	assert_output "$TOKEN"
	assert_equal "$(cat "$TMP/ci/requests")" \
		"POST /good?api-version=7.1-preview.1 Bearer $SECRET 0"
	fails 'the token of this job is for another audience than firma' --audience firma
}

@test "what is missing in the job is said, and nobody is asked" {
	enter_ci github-actions
	fails 'ACTIONS_ID_TOKEN_REQUEST_URL is not set: the job needs the permission id-token: write'
	enter_ci forgejo-actions
	fails 'ACTIONS_ID_TOKEN_REQUEST_URL is not set: the job needs enable-openid-connect: true'
	enter_ci gitea-actions
	fails 'ACTIONS_ID_TOKEN_REQUEST_URL is not set: this Gitea gives its jobs no tokens'
	enter_ci azure-pipelines
	export SYSTEM_OIDCREQUESTURI=https://127.0.0.1:1/
	fails "SYSTEM_ACCESSTOKEN is not set: the step needs SYSTEM_ACCESSTOKEN: \$(System.AccessToken) in its env"
	ask_at https://127.0.0.1:1/
	ACTIONS_ID_TOKEN_REQUEST_TOKEN=$'a\r\nX: y' \
		fails 'ACTIONS_ID_TOKEN_REQUEST_URL gave no token: the secret for it is malformed'
}

@test "no other answer than a whole one with a token is taken" {
	start_server
	fails_at /redirect 'gave no token: the server answered with status 302'
	fails_at /nothing 'gave no token: the server answered with status 404'
	fails_at /refused 'gave no token: the server answered with status 403'
	fails_at /type 'gave no token: the answer is not JSON'
	fails_at /huge 'gave no token: the answer is longer than 1 MiB'
	fails_at /short 'gave no token: Transferred a partial file'
	fails_at /torn 'gave an answer without a token'
	fails_at /number 'gave an answer without a token'
	fails_at /slow 'gave no token: no answer in time' --timeout 300ms
	ask_at "https://127.0.0.1:$PORT/other"
	fails 'what the CI gave is not a token'
	# The redirect was not followed.
	refute_line_in_requests /good
}

refute_line_in_requests() {
	! grep -F " $1" "$TMP/ci/requests" || fail "$1 was asked for"
}

@test "the secret goes to no server that does not prove its name" {
	start_server foreign
	fails_at /good 'gave no token: SSL peer certificate or SSH remote key was not OK'
	start_server
	ask_at "https://localhost:$PORT/good"
	fails 'ACTIONS_ID_TOKEN_REQUEST_URL gave no token: SSL peer certificate or SSH remote key was not OK'
	ask_at "https://127.0.0.1:$PORT/good"
	CURL_CA_BUNDLE='' fails 'ACTIONS_ID_TOKEN_REQUEST_URL gave no token: SSL peer certificate or SSH remote key was not OK'
	assert_equal "$(cat "$TMP/ci/requests")" ''
}

@test "without TLS nothing is asked" {
	start_server ''
	fails_at /good 'gave no token: SSL connect error'
	ask_at "http://127.0.0.1:$PORT/good"
	fails 'ACTIONS_ID_TOKEN_REQUEST_URL gave no token: it is no URL that begins with https://'
	ask_at "file://$TMP/ci/token"
	fails 'ACTIONS_ID_TOKEN_REQUEST_URL gave no token: it is no URL that begins with https://'
	assert_equal "$(cat "$TMP/ci/requests")" ''
}

@test "firma check asks the CI by itself, and loads libcurl for that alone" {
	start_server
	ask_at "https://127.0.0.1:$PORT/good"
	serve_runners 'p["default_action"] = "allow"; p["runners"]["required"] = True'
	run firma check --runner-token auto -- true
	assert_status 0
	! grep -rlF -e "$SECRET" -e "$TOKEN" "$TMP"/evidence* "$TMP/log" "$STATE_DIR" || fail 'a secret is written'

	run env LD_DEBUG=files "$FIRMA" runner claims
	refute_output -p libcurl
	run env LD_DEBUG=files "$FIRMA" runner token --output "$TMP/token"
	assert_output -p libcurl
}
