#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
#
# What a token may do is the same whichever store keeps it. Tests of other files, which use the file
# store, run again with the memory store and with a shared one. The same tests are chosen for both; the
# shared store also runs those that start the daemon again.

# shellcheck disable=SC2153 # what is read is the library's

load shared

# Names of tests, as extended regular expressions, by file.
ANY_TOKEN='each question gets|an approval is good|each bound field|of two faults in a retry|is not found$'
ANY_TOKEN+='|a token expires|an operator.s fingerprint'
ANY_WAIT='is heard at once|retry that wait|as long as somebody waits|the oldest wins|turn of the approval'
ANY_RESUME='stays one token|is used, once|asked anew|consume false'
ANY_JOINED='several that wait'
ANY_SYNC='an approval is an allow|left before an approval'

DURABLE_TOKEN='says after the daemon was|a token from later'
DURABLE_WAIT='extension outlives|tokens outlive it|forgets nothing'
DURABLE_RESUME='after a restart'
DURABLE_JOINED='one token, on record|only what is pending|several has consumed'
DURABLE_SYNC='was killed finds|token is over, and says why'
DURABLE_STORE='after a kill|one turn changes|can come in one turn|goes back under|superseded is dropped'
DURABLE_STORE+='|stops in time|dies in time'

# again STORE FILE NAMES COUNT: those tests of the file, which must be so many, pass with that store.
again() {
	local name clean=(env) results

	for name in "${!BATS_@}"; do
		clean+=(-u "$name")
	done
	results=$("${clean[@]}" TMPDIR="${TMPDIR:-/tmp}" FIRMA_STORE="$1" FIRMA="$FIRMA" UNIT="$UNIT" \
		FIRMA_SHIPPED="$FIRMA_SHIPPED" FIRMA_WRAPPER="${WRAPPER[*]}" \
		bats --tap --filter "$3" "$BATS_TEST_DIRNAME/$2.bats" 3>&- 2>&1) || fail "$results"
	assert_equal "$2: $(grep -c '^ok ' <<<"$results")" "$2: $4"
}

# any_store STORE
any_store() {
	again "$1" token "$ANY_TOKEN" 8
	again "$1" wait "$ANY_WAIT" 9
	again "$1" resume "$ANY_RESUME" 6
	again "$1" joined "$ANY_JOINED" 1
	again "$1" sync-wait "$ANY_SYNC" 2
}

@test "a token in memory does what one in a file does" {
	FIRMA_STORE=memory start_daemon
	run operate status
	assert_output -p '"store":{"kind":"memory",'
	stop_daemon
	any_store memory
}

@test "a token in a shared store does what one in a file does" {
	local hosts

	prepare_server
	any_store "$SERVER"
	# The tests' daemons were there: each state directory is a host.
	hosts=$(redis a --raw KEYS 'firma:{tests}:*:host' | wc -l)
	((hosts >= 20)) || fail "$hosts hosts"
}

@test "a shared store outlives its daemon as a file does" {
	prepare_server
	again "$SERVER" token "$DURABLE_TOKEN" 3
	again "$SERVER" wait "$DURABLE_WAIT" 3
	again "$SERVER" resume "$DURABLE_RESUME" 1
	again "$SERVER" joined "$DURABLE_JOINED" 3
	again "$SERVER" sync-wait "$DURABLE_SYNC" 2
	again "$SERVER" store "$DURABLE_STORE" 7
}
