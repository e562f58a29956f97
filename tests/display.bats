#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
#
# What operators see, on real terminals: the list, the card and its question.

# shellcheck disable=SC2034,SC2154 # some variables are those of lib.bash, terminal.bash and bats
# shellcheck disable=SC2119,SC2120 # some functions are called with arguments, and without

load lib
load terminal

teardown() {
	terminal_teardown
	lib_teardown
}

# on SIZE ARG...: the program on a terminal of that size, until it has ended.
on() {
	terminal "$1" "${WRAPPER[@]}" "$FIRMA" "${@:2}"
	ended
}

# asks SIZE ARG...: the program on a terminal of that size, until it asks.
asks() {
	terminal "$1" "${WRAPPER[@]}" "$FIRMA" "${@:2}"
	seen '? '
}

# known STATE ID: in which state the daemon has the token.
known() {
	local output

	output=$(operate show token_id="$2" | head -n 1)
	assert_field state "$1"
}

fingerprint_of() {
	operate show token_id="$1" | head -n 1 | "$UNIT" get fingerprint
}

# spaces N
spaces() {
	printf '%*s' "$1" ''
}

# Every line of the output that is part of a card begins with a label of ours, or goes on behind
# the labels: where that is, the first line tells.
assert_columns() {
	local line label='token|command|warning|state|reason|asked by|it claims|rule|issued|expires'

	label+='|fingerprint|cut|  (process|directory|real path|sha256|agent|session|sandbox|profile)'
	for line in "${lines[@]}"; do
		[[ $line =~ ^(($label)( |$)|$1|'           | '|'-- '[0-9]+' lines of this are not shown --'|$) ]] \
			|| fail "begins with what is foreign: $line" "$output"
	done
}

# show_list SIZE [OPTION...]: the list on a terminal of that size; its rows are lines.
show_list() {
	on "$1" token list "${@:2}"
	assert_status 0
}

# rows PATTERN...: what must stand behind the header, in this order.
rows() {
	local n=0 pattern

	for pattern; do
		n=$((n + 1))
		assert_line -n "$n" -e "$pattern"
	done
	assert_equal "${#lines[@]}" $((n + 1))
}

# answer_pending FILE: a daemon that lists what is in the file; where a state is asked for, what is
# pending of that.
answer_pending() {
	# shellcheck disable=SC2016
	_spawn systemd-socket-activate --accept --inetd --listen "$SOCKET" bash -c '
		IFS= read -r line
		if [[ $line == *state* ]]; then grep -e pending -e outcome "$1"; else cat "$1"; fi' \
		bash "$1" </dev/null >"$TMP/answer.out" 2>&1
	BACKGROUND[answer]=$!
	_until "$!" _listens "$SOCKET" || fail "no one listens: $(<"$TMP/answer.out")"
}

# --- the list -------------------------------------------------------------------------------------

