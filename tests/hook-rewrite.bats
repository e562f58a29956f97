#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
#
# `firma hook --rewrite`: the agent is told to run `firma run --shell LINE` instead of the line, and
# an approval is consumed by that run, not by the hook.

# shellcheck disable=SC2016 # for the shell within
# shellcheck disable=SC2030,SC2031 # each test is a process, and so are its variables
# shellcheck disable=SC2154 # some variables are those of lib.bash and of bats

load lib

REWRITING=(claude codex gemini copilot)
vectors=$BATS_TEST_DIRNAME/vectors/hooks

setup() {
	lib_setup
	mkdir "$TMP/w"
}

# question AGENT LINE: about this line in $TMP/w; the other arguments stay.
question() {
	local line=${2//\\/\\\\} text

	line=${line//\"/\\\"}
	line=${line//$'\n'/\\n}
	text=$(sed "s|\"/home/dev/work\"|\"$TMP/w\"|" "$vectors/$1-shell.json")
	printf '%s\n' "${text/'uname -r >/home/dev/work/ran-shell'/"$line"}"
}

# rewrites AGENT LINE [OPTION...]: sets status, output and stderr, and `line` to the new line.
rewrites() {
	run --separate-stderr firma hook "$1" --socket "$SOCKET" --rewrite "${@:3}" < <(question "$1" "$2")
	line=$(arguments "$1" "$output" | "$UNIT" get command) || line=
}

# arguments AGENT ANSWER: the tool's new arguments.
arguments() {
	case $1 in
	claude | codex)
		sed -n 's/^{"hookSpecificOutput":{"hookEventName":"PreToolUse","permissionDecision":"allow","updatedInput":\(.*\)}}$/\1/p'
		;;
	gemini)
		sed -n 's/^{"decision":"allow","hookSpecificOutput":{"hookEventName":"BeforeTool","tool_input":\(.*\)}}$/\1/p'
		;;
	copilot) sed -n 's/^{"permissionDecision":"allow","modifiedArgs":\(.*\)}$/\1/p' ;;
	esac <<<"$2"
}

# runs LINE: as the agent does, in its directory.
runs() {
	run --separate-stderr sh -c 'cd "$1" && eval "$2"' sh "${IN-$TMP/w}" "$1"
}

@test "what policy allows is replaced by firma run, which asks again" {
	local agent

	start_daemon --default-action allow
	for agent in "${REWRITING[@]}"; do
		rewrites "$agent" 'echo hi'
		assert_status 0
		refute_stderr
		[[ $line == "'"*"' run --socket '$SOCKET' --session '"*"' --agent '$agent' --sandbox 'host' --profile 'default' --shell 'echo hi'" ]] ||
			fail "$agent: $line"
		[[ $agent == codex ]] || arguments "$agent" "$output" | grep -q '"description":"'
		runs "$line"
		assert_status 0
		assert_output hi
	done
	stop_daemon
	start_daemon --default-action deny
	runs "$line"
	assert_status 125
	refute_output
}

