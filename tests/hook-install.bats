#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
#
# `firma hook install`, `uninstall` and `status`: what becomes of settings that hold other things,
# are broken, are links or belong to others; and that a removed hook leaves the file as it was.

# shellcheck disable=SC2016 # for the shell within
# shellcheck disable=SC2034,SC2154 # some variables are those of lib.bash and of bats

load lib

AGENTS=(claude codex gemini copilot qwen cline opencode cursor)

setup() {
	lib_setup
	unset CLAUDE_CONFIG_DIR CODEX_HOME COPILOT_HOME
	umask 022
	mkdir "$TMP/work"
	cd "$TMP/work" || return
	settings=$TMP/.claude/settings.json
}

# hook VERB [OPTION...] [AGENT]
hook() {
	run --separate-stderr firma hook "$@"
}

# has TEXT: the settings of claude are this text.
has() {
	mkdir -p "$TMP/.claude"
	printf '%s' "$1" >"$settings"
	cp "$settings" "$TMP/before"
}

# The command of claude's hook, as a shell gets it.
installed_line() {
	sed -n 's/.*"command": "\([^"]*\)".*/\1/p' "$1" | sed 's/\\\\/\\/g'
}

# refuses REGEXP TEXT: settings like these are not touched.
refuses() {
	has "$2"
	hook install --user claude
	assert_status 1
	refute_output
	assert_stderr -e "$1.*nothing was changed"
	cmp "$settings" "$TMP/before"
}

# --- install --------------------------------------------------------------------------------------

@test "the line that is installed denies where the hook doesn't" {
	local line

	hook install --user claude
	assert_status 0
	grep -q '"matcher": "\*"' "$settings"
	grep -q '"timeout": 3600, "onFailure": "block"' "$settings"
	line=$(installed_line "$settings")
	assert_equal "$line" \
		"$(readlink -f "$FIRMA") hook claude || { [ \$? = 2 ] || echo 'firma: no answer; denied' >&2; exit 2; }"
	run --separate-stderr sh -c "$line" </dev/null
	assert_status 2
	run --separate-stderr sh -c "${line/#\/*firma hook/\/nonexistent hook}" </dev/null
	assert_status 2
	refute_output
	assert_stderr -p 'firma: no answer; denied'
}

@test "the line that is installed says nothing more after a denial" {
	local line

	start_daemon --default-action deny
	hook install --user claude --socket "$SOCKET"
	line=$(installed_line "$settings")
	run --separate-stderr sh -c "$line" <"$BATS_TEST_DIRNAME/vectors/hooks/claude-shell.json"
	assert_status 2
	assert_output -p '"permissionDecision":"deny"'
	assert_stderr 'firma: denied: denied by the default action'
}

@test "options are for the installed line, quoted" {
	hook install --user --only-shell --peer firma --socket "/a b'c" --wait 10min claude
	assert_status 0
	run installed_line "$settings"
	assert_output -p " hook claude --only-shell --peer firma --socket '/a b'\\''c' --wait 10min || {"
	hook install --user --wait 2h claude
	assert_status 2
	hook install --user --peer me claude
	assert_status 2
}

@test "for each agent, a second install changes nothing, and uninstall removes what install made" {
	local agent scope

	for agent in "${AGENTS[@]}"; do
		for scope in --user --project; do
			hook install $scope "$agent"
			assert_status 0
			assert_line -n 0 '--- /dev/null'
			hook status $scope "$agent"
			assert_status 0
			assert_output -e "^$agent .* installed "
			hook install $scope "$agent"
			assert_status 0
			assert_output -p ': nothing to change'
			hook uninstall $scope "$agent"
			assert_status 0
			assert_equal "$(find "$TMP/.$agent" "$TMP/work" -type f)" ''
			hook status $scope "$agent"
			assert_status 1
			hook uninstall $scope "$agent"
			assert_status 0
			assert_output -p ': nothing to change'
		done
	done 2>/dev/null
}

