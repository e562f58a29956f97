#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
#
# What the allowlist allows, and what an approval for good leaves in it (design, section 8).

# shellcheck disable=SC2030,SC2031 # each test is a process, and so are its variables

load allowlist

HASH1=$(printf '%064d' 1)
HASH2=$(printf '%064d' 2)

# --- what an approval binds -----------------------------------------------------------------------

@test "what was approved for good is allowed from then on, in any session" {
	start_asking
	asked "${BOUND[@]}"
	remember "${BOUND[@]}"
	allowed_by_list "${BOUND[@]}"
	allowed_by_list "${BOUND[@]}" session_id=another
	allowed_by_list "${BOUND[@]}" detail:=true
	assert_field rule allowlist
	stop_daemon
	start_asking
	allowed_by_list "${BOUND[@]}"
}

@test "each thing that is bound, changed by itself, asks again" {
	local change changes=(
		cwd=/other cwd=/work/x cwd-
		'args:=["push"]' 'args:=["status",""]' 'args:=[]' 'args:=["STATUS"]' args-
		agent_id=b agent_id=A agent_id- agent_id=main 'agent_id=*'
		sandbox_id=other profile=other
		real_path=/usr/bin/git2 real_path=/opt/git real_path-
		executable_sha256="$HASH1" executable=/usr/bin/Git executable=/bin/git
	)

	start_asking
	remember "${BOUND[@]}"
	for change in "${changes[@]}"; do
		echo "$change:"
		asked "${BOUND[@]}" "$change"
		allowed_by_list "${BOUND[@]}"
	done
}

@test "another user asks again" {
	need_root
	OPERATOR_SOCKET=$TMP/operator.sock
	start_daemon --operator-socket "$OPERATOR_SOCKET" --agent-group 4242 \
		--default-action pending_hitl --allow-self-approval
	chmod 666 "$SOCKET"
	remember "${BOUND[@]}"
	allowed_by_list "${BOUND[@]}"
	AS_UID=4242 asked "${BOUND[@]}"
}

@test "content that was sent is bound, and so is that none was" {
	local tool=(executable=/opt/tool real_path=/opt/tool cwd=/work)

	start_asking
	remember "${tool[@]}" executable_sha256="$HASH1"
	allowed_by_list "${tool[@]}" executable_sha256="$HASH1"
	asked "${tool[@]}" executable_sha256="$HASH2"
	asked "${tool[@]}"

	remember "${tool[@]}" executable_sha256="$HASH2"
	allowed_by_list "${tool[@]}" executable_sha256="$HASH2"
	asked "${tool[@]}" executable_sha256="$HASH1"
}

@test "what a link leads to is bound" {
	local link=(executable=/usr/bin/editor cwd=/work)

	start_asking
	remember "${link[@]}" real_path=/usr/bin/vim.basic
	allowed_by_list "${link[@]}" real_path=/usr/bin/vim.basic
	asked "${link[@]}" real_path=/usr/bin/nano
	asked "${link[@]}" real_path=/usr/bin/editor
	asked executable=/usr/bin/vim.basic cwd=/work real_path=/usr/bin/vim.basic
}

@test "argPattern is what the vectors say" {
	local cwds args wants i

	# The objects of the array, without what is between them.
	sed '1d; $d; s/^ },$/ }/' "$BATS_TEST_DIRNAME/vectors/cwd-argv.json" >"$TMP/vectors"
	mapfile -t cwds < <("$UNIT" get cwd <"$TMP/vectors")
	mapfile -t args < <("$UNIT" get args <"$TMP/vectors")
	mapfile -t wants < <("$UNIT" get argPattern <"$TMP/vectors")
	assert_equal "${#wants[@]}" 4
	start_asking
	for i in "${!wants[@]}"; do
		remember "cwd=${cwds[i]}" "args:=${args[i]}" real_path=/usr/bin/git
		run operate allow.list
		assert_equal "$("$UNIT" get argPattern <<<"${lines[-2]}")" "${wants[i]}"
	done
}

@test "the entry is what the token held" {
	start_asking
	FOR_MS=60000 remember "${BOUND[@]}"
	run operate allow.list
	assert_line -n 0 -e '^\{"agent_id":"a","id":"[0-9a-f-]{36}","pattern":"/usr/bin/git","argPattern":"sha256:cwd-argv:v1:[0-9a-f]{64}","cwd":"/work","args":\["status"\],"source":"allow-always","expiresAt":[0-9]{13},"expires_in_ms":[0-9]{5},"uid":'"$EUID"',"by":'"$EUID"',"madeAt":[0-9]{13},"sandbox":"sbx","profile":"generic"\}$'
	assert_equal "${#lines[@]}" 2
	asked "${BOUND[@]}" cwd=/other
	run operate show token_id="$(field approval_token)"
	assert_line -n 0 -p '"remember":true'
	refute_output -p '"always"'
}

# --- when there is no entry yet -------------------------------------------------------------------

