#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
#
# Rotation of the log of evidence: by an operator and by size, what a crash leaves at each step, and
# how the segments are verified.
#
# What a test sets may be for the library, as what is read may be the library's:
# shellcheck disable=SC2030,SC2031,SC2034,SC2153

load store

setup() {
	FIRMA_EVIDENCE=
	lib_setup
	LOG=$TMP/log.jsonl
	cd "$TMP" || return
}

# start [SERVE-OPTION...]
start() {
	start_daemon --evidence-log "$LOG" --default-action allow "$@"
}

# segment SEQUENCE: the path of the segment that ends with this record.
segment() {
	printf '%s.%016d\n' "$LOG" "$1"
}

# rotates SEQUENCE: an operator rotates, and the segment ends with that record.
rotates() {
	run firma evidence rotate
	assert_output "$(segment "$1")"
	assert_status 0
}

# holds HEAD [OPTION...]: all segments and the log, of which this is the last record.
holds() {
	run firma evidence verify "${@:2}" "$LOG"*
	assert_status 0
	assert_line -n -1 -p ", head $1:"
}

# of N KEY: a member of the Nth record of the log.
of() {
	sed -n "$1p" "$LOG" | "$UNIT" get "$2"
}

# --- by an operator, and by size ------------------------------------------------------------------

@test "an operator rotates the log: its segment is closed, and the next goes on with its chain" {
	start
	ask >"$TMP/out"
	rotates 3
	ask >"$TMP/out"
	rotates 7
	ask >"$TMP/out"
	stop_daemon
	holds 9
	assert_equal "${#lines[@]}" 3
	assert_line -n 0 -p "$(segment 3): holds: 3 records, 0 signed, head 3:"
	assert_line -n 1 -p "$(segment 7): holds: 4 records, 0 signed, head 7:"
	assert_line -n 2 -p "$LOG: holds: 2 records, 0 signed, head 9:"

	assert_equal "$(tail -n 1 "$(segment 7)" | "$UNIT" get event_type)" closed
	assert_equal "$(tail -n 1 "$(segment 7)" | "$UNIT" get request)" \
		'{"segment":"log.jsonl.0000000000000007"}'
	assert_equal "$(tail -n 2 "$(segment 7)" | head -n 1 | "$UNIT" get request)" \
		'{"action":"local.exec.evidence.rotate"}'
	assert_equal "$(of 1 event_type)" continues
	assert_equal "$(of 1 request)" '{"continues":"log.jsonl.0000000000000007"}'
	assert_equal "$(stat -c %a "$LOG")" 600
}

@test "after a restart it goes on, and rotates again" {
	start
	ask >"$TMP/out"
	rotates 3
	stop_daemon
	start
	ask >"$TMP/out"
	stop_daemon
	holds 5
	start
	rotates 7
	kill_daemon
	start
	ask >"$TMP/out"
	stop_daemon
	holds 9
}

@test "so it does where no tokens are kept" {
	serve_at "$SOCKET" --store memory --evidence-log "$LOG" --default-action allow
	until_listening "$SOCKET"
	ask >"$TMP/out"
	rotates 3
	stop_daemon
	: >"$LOG"
	serve_at "$SOCKET" --store memory --evidence-log "$LOG" --default-action allow
	until_listening "$SOCKET"
	ask >"$TMP/out"
	stop_daemon
	holds 5
}

@test "a signed log stays signed with its key" {
	head -c 32 /dev/urandom | od -An -tx1 | tr -d ' \n' >k
	chmod 600 k
	start --evidence-key k
	ask >"$TMP/out"
	rotates 3
	ask >"$TMP/out"
	stop_daemon
	holds 5 --key k
	start
	run ask
	assert_decision deny -p 'signed, and this daemon has no key'
}

@test "a log that is larger than --evidence-max-size is rotated before the next record" {
	local large n

	start --evidence-max-size 64K
	printf -v large '%040000d' 0
	for n in 1 2 3 4 5; do
		ask args:="[\"$large\"]" >"$TMP/out"
	done
	stop_daemon
	holds 9
	assert_equal "${#lines[@]}" 3
	[[ -e $(segment 3) && -e $(segment 7) ]]
}

