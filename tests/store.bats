#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
#
# What is on record, where, and what becomes of it when time passes or another daemon comes (design,
# sections 6 and 7).
#
# Each test is a process of its own, and what it sets may be for the library, as what it reads may
# be the library's:
# shellcheck disable=SC2030,SC2031,SC2034,SC2153

load store

# --- at rest and in use ---------------------------------------------------------------------------

@test "at rest the file holds a header, and a batch with one line a token" {
	local token i tokens

	start_asking
	for i in 1 2 3 4; do
		token=$(pending_token "args:=[\"$i\"]")
		((i == 1)) || must "$OK" operate approve token_id="$token"
		((i != 3)) || must "$ALLOWED" ask "args:=[\"$i\"]" approval_token="$token"
		((i != 4)) || must "$OK" operate revoke token_id="$token" reason="not $i"
	done
	tokens=$(listed token_id)
	stop_daemon

	run cat "$TOKENS"
	assert_equal "${#lines[@]}" 6
	assert_line -n 0 -e '^\{"format":"firma\.tokens","version":4,"records":4,"check":"[0-9a-f]{16}"\}$'
	assert_line -n 1 -e '^\{"batch":[0-9]+,"bytes":[0-9]+,"sha256":"[0-9a-f]{64}","check":"[0-9a-f]{16}"\}$'
	assert_equal "$(tail -n +3 "$TOKENS" | "$UNIT" get token_id)" "$tokens"
	assert_equal "$(tail -n +3 "$TOKENS" | "$UNIT" get state)" \
		$'pending\napproved\nconsumed\nrevoked'
	assert_equal "$(sed -n 2p "$TOKENS" | "$UNIT" get bytes)" "$(tail -n +3 "$TOKENS" | wc -c)"
	assert_equal "$(sed -n 2p "$TOKENS" | "$UNIT" get sha256)" \
		"$(tail -n +3 "$TOKENS" | sha256sum | cut -d ' ' -f 1)"
	assert_equal "$(find "$STATE_DIR" -type f -printf '%f\n' | sort)" $'lock\ntokens.jsonl\ntokens.mark'

	start_asking
	assert_equal "$(listed token_id)" "$tokens"
	assert_equal "$(listed reason state=revoked)" 'not 4'
}

@test "a file of an older version is read, and rewritten" {
	local version

	for version in 1 2 3; do
		make_lock
		{
			header 1 "$version"
			batch 1 "$(record)"
		} >"$TOKENS"
		chmod 600 "$TOKENS"
		start_asking
		assert_equal "$(listed token_id)" "$ID"
		assert_equal "$(listed kind)" exec
		assert_equal "$(head -n 1 "$TOKENS" | "$UNIT" get version)" 4
		assert_equal "$(tail -n 1 "$TOKENS" | "$UNIT" get token_id)" "$ID"
		stop_daemon
		rm "$TOKENS"
	done
}

@test "without tokens the file holds its header alone" {
	start_daemon
	stop_daemon
	run cat "$TOKENS"
	assert_equal "${#lines[@]}" 1
	assert_output -p '"records":0,'
	start_daemon
	must "$OK" operate list
}

@test "nobody else can read what is on record, whatever the umask" {
	local file

	umask 0
	STATE_DIR=$TMP/a/b/state
	start_asking
	pending_token
	for file in "$TMP/a" "$TMP/a/b" "$STATE_DIR"; do
		assert_equal "$(stat -c %a "$file")" 700
	done
	for file in tokens.jsonl lock; do
		assert_equal "$file $(stat -c %a "$STATE_DIR/$file")" "$file 600"
	done
	stop_daemon
	for file in tokens.jsonl lock; do
		assert_equal "$file $(stat -c %a "$STATE_DIR/$file")" "$file 600"
	done
}

