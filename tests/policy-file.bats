#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
#
# The policy's file and the daemon: who may write it, when a change is noticed, what happens to one
# that has a fault, and what `status` and the log say of it.

# shellcheck disable=SC2030,SC2031 # each test is a process, and so are its variables
# shellcheck disable=SC2154 # some variables are those of lib.bash and of bats

load store
load policy

allows() {
	run ask
	assert_decision allow 'allowed by the default action'
}

denies() {
	run ask
	assert_decision deny 'denied by the default action'
}

# closed FAULT: what the daemon answers, and what it tells.
closed() {
	run ask
	assert_decision deny "closed: $1"
	run ask approval_token=11111111-1111-4111-8111-111111111111
	assert_decision deny "closed: $1"
	run operate approve token_id=11111111-1111-4111-8111-111111111111
	assert_line -n 0 -p "\"reason\":\"closed: "
	run operate list
	assert_line -n 0 '{"outcome":"ok"}'
	run firma status
	assert_status 1
	assert_line -n 0 "closed         $1"
}

@test "a changed file is in force for the next request, without a signal" {
	serve_policy
	denies
	write_policy '{"default_action":"allow"}'
	allows
	write_policy '{"default_action":"deny"}'
	denies
	# Also where it is written in place, and has the same size.
	printf '{"exec":[],"default_action":"allow"}' >"$POLICY"
	allows
	printf '{"exec":[],"default_action":"deny" }' >"$POLICY"
	denies
	printf '{"exec":[],"default_action":"allow"}' >"$POLICY"
	allows
}

@test "a change is noticed whatever else stays: one of many in a row, and an older file" {
	local i

	serve_policy
	for ((i = 0; i < 50; i++)); do
		write_policy '{"default_action":"allow"}'
		allows
		write_policy '{"default_action":"deny"} '
		denies
	done
	printf '{"default_action":"allow"}' >"$TMP/policy/old"
	touch -d '2001-01-01' "$TMP/policy/old"
	mv "$TMP/policy/old" "$POLICY"
	allows
	# The same size, the same times of its content.
	cp -p "$POLICY" "$TMP/policy/new"
	printf '{"default_action":"deny" }' >"$TMP/policy/new"
	touch -r "$POLICY" "$TMP/policy/new"
	cat "$TMP/policy/new" >"$POLICY"
	touch -r "$TMP/policy/new" "$POLICY"
	denies
}

# The clock by which files are dated ticks a few hundred times a second.
@test "what is written in place within a tick, with the same size, is noticed" {
	local i line

	serve_policy
	line=$(request)
	for ((i = 0; i < 100; i++)); do
		printf '{"default_action":"allow"}' >"$POLICY"
		[[ $(send <<<"$line") == *'"allow"'* ]]
		printf '{"default_action":"deny" }' >"$POLICY"
		[[ $(send <<<"$line") == *'"deny"'* ]]
	done
}

@test "a link to the file may be turned to another file" {
	mkdir "$TMP/policy/a" "$TMP/policy/b"
	printf '{"default_action":"allow"}' >"$TMP/policy/a/p"
	printf '{"default_action":"deny"}' >"$TMP/policy/b/p"
	ln -s a "$TMP/policy/now"
	ln -s now/p "$POLICY"
	serve_policy
	allows
	ln -sfn "$TMP/policy/b" "$TMP/policy/now"
	denies
	ln -sfn ../policy/a "$TMP/policy/now"
	allows
}

