#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
#
# The power fails (design, section 7): strace records what daemons do with their files and what they
# answer, and `unit powercut` loads every state in which the disk may be after each of these steps.
# tests/helper/disk.h says which states these are; the tests name how many there were at least.

# Each test is a process of its own, and what it sets may be for the library:
# shellcheck disable=SC2030,SC2031,SC2034

load store

RECORDED=openat,write,pwrite64,ftruncate,fsync,fdatasync,renameat,unlinkat,recvfrom,sendto

# record [STRACE-OPTION...]: daemons that are started from now on, until WRAPPER is empty.
record() {
	need_trace
	RECORD=(strace -D -A -y -xx -s 100000 -o "$TMP/trace" -e "trace=$RECORDED")
	WRAPPER=("${RECORD[@]}" "$@")
}

# start_recorded [STRACE-OPTION...]
start_recorded() {
	record "$@"
	FIRMA_TEST_WITNESS='' start_asking
	WRAPPER=()
}

# dies_at_start STRACE-OPTION...
dies_at_start() {
	record "$@"
	serve_at "$SOCKET" --state-dir "$STATE_DIR"
	WRAPPER=()
	_daemon_ends "$DAEMON" 137
}

# dies WORD...: a daemon that is recorded dies, by its tracer, while it does this; no answer comes.
dies() {
	run "$@"
	refute_output -p decision
	_daemon_ends "$DAEMON" 137
}

# work WORD: a pending, an approved, a consumed and a revoked token, each change a turn of its own;
# then four changes in one turn. The first is in PENDING.
work() {
	local token long i

	printf -v long '%01200d' 0
	PENDING=$(pending_token "args:=[\"$1\",\"$long\"]")
	token=$(pending_token "args:=[\"$1\",\"approved\"]")
	must "$OK" operate approve token_id="$token"
	token=$(pending_token "args:=[\"$1\",\"consumed\"]")
	must "$OK" operate approve token_id="$token"
	must "$ALLOWED" ask "args:=[\"$1\",\"consumed\"]" approval_token="$token"
	token=$(pending_token "args:=[\"$1\",\"revoked\"]")
	must "$OK" operate revoke token_id="$token" reason=so
	for i in 1 2 3 4; do
		request "args:=[\"$1\",\"turn $i\"]"
	done >"$TMP/turn"
	together "$TMP/turn"
	assert_equal "$(grep -c pending_hitl "$TMP/turn.replies")" 4
}

# survives ANSWERS STATES [BEGIN-DIR]: whenever the power fails, in at least so many states. WHAT may be
# --evidence.
survives() {
	local at_least=$2 pattern

	mkdir -m 700 "$TMP/disk"
	run "$UNIT" powercut ${WHAT:+"$WHAT"} "$TMP/trace" "$STATE_DIR" "$TMP/disk" "${@:3}"
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
	survives 12 5000
}

@test "no power cut loses what was answered: kills and a torn end" {
	start_recorded
	work 1
	kill_daemon

	# The next one finds a file that grew, and the one after it a torn end.
	start_recorded
	must "$OK" operate revoke token_id="$PENDING"
	kill_daemon
	printf '{"batch":11,"bytes":5' | "${RECORD[@]}" tee -a "$TOKENS" >"$TMP/torn"
	start_recorded
	must "$OK" operate approve token_id="$(pending_token)"
	kill_daemon
	survives 15 5000
}

@test "no power cut loses what was answered: what the dead had not synced" {
	local token

	# An issue that the kernel has and the disk may not have: who died there has not answered, but
	# the next one knows of it, and lets an operator decide it.
	start_recorded -e inject=fdatasync:signal=SIGKILL:when=2
	token=$(pending_token)
	dies ask 'args:=["lost"]'
	start_recorded
	[[ $(listed token_id | head -n 1) == "$token" ]]
	token=$(listed token_id | tail -n 1)
	must "$OK" operate approve token_id="$token"
	must "$ALLOWED" ask 'args:=["lost"]' approval_token="$token"

	# A name that the kernel has: the file is at rest, but the old one may come back.
	token=$(pending_token 'args:=["kept"]')
	must "$OK" operate approve token_id="$token"
	kill_daemon
	dies_at_start -e inject=fsync:signal=SIGKILL:when=2
	start_recorded
	must "$ALLOWED" ask 'args:=["kept"]' approval_token="$token"
	stop_daemon
	survives 6 5000
}

