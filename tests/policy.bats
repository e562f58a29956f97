#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
#
# What a policy decides: most of it rows of one table, of a policy, a request, the decision, and the
# rule that made it.

# shellcheck disable=SC2030,SC2031 # each test is a process, and so are its variables
# shellcheck disable=SC1003,SC2016 # nothing in quotes is for the shell
# shellcheck disable=SC2154 # some variables are those of lib.bash and of bats

load policy

@test "the design's example decides as it says" {
	document '{"metadata": {"id": "team-baseline", "version": "2026.11"},
		"default_action": "pending_hitl", "require_budget_state_ref": false,
		"trusted_path": ["/usr/bin", "/usr/sbin", "/bin", "/sbin", "/usr/local/bin"],
		"exec": [
		{"id": "no-force-push", "argv": ["git", "push", "**", ["-f", "--force"], "**"],
		"action": "deny", "reason": "force pushes lose history",
		"match": [["git","push","--force"]], "not_match": [["git","push"]]},
		{"id": "terraform-reads", "argv": ["terraform", ["fmt", "validate", "plan"], "**"],
		"action": "allow"},
		{"id": "deploy", "argv": ["/opt/deploy/bin/*", "**"], "action": "pending_hitl",
		"agents": ["ci-*"]}]}'
	serve_policy
	for_command deny no-force-push /usr/bin/git push -f
	for_command deny no-force-push /usr/bin/git push origin --force main
	for_command pending_hitl default_action /usr/bin/git push origin main
	for_command pending_hitl default_action /usr/bin/git push --force-with-lease
	for_command allow terraform-reads /usr/local/bin/terraform plan -out x
	for_command allow terraform-reads /usr/bin/terraform fmt
	for_command pending_hitl default_action /usr/bin/terraform apply
	for_command pending_hitl default_action /home/x/terraform plan
	decides pending_hitl deploy executable=/opt/deploy/bin/roll args:='["out"]' agent_id=ci-7
	decides pending_hitl default_action executable=/opt/deploy/bin/roll agent_id=other
	check_decisions
}

@test "argv is matched whole: one pattern an argument, ** any number of them" {
	serve_policy
	rules "$(rule r allow '["ls","-l","a"]')"
	for_command allow r /bin/ls -l a
	for_command deny default_action /bin/ls -l
	for_command deny default_action /bin/ls -l a b
	for_command deny default_action /bin/ls a -l
	for_command deny default_action /bin/ls '-l a'
	for_command deny default_action /bin/ls -l A

	rules "$(rule r allow '["ls"]')"
	for_command allow r /bin/ls
	for_command deny default_action /bin/ls ''
	for_command deny default_action /bin/ls -l

	rules "$(rule r allow '["ls","**"]')"
	for_command allow r /bin/ls
	for_command allow r /bin/ls ''
	for_command allow r /bin/ls a b c

	rules "$(rule r allow '["ls","**","x","**"]')"
	for_command allow r /bin/ls x
	for_command allow r /bin/ls a x b
	for_command allow r /bin/ls x x x
	for_command deny default_action /bin/ls
	for_command deny default_action /bin/ls ax xb

	rules "$(rule r allow '["ls","**","x","y","**","z"]')"
	for_command allow r /bin/ls x y z
	for_command allow r /bin/ls x x y y z
	for_command allow r /bin/ls x y x y z z
	for_command deny default_action /bin/ls x z y
	for_command deny default_action /bin/ls x y z w

	rules "$(rule r allow '["ls","-*","?","a*b"]')"
	for_command allow r /bin/ls -l ü a/b
	for_command allow r /bin/ls - x ab
	for_command deny default_action /bin/ls l x ab
	for_command deny default_action /bin/ls -l xx ab
	for_command deny default_action /bin/ls -l '' ab

	rules "$(rule r allow '["ls",["a","b*"],""]')"
	for_command allow r /bin/ls a ''
	for_command allow r /bin/ls bcd ''
	for_command deny default_action /bin/ls ab ''
	for_command deny default_action /bin/ls a

	rules "$(rule r allow '["ls","[a-z]","$HOME","~","\\","{a,b}"]')"
	for_command allow r /bin/ls '[a-z]' '$HOME' '~' '\' '{a,b}'
	for_command deny default_action /bin/ls b '$HOME' '~' '\' a
	check_decisions
}

@test "the first pattern is a path where it has a slash, and a name without" {
	serve_policy
	rules "$(rule r deny '["/opt/*/tool","**"]')"
	decides deny r executable=/opt/a/tool
	decides deny default_action executable=/opt/a/b/tool
	decides deny default_action executable=/tmp/opt/a/tool
	rules "$(rule r deny '["/opt/**/tool","**"]')"
	decides deny r executable=/opt/tool
	decides deny r executable=/opt/a/b/tool
	decides deny default_action executable=/opt/a/tool2
	rules "$(rule r deny '["to?l*","**"]')"
	decides deny r executable=/opt/tool
	decides deny r executable=/x/toolbox
	decides deny default_action executable=/tool/x
	rules "$(rule r deny '[["/opt/x","y*"],"**"]')"
	decides deny r executable=/opt/x
	decides deny r executable=/opt/y1
	decides deny default_action executable=/usr/x
	check_decisions
}

