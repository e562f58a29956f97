#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
#
# The log of evidence that the daemon writes (design, section 9): what is in it, what the daemon
# notices of it at its start, and what a crash or a bad disk leaves.
#
# Each test is a process of its own, and what it sets may be for the library, as what it reads may
# be the library's:
# shellcheck disable=SC2030,SC2031,SC2034,SC2153

load store

HINT=" (to rotate it, use 'firma evidence rotate')"

setup() {
	FIRMA_EVIDENCE=
	lib_setup
	TOKENS=$STATE_DIR/tokens.jsonl
	LOG=$TMP/log.jsonl
}

teardown() {
	lib_teardown
}

# start [SERVE-OPTION...]
start() {
	start_daemon --evidence-log "$LOG" --default-action pending_hitl "$@"
}

# holds RECORDS [OPTION...]
holds() {
	run firma evidence verify "${@:2}" "$LOG"
	assert_output -p ": holds: $1 record"
}

# of N KEY: a member of the Nth record.
of() {
	sed -n "$1p" "$LOG" | "$UNIT" get "$2"
}

# refuses WHY: a daemon on what is there is closed, says so, and leaves the log as it is.
refuses() {
	local before

	before=$(sha256sum <"$LOG" 2>&1 || true)
	start
	run ask
	assert_decision deny "closed: $LOG: $1"
	run firma status
	assert_status 1
	assert_line -n 0 "closed         $LOG: $1"
	assert_line "evidence       $LOG, closed, $(operate status | head -n 1 |
		sed 's/.*"sequence":\([0-9]*\).*/\1/') records"
	stop_daemon
	assert_equal "$(sha256sum <"$LOG" 2>&1 || true)" "$before"
}

# --- what is recorded -----------------------------------------------------------------------------

@test "every decision and every operator's action is a record, in its order" {
	local token

	start
	token=$(pending_token)
	operate list >"$TMP/out"
	operate show token_id="$token" >"$TMP/out"
	operate status >"$TMP/out"
	ask approval_token="$token" >"$TMP/out" # pending, as it was
	operate approve token_id="$token" >"$TMP/out"
	operate approve token_id="$token" >"$TMP/out"
	ask approval_token="$token" >"$TMP/out"
	ask approval_token="$token" >"$TMP/out"
	operate revoke token_id="$token" reason=late >"$TMP/out"
	"$UNIT" object action=local.exec.dance | send >"$TMP/out"
	stop_daemon

	holds 7
	run sed 's/.*"event_type":"\([a-z]*\)".*"response":{"\([a-z]*\)":"\([a-z_]*\)".*/\1 \2 \3/' "$LOG"
	assert_output 'decision decision pending_hitl
action outcome ok
action outcome ok
decision decision allow
decision decision deny
action outcome already_consumed
decision decision deny'
	assert_equal "$(of 7 request)" '{"action":"local.exec.dance"}'
	assert_equal "$(of 1 peer)" "$(printf '{"uid":%d,"pid":%s,"door":"any"}' "$EUID" \
		"$(of 1 peer | sed 's/.*"pid":\([0-9]*\).*/\1/')")"
	assert_log -e "^firma: the evidence in $LOG ends with 7:[0-9a-f]{64}$"
	assert_equal "$(firma evidence head "$LOG")" "$(sed -n 's/.* ends with //p' "$TMP/log")"
	[[ $(stat -c %a "$LOG") == 600 ]]
}

@test "the members of a record are in the order of its format" {
	start
	ask >"$TMP/out"
	ask >"$TMP/out"
	stop_daemon
	run sed -n '2s/:\("[^"]*"\|[0-9]*\),"/ /g;2s/".*//;2p' "$LOG"
	run grep -oE '"(schema_version|product|event_type|record_id|sequence|previous_hash|record_hash|timestamp|request|response|peer)":' \
		<(sed -n 2p "$LOG")
	assert_output '"schema_version":
"product":
"event_type":
"record_id":
"sequence":
"previous_hash":
"record_hash":
"timestamp":
"request":
"response":
"peer":'
	assert_equal "$(of 2 schema_version)" firma.evidence.v1
	[[ $(of 2 timestamp) =~ ^20[0-9]{2}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}\.[0-9]{6}000Z$ ]]
}

@test "a request is recorded as it came, to the byte, but for white space around it" {
	local line

	# shellcheck disable=SC1003
	line='{ "action" : "local.exec","executable":"/b\u0069n/ls" , "args":["ä","\u202e"],"sandbox_id":"s","session_id":"s","profile":"p","hitl_mode":"async_token","x":{"record_hash":"y","signature":{}}}'
	start
	printf ' \t%s \r\n' "$line" | send >"$TMP/out"
	stop_daemon
	holds 1
	grep -qF "\"request\":$line,\"response\":" "$LOG"
}

@test "a request that is nested as deeply as one may be is recorded" {
	local open

	printf -v open '%015d' 0
	start
	request "x:=${open//0/[}${open//0/]}" | send >"$TMP/out"
	run ask
	assert_decision pending_hitl
	stop_daemon
	holds 2
}

@test "of a malformed request, the length and hash are recorded" {
	local hash

	start
	printf 'x\0y\n' | send >"$TMP/out"
	request executable- | send >"$TMP/out"
	head -c 70000 /dev/zero | tr '\0' a | send >"$TMP/out"
	stop_daemon
	holds 3
	hash=$(printf 'x\0y' | sha256sum)
	assert_equal "$(of 1 request)" '{"malformed":true,"bytes":3,"sha256":"'"${hash%% *}"'"}'
	hash=$(request executable- | tr -d '\n' | sha256sum)
	assert_equal "$(of 2 request | "$UNIT" get sha256)" "${hash%% *}"
	hash=$(head -c 65536 /dev/zero | tr '\0' a | sha256sum)
	assert_equal "$(of 3 request)" '{"malformed":true,"bytes":65536,"sha256":"'"${hash%% *}"'"}'
}

