#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
#
# What rules say of lines of shell: sh -c LINE, wherever it stands.

# shellcheck disable=SC1003,SC2016,SC2088 # nothing in quotes is for the shell here
# shellcheck disable=SC2030,SC2031 # each test is a process, and so are its variables
# shellcheck disable=SC2154 # some variables are those of lib.bash and of bats

load policy

# for_line DECISION RULE LINE...: as bash -c, and as other shells and options give it.
for_line() {
	local line

	for line in "${@:3}"; do
		for_command "$1" "$2" /usr/bin/bash -c "$line"
		for_command "$1" "$2" /usr/bin/env A=b dash -ec "$line"
		for_command "$1" "$2" /bin/busybox sh -c "$line"
	done
}

@test "a rule that denies or asks is tried on each command of a plain line" {
	serve_policy
	rules "$(rule no-sudo deny '["sudo","**"]')" \
		"$(rule no-force deny '["git","push","**","--force","**"]')" \
		"$(rule push pending_hitl '["git","push","**"]')" \
		"$(rule bare pending_hitl '["deploy"]')" \
		"$(rule by-path deny '["/opt/x/run","**"]')"
	for_line deny no-sudo 'sudo id' 'ls && sudo id' 'ls | sudo tee x' $'ls\nsudo id' 'ls; timeout 5 sudo id' \
		'cd /x && sudo id' "'su''do' id" '"sudo" id' "su'do' id" 'ls || /usr/bin/sudo id' \
		'nice env A=b sudo id >/dev/null'
	for_line deny no-force 'git push --force' 'git push origin x --force 2>&1 | tail' \
		'git -C x push --force' 'git push && git push --force'
	for_line pending_hitl push 'git push' 'make && git push origin main' 'git add . && git -C x push'
	for_line pending_hitl bare 'deploy' 'ls; deploy; ls'
	for_line deny default_action 'deploy x' 'git pull' 'echo sudo' 'echo git push --force' 'ls'
	for_line deny by-path '/opt/x/run' 'cd /opt/x && ./run' 'cd /opt && x/../x/run a' 'cd / && opt/x/run'
	for_line deny default_action 'cd /opt/y && ./other'
	check_decisions
}

@test "a rule about a path sees the command of a line by any of its paths, as after a wrapper" {
	serve_policy
	document "{\"default_action\":\"allow\",\"exec\":[$(rule rm deny '["/usr/bin/rm","**"]'),
		$(rule sbin deny '["/usr/sbin/*","**"]'),$(rule lib pending_hitl '["/lib/x/*","**"]')]}"
	for_line deny rm '/bin/rm x' '/usr/bin/rm x' '/usr/../bin//rm x' 'ls && /bin/rm x' '/mnt/bin/rm' \
		'/proc/self/root/bin/rm x' '/proc/self/task/7/root/bin/rm' 'cd /bin && ./rm x' \
		'bash -c "/bin/rm x"' 'cd /x && ls; bin/rm x'
	for_command deny rm /usr/bin/bash -lc '/bin/rm x'
	for_command deny rm /usr/bin/nohup bash -c '/bin/rm x'
	for_command deny rm /usr/bin/timeout 5 sh -c '/bin/rm x'
	for_command deny rm /usr/bin/env /proc/1/task/1/root/proc/self/task/2/root/bin/rm x
	for_line deny sbin '/sbin/reboot' '/usr/sbin/reboot'
	for_line pending_hitl lib '/usr/lib/x/y' '/lib/x/y'
	for_line allow default_action '/bin/rmdir x' '/usr/lib/y/x' '/bin/sbin' 'reboot' \
		'/proc/self/task/7/x/bin/y'
	check_decisions
}

