#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
#
# firma as installed, with its units, under a systemd that is PID 1 (tests/boot): who starts the
# daemon and who ends it, who passes which door, what it can do within its sandbox, and what the
# journal has of it. It is the shipped program, and time is real: nothing here is early or late by
# a clock that a test moves, but by short times in the options.

# shellcheck disable=SC2030,SC2031 # each test is a process, and so are its variables
# shellcheck disable=SC2034,SC2153,SC2154 # some variables are those of lib.bash and of bats

load lib
load guest
load hostile
load https
load runner

AGENT=/run/firma/agent.sock
OPERATOR=/run/firma/operator.sock

# --- the guest ------------------------------------------------------------------------------------

# One for the file. A test finds in it the users alice (an agent), bob (an operator), carol (both)
# and mallory (neither), the file of options that the units name, OPTIONS_FILE, and `unit`.
setup_file() {
	[[ -z $(obstacle) ]] || return 0
	export GUEST=$BATS_FILE_TMPDIR/guest OPTIONS_FILE
	local root=$BATS_FILE_TMPDIR/root

	install_guest "$root"
	cp "$UNIT" "$root/usr/local/bin/unit"
	mkdir -p "$root"/usr/local/lib/{sysusers.d,tmpfiles.d}
	cat >"$root/usr/local/lib/sysusers.d/tests.conf" <<-END
		u alice   - - /home/alice
		m alice   firma-agents
		u bob     - - /home/bob
		m bob     firma-operators
		u carol   - - /home/carol
		m carol   firma-agents
		m carol   firma-operators
		u mallory - - /home/mallory
	END
	# ProtectKernelTunables=yes brings a /proc of its own, where each boot would be the host's.
	mkdir -p "$root/etc/systemd/system/firma.service.d"
	printf '%s\n' '[Service]' BindReadOnlyPaths=/run/boot_id:/proc/sys/kernel/random/boot_id \
		>"$root/etc/systemd/system/firma.service.d/boot_id.conf"
	echo 'd /home/carol 0700 carol carol' >"$root/usr/local/lib/tmpfiles.d/tests.conf"
	"$BOOT" start "$GUEST" "$root"
	"$BOOT" exec "$GUEST" systemctl --quiet enable --now firma.socket firma-operator.socket
}

teardown_file() {
	if [[ -d $GUEST ]]; then
		"$BOOT" stop "$GUEST"
	fi
}

setup() {
	lib_setup
	[[ -z $(obstacle) ]] || skip "$(obstacle)"
	serve_with --default-action=pending_hitl
}

teardown() {
	if [[ -z ${BATS_TEST_COMPLETED-} ]]; then
		guest journalctl --no-pager -n 50 || true
	fi
	lib_teardown
}

# drop_in LINE...: of the section [Service], until the test's end.
drop_in() {
	# shellcheck disable=SC2016
	guest sh -c 'mkdir -p /run/systemd/system/firma.service.d
		printf "%s\n" "[Service]" "$@" >/run/systemd/system/firma.service.d/test.conf
		systemctl daemon-reload' sh "$@"
}

# property NAME: of firma.service.
property() {
	guest systemctl show --value -p "$1" firma.service
}

is_inactive() {
	[[ $(property ActiveState) == inactive ]]
}

# started: how often since serve_with.
started() {
	echo $(($(starts) - SINCE))
}

# check USER [OPTION...] -- COMMAND...: asks, and sets status, output, stderr as `run` does.
check() {
	run --separate-stderr as "$1" firma check "${@:2}"
}

# shown TOKEN: what an operator is told of it, as JSON.
shown() {
	as bob firma token show --json "$1"
}

# assert_sockets: both listen, and nothing has failed.
assert_sockets() {
	run guest systemctl is-active firma.socket firma-operator.socket
	assert_output $'active\nactive'
	assert_equal "$(guest systemctl --failed --no-legend)" ''
}

# --- starting and leaving -------------------------------------------------------------------------

@test "whoever comes starts the daemon, which leaves when it is idle, and knows it all afterwards" {
	local token

	serve_with --default-action=pending_hitl --idle-timeout=50ms
	assert_sockets
	is_inactive
	check alice -- uname -r
	assert_status 75
	token=$output
	assert_stderr -p "a person must decide about $token"

	eventually is_inactive
	as bob firma token approve --yes "$token"
	eventually is_inactive
	check alice --token "$token" -- uname -r
	assert_status 0
	eventually is_inactive
	check alice --token "$token" -- uname -r
	assert_status 1
	assert_stderr -p consumed
	assert_equal "$(started)" 4
	assert_sockets
}

