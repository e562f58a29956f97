# SPDX-License-Identifier: ISC
# shellcheck shell=bash
#
# A small bundle, made and signed as a release's, for the files that load it after lib and approvers.

# shellcheck disable=SC2034,SC2119,SC2120 # BUNDLE is for the tests, which give arguments, too

# make_bundle [VERSION]: $BUNDLE, signed by alice.
make_bundle() {
	local version=${1-1.2.3}

	BUNDLE=$TMP/bundle
	mkdir -p "$BUNDLE/ci"
	printf 'program' >"$BUNDLE/firma-linux-amd64"
	printf '#!/bin/sh\n' >"$BUNDLE/ci/firma-runner"
	describe_bundle "$version"
	sign_bundle
}

# describe_bundle [VERSION]: writes the manifest.
describe_bundle() {
	local version=${1-1.2.3}

	"$BATS_TEST_DIRNAME/../release/manifest" "$BUNDLE" "$version" 0123abcd \
		>"$BUNDLE/firma.ci-runner-bundles.json" <<-EOT
		binary $version linux/amd64 github-actions,gitlab-ci firma-linux-amd64
		wrapper $version - gitlab-ci ci/firma-runner
	EOT
	list_bundle
}

# list_bundle: writes SHA256SUMS, of the three files.
list_bundle() {
	(cd "$BUNDLE" && sha256sum ci/firma-runner firma-linux-amd64 firma.ci-runner-bundles.json \
		>SHA256SUMS)
}

# sign_bundle [NAME] [NAMESPACE]
sign_bundle() {
	sign "${1-alice}" "${2-firma.release}" <"$BUNDLE/SHA256SUMS" >"$BUNDLE/SHA256SUMS.sig"
}
