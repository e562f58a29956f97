#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
#
# The file of the allowlist: what can't be read, who else writes it, disks that fail, and clocks
# that are set back (design, section 8).
#
# What a test sets may be for the library:
# shellcheck disable=SC2030,SC2031,SC2034
# shellcheck disable=SC2016 # $schema is a key

load allowlist

# What these look at, and make fail, are the calls for the allowlist alone.
# shellcheck disable=SC2034
FIRMA_EVIDENCE=

GIT='"pattern":"/usr/bin/git"'

# --- what can't be read ---------------------------------------------------------------------------

# is_closed PATTERN: the daemon, which would allow everything, refuses whatever it would have to
# decide or change, for a reason that fits this pattern of the shell; tokens are still shown.
is_closed() {
	local id=11111111-1111-4111-8111-111111111111 reply

	while IFS= read -r reply; do
		# shellcheck disable=SC2053 # a pattern is meant
		[[ $("$UNIT" get reason <<<"$reply") == "closed: "$1 ]] || fail "expected $1, was $reply"
		[[ $reply == '{"decision":"deny"'* || $reply == '{"outcome":"unsupported_action"'* ]]
	done < <({
		request
		request approval_token="$id"
		"$UNIT" object action=local.exec.approve token_id="$id"
		"$UNIT" object action=local.exec.revoke token_id="$id"
		"$UNIT" object action=local.exec.allow.list
		"$UNIT" object action=local.exec.allow.add pattern=/x
		"$UNIT" object action=local.exec.allow.remove id=x
	} | send_lines)
	run operate status
	assert_line -n 0 -p '"state":"closed","closed":"'
	run operate list
	assert_line -n -1 "$OK"
}

# stays_so PATTERN FILE...: a daemon on what is there is closed for that reason, and neither it nor
# its end changes anything of the files.
stays_so() {
	local before

	before=$(snapshot "${@:2}")
	start_daemon --default-action allow
	is_closed "$1"
	stop_daemon
	assert_equal "$(snapshot "${@:2}")" "$before"
	[[ ! -e $LIST.new ]]
}

# closed_by TEXT REASON: with this as the file, a daemon that would allow everything refuses for a
# reason that fits this pattern of the shell, and leaves it as it is.
closed_by() {
	local before reason

	echo "$1"
	write_list "$1"
	before=$(snapshot "$LIST")
	reason=$(ask | "$UNIT" get reason)
	# shellcheck disable=SC2053 # a pattern is meant
	[[ $reason == "closed: $LIST: "$2 ]] || fail "expected $2, was $reason"
	run operate allow.add pattern=/x
	assert_field reason "$reason"
	assert_equal "$(snapshot "$LIST")" "$before"
}

# closed_by_entry MEMBERS REASON: with this as an entry.
closed_by_entry() {
	closed_by "$(document '{"id":"1","pattern":"/x"}' "{$1}")" "agents a: allowlist\[1]: $2"
}