@test "a daemon that is killed eight times fails no socket, and each next question is answered" {
	local i token

	# A second each would be systemd's, not ours.
	drop_in RestartSec=20ms
	check alice -- uname -r
	token=$output
	for i in {1..8}; do
		guest kill -KILL "$(property MainPID)"
		check alice -- uname -m
		assert_status 75
	done
	assert_equal "$(property NRestarts)" 8
	assert_sockets
	as bob firma token approve --yes "$token"
	check alice --token "$token" -- uname -r
	assert_status 0
}

has_failed() {
	[[ $(property ActiveState) == failed ]]
}

@test "a wrong option fails each start once: who asks is turned away, and systemd does not try for ever" {
	local i

	for i in 1 2; do
		serve_with --defualt-action=pending_hitl
		check alice -- uname -r
		assert_status 3
		eventually has_failed
		assert_equal "$(property NRestarts)" 0
		assert_equal "$(property ExecMainStatus)" 2
	done
	check alice -- uname -r
	assert_status 3
	eventually has_failed
	# Each start has told of the option once.
	assert_equal "$(guest journalctl -b -o cat -u firma.service | grep -c 'unknown option --defualt-action')" 3

	serve_with --default-action=pending_hitl
	check alice -- uname -r
	assert_status 75
	assert_sockets
}

@test "a daemon that hangs is ended by the watchdog, and who asked meanwhile is answered" {
	check alice -- uname -r
	assert_equal "$(property WatchdogUSec)" 30s
	# The watchdog ends it by SIGABRT, and where core dumps go is the host's.
	drop_in WatchdogSec=1s RestartSec=20ms LimitCORE=0
	guest systemctl restart firma.service
	check alice -- uname -r
	assert_status 75
	guest kill -STOP "$(property MainPID)"
	check alice --timeout=20s -- uname -r
	assert_status 75
	assert_equal "$(property NRestarts)" 1
	run journal -b -u firma.service
	assert_line -e 'Watchdog timeout'
	assert_sockets
}

@test "who asks in the very moment in which an idle daemon leaves is answered" {
	local n=2000

	serve_with --default-action=allow --idle-timeout=1ms
	run as alice unit probe --repeat "$n" --edge "$AGENT" < <(request)
	assert_status 0
	assert_equal "${#lines[@]}" "$n"
	assert_equal "$(sort -u <<<"$output")" \
		'{"decision":"allow","reason":"allowed by the default action"}'

	# It did leave, again and again, and it was not killed.
	n=$(started)
	echo "it was started $n times"
	((n >= 50))
	eventually is_inactive
	assert_equal "$(property NRestarts) $(property Result)" '0 success'
	assert_sockets
}

@test "a reboot ends what was to be decided, and nothing else" {
	local pending approved boot

	check alice -- uname -r
	pending=$output
	check alice -- uname -m
	approved=$output
	as bob firma token approve --yes "$approved"
	boot=$(guest cat /proc/sys/kernel/random/boot_id)

	"$BOOT" reboot "$GUEST"
	SINCE=0
	[[ $(guest cat /proc/sys/kernel/random/boot_id) != "$boot" ]]
	assert_sockets
	is_inactive
	run as bob firma token list --state=expired --json
	assert_equal "$("$UNIT" get token_id <<<"$output" | sort)" \
		"$(printf '%s\n' "$pending" "$approved" | sort)"
	check alice --token "$pending" -- uname -r
	assert_status 4
	assert_stderr -p expired
	check alice --token "$approved" -- uname -m
	assert_status 4
	assert_stderr -p expired

	check alice -- uname -r
	assert_status 75
	as bob firma token approve --yes "$output"
	check alice --token "$output" -- uname -r
	assert_status 0
	run as bob firma status
	assert_line -e '^state +answering$'
}

# --- the doors ------------------------------------------------------------------------------------

@test "who is in no group comes to no door, and the daemon would not let them in either" {
	local token uid

	check alice -- uname -r
	token=$output
	check mallory -- uname -r
	assert_status 3
	assert_stderr -p "$AGENT: Permission denied"
	run as mallory firma token approve --yes "$token"
	assert_status 3
	assert_output -p "$OPERATOR: Permission denied"

	# As if somebody had opened the sockets to all.
	guest chmod 666 "$AGENT" "$OPERATOR"
	check mallory -- uname -r
	assert_status 3
	run as mallory firma token approve --yes "$token"
	assert_status 3
	guest chmod 660 "$AGENT" "$OPERATOR"
	uid=$(as mallory id -u)
	run journal -b -o cat MESSAGE_ID="$(message_id REFUSED_PEER)"
	assert_line -e "^refused a connection at the agent door $AGENT: uid $uid, gid"
	assert_line -e "^refused a connection at the operator door $OPERATOR: uid $uid, gid"
	run shown "$token"
	assert_field state pending
}

