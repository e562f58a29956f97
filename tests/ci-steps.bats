#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
#
# The templates for GitHub, GitLab and Azure: runs their steps as the CI's runner would, in the
# environment that it sets. `make check-ci` checks them with third-party tools.

# shellcheck disable=SC2016 # what is hostile is not to be expanded
# shellcheck disable=SC2030,SC2031,SC2034,SC2119,SC2154 # each test is a process, as in lib.bash

load lib
load runner
load ci
load https
load gate

setup_file() {
	make_gate_keys
}

setup() {
	lib_setup
	use_gate
}

# step_ends STATUS TEXT [INPUT=VALUE...]
step_ends() {
	run "run_$AT" "${@:3}"
	assert_status "$1"
	assert_output -p "$2"
}

# tries: runs each outcome, and checks the published evidence. ANOTHER makes a job that is not pinned.
tries() {
	local another=$1

	step_ends 0 'firma-runner: allowed: dec_'
	published allow
	release rollback
	give_token
	step_ends 0 'firma-runner: allowed: dec_'
	published allow
	release refused
	give_token
	step_ends 1 'firma-runner: not allowed (block): dec_'
	published block
	release promotion
	give_token "$another"
	step_ends 1 'firma-runner: not allowed (block): dec_'
	published block
	assert_equal "$("$UNIT" get rule <.firma/decision.json)" runner_auth.invalid

	give_token
	echo x >>"$PROGRAM.new" && mv "$PROGRAM.new" "$PROGRAM"
	step_ends 3 'the bundle is not what was signed'
	not_published
}

@test "GitHub: approved, rolled back, refused, another identity, another bundle" {
	AT=github
	at_github
	tries 'c["repository_id"] = "666"'
	run cat "$GITHUB_OUTPUT"
	assert_equal "$(grep ^decision= <<<"$output" | cut -d = -f 2 | tr '\n' ' ')" 'allow allow block block none '
}

@test "GitLab: approved, rolled back, refused, another identity, another bundle" {
	AT=gitlab
	at_gitlab
	tries 'c["ref_protected"] = "false"'
}

@test "Azure: approved, rolled back, refused, another identity, another bundle" {
	AT=azure
	at_azure
	step_ends 0 '##vso[task.setvariable variable=FIRMA_DECISION;isOutput=true]allow'
	give_token
	tries 'c["rpo_ref"] = "refs/heads/other"'
	assert_output -p '##vso[task.setvariable variable=FIRMA_DECISION;isOutput=true]none'
}

@test "a bundle's wrapper does not run before it was verified" {
	printf '#!/bin/sh\ntouch %s\n' "$TMP/ran" >"$BUNDLE/ci/firma-runner"
	for AT in gitlab azure; do
		"at_$AT"
		run "run_$AT"
		[[ $status == 1 && ! -e $TMP/ran && ! -e .firma ]] || fail "it ran: $output"
	done
	describe_bundle
	sign_bundle
	run_gitlab
	[[ -e $TMP/ran ]] || fail "it did not run, though it is signed"
	rm "$TMP/ran"
	ssh-keygen -q -t ed25519 -N '' -C '' -f "$TMP/other"
	echo "releases $(<"$TMP/other.pub")" >"$SIGNERS"
	for AT in gitlab azure; do
		run "run_$AT"
		[[ $status == 255 && ! -e $TMP/ran ]] || fail "it ran: $output"
	done
}

@test "each template sets all variables that the wrapper reads, and puts no text into a script" {
	local file name known
	known=$(grep -o 'FIRMA_CI_[A-Z_]*' "$WRAPPERS/firma-runner" | sort -u |
		grep -v '^FIRMA_CI_$')
	assert_equal "$(wc -l <<<"$known")" 11
	for file in github/action.yml gitlab/gate.yml azure/gate.yml; do
		for name in $known; do
			grep -qE "^ +(export )?${name}[:=]" "$WRAPPERS/$file" || fail "$file: no $name"
		done
		! cut_script "$WRAPPERS/$file" | grep '\${{' || fail "$file: an expression in a script"
	done
}

@test "GitLab and Azure verify the wrapper with the same lines" {
	proof() {
		cut_script "$WRAPPERS/$1/gate.yml" | sed -n '/^# The wrapper/,$p'
	}
	assert_equal "$(proof gitlab)" "$(proof azure)"
	assert_equal "$(proof gitlab | wc -l)" 12
}

@test "GitLab's inputs are no more than words in its script" {
	local line pattern bad
	mapfile -t lines < <(sed -n -E 's/^ +regex: (&[a-z-]+ )?(\^.*)$/\2/p' "$WRAPPERS/gitlab/gate.yml")
	assert_equal "${#lines[@]}" 5
	for pattern in "${lines[@]}"; do
		for bad in 'a"' "a'" 'a b' 'a;b' '$(a)' '`a`' 'a|b' $'a\nb' 'a\b' '${a}' '-a' 'a&b' 'a>b' 'é'; do
			! LC_ALL=C python3 -c 'import re, sys; sys.exit(not re.search(*sys.argv[1:]))' \
				"$pattern" "$bad" || fail "$pattern takes '$bad'"
		done
	done
	python3 -c 'import re, sys; sys.exit(not re.search(*sys.argv[1:]))' "${lines[0]}" \
		'$CI_PROJECT_DIR/deploy/policy.json'
}

@test "the examples of policies have no fault, and the records of firma-ci(7) are those of the examples" {
	local name page
	for name in github gitlab azure; do
		cp "$WRAPPERS/examples/policy-$name.json" policy.json
		cp "$RUNNER_KEYS/jwks.json" issuer.jwks.json
		run firma policy check policy.json
		assert_status 0
	done
	page=$(tr -d ' \t\n' <"$BATS_TEST_DIRNAME/../man/firma-ci.7")
	for name in promotion rollback; do
		name=$(tr -d ' \t\n' <"$WRAPPERS/examples/$name.json")
		[[ $page == *"${name%,\"evidence_refs\"*}"* ]] || fail "not on the page: $name"
	done
}
