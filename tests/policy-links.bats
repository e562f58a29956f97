#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
#
# A rule that denies or asks about a name is also about the program to which that name leads in the
# trusted directories, as it is when the request is judged.

# shellcheck disable=SC2030,SC2031 # each test is a process, and so are its variables
# shellcheck disable=SC2034 # some variables are those of the libraries

load store
load policy

setup() {
	policy_setup
	BIN=$TMP/bin
	mkdir "$BIN" "$TMP/alternatives" "$TMP/away"
	program "$BIN/python3.11" "$BIN/dash" "$BIN/mawk" "$BIN/gawk" "$TMP/away/real"
	ln -s python3.11 "$BIN/python3"
	ln -s python3 "$BIN/python"
	ln -s dash "$BIN/sh"
	ln -s mawk "$TMP/alternatives/awk"
	ln -s "$TMP/alternatives/awk" "$BIN/awk"
	ln -sf "$BIN/mawk" "$TMP/alternatives/awk"
}

# program PATH...: a file that could be run.
program() {
	install -m 755 /dev/null -T "$1"
	if (($# > 1)); then
		program "${@:2}"
	fi
}

# trusting RULE...: a policy whose trusted directory is $BIN, and which allows what no rule is about.
trusting() {
	local IFS=,

	document "{\"default_action\":\"allow\",\"trusted_path\":[\"$BIN\"],\"exec\":[$*]}"
}

@test "a rule on a name is about the program that it leads to, and one on the link's path" {
	serve_policy
	trusting "$(rule p deny '["python3","**"]')" "$(rule s pending_hitl '["sh","-c","*"]')" \
		"$(rule a deny "[\"$BIN/awk\",\"**\"]")"
	for_command deny p "$BIN/python3"
	for_command deny p "$BIN/python3.11" x
	for_command pending_hitl s "$BIN/dash" -c ls
	for_command allow default_action "$BIN/dash" file
	for_command deny a "$BIN/mawk" '{}'
	for_command allow default_action "$BIN/gawk" '{}'
	check_decisions
}

@test "also by any name that leads there, by a pattern, and through a link of the asker's" {
	serve_policy
	trusting "$(rule p deny '["pytho?","**"]')" "$(rule a deny '[["awk","nawk"],"**"]')"
	for_command deny p "$BIN/python3.11"
	for_command allow default_action "$BIN/dash"
	command_of "$TMP/away/x"
	decides deny a "${MEMBERS[@]}" real_path="$BIN/mawk"
	decides allow default_action "${MEMBERS[@]}" real_path="$BIN/gawk"
	check_decisions
}

@test "behind a wrapper and in a line of shell, by its name" {
	serve_policy
	trusting "$(rule p deny '["python3","**"]')"
	for_command deny p /usr/bin/env python3.11 x
	for_command deny p /usr/bin/env "$BIN/python3.11"
	for_command deny p /usr/bin/sudo -u nobody ../bin/python3.11
	for_command deny p /bin/bash -c 'cd / && python3.11 x'
	for_command deny p /bin/bash -c 'eval "python3.11 x"'
	for_command allow default_action /usr/bin/env python3.12
	check_decisions
}

@test "a file of that name elsewhere is another program" {
	serve_policy
	trusting "$(rule p deny '["python3","**"]')" "$(rule a deny "[\"$TMP/away/awk\",\"**\"]")"
	for_command allow default_action "$TMP/away/python3.11"
	for_command allow default_action "$BIN/mawk"
	check_decisions
}

@test "a rule that allows is about no other name" {
	serve_policy
	document "{\"default_action\":\"deny\",\"trusted_path\":[\"$BIN\"],\"exec\":[
		$(rule p allow '["python3","-V"]'),$(rule d deny '["mawk","x"]')]}"
	for_command allow p "$BIN/python3" -V
	for_command deny default_action "$BIN/python3.11" -V
	check_decisions
}

@test "its exceptions stay narrow: they name the program itself" {
	serve_policy
	trusting "$(rule p deny '["python3","**"]' '"except":[["python3","-V"],["python3.11","-h"]]')"
	for_command allow default_action "$BIN/python3" -V
	for_command deny p "$BIN/python3.11" -V
	for_command allow default_action "$BIN/python3.11" -h
	check_decisions
}