@test "there is no entry before the token was used, and none where it wasn't" {
	local token

	start_asking
	token=$(pending_token "${BOUND[@]}")
	must "$OK" operate approve token_id="$token" always:=true
	[[ ! -e $LIST ]]
	assert_equal "$(ids)" ''
	asked "${BOUND[@]}"
	run ask "${BOUND[@]}" cwd=/other approval_token="$token"
	assert_decision deny
	must "$OK" operate revoke token_id="$token"
	run ask "${BOUND[@]}" approval_token="$token"
	assert_decision deny 'refused by an operator'
	[[ ! -e $LIST ]]
}

@test "an approval for good outlives the daemon, until the token is used" {
	local token end

	for end in stop_daemon kill_daemon; do
		rm -rf "$STATE_DIR"
		start_asking
		token=$(pending_token "${BOUND[@]}")
		must "$OK" operate approve token_id="$token" always:=true for_ms:=60000
		"$end"
		start_asking
		run operate show token_id="$token"
		assert_line -n 0 -p '"always":true,"for_ms":60000'
		must "$ALLOWED" ask "${BOUND[@]}" approval_token="$token"
		allowed_by_list "${BOUND[@]}"
		move_clock 60
		asked "${BOUND[@]}"
		stop_daemon
	done
}

@test "of a token that is approved, only the same approval is ok" {
	local token reason

	start_asking
	reason='{"outcome":"unsupported_action","reason":"can'"'"'t be allowed always: it is approved already, in another way"}'
	token=$(pending_token "${BOUND[@]}")
	must "$OK" operate approve token_id="$token"
	must "$reason" operate approve token_id="$token" always:=true
	must "$ALLOWED" ask "${BOUND[@]}" approval_token="$token"
	[[ ! -e $LIST ]]

	token=$(pending_token "${BOUND[@]}")
	must "$OK" operate approve token_id="$token" always:=true for_ms:=5
	must "$OK" operate approve token_id="$token" always:=true for_ms:=5
	must "$OK" operate approve token_id="$token"
	must "$reason" operate approve token_id="$token" always:=true
	run operate show token_id="$token"
	assert_line -n 0 -p '"always":true,"for_ms":5'
}

# --- what can't be approved for good --------------------------------------------------------------

# refused_always REASON [KEY=...]...: it is still pending then, and can be approved once.
refused_always() {
	local token

	token=$(pending_token "${@:2}")
	must '{"outcome":"unsupported_action","reason":"can'"'"'t be allowed always: '"$1"'"}' \
		operate approve token_id="$token" always:=true
	must "$OK" operate approve token_id="$token"
	must "$ALLOWED" ask "${@:2}" approval_token="$token"
	[[ ! -e $LIST ]]
}

@test "a request that doesn't say enough can't be approved for good" {
	local unknown='the executable is not known to lie in a trusted directory, and the request did not say what is in it (executable_sha256)'

	start_asking
	refused_always 'the request did not say in which directory (cwd); a scope without the directory is possible' real_path=/usr/bin/git
	refused_always "$unknown" cwd=/work
	refused_always "$unknown" cwd=/work real_path=/opt/git
	refused_always "$unknown" cwd=/work executable=/opt/git real_path=/usr/bin/git
	refused_always "$unknown" cwd=/work executable=/usr/bin/x/git real_path=/usr/bin/git
	refused_always "the agent is called '*', which is all" cwd=/work real_path=/usr/bin/git 'agent_id=*'
	refused_always "the executable has '*' or '?' in its path" cwd=/work 'executable=/usr/bin/g*t' \
		real_path=/usr/bin/git
	refused_always "the executable has '*' or '?' in its path" cwd=/work 'executable=/**/git' \
		executable_sha256="$HASH1"
}

@test "shells, interpreters and wrappers can't be approved for good, by whatever name" {
	local kind executable real

	start_asking
	while read -r kind executable real; do
		echo "$executable $real:"
		refused_always "/usr/bin/${real:-$executable} is a known $kind: what it would run is not what was seen" \
			"executable=/usr/bin/$executable" "real_path=/usr/bin/${real:-$executable}" \
			cwd=/work "executable_sha256=$HASH1"
	done <<-END
		shell sh
		shell bash
		shell rbash
		shell bash-static
		shell sh.distrib
		shell bash5.2
		interpreter python3.11
		interpreter python3
		interpreter perl5.36.0
		interpreter nodejs
		interpreter awk
		wrapper env
		wrapper sudo
		wrapper busybox
		wrapper xargs
		wrapper timeout
		shell editor rbash
		interpreter tool python3.11
		wrapper ls busybox
		wrapper ls coreutils
	END
	refused_always "/opt/python3.12 is a known interpreter: what it would run is not what was seen" \
		executable=/opt/python3.12 cwd=/work "executable_sha256=$HASH1"
}

@test "without a state directory nothing can be remembered" {
	local token

	serve_at "$SOCKET" --store memory --default-action pending_hitl
	until_listening "$SOCKET"
	token=$(pending_token "${BOUND[@]}")
	must '{"outcome":"unsupported_action","reason":"can'"'"'t be allowed always: there is no state directory to keep that in"}' \
		operate approve token_id="$token" always:=true
	must '{"outcome":"unsupported_action","reason":"there is no allowlist without a state directory"}' \
		operate allow.list
	must '{"outcome":"unsupported_action","reason":"there is no allowlist without a state directory"}' \
		operate allow.add pattern=/usr/bin/git
}

