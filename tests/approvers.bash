# SPDX-License-Identifier: ISC
# shellcheck shell=bash
#
# Keys of approvers and what signs with them, for the files that load it after lib.

# use_keys: $KEYS with keys of people, and $SIGNERS, which lists some of them.
use_keys() {
	KEYS=$TMP/keys SIGNERS=$TMP/approvers
	mkdir -p "$KEYS"
	chmod 700 "$KEYS"
	unset SSH_AUTH_SOCK SSH_ASKPASS DISPLAY
}

# make_key NAME [SSH-KEYGEN-OPTION...]: ed25519, unless told otherwise.
make_key() {
	local type=(-t ed25519)

	if [[ " ${*:2} " == *' -t '* ]]; then
		type=()
	fi
	ssh-keygen -q -N '' -C "$1" -f "$KEYS/$1" "${type[@]}" "${@:2}" </dev/null
}

# make_security_key NAME [SSH-KEYGEN-OPTION...]: by the provider of tests/helper/sk-provider.c.
use_security_key() {
	export SSH_SK_PROVIDER=${UNIT%/*}/sk-provider.so FIRMA_TEST_SK=$TMP/sk
	mkdir -p "$FIRMA_TEST_SK"
}

make_security_key() {
	make_key "$1" -t ed25519-sk -w "$SSH_SK_PROVIDER" "${@:2}" 2>/dev/null
}

# list_signer NAME [OPTIONS] [PRINCIPAL]: a line of the allowed signers file.
list_signer() {
	echo "${3-$1}${2:+ $2} $(cut -d' ' -f1,2 "$KEYS/$1.pub")" >>"$SIGNERS"
}

# sign NAME [NAMESPACE] [SSH-KEYGEN-OPTION...]: standard input, to standard output.
sign() {
	ssh-keygen -q -Y sign -f "$KEYS/$1" -n "${2-firma.approval.v1}" "${@:3}" 2>/dev/null
}

# --- a gate that takes signatures -----------------------------------------------------------------

# use_gate: alice may approve; files of approvers and policy have a directory of their own.
use_gate() {
	mkdir "$TMP/etc"
	SIGNERS=$TMP/etc/approvers
	POLICY=$TMP/etc/policy.json
	make_key alice
	list_signer alice
}

# serve_approvers [SERVE-OPTION...]
serve_approvers() {
	start_daemon --approvers "$SIGNERS" --default-action pending_hitl \
		--evidence-log "$STATE_DIR.evidence" "$@"
}

# serve_rule MEMBERS [DOCUMENT-MEMBERS] [SERVE-OPTION...]: whatever is asked, a rule asks with these.
serve_rule() {
	cat >"$POLICY.new" <<-EOT
		{${2:+$2,} "exec":[{"id":"r","argv":[["**/*"],"**"],"action":"pending_hitl"${1:+,$1}}]}
	EOT
	sed -i 's|\[\["\*\*/\*"\]|[["/**"]|' "$POLICY.new"
	mv "$POLICY.new" "$POLICY"
	if [[ -z $DAEMON ]]; then
		serve_approvers --policy "$POLICY" "${@:3}"
	fi
}

# refused REASON: of the last operate.
refused() {
	assert_field outcome unsupported_action
	assert_field reason "$@"
}

# retry TOKEN: asks again.
retry() {
	run ask approval_token="$1"
}

# canonical_text DECISION [ALWAYS-MS|-] [REASON]: standard input is the gate's item and the token's,
# a line each, as local.exec.gate and local.exec.show give them. This is made by another program
# than firma, from the man page.
canonical_text() {
	python3 - "$@" 3<&0 <<-'EOT'
		import hashlib, json, os, sys
		lines = os.fdopen(3).read().splitlines()
		gate, t = json.loads(lines[0])['gate'], json.loads(lines[1])
		decision = sys.argv[1]
		always = sys.argv[2] if len(sys.argv) > 2 else '-'
		reason = json.dumps(sys.argv[3], ensure_ascii=False) if len(sys.argv) > 3 else '-'
		def field(name, value):
		    data = str(value).encode()
		    return name.encode() + b' %d ' % len(data) + data + b'\n'
		def strings(name, values):
		    out = field(name, len(values))
		    for v in values:
		        out += field(name, v)
		    return out
		def listed(name):
		    if name == 'programs':
		        return strings(name, [s for n, p in t[name].items() for s in [n] + p])
		    return strings(name, t[name])
		record = b''
		for name in ('executable', 'args', 'cwd', 'real_path', 'executable_sha256',
		             'programs', 'environment', 'agent_id', 'session_id', 'sandbox_id', 'profile', 'uid', 'rule'):
		    if name in ('args', 'programs', 'environment') and name in t:
		        record += listed(name)
		    elif name in t:
		        record += field(name, t[name])
		record = hashlib.sha256(record).hexdigest()
		assert record == t['record'], 'the record is another one'
		entry = field('pattern', t['executable']) + listed('args')
		if 'cwd' in t:
		    entry += field('cwd', t['cwd'])
		entry += field('agent', t.get('agent_id', 'main')) + field('uid', t['uid'])
		for key, name in (('executableSha256', 'executable_sha256'),
		                  ('sandbox', 'sandbox_id'), ('profile', 'profile')):
		    if name in t:
		        entry += field(key, t[name])
		entry = hashlib.sha256(entry).hexdigest() if always != '-' else '-'
		print('firma.approval.v1')
		print('gate', gate)
		print('token', t['token_id'])
		print('fingerprint', t['fingerprint'])
		print('record', record)
		print('decision', decision)
		print('always', always, entry)
		print('until', t['until'])
		print('reason', reason)
	EOT
}

# text_of TOKEN DECISION...: what is to be signed.
text_of() {
	{
		operate gate | head -n 1
		operate show token_id="$1" | head -n 1
	} | canonical_text "${@:2}"
}

# approve_as NAME TOKEN [KEY=...]: signs with that key and approves.
approve_as() {
	text_of "$2" approve | sign "$1" >"$TMP/$1.sig"
	operate approve token_id="$2" signature="$(<"$TMP/$1.sig")" "${@:3}"
}