@test "where the new file has a fault, the old policy stays in force, and it is said once" {
	write_policy '{"default_action":"allow"}'
	serve_policy
	allows
	write_policy '{"default_action":"deny","x":1}'
	allows
	allows
	assert_log "firma: the policy before stays in force: policy $POLICY: unknown key 'x'"
	assert_equal "$(grep -c 'stays in force' "$TMP/log")" 1
	run firma status
	assert_status 4
	assert_line -n 0 'state          answering'
	assert_line "policy         $POLICY, 0 rules"
	assert_line "policy fault   $POLICY: unknown key 'x'"
	run firma status --json
	assert_status 4

	# Another fault is another message; the end of all faults is one.
	write_policy '{"default_action":'
	allows
	allows
	assert_log "firma: the policy before stays in force: policy $POLICY:2:1: the JSON ends early"
	assert_equal "$(grep -c 'stays in force' "$TMP/log")" 2
	write_policy '{"default_action":"deny"}'
	denies
	run firma status
	assert_status 0
	refute_output -p 'policy fault'
	assert_equal "$(grep -c 'is in force' "$TMP/log")" 2
}

@test "a file that was mended to what it was before is in force again, without its fault" {
	write_policy '{"default_action":"allow"}'
	serve_policy
	allows
	chmod o+w "$POLICY"
	allows
	run firma status
	assert_line "policy fault   $POLICY: can be written by its group or by others"
	chmod o-w "$POLICY"
	allows
	run firma status
	refute_output -p 'policy fault'
	write_policy '{'
	allows
	write_policy '{"default_action":"allow"}'
	allows
	run firma status
	refute_output -p 'policy fault'
}

@test "where the file is gone, or can't be opened, the old policy stays in force" {
	write_policy '{"default_action":"allow"}'
	serve_policy
	allows
	mv "$POLICY" "$TMP/policy/away"
	allows
	run firma status
	assert_line "policy fault   $POLICY: No such file or directory"
	mkdir "$POLICY"
	allows
	run firma status
	assert_line "policy fault   $POLICY: is not a regular file"
	rmdir "$POLICY"
	mkfifo "$POLICY"
	allows
	run firma status
	assert_line "policy fault   $POLICY: is not a regular file"
	rm "$POLICY"
	write_policy '{"default_action":"deny"}'
	denies
}

# together_with_rename FILE TO REQUEST...: what is answered to requests that are taken in one turn; the
# file gets its name before the second of them is read. OPTIONS: more of the daemon's.
together_with_rename() {
	printf '%s\n' "${@:3}" >"$TMP/turn"
	FIRMA_TEST_RENAME="2 $1 $2" serve_policy --default-action pending_hitl "${OPTIONS[@]}"
	together "$TMP/turn"
	mapfile -t lines <"$TMP/turn.replies"
}

@test "a policy is in force for each request that is read after its rename, in one turn, too" {
	write_policy '{"default_action":"pending_hitl"}'
	echo '{"default_action":"deny"}' >"$TMP/policy/next"
	together_with_rename "$TMP/policy/next" "$POLICY" "$(request args:='["1"]')" \
		"$(request args:='["2"]')" "$(request args:='["3"]')"
	assert_equal "$(grep -c '"pending_hitl"' "$TMP/turn.replies")" 1
	assert_equal "$(grep -c '"deny"' "$TMP/turn.replies")" 2
	# shellcheck disable=SC2034 # batches reads it
	TOKENS=$STATE_DIR/tokens.jsonl
	assert_equal "$(batches)" 1
}

@test "an allowlist is in force for each request that is read after its rename, in one turn, too" {
	local entry='{"id":"a","pattern":"/usr/bin/git","argv":["**"]}'

	mkdir -m 700 "$STATE_DIR"
	(umask 077 && printf '{"version":1,"agents":{"*":{"allowlist":[%s]}}}\n' "$entry" >"$TMP/allow.next")
	write_policy '{"default_action":"pending_hitl"}'
	together_with_rename "$TMP/allow.next" "$STATE_DIR/allowlist.json" "$(request args:='["1"]')" \
		"$(request args:='["2"]')"
	assert_equal "$(grep -c '"pending_hitl"' "$TMP/turn.replies")" 1
	assert_equal "$(grep -c '"allow"' "$TMP/turn.replies")" 1
}

