#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
#
# A request that is to be resumed goes on with its user's own token for the same request: for askers
# that can't keep one.

# shellcheck disable=SC2030,SC2031 # each test is a process, and so are its variables
# shellcheck disable=SC2034,SC2154 # some variables are those of lib.bash and of bats

load lib

# All that a request can say.
WHOLE=(args:='["a"]' cwd=/tmp real_path=/usr/bin/env agent_id=a
	executable_sha256="$(printf '%064d' 7)")

# resumes [KEY=...]...: asks so.
resumes() {
	run ask "${WHOLE[@]}" resume:=true "$@"
}

count() {
	operate list | grep -c token_id
}

setup() {
	lib_setup
	start_daemon --default-action pending_hitl
	resumes
	assert_decision pending_hitl
	token=$(field approval_token)
}

@test "what is pending stays one token" {
	resumes
	assert_decision pending_hitl
	assert_field approval_token "$token"
	assert_equal "$(count)" 1
}

@test "what is approved is used, once" {
	operate approve token_id="$token"
	resumes
	assert_decision allow
	resumes
	assert_decision pending_hitl
	[[ $(field approval_token) != "$token" ]]
}

@test "without the key there is a new token" {
	operate approve token_id="$token"
	run ask "${WHOLE[@]}"
	assert_decision pending_hitl
	assert_equal "$(count)" 2
}

@test "another request, also one that says more or less, is no resumption" {
	local other n=1

	operate approve token_id="$token"
	for other in args:='["b"]' args:='["a",""]' args:='[]' executable=/bin/other cwd=/ cwd:=null \
		real_path=/usr/bin/x real_path:=null agent_id=b agent_id:=null session_id=x \
		sandbox_id=x profile=x executable_sha256:=null \
		executable_sha256="$(printf '%064d' 8)"; do
		resumes "$other"
		assert_decision pending_hitl
		[[ $(field approval_token) != "$token" ]] || fail "resumed with $other"
		assert_equal "$(count)" "$((++n))"
	done

	# And the other way round: what was asked first said less.
	run ask args:='["z"]' resume:=true
	token=$(field approval_token)
	operate approve token_id="$token"
	run ask args:='["z"]' cwd=/tmp resume:=true
	assert_decision pending_hitl
}

@test "what is expired is asked anew, and what is refused is not" {
	operate approve token_id="$token"
	move_clock 301
	resumes
	assert_decision pending_hitl
	[[ $(field approval_token) != "$token" ]]

	operate revoke token_id="$(field approval_token)"
	resumes
	assert_decision deny "a person refused this question"
}

@test "an approved token is preferred, and a token that is named wins" {
	local second

	second=$(pending_token "${WHOLE[@]}")
	operate approve token_id="$second"
	resumes approval_token="$token"
	assert_decision pending_hitl
	assert_field approval_token "$token"
	resumes
	assert_decision allow
	run operate show token_id="$second"
	assert_line -n 0 -p '"state":"consumed"'
}

@test "another user's token is not used" {
	need_root
	operate approve token_id="$token"
	stop_daemon
	start_daemon --default-action pending_hitl --agent-group 4242 --operator-socket "$TMP/o"
	chmod a+rw "$SOCKET"
	request "${WHOLE[@]}" resume:=true >"$TMP/request"
	chmod a+r "$TMP/request"
	AS_UID=4242
	run send <"$TMP/request"
	assert_decision pending_hitl
	AS_UID=
	run send <"$TMP/request"
	assert_decision allow
}

@test "a fingerprint that is not the request's is denied" {
	resumes request_fingerprint="$(printf '%064d' 0)"
	assert_decision deny
}

@test "after a restart it is still resumed" {
	stop_daemon
	start_daemon --default-action pending_hitl
	resumes
	assert_field approval_token "$token"
}

@test "it is held as well" {
	hold h < <(request "${WHOLE[@]}" resume:=true wait_ms:=60000)
	operate approve token_id="$token"
	finish h
	assert_decision allow
}

@test "a hook that is asked again goes on with the token that it named" {
	local question=$BATS_TEST_DIRNAME/vectors/hooks/claude-shell.json first

	run firma hook claude --socket "$SOCKET" --wait 0 <"$question"
	[[ $output =~ token\ ([0-9a-f-]+) ]]
	first=${BASH_REMATCH[1]}
	run firma hook claude --socket "$SOCKET" --wait 0 <"$question"
	[[ $output == *"$first"* ]]
	operate approve token_id="$first"
	run firma hook claude --socket "$SOCKET" --wait 0 <"$question"
	assert_status 0
	run firma hook claude --socket "$SOCKET" --wait 0 <"$question"
	assert_status 2
	[[ $output != *"$first"* ]]
}

# --- without consuming ----------------------------------------------------------------------------

# The token, without its age.
shown() {
	operate show token_id="$token" | sed 's/,"age_ms".*//'
}

@test "with consume false an approved token is named, and stays approved" {
	local before after

	resumes consume:=false
	assert_decision pending_hitl
	assert_field approval_token "$token"
	operate approve token_id="$token"
	before=$(shown)
	resumes consume:=false detail:=true
	assert_decision approved
	assert_field approval_token "$token"
	assert_field rule approval_token
	run ask "${WHOLE[@]}" consume:=false approval_token="$token"
	assert_decision approved
	run ask "${WHOLE[@]}" consume:=false approval_token="$token" wait_ms:=60000
	assert_decision approved
	after=$(shown)
	assert_equal "$after" "$before"
	run ask "${WHOLE[@]}" approval_token="$token" consume:=true
	assert_decision allow
	run ask "${WHOLE[@]}" approval_token="$token" consume:=false
	assert_decision deny
}

@test "with consume false what is held is answered when a person has approved" {
	send_in_background() {
		ask "${WHOLE[@]}" resume:=true consume:=false wait_ms:=60000 >"$TMP/held" &
		held=$!
	}

	local held

	send_in_background
	operate approve token_id="$token"
	wait "$held"
	run cat "$TMP/held"
	assert_decision approved
	resumes
	assert_decision allow
}

@test "with consume false nothing else is different, and it must be a boolean" {
	operate approve token_id="$token"
	run ask "${WHOLE[@]}" args:='["b"]' consume:=false approval_token="$token"
	assert_decision deny
	run ask "${WHOLE[@]}" consume:=false
	assert_decision pending_hitl
	for value in '"false"' 0 null '[]'; do
		run ask "${WHOLE[@]}" "consume:=$value" approval_token="$token"
		[[ $output != *'"decision":"allow"'* || $value == null ]] || fail "$value: $output"
	done
}

@test "check says that an approved token was not consumed" {
	operate approve token_id="$token"
	request "${WHOLE[@]}" resume:=true consume:=false >"$TMP/request"
	run --separate-stderr firma check --socket "$SOCKET" --request "$TMP/request"
	assert_status 75
	refute_output
	assert_stderr 'firma: approved, and not consumed: ask again without "consume"'
}
