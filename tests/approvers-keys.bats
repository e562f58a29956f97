#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
#
# firma token approve with the keys that people have: in an agent, with a confirmation, with a
# passphrase, on a security key with and without touch and PIN. All of it is OpenSSH's own code;
# only the security key is made of software (tests/helper/sk-provider.c).
#
# What is set here may be for the library:
# shellcheck disable=SC2016,SC2030,SC2031,SC2034

load lib
load approvers
load terminal

setup() {
	lib_setup
	use_keys
	use_gate
	use_security_key
	AGENT_PID=
}

teardown() {
	[[ ! $AGENT_PID ]] || kill "$AGENT_PID" || true
	terminal_teardown
	lib_teardown
}

# use_agent [ENVIRONMENT...]: a real ssh-agent.
use_agent() {
	local started

	started=$(env "$@" ssh-agent -a "$TMP/keys.sock")
	AGENT_PID=$(sed -n 's/^SSH_AGENT_PID=\([0-9]*\);.*/\1/p' <<<"$started")
	export SSH_AUTH_SOCK=$TMP/keys.sock
}

# answers STATUS [TEXT]: a program for SSH_ASKPASS.
answers() {
	printf '#!/bin/sh\necho "$1" >>%s\necho "%s"\nexit %d\n' "$TMP/asked" "${2-}" "$1" >"$TMP/askpass"
	chmod +x "$TMP/askpass"
}

# approves NAME TOKEN [TEXT]: that key does, and says this.
approves() {
	run firma token approve --yes --key "$KEYS/$1" "$2"
	assert_status 0
	[[ ! ${3-} ]] || assert_output -p "$3"
	retry "$2"
	assert_decision allow
}

# fails_to NAME TOKEN TEXT: it does not.
fails_to() {
	run firma token approve --yes --key "$KEYS/$1" "$2"
	((status != 0)) || fail "it approves: $output"
	assert_output -p "$3"
	retry "$2"
	assert_decision pending_hitl
}

@test "a key that only an agent holds approves" {
	serve_approvers --require-signature --advisory
	use_agent
	ssh-add -q "$KEYS/alice"
	mv "$KEYS/alice" "$KEYS/away"
	local token
	token=$(pending_token)
	fails_to none "$token" 'ssh-keygen did not sign'
	approves alice.pub "$token"
	ssh-add -q -D
	token=$(pending_token)
	fails_to alice.pub "$token" 'ssh-keygen did not sign'
}

@test "an agent that asks for a confirmation is obeyed" {
	serve_approvers --require-signature --advisory
	answers 1
	use_agent SSH_ASKPASS="$TMP/askpass" SSH_ASKPASS_REQUIRE=force DISPLAY=:0
	ssh-add -q -c "$KEYS/alice"
	mv "$KEYS/alice" "$KEYS/away"
	local token
	token=$(pending_token)
	fails_to alice.pub "$token" 'ssh-keygen did not sign'
	answers 0
	approves alice.pub "$token"
	grep -q 'Allow use of key' "$TMP/asked"
}

@test "a security key that is touched approves, one that isn't does not" {
	make_security_key bob
	list_signer bob
	serve_rule '"touch":true'
	local token
	token=$(pending_token)
	touch "$FIRMA_TEST_SK/untouched"
	fails_to bob "$token" 'a security key that is touched is needed'
	rm "$FIRMA_TEST_SK/untouched"
	approves bob "$token" 'touch the security key when it blinks'
}

@test "a security key that need not be touched is enough for a signature, not for a touch" {
	make_security_key bob -O no-touch-required
	list_signer bob
	serve_rule '"signed":true'
	local token
	token=$(pending_token)
	approves bob "$token"
	serve_rule '"touch":true'
	token=$(pending_token)
	fails_to bob "$token" 'a security key that is touched is needed'
}

@test "a PIN is typed on the terminal, where a rule asks for one" {
	echo 1234 >"$FIRMA_TEST_SK/pin"
	answers 0 1234
	SSH_ASKPASS=$TMP/askpass SSH_ASKPASS_REQUIRE=force make_security_key bob -O verify-required
	make_security_key carol
	list_signer bob
	list_signer carol
	serve_rule '"verified":true'
	local token
	token=$(pending_token)
	fails_to carol "$token" 'a security key that asks for a PIN or a fingerprint is needed'

	terminal 100x40 "$FIRMA" token approve --key "$KEYS/bob" "$token"
	seen 'Approve this? [y/N]'
	keys y Enter
	seen 'Enter PIN'
	keys -l 4321
	keys Enter
	ended
	((status != 0)) || fail "a wrong PIN signs"
	retry "$token"
	assert_decision pending_hitl

	TERMINAL=two
	terminal 100x40 "$FIRMA" token approve --key "$KEYS/bob" "$token"
	seen 'Approve this? [y/N]'
	keys y Enter
	seen 'Enter PIN'
	keys -l 1234
	keys Enter
	ended
	assert_status 0
	retry "$token"
	assert_decision allow
}

