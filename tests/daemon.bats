#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
#
# `firma daemon`: a daemon without a service manager is started once, found by its lock, and ended
# with all that it has left; nobody else's process, socket or file is touched.

load lib

setup() {
	lib_setup
	PID_FILE=$SOCKET.pid
}

# What a test has started ends with it, also if it hangs.
teardown() {
	if [[ -e $PID_FILE ]]; then
		firma daemon stop --timeout 100ms --pid-file "$PID_FILE" >/dev/null 2>&1 || true
	fi
	lib_teardown
}

start() {
	firma daemon start --timeout 60s --state-dir "$STATE_DIR" "$@" </dev/null
}

# field KEY: of the status.
field() {
	firma daemon status --timeout 200ms | "$UNIT" get "$1"
}

pid() {
	cat "$PID_FILE"
}

# Whether a process has ended; whoever adopted it may not have waited for it yet.
has_ended() {
	! readlink "/proc/$1/exe" >/dev/null
}

@test "a daemon is started, answers, and is ended" {
	run firma daemon status
	assert_status 3
	assert_output "{\"running\":false,\"pid\":null,\"socket_path\":\"$SOCKET\",\"pid_path\":\"$PID_FILE\",\"process_running\":false,\"socket_responsive\":false,\"message\":\"the daemon does not run: there is no $PID_FILE\"}"

	run start --default-action=allow
	assert_status 0
	assert_line -n 0 "firma: serves at the any door $SOCKET"
	assert_output -p "the daemon runs, process $(pid): it answers at $SOCKET"
	assert_output -p 'its answers are advice'
	run firma check -- true
	assert_status 0

	run firma daemon status
	assert_status 0
	assert_output "{\"running\":true,\"pid\":$(pid),\"socket_path\":\"$SOCKET\",\"pid_path\":\"$PID_FILE\",\"process_running\":true,\"socket_responsive\":true,\"message\":\"it answers at $SOCKET\"}"

	local process
	process=$(pid)
	run firma daemon stop
	assert_status 0
	assert_output ''
	has_ended "$process" || fail "it still runs"
	[[ ! -e $SOCKET && ! -e $PID_FILE ]] || fail "a file is left"
	run firma daemon stop
	assert_status 0
	assert_output -p 'the daemon does not run'
}

@test "options are passed on, before and after the verb's own" {
	start --default-action deny --timeout 20s --max-pending=3 --socket "$TMP/other" \
		--log-file "$TMP/its.log" --pid-file "$TMP/its.pid"
	grep -q "serves at the any door $TMP/other" "$TMP/its.log"
	run firma status --json --socket "$TMP/other"
	assert_output -p '"default_action":"deny"'
	firma daemon stop --socket "$TMP/other" --pid-file "$TMP/its.pid"
	[[ ! -e $TMP/its.pid ]]
}

@test "a second start leaves the first daemon as it is" {
	start --default-action allow
	local first
	first=$(pid)
	run start --default-action deny
	assert_status 0
	assert_output -p "the daemon runs already, process $first"
	run firma check -- true
	assert_status 0
	[[ $(pid) == "$first" ]]
}

@test "of several starts at once, one starts a daemon" {
	local -a jobs=()
	for i in 1 2 3 4 5 6; do
		start --timeout 50s >"$TMP/start.$i" 2>&1 &
		jobs+=($!)
	done
	for i in "${jobs[@]}"; do
		wait "$i"
	done
	[[ $(grep -l "the daemon runs, process $(pid)" "$TMP"/start.* | wc -l) == 1 ]]
	[[ $(grep -l "the daemon runs already, process $(pid)" "$TMP"/start.* | wc -l) == 5 ]]
}

@test "a pid file that was left over names no process" {
	sleep 1000 &
	local other=$!
	echo "$other" >"$PID_FILE"
	chmod 600 "$PID_FILE"

	run firma daemon status
	assert_status 3
	assert_output -p '"process_running":false'
	run firma daemon stop
	assert_status 0
	kill -0 "$other" || fail "another process was ended"
	[[ ! -e $PID_FILE ]] || fail "the file is left"

	echo "$other" >"$PID_FILE"
	chmod 600 "$PID_FILE"
	start
	[[ $(pid) != "$other" ]]
	firma daemon stop
	kill -0 "$other" || fail "another process was ended"
	kill "$other"
}