@test "a list on a terminal is a table that fits, pending first and the newest last" {
	local tokens=() n

	start_daemon --default-action pending_hitl --token-ttl 1h
	for n in 0 1 2 3 4 5; do
		tokens+=("$(pending_token args:="[\"$n\"]")")
		move_clock 243
	done
	operate approve token_id="${tokens[1]}"
	operate revoke token_id="${tokens[3]}"
	operate approve token_id="${tokens[4]}"
	ask args:='["4"]' approval_token="${tokens[4]}"

	show_list 100x24
	assert_line -n 0 -e '^TOKEN     STATE     AGE {8,9}LEFT {7,8}UID {2,}APPROVED BY {2,}COMMAND$'
	rows "^${tokens[0]:0:8}  pending   24min [0-9]+s +35min [0-9]+s +$EUID +- +/usr/bin/git 0\$" \
		"^${tokens[2]:0:8}  pending   16min [0-9]+s +43min [0-9]+s +$EUID +- +/usr/bin/git 2\$" \
		"^${tokens[5]:0:8}  pending   4min [0-9]+s +5[56]min( [0-9]+s)? +$EUID +- +/usr/bin/git 5\$" \
		"^${tokens[1]:0:8}  approved  20min [0-9]+s +39min [0-9]+s +$EUID +$EUID [0-9:]{8}Z +/usr/bin/git 1\$" \
		"^${tokens[3]:0:8}  refused   12min [0-9]+s +- +$EUID +- +/usr/bin/git 3\$" \
		"^${tokens[4]:0:8}  consumed  8min [0-9]+s +- +$EUID +$EUID [0-9:]{8}Z +/usr/bin/git 4\$"

	# What there is no room for is left out, and the room that is left is the command's.
	show_list 72x24
	assert_line -n 0 -e '^TOKEN     STATE     LEFT {7,8}UID {2,}APPROVED BY {2,}COMMAND$'
	show_list 53x24
	assert_line -n 0 -e '^TOKEN     STATE     LEFT {7,8}COMMAND$'
}

@test "a command is cut to the width, and that it was is seen" {
	local width id

	start_daemon --default-action pending_hitl
	pending_token args:='["日本語日本語日本語日本語日本語日本語日本語日本語","x"]' >/dev/null
	pending_token args:="[\"$(printf %060000d 7)\"]" >/dev/null
	pending_token args:='["…"]' >/dev/null
	pending_token args:='["…",""]' >/dev/null
	for width in 60 61 80 119 120 200; do
		show_list "${width}x24"
		assert_equal "${#lines[@]}" 5
		assert_line -n 2 -e ' /usr/bin/git 0+…$'
		assert_line -n 3 -e "/usr/bin/git '…'\$"
		assert_line -n 4 -e "/usr/bin/git '…' ''\$"
		[[ $(_tmux capture-pane -p -J | grep -c .) == 5 ]]
		(($(wc -L <<<"${lines[1]}") <= width && $(wc -L <<<"${lines[2]}") >= width - 1))
	done
	assert_line -n 1 -e ' x$'
	show_list 80x24
	assert_line -n 1 -e '[日本語]…$'
}

@test "a narrow terminal has fewer columns, and the command has room as long as there is some" {
	local id width wanted

	start_daemon --default-action pending_hitl
	id=$(pending_token args:='["this is much longer than any screen here is wide"]')
	move_clock 20
	while read -r width wanted; do
		show_list "${width}x24"
		assert_equal "$width $(tr -s ' ' <<<"${lines[0]}")" "$width $wanted"
		[[ ${lines[1]} == "${id:0:8}"* ]]
		assert_equal "${#lines[@]}" 2
		[[ $wanted == TOKEN || ${lines[1]} == *… ]] || fail "$output"
	done <<-'END'
		70 TOKEN STATE AGE LEFT UID COMMAND
		55 TOKEN STATE LEFT UID COMMAND
		50 TOKEN STATE LEFT COMMAND
		40 TOKEN STATE COMMAND
		30 TOKEN COMMAND
		14 TOKEN CO…
		13 TOKEN
	END
}

@test "a wide terminal has the names of users, agents and sessions beside the command" {
	local name id

	start_daemon --default-action pending_hitl
	id=$(pending_token agent_id='a b' session_id="$(printf '%040d' 0)" cwd=/srv)
	name=$(id -un)
	show_list 160x24
	assert_line -n 0 -e '^TOKEN +STATE +AGE +LEFT +UID +NAME +AGENT +SESSION +COMMAND$'
	assert_line -n 1 -e "^$id  pending .* $EUID +$name +'a b' +0{14}…  /usr/bin/git status  \(in /srv\)\$"
	show_list 130x24
	assert_line -n 0 -e '^TOKEN +STATE +AGE +LEFT +UID +COMMAND$'
}

@test "IDs are as short as can be told apart, whatever is listed, and whole where there is room" {
	local one=12345678-1111-4111-8111-111111111111 two=12345678-1112-4111-8111-111111111111
	local three=87654321-1111-4111-8111-111111111111

	{
		item "$one"
		item "$two" state=consumed
		item "$three"
		echo '{"outcome":"ok"}'
	} >"$TMP/list"
	answer_pending "$TMP/list"
	for option in '' --state=pending; do
		show_list 80x24 ${option:+"$option"}
		assert_line -n 1 -e '^12345678-1111  pending '
		assert_line -n 2 -e '^87654321-1111  pending '
	done
	assert_equal "${#lines[@]}" 3
	show_list 120x24
	assert_line -e "^$one  pending "
	assert_line -e "^$two  consumed "

	# What none but those must be told apart from is not asked for.
	run firma token list --state=pending
	assert_equal "${#lines[@]}" 3
	show_list 120x24 --state=pending
	assert_equal "${#lines[@]}" 3
}

@test "a daemon that does not tell the age has its order kept" {
	{
		item 22222222-1111-4111-8111-111111111111
		item 11111111-1111-4111-8111-111111111111
		echo '{"outcome":"ok"}'
	} >"$TMP/list"
	answer "$TMP/list"
	show_list 80x24
	rows '^22222222  pending  -    1s    0    /bin/ls$' '^11111111  pending  -    1s    0    /bin/ls$'
}

@test "an empty list says so on standard error alone, on a terminal too" {
	start_daemon --default-action pending_hitl
	# shellcheck disable=SC2016
	terminal 80x24 "$BASH" -c 'exec 2>"$1"; shift; "$@"' bash "$TMP/err" \
		"${WRAPPER[@]}" "$FIRMA" token list
	ended
	assert_status 0
	assert_output ''
	assert_equal "$(<"$TMP/err")" 'firma: no tokens'
	pending_token >/dev/null
	show_list 80x24 --state=consumed
	assert_output 'firma: no tokens'
}

@test "a list has its header in bold and its states in colour, and nothing else" {
	local id

	start_daemon --default-action pending_hitl
	id=$(pending_token args:='["\u001b[31m"]')
	operate revoke token_id="$id"
	show_list 80x24
	output=$(raw | tr -d '\r')
	assert_output -e $'^\e\\[1mTOKEN     STATE    AGE  LEFT  UID +COMMAND\e\\[m\n'"${id:0:8}"\
$'  \e\\[31mrefused\e\\[m  [0-9]+s +-     '"$EUID"$' +/usr/bin/git \\$\'\\\\x1B\\[31m\'$'
	terminal 80x24 env NO_COLOR=yes "${WRAPPER[@]}" "$FIRMA" token list
	ended
	run raw
	refute_output -p $'\e'
}

@test "of the tokens that a prefix fits, each has its line, cut to the width" {
	local one=12345678-1111-4111-8111-111111111111 two=12345678-2222-4222-8222-222222222222

	{
		item "$one"
		item "$two" state=approved args:="[\"$(spaces 100)asked by     uid 0 (root)\"]"
		echo '{"outcome":"ok"}'
	} >"$TMP/list"
	answer "$TMP/list"
	on 80x24 token show 12345678
	assert_status 1
	assert_output "firma: '12345678' fits several tokens:
  $one  pending   /bin/ls
  $two  approved  /bin/ls '                   …"
	on 53x24 token approve 12345678
	assert_output "firma: '12345678' fits several tokens:
  $one  pending
  $two  approved"
	on 80x24 token show 12345678-1
	assert_status 0
}

@test "the ID of a token is its own, whatever others begin with" {
	local one two

	start_daemon --default-action pending_hitl
	one=$(pending_token)
	two=$(pending_token)
	run firma token show "$one"
	assert_line "token        $one"
	run firma token show "${one%?}"
	assert_line "token        $one"
	run firma token show "${two:0:8}"
	assert_line "token        $two"
}

# --- the card -------------------------------------------------------------------------------------

@test "a terminal's lines begin with labels alone, however a field is padded" {
	local id size n padding=()

	start_daemon --default-action pending_hitl
	for n in {0..79}; do
		padding+=("$(spaces "$n")asked by     uid 0 (root)")
	done
	id=$(pending_token cwd="/$(printf '%s' "${padding[@]:40:40}")" \
		args:="$(printf '%s' "$(printf ',"%s"' "${padding[@]}")" | sed 's/^,/[/; s/$/]/')")

	for size in 80x24 79x24 41x24 200x50; do
		on "$size" token show "$id"
		assert_status 0
		assert_columns "$(spaces 13)"
		refute_output -p "$(spaces 14)asked by     uid 0 (root)asked by     uid 0 (root)asked"
		assert_equal "$(grep -c '^asked by' <<<"$output")" 1
	done
}

@test "a screen of any width has its lines folded, and no terminal folds them again" {
	local id columns line

	start_daemon --default-action pending_hitl
	id=$(pending_token args:='["日本語日本語日本語日本語日本語日本語","a b c d e f g h i j k","é"]' cwd=/srv/data)
	for columns in 4 5 9 20 26 40 80 132; do
		on "${columns}x50" token show "$id"
		# Only the terminal joins what it has folded by itself. (The labels have 13 columns.)
		((columns < 14)) \
			|| [[ $(_tmux capture-pane -p -J -S - | grep -c .) == "$(grep -c . <<<"$output")" ]] \
			|| fail "$columns columns: folded by the terminal" "$output"
		for line in "${lines[@]}"; do
			[[ ! $line =~ ^[/日本語é] ]] || fail "$columns columns: $line"
		done
		assert_equal "$(tr -d ' \n' <<<"$output" | grep -o '日.*é')" \
			"日本語日本語日本語日本語日本語日本語'abcdefghijk'é"
	done
}

@test "off a terminal each field is one line, and nothing is coloured" {
	local id long

	start_daemon --default-action pending_hitl
	long=$(printf '%03000d' 7)
	id=$(pending_token args:="[\"$long\"]" cwd="/$long")
	COLUMNS=40 TERM=xterm run firma token show "$id"
	assert_line "command      /usr/bin/git $long"
	assert_line "  directory  /$long"
	refute_output -p $'\e'
}

@test "colour is for terminals that have it, and never with NO_COLOR" {
	local id

	start_daemon --default-action pending_hitl
	id=$(pending_token args:='["p\u0430ypal"]')
	on 80x24 token show "$id"
	raw >"$TMP/seen"
	grep -qF $'state        \e[33mpending, expires in ' "$TMP/seen"
	grep -qF $'warning      \e[33ma word mixes' "$TMP/seen"
	[[ $(tail -n 1 "$TMP/seen") == 'fingerprint  '* ]]

	for setting in NO_COLOR=1 TERM=dumb TERM=; do
		terminal 80x24 env "$setting" "${WRAPPER[@]}" "$FIRMA" token show "$id"
		ended
		raw >"$TMP/seen"
		! grep -qF $'\e' "$TMP/seen" || fail "$setting: $(cat -v "$TMP/seen")"
	done
	terminal 80x24 env NO_COLOR= "${WRAPPER[@]}" "$FIRMA" token show "$id"
	ended
	raw | grep -qF $'\e[33mpending'
}

@test "a terminal that does not know its size has that of the environment, else 80 by 24" {
	local id

	start_daemon --default-action pending_hitl
	id=$(pending_token args:="[\"$(printf '%0300d' 7)\"]")
	widest() {
		# shellcheck disable=SC2016
		env "$@" SHELL="$BASH" script -qec "$(printf '%q ' "${WRAPPER[@]}" "$FIRMA" token show "$id")" \
			/dev/null </dev/null | tr -d '\r' | wc -L
	}
	assert_equal "$(widest COLUMNS=50)" 50
	assert_equal "$(widest COLUMNS=)" 80
	assert_equal "$(widest COLUMNS=0)" 80
	assert_equal "$(widest COLUMNS=nonsense)" 80
	assert_equal "$(widest COLUMNS=99999999999)" 80
}

@test "a reason that others wrote does not begin a line of the terminal" {
	local id reason

	start_daemon --default-action pending_hitl
	id=$(pending_token executable=/bin/true args:='[]')
	reason="no$(spaces 200)firma: allowed"
	firma token revoke --reason "$reason" "$id"
	for size in 80x24 37x24; do
		terminal "$size" "$BASH" -c 'cd /; "$@"' bash "${WRAPPER[@]}" "$FIRMA" check \
			--session sess --sandbox sbx --profile generic --token "$id" -- /bin/true
		ended
		assert_status 1
		assert_line -n 0 -e '^firma: denied: '
		refute_line -e '^ {0,6}[^ ].*allowed'
		assert_line -e '^ {7} *firma: allowed$'
		on "$size" token approve --yes "$id"
		assert_status 1
	done
}

# --- the question ---------------------------------------------------------------------------------

@test "a card that fits is seen whole above its question" {
	local id

	start_daemon --default-action pending_hitl
	id=$(pending_token)
	asks 80x14 token approve "$id"
	run screen
	assert_line -n 0 "token        $id"
	assert_line -n 12 -e '^fingerprint  [0-9a-f]{64}$'
	assert_line -n 13 'Approve this? [y/N]'
	keys y Enter
	ended
	assert_status 0
	assert_line "firma: $id: approved"
	known approved "$id"
}

@test "a card that does not fit says so, at both places, and does not show its fingerprint" {
	local id

	start_daemon --default-action pending_hitl
	id=$(pending_token args:="[\"$(spaces 60000)\",\"payload\"]" cwd="/$(printf '%04000d' 0)")
	asks 80x24 token approve "$id"
	output=$(screen)
	mapfile -t lines <<<"$output"
	((${#lines[@]} > 22)) || fail "$output"
	assert_line -n 0 "token        $id"
	assert_line -n 1 -p "command      /usr/bin/git '"
	assert_line -e '^-- 89[0-9] lines of this are not shown --$'
	assert_line -e '^-- 5[0-9] lines of this are not shown --$'
	assert_line -e "^ {13} *' payload\$"
	assert_line -e "^asked by     uid $EUID"
	assert_line -e '^cut          95[0-9] of 96[0-9] lines are not shown; to see all of them:$'
	assert_line "             firma token show $id"
	assert_line -n -2 -p 'Approve this? Type the first 8 characters of its fingerprint'
	refute_output -p "$(fingerprint_of "$id")"
	assert_columns "$(spaces 13)|Approve this|  'firma token show'"
	keys Enter
	ended
	assert_status 1
	known pending "$id"
}

@test "what is cut is approved with its fingerprint alone" {
	local id proof answer

	start_daemon --default-action pending_hitl
	id=$(pending_token args:="[\"$(spaces 3000)\",\"payload\"]")
	proof=$(fingerprint_of "$id")
	for answer in y yes '' "${proof:0:7}" "${proof:0:9}" "${proof:1:8}" "$proof" \
		"${id:0:8}" " ${proof:0:8}"; do
		asks 80x24 token approve "$id"
		keys -l "$answer"
		keys Enter
		ended
		assert_status 1
		assert_line -p "firma: $id: left as it is"
		known pending "$id"
	done

	# As it is learnt: from the last line of what the card says to look at.
	on 80x24 token show "$id"
	proof=$(sed -n 's/^fingerprint  //p' <<<"${lines[-1]}")
	asks 80x24 token approve "$id"
	keys -l "${proof:0:8}"
	keys Enter
	ended
	assert_status 0
	known approved "$id"
}

@test "revoking what is cut needs just a yes" {
	local id

	start_daemon --default-action pending_hitl
	id=$(pending_token args:="[\"$(spaces 3000)\",\"payload\"]")
	asks 80x24 token revoke "$id"
	run screen
	assert_line -e '^cut          [0-9]+ of [0-9]+ lines are not shown'
	assert_line -n -1 'Refuse this? [y/N]'
	keys y Enter
	ended
	assert_status 0
	known revoked "$id"
}

@test "on a screen of any height the question stands, and what is missing is counted" {
	local id rows shown hidden total

	start_daemon --default-action pending_hitl
	id=$(pending_token args:="[\"$(printf '%02000d' 7)\"]" cwd="/$(printf '%0500d' 7)" agent_id=a)
	for rows in 3 5 6 8 12 19 24 30 47 52; do
		asks "80x$rows" token approve "$id"
		run history
		# Not one line has left the screen, unless there is no room for more than what is cut.
		shown=${#lines[@]}
		((shown <= rows || rows < 5)) || fail "$rows rows: $output"
		[[ $output =~ cut\ +([0-9]+)\ of\ ([0-9]+)\ lines ]] || fail "$rows rows: $output"
		hidden=${BASH_REMATCH[1]} total=${BASH_REMATCH[2]}
		# The markers, the two lines at the end, and the two of the question are no lines of it.
		shown=$((shown - 4 - $(grep -c '^-- ' <<<"$output" || true)))
		assert_equal "$rows: $((shown + hidden))" "$rows: $total"
		refute_output -p "$(fingerprint_of "$id")"
		keys Enter
		ended
	done
	asks 80x53 token approve "$id"
	run history
	refute_output -p 'cut  '
	assert_output -p "$(fingerprint_of "$id")"
	known pending "$id"
}

@test "on a screen that is narrower than the labels nothing is approved with just a yes" {
	local id columns

	start_daemon --default-action pending_hitl
	id=$(pending_token)
	for columns in 12 13; do
		terminal "${columns}x100" "${WRAPPER[@]}" "$FIRMA" token approve "$id"
		seen '?'
		keys y Enter
		ended
		assert_status $((columns < 13))
	done
}

@test "an answer without an end of line is none" {
	local id answer

	start_daemon --default-action pending_hitl
	id=$(pending_token)
	for answer in y yx yesx; do
		asks 80x24 token approve "$id"
		keys -l "$answer"
		keys C-d C-d
		ended
		assert_status 1
		known pending "$id"
	done
}

# --- other lists ----------------------------------------------------------------------------------

# plain_lines: what the terminal was sent, without styles.
plain_lines() {
	raw | tr -d '\r' | sed 's/\x1b\[[0-9;]*m//g'
}

# styled_and_folded STYLE WORD COMMAND...: on a terminal of 50 columns the word has the style, nothing
# is cut, and lines that go on begin with spaces; with NO_COLOR or elsewhere nothing is styled.
styled_and_folded() {
	local style=$1 word=$2 whole no

	shift 2
	whole=$("$@")
	[[ $whole != *$'\e'* ]]
	terminal 50x40 env -u NO_COLOR "$@"
	ended
	[[ $(raw) == *$'\e'"[${style}m$word"$'\e[m'* ]] || fail "$(raw | cat -v)"
	assert_equal "$(plain_lines | tr -d ' \n')" "$(tr -d ' \n' <<<"$whole")"
	(($(plain_lines | grep -v '^{' | wc -L) <= 50)) # a rule is for copying
	(($(plain_lines | grep -c '^    *[^ ]') > 0)) || fail "$(plain_lines)"
	for no in NO_COLOR=1 TERM=dumb; do
		terminal 50x40 env -u NO_COLOR "$no" "$@"
		ended
		[[ $(raw) != *$'\e'* ]] || fail "$(raw | cat -v)"
	done
}

@test "a record of evidence has its decision in colour, and is folded" {
	start_daemon --default-action deny --evidence-log "$TMP/evidence"
	ask args:="[\"$(printf 'a%.0s' {1..90})\",\"\\u001b[31m\"]"
	stop_daemon
	styled_and_folded 31 deny "${WRAPPER[@]}" "$FIRMA" evidence show "$TMP/evidence"
}

@test "so has an explanation" {
	echo '{"exec":[{"id":"no","argv":["ls"],"action":"deny","reason":"files are listed by other means here, and by nobody else"}]}' \
		>"$TMP/policy"
	styled_and_folded 31 deny "${WRAPPER[@]}" "$FIRMA" policy explain --policy "$TMP/policy" -- ls
}

@test "so has a list of what one may do" {
	start_daemon --policy "$TMP/policy"
	echo '{"exec":[{"id":"look","argv":["ls","--with","so","many","words","that","no","terminal","has","a","line","for"],"action":"allow"}]}' \
		>"$TMP/policy"
	styled_and_folded 32 allow "${WRAPPER[@]}" "$FIRMA" check --list --socket "$SOCKET"
}

# --- the manual -----------------------------------------------------------------------------------

# manual_screen N: the N-th screen of the manual's section on terminals, as a reader sees it.
manual_screen() {
	sed -n '/^\.Ss On a terminal/,/^\.Sh/p' "$BATS_TEST_DIRNAME/../man/firma-token.1" |
		awk -v n="$1" '/^\.Ed/ { on = 0 } on; /^\.Bd -literal/ { on = ++seen == n }' |
		sed 's/\\-/-/g; s/\\(aq/'\''/g; s/\\\[u2026\]/…/g; s/\\e/\\/g'
}

# normal: standard input with what differs from run to run replaced: IDs, hashes, times, who asks.
normal() {
	sed -E 's/[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}/ID/g; s/^[0-9a-f]{8} /ID /
		s/^(fingerprint  )[0-9a-f]{59}$/\1HASH/; s/^ {13}[0-9a-f]{5}$/HASH/
		s/[0-9]+(min|s)( [0-9]+s)?/TIME/g; s/[0-9-]{10}T[0-9:.]{12}Z/TIME/g
		s/uid [0-9]+( \([^)]*\))?, pid [0-9]+/WHO/; s/(TIME|-)( +)[0-9]+  /\1\2UID  /
		s/^[0-9:]{8}Z (refused) +[0-9a-f]{8} uid [0-9]+ by uid [0-9]+ (.*): .*/EVENT \1 \2/
		s/[0-9]+ [0-9:]{8}Z  /APPROVED  /; s/^(  process    ).*/\1NAME/; s/AA+/A/g; s/-c [$].e?c?h?o? ?A*…/-c …/; s/  +/  /g; s/ +$//'
}

# same_screen N: the screen that is there is the N-th of the manual.
same_screen() {
	diff <(manual_screen "$1" | sed '/^$/d' | normal) <(screen | sed '/^$/d' | normal)
}

@test "the manual's screens are those of the program" {
	local who=(agent_id=bot session_id=local sandbox_id=host profile=default cwd=/srv/app) id cut

	start_daemon --default-action pending_hitl
	id=$(pending_token "${who[@]}" args:='["push"]')
	operate approve token_id="$id"
	ask "${who[@]}" args:='["push"]' approval_token="$id"
	move_clock 52
	id=$(pending_token "${who[@]}" executable=/usr/bin/make args:='["deploy"]' \
		real_path=/usr/bin/make)
	move_clock 68
	cut=$(pending_token "${who[@]}" executable=/usr/bin/bash \
		args:="[\"-c\",\"echo $(printf '%01400d' 0 | tr 0 A)\\nrm -rf ~\"]")
	move_clock 4

	terminal 72x20 "${WRAPPER[@]}" "$FIRMA" token list
	ended
	same_screen 1
	terminal 72x20 "${WRAPPER[@]}" "$FIRMA" token show "$id"
	ended
	same_screen 2
	asks 72x20 token approve "$id"
	diff <(manual_screen 3) <(screen | grep Approve)
	asks 72x20 token approve "$cut"
	same_screen 4
	assert_equal "$(manual_screen 4 | wc -l)" 20

	operate revoke all:=true
	move_clock 301 # a question that was refused is denied until then
	id=$(pending_token "${who[@]}" args:='["push"]')
	pending_token "${who[@]}" executable=/usr/bin/make args:='["deploy"]' \
		real_path=/usr/bin/make
	terminal 72x20 "${WRAPPER[@]}" "$FIRMA" token watch
	seen '[q]uit'
	operate revoke token_id="$id" reason='not at night'
	seen ' refused '
	seen '[q]uit'
	move_clock 74
	seen '(3min'
	same_screen 5
	assert_equal "$(manual_screen 5 | wc -l)" 20
}
