#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
#
# `firma run`: what is executed is what was asked about, whatever becomes of the file meanwhile; what
# the command finds (its environment, standard input, terminal, signals) and how it all ends.
#
# What is set here may be for the library, as what is read may be the library's:
# shellcheck disable=SC2030,SC2031,SC2034,SC2153,SC2154
# Scripts of the tests are theirs to expand, and names of variables are in variables:
# shellcheck disable=SC2016,SC2054,SC2163

load run

# asked KEY: of the one token on record.
asked() {
	operate show token_id="$(listed token_id)" | head -n 1 | "$UNIT" get "$1"
}

sha256() {
	sha256sum "$1" | cut -d ' ' -f 1
}

# --- how it goes ----------------------------------------------------------------------------------

@test "an allowed command gets its arguments, standard input and directory, and nothing is said" {
	start_daemon --default-action allow
	run --separate-stderr firma run -- sh -c 'cat; printf "<%s>" "$@"; pwd' sh 'a  b' '' $'c\n' \
		<<<"from standard input"
	assert_status 0
	assert_output "from standard input
<a  b><><c
>$TMP/dir"
	refute_stderr
}

@test "the command has the name that was typed, the process, and no further descriptor" {
	start_daemon --default-action allow
	program copied
	firma run ./copied /proc/self/cmdline >"$TMP/line"
	printf '%s\0' ./copied /proc/self/cmdline | cmp - "$TMP/line"
	begins it -- sh -c 'echo $$'
	TOKEN=${BACKGROUND[it]}
	finish it
	assert_output "$TOKEN"
	cp "$(type -P ls)" list
	chmod 775 list
	# Those that the test was started with go on to both.
	./list /proc/self/fd >"$TMP/before"
	firma run ./list /proc/self/fd | diff "$TMP/before" -
}

@test "the exit status is the command's own" {
	local n

	start_daemon --default-action allow
	for n in 0 1 2 3 75 124 255; do
		runs -- sh -c "exit $n"
		assert_status "$n"
		refute_stderr
	done
	runs -- sh -c 'kill -TERM $$'
	assert_status 143
}

@test "denied, undecided, or not understood is 125, with a sentence, and nothing runs" {
	script it 'touch ran'
	runs -- ./it
	assert_status 125
	refute_output
	assert_stderr -e '^firma: could not decide: '
	start_daemon --default-action deny
	runs -- ./it
	assert_status 125
	refute_output
	assert_stderr 'firma: denied: denied by the default action'
	runs -q -- ./it
	assert_status 125
	refute_output
	refute_stderr
	runs -- ./it $'\xff'
	assert_status 125
	assert_stderr -p "argument 1 is not UTF-8"
	runs --nonsense -- ./it
	assert_status 125
	assert_stderr -p "see 'firma run --help'"
	runs
	assert_status 125
	assert_stderr "firma: the command is missing (see 'firma run --help')"
	runs --wait 1s --no-wait -- ./it
	assert_status 125
	assert_stderr "firma: --wait excludes --no-wait (see 'firma run --help')"
	runs --help
	assert_status 0
	assert_output -p 'Usage: firma run [OPTION...] [--] COMMAND [ARG...]'
	[[ ! -e ran ]]
}

@test "a command that isn't there is 127, and one that can't be executed is 126, unasked" {
	start_daemon --default-action allow
	# Without directories that this user may not read, as root's own.
	PATH=/usr/bin:/bin missing nonesuch
	assert_stderr 'firma: nonesuch: command not found'
	missing ./nonesuch
	assert_stderr 'firma: ./nonesuch: No such file or directory'
	missing ''
	echo 'touch ran' >text
	runs ./text
	assert_status 126
	assert_stderr 'firma: ./text: Permission denied'
	runs /
	assert_status 126
	refute_log -p allow
	chmod +x text
	runs ./text
	assert_status 126
	assert_stderr "firma: $TMP/dir/text: neither a program nor a script that begins with '#!'"
	[[ ! -e ran ]]
	printf '#!/nonesuch\n' >text
	missing ./text
	assert_stderr "firma: $TMP/dir/text: its interpreter is not there"
	printf '#!bin/sh\n' >text
	runs ./text
	assert_status 126
	assert_stderr "firma: $TMP/dir/text: its interpreter is not an absolute path"
	printf '#!/etc/passwd\n' >text
	runs ./text
	assert_status 126
	assert_stderr "firma: /etc/passwd: Permission denied"
	printf '#!%s\n' "$TMP/dir/text" >text
	runs ./text
	assert_status 126
	assert_stderr "firma: $TMP/dir/text: its interpreter is a script of a script of a script"
	[[ ! -e ran ]]
}

