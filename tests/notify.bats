#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
#
# A person is told that requests wait: how often, by what, and with how little; and a command that
# hangs, fails or isn't there holds up nothing.
#
# What is set here may be for the library:
# shellcheck disable=SC2034

load lib

setup() {
	lib_setup
	cd "$TMP" || return
	start_daemon --default-action pending_hitl
}

teardown() {
	[[ ! ${NOTIFY-} ]] || kill "$NOTIFY" 2>/dev/null || true
	lib_teardown
}

# begin_to_notify [OPTION...]: begins to tell, into $TMP/told.
begin_to_notify() {
	_command "$FIRMA" notify --socket "$SOCKET" "$@"
	env PATH="$TMP/bin:$PATH" "${CMD[@]}" </dev/null >"$TMP/told" 2>"$TMP/notify.err" 3>&- &
	NOTIFY=$!
}

# notify [OPTION...]: the same, and waits until it watches.
notify() {
	begin_to_notify "$@"
	_until "$NOTIFY" watches || fail "it does not watch: $(<"$TMP/notify.err")"
}

watches() {
	[[ $(operate status | head -n 1 | "$UNIT" get watching) == 1 ]]
}

# A command that keeps each notice: JSON in notice.N, the sentence in sentence.N.
keeper() {
	cat >keep <<-END
		#!/bin/sh
		n=\$(ls "$TMP" | grep -c '^notice\.[0-9]*\$')
		cat >"$TMP/notice.\$n.new"
		echo "\$FIRMA_NOTICE" >"$TMP/sentence.\$n"
		mv "$TMP/notice.\$n.new" "$TMP/notice.\$n"
	END
	chmod +x keep
	KEEP=$TMP/keep
}

# kept N: waits until that notice is there.
kept() {
	_until "$NOTIFY" test -e "$TMP/notice.$1" || fail "there is no notice $1: $(<"$TMP/notify.err")"
}

# of N KEY...: a member of the notice.
of() {
	python3 -c 'import json, sys
value = json.load(open(sys.argv[1]))
for key in sys.argv[2:]:
	value = value[int(key) if key.isdigit() else key]
print(value)' "notice.$1" "${@:2}"
}

@test "requests that already wait are told at once, then there is one notice per user and interval" {
	keeper
	pending_token args:='["1"]' >out
	pending_token args:='["2"]' >out
	notify --command "$KEEP" --interval 2min
	kept 0
	assert_equal "$(of 0 event) $(of 0 uid)" "waiting $EUID"
	pending_token args:='["3"]' >out
	pending_token args:='["4"]' >out
	move_clock 60
	pending_token args:='["5"]' >out
	move_clock 59
	move_clock 2
	kept 1
	(($(of 0 count) + $(of 1 count) == 5))
	[[ ! -e notice.2 ]]
	assert_equal "$(<sentence.1)" "$(of 1 count) requests of uid $EUID wait"
}

@test "a request that was decided before its notice is left out" {
	local one two

	keeper
	notify --command "$KEEP"
	pending_token args:='["1"]' >out
	kept 0
	one=$(pending_token args:='["2"]')
	two=$(pending_token args:='["3"]')
	pending_token args:='["4"]' >out
	operate approve token_id="$one" >out
	operate revoke token_id="$two" >out
	move_clock 61
	kept 1
	assert_equal "$(of 1 count)" 1
	assert_equal "$(<sentence.1)" "1 request of uid $EUID waits"
}

@test "a notice has arguments only with --details" {
	keeper
	notify --command "$KEEP"
	ask args:='["--password=hunter2"]' cwd=/home/hunter2 purpose=hunter2 >out
	kept 0
	run ! grep -e hunter2 notice.0 sentence.0
	assert_equal "$(of 0 requests 0 executable) $(of 0 requests 0 kind)" '/usr/bin/git exec'
	kill "$NOTIFY"
	wait "$NOTIFY" || true

	notify --command "$KEEP" --details
	kept 1
	assert_equal "$(of 1 requests 0 args 0)" --password=hunter2
}

@test "wall and the bell only tell a count" {
	mkdir bin
	printf '#!/bin/sh\ncat >"%s.new" && mv "%s.new" "%s"\n' "$TMP/walled" "$TMP/walled" "$TMP/walled" >bin/wall
	chmod +x bin/wall
	notify --wall --bell
	ask executable=/bin/hunter2 args:='["hunter2"]' agent_id=hunter2 >out
	_until "$NOTIFY" test -e walled
	assert_equal "$(<walled)" "firma: 1 request of uid $EUID waits for a decision"
	_until "$NOTIFY" test -s told
	assert_equal "$(<told)" "1 request of uid $EUID waits"
}