@test "what was answered is there after a kill, in batches of one a change" {
	local pending approved consumed revoked n

	start_asking
	pending=$(pending_token)
	approved=$(pending_token)
	consumed=$(pending_token)
	revoked=$(pending_token)
	assert_equal "$(batches)" 4
	must "$OK" operate approve token_id="$approved"
	must "$OK" operate approve token_id="$consumed"
	must "$OK" operate revoke token_id="$revoked" reason=so
	must "$ALLOWED" ask approval_token="$consumed"
	assert_equal "$(batches)" 8

	# What changes nothing writes nothing.
	must "$OK" operate approve token_id="$approved"
	run ask approval_token="$pending"
	must "$CONSUMED" ask approval_token="$consumed"
	assert_equal "$(batches)" 8

	# The next daemon writes anew what it found: it may never have been synced.
	for n in 8 1; do
		kill_daemon
		assert_equal "$(batches)" "$n"
		start_asking
		assert_equal "$(batches)" 1
		assert_equal "$(listed token_id)" "$(printf '%s\n' "$pending" "$approved" "$consumed" \
			"$revoked")"
		assert_equal "$(listed state)" $'pending\napproved\nconsumed\nrevoked'
	done
	refute_log -p 'cut off'
	must "$ALLOWED" ask approval_token="$approved"
	must "$CONSUMED" ask approval_token="$consumed"
	must '{"decision":"deny","reason":"refused by an operator: so"}' ask approval_token="$revoked"
}

@test "what one turn changes is one batch" {
	local i n

	start_asking
	for ((i = 0; i < 20; i++)); do
		request "args:=[\"$i\"]"
	done >"$TMP/turn"
	together "$TMP/turn"
	n=$(grep -c pending_hitl "$TMP/turn.replies")
	assert_equal "$n" 20
	assert_equal "$(batches)" 1
	assert_equal "$(grep -c '"executable"' "$TOKENS")" 20
	kill_daemon
	start_asking
	assert_equal "$(listed token_id | sort)" \
		"$("$UNIT" get approval_token <"$TMP/turn.replies" | sort)"
}

@test "an approval and what it is for can come in one turn" {
	local token

	start_asking
	token=$(pending_token)
	{
		"$UNIT" object action=local.exec.approve token_id="$token"
		request approval_token="$token"
		request approval_token="$token"
	} >"$TMP/turn"
	together "$TMP/turn"
	assert_equal "$(<"$TMP/turn.replies")" "$OK"$'\n'"$ALLOWED"$'\n'"$CONSUMED"
	kill_daemon
	start_asking
	must "$CONSUMED" ask approval_token="$token"
}

@test "what is superseded is dropped while the daemon runs" {
	local token before

	FIRMA_TEST_WITNESS='' start_asking
	issue_fat 24
	before=$(inode)
	(($(size) > 1200000)) || fail "$(size) bytes"

	# What is over but not forgotten yet still counts.
	move_clock 300
	pending_token
	assert_equal "$(inode)" "$before"
	(($(size) > 1200000)) || fail "$(size) bytes"

	move_clock 300
	token=$(pending_token)
	(($(size) < 10000)) || fail "$(size) bytes"
	assert_equal "$(stat -c %a "$TOKENS")" 600
	kill_daemon
	start_asking
	assert_equal "$(listed token_id state=pending)" "$token"
	assert_equal "$(listed state)" $'expired\npending'
}

@test "less than 1 MiB that is superseded is only dropped at rest" {
	local before

	FIRMA_TEST_WITNESS='' start_asking
	issue_fat 20
	before=$(inode)
	move_clock 600
	pending_token
	assert_equal "$(inode)" "$before"
	(($(size) > 1000000)) || fail "$(size) bytes"
	assert_equal "$(listed state)" pending
	stop_daemon
	(($(size) < 10000)) || fail "$(size) bytes"
}

# --- which directory ------------------------------------------------------------------------------

@test "the state directory is the option's, systemd's, or the user's own" {
	local -x AS_UID=''
	local wrapper=("${WRAPPER[@]}") expected environment options

	# Root's would be one of the system.
	((EUID != 0)) || AS_UID=4242
	while IFS='|' read -r expected environment options; do
		read -ra environment <<<"$environment"
		WRAPPER=(env "${environment[@]}" "${wrapper[@]}")
		# shellcheck disable=SC2086 # words are meant
		serve_at "$SOCKET" $options
		until_listening "$SOCKET"
		run operate status
		assert_output -p "\"store\":{\"kind\":\"file\",\"directory\":\"$expected\","
		assert_equal "$(stat -c %a "$expected")" 700
		[[ -e $expected/tokens.jsonl ]]
		stop_daemon
	done <<-END
		$TMP/opt|STATE_DIRECTORY=$TMP/systemd HOME=$TMP/home|--state-dir $TMP/opt
		$TMP/systemd|STATE_DIRECTORY=$TMP/systemd:$TMP/second XDG_STATE_HOME=$TMP/xdg HOME=$TMP/home|
		$TMP/xdg/firma|XDG_STATE_HOME=$TMP/xdg HOME=$TMP/home|
		$TMP/home/.local/state/firma|HOME=$TMP/home|
		$TMP/home2/.local/state/firma|XDG_STATE_HOME=xdg HOME=$TMP/home2|
	END
}

