#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
#
# A client that asks as firma-run of openfirma does, at the door itself and behind
# systemd-socket-proxyd, as units/user/firma-proxy.* have it: only where its own uid listens, a line
# on a connection of its own, held until it is decided, and everything but an allow is a no.

# What a test sets may be for the library, as what is read may be the library's:
# shellcheck disable=SC2030,SC2031,SC2034,SC2153,SC2154

load hold

# The system's own: another one may start dozens of programs first, or belong to root alone.
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

# start_proxy: hands connections at $PROXY on to the door.
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

# launch NAME SOCKET HOW: asks, with the name as an argument; HOW is half-close, or keep. `finish NAME`
# has the outcome.
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

@test "at the door and behind a proxy it hears allow or deny, and never that it must wait" {
	start_asking
	start_proxy
	decided a "$SOCKET" keep approve allow
	decided b "$SOCKET" keep revoke deny
	decided c "$PROXY" keep approve allow
	decided d "$PROXY" keep revoke deny
	assert_equal "$(listed state)" $'consumed\nrevoked\nconsumed\nrevoked'
}

@test "at the door it may shut down its sending side" {
	start_asking
	decided a "$SOCKET" half-close approve allow
	decided b "$SOCKET" half-close revoke deny
}

spent_or_left() {
	[[ $(operate show token_id="$1" | head -n 1 | "$UNIT" get state) == @(consumed|approved) ]]
}

@test "behind a proxy it loses its answer then, and its token is over: nobody can use it" {
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

	# So is an approval that it uses, or it is still there; and nothing else is lost.
	token=$(pending_token)
	must "$OK" operate approve token_id="$token"
	request approval_token="$token" >"$TMP/b.in"
	run "$PYTHON" -c "$CLIENT" "$PROXY" half-close <"$TMP/b.in"
	[[ $output == @(allow|'no answer') ]]
	spent_or_left "$token"

	# The next one is served.
	decided b "$PROXY" keep approve allow
}

@test "when it is killed behind a proxy, its token is over" {
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