# --- with a policy --------------------------------------------------------------------------------

# policy RULE...: in force for the next request.
policy() {
	local IFS=,

	mkdir -p "$TMP/policy"
	printf '{"default_action":"deny","exec":[%s]}\n' "$*" >"$TMP/policy/new"
	mv "$TMP/policy/new" "$TMP/policy/policy.json"
}

RULE='{"id":"r","argv":["git","**"],"action":'

@test "a rule stands before the allowlist, but for one that lets its answer be remembered" {
	local token

	policy
	start_daemon --policy "$TMP/policy/policy.json"
	run ask "${BOUND[@]}"
	assert_decision deny
	add /usr/bin/git agent_id=a 'argv:=["**"]'
	allowed_by_list "${BOUND[@]}"

	policy "$RULE\"deny\"}"
	run ask "${BOUND[@]}"
	assert_decision deny 'denied by rule r'
	policy "$RULE\"pending_hitl\"}"
	asked "${BOUND[@]}"
	policy "$RULE\"pending_hitl\",\"remember\":true}"
	allowed_by_list "${BOUND[@]}"

	# Of several that ask, each must let it be remembered, whatever their order.
	policy "$RULE\"pending_hitl\",\"remember\":true}" \
		'{"id":"s","argv":["git","status"],"action":"pending_hitl"}'
	asked "${BOUND[@]}" detail:=true
	assert_field rule s
	policy '{"id":"s","argv":["git","status"],"action":"pending_hitl"}' \
		"$RULE\"pending_hitl\",\"remember\":true}"
	asked "${BOUND[@]}" detail:=true
	assert_field rule s
	policy "$RULE\"allow\"}"
	run ask "${BOUND[@]}"
	assert_decision allow 'allowed by rule r'
}

@test "an entry allows no command that names a protected file, or pushes where it may not" {
	local words sections='"read":[{"id":"env","path":"**/.env",
		"action":"deny"}],"git":[{"id":"main","branch":"main","action":"deny"},
		{"id":"rest","branch":"*","action":"allow"}]'

	mkdir "$TMP/policy"
	echo '{"default_action":"pending_hitl"}' >"$TMP/policy/policy.json"
	start_daemon --policy "$TMP/policy/policy.json"
	add /usr/bin/tool agent_id=a 'argv:=["**"]'
	add /usr/bin/git agent_id=a 'argv:=["**"]'
	protected() { # DECISION RULE DECISION-OF-A-PUSH RULE-OF-A-PUSH
		for words in '".env"' '"-f","x/.env"' '".git/hooks/pre-commit"' '"/etc/firma/x"'; do
			run ask agent_id=a cwd=/work executable=/usr/bin/tool "args:=[$words]" detail:=true
			assert_decision "$1"
			assert_field rule "$2"
		done
		run ask agent_id=a cwd=/work executable=/usr/bin/git 'args:=["push","origin","main"]' \
			detail:=true
		assert_decision "$3"
		assert_field rule "$4"
		allowed_by_list agent_id=a cwd=/work executable=/usr/bin/tool 'args:=["env"]'
		allowed_by_list agent_id=a cwd=/work executable=/usr/bin/git \
			'args:=["push","origin","x"]'
	}
	in_force() {
		echo "{$1,$sections}" >"$TMP/policy/new"
		mv "$TMP/policy/new" "$TMP/policy/policy.json"
	}
	in_force '"default_action":"pending_hitl"'
	protected pending_hitl commands.operand.require_approval deny main
	must '{"outcome":"unsupported_action","reason":"can'"'"'t be allowed always: the rule that asks for a person lets no answer be remembered"}' \
		operate approve always:=true token_id="$(pending_token "${BOUND[@]}" 'args:=["x/.env"]')"
	in_force '"default_action":"deny"'
	protected deny default_action deny default_action
	in_force '"exec":[{"id":"r","argv":[["tool","git"],"**"],"action":"pending_hitl",
		"remember":true}]'
	protected pending_hitl r deny main
}

@test "an entry allows nothing that a pack beside the policy denies or asks about" {
	local words

	policy
	mkdir "$TMP/packs"
	echo '{"metadata":{"id":"own"},"default_action":"allow","exec":[
		{"id":"no","argv":["git","push","**"],"action":"deny"},
		{"id":"ask","argv":["git","fetch"],"action":"pending_hitl"}]}' >"$TMP/packs/own.json"
	start_daemon --policy "$TMP/policy/policy.json" --policy-pack own --pack-dir "$TMP/packs"
	add /usr/bin/git agent_id=a 'argv:=["**"]'
	allowed_by_list "${BOUND[@]}"
	for words in push fetch; do
		run ask "${BOUND[@]}" "args:=[\"$words\"]"
		assert_decision deny
	done
}