@test "a process that has locked another file is not ended" {
	mkfifo "$TMP/locked"
	python3 - "$PID_FILE" "$TMP/locked" <<-'EOT' &
		import fcntl, os, signal, sys
		os.umask(0o077)
		f = open(sys.argv[1], "w")
		fcntl.lockf(f, fcntl.LOCK_EX, 1)
		with open(sys.argv[2], "w") as told:
		    print(os.getpid(), file=told)
		signal.pause()
	EOT
	local other
	other=$(<"$TMP/locked")
	run firma daemon stop
	kill -0 "$other" || fail "it was ended"
	kill "$other"
	assert_status 3
	assert_output -p "$PID_FILE is held by process $other, and does not name it"
}

# Another one is starting, for good; and the caller has blocked the signal that ends the wait.
@test "the wait for another start ends in time, whatever signals the caller has blocked" {
	_command "$FIRMA" daemon stop --timeout 100ms
	run timeout 60 python3 - "$PID_FILE" "${CMD[@]}" <<-'EOT'
		import fcntl, os, signal, subprocess, sys
		os.umask(0o077)
		f = open(sys.argv[1], "w")
		fcntl.lockf(f, fcntl.LOCK_EX, 1, 1)
		signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGALRM})
		sys.exit(subprocess.run(sys.argv[2:], timeout=30).returncode)
	EOT
	assert_status 3
	assert_output -p 'another start or stop is under way'
	rm "$PID_FILE"
}

@test "another file in the place of the pid file is left as it is" {
	printf 'a letter\n' >"$PID_FILE"
	chmod 600 "$PID_FILE"
	run start
	assert_status 3
	assert_output -p "$PID_FILE is not a pid file, and is left as it is"
	[[ $(<"$PID_FILE") == 'a letter' ]]
	run firma daemon stop
	assert_status 3
	assert_output -p "$PID_FILE is not a pid file, and is left as it is"
	[[ $(<"$PID_FILE") == 'a letter' ]]
	mv "$PID_FILE" "$TMP/letter"

	ln -s "$TMP/letter" "$PID_FILE"
	run start
	assert_status 3
	assert_output -p 'is a symbolic link'
	rm "$PID_FILE"
	[[ $(<"$TMP/letter") == 'a letter' ]]

	: >"$PID_FILE"
	chmod 644 "$PID_FILE"
	run start
	assert_status 3
	assert_output -p 'is open to its group or to others'
	rm "$PID_FILE"
}

@test "a file in the way of the socket is kept; a socket without a listener is replaced" {
	echo precious >"$SOCKET"
	run start
	assert_status 3
	assert_output -p 'the daemon did not start'
	[[ $(<"$SOCKET") == precious ]]
	[[ ! -s $PID_FILE ]] || fail "a pid file is left: $(pid)"
	rm -f "$SOCKET" "$PID_FILE"

	start
	kill -KILL "$(pid)"
	_until 1 has_ended "$(pid)"
	[[ -S $SOCKET ]]
	start
	firma daemon stop

	start_daemon
	run start --state-dir "$TMP/elsewhere"
	assert_status 3
	[[ -S $SOCKET ]]
	run firma check -- true
	assert_status 1
	stop_daemon
}

@test "a daemon of another pid file is told apart by its number" {
	start_daemon
	run firma daemon start --timeout 10s --store memory --socket "$TMP/second" --pid-file "$PID_FILE"
	assert_status 0
	run firma daemon status --pid-file "$PID_FILE"
	assert_status 3
	assert_output -p "$SOCKET is another process's, $DAEMON"
	firma daemon stop --pid-file "$PID_FILE"
	_listens "$SOCKET" || fail "the other daemon's socket is gone"
}

@test "a daemon that hangs is reported, and killed by stop" {
	start
	local process
	process=$(pid)
	kill -STOP "$process"

	run firma daemon status --timeout 100ms
	assert_status 3
	assert_output -p '"process_running":true,"socket_responsive":false'
	run start --timeout 100ms
	assert_status 3
	assert_output -p "process $process runs, and does not answer"
	run firma daemon stop --timeout 100ms
	assert_status 0
	assert_output -p "process $process does not end, and is killed"
	has_ended "$process" || fail "it still runs"
	[[ ! -e $SOCKET && ! -e $PID_FILE ]] || fail "a file is left"
	start
}

