#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
#
# `firma runner keys`: the key sets of issuers, fetched from servers with an authority of the test's
# own, and every way in which such a server may fail.

# shellcheck disable=SC2030,SC2031,SC2034,SC2119,SC2154 # each test is a process, as in lib.bash

load lib
load runner
load ci
load https

setup_file() {
	make_runner_keys
	make_authority
}

setup() {
	lib_setup
	use_runners
	leave_ci
	export NO_PROXY='*' CURL_CA_BUNDLE=$BATS_FILE_TMPDIR/authority.pem
	mkdir "$TMP/ci"
	cp "$RUNNER_KEYS/jwks.json" "$TMP/ci/keys"
	KEYS_FILE=$TMP/set.json
}

# fetch WAY [ARG...]: of the issuer that has its keys that way.
fetch() {
	run --separate-stderr firma runner keys --issuer "https://127.0.0.1:$PORT/$1" \
		--output "$KEYS_FILE" --timeout 1min "${@:2}"
}

# fails WAY SENTENCE [ARG...]: there is no key set, and the file stays as it was.
fails() {
	fails_to "https://127.0.0.1:$PORT/$1 gave no key set$2" "$1" "${@:3}"
}

# spoils WAY SENTENCE: there is one, which can't be used; the file stays as it was.
spoils() {
	fails_to "https://127.0.0.1:$PORT/$1 gave a key set that can't be used: $2" "$1"
}

fails_to() {
	cp -p "$KEYS_FILE" "$TMP/before"
	fetch "$2" "${@:3}"
	assert_status 3
	refute_output
	assert_stderr "firma: $1"
	cmp "$KEYS_FILE" "$TMP/before"
	assert_equal "$(stat -c %Y "$KEYS_FILE")" "$(stat -c %Y "$TMP/before")"
}

@test "a key set is fetched, for everybody to read" {
	start_server
	(umask 077 && fetch good)
	fetch good
	assert_status 0
	refute_output
	cmp "$KEYS_FILE" "$TMP/ci/keys"
	assert_equal "$(stat -c %a "$KEYS_FILE")" 644
	fetch good/
	assert_status 3
	assert_stderr -p 'another issuer'
	fetch set-redirect
	assert_status 0
}

@test "a set that has not changed is not sent again, and its file is new again" {
	start_server
	fetch good
	touch -d '2 days ago' "$KEYS_FILE"
	local inode
	inode=$(stat -c %i "$KEYS_FILE")
	fetch good
	assert_status 0
	assert_equal "$(stat -c %i "$KEYS_FILE")" "$inode"
	(($(stat -c %Y "$KEYS_FILE") > $(date -d yesterday +%s))) || fail "its time is the old one"

	RUNNER_KEYS=$TMP publish_runner_keys first second
	cp "$TMP/jwks.json" "$TMP/ci/keys"
	fetch good
	cmp "$KEYS_FILE" "$TMP/ci/keys"
}

@test "a file that was changed by hand is fetched anew, whatever its ETag was" {
	start_server
	fetch good
	RUNNER_KEYS=$TMP publish_runner_keys second
	cp "$TMP/jwks.json" "$KEYS_FILE"
	fetch good
	assert_status 0
	cmp "$KEYS_FILE" "$TMP/ci/keys"

	echo '"' >"$KEYS_FILE.etag"
	fetch good
	assert_status 0
	rm "$KEYS_FILE.etag"
	fetch good
	assert_status 0
	cmp "$KEYS_FILE" "$TMP/ci/keys"
}

@test "no other answer than a whole one of the issuer itself is taken" {
	start_server
	fetch good
	fails nothing ': the server answered with status 404'
	fails refused ': the server answered with status 403'
	fails type ': the answer is not JSON'
	fails huge ': the answer is longer than 1 MiB'
	fails short ': Transferred a partial file'
	fails torn ': its configuration is malformed'
	fails number ': its configuration is malformed'
	fails slow ': no answer in time' --timeout 300ms
	fails away ': the server answered with status 302'
	fails loop ': the server answered with status 307'
	fails set-foreign ": its configuration is another issuer's"
	fails set-abroad ': it is on another host'
	fails set-plain ': it is on another host'
	fails set-port ': it is on another host'
}