@test "with detail, a reply names its record" {
	start
	run ask detail:=true
	assert_equal "$(field evidence)" "$(of 1 record_id)"
	run ask
	run field evidence
	assert_status 1
}

@test "the store in memory goes on with the log as it is" {
	local i

	for i in 1 2; do
		_command "$FIRMA" serve --socket "$SOCKET" --store memory --evidence-log "$LOG" \
			--default-action pending_hitl
		_spawn "${CMD[@]}" </dev/null >>"$TMP/log" 2>&1
		DAEMON=$!
		# shellcheck disable=SC2004 # by process, not by number
		DAEMONS[$DAEMON]=1
		_until "$DAEMON" _listens "$SOCKET"
		run ask
		assert_decision pending_hitl
		stop_daemon
	done
	holds 2
}

@test "at rest the store says nothing of evidence" {
	start
	pending_token >"$TMP/out"
	grep -q '^{"evidence":1,"tokens":\["1 [0-9a-f-]*"\]}$' "$TOKENS"
	stop_daemon
	run grep -c evidence "$TOKENS"
	assert_output 0
	holds 1
}

# --- keys -----------------------------------------------------------------------------------------

@test "records are signed with the key that is given, from its file or a credential" {
	mkdir "$TMP/credentials"
	(umask 077 && echo 0123456789abcdef >"$TMP/credentials/shared")
	firma evidence keygen "$TMP/pair" >"$TMP/id"

	start --evidence-signing-key "$TMP/pair"
	ask >"$TMP/out"
	run operate status
	assert_output -p '"key_id":"'"$(<"$TMP/id")"'"'
	stop_daemon
	holds 1 --public-key "$TMP/pair.pub"

	rm "$LOG" "$STATE_DIR/evidence.head"
	CREDENTIALS_DIRECTORY=$TMP/credentials start --evidence-key shared
	ask >"$TMP/out"
	stop_daemon
	holds 1 --key "$TMP/credentials/shared"
}

@test "a key that can't be taken closes the daemon" {
	local words

	echo 0123456789abcdef >"$TMP/key"
	start --evidence-key "$TMP/key"
	run ask
	assert_decision deny "closed: $LOG: the key $TMP/key is open to its group or to others"
	stop_daemon
	[[ ! -e $LOG ]]

	for words in '--evidence-key a --evidence-signing-key b --evidence-log l' '--evidence-key a'; do
		# shellcheck disable=SC2086 # words
		run firma serve --socket "$SOCKET" $words
		assert_status 2
	done
}

# --- what happened while it was away --------------------------------------------------------------

# A daemon that recorded three decisions, and was stopped or killed.
leave() {
	start
	ask >"$TMP/out"
	ask >"$TMP/out"
	ask >"$TMP/out"
	"$1_daemon"
	cp "$LOG" "$TMP/whole"
}

@test "a daemon goes on with its log, after a stop and after a kill" {
	leave stop
	leave kill
	start
	ask >"$TMP/out"
	stop_daemon
	holds 7
}

@test "a log that was shortened is noticed, after a stop and after a kill" {
	local end size

	for end in stop kill; do
		leave "$end"
		size=$(stat -c %s "$LOG")
		truncate -s -1 "$LOG"
		refuses "it is shorter than it was: it has $((size - 1)) of $size bytes$HINT"
		sed -i '$d' "$LOG"
		refuses "it is shorter than it was: it has $(stat -c %s "$LOG") of $size bytes$HINT"
		: >"$LOG"
		refuses "it is shorter than it was: it has 0 of $size bytes$HINT"
		rm -rf "$LOG" "$STATE_DIR"
	done
}

@test "a log that was deleted is noticed" {
	leave stop
	rm "$LOG"
	refuses "it is gone, and had 3 records$HINT"
	[[ ! -e $LOG ]]
}

@test "a log that was edited at its end is noticed" {
	leave stop
	sed -i '3s/"status"/"stat_s"/' "$LOG"
	refuses 'record 3, the last that was acknowledged, is not there: its last record was changed'
}

@test "a log that was replaced is noticed" {
	local size

	leave stop
	size=$(stat -c %s "$LOG")

	# One of the same length, which holds.
	STATE_DIR=$TMP/other LOG=$TMP/other.jsonl
	leave stop
	LOG=$TMP/log.jsonl STATE_DIR=$TMP/state
	cp "$TMP/whole" "$LOG"
	if [[ $(stat -c %s "$LOG") == "$size" ]]; then
		refuses 'it is another: its record 3 is not the last that was acknowledged'
	fi
	"$UNIT" stream make 100 >"$LOG"
	start
	run ask
	assert_decision deny -p "closed: $LOG: record 3, the last that was acknowledged, is not there: "
}

@test "another daemon's log is noticed" {
	leave stop
	rm -r "$STATE_DIR"
	refuses "it is another's: nothing is known of its records here"
}

@test "what was added behind the last record is noticed, also where it looks like one" {
	leave stop
	echo '{"x":1}' >>"$LOG"
	refuses 'what follows record 3 is not a record of this log: it has no schema_version'
	cp "$TMP/whole" "$LOG"
	sed -n 3p "$TMP/whole" >>"$LOG"
	refuses "what follows record 3 is not a record of this log: it doesn't follow the one before it"
}

@test "a record behind the last that isn't signed with the key is noticed" {
	firma evidence keygen "$TMP/pair" >"$TMP/id"
	start --evidence-signing-key "$TMP/pair"
	ask >"$TMP/out"
	kill_daemon
	cp -r "$STATE_DIR" "$TMP/saved"
	start --evidence-signing-key "$TMP/pair"
	ask >"$TMP/out"
	kill_daemon
	rm -r "$STATE_DIR"
	mv "$TMP/saved" "$STATE_DIR"
	sed -i -E '2s/,"signature":\{[^}]*\}//' "$LOG"
	start --evidence-signing-key "$TMP/pair"
	run ask
	assert_decision deny "closed: $LOG: what follows record 1 is not a record of this log: it is not signed as this daemon signs"
}

