#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
#
# A gate that takes signatures: what counts, what is refused and with which words, and that nothing
# of it is lost. Who signs is the real ssh-keygen; the text that is signed is made by another
# program than firma.

# shellcheck disable=SC2030,SC2031 # each test is a process, and so are its variables

load store
load approvers
load terminal

setup() {
	lib_setup
	use_keys
	use_gate
}

teardown() {
	[[ ! ${LIAR-} ]] || kill "$LIAR" || true
	terminal_teardown
	lib_teardown
}

# without_descriptors COMMAND...: while the daemon has one for a connection, and none for a file.
without_descriptors() {
	prlimit --pid "$DAEMON" --nofile="$(($(find "/proc/$DAEMON/fd" -mindepth 1 | wc -l) + 1)):4096"
	"$@"
	prlimit --pid "$DAEMON" --nofile=1024:4096
}

@test "a signed approval allows once" {
	serve_approvers --require-signature --advisory
	local token
	token=$(pending_token)
	run operate approve token_id="$token"
	refused 'a signature is needed'
	run approve_as alice "$token"
	assert_output '{"outcome":"ok"}'
	retry "$token"
	assert_decision allow
	retry "$token"
	assert_decision deny 'approval token already consumed'
}

@test "the record of evidence is verified with ssh-keygen alone" {
	serve_approvers --require-signature --advisory
	local token
	token=$(pending_token)
	approve_as alice "$token"
	retry "$token"
	assert_decision allow
	stop_daemon

	local n=0 line
	while IFS= read -r line; do
		python3 -c 'import json, sys
a = json.loads(sys.argv[1])["response"].get("approvals")
if a: open(sys.argv[2], "w").write(a[0]["text"]); open(sys.argv[3], "w").write(a[0]["signature"]); print(a[0]["by"])
' "$line" "$TMP/text" "$TMP/text.sig" >"$TMP/by"
		[[ -s $TMP/by ]] || continue
		run ssh-keygen -Y verify -f "$SIGNERS" -I "$(<"$TMP/by")" -n firma.approval.v1 \
			-s "$TMP/text.sig" <"$TMP/text"
		assert_output -p 'Good "firma.approval.v1" signature for alice'
		n=$((n + 1))
	done <"$STATE_DIR.evidence"
	assert_equal "$n" 2
}

@test "a signature is good for one gate, token and decision" {
	local token other wrong='the signature is not of this gate, token and decision as they are now'

	serve_approvers --require-signature --advisory
	token=$(pending_token)
	other=$(pending_token)
	text_of "$other" approve | sign alice >"$TMP/sig"
	run operate approve token_id="$token" signature="$(<"$TMP/sig")"
	refused "$wrong"
	text_of "$token" refuse | sign alice >"$TMP/sig"
	run operate approve token_id="$token" signature="$(<"$TMP/sig")"
	refused "$wrong"
	text_of "$token" approve | sed 's/^gate .*/gate 00000000000000000000000000000000/' | sign alice >"$TMP/sig"
	run operate approve token_id="$token" signature="$(<"$TMP/sig")"
	refused "$wrong"
	text_of "$token" approve | sed 's/^record .*/record 00/' | sign alice >"$TMP/sig"
	run operate approve token_id="$token" signature="$(<"$TMP/sig")"
	refused "$wrong"
	text_of "$token" approve | sed 's/^until \([^ ]*\) .*/until \1 9999999999/' | sign alice >"$TMP/sig"
	run operate approve token_id="$token" signature="$(<"$TMP/sig")"
	refused "$wrong"
	text_of "$token" approve - why | sign alice >"$TMP/sig"
	run operate approve token_id="$token" signature="$(<"$TMP/sig")"
	refused "$wrong"
	text_of "$token" approve | sign alice firma.allow.v1 >"$TMP/sig"
	run operate approve token_id="$token" signature="$(<"$TMP/sig")"
	refused 'the signature was made for another namespace'
	retry "$token"
	assert_decision pending_hitl 'awaiting human approval'
}

@test "always, and for how long, is part of what is signed" {
	local token wrong='the signature is not of this gate, token and decision as they are now'

	serve_approvers --require-signature --advisory
	token=$(pending_token cwd=/tmp executable=/usr/bin/git real_path=/usr/bin/git args:='["status"]')
	text_of "$token" approve | sign alice >"$TMP/once"
	text_of "$token" approve 0 | sign alice >"$TMP/always"
	text_of "$token" approve 60000 | sign alice >"$TMP/minute"
	run operate approve token_id="$token" always:=true signature="$(<"$TMP/once")"
	refused "$wrong"
	run operate approve token_id="$token" always:=true signature="$(<"$TMP/minute")"
	refused "$wrong"
	run operate approve token_id="$token" always:=true for_ms:=3600000 signature="$(<"$TMP/minute")"
	refused "$wrong"
	run operate approve token_id="$token" signature="$(<"$TMP/always")"
	refused "$wrong"
	run operate approve token_id="$token" always:=true for_ms:=60000 signature="$(<"$TMP/minute")"
	assert_output '{"outcome":"ok"}'
	run ask cwd=/tmp executable=/usr/bin/git real_path=/usr/bin/git args:='["status"]' approval_token="$token"
	assert_decision allow
	run ask cwd=/tmp executable=/usr/bin/git real_path=/usr/bin/git args:='["status"]'
	assert_decision allow -p 'allowed by the allowlist'
	run operate allow.add pattern=/usr/bin/id
	refused -p 'a signature is needed'
}

@test "a refusal may be signed, with its reason" {
	serve_approvers
	local token
	token=$(pending_token)
	text_of "$token" refuse - 'not "today"' | sign alice >"$TMP/sig"
	run operate revoke token_id="$token" reason=tomorrow signature="$(<"$TMP/sig")"
	refused -p 'the signature is not of this'
	run operate revoke token_id="$token" reason='not "today"' signature="$(<"$TMP/sig")"
	assert_output '{"outcome":"ok"}'
	retry "$token"
	assert_decision deny 'refused by an operator: not "today"'
}

@test "who brings a signature does not matter, and without one the asker's uid never counts" {
	OPERATOR_SOCKET=$TMP/operator.sock
	serve_approvers --operator-socket "$OPERATOR_SOCKET"
	_until "$DAEMON" _listens "$OPERATOR_SOCKET"
	local token
	token=$(pending_token)
	run operate approve token_id="$token"
	refused 'approving needs another user than the one who asked, or a signature'
	run approve_as alice "$token"
	assert_output '{"outcome":"ok"}'
	retry "$token"
	assert_decision allow
}

@test "a signature that nobody listed made is refused" {
	serve_approvers
	local token
	make_key mallory
	token=$(pending_token)
	run approve_as mallory "$token"
	refused 'the key is not among those that may approve'
	make_key rsa -t rsa -b 2048
	run approve_as rsa "$token"
	refused -p "the signature's key is not of type ssh-ed25519"
	run operate approve token_id="$token" signature=none
	refused 'the signature is not an armored SSH signature'
}

@test "what was approved by a signer who was removed since is not allowed" {
	serve_approvers --require-signature --advisory
	make_key bob
	local token
	token=$(pending_token)
	approve_as alice "$token"
	rm "$SIGNERS"
	list_signer bob
	retry "$token"
	assert_decision deny \
		'the approval is not enough any more: 0 of 1 approvers count; the key is not among those that may approve'
	list_signer alice
	retry "$token"
	assert_decision allow
}

@test "a faulty file of approvers changes nothing, and none at start closes" {
	serve_approvers --require-signature --advisory
	local token
	token=$(pending_token)
	echo "mallory ssh-rsa AAAA" >>"$SIGNERS"
	run approve_as alice "$token"
	assert_output '{"outcome":"ok"}'
	run firma status --json
	[[ $output == *'"fault":"'*'approvers:2: the key'* ]] || fail "$output"
	stop_daemon
	serve_approvers
	run ask
	assert_decision deny -p 'closed: '
	assert_field reason -p "approvers:2: the key's type must be"
}

@test "a file of approvers that others can write is not read" {
	chmod 666 "$SIGNERS"
	serve_approvers
	run ask
	assert_decision deny -p 'closed: '
	assert_field reason -p 'approvers: can be written by'
}

