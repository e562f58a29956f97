#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
#
# The daemon over a store that does what stores on other machines do: another daemon is faster, a
# commit is refused or slow, a token can't be looked up (tests/helper/store-double). Whatever happens
# there, no answer is an allow that nothing on record stands behind.
#
# What is set here may be for the library, as what is read may be the library's:
# shellcheck disable=SC2034,SC2153

load hold

CHANGED='another daemon changed the approval token meanwhile; ask again'
UNRECORDED='nothing of this turn was recorded; ask again'

setup() {
	lib_setup
	export FIRMA_TEST_STORE=$TMP/next
	serve_at "$SOCKET" --store memory --default-action pending_hitl
	until_listening "$SOCKET"
}

# next WORD: what goes wrong the next time.
next() {
	echo "$1" >"$FIRMA_TEST_STORE"
}

# It has gone wrong.
assert_happened() {
	[[ ! -e $FIRMA_TEST_STORE ]] || fail "$(<"$FIRMA_TEST_STORE") did not happen"
}

approved_token() {
	local token

	token=$(pending_token "$@")
	operate approve token_id="$token" >/dev/null
	echo "$token"
}

# denied REASON [KEY=...]: what the next question hears.
denied() {
	run ask "${@:2}"
	assert_decision deny
	assert_field reason "$1"
	assert_happened
}

@test "a token that another daemon consumed first is not consumed again" {
	local token

	token=$(approved_token)
	next apply-stale
	denied "$CHANGED" approval_token="$token"
	run ask approval_token="$token"
	assert_decision allow
	run ask approval_token="$token"
	assert_decision deny
}

@test "a consumption whose commit came too late is no allow, and is undone" {
	local token

	token=$(approved_token)
	next commit-stale
	denied "$CHANGED" approval_token="$token"
	assert_state "$token" approved
}

@test "a consumption of which nobody knows whether it is on record closes, and allows nobody" {
	local token

	token=$(approved_token)
	next commit-fails
	run ask approval_token="$token"
	assert_decision deny
	assert_happened
	run ask approval_token="$token"
	assert_decision deny
	run ask
	assert_decision deny
}

@test "a request whose token is not on record gets no token" {
	next commit-stale
	denied "$CHANGED"
	run operate list
	assert_output '{"outcome":"ok"}'
}

@test "an approval that came too late is refused, and its token waits on" {
	local token

	token=$(pending_token)
	next apply-stale
	run operate approve token_id="$token"
	assert_field reason "$CHANGED"
	assert_state "$token" pending
	next commit-stale
	run operate approve token_id="$token"
	assert_field reason "$CHANGED"
	assert_happened
	assert_state "$token" pending
}

@test "a revocation that is not on record is not acknowledged" {
	local token

	token=$(approved_token)
	next commit-fails
	run operate revoke token_id="$token"
	refute_output -p '"ok"'
	assert_happened
	run ask approval_token="$token"
	assert_decision deny
}

@test "of a turn with one change that was lost, the others are not taken for recorded" {
	local other token

	token=$(approved_token)
	other=$(approved_token agent_id=other)
	pause_daemon
	queue one < <(request approval_token="$token")
	queue two < <(request agent_id=other approval_token="$other")
	next commit-stale
	resume_daemon
	finish one
	assert_output -p "$UNRECORDED"
	finish two
	assert_output -p "$CHANGED"
	assert_happened
	assert_state "$token" approved
	assert_state "$other" approved
}

@test "a look-up that fails closes: no token found is no token that may be issued anew" {
	local token

	token=$(approved_token)
	next find-fails
	run ask approval_token="$token"
	assert_decision deny
	assert_happened
	run ask
	assert_decision deny
}

@test "nobody is answered before a slow commit has ended" {
	local asker token

	token=$(approved_token)
	mkfifo "$FIRMA_TEST_STORE.go"
	next commit-waits
	ask approval_token="$token" >"$TMP/reply" &
	asker=$!
	_until "$DAEMON" test ! -e "$FIRMA_TEST_STORE"
	assert_equal "$(<"$TMP/reply")" ''
	: >"$FIRMA_TEST_STORE.go"
	wait "$asker"
	assert_equal "$(<"$TMP/reply")" '{"decision":"allow","reason":"approved by an operator"}'
}

@test "a change that was lost is evidence of a refusal, and of nothing else" {
	local token log=$TMP/log.jsonl

	stop_daemon
	serve_at "$SOCKET" --store memory --default-action pending_hitl --evidence-log "$log"
	until_listening "$SOCKET"
	token=$(approved_token)
	next commit-stale
	denied "$CHANGED" approval_token="$token"
	next commit-stale
	run operate revoke token_id="$token"
	assert_field reason "$CHANGED"
	assert_happened
	stop_daemon
	run firma evidence verify "$log"
	assert_output -p ': holds: 4 records'
	run sed -n '3p;4p' "$log"
	assert_line -n 0 -p '"response":{"decision":"deny","reason":"'"$CHANGED"'"'
	assert_line -n 1 -p '"response":{"outcome":"unsupported_action","reason":"'"$CHANGED"'"'
}
