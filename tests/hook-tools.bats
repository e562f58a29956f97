#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
#
# `firma hook` and the tools of agents that are no shells: what is asked about each, and that what is
# not understood is asked about as an unknown tool.

# shellcheck disable=SC2030,SC2031 # each test is a process, and so are its variables
# shellcheck disable=SC2154 # some variables are those of bats
# shellcheck disable=SC2088 # a tilde is for the agent

load lib

AGENTS=(claude codex gemini copilot qwen cline opencode cursor)
vectors=$BATS_TEST_DIRNAME/vectors/hooks

# serve [OPTION...]: with a log of what is asked.
serve() {
	LOG=$TMP/log.evidence
	start_daemon --evidence-log "$LOG" "$@"
}

# serve_policy TEXT
serve_policy() {
	printf '%s\n' "$1" >"$TMP/policy.json"
	serve --policy "$TMP/policy.json"
}

# hook AGENT [OPTION...]: the question is standard input. It doesn't wait for a person.
hook() {
	run --separate-stderr firma hook "$1" --socket "$SOCKET" --wait 0 "${@:2}"
}

# call AGENT TOOL ARGUMENTS [DIRECTORY]: the agent's question about this call, in JSON.
call() {
	local directory=${4-/w/p}

	case $1 in
	claude | codex | qwen)
		"$UNIT" object session_id=s "cwd=$directory" hook_event_name=PreToolUse "tool_name=$2" "tool_input:=$3"
		;;
	gemini)
		"$UNIT" object session_id=s "cwd=$directory" hook_event_name=BeforeTool "tool_name=$2" \
			"tool_input:=$3" "${CONTEXT[@]}"
		;;
	copilot) "$UNIT" object sessionId=s "cwd=$directory" "toolName=$2" "toolArgs:=$3" ;;
	cline)
		"$UNIT" object taskId=s "workspaceRoots:=[\"$directory\"]" \
			"preToolUse:=$("$UNIT" object "toolName=$2" "parameters:=$3")"
		;;
	opencode)
		"$UNIT" object hook=tool.execute.before sessionID=s "directory=$directory" "tool=$2" "args:=$3"
		;;
	cursor)
		"$UNIT" object conversation_id=s "cwd=$directory" hook_event_name=preToolUse "tool_name=$2" \
			"tool_input:=$3"
		;;
	esac
}
CONTEXT=()

# calls AGENT TOOL ARGUMENTS [DIRECTORY]: sets status, output and stderr, and `asked` to the members of
# the requests, from action_type on, without those that say who asks, and without the real path of
# what lies in /w, which doesn't exist.
calls() {
	local before=0

	[[ ! -e $LOG ]] || before=$(wc -l <"$LOG")
	hook "$1" < <(call "$@")
	asked=$(tail -n +"$((before + 1))" "$LOG" | sed -n \
		's/.*"request":{\("action_type":.*\),"detail":true,"resume":true},"response":.*/\1/p' |
		sed 's/"session_id":"s","agent_id":"[a-z]*",//; s/,"cwd":"[^"]*"//; s/,"real_target":"\/w\/[^"]*"//')
}

# asks AGENT TOOL ARGUMENTS REQUEST...: exactly these are asked.
asks() {
	local wanted

	wanted=$(printf '%s\n' "${@:4}")
	calls "$1" "$2" "$3"
	[[ $asked == "$wanted" ]] || fail "-- $* --" "asked: $asked"
}

# asks_unknown AGENT TOOL ARGUMENTS
asks_unknown() {
	calls "$1" "$2" "$3"
	[[ $asked == '"action_type":"tool_call",'*'"target":"'"$2"'","tool":"'"$2"'","content":"'* ]] ||
		fail "-- $* --" "asked: $asked"
	[[ $output == *'a person must decide'* ]] || fail "$output"
}

# --- what is asked --------------------------------------------------------------------------------

@test "the question of each agent about writing is a write of this file, with its content" {
	local agent target

	serve --default-action deny
	for agent in "${AGENTS[@]}"; do
		hook "$agent" <"$vectors/$agent-write.json"
		target=/home/dev/work/ran-write
		[[ $agent != codex ]] || target=ran-write
		run tail -n 1 "$LOG"
		assert_output -p '"request":{"action_type":"write_file","session_id":"'
		assert_output -p '","agent_id":"'"$agent"'","target":"'"$target"'",'
		assert_output -p '"cwd":"/home/dev/work",'
		assert_output -p '"content":"'
		assert_output -e '"content":".*hi'
	done
}

