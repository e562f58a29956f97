#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
#
# `firma check --wait`: what it prints and when, how it ends, and what becomes of it when the daemon
# does (design, section 2).
#
# What is set here may be for the library, as what is read may be the library's:
# shellcheck disable=SC2030,SC2031,SC2034,SC2153,SC2154

load hold

# waits NAME [OPTION...]: `firma check --wait`, in the background, until it has printed something.
# `finish NAME` has the rest, its status, and standard error. Fills TOKEN with what it printed.
waits() {
	local name=$1

	shift
	_background "$name" "${VIA[@]}" "$FIRMA" check --wait "$@" -- true
	TOKEN=$(head -n 1 "$TMP/$name.out")
}

# is_held N: do so many wait at the daemon?
is_held() {
	[[ $(operate status | head -n 1 | "$UNIT" get waiting) == "$1" ]]
}

# until_held [N]
until_held() {
	_until "$DAEMON" is_held "${1-1}" || fail "nobody waits"
}

# says NAME: all that is on its standard error so far.
says() {
	cat "$TMP/$1.err"
}

# --- how it goes ----------------------------------------------------------------------------------

@test "the token is printed before the waiting, alone, and an approval ends it with 0" {
	start_asking
	waits asker
	assert_equal "$(<"$TMP/asker.out")" "$(listed token_id)"
	until_held
	assert_equal "$(says asker)" \
		"firma: pending: a person must decide about $TOKEN; waiting"
	must "$OK" operate approve token_id="$TOKEN"
	finish asker
	assert_status 0
	assert_equal "$(<"$TMP/asker.out")" "$TOKEN"
	assert_equal "$(says asker | wc -l)" 1
	assert_state "$TOKEN" consumed
}

@test "a refusal ends it with 1 and the operator's words, escaped" {
	start_asking
	waits asker
	until_held
	must "$OK" operate revoke token_id="$TOKEN" reason=$'not\tnow\e[31m'
	finish asker
	assert_status 1
	assert_line -n -1 'firma: denied: refused by an operator: not\u{9}now\u{1B}[31m'
}

@test "without a time it waits until the token expires" {
	start_asking --max-ttl 5min
	waits asker
	until_held
	move_clock 301
	finish asker
	assert_status 4
	assert_line -n -1 'firma: expired: approval token expired; ask again'
	run firma check --token "$TOKEN" -- true
	assert_status 4
	assert_output 'firma: expired: approval token expired; ask again'
	run firma check --token 11111111-1111-4111-8111-111111111111 -- true
	assert_status 1
}

@test "it goes on waiting beyond the longest wait of one request" {
	start_asking --token-ttl 2h
	waits asker
	until_held
	move_clock 601
	until_held
	move_clock 601
	until_held
	must "$OK" operate approve token_id="$TOKEN"
	finish asker
	assert_status 0
	assert_equal "$(listed token_id)" "$TOKEN"
}

@test "when its time is over it ends with 75 and says how to go on" {
	start_asking
	_background asker "$FIRMA" check --wait=10s -- true
	TOKEN=$(listed token_id)
	until_held
	move_clock 9
	is_held 1
	move_clock 1.1
	finish asker
	assert_status 75
	assert_equal "$(<"$TMP/asker.out")" "$TOKEN"
	assert_line -n -1 "firma: still pending: ask again with --token $TOKEN"
	must "$OK" operate approve token_id="$TOKEN"
	run firma check --token "$TOKEN" -- true
	assert_status 0
}

@test "what is decided at once is not waited for" {
	start_daemon --default-action allow
	run --separate-stderr firma check --wait -- true
	assert_status 0
	refute_output
	refute_stderr
	stop_daemon
	start_daemon --default-action deny
	run --separate-stderr firma check --wait -- true
	assert_status 1
	refute_output
	assert_stderr 'firma: denied: denied by the default action'
	stop_daemon
	run --separate-stderr firma check --wait -- true
	assert_status 3
	refute_output
}

@test "with --token it waits on, and of two that wait the second is refused" {
	local token

	start_asking
	token=$(firma check -- true || true)
	waits first --token "$token"
	assert_equal "$TOKEN" "$token"
	until_held 1
	waits second --token "$token"
	until_held 2
	must "$OK" operate approve token_id="$token"
	finish first
	assert_status 0
	finish second
	assert_status 1
	assert_line -n -1 'firma: denied: approval token already consumed'
	assert_equal "$(listed token_id)" "$token"
}

@test "with --quiet it says nothing but the token" {
	start_asking
	waits asker --quiet
	until_held
	must "$OK" operate revoke token_id="$TOKEN"
	finish asker
	assert_status 1
	refute_output
	assert_equal "$(<"$TMP/asker.out")" "$TOKEN"
}

@test "with --json it prints the pending reply and the last one, as they came" {
	local token

	start_asking
	waits asker --json
	until_held
	token=$(listed token_id)
	[[ $TOKEN == '{"decision":"pending_hitl","reason":"awaiting human approval"'",\
\"approval_token\":\"$token\",\"retry_after_ms\":500,"* ]] || fail "$TOKEN"
	must "$OK" operate approve token_id="$token"
	finish asker
	assert_status 0
	assert_line -n 0 -p "${ALLOWED%\}}"
	assert_equal "$(wc -l <"$TMP/asker.out")" 2
}

