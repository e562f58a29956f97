#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
#
# What tokens cost (design, section 7): processor time and memory, which a busy machine hardly
# changes, and as ratios of one run where that is possible. The figures are printed.

# shellcheck disable=SC2030,SC2031 # each test is a process, and so are its variables

load hold

setup() {
	store_setup
	((${#WRAPPER[@]} == 0)) || skip "it runs under another program"
	! grep -q __asan_init "$FIRMA" || skip "a sanitizer has costs of its own"
}

# serve_many NAME [N]: a daemon at $TMP/NAME.sock, with N tokens on record.
serve_many() {
	"$UNIT" fill "$TMP/$1" "${@:2}"
	SOCKET=$TMP/$1.sock STATE_DIR=$TMP/$1 FIRMA_TEST_WITNESS='' start_daemon \
		--default-action pending_hitl --max-store 1G --max-pending 1000000
}

@test "a change costs the same with 100,000 tokens as with 10, and a token less than 1 KiB" {
	local few

	serve_many few 10
	few=$DAEMON
	serve_many many 100000
	run "$UNIT" cost "$TMP/few.sock" "$few" "$TMP/many.sock" "$DAEMON"
	assert_status 0
	echo "# $output" >&3
	awk -v ratio="$(field ratio)" 'BEGIN { exit !(ratio <= 1.2) }' || fail "$output"
	(($(field many) - $(field few) < 1024 * 99990)) || fail "$output"
}

# It is for a machine at rest to say that this is less than 50 ms.
@test "10,000 tokens are read before one notices" {
	local n

	for n in 0 10000; do
		"$UNIT" fill "$TMP/state$n" "$n"
		run "$UNIT" activate "$SOCKET" "$FIRMA" serve --socket "$SOCKET" \
			--state-dir "$TMP/state$n" 2>>"$TMP/log"
		assert_status 0
		echo "# $n tokens, from the start to the first reply: ${lines[-1]}" >&3
	done
	n=$(field processor_ms)
	((${n%.*} < 200)) || fail "$output"
}

# many_rules KIND: 4,000 rules; one that allows what `unit cost --allow` asks is among them. Of
# KIND names, each is about another program; of paths, they are patterns for paths, which no index
# knows; of words, all are about that program, and differ in their last argument.
many_rules() {
	awk -v kind="$1" 'BEGIN {
		printf "{\"exec\":[{\"id\":\"push\",\"argv\":[\"git\",\"push\",\"**\"],\"action\":\"allow\"}"
		for (i = 1; i < 4000; i++) {
			action = i % 3 == 0 ? "deny" : i % 3 == 1 ? "pending_hitl" : "allow"
			program = kind == "names" ? (i % 2 ? "tool" i : "/opt/tool" i "/bin/tool") : \
				kind == "paths" ? "/opt/tool" i "/**/bin/*" : "git"
			printf ",{\"id\":\"r%d\",\"argv\":[\"%s\",\"push\",\"**\",\"x%d\"],", i, program, i
			printf "\"action\":\"%s\",\"agents\":[\"agent*\"],\"opaque\":%s}", action, \
				action == "allow" ? "true" : "false"
		}
		printf "]}"
	}'
}

# at_most_twice KIND BARE: what the last daemon takes for an allow, beside BARE; a machine that does
# something else in the meantime is measured again.
at_most_twice() {
	for _ in 1 2 3; do
		run "$UNIT" cost --allow "$TMP/bare.sock" "$2" "$SOCKET" "$DAEMON"
		assert_status 0
		echo "# $1: $output" >&3
		if awk -v ratio="$(field ratio)" 'BEGIN { exit !(ratio <= 2) }'; then
			return
		fi
	done
	fail "$1: $output"
}

@test "with 4,000 rules, an allow takes at most twice what it takes without a policy" {
	local kind bare

	FIRMA_TEST_WITNESS='' start_daemon --default-action allow
	bare=$DAEMON
	mv "$SOCKET" "$TMP/bare.sock"
	mkdir "$TMP/policy"
	for kind in names paths words; do
		many_rules "$kind" >"$TMP/policy/$kind.json"
		STATE_DIR=$TMP/$kind FIRMA_TEST_WITNESS='' start_daemon --policy "$TMP/policy/$kind.json"
		at_most_twice "$kind" "$bare"
		stop_daemon
	done
}

# processor_ms FILE COMMAND...: the least of three runs; what it printed last goes to the file.
processor_ms() {
	local file=$1 best=1000000 u s TIMEFORMAT='%U %S'

	shift
	for _ in 1 2 3; do
		read -r u s < <({ time "$@" >"$file"; } 2>&1)
		best=$(awk -v u="$u" -v s="$s" -v b="$best" \
			'BEGIN { ms = (u + s) * 1000; print ms < b ? ms : b }')
	done
	echo "$best"
}

@test "evidence is verified in three times the time of its SHA-256 alone, in constant memory" {
	local sum verify

	"$UNIT" stream make 300000 >"$TMP/stream"
	sum=$(processor_ms "$TMP/sum" openssl dgst -sha256 "$TMP/stream")
	verify=$(processor_ms "$TMP/verified" prlimit --as=33554432 \
		"$FIRMA_SHIPPED" evidence verify "$TMP/stream")
	echo "# $(stat -c %s "$TMP/stream") bytes: openssl $sum ms, firma $verify ms of processor time" >&3
	grep -q ': holds: 300000 records' "$TMP/verified"
	awk -v a="$verify" -v b="$sum" 'BEGIN { exit !(a <= 3 * b) }'
}

# ask_many NAME: requests a second at $TMP/NAME.sock, of 16 clients.
ask_many() {
	request | "$UNIT" load "$TMP/$1.sock" 16 500 | "$UNIT" get requests_per_second
}

# ticks PROCESS: of processor time that it has used.
ticks() {
	awk '{ print $14 + $15 }' "/proc/$1/stat"
}

# ticks_for WORD: what 50 requests take whose command is env with 4,000 such arguments.
ticks_for() {
	local before words

	words=$(yes "\"$1\"" | head -n 4000 | paste -sd,)
	request executable=/usr/bin/env args:="[$words]" >"$TMP/line"
	before=$(ticks "$DAEMON")
	for _ in {1..50}; do cat "$TMP/line"; done | send_lines >"$TMP/replies"
	[[ $(grep -c '"decision":"deny"' "$TMP/replies") == 50 ]] || fail "$(head -n 1 "$TMP/replies")"
	echo "$(($(ticks "$DAEMON") - before))"
}

# Each of "-/env" is an option of all those before it, and may be an env with all those behind it.
@test "that each word may be an env costs no more than that none is" {
	local none each

	mkdir "$TMP/policy"
	echo '{"exec":[]}' >"$TMP/policy/policy.json"
	FIRMA_TEST_WITNESS='' start_daemon --policy "$TMP/policy/policy.json"
	none=$(ticks_for -/enx)
	each=$(ticks_for -/env)
	echo "# ticks for 50 requests: $none, $each" >&3
	((each <= 5 * none + 10)) || fail "$none, $each"
}

# A name that stands behind env may be a program; a rule that asks must be found behind each.
# start_slow: a daemon that takes long to decide what is in $TMP/line; N requests take two seconds.
start_slow() {
	local before words

	mkdir "$TMP/policy"
	awk 'BEGIN {
		for (i = 0; i < 4000; i++)
			printf "%s{\"id\":\"r%d\",\"argv\":[\"tool%d\"],\"action\":\"pending_hitl\"}",
				i ? "," : "{\"exec\":[", i, i
		print "]}"
	}' >"$TMP/policy/policy.json"
	FIRMA_TEST_WITNESS='' start_daemon --max-pending 1000 \
		--policy "$TMP/policy/policy.json"
	words=$(seq -f '"tool%.0f"' 0 3999 | paste -sd,)
	request executable=/usr/bin/env args:="[$words]" >"$TMP/line"

	before=$(ticks "$DAEMON")
	cat "$TMP"/line "$TMP"/line "$TMP"/line | send_lines >"$TMP/replies"
	N=$((3 * 200 / ($(ticks "$DAEMON") - before) + 1))
	echo "# requests for two seconds: $N" >&3
}

@test "a turn ends when it has decided for a second" {
	local batches

	start_slow
	for ((i = 0; i < N; i++)); do cat "$TMP/line"; done >"$TMP/turn"
	batches=$(batches)
	together "$TMP/turn"
	assert_equal "$(wc -l <"$TMP/turn.replies")" "$N"
	(($(batches) >= batches + 2)) || fail "$(batches) batches, $batches before"
}

@test "who asks is let in while many that have waited are decided" {
	start_slow
	for ((i = 0; i < N; i++)); do
		hold "asker$i" < <(sed 's/}$/,"wait_ms":60000}/' "$TMP/line")
	done
	until_has waiting "$N"
	listed token_id | sed 's/.*/{"action":"local.exec.approve","token_id":"&"}/' >"$TMP/turn"
	together "$TMP/turn"
	(($(status_of waiting) > 0)) || fail "nobody waits any more"
	for ((i = 0; i < N; i++)); do
		finish "asker$i"
		assert_decision allow
	done
}

# How long a disk takes to sync is its own affair: at most as many requests as there are clients are
# answered in that time, whatever the daemon does. So here the files are where that costs nothing,
# and the figures for the disk are only printed.
@test "an allow with evidence takes at most twice the time that it takes without" {
	local memory plain evidence n used with=0 without=0

	[[ -w /dev/shm ]] || skip "there is no memory to write files to"
	memory=$(mktemp -d /dev/shm/firma.XXXXXX)
	export FIRMA_TEST_WITNESS='' FIRMA_EVIDENCE=''
	SOCKET=$TMP/without.sock STATE_DIR=$memory/s1 start_daemon --default-action allow
	plain=$DAEMON
	SOCKET=$TMP/with.sock STATE_DIR=$memory/s2 start_daemon --default-action allow \
		--evidence-log "$memory/log"
	evidence=$DAEMON
	SOCKET=$TMP/disk.sock STATE_DIR=$TMP/s3 start_daemon --default-action allow \
		--evidence-log "$TMP/log.jsonl"

	for _ in 1 2 3; do
		n=$(ask_many without)
		((n > without)) && without=$n
		n=$(ask_many with)
		((n > with)) && with=$n
	done
	run ask_many disk
	mv "$memory/log" "$TMP/copy"
	n=$(ticks "$plain")
	used=$(ticks "$evidence")
	rm -r "$memory"
	echo "# requests a second: $without without evidence, $with with, $output with a disk's syncs" >&3
	echo "# ticks of processor time for 24,000: $n without evidence, $used with" >&3
	((used <= 2 * n))
	"$FIRMA_SHIPPED" evidence verify "$TMP/copy" | grep ': holds: 24000 records'
}

# many_entries KIND: 1,000 entries, the last of which allows what `unit cost --allow` asks. Of KIND
# names, each is about another program; of paths, they are patterns for paths, which no index knows;
# of words, all are about that program, and half of them are bound.
many_entries() {
	awk -v kind="$1" 'BEGIN {
		printf "{\"version\":1,\"agents\":{\"agent\":{\"allowlist\":[\n"
		for (i = 1; i < 1000; i++) {
			pattern = kind == "names" ? "/opt/tool" i "/bin/tool" i : \
				kind == "paths" ? "/opt/tool" i "/**/bin/*" : "/usr/bin/git"
			bound = i % 2 ? sprintf("\"argPattern\":\"sha256:cwd-argv:v1:%064x\"", i) : \
				sprintf("\"argv\":[\"push\",\"**\",\"x%d\"]", i)
			printf "{\"id\":\"e%d\",\"pattern\":\"%s\",%s},\n", i, pattern, bound
		}
		printf "{\"id\":\"push\",\"pattern\":\"/usr/bin/git\",\"argv\":[\"push\",\"**\"]}]}}}\n"
	}'
}

@test "with 4,000 rules and 1,000 entries, an allow takes at most twice what it takes without" {
	local kind bare

	FIRMA_TEST_WITNESS='' start_daemon --default-action allow
	bare=$DAEMON
	mv "$SOCKET" "$TMP/bare.sock"
	mkdir "$TMP/policy"
	for kind in names paths words; do
		many_rules names | sed 's/"argv":\["git","push","\*\*"\],"action":"allow"/"argv":["git"],"action":"deny"/' \
			>"$TMP/policy/$kind.json"
		mkdir -m 700 "$TMP/$kind"
		many_entries "$kind" >"$TMP/$kind/allowlist.json"
		chmod 600 "$TMP/$kind/allowlist.json"
		STATE_DIR=$TMP/$kind FIRMA_TEST_WITNESS='' start_daemon --policy "$TMP/policy/$kind.json"
		at_most_twice "$kind" "$bare"
		stop_daemon
		grep -q '"push":{"lastUsedAt"' "$TMP/$kind/allowlist-use.json"
	done
}