@test "a file that is no such document closes the daemon, and stays as it is" {
	start_daemon --default-action allow
	closed_by '' 'it is empty (at byte 1)'
	closed_by '{' 'the JSON ends early (at byte *)'
	closed_by '[]' 'it is not a JSON object (at byte 1)'
	closed_by '{"version":1,"agents":{}}x' 'something follows the JSON object (at byte *)'
	closed_by '{"version":1,"agents":{},"version":1}' 'a key is given twice (at byte *)'
	closed_by '{"version":1,"agents":{"a":{"allowlist":[]},"a":{"allowlist":[]}}}' \
		'a key is given twice (at byte *)'
	closed_by '{"agents":{}}' 'version is missing'
	closed_by '{"version":2,"agents":{}}' 'version must be 1'
	closed_by '{"version":"1","agents":{}}' 'version must be 1'
	closed_by '{"version":1.0,"agents":{}}' 'version must be 1'
	closed_by '{"version":1}' 'agents is missing'
	closed_by '{"$schema":null,"version":1,"agents":{}}' '$schema must be a string'
	closed_by '{"$schema":1,"version":1,"agents":{}}' '$schema must be a string'
	closed_by '{"version":1,"agents":[]}' 'agents must be an object'
	closed_by '{"version":1,"agents":{"a b":[]}}' "agents 'a b': must be an object"
	closed_by '{"version":1,"agents":{"a":{}}}' 'agents a: allowlist is missing'
	closed_by '{"version":1,"agents":{"a":{"allowlist":{}}}}' 'agents a: allowlist must be an array'
	closed_by '{"version":1,"agents":{},"clock":1}' 'clock is not what firma wrote'
	closed_by '{"version":1,"agents":{},"clock":null}' 'clock is not what firma wrote'
	closed_by '{"version":1,"agents":{},"clock":{"wallMs":1}}' 'clock is not what firma wrote'
	closed_by "$(document "$(entry x /x)" "$(entry y /x)" "$(entry x /y)")" 'x is the id of two entries'
	closed_by "$(document 1)" 'agents a: allowlist\[0]: must be an object'
	closed_by "$(document '[[]]')" 'agents a: allowlist\[0]: must be an object'
}

@test "a file may name its schema, and keeps it" {
	local schema='"$schema":"file:///no/such/file"'

	write_list "{$schema,\"version\":1,\"agents\":{\"*\":{\"allowlist\":[$(entry 1 /usr/bin/git)]}}}"
	start_daemon --default-action deny
	assert_equal "$(ask | "$UNIT" get decision)" allow
	operate allow.add pattern=/usr/bin/new
	[[ $(<"$LIST") == "{$schema,"*/usr/bin/new* ]] || fail "$(<"$LIST")"
}

