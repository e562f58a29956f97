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
	must '{"decision":"deny","reason":"refused by an operator: so"}' \
		ask 'args:=["3"]' approval_token="$doomed"
	run ask 'args:=["1"]' approval_token="$pending"
	assert_decision pending_hitl
	assert_log "firma: $STATE_DIR/tokens.jsonl: rewritten, open again"
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

	# The first start syncs it and the directory; a file that would be rewritten can't be.
	trace -P "$STATE_DIR" -P "$TOKENS.new" -e trace=fsync -e inject=fsync:error=EIO:when=3+
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
	local fat token revoked='{"decision":"deny","reason":"refused by an operator: so"}'

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

@test "a start on a full disk shows what it finds, and is closed until there is room" {
	need_mount
	make_base
	rm -rf "$STATE_DIR" "$SOCKET"
	on_disk "cp -a '$TMP/base/.' .; $FILL"
	start_asking
	assert_unwritable ENOSPC 'pending approved'
	cmp "/proc/$DAEMON/root$TOKENS" "$TMP/before"
	[[ ! -e /proc/$DAEMON/root$TOKENS.new ]]
	rm "/proc/$DAEMON/root$STATE_DIR/fill"
	move_clock 31
	must "$ALLOWED" retry APPROVED
}

# --- calls that fail ------------------------------------------------------------------------------

declare -gA ERRORS=(
	[EACCES]='Permission denied'
	[EFBIG]='File too large'
	[EIO]='Input/output error'
	[ENOLCK]='No locks available'
	[ENOSPC]='No space left on device'
	[EROFS]='Read-only file system'
)

# start_failing [CALL ERROR WHEN]...: a daemon of whose calls for the store's directory and files
# these fail: the fourth of its kind for "4", that and all that follow until `mend` for "4+".
start_failing() {
	local faults=()

	while (($# > 0)); do
		faults+=(-e inject="$1:error=$2:when=$3")
		shift 3
	done
	trace -P "$STATE_DIR" -P "$STATE_DIR/lock" -P "$TOKENS" -P "$TOKENS.new" \
		-e trace=flock,read,write,openat,unlinkat,fsync,fdatasync,ftruncate,/^mkdir,/^rename \
		"${faults[@]}"
	start_asking
	WRAPPER=()
}

# mend: from now on the daemon's calls are the kernel's alone.
mend() {
	kill -KILL "$(tracer)"
	_until "$DAEMON" is_untraced
}

tracer() {
	awk '/^TracerPid:/ { print $2 }' "/proc/$DAEMON/status"
}

is_untraced() {
	[[ $(tracer) == 0 ]]
}

# put_back DIR: the state directory is a copy of that one.
put_back() {
	rm -rf "$STATE_DIR" "$SOCKET"
	cp -a "$1" "$STATE_DIR"
}

# crash: keeps the state directory as a kill at this moment leaves it.
crash() {
	rm -rf "$TMP/crashed"
	cp -a "$STATE_DIR" "$TMP/crashed"
}

# finds STATES: what the next daemon has on record, in one line.
finds() {
	true >"$TMP/log"
	start_asking
	shows "$1"
	kill_daemon
}

# shows STATES: the running one.
shows() {
	local states

	states=$(listed state)
	assert_equal "${states//$'\n'/ }" "$1"
}

# ask_two: PENDING and APPROVED, in three batches.
ask_two() {
	PENDING=$(pending_token 'args:=["pending"]')
	APPROVED=$(pending_token 'args:=["approved"]')
	must "$OK" operate approve token_id="$APPROVED"
}

# retry NAME: asks with the token of that name.
retry() {
	ask "args:=[\"${1,,}\"]" approval_token="${!1}"
}

refused() {
	must '{"decision":"deny","reason":"'"$1"'"}' "${@:2}"
}

unknown() {
	must '{"outcome":"unsupported_action","reason":"outcome unknown: '"$1"'"}' "${@:2}"
}

# change NAME WHY: asks for it, which can't be recorded.
change() {
	case $1 in
	issue) refused "$2" ask 'args:=["new"]' ;;
	approval) unknown "$2" operate approve token_id="$PENDING" ;;
	consumption) refused "$2" retry APPROVED ;;
	revocation) unknown "$2" operate revoke token_id="$PENDING" reason=so ;;
	esac
}

