#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
#
# What is shown is what runs: requests that try to deceive whoever reads them (tests/hostile/texts)
# through every screen. A terminal gets no byte that it could obey but our own styles; and the text is
# seen, or it is said that it was cut.

# shellcheck disable=SC2034,SC2153,SC2154 # some variables are those of what is loaded, and of bats
# shellcheck disable=SC2016 # what single quotes hold is for the shell on the terminal

load lib
load hostile
load terminal

# What all tests need is made once: the texts in $BATS_FILE_TMPDIR/known, and their requests.
setup_file() {
	local -x LC_ALL=C.UTF-8
	local i

	expand_texts "$BATS_FILE_TMPDIR/texts"
	read_texts "$BATS_FILE_TMPDIR/texts"
	quote_texts
	declare -p NAMES TEXTS SHOWN VALUES QUOTED | sed 's/^declare -a /declare -ga /' \
		>"$BATS_FILE_TMPDIR/known"
	for i in "${!NAMES[@]}"; do
		request_of "$i"
	done >"$BATS_FILE_TMPDIR/requests"
}

setup() {
	lib_setup
	# shellcheck disable=SC1091 # it is made above
	. "$BATS_FILE_TMPDIR/known"
	start_daemon --default-action pending_hitl
}

teardown() {
	terminal_teardown
	lib_teardown
}

# --- asking ----------------------------------------------------------------------------------------

# ask_all: a token for each, TOKENS.
ask_all() {
	cp "$BATS_FILE_TMPDIR/requests" "$TMP/requests"
	send_lines <"$TMP/requests" >"$TMP/replies"
	mapfile -t TOKENS < <("$UNIT" get approval_token <"$TMP/replies")
	assert_equal "${#TOKENS[@]}" "${#NAMES[@]}"
}

# value_of CASE: the text itself; "no" where it is too long for a reason.
value_of() {
	if [[ ${NAMES[$1]} == *'(arguments)' ]]; then
		echo no
	else
		"$UNIT" object text:="\"${TEXTS[$1]}\"" | "$UNIT" get text
	fi
}

