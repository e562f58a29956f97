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

# A policy that allows a few programs, each by a rule of its own, and nothing else.
by_rules() {
	local rules=() name

	for name in touch tee cat; do
		rules+=("{\"id\": \"$name\", \"argv\": [\"$(command -v "$name")\", \"**\"],
			\"action\": \"allow\"}")
	done
	(IFS=,; echo "{\"default_action\": \"deny\", \"exec\": [${rules[*]},
		{\"id\": \"no\", \"argv\": [\"reboot\", \"**\"], \"action\": \"deny\",
		 \"reason\": \"not now\"}]}") >"$TMP/policy"
}

@test "a list runs when rules allow each of its commands, and nothing of it when one denies" {
	by_rules
	start_daemon --policy "$TMP/policy"
	tries "touch $TMP/denied && reboot --help" "touch $TMP/ran && cat /dev/null 2>&1 | cat"
	ran
	[ ! -e "$TMP/denied" ]
	assert_log -p 'not now'
}

@test "no rule for its commands allows a substitution, a redirection, an unknown command, a here-document" {
	by_rules
	start_daemon --policy "$TMP/policy"
	tries "touch \"$TMP/substitution\$(echo 1)\"" "cat /etc/passwd >$TMP/redirection" \
		"touch $TMP/unknown && no-such-program" "tee $TMP/document <<END"$'\nx\nEND' \
		"touch $TMP/ran"
	ran
	run ls "$TMP"
	for name in substitution1 redirection unknown document; do
		refute_line "$name"
	done
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