@test "each line runs as it was written" {
	local text wanted n=0

	start_daemon --default-action allow
	while IFS=$'\t' read -r text wanted; do
		n=$((n + 1))
		text=${text//NEWLINE/$'\n'}
		rewrites claude "$text"
		assert_status 0
		runs "$line"
		[[ $output == "${wanted//NEWLINE/$'\n'}" ]] || fail "$text: $output ($line, $stderr)"
	done <<-'END'
		echo 'a b' "c d"	a b c d
		echo 'it'"'"'s'	it's
		echo a && echo b	aNEWLINEb
		echo aNEWLINEecho b	aNEWLINEb
		echo é "ü"	é ü
		echo $((1 + 1))	2
		echo `echo x`	x
		printf %s "a\\b"	a\b
		pwd | wc -l	1
	END
	((n == 9))
}

@test "an approval is consumed by the run, once, and by nothing else" {
	local agent token

	start_daemon --default-action pending_hitl
	for agent in "${REWRITING[@]}"; do
		rewrites "$agent" 'echo hi' --wait 0
		[[ $output == *'a person must decide'* && ! $line ]] || fail "$agent: $output"
		[[ $output =~ token\ ([0-9a-f-]+) ]]
		token=${BASH_REMATCH[1]}
		operate approve token_id="$token"

		# The hook is asked twice, and spends nothing.
		rewrites "$agent" 'echo hi' --wait 0
		rewrites "$agent" 'echo hi' --wait 0
		assert_status 0
		[[ $line == *" --token '$token' --shell 'echo hi'" ]] || fail "$agent: $output"
		run operate show token_id="$token"
		assert_line -n 0 -p '"state":"approved"'

		# Another directory and another line are other requests.
		IN=$TMP runs "$line"
		assert_status 125
		assert_stderr -p 'cwd differs'
		runs "${line/echo hi/echo ho}"
		assert_status 125
		runs "$line"
		assert_status 0
		assert_output hi
		runs "$line"
		assert_status 125
		assert_stderr -p 'already consumed'
	done
}

@test "it holds until a person has approved, and spends nothing" {
	local hook token

	start_daemon --default-action pending_hitl
	_command "$FIRMA" hook claude --socket "$SOCKET" --rewrite
	_spawn "${CMD[@]}" < <(question claude 'echo hi') >"$TMP/out" 2>"$TMP/err"
	hook=$!
	_until "$hook" is_pending
	token=$TOKEN
	operate approve token_id="$token"
	wait "$hook"
	line=$(arguments claude "$(<"$TMP/out")" | "$UNIT" get command)
	[[ $line == *" --token '$token' --shell 'echo hi'" ]]
	runs "$line"
	assert_output hi
}

is_pending() {
	TOKEN=$(operate list state=pending | head -n 1 | "$UNIT" get token_id 2>/dev/null) && [[ $TOKEN ]]
}

@test "a function, an alias and a PATH of the agent's shell don't matter" {
	start_daemon --default-action allow
	rewrites claude 'uname -s'
	mkdir "$TMP/bin"
	printf '#!/bin/sh\necho bad\n' >"$TMP/bin/uname"
	chmod +x "$TMP/bin/uname"
	run --separate-stderr bash -c 'cd "$1"; shopt -s expand_aliases; alias uname="echo bad"; uname() { echo bad; }; eval "$2"' bash \
		"$TMP/w" "$line"
	assert_output "$(uname -s)"
	# Another program by PATH is another request than the one that was approved.
	stop_daemon
	start_daemon --default-action pending_hitl
	rewrites claude 'uname -s' --wait 0
	[[ $output =~ token\ ([0-9a-f-]+) ]]
	operate approve token_id="${BASH_REMATCH[1]}"
	rewrites claude 'uname -s' --wait 0
	run env PATH="$TMP/bin:$PATH" sh -c 'cd "$1" && eval "$2"' sh "$TMP/w" "$line"
	assert_status 125
	runs "$line"
	assert_output "$(uname -s)"
}

@test "the agent's variables don't say who asks" {
	start_daemon --default-action pending_hitl
	rewrites claude 'echo hi' --wait 0
	[[ $output =~ token\ ([0-9a-f-]+) ]]
	operate approve token_id="${BASH_REMATCH[1]}"
	rewrites claude 'echo hi' --wait 0
	export FIRMA_SOCKET=/nonexistent FIRMA_AGENT_ID=x FIRMA_SANDBOX_ID=x FIRMA_SESSION_ID=x FIRMA_PROFILE=x
	runs "$line"
	assert_output hi
}

@test "other tools, and what is denied, are answered as ever" {
	start_daemon --default-action deny
	rewrites claude 'echo hi'
	assert_status 2
	[[ $output == *'"permissionDecision":"deny"'* ]]
	run --separate-stderr firma hook claude --socket "$SOCKET" --rewrite < <(sed 's/"Write"/"TodoWrite"/' \
		"$vectors/claude-write.json")
	assert_status 0
	assert_output '{}'
}

@test "a line that is too long for one write, and an agent that takes no other line, are denied" {
	local agent

	start_daemon --default-action allow
	rewrites claude "echo $(printf 'x%.0s' {1..3000})"
	assert_status 0
	((${#output} < 4096))
	rewrites claude "echo $(printf 'x%.0s' {1..4000})"
	assert_status 2
	[[ $output == *'too long to be rewritten'* ]]
	for agent in qwen cline opencode cursor; do
		run --separate-stderr firma hook "$agent" --socket "$SOCKET" --rewrite <"$vectors/$agent-shell.json"
		[[ $output == *'--rewrite is for the hooks of claude, codex, gemini and copilot'* ]] || fail "$agent: $output"
		run --separate-stderr firma hook install --user --dry-run --rewrite "$agent"
		assert_status 2
	done
	question claude 'echo hi' | sed "s|\"$TMP/w\"|\"/nonexistent/x\"|" >"$TMP/question"
	run --separate-stderr firma hook claude --socket "$SOCKET" --rewrite <"$TMP/question"
	assert_status 2
	[[ $output == *"the directory can't be resolved"* ]] || fail "$output"
}

@test "a directory that is reached through a link is the one that the run finds" {
	start_daemon --default-action pending_hitl
	ln -s w "$TMP/link"
	question claude 'echo hi' | sed "s|\"$TMP/w\"|\"$TMP/link\"|" >"$TMP/question"
	run firma hook claude --socket "$SOCKET" --rewrite --wait 0 <"$TMP/question"
	[[ $output =~ token\ ([0-9a-f-]+) ]]
	operate approve token_id="${BASH_REMATCH[1]}"
	run --separate-stderr firma hook claude --socket "$SOCKET" --rewrite --wait 0 <"$TMP/question"
	line=$(arguments claude "$output" | "$UNIT" get command)
	IN=$TMP/link runs "$line"
	assert_output hi
}

@test "codex gets no shell to type into, also by another line" {
	start_daemon --default-action allow
	rewrites codex bash
	assert_status 2
	[[ $output == *'without a script runs what is typed into it later'* ]]
}
