#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
#
# hitl_mode "sync_wait": who asks so wants the decision and no token. The answer is held back, and is
# allow or deny; when the asker leaves, its token ends.

# shellcheck disable=SC2030,SC2031 # each test is a process, and so are its variables
# shellcheck disable=SC2034,SC2153,SC2154 # some variables are those of the libraries and of bats

load hold

LEFT='{"decision":"deny","reason":"approval token expired: the asker left"}'

# sync NAME [KEY=...]: asks so, and returns when the answer is held back.
sync() {
	local before

	before=$(status_of waiting)
	hold "$1" < <(request hitl_mode=sync_wait "${@:2}")
	until_has waiting $((before + 1))
}

@test "an approval is an allow, and a refusal a deny" {
	start_asking
	sync one
	must "$OK" operate approve token_id="$(newest)"
	answers one "$ALLOWED"
	assert_state "$(newest)" consumed
	sync two cwd=/
	must "$OK" operate revoke token_id="$(newest)" reason=no
	answers two '{"decision":"deny","reason":"refused by an operator: no"}'
}

@test "what needs no person is answered at once" {
	start_daemon --default-action deny
	run ask hitl_mode=sync_wait
	assert_decision deny "denied by the default action"
}

@test "at the end of the token's time it is a deny, and the bound is that of who waits" {
	start_asking --token-ttl 20s --max-ttl 30s
	sync asker
	move_clock 25
	assert_state "$(newest)" pending
	move_clock 6
	answers asker '{"decision":"deny","reason":"approval token expired"}'
}

@test "at the end of its own time it is a deny, and the token is over" {
	start_asking
	sync asker wait_ms:=10000
	move_clock 11
	answers asker '{"decision":"deny","reason":"nobody decided in time"}'
	assert_state "$(newest)" expired
	assert_equal "$(listed reason)" "nobody decided in time"
}

@test "when its asker leaves the token is over, and says why" {
	local token

	start_asking
	sync asker
	token=$(newest)
	hang_up asker
	until_has waiting 0
	assert_state "$token" expired
	assert_equal "$(listed reason)" "the asker left"
	must "$LEFT" ask approval_token="$token"
	must '{"outcome":"expired","reason":"approval token expired"}' operate approve token_id="$token"
	kill_daemon
	start_asking
	assert_state "$token" expired
	assert_equal "$(listed reason)" "the asker left"
	move_clock 301
	assert_equal "$(listed token_id)" ""
}

@test "an asker that left before an approval of the same moment is not allowed later" {
	local token

	start_asking
	sync asker
	token=$(newest)
	pause_daemon
	hang_up asker
	queue approve < <(operation approve token_id="$token")
	resume_daemon
	finish approve
	until_has waiting 0
	assert_state "$token" expired
	run ask approval_token="$token"
	assert_decision deny
}

@test "256 launches that were given up leave their user the next one" {
	local i

	start_asking --max-pending 3
	for i in 1 2 3 4 5; do
		sync "asker$i" sandbox_id="launch $i"
		hang_up "asker$i"
		until_has waiting 0
	done
	sync last sandbox_id=last
	must "$OK" operate approve token_id="$(newest)"
	answers last "$ALLOWED"
}

@test "no request joins its token, and it joins none" {
	start_asking
	sync one
	sync two
	run ask
	assert_decision pending_hitl
	sync three
	run ask
	assert_equal "$(listed token_id | wc -l)" 4
	must "$OK" operate approve token_id="$(listed token_id | sed -n 2p)"
	answers two "$ALLOWED"
	until_has waiting 2
}

@test "a retry in this mode is held as well, and leaves the token of another to it" {
	local token

	start_asking
	token=$(pending_token)
	sync asker approval_token="$token" wait_ms:=10000
	move_clock 11
	answers asker '{"decision":"deny","reason":"nobody decided in time"}'
	assert_state "$token" pending
	sync asker approval_token="$token"
	hang_up asker
	until_has waiting 0
	assert_state "$token" pending
	sync asker approval_token="$token"
	must "$OK" operate approve token_id="$token"
	answers asker "$ALLOWED"
}

@test "firma check waits for the answer to such a request in a file, and leaves the token over" {
	start_asking
	request hitl_mode=sync_wait >"$TMP/request"
	_command "$FIRMA" check --timeout 1s --request "$TMP/request"
	_spawn "${CMD[@]}" >"$TMP/check.out" 2>"$TMP/check.err"
	BACKGROUND['check']=$!
	until_has waiting 1
	move_clock 30
	must "$OK" operate approve token_id="$(newest)"
	finish check
	assert_status 0
}

@test "a daemon that stops denies, and the token is over" {
	start_asking
	sync asker
	stop_daemon
	answers asker '{"decision":"deny","reason":"the daemon is stopping"}'
	start_asking
	assert_equal "$(listed state)" expired
}

@test "a daemon that was killed finds the token over, for its asker is gone" {
	local token

	start_asking
	sync asker
	sync approved cwd=/
	kill_daemon
	start_asking
	assert_equal "$(listed state)" $'expired\nexpired'
	assert_equal "$(listed reason)" $'the asker left\nthe asker left'
	stop_daemon
	start_asking
	assert_equal "$(listed state)" $'expired\nexpired'
}

@test "beyond the bytes that may wait it is a deny that names the limit, and leaves no token" {
	start_daemon --default-action pending_hitl --max-request 1M
	run python3 - "$SOCKET" <<-'EOT'
		import json, select, socket, sys
		def ask(launch):
		    s = socket.socket(socket.AF_UNIX)
		    s.connect(sys.argv[1])
		    s.sendall(json.dumps(dict(action='local.exec', executable='/bin/x', args=['x' * 60000],
		        sandbox_id=str(launch), session_id='s', profile='p', hitl_mode='sync_wait')).encode() + b'\n')
		    return s
		# One of the seventy is too many: the one that the daemon reads last.
		asked = [ask(n) for n in range(70)]
		print(select.select(asked, [], [])[0][0].makefile().readline(), end='')
	EOT
	assert_output '{"decision":"deny","reason":"limit reached: requests of one uid that arrive or wait take at most 4 MiB, all 64 MiB"}'
	until_has waiting 0
	assert_equal "$(listed reason | sort | uniq -c)" "     69 the asker left"
}
