#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
#
# What the sections of a policy decide that are not about commands: rows of a policy, requests, the
# decision, and the rule that made it.

# shellcheck disable=SC2030,SC2031 # each test is a process, and so are its variables
# shellcheck disable=SC2088 # a tilde is for the daemon
# shellcheck disable=SC2154 # some variables are those of lib.bash and of bats

load policy

# judged DECISION RULE MEMBER...: by the policy that was written last. `allow`, `ask` and `block` are
# the decisions; members are those of `unit object`.
judged() {
	local wanted=$1 reply got

	"$UNIT" object "${@:3}" >"$TMP/line"
	reply=$(send <"$TMP/line")
	got=$("$UNIT" get decision <<<"$reply")
	got=${got/require_approval/ask}
	got+=" $("$UNIT" get rule_id <<<"$reply")"
	[[ $got == "$wanted $2" ]] || {
		fail "-- $(<"$TMP/line") --" "policy: $RULES" "expected: $wanted $2" "actual: $got ($reply)"
		return 1
	}
}

# reads DECISION RULE PATH...: in the directory /w/p, where no links are.
reads() {
	local path real

	for path in "${@:3}"; do
		real=$path
		[[ $path == /* ]] || real=/w/p/$path
		real=$(realpath -ms "$real")
		judged "$1" "$2" action_type=read_file "target=$path" cwd=/w/p "real_target=$real"
	done
}

fetches() {
	local url

	for url in "${@:3}"; do
		judged "$1" "$2" action_type=fetch_url "target=$url"
	done
}

@test "a path that may not be read is denied wherever and however it is written" {
	serve_policy
	document '{"defaults":{"read":"allow"},"read":[
		{"id":"secrets","action":"deny","severity":"critical",
		"path":["**/.env",".env.*","*.pem","~/.ssh/**","/etc/shadow","a/b/*.key"],
		"match":[".env","x/y/.env","/x/c.pem"],"not_match":["env"]}]}'
	reads block secrets .env x/.env /w/p/.env ./.env x/../.env x//.env .env.local x/.env.local \
		c.pem /a/b/c.pem /home/x/.ssh/id /root/.ssh/a/b /etc/shadow /etc/../etc/shadow \
		'~/.ssh/id' a/b/c.key x/a/b/c.key
	reads block secrets /proc/self/root/etc/shadow /proc/thread-self/root/etc/shadow \
		/proc/1/task/1/root/etc/shadow /proc/self/root/proc/self/root/etc/shadow \
		/proc/self/root/../etc/shadow /proc/1/root/x/../../etc/shadow /proc/1/cwd/.env \
		/proc/self/fd/3/x/.env.local /dev/fd/3/c.pem
	judged block secrets action_type=read_file target=/proc/self/cwd/shadow cwd=/etc
	judged block secrets action_type=read_file target=x/../../proc/self/cwd/shadow cwd=/etc
	reads allow defaults.read env .environment x/.envx c.pem/x /etc/shadow2 ab.key a/b/c/d.key \
		.ssh
	# Where it leads, as the asker says; without a directory; with blanks around it.
	judged block secrets action_type=read_file target=/x/link real_target=/x/.env
	judged block secrets action_type=read_file target=.env
	judged block secrets action_type=read_file target=sub/.env
	judged block secrets action_type=read_file 'target= .env '
	judged allow defaults.read action_type=read_file target=env
}

@test "a rule that allows needs the path, and where it leads, below where it says" {
	serve_policy
	document '{"defaults":{"read":"pending_hitl"},"read":[
		{"id":"sources","action":"allow","path":["src/**","/usr/include/**"],
		"except":["**/secret*"]}]}'
	reads allow sources src/a src/a/b /w/p/src/a /usr/include/stdio.h
	reads ask defaults.read src a/src/b /w/src/a src/../a src/../src/a /usr/include/../x \
		src/secret src/x/secrets.c
	judged ask defaults.read action_type=read_file target=src/a cwd=/w/p
	judged ask defaults.read action_type=read_file target=src/a real_target=/w/p/src/a
	judged ask defaults.read action_type=read_file target=src/a cwd=/w/p real_target=/etc/x
	judged ask defaults.read action_type=read_file target=src/a cwd=/w/p \
		real_target=/w/other/src/a
	judged allow sources action_type=read_file target=/usr/include/a real_target=/usr/include/a
}

@test "a path below the home directory is that of whoever asks" {
	local home

	home=$(getent passwd "$EUID" | cut -d: -f6)
	[[ $home == /?* ]] || skip "no home directory"
	serve_policy
	document '{"defaults":{"read":"pending_hitl"},"read":[
		{"id":"own","action":"allow","path":["~/notes/**"],"match":["~/notes/x","/home/me/notes/x"],
		"not_match":["/home/you/notes/x","~/x"]},
		{"id":"keys","action":"deny","path":".ssh/**","except":["~/.ssh/known_hosts"]}]}'
	reads allow own "$home/notes/x" "$home/notes/a/b"
	reads ask defaults.read "$home/x" "/other$home/notes/x" /nowhere/notes/x notes/x "$home/notes/../x"
	reads block keys "$home/.ssh/id" /nowhere/.ssh/known_hosts "$home/x/.ssh/known_hosts"
	reads ask defaults.read "$home/.ssh/known_hosts"
	judged ask defaults.read action_type=read_file "target=$home/notes/x" real_target=/etc/x cwd=/
	judged ask defaults.read action_type=read_file "target=$home/notes/x" cwd=/
	run firma policy explain --policy "$POLICY" --read "$home/no-such/.." --cwd /
	assert_line 'decision  pending_hitl'
	faulty 'read[0] "x": match[0] is not matched' \
		'{"read":[{"id":"x","action":"allow","path":"~/a","match":["/home/you/a"]}]}'
}