# --- time -----------------------------------------------------------------------------------------

# Time stands still at zero for who asks for a time before the boot.
stop_time() {
	move_clock -1000000000
	assert_equal "$("$UNIT" clock now | cut -d ' ' -f 1)" 0
}

@test "a token is good for a microsecond before its end, and over at it" {
	stop_time
	craft 1 "$(record issued_boot_us:=0 expires_boot_us:=1)"
	assert_loads pending
	craft 1 "$(record issued_boot_us:=0 expires_boot_us:=0)"
	assert_loads expired

	craft 1 "$(record state=approved issued_boot_us:=0 expires_boot_us:=0)"
	start_asking
	must '{"decision":"deny","reason":"approval token expired"}' ask approval_token="$ID"
	stop_daemon
	craft 1 "$(record state=approved issued_boot_us:=0 expires_boot_us:=1)"
	start_asking
	must "$ALLOWED" ask approval_token="$ID"
}

@test "a token issued a microsecond from now is expired" {
	stop_time
	craft 1 "$(record issued_boot_us:=1 expires_boot_us:=300000000)"
	assert_loads expired
	craft 1 "$(record issued_boot_us:=0 expires_boot_us:=300000000)"
	assert_loads pending
	craft 1 "$(record issued_boot_us:=0 expires_boot_us:=300000000 \
		boot_id=00000000-0000-4000-8000-000000000000)"
	assert_loads expired
}

@test "what a record says of the wall clock decides nothing" {
	local wall boot

	for wall in 0 1 4102444800000000 9007199254740991; do
		craft 1 "$(record state=approved issued_wall_us:=$wall)"
		start_asking
		must "$ALLOWED" ask approval_token="$ID"
		kill_daemon
	done
	read -r boot _ < <("$UNIT" clock now)
	craft 1 "$(record expires_boot_us:=$((boot + 1)) issued_boot_us:=$((boot - 9)) \
		issued_wall_us:=4102444800000000)"
	assert_loads expired
}

# reboot WALL: another boot ID; the boot clock begins again, all but an hour before it had come so
# far, and the wall clock has been set by so many seconds.
reboot() {
	_set_clock -3600000000 "$(_us "$1")" "$(</proc/sys/kernel/random/uuid)"
}

@test "no setting of the wall clock makes up for a reboot" {
	local pending approved consumed revoked wall states=$'expired\nexpired\nconsumed\nrevoked'
	local expired='{"outcome":"expired","reason":"approval token expired"}'

	for wall in 0 31536000 -31536000; do
		move_clock 3700
		start_asking
		pending=$(pending_token)
		approved=$(pending_token)
		consumed=$(pending_token)
		revoked=$(pending_token)
		must "$OK" operate approve token_id="$approved"
		must "$OK" operate approve token_id="$consumed"
		must "$ALLOWED" ask approval_token="$consumed"
		must "$OK" operate revoke token_id="$revoked"
		if ((wall == 0)); then
			stop_daemon
		else
			kill_daemon
		fi
		reboot "$wall"
		start_asking
		must "$expired" operate approve token_id="$pending"
		must '{"decision":"deny","reason":"approval token expired"}' ask approval_token="$approved"
		must "$CONSUMED" ask approval_token="$consumed"
		assert_equal "$(listed state)" "$states"

		# That is on record, and so is when they are to be forgotten, whatever comes of the clocks.
		assert_equal "$(batches)" 1
		move_wall "$((-wall))"
		kill_daemon
		start_asking
		move_clock 290
		assert_equal "$(listed state)" "$states"
		move_clock 10
		assert_equal "$(listed state)" ''
		stop_daemon
	done
}

@test "a clock that goes back under a running daemon ends what it has issued, for good" {
	local approved late

	move_clock 3600
	start_asking
	approved=$(pending_token)
	must "$OK" operate approve token_id="$approved"
	move_clock -60
	must '{"decision":"deny","reason":"approval token expired"}' ask approval_token="$approved"
	late=$(pending_token)
	must "$OK" operate approve token_id="$late"
	kill_daemon
	start_asking
	move_clock 120
	assert_equal "$(listed state)" $'expired\napproved'
	must "$ALLOWED" ask approval_token="$late"
}

