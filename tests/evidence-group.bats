#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
#
# The auditors' group, which may read the log of evidence and its segments, and nothing else.
#
# What a test sets may be for the library, as what is read may be the library's:
# shellcheck disable=SC2030,SC2031,SC2034,SC2153

load store

# A group that is nobody's, and two users.
AUDITORS=4240 AUDITOR=4241 STRANGER=4242

setup() {
	FIRMA_EVIDENCE=
	lib_setup
	mkdir "$TMP/logs"
	LOG=$TMP/logs/log.jsonl
	SEGMENT=$LOG.0000000000000003
}

# start GROUP [SERVE-OPTION...]
start() {
	start_daemon --evidence-log "$LOG" --evidence-group "$1" --default-action allow "${@:2}"
}

# has FILE MODE GROUP
has() {
	assert_equal "$(stat -c '%a %g' "$1")" "$2 $3"
}

# works GROUP: a daemon decides, and the log is readable for that group alone.
works() {
	start "$1"
	run ask
	assert_decision allow
	has "$LOG" 640 "$1"
}

# refuses GROUP WHY: a daemon with that group is closed, and says so.
refuses() {
	start "$1"
	run ask
	assert_decision deny "closed: $LOG: $2"
	stop_daemon
}

holds_all() {
	run firma evidence verify "$SEGMENT" "$LOG"
	assert_status 0
}

# leave [MODE]: a log with one record, of a daemon without the option.
leave() {
	start_daemon --evidence-log "$LOG" --default-action allow
	ask >"$TMP/out"
	stop_daemon
	chmod "${1-600}" "$LOG"
}

# as USER GROUP COMMAND...: runs it as that user, who is in that group, or with "" in no other.
as() {
	local groups=(--clear-groups)

	[[ ! $2 ]] || groups=(--groups="$2")
	run setpriv --reuid="$1" --regid="$1" "${groups[@]}" -- "${@:3}"
}

@test "a member of the group reads and verifies the log, and can't write it; others can't read it" {
	need_root
	works "$AUDITORS"
	run firma evidence rotate
	assert_output "$SEGMENT"
	ask >"$TMP/out"
	_give_tmp 0
	cp "$FIRMA" "$TMP/firma"

	as "$AUDITOR" "$AUDITORS" "$TMP/firma" evidence verify "$SEGMENT" "$LOG"
	assert_status 0
	assert_line -n 1 -p "$LOG: holds: 2 records"
	as "$AUDITOR" "$AUDITORS" "$TMP/firma" evidence show "$SEGMENT"
	assert_status 0
	for file in "$SEGMENT" "$LOG"; do
		# shellcheck disable=SC2016 # the shell's own
		as "$AUDITOR" "$AUDITORS" sh -c 'echo >>"$1"' - "$file"
		assert_output -p 'Permission denied'
		as "$AUDITOR" "$AUDITORS" chmod 660 "$file"
		assert_output -p 'Operation not permitted'
		as "$STRANGER" '' cat "$file"
		assert_output -p 'Permission denied'
		as "$STRANGER" '' "$TMP/firma" evidence verify "$file"
		assert_status 3
	done
	as "$AUDITOR" "$AUDITORS" rm -f "$LOG"
	assert_output -p 'Permission denied'
	run ask
	assert_decision allow
}

@test "a new log, the segment and the log after a rotation have the group; the state has not" {
	local group
	group=$(id -g)

	works "$group"
	run firma evidence rotate
	assert_output "$SEGMENT"
	ask >"$TMP/out"
	has "$SEGMENT" 640 "$group"
	has "$LOG" 640 "$group"
	stop_daemon
	for file in "$STATE_DIR"/*; do
		assert_equal "$(stat -c %a "$file")" 600
	done
	works "$group"
	assert_equal "$(wc -l <"$LOG")" 3
}

@test "a rotation that a crash cut short goes on, with the group" {
	local group
	group=$(id -g)

	need_trace
	leave
	trace -P "$SEGMENT" -e trace=fdatasync -e inject=fdatasync:signal=KILL
	start_daemon --evidence-log "$LOG" --default-action allow
	run firma evidence rotate
	assert_status 3
	KILLED=1 _daemon_ends "$DAEMON" 137
	WRAPPER=()
	has "$SEGMENT" 600 "$group"
	[[ ! -e $LOG ]]
	works "$group"
	has "$SEGMENT" 640 "$group"
	stop_daemon
	holds_all
}

@test "a log of before gets the group and the mode" {
	local group mode
	group=$(id -g)

	for mode in 600 640 644; do
		leave "$mode"
		works "$group"
		stop_daemon
		rm -r "$STATE_DIR" "$LOG"
	done
	need_root
	leave 640
	works "$AUDITORS"
	stop_daemon
	works "$STRANGER"
}

@test "a log that others could write, or that has an access control list, is refused" {
	local group mode
	group=$(id -g)

	for mode in 620 660 602; do
		leave "$mode"
		refuses "$group" 'can be written by its group or by others'
		has "$LOG" "$mode" "$group"
		rm -r "$STATE_DIR" "$LOG"
	done

	leave
	# user::rw-, user:4242:r--, group::---, mask::r--, other::---
	python3 - "$LOG" <<-'END' || skip "no access control lists here"
		import os, struct, sys
		acl = [(1, 6, -1), (2, 4, 4242), (4, 0, -1), (16, 4, -1), (32, 0, -1)]
		text = struct.pack("<I", 2) + b"".join(struct.pack("<HHi", *entry) for entry in acl)
		os.setxattr(sys.argv[1], "system.posix_acl_access", text)
	END
	refuses "$group" 'has an access control list'
}

@test "a group that can't be set closes the daemon, until it can" {
	need_root
	leave
	AS_UID=$STRANGER
	_give_tmp "$AS_UID"
	chown -R "$AS_UID:$AS_UID" "$TMP/logs" "$STATE_DIR"
	refuses "$AUDITORS" "can't be made readable for group $AUDITORS alone: Operation not permitted"
	has "$LOG" 600 "$AS_UID"
	chgrp "$AUDITORS" "$LOG"
	works "$AUDITORS"
}

@test "without the option, nobody may read it" {
	leave
	has "$LOG" 600 "$(id -g)"
	chmod 640 "$LOG"
	start_daemon --evidence-log "$LOG" --default-action allow
	run ask
	assert_decision deny "closed: $LOG: is open to its group or to others"
}

@test "the option is for a log, and wants a group" {
	run firma serve --socket s --evidence-group 1
	assert_status 2
	assert_output -p '--evidence-group is for --evidence-log'
	run firma serve --socket s --evidence-log l --evidence-group no-such-group
	assert_status 2
	assert_output -p '--evidence-group wants a group that is there'
}
