# SPDX-License-Identifier: ISC
# shellcheck shell=bash
#
# What a program costs, in instructions: they depend neither on how busy the machine is, nor on how
# fast.

# shellcheck disable=SC2154 # some variables are those of lib.bash

# each_takes LIMIT WHAT COMMAND...: does the command, which takes a number of times as its last
# argument, spend at most so many instructions on one of them? Prints the figure.
each_takes() {
	local few many

	((${#WRAPPER[@]} == 0)) || skip "it runs under another program"
	! grep -q __asan_init "$FIRMA" || skip "a sanitizer has costs of its own"
	cat >"$TMP/input"
	few=$(_count "${@:3}" 5)
	many=$(_count "${@:3}" 25)
	echo "# $2: $(((many - few) / 20)) instructions" >&3
	((few > 0 && many > few && many - few <= 20 * $1)) || fail "$few for 5, $many for 25"
}

_count() {
	valgrind -q --tool=callgrind --vgdb=no --callgrind-out-file="$TMP/callgrind" "$@" <"$TMP/input" >&2
	sed -n 's/^\(totals\|summary\): //p' "$TMP/callgrind" | head -n 1
}
