#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
#
# `firma run --shell`: a plain line is run from its words, each program as it was opened before the
# question, and does what sh does; any other line is left to the shell, and that is said.
#
# What is set here may be for the library, as what is read may be the library's:
# shellcheck disable=SC2016,SC2030,SC2031,SC2034,SC2153,SC2154

load run

# as_sh LINE: both say and do the same.
as_sh() {
	local expected_status=0 expected

	expected=$(sh -c "$1" 2>/dev/null </dev/null) || expected_status=$?
	if ((expected_status == 127)); then
		run -127 --separate-stderr firma run --shell "$1" </dev/null
	else
		run --separate-stderr firma run --shell "$1" </dev/null
	fi
	assert_status "$expected_status"
	assert_output "$expected"
}

plain_lines=(
	'true'
	'false'
	"echo a 'b  c' \"d e\"'f'"
	'echo a; echo b'
	$'echo a\necho b'
	'true && echo yes'
	'false && echo no'
	'false || echo otherwise'
	'true || echo no'
	'false && echo no || echo yes'
	'true || echo no && echo yes'
	'false; echo after'
	'echo x | cat'
	'seq 3 | sort -r | tail -n 2'
	'false | true'
	'true | false'
	'true | false || echo failed'
	'ls /nonesuch 2>/dev/null; echo done'
	'ls /nonesuch 2>&1 | wc -l'
	'ls /nonesuch 2>&1 >/dev/null | wc -l'
	'ls /nonesuch >/dev/null 2>&1'
	'ls /nonesuch 1>&2 2>/dev/null'
	'cat </dev/null'
	'seq 200000 | head -n 1'
	'cd / && ls -d etc; ls -d usr'
	'cd / && false || ls -d etc'
	'nonesuch'
	'nonesuch || echo missing'
	'/nonesuch/program; echo went on'
	"sh -c 'exit 9'"
	"sh -c 'kill -KILL \$\$'"
	"sh -c 'kill -TERM \$\$'; echo after"
)

@test "a plain line does what sh does" {
	local line

	start_daemon --default-action allow
	for line in "${plain_lines[@]}"; do
		as_sh "$line"
		refute_stderr -p 'not pinned'
	done
}

@test "and so it does where evidence is kept" {
	local line

	start_daemon --default-action allow --evidence-log "$TMP/log.evidence"
	for line in "${plain_lines[@]:0:14}" "${plain_lines[@]: -3}"; do
		as_sh "$line"
	done
	assert_equal "$(tail -n 1 "$TMP/log.evidence" | "$UNIT" get event_type)" reported_by_asker
}

@test "a line that changes to a directory that is not there, or a link, is not pinned" {
	start_daemon --default-action allow
	runs --shell 'cd /nonesuch && echo no; echo yes'
	assert_status 0
	assert_output yes
	assert_stderr -p 'firma: not pinned: /bin/sh runs the line, since it is not known where'
}

@test "no shell runs a plain line" {
	need_trace
	start_daemon --default-action allow
	run strace -f -e trace=execve,execveat -o "$TMP/trace" "$FIRMA" run --shell 'echo a | cat && true'
	assert_output a
	assert_equal "$(grep -c 'execveat.* = 0$' "$TMP/trace")" 3
	assert_equal "$(grep -c 'execve(' "$TMP/trace")" 1
}

@test "programs of a line that are swapped after the question are not what runs" {
	start_asking
	script it 'echo approved'
	script other 'echo EVIL'
	waits it --shell './it && ./it | cat'
	mv other it
	approve
	finish it
	assert_status 0
	assert_line -n 0 approved
	assert_line -n 1 approved
	refute_line EVIL
}

@test "a program of a line that may not be copied ends it before anybody is asked" {
	start_daemon --default-action allow
	script it 'touch ran'
	chmod u+s it
	runs --shell 'true && ./it'
	assert_status 126
	assert_stderr -p 'it is setuid or setgid'
	refute_log -p allow
}

@test "any other line is left to the shell, and that is said" {
	start_daemon --default-action allow
	runs --shell 'x=7; echo $((x * 6))'
	assert_status 0
	assert_output 42
	assert_stderr 'firma: not pinned: /bin/sh runs the line, since it assigns to a variable'
	runs --shell 'exit 9 # done'
	assert_status 9
}

@test "--shell takes one line, and no command" {
	runs --shell 'true' true
	assert_status 125
	assert_stderr "firma: --shell excludes a command (see 'firma run --help')"
	runs --shell
	assert_status 125
}

@test "what is asked is sh -c with the whole line" {
	start_asking
	waits it --shell 'echo a && echo b'
	run operate show token_id="$TOKEN"
	output=${lines[0]}
	assert_field args '["-c","echo a && echo b"]'
	assert_field real_path "$(realpath /bin/sh)"
	kill "${BACKGROUND[it]}"
	finish it
}

@test "ctrl-C ends a line with its command" {
	start_daemon --default-action allow
	script it 'trap "echo interrupted; trap - INT; kill -INT \$\$" INT' 'echo ready' \
		'while :; do sleep 0.01; done'
	terminal 80x24 "$FIRMA" run --shell './it; echo EVIL'
	seen ready
	keys C-c
	ended
	assert_status 130
	assert_output -p interrupted
	refute_line EVIL
}

@test "rules allow a line for its commands, and what was dropped from the environment is no obstacle" {
	cat >"$TMP/policy.json" <<-'END'
		{"default_action": "deny", "exec": [
		 {"id": "look", "argv": [["echo", "cat"], "**"], "action": "allow"}]}
	END
	start_daemon --policy "$TMP/policy.json"
	LD_LIBRARY_PATH=/nonesuch runs --shell 'echo a | cat'
	assert_status 0
	assert_output a
	assert_stderr 'firma: dropped from the environment: LD_LIBRARY_PATH'
	runs --shell 'echo a | wc'
	assert_status 125
	refute_output
}
