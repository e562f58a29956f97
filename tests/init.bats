#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
#
# `firma init`: what it writes and shows, that it overwrites nothing, that --uninstall puts back each
# byte, and places that somebody has prepared for it. tests/system.bats has it under systemd.

# shellcheck disable=SC2030,SC2031 # each test is a process, and so are its variables
# shellcheck disable=SC2154 # some variables are those of lib.bash and of bats

load lib
load terminal

setup() {
	lib_setup
	unset FIRMA_SOCKET FIRMA_OPERATOR_SOCKET CONFIGURATION_DIRECTORY
	CONFIG=$TMP/.config/firma
	cp "$BATS_TEST_DIRNAME/../man/examples/coding-agent.json" "$TMP/example.json"
	# A user's own gate is not root's.
	((EUID != 0)) || {
		export AS_UID=4711
		_give_tmp "$AS_UID"
	}
}

teardown() {
	terminal_teardown
	[[ ! -S $TMP/firma/agent.sock ]] || XDG_RUNTIME_DIR=$TMP firma daemon stop
	lib_teardown
}

init() {
	run --separate-stderr firma init "$@"
}

# user [OPTION...]: a gate of the user's own.
user() {
	init --user --policy "$TMP/example.json" "$@"
}

# tree: each file and directory that is not the tests' own, with what it holds.
tree() {
	(cd "$TMP" && find . -mindepth 1 \( -path ./bin -o -path ./clock -o -name 'witness*' -o -name 'separate-*' \) -prune \
		-o -type f -exec sha256sum {} + -o -printf '%P %M %l\n' | sort)
}

# root COMMAND...: as root, in whose place nobody else is.
as_root() {
	AS_UID='' "$@"
}

# system [OPTION...]: the system's gate, below $TMP/root.
system() {
	as_root init --system --root "$TMP/root" --policy "$TMP/example.json" "$@"
}

OPTIONS_END='# Written by firma init. A policy that is named and is not there closes the gate.'

@test "a user is told of the system's gate first, and why, and nothing is done" {
	local before

	before=$(tree)
	init
	assert_status 2
	assert_line -p "Recommended: the system's gate."
	assert_line -p "can't approve"
	assert_line '    sudo firma init --system'
	assert_equal "$(tree)" "$before"
	init --system
	assert_status 2
	assert_stderr -p "the system's gate is root's to set up: sudo firma init"
}

@test "a user's own gate is written, started, and has a first request approved" {
	local before

	mkdir -p "$TMP/.config"
	chown "${AS_UID:-$EUID}" "$TMP/.config"
	before=$(tree)
	export XDG_RUNTIME_DIR=$TMP
	user --yes
	assert_status 0
	assert_line 'The first question was approved, and is allowed: the gate works.'
	assert_line -p "firma hook install --user --socket $TMP/firma/agent.sock claude"
	assert_equal "$(stat -c %a "$CONFIG"/{policy.json,options,init.undo})" $'600\n600\n600'
	assert_equal "$(<"$CONFIG/options")" \
		"$OPTIONS_END"$'\n''FIRMA_OPTIONS=--policy=%h/.config/firma/policy.json'
	# The one change: the agent's uid.
	sed "s/\"users\": \[\"1000\"\]/\"users\": [\"${AS_UID:-$EUID}\"]/" "$TMP/example.json" |
		cmp - "$CONFIG/policy.json"
	grep -q "\"users\": \[\"${AS_UID:-$EUID}\"\]" "$CONFIG/policy.json"
	run firma status
	assert_line -e "^policy +$CONFIG/policy.json, coding-agent 1, "
	assert_line -e '^tokens +0 pending, 0 approved, 1 consumed,'

	init --uninstall --yes
	assert_status 0
	assert_line 'Hooks that are installed stay, and deny from now on: firma hook status lists them.'
	run firma daemon status
	assert_status 3
	rm -r "$TMP/firma" "$TMP/.local"
	assert_equal "$(tree)" "$before"
}

