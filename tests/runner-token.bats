#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
#
# Runners' tokens by themselves: which are accepted, with which keys, and what they say of a job.

load lib
load count
load runner

setup_file() {
	make_runner_keys
}

setup() {
	lib_setup
	RUNNER_KEYS=$BATS_FILE_TMPDIR RUNNER_NOW=1796000000
	publish_runner_keys first second
	print_issuer >"$TMP/issuer"
}

VECTORS=$BATS_TEST_DIRNAME/vectors/oidc

# judge TOKEN
judge() {
	run "$UNIT" jwt verify "$TMP/issuer" "$RUNNER_KEYS/jwks.json" "$RUNNER_NOW" \
		< <(printf %s "$1")
}

# accepts [PYTHON]: such a token. refuses NAME [PYTHON]: with this refusal.
accepts() {
	judge "$(make_token "${1-}")"
	assert_status 0
}

refuses() {
	judge "$(make_token "${2-}")"
	assert_status 1
	assert_output "$1"
}

# --- known answers --------------------------------------------------------------------------------

@test "every token of the known answers has the verdict that is asked for" {
	run --separate-stderr "$UNIT" jwt vectors "$VECTORS/tokens.json" "$VECTORS/jwks.json"
	assert_status 0
	((${#lines[@]} == 40)) || fail "${#lines[@]} tokens"
	local line ours theirs rest
	for line in "${lines[@]}"; do
		read -r ours theirs rest <<<"$line"
		[[ $ours == "$theirs" ]] || fail "$line"
	done
}

@test "no token passes of which one byte was changed" {
	run "$UNIT" jwt bytes "$TMP/issuer" "$RUNNER_KEYS/jwks.json" "$RUNNER_NOW" \
		< <(make_token | tr -d '\n')
	assert_status 0
	[[ $output =~ ^[0-9]{6,}' tried, 0 taken'$ ]] || fail "$output"
}

@test "verifying a token takes at most a million instructions" {
	make_token >"$TMP/token"
	each_takes 1000000 'a token' "$UNIT" jwt cost "$TMP/issuer" "$RUNNER_KEYS/jwks.json" \
		"$RUNNER_NOW" <"$TMP/token"
}

# --- header, signature, claims --------------------------------------------------------------------

@test "a token signed by another key of the set than it names is refused" {
	judge "$(sign_token second '{"alg":"RS256","kid":"second"}' "$(print_claims)")"
	assert_status 0
	judge "$(sign_token second '{"alg":"RS256","kid":"first"}' "$(print_claims)")"
	assert_output signature
}

@test "no claim is read before the signature holds" {
	judge "$(sign_token second '{"alg":"RS256","kid":"first"}' 'no JSON')"
	assert_output signature
	judge "$(sign_token first '{"alg":"RS256","kid":"first"}' 'no JSON')"
	assert_output claims
}

@test "a header with an extension, without a key or with another algorithm is refused" {
	local claims header
	claims=$(print_claims)
	for header in '{"alg":"RS256","kid":"first","crit":null}' \
		'{"alg":"RS256","kid":"first","crit":[]}'; do
		judge "$(sign_token first "$header" "$claims")"
		assert_output crit
	done
	for header in '{"kid":"first"}' '{"alg":null,"kid":"first"}' '{"alg":["RS256"],"kid":"first"}' \
		'{"alg":"RS512","kid":"first"}' '{"alg":"PS256","kid":"first"}'; do
		judge "$(sign_token first "$header" "$claims")"
		assert_output alg
	done
	for header in '{"alg":"RS256"}' '{"alg":"RS256","kid":""}' '{"alg":"RS256","kid":7}'; do
		judge "$(sign_token first "$header" "$claims")"
		assert_output kid
	done
	judge "$(sign_token first '{"alg":"RS256","kid":"first","kid":"first"}' "$claims")"
	assert_output header
}

@test "a token is good up to a minute before and after its time" {
	accepts 'c["exp"] = now - 59; c["iat"] = now - 300'
	refuses expired 'c["exp"] = now - 60'
	accepts 'c["nbf"] = now + 60'
	refuses not_yet 'c["nbf"] = now + 61'
	accepts 'c["iat"] = now + 60'
	refuses issued_later 'c["iat"] = now + 61'
	accepts 'c["iat"] = now; c["exp"] = now + 3600'
	refuses lifetime 'c["iat"] = now; c["exp"] = now + 3601'
	refuses lifetime 'c["iat"] = c["exp"] = now'
}

@test "times are whole numbers" {
	local value
	for value in 1e3 '"7"' 1.5 -1 None True '[now]' '{}' 9007199254740993; do
		refuses exp "c['exp'] = $value"
		refuses iat "c['iat'] = $value"
		refuses nbf "c['nbf'] = $value"
	done
	refuses exp 'del c["exp"]'
	refuses iat 'del c["iat"]'
	accepts 'del c["nbf"]'
}

@test "the issuer and the audience are exactly ours" {
	refuses iss 'c["iss"] += "/"'
	refuses iss 'c["iss"] = [c["iss"]]'
	refuses iss 'del c["iss"]'
	accepts 'c["aud"] = ["x", "firma"]'
	refuses aud 'c["aud"] = ["x"]'
	refuses aud 'c["aud"] = ["firma", 7]'
	refuses aud 'c["aud"] = {"firma": "firma"}'
	refuses aud 'c["aud"] = "Firma"'
	refuses jti 'c["jti"] = 7'
	refuses jti 'c["jti"] = ""'
}

@test "a claim has the type that its provider gives it, and no control character" {
	refuses 'pin repository_id' 'c["repository_id"] = 8231'
	refuses 'claim_type run_id' 'c["run_id"] = 77'
	refuses 'claim_type actor' 'c["actor"] = None'
	refuses 'claim_type ref' 'c["ref"] = ["refs/heads/main"]'
	refuses 'control actor' 'c["actor"] = "octo\nref=refs/heads/x"'
	refuses 'claim_type actor' 'c["actor"] = "x" * 1025'
	accepts 'c["actor"] = "x" * 1024'
}

@test "a key given twice and a number too long are refused at any depth" {
	local claims
	claims=$(print_claims)
	judge "$(sign_token first '{"alg":"RS256","kid":"first"}' "${claims%\}},\"x\":[{\"a\":1,\"a\":1}]}")"
	assert_output claims
	judge "$(sign_token first '{"alg":"RS256","kid":"first"}' \
		"${claims%\}},\"x\":[{\"a\":[$(printf '1%.0s' {1..64})]}]}")"
	assert_output claims
}