@test "each way to write the same target is seen" {
	serve_policy
	document '{"defaults":{"read":"allow","fetch":"pending_hitl","mcp":"allow"},
		"read":[{"id":"no","action":"deny","path":["secret/**"]},
		{"id":"remembered","action":"pending_hitl","path":"kept/**","remember":true}],
		"fetch":[{"id":"docs","action":"allow","url":["https://*.example.org/**","https://xn--bcher-kva.example/**"]},
		{"id":"out","action":"deny","url":["https://*.bad.org/**"],"except":["https://ok.bad.org/**"]}],
		"mcp":[{"id":"drop","action":"deny","server":"db*","tools":["drop_*"],"except":"db:drop_cache"}]}'
	# Links: the path as sent is one, where it leads another.
	judged block no action_type=read_file target=/w/link cwd=/w real_target=/w/secret/x
	judged block no action_type=read_file target=secret/x cwd=/w real_target=/w/elsewhere
	reads block no a/../secret/x ./secret//x secret/./x /secret/../secret/x secret/../../secret/y
	reads allow defaults.read a/../x secrets/x
	# An answer that may be remembered is still asked for.
	reads ask remembered kept/x a/kept/y
	# Names of other scripts: as they are sent on the wire, and not as they look.
	fetches allow docs https://a.example.org/x https://XN--BCHER-KVA.example/ https://xn--bcher-kva.example./x
	fetches ask defaults.fetch https://xn--a-ecp.example.org/ https://xn--80ak6aa92e.example/ \
		https://xn--bcher-kva.example.org/
	fetches block fetch.url.refused 'https://bücher.example/' 'https://a。example.org/' 'https://ａ.example.org/'
	fetches block out https://x.bad.org/ https://xn--x-xka.bad.org/ https://X.BAD.ORG./
	fetches ask defaults.fetch https://ok.bad.org/
	judged block drop action_type=mcp_tool_call server=db tool=drop_table
	judged block drop action_type=mcp_tool_call server=DB2 tool=DROP_table
	judged block drop action_type=mcp_tool_call target=db:drop_x
	judged block drop action_type=mcp_tool_call server=db
	judged allow defaults.mcp action_type=mcp_tool_call server=db tool=drop_cache
	judged allow defaults.mcp action_type=mcp_tool_call server=web tool=drop_table
}

@test "a line that says which programs it runs is allowed by its commands" {
	local programs='programs:={"git":["/usr/bin/git","/usr/bin/git"],"ls":["/usr/bin/ls","/usr/bin/ls"]}'

	serve_policy
	document '{"default_action":"pending_hitl","exec":[{"id":"git","argv":["git","status","**"],"action":"allow"},
		{"id":"ls","argv":["ls","**"],"action":"allow"},{"id":"no","argv":["rm","**"],"action":"deny"}]}'
	set -- action_type=execute_command cwd=/w/p
	judged allow shell_line "$@" 'target=git status && ls' "$programs" environment:='[]'
	judged ask default_action "$@" 'target=git status && ls' "$programs"
	judged ask default_action "$@" 'target=git status && ls' environment:='[]'
	judged ask default_action "$@" 'target=git status && ls' "$programs" environment:='["BASH_ENV"]'
	judged ask default_action "$@" 'target=git status && ls *' "$programs" environment:='[]'
	for end in '\r' '\f' '\u000b'; do
		judged ask default_action "$@" target:="\"git status$end\"" "$programs" environment:='[]'
		judged ask default_action "$@" target:="\"${end}git status\"" "$programs" environment:='[]'
	done
	judged allow shell_line "$@" target:='" \n\tgit status\n "' "$programs" environment:='[]'
	judged ask default_action "$@" 'target=git status' environment:='[]' \
		'programs:={"git":["/home/me/git","/home/me/git"]}'
	judged block no "$@" 'target=git status; rm x' "$programs" environment:='[]'
}

@test "the strictest rule decides, and what no rule is about is asked about" {
	serve_policy
	document '{"read":[{"id":"all","action":"allow","path":"/**"},
		{"id":"no","action":"deny","path":"x"},
		{"id":"ask","action":"pending_hitl","path":["x","y"],"approvers":"platform"}]}'
	reads block no x
	reads ask ask y
	reads allow all z
	judged ask runtime.default.require_approval action_type=write_file target=z
	judged ask runtime.default.require_approval action_type=fetch_url target=https://x.org/
	run send <<<'{"action_type":"read_file","target":"y"}'
	assert_output -e '"severity":"medium".*"approver_group":"platform"'
}

@test "rules may be for some users, agents and directories only" {
	serve_policy
	document '{"defaults":{"read":"pending_hitl"},"read":[
		{"id":"mine","action":"allow","path":"/x","users":["'$EUID'"],"agents":["a*"]},
		{"id":"theirs","action":"deny","path":"/x","users":["4242"]}]}'
	judged allow mine action_type=read_file target=/x real_target=/x agent_id=ab
	judged ask defaults.read action_type=read_file target=/x real_target=/x agent_id=b
	judged ask defaults.read action_type=read_file target=/x real_target=/x
}

