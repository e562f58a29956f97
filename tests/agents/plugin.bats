#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
#
# The plugin that `firma hook install opencode` writes, as node runs it. Started by
# tests/agents/check.

# shellcheck disable=SC2034,SC2154 # some variables are those of lib.bash and of bats

load ../lib

@test "the plugin of opencode lets a tool run only when the hook allows" {
	local mode

	start_daemon --default-action allow
	firma hook install --user --socket "$SOCKET" --wait 0 opencode
	cat >"$TMP/run.mjs" <<-'END'
		const { Firma } = await import(process.argv[2])
		const hooks = await Firma({ directory: "/tmp" })
		const input = { tool: process.argv[3], sessionID: "s", callID: "c" }
		await hooks["tool.execute.before"](input, { args: { command: "ls" } })
		console.log("RAN")
	END
	cp "$TMP/.config/opencode/plugin/firma.js" "$TMP/firma.mjs"
	run node "$TMP/run.mjs" "$TMP/firma.mjs" bash
	assert_status 0
	assert_output RAN
	run node "$TMP/run.mjs" "$TMP/firma.mjs" write
	refute_output -p RAN
	assert_output -p 'a person must decide'
	stop_daemon
	run node "$TMP/run.mjs" "$TMP/firma.mjs" bash
	refute_output -p RAN
	assert_output -p 'no daemon there'
	for mode in 'exit 0' 'echo; exit 0' "echo '{\\\\\"decision\\\\\":\\\\\"allow\\\\\"}'; exit 1" 'kill -9 \$\$'; do
		sed "s#exec .*firma hook opencode[^\"]*\"#$mode\"#" "$TMP/firma.mjs" >"$TMP/other.mjs"
		run node "$TMP/run.mjs" "$TMP/other.mjs" bash
		refute_output -p RAN
		assert_output -p 'firma: no answer; denied'
	done
}