@test "a token longer than 16 KiB is refused unread" {
	refuses token_length 'c["x"] = "x" * 12400'
}

# --- identities -----------------------------------------------------------------------------------

@test "the identity is built from the claims, the environment only if the job has one" {
	accepts
	assert_equal "$output" "$(cat <<-EOT
		issuer=$RUNNER_ISSUER
		provider=github-actions
		repository=octo/app
		workflow=Release
		run_id=77
		run_attempt=1
		ref=refs/heads/main
		sha=0000000000000000000000000000000000000000
		actor=octo
		repository_id=8231
		repository_owner_id=17
		workflow_ref=octo/app/.github/workflows/release.yml@refs/heads/main
		event_name=push
		ref_type=branch
		runner_environment=github-hosted
	EOT
	)"
	accepts 'c["environment"] = "production"'
	assert_line environment=production
}

@test "each provider's claims make an identity" {
	local common='for k in list(c):
	    if k not in ("iss", "aud", "iat", "exp", "jti"): del c[k]
	'
	RUNNER_ISSUER=https://gitlab.com
	print_issuer 'i["pin"] = {"project_id": ["22"], "ref_protected": ["true"]}' >"$TMP/issuer"
	accepts "$common"'
c.update({"project_id": "22", "project_path": "group/app", "ref": "main", "ref_protected": "true",
	"pipeline_id": "5", "job_id": "6", "user_login": "kim", "runner_id": 9, "sha": "ab"})'
	assert_line repository=group/app
	assert_line run_id=5
	assert_line job=6
	assert_line actor=kim
	assert_line runner_id=9
	refuses 'claim_type runner_id' "$common"'
c.update({"project_id": "22", "ref_protected": "true", "runner_id": "9"})'

	RUNNER_ISSUER=https://vstoken.dev.azure.com/0a1b
	print_issuer 'i["pin"] = {"def_id": ["3"]}' >"$TMP/issuer"
	accepts "$common"'
c.update({"def_id": "3", "sub": "p://org/project/pipeline", "rpo_uri": "https://x/y", "rpo_ver": "ab",
	"rpo_ref": "refs/heads/main", "run_id": "4"})'
	assert_line workflow=p://org/project/pipeline
	assert_line sha=ab
	assert_line ref=refs/heads/main

	RUNNER_ISSUER=https://agent.buildkite.com
	print_issuer 'i["pin"] = {"organization_id": ["o"], "build_number": [12]}' >"$TMP/issuer"
	accepts "$common"'
c.update({"organization_id": "o", "pipeline_slug": "app", "build_number": 12, "job_id": "j"})'
	assert_line run_id=12
	refuses 'pin build_number' "$common"'
c.update({"organization_id": "o", "build_number": "12"})'

	RUNNER_ISSUER=https://oidc.circleci.com/org/1234
	print_issuer 'i["pin"] = {"oidc.circleci.com/project-id": ["p"]}' >"$TMP/issuer"
	accepts "$common"'
c.update({"oidc.circleci.com/project-id": "p", "oidc.circleci.com/vcs-origin": "github.com/o/a",
	"oidc.circleci.com/ssh-rerun": False})'
	assert_line repository=github.com/o/a
	refuses 'ssh_rerun oidc.circleci.com/ssh-rerun' "$common"'
c.update({"oidc.circleci.com/project-id": "p", "oidc.circleci.com/ssh-rerun": True})'

	RUNNER_ISSUER=https://ci.example.org
	print_issuer 'i["claims"] = {"repository": "repo"}; i["pin"] = {"repo": ["a"]}' >"$TMP/issuer"
	accepts "$common"'
c["repo"] = "a"'
	assert_line provider=other
	assert_line repository=a
}