# Each of executable/real_path, bare name/path, trusted directory/not.
@test "what denies or asks fits executable or real_path; what allows, both" {
	local action

	serve_policy
	for action in deny pending_hitl; do
		document "{\"default_action\":\"allow\",\"exec\":[
			$(rule name "$action" '["rm","**"]'),
			$(rule path "$action" '["/opt/bin/x","**"]')]}"
		decides "$action" name executable=/usr/bin/rm
		decides "$action" name executable=/home/me/rm
		decides "$action" name executable=/usr/bin/rm real_path=/bin/busybox
		decides "$action" name executable=/tmp/harmless real_path=/usr/bin/rm
		decides "$action" name executable=/tmp/rm real_path=/tmp/harmless
		decides "$action" path executable=/opt/bin/x
		decides "$action" path executable=/opt/bin/x real_path=/opt/lib/x1
		decides "$action" path executable=/usr/bin/y real_path=/opt/bin/x
		decides allow default_action executable=/usr/bin/x real_path=/usr/bin/x
		decides allow default_action executable=/usr/bin/rmdir real_path=/usr/bin/rmdir
	done

	document "{\"default_action\":\"deny\",\"trusted_path\":[\"/usr/bin\",\"/opt/t\"],\"exec\":[
		$(rule name allow '["ls","**"]'),
		$(rule path allow '["/opt/bin/x","**"]'),
		$(rule both allow '[["vi","vim.basic"],"**"]'),
		$(rule paths allow '[["/opt/bin/y","/opt/lib/y1"],"**"]')]}"
	decides allow name executable=/usr/bin/ls
	decides allow name executable=/opt/t/ls
	decides allow name executable=/usr/bin/ls real_path=/opt/t/ls
	decides deny default_action executable=/usr/local/bin/ls
	decides deny default_action executable=/usr/bin/sub/ls
	decides deny default_action executable=/usr/bin/ls real_path=/home/me/ls
	decides deny default_action executable=/home/me/ls real_path=/usr/bin/ls
	decides deny default_action executable=/usr/bin/ls real_path=/usr/bin/bash
	decides allow path executable=/opt/bin/x
	decides allow path executable=/opt/bin/x real_path=/opt/bin/x
	decides deny default_action executable=/opt/bin/x real_path=/bin/sh
	decides deny default_action executable=/usr/bin/ls2 real_path=/opt/bin/x
	decides allow both executable=/usr/bin/vi real_path=/usr/bin/vim.basic
	decides allow both executable=/usr/bin/vim.basic real_path=/usr/bin/vim.basic
	decides deny default_action executable=/usr/bin/vi real_path=/etc/alternatives/vim.basic
	decides allow paths executable=/opt/bin/y real_path=/opt/lib/y1
	decides deny default_action executable=/opt/bin/y real_path=/opt/lib/y2
	check_decisions
}

@test "without trusted_path, the directories of the distribution are; an empty one trusts none" {
	serve_policy
	rules "$(rule r allow '["ls"]')"
	for_command allow r /usr/bin/ls
	for_command allow r /bin/ls
	for_command allow r /usr/sbin/ls
	for_command allow r /sbin/ls
	for_command deny default_action /usr/local/bin/ls
	for_command deny default_action /ls
	document "{\"default_action\":\"deny\",\"trusted_path\":[],\"exec\":[$(rule r allow '["ls"]')]}"
	for_command deny default_action /usr/bin/ls
	check_decisions
}

@test "behind a wrapper, what denies or asks is tried where the command may begin" {
	local wrapper operand

	serve_policy
	document "{\"default_action\":\"allow\",\"exec\":[
		$(rule force deny '["git","push","**","--force","**"]'),
		$(rule rm pending_hitl '["rm","-rf","**"]'),
		$(rule tool deny '["/opt/tool/bin/x","y"]'),
		$(rule dir deny '["/opt/dir/*","**"]')]}"
	for wrapper in env nice nohup stdbuf timeout time setsid ionice chrt taskset flock sudo doas \
		busybox toybox find su strace setpriv unshare systemd-run env.coreutils \
		busybox-static nice-2 choom uclampset coresched pipesz systemd-cat \
		systemd-socket-activate chronic rlwrap sshpass ld64.so.2; do
		case $wrapper in
		timeout | chrt | taskset | flock) operand=(5) ;;
		find) operand=(-exec) ;;
		*) operand=() ;;
		esac
		for_command deny force "/usr/bin/$wrapper" "${operand[@]}" git push --force
		[[ $wrapper == find ]] || for_command deny force "/usr/bin/$wrapper" -@ 5 --opt=1 A=b /usr/bin/git push -v --force x
		for_command pending_hitl rm "/bin/$wrapper" "${operand[@]}" rm -rf /
		for_command allow default_action "/bin/$wrapper" git push
	done
	for_command deny force /usr/bin/sudo -u x env A=b nice -n 5 git push --force
	for_command deny force /usr/bin/env git push git push --force
	for_command allow default_action /usr/bin/env git log git push --force
	for_command deny tool /usr/bin/env /opt/tool/bin/x y
	for_command allow default_action /usr/bin/env /opt/tool/bin/x y z
	# However its path is spelled.
	for_command deny tool /usr/bin/env /opt/../opt/./tool//bin/x y
	for_command deny tool /usr/bin/env //opt/tool/bin/none/../x y
	for_command deny force /usr/bin/env /a/b/../../usr/bin/git push --force
	for_command deny force /usr/bin/env ../git push --force
	# A bare name, and a path that can't be known, may be that file.
	for_command deny tool /usr/bin/env x y
	for_command deny tool /usr/bin/env ./x y
	for_command deny dir /usr/bin/env ./z y
	for_command allow default_action /usr/bin/env z y
	decides deny tool executable=/usr/bin/env args:='["bin/x","y"]' cwd=/opt/tool
	decides deny tool executable=/usr/bin/env args:='["../bin/x","y"]' cwd=/opt/tool/lib
	decides deny dir executable=/usr/bin/env args:='["./x"]' cwd=/opt/dir
	decides allow default_action executable=/usr/bin/env args:='["./z","y"]' cwd=/opt/other
	# A path fits by its last name as well, since the same file has many paths.
	decides deny tool executable=/usr/bin/env args:='["./x","y"]' cwd=/opt/other
	for_command deny tool /usr/bin/env /proc/self/root/opt/tool/bin/x y
	for_command deny tool /usr/bin/env /mnt/x y
	for_command deny dir /usr/bin/env /proc/self/root/opt/dir/z
	# What is no wrapper is not looked behind.
	for_command allow default_action /usr/bin/grep git push --force
	for_command allow default_action /usr/bin/environ git push --force
	check_decisions
}

@test "after a wrapper, a path is denied in both spellings of a merged /usr" {
	serve_policy
	document "{\"default_action\":\"allow\",\"exec\":[$(rule curl deny '["/usr/bin/curl","**"]'),
		$(rule sbin deny '["/usr/sbin/*","**"]'),$(rule lib deny '["/lib/x/*","**"]')]}"
	for_command deny curl /usr/bin/env /bin/curl x
	for_command deny curl /usr/bin/env /usr/../bin/curl x
	for_command deny curl /usr/bin/env /proc/self/root/usr/bin/curl x
	for_command deny curl /usr/bin/env /proc/1/root/proc/thread-self/root/bin/curl
	for_command deny sbin /usr/bin/nice /sbin/reboot
	for_command deny lib /usr/bin/nice /usr/lib/x/y
	for_command allow default_action /usr/bin/nice /usr/lib/y/x
	for_command allow default_action /usr/bin/nice /bin/curly
	check_decisions
}