@test "writing what is run later, or may not be read, is asked about" {
	local path

	serve_policy
	document '{"defaults":{"read":"allow","write":"allow"},
		"read":[{"id":"secret","action":"deny","path":"*.key"}],
		"write":[{"id":"hook","action":"allow","path":"/w/p/.git/hooks/pre-push"},
		{"id":"ci","action":"pending_hitl","path":".github/workflows/**"},
		{"id":"seen","action":"allow","path":"/w/p/doc/**","content":"required"}]}'
	for path in .claude/settings.json .CLAUDE/x .mcp.json x/.husky/a .git/hooks/post-commit \
		.git/./hooks/x a/../.git/config /home/x/.bashrc /root/.cshrc /root/.login .envrc .vscode/tasks.json \
		/home/x/.config/systemd/user/a.service opencode.json /etc/firma/policy.json /etc/crontab \
		/etc/cron.d/x /ETC/Cron.Daily/x /etc/cron.d /var/spool/cron/crontabs/me /var/spool/cron /etc/anacrontab \
		/home/x/.local/share/systemd/user/a.timer /home/x/.config/environment.d/x.conf /home/x/.xprofile \
		/home/x/.direnvrc HEAD sub/HEAD sub/head srv/x.git/config X.GIT/hooks/pre-push; do
		judged ask write.guarded action_type=write_file "target=$path" cwd=/w/p
	done
	judged ask write.guarded action_type=write_file target=x real_target=/home/x/.ssh/authorized_keys
	judged allow defaults.write action_type=write_file target=crontab cwd=/w/p
	for path in HEAD.md sub/AHEAD HEAD/x x.git x.gitignore/a sub/config; do
		judged allow defaults.write action_type=write_file "target=$path" cwd=/w/p
	done
	judged allow defaults.write action_type=write_file target=/w/etc/cron.d/x
	judged allow defaults.write action_type=write_file target=spool/cron.md cwd=/w/p
	judged allow hook action_type=write_file target=.git/hooks/pre-push cwd=/w/p \
		real_target=/w/p/.git/hooks/pre-push
	judged ask write.unreadable action_type=write_file target=a.key
	judged ask ci action_type=write_file target=.github/workflows/x.yml
	judged allow defaults.write action_type=write_file target=README.md
	judged block seen action_type=write_file target=doc/x cwd=/w/p real_target=/w/p/doc/x
	judged allow seen action_type=write_file target=doc/x cwd=/w/p real_target=/w/p/doc/x content=
	judged allow seen action_type=write_file target=doc/x cwd=/w/p real_target=/w/p/doc/x \
		old_text=a new_text=b
}

@test "a command that names what is run later, or may not be read, is asked about" {
	serve_policy
	document '{"default_action":"allow","read":[{"id":"secret","action":"deny","path":"*.key"}],
		"exec":[{"id":"all","action":"allow","argv":[["cp","git","cat"],"**"]}]}'
	for_command allow all /usr/bin/cp a b
	for_command allow all /usr/bin/git status
	for_command allow all /usr/bin/git log config
	for_command pending_hitl commands.operand.require_approval /usr/bin/cp a .git/hooks/pre-push
	for_command pending_hitl commands.operand.require_approval /usr/bin/cp a --target=/x/.bashrc
	for_command pending_hitl commands.operand.require_approval /usr/bin/git config core.pager x
	for_command pending_hitl commands.operand.require_approval /usr/bin/git -C x config a b
	for_command pending_hitl commands.operand.require_approval /usr/bin/cat x/a.key
	for_command pending_hitl commands.operand.require_approval /usr/bin/cp job /etc/cron.d
	for_command pending_hitl commands.operand.require_approval /usr/bin/cp crontab /etc
	check_decisions
	judged ask commands.operand.require_approval action_type=execute_command \
		'target=cp a .mcp.json'
	judged ask commands.operand.require_approval action_type=execute_command \
		'target=ls && cat a.key'
	judged allow default_action action_type=execute_command 'target=ls && cp a b'
}

@test "a file is seen in any part of a word that a program may read as its name" {
	local asked=commands.operand.require_approval word

	serve_policy
	document '{"default_action":"allow","read":[{"id":"secret","action":"deny","path":"**/.env"}],
		"exec":[{"id":"all","action":"allow","argv":[["curl","cp","tee"],"**"]}]}'
	for word in .env @.env -d@.env -T.env HEAD:.env x@.env: -F=.env -xvT.env a=@.env \
		'f=@.env;type=text/plain' type=bind,source=/x/.env,target=/y --form=a=@.env \
		:::::::::::@.env; do
		for_command pending_hitl "$asked" /usr/bin/curl "$word" h
	done
	for word in -t.ssh -rt.ssh -a.git/hooks/x --target-directory=.ssh host:.ssh/authorized_keys \
		/root/.ssh:/x; do
		for_command pending_hitl "$asked" /usr/bin/cp "$word" x
	done
	for word in env -denv HEAD:env 'see: .env' a@b.org -xvf - -- -: 'x=,;'; do
		for_command allow all /usr/bin/curl "$word"
	done
	check_decisions
}

