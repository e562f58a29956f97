#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
#
# Answers that are held back until somebody decides (design, section 4: wait_ms), on the wire.
#
# What is set here may be for the library, as what is read may be the library's:
# shellcheck disable=SC2030,SC2031,SC2034,SC2153

load hold

EXPIRED='{"decision":"deny","reason":"approval token expired"}'
REVOKED='{"decision":"deny","reason":"refused by an operator"}'

# --- what these tests share -----------------------------------------------------------------------

# wait_for NAME [KEY=...]: asks, and waits for up to a minute; `finish NAME` has the answer. Returns
# when it is held, which it must be in the end.
wait_for() {
	local before

	before=$(status_of waiting)
	hold "$1" < <(request wait_ms:=60000 "${@:2}")
	until_has waiting $((before + 1))
}

# --- decided at once ------------------------------------------------------------------------------

@test "an approval is heard at once by the request that waits" {
	local token

	start_asking
	wait_for asker
	token=$(newest)
	assert_equal "$(<"$TMP/asker.out")" ready
	must "$OK" operate approve token_id="$token"
	answers asker "$ALLOWED"
	assert_state "$token" consumed
	must "$CONSUMED" ask approval_token="$token"
}

@test "a retry that waits hears the approval, too" {
	local token

	start_asking
	token=$(pending_token)
	wait_for asker approval_token="$token"
	assert_equal "$(listed token_id)" "$token"
	must "$OK" operate approve token_id="$token"
	answers asker "$ALLOWED"
	assert_state "$token" consumed
}

@test "a revocation is heard at once, with the operator's words" {
	local token words=$'no: "later" \\ \t\u202e\u00e4 \e[31m'

	start_asking
	wait_for asker
	token=$(newest)
	must "$OK" operate revoke token_id="$token" reason="$words"
	finish asker
	assert_decision deny "refused by an operator: $words"
	wait_for asker cwd=/
	must "$OK" operate revoke token_id="$(newest)"
	answers asker "$REVOKED"
}

@test "what is approved before it is asked again is not held back" {
	local token

	start_asking
	token=$(pending_token)
	must "$OK" operate approve token_id="$token"
	must "$ALLOWED" ask approval_token="$token" wait_ms:=60000
	must "$CONSUMED" ask approval_token="$token" wait_ms:=60000
	run ask approval_token="$token" wait_ms:=60000 session_id=other
	assert_decision deny
	run ask approval_token=11111111-1111-4111-8111-111111111111 wait_ms:=60000
	assert_decision deny "approval token not found"
}

@test "a retry that is wrong is refused at once" {
	local token

	start_asking
	token=$(pending_token)
	run ask approval_token="$token" wait_ms:=60000 session_id=other
	assert_decision deny "approval token is for another request: fingerprint differs"
	run ask approval_token="$token" wait_ms:=60000 profile=other
	assert_decision deny "approval token is for another request: profile differs"
	assert_state "$token" pending
}

@test "nobody waits for another user's token" {
	need_root
	local token

	start_asking --agent-group 4242 --operator-socket "$TMP/operator.sock"
	OPERATOR_SOCKET=$TMP/operator.sock
	token=$(pending_token)
	AS_UID=4242 run ask approval_token="$token" wait_ms:=60000
	assert_decision deny "approval token not found"
	assert_state "$token" pending
}

@test "the end of the token's time is heard at once" {
	start_asking --token-ttl 30s --max-ttl 30s
	wait_for asker
	move_clock 29
	assert_equal "$(status_of waiting)" 1
	move_clock 1.1
	answers asker "$EXPIRED"
}

@test "what the default action decides is not held back" {
	start_daemon --default-action allow
	must '{"decision":"allow","reason":"allowed by the default action"}' ask wait_ms:=60000
	stop_daemon
	start_daemon --default-action deny
	must '{"decision":"deny","reason":"denied by the default action"}' ask wait_ms:=60000
}

@test "a reply that was held back has no other keys, and with detail those of its decision" {
	local token

	start_asking
	wait_for plain
	wait_for detailed detail:=true session_id=other
	for token in $(listed token_id); do
		must "$OK" operate approve token_id="$token"
	done
	answers plain "$ALLOWED"
	answers detailed "${ALLOWED%\}},\"rule\":\"approval_token\"}"
}

# --- time -----------------------------------------------------------------------------------------

