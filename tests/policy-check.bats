#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
#
# Faults of a policy: `firma policy check` finds every one, with its place; and a daemon takes no
# policy that has one.

# shellcheck disable=SC2030,SC2031 # each test is a process, and so are its variables
# shellcheck disable=SC2016 # $schema is a key
# shellcheck disable=SC2154 # some variables are those of lib.bash and of bats

load policy

setup() {
	policy_setup
	cd "$TMP/policy" || return
}

# check TEXT: `firma policy check` of a file policy.json with this in it.
check() {
	printf '%s' "$1" >policy.json
	run firma policy check policy.json
}

# faults TEXT FAULT...: these faults and warnings, all of them, each behind the file's name.
faults() {
	local expected

	check "$1"
	expected=$(printf 'policy.json%s\n' "${@:2}")
	assert_output "$expected"
	if [[ $* == *": warning: "* ]]; then
		return
	fi
	assert_status 1
}


# Of one rule: the first argument is what `faults_of` takes.
fault_of() {
	local text=$1

	shift
	faults "{\"exec\":[{\"id\":\"r\",\"argv\":[\"git\"],\"action\":\"deny\",$text}]}" \
		"${@/#/: exec[0] \"r\": }"
}

# fault_of_argv ARGV WHAT...
fault_of_argv() {
	faults "{\"exec\":[{\"id\":\"r\",\"argv\":$1,\"action\":\"deny\"}]}" \
		"${@:2}"
}

@test "a policy in order is told so, and how many rules it has" {
	check '{}'
	assert_status 0
	assert_output 'policy.json: in order, 0 rules'
	check "{\"exec\":[$(rule r deny '["git","**"]')]}"
	assert_status 0
	assert_output 'policy.json: in order, 1 rule'
}

@test "a syntax fault is told with line and column" {
	faults '' ':1:1: it is empty'
	faults '[]' ':1:1: it is not a JSON object'
	faults $'{\n "exec": [\n  {"id" 5}]}' ':3:9: this is not JSON'
	faults $'{"exec":[],\n"exec":[]}' ':2:1: a key is given twice'
	faults $'{"exec":[\n{"id":"a",\n "i\\u0064":"b"}]}' ':3:2: a key is given twice'
	faults $'{"metadata":{"id":"\xff"}}' ':1:20: this is not UTF-8'
	faults '{"metadata":{"id":"\u0000"}}' ':1:20: a NUL character'
	faults '{} x' ':1:4: something follows the JSON object'
	faults '{"exec":[' ':1:10: the JSON ends early'
	faults "{\"exec\":$(text 20 '[')" ':1:24: it is nested more than 16 levels deep'
}

# text N CHARACTER
text() {
	yes -- "$2" | head -n "$1" | tr -d '\n'
}

@test "all faults are told, in the order of the document" {
	faults '{"foo":1,"default_action":"maybe","exec":[5,
		{"argv":["**"],"action":"deny","mtach":[]},
		{"id":"a","argv":["x"],"action":"no","users":["nobody-at-all"]},
		{"id":"a","argv":["git"],"action":"deny","match":[["hg"]],"x":1}]}' \
		": unknown key 'foo'" \
		": default_action: must be 'allow', 'deny' or 'pending_hitl'" \
		': exec[0]: must be an object' \
		": exec[1]: argv[0] must name a program: '**' can't stand first" \
		": exec[1]: unknown key 'mtach'" \
		': exec[1]: id is missing' \
		": exec[2] \"a\": action must be 'allow', 'deny' or 'pending_hitl'" \
		': exec[2] "a": users: there is no user nobody-at-all' \
		": exec[3] \"a\": unknown key 'x'" \
		': exec[3] "a": match: hg does not match' \
		': exec[3]: has the id of exec[2]'
}

@test "an unknown key is a fault, wherever it stands" {
	faults '{"Exec":[]}' ": unknown key 'Exec'"
	faults '{"metadata":{"name":"x"}}' ": metadata: unknown key 'name'"
	fault_of '"agent":["x"]' "unknown key 'agent'"
	fault_of '"ARGV":["x"]' "unknown key 'ARGV'"
	fault_of '"a\u202eb\n":1' "unknown key 'a\\u{202E}b\\u{A}'"
}

