#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
#
# The multi-call program, and what an operator types: `token list`, `show`, `approve` and `revoke`,
# and `status`; what a person sees of a request, and is asked on a terminal.

# shellcheck disable=SC2030,SC2031 # each test is a process, and so are its variables
# shellcheck disable=SC2034,SC2154 # some variables are those of lib.bash and of bats
# shellcheck disable=SC2086 # a verb may be two words

load lib

verbs=(serve check 'token list' 'token show' 'token approve' 'token revoke' 'token watch' status
	fingerprint)

# runs ARG...: the program, with standard error apart.
runs() {
	run --separate-stderr firma "$@"
}

# usage_error SENTENCE [ARG...]: one line, and status 2.
usage_error() {
	runs "${@:2}"
	assert_status 2
	refute_output
	assert_stderr "firma: $1"
}

# Looks at what `run` left: not one byte that a terminal would obey.
refute_control() {
	local text=$1

	if LC_ALL=C grep -q '[^[:print:][:space:]]' <<<"$text"; then
		fail "not fit for a terminal: $(od -c <<<"$text")"
	fi
}

# known STATE ID: in which state the daemon has the token.
known() {
	run operate show token_id="$2"
	output=${lines[0]}
	assert_field state "$1"
}

# asked N: that many questions stand on the terminal.
asked() {
	(($(grep -ao '\[y/N\] ' "$TMP/screen" | wc -l) >= $1))
}

