#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
#
# What is installed beside the program: the administrator's file, which is theirs, and the texts
# that explain the journal's messages.

# shellcheck disable=SC2030,SC2031 # each test is a process, and so are its variables

load lib

# install_tree: into $TREE; OPTIONS is then the administrator's file in it.
install_tree() {
	TREE=$TMP/tree
	make_build install DESTDIR="$TREE" >"$TMP/install" 2>&1 || fail "$(<"$TMP/install")"
	OPTIONS=$(find "$TREE" -path '*/default/firma')
	[[ -f $OPTIONS ]] || fail "no options are installed"
}

uninstall_tree() {
	make_build uninstall DESTDIR="$TREE" >"$TMP/install" 2>&1 || fail "$(<"$TMP/install")"
}

@test "the file of options is the administrator's: it is neither replaced nor removed" {
	install_tree
	cmp "$OPTIONS" "$BATS_TEST_DIRNAME/../units/firma.default"
	echo FIRMA_OPTIONS=--idle-timeout=1s >"$OPTIONS"
	install_tree
	assert_equal "$(<"$OPTIONS")" FIRMA_OPTIONS=--idle-timeout=1s
	uninstall_tree
	assert_equal "$(<"$OPTIONS")" FIRMA_OPTIONS=--idle-timeout=1s
	assert_equal "$(find "$TREE" ! -type d)" "$OPTIONS"
}

@test "what was installed and is unchanged is removed, all of it" {
	install_tree
	uninstall_tree
	assert_equal "$(find "$TREE" ! -type d)" ''
}

@test "an empty file of options is kept: it was meant" {
	install_tree
	: >"$OPTIONS"
	install_tree
	uninstall_tree
	[[ -f $OPTIONS && ! -s $OPTIONS ]]
}

@test "each kind of message is explained in the catalog, and nothing else is" {
	local source=$BATS_TEST_DIRNAME/.. ids

	ids=$(sed -n 's/^#define LOG_ID_.* "\(.*\)"$/\1/p' "$source/src/daemon/log.h" | sort)
	assert_equal "$(grep -c '^#define LOG_ID_' "$source/src/daemon/log.h")" "$(wc -l <<<"$ids")"
	assert_equal "$(sort -u <<<"$ids")" "$ids"
	assert_equal "$(sed -n 's/^-- \(.*\)$/\1/p' "$source/units/firma.catalog" | sort)" "$ids"
}

@test "systemd takes the catalog as it is, with a subject and where to read on in each entry" {
	local catalog=$BATS_TEST_DIRNAME/../units/firma.catalog n

	mkdir -p "$TMP/root/usr/lib/systemd/catalog" "$TMP/root/var/lib/systemd/catalog"
	cp "$catalog" "$TMP/root/usr/lib/systemd/catalog/"
	run --separate-stderr journalctl --root="$TMP/root" --update-catalog
	assert_status 0
	refute_stderr

	n=$(grep -c '^-- ' "$catalog")
	assert_equal "$(grep -c '^Subject: ..*' "$catalog")" "$n"
	assert_equal "$(grep -c '^Defined-By: firma$' "$catalog")" "$n"
	assert_equal "$(grep -c '^Documentation: man:firma' "$catalog")" "$n"
}