@test "in an allowing rule, no pattern takes a '..' that is a segment" {
	local word

	serve_policy
	rules "$(rule log allow '["cat","/var/log/*"]')" "$(rule any allow '["head","*"]')" \
		"$(rule up allow '["ls",["..","../x/*"]]')" "$(rule file allow '["wc","--f=/srv/??/*"]')" \
		"$(rule end allow '["nl","*/x*"]')" "$(rule all allow '["du","**"]')"
	for word in /var/log/../../etc/shadow /var/log/.. /var/log/x/../../../etc/shadow \
		/var/log/./../../etc /var/log/x/..; do
		for_command deny default_action /usr/bin/cat "$word"
		for_command deny default_action /usr/bin/head "$word"
	done
	for_command deny default_action /usr/bin/head ..
	for_command deny default_action /usr/bin/head --file=../x
	for_command deny default_action /usr/bin/head HEAD:../x
	for_command deny default_action /usr/bin/wc --f=/srv/../etc/x
	for_command deny default_action /usr/bin/nl a/../x
	for_command allow log /usr/bin/cat /var/log/syslog
	for_command allow log /usr/bin/cat /var/log/a..b
	for_command allow log /usr/bin/cat /var/log/...
	for_command allow log /usr/bin/cat /var/log/..a/b..
	for_command allow any /usr/bin/head main..topic
	for_command allow any /usr/bin/head v1...v2
	for_command allow up /usr/bin/ls ..
	for_command allow up /usr/bin/ls ../x/y
	for_command deny default_action /usr/bin/ls ../x/../y
	for_command allow file /usr/bin/wc --f=/srv/ab/x
	for_command allow end /usr/bin/nl a/xy
	for_command allow all /usr/bin/du ../..
	# What denies takes it.
	rules "$(rule no deny '["cat","/var/log/*"]')"
	for_command deny no /usr/bin/cat /var/log/../x
	check_decisions
}

# in_directory DECISION DIRECTORY WORD...: of a rule about what is in /var/log.
in_directory() {
	local word

	for word in "${@:3}"; do
		command_of /usr/bin/cat "$word"
		decides "$1" "$([[ $1 == allow ]] && echo log || echo default_action)" "${MEMBERS[@]}" cwd="$2"
	done
}

@test "in an allowing rule, a pattern for a path fits what the word means from the directory" {
	local program

	serve_policy
	rules "$(rule log allow '["cat","/var/log/*"]')"
	in_directory allow /var/log ./syslog ././syslog .//x/y ./a..b apt/term.log syslog a..b
	in_directory allow /var log/syslog ./log/syslog
	in_directory allow /var/cache ../log/syslog
	in_directory allow /var/cache/apt ../../log/syslog
	in_directory allow / var/log/syslog
	in_directory allow /etc /var/log/./x /var/log//x
	in_directory deny /etc ./syslog log/syslog ../log/syslog
	in_directory deny /var/log ../syslog ../../etc/shadow ./../x /etc/shadow
	# What is before ".." may be a link.
	in_directory deny /var/log x/../syslog ./x/../syslog /var/log/x/../syslog ./.. ..
	in_directory deny /var/log -x/y --file=./x ''
	in_directory deny /etc syslog shadow
	# An address, an assignment, a host, a file that lists arguments, an expression.
	in_directory deny /var/log http://x/y host:x host:/x of=/dev/sda of=x me@host:x me@host @x \
		+x ~/x '!x' '|x' -
	in_directory allow /var/log ./host:x ./of=x ./@x a/b:c
	for_command deny default_action /usr/bin/cat ./syslog
	for_command deny default_action /usr/bin/cat syslog
	# Programs for which a bare word may be a command, a target, a host or code.
	rules "$(rule log allow '[["nice","env","bash","python3","awk","sed","ssh","make","git"],"/srv/*"]' '"opaque":true')"
	for program in nice env bash python3 awk sed ssh make git; do
		decides deny default_action executable="/usr/bin/$program" args:='["x"]' cwd=/srv
	done
	decides allow log executable=/usr/bin/python3 args:='["./x"]' cwd=/srv
	rules "$(rule log allow '["tool","/srv/*"]')"
	decides deny default_action executable=/usr/bin/tool real_path=/usr/bin/env args:='["x"]' cwd=/srv
	# An exception to what denies is as narrow.
	rules "$(rule no deny '["cat","**"]' '"except":[["cat","/var/log/*"]]')"
	decides deny no executable=/usr/bin/cat args:='["../x/y"]' cwd=/var/log
	decides deny default_action executable=/usr/bin/cat args:='["./y"]' cwd=/var/log
	check_decisions
}

# words_decide DECISION DIRECTORY WORD...: of a rule about the files that /usr/bin/cat reads.
words_decide() {
	local word

	for word in "${@:3}"; do
		command_of /usr/bin/cat -n "$word"
		decides "$1" "$([[ $1 == deny ]] && echo no || echo all)" "${MEMBERS[@]}" ${2:+cwd="$2"}
	done
}

@test "in a rule that denies or asks, a pattern for a path fits what the word means, however spelled" {
	local all line many

	all=$(rule all allow '["cat","**"]')
	serve_policy
	rules "$all" "$(rule no deny '["cat","**","/etc/shadow"]')"
	words_decide deny '' /etc/shadow /etc//shadow /etc/./shadow /etc/x/../shadow //etc/shadow \
		/proc/self/root/etc/shadow /proc/1/task/1/root/etc/shadow /proc/self/root//etc/shadow
	words_decide deny /etc shadow ./shadow x/../shadow ../etc/shadow
	words_decide deny /srv/a ../../etc/shadow ../../../../etc/shadow -x/../../../../etc/shadow
	words_decide deny / etc/shadow
	words_decide allow '' shadow ./shadow /etc/shadow2 /proc/self/etc/shadow /proc/self/root
	words_decide allow /srv shadow etc/shadow ../shadow --file=shadow
	words_decide allow /etc -shadow shadow/x ''
	# A path of the length that the kernel still opens, and one byte more.
	words_decide deny '' "/etc$(printf '%*s' 4084 '' | tr ' ' /)/shadow"
	words_decide allow '' "/etc$(printf '%*s' 4085 '' | tr ' ' /)/shadow"

	# The first argument, and a pattern with wildcards.
	rules "$(rule log allow '["cat","/var/log/*"]')" "$(rule no deny '["cat","/var/log/secret*"]')"
	for line in /var/log/./secret.log /var/log//secret.log ./secret.log secret.log ../log/secret; do
		decides deny no executable=/usr/bin/cat args:="[\"$line\"]" cwd=/var/log
	done
	decides allow log executable=/usr/bin/cat args:='["./public"]' cwd=/var/log
	rules "$all" "$(rule root deny '["cat","/"]')"
	decides deny root executable=/usr/bin/cat args:='["../.."]' cwd=/srv/x
	decides deny root executable=/usr/bin/cat args:='["/proc/self/root"]'

	# An exception to what allows is as wide.
	rules "$(rule all allow '["cat","**"]' '"except":[["cat","**","/etc/*"]]')"
	decides deny default_action executable=/usr/bin/cat args:='["shadow"]' cwd=/etc
	decides allow all executable=/usr/bin/cat args:='["shadow"]' cwd=/srv

	# A pattern that every path fits is about spelling.
	rules "$all" "$(rule no deny '["cat","**","/*"]')"
	words_decide deny /srv /x /srv/./x
	words_decide allow /srv x ./x ../x

	# Paths beyond the limit may be any.
	many=$(yes '"x"' | head -n 300 | paste -sd,)
	rules "$all" "$(rule no deny '["cat","**","/etc/shadow"]')"
	decides deny no executable=/usr/bin/cat args:="[$many,\"x\"]" cwd="$(printf '/%.0sx' {1..2000})/y"
	decides allow all executable=/usr/bin/cat args:="[$many,\"x\"]" cwd=/srv
	check_decisions
}

@test "in a line of shell, what a word means depends on the line's directory" {
	serve_policy
	rules "$(rule shell allow '["bash","**"]' '"opaque":true')" "$(rule no deny '["cat","**","/etc/shadow"]')"
	for line in 'cd /etc && cat shadow' 'cd /etc && cat ./shadow | head' 'cat /etc//shadow' \
		'cat /etc/./shadow $X' 'cd /etc && ls; cat shadow' 'cd /etc && ls; bash -c "cat shadow"'; do
		command_of /usr/bin/bash -c "$line"
		decides deny no "${MEMBERS[@]}" cwd=/srv
	done
	for line in 'cat shadow' 'cat ./shadow $X'; do
		command_of /usr/bin/bash -c "$line"
		decides deny no "${MEMBERS[@]}" cwd=/etc
		decides allow shell "${MEMBERS[@]}" cwd=/srv
		decides allow shell "${MEMBERS[@]}"
	done
	check_decisions
}

@test "a link in a trusted directory is the program that it is called by" {
	serve_policy
	document "{\"default_action\":\"deny\",\"trusted_path\":[\"/usr/bin\",\"/bin\",\"/run/current-system/sw/bin\"],
		\"exec\":[$(rule cat allow '["cat","**"]'),$(rule git allow '["git","status"]')]}"
	decides allow cat executable=/usr/bin/cat real_path=/usr/bin/coreutils args:='["x"]'
	decides allow cat executable=/bin/cat real_path=/bin/busybox args:='["x"]'
	decides allow cat executable=/bin/cat real_path=/bin/busybox.static args:='["x"]'
	decides allow cat executable=/run/current-system/sw/bin/cat \
		real_path=/nix/store/abc-coreutils-full-9.5/bin/coreutils args:='["x"]'
	decides allow git executable=/run/current-system/sw/bin/git \
		real_path=/nix/store/abc-git-2.47.0/bin/git args:='["status"]'
	# Not where the link is anybody's, or leads elsewhere, or to another program.
	decides deny default_action executable=/tmp/cat real_path=/usr/bin/coreutils args:='["x"]'
	decides deny default_action executable=/tmp/git real_path=/nix/store/a-git/bin/git args:='["status"]'
	decides deny default_action executable=/nix/store/a-git/bin/git args:='["status"]'
	decides deny default_action executable=/bin/cat real_path=/tmp/busybox args:='["x"]'
	decides deny default_action executable=/bin/cat real_path=/bin/bash args:='["x"]'
	decides deny default_action executable=/bin/git real_path=/nix/store/a-x/bin/sh args:='["status"]'
	decides deny default_action executable=/bin/git real_path=/nix/store/a/x/bin/git args:='["status"]'
	# coreutils takes an argument for its name where it doesn't know that.
	decides deny default_action executable=/bin/git real_path=/usr/bin/coreutils args:='["status"]'
	check_decisions
}

@test "except takes commands out of the rule in which it stands, and of no other" {
	serve_policy
	document "{\"default_action\":\"allow\",\"exec\":[
		$(rule git pending_hitl '["git","**"]' '"except":[["git","status","**"],["/usr/bin/git",["log","diff"]]],
			"match":[["git","push"],["env","git","status"]],"not_match":[["git","status","-s"]]'),
		$(rule no deny '["git","**","--bad","**"]'),
		$(rule ls allow '["ls","**"]' '"except":[["ls","**","-R","**"]]')]}"
	for_command allow default_action /usr/bin/git status
	for_command allow default_action /usr/bin/git status -s x
	for_command allow default_action /usr/bin/git log
	for_command pending_hitl git /usr/bin/git log x
	for_command pending_hitl git /usr/bin/git push
	# The strictest still wins.
	for_command deny no /usr/bin/git status --bad
	# An exception from what asks is narrow, as what allows.
	for_command pending_hitl git /home/me/git status
	for_command pending_hitl git /usr/bin/env git status
	for_command pending_hitl git /usr/bin/git -C x status
	decides pending_hitl git executable=/usr/bin/git real_path=/tmp/x args:='["status"]'
	for_command allow ls /usr/bin/ls x
	check_decisions
	document "{\"default_action\":\"deny\",\"exec\":[
		$(rule ls allow '["ls","**"]' '"except":[["ls","**","-R","**"]]')]}"
	for_command allow ls /usr/bin/ls x
	for_command deny default_action /usr/bin/ls -l -R x
	check_decisions
}

@test "options before a subcommand hide it from no rule that denies or asks" {
	serve_policy
	document "{\"default_action\":\"allow\",\"exec\":[$(rule push deny '["git","push","**"]'),
		$(rule delete pending_hitl '["kubectl","delete","**"]'),
		$(rule stop deny '["systemctl","stop","sshd"]'), $(rule bare deny '["git"]'),
		$(rule rm deny '["rm","x"]')]}"
	for_command deny push /usr/bin/git push x
	for_command deny push /usr/bin/git -C x push
	for_command deny push /usr/bin/git --no-pager push x
	for_command deny push /usr/bin/git -c a=b --git-dir x --unknown y push -f
	for_command deny push /usr/bin/env A=b git -C x push
	for_command deny push /usr/bin/sudo -u x nice git --no-pager push
	for_command pending_hitl delete /usr/bin/kubectl -n x delete pod y
	for_command deny stop /usr/bin/systemctl --no-pager stop sshd
	for_command allow default_action /usr/bin/git -C x status
	for_command allow default_action /usr/bin/git commit push
	for_command allow default_action /usr/bin/git --version
	for_command allow default_action /usr/bin/rm -f x
	# What allows wants the words as they are.
	rules "$(rule status allow '["git","status","**"]')"
	for_command deny default_action /usr/bin/git -C x status
	check_decisions
}

@test "a wrapper is one also through a link; a link to a program of many names is its own name's" {
	serve_policy
	document "{\"default_action\":\"allow\",\"exec\":[$(rule r deny '["rm","**"]')]}"
	decides deny r executable=/tmp/e real_path=/usr/bin/env args:='["rm","x"]'
	decides deny r executable=/usr/bin/env real_path=/usr/bin/coreutils args:='["rm"]'
	decides allow default_action executable=/bin/grep real_path=/bin/busybox args:='["rm"]'
	decides deny r executable=/bin/nice real_path=/bin/busybox args:='["rm"]'
	decides deny r executable=/bin/busybox real_path=/bin/busybox args:='["rm"]'
	decides deny r executable=/bin/rm real_path=/bin/busybox
	decides deny r executable=/bin/coreutils args:='["--coreutils-prog=rm","x"]'
	decides deny r executable=/bin/coreutils \
		args:='["--coreutils-prog-shebang=rm","/bin/rm","x"]'
	decides deny r executable=/bin/nice real_path=/bin/coreutils \
		args:='["coreutils","--coreutils-prog=rm","x"]'
	decides pending_hitl hidden_command executable=/bin/coreutils \
		args:='["--coreutils-prog=env","-S","ls x"]'
	decides deny r executable=/bin/coreutils args:='["--coreutils-prog=env","-S","rm x"]'
	# …or, as uutils has it, by a name that it does not know, of its first argument's.
	decides deny r executable=/tmp/x real_path=/usr/bin/coreutils args:='["rm","x"]'
	decides allow default_action executable=/bin/ls real_path=/usr/bin/coreutils args:='["rm"]'
	decides allow default_action executable=/bin/coreutils args:='["--coreutils-prog=ls","x"]'
	# Which is itself by every name that begins with its own.
	decides deny r executable=/tmp/busyboxx real_path=/bin/busybox args:='["rm"]'
	decides deny r executable=/tmp/toybox_ real_path=/bin/toybox args:='["rm"]'
	decides deny r executable=/tmp/toyboxes args:='["rm"]'
	decides allow default_action executable=/tmp/busybo real_path=/bin/busybox args:='["rm"]'
	check_decisions
}

@test "what allows never looks behind a wrapper" {
	serve_policy
	rules "$(rule ls allow '["ls","**"]')" "$(rule env allow '["env","A=b","ls"]')"
	for_command allow ls /usr/bin/ls
	for_command deny default_action /usr/bin/env ls
	for_command deny default_action /usr/bin/nice ls
	for_command allow env /usr/bin/env A=b ls
	for_command deny default_action /usr/bin/env A=c ls
	check_decisions
}

@test "env -S and xargs are at least pending_hitl, whatever allows them" {
	local words

	serve_policy
	document "{\"default_action\":\"allow\",\"exec\":[
		$(rule env allow '[["env","xargs","sudo"],"**"]' '"opaque":true'),
		$(rule no deny '["env","-S","no"]')]}"
	for words in '"-S","rm x"' '"-Srm x"' '"-iS","rm"' '"-vS","rm"' '"--split-string=rm x"' \
		'"--split-string","rm"' '"--s=rm"' '"--sp","rm"' '"-i","-u","X","-S","rm"' \
		'"--unset","X","-S","rm"' '"--un","X","-S","rm"' '"-C","/","--chdir=/","-S","rm"' \
		'"-","-S","rm"' '"-0S","rm"'; do
		decides pending_hitl hidden_command executable=/usr/bin/env args:="[$words]"
		decides pending_hitl hidden_command executable=/tmp/e real_path=/usr/bin/env \
			args:="[$words]"
		decides pending_hitl hidden_command executable=/usr/bin/sudo args:="[\"env\",$words]"
	done
	for words in '"A=b","cc","-S","x"' '"git","log","-S","x"' '"-i","A=-S","x"' '"-uS","ls"' \
		'"-u","-S","ls"' '"--","-S"' '"--unset=S","ls"' '"ls","--split-string"'; do
		decides allow env executable=/usr/bin/env args:="[$words]"
	done
	for_command pending_hitl hidden_command /usr/bin/xargs rm
	for_command pending_hitl hidden_command /usr/bin/xargs
	for_command pending_hitl hidden_command /usr/bin/sudo -u x xargs ls
	for_command pending_hitl hidden_command /usr/bin/busybox xargs ls
	for_command pending_hitl hidden_command /usr/bin/nice parallel rm
	for_command pending_hitl hidden_command /usr/bin/nice sem 'rm x'
	for_command deny no /usr/bin/env -S no

	# So is a string that a wrapper's -c runs, and what a terminal's watch does.
	document "{\"default_action\":\"allow\"}"
	for_command pending_hitl hidden_command /usr/bin/su -c 'rm -rf /'
	for_command pending_hitl hidden_command /usr/bin/su root --command='rm x'
	for_command pending_hitl hidden_command /usr/bin/su - root -c 'rm x'
	for_command pending_hitl hidden_command /usr/sbin/runuser -lc 'rm x'
	for_command pending_hitl hidden_command /usr/bin/su --session-command 'rm x'
	for_command pending_hitl hidden_command /usr/bin/script -qc 'rm x' /dev/null
	for_command pending_hitl hidden_command /usr/bin/flock /tmp/l -c 'rm x'
	for_command pending_hitl hidden_command /usr/bin/sg adm 'rm x'
	for_command pending_hitl hidden_command /usr/bin/watch 'rm x'
	for_command pending_hitl hidden_command /usr/bin/nice watch -n 5 'rm x'
	for_command pending_hitl hidden_command /sbin/start-stop-daemon --start --exec /bin/rm -- x
	for_command allow default_action /usr/bin/flock /tmp/l make all
	for_command allow default_action /usr/bin/script /tmp/log
	# A program whose name only begins like that of a wrapper is none.
	rules "$(rule su deny '["su","**"]')" "$(rule ld allow '["x86_64-linux-gnu-ld.bfd","**"]')"
	for_command allow ld /usr/bin/x86_64-linux-gnu-ld.bfd -o su su.o

	# Nobody is asked about what is denied anyway.
	rules "$(rule ls allow '["ls"]')"
	for_command deny default_action /usr/bin/xargs ls
	for_command deny default_action /usr/bin/env -S ls
	check_decisions
}

@test "the strictest of the rules that match wins, in any order" {
	local a b c order

	a=$(rule a allow '["x"]') b=$(rule b pending_hitl '["x"]') c=$(rule c deny '["x"]')
	serve_policy
	for order in "$a,$b,$c" "$a,$c,$b" "$b,$a,$c" "$b,$c,$a" "$c,$a,$b" "$c,$b,$a" "$c,$a" "$a,$c"; do
		rules "$order"
		for_command deny c /usr/bin/x
	done
	for order in "$a,$b" "$b,$a"; do
		rules "$order"
		for_command pending_hitl b /usr/bin/x
	done
	# Of those alike, the first is named.
	rules "$(rule one deny '["y*"]')" "$(rule two deny '["yes"]')"
	for_command deny one /usr/bin/yes
	rules "$(rule two deny '["yes"]')" "$(rule one deny '["y*"]')"
	for_command deny two /usr/bin/yes
	check_decisions
}

@test "where no rule matches, default_action decides, then the option, then deny" {
	local action

	serve_policy
	for_command deny default_action /usr/bin/x
	check_decisions
	for action in allow deny pending_hitl; do
		document "{\"default_action\":\"$action\"}"
		for_command "$action" default_action /usr/bin/x
	done
	check_decisions
	stop_daemon

	write_policy '{}'
	serve_policy --default-action allow
	document '{}'
	for_command allow default_action /usr/bin/x
	document '{"default_action":"deny"}'
	for_command deny default_action /usr/bin/x
	check_decisions
}

@test "require_budget_state_ref denies requests without one, whatever allows them" {
	serve_policy
	document "{\"default_action\":\"allow\",\"require_budget_state_ref\":true,
		\"exec\":[$(rule r allow '["ls"]'),$(rule d deny '["rm"]')]}"
	decides deny require_budget_state_ref executable=/bin/ls args-
	decides deny require_budget_state_ref executable=/bin/ls args- budget_state_ref=
	decides deny require_budget_state_ref executable=/bin/ls args- budget_state_ref=' '
	decides deny require_budget_state_ref executable=/bin/other
	decides allow r executable=/bin/ls args- budget_state_ref=budget:1
	decides deny d executable=/bin/rm args- budget_state_ref=budget:1
	decides allow default_action executable=/bin/other budget_state_ref=x
	document "{\"default_action\":\"allow\",\"require_budget_state_ref\":false}"
	decides allow default_action
	check_decisions
}

# narrows KEY FIELD: its patterns, in both directions; and a request that lacks the field.
narrows() {
	local key=$1 field=$2

	rules "$(rule r allow '["git","**"]' "\"$key\":[\"a-*\",\"b?\"]")"
	decides allow r "$field=a-1"
	decides allow r "$field=a-"
	decides allow r "$field=bü"
	decides deny default_action "$field=b"
	decides deny default_action "$field=A-1"
	decides deny default_action "$field=xa-1"
	document "{\"default_action\":\"allow\",\"exec\":[$(rule r deny '["git","**"]' "\"$key\":[\"a-*\"]")]}"
	decides deny r "$field=a-1"
	decides allow default_action "$field=b"
}

@test "agents, sessions, sandboxes and profiles narrow a rule" {
	serve_policy
	narrows agents agent_id
	narrows sessions session_id
	narrows sandboxes sandbox_id
	narrows profiles profile
	check_decisions
}

@test "cwd narrows a rule by a path pattern" {
	serve_policy
	rules "$(rule r allow '["git","**"]' '"cwd":["/srv/repo","/srv/repo/**","/home/*/x"]')"
	decides allow r cwd=/srv/repo
	decides allow r cwd=/srv/repo/a/b
	decides allow r cwd=/home/me/x
	decides deny default_action cwd=/srv/repo2
	decides deny default_action cwd=/home/me/y/x
	decides deny default_action cwd=/
	rules "$(rule r allow '["git","**"]' '"cwd":["/"]')"
	decides allow r cwd=/
	decides deny default_action cwd=/a
	check_decisions
}

