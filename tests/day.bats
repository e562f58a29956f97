#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
#
# A day is played: an agent works in a repository, under the policy that is shipped for one. A person
# sits at the desk, the log is rotated at noon, and an auditor reads it in the evening.
#
# The calls of the day are in day.calls. With SCREENS_OF_THE_DAY=DIR, each screen that the person saw is kept
# there, and what the auditor saw.

# shellcheck disable=SC2154 # some variables are those of lib.bash and of bats

load policy
load terminal

EXAMPLES=$BATS_TEST_DIRNAME/../man/examples
NOON=100

teardown() {
	terminal_teardown
	lib_teardown
}

# The calls, without comments: WHAT, TOOL and ARGUMENT, with tabs in between.
calls() {
	grep '^[a-z]' "$BATS_TEST_DIRNAME/day.calls"
}

# The repository: what the agent reads is there; nothing that it asks for is done.
make_repository() {
	APP=$TMP/home/me/src/app
	mkdir -p "$APP/src" "$APP/tests"
	printf 'int main(void) { return 0; }\n' | tee "$APP/src/main.c" "$APP/src/util.c" >"$APP/tests/test_main.c"
	echo 'check:' >"$APP/Makefile"
	echo '# app' >"$APP/README.md"
}

# play: asks about each call, by the agent's hook, one after another, and waits for each answer. Prints
# a line for each: what became of it, and the call.
play() {
	local tool argument n=0 got

	while IFS=$'\t' read -r _ tool argument; do
		n=$((n + 1))
		[[ $tool != Bash ]] || argument=$("$UNIT" object "command=$argument")
		"$UNIT" object session_id=day "cwd=$APP" hook_event_name=PreToolUse "tool_name=$tool" \
			"tool_input:=$argument" >"$TMP/question"
		env -i PATH=/usr/bin:/bin HOME="$TMP/home/me" "${HOOK[@]}" <"$TMP/question" >"$TMP/answer" 2>/dev/null || true
		case $(<"$TMP/answer") in
		*'"permissionDecision":"allow"'*) got=allow ;;
		*'"permissionDecision":"deny"'*) got=deny ;;
		*) got=none ;;
		esac
		printf '%s\t%s\t%s\n' "$got" "$tool" "$argument"
		((n != NOON)) || noon
	done
	echo end
}

# The log of the morning is closed, while the agent waits.
noon() {
	firma evidence rotate >"$TMP/segment"
}

has_ended_day() {
	[[ $(tail -n 1 "$TMP/day.out") == end ]]
}

# The token of the last card on the screen.
shown_token() {
	screen | sed -n 's/^token  *//p' | tail -n 1
}

is_next_or_over() {
	has_ended_day || [[ $(screen) == *'[r]efuse [s]kip [q]uit'* && $(shown_token) != "$LAST" ]]
}

keep_screen() {
	screen >"$TMP/screens/$(printf '%02d' "$N")-$1"
}

# sit NOTES...: decides about each question as the notes say, in their order, until the day is over.
sit() {
	local note

	LAST='' N=0
	while :; do
		_until "$$" is_next_or_over || fail "no question" "$(screen)"
		! has_ended_day || break
		LAST=$(shown_token)
		note=${1-none}
		shift || true
		N=$((N + 1))
		keep_screen "$note"
		decide "$note"
		_until "$DAEMON" has_moved_on || fail "not decided: $note" "$(screen)"
		keep_screen "$note-decided"
	done
	keep_screen end
}

has_moved_on() {
	[[ $(operate show token_id="$LAST" | head -n 1 | "$UNIT" get state) != pending ]]
}

decide() {
	case $1 in
	approve) keys a ;;
	refuse)
		keys r
		seen 'The reason'
		keys -l 'not without a look at it'
		keys Enter
		;;
	always)
		keys A
		seen 'Approve it always?'
		keep_screen always-asked
		keys -l y
		keys Enter
		;;
	*) fail "a question that the day does not have" "$(screen)" ;;
	esac
}

# audited NAME COMMAND...: what the auditor sees.
audited() {
	local name=$1

	shift
	run "$@"
	printf '%s\n' "\$ $*" "$output" >"$TMP/screens/audit-$name"
}

@test "a day of two hundred calls: a person is asked about few, and all of it is on record" {
	local asked notes wanted

	command -v git >/dev/null || skip 'there is no git here'
	make_repository
	firma evidence keygen "$TMP/key" >/dev/null
	write_policy "$(sed "s|/home/|$TMP/home/|g; s/\"1000\"/\"$EUID\"/" "$EXAMPLES/coding-agent.json")"
	mkdir "$TMP/screens"
	start_daemon --policy "$POLICY" --evidence-log "$TMP/evidence" --evidence-signing-key "$TMP/key"
	terminal 80x34 "${WRAPPER[@]}" "$FIRMA" token watch
	seen 'q leaves.'

	_command "$FIRMA" hook claude --socket "$SOCKET" --wait 10min
	HOOK=("${CMD[@]}")
	: >"$TMP/day.out"
	play < <(calls) >"$TMP/day.out" 2>"$TMP/day.err" 3>&- &
	mapfile -t notes < <(calls | cut -f 1 | grep -v -e allow -e deny)
	sit "${notes[@]}"
	keys q
	ended

	# Each call had its answer, and a person was asked about few.
	wanted=$(calls | sed -E 's/^(approve|always)\t/allow\t/; s/^refuse\t/deny\t/' | cut -f 1)
	diff <(paste <(echo "$wanted") <(calls | cut -f 2-)) \
		<(paste <(sed '$d' "$TMP/day.out" | cut -f 1) <(calls | cut -f 2-))
	asked=$N
	assert_equal "$asked" "${#notes[@]}"
	((asked * 8 <= $(calls | wc -l)))
	echo "# a person was asked about $asked of $(calls | wc -l) calls" >&3
	stop_daemon

	# The auditor has the public key and the files, and no daemon.
	audited verify firma evidence verify --public-key "$TMP/key.pub" "$TMP/evidence" "$(<"$TMP/segment")"
	assert_status 0
	assert_line -n 0 -e ': holds: [0-9]+ records, [0-9]+ signed, head '
	assert_line -n 1 -e ': holds: [0-9]+ records, [0-9]+ signed, head '
	audited missing firma evidence verify --public-key "$TMP/key.pub" "$TMP/evidence"
	assert_status 1
	assert_output -p 'are missing before it'
	audited refused firma evidence show --decision deny "$TMP/evidence"
	assert_output -p 'not without a look at it'
	audited reads firma evidence show --kind read --decision deny "$(<"$TMP/segment")"
	assert_line -n 0 -p '.env'
	audited approvals firma evidence show --uid "$EUID" "$TMP/evidence"
	assert_output -p 'local.exec.approve'
	audited all firma evidence show "$(<"$TMP/segment")"
	audited report firma evidence report --public-key "$TMP/key.pub" --output "$TMP/screens/report.html" \
		"$TMP/evidence" "$(<"$TMP/segment")"
	assert_status 0
	[[ $(<"$TMP/screens/report.html") == *'<p class="good">The chain holds, and so do all '* ]]
	[[ -z ${SCREENS_OF_THE_DAY-} ]] || cp -r "$TMP/screens/." "$SCREENS_OF_THE_DAY/"
}
