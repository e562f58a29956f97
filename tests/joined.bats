#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
#
# A question that its user asks again is one pending token, if all of it is the same. When one of the
# askers has consumed it, the question of the others becomes a new one.

# shellcheck disable=SC2030,SC2031 # each test is a process, and so are its variables
# shellcheck disable=SC2034,SC2153,SC2154 # some variables are those of the libraries and of bats

load hold

EXPIRED='{"decision":"deny","reason":"approval token expired"}'

# All that a request can say.
WHOLE=(args:='["a"]' cwd=/tmp real_path=/usr/bin/env agent_id=a budget_state_ref=b
	executable_sha256="$(printf '%064d' 7)" programs:='{"a":["/bin/a","/bin/a"]}'
	environment:='["PATH"]')

# asks [KEY=...]: sets `token` to what it waits for.
asks() {
	run ask "$@"
	assert_decision pending_hitl
	token=$(field approval_token)
}

# waits NAME TOKEN: a retry is held.
waits() {
	local before

	before=$(status_of waiting)
	hold "$1" < <(request wait_ms:=60000 approval_token="$2")
	until_has waiting $((before + 1))
}

# decisions NAME...: what those that waited heard, sorted.
decisions() {
	local name

	for name; do
		finish "$name"
		"$UNIT" get decision <<<"$output"
	done | sort | xargs
}

@test "the same question is one token, on record and in the quota" {
	local first

	start_asking --max-pending 1
	asks "${WHOLE[@]}"
	first=$token
	asks "${WHOLE[@]}"
	assert_equal "$token" "$first"
	assert_field reason "awaiting human approval"
	kill_daemon
	start_asking --max-pending 1
	asks "${WHOLE[@]}"
	assert_equal "$token" "$first"
	assert_equal "$(listed token_id)" "$first"
	run ask "${WHOLE[@]}" cwd=/
	assert_decision deny -p "limit reached"
}

@test "a question of which anything differs, or is absent in one of them, has a token of its own" {
	local first one key n=1

	start_asking
	asks "${WHOLE[@]}"
	first=$token
	for key in cwd executable_sha256 real_path agent_id budget_state_ref programs environment; do
		asks "${WHOLE[@]}" "$key-"
		[[ $token != "$first" ]] || fail "joined without $key"
		one=$token
		asks "${WHOLE[@]}" "$key-"
		assert_equal "$token" "$one"
		((++n))
	done
	for key in cwd=/ executable_sha256="$(printf '%064d' 8)" real_path=/bin/x agent_id=b \
		budget_state_ref=c programs:='{"a":["/bin/a","/bin/b"]}' environment:='["HOME"]' \
		session_id=t sandbox_id=t profile=t args:='["b"]' args:='["a",""]' executable=/bin/x purpose=p; do
		asks "${WHOLE[@]}" "$key"
		[[ $token != "$first" ]] || fail "joined with $key"
		((++n))
	done
	assert_equal "$(listed token_id | wc -l)" "$n"
}

@test "what lacks the directory and the hash joins only what lacks them, too" {
	local bare whole

	start_asking
	asks
	bare=$token
	asks cwd=/tmp executable_sha256="$(printf '%064d' 7)"
	whole=$token
	[[ $bare != "$whole" ]]
	asks
	assert_equal "$token" "$bare"
	asks cwd=/tmp executable_sha256="$(printf '%064d' 7)"
	assert_equal "$token" "$whole"
}

@test "the card says that the question was asked again" {
	start_asking
	asks
	run firma token show "$token"
	assert_output -e "asked by     uid $EUID"
	refute_output -p 'asked again'
	asks
	run firma token show "$token"
	assert_output -p '; and asked again since, by this user'
}

@test "two users never share a token" {
	need_root
	local first

	start_asking --agent-group 4242 --operator-socket "$TMP/operator.sock"
	asks
	first=$token
	AS_UID=4242 asks
	[[ $token != "$first" ]]
}

# used: sets `token` to one that two have asked for, and one of them has consumed.
used() {
	asks
	asks
	must "$OK" operate approve token_id="$token"
	must "$ALLOWED" ask approval_token="$token"
}

@test "a false fingerprint does not become a new question by a token that another one has consumed" {
	start_asking
	used
	run ask approval_token="$token" request_fingerprint="$(printf '%064d' 0)"
	assert_decision deny 'approval token already consumed'
	assert_equal "$(listed token_id)" "$token"
}

@test "who asked while that could not be recorded is no second asker" {
	need_trace
	trace -e trace=fdatasync -e inject=fdatasync:error=EIO:when=2
	start_asking
	WRAPPER=()
	asks
	run ask
	assert_decision deny 'the change could not be recorded: Input/output error'
	move_clock 31
	must "$OK" operate approve token_id="$token"
	must "$ALLOWED" ask approval_token="$token"
	run ask approval_token="$token"
	assert_decision deny 'approval token already consumed'
}

@test "nor does another user's question, which hears of no such token" {
	need_root
	start_asking --agent-group 4242 --operator-socket "$TMP/operator.sock"
	OPERATOR_SOCKET=$TMP/operator.sock
	until_listening "$OPERATOR_SOCKET"
	chmod 666 "$SOCKET"
	AS_UID=4242 asks
	AS_UID=4242 asks
	must "$OK" operate approve token_id="$token"
	AS_UID=4242 must "$ALLOWED" ask approval_token="$token"
	run ask approval_token="$token"
	assert_decision deny 'approval token not found'
}

