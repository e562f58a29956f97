#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
#
# Approvals that are signed: the signatures of the real ssh-keygen, and the file that says whose
# count.

load lib
load approvers

setup() {
	lib_setup
	use_keys
}

teardown() {
	lib_teardown
}

# check_signature NAME TEXT [NAMESPACE]: what the program says of $TMP/sig.
check_signature() {
	run "$UNIT" sshsig verify "$SIGNERS" "$TMP/sig" "${@:2}" <<<"$1"
}

# good_signature TEXT: alice's signature is at $TMP/sig.
good_signature() {
	make_key alice
	list_signer alice
	sign alice <<<"$1" >"$TMP/sig"
}

# --- signatures -----------------------------------------------------------------------------------

@test "what ssh-keygen signed with a plain key is good, for its text alone" {
	good_signature hello
	check_signature hello
	assert_output 'alice key 0'
	assert_status 0
	check_signature hello.
	assert_output 'the signature is not of this text by this key'
	assert_status 1
}

@test "a signature is the same without its last newline, and with nothing else after it" {
	good_signature hello
	printf %s "$(<"$TMP/sig")" >"$TMP/cut"
	mv "$TMP/cut" "$TMP/sig"
	check_signature hello
	assert_status 0

	local tail
	for tail in $'\n\n' ' ' $'\nx' "$(<"$TMP/sig")"; do
		printf '%s%s' "$(<"$TMP/sig")" "$tail" >"$TMP/more"
		run "$UNIT" sshsig verify "$SIGNERS" "$TMP/more" <<<hello
		assert_output 'something follows the end of the signature'
		assert_status 1
	done
}

