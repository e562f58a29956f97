# SPDX-License-Identifier: ISC
# shellcheck shell=bash
#
# What the tests of the allowlist share: its file, and a request that can be approved for good.
#
# What is set here may be for the tests:
# shellcheck disable=SC2034

load store

# A request, but for its executable and arguments, that has all that an entry needs.
BOUND=(cwd=/work real_path=/usr/bin/git agent_id=a)

setup() {
	lib_setup
	TOKENS=$STATE_DIR/tokens.jsonl
	LIST=$STATE_DIR/allowlist.json
	USE=$STATE_DIR/allowlist-use.json
}

# remember [KEY=...]...: asks, is approved for good, and asks again with the token. FOR_MS may be
# set, for how long.
remember() {
	TOKEN=$(pending_token "$@")
	must "$OK" operate approve token_id="$TOKEN" always:=true ${FOR_MS:+for_ms:="$FOR_MS"}
	must "$ALLOWED" ask "$@" approval_token="$TOKEN"
}

# Of a request: allowed by an entry, or asked about.
allowed_by_list() {
	run ask "$@"
	assert_decision allow -p 'allowed by the allowlist (entry '
}

asked() {
	run ask "$@"
	assert_decision pending_hitl
}

# write_list TEXT: the file, as an editor writes it.
write_list() {
	mkdir -p "$STATE_DIR"
	chmod 700 "$STATE_DIR"
	printf '%s' "$1" >"$LIST.edit"
	chmod 600 "$LIST.edit"
	mv "$LIST.edit" "$LIST"
}

# document ENTRY...: of the agent a.
document() {
	local IFS=,

	printf '{"version":1,"agents":{"a":{"allowlist":[%s]}}}\n' "$*"
}

# entry ID PATTERN [MEMBERS]
entry() {
	printf '{"id":"%s","pattern":"%s"%s}' "$1" "$2" "${3:+,$3}"
}

# ids: of all entries, in one line.
ids() {
	local items

	items=$(operate allow.list)
	[[ ${items##*$'\n'} == "$OK" ]] || fail "not a list: $items"
	[[ $items == "$OK" ]] || sed '$d' <<<"$items" | "$UNIT" get id | paste -sd ' '
}

# add PATTERN [KEY=...]: an operator's; sets ENTRY.
add() {
	run operate allow.add pattern="$1" "${@:2}"
	assert_line -n -1 "$OK"
	# shellcheck disable=SC2154 # run sets it
	ENTRY=$("$UNIT" get id <<<"${lines[0]}")
}

# What would change if the file were written.
state_of() {
	stat -c '%i %s %y %z' "$1"
	sha256sum <"$1"
}
