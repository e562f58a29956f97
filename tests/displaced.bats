#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
#
# Files of a daemon that vanish or are replaced while it runs: it notices before it writes, and now
# and then, and is closed until it is started again. Nothing that it finds is lost.
#
# What a test sets may be for the library:
# shellcheck disable=SC2030,SC2031,SC2034

load store

HINT=" (to rotate it, use 'firma evidence rotate')"

setup() {
	FIRMA_EVIDENCE=
	lib_setup
	TOKENS=$STATE_DIR/tokens.jsonl
	MARK=$STATE_DIR/tokens.mark
	LOG=$TMP/log.jsonl
}

start() {
	start_daemon --evidence-log "$LOG" --default-action pending_hitl
}

# is_closed REASON: at the next request, and from then on; status tells, and the daemon still shows
# its tokens.
is_closed() {
	run ask
	assert_decision deny "closed: $1"
	run ask
	assert_decision deny "closed: $1"
	run firma status
	assert_status 1
	assert_line -n 0 "closed         $1"
	run operate list
	assert_line -n -1 "$OK"
}

# is_noticed REASON: by the timer, when nobody asks anything.
is_noticed() {
	move_clock 10
	_until "$DAEMON" grep -qF "closed: $1" "$TMP/log" || fail "not noticed: $1"
}

# touched REASON COMMAND...: what the command does to a daemon's files is noticed for that reason
# before something is written, and by the timer.
touched() {
	local how

	for how in is_closed is_noticed; do
		rm -rf "$STATE_DIR" "$STATE_DIR.moved" "$LOG" "$LOG.moved"
		true >"$TMP/log"
		start
		token=$(pending_token)
		must "$OK" operate approve token_id="$token"
		"${@:2}"
		"$how" "$1"
		stop_daemon
	done
}

move_log() {
	mv "$LOG" "$LOG.moved"
}

copy_log() {
	mv "$LOG" "$LOG.moved"
	cp -p "$LOG.moved" "$LOG"
}

append_to_log() {
	echo '{}' >>"$LOG"
}

@test "a log that is gone, moved, copied, cut off or written to closes the daemon" {
	touched "$LOG: is gone$HINT" rm "$LOG"
	touched "$LOG: is gone$HINT" move_log
	touched "$LOG: was replaced by another$HINT" copy_log
	touched "$LOG: was cut off by another process$HINT" truncate -s 10 "$LOG"
	touched "$LOG: was cut off by another process$HINT" truncate -s -1 "$LOG"
	touched "$LOG: was written to by another process" append_to_log
}

@test "nothing is cut off or written where another has touched the log" {
	local before

	start
	run ask
	append_to_log
	before=$(sha256sum <"$LOG")
	run ask
	assert_decision deny "closed: $LOG: was written to by another process"
	stop_daemon
	assert_equal "$(sha256sum <"$LOG")" "$before"
}

copy_mark() {
	cp -p "$STATE_DIR/evidence.head" "$TMP/head"
	mv "$TMP/head" "$STATE_DIR/evidence.head"
}

@test "so does the file that tells how far the log goes" {
	touched "$LOG: evidence.head, which tells how far it goes, is gone" \
		rm "$STATE_DIR/evidence.head"
	touched "$LOG: evidence.head, which tells how far it goes, was replaced by another" copy_mark
}

move_directory() {
	mv "$STATE_DIR" "$STATE_DIR.moved"
}

copy_directory() {
	mv "$STATE_DIR" "$STATE_DIR.moved"
	cp -rp "$STATE_DIR.moved" "$STATE_DIR"
}

@test "a state directory that is gone, moved or replaced closes the daemon, and so does its lock" {
	touched "$STATE_DIR: is gone" rm -r "$STATE_DIR"
	touched "$STATE_DIR: is gone" move_directory
	touched "$STATE_DIR: was replaced by another" copy_directory
	touched "$STATE_DIR/lock: is gone" rm "$STATE_DIR/lock"
}

@test "a file of tokens that is gone, cut off or written to closes the daemon" {
	touched "$TOKENS: is gone" rm "$TOKENS"
	touched "$TOKENS: was cut off by another process" truncate -s 20 "$TOKENS"
	touched "$TOKENS: was written to by another process" truncate -s +1 "$TOKENS"
}