@test "no other key set than a whole one with a key is taken" {
	start_server
	fetch good
	fails set-nothing ': the server answered with status 404'
	fails set-type ': the answer is not JSON'
	fails set-huge ': the answer is longer than 1 MiB'
	fails set-slow ': no answer in time' --timeout 300ms
	fails set-away ': the server answered with status 302'
	fails set-loop ': the server answered with status 307'
	fetch set-torn
	assert_status 3
	assert_stderr -p " gave a key set that can't be used: "
	cmp "$KEYS_FILE" "$TMP/ci/keys"
	spoils set-number 'is not a key set: keys is not an array'
	echo '{"keys":[]}' >"$TMP/ci/keys"
	spoils set-good 'has no key that RS256 can use'
}

@test "a server that does not prove its name is not asked" {
	start_server
	fetch good
	CURL_CA_BUNDLE='' fails good ': SSL peer certificate or SSH remote key was not OK'
	start_server foreign
	fails good ': SSL peer certificate or SSH remote key was not OK'
	start_server ''
	fails good ': SSL connect error'
	assert_equal "$(cat "$TMP/ci/requests")" ''
}

@test "a file that is no key set is left as it is" {
	start_server
	echo precious >"$KEYS_FILE"
	fetch good
	assert_status 1
	assert_stderr "firma: $KEYS_FILE is no key set, and was not changed"
	assert_equal "$(cat "$KEYS_FILE")" precious
	ln -sf "$TMP/ci/keys" "$KEYS_FILE"
	fetch good
	assert_status 1
	[[ -L $KEYS_FILE ]]
	rm "$KEYS_FILE"
	mkdir "$KEYS_FILE"
	fetch good
	assert_status 1
	KEYS_FILE=$TMP/none/set.json
	fetch good
	assert_status 3
	assert_stderr "firma: could not write $TMP/none/set.json: No such file or directory"
}

@test "the key sets of a policy's issuers go into the files that it names" {
	start_server
	RUNNER_ISSUER=https://127.0.0.1:$PORT/nothing write_runners_policy '
o = p["runners"]["oidc"][0]
o["claims"] = {"repository": "repository"}
o["pin"] = {"repository": ["octo/app"]}
p["runners"]["oidc"].append(dict(o, issuer=o["issuer"].replace("nothing", "good"), jwks="two.json"))'
	rm "$TMP/jwks.json"
	run --separate-stderr firma runner keys --policy "$POLICY"
	assert_status 3
	assert_stderr "firma: https://127.0.0.1:$PORT/nothing gave no key set: the server answered with status 404"
	cmp "$TMP/two.json" "$TMP/ci/keys"
	[[ ! -e $TMP/jwks.json ]]

	echo '{' >"$POLICY"
	run --separate-stderr firma runner keys --policy "$POLICY"
	assert_status 3
	assert_stderr "firma: $POLICY has a fault: see 'firma policy check'"
	rm "$POLICY"
	run --separate-stderr firma runner keys --policy "$POLICY"
	assert_status 3
	assert_stderr "firma: $POLICY: No such file or directory"
}

@test "a token that a fetched key signed is taken from the next request on" {
	start_server
	RUNNER_KEYS=$TMP publish_runner_keys second
	serve_runners 'p["runners"]["required"] = True; p["default_action"] = "allow"'
	run ask_as "$(make_token)"
	assert_output -p 'key not found'
	KEYS_FILE=$TMP/jwks.json
	fetch good
	assert_status 0
	run ask_as "$(make_token)"
	assert_decision allow
}

@test "what can't be asked is a usage error" {
	is_usage_error '--issuer and --output are both needed, or --policy'
	is_usage_error '--issuer and --output are both needed, or --policy' --issuer https://x
	is_usage_error '--policy has issuers and files of its own' --policy x --output y
	local issuer
	for issuer in http://x 'https://x/?y' 'https://x/#y' https://u@x/ https:// x ''; do
		is_usage_error '--issuer wants a URL that begins with https://' \
			--output x --issuer "$issuer"
	done
}

# is_usage_error SENTENCE ARG...
is_usage_error() {
	run --separate-stderr firma runner keys "${@:2}"
	assert_status 2
	refute_output
	assert_stderr -p "firma: $1"
}
