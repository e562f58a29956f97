#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
#
# What is installed besides the program: the administrator's file, which is not replaced; the texts
# that explain the journal's messages; the version, wherever it is written; and a complete gate in the
# home of a user without root.

# shellcheck disable=SC2030,SC2031 # each test is a process, and so are its variables

load lib

# install_tree: into $TREE; OPTIONS is then the administrator's file in it.
install_tree() {
	TREE=$TMP/tree
	grep -q '^install-data-local:' "${FIRMA_SHIPPED%/*}/Makefile" \
		|| skip "this build is for a user's own gate"
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

# versions_at SED-EXPRESSION FILE...: each version that the expression finds in a line, once.
versions_at() {
	sed -nE "$1" "${@:2}" | sort -u
}

@test "each place that names the version names that of configure.ac" {
	local source=$BATS_TEST_DIRNAME/.. version number='([0-9]+(\.[0-9]+)+)'

	version=$(versions_at 's/^AC_INIT\(\[firma\], \[(.*)\]\)$/\1/p' "$source/configure.ac")
	assert_equal "$("$FIRMA_SHIPPED" --version | cut -d ' ' -f 1-2)" "firma $version"
	cd "$source"
	assert_equal "$(versions_at "1s/^## $number( .*)?$/\1/p" <(grep '^## ' CHANGELOG.md))" "$version"
	assert_equal "$(versions_at "1s/^firma \($number-.*/\1/p" packaging/debian/changelog)" "$version"
	assert_equal "$(versions_at "s/^Version: (.*)/\1/p" packaging/rpm/firma.spec)" "$version"
	assert_equal "$(versions_at "1s/^\* .*> - $number-[0-9]+$/\1/p" \
		<(grep -A 1 '^%changelog' packaging/rpm/firma.spec | tail -n 1))" "$version"
	# What readers copy.
	assert_equal "$(versions_at "s/^daemon +$number, .*/\1/p" man/firma-deploy.7)" "$version"
	assert_equal "$(versions_at "s/.*firma-$number-bundle.*/\1/p" man/firma-ci.7)" "$version"
	assert_equal "$(versions_at "s/.* v$number firma-bundle.*/\1/p" man/firma-ci.7)" "$version"
	assert_equal "$(versions_at "s|.*generic/firma/$number/.*|\1|p" man/firma-ci.7)" "$version"
	assert_equal "$(versions_at 's/.*--at-least ([0-9.]+) .*/\1/p' man/firma-runner.1)" "$version"
	assert_equal "$(versions_at "s/^ +version: $number$/\1/p" ci/examples/*.yml)" "$version"
	assert_equal "$(versions_at "s/.*(download v|tags\/v|generic\/firma\/)$number.*/\2/p" \
		ci/examples/*.yml)" "$version"
}

@test "a commit with a tag is the release that its changelogs tell of" {
	local source=$BATS_TEST_DIRNAME/.. tag

	[[ -e $source/.git ]] || return 0 # a tarball has no tags
	tag=$(git -C "$source" describe --tags --exact-match --match 'v[0-9]*' HEAD 2>/dev/null) || return 0
	assert_equal "$("$FIRMA_SHIPPED" --version | cut -d ' ' -f 2)" "${tag#v}"
	grep -qxE "## ${tag#v} \([0-9]{4}-[0-9]{2}-[0-9]{2}\)" "$source/CHANGELOG.md"
	run head -n 1 "$source/packaging/debian/changelog"
	refute_line -p UNRELEASED
}

# as_owner COMMAND...: runs it as the owner of the home $TMP: this user or, for root, another one.
as_owner() {
	local as=()

	((EUID != 0)) || as=(setpriv --reuid="$OWNER" --regid="$OWNER" --clear-groups --)
	"${as[@]}" env PATH="$TMP/.local/bin:$PATH" XDG_RUNTIME_DIR="$TMP" "$@"
}

# in_home COMMAND...: must succeed.
in_home() {
	as_owner "$@" >"$TMP/said" 2>&1 || fail "$*" "$(tail -n 20 "$TMP/said")"
}

@test "with the prefix ~/.local, a user without root installs a whole gate, and asks it" {
	local build=${FIRMA_SHIPPED%/*} source=$TMP/source token

	! grep -q __asan_init "$FIRMA_SHIPPED" || skip "a sanitizer's objects can't be linked without it"
	OWNER=4711
	unset FIRMA_SOCKET FIRMA_OPERATOR_SOCKET
	# The released source, with the objects of this build to save time.
	make_build distdir distdir="$source" >"$TMP/said" 2>&1 || fail "$(<"$TMP/said")"
	((EUID != 0)) || {
		_give_tmp "$OWNER"
		chown -R "$OWNER:$OWNER" "$source"
	}
	cd "$source" || return
	in_home ./configure --quiet --prefix="$TMP/.local"
	(cd "$build" && find src \( -name '*.o' -o -name .dirstamp \) && ls -- *.a firma) |
		tar -C "$build" -cf - --verbatim-files-from -T - | as_owner tar -xf - --no-same-owner
	in_home env -u MAKEFLAGS -u MAKELEVEL make --silent install

	# Where a shell, man and the user's systemd look.
	local share=$TMP/.local/share
	run find "$TMP/.local" ! -type d ! -path "$share/man/*" ! -path "$share/doc/*" \
		! -path "$share/firma/*" ! -path "$TMP/.local/libexec/*" -printf '%P\n'
	assert_equal "$(sort <<<"$output")" "$(sort <<-END
		bin/firma
		share/bash-completion/completions/firma
		share/systemd/user/firma-notify.service
		share/systemd/user/firma-operator.socket
		share/systemd/user/firma-proxy.service
		share/systemd/user/firma-proxy.socket
		share/systemd/user/firma.service
		share/systemd/user/firma.socket
		share/fish/vendor_completions.d/firma.fish
		share/zsh/site-functions/_firma
	END
	)"
	[[ -s $share/man/man1/firma.1 && -s $share/firma/examples/coding-agent.json ]]
	grep -qx "ExecStart=$TMP/.local/bin/firma serve .*" "$share/systemd/user/firma.service"
	run as_owner systemd-analyze --user unit-paths
	assert_line "$share/systemd/user"
	in_home systemd-analyze --user --man=no verify "$share"/systemd/user/firma{,-operator}.socket \
		"$share/systemd/user/firma-notify.service"
	# It succeeds, whatever it says of a setting that it ignores.
	[[ ! -s $TMP/said ]] || fail "$(<"$TMP/said")"

	in_home firma daemon start --operator-socket "$TMP/firma/operator.sock" \
		--allow-self-approval --default-action pending_hitl
	token=$(as_owner firma check -- true 2>"$TMP/said") || [[ $? == 75 ]] || fail "$(<"$TMP/said")"
	in_home firma token approve --yes "$token"
	in_home firma check --token "$token" -- true
	in_home firma daemon stop

	in_home env -u MAKEFLAGS -u MAKELEVEL make --silent uninstall
	assert_equal "$(find "$TMP/.local" ! -type d ! -path '*/state/*')" ''
}