@test "where a request lacks the field, an allowing rule does not match, and the others do" {
	local key value

	serve_policy
	for key in agents cwd; do
		value=/x
		[[ $key == cwd ]] || value=x
		rules "$(rule r allow '["git","**"]' "\"$key\":[\"$value\"]")"
		decides deny default_action
		document "{\"default_action\":\"allow\",\"exec\":[
			$(rule r deny '["git","**"]' "\"$key\":[\"$value\"]")]}"
		decides deny r
		document "{\"default_action\":\"allow\",\"exec\":[
			$(rule r pending_hitl '["git","**"]' "\"$key\":[\"$value\"]")]}"
		decides pending_hitl r
	done
	rules "$(rule r allow '["git","**"]' '"agents":["*"]')"
	decides deny default_action agent_id=
	decides allow r agent_id=x
	check_decisions
}

@test "all of several narrowing keys must fit" {
	serve_policy
	rules "$(rule r allow '["git","**"]' '"agents":["a"],"profiles":["p"],"cwd":["/c"]')"
	decides allow r agent_id=a profile=p cwd=/c
	decides deny default_action agent_id=b profile=p cwd=/c
	decides deny default_action agent_id=a profile=q cwd=/c
	decides deny default_action agent_id=a profile=p cwd=/d
	check_decisions
}

