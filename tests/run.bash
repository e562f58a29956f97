# SPDX-License-Identifier: ISC
# shellcheck shell=bash
#
# For tests of `firma run`: an environment of which nothing is dropped, and commands that somebody
# other than root could change.
#
# What is set here may be for the library, as what is read may be the library's; scripts of the tests
# are theirs to expand; and names of variables are in variables:
# shellcheck disable=SC2016,SC2034,SC2153,SC2154,SC2163

load hold
load terminal

setup() {
	local name

	if ((${#WRAPPER[@]} > 0)); then
		skip "it would run the command under another program"
	fi
	store_setup
	# What is dropped from the environment is said: there is nothing to drop but a test's own.
	while read -r name; do
		case $name in
		PATH | HOME | LC_ALL | TERM | TMPDIR | FIRMA_* | BATS_* | ASAN_* | UBSAN_*) ;;
		*) export -n "$name" ;;
		esac
	done < <(compgen -e)
	while read -r _ _ name; do
		export -nf "$name"
	done < <(declare -Fx)
	mkdir "$TMP/dir"
	cd "$TMP/dir" || return
}

teardown() {
	terminal_teardown
	lib_teardown
}

# runs [OPTION...] -- COMMAND...: `firma run`, with standard error apart.
runs() {
	run --separate-stderr firma run "$@"
}

# missing [OPTION...] COMMAND: the same, for one that is not there.
missing() {
	run -127 --separate-stderr firma run "$@"
	refute_output
}

# begins NAME [OPTION...] -- COMMAND...: the same in the background; `finish NAME` has all that it
# wrote.
begins() {
	local name=$1

	shift
	echo begun >"$TMP/$name.out"
	_command "$FIRMA" run "$@"
	_spawn "${VIA[@]}" "${CMD[@]}" <"${INPUT-/dev/null}" >>"$TMP/$name.out" 2>"$TMP/$name.err"
	# shellcheck disable=SC2004 # by name, not by number
	BACKGROUND[$name]=$!
}

# The same, until it waits for a person; fills TOKEN.
waits() {
	begins "$@"
	until_has waiting 1
	TOKEN=$(listed token_id state=pending)
}

approve() {
	must "$OK" operate approve token_id="$TOKEN"
}

# script PATH LINE...: of sh; somebody other than root could change it.
script() {
	printf '%s\n' '#!/bin/sh' "${@:2}" >"$1"
	chmod 775 "$1"
}

# program PATH: one that is no script, and that somebody other than root could change.
program() {
	cp "$(type -P cat)" "$1"
	chmod 775 "$1"
}