# --- key sets -------------------------------------------------------------------------------------

# with_keys JWK...: as a key set.
with_keys() {
	run --separate-stderr "$UNIT" jwt keys <<<"{\"keys\":[$(IFS=,; echo "$*")]}"
}

@test "keys of another type, use or algorithm, and short ones, are left out with a warning" {
	local good
	good=$(print_jwk first)
	make_runner_key short 1024
	with_keys "$good" "$(print_jwk second ',"use":"enc"')" '{"kty":"EC","kid":"x"}' \
		"$(print_jwk second ',"alg":"RS512"')" "$(print_jwk short)" 7 \
		"$(print_jwk second ',"key_ops":["sign"]')" '{"kty":"RSA","kid":"y","n":"AA==","e":"AQAB"}'
	assert_status 0
	assert_output 1
	assert_equal "${stderr-}" "$(cat <<-EOT
		keys[1]: is not for signatures: left out
		keys[2]: is not an RSA key: left out
		keys[3]: is for another algorithm than RS256: left out
		keys[4]: has fewer than 2048 bits: left out
		keys[5]: is not an object: left out
		keys[6]: is not for signatures: left out
		keys[7]: n or e is not a number in base64url: left out
	EOT
	)"
	with_keys "$(print_jwk first ',"use":"sig","alg":"RS256","key_ops":["verify"]')"
	assert_output 1
}

@test "an ID that several keys have names none of them" {
	with_keys "$(print_jwk first)" "$(print_jwk first)" "$(print_jwk second)"
	assert_status 0
	assert_output 1
	assert_equal "${stderr-}" "keys[0]: has the ID of another key: left out
keys[1]: has the ID of another key: left out"
}

@test "an exponent of 1 verifies everything, and is refused" {
	local key
	for e in AQ AA Ag AQAAAQE ''; do
		key=$(print_jwk first)
		with_keys "${key/AQAB/$e}"
		assert_status 1
		assert_output 'has no key that RS256 can use'
	done
}

