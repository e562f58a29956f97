#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
#
# What a person sees of a text from outside (base/text, base/unicode, base/fold), and the notations of
# the command line and the wire (base/notation).

load lib

# For the \u of printf. The program knows no locale.
export LC_ALL=C.UTF-8

vectors=$BATS_TEST_DIRNAME/vectors
base=$BATS_TEST_DIRNAME/../src/base

# A text, with the escapes of printf, goes to `unit text COMMAND`.
unit_text() { # COMMAND TEXT
	# shellcheck disable=SC2059 # the escapes are meant
	printf -- "$2" | "$UNIT" text "$1"
}

# Each line of standard input: a text with the escapes of printf, a bar, what is expected of it.
# Every line is tried; each that fails is named.
each() { # COMMAND
	local text expected shown failed=0

	while IFS='|' read -r text expected; do
		shown=$(unit_text "$1" "$text"; echo .)
		if [ "${shown%.}" != "$expected" ]; then
			printf '%s: expected %s, was %s\n' "$text" "$expected" "${shown%.}"
			failed=1
		fi
	done
	return "$failed"
}

# Each line of standard input: an argument, a bar, the line that is expected of it.
each_argument() { # COMMAND
	local text expected shown failed=0

	while IFS='|' read -r text expected; do
		shown=$("$UNIT" text "$1" "$text") || true
		if [ "$shown" != "$expected" ]; then
			printf '"%s": expected %s, was %s\n' "$text" "$expected" "$shown"
			failed=1
		fi
	done
	return "$failed"
}

accepts() { # COMMAND TEXT...
	local text

	for text in "${@:2}"; do
		run unit_text "$1" "$text"
		[ "$status" -eq 0 ] || { echo "$1: no for $text"; return 1; }
	done
}

refuses() { # COMMAND TEXT...
	local text

	for text in "${@:2}"; do
		run unit_text "$1" "$text"
		[ "$status" -eq 1 ] || { echo "$1: status $status for $text"; return 1; }
	done
}

# UTF-8

@test "utf-8: every code point is decoded to itself, and nothing else is a character" {
	"$UNIT" text utf8-all
}

@test "utf-8: text of any length, also none and with NUL bytes, is accepted" {
	accepts utf8 '' 'a' 'a\0b' '\0' 'grüße' '日本語' '🔥' '12345678' '12345678é' 'é12345678' \
		'1234567é12345678é1234567' '\xEF\xBF\xBF' '\xF4\x8F\xBF\xBF' '\xED\x9F\xBF' '\xEE\x80\x80'
}

@test "utf-8: a lone continuation byte is refused" {
	refuses utf8 '\x80' '\xBF' 'a\x80' '\x80a' '12345678\x80' '1234567\x80' 'é\x80'
}

@test "utf-8: a character that ends too early is refused" {
	refuses utf8 '\xC3' '\xE2\x82' '\xE2' '\xF0\x9F\x94' '\xF0\x9F' '\xF0' '\xC3a' '\xE2\x82a' \
		'\xF0\x9F\x94a' '12345678\xE2\x82' '\xC3\xC3\xA9'
}

@test "utf-8: an overlong form is refused" {
	refuses utf8 '\xC0\x80' '\xC0\xAF' '\xC1\xBF' '\xE0\x80\x80' '\xE0\x9F\xBF' '\xF0\x80\x80\x80' \
		'\xF0\x8F\xBF\xBF'
}

@test "utf-8: a surrogate, alone or in a pair, is refused" {
	refuses utf8 '\xED\xA0\x80' '\xED\xBF\xBF' '\xED\xAF\xBF' '\xED\xA0\xBD\xED\xB4\xA5'
}

@test "utf-8: what is past U+10FFFF, and what no character begins with, is refused" {
	refuses utf8 '\xF4\x90\x80\x80' '\xF5\x80\x80\x80' '\xF7\xBF\xBF\xBF' '\xF8\x88\x80\x80\x80' \
		'\xFC\x84\x80\x80\x80\x80' '\xFE' '\xFF'
}

