#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
#
# Requests that a CI runner signs with a shared key: the text that is signed, each nonce once, and
# the other daemon's form only where it is accepted.

# shellcheck disable=SC2001,SC2030,SC2031,SC2154 # each test sets the variables of the man page's function

load lib
load runner

setup() {
	lib_setup
	POLICY=$TMP/policy.json key=$TMP/key key_id=ci
	(umask 077 && echo 'a shared secret' >"$key")
	issued_at=$(date +%s)
	for name in provider repository workflow run_id run_attempt ref sha actor job runner_name; do
		printf -v "$name" ''
	done
	repository=octo/app run_id=77
}

# serve_signer [PYTHON]: everything waits for a person; the expression changes the dictionary p.
serve_signer() {
	write_signer_policy "${1-}"
	start_daemon --policy "$POLICY" --evidence-log "$TMP/evidence"
	gate=$("$UNIT" object action=local.exec.gate | send | head -n 1 | "$UNIT" get gate)
}

write_signer_policy() {
	python3 - "${1-}" >"$POLICY.new" <<-'EOT'
		import json, sys
		p = {"default_action": "pending_hitl", "runners": {"hmac": [{"key_id": "ci", "key": "key"}]}}
		exec(sys.argv[1])
		print(json.dumps(p))
	EOT
	mv "$POLICY.new" "$POLICY"
}

# The function of the man page.
eval "$(sed -n '/^sign() {/,/^}/{s/\\e/\\/g;p}' "$BATS_TEST_DIRNAME/../man/firma-runner.7")"

# identity: the object that is sent.
identity() {
	"$UNIT" object repository="$repository" run_id="$run_id" ${ref:+ref="$ref"}
}

# make_signed [KEY=...]: a line with a local.exec request that is signed, in LINE.
make_signed() {
	request=$(request detail:=true "$@")
	nonce=${NONCE-$(openssl rand -hex 16)}
	auth=$("$UNIT" object algorithm=HMAC-SHA256-V2 key_id="$key_id" issued_at:="$issued_at" \
		nonce="$nonce" signature="$(sign)" identity:="$(identity)")
	LINE="${request%\}},\"runner_auth\":$auth}"
}

# asks_signed [KEY=...]: such a request, asked.
asks_signed() {
	make_signed "$@"
	run send <<<"$LINE"
}

@test "what the man page's function signs is accepted, once, also after kill -9" {
	serve_signer
	asks_signed
	assert_field decision pending_hitl
	local line=$LINE
	run send <<<"$line"
	denied_runner nonce_used
	kill_daemon
	start_daemon --policy "$POLICY" --evidence-log "$TMP/evidence"
	run send <<<"$line"
	denied_runner nonce_used
	asks_signed
	assert_field decision pending_hitl
	# The same nonce is spent for any other request, too.
	NONCE=$nonce
	asks_signed args:='["x"]'
	denied_runner nonce_used
}

@test "the text is this one, byte for byte" {
	gate=000102030405060708090a0b0c0d0e0f key_id=ci issued_at=1796000000
	nonce=ffffffffffffffffffffffffffffffff request='{"a":1}' ref='refs/heads/ä'
	local hash
	hash=$(printf '{"a":1}' | sha256sum)
	printf '%s\n' firma.runner-auth.v2 ci 1796000000 "$nonce" "gate $gate" 'provider -' \
		'repository 8 octo/app' 'workflow -' 'run_id 2 77' 'run_attempt -' 'ref 13 refs/heads/ä' \
		'sha -' 'actor -' 'job -' 'runner_name -' >"$TMP/text"
	printf %s "${hash%% *}" >>"$TMP/text"
	assert_equal "$(sign)" "$(openssl dgst -sha256 -hmac 'a shared secret' "$TMP/text" | sed 's/.* //')"
}

@test "a changed request, field, time, nonce, key or gate does not fit" {
	serve_signer
	local change
	asks_signed
	assert_field decision pending_hitl
	for change in 's/"repository":"octo/"repository":"evil/' 's/"run_id":"77"/"run_id":"78"/' \
		's/"issued_at":\([0-9]*\)/"issued_at":\10/' 's/"nonce":"./"nonce":"/;s/"nonce":"/"nonce":"e/' \
		's/"git"/"gix"/' 's/"session_id":"sess"/"session_id": "sess"/' 's/"args":\["status"\]/"args":[]/' \
		's/,"identity":{[^}]*}//' 's/"repository":"octo\/app","run_id":"77"/"repository":"77","run_id":"octo\/app"/'; do
		make_signed
		[[ $(sed "$change" <<<"$LINE") != "$LINE" ]] || continue
		run send < <(sed "$change" <<<"$LINE")
		assert_field rule runner_auth.invalid || fail "$change"
		assert_field reason -e '\((signature|nonce|stale)\)'
	done
	gate=$(openssl rand -hex 16)
	asks_signed
	denied_runner signature
}