# --- waiting --------------------------------------------------------------------------------------

@test "it waits until somebody has decided, and prints nothing on standard output itself" {
	start_asking
	waits it -- echo fine
	assert_equal "$(<"$TMP/it.out")" begun
	[[ $(<"$TMP/it.err") =~ ^"firma: pending: ".*"$TOKEN".*"; waiting"$ ]]
	approve
	finish it
	assert_status 0
	assert_line -n 0 fine
	assert_state "$TOKEN" consumed
	waits it -- echo fine
	must "$OK" operate revoke token_id="$TOKEN" reason=no
	finish it
	assert_status 125
	refute_line fine
	assert_line -n -1 'firma: denied: refused by an operator: no'
}

@test "with --wait it waits so long, and with --no-wait not at all; --token goes on" {
	start_asking
	waits it --wait 10s -- echo fine
	move_clock 11
	finish it
	assert_status 125
	assert_line -n -1 "firma: still pending: ask again with --token $TOKEN"
	approve
	runs --token "$TOKEN" -- echo fine
	assert_status 0
	assert_output fine
	runs --token "$TOKEN" -- echo fine
	assert_status 125
	refute_output
	assert_stderr 'firma: denied: approval token already consumed'
	runs --no-wait -- echo fine
	assert_status 125
	refute_output
	TOKEN=$(listed token_id state=pending)
	assert_stderr -e "^firma: pending: .*$TOKEN.*, then ask again with --token $TOKEN\$"
}

@test "a wait that is interrupted runs nothing, leaves the token pending and says how to go on" {
	local signal

	start_asking
	script it 'touch ran'
	for signal in INT:130 TERM:143 HUP:129; do
		VIA=(env --default-signal="${signal%:*}")
		waits it -- ./it
		kill "-${signal%:*}" "${BACKGROUND[it]}"
		finish it
		assert_status "${signal#*:}"
		assert_line -n -1 \
			"firma: interrupted: the request waits on; ask again with --token $TOKEN"
		until_has waiting 0
		approve
		[[ ! -e ran ]]
		runs --token "$TOKEN" -- ./it
		assert_status 0
		[[ -e ran ]]
		rm ran
	done
}

# --- the file that is executed --------------------------------------------------------------------

@test "the hash that is approved is that of what is executed" {
	start_asking
	program it
	waits it -- ./it /proc/self/exe
	assert_equal "$(asked executable_sha256)" "$(sha256 it)"
	assert_equal "$(asked executable)" "$TMP/dir/it"
	cp "$(type -P true)" it
	approve
	finish it
	assert_status 0
	tail -n +2 "$TMP/it.out" | cmp - "$(type -P cat)"
}

