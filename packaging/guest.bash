# SPDX-License-Identifier: ISC
# shellcheck shell=bash
#
# What the tests of packages have in common: a machine of their own (tests/boot), and what must hold
# there whatever the packages' format. To be sourced in the source directory; makes $work, and removes
# it and the machine at the end.

work=$(mktemp -d /tmp/firma-packages.XXXXXX)
trap 'tests/boot stop "$work/guest" 2>/dev/null || true; rm -rf "$work"' EXIT

die() {
	echo "$0: $*" >&2
	exit 1
}

guest() {
	tests/boot exec "$work/guest" "$@"
}

# boot_guest: with the files of $work/root.
boot_guest() {
	tests/boot start "$work/guest" "$work/root" >"$work/out" 2>&1 || die "boot: $(<"$work/out")"
	# Containers have this file; it would keep services from starting.
	guest rm -f /usr/sbin/policy-rc.d
}

# holds WHAT COMMAND...: the command must succeed in the guest; WHAT is the message if not.
holds() {
	guest "${@:2}" >"$work/out" 2>&1 || die "$1: $(<"$work/out")"
}

# eventually COMMAND...: the command must succeed within a minute.
eventually() {
	local end=$((SECONDS + 60))

	until "$@"; do
		((SECONDS < end)) || die "in vain: $*"
		sleep 0.1
	done
}

assert_users() {
	holds "the user" getent passwd firma
	holds "the group of askers" getent group firma-agents
	holds "the group of operators" getent group firma-operators
}

assert_not_enabled() {
	local unit

	for unit in firma.socket firma-operator.socket firma.service firma-jwks.timer; do
		[[ $(guest systemctl is-enabled "$unit" || true) != enabled ]] || die "$unit is enabled"
		! guest systemctl is-active --quiet "$unit" || die "$unit is active"
	done
}

# assert_init: firma init sets up a gate from what the packages hold, to a first request that is
# approved; firma doctor finds nothing wrong with it; and --uninstall puts everything back.
assert_init() {
	local state status=0

	state=$(init_state)
	guest useradd --system init-asker
	guest useradd --system init-operator
	holds "init" firma init --system --agent-user init-asker --operator-user init-operator --yes
	grep -q 'The first question was approved, and is allowed' "$work/out" ||
		die "init does not end with a request that is allowed: $(<"$work/out")"
	holds "the sockets after init" systemctl is-enabled firma.socket firma-operator.socket
	guest firma status >"$work/out"
	grep -q 'coding-agent' "$work/out" || die "another policy is in force: $(<"$work/out")"
	# 4: there are warnings, such as of a record that is not kept.
	guest firma doctor >"$work/out" 2>&1 || status=$?
	[[ $status == 0 || $status == 4 ]] || die "doctor ($status): $(<"$work/out")"

	holds "init --uninstall" firma init --uninstall --system --yes
	[[ $(init_state) == "$state" ]] || die "after init --uninstall: $(
		diff <(echo "$state") <(init_state)
	)"
	assert_not_enabled
	guest systemctl --quiet stop firma.service
	guest userdel init-asker
	guest userdel init-operator
}

# init_state: what firma init may change.
init_state() {
	guest sh -c 'getent group firma-agents firma-operators
		find /etc/firma /etc/default/firma /etc/systemd -printf "%p %M %u %g %l\n"
		cat /etc/firma/* /etc/default/firma'
}

# ask_and_wait: asks with evidence, and waits for a person in the background.
ask_and_wait() {
	guest sh -c 'printf "%s\n" "FIRMA_OPTIONS=--evidence-log=/var/lib/firma/evidence.jsonl" \
		>/etc/default/firma && systemctl --quiet stop firma.service'
	guest useradd --system --groups firma-agents asker
	: >"$work/waiting"
	(guest setpriv --reuid=asker --regid=asker --init-groups firma check --wait -- uname -r \
		>"$work/waiting" 2>&1; echo "status $?" >>"$work/waiting") &
	waiting=$!
	eventually grep -q 'a person must decide' "$work/waiting"
	token=$(sed -n 's/.*must decide about \([0-9a-f-]*\);.*/\1/p' "$work/waiting")
	before=$(guest systemctl show --value --property=MainPID firma.service)
}

# approve_after_upgrade: another daemon has the request of ask_and_wait, and it is allowed.
approve_after_upgrade() {
	[[ $(guest systemctl show --value --property=MainPID firma.service) != "$before" ]] ||
		die "the daemon was not replaced"
	holds "the sockets after the upgrade" systemctl is-active firma.socket firma-operator.socket
	guest firma token show "$token" | grep -q '^state *pending' || die "the request is lost"
	holds "approving after the upgrade" firma token approve --yes "$token"
	wait "$waiting"
	grep -q '^status 0$' "$work/waiting" ||
		die "the waiting request was not allowed: $(<"$work/waiting")"
}
