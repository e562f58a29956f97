#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
#
# What is on record, where, and what happens where it can't be read or written (design, sections 6
# and 7).
#
# Each test is a process of its own, and what it sets may be for the library:
# shellcheck disable=SC2030,SC2031,SC2034

load lib

OK='{"outcome":"ok"}'
ALLOWED='{"decision":"allow","reason":"approved by an operator"}'
CONSUMED='{"decision":"deny","reason":"approval token already consumed"}'

setup() {
	lib_setup
	TOKENS=$STATE_DIR/tokens.jsonl
}

# --- what these tests share -----------------------------------------------------------------------

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

# listed KEY [KEY=...]: that key of each token in the list.
listed() {
	local items

	items=$(operate list "${@:2}" | sed '$d')
	[[ -z $items ]] || "$UNIT" get "$1" <<<"$items"
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
	grep -a "^firma: $TOKENS: " "$TMP/log" || true
}

# together FILE: all lines of the file, each on a connection of its own, in one turn of the daemon;
# the replies go to FILE.replies.
together() {
	local n state pid

	n=$(wc -l <"$1")
	kill -STOP "$DAEMON"
	_command "$UNIT" probe --lines --concurrent "$SOCKET"
	_spawn "${CMD[@]}" <"$1" >"$1.replies"
	pid=$!
	_until "$pid" are_waiting "$pid" "$n"
	kill -CONT "$DAEMON"
	wait "$pid"
}

# are_waiting PROCESS N: it has made N connections and said all; nobody has taken them.
are_waiting() {
	local state

	(($(grep -c " $SOCKET\$" /proc/net/unix) == $2 + 1)) || return
	read -r _ _ state _ <"/proc/$1/stat"
	[[ $state == S ]]
}

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
	assert_line -n 0 -e '^\{"format":"firma\.tokens","version":1,"records":4,"check":"[0-9a-f]{16}"\}$'
	assert_line -n 1 -e '^\{"batch":[0-9]+,"bytes":[0-9]+,"sha256":"[0-9a-f]{64}","check":"[0-9a-f]{16}"\}$'
	assert_equal "$(tail -n +3 "$TOKENS" | "$UNIT" get token_id)" "$tokens"
	assert_equal "$(tail -n +3 "$TOKENS" | "$UNIT" get state)" \
		$'pending\napproved\nconsumed\nrevoked'
	assert_equal "$(sed -n 2p "$TOKENS" | "$UNIT" get bytes)" "$(tail -n +3 "$TOKENS" | wc -c)"
	assert_equal "$(sed -n 2p "$TOKENS" | "$UNIT" get sha256)" \
		"$(tail -n +3 "$TOKENS" | sha256sum | cut -d ' ' -f 1)"
	assert_equal "$(find "$STATE_DIR" -type f -printf '%f\n' | sort)" $'lock\ntokens.jsonl'

	start_asking
	assert_equal "$(listed token_id)" "$tokens"
	assert_equal "$(listed reason state=revoked)" 'not 4'
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
	must '{"decision":"deny","reason":"approval token revoked: so"}' ask approval_token="$revoked"
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
	local fat token before i

	printf -v fat '%050000d' 0
	fat=$(request "args:=[\"INDEX\",\"$fat\"]")
	FIRMA_TEST_WITNESS='' start_asking
	for ((i = 0; i < 24; i++)); do
		echo "${fat/INDEX/$i}"
	done | send_lines >"$TMP/replies"
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
	local fat before i

	printf -v fat '%050000d' 0
	fat=$(request "args:=[\"INDEX\",\"$fat\"]")
	FIRMA_TEST_WITNESS='' start_asking
	for ((i = 0; i < 20; i++)); do
		echo "${fat/INDEX/$i}"
	done | send_lines >"$TMP/replies"
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

# --- a torn end -----------------------------------------------------------------------------------