@test "a file that is renamed over, rewritten in place, or linked elsewhere is not what runs" {
	local kind how

	start_asking
	for kind in script program; do
		for how in rename rewrite remove link; do
			rm -rf "$TMP/dir"/*
			if [[ $kind == script ]]; then
				script real 'echo approved'
			else
				program real
			fi
			echo approved >text
			ln -s real it
			waits it -- ./it text
			script other 'echo EVIL'
			case $how in
			rename) mv other real ;;
			rewrite) cat other >real ;;
			remove) rm real ;;
			link) ln -sf other it ;;
			esac
			approve
			finish it
			assert_status 0
			assert_line -n 0 approved
			refute_line EVIL
		done
	done
}

@test "an interpreter that is replaced after the question is not what runs the script" {
	local how

	start_asking
	for how in rename rewrite link; do
		rm -rf "$TMP/dir"/*
		mkdir bin
		cp "$(type -P bash)" bin/real
		ln -s real bin/sh
		printf '#!%s\necho approved "$@"\n' "$TMP/dir/bin/sh" >it
		chmod 775 it bin/real
		waits it -- ./it a 'b c'
		script other 'echo EVIL'
		case $how in
		rename) mv other bin/real ;;
		rewrite) rm bin/real && cat other >bin/real && chmod 775 bin/real ;;
		link) ln -sf ../other bin/sh ;;
		esac
		approve
		finish it
		assert_status 0
		assert_line -n 0 'approved a b c'
		refute_line EVIL
	done
}

# alone: the script, by the kernel; a shell would read a file that is no script itself.
alone() {
	python3 -c 'import os, sys
try:
    os.execv("./it", ["./it", *sys.argv[1:]])
except OSError:
    sys.exit(126)' "$@"
}

# by_firma ARG...: the same by firma run; each status that is not the script's is 126.
by_firma() {
	local status=0

	firma run -- ./it "$@" || status=$?
	return $((status < 126 ? status : 126))
}

# compare LINE: a script that begins so does the same alone and by firma run, but for its own name.
compare() {
	local by_kernel

	printf '%b' "$1" >it
	run alone a 'b c' ''
	by_kernel=$status:${output//.\/it/NAME}
	run --separate-stderr by_firma a 'b c' ''
	if [[ $by_kernel == 0:* ]]; then
		assert_equal "$status:${output//\/dev\/fd\/[1-9][0-9]/NAME}" "$by_kernel"
	else
		assert_status 126
	fi
}

@test "the first line of a script is read as the kernel reads it" {
	local line long

	start_daemon --default-action allow
	cp "$(type -P echo)" echo
	touch it
	chmod 775 it echo
	long=$(printf 'x%.0s' {1..300})
	for line in '' '\n' ' \n' '\n#!' ' -x\n' '  \t -x y \t\n' ' -x  -y\nrest\n' ' '"$long"'\n' '\t\t' '\r\n' \
		' -x\0-y\n' '\0\n'; do
		compare "#!$TMP/dir/echo$line"
		compare "#! \t$TMP/dir/echo$line"
	done
	compare '#!\n'
	compare '#! \n'
	compare '#!'
	compare '#'
	compare ''
	compare "#!/$long\n"
	compare "#!/$long"
	compare "#!$TMP/dir/$(printf './%.0s' {1..150})echo\n"

	# A script of a script.
	printf '#!%s -1\n' "$TMP/dir/echo" >first
	printf '#!%s -2\n' "$TMP/dir/first" >second
	chmod 775 first second
	printf '#!%s -3\n' "$TMP/dir/second" >it
	runs -- ./it a
	assert_status 0
	assert_output -e '^-1 /dev/fd/[0-9]+ -2 /dev/fd/[0-9]+ -3 /dev/fd/[0-9]+ a$'
}

@test "a file that was swapped before it asks again is another one" {
	start_asking
	script it 'echo approved'
	runs --no-wait -- ./it
	TOKEN=$(listed token_id)
	approve
	script it 'echo EVIL'
	runs --token "$TOKEN" -- ./it
	assert_status 125
	refute_output
	assert_stderr -e '^firma: denied: '
	script it 'echo approved'
	runs --token "$TOKEN" -- ./it
	assert_status 0
	assert_output approved
}

@test "nothing can be written to the copy, also not by the command" {
	start_daemon --default-action allow
	script it 'echo "echo EVIL" >>"$0" || echo sealed' 'true >"$0" || echo whole' \
		'printf "#EVIL" 1<>"$0" || echo kept'
	runs -- ./it
	assert_line sealed
	assert_line whole
	assert_line kept
	refute_line EVIL
}

@test "a script's interpreter gets the copy, which it can open again, and so can what it starts" {
	start_asking
	script it 'case $0 in /dev/fd/??*) ;; *) exit 1 ;; esac' 'tail -n 1 "$0"' '# approved'
	waits it -- ./it
	rm it
	approve
	finish it
	assert_status 0
	assert_line -n 0 '# approved'
}

@test "a script is not given to its interpreter by its path" {
	local file

	need_trace
	start_daemon --default-action allow
	script it 'echo fine'
	run strace -f -e trace=open,openat,execve,execveat -o "$TMP/trace" "$FIRMA" run -- ./it
	assert_status 0
	assert_output fine
	# It is opened once, to be copied.
	assert_equal "$(grep -c "\"$TMP/dir/it\"" "$TMP/trace")" 1
	grep -F 'open' "$TMP/trace" | grep -q '"/dev/fd/'
}

@test "a file that only root can write is executed as it is open, without a copy" {
	need_trace
	start_asking
	VIA=(strace -f -D -e trace=memfd_create,execve,execveat -o "$TMP/trace")
	waits it -- "$(type -P echo)" fine
	run asked executable_sha256
	refute_output -e '^[0-9a-f]{64}$'
	approve
	finish it
	assert_status 0
	assert_line -n 0 fine
	run ! grep memfd_create "$TMP/trace"
	grep -E 'execveat\([0-9]+, "", .*, AT_EMPTY_PATH\) += 0' "$TMP/trace"
	# And with --hash its content is bound.
	VIA=()
	waits it --hash -- "$(type -P echo)" fine
	assert_equal "$(operate show token_id="$TOKEN" | head -n 1 | "$UNIT" get executable_sha256)" \
		"$(sha256 "$(type -P echo)")"
	approve
	finish it
	assert_status 0
}

@test "root's file in a directory of another is copied" {
	need_root
	need_trace
	start_daemon --default-action allow
	cp "$(type -P echo)" it
	run strace -e trace=memfd_create -o "$TMP/trace" "$FIRMA" run -- ./it one
	assert_output one
	run ! grep memfd_create "$TMP/trace"
	chmod 777 .
	run strace -e trace=memfd_create -o "$TMP/trace" "$FIRMA" run -- ./it two
	assert_output two
	grep -q memfd_create "$TMP/trace"
	chmod 755 .
	chown 4242 .
	run strace -e trace=memfd_create -o "$TMP/trace" "$FIRMA" run -- ./it three
	assert_output three
	grep -q memfd_create "$TMP/trace"
}

@test "where no copy can be made nothing is run or asked" {
	local fault

	need_trace
	start_daemon --default-action allow
	script it 'touch ran'
	for fault in memfd_create:error=ENOSYS memfd_create:error=EACCES sendfile:error=ENOSPC \
		fcntl:error=EPERM:when=4+; do
		run strace -e trace="${fault%%:*}" -e inject="$fault" -o "$TMP/trace" "$FIRMA" run -- ./it
		assert_status 126
		assert_output -p "(it could not be copied to memory)"
		[[ ! -e ran ]]
	done
	refute_log -p allow
}

@test "a file with privileges that others could change is not run" {
	start_daemon --default-action allow
	script it 'touch ran'
	chmod u+s it
	runs -- ./it
	assert_status 126
	assert_stderr "firma: $TMP/dir/it: it is setuid or setgid, and not only root could change it"
	chmod u-s,g+s it
	runs -- ./it
	assert_status 126
	if ((EUID == 0)) && command -v setcap >/dev/null; then
		chmod 775 it
		setcap cap_net_raw+ep it
		runs -- ./it
		assert_status 126
		assert_stderr -p "it has file capabilities, and not only root could change it"
	fi
	[[ ! -e ran ]]
	refute_log -p allow
}

@test "a file that may not be executed where it lies is not executed from a copy" {
	need_root
	start_daemon --default-action allow
	mkdir "$TMP/mnt"
	script it 'touch '"$TMP"'/ran'
	run unshare --mount bash -c 'mount -t tmpfs -o noexec,mode=755 none "$1" || exit 99
		cp -p it "$1/" && "$2" run -- "$1/it"' bash "$TMP/mnt" "$FIRMA"
	if ((status == 99)); then
		skip "nothing can be mounted here"
	fi
	assert_status 126
	[[ ! -e $TMP/ran ]]
	refute_log -p allow
}

@test "a setuid program that only root can write keeps its privileges" {
	need_root
	start_daemon --default-action allow --agent-group 4242 --operator-socket "$TMP/operator.sock"
	run unshare --mount bash -c 'mount -t tmpfs -o mode=755 none /mnt || exit 99
		cp "$2" /mnt/firma; cp "$(type -P id)" /mnt/id; chmod 4755 /mnt/id
		chmod go+x "$1" "${1%/*}" "${1%/*/*}"
		exec setpriv --reuid=4242 --regid=4242 --clear-groups /mnt/firma run -- /mnt/id -u' \
		bash "$TMP" "$FIRMA"
	if ((status == 99)); then
		skip "nothing can be mounted here"
	fi
	assert_status 0
	assert_output 0
}

