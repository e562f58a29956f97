#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
#
# What an approval for good of a line of shell binds, and which lines can have one.

# shellcheck disable=SC2016 # nothing in quotes is for the shell here
# shellcheck disable=SC2030,SC2031 # each test is a process, and so are its variables
# shellcheck disable=SC2154 # some variables are those of bats

load allowlist

PROGRAMS='"git":["/usr/bin/git","/usr/bin/git"],"head":["/usr/bin/head","/usr/bin/coreutils-head"]'

# line LINE [MEMBER...]: the members of a request for bash -c LINE, whose programs are claimed.
line() {
	MEMBERS=(executable=/usr/bin/bash real_path=/usr/bin/bash cwd=/work agent_id=a
		"args:=[\"-c\",\"$1\"]" "programs:={$PROGRAMS}" 'environment:=[]' "${@:2}")
}

remember_line() {
	line "$@"
	remember "${MEMBERS[@]}"
}

allowed_line() {
	line "$@"
	allowed_by_list "${MEMBERS[@]}"
}

asked_line() {
	line "$@"
	asked "${MEMBERS[@]}"
}

# refused_line REASON LINE [MEMBER...]: it is still pending then, and can be approved once.
refused_line() {
	local token

	line "${@:2}"
	token=$(pending_token "${MEMBERS[@]}")
	must '{"outcome":"unsupported_action","reason":"can'"'"'t be allowed always: '"$1"'"}' \
		operate approve token_id="$token" always:=true
	must "$OK" operate approve token_id="$token"
	must "$ALLOWED" ask "${MEMBERS[@]}" approval_token="$token"
	[[ ! -e $LIST ]]
}

# asking RULE: a policy of this rule, and else a person is asked.
asking() {
	mkdir -p "$TMP/policy"
	echo '{"default_action":"pending_hitl","exec":['"$1"']}' >"$TMP/policy/new"
	mv "$TMP/policy/new" "$TMP/policy/policy.json"
	[[ ${DAEMON-} ]] || start_daemon --policy "$TMP/policy/policy.json"
}

@test "a plain line that was approved for good is allowed from then on, also after a restart" {
	start_asking
	remember_line 'git log | head -3 2>/dev/null'
	allowed_line 'git log | head -3 2>/dev/null'
	allowed_line 'git log | head -3 2>/dev/null' session_id=another
	run operate allow.list
	assert_line -n 0 -e '"argPattern":"sha256:cwd-argv:v1:[0-9a-f]{64}","programs":"sha256:programs:v1:[0-9a-f]{64}","cwd":"/work",'
	stop_daemon
	start_asking
	allowed_line 'git log | head -3 2>/dev/null'
}

@test "each part of a line, changed by itself, asks again" {
	local change other

	start_asking
	remember_line 'git log | head -3 2>/dev/null'
	for other in 'git log || head -3 2>/dev/null' 'git log && head -3 2>/dev/null' \
		'git log | head -3' 'git log | head -3 >/dev/null' 'git log | head -4 2>/dev/null' \
		'git log' 'head -3 2>/dev/null' 'git  log | head -3 2>/dev/null' \
		'git log | head -3 2>/dev/null; git log' 'cd /work && git log | head -3 2>/dev/null' \
		'git log | head -3 2>/dev/null $(git log)'; do
		asked_line "$other"
	done
	for change in cwd=/other agent_id=b sandbox_id=x profile=x real_path=/usr/bin/sh \
		executable=/usr/bin/sh 'args:=["-ec","git log | head -3 2>/dev/null"]' programs- environment- \
		'environment:=["LD_PRELOAD"]' 'environment:=["ENV"]' 'programs:={}' \
		'programs:={"git":["/usr/bin/git","/usr/bin/git"]}' \
		'programs:={"git":["/bin/git","/usr/bin/git"],"head":["/usr/bin/head","/usr/bin/coreutils-head"]}' \
		'programs:={"git":["/usr/bin/git","/usr/bin/git2"],"head":["/usr/bin/head","/usr/bin/coreutils-head"]}' \
		'programs:={"git":["/usr/bin/git","/usr/bin/git"],"head":["/usr/bin/head","/usr/bin/head"]}'; do
		asked_line 'git log | head -3 2>/dev/null' "$change"
	done
	allowed_line 'git log | head -3 2>/dev/null'
}

