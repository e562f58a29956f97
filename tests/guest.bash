# SPDX-License-Identifier: ISC
# shellcheck shell=bash
#
# For tests of firma as it is installed, in a machine of their own (tests/boot), which is GUEST. Who
# loads it sets GUEST and OPTIONS_FILE in setup_file, and puts users there.
#
# What is set here may be for the tests, as what is read may be theirs:
# shellcheck disable=SC2034,SC2154

BOOT=$BATS_TEST_DIRNAME/boot

# obstacle: why no guest can be had, or none for this program.
obstacle() {
	if ((EUID != 0)); then
		echo "only root can boot"
	elif ((${#WRAPPER[@]} > 0)); then
		echo "it runs under another program"
	elif grep -q __asan_init "$FIRMA_SHIPPED"; then
		echo "a sanitizer does not fit into the sandbox"
	fi
}

# install_guest ROOT: where systemd looks for it. A prefix elsewhere, as in `make distcheck`, may be
# where the sandbox has nothing, such as below /tmp.
install_guest() {
	local prefix moved=() service

	prefix=$(sed -n 's/^prefix = //p' "${FIRMA_SHIPPED%/*}/Makefile")
	[[ $prefix == /usr || $prefix == /usr/local ]] || moved=(prefix=/usr/local sysconfdir=/etc)
	make_build install DESTDIR="$1" "${moved[@]}" >"$BATS_FILE_TMPDIR/install" 2>&1 \
		|| fail "$(<"$BATS_FILE_TMPDIR/install")"
	if ((${#moved[@]} > 0)); then
		sed -i -e "s|^\(ExecStart=\)$prefix/|\1/usr/local/|" \
			-e "s|^\(EnvironmentFile=-\)$prefix/|\1/|" \
			"$1"/usr/local/lib/systemd/*/firma*.service
	fi
	service=$(find "$1" -path '*/system/firma.service')
	OPTIONS_FILE=$(sed -n 's/^EnvironmentFile=-//p' "$service")
	[[ -e $1$OPTIONS_FILE ]] || fail "$service names no file of options that is installed"
}

guest() {
	"$BOOT" exec "$GUEST" "$@"
}

# as USER COMMAND...
as() {
	"$BOOT" exec "$GUEST" -u "$@"
}

# serve_with OPTION...: what the daemon has when it is started next. It doesn't run, and nothing is
# on record; the units are as installed.
serve_with() {
	# shellcheck disable=SC2016
	guest sh -c 'printf "FIRMA_OPTIONS=%s\n" "$2" >"$1"
		rm -rf /run/systemd/system/firma.service.d && systemctl daemon-reload
		systemctl stop firma.service && rm -rf /var/lib/firma/* /etc/firma/policy.json' \
		sh "$OPTIONS_FILE" "$*" 2>/dev/null
	SINCE=$(starts)
}

# eventually COMMAND...: until it succeeds, within bounds.
eventually() {
	_until $$ "$@" || fail "it was in vain: $*"
}

# message_id KIND: of a message in the journal.
message_id() {
	sed -n "s/^#define LOG_ID_$1 \"\(.*\)\"/\1/p" "$BATS_TEST_DIRNAME/../src/daemon/log.h"
}

# journal ARG...: with all that was sent to it.
journal() {
	guest sh -c 'journalctl --sync && exec journalctl --quiet --no-pager "$@"' sh "$@"
}

# starts: how often this boot's daemons have begun to serve.
starts() {
	journal -b -o cat MESSAGE_ID="$(message_id START)" | grep -c 'agent door' || true
}
