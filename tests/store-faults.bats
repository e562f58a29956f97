#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
#
# A disk that fails under the store: what could not be recorded is refused, what was acknowledged is
# never lost, and it goes on when it can (design, section 7).
#
# Each test is a process of its own, and what it sets may be for the library, as what it reads may
# be the library's:
# shellcheck disable=SC2030,SC2031,SC2034,SC2153

load store

# --- a disk that takes no more --------------------------------------------------------------------

# Each way to run out of room is three functions: WAY_start starts the daemon, WAY_fill takes the
# room, WAY_free gives it back.

# Files may not grow: the limit is below the size of what is on record, which is one large token,
# and above that of the log. A witness would need more.
limit_start() {
	local fat

	printf -v fat '%050000d' 0
	FIRMA_TEST_WITNESS='' start_asking
	run ask "args:=[\"$fat\"]"
	assert_decision pending_hitl
}

limit_fill() {
	prlimit --pid "$DAEMON" --fsize=40000:
}

limit_free() {
	prlimit --pid "$DAEMON" --fsize=unlimited:
}

# A file system of its own, which is full.
disk_start() {
	on_disk true
	start_asking
	TOKENS=/proc/$DAEMON/root$STATE_DIR/tokens.jsonl
}

# on_disk COMMAND: what is started from now on has one, with this done in it.
on_disk() {
	mkdir -m 700 "$STATE_DIR"
	WRAPPER=(unshare --mount sh -c "mount -t tmpfs -o size=128k,mode=700 none '$STATE_DIR'
		cd '$STATE_DIR' || exit
		$1
		exec \"\$@\"" sh "${WRAPPER[@]}")
}

FILL='head -c 1M /dev/zero >fill 2>/dev/null'

disk_fill() {
	(cd "${TOKENS%/*}" && eval "$FILL") || true
}

disk_free() {
	rm "${TOKENS%/*}/fill"
}

need_mount() {
	need_root
	unshare --mount mount -t tmpfs none "$TMP" 2>/dev/null || skip "no file system can be mounted"
}

# run_out WAY ERROR: one turn that can't be recorded, and what comes of it.
run_out() {
	local way=$1 error=$2 pending approved doomed fat closed replies reply all

	"${way}_start"
	pending=$(pending_token 'args:=["1"]')
	approved=$(pending_token 'args:=["2"]')
	doomed=$(pending_token 'args:=["3"]')
	must "$OK" operate approve token_id="$approved"
	all=$(listed token_id)
	"${way}_fill"

	# The last is more than what is left of a block.
	printf -v fat '%05000d' 0
	{
		"$UNIT" object action=local.exec.approve token_id="$pending"
		request 'args:=["2"]' approval_token="$approved"
		"$UNIT" object action=local.exec.revoke token_id="$doomed" reason=so
		request "args:=[\"$fat\"]"
	} >"$TMP/turn"
	together "$TMP/turn"
	mapfile -t replies <"$TMP/turn.replies"
	reply="the change could not be recorded: $error"
	assert_equal "${replies[0]}" \
		'{"outcome":"unsupported_action","reason":"outcome unknown: '"$reply"'"}'
	assert_equal "${replies[1]}" '{"decision":"deny","reason":"'"$reply"'"}'
	assert_equal "${replies[2]}" "${replies[0]}"
	assert_equal "${replies[3]}" "${replies[1]}"

	# While there is no room it decides nothing, but shows what it has: what was to be allowed is
	# undone, what was to end has ended.
	closed="closed: $STATE_DIR/tokens.jsonl: could not be written: $error"
	must '{"decision":"deny","reason":"'"$closed"'"}' ask
	must '{"decision":"deny","reason":"'"$closed"'"}' ask 'args:=["2"]' approval_token="$approved"
	must '{"outcome":"unsupported_action","reason":"'"$closed"'"}' \
		operate approve token_id="$pending"
	assert_equal "$(listed state | tail -n 3)" $'pending\nconsumed\nrevoked'
	assert_equal "$(listed token_id)" "$all"
	run operate status
	assert_line -n 0 -p '"state":"closed","closed":"'"${closed#closed: }"'"'
	assert_log "firma: $closed"
	run --separate-stderr firma token approve --yes "$pending"
	assert_status 3
	assert_stderr -p "$closed"

	# It tries again and again; when there is room, it has it all.
	"${way}_free"
	move_clock 31
	must "$CONSUMED" ask 'args:=["2"]' approval_token="$approved"
	must '{"decision":"deny","reason":"approval token revoked: so"}' \
		ask 'args:=["3"]' approval_token="$doomed"
	run ask 'args:=["1"]' approval_token="$pending"
	assert_decision pending_hitl
	assert_log "firma: $STATE_DIR/tokens.jsonl: written anew, open again"
	assert_equal "$(listed token_id)" "$all"
	must "$OK" operate approve token_id="$pending"
	must "$ALLOWED" ask 'args:=["1"]' approval_token="$pending"
	assert_equal "$(grep -a '^{"token_id"' "$TOKENS" | "$UNIT" get token_id | sort -u)" \
		"$(sort -u <<<"$all")"
}

