# SPDX-License-Identifier: ISC
# shellcheck shell=bash
#
# What the tests of the store share: looking at its files, making ones that no daemon wrote, and
# daemons that are closed.
#
# What is set here may be for the tests:
# shellcheck disable=SC2034

load lib

OK='{"outcome":"ok"}'
ALLOWED='{"decision":"allow","reason":"approved by an operator"}'
CONSUMED='{"decision":"deny","reason":"approval token already consumed"}'

# What these look at is the store's files alone, and when they are written.
setup() {
	store_setup
}

store_setup() {
	FIRMA_EVIDENCE=
	lib_setup
	TOKENS=$STATE_DIR/tokens.jsonl
}

# --- the daemon and its file ----------------------------------------------------------------------

start_asking() {
	start_daemon --default-action pending_hitl
}

# serve_at SOCKET [SERVE-OPTION...]: another daemon, with no state directory but a given one.
# Doesn't wait until it listens.
serve_at() {
	_command "$FIRMA" serve --socket "$1" "${@:2}"
	_spawn "${CMD[@]}" </dev/null >>"$TMP/log" 2>&1
	DAEMON=$!
	# shellcheck disable=SC2004 # by process, not by number
	DAEMONS[$DAEMON]=1
}

# until_listening SOCKET
until_listening() {
	_until "$DAEMON" _listens "$1" || fail "the daemon does not listen at $1"
}

# must REPLY COMMAND...: that is what the command prints.
must() {
	run "${@:2}"
	assert_output "$1"
}