@test "an entry that makes no sense closes the daemon, and stays as it is" {
	local hash

	hash=$(printf '%064d' 0)
	start_daemon --default-action allow
	closed_by_entry '"pattern":"/x"' 'id is missing'
	closed_by_entry '"id":"2"' 'pattern is missing'
	closed_by_entry '"id":2,"pattern":"/x"' 'id must be a string'
	closed_by_entry '"id":"  ","pattern":"/x"' 'id is blank'
	closed_by_entry '"id":"'"$(printf '%0129d' 0)"'","pattern":"/x"' 'id is longer than 128 bytes'
	closed_by_entry '"id":"2","pattern":null' 'pattern must be a string'
	closed_by_entry '"id":"2","pattern":""' 'pattern is blank'
	closed_by_entry '"id":"2","pattern":"/'"$(printf '%04096d' 0)"'"' 'pattern is longer than 4096 bytes'
	closed_by_entry '"id":"2","pattern":"/x/"' "pattern must be an absolute path *"
	closed_by_entry '"id":"2","pattern":"~/x"' "pattern must be an absolute path *"
	closed_by_entry '"id":"2","pattern":"/x**"' "pattern must have '\*\*' as a whole segment only"
	closed_by_entry '"id":"2","pattern":"/x","argPattern":1' 'argPattern must be a string'
	closed_by_entry '"id":"2","pattern":"/x","argPattern":""' 'argPattern is blank'
	closed_by_entry '"id":"2","pattern":"/x","argv":"x"' 'argv must be an array'
	closed_by_entry '"id":"2","pattern":"/x","argv":null' 'argv must be an array'
	closed_by_entry '"id":"2","pattern":"/x","argv":['"$(seq -s , 65)"']' 'argv has more than 64 elements'
	closed_by_entry '"id":"2","pattern":"/x","argv":[1]' 'argv\[0] must be a string or an array of strings'
	closed_by_entry '"id":"2","pattern":"/x","argv":["a",[]]' 'argv\[1] is empty'
	closed_by_entry '"id":"2","pattern":"/x","argv":[["a",1]]' 'argv\[0]\[1] must be a string'
	closed_by_entry '"id":"2","pattern":"/x","argv":["a**"]' "argv\[0] must not have '\*\*' beside other text"
	closed_by_entry '"id":"2","pattern":"/x","argv":[["**"]]' "argv\[0]\[0] must not be '\*\*', which can't stand in a list"
	closed_by_entry '"id":"2","pattern":"/x","source":[]' 'source must be a string'
	closed_by_entry '"id":"2","pattern":"/x","expiresAt":"1"' 'expiresAt must be a whole number from 0 to 9007199254740991'
	closed_by_entry '"id":"2","pattern":"/x","expiresAt":null' 'expiresAt must be a whole number from 0 to 9007199254740991'
	closed_by_entry '"id":"2","pattern":"/x","expiresAt":-1' 'expiresAt must be a whole number from 0 to 9007199254740991'
	closed_by_entry '"id":"2","pattern":"/x","expiresAt":1e3' 'expiresAt must be a whole number from 0 to 9007199254740991'
	closed_by_entry '"id":"2","pattern":"/x","uid":"0"' "uid must be a user's number"
	closed_by_entry '"id":"2","pattern":"/x","uid":-1' "uid must be a user's number"
	closed_by_entry '"id":"2","pattern":"/x","uid":4294967295' "uid must be a user's number"
	closed_by_entry '"id":"2","pattern":"/x","by":"bob"' "by must be a user's number"
	closed_by_entry '"id":"2","pattern":"/x","by":4294967295' "by must be a user's number"
	closed_by_entry '"id":"2","pattern":"/x","madeAt":"now"' 'madeAt must be a whole number from 0 to 9007199254740991'
	closed_by_entry '"id":"2","pattern":"/x","cwd":1' 'cwd must be a string'
	closed_by_entry '"id":"2","pattern":"/x","args":"x"' 'args must be an array of strings'
	closed_by_entry '"id":"2","pattern":"/x","args":[1]' 'args must be an array of strings'
	closed_by_entry '"id":"2","pattern":"/x","sandbox":1' 'sandbox must be a string'
	closed_by_entry '"id":"2","pattern":"/x","profile":""' 'profile is blank'
	closed_by_entry '"id":"2","pattern":"/x","executableSha256":"x"' 'executableSha256 must be 64 *'
	closed_by_entry '"id":"2","pattern":"/x","executableSha256":"'"${hash/0/A}"'"' 'executableSha256 must be 64 *'
	closed_by_entry '"id":"2","pattern":"/x","realPath":"x"' 'realPath must be an absolute path *'
}

@test "a daemon that starts on such a file is closed, and so it stays when it ends" {
	write_list 'x'
	stays_so "$LIST: it is not a JSON object (at byte 1)" "$LIST"
	write_list "$(document '{"id":"1"}')"
	stays_so "$LIST: agents a: allowlist\[0]: pattern is missing" "$LIST"
}

@test "a file that is too large closes the daemon, and stays as it is" {
	write_list "$(document "$(seq 4096 | sed 's|.*|{"id":"&","pattern":"/x"}|' | paste -sd ,)")"
	start_daemon --default-action pending_hitl
	allowed_by_list agent_id=a executable=/x
	run operate allow.add pattern=/y
	assert_field reason 'the allowlist is full'
	run operate approve token_id="$(pending_token)" always:=true
	assert_field reason "can't be allowed always: the allowlist is full"
	stop_daemon
	write_list "$(sed 's/"allowlist":\[/&{"id":"x","pattern":"\/x"},/' "$LIST")"
	stays_so "$LIST: there are more than 4096 entries" "$LIST"
	write_list "{\"version\":1,\"agents\":{}}$(printf '%8388608s' '')"
	stays_so "$LIST: is larger than 8 MiB" "$LIST"
}

