#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
#
# A daemon that is killed at any moment, and what was acknowledged by then (design, section 7).

load lib

# What daemons may say, at the beginning of a line of the log.
decisions='(allow|deny|pending_hitl) /usr/bin/git for uid'
operations='local\.exec\.(approve|revoke|watch) by uid'
others="deny for uid [0-9]+: the daemon is stopping$|serves at the any door|stops, as told$|.*/tokens\.jsonl: cut off"

# Of the report, which is the output's last line: at_least KEY N.
at_least() {
	local n

	n=$(field "$1")
	((n >= $2)) || fail "$1 is $n, not $2 or more: ${output##*$'\n'}"
}

# torture KILLS SERVE-OPTION...: of a daemon with the tests' clock, but not their witness, whose
# lines no kill may tear.
torture() {
	_command "$FIRMA" serve --default-action pending_hitl --max-pending 4096 "${@:2}"
	FIRMA_TEST_WITNESS='' "$UNIT" torture --kills "$1" ${TORTURE_SEED:+--seed "$TORTURE_SEED"} \
		"$SOCKET" "$STATE_DIR" "$TMP/log" -- "${CMD[@]}"
}

# What happened must have happened often enough to mean something. `make check` kills 200 times;
# under valgrind, where a start takes a second, a few times, which leaves much to chance.
# TORTURE_KILLS is another number, and TORTURE_SEED the seed of a run that is to be had again.
@test "kills at random moments lose nothing that was acknowledged, and allow nothing twice" {
	local kills=200 often=100 key

	if [[ ${FIRMA_WRAPPER-} ]]; then
		kills=12 often=1
	fi
	kills=${TORTURE_KILLS:-$kills}

	run torture "$kills" --state-dir "$STATE_DIR"
	echo "$output"
	assert_status 0
	assert_field kills "$kills"
	assert_field violations 0
	at_least checked $((kills / 3))
	for key in issued approved revoked allowed refused held events raced lost; do
		at_least "$key" "$often"
	done
	if ((often > 1)); then
		for key in early stopping rewriting ages applied unapplied; do
			at_least "$key" 5
		done
		at_least shrunk 1
		at_least largest 1048576
	fi

	# Neither was anything else to be told, nor is anything left. (A leak checker may be killed, too.)
	_untimed "$TMP/log" >"$TMP/untimed"
	run grep -avE "^(firma: ($decisions|$operations|$others)|==[0-9]+==Unable to get registers)" \
		"$TMP/untimed"
	refute_output
	assert_equal "$(find "$STATE_DIR" -type f -printf '%f\n' | sort)" $'lock\ntokens.jsonl\ntokens.mark'
}

@test "a daemon that forgets is found out" {
	run torture 20 --store memory
	assert_status 1
	assert_output -e 'token [0-9]+ [0-9a-f-]{36}: (is absent|answered .* not.found).* can only be '
}

@test "kills at random moments leave evidence of all that was answered, and of nothing that wasn't so" {
	local kills=60 log=$TMP/evidence.jsonl allowed

	[[ ! ${FIRMA_WRAPPER-} ]] || kills=6
	run torture "$kills" --state-dir "$STATE_DIR" --evidence-log "$log"
	assert_status 0
	assert_field violations 0
	echo "# $("$UNIT" get allowed <<<"${output##*$'\n'}") allowed, by then $(wc -l <"$log") records" >&3

	# Whoever comes next makes up for what is missing.
	FIRMA_TEST_WITNESS='' start_daemon --evidence-log "$log"
	stop_daemon
	"$FIRMA_SHIPPED" evidence verify "$log"

	# What clients have heard is there; and no token was spent twice.
	allowed=$(grep -c '"response":{"decision":"allow"' "$log")
	((allowed >= $(field allowed)))
	sed -n 's/.*"response":{"decision":"allow".*"token_id":"\([0-9a-f-]*\)".*/\1/p' "$log" >"$TMP/spent"
	assert_equal "$(wc -l <"$TMP/spent")" "$allowed"
	assert_equal "$(sort "$TMP/spent" | uniq -d)" ''

	# None of those can be spent again.
	sed -n 's/^{"token_id":"\([0-9a-f-]*\)","state":"\(pending\|approved\)".*/\1/p' \
		"$STATE_DIR/tokens.jsonl" >"$TMP/live"
	run grep -Fxf "$TMP/live" "$TMP/spent"
	refute_output
}