@test "the option wants a size, and a log" {
	run firma serve --socket s --evidence-log l --evidence-max-size 63K
	assert_status 2
	run firma serve --socket s --evidence-max-size 1M
	assert_status 2
	assert_output -p '--evidence-max-size is for --evidence-log'
}

@test "where nothing is recorded, and at the agent door, it is refused" {
	start_daemon --default-action allow
	run firma evidence rotate
	assert_status 1
	assert_output 'firma: the log of evidence: this daemon keeps no record of its decisions'
	stop_daemon
	start --operator-socket "$TMP/o"
	run operate_at "$SOCKET"
	assert_output -p "operators' actions are taken at the operator door"
	stop_daemon
	[[ ! -e $(segment 3) ]]
}

# operate_at SOCKET: asks for a rotation there.
operate_at() {
	echo '{"action":"local.exec.evidence.rotate"}' | "$UNIT" probe "$1"
}

@test "a log that can't be renamed stays as it is, and goes on" {
	start
	ask >"$TMP/out"
	: >"$(segment 3)"
	run firma evidence rotate
	assert_status 1
	assert_output 'firma: the log of evidence: the log could not be rotated: File exists'
	run ask
	assert_decision allow
	rm "$(segment 3)"
	rotates 5
	stop_daemon
	holds 6
}

# --- where no daemon runs -------------------------------------------------------------------------

# alone SEQUENCE [OPTION...]: rotates the log without a daemon; the segment must end with that record.
alone() {
	run firma evidence rotate --state-dir "$STATE_DIR" "${@:2}" "$LOG"
	assert_output "$(segment "$1")"
	assert_status 0
}

@test "without a daemon, rotate FILE rotates the log, and a daemon then continues it" {
	start
	ask >"$TMP/out"
	stop_daemon
	alone 3
	assert_equal "$(tail -n 2 "$(segment 3)" | head -n 1 | "$UNIT" get request)" \
		'{"action":"local.exec.evidence.rotate"}'
	assert_equal "$(tail -n 1 "$(segment 3)" | "$UNIT" get event_type)" closed
	assert_equal "$(of 1 event_type)" continues
	assert_equal "$(stat -c %a "$LOG")" 600
	alone 6
	holds 7
	start
	run ask
	assert_decision allow
	rotates 10
	stop_daemon
	holds 11
	assert_equal "${#lines[@]}" 4
}

@test "rotate FILE signs with the given key, and with no other" {
	head -c 32 /dev/urandom | od -An -tx1 | tr -d ' \n' >k
	chmod 600 k
	"$FIRMA" evidence keygen s >id
	start --evidence-key k
	ask >"$TMP/out"
	stop_daemon
	for key in '' '--signing-key s'; do
		# shellcheck disable=SC2086 # options
		run firma evidence rotate --state-dir "$STATE_DIR" $key "$LOG"
		assert_status 1
		assert_output -p "firma: $LOG: its record 1 is "
	done
	run firma evidence rotate --state-dir "$STATE_DIR" --key k --signing-key s "$LOG"
	assert_status 2
	alone 3 --key k
	holds 4 --key k
}

@test "while a daemon runs, rotate FILE is refused, and nothing is changed" {
	start
	ask >"$TMP/out"
	cp "$LOG" before
	run firma evidence rotate --state-dir "$STATE_DIR" "$LOG"
	assert_status 1
	assert_output "firma: $STATE_DIR: a daemon runs with this state directory: ask it, without naming the log"
	cmp "$LOG" before
	run ask
	assert_decision allow
	stop_daemon
}

