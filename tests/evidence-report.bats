#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
#
# The page about a record of decisions: its figures, what it says of faults and signatures, and that
# nothing of a request becomes markup in it. tests/browser.bats opens it in a browser.
#
# What is set here may be for the library:
# shellcheck disable=SC2034

load report

setup() {
	FIRMA_EVIDENCE=
	lib_setup
	cd "$TMP" || return
	LOG=$TMP/log.jsonl
}

start() {
	start_daemon --evidence-log "$LOG" --default-action pending_hitl "$@"
}

# report [OPTION...]: the figures of the log.
report() {
	firma evidence report --json --chain-only "$@" "$LOG" >report.json
}

# figure KEY [KEY...]: a number or a word of the figures.
figure() {
	python3 -c 'import json, sys
value = json.load(open("report.json"))
for key in sys.argv[1:]:
	value = value[int(key) if key.isdigit() else key]
print(value)' "$@"
}

# row TABLE NAME: the numbers of this name, in the order of the columns.
row() {
	python3 -c 'import json, sys
for row in json.load(open("report.json"))[sys.argv[1]]:
	if row.get("name") == (sys.argv[2] or None):
		print(*[v for k, v in row.items() if k not in ("name", "note")])' "$@"
}

@test "the figures are those of what was asked, decided and allowed for good" {
	local one two entry

	start
	one=$(pending_token agent_id=ci args:='["1"]')
	two=$(pending_token agent_id=ci args:='["2"]')
	move_clock 30
	operate approve token_id="$one" >out
	move_clock 60
	operate revoke token_id="$two" reason=no >out
	ask agent_id=ci args:='["1"]' approval_token="$one" >out
	ask agent_id=ci args:='["2"]' approval_token="$two" >out
	entry=$(operate allow.add pattern=/usr/bin/git agent_id=dev | head -n 1 | "$UNIT" get id)
	move_clock 7200
	ask agent_id=dev args:='[]' >out
	ask agent_id=dev args:='[]' >out
	operate allow.remove id="$entry" >out
	stop_daemon

	report
	assert_equal "$(figure records)" 10
	assert_equal "$(figure allow) $(figure deny) $(figure pending_hitl) $(figure actions)" '3 1 2 4'
	assert_equal "$(row agents ci)" '1 1 2'
	assert_equal "$(row agents dev)" '2 0 0'
	assert_equal "$(row users "uid $EUID")" '3 1 2'
	assert_equal "$(row kinds exec)" '3 1 2'
	assert_equal "$(row asked 'exec /usr/bin/git 1')" '1 0 1'
	assert_equal "$(row operators "uid $EUID")" '1 1 0'
	assert_equal "$(row entries "$entry")" '2 1 1'
	assert_equal "$(figure entries 0 note)" /usr/bin/git
	assert_equal "$(figure waits asked)" 2
	assert_equal "$(figure waits decided 1 approved)" 1
	assert_equal "$(figure waits decided 2 refused)" 1
	(($(figure waits longest_seconds) >= 90))
	assert_equal "$(python3 -c 'import json
print(len(json.load(open("report.json"))["gaps"]))')" 1
}

@test "every kind has its name, and reads and commands of one target are two" {
	start
	firma check --read /etc/passwd >out 2>&1 || true
	firma check cat /etc/passwd >out 2>&1 || true
	stop_daemon
	report
	assert_equal "$(row kinds read)" '0 0 1'
	assert_equal "$(row kinds exec)" '0 0 1'
	assert_equal "$(row asked 'read /etc/passwd')" '0 0 1'
}

@test "a request that root makes for a user counts as that user's" {
	((EUID == 0)) || skip 'only root may ask for another user'
	start
	ask via=sudo run_as=0:0 on_behalf_uid:=4243 on_behalf_groups:='[4243]' >out
	stop_daemon
	report
	assert_equal "$(row users 'uid 4243')" '0 0 1'
}

@test "without arguments, no argument, path or address is in the page" {
	start
	ask args:='["--password=hunter2","-u","me"]' >out
	firma check --fetch https://user:hunter2@example.org/hunter2 >out 2>&1 || true
	firma check --write /home/hunter2 >out 2>&1 || true
	stop_daemon
	firma evidence report "$LOG" >with.html
	grep -q hunter2 with.html
	firma evidence report --no-arguments "$LOG" >without.html
	run ! grep hunter2 without.html
	grep -q '>exec /usr/bin/git<' without.html
	grep -q '>fetch<' without.html
}