@test "it is found wherever a shell gets a line, and however deep" {
	serve_policy
	rules "$(rule no-sudo deny '["sudo","**"]')" "$(rule all allow '["*","**"]' '"opaque":true')"
	for_command deny no-sudo /usr/bin/zsh -fc 'sudo id'
	for_command deny no-sudo /usr/bin/bash -lc 'sudo id'
	for_command deny no-sudo /usr/bin/bash --norc --noprofile -c 'sudo id'
	for_command deny no-sudo /usr/bin/bash -o pipefail -c 'sudo id'
	for_command deny no-sudo /usr/bin/bash -c -o pipefail 'sudo id'
	for_command deny no-sudo /usr/bin/bash -c -- 'sudo id'
	for_command deny no-sudo /usr/bin/sh -c '"$0"' 'sudo id'
	for_command deny no-sudo /usr/bin/sh -c sudo
	for_command deny no-sudo /usr/bin/fish -c 'sudo id'
	for_command deny no-sudo /usr/bin/env bash -lc 'sudo sh -c "x"'
	for_command deny no-sudo /usr/bin/env bash -lc 'ls && sh -c "ls; sudo x"'
	for_command deny no-sudo /usr/bin/bash -c 'bash -c "bash -c '\''sudo x'\''"'
	for_command deny no-sudo /usr/bin/timeout 5 nice -n 3 bash -c 'sudo x'
	for_command deny no-sudo /usr/bin/find . -exec sh -c 'sudo x' ';'
	for_command deny no-sudo /usr/bin/xargs sh -c 'sudo x'
	for_command deny no-sudo /usr/bin/su root -c 'sudo x'
	for_command deny no-sudo /usr/bin/flock /tmp/l -c 'sudo x'
	decides deny no-sudo executable=/opt/x real_path=/usr/bin/bash args:='["-c","sudo x"]'
	for_command allow all /usr/bin/bash -c 'ls'
	for_command allow all /usr/bin/bash 'sudo id'
	for_command allow all /usr/bin/ls -c 'sudo id'
	for_command allow all /usr/bin/bash -c 'echo "sudo id"'
	check_decisions
}