# decided_as DECISION UID GID GROUPS...: what this user hears, at the agent's door.
decided_as() {
	AS_UID=$2 _command "$UNIT" probe "$SOCKET"
	CMD[2]=--regid=$3
	[[ -z ${4-} ]] || CMD[3]=--groups=$4
	run bash -c '"$@"' - "${CMD[@]}" < <(request)
	assert_field decision "$1"
}

@test "users and groups are those of the peer, whatever it says" {
	local name

	need_root
	name=$(id -un 0)
	write_policy "{\"default_action\":\"deny\",\"exec\":[
		$(rule u allow '["git","**"]' '"users":["4242","'"$name"'"]'),
		$(rule g allow '["git","**"]' '"groups":["5001"]'),
		$(rule n deny '["git","**"]' '"users":["4243"],"groups":["5002"]')]}"
	mkdir "$TMP/policy/run"
	start_daemon --policy "$POLICY" --operator-socket "$TMP/operator.sock" --agent-group 7000
	chmod a+rw "$SOCKET"
	decided_as allow 4242 7000
	decided_as deny 4243 7000
	decided_as allow 4243 7000 5001
	decided_as allow 4243 7000 1,2,5001,3
	decided_as deny 4243 7000 5001,5002
	decided_as deny 4244 7000
	decided_as allow 4244 5001 7000
	decided_as allow 4244 7000 5002,5001
	decided_as allow 0 0
}