@test "every rule that can protect a file is applied to the words of a command" {
	local asked=commands.operand.require_approval allow
	local cat='executable=/usr/bin/cat cwd=/srv/p'

	serve_policy
	allow='"exec":[{"id":"all","action":"allow","argv":["cat","**"]}]'
	# Rules about one file, about all files below a directory, and about any file.
	document "{$allow,\"read\":[{\"id\":\"r\",\"path\":\"/srv/p/x.c\",\"action\":\"pending_hitl\"}]}"
	# shellcheck disable=SC2086 # words
	{
		decides pending_hitl "$asked" $cat args:='["x.c"]'
		decides pending_hitl "$asked" $cat args:='["/proc/self/cwd/x.c"]'
		decides pending_hitl "$asked" $cat args:='["/proc/1/root/srv/p/x.c"]'
		decides pending_hitl "$asked" $cat args:='[" x.c "]'
		decides pending_hitl "$asked" $cat args:='["../p/./x.c"]'
		decides allow all $cat args:='["x.h"]'
		document "{$allow,\"write\":[{\"id\":\"w\",\"path\":\"/srv/**\",\"action\":\"pending_hitl\"}]}"
		decides pending_hitl "$asked" $cat args:='["x.c"]'
		decides allow all $cat args:='["/etc/x.c"]'
		document "{$allow,\"read\":[{\"id\":\"any\",\"path\":\"*\",\"action\":\"deny\"}]}"
		decides pending_hitl "$asked" $cat args:='["x.c"]'
	}
	check_decisions
}

@test "an exception of a rule about files holds for a command that names just that file" {
	local asked=commands.operand.require_approval

	serve_policy
	document '{"default_action":"allow","read":[{"id":"secret","action":"deny","path":["*.env",".env.*"],
		"except":["/**/process.env","/**/.env.example"]}],
		"exec":[{"id":"all","action":"allow","argv":[["cp","grep","cat"],"**"]}]}'
	decides allow all executable=/usr/bin/grep args:='["process.env","x.js"]' cwd=/w/p
	decides allow all executable=/usr/bin/cat args:='[".env.example"]' cwd=/w/p
	decides allow all executable=/usr/bin/cat args:='["/w/p/.env.example"]'
	decides pending_hitl "$asked" executable=/usr/bin/cat args:='[".env.example"]'
	decides pending_hitl "$asked" executable=/usr/bin/cat args:='["../.env.example"]' cwd=/w/p
	decides pending_hitl "$asked" executable=/usr/bin/cat args:='[".env.example",".env.x"]' cwd=/w/p
	decides pending_hitl "$asked" executable=/usr/bin/cat args:='["x.env"]' cwd=/w/p
	decides pending_hitl "$asked" executable=/usr/bin/cat args:='["process.env/.env"]' cwd=/w/p
	check_decisions
	judged block secret action_type=read_file target=.env.example cwd=/w/p
	judged block secret action_type=read_file target=.env.example cwd=/w/p real_target=/w/p/.env.x
}

@test "a guarded file is seen through its directory, and however its path is written" {
	local asked=commands.operand.require_approval path

	serve_policy
	document '{"default_action":"allow","defaults":{"write":"allow"},
		"exec":[{"id":"all","action":"allow","argv":[["curl","cp","tee"],"**"]}]}'
	for path in /root/.ssh .claude .CLAUDE/ .cursor .husky /etc/firma /var/lib/firma .git \
		.git//hooks/x .git/./hooks/x .git/x/../hooks/p .git/modules/m/hooks/pre-commit \
		.git/worktrees/x/commondir a/../.config//fish; do
		for_command pending_hitl "$asked" /usr/bin/cp -r x "$path"
		for_command pending_hitl "$asked" /usr/bin/cp "--target-directory=$path" x
	done
	decides pending_hitl "$asked" executable=/usr/bin/tee 'args:=["authorized_keys"]' cwd=/root/.ssh
	decides pending_hitl "$asked" executable=/usr/bin/tee 'args:=["hooks/x"]' cwd=/w/.git
	decides pending_hitl "$asked" executable=/usr/bin/tee 'args:=["../.bashrc"]' cwd=/root/x
	decides allow all executable=/usr/bin/tee 'args:=["../.ssh.txt"]' cwd=/root/x
	for path in .github .gitignore x.git a.claude .sshx /etc/firma2 ssh; do
		for_command allow all /usr/bin/cp x "$path"
	done
	# The file and its new directory are two words.
	for_command pending_hitl "$asked" /usr/bin/cp x/tasks.json .vscode
	for_command pending_hitl "$asked" /usr/bin/cp -r --target-directory=/w/.GITHUB hooks
	for_command pending_hitl "$asked" /usr/bin/cp -r fish /root/.config/
	for_command pending_hitl "$asked" /usr/bin/cp -t /usr/local/bin ./firma
	for_command pending_hitl "$asked" /usr/bin/cp profile.d /etc
	decides pending_hitl "$asked" executable=/usr/bin/cp 'args:=["../x/tasks.json","."]' cwd=/w/.vscode
	for_command allow all /usr/bin/cp settings.json .vscode
	for_command allow all /usr/bin/cp x/tasks.json /w/vscode
	for_command allow all /usr/bin/cp profile.d /srv/etc
	check_decisions
	judged ask "$asked" action_type=execute_command \
		'target=cd /root/.ssh && tee authorized_keys' cwd=/w/p
	for path in .claude /srv/a/.git/modules/m/hooks/pre-commit .git /srv/a/.git/worktrees/b/gitdir; do
		judged ask write.guarded action_type=write_file "target=$path" cwd=/w/p
	done
	judged allow defaults.write action_type=write_file target=.github/x cwd=/w/p
}