@test "what a rule asks about can be approved for good where it lets it be remembered" {
	policy "$RULE\"pending_hitl\"}"
	start_daemon --policy "$TMP/policy/policy.json"
	refused_always 'the rule that asks for a person lets no answer be remembered' "${BOUND[@]}"
	policy "$RULE\"pending_hitl\",\"remember\":true}"
	remember "${BOUND[@]}"
	allowed_by_list "${BOUND[@]}"
}

@test "a rule that came since keeps an entry from being made, not the token from being used" {
	local token

	policy "$RULE\"pending_hitl\",\"remember\":true}"
	start_daemon --policy "$TMP/policy/policy.json"
	token=$(pending_token "${BOUND[@]}")
	must "$OK" operate approve token_id="$token" always:=true
	policy "$RULE\"pending_hitl\"}"
	must "$ALLOWED" ask "${BOUND[@]}" approval_token="$token"
	[[ ! -e $LIST ]]
}

@test "what is not to be seen in the arguments is never allowed by an entry" {
	start_asking
	write_list "$(document "$(entry x /usr/bin/env '"argv":["-S","bash -c x"]')" \
		"$(entry y /usr/bin/xargs '"argv":["rm"]')" "$(entry z /usr/bin/nice '"argv":["rm"]')")"
	asked agent_id=a executable=/usr/bin/env 'args:=["-S","bash -c x"]'
	asked agent_id=a executable=/usr/bin/xargs 'args:=["rm"]'
	allowed_by_list agent_id=a executable=/usr/bin/nice 'args:=["rm"]'
}

@test "a policy that trusts a directory no more asks again" {
	mkdir "$TMP/policy"
	echo '{"default_action":"pending_hitl","trusted_path":["/opt"]}' >"$TMP/policy/policy.json"
	start_daemon --policy "$TMP/policy/policy.json"
	remember executable=/opt/tool real_path=/opt/tool cwd=/work
	allowed_by_list executable=/opt/tool real_path=/opt/tool cwd=/work
	echo '{"default_action":"pending_hitl"}' >"$TMP/policy/new"
	mv "$TMP/policy/new" "$TMP/policy/policy.json"
	asked executable=/opt/tool real_path=/opt/tool cwd=/work
}

# --- entries by hand ------------------------------------------------------------------------------

# matches ENTRY-MEMBERS YES|NO [KEY=...]...: with an entry of the agent a with these.
matches() {
	write_list "$(document "{\"id\":\"x\",$1}")"
	echo "$1 $2 ${*:3}:"
	if [[ $2 == yes ]]; then
		allowed_by_list agent_id=a "${@:3}"
	else
		asked agent_id=a "${@:3}"
	fi
}

@test "an entry fits by path, arguments and bounds" {
	local git='"pattern":"/usr/bin/git"' cwd argv='"argv":'

	cwd=$(printf '"argPattern":"sha256:cwd-argv:v1:%s"' \
		"$(printf '%s\0' 5 /work 1 6 status | sha256sum | cut -c -64)")
	start_daemon --default-action pending_hitl --max-pending 10000
	matches "$git" yes
	matches "$git" no executable=/usr/bin/Git
	matches "$git" no executable=/usr/bin/gitk
	matches "$git" yes real_path=/usr/bin/git
	matches "$git" no real_path=/usr/bin/gitk
	matches '"pattern":"/usr/bin/*"' yes real_path=/usr/bin/gitk
	matches '"pattern":"/usr/*"' no
	matches '"pattern":"/usr/**"' yes
	matches '"pattern":"/**/git"' yes
	matches '"pattern":"/usr/b?n/git"' yes
	matches '"pattern":"/USR/bin/git"' no
	matches '"pattern":"git"' no
	matches '"pattern":"*"' no
	matches '"pattern":"**"' no
	matches "$git,${argv}[]" no
	matches "$git,${argv}[]" yes 'args:=[]'
	matches "$git,${argv}[\"status\"]" yes
	matches "$git,${argv}[\"stat*\"]" yes
	matches "$git,${argv}[\"stat\"]" no
	matches "$git,${argv}[[\"log\",\"status\"]]" yes
	matches "$git,${argv}[[\"log\",\"show\"]]" no
	matches "$git,${argv}[\"**\"]" yes 'args:=["a","b"]'
	matches "$git,${argv}[\"a\",\"**\"]" yes 'args:=["a"]'
	matches "$git,${argv}[\"a\",\"*\"]" no 'args:=["a"]'
	matches "$git,$cwd" yes cwd=/work
	matches "$git,$cwd" no
	matches "$git,$cwd" no cwd=/other
	matches "\"pattern\":\"/usr/bin/*\",$cwd" yes cwd=/work
	matches "\"pattern\":\"/usr/bin/*\",$cwd" no cwd=/other
	matches "\"pattern\":\"/usr/bin/*\",$cwd" no
	matches "$git,$cwd,${argv}[\"log\"]" no cwd=/work
	matches "$git,$cwd,${argv}[\"status\"]" yes cwd=/work
	matches "$git,\"argPattern\":\"status\"" no cwd=/work
	matches "$git,\"argPattern\":\"^status$\"" no cwd=/work
	matches "$git,${cwd/v1/v2}" no cwd=/work
	matches "$git,${cwd/%\"/0\"}" no cwd=/work
	matches "$git,\"uid\":$EUID" yes
	matches "$git,\"uid\":$((EUID + 1))" no
	matches "$git,\"sandbox\":\"sbx\",\"profile\":\"generic\"" yes
	matches "$git,\"sandbox\":\"other\"" no
	matches "$git,\"profile\":\"other\"" no
	matches "$git,\"executableSha256\":\"$HASH1\"" no
	matches "$git,\"executableSha256\":\"$HASH1\"" no executable_sha256="$HASH2"
	matches "$git,\"executableSha256\":\"$HASH1\"" yes executable_sha256="$HASH1"
	matches "$git,\"realPath\":\"/opt/git\"" yes real_path=/opt/git
	matches "$git,\"realPath\":\"/opt/git\"" no
	matches "$git,\"expiresAt\":0" no
	matches "$git,\"expiresAt\":9007199254740991" yes
}