@test "a question at the other door has a token of its own" {
	local first

	OPERATOR_SOCKET=$TMP/operator.sock
	start_asking --operator-socket "$OPERATOR_SOCKET"
	until_listening "$OPERATOR_SOCKET"
	asks
	first=$token
	SOCKET=$OPERATOR_SOCKET asks
	[[ $token != "$first" ]]
}

@test "only what is pending is joined: not what is approved, nor what is over" {
	local first second

	start_asking
	asks
	first=$token
	must "$OK" operate approve token_id="$first"
	asks
	second=$token
	[[ $second != "$first" ]]
	must "$ALLOWED" ask approval_token="$first"
	move_clock 300
	asks
	[[ $token != "$second" ]]
}

@test "a question that another rule asks about by now has a token of its own" {
	local first

	mkdir "$TMP/policy"
	echo '{"exec":[{"id":"one","argv":["git","**"],"action":"pending_hitl"}]}' \
		>"$TMP/policy/policy.json"
	start_daemon --policy "$TMP/policy/policy.json"
	asks
	first=$token
	echo '{"exec":[{"id":"another","argv":["git","**"],"action":"pending_hitl"}]}' \
		>"$TMP/policy/new"
	mv "$TMP/policy/new" "$TMP/policy/policy.json"
	asks
	[[ $token != "$first" ]]
	assert_equal "$(listed rule)" $'one\nanother'
}

@test "when one of several has consumed it, the question of the others is one new token" {
	local first second

	start_asking
	asks
	first=$token
	asks
	asks
	must "$OK" operate approve token_id="$first"
	must "$ALLOWED" ask approval_token="$first"
	kill_daemon
	start_asking
	asks approval_token="$first"
	second=$token
	[[ $second != "$first" ]]
	asks approval_token="$first"
	assert_equal "$token" "$second"
	assert_equal "$(listed state)" $'consumed\npending'
	must "$OK" operate approve token_id="$second"
	must "$ALLOWED" ask approval_token="$second"
	asks approval_token="$second"
	assert_state "$first" consumed
	assert_state "$second" consumed
}

@test "a consumed token is denied to who was alone with it, and to another question" {
	local alone shared

	start_asking
	asks
	alone=$token
	must "$OK" operate approve token_id="$alone"
	must "$ALLOWED" ask approval_token="$alone"
	must "$CONSUMED" ask approval_token="$alone"
	asks
	asks
	shared=$token
	must "$OK" operate approve token_id="$shared"
	must "$ALLOWED" ask approval_token="$shared"
	must "$CONSUMED" ask approval_token="$shared" cwd=/
	must "$CONSUMED" ask approval_token="$shared" session_id=other
	assert_equal "$(listed state)" $'consumed\nconsumed'
}

@test "of several that wait on one token one is allowed, and the others get one new token" {
	local first

	start_asking
	asks
	asks
	first=$token
	waits a "$first"
	waits b "$first"
	waits c "$first"
	must "$OK" operate approve token_id="$first"
	assert_equal "$(decisions a b c)" "allow pending_hitl pending_hitl"
	assert_equal "$(listed state)" $'consumed\npending'
	asks
	assert_equal "$token" "$(listed token_id state=pending)"
}

@test "a refusal and the end of its time are heard by all that share a token" {
	start_asking --token-ttl 20s --max-ttl 30s
	asks
	asks
	waits a "$token"
	waits b "$token"
	must "$OK" operate revoke token_id="$token"
	assert_equal "$(decisions a b)" "deny deny"

	asks cwd=/
	asks cwd=/
	hold a < <(request cwd=/ wait_ms:=600000 approval_token="$token")
	hold b < <(request cwd=/ wait_ms:=600000 approval_token="$token")
	until_has waiting 2
	move_clock 31
	answers a "$EXPIRED"
	answers b "$EXPIRED"
	assert_state "$token" expired
}

@test "firma check --wait goes on with the new token when another asker has used the approval" {
	local first

	start_asking
	_background one "$FIRMA" check --wait -- /bin/true
	until_has waiting 1
	_background two "$FIRMA" check --wait -- /bin/true
	until_has waiting 2
	first=$(listed token_id)
	must "$OK" operate approve token_id="$first"
	until_has waiting 1
	token=$(listed token_id state=pending)
	[[ $token != "$first" ]]
	must "$OK" operate approve token_id="$token"
	finish one
	assert_status 0
	finish two
	assert_status 0
	assert_equal "$(listed state)" $'consumed\nconsumed'
	grep -q "another one used the approval.*$token" "$TMP/one.err" "$TMP/two.err"
}

@test "each question that joins is a record of its own, before its answer" {
	start_daemon --default-action pending_hitl --evidence-log "$TMP/evidence.jsonl"
	asks
	asks
	asks
	assert_equal "$(grep -c "\"decision\":\"pending_hitl\".*$token" "$TMP/evidence.jsonl")" 3
	asks approval_token="$token"
	assert_equal "$(wc -l <"$TMP/evidence.jsonl")" 3
}

@test "a question of the second contract joins its like, too" {
	local read first reply

	start_asking
	read='{"action_type":"read_file","target":"/etc/x","session_id":"s","detail":true}'
	reply=$(send <<<"$read")
	first=$("$UNIT" get approval_token <<<"$reply")
	reply=$(send <<<"$read")
	assert_equal "$("$UNIT" get approval_token <<<"$reply")" "$first"
	reply=$(send <<<"${read/\"s\"/\"t\"}")
	[[ $("$UNIT" get approval_token <<<"$reply") != "$first" ]]
}
