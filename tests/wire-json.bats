#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
#
# Strict JSON at the socket: what is accepted, and what each thing that isn't is told. The ^ in a
# line stands before the byte that the daemon must name.

load wire

@test "JSON in order is taken, however it is written" {
	start_daemon --default-action allow

	allowed "$OPEN}" \
		"  $OPEN } " \
		$'\t'"$OPEN"$'\r\t }\r' \
		"${OPEN//:/ : }}" \
		"${OPEN//,/ ,$'\t'}}" \
		"${OPEN//local.exec/\\u006co\\u0063al.exec}}" \
		"${OPEN//\"action\"/\"\\u0061ction\"}}" \
		"${OPEN//\//\\/}}"
	check_cases
}

@test "every value that JSON has is taken where nobody looks at it" {
	local value

	start_daemon --default-action allow
	for value in null true false 0 -0 -1 1.5 1e2 1E+2 1e-2 -0.0e0 0e0 0.10 \
		123456789012345678901234567890123456789012345678901234567890123 \
		1e400 -1e400 1e-400 \
		'[]' '{}' '[ ]' '{ }' '[[],{}]' '[1,"a",null,true,{"x":[]}]' '{"":{}}' \
		'""' '"\"\\\/\b\f\n\r\t"' '"\u0001\u001f\u007f\uFFFF\ufffe"' '"\ud83d\ude00\uDBFF\udfff"' \
		'"{[,:]}"' '"ä€😀"' $'"\x7f"' $'"\u0080\u07ff\u0800\ud7ff\ue000\uffff"' \
		$'"\U00010000\U0010ffff"' '"\u200b\u202e\ufeff"' '"null"' '"//"' '"/* */"'; do
		allowed "$OPEN,\"x\":$value}"
	done
	check_cases
}

@test "an unknown key is ignored, also one that differs in case alone" {
	start_daemon --default-action allow

	allowed "$OPEN,\"Action\":\"x\"}" \
		"$OPEN,\"ACTION\":1,\"Executable\":null,\"ARGS\":{},\"Wait_ms\":-1,\"Detail\":\"\"}" \
		"$OPEN,\"\":0}" \
		"$OPEN,\"action \":0}" \
		"$OPEN,\"token_id\":5,\"fingerprint\":[],\"state\":{},\"reason\":1,\"always\":1}" \
		"$OPEN,\"ключ\":\"значение\"}" \
		"$OPEN,\"rule\":1,\"decision\":\"allow\"}"
	check_cases
}

@test "what is empty is told so" {
	start_daemon --default-action allow

	faulty 'it is empty' '^' ' ^' $' \t\r ^' $'\r^'
	check_cases
}

@test "what is no object is told so" {
	start_daemon --default-action allow

	faulty 'it is not a JSON object' '^[]' '^["local.exec"]' "^[$OPEN}]" '^"local.exec"' '^5' \
		'^true' '^null' '^nonsense' ' ^[' "^'a'" '^GET / HTTP/1.1' '^}' '^,' '^//{}' '^/**/{}' \
		'^NaN' '^#' $'^\v{}' $'^\xc2\xa0{}'
	# A byte order mark is none of an object.
	faulty 'it is not a JSON object' $'^\xef\xbb\xbf'"$OPEN}" $'^\xff\xfe{' $'^\xfe\xff'
	faulty 'it is not a JSON object' '^␀' '^␀{}'
	check_cases
}

@test "an object that ends early is told so" {
	start_daemon --default-action allow

	faulty 'the JSON ends early' '{^' '{ ^' '{"^' '{"a^' '{"a"^' '{"a":^' '{"a": ^' '{"a":1^' \
		'{"a":1 ^' '{"a":1,^' '{"a":"^' '{"a":"b^' '{"a":"b"^' '{"a":"\^' '{"a":"\u^' \
		'{"a":"\u12^' '{"a":[^' '{"a":[1^' '{"a":[1,^' '{"a":{^' '{"a":{}^' '{"a":-^' '{"a":1.^' \
		'{"a":1e^' '{"a":1e+^' "$OPEN^"
	check_cases
}