@test "a file of approvers that can't be opened for lack of descriptors closes until there are some" {
	((${#WRAPPER[@]} == 0)) || skip "it runs under another program"
	serve_approvers
	run ask
	assert_decision pending_hitl
	make_key bob
	list_signer bob
	without_descriptors run ask
	assert_decision deny "closed: $SIGNERS: can't be read: Too many open files"
	run ask
	assert_decision pending_hitl
}

unreadable_approvers() {
	rm -rf "$STATE_DIR" "$STATE_DIR.evidence" "$SIGNERS"
	list_signer alice
	move_clock 10
	serve_approvers
	run ask
	assert_decision pending_hitl
	list_signer bob
	run ask
	assert_decision deny "closed: $SIGNERS: can't be read: $1"
	run ask
	assert_decision pending_hitl
}

@test "so it is where the file can't be opened or read for another passing reason" {
	make_key bob
	each_unreadable "$SIGNERS" 2 unreadable_approvers
}

@test "a copy of the state directory is another gate, and what was live there ends" {
	serve_approvers --require-signature --advisory
	local token gate
	token=$(pending_token)
	approve_as alice "$token"
	gate=$(operate gate | head -n 1 | "$UNIT" get gate)
	kill_daemon
	cp -a "$STATE_DIR" "$TMP/copy"

	DAEMON=
	start_daemon --approvers "$SIGNERS" --default-action pending_hitl --require-signature --advisory
	run operate gate
	assert_equal "$("$UNIT" get gate <<<"${lines[0]}")" "$gate"
	stop_daemon
	STATE_DIR=$TMP/copy
	start_daemon --approvers "$SIGNERS" --default-action pending_hitl --require-signature --advisory
	run operate gate
	[[ $("$UNIT" get gate <<<"${lines[0]}") != "$gate" ]] || fail "the copy has the gate's ID"
	retry "$token"
	assert_decision deny
	assert_log -p 'is a copy: the gate has a new ID'
}

@test "a signature for one gate is not good in a copy of its state, where the token ends" {
	serve_approvers --require-signature --advisory
	local token other gate
	token=$(pending_token)
	gate=$(operate gate | head -n 1 | "$UNIT" get gate)
	text_of "$token" approve | sign alice >"$TMP/sig"
	kill_daemon
	cp -a "$STATE_DIR" "$TMP/copy"
	[[ ! -e $STATE_DIR.evidence ]] || cp -a "$STATE_DIR.evidence" "$TMP/copy.evidence"
	STATE_DIR=$TMP/copy DAEMON=
	start_daemon --approvers "$SIGNERS" --default-action pending_hitl --require-signature --advisory
	run operate approve token_id="$token" signature="$(<"$TMP/sig")"
	refute_output -p '"outcome":"ok"'
	retry "$token"
	assert_decision deny

	# What names the gate before is not about a token of the copy, either.
	other=$(pending_token)
	text_of "$other" approve | sed "s/^gate .*/gate $gate/" | sign alice >"$TMP/sig"
	run operate approve token_id="$other" signature="$(<"$TMP/sig")"
	refused 'the signature is not of this gate, token and decision as they are now'
}

@test "a signature with garbage after its armor, or with a byte changed, is refused" {
	serve_approvers --require-signature --advisory
	local token sig
	token=$(pending_token)
	sig=$(text_of "$token" approve | sign alice)
	run operate approve token_id="$token" signature="$sig"$'\nmore'
	refused 'something follows the end of the signature'
	run operate approve token_id="$token" signature="x$sig"
	refused 'the signature is not an armored SSH signature'
	run operate approve token_id="$token" signature="$(sed '2s/^U1NI/U1NJ/' <<<"$sig")"
	refused -p 'the signature'
	run operate approve token_id="$token" signature="$(head -c 150 <<<"$sig")"
	refused -p 'the signature'
	run operate approve token_id="$token" signature="$sig"
	assert_output '{"outcome":"ok"}'
}

@test "a signature for a token as it was shown before it changed is refused" {
	serve_approvers --require-signature --advisory
	local token record
	token=$(pending_token args:='["a"]')
	{
		operate gate | head -n 1
		operate show token_id="$token" | head -n 1
	} >"$TMP/shown"
	record=$(sed -n '2s/.*"record":"\([0-9a-f]*\)".*/\1/p' "$TMP/shown")
	sed -i 's/"args":\["a"\]/"args":["b"]/' "$TMP/shown"
	run canonical_text approve <"$TMP/shown"
	assert_output -p 'the record is another one'

	# A client that signs what it has shown, whatever the daemon says of the record.
	token=$(pending_token args:='["b"]')
	text_of "$token" approve | sed "s/^record .*/record $record/" | sign alice >"$TMP/sig"
	run operate approve token_id="$token" signature="$(<"$TMP/sig")"
	refused 'the signature is not of this gate, token and decision as they are now'
}

# lie SEARCH REPLACEMENT: between a client at $TMP/liar.sock and the daemon, what the daemon answers
# is changed. Sets LIAR.
lie() {
	_spawn python3 -c '
import socket, sys
path, real, search, replacement = sys.argv[1], sys.argv[2], *map(str.encode, sys.argv[3:])
door = socket.socket(socket.AF_UNIX)
door.bind(path)
door.listen()
while True:
    client, _ = door.accept()
    daemon = socket.socket(socket.AF_UNIX)
    daemon.connect(real)
    daemon.sendall(client.makefile("rb").readline())
    daemon.shutdown(socket.SHUT_WR)
    client.sendall(daemon.makefile("rb").read().replace(search, replacement))
    client.close()
' "$TMP/liar.sock" "$SOCKET" "$1" "$2"
	LIAR=$!
	_until "$LIAR" _listens "$TMP/liar.sock"
}

@test "a client does not sign if the daemon shows something else than it would have signed" {
	serve_approvers --require-signature --advisory
	local token
	token=$(pending_token args:='["push","--force"]')
	lie '"--force"' '"--dry-run"'
	run firma token show --socket "$TMP/liar.sock" "$token"
	assert_output -p -- '--dry-run'
	run firma token approve --yes --key "$KEYS/alice" --socket "$TMP/liar.sock" "$token"
	assert_status 3
	assert_output "firma: $token: what the daemon shows is not what it would have signed"
	run operate show token_id="$token"
	assert_output -p '"state":"pending"'
	kill "$LIAR"
	LIAR=
	run firma token approve --yes --key "$KEYS/alice" "$token"
	assert_status 0
}

@test "a signature outlives kill -9, and counts after it" {
	serve_approvers --require-signature --advisory
	local token
	token=$(pending_token)
	approve_as alice "$token"
	kill_daemon
	DAEMON=
	serve_approvers --require-signature --advisory
	retry "$token"
	assert_decision allow
}

# --- rules ----------------------------------------------------------------------------------------

@test "two of three must approve, each once, and a refusal ends it" {
	local name token
	for name in bob carol; do
		make_key "$name"
		list_signer "$name"
	done
	make_key alice2
	serve_rule '"quorum":2,"signed":true'
	token=$(pending_token)
	run approve_as alice "$token"
	assert_output \
		'{"outcome":"ok","reason":"alice has approved: 1 of 2, 1 more needed"}'
	retry "$token"
	assert_decision pending_hitl 'awaiting human approval: 1 of 2 approved'
	run approve_as alice "$token"
	refused 'this approver has approved it already; another one is needed'
	run operate show token_id="$token"
	[[ ${lines[0]} == *'"needed":2'*'"approvals":[{"by":"alice","at":"'*'"}]'* ]] || fail "$output"
	# The asker learns how many have approved, but not who.
	run operate list own:=true
	assert_output -p "\"token_id\":\"$token\""
	refute_output -p alice
	run approve_as carol "$token"
	assert_output '{"outcome":"ok"}'
	retry "$token"
	assert_decision allow

	token=$(pending_token)
	approve_as bob "$token"
	operate revoke token_id="$token"
	retry "$token"
	assert_decision deny 'refused by an operator'
}

@test "a principal counts once by two keys" {
	make_key alice2
	serve_rule '"quorum":2,"signed":true'
	list_signer alice2 '' alice
	local token
	token=$(pending_token)
	approve_as alice "$token"
	run approve_as alice2 "$token"
	refused 'this approver has approved it already; another one is needed'
}

@test "a signature of two is kept through kill -9, and doesn't count when its signer is gone" {
	make_key bob
	list_signer bob
	serve_rule '"quorum":2,"signed":true'
	local token
	token=$(pending_token)
	approve_as alice "$token"
	kill_daemon
	DAEMON=
	serve_rule '"quorum":2,"signed":true'
	retry "$token"
	assert_decision pending_hitl 'awaiting human approval: 1 of 2 approved'

	rm "$SIGNERS"
	list_signer bob
	retry "$token"
	assert_decision pending_hitl 'awaiting human approval: 0 of 2 approved'
	run approve_as bob "$token"
	assert_field reason 'bob has approved: 1 of 2, 1 more needed'
}

@test "of three, each acknowledged signature outlives kill -9 and a restart, and a refusal ends it" {
	local name token
	for name in bob carol; do
		make_key "$name"
		list_signer "$name"
	done
	serve_rule '"quorum":3,"signed":true'
	token=$(pending_token)
	run approve_as alice "$token"
	assert_field reason 'alice has approved: 1 of 3, 2 more needed'
	kill_daemon
	DAEMON=
	serve_rule '"quorum":3,"signed":true'
	run approve_as alice "$token"
	refused 'this approver has approved it already; another one is needed'
	run approve_as bob "$token"
	assert_field reason 'bob has approved: 2 of 3, 1 more needed'
	stop_daemon
	DAEMON=
	serve_rule '"quorum":3,"signed":true'
	retry "$token"
	assert_decision pending_hitl 'awaiting human approval: 2 of 3 approved'
	run approve_as carol "$token"
	assert_output '{"outcome":"ok"}'
	kill_daemon
	DAEMON=
	serve_rule '"quorum":3,"signed":true'
	retry "$token"
	assert_decision allow

	token=$(pending_token)
	approve_as alice "$token"
	approve_as bob "$token"
	text_of "$token" refuse - no | sign carol >"$TMP/sig"
	run operate revoke token_id="$token" reason=no signature="$(<"$TMP/sig")"
	assert_output '{"outcome":"ok"}'
	run approve_as carol "$token"
	assert_field outcome already_revoked
	retry "$token"
	assert_decision deny 'refused by an operator: no'
}

@test "a rule that was made stricter since counts, and so does one that asked" {
	make_key bob
	list_signer bob
	serve_rule '"signed":true'
	local token
	token=$(pending_token)
	approve_as alice "$token"
	serve_rule '"quorum":2'
	retry "$token"
	assert_decision deny 'the approval is not enough any more: 1 of 2 approvers counts'
	serve_rule ''
	retry "$token"
	assert_decision allow

	serve_rule '"signed":true'
	token=$(pending_token)
	serve_rule ''
	run operate approve token_id="$token"
	refused 'a signature is needed'
}

@test "what a rule demands holds for a command in a line of shell as well" {
	cat >"$POLICY" <<-'EOT'
		{"default_action":"pending_hitl",
		 "exec":[{"id":"r","argv":["deploy","**"],"action":"pending_hitl","signed":true}]}
	EOT
	serve_approvers --policy "$POLICY"
	local token
	token=$(pending_token executable=/bin/sh args:='["-c","cd /srv && deploy prod"]')
	run operate approve token_id="$token"
	refused 'a signature is needed'
	token=$(pending_token executable=/bin/sh args:='["-c","cd /srv && ls prod"]')
	run operate approve token_id="$token"
	assert_output '{"outcome":"ok"}'
}

@test "an entry that was added by hand is no signature" {
	serve_rule '"remember":true'
	run operate allow.add pattern=/usr/bin/git argv:='["status"]'
	assert_output -p '"outcome":"ok"'
	run ask
	assert_decision allow
	serve_rule '"remember":true,"signed":true'
	run ask
	assert_decision pending_hitl
}

@test "only a group's principals may approve where a rule names it" {
	make_key bob
	list_signer bob
	serve_rule '"approvers":"platform"' '"approver_groups":{"platform":["bob","%4343"]}'
	local token
	token=$(pending_token)
	run approve_as alice "$token"
	refused 'the approver is in none of the groups that may approve this'
	run operate approve token_id="$token"
	refused -p 'approving needs another user'
	run approve_as bob "$token"
	assert_output '{"outcome":"ok"}'
	retry "$token"
	assert_decision allow
}

# serve_group [MEMBERS] [DOCUMENT-MEMBERS]: a rule for a group.
serve_group() {
	need_root
	OPERATOR_SOCKET=$TMP/operator.sock
	serve_rule "\"approvers\":\"platform\"$1" \
		"${2-}"'"approver_groups":{"platform":["alice","%4343"]}' \
		--operator-socket "$OPERATOR_SOCKET" --operator-group 4343
	_until "$DAEMON" _listens "$OPERATOR_SOCKET"
	chmod 666 "$OPERATOR_SOCKET"
}

@test "a Unix group's members approve without a key" {
	serve_group ''
	local token
	token=$(pending_token)
	AS_UID=4343 run operate approve token_id="$token"
	assert_output '{"outcome":"ok"}'
	retry "$token"
	assert_decision allow
}

# approve_by_uid_and_key TOKEN: the second time with alice's key.
approve_by_uid_and_key() {
	AS_UID=4343 operate approve token_id="$1"
	text_of "$1" approve | sign alice >"$TMP/sig"
	AS_UID=4343 run operate approve token_id="$1" signature="$(<"$TMP/sig")"
}

@test "a person counts once by key and by uid, also if the policy does not name their uid" {
	serve_group ',"quorum":2'
	local token
	token=$(pending_token)
	approve_by_uid_and_key "$token"
	refused 'this approver has approved it already; another one is needed'
	retry "$token"
	assert_decision pending_hitl 'awaiting human approval: 1 of 2 approved'
}

@test "a principal with a uid of their own is another person than who brings the signature" {
	serve_group ',"quorum":2' '"principals":{"alice":{"uid":77}},'
	local token
	token=$(pending_token)
	approve_by_uid_and_key "$token"
	assert_output '{"outcome":"ok"}'
	retry "$token"
	assert_decision allow
}

@test "a Unix group's members don't count where a signature is demanded" {
	serve_group ',"signed":true'
	local token
	token=$(pending_token)
	AS_UID=4343 run operate approve token_id="$token"
	refused 'a signature is needed'
}

@test "who asked is not one of the approvers, where a rule says so" {
	serve_rule '"signed":true,"not_asker":true' "\"principals\":{\"alice\":{\"uid\":$EUID}}"
	local token
	token=$(pending_token)
	run approve_as alice "$token"
	refused 'the approver is who asked, and that does not count here'
}

@test "a rule may ask for a touch, or for a PIN" {
	use_security_key
	make_security_key bob
	list_signer bob
	serve_rule '"touch":true'
	local token
	token=$(pending_token)
	run approve_as alice "$token"
	refused 'a security key that is touched is needed'
	touch "$FIRMA_TEST_SK/untouched"
	run approve_as bob "$token"
	refused 'a security key that is touched is needed'
	rm "$FIRMA_TEST_SK/untouched"
	run approve_as bob "$token"
	assert_output '{"outcome":"ok"}'
	serve_rule '"verified":true'
	token=$(pending_token)
	run approve_as bob "$token"
	refused 'a security key that asks for a PIN or a fingerprint is needed'
}

@test "a security key's counter that does not go up is refused, after a restart as well" {
	use_security_key
	make_security_key bob
	list_signer bob
	serve_approvers
	local token
	token=$(pending_token)
	echo 10 >"$FIRMA_TEST_SK/counter"
	run approve_as bob "$token"
	assert_output '{"outcome":"ok"}'
	token=$(pending_token)
	echo 10 >"$FIRMA_TEST_SK/counter"
	run approve_as bob "$token"
	refused -p "the security key's counter did not go up"
	kill_daemon
	DAEMON=
	serve_approvers
	echo 9 >"$FIRMA_TEST_SK/counter"
	run approve_as bob "$token"
	refused -p "the security key's counter did not go up"
	echo 11 >"$FIRMA_TEST_SK/counter"
	run approve_as bob "$token"
	assert_output '{"outcome":"ok"}'
	retry "$token"
	assert_decision allow
}

@test "while a security key's counter can't be written, nothing is approved or allowed" {
	use_security_key
	make_security_key bob
	list_signer bob
	serve_approvers
	local token
	token=$(pending_token)
	echo 10 >"$FIRMA_TEST_SK/counter"
	mkdir "$STATE_DIR/sk-counters.new"
	run approve_as bob "$token"
	refused -p 'outcome unknown: the count of a security key could not be recorded: '
	retry "$token"
	assert_decision deny -p 'the count of a security key could not be recorded: '
	rmdir "$STATE_DIR/sk-counters.new"
	token=$(pending_token)
	echo 20 >"$FIRMA_TEST_SK/counter"
	run approve_as bob "$token"
	assert_output '{"outcome":"ok"}'
	retry "$token"
	assert_decision allow
}

@test "faults of what a rule demands are told" {
	local text
	for text in '"approvers":"nobody"' '"quorum":0' '"quorum":17' '"signed":1'; do
		echo "{\"exec\":[{\"id\":\"r\",\"argv\":[\"x\"],\"action\":\"pending_hitl\",$text}]}" >"$POLICY"
		run firma policy check "$POLICY"
		assert_status 1
	done
	echo '{"exec":[{"id":"r","argv":["x"],"action":"allow","signed":true}]}' >"$POLICY"
	run firma policy check "$POLICY"
	assert_output -p 'are for a rule that asks'
}

@test "policy check warns of an approver who can't be told from who asked" {
	local demand section rule
	for demand in '"quorum":2' '"not_asker":true'; do
		for section in exec write; do
			rule='"argv":["x","**"]'
			[[ $section == exec ]] || rule='"path":"/srv/x"'
			rule="\"id\":\"r\",$rule,\"action\":\"pending_hitl\",$demand"
			echo "{\"$section\":[{$rule}]}" >"$POLICY"
			run firma policy check "$POLICY"
			assert_status 0
			assert_line -n 0 -p "${section}[0] \"r\": warning: the asker's own approval does not count, but the policy has no 'principals'"
			echo "{\"approver_groups\":{\"p\":[\"al\",\"bo\"]},\"principals\":{\"bo\":{\"uid\":7}},
				\"$section\":[{$rule,\"approvers\":\"p\"}]}" >"$POLICY"
			run firma policy check "$POLICY"
			assert_line -n 0 -p "${section}[0] \"r\": warning: the asker's own approval does not count, but 'principals' has no uid for al, "
			assert_equal "${#lines[@]}" 2
			sed -i 's/"principals":{/&"al":{"uid":8},/' "$POLICY"
			run firma policy check "$POLICY"
			assert_output "$POLICY: in order, 1 rule"
		done
	done
}

# --- starting -------------------------------------------------------------------------------------

@test "a rule of any section that names an unknown group is a fault, unless there are no groups" {
	local groups='"approver_groups":{"plat":["alice"]},' section about

	while read -r section about; do
		about="\"$section\":[{\"id\":\"r\",$about,\"action\":\"pending_hitl\",\"approvers\":"
		echo "{$groups$about\"plta\"}]}" >"$POLICY"
		run firma policy check "$POLICY"
		assert_status 1
		assert_output -p "${section}[0]: approvers names no group of approver_groups"
		echo "{$groups$about\"plat\"}]}" >"$POLICY"
		run firma policy check "$POLICY"
		assert_status 0
		echo "{\"approver_groups\":{},$about\"plta\"}]}" >"$POLICY"
		run firma policy check "$POLICY"
		assert_status 1
		[[ $section != exec ]] || continue
		echo "{$about\"plta\"}]}" >"$POLICY"
		run firma policy check "$POLICY"
		assert_status 0
	done <<-'EOT'
		exec "argv":["x"]
		lines "line":"x *"
		read "path":"/x"
		write "path":"/x"
		fetch "url":"https://x.example/"
		git "branch":"main"
		mcp "server":"x"
	EOT
}

# needs GROUPS KEY=...: an approver of each of these groups is needed, and another one can't approve.
needs() {
	local token groups

	token=$("$UNIT" object detail:=true "${@:2}" | send | "$UNIT" get approval_token)
	groups=$(operate show token_id="$token" | sed -n '1s/.*"groups":\[\([^]]*\)\].*/\1/p' | tr -d '"' |
		tr , '\n' | sort | paste -sd ,)
	[[ ${groups:-none} == "$1" ]] || fail "needs ${groups:-none}, not $1: ${*:2}"
	run operate approve token_id="$token"
	if [[ $1 == none ]]; then
		assert_output '{"outcome":"ok"}'
	else
		assert_field outcome unsupported_action
	fi
}

EXEC=(action=local.exec sandbox_id=x session_id=s profile=generic hitl_mode=async_token)

# line_needs GROUPS LINE: the same for a line of shell, asked in both ways.
line_needs() {
	needs "$1" "${EXEC[@]}" executable=/bin/sh args:="[\"-c\",\"$2\"]" cwd=/d
	needs "$1" action_type=execute_command target="$2" cwd=/d
}

# command_needs GROUPS NAME ARG...: and for a command, without a shell as well.
command_needs() {
	local args

	args=$(printf ',"%s"' "${@:3}")
	needs "$1" "${EXEC[@]}" executable="/usr/bin/$2" args:="[${args:1}]" cwd=/d
	line_needs "$1" "${*:2}"
}

serve_sections() {
	cat >"$POLICY" <<-'EOT'
		{"approver_groups":{"e":["x"],"l":["x"],"r":["x"],"w":["x"],"f":["x"],"g":["x"],"m":["x"],"other":["x"]},
		 "exec":[{"id":"e","argv":["id","**"],"action":"pending_hitl","approvers":"e"}],
		 "lines":[{"id":"l","line":"make *","action":"pending_hitl","approvers":"l"}],
		 "read":[{"id":"r","path":["/r/**","/both/**"],"action":"pending_hitl","approvers":"r"},
			 {"id":"deny","path":"/deny","action":"deny","approvers":"other"}],
		 "write":[{"id":"w","path":["/w/**","/both/**"],"action":"pending_hitl","approvers":"w"},
			  {"id":"u","path":"/**","users":["4242"],"action":"pending_hitl","approvers":"other"},
			  {"id":"plain","path":"/plain/**","action":"pending_hitl"}],
		 "fetch":[{"id":"f","url":"https://f.example/","action":"pending_hitl","approvers":"f"}],
		 "git":[{"id":"g","branch":"main","action":"pending_hitl","approvers":"g"}],
		 "mcp":[{"id":"m","server":"m","action":"pending_hitl","approvers":"m"}]}
	EOT
	start_daemon --default-action pending_hitl --policy "$POLICY"
}

@test "a rule's group must approve a request of its section" {
	serve_sections
	needs r action_type=read_file target=/r/x
	needs w action_type=write_file target=/w/x content=x
	needs f action_type=fetch_url target=https://f.example/
	needs g action_type=git_operation target=main operation=push
	needs m action_type=mcp_tool_call server=m tool=get operation=call
	needs none action_type=read_file target=/w/x
	needs none action_type=write_file target=/plain/x content=x
	# A write is asked about because of a rule about reading.
	needs r action_type=write_file target=/r/x content=x
	needs r,w action_type=write_file target=/both/x content=x
}

@test "a group must approve a command that a rule of another section asks about" {
	serve_sections
	command_needs e id -u
	command_needs l make all
	line_needs l 'true; make all'
	line_needs e,l 'id; make all'
	command_needs none cc all

	command_needs g git push origin main
	command_needs g git -C x push origin HEAD
	command_needs g git push
	command_needs g git push origin
	command_needs none git push origin topic
	command_needs none git status

	command_needs w cp x /w/a
	command_needs w tar --file=/w/a x
	command_needs w cp x ../w/a
	command_needs r cat /r/x
	command_needs r,w cp /r/x /w/a
	command_needs r,w rm /both/x
	command_needs g,r git push origin main -o /r/x
	line_needs w 'echo x > /w/a'
	line_needs l,w 'make all > /w/a'
	command_needs none cp x /plain/a
	command_needs none cat /deny
}

@test "a command that names a protected file is approved by the group of the file's rule alone" {
	local command=(executable=/usr/bin/cp args:='["x","/w/a"]') token
	make_key bob
	list_signer bob
	echo '{"approver_groups":{"plat":["bob"],"audit":["alice"]},
		"write":[{"id":"w","path":"/w/**","action":"pending_hitl","approvers":"plat"}]}' >"$POLICY"
	serve_approvers --policy "$POLICY"
	token=$(pending_token "${command[@]}")
	run approve_as alice "$token"
	refused 'the approver is in none of the groups that may approve this'
	run approve_as bob "$token"
	assert_output '{"outcome":"ok"}'

	# The policy that is in force when the token is used counts as well.
	sed 's/"plat"}/"audit"}/' "$POLICY" >"$POLICY.new"
	mv "$POLICY.new" "$POLICY"
	run ask "${command[@]}" approval_token="$token"
	assert_decision deny -p 'the approval is not enough any more: 1 of 2 approvers counts'
	sed 's/"audit"}/"plat"}/' "$POLICY" >"$POLICY.new"
	mv "$POLICY.new" "$POLICY"
	run ask "${command[@]}" approval_token="$token"
	assert_decision allow
}

# serve_pack PACK [POLICY]: with this pack, and a policy.
serve_pack() {
	mkdir -p "$TMP/packs"
	echo "$1" >"$TMP/packs/own.json"
	echo "${2:-"{}"}" >"$POLICY"
	serve_approvers --policy "$POLICY" --policy-pack own --pack-dir "$TMP/packs"
}

@test "a pack may have groups of approvers of its own; a group of the policy with that name comes first" {
	local token pack
	make_key bob
	list_signer bob
	pack='{"metadata":{"id":"own"},"approver_groups":{"plat":["bob"]},"principals":{"bob":{"uid":4242}},
		"exec":[{"id":"r","argv":[["/**"],"**"],"action":"pending_hitl","approvers":"plat"}]}'
	serve_pack "$pack" '{"default_action":"allow"}'
	token=$(pending_token)
	run approve_as alice "$token"
	refused 'the approver is in none of the groups that may approve this'
	run approve_as bob "$token"
	assert_output '{"outcome":"ok"}'
	retry "$token"
	assert_decision allow
	stop_daemon

	serve_pack "$pack" '{"default_action":"allow","approver_groups":{"plat":["alice"]}}'
	token=$(pending_token)
	run approve_as bob "$token"
	refused 'the approver is in none of the groups that may approve this'
	run approve_as alice "$token"
	assert_output '{"outcome":"ok"}'
}

@test "a rule of a pack may be for a Unix group, also if no rule of the policy is" {
	serve_pack '{"metadata":{"id":"own"},"exec":[{"id":"r","argv":[["/**"],"**"],"action":"deny","groups":["'"$(id -g)"'"]}]}' \
		'{"default_action":"allow"}'
	run ask detail:=true
	assert_decision deny
	assert_field rule r
}

@test "words after the limit may name any file, so the groups of all rules about files must approve" {
	serve_sections
	local words

	words=$(printf ',"%s"' {1..1100})
	needs r,w "${EXEC[@]}" executable=/bin/cp args:="[${words:1},\"/w/a\"]"
}

@test "a gate of the askers' own uid refuses to require signatures, unless that is advice" {
	_command "$FIRMA" serve --socket "$SOCKET" --state-dir "$STATE_DIR" --approvers "$SIGNERS" \
		--require-signature
	run timeout 20 "${CMD[@]}"
	assert_status 1
	assert_output -p -- '--require-signature needs a gate of another user'
	serve_approvers --require-signature --advisory
	run firma status
	assert_output -p 'a signature is needed (advice'
	assert_line -e '^gate +[0-9a-f]{32}$'
}

@test "without --approvers, a signature is refused and no gate has an ID" {
	start_daemon --default-action pending_hitl
	local token
	token=$(pending_token)
	run operate gate
	refused 'this gate takes no signatures: it has no file of approvers'
	run operate approve token_id="$token" signature=x
	refused 'this gate takes no signatures: it has no file of approvers'
	[[ ! -e $STATE_DIR/gate ]] || fail "there is a gate's ID"
	run operate approve token_id="$token"
	assert_output '{"outcome":"ok"}'
}

# --- other kinds ----------------------------------------------------------------------------------

# kinds_ask MEMBERS: rules of every kind ask with these.
kinds_ask() {
	cat >"$POLICY" <<-EOT
		{"approver_groups":{"platform":["alice","bob"]},"principals":{"alice":{"uid":$EUID}},
		 "read":[{"id":"r","path":["/**"],"action":"pending_hitl",$1}],
		 "write":[{"id":"w","path":["/a/**"],"action":"pending_hitl",$1}],
		 "fetch":[{"id":"f","url":["https://*.example/**"],"action":"pending_hitl",$1}],
		 "git":[{"id":"g","branch":["main"],"action":"pending_hitl",$1}],
		 "mcp":[{"id":"m","server":"*","action":"pending_hitl",$1}]}
	EOT
	[[ $DAEMON ]] || serve_approvers --policy "$POLICY"
}

KINDS=(read_file write_file fetch_url git_operation mcp_tool_call)
declare -gA ASKED=(
	[read_file]='target=/a/x'
	[write_file]='target=/a/x content=hi'
	[fetch_url]='target=https://x.example/'
	[git_operation]='target=main operation=push'
	[mcp_tool_call]='server=s tool=t'
	[release_governance_record]='release_governance:={"metadata_kind":"release-channel-promotion-request","release_version":"1"}'
)

# asks_kind KIND [KEY=...]: by the second contract. Sets output.
asks_kind() {
	local members

	read -ra members <<<"${ASKED[$1]}"
	run send < <("$UNIT" object action_type="$1" "${members[@]}" detail:=true "${@:2}")
}

# pending_of KIND: sets `token`.
pending_of() {
	asks_kind "$1"
	token=$(field approval_token)
}

@test "rules of every kind may need a signature" {
	local kind token

	kinds_ask '"signed":true'
	for kind in "${KINDS[@]}"; do
		pending_of "$kind"
		run operate approve token_id="$token"
		refused 'a signature is needed'
		run firma token show "$token"
		assert_line -e '^needs .*signature'
		run firma token approve --yes --key "$KEYS/alice" "$token"
		assert_status 0
		asks_kind "$kind" approval_token="$token"
		assert_decision allow
		asks_kind "$kind" approval_token="$token"
		assert_decision block
		# The receipt of such an approval, from the daemon and from the log.
		firma token receipt "$token" >"$TMP/receipt"
		run firma evidence receipt "$token" "$STATE_DIR.evidence"
		assert_output "$(<"$TMP/receipt")"
		run firma evidence verify --receipt --approvers "$SIGNERS" "$TMP/receipt"
		assert_status 0 || fail "$(<"$TMP/receipt")"
		assert_output -p "1 approver's signature holds"
		run firma evidence show "$TMP/receipt"
		assert_output -e ' allow .* approved by alice \(key\)$'
		# Not of another request, nor with another one beside what was approved.
		forged 'its request is not the one that was approved' 'r["request"]["cwd"] = "/"'
		forged 'its request is not the one that was approved' 'del r["request"]["action_type"]'
		sed -i 's/"kind":"[a-z]*"/"kind":"exec"/; s/"target":"[^"]*"/"target":"x"/g; s/"server":"s"/"server":"x"/g' \
			"$TMP/receipt"
		run firma evidence verify --receipt --approvers "$SIGNERS" "$TMP/receipt"
		assert_status 1
		forge "$TMP/receipt" pass >"$TMP/forged"
		run firma evidence verify --receipt --approvers "$SIGNERS" "$TMP/forged"
		assert_status 1
	done
	run firma evidence verify "$STATE_DIR.evidence" --approvers "$SIGNERS"
	assert_status 0
}

# entry_hash: of the entry that the token's item on standard input would make, made from the man page.
entry_hash() {
	python3 -c '
import hashlib, json, sys
t = json.loads(sys.stdin.readline())
t["agent_id"] = t.get("agent_id", "main")
out = b""
for name in ("kind target compared_target real_target operation server tool capability cwd "
             "agent_id actor content_sha256 old_text new_text uid").split():
    if name in t:
        data = str(t[name]).encode()
        out += name.encode() + b" %d " % len(data) + data + b"\n"
print(hashlib.sha256(out).hexdigest())'
}

@test "a signed approval of every kind may be for good, and what it is for is part of what is signed" {
	local kind

	ASKED[read_file]='target=/r/x real_target=/b session_id=s'
	ASKED[write_file]+=' real_target=/a/x agent_id=bot'
	kinds_ask '"signed":true,"remember":true'
	# Writing what may not be read is always asked about.
	sed -i 's|"/\*\*"|"/r/**"|' "$POLICY"
	for kind in "${KINDS[@]}"; do
		pending_of "$kind"
		operate show token_id="$token" | head -n 1 | tee "$TMP/item" | entry_hash >"$TMP/hash"
		{
			printf 'firma.approval.v1\ngate %s\ntoken %s\n' \
				"$(operate gate | head -n 1 | "$UNIT" get gate)" "$token"
			printf 'fingerprint %s\nrecord %s\ndecision approve\nalways 0 %s\nuntil %s\nreason -\n' \
				"$("$UNIT" get fingerprint <"$TMP/item")" "$("$UNIT" get record <"$TMP/item")" \
				"$(<"$TMP/hash")" "$("$UNIT" get until <"$TMP/item")"
		} | sign alice >"$TMP/sig"
		run operate approve token_id="$token" always:=true signature="$(<"$TMP/sig")"
		assert_output '{"outcome":"ok"}'
		asks_kind "$kind" approval_token="$token"
		assert_decision allow
		asks_kind "$kind"
		assert_decision allow
		assert_field rule_id allowlist
		asks_kind "$kind" actor=another
		assert_field decision require_approval
	done
	# And the client signs the same text.
	asks_kind git_operation actor=client
	token=$(field approval_token)
	run firma token approve --yes --always --key "$KEYS/alice" "$token"
	assert_status 0
	asks_kind git_operation actor=client approval_token="$token"
	assert_decision allow
	asks_kind git_operation actor=client
	assert_field rule_id allowlist
}

@test "rules of every kind may need two approvers, a touch, and another person than who asks" {
	local kind token

	make_key bob
	list_signer bob
	kinds_ask '"quorum":2'
	for kind in "${KINDS[@]}"; do
		pending_of "$kind"
		# alice is who asks, so she does not count.
		run firma token approve --yes --key "$KEYS/alice" "$token"
		assert_status 1
		assert_output -p 'the approver is who asked'
		run firma token approve --yes --key "$KEYS/bob" "$token"
		assert_status 0
		asks_kind "$kind" approval_token="$token"
		assert_decision require_approval
		assert_output -p '1 of 2 approved'
	done

	kinds_ask '"not_asker":true'
	for kind in "${KINDS[@]}"; do
		pending_of "$kind"
		run firma token approve --yes --key "$KEYS/alice" "$token"
		assert_status 1
		run firma token approve --yes --key "$KEYS/bob" "$token"
		assert_status 0
	done

	kinds_ask '"touch":true'
	pending_of write_file
	run firma token approve --yes --key "$KEYS/bob" "$token"
	assert_status 1
	assert_output -p 'a security key that is touched is needed'

	# What is needed is computed again when the token is used.
	kinds_ask '"quorum":1'
	pending_of write_file
	run firma token approve --yes --key "$KEYS/bob" "$token"
	assert_status 0
	kinds_ask '"quorum":2'
	asks_kind write_file approval_token="$token"
	assert_decision block
	assert_output -p 'the approval is not enough any more'
}

@test "a release is approved by a signature where the gate requires one" {
	local token

	serve_approvers --require-signature --advisory
	pending_of release_governance_record
	run operate approve token_id="$token"
	refused 'a signature is needed'
	run firma token approve --yes --key "$KEYS/alice" "$token"
	assert_status 0
	asks_kind release_governance_record approval_token="$token"
	assert_decision allow
	run firma evidence show "$STATE_DIR.evidence"
	assert_output -p 'signed by alice (key)'
	run firma evidence verify "$STATE_DIR.evidence" --approvers "$SIGNERS"
	assert_status 0
}

@test "what is needed is for a rule that asks, in every section" {
	echo '{"write":[{"id":"w","path":"/a","action":"allow","signed":true}]}' >"$POLICY"
	run firma policy check "$POLICY"
	assert_status 1
	assert_output -p 'write[0] "w": signed, touch, verified, quorum and not_asker are for a rule that asks'
}

@test "a token of one contract is no token of the other, also for the same line" {
	local exec=(executable=/bin/sh args:='["-c","ls"]' cwd=/w sandbox_id=host profile=default session_id=s agent_id=a)
	local token line=(action_type=execute_command target=ls cwd=/w session_id=s agent_id=a detail:=true)

	serve_approvers
	token=$(pending_token "${exec[@]}")
	operate approve token_id="$token"
	run send < <("$UNIT" object "${line[@]}" approval_token="$token")
	assert_decision block
	assert_output -p 'approval token is for another request'
	run ask "${exec[@]}" approval_token="$token"
	assert_decision allow

	run send < <("$UNIT" object "${line[@]}")
	token=$(field approval_token)
	operate approve token_id="$token"
	run ask "${exec[@]}" approval_token="$token"
	assert_decision deny -p 'approval token is for another request'
	run send < <("$UNIT" object "${line[@]}" approval_token="$token")
	assert_decision allow
}

# --- the command line -----------------------------------------------------------------------------

# old_daemon: at $TMP/old.sock, one that does not know `must`.
old_daemon() {
	# shellcheck disable=SC2016
	_spawn systemd-socket-activate --accept --inetd --listen "$TMP/old.sock" \
		bash -c 'head -n 1 | sed "s/,\"must\":\[\"signature\"\]//" | "$1" probe "$2"' \
		bash "$UNIT" "$OPERATOR_SOCKET" </dev/null >"$TMP/old.out" 2>&1
	# shellcheck disable=SC2034,SC2154 # the library's, by name
	BACKGROUND[old]=$!
	_until "$!" _listens "$TMP/old.sock" || fail "no one listens: $(<"$TMP/old.out")"
}

@test "token approve signs with the key that it is given, where that is needed" {
	serve_approvers --require-signature --advisory
	local token
	token=$(pending_token args:='["a b","ü"]' cwd=/tmp agent_id=x)
	run firma token approve --yes "$token"
	assert_status 1
	assert_output -p 'a signature is needed'
	FIRMA_APPROVER_KEY=$KEYS/alice run firma token approve --yes "$token"
	assert_status 0
	run ask args:='["a b","ü"]' cwd=/tmp agent_id=x approval_token="$token"
	assert_decision allow

	# By a daemon of before, which ignores what the client relies on.
	token=$(pending_token)
	old_daemon
	run firma token approve --socket "$TMP/old.sock" --yes --key "$KEYS/alice" "$token"
	assert_status 3
	assert_line "firma: $token: $TMP/old.sock: outcome unknown: the answer does not count: this daemon does not tell that it knows all keys of this request"
	run firma allow add --socket "$TMP/old.sock" --key "$KEYS/alice" /bin/ls
	assert_status 3
	assert_output -p "outcome unknown: the answer does not count"

	make_key mallory
	token=$(pending_token)
	run firma token approve --yes --key "$KEYS/mallory" "$token"
	assert_status 1
	assert_output -p 'the key is not among those that may approve'
	run firma token approve --yes --key "$TMP/none" "$token"
	assert_status 3
	assert_output -p 'ssh-keygen did not sign with'
	run firma token revoke --key "$KEYS/alice" --reason 'not now' "$token"
	assert_status 0
	retry "$token"
	assert_decision deny 'refused by an operator: not now'
}

@test "token approve --session signs each approval" {
	serve_approvers --require-signature --advisory
	local one two
	one=$(pending_token args:='["1"]' session_id=s)
	two=$(pending_token args:='["2"]' session_id=s)
	run firma token approve --yes --key "$KEYS/alice" --session s
	assert_status 0
	assert_line "firma: $one: approved"
	assert_line "firma: $two: approved"
	run ask args:='["2"]' session_id=s approval_token="$two"
	assert_decision allow
}

@test "what is said about a line of shell is signed with it" {
	serve_approvers --require-signature --advisory
	local line=(executable=/bin/sh args:='["-c","ls | cat"]' cwd=/tmp
		programs:='{"ls":["/bin/ls","/usr/bin/ls"],"cat":["/bin/cat","/bin/cat"]}'
		environment:='["PATH","IFS"]')
	local token
	token=$(pending_token "${line[@]}")
	run firma token approve --yes --key "$KEYS/alice" "$token"
	assert_status 0
	run ask "${line[@]}" approval_token="$token"
	assert_decision allow

	token=$(pending_token "${line[@]}")
	run approve_as alice "$token"
	assert_output '{"outcome":"ok"}'
}

@test "a key that isn't needed is not used" {
	start_daemon --default-action pending_hitl
	local token
	token=$(pending_token)
	FIRMA_APPROVER_KEY=$KEYS/none run firma token approve --yes "$token"
	assert_status 0
	assert_output "firma: $token: approved"
}

@test "token approve --always signs the entry, and of two approvers the first hears what is needed" {
	make_key bob
	list_signer bob
	serve_rule '"quorum":2,"signed":true,"remember":true'
	local token
	token=$(pending_token cwd=/tmp executable=/usr/bin/git real_path=/usr/bin/git args:='["status"]')
	run firma token approve --yes --always --for 1h --key "$KEYS/alice" "$token"
	assert_status 0
	assert_output -p 'alice has approved: 1 of 2, 1 more needed'
	run firma token approve --yes --key "$KEYS/bob" "$token"
	assert_status 1
	assert_output -p 'an earlier approver approved it in another way'
	run firma token approve --yes --always --for 1h --key "$KEYS/bob" "$token"
	assert_status 0
	run ask cwd=/tmp executable=/usr/bin/git real_path=/usr/bin/git args:='["status"]' \
		approval_token="$token"
	assert_decision allow
	run ask cwd=/tmp executable=/usr/bin/git real_path=/usr/bin/git args:='["status"]'
	assert_decision allow -p 'allowed by the allowlist'
}

@test "the scope of an approval for good is signed with it" {
	local token request=(executable=/usr/bin/git args:='["status"]' sandbox_id=one)

	serve_approvers --require-signature --advisory
	token=$(pending_token "${request[@]}")
	firma token approve --yes --always --scope agent --key "$KEYS/alice" "$token"
	run operate show token_id="$token"
	assert_line -n 0 -p '"always":true,"scope":["user","agent"]'
	run ask "${request[@]}" approval_token="$token"
	assert_decision allow
	run ask "${request[@]}" sandbox_id=two
	assert_decision allow -p 'allowed by the allowlist'

	# A signature for one scope does not serve another one.
	token=$(pending_token cwd=/tmp executable=/usr/bin/git real_path=/usr/bin/git args:='["log"]')
	text_of "$token" approve 0 | sign alice >"$TMP/usual"
	run operate approve token_id="$token" always:=true scope:='["agent"]' signature="$(<"$TMP/usual")"
	refused 'the signature is not of this gate, token and decision as they are now'
}

@test "the key's passphrase is asked for on the terminal, and a security key is said to be touched" {
	use_security_key
	make_security_key bob
	list_signer bob
	serve_approvers --require-signature --advisory
	ssh-keygen -q -p -P '' -N secret -f "$KEYS/alice"
	local token
	token=$(pending_token)
	terminal 100x30 "$FIRMA" token approve --key "$KEYS/alice" "$token"
	seen 'Approve this? [y/N]'
	keys y Enter
	seen 'Enter passphrase'
	keys -l secret
	keys Enter
	ended
	assert_status 0
	retry "$token"
	assert_decision allow

	token=$(pending_token)
	run firma token approve --yes --key "$KEYS/bob" "$token"
	assert_status 0
	assert_output -p 'touch the security key when it blinks'
	retry "$token"
	assert_decision allow
}

@test "a card says what approving takes, and who has approved" {
	make_key bob
	list_signer bob
	serve_rule '"quorum":2,"touch":true,"approvers":"platform"' \
		'"approver_groups":{"platform":["alice","bob"]}'
	local token
	token=$(pending_token)
	run firma token show "$token"
	assert_line -e '^needs +a security key that is touched, not who asked, 2 approvers, group platform$'
	serve_rule '"quorum":2'
	token=$(pending_token)
	approve_as alice "$token"
	run firma token show "$token"
	assert_line -e '^signed by +alice: 1 of 2$'
}

# --- evidence -------------------------------------------------------------------------------------

@test "evidence verify checks the signatures of approvers, and show names them" {
	use_security_key
	make_security_key bob
	list_signer bob
	serve_approvers --require-signature --advisory
	local token other
	token=$(pending_token)
	approve_as bob "$token"
	retry "$token"
	other=$(pending_token)
	text_of "$other" refuse | sign alice >"$TMP/sig"
	operate revoke token_id="$other" signature="$(<"$TMP/sig")"
	stop_daemon

	run firma evidence verify --approvers "$SIGNERS" "$STATE_DIR.evidence"
	assert_status 0
	assert_line -p "3 approvers' signatures hold"
	run firma evidence show "$STATE_DIR.evidence"
	assert_line -p "signed by bob (security key, touched)"
	assert_line -p "approved by bob (security key, touched)"
	assert_line -p "signed by alice (key)"

	rm "$SIGNERS"
	list_signer alice
	run firma evidence verify --approvers "$SIGNERS" "$STATE_DIR.evidence"
	assert_status 1
	assert_output -p 'its approval 1: the key is not among those that may approve'
	rm "$SIGNERS"
	list_signer alice
	list_signer bob '' mallory
	run firma evidence verify --approvers "$SIGNERS" "$STATE_DIR.evidence"
	assert_status 1
	assert_output -p "its approval 1: the key is another principal's"
}

@test "an approval of another token is found in the evidence" {
	serve_approvers --require-signature --advisory
	local token other
	token=$(pending_token)
	approve_as alice "$token"
	other=$(pending_token)
	approve_as alice "$other"
	stop_daemon
	# Without the chain's hashes this is all that tells.
	sed "s/\"token_id\":\"$token\"/\"token_id\":\"$other\"/g" "$STATE_DIR.evidence" >"$TMP/log2"
	run firma evidence verify --approvers "$SIGNERS" "$TMP/log2"
	assert_status 1
	assert_output -p 'its approval 1: the text is about another token'
}

@test "a receipt is verified by itself, and a changed byte is found" {
	serve_approvers --require-signature --advisory
	local token other
	token=$(pending_token)
	other=$(pending_token)
	approve_as alice "$token"
	retry "$token"
	assert_decision allow
	stop_daemon

	run firma evidence receipt "$other" "$STATE_DIR.evidence"
	assert_status 1
	firma evidence receipt "$token" "$STATE_DIR.evidence" >"$TMP/receipt"
	run firma evidence verify --receipt --approvers "$SIGNERS" "$TMP/receipt"
	assert_status 0
	assert_line -p "1 approver's signature holds"
	run firma evidence verify --receipt "$TMP/receipt"
	assert_status 2

	run "$UNIT" sshsig receipt "$SIGNERS" "$TMP/receipt" </dev/null
	assert_output -e '^[0-9]{5} tried, 0 taken$'
}

# forge RECEIPT PYTHON: changes the object `r`, and computes its hash again.
forge() {
	python3 - "$@" <<-'EOT'
		import hashlib, json, re, sys
		r = json.loads(open(sys.argv[1]).read())
		exec(sys.argv[2])
		r['record_hash'] = ''
		text = json.dumps(r, separators=(',', ':'), ensure_ascii=False)
		bare = text.replace('"record_hash":"",', '')
		text = text.replace('"record_hash":""', '"record_hash":"%s"' % hashlib.sha256(bare.encode()).hexdigest())
		print(text)
	EOT
}

# forged WHY PYTHON
forged() {
	forge "$TMP/receipt" "$2" >"$TMP/forged"
	run firma evidence verify --receipt --approvers "$SIGNERS" "$TMP/forged"
	assert_status 1
	assert_output -p "$1"
	refute_output -p 'record_hash'
}

@test "a receipt whose hash was made again is about the request that was signed" {
	serve_approvers --require-signature --advisory
	local token other='its request is not the one that was approved'
	token=$(pending_token cwd=/tmp args:='["a","b"]')
	approve_as alice "$token"
	run ask cwd=/tmp args:='["a","b"]' approval_token="$token"
	assert_decision allow
	stop_daemon
	firma evidence receipt "$token" "$STATE_DIR.evidence" >"$TMP/receipt"
	forge "$TMP/receipt" pass >"$TMP/same"
	run diff "$TMP/receipt" "$TMP/same"
	refute_output

	forged "$other" 'r["request"]["args"] = ["a", "c"]'
	forged "$other" 'r["request"]["cwd"] = "/"'
	forged "$other" 'del r["request"]["session_id"]'
	forged "$other" 'del r["response"]["approved"]'
	other='the text is about another request'
	forged "$other" 'r["request"]["args"] = r["response"]["approved"]["args"] = ["a", "c"]'
	forged "$other" 'r["response"]["approved"]["uid"] += 1'
	forged "$other" 'r["response"]["approved"]["rule"] = "other"'
	forged 'the text is about another token' 'r["response"]["token_id"] = "00000000-0000-4000-8000-000000000000"'
	forged "the key is another principal's" 'r["response"]["approvals"][0]["by"] = "bob"'
	forged 'the signature is not of this text by this key' \
		'a = r["response"]["approvals"][0]; a["text"] = a["text"].replace("approve", "refuse")'
	forged 'no approver' 'r["response"]["approvals"] = []'
	forged 'no approver' 'del r["response"]["approvals"][0]["signature"]; del r["response"]["approvals"][0]["text"]'
}

@test "the daemon gives a receipt until the token is pruned, and the log does after that" {
	serve_approvers --require-signature --advisory
	local token other
	token=$(pending_token)
	other=$(pending_token)
	run firma token receipt "$token"
	assert_status 1
	assert_output -p 'no allow on record rests on a signed or counted approval of it'
	approve_as alice "$token"
	for _ in {1..30}; do
		ask executable=/bin/true args:='["x"]' approval_token="$other" >/dev/null
	done
	retry "$token"
	assert_decision allow
	for _ in {1..30}; do
		ask executable=/bin/true args:='["x"]' approval_token="$other" >/dev/null
	done
	firma token receipt "${token:0:13}" >"$TMP/receipt"
	run firma evidence verify --receipt --approvers "$SIGNERS" "$TMP/receipt"
	assert_status 0
	kill_daemon
	DAEMON=
	serve_approvers --require-signature --advisory
	run firma token receipt "$token"
	assert_output "$(<"$TMP/receipt")"
	run firma evidence receipt "$token" "$STATE_DIR.evidence"
	assert_output "$(<"$TMP/receipt")"

	move_clock 700
	run firma token receipt "$token"
	assert_status 1
	run firma evidence receipt "$token" "$STATE_DIR.evidence"
	assert_output "$(<"$TMP/receipt")"
}

@test "a token that an operator's word approved has no receipt" {
	serve_approvers
	local token
	token=$(pending_token)
	operate approve token_id="$token"
	retry "$token"
	assert_decision allow
	run firma token receipt "$token"
	assert_status 1
	assert_output -p 'no allow on record rests on'
	run firma token receipt 00000000-0000-4000-8000-000000000000
	assert_status 1
}

# by_shell: the page of shell in firma-approvers(5), each of whose commands must succeed.
by_shell() {
	sed -n '/^hash=/,/approved.args/ { s/\\-/-/g; s/\\e/\\/g; p }' \
		"$BATS_TEST_DIRNAME/../man/firma-approvers.5" >"$TMP/page"
	(($(wc -l <"$TMP/page") > 25)) || fail "no page: $(<"$TMP/page")"
	(cd "$TMP" && cp "$SIGNERS" approvers && bash -e page)
}

@test "a page of shell verifies a receipt, with OpenSSH and jq alone" {
	command -v jq >/dev/null || skip 'no jq'
	serve_approvers --require-signature --advisory
	local token asks
	asks=(cwd=/tmp executable=/bin/sh args:='["-c","ls ü"]' agent_id=x
		programs:='{"ls":["/bin/ls","/usr/bin/ls"]}' environment:='["PATH"]')
	token=$(pending_token "${asks[@]}")
	approve_as alice "$token"
	run ask "${asks[@]}" approval_token="$token"
	assert_decision allow
	firma token receipt "$token" >"$TMP/receipt"
	run by_shell
	assert_status 0
	assert_output -p 'Good "firma.approval.v1" signature for alice'
	sed -i 's/"cwd":"\/tmp"/"cwd":"\/"/g' "$TMP/receipt"
	run by_shell
	assert_status 1
	forge "$TMP/receipt" pass >"$TMP/forged"
	mv "$TMP/forged" "$TMP/receipt"
	run by_shell
	assert_status 1
	assert_output -p 'Good "firma.approval.v1" signature for alice'
}

@test "at the desk, a signature is made where one is needed" {
	serve_approvers --require-signature --advisory
	ssh-keygen -q -p -P '' -N secret -f "$KEYS/alice"
	local token
	token=$(pending_token)
	terminal 100x30 "$FIRMA" token watch --key "$KEYS/alice"
	seen '[a]pprove'
	keys a
	seen 'Enter passphrase'
	keys -l secret
	keys Enter
	seen approved
	retry "$token"
	assert_decision allow

	token=$(pending_token session_id=two)
	seen "$token"
	seen '[a]pprove'
	keys a
	seen 'Enter passphrase'
	keys -l wrong
	keys Enter
	seen 'ssh-keygen did not sign'
	keys q
	ended
	run ask session_id=two approval_token="$token"
	assert_decision pending_hitl
}

@test "status sees a key file without a passphrase" {
	serve_approvers
	FIRMA_APPROVER_KEY=$KEYS/alice run firma status
	assert_line -e '^approver key +.*/alice has no passphrase: every program of this user can approve with it$'
	ssh-keygen -q -p -P '' -N secret -f "$KEYS/alice"
	FIRMA_APPROVER_KEY=$KEYS/alice run firma status
	refute_output -p 'passphrase'
	use_security_key
	make_security_key bob
	FIRMA_APPROVER_KEY=$KEYS/bob run firma status
	refute_output -p 'passphrase'
}

@test "three approvers, of whom the asker is none, and one of each group" {
	local name token
	for name in bob carol dave; do
		make_key "$name"
		list_signer "$name"
	done
	cat >"$POLICY" <<-EOT
		{"approver_groups":{"platform":["alice","bob"],"audit":["carol","dave"]},
		 "principals":{"dave":{"uid":$EUID}},
		 "exec":[{"id":"a","argv":["git","**"],"action":"pending_hitl","approvers":"platform","signed":true},
			 {"id":"b","argv":["git","status"],"action":"pending_hitl","approvers":"audit"},
			 {"id":"c","argv":["id"],"action":"pending_hitl","quorum":3,"signed":true}]}
	EOT
	serve_approvers --policy "$POLICY"
	token=$(pending_token executable=/usr/bin/git args:='["status"]')
	run approve_as alice "$token"
	assert_field reason 'alice has approved: 1 of 2, 1 more needed'
	run approve_as bob "$token"
	assert_field reason 'bob has approved: 2 of 3, 1 more needed'
	run approve_as carol "$token"
	assert_output '{"outcome":"ok"}'
	run ask executable=/usr/bin/git args:='["status"]' approval_token="$token"
	assert_decision allow

	token=$(pending_token executable=/usr/bin/id args:='[]')
	approve_as alice "$token"
	run approve_as dave "$token"
	refused 'the approver is who asked, and that does not count here'
	approve_as bob "$token"
	run ask executable=/usr/bin/id args:='[]' approval_token="$token"
	assert_decision pending_hitl 'awaiting human approval: 2 of 3 approved'
	run approve_as carol "$token"
	assert_output '{"outcome":"ok"}'
	run ask executable=/usr/bin/id args:='[]' approval_token="$token"
	assert_decision allow
}

@test "a line that is over, or has not begun, does not count" {
	serve_approvers --require-signature --advisory
	local token
	token=$(pending_token)
	rm "$SIGNERS"
	list_signer alice 'valid-before="20200101Z"'
	run approve_as alice "$token"
	refused 'the key is not valid any more'
	rm "$SIGNERS"
	list_signer alice 'valid-after="20990101Z"'
	run approve_as alice "$token"
	refused 'the key is not valid yet'
}
