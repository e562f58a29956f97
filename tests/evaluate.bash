# SPDX-License-Identifier: ISC
# shellcheck shell=bash
#
# Requests of the second contract that a person must decide, for the files that load it after lib.

# shellcheck disable=SC2034,SC2154 # some variables are for the tests, or those of lib.bash and bats

# Everything needs a person, and everything may be asked.
start_kinds() {
	start_daemon --default-action pending_hitl "$@"
}

# KINDS: a request of each kind, in words for `unit object`.
declare -gA KINDS=(
	[exec]='action_type=execute_command target=make'
	[read]='action_type=read_file target=/a/x cwd=/a'
	[write]='action_type=write_file target=/a/x cwd=/a content=text'
	[fetch]='action_type=fetch_url target=https://a.example/x'
	[git]='action_type=git_operation target=main operation=push'
	[mcp]='action_type=mcp_tool_call server=tickets tool=get operation=call'
	[release]='action_type=release_governance_record release_governance:={"metadata_kind":"strange"}'
	[other]='action_type=dance target=floor'
)

# evaluate KEY=...: asks so, with the details.
evaluate() {
	"$UNIT" object detail:=true "$@" | send
}

# evaluate_kind KIND [KEY=...]
evaluate_kind() {
	# shellcheck disable=SC2086 # words
	evaluate ${KINDS[$1]} "${@:2}"
}

# pending_kind KIND [KEY=...]: its token, in TOKEN.
pending_kind() {
	run evaluate_kind "$@"
	assert_field decision require_approval
	TOKEN=$(field approval_token)
}

# retried DECISION REASON KIND [KEY=...]: what becomes of that request with the token.
retried() {
	run evaluate_kind "$3" approval_token="$TOKEN" "${@:4}"
	assert_field decision "$1" || fail "$output"
	assert_field reason "$2"
}

approve() {
	assert_equal "$(operate approve token_id="$1")" '{"outcome":"ok"}'
}

# state_of TOKEN
state_of() {
	operate show token_id="$1" | head -n 1 | "$UNIT" get state
}