@test "in an opaque line each word may be a command" {
	serve_policy
	rules "$(rule no-sudo deny '["sudo","**"]')" \
		"$(rule no-rm deny '["rm","**","-rf","**",["/","~/*","/etc/*"]]')" \
		"$(rule push pending_hitl '["git","push"]')" \
		"$(rule message deny '["git","commit","-m","* wip *"]')" \
		"$(rule home deny '["cat","$HOME/*"]')"
	for_line deny no-sudo 'if true; then sudo id; fi' 'x=$(sudo id)' 'echo `sudo id`' '(sudo id)' \
		'{ sudo id; }' 'ls & sudo id' 'X=1 sudo id' 's\udo id' 's""udo $X' '\sudo id' '! sudo id' \
		'eval "sudo id"' "eval 'ls; sudo id'" 'while :; do sudo id; done' 'ls >x|sudo tee y' \
		$'cat <<E\nsudo id\nE' 'X=sudo; $X id' '{sudo,id}' 'exec sudo id' 'command sudo id' \
		'echo "$(echo "$(sudo id)")"' $'su\\\ndo id' 'sh -c "sh -c \"sudo id\""' 'ls <(sudo id)' \
		'time sudo id' '/usr/bin/sudo $X' '~/../../usr/bin/sudo x' 'f() { sudo id; }; f'
	for_line deny no-rm 'rm -rf / $X' 'rm $X -rf /' 'if x; then rm -rf /; fi; ls' 'rm -rf ~/x' \
		'rm -rf /etc/* ' '(rm -rf /) && ls' 'rm -rf /*'
	for_line pending_hitl push 'git push $X' 'git push; ls *' 'x=$(git push)' 'git push > log'
	for_line deny message 'git commit -m "a wip b" $X'
	for_line deny home 'cat $HOME/x' 'cat "$HOME/x"'
	for_line deny default_action 'echo $X' 'git push origin *' 'ls ~' 'git log $(date)'
	check_decisions
}

@test "what an opaque line would run can't be allowed by default; a rule that allows the shell can" {
	serve_policy
	document '{"default_action":"allow"}'
	for_line allow default_action 'ls' 'ls && make | tail'
	for_line pending_hitl hidden_command 'ls $X' 'ls *' 'ls > x' ''
	for_command pending_hitl hidden_command /usr/bin/bash -c 'ls | xargs rm'
	document '{"default_action":"pending_hitl"}'
	for_line pending_hitl default_action 'ls' 'ls $X'
	document '{"default_action":"deny"}'
	for_line deny default_action 'ls' 'ls $X'
	rules "$(rule sh allow '["bash","-c","ls $X"]')" "$(rule no-rm deny '["rm","**"]')"
	for_command allow sh /usr/bin/bash -c 'ls $X'
	for_command deny default_action /usr/bin/bash -c 'ls $Y'
	for_command deny default_action /usr/bin/bash -ec 'ls $X'
	rules "$(rule sh allow '["bash","**"]' '"opaque":true')" "$(rule no-rm deny '["rm","**"]')"
	for_command allow sh /usr/bin/bash -c 'ls $X'
	for_command deny no-rm /usr/bin/bash -c 'rm $X'
	check_decisions
}

@test "a rule that allows a program does not allow it in a line whose programs aren't claimed" {
	serve_policy
	rules "$(rule r allow '["git","status"]')"
	for_command allow r /usr/bin/git status
	for_line deny default_action 'git status' 'git status && git status'
	check_decisions
}

# with_programs DECISION RULE LINE [MEMBER...]: with a claim that each command is one of /usr/bin.
with_programs() {
	local name programs=

	for name in git ls head echo bash xargs make tool; do
		programs+="\"$name\":[\"/usr/bin/$name\",\"/usr/bin/$name\"],"
	done
	command_of "${PROGRAM-/usr/bin/bash}" "${OPTION--c}" "$3"
	decides "$1" "$2" "${MEMBERS[@]}" "programs:={${programs%,}}" environment:='[]' "${@:4}"
}

@test "a plain line is allowed where each of its commands is" {
	serve_policy
	rules "$(rule git allow '["git",["status","diff"],"**"]')" "$(rule look allow '[["ls","head","echo"],"**"]')" \
		"$(rule ask pending_hitl '["git","diff","--ext-diff"]')" "$(rule xargs allow '["xargs","ls"]')" \
		"$(rule shell allow '["bash","-c","exit"]')" "$(rule tool allow '["/usr/bin/tool"]')"
	with_programs allow shell_line 'git status'
	with_programs allow shell_line 'git status 2>/dev/null | head -5 && ls; echo "x y" || git diff'
	with_programs allow shell_line $'ls\nls'
	with_programs allow shell_line 'cd /x && git status && ls'
	with_programs allow shell_line 'tool'
	with_programs pending_hitl hidden_command 'bash -c exit'
	with_programs deny default_action 'git status; make'
	with_programs deny default_action 'make && ls'
	with_programs deny default_action 'git push'
	with_programs deny default_action 'git status $X'
	with_programs deny default_action 'git status > x'
	with_programs deny default_action 'git -C x status'
	with_programs deny default_action 'bash -c ls'
	with_programs deny default_action 'nice ls'
	with_programs deny default_action 'tool x'
	with_programs pending_hitl ask 'ls; git diff --ext-diff'
	with_programs pending_hitl hidden_command 'ls | xargs ls'
	check_decisions
}

@test "a plain line is allowed only in a call of a known shell with nothing else" {
	local option program

	serve_policy
	rules "$(rule look allow '[["ls","head"],"**"]')"
	for option in -c -ec -uc -euc; do
		for program in bash sh dash zsh; do
			OPTION=$option PROGRAM=/bin/$program with_programs allow shell_line ls
			with_programs allow shell_line ls executable=/bin/sh real_path=/usr/bin/$program
		done
	done
	OPTION=-fc PROGRAM=/usr/bin/zsh with_programs allow shell_line ls
	for option in -lc -ic -c- -xc -ce -fc --norc; do
		OPTION=$option with_programs deny default_action ls
	done
	for program in /bin/ksh /bin/ash /bin/busybox /bin/fish /bin/rbash /bin/bash5 /opt/bin/bash /home/me/sh; do
		PROGRAM=$program with_programs deny default_action ls
	done
	with_programs deny default_action ls real_path=/usr/bin/busybox
	with_programs deny default_action ls real_path=/opt/bin/bash
	with_programs allow shell_line ls args:='["--norc","-c","ls"]'
	with_programs allow shell_line ls args:='["--norc","--noprofile","-c","ls"]'
	with_programs deny default_action ls executable=/bin/sh args:='["--norc","-c","ls"]'
	with_programs deny default_action ls args:='["--rcfile","-c","ls"]'
	with_programs deny default_action ls args:='["-c","ls","x"]'
	with_programs deny default_action ls args:='["-c","-e","ls"]'
	with_programs deny default_action ls args:='["-c","--","ls"]'
	with_programs deny default_action ls args:='["-c"]'
	with_programs deny default_action ls executable=/usr/bin/env args:='["bash","-c","ls"]'
	check_decisions
}

@test "a plain line is allowed only where its programs and its environment are claimed" {
	local bin='["/usr/bin/ls","/usr/bin/ls"]'

	serve_policy
	rules "$(rule look allow '["ls","**"]')" "$(rule mine allow '["/home/me/bin/mine"]')" \
		"$(rule link deny '["/opt/evil"]')"
	with_programs allow shell_line ls
	with_programs deny default_action ls programs-
	with_programs deny default_action ls environment-
	with_programs deny default_action ls 'environment:=["BASH_ENV"]'
	with_programs deny default_action ls 'programs:={}'
	with_programs deny default_action ls "programs:={\"cat\":$bin}"
	with_programs deny default_action cat "programs:={\"cat\":$bin}"
	with_programs deny default_action 'ls; cat' "programs:={\"ls\":$bin,\"cat\":$bin}"
	with_programs deny default_action ls 'programs:={"ls":["/home/me/ls","/usr/bin/ls"]}'
	with_programs deny default_action ls 'programs:={"ls":["/usr/bin/ls","/home/me/ls"]}'
	with_programs deny link ls 'programs:={"ls":["/usr/bin/ls","/opt/evil"]}'
	with_programs allow shell_line 'mine' 'programs:={"mine":["/home/me/bin/mine","/home/me/bin/mine"]}'
	with_programs allow shell_line './bin/mine' \
		'programs:={"./bin/mine":["/home/me/bin/mine","/home/me/bin/mine"]}' cwd=/home/me
	with_programs deny default_action './bin/mine' \
		'programs:={"./bin/mine":["/home/me/bin/mine","/home/me/bin/mine"]}' cwd=/home/you
	with_programs deny default_action './bin/mine' \
		'programs:={"./bin/mine":["/home/me/bin/mine","/home/me/bin/mine"]}'
	with_programs deny default_action '/tmp/ls' "programs:={\"/tmp/ls\":$bin}"
	with_programs allow shell_line '/bin/ls; /usr/bin/ls' \
		"programs:={\"/bin/ls\":$bin,\"/usr/bin/ls\":$bin}"
	with_programs deny default_action 'mine' 'programs:={"mine":["/usr/bin/mine","/usr/bin/mine"]}'
	check_decisions
}

@test "rules with a directory see the one that a line changes to" {
	serve_policy
	rules "$(rule build allow '["make"]' '"cwd":["/srv/**"],"users":["'$EUID'"]')"
	with_programs allow shell_line make cwd=/srv/x
	with_programs deny default_action make cwd=/home
	with_programs deny default_action make
	with_programs allow shell_line 'cd /srv/x && make' cwd=/home
	with_programs deny default_action 'cd /home && make' cwd=/srv/x
	with_programs deny default_action 'cd /srv/y && make; make' cwd=/home
	with_programs allow shell_line 'cd /srv/y && make; make' cwd=/srv/y
	check_decisions
}

@test "check says which programs a line runs, and what in the environment changes it" {
	local token functions found

	serve_policy
	# Functions that a test finds exported.
	mapfile -t functions < <(compgen -A function)
	export -fn "${functions[@]}"
	mkdir "$TMP/tools" "$TMP/work"
	printf '#!/bin/sh\n' >"$TMP/tools/tool"
	chmod +x "$TMP/tools/tool"
	ln -s tool "$TMP/tools/linked"
	export PATH=/usr/bin:/bin:$TMP/tools
	cd "$TMP/work"

	# asks FIELD LINE: the field of the request that is asked.
	asks() {
		token=$(firma check -- bash -c "$2" 2>/dev/null) || true
		operate show token_id="$token" | head -n 1 | "$UNIT" get "$1" || echo none
		firma token withdraw "$token" >/dev/null
	}

	document '{"default_action":"pending_hitl"}'
	assert_equal "$(asks programs 'git status | head; git x')" \
		'{"git":["/usr/bin/git","/usr/bin/git"],"head":["/usr/bin/head","/usr/bin/head"]}'
	assert_equal "$(asks environment 'git status')" '[]'
	assert_equal "$(asks programs "linked; ../tools/tool; $TMP/tools/linked")" \
		"{\"linked\":[\"$TMP/tools/linked\",\"$TMP/tools/tool\"],\"../tools/tool\":[\"$TMP/tools/tool\",\"$TMP/tools/tool\"],\"$TMP/tools/linked\":[\"$TMP/tools/linked\",\"$TMP/tools/tool\"]}"
	assert_equal "$(asks programs "cd $TMP/tools && ./tool")" \
		"{\"./tool\":[\"$TMP/tools/tool\",\"$TMP/tools/tool\"]}"
	assert_equal "$(asks programs "cd $TMP/tools && ls; ./tool")" '{"ls":["/usr/bin/ls","/usr/bin/ls"]}'
	assert_equal "$(asks programs 'no-such-command; ls')" '{"ls":["/usr/bin/ls","/usr/bin/ls"]}'
	ln -s tools "$TMP/other"
	assert_equal "$(asks programs "cd $TMP/other && ls")" none
	assert_equal "$(asks programs "cd $TMP/gone && ls")" none
	assert_equal "$(PATH=:$PATH asks programs "cd $TMP/tools && ls")" none
	assert_equal "$(asks programs 'ls $X')" none
	assert_equal "$(asks environment 'ls $X')" none
	found=$(BASH_ENV='' LD_X=1 LD_=1 ENVY=1 asks environment ls)
	if [[ $found != '["BASH_ENV","LD_X"]' ]]; then
		assert_equal "$found" '["LD_X","BASH_ENV"]'
	fi
	assert_equal "$(ARGV0=x ARGV01=1 ARGV=1 asks environment ls)" '["ARGV0"]'

	rules "$(rule look allow '[["ls","head"],"**"]')"
	check_decisions
	run firma check -- bash -c 'ls | head -n 1'
	assert_status 0
	run env BASH_ENV=/dev/null "$FIRMA" check -- bash -c 'ls | head -n 1'
	assert_status 1
	run firma check -- bash -c 'ls | head -n 1 | no-such-command'
	assert_status 1
	run firma policy explain --policy "$POLICY" -- bash -c 'ls | head -n 1'
	assert_line -p 'each command of the line is allowed (rules look)'
}

@test "a person sees the programs and the variables of a line" {
	local token

	serve_policy --default-action pending_hitl
	write_policy '{"default_action":"pending_hitl"}'
	token=$(pending_token executable=/usr/bin/sh args:='["-c","a; b"]' \
		'programs:={"a":["/bin/a","/x/a"],"b":["/bin/b","/bin/b"]}' 'environment:=["ENV","LD_X"]')
	run firma token show "$token"
	assert_line -e '^  programs +a /bin/a -> /x/a, b /bin/b$'
	assert_line -e '^  variables +ENV, LD_X$'
	token=$(pending_token executable=/usr/bin/sh args:='["-c","a; b"]' environment:='[]')
	run firma token show "$token"
	assert_line -e '^  variables +none$'
	refute_output -p programs
}

@test "a person sees that a line is not pinned, and that it opens a session" {
	local token programs='programs:={"ls":["/bin/ls","/bin/ls"]}'

	serve_policy --default-action pending_hitl
	write_policy '{"default_action":"pending_hitl"}'
	token=$(pending_token executable=/usr/bin/bash args:='["-c","ls $X"]')
	run firma token show "$token"
	assert_line -e '^warning +NOT PINNED: a shell finds out what this line runs$'
	refute_output -p 'session:'
	token=$(pending_token executable=/usr/bin/bash args:='["-c","ls"]' environment:='[]')
	run firma token show "$token"
	assert_line -e '^warning +NOT PINNED: '
	token=$(pending_token executable=/usr/bin/bash args:='["-c","ls"]' "$programs" environment:='[]')
	run firma token show "$token"
	refute_output -p 'NOT PINNED'
	refute_output -p 'warning'
	token=$(pending_token executable=/usr/bin/bash args:='["-c","bash"]' environment:='[]' \
		'programs:={"bash":["/bin/bash","/bin/bash"]}')
	run firma token show "$token"
	refute_output -p 'NOT PINNED'
	assert_line -e '^warning +this is for a session: what is typed into it later is not asked about$'
}

@test "a rule's exception is tried on a command of a line only where its program is claimed" {
	serve_policy
	rules "$(rule no-push deny '["git","push","**"]' '"except":[["git","push","--dry-run"]]')"
	for_command deny default_action /usr/bin/git push --dry-run
	for_line deny no-push 'git push' 'git push --dry-run' 'git push --dry-run $X'
	check_decisions
}

@test "a directory that a line changes to is the one that rules are tried on" {
	serve_policy
	rules "$(rule here deny '["ls","**"]' '"cwd":["/srv/**"]')"
	decides deny here executable=/bin/sh cwd=/home args:='["-c","cd /srv/x && ls"]'
	decides deny default_action executable=/bin/sh cwd=/srv/x args:='["-c","cd /home && ls"]'
	decides deny here executable=/bin/sh cwd=/srv/x args:='["-c","ls; make"]'
	# Where cd fails, the second runs where the shell does.
	decides deny here executable=/bin/sh cwd=/srv/x args:='["-c","cd /home && make; ls"]'
	decides deny here executable=/bin/sh cwd=/home args:='["-c","cd $X; ls"]'
	check_decisions
}

@test "more lines than are looked at are not allowed" {
	local args

	serve_policy
	document '{"default_action":"allow","exec":[{"id":"all","argv":["bash","**"],"action":"allow","opaque":true}]}'
	args=$(printf ',"ls %d"' {1..64})
	decides allow all executable=/usr/bin/bash args:="[\"-c\"$args]"
	decides pending_hitl hidden_command executable=/usr/bin/bash args:="[\"-c\"$args,\"x\"]"
	decides pending_hitl hidden_command executable=/usr/bin/env args:="[\"bash\",\"-c\"$args,\"x\"]"
	check_decisions
}

@test "the examples of a rule may be lines" {
	serve_policy
	rules "$(rule r deny '["sudo","**"]' \
		'"match":[["bash","-c","ls; sudo id"],["sh","-c","$(sudo id)"]],"not_match":[["bash","-c","echo sudo"]]')"
	for_line deny r 'sudo x'
	check_decisions
}
