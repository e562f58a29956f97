#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
#
# `firma policy convert`: a compiled policy as rules of this program, which decide the same.

# shellcheck disable=SC2030,SC2031 # each test is a process, and so are its variables
# shellcheck disable=SC2016 # nothing in quotes is for the shell
# shellcheck disable=SC2154 # some variables are those of lib.bash and of bats

load policy

PACKS=$BATS_TEST_DIRNAME/../policies/packs
VECTORS=$BATS_TEST_DIRNAME/vectors/cavra-evaluate.jsonl
VECTOR_CASES=$BATS_TEST_DIRNAME/vectors/cavra-cases.json

# decide_all FILE: what that policy decides about each of $TMP/requests: the decision, and the rule
# and its severity where it isn't the default. (A rule that asks is named before what the operands of
# a command ask; a default isn't.)
decide_all() {
	STATE_DIR=$(mktemp -d "$TMP/state.XXXXXX") start_daemon --policy "$1" --release-approvals=claimed
	send_lines <"$TMP/requests" | sed -E 's/.*"rule_id":"([^"]*)","decision":"([^"]*)","severity":"([^"]*)".*/\2 \3 \1/
		s/ (high|medium|low) (commands.operand.require_approval|defaults\.[a-z]*|default_action|filesystem\.[a-z]*\.allow|git\.allow|commands\.default\.require_approval|mcp\.server\.trust\.allow)$/ default/
		s/block_unknown\.2$/block_unknown/'
	stop_daemon
}

# Each is asked without its pack, which is not in force here; and more, at the edges of patterns.
all_requests() {
	local text

	"$UNIT" vectors requests "$VECTORS" none
	"$UNIT" vectors requests "$VECTORS" policy
	for text in .ENV a/b/.env.local x/Secrets.yaml SECRETS.yml IAM/x.json a/iam/x main.tf a/MAIN.TF \
		security 'security/a b' .github/workflows/a/b.yml x.pem/y; do
		"$UNIT" object action_type=read_file "target=$text" cwd=/w
		"$UNIT" object action_type=write_file "target=$text" cwd=/w
	done
	for text in 'TERRAFORM apply' 'terraform  plan' 'terraform plan; ls' 'sudo terraform apply' \
		'npm test' 'npm testx' 'git push origin main' 'ls' 'echo "$(kubectl delete x)"'; do
		"$UNIT" object action_type=execute_command "target=$text"
	done
	for text in push fetch Push '' log; do
		"$UNIT" object action_type=git_operation "operation=$text" target=origin/Main
		"$UNIT" object action_type=git_operation "operation=$text" target=domain
	done
	for text in github unknown-server Github; do
		"$UNIT" object action_type=mcp_tool_call "server=$text" tool=x
	done
}

@test "a converted pack decides as the compiled one does" {
	local file

	all_requests | sed 's/"policy_pack":"[^"]*",\?//; s/,}/}/' >"$TMP/requests"
	"$UNIT" vectors fixture "$VECTOR_CASES" policy >"$TMP/policy/fixture.json"
	for file in "$PACKS"/*.json "$TMP/policy/fixture.json"; do
		run firma policy convert "$file"
		assert_status 0
		echo "$output" >"$TMP/policy/native.json"
		run firma policy check "$TMP/policy/native.json"
		assert_status 0
		cp "$file" "$TMP/policy/compiled.json"
		decide_all "$TMP/policy/compiled.json" >"$TMP/compiled"
		decide_all "$TMP/policy/native.json" >"$TMP/native"
		assert_equal "$(wc -l <"$TMP/native")" "$(wc -l <"$TMP/requests")"
		run diff <(paste -d ' ' "$TMP/compiled" "$TMP/requests") \
			<(paste -d ' ' "$TMP/native" "$TMP/requests")
		assert_output '' || fail "$file"
	done
}

@test "what is no compiled policy, or can't be converted, is refused" {
	echo '{"exec":[]}' >"$TMP/policy/p.json"
	run firma policy convert "$TMP/policy/p.json"
	assert_status 1
	assert_output "firma: $TMP/policy/p.json: it is not a compiled policy"
	echo '{"mcp_servers":[]}' >"$TMP/policy/p.json"
	run firma policy convert "$TMP/policy/p.json"
	assert_status 1
	echo '{"metadata":{"id":"x"},"commands":{"alow":[]}}' >"$TMP/policy/p.json"
	run firma policy convert "$TMP/policy/p.json"
	assert_status 1
	assert_output -e "unknown key 'alow'"
	run firma policy convert "$TMP/policy/none.json"
	assert_status 3
	run firma policy convert
	assert_status 2
}

@test "rules about lines stand beside those about argument vectors" {
	serve_policy
	document '{"default_action":"deny","exec":[
		{"id":"no-rm","argv":["rm","**"],"action":"deny"}],
		"lines":[{"id":"plan","line":["terraform plan*","rm x"],"action":"allow"},
		{"id":"apply","line":"terraform apply*","action":"pending_hitl"}]}'
	for_command allow plan /usr/bin/terraform plan -out=x
	for_command deny no-rm /usr/bin/rm x
	for_command deny default_action /usr/bin/ls
	for_command pending_hitl apply /usr/bin/env terraform apply
	check_decisions
}

@test "policy check says what is wrong with such rules" {
	write_policy '{"lines":[{"id":"a","line":" ","action":"deny"},
		{"id":"b","argv":["x"],"action":"deny"},
		{"id":"c","line":"x","action":"deny","match":["x"]}],
		"read":[{"id":"d","path":"**x","compiled":true,"action":"allow"}],
		"mcp":[{"id":"e","server":"x","compiled":true,"tools":"y","action":"deny"}]}'
	run firma policy check "$POLICY"
	assert_status 1
	assert_line "$POLICY: lines[0] \"a\": line is blank"
	assert_line "$POLICY: lines[1] \"b\": unknown key 'argv'"
	assert_line "$POLICY: lines[1] \"b\": line is missing"
	assert_line "$POLICY: lines[2] \"c\": a rule about lines can't have match"
	assert_line "$POLICY: read[0] \"d\": compiled is for a rule that denies or asks"
	assert_line "$POLICY: mcp[0] \"e\": compiled and tools exclude each other"
}
