#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
#
# `firma token watch`: the operator's desk on real terminals, and its lines anywhere else.

# shellcheck disable=SC2154 # some variables are those of lib.bash and bats

load lib
load terminal

setup() {
	lib_setup
	QUESTION='[r]efuse [s]kip [q]uit'
}

teardown() {
	terminal_teardown
	lib_teardown
}

# --- what these tests share -----------------------------------------------------------------------

start_asking() {
	start_daemon --default-action pending_hitl
}

# desk [SIZE]: a desk on a terminal, which waits for a request or asks about one.
desk() {
	terminal "${1-80x40}" "${WRAPPER[@]}" "$FIRMA" token watch
	_until "$$" _is_at_work || fail "no desk" "$(screen)"
}

_is_at_work() {
	local text

	text=$(screen)
	[[ $text == *'q leaves.'* || $text == *"$QUESTION"* ]]
}

# asked: the question stands under the card. (Keys count from then on.)
asked() {
	seen "$QUESTION"
}

is_there_twice() {
	(($(history | grep -cF "$1") == 2))
}

# typed KEY...: once the question is there.
typed() {
	asked
	keys "$@"
}

# wait_check NAME ARG...: `firma check --wait`, until it has printed the token's ID, in ID.
wait_check() {
	local name=$1

	shift
	_background "$name" "$FIRMA" check --wait "$@"
	ID=$(<"$TMP/$name.out")
}

# state ID
state() {
	operate show token_id="$1" | head -n 1 | "$UNIT" get state
}

is_in_state() {
	[[ $(state "$1") == "$2" ]]
}

# becomes STATE ID: waits for that.
becomes() {
	_until "$DAEMON" is_in_state "$2" "$1" || fail "the token is $(state "$2"), not $1"
}

# --- deciding -------------------------------------------------------------------------------------

@test "a request comes to the desk, a key approves it, and the asker goes on at once" {
	start_asking
	desk
	wait_check asker -- touch 'a b'
	typed a
	finish asker
	assert_status 0

	seen approved
	seen "consumed ${ID:0:8}"
	run history
	assert_line -e "^command +[^ ]*/touch 'a b'\$"
	assert_line approved
	keys q
	ended
	assert_status 0
}

# asks_kind ACTION-TYPE MEMBER...: by the second contract; ID is its token.
asks_kind() {
	ID=$("$UNIT" object action_type="$1" detail:=true session_id=s agent_id=a "${@:2}" | send | "$UNIT" get approval_token)
}

@test "each kind of request comes to the desk with its card, and a key approves it" {
	local kind shown members

	start_asking
	desk
	while IFS='|' read -r kind shown members; do
		IFS=';' read -ra members <<<"$members"
		asks_kind "$kind" "${members[@]}"
		seen "$shown"
		typed a
		becomes approved "$ID"
	done <<-'END'
		read_file|/srv/data|target=/srv/data
		write_file|+ 'new words'|target=/w/a.txt;old_text=old words;new_text=new words
		fetch_url|https://x.example/page|target=https://x.example/page
		git_operation|main|target=main;operation=push
		mcp_tool_call|get_issue|server=tickets;tool=get_issue
		release_governance_record|rollout-promotion-execution|release_governance:={"metadata_kind":"rollout-promotion-execution","approval_state":"pending"}
	END
}

@test "the card tells facts from claims, the directory, the rule and the time that is left" {
	local what

	start_asking
	desk
	ask agent_id=robot cwd=/srv/app >/dev/null
	asked
	run screen
	for what in "asked by     uid $EUID" 'it claims' '  directory  /srv/app' '  agent      robot' \
		'rule         default_action' 'expires in [45]min'; do
		assert_output -e "$what"
	done
}

@test "a reason for refusing reaches the asker word for word" {
	start_asking
	desk
	wait_check asker -- touch x
	typed r
	seen 'The reason'
	keys -l "not on a Friday; ask 'Zoë'"
	keys Enter
	finish asker
	assert_status 1
	assert_output -p "denied: refused by an operator: not on a Friday; ask 'Zoë'"
	seen refused
	becomes revoked "$ID"
}