@test "entries of single commands never combine into a line" {
	local words

	start_asking
	for words in log status; do
		remember "${BOUND[@]}" executable=/usr/bin/git "args:=[\"$words\"]"
		remember_line "git $words"
		allowed_line "git $words"
	done
	for words in 'git log | git status' 'git log || git status' 'git log && git status' \
		'git log; git status'; do
		asked_line "$words"
	done
}

@test "a line whose programs aren't known, or can be changed, can't be approved for good" {
	local unsaid='the request did not say which programs the line runs'
	local others='is known to run others: what it would run is not what was seen'
	local variables='variables of the environment may change what the line does'

	start_asking
	refused_line "$unsaid" 'git log' programs-
	refused_line "$unsaid" 'git log; ls'
	refused_line "$unsaid" './git log' 'programs:={"./git":["/work/git","/work/git"]}'
	refused_line "$unsaid" '/opt/git log' 'programs:={"/opt/git":["/usr/bin/git","/usr/bin/git"]}'
	refused_line "$unsaid" 'git log' 'programs:={"git":["/usr/bin/true","/usr/bin/true"]}'
	refused_line '/opt/git is not in a trusted directory' 'git log' \
		'programs:={"git":["/opt/git","/usr/bin/git"]}'
	refused_line '/opt/git is not in a trusted directory' 'git log' \
		'programs:={"git":["/usr/bin/git","/opt/git"]}'
	refused_line "/usr/bin/python3 $others" 'python3 x' \
		'programs:={"python3":["/usr/bin/python3","/usr/bin/python3.11"]}'
	refused_line "/usr/bin/env $others" 'env git' 'programs:={"env":["/usr/bin/env","/usr/bin/env"]}'
	refused_line "/usr/bin/busybox $others" 'ls' 'programs:={"ls":["/usr/bin/ls","/usr/bin/busybox"]}'
	refused_line "$variables" 'git log' environment-
	refused_line "$variables" 'git log' 'environment:=["BASH_ENV"]'
	refused_line '/usr/bin/bash is a known shell: what it would run is not what was seen' 'git log' \
		'args:=["-lc","git log"]'
	refused_line '/usr/bin/bash is a known shell: what it would run is not what was seen' 'git log' \
		'args:=["-c","git log","x"]'
}

@test "an opaque line can be approved for good only as itself, and where a rule says so" {
	local rule='{"id":"r","argv":["bash","-c","git*"],"action":"pending_hitl"'

	asking "$rule}"
	refused_line 'the rule that asks for a person lets no answer be remembered' 'git log $X'
	asking ''
	refused_line 'the rule that asks for a person lets no answer be remembered' 'git log $X'
	asking "$rule,\"remember\":true}"
	remember_line 'git log $X'
	allowed_line 'git log $X'
	asked_line 'git log $Y'
	asked_line 'git log $X '
	asked_line 'git log $X' cwd=/other
	# The rule is gone.
	asking ''
	asked_line 'git log $X'
	asking "$rule,\"remember\":true}"
	allowed_line 'git log $X'
}

@test "what is denied is denied in a line that was approved for good" {
	asking ''
	remember_line 'git log | head -3'
	allowed_line 'git log | head -3'
	asking '{"id":"no","argv":["head","**"],"action":"deny"}'
	line 'git log | head -3'
	run ask "${MEMBERS[@]}"
	assert_decision deny
}

@test "an entry that has lost its programs matches nothing" {
	local text

	start_asking
	remember_line 'git log'
	stop_daemon
	text=$(sed 's/"programs":"[^"]*",//' "$LIST")
	write_list "$text"
	start_asking
	asked_line 'git log'
}

@test "firma check and firma run give what such an approval needs" {
	local token functions

	need_root
	# Functions that a test finds exported.
	mapfile -t functions < <(compgen -A function)
	export -fn "${functions[@]}"
	unset BASH_ENV ENV
	start_asking
	run firma check -- sh -c 'true; echo a'
	assert_status 75
	token=${lines[0]}
	run firma token approve --yes --always "$token"
	assert_status 0
	run firma check --token "$token" -- sh -c 'true; echo a'
	assert_status 0
	run firma check -- sh -c 'true; echo a'
	assert_status 0
	run firma check -- sh -c 'true; echo b'
	assert_status 75
}
