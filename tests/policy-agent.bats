#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
#
# The shipped policy for coding agents, on lines as they write them: man/examples/coding-agent.lines.

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