@test "reads, searches and fetches are asked about as such" {
	local agent

	mkdir "$TMP/d"
	serve --default-action deny
	asks claude Read '{"file_path":"/w/x","limit":3}' \
		'"action_type":"read_file","target":"/w/x","tool":"Read"'
	asks claude Read '{"file_path":"'"$TMP"'/d/x"}' \
		'"action_type":"read_file","target":"'"$TMP"'/d/x","tool":"Read","real_target":"'"$TMP"'/d/x"'
	asks gemini read_file '{"absolute_path":"/w/x"}' '"action_type":"read_file","target":"/w/x","tool":"read_file"'
	asks qwen read_file '{"file_path":"x"}' '"action_type":"read_file","target":"x","tool":"read_file"'
	asks copilot view '{"path":"/w/x"}' '"action_type":"read_file","target":"/w/x","tool":"view"'
	asks opencode read '{"filePath":"/w/x"}' '"action_type":"read_file","target":"/w/x","tool":"read"'
	asks cursor Read '{"file_path":"/w/x"}' '"action_type":"read_file","target":"/w/x","tool":"Read"'
	asks claude Glob '{"pattern":"**/*.c"}' '"action_type":"read_file","target":"/w/p","tool":"Glob"'
	asks gemini list_directory '{"dir_path":"src"}' \
		'"action_type":"read_file","target":"src","tool":"list_directory"'
	asks claude Grep '{"pattern":"x","path":"src"}' '"action_type":"read_file","target":"src","tool":"Grep"'
	asks claude Grep '{"pattern":"x","glob":"**/.env"}' '"action_type":"read_file","target":"/w/p","tool":"Grep"'
	for agent in claude:WebFetch qwen:web_fetch copilot:web_fetch opencode:webfetch; do
		asks "${agent%:*}" "${agent#*:}" '{"url":"https://a.b/c","prompt":"what"}' \
			'"action_type":"fetch_url","target":"https://a.b/c","tool":"'"${agent#*:}"'"'
	done
}

@test "a path that doesn't exist yet leads to its place below what exists; one that can't be known, nowhere" {
	local path

	serve --default-action deny
	mkdir -p "$TMP/d/e"
	ln -s "$TMP/d/e" "$TMP/d/link"
	ln -s "$TMP/gone" "$TMP/d/dangling"
	for path in "d/e/new:$TMP/d/e/new" "d/x/y/new:$TMP/d/x/y/new" "d/link/x/new:$TMP/d/e/x/new" \
		"d/link/../new:$TMP/d/new" "/no-such-directory/x:/no-such-directory/x"; do
		calls claude Write '{"file_path":"'"${path%:*}"'","content":"x"}' "$TMP"
		[[ $asked == *'"real_target":"'"${path#*:}"'"'* ]] || fail "$path: $asked"
	done
	for path in d/dangling d/dangling/x d/x/../new d/x/./new d/x//new; do
		calls claude Write '{"file_path":"'"$path"'","content":"x"}' "$TMP"
		[[ $asked == *'"target":"'"$path"'"'* && $asked != *real_target* ]] || fail "$path: $asked"
	done
}

@test "an edit is a write, with the old and the new text, or with all that it says" {
	serve --default-action deny
	asks claude Edit '{"file_path":"/w/x","old_string":"a","new_string":"b"}' \
		'"action_type":"write_file","target":"/w/x","tool":"Edit","old_text":"a","new_text":"b"'
	asks claude Edit '{"file_path":"/w/x","old_string":"a","new_string":"b","replace_all":true}' \
		'"action_type":"write_file","target":"/w/x","tool":"Edit","content":"{\"file_path\":\"/w/x\",\"old_string\":\"a\",\"new_string\":\"b\",\"replace_all\":true}"'
	asks opencode edit '{"filePath":"/w/x","oldString":"a","newString":"b"}' \
		'"action_type":"write_file","target":"/w/x","tool":"edit","old_text":"a","new_text":"b"'
	asks claude NotebookEdit '{"notebook_path":"/w/x","new_source":"b"}' \
		'"action_type":"write_file","target":"/w/x","tool":"NotebookEdit","content":"{\"notebook_path\":\"/w/x\",\"new_source\":\"b\"}"'
	asks cursor Delete '{"file_path":"/w/x"}' \
		'"action_type":"write_file","operation":"delete","target":"/w/x","tool":"Delete"'
}

