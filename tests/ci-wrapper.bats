#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
#
# The wrapper that asks for a CI job, with the program as it is installed: what the CI gets for each
# outcome, and that every failure means no.

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
	at_github
}

# ends STATUS TEXT [NAME=VALUE...]
ends() {
	run gate "${@:3}"
	assert_status "$1"
	assert_output -p "$2"
}

# --- outcomes -------------------------------------------------------------------------------------

@test "an approved promotion goes on" {
	ends 0 'firma-runner: allowed: dec_'
	published allow
	run cat "$GITHUB_OUTPUT"
	assert_line decision=allow
	assert_line -e '^decision-id=dec_[0-9a-f]{12}$'
	assert_line -e '^evidence-head=[0-9]+:[0-9a-f]{64}$'
	run firma evidence show --json --kind release .firma/evidence.jsonl
	assert_output -p '"repository=octo/app"'
	assert_output -p '<redacted-oidc-jwt>'
}

@test "an approved rollback goes on" {
	release rollback
	ends 0 'firma-runner: allowed: dec_'
	published allow
}

@test "a promotion whose approval was refused does not go on" {
	release refused
	ends 1 'firma-runner: not allowed (block): dec_'
	published block
	assert_equal "$(head -n 1 "$GITHUB_OUTPUT")" decision=block
}

@test "what an approval says does not hide what went wrong" {
	sed -i 's/"verified"/"tampered"/' release.json
	ends 1 'firma-runner: not allowed (require_approval): dec_'
	published require_approval
}

@test "unless claimed approvals are accepted, the record's approval does not count" {
	ends 1 'not allowed (block)' FIRMA_CI_APPROVALS=
	published block
	ends 2 'FIRMA_CI_APPROVALS is neither' FIRMA_CI_APPROVALS=both
}

@test "an identity that does not match the pin is refused" {
	give_token 'c["repository_id"] = "666"; c["repository"] = "evil/app"'
	ends 1 'not allowed (block)'
	published block
	assert_equal "$("$UNIT" get rule <.firma/decision.json)" runner_auth.invalid
	give_token 'c["event_name"] = "pull_request_target"'
	ends 1 'not allowed (block)'
	published block
}

@test "evidence is signed if there is a key, and the key is not published" {
	printf 'a key of the evidence, 32 bytes or more\n' >"$TMP/key"
	ends 0 allowed FIRMA_CI_EVIDENCE_KEY="$TMP/key"
	chmod 600 "$TMP/key"
	firma evidence verify --key "$TMP/key" .firma/evidence.jsonl
	! grep -rqF 'a key of the evidence' .firma || fail "the key is published"
}

# --- the bundle -----------------------------------------------------------------------------------

# no_bundle TEXT [NAME=VALUE...]: the bundle is refused, and nothing in it was run.
no_bundle() {
	ends 3 "firma-runner: $1" "${@:2}"
	not_published
	[[ $output != *'the bundle holds'* ]] || fail "it was run: $output"
	assert_equal "$(head -n 1 "$GITHUB_OUTPUT")" decision=none
	: >"$GITHUB_OUTPUT"
}

@test "a bundle with another byte, a file more, less or elsewhere is refused" {
	rm "$PROGRAM"
	no_bundle 'the bundle is not what was signed'
	sed '$s/.$/x/' "$BATS_FILE_TMPDIR/firma" >"$PROGRAM"
	no_bundle 'the bundle is not what was signed'
	ln -sf "$BATS_FILE_TMPDIR/firma" "$PROGRAM"
	no_bundle 'the bundle has a link or a device'
	ln -f "$BATS_FILE_TMPDIR/firma" "$PROGRAM"
	ends 0 allowed
	: >"$GITHUB_OUTPUT"

	echo >"$BUNDLE/ci/more"
	no_bundle 'a file is not in SHA256SUMS'
	rm "$BUNDLE/ci/more"
	mkdir "$BUNDLE/ci/more"
	no_bundle 'the bundle has an empty directory'
	rmdir "$BUNDLE/ci/more"
	mkdir -p "$BUNDLE/ci/"$'more\n./ci'
	echo >"$BUNDLE/ci/"$'more\n./ci/firma-runner'
	no_bundle 'a file is not in SHA256SUMS'
	rm -r "$BUNDLE/ci/"more*
	mkfifo "$BUNDLE/ci/pipe"
	no_bundle 'the bundle has a link or a device'
	rm "$BUNDLE/ci/pipe"
	echo '# one more' >>"$BUNDLE/ci/firma-runner"
	no_bundle 'the bundle is not what was signed'
}

