#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
#
# `firma hook`: what each agent's question becomes, how each is answered, and that each way to fail
# ends in the denial of that agent: one whole answer on standard output, the reason on standard error
# as well, and the status that denies.

# shellcheck disable=SC2016 # for the shell within
# shellcheck disable=SC2030,SC2031 # each test is a process, and so are its variables
# shellcheck disable=SC2034,SC2154 # some variables are those of lib.bash and of bats

load lib

AGENTS=(claude codex gemini copilot qwen cline opencode cursor)
vectors=$BATS_TEST_DIRNAME/vectors/hooks

# How a denial begins; it ends after the reason with as many braces as it has opened.
claude='{"hookSpecificOutput":{"hookEventName":"PreToolUse","permissionDecision"'
declare -gA DENIES=(
	[claude]="$claude:\"deny\",\"permissionDecisionReason\":\""
	[codex]="$claude:\"deny\",\"permissionDecisionReason\":\""
	[qwen]="$claude:\"deny\",\"permissionDecisionReason\":\""
	[gemini]='{"decision":"deny","reason":"'
	[copilot]='{"permissionDecision":"deny","permissionDecisionReason":"'
	[cline]='{"cancel":true,"errorMessage":"'
	[opencode]='{"decision":"deny","reason":"'
	[cursor]='{"permission":"deny","agent_message":"'
)
declare -gA ALLOWS=(
	[claude]="$claude:\"allow\"}}"
	[codex]='{}'
	[qwen]="$claude:\"allow\"}}"
	[gemini]='{"decision":"allow"}'
	[copilot]='{"permissionDecision":"allow"}'
	[cline]='{"cancel":false}'
	[opencode]='{"decision":"allow"}'
	[cursor]='{"permission":"allow"}'
)
declare -gA NONE=([cline]='{"cancel":false}' [opencode]='{"decision":"none"}')

# How a line of settings goes on after the hook.
tail="|| { [ \$? = 2 ] || echo 'firma: no answer; denied' >&2; exit 2; }"

# hook AGENT [OPTION...]: sets status, output and stderr, as `run` does. Standard input is the question.
hook() {
	run --separate-stderr firma hook "$1" --socket "$SOCKET" "${@:2}"
}

