#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
#
# Approvals for good of what agents do besides running commands: which rules let an answer be
# remembered, what an entry of the allowlist is bound to, and what overrides it.

# shellcheck disable=SC2030,SC2031 # each test is a process, and so are its variables
# shellcheck disable=SC2154 # some variables are those of lib.bash and of bats

load lib
load evaluate

# A policy that lets answers about each kind be remembered.
REMEMBER='{"metadata":{"id":"p"},
	"read":[{"id":"r","path":"/r/**","action":"pending_hitl","remember":true}],
	"write":[{"id":"w","path":"/a/**","action":"pending_hitl","remember":true}],
	"fetch":[{"id":"f","url":"https://a.example/**","action":"pending_hitl","remember":true}],
	"git":[{"id":"g","branch":"*","action":"pending_hitl","remember":true}],
	"mcp":[{"id":"m","server":"*","action":"pending_hitl","remember":true}]}'

# Writing what may not be read is always asked about, so another path is read.
# shellcheck disable=SC2034 # it is that of evaluate.bash
KINDS[read]='action_type=read_file target=/r/x cwd=/a'

# What an entry needs.
declare -gA WHOLE=([read]=real_target=/r/x [write]=real_target=/a/x [fetch]=purpose=x [git]=cwd=/a
	[mcp]='content={"id":1}')

# serve_policy POLICY [SERVE-OPTION...]
serve_policy() {
	mkdir -p "$TMP/policy"
	echo "$1" >"$TMP/policy/policy.json"
	start_kinds --policy "$TMP/policy/policy.json" "${@:2}"
}

# always [MEMBER...]: approves TOKEN so.
always() {
	operate approve token_id="$TOKEN" always:=true "$@"
}

# remembered KIND [KEY=...]: asks, approves for good, and consumes.
remembered() {
	pending_kind "$1" "${WHOLE[$1]}" "${@:2}"
	assert_equal "$(always)" '{"outcome":"ok"}'
	retried allow "approved by an operator" "$1" "${WHOLE[$1]}" "${@:2}"
}

# decided DECISION RULE KIND [KEY=...]
decided() {
	run evaluate_kind "$3" "${WHOLE[$3]}" "${@:4}"
	assert_field decision "$1" || fail "$output"
	assert_field rule_id "$2"
}

# refused REASON: TOKEN can't be allowed for good.
refused() {
	run always
	assert_output -p "can't be allowed always: $1"
	assert_equal "$(state_of "$TOKEN")" pending
}

# A request of each kind that differs in one thing from the one that is remembered.
changes() {
	cat <<-'END'
	read|target=/r/y
	read|target=/r/./x
	read|real_target=/r/y
	read|cwd=/
	read|operation=look
	read|actor=b
	read|agent_id=b
	write|content=texts
	write|content=
	write|old_text=a
	write|target=/a/y
	write|real_target=/a/z
	fetch|target=https://a.example/y
	fetch|target=https://A.example/x
	fetch|actor=b
	git|target=mai
	git|target=refs/heads/main
	git|operation=fetch
	git|cwd=/b
	mcp|tool=set
	mcp|server=ticket
	mcp|capability=c
	mcp|content={"id":2}
	mcp|content:=null
	END
}

@test "an answer about each kind is remembered for just what was asked, in every session" {
	local kind change n=0

	serve_policy "$REMEMBER" --evidence-log "$TMP/log.evidence"
	for kind in "${!WHOLE[@]}"; do
		remembered "$kind"
		decided allow allowlist "$kind"
		decided allow allowlist "$kind" session_id=another purpose=another
		while IFS='|' read -r _ change; do
			decided require_approval "${kind:0:1}" "$kind" "$change" || fail "$change"
			((++n))
		done < <(changes | grep "^$kind|")
	done
	assert_equal "$n" "$(changes | wc -l)"
	run evaluate_kind read real_target=/r/x detail:=false
	assert_field rule_id allowlist
	refute_output -p approval_token
	run firma evidence verify "$TMP/log.evidence"
	assert_status 0

	# Entries are listed with what they are bound to, and when they were used.
	run firma allow list
	assert_equal "${#lines[@]}" 6
	assert_line -e ' read target=/r/x real_target=/r/x cwd=/a  \[uid [0-9]+( \([^)]*\))?,.* by approval\]$'
	assert_line -e ' fetch target=https://a.example/x  '
	assert_line -e ' git target=main operation=push cwd=/a  '
	assert_line -e ' mcp operation=call server=tickets tool=get content_sha256=[0-9a-f]{64}  '
	refute_line -p 'matches nothing'
	refute_line -e '^[0-9a-f-]{36}  -  *-  '

	# They live through a kill, and end when they are removed.
	kill_daemon
	serve_policy "$REMEMBER" --evidence-log "$TMP/log.evidence"
	for kind in "${!WHOLE[@]}"; do
		decided allow allowlist "$kind"
	done
	firma allow list --json | "$UNIT" get id >"$TMP/ids"
	run xargs "$FIRMA" allow remove <"$TMP/ids"
	assert_status 0
	for kind in "${!WHOLE[@]}"; do
		decided require_approval "${kind:0:1}" "$kind"
	done
}

@test "an entry for one agent is for no other, and one that ends is over" {
	serve_policy "$REMEMBER"
	pending_kind read real_target=/r/x agent_id=bot
	assert_equal "$(always for_ms:=60000)" '{"outcome":"ok"}'
	retried allow "approved by an operator" read real_target=/r/x agent_id=bot
	decided allow allowlist read agent_id=bot
	decided require_approval r read
	move_clock 60
	decided require_approval r read agent_id=bot
	pending_kind read real_target=/r/x agent_id='*'
	refused "the agent is called '*'"
}