@test "the member is cut out wherever it stands, with its comma" {
	serve_signer
	local auth
	make_signed
	auth=${LINE##*,\"runner_auth\":}
	auth=${auth%\}}
	run send <<<"{\"runner_auth\":$auth,${request#\{}"
	assert_field decision pending_hitl
	make_signed
	auth=${LINE##*,\"runner_auth\":}
	run send <<<"${request%\}},  \"runner_auth\" : $auth"
	assert_field decision pending_hitl
	make_signed
	auth=${LINE##*,\"runner_auth\":}
	run send <<<"${request%\}} ,\"runner_auth\":$auth"
	denied_runner signature
}

@test "a signature is good for five minutes, give or take one" {
	serve_signer
	local now=$issued_at
	issued_at=$((now - 330))
	asks_signed
	assert_field decision pending_hitl
	issued_at=$((now - 420))
	asks_signed
	denied_runner stale
	issued_at=$((now + 90))
	asks_signed
	denied_runner stale
}

@test "an identity with a line feed is refused, and what is missing is named" {
	serve_signer
	repository=$'octo/app\nrun_id 2 99'
	asks_signed
	denied_runner identity_control
	repository=octo/app
	key_id=other
	asks_signed
	denied_runner key_id
	key_id=ci nonce=
	NONCE=xyz asks_signed
	denied_runner nonce
	make_signed
	run send < <(sed 's/"issued_at":[0-9]*,//' <<<"$LINE")
	denied_runner issued_at
	run send < <(sed 's/"signature":"[0-9a-f]*"/"signature":"00"/' <<<"$LINE")
	denied_runner unsigned
	run send < <(sed 's/HMAC-SHA256-V2/HMAC-SHA256-v2/' <<<"$LINE")
	denied_runner algorithm
}

@test "the other daemon's form is accepted only where the policy says so, and called replayable" {
	local v1 signature
	signature=$(printf '%s' "cavra.runner-auth.v1
provider=github-actions
repository=octo/app
workflow=
run_id=77
run_attempt=
ref=
sha=
actor=
job=
runner_name=" | openssl dgst -sha256 -hmac 'a shared secret' | sed 's/.* //')
	v1=$("$UNIT" object algorithm=HMAC-SHA256 key_id=ci signature="$signature" \
		identity:='{"provider":"github-actions","repository":"octo/app","run_id":"77"}')
	serve_signer
	run ask detail:=true runner_auth:="$v1"
	denied_runner v1
	write_signer_policy 'p["runners"]["hmac"][0]["accept_v1"] = True'
	run ask detail:=true runner_auth:="$v1"
	assert_field decision pending_hitl
	run ask detail:=true runner_auth:="${v1/octo/evil}"
	denied_runner signature
	run firma status
	assert_output -p 'HMAC-SHA256 are replayable'
	run firma policy check "$POLICY"
	assert_status 0
	assert_output -p 'runners.hmac[0].accept_v1: warning: a signature of HMAC-SHA256 is replayable'
	stop_daemon
	run ! grep -F "$signature" "$TMP/evidence"
}

@test "rules name the key; what the signer says of itself is shown, and never taken for a token's" {
	serve_signer 'p["default_action"] = "deny"; p["exec"] = [
		{"id": "ci", "argv": ["/usr/bin/git", "**"], "action": "allow", "runners": [{"hmac": "ci"}]}]'
	asks_signed
	assert_field rule ci
	run ask detail:=true
	assert_field decision deny
	grep -q '"signature":"<redacted-hmac>"' "$TMP/evidence"
	grep -q '"runner":\["hmac=ci","repository=octo/app","run_id=77"\]' "$TMP/evidence"
	write_signer_policy 'p["exec"] = [{"id": "r", "argv": ["git"], "action": "deny", "runners": [
		{"hmac": "ci", "repository": "octo/app"}]}]'
	run firma policy check "$POLICY"
	assert_status 1
	assert_output -p 'has hmac and more'
	write_signer_policy 'p["exec"] = [{"id": "r", "argv": ["git"], "action": "deny", "runners": [
		{"hmac": "x"}]}]'
	run firma policy check "$POLICY"
	assert_output -p 'the signer is not among those of runners.hmac'
}