@test "when the time is over, a request still has its token" {
	local token

	start_asking
	wait_for asker
	token=$(newest)
	move_clock 30
	assert_equal "$(status_of waiting)" 1
	move_clock 30.1
	answers asker "$(awaiting "$token")"
	must "$OK" operate approve token_id="$token"
	must "$ALLOWED" ask approval_token="$token"
}

# --- the token's time -----------------------------------------------------------------------------

# ends TOKEN: how many seconds it still has.
ends() {
	local ms

	ms=$(operate show token_id="$1" | head -n 1 | "$UNIT" get expires_in_ms)
	echo $(((ms + 999) / 1000))
}

@test "what is pending lives as long as somebody waits, up to its bound" {
	local token

	start_asking --token-ttl 20s --max-ttl 50s
	watch_events
	wait_for asker
	token=$(newest)
	move_clock 21
	assert_state "$token" pending
	assert_equal "$(ends "$token")" 20
	move_clock 21
	assert_state "$token" pending
	(($(ends "$token") <= 8))
	move_clock 9
	answers asker "$EXPIRED"
	assert_state "$token" expired
	hang_up events
	assert_equal "$(sed 1d "$TMP/events.out" | "$UNIT" get event | xargs)" "issued extended extended expired"
}

# watch_events: what watchers hear, after a first line, in $TMP/events.out.
watch_events() {
	_background events "$UNIT" probe --follow "$SOCKET" < <(operation watch)
	until_has watching 1
}

@test "a wait whose own time was over before the token's does not extend it" {
	local token

	start_asking --token-ttl 20s
	hold asker < <(request wait_ms:=10000)
	until_has waiting 1
	token=$(newest)
	move_clock 25
	answers asker "$EXPIRED"
	assert_state "$token" expired
}

@test "what nobody waits for any more ends at its time" {
	local token

	start_asking --token-ttl 20s
	wait_for asker
	token=$(newest)
	move_clock 21
	hang_up asker
	until_has waiting 0
	move_clock 19
	assert_state "$token" pending
	move_clock 2
	assert_state "$token" expired
}

@test "an approval gives a whole life, within the bound, and not one of several" {
	local token

	start_asking --token-ttl 20s --max-ttl 30s
	token=$(pending_token)
	move_clock 5
	must "$OK" operate approve token_id="$token"
	assert_equal "$(ends "$token")" 20
	token=$(pending_token)
	move_clock 18
	must "$OK" operate approve token_id="$token"
	assert_equal "$(ends "$token")" 12
	kill_daemon
	start_asking --token-ttl 20s --max-ttl 1h
	assert_state "$token" approved
	(($(ends "$token") <= 12))
	move_clock 13
	must "$EXPIRED" ask approval_token="$token"
}

@test "an extension outlives the daemon, and so does the bound of its issue" {
	local token

	start_asking --token-ttl 20s --max-ttl 50s
	wait_for asker
	token=$(newest)
	move_clock 21
	assert_state "$token" pending
	kill_daemon
	finish asker
	start_asking --token-ttl 20s --max-ttl 1h
	assert_state "$token" pending
	wait_for asker approval_token="$token"
	move_clock 21
	assert_state "$token" pending
	(($(ends "$token") <= 8))
	move_clock 9
	answers asker "$EXPIRED"
}

@test "a bound below a token's usual life is a usage error" {
	run firma serve --socket "$SOCKET" --state-dir "$STATE_DIR" --token-ttl 10s --max-ttl 9s
	assert_status 2
	assert_output -p "--max-ttl is less than --token-ttl"
}

@test "a wait of 0 is none" {
	start_asking
	run ask wait_ms:=0
	assert_output "$(awaiting "$(newest)")"
	run ask wait_ms:=0 approval_token="$(newest)"
	assert_output "$(awaiting "$(newest)")"
}

@test "each waits for its own time, and a wait of 1 ms ends by itself" {
	local i

	start_asking --token-ttl 1h
	run ask wait_ms:=1
	assert_output "$(awaiting "$(newest)")"
	for i in 3 1 2; do
		hold "asker$i" < <(request "args:=[\"$i\"]" wait_ms:=${i}00000)
		until_has waiting $(((i == 3) + (i == 1) * 2 + (i == 2) * 3))
	done
	for i in 1 2 3; do
		move_clock 100
		finish "asker$i"
		assert_decision pending_hitl
		until_has waiting $((3 - i))
	done
}

