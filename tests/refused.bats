#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
#
# What a refusal means for the same question asked again.

# shellcheck disable=SC2030,SC2031 # each test is a process, and so are its variables
# shellcheck disable=SC2034,SC2153,SC2154 # some variables are those of the libraries and of bats

load hold

REFUSED='{"decision":"deny","reason":"a person refused this question"}'

# Two doors; what `operate` says goes to the operators'.
start_doors() {
	OPERATOR_SOCKET=$TMP/operator.sock
	start_asking --operator-socket "$OPERATOR_SOCKET" "$@"
	until_listening "$OPERATOR_SOCKET"
}

@test "a question that a person refused is denied again, until its token's time is over" {
	start_doors
	token=$(pending_token cwd=/tmp)
	must "$OK" operate revoke token_id="$token"
	must "$REFUSED" ask cwd=/tmp
	must "$REFUSED" ask cwd=/tmp budget_state_ref=other
	must "$REFUSED" ask cwd=/tmp hitl_mode=sync_wait
	must "$REFUSED" ask cwd=/tmp purpose="for another reason"
	SOCKET=$OPERATOR_SOCKET must "$REFUSED" ask cwd=/tmp
	must "$REFUSED" ask cwd=/tmp resume:=true
	kill_daemon
	start_doors
	must "$REFUSED" ask cwd=/tmp
	run ask
	assert_decision pending_hitl
	run ask cwd=/
	assert_decision pending_hitl
	move_clock 200
	must "$REFUSED" ask cwd=/tmp
	move_clock 101
	run ask cwd=/tmp
	assert_decision pending_hitl
}

@test "the denial names the operator's reason and the token, and is on record" {
	start_doors --evidence-log "$TMP/evidence.jsonl"
	token=$(pending_token)
	must "$OK" operate revoke token_id="$token" reason='not today'
	run ask
	assert_decision deny "a person refused this question: not today"
	assert_equal "$(tail -n 1 "$TMP/evidence.jsonl" | grep -c "\"token_id\":\"$token\"")" 1
}

@test "a refusal holds for its user alone" {
	need_root

	start_doors --agent-group 4242
	token=$(pending_token)
	must "$OK" operate revoke token_id="$token"
	must "$REFUSED" ask
	AS_UID=4242 run ask
	assert_decision pending_hitl
}

@test "a refusal does not hold against a rule that allows by now" {
	mkdir "$TMP/policy"
	echo '{"exec":[]}' >"$TMP/policy/policy.json"
	start_doors --policy "$TMP/policy/policy.json"
	token=$(pending_token)
	must "$OK" operate revoke token_id="$token"
	must "$REFUSED" ask
	echo '{"exec":[{"id":"git","argv":["git","status"],"action":"allow"}]}' >"$TMP/policy/new"
	mv "$TMP/policy/new" "$TMP/policy/policy.json"
	run ask
	assert_decision allow
}

@test "a question of the second contract that was refused is denied again" {
	local read reply

	start_asking
	read='{"action_type":"read_file","target":"/etc/x","session_id":"s","detail":true}'
	reply=$(send <<<"$read")
	must "$OK" operate revoke token_id="$("$UNIT" get approval_token <<<"$reply")"
	run send <<<"$read"
	assert_field decision block
	assert_field reason "a person refused this question"
}
