#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
#
# What askers do with their own requests at the door at which they ask: list them, and withdraw them.

# shellcheck disable=SC2030,SC2031 # each test is a process, and so are its variables
# shellcheck disable=SC2034,SC2153,SC2154 # some variables are those of the libraries and of bats

load hold

WITHDRAWN='{"decision":"deny","reason":"approval token expired: withdrawn by the asker"}'

# Two doors; what `operate` says goes to the operators', and `say` to the askers'.
start_doors() {
	OPERATOR_SOCKET=$TMP/operator.sock
	start_asking --operator-socket "$OPERATOR_SOCKET" "$@"
	until_listening "$OPERATOR_SOCKET"
}

say() {
	operation "$@" | send
}

# own [KEY=...]: the IDs of the asker's own tokens.
own() {
	say list own:=true "$@" | sed '$d' | "$UNIT" get token_id
}

@test "askers list their own tokens at their door, and nothing of others" {
	need_root
	local mine theirs

	start_doors --agent-group 4242
	mine=$(pending_token)
	theirs=$(AS_UID=4242 pending_token)
	assert_equal "$(own)" "$mine"
	assert_equal "$(AS_UID=4242 own)" "$theirs"
	assert_equal "$(own state=approved)" ""
	run say list
	assert_output -p "operators' actions are taken at the operator door"
	assert_equal "$(AS_UID=4242 firma token list --own --socket "$SOCKET" --json | "$UNIT" get token_id)" \
		"$theirs"
}

@test "who has approved it is not told to the asker" {
	local token

	start_doors --allow-self-approval
	token=$(pending_token)
	must "$OK" operate approve token_id="$token"
	run say list own:=true
	assert_line -n 0 -p '"state":"approved"'
	refute_output -p approved_by
	assert_output -p "$token"
}

@test "a token that its asker withdraws is over, and says so" {
	local token

	start_doors --allow-self-approval --evidence-log "$TMP/evidence.jsonl"
	token=$(pending_token)
	must "$OK" say withdraw token_id="$token"
	must "$WITHDRAWN" ask approval_token="$token"
	must '{"outcome":"expired","reason":"approval token expired"}' operate approve token_id="$token"
	must '{"outcome":"expired","reason":"approval token expired"}' say withdraw token_id="$token"
	assert_equal "$(own state=expired)" "$token"
	grep -q "local.exec.withdraw.*$token" "$TMP/evidence.jsonl"
	kill_daemon
	start_doors --allow-self-approval --evidence-log "$TMP/evidence.jsonl"
	must "$WITHDRAWN" ask approval_token="$token"
	# What is asked anew is a new question.
	run ask
	assert_decision pending_hitl
}

@test "an approved token can be withdrawn, a consumed or refused one can't" {
	local token

	start_doors --allow-self-approval
	token=$(pending_token)
	must "$OK" operate approve token_id="$token"
	must "$OK" say withdraw token_id="$token"
	must "$WITHDRAWN" ask approval_token="$token"
	token=$(pending_token)
	must "$OK" operate approve token_id="$token"
	must "$ALLOWED" ask approval_token="$token"
	must '{"outcome":"already_consumed","reason":"approval token already consumed"}' \
		say withdraw token_id="$token"
	token=$(pending_token)
	must "$OK" operate revoke token_id="$token"
	must '{"outcome":"already_revoked","reason":"refused by an operator"}' \
		say withdraw token_id="$token"
}

@test "another user's token is withdrawn by nobody, and told as if it weren't there" {
	need_root
	local token none='{"outcome":"not_found","reason":"approval token not found"}'

	start_doors --agent-group 4242
	token=$(pending_token)
	AS_UID=4242 must "$none" say withdraw token_id="$token"
	AS_UID=4242 must "$none" say withdraw token_id=11111111-1111-4111-8111-111111111111
	assert_state "$token" pending
	run say withdraw
	assert_output -p "token_id is missing"
}

@test "who waits hears that it was withdrawn, and the place in the quota is free" {
	start_doors --max-pending 1
	hold asker < <(request wait_ms:=60000)
	until_has waiting 1
	must "$OK" say withdraw token_id="$(own)"
	finish asker
	assert_output "$WITHDRAWN"
	run ask cwd=/
	assert_decision pending_hitl
}

@test "firma token withdraw takes whole IDs and beginnings of one's own" {
	local first second

	start_doors
	first=$(pending_token)
	second=$(pending_token cwd=/)
	run firma token withdraw --socket "$SOCKET" "${first:0:8}" "$second"
	assert_status 0
	refute_output
	assert_equal "$(own state=expired)" "$first"$'\n'"$second"
	run firma token withdraw --socket "$SOCKET" 00000000 "$first"
	assert_status 1
	assert_line -p "no token begins with '00000000'"
	assert_line -p "$first: approval token expired"
	run firma token withdraw --socket "$SOCKET"
	assert_status 2
}

@test "what was withdrawn counts against the share of its asker until it is dropped" {
	local i answer

	# A sixteenth of it is the share of one uid.
	start_asking --max-store 1M
	for i in {1..50}; do
		answer=$(ask sandbox_id="$i" args:="[\"$(printf '%015000d' 0)\"]")
		[[ $answer == *pending_hitl* ]] || break
		must "$OK" say withdraw token_id="$("$UNIT" get approval_token <<<"$answer")"
	done
	must '{"decision":"deny","reason":"limit reached: tokens on record may take 64 KiB for one uid"}' \
		echo "$answer"
	assert_equal "$i" 5
	move_clock 301
	run ask
	assert_decision pending_hitl
}
