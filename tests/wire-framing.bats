#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
#
# One request a connection, one reply, close: where a request ends, what becomes of what comes
# behind it, and of peers that come in pieces, all at once, or not at all.

load wire

UUID='[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}'
TIME='[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]+)?Z'

# pending: how many tokens there are.
pending() {
	operate status | head -n 1 | "$UNIT" get tokens | "$UNIT" get pending
}

# assert_told_late N: so many replies say that the time is over.
assert_told_late() {
	assert_equal "$(count \
		'^\{"decision":"deny","reason":"limit reached: a request must arrive within 10 seconds"}$')" "$1"
}

# has_lines N FILE
has_lines() {
	(($(wc -l <"$2") >= $1))
}

# hold_many NAME N: N connections that have sent the half of a request.
hold_many() {
	hold "$1" --repeat "$2" --concurrent < <(printf '{"action"')
	_until "${BACKGROUND[$1]}" has_lines "$2" "$TMP/$1.out"
}

@test "a request is a line, and so is its reply, and then the connection is closed" {
	start_daemon --default-action allow
	ask >"$TMP/reply"
	printf '%s\n' "$ALLOWED" | cmp - "$TMP/reply"
}

@test "a request can come byte by byte" {
	start_daemon --default-action pending_hitl
	run send --byte-by-byte < <(request args:='["ä😀","\ud83d\ude00"]')
	assert_decision pending_hitl
	run operate show token_id="$(field approval_token)"
	assert_line -n 0 -p '"args":["ä😀","😀"]'
}

@test "a fault that comes byte by byte is the same fault" {
	start_daemon --default-action allow
	run send --byte-by-byte <<<'{"a":1,"b":[],"\u0061":2}'
	assert_decision deny 'malformed request: a key is given twice (at byte 15)'
}

@test "a request can be ended by the end of file instead of a newline" {
	start_daemon --default-action allow
	run send --half-close < <(printf %s "$OPEN}")
	assert_output "$ALLOWED"
	run send --half-close --byte-by-byte < <(printf %s "$OPEN}")
	assert_output "$ALLOWED"
	run send --half-close <<<"$OPEN}"
	assert_output "$ALLOWED"
}

@test "an end of file in the middle of a request is told" {
	start_daemon --default-action allow
	run send --half-close < <(printf %s "$OPEN")
	assert_decision deny "malformed request: the JSON ends early (at byte $((${#OPEN} + 1)))"
	run send --half-close </dev/null
	assert_decision deny 'malformed request: it is empty (at byte 1)'
	run ask
	assert_output "$ALLOWED"
}

@test "a newline ends the request, also where the object goes on" {
	start_daemon --default-action allow
	run send < <(printf '%s\n}\n' "$OPEN")
	assert_output "{\"decision\":\"deny\",\"reason\":\"malformed request: the JSON ends early (at byte $((${#OPEN} + 1)))\"}"
	run send < <(printf '%s,"x":"\n"}\n' "$OPEN")
	assert_decision deny -p 'the JSON ends early'
	run send < <(printf '\n%s}\n' "$OPEN")
	assert_decision deny 'malformed request: it is empty (at byte 1)'
}

@test "what follows the newline is never looked at" {
	local behind

	start_daemon --default-action pending_hitl
	for behind in "$OPEN}\n" '{"action":"local.exec.status"}\n' '}}}\n\n' '\xff\xfe\0\x80' '\0' '\n' ' ' \
		"$(text 70000)"; do
		printf '%s}\n%b' "$OPEN" "$behind" >"$TMP/request"
		run send <"$TMP/request"
		assert_equal "${#lines[@]}" 1
		assert_decision pending_hitl
		run send --half-close <"$TMP/request"
		assert_equal "${#lines[@]}" 1
		assert_decision pending_hitl
	done
	assert_equal "$(pending)" 1

	run send --byte-by-byte < <(printf '{}\n%s}\n' "$OPEN")
	assert_output '{"decision":"deny","reason":"malformed request: action is missing"}'
	assert_equal "$(pending)" 1
}

@test "a reply isn't lost where the peer has sent 64 KiB and more behind its newline" {
	local n

	start_daemon --default-action allow
	for n in 65535 65536 200000; do
		run send < <(printf '%s}\n%s' "$OPEN" "$(text "$n")")
		assert_output "$ALLOWED"
		assert_status 0
		run send < <(printf '[]\n%s' "$(text "$n")")
		assert_decision deny 'malformed request: it is not a JSON object (at byte 1)'
		assert_status 0
	done
}

is_asleep() {
	[[ $(<"/proc/$1/stat") == *') S '* ]]
}

# send_unread NAME: has all of standard input queued at the daemon before it reads any of it.
send_unread() {
	kill -STOP "$DAEMON"
	_spawn "$UNIT" probe --whole "$SOCKET" >"$TMP/$1" 2>&1
	_until "$!" grep -q " 0001 02 .* $SOCKET\$" /proc/net/unix
	_until "$!" is_asleep "$!"
	kill -CONT "$DAEMON"
	status=0
	wait "$!" || status=$?
	output=$(<"$TMP/$1")
}

@test "64 KiB behind the newline are read, so that the connection isn't reset" {
	start_daemon --default-action allow
	send_unread reply < <(printf '%s}\n%s' "$OPEN" "$(text 65536)")
	assert_output "$ALLOWED"
	assert_status 0
	send_unread reply < <(text 131072)
	assert_decision deny -p 'at most 65536 bytes'
	assert_status 0
	send_unread reply < <(text 131073)
	assert_status 5
}

