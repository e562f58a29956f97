#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
#
# Malformed requests of the second contract: none is allowed, and each is told so. The policy allows
# everything, so that what is taken is allowed.

# shellcheck disable=SC2030,SC2031 # each test is a process, and so are its variables
# shellcheck disable=SC2129 # lines are added one by one
# shellcheck disable=SC2154 # some variables are those of lib.bash and of bats

load policy

READ='{"action_type":"read_file","target":"x"'
RECORD='{"release_governance":{"metadata_kind":"rollout-evidence-capture"'

setup() {
	policy_setup
	write_policy '{"default_action":"allow","defaults":{"read":"allow","write":"allow",
		"fetch":"allow","git":"allow","mcp":"allow"}}'
	start_daemon --policy "$POLICY" --release-approvals=claimed
	: >"$TMP/bad"
	: >"$TMP/good"
}

# check_lines: each line of $TMP/bad is refused as malformed, and each of $TMP/good is allowed.
check_lines() {
	send_lines <"$TMP/bad" >"$TMP/replies"
	assert_equal "$(wc -l <"$TMP/replies")" "$(wc -l <"$TMP/bad")"
	run paste -d ' ' "$TMP/replies" "$TMP/bad"
	output=$(grep -v '"rule_id":"request.malformed","decision":"block","severity":"critical"' <<<"$output" || true)
	assert_output ''
	send_lines <"$TMP/good" >"$TMP/replies"
	assert_equal "$(wc -l <"$TMP/replies")" "$(wc -l <"$TMP/good")"
	run paste -d ' ' "$TMP/replies" "$TMP/good"
	output=$(grep -v '"decision":"allow"' <<<"$output" || true)
	assert_output ''
}

@test "a member of a wrong type is malformed, and null is absent" {
	local key value

	for key in session_id agent_id actor action_type target requested_operation policy_pack \
		operation server tool capability cwd real_target content content_sha256 old_text \
		new_text approval_token; do
		for value in 5 -1 1.5 true false '[]' '["x"]' '{}' '{"x":1}'; do
			echo "{\"release_governance\":{},\"$key\":$value}"
			[[ $key == action_type || $key == target ]] || echo "$READ,\"$key\":$value}"
		done >>"$TMP/bad"
		[[ $key == action_type || $key == target ]] || echo "$READ,\"$key\":null}" >>"$TMP/good"
	done
	for key in release_governance record runner_auth programs; do
		for value in 5 true '[]' '"x"' '""'; do
			echo "$READ,\"$key\":$value}"
		done >>"$TMP/bad"
		echo "$READ,\"$key\":null}" >>"$TMP/good"
	done
	for value in 5 '"true"' '[]' '{}'; do
		echo "$READ,\"detail\":$value}"
	done >>"$TMP/bad"
	for value in '"5"' 1.5 -1 true '[]' '{}' 99999999999999999999; do
		echo "$READ,\"wait_ms\":$value}"
	done >>"$TMP/bad"
	check_lines
}

@test "so is a member of a release's record" {
	local key value

	for key in release_channel release_version approval_state approval_id alert_level drift_status \
		handoff_status connector_delivery_source verification_status integrity_status \
		audit_export_status; do
		for value in 5 true '[]' '{}'; do
			echo "$RECORD,\"$key\":$value}}"
		done >>"$TMP/bad"
		echo "$RECORD,\"$key\":null}}" >>"$TMP/good"
		echo "$RECORD,\"$key\":\"\"}}" >>"$TMP/good"
	done
	for key in approval_required_count failed_delivery_count connector_delivery_failure_count \
		blocked_count critical_count breached_count drifted_endpoint_count \
		missing_target_count failed_verification_count integrity_failure_count \
		rollback_reference_count; do
		for value in '"1"' -1 1.5 true '[]' '{}' 99999999999999999999999; do
			echo "$RECORD,\"$key\":$value}}"
		done >>"$TMP/bad"
		echo "$RECORD,\"$key\":0}}" >>"$TMP/good"
		echo "$RECORD,\"$key\":null}}" >>"$TMP/good"
	done
	for key in failed_providers evidence_refs; do
		for value in '"x"' 1 true '{}' '[1]' '[null]' '[["x"]]' '["x",{}]'; do
			echo "$RECORD,\"$key\":$value}}"
		done >>"$TMP/bad"
		echo "$RECORD,\"$key\":[]}}" >>"$TMP/good"
	done
	for value in 1 '"true"' '[]' '{}'; do
		echo "$RECORD,\"delivery_success\":$value}}"
	done >>"$TMP/bad"
	check_lines
}

