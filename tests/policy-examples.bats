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
		assert_equal "${#lines[@]}" 1
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
		cmp "$file" "$(find "$TMP/tree" -path "*/examples/${file##*/}")"
		grep -q "^\.Pa ${file##*/}$" "$BATS_TEST_DIRNAME/../man/firma-policy.5"
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
	for_command pending_hitl git-option-first /usr/bin/git diff --output=/tmp/x
	for_command pending_hitl git-option-first /usr/bin/git -C x log --ext-diff
	for_command pending_hitl lists-in-files /usr/bin/wc --files0-from=x
	for_command deny secrets /usr/bin/cat .ssh/id_rsa
	for_command deny secrets /usr/bin/grep -R . /home/me/.ssh
	for_command deny secrets /usr/bin/cat .env.local
	for_command deny secrets /usr/bin/git blame --contents=/home/me/.ssh/id_rsa x
	for_command deny remove-all /usr/bin/rm -r -f /
	for_command deny remove-all /usr/bin/rm -rfv /
	for_command deny remove-all-options-last /usr/bin/rm / -rf
	for_command deny no-force-push /usr/bin/git push -uf
	for_command deny no-force-push /usr/bin/git push origin :main
	for_command pending_hitl default_action /usr/bin/git commit --amend
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
