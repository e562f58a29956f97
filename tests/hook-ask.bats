#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
#
# `firma hook --ask` leaves a question to the agent's own user, and `--defer` ends a run of claude that
# has none: each only where the agent does not run the tool because of it.

# shellcheck disable=SC2030,SC2031 # each test is a process, and so are its variables
# shellcheck disable=SC2154 # some variables are those of lib.bash and of bats

load lib

vectors=$BATS_TEST_DIRNAME/vectors/hooks
claude='{"hookSpecificOutput":{"hookEventName":"PreToolUse","permissionDecision"'

# hook AGENT KIND [OPTION...]: about the call of this kind (shell, write) that the agent has sent.
hook() {
	run --separate-stderr firma hook "$1" --socket "$SOCKET" "${@:3}" <"$vectors/$1-$2.json"
}

# asks AGENT REGEXP: the whole answer is a prompt with this reason.
asks() {
	local before=$claude':"ask","permissionDecisionReason":"' after='"}}' reason

	[[ $1 == claude ]] || before='{"permissionDecision":"ask","permissionDecisionReason":"' after='"}'
	assert_status 0
	refute_stderr
	[[ $output == "$before"*"$after" ]] || fail "no prompt of $1: $output"
	reason=${output#"$before"}
	[[ ${reason%"$after"} =~ $2 ]] || fail "not '$2': $output"
}

# denies REGEXP
denies() {
	assert_status 2
	assert_output -p '"deny"'
	[[ $output =~ $1 ]] || fail "not '$1': $output"
	[[ $stderr == *"firma: "* ]] || fail "no reason on standard error"
}

none_is_pending() {
	assert_equal "$(operate list state=pending | grep -c token_id)" 0
}

# policy MEMBER...: asks about each program, by a rule with these members.
policy() {
	local member members=

	for member; do
		members+=",$member"
	done
	echo '{"default_action": "allow", "approver_groups": {"ops": ["alice"]},
		"exec": [{"id": "look", "argv": ["uname", "**"], "action": "pending_hitl",
			"reason": "it \"looks\""'"$members"'}],
		"write": [{"id": "w", "path": ["/home/**"], "action": "pending_hitl"'"$members"'}]}' \
		>"$TMP/policy"
}

@test "what any operator could approve is left to the user of claude and of copilot, and nothing stays pending" {
	local agent kind

	policy
	start_daemon --policy "$TMP/policy"
	for agent in claude copilot; do
		for kind in shell write; do
			hook "$agent" "$kind" --ask
			asks "$agent" '^firma: a person must decide .*'
			none_is_pending
		done
	done
	hook claude shell --ask
	asks claude 'it ..looks..'
	assert_log -p 'withdraw'
}

@test "a user's yes is no approval: the next question is asked again" {
	policy
	start_daemon --policy "$TMP/policy"
	hook claude shell --ask
	asks claude .
	hook claude shell --wait 0
	denies 'a person must decide'
}

@test "an approval that an operator has given is used, and what is denied is denied" {
	policy
	start_daemon --policy "$TMP/policy"
	hook claude shell --wait 0
	[[ $output =~ token\ ([0-9a-f-]+) ]]
	operate approve token_id="${BASH_REMATCH[1]}"
	hook claude shell --ask
	assert_status 0
	assert_output "$claude:\"allow\"}}"

	hook claude shell --wait 0
	[[ $output =~ token\ ([0-9a-f-]+) ]]
	operate revoke token_id="${BASH_REMATCH[1]}"
	hook claude shell --ask
	denies 'a person refused'
}

@test "no prompt stands for approvers, a signature, a touch, a quorum, or another than the asker" {
	local member kind

	for member in '"approvers": "ops"' '"signed": true' '"touch": true' '"verified": true' '"quorum": 2' \
		'"not_asker": true'; do
		policy "$member"
		start_daemon --policy "$TMP/policy"
		for kind in shell write; do
			hook claude "$kind" --ask --wait 0
			denies 'denied for now: a person must decide'
			# The same question again: it is pending already.
			hook claude "$kind" --ask --wait 0
			denies 'denied for now: a person must decide'
		done
		stop_daemon
	done
}

@test "a daemon that does not say that any operator could approve is no reason for a prompt" {
	local reply='{"decision":"pending_hitl","reason":"r","retry_after_ms":500'

	reply+=',"approval_token":"43ffea4f-7fb2-4ab1-b364-f7c0176df457"'
	fake reply "$reply}"
	hook claude shell --ask --wait 0
	denies 'a person must decide'
	finish fake

	# It does say so, but does not withdraw the request.
	fake reply "$reply,\"any_operator\":true}"
	hook claude shell --ask --wait 0
	denies 'could not decide: '
}

