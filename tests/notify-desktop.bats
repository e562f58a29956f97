#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
#
# Notices on the desktop: what is sent to the notification server, what a click does, and that
# nothing is approved by one, whatever the server says; a bus or a server that goes away.
#
# What is set here may be for the library:
# shellcheck disable=SC2034
# shellcheck disable=SC2030,SC2031 # each test is a process, and so are its variables

load lib

setup() {
	lib_setup
	cd "$TMP" || return
	cat >bus.conf <<-END
		<busconfig>
		<type>session</type>
		<listen>unix:path=$TMP/bus</listen>
		<auth>EXTERNAL</auth>
		<policy context="default">
		<allow send_destination="*"/><allow receive_sender="*"/><allow own="*"/>
		</policy>
		</busconfig>
	END
	export DBUS_SESSION_BUS_ADDRESS=unix:path=$TMP/bus
	start_bus
	start_daemon --default-action pending_hitl --token-ttl 1h
}

teardown() {
	[[ ! ${NOTIFY-} ]] || kill -KILL "$NOTIFY" 2>/dev/null || true
	lib_teardown
}

start_bus() {
	rm -f bus
	_spawn dbus-daemon --config-file=bus.conf --nofork --nosyslog </dev/null >bus.log 2>&1
	BACKGROUND["bus"]=$!
	_until "$!" _listens "$TMP/bus" || fail "there is no bus: $(<bus.log)"
}

stop_bus() {
	kill "${BACKGROUND[bus]}"
	wait "${BACKGROUND[bus]}" || true
	unset 'BACKGROUND[bus]'
}

# start_server [CAPABILITY...]: a notification server.
start_server() {
	_background_held server "$UNIT" notifications "$@"
}

# server LINE: makes it do this; returns when it has.
server() {
	local before

	before=$(grep -c '^done$' server.out) || true
	echo "$1" >&"${HELD[server]}"
	_until "${BACKGROUND[server]}" has_done $((before + 1)) || fail "the server can't: $1"
}

has_done() {
	(($(grep -c '^done$' server.out) == $1))
}

# notify [OPTION...]: begins to tell, and waits until it watches.
notify() {
	_command "$FIRMA" notify --socket "$SOCKET" --desktop "$@"
	_spawn env PATH="$TMP/bin:$PATH" "${CMD[@]}" </dev/null >told 2>notify.err
	NOTIFY=$!
	_until "$NOTIFY" watches || fail "it does not watch: $(<notify.err)"
}

watches() {
	[[ $(operate status | head -n 1 | "$UNIT" get watching) == 1 ]]
}

# sent N: waits until the server was sent so many notices, or words to close one; the last is the
# output.
sent() {
	_until "$NOTIFY" has_sent "$1" || fail "not sent: $(<notify.err)"
	output=$(sent_lines | sed -n "$1p")
}

has_sent() {
	(($(sent_lines | wc -l) >= $1))
}

# after SECONDS COMMAND...: that time passes before the command.
after() {
	move_clock "$1"
	"${@:2}"
}

has_said() {
	sent_lines | tail -n 1 | grep -q -e "$1"
}

sent_lines() {
	grep -e '"call":"Notify"' -e '"call":"CloseNotification"' server.out
}

# of KEY...: a member of what was sent.
of() {
	python3 -c 'import json, sys
value = json.loads(sys.argv[1])
for key in sys.argv[2:]:
	value = value[key]
print(value if isinstance(value, str) else json.dumps(value))' "$output" "$@"
}

# assert_state TOKEN STATE, is_in_state TOKEN STATE
assert_state() {
	assert_equal "$(operate show token_id="$1" | head -n 1 | "$UNIT" get state)" "$2"
}

is_in_state() {
	[[ $(operate show token_id="$1" | head -n 1 | "$UNIT" get state) == "$2" ]]
}

becomes() {
	_until "$NOTIFY" is_in_state "$1" "$2" || fail "it is not $2: $(<notify.err)"
}

@test "a notice has a count, fixed words and the actions Look and Refuse, and stays" {
	start_server actions body body-markup
	notify --look true
	ask executable=/bin/hunter2 args:='["hunter2"]' agent_id=hunter2 purpose=hunter2 >out
	sent 1
	assert_equal "$(of summary)" "1 request of uid $EUID waits"
	assert_equal "$(of body)" 'To look and decide: firma token watch'
	assert_equal "$(of actions)" '["look", "Look", "refuse", "Refuse"]'
	assert_equal "$(of hints)" '{"urgency": 1}'
	assert_equal "$(of app) $(of icon) $(of replaces) $(of expires)" 'firma  0 never'
}

@test "a server without actions is given none" {
	start_server body
	notify --look true
	pending_token >out
	sent 1
	assert_equal "$(of actions)" '[]'
}