@test "the record of a touch and a PIN says so" {
	answers 0 1234
	SSH_ASKPASS=$TMP/askpass SSH_ASKPASS_REQUIRE=force make_security_key bob -O verify-required
	list_signer bob
	serve_rule '"verified":true,"touch":true'
	local token
	token=$(pending_token)
	SSH_ASKPASS=$TMP/askpass SSH_ASKPASS_REQUIRE=force approves bob "$token"
	stop_daemon
	run firma evidence show "$STATE_DIR.evidence"
	assert_output -p 'approved by bob (security key, touched, verified)'
}

# --- what firma-deploy(7) says --------------------------------------------------------------------

PAGE=$BATS_TEST_DIRNAME/../man/firma-deploy.7

# page FROM TO: those lines of the page, as they are read.
page() {
	sed -n "/$1/,/$2/ { s/\\\\-/-/g; s/\\\\(ti/~/g; p }" "$PAGE"
}

@test "two of three, as firma-deploy(7) has it" {
	make_key bob
	make_key carol
	list_signer bob
	list_signer carol
	page '^{"exec": .*production' '^ "approver_groups"' >"$POLICY"
	run firma policy check "$POLICY"
	assert_status 0
	serve_approvers --policy "$POLICY"
	local token asks=(executable=/usr/bin/deploy args:='["prod"]')
	token=$(pending_token "${asks[@]}")
	run firma token approve --yes --key "$KEYS/carol" "$token"
	assert_status 0
	assert_output -p '1 more needed'
	run ask "${asks[@]}" approval_token="$token"
	assert_field reason -p '1 of 2 approved'
	run firma token approve --yes --key "$KEYS/alice" "$token"
	assert_status 0
	run ask "${asks[@]}" approval_token="$token"
	assert_decision allow

	token=$(pending_token "${asks[@]}")
	run firma token approve --yes --key "$KEYS/carol" "$token"
	run firma token revoke --key "$KEYS/bob" "$token"
	assert_status 0
	run ask "${asks[@]}" approval_token="$token"
	assert_decision deny
}

@test "one machine, one user, one security key, as firma-deploy(7) has it" {
	need_root
	local options token uid
	uid=$(id -u games)
	# The commands of the page, with a file of options here; the unit names the groups.
	echo FIRMA_OPTIONS=--default-action=pending_hitl >"$TMP/default"
	eval "$(page '^.Ss One machine' '^The options are' |
		sed -n '/^# \(options=\|echo "FIRMA_OPTIONS\)/s/^# //p' |
		sed "s|/etc/default/firma|$TMP/default|; s|/etc/firma.approvers|$SIGNERS|")"
	options=$(tail -n 1 "$TMP/default")
	options="--agent-group=$uid --operator-group=$uid ${options#FIRMA_OPTIONS=}"
	[[ $options == *" --default-action=pending_hitl "*" --require-signature" ]] || fail "$options"
	rm "$SIGNERS"
	make_security_key person
	list_signer person '' alice
	install -d -o "$uid" -m 700 "$TMP/home"
	cp "$KEYS"/person* "$SSH_SK_PROVIDER" "$TMP/home"
	SSH_SK_PROVIDER=$TMP/home/sk-provider.so
	chown -R "$uid" "$TMP/home" "$FIRMA_TEST_SK"
	OPERATOR_SOCKET=$TMP/operator.sock
	export FIRMA_OPERATOR_SOCKET=$OPERATOR_SOCKET
	# shellcheck disable=SC2086 # these are words
	start_daemon --operator-socket "$OPERATOR_SOCKET" $options
	_until "$DAEMON" _listens "$OPERATOR_SOCKET"

	token=$(AS_UID=$uid pending_token)
	AS_UID=$uid run firma token approve --yes "$token"
	assert_status 1
	assert_output -p 'a signature is needed'
	FIRMA_APPROVER_KEY=$TMP/home/person AS_UID=$uid run firma token approve --yes "$token"
	assert_status 0
	assert_output -p 'touch the security key when it blinks'
	AS_UID=$uid run ask approval_token="$token"
	assert_decision allow
}
