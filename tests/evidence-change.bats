#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
#
# A change of the key of the evidence: a boundary of segments, recorded by both keys.
#
# What a test sets may be for the library, as what is read may be the library's:
# shellcheck disable=SC2030,SC2031,SC2034,SC2153

load store

setup() {
	FIRMA_EVIDENCE=
	lib_setup
	LOG=$TMP/log.jsonl
	cd "$TMP" || return
	(umask 077 && echo 0123456789abcdef >a && echo fedcba9876543210 >b)
	"$FIRMA" evidence keygen c >c.id
	"$FIRMA" evidence keygen d >d.id
}

# start [SERVE-OPTION...]
start() {
	start_daemon --evidence-log "$LOG" --default-action allow "$@"
}

# records [SERVE-OPTION...]: a daemon that records one decision, and stops.
records() {
	start "$@"
	run ask
	stop_daemon
}

@test "a key is changed at a boundary: the old one signs the end, the new one what follows" {
	records --evidence-signing-key c
	assert_decision allow
	records --evidence-signing-key d --evidence-old-signing-key c
	assert_decision allow

	# The last record of the segment is the old key's, and names the new one.
	run "$UNIT" get request < <(tail -n 1 "$LOG.0000000000000002")
	assert_output '{"segment":"log.jsonl.0000000000000002","next_key":{"algorithm":"Ed25519","key_id":"'"$(<d.id)"'"}}'
	run firma evidence verify --public-key c.pub "$LOG.0000000000000002"
	assert_status 0
	run firma evidence verify --public-key d.pub --after "$(firma evidence head "$LOG.0000000000000002")" "$LOG"
	assert_status 0

	# Both together are one stream, in whatever order files and keys are given.
	run firma evidence verify --public-key d.pub --public-key c.pub "$LOG" "$LOG.0000000000000002"
	assert_status 0
	assert_line -n 0 -p 'holds: 2 records, 2 signed, head 2:'
	assert_line -n 1 -p 'holds: 2 records, 2 signed, head 4:'
	run firma evidence verify --public-key d.pub "$LOG"*
	assert_status 1

	# The old key may stay among the options, and nothing changes any more.
	records --evidence-signing-key d --evidence-old-signing-key c
	assert_decision allow
	run firma evidence verify --public-key c.pub --public-key d.pub "$LOG"*
	assert_equal "${#lines[@]}" 2
	assert_line -n 1 -p 'head 5:'
}

@test "every way of signing may be changed into every other" {
	local old new verify
	local -A sign=([none]='' [a]='--evidence-key a' [b]='--evidence-key b'
		[c]='--evidence-signing-key c' [d]='--evidence-signing-key d')
	local -A was=([none]=--evidence-was-unsigned [a]='--evidence-old-key a' [b]='--evidence-old-key b'
		[c]='--evidence-old-signing-key c' [d]='--evidence-old-signing-key d')
	local -A check=([a]='--key a' [b]='--key b' [c]='--public-key c.pub' [d]='--public-key d.pub')

	for old in "${!sign[@]}"; do
		for new in "${!sign[@]}"; do
			[[ $old != "$new" ]] || continue
			echo "$old to $new"
			rm -rf "$STATE_DIR" "$LOG"*
			# shellcheck disable=SC2086 # options
			records ${sign[$old]}
			# shellcheck disable=SC2086
			records ${sign[$new]} ${was[$old]}
			assert_decision allow
			[[ $old != none && $new != none ]] || continue
			# shellcheck disable=SC2086
			run firma evidence verify ${check[$old]} ${check[$new]} "$LOG"*
			assert_status 0
			assert_equal "${#lines[@]}" 2
		done
	done
}

