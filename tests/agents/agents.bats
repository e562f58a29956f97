#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
#
# A real agent, $AGENT, with a model on loopback that wants to run one line of shell: it runs when
# firma allows it, and in no other case. Started by tests/agents/check.

# shellcheck disable=SC2030,SC2031 # each test is a process, and so are its variables
# shellcheck disable=SC2034,SC2154 # some variables are those of lib.bash and of bats

load agents

@test "allowed, it runs" {
	start_daemon --default-action allow
	starts
	ends
	ran
}

@test "denied, it does not run" {
	start_daemon --default-action deny
	starts
	ends
	did_not_run
	assert_log -p 'deny '
}

@test "of a list of which one is denied, nothing runs" {
	cat >"$TMP/policy" <<-'END'
		{"default_action": "allow", "exec": [
		 {"id": "no", "argv": ["bash", "-c", "*reboot*"], "action": "deny", "reason": "not now"}]}
	END
	start_daemon --policy "$TMP/policy"
	starts "uname -r >$TMP/ran && reboot --help"
	ends
	did_not_run
}

@test "pending, it runs after a person has approved" {
	start_daemon --default-action pending_hitl
	starts
	_until "$WORKER" is_pending || fail "nothing is pending"
	did_not_run
	operate approve token_id="$TOKEN"
	ends
	ran
}

@test "pending, it does not run after a person has refused" {
	start_daemon --default-action pending_hitl
	starts
	_until "$WORKER" is_pending || fail "nothing is pending"
	operate revoke token_id="$TOKEN"
	ends
	did_not_run
}

@test "without a daemon, it does not run" {
	starts
	ends
	did_not_run
}

@test "with a daemon that hangs, it does not run" {
	fake hang
	starts
	ends
	did_not_run
}

@test "with a daemon that answers garbage, it does not run" {
	fake reply '{"decision":"allow"}'
	starts
	ends
	did_not_run
}

@test "when the hook is killed, it does not run" {
	start_daemon --default-action pending_hitl
	starts
	_until "$WORKER" is_pending || fail "nothing is pending"
	hook_process || fail "no hook"
	kill -KILL "$HOOK"
	ends
	did_not_run
}

@test "when the hook is gone, it does not run" {
	start_daemon --default-action allow
	grep -rlZ 'firma hook' "$HOME" | xargs -0 sed -i "s#/[^\" ]*/firma hook#/nonexistent/firma hook#"
	starts
	ends
	did_not_run
}
