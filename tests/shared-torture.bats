#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
#
# Three daemons that share a server: all four are killed at any moment, and the lines between them are
# cut (firma-store(7)). What clients, lists and the server's copy said is a history, and a program of
# its own judges it.

load shared

torture() { # [OPTION...]
	_command "$FIRMA" serve --default-action pending_hitl --max-pending 4096 --token-ttl 24h --max-ttl 24h
	FIRMA_TEST_WITNESS='' python3 "$BATS_TEST_DIRNAME/helper/desk-torture.py" \
		--server "$(printf '%s\n' "${SERVER_COMMAND[@]}")" --client "$CLIENT" \
		${DESK_TORTURE_SEED:+--seed "$DESK_TORTURE_SEED"} "$@" "$TMP" "$TMP/history" -- "${CMD[@]}"
}

judge() {
	python3 "$BATS_TEST_DIRNAME/helper/desk-history.py" "$TMP/history"
}

# Writes a history of standard input, where a reply may be one word.
history() {
	sed -e "s/ PENDING$/ {\"decision\":\"pending_hitl\",\"reason\":\"awaiting human approval\",\"approval_token\":\"x\"}/" \
		-e "s/ WAITS$/ {\"decision\":\"pending_hitl\",\"reason\":\"awaiting human approval\"}/" \
		-e "s/ ALLOW$/ $ALLOWED/" -e "s/ CONSUMED$/ $CONSUMED/" -e "s/ OK$/ $OK/" \
		-e 's/ UNKNOWN$/ {"outcome":"unsupported_action","reason":"outcome unknown: no answer"}/' \
		>"$TMP/history"
}

# DESK_TORTURE_KILLS is another number, and DESK_TORTURE_SEED the seed of a run that is to be had
# again, as far as the machine lets it.
@test "daemons of a desk and its server are killed at random moments, and each token lives by its table" {
	local kills=${DESK_TORTURE_KILLS:-5} key

	run torture --kills "$kills"
	assert_status 0
	echo "$output"
	(($(field line) > 0))
	((kills == 5)) || echo "# ${output//$'\n'/, }" >&3
	run judge
	echo "$output"
	assert_status 0
	assert_field violations 0
	for key in 'issue pending_hitl' 'approve ok' 'revoke ok' 'retry allow' kills looks; do
		(($(field "$key") >= kills))
	done
}

@test "another client that makes a consumed token approved in the server is found out" {
	run torture --kills 1 --cheat copy
	assert_status 0
	run judge
	assert_status 1
	assert_line -e '^token .* of host [abc]: the server has it as approved, after consumed was answered$'
}

@test "a daemon that goes on from an older file is found out" {
	run torture --kills 3 --cheat file
	assert_status 0
	run judge
	assert_status 1
	assert_line -e '^token .* of host [abc]: .* could only be '
}

@test "a history in which a token is consumed twice is refused" {
	history <<-'END'
		call 1 a issue 7
		done 1 PENDING
		call 2 a approve 7
		done 2 OK
		call 3 a retry 7
		done 3 ALLOW
		kill a
		start a
		call 4 a retry 7
		done 4 ALLOW
	END
	run judge
	assert_status 1
	assert_line "token 7 x of host a: was consumed twice"

	# Nor at the same time.
	history <<-'END'
		call 1 a issue 7
		done 1 PENDING
		call 2 a approve 7
		call 3 a retry 7
		call 4 a retry 7
		done 4 ALLOW
		done 3 ALLOW
		done 2 OK
	END
	run judge
	assert_status 1
	assert_line "token 7 x of host a: was consumed twice"
	assert_line -p "'approved by an operator', and it could only be consumed"
}

@test "a history in which an approval or a revocation is lost is refused" {
	local begin=$'call 1 b issue 7\ndone 1 PENDING\ncall 2 b approve 7\ndone 2 OK\nkill b\nstart b'

	history <<<"$begin"$'\ncall 3 b retry 7\ndone 3 WAITS'
	run judge
	assert_status 1
	assert_line -e "retry was answered 'pending_hitl' .*, and it could only be approved$"

	history <<<"$begin"$'\nlisting 3 b\nlisted 3 {"7":["x","pending"]}'
	run judge
	assert_status 1
	assert_line "token 7 x of host b: is listed as pending, and could only be approved"

	history <<<"$begin"$'\nlooking 3 b\nlooked 3 {"x":"pending"}'
	run judge
	assert_status 1
	assert_line "token 7 x of host b: the server has it as pending, after approved was answered"

	history <<<"${begin/approve/revoke}"$'\ncall 3 b approve 7\ndone 3 OK'
	run judge
	assert_status 1
	assert_line -e "approve was answered 'ok' '', and it could only be revoked$"
}

@test "a history in which a token comes from nowhere, or is another one, is refused" {
	local begin=$'call 1 b issue 7\ndone 1 PENDING'

	history <<<"$begin"$'\nlisting 2 b\nlisted 2 {"7":["x","pending"],"8":["z","pending"]}'
	run judge
	assert_status 1
	assert_line "token 8 z of host b: nobody asked for it"

	history <<<"$begin"$'\nlisting 2 b\nlisted 2 {"7":["y","pending"]}'
	run judge
	assert_status 1
	assert_line "token 7 x of host b: is y now"

	history <<<"$begin"$'\nlooking 2 b\nlooked 2 {"x":"approved"}'
	run judge
	assert_status 1
	assert_line "token 7 x of host b: the server has it as approved, which nobody asked for"

	history <<<"$begin"$'\nsettled\nlisting 2 b\nlisted 2 {}\nlooking 3 b\nlooked 3 {"x":"pending"}'
	run judge
	assert_status 1
	assert_line "token 7 x of host b: the server has it as pending, and the host has not"

	history <<<"$begin"$'\ncall 2 b revoke 7\ndone 2 {"outcome":"perhaps"}'
	run judge
	assert_status 2
}

@test "a history with requests at the same time, lost replies and unknown outcomes is fine" {
	history <<-'END'
		call 1 a issue 7
		done 1 PENDING
		call 2 a retry 7
		call 3 a approve 7
		call 4 a retry 7
		done 4 ALLOW
		done 2 CONSUMED
		lost 3
		kill a
		start a
		call 5 a retry 7
		done 5 CONSUMED
	END
	run judge
	assert_status 0

	history <<-'END'
		call 1 a issue 7
		done 1 PENDING
		call 2 a approve 7
		done 2 UNKNOWN
		listing 3 a
		listed 3 {"7":["x","pending"]}
		call 4 a approve 7
		looking 5 a
		looked 5 {"x":"approved"}
		lost 4
		kill a
		start a
		listing 6 a
		listed 6 {"7":["x","approved"]}
		call 7 a revoke 7
		done 7 UNKNOWN
		call 8 a retry 7
		done 8 ALLOW
	END
	run judge
	assert_status 0

	# What was once seen stays so.
	sed -i 's/"approved"\]/"pending"]/' "$TMP/history"
	run judge
	assert_status 1
}
