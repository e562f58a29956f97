#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
#
# `firma run` where evidence is kept: the record says what was allowed, and how it ended as the asker
# tells it, once. The command runs as a child then, and nobody can see a difference.
#
# What is set here may be for the library, as what is read may be the library's:
# shellcheck disable=SC2016,SC2030,SC2031,SC2034,SC2054,SC2153,SC2154

load run

# recording [SERVE-OPTION...]: a daemon that allows everything and keeps evidence.
recording() {
	start_daemon --default-action allow --evidence-log "$TMP/log.evidence" "$@"
}

# record N KEY: a member of the record N, from 1, or -1 for the last one.
record() {
	local line

	line=$(if (($1 < 0)); then tail -n "${1#-}"; else tail -n "+$1"; fi \
		<"$TMP/log.evidence" | head -n 1)
	"$UNIT" get "$2" <<<"$line"
}

# records: how many there are.
records() {
	wc -l <"$TMP/log.evidence"
}

# done_with RECORD [MEMBER...]: a report.
done_with() {
	"$UNIT" object action=local.exec.done record_id="$1" status:=0 time_ms:=5 "${@:2}" | send
}

# allowed: asks with detail, and prints the ID of the record.
allowed() {
	ask detail:=true | "$UNIT" get evidence
}

NOT_FOUND='{"outcome":"not_found","reason":"no such record is open for a report"}'

# --- what firma run reports -----------------------------------------------------------------------

@test "the record says what was approved, and then how it ended" {
	start_daemon --default-action pending_hitl --evidence-log "$TMP/log.evidence"
	script it 'exit 7'
	waits it -- ./it
	approve
	finish it
	assert_status 7
	assert_equal "$(records)" 4 # pending, approve, allow, report
	assert_equal "$(record -1 event_type)" reported_by_asker
	assert_equal "$(record -1 request | "$UNIT" get record_id)" "$(record 3 record_id)"
	assert_equal "$(record 3 request | "$UNIT" get executable_sha256)" \
		"$(sha256sum it | cut -d ' ' -f 1)"
	assert_equal "$(record -1 request | "$UNIT" get status)" 7
	assert_equal "$(record -1 response)" "$OK"
	assert_equal "$(record -1 peer | "$UNIT" get uid)" "$EUID"
	run firma evidence show "$TMP/log.evidence"
	assert_line -n -1 -e " 4 says that it ran: record $(record 3 record_id), status 7, after [0-9]+ ms"
	run firma evidence verify "$TMP/log.evidence"
	assert_status 0
}

@test "an end by a signal is reported, and is that of firma run" {
	need_trace
	recording
	run strace -o "$TMP/trace" -e trace=none "$FIRMA" run -- sh -c 'kill -KILL $$'
	assert_status 137
	grep -q '^+++ killed by SIGKILL +++' "$TMP/trace"
	assert_equal "$(record -1 request | "$UNIT" get status)" 137
	assert_equal "$(record -1 request | "$UNIT" get signal)" 9
}

@test "what does not begin is not reported, and has its status" {
	recording
	printf '#!/nonesuch\n' >it
	chmod 775 it
	missing ./it
	assert_stderr "firma: $TMP/dir/it: its interpreter is not there"
	echo text >it
	runs ./it
	assert_status 126
	assert_stderr "firma: $TMP/dir/it: neither a program nor a script that begins with '#!'"
	assert_equal "$(records)" 1
}

@test "where the report can't be made the status is the command's, and it is said" {
	recording
	script it 'kill -KILL "$1"' 'exit 3'
	KILLED=1
	runs --timeout 1s -- ./it "$DAEMON"
	_daemon_ends "$DAEMON" 137
	assert_status 3
	assert_stderr -e '^firma: could not report how the command ended: '
}

# --- as if it were not there ----------------------------------------------------------------------

@test "arguments, standard input and output, directory and status are as without evidence" {
	recording
	run --separate-stderr firma run -- sh -c 'cat; printf "<%s>" "$@"; pwd; exit 42' sh 'a  b' '' \
		<<<"from standard input"
	assert_status 42
	assert_output "from standard input
<a  b><>$TMP/dir"
	refute_stderr
	program copied
	cp "$(type -P ls)" list
	chmod 775 list
	./list /proc/self/fd >"$TMP/before"
	firma run ./list /proc/self/fd | diff "$TMP/before" -
}

@test "what the command closes is closed for whoever is at the other end" {
	recording
	mkfifo end
	script it 'exec >&-' 'read -r line <end' 'touch went-on'
	_command "$FIRMA" run -- ./it
	"${CMD[@]}" 2>"$TMP/it.err" 3>&- | cat 3>&- &
	# It ends while the script still waits.
	_until "$!" _is_gone "$!"
	[[ ! -e went-on ]]
	echo >end
	_until "$$" test -e went-on
}

@test "signals that are sent to firma run go on to the command, and their handling is its own" {
	local signal

	recording
	script it 'trap "echo got $1; exit 5" "$1"' 'echo ready' 'while :; do sleep 0.01; done'
	for signal in TERM HUP INT USR1 WINCH; do
		VIA=(env --default-signal="$signal")
		begins it -- ./it "$signal"
		_until "${BACKGROUND[it]}" grep -q ready "$TMP/it.out"
		kill "-$signal" "${BACKGROUND[it]}"
		finish it
		assert_status 5
		assert_line "got $signal"
	done
	VIA=(env --default-signal=TERM --ignore-signal=INT --ignore-signal=CHLD)
	begins it -- cat /proc/self/status
	finish it
	assert_line -e '^SigIgn:.*1[0-9a-f]{3}[2367abef]$' # SIGCHLD is bit 16
	assert_line -e '^SigCgt:[[:space:]]*0+$'
	assert_line -e '^SigBlk:[[:space:]]*0+$'
}