# The changes; how PENDING, APPROVED and what is new are in memory when one could not be recorded,
# and how after a kill if the batch was written but not synced.
changes() {
	cat <<-END
	issue|pending approved|pending approved pending
	approval|pending approved|approved approved
	consumption|pending consumed|pending consumed
	revocation|revoked approved|revoked approved
	END
}

# remember: what assert_kept compares with.
remember() {
	cp "$TOKENS" "$TMP/before"
	INODE=$(inode)
}

# append_fails ERROR LEFT [CALL]: the fourth batch can't be appended, because this call fails or the
# file may not grow. LEFT of it is in the file then: nothing, a part, or all.
append_fails() {
	local error=${ERRORS[$1]} left=$2 call=${3-} name states all

	while IFS='|' read -r name states all; do
		echo "$name, ${call:-short write}:"
		rm -rf "$STATE_DIR"
		true >"$TMP/log"
		if [[ $call ]]; then
			start_failing "$call" "$1" "$([[ $call == write ]] && echo 5 || echo 4)"
		else
			FIRMA_TEST_WITNESS='' start_asking
		fi
		ask_two
		remember

		# A new file can't be written until this is gone.
		mkdir "$TOKENS.new"
		[[ $call ]] || prlimit --pid "$DAEMON" --fsize=$(($(size) + 50)):
		change "$name" "the change could not be recorded: $error"
		shows "$states"
		assert_equal "$(inode)" "$INODE"
		crash
		rmdir "$TOKENS.new" "$TMP/crashed/tokens.jsonl.new"
		[[ $call ]] || prlimit --pid "$DAEMON" --fsize=unlimited:
		move_clock 31
		shows "$states"
		assert_log "firma: $TOKENS: rewritten, open again"
		[[ $(inode) != "$INODE" ]]
		kill_daemon
		finds "$states"

		# Without that, the next daemon has what was acknowledged, or what was asked for as well.
		put_back "$TMP/crashed"
		case $left in
		nothing)
			cmp "$TMP/before" "$TOKENS"
			finds 'pending approved'
			;;
		part)
			finds 'pending approved'
			assert_log -p "$TOKENS: cut off 50 bytes"
			;;
		all)
			cmp -n "$(stat -c %s "$TMP/before")" "$TMP/before" "$TOKENS"
			finds "$all"
			;;
		esac
	done < <(changes)
}

@test "a change of which the sync fails is not acknowledged, and none before it is lost" {
	append_fails EIO all fdatasync
}

@test "nor is one that can't be written" {
	append_fails ENOSPC nothing write
}

@test "nor is one that is written in part" {
	append_fails EFBIG part
}

