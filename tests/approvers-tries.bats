#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
#
# A gate of another user, where agent and person share a uid and signatures are required: whatever
# the agent tries over the wire, on the command line and with its files, this gate does not allow
# what no key has approved.

# shellcheck disable=SC2030,SC2031 # each test is a process, and so are its variables

load lib
load approvers
load terminal

# ssh-keygen wants a user who exists.
AGENT=$(id -u games)

# What the agent may not write lies in a directory of root's: $TMP becomes the agent's.
setup() {
	lib_setup
	need_root
	ROOM=$(mktemp -d /tmp/firma-gate.XXXXXX)
	chmod 755 "$ROOM"
	use_keys
	KEYS=$ROOM/keys SIGNERS=$ROOM/approvers POLICY=$ROOM/policy.json
	STATE_DIR=$ROOM/state SOCKET=$ROOM/agent.sock OPERATOR_SOCKET=$ROOM/operator.sock
	export FIRMA_SOCKET=$SOCKET FIRMA_OPERATOR_SOCKET=$OPERATOR_SOCKET
	mkdir -m 700 "$KEYS"
	make_key alice
	list_signer alice
	echo '{"default_action":"pending_hitl"}' >"$POLICY"
	start_daemon --operator-socket "$OPERATOR_SOCKET" --agent-group "$AGENT" \
		--operator-group "$AGENT" --policy "$POLICY" --approvers "$SIGNERS" \
		--require-signature
	_until "$DAEMON" _listens "$OPERATOR_SOCKET"
}

teardown() {
	terminal_teardown
	lib_teardown
	[[ -z ${ROOM-} ]] || rm -rf "$ROOM"
}

# as_agent COMMAND...: of these tests, as the agent.
as_agent() {
	AS_UID=$AGENT "$@"
}

# agent_sh SCRIPT: in a shell of the agent's.
agent_sh() {
	_give_tmp "$AGENT"
	setpriv --reuid="$AGENT" --regid="$AGENT" --clear-groups -- bash -c "$1"
}

# fails COMMAND...: a try must not succeed. What it says goes to `output`.
N_TRIES=0
fails() {
	N_TRIES=$((N_TRIES + 1))
	run "$@"
	if [[ $output == *'"outcome":"ok"'* || $output == *'"decision":"allow"'* ]]; then
		fail "try $N_TRIES succeeded: $*: $output"
	fi
}

@test "an agent with the person's uid gets no allow that no key has approved" {
	local token other line
	token=$(as_agent pending_token)
	other=$(as_agent pending_token args:='["other"]')

	# Over the wire.
	fails as_agent operate approve token_id="$token"
	assert_field reason 'a signature is needed'
	fails as_agent operate approve token_id="$token" signature=
	fails as_agent operate approve token_id="$token" confirmed=terminal
	fails as_agent operate approve token_id="$token" always:=true
	fails as_agent operate allow.add pattern=/bin/ls
	fails as_agent operate allow.add pattern='/**' argv:='["**"]' signature=x
	OPERATOR_SOCKET=$SOCKET fails as_agent operate approve token_id="$token"

	# With signatures that are not for this.
	make_key mallory
	text_of "$token" approve | sign mallory >"$TMP/sig"
	fails as_agent operate approve token_id="$token" signature="$(<"$TMP/sig")"
	assert_field reason 'the key is not among those that may approve'
	text_of "$other" approve | sign alice >"$TMP/sig"
	fails as_agent operate approve token_id="$token" signature="$(<"$TMP/sig")"
	text_of "$token" refuse | sign alice >"$TMP/sig"
	fails as_agent operate approve token_id="$token" signature="$(<"$TMP/sig")"
	text_of "$token" approve | sign alice git >"$TMP/sig"
	fails as_agent operate approve token_id="$token" signature="$(<"$TMP/sig")"
	# Another token's approval, spent for what that token is not about.
	as_agent operate revoke token_id="$other"
	text_of "$other" approve | sign alice >"$TMP/sig" || true
	fails as_agent operate approve token_id="$other" signature="$(<"$TMP/sig")"

	# On the command line.
	fails as_agent firma token approve --yes "$token"
	assert_status 1
	make_key own
	cp "$KEYS/own.pub" "$TMP/own.pub"
	install -m 600 -o "$AGENT" "$KEYS/own" "$TMP/own"
	fails as_agent firma token approve --yes --key "$TMP/own" "$token"
	((status != 0)) || fail "approved"
	fails as_agent firma allow add /bin/ls
	assert_status 1

	fails as_agent firma allow add '/**'
	fails as_agent firma token approve --yes --always "$token"
	FIRMA_APPROVER_KEY=$TMP/own fails as_agent firma token approve --yes --always "$token"
	fails as_agent firma token receipt "$token"
	fails as_agent firma check --token "$token" -- true

	# At the desk, with keys that it types itself.
	terminal 100x40 setpriv --reuid="$AGENT" --regid="$AGENT" --clear-groups -- \
		"$FIRMA" token watch --key "$TMP/own"
	seen '[a]pprove'
	keys a
	seen 'the key is not among those that may approve'
	keys q
	ended
	N_TRIES=$((N_TRIES + 1))

	# With files: those of the gate are not its own.
	for line in "echo mallory \$(cut -d' ' -f1,2 $TMP/own.pub) >>$SIGNERS" \
		"mv $TMP/own.pub $SIGNERS" "ln -sf $TMP/own.pub $SIGNERS" \
		"echo '{\"default_action\":\"allow\"}' >$POLICY" "cat $STATE_DIR/tokens.jsonl" \
		"cp -r $STATE_DIR $TMP/copy && test -e $TMP/copy/tokens.jsonl" \
		"cat $KEYS/alice" "rm $SOCKET" "rm $STATE_DIR/gate"; do
		fails agent_sh "$line"
		((status != 0)) || fail "the agent could: $line"
	done
	run firma token show "$token"
	assert_status 0

	# A daemon of its own approves what it likes, but is not this gate.
	agent_sh "$FIRMA_SHIPPED serve --socket $TMP/own.sock --state-dir $TMP/own-state \
		--default-action allow >/dev/null 2>&1 & echo \$! >$TMP/own.pid
		for i in {1..100}; do [[ -S $TMP/own.sock ]] && break; sleep 0.05; done" || true
	fails as_agent ask approval_token="$token"
	assert_decision pending_hitl
	[[ ! -s $TMP/own.pid ]] || kill "$(<"$TMP/own.pid")" || true

	# What was approved is spent for nothing else.
	text_of "$token" approve | sign alice >"$TMP/sig"
	run as_agent operate approve token_id="$token" signature="$(<"$TMP/sig")"
	assert_output '{"outcome":"ok"}'
	fails as_agent ask approval_token="$token" args:='["more"]'
	fails as_agent ask approval_token="$token" session_id=other
	fails ask approval_token="$token"
	((N_TRIES >= 32)) || fail "only $N_TRIES tries"
	run as_agent ask approval_token="$token"
	assert_decision allow
	fails as_agent ask approval_token="$token"
	fails as_agent operate approve token_id="$token" signature="$(<"$TMP/sig")"
	assert_field outcome already_consumed
}