@test "so it is with a policy pack" {
	local pack='"metadata":{"id":"p"},"read":[{"id":"r","path":"**","action"'

	write_policy '{"default_action":"pending_hitl"}'
	echo "{$pack:\"deny\"}]}" >"$TMP/policy/next"
	echo "{$pack:\"allow\"}]}" >"$TMP/policy/p.json"
	OPTIONS=(--policy-pack p --pack-dir "$TMP/policy")
	together_with_rename "$TMP/policy/next" "$TMP/policy/p.json" "$(request)" \
		"$("$UNIT" object action_type=read_file target=/x real_target=/x cwd=/)"
	assert_line -n 0 -p '"pending_hitl"'
	assert_line -n 1 -p '"decision":"block"'
}

@test "a revocation is in force for each request that is read after it, in one turn, too" {
	local token

	write_policy '{"default_action":"pending_hitl"}'
	serve_policy
	token=$(pending_token)
	must "$OK" operate approve token_id="$token"
	{
		"$UNIT" object action=local.exec.revoke token_id="$token" reason=so
		request approval_token="$token"
	} >"$TMP/turn"
	together "$TMP/turn"
	assert_equal "$(<"$TMP/turn.replies")" \
		"$OK"$'\n{"decision":"deny","reason":"refused by an operator: so"}'
	# shellcheck disable=SC2034 # batches reads it
	TOKENS=$STATE_DIR/tokens.jsonl
	assert_equal "$(batches)" 3
}

@test "a file with a fault at the start closes the daemon, until it is mended" {
	write_policy '{"default_action":"allow","exec":[{"id":"r","argv":["**"],"action":"deny","x":1}]}'
	serve_policy --default-action allow
	closed "$POLICY: exec[0] \"r\": argv[0] must name a program: '**' can't stand first (and 1 more)"
	assert_log -p "firma: closed: $POLICY: exec[0]"
	run firma status --json
	assert_field state closed
	assert_field policy -p '"fault":'
	write_policy '{"default_action":"allow"}'
	allows
	run firma status
	assert_status 0
	assert_line -n 0 'state          answering'
	assert_log "firma: policy $POLICY is in force, with 0 rules"
}

@test "no file at the start closes the daemon, until there is one" {
	start_daemon --policy "$POLICY" --default-action allow
	closed "$POLICY: No such file or directory"
	assert_equal "$(grep -c 'there is no policy to go by' "$TMP/log")" 1
	write_policy '{"default_action":"allow"}'
	allows
}

@test "a fault that lies not in the file may pass: a user who comes to be there" {
	need_root
	[[ ! ${FIRMA_WRAPPER-} ]] || skip "it runs under another program"
	cp /etc/passwd "$TMP/passwd"
	write_policy "{\"default_action\":\"allow\",\"exec\":[$(rule r deny '["x"]' '"users":["newcomer"]')]}"
	unshare --mount mount --bind "$TMP/passwd" /etc/passwd || skip "nothing can be mounted here"
	WRAPPER=(unshare --mount sh -c "mount --bind $TMP/passwd /etc/passwd && exec \"\$@\"" sh)
	serve_policy
	WRAPPER=()
	closed "$POLICY: exec[0] \"r\": users: there is no user newcomer"
	echo 'newcomer:x:4711:4711::/:/bin/sh' >>"$TMP/passwd"
	move_clock 1
	allows
}

@test "a directory on the way that is mended opens the daemon, though the file is the same" {
	write_policy '{"default_action":"allow"}'
	chmod g+w "$TMP/policy"
	serve_policy --default-action allow
	closed "$POLICY: $TMP/policy on the way to it can be written by its group or by others"
	chmod g-w "$TMP/policy"
	allows
}