@test "a document may name its schema, in each of its forms, with a string" {
	local schema='"$schema":"file:///no/such/file"' form

	for form in '"exec":[]' '"metadata":{"id":"x"},"commands":{}' '"mcp_servers":[]'; do
		check "{$schema,$form}"
		assert_status 0
		assert_output -p ': in order, '
		faults "{\"\$schema\":null,$form}" ': $schema: must be a string'
		faults "{\"\$schema\":[\"x\"],$form}" ': $schema: must be a string'
		faults "{\"\$schema\":\"$(printf '%1025s' '')\",$form}" ': $schema: is longer than 1024 bytes'
	done
	fault_of "$schema" "unknown key '\$schema'"
}

@test "a value of another type is a fault" {
	local key value

	faults '{"metadata":1}' ': metadata: must be an object'
	faults '{"metadata":{"id":1,"version":[]}}' ': metadata.id: must be a string' \
		': metadata.version: must be a string'
	faults '{"default_action":1}' ": default_action: must be 'allow', 'deny' or 'pending_hitl'"
	faults '{"default_action":null}' \
		": default_action: must be 'allow', 'deny' or 'pending_hitl'"
	faults '{"require_budget_state_ref":"true"}' \
		': require_budget_state_ref: must be true or false'
	faults '{"exec":{}}' ': exec: must be an array'
	faults '{"trusted_path":"/bin"}' ': trusted_path: must be an array'
	faults '{"trusted_path":["/bin",5,"bin","/bin/","/b*"]}' \
		': trusted_path[1]: must be a string' \
		": trusted_path[2]: must be an absolute path without '.', '..', '//' and final '/'" \
		": trusted_path[3]: must be an absolute path without '.', '..', '//' and final '/'" \
		": trusted_path[4]: is no pattern: '*' and '?' can't stand here"
	for value in 5 '"x"' null '{}' true; do
		for key in users groups agents sessions sandboxes profiles cwd match not_match; do
			fault_of "\"$key\":$value" "$key must be an array"
		done
	done
	for value in 5 '"x"' null '[]'; do
		fault_of "\"remember\":$value" 'remember must be true or false'
		fault_of "\"opaque\":$value" 'opaque must be true or false'
	done
	fault_of '"reason":5' 'reason must be a string'
	fault_of '"agents":["a",5]' 'agents[1] must be a string'
	fault_of '"users":[1000]' 'users[0] must be a string: a name, or a number such as "1000"'
	fault_of '"match":["git"]' 'match must hold arrays of strings, none of them empty'
	fault_of '"match":[[]]' 'match must hold arrays of strings, none of them empty'
	fault_of '"match":[["git",5]]' 'match must hold arrays of strings, none of them empty'
	fault_of '"not_match":[["hg"],5]' 'not_match must hold arrays of strings, none of them empty'
	faults '{"exec":[{"id":5,"argv":5,"action":5}]}' \
		': exec[0]: id must be a string' \
		': exec[0]: argv must be an array' \
		": exec[0]: action must be 'allow', 'deny' or 'pending_hitl'"
}

@test "an issuer without a URL is a fault, and so is a rule that names an issuer beside it" {
	local rule issuer

	rule=$(rule r deny '["x"]' '"runners":[{"issuer":"https://x.example"}]')
	for issuer in '{}' '1' '{"issuer":1}' '{"issuer":""}'; do
		check "{\"runners\":{\"oidc\":[$issuer]},\"exec\":[$rule]}"
		assert_status 1
		assert_line -e '^policy.json: runners.oidc\[0\]'
		assert_line 'policy.json: exec[0]: runners[0]: the issuer is not among those of runners.oidc'
	done
}

