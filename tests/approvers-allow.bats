#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
#
# Entries of the allowlist that are added with a key (namespace firma.allow.v1). The text that is
# signed is made by another program than firma.
#
# What is set here may be for the library:
# shellcheck disable=SC2016,SC2030,SC2031,SC2034

load lib
load approvers

setup() {
	lib_setup
	use_keys
	use_gate
}

teardown() {
	lib_teardown
}

# addition PATTERN ARGV-JSON [AGENT [FOR-MS [TIME-MS [NONCE]]]]: the text. Sets TIME and NONCE.
addition() {
	TIME=${5:-$(($(date +%s%3N) + ${OFFSET-0}))}
	NONCE=${6:-$(od -An -tx1 -N16 /dev/urandom | tr -d ' \n')}
	operate gate | head -n 1 | python3 -c '
import hashlib, json, sys
gate = json.loads(sys.stdin.read())["gate"]
pattern, argv, agent, for_ms, time, nonce = sys.argv[1:]
def field(name, value):
    data = str(value).encode()
    return name.encode() + b" %d " % len(data) + data + b"\n"
argv = json.loads(argv)
entry = field("pattern", pattern) + field("argv", len(argv))
for a in argv:
    if isinstance(a, list):
        entry += field("any", len(a)) + b"".join(field("any", x) for x in a)
    else:
        entry += field("argv", a)
entry += field("agent", agent) + field("for_ms", for_ms)
print("firma.allow.v1\ngate", gate)
print("entry", hashlib.sha256(entry).hexdigest())
print("time", time)
print("nonce", nonce)
' "$1" "$2" "${3:-main}" "${4:-0}" "$TIME" "$NONCE" >"$TMP/text"
}

# add_as NAME [KEY=...]: what addition() made.
add_as() {
	sign "$1" firma.allow.v1 <"$TMP/text" >"$TMP/sig"
	operate allow.add signature="$(<"$TMP/sig")" time:="$TIME" nonce="$NONCE" "${@:2}"
}

GIT=(executable=/usr/bin/git args:='["status"]')

# serve_remembering [MEMBERS]
serve_remembering() {
	serve_rule "\"remember\":true$1" '' --require-signature --advisory
}

@test "a signed addition allows, and without a signature none does" {
	serve_remembering ''
	run operate allow.add pattern=/usr/bin/git argv:='["status"]'
	refused 'a signature is needed for what is allowed from then on'
	addition /usr/bin/git '["status"]'
	run add_as alice pattern=/usr/bin/git argv:='["status"]'
	assert_output -p '"signer":"alice"'
	assert_output -p '{"outcome":"ok"}'
	run ask "${GIT[@]}"
	assert_decision allow -p 'allowed by the allowlist'
}

@test "a signature is good for one entry, gate, time and use" {
	local wrong='the signature is not of this gate and entry'

	serve_remembering ''
	addition /usr/bin/git '["status"]'
	run add_as alice pattern=/usr/bin/git argv:='["push"]'
	refused "$wrong"
	run add_as alice pattern=/usr/bin/git argv:='[["status","push"]]'
	refused "$wrong"
	run add_as alice pattern=/usr/bin/git
	refused "$wrong"
	run add_as alice pattern='/usr/bin/*' argv:='["status"]'
	refused "$wrong"
	run add_as alice pattern=/usr/bin/git argv:='["status"]' agent_id='*'
	refused "$wrong"
	run add_as alice pattern=/usr/bin/git argv:='["status"]' for_ms:=1000
	refused "$wrong"
	sed -i "s/^gate .*/gate $(printf '0%.0s' {1..32})/" "$TMP/text"
	run add_as alice pattern=/usr/bin/git argv:='["status"]'
	refused "$wrong"
	addition /usr/bin/git '["status"]'
	sign alice firma.approval.v1 <"$TMP/text" >"$TMP/sig"
	run operate allow.add pattern=/usr/bin/git argv:='["status"]' signature="$(<"$TMP/sig")" time:="$TIME" nonce="$NONCE"
	refused 'the signature was made for another namespace'
	run operate allow.add pattern=/usr/bin/git argv:='["status"]' signature="$(<"$TMP/sig")" time:="$TIME"
	refused -p 'needs a nonce'
	make_key mallory
	run add_as mallory pattern=/usr/bin/git argv:='["status"]'
	refused 'the key is not among those that may approve'
	OFFSET=-400000 addition /usr/bin/git '["status"]'
	run add_as alice pattern=/usr/bin/git argv:='["status"]'
	refused -p 'more than five minutes'
	OFFSET=400000 addition /usr/bin/git '["status"]'
	run add_as alice pattern=/usr/bin/git argv:='["status"]'
	refused -p 'more than five minutes'
	run operate allow.list
	assert_output '{"outcome":"ok"}'
}