@test "a bundle without a signature, or signed by another key or for another purpose, is refused" {
	rm "$BUNDLE/SHA256SUMS.sig"
	no_bundle 'the signature of the bundle does not hold'
	sign_bundle file
	no_bundle 'the signature of the bundle does not hold'
	sed -i 's/ namespaces="[^"]*"//' "$SIGNERS"
	no_bundle 'the signature of the bundle does not hold'
	sign_bundle
	echo >>"$BUNDLE/SHA256SUMS"
	no_bundle 'the signature of the bundle does not hold'
	ssh-keygen -q -t ed25519 -N '' -f "$TMP/other.key"
	sign_bundle firma.release "$TMP/other.key"
	no_bundle 'the signature of the bundle does not hold'
	: >"$SIGNERS"
	no_bundle 'the signature of the bundle does not hold'
	rm "$SIGNERS"
	no_bundle 'there is no file of signers'
	no_bundle 'there is no bundle' FIRMA_CI_BUNDLE=nowhere
}

@test "the list of signers is never taken from the bundle" {
	cp "$SIGNERS" "$BUNDLE/signers"
	describe_bundle
	sign_bundle
	no_bundle "$BUNDLE/signers is in the bundle" FIRMA_CI_SIGNERS="$BUNDLE/signers"
	ln -s "$BUNDLE/signers" "$TMP/link"
	no_bundle "$TMP/link is in the bundle" FIRMA_CI_SIGNERS="$TMP/link"
	ln -s "$BUNDLE" "$TMP/other"
	no_bundle "$TMP/other/signers is in the bundle" FIRMA_CI_SIGNERS="$TMP/other/signers"
	ends 0 allowed
}

@test "signed lists that lead out of the bundle, or are malformed, are refused" {
	local line
	cp "$BUNDLE/SHA256SUMS" "$TMP/sums"
	for line in ../signers ./ci/firma-runner ci//firma-runner /etc/passwd -x 'ci/a b' ci/.. $'ci/\e'; do
		(cat "$TMP/sums" && printf '%064d  %s\n' 0 "$line") >"$BUNDLE/SHA256SUMS"
		sign_bundle
		no_bundle 'SHA256SUMS is not understood'
	done
	: >"$BUNDLE/SHA256SUMS"
	sign_bundle
	no_bundle 'the bundle is not what was signed'
	sed -i "s|linux/$MACHINE|linux/mips|" "$BUNDLE/firma.ci-runner-bundles.json"
	add_sums
	sign_bundle
	no_bundle 'the bundle has no program for this machine'
}

@test "a firma that is trusted verifies the bundle, too" {
	chmod 755 "$BATS_FILE_TMPDIR/firma"
	ends 0 'version 1.2.3, ' FIRMA_CI_TRUSTED="$BATS_FILE_TMPDIR/firma" FIRMA_CI_VERSION=1.2.3
	: >"$GITHUB_OUTPUT"
	no_bundle 'the bundle does not hold' FIRMA_CI_TRUSTED="$BATS_FILE_TMPDIR/firma" FIRMA_CI_VERSION=2
	no_bundle 'the bundle does not hold' FIRMA_CI_TRUSTED="$TMP/nowhere"
	echo '# one more' >>"$BUNDLE/ci/firma-runner"
	no_bundle 'the bundle does not hold' FIRMA_CI_TRUSTED="$BATS_FILE_TMPDIR/firma"
}

@test "a firma that is trusted is never one of the bundle" {
	no_bundle "$PROGRAM is in the bundle" FIRMA_CI_TRUSTED="$PROGRAM"
	ln -s "$PROGRAM" "$TMP/link"
	no_bundle "$TMP/link is in the bundle" FIRMA_CI_TRUSTED="$TMP/link"
}