@test "time in which the machine is suspended counts" {
	local token ahead=(unshare --map-current-user --time) wrapper=("${WRAPPER[@]}") uptime

	uptime=$("${ahead[@]}" --boottime 1000000000 cat /proc/uptime 2>/dev/null) \
		&& ((${uptime%%.*} > 1000000000)) || skip "no process can have a clock of its own"
	FIRMA=$FIRMA_SHIPPED
	start_asking
	token=$(pending_token)
	must "$OK" operate approve token_id="$token"
	kill_daemon

	# The clock that stands still meanwhile decides nothing.
	WRAPPER=("${ahead[@]}" --monotonic 301 "${wrapper[@]}")
	start_asking
	assert_equal "$(listed state)" approved
	kill_daemon
	WRAPPER=("${ahead[@]}" --boottime 301 "${wrapper[@]}")
	start_asking
	must '{"decision":"deny","reason":"approval token expired"}' ask approval_token="$token"
	assert_equal "$(listed state)" expired
}

# --- two daemons ----------------------------------------------------------------------------------

# holds_open PROCESS FILE
holds_open() {
	[[ $(find "/proc/$1/fd" -lname "$2" 2>/dev/null) ]]
}

# start_second: on the first one's directory, until it waits for the lock. Fills FIRST.
start_second() {
	FIRST=$DAEMON
	serve_at "$TMP/second.sock" --state-dir "$STATE_DIR" --default-action pending_hitl
	_until "$DAEMON" holds_open "$DAEMON" "$STATE_DIR/lock" \
		|| fail "the second daemon does not look at the lock"
}

@test "a second daemon waits five seconds for the lock, and then is closed" {
	local token before FIRST

	start_asking
	token=$(pending_token)
	must "$OK" operate approve token_id="$token"
	before=$(snapshot "$TOKENS" "$STATE_DIR/lock")
	start_second
	run _listens "$TMP/second.sock"
	assert_status 1
	move_clock 5
	until_listening "$TMP/second.sock"
	SOCKET=$TMP/second.sock OPERATOR_SOCKET=$TMP/second.sock \
		assert_closed "$STATE_DIR/lock: another daemon holds it"

	# It has touched nothing, and touches nothing when it leaves.
	assert_equal "$(snapshot "$TOKENS" "$STATE_DIR/lock")" "$before"
	stop_daemon
	assert_equal "$(snapshot "$TOKENS" "$STATE_DIR/lock")" "$before"
	must "$ALLOWED" ask approval_token="$token"
	DAEMON=$FIRST
	stop_daemon
}

# The first leaves in time, in one of two ways.
follow() {
	local token before FIRST second

	start_asking
	token=$(pending_token)
	before=$(stat -c %i "$STATE_DIR/lock")
	start_second
	second=$DAEMON DAEMON=$FIRST
	"$1"
	DAEMON=$second SOCKET=$TMP/second.sock OPERATOR_SOCKET=$TMP/second.sock
	until_listening "$SOCKET"
	assert_equal "$(listed token_id)" "$token"
	must "$OK" operate approve token_id="$token"
	must "$ALLOWED" ask approval_token="$token"
	assert_equal "$(stat -c %i "$STATE_DIR/lock")" "$before"
}

@test "a second daemon gets the lock of one that stops in time" {
	follow stop_daemon
}

@test "a second daemon gets the lock of one that dies in time" {
	follow kill_daemon
}

@test "a second daemon that was closed for the lock gets it later" {
	local token FIRST second

	start_asking
	token=$(pending_token)
	start_second
	move_clock 5
	until_listening "$TMP/second.sock"
	second=$DAEMON DAEMON=$FIRST
	stop_daemon

	DAEMON=$second SOCKET=$TMP/second.sock OPERATOR_SOCKET=$TMP/second.sock
	move_clock 31
	run ask approval_token="$token"
	assert_decision pending_hitl
	must "$OK" operate approve token_id="$token"
	kill_daemon
	start_asking
	must "$ALLOWED" ask approval_token="$token"
}

# --- the order of things --------------------------------------------------------------------------