# make_store: killed with six batches of two lines each: an issue, an issue, its approval, its
# consumption, an issue, its approval. The tokens go to pending, consumed, approved; the second
# issue's batch and the last issue's are longer than a sector.
make_store() {
	local long

	printf -v long '%01500d' 0
	LONG="args:=[\"$long\"]"
	start_asking
	pending=$(pending_token)
	consumed=$(pending_token "$LONG")
	must "$OK" operate approve token_id="$consumed"
	must "$ALLOWED" ask "$LONG" approval_token="$consumed"
	approved=$(pending_token "$LONG")
	must "$OK" operate approve token_id="$approved"
	kill_daemon
	assert_equal "$(wc -l <"$TOKENS")" 13
}

# start_of LINE: its offset in the file.
start_of() {
	head -n $(($1 - 1)) "$TOKENS" | wc -c
}

# overwrite OFFSET: standard input goes there.
overwrite() {
	dd of="$TOKENS" conv=notrunc bs=1M oflag=seek_bytes seek="$1" status=none
}

# assert_cut SIZE: the file, which ends after it, is cut there, and what is in front is there.
assert_cut() {
	local torn=$(($(size) - $1)) token

	true >"$TMP/log"
	start_asking
	assert_equal "$(batches)" 1
	assert_equal "$(listed token_id)" "$kept"
	assert_equal "$(listed state)" "$kept_states"
	must "$CONSUMED" ask "$LONG" approval_token="$consumed"
	assert_log -e "^firma: $TOKENS: cut off $torn bytes "

	# It goes on from there, and there is no more to be said about it.
	token=$(pending_token 'args:=["more"]')
	kill_daemon
	true >"$TMP/log"
	start_asking
	assert_equal "$(warnings)" ''
	assert_equal "$(listed token_id)" "$kept"$'\n'"$token"
	kill_daemon
}

@test "a last batch that ends too early is cut off, and the rest is there" {
	local pending consumed approved LONG kept kept_states start end line at

	make_store
	cp "$TOKENS" "$TMP/whole"

	# The approval is torn: what it approved is still pending. Then the issue before it.
	kept=$(printf '%s\n' "$pending" "$consumed" "$approved")
	kept_states=$'pending\nconsumed\npending'
	for line in 12 10; do
		cp "$TMP/whole" "$TOKENS"
		start=$(start_of $line) at=$(start_of $((line + 1))) end=$(start_of $((line + 2)))
		for end in $((start + 1)) $((start + 9)) $((start + 60)) $((at - 1)) "$at" \
			$((at + 1)) $((at + 40)) $((end - 1)); do
			cp "$TMP/whole" "$TOKENS"
			truncate -s "$end" "$TOKENS"
			assert_cut "$start"
		done
		kept=$(printf '%s\n' "$pending" "$consumed")
		kept_states=$'pending\nconsumed'
	done
}

@test "a last batch of which sectors were never written is cut off" {
	local pending consumed approved LONG kept kept_states start end sector from to

	make_store
	head -c "$(start_of 12)" "$TOKENS" >"$TMP/whole"
	cp "$TMP/whole" "$TOKENS"
	kept=$(printf '%s\n' "$pending" "$consumed")
	kept_states=$'pending\nconsumed'
	start=$(start_of 10) end=$(size)
	sector=$(((start / 512 + 1) * 512))

	while read -r from to; do
		cp "$TMP/whole" "$TOKENS"
		head -c $((to - from)) /dev/zero | overwrite "$from"
		assert_cut "$start"
	done <<-END
		$start $end
		$start $sector
		$sector $end
		$sector $((sector + 512))
		$((sector + 512)) $end
	END
}

@test "a batch that was cut exactly at its end was never begun" {
	local pending consumed approved LONG

	make_store
	truncate -s "$(start_of 12)" "$TOKENS"
	start_asking
	assert_equal "$(warnings)" ''
	assert_equal "$(listed state)" $'pending\nconsumed\npending'
}

# --- what can't be read ---------------------------------------------------------------------------

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

@test "a closed daemon says why, to the asker, the operator and the log" {
	local why

	start_daemon
	stop_daemon
	true >"$TOKENS"
	why="$TOKENS: line 1: the file is empty"
	start_daemon --default-action allow

	run --separate-stderr firma check -- /bin/true
	assert_log "firma: closed: $why"
	assert_status 1
	assert_stderr "firma: denied: closed: $why"
	run --separate-stderr firma status
	assert_status 1
	assert_line -n 0 -e "^closed +$why\$"
	run --separate-stderr firma status --json
	assert_status 1
	assert_field closed "$why"
	run --separate-stderr firma token list
	assert_status 3
	assert_stderr "firma: closed: $why"
	refute_output
	run --separate-stderr firma token approve --yes 11111111-1111-4111-8111-111111111111
	assert_status 3
	assert_stderr -p "closed: $why"
	refute_output
}

