#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
#
# The real sudo, with firma's approval plugin, in a machine of its own (tests/boot): what sudo is
# about to run is asked about, with what sudo knows of it, and the user can't go round.

# shellcheck disable=SC2030,SC2031 # each test is a process, and so are its variables
# shellcheck disable=SC2034,SC2153,SC2154 # some variables are those of lib.bash and of bats

load lib
load guest

POLICY='{"default_action": "deny", "exec": [
	{"id": "id", "argv": ["id", "**"], "action": "allow", "groups": ["staff"], "run_as": ["root"]},
	{"id": "as-bob", "argv": ["whoami"], "action": "allow", "run_as": ["bob"]},
	{"id": "alone", "argv": ["true"], "action": "allow"},
	{"id": "echo", "argv": ["echo", "**"], "action": "allow", "run_as": ["root"]},
	{"id": "motd", "argv": ["/usr/bin/sudoedit", "/etc/motd"], "action": "allow",
		"run_as": ["root"]},
	{"id": "ask", "argv": ["date", "**"], "action": "pending_hitl"},
	{"id": "shell", "argv": [["sh", "bash", "dash"], "**"], "action": "pending_hitl"}]}'

# alice may do everything through sudo, and is asked for no password; firma decides.
setup_file() {
	[[ -z $(sudo_obstacle) ]] || return 0
	export GUEST=$BATS_FILE_TMPDIR/guest OPTIONS_FILE PLUGIN
	local root=$BATS_FILE_TMPDIR/root

	install_guest "$root"
	PLUGIN=$(cd "$root" && find . -name firma_sudo.so)
	PLUGIN=${PLUGIN#.}
	cp "$UNIT" "$root/usr/local/bin/unit"
	mkdir -p "$root"/usr/local/lib/{sysusers.d,tmpfiles.d} "$root/etc/sudoers.d" "$root/etc/firma"
	cat >"$root/usr/local/lib/sysusers.d/tests.conf" <<-END
		u alice   - - /home/alice /bin/bash
		m alice   staff
		m alice   firma-agents
		u bob     - - /home/bob /bin/sh
		m bob     firma-operators
		g staff   -
	END
	echo 'd /home/alice 0700 alice alice' >"$root/usr/local/lib/tmpfiles.d/tests.conf"
	printf '%s\n' 'root ALL=(ALL:ALL) ALL' 'alice ALL=(ALL:ALL) NOPASSWD:SETENV: ALL' \
		'Defaults editor=/usr/local/bin/editor' 'Defaults runchroot=*' \
		'@includedir /etc/sudoers.d' >"$root/etc/sudoers"
	chmod 440 "$root/etc/sudoers"
	# shellcheck disable=SC2016
	printf '#!/bin/sh\necho edited >>"$1"\n' >"$root/usr/local/bin/editor"
	chmod 755 "$root/usr/local/bin/editor"
	echo "$POLICY" >"$root/etc/firma/sudo.json"
	echo 'a message' >"$root/etc/motd"
	printf '%s\n' '127.0.0.1 localhost' '127.0.1.1 vm' >"$root/etc/hosts" # sudo looks it up
	echo "Plugin firma_approval $PLUGIN" >"$root/etc/sudo.conf"
	"$BOOT" start "$GUEST" "$root"
	"$BOOT" exec "$GUEST" systemctl --quiet enable --now firma.socket firma-operator.socket
}

teardown_file() {
	if [[ -d $GUEST ]]; then
		"$BOOT" stop "$GUEST"
	fi
}

# sudo_obstacle: why this can't be tried.
sudo_obstacle() {
	local prefix

	prefix=$(sed -n 's/^prefix = //p' "${FIRMA_SHIPPED%/*}/Makefile")
	if [[ -n $(obstacle) ]]; then
		obstacle
	elif [[ ! -e ${FIRMA_SHIPPED%/*}/firma_sudo.so ]]; then
		echo "built without the plugin"
	elif [[ $prefix != /usr && $prefix != /usr/local ]]; then
		echo "the plugin would look for its program below $prefix"
	fi
}

setup() {
	lib_setup
	[[ -z $(sudo_obstacle) ]] || skip "$(sudo_obstacle)"
	serve_with --policy /etc/firma/sudo.json
}

teardown() {
	if [[ -z ${BATS_TEST_COMPLETED-} ]]; then
		guest journalctl --no-pager -n 20 || true
	fi
	lib_teardown
}

# sudo_as USER ARG...: sets status, output and stderr as `run` does.
sudo_as() {
	run --separate-stderr as "$1" sudo "${@:2}"
}

# in_background ARG...: alice's sudo; `ends STATUS` waits for it.
in_background() {
	_spawn "$BOOT" exec "$GUEST" -u alice sudo "$@" </dev/null >"$TMP/out" 2>"$TMP/err"
	BACKGROUND[sudo]=$!
}

ends() {
	local got=0

	wait "${BACKGROUND[sudo]}" || got=$?
	unset "BACKGROUND[sudo]"
	[[ $got == "$1" ]] || fail "status $got: $(<"$TMP/err")"
}

# pending: sets TOKEN to what the sudo in the background waits for.
pending() {
	_until "${BACKGROUND[sudo]}" grep -q 'a person must decide about' "$TMP/err" \
		|| fail "it does not wait: $(<"$TMP/err")"
	TOKEN=$(sed -n 's/.*must decide about \([0-9a-f-]*\); waiting/\1/p' "$TMP/err")
}

@test "what a rule allows to run as root runs, with the groups that sudo knows" {
	sudo_as alice id -u
	assert_status 0
	assert_output 0
	refute_stderr
	sudo_as alice -u bob whoami
	assert_output bob
}

@test "what is denied does not run, whatever sudoers says" {
	sudo_as alice touch /etc/touched
	assert_status 1
	assert_stderr -p 'firma: denied: denied by the default action'
	guest test ! -e /etc/touched

	# As somebody else than the rule says.
	sudo_as alice whoami
	assert_status 1
	sudo_as alice -u bob id
	assert_status 1
	sudo_as alice -g bob -u root id
	assert_status 1

	# What users may run themselves, they may not run as root.
	run as alice firma check -- true
	assert_status 0
	sudo_as alice true
	assert_status 1
	assert_stderr -p 'firma: denied'
}

@test "sudo waits until a person has decided, with one token, and runs it once" {
	in_background date +approved
	pending
	run guest firma token show "$TOKEN"
	assert_line -n 0 -e '^runs as +uid 0 \(root\), gid 0, through sudo$'
	assert_line -e '^command +/usr/bin/date \+approved$'
	assert_line -e '^asked by +uid [0-9]+ \(alice\)'
	as bob firma token approve --yes "$TOKEN"
	ends 0
	assert_equal "$(<"$TMP/out")" approved
	run guest firma token list
	assert_equal "$(grep -c date <<<"$output")" 1

	in_background date +approved
	pending
	as bob firma token revoke --yes --reason 'not today' "$TOKEN"
	ends 1
	assert_equal "$(<"$TMP/out")" ''
	grep -q 'firma: denied: .*not today' "$TMP/err"
}

@test "the asker can't approve it" {
	in_background date +own
	pending
	run as alice firma token approve --yes "$TOKEN"
	assert_status 3
	# Not with root's words, either.
	run as alice firma check --token "$TOKEN" -- date +own
	assert_status 1
	as bob firma token revoke --yes "$TOKEN"
	ends 1
}

@test "a user who gave up finds the approval when they ask again" {
	local pid

	in_background date +again
	pending
	guest pkill -KILL -x firma-sudo-ask
	ends 1
	as bob firma token approve --yes "$TOKEN"
	sudo_as alice date +again
	assert_status 0
	assert_output again
}

@test "without a daemon, every command is refused except root's own" {
	guest systemctl stop firma.socket firma.service
	sudo_as alice id -u
	guest systemctl start firma.socket
	assert_status 1
	assert_stderr -p 'firma: could not decide: /run/firma/agent.sock'
	refute_output

	guest systemctl stop firma.socket firma.service
	sudo_as root id -u
	guest systemctl start firma.socket
	assert_status 0
	assert_output 0
}

@test "root is asked about if sudo.conf says so, and another word there refuses everything" {
	guest sh -c "echo 'Plugin firma_approval $PLUGIN ask_root' >/etc/sudo.conf"
	sudo_as root touch /etc/touched
	assert_status 1
	assert_stderr -p 'firma: denied'
	guest sh -c "echo 'Plugin firma_approval $PLUGIN ask-root' >/etc/sudo.conf"
	sudo_as root id -u
	guest sh -c "echo 'Plugin firma_approval $PLUGIN' >/etc/sudo.conf"
	assert_status 1
	assert_stderr -p 'unknown option of the plugin'
}

@test "no setting of the user can bypass the gate" {
	# A gate of the user's own that allows everything.
	echo '{"decision":"allow","reason":"mine"}' >"$TMP/mine"
	chmod 755 "$TMP" && chmod 644 "$TMP/mine"
	guest sh -c 'cat >/home/alice/mine && chmod 644 /home/alice/mine' <"$TMP/mine"
	# shellcheck disable=SC2016
	guest systemd-run --quiet --unit=mine --uid=alice systemd-socket-activate --accept --inetd \
		--listen /home/alice/gate.sock sh -c 'read -r line; cat /home/alice/mine'
	eventually guest test -S /home/alice/gate.sock
	run as alice env FIRMA_SOCKET=/home/alice/gate.sock firma check -- touch /etc/touched
	assert_status 0

	run as alice env FIRMA_SOCKET=/home/alice/gate.sock FIRMA_AGENT_ID=root \
		XDG_RUNTIME_DIR=/home/alice LD_LIBRARY_PATH=/home/alice PATH=/home/alice \
		/usr/bin/sudo /usr/bin/touch /etc/touched
	assert_status 1
	assert_output -p 'firma: denied'
	# Nor what its processes inherit.
	# shellcheck disable=SC2016
	for how in 'trap "" CHLD; exec sudo touch /etc/touched' \
		'trap "" INT TERM HUP PIPE; exec sudo touch /etc/touched' \
		'ulimit -f 0; exec sudo touch /etc/touched' \
		'ulimit -n 12; exec sudo touch /etc/touched' \
		'exec sudo touch /etc/touched <&- >&-' \
		'umask 777; exec sudo touch /etc/touched'; do
		run as alice sh -c "$how"
		((status != 0)) || fail "it ran: $how"
	done
	guest test ! -e /etc/touched
	guest systemctl stop mine.service

	# The plugin's program believes nobody but root, and nor does the gate.
	run as alice "$(dirname "$(dirname "$PLUGIN")")/firma/firma-sudo-ask" < <(
		printf '%s\0' 'firma-sudo 1' uid=0 gid=0 groups= run_as=0:0 cwd=/ \
			command=/usr/bin/id args=0 env=0)
	assert_status 1
	assert_output -p 'only root may ask for another user'
}

@test "an ignored SIGCHLD does not keep an allowed command from running" {
	run as alice bash -c 'trap "" CHLD; exec sudo id -u'
	assert_status 0
	assert_output 0
}

@test "variables that may redirect the command need a person, who sees them" {
	in_background LD_PRELOAD=/home/alice/x.so id -u
	pending
	run guest firma token show "$TOKEN"
	assert_output -p LD_PRELOAD=
	as bob firma token revoke --yes "$TOKEN"
	ends 1
}

@test "sudo -e is asked about with its files" {
	sudo_as alice -e /etc/motd
	assert_status 0
	assert_equal "$(guest cat /etc/motd)" $'a message\nedited'
	sudo_as alice -e /etc/passwd
	assert_status 1
	assert_stderr -p 'firma: denied'
	sudo_as alice -e /etc/motd /etc/passwd
	assert_status 1
	refute_line -p edited "$(guest cat /etc/passwd)"
	sudo_as alice -u bob -e /etc/motd
	assert_status 1
}

@test "sudo -s is asked about as a shell" {
	in_background -s
	pending
	run guest firma token show "$TOKEN"
	assert_line -e '^command +/usr/bin/bash$'
	as bob firma token revoke --yes "$TOKEN"
	ends 1

	in_background -s id -u
	pending
	run guest firma token show "$TOKEN"
	assert_line -e "^command +/usr/bin/bash -c '?id"
	as bob firma token approve --yes "$TOKEN"
	ends 0
	assert_equal "$(<"$TMP/out")" 0

	in_background -i
	pending
	run guest firma token show "$TOKEN"
	assert_line -e '^command +/usr/bin/bash$'
	as bob firma token revoke --yes "$TOKEN"
	ends 1
}

@test "a command line of 100 KB is refused where the gate takes less, and taken where it takes more" {
	local long

	long=$(printf '%0100000d' 7)
	sudo_as alice echo "$long"
	assert_status 1
	assert_stderr -p 'limit reached: a request takes at most 65536 bytes'
	serve_with --policy /etc/firma/sudo.json --max-request=256K
	sudo_as alice echo "$long"
	assert_status 0
	assert_equal "$output" "$long"
}

@test "a command that a request can't describe exactly is refused" {
	sudo_as alice -R / id
	assert_status 1
	assert_stderr -p 'another root directory (-R) are not supported'
	sudo_as alice echo $'\xff'
	assert_status 1
	assert_stderr -p 'argument 1 is not UTF-8'
}

@test "a command that the asker could replace while a person decides is refused" {
	local path

	guest mkdir -p /opt/own && guest cp /usr/bin/date /opt/own/date
	as alice mkdir -p /home/alice/bin
	as alice cp /usr/bin/date /home/alice/bin/date
	as alice ln -sfn /usr/bin /home/alice/link
	as alice ln -sfn /usr/bin/date /home/alice/bin/linked
	for path in /home/alice/{bin/date,bin/linked,link/date,link/id}; do
		sudo_as alice "$path"
		assert_status 1
		assert_stderr -p "$path: /home/alice on the way to it belongs to another user"
	done
	# Another user's, too, and one that a group can change.
	sudo_as alice -u bob /home/alice/bin/date
	assert_status 1
	assert_stderr -p 'belongs to another user'
	sudo_as alice -u alice -g bob /home/alice/bin/date
	assert_status 1
	assert_stderr -p 'belongs to another user'
	guest chmod 775 /opt/own
	sudo_as alice /opt/own/date
	assert_status 1
	assert_stderr -p "/opt/own on the way to it can be written by its group or by others"
	guest chmod 755 /opt/own
	guest chown alice /opt/own/date
	sudo_as alice /opt/own/date
	assert_status 1
	assert_stderr -p '/opt/own/date: belongs to another user'

	# Root's own, and that of the user as whom it runs, who gains nothing by it.
	for owner in root bob; do
		guest chown "$owner" /opt/own/date
		in_background -u bob /opt/own/date +there
		pending
		as bob firma token approve --yes "$TOKEN"
		ends 0
		assert_equal "$(<"$TMP/out")" there
	done
	sudo_as alice -u bob -g staff /opt/own/date
	assert_status 1
	assert_stderr -p '/opt/own/date: belongs to another user'
}

@test "what an intercepted command runs is asked about with the directory where that is" {
	serve_with --policy /etc/firma/intercept.json
	guest sh -c 'cat >/etc/firma/intercept.json' <<-'END'
		{"default_action": "deny", "exec": [
		{"id": "sh", "argv": [["sh", "dash"], "**"], "action": "allow", "opaque": true,
			"run_as": ["root"]},
		{"id": "id", "argv": ["id", "**"], "action": "allow", "cwd": ["/etc"],
			"run_as": ["root"]}]}
	END
	guest sh -c 'echo "Defaults intercept" >/etc/sudoers.d/intercept'
	run as alice sh -c 'cd / && sudo sh -c "cd /etc && /usr/bin/id -u"
		cd /etc && sudo sh -c "cd / && /usr/bin/id -u"'
	guest rm /etc/sudoers.d/intercept
	assert_line -n 0 0
	assert_line -n 1 'firma: denied: denied by the default action'
	assert_line -n 2 -p 'Permission denied'
}

@test "where sudo can't go to the directory of a login, it is asked about with the asker's" {
	guest sh -c 'cat >/etc/firma/login.json' <<-'END'
		{"default_action": "deny", "exec": [{"id": "login", "argv": [["sh", "dash"], "**"],
			"action": "allow", "opaque": true, "cwd": ["/etc"], "run_as": ["bob"]}]}
	END
	serve_with --policy /etc/firma/login.json
	guest test ! -e /home/bob
	# shellcheck disable=SC2016 # for the shell of the login
	run as alice sh -c 'cd /etc && echo "echo in \$PWD" | sudo -i -u bob'
	refute_output -p 'firma: denied'
	assert_line 'in /etc'
}

@test "a program that can't be started refuses, and says so" {
	local program

	program=$(dirname "$(dirname "$PLUGIN")")/firma/firma-sudo-ask
	guest mv "$program" "$program.away"
	sudo_as alice id -u
	guest mv "$program.away" "$program"
	assert_status 1
	assert_stderr -p "firma: the program that asks the gate can't be started"
}

@test "a signal to sudo ends its waiting, and nothing runs" {
	local name

	for name in TERM HUP INT; do
		in_background date "+$name"
		pending
		# shellcheck disable=SC2016
		as alice sh -c 'kill -s "$1" "$(pgrep -x sudo)"' sh "$name"
		ends 1
		assert_equal "$(<"$TMP/out")" ''
	done
	run guest pgrep -x firma-sudo-ask
	assert_status 1
}

@test "if the plugin is missing, every sudo fails, root's included" {
	guest sh -c "echo 'Plugin firma_approval /nowhere/firma_sudo.so' >/etc/sudo.conf"
	sudo_as alice id -u
	assert_status 1
	sudo_as root id -u
	assert_status 1
	guest sh -c "echo 'Plugin firma_approval $PLUGIN' >/etc/sudo.conf"
	sudo_as alice id -u
	assert_status 0
}
