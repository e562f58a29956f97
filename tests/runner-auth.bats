#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
#
# Requests of CI runners: whose identity holds, what is bound to it, and that no token is written
# down anywhere.

load lib
load runner

setup_file() {
	make_runner_keys
}

setup() {
	lib_setup
	use_runners
}

READ=(action_type=read_file target=/a/x)

# no_secret TOKEN...: no file of the daemon holds one.
no_secret() {
	local token

	for token; do
		if grep -rlF -- "$token" "$TMP"/evidence* "$TMP/log" "$STATE_DIR"; then
			fail "a token is written down"
			return 1
		fi
	done
}

# --- who gets through -----------------------------------------------------------------------------

@test "every token of the known answers has its verdict at its time, by both contracts" {
	local vectors=$BATS_TEST_DIRNAME/vectors/oidc name verdict jwt wanted n=0
	cp "$vectors/jwks.json" "$TMP/jwks.json"
	touch -d @1796000000 "$TMP/jwks.json"
	python3 - "$vectors/tokens.json" "$TMP" <<-'EOT'
		import json, sys
		v = json.load(open(sys.argv[1]))
		issuer = {k: v[k] for k in ("issuer", "audience", "pin")}
		issuer["jwks"] = "jwks.json"
		json.dump({"default_action": "allow", "defaults": {"read": "allow"},
		           "runners": {"required": True, "oidc": [issuer]}},
		          open(sys.argv[2] + "/policy.json", "w"))
		with open(sys.argv[2] + "/vectors", "w") as f:
		    for name, t in v["tokens"].items():
		        f.write("%s\t%s\t%s\n" % (t["verdict"], t["jwt"].replace("\n", "\\n"), name))
	EOT
	move_wall $((1796000000 - $(date +%s)))
	start_daemon --policy "$POLICY"
	while IFS=$'\t' read -r verdict jwt name; do
		wanted=$verdict
		run evaluate_as "$jwt" action_type=read_file target=/a/x cwd=/a
		assert_field decision "$wanted" || fail "$name: $output"
		[[ $verdict == allow ]] || wanted=deny
		# A question of its own: the token is bound to the first.
		run ask_as "$jwt"
		[[ $verdict == allow ]] && denied_runner used || assert_field decision deny
		n=$((n + 1))
	done <"$TMP/vectors"
	((n == 40))
}

@test "without a runner in the policy no identity is taken, and nothing needs one" {
	write_runners_policy 'del p["runners"]'
	start_daemon --policy "$POLICY"
	run ask_as "$(make_token)"
	denied_runner not_configured
	run evaluate_as "$(make_token)" "${READ[@]}"
	denied_runner not_configured
	run ask detail:=true
	assert_field decision pending_hitl
}

@test "an identity that is sent must hold, also where none is needed" {
	serve_runners
	run ask_as "$(make_token 'c["repository_id"] = "1"')"
	denied_runner pin
	assert_field reason -p repository_id
	run ask_as xy
	denied_runner token_parts
	run ask detail:=true runner_auth:='{"algorithm":"HS256","signature":"x"}'
	denied_runner algorithm
	run ask detail:=true runner_auth:='{"algorithm":"OIDC-JWT"}'
	denied_runner unsigned
	run ask detail:=true runner_auth:='{}'
	denied_runner algorithm
	run ask detail:=true
	assert_field decision pending_hitl
	run ask_as "$(make_token)"
	assert_field decision pending_hitl
}

@test "what the asker says of itself must be what the token says" {
	serve_runners
	local token
	token=$(make_token)
	run ask detail:=true runner_auth:="$(runner_auth "$token" \
		'{"provider":"github-actions","repository":"octo/app","run_id":"77"}')"
	assert_field decision pending_hitl
	run ask detail:=true runner_auth:="$(runner_auth "$token" '{"repository":"octo/other"}')"
	denied_runner identity
	assert_field reason -p repository
	run ask detail:=true runner_auth:="$(runner_auth "$token" '{"job":"build"}')"
	denied_runner identity
	run ask detail:=true runner_auth:="$(runner_auth "$token" '{"repository":7}')"
	assert_field reason 'malformed request: repository must be a string'
	run ask detail:=true runner_auth:='"x"'
	assert_field reason 'malformed request: runner_auth must be an object'
	run ask runner:='["issuer=x"]'
	assert_field reason "malformed request: runner can't be claimed: only runner_auth proves it"
}

# --- what needs one -------------------------------------------------------------------------------

