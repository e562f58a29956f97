#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
#
# `firma check --list`, and the request behind it: what the user who asks may do, and nothing of
# what is denied or what others may.

# shellcheck disable=SC2030,SC2031 # each test is a process, and so are its variables
# shellcheck disable=SC2034,SC2120,SC2153,SC2154 # some variables are those of the libraries and of bats

load store
load policy

# may [KEY=...]: the lines that are sent, without the outcome.
may() {
	"$UNIT" object action=local.exec.may "$@" | send
}

# listed [KEY...]: the ID and the further keys of each line, but not of the default action.
listed() {
	may | sed '$d' | "$UNIT" get id
}

@test "rules that allow or ask are listed, and those that deny are not" {
	serve_policy
	document "{\"default_action\":\"deny\",\"exec\":[
		$(rule look allow '[["ls","cat"],"**"]'),$(rule secret deny '["cat","/etc/secret"]'),
		$(rule push pending_hitl '["git","push","**"]' '"reason":"it is public","cwd":["/srv/**"],"agents":["a","b"]')],
		\"read\":[{\"id\":\"docs\",\"path\":\"docs/**\",\"action\":\"allow\"},
			{\"id\":\"keys\",\"path\":\"**/*.key\",\"action\":\"deny\"}]}"
	run may
	assert_line -n 0 '{"source":"policy","id":"look","kind":"exec","action":"allow","argv":[["ls","cat"],"**"]}'
	assert_line -n 1 '{"source":"policy","id":"push","kind":"exec","action":"pending_hitl","argv":["git","push","**"],"cwd":"/srv/**","agents":["a","b"],"reason":"it is public"}'
	assert_line -n 2 '{"source":"policy","id":"docs","kind":"read","action":"allow","path":"docs/**"}'
	assert_line -n 3 '{"outcome":"ok"}'
	assert_equal "${#lines[@]}" 4
	refute_output -p secret
	refute_output -p key
}

@test "it is printed one rule a line, as a person reads it" {
	serve_policy
	document "{\"default_action\":\"pending_hitl\",\"exec\":[
		$(rule look allow '[["ls","cat"],"**"]'),
		$(rule push pending_hitl '["git","push","two words"]' '"reason":"it is public","cwd":["/srv/**"],"agents":["a","b"]')],
		\"mcp\":[{\"id\":\"wiki\",\"server\":\"wiki\",\"tools\":[\"read\",\"find\"],\"action\":\"allow\"}]}"
	run firma check --list
	assert_status 0
	assert_line -n 0 'allow  exec  {ls,cat} **  (look)'
	assert_line -n 1 "ask    exec  git push 'two words'  (push; in '/srv/**'; agent {a,b}; 'it is public')"
	assert_line -n 2 'allow  mcp  wiki: {read,find}  (wiki)'
	assert_line -n 3 'ask    exec  all else'
	run firma check --list --json
	assert_line -n 3 '{"source":"default","kind":"exec","action":"pending_hitl"}'
}

@test "what a rule excepts is not told, only that it does" {
	serve_policy
	document "{\"exec\":[$(rule look allow '["cat","**"]' '"except":[["cat","/etc/secret"]]')]}"
	run may
	assert_line -n 0 -p '"exceptions":true'
	refute_output -p secret
	run firma check --list
	assert_output -p '(look; with exceptions)'
}

@test "rules for other users and groups are not told" {
	need_root
	OPERATOR_SOCKET=$TMP/operator.sock
	serve_policy --operator-socket "$OPERATOR_SOCKET" --agent-group 4242
	document "{\"exec\":[$(rule mine allow '["a"]' '"users":["0"]'),
		$(rule theirs allow '["b"]' '"users":["4242"]'),
		$(rule group pending_hitl '["c"]' '"groups":["4242"]'),
		$(rule all allow '["d"]')]}"
	assert_equal "$(listed)" $'mine\nall'
	assert_equal "$(AS_UID=4242 listed)" $'theirs\ngroup\nall'
	run listed
	refute_output -p '"users"'
	refute_output -p '"groups"'
}

@test "the default action is told where it allows or asks" {
	serve_policy
	document '{"default_action":"pending_hitl"}'
	run may
	assert_line -n 0 '{"source":"default","kind":"exec","action":"pending_hitl"}'
	run firma check --list
	assert_output 'ask    exec  all else'
	document '{"default_action":"deny"}'
	run may
	assert_output '{"outcome":"ok"}'
	run firma check --list
	assert_status 0
	assert_output 'firma: nothing is allowed to you, nor asked about'
}

