# SPDX-License-Identifier: ISC
# shellcheck shell=bash
#
# Gates of CI jobs, for the files that load it after lib, runner, ci and https: a bundle that is signed,
# an issuer of tokens at $PORT, and what a job has in its checkout, $JOB. The program and its clock are
# those that are installed.

# shellcheck disable=SC2034,SC2119,SC2120,SC2154 # some variables are for the tests, or those of bats

WRAPPERS=$(cd "${BASH_SOURCE[0]%/*}/../ci" && pwd)
MANIFEST_MAKER=$WRAPPERS/../release/manifest

# describe_bundle, sign_bundle: the two lists of $BUNDLE, and the signature of the first.
describe_bundle() {
	cd "$BUNDLE" || return
	find . -type f ! -name 'SHA256SUMS*' ! -name 'firma.ci-runner-bundles.*' | sed 's|^\./||' | sort |
		while read -r path; do
			case $path in
			firma-linux-*) echo "binary 1.2.3 linux/$MACHINE github-actions $path" ;;
			lib/*) echo "library 1.7.15 linux/$MACHINE github-actions $path" ;;
			*) echo "wrapper 1.2.3 - gitlab-ci $path" ;;
			esac
		done | "$MANIFEST_MAKER" . 1.2.3 0123abcd >"$TMP/manifest"
	mv "$TMP/manifest" firma.ci-runner-bundles.json
	add_sums
	cd - >/dev/null || return
}

add_sums() {
	(cd "$BUNDLE" && find . -type f ! -name 'SHA256SUMS*' -printf '%P\n' | sort | xargs sha256sum >"$TMP/sums")
	mv "$TMP/sums" "$BUNDLE/SHA256SUMS"
}

# sign_bundle [NAMESPACE] [KEY]
sign_bundle() {
	rm -f "$BUNDLE/SHA256SUMS.sig"
	ssh-keygen -q -Y sign -n "${1-firma.release}" -f "${2-$BATS_FILE_TMPDIR/release.key}" \
		"$BUNDLE/SHA256SUMS" 2>/dev/null
}

# make_bundle [PROGRAM]: $BUNDLE, and $SIGNERS, who may sign it. $PROGRAM is the program in it.
make_bundle() {
	MACHINE=amd64
	[[ $(uname -m) != aarch64 ]] || MACHINE=arm64
	BUNDLE=$TMP/bundle SIGNERS=$TMP/signers
	PROGRAM=$BUNDLE/firma-linux-$MACHINE
	rm -rf "$BUNDLE"
	mkdir -p "$BUNDLE/lib/linux-$MACHINE"
	echo 'a library' >"$BUNDLE/lib/linux-$MACHINE/libcjson.so.1"
	ln "${1-$BATS_FILE_TMPDIR/firma}" "$PROGRAM"
	cp -R "$WRAPPERS" "$BUNDLE/ci" && chmod -R u+w "$BUNDLE/ci"
	describe_bundle
	sign_bundle
	echo "releases namespaces=\"firma.release\" $(<"$BATS_FILE_TMPDIR/release.key.pub")" >"$SIGNERS"
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
	release promotion
}

# write_gate_policy CI: the example for this CI, with the test's issuer.
write_gate_policy() {
	python3 - "$WRAPPERS/examples/policy-$1.json" "$RUNNER_ISSUER" "$2" >"$JOB/policy.json" <<-'EOT'
		import json, sys
		p = json.load(open(sys.argv[1]))
		p["runners"]["oidc"][0].update({"issuer": sys.argv[2], "provider": sys.argv[3],
		                                "jwks": "jwks.json"})
		print(json.dumps(p))
	EOT
}

# release NAME: the record of the release is that of the example.
release() {
	cp "$WRAPPERS/examples/$1.json" "$JOB/release.json"
}

# give_token [PYTHON]: what the CI gives to the job; the expression changes the claims, c.
give_token() {
	make_token "$CLAIMS"$'\n'"${1-}" | tr -d '\n' >"$TMP/ci/token"
	[[ ! ${FIRMA_ID_TOKEN-} ]] || FIRMA_ID_TOKEN=$(<"$TMP/ci/token")
}

# at_github, at_gitlab, at_azure: a job there, which is one that the example's policy lets pass.
at_github() {
	enter_ci github-actions
	write_gate_policy github github-actions
	export ACTIONS_ID_TOKEN_REQUEST_URL=https://127.0.0.1:$PORT/good \
		ACTIONS_ID_TOKEN_REQUEST_TOKEN=the-secret-of-the-job
	export GITHUB_OUTPUT=$TMP/github-output
	: >"$GITHUB_OUTPUT"
	CLAIMS='c.update({"event_name": "workflow_dispatch", "environment": "production"})'
	give_token
}

# Neither has GitHub's claims.
OTHER_CLAIMS='c = {k: c[k] for k in ("iss", "aud", "iat", "nbf", "exp", "jti", "sub")}'

at_gitlab() {
	enter_ci gitlab-ci
	write_gate_policy gitlab gitlab-ci
	CLAIMS=$OTHER_CLAIMS'
c.update({"project_id": "22", "project_path": "group/app", "ref": "main", "ref_protected": "true",
	"environment": "production",
	"pipeline_id": "5", "job_id": "6", "user_login": "kim", "sha": "abcd"})'
	export FIRMA_ID_TOKEN=some
	give_token
}

at_azure() {
	enter_ci azure-pipelines
	write_gate_policy azure azure-pipelines
	CLAIMS=$OTHER_CLAIMS'
c.update({"aud": "api://AzureADTokenExchange", "org_id": "5f0c2a9e-1b7d-4b51-8a2b-0d6b8c7f1e33",
	"prj_id": "c1d9b7a4-93d5-44a6-9d0f-2f6a8b1c0e77", "def_id": "3", "rpo_ref": "refs/heads/main",
	"sub": "p://org/project/promote", "rpo_ver": "abcd", "run_id": "4"})'
	export SYSTEM_OIDCREQUESTURI=https://127.0.0.1:$PORT/good SYSTEM_ACCESSTOKEN=the-secret-of-the-job
	give_token
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

# --- steps, cut out of the templates --------------------------------------------------------------

# cut_script FILE: the script of its one step that has one.
cut_script() {
	awk '
		/^ *(- )?(run|bash): / && !/\|$/ { sub(/^ *(- )?(run|bash): /, ""); print; next }
		/^ *(- )?(run|bash): \|$/ || /^    - \|$/ { inside = 1; next }
		inside && margin == "" { match($0, /^ */); margin = substr($0, 1, RLENGTH) }
		inside && index($0, margin) != 1 { exit }
		inside { print substr($0, length(margin) + 1) }
	' "$1"
}