# each_rewrite MOMENT [CALL=N]...: tries it with each call that fails while a file is rewritten,
# before which the daemon has made N such calls: MOMENT CALL ERROR WHEN KEPT. KEPT is the file that
# is in place then, the old one or the new one.
each_rewrite() {
	local -A before=()
	local moment=$1 call nth error kept word

	for word in "${@:2}"; do
		before[${word%=*}]=${word#*=}
	done
	while read -r call nth error kept; do
		echo "$call $nth:"
		"$moment" "$call" "$error" $((${before[$call]-0} + nth))+ "$kept"
		kill_daemon
	done <<-END
		unlinkat 1 EROFS old
		openat 1 EROFS old
		write 1 ENOSPC old
		write 2 EIO old
		fsync 1 EIO old
		/^rename 1 EACCES old
		fsync 2 EIO new
	END
}

# leaves_no_new: no new file is left behind. A closed daemon tries again by itself, the first time
# right after the turn that failed, and while it tries there is one for a moment.
leaves_no_new() {
	_until "$DAEMON" test ! -e "$TOKENS.new" || fail "$TOKENS.new was left behind"
}

# assert_kept KEPT: the file is the one that was there, byte for byte, or a new one; there is no
# third.
assert_kept() {
	leaves_no_new
	if [[ $1 == old ]]; then
		assert_equal "$(inode)" "$INODE"
		cmp "$TMP/before" "$TOKENS"
	else
		[[ $(inode) != "$INODE" ]]
	fi
}

# assert_unwritable ERROR STATES: closed for it, and shows this.
assert_unwritable() {
	local why="closed: $TOKENS: could not be written: ${ERRORS[$1]}"

	refused "$why" ask
	refused "$why" ask approval_token="${APPROVED-$ID}"
	must '{"outcome":"unsupported_action","reason":"'"$why"'"}' operate approve token_id="$ID"
	shows "$2"
}

first_start_fails() {
	[[ "$1 ${3%+}" != 'write 2' ]] || {
		start_asking # which writes but once
		return
	}
	rm -rf "$STATE_DIR"
	start_failing "$1" "$2" "$3"
	assert_unwritable "$2" ''
	leaves_no_new
	[[ $4 == new || ! -e $TOKENS ]]
	crash
	mend
	move_clock 31
	run ask
	assert_decision pending_hitl
	kill_daemon
	finds pending
	put_back "$TMP/crashed"
	start_asking
	shows ''
}

@test "a first start that can't write its file is closed until it can" {
	each_rewrite first_start_fails openat=4
}

@test "a first start that can't sync what is above its directory is closed until it can" {
	trace -P "$TMP" -e trace=fsync -e inject=fsync:error=EIO:when=1..3
	start_asking
	for _ in 1 2; do
		refused "closed: $TOKENS: could not be written: ${ERRORS[EIO]}" ask
		[[ ! -e $TOKENS ]]
		move_clock 31
	done
	run ask
	assert_decision pending_hitl
}

# make_base: $TMP/base is a directory in which PENDING and APPROVED were appended.
make_base() {
	start_asking
	ask_two
	kill_daemon
	cp -a "$STATE_DIR" "$TMP/base"
	remember
}

start_fails() {
	put_back "$TMP/base"
	remember
	start_failing "$1" "$2" "$3"
	assert_unwritable "$2" 'pending approved'
	assert_kept "$4"
	crash
	mend
	move_clock 31
	must "$ALLOWED" retry APPROVED
	kill_daemon
	finds 'pending consumed'
	put_back "$TMP/crashed"
	start_asking
	shows 'pending approved'
	must "$ALLOWED" retry APPROVED
}

@test "a start that can't write anew what it found is closed until it can, and shows it" {
	make_base
	each_rewrite start_fails openat=4
}

recovery_fails() {
	rm -rf "$STATE_DIR"
	start_failing fdatasync EIO 4 "$1" "$2" "$3"
	ask_two
	remember
	change revocation "the change could not be recorded: ${ERRORS[EIO]}"
	if [[ $4 == old ]]; then
		cmp -n "$(stat -c %s "$TMP/before")" "$TMP/before" "$TOKENS"
		cp "$TOKENS" "$TMP/before"
	fi
	assert_unwritable "$2" 'revoked approved'
	assert_kept "$4"
	crash
	mend
	move_clock 31
	refused "refused by an operator: so" retry PENDING
	must "$ALLOWED" retry APPROVED
	kill_daemon
	finds 'revoked consumed'
	put_back "$TMP/crashed"
	start_asking
	shows 'revoked approved'
}

@test "a recovery that fails leaves the daemon closed until one succeeds" {
	each_rewrite recovery_fails openat=9 unlinkat=1 write=5 fsync=2 /^rename=1
}

stop_fails() {
	rm -rf "$STATE_DIR"
	start_failing "$1" "$2" "$3"
	ask_two
	remember
	true >"$TMP/log"
	stop_daemon 1
	assert_log -p "could not put the store at rest: ${ERRORS[$2]}"
	assert_kept "$4"
	start_asking
	shows 'pending approved'
	must "$ALLOWED" retry APPROVED
}

@test "a stop that can't put the file at rest fails, and loses nothing" {
	each_rewrite stop_fails openat=9 unlinkat=1 write=4 fsync=2 /^rename=1
}

# make_superseded: $TMP/base is a directory at rest with 1.2 MB of tokens that are forgotten.
make_superseded() {
	FIRMA_TEST_WITNESS='' start_asking
	issue_fat 24
	stop_daemon
	cp -a "$STATE_DIR" "$TMP/base"
	move_clock 600
}

# What is asked for is on record before, so that it is acknowledged in any case.
compaction_fails() {
	local before

	put_back "$TMP/base"
	before=$(inode)
	start_failing "$1" "$2" "$3"
	PENDING=$(pending_token 'args:=["pending"]')
	assert_log "firma: $TOKENS: could not be rewritten: ${ERRORS[$2]}"
	# Where the old file is kept, the daemon is not closed and doesn't try again: the new one was
	# removed before the answer.
	if [[ $4 == old ]]; then
		[[ ! -e $TOKENS.new ]]
	else
		leaves_no_new
	fi
	crash
	if [[ $4 == old ]]; then
		assert_equal "$(inode)" "$before"
		mend
	else
		[[ $(inode) != "$before" ]]
		assert_unwritable "$2" pending
		mend
		move_clock 31
	fi
	before=$(inode)
	must "$OK" operate approve token_id="$PENDING"
	must "$ALLOWED" retry PENDING
	[[ $4 == new ]] || assert_equal "$(inode)" "$before"
	kill_daemon
	finds consumed
	put_back "$TMP/crashed"
	start_asking
	shows pending
}

@test "what is superseded stays where it can't be dropped, and what is acknowledged stands" {
	make_superseded
	each_rewrite compaction_fails openat=6 write=1 fsync=1
}

# open_fails CALL ERROR WHEN REASON [FILE]: what is there can't be read; the daemon is closed for it
# until the next starts, and the file is what that one says, else the one that was there.
open_fails() {
	echo "$1 $3:"
	put_back "$TMP/base"
	start_failing "$1" "$2" "$3"
	assert_closed "$4: ${ERRORS[$2]}"
	cmp "$TOKENS" "${5-$TMP/base/tokens.jsonl}"
	mend
	move_clock 31
	assert_closed "$4: ${ERRORS[$2]}"
	stop_daemon
	cmp "$TOKENS" "${5-$TMP/base/tokens.jsonl}"
	finds 'pending approved'
}

@test "a file that can't be opened, locked or read is left as it is" {
	make_base
	open_fails openat EACCES 1+ "$STATE_DIR"
	open_fails openat EROFS 2+ "$STATE_DIR/lock"
	open_fails openat EACCES 3+ "$TOKENS: tokens.mark, which tells how far it goes"
	open_fails openat EACCES 4+ "$TOKENS"
	open_fails flock ENOLCK 1+ "$STATE_DIR/lock"
	open_fails read EIO 1+ "$TOKENS"
	open_fails read EIO 2+ "$TOKENS"
}

@test "where the directory can't be synced, nothing is answered that rests on what was there" {
	local unsynced='the change could not be recorded: Input/output error' first

	start_asking
	ask_two
	stop_daemon
	for first in ask 'operate list' 'operate status'; do
		start_failing fsync EIO 1+
		run $first
		assert_output -p "$unsynced"
		refute_output -p "$ID"
		assert_unwritable EIO 'pending approved'
		mend
		kill_daemon
	done
	start_asking
	must "$ALLOWED" retry APPROVED
	kill_daemon
	finds 'pending consumed'
}

@test "nor where it was the allowlist that was there, or that was not" {
	start_asking
	operate allow.add pattern=/usr/bin/true
	run ask executable=/usr/bin/true args:='[]'
	assert_decision allow
	stop_daemon
	start_failing fsync EIO 1+
	run ask executable=/usr/bin/true args:='[]'
	assert_decision deny 'the change could not be recorded: Input/output error'
	kill_daemon
	start_failing fsync EIO 1+
	run operate allow.remove id=nothing
	assert_output -p 'could not be recorded'
	kill_daemon
}

@test "what was renamed and not synced is not shown before it is" {
	start_asking
	operate allow.add pattern=/usr/bin/true
	kill_daemon

	# Of the new list the file is synced, but not its name; nor is it for who asks what is there.
	start_failing fsync EIO 2+
	run operate allow.list
	assert_output -p /usr/bin/true
	run operate allow.add pattern=/usr/bin/false
	assert_output -p 'outcome unknown: the change could not be recorded'
	run operate allow.list
	refute_output -p false
	assert_output -p 'could not be recorded'
	mend
	move_clock 31
	run operate allow.list
	assert_output -p /usr/bin/false
	kill_daemon
}

@test "a torn end that can't be cut off closes the store" {
	make_base
	sed -n 2p "$TMP/before" | head -c 30 >"$TMP/torn"
	cat "$TMP/before" "$TMP/torn" >"$TMP/base/tokens.jsonl"
	open_fails ftruncate EIO 1+ "$TOKENS"
	assert_log -p 'cut off 30 bytes'
	open_fails fsync EIO 1+ "$TOKENS" "$TMP/before"
}

@test "a directory that can't be made closes the store" {
	start_failing /^mkdir ENOSPC 1+
	assert_closed "$STATE_DIR: ${ERRORS[ENOSPC]}"
	[[ ! -e $STATE_DIR ]]
	kill_daemon
	finds ''
}

# --- a disk that is read-only ---------------------------------------------------------------------

@test "a file on a disk that is read-only is left as it is" {
	need_mount
	make_base
	rm -rf "$STATE_DIR" "$SOCKET"
	on_disk "cp -a '$TMP/base/.' . && mount -o remount,ro '$STATE_DIR'"
	start_asking
	assert_closed "$STATE_DIR/lock: ${ERRORS[EROFS]}"
	cmp "/proc/$DAEMON/root$TOKENS" "$TMP/before"
	stop_daemon
	WRAPPER=()
	put_back "$TMP/base"
	finds 'pending approved'
}

@test "a directory that may not be written to is no way to lose what is in it" {
	local -x AS_UID=''

	# Root may write anywhere.
	((EUID != 0)) || AS_UID=4242
	start_asking
	ask_two
	chmod 500 "$STATE_DIR"
	must "$ALLOWED" retry APPROVED
	remember
	stop_daemon 1
	assert_log -p "could not put the store at rest: ${ERRORS[EACCES]}"
	assert_kept old

	start_asking
	assert_unwritable EACCES 'pending consumed'
	assert_kept old
	chmod 700 "$STATE_DIR"
	move_clock 31
	refused 'approval token already consumed' retry APPROVED
	must "$OK" operate approve token_id="$PENDING"
	chmod 400 "$TOKENS"
	kill_daemon
	start_asking
	assert_closed "$TOKENS: ${ERRORS[EACCES]}"
	chmod 600 "$TOKENS"
	kill_daemon
	finds 'approved consumed'
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

	# The next turn begins with a file that is rewritten: without the approval.
	run ask approval_token="$token"
	[[ $(inode) != "$before" ]]
	assert_decision pending_hitl
	assert_log "firma: $TOKENS: rewritten, open again"
	run cat "$TOKENS"
	assert_equal "${#lines[@]}" 3
	assert_equal "$("$UNIT" get state <<<"${lines[2]}")" pending
	must "$OK" operate approve token_id="$token"
	must "$ALLOWED" ask approval_token="$token"
}
