#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
#
# The example policies that are installed: each is in order, and decides what its page says.

# shellcheck disable=SC2030,SC2031 # each test is a process, and so are its variables
# shellcheck disable=SC2154 # some variables are those of lib.bash and of bats

load policy

EXAMPLES=$BATS_TEST_DIRNAME/../man/examples

@test "each example is in order, without a warning" {
	local file

	for file in "$EXAMPLES"/*.json; do
		cp "$file" "$TMP/policy/"
		run firma policy check "$TMP/policy/${file##*/}"
		assert_status 0
		# Where the programs of this machine lie is not for the examples to know.
		output=$(grep -v ' here, ' <<<"$output")
		assert_output -e '^[^[:cntrl:]]*: in order, [0-9]+ rules$'
	done
}

@test "each rule of the examples has its reason and an example of its own" {
	local file n

	for file in "$EXAMPLES"/*.json; do
		n=$(grep -c '^			"id":' "$file")
		assert_equal "$(grep -c '^			"reason":' "$file")" "$((n))"
		assert_equal "$(grep -c '^			"match":' "$file")" "$((n))"
	done
}

@test "the examples are installed, and are named in firma-policy(5)" {
	local file

	make_build install DESTDIR="$TMP/tree" >"$TMP/install" 2>&1 || fail "$(<"$TMP/install")"
	for file in "$EXAMPLES"/*.json; do
		cmp <(tail -n +3 "$file") \
			<(tail -n +3 "$(find "$TMP/tree" -path "*/examples/${file##*/}")")
		grep -q "^\.Pa ${file##*/}$" "$BATS_TEST_DIRNAME/../man/firma-policy.5"
	done
}

# shellcheck disable=SC2016 # $schema is a key
@test "schemas are installed, and shipped policies name theirs where it is" {
	local share=$TMP/tree/opt/f/share file

	make_build install DESTDIR="$TMP/tree" prefix=/opt/f >"$TMP/install" 2>&1 \
		|| fail "$(<"$TMP/install")"
	for file in policy allowlist; do
		cmp "$BATS_TEST_DIRNAME/../policies/schema/$file.schema.json" \
			"$share/firma/schema/$file.schema.json"
	done
	for file in firma/examples/coding-agent firma/packs/cavra-cloud-iam \
		firma/ci/examples/policy-github; do
		assert_equal "$(head -n 2 "$share/$file.json")" \
			$'{\n\t"$schema": "file:///opt/f/share/firma/schema/policy.schema.json",'
		python3 -m json.tool "$share/$file.json" >/dev/null
	done
}

# example NAME
example() {
	document "$(<"$EXAMPLES/$1.json")"
}

@test "a coding agent looks around, builds and commits by itself; a person sees what leaves" {
	serve_policy
	example coding-agent
	for_command allow look-around /usr/bin/ls -la
	for_command allow look-around /bin/cat src/main.c
	for_command allow search /usr/bin/grep -rn TODO src
	for_command allow git-read /usr/bin/git status --short
	for_command allow git-bare /usr/bin/git diff
	for_command allow git-record /usr/bin/git diff HEAD~1
	for_command allow git-record /usr/bin/git add .
	for_command allow git-commit /usr/bin/git commit -m 'fix it'
	for_command allow look-around /usr/bin/echo x
	for_command allow date-bare /usr/bin/date
	for_command allow git-look /usr/bin/git log -5 --oneline
	for_command allow git-look /usr/bin/git diff A B
	for_command allow git-elsewhere /usr/bin/git -C x status
	for_command allow find-names /usr/bin/find . -name x
	for_command allow make-directories /usr/bin/mkdir -p build
	for_command allow test /usr/bin/npm test
	for_command pending_hitl default_action /usr/bin/file -C
	for_command pending_hitl default_action /usr/bin/file -f/home/me/notes
	for_command allow kinds-of-files /usr/bin/file a.out
	for_command pending_hitl default_action /usr/bin/ps auxe
	for_command allow processes /usr/bin/ps aux
	for_command pending_hitl environment /usr/bin/jq -n 'env.TOKEN'
	for_command pending_hitl search-option /usr/bin/rg --hidden KEY
	for_command pending_hitl search-hidden /usr/bin/rg -g '.e*' KEY
	for_command pending_hitl search-letters /usr/bin/rg -nf x y
	for_command pending_hitl sort-option /usr/bin/sort --rand=x
	for_command deny become-another /usr/bin/sudo-rs id
	for_command deny become-another /usr/bin/env sudoedit /etc/passwd
	for_command deny overwrite-disks /usr/sbin/blkdiscard /dev/sda
	for_command pending_hitl git-option-first /usr/bin/git diff --output=/tmp/x
	for_command pending_hitl git-option-first /usr/bin/git -C x log --ext-diff
	for_command pending_hitl git-option-first /usr/bin/git shortlog HEAD --output=/tmp/x
	for_command pending_hitl git-option-first /usr/bin/git rev-list HEAD --output=/tmp/x
	for_command pending_hitl git-option-first /usr/bin/git blame --output=/tmp/x a
	for_command pending_hitl git-commit-letters /usr/bin/git commit -m x -qn
	for_command pending_hitl git-add-option /usr/bin/git add -ve
	for_command pending_hitl git-blame-of-a-file /usr/bin/git blame -wS/etc/hostname a
	for_command pending_hitl git-filters /usr/bin/git cat-file --t HEAD:a
	for_command pending_hitl lists-in-files /usr/bin/wc --files0-from=x
	for_command pending_hitl lists-in-files /usr/bin/wc --f=x
	for_command deny secrets /usr/bin/cat .ssh/id_rsa
	for_command deny secrets /usr/bin/grep -R . /home/me/.ssh
	for_command deny secrets /usr/bin/cat .env.local
	for_command deny secrets /usr/bin/git blame --contents=/home/me/.ssh/id_rsa x
	for_command deny remove-all /usr/bin/rm -r -f /
	for_command deny remove-all /usr/bin/rm -rfv /
	for_command deny remove-all-options-last /usr/bin/rm / -rf
	for_command deny no-force-push /usr/bin/git push -uf
	for_command deny no-force-push /usr/bin/git push origin :main
	for_command pending_hitl git-commit-option /usr/bin/git commit --amend
	for_command pending_hitl push /usr/bin/git push origin topic
	for_command pending_hitl discard /usr/bin/git reset --hard
	for_command deny no-force-push /usr/bin/git push -f
	for_command deny no-force-push /usr/bin/git -C /x push origin +main
	for_command deny no-force-push /usr/bin/env GIT_DIR=x git push --force
	for_command deny become-another /usr/bin/sudo -n true
	for_command deny become-another /usr/bin/timeout 5 sudo id
	for_command deny remove-all /usr/bin/rm -rf /
	for_command pending_hitl default_action /usr/bin/rm -rf build
	for_command deny overwrite-disks /usr/sbin/mkfs.ext4 /dev/sda1
	for_command deny secrets /usr/bin/cat /home/me/.ssh/id_ed25519
	for_command deny secrets /usr/bin/grep KEY .env
	for_command pending_hitl packages /usr/bin/npm install x
	for_command pending_hitl network /usr/bin/curl https://example.org
	for_command pending_hitl default_action /usr/bin/python3 x.py
	for_command pending_hitl default_action /usr/bin/find . -delete
	for_command pending_hitl default_action /usr/bin/xargs rm
	for_command pending_hitl default_action /home/me/bin/ls
	decides pending_hitl default_action executable=/usr/bin/make args:='["check"]' cwd=/srv/work/x
	check_decisions
}

# as_sent DECISION RULE EXECUTABLE REAL-PATH ARG...: a request that says where the links lead.
as_sent() {
	command_of "$3" "${@:5}"
	decides "$1" "$2" "${MEMBERS[@]}" real_path="$4"
}

# a_day BIN COREUTIL GIT GREP FIND NPM: in this directory, with these real paths, in which a "%" is
# the program's name.
a_day() {
	local bin=$1 real=$2 program

	for program in ls cat head wc echo; do
		as_sent allow look-around "$bin/$program" "${real/\%/$program}" x
	done
	as_sent allow date-bare "$bin/date" "${real/\%/date}"
	as_sent allow make-directories "$bin/mkdir" "${real/\%/mkdir}" -p build
	as_sent deny secrets "$bin/cat" "${real/\%/cat}" .ssh/id_rsa
	as_sent deny secrets "$bin/env" "${real/\%/env}" cat .env
	as_sent deny remove-all "$bin/rm" "${real/\%/rm}" -rf /
	as_sent deny remove-all "$bin/timeout" "${real/\%/timeout}" 5 rm -rf /
	as_sent deny remove-all "$bin/nice" "${real/\%/nice}" -n 5 "$bin/rm" -fr /
	as_sent pending_hitl default_action "$bin/nice" "${real/\%/nice}" git commit -m 'rm -rf /'
	as_sent deny overwrite-disks "$bin/dd" "${real/\%/dd}" of=/dev/sda
	as_sent pending_hitl default_action "$bin/tee" "${real/\%/tee}" x
	as_sent pending_hitl default_action "/home/me/bin/cat" "${real/\%/cat}" x
	as_sent allow git-look "$bin/git" "$3" log -5 --oneline
	as_sent deny no-force-push "$bin/git" "$3" -C x push -f
	as_sent allow search "$bin/grep" "$4" -rn TODO src
	as_sent allow find-names "$bin/find" "$5" . -name x
	as_sent deny remove-all "$bin/find" "$5" . -exec rm -rf / ';'
	as_sent allow test "$bin/npm" "$6" test
	as_sent pending_hitl packages "$bin/npm" "$6" install x
	denied_spellings "$@"
}

# denied_spellings BIN COREUTIL GIT GREP FIND NPM: the same; nothing of it is allowed anywhere.
denied_spellings() {
	local bin=$1 real=$2 words name

	while IFS='|' read -r decision rule name words; do
		case $name in
		git) real=$3 ;;
		grep) real=$4 ;;
		*) real=${2/\%/$name} ;;
		esac
		read -ra words <<<"$words"
		as_sent "$decision" "$rule" "$bin/$name" "$real" "${words[@]}"
		# As a wrapper and a line of shell spell it.
		as_sent "$decision" "$rule" "$bin/nice" "${2/\%/nice}" "$name" "${words[@]}"
		as_sent "$decision" "$rule" "$bin/nice" "${2/\%/nice}" "$bin/$name" "${words[@]}"
		as_sent "$decision" "$rule" "$bin/nice" "${2/\%/nice}" "/usr$bin/../bin/$name" "${words[@]}"
		as_sent "$decision" "$rule" /bin/sh /bin/busybox -c "$bin/$name ${words[*]}"
	done <<-END
		deny|remove-all|rm|-r -f /
		deny|remove-all|rm|-rfv /
		deny|remove-all|rm|--recursive --force /etc
		deny|remove-all-options-last|rm|/ -rf
		deny|no-force-push|git|push -uf
		deny|no-force-push|git|push origin :main
		deny|no-force-push|git|-C x push --force
		deny|secrets|cat|.env.local
		deny|secrets|cat|/home/me/.ssh/id_rsa
		deny|secrets|grep|-R . /home/me/.ssh
		deny|overwrite-disks|dd|if=x of=/dev/sda
		deny|overwrite-disks|shred|/dev/sda
		pending_hitl|git-blame-of-a-file|git|blame --contents=/home/me/x README
		pending_hitl|lists-in-files|grep|--file=x y
		pending_hitl|lists-in-files|wc|--files0-from=x
		deny|no-force-push|git|push --mi
		deny|no-force-push|git|push --de origin main
		deny|no-force-push|git|send-pack --force host:x main
		deny|no-force-push-by-settings|git|-c remote.origin.mirror=1 push
		deny|remove-all-found|find|/ -delete
		deny|secrets|cat|/proc/self/environ
		deny|secrets|cat|.pypirc
		pending_hitl|search-home|grep|-R . /home/me
		pending_hitl|search-home|grep|-r KEY ~
		pending_hitl|list-in-letters|grep|-rf x .
		pending_hitl|git-blame-of-a-file|git|blame --con=x README
		pending_hitl|git-blame-of-a-file|git|blame --ignore-revs=x README
	END
}

