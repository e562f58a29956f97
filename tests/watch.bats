#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
#
# Operators that watch, and those who revoke many tokens at once or aren't alone (design, section 4).
#
# What is set here may be for the library, as what is read may be the library's:
# shellcheck disable=SC2030,SC2031,SC2034,SC2153,SC2154

load hold

STOPPING='{"outcome":"unsupported_action","reason":"the daemon is stopping","stopping":true}'

# --- what these tests share -----------------------------------------------------------------------

# watch NAME [PROBE-OPTION...]: somebody watches, until `finish NAME`.
watch() {
	local before

	before=$(status_of watching)
	_background "$1" "$UNIT" probe --follow "${@:2}" "$OPERATOR_SOCKET" < <(operation watch)
	until_has watching $((before + 1))
}

has_heard() {
	(($(wc -l <"$TMP/$1.out") > $2))
}

# hears NAME EVENT...: that is what one that watches has heard in all, once it has heard so many: each
# as "EVENT TOKEN", with the operator behind it where there was one.
hears() {
	local name=$1 lines

	shift
	_until "${BACKGROUND[$name]-$$}" has_heard "$name" $# || true
	mapfile -t lines < <(told "$name")
	assert_equal "$(printf '%s\n' "${lines[@]}")" "$(printf '%s\n' "$@")"
}

# told NAME: the events that it was told so far.
told() {
	tail -n +2 "$TMP/$1.out" | sed -nE \
		's/^\{"event":"([a-z]*)",("by_uid":([0-9]*),)?"token_id":"([^"]*)","state".*\}$/\1 \4 \3/p' \
		| sed 's/ $//'
}

# The last line of one that is told the end.
last_of() {
	tail -n 1 "$TMP/$1.out"
}

# --- what is told ---------------------------------------------------------------------------------

@test "who watches hears what is pending, and then each event once, in order" {
	local first second third fourth

	start_asking --token-ttl 100s
	first=$(pending_token 'args:=["1"]')
	second=$(pending_token 'args:=["2"]')
	third=$(pending_token 'args:=["3"]')
	must "$OK" operate approve token_id="$third"
	watch operator
	hears operator "issued $first" "issued $second"

	must "$OK" operate approve token_id="$first"
	must "$OK" operate approve token_id="$first" # changes nothing
	must "$ALLOWED" ask 'args:=["1"]' approval_token="$first"
	must "$CONSUMED" ask 'args:=["1"]' approval_token="$first"
	must "$OK" operate revoke token_id="$second" reason=later
	must "$OK" operate revoke token_id="$second"
	run ask 'args:=["4"]' approval_token="$second"
	fourth=$(pending_token 'args:=["4"]')
	move_clock 101
	hears operator "issued $first" "issued $second" "approved $first $EUID" \
		"consumed $first" "revoked $second $EUID" "issued $fourth" "expired $third" \
		"expired $fourth"
}