@test "what follows the object is told so" {
	start_daemon --default-action allow

	faulty 'something follows the JSON object' "$OPEN}^}" "$OPEN}^,"  "$OPEN} ^$OPEN}" "{}^{}" \
		"$OPEN}^ä" "$OPEN}^//" "$OPEN}^#" "$OPEN}^;" "$OPEN}"$'^\v' "$OPEN}"$'^\xff'
	faulty 'something follows the JSON object' "$OPEN}^␀" "$OPEN} ^␀ "
	check_cases
}

@test "what only looks like JSON is told so" {
	local value

	start_daemon --default-action allow
	faulty 'this is not JSON' "{^'action':'local.exec'}" '{^action:"local.exec"}' '{^,}' \
		'{"a":1,^}' '{"a"^}' '{"a"^,"b"}' '{"a"^=1}' '{"a":^}' '{"a":1 ^"b":2}' '{"a":1^:2}' \
		'{^1:2}' '{^null:1}' '{^[]:1}' '{"a":1^]' '{^/**/"a":1}' '{^//' '{"a":1^/**/}' \
		$'{^\v"a":1}' $'{^\xc2\xa0"a":1}' $'{^\xff"a":1}' $'{^\xef\xbb\xbf"a":1}' '{^\u0022a":1}'
	for value in '^]' '^}' '^,' '^:' '[^,]' '[1,^]' '[1 ^2]' '[1^:2]' '[1^}' '{^]' "^'a'" '^a' \
		'^NaN' '^Infinity' '^undefined' '^True' '^NULL' '^+1' '^.5' '1^a' '0^x10' '1^_000' \
		'1.5^.5' '""^""' '"a"^b' '"a" ^+ "b"' '^<a>' '^(1)' '^∞' '^\u0031'; do
		faulty 'this is not JSON' "{\"x\":$value}"
	done
	check_cases
}

@test "a number that JSON doesn't have is told so" {
	local value

	start_daemon --default-action allow
	for value in '^01' '^-01' '^00' '^0123' '-^' '-^a' '-^Infinity' '-^.5' '1.^' '1.^e5' '1.^.' '1e^' \
		'1e+^' '1e^.5' '1E-^a' '-^-1'; do
		faulty "a number that JSON doesn't have" "{\"x\":$value}"
	done
	faulty 'a number is longer than 63 characters' "{\"x\":^$(text 64 1)}" \
		"{\"x\":[1,^0.$(text 62 1)]}" "{\"x\":^-$(text 63 1)}" "{\"x\":^$(text 60000 9)}"
	allowed "$OPEN,\"x\":$(text 63 1)}"
	check_cases
}

@test "an escape that JSON doesn't have is told so" {
	local value

	start_daemon --default-action allow
	for value in '^\x' '^\a' '^\0' "^\\'" '^\ ' '^\U0041' '\u^G' '\u^' '\u12^' '\u123^' '\u12^G4' \
		'\u123^ ' '\u^-123' '\u^+123' '\u0^x41' '\u^{41}' '\n^\v' $'^\\\x01' '^\ä'; do
		faulty "an escape that JSON doesn't have" "{\"x\":\"$value\"}" "{\"$value\":1}" \
			"{\"x\":[{\"y\":\"$value\"}]}"
	done
	check_cases
}

@test "a control character in a string is told so" {
	local code c

	start_daemon --default-action allow
	for code in {1..9} {11..31}; do
		printf -v code '\\x%x' "$code"
		printf -v c %b "$code"
		faulty 'a control character stands unescaped in a string' "{\"x\":\"^$c\"}" "{\"a^$c\":1}"
	done
	check_cases
}

