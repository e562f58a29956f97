#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
#
# A front end that runs as root, such as sudo's plugin, asks on behalf of a user, and names the user
# that the command would run as. Only root may. The user is then the asker in every respect, and needs
# rules of its own: what users may run themselves, they may not run as another user.

# shellcheck disable=SC2030,SC2031 # each test is a process, and so are its variables

load policy

# The asker in these tests, and what sudo would send.
ASKER=4243
SUDO=(via=sudo run_as=0:0 "on_behalf_uid:=$ASKER" "on_behalf_groups:=[$ASKER,4244]")

THERE="on_behalf_uid, on_behalf_groups, via and run_as go together"
NOT_ROOT="only root may ask for another user, or say as whom a command would run"

# start_doors [OPTION...]: starts a daemon with two doors, so that askers can't approve their own
# requests. Only root can open the doors for another group than its own.
start_doors() {
	local group=$ASKER

	((EUID == 0)) || group=$(id -g)
	OPERATOR_SOCKET=$TMP/operator.sock
	serve_policy --operator-socket "$OPERATOR_SOCKET" --agent-group "$group" \
		--operator-group "$group" "$@"
}

# asks DECISION REASON [KEY=...]...: a request through sudo.
asks() {
	run ask "${SUDO[@]}" "${@:3}"
	assert_decision "$1" -p "$2"
}

@test "a user, groups and whom it runs as are of their kinds" {
	local value

	start_daemon --default-action allow
	for value in '"0"' -1 1.5 4294967295 '[]' true; do
		run ask on_behalf_uid:="$value"
		assert_decision deny "malformed request: on_behalf_uid must be a user's number"
	done
	for value in 0 '"0"' '{}' '["0"]' '[-1]' '[1.5]' '[4294967295]' '[[0]]' \
		"[$(seq -s , 0 4096)]"; do
		run ask on_behalf_groups:="$value"
		assert_decision deny \
			"malformed request: on_behalf_groups must be an array of at most 4096 groups' numbers"
	done
	for value in '"Sudo"' '"doas"' '""' 0 '[]'; do
		run ask via:="$value"
		assert_decision deny "malformed request: via must be 'sudo'"
	done
	for value in '""' '"0"' '":"' '"0:"' '":0"' '"00:0"' '"0:00"' '"0:-1"' '"+0:0"' '" 0:0"' \
		'"0:0 "' '"root:root"' '"4294967295:0"' '"0:4294967295"' '"0:0:0"' 0 \
		'"99999999999999999999999:0"'; do
		run ask run_as:="$value"
		assert_decision deny -p 'malformed request: run_as must be the numbers of a user and a group'
	done
	run ask on_behalf_uid:=null on_behalf_groups:=null via:=null run_as:=null
	assert_decision allow
}

@test "only root may ask for a user, whatever the policy says" {
	local member uid=

	write_policy '{"default_action":"allow","exec":[
		{"id":"all","argv":["/usr/bin/git","**"],"action":"allow","run_as":["0:0"]}]}'
	start_doors
	((EUID != 0)) || uid=$ASKER
	for member in "${SUDO[@]}" ''; do
		AS_UID=$uid run ask ${member:+"$member"}
		if [[ $member ]]; then
			assert_decision deny "$NOT_ROOT"
		else
			assert_decision allow
		fi
	done
	AS_UID=$uid run ask "${SUDO[@]}"
	assert_decision deny "$NOT_ROOT"
	AS_UID=$uid run ask "${SUDO[@]}" approval_token=11111111-1111-4111-8111-111111111111
	assert_decision deny "$NOT_ROOT"
}

@test "root must send all of these fields, or none" {
	local i

	need_root
	start_daemon --default-action allow
	for i in "${!SUDO[@]}"; do
		run ask "${SUDO[@]:0:i}" "${SUDO[@]:i+1}"
		assert_decision deny "$THERE"
	done
	run ask detail:=true "${SUDO[@]}"
	assert_field rule run_as.default.require_approval
	run ask must:='["on_behalf_uid","on_behalf_groups","via","run_as"]' "${SUDO[@]}"
	assert_decision pending_hitl
}

@test "what users may run themselves they may not run as another user" {
	local argv='["/usr/bin/git","**"]'

	need_root
	serve_policy
	rules "$(rule a allow "$argv")"
	decides allow a
	decides deny default_action "${SUDO[@]}"
	rules "$(rule a allow "$argv" '"run_as":["root"]')"
	decides allow a "${SUDO[@]}"
	decides deny default_action "${SUDO[@]}" run_as=0:1
	decides deny default_action "${SUDO[@]}" run_as=1:0
	decides deny default_action
	rules "$(rule a allow "$argv" '"run_as":["1:0","0:1"]')"
	decides allow a "${SUDO[@]}" run_as=0:1
	decides allow a "${SUDO[@]}" run_as=1:0
	decides deny default_action "${SUDO[@]}"
	document '{"default_action":"allow"}'
	decides allow default_action
	decides pending_hitl run_as.default.require_approval "${SUDO[@]}"
	document '{"default_action":"deny","lines":[{"id":"l","line":"git*","action":"allow"}]}'
	decides allow l
	decides deny default_action "${SUDO[@]}"
	check_decisions
}