@test "a pending request's token and reply name the rule, and the reason" {
	local token

	serve_policy
	rules "$(rule ask-first pending_hitl '["git","**"]' '"reason":"it is public"')" \
		"$(rule never deny '["rm","**"]' '"reason":"it loses files"')" \
		"$(rule plain deny '["dd","**"]')" "$(rule fine allow '["ls"]')"
	run ask detail:=true
	assert_field rule ask-first
	assert_field reason 'awaiting human approval: it is public'
	token=$(field approval_token)
	run operate show token_id="$token"
	assert_line -n 0 -p '"rule":"ask-first"'
	run ask executable=/bin/rm
	assert_output '{"decision":"deny","reason":"it loses files (rule never)"}'
	run ask executable=/bin/dd
	assert_output '{"decision":"deny","reason":"denied by rule plain"}'
	run ask executable=/bin/ls args-
	assert_output '{"decision":"allow","reason":"allowed by rule fine"}'
	run ask executable=/bin/other
	assert_output '{"decision":"deny","reason":"denied by the default action"}'
	assert_log -p 'deny /bin/rm for uid'

	# The rule may be gone by the time that the token is.
	document '{"default_action":"pending_hitl"}'
	run operate show token_id="$token"
	assert_line -n 0 -p '"rule":"ask-first"'
}

