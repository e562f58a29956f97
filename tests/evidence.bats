#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
#
# Streams of evidence as auditors see them (design, section 9): which hold, what is told of those
# that were tampered with, keys, and what is shown of records.

load lib

vectors=$BATS_TEST_DIRNAME/vectors

setup() {
	lib_setup
	cd "$TMP" || return
}

# make N [shared|private KEY]: a stream, s.
make() {
	"$UNIT" stream make "$@" >s
}

# A key for HMAC, and a pair for Ed25519.
make_keys() {
	(umask 077 && echo 0123456789abcdef >shared)
	firma evidence keygen pair >/dev/null
}

# finds STATUS COUNT LINE...: what verify prints of s, but for the line about all of it.
finds() {
	local options=() expected

	while [[ $1 == --* ]]; do
		options+=("$1")
		shift
	done
	run firma evidence verify "${options[@]}" s
	expected=$(printf 's: %s\n' "$@")
	assert_equal "$(sed '$d' <<<"$output")" "$expected"
	assert_line -n -1 -e '^s: does not hold: '
	assert_status 1
}

# holds [OPTION...]
holds() {
	run firma evidence verify "$@" s
	assert_output -e '^s: holds: '
	assert_status 0
}

# rebuild: what somebody without a key can make of lines on standard input: a chain that holds.
rebuild() {
	local line n=0 hash='' before behind

	while IFS= read -r line; do
		line=$(sed 's/,"signature":{[^}]*}}$/}/; s/,"previous_hash":"[0-9a-f]*"//
			s/,"record_hash":"[0-9a-f]*"/\n/' <<<"$line")
		before=${line%%$'\n'*} behind=${line#*$'\n'}
		n=$((n + 1))
		# shellcheck disable=SC2001 # a pattern of the shell can't say it
		before=$(sed "s/\"sequence\":[0-9]*/\"sequence\":$n/" <<<"$before")
		before+=${hash:+,\"previous_hash\":\"$hash\"}
		hash=$(printf %s "$before$behind" | sha256sum)
		hash=${hash%% *}
		printf '%s,"record_hash":"%s"%s\n' "$before" "$hash" "$behind"
	done
}

CHANGED='its record_hash is not the hash of the line: it was changed'
UNLINKED='its previous_hash is not the record_hash of the line before it'

@test "the streams of the other daemon hold" {
	(umask 077 && printf test-key-1 >k)
	run firma evidence verify "$vectors/cavra-unsigned.jsonl"
	assert_output -e ': holds: 32 records, 0 signed, head 32:7ca1e57c[0-9a-f]{56}$'
	assert_status 0
	run firma evidence verify --key k --key-id k1 "$vectors/cavra-signed.jsonl"
	assert_output -e ': holds: 32 records, 32 signed, head 32:6b8aa77c[0-9a-f]{56}$'
	assert_status 0
}

@test "a report is one object of JSON a file" {
	make 3
	run firma evidence verify --json s "$vectors/cavra-unsigned.jsonl"
	assert_line -n 0 '{"path":"s","valid":true,"records":3,"signed_records":0,"errors":[]}'
	assert_line -n 1 -p '"valid":true,"records":32,"signed_records":0,"errors":[]}'
	assert_status 0

	sed -i 2d s
	run firma evidence verify --json s
	assert_output '{"path":"s","valid":false,"records":2,"signed_records":0,"errors":["line 2: its sequence is 3, and not 2","line 2: '"$UNLINKED"'"]}'
	assert_status 1
}

@test "one byte changed anywhere is found, at its line" {
	make_keys
	make 3
	"$UNIT" stream bytes s
	make 2 shared shared
	"$UNIT" stream bytes s shared shared
	make 2 private pair
	"$UNIT" stream bytes s public pair.pub
	head -n 1 "$vectors/cavra-unsigned.jsonl" >s
	"$UNIT" stream bytes s
	(umask 077 && printf test-key-1 >k)
	head -n 2 "$vectors/cavra-signed.jsonl" >s
	"$UNIT" stream bytes s shared k k1
}

@test "a record that was dropped is found; the last one, with the head" {
	local head

	make 5
	head=$(firma evidence head s)
	cp s whole

	sed -i 1d s
	finds 'line 1: record 1 is missing before it'
	sed -i 1,2d s
	finds 'line 1: records 1 to 3 are missing before it'

	sed 3d whole >s
	finds 'line 3: its sequence is 4, and not 3' "line 3: $UNLINKED"

	sed 5d whole >s
	holds
	finds --head="$head" 'line 4: it is the last, and record 5 is missing'
	cp whole s
	holds --head="$head"

	# One that is older than the end is there, but is another.
	"$UNIT" stream make 7 >s
	holds --head="$head"
	finds --head="4:${head#5:}" 'line 4: its record_hash is not that of the head that was given'
}

@test "a record that was copied, moved, swapped or inserted is found" {
	make 4
	cp s whole

	sed -i 2p s
	finds 'line 3: its sequence is 2, and not 3' "line 3: $UNLINKED"

	{ sed -n 1p whole; sed -n 3p whole; sed -n 2p whole; sed -n 4p whole; } >s
	finds 'line 2: its sequence is 3, and not 2' "line 2: $UNLINKED" \
		'line 3: its sequence is 2, and not 4' "line 3: $UNLINKED" \
		'line 4: its sequence is 4, and not 3' "line 4: $UNLINKED"

	{ sed -n 2,4p whole; sed -n 1p whole; } >s
	run firma evidence verify s
	assert_status 1
	assert_line 's: line 1: record 1 is missing before it'
	assert_line 's: line 4: it has no previous_hash, and is not the first'

	# Another's record, which holds by itself.
	{ sed -n 1,2p whole; sed -n 3p "$vectors/cavra-unsigned.jsonl"; sed -n 3,4p whole; } >s
	run firma evidence verify s
	assert_status 1
	assert_line "s: line 3: its schema_version is not that of the records before it"
	assert_line "s: line 3: $UNLINKED"
}

@test "a chain that was rebuilt without its signatures holds for those alone who have no key" {
	make_keys
	make 3 private pair
	holds --public-key pair.pub
	rebuild <s >rebuilt
	mv rebuilt s
	holds
	finds --public-key=pair.pub 'line 1: it is not signed' 'line 2: it is not signed' \
		'line 3: it is not signed'
}

@test "signatures that nothing was given to check with are told once, with a status of its own" {
	local unchecked='firma: signatures were not checked: no key was given'

	make_keys
	make 3 shared shared
	cp s t
	run firma evidence verify s t "$vectors/cavra-unsigned.jsonl"
	assert_line -n 0 -e '^s: the chain holds: 3 records, 3 signatures not checked, head 3:[0-9a-f]{64}$'
	assert_line -n 1 -p 't: the chain holds: '
	assert_line -n 2 -p 'cavra-unsigned.jsonl: holds: '
	assert_line -n 3 "$unchecked (--key or --public-key checks them, --chain-only leaves them unchecked)"
	assert_equal "${#lines[@]}" 4
	assert_status 4

	run firma evidence verify --chain-only s
	assert_output -e '^s: the chain holds: 3 records, 3 signatures not checked, head 3:[0-9a-f]{64}$'
	assert_status 0
	run firma evidence verify --chain-only "$vectors/cavra-unsigned.jsonl"
	assert_output -p ': holds: '
	assert_status 0

	# A report that is read by its "valid" says no, unless the chain alone was asked for.
	run firma evidence verify --json s
	assert_line -n 0 '{"path":"s","valid":false,"records":3,"signed_records":3,"errors":["signatures were not checked: no key was given"]}'
	assert_status 4
	run firma evidence verify --json --chain-only s
	assert_output '{"path":"s","valid":true,"records":3,"signed_records":3,"errors":[]}'
	assert_status 0

	# What does not hold and what can't be read weigh more.
	sed -i 2d t
	run firma evidence verify s t
	assert_line -p 't: does not hold'
	assert_line -p "$unchecked"
	assert_status 1
	run firma evidence verify --chain-only t
	assert_status 1
	run firma evidence verify s none
	assert_status 3
}

@test "another key, another kind of key, another algorithm and another key ID are found" {
	local id other

	make_keys
	make 1 private pair
	id=$(sed 's/.*"key_id":"\([^"]*\)".*/\1/' s)
	firma evidence keygen other >id
	other=$(<id)
	[[ $other != "$id" ]]
	holds --public-key=pair.pub --key-id="$id"
	finds --public-key=pair.pub --key-id=k1 "line 1: its key_id is '$id', and not 'k1'"
	finds --public-key=other.pub "line 1: its key_id is '$id', and not '$other'" \
		'line 1: its signature was not made with this key'
	run firma evidence verify --key shared s
	assert_line "s: line 1: its signature's algorithm is not the key's, HMAC-SHA256"

	sed -i 's/"Ed25519"/"HMAC-SHA256"/' s
	finds --public-key=pair.pub "line 1: its signature's algorithm is not the key's, Ed25519"
	sed -i 's/"HMAC-SHA256"/"none"/' s
	finds --public-key=pair.pub "line 1: its signature's algorithm is not the key's, Ed25519"
}

@test "one record's key ID that was changed is found, whoever made the stream" {
	(umask 077 && printf test-key-1 >k)
	sed '3s/"key_id":"k1"/"key_id":"k2"/' "$vectors/cavra-signed.jsonl" >s
	finds --key=k "line 3: its key_id is 'k2', and not 'k1'"
}

# A key ID is neither hashed nor signed: changing it gives what the other daemon writes with that ID.
@test "the other daemon's key IDs are any text, as it writes it, or none" {
	local long missing

	mapfile -t missing < <(printf 'line %d: it has no key_id, and not '\''k1'\''\n' {1..32})
	(umask 077 && printf test-key-1 >k)
	sed 's/"key_id":"k1",//' "$vectors/cavra-signed.jsonl" >s
	holds --key=k
	finds --key=k --key-id=k1 "${missing[@]}"
	sed -i '3s/"algorithm"/"key_id":"x",&/' s
	finds --key=k 'line 3: its signature is not written as it must be'
	sed -i '3s/"key_id":"x",//; 3s/"value"/"key_id":"k1",&/' s
	finds --key=k "line 3: its key_id is 'k1', and the signatures before it have none"

	long=$(printf 'k%.0s' {1..300})
	sed "s/\"k1\"/\"$long\"/" "$vectors/cavra-signed.jsonl" >s
	holds --key=k --key-id="$long"
	sed -i '2s/kk/k/' s
	finds --key=k "line 2: its key_id is '${long:1}', and not '$long'"

	# shellcheck disable=SC2016 # JSON's escapes
	sed 's/"k1"/"\\u003ca\\u003e \\u0026\\"b\\\\\\t\\u0001é\\u2028\\ufffd"/' "$vectors/cavra-signed.jsonl" >s
	holds --key=k
	holds --key=k --key-id=$'<a> &"b\\\t\x01é\u2028\ufffd'
	run firma evidence verify --key=k --key-id=x s
	assert_line "s: line 1: its key_id is '<a> &\"b\\\u{9}\u{1}é\u{2028}�', and not 'x'"
	assert_status 1

	sed 's/"k1"/"a\\u0000b"/' "$vectors/cavra-signed.jsonl" >s
	holds --key=k
	run firma evidence verify --key=k --key-id=a s
	assert_line "s: line 1: its key_id is 'a\u{0}b', and not 'a'"
}

@test "a key ID that the other daemon would write in another way is found, and one of ours that has an escape" {
	local id

	(umask 077 && printf test-key-1 >k)
	for id in '' '<' '>' '&' $'\u2028' '\\\/' '\\u0041' '\\u003C' '\\u0009' '\\u000a' '\\u000d' \
		'\\u0020' '\\u007f' '\\u00e9' '\\ud83d\\ude00'; do
		sed "1s/\"k1\"/\"${id/&/\\&}\"/" "$vectors/cavra-signed.jsonl" >s
		cmp -s s "$vectors/cavra-signed.jsonl" && fail "$id"
		finds --key=k 'line 1: its signature is not written as it must be'
	done

	make_keys
	make 1 shared shared
	holds --key=shared
	cp s whole
	for id in 's/"key_id":"[^"]*",//' 's/"key_id":"/&\\\\/' 's/"key_id":"/&\\u003c/' \
		"s/\"key_id\":\"/&$(printf '0%.0s' {1..128})/"; do
		sed "$id" whole >s
		finds --key=shared 'line 1: its signature is not written as it must be'
	done
}

@test "a key given twice, also in another spelling, is found" {
	local line

	make 1
	line=$(<s)
	echo "${line/%\}/,\"sequence\":1\}}" >s
	finds "line 1: it is not strict JSON: a key is given twice (at byte $((${#line} + 1)))"
	echo "${line/%\}/,\"record\\u005fhash\":\"\"\}}" >s
	finds "line 1: it is not strict JSON: a key is given twice (at byte $((${#line} + 1)))"
	echo "${line/\"uid\":0/\"uid\":0,\"uid\":0}" >s
	run firma evidence verify s
	assert_output -p 'a key is given twice'
}

@test "a record_hash or signature that is written in another way is found" {
	local line spelling

	make 1
	line=$(<s)
	for spelling in '"record\u005fhash":"' '"record_hash": "' '"record_hash" :"' ' "record_hash":"'; do
		echo "${line/\"record_hash\":\"/$spelling}" >s
		finds 'line 1: its record_hash is not written as it must be'
	done
	echo "${line/\",\"timestamp/\" ,\"timestamp}" >s
	finds 'line 1: its record_hash is not written as it must be'

	(umask 077 && echo 0123456789abcdef >shared)
	"$UNIT" stream make 1 shared shared >signed
	for spelling in 's/"signature":/"signature": /' 's/"signature":/"signature" :/' 's/"key_id":/"key_id": /' \
		's/,"signature"/, "signature"/' 's/}}$/} }/' \
		's/"algorithm"/"x":1,"algorithm"/' 's/"HMAC/"\\u0048MAC/' 's/}}$/,"x":1}}/' \
		's/{"algorithm":\("[^"]*"\),\("key_id":"[^"]*"\)/{\2,"algorithm":\1/'; do
		sed "$spelling" signed >s
		cmp -s s signed && fail "$spelling"
		finds --key=shared 'line 1: its signature is not written as it must be'
	done
	sed 's/}}$/},"z":1}/' signed >s
	finds --key=shared 'line 1: its signature is not its last member'
}

@test "white space that was added anywhere else is found" {
	make 2
	sed -i '2s/"request":/"request": /' s
	finds "line 2: $CHANGED"
}

@test "a record_hash and a signature within the request are no concern of the chain's" {
	local hash=0000000000000000000000000000000000000000000000000000000000000000 line

	# What stands in the request is hashed with it: the chain is built from the outer ones alone.
	line='{"schema_version":"firma.evidence.v1","sequence":1%s,"request":{"record_hash":"'$hash'","signature":{"algorithm":"none"},"previous_hash":"x"}}'
	# shellcheck disable=SC2059 # it is a format
	hash=$(printf "$line" '' | sha256sum)
	# shellcheck disable=SC2059
	printf "$line\n" ',"record_hash":"'"${hash%% *}"'"' >s
	holds

	sed 's/"record_hash":"0000/"record_hash":"0001/' s >changed
	mv changed s
	finds "line 1: $CHANGED"

	# Only one that stands within doesn't count.
	# shellcheck disable=SC2059
	printf "$line\n" '' >s
	finds 'line 1: it has no record_hash'
}

@test "a torn last line is incomplete" {
	make 2
	truncate -s -1 s
	finds 'line 2: it is incomplete: it does not end with a newline'
	truncate -s -100 s
	finds 'line 2: it is incomplete: it does not end with a newline'
}

@test "a line of 10 MB, NUL bytes, empty lines and an empty stream are found" {
	make 3
	cp s whole
	{ sed -n 1p whole; printf '{"x":"%010000000d"}\n' 0; sed -n 3p whole; } >s
	finds 'line 2: it is longer than 2097152 bytes'
	{ sed -n 1p whole; printf '%010000000d' 0; } >s
	finds 'line 2: it is incomplete: it does not end with a newline'

	{ sed -n 1p whole; printf '\0\0\0\n'; sed -n 3p whole; } >s
	finds 'line 2: it is not strict JSON: it is not a JSON object (at byte 1)'
	sed '2s/git/g\x00t/' whole >s
	run firma evidence verify s
	assert_output -e '^s: line 2: it is not strict JSON: a NUL character \(at byte [0-9]+\)'

	sed '2s/^/\n/' whole >s
	finds 'line 2: it is not strict JSON: it is empty (at byte 1)' \
		'line 3: its sequence is 2, and not 3'

	: >s
	finds 'line 1: there is no record'
}

@test "what is no record is told, and what follows is compared again" {
	make 3
	sed -i '2s/.*/{}/' s
	finds 'line 2: it has no schema_version'
	make 1
	sed -i 's/evidence.v1/evidence.v2/' s
	finds 'line 1: its schema_version is not known'
	make 1
	sed -i 's/"sequence":1/"sequence":1.0/' s
	finds 'line 1: its sequence is not a whole number'
}

@test "what can't be read is status 3, whatever else was found" {
	make 1
	run firma evidence verify s absent .
	assert_status 3
	assert_line -e '^s: holds: '
	assert_line 'firma: could not read absent: No such file or directory'
	assert_line 'firma: could not read .: Is a directory'
}

@test "standard input is a stream as well" {
	make 2
	run firma evidence verify - <s
	assert_output -e '^-: holds: 2 records'
}

@test "on a terminal a bar shows how far it is, and elsewhere nothing does" {
	local slow

	command -v strace >/dev/null || skip "strace is not here"
	((${#WRAPPER[@]} == 0)) || skip "it runs under another program already"
	export ASAN_OPTIONS="detect_leaks=0:$ASAN_OPTIONS"
	make 20000
	slow=(strace -f -o "$TMP/trace" -e trace=read -e inject=read:delay_enter=50000 -P "$TMP/s")
	TERM=xterm script -qec "${slow[*]@Q} '$FIRMA' evidence verify '$TMP/s'" "$TMP/typescript" >"$TMP/out"
	grep -aqE $'\r\\[#+ +\\]  ?[0-9]+%  [0-9.]+ MiB of [0-9.]+ MiB' "$TMP/out"
	tail -n 1 "$TMP/out" | grep -aqF $'\r\e[K'"$TMP/s: holds: 20000 records"

	"${slow[@]}" "$FIRMA" evidence verify "$TMP/s" >"$TMP/out" 2>"$TMP/err"
	[[ ! -s $TMP/err ]]
	assert_equal "$(wc -l <"$TMP/out")" 1
}

@test "usage errors" {
	local words

	make 1
	for words in '' '--chain-only --key a s' '--key-id x s' '--head 1:x s' '--head 0:x s' \
		"--head 1:${HOME//?/0} s" '--head=1:00 s s'; do
		# shellcheck disable=SC2086 # words
		run firma evidence verify $words
		assert_status 2
		assert_equal "${#lines[@]}" 1
	done
	run firma evidence head
	assert_status 2
	run firma evidence show s s
	assert_status 2
	for words in soon 2026 '' 2026-13-01 '2026-11-28 25:00' -1x '2026-11-28 10:00 Mars'; do
		run firma evidence show --since "$words" s
		assert_status 2
		assert_output "firma: --since wants a time, such as '2026-11-28 10:00', 'yesterday' or -1h (see 'firma evidence show --help')"
	done
	for words in '' x 5D3C 5d3c9a52-5a0e-4c0b-9d43-5b1d6e1b7a11a; do
		run firma evidence show --token "$words" s
		assert_status 2
		assert_output "firma: --token wants a token's ID, or what it begins with (see 'firma evidence show --help')"
	done
	run firma evidence show --uid x s
	assert_status 2
	for words in Allow denied pending approve ''; do
		run firma evidence show --decision "$words" s
		assert_status 2
		assert_output "firma: --decision wants allow, deny or pending_hitl (see 'firma evidence show --help')"
	done
	run firma evidence keygen
	assert_status 2
}

# --- keys -----------------------------------------------------------------------------------------

@test "a pair is made in two new files, which stay as they are, and openssl reads them" {
	run firma evidence keygen pair
	assert_status 0
	assert_output -e '^[0-9a-f]{16}$'
	assert_equal "$(stat -c %a pair pair.pub)" $'600\n644'
	assert_equal "$(openssl pkey -in pair -pubout)" "$(<pair.pub)"

	sha256sum pair pair.pub >before
	run firma evidence keygen pair
	assert_output 'firma: pair already exists, and was not changed'
	assert_status 1
	rm pair
	run firma evidence keygen pair
	assert_output 'firma: pair.pub already exists, and was not changed'
	assert_status 1
	[[ ! -e pair ]]
}

@test "a pair that openssl made is taken" {
	(umask 077 && openssl genpkey -algorithm ed25519 -out pair)
	openssl pkey -in pair -pubout -out pair.pub
	make 2 private pair
	holds --public-key pair.pub
}

# The key is refused.
refuses() {
	run firma evidence verify "--$1" k s
	assert_output "firma: the key k $2"
	assert_status 3
}

@test "a key that others can read, that isn't one's own, or that is none, is refused" {
	make 1
	refuses key 'No such file or directory'
	echo x >k
	chmod 640 k
	refuses key 'is open to its group or to others'
	chmod 600 k
	if ((EUID == 0)); then
		chown 4242 k
		refuses key 'belongs to another user'
		chown 0 k
	fi
	: >k
	refuses key 'is empty'
	head -c 4097 /dev/zero >k
	refuses key 'is too long for a key'
	refuses public-key 'is too long for a key'
	echo x >k
	refuses public-key 'is not a public key for Ed25519 in PEM'
	rm k
	ln -s s k
	refuses key 'is a symbolic link'
	rm k
	mkdir k
	refuses key 'is not a regular file'
}

# --- what is shown --------------------------------------------------------------------------------

@test "the head is the end of the last record that holds" {
	make 3
	assert_equal "$(firma evidence head s)" "3:$(sed -n '3s/.*"record_hash":"\([0-9a-f]*\)".*/\1/p' s)"
	cp s whole

	truncate -s -1 s
	run firma evidence head s
	assert_output "firma: s: its last line is incomplete"
	assert_status 1

	sed '3s/git/got/' whole >s
	run firma evidence head s
	assert_output "firma: s: its last record was changed"
	assert_status 1

	: >s
	run firma evidence head s
	assert_output "firma: s: there is no record"
	assert_status 1

	# Longer than what is read at first.
	tail -n 5 "$vectors/cavra-unsigned.jsonl" | head -n 1 >s
	run firma evidence head s
	assert_output -e '^28:[0-9a-f]{64}$'
}

@test "each record is a line, in which nothing can move the cursor" {
	make 1
	run firma evidence show s
	assert_output '2026-11-20T06:17:57.000000001Z 1 allow /usr/bin/git 1, uid 0: r'
	run firma evidence show "$vectors/cavra-unsigned.jsonl"
	assert_status 0
	assert_equal "${#lines[@]}" 32
	assert_line -n 25 -p "\$'ctrl ␀\\x01\\x08\\x0C\\x1B end'"
	# shellcheck disable=SC1003
	[[ $output != *$'\e'* ]]
	run firma evidence show --json "$vectors/cavra-unsigned.jsonl"
	assert_equal "$output" "$(<"$vectors/cavra-unsigned.jsonl")"
}

@test "records are chosen by time, decision, agent, uid and token" {
	local f=$vectors/cavra-unsigned.jsonl

	make 9
	count() { firma evidence show "$@" | wc -l; }
	assert_equal "$(count --since 2026-11-20T06:17:57.000000007Z s)" 3
	assert_equal "$(count --until 2026-11-20T06:17:57.000000007Z s)" 7
	# The same time in another zone, as journalctl takes it: without a Z or "UTC", it is local.
	assert_equal "$(TZ=UTC-8 firma evidence show --since '2026-11-20 14:17:57.000000007' s | wc -l)" 3
	assert_equal "$(count --since '2026-11-20 06:17:57.000000007 UTC' s)" 3
	assert_equal "$(count --since @1795155477.000000007 s)" 3
	# A record may be written without zeros at its end.
	sed 's/57.000000001Z/57Z/' s >whole
	assert_equal "$(count --since '2026-11-20 06:17:57 UTC' whole)" 9
	assert_equal "$(count --until '2026-11-20 06:17:57 UTC' whole)" 1
	assert_equal "$(count --since 2026-11-20 --until 2026-11-21 s)" 9
	assert_equal "$(count --since 2026-12 s)" 0
	assert_equal "$(count --until 2026-11 s)" 0
	assert_equal "$(count --decision deny s)" 0
	assert_equal "$(count --decision allow s)" 9
	assert_equal "$(count --uid 0 s)" 9
	assert_equal "$(count --uid root s)" 9
	assert_equal "$(count --uid 1 s)" 0
	assert_equal "$(count --agent codex-agent "$f")" "$(grep -c '"request":{[^}]*"agent_id":"codex-agent"' "$f")"

	sed -i '4s/"action":/"approval_token":"t","action":/; 5s/"decision":/"approval_token":"t","decision":/' s
	sed -i 's/"approval_token":"t"/"approval_token":"5d3c9a52-5a0e-4c0b-9d43-5b1d6e1b7a11"/' s
	assert_equal "$(count --token 5 s)" 2
	assert_equal "$(count --token 5d3c9a52 s)" 2
	assert_equal "$(count --token 5d3c9a53 s)" 0
}

@test "what is no record is told, and the rest shown" {
	make 2
	sed -i '1s/.*/nonsense/' s
	run --separate-stderr firma evidence show s
	assert_status 1
	assert_stderr 'firma: line 1 is not a record'
	assert_output -p ' 2 allow '
}

@test "with --follow, what is added is shown when its line is whole" {
	make 2
	cp s whole
	sed -i 2d s
	_command "$FIRMA" evidence show --follow s
	_spawn "${CMD[@]}" >out
	BACKGROUND["show"]=$!
	_until "$!" grep -q ' 1 allow ' out
	sed -n 2p whole | head -c 50 >>s
	sed -n 2p whole | tail -c +51 >>s
	_until "${BACKGROUND["show"]}" grep -q ' 2 allow ' out
	assert_equal "$(wc -l <out)" 2
}

@test "a record without a request is shown, also one of root's" {
	printf '{"sequence":1,"peer":{"uid":0}}\n' >s
	run firma evidence show --uid 0 s
	assert_status 0
	assert_output '? 1, uid 0'
}