@test "a damaged byte closes the store, and the file stays as it is" {
	local pending consumed approved LONG line offset where

	make_store
	cp "$TOKENS" "$TMP/whole"
	while read -r line offset where; do
		cp "$TMP/whole" "$TOKENS"
		printf '~' | overwrite $(($(start_of "$line") + offset))
		stays_closed "$TOKENS: line $where: *"
	done <<-END
		1 0 1
		1 12 1
		1 50 1
		1 70 1
		2 -1 1
		2 0 2
		2 9 2
		2 40 2
		3 0 2
		4 -1 2
		7 30 6
		8 -1 6
		9 60 8
		11 1000 10
		12 0 12
		12 11 12
		12 30 12
		13 -1 12
		13 0 12
		13 20 12
		14 -1 12
	END
}

@test "a damaged digit closes the store" {
	local pending consumed approved LONG line text changed

	make_store
	cp "$TOKENS" "$TMP/whole"
	for line in 1 2 6 12; do
		text=$(sed -n ${line}p "$TMP/whole")
		for changed in "${text/version\":1/version\":2}" "${text/records\":0/records\":1}" \
			"${text/batch\":/batch\":1}" "${text/bytes\":?/bytes\":9}" \
			"${text/sha256\":\"?/sha256\":\"x}" "${text/check\":\"?/check\":\"x}"; do
			[[ $changed != "$text" ]] || continue
			sed "${line}s/.*/$changed/" "$TMP/whole" >"$TOKENS"
			stays_closed "$TOKENS: line $line: *"
		done
	done
}

@test "bytes that are missing or too many in the middle close the store" {
	local pending consumed approved LONG middle

	make_store
	cp "$TOKENS" "$TMP/whole"
	middle=$(start_of 7)

	head -c "$middle" "$TMP/whole" >"$TOKENS"
	tail -c +$((middle + 6)) "$TMP/whole" >>"$TOKENS"
	stays_closed "$TOKENS: line 6: this batch is damaged"

	head -c "$middle" "$TMP/whole" >"$TOKENS"
	printf '\n' >>"$TOKENS"
	tail -c +$((middle + 1)) "$TMP/whole" >>"$TOKENS"
	stays_closed "$TOKENS: line 6: this batch is damaged"

	# A whole batch less, twice, and with another before it.
	sed 6,7d "$TMP/whole" >"$TOKENS"
	stays_closed "$TOKENS: line 6: batch 4 where 3 belongs"
	sed '7{p;x;p;x}' "$TMP/whole" >"$TOKENS"
	stays_closed "$TOKENS: line 8: this batch is damaged"
	{
		cat "$TMP/whole"
		sed -n 12,13p "$TMP/whole"
	} >"$TOKENS"
	stays_closed "$TOKENS: line 14: batch 6 where 7 belongs"

	# Zeros that no disk leaves behind.
	cp "$TMP/whole" "$TOKENS"
	head -c 7 /dev/zero | overwrite $(($(start_of 11) + 20))
	stays_closed "$TOKENS: line 10: this batch is damaged"
	cp "$TMP/whole" "$TOKENS"
	head -c $(($(start_of 4) - $(start_of 2))) /dev/zero | overwrite "$(start_of 2)"
	stays_closed "$TOKENS: line 2: this batch is damaged"

	# What stands behind the last batch.
	{
		cat "$TMP/whole"
		echo nonsense
	} >"$TOKENS"
	stays_closed "$TOKENS: line 14: this batch is damaged"
}