@test "a name of a program that acts by its name says nothing of the program" {
	serve_policy
	program "$BIN/systemctl" "$BIN/busybox" "$BIN/git"
	ln -s systemctl "$BIN/reboot"
	ln -s busybox "$BIN/rm"
	ln -s git "$BIN/git-receive-pack"
	trusting "$(rule r deny '[["reboot","rm","git-receive-pack"],"**"]')"
	for_command deny r "$BIN/reboot"
	for_command allow default_action "$BIN/systemctl" status
	for_command allow default_action "$BIN/busybox" ls
	for_command allow default_action "$BIN/git" log
	check_decisions
}

@test "a rule on lines knows the name as well" {
	serve_policy
	document "{\"default_action\":\"allow\",\"trusted_path\":[\"$BIN\"],
		\"lines\":[{\"id\":\"p\",\"line\":[\"python3 *\"],\"action\":\"deny\"}]}"
	for_command deny p "$BIN/python3.11" x
	for_command allow default_action "$BIN/gawk" x
	check_decisions
}

@test "a changed link counts for the next request, also one in another directory" {
	serve_policy
	trusting "$(rule a deny '["awk"]')"
	for_command deny a "$BIN/mawk"
	for_command allow default_action "$BIN/gawk"
	check_decisions
	ln -sfn "$BIN/gawk" "$TMP/alternatives/awk"
	for_command allow default_action "$BIN/mawk"
	for_command deny a "$BIN/gawk"
	check_decisions
	ln -sfn mawk "$BIN/awk"
	for_command deny a "$BIN/mawk"
	for_command allow default_action "$BIN/gawk"
	check_decisions
	rm "$BIN/awk"
	for_command allow default_action "$BIN/mawk"
	check_decisions
	ln -s "$TMP/alternatives/awk" "$BIN/nawk"
	trusting "$(rule a deny '["nawk"]')"
	for_command deny a "$BIN/gawk"
	check_decisions
}

@test "a trusted directory that comes later, that is not there, or that may not be read" {
	serve_policy
	document "{\"default_action\":\"allow\",\"trusted_path\":[\"$TMP/later\",\"$TMP/shut\",\"$TMP/log\"],
		\"exec\":[$(rule a deny '["awk"]')]}"
	mkdir -m 0 "$TMP/shut"
	for_command allow default_action "$TMP/later/mawk"
	check_decisions
	mkdir "$TMP/later"
	ln -s mawk "$TMP/later/awk"
	for_command deny a "$TMP/later/mawk"
	check_decisions
}

@test "links in a circle, to nowhere, to directories and through one" {
	serve_policy
	ln -s loop "$BIN/awk2"
	ln -s awk2 "$BIN/loop"
	ln -s nothing "$BIN/awk3"
	ln -s . "$BIN/awk4"
	ln -s / "$BIN/awk5"
	ln -s "$TMP/away" "$TMP/by"
	ln -s ../by/real "$BIN/awk6"
	trusting "$(rule a deny '["awk*"]')"
	for_command deny a "$TMP/away/real"
	for_command deny a "$BIN/mawk"
	for_command allow default_action "$BIN/gawk"
	check_decisions
}

# A directory that can't be read says nothing of its links.
unknown() {
	start_daemon --policy "$POLICY"
	run ask "executable=$BIN/gawk"
	assert_decision deny "closed: where names lead in the trusted directories can't be read"
}

@test "where the directories can't be read for lack of something, nothing is decided" {
	local error

	RULES=
	write_policy "{\"default_action\":\"allow\",\"trusted_path\":[\"$BIN\"],
		\"exec\":[$(rule a deny '["awk","**"]')]}"
	for error in ENFILE EMFILE ENOMEM EIO; do
		trace -P "$BIN" -e trace=openat -e "inject=openat:error=$error"
		unknown
		kill_daemon
		WRAPPER=()
	done
	trace -P "$BIN" -e trace=openat -e "inject=openat:error=EIO:when=1"
	start_daemon --policy "$POLICY"
	run ask "executable=$BIN/gawk"
	assert_decision allow 'allowed by the default action'
	run ask "executable=$BIN/mawk"
	assert_decision deny 'denied by rule a'
}

@test "policy explain tells which links lead to the program" {
	write_policy "{\"default_action\":\"allow\",\"trusted_path\":[\"$BIN\"],
		\"exec\":[$(rule p deny '[["python3","awk"],"**"]')]}"
	run firma policy explain --policy "$POLICY" -- "$BIN/python3.11" x
	assert_status 0
	assert_line "link      $BIN/python3 leads to it"
	assert_line 'decided   exec[0] "p"'
	refute_output -p awk
	run firma policy explain --json --policy "$POLICY" -- "$BIN/gawk"
	assert_output -p '"links":[],'
}
