#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
#
# The fields of each action: which must be there, of which type, within which range, and what a
# request hears that has them otherwise.

load wire

PATH_WANTED="must be an absolute path without '.', '..', '//' and final '/'"
WAIT_WANTED='must be a whole number from 0 to 600000'
STATE_WANTED="must be 'pending', 'approved', 'consumed', 'revoked' or 'expired'"

# No token has this ID.
ID=11111111-1111-4111-8111-111111111111

NO_STRINGS=(0 1.5 true false '[]' '["/usr/bin/git"]' '{}' '{"a":"b"}')

# operator ACTION [MEMBER...]: a line.
operator() {
	"$UNIT" object action="local.exec.$1" "${@:2}"
}

@test "a required field that is missing is named" {
	local key

	start_daemon --default-action allow
	for key in action executable sandbox_id session_id profile hitl_mode; do
		malformed "$key is missing" "$(request "$key-")"
	done
	malformed 'action is missing' '{}' "$(request action- Action=local.exec)"
	malformed 'executable is missing' '{"action":"local.exec"}' \
		"$(request executable- EXECUTABLE=/usr/bin/git)"
	malformed 'session_id is missing' "$(request session_id- Session_id=sess)"
	check_cases
}

@test "a required string of another type is named, null as well" {
	local key value

	start_daemon --default-action allow
	for key in action executable sandbox_id session_id profile; do
		for value in null "${NO_STRINGS[@]}"; do
			malformed "$key must be a string" "$(request "$key:=$value")"
		done
	done
	check_cases
}

@test "a required string that is blank is named" {
	local key blank

	start_daemon --default-action allow
	for key in action executable sandbox_id session_id profile; do
		for blank in '""' '" "' '"\t"' '"\n"' '"\r"' '" \t\r\n\u000b\f "'; do
			malformed "$key is blank" "$(request "$key:=$blank")"
		done
	done
	check_cases
}

@test "an optional string of another type is named" {
	local key value

	start_daemon --default-action allow
	for key in agent_id budget_state_ref request_fingerprint approval_token cwd real_path \
		executable_sha256; do
		for value in "${NO_STRINGS[@]}"; do
			malformed "$key must be a string" "$OPEN,\"$key\":$value}"
		done
	done
	check_cases
}

@test "null for an optional field is as if it weren't there" {
	local key

	start_daemon --default-action allow
	for key in agent_id budget_state_ref request_fingerprint approval_token cwd real_path \
		executable_sha256 wait_ms detail resume; do
		allowed "$OPEN,\"$key\":null}"
	done
	check_cases
}

@test "keys on which a client relies must be known, and the reply repeats them" {
	local keys

	start_daemon --default-action allow
	keys='["cwd","purpose", "\u0061gent_id"]'
	expect "${ALLOWED%\}},\"must\":$keys}" "$OPEN,\"must\":$keys}"
	expect "${ALLOWED%\}},\"must\":[]}" "$OPEN,\"must\":[]}"
	allowed "$OPEN,\"must\":null}"
	malformed "must names 'x\\\\u{A}', which is not known here" "$OPEN,\"must\":[\"cwd\",\"x\\n\"]}"
	malformed "must names 'signature', which is not known here" "$OPEN,\"must\":[\"signature\"]}"
	malformed "must names 'Cwd', which is not known here" "$OPEN,\"must\":[\"Cwd\"]}"
	malformed "must names '', which is not known here" "$OPEN,\"must\":[\"\"]}"
	for keys in 5 '"cwd"' '{}' '["cwd",5]' '[["cwd"]]' true; do
		malformed 'must must be an array of strings' "$OPEN,\"must\":$keys}"
	done
	malformed 'must has more than 64 elements' \
		"$OPEN,\"must\":[\"cwd\"$(printf ',"cwd"%.0s' {1..64})]}"
	unsupported "malformed request: must names 'cwd', which is not known here" \
		'{"action":"local.exec.status","must":["cwd"]}'
	expect '{"outcome":"not_found","reason":"approval token not found","must":["signature","state"]}' \
		'{"action":"local.exec.revoke","token_id":"x","must":["signature","state"]}'
	check_cases
}