@test "what the administrator has installed is seen by all users, and changed by none" {
	local managed=$TMP/root/etc/claude-code/managed-settings.json

	need_root
	hook install --managed --root "$TMP/root" claude
	assert_status 0
	chown -R 0:0 "$TMP/root"
	export AS_UID=4711
	chmod 755 "$TMP"
	hook status --managed --root "$TMP/root" claude
	assert_status 0
	assert_output "claude   managed   installed                          $managed"
	assert_equal "$stderr" ''
	hook install --managed --root "$TMP/root" claude
	assert_status 1
	assert_stderr "firma: $managed: belongs to root, which alone may change it; nothing was changed"
	hook uninstall --managed --root "$TMP/root" claude
	assert_status 1

	# Others' settings are not read.
	chown 4712 "$managed"
	hook status --managed --root "$TMP/root" claude
	assert_status 1
	assert_output -p "can't be read"
	assert_stderr "firma: $managed: belongs to, or is writable by, others"
}

@test "what the administrator installs holds, and goes below another root" {
	local agent

	for agent in claude codex gemini qwen cursor; do
		hook install --managed --root "$TMP/root" "$agent"
		assert_status 0
		hook status --managed "$agent"
		hook status --managed --root "$TMP/root" "$agent"
		assert_status 0
	done
	grep -q '"allowManagedHooksOnly": true' "$TMP/root/etc/claude-code/managed-settings.json"
	grep -q '"disableAllHooks": false' "$TMP/root/etc/qwen-code/settings.json"
	grep -q '^hooks = true' "$TMP/root/etc/codex/requirements.toml"
	assert_equal "$(stat -c %a "$TMP/root/etc/claude-code/managed-settings.json")" 644
	grep -c -- '--peer root' "$TMP"/root/etc/*/* | while IFS=: read -r _ n; do ((n == 1)); done
	for agent in claude codex gemini qwen cursor; do
		hook uninstall --managed --root "$TMP/root" "$agent"
		assert_status 0
	done
	assert_equal "$(find "$TMP/root" -type f)" ''
	hook install --managed cline
	assert_status 2
	assert_stderr 'firma: cline has no managed settings for hooks'
}

@test "other hooks, other keys, comments and white space stay, and come back byte for byte" {
	local text installed

	while IFS= read -r -d '' text; do
		has "$text"
		hook install --user claude
		assert_status 0
		installed=$(<"$settings")
		[[ $installed == *'hook claude || '* ]] || fail "not there: $installed"
		# Without comments it is JSON, and the rest is as it was.
		python3 - "$TMP/before" "$settings" <<-'END'
			import json, re, sys
			def read(path):
			    text = open(path).read()
			    return json.loads(re.sub(r"\s// .*$|/\*.*?\*/", "", text, flags=re.M))
			before, after = map(read, sys.argv[1:])
			entries = after["hooks"]["PreToolUse"]
			entries.pop()
			if not entries and "PreToolUse" not in before.get("hooks", {}):
			    del after["hooks"]["PreToolUse"]
			if not after["hooks"] and "hooks" not in before:
			    del after["hooks"]
			assert before == after, (before, after)
		END
		hook install --user claude
		assert_output -p ': nothing to change'
		hook uninstall --user claude
		assert_status 0
		cmp "$settings" "$TMP/before"
	done < <(
		printf '%s\0' '{}' '{ }' $'{\n}\n' ' {"a":1}' '{"a": 1}' $'{\n\t"a": [1, 2],\n\t"b": {}\n}' \
			'{"hooks":{}}' '{"hooks": { } }' $'{\n  "hooks": {\n  }\n}\n' '{"hooks":{"PreToolUse":[]}}' \
			'{"hooks":{"PreToolUse":[ ]},"z":0}' $'{\n  "hooks": {\n    "PreToolUse": [\n    ]\n  }\n}\n' \
			'{"hooks":{"Stop":[{"hooks":[]}]}}' '{"hooks":{"PreToolUse":[{"matcher":"x","hooks":[]}]}}' \
			$'{\n  "hooks": {\n    "PreToolUse": [\n      {"hooks": [{"command": "a, ]}"}]},\n      {"hooks": []}\n    ],\n    "Stop": []\n  },\n  "z": "\\"hooks\\": {"\n}\n' \
			$'{\n  // a "comment" {\n  "a": "http://x", /* b */\n  "hooks": { /* c */ }\n}\n' \
			$'{\r\n  "a": 1\r\n}\r\n' $'{"a":"\\\\"}' $'{\n  "a": 1 // last\n}\n' \
			$'{"PreToolUse":[1],"hooks":{"hooks":{"PreToolUse":2}}}'
	)
}