# continues OLD NEW: a daemon with the options OLD leaves a log, one with NEW is started with it.
continues() {
	local options

	rm -rf "$STATE_DIR" "$LOG"
	read -ra options <<<"$1"
	start "${options[@]}"
	ask >"$TMP/out"
	stop_daemon
	cp "$LOG" "$TMP/before"
	read -ra options <<<"$2"
	start "${options[@]}"
	run ask
	stop_daemon
}

@test "a log that was signed otherwise is not continued, and stays as it is" {
	local old new name ways=('' "--evidence-key $TMP/a" "--evidence-key $TMP/b"
		"--evidence-signing-key $TMP/c" "--evidence-signing-key $TMP/d")

	(umask 077 && echo 0123456789abcdef >"$TMP/a" && echo fedcba9876543210 >"$TMP/b")
	for name in c d; do
		firma evidence keygen "$TMP/$name" >"$TMP/id"
	done
	for old in "${ways[@]}"; do
		for new in "${ways[@]}"; do
			continues "$old" "$new"
			if [[ $old == "$new" ]]; then
				assert_decision pending_hitl
				continue
			fi
			assert_output -p "closed: $LOG: its record 1 is "
			assert_output -p 'or say that this key is lost (--evidence-old-key-lost)'
			cmp "$LOG" "$TMP/before"
		done
	done

	# The way out.
	mv "$LOG" "$TMP/old"
	rm "$STATE_DIR/evidence.head"
	start --evidence-signing-key "$TMP/c"
	run ask
	assert_decision pending_hitl
}

@test "what tells how far the log goes may be lost in a crash, but not be wrong" {
	leave kill
	cp "$STATE_DIR/evidence.head" "$TMP/head"

	# One slot was just being written.
	dd if=/dev/zero of="$STATE_DIR/evidence.head" bs=512 count=1 conv=notrunc status=none
	start
	stop_daemon
	holds 3
	cp "$TMP/head" "$STATE_DIR/evidence.head"
	dd if=/dev/zero of="$STATE_DIR/evidence.head" bs=512 seek=1 count=1 conv=notrunc status=none
	start
	stop_daemon
	holds 3

	head -c 1024 /dev/zero >"$STATE_DIR/evidence.head"
	refuses 'evidence.head, which tells how far it goes: it is damaged'
	rm "$STATE_DIR/evidence.head"
	refuses "it is another's: nothing is known of its records here"
}

@test "the store knows that records were acknowledged, where the log and its mark are both gone" {
	local token

	start
	ask >"$TMP/out"
	token=$(pending_token)
	kill_daemon
	rm "$LOG" "$STATE_DIR/evidence.head"
	start
	run ask
	assert_decision deny "closed: $LOG: it ends with record 0, and the store knows of record 1"
}

@test "a log that isn't one's own file is refused" {
	leave stop
	chmod 640 "$LOG"
	refuses 'is open to its group or to others'
	chmod 600 "$LOG"
	mv "$LOG" "$LOG.real"
	ln -s "$LOG.real" "$LOG"
	refuses 'is a symbolic link'
	rm "$LOG"
	mkfifo -m 600 "$LOG"
	start
	run ask
	assert_decision deny "closed: $LOG: is not a regular file"
}

@test "a log that another process holds is waited for" {
	local fd

	leave stop
	exec {fd}<"$LOG"
	HELD["log"]=$fd
	flock -x "$fd"
	start
	run ask
	assert_decision deny "closed: $LOG: another process holds it"
	exec {fd}<&-
	unset 'HELD[log]'
	move_clock 31
	run ask
	assert_decision pending_hitl
	assert_log "firma: $LOG: open again"
	stop_daemon
	holds 4
}

# craft_log N: a log of N records that a daemon left, and knows.
craft_log() {
	local head slot check

	leave stop
	"$UNIT" stream make "$1" >"$LOG"
	head=$(firma evidence head "$LOG")
	printf -v slot '{"size":%d,"sequence":%d,"hash":"%s"' "$(stat -c %s "$LOG")" "$1" "${head#*:}"
	check=$(printf %s "$slot" | sha256sum)
	slot+=',"check":"'${check:0:16}'"}'
	printf '%-511s\n%-511s\n' "$slot" "$slot" >"$STATE_DIR/evidence.head"
}

@test "a start reads as much of a log of 100,000 records as of one" {
	local n few

	need_trace
	for n in 1 100000; do
		craft_log "$n"
		trace -e trace=read,pread64 -P "$LOG"
		start
		run ask
		assert_decision pending_hitl
		stop_daemon
		WRAPPER=()
		holds $((n + 1))
		awk '$NF ~ /^[0-9]+$/ { n += $NF } END { print n + 0 }' "$TMP/trace" >>"$TMP/read"
		rm -rf "$LOG" "$STATE_DIR"
	done
	echo "# bytes read: $(tr '\n' ' ' <"$TMP/read")" >&3
	awk '{ if ($1 == 0 || $1 > 8192) exit 1 }' "$TMP/read"
}

# --- crashes --------------------------------------------------------------------------------------

# inject OPTION...: what is done to the system calls on the log of daemons that are started now.
inject() {
	trace -P "$LOG" "$@"
}

# A token that is approved, by a daemon that is then killed.
approve() {
	start
	token=$(pending_token)
	must "$OK" operate approve token_id="$token"
	kill_daemon
}

# assert_recovered STATE RECORDS [N]: the next daemon writes the token's record, the Nth (the last).
assert_recovered() {
	local n=${3:-$2}

	start
	stop_daemon
	holds "$2"
	assert_equal "$(of "$n" event_type)" recovered
	assert_equal "$(of "$n" request | "$UNIT" get token_id)" "$token"
	assert_equal "$(of "$n" request | "$UNIT" get state)" "$1"

	# Once.
	start
	stop_daemon
	holds "$2"
}