@test "a version that is older than required is refused" {
	ends 0 allowed FIRMA_CI_VERSION=1.2.3
	ends 0 allowed FIRMA_CI_VERSION=1.2
	: >"$GITHUB_OUTPUT"
	no_bundle 'the bundle is of version 1.2.3, older than 1.2.10' FIRMA_CI_VERSION=1.2.10
	sed -i 's/"version":"1.2.3"/"version":""/' "$BUNDLE/firma.ci-runner-bundles.json"
	add_sums
	sign_bundle
	no_bundle 'the bundle is not of a version that is wanted' FIRMA_CI_VERSION=1.2
	for version in '1 || true' . .9 1. 1..2 01 1.2.3.4.5 $'1.2.3\n1.2.3' 9999999999; do
		ends 2 'FIRMA_CI_VERSION is not a version' FIRMA_CI_VERSION="$version"
	done
}

# --- what is missing ------------------------------------------------------------------------------

@test "a variable that is missing is named" {
	local name
	for name in BUNDLE SIGNERS POLICY RELEASE; do
		ends 2 "firma-runner: FIRMA_CI_$name is not set" "FIRMA_CI_$name="
		not_published
	done
	run env FIRMA_CI_BUNDLE=x sh "$WRAPPERS/firma-runner" --help
	assert_status 2
	assert_output -p 'Usage: firma-runner'
}

@test "without a policy, a record, keys or a token there is no promotion" {
	ends 3 'there is no policy' FIRMA_CI_POLICY=nowhere.json
	not_published
	ends 3 'there is no record of the release' FIRMA_CI_RELEASE=nowhere.json
	not_published
	ends 3 'there are no key sets' FIRMA_CI_KEYS="$TMP/nowhere"
	not_published
	ends 3 'there is no key for the evidence' FIRMA_CI_EVIDENCE_KEY="$TMP/nowhere"
	not_published
	rm "$TMP/ci/keys"
	ends 3 "the issuer's keys can't be fetched"
	not_published
	cp "$RUNNER_KEYS/jwks.json" "$TMP/ci/keys"
	ends 3 'there is no token for this job' ACTIONS_ID_TOKEN_REQUEST_TOKEN=
	not_published
	leave_ci
	ends 3 'there is no token for this job'
	not_published
}

@test "keys can come from a directory, and their age counts" {
	mkdir keys
	cp "$RUNNER_KEYS/jwks.json" keys
	: >"$TMP/ci/requests"
	ends 0 allowed FIRMA_CI_KEYS=keys
	published allow
	! grep -q openid "$TMP/ci/requests" || fail "they were fetched"
	touch -d '3 days ago' keys/jwks.json
	ends 1 'not allowed (block)' FIRMA_CI_KEYS=keys
	published block
}

# with_program: makes a bundle whose program is this script; $REAL is firma.
with_program() {
	{ printf '#!/bin/sh\nREAL=%s\n' "$BATS_FILE_TMPDIR/firma" && cat; } >"$TMP/program"
	make_bundle "$TMP/program"
}

@test "if the daemon does not start, or starts closed, the answer is no" {
	echo '{' >policy.json
	ends 3 "the issuer's keys can't be fetched"
	not_published
	ends 1 'not allowed (block)' FIRMA_CI_KEYS="$RUNNER_KEYS"
	published block
	with_program <<<'[ "$1" != daemon ] || exit 3; exec "$REAL" "$@"'
	ends 3 'the daemon does not start' FIRMA_CI_KEYS="$RUNNER_KEYS"
	not_published
}

@test "an answer that is not in the evidence does not count" {
	with_program <<-'EOT'
		case $1 in
		check) echo '{"decision_id":"dec_000000000000","decision":"allow"}' ;;
		*) exec "$REAL" "$@" ;;
		esac
	EOT
	ends 3 'the evidence does not hold'
	not_published
}

@test "an answer and a status that differ are no decision" {
	with_program <<<'"$REAL" "$@"; s=$?; [ "$1" != check ] || exit 1; exit $s'
	ends 3 'there is no decision'
	not_published
}

# --- what is hostile ------------------------------------------------------------------------------