@test "they decide alike on Debian, on Ubuntu with uutils, on Alpine and on NixOS" {
	local store=/nix/store/7a9-

	serve_policy
	example coding-agent
	a_day /usr/bin /usr/bin/% /usr/bin/git /usr/bin/grep /usr/bin/find \
		/usr/share/nodejs/npm/bin/npm-cli.js
	a_day /usr/bin /usr/bin/coreutils /usr/bin/git /usr/bin/grep /usr/bin/find \
		/usr/share/nodejs/npm/bin/npm-cli.js
	a_day /usr/bin /usr/lib/cargo/bin/coreutils/% /usr/bin/git /usr/bin/grep /usr/bin/find \
		/usr/lib/node_modules/npm/bin/npm-cli.js
	a_day /bin /bin/busybox /usr/bin/git /bin/busybox /bin/busybox \
		/usr/lib/node_modules/npm/bin/npm-cli.js
	a_day /run/current-system/sw/bin ${store}coreutils-full-9.5/bin/coreutils \
		${store}git-2.47.0/bin/git ${store}gnugrep-3.11/bin/grep ${store}findutils-4.10.0/bin/find \
		${store}nodejs-22/lib/node_modules/npm/bin/npm-cli.js
	# A merged /usr; links of the hash in a store; a newer sudo; what is set-uid.
	a_day /usr/bin /usr/bin/busybox /usr/bin/git /usr/bin/busybox /usr/bin/busybox \
		/usr/lib/node_modules/npm/bin/npm-cli.js
	as_sent deny become-another /usr/bin/sudo /usr/lib/cargo/bin/sudo -n true
	as_sent deny become-another /usr/bin/sudo /usr/bin/sudo.ws -n true
	as_sent deny become-another /bin/su /bin/bbsuid root
	as_sent deny become-another /run/wrappers/bin/sudo /run/wrappers/wrappers.a1/sudo id
	as_sent deny become-another /usr/bin/nice "${store}coreutils-9.5/bin/nice" /run/wrappers/bin/sudo id
	# By its path in a store, a program is not trusted: whoever may build may put any there.
	as_sent pending_hitl default_action "${store}coreutils-9.5/bin/ls" "${store}coreutils-9.5/bin/coreutils" x
	as_sent deny secrets "${store}coreutils-9.5/bin/cat" "${store}coreutils-9.5/bin/coreutils" .env
	as_sent deny remove-all "${store}coreutils-9.5/bin/rm" "${store}coreutils-9.5/bin/coreutils" -rf /
	as_sent pending_hitl default_action "${store}evil/lib/node_modules/npm/bin/npm-cli.js" \
		"${store}evil/lib/node_modules/npm/bin/npm-cli.js" test
	as_sent pending_hitl default_action "${store}evil/bin/npm-cli.js" "${store}evil/bin/npm-cli.js" test
	as_sent pending_hitl default_action /home/me/.nix-profile/bin/ls "${store}coreutils-9.5/bin/coreutils" x
	as_sent deny remove-all /bin/busybox /bin/busybox rm -rf /
	as_sent deny remove-all /usr/bin/coreutils /usr/bin/coreutils rm -rf /
	example careful-admin
	as_sent allow see-machine /bin/df /bin/busybox -h
	as_sent allow see-machine /run/current-system/sw/bin/df ${store}coreutils-full-9.5/bin/coreutils -h
	as_sent allow see-services /run/current-system/sw/bin/systemctl \
		${store}systemd-256/bin/systemctl status nginx
	as_sent deny keep-the-way-in /run/current-system/sw/bin/systemctl \
		${store}systemd-256/bin/systemctl --now disable sshd
	as_sent deny keep-the-way-in-openrc /sbin/rc-service /sbin/rc-service sshd stop
	check_decisions
}