@test "a guarded file is guarded without a policy, whatever the default action is" {
	local asked=commands.operand.require_approval

	start_daemon --default-action allow
	for_command pending_hitl "$asked" /usr/bin/tee .git/hooks/pre-push
	for_command pending_hitl "$asked" /usr/bin/cp x /root/.ssh
	for_command pending_hitl "$asked" /usr/bin/git config core.hooksPath x
	for_command pending_hitl "$asked" /usr/bin/sh -c 'echo x >>.claude/settings.json'
	for_command pending_hitl "$asked" /usr/bin/env cp x .husky
	for_command allow default_action /usr/bin/tee x
	for_command allow default_action /usr/bin/git status
	for_command allow default_action /usr/bin/sh -c "echo \$(x)"
	check_decisions
	judged ask "$asked" action_type=execute_command 'target=cp x .git/hooks/y' cwd=/w/p
	judged allow default_action action_type=execute_command 'target=cp x y' cwd=/w/p
	judged ask runtime.default.require_approval action_type=write_file target=.git/hooks/y cwd=/w/p
	judged ask runtime.default.require_approval action_type=write_file target=x cwd=/w/p
	stop_daemon

	start_daemon --default-action pending_hitl
	for_command pending_hitl "$asked" /usr/bin/tee .git/hooks/pre-push
	for_command pending_hitl default_action /usr/bin/tee x
	check_decisions
	stop_daemon

	start_daemon --default-action deny
	for_command deny default_action /usr/bin/tee .git/hooks/pre-push
	check_decisions
}

@test "every place in which a hook of an agent is installed is guarded" {
	local path n=0

	serve_policy
	document '{"defaults":{"write":"allow"}}'
	while read -r path; do
		n=$((n + 1))
		[[ $path != etc/* ]] || path=/$path
		judged ask write.guarded action_type=write_file "target=$path" cwd=/home/me
		judged ask write.guarded action_type=write_file "target=${path^^}" cwd=/home/me
		[[ $path == /* ]] || judged ask write.guarded action_type=write_file "target=/w/p/$path"
	done < <(sed -n 's/^		\.path = "\(.*\)",$/\1/p' "$BATS_TEST_DIRNAME/../src/cli/hook-places.c")
	((n >= 20))
}

@test "a URL is matched part by part, and one that programs read in two ways is refused" {
	serve_policy
	document '{"defaults":{"fetch":"pending_hitl"},"fetch":[
		{"id":"docs","action":"allow","url":["https://*.debian.org/**","https://x.org/a/*",
		"http://[::1]:8080/**"]},
		{"id":"bad","action":"deny","url":["*://*.evil.com/**","https://*/admin/**"]}]}'
	fetches allow docs https://www.debian.org/ https://www.debian.org https://a.b.debian.org/x?y=z \
		HTTPS://WWW.DEBIAN.ORG/x https://www.debian.org:443/x https://www.debian.org./x \
		https://x.org/a/b 'https://x.org/a/b#c' 'http://[::1]:8080/x'
	fetches ask defaults.fetch http://www.debian.org/ https://debian.org/ \
		https://www.debian.org:8443/ https://www.debian.org.x.org/ \
		https://x.org/www.debian.org/ https://x.org/a https://x.org/a/b/c https://x.org/a/../b \
		https://x.org/a//b https://xn--tda.debian.org/ 'http://[::1]/x' \
		'https://x.org?.debian.org/'
	fetches block bad https://a.evil.com/x http://a.evil.com:99/ https://x.org/admin/x \
		https://x.org/b/../admin/x https://x.org//admin/x https://x.org/%61dmin/x \
		HTTPS://X.ORG/admin/x
	fetches block fetch.url.refused https://www.debian.org@evil.com/ https://u:p@www.debian.org/ \
		'https://www.debian.org\@evil.com/' 'https://www.debian.org/a b' \
		https://www.debian.org/%2e%2e/x https://www.debian.org/a%2fb https://2130706433/ \
		https://0x7f.1/ https://127.1/ https://010.0.0.1/ https://127.0.0.256/ https:///x \
		www.debian.org '' 'https://www.debian.org%2eevil.com/' $'https://www.debian.org/\t' \
		https://www..debian.org/ 'https://[::1/' https://www.debian.org:x/ 'https://dеbian.org/'
	fetches ask defaults.fetch https://127.0.0.1/
}

@test "a host with letters outside of ASCII is compared as the DNS has it" {
	serve_policy
	document '{"defaults":{"fetch":"pending_hitl"},"fetch":[
		{"id":"own","action":"allow","url":["https://*.xn--bcher-kva.example/**","https://xn--tda.*/**",
		"https://a.*.xn--n3h.org/**"],"match":["https://a.xn--bcher-kva.example/"]},
		{"id":"fake","action":"deny","url":["*://*xn--80ak6aa92e.com/**","*://xn--*.bank/**"]},
		{"id":"all","action":"deny","url":"*://**.shop/**","except":"https://*.my.shop/**"}]}'
	fetches allow own https://a.xn--bcher-kva.example/x HTTPS://A.XN--BCHER-KVA.EXAMPLE/ https://xn--tda.org/ \
		https://a.b.xn--n3h.org/
	# No wildcard of a rule that allows stands for such a label.
	fetches ask defaults.fetch https://xn--80ak6aa92e.xn--bcher-kva.example/ https://xn--tda.xn--n3h/ \
		https://a.xn--tda.xn--n3h.org/ https://xn--tda-xn--bcher-kva.example/
	fetches block fake https://xn--80ak6aa92e.com/ http://a.xn--80ak6aa92e.com:99/x https://XN--80AK6AA92E.com./ \
		https://xn--tda.bank/
	fetches block all https://xn--tda.my.shop/ https://x.shop/
	fetches ask defaults.fetch https://a.my.shop/
	# Such letters as they are, and labels that stand for nothing, or for ASCII.
	fetches block fetch.url.refused https://bücher.example/ https://a.BÜCHER.example/ https://аррӏе.com/ \
		https://a。xn--n3h.org/ https://xn--/ https://xn--debian-.org/ https://xn---.org/ \
		https://www.xn--99999999.org/ https://a.b.xn--N3H-.org/
	judged block fetch.url.refused action_type=fetch_url "target=https://ex"$'\u00ad'"ample.org/"
	for url in 'https://*.bücher.example/**' https://bücher.example/ 'https://b*ücher/'; do
		faulty "fetch[0] \"x\": url has a host with letters outside of ASCII: write them as 'xn--...'" \
			"{\"fetch\":[{\"id\":\"x\",\"action\":\"deny\",\"url\":\"$url\"}]}"
	done
	faulty "fetch[0] \"x\": url has a part 'xn--...' in its host that stands for nothing" \
		'{"fetch":[{"id":"x","action":"deny","url":"https://*.xn--debian-.org/"}]}'
	faulty "fetch[0] \"x\": url has a host with other characters than a-z, 0-9, '-' and '.'" \
		'{"fetch":[{"id":"x","action":"deny","url":"https://*.a!b/"}]}'
}

