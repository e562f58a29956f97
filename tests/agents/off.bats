#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
#
# A project that switches the hooks of $AGENT off: what the user has installed falls, where the
# agent lets it; what the administrator has installed holds. Started by tests/agents/check.

# shellcheck disable=SC2030,SC2031 # each test is a process, and so are its variables
# shellcheck disable=SC2034,SC2154 # some variables are those of lib.bash and of bats

INSTALL=
load agents

# Settings of a project, which this user trusts.
project_off() {
	case $AGENT in
	claude)
		SETTINGS=.claude/settings.json TEXT='{"disableAllHooks": true}'
		;;
	qwen)
		SETTINGS=.qwen/settings.json TEXT='{"disableAllHooks": true}'
		;;
	gemini)
		SETTINGS=.gemini/settings.json TEXT='{"hooksConfig": {"enabled": false}}'
		;;
	codex)
		SETTINGS=.codex/config.toml TEXT=$'[features]\nhooks = false'
		;;
	esac
	mkdir -p "${SETTINGS%/*}"
}

# with_etc SCOPE COMMAND...: with another /etc, where the hook is installed.
with_etc() {
	mount -t tmpfs tmpfs "$TMP/etc"
	mkdir "$TMP/etc/upper" "$TMP/etc/work"
	mount -t overlay -o "lowerdir=/etc,upperdir=$TMP/etc/upper,workdir=$TMP/etc/work" overlay /etc
	"$FIRMA_SHIPPED" hook install "$1" --socket "$SOCKET" "$AGENT" >"$TMP/installed"
	exec "${@:2}"
}

# off SCOPE
off() {
	need_root
	project_off
	echo "$TEXT" >"$SETTINGS"
	start_daemon --default-action deny
	mkdir -p "$TMP/etc" "$HOME/.codex" "$HOME/.gemini"
	[[ $AGENT != gemini ]] || echo '{"ui": {}}' >"$HOME/.gemini/settings.json"
	model "uname -r >$TMP/ran"
	agent_command
	if [[ $AGENT == codex ]]; then
		printf '[projects."%s"]\ntrust_level = "trusted"\n' "$PWD" >>"$HOME/.codex/config.toml"
	fi
	export -f with_etc
	export TMP FIRMA_SHIPPED SOCKET AGENT
	timeout "$PATIENCE" unshare -m bash -c 'set -e; with_etc "$@"' bash "$1" "${CMD[@]}" \
		</dev/null >"$TMP/agent.out" 2>&1
	grep -q finished "$TMP/agent.out"
}

@test "a project that switches hooks off: the user's hook falls" {
	off --user
	ran
}

@test "a project that switches hooks off: the administrator's hook holds" {
	off --managed
	if [[ $AGENT == gemini ]]; then
		ran
	else
		did_not_run
	fi
}

@test "a line that would write these settings waits for a person, though all is allowed" {
	project_off
	installs --user
	echo '{"default_action": "allow"}' >"$TMP/policy"
	start_daemon --policy "$TMP/policy"
	starts "echo '$TEXT' >$SETTINGS"
	_until "$WORKER" is_pending || fail "nothing is pending"
	operate revoke token_id="$TOKEN"
	ends
	[ ! -e "$SETTINGS" ]
}