# approved: issues a token by a rule that asks, and approves it.
approved() {
	rules "$(rule ask pending_hitl '["git","**"]')"
	TOKEN=$(pending_token)
	operate approve token_id="$TOKEN"
}

@test "a token that was approved before the policy denied it is denied, and not consumed" {
	serve_policy
	approved
	rules "$(rule ask pending_hitl '["git","**"]')" \
		"$(rule no deny '["git","**"]' '"reason":"not any more"')"
	run ask approval_token="$TOKEN" detail:=true
	assert_decision deny 'not any more (rule no)'
	assert_field rule no
	run operate show token_id="$TOKEN"
	assert_line -n 0 -p '"state":"approved"'

	# It is still worth what it was.
	rules "$(rule ask pending_hitl '["git","**"]')"
	run ask approval_token="$TOKEN" detail:=true
	assert_decision allow
	assert_field rule approval_token
	run ask approval_token="$TOKEN"
	assert_decision deny 'approval token already consumed'
}

@test "what no rule is about any more is denied to a token as well, by the default" {
	serve_policy
	approved
	rules "$(rule other pending_hitl '["rm","**"]')"
	run ask approval_token="$TOKEN"
	assert_decision deny 'denied by the default action'
	document '{"default_action":"allow"}'
	run ask approval_token="$TOKEN" detail:=true
	assert_decision allow
	assert_field rule approval_token
}

@test "a pending token that the policy denies by now hears so, and stays pending" {
	local token

	serve_policy
	rules "$(rule ask pending_hitl '["git","**"]')"
	token=$(pending_token)
	rules "$(rule no deny '["git","**"]')"
	run ask approval_token="$token"
	assert_decision deny 'denied by rule no'
	run operate show token_id="$token"
	assert_line -n 0 -p '"state":"pending"'
}

@test "an answer that is held back is by the policy of the moment at which it is given" {
	local token

	serve_policy
	rules "$(rule ask pending_hitl '["git","**"]')"
	hold asker < <(request wait_ms:=60000)
	token=$(operate list | head -n 1 | "$UNIT" get token_id)
	rules "$(rule no deny '["git","**"]')"
	run operate approve token_id="$token"
	assert_output '{"outcome":"ok"}'
	finish asker
	assert_output '{"decision":"deny","reason":"denied by rule no"}'
	run operate show token_id="$token"
	assert_line -n 0 -p '"state":"approved"'

	# What is held back while the file has a fault is by the policy before.
	rules "$(rule ask pending_hitl '["git","**"]')"
	hold asker < <(request wait_ms:=60000 args:='["2"]')
	token=$(operate list state=pending | head -n 1 | "$UNIT" get token_id)
	write_policy '{'
	run operate approve token_id="$token"
	finish asker
	assert_output '{"decision":"allow","reason":"approved by an operator"}'
}

@test "a token's own faults are told before the policy's" {
	serve_policy
	approved
	rules "$(rule no deny '["git","**"]')"
	run ask approval_token="$TOKEN" session_id=other
	assert_decision deny -p 'approval token is for another request'
	operate revoke token_id="$TOKEN"
	run ask approval_token="$TOKEN"
	assert_decision deny -p 'refused by an operator'
}

@test "a retry needs its budget_state_ref as well" {
	local token

	serve_policy
	document '{"default_action":"pending_hitl","require_budget_state_ref":true}'
	token=$(pending_token budget_state_ref=b)
	operate approve token_id="$token"
	run ask approval_token="$token"
	assert_decision deny 'budget_state_ref is required'
	run ask approval_token="$token" budget_state_ref=b
	assert_decision allow
}

@test "a rule that asks issues as many tokens as the limits let it, and no more" {
	serve_policy --max-pending 2
	rules "$(rule ask pending_hitl '["git","**"]')"
	[[ $(pending_token) ]]
	[[ $(pending_token) ]]
	run ask
	assert_decision deny 'limit reached: uid '"$EUID"' has 2 pending tokens for this very request'
}