@test "kinds that need a runner are refused without one" {
	serve_runners 'p["runners"]["required"] = ["release", "git"]'
	run evaluate_as "$(make_token)" action_type=git_operation operation=push target=main
	assert_field decision require_approval
	run "$UNIT" object action_type=git_operation operation=push target=main
	run send <<<"$output"
	assert_field decision block
	assert_field rule_id runner_auth.invalid
	assert_field severity critical
	run ask detail:=true executable=/usr/bin/git args:='["push","origin","main"]'
	denied_runner missing
	run ask detail:=true executable=/bin/sh args:='["-c","cd x && git push"]'
	denied_runner missing
	# shellcheck disable=SC2016
	run ask detail:=true executable=/bin/sh args:='["-c","$(x)"]'
	denied_runner missing
	run ask detail:=true executable=/usr/bin/env args:='["git","push"]'
	denied_runner missing
	run ask detail:=true executable=/bin/ls args:='["/tmp"]'
	assert_field decision pending_hitl
	run evaluate_as "" action_type=read_file target=/a/x
	denied_runner unsigned
}

@test "with true everything needs one" {
	serve_runners 'p["runners"]["required"] = True'
	run ask detail:=true executable=/bin/ls args:='[]'
	denied_runner missing
	run ask_as "$(make_token)" executable=/bin/ls args:='[]'
	assert_field decision pending_hitl
}

# --- a token is for one question ------------------------------------------------------------------

@test "a token is bound to its first question and user, also after kill -9" {
	serve_runners
	local token
	token=$(make_token)
	run ask_as "$token"
	assert_field decision pending_hitl
	run ask_as "$token"
	assert_field decision pending_hitl
	run ask_as "$token" cwd=/elsewhere
	denied_runner used 'the token was used for another question'
	kill_daemon
	start_daemon --policy "$POLICY" --evidence-log "$TMP/evidence"
	run ask_as "$token" args:='["other"]'
	denied_runner used
	run ask_as "$token"
	assert_field decision pending_hitl
}

@test "with reuse a token asks several questions" {
	serve_runners 'p["runners"]["oidc"][0]["reuse"] = True'
	local token
	token=$(make_token)
	run ask_as "$token"
	assert_field decision pending_hitl
	run ask_as "$token" args:='["other"]'
	assert_field decision pending_hitl
}

@test "a clock that was set back accepts no token" {
	serve_runners
	run ask_as "$(make_token)"
	assert_field decision pending_hitl
	touch -d '5 minutes ago' "$TMP/jwks.json"
	move_wall -90
	run ask_as "$(make_token 'for k in ("iat", "nbf", "exp"): c[k] -= 90')"
	denied_runner clock
}

@test "a token that could be accepted again after the clock was set back is still known" {
	serve_runners
	local token
	token=$(make_token)
	run ask_as "$token"
	assert_field decision pending_hitl

	# It has expired, and the use of another one is noted.
	move_wall 352
	run ask_as "$(make_token 'for k in ("iat", "nbf", "exp"): c[k] += 352')"
	assert_field decision pending_hitl
	move_wall -58
	run ask_as "$token" args:='["other"]'
	assert_field decision deny
	assert_field rule runner_auth.invalid
}

@test "a damaged record of used tokens accepts none, and is left as it is" {
	serve_runners
	run ask_as "$(make_token)"
	assert_field decision pending_hitl
	stop_daemon
	echo x >>"$STATE_DIR/runner-uses"
	cp "$STATE_DIR/runner-uses" "$TMP/damaged"
	serve_runners
	run ask_as "$(make_token)"
	denied_runner state
	cmp "$TMP/damaged" "$STATE_DIR/runner-uses"
}

# --- what is bound to a runner --------------------------------------------------------------------

@test "an approval is bound to the runner that asked" {
	serve_runners
	local token
	run ask_as "$(make_token)"
	token=$(field approval_token)
	assert_equal "$(operate approve token_id="$token")" '{"outcome":"ok"}'
	run ask detail:=true approval_token="$token"
	assert_field reason 'approval token is for another request: runner differs'
	run ask_as "$(make_token 'c["run_id"] = "78"')" approval_token="$token"
	assert_field reason 'approval token is for another request: runner differs'
	run ask_as "$(make_token)" approval_token="$token"
	assert_field decision allow

	run evaluate_as "$(make_token)" "${READ[@]}"
	token=$(field approval_token)
	assert_equal "$(operate approve token_id="$token")" '{"outcome":"ok"}'
	run "$UNIT" object detail:=true "${READ[@]}" approval_token="$token"
	run send <<<"$output"
	assert_field reason 'approval token is for another request: runner differs'
	run evaluate_as "$(make_token)" "${READ[@]}" approval_token="$token"
	assert_field decision allow
	firma evidence verify "$TMP/evidence"
}

@test "lists and cards show the runner, and it is not approved for good" {
	serve_runners
	local token
	run ask_as "$(make_token)"
	token=$(field approval_token)
	run operate show token_id="$token"
	assert_output -p '"runner":["issuer=https://token.actions.githubusercontent.com","provider=github-actions",'
	run firma token show "$token"
	assert_output -p 'runner       issuer=https://token.actions.githubusercontent.com'
	assert_output -p repository_id=8231
	run operate approve token_id="$token" always:=true
	assert_output -p "can't be allowed always: a CI runner asks"
}