@test "what others can write is not trusted: file, directories, links and what they point to" {
	local why='can be written by its group or by others' file

	need_root
	file=$POLICY
	write_policy '{"default_action":"allow"}'
	chmod g+w "$POLICY"
	serve_policy
	closed "$POLICY: $why"
	chmod 646 "$POLICY"
	closed "$POLICY: $why"
	chmod 644 "$POLICY"
	chown 4242 "$POLICY"
	closed "$POLICY: belongs to another user"
	chown 0 "$POLICY"
	allows
	stop_daemon

	chown 4242 "$TMP/policy"
	serve_policy
	closed "$POLICY: $TMP/policy on the way to it belongs to another user"
	chown 0 "$TMP/policy"
	allows
	stop_daemon

	# A directory that somebody else may write, where a link goes through, or where it lies.
	mkdir "$TMP/theirs" "$TMP/ours"
	chmod 777 "$TMP/theirs"
	cp "$POLICY" "$TMP/theirs/p"
	ln -s "$TMP/theirs/p" "$TMP/ours/link"
	POLICY=$TMP/ours/link serve_policy
	closed "$TMP/ours/link: $TMP/theirs on the way to it $why"
	stop_daemon
	ln -s "$file" "$TMP/theirs/link"
	POLICY=$TMP/theirs/link serve_policy
	closed "$TMP/theirs/link: $TMP/theirs on the way to it $why"
	# In a directory as /tmp is, a link that is somebody else's.
	chmod 1777 "$TMP/theirs"
	allows
	chown -h 4242 "$TMP/theirs/link"
	stop_daemon
	POLICY=$TMP/theirs/link serve_policy
	closed "$TMP/theirs/link: belongs to another user"
}

@test "links that go round in a circle are told" {
	ln -s "$TMP/policy/b" "$TMP/policy/a"
	ln -s "$TMP/policy/a" "$TMP/policy/b"
	start_daemon --policy "$TMP/policy/a"
	run ask
	assert_decision deny -p 'closed: '
	assert_field reason -p 'Too many levels of symbolic links'
}

@test "the daemon's own user may own the file, and root" {
	need_root
	write_policy '{"default_action":"allow"}'
	chown 4242 "$TMP/policy"
	AS_UID=4242 serve_policy
	chown 4242 "$POLICY"
	AS_UID=4242 allows
	chown 0 "$POLICY"
	AS_UID=4242 allows
	chown 4243 "$POLICY"
	AS_UID=4242 allows
	assert_log -p "belongs to another user"
}

@test "a path without a slash is one from where the daemon was started" {
	cd "$TMP/policy" || return
	write_policy '{"default_action":"allow"}'
	POLICY=policy.json serve_policy
	allows
	run firma status --json
	assert_field policy -p "\"path\":\"$TMP/policy/policy.json\""
}

@test "status names the policy in force, and its hash" {
	write_policy "{\"metadata\":{\"id\":\"team-\\u202e\",\"version\":\"7\"},\"exec\":[$(rule a deny '["x"]')]}"
	serve_policy
	run firma status
	assert_line "policy         $POLICY, team-\\u{202E} 7, 1 rule"
	run firma status --json
	assert_field policy -p "\"sha256\":\"$(sha256sum <"$POLICY" | cut -c -64)\",\"rules\":1}"
	assert_field default_action deny
	write_policy '{"default_action":"pending_hitl"}'
	run firma status
	assert_line 'default action pending_hitl'
	run firma status --json
	assert_field policy -p '"default_action":"pending_hitl"'
	assert_field default_action deny
	stop_daemon
	start_daemon
	run firma status --json
	refute_output -p '"policy"'
}

# few_descriptors N: daemons that are started from now on may have so many, but for those that they
# run under.
few_descriptors() {
	WRAPPER=(bash -c 'ulimit -n '"$1"' && exec "$@"' bash "${WRAPPER[@]}")
}