@test "a list that is empty matches nothing, and is a fault" {
	local key

	for key in users groups agents sessions sandboxes profiles cwd match not_match; do
		fault_of "\"$key\":[]" "$key is empty"
	done
	fault_of_argv '[]' ': exec[0] "r": argv is empty'
	fault_of_argv '["git",[]]' ': exec[0] "r": argv[1] is empty'
	fault_of_argv '[[]]' ': exec[0] "r": argv[0] is empty'
}

@test "what must be there is missed" {
	faults '{"exec":[{}]}' ': exec[0]: id is missing' ': exec[0]: argv is missing' \
		': exec[0]: action is missing'
}

@test "an id says which rule it was: it is not blank, not used twice, and not one of firma's" {
	local id

	faults '{"exec":[{"id":" ","argv":["x"],"action":"deny"}]}' ': exec[0] " ": id is blank'
	for id in default_action approval_token require_budget_state_ref hidden_command allowlist; do
		faults "{\"exec\":[$(rule $id deny '["x"]')]}" \
			": exec[0] \"$id\": id is a name that firma uses itself"
	done
	faults "{\"exec\":[$(rule a deny '["x"]'),$(rule b deny '["x"]'),$(rule a deny '["y"]')]}" \
		': exec[2]: has the id of exec[0]'
}

@test "** stands alone, not first, and not in a list" {
	local first="argv[0] must name a program: '**' can't stand first"
	local beside="must not have '**' beside other text"
	local listed="must not be '**', which can't stand in a list"

	fault_of_argv '["**"]' ": exec[0] \"r\": $first"
	fault_of_argv '["**","x"]' ": exec[0] \"r\": $first"
	fault_of_argv '[["git","**"]]' ": exec[0] \"r\": argv[0][1] ${first#*] }"
	fault_of_argv '["g**"]' ": exec[0] \"r\": argv[0] $beside"
	fault_of_argv '["git","a**","**b","***"]' ": exec[0] \"r\": argv[1] $beside" \
		": exec[0] \"r\": argv[2] $beside" ": exec[0] \"r\": argv[3] $beside"
	fault_of_argv '["git",["a","**"]]' ": exec[0] \"r\": argv[1][1] $listed"
	fault_of_argv '["git",["a","b**"]]' ": exec[0] \"r\": argv[1][1] $beside"
	fault_of_argv '["/usr/**x"]' ": exec[0] \"r\": argv[0] must have '**' as a whole segment only"
	fault_of_argv '["/usr/a**/x"]' ": exec[0] \"r\": argv[0] must have '**' as a whole segment only"
	fault_of '"agents":["a**"]' "agents[0] $beside"
	fault_of '"cwd":["/a**"]' "cwd[0] must have '**' as a whole segment only"
	check "{\"exec\":[$(rule r deny '["/usr/**/x","**","a","**"]' '"cwd":["/**"]')]}"
	assert_status 0
}

@test "a path in a pattern is absolute and normal" {
	local pattern

	for pattern in a/b ./a ../a /a/ /a//b /a/./b /a/../b /; do
		fault_of_argv "[\"$pattern\"]" ": exec[0] \"r\": argv[0] must be an absolute path without '.', '..', '//' and final '/'"
	done
	for pattern in '' a a/b /a/ /a//b; do
		fault_of "\"cwd\":[\"$pattern\"]" \
			"cwd[0] must be an absolute path without '.', '..', '//' and final '/'"
	done
	fault_of_argv '[""]' ': exec[0] "r": argv[0] is empty'
	check "{\"exec\":[$(rule r deny '["x"]' '"cwd":["/"]')]}"
	assert_status 0
}

@test "an allowing rule with ** for a shell, an interpreter or a wrapper says that it is opaque" {
	local kind name program

	while read -r kind name program; do
		faults "{\"exec\":[$(rule r allow "[\"$program\",\"**\"]")]}" \
			": exec[0] \"r\": argv[0] fits the $kind $name: to allow it whatever its arguments say takes \"opaque\": true"
		check "{\"exec\":[$(rule r allow "[\"$program\",\"x\",\"**\"]" '"opaque":true')]}"
		assert_status 0
		check "{\"exec\":[$(rule r allow "[\"$program\",\"x\"]")]}"
		assert_status 0
		check "{\"exec\":[$(rule r pending_hitl "[\"$program\",\"**\"]")]}"
		assert_status 0
	done <<-END
		shell 'bash' bash
		shell 'bash' /bin/bash
		shell 'rbash' rbash
		shell 'bash' /opt/**/bash-5.2
		shell 'sh' sh
		shell 'dash' /usr/bin/das?
		shell 'zsh' zsh5
		interpreter 'python' python3.11
		interpreter 'python' /usr/bin/python3*
		interpreter 'python' python3.1?
		interpreter 'perl' /usr/bin/perl5.36.0
		interpreter 'node' node
		interpreter 'awk' awk
		interpreter 'java' /usr/bin/java
		wrapper 'env' env
		wrapper 'sudo' /usr/bin/sudo
		wrapper 'xargs' xargs
		wrapper 'busybox' busybox
		wrapper 'busybox' /bin/busybox-static
		wrapper 'busybox' busyboxx
		wrapper 'busybox' /opt/busybox?x
		wrapper 'timeout' gtimeout
		wrapper 'sudo' sudo-rs
		wrapper 'env' .env-wrapped
		wrapper 'cpulimit' cpulimit
		wrapper 'find' find
		wrapper 'aa-exec' *
		wrapper 'aa-exec' /usr/bin/*
		wrapper 'aa-exec' /opt/**
	END
	faults "{\"exec\":[$(rule r allow '[["ls","cat","python3"],"-v","**"]')]}" \
		": exec[0] \"r\": argv[0] fits the interpreter 'python': to allow it whatever its arguments say takes \"opaque\": true"
	for program in x86_64-linux-gnu-gcc-12 sg_inq rc-service node_exporter git ls environ bashful pythonic shred /opt/python/x 'x*'; do
		check "{\"trusted_path\":[\"/bin\"],\"exec\":[$(rule r allow "[\"${program/x\*/xyz*}\",\"**\"]")]}"
		assert_status 0
	done
}