@test "a log or a state directory that is missing is not made" {
	run firma evidence rotate --state-dir "$TMP/none" "$LOG"
	assert_status 1
	assert_output "firma: $TMP/none: No such file or directory"
	mkdir -m 700 empty
	run firma evidence rotate --state-dir empty "$LOG"
	assert_status 1
	assert_output -p 'nothing is known here of a log: there is no evidence.head'
	start
	stop_daemon
	run firma evidence rotate --state-dir "$STATE_DIR" "$TMP/typo"
	assert_status 1
	assert_output "firma: $TMP/typo: No such file or directory"
	[[ ! -e none && ! -e typo && ! -e empty/evidence.head ]]
	(umask 077 && echo '{}' >typo)
	run firma evidence rotate --state-dir "$STATE_DIR" "$TMP/typo"
	assert_status 1
	run firma evidence rotate --state-dir "$STATE_DIR"
	assert_status 2
	run firma evidence rotate --state-dir "$STATE_DIR" "$LOG" "$LOG"
	assert_status 2
}

@test "a log that was changed is not rotated" {
	start
	ask >"$TMP/out"
	ask >"$TMP/out"
	stop_daemon
	sed -i '$d' "$LOG"
	cp "$LOG" before
	run firma evidence rotate --state-dir "$STATE_DIR" "$LOG"
	assert_status 1
	assert_output -p 'it is shorter than it was'
	cmp "$LOG" before
	[[ ! -e $(segment 3) ]]
}

@test "the group that could read the log can read the next one" {
	need_root
	start --evidence-group 4242
	ask >"$TMP/out"
	stop_daemon
	alone 3
	assert_equal "$(stat -c '%a %g' "$LOG")" '640 4242'
	start --evidence-group 4242
	run ask
	assert_decision allow
	stop_daemon
}