@test "a file that others could have written or placed closes the daemon" {
	write_list "$(document)"
	chmod 640 "$LIST"
	stays_so "$LIST: is open to its group or to others" "$LIST"
	chmod 602 "$LIST"
	stays_so "$LIST: is open to its group or to others" "$LIST"
	chmod 600 "$LIST"
	mv "$LIST" "$TMP/elsewhere"
	ln -s "$TMP/elsewhere" "$LIST"
	stays_so "$LIST: is a symbolic link" "$LIST" "$TMP/elsewhere"
	rm "$LIST"
	mkdir "$LIST"
	stays_so "$LIST: is not a regular file" "$LIST"
	rmdir "$LIST"
	mkfifo -m 600 "$LIST"
	stays_so "$LIST: is not a regular file" "$LIST"
	rm "$LIST"
	if ((EUID == 0)); then
		write_list "$(document)"
		chown 4242 "$LIST"
		stays_so "$LIST: belongs to another user" "$LIST"
	fi
}

@test "a fault closes a daemon that runs, and mending it opens it" {
	start_asking
	remember "${BOUND[@]}"
	cp -p "$LIST" "$TMP/good"
	write_list 'x'
	is_closed "$LIST: it is not a JSON object (at byte 1)"
	run operate allow.add pattern=/x
	assert_field reason -p 'closed: '
	run operate allow.list
	assert_field reason -p 'closed: '
	assert_equal "$(<"$LIST")" x
	assert_log -p "closed: $LIST: it is not a JSON object (at byte 1)"
	write_list "$(<"$TMP/good")"
	allowed_by_list "${BOUND[@]}"
}

# --- who else writes it ---------------------------------------------------------------------------

@test "what somebody edits is in force for the next request" {
	start_asking
	asked agent_id=a
	write_list "$(document "{\"id\":\"x\",$GIT}")"
	allowed_by_list agent_id=a
	# In its place, of the same length, in the same moment.
	sed 's/git/gut/' "$LIST" | dd of="$LIST" conv=notrunc status=none
	asked agent_id=a
	rm "$LIST"
	asked agent_id=a
	write_list "$(document "{\"id\":\"x\",$GIT}")"
	allowed_by_list agent_id=a
	write_list "$(document)"
	asked agent_id=a
}

@test "what is unknown, and how it is laid out, survives a change" {
	local text added empty='"empty": {"allowlist":['

	start_asking
	text='{ "comment" : 1.50e1,
  "version": 1, "agents": {
	"a" : {"security":"full", "allowlist": [ {"id":"x", '"$GIT"', "note":"\u00e4 {],"},
		{"id":"y","pattern":"/y","n":123456789012345678901234567890} ] , "z":[1,[2]]},
	"empty": {"allowlist":[]}
 }, "last":{"clock":{}} }'
	write_list "$text"
	add /usr/bin/rg 'argv:=["x"]' agent_id=empty
	added="{\"id\":\"$ENTRY\",\"pattern\":\"/usr/bin/rg\",\"argv\":[\"x\"],\"source\":\"allow-add\",\"by\":$EUID,\"madeAt\":N}"
	run sed -E 's/("madeAt":)[0-9]{13}/\1N/' "$LIST"
	assert_output "${text/"$empty"/"$empty"$'\n'"$added"$'\n'}"
	must "$OK" operate allow.remove id="$ENTRY"
	assert_equal "$(tr -d '\n' <"$LIST")" "$(tr -d '\n' <<<"$text")"
	add /usr/bin/rg agent_id=a
	must "$OK" operate allow.remove id=x
	run cat "$LIST"
	assert_output -p '"allowlist": [ {"id":"y","pattern":"/y","n":123456789012345678901234567890},'
	assert_output -p '{ "comment" : 1.50e1,'
	assert_output -p '] , "z":[1,[2]]}'
	must "$OK" operate allow.remove id="$ENTRY"
	must "$OK" operate allow.remove id=y
	run cat "$LIST"
	assert_output -p '"allowlist": [  ] , "z":[1,[2]]}'
	add /usr/bin/rg agent_id=new
	run cat "$LIST"
	assert_output -p '"new":{"allowlist":['
	assert_output -p '"last":{"clock":{}}'
	assert_equal "$(ids)" "$ENTRY"
}

