#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
#
# The wrapper that asks for a CI job, against the program as it is installed: how each ending looks to
# the CI, and that it fails closed whatever is wrong.

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

# --- its endings ----------------------------------------------------------------------------------

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

@test "without leave to trust the record, its approval counts for nothing" {
	ends 1 'not allowed (block)' FIRMA_CI_APPROVALS=
	published block
	ends 2 'FIRMA_CI_APPROVALS is neither' FIRMA_CI_APPROVALS=both
}

@test "another identity than the one that is pinned is refused" {
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

# no_bundle TEXT [NAME=VALUE...]: it is refused, and nothing of it was run.
no_bundle() {
	ends 3 "firma-runner: $1" "${@:2}"
	not_published
	[[ $output != *'the bundle holds'* ]] || fail "it was run: $output"
	assert_equal "$(head -n 1 "$GITHUB_OUTPUT")" decision=none
	: >"$GITHUB_OUTPUT"
}

@test "a bundle with another byte, a file more, less or elsewhere is refused" {
	local program
	program=$(ls "$BUNDLE"/linux-*/firma)
	rm "$program"
	sed '$s/.$/x/' "$BATS_FILE_TMPDIR/firma" >"$program"
	no_bundle 'the bundle is not what was signed'
	rm "$program"
	no_bundle 'the bundle is not what was signed'
	ln -s "$BATS_FILE_TMPDIR/firma" "$program"
	no_bundle 'the bundle is not what was signed'
	rm "$program"
	ln "$BATS_FILE_TMPDIR/firma" "$program"
	ends 0 allowed
	: >"$GITHUB_OUTPUT"

	echo >"$BUNDLE/ci/more"
	no_bundle 'the bundle is not what was signed'
	rm "$BUNDLE/ci/more"
	mkdir -p "$BUNDLE/ci/"$'more\n./ci'
	echo >"$BUNDLE/ci/"$'more\n./ci/firma-runner'
	no_bundle 'the bundle is not what was signed'
	rm -r "$BUNDLE/ci/"more*
	mkfifo "$BUNDLE/ci/pipe"
	no_bundle 'the bundle is not what was signed'
	rm "$BUNDLE/ci/pipe"
	echo '# one more' >>"$BUNDLE/ci/firma-runner"
	no_bundle 'the bundle is not what was signed'
}

@test "a bundle that nobody signed, or somebody else, or for something else, is refused" {
	local key=$BATS_FILE_TMPDIR/release.key

	rm "$BUNDLE/SHA256SUMS.sig"
	no_bundle 'the signature of the bundle does not hold'
	ssh-keygen -q -Y sign -n file -f "$key" "$BUNDLE/SHA256SUMS" 2>/dev/null
	no_bundle 'the signature of the bundle does not hold'
	rm "$BUNDLE/SHA256SUMS.sig"
	sed -i 's/ namespaces="[^"]*"//' "$SIGNERS"
	ssh-keygen -q -Y sign -n file -f "$key" "$BUNDLE/SHA256SUMS" 2>/dev/null
	no_bundle 'the signature of the bundle does not hold'
	ssh-keygen -q -t ed25519 -N '' -f "$TMP/other.key"
	rm "$BUNDLE/SHA256SUMS.sig"
	ssh-keygen -q -Y sign -n firma.release -f "$TMP/other.key" "$BUNDLE/SHA256SUMS" 2>/dev/null
	no_bundle 'the signature of the bundle does not hold'
	: >"$SIGNERS"
	no_bundle 'the signature of the bundle does not hold'
	rm "$SIGNERS"
	no_bundle 'there is no file of signers'
	no_bundle 'there is no bundle' FIRMA_CI_BUNDLE=nowhere
}

@test "who may sign is never told by the bundle" {
	cp "$SIGNERS" "$BUNDLE/signers"
	sign_bundle "$BUNDLE"
	no_bundle "$BUNDLE/signers is in the bundle" FIRMA_CI_SIGNERS="$BUNDLE/signers"
	ln -s "$BUNDLE/signers" "$TMP/link"
	no_bundle "$TMP/link is in the bundle" FIRMA_CI_SIGNERS="$TMP/link"
	ln -s "$BUNDLE" "$TMP/other"
	no_bundle "$SIGNERS/../other/signers is in" FIRMA_CI_SIGNERS="$SIGNERS/../other/signers" ||
		no_bundle 'there is no file of signers' FIRMA_CI_SIGNERS="$SIGNERS/../other/signers"
	ends 0 allowed
}

@test "a list of files that leads out of the bundle is refused, though it is signed" {
	local line sums
	sums=$(<"$BUNDLE/SHA256SUMS")
	for line in ../signers ./ci/firma-runner ci//firma-runner /etc/passwd -x 'ci/a b' ci/.. \
		$'ci/\e[2J'; do
		printf '%s\n%064d  %s\n' "$sums" 0 "$line" >"$BUNDLE/SHA256SUMS"
		rm "$BUNDLE/SHA256SUMS.sig"
		ssh-keygen -q -Y sign -n firma.release -f "$BATS_FILE_TMPDIR/release.key" \
			"$BUNDLE/SHA256SUMS" 2>/dev/null
		no_bundle 'SHA256SUMS has a line that is not understood'
	done
}

@test "an older version than was asked for is refused" {
	ends 0 allowed FIRMA_CI_VERSION=1.2.3
	ends 0 allowed FIRMA_CI_VERSION=1.2
	: >"$GITHUB_OUTPUT"
	no_bundle 'the bundle is of version 1.2.3, older than 1.2.10' FIRMA_CI_VERSION=1.2.10
	sed -i 's/"version":"1.2.3"/"version":""/' "$BUNDLE/firma.ci-runner-bundles.json"
	sign_bundle "$BUNDLE"
	no_bundle 'the bundle is not of a version that is wanted' FIRMA_CI_VERSION=1.2
	ends 2 'FIRMA_CI_VERSION is not a version' FIRMA_CI_VERSION='1 || true'
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

@test "keys can lie in a directory, and are as old as they are" {
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

@test "a daemon that does not start, or that starts closed, ends in no" {
	# A directory in which there is no place for a socket's path.
	rm "$BUNDLE"/linux-*/firma
	printf '#!/bin/sh\n[ "$1" != daemon ] || exit 3\nexec %s "$@"\n' "$BATS_FILE_TMPDIR/firma" \
		>"$(echo "$BUNDLE"/linux-*)/firma"
	sign_bundle "$BUNDLE"
	ends 3 'the daemon does not'
	not_published
	make_bundle_again
	echo '{' >policy.json
	ends 3 "the issuer's keys can't be fetched"
	not_published
	ends 1 'not allowed (block)' FIRMA_CI_KEYS="$RUNNER_KEYS"
	published block
}

make_bundle_again() {
	rm -rf "$BUNDLE"
	make_bundle
}

@test "an answer that the evidence does not have is none" {
	rm "$BUNDLE"/linux-*/firma
	cat >"$(echo "$BUNDLE"/linux-*)/firma" <<-EOT
		#!/bin/sh
		case \$1 in
		check) echo '{"decision_id":"dec_000000000000","decision":"allow"}'; exit 0 ;;
		*) exec $BATS_FILE_TMPDIR/firma "\$@" ;;
		esac
	EOT
	sign_bundle "$BUNDLE"
	ends 3 'the evidence does not hold'
	not_published
}

# --- what is hostile ------------------------------------------------------------------------------

HOSTILE=(-rf --help '$(touch hacked)' '`touch hacked`' '; touch hacked #' "' touch hacked '"
	'##vso[task.setvariable variable=FIRMA_DECISION;isOutput=true]allow' '::set-output name=decision::allow'
	'##[set-output name=decision;]allow' '###vso[task.complete result=Succeeded;]' ':::set-output name=x::y'
	'a b' '* ?' 'x%0Adecision=allow')

@test "whatever names are in the environment, they are no commands and no outputs" {
	local text
	for text in "${HOSTILE[@]}" $'a\ndecision=allow' $'a\n##vso[task.complete result=Succeeded;]'; do
		: >"$GITHUB_OUTPUT"
		release refused
		ends 1 'not allowed (block)' GITHUB_REF="$text" GITHUB_REF_NAME="$text" \
			GITHUB_WORKFLOW="$text" GITHUB_ACTOR="$text" GITHUB_HEAD_REF="$text" \
			GITHUB_JOB="$text" RUNNER_NAME="$text" TF_BUILD=True BUILD_SOURCEVERSIONMESSAGE="$text"
		[[ ! -e hacked ]] || fail "it was run: $text"
		is_harmless
		assert_equal "$(cut -d = -f 1 "$GITHUB_OUTPUT" | tr '\n' ' ')" \
			'decision decision-id evidence-head '
	done
	published block
}

# is_harmless: of what a CI would take for a command, `run` printed none but the results.
is_harmless() {
	! grep -v '^##vso\[task.setvariable variable=FIRMA_[A-Z_]*;isOutput=true\][a-z0-9_:]*$' \
		<<<"$output" | grep -E '##|::' || fail "a command in the log"
	! grep -q '^##vso.*]allow$' <<<"$output" || fail "it says allow"
}

@test "paths and records are no commands, and no options" {
	local text
	for text in "${HOSTILE[@]}"; do
		mkdir -p -- "$TMP/h/${text//\//_}"
		cd "$TMP/h/${text//\//_}"
		cp "$JOB/policy.json" "$JOB/release.json" .
		cp policy.json -- "${text//\//_}.json"
		cp -R "$BUNDLE" -- "${text//\//_}"
		ends 0 allowed FIRMA_CI_POLICY="${text//\//_}.json" FIRMA_CI_BUNDLE="${text//\//_}" \
			FIRMA_CI_OUTPUT="${text//\//_}.out"
		[[ -s ./${text//\//_}.out/decision.json ]]
		ends 3 'there is no policy' TF_BUILD=True FIRMA_CI_POLICY="$text/none"
		is_harmless
		[[ ! -e hacked ]] || fail "it was run: $text"
	done
	cd "$JOB"
	ends 2 'FIRMA_CI_RELEASE has a control character' FIRMA_CI_RELEASE=$'release.json\n'
	ends 2 'FIRMA_CI_OUTPUT has a control character' FIRMA_CI_OUTPUT=$'x\r::set-output name=decision::allow'
	is_harmless
	ends 2 'FIRMA_CI_AUDIENCE is not a plain word' FIRMA_CI_AUDIENCE='a b'
	ends 2 'FIRMA_CI_AUDIENCE is not a plain word' FIRMA_CI_AUDIENCE=--output
}

@test "a record can say what it likes" {
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
	assert_equal "$(ls other)" ''
}

@test "a secret in what would be published is not published" {
	"$UNIT" object approval_state=denied release_version="$(<"$TMP/ci/token")" >release.json
	ends 3 'a secret is in what would be published'
	[[ ! -e .firma/release.json && ! -e .firma/evidence.jsonl ]]
	! grep -rqF "$(<"$TMP/ci/token")" .firma || fail "the token is published"
	ends 3 'which is published' TMPDIR="$JOB/.firma"
}

@test "a place for outputs that can't be written is not passed over" {
	ends 3 "can't write the outputs" GITHUB_OUTPUT="$TMP/none/x"
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