@test "an address of IPv6 is one address, however it is spelled" {
	serve_policy
	document '{"defaults":{"fetch":"pending_hitl"},"fetch":[
		{"id":"docs","action":"allow","url":["http://[2001:DB8:0:0::1]/**","http://10.1.2.3/**"]},
		{"id":"local","action":"deny","url":["*://[fe80:*]/**","*://[::1]/**","*://169.254.*/**"]}]}'
	fetches allow docs 'http://[2001:db8::1]/' 'http://[2001:0db8:0000::0001]/x' \
		'http://[2001:db8::0.0.0.1]/x' 'http://[::ffff:10.1.2.3]/' 'http://[::FFFF:a01:203]/'
	fetches block local 'http://[::1]/' 'http://[0:0:0:0:0:0:0:1]:99/x' 'http://[::0001]/x' \
		'http://[fe80::1]/' 'http://[FE80:0::1]/' 'http://[::ffff:169.254.169.254]/' \
		'http://[::ffff:a9fe:a9fe]/' 'http://[0:0:0:0:0:ffff:169.254.169.254]/'
	fetches ask defaults.fetch 'http://[2001:db8::1:1]/' 'http://[fd00::1]/' 'http://[::a01:203]/'
	fetches block fetch.url.refused 'http://[:::1]/' 'http://[1]/' 'http://[1.2.3.4]/' 'http://[]/' \
		'http://[fe80::1%25eth0]/' 'http://[::1]x/' 'http://[*]/' 'http://[fe80:*]/' 'http://[::12345]/' \
		'http://[1:2:3:4:5:6:7:8:9]/' "http://[$(printf '0%.0s' {1..80}):1]/"
	faulty 'fetch[0] "x": url has no address of IPv6 in its brackets' \
		'{"fetch":[{"id":"x","action":"deny","url":"http://[x*]/"}]}'
}

@test "a branch is compared by its whole name, and a push that could be to any is denied" {
	serve_policy
	document '{"defaults":{"git":"pending_hitl"},"git":[
		{"id":"protected","action":"deny","branch":["main","release/*"],
		"operation":["push","force_push"]},
		{"id":"own","action":"allow","branch":"agent/*","operation":["push","fetch"]}]}'
	git_case() {
		judged "$1" "$2" action_type=git_operation "operation=$3" "target=$4"
	}
	git_case block protected push main
	git_case block protected push origin/main
	git_case block protected push HEAD:refs/heads/main
	git_case block protected push release/1
	git_case block protected force_push +x:release/1
	git_case block protected push HEAD
	git_case block protected push 'refs/heads/*'
	git_case block protected push 'main x'
	judged block protected action_type=git_operation target=main
	git_case ask defaults.git fetch main
	git_case ask defaults.git push domain
	git_case allow own push agent/x
	git_case allow own push refs/heads/agent/x
	git_case ask defaults.git push x/agent/y
	# Whatever the case of the operation is, blanks around it, and how else a branch is written.
	git_case block protected Push main
	git_case block protected 'push ' main
	git_case block protected push heads/release/1
	git_case block protected push HEAD:heads/release/1
	git_case block protected push :
	git_case block protected push +:
	git_case ask defaults.git push heads/agent/x
	git_case ask defaults.git force_push agent/x
}

# pushes DECISION RULE COMMAND...: as lines of shell.
pushes() {
	local line

	for line in "${@:3}"; do
		judged "$1" "$2" action_type=execute_command "target=$line"
	done
}