@test "a reply of the second contract, a list, and one that was held back repeat such keys" {
	local token

	start_daemon --default-action pending_hitl
	run send <<<'{"action_type":"file.read","target":"/x","must":["cwd","capability"]}'
	assert_output -e ',"must":\["cwd","capability"\]\}$'
	run send <<<'{"action_type":"file.read","target":"/x","must":["executable"]}'
	assert_output -p "malformed request: must names 'executable', which is not known here"
	token=$(pending_token)
	run operate list must:='["state"]'
	assert_line -n 1 '{"outcome":"ok","must":["state"]}'
	run ask wait_ms:=1 must:='["wait_ms"]' approval_token="$token"
	assert_output -e '^\{"decision":"pending_hitl",.*,"must":\["wait_ms"\]\}$'
}

@test "arguments that are null are not an empty list: they are malformed" {
	start_daemon --default-action allow
	malformed 'args must be an array of strings' "$(request args:=null)"
	allowed "$(request args-)"
	check_cases
}

@test "a token of a request with null for all that is optional holds none of it" {
	local without with key

	start_daemon --default-action pending_hitl
	without=$(pending_token args-)
	with=$(pending_token args- agent_id:=null budget_state_ref:=null \
		request_fingerprint:=null approval_token:=null cwd:=null real_path:=null \
		executable_sha256:=null wait_ms:=null detail:=null)
	[[ $with != "$without" ]]

	run operate show token_id="$with"
	assert_line -n 1 '{"outcome":"ok"}'
	assert_line -n 0 -p '"args":[]'
	for key in agent_id cwd real_path executable_sha256; do
		refute_line -n 0 -p "\"$key\""
	done
	assert_equal "$("$UNIT" get fingerprint <<<"${lines[0]}")" \
		"$(operate show token_id="$without" | head -n 1 | "$UNIT" get fingerprint)"
}

@test "an agent that is empty is none" {
	local fingerprint

	start_daemon --default-action pending_hitl
	run operate show token_id="$(pending_token agent_id=)"
	refute_line -n 0 -p '"agent_id"'
	fingerprint=$("$UNIT" get fingerprint <<<"${lines[0]}")
	run operate show token_id="$(pending_token)"
	assert_equal "$("$UNIT" get fingerprint <<<"${lines[0]}")" "$fingerprint"
}

@test "a path is absolute and has nothing that could be left out" {
	local key value

	start_daemon --default-action allow
	for key in executable real_path cwd; do
		for value in /a /usr/bin/git /... /.a /a. /..a /a.. '/a b' '/a/ ' '/ä\n' '/*' /~; do
			allowed "$(request "$key=$value")"
		done
		for value in git ./git ../git usr/bin/git \~/git //usr/bin/git /usr//bin/git /usr/bin/git/ \
			/usr/bin/git// /./git /usr/./git /usr/bin/. /. /../git /usr/../git /usr/bin/.. \
			/.. // ' /usr/bin/git' $'\n/usr/bin/git' 'C:\git' file:///usr/bin/git; do
			malformed "$key $PATH_WANTED" "$(request "$key=$value")"
		done
	done
	malformed "real_path $PATH_WANTED" "$(request real_path=)" "$(request real_path=/)"
	malformed "cwd $PATH_WANTED" "$(request cwd=)" "$(request cwd=' ')"
	malformed "executable $PATH_WANTED" "$(request executable=/)"
	# A directory can be the root.
	allowed "$(request cwd=/)"
	check_cases
}

@test "arguments are an array of strings" {
	local value

	start_daemon --default-action allow
	for value in '[]' '[""]' '["",""]' '["a","b c","\n","-","--","ä😀","{}"]'; do
		allowed "$(request "args:=$value")"
	done
	allowed "$(request args-)"
	for value in '""' '"status"' 0 1 true false '{}' '{"0":"status"}' '[1]' '[null]' '[true]' '[[]]' \
		'[["status"]]' '[{}]' '["a",1]' '["a","b",null]' '["a",["b"],"c"]' '[1,"a"]'; do
		malformed 'args must be an array of strings' "$(request "args:=$value")"
	done
	check_cases
}