@test "what was removed is not added again by the same signature, after a restart either" {
	serve_remembering ''
	addition /usr/bin/git '["status"]'
	run add_as alice pattern=/usr/bin/git argv:='["status"]'
	assert_output -p '{"outcome":"ok"}'
	run operate allow.remove id="$("$UNIT" get id <<<"${lines[0]}")"
	assert_output '{"outcome":"ok"}'
	run add_as alice pattern=/usr/bin/git argv:='["status"]'
	refused 'the signature was used before'
	kill_daemon
	DAEMON=
	serve_remembering ''
	run add_as alice pattern=/usr/bin/git argv:='["status"]'
	refused 'the signature was used before'
	run ask "${GIT[@]}"
	assert_decision pending_hitl
}

# nonces N TEXT: lines of sk-counters with made-up IDs, each ending with TEXT.
nonces() {
	python3 -c '
import hashlib, sys
for i in range(int(sys.argv[1])):
    print(hashlib.sha256(b"%d" % i).hexdigest(), sys.argv[2])
' "$@"
}

# seed_counters: standard input is the file, of a daemon that has ended.
seed_counters() {
	cat >"$STATE_DIR/sk-counters"
	chmod 600 "$STATE_DIR/sk-counters"
}

restart_remembering() {
	kill_daemon
	DAEMON=
	serve_remembering ''
}

# add_status: of the last addition().
add_status() {
	run add_as alice pattern=/usr/bin/git argv:='["status"]'
}

remove_added() {
	operate allow.remove id="$("$UNIT" get id <<<"${lines[0]}")"
}

@test "used nonces are forgotten, but no signature is good again if the clock is set back" {
	local time nonce

	serve_remembering ''
	addition /usr/bin/git '["status"]'
	add_status
	assert_output -p '{"outcome":"ok"}'
	remove_added
	cp "$TMP/text" "$TMP/first"
	time=$TIME nonce=$NONCE

	move_wall 660
	OFFSET=660000 addition /usr/bin/git '["status"]'
	add_status
	assert_output -p '{"outcome":"ok"}'
	remove_added
	run cat "$STATE_DIR/sk-counters"
	assert_line -n 0 "forgotten $time"
	assert_equal "${#lines[@]}" 2

	move_wall -660
	cp "$TMP/first" "$TMP/text"
	TIME=$time NONCE=$nonce add_status
	refused -p 'the clock was set back'
	restart_remembering
	TIME=$time NONCE=$nonce add_status
	refused -p 'the clock was set back'
	addition /usr/bin/git '["status"]'
	add_status
	assert_output -p '{"outcome":"ok"}'
}

@test "a large file of nonces without times is read, and none of them is good again" {
	local time nonce

	serve_remembering ''
	addition /usr/bin/git '["status"]'
	cp "$TMP/text" "$TMP/first"
	time=$TIME nonce=$NONCE
	kill_daemon
	DAEMON=
	{
		nonces 63000 1
		python3 -c '
import hashlib, sys
print(hashlib.sha256(b"nonce" + bytes.fromhex(sys.argv[1])).hexdigest(), 1)' "$nonce"
	} | seed_counters
	serve_remembering ''
	add_status
	refused 'the signature was used before'
	addition /usr/bin/git '["status"]'
	add_status
	assert_output -p '{"outcome":"ok"}'

	restart_remembering
	add_status
	refused 'the signature was used before'
	cp "$TMP/first" "$TMP/text"
	TIME=$time NONCE=$nonce add_status
	refused 'the signature was used before'
}

@test "too many additions in minutes are refused until their nonces are forgotten" {
	serve_remembering ''
	kill_daemon
	DAEMON=
	nonces 131072 "1 $(date +%s%3N)" | seed_counters
	serve_remembering ''
	addition /usr/bin/git '["status"]'
	add_status
	refused -p 'too many signatures were used in the last minutes'
	restart_remembering
	move_wall 660
	OFFSET=660000 addition /usr/bin/git '["status"]'
	add_status
	assert_output -p '{"outcome":"ok"}'
	run cat "$STATE_DIR/sk-counters"
	assert_equal "${#lines[@]}" 2
}

@test "an addition that is refused for its entry does not use up the signature" {
	serve_remembering ''
	addition 'a//b' '["status"]'
	run add_as alice pattern='a//b' argv:='["status"]'
	assert_field outcome unsupported_action
	refute_output -p signature
	run add_as alice pattern='a//b' argv:='["status"]'
	refute_output -p 'used before'
	[[ ! -e $STATE_DIR/sk-counters ]]
}