# alone_dies WHEN...: kills rotate FILE; then rotate FILE, or in a second run a daemon, continues.
alone_dies() {
	need_trace
	rm -rf "$STATE_DIR" "$LOG"*
	start
	ask >"$TMP/out"
	stop_daemon
	trace "$@"
	_command "$FIRMA" evidence rotate --state-dir "$STATE_DIR" "$LOG"
	run "${CMD[@]}"
	WRAPPER=()
	assert_status 137
	cp -a "$STATE_DIR" state.kept
	mkdir log.kept
	cp -a "$LOG"* log.kept

	run firma evidence rotate --state-dir "$STATE_DIR" "$LOG"
	assert_status 0
	run firma evidence verify "$LOG"*
	assert_status 0

	rm -rf "$STATE_DIR" "$LOG"*
	mv state.kept "$STATE_DIR"
	mv log.kept/* .
	rmdir log.kept
	start
	run ask
	assert_decision allow
	stop_daemon
	run firma evidence verify "$LOG"*
	assert_status 0
}

@test "after a kill at any step, rotate FILE or a daemon continues the log" {
	alone_dies -e trace=renameat2 -e inject=renameat2:error=EIO:signal=KILL
	alone_dies -e trace=renameat2 -e inject=renameat2:signal=KILL
	alone_dies -P "$(segment 3)" -e trace=write -e inject=write:error=EIO:signal=KILL
	alone_dies -P "$(segment 3)" -e trace=fdatasync -e inject=fdatasync:signal=KILL
	alone_dies -P "$LOG" -e trace=openat -e inject=openat:signal=KILL:when=2
	alone_dies -P "$STATE_DIR/evidence.head" -e trace=pwrite64 -e inject=pwrite64:signal=KILL:when=4
}

# --- crashes --------------------------------------------------------------------------------------

# dies WHEN...: the daemon is killed while it rotates; the next one goes on, and all holds.
dies() {
	need_trace
	start
	ask >"$TMP/out"
	stop_daemon
	trace "$@"
	start
	run firma evidence rotate
	assert_status 3
	KILLED=1 _daemon_ends "$DAEMON" 137
	WRAPPER=()
	start
	run ask
	assert_decision allow
	stop_daemon
	run firma evidence verify "$LOG"*
	assert_status 0
}

@test "a kill before the log is renamed: nothing was rotated" {
	dies -e trace=renameat2 -e inject=renameat2:error=EIO:signal=KILL
	assert_equal "${#lines[@]}" 1
}

@test "a kill after the log was renamed: it gets its name back" {
	dies -e trace=renameat2 -e inject=renameat2:signal=KILL
	assert_equal "${#lines[@]}" 1
	assert_line -p 'holds: 3 records'
}

@test "a kill while the last record is written: it gets its name back" {
	dies -P "$(segment 3)" -e trace=write -e inject=write:error=EIO:signal=KILL
	assert_equal "${#lines[@]}" 1
}

@test "a kill after the last record was written: the segment is closed, and the log begins anew" {
	dies -P "$(segment 3)" -e trace=fdatasync -e inject=fdatasync:signal=KILL
	assert_equal "${#lines[@]}" 2
	assert_line -n 1 -p 'head 5:'
}

@test "so it is after a kill when the new log is made, and when its mark is written" {
	dies -P "$LOG" -e trace=openat -e inject=openat:signal=KILL:when=2
	assert_equal "${#lines[@]}" 2
	rm -r "$STATE_DIR" "$LOG"*
	dies -P "$STATE_DIR/evidence.head" -e trace=pwrite64 -e inject=pwrite64:signal=KILL:when=4
	assert_equal "${#lines[@]}" 2
}

@test "a last record that is torn: the segment gets its name back, and the cut is recorded" {
	need_trace
	start
	trace -P "$(segment 2)" -e trace=fdatasync -e inject=fdatasync:error=EIO:signal=KILL
	stop_daemon
	start
	run firma evidence rotate
	assert_status 3
	KILLED=1 _daemon_ends "$DAEMON" 137
	WRAPPER=()
	truncate -s -10 "$(segment 2)"
	start
	stop_daemon
	holds 2
	assert_equal "${#lines[@]}" 1
	assert_equal "$(of 2 event_type)" cut
}

@test "where the new log can't be made, the daemon goes on as soon as it can" {
	need_trace
	trace -P "$LOG" -e trace=openat -e inject=openat:error=ENOSPC:when=2..3
	start
	ask >"$TMP/out"
	run firma evidence rotate
	assert_status 3
	run ask
	assert_decision deny
	move_clock 60
	run ask
	assert_decision deny
	move_clock 60
	run ask
	assert_decision allow
	stop_daemon
	WRAPPER=()
	run firma evidence verify "$LOG"*
	assert_status 0
}

@test "two kills, one after the last record and one when the new log is made" {
	need_trace
	start
	ask >"$TMP/out"
	stop_daemon
	trace -P "$(segment 3)" -e trace=fdatasync -e inject=fdatasync:signal=KILL
	start
	run firma evidence rotate
	KILLED=1 _daemon_ends "$DAEMON" 137
	WRAPPER=()
	trace -P "$LOG" -e trace=openat -e inject=openat:error=EIO:signal=KILL
	serve_at "$SOCKET" --state-dir "$STATE_DIR" --evidence-log "$LOG"
	KILLED=1 _daemon_ends "$DAEMON" 137
	WRAPPER=()
	start
	run ask
	assert_decision allow
	stop_daemon
	holds 5
}

@test "a mark that can't be synced leaves the log as it is, and the daemon goes on" {
	local large n

	need_trace
	trace -P "$STATE_DIR/evidence.head" -e trace=fdatasync -e inject=fdatasync:error=EIO:when=1
	start
	printf -v large '%060000d' 0
	for n in {1..80}; do
		request args:="[\"$large\"]"
	done | send_lines >"$TMP/replies"
	grep -q "could not be recorded" "$TMP/replies" || fail "$(sort "$TMP/replies" | uniq -c)"
	move_clock 60
	run ask
	assert_decision allow
	stop_daemon
	WRAPPER=()
	run firma evidence verify "$LOG"
	assert_status 0
}

@test "a log and its mark that were moved away leave the segments without a meaning" {
	start
	ask >"$TMP/out"
	rotates 3
	stop_daemon
	mkdir away
	mv "$LOG" "$STATE_DIR/evidence.head" away
	start
	ask >"$TMP/out"
	stop_daemon
	start
	run ask
	assert_decision allow
	stop_daemon
	run firma evidence verify "$LOG"
	assert_status 0
}

@test "a new log that is deleted is noticed" {
	start
	rotates 2
	ask >"$TMP/out"
	stop_daemon
	rm "$LOG"
	start
	run ask
	assert_decision deny -p "closed: $LOG: it is gone, and had 4 records"
}

# --- verifying ------------------------------------------------------------------------------------

# rotated: three segments, that end with 3, 7 and 9.
rotated() {
	start
	ask >"$TMP/out"
	rotates 3
	ask >"$TMP/out"
	rotates 7
	ask >"$TMP/out"
	stop_daemon
}

@test "the segments are verified in their order, in whatever order they are given" {
	rotated
	run firma evidence verify "$(segment 7)" "$LOG" "$(segment 3)"
	assert_status 0
	assert_line -n 0 -p "$(segment 3): holds"
	assert_line -n 2 -p "$LOG: holds"
}

@test "a segment that is missing is named" {
	rotated
	run firma evidence verify "$(segment 3)" "$LOG"
	assert_status 1
	assert_line "$LOG: line 1: records 4 to 7 are missing before it"
	run firma evidence verify "$(segment 7)" "$LOG"
	assert_status 1
	assert_line "$(segment 7): line 1: records 1 to 3 are missing before it"
	refute_line -p "$LOG: line"
}

@test "one segment can be verified alone, after the end of the one before" {
	local end

	rotated
	end=$(firma evidence head "$(segment 7)")
	run firma evidence verify --after "$end" "$LOG"
	assert_status 0
	"$UNIT" stream make 3 >other
	run firma evidence verify --after "$end" other
	assert_status 1
	run firma evidence verify --after "${end%?}" "$LOG"
	assert_status 2
	run firma evidence verify --after "7:$(printf '%064d' 0)" "$LOG"
	assert_status 1
	assert_line -n 0 -p 'its previous_hash is not the record_hash of the line before it'
}

@test "the head may be in any segment" {
	local head

	rotated
	for head in "$(segment 3)" "$(segment 7)" "$LOG"; do
		run firma evidence verify --head "$(firma evidence head "$head")" "$LOG"*
		assert_status 0
	done
	head=$(firma evidence head "$LOG")
	run firma evidence verify --head "$head" "$LOG".*
	assert_status 1
	assert_line -n 1 -p 'it is the last, and record 9 is missing'
}

@test "what was changed in one segment is found, and two logs are two streams" {
	rotated
	sed -i '2s/"git"/"gut"/; 2s/usr/usx/' "$(segment 7)"
	run firma evidence verify "$LOG"*
	assert_status 1
	assert_line -p "$(segment 7): line 2: its record_hash is not the hash of the line"
	"$UNIT" stream make 3 >one
	"$UNIT" stream make 4 >two
	run firma evidence verify two one
	assert_status 0
	assert_line -n 0 -p 'two: holds: 4'
}

# --- following ------------------------------------------------------------------------------------

# follows FILE: shows it in the background, as it grows; what is printed goes to `out` and `err`.
follows() {
	_command "$FIRMA" evidence show --follow "$1"
	_spawn "${CMD[@]}" >out 2>err
	BACKGROUND["show"]=$!
}

# until_shown TEXT: in `out`.
until_shown() {
	_until "${BACKGROUND["show"]}" grep -q "$1" out || fail "not shown: $1"
}

@test "--follow goes on in the new log, and says so" {
	start
	ask >"$TMP/out.ask"
	follows "$LOG"
	until_shown ' 1 allow '
	rotates 3
	until_shown ' 3 closed: '
	until_shown ' 4 continues: '
	ask >"$TMP/out.ask"
	until_shown ' 5 allow '
	assert_equal "$(<err)" "firma: $LOG was rotated or replaced (if more than once, what was between is not shown); what is in it now follows"
	assert_equal "$(wc -l <out)" 5
}

has_lines() {
	(($(wc -l <"$2") == $1))
}

@test "--follow goes on where a file was cut off, and says so" {
	"$UNIT" stream make 3 >s
	cp s whole
	follows s
	until_shown ' 3 allow '
	head -n 1 whole >s
	_until "${BACKGROUND["show"]}" grep -q 'cut off' err
	assert_equal "$(<err)" 'firma: s was cut off; what is in it now follows'
	_until "${BACKGROUND["show"]}" has_lines 4 out || fail "not shown again"
}