@test "rules name runners; what denies or asks holds as well where none is known" {
	serve_runners 'p["default_action"] = "deny"; p["exec"] = [
		{"id": "main", "argv": ["/bin/ls"], "action": "allow", "runners": [
			{"issuer": "https://token.actions.githubusercontent.com", "repository_id": "8231",
			 "ref": "refs/heads/main"}]},
		{"id": "tags", "argv": ["/bin/cat"], "action": "pending_hitl", "runners": [
			{"issuer": "https://token.actions.githubusercontent.com", "ref": "refs/tags/*"}]}]'
	run ask_as "$(make_token)" executable=/bin/ls args:='[]'
	assert_field rule main
	assert_field decision allow
	run ask_as "$(make_token 'c["ref"] = "refs/heads/x"')" executable=/bin/ls args:='[]'
	assert_field decision deny
	run ask detail:=true executable=/bin/ls args:='[]'
	assert_field decision deny
	run ask_as "$(make_token 'c["ref"] = "refs/tags/v1"')" executable=/bin/cat args:='[]'
	assert_field rule tags
	run ask_as "$(make_token)" executable=/bin/cat args:='[]'
	assert_field decision deny
	run ask detail:=true executable=/bin/cat args:='[]'
	assert_field rule tags
}

@test "a request that waits for a person outlives its token" {
	serve_runners
	local token
	token=$(make_token)
	hold wait < <(request detail:=true wait_ms:=600000 runner_auth:="$(runner_auth "$token")")
	_until "$DAEMON" grep -q pending_hitl "$TMP/evidence"
	move_wall 400
	run ask_as "$token"
	denied_runner expired
	run operate list
	run operate approve token_id="$("$UNIT" get token_id <<<"${lines[0]}")"
	assert_output '{"outcome":"ok"}'
	finish wait
	assert_decision allow
}

# --- key sets -------------------------------------------------------------------------------------

@test "a new key set is in force for the next request; an unknown key says how old the set is" {
	serve_runners
	local header='{"alg":"RS256","kid":"second"}'
	run ask_as "$(sign_token second "$header" "$(print_claims)")"
	denied_runner unknown_kid
	assert_field reason -e 'key not found: the key set is of [0-9]{4}-[0-9-]+T[0-9:.]+Z$'
	publish_runner_keys second
	run ask_as "$(sign_token second "$header" "$(print_claims)")"
	assert_field decision pending_hitl
	run ask_as "$(make_token)"
	denied_runner unknown_kid
}

@test "a key set that is too old, of the future, or can't be read verifies nothing" {
	serve_runners
	touch -d '25 hours ago' "$TMP/jwks.json"
	run ask_as "$(make_token)"
	denied_runner key_set_old
	touch -d '2 hours' "$TMP/jwks.json"
	run ask_as "$(make_token)"
	denied_runner key_set_old
	echo '{"keys":[' >"$TMP/jwks.json"
	run ask_as "$(make_token)"
	denied_runner key_set
	chmod 666 "$TMP/jwks.json"
	run ask_as "$(make_token)"
	denied_runner key_set
	publish_runner_keys first
	run ask_as "$(make_token)"
	assert_field decision pending_hitl
}

# is_fault TEXT PYTHON: by policy check, and the daemon has no policy to go by.
is_fault() {
	write_runners_policy "$2"
	run firma policy check "$POLICY"
	assert_status 1
	assert_line -p ": $1"
}

@test "half a configuration is a fault, for policy check and for the daemon" {
	is_fault 'runners: has neither issuers (oidc) nor signers (hmac)' 'p["runners"] = {"required": True}'
	is_fault 'runners.oidc: is empty' 'p["runners"]["oidc"] = []'
	is_fault "runners: unknown key 'x'" 'p["runners"]["x"] = 1'
	is_fault 'runners.required: must be true, or an array of kinds' 'p["runners"]["required"] = False'
	is_fault 'runners.required[0]: is no kind of request' 'p["runners"]["required"] = ["x"]'
	is_fault 'runners.oidc[0].audience: is missing' 'del p["runners"]["oidc"][0]["audience"]'
	is_fault 'runners.oidc[0].pin: lacks' 'del p["runners"]["oidc"][0]["pin"]["event_name"]'
	is_fault 'runners.oidc[0].jwks: No such file or directory (firma runner keys fetches it)' \
		'p["runners"]["oidc"][0]["jwks"] = "absent.json"'
	is_fault 'exec[0]: runners[0]: the issuer is not among those of runners.oidc' 'p["exec"] = [
		{"id": "r", "argv": ["ls"], "action": "deny", "runners": [{"issuer": "https://x"}]}]'
	is_fault 'exec[0]: runners[0]: the issuer'"'"'s tokens have no such claim' 'p["exec"] = [
		{"id": "r", "argv": ["ls"], "action": "deny", "runners": [{"issuer":
		"https://token.actions.githubusercontent.com", "repo": "x"}]}]'
	is_fault 'exec[0] "r": runners[0] lacks the issuer' 'p["exec"] = [
		{"id": "r", "argv": ["ls"], "action": "deny", "runners": [{"ref": "x"}]}]'
	start_daemon --policy "$POLICY"
	run ask
	assert_decision deny -p 'runners[0] lacks the issuer'
	write_runners_policy
	run firma policy check "$POLICY"
	assert_status 0
}