@test "an agent can't approve, at neither door" {
	local token

	check alice -- uname -r
	token=$output
	run as alice firma token approve --yes "$token"
	assert_status 3
	assert_output -p "$OPERATOR: Permission denied"
	run as alice firma token approve --yes --socket "$AGENT" "$token"
	assert_status 1
	assert_output -p "operators' actions are taken at the operator door"
	guest chmod 666 "$OPERATOR"
	run as alice firma token approve --yes "$token"
	assert_status 3
	guest chmod 660 "$OPERATOR"
	run shown "$token"
	assert_field state pending
}

@test "an operator can't approve at the agents' door" {
	local token

	check carol -- uname -r
	token=$output
	run as carol firma token approve --yes --socket "$AGENT" "$token"
	assert_status 1
	assert_output -p "operators' actions are taken at the operator door"
	run as bob firma token approve --yes --socket "$AGENT" "$token"
	assert_status 3
	run as carol unit probe "$AGENT" \
		< <("$UNIT" object action=local.exec.approve token_id="$token")
	assert_field outcome unsupported_action
	assert_field reason -p 'operator door'
}

@test "who is both can't approve what they ask, unless that is allowed, and status says so" {
	local token

	check carol -- uname -r
	token=$output
	run as carol firma token approve --yes "$token"
	assert_status 1
	run as bob firma status
	assert_line -e '^self-approval +refused$'
	as bob firma token approve --yes "$token"
	check carol --token "$token" -- uname -r
	assert_status 0

	serve_with --default-action=pending_hitl --allow-self-approval
	check carol -- uname -r
	token=$output
	as carol firma token approve --yes "$token"
	check carol --token "$token" -- uname -r
	assert_status 0
	run as bob firma status
	assert_line -e '^self-approval +possible: the asker can be the approver$'
}

# --- doctor ---------------------------------------------------------------------------------------

# doctor_line WORDS: of what doctor finds for root, the line that begins so.
doctor_line() {
	guest firma doctor | grep -A1 "^$1"
}

@test "doctor names who may pass the doors, and how exposed the service is" {
	run doctor_line "good *agents' door"
	assert_line -n 0 -e "/run/firma/agent.sock, for the group firma-agents: alice, carol$"
	run doctor_line "good *operators' door"
	assert_line -n 0 -e "/run/firma/operator.sock, for the group firma-operators: bob, carol$"
	run doctor_line 'good *self-approval'
	assert_line -n 0 -p 'refused: '
	run doctor_line 'good *unit'
	assert_line -n 0 -e 'Overall exposure level for firma.service: [01]\.'

	run as alice firma doctor
	assert_line -n 0 -e '^unseen +daemon .*Permission denied \(not in its group at login\?\)'
	run as bob firma doctor
	assert_line -n 0 -e '^good +daemon +answers'
}

@test "doctor warns of a service that a drop-in has opened" {
	drop_in ProtectSystem=no ProtectHome=no NoNewPrivileges=no PrivateDevices=no RestrictNamespaces=no
	run doctor_line 'warning *unit'
	assert_line -n 0 -e 'Overall exposure level for firma.service: [1-9]'
	assert_line -n 1 -e '^ +-> systemctl revert firma.service$'
}

@test "doctor tells how to enable the units, where nobody listens" {
	guest systemctl stop firma.socket firma-operator.socket firma.service 2>/dev/null
	run guest firma doctor
	assert_status 1
	assert_line -n 0 -e '^wrong +daemon '
	assert_line -n 1 -e '^ +-> systemctl enable --now firma.socket firma-operator.socket$'
	guest systemctl start firma.socket firma-operator.socket
}

# --- the sandbox ----------------------------------------------------------------------------------

