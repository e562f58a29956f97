#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
#
# The shared store: daemons that copy their tokens to a Redis server, and what happens if the server
# dies, hangs, loses data, sends wrong data, or may not be used (firma-store(7)).
#
# What is set here may be for the library, as what is read may be the library's:
# shellcheck disable=SC2030,SC2031,SC2034,SC2153,SC2154

load shared

UNKNOWN='outcome unknown'

@test "the desk shows the live tokens of all hosts" {
	local first second third socket=$SOCKET

	prepare_server
	start_sharing
	first=$(pending_token 'args:=["1"]')
	second=$(pending_token 'args:=["2"]')
	must "$OK" operate approve token_id="$second"
	assert_equal "$(desk | sort)" "$(printf '%s\n' "here pending $first" "here approved $second" | sort)"

	SOCKET=$TMP/other.sock OPERATOR_SOCKET=$TMP/other.sock
	STATE_DIR=$TMP/other start_daemon --store "$SERVER" --desk "$DESK" --host there \
		--default-action pending_hitl
	third=$(pending_token)
	assert_equal "$(desk | grep -c ^here)" 2
	assert_equal "$(desk | grep ^there)" "there pending $third"
	assert_equal "$(listed token_id)" "$third"

	SOCKET=$socket OPERATOR_SOCKET=$socket
	must "$ALLOWED" ask 'args:=["2"]' approval_token="$second"
	must "$OK" operate revoke token_id="$first" reason=no
	assert_equal "$(desk)" "there pending $third"

	# Another desk on the same server is separate.
	DESK=elsewhere
	assert_equal "$(desk)" ''
	run firma store list --desk ops "$SERVER"
	assert_equal "$status" 0
	assert_line -n 0 -e '^HOST +STATE +UID +TOKEN +COMMAND$'
	assert_line -n 1 -e "^there +pending +$EUID +$third +/usr/bin/git status$"
}

@test "after a kill, the daemon sends the tokens on record, and ignores the server's copy" {
	local pending approved consumed record never=11111111-1111-4111-8111-111111111111

	prepare_server
	start_sharing
	pending=$(pending_token)
	approved=$(pending_token)
	consumed=$(pending_token)
	must "$OK" operate approve token_id="$approved"
	must "$OK" operate approve token_id="$consumed"
	record=$(redis a --raw HGET "$(key t)" "$consumed")
	must "$ALLOWED" ask approval_token="$consumed"
	kill_daemon

	# The server gets an old copy back, with a token that never existed.
	redis a HSET "$(key t)" "$consumed" "$record" "$never" "${record//"$consumed"/"$never"}"
	assert_equal "$(desk | grep -c ' approved ')" 3
	start_sharing
	must "$CONSUMED" ask approval_token="$consumed"
	assert_equal "$(desk | sort)" \
		"$(printf '%s\n' "here pending $pending" "here approved $approved" | sort)"
	must "$ALLOWED" ask approval_token="$approved"

	# Without the server, the same state directory works as a file store.
	stop_daemon
	start_asking
	must "$CONSUMED" ask approval_token="$approved"
	assert_equal "$(listed token_id state=pending)" "$pending"
}

@test "a server that was put back to an older state can't bring a consumed token back" {
	local consumed revoked

	prepare_server
	start_sharing
	consumed=$(pending_token)
	revoked=$(pending_token)
	must "$OK" operate approve token_id="$consumed"
	must "$OK" operate approve token_id="$revoked"
	cp -r "$TMP/a.data" "$TMP/older"
	must "$ALLOWED" ask approval_token="$consumed"
	must "$OK" operate revoke token_id="$revoked" reason=no
	kill_server a
	rm -r "$TMP/a.data"
	mv "$TMP/older" "$TMP/a.data"
	start_server a

	assert_equal "$(desk | wc -l)" 2
	until_closed '*'
	try_again
	must "$CONSUMED" ask approval_token="$consumed"
	run ask approval_token="$revoked"
	assert_decision deny
	assert_equal "$(desk)" ''
	assert_log -p "$SERVER: it is another server, or was started again"
}

