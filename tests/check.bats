#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
#
# `firma check` as a shell script uses it: its exit statuses and what it prints, the daemons that it
# doesn't believe, the command that it finds, what it sends, and where.

# shellcheck disable=SC2030,SC2031 # each test is a process, and so are its variables
# shellcheck disable=SC2034,SC2154 # some variables are those of lib.bash and of bats

load lib

# checks [OPTION...] [-- COMMAND...]: `firma check`, with standard error apart.
checks() {
	run --separate-stderr firma check "$@"
}

# What `run --separate-stderr` got on standard error is one line.
assert_one_line() {
	assert_equal "${#stderr_lines[@]}" 1
}

# undecided SENTENCE [OPTION...]: it could not decide, and says so. A timeout that is longer than a
# test may take: where it isn't about time, nothing waits for it.
undecided() {
	checks --timeout 1h "${@:2}" -- true
	assert_status 3
	refute_output
	assert_stderr -e "^firma: could not decide: $SOCKET: $1\$"
}

# answer SCRIPT [ARG...]: at $SOCKET, a daemon that is a shell script; each connection has one, as
# its standard input and output. AS_UID works as with the others.
answer() {
	local as=()

	if [[ ${AS_UID-} ]]; then
		_give_tmp "$AS_UID"
		as=(setpriv --reuid="$AS_UID" --regid="$AS_UID" --clear-groups --)
	fi
	_spawn "${as[@]}" systemd-socket-activate --accept --inetd --listen "$SOCKET" \
		bash -c "$1" bash "${@:2}" </dev/null >"$TMP/answer.out" 2>&1
	BACKGROUND[answer]=$!
	_until "$!" _listens "$SOCKET" || fail "no one listens: $(<"$TMP/answer.out")"
	chmod a+rw "$SOCKET"
}

# Such a script: keeps all that it hears in $1, and says nothing.
# shellcheck disable=SC2016 # for the shell that runs it
listen='cat >"$1.part"; mv "$1.part" "$1"'

# One that keeps the line in $1, and says $2.
# shellcheck disable=SC2016
reply='IFS= read -r line; printf "%s\n" "$line" >"$1.part"; mv "$1.part" "$1"; printf "%s\n" "$2"'

# What such a script has kept.
heard() {
	_until "${BACKGROUND[answer]}" test -e "$TMP/heard" || fail "it has not heard the end"
	cat "$TMP/heard"
}

# on_record [OPTION...] [-- COMMAND...]: output is what the daemon has on record of this check.
on_record() {
	checks "$@"
	assert_status 75
	run operate show token_id="$output"
	assert_line -n 1 '{"outcome":"ok"}'
	output=${lines[0]}
}

refute_field() {
	local value

	if value=$(field "$1" 2>&1); then
		fail "there is a field $1: $value"
	fi
}

# make_command PATH: something that could be run.
make_command() {
	mkdir -p "${1%/*}"
	printf '#!/bin/sh\n' >"$1"
	chmod 755 "$1"
}

# The same as $TMP, without symbolic links.
real_tmp() {
	(cd "$TMP" && pwd -P)
}

# with_path PATH [OPTION...] [-- COMMAND...]: checks, where $PATH is this one; "unset" for none.
with_path() {
	local path=(env PATH="$1")

	[[ $1 != unset ]] || path=(env -u PATH)
	_command "$FIRMA" check "${@:2}"
	CMD[0]=$(type -P "${CMD[0]}")
	run --separate-stderr "${path[@]}" "${CMD[@]}"
}

# not_found SENTENCE PATH COMMAND: a command that is not asked about.
not_found() {
	with_path "$2" -- "$3"
	assert_status 3
	refute_output
	assert_stderr "firma: $3: $1"
}

# usage_error SENTENCE [ARG...]
usage_error() {
	checks "${@:2}"
	assert_status 2
	refute_output
	assert_stderr "firma: $1 (see 'firma check --help')"
	assert_one_line
}

# --- statuses and words ---------------------------------------------------------------------------

@test "allowed is status 0, without a word" {
	start_daemon --default-action allow
	checks -- true
	assert_status 0
	refute_output
	refute_stderr
}

@test "denied is status 1, with the reason on standard error alone" {
	start_daemon --default-action deny
	checks -- true
	assert_status 1
	refute_output
	assert_stderr "firma: denied: denied by the default action"
}

@test "pending is status 75, with the token's ID alone on standard output" {
	start_daemon --default-action pending_hitl
	checks -- true
	assert_status 75
	assert_output -e '^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$'
	assert_stderr "firma: pending: a person must decide about $output, then ask again with --token"
	assert_one_line
}