# on_terminal INPUT ARG...: the program on a terminal, where somebody answers one question after the
# other with the lines of the input (printf's escapes are meant), and then ends it. What it prints
# on either output comes as one, as a terminal gets it.
on_terminal() {
	local command typed line n=0 pid keyboard

	_command "$FIRMA" "${@:2}"
	printf -v command '%q ' "${CMD[@]}"
	printf -v typed '%b' "$1"
	rm -f "$TMP/keyboard"
	mkfifo "$TMP/keyboard"
	exec {keyboard}<>"$TMP/keyboard"
	: >"$TMP/screen"
	_spawn env SHELL="$BASH" script -qec "$command" /dev/null <"$TMP/keyboard" >"$TMP/screen" 2>&1
	pid=$!

	while
		n=$((n + 1))
		_until "$pid" asked "$n" || true
		[[ $typed ]]
	do
		line=${typed%%$'\n'*}
		if [[ $typed == *$'\n'* ]]; then
			line+=$'\n'
		fi
		typed=${typed:${#line}}
		printf '%s' "$line" >&"$keyboard"
	done
	# Nobody is at the keyboard any more.
	if ! _is_gone "$pid"; then
		printf '\004' >&"$keyboard"
	fi
	status=0
	wait "$pid" || status=$?
	exec {keyboard}>&-
	output=$(tr -d '\r' <"$TMP/screen")
	mapfile -t lines <<<"$output"
}

# The list or the item on standard input, but for the time that passes.
without_time() {
	sed -E 's/"(age_ms|expires_in_ms)":[0-9]*/"\1":0/g'
}

# --- the program ----------------------------------------------------------------------------------

@test "--version prints the name and the version" {
	runs --version
	assert_status 0
	assert_output -e '^firma [0-9]+\.[0-9]+\.[0-9]+( \(commit [0-9a-f]{12}(-modified)?\))?$'
	refute_stderr
}

@test "--help names every verb, on standard output" {
	local verb form

	for form in --help -h; do
		runs "$form"
		assert_status 0
		refute_stderr
		for verb in "${verbs[@]}"; do
			assert_line -e "^  $verb  +[A-Z]"
		done
	done
}

@test "the help of a group names its verbs alone" {
	runs token --help
	assert_status 0
	refute_stderr
	assert_line -e '^  token list  +[A-Z]'
	refute_line -e '^  check '
}

@test "every verb has its help, on standard output" {
	local verb form

	for verb in "${verbs[@]}"; do
		for form in --help -h; do
			runs $verb "$form"
			assert_status 0
			refute_stderr
			assert_line -n 0 -p "Usage: firma $verb [OPTION...]"
			assert_line -e '^  -h, --help  '
		done
	done
}

@test "help VERB is the help of the verb, and help alone that of the program" {
	local verb words

	runs --help
	words=$output
	runs help
	assert_status 0
	assert_output "$words"
	for verb in token "${verbs[@]}"; do
		runs $verb --help
		words=$output
		runs help $verb
		assert_status 0
		refute_stderr
		assert_output "$words"
	done
	usage_error "unknown verb nonsense (see 'firma --help')" help nonsense
	usage_error "unknown verb nonsense (see 'firma token --help')" help token nonsense
}

@test "help is given before anything is done" {
	start_daemon --default-action pending_hitl
	runs token approve --yes --help "$(pending_token)"
	assert_status 0
	assert_line -n 0 -p 'Usage: firma token approve'
	runs token list --json --state pending
	assert_output -p '"state":"pending"'
}

@test "a symbolic link firma-VERB is the verb" {
	local verb

	for verb in check token status fingerprint nonsense; do
		ln -s "$FIRMA" "$TMP/firma-$verb"
	done
	start_daemon --default-action pending_hitl

	run --separate-stderr "${WRAPPER[@]}" "$TMP/firma-check" -- true
	assert_status 75
	run --separate-stderr "${WRAPPER[@]}" "$TMP/firma-token" list --json
	assert_status 0
	assert_field state pending
	run --separate-stderr "${WRAPPER[@]}" "$TMP/firma-token"
	assert_status 2
	assert_stderr "firma: a verb is missing after token (see 'firma token --help')"
	cd "$TMP"
	PATH=$TMP:$PATH run --separate-stderr "${WRAPPER[@]}" ./firma-status --help
	assert_status 0
	assert_line -n 0 'Usage: firma status [OPTION...]'
	run --separate-stderr "${WRAPPER[@]}" "$TMP/firma-nonsense"
	assert_status 2
	assert_stderr "firma: unknown verb nonsense (see 'firma --help')"
}

@test "a verb that isn't one is a usage error" {
	usage_error "a verb is missing (see 'firma --help')"
	usage_error "unknown verb nonsense (see 'firma --help')" nonsense
	usage_error "unknown verb chec, did you mean check? (see 'firma --help')" chec
	usage_error "unknown verb halp, did you mean help? (see 'firma --help')" halp token
	usage_error "unknown verb '' (see 'firma --help')" ''
	usage_error "unknown verb list (see 'firma --help')" list
	usage_error "unknown verb --nonsense (see 'firma --help')" --nonsense
	usage_error "unknown verb \$'\\x1B[2J' (see 'firma --help')" $'\e[2J'
	usage_error "a verb is missing after token (see 'firma token --help')" token
	usage_error "unknown verb check (see 'firma token --help')" token check
}

@test "options may follow operands, whatever POSIXLY_CORRECT says, but not a command" {
	local id

	start_daemon --default-action pending_hitl
	id=$(pending_token)
	for POSIXLY_CORRECT in '' 1; do
		[[ $POSIXLY_CORRECT ]] && export POSIXLY_CORRECT
		runs token show "$id" --json
		assert_status 0
		assert_output -e '^\{"token_id":'
		runs token show "${id:0:8}" -- --json
		assert_status 2
		runs fingerprint /bin/ls --nonsense
		assert_status 0
	done
	runs token approve "$id" --yes "$id"
	assert_status 0
	assert_equal "$stderr" "firma: $id: approved"$'\n'"firma: $id: approved"
	runs token revoke --reason no -- "$id"
	assert_status 0
}

@test "an option that isn't one is a usage error of its verb" {
	local verb

	for verb in "${verbs[@]}"; do
		usage_error "unknown option --nonsense (see 'firma $verb --help')" \
			$verb --nonsense
		usage_error "unknown option -Z (see 'firma $verb --help')" $verb -Z
	done
	usage_error "ambiguous option --t=1 (see 'firma check --help')" check --t=1 -- x
	usage_error "an option without a value has one: --yes=1 (see 'firma token approve --help')" \
		token approve --yes=1
	usage_error "a value is missing after --socket (see 'firma status --help')" \
		status --socket
}

@test "a slip in a verb or an option is answered with what may have been meant" {
	usage_error "unknown verb tokn, did you mean token? (see 'firma --help')" tokn list
	usage_error "unknown verb aprove, did you mean approve? (see 'firma token --help')" \
		token aprove
	usage_error "unknown option --sesion=x, did you mean --session? (see 'firma check --help')" \
		check --sesion=x -- true
	usage_error "unknown option --forever (see 'firma token approve --help')" \
		token approve --forever
}

@test "options may follow operands, but not those of a command" {
	local id

	start_daemon --default-action pending_hitl
	id=$(pending_token)
	runs token show "$id" --json
	assert_status 0
	assert_field token_id "$id"
	runs token show -- "$id" --json
	assert_status 2
	runs check --json "$BASH" --help
	assert_status 75
	assert_field decision pending_hitl
}

@test "an option may be cut short, and its value may follow a = or be the next word" {
	local id

	start_daemon --default-action pending_hitl
	id=$(pending_token)
	for form in --state=pending '--state pending' --st=pending '--sta pending'; do
		FIRMA_OPERATOR_SOCKET='' runs token list --js --so "$SOCKET" --timeout=5s $form
		assert_status 0
		assert_field token_id "$id"
	done
	runs token list --state=
	assert_status 2
}

@test "arguments that a verb doesn't take are a usage error" {
	local id=11111111-1111-4111-8111-111111111111

	usage_error "it takes no arguments (see 'firma status --help')" status now
	usage_error "it takes no arguments (see 'firma token list --help')" token list "$id"
	usage_error "it takes no arguments (see 'firma serve --help')" serve now
	usage_error "it takes one token's ID (see 'firma token show --help')" token show
	usage_error "it takes one token's ID (see 'firma token show --help')" token show "$id" "$id"
	usage_error "the token's ID is missing (see 'firma token approve --help')" token approve
	usage_error "the token's ID is missing (see 'firma token revoke --help')" token revoke --yes
	usage_error "--timeout wants a time, such as 5s (see 'firma status --help')" \
		status --timeout x
	usage_error "--state wants pending, approved, consumed, refused or expired (see 'firma token list --help')" \
		token list --state gone
	usage_error "--reason wants UTF-8 (see 'firma token revoke --help')" \
		token revoke --reason $'\xff' "$id"
}

@test "what serve can't make sense of is a usage error" {
	local options

	while read -ra options; do
		runs serve --socket "$SOCKET" --store memory "${options[@]}"
		assert_status 2
		refute_output
		assert_stderr -e "^firma: ${options[0]%%=*} wants .* \\(see 'firma serve --help'\\)\$"
	done <<-'END'
		--default-action=maybe
		--default-action=
		--store=redis
		--token-ttl=0s
		--token-ttl=x
		--retry-after=-1s
		--max-pending=0
		--max-pending=1.5
		--max-store=1k
		--max-store=x
		--idle-timeout=never
		--agent-group=there-is-no-such-group
		--operator-group=4294967295
		--operator-group=
	END
	usage_error "--operator-socket needs --socket beside it (see 'firma serve --help')" \
		serve --operator-socket "$SOCKET"
	usage_error "--state-dir is not for --store=memory (see 'firma serve --help')" \
		serve --socket "$SOCKET" --store=memory --state-dir "$STATE_DIR"
	[[ ! -e $SOCKET ]]
}

# --- output ---------------------------------------------------------------------------------------

# full WHAT ARG...: output that could not be written is no success.
full() {
	run --separate-stderr firma_to_full "$@"
	assert_status 3
	assert_line -n 0 -e '^firma: could not write standard output: (No space left on device|an earlier write failed)$'
}

firma_to_full() {
	firma "$@" 2>&1 >/dev/full | grep -v '^firma: pending'
	return "${PIPESTATUS[0]}"
}

@test "what can't be written is noticed, by every verb that prints" {
	local id verb

	start_daemon --default-action pending_hitl
	id=$(pending_token)
	full --version
	full --help
	full token --help
	for verb in "${verbs[@]}"; do
		full $verb --help
	done
	full check -- true
	full check --json -- true
	full fingerprint -- true
	full token list
	full token list --json
	full token show "$id"
	full token show --json "$id"
	full status
	full status --json
}

@test "an output that is closed is noticed, too" {
	local id

	start_daemon --default-action pending_hitl
	id=$(pending_token)
	closed() {
		firma "$@" 2>"$TMP/err" >&-
	}
	for words in --version "token list" "token list --json" "token show $id" status "check -- true"; do
		run closed $words
		assert_status 3
		grep -q '^firma: could not write standard output: Bad file descriptor$' "$TMP/err"
	done
}

@test "an output that ends in the middle of a long list is noticed" {
	local n

	start_daemon --default-action pending_hitl
	for ((n = 0; n < 8; n++)); do
		pending_token args:="[\"$(printf '%030000d' "$n")\"]" >/dev/null
	done
	full token list
	full token list --json
}

@test "a reader that has left is noticed, where its signal does not end the program" {
	local fd

	exec {fd}> >(:)
	wait "$!"
	run --separate-stderr env --ignore-signal=PIPE "$BASH" -c '"$@" >&'"$fd" bash \
		"${WRAPPER[@]}" "$FIRMA" --version
	exec {fd}>&-
	assert_status 3
	assert_stderr 'firma: could not write standard output: Broken pipe'
}

@test "a denied check has nothing to write, and a full output is none of its business" {
	start_daemon --default-action deny
	to_full() {
		firma check -- true 2>/dev/null >/dev/full
	}
	run to_full
	assert_status 1
}

# --- token list -----------------------------------------------------------------------------------

@test "an empty list says so on standard error alone" {
	start_daemon
	for option in '' --json --state=pending; do
		runs token list $option
		assert_status 0
		refute_output
		assert_stderr 'firma: no tokens'
	done
}

@test "a list is a table, what waits for a decision first" {
	local one two three before n

	start_daemon --default-action pending_hitl --token-ttl 10min
	one=$(pending_token args:='["one"]')
	two=$(pending_token args:='["two","a b"]')
	three=$(pending_token args:='["three"]')
	operate revoke token_id="$one"
	operate approve token_id="$two"

	runs token list
	assert_status 0
	refute_stderr
	assert_equal "${#lines[@]}" 4
	assert_line -n 0 -e '^TOKEN  +STATE  +AGE  +LEFT  +UID  +APPROVED BY  +COMMAND$'
	assert_line -n 1 -e "^$three  pending   [0-9]+s  +(10min|9min [0-9]+s) *$EUID  +-  +/usr/bin/git three\$"
	assert_line -e "^$one  refused   [0-9]+s  +-  *$EUID  +-  +/usr/bin/git one\$"
	assert_line -e "^$two  approved  .* $EUID [0-9:]{8}Z  +/usr/bin/git two 'a b'\$"

	# The columns stand below their names.
	before=${lines[0]%COMMAND}
	for ((n = 1; n < 4; n++)); do
		assert_equal "${lines[n]:${#before}:12}" /usr/bin/git
	done
}

@test "a list in which nothing was approved has no column for that" {
	start_daemon --default-action pending_hitl
	pending_token >/dev/null
	runs token list
	assert_line -n 0 -e '^TOKEN  +STATE  +AGE  +LEFT  +UID  +COMMAND$'
}

@test "who approved, when, how, and whether for good, is shown and survives a restart" {
	local id

	start_daemon --default-action pending_hitl
	id=$(pending_token cwd=/work real_path=/usr/bin/git args:='["a"]')
	runs token show "$id"
	refute_output -p approved
	runs token approve --yes --always --for 8h "$id"
	assert_status 0
	shows_approval() {
		runs token show "$id"
		assert_line -e "^approved by  uid $EUID \($(id -un)\), confirmed by --yes, always for 8h\$"
		assert_line -e '^approved     [0-9]{4}-[0-9-]{5}T[0-9:.]{12}Z$'
		runs token show --json "$id"
		assert_field approved_by "$EUID"
		assert_field confirmed --yes
		assert_field always true
		assert_field for_ms 28800000
		runs token list
		assert_line -n 1 -e " $EUID [0-9:]{8}Z always for 8h  /usr/bin/git a  \(in /work\)\$"
	}
	shows_approval
	restart_daemon --default-action pending_hitl
	shows_approval

	# What became of it then doesn't change that.
	must_allow ask approval_token="$id" cwd=/work real_path=/usr/bin/git args:='["a"]'
	shows_approval
	id=$(pending_token args:='["b"]')
	on_terminal 'y\n' token approve "$id"
	runs token revoke "$id"
	runs token show "$id"
	assert_line "approved by  uid $EUID ($(id -un)), confirmed by terminal"
}

must_allow() {
	run "$@"
	assert_decision allow
}

restart_daemon() {
	stop_daemon
	start_daemon "$@"
}

@test "a list can be cut to a state" {
	local one two

	start_daemon --default-action pending_hitl
	one=$(pending_token args:='["one"]')
	two=$(pending_token args:='["two"]')
	operate approve token_id="$two"
	runs token list --state pending
	assert_output -p "$one"
	refute_output -p "$two"
	runs token list --state approved
	assert_output -p "$two"
	refute_output -p "$one"
	runs token list --state consumed
	assert_status 0
	refute_output
	assert_stderr 'firma: no tokens'
}

@test "a purpose is one quoted line below the other claims, and ends a line of the list" {
	local id

	start_daemon --default-action pending_hitl
	id=$(pending_token cwd=/work purpose=$'fix\n  rule  x\u202e')
	runs token show "$id"
	assert_line -e "^  profile +generic\$"
	assert_line "  purpose    \$'fix\\n  rule  x\\xE2\\x80\\xAE'"
	run grep -A 1 '^  profile' <<<"$output"
	assert_line -n 1 -e '^  purpose '
	runs token list
	assert_line -n 1 -e " /usr/bin/git status  \(in /work\)  \(for .*fix.*\)\$"
}

@test "--json prints the daemon's objects as they came, one a line" {
	start_daemon --default-action pending_hitl
	pending_token args:='["\u001b[2J","a b"]' >/dev/null
	pending_token >/dev/null
	run operate list
	assert_equal "${#lines[@]}" 3

	expected=$(printf '%s\n' "${lines[@]:0:2}" | without_time)
	runs token list --json
	assert_status 0
	assert_equal "$(without_time <<<"$output")" "$expected"
	refute_output -p outcome
}

@test "what the daemon lists is shown even where it has keys that nobody knows" {
	{
		item 11111111-1111-4111-8111-111111111111 new:='{"a":[1]}' state=held
		echo '{"outcome":"ok","more":1}'
	} >"$TMP/list"
	answer "$TMP/list"
	runs token list
	assert_status 0
	assert_line -n 1 -e '^11111111-1111-4111-8111-111111111111  \?  .*/bin/ls$'
}

@test "what is no list is not shown as one" {
	local member

	answer "$TMP/list"
	for member in token_id- token_id=11111111 token_id=$'11111111-1111-4111-8111-11111111111\e' \
		state- state:=1 executable- args- args='a' args:='[1]' args:='{}' uid- uid=0 uid:=-1 \
		uid:=1.5 session_id- fingerprint- expires_in_ms- expires_in_ms:=-1 rule- cwd:=1 \
		agent_id:=null process:='[]'; do
		{
			item 11111111-1111-4111-8111-111111111111 "$member"
			echo '{"outcome":"ok"}'
		} >"$TMP/list"
		for verb in list 'list --json' 'show 11111111-1111-4111-8111-111111111111' \
			'show 11111111'; do
			runs token $verb
			if [[ $status != 3 || $output || $stderr != 'firma: the answer holds what is not a token' ]]; then
				fail "$verb, $member: status $status, output $output, stderr $stderr"
			fi
		done
	done

	for member in nonsense '' '[]' '{"outcome":"fine"}' '{"outcome":"not_found"}' \
		'{"outcome":"ok"}{"outcome":"ok"}' '{"outcome":"ok","decision":"allow","reason":"r"}'; do
		printf '%s\n' "$member" >"$TMP/list"
		runs token list
		if [[ $status != 3 || $output || $stderr != 'firma: '* ]]; then
			fail "$member: status $status, output $output, stderr $stderr"
		fi
	done
}

@test "a list that ends without its outcome is not shown as a whole one" {
	item 11111111-1111-4111-8111-111111111111 >"$TMP/list"
	answer "$TMP/list"
	runs token list
	assert_status 3
	refute_output
	assert_stderr "firma: $SOCKET: the connection ended without an answer"
	runs token show 11111111-1111-4111-8111-111111111111
	assert_status 3
	assert_stderr "firma: $SOCKET: the connection ended without an answer"
}

# --- token show -----------------------------------------------------------------------------------

@test "show tells what runs, who asks, and what is but claimed" {
	local id

	start_daemon --default-action pending_hitl
	id=$(pending_token args:='["push","a b",""]' agent_id=bot cwd=/srv real_path=/usr/lib/git-core/git \
		executable_sha256="$(printf '%064d' 1)")
	runs token show "$id"
	assert_status 0
	refute_stderr
	assert_line -n 0 "token        $id"
	assert_line -n 1 "command      /usr/bin/git push 'a b' ''"
	assert_line -n 2 -e '^state        pending, expires in (5min|4min .*)$'
	assert_line -n 3 -e "^asked by     uid $EUID( \\(.*\\))?, pid [0-9]+\$"
	assert_line -n 4 'it claims'
	assert_line -n 5 -e '^  process    .*unit.*'
	assert_line -n 6 '  directory  /srv'
	assert_line -n 7 '  real path  /usr/lib/git-core/git'
	assert_line -n 8 "  sha256     $(printf '%064d' 1)"
	assert_line -n 9 '  agent      bot'
	assert_line -n 10 '  session    sess'
	assert_line -n 11 '  sandbox    sbx'
	assert_line -n 12 '  profile    generic'
	assert_line -n 13 'rule         default_action'
	assert_line -n 14 -e '^issued       [0-9]{4}-[0-9]{2}-[0-9]{2}T.*Z$'
	assert_line -n 15 -e '^expires      [0-9]{4}-[0-9]{2}-[0-9]{2}T.*Z$'
	assert_line -n 16 -e '^fingerprint  [0-9a-f]{64}$'
	assert_equal "${#lines[@]}" 17
}

@test "show tells the rule that asks, and its reason" {
	local id

	mkdir "$TMP/policy"
	echo '{"exec":[{"id":"push","argv":["git","push"],"action":"pending_hitl","reason":"others see \u001b[2J it"}]}' \
		>"$TMP/policy/policy.json"
	start_daemon --policy "$TMP/policy/policy.json"
	id=$(pending_token args:='["push"]')
	runs token show "$id"
	assert_line 'rule         push: others see \u{1B}[2J it'
	stop_daemon
	start_daemon --policy "$TMP/policy/policy.json"
	runs token show --json "$id"
	assert_output -p '"rule":"push","rule_reason":"others see \u001b[2J it"'
}

@test "show tells an operator's reason of a revoked one, and not what it lacks" {
	local id

	start_daemon --default-action pending_hitl
	id=$(pending_token)
	operate revoke token_id="$id" reason='not on a Friday'
	runs token show "$id"
	assert_line 'state        refused'
	assert_line "reason       'not on a Friday'"
	refute_line -p directory
	refute_line -p agent
}

@test "show --json is the daemon's object as it came" {
	local id

	start_daemon --default-action pending_hitl
	id=$(pending_token)
	run operate show token_id="$id"
	expected=$(without_time <<<"${lines[0]}")
	runs token show --json "$id"
	assert_status 0
	assert_equal "$(without_time <<<"$output")" "$expected"
}

@test "nothing that a request holds moves a terminal" {
	local id verb
	local bad='\u001b[2J\r\n\u0007\u202e\u200b\u00a0\u009b\u2028\ue000\b\u007f'

	start_daemon --default-action pending_hitl
	id=$("$UNIT" request args:="[\"$bad\",\"a\\nb\"]" executable:="\"/bin/x$bad\"" \
		cwd:="\"/d$bad\"" real_path:="\"/r$bad\"" agent_id:="\"a$bad\"" \
		session_id:="\"s$bad\"" sandbox_id:="\"b$bad\"" profile:="\"p$bad\"" |
		send | "$UNIT" get approval_token)
	operate revoke token_id="$id" reason:="\"r$bad\""

	for verb in list "show $id"; do
		runs token $verb
		assert_status 0
		assert_output -p "\$'/bin/x\\x1B[2J\\r\\n\\x07\\xE2\\x80\\xAE\\xE2\\x80\\x8B\\xC2\\xA0\\xC2\\x9B\\xE2\\x80\\xA8\\xEE\\x80\\x80\\x08\\x7F'"
		assert_output -p "\$'a\\nb'"
		refute_control "$output"
	done
	assert_equal "${#lines[@]}" 17
	for key in reason directory 'real path' agent session sandbox profile; do
		assert_line -e "^ *$key .*\\\\x1B\\[2J"
	done
}

@test "the name of the process that asks is escaped, too" {
	local id

	answer "$TMP/list"
	{
		item 11111111-1111-4111-8111-111111111111 process:='"x\u001b[2J"' pid:=7 \
			state:='"pending\u001b[2J"'
		echo '{"outcome":"ok"}'
	} >"$TMP/list"
	runs token show 11111111-1111-4111-8111-111111111111
	assert_line "  process    \$'x\\x1B[2J'"
	assert_line -e '^state +pending\\u\{1B\}\[2J'
	refute_control "$output"
	runs token list
	refute_control "$output"
}

# started_by NAME...: asks, as a process whose ancestors have these names, the farthest first; prints
# the token.
started_by() {
	local name command=()

	for name; do
		printf '#!%s\n"$@"\nexit "$?"\n' "$BASH" >"$TMP/$name"
		chmod +x "$TMP/$name"
		command+=("$TMP/$name")
	done
	request >"$TMP/request"
	_command "$UNIT" probe "$SOCKET"
	"${command[@]}" "${CMD[@]}" <"$TMP/request" | "$UNIT" get approval_token
}

@test "the names of the asker's parents are shown, the nearest first, and claimed" {
	local id

	start_daemon --default-action pending_hitl
	id=$(started_by claude make)
	runs token show "$id"
	assert_line -n 4 'it claims'
	assert_line -n 5 -e '^  process    [^ ]+, started by make, claude(, .*)?$'
	runs token show --json "$id"
	assert_output -e '"process":"[^"]+","parents":\["make","claude"[],]'
	stop_daemon
	start_daemon --default-action pending_hitl
	runs token show "$id"
	assert_line -n 5 -e '^  process    [^ ]+, started by make, claude(, .*)?$'
}

# asks_twice NAME COMMAND [STARTER]: asks, runs COMMAND, and asks something else, as a process of this
# name, which STARTER starts; prints both tokens.
asks_twice() {
	request args:='["one"]' >"$TMP/one"
	request args:='["two"]' >"$TMP/two"
	_command "$UNIT" probe "$SOCKET"
	printf '#!%s\n"$@" <"%s/one"\n%s\n"$@" <"%s/two"\nexit "$?"\n' \
		"$BASH" "$TMP" "$2" "$TMP" >"$TMP/$1"
	chmod +x "$TMP/$1"
	"${@:3}" "$TMP/$1" "${CMD[@]}" | "$UNIT" get approval_token
}

@test "a parent's name is the one that it has when the command is asked for" {
	local ids

	start_daemon --default-action pending_hitl
	# shellcheck disable=SC2016 # the script expands it
	ids=$(asks_twice early 'printf later >"/proc/$$/comm"')
	runs token show "${ids%$'\n'*}"
	assert_line -n 5 -e '^  process    [^ ]+, started by early(, .*)?$'
	runs token show "${ids#*$'\n'}"
	assert_line -n 5 -e '^  process    [^ ]+, started by later(, .*)?$'
}

@test "a parent that has ended is not shown for what is asked later" {
	local ids leave

	start_daemon --default-action pending_hitl
	# Its parent is killed, and it is adopted by another process.
	# shellcheck disable=SC2016 # the script expands it
	leave='kill -KILL "$PPID"; while [[ $(cut -d " " -f 4 "/proc/$$/stat") == "$PPID" ]]; do :; done'
	printf '#!%s\n"$@"\nexit "$?"\n' "$BASH" >"$TMP/ended"
	chmod +x "$TMP/ended"
	ids=$(asks_twice child "$leave" "$TMP/ended" 2>/dev/null) || true
	runs token show "${ids%$'\n'*}"
	assert_line -n 5 -e '^  process    [^ ]+, started by child, ended(, .*)?$'
	runs token show "${ids#*$'\n'}"
	assert_line -n 5 -e '^  process    [^ ]+, started by child(, .*)?$'
	refute_line -n 5 -p ended
}

@test "a parent can call itself what it wants, and neither moves a terminal nor hides another" {
	local id

	start_daemon --default-action pending_hitl
	id=$(started_by agent $'x) S 1 1 (\e[2J' make make)
	runs token show "$id"
	refute_control "$output"
	assert_line -n 5 -e '^  process    [^ ]+, started by make, .x\) S 1 1 \(.*2J., agent(, .*)?$'
}

@test "letters that look like others are warned of" {
	local id

	start_daemon --default-action pending_hitl
	id=$(pending_token args:='["p\u0430ypal"]')
	runs token show "$id"
	assert_line 'warning      a word mixes Latin letters with Cyrillic or Greek look-alikes'
	id=$(pending_token args:='["paypal","\u043F\u0440\u0438\u0432\u0435\u0442"]')
	runs token show "$id"
	refute_line -p warning
	id=$(pending_token args:='["/etc\u2215passwd"]')
	runs token show "$id"
	assert_line "warning      U+2215 looks like '/' but is not"
}

@test "a long command is shown whole" {
	local id long

	start_daemon --default-action pending_hitl
	long=$(printf '%020000d' 7)
	id=$(pending_token args:="[\"$long\",\"end\"]")
	for verb in list "show $id"; do
		runs token $verb
		assert_line -e " ?/usr/bin/git $long end\$"
	done
}

# --- approve and revoke ---------------------------------------------------------------------------

@test "off a terminal, approve --yes and revoke act, and say what they did" {
	local one two

	start_daemon --default-action pending_hitl
	one=$(pending_token args:='["1"]')
	two=$(pending_token args:='["2"]')
	runs token approve --yes "$one"
	assert_status 0
	refute_output
	assert_stderr "firma: $one: approved"
	known approved "$one"
	known pending "$two"
	runs token revoke "$two"
	assert_status 0
	refute_output
	assert_stderr "firma: $two: refused"
	known revoked "$two"

	# What is so already is done as well.
	runs token approve --yes "$one"
	assert_status 0
	runs token revoke "$two"
	assert_status 0
}

@test "a refusal is status 1, and says which token and why" {
	local one two id=11111111-1111-4111-8111-111111111111

	start_daemon --default-action pending_hitl
	runs token approve --yes "$id"
	assert_status 1
	refute_output
	assert_stderr "firma: $id: approval token not found"
	runs token show "$id"
	assert_status 1
	refute_output
	assert_stderr "firma: $id: approval token not found"

	one=$(pending_token)
	two=$(pending_token)
	operate approve token_id="$one"
	ask approval_token="$one"
	operate revoke token_id="$two"
	runs token approve --yes "$one"
	assert_status 1
	assert_stderr -e "^firma: $one: .*already consumed"
	runs token revoke "$one"
	assert_status 1
	assert_stderr -e "^firma: $one: .*already consumed"
	runs token approve --yes "$two"
	assert_status 1
	assert_stderr -e "^firma: $two: .*refused"
}

@test "an expired token is refused" {
	local id

	start_daemon --default-action pending_hitl
	id=$(pending_token)
	move_clock 301
	runs token approve --yes "$id"
	assert_status 1
	assert_stderr -e "^firma: $id: .*expired"
	runs token list
	assert_line -e "^$id  expired  5min 1?[0-9]s +- "
}

@test "of several tokens each is tried, and the worst outcome is the whole's" {
	local one two id=11111111-1111-4111-8111-111111111111

	start_daemon --default-action pending_hitl
	one=$(pending_token args:='["1"]')
	two=$(pending_token args:='["2"]')
	runs token approve --yes "$one" "$id" "$two"
	assert_status 1
	assert_stderr "firma: $one: approved
firma: $id: approval token not found
firma: $two: approved"
	known approved "$one"
	known approved "$two"

	runs token revoke short "$one" "$id"
	assert_status 2
	known revoked "$one"
	stop_daemon
	runs token revoke "$id" short
	assert_status 3
}

@test "the asker is told the reason, and nobody's terminal is moved by it" {
	local id

	start_daemon --default-action pending_hitl
	id=$(pending_token)
	runs token revoke --reason $'not\e[2J today' "$id"
	assert_status 0
	run ask approval_token="$id"
	assert_decision deny -p $'not\e[2J today'
	runs check --token "$id" -- true
	assert_status 1
	refute_control "$stderr"
}

@test "a reason that is too long is refused, and the token stays" {
	local id

	start_daemon --default-action pending_hitl
	id=$(pending_token)
	runs token revoke --reason "$(printf '%01025d' 0)" "$id"
	assert_status 1
	assert_stderr -p "firma: $id: "
	assert_stderr -p 1024
	known pending "$id"
}

@test "all that are live, a session's or a user's tokens are revoked with one word" {
	local one two three

	start_daemon --default-action pending_hitl
	one=$(pending_token session_id='a b')
	two=$(pending_token session_id=other)
	three=$(pending_token session_id=third)
	operate approve token_id="$three"

	runs token revoke --session 'a b' --reason stop
	assert_status 0
	refute_output
	assert_stderr 'firma: refused: 1 token'
	known revoked "$one"
	known pending "$two"
	run ask session_id='a b' approval_token="$one"
	assert_decision deny 'refused by an operator: stop'

	runs token revoke --uid 4294967000
	assert_status 0
	assert_stderr 'firma: there was nothing to refuse'

	runs token revoke --all
	assert_status 0
	assert_stderr 'firma: refused: 2 tokens'
	known revoked "$two"
	known revoked "$three"

	one=$(pending_token)
	runs token revoke --uid "$(id -un)"
	assert_stderr 'firma: refused: 1 token'
	known revoked "$one"
}

@test "a session's or a user's pending tokens are approved one by one, each by its fingerprint" {
	local one two three four

	start_daemon --default-action pending_hitl --evidence-log "$TMP/evidence"
	one=$(pending_token session_id='a b' args:='["1"]')
	two=$(pending_token session_id=other args:='["2"]')
	three=$(pending_token session_id='a b' args:='["3"]')
	four=$(pending_token session_id='a b' args:='["4"]')
	operate revoke token_id="$four"

	runs token approve --yes --session 'a b'
	assert_status 0
	assert_equal "${#lines[@]}" 3
	assert_line -n 1 -e "^$one  pending .*git 1"
	assert_line -n 2 -e "^$three  pending .*git 3"
	assert_stderr "firma: $one: approved
firma: $three: approved"
	known approved "$one"
	known approved "$three"
	known pending "$two"
	known revoked "$four"
	assert_equal "$(grep -c '"action":"local.exec.approve".*"fingerprint":"[0-9a-f]\{64\}"' "$TMP/evidence")" 2

	runs token approve --yes --session 'a b'
	assert_status 1
	refute_output
	assert_stderr "firma: there are no pending tokens of session 'a b'"
	runs token approve --yes --uid 4294967000
	assert_status 1
	assert_stderr 'firma: there are no pending tokens of uid 4294967000'
	runs token approve --yes --uid "$(id -un)"
	assert_status 0
	assert_stderr "firma: $two: approved"
	known approved "$two"
}

@test "a session that several users name is not approved unseen" {
	need_root
	local one two

	start_daemon --default-action pending_hitl --agent-group 4242 \
		--operator-socket "$TMP/operator.sock"
	OPERATOR_SOCKET=$TMP/operator.sock
	one=$(pending_token session_id=s)
	two=$(AS_UID=4242 pending_token session_id=s)
	runs token approve --yes --socket "$OPERATOR_SOCKET" --session s
	assert_status 1
	assert_stderr -p 'several users name this session'
	known pending "$one"
	known pending "$two"
	runs token approve --yes --socket "$OPERATOR_SOCKET" --uid 4242
	assert_status 0
	known approved "$two"
}

@test "what to approve is said once: IDs, --uid or --session" {
	local help="(see 'firma token approve --help')"

	usage_error "the token's ID is missing $help" token approve --yes
	usage_error "IDs, --uid, --session exclude one another $help" token approve --yes --uid 0 12345678
	usage_error "IDs, --uid, --session exclude one another $help" token approve --yes --uid 0 --session x
	usage_error "unknown option --all $help" token approve --yes --all
	usage_error "approving without a terminal needs --yes $help" token approve --uid 0
}

@test "what to revoke is said once: IDs, --all, --uid or --session" {
	local help="(see 'firma token revoke --help')"
	local exclude="IDs, --all, --uid, --session exclude one another $help"

	usage_error "the token's ID is missing $help" token revoke
	usage_error "$exclude" token revoke --all 12345678
	usage_error "$exclude" token revoke --all --uid 0
	usage_error "$exclude" token revoke --uid 0 --session x
	usage_error "--uid wants a user's number or name $help" token revoke --uid no-such-user
	usage_error "--uid wants a user's number or name $help" token revoke --uid 4294967295
	usage_error "--session wants UTF-8 $help" token revoke --session $'\xff'
	usage_error "unknown option --all (see 'firma token approve --help')" \
		token approve --all
}

@test "a prefix of 8 characters or more that fits one token is as good as its ID" {
	local id other n

	start_daemon --default-action pending_hitl
	id=$(pending_token args:='["this"]')
	other=$(pending_token args:='["other"]')
	for n in 8 9 13 35; do
		runs token show --json "${id:0:n}"
		assert_status 0
		assert_field token_id "$id"
	done
	runs token approve --yes "${id:0:8}"
	assert_status 0
	known approved "$id"
	known pending "$other"
	runs token revoke "${id:0:12}"
	assert_status 0
	known revoked "$id"
}

@test "a prefix of several tokens is refused, and they are named" {
	local one=12345678-1111-4111-8111-111111111111 two=12345678-2222-4222-8222-222222222222
	local long

	long=$(printf %0200d 7)

	{
		item "$one"
		item "$two" state=consumed args:="[\"\\u001b[2J\",\"$long\"]"
		item 87654321-1111-4111-8111-111111111111
		echo '{"outcome":"ok"}'
	} >"$TMP/list"
	answer "$TMP/list"
	for verb in show 'approve --yes' revoke; do
		# shellcheck disable=SC2086 # words
		runs token $verb 12345678
		assert_status 1
		refute_output
		assert_stderr "firma: '12345678' fits several tokens:
  $one  pending   /bin/ls
  $two  consumed  /bin/ls \$'\\x1B[2J' $long"
	done
}

@test "a prefix of no token is refused" {
	start_daemon --default-action pending_hitl
	pending_token >/dev/null
	runs token approve --yes 00000000
	assert_status 1
	assert_stderr "firma: no token begins with '00000000'"
}

@test "what is neither an ID nor long enough a prefix is a usage error" {
	local id word

	start_daemon --default-action pending_hitl
	id=$(pending_token)
	for word in "${id:0:7}" '' "${id}0" nonsense "${id:0:8}x" "${id:0:8} " "${id:0:4}****" \
		$'12345678\e'; do
		usage_error "a token's ID is wanted, or at least its first 8 characters (see 'firma token approve --help')" \
			token approve --yes "$word"
	done
	known pending "$id"
}

# --- on a terminal --------------------------------------------------------------------------------

@test "on a terminal, approve shows the request and asks: y approves" {
	local id answer

	start_daemon --default-action pending_hitl
	for answer in y Y yes; do
		id=$(pending_token args:="[\"$answer\"]")
		on_terminal "$answer\n" token approve "$id"
		assert_status 0
		assert_line "command      /usr/bin/git $answer"
		assert_output -p 'Approve this? [y/N] '
		assert_line -n -1 -p "firma: $id: approved"
		known approved "$id"
	done
}

@test "anything but a yes leaves the token as it is, with status 1" {
	local id answer

	start_daemon --default-action pending_hitl
	id=$(pending_token)
	for answer in 'n\n' '\n' 'yellow\n' ' y\n' 'ja\n' 'y y\n' '\004' ''; do
		on_terminal "$answer" token approve "$id"
		assert_status 1
		assert_output -p 'Approve this? [y/N] '
		assert_line -n -1 -p "firma: $id: left as it is"
		known pending "$id"
	done
	on_terminal 'n\n' token revoke "$id"
	assert_status 1
	assert_output -p 'Refuse this? [y/N] '
	known pending "$id"
}

@test "revoke asks as well" {
	local id

	start_daemon --default-action pending_hitl
	id=$(pending_token)
	on_terminal 'y\n' token revoke --reason 'no' "$id"
	assert_status 0
	assert_output -p 'Refuse this? [y/N] '
	assert_line -n -1 -p "firma: $id: refused"
	known revoked "$id"
}

@test "--yes does not ask, and shows nothing" {
	local id option

	start_daemon --default-action pending_hitl
	for option in --yes -y; do
		id=$(pending_token)
		on_terminal '' token approve "$option" "$id"
		assert_status 0
		refute_output -p 'Approve'
		refute_output -p '/usr/bin/git'
		known approved "$id"
	done
}

@test "each of several tokens is asked about by itself" {
	local one two

	start_daemon --default-action pending_hitl
	one=$(pending_token args:='["1"]')
	two=$(pending_token args:='["2"]')
	on_terminal 'n\ny\n' token approve "$one" "${two:0:8}"
	assert_status 1
	known pending "$one"
	known approved "$two"
}

@test "what is asked about is escaped" {
	local id

	start_daemon --default-action pending_hitl
	id=$(pending_token args:='["\u001b[2J\r\u202e"]')
	on_terminal 'n\n' token approve "$id"
	assert_output -p "command      /usr/bin/git \$'\\x1B[2J\\r\\xE2\\x80\\xAE'"
	refute_control "$output"
}

@test "the answer holds for what was shown: it names the fingerprint" {
	local id fingerprint

	start_daemon --default-action pending_hitl
	id=$(pending_token)
	on_terminal 'y\n' token approve "$id"
	fingerprint=$(sed -n 's/^fingerprint  //p' <<<"$output")
	stop_daemon

	# The last exchange that the daemon had.
	tail -n 1 "$TMP/witness" | "$UNIT" get request_hex | sed 's/../\\x&/g' >"$TMP/hex"
	output=$(printf '%b' "$(<"$TMP/hex")")
	assert_field action local.exec.approve
	assert_field fingerprint "$fingerprint"
}

@test "a token that is not there is not asked about" {
	start_daemon --default-action pending_hitl
	on_terminal '' token approve 11111111-1111-4111-8111-111111111111
	assert_status 1
	assert_line 'firma: 11111111-1111-4111-8111-111111111111: approval token not found'
	refute_output -p 'Approve this?'
}

@test "where input is no terminal, nothing is asked, and approving needs --yes" {
	local id words
	local help="(see 'firma token approve --help')"

	start_daemon --default-action pending_hitl
	id=$(pending_token)
	for words in '' --always '--always --for 1h'; do
		# shellcheck disable=SC2086 # words
		usage_error "approving without a terminal needs --yes $help" token approve $words "$id"
	done
	_command "$FIRMA" token approve "$id"
	# shellcheck disable=SC2016
	run env SHELL="$BASH" script -qec "$(printf '%q ' "${CMD[@]}") </dev/null" /dev/null </dev/null
	assert_status 2
	refute_output -p 'Approve this?'
	known pending "$id"

	_command "$FIRMA" token approve --yes "$id"
	run env SHELL="$BASH" script -qec "$(printf '%q ' "${CMD[@]}") </dev/null" /dev/null </dev/null
	assert_status 0
	refute_output -p 'Approve this?'
	known approved "$id"
}

@test "the record says whether an approval was confirmed on a terminal or by --yes" {
	local one two three

	start_daemon --default-action pending_hitl --evidence-log "$TMP/x.evidence"
	one=$(pending_token args:='["1"]')
	two=$(pending_token args:='["2"]')
	three=$(pending_token args:='["3"]')
	on_terminal 'y\n' token approve "$one"
	assert_status 0
	on_terminal '' token approve --yes "$two"
	assert_status 0
	runs token approve --yes "$three"
	assert_status 0
	run grep -o "\"token_id\":\"[^}]*\"confirmed\":\"[^\"]*\"" "$TMP/x.evidence"
	assert_line -n 0 -e "$one.*terminal"
	assert_line -n 1 -e "$two.*--yes"
	assert_line -n 2 -e "$three.*--yes"

	run operate approve token_id="$one" confirmed=spoken
	assert_field reason "malformed request: confirmed must be 'terminal' or '--yes'"
}

# --- status ---------------------------------------------------------------------------------------

@test "status of a daemon that answers is 0, and tells what it holds" {
	FIRMA_EVIDENCE=
	local id

	start_daemon --default-action pending_hitl
	pending_token args:='["1"]' >/dev/null
	id=$(pending_token args:='["2"]')
	operate approve token_id="$id"
	runs status
	assert_status 0
	refute_stderr
	assert_line -n 0 'state          answering'
	assert_line -n 1 -e "^daemon         [0-9.]+, pid $DAEMON, up [0-9]+(ms|s|us).*\$"
	assert_line -n 2 "door           any $SOCKET"
	assert_line -n 3 'default action pending_hitl'
	assert_line -n 4 'self-approval  possible: the asker can be the approver'
	assert_line -n 5 'tokens         1 pending, 1 approved, 0 consumed, 0 refused, 0 expired'
	assert_line -n 6 "store          $STATE_DIR"
	assert_equal "${#lines[@]}" 8
	assert_line -e '^space left     [0-9]'
}

@test "status tells of two doors, and of the one that is the wrong one" {
	OPERATOR_SOCKET=$TMP/operator.sock
	start_daemon --operator-socket "$OPERATOR_SOCKET"
	_until "$DAEMON" _listens "$OPERATOR_SOCKET"

	runs status --socket "$OPERATOR_SOCKET"
	assert_status 0
	assert_line "door           agent $SOCKET"
	assert_line "door           operator $OPERATOR_SOCKET"
	assert_line 'default action deny'
	assert_line 'self-approval  refused'

	# An operator's question at the agent's door is refused.
	runs status --socket "$SOCKET"
	assert_status 1
	refute_output
	assert_stderr -p 'operator door'
}

@test "status --json is the daemon's object as it came" {
	start_daemon
	runs status --json
	assert_status 0
	assert_equal "${#lines[@]}" 1
	assert_field state answering
	assert_field pid "$DAEMON"
	assert_field default_action deny
	assert_field doors "[{\"role\":\"any\",\"path\":\"$SOCKET\"}]"
}

@test "status of a closed daemon is 1, and says why" {
	mkdir -m 700 "$STATE_DIR"
	echo nonsense >"$STATE_DIR/tokens.jsonl"
	chmod 600 "$STATE_DIR/tokens.jsonl"
	start_daemon --default-action allow
	runs status
	assert_status 1
	refute_stderr
	assert_line -n 0 -e "^closed         $STATE_DIR/tokens.jsonl.*"
	runs status --json
	assert_status 1
	assert_field state closed
	assert_field closed -p tokens.jsonl

	# Others could not do what they are for.
	runs token list
	assert_status 3
	refute_output
	assert_stderr -e '^firma: closed: .*tokens.jsonl'
	runs token approve --yes 11111111-1111-4111-8111-111111111111
	assert_status 3
	assert_stderr -e '^firma: 11111111-1111-4111-8111-111111111111: closed: .*tokens.jsonl'
	runs check -- true
	assert_status 1
	assert_stderr -e '^firma: denied: closed: .*tokens.jsonl'
}

@test "without a daemon, operators' verbs are status 3" {
	local verb id=11111111-1111-4111-8111-111111111111

	for verb in status 'token list' "token show $id" "token approve --yes $id" "token revoke $id" \
		'token show 11111111'; do
		runs $verb
		assert_status 3
		refute_output
		assert_stderr "firma: $SOCKET: No such file or directory (no daemon there?)"
	done
}

@test "a daemon that hangs is waited for no longer than --timeout, by operators, too" {
	local verb id=11111111-1111-4111-8111-111111111111

	for verb in status 'token list' 'token show' 'token approve --yes' 'token revoke'; do
		[[ $verb != token\ [sar]* ]] || set -- "$id"
		fake hang
		runs $verb --timeout 50ms "$@"
		assert_status 3
		refute_output
		case $verb in
		*approve* | *revoke)
			assert_stderr "firma: $id: outcome unknown: $SOCKET: no answer in time; see\
 'firma token show'"
			;;
		*) assert_stderr "firma: $SOCKET: no answer in time" ;;
		esac
		finish fake
	done
}

