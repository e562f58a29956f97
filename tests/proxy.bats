#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
#
# A client that asks like openfirma's firma-run, at the door itself and behind systemd-socket-proxyd
# (units/user/firma-proxy.*). It only connects to a server of its own uid, sends one line on each
# connection, waits until it is decided, and takes everything but an allow as a no.

# What a test sets may be for the library, as what is read may be the library's:
# shellcheck disable=SC2030,SC2031,SC2034,SC2153,SC2154

load hold

# Use the system's own program: another one may first start dozens of programs, or be only for root.
PYTHON=/usr/bin/python3

CLIENT='
import json, os, socket, struct, sys

s = socket.socket(socket.AF_UNIX)
s.connect(sys.argv[1])
_, uid, _ = struct.unpack("3i", s.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, 12))
assert uid == os.getuid(), "another uid listens"
s.sendall(sys.stdin.buffer.read())
if sys.argv[2] == "half-close":
    s.shutdown(socket.SHUT_WR)
line = s.makefile().readline()
print("no answer" if not line else json.loads(line)["decision"])'

# start_proxy: starts the proxy, from $PROXY to the door.
start_proxy() {
	local program directory

	for directory in /usr/lib/systemd /lib/systemd; do
		program=$directory/systemd-socket-proxyd
		[[ ! -x $program ]] || break
	done
	PROXY=$TMP/proxy.sock
	_spawn systemd-socket-activate --listen "$PROXY" "$program" "$SOCKET" >"$TMP/proxy.log" 2>&1
	BACKGROUND[proxy]=$!
	until_listening "$PROXY"
}

# launch NAME SOCKET HOW: asks in the background, with the name as an argument; HOW is half-close, or
# keep. `finish NAME` waits for the outcome.
launch() {
	request hitl_mode=sync_wait args:="[\"$1\"]" >"$TMP/$1.in"
	echo asked >"$TMP/$1.out"
	_spawn "$PYTHON" -c "$CLIENT" "$2" "$3" <"$TMP/$1.in" >>"$TMP/$1.out" 2>"$TMP/$1.err"
	BACKGROUND[$1]=$!
}

# decided NAME SOCKET HOW VERB OUTCOME: asks, and an operator decides.
decided() {
	launch "$1" "$2" "$3"
	until_has waiting 1
	must "$OK" operate "$4" token_id="$(newest)"
	answers "$1" "$5"
}

@test "at the door and behind a proxy, the client gets allow or deny, and never pending" {
	start_asking
	start_proxy
	decided a "$SOCKET" keep approve allow
	decided b "$SOCKET" keep revoke deny
	decided c "$PROXY" keep approve allow
	decided d "$PROXY" keep revoke deny
	assert_equal "$(listed state)" $'consumed\nrevoked\nconsumed\nrevoked'
}

@test "at the door, the client may shut down its sending side" {
	start_asking
	decided a "$SOCKET" half-close approve allow
	decided b "$SOCKET" half-close revoke deny
}

spent_or_left() {
	[[ $(operate show token_id="$1" | head -n 1 | "$UNIT" get state) == @(consumed|approved) ]]
}

@test "behind a proxy, a client that does so loses its answer, and its token can't be used" {
	start_asking
	start_proxy
	launch a "$PROXY" half-close
	answers a 'no answer'
	until_has waiting 0
	run operate show token_id="$(newest)"
	output=${lines[0]}
	assert_field state expired
	assert_field reason 'the asker left'
	must '{"outcome":"expired","reason":"approval token expired"}' \
		operate approve token_id="$(newest)"

	# Its approval is either used up or still there; nothing else is lost.
	token=$(pending_token)
	must "$OK" operate approve token_id="$token"
	request approval_token="$token" >"$TMP/b.in"
	run "$PYTHON" -c "$CLIENT" "$PROXY" half-close <"$TMP/b.in"
	[[ $output == @(allow|'no answer') ]]
	spent_or_left "$token"

	# The next one is served.
	decided b "$PROXY" keep approve allow
}

@test "when a client behind a proxy is killed, its token can't be used" {
	start_asking
	start_proxy
	launch a "$PROXY" keep
	until_has waiting 1
	hang_up a
	until_has waiting 0
	run operate show token_id="$(newest)"
	output=${lines[0]}
	assert_field state expired
	assert_field reason 'the asker left'
}