# traced: what one daemon did with files and sockets, a line a call, as in "fsync tokens.jsonl"; the
# log and the witness are not its work.
traced() {
	_until $$ grep -q '^+++ ' "$TMP/trace" || fail "the trace has no end"
	sed -nE -e 's/^rename.*"([^"]*)",.*"([^"]*)"\).*/rename \1 \2/p' \
		-e 's/^([a-z]+)\([0-9]+<socket:.*/\1/p' \
		-e 's/^([a-z]+)\([0-9]+<[^>]*\/([^>/]*)>.*/\1 \2/p' "$TMP/trace" \
		| grep -vE '^write (log|witness)$'
}

CHANGE=$'write tokens.jsonl\nfdatasync tokens.jsonl\nsendto'
ANEW=$'write tokens.jsonl.new\nfsync tokens.jsonl.new\nrename tokens.jsonl.new tokens.jsonl
fsync state'

@test "nothing is answered, and no file takes another's place, before it is synced" {
	local token

	trace -e trace=ftruncate,fdatasync,fsync,write,sendto,rename,renameat,renameat2
	start_asking
	token=$(pending_token)
	must "$OK" operate approve token_id="$token"
	must "$ALLOWED" ask approval_token="$token"
	must "$CONSUMED" ask approval_token="$token"
	token=$(pending_token)
	must "$OK" operate revoke token_id="$token"
	stop_daemon

	# A new directory is there for good when what is above it is synced.
	run traced
	assert_output "$(ancestors | sed 's/^/fsync /')
$ANEW
$CHANGE
$CHANGE
$CHANGE
sendto
$CHANGE
$CHANGE
${ANEW/$'\n'/$'\nwrite tokens.jsonl.new\n'}"
}

@test "a directory that another died making is synced before it is relied on" {
	trace -P "$TMP" -e trace=fsync -e inject=fsync:signal=KILL:when=1
	serve_at "$SOCKET" --state-dir "$STATE_DIR/deeper"
	_daemon_ends "$DAEMON" 137
	[[ -e $STATE_DIR/deeper/lock && ! -e $STATE_DIR/deeper/tokens.jsonl ]]
	WRAPPER=()
	trace -e trace=fsync,write,sendto
	STATE_DIR=$STATE_DIR/deeper
	start_asking
	run ask
	assert_decision pending_hitl
	kill_daemon
	run traced
	assert_output "$(ancestors | sed 's/^/fsync /')
write tokens.jsonl.new
fsync tokens.jsonl.new
fsync deeper
write tokens.jsonl
sendto"
}

@test "a torn end is synced away before anything is answered" {
	start_asking
	pending_token
	pending_token
	kill_daemon
	truncate -s -1 "$TOKENS"
	rm "$STATE_DIR/tokens.mark"
	trace -e trace=ftruncate,fdatasync,fsync,write,sendto
	start_asking
	run operate list
	assert_equal "${#lines[@]}" 2
	kill_daemon
	run traced
	assert_output $'ftruncate tokens.jsonl\nfsync tokens.jsonl
write tokens.jsonl.new\nwrite tokens.jsonl.new\nfsync tokens.jsonl.new\nfsync state\nsendto'
}

@test "a new file whose name may not last is not relied on before the directory is synced" {
	local token

	start_asking
	token=$(pending_token)
	kill_daemon

	# The next dies behind the rename, at the sync of the directory.
	trace -P "$STATE_DIR" -e trace=fsync -e inject=fsync:signal=KILL:when=1
	serve_at "$SOCKET" --state-dir "$STATE_DIR"
	wait_daemon 137
	assert_equal "$(batches)" 1
	WRAPPER=()
	trace -e trace=fsync,write,fdatasync,sendto,renameat
	start_asking
	must "$OK" operate approve token_id="$token"
	kill_daemon
	run traced
	assert_output $'fsync state\nwrite tokens.jsonl\nfdatasync tokens.jsonl\nsendto'
}

@test "what rests on nothing that was read waits for no sync" {
	start_daemon
	stop_daemon
	trace -e trace=fsync,write,fdatasync,sendto,renameat
	start_daemon --default-action allow
	run ask
	assert_decision allow
	kill_daemon
	run traced
	assert_output sendto

	start_daemon
	run operate allow.list
	kill_daemon
	run traced
	assert_output $'fsync state\nsendto'
}

