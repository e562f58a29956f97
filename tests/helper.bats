#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
#
# What the other tests stand on: the client and the daemon that are not firma's, the clock that is
# moved, and the witness.

load lib

# clock boot|wall: µs, as the helper's clock has it.
clock() {
	local boot wall

	read -r boot wall < <("$UNIT" clock now)
	case $1 in
	boot) echo "$boot" ;;
	wall) echo "$wall" ;;
	esac
}

# about SECONDS FROM TO: TO is that far from FROM, give or take what a slow machine needs.
about() {
	local off=$(($3 - $2 - $1 * 1000000))

	((off >= 0 && off < 60000000)) || fail "$(($3 - $2)) us from $2 to $3, not about $1 s"
}

# witnessed REQUEST REPLY: what `unit witness` says of this exchange.
witnessed() {
	local hex=()

	for text in "$1" "$2"; do
		hex+=("$(printf %b "$text" | od -An -v -tx1 | tr -d ' \n')")
	done
	printf '{"request_hex":"%s","reply_hex":"%s"%s}\n' "${hex[@]}" "${3-}" >"$TMP/seen"
	"$UNIT" witness "$TMP/seen"
}

# accepted REQUEST REPLY, violation WHAT REQUEST REPLY: texts with printf's \n.
accepted() {
	run witnessed "$@"
	assert_output ''
	assert_status 0
}

violation() {
	run witnessed "${@:2}"
	assert_line -p "seen:1: $1"
	assert_status 1
}

# --- the probe and the fake daemon ----------------------------------------------------------------

@test "the probe prints the reply as it came" {
	fake garbage $'no newline: \u00e4'
	run send <<<'{}'
	assert_output $'no newline: \u00e4'
	assert_status 0
	finish fake
	assert_status 0
}

@test "the probe tells a connection that is closed without a byte" {
	fake silent-close
	run send <<<'{}'
	refute_output
	assert_status 4
}

@test "the probe tells a reset like a close" {
	fake reset
	run send <<<'{}'
	refute_output
	assert_status 4
}

@test "the probe fails where nobody listens" {
	run send <<<'{}'
	assert_output -p 'connect to '
	assert_status 1
}

@test "the probe sends byte by byte" {
	fake reply '{"decision":"allow"}'
	run send --byte-by-byte < <(request)
	assert_output '{"decision":"allow"}'
	assert_status 0
}

@test "the probe can end what it sends without a newline" {
	fake reply yes
	run send --half-close < <(printf 'no newline')
	assert_output yes
}

@test "the probe can leave without reading" {
	fake reply yes
	run send --no-read <<<'{}'
	refute_output
	assert_status 0
}

@test "the probe waits for a reply with its connection held open" {
	fake reply yes
	hold slow < <(printf '{"action"')
	finish fake # its standard input ends, so it closes
	finish slow
	refute_output
	assert_status 4
}

@test "the probe asks as often as it is told, at the edge of idleness as well" {
	start_daemon --idle-timeout 5s
	run send --repeat 40 --edge < <(request)
	assert_status 0
	assert_equal "${#lines[@]}" 40
	assert_decision deny
}

@test "the probe sends more than the daemon reads, and reads its reply" {
	start_daemon
	run send --big 1000000
	assert_status 0
	assert_decision deny
}

@test "the fake daemon sends one half of a reply" {
	fake half 0123456789
	run send <<<'{}'
	assert_output 01234
}

@test "the fake daemon leaves nothing behind" {
	fake never-accept
	[[ -S $SOCKET ]]
	finish fake
	assert_status 0
	[[ ! -e $SOCKET ]]
}

@test "the fake daemon hangs until its client leaves" {
	fake hang
	run send --no-read <<<'{}'
	assert_status 0
	finish fake
	assert_status 0
}