@test "without the old key, or with a wrong one, nothing is changed" {
	local options

	records --evidence-signing-key c
	cp "$LOG" before
	for options in '' '--evidence-old-signing-key d' '--evidence-old-key a' --evidence-was-unsigned; do
		# shellcheck disable=SC2086 # options
		records --evidence-key b $options
		assert_decision deny -p "closed: $LOG: its record 1 is not signed with this daemon's key"
		cmp "$LOG" before
	done
	(umask 077 && echo x >e)
	records --evidence-key b --evidence-old-signing-key e
	assert_decision deny -p 'the key'
	cmp "$LOG" before
	records --evidence-signing-key c
	assert_decision allow
}

@test "a record that was added with the old key after the change is found" {
	records --evidence-signing-key c
	records --evidence-signing-key d --evidence-old-signing-key c
	# The old key goes on where the new one does: without what tells how far the log goes.
	mv "$LOG" kept
	cp "$LOG.0000000000000002" "$LOG"
	_command "$FIRMA" serve --socket "$SOCKET" --store memory --evidence-log "$LOG" \
		--default-action allow --evidence-signing-key c
	_spawn "${CMD[@]}" </dev/null >>"$TMP/log" 2>&1
	DAEMON=$!
	# shellcheck disable=SC2004 # by process, not by number
	DAEMONS[$DAEMON]=1
	_until "$DAEMON" _listens "$SOCKET"
	ask >out
	stop_daemon
	tail -n 1 "$LOG" >forged
	cat kept forged >"$LOG"
	run firma evidence verify --public-key c.pub --public-key d.pub "$LOG"*
	assert_status 1
	assert_output -p "its key_id is '$(<c.id)', and not '$(<d.id)'"
}

# dies WHEN...: the daemon is killed while it changes the key; the next one goes on, and all holds.
dies() {
	need_trace
	rm -rf "$STATE_DIR" "$LOG"*
	records --evidence-signing-key c
	WRAPPER=(strace -f -qq -o "$TMP/strace" "$@")
	"${WRAPPER[@]}" "$FIRMA" serve --socket "$SOCKET" --state-dir "$STATE_DIR" --evidence-log "$LOG" \
		--default-action allow --evidence-signing-key d --evidence-old-signing-key c >out 2>&1 || true
	grep -q 'killed by SIGKILL' "$TMP/strace"
	WRAPPER=()
	records --evidence-signing-key d --evidence-old-signing-key c
	assert_decision allow
	run firma evidence verify --public-key c.pub --public-key d.pub "$LOG"*
	assert_status 0
	assert_equal "${#lines[@]}" 2
}

@test "a kill at any step of the change: the next start finishes it" {
	local segment=$LOG.0000000000000002

	dies -e trace=renameat2 -e inject=renameat2:error=EIO:signal=KILL
	dies -e trace=renameat2 -e inject=renameat2:signal=KILL
	dies -P "$segment" -e trace=write -e inject=write:error=EIO:signal=KILL
	dies -P "$segment" -e trace=fdatasync -e inject=fdatasync:signal=KILL
	dies -P "$LOG" -e trace=openat -e inject=openat:signal=KILL:when=2
}

@test "the old keys are said once, and go with a log" {
	run --separate-stderr firma serve --evidence-log "$LOG" --evidence-old-key a --evidence-was-unsigned
	assert_status 2
	assert_stderr -p '--evidence-old-key, --evidence-old-signing-key, --evidence-old-key-lost and --evidence-was-unsigned exclude one another'
	run --separate-stderr firma serve --evidence-old-key a
	assert_status 2
	assert_stderr -p 'a key is for --evidence-log'
}

# --- a key that is lost ---------------------------------------------------------------------------