# What a pipe takes in one piece is never mixed with what others write to it.
@test "the lines of a turn are logged together, and none in two pieces" {
	local i agent

	printf -v agent '%0200d' 0
	trace -P "$TMP/log" -e trace=write -s 5000
	start_daemon --default-action allow
	for ((i = 0; i < 60; i++)); do
		request agent_id="$agent$i"
	done >"$TMP/turn"
	together "$TMP/turn"
	kill_daemon
	_until $$ grep -q '^+++ ' "$TMP/trace"
	run grep '^write(.*firma: allow' "$TMP/trace"
	((${#lines[@]} > 2 && ${#lines[@]} < 20)) || fail "${#lines[@]} writes"
	for i in "${!lines[@]}"; do
		[[ ${lines[i]} =~ \\n\",\ ([0-9]+)\)\ +=\ ([0-9]+)$ ]] || fail "${lines[i]}"
		((BASH_REMATCH[1] <= 4096 && BASH_REMATCH[1] == BASH_REMATCH[2])) || fail "${lines[i]}"
	done
}

# --- without a file -------------------------------------------------------------------------------

# start_in_memory [SERVE-OPTION...]
start_in_memory() {
	serve_at "$SOCKET" --store memory --default-action pending_hitl "$@"
	until_listening "$SOCKET"
}

@test "the memory store keeps tokens as long as the daemon runs, and writes nothing" {
	local pending token

	export STATE_DIRECTORY=$STATE_DIR
	start_in_memory
	pending=$(pending_token)
	token=$(pending_token)
	must "$OK" operate approve token_id="$token"
	must "$ALLOWED" ask approval_token="$token"
	must "$CONSUMED" ask approval_token="$token"
	assert_equal "$(listed state)" $'pending\nconsumed'
	run operate status
	assert_line -n 0 -p '"store":{"kind":"memory","bytes":'
	stop_daemon
	[[ ! -e $STATE_DIR && ! -e $TMP/.local ]]

	start_in_memory
	must "$OK" operate list
	must '{"decision":"deny","reason":"approval token not found"}' ask approval_token="$pending"
}

@test "a token in memory expires and is forgotten like any other" {
	local token

	start_in_memory
	token=$(pending_token)
	move_clock 300
	must '{"decision":"deny","reason":"approval token expired"}' ask approval_token="$token"
	move_clock 300
	must '{"decision":"deny","reason":"approval token not found"}' ask approval_token="$token"
}

@test "a daemon that would forget its tokens never leaves for being idle" {
	local token

	start_daemon --idle-timeout 1s
	move_clock 2
	wait_daemon

	start_in_memory --idle-timeout 1s --token-ttl 2h
	token=$(pending_token)
	for _ in 1 2 3 4 5; do
		move_clock 1000
		run ask approval_token="$token"
		assert_decision pending_hitl
		assert_field approval_token "$token"
	done
}

@test "a file that could not be read for want of memory is never written over" {
	local before FIRST second i

	((${#WRAPPER[@]} == 0)) || skip "that one needs memory of its own"
	! grep -q __asan_init "$FIRMA" || skip "a sanitizer needs memory of its own"
	FIRMA_TEST_WITNESS='' start_asking
	issue_fat 60
	FIRMA_TEST_WITNESS='' start_second
	move_clock 5
	until_listening "$TMP/second.sock"
	second=$DAEMON DAEMON=$FIRST
	stop_daemon
	before=$(snapshot "$TOKENS")

	# A little memory more, but not a batch of the file.
	DAEMON=$second SOCKET=$TMP/second.sock OPERATOR_SOCKET=$TMP/second.sock
	i=$(sed -n 's/^VmSize:[^0-9]*\([0-9]*\) kB$/\1/p' "/proc/$DAEMON/status")
	prlimit --pid "$DAEMON" --as=$(((i + 600) * 1024)):
	move_clock 31
	run ask
	assert_decision deny -p 'closed: '
	prlimit --pid "$DAEMON" --as=unlimited:
	for _ in 1 2 3; do
		move_clock 31
		run ask
	done
	stop_daemon
	[[ $(snapshot "$TOKENS") == "$before" || $(size) -gt 3000000 ]]
	start_asking
	assert_equal "$(listed token_id | head -n 60 | wc -l)" 60
}

@test "a change is applied only to a token that is in the state that it names" {
	run "$UNIT" compare-and-set
	assert_output '32 tokens'
	run "$UNIT" compare-and-set "$STATE_DIR"
	assert_output '32 tokens'
}