# Whether SIGTERM is pending: the fifteenth bit.
is_told_to_end() {
	local pending

	pending=$(awk '$1 == "ShdPnd:" { print $2 }' "/proc/$1/status")
	((0x$pending & 1 << 14))
}

# Whether a process waits for a lock of a file: the kernel's list has "->" before who waits.
waits_for_lock() {
	grep -q -- "-> POSIX .*:$(stat -c %i "$1") " /proc/locks
}

@test "a start that waited while the daemon was ended starts another one" {
	start
	kill -STOP "$(pid)"
	firma daemon stop --timeout 50s &
	local stop=$!
	_until "$stop" is_told_to_end "$(pid)"
	start --timeout 50s &
	local begin=$! first
	first=$(pid)
	_until "$begin" waits_for_lock "$PID_FILE"
	kill -CONT "$first"
	wait "$stop"
	wait "$begin"
	[[ $(pid) != "$first" ]]
	run firma daemon status
	assert_status 0
}

@test "a daemon that can't start is not left running, and says why" {
	run start --default-action perhaps
	assert_status 2
	assert_output -p -- '--default-action wants allow, deny or pending_hitl'
	run start --no-such-option
	assert_status 2
	assert_output -p "unknown option --no-such-option (see 'firma daemon start --help')"
	echo precious >"$TMP/file"
	run start --operator-socket "$TMP/file"
	assert_status 3
	assert_output -p 'the daemon did not start'
	run field process_running
	assert_output false
}

@test "one that starts closed says so" {
	run start --policy "$TMP/none.json"
	assert_status 0
	assert_output -p "closed: $TMP/none.json: No such file or directory"
	run firma check -- true
	assert_status 1
}

@test "nothing of the caller's stays open" {
	local out
	out=$(start 2>&1)
	[[ $out == *"the daemon runs, process $(pid)"* ]]
	firma daemon stop

	# A pipe on another descriptor, and a terminal's place for a service manager's messages.
	exec {extra}> >(cat >"$TMP/extra")
	NOTIFY_SOCKET=$TMP/notify start
	exec {extra}>&-
	_until 1 grep -q "serves at" "$SOCKET.log"
	run ls -l "/proc/$(pid)/fd"
	refute_output -p "$TMP/extra"
	refute_output -p 'pipe:'
}

@test "without a home, the tokens are beside the socket" {
	local as=
	((EUID != 0)) || as=4242
	AS_UID=$as _command "$FIRMA" daemon start --socket "$TMP/run/agent.sock"
	run env -u HOME "${CMD[@]}"
	assert_status 0
	[[ -e $TMP/run/state/lock || -e $TMP/run/state/tokens.jsonl ]] || fail "$(ls "$TMP/run/state")"
	AS_UID=$as _command "$FIRMA" daemon stop --socket "$TMP/run/agent.sock"
	"${CMD[@]}"

	AS_UID=$as _command "$FIRMA" daemon start
	run env -u HOME -u FIRMA_SOCKET "${CMD[@]}"
	assert_status 2
	assert_output -p -- '--socket is needed: the environment names no place'
}

@test "a status leaves no record and no line in the log" {
	start --evidence-log "$TMP/log.evidence"
	firma check -- true || true
	local records lines
	records=$(wc -l <"$TMP/log.evidence") lines=$(wc -l <"$SOCKET.log")
	firma daemon status
	firma daemon status
	[[ $(wc -l <"$TMP/log.evidence") == "$records" ]]
	[[ $(wc -l <"$SOCKET.log") == "$lines" ]]
	firma daemon stop
	firma evidence verify "$TMP/log.evidence"
}

@test "serve locks its pid file, and says on a descriptor that it answers" {
	mkfifo "$TMP/ready"
	exec {ready}<>"$TMP/ready"
	start_daemon --pid-file "$PID_FILE" --ready-fd 9 9>"$TMP/ready"
	read -r -t 60 -u "$ready"
	[[ $(pid) == "$DAEMON" ]]

	run firma serve --store memory --socket "$TMP/second" --pid-file "$PID_FILE"
	assert_status 1
	assert_output -p "$PID_FILE: process $DAEMON runs"
	[[ $(pid) == "$DAEMON" ]]
	stop_daemon
	[[ ! -e $PID_FILE ]] || fail "the pid file is left"

	run firma serve --store memory --socket "$TMP/second" --ready-fd 77
	assert_status 2
	assert_output -p -- '--ready-fd wants an open descriptor'
}
