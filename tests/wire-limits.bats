#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
#
# What a peer can grow, and how far: each limit one below, at it and one above. What is past a limit
# hears which one and its value, and the next request is answered.

load wire

STORE_OF_UID='limit reached: tokens on record may take 64 KiB for one uid'

# with_args N: a request with so many arguments.
with_args() {
	local many

	many=$(text "$1" '"x",')
	echo "${OPEN/\"status\"/${many%,}}}"
}

# with_arg N: a request with an argument of so many bytes.
with_arg() {
	printf '%s}\n' "${OPEN/status/$(text "$1")}"
}

# sized N: a request that takes so many bytes without a newline.
sized() {
	local line="$OPEN,\"x\":\"\"}"

	echo "${line%\"\}}$(text $(($1 - ${#line})))\"}"
}

# connections: how many there are, beside the one that asks.
connections() {
	local n

	n=$(operate status | head -n 1 | "$UNIT" get connections)
	echo "$((n - 1))"
}

has_connections() {
	[[ $(connections) == "$1" ]]
}

# Has the client's connect() succeeded while the daemon hasn't accepted yet?
has_queued() {
	grep -q " 0001 02 .* $1\$" /proc/net/unix
}

# stored: bytes of tokens on record.
stored() {
	operate status | head -n 1 | "$UNIT" get store | "$UNIT" get bytes
}

# cpu: what the daemon has taken so far, in ticks of 10 ms.
cpu() {
	local fields

	read -ra fields <"/proc/$DAEMON/stat"
	echo "$((fields[13] + fields[14]))"
}

# high_water: the most memory that the daemon ever took, in KiB.
high_water() {
	awk '/^VmHWM:/ { print $2 }' "/proc/$DAEMON/status"
}

# two_doors [SERVE-OPTION...]: an agent door, and an operator door.
two_doors() {
	OPERATOR_SOCKET=$TMP/operator.sock
	start_daemon --operator-socket "$OPERATOR_SOCKET" "$@"
}

# door_for_many [SERVE-OPTION...]: the same, with the agent door open for group 4242.
door_for_many() {
	need_root
	two_doors --agent-group 4242 "$@"
}

# few_doors: two doors of a daemon that may have 192 descriptors, but for those that it runs under.
# Sets MOST, the connections that it takes, and AGENTS, those of them that are not kept for operators.
few_doors() {
	WRAPPER=(bash -c 'ulimit -n 192 && exec "$@"' bash "${WRAPPER[@]}")
	two_doors "$@"
	_until "$DAEMON" grep -q 'takes at most' "$TMP/log"
	MOST=$(sed -n 's/.*takes at most \([0-9]*\) connections: no more desc.*/\1/p' "$TMP/log")
	AGENTS=$((MOST - 64))
	((AGENTS > 32 && AGENTS <= 64))
}

# ask_later NAME SOCKET: sends standard input to where nobody accepts yet; `finish NAME` has the
# reply.
ask_later() {
	echo sent >"$TMP/$1.out"
	_spawn "$UNIT" probe "$2" >>"$TMP/$1.out" 2>"$TMP/$1.err"
	# shellcheck disable=SC2034 # finish reads it.
	BACKGROUND[$1]=$!
	_until "$!" has_queued "$2"
}

# idle_as UID N: N connections at the agent door of a uid of group 4242.
idle_as() {
	AS_UID=4242 _command "$UNIT"
	_background_held "idle$1" setpriv --reuid="$1" --regid=4242 --clear-groups -- \
		"$TMP/bin/unit" probe --idle "$2" "$SOCKET"
}

# --- sizes ----------------------------------------------------------------------------------------

@test "a request takes at most 65536 bytes with its newline" {
	start_daemon --default-action allow
	allowed "$(sized 65534)" "$(sized 65535)"
	denied 'limit reached: a request takes at most 65536 bytes with its newline' \
		"$(sized 65536)" "$(sized 65537)" "$(sized 200000)"
	check_cases
}

# rules N: each asks about git with a word that ends in z, which takes a step a character.
rules() {
	{
		printf '{"default_action":"allow","exec":['
		seq -f '{"id":"r%g","argv":["git","*z"],"action":"pending_hitl"},' "$1"
		printf '{"id":"last","argv":["git","*y"],"action":"pending_hitl"}]}'
	} >"$TMP/etc/policy.json.new"
	mv "$TMP/etc/policy.json.new" "$TMP/etc/policy.json"
}