@test "a change in between stays when the hook is removed" {
	has $'{\n  "a": 1\n}\n'
	hook install --user claude
	sed -i 's/"a": 1/"a": 2/' "$settings"
	hook uninstall --user claude
	assert_status 0
	assert_equal "$(<"$settings")" $'{\n  "a": 2\n}'

	rm "$settings"
	hook install --user claude
	sed -i 's/^{/{\n  "b": 3,/' "$settings"
	hook uninstall --user claude
	assert_equal "$(tr -d ' \n' <"$settings")" '{"b":3}'
}

@test "another command line is replaced, not added" {
	has '{"a":1}'
	hook install --user --only-shell claude
	hook install --user --socket /x claude
	assert_status 0
	assert_equal "$(grep -o 'hook claude' "$settings" | wc -l)" 1
	grep -q -- '--socket /x' "$settings"
	hook uninstall --user claude
	cmp "$settings" "$TMP/before"
}

@test "the hooks of two agents in one file are told apart" {
	has '{"hooks":{"PreToolUse":[{"hooks":[{"type":"command","command":"firma hook qwen || { [ $? = 2 ] || echo '"'firma: no answer; denied'"' >&2; exit 2; }"}]}]}}'
	hook install --user claude
	assert_equal "$(grep -o 'hook [cq][a-z]* ' "$settings" | tr -d '\n')" 'hook qwen hook claude '
	hook uninstall --user claude
	cmp "$settings" "$TMP/before"
}

@test "the difference that is shown is what is written, and --dry-run writes nothing" {
	has $'{\n  "a": 1,\n  "b": 2\n}\n'
	hook install --user --dry-run claude
	assert_status 0
	cmp "$settings" "$TMP/before"
	printf '%s\n' "$output" >"$TMP/difference"
	hook install --user claude
	assert_equal "$output" "$(<"$TMP/difference")"
	# The lines that are shown make the new file out of the old one.
	{
		head -n 2 "$TMP/before" | head -n 1
		sed -n '3,$s/^[ +]//p' "$TMP/difference"
	} | tail -n +2 >"$TMP/made"
	cmp "$TMP/made" "$settings"
	diff <(sed -n '3,$s/^-//p' "$TMP/difference") <(diff "$TMP/before" "$settings" | sed -n 's/^< //p')
	diff <(sed -n '3,$s/^+//p' "$TMP/difference") <(diff "$TMP/before" "$settings" | sed -n 's/^> //p')

	rm -r "$TMP/.claude"
	hook install --user --dry-run claude
	[ ! -e "$TMP/.claude" ]
}

@test "the mode of a file stays, and nothing is left beside it" {
	has '{}'
	chmod 640 "$settings"
	hook install --user claude
	assert_equal "$(stat -c %a "$settings")" 640
	assert_equal "$(ls "$TMP/.claude")" settings.json
}

# --- what is left alone ---------------------------------------------------------------------------

@test "a file that is not what it should be is not touched" {
	local text

	for text in '' '{' '[]' 'x' '{"a":1,}' '{"a":1}{}' '{"a":1,"a":2}' '{"hooks":{},"hooks":{}}' \
		$'\xef\xbb\xbf{}' $'{"a":"\xff"}' '{"a":1 /* }'; do
		refuses 'is not JSON' "$text"
	done
	refuses 'no object' '{"hooks":[]}'
	refuses 'no object' '{"hooks":null}'
	refuses 'no array' '{"hooks":{"PreToolUse":{}}}'
	refuses 'changed by hand' '{"hooks":{"PreToolUse":[{"hooks":[{"command":"x"},{"command":"firma hook claude || firma: no answer; denied"}]}]}}'

	mkdir -p "$TMP/.cursor" "$TMP/.clinerules/hooks"
	echo '{"version":2}' >"$TMP/.cursor/hooks.json"
	hook install --user cursor
	assert_status 1
	assert_stderr -p 'its member "version" is not 1'
	mkdir -p .clinerules/hooks
	echo '#!/bin/sh' >.clinerules/hooks/PreToolUse
	hook install --project cline
	assert_status 1
	assert_stderr -p 'not written by firma'
	hook uninstall --project cline
	assert_equal "$(<.clinerules/hooks/PreToolUse)" '#!/bin/sh'
}