@test "what can't be recorded on a full disk is refused, and it goes on when there is room" {
	need_mount
	run_out disk "No space left on device"
}

@test "what can't be recorded in a file that may not grow is refused, and it goes on later" {
	local states

	run_out limit "File too large"
	states=$(listed state)
	kill_daemon
	start_asking
	assert_equal "$(listed state)" "$states"
}

@test "an operator's program tells an unknown outcome from a refusal" {
	local token

	limit_start
	token=$(pending_token)
	limit_fill
	run --separate-stderr firma token approve --yes "$token"
	assert_status 3
	assert_stderr -p "outcome unknown: the change could not be recorded: File too large"
	run --separate-stderr firma token revoke --yes "$token"
	assert_status 3
	assert_stderr -p "closed: "
	limit_free
	move_clock 31
	run firma token approve --yes "$token"
	assert_status 0
}

@test "what was written in part is never believed" {
	local pending approved

	# The first start syncs three times; a file that would be written anew can't be.
	trace -e trace=fsync -e inject=fsync:error=EIO:when=4+
	FIRMA_TEST_WITNESS='' start_asking
	pending=$(pending_token 'args:=["1"]')
	approved=$(pending_token 'args:=["2"]')
	prlimit --pid "$DAEMON" --fsize=$(($(size) + 150)):
	run operate approve token_id="$approved"
	assert_field outcome unsupported_action
	kill_daemon
	true >"$TMP/log"
	WRAPPER=()
	start_asking
	assert_equal "$(listed state)" $'pending\npending'
	assert_log -p "$TOKENS: cut off 150 bytes"
	must "$OK" operate approve token_id="$pending"
}

@test "a daemon that alone knows of a revocation does not leave for being idle" {
	local fat token revoked='{"decision":"deny","reason":"approval token revoked: so"}'

	printf -v fat '%050000d' 0
	FIRMA_TEST_WITNESS='' start_daemon --default-action pending_hitl --token-ttl 24h \
		--idle-timeout 1h
	run ask "args:=[\"$fat\"]"
	token=$(pending_token)
	limit_fill
	run operate revoke token_id="$token" reason=so
	assert_field reason -p "outcome unknown: "
	for _ in 1 2 3; do
		move_clock 3700
		assert_equal "$(listed token_id state=revoked)" "$token"
	done

	limit_free
	move_clock 31
	must "$revoked" ask approval_token="$token"
	move_clock 3700
	wait_daemon
	start_asking
	must "$revoked" ask approval_token="$token"
}

@test "a daemon that can't put its file at rest leaves it as it was" {
	local token before

	limit_start
	token=$(pending_token)
	before=$(snapshot "$TOKENS")
	limit_fill
	stop_daemon 1
	assert_log -p 'could not put the store at rest: File too large'
	assert_equal "$(snapshot "$TOKENS")" "$before"
	[[ ! -e $TOKENS.new ]]
	start_asking
	assert_equal "$(listed token_id | tail -n 1)" "$token"
}

@test "a first start on a full disk is closed until there is room" {
	need_mount
	on_disk "$FILL"
	start_asking
	run ask
	assert_decision deny \
		"closed: $TOKENS: could not be written: No space left on device"
	must "$OK" operate list
	rm "/proc/$DAEMON/root$STATE_DIR/fill"
	move_clock 31
	run ask
	assert_decision pending_hitl
}

# --- a sync that fails ----------------------------------------------------------------------------

@test "a file of which a sync failed is not appended to again" {
	local token before

	trace -e trace=fdatasync -e inject=fdatasync:error=EIO:when=2
	start_asking
	token=$(pending_token)
	before=$(inode)
	run operate approve token_id="$token"
	assert_field reason "outcome unknown: the change could not be recorded: Input/output error"

	# The next turn begins with a file that is written anew: without the approval.
	run ask approval_token="$token"
	[[ $(inode) != "$before" ]]
	assert_decision pending_hitl
	assert_log "firma: $TOKENS: written anew, open again"
	run cat "$TOKENS"
	assert_equal "${#lines[@]}" 3
	assert_equal "$("$UNIT" get state <<<"${lines[2]}")" pending
	must "$OK" operate approve token_id="$token"
	must "$ALLOWED" ask approval_token="$token"
}