@test "no byte of a signature can be changed" {
	# A slash of base64 is what libsodium 1.0.18 takes other bytes for.
	until [[ -e $TMP/sig && $(<"$TMP/sig") == */* ]]; do
		rm -f "$KEYS"/alice* "$SIGNERS"
		good_signature hello
	done
	run "$UNIT" sshsig bytes "$SIGNERS" "$TMP/sig" <<<hello
	assert_output -e '^[0-9]{5} tried, 0 taken$'
}

@test "a signature of another namespace is refused" {
	make_key alice
	list_signer alice
	sign alice file <<<hello >"$TMP/sig"
	check_signature hello
	assert_output 'the signature was made for another namespace'
}

@test "keys of other types and other hashes are refused" {
	make_key alice
	list_signer alice
	make_key rsa -t rsa -b 2048
	make_key ecdsa -t ecdsa
	local name
	for name in rsa ecdsa; do
		sign "$name" <<<hello >"$TMP/sig"
		check_signature hello
		assert_output -p "the signature's key is not of type ssh-ed25519"
	done
	sign alice firma.approval.v1 -O hashalg=sha256 <<<hello >"$TMP/sig"
	check_signature hello
	assert_output 'the signature was not made with SHA-512'
}

@test "a key that is not listed may not approve" {
	good_signature hello
	make_key mallory
	sign mallory <<<hello >"$TMP/sig"
	check_signature hello
	assert_output 'the key is not among those that may approve'
}

@test "a security key says whether it was touched, and counts" {
	use_security_key
	make_security_key alice
	list_signer alice
	sign alice <<<hello >"$TMP/sig"
	check_signature hello
	assert_output 'alice security-key touched 1'
	sign alice <<<hello >"$TMP/sig"
	check_signature hello
	assert_output 'alice security-key touched 2'
	run "$UNIT" sshsig bytes "$SIGNERS" "$TMP/sig" <<<hello
	assert_output -e '^[0-9]{5} tried, 0 taken$'

	touch "$FIRMA_TEST_SK/untouched"
	sign alice <<<hello >"$TMP/sig"
	check_signature hello
	assert_output 'alice security-key 3'
}

@test "a security key without a need to be touched is told from one that was" {
	use_security_key
	make_security_key alice -O no-touch-required
	list_signer alice
	sign alice <<<hello >"$TMP/sig"
	check_signature hello
	assert_output 'alice security-key 1'
}

@test "a security key with a PIN says that its user was verified" {
	use_security_key
	make_security_key alice -O verify-required
	list_signer alice
	printf '#!/bin/sh\necho 1234\n' >"$TMP/askpass"
	chmod +x "$TMP/askpass"
	SSH_ASKPASS=$TMP/askpass SSH_ASKPASS_REQUIRE=force sign alice <<<hello >"$TMP/sig"
	check_signature hello
	assert_output 'alice security-key touched verified 1'
}

@test "an agent's key signs as the file does" {
	good_signature hello
	eval "$(ssh-agent -a "$TMP/agent.sock")" >/dev/null
	ssh-add -q "$KEYS/alice"
	mv "$KEYS/alice" "$KEYS/alice.gone"
	ssh-keygen -q -Y sign -f "$KEYS/alice.pub" -n firma.approval.v1 <<<hello >"$TMP/sig" 2>/dev/null
	kill "$SSH_AGENT_PID"
	check_signature hello
	assert_output 'alice key 0'
}

# --- the file -------------------------------------------------------------------------------------

# refuses_line FAULT LINE: as line 3 of the file.
refuses_line() {
	run "$UNIT" sshsig signers <<<"# who may"$'\n\n'"$2"
	assert_output "3: $1"
	assert_status 1
}

@test "the file lists a principal and a key a line" {
	make_key alice
	make_key bob
	local a b
	a=$(cut -d' ' -f1,2 "$KEYS/alice.pub")
	b=$(cut -d' ' -f1,2 "$KEYS/bob.pub")
	run "$UNIT" sshsig signers <<-EOT
		# people

		alice $a a comment of words
		  bob@example.org namespaces="firma.*,git",valid-after="20200101Z",valid-before="203001010000" $b
	EOT
	assert_line -n 0 "3 alice $(ssh-keygen -lf "$KEYS/alice.pub" | cut -d' ' -f2) - 0 -"
	assert_line -n 1 "4 bob@example.org $(ssh-keygen -lf "$KEYS/bob.pub" | cut -d' ' -f2) firma.*,git 1577836800 ends"
	assert_status 0
}

@test "what is not one principal with one key of ours is a fault with its line" {
	make_key alice
	make_key rsa -t rsa -b 2048
	make_key ecdsa -t ecdsa
	local key other
	key=$(cut -d' ' -f1,2 "$KEYS/alice.pub")
	for other in rsa ecdsa; do
		refuses_line "the key's type must be ssh-ed25519 or sk-ssh-ed25519@openssh.com" \
			"alice $(<"$KEYS/$other.pub")"
	done
	refuses_line "names more than one principal" "alice,bob $key"
	for other in 'a*' '?' '!a' '"a"' '%a'; do
		refuses_line "the principal must be one name, not a pattern, of visible ASCII characters" \
			"$other $key"
	done
	refuses_line "cert-authority is not supported: each key must be listed" \
		"alice cert-authority $key"
	for other in 'x="y"' 'namespaces=a' 'namespaces="a",' 'namespaces="a"x'; do
		refuses_line 'has an option that is not namespaces="…", valid-after="…" or valid-before="…"' \
			"alice $other $key"
	done
	refuses_line 'namespaces is given twice' "alice namespaces=\"a\",namespaces=\"b\" $key"
	for other in 2020 20201301 20200230Z 202001011 20200101z 20200101250000; do
		refuses_line 'valid-after is not a time such as "20261231Z"' \
			"alice valid-after=\"$other\" $key"
	done
	refuses_line 'valid-before is not later than valid-after' \
		"alice valid-after=\"20300101Z\",valid-before=\"20200101Z\" $key"
	refuses_line 'a key is missing' 'alice ssh-ed25519'
	refuses_line "the key can't be read" 'alice ssh-ed25519 AAAA'
	refuses_line "the key can't be read" "alice ${key::-2}"
	refuses_line 'has a NUL byte or a carriage return' "alice $key"$'\r'
	run "$UNIT" sshsig signers <<<"alice $key"$'\n'"bob $key"
	assert_output '2: the key stands in line 1 already'
}

@test "a key counts within its time and for its namespaces" {
	make_key alice
	sign alice <<<hello >"$TMP/sig"
	local now=1900000000 # 20300317174640Z
	_set_clock 0 $(((now - $(date +%s)) * 1000000))

	list_signer alice 'valid-after="20300317Z",valid-before="20300318Z"'
	check_signature hello
	assert_status 0
	rm "$SIGNERS"
	list_signer alice 'valid-after="20300318Z"'
	check_signature hello
	assert_output 'the key is not valid yet'
	rm "$SIGNERS"
	list_signer alice 'valid-before="203003171700Z"'
	check_signature hello
	assert_output 'the key is not valid any more'
	rm "$SIGNERS"
	list_signer alice 'namespaces="git,file"'
	check_signature hello
	assert_output 'the key is not listed for this namespace'
	rm "$SIGNERS"
	list_signer alice 'namespaces="git,firma.approval.*"'
	check_signature hello
	assert_status 0
	rm "$SIGNERS"
	list_signer alice 'namespaces="firma.*,!firma.approval.v1"'
	check_signature hello
	assert_output 'the key is not listed for this namespace'
}