@test "--wait excludes --request, and wants a time that is one" {
	request >"$TMP/request"
	run firma check --wait --request "$TMP/request"
	assert_status 2
	assert_output "firma: --wait excludes --request, which has its own wait_ms (see 'firma check --help')"
	run firma check --wait=soon -- true
	assert_status 2
	assert_output "firma: --wait wants a time, such as 10min (see 'firma check --help')"
}

@test "a request that waits by itself is waited for" {
	local token

	start_asking --token-ttl 1h
	request wait_ms:=600000 >"$TMP/request"
	echo begun >"$TMP/asker.out"
	_command "$FIRMA" check --request "$TMP/request"
	_spawn "${CMD[@]}" >>"$TMP/asker.out" 2>"$TMP/asker.err"
	BACKGROUND[asker]=$!
	until_held
	move_clock 590
	token=$(listed token_id)
	must "$OK" operate approve token_id="$token"
	finish asker
	assert_status 0
	refute_output
}

# --- being interrupted ----------------------------------------------------------------------------

@test "ctrl-C leaves the token pending, says how to go on, and ends it by that signal" {
	need_trace
	start_asking
	VIA=(env --default-signal=INT strace -D -e trace=none -o "$TMP/trace")
	waits asker
	until_held
	kill -INT "${BACKGROUND[asker]}"
	finish asker
	assert_status 130
	assert_line -n -1 "firma: interrupted: the request waits on; ask again with --token $TOKEN"
	_until $$ grep -q '^+++ killed by SIGINT +++' "$TMP/trace"
	_until "$DAEMON" is_held 0
	assert_state "$TOKEN" pending
	must "$OK" operate approve token_id="$TOKEN"
	run firma check --token "$TOKEN" -- true
	assert_status 0
}

@test "so do the other signals that end a program, and --quiet says nothing then" {
	local signal number

	start_asking
	for signal in TERM:143 HUP:129; do
		number=${signal#*:} signal=${signal%:*}
		VIA=(env --default-signal="$signal")
		waits asker --quiet
		until_held
		kill "-$signal" "${BACKGROUND[asker]}"
		finish asker
		assert_status "$number"
		refute_output
		_until "$DAEMON" is_held 0
		assert_state "$TOKEN" pending
	done
}

@test "a signal that was ignored stays so" {
	start_asking
	VIA=(env --ignore-signal=INT --ignore-signal=HUP)
	waits asker
	until_held
	kill -INT "${BACKGROUND[asker]}"
	kill -HUP "${BACKGROUND[asker]}"
	must "$OK" operate approve token_id="$TOKEN"
	finish asker
	assert_status 0
	refute_output -p interrupted
}

# --- a daemon that goes ---------------------------------------------------------------------------

@test "a daemon that is restarted meanwhile is waited for" {
	start_asking
	waits asker --timeout 1min
	until_held
	stop_daemon
	start_asking
	until_held
	kill_daemon
	start_asking
	until_held
	must "$OK" operate approve token_id="$TOKEN"
	finish asker
	assert_status 0
	assert_equal "$(says asker | wc -l)" 1
}

@test "what is approved while nobody could hear it is allowed when the daemon is back" {
	local asker

	start_asking
	waits asker --timeout 1min
	until_held
	asker=${BACKGROUND[asker]}
	kill -STOP "$asker"
	stop_daemon
	start_asking
	must "$OK" operate approve token_id="$TOKEN"
	kill -CONT "$asker"
	finish asker
	assert_status 0
	assert_state "$TOKEN" consumed
}

@test "a daemon that stays away is given up after --timeout" {
	start_asking
	waits asker --timeout 1h
	until_held
	kill_daemon
	move_clock 3500
	run ! _is_gone "${BACKGROUND[asker]}"
	move_clock 200
	finish asker
	assert_status 3
	assert_line -n -1 -e "^firma: could not decide: $SOCKET: .*; ask again with --token $TOKEN\$"
}

# pending_daemon MS: a daemon that answers so at once, whatever is asked, and notes when it did.
pending_daemon() {
	local reply

	reply='{"decision":"pending_hitl","reason":"wait","approval_token":"'"$ID"'","retry_after_ms":'"$1"'}'
	# shellcheck disable=SC2016 # for the shell that runs it
	_spawn systemd-socket-activate --accept --inetd --listen "$SOCKET" bash -c '
		IFS= read -r line
		echo "$EPOCHREALTIME" >>"$1"
		printf "%s\n" "$2"' bash "$TMP/asked" "$reply" </dev/null >"$TMP/fake.out" 2>&1
	BACKGROUND[fake]=$!
	_until "$!" _listens "$SOCKET" || fail "no one listens: $(<"$TMP/fake.out")"
}

was_asked() {
	(($(wc -l <"$TMP/asked") >= $1))
}

@test "a daemon that doesn't hold its answers back is not hammered" {
	local times

	pending_daemon 0
	waits asker
	assert_equal "$TOKEN" "$ID"
	_until "${BACKGROUND[asker]}" was_asked 6
	mapfile -t times <"$TMP/asked"
	# Between the second and the sixth, without their points: µs.
	((${times[5]/./} - ${times[1]/./} >= 4 * 90000)) || fail "asked at ${times[*]}"
}
