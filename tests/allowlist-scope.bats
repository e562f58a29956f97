#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
#
# The scope of an approval for good: what the operator says that a later request must share.

# shellcheck disable=SC2030,SC2031 # each test is a process, and so are its variables
# shellcheck disable=SC2154 # some variables are those of lib.bash and bats

load lib
load allowlist
load terminal

teardown() {
	terminal_teardown
	lib_teardown
}

start_asking() {
	start_daemon --default-action pending_hitl
}

# scoped JSON [KEY=...]...: asks, is approved for good in this scope, and asks again with the token.
scoped() {
	TOKEN=$(pending_token "${@:2}")
	must "$OK" operate approve token_id="$TOKEN" always:=true scope:="$1"
	must "$ALLOWED" ask "${@:2}" approval_token="$TOKEN"
}

# A request of a client that sends no directory, and says nothing of links.
BARE=(agent_id=a sandbox_id=one session_id=s1)

@test "what the asker did not say need not be bound: any directory, any sandbox" {
	start_asking
	scoped '["agent"]' "${BARE[@]}"
	allowed_by_list "${BARE[@]}" sandbox_id=two session_id=s2 profile=other
	allowed_by_list "${BARE[@]}" cwd=/anywhere
	allowed_by_list "${BARE[@]}" cwd=/elsewhere real_path=/usr/bin/git
	asked "${BARE[@]}" agent_id=b
	asked "${BARE[@]}" args:='["push"]'
	asked "${BARE[@]}" real_path=/opt/git
	asked "${BARE[@]}" executable=/usr/local/bin/git
	asked "${BARE[@]}" executable_sha256="$(printf '%064d' 1)"
}

@test "each word of a scope binds what it names, and nothing else" {
	local word field full=(agent_id=a session_id=s sandbox_id=b profile=p cwd=/work real_path=/usr/bin/git)
	local -A fields=([agent]=agent_id [session]=session_id [sandbox]=sandbox_id [profile]=profile
		[directory]=cwd)

	for word in user "${!fields[@]}"; do
		start_asking
		scoped "[\"$word\"]" "${full[@]}"
		for field in "${fields[@]}"; do
			echo "$word $field"
			if [[ $field == "${fields[$word]-}" ]]; then
				asked "${full[@]}" "$field=/x"
			else
				allowed_by_list "${full[@]}" "$field=/x"
			fi
		done
		stop_daemon
		rm -rf "$STATE_DIR"
	done
}

@test "another user asks again in every scope" {
	need_root
	OPERATOR_SOCKET=$TMP/operator.sock
	start_daemon --operator-socket "$OPERATOR_SOCKET" --agent-group 4242 \
		--default-action pending_hitl --allow-self-approval
	chmod 666 "$SOCKET"
	scoped '["user"]' "${BARE[@]}"
	allowed_by_list "${BARE[@]}"
	AS_UID=4242 asked "${BARE[@]}"
}

@test "a directory that the asker did not say can't be bound, and outside of trusted places nothing is allowed without a hash" {
	local token

	start_asking
	token=$(pending_token "${BARE[@]}")
	run operate approve token_id="$token" always:=true scope:='["directory"]'
	assert_output -p "can't be allowed always: the request did not say in which directory (cwd)"
	token=$(pending_token "${BARE[@]}" executable=/opt/x)
	run operate approve token_id="$token" always:=true scope:='["agent"]'
	assert_output -p "can't be allowed always: the executable is not known to lie in a trusted directory"
	token=$(pending_token "${BARE[@]}" real_path=/opt/x)
	run operate approve token_id="$token" always:=true scope:='["agent"]'
	assert_output -p "can't be allowed always: the executable is not known to lie in a trusted directory"
}