@test "an entry by approval that has lost what bound it matches nothing" {
	local all name

	start_asking
	remember "${BOUND[@]}"
	all=$(<"$LIST")
	for name in argPattern uid sandbox profile; do
		write_list "$(sed -E "s/,\"$name\":(\"[^\"]*\"|[0-9]+)//" <<<"$all")"
		echo "$name:"
		[[ $(<"$LIST") != "$all" ]]
		asked "${BOUND[@]}"
		run operate allow.list
		assert_line -n 0 -p '"idle":true'
	done
	write_list "$all"
	allowed_by_list "${BOUND[@]}"
	write_list "${all/\/usr\/bin\/git//usr/bin/*}"
	allowed_by_list "${BOUND[@]}"
}

@test "a shell, an interpreter or a wrapper is allowed by an entry with its very words alone" {
	local path

	start_asking
	for path in /usr/bin/bash /usr/bin/python3.11 /usr/bin/env /usr/bin/busybox; do
		for args in '' ',"argv":["**"]' ',"argv":["x*"]' ',"argv":[["x","y"]]'; do
			matches "\"pattern\":\"$path\"$args" no executable="$path" 'args:=["x"]'
			matches "\"pattern\":\"/usr/bin/*\"$args" no executable="$path" 'args:=["x"]'
			matches "\"pattern\":\"/usr/bin/*\"$args" no executable=/usr/bin/x \
				real_path="$path" 'args:=["x"]'
		done
		matches "\"pattern\":\"$path\",\"argv\":[\"x\"]" yes executable="$path" 'args:=["x"]'
	done
}

@test "agents have their own entries, main is for those without one, * for all" {
	start_asking
	write_list '{"version":1,"agents":{
		"a":{"allowlist":[{"id":"1","pattern":"/bin/a"}]},
		"main":{"allowlist":[{"id":"2","pattern":"/bin/m"}]},
		"*":{"allowlist":[{"id":"3","pattern":"/bin/x"}]}}}'
	allowed_by_list executable=/bin/a agent_id=a
	asked executable=/bin/a
	asked executable=/bin/a agent_id=b
	allowed_by_list executable=/bin/m
	allowed_by_list executable=/bin/m agent_id=main
	allowed_by_list executable=/bin/m agent_id=
	asked executable=/bin/m agent_id=a
	allowed_by_list executable=/bin/x
	allowed_by_list executable=/bin/x agent_id=a
}

@test "of several that match, one with bound arguments is used" {
	start_asking
	remember "${BOUND[@]}"
	write_list "$(sed 's|"allowlist":\[|&{"id":"any","pattern":"/usr/bin/git"},\
		{"id":"words","pattern":"/usr/bin/git","argv":["status"]},|' "$LIST")"
	run ask "${BOUND[@]}"
	assert_decision allow -e 'entry [0-9a-f-]{36}\)'
	run ask "${BOUND[@]}" cwd=/other
	assert_decision allow 'allowed by the allowlist (entry words)'
	run ask "${BOUND[@]}" 'args:=["log"]'
	assert_decision allow 'allowed by the allowlist (entry any)'
}

# --- the operator's actions -----------------------------------------------------------------------

@test "what is added is there, is added once, and can be removed" {
	local before first

	start_asking
	add /usr/bin/git 'argv:=["log","**",["-p","-q"]]' agent_id=a
	assert_line -n 0 -e '^\{"agent_id":"a","id":"'"$ENTRY"'","pattern":"/usr/bin/git","argv":\["log","\*\*",\["-p","-q"\]\],"source":"allow-add","by":'"$EUID"',"madeAt":[0-9]{13}}$'
	allowed_by_list agent_id=a 'args:=["log","x","-q"]'
	asked agent_id=a 'args:=["log","x","-r"]'
	first=$ENTRY before=$(state_of "$LIST")
	add /usr/bin/git 'argv:=["log","**",["-p","-q"]]' agent_id=a
	assert_equal "$ENTRY" "$first"
	assert_equal "$(state_of "$LIST")" "$before"

	add /usr/bin/git 'argv:=["log","**",["-p"]]' agent_id=a
	[[ $ENTRY != "$first" ]]
	assert_equal "$(ids)" "$first $ENTRY"
	must "$OK" operate allow.remove id="$first"
	assert_equal "$(ids)" "$ENTRY"
	asked agent_id=a 'args:=["log","x","-q"]'
	must '{"outcome":"not_found","reason":"the allowlist has no such entry"}' \
		operate allow.remove id="$first"
	must "$OK" operate allow.remove id="$ENTRY"
	assert_equal "$(ids)" ''
}