@test "without a service manager and a place for sockets, it says what to do" {
	user --yes
	assert_status 0
	assert_line -p 'XDG_RUNTIME_DIR is not set'
	assert_line -e '^    firma daemon start --operator-socket '
	# What it says works.
	run --separate-stderr env XDG_RUNTIME_DIR="$TMP" true
	export XDG_RUNTIME_DIR=$TMP
	# shellcheck disable=SC2088
	firma daemon start --operator-socket "$TMP/firma/operator.sock" --allow-self-approval \
		--policy='~/.config/firma/policy.json'
	run firma status
	assert_line -e "^policy +$CONFIG/policy.json, coding-agent 1, "
}

@test "--dry-run shows every line, and writes nothing" {
	local before

	before=$(tree)
	user --dry-run
	assert_status 0
	assert_line "+++ $CONFIG/policy.json"
	assert_equal "$(grep -c '^+' <<<"$output")" \
		"$(($(wc -l <"$TMP/example.json") + 2 + 2))"
	assert_equal "$(tree)" "$before"
}

@test "nothing is done without a terminal or --yes, or if the plan can't be printed" {
	local before both pipe

	before=$(tree)
	user </dev/null
	assert_status 2
	assert_stderr -p 'there is no terminal to ask at'
	assert_equal "$(tree)" "$before"
	_command "$FIRMA" init --user --policy "$TMP/example.json" --yes
	run sh -c '"$@" 2>&1 >/dev/full' sh "${CMD[@]}"
	assert_status 3
	assert_output -p 'could not be shown; nothing was changed'
	# Who would read it has gone.
	mkfifo "$TMP/clock/pipe"
	exec {both}<>"$TMP/clock/pipe"
	exec {pipe}>"$TMP/clock/pipe"
	exec {both}>&-
	# shellcheck disable=SC2016
	run bash -c 'trap "" PIPE && "$@" 2>&1 >&"$0"' "$pipe" "${CMD[@]}"
	exec {pipe}>&-
	assert_status 3
	assert_output -p 'could not be shown; nothing was changed'
	assert_equal "$(tree)" "$before"
}

@test "on a terminal it asks once for all of it, and once about the first request" {
	export XDG_RUNTIME_DIR=$TMP
	_command "$FIRMA" init --user --policy "$TMP/example.json"
	terminal 100x40 "${CMD[@]}"
	seen 'Do this? [y/N]'
	keys -l n
	keys Enter
	ended
	assert_status 1
	assert_line 'firma: nothing was changed'
	[[ ! -e $TMP/.config ]]

	terminal 100x50 "${CMD[@]}"
	seen 'Do this? [y/N]'
	keys -l y
	keys Enter
	seen 'the first question, by firma init; nothing is run'
	seen '[y/N]'
	keys -l y
	keys Enter
	ended
	assert_status 0
	assert_line 'The first question was approved, and is allowed: the gate works.'
}

@test "what is there already is not overwritten" {
	local before

	mkdir -p "$CONFIG"
	echo '{"default_action":"pending_hitl"}' >"$CONFIG/policy.json"
	printf '# mine\n FIRMA_OPTIONS = --idle-timeout=1s\n' >"$CONFIG/options"
	chown -R "${AS_UID:-$EUID}" "$TMP/.config"
	before=$(tree)
	user --yes
	assert_status 0
	assert_line "$CONFIG/policy.json already exists, and is not changed"
	assert_line "$CONFIG/options already sets FIRMA_OPTIONS, and is not changed"
	user --yes
	assert_status 1
	assert_stderr -p 'firma init was run here before'
	init --uninstall --yes
	assert_status 0
	assert_equal "$(tree)" "$before"
	init --uninstall --yes
	assert_status 1
	assert_stderr -p 'firma init has changed nothing here'
}

@test "options that are there are added to, and are put back byte for byte" {
	local before text

	for text in $'#\n' $'# without an end' '' $'A="\u00e9 \\n"\n\n\n'; do
		mkdir -p "$CONFIG"
		printf %s "$text" >"$CONFIG/options"
		chmod 0640 "$CONFIG/options"
		chown -R "${AS_UID:-$EUID}" "$TMP/.config"
		before=$(tree)
		user --yes
		assert_status 0
		assert_equal "$(tail -n 2 "$CONFIG/options" | head -n 1)" "$OPTIONS_END"
		assert_equal "$(stat -c %a "$CONFIG/options")" 640
		init --uninstall --yes
		assert_status 0
		assert_equal "$(tree)" "$before"
	done
}