@test "blank: only ASCII white space is" {
	accepts blank '' ' ' ' \t\n\v\f\r '
	refuses blank 'a' ' a ' '\xC2\xA0' '\x01'
}

# The tables

@test "unicode: the lookup says of every code point what the table says" {
	grep -o '{ 0x[^}]*}' "$base/unicode-table.h" >"$BATS_TEST_TMPDIR/table"
	[ "$(wc -l <"$BATS_TEST_TMPDIR/table")" -gt 1000 ]
	"$UNIT" text classes | diff "$BATS_TEST_TMPDIR/table" -
}

@test "unicode: the table is what its script makes of Unicode's files" {
	local data=/usr/share/unicode

	grep -q '^# Scripts-15\.0\.0\.txt$' "$data/Scripts.txt" || skip "no Unicode 15.0.0 in $data"
	LC_ALL=C awk -f "$base/unicode-table.awk" "$data/Scripts.txt" \
		"$data/DerivedCoreProperties.txt" "$data/UnicodeData.txt" \
		>"$BATS_TEST_TMPDIR/unicode-table.h"
	diff "$base/unicode-table.h" "$BATS_TEST_TMPDIR/unicode-table.h"
}

# Escaping

@test "escaped: the design's known answers hold" {
	"$UNIT" text vectors "$vectors/display.json"
}

@test "escaped: a vector that doesn't hold is noticed" {
	echo '[{"text": "a", "shown": "b"}]' >"$BATS_TEST_TMPDIR/wrong.json"
	run "$UNIT" text vectors "$BATS_TEST_TMPDIR/wrong.json"
	[ "$status" -eq 1 ]
}

@test "escaped: letters, marks, numbers, punctuation and symbols of any script stay as they are" {
	local text='az AZ 09 ~!@#%&*()_+-={}|[]:;<>?,./ é é ß Я я Ω 日本語 한국어 हिन्दी ½ ३ « » “ ” € ∞ 🔥 �'

	[ "$(printf %s "$text" | "$UNIT" text escape)" = "$text" ]
	[ "$(printf '%s' "'\"\$\`\\u{A}" | "$UNIT" text escape)" = "'\"\$\`\\u{A}" ]
}

