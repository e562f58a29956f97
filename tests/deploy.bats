#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
#
# firma-deploy(7), typed from its beginning to its end on a machine of its own: a systemd that was
# really booted, with two users who have logged in.
#
# What is typed is what stands in the page's literal displays (.Bd -literal), in their order:
#
#   "# COMMAND"      as root
#   "alice$ COMMAND" as that user; at the end of a line, \ goes on in the next
#   any other line   is what the command above it prints
#
# Each of them has one login shell throughout, logged in when they type for the first time. A
# command must succeed; but where `echo $?` follows, its status must be the one that is shown there.
#
# Lines that are shown must be printed; others may be as well, and the order may be another. "..."
# stands for anything, a number for any other, a token's ID for any other, spaces for spaces.
#
# `make install` was done before, with DESTDIR, and its tree is now laid over the machine's files;
# `make uninstall` takes the same files away.

load lib

BOOT=$BATS_TEST_DIRNAME/boot
PAGE=$BATS_TEST_DIRNAME/../man/firma-deploy.7
MARK=--the-command-ended-with

# How many commands were typed; and what is to be said of the last one, if it has failed.
COMMANDS=0 FAILED=

setup() {
	GUEST=
	lib_setup
	need_root
	((${#WRAPPER[@]} == 0)) || skip "it runs under another program"
	! grep -q __asan_init "$FIRMA_SHIPPED" || skip "a sanitizer is not for a service's sandbox"
	make_tree
	boot_machine
}

teardown() {
	if [[ $GUEST ]]; then
		[[ ${BATS_TEST_COMPLETED-} ]] || guest journalctl -n 50 || true
		"$BOOT" stop "$GUEST"
	fi
	lib_teardown
}

# --- the machine ----------------------------------------------------------------------------------

# What `make install` installs, where it does unless told otherwise.
make_tree() {
	local units=$TMP/tree/usr/local/lib/systemd

	MAKEFLAGS='' make -s -C "$(dirname "$FIRMA_SHIPPED")" install DESTDIR="$TMP/tree" \
		prefix=/usr/local defaultdir=/etc/default >"$TMP/install" 2>&1 || fail "$(<"$TMP/install")"
	sed -i -e 's|^ExecStart=[^ ]*/firma |ExecStart=/usr/local/bin/firma |' \
		-e 's|^EnvironmentFile=-/.*|EnvironmentFile=-/etc/default/firma|' \
		"$units"/{system,user}/firma*.service
}

# Without firma, with logins, a journal on disk, and the two users.
boot_machine() {
	local name

	mkdir -p "$TMP/base/etc/systemd/journald.conf.d"
	printf '[Journal]\nStorage=persistent\n' >"$TMP/base/etc/systemd/journald.conf.d/deploy.conf"
	GUEST=$TMP/guest
	"$BOOT" start "$GUEST" "$TMP/base"
	guest journalctl --flush
	guest systemctl start dbus.socket systemd-logind.service
	# Where the host has a gate of its own, this machine has not.
	for name in alice bob firma; do
		guest userdel --force "$name" 2>/dev/null || true
	done
	for name in alice bob firma-agents firma-operators; do
		guest groupdel "$name" 2>/dev/null || true
	done
	guest rm -rf /etc/default/firma /var/lib/firma
	for name in alice bob; do
		guest useradd --create-home --shell /bin/bash "$name"
	done
}

guest() {
	"$BOOT" exec "$GUEST" "$@"
}

# The administrator's options stay what they are.
make_install() {
	local but=()

	! guest test -e /etc/default/firma || but=(--exclude=./etc/default/firma)
	tar -C "$TMP/tree" "${but[@]}" -c . | guest tar -C / -x --no-overwrite-dir --no-same-owner
}

make_uninstall() {
	(cd "$TMP/tree" && find . -type f ! -path ./etc/default/firma -print0) \
		| guest xargs -0 env -C / rm
}

# What is called after firma where something may stay, and among users and groups.
leavings() {
	guest find /etc /home/alice /home/bob /run /var -path /run/systemd -prune \
		-o -name '*firma*' -print
	guest cat /etc/passwd /etc/group | grep firma || true
}

# --- what is typed --------------------------------------------------------------------------------

# log_in USER
log_in() {
	_background_held "$1" "$BOOT" exec "$GUEST" su - "$1" -c 'echo ready; exec bash 2>&1'
}

# enter USER COMMAND: types it, and sets status, output and lines.
enter() {
	local who=$1 out=$TMP/$1.out typed

	[[ ${BACKGROUND[$who]-} ]] || log_in "$who"
	typed=$(stat -c %s "$out")
	# shellcheck disable=SC2016 # it is for the other shell
	printf '{ %s\n} </dev/null; _status=$?; printf "\\n%%s %%s\\n" %s $_status; (exit $_status)\n' \
		"$2" "$MARK" >&"${HELD[$who]}"
	_until "${BACKGROUND[$who]}" _has_ended "$out" "$typed" || fail "no end of '$2': $(<"$out")"
	output=$(tail -c "+$((typed + 1))" "$out")
	status=${output##*"$MARK "}
	output=${output%$'\n'"$MARK "*}
	output=${output%$'\n'}
	mapfile -t lines <<<"$output"
}

_has_ended() {
	tail -c "+$(($2 + 1))" "$1" | grep -q "^$MARK "
}

# --- the page -------------------------------------------------------------------------------------

# The displays, line by line: what kind it is (section, command or output), a tab, the text; a
# command has who types it and another tab before it.
displays() {
	awk -v quote="'" '
		/^\.S[hs] / { print "section\t" substr($0, 5) }
		/^\.D[1l] ([#]|[a-z]+\$) / { print "unknown\t" $0 }
		/^\.Ed/ { shown = 0 }
		shown {
			sub(/^\\&/, "")
			gsub(/\\-/, "-"); gsub(/\\\(aq/, quote); gsub(/\\\(ti/, "~")
			if (/\\[^e]/) { print "unknown\t" $0; exit }
			gsub(/\\e/, "\\")
			if (line ~ /\\$/) { line = line "\n" $0 }
			else line = $0
			if (line ~ /\\$/) next
			if (line ~ /^# /) kind = "command\troot\t" substr(line, 3)
			else if (match(line, /^[a-z]+\$ /))
				kind = "command\t" substr(line, 1, RLENGTH - 2) "\t" substr(line, RLENGTH + 1)
			else kind = (first ? "unknown" : "output") "\t" line
			gsub(/\\\n */, "", kind)
			print kind
			first = 0
		}
		/^\.Bd -literal/ { shown = first = 1; line = "" }' "$PAGE"
}

# follow [SECTION]: types what stands on the page, or in one of its sections.
follow() {
	local kind rest section='' typist='' command='' shown=()

	while IFS=$'\t' read -r kind rest; do
		case $kind in
		output)
			shown+=("$rest")
			continue
			;;
		unknown) fail "neither a command nor its output: $rest" ;;
		esac
		follow_command "$typist" "$command" "${shown[@]}"
		command='' shown=()
		if [[ $kind == section ]]; then
			section=$rest
		elif [[ ! ${1-} || $section == "$1" ]]; then
			typist=${rest%%$'\t'*} command=${rest#*$'\t'}
		fi
	done < <(displays && echo section)
	[[ ! $FAILED ]] || fail "$FAILED"
}

# follow_command USER COMMAND SHOWN...
follow_command() {
	local expected=${3-}

	[[ $2 ]] || return 0
	COMMANDS=$((COMMANDS + 1))
	if [[ $2 == 'echo $?' ]]; then
		enter "$1" "$2"
		FAILED=
		assert_equal "$output" "$expected"
		return
	fi
	[[ ! $FAILED ]] || fail "$FAILED"
	case $2 in
	'make install') make_install ;;
	'make uninstall') make_uninstall ;;
	*)
		# What was logged until now is in the journal when it is read.
		[[ $2 != *journalctl* ]] || guest journalctl --sync
		enter "$1" "$2"
		((status == 0)) || FAILED="$1 typed '$2', which ended with status $status: $output"
		assert_shown "$1 typed '$2'" "${@:3}"
		;;
	esac
}

# assert_shown WHAT LINE...: they are among the lines of the output.
assert_shown() {
	local line pattern printed found

	mapfile -t found < <(normal <<<"$output")
	for line in "${@:2}"; do
		pattern=$(normal <<<"$line" | sed 's/[][*?\\]/\\&/g; s/\.\.\./*/g')
		for printed in "${found[@]}"; do
			# shellcheck disable=SC2053 # it is a pattern
			[[ $printed != $pattern ]] || continue 2
		done
		_report "$1, and a line is missing" expected "$line" actual "$output"
		return
	done
}

# Without what differs from one time to the next.
normal() {
	sed -E -e 's/[0-9a-f]{8}-([0-9a-f]{4}-){3}[0-9a-f]{12}/ID/g' -e 's/[0-9a-f]{8}-\.\.\./ID.../g' \
		-e 's/[0-9]+/N/g; s/ +/ /g; s/ $//'
}

@test "every command of firma-deploy(7) can be typed as it stands, and nothing is left in the end" {
	local before

	before=$(leavings)
	follow
	((COMMANDS > 50)) || fail "only $COMMANDS commands were found"
	assert_equal "$(leavings)" "$before"
}

# --- when it does not work ------------------------------------------------------------------------

set_options() {
	guest sh -c "echo 'FIRMA_OPTIONS=$1' >/etc/default/firma"
	guest systemctl -q stop firma.service
}

# provoke MESSAGE: brings about what the page has it for, and mends it as the page says.
provoke() {
	case $1 in
	'No such file or directory'*)
		guest systemctl stop firma.socket firma-operator.socket
		enter alice 'firma check -- uname -r'
		guest systemctl start firma.socket firma-operator.socket
		;;
	'the listener has no uid here')
		enter root 'unshare --user firma check -- uname -r'
		;;
	'Permission denied'*)
		enter bob 'firma check -- uname -r'
		;;
	"operators' actions"*)
		enter alice 'firma token list --socket /run/firma/agent.sock'
		;;
	'approving needs another user'*)
		guest usermod -aG firma-operators alice
		# shellcheck disable=SC2016
		enter root 'su - alice -c "firma token approve --yes \$(firma check -q -- uname -r)"'
		;;
	'denied: closed:'*)
		guest systemctl -q stop firma.service
		guest sh -c 'echo nonsense >>/var/lib/firma/tokens.jsonl'
		enter alice 'firma check -- uname -r'
		guest mv /var/lib/firma/tokens.jsonl /var/lib/firma/damaged
		guest systemctl -q stop firma.service
		;;
	'the connection ended without an answer')
		set_options --nonsense
		enter alice 'firma check -- uname -r'
		guest sh -c 'echo FIRMA_OPTIONS=--default-action=pending_hitl >/etc/default/firma'
		;;
	'denied: denied by the default action')
		guest rm /etc/default/firma
		guest systemctl -q stop firma.service
		enter alice 'firma check -- uname -r'
		set_options --default-action=pending_hitl
		;;
	*) fail "nothing provokes this" ;;
	esac
}

@test "each message that firma-deploy(7) explains is what is said then, and its remedy helps" {
	local message n=0

	follow 'Setting it up'
	while read -r message; do
		provoke "$message"
		((status != 0)) || fail "it succeeded: $output"
		# shellcheck disable=SC2053 # it may hold what stands for anything
		[[ $output == *${message//.../*}* ]] || _report "another message" expected "$message" \
			actual "$output"
		enter alice 'firma check -q -- uname -r'
		assert_status 75
		n=$((n + 1))
	done < <(sed -n 's/^\.It Li "\(.*\)"$/\1/p' "$PAGE")
	((n >= 8)) || fail "only $n messages were found"
}