@test "of all programs of Debian, none but real ones are shells, interpreters, wrappers or runners" {
	local names=$BATS_TEST_DIRNAME/vectors/programs.txt

	(($(grep -vc '^#' "$names") > 46000))
	diff <(awk '!/^#/ && NF == 2' "$names") \
		<(awk '!/^#/ { print $1 }' "$names" | "$UNIT" programs)
}

@test "except is a list of commands" {
	fault_of '"except":5' 'except must be an array'
	fault_of '"except":[]' 'except is empty'
	fault_of '"except":[5,[]]' 'except[0] must be an array' 'except[1] is empty'
	fault_of '"except":[["**"],["git",5,["a","**"]]]' \
		"except[0][0] must name a program: '**' can't stand first" \
		'except[1][1] must be a string or an array of strings' \
		"except[1][2][1] must not be '**', which can't stand in a list"
	fault_of '"except":[["git"]],"match":[["git"]]' 'match: git does not match'
}

@test "remember is for rules that ask, opaque for those that allow" {
	fault_of '"remember":true' 'remember is for a rule that asks'
	fault_of '"opaque":true' 'opaque is for a rule that allows'
	fault_of '"opaque":true,"remember":true' 'remember is for a rule that asks' \
		'opaque is for a rule that allows'
	check "{\"exec\":[$(rule r pending_hitl '["x"]' '"remember":true')]}"
	assert_status 0
}