@test "make is the coding agent's own, in the directories of its work" {
	need_root
	example coding-agent
	start_daemon --policy "$POLICY" --operator-socket "$TMP/operator.sock" --agent-group 1000
	chmod a+rw "$SOCKET"
	AS_UID=1000 run ask executable=/usr/bin/make args:='["check"]' cwd=/srv/work/x detail:=true
	assert_field rule build
	AS_UID=1000 run ask executable=/usr/bin/make args:='["check"]' cwd=/tmp
	assert_field decision pending_hitl
	AS_UID=1000 run ask executable=/usr/bin/make args:='["install"]' cwd=/srv/work/x
	assert_field decision pending_hitl
}

@test "a CI job plans, and rolls out to staging; a person decides about production" {
	local deploy=/opt/deploy/bin/deploy

	serve_policy
	example ci-deploy
	decides deny require_budget_state_ref executable=$deploy args:='["plan","staging"]'
	decides deny default_action executable=$deploy args:='["plan","staging"]' budget_state_ref=b
	decides pending_hitl roll-out executable=$deploy args:='["apply","production"]' \
		budget_state_ref=b
	decides deny never-destroy executable=$deploy args:='["apply","production","--force"]' \
		budget_state_ref=b
	decides deny default_action executable=/bin/ls budget_state_ref=b
	check_decisions
}

