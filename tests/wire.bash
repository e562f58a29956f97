# SPDX-License-Identifier: ISC
# shellcheck shell=bash
#
# Tables of requests and of what they must hear, for the tests of the wire. Each function adds
# cases; check_cases sends all of them, each on a connection of its own, and compares every reply
# as a whole.

load lib

# A request in order, but for its closing brace: "$OPEN,\"wait_ms\":5}".
OPEN='{"action":"local.exec","executable":"/usr/bin/git","args":["status"],"sandbox_id":"sbx","session_id":"sess","profile":"generic","hitl_mode":"async_token"'

ALLOWED='{"decision":"allow","reason":"allowed by the default action"}'

# expect REPLY LINE...: what each line hears. A ␀ in a line is sent as a NUL.
expect() {
	local reply=$1 line

	shift
	for line; do
		REPLIES+=("$reply")
		printf '%s\n' "$line" >>"$TMP/requests"
	done
}

# allowed LINE...: by a daemon with --default-action allow.
allowed() {
	expect "$ALLOWED" "$@"
}

# denied REASON LINE...: REASON is JSON within its quotes, here and below.
denied() {
	expect "{\"decision\":\"deny\",\"reason\":\"$1\"}" "${@:2}"
}

# malformed WHAT LINE...
malformed() {
	denied "malformed request: $1" "${@:2}"
}

# unsupported REASON LINE...: an operator's action.
unsupported() {
	expect "{\"outcome\":\"unsupported_action\",\"reason\":\"$1\"}" "${@:2}"
}

# faulty WHAT LINE...: is no strict JSON, and the reason names the byte before which ^ stands in the
# line; the ^ isn't sent.
faulty() {
	local what=$1 line before

	shift
	for line; do
		IFS= read -r -d ^ before <<<"$line"
		malformed "$what (at byte $(($(_bytes "$before") + 1)))" \
			"$before${line:${#before}+1}"
	done
}

_bytes() {
	local LC_ALL=C

	echo "${#1}"
}

# text N [CHARACTERS]: so often, without a newline.
text() {
	yes -- "${2-a}" | head -n "$1" | tr -d '\n'
}

# count PATTERN: how many lines of the output fit.
count() {
	# shellcheck disable=SC2154 # run sets it.
	grep -cE "$1" <<<"$output" || true
}

# check_cases [PROBE-OPTION...]: sends all that were added, and one more that is in order.
check_cases() {
	local replies i

	allowed "$OPEN}"
	sed 's/␀/\x00/g' "$TMP/requests" | send_lines "$@" >"$TMP/replies"
	mapfile -t replies <"$TMP/replies"
	for i in "${!REPLIES[@]}"; do
		[[ ${replies[i]-} == "${REPLIES[i]}" ]] || {
			fail "-- case $((i + 1)) of ${#REPLIES[@]} --" \
				"request:  $(sed -n "$((i + 1))p" "$TMP/requests" | cut -c -300 | cat -v)" \
				"expected: ${REPLIES[i]:0:300}" "actual:   ${replies[i]:0:300}"
			return 1
		}
	done
	assert_equal "${#replies[@]}" "${#REPLIES[@]}"
	rm "$TMP/requests"
	REPLIES=()
}

# setup, for files that add something to it.
wire_setup() {
	lib_setup
	REPLIES=()
}

setup() {
	wire_setup
}
