#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
#
# The wrapper of CI jobs with a bundle from `make release`: $RELEASE_BUNDLE, signed with a key of
# $RELEASE_SIGNERS. Not part of make check: .ci/run makes such a bundle.

# shellcheck disable=SC2034,SC2154 # some variables are those of lib.bash and of bats

load lib
load runner
load ci
load https
load gate

setup_file() {
	make_gate_keys
}

setup() {
	lib_setup
	use_gate
	at_github
	rm -r "$BUNDLE"
	cp -R "$RELEASE_BUNDLE" "$BUNDLE"
	SIGNERS=$RELEASE_SIGNERS
	WRAPPERS=$BUNDLE/ci
}

@test "the bundle of a release promotes what may be promoted, and nothing else" {
	run gate
	assert_status 0
	assert_output -p 'firma-runner: allowed: dec_'
	published allow

	release refused
	run gate
	assert_status 1
	assert_output -p 'firma-runner: not allowed (block): dec_'
	published block
}

@test "with another byte in it, the bundle of a release is refused" {
	printf x >>"$BUNDLE/linux-amd64/libcjson.so.1"
	run gate
	assert_status 3
	assert_output -p 'the bundle is not what was signed'
	not_published
}
