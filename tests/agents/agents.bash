# SPDX-License-Identifier: ISC
# shellcheck shell=bash
#
# An agent, $AGENT, that runs what a model on loopback wants. A file that sets INSTALL to nothing
# installs the hook itself.

# shellcheck disable=SC2034,SC2154 # some variables are those of lib.bash and of bats
# shellcheck disable=SC2163 # the function is the one that is named

load ../lib

# A bound for an agent that hangs. On a busy machine an agent takes a minute to start.
PATIENCE=600

setup() {
	local name

	lib_setup
	# Functions that bats exports: where one is in the environment, no line is taken for plain.
	while read -r _ _ name; do
		export -nf "$name"
	done < <(declare -Fx)
	unset CLAUDE_CONFIG_DIR CODEX_HOME COPILOT_HOME OPENCODE_CONFIG
	mkdir "$TMP/work" "$TMP/tmp"
	export TMPDIR=$TMP/tmp # some leave their libraries there
	cd "$TMP/work" || return
	[[ ! ${INSTALL-1} ]] || installs --user
}

teardown() {
	ends_all
	lib_teardown
}

# Ends whatever an agent has left running: what has this test's HOME.
ends_all() {
	local pid

	while IFS=/ read -r _ _ pid _; do
		[[ ${DAEMONS[$pid]-} || " ${BACKGROUND[*]} " == *" $pid "* ]] ||
			kill -KILL "$pid" 2>/dev/null || true
	done < <(grep -lszx "HOME=$TMP" /proc/[0-9]*/environ)
}

# installs SCOPE: the hook.
installs() {
	run "$FIRMA_SHIPPED" hook install "$1" --socket "$SOCKET" "$AGENT"
	assert_status 0
}

# model LINE...: what wants to run them, one after the other.
model() {
	_spawn python3 "$BATS_TEST_DIRNAME/model.py" "$TMP/port" "$@" </dev/null 2>"$TMP/model.log"
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
	copilot)
		export COPILOT_OFFLINE=true COPILOT_PROVIDER_BASE_URL=$URL/v1 COPILOT_MODEL=m \
			COPILOT_PROVIDER_API_KEY=none COPILOT_AUTO_UPDATE=false
		CMD=(copilot --allow-all-tools -p 'do it')
		;;
	qwen)
		export OPENAI_API_KEY=none OPENAI_BASE_URL=$URL/v1 OPENAI_MODEL=m
		CMD=(qwen --auth-type openai --yolo -p 'do it')
		;;
	opencode)
		# At its start it would install a package for plugins, and try that for a minute.
		export npm_config_fetch_retries=0 OPENCODE_DISABLE_MODELS_FETCH=1
		cat >opencode.json <<-END
			{"provider": {"loopback": {"npm": "@ai-sdk/openai-compatible", "name": "loopback",
			 "options": {"baseURL": "$URL/v1", "apiKey": "none"}, "models": {"m": {"name": "m"}}}},
			 "permission": {"bash": "allow", "external_directory": "allow"}, "autoupdate": false}
		END
		CMD=(opencode run --model loopback/m 'do it')
		;;
	cline)
		# Without a server of its own that stays, and that listens at the same port for all.
		export CLINE_SESSION_BACKEND_MODE=local CLINE_NO_AUTO_UPDATE=1
		"$AGENTS_BIN/cline" auth -p openai-compatible -k none -m m -b "$URL/v1" >"$TMP/auth.out"
		CMD=(cline 'do it')
		;;
	*)
		fail "no such agent: $AGENT"
		;;
	esac
	CMD[0]=$AGENTS_BIN/${CMD[0]}
}

# starts [LINE...]: the agent, in the background.
starts() {
	(($# > 0)) || set -- "uname -r >$TMP/ran"
	model "$@"
	agent_command
	_spawn timeout "$PATIENCE" "${CMD[@]}" </dev/null >"$TMP/agent.out" 2>&1
	WORKER=$!
}

# Waits for the agent's end. The model has been told what became of its lines; cline gives up at the
# first that is denied.
ends() {
	_until "$WORKER" _is_gone "$WORKER" || kill -TERM "$WORKER"
	wait "$WORKER" || fail "the agent failed: $(tail -n 20 "$TMP/agent.out")"
	grep -q finished "$TMP/agent.out" ||
		{ [[ $AGENT == cline ]] && grep -q aborted "$TMP/agent.out"; } ||
		fail "it did not finish: $(tail -n 20 "$TMP/agent.out")"
}

# tries LINE...: one after the other, to the end.
tries() {
	if [[ $AGENT == cline ]]; then
		for line; do
			starts "$line"
			ends
			kill -KILL "${BACKGROUND[model]}"
			rm "$TMP/port"
		done
	else
		starts "$@"
		ends
	fi
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