@test "the first line of the page says whether the chain and the signatures hold" {
	local first='s|^<p class="\([a-z]*\)">\(.*\)</p>$|\1: \2|p'

	firma evidence keygen pair >out
	"$UNIT" stream make 3 >plain
	"$UNIT" stream make 3 private pair >signed
	sed 2d signed >torn

	run --separate-stderr firma evidence report plain
	assert_status 0
	assert_equal "$(sed -n "$first" <<<"$output")" 'good: The chain holds. The records are not signed.'
	run --separate-stderr firma evidence report signed
	assert_status 4
	assert_equal "$(sed -n "$first" <<<"$output")" \
		'open: The chain holds. The signatures were not checked: no key was given.'
	run --separate-stderr firma evidence report --chain-only signed
	assert_status 0
	run --separate-stderr firma evidence report --public-key pair.pub signed
	assert_status 0
	assert_equal "$(sed -n "$first" <<<"$output")" 'good: The chain holds, and so do all 3 signatures.'
	"$UNIT" stream make 1 private pair >one
	run --separate-stderr firma evidence report --public-key pair.pub one
	assert_equal "$(sed -n "$first" <<<"$output")" 'good: The chain holds, and so does its one signature.'
	run --separate-stderr firma evidence report --public-key pair.pub torn
	assert_status 1
	assert_equal "$(sed -n "$first" <<<"$output")" 'bad: The record does not hold: 2 faults were found.'
	assert_line '<li>torn: line 2: its sequence is 3, and not 2</li>'
	run --separate-stderr firma evidence report --public-key pair.pub plain
	assert_status 1
	assert_line '<li>plain: line 1: it is not signed</li>'
}

@test "the page says that records with a fault are counted, too" {
	local note='<p>The figures also count records with a fault, if they could be read.</p>'

	"$UNIT" stream make 3 >whole
	sed '2s/"args":\["2"\]/"args":["changed"]/' whole >changed
	run -1 --separate-stderr firma evidence report changed
	assert_line "$note"
	assert_line '<tr><td>Requests that were allowed</td><td class="n">3</td></tr>'
	assert_line '<tr><td class="name">exec /usr/bin/git changed</td><td class="n">1</td><td class="n">0</td><td class="n">0</td></tr>'
	run --separate-stderr firma evidence report whole
	refute_line "$note"
	echo nonsense >nothing
	run -1 --separate-stderr firma evidence report nothing
	refute_line "$note"
}

@test "segments are one stream, and a missing one is a fault" {
	start
	ask >out
	operate evidence.rotate >out
	ask >out
	operate evidence.rotate >out
	ask >out
	stop_daemon
	firma evidence report --json "$LOG"* >report.json
	assert_equal "$(figure faults) $(figure rotated) $(figure pending_hitl)" '0 2 3'
	rm "$(find . -name 'log.jsonl.0*' | sort | tail -n 1)"
	run -1 --separate-stderr firma evidence report --json "$LOG"*
	assert_output -p 'are missing before it'
}

@test "the page is a new file that only its owner can read" {
	"$UNIT" stream make 1 >s
	(umask 0 && firma evidence report -o page.html s)
	assert_equal "$(stat -c %a page.html)" 600
	echo mine >page.html
	run firma evidence report --output page.html s
	assert_status 1
	assert_output 'firma: page.html already exists, and was not changed'
	assert_equal "$(<page.html)" mine
	ln -s nowhere link.html
	run -1 firma evidence report -o link.html s
	[[ ! -e nowhere ]]
	run -3 firma evidence report -o none/page.html s
	assert_output "firma: could not write none/page.html: No such file or directory"
	run -3 firma evidence report -o /dev/full/x s
	run firma evidence report s >/dev/full
}