# listed KEY [KEY=...]: that key of each token in the list, which must be one.
listed() {
	local items

	items=$(operate list "${@:2}")
	[[ ${items##*$'\n'} == "$OK" ]] || fail "not a list: $items"
	[[ $items == "$OK" ]] || sed '$d' <<<"$items" | "$UNIT" get "$1"
}

# issue_fat N: N tokens of 50 kB, for a daemon without a witness.
issue_fat() {
	local fat i

	printf -v fat '%050000d' 0
	fat=$(request "args:=[\"INDEX\",\"$fat\"]")
	for ((i = 0; i < $1; i++)); do
		echo "${fat/INDEX/$i}"
	done | send_lines >"$TMP/replies"
}

# Of the file of tokens.
size() {
	stat -c %s "$TOKENS"
}

inode() {
	stat -c %i "$TOKENS"
}

batches() {
	grep -ac '^{"batch":' "$TOKENS"
}

# Everything that can be seen of files but when they were read.
snapshot() {
	find "$@" -printf '%p %y %m %U %G %i %s %T@ %C@ %l\n' | sort
	find "$@" -type f -exec sha256sum {} +
}

# How the log ends: lines about the store's file.
warnings() {
	grep -a " firma: $TOKENS: " "$TMP/log" || true
}

# together FILE: all lines of the file, each on a connection of its own, in one turn of the daemon;
# the replies go to FILE.replies.
together() {
	local n pid

	kill -STOP "$DAEMON"
	_until "$DAEMON" has_process_state Tt "$DAEMON"
	n=$(($(wc -l <"$1") + $(connected)))
	_command "$UNIT" probe --lines --concurrent "$SOCKET"
	_spawn "${CMD[@]}" <"$1" >"$1.replies"
	pid=$!
	_until "$pid" are_waiting "$pid" "$n"
	kill -CONT "$DAEMON"
	wait "$pid"
}

# connected: how many ends there are at the daemon's side, that of the listener among them.
connected() {
	grep -c " $SOCKET\$" /proc/net/unix
}

# are_waiting PROCESS N: there are N connections now, and it has said all.
are_waiting() {
	(($(connected) == $2)) && has_process_state S "$1"
}

# has_process_state LETTERS PROCESS: one of these, see proc(5); Tt is one that stands still.
has_process_state() {
	local state

	read -r _ _ state _ <"/proc/$2/stat"
	[[ $1 == *"$state"* ]]
}

# --- closed ---------------------------------------------------------------------------------------

# What one asks of a daemon, all of which a closed one refuses.
every_request() {
	local id=11111111-1111-4111-8111-111111111111

	request
	request approval_token="$id"
	"$UNIT" object action=local.exec.approve token_id="$id"
	"$UNIT" object action=local.exec.revoke token_id="$id" reason=x
	"$UNIT" object action=local.exec.show token_id="$id"
	"$UNIT" object action=local.exec.list
}

# assert_closed PATTERN: the daemon, which would allow everything, refuses everything for a reason
# that fits this pattern of the shell.
assert_closed() {
	local replies expected status i

	mapfile -t replies < <(every_request | send_lines)
	assert_equal "${#replies[@]}" 6
	for i in "${!replies[@]}"; do
		expected='{"outcome":"unsupported_action","reason":"closed: '$1'"}'
		((i > 1)) || expected='{"decision":"deny","reason":"closed: '$1'"}'
		# shellcheck disable=SC2053 # a pattern is meant
		[[ ${replies[i]} == $expected ]] || fail "expected $expected, was ${replies[i]}"
	done

	status=$(operate status)
	# shellcheck disable=SC2053 # a pattern is meant
	[[ $status == *',"state":"closed","closed":"'$1'",'*$'\n'"$OK" ]] || fail "$status"
}

# stays_closed PATTERN [FILE...]: a daemon on what is there is closed for that reason, and neither
# it nor its end changes anything of the files, which are the store's unless given. Not to stand
# before `||`: bash would let everything in it fail.
stays_closed() {
	local files=("${@:2}") before

	((${#files[@]} > 0)) || files=("$TOKENS")
	before=$(snapshot "${files[@]}")
	start_daemon --default-action allow
	assert_closed "$1"
	stop_daemon
	assert_equal "$(snapshot "${files[@]}")" "$before"
	[[ ! -e $TOKENS.new ]]
}

# --- files that no daemon wrote -------------------------------------------------------------------

# sealed TEXT: a header line: the text, its check, its end.
sealed() {
	local check

	check=$(printf %s "$1" | sha256sum)
	printf '%s,"check":"%s"}\n' "$1" "${check:0:16}"
}

# header [RECORDS [VERSION [FORMAT]]]: of a file.
header() {
	sealed '{"format":"'"${3-firma.tokens}"'","version":'"${2-4}"',"records":'"${1-0}"
}

# batch NUMBER LINE...
batch() {
	local hash

	printf '%s\n' "${@:2}" >"$TMP/batch"
	hash=$(sha256sum <"$TMP/batch")
	sealed '{"batch":'"$1"',"bytes":'"$(wc -c <"$TMP/batch")"',"sha256":"'"${hash%% *}"'"'
	cat "$TMP/batch"
}

ID=11111111-1111-4111-8111-111111111111

# record [KEY=...]: the line of a pending token for what `request` asks, by this uid, which has
# nearly all of its five minutes. `boot` and `wall` are µs of the test's clock.
record() {
	local fingerprint boot wall

	read -r boot wall < <("$UNIT" clock now)
	fingerprint=$(printf '%s\0' /usr/bin/git status sess sbx | sha256sum)
	"$UNIT" object token_id="$ID" state=pending executable=/usr/bin/git args:='["status"]' \
		session_id=sess sandbox_id=sbx profile=generic rule=r uid:="$EUID" \
		fingerprint="${fingerprint%% *}" boot_id="$(</proc/sys/kernel/random/boot_id)" \
		issued_boot_us:="$boot" expires_boot_us:=$((boot + 300000000)) \
		issued_wall_us:="$wall" "$@"
}

# became STATE [KEY=...]: the line of a change.
became() {
	"$UNIT" object token_id="$ID" state="$1" "${@:2}"
}

# make_lock: the directory as a first start makes it, but for an empty file of tokens.
make_lock() {
	mkdir -p "$STATE_DIR"
	rm -f "$STATE_DIR/tokens.mark"
	true >"$STATE_DIR/lock"
	true >"$TOKENS"
	chmod 700 "$STATE_DIR"
	chmod 600 "$STATE_DIR/lock" "$TOKENS"
}

# craft RECORDS LINES...: a file whose header counts that many records, with a batch of each of these.
craft() {
	local n=0 lines

	make_lock
	header "$1" >"$TOKENS"
	for lines in "${@:2}"; do
		batch $((++n)) "$lines" >>"$TOKENS"
	done
}

# assert_loads STATE: what is there is read, and the token is in that state.
assert_loads() {
	start_asking
	assert_equal "$(listed token_id)" "$ID"
	assert_equal "$(listed state)" "$1"
	kill_daemon
}

# --- a daemon that is traced ----------------------------------------------------------------------

# ancestors: the directories above the state directory that a first start syncs, which are those of
# its file system, the nearest first; by their names, a line each.
ancestors() {
	local dir=${STATE_DIR%/*} device

	device=$(stat -c %d "$dir")
	while [[ $(stat -c %d "$dir/") == "$device" ]]; do
		echo "${dir##*/}"
		[[ $dir ]] || break
		dir=${dir%/*}
	done
}

# need_trace: skips a test where no daemon can be traced.
need_trace() {
	command -v strace >/dev/null || skip "strace is not here"
	((${#WRAPPER[@]} == 0)) || skip "it runs under another program already"
	export ASAN_OPTIONS="detect_leaks=0:$ASAN_OPTIONS" # which is a tracer as well
}

# each_unreadable FILE OPENS COMMAND...: calls the command for each passing reason for which a file
# can't be opened or read; it gets what the kernel says. A daemon that it starts can read FILE once,
# which takes so many calls of openat(2), and not the second time.
each_unreadable() {
	local call error when message opens=$2

	need_trace
	while read -r call error when message; do
		echo "$call $error:"
		trace -P "$1" -P "${1##*/}" -e "trace=$call" -e "inject=$call:error=$error:when=$when"
		"${@:3}" "$message"
		kill_daemon
		WRAPPER=()
	done <<-END
		openat ENFILE $((opens + 1)) Too many open files in system
		openat EMFILE $((opens + 1)) Too many open files
		openat ENOMEM $((opens + 1)) Cannot allocate memory
		openat EIO $((opens + 1)) Input/output error
		read EIO 3 Input/output error
	END
}

# trace OPTION...: daemons that are started from now on are traced, into $TMP/trace.
trace() {
	need_trace
	WRAPPER=(strace -D -y -s 0 -o "$TMP/trace" "$@")
}