@test "an event is the token as it is listed, and what was said about it" {
	local token listed event

	start_asking
	watch operator
	token=$(pending_token agent_id=a cwd=/tmp 'args:=["\u202e","x y"]')
	hears operator "issued $token"
	event=$(tail -n 1 "$TMP/operator.out")
	listed=$(operate list | head -n 1)
	listed=${listed%,\"age_ms*}
	assert_equal "${event%,\"age_ms*}" "{\"event\":\"issued\",${listed:1}"

	must "$OK" operate revoke token_id="$token" reason=$'so\tit "is"'
	hears operator "issued $token" "revoked $token $EUID"
	output=$(tail -n 1 "$TMP/operator.out")
	assert_field reason $'so\tit "is"'
	assert_field by_uid "$EUID"
	assert_field state revoked
}

@test "what an asker that waits gets is told as well" {
	local token

	start_asking
	watch operator
	hold asker < <(request wait_ms:=60000)
	until_has waiting 1
	token=$(listed token_id)
	must "$OK" operate approve token_id="$token"
	finish asker
	assert_output "$ALLOWED"
	hears operator "issued $token" "approved $token $EUID" "consumed $token"
}

@test "who did it is the operator's uid, not the asker's" {
	need_root
	local token

	OPERATOR_SOCKET=$TMP/operator.sock
	start_asking --operator-socket "$OPERATOR_SOCKET" --agent-group 4242 --operator-group 4343
	_until "$DAEMON" _listens "$OPERATOR_SOCKET"
	watch operator
	token=$(AS_UID=4242 pending_token)
	AS_UID=4343 must "$OK" operate approve token_id="$token"
	AS_UID=4242 must "$ALLOWED" ask approval_token="$token"
	hears operator "issued $token" "approved $token 4343" "consumed $token"
}

@test "several watch, and all hear the same" {
	local token i

	start_asking
	for i in 1 2 3; do
		watch "operator$i"
	done
	token=$(pending_token)
	hears operator2 "issued $token"
	hang_up operator2
	until_has watching 2
	must "$OK" operate approve token_id="$token"
	for i in 1 3; do
		hears "operator$i" "issued $token" "approved $token $EUID"
	done
	watch late
	must "$OK" operate revoke token_id="$token"
	hears late "revoked $token $EUID"
	hears operator1 "issued $token" "approved $token $EUID" "revoked $token $EUID"
}

@test "one that has closed its sending side watches on, and one that says more, too" {
	local token

	start_asking
	watch half --half-close
	_background loud "$UNIT" probe --follow "$SOCKET" \
		< <(operation watch && head -c 60000 /dev/zero)
	until_has watching 2
	token=$(pending_token)
	hears half "issued $token"
	hears loud "issued $token"
}

@test "at the agent door nobody watches" {
	OPERATOR_SOCKET=$TMP/operator.sock
	start_asking --operator-socket "$OPERATOR_SOCKET"
	_until "$DAEMON" _listens "$OPERATOR_SOCKET"
	OPERATOR_SOCKET=$SOCKET run operate watch
	assert_output '{"outcome":"unsupported_action","reason":"operators'"'"' actions are taken at the operator door, this is the agent door"}'
	assert_equal "$(status_of watching)" 0
}

@test "all keys of a request to watch that it doesn't know are ignored" {
	start_asking
	_background operator "$UNIT" probe --follow "$SOCKET" < <(operation watch state=pending x:=1)
	until_has watching 1
}

# --- recorded before told -------------------------------------------------------------------------

@test "what could not be recorded is not told" {
	local token

	trace -P "$TOKENS" -P "$TOKENS.new" -e trace=fdatasync -e inject=fdatasync:error=EIO:when=2..5
	start_asking
	token=$(pending_token)
	watch operator

	# Each of these fails; in between, the file is rewritten.
	run ask 'args:=["1"]'
	assert_decision deny -p "could not be recorded"
	run operate approve token_id="$token"
	assert_field reason -p "outcome unknown: "
	run operate approve token_id="$token"
	run ask 'args:=["2"]'
	assert_decision deny

	must "$OK" operate approve token_id="$token"
	hears operator "issued $token" "approved $token $EUID"
}

@test "a token that was issued and revoked in a turn that could not be recorded never was" {
	local token

	trace -P "$TOKENS" -P "$TOKENS.new" -e trace=fdatasync -e inject=fdatasync:error=EIO:when=2
	start_asking
	token=$(pending_token)
	watch operator
	pause_daemon
	queue asker < <(request 'args:=["1"]')
	queue operation < <(operation revoke all:=true)
	resume_daemon
	finish asker
	assert_decision deny -p "could not be recorded"
	finish operation
	assert_field reason -p "outcome unknown: "
	hears operator "issued $token" "revoked $token $EUID"
	assert_equal "$(listed token_id)" "$token"
	must "$OK" operate revoke token_id="$token"
	assert_equal "$(told operator | wc -l)" 2
}

@test "an event leaves when it is synced" {
	local token

	trace -s 100 -e trace=fdatasync,sendto
	start_asking
	watch operator
	token=$(pending_token)
	must "$OK" operate approve token_id="$token"
	must "$ALLOWED" ask approval_token="$token"
	hears operator "issued $token" "approved $token $EUID" "consumed $token"
	stop_daemon
	finish operator
	_until $$ grep -q '^+++ ' "$TMP/trace"
	run sed -nE 's/^(fdatasync).*/\1/p
		s/^sendto\([^,]*, "\{\\"event\\":\\"([a-z]*).*/\1/p' "$TMP/trace"
	assert_output $'fdatasync\nissued\nfdatasync\napproved\nfdatasync\nconsumed'
}

@test "a daemon that can't read its store has nothing to watch" {
	mkdir -m 700 "$STATE_DIR"
	install -m 600 /dev/null "$STATE_DIR/tokens.jsonl"
	echo rubbish >"$STATE_DIR/tokens.jsonl"
	start_asking
	run operate watch
	assert_field outcome unsupported_action
	assert_field reason -p "closed: "
	assert_equal "$(status_of watching)" 0
}

# --- the end --------------------------------------------------------------------------------------

@test "a daemon that stops says so to whoever watches, and lets them go" {
	local token

	start_asking
	token=$(pending_token)
	watch first
	watch second --half-close
	stop_daemon
	finish first
	assert_status 0
	assert_equal "$(last_of first)" "$STOPPING"
	finish second
	assert_equal "$(last_of second)" "$STOPPING"
	hears first "issued $token"
}

@test "who doesn't read does not keep a daemon that stops" {
	FIRMA_TEST_WITNESS='' start_asking --max-pending 1000
	watch idle
	kill -STOP "${BACKGROUND[idle]}"
	watch reader
	issue_some 8 0
	kill -TERM "$DAEMON"
	finish reader
	assert_equal "$(last_of reader)" "$STOPPING"
	run ! _is_gone "$DAEMON"
	move_clock 10.1
	wait_daemon
}

@test "a request to watch that comes in the turn of the end hears of the end" {
	start_asking
	pause_daemon
	queue late < <(operation watch)
	kill -TERM "$DAEMON"
	resume_daemon
	wait_daemon
	finish late
	assert_output "$STOPPING"
}

@test "who watches when the daemon is killed hears nothing more, and begins anew" {
	local token

	start_asking
	watch operator
	token=$(pending_token)
	hears operator "issued $token"
	kill_daemon
	finish operator
	assert_equal "$(last_of operator | cut -c 1-17)" '{"event":"issued"'
	start_asking
	watch operator
	hears operator "issued $token"
}

@test "while somebody watches, the daemon does not leave for being idle" {
	start_asking --idle-timeout 1s
	watch operator
	move_clock 30
	assert_equal "$(status_of watching)" 1
	hang_up operator
	until_has connections 1
	move_clock 2
	wait_daemon
}

@test "while somebody watches and nothing happens the daemon does nothing" {
	start_asking
	watch first
	watch second --half-close
	pending_token
	_until "$DAEMON" stays_still || fail 'the daemon does something'
}

# --- who doesn't read -----------------------------------------------------------------------------

# issue_some COUNT FROM: so many tokens of 50 kB, numbered from there.
issue_some() {
	local fat i

	printf -v fat '%050000d' 0
	fat=$(request "args:=[\"INDEX\",\"$fat\"]")
	for ((i = $2; i < $2 + $1; i++)); do
		echo "${fat/INDEX/$i}"
	done | send_lines >"$TMP/replies"
}

@test "who doesn't read for 10 seconds is closed, and all others go on" {
	FIRMA_TEST_WITNESS='' start_asking --max-pending 1000 --max-store 1G
	watch idle
	kill -STOP "${BACKGROUND[idle]}"
	watch reader
	issue_some 8 0
	_until "$DAEMON" has_heard reader 8
	assert_equal "$(status_of watching)" 2
	move_clock 5
	issue_some 1 8
	assert_equal "$(status_of watching)" 2
	move_clock 5.1
	until_has watching 1
	_until "$DAEMON" has_heard reader 9
	kill -CONT "${BACKGROUND[idle]}"
	finish idle
	run ask
	assert_decision pending_hitl
	_until "$DAEMON" has_heard reader 10
}

# Within the 10 seconds after which it would be closed anyway.
@test "who doesn't read is closed at the limit, and no other is" {
	((${#WRAPPER[@]} == 0)) || skip "it is too slow under another program"
	FIRMA_TEST_WITNESS='' start_asking --max-pending 1000 --max-store 1G
	watch reader
	watch idle
	kill -STOP "${BACKGROUND[idle]}"
	issue_some 150 0
	assert_equal "$(status_of watching)" 2
	issue_some 250 150
	assert_equal "$(status_of watching)" 1
	_until "$DAEMON" has_heard reader 400
	run ask
	assert_decision pending_hitl
	_until "$DAEMON" has_heard reader 401

	# Nothing is owed any more: there is room for the next.
	watch late
	until_has watching 2
	_until "$DAEMON" has_heard late 401
}

@test "as many as may watch hear of the longest request there can be" {
	local fat

	start_asking
	printf -v fat '%065380d' 0
	yes "$(operation watch)" | head -n 255 >"$TMP/watches"
	_background crowd "$UNIT" probe --lines --concurrent --stall "$SOCKET" <"$TMP/watches"
	until_has watching 255
	run ask "args:=[\"$fat\"]"
	assert_decision pending_hitl
	assert_equal "$(status_of watching)" 255
	stop_daemon
	finish crowd
	assert_equal "$(grep -c '^{"event":"issued",.*,"args":\["0*"\],' <<<"$output")" 255
	assert_equal "$(grep -cxF "$STOPPING" <<<"$output")" 255
}

@test "a list that nobody reads takes nothing from those who watch" {
	((${#WRAPPER[@]} == 0)) || skip "it is too slow under another program"
	FIRMA_TEST_WITNESS='' start_asking --max-pending 1000 --max-store 1G
	issue_some 500 0
	watch reader
	_until "$DAEMON" has_heard reader 500
	_background lister "$UNIT" probe --follow "$SOCKET" < <(operation list)
	kill -STOP "${BACKGROUND[lister]}"
	run ask
	assert_decision pending_hitl
	_until "$DAEMON" has_heard reader 501
	assert_equal "$(status_of watching)" 1
	run operate list
	assert_output '{"outcome":"unsupported_action","reason":"limit reached: 16 MiB of replies wait to be read; ask again"}'
	run operate watch
	assert_output '{"outcome":"unsupported_action","reason":"limit reached: 16 MiB of replies wait to be read; ask again"}'
}

# Recording takes a second of the system's time here, and a minute of the clock's.
@test "the time for reading begins when there is something to read" {
	local before

	trace -e trace=fdatasync -e inject=fdatasync:delay_enter=1000000:when=61
	FIRMA_TEST_WITNESS='' start_asking --max-pending 1000 --token-ttl 1h
	issue_some 60 0
	watch operator
	before=$(size)
	pause_daemon
	queue asker < <(request)
	queue lister < <(operation list)
	resume_daemon
	_until "$DAEMON" is_larger "$before"
	move_clock 60
	finish lister
	assert_line -n -1 "$OK"
	_until "$DAEMON" has_heard operator 61
	assert_equal "$(status_of watching)" 1
}

@test "who watches and goes without a word is forgotten" {
	local i

	start_asking
	for i in 1 2 3 4 5; do
		watch "operator$i"
	done
	for i in 2 4; do
		hang_up "operator$i"
	done
	pause_daemon
	hang_up operator5
	queue asker < <(request)
	hang_up operator1
	resume_daemon
	finish asker
	assert_decision pending_hitl
	until_has watching 1
	hears operator3 "issued $(listed token_id)"
}

# --- revoking many --------------------------------------------------------------------------------

# two_users: their tokens, two of each, into MINE and YOURS, those of the second in another session.
two_users() {
	need_root
	OPERATOR_SOCKET=$TMP/operator.sock
	start_asking --operator-socket "$OPERATOR_SOCKET" --agent-group 4242
	_until "$DAEMON" _listens "$OPERATOR_SOCKET"
	MINE=("$(pending_token)" "$(pending_token session_id=other)")
	YOURS=("$(AS_UID=4242 pending_token)" "$(AS_UID=4242 pending_token session_id=other)")
}

# revoked KEY...: sends such a revocation, and prints the tokens that it says it has revoked.
revoked() {
	local reply

	reply=$(operate revoke "$@")
	[[ ${reply##*$'\n'} == "$OK" ]] || fail "$reply"
	[[ $reply == "$OK" ]] || sed '$d' <<<"$reply" | "$UNIT" get token_id
}

@test "all that are live are revoked at once, with a reason, and by one record" {
	local consumed approved pending before

	start_asking
	consumed=$(pending_token 'args:=["1"]')
	approved=$(pending_token 'args:=["2"]')
	pending=$(pending_token 'args:=["3"]')
	must "$OK" operate approve token_id="$consumed"
	must "$OK" operate approve token_id="$approved"
	must "$ALLOWED" ask 'args:=["1"]' approval_token="$consumed"
	hold asker < <(request 'args:=["4"]' wait_ms:=60000)
	until_has waiting 1
	watch operator
	before=$(batches)
	assert_equal "$(revoked all:=true reason="panic: \"now\"")" \
		"$approved"$'\n'"$pending"$'\n'"$(listed token_id | tail -n 1)"
	assert_equal "$(batches)" $((before + 1))
	finish asker
	assert_decision deny 'refused by an operator: panic: "now"'
	run ask 'args:=["2"]' approval_token="$approved"
	assert_decision deny 'refused by an operator: panic: "now"'
	assert_equal "$(listed state)" $'consumed\nrevoked\nrevoked\nrevoked'
	assert_equal "$(told operator | grep -c "^revoked .* $EUID\$")" 3

	assert_equal '' "$(revoked all:=true)"
	assert_equal "$(batches)" $((before + 1))
	kill_daemon
	start_asking
	assert_equal "$(listed state)" $'consumed\nrevoked\nrevoked\nrevoked'
}

@test "all of a user's tokens are revoked, and nobody else's" {
	two_users
	assert_equal "$(revoked uid:=4242)" "${YOURS[0]}"$'\n'"${YOURS[1]}"
	assert_state "${MINE[0]}" pending
	assert_state "${YOURS[1]}" revoked
	assert_equal '' "$(revoked uid:=4243)"
	assert_equal '' "$(revoked uid:=4294967294)"
	assert_equal "$(revoked uid:=0 reason=so)" "${MINE[0]}"$'\n'"${MINE[1]}"
}

@test "all of a session's tokens are revoked, whoever asked" {
	two_users
	assert_equal "$(revoked session_id=other)" "${MINE[1]}"$'\n'"${YOURS[1]}"
	assert_state "${MINE[0]}" pending
	assert_state "${YOURS[0]}" pending
	assert_equal '' "$(revoked session_id=othe)"
}

@test "an asker revokes nothing, neither its own nor all" {
	two_users
	for how in all:=true uid:=4242 session_id=sess; do
		OPERATOR_SOCKET=$SOCKET AS_UID=4242 run operate revoke "$how"
		assert_field outcome unsupported_action
	done
	assert_equal "$(listed state)" $'pending\npending\npending\npending'
}

@test "what to revoke is said once, and what is for one is not for many" {
	local token line many='malformed request: token_id, all, uid, session_id exclude one another'

	start_asking
	token=$(pending_token)
	for line in 'all:=true uid:=0' 'all:=true session_id=sess' "all:=true token_id=$token" \
		"uid:=0 session_id=sess" "uid:=0 token_id=$token" "session_id=sess token_id=$token"; do
		# shellcheck disable=SC2086 # words are meant
		run operate revoke $line
		assert_output '{"outcome":"unsupported_action","reason":"'"$many"'"}'
	done
	for line in 'all:=true' 'uid:=0' 'session_id=sess'; do
		run operate revoke "$line" state=pending
		assert_output '{"outcome":"unsupported_action","reason":"malformed request: fingerprint, state and signature are for token_id"}'
		run operate revoke "$line" fingerprint="$token"
		assert_output '{"outcome":"unsupported_action","reason":"malformed request: fingerprint, state and signature are for token_id"}'
	done
	for line in 'all:=false' 'all:=1' 'uid:=-1' 'uid:=4294967295' 'uid:=1.5' 'uid=0' \
		'session_id:=""' 'session_id:=" "' 'token_id:=""' 'all:=null' 'reason=so'; do
		run operate revoke "$line"
		assert_field reason -p 'malformed request: '
	done
	assert_state "$token" pending
}

@test "of more than 4096 tokens, the oldest go first, and whoever asks again gets the rest" {
	local before

	((${#WRAPPER[@]} == 0)) || skip "it is too slow under another program"

	"$UNIT" fill "$STATE_DIR" 5000
	FIRMA_TEST_WITNESS='' start_asking
	before=$(batches)
	watch operator
	_until "$DAEMON" has_heard operator 5000
	listed token_id >"$TMP/all"
	revoked all:=true reason=panic >"$TMP/first"
	cmp "$TMP/first" <(head -n 4096 "$TMP/all")
	assert_equal "$(listed state | sort | uniq -c | tr -s ' ')" $' 904 pending\n 4096 revoked'
	revoked all:=true reason=panic >"$TMP/second"
	cmp "$TMP/second" <(tail -n 904 "$TMP/all")
	assert_equal '' "$(revoked all:=true)"
	_until "$DAEMON" has_heard operator 10000
	assert_equal "$(told operator | cut -d ' ' -f 1 | sort | uniq -c | tr -s ' ')" \
		$' 5000 issued\n 5000 revoked'
	assert_equal "$(batches)" $((before + 2))
}

@test "a revocation of many that could not be recorded stands all the same" {
	local first second

	trace -P "$TOKENS" -P "$TOKENS.new" -e trace=fdatasync -e inject=fdatasync:error=EIO:when=3
	start_asking
	first=$(pending_token 'args:=["1"]')
	second=$(pending_token 'args:=["2"]')
	run operate revoke all:=true reason=so
	assert_output '{"outcome":"unsupported_action","reason":"outcome unknown: the change could not be recorded: Input/output error"}'
	run ask 'args:=["1"]' approval_token="$first"
	assert_decision deny 'refused by an operator: so'
	assert_state "$second" revoked
	kill_daemon
	WRAPPER=()
	start_asking
	assert_equal "$(listed state)" $'revoked\nrevoked'
}

# --- two operators --------------------------------------------------------------------------------

@test "of two operators who saw the same, the first is heard, and the second told" {
	local token

	start_asking
	token=$(pending_token)
	must "$OK" operate approve token_id="$token" state=pending
	must '{"outcome":"unsupported_action","reason":"the approval token is approved by now"}' \
		operate revoke token_id="$token" state=pending
	must '{"outcome":"unsupported_action","reason":"the approval token is approved by now"}' \
		operate approve token_id="$token" state=pending
	must "$OK" operate approve token_id="$token" state=approved
	must "$OK" operate revoke token_id="$token" state=approved
	must '{"outcome":"already_revoked","reason":"refused by an operator"}' \
		operate approve token_id="$token" state=pending
	must "$OK" operate revoke token_id="$token" state=pending
}

@test "of two operators in one turn, too" {
	local token

	start_asking
	token=$(pending_token)
	pause_daemon
	queue first < <(operation revoke token_id="$token" state=pending reason=no)
	queue second < <(operation approve token_id="$token" state=pending)
	queue asker < <(request approval_token="$token")
	resume_daemon
	finish first
	assert_output "$OK"
	finish second
	assert_field outcome already_revoked
	finish asker
	assert_decision deny 'refused by an operator: no'
}

# policy_of_many_steps: 60 rules that ask for two approvers, and take some 7 million steps for
# 60,000 bytes.
policy_of_many_steps() {
	local i

	mkdir -p "$TMP/policy"
	{
		printf '{"exec":['
		for i in {1..60}; do
			printf '{"id":"r%d","argv":["x","*a%d?*b"],"action":"pending_hitl","quorum":2},' "$i" "$i"
		done
		printf '{"id":"last","argv":["x","*"],"action":"pending_hitl","quorum":2}]}'
	} >"$TMP/policy/policy.json"
}

@test "the views match what is pending within a budget, and say what they can't tell" {
	local i

	policy_of_many_steps
	start_daemon --policy "$TMP/policy/policy.json"
	for i in {1..20}; do
		ask executable=/bin/x sandbox_id="$i" args:="[\"$(head -c 60000 /dev/zero | tr '\0' a)\"]"
	done | grep -c pending_hitl >"$TMP/count"
	assert_equal "$(<"$TMP/count")" 20
	operate list >"$TMP/list"
	"$UNIT" get progress <"$TMP/list" | head -n 20 | sort | uniq -c
	assert_equal "$(head -n 1 "$TMP/list" | "$UNIT" get progress)" '{"approved":0,"missing":2}'
	assert_equal "$(sed -n 20p "$TMP/list" | "$UNIT" get progress)" \
		'{"approved":0,"missing":1,"unknown":true}'
	run firma token show "$(sed -n 20p "$TMP/list" | "$UNIT" get token_id)"
	assert_line -e 'missing +2 approvers'
	run firma token list
	assert_line -e ' not known '
	assert_line -e ' 0 of 2 '
}

# --- the README's picture -------------------------------------------------------------------------

# words FILE.svg: the first word of each line of the screen.
words() {
	sed -n 's/^<text[^>]*>[^A-Za-z<]*\([A-Za-z]*\).*/\1/p' "$1"
}

@test "the README's picture is of this screen" {
	FIRMA=$FIRMA_SHIPPED HOME=$TMP run "$BATS_TEST_DIRNAME/picture" "$TMP/watch.svg"
	assert_status 0
	python3 -c 'import sys, xml.dom.minidom; xml.dom.minidom.parse(sys.argv[1])' "$TMP/watch.svg"
	assert_equal "$(words "$TMP/watch.svg")" "$(words "$BATS_TEST_DIRNAME/../man/watch.svg")"
}