@test "a command does not outlive firma run that is killed" {
	local pid

	recording
	script it 'echo "$$"' 'exec sleep 1000'
	begins it -- ./it
	_until "${BACKGROUND[it]}" grep -qE '^[0-9]+$' "$TMP/it.out"
	pid=$(tail -n 1 "$TMP/it.out")
	kill -KILL "${BACKGROUND[it]}"
	_until "$$" _is_gone "$pid"
	finish it
	assert_status 137
}

@test "on a terminal the command has it: size, input, and ctrl-C" {
	recording
	script it 'test -t 0 && test -t 1 && stty size' 'read -r line; echo "<$line>"' \
		'trap "echo interrupted; exit 9" INT' 'while :; do sleep 0.01; done'
	terminal 90x20 "$FIRMA" run -- ./it
	seen '20 90'
	keys -l hello
	keys Enter
	seen '<hello>'
	keys C-c
	ended
	assert_status 9
	assert_equal "$(grep -c '^^*C*interrupted' <<<"$output")" 1
}

is_stopped_state() {
	[[ $(awk '/^State:/ { print $2 }' "/proc/$1/status") == T ]]
}

@test "it stops with its command, and goes on with it" {
	recording
	script it 'echo "$$"' 'kill -STOP $$' 'exit 6'
	begins it -- ./it
	_until "${BACKGROUND[it]}" is_stopped_state "${BACKGROUND[it]}"
	kill -CONT "${BACKGROUND[it]}"
	finish it
	assert_status 6
}

# --- what the daemon takes ------------------------------------------------------------------------

@test "a report is taken once, for an allow of one's own, and all else is not found, unrecorded" {
	local id other n

	recording
	id=$(allowed)
	n=$(records)
	must "$NOT_FOUND" done_with "$(printf '%024d' 0)"
	must "$NOT_FOUND" done_with nonsense
	assert_equal "$(records)" "$n"
	must "$OK" done_with "$id"
	assert_equal "$(record -1 event_type)" reported_by_asker
	must "$NOT_FOUND" done_with "$id"
	# A record that is no allow.
	must "$NOT_FOUND" done_with "$(record -1 record_id)"
	assert_equal "$(records)" $((n + 1))
	stop_daemon
	start_daemon --default-action deny --evidence-log "$TMP/log.evidence"
	other=$(allowed)
	must "$NOT_FOUND" done_with "$other"
}

@test "two reports of one allow in one turn are taken once" {
	local id

	recording
	id=$(allowed)
	done_with "$(printf '%024d' 0)" # the log has been read
	pause_daemon
	"$UNIT" object action=local.exec.done record_id="$id" status:=0 time_ms:=5 >"$TMP/line"
	queue one <"$TMP/line"
	queue two <"$TMP/line"
	resume_daemon
	finish one
	assert_output "$OK"
	finish two
	assert_output "$NOT_FOUND"
}

@test "an allow is known after a restart, also from the end of a long log, and so is its report" {
	local first second

	recording
	first=$(allowed)
	second=$(allowed)
	must "$OK" done_with "$second"
	kill_daemon
	recording
	must "$NOT_FOUND" done_with "$second"
	must "$OK" done_with "$first"
	must "$NOT_FOUND" done_with "$first"
}

@test "what is older than the end of the log that is read is not found" {
	local first last i

	recording
	first=$(allowed)
	for ((i = 0; i < 75; i++)); do
		request args:="[\"$(printf '%060000d' 0)\"]"
	done | send_lines >"$TMP/replies"
	last=$(allowed)
	stop_daemon
	(($(stat -c %s "$TMP/log.evidence") > 4 << 20))
	recording
	must "$NOT_FOUND" done_with "$first"
	must "$OK" done_with "$last"
}

@test "another user's allow can't be reported" {
	local id

	need_root
	recording --agent-group 4242 --operator-socket "$TMP/operator.sock"
	id=$(allowed)
	assert_equal "$(AS_UID=4242 done_with "$id")" "$NOT_FOUND"
	id=$(AS_UID=4242 allowed)
	must "$NOT_FOUND" done_with "$id"
	assert_equal "$(AS_UID=4242 done_with "$id")" "$OK"
}

@test "without evidence there is nothing to report, and a report must say how it ended" {
	start_daemon --default-action allow
	must "$NOT_FOUND" done_with "$(printf '%024d' 0)"
	stop_daemon
	recording
	run "$UNIT" object action=local.exec.done record_id=x
	run send <<<"$output"
	assert_output '{"outcome":"unsupported_action","reason":"malformed request: status is missing"}'
	run done_with x status:=256
	assert_output -p 'status must be a whole number from 0 to 255'
	run done_with x signal:=0
	assert_output -p 'signal must be a whole number from 1 to 64'
	run done_with x time_ms:=-1
	assert_output -p 'time_ms must be a whole number from 0 to'
}

@test "a daemon that is closed takes no report" {
	local id

	recording
	id=$(allowed)
	# Somebody else has written into the log.
	echo >>"$TMP/log.evidence"
	run done_with "$id"
	assert_output -p '"outcome":"unsupported_action"'
	run operate status
	assert_line -n 0 -p closed
	KILLED=1 # the log is not to be verified
}