@test "a kill between the token's commit and the record: it is consumed, and recovered" {
	need_trace
	approve
	inject -e inject=write:error=EIO:signal=KILL
	start
	run ask approval_token="$token"
	assert_output ''
	KILLED=1 _daemon_ends "$DAEMON" 137
	WRAPPER=()
	assert_equal "$(wc -l <"$LOG")" 2
	assert_recovered consumed 3
	start
	must "$CONSUMED" ask approval_token="$token"
}

@test "a kill between the record and its sync: what is whole stays, and nothing is told twice" {
	need_trace
	approve
	inject -e inject=fdatasync:error=EIO:signal=KILL:when=2
	start
	run ask approval_token="$token"
	assert_output ''
	KILLED=1 _daemon_ends "$DAEMON" 137
	WRAPPER=()
	start
	must "$CONSUMED" ask approval_token="$token"
	stop_daemon
	holds 4
	assert_equal "$(of 3 event_type)" decision
	assert_equal "$(of 3 response | "$UNIT" get decision)" allow
}

@test "a record that was torn is cut off, which is recorded, and then recovered" {
	local cut bytes

	need_trace
	approve
	inject -e inject=fdatasync:error=EIO:signal=KILL:when=2
	start
	run ask approval_token="$token"
	KILLED=1 _daemon_ends "$DAEMON" 137
	WRAPPER=()
	cp "$LOG" "$TMP/whole"
	cp -r "$STATE_DIR" "$TMP/saved"
	bytes=$(sed -n 3p "$LOG" | wc -c)

	for cut in 1 2 100 $((bytes - 1)); do
		rm -r "$STATE_DIR"
		cp -r "$TMP/saved" "$STATE_DIR"
		cp "$TMP/whole" "$LOG"
		truncate -s -"$cut" "$LOG"
		assert_recovered consumed 4 3
		assert_equal "$(of 4 event_type)" cut
		assert_equal "$(of 4 request | "$UNIT" get bytes)" $((bytes - cut))
		local was="$((bytes - cut)) bytes at its end, which were"
		((bytes - cut > 1)) || was='1 byte at its end, which was'
		assert_log "firma: $LOG: cut off $was never written whole, and never answered for; $LOG: 1 record was missing, and is written as recovered"
	done

	# All of its sectors were never written, or one of them.
	rm -r "$STATE_DIR"
	cp -r "$TMP/saved" "$STATE_DIR"
	cp "$TMP/whole" "$LOG"
	truncate -s -300 "$LOG"
	truncate -s +300 "$LOG"
	assert_recovered consumed 4 3
}

