# SPDX-License-Identifier: ISC
# shellcheck shell=bash
#
# An issuer of runners' tokens, made of openssl. A test finds:
#   RUNNER_KEYS  a directory with keys: NAME.pem, and jwks.json, the key set of those published
#   RUNNER_NOW   the time by the tests' clock, s since 1970

# shellcheck disable=SC2034,SC2119,SC2120,SC2154 # some variables are for the tests, or those of bats

RUNNER_ISSUER=https://token.actions.githubusercontent.com

# base64url < BYTES
base64url() {
	openssl base64 -A | tr '+/' '-_' | tr -d =
}

# make_runner_key NAME [BITS]
make_runner_key() {
	openssl genrsa -out "$RUNNER_KEYS/$1.pem" "${2-2048}" 2>/dev/null
}

# print_jwk NAME [MEMBERS]: the public half, as a member of a key set.
print_jwk() {
	local n

	n=$(openssl rsa -in "$RUNNER_KEYS/$1.pem" -noout -modulus 2>/dev/null)
	n=$(python3 -c 'import sys; sys.stdout.buffer.write(bytes.fromhex(sys.argv[1]))' "${n#*=}" |
		base64url)
	printf '{"kty":"RSA","kid":"%s","n":"%s","e":"AQAB"%s}' "$1" "$n" "${2-}"
}

# publish_runner_keys NAME...: replaces the key set.
publish_runner_keys() {
	local name comma=

	{
		printf '{"keys":['
		for name; do
			printf '%s' "$comma"
			print_jwk "$name"
			comma=,
		done
		printf ']}\n'
	} >"$RUNNER_KEYS/jwks.new"
	mv "$RUNNER_KEYS/jwks.new" "$RUNNER_KEYS/jwks.json"
}

# sign_token NAME HEADER CLAIMS: a token of any content.
sign_token() {
	local signed

	signed=$(printf %s "$2" | base64url).$(printf %s "$3" | base64url)
	printf '%s.%s' "$signed" \
		"$(printf %s "$signed" | openssl dgst -sha256 -sign "$RUNNER_KEYS/$1.pem" | base64url)"
}

# print_claims [PYTHON]: the claims of a job on GitHub; the expression changes the dictionary c.
print_claims() {
	python3 - "$RUNNER_NOW" "$RUNNER_ISSUER" "${1-}" <<-'EOT'
		import json, sys, uuid
		now, change = int(sys.argv[1]), sys.argv[3]
		c = {"iss": sys.argv[2], "aud": "firma", "iat": now - 10, "nbf": now - 310,
		     "exp": now + 290, "jti": str(uuid.uuid4()), "sub": "repo:octo/app:ref:refs/heads/main",
		     "repository": "octo/app", "repository_id": "8231", "repository_owner_id": "17",
		     "ref": "refs/heads/main", "ref_type": "branch", "sha": "0" * 40, "run_id": "77",
		     "run_attempt": "1", "actor": "octo", "workflow": "Release",
		     "workflow_ref": "octo/app/.github/workflows/release.yml@refs/heads/main",
		     "event_name": "push", "runner_environment": "github-hosted"}
		exec(change)
		print(json.dumps(c), end="")
	EOT
}

# make_token [PYTHON]: a token of such a job, signed by the key `first`.
make_token() {
	sign_token first '{"alg":"RS256","typ":"JWT","kid":"first"}' "$(print_claims "${1-}")"
}

RUNNER_PIN='{"repository_id":["8231"],"workflow_ref":["octo/app/.github/workflows/release.yml@*"],
	"event_name":["push"]}'

# print_issuer [PYTHON]: an element of runners.oidc; the expression changes the dictionary i.
print_issuer() {
	python3 - "$RUNNER_ISSUER" "$RUNNER_KEYS/jwks.json" "$RUNNER_PIN" "${1-}" <<-'EOT'
		import json, sys
		i = {"issuer": sys.argv[1], "audience": "firma", "jwks": sys.argv[2],
		     "pin": json.loads(sys.argv[3])}
		exec(sys.argv[4])
		print(json.dumps(i), end="")
	EOT
}

# Once a file: RSA keys take long.
make_runner_keys() {
	RUNNER_KEYS=$BATS_FILE_TMPDIR
	make_runner_key first
	make_runner_key second
}

# --- a gate that knows the issuer -----------------------------------------------------------------

# use_runners: for setup, after lib_setup; make_runner_keys was called for the file.
use_runners() {
	cp "$BATS_FILE_TMPDIR"/*.pem "$TMP"
	RUNNER_KEYS=$TMP RUNNER_NOW=$(date +%s)
	POLICY=$TMP/policy.json
	publish_runner_keys first
}

# write_runners_policy [PYTHON]: everything waits for a person; the expression changes the
# dictionary p.
write_runners_policy() {
	python3 - "$(print_issuer)" "${1-}" >"$POLICY.new" <<-'EOT'
		import json, sys
		p = {"default_action": "pending_hitl", "runners": {"oidc": [json.loads(sys.argv[1])]}}
		p["runners"]["oidc"][0]["jwks"] = "jwks.json"
		exec(sys.argv[2])
		print(json.dumps(p))
	EOT
	mv "$POLICY.new" "$POLICY"
}

# serve_runners [PYTHON [SERVE-OPTION...]]
serve_runners() {
	write_runners_policy "${1-}"
	start_daemon --policy "$POLICY" --evidence-log "$TMP/evidence" "${@:2}"
}

# runner_auth TOKEN [IDENTITY]: the member of a request.
runner_auth() {
	"$UNIT" object algorithm=OIDC-JWT signature="$1" ${2:+identity:="$2"}
}

# ask_as TOKEN [KEY=...]: by the first contract. evaluate_as TOKEN [KEY=...]: by the second.
ask_as() {
	ask detail:=true runner_auth:="$(runner_auth "$1")" "${@:2}"
}

evaluate_as() {
	"$UNIT" object detail:=true runner_auth:="$(runner_auth "$1")" "${@:2}" | send
}

# denied_runner NAME: `run` was refused for the runner's identity, by either contract.
denied_runner() {
	assert_field rule runner_auth.invalid
	assert_field reason -p "the runner's identity is refused ($1)"
	[[ ! ${2-} ]] || assert_field reason "the runner's identity is refused ($1): $2"
	[[ $output == *'"decision":"deny"'* || $output == *'"decision":"block"'*'"critical"'* ]] ||
		fail "$output"
}
