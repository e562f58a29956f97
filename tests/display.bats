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
		[[ $line =~ ^(($label)( |$)|$1|'-- '[0-9]+' lines of this are not shown --'|$) ]] \
			|| fail "begins with what is foreign: $line" "$output"
	done
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
	assert_line -e '^cut          95[0-9] of 96[0-9] lines are not shown; see '
	assert_line -e "^ {13}$id'\$"
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
	assert_line -n -1 'Revoke this? [y/N]'
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

@test "an answer without an end of line is none" {
	local id

	start_daemon --default-action pending_hitl
	id=$(pending_token)
	asks 80x24 token approve "$id"
	keys y C-d C-d
	ended
	assert_status 1
	known pending "$id"
}