@test "hitl_mode is one of two" {
	local value

	start_daemon --default-action allow
	for value in sync_wait async_token; do
		allowed "$(request hitl_mode=$value)"
	done
	for value in null "${NO_STRINGS[@]}" '["async_token"]' '""' '" "' '"sync"' '"Sync_wait"' \
		'"async_token "' '" async_token"' '"async_token\n"' '"sync_wait,async_token"'; do
		malformed "hitl_mode must be 'sync_wait' or 'async_token'" \
			"$(request "hitl_mode:=$value")"
	done
	check_cases
}

@test "wait_ms is a whole number within its range" {
	local value

	start_daemon --default-action allow
	for value in 0 -0 1 500 599999 600000; do
		allowed "$OPEN,\"wait_ms\":$value}"
	done
	for value in 600001 -1 -600000 4294967295 4294967296 4294967297 9007199254740993 \
		9223372036854775808 18446744073709551616 18446744073709551617 "$(text 63 9)" \
		1.0 0.0 -0.0 0.5 1.5 500.0 600000.0 599999.9 1e2 1E2 1e+2 1e0 0e0 6e5 1e-2 100e-2 1e400 1e-400 \
		'"5"' '"0"' '""' true false '[]' '[5]' '{}' '{"ms":5}'; do
		malformed "wait_ms $WAIT_WANTED" "$OPEN,\"wait_ms\":$value}" \
			"{\"wait_ms\":$value,${OPEN#?}}"
	done
	check_cases
}

@test "a whole number is told from others wherever it stands among other numbers" {
	start_daemon --default-action allow

	allowed "{\"a\":1.5,\"b\":[1e2,2.5],${OPEN#?},\"c\":{\"d\":1.0},\"wait_ms\":5,\"e\":1e2}"
	malformed "wait_ms $WAIT_WANTED" \
		"{\"a\":1,\"b\":[1,2],${OPEN#?},\"c\":{\"d\":1},\"wait_ms\":5.0,\"e\":1}"
	check_cases
}

@test "resume is true" {
	start_daemon --default-action allow
	allowed "$OPEN,\"resume\":true}"
	for value in false 1 '"true"' '[]'; do
		malformed 'resume must be true' "$OPEN,\"resume\":$value}"
	done
	check_cases
}

@test "detail is true or false" {
	local value

	start_daemon --default-action allow
	allowed "$OPEN,\"detail\":false}"
	for value in 0 1 '"true"' '""' '[]' '[true]' '{}'; do
		malformed 'detail must be true or false' "$OPEN,\"detail\":$value}"
	done
	check_cases
}

@test "executable_sha256 is 64 hexadecimal digits in lower case" {
	local hash value

	start_daemon --default-action allow
	hash=$(text 4 0123456789abcdef)
	allowed "$OPEN,\"executable_sha256\":\"$hash\"}"
	for value in '' ' ' "${hash%?}" "${hash}0" "${hash^^}" "${hash/f/g}" " ${hash%?}" "${hash%?} " \
		"sha256:$hash" "0x${hash%??}"; do
		malformed 'executable_sha256 must be 64 hexadecimal digits in lower case' \
			"$OPEN,\"executable_sha256\":\"$value\"}"
	done
	check_cases
}

@test "an approval token or a fingerprint that isn't one is denied" {
	local value

	start_daemon --default-action allow
	for value in '' ' ' x "$ID" "${ID^^}" "$ID " "{$ID}" "${ID//-/}" 'ä' "$(text 1024)"; do
		denied 'approval token not found' "$OPEN,\"approval_token\":\"$value\"}"
	done
	for value in '' ' ' x "$(text 64 0)" "$(text 1024)"; do
		denied "request_fingerprint is not the request's" \
			"$OPEN,\"request_fingerprint\":\"$value\"}"
	done
	check_cases
}