@test "rules that deny or ask match it too, unless they name another target user" {
	local argv='["git","**"]'

	need_root
	serve_policy
	rules "$(rule d deny "$argv")" "$(rule a allow "$argv" '"run_as":["root"]')"
	decides deny d "${SUDO[@]}"
	rules "$(rule p pending_hitl "$argv")" "$(rule a allow "$argv" '"run_as":["root"]')"
	decides pending_hitl p "${SUDO[@]}"
	rules "$(rule d deny "$argv" '"run_as":["root"]')" "$(rule a allow "$argv")"
	decides deny d "${SUDO[@]}"
	decides deny d "${SUDO[@]}" run_as=0:7
	decides deny default_action "${SUDO[@]}" run_as=1:0
	decides allow a
	rules "$(rule d deny "$argv" '"run_as":["root:root"]')"
	decides deny d "${SUDO[@]}"
	decides deny default_action "${SUDO[@]}" run_as=0:7
	check_decisions
}

@test "if the default action is to allow, a person is asked, even without a policy" {
	need_root
	start_daemon --default-action allow
	run ask
	assert_decision allow
	run ask detail:=true "${SUDO[@]}"
	assert_decision pending_hitl
	assert_field rule run_as.default.require_approval
}

@test "rules see the user and the groups that root asks for" {
	local argv='["git","**"]'

	need_root
	serve_policy
	rules "$(rule a allow "$argv" "\"run_as\":[\"root\"],\"users\":[\"$ASKER\"]")"
	decides allow a "${SUDO[@]}"
	decides deny default_action "${SUDO[@]}" on_behalf_uid:=0
	rules "$(rule a allow "$argv" '"run_as":["root"],"groups":["4244"]')"
	decides allow a "${SUDO[@]}"
	decides deny default_action "${SUDO[@]}" on_behalf_groups:='[0]'
	decides deny default_action "${SUDO[@]}" on_behalf_groups:='[]'
	check_decisions
}

@test "a user that isn't there, or has no primary group, is a fault of the policy" {
	local value

	for value in '"no such user"' '"root:no such group"' '""' '":"' '"root:"' 0 '{}' '"*"'; do
		write_policy "{\"exec\":[$(rule a allow '["/bin/ls"]' "\"run_as\":[$value]")]}"
		run firma policy check "$POLICY"
		assert_status 1
		assert_output -p run_as
	done
	write_policy "{\"exec\":[$(rule a allow '["/bin/ls"]' '"run_as":["4294967294"]')]}"
	run firma policy check "$POLICY"
	assert_status 1
	write_policy "{\"exec\":[$(rule a deny '["ls"]' '"run_as":["4294967294"]')]}"
	run firma policy check "$POLICY"
	assert_status 0
	write_policy "{\"read\":[{\"id\":\"r\",\"path\":\"/a\",\"action\":\"deny\",\"run_as\":[\"0\"]}]}"
	run firma policy check "$POLICY"
	assert_status 1
}

@test "a token is for what runs as this user and this group, or for what the asker runs" {
	local own sudo

	need_root
	start_doors --default-action pending_hitl
	sudo=$(pending_token "${SUDO[@]}")
	own=$(AS_UID=$ASKER pending_token)

	# They are two requests.
	run ask "${SUDO[@]}" resume:=true
	refute_output -p "$own"
	AS_UID=$ASKER run ask resume:=true
	refute_output -p "$sudo"

	operate approve token_id="$own"
	operate approve token_id="$sudo"
	run ask "${SUDO[@]}" approval_token="$own"
	assert_decision deny 'approval token is for another request: via differs'
	AS_UID=$ASKER run ask approval_token="$sudo"
	assert_decision deny 'approval token is for another request: via differs'
	for other in run_as=0:1 run_as=1:0; do
		run ask "${SUDO[@]}" "$other" approval_token="$sudo"
		assert_decision deny 'approval token is for another request: run_as differs'
	done
	run ask "${SUDO[@]}" on_behalf_uid:=4244 approval_token="$sudo"
	assert_decision deny 'approval token not found'
	run ask "${SUDO[@]}" approval_token="$sudo"
	assert_decision allow
	AS_UID=$ASKER run ask approval_token="$own"
	assert_decision allow
}

