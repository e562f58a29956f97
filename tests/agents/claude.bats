#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
#
# What claude alone has: a server for its permission prompt, and the administrator's settings, which a
# project can't switch off. Started by tests/agents/check.

# shellcheck disable=SC2030,SC2031 # each test is a process, and so are its variables
# shellcheck disable=SC2034,SC2154 # some variables are those of lib.bash and of bats

INSTALL=
load agents

# asks_server: claude asks the server, and has no hook.
asks_server() {
	model "uname -r >$TMP/ran"
	agent_command
	"$UNIT" object mcpServers:="$("$UNIT" object firma:="$("$UNIT" object command="$FIRMA_SHIPPED" \
		args:="[\"hook\",\"claude\",\"--mcp\",\"--socket\",\"$SOCKET\"]")")" >"$TMP/mcp.json"
	_spawn timeout 120 "${CMD[0]}" -p --mcp-config "$TMP/mcp.json" \
		--permission-prompt-tool mcp__firma__ask -- 'do it' </dev/null >"$TMP/agent.out" 2>&1
	WORKER=$!
}

@test "what the server allows runs" {
	start_daemon --default-action allow
	asks_server
	ends
	ran
}

@test "what the server denies does not run" {
	start_daemon --default-action deny
	asks_server
	ends
	did_not_run
}

@test "what the server waits for runs after a person has approved" {
	start_daemon --default-action pending_hitl
	asks_server
	_until "$WORKER" is_pending || fail "nothing is pending"
	did_not_run
	operate approve token_id="$TOKEN"
	ends
	ran
}

@test "without a daemon, the server denies" {
	asks_server
	ends
	did_not_run
}

# asks_hook OPTION...: claude asks its hook, which is installed with these options.
asks_hook() {
	firma hook install --user --socket "$SOCKET" "$@" claude >"$TMP/installed"
	model "uname -r >$TMP/ran"
	agent_command
	_spawn timeout "$PATIENCE" "${CMD[0]}" -p --output-format json --allowedTools Bash -- 'do it' \
		</dev/null >"$TMP/agent.out" 2>&1
	WORKER=$!
}

@test "what is left to its user does not run where there is none" {
	start_daemon --default-action pending_hitl
	asks_hook --ask
	ends
	did_not_run
	assert_equal "$(operate list state=pending | grep -c token_id)" 0
}

@test "what is deferred ends the run, and runs after a person has approved" {
	local session

	start_daemon --default-action pending_hitl
	asks_hook --defer --wait 0
	wait "$WORKER"
	grep -q '"stop_reason":"tool_deferred"' "$TMP/agent.out"
	did_not_run
	is_pending
	operate approve token_id="$TOKEN"
	session=$(sed -n 's/.*"session_id":"\([^"]*\)".*/\1/p' "$TMP/agent.out" | head -n 1)
	_spawn timeout "$PATIENCE" "$AGENTS_BIN/claude" -p --resume "$session" --allowedTools Bash \
		</dev/null >"$TMP/agent.out" 2>&1
	WORKER=$!
	ends
	ran
}

# with_project_off SCOPE: the hook is installed there, and the project switches hooks off. /etc is
# another one for all that is started here.
with_project_off() {
	mkdir .claude
	echo '{"disableAllHooks": true}' >.claude/settings.json
	mkdir "$TMP/etc"
	mount -t tmpfs tmpfs "$TMP/etc"
	mkdir "$TMP/etc/upper" "$TMP/etc/work"
	mount -t overlay -o "lowerdir=/etc,upperdir=$TMP/etc/upper,workdir=$TMP/etc/work" overlay /etc
	"$FIRMA_SHIPPED" hook install "$1" --socket "$SOCKET" claude >"$TMP/installed"
	exec "${@:2}"
}

@test "a project that switches hooks off falls to the administrator's settings, not to the user's" {
	need_root
	start_daemon --default-action deny
	model "uname -r >$TMP/ran"
	agent_command
	export -f with_project_off
	export TMP FIRMA_SHIPPED SOCKET

	for scope in --managed --user; do
		unshare -m bash -c 'set -e; with_project_off "$@"' bash "$scope" "${CMD[@]}" \
			</dev/null >"$TMP/agent.out" 2>&1
		grep -q finished "$TMP/agent.out"
		if [[ $scope == --managed ]]; then
			did_not_run
		else
			ran
		fi
		rm -rf .claude "${TMP:?}/etc"
	done
	[ ! -e /etc/claude-code/managed-settings.json ]
}