# doors [SERVE-OPTION...]: user 4242 and root may pass both doors.
doors() {
	OPERATOR_SOCKET=$TMP/operator.sock
	start_daemon --operator-socket "$OPERATOR_SOCKET" --agent-group 4242 \
		--operator-group 4242 --default-action pending_hitl "$@"
	_until "$DAEMON" _listens "$OPERATOR_SOCKET"
	chmod 666 "$SOCKET" "$OPERATOR_SOCKET"
}

@test "nobody is allowed by an entry that they have made, but where self-approval is on" {
	need_root
	local own

	doors
	AS_UID=4242 add /usr/bin/git 'argv:=["**"]'
	assert_line -n 0 -p '"by":4242'
	own=$ENTRY
	AS_UID=4242 asked
	allowed_by_list
	run operate status
	assert_line -n 0 -p '"self_approval":false'
	run firma allow list --socket "$OPERATOR_SOCKET"
	assert_line -n 1 -e "^$own .*  \[made by uid 4242, made at .*Z\]\$"

	# What another operator allows is another entry, and takes nothing from the first.
	add /usr/bin/git 'argv:=["**"]'
	[[ $ENTRY != "$own" ]]
	AS_UID=4242 allowed_by_list
	allowed_by_list
	must "$OK" operate allow.remove id="$ENTRY"
	AS_UID=4242 asked

	stop_daemon
	doors --allow-self-approval
	AS_UID=4242 allowed_by_list
	stop_daemon
	doors
	AS_UID=4242 asked
}

@test "the list shows what an approval binds, who gave it and when, not a hash alone" {
	local long who

	who=$(user_of "$EUID" | sed 's/[()]/\\&/g')
	start_asking
	FOR_MS=3600000 remember "${BOUND[@]}" 'args:=["commit","-m","a b"]'
	run firma allow list
	assert_line -n 1 -e "^[0-9a-f-]{36}  59min [0-9]+s .*  /usr/bin/git commit -m 'a b'  \\[$who, made by $who, made at [0-9TZ:.-]{24}, by approval, in /work, sandbox sbx, profile generic\\]\$"

	# Of what is too long there is the hash.
	long=$(printf '%01100d' 0)
	remember "${BOUND[@]}" cwd=/long "args:=[\"$long\"]"
	run firma allow list
	assert_line -n 2 -e "  /usr/bin/git sha256:cwd-argv:v1:[0-9a-f]{64}  \\[uid "
	refute_line -n 2 -p /long
	allowed_by_list "${BOUND[@]}" cwd=/long "args:=[\"$long\"]"
}

@test "an entry that shows something else than it binds matches nothing" {
	local change before

	start_asking
	remember "${BOUND[@]}"
	before=$(<"$LIST")
	for change in 's/"args":\["status"\]/"args":["log"]/' 's/"cwd":"\/work"/"cwd":"\/x"/' \
		's/"cwd":"\/work",//' 's/"args":\["status"\],//'; do
		write_list "$(sed "$change" <<<"$before")"
		asked "${BOUND[@]}"
		run operate allow.list
		assert_line -n 0 -p '"idle":true'
	done
	write_list "$(sed 's/"cwd":"\/work",//; s/"args":\["status"\],//' <<<"$before")"
	allowed_by_list "${BOUND[@]}"
}

@test "an entry that came from an approval has the approver as its maker" {
	need_root
	local token

	doors
	token=$(AS_UID=4242 pending_token "${BOUND[@]}")
	must "$OK" operate approve token_id="$token" always:=true
	AS_UID=4242 must "$ALLOWED" ask "${BOUND[@]}" approval_token="$token"
	run operate allow.list
	assert_line -n 0 -p '"uid":4242,"by":0'
	AS_UID=4242 allowed_by_list "${BOUND[@]}"

	# One's own approval counts as long as self-approval is on.
	stop_daemon
	doors --allow-self-approval
	token=$(pending_token "${BOUND[@]}" cwd=/own)
	must "$OK" operate approve token_id="$token" always:=true
	must "$ALLOWED" ask "${BOUND[@]}" cwd=/own approval_token="$token"
	allowed_by_list "${BOUND[@]}" cwd=/own
	stop_daemon
	doors
	asked "${BOUND[@]}" cwd=/own
}

@test "an entry that doesn't say who made it holds for everyone, as it did" {
	write_list "$(document "$(entry x /usr/bin/git)" "$(entry y /usr/bin/make '"by":'"$EUID")")"
	OPERATOR_SOCKET=$TMP/operator.sock
	start_daemon --operator-socket "$OPERATOR_SOCKET" --default-action pending_hitl
	allowed_by_list agent_id=a
	asked agent_id=a executable=/usr/bin/make
}