@test "the fake daemon can be another user's" {
	need_root
	AS_UID=4242 fake reply yes
	assert_equal "$(stat -c %u "$SOCKET")" 4242
	run send <<<'{}'
	assert_output yes
}

# --- JSON for shell scripts -----------------------------------------------------------------------

@test "a request is in order, but for what is asked" {
	run request
	assert_output '{"action":"local.exec","executable":"/usr/bin/git","args":["status"],"sandbox_id":"sbx","session_id":"sess","profile":"generic","hitl_mode":"async_token"}'

	run request executable=/bin/ls 'args:=[1e2]' sandbox_id- cwd='/a "b"=c'
	assert_output '{"action":"local.exec","executable":"/bin/ls","args":[1e2],"session_id":"sess","profile":"generic","hitl_mode":"async_token","cwd":"/a \"b\"=c"}'

	run request nonsense
	assert_status 2
}

@test "a key is read from each object" {
	run "$UNIT" get a < <(printf '%s\n' '{"a":"x y\n"}' '{"a":{"b":[1,null]}}' '{"a":12}')
	assert_output $'x y\n\n{"b":[1,null]}\n12'

	run "$UNIT" get A <<<'{"a":1}'
	assert_status 1
	run "$UNIT" get a <<<'[]'
	assert_status 1
}

# --- the clock ------------------------------------------------------------------------------------

@test "the clock is the real one until it is moved" {
	about 0 "$(($(date +%s) * 1000000))" "$(clock wall)"
	run "$UNIT" clock boot-id
	assert_output "$(</proc/sys/kernel/random/boot_id)"
}

@test "time passes without waiting" {
	local boot wall

	boot=$(clock boot) wall=$(clock wall)
	move_clock 3600
	about 3600 "$boot" "$(clock boot)"
	about 3600 "$wall" "$(clock wall)"
	move_clock 3600.5
	about 7200 "$boot" "$(clock boot)"
	move_clock -3600
	about 3600 "$boot" "$(clock boot)"
	move_clock -1000000000
	assert_equal "$(clock boot)" 0
}

@test "the wall clock moves alone" {
	local boot wall

	boot=$(clock boot) wall=$(clock wall)
	move_wall -86400
	about 0 "$boot" "$(clock boot)"
	about -86400 "$wall" "$(clock wall)"
}

@test "another boot has another ID" {
	local boot

	boot=$(clock boot)
	move_clock 60
	new_boot 01234567-89ab-4def-8123-456789abcdef
	run "$UNIT" clock boot-id
	assert_output 01234567-89ab-4def-8123-456789abcdef
	move_clock 60
	about 120 "$boot" "$(clock boot)"
	run "$UNIT" clock boot-id
	assert_output 01234567-89ab-4def-8123-456789abcdef

	new_boot nonsense
	run "$UNIT" clock boot-id
	assert_output EIO
	assert_status 1
}

@test "a clock file that says nothing is no clock" {
	echo nonsense >"$FIRMA_TEST_CLOCK"
	run "$UNIT" clock now
	assert_output -p "not a number: 'nonsense"
	assert_status 134
}