@test "who is in the CI's group may plan, and roll out to staging" {
	need_root
	example ci-deploy
	start_daemon --policy "$POLICY" --operator-socket "$TMP/operator.sock" --agent-group 1001
	chmod a+rw "$SOCKET"
	AS_UID=1001 run ask executable=/opt/deploy/bin/deploy args:='["plan","staging"]' \
		budget_state_ref=b detail:=true
	assert_field rule plan
	AS_UID=1001 run ask executable=/opt/deploy/bin/deploy profile=ci cwd=/srv/ci/7 \
		args:='["apply","staging","--version","1"]' budget_state_ref=b detail:=true
	assert_field rule roll-out-staging
}

@test "an admin's assistant may look, asks before it changes, and locks nobody out" {
	serve_policy
	example careful-admin
	for_command allow see-services /usr/bin/systemctl status nginx
	for_command pending_hitl services-elsewhere /usr/bin/systemctl status -H host
	for_command allow see-log /usr/bin/journalctl -u nginx -n 50
	for_command pending_hitl default_action /usr/bin/journalctl --vacuum-size=1M
	for_command allow see-sockets /usr/bin/ss -ltn
	for_command pending_hitl default_action /usr/bin/ss -K
	for_command pending_hitl restart-web /usr/bin/systemctl restart nginx
	for_command deny keep-the-way-in /usr/bin/sudo systemctl mask firma.socket
	for_command pending_hitl default_action /usr/bin/systemctl stop nginx
	for_command pending_hitl default_action /usr/sbin/reboot
	check_decisions
}