@test "commands that hang hold up neither the daemon nor another notice, and end after a minute" {
	mkfifo hang
	notify --command "echo >>'$TMP/began'; read -r line <'$TMP/hang'" --interval 1s --at-once 2
	for n in 1 2 3 4; do
		pending_token args:="[\"$n\"]" >out
		((n > 2)) || _until "$NOTIFY" began "$n"
		move_clock 2
	done
	began 2
	run operate status
	assert_status 0
	move_clock 61
	# What was collected meanwhile is one notice.
	_until "$NOTIFY" began 3
	_until "$NOTIFY" killed 2
}

killed() {
	(($(grep -c 'firma: the command was ended by signal 9' "$TMP/notify.err") == $1))
}

began() {
	(($(wc -l 2>/dev/null <"$TMP/began") == $1))
}

@test "a command that fails or does not exist is reported, and the next notice works" {
	notify --command 'exit 7' --interval 1s
	pending_token args:='["1"]' >out
	_until "$NOTIFY" grep -q 'firma: the command ended with status 7' notify.err
	move_clock 2
	pending_token args:='["2"]' >out
	_until "$NOTIFY" failed 2
	kill -TERM "$NOTIFY"
	wait "$NOTIFY"
}

failed() {
	(($(grep -c 'ended with status 7' "$TMP/notify.err") == $1))
}

@test "its commands end when it ends" {
	notify --command "echo >'$TMP/began'; exec sleep 1000"
	pending_token >out
	_until "$NOTIFY" test -s began
	_until "$NOTIFY" runs_sleep
	kill "$NOTIFY"
	wait "$NOTIFY" || true
	run ! runs_sleep
}

runs_sleep() {
	local pid

	for pid in /proc/[0-9]*; do
		[[ $(tr '\0' ' ' <"$pid/cmdline" 2>/dev/null) != 'sleep 1000 ' ]] ||
			! grep -qz "^FIRMA_NOTICE=" "$pid/environ" 2>/dev/null || return 0
	done
	return 1
}

@test "texts that try to deceive are JSON, and not in the sentence" {
	keeper
	notify --command "$KEEP" --details
	# shellcheck disable=SC2016 # they are not to be expanded
	ask args:='["\u001b]8;;http://x\u0007$(reboot)`\"\\"]' >out
	kept 0
	assert_equal "$(<sentence.0)" "1 request of uid $EUID waits"
	run ! grep -P '[\x00-\x1f]' <(tr -d '\n' <notice.0)
}

@test "missing options are usage errors, and without a daemon it ends" {
	run firma notify --socket "$SOCKET"
	assert_status 2
	run firma notify --details --bell
	assert_status 2
	run firma notify --wall --command true --at-once 1
	assert_status 2
	run firma notify --bell --at-once 17
	assert_status 2
	run firma notify --socket "$TMP/none" --bell
	assert_status 3
}

# ends_undecided MESSAGE: it ends by itself.
ends_undecided() {
	local status=0

	_until "$NOTIFY" _is_gone "$NOTIFY" || fail "it does not end"
	wait "$NOTIFY" || status=$?
	NOTIFY=
	assert_equal "$status" 3
	assert_equal "$(<"$TMP/notify.err")" "firma: $1"
}

@test "a daemon that is gone is waited for no longer than --timeout" {
	notify --bell --timeout 200ms
	stop_daemon
	ends_undecided "$SOCKET: No such file or directory (no daemon there?)"
}

@test "a daemon that hangs is waited for no longer than --timeout" {
	stop_daemon
	fake never-accept
	# What is not accepted takes the room of the one that may wait.
	run firma check --socket "$SOCKET" --timeout 100ms -- true
	assert_status 3
	begin_to_notify --bell --timeout 200ms
	ends_undecided "$SOCKET: no answer in time"
}

# ends_at_signal SIGNAL: it does, with status 0 and without a message.
ends_at_signal() {
	local status=0

	kill "-$1" "$NOTIFY"
	_until "$NOTIFY" _is_gone "$NOTIFY" || fail "it does not end"
	wait "$NOTIFY" || status=$?
	NOTIFY=
	assert_equal "$status $(<"$TMP/notify.err")" '0 '
}

