#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
#
# A server with two replicas, one of which takes its place, chosen by Redis' own sentinel or by hand,
# and servers that were put back: no token is consumed twice, and with --store-replicas for all of
# them the new server has all that was answered (firma-store(7)). A daemon has one address: here
# $TMP/desk, a link to the socket of the server that is the primary now.

# What is read may be the library's, and read by it:
# shellcheck disable=SC2030,SC2031,SC2153,SC2154

load shared

setup() {
	shared_setup
	SERVER=redis:unix:$TMP/desk
}

# find_ports N: that many free ports of loopback, into PORTS.
find_ports() {
	mapfile -t PORTS < <(python3 -c '
import socket, sys
ends = [socket.socket() for _ in range(int(sys.argv[1]))]
for end in ends:
    end.bind(("127.0.0.1", 0))
    print(end.getsockname()[1])' "$1")
}

has_replicas() { # N
	[[ $(redis a INFO replication | grep -c state=online) == "$1" ]]
}

has_linked() { # NAME
	[[ $(redis "$1" INFO replication) == *master_link_status:up* ]]
}

use_server() { # NAME
	ln -sfn "$1.redis" "$TMP/desk"
}

# start_three: the primary a, and its replicas b and c.
start_three() {
	local name n=0

	find_ports 4
	start_server a --port "${PORTS[0]}" --bind 127.0.0.1 --repl-diskless-sync-delay 0
	use_server a
	firma store install "$SERVER" >/dev/null
	for name in b c; do
		start_server "$name" --port "${PORTS[++n]}" \
			--bind 127.0.0.1 --replicaof "127.0.0.1 ${PORTS[0]}" --repl-diskless-sync-delay 0
	done
	_until "${SERVERS[a]}" has_replicas 2
}

# make_states: a token in each state; fills PENDING, APPROVED, CONSUMED_ONE, REVOKED.
make_states() {
	PENDING=$(pending_token)
	APPROVED=$(pending_token)
	CONSUMED_ONE=$(pending_token)
	REVOKED=$(pending_token)
	must "$OK" operate approve token_id="$APPROVED"
	must "$OK" operate approve token_id="$CONSUMED_ONE"
	must "$ALLOWED" ask approval_token="$CONSUMED_ONE"
	must "$OK" operate revoke token_id="$REVOKED" reason=no
}

# nothing_is_lost: with the server that is there now, each is what it was, and used once.
nothing_is_lost() {
	must "$CONSUMED" ask approval_token="$CONSUMED_ONE"
	must '{"decision":"deny","reason":"refused by an operator: no"}' ask approval_token="$REVOKED"
	must "$ALLOWED" ask approval_token="$APPROVED"
	must "$CONSUMED" ask approval_token="$APPROVED"
	must "$OK" operate approve token_id="$PENDING"
	must "$ALLOWED" ask approval_token="$PENDING"
	must "$CONSUMED" ask approval_token="$PENDING"
	assert_equal "$(desk)" ''
}

# The states of the copy that a server has, whoever is connected to it: "STATE TOKEN" a line.
copy_of() { # NAME
	local key

	key=$(redis "$1" --raw KEYS "firma:{$DESK}:*:t")
	redis "$1" --raw HGETALL "$key" | awk 'NR % 2 { id = $0; next } { print $1, id }' | sort
}

expected_copy() {
	printf '%s\n' "pending $PENDING" "approved $APPROVED" "consumed $CONSUMED_ONE" \
		"revoked $REVOKED" | sort
}

promoted() { # fills PROMOTED
	local name

	for name in b c; do
		if [[ $(redis "$name" INFO replication) == *role:master* ]]; then
			PROMOTED=$name
			return
		fi
	done
	return 1
}

@test "when a sentinel promotes a replica, it has all that was answered with --store-replicas for all" {
	local PENDING APPROVED CONSUMED_ONE REVOKED PROMOTED

	start_three
	start_sharing --store-replicas 2 --store-timeout 5s
	until_open
	make_states

	cat >"$TMP/sentinel.conf" <<-END
		port ${PORTS[3]}
		bind 127.0.0.1
		dir $TMP
		sentinel monitor desk 127.0.0.1 ${PORTS[0]} 1
		sentinel down-after-milliseconds desk 500
	END
	_spawn "${SERVER_COMMAND[@]}" "$TMP/sentinel.conf" --sentinel </dev/null >"$TMP/sentinel.log" 2>&1
	SERVERS[sentinel]=$!
	_until "${SERVERS[sentinel]}" knows_replicas || fail "$(<"$TMP/sentinel.log")"
	kill_server a
	_until "${SERVERS[sentinel]}" promoted || fail "$(<"$TMP/sentinel.log")"
	assert_equal "$(copy_of "$PROMOTED")" "$(expected_copy)"

	# One replica fewer: the store stays closed until there are as many as it asks for.
	use_server "$PROMOTED"
	until_closed '*'
	run ask approval_token="$APPROVED"
	assert_decision deny -p 'closed: the store '
	stop_daemon
	start_sharing --store-replicas 1 --store-timeout 5s
	until_open
	nothing_is_lost
}

knows_replicas() {
	[[ $(redis-cli -p "${PORTS[3]}" INFO sentinel 2>/dev/null) == *status=ok*slaves=2,* ]]
}

@test "with fewer replicas asked for than there are, the one that has less can take over" {
	local token

	start_three
	start_sharing --store-replicas 1 --store-timeout 5s
	until_open
	kill -STOP "${SERVERS[c]}"
	redis a CLIENT KILL TYPE replica
	_until "${SERVERS[a]}" has_replicas 1
	token=$(pending_token)
	must "$OK" operate approve token_id="$token"
	must "$ALLOWED" ask approval_token="$token"
	kill_server a
	kill_server b
	kill -CONT "${SERVERS[c]}"
	redis c REPLICAOF NO ONE
	assert_equal "$(redis c --raw KEYS "firma:{$DESK}:*:t")" ''
	use_server c
	move_clock 5
	until_closed '*only 0 of 1 replicas have the change'
	kill_daemon
	start_sharing
	until_open
	must "$CONSUMED" ask approval_token="$token"
	assert_equal "$(copy_of c)" "consumed $token"
}

@test "an older snapshot of each moment brings no consumed token back" {
	local token state

	start_server a
	use_server a
	firma store install "$SERVER" >/dev/null
	start_sharing
	token=$(pending_token)
	cp -r "$TMP/a.data" "$TMP/pending"
	must "$OK" operate approve token_id="$token"
	cp -r "$TMP/a.data" "$TMP/approved"
	must "$ALLOWED" ask approval_token="$token"
	for state in pending approved; do
		kill_server a
		rm -r "$TMP/a.data"
		cp -r "$TMP/$state" "$TMP/a.data"
		start_server a
		assert_equal "$(copy_of a)" "$state $token"
		try_again
		must "$CONSUMED" ask approval_token="$token"
		assert_equal "$(copy_of a)" "consumed $token"
	done
}
