#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
#
# The life of a token over the wire: its states, what a retry must be like, who may decide, and when
# its time is over (design, sections 5 and 6).

load lib

FOUND_NOT='{"decision":"deny","reason":"approval token not found"}'
CONSUMED='{"decision":"deny","reason":"approval token already consumed"}'
REVOKED='{"decision":"deny","reason":"refused by an operator"}'
EXPIRED='{"decision":"deny","reason":"approval token expired"}'
ALLOWED='{"decision":"allow","reason":"approved by an operator"}'
WRONG_CLAIM='{"decision":"deny","reason":"request_fingerprint is not the request'"'"'s"}'
OK='{"outcome":"ok"}'
NO_SUCH_TOKEN='{"outcome":"not_found","reason":"approval token not found"}'

setup() {
	lib_setup
	asked=() wanted=() names=()
}

# --- what these tests share -----------------------------------------------------------------------

# One door, and everything needs a person.
start_asking() {
	start_daemon --default-action pending_hitl "$@"
}

# Two doors; what `operate` says then goes to the operators'.
start_two_doors() {
	OPERATOR_SOCKET=$TMP/operator.sock
	start_asking --operator-socket "$OPERATOR_SOCKET" "$@"
	_until "$DAEMON" _listens "$OPERATOR_SOCKET" || fail "nobody listens at $OPERATOR_SOCKET"
}

# expect NAME REPLY REQUEST: a line to be sent, and the line that must come.
expect() {
	names+=("$1") wanted+=("$2") asked+=("$3")
}

# exchange: sends what is expected, one after another. Every line is looked at; each that is wrong
# is named.
exchange() {
	local replies i failed=0

	mapfile -t replies < <(printf '%s\n' "${asked[@]}" | send_lines)
	for i in "${!asked[@]}"; do
		if [[ ${replies[i]-} != "${wanted[i]}" ]]; then
			printf '%s: expected %s, was %s\n' "${names[i]}" "${wanted[i]}" "${replies[i]-}" >&2
			failed=1
		fi
	done
	asked=() wanted=() names=()
	return "$failed"
}

# The reply to a request that waits with this token.
awaiting() {
	echo '{"decision":"pending_hitl","reason":"awaiting human approval"'",\
\"approval_token\":\"$1\",\"retry_after_ms\":500}"
}

# The reply to a retry in which this differs from what was asked.
differs() {
	echo '{"decision":"deny","reason":"approval token is for another request: '"$1"' differs"}'
}

# operation ACTION TOKEN: an operator's line.
operation() {
	echo '{"action":"local.exec.'"$1"'","token_id":"'"$2"'"}'
}

# must OUTCOME-LINE ACTION TOKEN [KEY=...]: an operator's action, and what must come of it.
must() {
	run operate "$2" token_id="$3" "${@:4}"
	assert_output "$1"
}

# listed KEY [KEY=...]: that key of each token in the list.
listed() {
	local items

	items=$(operate list "${@:2}" | sed '$d')
	[[ -z $items ]] || "$UNIT" get "$1" <<<"$items"
}

# look_at_states: fills STATE, by token.
look_at_states() {
	local tokens states i

	mapfile -t tokens < <(listed token_id)
	mapfile -t states < <(listed state)
	declare -gA STATE=()
	for i in "${!tokens[@]}"; do
		STATE[${tokens[i]}]=${states[i]}
	done
}

# assert_state TOKEN STATE: as `show` has it.
assert_state() {
	local item

	item=$(operate show token_id="$1" | head -n 1)
	assert_equal "$("$UNIT" get state <<<"$item")" "$2"
}

restart_stopped() {
	stop_daemon
	start_asking
}

restart_killed() {
	kill_daemon
	start_asking
}

# --- the table of states --------------------------------------------------------------------------

# State, event, the reply (ID stands for the token), and the state then.
state_table() {
	cat <<-END
	pending|approve|$OK|approved
	pending|revoke|$OK|revoked
	pending|retry|$(awaiting ID)|pending
	pending|expiry||expired
	approved|approve|$OK|approved
	approved|revoke|$OK|revoked
	approved|retry|$ALLOWED|consumed
	approved|expiry||expired
	consumed|approve|{"outcome":"already_consumed","reason":"approval token already consumed"}|consumed
	consumed|revoke|{"outcome":"already_consumed","reason":"approval token already consumed"}|consumed
	consumed|retry|$CONSUMED|consumed
	consumed|expiry||consumed
	revoked|approve|{"outcome":"already_revoked","reason":"refused by an operator"}|revoked
	revoked|revoke|$OK|revoked
	revoked|retry|$REVOKED|revoked
	revoked|expiry||revoked
	expired|approve|{"outcome":"expired","reason":"approval token expired"}|expired
	expired|revoke|{"outcome":"expired","reason":"approval token expired"}|expired
	expired|retry|$EXPIRED|expired
	expired|expiry||expired
	END
}

# read_table: into states, events, replies and ends.
read_table() {
	local state event reply end

	states=() events=() replies=() ends=()
	while IFS='|' read -r state event reply end; do
		states+=("$state") events+=("$event") replies+=("$reply") ends+=("$end")
	done < <(state_table)
}

# make_tokens STATE...: a token for each row in one of these states, into `tokens`.
make_tokens() {
	local rows=() i got

	for i in "${!states[@]}"; do
		[[ " $* " != *" ${states[i]} "* ]] || rows+=("$i")
	done
	mapfile -t got < <(for i in "${rows[@]}"; do request "args:=[\"$i\"]"; done \
		| send_lines | "$UNIT" get approval_token)
	for i in "${!rows[@]}"; do
		tokens[rows[i]]=${got[i]}
	done
}

# Each row's event but the expiry.
expect_events() {
	local i line

	for i in "${!states[@]}"; do
		case ${events[i]} in
		expiry) continue ;;
		retry) line=$(request "args:=[\"$i\"]" approval_token="${tokens[i]}") ;;
		*) line=$(operation "${events[i]}" "${tokens[i]}") ;;
		esac
		expect "${states[i]}, ${events[i]}" "${replies[i]//ID/${tokens[i]}}" "$line"
	done
}