@test "an action that isn't known is denied, and named so that it can't do harm" {
	local action

	start_daemon --default-action allow
	for action in x local local.exec. local.exe local.execute LOCAL.EXEC Local.Exec ' local.exec' \
		'local.exec ' local.exec.Approve local.exec.approve. local_exec '*' "'" "a'b"; do
		denied "unknown action '$action'" "$(request action="$action")"
	done
	denied "unknown action '\\\"},{\\\"decision\\\":\\\"allow\\\"'" \
		"$(request 'action:="\"},{\"decision\":\"allow\""')"
	denied "unknown action 'a\\\\b'" "$(request 'action:="a\\b"')"
	denied "unknown action 'local.exec\\\\u{A}'" "$(request 'action:="local.exec\n"')"
	denied "unknown action 'a\\\\u{1B}[31m\\\\u{7}'" "$(request 'action:="a\u001b[31m\u0007"')"
	denied "unknown action '\\\\u{202E}cexe\\\\u{200B}\\\\u{2066}'" \
		"$(request 'action:="\u202ecexe\u200b\u2066"')" \
		"$(request action=$'\u202ecexe\u200b\u2066')"
	denied "unknown action '\\\\u{7F}\\\\u{85}\\\\u{A0}\\\\u{2028}\\\\u{FEFF}\\\\u{E0041}\\\\u{E000}'" \
		"$(request 'action:="\u007f\u0085\u00a0\u2028\ufeff\udb40\udc41\ue000"')"
	denied "unknown action 'ä😀'" "$(request 'action:="ä\ud83d\ude00"')"
	denied "unknown action '$(text 341 '\\u{202E}')'" \
		"$(request "action:=\"$(text 341 '\u202e')\"")"
	check_cases
}

@test "approve, revoke and show want a token's ID" {
	local action value

	start_daemon --default-action allow
	for action in approve revoke show; do
		unsupported 'malformed request: token_id is missing' "$(operator "$action")" \
			"$(operator "$action" Token_id="$ID")"
		for value in "${NO_STRINGS[@]}"; do
			unsupported 'malformed request: token_id must be a string' \
				"$(operator "$action" "token_id:=$value")"
		done
		# revoke may name others in its place.
		if [[ $action == revoke ]]; then
			unsupported 'malformed request: token_id is missing' \
				"$(operator "$action" token_id:=null)"
		else
			unsupported 'malformed request: token_id must be a string' \
				"$(operator "$action" token_id:=null)"
		fi
		for value in '' ' ' $'\t'; do
			unsupported 'malformed request: token_id is blank' \
				"$(operator "$action" "token_id=$value")"
		done
		for value in x "$ID" "$ID " "{$ID}" "${ID:0:8}" 'ä' '*'; do
			expect '{"outcome":"not_found","reason":"approval token not found"}' \
				"$(operator "$action" "token_id=$value")"
		done
	done
	check_cases
}

@test "what approve and revoke take besides is a string, or null" {
	local key value

	start_daemon --default-action allow
	for value in "${NO_STRINGS[@]}"; do
		unsupported 'malformed request: fingerprint must be a string' \
			"$(operator approve token_id="$ID" "fingerprint:=$value")" \
			"$(operator revoke token_id="$ID" "fingerprint:=$value")"
		unsupported 'malformed request: reason must be a string' \
			"$(operator revoke token_id="$ID" "reason:=$value")"
	done
	expect '{"outcome":"not_found","reason":"approval token not found"}' \
		"$(operator approve token_id="$ID" fingerprint:=null)" \
		"$(operator revoke token_id="$ID" fingerprint:=null reason:=null)" \
		"$(operator approve token_id="$ID" reason:=5 executable:=5)"
	check_cases
}

@test "a fingerprint must be the token's, and null is none" {
	local token fingerprint i

	start_daemon --default-action pending_hitl
	token=$(pending_token)
	fingerprint=$(operate show token_id="$token" | head -n 1 | "$UNIT" get fingerprint)

	run send_lines < <(
		operator approve token_id="$token" fingerprint=
		operator approve token_id="$token" fingerprint="${fingerprint^^}"
		operator revoke token_id="$token" fingerprint="$(text 1024)"
		operator approve token_id="$token" fingerprint="$fingerprint"
		operator approve token_id="$token" fingerprint:=null
		operator revoke token_id="$token" fingerprint="$fingerprint" reason:=null
	)
	for i in 0 1 2; do
		assert_line -n $i \
			"{\"outcome\":\"unsupported_action\",\"reason\":\"fingerprint is not the token's\"}"
	done
	for i in 3 4 5; do
		assert_line -n $i '{"outcome":"ok"}'
	done
}