@test "an entry that takes the place of another keeps its ID and what is unknown of it" {
	local tool=(executable=/opt/tool real_path=/opt/tool cwd=/work agent_id=a) one two id

	one=$(printf '%064d' 1) two=$(printf '%064d' 2)
	start_asking
	remember "${tool[@]}" executable_sha256="$one"
	id=$(ids)
	write_list "$(sed 's/"source"/"note":{"by":"me"},&/' "$LIST")"
	remember "${tool[@]}" executable_sha256="$two"
	assert_equal "$(ids)" "$id"
	run cat "$LIST"
	assert_output -p '"note":{"by":"me"}'
	assert_output -p "$two"
	refute_output -p "$one"
}

@test "what several operators add at once is all there" {
	local n=40 i

	start_asking
	for ((i = 0; i < n; i++)); do
		"$UNIT" object action=local.exec.allow.add pattern="/opt/$i" 'argv:=["**"]'
	done >"$TMP/adds"
	together "$TMP/adds"
	assert_equal "$(grep -c '^{"outcome":"ok"}' "$TMP/adds.replies")" "$n"
	assert_equal "$(ids | wc -w)" "$n"
	allowed_by_list executable=/opt/0
	allowed_by_list executable="/opt/$((n - 1))"
}

@test "of what is edited between two changes nothing is lost, and what is removed stays away" {
	local i first

	start_asking
	add /opt/first
	first=$ENTRY
	for i in 1 2 3 4 5 6 7 8; do
		write_list "$(sed "s|\"allowlist\":\\[|&{\"id\":\"h$i\",\"pattern\":\"/hand/$i\"},|" "$LIST")"
		add "/opt/$i"
	done
	assert_equal "$(ids | wc -w)" 17
	write_list "$(grep -v "$first" "$LIST")"
	add /opt/last
	assert_equal "$(ids | wc -w)" 17
	run ! grep -q "$first" "$LIST"
	must "$OK" operate allow.remove id=h1
	restart_anyhow
	assert_equal "$(ids | wc -w)" 16
}

restart_anyhow() {
	kill_daemon
	start_asking
}

@test "an edit while the daemon writes is not lost" {
	trace -P "$LIST.new" -e trace=write -e inject=write:delay_exit=700000:when=1
	start_asking
	operate allow.add pattern=/opt/mine >"$TMP/reply" &
	_until "$DAEMON" test -e "$LIST.new"
	write_list "$(document "$(entry theirs /opt/theirs)")"
	wait $!
	assert_equal "$(tail -n 1 "$TMP/reply")" "$OK"
	assert_equal "$(ids | wc -w)" 2
	run cat "$LIST"
	assert_output -p /opt/mine
	assert_output -p /opt/theirs
}

# --- disks that fail ------------------------------------------------------------------------------

# entry_fails ERROR: what comes of it when the file of entries can't be written, for an entry by
# approval and for one by hand; and that neither leaves half a file.
entry_fails() {
	local token before=none

	token=$(pending_token "${BOUND[@]}")
	must "$OK" operate approve token_id="$token" always:=true
	[[ ! -e $LIST ]] || before=$(state_of "$LIST")
	must "$ALLOWED" ask "${BOUND[@]}" approval_token="$token"
	assert_log "firma: no entry of the allowlist was made for /usr/bin/git for uid $EUID (agent a), which was approved always: ${1}"
	run operate allow.add pattern=/opt/x
	assert_field outcome unsupported_action
	assert_field reason "outcome unknown: the change could not be recorded: $1"
	[[ ! -f $LIST.new ]]
	if [[ $before == none ]]; then
		[[ ! -e $LIST ]]
	else
		assert_equal "$(state_of "$LIST")" "$before"
	fi
	asked "${BOUND[@]}"
	must "$CONSUMED" ask "${BOUND[@]}" approval_token="$token"
}