@test "a pack, a registry or a compiled document with runners is a fault, and is not ignored" {
	local text
	mkdir "$TMP/packs"
	write_runners_policy 'p["metadata"] = {"id": "p"}'
	cp "$POLICY" "$TMP/packs/p.json"
	start_daemon --pack-dir "$TMP/packs" --policy-pack p
	run ask
	assert_decision deny -p 'runners: belongs to the policy, not to a pack'
	stop_daemon
	for text in '"filesystem":{}' '"mcp_servers":[]'; do
		echo "{$text,\"runners\":{}}" >"$POLICY"
		run firma policy check "$POLICY"
		assert_status 1
		assert_output -p 'runners: belongs to a policy, not to a registry or a compiled document'
	done
}

# --- no secret ------------------------------------------------------------------------------------

@test "no file holds a token, whatever becomes of its request" {
	serve_runners
	local tokens=() token
	for token in "$(make_token)" "$(make_token 'c["aud"] = "x"')" "$(make_token 'c["exp"] = 7')"; do
		tokens+=("$token")
		run ask_as "$token"
		run evaluate_as "$token" "${READ[@]}"
		run ask runner_auth:="$(runner_auth "$token")" args:=7
		run ask runner_auth:="[\"$token\"]"
		run ask action=local.exec.no runner_auth:="$(runner_auth "$token")"
		run operate list runner_auth:="$(runner_auth "$token")"
		run operate approve token_id=x runner_auth:="$(runner_auth "$token")"
		run ask runner_auth:="$("$UNIT" object algorithm=HMAC-SHA256 signature="$token")"
	done
	stop_daemon
	no_secret "${tokens[@]}"
	grep -q '"signature":"<redacted-oidc-jwt>","sha256":"[0-9a-f]*","issuer":"https://token' \
		"$TMP/evidence"
	grep -q '"runner":\["issuer=' "$TMP/evidence"
	firma evidence verify "$TMP/evidence"
}

# --- the client -----------------------------------------------------------------------------------

@test "check sends the token of a file, for commands and for other actions" {
	serve_runners 'p["runners"]["required"] = True'
	make_token >"$TMP/token"
	echo >>"$TMP/token"
	run firma check -- ls
	assert_status 1
	run firma check --runner-token "$TMP/token" -- ls
	assert_status 75
	make_token >"$TMP/token"
	echo '{"repository": "octo/app",
		"run_id": "77"}' >"$TMP/claims"
	run firma check --runner-token - --runner-claims "$TMP/claims" --read /etc/passwd <"$TMP/token"
	assert_status 75
	echo '{"repository": "octo/other"}' >"$TMP/claims"
	run firma check --runner-token "$TMP/token" --runner-claims "$TMP/claims" --read /etc/passwd
	assert_status 1
	assert_output -p 'the identity differs from the token: repository'
	make_token >"$TMP/token"
	request >"$TMP/request"
	run firma check --runner-token "$TMP/token" --request "$TMP/request"
	assert_status 75

	# How long a request may be is for the daemon to say.
	run firma check --runner-token "$TMP/token" -- ls "$(head -c 70000 /dev/zero | tr '\0' x)"
	assert_status 1
	assert_output -p 'a request takes at most 65536 bytes with its newline'
}

@test "check sends nothing that is not a token" {
	start_daemon
	run firma check --runner-claims "$TMP/x" -- ls
	assert_status 2
	run firma check --runner-token "$TMP/absent" -- ls
	assert_status 3
	assert_output -p 'No such file or directory'
	echo 'a b' >"$TMP/token"
	run firma check --runner-token "$TMP/token" -- ls
	assert_status 3
	assert_output -p 'is not a token'
}

@test "without runners hogweed is not loaded" {
	start_daemon
	run ask
	! grep -q hogweed "/proc/$DAEMON/maps" || [[ ${WRAPPER[*]} ]]
	stop_daemon
	serve_runners
	run ask
	grep -q hogweed "/proc/$DAEMON/maps" || [[ ${WRAPPER[*]} ]]
}