@test "matching a request with all rules takes at most 32 million steps, else it is denied, on record" {
	local token long WHY='matching a request with the patterns of all rules takes at most 33554432 steps'

	mkdir -m 755 "$TMP/etc"
	rules 400
	long=$(text 60000)
	start_daemon --policy "$TMP/etc/policy.json" --evidence-log "$TMP/log.jsonl"
	run ask args:="[\"$long\"]"
	assert_decision allow
	token=$(pending_token args:="[\"${long}y\"]")

	rules 4000
	run ask args:="[\"$long\"]" detail:=true
	assert_decision deny "limit reached: $WHY"
	assert_field rule match_limit
	assert_equal "$(tail -n 1 "$TMP/log.jsonl" | "$UNIT" get response | "$UNIT" get reason)" \
		"limit reached: $WHY"
	run send <<<"{\"action_type\":\"execute_command\",\"target\":\"git $long\"}"
	assert_output -p "\"rule_id\":\"match_limit\",\"decision\":\"block\",\"severity\":\"critical\",\"reason\":\"limit reached: $WHY\""
	run ask args:='["short"]'
	assert_decision allow

	# What was approved is not lost by it.
	operate approve token_id="$token"
	run ask args:="[\"${long}y\"]" approval_token="$token"
	assert_decision deny "limit reached: $WHY"
	rules 400
	run ask args:="[\"${long}y\"]" approval_token="$token"
	assert_decision allow
}

@test "going through a word that may name a file, once for each rule, takes steps as well" {
	local line

	mkdir -m 755 "$TMP/etc"
	{
		printf '{"default_action":"allow","write":['
		seq -f '{"id":"r%g","path":"/?b*/**","action":"deny"},' 1000
		printf '{"id":"last","path":"/b","action":"deny"}]}'
	} >"$TMP/etc/policy.json"
	start_daemon --policy "$TMP/etc/policy.json" --max-request 1M
	line=$(request executable=/usr/bin/touch args:='["@"]' detail:=true)
	run send <<<"${line/@/$(text 9000)}"
	assert_decision allow
	run send <<<"${line/@/$(text 900000)}"
	assert_decision deny -p 'limit reached: matching a request'
	assert_field rule match_limit
}

@test "a request that the end of file ends takes as much" {
	start_daemon --default-action allow
	run send --half-close < <(printf %s "$(sized 65535)")
	assert_output "$ALLOWED"
	run send --half-close < <(printf %s "$(sized 65536)")
	assert_output '{"decision":"deny","reason":"limit reached: a request takes at most 65536 bytes with its newline"}'
	run ask
	assert_output "$ALLOWED"
}

@test "--max-request sets how long a request may be, and what it asks is shown and kept whole" {
	local size token patch line

	for size in 63K 1025K 0; do
		run firma serve --socket "$SOCKET" --store memory --max-request "$size"
		assert_status 2
		assert_output -p 'a size from 64K to 1M'
	done

	start_daemon --default-action pending_hitl --max-request 1M --evidence-log "$TMP/log.jsonl"
	patch=$(text 100000)
	firma check -- env "$patch" >"$TMP/token" 2>/dev/null || assert_equal "$?" 75
	token=$(<"$TMP/token")
	stop_daemon
	start_daemon --default-action pending_hitl --max-request 1M --evidence-log "$TMP/log.jsonl"
	assert_equal "$(firma token show --json "$token" | "$UNIT" get args)" "[\"$patch\"]"
	run firma token show "$token"
	assert_output -p "${patch:0:99000}"
	run firma token list
	assert_output -p "${patch:0:99000}"
	firma token approve --yes "$token"
	run firma check --token "$token" -- env "$patch"
	assert_status 0
	run firma evidence verify "$TMP/log.jsonl"
	assert_status 0
	# By the shell: for grep, a pattern of this length takes many seconds.
	run firma evidence show --json "$TMP/log.jsonl"
	assert_equal "${#lines[@]}" 3
	for line in "${lines[@]}"; do
		[[ $line == *"$patch"* ]] || fail "a record lacks it: ${line:0:200}"
	done
}