@test "a list is of one state, or of all" {
	local value

	start_daemon --default-action allow
	expect '{"outcome":"ok"}' "$(operator list)" "$(operator list state:=null)" \
		"$(operator list state=pending)" "$(operator list state=approved)" \
		"$(operator list state=consumed)" "$(operator list state=revoked)" \
		"$(operator list state=expired)" "$(operator list State:=5 token_id:=5)"
	for value in "${NO_STRINGS[@]}" '""' '" "' '"Pending"' '"pending "' '"absent"' '"all"' \
		'["pending"]'; do
		unsupported "malformed request: state $STATE_WANTED" "$(operator list "state:=$value")"
	done
	check_cases
}

@test "a status wants nothing" {
	start_daemon --default-action allow
	run operate status token_id:=5 state:=5 x=y
	assert_line -n 0 -p '"state":"answering"'
	assert_line -n 1 '{"outcome":"ok"}'
}

@test "an operator's action at the agent door is told where it belongs" {
	local action

	OPERATOR_SOCKET=$TMP/operator.sock
	start_daemon --operator-socket "$OPERATOR_SOCKET" --default-action allow
	for action in approve revoke show list status; do
		unsupported \
			"operators' actions are taken at the operator door, this is the agent door" \
			"$(operator "$action" token_id="$ID")"
	done
	unsupported 'malformed request: token_id is missing' "$(operator approve)"
	check_cases

	# And the operator door takes both.
	run operate list
	assert_output '{"outcome":"ok"}'
	SOCKET=$OPERATOR_SOCKET run ask
	assert_output "$ALLOWED"
}

@test "an operator's action on one's own request is told to need another user" {
	local token

	OPERATOR_SOCKET=$TMP/operator.sock
	start_daemon --operator-socket "$OPERATOR_SOCKET" --default-action pending_hitl
	token=$(pending_token)
	run operate approve token_id="$token"
	assert_output '{"outcome":"unsupported_action","reason":"approving needs another user than the one who asked"}'
	run operate show token_id="$token"
	assert_line -n 0 -p '"state":"pending"'
}

@test "of several faults the first is told, and the action's come first" {
	start_daemon --default-action allow

	malformed 'executable is missing' "$(request executable- args:=5 session_id- detail:=5)"
	denied "unknown action 'x'" "$(request action=x executable- args:=5)"
	faulty 'a key is given twice' "{\"action\":5,\"executable\":5,^\"action\":5}"
	check_cases
}

@test "programs and the environment that are none are named" {
	local value

	start_daemon --default-action allow
	for value in 0 true '"x"' '[]' '["/bin/a"]'; do
		malformed 'programs must be an object' "$(request "programs:=$value")"
	done
	for value in '"/bin/a"' '[]' '["/bin/a"]' '["/bin/a","/bin/a","/bin/a"]' '["/bin/a",1]' \
		'["a","/bin/a"]' '["/bin/a","/bin/../a"]' '{}' 'null'; do
		malformed 'programs must hold two absolute and normal paths for each name' \
			"$(request "programs:={\"a\":$value}")"
	done
	malformed 'programs must hold two absolute and normal paths for each name' \
		"$(request 'programs:={"":["/bin/a","/bin/a"]}')"
	malformed 'programs has more than 32 elements' \
		"$(request "programs:={$(printf '"%d":["/a","/a"],' {1..32})\"x\":[\"/a\",\"/a\"]}")"
	for value in 0 true '"ENV"' '{}'; do
		malformed 'environment must be an array of strings' "$(request "environment:=$value")"
	done
	for value in 1 '""' '[]' null "\"$(printf '%01025d' 0)\""; do
		malformed 'environment must hold names of variables' "$(request "environment:=[$value]")"
	done
	malformed 'environment has more than 64 elements' \
		"$(request "environment:=[$(printf '"%d",' {1..64})\"x\"]")"
	check_cases
	allowed "$(request 'programs:={}' 'environment:=[]')" \
		"$(request "programs:={$(printf '"%d":["/a","/a"],' {1..31})\"x\":[\"/a\",\"/a\"]}")" \
		"$(request "environment:=[$(printf '"%d",' {1..63})\"x\"]")" \
		"$(request programs:=null environment:=null)"
	check_cases
}