@test "entries of the allowlist: those for this user, and not what others may" {
	start_daemon --default-action deny
	write_list() {
		printf '{"version":1,"agents":{"main":{"allowlist":[%s]}}}\n' "$1" >"$STATE_DIR/allowlist.json.new"
		chmod 600 "$STATE_DIR/allowlist.json.new"
		mv "$STATE_DIR/allowlist.json.new" "$STATE_DIR/allowlist.json"
	}
	write_list "{\"id\":\"mine\",\"pattern\":\"/bin/a\",\"argv\":[\"x*\",[\"y\",\"z\"]],\"uid\":$EUID},
		{\"id\":\"all\",\"pattern\":\"/bin/b\"},
		{\"id\":\"theirs\",\"pattern\":\"/bin/c\",\"uid\":4242},
		{\"id\":\"over\",\"pattern\":\"/bin/d\",\"expiresAt\":1000},
		{\"id\":\"by-me\",\"pattern\":\"/bin/e\",\"by\":$EUID}"
	run may
	assert_line -n 0 '{"source":"allowlist","kind":"exec","action":"allow","agent_id":"main","id":"mine","pattern":"/bin/a","argv":["x*",["y","z"]]}'
	assert_line -n 1 '{"source":"allowlist","kind":"exec","action":"allow","agent_id":"main","id":"all","pattern":"/bin/b"}'
	# At a door for both roles, an entry also counts for the user who made it.
	assert_line -n 2 '{"source":"allowlist","kind":"exec","action":"allow","agent_id":"main","id":"by-me","pattern":"/bin/e"}'
	run firma check --list
	assert_line -n 0 "allow  exec  /bin/a 'x*' {y,z}  (mine; agent main)"
	assert_line -n 1 'allow  exec  /bin/b **  (all; agent main)'
	stop_daemon
	start_daemon --operator-socket "$TMP/operator.sock" --default-action deny
	run may
	assert_line -n 1 -p '"id":"all"'
	assert_line -n 2 '{"outcome":"ok"}'
}

@test "the packs in force are listed as well" {
	mkdir "$TMP/packs"
	printf '{"metadata":{"id":"p"},"exec":[%s]}\n' "$(rule of-pack pending_hitl '["make","**"]')" \
		>"$TMP/packs/p.json"
	serve_policy --policy-pack p --pack-dir "$TMP/packs"
	document "{\"exec\":[$(rule of-policy allow '["ls"]')]}"
	run may
	assert_line -n 0 -p '{"source":"policy","id":"of-policy",'
	assert_line -n 1 -p '{"source":"pack","policy":"p","id":"of-pack",'
}

@test "with --hide-rules nothing is told" {
	serve_policy --hide-rules
	document "{\"exec\":[$(rule look allow '["ls"]')]}"
	run may
	assert_output '{"outcome":"unsupported_action","reason":"this daemon doesn'"'"'t tell askers its rules (--hide-rules)"}'
	run firma check --list
	assert_status 1
	assert_output "firma: this daemon doesn't tell askers its rules (--hide-rules)"
}

@test "a request with a fault, a list that is too long, and a daemon that is closed" {
	serve_policy
	run may token_id:=1
	assert_line -n 0 -p '"outcome":"ok"'
	run send <<<'{"action":"local.exec.may","action":"x"}'
	assert_output -p 'malformed request'
	# Rules of some MiB.
	{
		printf '{"exec":['
		for i in {1..400}; do
			printf '{"id":"r%d","argv":["a","%0*d"],"action":"allow"},' "$i" 3000 0
		done
		printf '%s]}' "$(rule last allow '["b"]')"
	} >"$POLICY.new"
	mv "$POLICY.new" "$POLICY"
	run may
	assert_output '{"outcome":"unsupported_action","reason":"limit reached: a list of what one may do takes at most 1048576 bytes"}'
	write_policy '{}'
	stop_daemon
	echo '{' >"$STATE_DIR/allowlist.json"
	chmod 600 "$STATE_DIR/allowlist.json"
	serve_policy
	run may
	assert_output -p '"reason":"closed: '
	run firma check --list
	assert_status 3
}

@test "the list goes with no command, and with no option that describes one" {
	run firma check --list -- ls
	assert_status 2
	assert_output -p '--list takes no command'
	run firma check --list --reason x
	assert_status 2
	run firma check --list --wait
	assert_status 2
	run firma check --list --read x
	assert_status 2
	run firma check --list --request -
	assert_status 2
	run firma check --list --runner-token x
	assert_status 2
}

@test "texts of a policy reach no terminal as they are" {
	serve_policy
	document '{"exec":[{"id":"x\u001b[2J","argv":["a\u202eb","\u0007"],"action":"allow","reason":"\u009b1m"}]}'
	run firma check --list
	assert_status 0
	assert_output "allow  exec  \$'a\\xE2\\x80\\xAEb' \$'\\x07'  (\$'x\\x1B[2J'; \$'\\xC2\\x9B1m')"
}

@test "a request that only reads leaves no record, even if it is refused" {
	start_daemon --default-action deny --evidence-log "$TMP/log.evidence"
	run may
	run firma check --list
	stop_daemon
	start_daemon --hide-rules --evidence-log "$TMP/log.evidence"
	run may
	assert_output -p '(--hide-rules)'
	assert_equal "$(wc -l <"$TMP/log.evidence")" 0
}