@test "a link, a directory, a FIFO, or a file that others may write is not touched" {
	has '{}'
	mv "$settings" "$TMP/real"
	ln -s "$TMP/real" "$settings"
	hook install --user claude
	assert_status 1
	assert_stderr -p 'is a symbolic link'
	assert_equal "$(<"$TMP/real")" '{}'
	rm "$settings"

	mkfifo "$settings"
	hook install --user claude
	assert_status 1
	rm "$settings"
	mkdir "$settings"
	hook install --user claude
	assert_status 1
	rmdir "$settings"

	has '{}'
	chmod 666 "$settings"
	hook install --user claude
	assert_status 1
	assert_stderr -p 'writable by, others'
	chmod 600 "$settings"
	chmod 777 "$TMP/.claude"
	hook install --user claude
	assert_status 1
	assert_stderr -p 'its directory'
	assert_equal "$(<"$settings")" '{}'
}

@test "a file of another user is not touched" {
	need_root
	has '{}'
	chown 4242 "$settings"
	hook install --user claude
	assert_status 1
	assert_stderr -p 'belongs to'
	chown 0 "$settings"
	chown 4242 "$TMP/.claude"
	hook uninstall --user claude
	assert_status 1
	assert_stderr -p 'its directory belongs to'
}

@test "a directory that can't be written leaves the file whole" {
	has '{}'
	if ((EUID == 0)); then
		exec {lock}<"$TMP/.claude"
		flock "$lock"
		hook install --user claude
		assert_stderr -p 'is locked by another'
	else
		chmod 500 "$TMP/.claude"
		hook install --user claude
		chmod 700 "$TMP/.claude"
	fi
	assert_status 1
	cmp "$settings" "$TMP/before"
}

@test "root writes nothing where another user can redirect it" {
	need_root
	mkdir "$TMP/other" "$TMP/target"
	cd "$TMP/other"
	ln -s "$TMP/target" .claude
	chown -h 4711 .claude .
	hook install --project claude
	assert_status 1
	assert_stderr -p 'on the way to it belongs to another user'
	mkdir "$TMP/system"
	ln -s "$TMP/target" "$TMP/system/etc"
	chown -h 4711 "$TMP/system/etc"
	hook install --managed --root "$TMP/system" claude
	assert_status 1
	assert_stderr -p 'nothing was changed'
	assert_equal "$(ls -A "$TMP/target")" ''
}

# --- status and usage -----------------------------------------------------------------------------

@test "status tells of settings that switch hooks off" {
	hook install --user claude
	mkdir .claude
	echo '{"disableAllHooks": true}' >.claude/settings.json
	hook status claude
	assert_status 0
	assert_line -e '^claude +user +installed '
	assert_line -e '^claude +project +switches hooks off '
	sed -i 's/^{/{ "disableAllHooks": true,/' "$settings"
	hook status --user claude
	assert_status 1
	assert_output -p 'installed, but switched off there'
}

@test "status tells of a hook that was changed so that the agent does not call it, or not heed it" {
	local change

	hook install --user claude
	cp "$settings" "$TMP/whole"
	for change in 's/"matcher": "\*"/"matcher": "Read"/' 's/"timeout": 3600/"timeout": 1/' \
		's/, "onFailure": "block"//' 's/"type": "command"/"if": "Read", &/' \
		's/; exit 2; }/; exit 1; }/' "s/ || {.*}\"/ || echo 'firma: no answer; denied'\"/"; do
		sed "$change" "$TMP/whole" >"$settings"
		! cmp -s "$settings" "$TMP/whole" || fail "nothing changed: $change"
		hook status --user claude
		assert_status 1
		assert_output -e '^claude +user +installed, but changed afterwards '
	done

	# Another layout is no change, nor are comments, other settings or other hooks.
	{
		echo '// mine'
		sed -e 's/, "/\n,\n"/g' -e 's/\[ { "matcher"/[ {"hooks": []}, { "matcher"/' "$TMP/whole" |
			sed '0,/^{/s//{ "model": "x",/'
	} >"$settings"
	hook status --user claude
	assert_status 0
	assert_output -e '^claude +user +installed  '
}