@test "no power cut loses what was answered: a first file whose name was not synced" {
	local i

	# Behind what is above the directory, and the file.
	i=$(ancestors | wc -l)
	dies_at_start -e inject=fsync:signal=SIGKILL:when=$((i + 2))
	start_recorded
	must "$OK" operate approve token_id="$(pending_token)"
	kill_daemon
	survives 2 20
}

@test "no power cut loses what was answered: syncs and a rename that fail" {
	local token later i

	# After the start, which syncs what is above, file and directory: the sync of an issue fails, then that of the new
	# file that is to mend it, then its renaming, then the sync of the directory.
	i=$(ancestors | wc -l)
	start_recorded -e inject=fdatasync:error=EIO:when=3 \
		-e inject=fsync:error=EIO:when=$((i + 3))+3 \
		-e inject=renameat:error=EIO:when=2
	token=$(pending_token 'args:=["1"]')
	must "$OK" operate approve token_id="$token"
	run ask 'args:=["2"]'
	assert_decision deny 'the change could not be recorded: Input/output error'
	for i in 1 2 3; do
		run ask 'args:=["1"]' approval_token="$token"
		assert_decision deny \
			"closed: $TOKENS: could not be written: Input/output error"
		move_clock 31
	done
	later=$(pending_token 'args:=["3"]')
	must "$ALLOWED" ask 'args:=["1"]' approval_token="$token"
	must "$OK" operate revoke token_id="$later"
	kill_daemon
	survives 5 1000
}

@test "no power cut loses what was answered: a file that is rewritten while it grows" {
	FIRMA_TEST_WITNESS='' start_asking
	issue_fat 24
	move_clock 590
	PENDING=$(pending_token 'args:=["1"]')
	stop_daemon
	cp -r "$STATE_DIR" "$TMP/begin"

	start_recorded
	move_clock 10
	must "$OK" operate approve token_id="$PENDING"
	(($(size) < 10000)) || fail 'it was not rewritten'
	must "$ALLOWED" ask 'args:=["1"]' approval_token="$PENDING"
	kill_daemon
	survives 2 400 "$TMP/begin"
}

# --- with the allowlist and evidence --------------------------------------------------------------

# start_all [STRACE-OPTION...]: all that a daemon keeps is in its state directory.
start_all() {
	record "$@"
	FIRMA_TEST_WITNESS='' start_daemon --default-action pending_hitl \
		--evidence-log "$STATE_DIR/log.jsonl"
	WRAPPER=()
}

# added PATTERN: sets ENTRY.
added() {
	run operate allow.add pattern="$1"
	assert_line -n -1 "$OK"
	ENTRY=$("$UNIT" get id <<<"${lines[0]}")
}

@test "no power cut leaves a token or an entry of the allowlist without its record" {
	local token WHAT=--evidence

	start_all
	token=$(pending_token args:='["1"]')
	added /opt/one
	must "$OK" operate approve token_id="$token"
	must "$ALLOWED" ask args:='["1"]' approval_token="$token"
	added /opt/two
	must "$OK" operate allow.remove id="$ENTRY"
	stop_daemon
	survives 6 5000
}

@test "so it is after kills between what is announced, what happens and what is recorded" {
	local token WHAT=--evidence

	start_all
	token=$(pending_token args:='["1"]')
	must "$OK" operate approve token_id="$token"
	kill_daemon

	# The file is in place, and its record is not: the log is synced for the first time then.
	start_all -e inject=fdatasync:signal=SIGKILL:when=3
	dies operate allow.add pattern=/opt/one
	start_all
	added /opt/one
	kill_daemon
	start_all -e inject=fdatasync:signal=SIGKILL:when=3
	dies operate revoke token_id="$token"
	start_all
	must "$OK" operate revoke token_id="$token"
	stop_daemon
	survives 4 5000
}
