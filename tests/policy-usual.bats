#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
#
# The policy if no option names one: its path, that the daemon decides at its start whether there is
# one, and the home directory in the paths of options.

# shellcheck disable=SC2030,SC2031 # each test is a process, and so are its variables
# shellcheck disable=SC2154 # some variables are those of lib.bash and of bats

load lib

setup() {
	lib_setup
	USUAL=$CONFIGURATION_DIRECTORY/policy.json
	mkdir -m 0755 "$CONFIGURATION_DIRECTORY"
}

# put ACTION [FILE]: writes a policy there.
put() {
	printf '{"default_action":"%s"}' "$1" >"${2-$USUAL}.new"
	mv "${2-$USUAL}.new" "${2-$USUAL}"
}

is_told() {
	run ask
	assert_decision "$@"
}

@test "a policy at the usual path is in force, and so is each change of it" {
	put allow
	start_daemon
	is_told allow 'allowed by the default action'
	put deny
	is_told deny 'denied by the default action'
	printf '{' >"$USUAL"
	is_told deny 'denied by the default action'
	run firma status
	assert_status 4
	assert_line -e "^policy +$USUAL, "
}

@test "if the policy vanishes, the daemon is closed until it is back, whatever the default action" {
	put allow
	start_daemon --default-action allow
	is_told allow
	mv "$USUAL" "$TMP/aside"
	is_told deny "closed: $USUAL: No such file or directory"
	mv "$TMP/aside" "$USUAL"
	is_told allow
	rm -r "$CONFIGURATION_DIRECTORY"
	is_told deny -p "closed: "
	mkdir -m 0755 "$CONFIGURATION_DIRECTORY"
	ln -s nowhere "$USUAL"
	is_told deny -p "closed: "
	rm "$USUAL"
	put deny
	is_told deny 'denied by the default action'
}

@test "a dangling link does not count as no policy, and a link whose file vanishes closes the daemon" {
	ln -s "$TMP/elsewhere" "$USUAL"
	start_daemon --default-action allow
	is_told deny -p "closed: $USUAL: "
	put allow "$TMP/elsewhere"
	is_told allow
	rm "$TMP/elsewhere"
	is_told deny -p "closed: $USUAL: "
}

@test "a directory without access does not count as no policy" {
	((EUID != 0)) || AS_UID=4711
	((EUID != 0)) || chown 4711 "$CONFIGURATION_DIRECTORY"
	chmod 0 "$CONFIGURATION_DIRECTORY"
	AS_UID=${AS_UID-} start_daemon --default-action allow
	run ask
	chmod 0755 "$CONFIGURATION_DIRECTORY"
	assert_decision deny "closed: $USUAL: Permission denied"
}

@test "a policy that another user can write is not used" {
	put allow
	chmod 0666 "$USUAL"
	start_daemon --default-action allow
	is_told deny "closed: $USUAL: can be written by its group or by others"
	chmod 0644 "$USUAL"
	is_told allow
}

@test "a policy that appears later is not in force until a restart, but causes one warning" {
	start_daemon --default-action deny
	is_told deny
	put allow
	move_clock 11
	is_told deny 'denied by the default action'
	move_clock 11
	is_told deny 'denied by the default action'
	assert_log "firma: $USUAL is new: restart the daemon to apply it"
	assert_equal "$(grep -c 'is new: restart the daemon' "$TMP/log")" 1
	run firma status
	assert_line "not in force   $USUAL"
	run firma doctor --no-hooks
	assert_line -e "^warning +policy +$USUAL is not in force: it is newer than the daemon\$"
	rm "$USUAL"
	move_clock 11
	is_told deny
	run firma status
	refute_line -p 'not in force'
	put allow
	stop_daemon
	start_daemon --default-action deny
	is_told allow
}

@test "the option --policy takes precedence" {
	put allow
	put deny "$TMP/other"
	start_daemon --policy "$TMP/other" --default-action allow
	is_told deny
	rm "$TMP/other" # of a file that is named, what was read stays in force
	is_told deny 'denied by the default action'
	run firma status
	assert_line -e "^policy +$TMP/other, "
}

@test "a user's policy is in XDG_CONFIG_HOME, or in the home" {
	local config=$TMP/.config/firma

	unset CONFIGURATION_DIRECTORY
	mkdir -p "$config" "$TMP/xdg/firma"
	put allow "$config/policy.json"
	put deny "$TMP/xdg/firma/policy.json"
	((EUID != 0)) || {
		AS_UID=4711
		chown -R 4711 "$TMP/.config" "$TMP/xdg"
	}
	export AS_UID
	start_daemon
	is_told allow
	stop_daemon
	rm -rf "$STATE_DIR" # in the evidence's place is another's then
	XDG_CONFIG_HOME=$TMP/xdg start_daemon --default-action allow
	is_told deny
	stop_daemon
	XDG_CONFIG_HOME=relative start_daemon
	is_told allow
}

@test "~/ and %h/ at the beginning of a path among the options are the home directory" {
	put allow "$TMP/p"
	# shellcheck disable=SC2088 # not the shell's
	start_daemon --policy '~/p' --evidence-log '%h/log.evidence'
	is_told allow
	[[ -s $TMP/log.evidence ]]
	run firma status
	assert_line -e "^policy +$TMP/p, "
	stop_daemon
	mkdir -p '~' "$TMP/~user"
	# Nothing else is replaced: not another user's home, and not inside a path.
	run firma serve --socket "$SOCKET" --store memory --pid-file "$TMP/none/~/x"
	assert_status 1
	assert_output -p "$TMP/none/~/x"
}