@test "what no rule is about is remembered if the policy has a default for it" {
	serve_policy '{"defaults":{"read":"pending_hitl","mcp":"pending_hitl"}}'
	remembered read
	decided allow allowlist read
	remembered mcp
	decided allow allowlist mcp
	pending_kind fetch
	refused 'the rule that asks for a person lets no answer be remembered'
}

@test "an answer is not remembered if a person could not see what it is for" {
	serve_policy "$REMEMBER"
	pending_kind read
	refused 'the request did not say where the path leads (real_target)'
	pending_kind write
	refused 'the request did not say where the path leads (real_target)'
	pending_kind write real_target=/a/x content:=null content_sha256="$(printf %064d 0)"
	refused 'the request did not say what is to be written (content)'
	pending_kind write real_target=/a/x content:=null old_text=a new_text=b
	assert_equal "$(always)" '{"outcome":"ok"}'
	pending_kind mcp content_sha256="$(printf %064d 0)"
	refused 'the request did not say what is sent to the tool (content)'
	for kind in release other; do
		pending_kind "$kind"
		refused 'this kind of request is always asked about'
	done
	pending_kind exec
	refused 'a command must be asked about as local.exec for that'
}

@test "rules that ask without remembering, guarded files and packs are always asked about" {
	local packs=$BATS_TEST_DIRNAME/../policies/packs

	serve_policy '{"defaults":{"write":"pending_hitl"},
		"read":[{"id":"r","path":"/r/**","action":"pending_hitl","remember":true},
		{"id":"no","path":"*.key","action":"pending_hitl"}]}'
	pending_kind read target=/r/x.key real_target=/r/x.key
	refused 'the rule that asks for a person lets no answer be remembered'
	# The strictest of both: neither an earlier entry nor a later one counts.
	pending_kind write target=/a/.bashrc real_target=/a/.bashrc
	refused 'the rule that asks for a person lets no answer be remembered'
	pending_kind write target=/a/x real_target=/a/b.key
	refused 'the rule that asks for a person lets no answer be remembered'
	remembered write target=/a/main.tf real_target=/a/main.tf
	decided allow allowlist write target=/a/main.tf real_target=/a/main.tf
	stop_daemon

	start_kinds --policy "$TMP/policy/policy.json" --policy-pack cavra-terraform-prod --pack-dir "$packs"
	decided require_approval filesystem.write.require_approval write target=/a/main.tf real_target=/a/main.tf
	stop_daemon
	serve_policy '{"write":[{"id":"never","path":"*.tf","action":"deny"}],
		"defaults":{"write":"pending_hitl"}}'
	decided block never write target=/a/main.tf real_target=/a/main.tf
}

@test "a push in a command is not allowed by an entry for branches, nor the other way round" {
	serve_policy '{"default_action":"pending_hitl",
		"exec":[{"id":"git","argv":["git","**"],"action":"allow"}],
		"git":[{"id":"g","branch":"main","action":"pending_hitl","remember":true}]}'
	remembered git
	decided allow allowlist git
	run evaluate action_type=execute_command 'target=git push origin main' cwd=/a
	assert_field decision require_approval
	run ask executable=/usr/bin/git real_path=/usr/bin/git args:='["push","origin","main"]' cwd=/a
	assert_decision pending_hitl
	# Not even by an approval of the command for good.
	TOKEN=$(field approval_token)
	refused 'the rule that asks for a person lets no answer be remembered'
}

@test "an entry that was changed by hand matches nothing" {
	local change

	serve_policy "$REMEMBER"
	remembered read
	stop_daemon
	cp "$STATE_DIR/allowlist.json" "$TMP/saved"
	for change in 's/target=\/r\/x"/target=\/r\/y"/' 's/"pattern":"read"/"pattern":"write"/' \
		's/"pattern":"read"/"pattern":"exec"/' 's/"pattern":"read"/"pattern":"\/a\/read"/' \
		's/"source":"allow-always"/"source":"allow-add"/' 's/"uid":[0-9]*/"sandbox":"x"/' \
		's/asked:v1:/asked:v2:/' 's/asked:v1:/cwd-argv:v1:/' 's/"args":/"cwd":"\/a","args":/' \
		's/"args":\[/"argv":["**"],"args":[/'; do
		sed "$change" "$TMP/saved" >"$STATE_DIR/allowlist.json"
		! cmp -s "$TMP/saved" "$STATE_DIR/allowlist.json" || fail "$change changes nothing"
		serve_policy "$REMEMBER"
		run firma allow list
		assert_line -n 1 -e 'matches nothing\)$' || fail "$change"
		decided require_approval r read || fail "$change"
		stop_daemon
	done
	cp "$TMP/saved" "$STATE_DIR/allowlist.json"
	serve_policy "$REMEMBER"
	decided allow allowlist read
}

@test "the desk offers an approval for good where one is possible" {
	serve_policy "$REMEMBER"
	evaluate_kind read >"$TMP/reply"
	evaluate_kind read real_target=/r/x >"$TMP/reply"
	_background watcher "$FIRMA" token watch --json
	_until "$$" has_two_events
	run tail -n +1 "$TMP/watcher.out"
	assert_line -n 0 -p '"not_always":"the request did not say where the path leads (real_target)"'
	[[ ${lines[1]} != *not_always* ]]
}

has_two_events() {
	(($(wc -l <"$TMP/watcher.out") == 2))
}
