#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
#
# `firma policy explain`: which rule decides, what kept the others from it, and a rule that would
# allow just this.

# shellcheck disable=SC2030,SC2031 # each test is a process, and so are its variables
# shellcheck disable=SC1003,SC2016 # nothing in quotes is for the shell
# shellcheck disable=SC2154 # some variables are those of lib.bash and of bats

load policy

setup() {
	policy_setup
	mkdir -p "$TMP/tools"
	printf '#!/bin/sh\n' >"$TMP/tools/tool"
	chmod +x "$TMP/tools/tool"
	ln -s tool "$TMP/tools/link"
	PATH=$TMP/tools:$PATH
}

# with RULE...: a policy of these.
with() {
	local IFS=,

	write_policy "{\"default_action\":\"deny\",\"exec\":[$*]}"
}

# explain ARG...: by the policy in $POLICY, without a daemon.
explain() {
	run firma policy explain --policy "$POLICY" "$@"
	assert_status 0
}

# suggested: the rule that the last explanation in JSON gives.
suggested() {
	field allow_rule
}

# works ARG...: what is suggested for this command allows it, and only it: not another argument, one
# more, or another user.
works() {
	local rule

	with
	explain --json "$@"
	assert_field decision deny
	rule=$(suggested)
	with "$rule"
	run firma policy check "$POLICY"
	assert_status 0
	explain --json "$@"
	assert_field decision allow
	assert_field place 'exec[0]'
	explain --json "$@" more
	assert_field decision deny
	explain --json --uid 4294967000 "$@"
	assert_field decision deny
}

@test "it names the rule that decides, its place, and the reason" {
	with "$(rule other allow '["cat"]')" \
		"$(rule no-force deny '["tool","push","**","-f","**"]' '"reason":"it loses history"')"
	explain -- tool push -f
	assert_line -n 0 "command   $TMP/tools/tool push -f"
	assert_line -n 1 "policy    $POLICY"
	assert_line -n 2 'decision  deny'
	assert_line -n 3 'decided   exec[1] "no-force"'
	assert_line -n 4 'reason    it loses history (rule no-force)'
	explain --json -- tool push -f
	assert_equal "${#lines[@]}" 1
	assert_field decision deny
	assert_field rule no-force
	assert_field place 'exec[1]'
	assert_field reason 'it loses history (rule no-force)'
	assert_field policy "$POLICY"
	assert_field executable "$TMP/tools/tool"
	assert_field args '["push","-f"]'
	assert_field uid "$EUID"
}

@test "where no rule decides, it says what does" {
	with
	explain -- tool
	assert_line 'decided   by default_action, since no rule matches'
	write_policy '{}'
	explain -- tool
	assert_line 'decided   by --default-action, since no rule matches'
	write_policy '{"require_budget_state_ref":true,"default_action":"allow"}'
	explain -- tool
	assert_line 'decided   by require_budget_state_ref'
	assert_line 'Note: it would have no effect without a budget_state_ref.'
	FIRMA_BUDGET_STATE_REF=x explain -- tool
	assert_line 'decision  allow'
	explain -- xargs tool
	assert_line 'decision  deny'
	write_policy '{"default_action":"allow"}'
	explain -- xargs tool
	assert_line 'decided   by hidden_command'
	assert_line -p "Note: it would have no effect: what xargs and env -S run can't be seen"
}