@test "only the records of the period are counted, but all are verified" {
	start
	ask >out
	move_clock 3600
	ask args:='["2"]' >out
	ask args:='["3"]' >out
	stop_daemon
	report --since "$(sed -n '2s/.*"timestamp":"\([^"]*\)".*/\1/p' "$LOG")"
	assert_equal "$(figure records)" 2
	report --until "$(sed -n '1s/.*"timestamp":"\([^"]*\)".*/\1/p' "$LOG")"
	assert_equal "$(figure records)" 1
	sed -i '1s/status/statue/' "$LOG"
	run -1 --separate-stderr firma evidence report --json --since tomorrow "$LOG"
	run -2 firma evidence report --since sometime "$LOG"
}

# times TIMESTAMP...: a record of each time. (The hashes don't fit: that is another matter.)
times() {
	local time

	"$UNIT" stream make $# >s
	for time; do
		sed -n "1s/\"timestamp\":\"[^\"]*\"/\"timestamp\":\"$time\"/p; 1q" s
		sed -i 1d s
	done >"$LOG"
}

# assert_bins TIMESTAMP...: the plot of such records: each is in its bin.
assert_bins() {
	times "$@"
	report || true
	python3 - "$@" <<-'END'
		import datetime, json, sys

		def seconds(text):
		    return datetime.datetime.fromisoformat(text[:19] + "+00:00").timestamp()

		report = json.load(open("report.json"))
		width, bins = report["times_seconds"], report["times"]
		assert 0 < len(bins) <= 120, len(bins)
		counted = {seconds(b["from"]): b["allow"] for b in bins}
		wanted = dict.fromkeys(counted, 0)
		for text in sys.argv[1:]:
		    at = seconds(text)
		    wanted[at - (at - seconds(bins[0]["from"])) % width] += 1
		assert counted == wanted, (counted, wanted)
		assert report["first"][:19] == min(sys.argv[1:])[:19]
		assert report["last"][:19] == max(sys.argv[1:])[:19]
	END
}

@test "a plot has at most 120 bins, whatever the times are, and each decision is in its bin" {
	local list=()

	mapfile -t list < <(awk 'BEGIN {
		srand(7)
		for (i = 0; i < 60; i++)
			printf "%04d-%02d-%02dT%02d:%02d:%02d.5Z\n", 2026 - (i > 40) * rand() * 50, 1 + rand() * 12,
				1 + rand() * 28, rand() * 24, rand() * 60, rand() * 60
	}')
	for n in 1 2 5 20 40 60; do
		assert_bins "${list[@]:0:n}"
	done
}

@test "a plot has room for every time that a record can have" {
	local first=1970-01-01T00:00:00.5Z last=9999-12-31T23:59:59.5Z

	assert_bins "$first" "$last"
	assert_bins "$last" "$first"
	assert_bins "$last" 2026-11-28T10:00:00.5Z "$first"
}

@test "more names than have a row are counted together" {
	"$UNIT" stream make 1500 >"$LOG"
	report
	assert_equal "$(row asked '')" '476 0 0'
	assert_equal "$(figure allow)" 1500
	firma evidence report "$LOG" >page.html
	assert_equal "$(grep -c '<td class="name">exec ' page.html)" 50
	grep -q '<td>all others</td><td class="n">1450</td>' page.html
}

@test "of a long pattern, as of a long name, only the beginning is kept" {
	local long

	long=/usr/bin/$(printf 'x%.0s' {1..2000})
	start
	ask executable="$long" >out
	operate allow.add pattern="$long" agent_id=dev >out
	stop_daemon
	report
	assert_equal "$(figure entries 0 note)" "${long:0:480}…"
	assert_equal "$(figure asked 0 name)" "exec ${long:0:475}…"
}

@test "texts that try to deceive become neither markup nor hidden characters" {
	start --max-pending 1000
	ask_to_deceive
	stop_daemon

	firma evidence report "$LOG" >page.html
	assert_page page.html
	assert_harmless page.html
	grep -q '&lt;script&gt;alert(1)&lt;/script&gt;' page.html
	report
	python3 -c 'import json; json.load(open("report.json"))'
}

@test "damaged streams are reported on, and never counted wrong" {
	start
	ask >out
	ask args:='["2"]' >out
	stop_daemon
	printf 'nonsense\n{"a":1}\n' >>"$LOG"
	sed -n '1s/"timestamp":"[^"]*"/"timestamp":"yesterday"/p' "$LOG" >late
	cat late >>"$LOG"
	run --separate-stderr firma evidence report --json "$LOG"
	assert_status 1
	echo "$output" >report.json
	assert_equal "$(figure records) $(figure pending_hitl) $(figure unread)" '2 2 1'
	: >empty
	run -1 firma evidence report -o page.html empty
	grep -q 'There are no records in this time' page.html
	assert_page page.html
	run -3 firma evidence report missing
}