@test "the scope is kept with the token through a restart, and shown" {
	local token

	start_asking
	token=$(pending_token "${BARE[@]}")
	must "$OK" operate approve token_id="$token" always:=true scope:='["agent","session"]'
	kill_daemon
	start_asking
	run firma token show "$token"
	assert_line -e '^approved by .*, always, for the same user, agent, session$'
	run operate show token_id="$token"
	assert_line -n 0 -p '"always":true,"scope":["user","agent","session"]'
	must "$ALLOWED" ask "${BARE[@]}" approval_token="$token"
	allowed_by_list "${BARE[@]}" sandbox_id=two
	asked "${BARE[@]}" session_id=s2
	run firma allow list
	assert_line -n 1 -e 'session s1, scope user agent session\]$'
}

@test "an approved token is approved again only in the same scope" {
	local token

	start_asking
	token=$(pending_token "${BARE[@]}" cwd=/work real_path=/usr/bin/git)
	must "$OK" operate approve token_id="$token" always:=true scope:='["agent"]'
	must "$OK" operate approve token_id="$token" always:=true scope:='["user","agent"]'
	for scope in '["session"]' '["agent","session"]' null; do
		run operate approve token_id="$token" always:=true scope:="$scope"
		assert_output -p 'it is approved already, in another way'
	done
}

@test "a scope is an array of known words, and goes with always" {
	local scope token

	start_asking
	token=$(pending_token "${BARE[@]}")
	for scope in '[]' '["planet"]' '"agent"' '[1]' '{}' true; do
		run operate approve token_id="$token" always:=true scope:="$scope"
		assert_output -p 'malformed request: scope'
	done
	run operate approve token_id="$token" scope:='["agent"]'
	assert_output -p 'malformed request: scope goes with always'
	must '{"outcome":"ok","must":["scope"]}' \
		operate approve token_id="$token" always:=true scope:='["agent"]' must:='["scope"]'
}

