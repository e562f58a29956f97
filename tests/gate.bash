# SPDX-License-Identifier: ISC
# shellcheck shell=bash
#
# Gates of CI jobs, for the files that load it after lib, runner, ci and https: a bundle that is signed,
# an issuer of tokens at $PORT, and what a job has in its checkout, $JOB. The program and its clock are
# those that are installed.

# shellcheck disable=SC2034,SC2119,SC2120,SC2154 # some variables are for the tests, or those of bats

WRAPPERS=$BATS_TEST_DIRNAME/../ci
[[ -d $WRAPPERS ]] || WRAPPERS=$BATS_TEST_DIRNAME/../../ci

# sign_bundle DIR: its sums, and their signature.
sign_bundle() {
	local bundle=$1

	(
		cd "$bundle" || exit
		rm -f SHA256SUMS SHA256SUMS.sig
		find . -type f | sed 's|^\./||' | sort | xargs -d '\n' sha256sum >"$TMP/sums"
		mv "$TMP/sums" SHA256SUMS
		ssh-keygen -q -Y sign -n firma.release -f "$BATS_FILE_TMPDIR/release.key" SHA256SUMS
	) 2>/dev/null
}

# make_bundle: $BUNDLE, and $SIGNERS, who may sign it.
make_bundle() {
	local machine=amd64

	[[ $(uname -m) != aarch64 ]] || machine=arm64
	BUNDLE=$TMP/bundle SIGNERS=$TMP/signers
	mkdir -p "$BUNDLE/linux-$machine" "$BUNDLE/ci"
	ln "$BATS_FILE_TMPDIR/firma" "$BUNDLE/linux-$machine/firma"
	cp -R "$WRAPPERS/." "$BUNDLE/ci"
	echo '{"format":"firma.ci-runner-bundles.v1","version":"1.2.3","files":[]}' \
		>"$BUNDLE/firma.ci-runner-bundles.json"
	sign_bundle "$BUNDLE"
	echo "releases namespaces=\"firma.release\" $(cat "$BATS_FILE_TMPDIR/release.key.pub")" >"$SIGNERS"
}

# For setup_file.
make_gate_keys() {
	make_runner_keys
	make_authority
	ssh-keygen -q -t ed25519 -N '' -C '' -f "$BATS_FILE_TMPDIR/release.key"
	install -m 755 "$FIRMA_SHIPPED" "$BATS_FILE_TMPDIR/firma"
}

# use_gate [PROVIDER]: for setup, after lib_setup.
use_gate() {
	leave_ci
	use_runners
	make_bundle
	start_server
	cp "$RUNNER_KEYS/jwks.json" "$TMP/ci/keys"
	RUNNER_ISSUER=https://127.0.0.1:$PORT/good
	export NO_PROXY='*' CURL_CA_BUNDLE=$BATS_FILE_TMPDIR/authority.pem
	export TMPDIR=$TMP/tmp
	JOB=$TMP/job
	mkdir "$TMPDIR" "$JOB"
	cd "$JOB" || return
	write_gate_policy
	release promotion
	give_token
}

# write_gate_policy [PYTHON]: releases are for this repository's runner alone.
write_gate_policy() {
	print_issuer "i.update({'provider': 'github-actions', 'jwks': 'jwks.json'}); ${1-}" >"$TMP/issuer"
	printf '{"default_action": "deny", "runners": {"required": ["release"], "oidc": [%s]}}\n' \
		"$(<"$TMP/issuer")" >"$JOB/policy.json"
}

# release NAME: the record of the release is that of the example.
release() {
	cp "$WRAPPERS/examples/$1.json" "$JOB/release.json"
}

# give_token [PYTHON]: what the CI gives to the job; the expression changes the claims, c.
give_token() {
	make_token "${1-}" | tr -d '\n' >"$TMP/ci/token"
}

# at_github: a job there.
at_github() {
	enter_ci github-actions
	export ACTIONS_ID_TOKEN_REQUEST_URL=https://127.0.0.1:$PORT/good \
		ACTIONS_ID_TOKEN_REQUEST_TOKEN=the-secret-of-the-job
	export GITHUB_OUTPUT=$TMP/github-output
	: >"$GITHUB_OUTPUT"
}

# gate [NAME=VALUE...]: the wrapper, with what it is told by these and by the job's checkout.
gate() {
	env FIRMA_CI_BUNDLE="$BUNDLE" FIRMA_CI_SIGNERS="$SIGNERS" FIRMA_CI_POLICY=policy.json \
		FIRMA_CI_RELEASE=release.json FIRMA_CI_APPROVALS=claimed "$@" sh "$WRAPPERS/firma-runner"
}

# published DECISION: what was published has this decision, and holds; it has no secret.
published() {
	local file

	assert_equal "$(sed -n 's/^FIRMA_DECISION=//p' .firma/result.env)" "$1"
	assert_equal "$("$UNIT" get decision <.firma/decision.json)" "$1"
	run firma evidence verify --head "$(sed -n 's/^FIRMA_EVIDENCE_HEAD=//p' .firma/result.env)" \
		.firma/evidence.jsonl
	assert_status 0
	! grep -rqF -e "$(<"$TMP/ci/token")" -e the-secret-of-the-job .firma ||
		fail "a secret is published"
	nothing_is_left
}

# not_published: no decision.
not_published() {
	[[ ! -e .firma/decision.json ]] || fail "there is a decision: $(<.firma/decision.json)"
	[[ ! -e .firma/result.env ]] || assert_equal "$(head -n 1 .firma/result.env)" FIRMA_DECISION=none
	nothing_is_left
}

# nothing_is_left: no private directory, and no daemon.
nothing_is_left() {
	assert_equal "$(ls "$TMPDIR")" ''
	! grep -q "$TMPDIR/firma-runner" /proc/net/unix || fail "a daemon is left"
}
