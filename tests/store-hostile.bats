#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
#
# Files of the store that no daemon wrote, or that are not to be trusted: the daemon is closed, and
# leaves them and what they point to as they are (design, section 7).
#
# Each test is a process of its own, and what it sets may be for the library, as what it reads may
# be the library's:
# shellcheck disable=SC2030,SC2031,SC2034,SC2153

load store

# --- files that no daemon wrote -------------------------------------------------------------------

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
	must '{"decision":"deny","reason":"refused by an operator: a \"b\""}' ask approval_token="$ID"
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
	something unknown|approver=me
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
	for change in executabel=/bin/sh uid:=0 args:='["push"]'; do
		craft 0 "$(record)" "$(became approved "$change")"
		stays_closed "$TOKENS: line 5: is not a token's record"
	done
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
	stays_closed "$TOKENS: line 5: issues a token that already exists"
	lines=$(record)
	craft 0 "$lines"$'\n'"$lines"
	stays_closed "$TOKENS: line 4: issues a token that already exists"
}

@test "a file of another version or format closes the store" {
	local head why where="$TOKENS: line 1"

	make_lock
	while IFS='|' read -r head why; do
		echo "$head:"
		sealed "$head" >"$TOKENS"
		stays_closed "$where: $why"
	done <<-END
		{"format":"firma.tokens","version":5,"records":0|its version is not from 1 to 4
		{"format":"firma.tokens","version":0,"records":0|its version is not from 1 to 4
		{"format":"firma.tokens","version":1.0,"records":0|its version is not from 1 to 4
		{"format":"firma.tokens","version":"1","records":0|its version is not from 1 to 4
		{"format":"firma.tokens","records":0|its version is not from 1 to 4
		{"format":"firma.token","version":1,"records":0|this is not a file of format firma.tokens
		{"version":1,"records":0|this is not a file of format firma.tokens
		{"format":"firma.tokens","version":1|the header doesn't count its records
		{"format":"firma.tokens","version":1,"records":-1|the header doesn't count its records
	END

	# A newer version may have another header.
	echo '{"format":"firma.tokens","version":5}' >"$TOKENS"
	stays_closed "$where: its version is not from 1 to 4"
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
	sealed '{"batch":2,"bytes":33554433,"sha256":"'"$(printf '%064d' 0)"'"' >>"$TOKENS"
	stays_closed "$TOKENS: line 4: this batch is damaged"

	# The largest there is, which is torn.
	craft 0 "$(record)"
	sealed '{"batch":2,"bytes":33554432,"sha256":"'"$(printf '%064d' 0)"'"' >>"$TOKENS"
	assert_loads pending

	# One that doesn't end with a line.
	craft 0 "$(record)"
	{
		sealed '{"batch":2,"bytes":2,"sha256":"'"$(printf '{}' | sha256sum | cut -c -64)"'"'
		printf '{}'
	} >>"$TOKENS"
	stays_closed "$TOKENS: line 5: a batch doesn't end with its line"
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
	node) rm -rf "$1" && mknod -m 600 "$1" c 1 3 ;;
	group) chmod g+r "$1" ;;
	writable) chmod g+w "$1" ;;
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
	not_trusted "$TOKENS" writable 'is open to its group or to others'
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
	not_trusted "$lock" writable 'is open to its group or to others'
	not_trusted "$lock" others 'is open to its group or to others'
}

@test "a state directory that isn't a private directory of the daemon's closes the store" {
	not_trusted "$STATE_DIR" link 'is a symbolic link'
	not_trusted "$STATE_DIR" dangling 'is a symbolic link'
	not_trusted "$STATE_DIR" file 'is not a directory'
	not_trusted "$STATE_DIR" fifo 'is not a directory'
	not_trusted "$STATE_DIR" socket 'is not a directory'
	not_trusted "$STATE_DIR" group 'is open to its group or to others'
	not_trusted "$STATE_DIR" writable 'is open to its group or to others'
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

# need_node: a device may be made in $TMP, and opened.
need_node() {
	need_root
	if ! mknod -m 600 "$TMP/node" c 1 3 2>/dev/null || ! true 2>/dev/null >"$TMP/node"; then
		skip "no device node can be used"
	fi
}

@test "a device in the place of a file or of the directory closes the store" {
	need_node
	not_trusted "$TOKENS" node 'is not a regular file'
	not_trusted "$STATE_DIR/lock" node 'is not a regular file'
	not_trusted "$STATE_DIR" node 'is not a directory'
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
}

# in_the_way KIND: something of another's where the new file is to be made.
in_the_way() {
	local DAEMON=$DAEMON

	rm -rf "$TOKENS.new"
	case $1 in
	link) ln -s "$TMP/precious" "$TOKENS.new" ;;
	dangling) ln -s "$TMP/nothing" "$TOKENS.new" ;;
	hard) ln "$TMP/precious" "$TOKENS.new" ;;
	open) echo nonsense >"$TOKENS.new" && chmod 666 "$TOKENS.new" ;;
	owner) true >"$TOKENS.new" && chown 4242 "$TOKENS.new" ;;
	*) true >"$TOKENS.new" && misplace "$TOKENS.new" "$1" ;;
	esac
}

# replaces KIND: it is gone after a first start, a start after a kill, and a stop, and nobody has
# written through it.
replaces() {
	local token before

	echo "$1:"
	rm -rf "$STATE_DIR" "$TMP/precious"
	mkdir -m 700 "$STATE_DIR"
	echo precious >"$TMP/precious"
	chmod 600 "$TMP/precious"
	before=$(stat -c '%i %s %a %Y' "$TMP/precious")

	in_the_way "$1"
	start_asking
	[[ ! -e $TOKENS.new && ! -L $TOKENS.new ]]
	token=$(pending_token)
	kill_daemon
	in_the_way "$1"
	start_asking
	[[ ! -e $TOKENS.new && ! -L $TOKENS.new ]]
	must "$OK" operate approve token_id="$token"
	in_the_way "$1"
	stop_daemon
	[[ ! -e $TOKENS.new && ! -L $TOKENS.new ]]

	assert_equal "$(stat -c '%F %a %u %h' "$TOKENS")" "regular file 600 $EUID 1"
	assert_equal "$(stat -c '%i %s %a %Y' "$TMP/precious")" "$before"
	assert_equal "$(<"$TMP/precious")" precious
	[[ ! -e $TMP/nothing ]]
	start_asking
	assert_equal "$(listed state)" approved
	kill_daemon
}

@test "what lies where a new file is made is replaced, and never written through" {
	local kind

	for kind in link dangling hard open fifo socket; do
		replaces "$kind"
	done
}

@test "so is a device, and what is another user's" {
	need_node
	replaces node
	replaces owner
}

@test "a directory where a new file is made closes the store until it is gone" {
	local why="closed: $TOKENS: could not be written: Is a directory" token before

	start_asking
	token=$(pending_token)
	must "$OK" operate approve token_id="$token"
	kill_daemon
	before=$(snapshot "$TOKENS")
	mkdir "$TOKENS.new"
	echo precious >"$TOKENS.new/precious"
	start_asking
	must '{"decision":"deny","reason":"'"$why"'"}' ask
	must '{"decision":"deny","reason":"'"$why"'"}' ask approval_token="$token"
	assert_equal "$(listed state)" approved
	stop_daemon 1
	assert_equal "$(snapshot "$TOKENS")" "$before"
	assert_equal "$(<"$TOKENS.new/precious")" precious

	start_asking
	must '{"decision":"deny","reason":"'"$why"'"}' ask
	rm -r "$TOKENS.new"
	move_clock 31
	must "$ALLOWED" ask approval_token="$token"
	kill_daemon

	# At rest there is nothing to be written at a start, but at the stop.
	start_asking
	stop_daemon
	mkdir "$TOKENS.new"
	start_asking
	pending_token
	stop_daemon 1
	rmdir "$TOKENS.new"
	start_asking
	assert_equal "$(listed state)" $'consumed\npending'
}

# --- much of it -----------------------------------------------------------------------------------

# high_water: the most memory that the daemon ever took, in MiB.
high_water() {
	awk '/^VmHWM:/ { print int($2 / 1024) }' "/proc/$DAEMON/status"
}

# bounded PATTERN MIB: a daemon on what is there is closed for that reason, took less memory and
# less than 5 s of time (unless MIB is empty), and the file stays as it is. Its size and times are
# compared, not its content, which may be too much to read.
bounded() {
	local before fields

	before=$(stat -c '%i %s %y %z' "$TOKENS")
	start_daemon --default-action allow
	assert_closed "$1"
	if [[ $2 ]]; then
		read -ra fields <"/proc/$DAEMON/stat"
		((fields[13] + fields[14] < 500)) || fail "$((fields[13] + fields[14])) ticks"
		(($(high_water) < $2)) || fail "$(high_water) MiB"
	fi
	stop_daemon
	assert_equal "$(stat -c '%i %s %y %z' "$TOKENS")" "$before"
}

@test "100 MB of garbage close the store within bounds of memory and of time" {
	local few='' batches=''

	# Neither bound is for what it may run under.
	if ((${#WRAPPER[@]} == 0)) && ! grep -q __asan_init "$FIRMA"; then
		few=20 batches=80
	fi
	make_lock
	head -c 100M /dev/zero | tr '\0' x >"$TOKENS"
	bounded "$TOKENS: line 1: this is not a file of format firma.tokens" "$few"

	craft 1 "$(record)"
	head -c 100M /dev/zero | tr '\0' '{' >>"$TOKENS"
	bounded "$TOKENS: line 4: this batch is damaged" "$batches"
	craft 1 "$(record)"
	yes '{"batch":2,"bytes":99,"sha256":"","check":"0123456789abcdef"}' | head -c 100M >>"$TOKENS"
	bounded "$TOKENS: line 4: this batch is damaged" "$batches"

	# What is not there takes no room on the disk either.
	craft 1 "$(record)"
	truncate -s 100G "$TOKENS"
	bounded "$TOKENS: line 4: this batch is damaged" "$batches"
	header >"$TOKENS"
	truncate -s 100G "$TOKENS"
	bounded "$TOKENS: line 2: this batch is damaged" "$batches"
	true >"$TOKENS"
	truncate -s 100G "$TOKENS"
	bounded "$TOKENS: line 1: this is not a file of format firma.tokens" "$few"
}