@test "a file that is not a key set is a fault" {
	run "$UNIT" jwt keys <<<'{}'
	assert_status 1
	assert_output 'is not a key set: keys is not an array'
	run "$UNIT" jwt keys <<<'{"keys":[]}'
	assert_output 'has no key that RS256 can use'
	run "$UNIT" jwt keys <<<'{"keys":[],"keys":[]}'
	assert_output 'a key is given twice (at byte 12)'
	with_keys "$(printf '7,%.0s' {1..129})7"
	assert_output 'has more than 128 keys'
}

# --- issuers --------------------------------------------------------------------------------------

# is_fault TEXT PYTHON: the issuer that is changed so.
is_fault() {
	print_issuer "$2" >"$TMP/issuer"
	judge x
	assert_status 1
	assert_line "policy: issuer$1"
}

@test "half an issuer is a fault, by name" {
	is_fault '.audience: is missing' 'del i["audience"]'
	is_fault '.audience: is blank' 'i["audience"] = " "'
	is_fault '.issuer: is missing' 'del i["issuer"]; i["provider"] = "github-actions"'
	is_fault '.issuer: must begin with https://' 'i["issuer"] = "http://example.org"'
	is_fault '.jwks: is missing' 'del i["jwks"]'
	is_fault '.pin: must be an object that says whose tokens are accepted' 'del i["pin"]'
	is_fault '.pin: must be an object that says whose tokens are accepted' 'i["pin"] = {}'
	is_fault '.pin: lacks an immutable ID: repository_id or repository_owner_id' \
		'del i["pin"]["repository_id"]'
	is_fault '.pin: lacks workflow_ref or job_workflow_ref' 'del i["pin"]["workflow_ref"]'
	is_fault ".pin: lacks event_name: jobs for a stranger's change can have ref main" \
		'del i["pin"]["event_name"]'
	is_fault '.pin.event_name: must be an array of values' 'i["pin"]["event_name"] = "push"'
	is_fault '.pin.event_name: must be an array of values' 'i["pin"]["event_name"] = []'
	is_fault '.pin.event_name: must hold texts' 'i["pin"]["event_name"] = ["push", 7]'
	is_fault '.pin.event_name: holds a pattern that fits everything' 'i["pin"]["event_name"] = ["*"]'
	is_fault '.pin.repository_id: is an ID, and takes no patterns' \
		'i["pin"]["repository_id"] = ["82*"]'
	is_fault '.max_age: must be a time from 1s to 31d, such as "24h"' 'i["max_age"] = "40d"'
	is_fault ": unknown key 'x'" 'i["x"] = 1'
	is_fault '.reuse: must be true or false' 'i["reuse"] = 1'
}

@test "what nothing is known of needs a map, and a provider can't be contradicted" {
	is_fault ".claims: is missing: nothing is known of this issuer's claims (or name its provider)" \
		'i["issuer"] = "https://example.org"'
	is_fault '.provider: is not the provider with this issuer' 'i["provider"] = "gitlab-ci"'
	is_fault '.provider: is no provider that is known' 'i["provider"] = "x"'
	is_fault '.claims: is for issuers of which nothing else is known' \
		'i["claims"] = {"repository": "repository_id"}'
	is_fault '.claims.x: is no member of an identity' \
		'i.update({"issuer": "https://example.org", "claims": {"x": "repo"}})'
	is_fault '.pin.ref: is a member of the identity that another claim gives' \
		'i.update({"issuer": "https://e.org", "claims": {"ref": "branch"}, "pin": {"ref": ["main"]}})'
	is_fault '.pin.issuer: is no claim: it is known without a token' 'i["pin"]["issuer"] = ["x"]'
	print_issuer 'i.update({"issuer": "https://git.example.org/api/actions"})' >"$TMP/issuer"
	RUNNER_ISSUER=https://git.example.org/api/actions
	accepts
	assert_line provider=forgejo-actions
}
