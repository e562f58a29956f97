#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
#
# The JSON schemas of the policy and of the allowlist say what the readers do.

# shellcheck disable=SC2154 # some variables are those of lib.bash and of bats

load lib

ROOT=$BATS_TEST_DIRNAME/..
SCHEMAS=$ROOT/policies/schema
VECTORS=$BATS_TEST_DIRNAME/vectors/schema

setup() {
	lib_setup
	/usr/bin/python3 -c 'import jsonschema' 2>/dev/null \
		|| skip 'python3-jsonschema is not installed: run ./bootstrap --checks'
}

teardown() {
	lib_teardown
}

# compare HOW policy|allowlist ARG...: both say the same, of at least one document.
compare() {
	run /usr/bin/python3 "$BATS_TEST_DIRNAME/helper/schema.py" "$1" "$SCHEMAS/$2.schema.json" \
		"$UNIT document $2" "${@:3}"
	assert_status 0
	assert_output -e '^tried [1-9][0-9]*$'
}

# All words that are keys of something in the readers, and more.
words() {
	find "$ROOT/src/gate" -name '*.[ch]' -exec grep -ohE '"[A-Za-z_$][A-Za-z0-9_$]*"' {} + \
		| tr -d '"' | sort -u
}

@test "both are schemas of draft 2020-12" {
	local name

	for name in policy allowlist; do
		run /usr/bin/python3 "$BATS_TEST_DIRNAME/helper/schema.py" valid "$SCHEMAS/$name.schema.json"
		assert_output 'tried 1'
	done
}

@test "each policy and pack that is shipped fits its schema, and names it" {
	local files=("$ROOT"/man/examples/*.json "$ROOT"/policies/packs/*.json
		"$ROOT"/ci/examples/policy-*.json "$ROOT/packaging/debian/policy.json")

	run /usr/bin/python3 "$BATS_TEST_DIRNAME/helper/schema.py" fits "$SCHEMAS/policy.schema.json" \
		"${files[@]}"
	assert_output "tried ${#files[@]}"
}

@test "the readers know the keys of the schema, and no others" {
	words >"$TMP/words"
	compare keys policy "$TMP/words"
	compare keys allowlist "$TMP/words"
}

@test "a key that the schema lacks, or has beyond the reader's, is noticed" {
	words >"$TMP/words"
	mkdir "$TMP/schemas"
	sed 's/"pushes": {/"pulls": {/' "$SCHEMAS/policy.schema.json" >"$TMP/schemas/policy.schema.json"
	run /usr/bin/python3 "$BATS_TEST_DIRNAME/helper/schema.py" keys "$TMP/schemas/policy.schema.json" \
		"$UNIT document policy" "$TMP/words"
	assert_line 'gitRule: the reader knows pushes, the schema does not'
	assert_line 'gitRule: the schema knows pulls, the reader does not'
}

@test "documents are taken or refused by both alike" {
	compare cases policy "$VECTORS/policy.cases"
	compare cases allowlist "$VECTORS/allowlist.cases"
}

@test "a document that was changed anywhere is taken or refused by both alike" {
	compare mutants policy "$VECTORS/policy.json" "$VECTORS/compiled.json" "$VECTORS/registry.json"
	compare mutants allowlist "$VECTORS/allowlist.json"
}