@test "no reason need be given, and ctrl-D goes back to the question" {
	local id

	start_asking
	id=$(pending_token)
	desk
	typed r
	seen 'The reason'
	keys -l 'on second'
	keys C-d C-d
	asked
	is_in_state "$id" pending

	typed r
	_until "$$" is_there_twice 'The reason' || fail 'it asks for none' "$(history)"
	keys Enter
	becomes revoked "$id"
	[[ $(ask approval_token="$id") == *'"refused by an operator"'* ]]
}

@test "what is pending already is shown one after another, and a skipped one stays pending" {
	local first second

	start_asking
	first=$(pending_token args:='["first"]')
	second=$(pending_token args:='["second"]')
	desk
	asked
	seen ', 1 more)'
	seen "$first"
	keys s
	seen 'left as it is'
	seen "$second"
	typed a
	becomes approved "$second"
	is_in_state "$first" pending
}

@test "a key counts once, and not for what it was not pressed at" {
	local first second

	start_asking
	desk
	keys a a a y Enter
	first=$(pending_token args:='["first"]')
	second=$(pending_token args:='["second"]')
	asked
	is_in_state "$first" pending

	keys a a a a
	becomes approved "$first"
	seen "$second"
	asked
	is_in_state "$second" pending
}

@test "a key that is pressed between the card and its question doesn't count" {
	local id n early=

	start_asking
	desk
	for ((n = 0; n < 10; n++)); do
		id=$(pending_token args:="[\"$n\"]")
		seen "$id"
		keys a
		# On a busy machine the question may have been there: then it was no such key.
		if [[ $(screen) != *"$QUESTION"* ]]; then
			early=1
			break
		fi
		operate revoke token_id="$id"
		seen "refused  ${id:0:8}"
	done
	[[ $early ]]
	asked
	is_in_state "$id" pending
}

# approves ID: presses the key that approves, once the question is there, until it has counted.
approves() {
	_until "$$" _approves "$1" || fail "the token is $(state "$1"), not approved" "$(screen)"
}

# A key that meant nothing may not be read yet: after it another one counts only later.
_approves() {
	is_in_state "$1" approved && return
	if ((SECONDS >= ${PRESSED_AT:-0} + 2)) && _is_seen "$QUESTION"; then
		PRESSED_AT=$SECONDS
		keys a
	fi
	return 1
}

@test "keys that mean nothing change nothing" {
	local id key

	start_asking
	id=$(pending_token)
	desk
	for key in x Enter Space Up F1 R Y Escape; do
		typed "$key"
	done
	asked
	is_in_state "$id" pending
	approves "$id"
}

# hold: a key is held down for two seconds. Sets PAUSES, how often it may have seemed to be let go,
# which it does on a busy machine.
hold() {
	local began=${EPOCHREALTIME/./} last=${EPOCHREALTIME/./} now

	PAUSES=0
	for ((now = last; now - began < 2000000; last = now)); do
		keys a
		now=${EPOCHREALTIME/./}
		((now - last < 100000)) || PAUSES=$((PAUSES + 1))
	done
}

@test "a key that is held down decides once, however many requests there are" {
	local n

	start_asking
	for n in 1 2 3 4 5; do
		pending_token args:="[\"$n\"]" >/dev/null
	done
	desk
	asked
	hold
	run operate list
	n=$(grep -c '"approved"' <<<"$output")
	((n >= 1 && n <= 1 + PAUSES)) || fail "$n are approved" "$output"
}

# --- a long one -----------------------------------------------------------------------------------

# thirty: a command of thirty lines, as agents write them; its last line is the worst.
thirty() {
	local n text="cat >x <<'END'\\n"

	for ((n = 1; n < 30; n++)); do
		text+="line $n | it's what it is\\n"
	done
	pending_token args:="[\"-c\",\"${text}END\\nrm -rf ~\"]"
}