# judge_states EVENT-PATTERN: each row with such an event is in the state that it must end in.
judge_states() {
	local i failed=0

	look_at_states
	for i in "${!states[@]}"; do
		# shellcheck disable=SC2053 # a pattern is meant
		[[ ${events[i]} == $1 ]] || continue
		if [[ ${STATE[${tokens[i]}]-none} != "${ends[i]}" ]]; then
			echo "${states[i]}, ${events[i]}: then ${STATE[${tokens[i]}]-none}," \
				"not ${ends[i]}" >&2
			failed=1
		fi
	done
	return "$failed"
}

# walk_table [COMMAND...]: all of the table, with the command between its states and its events.
walk_table() {
	local states events replies ends tokens=() i

	read_table
	assert_equal "${#states[@]}" 20
	start_asking

	# At 250 s of the first tokens' 300.
	make_tokens expired
	move_clock 250
	make_tokens pending approved consumed revoked
	for i in "${!states[@]}"; do
		case ${states[i]} in
		approved | consumed) expect "make $i" "$OK" "$(operation approve "${tokens[i]}")" ;;
		revoked) expect "make $i" "$OK" "$(operation revoke "${tokens[i]}")" ;;
		esac
	done
	for i in "${!states[@]}"; do
		if [[ ${states[i]} == consumed ]]; then
			expect "make $i" "$ALLOWED" \
				"$(request "args:=[\"$i\"]" approval_token="${tokens[i]}")"
		fi
	done
	exchange
	move_clock 60

	"$@"
	expect_events
	exchange
	judge_states '[^e]*'
	restart_killed
	judge_states '[^e]*'

	# At 560 s the second tokens' time is over as well; nothing is forgotten before 600.
	move_clock 250
	judge_states expiry
	restart_stopped
	judge_states expiry
}

@test "every state takes every event as the table says" {
	walk_table true
}

@test "every state takes every event as the table says after the daemon was stopped" {
	walk_table restart_stopped
}

@test "every state takes every event as the table says after the daemon was killed" {
	walk_table restart_killed
}

# --- asking and asking again ----------------------------------------------------------------------

@test "each question gets a token of its own, a random UUID" {
	local line

	start_asking
	run "$UNIT" get approval_token < <({
		request args:='["1"]'
		request args:='["2"]'
		request args:='["3"]'
	} | send_lines)
	assert_equal "${#lines[@]}" 3
	assert_equal "$(printf '%s\n' "${lines[@]}" | sort -u | wc -l)" 3
	for line in "${lines[@]}"; do
		[[ $line =~ ^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$ ]] \
			|| fail "$line"
	done
	assert_equal "$(listed token_id)" "$output"
}

@test "a retry of what is pending gets the same token and makes no other" {
	local token line

	start_asking
	token=$(pending_token)
	line=$(request approval_token="$token")
	for _ in 1 2 3; do
		expect "a retry" "$(awaiting "$token")" "$line"
	done
	exchange
	assert_equal "$(listed token_id)" "$token"
}

@test "no token and null are a fresh request, an empty token is not" {
	local token

	start_asking
	token=$(pending_token approval_token:=null)
	expect "an empty token" "$FOUND_NOT" "$(request approval_token=)"
	exchange
	assert_equal "$(listed token_id)" "$token"
}

@test "an approval is good for one of twenty retries at once" {
	local token line replies i allowed=0

	start_asking
	token=$(pending_token)
	must "$OK" approve "$token"
	line=$(request approval_token="$token")
	mapfile -t replies < <(for _ in {1..20}; do echo "$line"; done | send_lines --concurrent)
	assert_equal "${#replies[@]}" 20
	for i in "${replies[@]}"; do
		case $i in
		"$ALLOWED") allowed=$((allowed + 1)) ;;
		"$CONSUMED") ;;
		*) fail "$i" ;;
		esac
	done
	assert_equal "$allowed" 1
	assert_state "$token" consumed
}

@test "an approval is good for one request, and the next one asks again" {
	local token other

	start_asking
	token=$(pending_token)
	must "$OK" approve "$token"
	other=$(pending_token)
	[[ $other != "$token" ]]
	assert_state "$token" approved
	expect "the other" "$(awaiting "$other")" "$(request approval_token="$other")"
	expect "the approved" "$ALLOWED" "$(request approval_token="$token")"
	expect "once more" "$CONSUMED" "$(request approval_token="$token")"
	exchange
}

@test "what the default action denies by now is denied, although it was approved before" {
	local token denied='{"decision":"deny","reason":"denied by the default action"}'

	start_asking
	token=$(pending_token)
	must "$OK" approve "$token"
	stop_daemon
	start_daemon --default-action deny
	expect "new" "$denied" "$(request)"
	expect "approved" "$denied" "$(request approval_token="$token")"
	exchange
	assert_state "$token" approved
}

@test "a token outlives other changes of the default action, which then decides what is new" {
	local token

	start_asking
	token=$(pending_token)
	must "$OK" approve "$token"
	stop_daemon
	start_daemon --default-action deny
	stop_daemon
	start_daemon --default-action allow
	expect "new" '{"decision":"allow","reason":"allowed by the default action"}' "$(request)"
	expect "approved" "$ALLOWED" "$(request approval_token="$token")"
	expect "consumed" "$CONSUMED" "$(request approval_token="$token")"
	exchange
}

# --- which retry is right -------------------------------------------------------------------------

# The request that the following change, with every bound field.
SHA=5feceb66ffc86f38d952786c6d696c79c2dbc239dd4e91b46729d73a27fb57e9
FULL=(executable=/usr/bin/git 'args:=["push","origin","main"]' agent_id=agent cwd=/home/x
	real_path=/opt/git/bin/git executable_sha256="$SHA"
	'programs:={"a":["/bin/a","/x/a"],"b\"":["/bin/b","/bin/b"]}' 'environment:=[]')