@test "a rule that fails its own examples is at fault" {
	faults "{\"exec\":[$(rule r deny '["git","push","**"]' '"match":[["git","push"],["git","pull"],["hg","push"]],"not_match":[["git"],["git","push","a b"]]')]}" \
		': exec[0] "r": match: git pull does not match' \
		': exec[0] "r": match: hg push does not match' \
		": exec[0] \"r\": not_match: git push 'a b' matches"
	# Denying wide, allowing narrow.
	check "{\"exec\":[$(rule r deny '["git","push"]' '"match":[["git","push"],["/x/git","push"],["env","A=b","git","push"]]')]}"
	assert_status 0
	check "{\"exec\":[$(rule r allow '["git","push"]' '"match":[["git","push"],["/usr/bin/git","push"]],"not_match":[["/x/git","push"],["env","git","push"]]')]}"
	assert_status 0
	check "{\"exec\":[$(rule r allow '["/usr/bin/git"]' '"match":[["/usr/bin/git"]],"not_match":[["git"]]')]}"
	assert_status 0
	faults "{\"exec\":[$(rule r deny '["git"]' '"match":[["git","\u001b[2K"]]')]}" \
		": exec[0] \"r\": match: git \$'\\x1B[2K' does not match"
}

@test "the limits: rules, patterns, lists, lengths, the file itself" {
	local many

	many=$(for i in $(seq 4096); do printf '%s,' "$(printf '{"id":"r%d","argv":["x","**"],"action":"deny"}' "$i")"; done)
	check "{\"exec\":[${many%,}]}"
	assert_output 'policy.json: in order, 4096 rules'
	check "{\"exec\":[$many{\"id\":\"last\",\"argv\":[\"x\",\"**\"],\"action\":\"deny\"}]}"
	assert_status 1
	assert_output 'policy.json: exec: has more than 4096 elements'

	many=$(text 63 ',"a"')
	check "{\"exec\":[{\"id\":\"r\",\"argv\":[\"x\"$many],\"action\":\"deny\"}]}"
	assert_status 0
	fault_of_argv "[\"x\"$many,\"b\"]" ': exec[0] "r": argv has more than 64 elements'

	many=$(text 255 ',"a"')
	check "{\"exec\":[{\"id\":\"r\",\"argv\":[[\"x\"$many]],\"action\":\"deny\"}]}"
	assert_status 0
	fault_of_argv "[[\"x\"$many,\"b\"]]" ': exec[0] "r": argv[0] has more than 256 elements'
	fault_of "\"agents\":[\"x\"$many,\"b\"]" 'agents has more than 256 elements'

	fault_of "\"agents\":[\"$(text 4097 a)\"]" 'agents[0] is longer than 4096 bytes'
	fault_of "\"reason\":\"$(text 1025 a)\"" 'reason is longer than 1024 bytes'
	faults "{\"exec\":[$(rule "$(text 129 a)" deny '["x"]')]}" \
		": exec[0] \"$(text 128 a)\": id is longer than 128 bytes"

	{ printf '{}'; text 8388607 ' '; } >policy.json
	run firma policy check policy.json
	assert_status 1
	assert_output 'policy.json: is larger than 8 MiB'
}

@test "it warns of a rule that allows on claims alone, and goes on" {
	check "{\"exec\":[$(rule r allow '["ls"]' '"agents":["x"]')]}"
	assert_status 0
	assert_line -n 0 "policy.json: exec[0] \"r\": warning: it allows on claims alone, which any asker can make: 'users' and 'groups' are facts"
	assert_line -n 1 'policy.json: in order, 1 rule'
	check "{\"exec\":[$(rule r allow '["ls"]' '"agents":["x"],"users":["0"]')]}"
	assert_output 'policy.json: in order, 1 rule'
	# Only root says as whom, and then its other claims are facts, too.
	check "{\"exec\":[$(rule r allow '["ls"]' '"cwd":["/"],"run_as":["0"]')]}"
	assert_output 'policy.json: in order, 1 rule'
	check "{\"exec\":[$(rule r deny '["ls","**"]' '"agents":["x"]')]}"
	assert_output 'policy.json: in order, 1 rule'
	check "{\"exec\":[$(rule r allow '["ls"]')]}"
	assert_output 'policy.json: in order, 1 rule'
}

@test "it warns of what allows nothing, and of a shell's argument that may be anything" {
	check "{\"trusted_path\":[],\"exec\":[$(rule r allow '["ls"]')]}"
	assert_status 0
	assert_line -n 0 'policy.json: exec[0] "r": warning: a bare name is allowed in a trusted directory only, and there is none'
	check "{\"exec\":[$(rule r allow '["bash","-c","*"]')]}"
	assert_status 0
	assert_line -n 0 "policy.json: exec[0] \"r\": warning: argv[0] fits the shell 'bash', and one of its arguments may be anything"
}

# warns ARGV ACTION WHAT: of one rule.
warns() {
	check "{\"exec\":[$(rule r "$2" "$1")]}"
	assert_status 0
	assert_line -n 0 "policy.json: exec[0] \"r\": warning: $3"
}

@test "it warns of rules that do not do what they say" {
	warns '["yarn"]' pending_hitl 'it matches the command without arguments alone; "**" after it is any arguments'
	warns '["kill","*"]' deny 'its last "*" is one argument, not more and not none; "**" is any number'
	warns '["rg","**"]' allow "argv[0] fits 'rg', which can run other commands: one of its arguments may be anything"
	warns '["ssh","*"]' allow "argv[0] fits 'ssh', which can run other commands: one of its arguments may be anything"
	warns '["xargs","ls"]' allow "argv[0] fits 'xargs': what that runs can't be seen, so that a person is asked in spite of the rule"
	warns '[["sed","make","npx"],"**"]' allow "argv[0] fits 'sed', which can run other commands: one of its arguments may be anything"
	assert_line -n 1 -p "argv[0] fits 'make'"
	assert_line -n 2 -p "argv[0] fits 'npx'"
	warns '["go",["vet","run"],"**"]' allow "argv fits 'go run', which can run other commands: one of its arguments may be anything"
	warns '["uv","run","**"]' allow "argv fits 'uv run', which can run other commands: one of its arguments may be anything"
	warns '["git","**"]' allow "argv fits 'git **', which can run other commands: one of its arguments may be anything"
	warns '["npm","ru?","*"]' allow "argv fits 'npm ru?', which can run other commands: one of its arguments may be anything"
	warns '["poetry","run","*"]' allow "argv fits 'poetry run', which can run other commands: one of its arguments may be anything"
	warns '["psql","**"]' allow "argv[0] fits 'psql', which can run other commands: one of its arguments may be anything"
	warns '["sort","**"]' allow "argv[0] fits 'sort', which can run other commands: one of its arguments may be anything"
	warns '["dpkg","*"]' allow "argv[0] fits 'dpkg', which can run other commands: one of its arguments may be anything"
	warns '["git","-C","*","fetch","**"]' allow "argv fits 'git fetch', which can run other commands: one of its arguments may be anything"
	warns '["docker","--context","x",["ps","compose"],"**"]' allow "argv[0] fits 'docker', which can run other commands: one of its arguments may be anything"
	warns '["git","push"]' deny 'it matches the subcommand without arguments alone; "**" after it is any arguments'
	warns '[["docker","podman"],["rm","rmi"]]' pending_hitl 'it matches the subcommand without arguments alone; "**" after it is any arguments'
	check "{\"exec\":[$(rule a deny '["git","--version"]'),$(rule b deny '["kill","-9"]'),$(rule c deny '["git","push","--force"]')]}"
	assert_output 'policy.json: in order, 3 rules'
	check "{\"exec\":[$(rule a allow '["git","status","**"]'),$(rule b allow '["go","run","./x"]')]}"
	assert_output 'policy.json: in order, 2 rules'
	check "{\"exec\":[$(rule a allow '["ls","-l"]'),$(rule b pending_hitl '[["ls","cat"],"**"]')]}"
	assert_line -n 0 'policy.json: exec[0] "a": warning: it allows nothing: exec[1] is stricter and matches whatever it matches'
	check "{\"exec\":[$(rule a allow '["ls","-l"]'),$(rule b deny '["ls","**"]' '"users":["0"]')]}"
	assert_output 'policy.json: in order, 2 rules'
}

@test "it warns of a bare name that is a link to a file of another name" {
	mkdir bin
	touch bin/real
	ln -s real bin/alias
	check "{\"trusted_path\":[\"$(pwd -P)/bin\"],\"exec\":[$(rule r allow '["alias"]')]}"
	assert_status 0
	assert_line -n 0 -p "alias is a link to $(pwd -P)/bin/real here, which the rule does not name"
	check "{\"trusted_path\":[\"$(pwd -P)/bin\"],\"exec\":[$(rule r allow '[["alias","real"]]')]}"
	assert_output 'policy.json: in order, 1 rule'
	check "{\"exec\":[$(rule r allow "[\"$(pwd -P)/bin/alias\"]")]}"
	assert_line -n 0 -p "alias is a link to $(pwd -P)/bin/real here, which the rule does not name"
	# A program of many names is each of them.
	touch bin/coreutils
	ln -s coreutils bin/cat
	ln -s coreutils bin/other
	check "{\"trusted_path\":[\"$(pwd -P)/bin\"],\"exec\":[$(rule r allow '["cat"]')]}"
	assert_output 'policy.json: in order, 1 rule'
	check "{\"trusted_path\":[\"$(pwd -P)/bin\"],\"exec\":[$(rule r allow '["other"]')]}"
	assert_line -n 0 -p "other is a link to $(pwd -P)/bin/coreutils here"
}