@test "it says what kept the rules that nearly matched from it, the nearest first" {
	with "$(rule name allow '["tool","x"]')" \
		"$(rule words allow "[\"$TMP/tools/tool\",\"x\",\"z\"]")" \
		"$(rule more allow "[\"$TMP/tools/tool\",\"x\",\"y\",\"z\"]")" \
		"$(rule user allow "[\"$TMP/tools/tool\",\"**\"]" '"users":["4294967000"]')" \
		"$(rule group allow "[\"$TMP/tools/tool\",\"**\"]" '"groups":["4294967000"]')" \
		"$(rule agent allow "[\"$TMP/tools/tool\",\"**\"]" '"agents":["a*"]')" \
		"$(rule profile allow "[\"$TMP/tools/tool\",\"**\"]" '"profiles":["p"]')" \
		"$(rule cwd allow "[\"$TMP/tools/tool\",\"**\"]" '"cwd":["/srv"]')" \
		"$(rule far allow '["cat","**"]')"
	explain --cwd /home/x -- tool x y
	assert_line '  exec[0] "name" (allow): '"$TMP/tools/tool lies in no trusted directory"
	assert_line '  exec[1] "words" (allow): argument 2, y, does not fit'
	assert_line '  exec[2] "more" (allow): it wants other arguments, or more'
	assert_line '  exec[3] "user" (allow): it is not for uid '"$EUID"
	assert_line '  exec[4] "group" (allow): it is not for a group of uid '"$EUID"
	assert_line '  exec[5] "agent" (allow): the request has no agent_id'
	assert_line '  exec[6] "profile" (allow): profile is default, which does not fit'
	assert_line '  exec[7] "cwd" (allow): cwd is /home/x, which does not fit'
	refute_output -p '"far"'
	assert_line -n 6 -p exec[6]
	explain --json --agent b --session s --sandbox x --profile p --cwd /srv -- tool x y
	assert_field decision allow
	assert_field rule profile
	assert_field near -p '{"rule":"agent","place":"exec[5]","action":"allow","why":"agent_id is b, which does not fit"}'
	assert_field near -p '"rule":"cwd","place":"exec[7]","action":"allow","why":"it matches as well'
}

@test "it tells where a link leads to that does not fit" {
	with "$(rule link allow "[\"$TMP/tools/link\"]")"
	explain -- link
	assert_line '  exec[0] "link" (allow): the path fits, but it leads to '"$TMP/tools/tool, which does not"
	works -- link
}