@test "the longest wait outlasts every other time" {
	start_asking --token-ttl 1h --idle-timeout 1s
	hold asker < <(request wait_ms:=600000)
	until_has waiting 1
	move_clock 599
	assert_equal "$(status_of waiting)" 1
	move_clock 1.1
	finish asker
	assert_decision pending_hitl
	until_has connections 1
	move_clock 2
	wait_daemon
}

@test "a clock that jumps ends what it passes, and nothing else" {
	local token

	start_asking --token-ttl 24h
	wait_for asker
	token=$(newest)
	move_clock 50000
	answers asker "$(awaiting "$token")"
	wait_for asker approval_token="$token"
	move_wall 50000
	move_wall -100000
	assert_equal "$(status_of waiting)" 1
	must "$OK" operate approve token_id="$token"
	answers asker "$ALLOWED"
}

@test "nobody waits beyond the end of the token's time, however far the clock jumps" {
	start_asking
	wait_for asker
	move_clock 500
	answers asker "$EXPIRED"

	# It is even forgotten by then.
	wait_for asker
	move_clock 100000000
	answers asker '{"decision":"deny","reason":"approval token not found"}'
}

# --- who is gone ----------------------------------------------------------------------------------

@test "what is approved when the one that waited is gone stays approved for another" {
	local token

	start_asking
	wait_for asker
	token=$(newest)
	hang_up asker
	until_has waiting 0
	must "$OK" operate approve token_id="$token"
	assert_state "$token" approved
	must "$ALLOWED" ask approval_token="$token"
	must "$CONSUMED" ask approval_token="$token"
}

@test "who goes in the turn of the approval leaves the token approved" {
	local token order

	start_asking
	for order in before behind; do
		wait_for asker
		token=$(newest)
		pause_daemon
		[[ $order != before ]] || hang_up asker
		queue approval < <(operation approve token_id="$token")
		[[ $order != behind ]] || hang_up asker
		resume_daemon
		answers approval "$OK"
		assert_state "$token" approved
		must "$ALLOWED" ask approval_token="$token"
	done
}

# Recording takes a second here.
@test "who goes while the approval is recorded leaves the token approved" {
	local token before

	trace -e trace=fdatasync -e inject=fdatasync:delay_enter=1000000:when=2
	start_asking
	wait_for asker
	token=$(newest)
	before=$(size)
	_background approval bash -c 'echo sent && exec "$@"' bash "$UNIT" probe "$SOCKET" \
		< <(operation approve token_id="$token")
	_until "$DAEMON" is_larger "$before"
	hang_up asker
	answers approval "$OK"
	until_has connections 1
	assert_state "$token" approved
	must "$ALLOWED" ask approval_token="$token"
}

# The daemon asks the system whether the peer is there, and hears the answer a second later.
@test "who goes between the last look and the answer does no harm" {
	local token

	trace -e trace=/^p?poll$ -e inject=/^p?poll$:delay_exit=1000000
	start_asking
	wait_for asker
	token=$(newest)
	must "$OK" operate approve token_id="$token"
	hang_up asker
	until_has connections 1
	assert_equal "$(status_of waiting)" 0

	# Where the look came later than that, it was seen.
	if [[ $(listed state) == approved ]]; then
		must "$ALLOWED" ask approval_token="$token"
	fi
	must "$CONSUMED" ask approval_token="$token"
	stop_daemon
}

@test "one that has closed its sending side gets the answer" {
	local token

	start_asking
	hold asker --half-close < <(request wait_ms:=60000)
	until_has waiting 1
	token=$(newest)
	must "$OK" operate approve token_id="$token"
	answers asker "$ALLOWED"

	# Without a newline, which the end of file stands for.
	hold asker --half-close < <(printf %s "$(request wait_ms:=60000)")
	until_has waiting 1
	must "$OK" operate revoke token_id="$(newest)"
	answers asker "$REVOKED"
}

@test "what is sent behind the request neither wakes nor disturbs" {
	start_asking
	hold asker --whole < <(request wait_ms:=60000 && head -c 60000 /dev/zero)
	until_has waiting 1
	must "$OK" operate approve token_id="$(newest)"
	answers asker "$ALLOWED"
}

# --- several --------------------------------------------------------------------------------------