# overwrite FILE: with its own bytes, in place, and then with its old mtime; once more if that was
# within the tick of the kernel's clock in which the daemon wrote.
overwrite() {
	local mtime ctime

	mtime=$(stat -c %y "$1")
	ctime=$(stat -c %z "$1")
	cp -p "$1" "$TMP/copy"
	while [[ $(stat -c %z "$1") == "$ctime" ]]; do
		dd if="$TMP/copy" of="$1" conv=notrunc status=none
		touch -d "$mtime" "$1"
	done
	[[ $(stat -c %y "$1") == "$mtime" ]]
}

@test "a file that is written to in place, to the same size and the same mtime, closes the daemon" {
	touched "$LOG: was changed by another process" overwrite "$LOG"
	touched "$LOG: evidence.head, which tells how far it goes, was changed by another process" \
		overwrite "$STATE_DIR/evidence.head"
	touched "$TOKENS: was changed by another process" overwrite "$TOKENS"
}

@test "so does one whose owner, mode or links change" {
	touched "$LOG: was changed by another process" ln "$LOG" "$LOG.moved"
	touched "$TOKENS: was changed by another process" chmod 644 "$TOKENS"
}

# put_back: an older file of tokens, in which a token that was used is approved.
put_back() {
	start
	token=$(pending_token)
	must "$OK" operate approve token_id="$token"
	cp -p "$TOKENS" "$TMP/old"
	must "$ALLOWED" ask approval_token="$token"
	cp -p "$TMP/old" "$TOKENS.edit"
	mv "$TOKENS.edit" "$TOKENS"
}

@test "an older file of tokens that is put back closes the daemon, and no token is spent twice" {
	put_back
	run ask
	assert_decision deny "closed: $TOKENS: was replaced by another"
	kill_daemon
	cmp "$TOKENS.replaced.1" "$TMP/old"
	assert_log "firma: $TOKENS: what was found in its place is kept as tokens.jsonl.replaced.1; rewritten"
	start
	must "$CONSUMED" ask approval_token="$token"
}

@test "so it is without a log of evidence: it looks before each write" {
	start() {
		start_daemon --default-action pending_hitl
	}
	put_back
	run ask
	assert_decision deny "closed: $TOKENS: was replaced by another"
	kill_daemon
	start
	must "$CONSUMED" ask approval_token="$token"
}

@test "so it is where the timer notices, and a second time" {
	put_back
	is_noticed "$TOKENS: was replaced by another"
	kill_daemon
	start
	must "$CONSUMED" ask approval_token="$token"
	cp -p "$TMP/old" "$TOKENS.edit"
	mv "$TOKENS.edit" "$TOKENS"
	is_closed "$TOKENS: was replaced by another"
	cmp "$TOKENS.replaced.2" "$TMP/old"
	stop_daemon
	start
	must "$CONSUMED" ask approval_token="$token"
}

@test "a daemon that stops looks before it writes, and keeps what it finds" {
	put_back
	stop_daemon
	cmp "$TOKENS.replaced.1" "$TMP/old"
	assert_log "firma: $TOKENS: what was found in its place is kept as tokens.jsonl.replaced.1; rewritten"
	assert_log "firma: closed: $TOKENS: was replaced by another"
	start
	must "$CONSUMED" ask approval_token="$token"
}

@test "a file that is put in place of one that could not be written is kept" {
	FIRMA_TEST_WITNESS='' start_daemon --default-action pending_hitl
	token=$(pending_token)
	cp -p "$TOKENS" "$TMP/old"
	mkdir "$TOKENS.new"
	prlimit --pid "$DAEMON" --fsize="$(size):"
	run operate approve token_id="$token"
	assert_output -p 'could not be recorded'
	cp -p "$TMP/old" "$TOKENS.edit"
	mv "$TOKENS.edit" "$TOKENS"
	rmdir "$TOKENS.new"
	prlimit --pid "$DAEMON" --fsize=unlimited:
	move_clock 31
	run ask
	assert_decision pending_hitl
	cmp "$TOKENS.replaced.1" "$TMP/old"
	assert_log "firma: $TOKENS: what was found in its place is kept as tokens.jsonl.replaced.1; rewritten, open again"
}

# An older file of tokens, put back under a daemon that dies before it has noticed.
@test "a daemon that starts on an older file of tokens than the log knows is closed" {
	local reason

	put_back
	kill_daemon
	[[ ! -e $TOKENS.replaced.1 ]]
	rm "$MARK"
	reason="$LOG: the tokens are older than it: record 3 changed some, and the store does not know of it"
	start
	run ask approval_token="$token"
	assert_decision deny "closed: $reason"
	run firma status
	assert_status 1
	assert_line -n 0 "closed         $reason"
	kill_daemon
	start
	run ask approval_token="$token"
	assert_decision deny "closed: $reason"
	stop_daemon

	# Without tokens there is nothing to be spent.
	rm "$TOKENS"
	start
	run ask approval_token="$token"
	assert_decision deny 'approval token not found'
	run ask
	assert_decision pending_hitl
	kill_daemon
	start
	run ask
	assert_decision pending_hitl
}