@test "--uninstall keeps and names files that were changed afterwards" {
	user --yes
	echo ' ' >>"$CONFIG/policy.json"
	echo '#' >>"$CONFIG/options"
	init --uninstall --dry-run
	assert_line "$CONFIG/policy.json has been changed since then, and is left as it is"
	[[ -e $CONFIG/init.undo ]]
	init --uninstall --yes
	assert_status 0
	assert_line "$CONFIG/options has been changed since then, and is left as it is"
	assert_equal "$(ls -A "$CONFIG")" $'options\npolicy.json'
}

@test "the system's gate is root's: files, modes, and the record with the options before" {
	need_root
	mkdir -p "$TMP/root/etc/default"
	chown -R 0 "$TMP"
	cp "$BATS_TEST_DIRNAME/../units/firma.default" "$TMP/root/etc/default/firma"
	system --yes
	assert_status 0
	assert_line -p 'Enable firma.socket and firma-operator.socket there.'
	assert_equal "$(cd "$TMP/root/etc" && stat -c '%n %U %a' firma firma/* default/firma)" \
'firma root 755
firma/init.undo root 600
firma/policy.json root 644
default/firma root 644'
	assert_equal "$(tail -n 1 "$TMP/root/etc/default/firma")" \
		FIRMA_OPTIONS=--policy=/etc/firma/policy.json
	system --uninstall --yes
	assert_status 0
	cmp "$BATS_TEST_DIRNAME/../units/firma.default" "$TMP/root/etc/default/firma"
	[[ ! -e $TMP/root/etc/firma ]]
}

@test "the policy of Debian's package, which has no rules, gives way, and comes back" {
	local packaged=$BATS_TEST_DIRNAME/../packaging/debian/policy.json
	local policy=$TMP/root/etc/firma/policy.json

	need_root
	chown -R 0 "$TMP"
	install -D -m 644 "$packaged" "$policy"
	system --yes
	assert_status 0
	assert_line "replaces $policy, which has no rules and is the package's, with a copy of the policy that is named"
	cmp "$TMP/example.json" "$policy"
	assert_equal "$(stat -c '%U %a' "$policy")" 'root 644'
	system --uninstall --yes
	assert_status 0
	assert_line "puts $policy back as it was"
	cmp "$packaged" "$policy"
	assert_equal "$(ls -A "$TMP/root/etc/firma")" policy.json

	# Another one without rules is somebody's decision.
	sed -i s/site/mine/ "$policy"
	system --yes
	assert_status 0
	assert_line "$policy already exists, and is not changed"
	grep -q mine "$policy"
	system --uninstall --yes
	assert_status 0
	grep -q mine "$policy"
}

@test "as root it refuses directories that another user could write or redirect" {
	local before

	need_root
	chown -R 0 "$TMP"
	mkdir -p "$TMP/root/etc/default" "$TMP/elsewhere"

	# A link on the way, whoever made it.
	ln -s "$TMP/elsewhere" "$TMP/root/etc/firma"
	system --yes
	assert_status 1
	assert_stderr "firma: $TMP/root/etc/firma: is a symbolic link; nothing was changed"
	rm "$TMP/root/etc/firma"
	mv "$TMP/root/etc" "$TMP/root/real"
	ln -s real "$TMP/root/etc"
	system --yes
	assert_status 1
	assert_stderr -p 'is a symbolic link'
	rm "$TMP/root/etc"
	mv "$TMP/root/real" "$TMP/root/etc"

	# Another user's directory, and one that others can write, sticky or not.
	mkdir "$TMP/root/etc/firma"
	chown 4711 "$TMP/root/etc/firma"
	system --yes
	assert_status 1
	assert_stderr -p 'belongs to another user'
	chown 0 "$TMP/root/etc/firma"
	for mode in 0775 0777 1777; do
		chmod "$mode" "$TMP/root/etc/firma"
		system --yes
		assert_status 1
		assert_stderr -p 'can be written by its group or by others'
	done
	chmod 0755 "$TMP/root/etc/firma"

	# The files.
	ln -s "$TMP/elsewhere/x" "$TMP/root/etc/firma/policy.json"
	system --yes
	assert_status 1
	assert_stderr -p 'is a symbolic link'
	rm "$TMP/root/etc/firma/policy.json"
	ln -s "$TMP/elsewhere/x" "$TMP/root/etc/firma/init.undo"
	system --yes
	assert_status 1
	rm "$TMP/root/etc/firma/init.undo"
	mkfifo "$TMP/root/etc/default/firma"
	system --yes
	assert_status 1
	assert_stderr -p 'is no regular file'
	rm "$TMP/root/etc/default/firma"
	echo '#' >"$TMP/root/etc/default/firma"
	chown 4711 "$TMP/root/etc/default/firma"
	system --yes
	assert_status 1
	assert_stderr -p 'belongs to, or is writable by, others'
	chown 0:4711 "$TMP/root/etc/default/firma"
	chmod 0664 "$TMP/root/etc/default/firma"
	system --yes
	assert_status 1
	assert_stderr -p 'belongs to, or is writable by, others'
	assert_equal "$(find "$TMP/elsewhere" "$TMP/root/etc/firma" -mindepth 1)" ''

	# A record of another's is not believed.
	rm "$TMP/root/etc/default/firma"
	system --yes
	assert_status 0
	before=$(tree)
	chown 4711 "$TMP/root/etc/firma/init.undo"
	system --uninstall --yes
	assert_status 1
	chown 0 "$TMP/root/etc/firma/init.undo"
	assert_equal "$(tree)" "$before"
	echo '{"version":2}' >"$TMP/root/etc/firma/init.undo"
	system --uninstall --yes
	assert_status 1
	assert_stderr -p 'is no record of firma init'
}