# Name, what is given in place of it, and what is told to differ.
changes() {
	cat <<-END
	another executable|executable=/usr/bin/gitk|fingerprint
	the same name elsewhere|executable=/bin/git|fingerprint
	another last argument|args:=["push","origin","maim"]|fingerprint
	another first argument|args:=["pull","origin","main"]|fingerprint
	an argument in capitals|args:=["push","Origin","main"]|fingerprint
	arguments in another order|args:=["push","main","origin"]|fingerprint
	one argument more|args:=["push","origin","main","--force"]|fingerprint
	an empty argument more|args:=["push","origin","main",""]|fingerprint
	one argument less|args:=["push","origin"]|fingerprint
	no arguments|args-|fingerprint
	two arguments joined by a space|args:=["push","origin main"]|fingerprint
	two arguments joined|args:=["push","originmain"]|fingerprint
	an argument split|args:=["push","ori","gin","main"]|fingerprint
	another session|session_id=sess2|fingerprint
	another sandbox|sandbox_id=sbx2|fingerprint
	another agent|agent_id=agent2|fingerprint
	an empty agent|agent_id=|fingerprint
	no agent|agent_id-|fingerprint
	another profile|profile=Generic|profile
	another directory|cwd=/home/x/y|cwd
	no directory|cwd-|cwd
	null for a directory|cwd:=null|cwd
	another real path|real_path=/opt/git/bin/git2|real_path
	no real path|real_path-|real_path
	another hash|executable_sha256=${SHA/5/6}|executable_sha256
	no hash|executable_sha256-|executable_sha256
	another program|programs:={"a":["/bin/a","/x/a"],"b\\"":["/bin/b","/bin/c"]}|programs
	one program less|programs:={"a":["/bin/a","/x/a"]}|programs
	programs in another order|programs:={"b\\"":["/bin/b","/bin/b"],"a":["/bin/a","/x/a"]}|programs
	no programs|programs-|programs
	a variable|environment:=["ENV"]|environment
	no environment|environment-|environment
	END
}

@test "each bound field that is changed by itself is refused, and changes nothing" {
	local token name change what state

	start_asking
	token=$(pending_token "${FULL[@]}")
	for state in pending approved; do
		while IFS='|' read -r name change what; do
			expect "$state, $name" "$(differs "$what")" \
				"$(request "${FULL[@]}" "$change" approval_token="$token")"
		done < <(changes)
		exchange
		assert_state "$token" "$state"
		must "$OK" approve "$token"
	done

	expect "all as it was" "$ALLOWED" "$(request "${FULL[@]}" approval_token="$token")"
	exchange
}

# What was absent at issuance: name, what is given, and what is told to differ, if it does.
additions() {
	cat <<-END
	an agent|agent_id=agent|fingerprint
	an empty agent|agent_id=|
	a directory|cwd=/home/x|
	a real path|real_path=/opt/git/bin/git|
	a hash|executable_sha256=$SHA|
	programs|programs:={"a":["/bin/a","/bin/a"]}|
	variables|environment:=["ENV"]|
	a budget|budget_state_ref=budget:1|
	what nobody knows|color=blue|
	END
}

@test "what was absent when the token was issued binds nothing, but for the agent" {
	local token name change what reply

	start_asking
	token=$(pending_token)
	while IFS='|' read -r name change what; do
		reply=$(awaiting "$token")
		[[ -z $what ]] || reply=$(differs "$what")
		expect "$name" "$reply" "$(request "$change" approval_token="$token")"
	done < <(additions)
	exchange

	must "$OK" approve "$token"
	expect "all of them" "$ALLOWED" "$(request cwd=/home/x real_path=/opt/git/bin/git \
		executable_sha256="$SHA" hitl_mode=sync_wait budget_state_ref=x \
		approval_token="$token")"
	exchange
}

@test "one field's end is not the next one's beginning" {
	local one other

	start_asking
	one=$(pending_token 'args:=["a"]' session_id=b sandbox_id=c agent_id=d)
	other=$(pending_token 'args:=["a","b"]' session_id=c sandbox_id=d)
	expect "fields moved to the right" "$(differs fingerprint)" \
		"$(request 'args:=["a","b"]' session_id=c sandbox_id=d approval_token="$one")"
	expect "fields moved to the left" "$(differs fingerprint)" \
		"$(request 'args:=["a"]' session_id=b sandbox_id=c agent_id=d approval_token="$other")"
	expect "as it was" "$(awaiting "$one")" \
		"$(request 'args:=["a"]' session_id=b sandbox_id=c agent_id=d approval_token="$one")"
	exchange
}

@test "of two faults in a retry the one that is judged first is told" {
	local expired consumed revoked pending wrong=ffff

	start_asking
	expired=$(pending_token "${FULL[@]}")
	consumed=$(pending_token "${FULL[@]}")
	expect "consume" "$OK" "$(operation approve "$consumed")"
	expect "consume" "$ALLOWED" "$(request "${FULL[@]}" approval_token="$consumed")"
	exchange
	revoked=$(pending_token "${FULL[@]}")
	must "$OK" revoke "$revoked"
	move_clock 300
	pending=$(pending_token "${FULL[@]}")

	expect "unknown, before the claim" "$FOUND_NOT" "$(request "${FULL[@]}" \
		approval_token=00000000-0000-4000-8000-000000000000 request_fingerprint=$wrong)"
	expect "consumed, before expired" "$CONSUMED" \
		"$(request "${FULL[@]}" approval_token="$consumed")"
	expect "revoked, before expired" "$REVOKED" \
		"$(request "${FULL[@]}" approval_token="$revoked")"
	expect "consumed, before the fingerprint" "$CONSUMED" \
		"$(request "${FULL[@]}" args- approval_token="$consumed")"
	expect "consumed, before the claim" "$CONSUMED" \
		"$(request "${FULL[@]}" request_fingerprint=$wrong approval_token="$consumed")"
	expect "revoked, before the context" "$REVOKED" \
		"$(request "${FULL[@]}" cwd=/ approval_token="$revoked")"
	expect "expired, before the claim" "$EXPIRED" \
		"$(request "${FULL[@]}" request_fingerprint=$wrong approval_token="$expired")"
	expect "expired, before the fingerprint" "$EXPIRED" \
		"$(request "${FULL[@]}" args- approval_token="$expired")"
	expect "expired, before the context" "$EXPIRED" \
		"$(request "${FULL[@]}" cwd=/ approval_token="$expired")"
	expect "the claim, before the fingerprint" "$WRONG_CLAIM" \
		"$(request "${FULL[@]}" args- request_fingerprint=$wrong approval_token="$pending")"
	expect "the fingerprint, before the context" "$(differs fingerprint)" \
		"$(request "${FULL[@]}" args- cwd=/ profile=other approval_token="$pending")"
	expect "the context, before the state" "$(differs cwd)" \
		"$(request "${FULL[@]}" cwd=/ approval_token="$pending")"
	exchange
}

@test "a token ID that isn't written as it was issued is not found" {
	local token id action

	start_asking
	token=$(pending_token)
	for id in "${token^^}" "{$token}" "${token%?}" "${token}0" " $token" "$token " "${token//-/}" \
		"urn:uuid:$token" "${token/-/_}" "${token%?}g" "${token%-*}" - x; do
		expect "retry of '$id'" "$FOUND_NOT" "$(request approval_token="$id")"
		for action in approve revoke show; do
			expect "$action '$id'" "$NO_SUCH_TOKEN" "$(operation "$action" "$id")"
		done
	done
	for action in approve revoke show; do
		expect "$action nothing" \
			'{"outcome":"unsupported_action","reason":"malformed request: token_id is blank"}' \
			"$(operation "$action" '')"
	done
	expect "as it was issued" "$(awaiting "$token")" "$(request approval_token="$token")"
	exchange
}

# --- whose it is ----------------------------------------------------------------------------------

@test "a token is another user's as if it weren't there" {
	local pending consumed

	need_root
	start_two_doors --agent-group 4242
	pending=$(AS_UID=4242 pending_token)
	consumed=$(AS_UID=4242 pending_token)
	must "$OK" approve "$consumed"
	AS_UID=4242 run ask approval_token="$consumed"
	assert_output "$ALLOWED"

	# Root is told so before it could hear what became of it, or what it is for.
	expect "pending" "$FOUND_NOT" "$(request approval_token="$pending")"
	expect "pending, for another request" "$FOUND_NOT" "$(request args- approval_token="$pending")"
	expect "consumed" "$FOUND_NOT" "$(request approval_token="$consumed")"
	exchange
	must "$OK" approve "$pending"
	expect "approved" "$FOUND_NOT" "$(request approval_token="$pending")"
	exchange
	assert_state "$pending" approved

	AS_UID=4242 run ask approval_token="$pending"
	assert_output "$ALLOWED"
}

@test "root's token is not the agent's" {
	local token

	need_root
	start_two_doors --agent-group 4242 --allow-self-approval
	token=$(pending_token)
	must "$OK" approve "$token"
	AS_UID=4242 run ask approval_token="$token"
	assert_output "$FOUND_NOT"
	run ask approval_token="$token"
	assert_output "$ALLOWED"
}

@test "at the one door for all root and the daemon's user have tokens of their own" {
	local roots

	need_root
	AS_UID=4343 start_asking
	roots=$(pending_token)
	AS_UID=4343 run ask approval_token="$roots"
	assert_output "$FOUND_NOT"
	AS_UID=4343 must "$OK" approve "$roots"
	AS_UID=4343 run ask approval_token="$roots"
	assert_output "$FOUND_NOT"
	run ask approval_token="$roots"
	assert_output "$ALLOWED"
}

# --- who may decide -------------------------------------------------------------------------------

SELF='{"outcome":"unsupported_action","reason":"approving needs another user than the one who asked"}'

@test "who asked may not approve at the operator door, but may revoke" {
	local token

	start_two_doors
	token=$(pending_token)
	must "$SELF" approve "$token"
	assert_state "$token" pending
	run ask approval_token="$token"
	assert_decision pending_hitl
	must "$OK" revoke "$token"
	run ask approval_token="$token"
	assert_output "$REVOKED"
}

@test "who asked may not approve through the operator door's own asking either" {
	local token

	start_two_doors
	token=$(SOCKET=$OPERATOR_SOCKET pending_token)
	must "$SELF" approve "$token"
	SOCKET=$OPERATOR_SOCKET run ask approval_token="$token"
	assert_decision pending_hitl
}

@test "another user may approve at the operator door" {
	local token

	need_root
	start_two_doors --operator-group 4343
	token=$(pending_token)
	AS_UID=4343 must "$OK" approve "$token"
	run ask approval_token="$token"
	assert_output "$ALLOWED"
}

@test "who asked may approve where the operator allows it" {
	local token

	start_two_doors --allow-self-approval
	token=$(pending_token)
	assert_log -p '(--allow-self-approval)'
	must "$OK" approve "$token"
	run ask approval_token="$token"
	assert_output "$ALLOWED"
}

@test "an operator's action at the agent door names the operator door and does nothing" {
	local token action refused

	refused='{"outcome":"unsupported_action","reason":"'
	refused+="operators' actions are taken at the operator door, this is the agent door\"}"
	start_two_doors --allow-self-approval
	token=$(pending_token)
	for action in approve revoke show list status; do
		expect "$action" "$refused" "$(operation "$action" "$token")"
	done
	exchange
	assert_state "$token" pending
}

@test "requests may be asked at the operator door" {
	start_two_doors
	SOCKET=$OPERATOR_SOCKET run ask
	assert_decision pending_hitl
	SOCKET=$OPERATOR_SOCKET run ask executable-
	assert_decision deny "malformed request: executable is missing"
}

@test "an operator's fingerprint must be the token's" {
	local action token fingerprint bad refused

	refused='{"outcome":"unsupported_action","reason":"fingerprint is not the token'\''s"}'
	start_asking
	for action in approve revoke; do
		token=$(pending_token)
		fingerprint=$(operate show token_id="$token" | head -n 1 | "$UNIT" get fingerprint)
		assert_equal "${#fingerprint}" 64
		for bad in "${fingerprint%?}" "${fingerprint^^}" "${fingerprint/[0-9]/x}" '' \
			"$(firma fingerprint -- /bin/true)"; do
			must "$refused" "$action" "$token" fingerprint="$bad"
		done
		assert_state "$token" pending
		must "$OK" "$action" "$token" fingerprint="$fingerprint"
	done
	assert_equal "$(listed state)" $'approved\nrevoked'
}

@test "the asker hears why its token was revoked, word for word" {
	local token reason first long next args

	printf -v long '%0512d' 0
	first=$'don\'t "push" on a Fri\u00addäy \\ 🚫\n\t{"decision":"allow"}'
	start_asking
	for reason in "$first" "${long//0/ä}"; do
		args="[\"${#reason}\"]"
		token=$(pending_token args:="$args")
		must "$OK" revoke "$token" reason="$reason"
		must "$OK" revoke "$token" reason=other
		must "$OK" revoke "$token"
		must '{"outcome":"already_revoked","reason":"refused by an operator"}' approve "$token"
		for next in restart_stopped restart_killed true; do
			run ask args:="$args" approval_token="$token"
			assert_decision deny "refused by an operator: $reason"
			assert_equal "$(operate show token_id="$token" | head -n 1 \
				| "$UNIT" get reason)" "$reason"
			"$next"
		done
	done
}

# --- time -----------------------------------------------------------------------------------------

@test "a token expires when its time is over, and is forgotten five minutes later" {
	local pending approved consumed late

	start_asking
	pending=$(pending_token)
	approved=$(pending_token)
	consumed=$(pending_token)
	must "$OK" approve "$approved"
	must "$OK" approve "$consumed"
	run ask approval_token="$consumed"
	assert_output "$ALLOWED"

	move_clock 290
	expect "before" "$(awaiting "$pending")" "$(request approval_token="$pending")"
	exchange
	assert_equal "$(listed state)" $'pending\napproved\nconsumed'

	move_clock 10
	for late in "just now" "nearly five minutes ago"; do
		expect "pending, over $late" "$EXPIRED" "$(request approval_token="$pending")"
		expect "approved, over $late" "$EXPIRED" "$(request approval_token="$approved")"
		expect "consumed, over $late" "$CONSUMED" "$(request approval_token="$consumed")"
		exchange
		assert_equal "$(listed state)" $'expired\nexpired\nconsumed'
		move_clock 290
	done

	move_clock 10
	for late in "$pending" "$approved" "$consumed"; do
		expect "five minutes past its end" "$FOUND_NOT" "$(request approval_token="$late")"
		expect "five minutes past its end" "$NO_SUCH_TOKEN" "$(operation show "$late")"
	done
	exchange
	assert_equal "$(listed state)" ''
	restart_killed
	assert_equal "$(listed state)" ''
}

@test "--token-ttl says how long a token lives" {
	local ttl seconds token left

	while read -r ttl seconds; do
		start_asking --token-ttl "$ttl"
		token=$(pending_token "args:=[\"$ttl\"]")
		left=$(operate show token_id="$token" | head -n 1 | "$UNIT" get expires_in_ms)
		((left <= seconds * 1000 && left > (seconds - 10) * 1000)) || fail "$ttl: $left ms"
		move_clock $((seconds - 10))
		assert_state "$token" pending
		move_clock 10
		assert_state "$token" expired
		stop_daemon
	done <<-END
		30s 30
		2h 7200
	END

	# It is the token's own, not the daemon's.
	start_asking --token-ttl 1min
	token=$(pending_token)
	stop_daemon
	start_asking --token-ttl 1h
	move_clock 60
	assert_state "$token" expired
}

@test "--retry-after says when to ask again" {
	local time ms

	while read -r time ms; do
		start_asking --retry-after "$time"
		run ask
		assert_field retry_after_ms "$ms"
		run ask approval_token="$(field approval_token)"
		assert_field retry_after_ms "$ms"
		stop_daemon
	done <<-END
		0 0
		1500ms 1500
		1min 60000
	END
}

@test "setting the wall clock neither lengthens nor shortens a token's life" {
	local token step

	start_asking
	token=$(pending_token)
	must "$OK" approve "$token"
	for step in 86400 -172800 3153600000 -3153600000 86400; do
		move_wall "$step"
		assert_state "$token" approved
	done
	move_wall 86400
	restart_stopped
	assert_state "$token" approved
	move_wall -172800
	restart_killed
	assert_state "$token" approved

	move_wall -600
	move_clock 300
	expect "at its end" "$EXPIRED" "$(request approval_token="$token")"
	exchange
}

# settle_all: a token in each state but expired, into pending, approved, consumed, revoked.
settle_all() {
	pending=$(pending_token)
	approved=$(pending_token)
	consumed=$(pending_token)
	revoked=$(pending_token)
	expect "approve" "$OK" "$(operation approve "$approved")"
	expect "approve" "$OK" "$(operation approve "$consumed")"
	expect "consume" "$ALLOWED" "$(request approval_token="$consumed")"
	expect "revoke" "$OK" "$(operation revoke "$revoked")"
	exchange
}

assert_all_over() {
	expect "pending" "$EXPIRED" "$(request approval_token="$pending")"
	expect "approved" "$EXPIRED" "$(request approval_token="$approved")"
	expect "approve what was pending" '{"outcome":"expired","reason":"approval token expired"}' \
		"$(operation approve "$pending")"
	expect "consumed" "$CONSUMED" "$(request approval_token="$consumed")"
	expect "revoked" "$REVOKED" "$(request approval_token="$revoked")"
	exchange
	assert_equal "$(listed state)" $'expired\nexpired\nconsumed\nrevoked'
}

@test "another boot ends what is pending and approved, and nothing else" {
	local pending approved consumed revoked end

	for end in stop_daemon kill_daemon; do
		start_asking
		settle_all
		"$end"
		new_boot
		start_asking
		assert_all_over

		# Kept for as long as if it had ended at the start.
		restart_killed
		move_clock 280
		assert_all_over
		move_clock 20
		assert_equal "$(listed state)" ''
		stop_daemon
	done
}

@test "a token from later than now is expired, and stays so" {
	local pending approved consumed revoked

	start_asking
	move_clock 3600
	settle_all
	move_clock -1800
	expect "pending" "$EXPIRED" "$(request approval_token="$pending")"
	expect "approved" "$EXPIRED" "$(request approval_token="$approved")"
	exchange
	kill_daemon
	start_asking
	assert_all_over
	kill_daemon
	move_clock 1800
	start_asking
	assert_equal "$(listed state)" '' # forgotten: 30 minutes have passed since
}

# --- what operators see ---------------------------------------------------------------------------

@test "tokens are listed in the order of their issue, all or those in one state" {
	local pending approved consumed revoked expired last all state

	start_asking
	expired=$(pending_token)
	move_clock 290
	settle_all
	last=$(pending_token args:='["last"]')
	move_clock 10

	all=("$expired" "$pending" "$approved" "$consumed" "$revoked" "$last")
	for state in written stopped killed; do
		run listed token_id
		assert_output "$(printf '%s\n' "${all[@]}")"
		assert_equal "$(listed token_id state=pending)" "$pending"$'\n'"$last"
		assert_equal "$(listed token_id state=approved)" "$approved"
		assert_equal "$(listed token_id state=consumed)" "$consumed"
		assert_equal "$(listed token_id state=revoked)" "$revoked"
		assert_equal "$(listed token_id state=expired)" "$expired"
		assert_equal "$(listed token_id state:=null)" "$output"
		case $state in
		written) restart_stopped ;;
		stopped) restart_killed ;;
		esac
	done

	for state in Pending absent '' all; do
		run operate list state="$state"
		assert_field outcome unsupported_action
		assert_field reason "malformed request: state must be 'pending', 'approved', \
'consumed', 'revoked' or 'expired'"
		assert_equal "${#lines[@]}" 1
	done
}