@test "of many that are near, some are told, and how many there are" {
	local i all=()

	for i in $(seq 25); do
		all+=("$(rule "r$i" allow "[\"$TMP/tools/tool\",\"a$i\"]")")
	done
	with "${all[@]}"
	explain -- tool x
	assert_equal "$(grep -c '^  exec' <<<"$output")" 10
	assert_line '  and 15 more'
	explain --json -- tool x
	assert_field further 15
}

@test "what it suggests allows just this command, for just this user" {
	works -- tool
	works -- tool a 'b c' '' $'new\nline' '"quoted"' '\' ü $'\u202e' '[a]' '{a,b}' '$x'
	works -- bash -c 'rm -rf "$HOME"'
	works -- env A=b tool
	works -- tool -- --json
}

@test "what no pattern can say is told, and comes as near as can be" {
	with
	explain --json -- tool '*' '**' 'a?b' c
	assert_equal "$(suggested | "$UNIT" get argv)" "[\"$TMP/tools/tool\",\"?\",\"??\",\"a?b\",\"c\"]"
	assert_field notes -p "argument 1 holds a '*' or '?', which no pattern can say: the '?' there fits any one character"
	assert_field notes -p 'argument 3 holds'
	with "$(suggested)"
	explain --json -- tool '*' '**' 'a?b' c
	assert_field decision allow
	explain --json -- tool xx '**' 'a?b' c
	assert_field decision deny

	# shellcheck disable=SC2046 # so many words
	explain --json -- tool $(seq 64)
	assert_field allow_rule null
	assert_field notes -p 'no rule can name all of its arguments: it has more than 63'
	explain -- tool "$(head -c 5000 /dev/zero | tr '\0' a)"
	assert_line 'Note: no rule can name argument 1, which is longer than 4096 bytes.'
	refute_output -p 'smallest rule'
}

@test "what it suggests has an id of its own, and says what stands in its way" {
	with "$(rule allow-tool allow '["x"]')" "$(rule allow-tool-2 pending_hitl '["tool"]')"
	explain --json -- tool
	assert_equal "$(suggested | "$UNIT" get id)" allow-tool-3
	assert_field notes '["it would have no effect beside exec[1], which is stricter"]'
}

@test "a command that is not there is explained by its absolute path" {
	with "$(rule r allow '["/opt/none/*","**"]' '"opaque":true')"
	explain -- /opt/none/x y
	assert_line 'decision  allow'
	PATH=/usr/bin:/bin run firma policy explain --policy "$POLICY" -- no-such-command
	assert_status 3
	assert_output 'firma: no-such-command: command not found'
}

@test "another user, with the groups of the user database" {
	need_root
	with "$(rule u allow "[\"$TMP/tools/tool\"]" '"users":["4294967000"]')" \
		"$(rule g deny "[\"$TMP/tools/tool\"]" "\"groups\":[\"$(id -gn daemon)\"]")"
	explain --json --uid 4294967000 -- tool
	assert_field rule g # whose groups are not known
	explain --json --uid daemon -- tool
	assert_field rule g
	explain --json --uid bin -- tool
	assert_field decision deny
	assert_field rule default_action
	explain --json -- tool
	assert_field rule default_action
}

@test "with a daemon, it goes by the policy in force" {
	serve_policy --default-action pending_hitl
	write_policy "{\"exec\":[$(rule r deny '["tool"]')]}"
	run firma policy explain -- tool
	assert_status 0
	assert_line "policy    $POLICY"
	assert_line 'decided   exec[0] "r"'
	run firma policy explain -- cat
	assert_line 'decision  pending_hitl'
	assert_line 'decided   by --default-action, since no rule matches'
	refute_output -p 'firma: '

	write_policy '{"x":1}'
	run firma policy explain -- tool
	assert_status 3
	assert_output "firma: $POLICY: unknown key 'x'"
	write_policy '{}'
	chmod g+w "$POLICY"
	run firma policy explain -- tool
	assert_status 0
	assert_line "firma: the daemon does not take this file: $POLICY: can be written by its group or by others"
}

@test "with a daemon without a policy, it says so" {
	start_daemon --default-action allow
	run firma policy explain -- tool
	assert_status 0
	assert_line 'policy    none'
	assert_line 'decision  allow'
	assert_line 'decided   by --default-action, since no rule matches'
}

@test "without a daemon and without a file, there is nothing to explain" {
	run firma policy explain -- tool
	assert_status 3
	assert_line -p "$SOCKET"
	assert_line 'firma: --policy FILE explains without a daemon'
}

@test "a pending request is explained by its token" {
	local token

	need_root
	serve_policy
	write_policy "{\"require_budget_state_ref\":true,\"exec\":[
		$(rule ask pending_hitl '["git","push","**"]' '"agents":["a"],"cwd":["/srv"]')]}"
	token=$(pending_token args:='["push","*"]' agent_id=a cwd=/srv budget_state_ref=b)
	run firma policy explain --token "${token:0:10}"
	assert_status 0
	assert_line -n 0 "command   /usr/bin/git push '*'"
	assert_line 'decided   exec[0] "ask"'
	run firma policy explain --json --token "$token"
	assert_field rule ask
	assert_field uid 0
	assert_field allow_rule -p '"argv":["/usr/bin/git","push","?"]'

	run firma policy explain --token 11111111-1111-4111-8111-111111111111
	assert_status 1
	run firma policy explain --token "$token" -- tool
	assert_status 2
	run firma policy explain --token "$token" --uid 0
	assert_status 2
	run firma policy explain --token "$token" --cwd /
	assert_status 2
}

@test "a request in a file is explained, and one that is malformed is refused" {
	with "$(rule r deny '["git","**"]')"
	request agent_id=x >"$TMP/request"
	explain --request "$TMP/request"
	assert_line 'decided   exec[0] "r"'
	run firma policy explain --policy "$POLICY" --cwd relative -- tool
	assert_status 2
	run firma policy explain --policy "$POLICY" --agent "$(head -c 2000 /dev/zero | tr '\0' a)" tool
	assert_status 3
	assert_output 'firma: malformed request: agent_id is longer than 1024 bytes'
	run firma policy explain --policy "$POLICY" --uid nobody-at-all -- tool
	assert_status 2
	run firma policy explain --policy "$POLICY"
	assert_status 2
}

@test "what is foreign is escaped" {
	with "$(rule 'a\u001b[2Kb' deny '["tool","**"]' '"reason":"\u202ex"')"
	explain -- tool $'\e[2K'
	refute_output -e $'\e'
	assert_line -n 0 "command   $TMP/tools/tool \$'\\x1B[2K'"
	assert_line 'decided   exec[0] "a\u{1B}[2Kb"'
	assert_output -p '\u001b[2K'
}

# --- other kinds ----------------------------------------------------------------------------------

@test "each kind is explained: what decides, its place, and what kept other rules from it" {
	write_policy '{"default_action":"deny","defaults":{"read":"allow","write":"allow","mcp":"deny"},
		"exec":[{"id":"ls","argv":["ls"],"action":"deny"}],
		"read":[{"id":"other","path":"*.key","action":"deny"},
		{"id":"secrets","path":".env","action":"deny","reason":"not for agents"},
		{"id":"dir","path":"x","action":"deny","users":["4242"]},
		{"id":"own","path":"/w/p/**","action":"allow"}],
		"git":[{"id":"main","branch":"main","operation":"push","action":"deny"}],
		"mcp":[{"id":"get","server":"tickets","tools":"get_*","action":"allow","except":"tickets:get_x"}]}'
	explain --read /w/p//.env --cwd /w/p
	assert_line 'read      /w/p//.env'
	assert_line 'decision  deny'
	assert_line 'decided   read[1] "secrets"'
	assert_line 'reason    not for agents (rule secrets)'
	assert_line '  read[3] "own" (allow): it allows, and the request has no real_target'
	explain --json --read /w/p/../p/x
	assert_field decision allow
	assert_field rule defaults.read
	assert_field kind read
	[[ $output == *'"rule":"dir","place":"read[2]","action":"deny","why":"it is not for uid '* ]]
	[[ $output == *'"rule":"own","place":"read[3]","action":"allow","why":"it allows, and'* ]]
	[[ $output != *'"rule":"other"'* ]]
	explain --json --git push main
	assert_field decision deny
	assert_field place 'git[0]'
	assert_field operation push
	explain --json --mcp tickets:get_x
	assert_field decision deny
	assert_field place defaults.mcp
	[[ $output == *'"rule":"get","place":"mcp[0]","action":"allow","why":"one of its exceptions fits"'* ]]
	explain --json --fetch https://x.org/
	assert_field decision pending_hitl
	assert_field rule runtime.default.require_approval
	explain --json --write .claude/settings.json --content /dev/null
	assert_field rule write.guarded
	explain --json --request - <<<'{"action_type":"execute_command","target":"cat x | ls"}'
	assert_field decision deny
	assert_field kind exec
	echo '{"metadata_kind":"rollout-promotion-execution"}' >"$TMP/record"
	explain --json --release "$TMP/record"
	assert_field decision deny
	assert_field severity critical
}

@test "a compiled policy is explained by the names of its rules" {
	write_policy '{"metadata":{"id":"x"},"filesystem":{"block_read":["**/.env"]}}'
	explain --read a/.env
	assert_line 'decided   by filesystem.read.block'
	explain --json --write a/.env
	assert_field rule write.unreadable
}

@test "the allowlist of the daemon counts, and says which entry allows it" {
	local token

	with "$(rule asks pending_hitl '["tool","push"]')" \
		"$(rule may pending_hitl '["tool","pull"]' '"remember":true')"
	start_daemon --policy "$POLICY" --default-action pending_hitl
	token=$(firma allow add --agent '*' "$TMP/tools/tool" '**')
	firma allow add --agent robot "$TMP/tools/tool" x >/dev/null
	run firma policy explain -- tool pull
	assert_line -e '^decision +allow$'
	assert_line -e '^decided +by allowlist$'
	assert_line "reason    allowed by the allowlist (entry $token)"
	run firma policy explain --json -- tool pull
	assert_field rule allowlist
	assert_field place allowlist
	# Not what a rule leaves to a person alone, and not by a file of one's own choice.
	run firma policy explain -- tool push
	assert_line -e '^decision +pending_hitl$'
	run firma policy explain --policy "$POLICY" -- tool pull
	assert_line -e '^decision +pending_hitl$'
	firma allow remove "$token"
	run firma policy explain -- tool pull
	assert_line -e '^decision +pending_hitl$'
	assert_line 'decided   exec[1] "may"'
	run firma policy explain --agent robot -- tool
	assert_line -e '^decision +deny$'
	run firma policy explain --agent robot -- tool x
	assert_line -e '^decision +allow$'
	run firma policy explain --agent robot -- tool y
	assert_line -e '^decision +deny$'
}

@test "for other kinds too, it says which entry of the allowlist allows a request" {
	local kind token
	local -A asked=(
		[read]='"action_type":"read_file","target":"/r/x","real_target":"/r/x","cwd":"/r"'
		[write]='"action_type":"write_file","target":"/w/x","real_target":"/w/x","content":"x"'
		[fetch]='"action_type":"fetch_url","target":"https://a.example/x"'
		[git]='"action_type":"git_operation","target":"main","operation":"push"'
		[mcp]='"action_type":"mcp_tool_call","server":"tickets","tool":"get","content":"{}"'
	)

	write_policy '{"defaults":{"write":"pending_hitl","fetch":"pending_hitl","git":"pending_hitl",
		"mcp":"pending_hitl"},
		"read":[{"id":"may","path":"/r/x","action":"pending_hitl","remember":true},
		{"id":"asks","path":"/r/y","action":"pending_hitl"}]}'
	serve_policy
	for kind in "${!asked[@]}"; do
		echo "{${asked[$kind]}}" >"$TMP/$kind"
		token=$(send <<<"{${asked[$kind]},\"detail\":true}" | "$UNIT" get approval_token)
		assert_equal "$(operate approve token_id="$token" always:=true)" '{"outcome":"ok"}'
		run firma policy explain --json --request "$TMP/$kind"
		assert_field decision pending_hitl # the entry comes with the use of the approval
		run send <<<"{${asked[$kind]},\"approval_token\":\"$token\"}"
		assert_field decision allow
		run firma policy explain --json --request "$TMP/$kind"
		assert_field decision allow
		assert_field rule allowlist
		assert_field place allowlist
		assert_field reason -p 'allowed by the allowlist (entry '
	done
	run firma policy explain --request "$TMP/read"
	assert_line 'decided   by allowlist'
	assert_line -p 'allowed by the allowlist (entry '

	# The entry does not allow what a rule leaves to a person, another request, or a file of one's own.
	run firma policy explain --json --read /r/y --cwd /r
	assert_field rule asks
	run firma policy explain --json --request - <<<"{${asked[git]},\"cwd\":\"/x\"}"
	assert_field decision pending_hitl
	run firma policy explain --json --policy "$POLICY" --request "$TMP/read"
	assert_field decision pending_hitl
}