@test "it warns of a bare name that lies in no trusted directory" {
	mkdir bin elsewhere
	touch elsewhere/tool
	chmod +x elsewhere/tool
	PATH=$(pwd -P)/elsewhere:$PATH \
		check "{\"trusted_path\":[\"$(pwd -P)/bin\"],\"exec\":[$(rule r allow '[["tool","nowhere-tool"]]')]}"
	assert_status 0
	assert_line -n 0 "policy.json: exec[0] \"r\": warning: tool is $(pwd -P)/elsewhere/tool here, in no trusted directory: the rule does not allow that"
	assert_line -n 1 'policy.json: in order, 1 rule'
	PATH=$(pwd -P)/elsewhere:$PATH \
		check "{\"trusted_path\":[\"$(pwd -P)/elsewhere\"],\"exec\":[$(rule r allow '["tool"]')]}"
	assert_output 'policy.json: in order, 1 rule'
}

@test "it warns of a path with a link in it, which fits nothing that is asked about" {
	local here

	here=$(pwd -P)
	mkdir real
	ln -s real link
	check "{\"exec\":[$(rule r deny "[[\"$here/real/x\",\"$here/link/*\",\"$here/none/x\",\"$here/*/x\",\"/x\"],\"a\"]")]}"
	assert_status 0
	assert_line -n 0 "policy.json: exec[0] \"r\": warning: '$here/link/*' is in a directory that is a link to $here/real: 'firma check' asks about what lies there"
	assert_line -n 1 'policy.json: in order, 1 rule'
}