@test "an empty list is the outcome alone" {
	start_asking
	run operate list
	assert_output "$OK"
	run operate list state=pending
	assert_output "$OK"
}

# fingerprint_of AGENT WORD...: made without firma's help.
fingerprint_of() {
	{
		printf '%s\0' "${@:2}"
		printf %s "$1"
	} | sha256sum | cut -d ' ' -f 1
}

@test "show tells everything that a token holds" {
	local token item shown end times

	times='"issued_at":"[^"]*","expires_at":"[^"]*","age_ms":[0-9]+,"expires_in_ms":[0-9]+}'
	start_asking
	token=$(pending_token "${FULL[@]}" session_id='s "1"' sandbox_id=$'b\n2' profile=ü \
		budget_state_ref='b "3"')
	shown='{"token_id":"'"$token"'","state":"pending","kind":"exec"'
	shown+=',"executable":"/usr/bin/git","args":["push","origin","main"],"cwd":"/home/x"'
	shown+=',"real_path":"/opt/git/bin/git","executable_sha256":"'"$SHA"'"'
	shown+=',"programs":{"a":["/bin/a","/x/a"],"b\"":["/bin/b","/bin/b"]},"environment":[]'
	shown+=',"agent_id":"agent","session_id":"s \"1\"","sandbox_id":"b\n2","profile":"ü"'
	shown+=',"process":"unit","rule":"default_action","door":"any","budget_state_ref":"b \"3\"","remember":true,"uid":'"$EUID"',"pid":PID,"fingerprint":"'
	shown+=$(fingerprint_of agent /usr/bin/git push origin main 's "1"' $'b\n2')'"'

	for end in true restart_stopped restart_killed; do
		"$end"
		run operate show token_id="$token"
		assert_line -n 1 "$OK"
		assert_equal "${#lines[@]}" 2
		item=${lines[0]}
		# Which process asked, who started it, and the times, are not for this test to know.
		item=$(sed -E 's/"parents":\[[^]]*\],//' <<<"$item")
		[[ $item =~ ^(.*\"pid\":)[1-9][0-9]*(,.*),$times$ ]] || fail "$item"
		assert_equal "${BASH_REMATCH[1]}PID${BASH_REMATCH[2]}" "$shown"
		run operate list
		assert_line -n 1 "$OK"
		assert_equal "${#lines[@]}" 2
		[[ $(sed -E 's/"parents":\[[^]]*\],//' <<<"${lines[0]}") == "${item%,\"age_ms*}"* ]] \
			|| fail "${lines[0]}"
	done
}

@test "what a request didn't bring is left out of what is shown" {
	local token key

	start_asking
	token=$(pending_token args-)
	run operate show token_id="$token"
	for key in agent_id cwd real_path executable_sha256 programs environment reason; do
		refute_output -p "\"$key\""
	done
	assert_line -n 0 -p '"args":[]'
}

# about ITEM KEY SECONDS: the item's time is that far from the wall clock, give or take a slow machine.
about() {
	local time off

	time=$("$UNIT" get "$2" <<<"$1")
	[[ $time =~ ^[0-9-]{10}T[0-9:]{8}(\.[0-9]+)?Z$ ]] || fail "$2 is $time"
	off=$(($(date -d "$time" +%s) - $(date +%s) - $3))
	((off >= -60 && off <= 60)) || fail "$2 is $time, $off s off"
}

@test "issue and expiry are shown as times of the wall clock at issuance" {
	local token item left age

	start_asking
	move_wall 86400
	token=$(pending_token)
	move_wall -43200
	move_clock 100
	item=$(operate show token_id="$token" | head -n 1)
	about "$item" issued_at 86400
	about "$item" expires_at 86700
	left=$("$UNIT" get expires_in_ms <<<"$item")
	((left <= 200000 && left > 140000)) || fail "$left ms left"

	age=$("$UNIT" get age_ms <<<"$item")
	((age >= 100000 && age < 160000)) || fail "$age ms old"

	move_clock 200
	item=$(operate show token_id="$token" | head -n 1)
	about "$item" expires_at 86700
	assert_equal "$("$UNIT" get expires_in_ms <<<"$item")" 0

	# Of another boot it is known only that it had its time.
	stop_daemon
	new_boot
	start_asking
	item=$(operate show token_id="$token" | head -n 1)
	age=$("$UNIT" get age_ms <<<"$item")
	((age >= 300000 && age < 360000)) || fail "$age ms old"
}

# item_has ITEM KEY TEXT
item_has() {
	assert_equal "$2: $("$UNIT" get "$2" <<<"$1")" "$2: $3"
}

# What the lines of the tokens take.
size_on_record() {
	grep -h '"executable":' "$STATE_DIR/tokens.jsonl" | wc -c
}

@test "status tells who serves, where, and what is on record" {
	local pending approved consumed revoked item store up

	start_asking
	settle_all
	move_clock 100
	run operate status
	assert_line -n 1 "$OK"
	assert_equal "${#lines[@]}" 2
	item=${lines[0]}
	item_has "$item" version "$(firma --version | cut -d' ' -f2)"
	item_has "$item" pid "$DAEMON"
	item_has "$item" state answering
	item_has "$item" default_action pending_hitl
	item_has "$item" self_approval true
	item_has "$item" doors '[{"role":"any","path":"'"$SOCKET"'"}]'
	item_has "$item" connections 1
	item_has "$item" tokens '{"pending":1,"approved":1,"consumed":1,"revoked":1,"expired":0}'
	refute_output -p '"closed"'
	up=$("$UNIT" get uptime_ms <<<"$item")
	((up >= 100000 && up < 160000)) || fail "up $up ms"
	store='{"kind":"file","directory":"'$STATE_DIR'","bytes":'$(size_on_record)
	item_has "$item" store "$store,\"max_bytes\":134217728}"
	stop_daemon

	start_two_doors --default-action deny --max-store 1M
	item=$(operate status | head -n 1)
	item_has "$item" default_action deny
	item_has "$item" self_approval false
	item_has "$item" doors \
		'[{"role":"agent","path":"'"$SOCKET"'"},{"role":"operator","path":"'"$OPERATOR_SOCKET"'"}]'
	[[ $item == *'"max_bytes":1048576}'* ]] || fail "$item"
	stop_daemon

	start_two_doors --allow-self-approval
	item=$(operate status | head -n 1)
	item_has "$item" self_approval true
}

# --- the fingerprint ------------------------------------------------------------------------------

# The known answers: name, request and fingerprint into arrays.
read_vectors() {
	local file=$BATS_TEST_DIRNAME/vectors/fingerprint.json objects

	# The array's objects one behind the other.
	objects=$(sed -e '1d;$d' -e 's/^ },$/ }/' "$file")
	mapfile -t vector_names < <("$UNIT" get name <<<"$objects")
	mapfile -t vector_requests < <("$UNIT" get request <<<"$objects")
	mapfile -t vector_fingerprints < <("$UNIT" get fingerprint <<<"$objects")
	assert_equal "${#vector_names[@]}" "$(grep -c '^  "name":' "$file")"
	((${#vector_names[@]} > 0))
	assert_equal "${#vector_requests[@]}" "${#vector_names[@]}"
	assert_equal "${#vector_fingerprints[@]}" "${#vector_names[@]}"
}

# claiming REQUEST FINGERPRINT: the request with that claim.
claiming() {
	echo "${1%\}},\"request_fingerprint\":\"$2\"}"
}

# One hex digit, the one at this place, is another.
other_digit() {
	local digit=${1:$2:1}

	[[ $digit == 0 ]] && digit=1 || digit=0
	echo "${1:0:$2}$digit${1:$2+1}"
}

@test "the daemon makes the known fingerprints, and takes no other claim" {
	local vector_names vector_requests vector_fingerprints i claim reply

	read_vectors
	start_asking
	for i in "${!vector_names[@]}"; do
		claim=${vector_fingerprints[i]}
		reply=$(claiming "${vector_requests[i]}" "$claim" | send)
		[[ $reply == '{"decision":"pending_hitl",'* ]] || fail "${vector_names[i]}: $reply"
		for claim in "$(other_digit "$claim" 0)" "$(other_digit "$claim" 63)" "${claim^^}" \
			"${claim%?}" "${claim}0" '' nonsense; do
			expect "${vector_names[i]}, claimed '$claim'" "$WRONG_CLAIM" \
				"$(claiming "${vector_requests[i]}" "$claim")"
		done
	done
	exchange
	run listed fingerprint
	# Those that follow one another with the same fingerprint are the same question.
	assert_output "$(printf '%s\n' "${vector_fingerprints[@]}" | uniq)"
	restart_killed
	assert_equal "$(listed fingerprint)" "$output"
}

@test "a retry's claim is checked as well, and changes nothing" {
	local vector_names vector_requests vector_fingerprints i token line claim

	read_vectors
	start_asking
	for i in "${!vector_names[@]}"; do
		claim=${vector_fingerprints[i]}
		token=$(send <<<"${vector_requests[i]}" | "$UNIT" get approval_token)
		line="${vector_requests[i]%\}},\"approval_token\":\"$token\"}"
		must "$OK" approve "$token" fingerprint="$claim"
		expect "${vector_names[i]}, wrong" "$WRONG_CLAIM" \
			"$(claiming "$line" "$(other_digit "$claim" 31)")"
		expect "${vector_names[i]}, right" "$ALLOWED" "$(claiming "$line" "$claim")"
	done
	exchange
}

@test "a wrong claim is denied where everything else is allowed" {
	local claim

	start_daemon --default-action allow
	claim=$(fingerprint_of '' /usr/bin/git status sess sbx)
	run ask request_fingerprint="$claim"
	assert_decision allow
	run ask request_fingerprint="$(other_digit "$claim" 5)"
	assert_output "$WRONG_CLAIM"
}

@test "firma fingerprint makes the known fingerprints" {
	local vector_names vector_requests vector_fingerprints n

	read_vectors
	for n in "${!vector_names[@]}"; do # run, given options, changes i
		run --separate-stderr firma fingerprint --request - <<<"${vector_requests[n]}"
		assert_output "${vector_fingerprints[n]}"
		refute_stderr
		assert_status 0
	done
}

@test "firma fingerprint of a command line is that of the request with the same words" {
	local line claim

	cd -P "$TMP"
	mkdir -p bin "a b"
	cp /bin/true "a b/tool"
	ln -s "../a b/tool" bin/link
	line=$(request executable="$PWD/bin/link" 'args:=["-x","","ä b","--"]' session_id='s 1' \
		sandbox_id=x agent_id=bot)
	run --separate-stderr firma fingerprint --session 's 1' --sandbox x --agent bot -- \
		bin/link -x '' 'ä b' --
	assert_status 0
	refute_stderr
	claim=$output
	assert_equal "$claim" "$(fingerprint_of bot "$PWD/bin/link" -x '' 'ä b' -- 's 1' x)"
	run firma fingerprint --request - <<<"$line"
	assert_output "$claim"

	# Without an agent, and with the defaults.
	run firma fingerprint bin/link
	assert_output "$(fingerprint_of '' "$PWD/bin/link" local host)"

	start_asking
	run ask executable="$PWD/bin/link" 'args:=["-x","","ä b","--"]' session_id='s 1' \
		sandbox_id=x agent_id=bot request_fingerprint="$claim"
	assert_decision pending_hitl
}

@test "a revocation whose reason is blank has none" {
	local token

	start_daemon --default-action pending_hitl
	token=$(pending_token)
	run operate revoke token_id="$token" reason=' '
	assert_output '{"outcome":"ok"}'
	run ask approval_token="$token"
	assert_output '{"decision":"deny","reason":"refused by an operator"}'
}

# --- resuming -------------------------------------------------------------------------------------

# resumed TOKEN [KEY=...]: a request that resumes waits with this token.
resumed() {
	run ask resume:=true "${@:2}"
	assert_output "$(awaiting "$1")"
}

@test "a request that resumes waits with the pending token for the same question, and consumes it" {
	local token

	start_asking
	run ask resume:=true cwd=/tmp
	token=$(field approval_token)
	resumed "$token" cwd=/tmp
	assert_equal "$(operate list | grep -c token_id)" 1
	operate approve token_id="$token"
	run ask resume:=true cwd=/tmp
	assert_output "$ALLOWED"
	run ask resume:=true cwd=/tmp
	assert_decision pending_hitl
	[[ $(field approval_token) != "$token" ]] || fail "a consumed token was resumed"
}

@test "an approved token is resumed before a pending one" {
	local first second

	start_asking
	first=$(pending_token)
	second=$(pending_token)
	operate approve token_id="$second"
	run ask resume:=true
	assert_output "$ALLOWED"
	resumed "$first"
}

@test "only a request that is equal in every field resumes, what was not sent included" {
	local key token

	start_asking
	token=$(pending_token cwd=/tmp agent_id=a)
	for key in cwd=/ cwd- agent_id=b agent_id- session_id=t sandbox_id=t profile=t \
		real_path=/bin/x executable_sha256="$(printf '%064d' 1)" executable=/bin/x \
		args:='["x"]'; do
		run ask resume:=true cwd=/tmp agent_id=a "$key"
		assert_decision pending_hitl
		[[ $(field approval_token) != "$token" ]] || fail "resumed with $key"
	done
	resumed "$token" cwd=/tmp agent_id=a
}

@test "a purpose is told as it came, and an empty one is none" {
	local token

	start_asking
	token=$(pending_token purpose=$'a "b"\n\u202e')
	restart_killed
	run operate show token_id="$token"
	assert_line -n 0 -p '"purpose":"a \"b\"\n'$'\u202e''"'
	run operate list
	assert_line -n 0 -p '"purpose":"a \"b\"\n'$'\u202e''"'
	run operate show token_id="$(pending_token purpose=)"
	[[ $output != *purpose* ]]
}

@test "a purpose has its limit, and binds neither a retry nor who resumes" {
	local token

	start_asking
	run ask purpose="$(printf '%01025d' 0)"
	assert_output -p 'malformed request: purpose is longer than 1024 bytes'
	run ask purpose:=5
	assert_output -p 'malformed request: purpose must be a string'
	token=$(pending_token purpose="$(printf '%01024d' 0)" cwd=/tmp)
	resumed "$token" purpose=other cwd=/tmp
	resumed "$token" cwd=/tmp
	operate approve token_id="$token"
	run ask approval_token="$token" purpose=other cwd=/tmp
	assert_output "$ALLOWED"
}

@test "a token that was refused or is over is not resumed" {
	local token

	start_asking
	token=$(pending_token)
	operate revoke token_id="$token"
	run ask resume:=true
	assert_decision deny "a person refused this question"
	token=$(pending_token cwd=/)
	move_clock 301
	run ask resume:=true cwd=/
	assert_decision pending_hitl
	[[ $(field approval_token) != "$token" ]] || fail 'an expired token was resumed'
}

@test "what policy allows or denies by now is not asked of the token" {
	local token

	start_daemon --default-action pending_hitl
	token=$(pending_token)
	stop_daemon
	start_daemon --default-action deny
	run ask resume:=true
	assert_decision deny
	stop_daemon
	start_daemon --default-action allow
	run ask resume:=true
	assert_decision allow
	run operate show token_id="$token"
	assert_line -n 0 -p '"state":"pending"'
}

@test "a look, and a retry that changes nothing, leave no line in the log" {
	local token before

	start_daemon --default-action pending_hitl
	token=$(pending_token)
	before=$(wc -l <"$TMP/log")
	run ask approval_token="$token"
	assert_decision pending_hitl
	operate show token_id="$token"
	operate list
	operate status
	assert_equal "$(wc -l <"$TMP/log")" "$before"
	operate approve token_id="$token"
	assert_equal "$(wc -l <"$TMP/log")" $((before + 1))
}

@test "a request that a proxy hands on is shown as one" {
	local token

	start_daemon --default-action pending_hitl
	cp "$UNIT" "$TMP/systemd-socket-proxyd"
	token=$(request | "$TMP/systemd-socket-proxyd" probe "$SOCKET" | "$UNIT" get approval_token)
	run firma token show "$token"
	assert_line -e '^  process +through a proxy \(systemd-socket-proxyd\)$'
	run firma token show --json "$token"
	assert_field process systemd-socket-
}