@test "a command of many lines is shown line by line, each behind a mark, and read a page at a time" {
	local id n

	start_asking
	id=$(thirty)
	desk 80x24
	seen '[v]iew all'
	typed v
	seen 'page 1 of 2'
	run screen
	assert_line -e "^command +/usr/bin/git -c \\$'cat >x <<\\\\'END\\\\'\\\\n\$"
	assert_line -e "^ {11}\| line 1 \| it\\\\'s what it is\\\\n\$"
	# A key that comes at once does not turn the page: it is read first.
	keys Space Space Space
	_until "$$" _turns 2 || fail "$(screen)"
	run history
	for ((n = 1; n < 30; n++)); do
		assert_line -e "^ {11}\| line $n \|"
	done
	assert_line -e "^ {11}\| rm -rf ~'\$"
	is_in_state "$id" pending
	_until "$$" _asks_again || fail "$(screen)"
	is_in_state "$id" pending
	approves "$id"
}

_turns() {
	_is_seen "page $1 of 2" && return
	_press Space
}

_asks_again() {
	_is_seen "$QUESTION" && return
	_press Space
}

# _press KEY: at most every two seconds; always 1.
_press() {
	if ((SECONDS >= ${PRESSED_AT:-0} + 2)); then
		PRESSED_AT=$SECONDS
		keys "$1"
	fi
	return 1
}

@test "a page key leads back, and one leaves for the question, which still wants a proof" {
	local id

	start_asking
	id=$(thirty)
	desk 80x24
	typed v
	_until "$$" _turns 2 || fail "$(screen)"
	_until "$$" _goes_back || fail "$(screen)"
	_until "$$" _leaves || fail "$(screen)"
	typed a
	seen 'must be proved'
	is_in_state "$id" pending
}

_goes_back() {
	[[ $(screen | tail -n 1) == 'page 1 of 2'* ]] && return
	_press b
}

_leaves() {
	_is_seen "$QUESTION" && return
	_press q
}

@test "always is a question of its own, and holds once it was used" {
	local id what=(cwd=/srv real_path=/usr/bin/git)

	start_asking
	id=$(pending_token "${what[@]}")
	desk
	typed A
	seen 'Approve it always? [y/N]'
	keys a Enter
	asked
	is_in_state "$id" pending

	typed A
	seen 'Approve it always? [y/N]'
	keys Y Enter
	becomes approved "$id"
	[[ $(ask "${what[@]}") == *pending_hitl* ]]
	[[ $(ask "${what[@]}" approval_token="$id") == *'"allow"'* ]]
	[[ $(ask "${what[@]}") == *'"allow"'* ]]
	[[ $(ask "${what[@]}" cwd=/) == *pending_hitl* ]]
}

@test "always is not offered where it can't be, and pressed all the same says why" {
	local id

	start_asking
	id=$(pending_token executable=/usr/bin/bash real_path=/usr/bin/bash cwd=/srv)
	desk
	asked
	[[ $(screen) == *'[a]pprove [r]efuse'* ]] || fail "$(screen)"
	typed A
	seen "It can't be allowed always: "
	seen 'is a known shell'
	asked
	is_in_state "$id" pending
	typed a
	becomes approved "$id"

	# A request that comes while somebody watches, and can be.
	id=$(pending_token cwd=/srv real_path=/usr/bin/git)
	seen '[a]pprove [A]lways [r]efuse'
	typed q
}

@test "an event tells why a pending token can't be approved always, if it can't" {
	start_asking
	pending_token >/dev/null
	_background watcher "$FIRMA" token watch --json
	pending_token cwd=/srv real_path=/usr/bin/git >/dev/null
	_until "$$" has_two_events
	run tail -n +1 "$TMP/watcher.out"
	assert_line -n 0 -p '"not_always":"the request did not say in which directory (cwd);'
	[[ ${lines[1]} != *not_always* ]]
}

has_two_events() {
	(($(wc -l <"$TMP/watcher.out") == 2))
}

@test "what does not fit on the screen is approved with the beginning of its fingerprint alone" {
	local id fingerprint

	start_asking
	id=$(pending_token args:="[\"$(printf '%5000s' '')rm -rf /\"]")
	fingerprint=$(operate show token_id="$id" | head -n 1 | "$UNIT" get fingerprint)
	desk 80x20
	seen "firma token show"
	typed a
	seen 'must be proved'
	keys -l "${fingerprint:1:8}"
	keys Enter
	seen 'not how it begins'
	asked
	is_in_state "$id" pending

	typed a
	seen '(ctrl-D: back)'
	keys y Enter
	asked
	is_in_state "$id" pending

	typed a
	seen '(ctrl-D: back)'
	keys -l "${fingerprint:0:8}"
	keys Enter
	becomes approved "$id"
}