@test "what was approved for good again writes nothing" {
	local before token

	start_asking
	token=$(pending_token "${BOUND[@]}")
	must "$OK" operate approve token_id="$token" always:=true
	remember "${BOUND[@]}"
	before=$(state_of "$LIST")
	must "$ALLOWED" ask "${BOUND[@]}" approval_token="$token"
	assert_equal "$(state_of "$LIST")" "$before"
}

@test "an addition that would match nothing, or too much, is refused" {
	local what

	start_asking
	while IFS='|' read -r what members; do
		echo "$members:"
		# shellcheck disable=SC2086 # some members
		must '{"outcome":"unsupported_action","reason":"'"$what"'"}' operate allow.add $members
	done <<-'END'
		pattern must be a path: a bare name matches nothing|pattern=git
		pattern must be a path: a bare name matches nothing|pattern=*
		pattern must have '**' as a whole segment only|pattern=/usr/bin**
		pattern must be an absolute path without '.', '..', '//' and final '/'|pattern=/usr/bin/
		pattern must be an absolute path without '.', '..', '//' and final '/'|pattern=./x
		argv[0] must not have '**' beside other text|pattern=/x argv:=["a**"]
		argv[1][0] must not be '**', which can't stand in a list|pattern=/x argv:=["a",["**"]]
		/usr/bin/bash is a known shell: what it would run is not what was seen|pattern=/usr/bin/bash argv:=["**"]
		/usr/bin/env is a known wrapper: what it would run is not what was seen|pattern=/usr/bin/env argv:=["x*"]
		malformed request: pattern is missing|x=1
		malformed request: argv must be an array of strings and arrays of strings|pattern=/x argv:=[1]
		malformed request: argv must be an array of strings and arrays of strings|pattern=/x argv:=[[[]]]
		malformed request: argv must be an array of strings and arrays of strings|pattern=/x argv:={}
		malformed request: agent_id is blank|pattern=/x agent_id=
		malformed request: for_ms must be a whole number from 1 to 3155760000000|pattern=/x for_ms:=0
		malformed request: for_ms must be a whole number from 1 to 3155760000000|pattern=/x for_ms:=1.5
		malformed request: for_ms must be a whole number from 1 to 3155760000000|pattern=/x for_ms:=3155760000001
	END
	[[ ! -e $LIST ]]
	add /usr/bin/bash 'argv:=["-c","true"]'
}

@test "always must be true, and a time goes with it" {
	local token

	start_asking
	token=$(pending_token "${BOUND[@]}")
	must '{"outcome":"unsupported_action","reason":"malformed request: always must be true"}' \
		operate approve token_id="$token" always:=false
	must '{"outcome":"unsupported_action","reason":"malformed request: for_ms goes with always"}' \
		operate approve token_id="$token" for_ms:=5
}

@test "an agent door takes none of the operators' actions" {
	local action

	OPERATOR_SOCKET=$SOCKET
	start_daemon --operator-socket "$TMP/operator.sock" --default-action pending_hitl
	for action in allow.list 'allow.add pattern=/x' 'allow.remove id=x'; do
		# shellcheck disable=SC2086
		run operate $action
		assert_field outcome unsupported_action
		assert_field reason -p 'are taken at the operator door'
	done
}

# --- the command line -----------------------------------------------------------------------------

@test "allow add, list and remove, as a person types them" {
	local id who

	who=$(user_of "$EUID" | sed 's/[()]/\\&/g')
	start_asking
	run --separate-stderr firma allow list
	assert_status 0
	refute_output
	assert_stderr 'firma: the allowlist is empty'

	id=$(firma allow add --agent a --for 1h /usr/bin/git log '**' -p)
	[[ $id =~ ^[0-9a-f-]{36}$ ]]
	assert_equal "$(firma allow add --agent a --for 1h /usr/bin/git log '**' -p)" "$id"
	allowed_by_list agent_id=a 'args:=["log","-p"]'
	run firma allow list
	assert_line -n 0 -e '^ENTRY +LEFT +LAST USED +AGENT +ALLOWS$'
	assert_line -n 1 -e "^$id  59min [0-9]+s +[0-9TZ:.-]{24}  a +/usr/bin/git log '\*\*' -p  \\[made by $who, made at [0-9TZ:.-]{24}\\]\$"
	run firma allow list --json
	assert_field id "$id"
	assert_field argv '["log","**","-p"]'

	run --separate-stderr firma allow remove "${id:0:7}"
	assert_status 1
	assert_stderr "firma: ${id:0:7}: the allowlist has no such entry"
	run --separate-stderr firma allow remove "${id:0:8}"
	assert_status 0
	refute_output
	assert_stderr "firma: $id: removed"
	run --separate-stderr firma allow remove "$id"
	assert_status 1
	assert_stderr "firma: $id: the allowlist has no such entry"

	# Without patterns of arguments there are no arguments.
	firma allow add /usr/bin/git >/dev/null
	allowed_by_list 'args:=[]'
	asked
}