@test "a NUL is told, raw or escaped, wherever it stands" {
	start_daemon --default-action allow

	faulty 'a NUL character' '{"x":"^\u0000"}' '{"x":"a^\u0000b"}' '{"^\u0000":1}' \
		'{"x":[[{"y^\u0000":1}]]}' "$OPEN,\"cwd\":\"/tmp^\\u0000/../etc\"}" \
		"${OPEN/git/git^\\u0000}}" "${OPEN/local.exec/local.exec^\\u0000}}"
	faulty 'a NUL character' '{"x":"^␀"}' '{"^␀":1}' '{"x":"abc^␀' '{"x":^␀}' '{"x":[1,^␀' \
		"${OPEN/git/git^␀}}" "${OPEN/local.exec/local.exec^␀}}"
	# Between what is in order it is not taken for white space.
	faulty 'this is not JSON' '{^␀}' '{"x"^␀:1}' '{"x":1^␀}' '{"x":[1^␀]}'
	# An escaped backslash before it makes it six characters.
	allowed "$OPEN,\"x\":\"\\\\u0000\"}"
	check_cases
}

@test "half a surrogate pair is told, whichever half" {
	local value

	start_daemon --default-action allow
	for value in '^\ud800' '^\uD800' '^\uDBFF' '^\udc00' '^\uDFFF' '^\ud800x' '^\ud800\n' '^\ud800\"' \
		'^\ud800 \udc00' '^\ud800\u0041' '^\ud800\ud800' '^\ud800\uE000' '^\udbff\udbff' \
		'^\ude00\ud83d' '\ud83d\ude00^\ude00' '^\ud83d\ud83d\ude00' 'a^\udc00b' '^\ud800\/' \
		$'^\\ud800\xed\xb0\x80'; do
		faulty 'half a surrogate pair' "{\"x\":\"$value\"}" "{\"$value\":1}" \
			"{\"x\":{\"y\":[\"$value\"]}}"
	done
	# A pair whose second half isn't four hexadecimal digits is a wrong escape.
	faulty "an escape that JSON doesn't have" '{"x":"\ud800\u^"}' '{"x":"\ud800\udc0^"}' \
		'{"x":"\ud800\udc0^g"}'
	check_cases
}

@test "invalid UTF-8 of every kind is told, wherever it stands in a string" {
	local -A bytes=(
		[a lone continuation byte]='^\x80'
		[the last continuation byte alone]='^\xbf'
		[a continuation byte too many]='\xc3\xa4^\x80'
		[a slash in two bytes]='^\xc0\xaf'
		[a NUL in two bytes]='^\xc0\x80'
		[the last overlong form of two bytes]='^\xc1\xbf'
		[a NUL in three bytes]='^\xe0\x80\x80'
		[the last overlong form of three bytes]='^\xe0\x9f\xbf'
		[a NUL in four bytes]='^\xf0\x80\x80\x80'
		[the last overlong form of four bytes]='^\xf0\x8f\xbf\xbf'
		[the first surrogate]='^\xed\xa0\x80'
		[the last surrogate]='^\xed\xbf\xbf'
		[a surrogate pair]='^\xed\xa0\xbd\xed\xb8\x80'
		[the first past U+10FFFF]='^\xf4\x90\x80\x80'
		[a lead byte past U+10FFFF]='^\xf5\x80\x80\x80'
		[a form of five bytes]='^\xf8\x88\x80\x80\x80'
		[a form of six bytes]='^\xfc\x84\x80\x80\x80\x80'
		[0xfe]='^\xfe'
		[0xff]='^\xff'
		[two bytes cut to one]='^\xc3'
		[three bytes cut to one]='^\xe2'
		[three bytes cut to two]='^\xe2\x82'
		[four bytes cut to one]='^\xf0'
		[four bytes cut to three]='^\xf0\x9f\x98'
		[a character in the place of a continuation]='^\xc3('
		[a character in the place of the third]='^\xe2\x82x'
		[Latin-1]='^\xe4rger'
		[behind what is valid]='\xe2\x82\xac \xf0\x9f\x98\x80^\xff'
	)
	local kind value

	start_daemon --default-action allow
	for kind in "${!bytes[@]}"; do
		printf -v value '%b' "${bytes[$kind]}"
		faulty 'this is not UTF-8' "{\"x\":\"$value\"}" "{\"$value\":1}" \
			"{\"x\":[{\"y\":[\"$value\"]}]}" "${OPEN/git/g$value}}" \
			"${OPEN/status/$value}}" "${OPEN/local.exec/$value}}" "{\"x\":\"$value"
	done
	check_cases
}