@test "a server that has lost everything is noticed at the next change" {
	local token other

	prepare_server
	start_sharing
	token=$(pending_token)
	redis a FLUSHALL
	run operate approve token_id="$token"
	assert_output -p "$UNKNOWN"
	until_open
	# What could not be recorded did not happen.
	assert_equal "$(desk)" "here pending $token"
	assert_equal "$(listed state)" pending
	must "$OK" operate approve token_id="$token"
	assert_equal "$(desk)" "here approved $token"
}

@test "while the server is away, the policy alone decides, and other requests are denied with a reason" {
	local token status

	prepare_server
	cat >"$TMP/policy" <<-'END'
		{"metadata":{"id":"p","version":"1"},"exec":[
		{"id":"look","argv":["/usr/bin/ls","**"],"action":"allow","reason":"looks"},
		{"id":"never","argv":["/usr/bin/rm","**"],"action":"deny","reason":"never"}]}
	END
	chmod 600 "$TMP/policy"
	start_sharing --policy "$TMP/policy"
	token=$(pending_token)
	must "$OK" operate approve token_id="$token"
	kill_server a
	until_closed '*'

	run ask executable=/usr/bin/ls
	assert_decision allow
	run ask executable=/usr/bin/rm
	assert_decision deny -p never
	run ask
	assert_decision deny -p "closed: the store $SERVER: "
	run ask approval_token="$token"
	assert_decision deny -p "closed: the store $SERVER: "
	run operate revoke token_id="$token" reason=no
	assert_output -p '"outcome":"unsupported_action","reason":"closed: the store '
	assert_equal "$(listed state)" approved
	move_clock 2
	status=$(operate status)
	[[ $status =~ \"closed_ms\":([0-9]+) ]]
	((BASH_REMATCH[1] >= 2000))

	# The daemon recovers by itself.
	start_server a
	try_again
	must "$ALLOWED" ask approval_token="$token"
}

@test "a server that hangs delays the daemon once, by its timeout" {
	local token

	prepare_server
	start_sharing --store-timeout 1s
	token=$(pending_token)
	kill -STOP "${SERVERS[a]}"
	run operate approve token_id="$token"
	assert_output -p "$UNKNOWN: the change could not be recorded: the store $SERVER: no reply: no answer in time"
	until_closed '*no answer in time'
	run ask
	assert_decision deny -p 'no answer in time'
	# The file is in order at once, which does not open the store.
	assert_log "firma: $TOKENS: rewritten"
	refute_log -p 'open again'

	# The server runs the call late, and refuses it.
	kill -CONT "${SERVERS[a]}"
	try_again
	assert_equal "$(listed state)" pending
	assert_equal "$(desk)" "here pending $token"
	must "$OK" operate approve token_id="$token"
	assert_equal "$(desk)" "here approved $token"
}

@test "a server that could lose acknowledged changes is refused with a reason" {
	local setting value what

	prepare_server
	while read -r setting value what; do
		redis a CONFIG SET "$setting" "$value"
		start_sharing
		until_closed "*$what*"
		run firma store status "$SERVER"
		assert_equal "$status" 1
		assert_output -p "$what"

		case $setting in
		appendonly) redis a CONFIG SET appendonly yes ;;
		appendfsync) redis a CONFIG SET appendfsync always ;;
		maxmemory-policy) redis a CONFIG SET maxmemory-policy noeviction ;;
		esac
		try_again
		stop_daemon
	done <<-END
		appendonly no keeps no log of its changes
		appendfsync everysec may lose its last second
		maxmemory-policy allkeys-lru forgets keys when its memory is full
	END

	redis a CONFIG SET appendfsync everysec
	start_sharing --store-durability everysec
	until_open
	[[ $(operate status) == *'"may_lose_a_second":true'* ]]
}

@test "a replica, and a server with other functions or none, are refused with a reason" {
	start_server a
	start_sharing
	until_closed '*does not have the functions of the library firma1*'
	redis a FUNCTION LOAD $'#!lua name=firma1\nredis.register_function("firma1_x", function() return 1 end)'
	move_clock 5
	until_closed '*other functions of the name firma1*'
	run firma store install "$SERVER"
	assert_equal "$status" 1
	must 'installed firma1' firma store install --replace "$SERVER"
	must 'firma1 is already installed' firma store install "$SERVER"
	try_again

	redis a REPLICAOF 127.0.0.1 1
	run operate revoke token_id=11111111-1111-4111-8111-111111111111 reason=x
	run ask
	assert_decision deny
	until_closed '*replica of another*'
	redis a REPLICAOF NO ONE
	try_again
}

