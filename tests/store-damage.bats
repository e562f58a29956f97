#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
#
# Files of the store that are torn or damaged: what was acknowledged is there, or the daemon is
# closed and leaves them as they are (design, section 7).
#
# Each test is a process of its own, and what it sets may be for the library, as what it reads may
# be the library's:
# shellcheck disable=SC2030,SC2031,SC2034,SC2153

load store

# --- a torn end -----------------------------------------------------------------------------------

# make_store: killed with six batches of two lines each: an issue, an issue, its approval, its
# consumption, an issue, its approval. The tokens go to pending, consumed, approved; the second
# issue's batch and the last issue's are longer than a sector.
make_store() {
	local long

	printf -v long '%01500d' 0
	LONG="args:=[\"$long\"]"
	start_asking
	pending=$(pending_token)
	consumed=$(pending_token "$LONG")
	must "$OK" operate approve token_id="$consumed"
	must "$ALLOWED" ask "$LONG" approval_token="$consumed"
	approved=$(pending_token "$LONG")
	must "$OK" operate approve token_id="$approved"
	kill_daemon
	assert_equal "$(wc -l <"$TOKENS")" 13
	# What a power cut tears was not synced, and has no mark.
	rm "$STATE_DIR/tokens.mark"
}

# start_of LINE: its offset in the file.
start_of() {
	head -n $(($1 - 1)) "$TOKENS" | wc -c
}

# overwrite OFFSET: standard input goes there.
overwrite() {
	dd of="$TOKENS" conv=notrunc bs=1M oflag=seek_bytes seek="$1" status=none
}

# assert_cut SIZE: the file, which ends after it, is cut there, and what is in front is there.
assert_cut() {
	local torn=$(($(size) - $1)) token

	true >"$TMP/log"
	rm -f "$STATE_DIR/tokens.mark"
	start_asking
	assert_equal "$(batches)" 1
	assert_equal "$(listed token_id)" "$kept"
	assert_equal "$(listed state)" "$kept_states"
	must "$CONSUMED" ask "$LONG" approval_token="$consumed"
	assert_log -e "^firma: $TOKENS: cut off $torn bytes? "

	# It goes on from there, and there is no more to be said about it.
	token=$(pending_token 'args:=["more"]')
	kill_daemon
	true >"$TMP/log"
	start_asking
	assert_equal "$(warnings)" ''
	assert_equal "$(listed token_id)" "$kept"$'\n'"$token"
	kill_daemon
}

@test "a last batch that ends too early is cut off, and the rest is there" {
	local pending consumed approved LONG kept kept_states start end line at

	make_store
	cp "$TOKENS" "$TMP/whole"

	# The approval is torn: what it approved is still pending. Then the issue before it.
	kept=$(printf '%s\n' "$pending" "$consumed" "$approved")
	kept_states=$'pending\nconsumed\npending'
	for line in 12 10; do
		cp "$TMP/whole" "$TOKENS"
		start=$(start_of $line) at=$(start_of $((line + 1))) end=$(start_of $((line + 2)))
		for end in $((start + 1)) $((at - 1)) "$at" $((end - 1)); do
			cp "$TMP/whole" "$TOKENS"
			truncate -s "$end" "$TOKENS"
			assert_cut "$start"
		done
		kept=$(printf '%s\n' "$pending" "$consumed")
		kept_states=$'pending\nconsumed'
	done
}

@test "a last batch of which sectors were never written is cut off" {
	local pending consumed approved LONG kept kept_states start end sector from to

	make_store
	head -c "$(start_of 12)" "$TOKENS" >"$TMP/whole"
	cp "$TMP/whole" "$TOKENS"
	kept=$(printf '%s\n' "$pending" "$consumed")
	kept_states=$'pending\nconsumed'
	start=$(start_of 10) end=$(size)
	sector=$(((start / 512 + 1) * 512))

	while read -r from to; do
		cp "$TMP/whole" "$TOKENS"
		head -c $((to - from)) /dev/zero | overwrite "$from"
		assert_cut "$start"
	done <<-END
		$start $end
		$start $sector
		$sector $end
		$sector $((sector + 512))
		$((sector + 512)) $end
	END
}

@test "a batch that was cut exactly at its end was never begun" {
	local pending consumed approved LONG

	make_store
	truncate -s "$(start_of 12)" "$TOKENS"
	start_asking
	assert_equal "$(warnings)" ''
	assert_equal "$(listed state)" $'pending\nconsumed\npending'
}

# --- damage everywhere ----------------------------------------------------------------------------

# damage WAY: loads a file of six batches, five of them appended, with all damage of that kind;
# where there may be one, in a file system in memory. Fills bytes, batches, loads, whole, cut and
# closed with how large it is, and how many loads found it whole, cut it, and were closed.
damage() {
	local in_memory=(unshare --map-root-user --mount sh -c
		"mount -t tmpfs -o mode=700 none '$STATE_DIR' && exec \"\$@\"" sh) key

	mkdir -m 700 "$STATE_DIR"
	"${in_memory[@]}" true 2>/dev/null || in_memory=()
	run "${in_memory[@]}" "$UNIT" store-damage "$1" "$STATE_DIR"
	assert_status 0
	for key in bytes batches loads whole cut closed; do
		printf -v "$key" %d "$(field "$key")"
	done
	assert_equal "$batches" 6
	echo "$loads loads: $whole whole, $cut cut, $closed closed"
}

@test "a file that ends at any byte holds all that was acknowledged by then, or is closed" {
	local bytes batches loads whole cut closed

	damage ends
	assert_equal "$whole" 6
	assert_equal $((whole + cut + closed)) $((bytes + 1))
	((cut > closed))
}