@test "if the old key is lost, its segment ends as it is, and the next one says so" {
	records --evidence-signing-key c
	cp "$LOG" before
	rm c
	records --evidence-signing-key d
	assert_decision deny -p 'name what it was signed with (--evidence-old-key, --evidence-old-signing-key)'
	assert_decision deny -p 'or say that this key is lost (--evidence-old-key-lost)'
	cmp "$LOG" before
	records --evidence-signing-key d --evidence-old-key-lost
	assert_decision allow
	cmp "$LOG.0000000000000001" before
	run "$UNIT" get request < <(head -n 1 "$LOG")
	assert_output '{"continues":"log.jsonl.0000000000000001","old_key_lost":true}'

	# Both segments are valid with both public keys, which are not lost, but not with one of them.
	run firma evidence verify --public-key c.pub --public-key d.pub "$LOG"*
	assert_status 0
	assert_line -n 0 -p 'holds: 1 record, 1 signed, head 1:'
	assert_line -n 1 -p 'holds: 2 records, 2 signed, head 3:'
	run firma evidence verify --public-key d.pub "$LOG"*
	assert_status 1
	run firma evidence verify --public-key d.pub \
		--after "$(firma evidence head "$LOG.0000000000000001")" "$LOG"
	assert_status 0

	# The option has no effect now, and the lost key can't be used again.
	records --evidence-signing-key d --evidence-old-key-lost
	assert_decision allow
	run firma evidence verify --public-key c.pub --public-key d.pub "$LOG"*
	assert_status 0
	assert_equal "${#lines[@]}" 2
}

@test "a lost key may be of any kind, and its log may be torn" {
	local new

	for new in '' '--evidence-key b' '--evidence-signing-key d'; do
		rm -rf "$STATE_DIR" "$LOG"*
		records --evidence-key a
		printf '{"torn' >>"$LOG"
		# shellcheck disable=SC2086 # options
		records $new --evidence-old-key-lost
		assert_decision allow
		run firma evidence verify --chain-only "$LOG"*
		assert_status 0
		assert_equal "${#lines[@]}" 2
		run grep -c '"event_type":"cut"' "$LOG"
		assert_output 1
	done
}

@test "a log that was changed is refused with a lost key, too" {
	records --evidence-signing-key c
	sed -i 's/"allow"/"allov"/' "$LOG"
	cp "$LOG" before
	records --evidence-signing-key d --evidence-old-key-lost
	assert_decision deny -p "closed: $LOG: record 1, the last that was acknowledged, is not there"
	cmp "$LOG" before
	[[ ! -e $LOG.0000000000000001 ]]
}

# leaves_lost WHEN...: kills a daemon while it leaves the lost key's segment; the next one continues.
leaves_lost() {
	need_trace
	rm -rf "$STATE_DIR" "$LOG"*
	records --evidence-signing-key c
	trace "$@"
	serve_at "$SOCKET" --state-dir "$STATE_DIR" --evidence-log "$LOG" --default-action allow \
		--evidence-signing-key d --evidence-old-key-lost
	KILLED=1 _daemon_ends "$DAEMON" 137
	WRAPPER=()
	records --evidence-signing-key d --evidence-old-key-lost
	assert_decision allow
	run firma evidence verify --public-key c.pub --public-key d.pub "$LOG"*
	assert_status 0
	assert_equal "${#lines[@]}" 2
}

@test "after a kill at any step of leaving a lost key, the next daemon completes it" {
	leaves_lost -e trace=renameat2 -e inject=renameat2:error=EIO:signal=KILL
	leaves_lost -e trace=renameat2 -e inject=renameat2:signal=KILL
	leaves_lost -P "$LOG" -e trace=openat -e inject=openat:signal=KILL:when=2
	leaves_lost -P "$STATE_DIR/evidence.head" -e trace=pwrite64 -e inject=pwrite64:signal=KILL:when=2
	leaves_lost -P "$LOG" -e trace=write -e inject=write:error=EIO:signal=KILL
}

@test "the ways to name what the log was signed with exclude one another" {
	run firma serve --socket s --evidence-log l --evidence-old-key a --evidence-old-key-lost
	assert_status 2
	assert_output -p 'exclude one another'
	run firma serve --socket s --evidence-old-key-lost
	assert_status 2
	assert_output -p 'a key is for --evidence-log'
}