@test "of a call that is several questions, one that is denied denies it, after any prompt" {
	echo '{"default_action": "deny", "read": [
		{"id": "ask", "path": ["/srv/**"], "action": "pending_hitl"},
		{"id": "no", "path": ["*.key"], "action": "deny", "reason": "a key"}],
		"defaults": {"read": "allow"}}' >"$TMP/policy"
	start_daemon --policy "$TMP/policy"
	run --separate-stderr firma hook claude --socket "$SOCKET" --ask <<-'END'
		{"hook_event_name":"PreToolUse","session_id":"s","cwd":"/tmp","tool_name":"Grep",
		 "tool_input":{"pattern":"x","path":"/srv/x","glob":"a.key"}}
	END
	denies 'a key'
	run --separate-stderr firma hook claude --socket "$SOCKET" --ask <<-'END'
		{"hook_event_name":"PreToolUse","session_id":"s","cwd":"/tmp","tool_name":"Grep",
		 "tool_input":{"pattern":"x","path":"/srv/x","glob":"*.c"}}
	END
	asks claude .
	none_is_pending
}

@test "other agents, a rewritten line and the server have no prompt" {
	local agent

	start_daemon --default-action pending_hitl
	for agent in codex gemini qwen cline opencode cursor; do
		run firma hook "$agent" --socket "$SOCKET" --ask --wait 0 <"$vectors/claude-shell.json"
		assert_output -p 'could not decide: --ask is for the hooks of claude and copilot'
		run firma hook "$agent" --socket "$SOCKET" --defer --wait 0 <"$vectors/claude-shell.json"
		assert_output -p 'could not decide: --defer is for the hook of claude'
	done
	hook claude shell --ask --rewrite
	denies 'without --rewrite'
	hook claude shell --ask --mcp
	denies '--ask is for the hooks'
	hook claude shell --defer --mcp
	denies '--defer is for the hook of claude'
}

# --- runs without a user --------------------------------------------------------------------------

# as_claude ARG... -- OPTION...: claude with these arguments asks the hook.
as_claude() {
	local -a arguments=()

	while [[ $1 != -- ]] || [[ " ${*:2} " == *" -- "* ]]; do
		arguments+=("$1")
		shift
	done
	[[ -e $TMP/claude ]] || cp "$(type -P bash)" "$TMP/claude"
	_command "$FIRMA" hook claude --socket "$SOCKET" "${@:2}"
	# shellcheck disable=SC2016 # for the shell within
	echo '/bin/sh -c "$HOOK_LINE"; exit "$?"' >"$TMP/script"
	HOOK_LINE="${CMD[*]@Q} || exit \$?" run --separate-stderr "$TMP/claude" "$TMP/script" \
		"${arguments[@]}" <"$vectors/claude-shell.json"
}

defers() {
	assert_status 0
	assert_output "$claude:\"defer\"}}"
	refute_stderr
}

@test "claude -p is told to end, with the request pending, and goes on after a person has approved" {
	start_daemon --default-action pending_hitl
	as_claude --verbose -p 'do it' -- --defer --wait 0
	defers
	TOKEN=$(operate list state=pending | head -n 1 | "$UNIT" get token_id)
	as_claude --print --resume s -- --defer --wait 0
	defers
	assert_equal "$(operate list state=pending | grep -c token_id)" 1
	operate approve token_id="$TOKEN"
	as_claude -p --resume s -- --defer --wait 0
	assert_status 0
	assert_output "$claude:\"allow\"}}"
}

@test "any other claude runs what is deferred, and is denied" {
	start_daemon --default-action pending_hitl
	as_claude 'do it' -- --defer --wait 0
	denies 'denied for now: a person must decide'
	as_claude -- -p -- --defer --wait 0
	denies 'denied for now: a person must decide'
	as_claude --prints -P -- --defer --wait 0
	denies 'denied for now: a person must decide'
	CLAUDE_CODE_ENTRYPOINT=sdk-cli CLAUDE_CODE_SESSION_ATTENDED=0 as_claude x -- --defer --wait 0
	denies 'denied for now: a person must decide'
}

@test "with both options, claude -p is told to end, and any other claude asks its user" {
	start_daemon --default-action pending_hitl
	as_claude -p x -- --ask --defer --wait 0
	defers
	as_claude x -- --ask --defer --wait 0
	asks claude .
}

@test "what is denied, or can't be decided, is not deferred" {
	start_daemon --default-action deny
	as_claude -p x -- --defer
	denies 'denied: '
	stop_daemon
	as_claude -p x -- --defer
	denies 'could not decide: '
}

@test "the options are written into the settings, for the agents that have them" {
	firma hook install --user --ask --defer claude
	grep -q ' hook claude --ask --defer || {' "$HOME/.claude/settings.json"
	firma hook install --user --ask copilot
	grep -q ' hook copilot --ask || {' "$HOME/.copilot/hooks/firma.json"
	run firma hook install --user --ask codex
	assert_status 2
	run firma hook install --user --defer copilot
	assert_status 2
	run firma hook install --user --ask --rewrite claude
	assert_status 2
}
