#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
#
# Patterns, by themselves: what they fit, and what that costs.

# shellcheck disable=SC1003,SC2016 # nothing in quotes is for the shell

load lib

# Each takes a kind (text, path), a pattern and texts.

fits() {
	local text

	for text in "${@:3}"; do
		assert_equal "$2: $text: $("$UNIT" glob "$1" "$2" "$text")" "$2: $text: fits"
	done
}

differs() {
	local text

	for text in "${@:3}"; do
		assert_equal "$2: $text: $("$UNIT" glob "$1" "$2" "$text")" "$2: $text: differs"
	done
}

# is_fault KIND PATTERN...
is_fault() {
	local pattern

	for pattern in "${@:2}"; do
		[[ $("$UNIT" glob "$1" "$pattern" /) == must\ * ]] || fail "taken: $pattern"
	done
}

@test "the known answers about paths hold" {
	run "$UNIT" glob vectors "$BATS_TEST_DIRNAME/vectors/path-pattern.json"
	assert_status 0
	assert_output '18 vectors'
}

@test "in a text, * is any number of characters and ? is one" {
	fits text '*' '' a a/b 'a b' $'a\nb' ü
	fits text '?' a ü € 😀 /
	differs text '?' '' ab üü
	fits text 'a*c' ac abc a/b/c acc abcabc
	differs text 'a*c' a ab acb bac
	fits text '*.*.*' .. a.b.c a.b.c.d
	differs text '*.*.*' a.b
	fits text '?*?' ab aüb €€
	differs text '?*?' a €
	fits text 'ü*' ü üa
	differs text 'ü?' ü ''
	fits text '' ''
	differs text '' a ' '
}

@test "nothing else is special in a text" {
	local c

	for c in '[a]' '{a,b}' '\' '\*' '!a' '^a' 'a|b' '(a)' '+' '.' '~' '$x' '%'; do
		[[ $c == '\*' ]] || fits text "$c" "$c"
		differs text "$c" a b ''
	done
	differs text '\*' '*'
	fits text '\*' '\' '\x'
	differs text 'A' a
}

@test "in a path, * and ? stay inside a segment" {
	fits path '/a/*/c' /a/b/c /a/xyz/c
	differs path '/a/*/c' /a/c /a/b/b/c
	fits path '/a/b*' /a/b /a/bc
	differs path '/a/b*' /a/b/c
	differs path '/a?b' /a/b
	fits path '/*' /a
	differs path '/*' / /a/b
}

@test "in a path, ** is whole segments, and at the end at least one" {
	fits path '/**' /a /a/b
	differs path '/**' /
	fits path '/**/x' /x /a/x /x/x /a/b/x
	differs path '/**/x' /x/a /ax
	fits path '/a/**/b/**/c' /a/b/c /a/x/b/y/z/c /a/b/b/c /a/b/c/c
	differs path '/a/**/b/**/c' /a/c /a/b /a/c/b
	fits path '/a/**' /a/b /a/b/c
	differs path '/a/**' /a /ab/c
	fits path '/a/**/**' /a/b
	differs path '/a/**/**' /a
	fits path '/**/*.d/*' /etc/x.d/y
}

@test "what is no pattern is refused" {
	is_fault text 'a**' '**' '***' 'a**b'
	is_fault path '' a a/b /a/ // /a//b /./a /a/.. '/a**' '/**a' '/a/***' '/a/**b/c' '/x/**/'
}

@test "a pattern made to be slow costs its length times that of the text, and no more" {
	((${#WRAPPER[@]} == 0)) || skip "it runs under another program"
	! grep -q __asan_init "$FIRMA" || skip "a sanitizer has costs of its own"

	run "$UNIT" glob cost
	assert_status 0
	echo "# 60,000 bytes: $output" >&3
	awk -v text="$(field text)" -v pattern="$(field pattern)" -v stars="$(field stars_ms)" \
		-v ms="$(field ms)" 'BEGIN { exit !(text < 3 && pattern < 3 && stars < ms) }' \
		|| fail "$output"
}
