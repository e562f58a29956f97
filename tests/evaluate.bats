#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
#
# The second contract: its known answers, and where ours differ on purpose.

# shellcheck disable=SC2030,SC2031 # each test is a process, and so are its variables
# shellcheck disable=SC2016 # nothing in quotes is for the shell
# shellcheck disable=SC2154 # some variables are those of lib.bash and of bats

load lib

VECTORS=$BATS_TEST_DIRNAME/vectors/cavra-evaluate.jsonl
VECTOR_CASES=$BATS_TEST_DIRNAME/vectors/cavra-cases.json
PACKS=$BATS_TEST_DIRNAME/../policies/packs

# serve_vectors [SERVE-OPTION...]: as the vectors were made.
serve_vectors() {
	start_daemon --policy-pack=all --pack-dir "$PACKS" --packs-by-asker \
		--release-approvals=claimed "$@"
}

# Each way in which an answer of ours differs from the other daemon's, and why (evaluate.md; "§9" is
# what it says of differences): its word, the other daemon's decision and rule, and ours. A way that
# isn't here is a fault.
REASONS=(
	# §9: that daemon misses a/.env, and secrets.yaml at the root.
	'stricter allow filesystem.read.allow block filesystem.read.block'
	'stricter allow filesystem.write.allow block filesystem.write.block'
	'stricter allow filesystem.write.allow require_approval filesystem.write.require_approval'
	# §4: what may not be read is written only after a person was asked.
	'stricter allow filesystem.write.allow require_approval write.unreadable'
	# §5: an operation that isn't said counts as a push.
	'stricter allow git.allow block git.protected_branch.block_direct_push'
	# §9: it lets an approval hide tampering and failed delivery.
	'stricter allow release_governance.approval.approved require_approval release_governance.signal.critical'
	'stricter allow release_governance.approval.approved block release_governance.delivery.failed'
	# §9: it allows kinds of releases that it doesn't know.
	'stricter allow release_governance.approval.approved require_approval release_governance.approval.unknown'
	'stricter allow release_governance.approval.not_required require_approval release_governance.approval.unknown'
	# §6: every signal counts, of whatever kind the record is; and the strictest condition decides.
	'stricter allow release_governance.approval.not_required require_approval release_governance.signal.critical'
	'stricter allow release_governance.record.verified require_approval release_governance.signal.critical'
	'stricter require_approval release_governance.signal.critical block release_governance.approval.missing'
	'stricter require_approval release_governance.approval.pending block release_governance.delivery.failed'
	'stricter require_approval release_governance.approval.unknown block release_governance.delivery.failed'
	'differs require_approval release_governance.approval.required require_approval release_governance.signal.critical'
	# §9: and it takes a kind in capitals for none.
	'stricter allow release_governance.approval.not_required block release_governance.approval.missing'
	# §9: it calls a tier or a state that it doesn't know approved.
	'stricter allow mcp.registry.allow block mcp.registry.blocked'
	'stricter allow mcp.registry.allow require_approval mcp.registry.requires_approval'
	'stricter allow mcp.registry.allow require_approval mcp.registry.tool_scope'
	'stricter allow mcp.registry.allow require_approval mcp.registry.capability_scope'
	# §9: SERVER:TOOL in `target` is read.
	'stricter allow mcp.server.trust.allow block mcp.server.trust.block_unknown'
	'differs allow mcp.server.trust.allow allow mcp.server.trust.allow'
	'differs block mcp.server.trust.block_unknown block mcp.server.trust.block_unknown'
	'laxer block mcp.server.trust.block_unknown allow mcp.server.trust.allow'
	# §9: a branch is protected by its whole name.
	'laxer block git.protected_branch.block_direct_push allow git.allow'
	# §5: a git push in a command is a git operation, too.
	'stricter allow commands.allow block git.protected_branch.block_direct_push'
	'stricter require_approval commands.default.require_approval block git.protected_branch.block_direct_push'
	# §5: a command's operands are files, too.
	'stricter allow commands.allow require_approval commands.operand.require_approval'
	# §9: it allows what stands after an allowed prefix.
	'stricter allow commands.allow require_approval commands.default.require_approval'
	# §9: it misses what a wrapper runs, and a newline hides a command from it.
	'stricter require_approval commands.default.require_approval block commands.block'
)