@test "of two and three that wait on one token the oldest wins, and the others hear so" {
	local token

	start_asking
	wait_for first
	token=$(newest)
	wait_for second approval_token="$token"
	wait_for third approval_token="$token"
	must "$OK" operate approve token_id="$token"
	answers first "$ALLOWED"
	answers second "$CONSUMED"
	answers third "$CONSUMED"
}

@test "where the oldest is gone the next wins" {
	local token

	start_asking
	token=$(pending_token)
	wait_for first approval_token="$token"
	wait_for second approval_token="$token"
	wait_for third approval_token="$token"
	pause_daemon
	hang_up first
	queue approval < <(operation approve token_id="$token")
	resume_daemon
	answers approval "$OK"
	answers second "$ALLOWED"
	answers third "$CONSUMED"
}

@test "who has waited the longest is not who wants to wait the longest" {
	local token

	start_asking
	token=$(pending_token)
	hold short < <(request approval_token="$token" wait_ms:=50000)
	until_has waiting 1
	hold long < <(request approval_token="$token" wait_ms:=600000)
	until_has waiting 2
	must "$OK" operate approve token_id="$token"
	answers short "$ALLOWED"
	answers long "$CONSUMED"
}

@test "one that waits with another context does not consume what isn't its own" {
	local token other

	start_asking
	wait_for asker
	token=$(newest)
	wait_for stranger session_id=other
	other=$(newest)
	must "$OK" operate approve token_id="$token"
	answers asker "$ALLOWED"
	assert_equal "$(status_of waiting)" 1
	must "$OK" operate revoke token_id="$other"
	answers stranger "$REVOKED"
}

# In one turn of the daemon: whoever asks behind the approval finds it, and nobody else does.
@test "of one that waits and one that comes in the turn of the approval, one is allowed" {
	local token

	start_asking
	wait_for asker
	token=$(newest)
	pause_daemon
	queue before < <(request approval_token="$token")
	queue before_waits < <(request approval_token="$token" wait_ms:=60000)
	queue approval < <(operation approve token_id="$token")
	queue behind < <(request approval_token="$token" wait_ms:=60000)
	queue last < <(request approval_token="$token")
	resume_daemon
	answers before "$(awaiting "$token")"
	answers approval "$OK"
	answers behind "$ALLOWED"
	answers last "$CONSUMED"
	answers asker "$CONSUMED"
	answers before_waits "$CONSUMED"
}

# It is held back when its token is decided already.
@test "a wait that begins in the turn of the approval is not forgotten" {
	local token

	start_asking
	token=$(pending_token)
	pause_daemon
	queue asker < <(request approval_token="$token" wait_ms:=60000)
	queue approval < <(operation approve token_id="$token")
	resume_daemon
	answers approval "$OK"
	answers asker "$ALLOWED"
}

# --- the daemon's end -----------------------------------------------------------------------------

@test "a daemon that stops lets go of all who wait, and their tokens outlive it" {
	local token

	start_asking
	wait_for first
	token=$(newest)
	wait_for second approval_token="$token"
	stop_daemon
	answers first "$(awaiting "$token")"
	answers second "$(awaiting "$token")"

	start_asking
	wait_for first approval_token="$token"
	must "$OK" operate approve token_id="$token"
	answers first "$ALLOWED"
}

@test "a request that comes in the turn of the end is not held back" {
	start_asking
	pause_daemon
	queue asker < <(request wait_ms:=600000)
	kill -TERM "$DAEMON"
	resume_daemon
	wait_daemon
	finish asker
	assert_decision pending_hitl
	start_asking
	assert_equal "$(listed token_id)" "$(field approval_token)"
}

@test "what is approved in the turn of the end is allowed or stays approved, never lost" {
	local token

	start_asking
	wait_for asker
	token=$(newest)
	pause_daemon
	queue approval < <(operation approve token_id="$token")
	kill -TERM "$DAEMON"
	resume_daemon
	wait_daemon
	answers approval "$OK"
	finish asker
	if [[ $output == "$ALLOWED" ]]; then
		start_asking
		must "$CONSUMED" ask approval_token="$token"
	else
		assert_output "$(awaiting "$token")"
		start_asking
		must "$ALLOWED" ask approval_token="$token"
	fi
}