@test "a request whose time is over leaves the desk" {
	local id

	start_asking
	id=$(pending_token)
	desk
	asked
	move_clock 301
	seen "expired  ${id:0:8}"
	keys a
	id=$(pending_token args:='["next"]')
	seen "$id"
	asked
	is_in_state "$id" pending
}

@test "the time that is left is told, and goes on" {
	start_asking
	ask >/dev/null
	desk
	asked
	move_clock 200
	seen '1min 3'
}

# --- two operators --------------------------------------------------------------------------------

@test "of two operators the first decides, and the other sees it" {
	local id

	start_asking
	id=$(pending_token)
	TERMINAL=one desk
	TERMINAL=two desk
	TERMINAL=two asked
	TERMINAL=one typed a
	TERMINAL=two seen "approved ${id:0:8} uid $EUID by uid $EUID"
	[[ $(TERMINAL=two screen | tail -n 1) != *"$QUESTION"* ]]
}

@test "somebody who types a reason is interrupted when another decides" {
	local id

	start_asking
	id=$(pending_token)
	desk
	typed r
	seen 'The reason'
	keys -l 'because'
	operate approve token_id="$id"
	seen "approved ${id:0:8}"
	keys Enter
	id=$(pending_token args:='["next"]')
	asked
	is_in_state "$id" pending
}

@test "a key that comes too late changes nothing" {
	local id pid

	start_asking
	id=$(pending_token)
	desk
	asked
	pid=$(pgrep -f "token watch" -P "$(_tmux display-message -p '#{pane_pid}')")
	kill -STOP "$pid"
	operate approve token_id="$id"
	keys r
	kill -CONT "$pid"
	seen "approved ${id:0:8}"
	is_in_state "$id" approved
}

@test "a reason of another operator is seen, escaped" {
	local id

	start_asking
	id=$(pending_token)
	desk
	asked
	operate revoke token_id="$id" reason=$'no\e[2J\nway'
	seen "refused  ${id:0:8} uid $EUID by uid $EUID"
	# shellcheck disable=SC1003
	seen '$'"'"'no\x1B[2J\nway'"'"
}

# --- revoking many --------------------------------------------------------------------------------

@test "on a terminal, refusing many is asked about first, below a list of them" {
	local id

	start_asking
	id=$(pending_token session_id=$'a\tb')
	terminal 80x24 "${WRAPPER[@]}" "$FIRMA" token revoke --session $'a\tb'
	# shellcheck disable=SC1003
	seen 'Refuse the tokens of session $'"'"'a\tb'"'"'? [y/N]'
	seen "${id%%-*}  pending"
	keys Enter
	ended
	assert_status 1
	assert_output -p 'nothing was refused'
	is_in_state "$id" pending

	terminal 80x24 "${WRAPPER[@]}" "$FIRMA" token revoke --all
	seen 'Refuse all tokens? [y/N]'
	keys y Enter
	ended
	assert_status 0
	assert_output -p 'refused: 1 token'
	is_in_state "$id" revoked
}

@test "approving a session's requests lists them, shows each, and leaves alone what came after" {
	local one two other late

	start_asking
	one=$(pending_token session_id=s args:='["one"]')
	two=$(pending_token session_id=s args:='["two"]')
	other=$(pending_token session_id=t args:='["other"]')
	terminal 80x60 "${WRAPPER[@]}" "$FIRMA" token approve --session s
	seen 'Approve this? [y/N]'
	seen "${one%%-*}  pending"
	seen "${two%%-*}  pending"
	[[ $(screen) != *"${other%%-*}"* ]]
	seen 'command      /usr/bin/git one'
	late=$(pending_token session_id=s args:='["late"]')
	keys y Enter
	seen "firma: $one: approved"
	seen 'command      /usr/bin/git two'
	keys n Enter
	ended
	assert_status 1
	assert_output -p "firma: $two: left as it is"
	is_in_state "$one" approved
	is_in_state "$two" pending
	is_in_state "$other" pending
	is_in_state "$late" pending
}

# --- the terminal ---------------------------------------------------------------------------------