@test "a file that was written anew is never taken for a torn one" {
	local line start

	start_asking
	pending_token
	pending_token
	stop_daemon
	cp "$TOKENS" "$TMP/whole"
	for line in 2 3 4; do
		start=$(start_of $line)
		cp "$TMP/whole" "$TOKENS"
		truncate -s $((start + 30)) "$TOKENS"
		stays_closed "$TOKENS: line 2: this batch is damaged"
	done
	head -n 1 "$TMP/whole" >"$TOKENS"
	stays_closed "$TOKENS: line 2: 2 of 2 records are missing"
	head -c 20 "$TMP/whole" >"$TOKENS"
	stays_closed "$TOKENS: line 1: this is not a file of format firma.tokens"
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
	sealed '{"format":"'"${3-firma.tokens}"'","version":'"${2-1}"',"records":'"${1-0}"
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

@test "every state is read as a record, and as what records became" {
	local state

	for state in pending approved consumed revoked expired; do
		craft 1 "$(record state=$state)"
		assert_loads $state
	done

	craft 0 "$(record)" "$(became approved)"
	assert_loads approved
	craft 0 "$(record)" "$(became approved)" "$(became consumed)"
	assert_loads consumed
	craft 1 "$(record)"$'\n'"$(became approved)"$'\n'"$(became revoked reason='a "b"')"
	assert_loads revoked
	start_asking
	must '{"decision":"deny","reason":"approval token revoked: a \"b\""}' ask approval_token="$ID"
}

# Each line: what is wrong in a record, and the change to a good one that makes it so.
bad_records() {
	cat <<-END
	no session|session_id-
	no boot|boot_id-
	no arguments|args-
	an argument that is no text|args:=[1]
	an executable that is no text|executable:=null
	an ID that is none|token_id=1111
	an ID in capitals|token_id=AAAAAAAA-1111-4111-8111-111111111111
	an unknown state|state=allowed
	no state that a token can be in|state=absent
	the fingerprint of something else|fingerprint=$(printf '%064d' 0)
	another executable than the fingerprint's|executable=/usr/bin/rm
	other arguments than the fingerprint's|args:=["push"]
	an agent that the fingerprint lacks|agent_id=x
	a negative uid|uid:=-1
	a uid that is too large|uid:=4294967296
	a uid that is no number|uid=0
	a fraction|issued_wall_us:=1.5
	an end before the beginning|expires_boot_us:=0
	END
}

@test "a record that makes no sense closes the store, however well it is sealed" {
	local name change

	make_lock
	while IFS='|' read -r name change; do
		echo "with $name:"
		craft 1 "$(record "$change")"
		stays_closed "$TOKENS: line 3: is not a token's record"
	done < <(bad_records)

	craft 0 "$(record)" '{"token_id":"'"$ID"'","state":"approved","reason":1}'
	stays_closed "$TOKENS: line 5: is not a token's record"
	craft 0 nonsense
	stays_closed "$TOKENS: line 3: *"
	craft 0 '{"token_id":"x","token_id":"y"}'
	stays_closed "$TOKENS: line 3: a key is given twice"
	craft 0 "$(record)"$'\n'
	stays_closed "$TOKENS: line 4: *"
}

@test "a change that no token can go through closes the store" {
	local way lines

	make_lock
	for way in 'pending consumed' 'pending pending' 'approved pending' 'approved approved' \
		'consumed approved' 'consumed revoked' 'consumed expired' 'revoked approved' \
		'revoked consumed' 'expired pending' 'expired approved' 'expired consumed'; do
		echo "$way:"
		craft 0 "$(record state="${way% *}")" "$(became "${way#* }")"
		stays_closed "$TOKENS: line 5: changes a token in a way that isn't possible"
	done

	craft 0 "$(became approved)"
	stays_closed "$TOKENS: line 3: changes a token that isn't there"
	craft 0 "$(record)" "$(record)"
	stays_closed "$TOKENS: line 5: issues a token that is there already"
	lines=$(record)
	craft 0 "$lines"$'\n'"$lines"
	stays_closed "$TOKENS: line 4: issues a token that is there already"
}

@test "a file of another version or format closes the store" {
	local head why where="$TOKENS: line 1"

	make_lock
	while IFS='|' read -r head why; do
		echo "$head:"
		sealed "$head" >"$TOKENS"
		stays_closed "$where: $why"
	done <<-END
		{"format":"firma.tokens","version":2,"records":0|its version is not 1
		{"format":"firma.tokens","version":0,"records":0|its version is not 1
		{"format":"firma.tokens","version":1.0,"records":0|its version is not 1
		{"format":"firma.tokens","version":"1","records":0|its version is not 1
		{"format":"firma.tokens","records":0|its version is not 1
		{"format":"firma.token","version":1,"records":0|this is not a file of format firma.tokens
		{"version":1,"records":0|this is not a file of format firma.tokens
		{"format":"firma.tokens","version":1|the header doesn't count its records
		{"format":"firma.tokens","version":1,"records":-1|the header doesn't count its records
	END

	# A newer version may have another header.
	echo '{"format":"firma.tokens","version":2}' >"$TOKENS"
	stays_closed "$where: its version is not 1"
	echo '{"format":"firma.tokens","version":1,"records":0}' >"$TOKENS"
	stays_closed "$where: the header is damaged: its check doesn't fit"

	craft 3 "$(record)"
	stays_closed "$TOKENS: line 4: 2 of 3 records are missing"
	head -c 100000 /dev/zero | tr '\0' x >"$TOKENS"
	stays_closed "$where: this is not a file of format firma.tokens"
	head -c 4096 /dev/zero >"$TOKENS"
	stays_closed "$where: this is not a file of format firma.tokens"
}

@test "a batch that claims more than it can hold closes the store" {
	make_lock
	craft 0 "$(record)"
	sealed '{"batch":2,"bytes":67108865,"sha256":"'"$(printf '%064d' 0)"'"' >>"$TOKENS"
	stays_closed "$TOKENS: line 4: this batch is damaged"

	# One that doesn't end with a line.
	craft 0 "$(record)"
	{
		sealed '{"batch":2,"bytes":2,"sha256":"'"$(printf '{}' | sha256sum | cut -c -64)"'"'
		printf '{}'
	} >>"$TOKENS"
	stays_closed "$TOKENS: line 5: a batch doesn't end with its line"
}

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

# --- what is not to be trusted --------------------------------------------------------------------

# misplace PATH KIND: makes what is there into something else.
misplace() {
	rm -rf "$TMP/good"
	case $2 in
	link | dangling)
		mv "$1" "$TMP/good"
		ln -s "$TMP/good" "$1"
		[[ $2 == link ]] || rm -rf "$TMP/good"
		;;
	directory) rm -rf "$1" && mkdir -m 700 "$1" ;;
	file) rm -rf "$1" && (umask 077 && true >"$1") ;;
	fifo) rm -rf "$1" && mkfifo -m 600 "$1" ;;
	socket)
		rm -rf "$1"
		FIRMA_TEST_WITNESS='' serve_at "$1" --store memory
		until_listening "$1"
		kill_daemon
		;;
	group) chmod g+r "$1" ;;
	others) chmod o+x "$1" ;;
	owner) chown 4242 "$1" ;;
	esac
}

# not_trusted PATH KIND WHY: closed for it, and everything in the directory stays as it is.
not_trusted() {
	local files=("$1")

	echo "$1, $2:"
	rm -rf "$STATE_DIR" "$TMP/good"
	craft 1 "$(record)"
	misplace "$1" "$2"
	[[ ! -e $TMP/good ]] || files+=("$TMP/good")
	stays_closed "$1: $3" "${files[@]}"
}

@test "a file of tokens that isn't a private file of the daemon's closes the store" {
	not_trusted "$TOKENS" link 'is a symbolic link'
	not_trusted "$TOKENS" dangling 'is a symbolic link'
	not_trusted "$TOKENS" directory 'is not a regular file'
	not_trusted "$TOKENS" fifo 'is not a regular file'
	not_trusted "$TOKENS" socket 'is not a regular file'
	not_trusted "$TOKENS" group 'is open to its group or to others'
	not_trusted "$TOKENS" others 'is open to its group or to others'
}

@test "a lock that isn't a private file of the daemon's closes the store" {
	local lock=$STATE_DIR/lock

	not_trusted "$lock" link 'is a symbolic link'
	not_trusted "$lock" dangling 'is a symbolic link'
	not_trusted "$lock" directory 'is not a regular file'
	not_trusted "$lock" fifo 'is not a regular file'
	not_trusted "$lock" socket 'is not a regular file'
	not_trusted "$lock" group 'is open to its group or to others'
	not_trusted "$lock" others 'is open to its group or to others'
}

@test "a state directory that isn't a private directory of the daemon's closes the store" {
	not_trusted "$STATE_DIR" link 'is a symbolic link'
	not_trusted "$STATE_DIR" dangling 'is a symbolic link'
	not_trusted "$STATE_DIR" file 'is not a directory'
	not_trusted "$STATE_DIR" fifo 'is not a directory'
	not_trusted "$STATE_DIR" socket 'is not a directory'
	not_trusted "$STATE_DIR" group 'is open to its group or to others'
	not_trusted "$STATE_DIR" others 'is open to its group or to others'

	# Nor is a link one where its name ends like a directory's.
	mkdir -m 700 "$TMP/real"
	ln -s "$TMP/real" "$TMP/link"
	STATE_DIR=$TMP/link//
	start_daemon --default-action allow
	assert_closed "$TMP/link: is a symbolic link"
	assert_equal "$(ls "$TMP/real")" ''
}

@test "what belongs to another user closes the store" {
	need_root
	not_trusted "$TOKENS" owner 'belongs to another user'
	not_trusted "$STATE_DIR/lock" owner 'belongs to another user'
	not_trusted "$STATE_DIR" owner 'belongs to another user'
}

@test "a state directory that can't be made closes the store" {
	true >"$TMP/file"
	STATE_DIR=$TMP/file/state
	start_daemon --default-action allow
	assert_closed "$STATE_DIR: Not a directory"
}

@test "what a daemon left half written beside the file is not read, and goes" {
	local token

	start_asking
	token=$(pending_token)
	kill_daemon
	echo nonsense >"$TOKENS.new"
	start_asking
	assert_equal "$(listed token_id)" "$token"
	stop_daemon
	[[ ! -e $TOKENS.new ]]

	# A link there is replaced, not followed.
	start_asking
	pending_token
	echo precious >"$TMP/precious"
	ln -s "$TMP/precious" "$TOKENS.new"
	stop_daemon
	assert_equal "$(<"$TMP/precious")" precious
	[[ ! -L $TOKENS && ! -e $TOKENS.new ]]
	start_asking
	assert_equal "$(listed state)" $'pending\npending'
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

# --- the order of things --------------------------------------------------------------------------

# trace OPTION...: daemons that are started from now on are traced, into $TMP/trace.
trace() {
	command -v strace >/dev/null || skip "strace is not here"
	((${#WRAPPER[@]} == 0)) || skip "it runs under another program already"
	export ASAN_OPTIONS="detect_leaks=0:$ASAN_OPTIONS" # which is a tracer as well
	WRAPPER=(strace -D -y -s 0 -o "$TMP/trace" "$@")
}

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

	# A new directory is there for good when the one above it is synced.
	run traced
	assert_output "fsync ${TMP##*/}"$'\n'"$ANEW
$CHANGE
$CHANGE
$CHANGE
sendto
$CHANGE
$CHANGE
${ANEW/$'\n'/$'\nwrite tokens.jsonl.new\n'}"
}

@test "a torn end is synced away before anything is answered" {
	start_asking
	pending_token
	pending_token
	kill_daemon
	truncate -s -1 "$TOKENS"
	trace -e trace=ftruncate,fdatasync,fsync,write,sendto
	start_asking
	run operate list
	assert_equal "${#lines[@]}" 2
	kill_daemon
	run traced
	assert_output $'ftruncate tokens.jsonl\nfsync tokens.jsonl
write tokens.jsonl.new\nwrite tokens.jsonl.new\nfsync tokens.jsonl.new\nfsync state\nsendto'
}

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
	local fat before FIRST second i

	((${#WRAPPER[@]} == 0)) || skip "that one needs memory of its own"
	! grep -q __asan_init "$FIRMA" || skip "a sanitizer needs memory of its own"
	printf -v fat '%050000d' 0
	fat=$(request "args:=[\"INDEX\",\"$fat\"]")
	FIRMA_TEST_WITNESS='' start_asking
	for ((i = 0; i < 60; i++)); do
		echo "${fat/INDEX/$i}"
	done | send_lines >"$TMP/replies"
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