@test "a daemon that is killed answers nobody, and forgets nothing" {
	local token

	start_asking
	wait_for asker
	token=$(newest)
	kill_daemon
	finish asker
	assert_status 4
	refute_output
	start_asking
	assert_equal "$(status_of waiting)" 0
	assert_state "$token" pending
	must "$OK" operate approve token_id="$token"
	must "$ALLOWED" ask approval_token="$token" wait_ms:=60000
}

@test "while somebody waits, the daemon does not leave for being idle" {
	start_asking --idle-timeout 1s --token-ttl 1h
	wait_for asker
	move_clock 30
	assert_equal "$(status_of waiting)" 1
	must "$OK" operate approve token_id="$(newest)"
	answers asker "$ALLOWED"
	until_has connections 1
	move_clock 2
	wait_daemon
}

# --- limits ---------------------------------------------------------------------------------------

# One for group 4242, and one for operators.
two_doors() {
	need_root
	OPERATOR_SOCKET=$TMP/operator.sock
	start_asking --agent-group 4242 --operator-socket "$OPERATOR_SOCKET"
	_until "$DAEMON" _listens "$OPERATOR_SOCKET" || fail "nobody listens at $OPERATOR_SOCKET"
}

# crowd NAME N [KEY=...]: N that wait on connections of their own, as user CROWD_UID where that is
# set; `finish NAME` has all answers.
crowd() {
	local before

	before=$(status_of waiting)
	yes "$(request wait_ms:=300000 "${@:3}")" | head -n "$2" >"$TMP/$1.requests"
	AS_UID=${CROWD_UID-} _background "$1" "$UNIT" probe --lines --concurrent --stall \
		"$SOCKET" <"$TMP/$1.requests"
	until_has waiting $((before + $2))
}

# crowd_hears NAME TEXT: the crowd's replies, each with how many heard it.
crowd_hears() {
	finish "$1"
	assert_equal "$(sort <<<"$output" | uniq -c | sed 's/^ *//')" "$2"
}

# Recording takes a second here, in which another connection gets something to say.
@test "as many are decided as a turn takes while others ask" {
	local token before

	trace -e trace=fdatasync -e inject=fdatasync:delay_enter=1000000
	two_doors
	token=$(AS_UID=4242 pending_token)
	CROWD_UID=4242 crowd agents 256 approval_token="$token"
	hold half < <(printf '{"action":')
	before=$(size)
	_background revocation bash -c 'echo sent && exec "$@"' bash "$UNIT" probe \
		"$OPERATOR_SOCKET" < <(operation revoke token_id="$token")
	_until "$DAEMON" is_larger "$before"
	hang_up half
	answers revocation "$OK"
	crowd_hears agents "256 $REVOKED"
	until_has connections 1
}

@test "whoever waits is counted among the connections of their user, and of nobody else" {
	local token limit='{"decision":"deny","reason":"limit reached: a uid has at most 256 connections at a time"}'

	two_doors
	token=$(AS_UID=4242 pending_token)
	CROWD_UID=4242 crowd agents 256 approval_token="$token"
	AS_UID=4242 must "$limit" ask approval_token="$token"
	run ask
	assert_decision pending_hitl
	must "$OK" operate approve token_id="$token"
	crowd_hears agents "1 $ALLOWED
255 $CONSUMED"
	AS_UID=4242 must "$CONSUMED" ask approval_token="$token"
}

# With few descriptors, since 960 waiting clients need as many here as there.
@test "whoever waits takes no connection from the operators" {
	local token most reserved

	WRAPPER=(bash -c 'ulimit -n 192 && exec "$@"' bash "${WRAPPER[@]}")
	two_doors
	_until "$DAEMON" grep -q 'takes at most' "$TMP/log"
	most=$(sed -n 's/.*takes at most \([0-9]*\) connections: no more desc.*/\1/p' "$TMP/log")
	# Half of them is kept for the operators, and at most 64.
	reserved=$((most < 128 ? most / 2 : 64))
	token=$(AS_UID=4242 pending_token)
	CROWD_UID=4242 crowd agents $((most - reserved)) approval_token="$token"

	# One more is let in when there is room.
	queue later < <(request)
	must "$OK" operate approve token_id="$token"
	crowd_hears agents "1 $ALLOWED
$((most - reserved - 1)) $CONSUMED"
	finish later
	assert_decision pending_hitl
}

# resident: the memory of the daemon, in KiB.
resident() {
	awk '/^VmRSS:/ { print $2 }' "/proc/$DAEMON/status"
}