@test "status tells of managed settings that let other hooks in" {
	hook install --managed --root "$TMP/root" claude
	hook status --managed --root "$TMP/root" claude
	assert_status 0
	sed -i 's/"allowManagedHooksOnly": true/"allowManagedHooksOnly": false/' \
		"$TMP/root/etc/claude-code/managed-settings.json"
	hook status --managed --root "$TMP/root" claude
	assert_status 1
	assert_output -p 'installed, but changed afterwards'
}

@test "status does not take settings that can't be told for settings that switch nothing off" {
	local text file=.claude/settings.local.json

	mkdir .claude
	for text in '{"a":1,"a":2,"disableAllHooks":true}' '\ufeff{"disableAllHooks":true}' '{"disableAllHooks":true,}'; do
		printf '%b' "$text" >"$file"
		hook status --project claude
		assert_line -e "^claude +project +can't be read .*/$file\$"
	done
}

@test "status tells of each way to switch a hook off, also in settings that hold no hook" {
	local agent file text

	mkdir .claude .codex .gemini .qwen
	while read -r agent file text; do
		hook status --project "$agent"
		refute_output -p 'switches hooks off'
		printf '%b' "$text" >"$file"
		hook status --project "$agent"
		assert_line -e "^$agent +project +switches hooks off .*/$file\$"
		rm "$file"
	done <<-'END'
		claude .claude/settings.json { "disableAllHooks": true }
		claude .claude/settings.local.json {"a":1,"disableAllHooks":true}
		qwen .qwen/settings.json {"disableAllHooks": true}
		gemini .gemini/settings.json {"hooksConfig":{"enabled":false}}
		gemini .gemini/settings.json {"hooksConfig":{"disabled":["x","firma"]}}
		codex .codex/config.toml [features]\nhooks = false\n
		codex .codex/config.toml features.hooks=false # off
		claude .claude/settings.local.json {"disable\\u0041llHooks":true}
		gemini .gemini/settings.json {"hooksConfig":{"disabled":["f\\u0069rma"]}}
		codex .codex/config.toml [features]\n"h\\u006foks" = false\n
		codex .codex/config.toml features = { other = true, hooks = false }
		codex .codex/config.toml [features]\n"hooks"=false
	END
	while read -r agent file text; do
		printf '%b' "$text" >"$file"
		hook status --project "$agent"
		refute_output -p 'switches hooks off'
		rm "$file"
	done <<-'END'
		claude .claude/settings.local.json {"disableAllHooks":false}
		gemini .gemini/settings.json {"hooksConfig":{"enabled":true,"disabled":["x"]}}
		gemini .gemini/settings.json {"enabled":false}
		codex .codex/config.toml [features]\nhooks = true\n# hooks = false
		codex .codex/config.toml webhooks = false
	END
	echo '[features]' >.codex/config.toml
	hook install --project codex
	assert_output -p .codex/hooks.json
}

@test "an agent or a place that isn't known is a usage error" {
	hook install nobody
	assert_status 2
	assert_stderr 'firma: no agent is called nobody'
	hook install --user --managed claude
	assert_status 2
	hook install
	assert_status 2
	hook status nobody
	assert_status 2
}

@test "an agent's own variable names another directory" {
	CLAUDE_CONFIG_DIR=$TMP/elsewhere hook install --user claude
	assert_status 0
	[ -e "$TMP/elsewhere/settings.json" ]
}

@test "the script of cline prints one answer, whatever becomes of the hook" {
	hook install --project cline
	run --separate-stderr .clinerules/hooks/PreToolUse </dev/null
	assert_status 0
	assert_output -e '^\{"cancel":true,"errorMessage":"firma: could not decide: .*"\}$'
	sed -i 's#(.*firma hook#(/nonexistent hook#' .clinerules/hooks/PreToolUse
	run --separate-stderr .clinerules/hooks/PreToolUse </dev/null
	assert_status 0
	assert_output '{"cancel":true,"errorMessage":"firma: no answer; denied"}'
}