@test "operators ask at --socket, else at FIRMA_OPERATOR_SOCKET, else at the system's door" {
	asks_at() {
		runs token list --timeout 0s "${@:2}"
		assert_status 3
		assert_stderr "firma: $1: no answer in time"
	}
	local FIRMA_SOCKET=$TMP/agent

	asks_at "$TMP/1" --socket "$TMP/1"
	asks_at "$TMP/1" --socket "unix://$TMP/1"
	FIRMA_OPERATOR_SOCKET=$TMP/2 asks_at "$TMP/1" --socket "$TMP/1"
	FIRMA_OPERATOR_SOCKET=$TMP/2 asks_at "$TMP/2"
	FIRMA_OPERATOR_SOCKET='' asks_at /run/firma/operator.sock
}

@test "operators, too, tell nothing to a listener who is somebody else" {
	need_root
	_give_tmp 4242
	# shellcheck disable=SC2016
	_spawn setpriv --reuid=4242 --regid=4242 --clear-groups -- \
		systemd-socket-activate --accept --inetd --listen "$SOCKET" \
		bash -c 'cat >"$1.part"; mv "$1.part" "$1"' bash "$TMP/heard" \
		</dev/null >"$TMP/answer.out" 2>&1
	BACKGROUND[answer]=$!
	_until "$!" _listens "$SOCKET"
	runs token approve --yes 11111111-1111-4111-8111-111111111111
	assert_status 3
	assert_stderr "firma: $SOCKET: uid 4242 listens there, who is neither you, nor root, nor the user firma"
	_until "${BACKGROUND[answer]}" test -e "$TMP/heard"
	assert_equal "$(wc -c <"$TMP/heard")" 0
}

@test "of several short options in one word, the message names the unknown one" {
	run --separate-stderr firma check -xq -- true
	assert_status 2
	assert_stderr -e "^firma: unknown option '?-x"
}

@test "no help is wider than a terminal" {
	local verb

	for verb in '' token serve check 'token list' 'token show' 'token approve' 'token revoke' \
		status fingerprint; do
		# shellcheck disable=SC2086
		run firma $verb --help
		refute_line -e '^.{81}'
	done
}