@test "the sandbox's exposure is at most 1.0" {
	local exposure

	run guest systemd-analyze security --no-pager firma.service
	assert_status 0
	[[ ${lines[-1]} =~ ^.*:\ ([0-9]+)\.([0-9])\ [A-Z]+ ]] || fail "${lines[-1]}"
	exposure=${BASH_REMATCH[1]}${BASH_REMATCH[2]}
	((10#$exposure <= 10)) || fail "${lines[-1]}"
}

@test "within the sandbox, all that the daemon does works" {
	local token revoked

	# Who asks is seen, and from where.
	check_at /usr/share -- uname -r
	assert_status 75
	token=$output
	run shown "$token"
	assert_field state pending
	assert_field uid "$(as alice id -u)"
	assert_field process firma
	assert_field cwd /usr/share
	assert_field agent_id robot
	run as bob firma token list
	assert_line -e "^$token +pending .* /usr/bin/uname -r  \\(in /usr/share\\)$"

	as bob firma token approve --yes "$token"
	check_at /usr/share --token "$token" -- uname -r
	assert_status 0
	run shown "$token"
	assert_field state consumed

	check alice -- uname -m
	revoked=$output
	as bob firma token revoke --reason 'not today' "$revoked"
	check alice --token "$revoked" -- uname -m
	assert_status 1
	assert_stderr -p 'not today'

	# It is on record, and nobody else's.
	guest grep -q "$token" /var/lib/firma/tokens.jsonl
	assert_equal "$(guest stat -c '%U %a' /var/lib/firma /var/lib/firma/tokens.jsonl)" \
		$'firma 700\nfirma 600'
	run as bob firma status
	assert_line -e '^state +answering$'
	assert_line -e '^tokens +0 pending, 0 approved, 1 consumed, 1 refused, 0 expired$'
	assert_line -e '^store +/var/lib/firma$'
	assert_line "door           agent $AGENT"
	assert_line "door           operator $OPERATOR"
	assert_equal "$(property StatusText)" answering
}

# write_rules JSON: the policy, as an administrator would put it there.
write_rules() {
	# shellcheck disable=SC2016
	guest sh -c 'umask 022 && mkdir -p /etc/firma && printf "%s\n" "$1" >/etc/firma/policy.new &&
		mv /etc/firma/policy.new /etc/firma/policy.json' sh "$1"
}

@test "within the sandbox, rules are read, with users and groups by their names, and read anew" {
	serve_with --policy=/etc/firma/policy.json
	write_rules '{"exec":[
		{"id":"alice","argv":["uname","-r"],"action":"allow","users":["alice"]},
		{"id":"agents","argv":["uname","-m"],"action":"deny","groups":["firma-agents"]}]}'
	check alice -- uname -r
	assert_status 0
	check carol -- uname -r
	assert_status 1
	assert_stderr 'firma: denied: denied by the default action'
	check alice -- uname -m
	assert_status 1
	assert_stderr 'firma: denied: denied by rule agents'
	run as bob firma status
	assert_line 'policy         /etc/firma/policy.json, 2 rules'
	run as bob firma policy explain --uid alice -- uname -m
	assert_line 'decided   exec[1] "agents"'

	write_rules '{"default_action":"pending_hitl"}'
	check carol -- uname -r
	assert_status 75

	# Who belongs to the daemon is not root, but may have the file; nobody else may.
	guest chown firma /etc/firma/policy.json
	check carol -- uname -r
	assert_status 75
	guest chown alice /etc/firma/policy.json
	guest systemctl stop firma.service 2>/dev/null
	check carol -- uname -r
	assert_status 1
	assert_stderr 'firma: denied: closed: /etc/firma/policy.json: belongs to another user'
}

@test "the rules in /etc/firma/policy.json are in force without an option" {
	write_rules '{"exec":[{"id":"look","argv":["uname","-r"],"action":"allow"}]}'
	check alice -- uname -r
	assert_status 0
	guest rm /etc/firma/policy.json
	check alice -- uname -r
	assert_status 1
	assert_stderr 'firma: denied: closed: /etc/firma/policy.json: No such file or directory'
}

# check_at DIRECTORY [OPTION...] -- COMMAND...: alice's robot asks from there.
check_at() {
	# shellcheck disable=SC2016
	run --separate-stderr as alice sh -c 'cd "$1" && shift && exec firma check --agent=robot "$@"' \
		sh "$@"
}

# --- the journal ----------------------------------------------------------------------------------

