#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
#
# What tokens cost (design, section 7): processor time and memory, which a busy machine hardly
# changes, and as ratios of one run where that is possible. The figures are printed.

load lib

setup() {
	lib_setup
	((${#WRAPPER[@]} == 0)) || skip "it runs under another program"
	! grep -q __asan_init "$FIRMA" || skip "a sanitizer has costs of its own"
}

# serve_many NAME [N]: a daemon at $TMP/NAME.sock, with N tokens on record.
serve_many() {
	"$UNIT" fill "$TMP/$1" "${@:2}"
	SOCKET=$TMP/$1.sock STATE_DIR=$TMP/$1 FIRMA_TEST_WITNESS='' start_daemon \
		--default-action pending_hitl --max-store 1G --max-pending 1000000
}

@test "a change costs the same with 100,000 tokens as with 10, and a token less than 1 KiB" {
	local few

	serve_many few 10
	few=$DAEMON
	serve_many many 100000
	run "$UNIT" cost "$TMP/few.sock" "$few" "$TMP/many.sock" "$DAEMON"
	assert_status 0
	echo "# $output" >&3
	awk -v ratio="$(field ratio)" 'BEGIN { exit !(ratio <= 1.2) }' || fail "$output"
	(($(field many) - $(field few) < 1024 * 99990)) || fail "$output"
}

# It is for a machine at rest to say that this is less than 50 ms.
@test "10,000 tokens are read before one notices" {
	local n

	for n in 0 10000; do
		"$UNIT" fill "$TMP/state$n" "$n"
		run "$UNIT" activate "$SOCKET" "$FIRMA" serve --socket "$SOCKET" \
			--state-dir "$TMP/state$n" 2>>"$TMP/log"
		assert_status 0
		echo "# $n tokens, from the start to the first reply: ${lines[-1]}" >&3
	done
	n=$(field processor_ms)
	((${n%.*} < 200)) || fail "$output"
}