@test "a policy that can't be opened for lack of descriptors closes the daemon until there are some" {
	((${#WRAPPER[@]} == 0)) || skip "it runs under another program"
	write_policy '{"default_action":"allow"}'
	serve_policy
	allows
	write_policy '{"default_action":"deny"}'
	# One for the connection, and none for the policy.
	prlimit --pid "$DAEMON" --nofile="$(($(find "/proc/$DAEMON/fd" -mindepth 1 | wc -l) + 1)):4096"
	closed "$POLICY: can't be read: Too many open files"
	prlimit --pid "$DAEMON" --nofile=1024:4096
	denies
}

unreadable_policy() {
	write_policy '{"default_action":"allow"}'
	move_clock 10
	serve_policy
	allows
	write_policy '{"default_action":"deny"}'
	run ask
	assert_decision deny "closed: $POLICY: can't be read: $1"
	denies
}

@test "nor does the old policy stay in force where the file can't be opened or read for another passing reason" {
	each_unreadable "$POLICY" 2 unreadable_policy
}

unreadable_registry() {
	local registry=$TMP/policy/registry.json

	echo '{"mcp_servers":[]}' >"$registry"
	move_clock 10
	serve_policy --registry "$registry" --default-action allow
	allows
	echo '{"mcp_servers":[] }' >"$registry"
	run ask
	assert_decision deny "closed: $registry: can't be read: $1"
	allows
}

@test "so it is with the registry of MCP servers" {
	each_unreadable "$TMP/policy/registry.json" 2 unreadable_registry
}

@test "however many connect, some descriptors are free for the policy and for operators" {
	local limit

	for limit in 28 40 64 100 128; do
		write_policy '{"default_action":"allow"}'
		few_descriptors "$limit"
		OPERATOR_SOCKET=$TMP/operator.sock
		serve_policy --operator-socket "$OPERATOR_SOCKET"
		_until "$DAEMON" grep -q 'takes at most' "$TMP/log"
		WRAPPER=()
		_background_held idle "$UNIT" probe --idle 100 "$SOCKET"
		write_policy '{"default_action":"pending_hitl"}'
		run operate status
		assert_line -n -1 '{"outcome":"ok"}'
		SOCKET=$OPERATOR_SOCKET run ask
		assert_decision pending_hitl
		run operate allow.add pattern=/opt/x
		assert_line -n -1 '{"outcome":"ok"}'
		refute_log -p "can't accept"
		finish idle
		stop_daemon
		rm -rf "$STATE_DIR" "$TMP/log"
	done
}

@test "so it is at the one door for all" {
	local limit most

	for limit in 28 40 64 100 128; do
		write_policy '{"default_action":"allow"}'
		few_descriptors "$limit"
		serve_policy
		_until "$DAEMON" grep -q 'takes at most' "$TMP/log"
		WRAPPER=()
		most=$(sed -n 's/.*takes at most \([0-9]*\) connections.*/\1/p' "$TMP/log")
		_background_held idle "$UNIT" probe --idle $((most - 1)) "$SOCKET"
		write_policy '{"default_action":"deny"}'
		denies
		refute_log -p "can't accept"
		finish idle
		stop_daemon
		rm -rf "$STATE_DIR" "$TMP/log"
	done
}

@test "memory that is short for a policy closes, and does not end, the daemon" {
	local many

	((${#WRAPPER[@]} == 0)) || skip "it runs under another program"
	! grep -q __asan_init "$FIRMA" || skip "a sanitizer needs all the address space there is"
	many=$(for i in $(seq 4096); do printf '{"id":"r%d","argv":["x","y","z"],"action":"deny"},' "$i"; done)
	write_policy '{"default_action":"allow"}'
	serve_policy
	allows
	prlimit --pid "$DAEMON" --as="$(($(sed -n 's/^VmSize:[^0-9]*\([0-9]*\).*/\1/p' "/proc/$DAEMON/status") * 1024 + 1000000)):unlimited"
	write_policy "{\"exec\":[${many%,}]}"
	closed "$POLICY: can't be read: Cannot allocate memory"
	assert_log "firma: there is no policy to go by: policy $POLICY: can't be read: Cannot allocate memory"
	move_clock 1
	prlimit --pid "$DAEMON" --as=unlimited
	denies
}
