#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
#
# Tokens of the second contract, of every kind: what they are bound to, and that each is good for
# one request of one kind, once.

# shellcheck disable=SC2030,SC2031 # each test is a process, and so are its variables
# shellcheck disable=SC2154 # some variables are those of lib.bash and of bats
# shellcheck disable=SC2089,SC2090 # quotes in words are those of JSON

load lib
load evaluate

APPROVED='approved by an operator'
CONSUMED='approval token already consumed'

@test "a token of each kind is issued, listed, shown, approved and consumed once" {
	local kind item

	start_kinds --evidence-log "$TMP/log.evidence"
	for kind in "${!KINDS[@]}"; do
		pending_kind "$kind"
		assert_field retry_after_ms 500
		[[ $(field expires_at) =~ ^20[0-9-]+T[0-9:.]+Z$ ]]
		item=$(operate list state=pending | head -n 1)
		assert_equal "$("$UNIT" get token_id <<<"$item")" "$TOKEN"
		assert_equal "$("$UNIT" get kind <<<"$item")" "$kind"
		assert_equal "$(operate show token_id="$TOKEN" | head -n 1 | "$UNIT" get kind)" "$kind"

		retried require_approval 'awaiting human approval' "$kind"
		approve "$TOKEN"
		retried allow "$APPROVED" "$kind"
		retried block "$CONSUMED" "$kind"
		assert_equal "$(state_of "$TOKEN")" consumed

		run firma evidence show --kind "$kind" "$TMP/log.evidence"
		assert_equal "${#lines[@]}" 3
		assert_line -n 1 -e " allow $kind"
	done
	run firma evidence verify "$TMP/log.evidence"
	assert_status 0
	grep -q '"approved":{"kind":"write","target":"/a/x",' "$TMP/log.evidence"
}

@test "without detail no token is issued" {
	start_kinds
	run send <<<'{"action_type":"read_file","target":"/a"}'
	assert_field decision require_approval
	assert_equal "$(operate list | wc -l)" 1
}

@test "a token of one kind is refused for every other" {
	local kind other

	start_kinds
	for kind in "${!KINDS[@]}"; do
		pending_kind "$kind"
		approve "$TOKEN"
		for other in "${!KINDS[@]}"; do
			[[ $other != "$kind" ]] || continue
			retried block 'approval token is for another request: kind differs' "$other"
		done
		run ask approval_token="$TOKEN"
		assert_decision deny
		retried allow "$APPROVED" "$kind"
	done

	# And one of a command that is asked as local.exec.
	TOKEN=$(pending_token)
	approve "$TOKEN"
	for kind in "${!KINDS[@]}"; do
		run evaluate_kind "$kind" approval_token="$TOKEN"
		assert_field decision block
	done
	run ask approval_token="$TOKEN"
	assert_decision allow
}

# What each kind is bound to: the field that the refusal names, and a request that differs in it.
changes() {
	cat <<-'END'
	exec|target|target=make%
	exec|target|target=%make
	exec|programs|programs:={"make":["/bin/make","/bin/make"]}
	exec|environment|environment:=["PATH"]
	read|target|target=/a/y
	read|target|target=x
	read|target|target=/a/./x
	read|target|target=/b/../a/x
	read|target|target=//a/x
	read|real_target|real_target=/a/x
	read|operation|operation=look
	read|operation|requested_operation=look
	read|cwd|cwd=/b
	read|session_id|session_id=s
	read|agent_id|agent_id=a
	read|actor|actor=b
	read|content_sha256|content=
	write|content_sha256|content=texts
	write|old_text|old_text=a
	write|new_text|new_text=
	write|real_target|real_target=/b/x
	fetch|target|target=https://a.example/y
	fetch|target|target=https://A.example/x
	fetch|target|target=https://a.example:443/x
	fetch|target|target=http://a.example/x
	git|target|target=mai
	git|target|target=refs/heads/main
	git|operation|operation=fetch
	mcp|server|server=ticket
	mcp|tool|tool=gets
	mcp|target|target=tickets:get
	mcp|operation|operation=c
	mcp|capability|capability=c
	release|release|release_governance:={"metadata_kind":"strangers"}
	release|release|release_governance:={"metadata_kind":"strange","blocked_count":1}
	release|release|release_governance:={"metadata_kind":"strange","evidence_refs":[""]}
	release|target|target=x
	other|action_type|action_type=Dance
	other|target|target=floors
	END
}