# shellcheck disable=SC2016
@test "the terminal is left as it was, by q, by ctrl-C and by a signal" {
	local key pid

	start_asking
	ask >/dev/null
	for key in q C-c C-d TERM; do
		terminal 80x24 "$BASH" -c 'trap : INT; stty -a >"$1/before"; "${@:2}"; stty -a >"$1/after"' \
			bash "$TMP" "${WRAPPER[@]}" "$FIRMA" token watch
		asked
		if [[ $key == TERM ]]; then
			pid=$(pgrep -P "$(_tmux display-message -p '#{pane_pid}')")
			pkill -TERM -P "$pid"
		else
			keys "$key"
		fi
		ended
		diff "$TMP/before" "$TMP/after"
		rm "$TMP/after"
	done
}

title_is() {
	[[ $(_tmux display-message -p '#{pane_title}') == "$1" ]]
}

# titled TITLE: waits until the terminal has it.
titled() {
	_until "$$" title_is "$1" || fail "the title is $(_tmux display-message -p '#{pane_title}')"
}

bells() {
	raw | tr -cd '\a' | wc -c
}

has_rung() {
	(($(bells) == $1))
}

# shellcheck disable=SC2016
@test "with --title the terminal's title is the number that waits, and is restored at the end" {
	local key pid

	start_asking
	for key in q C-c C-d TERM; do
		terminal 80x24 "$BASH" -c 'trap : INT; printf "\033]0;mine\033\\"; "$@"; echo left; read -r' \
			bash "${WRAPPER[@]}" "$FIRMA" token watch --title
		titled 'firma: 0 waiting'
		ask session_id=secret "args:=[\"$key\"]" >/dev/null
		titled 'firma: 1 waiting'
		ask session_id=secret "args:=[\"$key\",\"2\"]" >/dev/null
		titled 'firma: 2 waiting'
		typed s
		titled 'firma: 1 waiting'
		operate revoke all:=true >"$TMP/revoked"
		titled 'firma: 0 waiting'
		if [[ $key == TERM ]]; then
			pid=$(pgrep -P "$(_tmux display-message -p '#{pane_pid}')")
			pkill -TERM -P "$pid"
		else
			keys "$key"
		fi
		titled mine
		seen left
		assert_equal "$(raw | grep -ao $'\e\\][^\a\e]*' | sort -u | tr -d '\033')" \
			$']0;firma: 0 waiting\n]0;firma: 1 waiting\n]0;firma: 2 waiting\n]0;mine'
		assert_equal "$(raw | grep -ao $'\e\\[2[23][;0-9]*t' | tr -d '\033')" $'[22;0t\n[23;0t'
		assert_equal "$(bells)" 0
	done
}

@test "with --bell the desk rings once for what comes together, and without it never" {
	start_asking
	ask args:='["1"]' >/dev/null
	ask args:='["2"]' >/dev/null
	terminal 80x40 "${WRAPPER[@]}" "$FIRMA" token watch --bell
	asked
	assert_equal "$(bells)" 1
	typed s
	asked
	ask args:='["3"]' >/dev/null
	_until "$$" has_rung 2 || fail "it rang $(bells) times"
	keys q
	ended
	assert_equal "$(bells)" 2
	run raw
	refute_output -p $'\e]'

	desk
	asked
	ask args:='["4"]' >/dev/null
	seen ', 3 more)'
	keys q
	ended
	assert_equal "$(bells)" 0
	run raw
	refute_output -p $'\e]'
}

@test "what is no desk neither rings nor sets a title" {
	start_asking
	ask >/dev/null
	_background events "$FIRMA" token watch --bell --title
	run cat "$TMP/events.out"
	assert_output -p issued
	run tr -d ' -~\n' <"$TMP/events.out"
	assert_output ''
}

@test "the desk goes on when the daemon is restarted, and shows nothing twice" {
	local first second

	start_asking
	first=$(pending_token args:='["first"]')
	desk
	asked
	stop_daemon
	start_asking
	second=$(pending_token args:='["second"]')
	seen ', 1 more)'
	typed a
	becomes approved "$first"
	seen "$second"
	typed a
	becomes approved "$second"
	[[ $(history | grep -c "^token ") == 2 ]]
}