# compare FILE FIXTURE: what is asked of the daemon that serves now. Leaves in $TMP/differences
# what has no reason.
compare() {
	local reason differences

	"$UNIT" vectors requests "$1" "$2" >"$TMP/requests"
	send_lines <"$TMP/requests" >"$TMP/replies"
	differences=$("$UNIT" vectors compare "$1" "$2" "$TMP/replies") || true
	for reason in "${REASONS[@]}"; do
		differences=$(grep -vF "$reason " <<<"$differences") || true
	done
	if [[ $differences ]]; then
		fail "$differences"
		return 1
	fi
	assert_equal "$(wc -l <"$TMP/replies")" "$(wc -l <"$TMP/requests")"
}

@test "the vectors are decided as by the other daemon, or stricter for a reason" {
	serve_vectors
	compare "$VECTORS" none
	compare "$VECTOR_CASES" none
}

@test "so are those for a compiled policy" {
	mkdir "$TMP/policy"
	"$UNIT" vectors fixture "$VECTOR_CASES" policy >"$TMP/policy/policy.json"
	serve_vectors --policy "$TMP/policy/policy.json"
	compare "$VECTORS" policy
	compare "$VECTOR_CASES" policy
}

@test "so are those for a registry" {
	mkdir "$TMP/policy"
	"$UNIT" vectors fixture "$VECTOR_CASES" registry >"$TMP/policy/registry.json"
	serve_vectors --registry "$TMP/policy/registry.json"
	compare "$VECTOR_CASES" registry
}

# --- the contract ---------------------------------------------------------------------------------

# hears KEY=VALUE... LINE: the reply to the line has these; KEY- : it has no such key.
hears() {
	local line=${*: -1} member key reply got

	reply=$(send <<<"$line")
	for member in "${@:1:$#-1}"; do
		key=${member%%[=-]*}
		got=$("$UNIT" get "$key" <<<"$reply" 2>/dev/null) || got='(none)'
		if [[ $member == *- ]]; then
			assert_equal "$got" '(none)'
		else
			assert_equal "$key=$got" "$member" || fail "$line" "$reply"
		fi
	done
}

# malformed REASON LINE: a request of the second contract that can't be taken.
malformed() {
	hears decision=block severity=critical rule_id=request.malformed \
		"reason=malformed request: $1" "$2"
}