@test "escaped: control characters are, of ASCII and of Latin 1" {
	each escape <<'END'
\0|\u{0}
a\0b|a\u{0}b
\a\b\t\n\v\f\r|\u{7}\u{8}\u{9}\u{A}\u{B}\u{C}\u{D}
\x1B[31m\x7F|\u{1B}[31m\u{7F}
\xC2\x80\xC2\x85\xC2\x9B|\u{80}\u{85}\u{9B}
END
}

@test "escaped: what turns the direction of text is" {
	each escape <<'END'
\u200E\u200F\u061C|\u{200E}\u{200F}\u{61C}
\u202A\u202B\u202C\u202D\u202E|\u{202A}\u{202B}\u{202C}\u{202D}\u{202E}
\u2066\u2067\u2068\u2069|\u{2066}\u{2067}\u{2068}\u{2069}
END
}

@test "escaped: what can't be seen is: zero-width, fillers, tags, variation selectors, blank symbols" {
	each escape <<'END'
\u200B\u200C\u200D\u2060\uFEFF|\u{200B}\u{200C}\u{200D}\u{2060}\u{FEFF}
\u00AD\u034F\u180E|\u{AD}\u{34F}\u{180E}
\u115F\u1160\u3164\uFFA0|\u{115F}\u{1160}\u{3164}\u{FFA0}
\uFE00\uFE0F\U000E0100\U000E01EF|\u{FE00}\u{FE0F}\u{E0100}\u{E01EF}
\U000E0001\U000E0041\U000E007F|\u{E0001}\u{E0041}\u{E007F}
\uFFF9\uFFFB\U0001D173|\u{FFF9}\u{FFFB}\u{1D173}
\u2800\U00016FE4\U0001D159|\u{2800}\u{16FE4}\u{1D159}
END
}

@test "escaped: every space but U+0020 is, and what separates lines and paragraphs" {
	each escape <<'END'
a b|a b
\u00A0\u1680\u2000\u200A\u202F\u205F\u3000|\u{A0}\u{1680}\u{2000}\u{200A}\u{202F}\u{205F}\u{3000}
\u2028\u2029|\u{2028}\u{2029}
END
}

@test "escaped: private-use, unassigned and non-characters are" {
	each escape <<'END'
\uE000\uF8FF\U000F0000\U0010FFFD|\u{E000}\u{F8FF}\u{F0000}\u{10FFFD}
\u0378\u2FE0\U0003FFFD\U000E0FFF|\u{378}\u{2FE0}\u{3FFFD}\u{E0FFF}
\uFDD0\uFFFF\U0010FFFF|\u{FDD0}\u{FFFF}\u{10FFFF}
END
}

@test "escaped: each byte that is not UTF-8 is, and what stands around it is not lost" {
	each escape <<'END'
a\x80b|a\x{80}b
\xFF\xFE|\x{FF}\x{FE}
\xC0\xAF|\x{C0}\x{AF}
\xED\xA0\x80|\x{ED}\x{A0}\x{80}
\xF4\x90\x80\x80|\x{F4}\x{90}\x{80}\x{80}
\xE2\x82|\x{E2}\x{82}
\xE2\x82é|\x{E2}\x{82}é
\xC3\n|\x{C3}\u{A}
END
}

@test "escaped and quoted: a text past the ceiling leaves the buffer as it was" {
	local text

	for text in '' 'a' 'abc é' 'a\nb' "it's" "a\n'\\\\\\\\\x80b" '🔥\u202E'; do
		unit_text ceiling "$text"
	done
}

# Quoting

@test "quoted: a word that means nothing to a shell is bare" {
	each quote <<'END'
ls|ls
--force|--force
--color=auto|--color=auto
/usr/bin/python3|/usr/bin/python3
user@host:dir/file.tar.gz|user@host:dir/file.tar.gz
a,b+c_d%%e-f|a,b+c_d%e-f
HEAD~1|HEAD~1
nixpkgs#hello|nixpkgs#hello
END
}

@test "quoted: letters, marks and digits of any script are bare, other characters are not" {
	each quote <<'END'
/opt/werkzeug/prüfen|/opt/werkzeug/prüfen
日本語|日本語
e\u0301|é
३|३
“a”|'“a”'
\u02BCa|'ʼa'
a€|'a€'
🔥|'🔥'
END
}

@test "quoted: what a shell would take for something else is in single quotes" {
	local c

	each quote <<'END'
|''
a b|'a b'
~|'~'
~user|'~user'
--dir=~/x|'--dir=~/x'
PATH=/bin:~/bin|'PATH=/bin:~/bin'
#x|'#x'
$HOME|'$HOME'
{}|'{}'
\\n|'\n'
END
	for c in '!' '"' '$' '&' '(' ')' '*' ';' '<' '>' '?' '[' "\\" ']' '^' '`' '{' '|' '}' ' '; do
		[ "$("$UNIT" text quote "$c")" = "'$c'" ]
		[ "$("$UNIT" text quote "a${c}b")" = "'a${c}b'" ]
	done
}

@test "quoted: a single quote is closed around" {
	[ "$("$UNIT" text quote "it's")" = "'it'\\''s'" ]
	[ "$("$UNIT" text quote "'")" = "''\\'''" ]
	[ "$("$UNIT" text quote "''")" = "''\\'''\\'''" ]
}

@test "quoted: what had to be escaped is in \$'…', where backslash and quote are escaped too" {
	each quote <<'END'
a\nb|$'a\nb'
\n|$'\n'
a b\t\r|$'a b\t\r'
\x80|$'\x80'
\x801|$'\x801'
\\n\n|$'\\n\n'
it's\n|$'it\'s\n'
\x1B[2J\x7F|$'\x1B[2J\x7F'
gr\u00FC\u200Bn|$'grü\xE2\x80\x8Bn'
END
	# The same letters, first as they are, then as an escape.
	[ "$("$UNIT" text quote '\u{A}')" = "'\\u{A}'" ]
	[ "$("$UNIT" text quote '$'"'"'\u{A}'"'")" = "'\$'\\''\\u{A}'\\'''" ]
}

@test "quoted: no two texts come out alike" {
	run "$UNIT" text quote-unique
	[ "$status" -eq 0 ]
	[ "$output" -gt 300000 ]
}

@test "quoted: a shell reads the very same arguments" {
	# shellcheck disable=SC1003,SC2016 # as they are
	local shell c words=('' a 'a b' "it's" "'" "''" '\' '\\' '$HOME' '`id`' '$(id)' '"' '*' '?' '[a]'
		'{a,b}' '~' '~root' 'a~' '#' '#a' 'a#b' '!' '!!' '-n' '--' 'a=b' 'a=~' 'a:~' '=' '>x' '2>&1'
		'a;b' 'a&b' 'a|b' '(a)' 'if' 'grüße' '日本語' '“a”' '\n' '%s' ' a ')

	for c in {a..z} {A..Z} {0..9} '!' '"' '#' '$' '%' '&' "'" '(' ')' '*' '+' ',' '-' '.' '/' ':' \
		';' '<' '=' '>' '?' '@' '[' "\\" ']' '^' '_' '`' '{' '|' '}' '~'; do
		words+=("$c" "$c$c" "a$c" "${c}a" "a${c}~" "a ${c}")
	done

	"$UNIT" text quote "${words[@]}" >"$BATS_TEST_TMPDIR/line"
	printf '%s\n' "${words[@]}" >"$BATS_TEST_TMPDIR/expected"
	for shell in sh bash; do
		printf 'printf "%%s\\n" %s\n' "$(cat "$BATS_TEST_TMPDIR/line")" |
			(cd "$BATS_TEST_TMPDIR" && "$shell") >"$BATS_TEST_TMPDIR/read"
		diff "$BATS_TEST_TMPDIR/expected" "$BATS_TEST_TMPDIR/read"
	done
}

@test "quoted: bash reads the bytes of whatever had to be escaped, in any locale" {
	local n text words=() expected=$BATS_TEST_TMPDIR/expected

	for ((n = 1; n < 256; n++)); do
		printf -v text 'a\\x%02x1' "$n"
		printf -v text %b "$text"
		words+=("$text" "$text"$'\n\'\\')
	done
	words+=($'\u202Egpj' $'\u05D0\u0661' $'\u0301x' $'e\u0301\u0301\u0301' $'\U000E0041' $'\u00A0')
	printf '%s\0' "${words[@]}" >"$expected"

	"$UNIT" text quote "${words[@]}" >"$BATS_TEST_TMPDIR/line"
	for locale in C C.UTF-8; do
		{ printf 'printf "%%s\\0" '; cat "$BATS_TEST_TMPDIR/line"; echo; } |
			LC_ALL=$locale bash >"$BATS_TEST_TMPDIR/read"
		cmp "$expected" "$BATS_TEST_TMPDIR/read"
	done
}

# Look-alikes

@test "mixed scripts: Latin with Cyrillic or Greek letters in one word" {
	accepts mixes 'p\u0430ypal' 'g\u03BFogle' '/usr/bin/p\u0443thon3' 'x \u0441url y' '\u0430b' 'b\u0430' \
		'a1\u0430' 'a\u0301\u0430' 'ａ\u0430' 'a日本\u0430' 'paypa\u217C\u0430'
}

@test "mixed scripts: not where the words are of one script each, or of others" {
	refuses mixes '' 'paypal' 'привет' 'αβγ' 'hello мир' 'hello-мир' '/opt/приложение/bin' 'a\xFF\u0430' \
		'a\u200B\u0430' '日本語abc' 'grüße' '5\u00B5s' '1а' 'αб'
}

# alike WANTED TEXT...: each text has a character that is named as WANTED.
alike() {
	local text

	for text in "${@:2}"; do
		# shellcheck disable=SC2059 # escapes in the text
		printf "$text" >"$BATS_TEST_TMPDIR/in"
		[ "$("$UNIT" text looks-alike <"$BATS_TEST_TMPDIR/in")" = "$1" ] || {
			echo "$text: not $1: $("$UNIT" text looks-alike <"$BATS_TEST_TMPDIR/in")"
			return 1
		}
	done
}

@test "look-alikes: a letter beside ASCII letters, of any script" {
	alike 'U+1D42B r' '\U0001D42Bm' 'x \U0001D42Bm'
	alike 'U+FF52 r' '\uFF52m' '\uFF52\uFF4D'
	alike 'U+13AA A' '\u13AApple'
	alike 'U+0261 g' '\u0261it' '/usr/bin/\u0261it'
	alike 'U+057D u' 's\u057Ddo'
	alike 'U+0131 i' 'g\u0131t'
	alike 'U+30CE /' 'etc\u30CEpasswd'
}

@test "look-alikes: a word whose letters all look like ASCII" {
	alike 'U+0441 c' '\u0441\u043E\u0440' 'ls \u0441\u043E\u0440'
	alike 'U+13AA A' '\u13AA'
}

@test "look-alikes: a symbol that touches ASCII" {
	alike 'U+2215 /' '/etc\u2215passwd' '\u2215etc'
	alike 'U+2024 .' 'a\u2024b'
	alike 'U+FF1B ;' 'a\uFF1Bb'
	alike 'U+2013 -' '\u2013rf'
}

@test "look-alikes: not what people write" {
	# shellcheck disable=SC1112 # the quotes are meant
	refuses looks-alike '' 'plain' 'привет' 'größe' 'naïve café' 'don’t' '“quoted”' 'a – b' 'pages 1–2' \
		'日本語のファイル' '修复：登录' 'हिन्दी' '한국어' 'wait… what' 'Ελλάδα'
}

# Folding

# fold AT INDENT COLUMNS TEXT
fold() {
	printf %s "$4" | "$UNIT" fold append "$1" "$2" "$3"
}

@test "folded: no line is too wide, none but the first begins with the text, none of it is lost" {
	"$UNIT" fold promises
}

@test "folded: columns are counted as one for ASCII and as two for everything else" {
	[ "$(printf %s 'a b-~' | "$UNIT" fold columns)" -eq 5 ]
	[ "$(printf %s 'é日🔥' | "$UNIT" fold columns)" -eq 6 ]
	[ "$(printf 'e\u0301' | "$UNIT" fold columns)" -eq 3 ]
}

@test "folded: a line ends behind a space in its second half, else where it is full" {
	[ "$(fold 0 2 10 'aaaa bbbbcccc')" = $'aaaa bbbbc\n  ccc' ]
	[ "$(fold 0 2 10 'aaaaa bbbbcccc')" = $'aaaaa \n  bbbbcccc' ]
	[ "$(fold 0 2 10 'aaaaaaaaa b')" = $'aaaaaaaaa \n  b' ]
	[ "$(fold 0 2 10 'aaaaaaaaaa b')" = $'aaaaaaaaaa\n   b' ]
	[ "$(fold 0 2 10 'aaaaaaaaaa')" = aaaaaaaaaa ]
	[ "$(fold 0 2 9 '日日日日日')" = $'日日日日\n  日' ]
}

@test "folded: where nothing goes behind what stands there, the text begins on the next line" {
	[ "$(fold 10 2 10 'aaa')" = $'\n  aaa' ]
	[ "$(fold 12 2 10 'aaa')" = $'\n  aaa' ]
	[ "$(fold 9 2 10 '日')" = $'\n  日' ]
	[ "$(fold 12 2 10 '')" = '' ]
}

@test "folded: on the narrowest screen the indent shrinks, and the text goes on" {
	[ "$(fold 0 13 5 'aaaaaaa')" = $'aaaaa\n  aa' ]
	[ "$(fold 13 13 1 'aaaaa')" = $'\n  aa\n  aa\n  a' ]
}

@test "folded: without a width the text is as it was" {
	[ "$(fold 13 13 0 "$(printf %0500d 0)")" = "$(printf %0500d 0)" ]
}

@test "folded: what is cut ends in an ellipsis, and fits with it" {
	cut() {
		printf %s "$2" | "$UNIT" fold cut "$1"
	}
	[ "$(cut 5 aaaaa)" = aaaaa ]
	[ "$(cut 5 aaaaaa)" = aaa… ]
	[ "$(cut 6 日日日日)" = 日日… ]
	[ "$(cut 7 日日日日)" = 日日… ]
	[ "$(cut 8 日日日日)" = 日日日日 ]
	[ "$(cut 4 ……………)" = …… ]
	[ "$(cut 5 '')" = '' ]
}

# Notations

@test "duration: numbers with units, and sums of them" {
	each_argument duration <<'END'
0|0
0s|0
5|5000000
1us|1
1µs|1
1μs|1
1usec|1
500ms|500000
500msec|500000
5s|5000000
5sec|5000000
1second|1000000
5seconds|5000000
5m|300000000
5min|300000000
1minute|60000000
5minutes|300000000
2h|7200000000
2hr|7200000000
1hour|3600000000
2hours|7200000000
2d|172800000000
1day|86400000000
2days|172800000000
1w|604800000000
1week|604800000000
2weeks|1209600000000
1h 30min|5400000000
1h30min|5400000000
1 h  30 min|5400000000
30min 1h|5400000000
1s 1s|2000000
 5s |5000000
 5 |5000000
007s|7000000
9223372036854775807us|9223372036854775807
9223372036854s|9223372036854000000
END
}

@test "duration: what is no duration is refused" {
	each_argument duration <<'END'
|EINVAL
 |EINVAL
s|EINVAL
-1|EINVAL
-1s|EINVAL
+1s|EINVAL
1.5s|EINVAL
1e3s|EINVAL
0x10|EINVAL
5S|EINVAL
5M|EINVAL
5months|EINVAL
1y|EINVAL
5sx|EINVAL
5s,|EINVAL
5 5|EINVAL
1h 30|EINVAL
30 1h|EINVAL
1h30|EINVAL
5s min|EINVAL
infinity|EINVAL
٣s|EINVAL
99999999999999999999x|EINVAL
END
}

@test "duration: what can't be added to a time is out of range" {
	each_argument duration <<'END'
9223372036854775808us|ERANGE
9223372036855s|ERANGE
18446744073709551615us|ERANGE
18446744073709551616us|ERANGE
18446744073709551616|ERANGE
18446744073709551615|ERANGE
99999999999999999999d|ERANGE
30500568904944w|ERANGE
9223372036854775807us 1us|ERANGE
18446744073709551615us 1us|ERANGE
END
}

@test "duration: is shown with its two largest units" {
	each_argument show-duration <<'END'
0|0s
1|1us
999|999us
1000|1ms
320000|320ms
320123|320ms 123us
999999|999ms 999us
1000000|1s
1000001|1s 1us
59999999|59s 999ms
299000000|4min 59s
299999999|4min 59s
300000000|5min
3600000000|1h
3605000000|1h 5s
3720000000|1h 2min
86399999999|23h 59min
86400000000|1d
90000000000|1d 1h
18446744073709551615|213503982d 8h
END
}

@test "size: numbers with units, powers of 1024" {
	each_argument size <<'END'
0|0
4096|4096
17B|17
17 B|17
64K|65536
64KB|65536
64KiB|65536
64 KiB|65536
128M|134217728
128MB|134217728
128MiB|134217728
1G|1073741824
1GB|1073741824
1GiB|1073741824
1T|1099511627776
1TB|1099511627776
1TiB|1099511627776
 1K |1024
16777215T|18446742974197923840
18446744073709551615|18446744073709551615
END
}

@test "size: what is no size is refused, what needs more than 64 bits is out of range" {
	each_argument size <<'END'
|EINVAL
K|EINVAL
-1|EINVAL
1.5K|EINVAL
1k|EINVAL
1m|EINVAL
1Kib|EINVAL
1Ki|EINVAL
1KK|EINVAL
1K 1|EINVAL
1K1|EINVAL
1 1|EINVAL
0x10|EINVAL
infinity|EINVAL
99999999999999999999x|EINVAL
16777216T|ERANGE
18446744073709551616|ERANGE
18014398509481984K|ERANGE
END
}

@test "size: is shown to a tenth of the largest unit" {
	each_argument show-size <<'END'
0|0 B
17|17 B
1023|1023 B
1024|1 KiB
1075|1 KiB
1076|1.1 KiB
1229|1.2 KiB
1536|1.5 KiB
65536|64 KiB
1048524|1023.9 KiB
1048525|1 MiB
1048575|1 MiB
1048576|1 MiB
134217728|128 MiB
1073741823|1 GiB
1099511627776|1 TiB
1125899906842624|1 PiB
1152921504606846976|1 EiB
1152921504606846975|1 EiB
18446744073709551615|16 EiB
END
}

@test "number: digits within the limits" {
	[ "$("$UNIT" text number 0 0 0)" = 0 ]
	[ "$("$UNIT" text number 5 5 7)" = 5 ]
	[ "$("$UNIT" text number 7 5 7)" = 7 ]
	[ "$("$UNIT" text number 007 5 7)" = 7 ]
	[ "$("$UNIT" text number 18446744073709551615 0 18446744073709551615)" = 18446744073709551615 ]
}

@test "number: anything else is refused" {
	local text

	for text in '' ' ' ' 5' '5 ' +5 -5 5.0 5e0 0x5 5K '5
' a 99999999999999999999x; do
		run "$UNIT" text number "$text" 0 10
		[ "$status" -eq 1 ]
		[ "$output" = EINVAL ]
	done
	for text in 4 8 18446744073709551615 18446744073709551616 99999999999999999999999; do
		run "$UNIT" text number "$text" 5 7
		[ "$status" -eq 1 ]
		[ "$output" = ERANGE ]
	done
	run "$UNIT" text number 18446744073709551616 0 18446744073709551615
	[ "$output" = ERANGE ]
}

@test "time: is shown in UTC to the millisecond, whatever the time zone" {
	TZ=Asia/Kolkata each_argument time <<'END'
0|1970-01-01T00:00:00.000Z
999|1970-01-01T00:00:00.000Z
1000|1970-01-01T00:00:00.001Z
86399999999|1970-01-01T23:59:59.999Z
951782400000000|2000-02-29T00:00:00.000Z
951868800000000|2000-03-01T00:00:00.000Z
1709164800000000|2024-02-29T00:00:00.000Z
1735689599999999|2024-12-31T23:59:59.999Z
1795155477123456|2026-11-20T06:17:57.123Z
4107542399000000|2100-02-28T23:59:59.000Z
4107542400000000|2100-03-01T00:00:00.000Z
253402300799999999|9999-12-31T23:59:59.999Z
253402300800000000|ERANGE
18446744073709551615|ERANGE
END
}

@test "time: every day of four centuries is the one that date(1) says" {
	local tmp=$BATS_TEST_TMPDIR

	seq -f '@%.0f' 0 86400 $((146097 * 86400)) >"$tmp/days"
	date --utc --file="$tmp/days" +%Y-%m-%dT00:00:00.000Z >"$tmp/expected"
	sed 's/@//; s/$/000000/' "$tmp/days" | xargs "$UNIT" text time | diff "$tmp/expected" -
}

@test "host: a label of the DNS is decoded as Unicode's own decoder does, or left as it is" {
	python3 - >"$BATS_TEST_TMPDIR/hosts" <<-'END'
		import random
		random.seed(3492)
		texts = "bücher аррӏе 例え ελληνικά раураl münchen-ost ü ☃ 日本語 ascii-ü ひとつ屋根の下2 a\u200db".split()
		for i in range(2000):
		    letters = random.choice(["abcü-1", "аеоp", "日本語a", "\U0001f600\U0010fffd\u0301z", "\x80\xff"])
		    text = "".join(random.choice(letters) for _ in range(random.randint(1, 12)))
		    if not text.isascii():
		        texts.append(text)
		for text in texts:
		    print("xn--" + text.encode("punycode").decode(), text)
	END
	cut -d' ' -f1 "$BATS_TEST_TMPDIR/hosts" | "$UNIT" text decode-host \
		| diff - <(cut -d' ' -f2 "$BATS_TEST_TMPDIR/hosts")
	assert_same 'https://www.xn--bcher-kva.example:443/xn--tda?a=XN--TDA.' \
		'https://www.bücher.example:443/ü?a=ü.'
	for text in xn-- xn--- xn--abc- xn--debian- xn--zzzzzzzzzzzz xn--99999999 xn--a_b xn--- \
		xn--8888888888888888888888888888888888 bcher-kva axn--tda xn-tda \
		"xn--$(printf 'a%.0s' {1..60})-tda"; do
		assert_same "$text" "$text"
	done
}

# assert_same HOST SHOWN
assert_same() {
	[ "$(printf %s "$1" | "$UNIT" text decode-host)" = "$2" ] || {
		echo "$1 -> $(printf %s "$1" | "$UNIT" text decode-host)"
		return 1
	}
}

@test "hex: lower-case digits, as many as are wanted" {
	[ "$("$UNIT" text hex '' 0)" = '' ]
	[ "$("$UNIT" text hex 00 1)" = 00 ]
	[ "$("$UNIT" text hex 0123456789abcdef 8)" = 0123456789abcdef ]
	[ "$("$UNIT" text hex ff7f80 3)" = ff7f80 ]
}

@test "hex: anything else is refused" {
	local text

	for text in '' a abc abcd AB aB 'g0' '0g' '0x' ' a' '+1' '/0' ':0' '`0' '@0' 'ä'; do
		run "$UNIT" text hex "$text" 1
		[ "$status" -eq 1 ]
		[ "$output" = EINVAL ]
	done
}

@test "uuid: the canonical form alone" {
	local text

	for text in 00000000-0000-0000-0000-000000000000 01234567-89ab-cdef-0123-456789abcdef \
		ffffffff-ffff-ffff-ffff-ffffffffffff; do
		[ "$("$UNIT" text uuid "$text")" = "$text" ]
	done
	for text in '' 01234567-89ab-cdef-0123-456789abcde 01234567-89ab-cdef-0123-456789abcdef0 \
		0123456789abcdef0123456789abcdef 01234567-89AB-cdef-0123-456789abcdef \
		'{1234567-89ab-cdef-0123-456789abcde}' 01234567_89ab_cdef_0123_456789abcdef \
		0123456-789ab-cdef-0123-456789abcdef 01234567-89ab-cdef-0123-456789abcdeg \
		01234567-89ab-cdef-0123456789abcdef---; do
		run "$UNIT" text uuid "$text"
		[ "$status" -eq 1 ]
		[ "$output" = EINVAL ]
	done
}