@test "a patch is a write of each file that it names, also of those that it moves or deletes" {
	local patch='*** Begin Patch\n*** Update File: a\n*** Move to: b\n@@\n-x\n+y\n *** Delete File: c\t\n*** End Patch'

	serve_policy '{"defaults":{"write":"allow"},"write":[{"id":"no","path":["b"],"action":"deny"}]}'
	calls codex apply_patch '{"command":"'"${patch/Move to: b/Move to: d}"'"}'
	assert_status 0
	run sed 's/,"content.*//' <<<"$asked"
	assert_output '"action_type":"write_file","target":"a","tool":"apply_patch"
"action_type":"write_file","target":"d","tool":"apply_patch"
"action_type":"write_file","target":"c","tool":"apply_patch"'
	calls codex apply_patch '{"command":"'"$patch"'"}'
	assert_status 2
	[[ $output == *'firma: denied: '*no* ]] || fail "$output"
}

@test "a tool of a server is asked about with its server, its name and its arguments" {
	local agent

	serve --default-action deny
	for agent in claude codex qwen; do
		asks "$agent" mcp__tickets__get_one '{"id":7}' \
			'"action_type":"mcp_tool_call","server":"tickets","tool":"get_one","content":"{\"id\":7}"'
	done
	CONTEXT=('mcp_context:={"server_name":"a b","tool_name":"c"}')
	asks gemini mcp_a_b_c '{}' '"action_type":"mcp_tool_call","server":"a b","tool":"c","content":"{}"'
	# Not even the name of another tool helps.
	asks gemini read_file '{"file_path":"x"}' \
		'"action_type":"mcp_tool_call","server":"a b","tool":"c","content":"{\"file_path\":\"x\"}"'
	CONTEXT=()
	for agent in mcp__a__b__c mcp__a___b mcp__a mcp____b mcp__a__; do
		asks_unknown claude "$agent" '{}'
	done
	asks_unknown opencode tickets_get '{}'
	asks_unknown copilot mcp__a__b '{}'
}

# --- what is not understood -----------------------------------------------------------------------

@test "a tool or arguments that aren't known are asked about as an unknown tool, with all arguments" {
	local agent arguments

	serve_policy '{"default_action":"allow","defaults":{"read":"allow","write":"allow","fetch":"allow","mcp":"allow"}}'
	for agent in "${AGENTS[@]}"; do
		asks_unknown "$agent" teleport '{"to":"the moon"}'
		[[ $asked == *'"content":"{\"to\":\"the moon\"}"' ]]
	done
	# No tool passes for an action by its name.
	for agent in read_file execute_command git_operation; do
		asks_unknown claude "$agent" '{"file_path":"x"}'
	done
	for arguments in '{}' '{"file_path":7}' '{"file_path":""}' '{"file_path":null}' '{"path":"x"}' \
		'{"file_path":"x "}' '{"file_path":" x"}' '{"file_path":"x\u00a0"}' '{"file_path":"x\n"}'; do
		asks_unknown claude Read "$arguments"
	done
	asks_unknown gemini read_file '{"file_path":"a","absolute_path":"b"}'
	asks_unknown claude Grep '{"pattern":"x","paths":["/root"]}'
	asks_unknown cursor Read '{"target_file":"/root/x","path":"/tmp"}'
	# An agent may take a tilde for a home directory.
	asks_unknown claude Read '{"file_path":"~/.ssh/id_rsa"}'
	asks_unknown claude Grep '{"pattern":"x","path":"~root"}'
	asks_unknown claude Write '{"file_path":"~/x","content":"y"}'
	asks_unknown claude Write '{"file_path":"x"}'
	asks_unknown claude Write '{"file_path":"x","content":7}'
	for arguments in '/etc/*' '~/x' '../*' 'a/../../b' '{/etc,x}/*' '.{.,x}/b' '.[.]/b' '@(/etc|x)/*'; do
		asks_unknown claude Glob '{"pattern":"'"$arguments"'"}'
	done
	for arguments in '' 'x' '*** Begin Patch\n*** End Patch' '*** Add File: a\n*** Frob File: b' \
		'*** Add File: a\n\u00a0*** Add File: b' '*** Add File: a\n+*** Add File: b' '*** Add File: ' \
		'*** Add File: a\u2028' '*** Add File: a:b'; do
		asks_unknown codex apply_patch '{"command":"'"$arguments"'"}'
	done
	asks_unknown codex apply_patch '{"command":"*** Add File: a\n+b","more":1}'
	arguments=$(printf '*** Add File: f%d\\n' {1..65})
	asks_unknown codex apply_patch '{"command":"'"$arguments"'"}'
}