@test "allow remove takes a whole ID first, then the beginning of one alone" {
	start_asking
	write_list "$(document "$(entry by-hand-1 /usr/bin/a),$(entry by-hand-12 /usr/bin/b),$(entry by-hand-13 /usr/bin/c)")"
	run --separate-stderr firma allow remove by-hand-
	assert_status 1
	assert_stderr "firma: by-hand- fits several entries:
  by-hand-1
  by-hand-12
  by-hand-13"
	run --separate-stderr firma allow remove by-hand-1 by-hand-
	assert_status 1
	assert_stderr -p "firma: by-hand-1: removed"
	run --separate-stderr firma allow remove by-hand-12 by-hand-
	assert_status 0
	assert_stderr "firma: by-hand-12: removed
firma: by-hand-13: removed"
	run firma allow list
	assert_output -p 'the allowlist is empty'
}

# listed COLUMNS: the allowlist on a terminal of this width.
listed() {
	run env -u NO_COLOR TERM=xterm COLUMNS="$1" script -qec "'$FIRMA' allow list" /dev/null </dev/null
	output=${output//$'\r'/}
	mapfile -t lines <<<"$output"
}

@test "on a terminal the allowlist is folded, and nothing of it is cut" {
	local width

	start_asking
	write_list "$(document "$(entry x /usr/bin/a "\"argv\":[\"$(printf 'b%.0s' {1..90})\",\"c\"]")")"
	for width in 30 50 80 130; do
		listed "$width"
		assert_line -n 0 -p $'\e[1mENTRY'
		assert_equal "$(tr -d '\n ' <<<"$output" | grep -o 'b\{90\}c')" "$(printf 'b%.0s' {1..90})c"
		# shellcheck disable=SC2001 # a regular expression
		(($(sed 's/\x1b\[[0-9]*m//g' <<<"$output" | wc -L) <= width)) || fail "$output"
	done
}

@test "on a narrow terminal the allowlist has fewer columns, and IDs that allow remove takes" {
	local id

	start_asking
	id=$(firma allow add --agent a /usr/bin/git log)
	listed 140
	assert_line -n 0 -e 'ENTRY +LEFT +LAST USED +AGENT +ALLOWS'
	assert_line -n 1 -p "$id  -     -          a      /usr/bin/git log  [made by"
	listed 60
	assert_line -n 0 -e 'ENTRY     LEFT  AGENT  ALLOWS'
	assert_line -n 1 -p "${id:0:8}  -     a      /usr/bin/git log"
	# What is folded stays to the right of the columns.
	[[ ${lines[2]} == "$(printf '%23s' '')"[^\ ]* ]] || fail "$output"
	run firma allow remove "${id:0:8}"
	assert_output "firma: $id: removed"
}

@test "an entry that matches nothing is faint, and without colour only said to" {
	start_asking
	write_list "$(document "$(entry x git)")"
	listed 120
	assert_line -n 1 -p $'\e[2mx'
	assert_line -n 1 -p '(matches nothing)'
	run env NO_COLOR=1 TERM=xterm COLUMNS=120 script -qec "'$FIRMA' allow list" /dev/null </dev/null
	refute_output -p $'\e'
	assert_output -p '(matches nothing)'
}

@test "what an entry says is shown escaped" {
	start_asking
	write_list "$(document "$(entry x '/usr/bin/a\u001b[2Kb' '"argv":["\u202e"],"sandbox":"a b"')")"
	run firma allow list
	assert_line -n 1 -e '\$'"'"'/usr/bin/a\\x1B\[2Kb'"'"' \$'"'"'\\xE2\\x80\\xAE'"'"'  \[sandbox '"'a b'"'\]$'
}

@test "approve --always, as a person types it" {
	local token

	start_asking
	token=$(pending_token "${BOUND[@]}")
	run firma token approve --yes --always --for 5min "$token"
	assert_status 0
	must "$ALLOWED" ask "${BOUND[@]}" approval_token="$token"
	run operate allow.list
	assert_line -n 0 -e '"expires_in_ms":29[0-9]{4}'

	token=$(pending_token)
	run firma token approve --yes --always "$token"
	assert_status 1
	assert_output "firma: $token: can't be allowed always: the request did not say in which directory (cwd); a scope without the directory is possible"
	run firma token approve --yes --for 5min "$token"
	assert_status 2
	assert_output -p 'for goes with --always'
}

@test "a usage error is one" {
	local words

	while IFS='|' read -r words error; do
		# shellcheck disable=SC2086 # words
		run firma $words
		assert_status 2
		assert_output -p "firma: $error"
	done <<-END
		allow add|a pattern is missing
		allow add --for x /x|--for wants a time
		allow add --for 0 /x|--for wants a time
		allow add --for 101w0d1000000h /x|--for wants a time
		allow remove|the entry's ID is missing
		allow list x|it takes no arguments
		allow nonsense|unknown verb nonsense
		token approve --always --for x 12345678|--for wants a time
	END
}