@test "a command that pushes is judged by the branches that it may push to" {
	serve_policy
	document '{"default_action":"allow","exec":[
		{"id":"no-deploy","action":"deny","argv":["deploy","**"]}],
		"git":[{"id":"protected","action":"deny","branch":["main","release/*"]}]}'
	pushes block protected 'git push origin main' 'git push origin HEAD:heads/release/1' \
		'git push origin :' 'git push origin +:' 'git push --all origin' 'git push --al origin' \
		'git send-pack ../bare main' 'env git push origin main'
	# They don't say where they push to; or what they run can't be seen.
	pushes ask commands.operand.require_approval 'git push' 'git push origin' \
		'git push -o x origin' 'git push --receive-pack git-receive-pack origin' \
		'git push --push-op x origin'
	pushes ask hidden_command 'git -c alias.p=push p origin main' \
		'git -c core.fsmonitor=/tmp/x status' 'git -c core.hooksPath=/tmp commit' \
		'git -c core.editor=/tmp/x commit' 'git -c include.path=/tmp/x status'
	pushes allow default_action 'git push origin work' 'git status' 'git -c user.name=x status'
}

@test "a tool is allowed by its server and its name" {
	serve_policy
	document '{"defaults":{"mcp":"deny"},"mcp":[
		{"id":"tickets","action":"allow","server":"tickets","tools":["get_*","list_*"],
		"except":"tickets:get_secret","match":["tickets:get_x"],"not_match":["x:get_x"]},
		{"id":"ask","action":"pending_hitl","server":"tick*","tools":"close"}]}'
	mcp() {
		judged "$1" "$2" action_type=mcp_tool_call "target=$3"
	}
	mcp allow tickets tickets:get_x
	mcp block defaults.mcp tickets:get_secret
	mcp block defaults.mcp tickets:delete
	mcp block defaults.mcp other:get_x
	mcp ask ask tickets
	mcp ask ask tickets:close
	mcp ask ask tick2:close
	judged allow tickets action_type=mcp_tool_call server=tickets tool=list_all
	document '{"defaults":{"mcp":"allow"},"mcp":[{"id":"evil","action":"deny","server":"evil"},
		{"id":"drop","action":"deny","server":"*","tools":"drop*"}]}'
	judged block evil action_type=mcp_tool_call server=EVIL tool=x
	judged block evil action_type=mcp_tool_call 'server=evil ' tool=x
	judged block drop action_type=mcp_tool_call server=db tool=Drop_All
	judged allow defaults.mcp action_type=mcp_tool_call server=db tool=get
}

@test "a pack beside a policy is judged as well, and the strictest decides" {
	serve_policy --policy-pack cavra-ai-agent-baseline \
		--pack-dir "$BATS_TEST_DIRNAME/../policies/packs"
	document '{"metadata":{"id":"own"},"defaults":{"read":"allow"},
		"read":[{"id":"x","action":"deny","path":"x"}]}'
	reads block x x
	reads block filesystem.read.block .env
	reads allow defaults.read y
	judged ask runtime.default.require_approval action_type=git_operation operation=fetch target=x
}

@test "status shows the packs, and how far the word of an asker goes" {
	serve_policy --policy-pack cavra-ai-agent-baseline,cavra-cloud-iam --packs-by-asker \
		--pack-dir "$BATS_TEST_DIRNAME/../policies/packs" --release-approvals claimed
	run firma status
	assert_status 0
	assert_line -e '^policy pack +cavra-ai-agent-baseline$'
	assert_line -e '^policy pack +cavra-cloud-iam$'
	assert_line -e '^packs +the asker chooses'
	assert_line -e '^releases +approved by what their records claim$'
}

# faulty FAULT POLICY: policy check says this.
faulty() {
	echo "$2" >"$POLICY"
	run firma policy check "$POLICY"
	assert_status 1
	assert_line "$POLICY: $1"
}

# pack NAME ID: a pack whose rule with that ID denies this program.
pack() {
	printf '{"metadata":{"id":"%s"},"default_action":"allow","exec":[{"id":"%s","argv":["%s","**"],"action":"deny"}]}\n' "$1" "$2" "$3" \
		>"$TMP/packs/$1.json.new"
	mv "$TMP/packs/$1.json.new" "$TMP/packs/$1.json"
}

@test "a policy names packs that are in force beside it, and may name others" {
	mkdir "$TMP/packs"
	pack one no-rm rm
	pack two no-cp cp
	pack three no-mv mv
	write_policy '{"default_action":"allow","packs":["one"]}'
	start_daemon --policy "$POLICY" --pack-dir "$TMP/packs" --policy-pack three
	for_command deny no-rm /usr/bin/rm x
	for_command deny no-mv /usr/bin/mv x y
	for_command allow default_action /usr/bin/cp x y
	document '{"default_action":"allow","packs":["two","three"]}'
	for_command allow default_action /usr/bin/rm x
	for_command deny no-mv /usr/bin/mv x y
	for_command deny no-cp /usr/bin/cp x y
	check_decisions
	judged block no-cp action_type=execute_command 'target=cp x y' policy_pack=two
	judged block policy_pack.unknown action_type=execute_command 'target=cp x y' policy_pack=one
	run firma status
	assert_equal "$(grep -c '^policy pack *three$' <<<"$output")" 1
	assert_line -e '^policy pack +two$'
	refute_line -e '^policy pack +one$'

	run firma policy explain --policy "$POLICY" -- ls
	assert_output -p 'firma: the packs that the policy names are left out'

	# A pack is watched as the policy is, and the policy may name none.
	pack two no-ls ls
	for_command deny no-ls /usr/bin/ls
	for_command allow default_action /usr/bin/cp x y
	document '{"default_action":"allow","packs":[]}'
	for_command allow default_action /usr/bin/ls
	for_command deny no-mv /usr/bin/mv x y
	check_decisions
}