# --- the environment ------------------------------------------------------------------------------

@test "variables that redirect a program are dropped and named; others stay" {
	start_daemon --default-action allow
	run --separate-stderr env LD_LIBRARY_PATH=/x BASH_ENV=y ENV=z 'BASH_FUNC_f%%=() { :; }' \
		PERL5OPT=-Mx NODE_OPTIONS=x PYTHONSTARTUP=x GIT_EXTERNAL_DIFF=x NPM_config_x=y \
		ERL_AFLAGS=x 'shock=() { :; }' \
		PYTHONUNBUFFERED=1 LD=ld MY_ENV=1 GIT_AUTHOR_NAME=me MAKE=x \
		"$FIRMA" run -- env
	assert_status 0
	assert_stderr "firma: dropped from the environment: LD_LIBRARY_PATH, BASH_ENV, ENV, \
BASH_FUNC_f%%, PERL5OPT, NODE_OPTIONS, PYTHONSTARTUP, GIT_EXTERNAL_DIFF, NPM_config_x, ERL_AFLAGS, shock"
	for kept in PYTHONUNBUFFERED=1 LD=ld MY_ENV=1 GIT_AUTHOR_NAME=me MAKE=x "PATH=$PATH"; do
		assert_line "$kept"
	done
	for name in LD_LIBRARY_PATH BASH_ENV ENV BASH_FUNC PERL5OPT NODE_OPTIONS PYTHONSTARTUP \
		GIT_EXTERNAL_DIFF NPM_config ERL_AFLAGS shock; do
		refute_line -e "^$name"
	done
}