@test "with --details, commands are escaped and cut, and no markup or link" {
	start_server body-markup
	notify --details
	# shellcheck disable=SC2016 # they are not to be expanded
	ask executable=/bin/x args:='["<b>&amp;</b>","<img src=\"http://x\"/>","\u202e\u001b[1m","WWW.x.org"]' >out
	sent 1
	assert_equal "$(of body)" "$(cat <<-'END'
		/bin/x '&lt;b&gt;&amp;amp;&lt;/b&gt;' '&lt;img src="http:\u{2F}/x"/&gt;' $'\xE2\x80\xAE\x1B[1m' www\u{2E}x.org
		To look and decide: firma token watch
	END
	)"
	move_clock 61
	ask executable=/bin/y args:="[\"$(printf '%0500d' 0)\"]" >out
	sent 2
	(($(of body | wc -L) <= 180))
	assert_equal "$(of body | grep -c …)" 1
}

@test "with --details, a server that knows no markup gets none" {
	start_server body
	notify --details
	ask executable=/bin/x args:='["<b>&"]' >out
	sent 1
	assert_equal "$(of body)" "/bin/x '\u{3C}b>\u{26}'
To look and decide: firma token watch"
}

@test "with --details, a notice shows three commands, and says how many more" {
	local n

	start_server body
	for n in 1 2 3 4 5; do
		pending_token executable=/bin/x args:="[\"$n\"]" >out
	done
	notify --details
	_until "$NOTIFY" after 61 has_said 'and 2 more'
	output=$(sent_lines | tail -n 1)
	assert_equal "$(of body | grep -c /bin/x)" 3
	assert_equal "$(of summary)" "5 requests of uid $EUID wait"
}

@test "one notice is updated in place, silently where there is nothing new, and closed at the end" {
	local one two

	start_server actions
	notify
	one=$(pending_token args:='["1"]')
	sent 1
	two=$(pending_token args:='["2"]')
	move_clock 61
	sent 2
	assert_equal "$(of summary) $(of replaces)" "2 requests of uid $EUID wait 1"
	assert_equal "$(of actions | grep -c '"Refuse all 2"')" 1
	operate approve token_id="$one" >out
	sent 3
	assert_equal "$(of summary) $(of replaces)" "1 request of uid $EUID waits 1"
	assert_equal "$(of hints)" '{"urgency": 1, "suppress-sound": true}'
	operate revoke token_id="$two" >out
	sent 4
	assert_equal "$(of call) $(of id)" 'CloseNotification 1'
}

@test "in one interval there is one notice for a user" {
	start_server actions
	notify --interval 2min
	pending_token args:='["1"]' >out
	sent 1
	pending_token args:='["2"]' >out
	move_clock 60
	pending_token args:='["3"]' >out
	move_clock 61
	sent 2
	assert_equal "$(of summary)" "3 requests of uid $EUID wait"
	assert_equal "$(sent_lines | wc -l)" 2
}

@test "Refuse refuses what the notice told of, and nothing else" {
	local one two three

	start_server actions
	notify
	one=$(pending_token args:='["1"]')
	sent 1
	two=$(pending_token args:='["2"]')
	server 'invoke 1 refuse'
	becomes "$one" revoked
	assert_state "$two" pending
	sent 2
	assert_equal "$(of call) $(of id)" 'CloseNotification 1'

	three=$(pending_token args:='["3"]')
	move_clock 61
	sent 3
	assert_equal "$(of summary) $(of replaces)" "2 requests of uid $EUID wait 0"
	server "invoke $(of id) refuse"
	becomes "$two" revoked
	becomes "$three" revoked
	assert_equal "$(operate show token_id="$three" | head -n 1 | "$UNIT" get reason)" \
		'refused from a notice on the desktop'
}

@test "a notice of more than 32 requests does not offer to refuse them" {
	local first n

	first=$(pending_token)
	for n in {1..32}; do
		request args:="[\"$n\"]"
	done | send_lines >out
	start_server actions
	notify --interval 1s --look "touch '$TMP/looked'"
	_until "$NOTIFY" after 2 has_said '"33 requests'
	output=$(sent_lines | tail -n 1)
	assert_equal "$(of actions)" '["look", "Look"]'
	server "invoke $(of id) refuse"
	# Once this has run, all that the server said before was heard.
	server "invoke $(of id) look"
	_until "$NOTIFY" test -e looked
	assert_state "$first" pending
	refute_log -p revoke
}

@test "Look runs its command, which is not killed after a minute, nor when it ends" {
	local pid

	start_server actions
	notify --look "echo \$\$ >'$TMP/looked.new'; mv '$TMP/looked.new' '$TMP/looked'; exec sleep 1000"
	pending_token >out
	sent 1
	server 'invoke 1 look'
	_until "$NOTIFY" test -e looked
	pid=$(<looked)
	move_clock 61
	pending_token args:='["2"]' >out
	sent 2
	kill "$NOTIFY"
	wait "$NOTIFY"
	kill "$pid"
}

@test "without --look, Look opens a terminal that watches, where there is one" {
	mkdir bin
	cat >bin/xdg-terminal-exec <<-END
		#!/bin/sh
		echo "\$FIRMA_OPERATOR_SOCKET" "\$@" >"$TMP/looked.new"
		mv "$TMP/looked.new" "$TMP/looked"
	END
	chmod +x bin/xdg-terminal-exec
	start_server actions
	notify
	pending_token >out
	sent 1
	server 'invoke 1 look'
	_until "$NOTIFY" test -e looked
	assert_equal "$(<looked)" "$SOCKET $(realpath "$FIRMA") token watch"
}