@test "a request that waits for a person keeps its spent nonce" {
	serve_signer
	make_signed wait_ms:=600000
	hold wait <<<"$LINE"
	_until "$DAEMON" grep -q pending_hitl "$TMP/evidence"
	run operate list
	run operate approve token_id="$("$UNIT" get token_id <<<"${lines[0]}")"
	assert_output '{"outcome":"ok"}'
	finish wait
	assert_decision allow
}

@test "a key that is empty, missing or open to others is a fault; a new key is in force at once" {
	write_signer_policy
	chmod 644 "$key"
	run firma policy check "$POLICY"
	assert_status 1
	assert_output -p 'runners.hmac[0].key: is open to its group or to others'
	chmod 600 "$key"
	: >"$key"
	run firma policy check "$POLICY"
	assert_output -p 'runners.hmac[0].key: is empty'
	rm "$key"
	run firma policy check "$POLICY"
	assert_output -p 'runners.hmac[0].key: No such file'
	(umask 077 && echo first >"$key")
	serve_signer
	asks_signed
	assert_field decision pending_hitl
	(umask 077 && echo second >"$key.new")
	mv "$key.new" "$key"
	asks_signed
	assert_field decision pending_hitl
	rm "$key"
	run ask detail:=true runner_auth:="$("$UNIT" object algorithm=HMAC-SHA256-V2 key_id=ci \
		issued_at:="$issued_at" nonce="$(openssl rand -hex 16)" signature="$(printf '%064d' 0)")"
	denied_runner key
}

@test "no file holds the key, and no core file can" {
	# Even if the caller has enabled core files.
	ulimit -S -c "$(ulimit -H -c)"
	serve_signer
	asks_signed
	asks_signed args:='["other"]'
	key_id=other
	asks_signed
	grep -qE '^Max core file size +0 +0 ' "/proc/$DAEMON/limits"
	stop_daemon
	! grep -rlF 'a shared secret' "$TMP/evidence" "$TMP/log" "$STATE_DIR" ||
		fail 'the key is written down'
	cat "$BATS_TEST_DIRNAME"/../units/{,user/}firma.service.in | grep -c '^LimitCORE=0$' |
		grep -qx 2
}

@test "a credential of the service manager can be the key" {
	mkdir -m 700 "$TMP/credentials"
	mv "$key" "$TMP/credentials/key"
	key=$TMP/credentials/key
	export CREDENTIALS_DIRECTORY=$TMP/credentials
	serve_signer
	asks_signed
	assert_field decision pending_hitl
}

@test "check signs each request anew" {
	serve_signer 'p["runners"]["required"] = True'
	run firma check -- ls
	assert_status 1
	run firma check --runner-key "$key" --runner-key-id ci -- ls
	assert_status 75
	run firma check --runner-key "$key" --runner-key-id ci -- ls
	assert_status 75
	identity >"$TMP/claims"
	run firma check --runner-key "$key" --runner-key-id ci --runner-claims "$TMP/claims" --read /etc/passwd
	assert_status 75
	run operate list
	assert_output -p '"runner":["hmac=ci","repository=octo/app","run_id=77"]'
	run firma check --runner-key "$key" --runner-key-id other -- ls
	assert_status 1
	run firma check --runner-key "$key" -- ls
	assert_status 2
	run firma check --runner-key "$key" --runner-key-id ci --runner-token "$key" -- ls
	assert_status 2
}

@test "without signers nobody is told the gate's ID at the agent door" {
	start_daemon --operator-socket "$TMP/operator.sock"
	run send < <("$UNIT" object action=local.exec.gate)
	assert_output -p unsupported_action
	stop_daemon
	write_signer_policy
	start_daemon --operator-socket "$TMP/operator.sock" --policy "$POLICY"
	run send < <("$UNIT" object action=local.exec.gate)
	[[ ${lines[0]} =~ ^'{"gate":"'[0-9a-f]{32}'"}'$ ]] || fail "$output"
}