@test "a peer that leaves early leaves the others alone" {
	start_daemon --default-action allow
	send --no-read --repeat 50 < <(printf %s "$OPEN")
	send --no-read --repeat 50 <<<"$OPEN}"
	send --no-read --repeat 50 --concurrent <<<"$OPEN}"
	send --no-read --repeat 50 </dev/null
	send --no-read --repeat 5 --big 1000000
	run ask
	assert_output "$ALLOWED"
	stop_daemon
}

@test "each of 256 requests that come at once has its own reply" {
	local i

	start_daemon --default-action allow
	for i in {1..255}; do
		denied "unknown action '$i'" "{\"action\":\"$i\"}"
	done
	check_cases --concurrent
}

@test "requests that change something are all answered, and all recorded, when they come at once" {
	start_daemon --default-action pending_hitl
	for i in {1..200}; do
		echo "${OPEN/status/$i}}"
	done >"$TMP/requests"
	run send_lines --concurrent <"$TMP/requests"
	assert_equal "$(count "^\{\"decision\":\"pending_hitl\",.*\"$UUID\"")" 200
	assert_equal "$("$UNIT" get approval_token <<<"$output" | sort -u | wc -l)" 200
	assert_equal "$(pending)" 200
	kill_daemon
	start_daemon --default-action pending_hitl
	assert_equal "$(pending)" 200
}

@test "256 requests whose time is over in the same turn are all answered" {
	start_daemon --default-action allow
	hold_many slow 256
	move_clock 11
	finish slow
	assert_status 0
	assert_told_late 256
	run ask
	assert_output "$ALLOWED"
}

@test "500 requests whose time is over in the same turn are all answered" {
	need_root
	OPERATOR_SOCKET=$TMP/operator.sock
	start_daemon --operator-socket "$OPERATOR_SOCKET" --agent-group 4242 --default-action allow
	AS_UID=4242 hold_many one 250
	hold_many two 250
	move_clock 11
	finish one
	assert_status 0
	assert_told_late 250
	finish two
	assert_status 0
	assert_told_late 250
	run ask
	assert_output "$ALLOWED"
}

@test "an operator's list is a line for each token, then the outcome" {
	start_daemon --default-action pending_hitl
	run operate list
	assert_output '{"outcome":"ok"}'

	ask args:='["1"]'
	ask args:='["2"]'
	operate list >"$TMP/reply"
	assert_equal "$(wc -l <"$TMP/reply")" 3
	run head -n 2 "$TMP/reply"
	assert_equal "$("$UNIT" get args <<<"$output" | sort | tr -d '\n')" '["1"]["2"]'
	run tail -n 1 "$TMP/reply"
	assert_output '{"outcome":"ok"}'
}

@test "a list that is longer than a socket holds comes whole" {
	start_daemon --default-action pending_hitl
	send_lines >"$TMP/replies" < <(request "args:=[\"$(text 60000)\"]" | apart 16)
	operate list >"$TMP/list"
	assert_equal "$(wc -l <"$TMP/list")" 17
	assert_equal "$(head -n 16 "$TMP/list" | "$UNIT" get token_id | sort)" \
		"$("$UNIT" get approval_token <"$TMP/replies" | sort)"
	assert_equal "$(head -n 16 "$TMP/list" | "$UNIT" get args | sort -u)" "[\"$(text 60000)\"]"
}

@test "without detail a reply has the four keys and no other" {
	local detail

	start_daemon --default-action pending_hitl
	for detail in '' ',"detail":false' ',"detail":null' ',"Detail":true'; do
		run send <<<"$OPEN$detail}"
		assert_output -e "^\{\"decision\":\"pending_hitl\",\"reason\":\"awaiting human approval\",\"approval_token\":\"$UUID\",\"retry_after_ms\":500\}\$"
	done

	operate approve token_id="$(field approval_token)"
	run send <<<"$OPEN,\"approval_token\":\"$(field approval_token)\"}"
	assert_output -e '^\{"decision":"allow","reason":"[^"]+"\}$'
}

@test "with detail a reply also names the rule, and when a pending one expires" {
	# shellcheck disable=SC2034 # a record would be named as well
	local FIRMA_EVIDENCE='' token

	start_daemon --default-action pending_hitl
	run send <<<"$OPEN,\"detail\":true}"
	assert_output -e "^\{\"decision\":\"pending_hitl\",\"reason\":\"awaiting human approval\",\"approval_token\":\"$UUID\",\"retry_after_ms\":500,\"rule\":\"default_action\",\"expires_at\":\"$TIME\"\}\$"
	token=$(field approval_token)
	assert_equal "$(field expires_at)" \
		"$(operate show token_id="$token" | head -n 1 | "$UNIT" get expires_at)"

	operate approve token_id="$token"
	run send <<<"$OPEN,\"approval_token\":\"$token\",\"detail\":true}"
	assert_output -e '^\{"decision":"allow","reason":"[^"]+","rule":"approval_token"\}$'

	run send <<<"$OPEN,\"detail\":true,\"wait_ms\":-1}"
	assert_output '{"decision":"deny","reason":"malformed request: wait_ms must be a whole number from 0 to 600000"}'

	stop_daemon
	start_daemon --default-action allow
	run send <<<"$OPEN,\"detail\":true}"
	assert_output "${ALLOWED%\}},\"rule\":\"default_action\"}"
}