@test "a key given twice is told, also one that is written with an escape" {
	start_daemon --default-action allow

	faulty 'a key is given twice' '{"a":1,^"a":1}' '{"a":1,^"a":2}' '{"":1,^"":2}' \
		'{"a":1,"b":2,"c":3,^"a":4}' '{"b":1,"a":2,"c":3,^"b":4,"d":5}' \
		'{"a":1,^"\u0061":2}' '{"\u0061":1,^"a":2}' '{"\u0061":1,^"\u0061":2}' \
		'{"é":1,^"\u00e9":2}' '{"\u00E9":1,^"\u00e9":2}' '{"😀":1,^"\uD83D\uDE00":2}' \
		'{"/":1,^"\/":2}' '{"\n":1,^"\u000a":2}' '{"\\":1,^"\u005C":2}' '{"\"":1,^"\u0022":2}' \
		'{"a":1,^"a":1,"a":1}' "$OPEN,^\"action\":\"local.exec\"}" \
		"$OPEN,^\"\\u0061ction\":\"local.exec.approve\"}" \
		"$OPEN,^\"executable\":\"/bin/rm\"}" "$OPEN,^\"ar\\u0067s\":[]}" \
		"{\"detail\":true,\"x\":1,^\"detail\":null,\"action\":\"local.exec\"}"
	check_cases
}

@test "a key given twice is told in whichever object it stands" {
	start_daemon --default-action allow

	faulty 'a key is given twice' '{"x":{"a":1,^"a":1}}' '{"x":[{"a":1,^"\u0061":1}]}' \
		'{"x":[[[{"b":1},{"a":{},^"a":{}}]]]}' '{"x":{"y":{"z":{"a":1,"b":2,^"a":3}}}}' \
		'{"x":{"a":{"a":{"a":1},"b":2,^"a":3}}}' '{"a":{"a":1},^"a":1}' \
		"$OPEN,\"y\":{\"k\":1,^\"k\":1},\"z\":1}" '{"x":{"q":{"a":1},"r":{"a":1},^"q":2}}'
	# In two objects it may stand once in each; and keys that differ are not the same.
	allowed "$OPEN,\"x\":{\"action\":1,\"x\":{\"action\":2}},\"y\":[{\"a\":1},{\"a\":1}]}" \
		"$OPEN,\"a\":1,\"A\":2,\"aa\":3,\"a \":4,\"\":5,\"\\u0061b\":6,\"á\":7,\"a\u0301\":8}"
	check_cases
}

@test "sixteen levels are taken, seventeen are not" {
	local n arrays objects

	start_daemon --default-action allow
	for n in 14 15; do
		arrays=$(text "$n" '[')$(text "$n" ']')
		objects=$(text "$n" '{"a":')1$(text "$n" '}')
		allowed "$OPEN,\"x\":$arrays}" "$OPEN,\"x\":$objects}"
	done
	# One level's end gives its place back to the next.
	allowed "$OPEN,\"x\":$arrays,\"y\":[$(text 20 '[],')${arrays:1:-1}],\"z\":$objects}"

	faulty 'it is nested more than 16 levels deep' "$OPEN,\"x\":$(text 15 '[')^[]$(text 15 ']')}" \
		"$OPEN,\"x\":$(text 15 '[')^{}$(text 15 ']')}" \
		"$OPEN,\"x\":$(text 15 '{"a":')^{}$(text 15 '}')}" \
		"$OPEN,\"x\":$(text 15 '{"a":')^[]$(text 15 '}')}" \
		"{\"x\":$(text 7 '[{"a":')[^{" \
		"{\"x\":$(text 15 '[')^$(text 65000 '[')" \
		"{\"a\":$(text 15 '{"a":')^$(text 12000 '{"a":')"
	check_cases
}