@test "a damaged file of counters and nonces closes the daemon" {
	local id text

	id=$(printf 'a%.0s' {1..64})
	serve_remembering ''
	for text in "$id 1 0" "$id 1 x" "$id 1 1 1" "$id 1 " "$id  1" "$id 0 1" "forgotten x" \
		"$id 1"$'\n'"forgotten 1" "forgotten 1"$'\n'"forgotten 1" "$id 1"$'\n'"$id 1 5"; do
		kill_daemon
		DAEMON=
		seed_counters <<<"$text"
		serve_remembering ''
		run ask "${GIT[@]}"
		assert_decision deny -p 'sk-counters is damaged'
	done
}

@test "an entry counts as long as its key is listed, and for what its one signer is enough" {
	make_key bob
	serve_remembering ''
	addition /usr/bin/git '["status"]'
	add_as alice pattern=/usr/bin/git argv:='["status"]'
	run ask "${GIT[@]}"
	assert_decision allow
	local members
	for members in ',"quorum":2' ',"touch":true' ',"verified":true' ',"approvers":"other"'; do
		cat >"$POLICY.new" <<-EOT
			{"approver_groups":{"other":["bob"],"mine":["alice"]},
			 "exec":[{"id":"r","argv":[["/**"],"**"],"action":"pending_hitl","remember":true$members}]}
		EOT
		mv "$POLICY.new" "$POLICY"
		run ask "${GIT[@]}"
		assert_decision pending_hitl
	done
	sed -i 's/"approvers":"other"/"approvers":"mine"/' "$POLICY"
	run ask "${GIT[@]}"
	assert_decision allow
	rm "$SIGNERS"
	list_signer bob
	run ask "${GIT[@]}"
	assert_decision pending_hitl
	list_signer alice 'valid-before="20200101Z"'
	run ask "${GIT[@]}"
	assert_decision pending_hitl
}

@test "allow add signs with the key that it is given, where that is needed" {
	use_security_key
	make_security_key bob
	list_signer bob
	serve_remembering ',"touch":true'
	run firma allow add /usr/bin/git status
	assert_status 1
	assert_output -p 'a signature is needed'
	FIRMA_APPROVER_KEY=$KEYS/bob run firma allow add --for 1h /usr/bin/git status
	assert_status 0
	assert_output -p 'touch the security key when it blinks'
	run firma allow list
	assert_output -p 'signed by bob'
	run ask "${GIT[@]}"
	assert_decision allow
	run firma allow add --key "$TMP/none" /usr/bin/git log
	assert_status 3
	stop_daemon

	run firma evidence verify --approvers "$SIGNERS" "$STATE_DIR.evidence"
	assert_status 0
	assert_line -p "1 approver's signature holds"
	sed 's|"argv":\["status"\]|"argv":["push"]|' "$STATE_DIR.evidence" >"$TMP/log"
	run firma evidence verify --approvers "$SIGNERS" "$TMP/log"
	assert_output -p 'the text is about another entry'
}

@test "the scope of an entry that is added with a key is in what is signed" {
	use_security_key
	make_security_key bob
	list_signer bob
	serve_remembering ',"touch":true'
	FIRMA_APPROVER_KEY=$KEYS/bob run firma allow add --uid "$EUID" --session s1 --directory /work \
		/usr/bin/git status
	assert_status 0
	run ask "${GIT[@]}" cwd=/work session_id=s1
	assert_decision allow
	run ask "${GIT[@]}" cwd=/work session_id=s2
	assert_decision pending_hitl
	stop_daemon

	run firma evidence verify --approvers "$SIGNERS" "$STATE_DIR.evidence"
	assert_status 0
	assert_line -p "1 approver's signature holds"
	for change in 's|"session_id":"s1"|"session_id":"s2"|' 's|"cwd":"/work"|"cwd":"/"|' \
		's|"scope":\["user","agent",|"scope":["user",|' "s|\"uid\":$EUID|\"uid\":7|"; do
		sed -E "/allow.add/$change" "$STATE_DIR.evidence" >"$TMP/log"
		run firma evidence verify --approvers "$SIGNERS" "$TMP/log"
		assert_output -p 'the text is about another entry'
	done
}

@test "a gate that needs no signature adds as before" {
	start_daemon --default-action pending_hitl
	FIRMA_APPROVER_KEY=$KEYS/none run firma allow add /usr/bin/git status
	assert_status 0
	run operate allow.list
	refute_output -p signer
}
