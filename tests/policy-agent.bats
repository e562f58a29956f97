#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
#
# The shipped policy for coding agents, on lines as they write them, and on calls of their other tools:
# man/examples/coding-agent.lines and coding-agent.calls.

# shellcheck disable=SC2154 # some variables are those of lib.bash and of bats

load policy

EXAMPLES=$BATS_TEST_DIRNAME/../man/examples

# programs_of LINE: a claim that each command of it is one of /usr/bin; nothing of an opaque line.
programs_of() {
	local name claim=

	while read -r name; do
		claim+="${claim:+,}\"$name\":[\"/usr/bin/$name\",\"/usr/bin/$name\"]"
	done < <("$UNIT" shell scan <<<"$1" | sed -n 's/^[ +] \([^ ]*\).*/\1/p' | sort -u)
	printf '{%s}' "$claim"
}

# Asks about each line; prints those that are decided otherwise, and how many were decided as wanted.
try_lines() {
	local wanted line got i=0 good=0 MEMBERS
	local -a all=() replies

	while IFS=$'\t' read -r wanted line; do
		[[ $wanted && $wanted != \#* ]] || continue
		all+=("$wanted	$line")
		command_of /usr/bin/bash -c "$line"
		request "${MEMBERS[@]}" cwd=/home/me/src/app real_path=/usr/bin/bash detail:=true \
			"programs:=$(programs_of "$line")" environment:='[]' >>"$TMP/cases"
	done <"$EXAMPLES/coding-agent.lines"

	mapfile -t replies < <(send_lines <"$TMP/cases")
	for line in "${all[@]}"; do
		got=$("$UNIT" get decision <<<"${replies[i]}")
		if [[ $got == "${line%%	*}" ]]; then
			good=$((good + 1))
		else
			echo "$line: $(cut -c -200 <<<"${replies[i]}")"
		fi
		i=$((i + 1))
	done
	echo "$good of ${#all[@]}"
}

@test "an agent's day of lines is decided as the file beside the policy says" {
	local file=$EXAMPLES/coding-agent.lines allowed harmless harmful

	allowed=$(grep -c '^allow	' "$file")
	harmless=$(sed '/^# Harmful/,$d' "$file" | grep -c '	')
	harmful=$(sed '1,/^# Harmful/d' "$file" | grep -c '	')
	echo "# $allowed of $harmless harmless lines are allowed, none of $harmful harmful ones" >&3
	((harmless >= 200 && allowed >= 150 && harmful >= 60))
	[[ $(sed '1,/^# Harmful/d' "$file") != *$'\nallow\t'* ]]

	# The policy is for user 1000, who stands for the agent.
	write_policy "$(sed "s/\"1000\"/\"$EUID\"/" "$EXAMPLES/coding-agent.json")"
	start_daemon --policy "$POLICY" --max-pending 1000
	run try_lines
	assert_output "$((harmless + harmful)) of $((harmless + harmful))"
}

# Asks about each call by the hook, in a home below $TMP; prints those that are decided otherwise.
try_calls() {
	local wanted tool arguments got n=0

	while IFS=$'\t' read -r wanted tool arguments; do
		[[ $wanted && $wanted != \#* ]] || continue
		n=$((n + 1))
		"$UNIT" object session_id=s "cwd=$TMP/home/me/src/app" hook_event_name=PreToolUse "tool_name=$tool" \
			"tool_input:=${arguments//\/home\//"$TMP/home/"}" >"$TMP/question"
		firma hook claude --socket "$SOCKET" --wait 0 <"$TMP/question" >"$TMP/answer" 2>"$TMP/reason" || true
		case $(<"$TMP/answer") in
		*'"permissionDecision":"allow"'*) got=allow ;;
		*'"firma: denied for now: a person must decide '*) got=pending_hitl ;;
		*'"firma: denied: '*) got=deny ;;
		*) got=none ;;
		esac
		[[ $got == "$wanted" ]] || echo "$tool $arguments: $got, not $wanted: $(cat "$TMP/reason")"
	done <"$EXAMPLES/coding-agent.calls"
	echo "$n calls"
}

@test "an agent's day of calls of other tools is decided as the file beside the policy says" {
	local n

	n=$(grep -c '^[a-z_]*	' "$EXAMPLES/coding-agent.calls")
	((n >= 100))
	mkdir -p "$TMP/home/me/notes" "$TMP/home/me/src/"{app/{src,docs,.git/hooks},other}
	ln -s "$TMP/home/me/notes" "$TMP/home/me/src/app/notes"
	write_policy "$(sed "s|/home/|$TMP/home/|g" "$EXAMPLES/coding-agent.json")"
	start_daemon --policy "$POLICY" --max-pending 1000
	run try_calls
	assert_output "$n calls"
}
