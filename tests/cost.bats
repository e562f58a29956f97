#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
#
# What a request costs (design, section 7), in instructions of the daemon and in memory: neither
# depends on how busy the machine is, or how fast. The figures are printed.

# shellcheck disable=SC2030,SC2031 # each test is a process, and so are its variables

load hold
load approvers

setup() {
	store_setup
	((${#WRAPPER[@]} == 0)) || skip "it runs under another program"
	! grep -q __asan_init "$FIRMA" || skip "a sanitizer has costs of its own"
}

# start_counted FUNCTIONS ARG...: a daemon whose instructions are counted while it is in one of these
# functions (a list with commas; none may call another).
start_counted() {
	local toggles=() function

	for function in ${1//,/ }; do
		toggles+=("--toggle-collect=$function")
	done
	WRAPPER=(valgrind -q --tool=callgrind --vgdb=no --compress-strings=no --compress-pos=no
		--collect-atstart=no "${toggles[@]}" --callgrind-out-file="$TMP/callgrind")
	FIRMA_TEST_WITNESS='' start_daemon "${@:2}"
	WRAPPER=()
}

# counted: ends that daemon, and sets COUNT.
counted() {
	stop_daemon
	COUNT=$(sed -n 's/^totals: //p' "$TMP/callgrind")
	((COUNT > 0)) || fail "nothing was counted" "$(tail -n 5 "$TMP/callgrind")"
}

# spent_in PATTERN: the instructions of the functions of such source files, without those that they
# call, in what was counted last. The files' names are debugging information.
spent_in() {
	awk -v pattern="src/$1" '
		/^fl=/ { file = substr($0, 4) }
		/^calls=/ { getline; next } # what the called function took
		/^[0-9+*-]/ && file ~ pattern { sum += $2 }
		END { print sum + 0 }' "$TMP/callgrind"
}

# deciding LINES N ARG...: sets COUNT to the instructions of deciding these requests N times, in a new
# state directory $STATE_DIR; each must be answered with $WANTED.
deciding() {
	local n=$2

	start_counted "${COUNTED-turn_decide}" "${@:3}"
	while ((n-- > 0)); do cat "$1"; done | send_lines >"$TMP/replies"
	assert_equal "$(grep -c "\"decision\":\"$WANTED\"" "$TMP/replies")" \
		"$(($2 * $(wc -l <"$1")))"
	counted
}

# at_most NAME COUNT FACTOR OTHER: whether a count is within so many times (a decimal) the other.
at_most() {
	echo "# $1: $2 instructions, beside $4" >&3
	awk -v a="$2" -v f="$3" -v b="$4" 'BEGIN { exit !(a <= f * b) }' || fail "$1: $2 beside $4"
}

# lives N: what five tokens cost, from their issue to their use, beside N others. Sets COUNT.
lives() {
	local n id

	"$UNIT" fill "$TMP/state$1" "$1"
	STATE_DIR=$TMP/state$1 start_counted turn_decide,store_commit --default-action pending_hitl \
		--max-store 1G --max-pending 1000000
	for n in 1 2 3 4 5; do
		id=$(pending_token args:="[\"life\",\"$n\"]")
		operate approve token_id="$id"
		ask args:="[\"life\",\"$n\"]" approval_token="$id"
	done
	counted
}

@test "a change costs the same with 10,000 tokens as with 10" {
	local few

	lives 10
	few=$COUNT
	lives 10000
	at_most "five tokens' lives" "$COUNT" 1.2 "$few"
}

# joins N: what five joining questions cost, beside N other tokens, and N that were consumed for the
# same question. Sets COUNT.
joins() {
	local n ids

	"$UNIT" fill "$TMP/join$1" "$1"
	STATE_DIR=$TMP/join$1 FIRMA_TEST_WITNESS='' start_daemon --default-action pending_hitl \
		--max-store 1G --max-pending 1000000
	mapfile -t ids < <(request | apart "$1" | send_lines | "$UNIT" get approval_token)
	for n in "${ids[@]}"; do "$UNIT" object action=local.exec.approve token_id="$n"; done \
		| send_lines >"$TMP/replies"
	for n in "${ids[@]}"; do request approval_token="$n"; done | send_lines >"$TMP/replies"
	assert_equal "$(grep -c '"allow"' "$TMP/replies")" "$1"
	stop_daemon

	STATE_DIR=$TMP/join$1 start_counted turn_decide,store_commit --default-action pending_hitl \
		--max-store 1G --max-pending 1000000
	for n in {1..6}; do ask; done >"$TMP/replies"
	assert_equal "$("$UNIT" get approval_token <"$TMP/replies" | sort -u | wc -l)" 1
	counted
}

@test "finding the token to join costs the same with 1,000 tokens as with 10" {
	local few

	joins 10
	few=$COUNT
	joins 1000
	at_most "five that join" "$COUNT" 1.2 "$few"
}

@test "100,000 tokens take less than 1 KiB of memory each" {
	local few many

	"$UNIT" fill "$TMP/few" 10
	STATE_DIR=$TMP/few FIRMA_TEST_WITNESS='' start_daemon --max-store 1G
	few=$(resident)
	stop_daemon
	"$UNIT" fill "$TMP/many" 100000
	STATE_DIR=$TMP/many FIRMA_TEST_WITNESS='' start_daemon --max-store 1G
	many=$(resident)
	echo "# $(((many - few) / 99990)) bytes a token" >&3
	((many - few < 1024 * 99990)) || fail "$few and $many bytes"
}

# resident: the daemon's memory, in bytes.
resident() {
	awk '$1 == "VmRSS:" { print $2 * 1024 }' "/proc/$DAEMON/status"
}

@test "a token is read with less than 70,000 instructions" {
	"$UNIT" fill "$TMP/state" 4000
	STATE_DIR=$TMP/state start_counted file_store_new --max-store 1G
	counted
	echo "# $((COUNT / 4000)) instructions a token" >&3
	((COUNT < 70000 * 4000)) || fail "$COUNT for 4,000 tokens"
}

# many_rules KIND N: so many rules; one that allows what is asked here is among them. Of KIND names,
# each is about another program; of paths, they are patterns for paths, which no index knows; of
# words, all are about that program, and differ in their last argument.
many_rules() {
	awk -v kind="$1" -v n="$2" 'BEGIN {
		printf "{\"exec\":[{\"id\":\"push\",\"argv\":[\"git\",\"push\",\"**\"],\"action\":\"allow\"}"
		for (i = 1; i < n; i++) {
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

# Where all rules are about the program that is asked for, no index helps: each must be tried.
@test "deciding with 4,000 rules costs what it costs with ten, or seven times that where all are tried" {
	local kind few

	mkdir "$TMP/policy"
	request agent_id=agent args:='["push","origin","main"]' >"$TMP/line"
	many_rules names 10 >"$TMP/policy/policy.json"
	WANTED=allow STATE_DIR=$TMP/few deciding "$TMP/line" 20 --policy "$TMP/policy/policy.json"
	few=$COUNT
	for kind in names paths words; do
		many_rules "$kind" 4000 >"$TMP/policy/policy.json"
		WANTED=allow STATE_DIR=$TMP/$kind deciding "$TMP/line" 20 --policy "$TMP/policy/policy.json"
		at_most "$kind" "$COUNT" "$([[ $kind == words ]] && echo 7 || echo 1.1)" "$few"
	done
}

# Each of "-/env" is an option of all those before it, and may be an env with all those after it.
@test "deciding costs the same whether each word may be an env, or none" {
	local word none

	mkdir "$TMP/policy"
	echo '{"exec":[]}' >"$TMP/policy/policy.json"
	for word in -/enx -/env; do
		request executable=/usr/bin/env args:="[$(yes "\"$word\"" | head -n 4000 | paste -sd,)]" \
			>"$TMP/line"
		WANTED=deny STATE_DIR=$TMP/$word deciding "$TMP/line" 1 --policy "$TMP/policy/policy.json"
		[[ $word == -/enx ]] && none=$COUNT
	done
	at_most "each word an env" "$COUNT" 1.5 "$none"
}

# What is there for approvals by key alone. That the demands of rules are added up is not.
BY_KEY='(gate/(approval/|approval-count|approval-view|decide-(approvers|addition))|ledger/approval/)'

@test "without --approvers, a request runs nothing that is for signatures" {
	local id

	request args:='["allowed"]' >"$TMP/line"
	COUNTED=loop_run WANTED=allow STATE_DIR=$TMP/allow deciding "$TMP/line" 20 --default-action allow
	(($(spent_in daemon/turn-decide) > 0)) || fail "no debugging information"
	assert_equal "$(spent_in "$BY_KEY")" 0
	at_most "20 looks for approvers" "$(spent_in daemon/approver-file)" 0.01 "$COUNT"

	STATE_DIR=$TMP/life start_counted loop_run --default-action pending_hitl
	id=$(pending_token)
	operate approve token_id="$id"
	ask approval_token="$id"
	counted
	assert_equal "$(spent_in "gate/approval/(allowed-signers|approval-text|sk-counters|sshsig)")" 0
	at_most "a token's life" "$(spent_in "$BY_KEY")" 0.01 "$COUNT"
}

# What the memory allocator takes depends on what was freed before, so it is left out.
@test "a file of approvers adds nothing to the decision of what needs no approver" {
	local without

	use_keys
	use_gate
	echo '{"exec":[{"id":"r","argv":["git","**"],"action":"allow"}]}' >"$POLICY"
	request args:='["push"]' >"$TMP/line"
	WANTED=allow STATE_DIR=$TMP/none deciding "$TMP/line" 20 --policy "$POLICY"
	without=$(spent_in '(base|gate|ledger)/')
	((without > 0)) || fail "no debugging information"
	WANTED=allow STATE_DIR=$TMP/some deciding "$TMP/line" 20 --policy "$POLICY" \
		--approvers "$SIGNERS"
	assert_equal "$(spent_in '(base|gate|ledger)/')" "$without"
	at_most "20 looks at the approvers" "$(spent_in daemon/approver-file)" 0.01 "$COUNT"
}

# Most of it is libsodium's Ed25519. The time that one takes is printed, for the reader.
@test "a signature is read and verified with less than 900,000 instructions" {
	use_keys
	make_key alice
	list_signer alice
	sign alice <<<hello >"$TMP/sig"
	valgrind -q --tool=callgrind --vgdb=no --collect-atstart=no --toggle-collect=sshsig_parse \
		--toggle-collect=allowed_signers_judge --toggle-collect=sshsig_verify \
		--callgrind-out-file="$TMP/callgrind" \
		"$UNIT" sshsig verify "$SIGNERS" "$TMP/sig" <<<hello >"$TMP/verified"
	assert_equal "$(<"$TMP/verified")" 'alice key 0'
	COUNT=$(sed -n 's/^totals: //p' "$TMP/callgrind")
	echo "# $COUNT instructions, $("$UNIT" sshsig cost "$SIGNERS" "$TMP/sig" <<<hello) µs" >&3
	((COUNT > 100000 && COUNT < 900000)) || fail "$COUNT instructions"
}

# mixed_rules N SHAPE [KIND]: so many rules of all kinds (or as many of one kind), about other things than what is asked. Of SHAPE
# apart, each is about a path, host, branch or server of its own; of alike, they differ in a part only.
mixed_rules() {
	awk -v n="$1" -v shape="$2" -v kind="${3-}" '
	function section(name, rule,    i, text, action) {
		if (kind != "" && name != kind)
			return
		printf "%s\"%s\":[", sections++ ? "," : "", name
		for (i = 0; i < (kind == "" ? n / 6 : n); i++) {
			text = rule
			gsub(/%d/, i, text)
			action = i % 3 == 0 ? "deny" : i % 3 == 1 ? "pending_hitl" : "allow"
			printf "%s{\"id\":\"%s%d\",%s,\"action\":\"%s\"}", i ? "," : "", name, i, text, action
		}
		printf "]"
	}
	BEGIN {
		apart = shape == "apart"
		printf "{\"default_action\":\"allow\",\"defaults\":{"
		printf "\"read\":\"allow\",\"write\":\"allow\",\"fetch\":\"allow\",\"git\":\"allow\",\"mcp\":\"allow\"},"
		section("exec", "\"argv\":[\"tool%d\",\"push\",\"**\",\"x%d\"]")
		section("read", apart ? "\"path\":[\"/srv/app%d/**\",\"/srv/*.key%d\"]" : "\"path\":\"/w/**/part%d/*\"")
		section("write", apart ? "\"path\":\"/srv/app%d/**/x\"" : "\"path\":[\"/w/p/*%d.c\",\"/w/p/x%d*\"]")
		section("fetch", apart ? "\"url\":\"https://*.host%d.org/**\"" : "\"url\":\"https://x.org/part%d/**\"")
		section("git", apart ? "\"branch\":\"release/%d*\"" : "\"branch\":\"*/part%d\",\"operation\":\"push\"")
		section("mcp", apart ? "\"server\":\"server%d\"" : "\"server\":\"*\",\"tools\":[\"part%d\",\"*_%d\"]")
		printf "}"
	}'
}

@test "deciding about each kind with 4,000 rules of all kinds costs what it costs with 60" {
	local shape few n

	mkdir "$TMP/policy"
	printf '%s\n' '{"action_type":"read_file","target":"/w/p/x.c","cwd":"/w/p","real_target":"/w/p/x.c"}' \
		'{"action_type":"write_file","target":"sub/y","cwd":"/w/p"}' \
		'{"action_type":"fetch_url","target":"https://x.org/a/b"}' \
		'{"action_type":"git_operation","operation":"push","target":"refs/heads/main"}' \
		'{"action_type":"mcp_tool_call","target":"server:tool"}' \
		'{"action_type":"execute_command","target":"cat /w/p/x.c a/b && ls -l sub"}' >"$TMP/lines"
	request args:='["push","origin","/w/p/x.c"]' detail:=true >>"$TMP/lines"
	for shape in apart alike; do
		for n in 60 4000; do
			mixed_rules "$n" "$shape" >"$TMP/policy/policy.json"
			WANTED=allow STATE_DIR=$TMP/$shape.$n deciding "$TMP/lines" 5 \
				--policy "$TMP/policy/policy.json"
			((n == 60)) && few=$COUNT
		done
		at_most "$shape" "$COUNT" 1.2 "$few"
	done
}

@test "deciding with 4,000 rules of mixed kinds costs what it costs with 4,000 of one" {
	local kind mixed
	# Rules about files also apply to a command, and rules about branches to a push.
	local -A factor=([exec]=1.1 [exec-push]=1.25) lines=(
		[read]='{"action_type":"read_file","target":"/w/p/x.c","cwd":"/w/p","real_target":"/w/p/x.c"}'
		[fetch]='{"action_type":"fetch_url","target":"https://x.org/a/b"}'
		[git]='{"action_type":"git_operation","operation":"push","target":"refs/heads/main"}'
		[mcp]='{"action_type":"mcp_tool_call","target":"server:tool"}'
		[exec]="$(request executable=/usr/bin/make args:='["-C","sub","/w/p/x.c","all"]')"
		[exec-push]="$(request args:='["push","origin","/w/p/x.c"]')"
	)

	mkdir "$TMP/policy"
	for kind in "${!lines[@]}"; do
		printf '%s\n' "${lines[$kind]}" >"$TMP/line"
		mixed_rules 4000 apart >"$TMP/policy/policy.json"
		WANTED=allow STATE_DIR=$TMP/$kind.mixed deciding "$TMP/line" 10 --policy "$TMP/policy/policy.json"
		mixed=$COUNT
		mixed_rules 4000 apart "${kind%-*}" >"$TMP/policy/policy.json"
		WANTED=allow STATE_DIR=$TMP/$kind.one deciding "$TMP/line" 10 --policy "$TMP/policy/policy.json"
		at_most "$kind" "$mixed" "${factor[$kind]-1.05}" "$COUNT"
	done
}

# What is counted is the daemon's own work; with the kernel's, which is the same for both, the
# requests a second differ less.
@test "a file that may be read costs at most a sixth more than a command that is allowed" {
	local command

	mkdir "$TMP/policy"
	echo '{"exec":[{"id":"git","argv":["git","status"],"action":"allow"}],
		"read":[{"id":"own","path":"/w/**","action":"allow"}]}' >"$TMP/policy/policy.json"
	request args:='["status"]' >"$TMP/command"
	echo '{"action_type":"read_file","target":"/w/p/x.c","cwd":"/w/p","real_target":"/w/p/x.c"}' \
		>"$TMP/file"
	COUNTED=loop_run WANTED=allow STATE_DIR=$TMP/command.d deciding "$TMP/command" 100 \
		--policy "$TMP/policy/policy.json"
	command=$COUNT
	COUNTED=loop_run WANTED=allow STATE_DIR=$TMP/file.d deciding "$TMP/file" 100 \
		--policy "$TMP/policy/policy.json"
	at_most "a file" "$COUNT" 1.17 "$command"
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

@test "deciding with 4,000 rules and 1,000 entries costs at most ten times what a few rules cost" {
	local kind few

	mkdir "$TMP/policy"
	request agent_id=agent args:='["push","origin","main"]' >"$TMP/line"
	many_rules names 10 >"$TMP/policy/few.json"
	WANTED=allow STATE_DIR=$TMP/few deciding "$TMP/line" 20 --policy "$TMP/policy/few.json"
	few=$COUNT
	for kind in names paths words; do
		many_rules names 4000 | sed 's/"argv":\["git","push","\*\*"\],"action":"allow"/"argv":["git"],"action":"deny"/' \
			>"$TMP/policy/$kind.json"
		mkdir -m 700 "$TMP/$kind"
		many_entries "$kind" >"$TMP/$kind/allowlist.json"
		chmod 600 "$TMP/$kind/allowlist.json"
		WANTED=allow STATE_DIR=$TMP/$kind deciding "$TMP/line" 20 --policy "$TMP/policy/$kind.json"
		at_most "$kind" "$COUNT" 10 "$few"
		grep -q '"push":{"lastUsedAt"' "$TMP/$kind/allowlist-use.json"
	done
}

# All commands of a line are judged, by all rules that may be about them. What the kernel does for a
# request isn't counted here; with it, bench/run shows a smaller ratio.
# words N: a request with so many words.
words() {
	local args

	printf -v args ',"x"%.0s' $(seq "$1")
	request executable=/usr/bin/env args:="[\"git\"$args]"
}

@test "after the steps of matching are spent, four times the words cost hardly more" {
	local few

	mkdir "$TMP/policy"
	{
		printf '{"exec":['
		seq -f '{"id":"r%g","argv":["git","**","?b*"],"action":"deny"},' 4000
		printf '{"id":"last","argv":["git"],"action":"deny"}]}'
	} >"$TMP/policy/policy.json"
	words 1050 >"$TMP/few"
	words 4000 >"$TMP/many"
	WANTED=deny STATE_DIR=$TMP/few.d deciding "$TMP/few" 1 --policy "$TMP/policy/policy.json"
	few=$COUNT
	WANTED=deny STATE_DIR=$TMP/many.d deciding "$TMP/many" 1 --policy "$TMP/policy/policy.json"
	assert_equal "$(grep -c 'takes at most 33554432 steps' "$TMP/replies")" 1
	at_most "4,000 words" "$COUNT" 1.1 "$few"
}

@test "a line of ten commands costs at most three times one command, under 4,000 rules" {
	local one programs='"git":["/usr/bin/git","/usr/bin/git"]' line
	local -a words=(executable=/usr/bin/bash real_path=/usr/bin/bash "programs:={$programs}"
		'environment:=[]' agent_id=agent)

	mkdir "$TMP/policy"
	printf -v line 'git push origin main && %.0s' {1..9}
	request "${words[@]}" args:='["-c","git push origin main"]' >"$TMP/one"
	request "${words[@]}" args:="[\"-c\",\"${line}git push origin main\"]" >"$TMP/ten"
	many_rules names 4000 >"$TMP/policy/policy.json"
	# Without the tests' clock: reading it is slow, and would hide the difference.
	FIRMA=$FIRMA_SHIPPED
	COUNTED=loop_run WANTED=allow STATE_DIR=$TMP/one.d deciding "$TMP/one" 20 \
		--policy "$TMP/policy/policy.json"
	one=$COUNT
	COUNTED=loop_run WANTED=allow STATE_DIR=$TMP/ten.d deciding "$TMP/ten" 20 \
		--policy "$TMP/policy/policy.json"
	at_most "ten commands" "$COUNT" 3 "$one"
}

# asking COMMAND...: the instructions of a whole process, which must end with status 0. Sets COUNT.
asking() {
	valgrind -q --tool=callgrind --vgdb=no --callgrind-out-file="$TMP/callgrind" "$@" >"$TMP/asked" ||
		fail "$*: status $?"
	COUNT=$(sed -n 's/^totals: //p' "$TMP/callgrind")
}

@test "a hook costs at most one and a half times the check of the same line" {
	local check

	start_daemon --default-action allow
	asking "$FIRMA_SHIPPED" check --socket "$SOCKET" -- bash -c 'git status && ls'
	check=$COUNT
	"$UNIT" object session_id=s cwd="$PWD" hook_event_name=PreToolUse tool_name=Bash \
		tool_input:='{"command":"git status && ls"}' >"$TMP/question"
	asking "$FIRMA_SHIPPED" hook claude --socket "$SOCKET" <"$TMP/question"
	at_most "the hook" "$COUNT" 1.5 "$check"
}

# verifying N: the instructions of `evidence verify` for so many records, in 32 MiB of memory and in
# fewer than that. Sets COUNT.
verifying() {
	"$UNIT" stream make "$1" >"$TMP/stream"
	valgrind -q --tool=callgrind --vgdb=no --callgrind-out-file="$TMP/callgrind" \
		"$FIRMA_SHIPPED" evidence verify "$TMP/stream" >"$TMP/verified"
	grep -q ": holds: $1 records" "$TMP/verified"
	COUNT=$(sed -n 's/^totals: //p' "$TMP/callgrind")
}

@test "evidence is verified in constant memory, and in time that grows as it does" {
	local few

	verifying 1000
	few=$COUNT
	verifying 4000
	at_most "4,000 records" "$COUNT" 4.2 "$few"
	"$UNIT" stream make 300000 >"$TMP/stream"
	prlimit --as=33554432 "$FIRMA_SHIPPED" evidence verify "$TMP/stream" | grep ': holds: 300000 records'
}

@test "a report takes at most three times what its verification takes, in constant memory" {
	local verified

	verifying 2000
	verified=$COUNT
	asking "$FIRMA_SHIPPED" evidence report "$TMP/stream"
	at_most "the report" "$COUNT" 3 "$verified"
	"$UNIT" stream make 300000 >"$TMP/stream"
	prlimit --as=33554432 "$FIRMA_SHIPPED" evidence report "$TMP/stream" | grep -q 300000
}

# The clock goes on by itself here, by 20 ms whenever the daemon reads it: after each decision.
start_slow() {
	FIRMA_TEST_CLOCK_STEP=20000 FIRMA_TEST_WITNESS='' start_daemon --max-pending 1000 \
		--default-action pending_hitl
	N=120
}

@test "a turn ends when it has decided for a second" {
	local batches

	start_slow
	ask >/dev/null
	for ((i = 0; i < N; i++)); do request args:="[\"$i\"]"; done >"$TMP/turn"
	batches=$(batches)
	together "$TMP/turn"
	assert_equal "$(wc -l <"$TMP/turn.replies")" "$N"
	(($(batches) >= batches + 2)) || fail "$(batches) batches, $batches before"
}

@test "who asks is let in while many that have waited are decided" {
	start_slow
	for ((i = 0; i < N; i++)); do
		hold "asker$i" < <(request args:="[\"$i\"]" wait_ms:=600000)
	done
	until_has waiting "$N"
	# One request makes all of them ready. Of those that follow it, the first are in its turn.
	{
		"$UNIT" object action=local.exec.revoke all:=true
		for ((i = 0; i < 5; i++)); do request executable=/bin/ls args:="[\"$i\"]"; done
		for ((i = 0; i < 100; i++)); do "$UNIT" object action=local.exec.status; done
	} >"$TMP/turn"
	together "$TMP/turn"
	grep -o '"waiting":[0-9]*' "$TMP/turn.replies" | cut -d: -f2 >"$TMP/waiting"
	awk -v n="$N" '$1 > 0 && $1 < n { some = 1 } END { exit !some }' "$TMP/waiting" \
		|| fail "nobody is let in before all are decided" "$(paste -sd' ' "$TMP/waiting")"
	for ((i = 0; i < N; i++)); do
		finish "asker$i"
		assert_decision deny
	done
}