@test "the journal has each decision with its fields, never an argument, and explains it" {
	local secret token since alice bob entries

	secret=secret-$(</proc/sys/kernel/random/uuid)
	since=$(guest date +%s)
	alice=$(as alice id -u)
	bob=$(as bob id -u)
	check alice -- uname "$secret"
	token=$output
	as bob firma token approve --yes "$token"
	check alice --token "$token" -- uname "$secret"
	assert_status 0
	check alice --token "$token" -- uname "$secret"
	assert_status 1

	journal -o json -u firma.service --since "@$since" MESSAGE_ID="$(message_id PENDING)" \
		MESSAGE_ID="$(message_id DECISION)" FIRMA_TOKEN="$token" >"$TMP/decisions"
	assert_equal "$("$UNIT" get FIRMA_DECISION <"$TMP/decisions")" $'pending_hitl\nallow\ndeny'
	assert_equal "$("$UNIT" get FIRMA_UID <"$TMP/decisions" | sort -u)" "$alice"
	assert_equal "$("$UNIT" get FIRMA_RULE <"$TMP/decisions")" \
		$'default_action\napproval_token\napproval_token'
	assert_equal "$("$UNIT" get FIRMA_FINGERPRINT <"$TMP/decisions" | sort -u)" \
		"$("$UNIT" get fingerprint <<<"$(shown "$token")")"

	run journal -o json -u firma.service MESSAGE_ID="$(message_id ACTION)" \
		FIRMA_TOKEN="$token" FIRMA_ACTION=local.exec.approve
	assert_field FIRMA_OUTCOME ok
	assert_field FIRMA_UID "$bob"

	run journal -x MESSAGE_ID="$(message_id PENDING)" FIRMA_TOKEN="$token"
	assert_line -e 'Subject: A command waits for a person$'
	assert_line -e "A program of user $alice asked whether a command may run"
	assert_line -e "firma token approve $token$"

	journal --all -o export >"$TMP/journal"
	grep -aq "$token" "$TMP/journal"
	refute_secret "$secret" "$TMP/journal"
	refute_secret "$secret" "$GUEST/console"
}

refute_secret() {
	! grep -a "$1" "$2" || fail "an argument is in the journal"
}

# --- a user's own manager -------------------------------------------------------------------------

@test "the journal drops no decision, however many there are" {
	assert_equal "$(property LogRateLimitIntervalUSec)" 0
}

@test "the journal has nothing of a request that a terminal would obey, and a line for each" {
	local since i

	expand_texts "$TMP/texts"
	read_texts "$TMP/texts"
	for i in "${!NAMES[@]}"; do
		request_of "$i"
	done >"$TMP/requests"
	since=$(journal -n 1 --show-cursor -o cat | sed -n 's/^-- cursor: //p')
	as alice unit probe --lines "$AGENT" <"$TMP/requests" >"$TMP/replies"
	as bob firma token revoke --yes --reason $'x\e[2J\nfirma: allow' \
		"$("$UNIT" get approval_token <"$TMP/replies" | head -n 1)"

	journal -o cat -u firma.service --after-cursor "$since" _COMM=firma >"$TMP/journal"
	assert_harmless "$TMP/journal"
	assert_equal "$(grep -c '^pending_hitl ' "$TMP/journal")" "${#NAMES[@]}"
	assert_equal "$(grep -c '^local.exec.revoke ' "$TMP/journal")" 1
	run grep -vE '^(serves|pending_hitl|local.exec.revoke|stops) ' "$TMP/journal"
	refute_output
}

# start_manager UID: of that user, as a login would.
start_manager() {
	# For logind and its PAM module, which a machine for tests needn't have.
	# shellcheck disable=SC2016
	guest sh -c 'cd /run/systemd/system && mkdir -p user@.service.d user-runtime-dir@.service.d
		printf "%s\n" "[Service]" PAMName= Environment=XDG_RUNTIME_DIR=/run/user/%i \
			>user@.service.d/test.conf
		printf "%s\n" "[Service]" ExecStart= ExecStop= \
			"ExecStart=install -d -m 700 -o %i /run/user/%i" \
			>user-runtime-dir@.service.d/test.conf
		systemctl daemon-reload'
	guest systemctl start "user@$1.service"
}

@test "a user's own manager has a gate of theirs, where who asks can approve" {
	local uid token home=/home/carol

	uid=$(as carol id -u)
	start_manager "$uid"
	as carol mkdir -p "$home/.config/firma"
	as carol tee "$home/.config/firma/options" <<<FIRMA_OPTIONS=--default-action=pending_hitl
	as_own systemctl --user --quiet enable --now firma.socket firma-operator.socket
	run as_own systemctl --user is-active firma.socket firma-operator.socket firma.service
	assert_output $'active\nactive\ninactive'

	run --separate-stderr as_own firma check -- uname -r
	assert_status 75
	token=$output
	as_own firma token approve --yes "$token"
	run as_own firma check --token "$token" -- uname -r
	assert_status 0
	run as_own firma status
	assert_line -e '^self-approval +possible'
	assert_line "store          $home/.local/state/firma"
	assert_line "door           agent /run/user/$uid/firma/agent.sock"
	guest grep -q "$token" "$home/.local/state/firma/tokens.jsonl"
	assert_equal "$(guest stat -c '%U %a' "$home/.local/state/firma")" 'carol 700'

	# The system's gate knows nothing of it.
	is_inactive
	guest systemctl stop "user@$uid.service"
}