@test "a password is read from a file that is closed to others, and may change" {
	prepare_server
	redis a CONFIG SET requirepass first
	start_sharing
	until_closed '*NOAUTH*'
	stop_daemon

	echo second >"$TMP/password"
	chmod 604 "$TMP/password"
	start_sharing --store-password "$TMP/password"
	until_closed '*can be read by everyone*'
	chmod 600 "$TMP/password"
	move_clock 5
	until_closed '*WRONGPASS*'
	echo first >"$TMP/password"
	try_again
	run firma store status --password "$TMP/password" "$SERVER"
	assert_equal "$status" 0
	run ! grep -a -e first -e second "$TMP/log"
}

@test "a user of the server with the manual's rights is enough, and with fewer the daemon is closed" {
	local RIGHTS token

	prepare_server
	start_sharing
	use_rights
	stop_daemon
	SERVER=redis:unix:build1@$TMP/a.redis
	start_sharing --store-password "$TMP/password"
	until_open
	token=$(pending_token)
	must "$OK" operate approve token_id="$token"
	must "$ALLOWED" ask approval_token="$token"

	redis a ACL SETUSER build1 -hset
	run ask 'args:=["more"]'
	assert_decision deny
	until_closed "*$NO_RIGHT*"
	redis a ACL SETUSER build1 +hset '-config|get'
	move_clock 5
	until_closed '*does not tell when it syncs*'
}

@test "what another client writes is refused or replaced, never believed" {
	local token kind what

	prepare_server
	start_sharing
	token=$(pending_token)
	for kind in t end host; do
		redis a DEL "$(key $kind)"
		[[ $kind != host ]] || what=$(redis a --raw KEYS '*:t')
		case $kind in
		t | end) redis a SET "$(key $kind)" nonsense ;;
		host) redis a SET "${what%t}host" nonsense ;;
		esac
		run operate approve token_id="$token"
		assert_output -p "$UNKNOWN"
		[[ $kind != host ]] || break
		until_open
		assert_equal "$(listed state)" pending
		assert_equal "$(desk)" "here pending $token"
	done
	until_closed '*WRONGTYPE*'
	redis a DEL "${what%t}host"
	try_again

	redis a HSET "$(key t)" "$token" nonsense
	redis a HSET "$(key t)" x 'pending {"token_id":"\u0000"}'
	redis a HSET "$(key host)" name $'\e[2J'
	run firma store list --desk "$DESK" "$SERVER"
	assert_equal "$status" 3
	refute_output -p $'\e'
	assert_output -p '3 entries on the server are not valid'
	run operate approve token_id="$token"
	assert_output -p "$UNKNOWN"
	until_open
	must "$OK" operate approve token_id="$token"
	assert_equal "$(desk)" "here approved $token"
}

@test "a machine with the same ID in another boot waits until the first is gone" {
	local host

	prepare_server
	start_sharing
	host=$(key host)
	kill_daemon
	new_boot
	start_sharing
	until_closed '*another machine uses the ID of this gate*'
	redis a HSET "$host" seen 0
	try_again
}

# Finds a free port on loopback.
free_port() {
	python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])'
}

has_replica() {
	[[ $(redis a INFO replication) == *state=online* ]]
}

@test "with replicas, a change is answered only when they have it, and one can take over" {
	local port consumed approved

	port=$(free_port)
	prepare_server --port "$port" --bind 127.0.0.1 --repl-diskless-sync-delay 0
	start_sharing --store-replicas 1 --store-timeout 1s
	until_closed '*only 0 of 1 replicas have the change'
	start_server b --replicaof "127.0.0.1 $port"
	_until "${SERVERS[b]}" has_replica
	try_again
	consumed=$(pending_token)
	approved=$(pending_token)
	must "$OK" operate approve token_id="$consumed"
	must "$OK" operate approve token_id="$approved"
	must "$ALLOWED" ask approval_token="$consumed"

	kill -STOP "${SERVERS[b]}"
	run ask 'args:=["x"]'
	assert_decision deny
	until_closed '*only 0 of 1 replicas have the change'
	kill -CONT "${SERVERS[b]}"

	# The replica takes the server's place.
	stop_daemon
	kill_server a
	redis b REPLICAOF NO ONE
	mv "$TMP/b.redis" "$TMP/a.redis"
	assert_equal "$(desk)" "here approved $approved"
	start_sharing
	must "$CONSUMED" ask approval_token="$consumed"
	must "$ALLOWED" ask approval_token="$approved"
}