@test "an entry that can't be written doesn't turn an allow into a deny, and leaves no half file" {
	local call error

	for error in write:ENOSPC write:EIO fsync:EIO; do
		rm -rf "$STATE_DIR"
		true >"$TMP/log"
		call=${error%:*} error=${error#*:}
		trace -P "$LIST.new" -e trace=write,fsync -e inject="$call:error=$error"
		start_asking
		case $error in
		ENOSPC) entry_fails 'No space left on device' ;;
		EIO) entry_fails 'Input/output error' ;;
		esac
		kill -KILL "$(awk '/^TracerPid:/ { print $2 }' "/proc/$DAEMON/status")"
		remember "${BOUND[@]}"
		allowed_by_list "${BOUND[@]}"
		stop_daemon
		WRAPPER=()
	done
}

unreadable_list() {
	rm -rf "$STATE_DIR" "$SOCKET"
	mkdir -m 700 "$STATE_DIR"
	(umask 077 && echo '{"version":1,"agents":{"main":{"allowlist":[{"id":"a",'"$GIT"',"argv":["**"]}]}}}' >"$LIST")
	move_clock 10
	start_daemon
	run ask
	assert_decision allow
	sed -i 's/git/nothing/' "$LIST"
	run ask
	assert_decision deny "closed: $LIST: $1"
	run ask
	assert_decision deny 'denied by the default action'
}

@test "a changed list that can't be opened or read for a passing reason closes the daemon for as long" {
	each_unreadable "$LIST" 1 unreadable_list
}

@test "nor does one that can't be put in place" {
	start_asking
	add /opt/there
	mkdir "$LIST.new"
	entry_fails 'Is a directory'
	rmdir "$LIST.new"
	remember "${BOUND[@]}"
	allowed_by_list "${BOUND[@]}"
}

@test "a rename that fails leaves the old file" {
	trace -P "$STATE_DIR" -e trace=/^rename -e inject=/^rename:error=EACCES:when=2+
	start_asking
	entry_fails 'Permission denied'
	kill_daemon
}

@test "a directory that can't be synced is told, and the file is whole" {
	local token

	trace -P "$STATE_DIR" -e trace=fsync -e inject=fsync:error=EIO:when=2+
	start_asking
	token=$(pending_token "${BOUND[@]}")
	must "$OK" operate approve token_id="$token" always:=true
	must "$ALLOWED" ask "${BOUND[@]}" approval_token="$token"
	assert_log -p 'which was approved always: Input/output error'
	kill_daemon
	WRAPPER=()
	start_asking
	allowed_by_list "${BOUND[@]}"
}

@test "a kill between the use of a token and its entry leaves it used, and no entry" {
	local call token

	for call in write fsync; do
		rm -rf "$STATE_DIR" "$SOCKET"
		trace -P "$LIST.new" -e trace=write,fsync -e inject="$call:signal=KILL"
		start_asking
		token=$(pending_token "${BOUND[@]}")
		must "$OK" operate approve token_id="$token" always:=true
		run ask "${BOUND[@]}" approval_token="$token"
		_daemon_ends "$DAEMON" 137
		WRAPPER=()
		[[ -e $LIST.new && ! -e $LIST ]]
		start_asking
		must "$CONSUMED" ask "${BOUND[@]}" approval_token="$token"
		asked "${BOUND[@]}"
		remember "${BOUND[@]}"
		[[ ! -e $LIST.new ]]
		stop_daemon
	done
}

@test "where the use of a token could not be recorded, there is no entry" {
	local token

	trace -P "$TOKENS" -e trace=fdatasync -e inject=fdatasync:error=EIO:when=3
	start_asking
	token=$(pending_token "${BOUND[@]}")
	must "$OK" operate approve token_id="$token" always:=true
	run ask "${BOUND[@]}" approval_token="$token"
	assert_decision deny
	[[ ! -e $LIST ]]
	asked "${BOUND[@]}"
}