# as_installed: skips the test if the program was built for another prefix than the guest's.
as_installed() {
	grep -qE '^prefix = /usr(/local)?$' "${FIRMA_SHIPPED%/*}/Makefile" \
		|| skip "the program was built for another prefix"
}

@test "init sets the system's gate up to its first approval, and takes all of it back" {
	local before

	as_installed
	guest cp "$OPTIONS_FILE" /run/options.kept
	guest sh -c "printf '# mine' >$OPTIONS_FILE; rm -rf /etc/firma
		systemctl disable --now firma.socket firma-operator.socket" 2>/dev/null
	before=$(guest sh -c 'cat /etc/group; find /etc/default /etc/systemd -printf "%p %M %u\n"')

	run --separate-stderr guest firma init --agent-user mallory --operator-user bob --yes
	assert_status 0
	assert_line -p 'Next: sudo firma hook install --managed claude'
	assert_line '$ usermod -aG firma-agents mallory'
	refute_line -p 'firma-operators bob' # who is in it
	assert_line '$ systemctl enable --now firma.socket firma-operator.socket'
	assert_line 'The first question was approved, and is allowed: the gate works.'
	assert_equal "$(guest stat -c '%U %a' /etc/firma/init.undo /etc/firma/policy.json)" \
		$'root 600\nroot 644'
	run as bob firma status
	assert_line -p '/etc/firma/policy.json, coding-agent 1, '
	assert_line -e '^tokens +0 pending, 0 approved, 1 consumed,'
	assert_line -e '^self-approval +refused'
	check mallory -- reboot
	assert_status 75
	run as mallory firma token approve --yes "$output"
	assert_status 3

	run guest firma init --uninstall --yes
	assert_status 0
	assert_equal "$(guest sh -c 'cat /etc/group; find /etc/default /etc/systemd -printf "%p %M %u\n"')" "$before"
	run guest cat "$OPTIONS_FILE"
	assert_output '# mine'
	run guest sh -c 'test ! -e /etc/firma && ! systemctl is-active firma.socket'
	assert_output inactive
	guest sh -c "mv /run/options.kept $OPTIONS_FILE
		systemctl enable --now firma.socket firma-operator.socket" 2>/dev/null
}

@test "init approves what it has asked alone, and asks as an agent without a group of their own" {
	as_installed
	guest cp "$OPTIONS_FILE" /run/options.kept
	guest sh -c "rm -rf /etc/firma $OPTIONS_FILE /run/other; mkdir /run/other
		useradd -M -N -g staff dora"
	guest sh -c 'cat >/run/other/setpriv && chmod 755 /run/other/setpriv' <<-'END'
		#!/bin/sh
		printf 'firma: \033[2J%s\n' "$(ps -o sid= -p $$ | grep -xc "$(ps -o sid= -p "$PPID")")" >&2
		exec /usr/bin/setpriv --reuid dora --regid staff --init-groups \
			firma check --quiet -- reboot
	END
	# What the agent's process prints may be the token of another request. It has a session of its own,
	# and does not write to root's terminal itself.
	# shellcheck disable=SC2016
	run --separate-stderr guest sh -c \
		'PATH=/run/other:$PATH exec firma init --agent-user dora --yes'
	assert_status 1
	assert_stderr -p 'firma: \u{1B}[2J0'
	assert_stderr -p 'names the token of another one; nothing was approved'
	run guest firma status
	assert_line -e '^tokens +1 pending, 0 approved, 0 consumed,'
	guest firma init --uninstall --yes

	run --separate-stderr guest firma init --agent-user dora --yes
	assert_status 0
	assert_line 'The first question was approved, and is allowed: the gate works.'
	guest firma init --uninstall --yes
	guest sh -c "mv /run/options.kept $OPTIONS_FILE; userdel dora
		systemctl enable --now firma.socket firma-operator.socket" 2>/dev/null
}