@test "a line that is cut at any byte of an answer leaves nothing half done" {
	local token n control=$TMP/control

	prepare_server
	echo pass >"$control"
	_background proxy /usr/bin/env python3 "$BATS_TEST_DIRNAME/helper/cut-proxy.py" \
		"$TMP/line" "$TMP/a.redis" "$control"
	SERVER=redis:unix:$TMP/line
	start_sharing --store-timeout 300ms
	token=$(pending_token)
	for n in 0 1 4 13; do
		echo "cut $n" >"$control"
		run operate approve token_id="$token"
		assert_output -p "$UNKNOWN"
		echo pass >"$control"
		try_again
		echo "cut $n" >"$control"
		run ask 'args:=["other"]'
		assert_decision deny "the change could not be recorded: the store $SERVER: no reply: the server has ended the connection"
		echo pass >"$control"
		try_again
		assert_equal "$(desk)" "here pending $token"
		assert_equal "$(listed state)" pending
	done
	for n in hold drip; do
		echo "$n" >"$control"
		run operate approve token_id="$token"
		assert_output -p "$UNKNOWN"
		until_closed '*no answer in time'
		echo pass >"$control"
		try_again
		assert_equal "$(desk)" "here pending $token"
	done
	must "$OK" operate approve token_id="$token"
	for n in hold 'cut 9'; do
		echo "$n" >"$control"
		run ask approval_token="$token"
		assert_decision deny
		echo pass >"$control"
		try_again
		# The token was consumed for a request that was then denied.
		must "$CONSUMED" ask approval_token="$token"
		assert_equal "$(desk)" ''
	done
}

@test "a change is in the server before it is in the file, and in the file before it is answered" {
	local token calls

	prepare_server
	trace -e trace=sendto,fdatasync,recvfrom
	start_sharing
	token=$(pending_token)
	must "$OK" operate approve token_id="$token"
	stop_daemon
	# The server's replies are read in parts of 16 KiB, and a client's requests of 64.
	sed -nE -e '/^sendto.* MSG_NOSIGNAL, /s/.*/asks the server/p' \
		-e '/^recvfrom.* 16384, 0, .*= [1-9]/s/.*/the server has it/p' \
		-e '/^fdatasync.*tokens\.jsonl/s/.*/the file has it/p' \
		-e '/^sendto.*MSG_DONTWAIT/s/.*/answers/p' "$TMP/trace" >"$TMP/calls"
	assert_equal "$(tail -n 4 "$TMP/calls")" \
		$'asks the server\nthe server has it\nthe file has it\nanswers'
}

@test "a wrong command line is a usage error" {
	local options

	while read -r options; do
		# shellcheck disable=SC2086 # words
		run firma serve --socket "$SOCKET" --state-dir "$STATE_DIR" $options
		assert_equal "$options: $status" "$options: 2"
	done <<-END
		--store redis:unix:relative --desk d
		--store redis://name.example --desk d
		--store redis://127.0.0.1/ --desk d
		--store redis://127.0.0.1:0 --desk d
		--store redis://[::1 --desk d
		--store redis://127.0.0.1/x --desk d
		--store redis:unix:/s
		--store redis:unix:/s --desk a:b
		--store redis:unix:/s --desk d --host {x}
		--store redis:unix:/s --desk d --store-timeout 1h
		--store redis:unix:/s --desk d --store-replicas 17
		--store redis:unix:/s --desk d --store-durability no
		--store file --desk d
		--store memory --host h
		--store-replicas 1
	END
	run firma store status redis:nowhere
	assert_equal "$status" 2
	run firma store status "redis:unix:$TMP/nothing"
	assert_equal "$status" 3
	assert_output -p 'No such file or directory'
}
