#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
#
# The house keeps its order: a folder of src/ includes only what stands before it, what one file
# alone may touch (cJSON, a clock, libsystemd) is touched by no other, and no two files need each
# other. The checks themselves are tried on trees made up for them.

load lib

# layers DIR
layers() {
	local files

	mapfile -t files < <(find "$1" -name '*.[ch]' | LC_ALL=C sort)
	if ((${#files[@]} == 0)); then
		fail "$1 has no C files"
		return 1
	fi
	LC_ALL=C awk -v src="$1" -f "$BATS_TEST_DIRNAME/layers.awk" "${files[@]}"
}

# put FILE LINE...: a file of the made-up tree, after the license.
put() {
	mkdir -p "$TMP/src/${1%/*}"
	printf '%s\n' '/* SPDX-License-Identifier: ISC */' "${@:2}" >"$TMP/src/$1"
}

# A small house without a fault.
build_house() {
	rm -rf "$TMP/src"
	put base/clock.h '#pragma once'
	put base/clock.c '#include "base/clock.h"' '#include <time.h>' 'int r = clock_gettime(0, 0);'
	put base/json/tree.h '#pragma once'
	put base/json/tree.c '#include "base/json/tree.h"' '#include <cjson/cJSON.h>'
	put gate/token.h '#pragma once' '#include "base/clock.h"'
	put gate/token.c '#include "gate/token.h"' '#include <string.h>' '#include "base/json/tree.h"'
	put ledger/store.h '#pragma once' '#include "gate/token.h"'
	put daemon/sd.h '#pragma once' '#include <systemd/sd-daemon.h>'
	put daemon/sd.c '#include "daemon/sd.h"' '#include <systemd/sd-event.h>'
	put cli/main.c '#include <stdio.h>' '#include "daemon/sd.h"'
}

# found_in_house FAULT FILE LINE...: this file, put into the house, is at fault, and it alone.
found_in_house() {
	build_house
	put "${@:2}"
	run layers "$TMP/src"
	assert_status 1
	assert_output -e "^$2:[0-9]+: $1\$"
}

# The circles among the files below DIR, by their includes. A file, its header and what it shows of
# its inside are one; a generated table belongs to the file that includes it. Says which files.
circles_of_includes() {
	grep -rH '^#include "' --include='*.[ch]' "$1" | sed -n '
		s|^'"$1"'/||
		/-table\.h/d
		s/:#include "/ /
		s/"$//
		s/-internal\.h/.h/g
		s/\.[ch]\( \|$\)/\1/g
		p' | { tsort >/dev/null; } 2>&1
}

# The circles among the object files of the libraries, by the functions that they need.
circles_of_functions() {
	nm -A --defined-only "$@" | sed -n 's/^\([^ ]*\):[0-9a-f]* [TDRBCV] /defines \1 /p' >"$TMP/symbols"
	nm -A --undefined-only "$@" | sed -n 's/^\([^ ]*\): *U /needs \1 /p' >>"$TMP/symbols"
	awk '$1 == "defines" { where[$3] = $2 }
		$1 == "needs" && $3 in where && where[$3] != $2 { print $2, where[$3] }' "$TMP/symbols" |
		{ tsort >/dev/null; } 2>&1
}

@test "the folders of src/ keep their order" {
	run layers "$BATS_TEST_DIRNAME/../src"
	assert_output ''
	assert_status 0
}

@test "a house without a fault is let be" {
	build_house
	run layers "$TMP/src"
	assert_output ''
	assert_status 0
}

@test "a tree without sources is no house" {
	mkdir "$TMP/src"
	run layers "$TMP/src"
	assert_status 1
}

@test "an include from a higher folder is found" {
	found_in_house 'includes "gate/token.h", and gate/ comes after base/' \
		base/map.c '#include "gate/token.h"'
	found_in_house 'includes "ledger/store.h", and ledger/ comes after base/' \
		base/map.c '#  include  "ledger/store.h" /* why not */'
}

@test "each folder may include those before it, and none after it" {
	local folders=(base gate ledger daemon cli sudo) from to

	for ((from = 0; from < 6; from++)); do
		for ((to = 0; to < 6; to++)); do
			build_house
			put "${folders[to]}/other.h" '#pragma once'
			put "${folders[from]}/some.c" "#include \"${folders[to]}/other.h\""
			run layers "$TMP/src"
			assert_status $((to > from ? 1 : 0))
		done
	done
}

@test "an include that names no folder is found" {
	found_in_house 'includes "token.h", which names no folder of the house' \
		gate/rule.c '#include "token.h"'
	found_in_house 'includes "../base/map.h", which names no folder of the house' \
		gate/rule.c '#include "../base/map.h"'
}

@test "cJSON anywhere but in base/json/tree.c is found" {
	found_in_house 'includes <cjson/cJSON.h>' gate/rule.c '#include <cjson/cJSON.h>'
	found_in_house 'includes <cjson/cJSON.h>' base/json/tree.h '#pragma once' '#include <cjson/cJSON.h>'
}

@test "libsystemd anywhere but in daemon/sd and cli/session-bus is found" {
	found_in_house 'includes <systemd/sd-event.h>' daemon/turn.c '#include <systemd/sd-event.h>'
}

@test "a clock read anywhere but in base/clock.c is found" {
	local code

	for code in 'clock_gettime(CLOCK_REALTIME, &ts);' 'now = time(NULL);' 'x = time (&t);' \
		'gettimeofday(&tv, NULL);' 'int (*f)(clockid_t, struct timespec *) = clock_gettime;' \
		'/* a comment */ time(0);' '"a \" string"; time(0);'; do
		found_in_house 'reads a clock' gate/rule.c "$code"
	done
}

@test "what only looks like reading a clock is let be" {
	build_house
	put gate/rule.c '/* time() and clock_gettime() are' ' * for others: time(0) */' \
		'const char *text = "time(0)";' 'text_append_time(b, wall);' 'retry->time(0);' \
		'uint64_t time; // time(0)' "char c = '\"'; int lifetime(void);"
	run layers "$TMP/src"
	assert_output ''
	assert_status 0
}

@test "a file that does not include its own header first is found" {
	found_in_house 'includes <string.h> before its own header, "gate/token.h"' \
		gate/token.c '#include <string.h>' '#include "gate/token.h"'
	found_in_house 'does not include its own header, "gate/token.h"' gate/token.c 'int i;'
}

@test "a header without #pragma once is found" {
	found_in_house 'no #pragma once' gate/rule.h '/* #pragma once */'
}

@test "a file that does not begin with its license is found" {
	build_house
	echo 'int i;' >"$TMP/src/gate/rule.c"
	run layers "$TMP/src"
	assert_output 'gate/rule.c:1: does not begin with its license'
	assert_status 1
}

@test "a file outside of the folders is found" {
	found_in_house 'lies in no folder of the house' util/map.c 'int i;'
	build_house
	echo '/* SPDX-License-Identifier: ISC */' >"$TMP/src/main.c"
	run layers "$TMP/src"
	assert_output 'main.c:1: lies in no folder of the house'
}

@test "no two files include each other, over whatever others" {
	run circles_of_includes "$BATS_TEST_DIRNAME/../src"
	assert_output ''
}

@test "no two files need each other's functions" {
	run circles_of_functions "${FIRMA_SHIPPED%/*}"/lib{base,gate,ledger,daemon,cli}.a
	assert_output ''
}

@test "a circle of includes is found, also one over what a file shows of its inside" {
	build_house
	put gate/token-internal.h '#include "gate/retry.h"'
	put gate/retry.h '#pragma once'
	put gate/retry.c '#include "gate/retry.h"' '#include "gate/token.h"'
	run circles_of_includes "$TMP/src"
	assert_equal "${lines[*]:1}" 'tsort: gate/retry tsort: gate/token'
}

@test "a circle of functions is found" {
	printf 'void a(void);\nvoid b(void);\nvoid a(void) { b(); }\n' >"$TMP/a.c"
	printf 'void a(void);\nvoid b(void);\nvoid b(void) { a(); }\n' >"$TMP/b.c"
	(cd "$TMP" && "${CC:-cc}" -c a.c b.c && ar cr lib.a a.o b.o)
	run circles_of_functions "$TMP/lib.a"
	assert_equal "${lines[*]:1}" "tsort: $TMP/lib.a:a.o tsort: $TMP/lib.a:b.o"
}

# browser.bats needs a browser, and bundle.bats a release: .ci/run runs them.
@test "make check runs each file of tests" {
	cd "$BATS_TEST_DIRNAME" || return
	diff <(printf '%s\n' *.bats | sort) <(sed -n 's|^\ttests/\([a-z-]*\.bats\)\( \\\)*$|\1|p' ../Makefile.am | sort)
}