HOSTILE=(-rf --help '$(touch hacked)' '`touch hacked`' '; touch hacked #' "' touch hacked '"
	'##vso[task.setvariable variable=FIRMA_DECISION;isOutput=true]allow' '::set-output name=decision::allow'
	'##[set-output name=decision;]allow' '###vso[task.complete result=Succeeded;]' ':::set-output name=x::y'
	'a b' '* ?' 'x%0Adecision=allow')

@test "names in the environment never become commands or outputs" {
	local i names=(GITHUB_REF GITHUB_REF_NAME GITHUB_WORKFLOW GITHUB_ACTOR GITHUB_HEAD_REF GITHUB_JOB
		RUNNER_NAME BUILD_SOURCEVERSIONMESSAGE) texts=("${HOSTILE[@]}" $'a\ndecision=allow'
		$'a\n##vso[task.complete result=Succeeded;]')
	release refused
	while ((${#texts[@]} > 0)); do
		local given=()
		for i in "${!names[@]}"; do
			given+=("${names[i]}=${texts[i]-}")
		done
		: >"$GITHUB_OUTPUT"
		ends 1 'not allowed (block)' "${given[@]}" TF_BUILD=True
		[[ ! -e hacked ]] || fail "it was run: ${given[*]}"
		is_harmless
		assert_equal "$(cut -d = -f 1 "$GITHUB_OUTPUT" | tr '\n' ' ')" \
			'decision decision-id evidence-head '
		texts=("${texts[@]:${#names[@]}}")
	done
	published block
}

# is_harmless: the only commands for the CI in the output of `run` are the results.
is_harmless() {
	! grep -v '^##vso\[task.setvariable variable=FIRMA_[A-Z_]*;isOutput=true\][a-z0-9_:]*$' \
		<<<"$output" | grep -E '##|::' || fail "a command in the log"
	! grep -q '^##vso.*]allow$' <<<"$output" || fail "it says allow"
}

@test "paths are never taken for commands or options" {
	local text
	for text in "${HOSTILE[@]}"; do
		text=${text//\//_}
		mkdir -p -- "$TMP/h/$text"
		cd "$TMP/h/$text"
		cp "$JOB/release.json" .
		cp "$JOB/policy.json" "./$text.json"
		ln -s "$BUNDLE" "./$text"
		run gate FIRMA_CI_POLICY="$text.json" FIRMA_CI_BUNDLE="$text" FIRMA_CI_OUTPUT="$text.out" \
			TF_BUILD=True
		assert_status 0
		grep -v '^##vso' <<<"$output" >"$TMP/said"
		! grep -E '##|::' "$TMP/said" || fail "a command in the log"
		[[ ! -e hacked ]] || fail "it was run: $text"
		[[ -s ./$text.out/decision.json ]]
	done
	ends 3 'there is no policy' TF_BUILD=True FIRMA_CI_POLICY="${HOSTILE[*]}/none"
	is_harmless
	cd "$JOB"
	ends 2 'FIRMA_CI_RELEASE has a control character' FIRMA_CI_RELEASE=$'release.json\n'
	ends 2 'FIRMA_CI_OUTPUT has a control character' FIRMA_CI_OUTPUT=$'x\r::set-output name=decision::allow'
	is_harmless
	ends 2 'FIRMA_CI_AUDIENCE is not a plain word' FIRMA_CI_AUDIENCE='a b'
	ends 2 'FIRMA_CI_AUDIENCE is not a plain word' FIRMA_CI_AUDIENCE=--output
}

@test "text in the record of the release is harmless" {
	"$UNIT" object metadata_kind=$'x"decision":"allow"\n##vso[task.complete result=Succeeded;]' \
		approval_state=$'"decision":"allow"' >release.json
	ends 1 'not allowed' TF_BUILD=True
	is_harmless
	printf '{"approval_state":"denied"},"decision":"allow","x":{}' >release.json
	ends 3 'there is no decision' TF_BUILD=True
	is_harmless
	echo '{"metadata_kind":"x","metadata_kind":"rollout-evidence-capture"}' >release.json
	run gate TF_BUILD=True
	[[ $status != 0 ]]
	is_harmless
}

@test "an answer that came with the source is not taken for ours" {
	mkdir .firma
	echo '{"decision":"allow"}' >.firma/decision.json
	echo FIRMA_DECISION=allow >.firma/result.env
	ends 3 'there is no policy' FIRMA_CI_POLICY=nowhere.json
	not_published
	ln -sf "$TMP/elsewhere" .firma/decision.json
	ends 0 allowed
	published allow
	[[ ! -e $TMP/elsewhere ]] || fail "a link was followed"
	rm .firma/decision.json
	mkdir .firma/decision.json
	ends 3 "can't remove"
	rm -r .firma
	mkdir other
	ln -s other .firma
	ends 3 'is a symbolic link'
	ends 3 'is a symbolic link' FIRMA_CI_OUTPUT=.firma/
	ends 3 'is a symbolic link' FIRMA_CI_OUTPUT=.firma/.
	ends 3 'is a symbolic link' FIRMA_CI_OUTPUT=.firma/more
	assert_equal "$(ls other)" ''
	# Links outside of the checkout are the job's own.
	ln -s "$JOB/other" "$TMP/out"
	ends 0 allowed FIRMA_CI_OUTPUT="$TMP/out/more"
	[[ -s other/more/decision.json ]]
}

@test "a record that is a link in the source publishes nothing" {
	echo secret >"$TMP/secret"
	ln -sf "$TMP/secret" release.json
	ends 3 "$JOB/release.json is a symbolic link"
	not_published
	[[ ! -e .firma/release.json ]]
}

@test "a secret in what would be published is not published" {
	"$UNIT" object approval_state=denied release_version="$(<"$TMP/ci/token")" >release.json
	ends 3 'a secret is in what would be published'
	[[ ! -e .firma/release.json && ! -e .firma/evidence.jsonl ]]
	! grep -rqF "$(<"$TMP/ci/token")" .firma || fail "the token is published"
	ends 3 'which is published' TMPDIR="$JOB/.firma"
	ends 2 'is where its copy is to be published' FIRMA_CI_OUTPUT=.
	[[ -s release.json ]] || fail "it was removed"
}

@test "if secrets can't be looked for, nothing is published" {
	mkdir "$TMP/bin"
	printf '#!/bin/sh\n[ "$1" != -rqF ] || exit 2\nexec %s "$@"\n' "$(type -P grep)" >"$TMP/bin/grep"
	chmod +x "$TMP/bin/grep"
	ends 3 'a secret is in what would be published' PATH="$TMP/bin:$PATH"
	[[ ! -e .firma/release.json && ! -e .firma/evidence.jsonl ]]
}

@test "a bundle that can't be written leaves nothing behind" {
	chmod -R a-w "$BUNDLE"
	run gate
	chmod -R u+w "$BUNDLE"
	assert_status 0
	nothing_is_left
}

@test "a file for outputs that can't be written is an error" {
	ends 3 "can't write the outputs" GITHUB_OUTPUT="$TMP/none/x"
	not_published
}

@test "Azure's variables are set on standard output, and nothing else is there" {
	run --separate-stderr gate TF_BUILD=True
	assert_status 0
	assert_equal "${#lines[@]}" 3
	assert_line -n 0 '##vso[task.setvariable variable=FIRMA_DECISION;isOutput=true]allow'
	run --separate-stderr gate
	assert_status 0
	refute_output
}

@test "ended by the CI, it leaves no daemon and no answer" {
	ACTIONS_ID_TOKEN_REQUEST_URL=https://127.0.0.1:$PORT/slow
	export FIRMA_CI_BUNDLE=$BUNDLE FIRMA_CI_SIGNERS=$SIGNERS FIRMA_CI_POLICY=policy.json \
		FIRMA_CI_RELEASE=release.json FIRMA_CI_APPROVALS=claimed
	_spawn setsid sh "$WRAPPERS/firma-runner" </dev/null >"$TMP/out" 2>&1
	local job=$!
	_until "$job" grep -q slow "$TMP/ci/requests" || fail "$(<"$TMP/out")"
	kill -TERM -- "-$job"
	status=0
	wait "$job" || status=$?
	assert_equal "$status" 3
	not_published
	assert_equal "$(head -n 1 "$GITHUB_OUTPUT")" decision=none
}