@test "what is not JSON is never taken, wherever the fault is" {
	local rest

	while IFS= read -r rest; do
		printf '%s%s\n' "$READ" "$rest"
	done >>"$TMP/bad" <<'LINES'

,
,}
,"a"}
,"a":}
,"a":1,}
,"a":1,,"b":2}
,"a" 1}
,a:1}
,'a':1}
,"a":'b'}
,"a":01}
,"a":+1}
,"a":.5}
,"a":1.}
,"a":1e}
,"a":1e+}
,"a":0x1}
,"a":NaN}
,"a":Infinity}
,"a":-}
,"a":tru}
,"a":True}
,"a":nul}
,"a":[1,]}
,"a":[,1]}
,"a":[1 2]}
,"a":[}
,"a":{]}
,"a":[[]}
,"a":{"b":1,}}
,"a":{"b"}}
,"a":"\x"}
,"a":"\u12"}
,"a":"\u12g4"}
,"a":"\ud800"}
,"a":"\udc00"}
,"a":"\ud800\ud800"}
,"a":"\u0000"}
,"a":"b}
,"a":"	"}
}}
}{}
} x
},
,"target":"y"}
,"action_type":"read_file"}
,"\u0074arget":"x"}
LINES
	printf '%s,"a":"\xff"}\n%s,"a":"\xc0\x80"}\n%s,"\xed\xa0\x80":1}\n' "$READ" "$READ" "$READ" >>"$TMP/bad"
	printf '%s}\n%s } \n%s,"a":[{"b":[1.5e3,null,"\\ud83d\\ude00"]}]}\n' "$READ" "$READ" "$READ" >>"$TMP/good"
	check_lines
}

@test "the two contracts don't mix" {
	local key

	echo '{"action":"local.exec","action_type":"read_file","target":"x"}' >>"$TMP/bad"
	echo '{"action_type":"read_file","target":"x","action":"local.exec"}' >>"$TMP/bad"
	echo '{"action":"status","action_type":"read_file"}' >>"$TMP/bad"
	echo '{"action":"local.exec","executable":"/usr/bin/true","release_governance":{}}' >>"$TMP/bad"
	echo "$READ,\"release_governance\":{\"approval_state\":\"x\"}}" >>"$TMP/bad"
	echo '{"release_governance":{},"record":{}}' >>"$TMP/bad"
	# Keys of the first contract say nothing here.
	for key in executable args token_id request_fingerprint hitl_mode; do
		echo "$READ,\"$key\":\"x\"}"
	done >>"$TMP/good"
	check_lines
}

@test "too much of anything is refused, and not taken in part" {
	local long key

	long=$(printf '%05000d' 0)
	for key in session_id agent_id actor policy_pack server tool \
		capability cwd real_target approval_token; do
		echo "$READ,\"$key\":\"/$long\"}"
	done >>"$TMP/bad"
	echo "{\"action_type\":\"read_file\",\"target\":\"$long\"}" >>"$TMP/bad"
	echo "$READ,\"a\":$(printf '%05000d' 0 | tr 0 '[')" >>"$TMP/bad"
	echo "$READ,\"content\":\"$long$long$long\"}" >>"$TMP/good"
	check_lines
	# More than a request may be; the reply can't say of which contract it was.
	run send <<<"$READ,\"content\":\"$(printf '%070000d' 0)\"}"
	refute_output -e '"decision":"allow"'
	assert_output -e '"decision":"deny","reason":"limit reached: '
}
