# SPDX-License-Identifier: ISC
# shellcheck shell=bash
#
# An agent, $AGENT, that runs what a model on loopback wants. A file that sets INSTALL to nothing
# installs the hook itself.

# shellcheck disable=SC2034,SC2154 # some variables are those of lib.bash and of bats

load ../lib

PATIENCE=60

setup() {
	lib_setup
	unset CLAUDE_CONFIG_DIR CODEX_HOME OPENCODE_CONFIG
	mkdir "$TMP/work"
	cd "$TMP/work" || return
	[[ ! ${INSTALL-1} ]] || installs --user
}

# installs SCOPE: the hook.
installs() {
	run "$FIRMA_SHIPPED" hook install "$1" --socket "$SOCKET" "$AGENT"
	assert_status 0
}

# model LINE: what wants to run it.
model() {
	_spawn python3 "$BATS_TEST_DIRNAME/model.py" "$TMP/port" "$1" </dev/null 2>"$TMP/model.log"
	BACKGROUND[model]=$!
	_until "$!" test -s "$TMP/port" || fail "no model: $(<"$TMP/model.log")"
	URL=http://127.0.0.1:$(<"$TMP/port")
}

# Fills CMD: the agent, headless, and with all of its own guards off.
agent_command() {
	case $AGENT in
	claude)
		export ANTHROPIC_BASE_URL=$URL ANTHROPIC_API_KEY=none DISABLE_TELEMETRY=1 \
			CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC=1 DISABLE_AUTOUPDATER=1
		CMD=(claude -p --allowedTools Bash -- 'do it')
		;;
	codex)
		cat >"$HOME/.codex/config.toml" <<-END
			model = "gpt-5"
			model_provider = "loopback"
			[model_providers.loopback]
			name = "loopback"
			base_url = "$URL/v1"
			wire_api = "responses"
			requires_openai_auth = false
		END
		CMD=(codex exec --skip-git-repo-check --dangerously-bypass-hook-trust
			--dangerously-bypass-approvals-and-sandbox 'do it')
		;;
	gemini)
		export GEMINI_API_KEY=none GOOGLE_GEMINI_BASE_URL=$URL GEMINI_CLI_TRUST_WORKSPACE=true
		sed -i '1s/^{/{ "security": {"auth": {"selectedType": "gemini-api-key"}},/' \
			"$HOME/.gemini/settings.json"
		CMD=(gemini -m gemini-2.5-flash --yolo -p 'do it')
		;;
	qwen)
		export OPENAI_API_KEY=none OPENAI_BASE_URL=$URL/v1 OPENAI_MODEL=m
		CMD=(qwen --auth-type openai --yolo -p 'do it')
		;;
	opencode)
		cat >opencode.json <<-END
			{"provider": {"loopback": {"npm": "@ai-sdk/openai-compatible", "name": "loopback",
			 "options": {"baseURL": "$URL/v1", "apiKey": "none"}, "models": {"m": {"name": "m"}}}},
			 "permission": {"bash": "allow"}, "autoupdate": false}
		END
		CMD=(opencode run --model loopback/m 'do it')
		;;
	*)
		fail "no such agent: $AGENT"
		;;
	esac
	CMD[0]=$AGENTS_BIN/${CMD[0]}
}

# starts [LINE]: the agent, in the background.
starts() {
	model "${1-"uname -r >$TMP/ran"}"
	agent_command
	_spawn timeout 120 "${CMD[@]}" </dev/null >"$TMP/agent.out" 2>&1
	WORKER=$!
}

# Waits for the agent's end. The model has been told what became of its line.
ends() {
	_until "$WORKER" _is_gone "$WORKER" || kill -TERM "$WORKER"
	wait "$WORKER" || fail "the agent failed: $(tail -n 20 "$TMP/agent.out")"
	grep -q finished "$TMP/agent.out" || fail "it did not finish: $(tail -n 20 "$TMP/agent.out")"
}

ran() {
	[[ -e $TMP/ran ]] || fail "it did not run: $(tail -n 20 "$TMP/agent.out" "$TMP/log")"
}

did_not_run() {
	[[ ! -e $TMP/ran ]] || fail "IT RAN: $(tail -n 20 "$TMP/agent.out" "$TMP/log")"
}

is_pending() {
	TOKEN=$(operate list state=pending | head -n 1 | "$UNIT" get token_id 2>/dev/null) && [[ $TOKEN ]]
}

# The process of the hook that asks at this test's socket.
hook_process() {
	local exe

	for exe in /proc/[0-9]*/exe; do
		if [[ $(readlink "$exe") == "$(readlink -f "$FIRMA_SHIPPED")" ]] &&
			tr '\0' ' ' <"${exe%/exe}/cmdline" | grep -q "hook $AGENT --socket $SOCKET"; then
			HOOK=${exe#/proc/}
			HOOK=${HOOK%/exe}
			return
		fi
	done
	return 1
}