@test "only a policy is copied: no secret that somebody has put in its place" {
	local what

	need_root
	mkdir -p "$TMP/root/etc/default"
	chown -R 0 "$TMP"
	echo '{"auths": {"host": {"auth": "secret"}}}' >"$TMP/secret"
	chmod 600 "$TMP/secret"
	ln -s secret "$TMP/policy.json"
	for what in --dry-run --yes; do
		as_root init --system --root "$TMP/root" --policy "$TMP/policy.json" "$what"
		assert_status 1
		assert_stderr -e "^firma: $TMP/policy.json: .*auths.*; nothing was changed$"
		refute_output
	done
	echo 'root:secret' >"$TMP/secret"
	as_root init --system --root "$TMP/root" --policy "$TMP/policy.json" --yes
	assert_status 1
	assert_stderr -e "^firma: $TMP/policy.json:1:1: .*; nothing was changed$"
	assert_equal "$(find "$TMP/root" -type f)" ''
	# Users and groups may be made later.
	echo '{"exec": [{"id": "a", "argv": ["ls"], "action": "allow", "groups": ["made-later"],
		"run_as": ["made-later"]}]}' >"$TMP/policy.json"
	as_root init --system --root "$TMP/root" --policy "$TMP/policy.json" --yes
	assert_status 0
}

@test "what root makes can be read by the daemon, whatever the umask" {
	need_root
	mkdir -p "$TMP/root"
	chown -R 0 "$TMP"
	umask 077
	system --yes
	assert_status 0
	assert_equal "$(stat -c '%a' "$TMP"/root/etc{,/firma,/firma/policy.json,/default,/default/firma})" \
		$'755\n755\n644\n755\n644'
	assert_equal "$(stat -c '%a' "$TMP/root/etc/firma/init.undo")" 600
}

@test "if the disk is full, everything is as it was before" {
	local size

	need_root
	mkdir -p "$TMP/root" "$TMP/bin"
	chown -R 0 "$TMP"
	cat >"$TMP/bin/full" <<-'END'
		mount -t tmpfs -o size="$1",mode=755 none "$2/root" && mkdir -p "$2/root/etc/default" || exit 99
		printf '# kept' >"$2/root/etc/default/firma"
		"${@:3}" && exit 98
		find "$2/root" -mindepth 1 ! -type d
		cat "$2/root/etc/default/firma"
	END
	for size in 8k 16k 44k; do
		run unshare --mount bash "$TMP/bin/full" "$size" "$TMP" "$FIRMA" init --system --yes \
			--root "$TMP/root" --policy "$TMP/example.json"
		assert_status 0
		assert_line -p 'No space left on device'
		assert_line -n -2 "$TMP/root/etc/default/firma"
		assert_line -n -1 '# kept'
	done
}