@test "no action approves, and neither another ID nor another process refuses" {
	local token word=

	start_server actions
	notify --look "touch '$TMP/looked'"
	token=$(pending_token)
	sent 1
	for word in approve Approve allow default refuse-not look2 yes; do
		server "invoke 1 $word"
	done
	server 'invoke 0 refuse'
	server 'invoke 2 refuse'
	server 'forge 1 refuse'
	server 'forge 1 approve'
	server 'invoke 1 look'
	_until "$NOTIFY" test -e looked
	# Nor does it wait to be done: the next notice is still of this request.
	pending_token args:='["2"]' >out
	move_clock 61
	sent 2
	assert_equal "$(of summary)" "2 requests of uid $EUID wait"
	assert_state "$token" pending
	refute_log -p revoke
	refute_log -p approve
}

@test "a server that is started again is sent what waits" {
	start_server actions
	notify
	pending_token >out
	sent 1
	finish server
	assert_status 0
	start_server actions
	_until "$NOTIFY" after 31 has_sent 1
	sent 1
	assert_equal "$(of summary) $(of replaces)" "1 request of uid $EUID waits 0"
}

@test "a bus that goes away is said once, and what waits is sent when it is back" {
	local token

	start_server actions
	notify
	pending_token >out
	sent 1
	stop_bus
	_until "$NOTIFY" test -s notify.err
	token=$(pending_token args:='["2"]')
	operate approve token_id="$token" >out
	for _ in 1 2 3 4 5; do
		move_clock 31
	done
	finish server
	start_bus
	start_server actions
	_until "$NOTIFY" after 31 has_sent 1
	sent 1
	assert_equal "$(of summary) $(of replaces)" "1 request of uid $EUID waits 0"
	assert_equal "$(grep -c 'firma: no notices on the desktop for now: ' notify.err)" 1
	assert_equal "$(wc -l <notify.err)" 1
	server "invoke $(of id) refuse"
	_until "$NOTIFY" has_sent 2
}

@test "a server that refuses is said once, and asked again" {
	start_server actions
	server deny
	notify --bell
	pending_token >out
	_until "$NOTIFY" test -s notify.err
	for _ in 1 2 3 4 5; do
		move_clock 31
	done
	_until "$NOTIFY" test -s told
	assert_equal "$(<notify.err)" 'firma: no notices on the desktop for now: not today \u{1B}[1m'
}

@test "a server that hangs holds up neither other notices nor the end" {
	start_server actions
	server hang
	notify --bell
	pending_token >out
	sent 1
	pending_token args:='["2"]' >out
	move_clock 61
	_until "$NOTIFY" test -s notify.err
	assert_equal "$(<notify.err)" 'firma: no notices on the desktop for now: no answer in time'
	_until "$NOTIFY" has_told 2
	kill "$NOTIFY"
	wait "$NOTIFY"
}

has_told() {
	(($(wc -l <told) >= $1))
}

@test "a notice that a person closed is not shown again, until there is a new request" {
	local token

	start_server actions
	notify
	token=$(pending_token args:='["1"]')
	sent 1
	server 'close 1 2'
	pending_token args:='["2"]' >out
	move_clock 61
	sent 2
	assert_equal "$(of summary) $(of replaces)" "2 requests of uid $EUID wait 0"
}

@test "its notices are closed when it ends" {
	start_server actions
	notify
	pending_token >out
	sent 1
	kill "$NOTIFY"
	wait "$NOTIFY"
	NOTIFY=${BACKGROUND[server]}
	sent 2
	assert_equal "$(of call) $(of id)" 'CloseNotification 1'
	NOTIFY=
}

@test "without a bus it says so, and ends" {
	stop_bus
	run firma notify --socket "$SOCKET" --desktop
	assert_status 3
	assert_output "firma: could not connect to the session's bus: No such file or directory"
	unset DBUS_SESSION_BUS_ADDRESS
	run firma notify --socket "$SOCKET" --desktop
	assert_status 3
	assert_output "firma: could not connect to the session's bus: neither DBUS_SESSION_BUS_ADDRESS nor XDG_RUNTIME_DIR is set, as in a desktop session"
}

@test "the bus and its library are for --desktop alone" {
	notify
	grep -q libsystemd "/proc/$NOTIFY/maps"
	kill "$NOTIFY"
	wait "$NOTIFY"

	_command "$FIRMA" notify --socket "$SOCKET" --bell
	_spawn "${CMD[@]}" </dev/null >told 2>notify.err
	NOTIFY=$!
	_until "$NOTIFY" watches
	run ! grep -e libsystemd -e libdbus "/proc/$NOTIFY/maps"
}

@test "--look is for --desktop" {
	run firma notify --bell --look true
	assert_status 2
	assert_output "firma: --look needs --desktop (see 'firma notify --help')"
}