@test "each field by itself is bound" {
	local kind name change words n=0

	start_kinds
	for kind in "${!KINDS[@]}"; do
		pending_kind "$kind"
		approve "$TOKEN"
		while IFS='|' read -r _ name change; do
			IFS=% read -ra words <<<"$change"
			# A blank at an end of a line of shell.
			[[ $change != *make% ]] || words=('target=make ')
			[[ $change != *%make ]] || words=('target= make')
			retried block "approval token is for another request: $name differs" "$kind" \
				"${words[@]}" || fail "$change"
			((++n))
		done < <(changes | grep "^$kind|")
		retried allow "$APPROVED" "$kind"
	done
	assert_equal "$n" "$(changes | wc -l)"
}

@test "a field that was asked for must come again" {
	local field

	start_kinds
	pending_kind write cwd=/a real_target=/a/x agent_id=a session_id=s actor=c
	approve "$TOKEN"
	for field in cwd agent_id session_id actor real_target; do
		retried block "approval token is for another request: $field differs" write \
			cwd=/a real_target=/a/x agent_id=a session_id=s actor=c "$field:=null"
	done
	# The content's hash is as good as the content, and a wrong one is none.
	run evaluate action_type=write_file target=/a/x cwd=/a real_target=/a/x agent_id=a \
		session_id=s actor=c approval_token="$TOKEN" content_sha256="$(printf %064d 0)"
	assert_field reason 'approval token is for another request: content_sha256 differs'
	run evaluate action_type=write_file content=a content_sha256="$(printf %064d 0)"
	assert_field reason "malformed request: content_sha256 is not the content's"
	run evaluate action_type=write_file target=/a/x cwd=/a real_target=/a/x agent_id=a \
		session_id=s actor=c approval_token="$TOKEN" \
		content_sha256="$(printf text | sha256sum | cut -c 1-64)"
	assert_field decision allow
}

@test "what approves a release does not change what it is about" {
	start_kinds
	pending_kind release
	approve "$TOKEN"
	retried block 'approval token is for another request: release differs' release \
		release_governance:='{"metadata_kind":"strange","alert_level":"low"}'
	retried allow "$APPROVED" release \
		release_governance:='{"metadata_kind":"strange","approval_state":"pending"}'
}

# record ID [MEMBER...]: of a release that was approved so.
record() {
	local IFS=,

	echo 'release_governance:={"metadata_kind":"rollout-promotion-execution","blocked_count":1,'"\
\"approval_state\":\"Approved\",\"approval_id\":\"$1\"${*:2}}"
}

# released DECISION RULE KEY=...: what becomes of that release.
released() {
	run evaluate "${@:3}"
	assert_field decision "$1"
	assert_field rule_id "release_governance.$2"
}

@test "a release is allowed once by the token that its record names, if it is of this very release" {
	local asked='{"metadata_kind":"rollout-promotion-execution","blocked_count":1,"approval_state":"pending"}'
	local token other id

	start_kinds
	run evaluate release_governance:="$asked" session_id=s
	assert_field decision require_approval
	token=$(field approval_token)
	released block approval.missing "$(record "$token")" session_id=s
	approve "$token"
	pending_kind read
	other=$TOKEN
	approve "$other"
	for id in "$other" nothing 11111111-1111-4111-8111-111111111111 ''; do
		released block approval.missing "$(record "$id")" session_id=s
	done
	# Another record, and another context.
	released block approval.missing "$(record "$token" ',"drifted_endpoint_count":1')" session_id=s
	released block approval.missing "$(record "$token")" session_id=t
	released block approval.missing "$(record "$token")"
	# The approval that is named counts, and not the one that would be found.
	released block approval.missing "$(record MADE-UP)" session_id=s resume:=true
	assert_equal "$(state_of "$token")" approved
	released allow approval.approved "$(record "$token")" session_id=s
	assert_equal "$(state_of "$token")" consumed
	released block approval.missing "$(record "$token")" session_id=s
	assert_equal "$(state_of "$other")" approved
}

@test "--release-ttl says how long the token of a release lives" {
	start_kinds --release-ttl 10min --token-ttl 1min
	pending_kind release
	approve "$TOKEN"
	move_clock 599
	retried allow "$APPROVED" release
	pending_kind release
	move_clock 600
	retried block 'approval token expired' release
}