@test "init sets a user's own gate up under their manager, and takes it back" {
	local uid config=/home/carol/.config

	as_installed
	uid=$(as carol id -u)
	guest rm -rf "$config"
	start_manager "$uid"
	run --separate-stderr as_own firma init --user --yes
	assert_status 0
	assert_line '$ systemctl --user enable --now firma.socket firma-operator.socket'
	assert_line 'The first question was approved, and is allowed: the gate works.'
	run as_own firma status
	assert_line -p "$config/firma/policy.json, coding-agent 1, "
	run as_own firma doctor --no-hooks
	assert_line -e '^good +unit .*Overall exposure level for firma.service: [0-9]'
	run as_own systemctl --user is-enabled firma.socket
	assert_output enabled

	run as_own firma init --uninstall --yes
	assert_status 0
	run as_own systemctl --user is-enabled firma.socket
	assert_output disabled
	run guest find "$config/firma"
	assert_status 1
	guest systemctl stop "user@$uid.service"
}

as_own() {
	as carol env HOME=/home/carol XDG_RUNTIME_DIR="/run/user/$(as carol id -u)" "$@"
}

# ask_as_its_own PATH [KEY=...]: as a client does that asks only where its own uid listens, and
# where nobody else can connect.
ask_as_its_own() {
	request "${@:2}" | as_own python3 -c '
import os, socket, stat, struct, sys
s = socket.socket(socket.AF_UNIX)
s.connect(sys.argv[1])
pid, uid, gid = struct.unpack("3i", s.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, 12))
mode = stat.S_IMODE(os.stat(sys.argv[1]).st_mode)
assert (uid, mode) == (os.getuid(), 0o600), (uid, mode)
s.sendall(sys.stdin.buffer.read())
print(s.makefile().readline(), end="")' "$1"
}

is_left() {
	[[ $(as bob firma token list --json | "$UNIT" get reason) == "the asker left" ]]
}

@test "a user's own socket leads to the system's gate, for a client that wants its own uid there" {
	local uid token path

	uid=$(as carol id -u)
	path=/run/user/$uid/firma/proxy.sock
	start_manager "$uid"
	as_own systemctl --user --quiet enable --now firma-proxy.socket
	run ask_as_its_own "$path"
	assert_status 0
	assert_field decision pending_hitl
	token=$(field approval_token)
	run shown "$token"
	assert_field uid "$uid"
	run as bob firma token show "$token"
	assert_line -e '^  process +through a proxy \(systemd-socket-proxyd\)$'
	run as_own firma token approve --yes --socket "$path" "$token"
	assert_status 1
	assert_output -p "operators' actions are taken at the operator door"
	as bob firma token approve --yes "$token"
	run ask_as_its_own "$path" approval_token="$token"
	assert_decision allow

	# A launcher that gives up has left behind the proxy, too.
	serve_with --default-action=pending_hitl
	request hitl_mode=sync_wait >"$TMP/request"
	run as_own timeout 2 unit probe "$path" <"$TMP/request"
	eventually is_left
	guest systemctl stop "user@$uid.service"
}

@test "behind a proxy, who is in no group comes to no door" {
	local uid

	uid=$(as mallory id -u)
	start_manager "$uid"
	guest install -d -m 700 -o mallory -g mallory /home/mallory
	run as mallory env HOME=/home/mallory "XDG_RUNTIME_DIR=/run/user/$uid" \
		systemctl --user --quiet start firma-proxy.socket
	assert_status 0
	run as mallory firma check --socket "/run/user/$uid/firma/proxy.sock" -- uname -r
	assert_status 3
	guest systemctl stop "user@$uid.service"
}

# --- the guest itself -----------------------------------------------------------------------------