@test "the longest request that can be set is taken, kept and consumed, and one byte more is refused" {
	local token long

	start_daemon --default-action pending_hitl --max-request 1M --evidence-log "$TMP/log.jsonl"
	# Room for the token, and then not a byte.
	long=$((1048575 - 63 - 6 - ${#OPEN}))
	with_arg $((long + 5)) >"$TMP/request"
	run send <"$TMP/request"
	assert_decision pending_hitl
	token=$(field approval_token)
	operate approve token_id="$token"
	stop_daemon
	start_daemon --default-action pending_hitl --max-request 1M --evidence-log "$TMP/log.jsonl"
	run firma token show "$token"
	assert_status 0
	sed "s/}\$/,\"approval_token\":\"$token\",\"x\":\"\"}/" "$TMP/request" >"$TMP/retry"
	sed 's/"x":""/"x":"y"/' "$TMP/retry" >"$TMP/longer"
	while (($(stat -c %s "$TMP/longer") <= 1048576)); do
		sed -i 's/y"}$/yy"}/' "$TMP/longer"
	done
	run send <"$TMP/longer"
	assert_output '{"decision":"deny","reason":"limit reached: a request takes at most 1048576 bytes with its newline"}'
	run send <"$TMP/retry"
	assert_decision allow
	run firma evidence verify "$TMP/log.jsonl"
	assert_status 0
}

@test "requests that arrive or wait take at most 4 MiB for one uid" {
	start_daemon --default-action pending_hitl --max-request 1M
	run python3 - "$SOCKET" <<-'EOT'
		import json, socket, sys
		def door():
		    s = socket.socket(socket.AF_UNIX)
		    s.connect(sys.argv[1])
		    return s
		def line(size, **more):
		    return json.dumps(dict(action='local.exec', executable='/bin/x', args=['x' * size],
		        sandbox_id='b', session_id='s', profile='p', hitl_mode='async_token',
		        **more)).encode() + b'\n'
		# The daemon may answer before it has read all of it.
		def ask(line):
		    s = door()
		    try:
		        s.sendall(line)
		    except BrokenPipeError:
		        pass
		    return json.loads(s.makefile().readline())
		# Four that wait, and four that don't come to their end.
		for fill in (line(1000000, wait_ms=600000), b'x' * 1000000):
		    doors = [door() for n in range(4)]
		    for s in doors:
		        s.sendall(fill)
		    print(ask(line(1000000))['reason'])
		    print(ask(line(10))['decision'])
		    for s in doors:
		        s.close()
		    while ask(line(1000000))['decision'] != 'pending_hitl':
		        pass
	EOT
	assert_status 0
	assert_output "$(printf '%s\npending_hitl\n%s\npending_hitl' \
		'limit reached: requests of one uid that arrive or wait take at most 4 MiB, all 64 MiB'{,})"
}

@test "what stands behind the newline doesn't count" {
	start_daemon --default-action allow
	run send < <(sized 65535 && text 65536)
	assert_output "$ALLOWED"
}

@test "10 MB without a newline are refused in constant memory" {
	local before grown

	start_daemon --default-action allow
	send --big 200000
	before=$(high_water)
	run send --big 10000000 --repeat 4
	assert_status 0
	assert_equal "$(sort -u <<<"$output")" \
		'{"decision":"deny","reason":"limit reached: a request takes at most 65536 bytes with its newline"}'
	grown=$(($(high_water) - before))
	((grown < 4000)) || fail "the daemon grew by $grown KiB"
	run ask
	assert_output "$ALLOWED"
}

@test "a request has at most 4096 arguments" {
	local n

	start_daemon --default-action allow
	# Of so many, one may name a file that is run later: a person must decide.
	for n in 4095 4096; do
		run send <<<"$(with_args "$n")"
		assert_decision pending_hitl
	done
	malformed 'args has more than 4096 elements' "$(with_args 4097)" "$(with_args 16000)"
	check_cases
}

@test "all of 4096 arguments count" {
	local first

	start_daemon --default-action pending_hitl
	first=$(send < <(with_args 4096) | "$UNIT" get approval_token)
	operate show token_id="$first" | head -n 1 | "$UNIT" get args >"$TMP/args"
	assert_equal "$(<"$TMP/args")" "[$(text 4095 '"x",')\"x\"]"
	run send < <(with_args 4095 | sed "s/}\$/,\"approval_token\":\"$first\"}/")
	assert_decision deny 'approval token is for another request: fingerprint differs'
}

@test "an argument is as long as the line allows" {
	local line

	start_daemon --default-action allow
	line=$(with_arg $((65534 - ${#OPEN} + 6)))
	assert_equal "${#line}" 65535
	allowed "$line"
	check_cases
}

@test "a path has at most 4096 bytes" {
	local key

	start_daemon --default-action allow
	for key in executable real_path cwd; do
		allowed "$(request "$key=/$(text 4094)")" "$(request "$key=/$(text 4095)")" \
			"$(request "$key=$(text 2048 /a)")" "$(request "$key=/a$(text 2047 ä)")"
		malformed "$key is longer than 4096 bytes" "$(request "$key=/$(text 4096)")" \
			"$(request "$key=/$(text 2048 ä)")" "$(request "$key=$(text 4097 /)")" \
			"$(request "$key=/$(text 60000)")"
	done
	check_cases
}

@test "every other string has at most 1024 bytes" {
	local key

	start_daemon --default-action allow
	for key in sandbox_id session_id agent_id profile budget_state_ref; do
		allowed "$(request "$key=$(text 1023)")" "$(request "$key=$(text 1024)")" \
			"$(request "$key=$(text 512 ä)")" "$(request "$key:=\"$(text 512 '\u00e4')\"")" \
			"$(request "$key:=\"$(text 256 '\ud83d\ude00')\"")"
		malformed "$key is longer than 1024 bytes" "$(request "$key=$(text 1025)")" \
			"$(request "$key=a$(text 512 ä)")" "$(request "$key:=\"$(text 1025 '\u0061')\"")" \
			"$(request "$key=$(text 60000)")"
	done
	check_cases
}

@test "so have those of which only some values are good" {
	start_daemon --default-action allow
	denied "unknown action '$(text 1023)'" "$(request action="$(text 1023)")"
	denied "unknown action '$(text 1024)'" "$(request action="$(text 1024)")"
	malformed 'action is longer than 1024 bytes' "$(request action="$(text 1025)")"
	denied 'approval token not found' "$(request approval_token="$(text 1024)")"
	malformed 'approval_token is longer than 1024 bytes' \
		"$(request approval_token="$(text 1025)")"
	denied "request_fingerprint is not the request's" \
		"$(request request_fingerprint="$(text 1024)")"
	malformed 'request_fingerprint is longer than 1024 bytes' \
		"$(request request_fingerprint="$(text 1025)")"
	malformed 'executable_sha256 must be 64 hexadecimal digits in lower case' \
		"$(request executable_sha256="$(text 1024)")"
	malformed 'executable_sha256 is longer than 1024 bytes' \
		"$(request executable_sha256="$(text 1025)")"
	check_cases
}

@test "so have those of an operator" {
	local action

	start_daemon --default-action allow
	for action in approve revoke show; do
		expect '{"outcome":"not_found","reason":"approval token not found"}' \
			"$("$UNIT" object action="local.exec.$action" token_id="$(text 1024)")"
		unsupported 'malformed request: token_id is longer than 1024 bytes' \
			"$("$UNIT" object action="local.exec.$action" token_id="$(text 1025)")"
	done
	for action in approve revoke; do
		expect '{"outcome":"not_found","reason":"approval token not found"}' \
			"$("$UNIT" object action="local.exec.$action" token_id=x fingerprint="$(text 1024)")"
		unsupported 'malformed request: fingerprint is longer than 1024 bytes' \
			"$("$UNIT" object action="local.exec.$action" token_id=x fingerprint="$(text 1025)")"
	done
	expect '{"outcome":"not_found","reason":"approval token not found"}' \
		"$("$UNIT" object action=local.exec.revoke token_id=x reason="$(text 1024)")"
	unsupported 'malformed request: reason is longer than 1024 bytes' \
		"$("$UNIT" object action=local.exec.revoke token_id=x reason="$(text 1025)")"
	check_cases
}

@test "a reason of 1024 bytes reaches the asker whole" {
	local token

	start_daemon --default-action pending_hitl
	token=$(pending_token)
	operate revoke token_id="$token" reason="$(text 512 ä)"
	run ask approval_token="$token"
	assert_decision deny -p ": $(text 512 ä)"
}

@test "a key has no limit of its own" {
	start_daemon --default-action allow
	allowed "$OPEN,\"$(text 60000)\":1}"
	check_cases
}

# --- time -----------------------------------------------------------------------------------------

# distinct N: so many members with keys that differ, of no use.
distinct() {
	local keys=({A..Z}{a..z}{a..z})

	printf ',"%s":0' "${keys[@]:0:$1}"
}

@test "a request with 6000 keys is taken, and with as many as it can hold" {
	local many

	start_daemon --default-action allow
	many=$(distinct 8000)
	allowed "$OPEN$(distinct 6000)}" "$OPEN$many}" "$OPEN,\"x\":{${many:1}}}"
	check_cases
}

@test "a key given twice is found among 6000" {
	local many

	start_daemon --default-action allow
	many=$(distinct 6000)
	faulty 'a key is given twice' "$OPEN$many,^\"Aaa\":1}" "$OPEN$many,^\"Hhh\":1}" \
		"$OPEN$many,^\"H\u0068h\":1}" "$OPEN,\"x\":{${many:1},^\"Aab\":0}}" \
		"$OPEN$many,^\"action\":0}"
	check_cases
}

@test "the time that keys take grows as they do, not as their pairs" {
	local start few many

	start_daemon --default-action allow
	yes "$OPEN$(distinct 1000)}" | head -n 160 >"$TMP/few"
	yes "$OPEN$(distinct 8000)}" | head -n 20 >"$TMP/many"

	start=$(cpu)
	send_lines <"$TMP/few" >"$TMP/replies"
	few=$(($(cpu) - start)) start=$(cpu)
	send_lines <"$TMP/many" >>"$TMP/replies"
	many=$(($(cpu) - start))

	assert_equal "$(uniq -c "$TMP/replies" | tr -s ' ')" " 180 $ALLOWED"
	# They are as many in all. Their pairs are eight times as many.
	((many < 3 * few + 30)) || fail "$few ticks for few keys at a time, $many for many"
}

@test "a request must arrive within 10 seconds" {
	start_daemon --default-action allow
	hold slow < <(printf %s "$OPEN")
	move_clock 6
	assert_equal "$(connections)" 1
	move_clock 4.1
	operate status # its turn sees that the time is over
	assert_equal "$(connections)" 0
	finish slow
	assert_status 0
	assert_output '{"decision":"deny","reason":"limit reached: a request must arrive within 10 seconds"}'
	run ask
	assert_output "$ALLOWED"
	assert_equal "$(connections)" 0
}

@test "one that sends nothing has no more time" {
	start_daemon --default-action allow
	hold silent </dev/null
	move_clock 6
	assert_equal "$(connections)" 1
	move_clock 4.1
	finish silent
	assert_decision deny 'limit reached: a request must arrive within 10 seconds'
}

@test "bytes that come one by one don't make the time longer" {
	start_daemon --default-action allow
	text 12000 >"$TMP/bytes"
	exec {SLOW}< <(send --byte-by-byte --stall <"$TMP/bytes" 3>&-)
	_until "$DAEMON" has_connections 1
	move_clock 6
	assert_equal "$(connections)" 1
	move_clock 4.1
	operate status
	assert_equal "$(connections)" 0
	run cat <&"$SLOW"
	assert_line -n -1 '{"decision":"deny","reason":"limit reached: a request must arrive within 10 seconds"}'
	exec {SLOW}<&-
}

@test "each has its own 10 seconds" {
	start_daemon --default-action allow
	hold first < <(printf %s "$OPEN")
	move_clock 6
	hold second < <(printf %s "$OPEN")
	move_clock 4.1
	finish first
	assert_decision deny 'limit reached: a request must arrive within 10 seconds'
	assert_equal "$(connections)" 1
	move_clock 6
	finish second
	assert_decision deny 'limit reached: a request must arrive within 10 seconds'
}

# big_list: more than a socket and a pipe hold.
big_list() {
	send_lines < <(with_arg 60000 | apart 16) >"$TMP/replies"
}

# Reads a list into a pipe that nobody reads. Returns when the daemon has begun to answer.
read_slowly() {
	exec {SLOW}< <(operate list 3>&-)
	read -r -t "$PATIENCE" -N 1 -u "$SLOW"
}

@test "a reply must be read within 10 seconds" {
	start_daemon --default-action pending_hitl
	big_list
	read_slowly
	move_clock 6
	assert_equal "$(connections)" 1
	move_clock 4.1
	assert_equal "$(connections)" 0
	run tail -n 1 <&"$SLOW"
	refute_output -p outcome
	exec {SLOW}<&-
}

@test "a reply that is read in time comes whole" {
	start_daemon --default-action pending_hitl
	big_list
	read_slowly
	move_clock 6
	assert_equal "$(connections)" 1
	run tail -n 1 <&"$SLOW"
	assert_output '{"outcome":"ok"}'
	exec {SLOW}<&-
	assert_equal "$(connections)" 0
}

@test "lists that nobody reads are not followed by more than 16 MiB of them" {
	local slow=()

	# A list takes 6 MiB: the third goes past 16.
	start_daemon --default-action pending_hitl --max-pending 1000
	send_lines >"$TMP/replies" < <(with_arg 62000 | apart 100)
	for _ in 1 2 3; do
		read_slowly
		slow+=("$SLOW")
	done
	run operate list
	assert_output '{"outcome":"unsupported_action","reason":"limit reached: 16 MiB of replies wait to be read; ask again"}'
	assert_log -p 'local.exec.list by uid'
	assert_log -p 'unsupported_action: limit reached: 16 MiB'
	assert_equal "$(connections)" 3
	run ask
	assert_decision pending_hitl

	run tail -n 1 <&"${slow[2]}"
	assert_output '{"outcome":"ok"}'
	assert_equal "$(operate list | tail -n 1)" '{"outcome":"ok"}'
	move_clock 11
	assert_equal "$(connections)" 0
	for SLOW in "${slow[@]}"; do
		exec {SLOW}<&-
	done
}

# --- connections ----------------------------------------------------------------------------------

@test "a uid has at most 256 connections" {
	start_daemon --default-action allow
	idle 255
	run ask
	assert_output "$ALLOWED"
	finish idle
	_until "$DAEMON" has_connections 0

	idle 256
	run send_lines < <(request && printf '%s\n' '{"action":"local.exec.status"}' nonsense)
	assert_equal "${#lines[@]}" 3
	assert_equal "$(sort -u <<<"$output")" \
		'{"decision":"deny","reason":"limit reached: a uid has at most 256 connections at a time"}'
	finish idle
	_until "$DAEMON" has_connections 0
	run ask
	assert_output "$ALLOWED"
}

@test "a uid with all of its connections leaves the others theirs" {
	door_for_many --default-action allow
	idle_as 4242 256
	AS_UID=4242 run ask
	assert_decision deny 'limit reached: a uid has at most 256 connections at a time'
	run ask
	assert_output "$ALLOWED"
	assert_equal "$(connections)" 256
	idle_as 4243 250
	assert_equal "$(connections)" 506
}

@test "a uid with all of its connections at the agent door can still be an operator" {
	two_doors --default-action pending_hitl
	idle 256
	run ask
	assert_decision deny 'limit reached: a uid has at most 256 connections at a time'
	run operate status
	assert_line -n 1 '{"outcome":"ok"}'
	_background_held operators "$UNIT" probe --idle 256 "$OPERATOR_SOCKET"
	run operate status
	assert_output -p 'a uid has at most 256 connections'
}

@test "one uid with 300 idle connections, and one that dribbles, keeps nobody else waiting" {
	local i

	# Time stands still: the one that dribbles is never too late.
	export FIRMA_TEST_CLOCK_STOPPED=yes
	door_for_many --default-action pending_hitl
	text 65000 >"$TMP/bytes"
	AS_UID=4242 _command "$UNIT" probe --byte-by-byte "$SOCKET"
	_spawn "${CMD[@]}" <"$TMP/bytes" >"$TMP/dribble.out" 2>&1
	BACKGROUND['dribble']=$!
	_until "$!" has_connections 1
	idle_as 4242 300
	for ((i = 0; i < 10; i++)); do
		run ask
		assert_decision pending_hitl
		run operate status
		assert_line -n 1 '{"outcome":"ok"}'
	done
	assert_equal "$(connections)" 256
	kill -0 "${BACKGROUND['dribble']}"
}

@test "with all connections taken those who ask wait, and the operator door has some left" {
	few_doors --default-action allow
	idle $((AGENTS - 1))
	run ask
	assert_output "$ALLOWED"
	_background_held one "$UNIT" probe --idle 1 "$SOCKET"
	ask_later agent "$SOCKET" < <(request)
	assert_equal "$(connections)" "$AGENTS"

	_background_held operators "$UNIT" probe --idle 63 "$OPERATOR_SOCKET"
	assert_equal "$(connections)" $((MOST - 1))
	_background_held last "$UNIT" probe --idle 1 "$OPERATOR_SOCKET"
	ask_later operator "$OPERATOR_SOCKET" <<<'{"action":"local.exec.status"}'
	has_queued "$SOCKET"

	finish last
	finish operator
	assert_line -n 1 '{"outcome":"ok"}'
	has_queued "$SOCKET"
	finish operators
	finish one
	finish agent
	assert_output "$ALLOWED"
}

@test "960 connections are taken at the agent door, 1024 in all" {
	local uid

	door_for_many --default-action allow
	for uid in 4242 4243 4244; do
		idle_as "$uid" 256
	done
	idle_as 4245 191
	run ask
	assert_output "$ALLOWED"
	idle_as 4246 1
	ask_later agent "$SOCKET" < <(request)

	_background_held operators "$UNIT" probe --idle 63 "$OPERATOR_SOCKET"
	assert_equal "$(connections)" 1023
	_background_held last "$UNIT" probe --idle 1 "$OPERATOR_SOCKET"
	ask_later operator "$OPERATOR_SOCKET" <<<'{"action":"local.exec.status"}'

	finish last
	finish operator
	assert_line -n 1 '{"outcome":"ok"}'
	finish operators
	finish idle4246
	finish agent
	assert_output "$ALLOWED"
}

@test "connections that are all taken come free when their time is over" {
	few_doors --default-action allow
	idle "$AGENTS"
	ask_later agent "$SOCKET" < <(request)
	move_clock 11
	finish agent
	assert_output "$ALLOWED"
}

# --- tokens ---------------------------------------------------------------------------------------

@test "a uid has at most 16 pending tokens for one request" {
	local token

	start_daemon --default-action pending_hitl
	run send_lines < <(request | apart 18)
	assert_equal "$(count '"pending_hitl"')" 16
	assert_line -n 16 "{\"decision\":\"deny\",\"reason\":\"limit reached: uid $EUID has 16 pending tokens for this very request\"}"
	assert_line -n 17 "${lines[16]}"
	token=$("$UNIT" get approval_token <<<"${lines[3]}")

	# What the fingerprint doesn't hold makes no other request; what it holds does.
	run ask profile=other cwd=/tmp
	assert_decision deny -p '16 pending tokens for this very request'
	run ask args:='["status","-s"]'
	assert_decision pending_hitl

	# One that isn't pending any more makes room for one.
	operate approve token_id="$token"
	run send_lines < <(request | apart 2)
	assert_equal "$(count '"pending_hitl"')" 1
	move_clock 301
	run send_lines < <(request | apart 17)
	assert_equal "$(count '"pending_hitl"')" 16
}

@test "a uid has at most 256 pending tokens" {
	local i

	start_daemon --default-action pending_hitl
	for i in {1..258}; do
		echo "${OPEN/status/$i}}"
	done >"$TMP/requests"
	run send_lines <"$TMP/requests"
	assert_equal "$(count '"pending_hitl"')" 256
	assert_line -n 256 "{\"decision\":\"deny\",\"reason\":\"limit reached: uid $EUID has 256 pending tokens\"}"
	assert_line -n 257 "${lines[256]}"

	operate revoke token_id="$("$UNIT" get approval_token <<<"${lines[100]}")"
	run send_lines < <(request | apart 2)
	assert_line -n 0 -p '"pending_hitl"'
	assert_line -n 1 -p "uid $EUID has 256 pending tokens"
}

@test "pending tokens are counted in one turn as well" {
	start_daemon --default-action pending_hitl
	run send_lines --concurrent < <(request | apart 64)
	assert_equal "$(count '"pending_hitl"')" 16
	assert_equal "$(count '16 pending tokens for this very request')" 48
}

@test "--max-pending sets both" {
	local i

	start_daemon --default-action pending_hitl --max-pending 3
	run send_lines < <(request | apart 4)
	assert_equal "$(count '"pending_hitl"')" 3
	assert_line -n 3 "{\"decision\":\"deny\",\"reason\":\"limit reached: uid $EUID has 3 pending tokens for this very request\"}"
	run ask args:='["other"]'
	assert_decision deny "limit reached: uid $EUID has 3 pending tokens"
	stop_daemon

	start_daemon --default-action pending_hitl --max-pending 300
	run send_lines < <(request args- | apart 298)
	assert_equal "$(count '"pending_hitl"')" 297
	assert_line -n 297 -p "uid $EUID has 300 pending tokens"
}

@test "a uid with all of its pending tokens leaves the others theirs" {
	door_for_many --default-action pending_hitl
	AS_UID=4242 run send_lines < <(request | apart 17)
	assert_equal "$(count '"pending_hitl"')" 16
	assert_line -n 16 -p 'limit reached: uid 4242 has 16 pending tokens'
	run send_lines < <(request | apart 17)
	assert_equal "$(count '"pending_hitl"')" 16
	assert_line -n 16 -p 'limit reached: uid 0 has 16 pending tokens'
}

@test "the tokens of one uid take at most the sixteenth of the store" {
	local first i

	start_daemon --default-action pending_hitl --max-store 1M
	run send < <(with_arg 60000)
	assert_decision pending_hitl
	first=$(stored)

	# The first that fits fills it to the last byte: from more than is left down to less.
	for i in {20..-20}; do
		with_arg $((65536 - first - (first - 60000) + i))
	done >"$TMP/requests"
	run send_lines <"$TMP/requests"
	assert_line -n 0 "{\"decision\":\"deny\",\"reason\":\"$STORE_OF_UID\"}"
	assert_equal "$(count '"pending_hitl"')" 1
	assert_equal "$(count "$STORE_OF_UID")" 40
	assert_equal "$(stored)" 65536
}

@test "the tokens of one uid take at most 8 MiB, unless told otherwise" {
	start_daemon --default-action pending_hitl --max-pending 1000
	run send_lines < <(with_arg 60000 | apart 150)
	assert_line -n 149 '{"decision":"deny","reason":"limit reached: tokens on record may take 8 MiB for one uid"}'
	(($(stored) <= 8 << 20 && $(stored) > (8 << 20) - 65536))
}

# for_each_uid UID...: asks $TMP/request.
for_each_uid() {
	local uid

	for uid; do
		setpriv --reuid="$uid" --regid=4242 --clear-groups -- \
			"$TMP/bin/unit" probe "$SOCKET" < <(apart 1 <"$TMP/request")
	done
}

@test "the tokens of all take at most the store" {
	door_for_many --default-action pending_hitl --max-store 1M
	with_arg 62500 >"$TMP/request"
	AS_UID=4242 _command "$UNIT"
	run for_each_uid {4242..4258}
	assert_equal "$(count '"pending_hitl"')" 16
	assert_line -n 16 '{"decision":"deny","reason":"limit reached: tokens on record may take 1 MiB in all"}'
	(($(stored) > 16 * 62500))
}

@test "what is loaded counts for its uid like what was issued" {
	local end limit="limit reached: uid $EUID has 4 pending tokens" token

	for end in kill_daemon stop_daemon; do
		start_daemon --default-action pending_hitl --max-pending 4
		run send_lines < <(request | apart 3)
		run ask args:='["other"]'
		assert_decision pending_hitl
		token=$(field approval_token)
		"$end"

		start_daemon --default-action pending_hitl --max-pending 4
		run ask args:='["third"]'
		assert_decision deny "$limit"
		operate revoke token_id="$token"
		run send < <(request | apart 1)
		assert_decision pending_hitl
		run send < <(request | apart 1)
		assert_decision deny "$limit for this very request"
		"$end"

		# What is over counts no more, what is on record does.
		start_daemon --default-action pending_hitl --max-pending 4
		run send < <(request | apart 1)
		assert_decision deny "$limit for this very request"
		move_clock 300
		run send < <(request | apart 1)
		assert_decision pending_hitl
		assert_equal "$(operate list | grep -c '"token_id"')" 6
		stop_daemon
		move_clock 600
	done
}

@test "the bytes of what is loaded count like those of what was issued" {
	local end

	for end in kill_daemon stop_daemon; do
		rm -rf "$STATE_DIR"
		start_daemon --default-action pending_hitl --max-store 1M
		run send < <(with_arg 60000 | apart 1)
		assert_decision pending_hitl
		"$end"
		start_daemon --default-action pending_hitl --max-store 1M
		(($(stored) > 60000))
		run send < <(with_arg 5000 | apart 1)
		assert_decision deny "$STORE_OF_UID"
		run send < <(with_arg 3000 | apart 1)
		assert_decision pending_hitl
		"$end"
		start_daemon --default-action pending_hitl --max-store 1M
		(($(stored) > 63000 && $(stored) <= 65536))
		run send < <(with_arg 3000 | apart 1)
		assert_decision deny "$STORE_OF_UID"
		stop_daemon
	done
}

@test "a uid that took all of its room leaves the others theirs, also after a restart" {
	local again

	door_for_many --default-action pending_hitl --max-store 1M
	with_arg 62500 >"$TMP/request"
	AS_UID=4242 _command "$UNIT"
	run for_each_uid 4242 4242 4243
	assert_line -n 0 -p '"pending_hitl"'
	assert_line -n 1 "{\"decision\":\"deny\",\"reason\":\"$STORE_OF_UID\"}"
	assert_line -n 2 -p '"pending_hitl"'
	kill_daemon

	two_doors --agent-group 4242 --default-action pending_hitl --max-store 1M
	run for_each_uid 4242 4243 4244
	assert_line -n 0 "{\"decision\":\"deny\",\"reason\":\"$STORE_OF_UID\"}"
	assert_line -n 1 "${lines[0]}"
	assert_line -n 2 -p '"pending_hitl"'
	request >"$TMP/request"
	read -ra again <<<"$(text 17 '4245 ')"
	run for_each_uid "${again[@]}"
	assert_equal "$(count '"pending_hitl"')" 16
	kill_daemon
	two_doors --agent-group 4242 --default-action pending_hitl --max-store 1M
	run for_each_uid 4245
	assert_decision deny 'limit reached: uid 4245 has 16 pending tokens for this very request'
	run ask
	assert_decision pending_hitl
}

@test "--max-store is at least 1M" {
	run firma serve --socket "$SOCKET" --state-dir "$STATE_DIR" --max-store 1048575
	assert_status 2
	assert_output -p -- '--max-store'
	start_daemon --max-store 1048576
	assert_equal "$(operate status | head -n 1 | "$UNIT" get store | "$UNIT" get max_bytes)" 1048576
	stop_daemon
	start_daemon
	assert_equal "$(operate status | head -n 1 | "$UNIT" get store | "$UNIT" get max_bytes)" \
		$((128 << 20))
}