@test "a rule of any kind may say who must approve" {
	mkdir "$TMP/policy"
	echo '{"metadata":{"id":"p"},"approver_groups":{"platform":["alice"]},
		"write":[{"id":"ci","path":["/a/**"],"action":"pending_hitl","approvers":"platform"}]}' \
		>"$TMP/policy/policy.json"
	start_kinds --policy "$TMP/policy/policy.json"
	pending_kind write
	run operate approve token_id="$TOKEN"
	assert_output -p '"outcome":"unsupported_action"'
	assert_equal "$(state_of "$TOKEN")" pending
	run firma token show "$TOKEN"
	assert_line -e '^needs .*group platform'
	pending_kind read
	approve "$TOKEN"
}

# --- fingerprints ---------------------------------------------------------------------------------

# fingerprint_of KEY=...: of the token that is issued.
fingerprint_of() {
	local token

	token=$(evaluate "$@" | "$UNIT" get approval_token)
	operate show token_id="$token" | head -n 1 | "$UNIT" get fingerprint
}

# Made by another program, from the man page: the token's item is on standard input.
computed() {
	python3 -c '
import hashlib, json, sys
t = json.loads(sys.stdin.readline())
out = b"firma.evaluate.v1\n"
def put(name, value):
    global out
    data = value.encode()
    out += name.encode() + b" %d " % len(data) + data + b"\n"
def strings(name, values):
    put(name, str(len(values)))
    for v in values:
        put(name, v)
for name in ("kind action_type target compared_target real_target operation server tool capability "
             "cwd programs environment agent_id session_id actor content_sha256 old_text new_text "
             "release").split():
    if name not in t:
        continue
    if name == "programs":
        strings(name, [s for n, p in t[name].items() for s in (n, *p)])
    elif isinstance(t[name], list):
        strings(name, t[name])
    else:
        put(name, t[name])
print(hashlib.sha256(out).hexdigest())'
}

@test "the fingerprint is made as the man page says" {
	local kind item

	start_kinds
	for kind in "${!KINDS[@]}"; do
		pending_kind "$kind" cwd=/a session_id=s agent_id=ä actor=$'a\nb' \
			programs:='{"make":["/bin/make","/bin/m"]}' environment:='[]' capability=c
		item=$(operate show token_id="$TOKEN" | head -n 1)
		assert_equal "$("$UNIT" get fingerprint <<<"$item")" "$(computed <<<"$item")"
	done
}

@test "two kinds never share a fingerprint, nor do two requests of one" {
	local kind fields type

	start_kinds --max-pending 1000
	for type in execute_command read_file write_file fetch_url git_operation mcp_tool_call \
		other 'kind 4 read' ''; do
		for fields in target=/x target=/x:y server=/x 'tool=/x' 'server=/x tool=y' \
			'target=/x operation=y' 'target=/x capability=y' 'target=/x real_target=/x' \
			'target=/x actor=y' 'target=/x session_id=y' 'target=/x agent_id=y' \
			'target=/x content=y' 'target=/x old_text=y' 'target=/x new_text=y' \
			'target=/x old_text=y new_text=' 'target=/x environment:=["y"]' \
			'target=/x environment:=["y","y"]' 'target=/x environment:=[]' \
			'target=/x cwd=/y' 'target=/x programs:={"y":["/y","/y"]}' \
			'target=execute_command' 'operation=/x' 'actor=/x' 'session_id=/x'; do
			# shellcheck disable=SC2086 # words
			"$UNIT" object detail:=true action_type="$type" $fields
		done
	done >"$TMP/requests"
	# What looks like another field.
	for fields in $'a\nserver 1 b' $'a\nkind 4 read\n' $'firma.evaluate.v1\nkind 4 read'; do
		"$UNIT" object detail:=true action_type=read_file "target=$fields"
		"$UNIT" object detail:=true action_type=write_file "target=$fields"
	done >>"$TMP/requests"
	send_lines <"$TMP/requests" >"$TMP/replies"
	grep -c '"approval_token"' "$TMP/replies" >"$TMP/n"
	operate list | sed '$d' | "$UNIT" get fingerprint >"$TMP/fingerprints"
	assert_equal "$(wc -l <"$TMP/fingerprints")" "$(<"$TMP/n")"
	assert_equal "$(sort -u "$TMP/fingerprints" | wc -l)" "$(<"$TMP/n")"
	(($(<"$TMP/n") > 150))
}

# --- time and restarts ----------------------------------------------------------------------------