@test "users and groups are found by their names" {
	check "{\"exec\":[$(rule r deny '["ls"]' "\"users\":[\"$(id -un 0)\",\"5\"],\"groups\":[\"$(id -gn 0)\",\"7\"]")]}"
	assert_status 0
	fault_of '"users":["no such","-1","4294967295"]' "users: there is no user 'no such'" \
		'users: there is no user -1' 'users: there is no user 4294967295'
	fault_of '"groups":["nogroupatall"]' 'groups: there is no group nogroupatall'
}

@test "a file that others can write is at fault, and so is the way to it; what is in it, too" {
	printf '{"x":1}' >policy.json
	chmod g+w policy.json
	run firma policy check policy.json
	assert_status 1
	assert_line -n 0 'policy.json: can be written by its group or by others'
	assert_line -n 1 "policy.json: unknown key 'x'"
	printf '{}' >policy.json
	run firma policy check policy.json
	assert_status 1
	assert_output 'policy.json: can be written by its group or by others'

	chmod 644 policy.json
	mkdir sub
	mv policy.json sub/
	chmod o+w sub
	run firma policy check sub/policy.json
	assert_status 1
	assert_output "sub/policy.json: $PWD/sub on the way to it can be written by its group or by others"
	chmod o+wt sub
	run firma policy check sub/policy.json
	assert_status 0
}

