# SPDX-License-Identifier: ISC
# shellcheck shell=bash
#
# For tests of answers that don't come at once: asking and telling how many do, leaving in the
# middle, and what a daemon finds when it looks up again.
#
# What is set here may be for the library, as what is read may be the library's:
# shellcheck disable=SC2034,SC2153,SC2154

load store

# One door, and everything needs a person.
start_asking() {
	start_daemon --default-action pending_hitl "$@"
}

# status_of KEY: as the daemon tells it.
status_of() {
	operate status | head -n 1 | "$UNIT" get "$1"
}

has() {
	[[ $(status_of "$1") == "$2" ]]
}

# until_has KEY N: of the status, as in `until_has waiting 2`.
until_has() {
	_until "$DAEMON" has "$@" || fail "$1 is $(status_of "$1"), not $2"
}

# awaiting TOKEN: the reply to what still waits.
awaiting() {
	echo '{"decision":"pending_hitl","reason":"awaiting human approval"'",\
\"approval_token\":\"$1\",\"retry_after_ms\":500}"
}

# newest: the token that was issued last.
newest() {
	listed token_id | tail -n 1
}

# answers NAME REPLY: that is what one that waited hears.
answers() {
	finish "$1"
	assert_status 0
	assert_output "$2"
}

# assert_state TOKEN STATE
assert_state() {
	assert_equal "$(operate show token_id="$1" | head -n 1 | "$UNIT" get state)" "$2"
}

# hang_up NAME: whoever waits there is gone.
hang_up() {
	kill -KILL "${BACKGROUND[$1]}"
	wait "${BACKGROUND[$1]}" || true
	unset "BACKGROUND[$1]"
}

# pause_daemon, resume_daemon: what is said in between is there for the daemon at once.
pause_daemon() {
	kill -STOP "$DAEMON"
	_until "$DAEMON" is_stopped "$DAEMON"
}

resume_daemon() {
	kill -CONT "$DAEMON"
}

is_stopped() {
	[[ $(awk '/^State:/ { print $2 }' "/proc/$1/status") == [Tt] ]]
}

# queue NAME [PROBE-OPTION...]: sends standard input to a daemon that is stopped; `finish NAME` has
# the reply. What was queued first is read first.
queue() {
	local before

	before=$(count_queued)
	echo queued >"$TMP/$1.out"
	_command "$UNIT" probe "${@:2}" "$SOCKET"
	_spawn "${CMD[@]}" >>"$TMP/$1.out" 2>"$TMP/$1.err"
	BACKGROUND[$1]=$!
	_until "$!" is_queued "$!" $((before + 1)) || fail "$1 is not queued"
}

count_queued() {
	grep -c " 0001 02 .* $SOCKET\$" /proc/net/unix || true
}

# is_queued PROCESS N: it has made the N-th connection and said all.
is_queued() {
	(($(count_queued) == $2)) && [[ $(awk '/^State:/ { print $2 }' "/proc/$1/status") == S ]]
}

# operation ACTION [KEY=...]: an operator's line.
operation() {
	"$UNIT" object action="local.exec.$1" "${@:2}"
}

# work: how often the daemon has been woken up, and for how many ticks it has run.
work() {
	local fields

	read -ra fields <"/proc/$DAEMON/stat"
	echo "$((fields[13] + fields[14])) $(awk '/^voluntary/ { print $2 }' "/proc/$DAEMON/status")"
}

is_asleep() {
	[[ $(awk '/^State:/ { print $2 }' "/proc/$DAEMON/status") == S ]]
}

# is_still: the daemon sleeps, so no descriptor that it polls is ready, and none of its timers is due
# within five seconds: until something comes from outside, nothing happens.
is_still() {
	is_asleep && ! grep -q '^it_value: (\([1-4]\|0, [1-9]\)' "/proc/$DAEMON/fdinfo/"*
}

# stays_still: it is still, and is not woken up while that is asked 20 times.
stays_still() {
	local before _

	before=$(work)
	for _ in {1..20}; do
		is_still || return
	done
	[[ $(work) == "$before" ]]
}

# Is the file of tokens larger than it was?
is_larger() {
	(($(size) > $1))
}
