#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
#
# Servers that a daemon may not use, or not any longer, each of which closes the shared store by name
# (firma-store(7)); tests/shared.bats has those that could lose data, replicas, and passwords.

# What is read may be the library's, and read by it:
# shellcheck disable=SC2030,SC2031,SC2153,SC2154

load shared

# recovers: the daemon is open again by itself, and a token can live its life.
recovers() {
	local token

	try_again
	token=$(pending_token)
	must "$OK" operate approve token_id="$token"
	must "$ALLOWED" ask approval_token="$token"
}

@test "a server whose memory is full closes the store by name, and no change is answered" {
	local pending approved

	prepare_server
	start_sharing
	pending=$(pending_token)
	approved=$(pending_token)
	must "$OK" operate approve token_id="$approved"
	redis a CONFIG SET maxmemory 1
	run operate approve token_id="$pending"
	assert_output -p 'outcome unknown: '
	until_closed '*OOM *'
	run ask 'args:=["more"]'
	assert_decision deny -p 'OOM '
	run ask approval_token="$approved"
	assert_decision deny -p 'OOM '
	move_clock 5
	until_closed '*OOM *'
	assert_equal "$(listed state)" $'pending\napproved'

	redis a CONFIG SET maxmemory 0
	try_again
	must "$ALLOWED" ask approval_token="$approved"
	assert_equal "$(desk)" "here pending $pending"
}

@test "a server that takes no writes for lack of replicas closes the store by name" {
	local token

	prepare_server
	start_sharing
	token=$(pending_token)
	redis a CONFIG SET min-replicas-to-write 1
	run operate approve token_id="$token"
	assert_output -p 'outcome unknown: '
	until_closed '*NOREPLICAS *'
	assert_equal "$(listed state)" pending
	redis a CONFIG SET min-replicas-to-write 0
	recovers
}

@test "a server that becomes a replica, as one that was demoted, closes the store at the next change" {
	local token

	prepare_server
	start_sharing
	token=$(pending_token)
	redis a REPLICAOF 127.0.0.1 1
	run operate approve token_id="$token"
	assert_output -p 'outcome unknown: '
	until_closed '*replica*'
	assert_equal "$(listed state)" pending
	redis a REPLICAOF NO ONE
	recovers
}

@test "a server that is too old is refused by name" {
	local version

	for version in 6.2.14 '' x; do
		rm -f "$TMP/a.redis"
		_background old /usr/bin/env python3 "$BATS_TEST_DIRNAME/helper/old-server.py" \
			"$TMP/a.redis" "$version"
		start_sharing
		until_closed "*the server is too old: its version is $version, and Redis 7 or Valkey 8 is needed"
		run firma store status "$SERVER"
		assert_status 1
		assert_output -p 'too old'
		stop_daemon
		_end_background
	done
	# With a version that is new enough it is another thing that this server lacks.
	rm -f "$TMP/a.redis"
	_background old /usr/bin/env python3 "$BATS_TEST_DIRNAME/helper/old-server.py" "$TMP/a.redis" 7.0.0
	start_sharing --store-durability everysec
	until_closed '*does not have the functions of the library firma1*'
}

@test "functions of another version of firma are refused by name, however alike" {
	local code

	prepare_server
	start_sharing
	code=$(redis a --raw FUNCTION LIST LIBRARYNAME firma1 WITHCODE | sed -n '/^#!lua/,$p')
	stop_daemon
	must firma1 redis a FUNCTION LOAD REPLACE "$code"$'\n-- of a newer one'
	start_sharing
	until_closed '*has other functions of the name firma1, of another version of firma*'
	run firma store status "$SERVER"
	assert_status 1
	must 'installed firma1' firma store install --replace "$SERVER"
	recovers
}

# Each is used for a connection that sends a token, or else for a turn that also forgets one. AUTH is
# never forbidden, and SELECT is for an address with a number. A daemon that lacks a right for turns alone
# is open again between them.
@test "a user of the server without any one of the manual's rights is refused by name" {
	local RIGHTS right when n=0 no="*$NO_RIGHT*" options

	prepare_server
	start_sharing
	pending_token
	stop_daemon
	use_rights
	SERVER=redis:unix:build1@$TMP/a.redis
	for right in $RIGHTS; do
		when=connection options=()
		case $right in
		+auth | +select | -* | +@*) continue ;;
		+wait) options=(--store-replicas 1) ;;
		+hget | +zrangebyscore | +hdel | +zrem) when=turn ;;
		+*) ;;
		*) continue ;;
		esac
		must OK redis a ACL SETUSER build1 "-${right#+}"
		start_sharing --store-password "$TMP/password" "${options[@]}"
		if [[ $when == turn ]]; then
			until_open
			redis a ZADD "$(key end)" 0 old
			run ask "args:=[\"$right\"]"
			assert_decision deny
			[[ $output == *$NO_RIGHT* ]]
		elif [[ $right == '+config|get' ]]; then
			until_closed '*does not tell when it syncs*CONFIG GET*'
		else
			until_closed "$no"
		fi
		must OK redis a ACL SETUSER build1 "$right"
		kill_daemon
		n=$((n + 1))
	done
	assert_equal "$n" 16
	start_sharing --store-password "$TMP/password"
	recovers
}

@test "a wrong password is refused by name, and so is one for a user who is not there" {
	prepare_server
	redis a ACL SETUSER build1 on '>secret' '~*' '+@all'
	(umask 077 && echo wrong >"$TMP/password")
	SERVER=redis:unix:build1@$TMP/a.redis
	start_sharing --store-password "$TMP/password"
	until_closed '*WRONGPASS*'
	run firma store status --password "$TMP/password" "$SERVER"
	refute_output -p wrong$
	((status != 0))
	stop_daemon
	SERVER=redis:unix:nobody@$TMP/a.redis
	start_sharing --store-password "$TMP/password"
	until_closed '*WRONGPASS*'
	run ! grep -a -w -e wrong -e secret "$TMP/log"
}