@test "a request that waits takes no more memory than it is long" {
	local token fat before grown

	printf -v fat '%065000d' 0
	FIRMA_TEST_WITNESS='' start_asking
	token=$(pending_token "args:=[\"$fat\"]")
	crowd first 20 "args:=[\"$fat\"]" approval_token="$token"
	before=$(resident)
	crowd many 40 "args:=[\"$fat\"]" approval_token="$token"
	grown=$(($(resident) - before))
	if ((${#WRAPPER[@]} == 0)) && ! grep -q __asan_init "$FIRMA"; then
		((grown < 40 * 72)) || fail "40 requests of 64 KiB take $grown KiB"
	fi
	must "$OK" operate approve token_id="$token"
	crowd_hears first "1 $ALLOWED
19 $CONSUMED"
	crowd_hears many "40 $CONSUMED"
}

@test "while it holds answers back the daemon does nothing" {
	start_asking
	crowd many 14
	hold half --half-close < <(request wait_ms:=60000 session_id=other)
	hold noisy < <(request wait_ms:=60000 session_id=third && head -c 60000 /dev/zero)
	until_has waiting 16
	_until "$DAEMON" stays_still || fail 'the daemon does something'
}

# How long that takes is printed, and not judged: the machine may be busy.
@test "each of 25 approvals is heard by the request that waits" {
	start_asking
	run "$UNIT" latency "$SOCKET" 25
	assert_status 0
	echo "# from the approval to the answer: $output" >&3
}

# --- a store that fails ---------------------------------------------------------------------------

# starts_to_fail WHEN: of the appends that are synced, these fail; and so, with a second word, does
# writing the file anew.
starts_to_fail() {
	trace -P "$STATE_DIR" -P "$TOKENS" -P "$TOKENS.new" -e trace=fdatasync,fsync \
		-e "inject=fdatasync:error=EIO:when=$1" ${2:+-e inject=fsync:error=EIO:when=$2}
	start_asking
}

UNRECORDED='the change could not be recorded: Input/output error'

@test "an approval that could not be recorded is heard by nobody who waits" {
	local token

	starts_to_fail 2
	wait_for asker
	token=$(newest)
	must '{"outcome":"unsupported_action","reason":"outcome unknown: '"$UNRECORDED"'"}' \
		operate approve token_id="$token"
	assert_state "$token" pending
	assert_equal "$(status_of waiting)" 1
	assert_equal "$(<"$TMP/asker.out")" ready
	must "$OK" operate approve token_id="$token"
	answers asker "$ALLOWED"
}

@test "a consumption that could not be recorded allows nobody who waits" {
	local token

	starts_to_fail 3
	wait_for first
	token=$(newest)
	wait_for second approval_token="$token"
	must "$OK" operate approve token_id="$token"
	answers first '{"decision":"deny","reason":"'"$UNRECORDED"'"}'
	answers second '{"decision":"deny","reason":"'"$UNRECORDED"'"}'
	must "$CONSUMED" ask approval_token="$token"
	kill_daemon
	WRAPPER=()
	start_asking
	must "$CONSUMED" ask approval_token="$token"
}

@test "who waits while the store is closed hears so when their time is over" {
	local token

	starts_to_fail 2 3+
	wait_for asker
	token=$(newest)
	run operate approve token_id="$token"
	assert_field reason -p "$UNRECORDED"
	run operate approve token_id="$token"
	assert_field reason -p "closed: "
	assert_equal "$(status_of waiting)" 1
	move_clock 61
	finish asker
	assert_decision deny "closed: $TOKENS: could not be written: Input/output error"
	kill_daemon
}

@test "an answer that was held back leaves when what it says is synced" {
	local token

	trace -s 100 -e trace=fdatasync,sendto
	start_asking
	wait_for asker
	token=$(newest)
	must "$OK" operate approve token_id="$token"
	answers asker "$ALLOWED"
	stop_daemon
	_until $$ grep -q '^+++ ' "$TMP/trace"
	run sed -nE 's/^(fdatasync).*/\1/p
		s/^sendto\([^,]*, "\{\\"(decision|outcome)\\":\\"([a-z]*).*/\2/p' "$TMP/trace"
	assert_output $'fdatasync\nfdatasync\nok\nfdatasync\nallow'
}