@test "moving the clock wakes whoever waits, and an early alarm is quiet when set again" {
	_background_held alarm "$UNIT" clock alarm 3600
	move_clock 1800
	_until "$!" grep -q early "$TMP/alarm.out"
	move_clock 1801
	_until "$!" grep -q due "$TMP/alarm.out"
	finish alarm
	assert_line -n -1 due
	assert_status 0
	((${#lines[@]} <= 3)) # it does not spin
}

@test "an alarm in the past is due at once" {
	_background_held alarm "$UNIT" clock alarm 0
	_until "$!" grep -q due "$TMP/alarm.out"

	unset FIRMA_TEST_CLOCK
	_background_held real "$UNIT" clock alarm 0
	_until "$!" grep -q due "$TMP/real.out"
}

# --- the witness ----------------------------------------------------------------------------------

@test "replies that keep to the wire are let be" {
	local exec='{"action":"local.exec"}\n' token=11111111-1111-4111-8111-111111111111

	accepted "$exec" '{"decision":"allow","reason":"yes"}\n'
	accepted "$exec" '{"decision":"deny","reason":"no"}\n'
	accepted "$exec" '{"decision":"pending_hitl","reason":"wait","approval_token":"'$token'","retry_after_ms":500}\n'
	accepted '{"action":"local.exec","detail":true}\n' '{"decision":"allow","reason":"yes","rule":"r","expires_at":"x","evidence":"e"}\n'
	accepted "$exec$exec" '{"decision":"allow","reason":"yes"}\n'
	accepted "$exec" ''
	accepted '' '{"decision":"deny","reason":"malformed request"}\n'
	accepted '{"action"' '{"decision":"deny","reason":"malformed request"}\n'
	accepted '{"action":"local.exec.list"}' '{"outcome":"ok"}\n'
	accepted '{"action":"local.exec.list"}' '{"token_id":"1"}\n{"token_id":"2"}\n{"outcome":"ok"}\n'
	accepted '{"action":"local.exec.list"}' '{"token_id":"1"}\n{"tok' ',"cut":true'
	accepted '{"action":"local.exec.watch"}' '{"outcome":"ok"}\n'
	accepted '{"action":"local.exec.watch"}' "$(event issued pending)$(event approved approved 0)$(event consumed consumed)"
	accepted '{"action":"local.exec.watch"}' "$(event issued pending)$(event expired expired)"'{"outcome":"unsupported_action"}\n'
	accepted '{"action":"local.exec.watch"}' "$(event revoked revoked 0)"'{"ev' ',"cut":true'
	accepted '{"action":"local.exec.list","a":1,"a":2}' '{"decision":"deny","reason":"malformed request"}\n'
}

@test "a decision that breaks the wire's promises is told" {
	local exec='{"action":"local.exec"}\n'

	violation "the reply has the key 'rule'" "$exec" '{"decision":"allow","reason":"yes","rule":"r"}\n'
	violation "the reply has the key 'rule'" '{"action":"local.exec","detail":1}' '{"decision":"allow","reason":"yes","rule":"r"}\n'
	violation "the reply has the key 'x'" '{"action":"local.exec","detail":true}' '{"decision":"allow","reason":"yes","x":1}\n'
	violation "the reply has the key 'reason' twice" "$exec" '{"decision":"allow","reason":"yes","reason":"no"}\n'
	violation "the reply has no reason" "$exec" '{"decision":"allow"}\n'
	violation "the reply has no reason" "$exec" '{"decision":"allow","reason":""}\n'
	violation "the reply has no decision" "$exec" '{"reason":"yes"}\n'
	violation "the reply has no decision" "$exec" '{"decision":"maybe","reason":"yes"}\n'
	violation "pending_hitl without approval_token" "$exec" '{"decision":"pending_hitl","reason":"wait","retry_after_ms":5}\n'
	violation "pending_hitl without retry_after_ms" "$exec" '{"decision":"pending_hitl","reason":"wait","approval_token":"1"}\n'
	violation "approval_token, but not pending_hitl" "$exec" '{"decision":"deny","reason":"no","approval_token":"1"}\n'
	violation "retry_after_ms, but not pending_hitl" "$exec" '{"decision":"deny","reason":"no","retry_after_ms":5}\n'
	violation "the reply is not one line" "$exec" '{"decision":"allow","reason":"yes"}'
	violation "the reply is not one line" "$exec" '{"decision":"allow",\n"reason":"yes"}\n'
	violation "the reply is no JSON object" "$exec" '{"decision":"allow","reason":"yes"}}\n'
	violation "the reply is no JSON object" "$exec" '{"decision":"allow","reason":"yes"}\n{"outcome":"ok"}\n'
	violation "'allow' to what is no request" '{"action":"local.exec"' '{"decision":"allow","reason":"yes"}\n'
	violation "'allow' to what is no request" '{"action":"shell"}' '{"decision":"allow","reason":"yes"}\n'
	violation "the reply has no decision" '{"action":"shell"}' '{"outcome":"ok"}\n'
}

@test "an outcome that breaks the wire's promises is told" {
	local list='{"action":"local.exec.list"}\n'

	violation "the last line has no outcome" "$list" '{"token_id":"1"}\n'
	violation "an outcome before the last line" "$list" '{"outcome":"ok"}\n{"outcome":"ok"}\n'
	violation "the outcome 'fine'" "$list" '{"outcome":"fine"}\n'
	violation "the reply does not end with a newline" "$list" '{"outcome":"ok"}'
	violation "a line of the reply is no JSON object" "$list" 'nonsense\n{"outcome":"ok"}\n'
	violation "'allow' to what is no request" "$list" '{"decision":"allow","reason":"yes"}\n'
}

# event NAME STATE [UID]: of one token, as watchers hear it.
event() {
	printf '%s\\n' '{"event":"'"$1"'",'"${3:+\"by_uid\":$3,}"'"token_id":"1","state":"'"$2"'"}'
}

@test "events that can't be are found" {
	local watch='{"action":"local.exec.watch"}'

	violation "'approved' of a token that is pending" "$watch" "$(event approved pending 0)"
	violation "'approved' without an operator" "$watch" "$(event approved approved)"
	violation "'consumed' by an operator" "$watch" "$(event consumed consumed 0)"
	violation "'issued' of 1 after what comes later" "$watch" \
		"$(event approved approved 0)$(event issued pending)"
	violation "'approved' of 1 after what comes later" "$watch" \
		"$(event approved approved 0)$(event approved approved 0)"
	violation "'revoked' of 1 after what comes later" "$watch" \
		"$(event consumed consumed)$(event revoked revoked 0)"
	violation "the event 'x'" "$watch" "$(event x pending)"
	violation "the event 'issued', or one without a token" "$watch" '{"event":"issued"}\n'
	violation 'an outcome before the last line' "$watch" '{"outcome":"ok"}\n'"$(event issued pending)"
	violation 'the last line has no outcome' "$watch" '{"token_id":"1"}\n'
	violation 'the last line has no outcome' '{"action":"local.exec.list"}' "$(event issued pending)"
}

@test "a line that no witness wrote is told" {
	local line

	for line in nonsense '{"request_hex":"0g","reply_hex":""}' '{"request_hex":"00"}' ''; do
		echo "$line" >"$TMP/seen"
		run "$UNIT" witness "$TMP/seen"
		assert_output -p 'this is no line of a witness'
		assert_status 1
	done
}

@test "the witness sees each exchange of the daemon, and those of no client" {
	local line

	line=$(request)
	start_daemon
	run send_lines --concurrent < <(printf '%s\n' "$line" nonsense)
	assert_status 0
	stop_daemon

	run "$UNIT" get request_hex <"$FIRMA_TEST_WITNESS"
	assert_equal "${#lines[@]}" 2
	assert_line "$(echo "$line" | od -An -v -tx1 | tr -d ' \n')"
	assert_line "$(echo nonsense | od -An -v -tx1 | tr -d ' \n')"
	run "$UNIT" get reply_hex <"$FIRMA_TEST_WITNESS"
	refute_line ''
}

# --- the daemon's keepers -------------------------------------------------------------------------

@test "a daemon that can't start fails the test" {
	run start_daemon --no-such-option
	assert_status 1
	assert_output -p "the daemon does not listen at $SOCKET"
}

@test "a violation in what the daemon said fails the test" {
	run witnessed '{"action":"local.exec"}' '{"decision":"allow"}\n'
	mv "$TMP/seen" "$TMP/witness"
	run _check_witness
	assert_output -p 'witness:1: the reply has no reason'
	assert_status 1
	rm "$TMP/witness"
}

@test "a witness that can't record fails the test" {
	FIRMA_TEST_WITNESS=/dev/full start_daemon
	run ask
	assert_status 0
	stop_daemon
	run _check_witness
	assert_output -p 'the witness could not record'
	assert_status 1
	rm "$TMP/log"
}

@test "a request without an end is ended by the clock" {
	start_daemon
	hold slow < <(printf '{"action"')
	move_clock 11
	finish slow
	assert_status 0
	assert_decision deny
}

@test "idle connections are held, and let go" {
	start_daemon
	idle 20
	run ask
	assert_status 0
	finish idle
	assert_status 0
	stop_daemon
}

@test "a killed daemon is followed by another" {
	start_daemon
	kill_daemon
	start_daemon
	run ask
	assert_status 0
}

@test "nothing of the test's own is open in what it starts" {
	local fds

	fake hang
	SOCKET=$TMP/other.sock
	start_daemon
	fds=$(ls -l "/proc/$DAEMON/fd") || true
	[[ $fds == *socket:* ]]
	[[ $fds != *"/fake.in"* && $fds != *"/parallel_output/"* ]] || fail "$fds"
}

# reads NOW EXPECTED TEXT: the time, in the zone TZ
reads() {
	run "$UNIT" clock read "$1" "$3"
	assert_output "$2"
}

@test "times are read as systemd.time(7) describes them" {
	local now=1353665722000000 text
	export TZ=UTC-8 # 2012-11-23 18:15:22

	reads $now 1353640333.000000000 'Fri 2012-11-23 11:12:13'
	reads $now 1353640333.000000000 'friday 2012-11-23T11:12:13'
	reads $now 1353669133.000000000 '2012-11-23 11:12:13 UTC'
	reads $now 1353669133.000000000 '2012-11-23T11:12:13Z'
	reads $now 1353640333.500000000 '2012-11-23 11:12:13.5'
	reads $now 1353640320.000000000 '2012-11-23 11:12'
	reads $now 1353600000.000000000 2012-11-23
	reads $now 1351699200.000000000 2012-11
	reads $now 1353640333.000000000 11:12:13
	reads $now 1353640320.000000000 11:12
	reads $now 1353665722.000000000 now
	reads $now 1353600000.000000000 today
	reads $now 1353628800.000000000 'today UTC'
	reads $now 1353513600.000000000 yesterday
	reads $now 1353686400.000000000 tomorrow
	reads $now 1353678322.000000000 +3h30min
	reads $now 1353678322.000000000 '3h 30min left'
	reads $now 1353665717.000000000 -5s
	reads $now 1353665062.000000000 '11min ago'
	reads $now 1353662122.000000000 1h
	reads $now 1395716396.000000000 @1395716396
	reads $now 1395716396.250000000 @1395716396.25

	# Midnight is the calendar's: over the ends of months, and where a day has 25 hours.
	reads 1353665722000000 1353600000.000000000 today
	reads 1354320000000000 1354204800.000000000 yesterday # 2012-12-01
	export TZ=CET-1CEST,M3.5.0,M10.5.0/3
	reads 1351468800000000 1351465200.000000000 2012-10-29
	reads 1351468800000000 1351375200.000000000 yesterday
	reads 1351468800000000 1351465200.000000000 today

	for text in '' 2026 5 soon 'Sat 2012-11-23 11:12' 'Fri 11:12' 2012-11-31 24:00 11:60 11:12:61 '2012-11-23 ' \
		2012-11-23T '2012-11-23 11' 2012-11-23x '1969-12-31 UTC' 2500-01-02 '2012-11-23 11:12 Mars' 'now UTC' '1h UTC' \
		@ @1. @-1 -50y 11:12:13.1234567890 "$(printf '%090d' 0)" Z; do
		run "$UNIT" clock read $now "$text"
		assert_output refused
	done
}