@test "tokens of every kind live through a restart and through a kill" {
	local kind
	local -A tokens=()

	start_kinds
	for kind in "${!KINDS[@]}"; do
		pending_kind "$kind"
		tokens[$kind]=$TOKEN
	done
	kill_daemon
	start_kinds
	for kind in "${!KINDS[@]}"; do
		approve "${tokens[$kind]}"
	done
	stop_daemon
	start_kinds
	for kind in "${!KINDS[@]}"; do
		TOKEN=${tokens[$kind]}
		assert_equal "$(state_of "$TOKEN")" approved
		retried allow "$APPROVED" "$kind"
	done
	kill_daemon
	start_kinds
	for kind in "${!KINDS[@]}"; do
		TOKEN=${tokens[$kind]}
		retried block "$CONSUMED" "$kind"
	done
}

@test "tokens of every kind expire, and are refused after they were revoked" {
	local kind
	local -A tokens=()

	start_kinds
	for kind in "${!KINDS[@]}"; do
		pending_kind "$kind"
		approve "$TOKEN"
		tokens[$kind]=$TOKEN
	done
	pending_kind read actor=b
	operate revoke token_id="$TOKEN" reason='not that one'
	retried block 'refused by an operator: not that one' read actor=b
	move_clock 300
	for kind in "${!KINDS[@]}"; do
		TOKEN=${tokens[$kind]}
		[[ $kind == release ]] || retried block 'approval token expired' "$kind"
	done
	move_clock 3300
	TOKEN=${tokens[release]}
	retried block 'approval token expired' release
}

@test "a policy that denies by now overrides an approval, and the token stays" {
	mkdir "$TMP/policy"
	echo '{"metadata":{"id":"p"},"read":[{"id":"r","path":["/a/**"],"action":"pending_hitl"}]}' \
		>"$TMP/policy/policy.json"
	start_kinds --policy "$TMP/policy/policy.json"
	pending_kind read real_target=/a/x
	approve "$TOKEN"
	echo '{"metadata":{"id":"p"},"read":[{"id":"no","path":["/a/**"],"action":"deny"}]}' \
		>"$TMP/policy/policy.json"
	move_clock 2
	retried block 'denied by rule no' read real_target=/a/x
	assert_equal "$(state_of "$TOKEN")" approved
}

# --- waiting --------------------------------------------------------------------------------------

@test "a request of the second contract is held until somebody has decided" {
	local kind

	start_kinds
	for kind in read mcp release; do
		pending_kind "$kind"
		# shellcheck disable=SC2086 # words
		hold "$kind" < <("$UNIT" object detail:=true wait_ms:=600000 ${KINDS[$kind]} \
			approval_token="$TOKEN")
		_until "$DAEMON" is_waiting || fail "nobody waits"
		approve "$TOKEN"
		finish "$kind"
		assert_field decision allow
		assert_field reason "$APPROVED"
	done
}

is_waiting() {
	[[ $(operate status | head -n 1 | "$UNIT" get waiting) == 1 ]]
}

@test "a request that is to be resumed goes on with the token of the same request alone" {
	local token

	start_kinds
	pending_kind fetch
	token=$TOKEN
	pending_kind fetch resume:=true
	assert_equal "$TOKEN" "$token"
	approve "$token"
	pending_kind fetch resume:=true actor=b
	[[ $TOKEN != "$token" ]]
	run evaluate_kind fetch resume:=true
	assert_field decision allow
	pending_kind fetch resume:=true
	[[ $TOKEN != "$token" ]]
}

@test "firma check waits for each kind, and asks again with a token" {
	local args token

	start_kinds
	cd "$TMP"
	echo text >content
	echo '{"metadata_kind":"strange"}' >record
	for args in '--read x' '--write x --content content' '--fetch https://a.example/' \
		'--git push main' '--mcp a:b' '--release record'; do
		# shellcheck disable=SC2086 # words
		run firma check $args
		assert_status 75
		token=${lines[0]}
		# shellcheck disable=SC2086 # words
		_background asking "$FIRMA" check --wait --token "$token" $args
		_until "$DAEMON" is_waiting || fail "nobody waits"
		approve "$token"
		finish asking
		assert_status 0
		# shellcheck disable=SC2086 # words
		run firma check --token "$token" $args
		assert_status 1
	done
}

# --- what people see ------------------------------------------------------------------------------