@test "a batch that misses any of its sectors is cut off where it is the last that was appended" {
	local bytes batches loads whole cut closed

	damage sectors
	assert_equal "$whole" 0
	((cut > 10 && closed > cut / 2))
}

@test "no batch is written that would not be read again" {
	local bytes batches loads whole cut closed

	damage limit
	assert_equal "$loads" 0
}

@test "any byte that is another closes the store, and the file stays as it is" {
	local bytes batches loads whole cut closed

	damage bytes
	assert_equal "$whole $cut" '1 0'
	((closed > 10 * bytes + 240 * 150))
}

# --- what can't be read ---------------------------------------------------------------------------

@test "a closed daemon says why, to the asker, the operator and the log" {
	local why

	start_daemon
	stop_daemon
	true >"$TOKENS"
	why="$TOKENS: line 1: the file is empty"
	start_daemon --default-action allow

	run --separate-stderr firma check -- /bin/true
	assert_log "firma: closed: $why"
	assert_status 1
	assert_stderr "firma: denied: closed: $why"
	run --separate-stderr firma status
	assert_status 1
	assert_line -n 0 -e "^closed +$why\$"
	run --separate-stderr firma status --json
	assert_status 1
	assert_field closed "$why"
	run --separate-stderr firma token list
	assert_status 3
	assert_stderr "firma: closed: $why"
	refute_output
	run --separate-stderr firma token approve --yes 11111111-1111-4111-8111-111111111111
	assert_status 3
	assert_stderr -p "closed: $why"
	refute_output
}

@test "a damaged byte closes the store, and the file stays as it is" {
	local pending consumed approved LONG line offset where

	make_store
	cp "$TOKENS" "$TMP/whole"
	while read -r line offset where; do
		cp "$TMP/whole" "$TOKENS"
		printf '~' | overwrite $(($(start_of "$line") + offset))
		stays_closed "$TOKENS: line $where: *"
	done <<-END
		1 0 1
		2 -1 1
		2 40 2
		7 30 6
		8 -1 6
		11 1000 10
		12 0 12
		13 -1 12
		14 -1 12
	END
}

@test "a damaged digit closes the store" {
	local pending consumed approved LONG line text changed

	make_store
	cp "$TOKENS" "$TMP/whole"
	for line in 1 2 6 12; do
		text=$(sed -n ${line}p "$TMP/whole")
		for changed in "${text/version\":1/version\":2}" "${text/records\":0/records\":1}" \
			"${text/batch\":/batch\":1}" "${text/bytes\":?/bytes\":9}" \
			"${text/sha256\":\"?/sha256\":\"x}" "${text/check\":\"?/check\":\"x}"; do
			[[ $changed != "$text" ]] || continue
			sed "${line}s/.*/$changed/" "$TMP/whole" >"$TOKENS"
			stays_closed "$TOKENS: line $line: *"
		done
	done
}

@test "bytes that are missing or too many in the middle close the store" {
	local pending consumed approved LONG middle

	make_store
	cp "$TOKENS" "$TMP/whole"
	middle=$(start_of 7)

	head -c "$middle" "$TMP/whole" >"$TOKENS"
	tail -c +$((middle + 6)) "$TMP/whole" >>"$TOKENS"
	stays_closed "$TOKENS: line 6: this batch is damaged"

	head -c "$middle" "$TMP/whole" >"$TOKENS"
	printf '\n' >>"$TOKENS"
	tail -c +$((middle + 1)) "$TMP/whole" >>"$TOKENS"
	stays_closed "$TOKENS: line 6: this batch is damaged"

	# A whole batch less, twice, and with another before it.
	sed 6,7d "$TMP/whole" >"$TOKENS"
	stays_closed "$TOKENS: line 6: batch 4 where 3 belongs"
	sed '7{p;x;p;x}' "$TMP/whole" >"$TOKENS"
	stays_closed "$TOKENS: line 8: this batch is damaged"
	{
		cat "$TMP/whole"
		sed -n 12,13p "$TMP/whole"
	} >"$TOKENS"
	stays_closed "$TOKENS: line 14: batch 6 where 7 belongs"

	# Zeros that no disk leaves behind.
	cp "$TMP/whole" "$TOKENS"
	head -c 7 /dev/zero | overwrite $(($(start_of 11) + 20))
	stays_closed "$TOKENS: line 10: this batch is damaged"
	cp "$TMP/whole" "$TOKENS"
	head -c $(($(start_of 4) - $(start_of 2))) /dev/zero | overwrite "$(start_of 2)"
	stays_closed "$TOKENS: line 2: this batch is damaged"

	# What stands behind the last batch.
	{
		cat "$TMP/whole"
		echo nonsense
	} >"$TOKENS"
	stays_closed "$TOKENS: line 14: this batch is damaged"
	truncate -s -1 "$TOKENS"
	stays_closed "$TOKENS: line 14: this batch is damaged"
}

@test "a file that was rewritten is never taken for a torn one" {
	local line start

	start_asking
	pending_token
	pending_token
	stop_daemon
	cp "$TOKENS" "$TMP/whole"
	for line in 2 3 4; do
		start=$(start_of $line)
		cp "$TMP/whole" "$TOKENS"
		truncate -s $((start + 30)) "$TOKENS"
		stays_closed "$TOKENS: line 2: this batch is damaged"
	done
	head -n 1 "$TMP/whole" >"$TOKENS"
	stays_closed "$TOKENS: line 2: 2 of 2 records are missing"
	head -c 20 "$TMP/whole" >"$TOKENS"
	stays_closed "$TOKENS: line 1: this is not a file of format firma.tokens"
}