@test "the response has its keys in their order, and none that is empty" {
	local keys

	serve_vectors
	send <<<'{"action_type":"write_file","target":"iam/a b","session_id":"s/1"}' >"$TMP/reply"
	keys=$(grep -o '"[a-z_]*":' "$TMP/reply" | tr -d '":\n' | sed 's/_//g')
	assert_equal "$keys" decisionidsessionidagentidactoractiontypetargetrequestedoperationpolicypackpolicyidruleiddecisionseverityreasonevidencerefsapprovergrouptimestampcorrelationid
	assert_equal "$("$UNIT" get target <"$TMP/reply")" 'iam/a b'
	[[ $(<"$TMP/reply") =~ \"decision_id\":\"(dec_[0-9a-f]{12})\" ]]
	[[ $(<"$TMP/reply") == *"\"evidence_refs\":[\"evidence://s%2F1/${BASH_REMATCH[1]}\""* ]]
	[[ $(<"$TMP/reply") =~ \"correlation_id\":\"corr_[0-9a-f]{12}\" ]]
	[[ $("$UNIT" get timestamp <"$TMP/reply") =~ ^20[0-9-]+T[0-9:]+\.[0-9]{9}Z$ ]]
	hears session_id=local agent_id=unknown-agent actor=ai-agent approver_group- rule- \
		'{"action_type":"read_file","target":"x"}'
}

@test "a malformed request is blocked, and the reason says why" {
	local key

	serve_vectors
	for key in session_id agent_id actor action_type target requested_operation policy_pack \
		operation server tool capability real_target content content_sha256 old_text \
		new_text approval_token; do
		case $key in
		action_type) malformed 'action_type must be a string' '{"target":"x","action_type":5}' ;;
		*) malformed "$key must be a string" "{\"action_type\":\"x\",\"$key\":5}" ;;
		esac
	done
	for key in release_governance record runner_auth programs; do
		malformed "$key must be an object" "{\"action_type\":\"x\",\"$key\":[]}"
	done
	malformed 'action and action_type exclude each other' \
		'{"action":"local.exec","action_type":"read_file"}'
	malformed 'action and release_governance exclude each other' \
		'{"action":"local.exec","release_governance":{}}'
	malformed 'release_governance and record exclude each other' \
		'{"action_type":"x","release_governance":{},"record":{}}'
	malformed 'release_governance is for the action type release_governance_record' \
		'{"action_type":"read_file","release_governance":{"approval_state":"approved"}}'
	malformed 'release_governance.blocked_count must be a whole number from 0' \
		'{"release_governance":{"blocked_count":1.5}}'
	malformed 'release_governance.blocked_count must be a whole number from 0' \
		'{"release_governance":{"blocked_count":-1}}'
	malformed 'release_governance.failed_providers must be an array of strings' \
		'{"release_governance":{"failed_providers":[1]}}'
	malformed 'release_governance.delivery_success must be true or false' \
		'{"release_governance":{"delivery_success":"true"}}'
	malformed 'record.state is given twice, and differs' \
		'{"action_type":"release_governance_record","record":{"approval_state":"approved","approval":{"state":"denied"}}}'
	malformed 'a key is given twice (at byte 29)' \
		'{"action_type":"read_file", "action_type":"write_file"}'
}

@test "null is as good as absent, and says nothing of the contract" {
	serve_vectors
	hears decision=allow rule_id=filesystem.read.allow \
		'{"action":null,"action_type":"read_file","target":"x","policy_pack":null,"record":null}'
	hears decision=deny 'reason=malformed request: action is missing' rule_id- \
		'{"action_type":null,"release_governance":null}'
}

@test "a pack that is not in force is blocked, and what decided is named" {
	start_daemon --policy-pack cavra-cloud-iam,cavra-terraform-prod --pack-dir "$PACKS"
	hears decision=block rule_id=policy_pack.unknown severity=high policy_pack- \
		'{"action_type":"read_file","target":"x","policy_pack":"cavra-banking-baseline"}'
	# The asker names a pack; the strictest of all decides.
	hears decision=block rule_id=filesystem.read.block policy_pack=cavra-terraform-prod \
		policy_id=cavra-terraform-prod \
		'{"action_type":"read_file","target":"a/b.tfvars","policy_pack":"cavra-cloud-iam"}'
}

# asked DECISION RULE LINE...: what becomes of a line of shell.
asked() {
	local line

	for line in "${@:3}"; do
		"$UNIT" object action_type=execute_command "target=$line" >"$TMP/line"
		hears "decision=$1" "rule_id=$2" "$(<"$TMP/line")"
	done
}

@test "of a line of shell each command must be allowed, and none may be blocked" {
	serve_vectors
	asked allow commands.allow 'terraform plan' 'npm test' 'terraform fmt && terraform plan -out=x' \
		' terraform plan ' 'pytest -q 2>&1' "pytest  'a b'"
	asked require_approval commands.default.require_approval 'terraform plan; ls' \
		'terraform plan $(x)' 'terraform plan > x' 'npm test & ls' 'terraform plan `x`' '' \
		'x=1 terraform plan' 'Terraform plan' 'sh -c "terraform plan"' 'ls | pytest'
	# The line must fit as it is written, and no newline fits.
	asked require_approval commands.default.require_approval 'terraform  plan' $'terraform\tplan' \
		'npm  test' $'terraform plan\nterraform fmt' $'terraform plan\n'"'a'"
	# Another program of the same name, and a name that only reads like a command.
	asked require_approval commands.default.require_approval '/tmp/x/terraform plan' \
		'./terraform plan' '/usr/bin/terraform plan' 'terraform plan; /tmp/x/terraform plan' \
		'terraform plan && ./pytest' "'terraform plan' x" "terraform plan; 'terraform plan' x"
	asked block commands.block 'terraform apply' 'ls; terraform apply' 'sudo terraform apply' \
		'TERRAFORM APPLY' '/usr/bin/terraform apply' 'echo $(terraform apply)' \
		"sh -c 'terraform apply'" 'env -i terraform apply' 'nice -n 5 kubectl delete pod x' \
		'terraform   apply' '"terraform" apply' "bash -c 'ls && terraform apply'" \
		'x=1 terraform apply' $'ls\nterraform apply'
	asked block git.protected_branch.block_direct_push 'git push origin HEAD:main' \
		'git push origin +x:refs/heads/main' 'git push origin x master' 'git push --all origin' \
		'git -C x push origin main' 'sudo git push x Main' 'git push origin HEAD'
	asked require_approval commands.operand.require_approval 'terraform plan .env' \
		'terraform plan -var-file=../x/secrets.yml' 'pytest a/../.env' 'terraform plan a.PEM'
}

@test "a call of a tool names its server and the tool, or both are unknown" {
	start_daemon --policy-pack cavra-mcp-enterprise --pack-dir "$PACKS"
	hears decision=allow '{"action_type":"mcp_tool_call","target":"jira-enterprise:create"}'
	hears decision=allow '{"action_type":"mcp_tool_call","server":"jira-enterprise","tool":"x"}'
	for target in jira-enterprise jira-enterprise: :create : personal-drive-mcp: Personal-Drive-MCP:x; do
		hears decision=block rule_id=mcp.server.trust.block_unknown \
			"{\"action_type\":\"mcp_tool_call\",\"target\":\"$target\"}"
	done
	stop_daemon

	# So a server that is blocked by its name is seen in the target in any case.
	mkdir "$TMP/policy"
	echo '{"metadata":{"id":"x"},"mcp":{"blocked_servers":["evil"],"block_unknown_servers":false}}' \
		>"$TMP/policy/policy.json"
	start_daemon --policy "$TMP/policy/policy.json"
	for target in evil evil: Evil:x EVIL evil:x:y; do
		hears decision=block "{\"action_type\":\"mcp_tool_call\",\"target\":\"$target\"}"
	done
	for target in evils evi: x:evil; do
		hears decision=allow "{\"action_type\":\"mcp_tool_call\",\"target\":\"$target\"}"
	done
}

@test "packs judge local.exec as well" {
	start_daemon --policy-pack all --pack-dir "$PACKS" --default-action allow
	run firma check --socket "$SOCKET" -- /bin/true
	assert_status 75
	request executable=/usr/bin/terraform 'args:=["apply"]' detail:=true >"$TMP/request"
	hears decision=deny rule=commands.block "$(<"$TMP/request")"
	request executable=/usr/bin/sudo 'args:=["terraform","apply"]' detail:=true >"$TMP/request"
	hears decision=deny rule=commands.block "$(<"$TMP/request")"
}

@test "without policy and packs a person is asked about everything but commands" {
	start_daemon --default-action deny
	hears decision=require_approval rule_id=runtime.default.require_approval \
		'{"action_type":"read_file","target":"x"}'
	hears decision=block rule_id=default_action \
		'{"action_type":"execute_command","target":"ls"}'
	hears decision=block rule_id=release_governance.approval.missing \
		'{"release_governance":{"approval_state":"approved","approval_id":"a"}}'
}

@test "a token that isn't there allows nothing" {
	serve_vectors
	hears decision=block rule_id=approval_token \
		'{"action_type":"read_file","target":"x","approval_token":"x"}'
}

@test "a daemon that is closed blocks everything" {
	start_daemon --policy "$TMP/none.json"
	hears decision=block rule_id=runtime.closed severity=critical \
		'{"action_type":"read_file","target":"x"}'
}

@test "the record holds the request and the response as they were" {
	local reply

	serve_vectors --evidence-log "$TMP/log.evidence"
	reply=$(send <<<'{"action_type":"read_file","target":"x", "policy_pack":"cavra-cloud-iam"}')
	[[ $reply == *'"firma-evidence://'* ]]
	grep -qF '"request":{"action_type":"read_file","target":"x", "policy_pack":"cavra-cloud-iam"},"response":'"$reply" \
		"$TMP/log.evidence"
	run firma evidence verify "$TMP/log.evidence"
	assert_status 0
}

@test "evidence show tells the kinds apart, and takes either contract's word for a decision" {
	serve_vectors --evidence-log "$TMP/log.evidence"
	send <<<'{"action_type":"read_file","target":"a"}'
	send <<<'{"action_type":"read_file","target":".env"}'
	send <<<'{"release_governance":{"metadata_kind":"rollout-evidence-capture"}}'
	request executable=/usr/bin/terraform 'args:=["apply"]' | send
	run firma evidence show --kind read "$TMP/log.evidence"
	assert_equal "${#lines[@]}" 2
	assert_line -e ' 1 allow read a for agent unknown-agent, uid [0-9]+: '
	run firma evidence show --decision deny "$TMP/log.evidence"
	assert_equal "${#lines[@]}" 2
	assert_line -e ' 2 block read .env for agent '
	assert_line -e ' 4 deny .*terraform'
	run firma evidence show --kind release --decision allow "$TMP/log.evidence"
	assert_equal "${#lines[@]}" 1
	run firma evidence show --kind exec "$TMP/log.evidence"
	assert_equal "${#lines[@]}" 1
}

# --- firma check ----------------------------------------------------------------------------------

@test "firma check asks about each kind, and its status is the answer" {
	start_daemon --policy-pack cavra-ai-agent-baseline --pack-dir "$PACKS"
	cd "$TMP"
	touch plain .env
	ln -s .env link
	echo text >content
	echo '{"metadata_kind": "rollout-promotion-execution"}' >execution
	echo '{"metadata_kind": "rollout-evidence-capture"}' >capture

	run firma check --read plain
	assert_status 0
	assert_output ''
	run firma check --read .env
	assert_status 1
	assert_output 'firma: denied: denied by rule filesystem.read.block'
	# Where a link leads is sent along.
	run firma check --read link
	assert_status 1
	run firma check --write plain --content content
	assert_status 0
	run firma check --write main.tf --content - <content
	assert_status 1
	run firma check --write "$TMP/iam/x"
	assert_status 75
	assert_line -e '^firma: pending: a person must decide about [0-9a-f-]{36}, then ask again'
	run firma check --fetch https://example.com/
	assert_status 75
	run firma check --mcp server:tool --capability any
	assert_status 0
	run firma check --git push main
	assert_status 1
	run firma check --git fetch main
	assert_status 0
	run firma check --git push feature
	assert_status 0
	run firma check --release execution
	assert_status 1
	run firma check --release capture
	assert_status 0
	run firma check --request - <<<'{"action_type":"read_file","target":".env"}'
	assert_status 1
	run firma check --json --read plain
	assert_status 0
	assert_output -e '^[{]"decision_id":"dec_'
}

@test "firma check takes one thing at a time" {
	local args

	for args in '--read x --write y' '--content x' '--read x --content x' '--capability x' \
		'--git push' '--git push a b' '--read x -- ls' '--read x --request y'; do
		# shellcheck disable=SC2086 # words
		run firma check $args
		assert_status 2
	done
	run firma check --release "$TMP/none"
	assert_status 3
}

@test "the packs are in order, and are installed" {
	local file

	for file in "$PACKS"/*.json; do
		run firma policy check "$file"
		assert_status 0
		assert_output -e ': in order, [4-9] rules$'
		assert_equal "\"${file##*/}\"" "$(sed -n 's/^\t\t"id": "\(.*\)"$/"\1.json"/p' "$file")"
	done
	assert_equal "$(find "$PACKS" -name '*.json' | wc -l)" 9
}

@test "a compiled policy and a registry are checked, and each must stand in its place" {
	mkdir "$TMP/policy"
	cd "$TMP/policy"
	echo '{"metadata":{"id":"x"},"commands":{"alow":[]}}' >policy.json
	run firma policy check policy.json
	assert_status 1
	assert_output "policy.json: commands: unknown key 'alow'"
	echo '{"metadata":{"id":"x"},"filesystem":{"block_read":["a",""]}}' >policy.json
	run firma policy check policy.json
	assert_status 1
	assert_output 'policy.json: filesystem.block_read[1]: is blank'
	echo '{"mcp_servers":[{"server_id":"a","capabilities":"x"},{"server_id":"a"}]}' >registry.json
	run firma policy check registry.json
	assert_status 1
	assert_line 'registry.json: mcp_servers[0].capabilities: must be an array of strings'
	assert_line 'registry.json: mcp_servers[1]: has the server_id of another one'

	echo '{"mcp_servers":[]}' >registry.json
	start_daemon --policy "$TMP/policy/registry.json"
	hears decision=block rule_id=runtime.closed '{"action_type":"read_file","target":"x"}'
}

# --- beside the vectors ---------------------------------------------------------------------------

# changed SED-SCRIPT TYPE: the requests of this action type in $TMP/blocked, with another target.
changed() {
	grep -F "\"action_type\":\"$2\"" "$TMP/blocked" | sed -E "$1"
}

@test "what is blocked stays blocked, however its target is written" {
	serve_vectors
	"$UNIT" vectors requests "$VECTORS" none >"$TMP/requests"
	send_lines <"$TMP/requests" >"$TMP/replies"
	paste "$TMP/replies" "$TMP/requests" | grep '"decision":"block"' | cut -f 2- >"$TMP/blocked"
	{
		for type in read_file write_file; do
			changed 's|"target":"([^"]*[^"/.])"|"target":"./\1"|' "$type"
			changed 's|"target":"([^"/][^"]*)"|"target":"x/../\1"|' "$type"
			changed 's|"target":"([^"/][^"]*)"|"target":"\1","cwd":"/w"|' "$type"
			changed 's|"target":"([^"/][^"]*)"|"target":"/w/x/./..//\1"|' "$type"
			changed 's|"target":"([^"]*)"|"target":" \1 "|' "$type"
			changed 's|"target":"([^"]*)"|"target":"y","real_target":"/w/\1"|' "$type" |
				grep -vE '"real_target":"[^"]*(//|/\.\.?/|/\.\.?"|/"|\\)'
			changed 's|("target":")([^"\\]*)"|\1\U\2"|' "$type"
		done
		changed 's|"target":"([^"]*)"|"target":"sudo \1"|' execute_command
		changed 's|"target":"([^"]*)"|"target":"ls; \1"|' execute_command
		changed 's|"target":"([^"]*)"|"target":"\1 \&\& ls"|' execute_command
		changed 's|"target":"([^"]*)"|"target":"env A=b nice \1"|' execute_command
		changed 's|"target":"([^"]*)"|"target":"echo $(\1)"|' execute_command
		# git has its own name for another case.
		changed 's|("target":")([^"\\]*)"|\1\U\2"|' execute_command | grep -v '"GIT '
		changed 's|"target":"([^" \\]*) ([^"]*)"|"target":"\1   \2"|' execute_command
		changed 's|"target":"([^"]*)"|"target":"+x:refs/heads/\1"|' git_operation
		changed 's|("target":")([^"\\]*)"|\1\U\2"|' git_operation
	} | sed -E 's/"requested_operation":"[^"]*"/"requested_operation":"push"/' >"$TMP/changed"
	(($(wc -l <"$TMP/changed") > 250)) || fail "$(wc -l <"$TMP/changed") requests"
	send_lines <"$TMP/changed" >"$TMP/replies"
	run paste -d ' ' "$TMP/replies" "$TMP/changed"
	output=$(grep -v '"decision":"block"' <<<"$output" || true)
	assert_output ''
}