# quote_texts: VALUES, the texts themselves, and QUOTED, as words of a command line without their
# outermost quotes.
quote_texts() {
	local i value

	VALUES=() QUOTED=()
	for i in "${!TEXTS[@]}"; do
		value=$("$UNIT" object text:="\"${TEXTS[i]}\"" | "$UNIT" get text && printf x)
		VALUES[i]=${value%$'\nx'}
		QUOTED[i]=$("$UNIT" text quote "${VALUES[i]}")
		QUOTED[i]=${QUOTED[i]#\$}
		QUOTED[i]=${QUOTED[i]#\'}
		QUOTED[i]=${QUOTED[i]%\'}
	done
}

# --- what must be ---------------------------------------------------------------------------------

# plain: what the terminal got, without what is ours: styles, the ends of its lines, and blanks that
# were written over a line; the rest must be harmless. Into $TMP/plain.
plain() {
	raw | sed -E 's/\x1b\[([12]|3[123]|)m//g; s/\r +\r//g; s/\r$//' >"$TMP/plain"
	assert_harmless "$TMP/plain"
}

# unfold: standard input with the lines joined that go on behind the labels.
unfold() {
	sed -E ':a; N; s/\n {11}(  |\| )//; ta; P; D'
}

# each_on_terminal SCRIPT [WORD...]: on a terminal of 80 by 24, a shell that runs the script.
each_on_terminal() {
	printf '%q ' "${WRAPPER[@]}" "$FIRMA" >"$TMP/firma.words"
	terminal 80x24 "$BASH" -c 'eval "firma() { $(<"$1/firma.words")\"\$@\"; }"; TMP=$1; shift; '"$1" \
		bash "$TMP" "${@:2}"
}

# questions N: so many were asked on the terminal.
questions() {
	(($(raw | grep -acE '^(Approve|Refuse) this\? ') >= $1))
}

# answer_all N KEY...: each question, when it is there.
answer_all() {
	local n

	for ((n = 1; n <= $1; n++)); do
		_until "$$" questions "$n" || fail "no question $n" "$(screen)"
		keys "${@:2}"
	done
}

# fields FILE: every line begins with a label of ours, or behind them, or is what we say.
assert_fields() {
	local bad label='token|command|warning|state|reason|asked by|it claims|rule|issued|expires'

	label+='|fingerprint|cut|  (process|directory|real path|sha256|agent|session|sandbox|profile)'
	bad=$(grep -anvE "^(($label)( |\$)| {13}| {11}[|] |-- [0-9]+ lines of this are not shown --\$|$2|\$)" "$1") \
		|| return 0
	fail "$bad"
}

# --- the screens ----------------------------------------------------------------------------------

@test "the list: each has one row, that begins with what is known" {
	local i rows

	ask_all
	terminal 80x24 "${WRAPPER[@]}" "$FIRMA" token list
	ended
	assert_status 0
	plain
	mapfile -t rows <"$TMP/plain"
	assert_equal "${#rows[@]}" $((${#NAMES[@]} + 1))
	assert_equal "${#lines[@]}" "${#rows[@]}"
	for i in "${!NAMES[@]}"; do
		[[ ${rows[i + 1]} =~ ^"${TOKENS[i]:0:8}  pending  "[0-9a-z\ ]+\ "$EUID ".*/ ]] \
			|| fail "${NAMES[i]}: ${rows[i + 1]}"
		[[ ${rows[i + 1]} == *… || ${rows[i + 1]} == *"${QUOTED[i]}"* ]] \
			|| fail "${NAMES[i]}: ${rows[i + 1]}"
	done
}

@test "the list off a terminal: nothing is cut" {
	local i

	ask_all
	run firma token list
	printf '%s\n' "$output" >"$TMP/plain"
	assert_harmless "$TMP/plain"
	assert_equal "${#lines[@]}" $((${#NAMES[@]} + 1))
	for i in "${!NAMES[@]}"; do
		# The directory, where there is one, stands after the command.
		[[ ${lines[i + 1]%"  (in "*)} == "${TOKENS[i]}  pending  "*" first "*"${QUOTED[i]}"*' last' ]] \
			|| fail "${NAMES[i]}: ${lines[i + 1]:0:500}"
	done
}

@test "show: folded, and whole when it is unfolded again" {
	local i

	ask_all
	each_on_terminal 'for id; do firma token show "$id"; done' "${TOKENS[@]}"
	ended
	plain
	assert_fields "$TMP/plain" "none"
	for i in "${!NAMES[@]}"; do
		firma token show "${TOKENS[i]}"
	done >"$TMP/whole"
	assert_harmless "$TMP/whole"
	sed -i 's/expires in .*//' "$TMP/whole"
	unfold <"$TMP/plain" | sed 's/expires in .*//' | diff - "$TMP/whole"

	mapfile -t lines < <(grep '^command ' "$TMP/whole")
	assert_equal "${#lines[@]}" "${#NAMES[@]}"
	for i in "${!NAMES[@]}"; do
		[[ ${lines[i]} == *" first "*"${QUOTED[i]}"*' last' ]] || fail "${NAMES[i]}: ${lines[i]:0:500}"
	done
}

@test "show: the command, pasted into bash, gives the program and the arguments, byte for byte" {
	local i line args program

	ask_all
	for i in "${!NAMES[@]}"; do
		line=$(firma token show "${TOKENS[i]}" | sed -n 's/^command      //p')
		for locale in C C.UTF-8; do
			LC_ALL=$locale bash -c "args=($line); printf '%s\0' \"\${args[@]}\"" >"$TMP/pasted"
			program=/x${VALUES[i]}
			[[ ${NAMES[i]} != *'(arguments)' ]] || program=/usr/bin/git
			printf '%s\0' "$program" first "${VALUES[i]}" last | cmp - "$TMP/pasted" || fail "${NAMES[i]}: $line"
		done
	done
}

@test "the question of approve: the text is seen, or approving takes more than a yes" {
	local i card

	ask_all
	each_on_terminal 'firma token approve "$@"' "${TOKENS[@]}"
	answer_all "${#TOKENS[@]}" y Enter
	ended
	plain
	assert_fields "$TMP/plain" "Approve this|  'firma token show'|firma: [0-9a-f-]{36}: (approved|left as it is)\$"
	for i in "${!NAMES[@]}"; do
		card=$(sed -n "/^token        ${TOKENS[i]}/,/^firma: ${TOKENS[i]}/p" "$TMP/plain" | unfold)
		if [[ $card == *$'\ncut  '* ]]; then
			[[ $card == *"firma: ${TOKENS[i]}: left as it is" ]] || fail "${NAMES[i]}: $card"
			[[ $card == *last$'\n'* ]] || fail "${NAMES[i]}: $card"
		else
			[[ $card == *"${QUOTED[i]}"*"firma: ${TOKENS[i]}: approved" ]] || fail "${NAMES[i]}: $card"
		fi
	done
	(($(grep -c ': left as it is$' "$TMP/plain") >= 4))
	(($(grep -c ": approved$" "$TMP/plain") >= 30))
}

@test "the question of revoke, and what the asker then hears" {
	local i words=() told

	ask_all
	for i in "${!NAMES[@]}"; do
		words+=("$(value_of "$i")" "${TOKENS[i]}")
		request_of "$i" approval_token="${TOKENS[i]}" >"$TMP/request.$i"
	done
	each_on_terminal 'for ((; $#; )); do firma token revoke --reason "$1" -- "$2"; shift 2; done' \
		"${words[@]}"
	answer_all "${#TOKENS[@]}" y Enter
	ended
	plain
	assert_fields "$TMP/plain" "Refuse this|firma: [0-9a-f-]{36}: refused\$"
	assert_equal "$(grep -c ': refused$' "$TMP/plain")" "${#NAMES[@]}"

	each_on_terminal 'for ((i = 0; i < $1; i++)); do firma check --request "$TMP/request.$i"; done' \
		"${#NAMES[@]}"
	ended
	plain
	run grep -anvE '^(firma: denied: |       )' "$TMP/plain"
	refute_output
	mapfile -t told < <(sed -E ':a; N; s/\n {7}//; ta; P; D' "$TMP/plain")
	assert_equal "${#told[@]}" "${#NAMES[@]}"
	for i in "${!NAMES[@]}"; do
		assert_equal "${told[i]}" "firma: denied: refused by an operator: $(
			printf %s "$(value_of "$i")" | "$UNIT" text escape)"
	done
}

@test "what the daemon quotes of a request, as the asker hears it" {
	local i

	for i in "${!NAMES[@]}"; do
		request action:="\"$("$UNIT" object t:="\"${TEXTS[i]}\"" | sed 's/^{"t":"//; s/"}$//')\"" \
			>"$TMP/request.$i"
	done
	each_on_terminal 'for ((i = 0; i < $1; i++)); do firma check --request "$TMP/request.$i"; done' \
		"${#NAMES[@]}"
	ended
	plain
	run grep -anvE '^(firma: denied: |       )' "$TMP/plain"
	refute_output
	assert_equal "$(grep -ac '^firma: denied: ' "$TMP/plain")" "${#NAMES[@]}"
	(($(grep -ac "^firma: denied: unknown action '" "$TMP/plain") > 45))
}

@test "a command that is not there, as the asker hears it" {
	local i words=()

	for i in "${!NAMES[@]}"; do
		words+=("./$(value_of "$i" | tr '\n/' '??')")
	done
	each_on_terminal 'cd /; for word; do firma check -- "$word"; done' "${words[@]}"
	ended
	plain
	run grep -anvE '^(firma: |       )' "$TMP/plain"
	refute_output
}

@test "the log: one line a message, and nothing of it is another's" {
	local i

	ask_all
	for i in "${!NAMES[@]}"; do
		"$UNIT" object action=local.exec.revoke token_id="${TOKENS[i]}" reason="$(value_of "$i")"
		request_of "$i" approval_token="${TOKENS[i]}"
		request_of "$i" action:="\"${TEXTS[i]}\""
	done >"$TMP/requests"
	send_lines <"$TMP/requests" >"$TMP/replies"
	stop_daemon
	assert_harmless "$TMP/log"
	assert_equal "$(grep -c ' firma: pending_hitl ' "$TMP/log")" "${#NAMES[@]}"
	assert_equal "$(grep -c ' firma: local.exec.revoke .*: ok$' "$TMP/log")" "${#NAMES[@]}"
	assert_equal "$(grep -c ' firma: deny .*: refused by an operator: .' "$TMP/log")" "${#NAMES[@]}"
	assert_equal "$(grep -c ' firma: deny ' "$TMP/log")" $((2 * ${#NAMES[@]}))
	# One line says how the evidence ends, where it is kept.
	assert_equal "$(grep -vc ' firma: the evidence in ' "$TMP/log")" $((4 * ${#NAMES[@]} + 2))
}

@test "--json on a terminal: no value is another one" {
	local key

	ask_all
	terminal 80x24 "${WRAPPER[@]}" "$FIRMA" token list --json
	ended
	plain
	each_on_terminal 'for id; do firma token show --json "$id"; done' "${TOKENS[@]}"
	mv "$TMP/plain" "$TMP/list"
	ended
	plain
	operate list | sed '$d' >"$TMP/whole"
	for key in token_id executable args session_id sandbox_id agent_id profile; do
		# Where a text is too long for them, some are not there.
		grep "\"$key\"" "$TMP/whole" | "$UNIT" get "$key" >"$TMP/expected"
		grep "\"$key\"" "$TMP/list" | "$UNIT" get "$key" | diff - "$TMP/expected"
		grep "\"$key\"" "$TMP/plain" | "$UNIT" get "$key" | diff - "$TMP/expected"
	done
}

@test "watch: a line an event on a terminal, and the desk" {
	local n

	ask_all
	each_on_terminal 'firma token watch </dev/null'
	_until "$$" _is_recorded "${TOKENS[-1]:0:8}" || fail "$(screen)"
	keys C-c
	ended
	plain
	((${#lines[@]} >= ${#NAMES[@]})) || fail "$output"

	each_on_terminal 'firma token watch'
	for n in 1 2 3; do
		_until "$$" _is_recorded "$(printf 'token        %s' "${TOKENS[n - 1]}")"
		seen '[s]kip'
		keys s
	done
	_until "$$" _is_recorded "$(printf 'token        %s' "${TOKENS[3]}")"
	seen '[s]kip'
	keys q
	ended
	plain
}

_is_recorded() {
	raw | grep -qaF "$1"
}

@test "the name of a process, which it can choose" {
	local name=$'x\e[2J\xff\n' id

	cp "$UNIT" "$TMP/$name"
	id=$(request | "$TMP/$name" probe "$SOCKET" | "$UNIT" get approval_token)
	terminal 80x24 "${WRAPPER[@]}" "$FIRMA" token show "$id"
	ended
	plain
	grep -qF "  process    'x\\u{1B}[2J\\x{FF}\\u{A}'" "$TMP/plain"
}

@test "the design's known answers, on a terminal" {
	local vectors=$BATS_TEST_DIRNAME/vectors/display.json texts shown text i

	mapfile -t texts < <(sed -n 's/^ *"text": \(".*"\),$/\1/p' "$vectors")
	mapfile -t shown < <(sed -n 's/^ *"shown": \(".*"\)$/{"shown":\1}/p' "$vectors" | "$UNIT" get shown)
	((${#texts[@]} >= 6 && ${#texts[@]} == ${#shown[@]}))
	for i in "${!texts[@]}"; do
		TOKENS[i]=$(pending_token args:="[${texts[i]}]")
	done
	each_on_terminal 'for id; do firma token show "$id"; done; firma token approve "$@"' "${TOKENS[@]}"
	answer_all "${#TOKENS[@]}" Enter
	ended
	plain
	for i in "${!texts[@]}"; do
		assert_equal "$(grep -cE "^command      /usr/bin/git [\$]?'" "$TMP/plain")" $((2 * ${#texts[@]}))
		text=$("$UNIT" object text:="${texts[i]}" | "$UNIT" get text)
		assert_equal "$(unfold <"$TMP/plain" | grep -cF "$("$UNIT" text quote "$text")")" 2
		assert_equal "$(printf %s "$text" | "$UNIT" text escape)" "${shown[i]}"
	done
}