@test "a pending request of each kind is explained by its token" {
	local members kind place token

	write_policy '{"default_action":"pending_hitl",
		"read":[{"id":"r","path":"/r/**","action":"pending_hitl"}],
		"write":[{"id":"w","path":"/w/**","action":"pending_hitl"}],
		"fetch":[{"id":"f","url":"https://a.example/**","action":"pending_hitl"}],
		"git":[{"id":"g","branch":"main","operation":"push","action":"pending_hitl"}],
		"mcp":[{"id":"m","server":"tickets","tools":"get","action":"pending_hitl"}]}'
	serve_policy
	while IFS='|' read -r kind place members; do
		token=$(send <<<"{$members,\"detail\":true}" | "$UNIT" get approval_token)
		run firma policy explain --json --token "$token"
		assert_status 0
		assert_field decision pending_hitl
		assert_field kind "$kind"
		assert_field place "$place"
		assert_field uid "$EUID"
	done <<-'END'
		read|read[0]|"action_type":"read_file","target":"../r/x","cwd":"/a","real_target":"/r/x"
		write|write[0]|"action_type":"write_file","target":"/w/x","content":"x"
		fetch|fetch[0]|"action_type":"fetch_url","target":"https://a.example/x"
		git|git[0]|"action_type":"git_operation","target":"a:main","operation":"push"
		mcp|mcp[0]|"action_type":"mcp_tool_call","target":"tickets:get"
		exec|default_action|"action_type":"execute_command","target":"make all"
		other|runtime.default.require_approval|"action_type":"dance","target":"floor"
	END
	token=$(send <<<'{"release_governance":{"metadata_kind":"strange"},"detail":true}' \
		| "$UNIT" get approval_token)
	run firma policy explain --token "$token"
	assert_status 3
	assert_output 'firma: no rule of a policy is about a release; --release FILE explains its record'
}