@test "a path through /proc means what it leads to, or any file" {
	local file

	serve_policy
	document "{\"default_action\":\"allow\",\"exec\":[$(rule no deny '["cat","**","/etc/shadow"]')],
		\"defaults\":{\"read\":\"allow\"},
		\"read\":[{\"id\":\"file\",\"path\":[\"/etc/shadow\",\".ssh/**\"],\"action\":\"deny\"}]}"
	for file in /proc/self/root/etc/shadow /proc/1/root/../../etc/shadow /proc/self/root/../etc/shadow \
		/proc/thread-self/root//etc/shadow /proc/1/task/1/root/etc/./shadow ../proc/self/root/etc/shadow \
		/proc/self/cwd/shadow /proc/self/cwd/../etc/shadow /proc/self/cwd/x/../shadow \
		/proc/self/root/proc/self/cwd/shadow ../proc/self/cwd/shadow \
		/proc/self/task/1/cwd/shadow /proc/1/cwd/x /proc/thread-self/cwd/x /proc/self/fd/3/x /dev/fd/3/x; do
		command_of /usr/bin/cat "$file"
		decides deny no "${MEMBERS[@]}" cwd=/etc
		command_of /usr/bin/nice cat "$file"
		decides deny no "${MEMBERS[@]}" cwd=/etc
	done
	for file in /proc/self/root /proc/cpuinfo /proc/self/status /dev/fd/63 /dev/stdin /proc/self/fd/0 \
		/proc/self/cwd/passwd /proc/self/cwds/x /proc/1/rooted/etc/shadow /xproc/self/root/etc/shadow; do
		command_of /usr/bin/cat "$file"
		decides allow default_action "${MEMBERS[@]}" cwd=/etc
	done
	# In a rule that allows, such a path is what it is written as.
	rules "$(rule r allow '["cat","/srv/*"]')"
	for file in /proc/self/root/srv/x /proc/self/cwd/x; do
		command_of /usr/bin/cat "$file"
		decides deny default_action "${MEMBERS[@]}" cwd=/srv
	done
	check_decisions
}

@test "behind a wrapper that changes the directory, a word means a path from there" {
	local no words

	serve_policy
	no=$(rule no deny '["cat","**","/etc/shadow","**"]')
	document "{\"default_action\":\"allow\",\"exec\":[$no]}"
	while read -ra words; do
		command_of "/usr/bin/${words[0]}" "${words[@]:1}"
		decides deny no "${MEMBERS[@]}" cwd=/home/me
	done <<-"END"
		env -C /etc cat shadow
		env --chdir=/etc cat ./shadow
		env --ch /etc cat x/../shadow
		env -C / nice env -C etc cat shadow
		env -C ../../etc cat shadow
		env -C a/b -C ../../../etc cat shadow
		sudo -nD /etc cat shadow
		sudo -u x --chdir / cat etc/shadow
		run0 --chdir=/etc cat shadow
		systemd-run -q --working-directory /etc cat shadow
		unshare -rw /etc cat shadow
		unshare --wd=/etc cat shadow
		bwrap --ro-bind / / --chdir /etc cat shadow
		flatpak-spawn --host --directory=/etc cat shadow
		uv --directory /etc run cat shadow
		poetry -C /etc run cat shadow
		conda run --cwd /etc cat shadow
		mise -C /etc x -- cat shadow
		yarn --cwd /etc exec cat shadow
		bun --cwd=/etc x cat shadow
		chroot / cat etc/shadow
		chroot --userspec=x / nice cat ./etc/shadow
		find . -exec env -C /etc cat shadow ;
		env -C 1 env -C 2 env -C 3 env -C 4 env -C 5 cat shadow
	END
	command_of /usr/bin/env -C /etc sh -c 'ls; cat shadow'
	decides deny no "${MEMBERS[@]}" cwd=/home/me
	command_of /usr/bin/env -C /etc sh -c 'cat shadow $X'
	decides deny no "${MEMBERS[@]}" cwd=/home/me
	command_of /usr/bin/env -C /etc cat shadow
	decides deny no "${MEMBERS[@]}"
	while read -ra words; do
		command_of "/usr/bin/${words[0]}" "${words[@]:1}"
		decides allow default_action "${MEMBERS[@]}" cwd=/etc
	done <<-"END"
		env -C /srv cat shadow
		env -C x cat shadow
		chroot /srv cat shadow
		sudo -C 5 -D /srv cat shadow
		env -C / cat shadow
	END
	# In a rule that allows, no word means a path from there.
	rules "$(rule r allow '["env","-C","**","/srv/x"]' '"opaque":true')"
	command_of /usr/bin/env -C /srv cat x
	decides deny default_action "${MEMBERS[@]}" cwd=/srv
	check_decisions
}

@test "in a store, a pattern that allows names the build, or a trusted link leads there" {
	local store=/nix/store/7a9-

	serve_policy
	rules "$(rule r allow '[["tool","/nix/store/*/bin/tool.js","/nix/store/**/x","/gnu/**","/nix/store/7a9-own/bin/*"],"**"]' '"opaque":true')"
	for_command deny default_action ${store}evil/bin/tool.js
	for_command deny default_action ${store}evil/x
	for_command deny default_action ${store}evil/lib/a/x y
	for_command deny default_action /gnu/store/a-b/bin/x
	for_command allow r ${store}own/bin/tool.js
	for_command allow r ${store}own/bin/any
	for_command deny default_action /nix/store/7a9-owned/bin/any
	for_command deny default_action ${store}own/lib/any
	command_of /usr/bin/tool
	decides allow r "${MEMBERS[@]}" real_path=${store}any/bin/tool.js
	decides deny default_action "${MEMBERS[@]}" real_path=${store}any/bin/other.js
	command_of /home/me/tool
	decides deny default_action "${MEMBERS[@]}" real_path=${store}any/bin/tool.js
	command_of ${store}evil/bin/tool.js
	decides deny default_action "${MEMBERS[@]}" real_path=${store}own/bin/tool.js
	rules "$(rule r deny '["/nix/store/*/bin/tool.js","**"]')"
	for_command deny r ${store}evil/bin/tool.js
	# The directory of one build is as good as any other.
	document '{"default_action":"pending_hitl","trusted_path":["/nix/store/7a9-git-2.47/bin"],"exec":['"$(rule r allow '["git","**"]')"']}'
	for_command allow r ${store}git-2.47/bin/git status
	for_command pending_hitl default_action /nix/store/8b0-git-2.47/bin/git status
	# What excepts from a rule is narrow, too.
	rules "$(rule r pending_hitl '["tool.js","**"]' '"except":[["/nix/store/*/bin/tool.js","ls"]]')"
	for_command pending_hitl r ${store}evil/bin/tool.js ls
	check_decisions
}