@test "root looks as the daemon's user would" {
	need_root
	chmod go+x "$TMP" "$BATS_RUN_TMPDIR" "$BATS_RUN_TMPDIR/test"
	mkdir -m 755 way
	printf '{}' >way/policy.json
	chmod 600 way/policy.json
	run firma policy check way/policy.json
	assert_output 'way/policy.json: in order, 0 rules'

	# Who owns the state directory.
	mkdir "$TMP/state"
	chown 4242 "$TMP/state"
	export STATE_DIRECTORY=$TMP/state
	run firma policy check way/policy.json
	assert_status 1
	assert_output "way/policy.json: uid 4242 can't read it: Permission denied"
	chmod 644 way/policy.json
	run firma policy check way/policy.json
	assert_status 0
	assert_output 'way/policy.json: in order for uid 4242, 0 rules'

	# Whose own files are trusted, and the others' aren't.
	chown 4242 way/policy.json
	run firma policy check way/policy.json
	assert_status 0
	run firma policy check --user root way/policy.json
	assert_status 1
	assert_output 'way/policy.json: belongs to another user'
	chown 0 way/policy.json
	chmod 700 way
	run firma policy check --user nobody way/policy.json
	assert_status 1
	assert_output "way/policy.json: user nobody can't read it: Permission denied"
	run firma policy check --user 'no such' way/policy.json
	assert_status 2

	# What a group may read.
	chmod 750 way
	chgrp nogroup way
	run firma policy check --user nobody way/policy.json
	assert_status 0
}

@test "only root can look as another user" {
	need_root
	printf '{}' >"$TMP/policy.json"
	chmod go+x "$TMP" "$BATS_RUN_TMPDIR" "$BATS_RUN_TMPDIR/test"
	AS_UID=4242 run firma policy check --user root "$TMP/policy.json"
	assert_status 3
	assert_output 'firma: only root can look as another user'
	AS_UID=4242 run firma policy check "$TMP/policy.json"
	assert_output "$TMP/policy.json: in order, 0 rules"
}

@test "what can't be read is not judged" {
	run firma policy check missing.json
	assert_status 3
	assert_output 'firma: missing.json: No such file or directory'
	run firma policy check .
	assert_status 3
	assert_output 'firma: .: Is a directory'
	run firma policy check
	assert_status 2
	run firma policy check a b
	assert_status 2
	run firma policy check --nonsense a
	assert_status 2
}

@test "it warns of rules of other kinds that may not do what they seem to" {
	write_policy '{"read":[
		{"id":"all","path":"/**","action":"allow"},
		{"id":"near","path":"src/**","action":"allow"},
		{"id":"level","path":"/etc/*","action":"deny"},
		{"id":"fine","path":["/etc/x",".env","/srv/**"],"action":"deny"}],
		"fetch":[{"id":"any","url":"https://*/**","action":"allow"},
		{"id":"none","url":"https://*/**","action":"deny"}],
		"git":[{"id":"own","branch":"a/*","action":"allow","agents":["x"]}],
		"mcp":[{"id":"tools","server":"*","action":"allow"}],
		"lines":[{"id":"line","line":"make*","action":"allow","agents":["x"]}]}'
	run firma policy check "$POLICY"
	assert_status 0
	assert_line "$POLICY: read[0] \"all\": warning: it allows every file"
	assert_line -e 'read.1. "near": warning: a relative path is below the directory that the asker claims'
	assert_line -e 'read.2. "level": warning: .*is one name'
	assert_line -e 'fetch.0. "any": warning: it allows every host'
	assert_line -e 'git.0. "own": warning: it allows on claims alone'
	assert_line -e 'mcp.0. "tools": warning: it allows tools of every server'
	assert_line -e 'lines.0. "line": warning: it allows on claims alone'
	assert_equal "${#lines[@]}" 8
}