@test "the unit of the timer fetches the key sets of the policy, for the daemon to read" {
	make_runner_keys_at "$TMP"
	(BATS_FILE_TMPDIR=$TMP make_authority)
	mkdir "$TMP/ci"
	mv "$TMP/jwks.json" "$TMP/ci/keys"
	cp "$BATS_TEST_DIRNAME/helper/https-server.py" "$TMP"/{authority.pem,server.pem,server.key} "$TMP/ci"
	tar -C "$TMP" -c ci | guest tar -C /run -x --no-same-owner
	guest systemd-run -q --unit=issuer python3 /run/ci/https-server.py /run/ci /run/ci/server.pem \
		/run/ci/server.key
	eventually guest test -s /run/ci/port

	guest sh -c 'mkdir -p /etc/firma /run/systemd/system/firma-jwks.service.d
		rm -f /etc/firma/policy.json && cat >/etc/firma/policy.json
		printf "[Service]\nEnvironment=CURL_CA_BUNDLE=/run/ci/authority.pem\n" \
			>/run/systemd/system/firma-jwks.service.d/test.conf
		systemctl daemon-reload' <<-END
		{"default_action": "deny", "runners": {"required": true, "oidc": [{
		  "issuer": "https://127.0.0.1:$(guest cat /run/ci/port)/good", "audience": "firma",
		  "jwks": "/var/lib/firma-jwks/issuer.json",
		  "claims": {"repository": "repository"}, "pin": {"repository": ["octo/app"]}}]}}
	END
	guest systemctl start firma-jwks.service || fail "$(guest journalctl -u firma-jwks.service)"
	guest cat /var/lib/firma-jwks/issuer.json | cmp - "$TMP/ci/keys"
	assert_equal "$(guest stat -c '%U %a' /var/lib/firma-jwks/issuer.json)" 'root 644'
	guest systemctl stop firma.service
	as bob firma status
	run guest sh -c 'rm -r /etc/firma/policy.json; systemctl stop issuer
		systemctl start firma-jwks.timer && systemctl is-active firma-jwks.timer
		systemctl stop firma-jwks.timer'
	assert_output -p active
	run guest systemd-analyze security --no-pager firma-jwks.service
	assert_output -e 'Overall exposure level for firma-jwks.service: [01]\.'
}

@test "the token of a runner is in no file, not in the journal, and in no core" {
	local token

	make_runner_keys_at "$TMP"
	token=$(make_token)
	mkdir "$TMP/ci"
	printf %s "$token" >"$TMP/ci/token"
	mv "$TMP/jwks.json" "$TMP/ci/jwks.json"
	print_issuer 'i["jwks"] = "jwks.json"' >"$TMP/issuer"
	printf '{"default_action": "allow", "runners": {"required": true, "oidc": [%s]}}' \
		"$(<"$TMP/issuer")" >"$TMP/ci/policy.json"
	tar -C "$TMP" -c ci | guest tar -C /run -x --no-same-owner
	serve_with --policy /run/ci/policy.json --evidence-log /var/lib/firma/evidence.jsonl

	check alice --runner-token /run/ci/token -- uname -r
	assert_status 0
	check alice --runner-token /run/ci/token -- uname -a
	assert_status 1
	# A part of the signature would do as well.
	run guest grep -rlF -e "${token: -40}" /var/lib/firma /run/log/journal /var/log
	refute_output
	journal -b -o export | grep -qaF "${token: -40}" && fail "the journal has it"
	run guest grep -c redacted-oidc-jwt /var/lib/firma/evidence.jsonl
	assert_output 2
	assert_equal "$(property LimitCORE)" 0
	guest rm -r /run/ci
}

# make_runner_keys_at DIR: a key, and the set with it.
make_runner_keys_at() {
	RUNNER_KEYS=$1 RUNNER_NOW=$(date +%s)
	make_runner_key first
	publish_runner_keys first
}

@test "nothing remains of a guest, however it ends" {
	local dir=$TMP/guest keeper

	mkdir "$TMP/root"
	# shellcheck disable=SC2016
	keeper=$(bash -c '"$1" start "$2" "$3" && cat "$2/keeper"' sh "$BOOT" "$dir" "$TMP/root")
	eventually has_left_nothing

	_spawn "$BOOT" start "$dir" "$TMP/root" 2>/dev/null
	eventually test -e "$dir/pid"
	keeper=$(<"$dir/keeper")
	kill -TERM "$!"
	wait "$!" || true
	has_left_nothing

	# What a keeper that is killed can't remove, the next one does.
	"$BOOT" start "$dir" "$TMP/root"
	keeper=$(<"$dir/keeper")
	kill -KILL "$keeper"
	eventually has_no_process
	"$BOOT" start "$dir" "$TMP/root"
	has_no_cgroup
	keeper=$(<"$dir/keeper")
	"$BOOT" stop "$dir"
	assert_equal "$(ls "$dir")" ''
	has_left_nothing
}

# These look at the test's dir and keeper.
has_left_nothing() {
	has_no_process && has_no_cgroup
}

has_no_process() {
	! grep -sq "$dir" /proc/[0-9]*/mountinfo && flock -n "$dir/lock" true
}

has_no_cgroup() {
	[[ ! -e $(findmnt -nr -t cgroup2 -o TARGET | head -n 1)/firma-boot.$keeper ]]
}