@test "an approval for good that could not be recorded is undone" {
	local token

	trace -P "$TOKENS" -e trace=fdatasync -e inject=fdatasync:error=EIO:when=2
	start_asking
	token=$(pending_token "${BOUND[@]}")
	run operate approve token_id="$token" always:=true for_ms:=9
	assert_field reason -p 'outcome unknown: '
	run operate show token_id="$token"
	assert_line -n 0 -p '"state":"pending"'
	refute_output -p '"always"'
	refute_output -p '"for_ms"'
	must "$OK" operate approve token_id="$token"
	must "$ALLOWED" ask "${BOUND[@]}" approval_token="$token"
	[[ ! -e $LIST ]]
}

# --- stamps ---------------------------------------------------------------------------------------

stamp() {
	grep -o '"lastUsedAt":[0-9]*' "$USE"
}

@test "when an entry was used, and for which file, is kept, at most once a second and at the end" {
	local first

	export FIRMA_TEST_CLOCK_STOPPED=yes
	start_asking
	write_list "$(document "$(entry x '/usr/bin/*')")"
	allowed_by_list agent_id=a real_path=/usr/bin/gut
	_until "$DAEMON" test -e "$USE"
	first=$(state_of "$USE")
	run operate allow.list
	assert_line -n 0 -e '"lastUsedAt":[0-9]{13},"lastResolvedPath":"/usr/bin/gut"'
	allowed_by_list agent_id=a
	allowed_by_list agent_id=a
	assert_equal "$(state_of "$USE")" "$first"
	move_clock 1
	allowed_by_list agent_id=a
	# shellcheck disable=SC2016
	_until "$DAEMON" bash -c '[[ $(stat -c %i "$0") != "$1" ]]' "$USE" "${first%% *}"
	first=$(state_of "$USE")
	allowed_by_list agent_id=a real_path=/usr/bin/got
	assert_equal "$(state_of "$USE")" "$first"
	stop_daemon
	start_asking
	run operate allow.list
	assert_line -n 0 -p '"lastResolvedPath":"/usr/bin/got"'
	# What is removed is forgotten.
	write_list "$(document)"
	remember "${BOUND[@]}"
	allowed_by_list "${BOUND[@]}"
	stop_daemon
	run ! grep -q '"x"' "$USE"
	[[ $(stat -c %a "$USE") == 600 ]]
}

@test "stamps that can't be written change nothing" {
	trace -P "$USE.new" -e trace=write,fsync -e inject=fsync:error=EIO
	start_asking
	remember "${BOUND[@]}"
	allowed_by_list "${BOUND[@]}"
	allowed_by_list "${BOUND[@]}"
	assert_log "firma: $USE: could not be written: Input/output error"
	[[ ! -e $USE && ! -e $USE.new ]]
	stop_daemon
	assert_log "firma: $USE: could not be written: Input/output error"
	[[ ! -e $USE && ! -e $USE.new ]]
	WRAPPER=()
	start_asking
	allowed_by_list "${BOUND[@]}"
	stop_daemon
	[[ -e $USE ]]
}

@test "a file of stamps that can't be opened just now is not overwritten, and is read later" {
	local before

	need_trace
	write_list "$(document "$(entry x '/usr/bin/*')")"
	start_asking
	allowed_by_list agent_id=a real_path=/usr/bin/gut
	stop_daemon
	before=$(<"$USE")
	trace -P "${USE##*/}" -e trace=openat -e inject=openat:error=EIO:when=1
	start_asking
	allowed_by_list agent_id=a real_path=/usr/bin/got
	assert_log "firma: $USE: Input/output error"
	move_clock 2
	allowed_by_list agent_id=a real_path=/usr/bin/got
	assert_equal "$(<"$USE")" "$before"
	move_clock 30
	allowed_by_list agent_id=a real_path=/usr/bin/got
	stop_daemon
	grep -q '"lastResolvedPath":"/usr/bin/got"' "$USE"
}