@test "a list has the kinds in a column, once there is more than commands" {
	start_kinds
	pending_token
	run firma token list
	refute_output -p KIND
	pending_kind read
	pending_kind mcp
	run firma token list
	assert_line -n 0 -e ' KIND +WHAT$'
	assert_line -n 1 -e ' exec +/usr/bin/git status'
	assert_line -n 2 -e ' read +/a/x  \(in /a\)$'
	assert_line -n 3 -e ' mcp +get of tickets$'
}

@test "the record has the directory after the target, as the list has it" {
	start_kinds --evidence-log "$TMP/log.evidence"
	pending_kind read
	run firma evidence show "$TMP/log.evidence"
	assert_line -n 0 -p ' read /a/x (in /a)'
}

@test "a card shows what is to be written, or that it is not shown" {
	start_kinds
	pending_kind write content=$'a b\n\e[2J\n'
	run firma token show "$TOKEN"
	assert_line 'write        /a/x'
	assert_line "change       + 'a b' + \$'\\x1B[2J'"
	pending_kind write content:=null old_text=old new_text=$'new\nline\n'
	run firma token show "$TOKEN"
	assert_line 'change       - old (no newline at its end) + new + line'
	pending_kind write content:=null
	run firma token show "$TOKEN"
	assert_line 'change       CONTENT NOT SHOWN'
}

@test "a card shows the arguments of a tool, or that they are not shown" {
	start_kinds
	pending_kind mcp content='{"sql":"DROP TABLE users"}'
	run firma token show "$TOKEN"
	assert_line -p "DROP TABLE users"
	pending_kind mcp content_sha256="$(printf '%064d' 7)"
	run firma token show "$TOKEN"
	assert_line 'content      CONTENT NOT SHOWN'
	run evaluate action_type=teleport target=moon content='{"run":"curl evil"}'
	TOKEN=$(field approval_token)
	run firma token show "$TOKEN"
	assert_line -p "curl evil"
}

@test "a card shows where a path leads, and warns of hosts and paths that deceive" {
	start_kinds
	pending_kind read target=../b real_target=/etc/shadow
	run firma token show "$TOKEN"
	assert_line 'read         /b -> /etc/shadow'
	assert_line '  target     ../b'
	assert_line '  real path  /etc/shadow'
	pending_kind fetch target=https://a.example/p$'\u0430'ypal
	run firma token show "$TOKEN"
	assert_line -e '^warning '
	pending_kind mcp server='a tool b' tool=$'x\u202ey of z'
	run firma token show "$TOKEN"
	assert_line "mcp          \$'x\\xE2\\x80\\xAEy of z' of 'a tool b'"
}

@test "a card shows a host in letters, and warns of those that look like others" {
	start_kinds
	pending_kind fetch target=https://xn--bcher-kva.example/a
	run firma token show "$TOKEN"
	assert_line 'fetch        https://xn--bcher-kva.example/a'
	assert_line 'reads as     https://bücher.example/a'
	refute_line -e '^warning '
	pending_kind fetch target=https://www.xn--80ak6aa92e.com/
	run firma token show "$TOKEN"
	assert_line 'reads as     https://www.аррӏе.com/'
	assert_line "warning      U+0430 looks like 'a' but is not"
	pending_kind fetch target=https://xn--l-7sba6dbr.com/
	run firma token show "$TOKEN"
	assert_line 'warning      a word mixes Latin letters with Cyrillic or Greek look-alikes'
	# Right-to-left letters are escaped there, too.
	pending_kind fetch target="https://xn--$(python3 -c 'print("א".encode("punycode").decode())').org/"
	run firma token show "$TOKEN"
	assert_line "reads as     \$'https://\\xD7\\x90.org/'"
	TOKEN=$(pending_token executable=/usr/bin/curl args:='["https://xn--80ak6aa92e.com/"]')
	run firma token show "$TOKEN"
	assert_line "warning      U+0430 looks like 'a' but is not"
	pending_kind fetch target=https://a.example/
	run firma token show "$TOKEN"
	refute_line -e '^reads as '
}

@test "a URL with user info is refused, also without a policy" {
	start_kinds
	run evaluate_kind fetch target=https://a.example@b.example/x
	assert_field decision block
	assert_field rule_id fetch.url.refused
}

@test "a command of the second contract can't be approved always" {
	start_kinds
	pending_kind exec
	run operate approve token_id="$TOKEN" always:=true
	assert_output -p "can't be allowed always"
	assert_equal "$(state_of "$TOKEN")" pending
}
