#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
#
# When a file that is watched is read again (base/watched-file): the policy, the approvers and the
# allowlist. What is done with the file is shown in policy-file.bats and allowlist-file.bats.

load lib

setup() {
	lib_setup
	FILE=$TMP/file
	make_file
}

# An old mtime: the next write gives another one for sure.
make_file() {
	rm -rf "$FILE"
	(umask 077 && echo text >"$FILE")
	touch -d 2001-01-01 "$FILE"
}

# watched COMMAND ARG...
watched() {
	"$UNIT" watched-file "$TMP/state" "$@"
}

# The ctime of a file in µs, plus so many.
ctime() { # FILE [PLUS]
	local seconds

	seconds=$(stat -c %.6Z "$1")
	echo $((${seconds/./} + ${2:-0}))
}

# Long after the file's last change.
later() {
	ctime "$1" 3600000000
}

# Reads the file, long after its last change.
read_later() { # [OPTION] FILE
	watched note "$@" 1000 "$(later "${@: -1}")" never
}

is() { # same|changed [OPTION] FILE
	assert_equal "$(watched ask "${@:2}" 1000 1)" "$1"
}

@test "a file that was never read has changed, also where there is none" {
	is changed "$FILE"
	is changed "$TMP/missing"
}

@test "a file that was read long after its last change has not changed" {
	read_later "$FILE"
	is same "$FILE"
}

@test "a file has changed with its size, its text, its mode, its times or its place" {
	local change

	# shellcheck disable=SC2016 # each is run below
	for change in 'echo more >>"$FILE"; touch -d 2001-01-01 "$FILE"' 'echo TEXT >"$FILE"' \
		'chmod 640 "$FILE"' 'touch -d 2002-01-01 "$FILE"' \
		'cp -p "$FILE" "$TMP/new"; mv "$TMP/new" "$FILE"' 'rm "$FILE"' \
		'rm "$FILE"; mkdir "$FILE"'; do
		make_file
		read_later "$FILE"
		eval "$change"
		is changed "$FILE" || fail "after $change"
	done
}

@test "a file has changed if its ctime alone is another one" {
	local before

	before=$(ctime "$FILE")
	read_later "$FILE"
	while [ "$(ctime "$FILE")" = "$before" ]; do
		chmod 600 "$FILE"
	done
	is changed "$FILE"
}

@test "where there was no file and is none, nothing has changed; a new file is a change" {
	watched note "$TMP/missing" 1000 1000000 never
	is same "$TMP/missing"
	echo text >"$TMP/missing"
	is changed "$TMP/missing"
}

@test "a file that can't be looked at has changed" {
	watched note "$TMP/missing" 1000 1000000 never
	is changed "$FILE/below"
}

@test "for 100 ms after a change, a file is read each time" {
	watched note "$FILE" 1000 "$(ctime "$FILE")" never
	is changed "$FILE"
	watched note "$FILE" 1000 "$(ctime "$FILE" 99999)" never
	is changed "$FILE"
	watched note "$FILE" 1000 "$(ctime "$FILE" 100000)" never
	is same "$FILE"
}

@test "a file from the future is read each time" {
	watched note "$FILE" 1000 "$(ctime "$FILE" -1)" never
	is changed "$FILE"
	watched note "$FILE" 1000 "$(ctime "$FILE" -3600000000)" never
	is changed "$FILE"
}

@test "a file is read again at the time that was set, and not before" {
	local wall

	wall=$(later "$FILE")
	watched note "$FILE" 1000 "$wall" 2000
	assert_equal "$(watched ask "$FILE" 1999 "$wall")" same
	assert_equal "$(watched ask "$FILE" 2000 "$wall")" changed
	watched note "$FILE" 2000 "$wall" 0
	assert_equal "$(watched ask "$FILE" 2000 "$wall")" changed
}

@test "a link is followed, or is the file itself" {
	ln -s file "$TMP/link"
	read_later --no-follow "$TMP/link"
	is same --no-follow "$TMP/link"
	is changed "$TMP/link"

	watched note "$TMP/link" 1000 "$(later "$FILE")" never
	is same "$TMP/link"
	echo more >>"$FILE"
	is changed "$TMP/link"
}

@test "a file that this process wrote is read once more" {
	read_later "$FILE"
	watched wrote "$FILE"
	is changed "$FILE"
	read_later "$FILE"
	is same "$FILE"
}

@test "after a failure the file is read again, and until that succeeds" {
	read_later "$FILE"
	watched retry
	is changed "$FILE"
	is changed "$FILE"
	read_later "$FILE"
	is same "$FILE"
}