@test "stamps that can't be read are forgotten, and their file is kept" {
	local text

	for text in '' x '{}' '{"version":2}' '{"version":1,"used":{"x":1}}' '{"version":1,"clock":1}'; do
		echo "$text:"
		true >"$TMP/log"
		rm -rf "$STATE_DIR"
		write_list "$(document "$(entry x /usr/bin/git)")"
		printf %s "$text" >"$USE"
		chmod 600 "$USE"
		start_asking
		assert_log -p "firma: $USE: "
		allowed_by_list agent_id=a
		stop_daemon
		stamp
		assert_equal "$(<"$USE.replaced.1")" "$text"
		assert_log -p 'what was found in its place is kept as allowlist-use.json.replaced.1'
	done
}

# --- time -----------------------------------------------------------------------------------------

# over: it has ended, and is gone for good.
over() {
	asked "${BOUND[@]}"
	_until "$DAEMON" has_no_end
	kill_daemon
}

has_no_end() {
	! grep -q expiresAt "$LIST"
}

@test "an entry ends when its time is over, and is gone then" {
	start_asking
	FOR_MS=600000 remember "${BOUND[@]}"
	move_clock 570
	allowed_by_list "${BOUND[@]}"
	move_clock 30.5
	over
	rm -f "$USE"
	move_wall -3600
	start_asking
	asked "${BOUND[@]}"
}

@test "setting the wall clock back doesn't lengthen it, whether the daemon runs or not" {
	local end

	start_asking
	FOR_MS=600000 remember "${BOUND[@]}"
	move_wall -3600
	allowed_by_list "${BOUND[@]}"
	move_clock 600
	over

	for end in stop_daemon kill_daemon; do
		start_asking
		FOR_MS=600000 remember "${BOUND[@]}"
		"$end"
		move_wall -3600
		start_asking
		allowed_by_list "${BOUND[@]}"
		"$end"
		move_wall -3600
		move_clock 600
		start_asking
		over
	done
}

@test "nor does a reboot with a clock that is behind" {
	start_asking
	FOR_MS=600000 remember "${BOUND[@]}"
	move_clock 300
	stop_daemon
	new_boot
	move_wall -3600
	start_asking
	allowed_by_list "${BOUND[@]}"
	move_clock 270
	allowed_by_list "${BOUND[@]}"
	move_clock 30
	over
}

@test "nor for an end that somebody wrote by hand" {
	local now

	start_asking
	read -r _ now < <("$UNIT" clock now)
	write_list "$(document "{\"id\":\"x\",$GIT,\"expiresAt\":$((now / 1000 + 600000))}")"
	allowed_by_list "${BOUND[@]}"
	_until "$DAEMON" test -e "$USE"
	kill_daemon
	move_wall -3600
	move_clock 570
	start_asking
	allowed_by_list "${BOUND[@]}"
	move_clock 30
	over
}

@test "a clock that is ahead ends it" {
	start_asking
	FOR_MS=600000 remember "${BOUND[@]}"
	move_wall 600
	over
	move_wall -600
	start_asking
	asked "${BOUND[@]}"
	FOR_MS=600000 remember "${BOUND[@]}"
	allowed_by_list "${BOUND[@]}"
	move_clock 600
	over
}

@test "what is the same and ends later takes the place of what ends sooner, not the other way round" {
	start_asking
	add /opt/x for_ms:=60000
	add /opt/x for_ms:=5000
	assert_field expires_in_ms -e '^5[0-9]{4}$' <<<"$output" || true
	move_clock 10
	allowed_by_list executable=/opt/x 'args:=[]'
	add /opt/x
	refute_output -p expiresAt
	move_clock 100
	allowed_by_list executable=/opt/x 'args:=[]'
	assert_equal "$(ids)" "$ENTRY"
}