@test "so it is with an older file at rest, and none that is not older is taken for one" {
	local i

	for i in 1 2 3; do
		start
		token=$(pending_token)
		must "$OK" operate approve token_id="$token"
		stop_daemon
		start
		kill_daemon
	done
	cp -p "$TOKENS" "$TMP/old"
	start
	must "$ALLOWED" ask approval_token="$token"
	run ask
	kill_daemon
	start
	must "$CONSUMED" ask approval_token="$token"
	kill_daemon
	cp -p "$TMP/old" "$TOKENS"
	rm "$MARK"
	start
	run ask approval_token="$token"
	assert_decision deny -p "closed: $LOG: the tokens are older than it: "
}

# dir_is_refused RECORD TOKEN STATE: a daemon that starts is closed, since the record spent the token.
dir_is_refused() {
	local reason="$LOG: the tokens are older than it: by record $1, token $2 can't be used any more, and the store has it as $3"

	start
	run ask approval_token="$2"
	assert_decision deny "closed: $reason"
	run operate approve token_id="$2"
	assert_line -p "closed: $reason"
	kill_daemon
}

put_dir_back() {
	rm -rf "$STATE_DIR"
	cp -a "$TMP/old.dir" "$STATE_DIR"
}

@test "a whole state directory that is put back closes the daemon, where the log has spent a token" {
	local end

	for end in kill_daemon stop_daemon; do
		rm -rf "$STATE_DIR" "$LOG" "$TMP/old.dir"
		start
		token=$(pending_token)
		must "$OK" operate approve token_id="$token"
		cp -a "$STATE_DIR" "$TMP/old.dir"
		must "$ALLOWED" ask approval_token="$token"
		"$end"
		put_dir_back
		dir_is_refused 3 "$token" approved

		# Without the tokens there is nothing to be spent.
		rm "$STATE_DIR"/tokens.*
		start
		run ask approval_token="$token"
		assert_decision deny 'approval token not found'
		stop_daemon
	done
}

@test "so it is with a token that was refused, by itself or with others, or withdrawn" {
	local act

	for act in "operate revoke token_id=TOKEN" "operate revoke all:=true" "operate withdraw token_id=TOKEN"; do
		rm -rf "$STATE_DIR" "$LOG" "$TMP/old.dir"
		start
		token=$(pending_token)
		cp -a "$STATE_DIR" "$TMP/old.dir"
		# shellcheck disable=SC2086 # words
		run ${act/TOKEN/$token}
		assert_line -p '"outcome":"ok"'
		kill_daemon
		put_dir_back
		dir_is_refused 2 "$token" pending
	done
}

@test "a state directory that is put back with nothing spent since is taken" {
	start
	token=$(pending_token)
	must "$OK" operate approve token_id="$token"
	cp -a "$STATE_DIR" "$TMP/old.dir"
	run ask
	run ask approval_token=43ffea4f-7fb2-4ab1-b364-f7c0176df457
	kill_daemon
	put_dir_back
	start
	must "$ALLOWED" ask approval_token="$token"
}

# --- the mark of the tokens, which needs no log ---------------------------------------------------

without_log() {
	start() {
		start_daemon --default-action pending_hitl
	}
}

# is_older BATCH: the file is refused, and stays as it is.
is_older() {
	local before

	before=$(snapshot "$TOKENS" "$MARK")
	start
	run ask approval_token="$token"
	assert_decision deny "closed: $TOKENS: older than tokens.mark, which knows of batch $1: put the newer file back, or remove this one to begin without tokens"
	stop_daemon
	assert_equal "$(snapshot "$TOKENS" "$MARK")" "$before"
}

@test "an older file that is put back under a daemon that is killed is refused, and no token is spent twice" {
	without_log
	put_back
	cp -p "$TOKENS" "$TMP/edit"
	kill_daemon
	is_older 3

	# It begins without tokens, and an older file is older than those that come, too.
	rm "$TOKENS"
	start
	run ask approval_token="$token"
	assert_decision deny 'approval token not found'
	run ask
	assert_decision pending_hitl
	kill_daemon
	cp -p "$TMP/edit" "$TOKENS"
	is_older 4
}