@test "without a daemon there is no desk" {
	terminal 80x24 "${WRAPPER[@]}" "$FIRMA" token watch
	ended
	assert_status 3
	assert_output -p 'No such file or directory'
}

# --- anywhere else --------------------------------------------------------------------------------

# watch NAME [OPTION...]: in the background, until something was printed.
watch() {
	_background "$1" "$FIRMA" token watch "${@:2}"
}

has_lines() {
	[[ $(wc -l <"$1") -ge $2 ]]
}

@test "off a terminal there is a line an event, and nothing is asked" {
	local id who

	who=$(user_of "$EUID" | sed 's/[()]/\\&/g')
	start_asking
	id=$(pending_token args:='["a b"]')
	watch events
	operate approve token_id="$id"
	ask args:='["a b"]' approval_token="$id" >/dev/null
	_until "$DAEMON" has_lines "$TMP/events.out" 3
	mapfile -t lines <"$TMP/events.out"
	assert_line -n 0 -e "^[0-9TZ:.-]+ issued   $id $who: /usr/bin/git 'a b'\$"
	assert_line -n 1 -e "^[0-9TZ:.-]+ approved $id $who by $who: /usr/bin/git 'a b'\$"
	assert_line -n 2 -e "^[0-9TZ:.-]+ consumed $id $who: /usr/bin/git 'a b'\$"
}

@test "with --json it is an object an event, on a terminal too" {
	local id event

	start_asking
	id=$(pending_token)
	watch events --json
	operate approve token_id="$id"
	operate revoke token_id="$id" reason=late
	_until "$DAEMON" has_lines "$TMP/events.out" 3
	mapfile -t lines <"$TMP/events.out"
	for event in 0:issued:pending 1:approved:approved 2:revoked:revoked; do
		IFS=: read -r n event state <<<"$event"
		output=${lines[n]}
		assert_field event "$event"
		assert_field state "$state"
		assert_field token_id "$id"
	done
	assert_field by_uid "$EUID"
	assert_field reason late

	ask cwd=/ >/dev/null
	terminal 80x24 "${WRAPPER[@]}" "$FIRMA" token watch --json
	seen '{"event":"issued"'
}

@test "a watch over a restart tells of each pending token once" {
	local first second

	start_asking
	first=$(pending_token args:='["first"]')
	watch events --json
	stop_daemon
	start_asking
	second=$(pending_token args:='["second"]')
	_until "$DAEMON" has_lines "$TMP/events.out" 2
	[[ $(head -n 1 "$TMP/events.out" | "$UNIT" get token_id) == "$first" ]]
	[[ $(tail -n 1 "$TMP/events.out" | "$UNIT" get token_id) == "$second" ]]
	[[ $(wc -l <"$TMP/events.out") == 2 ]]
}

@test "a watch ends when the daemon stays away, and at the agent door at once" {
	start_asking
	ask >/dev/null
	watch events --timeout 300ms
	stop_daemon
	finish events
	assert_status 3
	assert_output -p 'no daemon there?'

	start_daemon --operator-socket "$TMP/operator.sock"
	run firma token watch --socket "$SOCKET"
	assert_status 1
	assert_output -p 'operators'
}

@test "a watch that was not read is asked for again" {
	local token

	start_asking
	token=$(pending_token)
	idle 256
	_command "$FIRMA" token watch --json --timeout 60s
	_spawn "${CMD[@]}" >"$TMP/events.out" 2>"$TMP/events.err"
	BACKGROUND[events]=$!
	_until "$DAEMON" grep -q 'limit reached' "$TMP/log"
	finish idle
	_until "${BACKGROUND[events]}" has_lines "$TMP/events.out" 1
	[[ $("$UNIT" get token_id <"$TMP/events.out") == "$token" ]]

	idle 256
	run firma token watch --timeout 300ms
	assert_status 3
	assert_output -e '^firma: limit reached: '
	finish idle
}

@test "a watch whose reader has gone ends" {
	start_asking
	# The shell waits for both ends of the pipe.
	# shellcheck disable=SC2016 # expanded there
	_background events "$BASH" -c 'echo ready; "$@" | head -n 0; echo "${PIPESTATUS[0]}"' \
		bash "$FIRMA" token watch
	finish events
	assert_status 0
	assert_output 3
}