@test "a question about a tool without arguments, directory or session is denied" {
	serve_policy '{"defaults":{"read":"allow"}}'
	hook claude < <(call claude Read '[]')
	assert_status 2
	[[ $output == *'could not decide: '* ]]
	hook claude < <(call claude Read '{"file_path":"x"}' '')
	assert_status 2
	[[ $output == *'could not decide: '* ]]
	hook claude < <(call claude Read '{"file_path":"x"}' | sed 's/session_id/other/')
	assert_status 2
	[[ $output == *'could not decide: '* ]]
}

# --- what is decided ------------------------------------------------------------------------------

@test "rules for files, URLs and servers decide about tools" {
	mkdir -p "$TMP/w/src"
	ln -s /etc "$TMP/w/src/link"
	serve_policy '{"read":[{"id":"secrets","path":["**/.env"],"action":"deny","reason":"a secret"}],
		"write":[{"id":"src","path":["src/**"],"action":"allow","content":"required"}],
		"mcp":[{"id":"t","server":"tickets","tools":["get_*"],"action":"allow"}],
		"fetch":[{"id":"f","url":["https://*.debian.org/**"],"action":"allow"}],
		"defaults":{"read":"allow"}}'

	calls claude Read '{"file_path":"README"}' "$TMP/w"
	assert_status 0
	assert_output '{"hookSpecificOutput":{"hookEventName":"PreToolUse","permissionDecision":"allow"}}'
	calls claude Read '{"file_path":"a/.env"}' "$TMP/w"
	assert_status 2
	[[ $output == *'firma: denied: '*'a secret (rule secrets)"}}' ]] || fail "$output"
	calls claude Grep '{"pattern":"x","glob":".env"}' "$TMP/w"
	assert_status 2
	calls claude Write '{"file_path":"src/x","content":"y"}' "$TMP/w"
	assert_status 0
	calls claude Edit '{"file_path":"src/x","old_string":"y","new_string":"z"}' "$TMP/w"
	assert_status 0
	# A link leads elsewhere, a tilde is anywhere, and this is another directory.
	calls claude Write '{"file_path":"src/link/x","content":"y"}' "$TMP/w"
	assert_status 2
	calls claude Write '{"file_path":"~/src/x","content":"y"}' "$TMP/w"
	assert_status 2
	calls claude Write '{"file_path":"'"$TMP"'/src/x","content":"y"}' "$TMP/w"
	assert_status 2
	calls claude Write '{"file_path":".claude/settings.json","content":"{}"}' "$TMP/w"
	assert_status 2
	calls claude mcp__tickets__get_x '{}'
	assert_status 0
	calls claude mcp__tickets__drop '{}'
	assert_status 2
	calls claude WebFetch '{"url":"https://www.debian.org/"}'
	assert_status 0
	calls claude WebFetch '{"url":"https://debian.example/"}'
	assert_status 2
}

# writes AGENT PATH: the call of its own tool that writes this file.
writes() {
	local patch

	case $1 in
	claude | cursor) call "$1" Write '{"file_path":"'"$2"'","content":"{}"}' "$TMP/w" ;;
	codex)
		patch='*** Begin Patch\n*** Add File: '$2'\n+{}\n*** End Patch'
		call codex apply_patch '{"command":"'"$patch"'"}' "$TMP/w"
		;;
	gemini | qwen) call "$1" write_file '{"file_path":"'"$2"'","content":"{}"}' "$TMP/w" ;;
	copilot) call copilot create '{"path":"'"$2"'","file_text":"{}"}' "$TMP/w" ;;
	cline) call cline editor '{"command":"create","path":"'"$2"'","file_text":"{}"}' "$TMP/w" ;;
	opencode) call opencode write '{"filePath":"'"$2"'","content":"{}"}' "$TMP/w" ;;
	esac
}