@test "a shell script asks, has the token approved, and asks again" {
	printf '#!/bin/sh\nexec %s "$@"\n' "$(printf '%q ' "${WRAPPER[@]}" "$FIRMA")" >"$TMP/firma"
	cat >"$TMP/script" <<-'END'
		PATH=$PATH:${0%/*}
		token=$(firma check -- uname -r)
		echo "asked: $?"
		firma check -q --token "$token" -- uname -r >again
		echo "asked again: $?, $(sed "s/^$token\$/the same token/" again)"
		firma token approve --yes "$token"
		firma check --token "$token" -- uname -a
		echo "asked for something else: $?"
		firma check --token "$token" -- uname -r && echo "allowed"
		firma check --token "$token" -- uname -r || echo "not twice: $?"
	END
	chmod +x "$TMP/firma"
	start_daemon --default-action pending_hitl

	cd "$TMP"
	run --separate-stderr sh "$TMP/script"
	assert_line -n 0 'asked: 75'
	assert_line -n 1 'asked again: 75, the same token'
	assert_line -n 2 'asked for something else: 1'
	assert_line -n 3 'allowed'
	assert_line -n 4 'not twice: 1'
	assert_stderr -p 'firma: denied: approval token already consumed'
}

@test "--quiet says nothing on standard error, whatever the answer" {
	start_daemon --default-action pending_hitl
	checks --quiet -- true
	assert_status 75
	assert_output -e '^[0-9a-f-]{36}$'
	refute_stderr
	checks -q --token 11111111-1111-4111-8111-111111111111 -- true
	assert_status 1
	refute_stderr
	checks -q -- "$TMP/is-not-there"
	assert_status 3
	refute_stderr
	stop_daemon
	checks -q -- true
	assert_status 3
	refute_stderr
}

@test "--json prints the reply's line as it came, and decides as well" {
	local line

	for line in '0 {"reason" : "\u0041",  "decision":"allow", "new": [1,2.50e1] }' \
		'1 {"decision":"deny","reason":"no \u001b[2J"}' \
		'75 { "retry_after_ms":1,"approval_token":"11111111-1111-4111-8111-111111111111","decision":"pending_hitl","reason":"r"}'; do
		fake reply "${line#* }"
		checks --json -- true
		assert_status "${line%% *}"
		assert_output "${line#* }"
		finish fake
	done
}

@test "--json prints nothing of what is no reply" {
	fake reply '{"decision":"allow"} {}'
	checks --json -- true
	assert_status 3
	refute_output
}

@test "a reason is shown escaped, on one line" {
	fake reply '{"decision":"deny","reason":"a\n\u001b[31mb\u202e"}'
	checks -- true
	assert_status 1
	assert_stderr 'firma: denied: a\u{A}\u{1B}[31mb\u{202E}'
}

@test "keys of a reply that nobody knows change nothing" {
	local new='"rule":7,"expires_at":null,"later":{"decision":"deny","x":[{}]},"Decision":"deny"'

	fake reply "{\"decision\":\"allow\",\"reason\":\"yes\",$new}"
	checks -- true
	assert_status 0
	refute_stderr
	finish fake

	fake reply "{$new,\"decision\":\"deny\",\"reason\":\"no\"}"
	checks -- true
	assert_status 1
	assert_stderr 'firma: denied: no'
	finish fake

	fake reply "{$new,\"decision\":\"pending_hitl\",\"reason\":\"wait\",\"retry_after_ms\":0,\"approval_token\":\"11111111-1111-4111-8111-111111111111\"}"
	checks -- true
	assert_status 75
	assert_output 11111111-1111-4111-8111-111111111111
}

# --- daemons that don't answer --------------------------------------------------------------------

@test "without a daemon it could not decide" {
	undecided 'No such file or directory \(no daemon there\?\)'
	start_daemon
	kill_daemon
	undecided 'Connection refused \(no daemon there\?\)'
}

@test "what is no socket is no daemon" {
	touch "$SOCKET"
	undecided 'Connection refused \(no daemon there\?\)'
}

@test "a daemon that hangs is waited for no longer than --timeout" {
	local begin

	fake hang
	begin=${EPOCHREALTIME/.}
	checks --timeout 200ms -- true
	((${EPOCHREALTIME/.} - begin >= 200000)) || fail "it has not waited"
	((${EPOCHREALTIME/.} - begin < 5000000)) || fail "it has waited for longer"
	assert_status 3
	refute_output
	assert_stderr "firma: could not decide: $SOCKET: no answer in time"
}

@test "a daemon that answers a byte at a time is waited for no longer, either" {
	answer 'while printf x; do sleep 0.05; done'
	checks --timeout 300ms -- true
	assert_status 3
	assert_stderr "firma: could not decide: $SOCKET: no answer in time"
}

@test "a daemon that never accepts is not waited for, whether there is room to wait or not" {
	fake never-accept
	checks --timeout 100ms -- true
	assert_status 3
	assert_stderr "firma: could not decide: $SOCKET: no answer in time"
	# What was not accepted still takes the room of the one that may wait.
	checks --timeout 100ms -- true
	assert_status 3
	assert_stderr "firma: could not decide: $SOCKET: no answer in time"
}

@test "a daemon that dies before, within or instead of its answer has not decided" {
	fake silent-close
	undecided 'the connection ended without an answer'
	finish fake
	fake half '{"decision":"allow","reason":"yes"}'
	undecided 'the connection ended in the middle of the answer'
	finish fake
	fake reset
	undecided '(Connection reset by peer|the connection ended without an answer)'
	finish fake
}

@test "an answer without its newline is not whole" {
	fake garbage '{"decision":"allow","reason":"yes"}'
	undecided 'the connection ended in the middle of the answer'
}

@test "two megabytes of garbage are not read to its end" {
	# shellcheck disable=SC2016
	answer 'head -c 2000000 /dev/zero | tr "\0" x; echo "$?" >"$1"' "$TMP/end"
	undecided 'answered with a line that never ends'
	_until "${BACKGROUND[answer]}" test -s "$TMP/end"
}

@test "a megabyte of lines that are no reply is not a reply" {
	answer 'yes nonsense | head -c 1000000'
	checks --timeout 1h -- true
	assert_status 3
	assert_stderr -e 'could not decide: .*(is not a reply|more than one line)$'
}

@test "what is not a reply, or not all of one, decides nothing" {
	local id='"approval_token":"11111111-1111-4111-8111-111111111111"' text
	local pending='"decision":"pending_hitl","reason":"r"'
	local texts=(
		'' ' ' 'allow' '"allow"' 'null' '0' '[]' '{}' 'nonsense'
		'{"decision":"allow","reason":"yes"'
		'{"decision":"allow","reason":"yes"}}'
		'{"decision":"allow","reason":"yes"}{"decision":"allow","reason":"yes"}'
		'{"decision":"allow","reason":"yes"} {"decision":"deny","reason":"no"}'
		'[{"decision":"allow","reason":"yes"}]'
		'{"decision":"deny","reason":"no","decision":"allow"}'
		'{"decision":"deny","reason":"no","d\u0065cision":"allow"}'
		'{"decision":"allow","reason":"\u0000"}'
		'{"decision":"allow","reason":"\ud800"}'
		$'{"decision":"allow","reason":"\xff"}'
		"{'decision':'allow','reason':'yes'}"

		'{"reason":"yes"}'
		'{"decision":"maybe","reason":"yes"}'
		'{"decision":"","reason":"yes"}'
		'{"decision":"ALLOW","reason":"yes"}'
		'{"decision":"allow ","reason":"yes"}'
		'{"Decision":"allow","reason":"yes"}'
		'{"decision":true,"reason":"yes"}'
		'{"decision":1,"reason":"yes"}'
		'{"decision":null,"reason":"yes"}'
		'{"decision":["allow"],"reason":"yes"}'
		'{"decision":"allow"}'
		'{"decision":"allow","reason":null}'
		'{"decision":"allow","reason":1}'

		'{"outcome":"ok"}'
		'{"outcome":"not_found","reason":"no"}'
		'{"outcome":"allow","reason":"yes"}'
		'{"decision":"allow","outcome":"ok","reason":"yes"}'

		"{$pending}"
		"{$pending,$id}"
		"{$pending,\"retry_after_ms\":500}"
		"{$pending,\"retry_after_ms\":500,\"approval_token\":null}"
		"{$pending,\"retry_after_ms\":500,\"approval_token\":\"\"}"
		"{$pending,\"retry_after_ms\":500,\"approval_token\":\"11111111\"}"
		"{$pending,\"retry_after_ms\":500,\"approval_token\":\"11111111-1111-4111-8111-11111111111g\"}"
		"{$pending,\"retry_after_ms\":500,\"approval_token\":\"11111111-1111-4111-8111-111111111111\\n\"}"
		"{$pending,\"retry_after_ms\":500,\"approval_token\":\"11111111-1111-4111-8111-111111111111;rm -r /\"}"
		"{$pending,\"retry_after_ms\":500,\"approval_token\":\"\\u001b[2J\"}"
		"{$pending,\"retry_after_ms\":-1,$id}"
		"{$pending,\"retry_after_ms\":0.5,$id}"
		"{$pending,\"retry_after_ms\":1e2,$id}"
		"{$pending,\"retry_after_ms\":4294967296,$id}"
		"{$pending,\"retry_after_ms\":\"500\",$id}"
	)

	# shellcheck disable=SC2016
	answer 'cat >/dev/null & printf "%s\n" "$(<"$1")"' "$TMP/text"
	for text in "${texts[@]}"; do
		printf '%s\n' "$text" >"$TMP/text"
		checks --timeout 1h -- true
		if [[ $status != 3 || $output || $stderr != 'firma: could not decide: the answer is not a '* ]]; then
			fail "$text: status $status, output $output, stderr $stderr"
		fi
		assert_one_line
	done
}

# --- whom it asks ---------------------------------------------------------------------------------

@test "a listener of one's own hears the request" {
	answer "$reply" "$TMP/heard" '{"decision":"allow","reason":"yes"}'
	checks -- true
	assert_status 0
	assert_equal "$(heard | "$UNIT" get action)" local.exec
}

@test "a listener who is somebody else hears not a byte" {
	need_root
	AS_UID=4242 answer "$listen" "$TMP/heard"
	undecided 'uid 4242 listens there, who is neither you, nor root, nor the user firma'
	heard >"$TMP/copy"
	assert_equal "$(wc -c <"$TMP/copy")" 0
}

@test "for a user, too, a listener who is another user hears not a byte" {
	need_root
	mkdir "$TMP/out"
	chmod 777 "$TMP/out"
	AS_UID=4242 answer "$listen" "$TMP/out/heard"
	AS_UID=4343 undecided 'uid 4242 listens there, .*'
	ln -s out/heard "$TMP/heard"
	heard >"$TMP/copy"
	assert_equal "$(wc -c <"$TMP/copy")" 0
}

@test "root's listener is good enough for everybody" {
	need_root
	answer "$reply" "$TMP/heard" '{"decision":"allow","reason":"yes"}'
	AS_UID=4242 checks -- true
	assert_status 0
	assert_equal "$(heard | "$UNIT" get action)" local.exec
}

@test "the listener of the user firma is good enough, too" {
	local tmp

	need_root
	unshare --mount true || skip "no mount namespace to be had"
	AS_UID=4242 answer "$reply" "$TMP/heard" '{"decision":"allow","reason":"yes"}'
	printf 'firma:x:4242:4242::/:/bin/sh\n' | cat /etc/passwd - >"$TMP/passwd"
	tmp=$TMP

	_command "$FIRMA" check -- true
	# shellcheck disable=SC2016
	run unshare --mount sh -c 'mount --bind "$0" /etc/passwd && exec "$@"' \
		"$tmp/passwd" "${CMD[@]}"
	assert_status 0
	assert_equal "$(heard | "$UNIT" get action)" local.exec
}

# --- in a user namespace --------------------------------------------------------------------------

# Root must be able to make one: else the tests would say nothing of it.
need_user_namespaces() {
	local why

	why=$(unshare --user --map-root-user true 2>&1) && return
	((EUID != 0)) || fail "no user namespace can be made here: $why"
	skip "no user namespace can be made here: $why"
}

# trusts NAMESPACE...: check in there, with the socket as one to be trusted for its place.
trusts() {
	_command "$FIRMA" check --trust-socket "$SOCKET" -- true
	run --separate-stderr "$@" "${CMD[@]}"
}

# distrusts SENTENCE NAMESPACE...
distrusts() {
	trusts "${@:2}"
	assert_status 3
	refute_output
	assert_stderr "firma: could not decide: $SOCKET: the listener has no uid here, and $1"
	[[ ! -e $TMP/heard ]]
}

# As $reply, but it keeps nothing of who says nothing.
# shellcheck disable=SC2016
careful=${reply/;/ || exit;}

NO_PLACE='the socket is neither below a read-only mount nor in a directory that only you can write to'

@test "a listener without a uid here is trusted for the socket's place, if that is asked for" {
	local own=(unshare --user --map-root-user)

	need_root
	need_user_namespaces
	AS_UID=4242 answer "$careful" "$TMP/heard" '{"decision":"allow","reason":"yes"}'
	_command "$FIRMA" check --socket "$SOCKET" -- true
	run --separate-stderr "${own[@]}" "${CMD[@]}"
	assert_status 3
	assert_stderr "firma: could not decide: $SOCKET: the listener has no uid here"

	# A stranger's directory shows as that of the root directory's owner.
	distrusts "$NO_PLACE" "${own[@]}"
	# Nor is it one's own because one has no uid here, either.
	distrusts "$NO_PLACE" unshare --user
	# Who else may write there could have put another socket there.
	chown 0:0 "$TMP"
	chmod 775 "$TMP"
	distrusts "$NO_PLACE" "${own[@]}"
	chmod 1777 "$TMP"
	distrusts "$NO_PLACE" "${own[@]}"

	mkdir "$TMP/own"
	ln "$SOCKET" "$TMP/own/agent.sock"
	SOCKET=$TMP/own/agent.sock
	trusts "${own[@]}"
	assert_status 0
	assert_equal "$(heard | "$UNIT" get action)" local.exec
}

@test "in a sandbox of bwrap, a socket below a read-only mount is trusted" {
	# The directory of the test may be in /dev/shm: a /dev of its own would hide it. What the program
	# runs under may write files.
	local sandbox=(bwrap --unshare-user --ro-bind / / --proc /proc --tmpfs /mnt
		--setenv TMPDIR /mnt)

	need_root
	need_user_namespaces
	AS_UID=4242 answer "$careful" "$TMP/heard" '{"decision":"allow","reason":"yes"}'
	distrusts "$NO_PLACE" "${sandbox[@]}" --bind "$TMP" "$TMP"
	trusts "${sandbox[@]}"
	assert_status 0
	assert_equal "$(heard | "$UNIT" get action)" local.exec

	# The one socket by itself.
	rm "$TMP/heard"
	trusts "${sandbox[@]}" --bind "$TMP" "$TMP" --ro-bind "$SOCKET" "$SOCKET"
	assert_status 0
	assert_equal "$(heard | "$UNIT" get action)" local.exec
}

@test "where uid 65534 is a user, a listener with that uid is never trusted for its place" {
	need_root
	AS_UID=65534 answer "$careful" "$TMP/heard" no
	chown 0:0 "$TMP"
	chmod 755 "$TMP"
	distrusts 'uid 65534 is a user here' env
	# shellcheck disable=SC2016
	distrusts 'uid 65534 is a user here' unshare --mount sh -c 'mount --bind -o ro "$0" "$0" && exec "$@"' "$TMP"
	checks --trust-socket "$SOCKET" --socket "$SOCKET" -- true
	assert_status 2
	assert_stderr -p '--trust-socket excludes --socket'
	run --separate-stderr firma hook claude --trust-socket "$SOCKET" <<<'{}'
	assert_status 2
	run --separate-stderr firma run --trust-socket "$SOCKET" -- true
	assert_status 125
}

@test "a socket to be trusted for its place is otherwise like any other" {
	local own=(unshare --user --map-root-user)

	need_user_namespaces
	answer "$careful" "$TMP/heard" '{"decision":"allow","reason":"yes"}'
	SOCKET=unix://$SOCKET trusts "${own[@]}"
	assert_status 0
	assert_equal "$(heard | "$UNIT" get action)" local.exec
	trusts env
	assert_status 0

	ln -s "$SOCKET" "$TMP/link"
	SOCKET=$TMP/link trusts env
	assert_status 3
	assert_stderr "firma: could not decide: $TMP/link: this is not a socket"
	SOCKET=$TMP/none trusts env
	assert_status 3
	assert_stderr "firma: could not decide: $TMP/none: No such file or directory"
	SOCKET='' trusts env
	assert_status 3
}

# --- the command ----------------------------------------------------------------------------------

@test "the command is the first in the path that can be run" {
	local tmp

	tmp=$(real_tmp)
	mkdir -p "$TMP/a/tool" "$TMP/b"
	printf '#!/bin/sh\n' >"$TMP/b/tool"
	make_command "$TMP/c/tool"
	make_command "$TMP/d/tool"
	start_daemon --default-action pending_hitl

	# A directory, a file without the permission, one that is not there, a path that is none.
	with_path "$TMP/a:$TMP/b:$TMP/none:$TMP/b/tool/x:$TMP/c:$TMP/d" -- tool
	assert_status 75
	run operate show token_id="$output"
	output=${lines[0]}
	assert_field executable "$tmp/c/tool"
	assert_field real_path "$tmp/c/tool"
}

@test "an empty element of the path, and an empty path, is the current directory" {
	local path tmp

	tmp=$(real_tmp)
	make_command "$TMP/here/tool"
	mkdir "$TMP/a"
	start_daemon --default-action pending_hitl
	cd "$TMP/here"
	for path in '' ':' ":$TMP/a" "$TMP/a:" "$TMP/a::$TMP/a" .; do
		with_path "$path" -- tool
		assert_status 75
		run operate show token_id="$output"
		output=${lines[0]}
		assert_field executable "$tmp/here/tool"
	done
	not_found 'command not found' "$TMP/a" tool
}

@test "without a path, the system's own is searched, and the current directory is not" {
	make_command "$TMP/here/tool"
	start_daemon --default-action allow
	cd "$TMP/here"
	with_path unset -- sh
	assert_status 0
	with_path unset -- tool
	assert_status 3
	assert_stderr 'firma: tool: command not found'
}

@test "a command that can't be run is refused without asking" {
	mkdir -p "$TMP/a/dir"
	printf '#!/bin/sh\n' >"$TMP/a/plain"
	ln -s nowhere "$TMP/a/dangling"
	start_daemon --default-action allow

	not_found 'command not found' "$TMP/a" tool
	not_found 'Permission denied' "$TMP/a" plain
	not_found 'Permission denied' "$TMP/a:$TMP" dir
	not_found 'command not found' "$TMP/a" dangling
	not_found 'Permission denied' /usr/bin "$TMP/a/plain"
	not_found 'Permission denied' /usr/bin "$TMP/a/dir"
	not_found 'Permission denied' /usr/bin /
	not_found 'No such file or directory' /usr/bin "$TMP/a/tool"
	not_found 'Not a directory' /usr/bin "$TMP/a/plain/"
	with_path /usr/bin -- ''
	assert_status 3
	assert_stderr "firma: '': command not found"

	# Of all that, the daemon has heard nothing.
	stop_daemon
	[[ ! -e $TMP/witness ]] || fail "$(<"$TMP/witness")"
	refute_log -p 'for uid'
}

@test "what is shown of a command that isn't there is escaped" {
	with_path /usr/bin -- $'no\e[2J\nsuch'
	assert_status 3
	assert_stderr "firma: \$'no\\x1B[2J\\nsuch': command not found"
}

@test "a relative path is made absolute, and normal" {
	local tmp

	tmp=$(real_tmp)
	make_command "$TMP/a/b/tool"
	start_daemon --default-action pending_hitl
	cd "$TMP/a"
	for path in b/tool ./b/tool ../a/b/tool b//tool b/../b/./tool "$TMP//a/./b/tool"; do
		on_record -- "$path"
		assert_field executable "$tmp/a/b/tool"
		assert_field real_path "$tmp/a/b/tool"
		assert_field cwd "$tmp/a"
	done
}

@test "links in the directory are followed, and the last name is kept" {
	local tmp

	tmp=$(real_tmp)
	make_command "$TMP/lib/box"
	ln -s lib "$TMP/bin-link"
	ln -s box "$TMP/lib/second"
	ln -s second "$TMP/lib/rm"
	start_daemon --default-action pending_hitl

	on_record -- "$TMP/bin-link/rm"
	assert_field executable "$tmp/lib/rm"
	assert_field real_path "$tmp/lib/box"

	with_path "$TMP/bin-link" -- rm
	assert_status 75
	run operate show token_id="$output"
	output=${lines[0]}
	assert_field executable "$tmp/lib/rm"
	assert_field real_path "$tmp/lib/box"

	# The content is that of the file at the end.
	on_record --hash -- "$TMP/bin-link/rm"
	assert_field executable_sha256 "$(sha256sum <"$TMP/lib/box" | cut -d' ' -f1)"
}

@test "a command in the root directory has one slash" {
	local unshare=(unshare --mount) path

	((EUID == 0)) || unshare+=(--map-root-user)
	mkdir "$TMP/root"
	make_command "$TMP/tool"
	"${unshare[@]}" mount -t tmpfs tmpfs "$TMP/root" || skip "no mount namespace to be had"
	start_daemon --default-action pending_hitl

	# All that is here, below a root with a file of its own.
	cat >"$TMP/in-root" <<-'END'
		mount -t tmpfs tmpfs "$0/root" || exit
		for entry in /*; do
			if [ -L "$entry" ]; then
				cp -P "$entry" "$0/root"
			elif [ -d "$entry" ]; then
				mkdir "$0/root$entry"
				mount --rbind "$entry" "$0/root$entry"
			fi
		done
		cp "$0/tool" "$0/root"
		exec chroot "$0/root" "$@"
	END
	for path in /tool /proc/../tool; do
		_command "$FIRMA" check -- "$path"
		run --separate-stderr "${unshare[@]}" sh -c "$(<"$TMP/in-root")" "$TMP" "${CMD[@]}"
		assert_status 75
		run operate show token_id="$output"
		output=${lines[0]}
		assert_field executable /tool
		assert_field real_path /tool
	done
}

# --- what is sent ---------------------------------------------------------------------------------

@test "the request holds the arguments as they are" {
	start_daemon --default-action pending_hitl
	on_record -- env '' ' a b ' $'\t\n\e"\\' 'ö€𝄞' -- --json $'\u202e'
	assert_field args '[""," a b ","\t\n\u001b\"\\","ö€𝄞","--","--json","'$'\u202e''"]'
}

@test "options end at the command, and at --" {
	start_daemon --default-action pending_hitl
	on_record env --session x -q
	assert_field args '["--session","x","-q"]'
	assert_field session_id local
	on_record --session y -- env --session x
	assert_field args '["--session","x"]'
	assert_field session_id y
}

@test "the current directory goes along, without links" {
	local tmp

	tmp=$(real_tmp)
	mkdir "$TMP/real dir"
	ln -s 'real dir' "$TMP/link"
	start_daemon --default-action pending_hitl
	cd "$TMP/link"
	on_record -- env
	assert_field cwd "$tmp/real dir"
	cd /
	on_record -- env
	assert_field cwd /
}

@test "a current directory that is gone is told, and nothing is asked" {
	mkdir "$TMP/gone"
	cd "$TMP/gone"
	rmdir "$TMP/gone"
	start_daemon --default-action allow
	checks -- env
	assert_status 3
	assert_stderr -p "firma: can't tell the current directory: No such file or directory"
	cd /
}

@test "the content of a file that only root could change is not hashed, but with --hash" {
	start_daemon --default-action pending_hitl
	on_record -- /usr/bin/env
	refute_field executable_sha256
	on_record --hash -- /usr/bin/env
	assert_field executable_sha256 "$(sha256sum </usr/bin/env | cut -d' ' -f1)"
}

@test "the content of a file that somebody else could change is hashed" {
	local mode

	make_command "$TMP/tool"
	head -c 200000 /dev/urandom >>"$TMP/tool"
	start_daemon --default-action pending_hitl
	for mode in 775 757; do
		chmod "$mode" "$TMP/tool"
		on_record -- "$TMP/tool"
		assert_field executable_sha256 "$(sha256sum <"$TMP/tool" | cut -d' ' -f1)"
	done
}

@test "the content of a file is hashed where its owner is not root, and else is not" {
	make_command "$TMP/tool"
	start_daemon --default-action pending_hitl
	if ((EUID == 0)); then
		on_record -- "$TMP/tool"
		refute_field executable_sha256
		chown 4242 "$TMP/tool"
	fi
	on_record -- "$TMP/tool"
	assert_field executable_sha256 "$(sha256sum <"$TMP/tool" | cut -d' ' -f1)"
}

@test "a file that must be hashed and can't be read is refused without asking" {
	((EUID != 0)) || skip "root can read everything"
	make_command "$TMP/tool"
	chmod 111 "$TMP/tool"
	start_daemon --default-action allow
	checks -- "$TMP/tool"
	assert_status 3
	assert_stderr "firma: $TMP/tool: Permission denied"
}

@test "a token does not hold for a file that has changed since" {
	local token

	make_command "$TMP/tool"
	chmod 775 "$TMP/tool"
	start_daemon --default-action pending_hitl
	checks -- "$TMP/tool"
	token=$output
	operate approve token_id="$token"
	echo 'echo other' >>"$TMP/tool"
	checks --token "$token" -- "$TMP/tool"
	assert_status 1
	assert_stderr 'firma: denied: approval token is for another request: executable_sha256 differs'
}

@test "who asks is said by options, else by the environment, else by defaults" {
	start_daemon --default-action pending_hitl
	on_record -- env
	assert_field session_id local
	assert_field sandbox_id host
	assert_field profile default
	refute_field agent_id

	export FIRMA_SESSION_ID=s1 FIRMA_SANDBOX_ID=b1 FIRMA_AGENT_ID=a1 FIRMA_PROFILE=p1
	on_record -- env
	assert_field session_id s1
	assert_field sandbox_id b1
	assert_field profile p1
	assert_field agent_id a1

	on_record --session s2 --sandbox b2 --agent a2 --profile p2 -- env
	assert_field session_id s2
	assert_field sandbox_id b2
	assert_field profile p2
	assert_field agent_id a2
}

@test "--reason goes along as the purpose, on record and in the evidence" {
	local of

	start_daemon --default-action pending_hitl --evidence-log "$TMP/log.jsonl"
	on_record -- env
	refute_field purpose
	on_record --reason 'fix "it"' -- env
	assert_field purpose 'fix "it"'
	of=$(tail -n 1 "$TMP/log.jsonl" | "$UNIT" get request)
	assert_equal "$("$UNIT" get purpose <<<"$of")" 'fix "it"'
	operate approve token_id="$(field token_id)"
	of=$(tail -n 1 "$TMP/log.jsonl" | "$UNIT" get response)
	assert_equal "$("$UNIT" get approved <<<"$of" | "$UNIT" get purpose)" 'fix "it"'
	checks --token "$(field token_id)" --reason 'something else' -- env
	assert_status 0
	run firma evidence show "$TMP/log.jsonl"
	assert_line -n 1 -p " (for 'fix \"it\"'), uid "
	assert_line -n 2 -p " (for 'fix \"it\"') for uid "
	assert_line -n 3 -p " (for 'something else'), uid "
	[[ ${lines[0]} != *"(for "* ]]

	for of in '' ' ' "$(printf '%01025d' 0)"; do
		checks --reason "$of" -- env
		assert_status 2
		assert_stderr -p "--reason wants a text of at most 1024 bytes"
	done
	checks --reason $'\xff' -- env
	assert_status 3
	assert_stderr "firma: the purpose is not UTF-8 and can't travel as JSON"
	checks --reason $'\xff' --read /etc/passwd
	assert_status 3
	assert_stderr "firma: the purpose is not UTF-8 and can't travel as JSON"

	checks --json --reason 'look' --read /etc/passwd
	assert_status 75
	run operate show token_id="$(field approval_token)"
	output=${lines[0]}
	assert_field kind read
	assert_field purpose look
}

@test "an answer without the keys on which the request relies does not count, unless it is no" {
	local echo counts=(',"must":["cwd"]' ',"must":[ "\u0063wd" ]')

	"$UNIT" request must:='["cwd"]' >"$TMP/request"
	for echo in '' ',"must":[]' ',"must":["cwd","cwd"]' ',"must":"cwd"' ',"must":["cwd\u0000x"]' \
		"${counts[@]}"; do
		answer "$reply" "$TMP/heard" "{\"decision\":\"allow\",\"reason\":\"yes\"$echo}"
		checks --request "$TMP/request"
		if [[ " ${counts[*]} " == *" $echo "* && $echo ]]; then
			assert_status 0
		else
			assert_status 3
			refute_output
		fi
		_end_background
		rm "$SOCKET"
	done
	answer "$reply" "$TMP/heard" '{"decision":"deny","reason":"no"}'
	checks --request "$TMP/request"
	assert_status 1
	assert_stderr 'firma: denied: no'
	_end_background
	rm "$SOCKET"

	# However the key is written.
	sed -i 's/"must"/"\\u006dust"/' "$TMP/request"
	answer "$reply" "$TMP/heard" '{"decision":"pending_hitl","reason":"r","approval_token":"11111111-1111-4111-8111-111111111111","retry_after_ms":1}'
	checks --request "$TMP/request"
	assert_status 3
	assert_stderr "firma: could not decide: $SOCKET: the answer does not count: this daemon does not tell that it knows all keys in 'must'"
}

@test "the names that firma-run sets count where ours are not set" {
	start_daemon --default-action pending_hitl
	export FIRMA_RUN_SESSION_ID=r1 FIRMA_RUN_SANDBOX_ID=r2 FIRMA_RUN_PROFILE=r3
	on_record -- env
	assert_field session_id r1
	assert_field sandbox_id r2
	assert_field profile r3

	export FIRMA_SESSION_ID=s1 FIRMA_SANDBOX_ID=' '
	on_record -- env
	assert_field session_id s1
	assert_field sandbox_id r2
}

@test "the outcome unauthorized is a refusal, with its reason" {
	fake reply '{"outcome":"unauthorized","reason":"not\n you"}'
	checks -- env
	assert_status 1
	assert_stderr 'firma: denied: not\u{A} you'
	finish fake
}

@test "blank variables are as good as none" {
	local blank

	start_daemon --default-action pending_hitl
	for blank in '' ' ' $' \t\n'; do
		export FIRMA_SESSION_ID=$blank FIRMA_SANDBOX_ID=$blank FIRMA_AGENT_ID=$blank \
			FIRMA_PROFILE=$blank
		on_record -- env
		assert_field session_id local
		assert_field sandbox_id host
		assert_field profile default
		refute_field agent_id
	done
}

@test "the request has the contract's fields, its fingerprint, and no others" {
	answer "$reply" "$TMP/heard" '{"decision":"allow","reason":"yes"}'
	checks --agent a1 -- env x
	assert_status 0
	output=$(heard)
	assert_field hitl_mode async_token
	assert_field request_fingerprint "$(firma fingerprint --agent a1 -- env x)"
	run grep -o '"[a-z_0-9]*":' <<<"$output"
	assert_output "$(printf '"%s":\n' action executable args cwd real_path agent_id session_id \
		sandbox_id profile hitl_mode request_fingerprint)"
}

@test "FIRMA_BUDGET_STATE_REF and --token go along, where they are set and not blank" {
	answer "$reply" "$TMP/heard" '{"decision":"allow","reason":"yes"}'
	FIRMA_BUDGET_STATE_REF=' ' checks -- env
	output=$(heard)
	refute_field budget_state_ref
	refute_field approval_token

	rm "$TMP/heard"
	FIRMA_BUDGET_STATE_REF=budget:team:v1:3f65 checks \
		--token 11111111-1111-4111-8111-111111111111 -- env
	output=$(heard)
	assert_field budget_state_ref budget:team:v1:3f65
	assert_field approval_token 11111111-1111-4111-8111-111111111111
}

@test "what is not UTF-8 can't travel: the message says what it is" {
	local bad=$'a\xffb'

	start_daemon --default-action allow
	checks -- env ok "$bad" ok
	assert_status 3
	refute_output
	assert_stderr "firma: argument 2 is not UTF-8 and can't travel as JSON"
	checks -- env $'\xed\xa0\x80'
	assert_status 3
	assert_stderr "firma: argument 1 is not UTF-8 and can't travel as JSON"

	make_command "$TMP/$bad"
	checks -- "$TMP/$bad"
	assert_status 3
	assert_stderr "firma: the path of the command is not UTF-8 and can't travel as JSON"
	ln -s "$bad" "$TMP/good"
	checks -- "$TMP/good"
	assert_status 3
	assert_stderr "firma: the real path is not UTF-8 and can't travel as JSON"
	checks --session "$bad" -- env
	assert_status 3
	assert_stderr "firma: the session is not UTF-8 and can't travel as JSON"
	FIRMA_AGENT_ID=$bad checks -- env
	assert_status 3
	assert_stderr "firma: the agent is not UTF-8 and can't travel as JSON"
	FIRMA_BUDGET_STATE_REF=$bad checks -- env
	assert_status 3
	assert_stderr "firma: FIRMA_BUDGET_STATE_REF is not UTF-8 and can't travel as JSON"

	mkdir "$TMP/$bad.d"
	cd "$TMP/$bad.d"
	checks -- env
	assert_status 3
	assert_stderr "firma: the directory is not UTF-8 and can't travel as JSON"

	stop_daemon
	[[ ! -e $TMP/witness ]] || fail "$(<"$TMP/witness")"
}

@test "a command that is longer than a request may be is denied" {
	start_daemon --default-action allow
	checks -- env "$(head -c 70000 /dev/zero | tr '\0' x)"
	assert_status 1
	assert_stderr 'firma: denied: limit reached: a request takes at most 65536 bytes with its newline'
}

# --- --request ------------------------------------------------------------------------------------

@test "--request sends what is in a file, on standard input too, over as many lines as it has" {
	cat >"$TMP/request.json" <<-'END'
		{
			"action": "local.exec",
			"executable": "/usr/bin/git",
			"args": ["push",
			         "a  b"],
			"sandbox_id": "sbx", "session_id": "sess",
			"profile": "generic",

			"hitl_mode": "async_token"
		}

	END
	start_daemon --default-action pending_hitl
	for file in "$TMP/request.json" -; do
		on_record --request "$file" <"$TMP/request.json"
		assert_field executable /usr/bin/git
		assert_field args '["push","a  b"]'
		assert_field profile generic
		refute_field cwd
	done

	# As other systems end lines.
	sed 's/$/\r/' "$TMP/request.json" >"$TMP/dos.json"
	on_record --request "$TMP/dos.json"
	assert_field args '["push","a  b"]'
}

@test "--request without a newline at its end is one, too" {
	start_daemon --default-action allow
	printf %s "$(request)" >"$TMP/request.json"
	checks --request "$TMP/request.json"
	assert_status 0
}

@test "--request lets the daemon judge what is a JSON object, and no request" {
	start_daemon --default-action allow
	request executable=relative >"$TMP/request.json"
	checks --request "$TMP/request.json"
	assert_status 1
	assert_stderr -p 'firma: denied: malformed request: '
}

@test "--request refuses what can't be a request without asking" {
	local text

	start_daemon --default-action allow
	for text in '' ' ' nonsense '[]' '{"a":1} {"b":2}' '{"a":1,"a":2}' $'{"a":"\n"}' \
		$'{"a":"\xff"}' '{"a":"\u0000"}'; do
		printf '%s' "$text" >"$TMP/request.json"
		checks --request "$TMP/request.json"
		assert_status 3
		refute_output
		assert_stderr -e "^firma: $TMP/request.json: not a request: .* \\(at byte [0-9]+\\)\$"
	done
	checks --request "$TMP/is-not-there"
	assert_status 3
	assert_stderr "firma: $TMP/is-not-there: No such file or directory"
	checks --request "$TMP"
	assert_status 3
	assert_stderr -p "firma: $TMP: "
	head -c 1100000 /dev/zero | tr '\0' ' ' >"$TMP/request.json"
	checks --request "$TMP/request.json"
	assert_status 3
	assert_stderr "firma: $TMP/request.json: a request takes at most 1048576 bytes"

	stop_daemon
	[[ ! -e $TMP/witness ]] || fail "$(<"$TMP/witness")"
}

@test "the operators' actions are not decisions, even where the daemon does them" {
	start_daemon --default-action pending_hitl
	"$UNIT" object action=local.exec.approve token_id="$(pending_token)" >"$TMP/request.json"
	checks --request "$TMP/request.json"
	assert_status 3
	refute_output
	assert_stderr 'firma: could not decide: the answer is not a decision'
}

# --- where it asks --------------------------------------------------------------------------------

# asks_at PATH [OPTION...]: the socket where it would ask. With no time at all, it goes nowhere.
asks_at() {
	checks --timeout 0s "${@:2}" -- true
	assert_status 3
	assert_stderr "firma: could not decide: $1: no answer in time"
}

@test "--socket goes before the environment" {
	start_daemon --default-action allow
	FIRMA_SOCKET=$TMP/other checks --socket "$SOCKET" -- true
	assert_status 0
	FIRMA_SOCKET=$SOCKET checks --socket "$TMP/other" -- true
	assert_status 3
	assert_stderr -p "$TMP/other: No such file or directory"
}

@test "unix://PATH is a path" {
	start_daemon --default-action allow
	FIRMA_SOCKET=unix://$SOCKET checks -- true
	assert_status 0
	FIRMA_SOCKET=$TMP/other checks --socket "unix://$SOCKET" -- true
	assert_status 0
}

@test "an empty FIRMA_SOCKET is as good as none" {
	FIRMA_SOCKET='' asks_at /run/firma/agent.sock
}

@test "without a word, root asks at the system's door, even beside one of its own" {
	need_root
	unset FIRMA_SOCKET
	mkdir "$TMP/firma"
	touch "$TMP/firma/agent.sock"
	XDG_RUNTIME_DIR=$TMP asks_at /run/firma/agent.sock
}

@test "without a word, others ask at the user's door, if it is there, else at the system's" {
	local AS_UID=

	((EUID != 0)) || AS_UID=4242
	unset FIRMA_SOCKET
	export XDG_RUNTIME_DIR=$TMP
	mkdir "$TMP/firma"
	asks_at /run/firma/agent.sock
	touch "$TMP/firma/agent.sock"
	asks_at "$TMP/firma/agent.sock"
	FIRMA_SOCKET=$TMP/third asks_at "$TMP/third"
	XDG_RUNTIME_DIR='' asks_at /run/firma/agent.sock
	cd "$TMP"
	XDG_RUNTIME_DIR=. asks_at /run/firma/agent.sock
}

@test "a socket's path may have 107 bytes, and no more" {
	local long

	printf -v long '%s/%0*d' "$TMP" "$((106 - ${#TMP}))" 0
	SOCKET=$long
	start_daemon --default-action allow
	checks --socket "$long" -- true
	assert_status 0
	checks --socket "${long}0" -- true
	assert_status 3
	refute_output
	assert_stderr "firma: could not decide: ${long}0: a socket's path has 1 to 107 bytes"
}

@test "a path that is shown is escaped" {
	checks --socket $'/x\e[2J' -- true
	assert_status 3
	assert_stderr 'firma: could not decide: /x\u{1B}[2J: No such file or directory (no daemon there?)'
}

# --- usage ----------------------------------------------------------------------------------------

@test "a usage error is one line that points to --help, and status 2" {
	start_daemon --default-action allow
	usage_error 'the command is missing'
	usage_error 'the command is missing' --
	usage_error 'the command is missing' --session s --
	usage_error 'unknown option --nonsense' --nonsense -- true
	usage_error 'unknown option -x' -x -- true
	usage_error 'ambiguous option --s' --s x -- true
	usage_error 'a value is missing after --session' --session
	usage_error 'an option without a value has one: --json=1' --json=1 -- true
	usage_error '--timeout wants a time, such as 5s' --timeout x -- true
	usage_error '--timeout wants a time, such as 5s' --timeout -1s -- true
	usage_error '--timeout wants a time, such as 5s' --timeout '' -- true
	usage_error '--token wants an ID' --token '' -- true
	usage_error '--token wants an ID' --token ' ' -- true

	stop_daemon
	[[ ! -e $TMP/witness ]] || fail "$(<"$TMP/witness")"
}

@test "--request goes with nothing that describes a request" {
	local sentence='--request takes the whole request from the file'

	request >"$TMP/request.json"
	start_daemon --default-action allow
	usage_error "$sentence" --request "$TMP/request.json" -- true
	usage_error "$sentence" --request "$TMP/request.json" --session s
	usage_error "$sentence" --request "$TMP/request.json" --sandbox s
	usage_error "$sentence" --request "$TMP/request.json" --agent a
	usage_error "$sentence" --request "$TMP/request.json" --profile p
	usage_error "$sentence" --request "$TMP/request.json" --hash
	usage_error "$sentence" --token 11111111-1111-4111-8111-111111111111 \
		--request "$TMP/request.json"
	checks --request "$TMP/request.json" --json --timeout 1min -q --socket "$SOCKET"
	assert_status 0
}

@test "--request takes a request that is just as long as one may be" {
	local line

	start_daemon --default-action allow
	line=$(request args:='[""]')
	line=$(request args:="[\"$(printf '%0*d' "$((65535 - ${#line}))" 0)\"]")
	assert_equal "${#line}" 65535
	run send <<<"$line"
	assert_decision allow
	echo "$line" >"$TMP/request.json"
	run --separate-stderr firma check --request "$TMP/request.json"
	refute_stderr
	assert_status 0
}

@test "--json prints nothing of an outcome, which is no decision" {
	fake reply '{"outcome":"ok"}'
	run --separate-stderr firma check --json -- true
	assert_status 3
	refute_output
}

@test "what follows the one line of a reply makes it none" {
	fake garbage '{"decision":"allow","reason":"r"}
{"decision":"deny","reason":"r"}
'
	run --separate-stderr firma check -- true
	assert_status 3
	assert_stderr -p 'more than one line'
}
