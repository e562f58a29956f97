#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
#
# What people and askers are told about approvals with keys: who has approved, who is still needed,
# what to touch and what to type.
#
# What is set here may be for the library, as what is read may be the library's:
# shellcheck disable=SC2030,SC2031,SC2034,SC2153,SC2154

load hold
load approvers
load terminal

setup() {
	lib_setup
	use_keys
	use_gate
	make_key bob
	make_key carol
	list_signer bob
	list_signer carol
}

teardown() {
	terminal_teardown
	lib_teardown
}

# serve_two: two must approve, one of them an auditor.
serve_two() {
	serve_rule '"quorum":2,"signed":true' '"default_action":"deny"'
}

# serve_groups: one of the platform's people, and one auditor, must approve.
serve_groups() {
	cat >"$POLICY" <<-'EOT'
		{"approver_groups":{"platform":["alice","bob"],"audit":["carol"]},
		 "exec":[{"id":"a","argv":["git","**"],"action":"pending_hitl","approvers":"platform","signed":true},
			 {"id":"b","argv":["git","push"],"action":"pending_hitl","approvers":"audit"}]}
	EOT
	serve_approvers --policy "$POLICY"
}

PUSH=(executable=/usr/bin/git args:='["push"]')

@test "the daemon tells how far an approval has come" {
	local token

	serve_groups
	token=$(pending_token "${PUSH[@]}")
	run operate show token_id="$token"
	assert_line -p '"progress":{"approved":0,"missing":1,"groups":["platform","audit"]}'
	approve_as alice "$token"
	run operate list
	assert_line -p '"progress":{"approved":1,"missing":1,"groups":["audit"]}'
	approve_as carol "$token"
	run operate show token_id="$token"
	refute_output -p progress
}

@test "an approval that does not count any more is not told as one" {
	local token

	serve_two
	token=$(pending_token)
	approve_as alice "$token"
	run operate list
	assert_line -p '"progress":{"approved":1,"missing":1}'
	rm "$SIGNERS"
	list_signer bob
	run operate list
	assert_line -p '"progress":{"approved":0,"missing":2}'
}

@test "a list shows who has approved, and from which group one is needed" {
	local token

	serve_groups
	token=$(pending_token "${PUSH[@]}")
	run firma token list
	assert_line -n 0 -p 'APPROVED BY'
	assert_line -n 1 -p '0 of 1; needs platform and audit'
	approve_as alice "$token"
	run firma token list
	assert_line -n 1 -p '1 of 2: alice; needs audit'
	approve_as carol "$token"
	run firma token list
	refute_output -p 'needs'
}

@test "a list without such requests is as before" {
	serve_approvers
	pending_token
	run firma token list
	refute_output -p 'APPROVED BY'
}

@test "a card shows who is still needed" {
	local token

	serve_groups
	token=$(pending_token "${PUSH[@]}")
	approve_as alice "$token"
	run firma token show "$token"
	assert_line -e '^signed by +alice: 1 of 2$'
	assert_line -e '^missing +1 approver, of group audit$'
	approve_as carol "$token"
	run firma token show "$token"
	refute_output -p missing
}

@test "who watches sees each of several approvals" {
	local token

	serve_two
	token=$(pending_token)
	_background watcher "$FIRMA" token watch
	approve_as alice "$token"
	approve_as bob "$token"
	grows_to 3 "$TMP/watcher.out"
	run cat "$TMP/watcher.out"
	assert_line -n 0 -e " issued +$token"
	assert_line -n 1 -e " signed +$token uid .* by uid .* 1 of 2: alice: "
	assert_line -n 2 -e " approved +$token"
}

# grows_to N FILE
grows_to() {
	_until "$DAEMON" has_lines "$@" || fail "$2 has $(wc -l <"$2") lines"
}

has_lines() {
	(($(wc -l <"$2") >= $1))
}

@test "at the desk, the card is shown again with the first of two approvals" {
	local token

	serve_two
	token=$(pending_token)
	terminal 100x40 "$FIRMA" token watch --key "$KEYS/bob"
	seen '[a]pprove'
	approve_as alice "$token"
	seen 'alice: 1 of 2'
	seen '1 approver'
	seen '[a]pprove'
	keys a
	seen approved
	keys q
	ended
	run ask approval_token="$token"
	assert_decision allow
}

@test "at the desk, one's own of two approvals is said to be the first" {
	serve_two
	pending_token
	terminal 100x40 "$FIRMA" token watch --key "$KEYS/alice"
	seen '[a]pprove'
	keys a
	seen 'alice has approved: 1 of 2, 1 more needed'
	keys q
	ended
}

@test "an asker that waits hears of the first of two approvals, and can wait on" {
	local token before

	serve_two
	before=$(status_of waiting)
	hold asker < <(request wait_ms:=60000)
	until_has waiting $((before + 1))
	token=$(listed token_id)
	approve_as alice "$token"
	finish asker
	assert_decision pending_hitl 'awaiting human approval: 1 of 2 approved'
	hold again < <(request approval_token="$token" wait_ms:=60000)
	until_has waiting $((before + 1))
	approve_as bob "$token"
	finish again
	assert_decision allow
}

@test "check --wait says that one of two has approved, and waits on" {
	local token

	serve_two
	_background asker "$FIRMA" check --wait -- true
	token=$(head -n 1 "$TMP/asker.out")
	until_has waiting 1
	approve_as alice "$token"
	_until "$DAEMON" grep -q '1 of 2 approved' "$TMP/asker.err" || fail "it says nothing"
	until_has waiting 1
	approve_as bob "$token"
	finish asker
	assert_status 0
	assert_line -e '^firma: awaiting human approval: 1 of 2 approved$'
}