@test "of a turn of several, what is missing is recovered, and what is there is not" {
	local tokens=() i

	need_trace
	start
	for i in 1 2 3; do
		tokens+=("$(pending_token "args:=[\"$i\"]")")
	done
	{
		"$UNIT" object action=local.exec.revoke token_id="${tokens[0]}"
		"$UNIT" object action=nonsense
		"$UNIT" object action=local.exec.revoke token_id="${tokens[1]}"
		"$UNIT" object action=local.exec.revoke token_id="${tokens[2]}"
	} >"$TMP/turn"
	kill_daemon
	inject -e inject=fdatasync:error=EIO:signal=KILL:when=2
	start
	together "$TMP/turn" || true
	KILLED=1 _daemon_ends "$DAEMON" 137
	WRAPPER=()
	assert_equal "$(wc -l <"$LOG")" 7

	# The last two of the turn never got there.
	head -n 5 "$LOG" >"$TMP/part"
	sed -n 6p "$LOG" | head -c 77 >>"$TMP/part"
	cat "$TMP/part" >"$LOG"
	for i in 4 5 6 7; do
		sed -n 's/.*"token_id":"\([0-9a-f-]*\)".*/\1/p' <(sed -n "${i}p" "$LOG") >>"$TMP/there"
	done
	start
	stop_daemon
	run sed -n 's/.*"event_type":"\(recovered\)".*"token_id":"\([0-9a-f-]*\)".*/\2/p' "$LOG"
	assert_equal "$(sort -u "$TMP/there" <(echo "$output"))" "$(printf '%s\n' "${tokens[@]}" | sort)"
	holds $((5 + 1 + ${#lines[@]}))
}

@test "what was recovered once is not recovered again, also after a kill" {
	local token i

	need_trace
	start
	token=$(pending_token)
	kill_daemon
	for i in 1 2 3; do
		"$UNIT" object action=nonsense
	done >"$TMP/turn"
	"$UNIT" object action=local.exec.revoke token_id="$token" >>"$TMP/turn"
	inject -e inject=write:error=EIO:signal=KILL
	start
	together "$TMP/turn" || true
	KILLED=1 _daemon_ends "$DAEMON" 137
	WRAPPER=()

	for i in 1 2; do
		start
		kill_daemon
		holds 2
	done
	assert_equal "$(of 2 request | "$UNIT" get state)" revoked
}

@test "the log's disk is full: all are refused, the log is as it was, and it goes on later" {
	local size

	need_trace
	approve
	size=$(stat -c %s "$LOG")
	inject -e inject=write:error=ENOSPC:when=1..2
	start
	run ask approval_token="$token"
	assert_decision deny 'the evidence could not be recorded: No space left on device'
	assert_equal "$(stat -c %s "$LOG")" "$size"
	WRAPPER=()

	# It is tried again at once, which fails as well here, and then later.
	run ask
	assert_decision deny "closed: $LOG: could not be written: No space left on device"
	run firma status
	assert_status 1
	move_clock 31
	must "$CONSUMED" ask approval_token="$token"
	assert_log -p "$LOG: open again"
	assert_log -p "$LOG: 1 record was missing, and is written as recovered"
	stop_daemon
	holds 4
	assert_equal "$(of 3 event_type)" recovered
	assert_equal "$(of 4 response | "$UNIT" get decision)" deny
}

@test "a sync of the log fails: what was written is cut off, and the token stays consumed" {
	need_trace
	approve
	inject -e inject=fdatasync:error=EIO:when=2
	start
	run ask approval_token="$token"
	assert_decision deny 'the evidence could not be recorded: Input/output error'
	must "$CONSUMED" ask approval_token="$token"
	stop_daemon
	WRAPPER=()

	# Cut off at once, and then tried again.
	holds 4
	assert_equal "$(of 3 event_type)" recovered
	assert_equal "$(of 4 response | "$UNIT" get decision)" deny
}

@test "a turn that the store could not record leaves a log that fits the tokens, also after a kill" {
	local token

	FIRMA_TEST_WITNESS='' start_asking
	issue_fat 1
	stop_daemon
	start
	token=$(pending_token)
	operate approve token_id="$token" >"$TMP/out"
	# The log may grow to this size, but not the file of tokens.
	prlimit --pid "$DAEMON" --fsize=40000:
	run ask approval_token="$token"
	assert_decision deny 'the change could not be recorded: File too large'
	kill_daemon

	start
	run ask approval_token="$token"
	assert_decision allow
	stop_daemon
	run firma evidence verify "$LOG"
	assert_status 0
}

@test "an operator hears that the outcome is unknown where it could not be recorded" {
	need_trace
	start
	token=$(pending_token)
	kill_daemon
	inject -e inject=write:error=ENOSPC:when=1
	start
	run operate approve token_id="$token"
	assert_output '{"outcome":"unsupported_action","reason":"outcome unknown: the evidence could not be recorded: No space left on device"}'
	run operate approve token_id="$token"
	assert_output "$OK"
	stop_daemon
	WRAPPER=()
	holds 3
	assert_equal "$(of 2 event_type)" recovered
	assert_equal "$(of 2 request | "$UNIT" get state)" approved
}

# small_disk SIZE: daemons that are started from now on find $LOG on a file system of this size, which
# the test reaches as $DISK once one runs.
small_disk() {
	need_root
	unshare --mount mount -t tmpfs none "$TMP" 2>/dev/null || skip "no file system can be mounted"
	mkdir "$TMP/disk"
	LOG=$TMP/disk/log.jsonl
	WRAPPER=(unshare --mount sh -c "mount -t tmpfs -o size=$1,mode=700 none '$TMP/disk'; exec \"\$@\"" sh
		"${WRAPPER[@]}")
}

start_on_disk() {
	start
	DISK=/proc/$DAEMON/root$TMP/disk
}

# leave_free BYTES: of the small disk.
leave_free() {
	local left

	rm -f "$DISK/fill"
	left=$(($(stat -f -c '%a * %S' "$DISK")))
	head -c $((left - $1)) /dev/zero >"$DISK/fill"
}

@test "a file system of the log's own that is full closes the daemon until there is room" {
	small_disk 64k
	start_on_disk
	run ask
	assert_decision pending_hitl
	head -c 1M /dev/zero >"$DISK/fill" 2>"$TMP/noise" || true
	head -c 60000 /dev/zero | tr '\0' a >"$TMP/arg"
	run operate allow.add pattern=/opt/x argv:="[\"$(head -c 4000 "$TMP/arg")\",\"$(head -c 4000 "$TMP/arg")\"]"
	assert_field reason 'outcome unknown: the evidence could not be recorded: No space left on device'
	rm "$DISK/fill"
	move_clock 31
	run ask
	assert_decision pending_hitl
	cp "$DISK/log.jsonl" "$TMP/copy"
	run firma evidence verify "$TMP/copy"
	assert_output -p 'holds: '
}

@test "before the file system is full, askers are refused without a record, and operators still act" {
	local token before i

	small_disk 4M
	start_on_disk
	token=$(pending_token)
	leave_free 260000
	before=$(wc -l <"$DISK/log.jsonl")
	for i in $(seq 20); do
		run ask
		assert_decision deny "closed: $LOG: its file system is nearly full"
		run ask approval_token="$token"
		assert_decision deny "closed: $LOG: its file system is nearly full"
		echo nonsense | send >"$TMP/out"
	done
	assert_equal "$(wc -l <"$DISK/log.jsonl")" "$before"
	assert_log -e "^firma: $LOG: .* KiB are left on its file system: askers are refused$"
	run firma status
	assert_status 0
	assert_line -e "^space left +2.* KiB beside $LOG: askers are refused$"

	must "$OK" operate revoke token_id="$token"
	must "$OK" operate revoke all:=true
	assert_equal "$(wc -l <"$DISK/log.jsonl")" $((before + 2))

	leave_free 3000000
	run ask cwd=/
	assert_decision pending_hitl
	refute_log -p 'could not be written'
}

@test "a large request is refused where a small one still has room" {
	small_disk 4M
	start_on_disk
	leave_free 400000
	head -c 60000 /dev/zero | tr '\0' a >"$TMP/arg"
	run send < <(request "args:=[\"$(<"$TMP/arg")\"]")
	assert_decision deny "closed: $LOG: its file system is nearly full"
	run ask
	assert_decision pending_hitl
	run firma status
	assert_line -e "^space left +3.* KiB beside $LOG: soon askers will be refused$"
	assert_log -e "^firma: $LOG: .* KiB are left on its file system$"
}

# --- one asker and the log ------------------------------------------------------------------------

# large N: N requests of 60 kB, which are all different.
large() {
	local fat i

	printf -v fat '%060000d' 0
	fat=$(request "args:=[\"INDEX\",\"$fat\"]")
	for ((i = 0; i < $1; i++)); do
		echo "${fat/INDEX/$i}"
	done
}

@test "one asker's denied requests fill 4 MiB an hour, and are then recorded by length and hash" {
	local line

	start --default-action deny
	large 100 | send_lines >"$TMP/replies"
	assert_equal "$(grep -c '"decision":"deny"' "$TMP/replies")" 100
	(($(stat -c %s "$LOG") < 4500000)) || fail "the log has $(stat -c %s "$LOG") bytes"

	# What is left out can be proved by who has it.
	assert_equal "$(grep -c '"omitted":true' "$LOG")" $((100 - 69))
	line=$(large 100 | tail -n 1)
	assert_equal "$(of 100 request)" '{"omitted":true,"bytes":'${#line}',"sha256":"'"$(printf %s "$line" | sha256sum | cut -d' ' -f1)"'"}'

	# A small one stays whole as long as it fits; a part of the hour gives back a part of it.
	run ask
	assert_equal "$(of 101 request)" "$(request)"
	move_clock 60
	large 2 | send_lines >"$TMP/replies"
	assert_equal "$(grep -c '"omitted":true' "$LOG")" $((100 - 69 + 1))
	move_clock 3600
	large 2 | send_lines >"$TMP/replies"
	assert_equal "$(grep -c '"omitted":true' "$LOG")" $((100 - 69 + 1))
	stop_daemon
	holds 105
}

# ask_and_withdraw N: N requests of 60 kB that need a person, each withdrawn at once by its asker.
ask_and_withdraw() {
	local fat i token

	printf -v fat '%060000d' 0
	for ((i = 0; i < $1; i++)); do
		token=$(ask args:="[\"$i\",\"$fat\"]" | "$UNIT" get approval_token)
		assert_equal "$("$UNIT" object action=local.exec.withdraw token_id="$token" | send)" "$OK"
	done
}

@test "pending requests, withdrawn or not, fill no more of the log than denied ones" {
	local token fat

	start --max-pending 1000
	large 80 | send_lines >"$TMP/replies"
	assert_equal "$(grep -c '"decision":"pending_hitl"' "$TMP/replies")" 80
	assert_equal "$(grep -c '"omitted":true' "$LOG")" $((80 - 69))
	ask_and_withdraw 3
	assert_equal "$(grep -c '"omitted":true' "$LOG")" $((80 - 69 + 3))
	(($(stat -c %s "$LOG") < 4500000)) || fail "the log has $(stat -c %s "$LOG") bytes"

	# A person's decision is recorded in full.
	printf -v fat '%060000d' 1
	for verb in approve revoke; do
		token=$(pending_token args:="[\"$verb\",\"$fat\"]")
		must "$OK" operate "$verb" token_id="$token"
		run tail -n 1 "$LOG"
		assert_output -p "\"args\":[\"$verb\",\"$fat\"]"
	done
	stop_daemon
	run firma evidence verify "$LOG"
	assert_status 0
}

@test "what needs a person and gets no token fills no more of the log than what is denied" {
	local fat i

	printf -v fat '%060000d' 0
	start
	for ((i = 0; i < 100; i++)); do
		echo "{\"action_type\":\"read_file\",\"target\":\"/srv/$i\",\"note\":\"$fat\"}"
	done | send_lines >"$TMP/replies"
	assert_equal "$(grep -c '"decision":"require_approval"' "$TMP/replies")" 100
	(($(stat -c %s "$LOG") < 4500000)) || fail "the log has $(stat -c %s "$LOG") bytes"
	stop_daemon
	holds 100
}

@test "another asker's requests, and allowed ones, are recorded in full" {
	need_root
	start --max-pending 1000 --default-action deny
	chmod 666 "$SOCKET"
	large 80 | send_lines >"$TMP/replies"
	stop_daemon
	start --default-action allow
	large 80 | send_lines >"$TMP/replies"
	assert_equal "$(grep -c '"omitted":true' "$LOG")" $((80 - 69))
	stop_daemon
	holds 160
}

# strace -e trace=... shows the order.
@test "the store is synced, then the log, then the mark is written, and then it is answered" {
	need_trace
	start
	token=$(pending_token)
	must "$OK" operate approve token_id="$token"
	kill_daemon
	trace -e trace=write,fdatasync,pwrite64,sendto
	start
	must "$ALLOWED" ask approval_token="$token"
	run sed -n '/sendto/q; s/^\([a-z0-9]*\)([0-9]*<.*\/\([a-z.]*[ln.h][a-z]*\)>.*/\1 \2/p' "$TMP/trace"
	output=$(grep -v ' log$' <<<"$output" | tail -n 6)
	assert_output 'write tokens.jsonl
fdatasync tokens.jsonl
pwrite64 tokens.mark
write log.jsonl
fdatasync log.jsonl
pwrite64 evidence.head'
}

@test "the mark that is found is made to last before anything is recorded" {
	need_trace
	start --default-action allow
	run ask
	kill_daemon
	trace -e trace=fsync,fdatasync,pwrite64,sendto
	start --default-action allow
	run ask
	kill_daemon
	synced_first
}

# synced_first: before anything else of what is traced.
synced_first() {
	run sed -n 's/^\([a-z0-9]*\)([0-9]*<.*\/\([a-z.]*\)>.*/\1 \2/p' "$TMP/trace"
	assert_line -n 0 'fsync state'
	assert_line -p pwrite64
}

@test "so it is by one that gets the lock late" {
	need_trace
	start --default-action allow
	run ask
	stop_daemon
	_background holder flock --no-fork "$STATE_DIR/lock" sh -c 'echo ready; exec sleep infinity'
	trace -e trace=fsync,fdatasync,pwrite64
	serve_at "$SOCKET" --state-dir "$STATE_DIR" --evidence-log "$LOG" --default-action allow
	move_clock 5
	until_listening "$SOCKET"
	run ask
	assert_decision deny
	kill -KILL "${BACKGROUND[holder]}"
	finish holder
	move_clock 31
	run ask
	assert_decision allow
	kill_daemon
	synced_first
}

@test "where the directory can't be synced, nothing is recorded" {
	need_trace
	start --default-action allow
	run ask
	kill_daemon
	cp "$LOG" "$TMP/before"
	trace -P "$STATE_DIR" -e trace=fsync -e inject=fsync:error=EIO
	start --default-action allow
	run ask
	assert_decision deny
	kill_daemon
	cmp "$LOG" "$TMP/before"
}

# --- changes of the allowlist ---------------------------------------------------------------------

# recovered_change N HAPPENED CHANGE: the Nth record makes up for a change, and is the last one.
recovered_change() {
	start
	stop_daemon
	holds "$1"
	assert_equal "$(of "$1" event_type)" recovered
	assert_equal "$(of "$1" response | "$UNIT" get happened)" "$2"
	assert_equal "$(of "$1" request | "$UNIT" get change)" "$3"
	assert_equal "$(of "$1" request | "$UNIT" get by)" "$EUID"
}

@test "a kill between an addition to the allowlist and its record: it is in force, and recovered" {
	need_trace
	start
	run ask
	kill_daemon
	inject -e inject=write:error=EIO:signal=KILL
	start
	run operate allow.add pattern=/opt/x agent_id=ci
	assert_output ''
	KILLED=1 _daemon_ends "$DAEMON" 137
	WRAPPER=()
	grep -q /opt/x "$STATE_DIR/allowlist.json"
	recovered_change 2 true add
	assert_equal "$(of 2 request | "$UNIT" get agent)" ci
	assert_equal "$(of 2 request | "$UNIT" get entry | "$UNIT" get pattern)" /opt/x

	# Once.
	start
	kill_daemon
	holds 2
}

@test "so it is with a removal, and with an addition that takes the place of another" {
	local id

	need_trace
	start
	run operate allow.add pattern=/opt/x for_ms:=60000
	run operate allow.add pattern=/opt/y
	id=$("$UNIT" get id <<<"${lines[0]}")
	kill_daemon
	inject -e inject=write:error=EIO:signal=KILL
	start
	run operate allow.remove id="$id"
	KILLED=1 _daemon_ends "$DAEMON" 137
	WRAPPER=()
	recovered_change 3 true remove
	assert_equal "$(of 3 request | "$UNIT" get id)" "$id"

	inject -e inject=write:error=EIO:signal=KILL
	start
	run operate allow.add pattern=/opt/x for_ms:=600000
	KILLED=1 _daemon_ends "$DAEMON" 137
	WRAPPER=()
	recovered_change 4 true add
}

@test "a kill before the allowlist is changed: it is recovered as one that did not happen" {
	need_trace
	trace -P "$STATE_DIR/allowlist.json.new" -e trace=write -e inject=write:signal=KILL
	start
	run operate allow.add pattern=/opt/x
	KILLED=1 _daemon_ends "$DAEMON" 137
	WRAPPER=()
	[[ ! -e $STATE_DIR/allowlist.json ]]
	recovered_change 1 false add
}

@test "the log's disk is full: a change of the allowlist is recovered when there is room" {
	need_trace
	start
	run ask
	kill_daemon
	inject -e inject=write:error=ENOSPC:when=1..2
	start
	run operate allow.add pattern=/opt/x
	assert_field reason 'outcome unknown: the evidence could not be recorded: No space left on device'
	kill_daemon
	WRAPPER=()
	recovered_change 2 true add
}

@test "where the record of an allow fails, what was approved always makes no entry" {
	local bound=(cwd=/work real_path=/usr/bin/git agent_id=a) token

	need_trace
	start
	token=$(pending_token "${bound[@]}")
	must "$OK" operate approve token_id="$token" always:=true
	kill_daemon
	inject -e inject=write:error=ENOSPC:when=1
	start
	run ask "${bound[@]}" approval_token="$token"
	assert_decision deny 'the evidence could not be recorded: No space left on device'
	[[ ! -e $STATE_DIR/allowlist.json ]]
	kill_daemon
	WRAPPER=()

	# Both the token and the entry that was to be.
	recovered_change 4 false add
	assert_equal "$(of 3 request | "$UNIT" get state)" consumed
	[[ ! -e $STATE_DIR/allowlist.json ]]
}

@test "the store announces a change of the allowlist before the file is replaced" {
	need_trace
	trace -e trace=write,fdatasync,rename,renameat,renameat2
	start
	run operate allow.add pattern=/opt/x
	assert_line -n -1 "$OK"
	kill_daemon
	run sed -n 's/^\(write\|fdatasync\)([0-9]*<.*\/\([a-z.]*[ln][a-z]*\)>.*/\1 \2/p
		s/^rename.*"allowlist.json".*/rename/p' "$TMP/trace"
	output=$(grep -v ' log$\| witness$' <<<"$output" | tail -n 6)
	assert_output 'write tokens.jsonl
fdatasync tokens.jsonl
write allowlist.json.new
rename
write log.jsonl
fdatasync log.jsonl'
}

@test "a note of the store with a change that is none closes the daemon" {
	local note

	for note in '"allowlist":["1 x"]' '"allowlist":["1"]' '"allowlist":[1]' '"allowlist":{}' \
		'"allowlist":["0 {}"]' '"other":[]'; do
		craft 1 '{"evidence":1,"tokens":[],'"$note"'}'
		stays_closed "$TOKENS: *is not a note about evidence*"
	done
	craft 1 '{"evidence":1,"tokens":[],"allowlist":["1 {}"]}'
	recovered_malformed
}

# What an object says that is no change, nobody knows.
recovered_malformed() {
	start
	stop_daemon
	holds 1
	assert_equal "$(of 1 request)" '{}'
	refute_output -p happened
}

# --- more than one token, and more than one turn --------------------------------------------------

@test "the record of an approval says what was approved, by whom, how and for how long" {
	local token

	start
	token=$(pending_token cwd=/srv/app real_path=/usr/bin/git args:='["push","a b"]')
	firma token approve --yes --always --for 8h "$token"
	assert_equal "$(of 2 response)" '{"outcome":"ok","token_id":"'"$token"'","approved":{"kind":"exec","executable":"/usr/bin/git","args":["push","a b"],"cwd":"/srv/app","real_path":"/usr/bin/git","session_id":"sess","sandbox_id":"sbx","profile":"generic","uid":'"$EUID"'}}'
	run firma evidence show "$LOG"
	assert_line -n 0 -p " pending_hitl /usr/bin/git push 'a b' (in /srv/app), uid $EUID, token $token"
	assert_line -n 1 -e "^[0-9TZ:.-]{30} 2 action local.exec.approve /usr/bin/git push 'a b' \(in /srv/app\) for uid $EUID, always for 8h, confirmed by --yes, uid $EUID, token $token: ok\$"

	# What is refused approves nothing.
	run firma token approve --yes 11111111-1111-4111-8111-111111111111
	run of 3 response
	assert_output -p not_found
	refute_output -p approved
}

@test "the record of a change of the allowlist says what was added or removed, by whom and for how long" {
	local id

	start
	run firma allow add --agent ci --for 8h /usr/bin/git push '{' 'a b'
	id=$output
	run firma allow remove "$id"
	run firma evidence show "$LOG"
	assert_line -n 0 -e "^[0-9TZ:.-]{30} 1 action local.exec.allow.add /usr/bin/git push '\\{' 'a b' entry $id for 8h, uid $EUID, agent ci: ok\$"
	assert_line -n 1 -e "^[0-9TZ:.-]{30} 2 action local.exec.allow.remove /usr/bin/git push '\\{' 'a b' entry $id for agent ci, uid $EUID: ok\$"
	of 2 response | grep -qF '{"outcome":"ok","agent_id":"ci","entry":{"id":"'"$id"'","pattern":"/usr/bin/git","argv":["push","{","a b"]'

	# What is removed may have been approved; what is not there is not told of.
	run firma allow remove "$id"
	run of 3 response
	assert_output -p not_found
	refute_output -p '"entry"'
}

@test "a revocation of many names each token, and each is recovered" {
	local one two

	need_trace
	start
	one=$(pending_token args:='["1"]')
	two=$(pending_token args:='["2"]')
	operate revoke all:=true >"$TMP/out"
	assert_equal "$(of 3 response)" '{"outcome":"ok","tokens":["'"$one"'","'"$two"'"]}'
	run firma evidence show --token "$one" "$LOG"
	assert_equal "${#lines[@]}" 2
	one=$(pending_token args:='["3"]')
	two=$(pending_token args:='["4"]')
	kill_daemon

	inject -e inject=write:error=EIO:signal=KILL
	start
	run operate revoke all:=true
	KILLED=1 _daemon_ends "$DAEMON" 137
	WRAPPER=()
	start
	stop_daemon
	holds 7
	assert_equal "$(of 6 request | "$UNIT" get token_id)" "$one"
	assert_equal "$(of 7 request | "$UNIT" get token_id)" "$two"
	assert_equal "$(of 7 request | "$UNIT" get state)" revoked
}

@test "a request that waits is recorded when it is held, and when it is decided" {
	local token

	start
	hold waiting < <(request wait_ms:=60000)
	_until "$DAEMON" test -s "$LOG"
	token=$(of 1 response | "$UNIT" get approval_token)
	must "$OK" operate approve token_id="$token"
	finish waiting
	stop_daemon
	holds 3
	assert_equal "$(of 3 response | "$UNIT" get decision)" allow
	assert_equal "$(of 3 response | "$UNIT" get token_id)" "$token"
	run firma evidence show --token "$token" "$LOG"
	assert_equal "${#lines[@]}" 3
}

# --- the page's verifier --------------------------------------------------------------------------

@test "the verifier in firma-evidence(5) takes what the daemon wrote, and finds what was done to it" {
	local page=$BATS_TEST_DIRNAME/../man/firma-evidence.5

	sed -n '/^#!.*python3$/,/^\.Ed$/ { /^\.Ed$/d; s/\\e/\\/g; s/\\-/-/g; p }' "$page" >"$TMP/verify"
	(($(wc -l <"$TMP/verify") < 30))
	(umask 077 && echo 0123456789abcdef >"$TMP/key")
	start --evidence-key "$TMP/key"
	ask args:='["\u202e","ä"]' x:='{"record_hash":"y","signature":1}' >"$TMP/out"
	ask >"$TMP/out"
	echo nonsense | send >"$TMP/out"
	stop_daemon

	run python3 "$TMP/verify" "$LOG" "$TMP/key"
	assert_output "$(firma evidence head "$LOG")"
	assert_status 0
	run python3 "$TMP/verify" "$BATS_TEST_DIRNAME/vectors/cavra-unsigned.jsonl"
	assert_status 0
	printf test-key-1 >"$TMP/k"
	run python3 "$TMP/verify" "$BATS_TEST_DIRNAME/vectors/cavra-signed.jsonl" "$TMP/k"
	assert_status 0

	tamper() {
		sed "$1" "$LOG" >"$TMP/tampered"
		run python3 "$TMP/verify" "$TMP/tampered" "$TMP/key"
		assert_line -n -1 "AssertionError: line $2"
	}
	tamper '2s/git/got/' '2: changed'
	tamper 2d '2: out of order'
	tamper '2s/}$/}x}/' '2: something follows the object'
	tamper '3s/"value":"./"value":"x/' '3: signature'
	tamper '3s/"sequence"/"sequence":3,"sequence"/' '3: sequence is given twice'
}

@test "what is signed with Ed25519 is checked with openssl, as the page says" {
	firma evidence keygen "$TMP/key" >"$TMP/id"
	start --evidence-signing-key "$TMP/key"
	ask >"$TMP/out"
	ask >"$TMP/out"
	stop_daemon
	printf 'firma.evidence.v1\n%s\n%s' "$(of 2 previous_hash)" "$(of 2 record_hash)" >"$TMP/text"
	of 2 signature | "$UNIT" get value | base64 -d >"$TMP/value"
	openssl pkeyutl -verify -pubin -inkey "$TMP/key.pub" -rawin -in "$TMP/text" -sigfile "$TMP/value"
}