@test "no agent's own tool switches its hook off in mid-session, whatever the policy allows" {
	local agent path

	mkdir -p "$TMP/w/.claude" "$TMP/w/src"
	ln -s .claude "$TMP/w/link"
	serve_policy '{"default_action":"allow","defaults":{"write":"allow"},
		"write":[{"id":"all","path":["/**"],"action":"allow"}]}'
	for agent in "${AGENTS[@]}"; do
		hook "$agent" < <(writes "$agent" src/x)
		assert_status 0
		[[ $output != *deny* && $output != *true* ]] || fail "$agent: $output"
		for path in .claude/settings.json .claude/settings.local.json .CLAUDE/settings.json \
			src/../.claude/settings.json link/settings.json .codex/config.toml .codex/hooks.json \
			.gemini/settings.json .qwen/settings.json .github/hooks/firma.json .clinerules/hooks/PreToolUse \
			.opencode/plugin/firma.js opencode.json .cursor/hooks.json .mcp.json \
			/home/me/.copilot/hooks/firma.json /home/me/.config/opencode/plugin/firma.js \
			/etc/claude-code/managed-settings.json /etc/codex/requirements.toml; do
			hook "$agent" < <(writes "$agent" "$path")
			[[ $output == *'firma: denied for now: a person must decide '* ]] ||
				fail "$agent, $path: $output"
		done
	done
	# Nor does a line of shell.
	for path in 'echo {} >.claude/settings.json' 'cp x .claude/settings.json' 'rm -r .claude' \
		'git config core.hooksPath x' 'sed -i s/a/b/ .codex/config.toml' 'ln -sf x .git/hooks/pre-push'; do
		hook claude < <(call claude Bash '{"command":"'"$path"'"}')
		[[ $output == *'firma: denied for now: a person must decide '* ]] || fail "$path: $output"
	done
}

@test "content that is too long for a request is named by its hash" {
	local text hash

	text=$(head -c 70000 /dev/zero | tr '\0' x)
	hash=$(printf %s "$text" | sha256sum)
	serve_policy '{"defaults":{"write":"allow"}}'
	call claude Write '{"file_path":"/w/x","content":"CONTENT"}' >"$TMP/question"
	sed -i "s/CONTENT/$text/" "$TMP/question"
	hook claude <"$TMP/question"
	assert_status 0
	run tail -n 1 "$LOG"
	assert_output -p '"content_sha256":"'"${hash%% *}"'"'
	stop_daemon
	serve_policy '{"write":[{"id":"all","path":["/**"],"action":"allow","content":"required"}]}'
	hook claude <"$TMP/question"
	assert_status 2
}

@test "what an agent does within itself is left to its own rules" {
	serve_policy '{"defaults":{"read":"allow"}}'
	for agent in claude:TodoWrite gemini:write_todos qwen:todo_write copilot:report_intent cursor:Task; do
		hook "${agent%:*}" < <(call "${agent%:*}" "${agent#*:}" '{"todos":[]}')
		assert_status 0
		assert_output '{}'
	done
	hook opencode < <(call opencode todowrite '{}')
	assert_output '{"decision":"none"}'
	[[ ! -s $LOG ]] || ! grep -q tool_call "$LOG" || fail "it was asked"
}

@test "no answer, or none that is whole, is a denial for a tool as for a line" {
	local agent text

	for agent in "${AGENTS[@]}"; do
		hook "$agent" <"$vectors/$agent-write.json"
		[[ $agent == cline ]] || assert_status 2
		[[ $output == *'no daemon there'* ]] || fail "$output"
	done
	for text in '' '{}' '{"decision":"ALLOW","reason":"x"}' '{"decision":"pending_hitl"}' \
		'{"decision":"allow"} x' $'{"decision":"allow"}\n{}' '{"outcome":"ok"}'; do
		fake reply "$text"
		hook claude <"$vectors/claude-write.json"
		assert_status 2
		[[ $output == *'could not decide: '* ]] || fail "$text: $output"
		finish fake
	done
}