@test "an entry whose scope was changed, lost or is not known matches nothing" {
	local all change

	start_asking
	scoped '["agent","session"]' "${BARE[@]}"
	all=$(<"$LIST")
	while read -r change; do
		echo "$change"
		write_list "$(sed -E "$change" <<<"$all")"
		[[ $(<"$LIST") != "$all" ]]
		asked "${BARE[@]}"
	done <<-'END'
		s/"scope":\[[^]]*\],//
		s/,"session":"[^"]*"//
		s/"session"\]/"session","planet"]/
		s/"scope":\["user",/"scope":[/
		s/argv:v2/argv:v3/
		s/sha256:argv:v2/sha256:cwd-argv:v2/
		s/sha256:argv:v2/sha256:cwd-argv:v1/
		s/"agents":\{"a"/"agents":{"*"/
	END
	write_list "$all"
	allowed_by_list "${BARE[@]}"
}

@test "an entry with a scope is none for a daemon that knows only directory and arguments" {
	start_asking
	scoped '["agent","session","directory"]' "${BARE[@]}" cwd=/work
	run grep -c '"argPattern":"sha256:cwd-argv:v1:' "$LIST"
	assert_output 0
	run grep -c '"argPattern":"sha256:cwd-argv:v2:' "$LIST"
	assert_output 1
}

@test "two sessions have an entry each" {
	start_asking
	scoped '["session"]' "${BARE[@]}"
	scoped '["session"]' "${BARE[@]}" session_id=s2
	allowed_by_list "${BARE[@]}"
	allowed_by_list "${BARE[@]}" session_id=s2
	asked "${BARE[@]}" session_id=s3
}

@test "the record says in which scope something was approved" {
	local token

	start_daemon --default-action pending_hitl --evidence-log "$TMP/evidence"
	scoped '["agent","sandbox"]' "${BARE[@]}"
	stop_daemon
	run firma evidence show "$TMP/evidence"
	assert_line -e 'local.exec.approve .* for uid [0-9]+, always, for the same agent, sandbox'
}

@test "on a terminal the operator sees what will be bound, what is open, and what was not said" {
	local token

	start_asking
	token=$(pending_token "${BARE[@]}")
	terminal 100x40 "${WRAPPER[@]}" "$FIRMA" token approve --always --scope agent,sandbox --for 8h "$token"
	seen '[y/N]'
	output=$(screen | tr -s ' \n' ' ')
	assert_output -p "for $(user_of "$EUID"), agent a, sandbox one; with any session, any profile, any directory; for 8h. The asker did not say: directory, where the executable's links lead."
	keys y Enter
	ended
	assert_status 0
	must "$ALLOWED" ask "${BARE[@]}" approval_token="$token"
	allowed_by_list "${BARE[@]}" session_id=other
}

@test "what a scope may be is said where it is none" {
	local words

	for words in '' planet agent,planet 'agent,' ',agent'; do
		run firma token approve --always --scope "$words" 12345678
		assert_status 2
		assert_output -p '--scope wants words of user, agent, session, sandbox, profile and directory'
	done
	run firma token approve --scope agent 12345678
	assert_status 2
	assert_output -p '--scope goes with --always'
}

@test "a daemon that does not know scopes is not believed" {
	echo '{"outcome":"ok"}' >"$TMP/reply"
	answer "$TMP/reply"
	run firma token approve --yes --always --scope agent 12345678-1111-4111-8111-111111111111
	assert_status 3
	assert_output -p 'the answer does not count'
}

# --- entries that an operator adds ----------------------------------------------------------------

# adds OPTION... PATTERN...: `firma allow add` must succeed.
adds() {
	run firma allow add "$@"
	assert_status 0
	ID=$output
}

@test "an entry that is added with a scope has the values that the operator gives, and patterns" {
	start_asking
	adds --uid "$EUID" --agent a --session s1 --sandbox one --profile p --directory /work /usr/bin/git 'log*' '**'
	local full=(agent_id=a session_id=s1 sandbox_id=one profile=p cwd=/work args:='["log-x","-p"]')
	local field

	run ask "${full[@]}"
	assert_decision allow "allowed by the allowlist (entry $ID)"
	for field in agent_id session_id sandbox_id profile cwd; do
		echo "$field"
		asked "${full[@]}" "$field=/x"
	done
	asked agent_id=a session_id=s1 sandbox_id=one profile=p args:='["log-x"]'
	asked "${full[@]}" args:='["push"]'
	run firma allow list
	assert_line -n 1 -e "^$ID .* a +/usr/bin/git 'log\*' '\*\*'  \[$(user_of "$EUID" | sed 's/[()]/\\&/g'), .*in /work, session s1, sandbox one, profile p, scope user agent session sandbox profile directory\]$"
}

@test "an added entry matches any value of what is not in its scope" {
	start_asking
	adds --uid "$EUID" --scope directory --directory /work /usr/bin/git log
	allowed_by_list "${BARE[@]}" cwd=/work args:='["log"]'
	allowed_by_list "${BARE[@]}" agent_id=b session_id=s2 cwd=/work args:='["log"]'
	asked "${BARE[@]}" args:='["log"]'
	adds --uid "$EUID" --session s1 /usr/bin/git log
	allowed_by_list session_id=s1 args:='["log"]'
	asked session_id=s1 agent_id=b args:='["log"]'
	stop_daemon
	start_asking
	allowed_by_list session_id=s1 args:='["log"]'
}

@test "an added entry is for the user that it names" {
	need_root
	OPERATOR_SOCKET=$TMP/operator.sock
	start_daemon --operator-socket "$OPERATOR_SOCKET" --agent-group 4242 --default-action pending_hitl
	export FIRMA_OPERATOR_SOCKET=$OPERATOR_SOCKET
	chmod 666 "$SOCKET"
	adds --uid 4242 --scope user /usr/bin/git log
	AS_UID=4242 allowed_by_list args:='["log"]'
	adds --uid 4243 --scope user /usr/bin/git log
	AS_UID=4242 allowed_by_list args:='["log"]'
	asked args:='["log"]'
	run firma allow list
	assert_equal "${#lines[@]}" 3
}

@test "an added entry whose scope or values were changed or lost matches nothing" {
	local all change

	start_asking
	adds --uid "$EUID" --agent a --session s1 --directory /work /usr/bin/git log
	all=$(<"$LIST")
	while read -r change; do
		echo "$change"
		write_list "$(sed -E "$change" <<<"$all")"
		[[ $(<"$LIST") != "$all" ]]
		asked "${BARE[@]}" cwd=/work args:='["log"]'
	done <<-'END'
		s/"scope":\[[^]]*\],//
		s/,"session":"[^"]*"//
		s/,"uid":[0-9]*//
		s/,"cwd":"[^"]*"/,"cwd":"\/other"/
		s/,"argPattern":"[^"]*"//
		s/sha256:cwd:v2/sha256:none:v2/
		s/sha256:cwd:v2/sha256:cwd-argv:v2/
		s/sha256:cwd:v2/sha256:cwd:v3/
		s/,"argv":\["log"\]//
		s/"directory"\]/"directory","planet"]/
		s/"agents":\{"a"/"agents":{"*"/
	END
	write_list "$all"
	allowed_by_list "${BARE[@]}" cwd=/work args:='["log"]'
}

@test "a message says which options the scope of an added entry needs" {
	local usage="see 'firma allow add --help'" line why options

	while IFS='|' read -r line why; do
		read -ra options <<<"$line"
		run firma allow add "${options[@]}" /usr/bin/git
		assert_output "firma: $why ($usage)"
		assert_status 2
	done <<-END
		--session s|--uid is missing: a scope always has a user
		--scope user|--uid is missing: a scope always has a user
		--uid 0 --scope session|--session and 'session' in --scope go together
		--uid 0 --scope user --directory /x|--directory and 'directory' in --scope go together
		--uid 0 --scope user --agent a|--agent is not in --scope
		--uid 0 --scope agent --agent *|--agent '*' is no agent for --scope agent
		--uid 0 --directory x|--directory wants a path from / on, of at most 1024 bytes
	END
}

@test "on the wire, an addition has exactly the values of its scope" {
	local add=(allow.add pattern=/usr/bin/git) line why keys

	start_asking
	while IFS='|' read -r line why; do
		read -ra keys <<<"$line"
		run operate "${add[@]}" "${keys[@]}"
		assert_output -p "malformed request: $why"
	done <<-'END'
		uid:=0|scope and uid go together
		scope:=["user"]|scope and uid go together
		cwd=/x|cwd and 'directory' in scope go together
		scope:=["directory"] uid:=0|cwd and 'directory' in scope go together
		scope:=["session"] uid:=0 sandbox_id=b session_id=s|sandbox_id and 'sandbox' in scope go together
		scope:=["user"] uid:=0|scope has 'agent', unless agent_id is '*'
		scope:=["agent"] uid:=0 agent_id=*|scope has 'agent', unless agent_id is '*'
		scope:=["directory"] uid:=0 agent_id=* cwd=x|cwd
	END
	[[ ! -e $LIST ]]
}

@test "the record of an added entry says its scope, and who may do what is listed" {
	start_daemon --default-action pending_hitl --evidence-log "$TMP/evidence"
	adds --uid "$EUID" --session s1 --directory /work /usr/bin/git log
	run firma check --list --socket "$SOCKET"
	assert_line -n 0 "allow  exec  /usr/bin/git log  ($ID; in /work; agent main; session s1)"
	stop_daemon
	run firma evidence show "$TMP/evidence"
	assert_line -n 0 -p "/usr/bin/git log entry $ID, for uid $EUID, session s1, for the same user, agent, session, directory for agent main"
}

@test "an addition with a scope fails if the daemon does not know scopes" {
	echo '{"outcome":"ok"}' >"$TMP/reply"
	answer "$TMP/reply"
	run firma allow add --uid 0 --session s /usr/bin/git
	assert_status 3
	assert_output -p 'the answer does not count'
}