@test "what was dropped is not said where nothing runs, or with --quiet" {
	start_daemon --default-action deny
	ENV=x runs -- true
	refute_stderr -p ENV
	stop_daemon
	start_daemon --default-action allow
	ENV=x runs -q -- env
	assert_status 0
	refute_stderr
	refute_line -p ENV=
}

@test "a variable that is kept reaches the command, is shown, and bound with its value" {
	local hash

	start_asking
	hash=$(printf '%s' 'a b' | sha256sum | cut -d ' ' -f 1)
	export PYTHONSTARTUP='a b' ENV=x
	waits it --keep-env PYTHONSTARTUP --keep-env=NOT_THERE -- env
	run operate show token_id="$TOKEN"
	output=${lines[0]}
	assert_field environment "[\"PYTHONSTARTUP=$hash\"]"
	run firma token show "$TOKEN"
	assert_output -p "PYTHONSTARTUP=$hash"
	approve
	finish it
	assert_status 0
	assert_line 'PYTHONSTARTUP=a b'
	assert_line -n -1 'firma: dropped from the environment: ENV'
}

@test "an approval holds for the variables that were kept, with these values" {
	start_asking
	export PYTHONSTARTUP=one
	runs --no-wait --keep-env PYTHONSTARTUP -- env
	TOKEN=$(listed token_id state=pending)
	approve
	PYTHONSTARTUP=two runs --token "$TOKEN" --keep-env PYTHONSTARTUP -- env
	assert_status 125
	assert_stderr -p 'environment differs'
	runs --token "$TOKEN" -- env
	assert_status 125
	assert_stderr -p 'environment differs'
	runs --token "$TOKEN" --keep-env PYTHONSTARTUP -- env
	assert_status 0
	assert_line PYTHONSTARTUP=one
	# One that was given without a variable is not one with it.
	runs --no-wait -- env
	TOKEN=$(listed token_id state=pending)
	approve
	runs --token "$TOKEN" --keep-env PYTHONSTARTUP -- env
	assert_status 125
	assert_stderr -p 'environment differs'
}

@test "no rule and no entry of the allowlist allows a command with variables that are kept" {
	echo '{"default_action": "pending_hitl", "exec": [
		{"id": "yes", "argv": ["env", "**"], "action": "allow", "opaque": true},
		{"id": "line", "argv": ["echo", "**"], "action": "allow"}]}' >"$TMP/policy.json"
	start_daemon --policy "$TMP/policy.json"
	export PYTHONSTARTUP=one
	runs -- env
	assert_status 0
	runs --no-wait --keep-env PYTHONSTARTUP -- env
	assert_status 125
	assert_stderr -p pending
	runs --shell 'echo a && echo b'
	assert_status 0
	runs --no-wait --keep-env PYTHONSTARTUP --shell 'echo a && echo b'
	assert_status 125
	assert_stderr -p pending
	TOKEN=$(listed token_id state=pending | head -n 1)
	run operate approve token_id="$TOKEN" always:=true
	assert_output -p "can't be allowed always"
	run operate allow.add pattern="$(realpath "$(type -P uname)")"
	assert_line "$OK"
	runs -- uname
	assert_status 0
	runs --no-wait --keep-env PYTHONSTARTUP -- uname
	assert_status 125
	assert_stderr -p pending
}