# list_environment FILE: a line for each variable that is an input: NAME INPUT.
list_environment() {
	sed -n -E 's/^ +([A-Z_]+): \$\{\{ (inputs|parameters)\.([A-Za-z-]+) \}\}$/\1 \3/p' "$1"
}

# input NAME [NAME=VALUE...]: what the job gives for this input, or its default.
input() {
	local name=$1 pair
	local -A given=([bundle]=$BUNDLE [signers]=$SIGNERS [policy]=policy.json [release]=release.json
		[approvals]=claimed [output]=.firma [audience]=firma)

	shift
	for pair; do
		given[${pair%%=*}]=${pair#*=}
	done
	printf %s "${given[$name]-}"
}

# run_github, run_gitlab, run_azure [INPUT=VALUE...]: the step, as the CI's runner runs a script.
run_github() {
	local variables=() name input

	while read -r name input; do
		variables+=("$name=$(input "$input" "$@")")
	done < <(list_environment "$WRAPPERS/github/action.yml")
	cut_script "$WRAPPERS/github/action.yml" >"$TMP/step"
	env "${variables[@]}" GITHUB_ACTION_PATH="$WRAPPERS/github" \
		bash --noprofile --norc -e -o pipefail "$TMP/step"
}

run_azure() {
	local variables=(FIRMA_CI_AUDIENCE="$(sed -n 's/.*FIRMA_CI_AUDIENCE: //p' "$WRAPPERS/azure/gate.yml")")
	local name input

	while read -r name input; do
		variables+=("$name=$(input "$input" "$@")")
	done < <(list_environment "$WRAPPERS/azure/gate.yml")
	cut_script "$WRAPPERS/azure/gate.yml" >"$TMP/step"
	env "${variables[@]}" bash --noprofile --norc "$TMP/step"
}

run_gitlab() {
	local name script

	script=$(cut_script "$WRAPPERS/gitlab/gate.yml")
	for name in bundle signers policy release version approvals audience keys evidence-key trusted output; do
		script=${script//"\$[[ inputs.$name ]]"/$(input "$name" "$@")}
	done
	(echo 'set -eo pipefail' && printf '%s\n' "$script") >"$TMP/step"
	bash "$TMP/step"
}