@test "a pack that a policy names is in force, whatever pack the asker chooses" {
	local chosen

	mkdir "$TMP/packs"
	pack one no-rm rm
	pack two no-cp cp
	write_policy '{"metadata":{"id":"own"},"default_action":"allow","packs":["one"]}'
	start_daemon --policy "$POLICY" --pack-dir "$TMP/packs" --policy-pack two --packs-by-asker
	for_command deny no-rm /usr/bin/rm x
	for_command allow default_action /usr/bin/cp x y
	check_decisions
	for chosen in '' policy_pack=own policy_pack=one policy_pack=two; do
		judged block no-rm action_type=execute_command 'target=rm x' \
			${chosen:+"$chosen"}
	done
	judged allow default_action action_type=execute_command 'target=cp x y'
	judged block no-cp action_type=execute_command 'target=cp x y' policy_pack=two
}

@test "a pack that a policy names, but that can't be read, closes the daemon" {
	mkdir "$TMP/packs"
	pack one no-rm rm
	write_policy '{"default_action":"allow","packs":["one","gone"]}'
	start_daemon --policy "$POLICY" --pack-dir "$TMP/packs"
	run ask executable=/usr/bin/ls
	assert_decision deny -p "closed: $TMP/packs/gone.json: "
	pack gone no-cp cp
	for_command deny no-cp /usr/bin/cp x y
	for_command allow default_action /usr/bin/ls
	check_decisions

	# A pack names none itself.
	echo '{"packs":["one"]}' >"$TMP/packs/more.json"
	write_policy '{"default_action":"allow","packs":["more"]}'
	run ask executable=/usr/bin/ls
	assert_decision deny -p "closed: $TMP/packs/more.json: packs: belongs to the policy, not to a pack"
	write_policy '{"default_action":"allow","packs":["gone"]}'
	for_command deny no-cp /usr/bin/cp x y
	check_decisions

	# A policy with a fault is not in force, and neither are its packs.
	write_policy '{"default_action":"allow","packs":["../one"]}'
	for_command deny no-cp /usr/bin/cp x y
	check_decisions
	run firma policy check "$POLICY"
	assert_status 1
	assert_line "$POLICY: packs[0]: must be the name of a policy pack"
	for_packs 'packs[1]: is named twice' '["a","a"]'
	for_packs 'packs[0]: must be the name of a policy pack' '["all/x"]'
	for_packs 'packs[0]: must be the name of a policy pack' '[7]'
	for_packs 'packs: must be an array' '"one"'
}

# for_packs FAULT VALUE
for_packs() {
	echo "{\"packs\":$2}" >"$POLICY"
	run firma policy check "$POLICY"
	assert_status 1
	assert_output -p "$1"
}

@test "policy check says what is wrong with such a rule" {
	faulty 'read[0] "x": path is missing' '{"read":[{"id":"x","action":"deny"}]}'
	faulty "read[0] \"x\": unknown key 'argv'" \
		'{"read":[{"id":"x","action":"deny","path":"a","argv":["x"]}]}'
	faulty "exec[0] \"x\": unknown key 'path'" \
		'{"exec":[{"id":"x","action":"deny","path":"a","argv":["x"]}]}'
	faulty "read[0] \"x\": severity must be 'low', 'medium', 'high' or 'critical'" \
		'{"read":[{"id":"x","action":"deny","path":"a","severity":"bad"}]}'
	faulty 'read[0] "x": match[0] is not matched' \
		'{"read":[{"id":"x","action":"deny","path":"a","match":["b"]}]}'
	faulty 'read[1]: has the id of read[0]' \
		'{"read":[{"id":"x","action":"deny","path":"a"},{"id":"x","action":"deny","path":"b"}]}'
	faulty 'fetch[0] "x": url has no scheme and host' \
		'{"fetch":[{"id":"x","action":"deny","url":"a"}]}'
	faulty "defaults: unknown key 'exec'" '{"defaults":{"exec":"allow"}}'
	faulty 'git[0] "x": branch or operation is missing' '{"git":[{"id":"x","action":"deny"}]}'
}

# write_registry STATE [TOOL]: one server, in one go; what is in the directory is all that changes.
write_registry() {
	printf '{"mcp_servers":[{"server_id":"db","trust_tier":"approved","approval_state":"%s","capabilities":["rows"],"allowed_tools":["%s"]}]}\n' \
		"$1" "${2-look}" >"$REGISTRY.new"
	mv "$REGISTRY.new" "$REGISTRY"
}

@test "a registry that changes is in force for the next request, without a signal" {
	local tool=(action_type=mcp_tool_call server=db tool=look capability=rows)

	REGISTRY=$TMP/policy/registry.json
	write_registry approved
	write_policy '{"defaults":{"mcp":"allow"}}'
	serve_policy --registry "$REGISTRY"
	# Long after it was written, it is read again because it has changed, and for nothing else.
	move_clock 10
	judged allow mcp.registry.allow "${tool[@]}"
	write_registry revoked
	judged block mcp.registry.blocked "${tool[@]}"
	write_registry approved
	judged allow mcp.registry.allow "${tool[@]}"
	write_registry approved drop
	judged ask mcp.registry.tool_scope "${tool[@]}"
	# Another directory in its place, with a file of its own.
	mkdir "$TMP/other"
	cp "$POLICY" "$TMP/other"
	REGISTRY=$TMP/other/registry.json write_registry approved
	mv "$TMP/policy" "$TMP/before"
	mv "$TMP/other" "$TMP/policy"
	judged allow mcp.registry.allow "${tool[@]}"
}
