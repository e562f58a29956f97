#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
#
# The power fails (design, section 7): strace records what daemons do with their files and what they
# answer, and `unit powercut` loads every state in which the disk may be after each of these steps.
# tests/helper/disk.h says which states these are; the tests name how many there were at least.

# Each test is a process of its own:
# shellcheck disable=SC2030,SC2031

load lib

OK='{"outcome":"ok"}'

setup() {
	lib_setup
	TOKENS=$STATE_DIR/tokens.jsonl
	command -v strace >/dev/null || skip "strace is not here"
	((${#WRAPPER[@]} == 0)) || skip "it runs under another program already"
	export ASAN_OPTIONS="detect_leaks=0:$ASAN_OPTIONS" # which is a tracer as well
	RECORD=(strace -D -A -y -xx -s 100000 -o "$TMP/trace"
		-e "trace=openat,write,ftruncate,fsync,fdatasync,renameat,unlinkat,recvfrom,sendto")
}

start_recorded() {
	WRAPPER=("${RECORD[@]}")
	FIRMA_TEST_WITNESS='' start_daemon --default-action pending_hitl
	WRAPPER=()
}

# must_be REPLY COMMAND...
must_be() {
	run "${@:2}"
	assert_output "$1"
}

# A pending, an approved, a consumed and a revoked token, each change a turn of its own.
work() {
	local token long

	printf -v long '%01200d' 0
	pending_token "args:=[\"$1\",\"$long\"]" >"$TMP/pending"
	token=$(pending_token "args:=[\"$1\",\"approved\"]")
	must_be "$OK" operate approve token_id="$token"
	token=$(pending_token "args:=[\"$1\",\"consumed\"]")
	must_be "$OK" operate approve token_id="$token"
	run ask "args:=[\"$1\",\"consumed\"]" approval_token="$token"
	assert_decision allow
	token=$(pending_token "args:=[\"$1\",\"revoked\"]")
	must_be "$OK" operate revoke token_id="$token" reason=so
}

# survives ANSWERS STATES [BEGIN-DIR]: whenever the power fails, in at least so many states.
survives() {
	local at_least=$2 pattern

	mkdir -m 700 "$TMP/disk"
	run "$UNIT" powercut "$TMP/trace" "$STATE_DIR" "$TMP/disk" "${@:3}"
	assert_status 0
	pattern="^$1 answers, [0-9]+ points, ([0-9]+) states, [0-9]+ different ones, 0 wrong$"
	[[ $output =~ $pattern ]] || fail "$output"
	((BASH_REMATCH[1] >= at_least)) || fail "$output"
	echo "# $output" >&3
}

@test "no power cut loses what was answered: a first start, work, an end" {
	start_recorded
	work 1
	stop_daemon
	survives 8 1000
}

@test "no power cut loses what was answered: kills, a torn end, what was never synced" {
	local token

	start_recorded
	work 1
	kill_daemon

	# The next one finds a file that grew, and after it one with a torn end.
	start_recorded
	must_be "$OK" operate revoke token_id="$(<"$TMP/pending")"
	kill_daemon
	printf '{"batch":11,"bytes":5' | "${RECORD[@]}" tee -a "$TOKENS" >"$TMP/torn"
	start_recorded
	work 2
	kill_daemon

	# An issue that the kernel has and the disk may not have: who dies there has not answered, but
	# the next one knows of it, and lets an operator decide it.
	RECORD+=(-e inject=fdatasync:signal=SIGKILL:when=2)
	start_recorded
	pending_token >"$TMP/known"
	run ask 'args:=["lost"]'
	refute_output -p decision
	_daemon_ends "$DAEMON" 137
	unset 'RECORD[-1]' 'RECORD[-1]'
	start_recorded
	token=$(operate list | sed '$d' | tail -n 1 | "$UNIT" get token_id)
	[[ $token != "$(<"$TMP/known")" ]]
	must_be "$OK" operate approve token_id="$token"
	run ask 'args:=["lost"]' approval_token="$token"
	assert_decision allow
	stop_daemon
	survives 20 1000
}

@test "no power cut loses what was answered: syncs and a rename that fail" {
	local token later i

	# After the start, which syncs three times: the sync of an issue fails, then that of the new
	# file that is to mend it, then its renaming, then the sync of the directory.
	RECORD+=(-e inject=fdatasync:error=EIO:when=3 -e inject=fsync:error=EIO:when=4+3
		-e inject=renameat:error=EIO:when=2)
	start_recorded
	token=$(pending_token 'args:=["1"]')
	must_be "$OK" operate approve token_id="$token"
	run ask 'args:=["2"]'
	assert_decision deny 'the change could not be recorded: Input/output error'
	for i in 1 2 3; do
		run ask 'args:=["1"]' approval_token="$token"
		assert_decision deny \
			"closed: $TOKENS: could not be written: Input/output error"
		move_clock 31
	done
	later=$(pending_token 'args:=["3"]')
	run ask 'args:=["1"]' approval_token="$token"
	assert_decision allow
	must_be "$OK" operate revoke token_id="$later"
	kill_daemon
	survives 5 1000
}

@test "no power cut loses what was answered: a file that is written anew while it grows" {
	local fat i

	printf -v fat '%050000d' 0
	fat=$(request "args:=[\"INDEX\",\"$fat\"]")
	FIRMA_TEST_WITNESS='' start_daemon --default-action pending_hitl
	for ((i = 0; i < 24; i++)); do
		echo "${fat/INDEX/$i}"
	done | send_lines >"$TMP/replies"
	move_clock 590
	pending_token 'args:=["1"]' >"$TMP/pending"
	stop_daemon
	cp -r "$STATE_DIR" "$TMP/begin"

	start_recorded
	move_clock 10
	must_be "$OK" operate approve token_id="$(<"$TMP/pending")"
	(($(stat -c %s "$TOKENS") < 10000)) || fail 'it was not written anew'
	run ask 'args:=["1"]' approval_token="$(<"$TMP/pending")"
	assert_decision allow
	kill_daemon
	survives 2 400 "$TMP/begin"
}