@test "a user who asked through root can't approve it, but root can" {
	local token

	need_root
	start_doors --default-action pending_hitl
	token=$(pending_token "${SUDO[@]}")
	AS_UID=$ASKER run operate approve token_id="$token"
	assert_output -p 'approving needs another user than the one who asked'
	run operate approve token_id="$token"
	assert_output '{"outcome":"ok"}'
	token=$(pending_token "${SUDO[@]}" on_behalf_uid:=0)
	run operate approve token_id="$token"
	assert_output -p 'approving needs another user than the one who asked'
}

@test "the user can withdraw it as their own request" {
	local token

	need_root
	start_doors --default-action pending_hitl
	token=$(pending_token "${SUDO[@]}")
	AS_UID=4244 run operate withdraw token_id="$token"
	OPERATOR_SOCKET=$SOCKET
	AS_UID=$ASKER run operate withdraw token_id="$token"
	assert_output '{"outcome":"ok"}'
}

@test "pending requests count for the user, and so do connections" {
	local n

	need_root
	start_doors --default-action pending_hitl --max-pending 2
	for n in 1 2; do
		pending_token "${SUDO[@]}" args:="[\"$n\"]"
	done
	asks deny "uid $ASKER has 2 pending tokens" args:='["3"]'
	run ask "${SUDO[@]}" on_behalf_uid:=4244 args:='["3"]'
	assert_decision pending_hitl
	run ask args:='["3"]'
	assert_decision pending_hitl
}

@test "a user's waiting requests are not root's connections" {
	need_root
	start_doors --default-action pending_hitl
	hold waiting < <(request wait_ms:=600000 "${SUDO[@]}")
	AS_UID=$ASKER _command "$UNIT"
	_background_held idle setpriv --reuid="$ASKER" --regid="$ASKER" --clear-groups -- \
		"$TMP/bin/unit" probe --idle 255 "$SOCKET"
	asks deny 'limit reached: a uid has at most 256 connections at a time'
	run ask "${SUDO[@]}" on_behalf_uid:=4244
	assert_decision pending_hitl
	run ask
	assert_decision pending_hitl
	operate approve token_id="$(operate list state=pending | head -n 1 | "$UNIT" get token_id)"
	finish waiting
	assert_decision allow
}

@test "an approval for good is for what runs as this user and this group" {
	local sha=(cwd=/work real_path=/usr/bin/git)

	need_root
	start_doors --default-action pending_hitl
	TOKEN=$(pending_token "${SUDO[@]}" "${sha[@]}")
	operate approve token_id="$TOKEN" always:=true
	run ask "${SUDO[@]}" "${sha[@]}" approval_token="$TOKEN"
	assert_decision allow
	run operate allow.list
	assert_line -p '"run_as":"0:0"'

	asks allow 'allowed by the allowlist' "${sha[@]}"
	run ask "${SUDO[@]}" "${sha[@]}" run_as=0:1
	assert_decision pending_hitl
	AS_UID=$ASKER run ask "${sha[@]}"
	assert_decision pending_hitl
}

@test "an entry without run_as is only for what users run as themselves" {
	need_root
	start_doors --default-action pending_hitl
	run operate allow.add pattern=/usr/bin/git argv:='["**"]'
	assert_line -n -1 '{"outcome":"ok"}'
	AS_UID=$ASKER run ask cwd=/work
	assert_decision allow
	asks pending_hitl '' cwd=/work
}

@test "the card shows first as whom it would run, and a list shows it too" {
	local token

	need_root
	start_doors --default-action pending_hitl
	token=$(pending_token "${SUDO[@]}")
	export FIRMA_OPERATOR_SOCKET=$OPERATOR_SOCKET
	run firma token show "$token"
	assert_line -n 0 -e "^runs as +uid 0 \(root\), gid 0, through sudo$"
	assert_line -e "^asked by +$(user_of "$ASKER" | sed 's/[()]/\\&/g')"
	run firma token list
	assert_output -p '(through sudo)  (as 0:0)'
	assert_log -p "for uid $ASKER through sudo as 0:0"
}

@test "the record says who asked, through what, and as whom" {
	need_root
	start_doors --default-action pending_hitl --evidence-log "$TMP/evidence"
	asks pending_hitl ''
	run tail -n 1 "$TMP/evidence"
	assert_output -p '"via":"sudo"'
	assert_output -p '"run_as":"0:0"'
	assert_output -p "\"on_behalf_uid\":$ASKER"
	run firma evidence show "$TMP/evidence"
	assert_output -p '(through sudo) (as 0:0)'
	assert_output -p "uid $ASKER"
	run firma evidence show --uid "$ASKER" "$TMP/evidence"
	assert_output -p '(through sudo) (as 0:0)'
}