# denies_with STATUS AGENT [REGEXP]: what `run` left is the denial of this agent, whose reason fits.
denies_with() {
	local end='"}' reason

	[[ $2 == @(claude|codex|qwen) ]] && end='"}}'
	assert_status "$1"
	assert_equal "${#lines[@]}" 1
	[[ $output == "${DENIES[$2]}"*"$end" ]] || fail "no denial of $2: $output"
	((${#output} < 4096)) || fail "longer than PIPE_BUF"
	reason=${output#"${DENIES[$2]}"}
	reason=${reason%"$end"}
	[[ $reason =~ ${3-.} ]] || fail "not '$3': $reason"
	"$UNIT" object r:="\"$reason\"" >/dev/null || fail "no JSON: $reason"
	[[ $stderr == *"firma: "* ]] || fail "no reason on standard error: $stderr"
}

# denies AGENT [REGEXP]
denies() {
	if [[ $1 == cline ]]; then
		denies_with 0 "$@"
	else
		denies_with 2 "$@"
	fi
}

allows() {
	assert_status 0
	assert_output "${ALLOWS[$1]}"
	refute_stderr
}

shell_of() {
	cat "$vectors/$1-shell.json"
}

# For claude, with another line of shell, which needs no escape.
line() {
	shell_of claude | sed "s|\"command\": .*|\"command\": \"$1\",|"
}

# --- each dialect ---------------------------------------------------------------------------------

@test "each agent's question about a shell is asked as bash -c, with its session and directory" {
	local agent token

	start_daemon --default-action pending_hitl
	for agent in "${AGENTS[@]}"; do
		hook "$agent" --wait 0 < <(shell_of "$agent")
		denies "$agent" 'a person must decide .token [0-9a-f-]+.; ask again once a person has approved'
		[[ $output =~ token\ ([0-9a-f-]+) ]]
		run operate show token_id="${BASH_REMATCH[1]}"
		output=${lines[0]}
		assert_field executable "$(type -P bash)"
		assert_field args '["-c","uname -r >/home/dev/work/ran-shell"]'
		assert_field agent_id "$agent"
		assert_field cwd /home/dev/work
		assert_field sandbox_id host
		assert_field profile default
		case $agent in
		codex | cline | cursor) [[ $output != *'"purpose"'* ]] ;;
		*) assert_field purpose kernel ;;
		esac
		[[ $(shell_of "$agent") == *": \"$(field session_id)\""* ]] || fail "another session"
	done
}

@test "a purpose that is too long is cut between characters, and one that is no text is left out" {
	local long

	start_daemon --default-action pending_hitl
	long=$(printf 'é%.0s' {1..600})
	hook claude --wait 0 < <(shell_of claude | sed "s/\"kernel\"/\"$long\"/")
	denies claude 'a person must decide'
	assert_equal "$(operate list | head -n 1 | "$UNIT" get purpose)" "${long:0:510}..."
	hook claude --wait 0 < <(line 'uname -a' | sed 's/"kernel"/[1]/')
	denies claude 'a person must decide'
	run operate list
	assert_line -n 1 -p '"uname -a"'
	[[ ${lines[1]} != *purpose* ]] || fail "${lines[1]}"
}

@test "each agent is told in its own words that the tool may run" {
	local agent

	start_daemon --default-action allow
	for agent in "${AGENTS[@]}"; do
		hook "$agent" < <(shell_of "$agent")
		allows "$agent"
	done
}

@test "each agent is told in its own words that the tool may not run" {
	local agent

	start_daemon --default-action deny
	for agent in "${AGENTS[@]}"; do
		hook "$agent" < <(shell_of "$agent")
		denies "$agent" '^firma: denied: '
	done
}

@test "a tool that is no shell is left to the agent's rules with --only-shell" {
	local agent

	start_daemon --default-action allow
	for agent in "${AGENTS[@]}"; do
		hook "$agent" --only-shell <"$vectors/$agent-write.json"
		assert_status 0
		assert_output "${NONE[$agent]-"{}"}"
		refute_stderr
	done
}

@test "a tool that types into a shell is denied, also with --only-shell" {
	start_daemon --default-action allow
	hook copilot --only-shell < <(shell_of copilot | sed 's/"bash"/"write_bash"/')
	denies copilot "can't be asked about"
	hook claude --only-shell < <(shell_of claude | sed 's/"Bash"/"PowerShell"/')
	denies claude "can't be asked about"
}

@test "codex is not given a shell or an interpreter to type into, unless a rule allows that" {
	local text functions

	# Functions that a test finds exported.
	mapfile -t functions < <(compgen -A function)
	export -fn "${functions[@]}"
	start_daemon --default-action allow
	for text in bash 'bash -i' 'cd /tmp \&\& sh' 'python3 -i x.py' python3 'env bash' node 'bash -s' \
		'bash --norc' 'ls; zsh' 'bash -e' 'sudo -u me bash -l'; do
		hook codex < <(line "$text")
		denies codex 'without a script runs what is typed into it later'
		hook claude < <(line "$text")
		allows claude
	done
	for text in 'python3 x.py' 'bash x.sh' 'python3 -m pytest' 'bash -c ls' 'node -e 1' 'python3 --version' ls; do
		hook codex < <(line "$text")
		allows codex
	done
	stop_daemon
	cat >"$TMP/policy" <<-'END'
		{"default_action":"allow","exec":[{"id":"yes","argv":["bash"],"action":"allow"}]}
	END
	start_daemon --policy "$TMP/policy"
	hook codex < <(line bash)
	allows codex
	hook codex < <(line sh)
	denies codex 'no rule allows that'
	stop_daemon

	# A person may decide, and then it holds.
	start_daemon --default-action pending_hitl
	hook codex --wait 0 < <(line bash)
	[[ $output =~ token\ ([0-9a-f-]+) ]]
	operate approve token_id="${BASH_REMATCH[1]}"
	hook codex --wait 0 < <(line bash)
	allows codex
}

@test "of several lines each must be allowed" {
	cat >"$TMP/policy" <<-'END'
		{"default_action":"allow",
		 "exec":[{"id":"no","argv":["bash","-c","*reboot*"],"action":"deny","reason":"not now"}]}
	END
	start_daemon --policy "$TMP/policy"
	hook cline < <(shell_of cline | sed 's|"\[.*\]"|"[\\"ls\\",\\"uname\\"]"|')
	allows cline
	hook cline < <(shell_of cline | sed 's|"\[.*\]"|"[\\"ls\\",\\"reboot\\"]"|')
	denies cline 'not now'
}

@test "lines that are no array of lines are denied" {
	local text

	start_daemon --default-action allow
	for text in '[]' '["ls"' '["ls",7]' '"ls"' '["ls"],"more":["x"]' '{}' ''; do
		hook cline < <(shell_of cline | sed "s|\"\[.*\]\"|\"${text//\"/\\\\\"}\"|")
		denies cline 'could not decide: '
	done
}

@test "a subagent is named after a slash" {
	start_daemon --default-action pending_hitl
	hook claude --wait 0 < <(shell_of claude | sed '1a "agent_id":"a1","agent_type":"Explore",')
	[[ $output =~ token\ ([0-9a-f-]+) ]]
	run operate show token_id="${BASH_REMATCH[1]}"
	assert_line -n 0 -p '"agent_id":"claude/Explore"'
}

@test "a directory of the call's own is the one that is asked about" {
	local directory

	start_daemon --default-action pending_hitl
	for directory in /srv/x:/srv/x sub:/home/dev/work/sub ../y:/home/dev/y; do
		hook opencode --wait 0 < <(shell_of opencode |
			sed "s|\"args\": {|&\"workdir\":\"${directory%:*}\",|")
		[[ $output =~ token\ ([0-9a-f-]+) ]]
		run operate show token_id="${BASH_REMATCH[1]}"
		assert_line -n 0 -p "\"cwd\":\"${directory#*:}\""
	done
	hook opencode < <(shell_of opencode | sed 's|"args": {|&"workdir":7,|')
	denies opencode 'is not a directory'
}

@test "both events of cursor are answered" {
	start_daemon --default-action allow
	hook cursor <<-'END'
		{"conversation_id":"c","hook_event_name":"beforeShellExecution","command":"ls",
		 "cwd":"","workspace_roots":["/work"]}
	END
	allows cursor
}

# --- a person decides -----------------------------------------------------------------------------

# holds NAME: the hook of claude waits for a person. Fills TOKEN.
holds() {
	_command "$FIRMA" hook claude --socket "$SOCKET"
	_spawn "${CMD[@]}" < <(shell_of claude) >"$TMP/$1.out" 2>"$TMP/$1.err"
	HOOK=$!
	_until "$HOOK" is_pending || fail "nothing is pending"
}

is_pending() {
	TOKEN=$(operate list state=pending | head -n 1 | "$UNIT" get token_id 2>/dev/null) && [[ $TOKEN ]]
}

# ends NAME: sets status, output, lines and stderr.
ends() {
	_until "$HOOK" _is_gone "$HOOK" || kill -KILL "$HOOK"
	status=0
	wait "$HOOK" || status=$?
	output=$(<"$TMP/$1.out") stderr=$(<"$TMP/$1.err")
	mapfile -t lines <"$TMP/$1.out"
}

@test "it holds until a person has approved" {
	start_daemon --default-action pending_hitl
	holds h
	operate approve token_id="$TOKEN"
	ends h
	allows claude
}

@test "it holds until a person has refused, and says why" {
	start_daemon --default-action pending_hitl
	holds h
	operate revoke token_id="$TOKEN" reason='not "now"'
	ends h
	denies claude 'not .\"now.\"$'
}

# --- who listens, and where -----------------------------------------------------------------------

@test "the environment says nothing about the socket or the asker" {
	start_daemon --default-action pending_hitl
	export FIRMA_SOCKET=/nonexistent FIRMA_AGENT_ID=x FIRMA_SANDBOX_ID=x FIRMA_SESSION_ID=x \
		FIRMA_PROFILE=x FIRMA_BUDGET_STATE_REF=x
	hook claude --wait 0 < <(shell_of claude)
	unset FIRMA_AGENT_ID
	[[ $output =~ token\ ([0-9a-f-]+) ]]
	run operate show token_id="${BASH_REMATCH[1]}"
	assert_line -n 0 -p '"agent_id":"claude"'
	refute_output -p '"x"'

	export FIRMA_SOCKET=$SOCKET XDG_RUNTIME_DIR=$TMP
	mkdir "$TMP/firma"
	ln -s "$SOCKET" "$TMP/firma/agent.sock"
	run --separate-stderr firma hook claude < <(shell_of claude)
	denies claude 'could not decide: /run/'
}

@test "with a relative search path a program is not looked up for a line of another directory" {
	local functions

	# Functions that a test finds exported.
	mapfile -t functions < <(compgen -A function)
	export -fn "${functions[@]}"
	mkdir -p "$TMP/start" "$TMP/other/bin"
	ln -s "$(type -P true)" "$TMP/other/bin/id"
	cat >"$TMP/policy" <<-'END'
		{"default_action":"deny","exec":[{"id":"id","argv":["id","-u"],"action":"allow"}]}
	END
	start_daemon --policy "$TMP/policy"
	cd "$TMP/start"
	line 'id -u' | sed "s|\"cwd\": \"[^\"]*\"|\"cwd\": \"$TMP/other\"|" >"$TMP/question"
	PATH=/usr/bin:/bin hook claude <"$TMP/question"
	allows claude
	PATH=bin:/usr/bin:/bin hook claude <"$TMP/question"
	denies claude 'default action'
	PATH=:/usr/bin:/bin hook claude <"$TMP/question"
	denies claude 'default action'

	# In the directory of the hook, the program that is found is the one that is run.
	sed -i "s|$TMP/other|$TMP/start|" "$TMP/question"
	PATH=bin:/usr/bin:/bin hook claude <"$TMP/question"
	allows claude
}

@test "a listener of one's own is refused with --managed" {
	start_daemon --default-action allow
	hook claude --managed < <(shell_of claude)
	denies claude "uid $EUID listens there, who is you"
}

@test "a listener that is not root is refused with --peer root" {
	need_root
	start_daemon --default-action allow --agent-group 4242 --operator-socket "$TMP/operator.sock"
	chmod a+rw "$SOCKET"
	hook claude --peer root < <(shell_of claude)
	allows claude
	AS_UID=4242 hook claude --peer root < <(shell_of claude)
	allows claude
	AS_UID=4242 hook claude --managed < <(shell_of claude)
	allows claude
	stop_daemon

	AS_UID=4242
	mkdir "$TMP/own"
	chown 4242 "$TMP/own"
	SOCKET=$TMP/own/sock fake reply '{"decision":"allow","reason":"mine"}'
	SOCKET=$TMP/own/sock hook claude --peer root < <(shell_of claude)
	denies claude 'uid 4242 listens there, who is not root'
}

# --- questions that are none ----------------------------------------------------------------------

@test "a question that is cut off anywhere is denied" {
	local whole i n=0

	start_daemon --default-action allow
	whole=$(shell_of gemini | tr -d '\n')
	for ((i = 0; i < ${#whole}; i++)); do
		status=0
		output=$("$FIRMA_SHIPPED" hook gemini --socket "$SOCKET" <<<"${whole:0:i}" 2>"$TMP/err") ||
			status=$?
		if [[ $status == 2 && $output == "${DENIES[gemini]}firma: could not decide: "* ]]; then
			((++n))
		fi
	done
	assert_equal "$n" "${#whole}"
	((n > 300))
}

@test "the question of another agent is denied" {
	local agent other

	start_daemon --default-action allow
	for agent in "${AGENTS[@]}"; do
		for other in "${AGENTS[@]}"; do
			# These three have one dialect, and qwen another tool.
			case $agent-$other in
			claude-codex | codex-claude) continue ;;
			esac
			[[ $agent != "$other" ]] || continue
			hook "$agent" --wait 0 < <(shell_of "$other")
			denies "$agent"
		done
	done
}

@test "a question that is not JSON, or says something twice, is denied" {
	local text

	start_daemon --default-action allow
	for text in '' ' ' 'x' '[]' 'null' '{}' $'\xef\xbb\xbf{}' '{"a":1}{}' $'{"a":"\xff"}'; do
		hook claude <<<"$text"
		denies claude 'could not decide: '
	done
	hook claude < <(line 'ls", "command": "uname')
	denies claude 'twice'
	hook claude < <(line 'ls\\u0000')
	denies claude 'could not decide: '
}

@test "what is missing or of another type is denied" {
	local member

	start_daemon --default-action allow
	for member in session_id cwd hook_event_name tool_name command; do
		hook claude < <(shell_of claude | sed "s/\"$member\"/\"other\"/")
		denies claude 'could not decide: '
		hook claude < <(shell_of claude | sed "s/\"$member\": \"[^\"]*\"/\"$member\": 7/")
		denies claude 'could not decide: '
	done
	hook claude < <(shell_of claude | sed 's/PreToolUse/PostToolUse/')
	denies claude 'for the event PreToolUse, not for PostToolUse'
	hook claude < <(shell_of claude | sed 's|"/home/dev/work"|"work"|')
	denies claude 'names no directory'
}

@test "10 MB of question are denied, and read to the end" {
	start_daemon --default-action allow
	{ printf '{"a":"' && head -c 10000000 /dev/zero | tr '\0' x && printf '"}'; } >"$TMP/big"
	hook claude <"$TMP/big"
	denies claude 'longer than 1 MiB'
	run bash -c "set -o pipefail; cat '$TMP/big' | $FIRMA_SHIPPED hook claude"
	assert_status 2
	run bash -c 'cat "$1" | "$2" hook claude >"$1.out" 2>&1; echo "${PIPESTATUS[*]}"' bash "$TMP/big" \
		"$FIRMA_SHIPPED"
	assert_output '0 2'
}

@test "a line that is longer than a request is denied" {
	start_daemon --default-action allow
	hook claude < <(line "$(head -c 70000 /dev/zero | tr '\0' x)")
	denies claude 'denied: '
}

@test "a long reason is cut, and the answer stays one" {
	local reason

	reason=$(printf '\\"\\\\ä%.0s' {1..3000})
	printf '{"decision":"deny","reason":"%s"}\n' "$reason" >"$TMP/reply"
	answer "$TMP/reply"
	hook claude < <(shell_of claude)
	denies claude '\.\.\.$'
}

@test "a command line that is wrong is denied in the agent's dialect" {
	local agent options

	for agent in "${AGENTS[@]}"; do
		for options in --nonsense '--wait never' '--wait 2h' '--peer me' 'more'; do
			# shellcheck disable=SC2086 # two words
			hook "$agent" $options < <(shell_of "$agent")
			denies "$agent" 'command line is wrong'
		done
	done
	run --separate-stderr firma hook nonsense < <(shell_of claude)
	assert_status 2
	refute_output
	assert_stderr 'firma: could not decide: no agent is called nonsense'
}

# --- the daemon fails -----------------------------------------------------------------------------

@test "no daemon is a denial" {
	local agent

	for agent in "${AGENTS[@]}"; do
		hook "$agent" < <(shell_of "$agent")
		denies "$agent" 'no daemon there'
	done
}

@test "a daemon that hangs is a denial after some seconds" {
	local mode

	for mode in hang never-accept; do
		fake "$mode"
		hook claude < <(shell_of claude)
		denies claude 'no answer in time'
		finish fake
	done
}

@test "a daemon that dies, or answers garbage, is a denial" {
	local agent text

	for agent in claude cline; do
		fake silent-close
		hook "$agent" < <(shell_of "$agent")
		denies "$agent" 'ended without an answer'
		finish fake
		fake reset
		hook "$agent" < <(shell_of "$agent")
		denies "$agent" 'could not decide: '
		finish fake
		fake half '{"decision":"allow","reason":"x"}'
		hook "$agent" < <(shell_of "$agent")
		denies "$agent" 'could not decide: '
		finish fake
		for text in '' '{}' 'allow' '{"decision":"ALLOW","reason":"x"}' '{"decision":"allow"}' \
			'{"outcome":"ok"}' '{"decision":"allow","reason":"x"} x' \
			$'{"decision":"allow","reason":"x"}\n{}' '{"decision":"pending_hitl","reason":"x"}'; do
			fake reply "$text"
			hook "$agent" < <(shell_of "$agent")
			denies "$agent" 'could not decide: '
			finish fake
		done
	done
}

@test "a daemon that stops while a person is waited for is a denial" {
	start_daemon --default-action pending_hitl
	holds h
	kill_daemon
	ends h
	denies claude 'could not decide: '
}

# --- the hook is ended ----------------------------------------------------------------------------

# reads COMMAND...: a hook whose question does not come.
reads() {
	[[ -e $TMP/never ]] || mkfifo "$TMP/never"
	exec {never}<>"$TMP/never"
	_spawn "$@" <&"$never" >"$TMP/s.out" 2>"$TMP/s.err"
	HOOK=$!
	exec {never}<&-
}

@test "each signal that can be caught ends in the denial" {
	local number

	for number in {1..31} {34..64}; do
		case $number in
		9 | 17 | 18 | 19 | 23 | 28) continue ;; # KILL, CHLD, CONT, STOP, URG, WINCH
		esac
		reads "$FIRMA_SHIPPED" hook claude --socket "$SOCKET"
		_until "$HOOK" catches "$HOOK" "$number" || fail "it never catches $number"
		kill "-$number" "$HOOK"
		ends s
		denies claude 'firma: denied: '
	done
}

# catches PROCESS NUMBER: does it catch this signal, and the last one, by now? A sanitizer catches some
# of its own, before the hook does.
catches() {
	local mask

	[[ $(readlink "/proc/$1/exe") == *firma ]] || return
	mask=$(sed -n 's/^SigCgt:\t//p' "/proc/$1/status") || return
	((16#$mask >> ($2 - 1) & 16#$mask >> 63 & 1))
}

@test "signals that a parent ignores or blocks are caught" {
	reads env --ignore-signal=TERM --block-signal=ALRM --ignore-signal=PIPE \
		"$FIRMA_SHIPPED" hook claude --socket "$SOCKET"
	_until "$HOOK" catches "$HOOK" 14
	kill -ALRM "$HOOK"
	ends s
	denies claude 'no answer in time'
}

@test "killed by SIGKILL, the line of settings denies" {
	cat >"$TMP/settings" <<-END
		$FIRMA_SHIPPED hook claude --socket $SOCKET $tail
	END
	reads sh "$TMP/settings"
	_until "$HOOK" has_child "$HOOK" || fail "no hook"
	kill -KILL "$(<"/proc/$HOOK/task/$HOOK/children")"
	ends s
	assert_status 2
	refute_output
	[[ $stderr == *'firma: no answer; denied' ]] || fail "$stderr"
}

has_child() {
	local child

	child=$(<"/proc/$1/task/$1/children") && [[ $child && $(readlink "/proc/${child% }/exe") == *firma ]]
}

# --- too little of everything ---------------------------------------------------------------------

@test "with too little memory, the line of settings denies" {
	local kib denied=0

	start_daemon --default-action allow
	echo "$FIRMA_SHIPPED hook claude --socket $SOCKET $tail" >"$TMP/settings"
	for kib in {2400..9000..200}; do
		bash -c 'ulimit -v $1; exec sh -c :' bash "$kib" 2>/dev/null || continue
		run --separate-stderr bash -c 'ulimit -v $1; exec sh "$2"' bash "$kib" "$TMP/settings" \
			< <(shell_of claude)
		if [[ $status == 0 ]]; then
			assert_output "${ALLOWS[claude]}"
			continue
		fi
		((++denied))
		assert_status 2
		[[ ! $output ]] || denies claude 'out of memory|could not decide'
	done
	((denied > 3)) || fail "memory was never too little"
}

@test "with too few descriptors, it denies" {
	local n

	start_daemon --default-action allow
	# Where the program could be loaded at all, it denies by itself.
	run --separate-stderr bash -c '(ulimit -n 3; exec "$@") || exit 2' bash \
		"$FIRMA_SHIPPED" hook claude --socket "$SOCKET" < <(shell_of claude)
	[[ ! $output ]] || denies claude 'could not decide: '
	echo "$FIRMA_SHIPPED hook claude --socket $SOCKET $tail" >"$TMP/settings"
	for n in 0 1 2 3; do
		run --separate-stderr bash -c '(exec 3<"$2"; ulimit -n $1; . /dev/fd/3) || exit 2' bash "$n" \
			"$TMP/settings" < <(shell_of claude)
		((status != 0)) || fail "allowed with $n descriptors"
	done
}

@test "a standard output that takes nothing, or nothing whole, is a denial by status" {
	local agent

	start_daemon --default-action allow
	for agent in claude cline; do
		shell_of "$agent" >"$TMP/question"
			for how in '>/dev/full' '>&-' '| true' '1<>/dev/null >&-'; do
			run --separate-stderr bash -c "set -o pipefail; $FIRMA_SHIPPED hook $agent --socket $SOCKET <$TMP/question $how"
			[[ $how == '| true' && $status == 0 ]] || assert_status 2
			refute_output
		done
	done
}

@test "a pipe without a reader is a denial by status" {
	local fd

	start_daemon --default-action allow
	mkfifo "$TMP/pipe"
	exec {fd}<>"$TMP/pipe"
	exec {out}>"$TMP/pipe"
	exec {fd}<&-
	status=0
	shell_of claude >"$TMP/question"
	"$FIRMA_SHIPPED" hook claude --socket "$SOCKET" <"$TMP/question" 1>&"$out" 2>"$TMP/err" ||
		status=$?
	assert_status 2
	assert_equal "$(<"$TMP/err")" 'firma: denied: the answer could not be written'
}

@test "closed standard descriptors are a denial" {
	start_daemon --default-action allow
	run --separate-stderr bash -c "exec $FIRMA_SHIPPED hook claude --socket $SOCKET <&-"
	denies claude 'could not decide: '
	status=0
	"$FIRMA_SHIPPED" hook claude --socket "$SOCKET" <&- >&- 2>&- || status=$?
	assert_status 2
}

# --- the server for claude's permission prompt ----------------------------------------------------

# serves MESSAGE...: each is a line.
serves() {
	printf '%s\n' "$@" >"$TMP/messages"
	run --separate-stderr firma hook claude --mcp --socket "$SOCKET" --wait 0 <"$TMP/messages"
	assert_status 0
}

call() {
	echo '{"jsonrpc":"2.0","id":'"$1"',"method":"tools/call","params":{"name":"ask","arguments":'"$2"'}}'
}

@test "the server says what it is, and has one tool" {
	serves '{"jsonrpc":"2.0","id":0,"method":"initialize","params":{"protocolVersion":"2024-11-05"}}' \
		'{"jsonrpc":"2.0","method":"notifications/initialized"}' \
		'{"jsonrpc":"2.0","id":"a","method":"tools/list"}' '{"jsonrpc":"2.0","id":2,"method":"ping"}' \
		'{"jsonrpc":"2.0","id":3,"method":"nonsense"}' 'nonsense' \
		'{"jsonrpc":"2.0","id":4,"method":"tools/call","params":{"name":"other","arguments":{}}}'
	assert_equal "${#lines[@]}" 6
	assert_line -n 0 -e '^\{"jsonrpc":"2.0","id":0,"result":\{"protocolVersion":"2024-11-05","capabilities":\{"tools":\{\}\},"serverInfo":\{"name":"firma","version":"'
	assert_line -n 1 -p '{"jsonrpc":"2.0","id":"a","result":{"tools":[{"name":"ask"'
	assert_line -n 2 '{"jsonrpc":"2.0","id":2,"result":{}}'
	assert_line -n 3 -p '"id":3,"error":{"code":-32601,'
	assert_line -n 4 -p '"id":null,"error":{"code":-32700,'
	assert_line -n 5 -p '"id":4,"error":{"code":-32602,'
}

@test "the server allows with the input as it came, and denies with the reason" {
	start_daemon --default-action allow
	serves "$(call 1 '{"tool_name":"Bash","input":{"command":"ls \u00e9","n":1.50},"tool_use_id":"t"}')" \
		"$(call 2 '{"tool_name":"Write","input":{"file_path":"/x","content":"y"}}')" \
		"$(call 3 '{"tool_name":"Bash","input":{"n":1}}')" "$(call 4 '{"tool_name":"Bash"}')"
	assert_line -n 0 '{"jsonrpc":"2.0","id":1,"result":{"content":[{"type":"text","text":"{\"behavior\":\"allow\",\"updatedInput\":{\"command\":\"ls \\u00e9\",\"n\":1.50}}"}]}}'
	assert_line -n 1 -p '{\"behavior\":\"deny\",\"message\":\"denied for now: a person must decide (token '
	assert_line -n 2 -p '{\"behavior\":\"deny\",\"message\":\"there is no line of shell'
	assert_line -n 3 -p '"error":{"code":-32602,'
	stop_daemon
	serves "$(call 1 '{"tool_name":"Bash","input":{"command":"ls"}}')"
	assert_line -n 0 -p '{\"behavior\":\"deny\",\"message\":\"could not decide: '
	start_daemon --default-action pending_hitl
	serves "$(call 1 '{"tool_name":"Bash","input":{"command":"ls"}}')"
	assert_line -n 0 -p '{\"behavior\":\"deny\",\"message\":\"denied for now: a person must decide'
}
