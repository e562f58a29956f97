# SPDX-License-Identifier: ISC
# shellcheck shell=bash
#
# Tables of policies, requests, and what decides them. `rules` puts a policy into the file of the
# daemon that `serve_policy` started, and the cases that follow are judged by it; check_decisions
# judges those that are left.

load lib

# setup, for files that add something to it.
policy_setup() {
	lib_setup
	mkdir "$TMP/policy"
	POLICY=$TMP/policy/policy.json
	CASES=()
	RULES=
}

setup() {
	policy_setup
}

# write_policy TEXT: in one go, as an editor does.
write_policy() {
	printf '%s\n' "$1" >"$POLICY.new"
	mv "$POLICY.new" "$POLICY"
}

# serve_policy [SERVE-OPTION...]: with an empty policy, where a test has not written another.
serve_policy() {
	[[ -e $POLICY ]] || write_policy '{}'
	start_daemon --policy "$POLICY" "$@"
}

# rules RULE...: a policy of these, without other members; `default_action` is deny.
rules() {
	local IFS=,

	document "{\"default_action\":\"deny\",\"exec\":[$*]}"
}

# document TEXT: a whole policy. What was to be decided by the one before is.
document() {
	check_decisions
	RULES=$1
	write_policy "$1"
}

# rule ID ACTION ARGV [MEMBERS]: a rule in JSON: rule r deny '["rm","**"]' '"users":["0"]'
rule() {
	printf '{"id":"%s","action":"%s","argv":%s%s}' "$1" "$2" "$3" "${4:+,$4}"
}

# decides DECISION RULE [REQUEST-MEMBER...]: by the policy that was written last.
decides() {
	CASES+=("$1 $2")
	request detail:=true "${@:3}" >>"$TMP/cases"
}

# command_of PATH [ARG...]: the members of a request for this command.
command_of() {
	local arg args=()

	for arg in "${@:2}"; do
		arg=${arg//\\/\\\\} arg=${arg//\"/\\\"} arg=${arg//$'\n'/\\n} arg=${arg//$'\t'/\\t}
		args+=("\"$arg\"")
	done
	local IFS=,
	MEMBERS=("executable=$1" "args:=[${args[*]}]")
}

# for_command DECISION RULE PATH [ARG...]: the same for a command line.
for_command() {
	command_of "${@:3}"
	decides "$1" "$2" "${MEMBERS[@]}"
}

check_decisions() {
	local replies i got

	((${#CASES[@]} > 0)) || return 0
	mapfile -t replies < <(send_lines <"$TMP/cases")
	for i in "${!CASES[@]}"; do
		got=$("$UNIT" get decision <<<"${replies[i]}") || got=
		got+=" $("$UNIT" get rule <<<"${replies[i]}" 2>/dev/null)" || got+=none
		[[ $got == "${CASES[i]}" ]] || {
			fail "-- case $((i + 1)) of ${#CASES[@]} --" "policy:   $RULES" \
				"request:  $(sed -n "$((i + 1))p" "$TMP/cases" | cut -c -600)" \
				"expected: ${CASES[i]}" "actual:   $got (${replies[i]})"
			return 1
		}
	done
	assert_equal "${#replies[@]}" "${#CASES[@]}"
	rm "$TMP/cases"
	CASES=()
}