@test "--keep-env wants the name of a variable" {
	local name

	for name in '' A=b $'\xff' "$(printf '%0300d' 0)"; do
		runs --keep-env "$name" -- true
		assert_status 125
		assert_stderr -p '--keep-env wants the name of a variable'
	done
}

@test "the page names the variables of the table" {
	sed -n '/^\t\/\*/d; /names\[\]/,/^};/s/"\([^"]*\)"/\n=\1\n/gp' \
		"$BATS_TEST_DIRNAME/../src/cli/environment.c" | sed -n 's/^=//p' | sort >"$TMP/table"
	sed -n '/^\.Ss Environment of the command/,/^Those of npm/p' \
		"$BATS_TEST_DIRNAME/../man/firma-run.1" \
		| sed -n 's/ [,.]\( \|$\)/\n/g; s/^\.Ev //p' | grep . | sort >"$TMP/page"
	[[ -s $TMP/table ]]
	diff "$TMP/table" "$TMP/page"
}

@test "variables that name another configuration, or add arguments, are dropped" {
	local name
	local -a dropped=(ARGV0 CARGO_ALIAS_build DOCKER_CONFIG GOCACHEPROG KUBECONFIG KUBECTL_EXTERNAL_DIFF
		KUBE_EDITOR PYTEST_ADDOPTS PYTEST_PLUGINS RIPGREP_CONFIG_PATH RUSTUP_TOOLCHAIN
		TERRAFORM_CONFIG TF_CLI_ARGS TF_CLI_ARGS_plan TF_CLI_CONFIG_FILE XDG_CONFIG_DIRS
		XDG_CONFIG_HOME)

	start_daemon --default-action allow
	run --separate-stderr env "${dropped[@]/%/=x}" TF_IN_AUTOMATION=1 CARGO_TERM_COLOR=never \
		"$FIRMA" run -- env
	assert_status 0
	for name in "${dropped[@]}"; do
		refute_line -e "^$name="
		assert_stderr -e "[ ,]$name(,|\$)"
	done
	assert_line TF_IN_AUTOMATION=1
	assert_line CARGO_TERM_COLOR=never
}

# --- signals and terminals ------------------------------------------------------------------------

@test "signals that were ignored stay so, and others have their default again" {
	start_asking
	VIA=(env --default-signal=TERM --ignore-signal=INT)
	waits it -- cat /proc/self/status
	approve
	finish it
	assert_status 0
	assert_line -e '^SigIgn:.*[2367abef]$' # SIGINT is the second bit
	assert_line -e '^SigCgt:[[:space:]]*0+$'
}

@test "on a terminal the command has it: size, input, and ctrl-C" {
	start_asking
	script it 'test -t 0 && test -t 1 && stty size' 'read -r line; echo "<$line>"' 'exec sleep 1000'
	terminal 90x20 "$FIRMA" run -- ./it
	seen waiting
	TOKEN=$(listed token_id)
	approve
	seen '20 90'
	keys -l hello
	keys Enter
	seen '<hello>'
	keys C-c
	ended
	assert_status 130
}

@test "ctrl-C on a terminal ends the waiting" {
	start_asking
	terminal 80x24 "$FIRMA" run -- echo fine
	seen waiting
	until_has waiting 1
	keys C-c
	ended
	assert_status 130
	assert_output -p 'interrupted: the request waits on'
	refute_line fine
}

# --- to rules -------------------------------------------------------------------------------------

@test "what is denied is denied also behind firma run, and no rule looks behind it to allow" {
	cat >"$TMP/policy.json" <<-'END'
		{"default_action": "pending_hitl", "exec": [
		 {"id": "no", "argv": ["rm", "**"], "action": "deny"},
		 {"id": "yes", "argv": ["echo", "**"], "action": "allow"}]}
	END
	chmod 644 "$TMP/policy.json"
	run firma policy explain --json --policy "$TMP/policy.json" -- "$FIRMA" run --wait 1s -- rm x
	assert_field decision deny
	run firma policy explain --json --policy "$TMP/policy.json" -- "$FIRMA" run -- echo x
	assert_field decision pending_hitl
	echo '{"exec": [{"id": "x", "argv": ["firma", "run", "**"], "action": "allow"}]}' \
		>"$TMP/policy.json"
	run firma policy check "$TMP/policy.json"
	assert_status 1
	assert_output -p wrapper
}
