#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
#
# `firma doctor`: each finding in each of its states, with the command that mends it. What a daemon
# can't easily be brought to is told by a false one.

# shellcheck disable=SC2030,SC2031 # each test is a process, and so are its variables
# shellcheck disable=SC2154 # some variables are those of lib.bash and of bats

load lib
load approvers

setup() {
	lib_setup
	unset CLAUDE_CONFIG_DIR CODEX_HOME COPILOT_HOME FIRMA_APPROVER_KEY SSH_AUTH_SOCK
	VERSION=$(firma --version | cut -d' ' -f2)
	mkdir "$TMP/work" "$TMP/etc"
	cd "$TMP/work" || return
}

teardown() {
	[[ ! ${AGENT-} ]] || kill "$AGENT" || true
	lib_teardown
}

# doctor [OPTION...]
doctor() {
	run --separate-stderr firma doctor "$@"
}

# finds STATE SUBJECT REGEXP [REMEDY]: a line of the page, and the line that mends it.
finds() {
	local i

	assert_line -e "$(printf '^%-9s%-17s' "$1" "$2")$3\$"
	[[ ${4-} ]] || return 0
	for ((i = 0; i < ${#lines[@]}; i++)); do
		if [[ ${lines[i]} =~ ^$1\ +$2\ +$3$ ]]; then
			assert_equal "${lines[i + 1]}" "$(printf '%26s-> %s' '' "$4")"
		fi
	done
}

# answered ANSWER [OPTION...]: what doctor finds if the daemon answers this.
answered() {
	local found=()

	fake reply "$1"
	doctor "${@:2}"
	found=("$status" "$output" "$stderr")
	finish fake
	status=${found[0]} output=${found[1]} stderr=${found[2]}
	IFS=$'\n' read -d '' -ra lines <<<"$output" || true
}

# told MEMBERS: what doctor finds if a daemon tells these of its status.
told() {
	answered "{\"version\":\"$VERSION\",\"pid\":1,\"uptime_ms\":5000,\"self_approval\":false${1:+,$1}}"
}

# --- the page -------------------------------------------------------------------------------------

@test "where all is right, the status is 0, and the last line counts" {
	told '"default_action":"deny","doors":[]'
	assert_status 0
	finds good daemon 'answers, up 5s'
	finds good version "$VERSION"
	finds good policy 'none: the default action decides'
	finds good 'default action' deny
	finds good evidence 'none is kept \(--evidence-log\)'
	finds good hook 'none is installed for this user \(firma hook install AGENT\)'
	finds good clock synchronized
	finds unseen unit 'the daemon is not a service of systemd'
	assert_line -n $((${#lines[@]} - 1)) '8 good, 1 unseen, 0 warnings, 0 wrong'
	refute_stderr
}

@test "warnings are status 4, what is wrong is status 1" {
	told '"default_action":"allow"'
	assert_status 4
	assert_line -n $((${#lines[@]} - 1)) -p ', 1 warning, 0 wrong'
	told '"default_action":"allow","closed":"the disk is full"'
	assert_status 1
	assert_line -n $((${#lines[@]} - 1)) -p ', 1 warning, 1 wrong'
}

@test "with --json it is one object, of the same findings" {
	doctor --json
	assert_status 1
	assert_equal "${#lines[@]}" 1
	run python3 -c '
import json, sys
d = json.loads(sys.argv[1])
assert d["state"] == "wrong"
f = d["findings"]
assert f[0]["subject"] == "daemon" and f[0]["state"] == "wrong" and "remedy" in f[0]
assert {x["state"] for x in f} <= {"good", "unseen", "warning", "wrong"}
print(len(f))' "$output"
	assert_output 4
}

@test "what a daemon tells is escaped" {
	told '"closed":"a\u001b[2Jb\u202e"'
	finds wrong daemon 'closed, so it denies everything: a\\u\{1B\}\[2Jb\\u\{202E\}'
}

# --- the daemon -----------------------------------------------------------------------------------

@test "a daemon that isn't there is wrong, and so is one that does not answer" {
	doctor
	assert_status 1
	finds wrong daemon "$SOCKET: No such file or directory .*"
	answered '{"outcome":"unsupported_action","reason":"not at this door"}'
	finds wrong daemon 'it does not tell its status: not at this door'
	answered '[]'
	finds wrong daemon 'its answer is not a status'
}

@test "a daemon that only operators may ask is not seen by others" {
	need_root
	start_daemon
	chmod 600 "$SOCKET"
	AS_UID=4711 doctor --no-hooks
	finds unseen daemon "$SOCKET: Permission denied.*" 'run firma doctor as an operator, or as root'
	refute_line -p 'policy'
}

@test "a closed daemon is wrong" {
	told '"closed":"the state can not be read"'
	finds wrong daemon 'closed, so it denies everything: the state can not be read' "see 'Closed' in firma(7)"
}

@test "a daemon of another version is warned of" {
	answered '{"version":"0.0.9","pid":1,"uptime_ms":5000}'
	finds warning version "the daemon has 0.0.9, this program $VERSION"
}

# --- doors ----------------------------------------------------------------------------------------

@test "a door tells who may pass" {
	OPERATOR_SOCKET=$TMP/operator.sock
	start_daemon --operator-socket "$OPERATOR_SOCKET"
	_until "$DAEMON" _listens "$OPERATOR_SOCKET"
	doctor --socket "$OPERATOR_SOCKET"
	finds good "agents' door" "$SOCKET, for root and the daemon's user alone"
	finds good "operators' door" "$OPERATOR_SOCKET, for root and the daemon's user alone"
}

# bind_door MODE: a socket at $TMP/door, where nobody listens.
bind_door() {
	rm -f "$TMP/door"
	python3 -c 'import socket, sys; socket.socket(socket.AF_UNIX).bind(sys.argv[1])' "$TMP/door"
	chmod "$1" "$TMP/door"
}

# told_of_door ROLE GROUP-ID
told_of_door() {
	told "\"doors\":[{\"role\":\"$1\",\"path\":\"$TMP/door\",\"group\":$2}]"
}

@test "a door's group is named with its members" {
	need_root
	bind_door 660
	told_of_door operator 0
	finds good "operators' door" "$TMP/door, for the group $(id -gn): .*$(id -un).*"
}

@test "a door that is gone, or that its group can't connect to, is wrong" {
	local group
	group=$(getent group 0 | cut -d: -f1)
	bind_door 600
	told_of_door operator 0
	finds wrong "operators' door" "$TMP/door: its group $group may pass, but the socket's file does not let it connect" \
		"chgrp $group $TMP/door && chmod 660 $TMP/door"
	told_of_door operator 4294967290
	finds warning "operators' door" "$TMP/door: there is no group 4294967290, which may pass"
	rm "$TMP/door"
	told_of_door agent 0
	finds wrong "agents' door" "$TMP/door: the socket is gone" 'restart the daemon, or its socket unit'
}

# empty_group: sets GROUP and GID to a group without members.
empty_group() {
	local members
	while IFS=: read -r GROUP _ GID members; do
		if [[ ! $members ]] && ! getent passwd | cut -d: -f4 | grep -qx "$GID"; then
			return
		fi
	done < <(getent group)
	skip "each group has members"
}

@test "a door for askers without members is warned of; operators may be root alone" {
	need_root
	empty_group
	bind_door 660
	chgrp "$GID" "$TMP/door"
	told_of_door agent "$GID"
	finds warning "agents' door" \
		"$TMP/door: only root and the daemon's user may pass: the group $GROUP has no members" \
		"usermod -aG $GROUP USER"
	told_of_door operator "$GID"
	finds good "operators' door" \
		"$TMP/door: only root and the daemon's user may pass: the group $GROUP has no members"
}

# --- self-approval --------------------------------------------------------------------------------

@test "self-approval is possible at a door for both sides, or by an option" {
	answered '{"version":"0","pid":1,"self_approval":true,"doors":[{"role":"any","path":"/x/door"}]}'
	finds warning self-approval 'possible: /x/door is for asking and for approving' \
		'firma serve --socket PATH --operator-socket OTHER-PATH'
	answered "{\"version\":\"$VERSION\",\"pid\":1,\"self_approval\":true}"
	finds warning self-approval 'possible: the daemon was started with --allow-self-approval' \
		'start it without that option'
	told ''
	finds good self-approval 'refused: nobody approves what they asked for'
}

@test "self-approval is possible if the daemon runs as the asker, even with keys" {
	told '"approvers":{"path":"/x/approvers","require_signature":true,"advisory":true}'
	finds warning self-approval 'possible: the daemon runs as the user who asks, .*' \
		"use the system's gate, with keys: see firma-deploy(7)"
	told '"approvers":{"path":"/x/approvers","require_signature":true,"advisory":false}'
	finds good self-approval 'not possible: each approval takes a signature by a listed key'
	if ((EUID != 0)); then
		start_daemon
		doctor
		finds warning self-approval 'possible: the daemon runs as the user who asks, .*'
	fi
}

# --- the policy -----------------------------------------------------------------------------------

@test "a policy is in force, has warnings, or has a fault" {
	local policy=$TMP/etc/policy.json

	echo '{"exec":[{"id":"r","argv":["git","status"],"action":"allow"}]}' >"$policy"
	start_daemon --policy "$policy"
	doctor
	finds good policy "$policy: in force, 1 rule, 0 warnings"
	echo '{"exec":[{"id":"r","argv":["git"],"action":"pending_hitl"}]}' >"$policy.new"
	mv "$policy.new" "$policy"
	doctor
	finds warning policy "$policy: in force, 1 rule, 1 warning" "firma policy check $policy"
	echo '{"exek":[]}' >"$policy.new"
	mv "$policy.new" "$policy"
	doctor
	assert_status 1
	finds wrong policy "$policy: .*exek.*" "firma policy check $policy"
}

@test "a policy that the daemon's user can't read is wrong" {
	need_root
	local policy=$TMP/etc/policy.json

	echo '{}' >"$policy"
	chmod 600 "$policy"
	mkdir "$TMP/state-of-other"
	chown 4711 "$TMP/state-of-other"
	STATE_DIRECTORY=$TMP/state-of-other told "\"policy\":{\"path\":\"$policy\",\"rules\":0}"
	finds wrong policy "$policy: uid 4711 can't read it: Permission denied" "firma policy check $policy"
}

@test "a policy that this user can't read is not seen" {
	told "\"policy\":{\"path\":\"$TMP/etc/gone.json\",\"rules\":3}"
	finds unseen policy "$TMP/etc/gone.json: in force; this user can't read it"
}

@test "faults of packs, of the registry and of approvers are wrong" {
	local packs='"policy_packs":[{"path":"/x/pack","fault":"/x/pack: bad"},{"path":"/x/fine"}]'
	local registry='"registry":{"path":"/x/reg","fault":"/x/reg: worse"}'

	told "$packs,$registry,"'"approvers":{"path":"/x/approvers","fault":"/x/approvers:3: worst"}'
	finds wrong 'policy pack' '/x/pack: bad' 'firma policy check /x/pack'
	refute_line -p '/x/fine'
	finds wrong registry '/x/reg: worse'
	finds wrong approvers '/x/approvers:3: worst' 'see firma-approvers(5)'
}

@test "a default action that allows is warned of, the policy's before the option's" {
	told '"default_action":"allow"'
	finds warning 'default action' 'allow: whatever no rule is about may run' \
		'write "default_action": "pending_hitl" into the policy'
	told "\"default_action\":\"allow\",\"policy\":{\"path\":\"/x/p\",\"default_action\":\"deny\"}"
	finds good 'default action' deny
}

# --- what is written ------------------------------------------------------------------------------

@test "little space is warned of, and none is wrong" {
	told '"space":{"path":"/x/state","free_bytes":1048576000,"low":false,"full":false}'
	finds good space '.* left beside /x/state'
	told '"space":{"path":"/x/state","free_bytes":104857600,"low":true,"full":false}'
	finds warning space '.* left beside /x/state: soon askers will be refused' \
		'make room on the file system of /x/state'
	told '"space":{"path":"/x/state","free_bytes":1048576,"low":true,"full":true}'
	finds wrong space '.* left beside /x/state: askers are refused' \
		'make room on the file system of /x/state'
}

@test "the log of evidence is written, and its end is whole" {
	local log=$TMP/evidence

	start_daemon --evidence-log "$log"
	ask
	doctor
	finds good evidence "$log: written, and record [0-9]+ is whole"
	stop_daemon
	DAEMON=

	told "\"evidence\":{\"path\":\"$log\",\"sequence\":1000}"
	finds wrong evidence "$log: ends with record [0-9]+, but the daemon wrote record 1000" \
		"firma evidence verify $log"
	sed -i '$s/"decision":"deny"/"decision":"ALOW"/' "$log"
	told "\"evidence\":{\"path\":\"$log\",\"sequence\":1}"
	finds wrong evidence "$log: .*" "firma evidence verify $log"
	told "\"evidence\":{\"path\":\"$TMP/gone\",\"sequence\":1}"
	finds wrong evidence "$TMP/gone: No such file or directory"
	told "\"evidence\":{\"path\":\"$log\",\"closed\":\"it was cut\"}"
	finds wrong evidence "$log: it was cut" 'see firma-evidence(5)'
	rm -f "$log"
}

@test "a log that this user can't read is not seen" {
	((EUID != 0)) || skip "root can read everything"
	echo >"$TMP/evidence"
	chmod 000 "$TMP/evidence"
	told "\"evidence\":{\"path\":\"$TMP/evidence\",\"sequence\":1}"
	finds unseen evidence "$TMP/evidence: written; this user can't read it"
	rm -f "$TMP/evidence"
}

# --- keys -----------------------------------------------------------------------------------------

# told_of_approvers: what doctor finds where $SIGNERS may approve.
told_of_approvers() {
	told "\"approvers\":{\"path\":\"$SIGNERS\"}"
}

@test "a listed key in ~/.ssh without a passphrase is wrong, as status says, too" {
	use_keys
	KEYS=$TMP/.ssh
	mkdir -m 700 "$KEYS"
	make_key alice
	make_key other
	list_signer alice
	told_of_approvers
	finds wrong 'approver key' "$KEYS/alice has no passphrase: every program of this user can approve with it" \
		"ssh-keygen -p -f $KEYS/alice"
	refute_line -p "$KEYS/other"

	start_daemon --approvers "$SIGNERS"
	run firma status
	assert_line -e "^approver key +$KEYS/alice has no passphrase: every program of this user can approve with it$"
	stop_daemon
	DAEMON=

	ssh-keygen -q -p -P '' -N secret -f "$KEYS/alice"
	told_of_approvers
	finds good 'approver key' "$KEYS/alice has a passphrase"
	rm "$KEYS/alice"
	told_of_approvers
	finds unseen 'approver key' "$KEYS/alice is no private key that can be read"
	rm "$KEYS/alice.pub"
	told_of_approvers
	finds good 'approver key' 'no key file of this user may approve'
}

@test "the key that \$FIRMA_APPROVER_KEY names is looked at, listed or not, and once" {
	use_keys
	KEYS=$TMP/.ssh
	mkdir -m 700 "$KEYS"
	make_key alice
	list_signer alice
	export FIRMA_APPROVER_KEY=$KEYS/alice
	told_of_approvers
	finds wrong 'approver key' "$KEYS/alice has no passphrase: .*"
	assert_equal "$(grep -c '^wrong .*approver key' <<<"$output")" 1
	rm "$SIGNERS"
	told_of_approvers
	finds wrong 'approver key' "$KEYS/alice has no passphrase: .*"
	finds unseen 'approver key' "$SIGNERS can't be read by this user, so its keys are not known"

	use_security_key
	make_security_key bob
	FIRMA_APPROVER_KEY=$KEYS/bob told_of_approvers
	finds good 'approver key' "$KEYS/bob is a security key's"
}

@test "a listed key that ssh-agent holds may be used without asking" {
	use_keys
	make_key alice
	list_signer alice
	eval "$(ssh-agent -a "$TMP/ssh.sock")" >/dev/null
	AGENT=$SSH_AGENT_PID
	ssh-add -q "$KEYS/alice" 2>/dev/null
	told_of_approvers
	finds unseen 'approver key' "ssh-agent holds a key of alice: whether it asks before it signs can't be seen"
	ssh-add -q -D
	told_of_approvers
	refute_line -p 'ssh-agent'
}

# --- hooks ----------------------------------------------------------------------------------------

AGENTS=(claude codex gemini copilot qwen cline opencode cursor)

# install AGENT...: hooks that ask at $SOCKET, as a user who may call them: what follows runs as that
# user.
install() {
	local agent

	if ((EUID == 0)); then
		export AS_UID=4711
	fi
	for agent in "$@"; do
		firma hook install --user --socket "$SOCKET" "$agent" >/dev/null 2>&1
	done
}

# serve_all ARG...: a daemon as the hooks' user.
serve_all() {
	AS_UID=${AS_UID-} start_daemon "$@"
}

@test "each agent's hook is called by its own settings, and its answer is told" {
	local agent answer n text

	install "${AGENTS[@]}"
	for answer in allow deny pending_hitl; do
		case $answer in
		allow) text="called, and it allows 'true'" ;;
		deny) text="called, and 'true' is denied: denied by the default action" ;;
		pending_hitl) text="called, and a person was asked about 'true' \(withdrawn\)" ;;
		esac
		serve_all --default-action "$answer"
		doctor
		for agent in "${AGENTS[@]}"; do
			finds good hook "$agent: $TMP/[^ ]*: $text"
		done
		n=$(grep -c '^good .*hook ' <<<"$output")
		assert_equal "$n" "${#AGENTS[@]}"
		run firma token list --state pending
		assert_output 'firma: no tokens'
		stop_daemon
		DAEMON=
	done
	run find /tmp "$TMP" -maxdepth 1 -name 'firma-doctor.*'
	refute_output
}

@test "a hook that root has installed for the agent's user is called" {
	need_root
	install claude
	chown 0:0 "$TMP/.claude/settings.json"
	chmod 644 "$TMP/.claude/settings.json"
	serve_all --default-action allow
	doctor
	finds good hook "claude: $TMP/.claude/settings.json: called, and it allows 'true'"
}

@test "a hook that leaves the question to the agent's user, or ends its run, leaves no request" {
	local option

	install
	serve_all --default-action pending_hitl
	for option in --ask --defer; do
		firma hook install --user --socket "$SOCKET" "$option" claude >/dev/null 2>&1
		doctor
		finds good hook "claude: $TMP/.claude/settings.json: called, and (it leaves 'true' to the agent's user|a person was asked about 'true' .withdrawn.)"
		run firma token list --state pending
		assert_output 'firma: no tokens'
	done
}

@test "a hook without a daemon is wrong" {
	install claude
	doctor
	finds wrong hook "claude: $TMP/.claude/settings.json: called, but it denies: could not decide: .*" \
		'start the daemon, or give the hook another --socket'
}

@test "a hook that can't be started, or says something else, is wrong" {
	local settings=$TMP/.claude/settings.json

	install claude
	sed -i 's|"command": "[^ ]* hook|"command": "/nonexistent/firma hook|' "$settings"
	doctor
	finds wrong hook "claude: $settings: does not answer: it ended with status 2 and no answer of firma" \
		'firma hook install --user claude'
	sed -i 's|"command": "[^ ]* hook|"command": "echo hook|' "$settings"
	doctor
	finds wrong hook "claude: $settings: does not answer: it ended with status 0 and no answer of firma"
}

@test "a hook is called in an empty directory, which is removed after that" {
	install claude
	sed -i 's|"command": "[^ ]* hook|"command": "pwd >'"$TMP"'/where; ls -A >>'"$TMP"'/where; : hook|' \
		"$TMP/.claude/settings.json"
	doctor
	assert_equal "$(wc -l <"$TMP/where")" 1
	[[ $(<"$TMP/where") == /tmp/firma-doctor.* ]] || fail "$(<"$TMP/where")"
	[[ ! -e $(<"$TMP/where") ]] || fail "it is still there"
}

@test "a hook that is switched off is wrong" {
	install claude codex
	sed -i 's/^{/{ "disableAllHooks": true,/' "$TMP/.claude/settings.json"
	printf '[features]\nhooks = false\n' >"$TMP/.codex/config.toml"
	chmod 600 "$TMP/.codex/config.toml"
	chown "${AS_UID:-$EUID}" "$TMP/.codex/config.toml"
	doctor
	finds wrong hook "claude: $TMP/.claude/settings.json installed, but switched off there" \
		'see firma-agents(7)'
	finds wrong hook "codex: $TMP/.codex/config.toml switches hooks off"
}

@test "settings that may switch hooks off, and can't be told, are not passed over" {
	mkdir -p "$TMP/.claude" .claude
	echo '{"a":1,"a":2,"disableAllHooks":true}' >.claude/settings.local.json
	chmod 755 .claude
	chmod 644 .claude/settings.local.json
	doctor
	finds unseen hook "claude: .*/settings.local.json can't be read"
}

@test "a hook that was changed so that the agent does not call it is wrong" {
	install claude
	sed -i 's/"matcher": "[*]"/"matcher": "Read"/' "$TMP/.claude/settings.json"
	doctor
	finds wrong hook "claude: $TMP/.claude/settings.json: installed, but changed afterwards, .*" \
		'firma hook install --user claude'
}

@test "settings that can't be trusted are not run" {
	install claude
	chmod 666 "$TMP/.claude/settings.json"
	doctor
	finds unseen hook "claude: .*"
	refute_line -p 'called'
}

@test "neither a project's hook, nor one of root's, is run, and none with --no-hooks" {
	local settings=$TMP/work/.claude/settings.json

	run firma hook install --project claude
	assert_status 0
	sed -i 's|"command": "[^ ]* hook|"command": "touch '"$TMP"'/ran; : hook|' "$settings"
	chmod 755 .claude
	chmod 644 "$settings"
	if ((EUID == 0)); then
		doctor
		finds unseen hook "claude: $settings: installed; not tried by root" \
			"run firma doctor as the agent's user"
		chown -R 4711 "$TMP/work"
		export AS_UID=4711
	fi
	doctor
	finds unseen hook "claude: $settings: installed; not tried in a project"
	doctor --no-hooks
	finds unseen hook "claude: $settings: installed; not tried"
	[[ ! -e $TMP/ran ]]
}

# --- the system -----------------------------------------------------------------------------------

@test "a clock that nothing keeps right is warned of" {
	FIRMA_TEST_CLOCK_LOOSE=1 told ''
	finds warning clock 'not synchronized: .*' 'timedatectl set-ntp true'
}