@test "so is one that was put back at rest, and one with the tokens of a daemon that was at rest" {
	without_log
	start
	token=$(pending_token)
	must "$OK" operate approve token_id="$token"
	stop_daemon
	cp -p "$TOKENS" "$TMP/old"
	start
	must "$ALLOWED" ask approval_token="$token"
	stop_daemon
	cp -p "$TOKENS" "$TMP/new"
	cp -p "$TMP/old" "$TOKENS"
	is_older 5
	cp -p "$TMP/new" "$TOKENS"
	start
	must "$CONSUMED" ask approval_token="$token"
}

@test "another batch of the same number is not the one that was written" {
	without_log
	start
	token=$(pending_token)
	must "$OK" operate approve token_id="$token"
	kill_daemon
	cp -p "$MARK" "$TMP/mark"
	craft 0 "$(record)" "$(became approved)"
	cp -p "$TMP/mark" "$MARK"
	is_older 2
}

@test "a daemon that is killed between a batch and its mark goes on, and the next batch has its mark" {
	without_log
	need_trace
	start
	token=$(pending_token)
	must "$OK" operate approve token_id="$token"
	stop_daemon
	trace -e trace=pwrite64 -e inject=pwrite64:signal=KILL:error=EIO:when=1
	start
	WRAPPER=()
	run ask approval_token="$token"
	refute_output -p allow
	_daemon_ends "$DAEMON" 137
	cp -p "$TOKENS" "$TMP/old"
	start
	must "$CONSUMED" ask approval_token="$token"
	assert_equal "$(ask 'args:=["more"]' | "$UNIT" get decision)" pending_hitl
	kill_daemon
	cp -p "$TMP/old" "$TOKENS"
	is_older 6
}

@test "a batch whose mark can't be written is not acknowledged" {
	without_log
	need_trace
	start
	token=$(pending_token)
	must "$OK" operate approve token_id="$token"
	stop_daemon
	trace -e trace=pwrite64 -e inject=pwrite64:error=EIO:when=1
	start
	WRAPPER=()
	run ask approval_token="$token"
	assert_decision deny 'the change could not be recorded: Input/output error'
	move_clock 31
	must "$CONSUMED" ask approval_token="$token"
	kill_daemon
	start
	must "$CONSUMED" ask approval_token="$token"
}

@test "a mark that a power cut tore or lost says nothing, and is written anew" {
	local how

	without_log
	for how in 'truncate -s 0' 'truncate -s 100' rm; do
		start
		token=$(pending_token)
		must "$OK" operate approve token_id="$token"
		stop_daemon
		$how "$MARK"
		start
		must "$ALLOWED" ask approval_token="$token"
		stop_daemon
		assert_equal "$(tr -d ' ' <"$MARK")" "$(grep '^{"batch"' "$TOKENS" | tail -n 1)"
		truncate -s 256 "$MARK"
		start
		stop_daemon
		assert_equal "$(tr -d ' ' <"$MARK")" "$(grep '^{"batch"' "$TOKENS" | tail -n 1)"
	done
}

@test "a mark that can't be trusted or read closes the daemon" {
	without_log
	start
	stop_daemon
	chmod 644 "$MARK"
	start
	run ask
	assert_decision deny -p "closed: $TOKENS: tokens.mark, which tells how far it goes: "
	stop_daemon
	chmod 600 "$MARK"
	start
	run ask
	assert_decision pending_hitl
}

@test "after an end, tokens at rest are not taken for older ones, however many records there were" {
	local i

	for i in 1 2 3 4 5; do
		start
		token=$(pending_token)
		run ask action=nonsense
		((i % 2)) || run ask action=nonsense
		stop_daemon
		start
		run ask approval_token="$token"
		assert_decision pending_hitl
		((i % 3)) || run ask action=nonsense
		stop_daemon
	done
}

@test "what a turn could not record is not in the file that is rewritten" {
	start
	token=$(pending_token)
	rm "$TOKENS"
	run operate approve token_id="$token"
	assert_output '{"outcome":"unsupported_action","reason":"outcome unknown: closed: '"$TOKENS"': is gone"}'
	kill_daemon
	start
	assert_equal "$(listed state)" pending
}

@test "a daemon at rest, whose files are as it left them, wakes up rarely and stays open" {
	start
	run ask
	move_clock 10
	run ask
	move_clock 100
	run ask
	assert_decision pending_hitl
	refute_log -p closed
}