@test "a signal ends it also while it connects" {
	stop_daemon
	fake never-accept
	run firma check --socket "$SOCKET" --timeout 100ms -- true
	assert_status 3
	for signal in TERM INT; do
		begin_to_notify --bell --timeout 1h
		_until "$NOTIFY" blocks_signals || fail "it does not begin"
		ends_at_signal "$signal"
	done
}

@test "a signal ends it also while it waits for a daemon that is gone" {
	notify --bell --timeout 1h
	stop_daemon
	_until "$NOTIFY" is_disconnected || fail "it does not notice"
	ends_at_signal TERM
}

# It has got as far as that a signal is read by it, and doesn't end it.
blocks_signals() {
	grep -q '^SigBlk:.*[4-7c-f]...$' "/proc/$NOTIFY/status"
}

# It has no connection.
is_disconnected() {
	! find "/proc/$NOTIFY/fd" -lname 'socket:*' | grep -q .
}

# example N: that example of firma-notify(1), as it is typed.
example() {
	awk -v n="$1" '/^\.Bd/ { i++; next } /^\.Ed/ { inside = 0 } i == n && !done { inside = 1; done = 1 }
		inside' "$BATS_TEST_DIRNAME/../man/firma-notify.1" | sed 's/\\e/\\/g; s/\\-/-/g'
}

# A server on loopback that keeps what is sent to it, each in a file sent.N. Sets URL.
receive() {
	_spawn python3 - "$TMP" <<-'END'
		import http.server, os, sys

		class Handler(http.server.BaseHTTPRequestHandler):
		    n = 0

		    def do_POST(self):
		        body = self.rfile.read(int(self.headers["Content-Length"]))
		        path = "%s/sent.%d" % (sys.argv[1], Handler.n)
		        Handler.n += 1
		        with open(path + ".new", "wb") as file:
		            file.write(self.headers["Content-Type"].encode() + b"\n" + body)
		        os.rename(path + ".new", path)
		        self.send_response(200)
		        self.end_headers()

		    def log_message(self, *_):
		        pass

		server = http.server.HTTPServer(("127.0.0.1", 0), Handler)
		with open(sys.argv[1] + "/port.new", "w") as port:
		    port.write(str(server.server_port))
		os.rename(sys.argv[1] + "/port.new", sys.argv[1] + "/port")
		server.serve_forever()
	END
	BACKGROUND["server"]=$!
	_until "$!" test -e port || fail 'there is no server'
	URL=http://127.0.0.1:$(<port)
}

# type_example N: runs it until its first notice is FILE.
type_example() {
	local line

	line=$(example "$1")
	[[ $line == 'firma notify '* ]] || fail "no example: $line"
	_command "$FIRMA" notify --socket "$SOCKET"
	line="${CMD[*]@Q} ${line#firma notify}"
	env PATH="$TMP/bin:$PATH" NTFY_URL="$URL/topic" WEBHOOK_URL="$URL/hook" \
		bash -c "exec $line" </dev/null >told 2>notify.err 3>&- &
	NOTIFY=$!
	_until "$NOTIFY" test -e "$2" || fail "nothing was sent: $(<notify.err)"
	kill "$NOTIFY"
	wait "$NOTIFY" || true
}

@test "the page's examples reach a phone's server, a chat's webhook and a mail program" {
	mkdir bin
	# shellcheck disable=SC2016 # for that shell
	printf '#!/bin/sh\n{ printf "%%s\\n" "$@"; cat; } >"%s/mail.new" && mv "%s/mail.new" "%s/mail"\n' \
		"$TMP" "$TMP" "$TMP" >bin/mail
	chmod +x bin/mail
	receive
	pending_token args:='["1"]' >out

	type_example 1 sent.0
	assert_equal "$(tail -n 1 sent.0)" "1 request of uid $EUID waits"
	type_example 2 sent.1
	assert_equal "$(<sent.1)" "application/json
{\"text\":\"1 request of uid $EUID waits\"}"
	type_example 3 mail
	assert_equal "$(head -n 3 mail)" "-s
firma: 1 request of uid $EUID waits
operators"
	tail -n 1 mail | python3 -c 'import json, sys; assert json.load(sys.stdin)["count"] == 1'
}
