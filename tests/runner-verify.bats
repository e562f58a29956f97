#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
#
# `firma runner verify`: accepts only a directory with exactly the files that a signer has signed.

# shellcheck disable=SC2030,SC2031,SC2034,SC2154 # each test is a process; what is set is for lib

load lib
load approvers
load bundle

setup() {
	lib_setup
	use_keys
	make_key alice
	list_signer alice 'namespaces="firma.release"'
	make_bundle
	MANIFEST=$BUNDLE/firma.ci-runner-bundles.json SUMS=$BUNDLE/SHA256SUMS
}

# verifies [OPTION...]
verifies() {
	run --separate-stderr firma runner verify --signers "$SIGNERS" "$@" "$BUNDLE"
	assert_status 0
	refute_stderr
}

# refuses MESSAGE [OPTION...]: the bundle is refused, and only the message is printed.
refuses() {
	run --separate-stderr firma runner verify --signers "$SIGNERS" "${@:2}" "$BUNDLE"
	assert_status 1
	refute_output
	assert_stderr "firma: $1"
}

# signed SED-SCRIPT: the manifest, changed and signed again; with signed_sums the list of sums.
signed() {
	describe_bundle
	sed -i -e "$1" "$MANIFEST"
	list_bundle
	sign_bundle
}

signed_sums() {
	describe_bundle
	sed -i -e "$1" "$SUMS"
	sign_bundle
}

@test "a valid bundle is accepted, and its signer is printed" {
	verifies
	assert_output "version 1.2.3, 3 files, signed by alice, $(ssh-keygen -l -f "$KEYS/alice.pub" | cut -d' ' -f2)"
	cd "$BUNDLE"
	run firma runner verify . --signers "$SIGNERS"
	assert_status 0
}

@test "ssh-keygen and sha256sum agree with it" {
	ssh-keygen -q -Y verify -f "$SIGNERS" -I alice -n firma.release -s "$SUMS.sig" <"$SUMS"
	(cd "$BUNDLE" && sha256sum --check --strict --quiet SHA256SUMS)
	python3 - "$MANIFEST" "$BUNDLE" <<-'EOT'
		import hashlib, json, os, sys
		m = json.load(open(sys.argv[1]))
		assert [f["path"] for f in m["files"]] == ["firma-linux-amd64", "ci/firma-runner"], m
		for f in m["files"]:
		    data = open(os.path.join(sys.argv[2], f["path"]), "rb").read()
		    assert (len(data), hashlib.sha256(data).hexdigest()) == (f["size"], f["sha256"]), f
		assert m["files"][0]["platform"] == "linux/amd64"
		assert m["files"][0]["targets"] == ["github-actions", "gitlab-ci"]
	EOT
}

# Each byte of both lists, of the signature and of each file, changed in one bit.
@test "no byte of a bundle can be changed" {
	_command "$FIRMA"
	python3 - "$SIGNERS" "$BUNDLE" "${CMD[@]}" <<-'EOT'
		import os, subprocess, sys
		signers, bundle, firma = sys.argv[1], sys.argv[2], sys.argv[3:]
		# Under another program, such as valgrind, it is slow: then try only some of them.
		step = 1 if len(firma) == 1 else 41
		def passes():
		    return subprocess.run(firma + ["runner", "verify", "--signers", signers, bundle],
		                          capture_output=True)
		assert passes().returncode == 0
		n = 0
		for name in ("SHA256SUMS", "SHA256SUMS.sig", "firma.ci-runner-bundles.json",
		             "firma-linux-amd64", "ci/firma-runner"):
		    path = os.path.join(bundle, name)
		    whole = open(path, "rb").read()
		    for i in range(0, len(whole), step):
		        with open(path, "r+b") as f:
		            f.seek(i)
		            f.write(bytes([whole[i] ^ 1]))
		        run = passes()
		        assert run.returncode == 1, (name, i, run)
		        assert not run.stdout and name.encode() in run.stderr, (name, i, run)
		        n += 1
		    open(path, "wb").write(whole)
		    for text in (whole[:-1], whole + b"\n", b""):
		        open(path, "wb").write(text)
		        run = passes()
		        # One newline may follow the signature, as ssh-keygen has it.
		        if not name.endswith(".sig") or text.strip() != whole.strip():
		            assert run.returncode == 1, (name, text, run)
		    open(path, "wb").write(whole)
		assert passes().returncode == 0
		print(n, "bytes")
	EOT
}

@test "a missing file and an added one are found, each by its name" {
	rm "$BUNDLE/ci/firma-runner"
	refuses 'ci/firma-runner is missing'
	rm -r "$BUNDLE/ci"
	refuses 'ci/firma-runner is missing'
	mkdir "$BUNDLE/ci"
	printf '#!/bin/sh\n' >"$BUNDLE/ci/firma-runner"
	verifies
	touch "$BUNDLE/ci/more"
	refuses 'ci/more was added: SHA256SUMS does not name it'
	rm "$BUNDLE/ci/more"
	mkdir "$BUNDLE/.empty"
	refuses '.empty was added: SHA256SUMS names no file in it'
	rmdir "$BUNDLE/.empty"
	touch "$BUNDLE/"$'a\nb'
	refuses "\$'a\\nb' was added: SHA256SUMS does not name it"
	rm "$BUNDLE/"$'a\nb' "$SUMS.sig"
	refuses 'SHA256SUMS.sig: is missing'
	sign_bundle
	rm "$MANIFEST"
	refuses 'firma.ci-runner-bundles.json: is missing'
	rm "$SUMS"
	refuses 'SHA256SUMS: is missing'
}

@test "every difference is printed, up to a limit" {
	rm "$BUNDLE/ci/firma-runner"
	printf 'PROGRAM' >"$BUNDLE/firma-linux-amd64"
	run --separate-stderr firma runner verify --signers "$SIGNERS" "$BUNDLE"
	assert_status 1
	assert_stderr $'firma: firma-linux-amd64 has another content than was signed\nfirma: ci/firma-runner is missing'
	touch "$BUNDLE/x"{1..30}
	run --separate-stderr firma runner verify --signers "$SIGNERS" "$BUNDLE"
	assert_status 1
	[[ $stderr == *'firma: and 12 more' ]]
	[[ $(wc -l <<<"$stderr") == 21 ]]
}

@test "a file's size is compared before it is read: a huge file is not read" {
	truncate -s 20G "$BUNDLE/firma-linux-amd64"
	refuses 'firma-linux-amd64 has another size than was signed'
	printf 'program' >"$BUNDLE/firma-linux-amd64"
	truncate -s 2M "$MANIFEST"
	refuses 'firma.ci-runner-bundles.json: is too large'
	truncate -s 2M "$SUMS"
	refuses 'SHA256SUMS: is too large'
	truncate -s 2M "$SUMS.sig"
	refuses 'SHA256SUMS.sig: is too large'
}

@test "links and special files are refused" {
	mv "$BUNDLE/firma-linux-amd64" "$TMP/elsewhere"
	ln -s "$TMP/elsewhere" "$BUNDLE/firma-linux-amd64"
	refuses 'firma-linux-amd64 is a symbolic link'
	rm "$BUNDLE/firma-linux-amd64"
	ln "$TMP/elsewhere" "$BUNDLE/firma-linux-amd64"
	refuses 'firma-linux-amd64 is a hard link: the file has another name'
	rm "$BUNDLE/firma-linux-amd64"
	mkfifo "$BUNDLE/firma-linux-amd64"
	refuses 'firma-linux-amd64 is not a regular file'
	rm "$BUNDLE/firma-linux-amd64"
	mkdir "$BUNDLE/firma-linux-amd64"
	refuses $'firma-linux-amd64 was added: SHA256SUMS names no file in it\nfirma: firma-linux-amd64 is missing'
	rmdir "$BUNDLE/firma-linux-amd64"
	mv "$TMP/elsewhere" "$BUNDLE/firma-linux-amd64"
	mv "$BUNDLE/ci" "$TMP/ci"
	ln -s "$TMP/ci" "$BUNDLE/ci"
	refuses $'ci is a symbolic link\nfirma: ci/firma-runner is missing'
	rm "$BUNDLE/ci"
	mv "$TMP/ci" "$BUNDLE/ci"
	verifies
	mv "$MANIFEST" "$TMP/manifest"
	ln -s "$TMP/manifest" "$MANIFEST"
	refuses 'firma.ci-runner-bundles.json: is a symbolic link'
	rm "$MANIFEST"
	mkfifo "$MANIFEST"
	refuses 'firma.ci-runner-bundles.json: is not a regular file'
	mv "$SUMS" "$TMP/sums"
	ln -s "$TMP/sums" "$SUMS"
	refuses 'SHA256SUMS: is a symbolic link'
}

@test "only a listed signer counts, for this purpose, within the times of the list" {
	make_key mallory
	sign_bundle mallory
	refuses 'SHA256SUMS.sig: the key is not among those of the signers'
	sign_bundle alice firma.approval.v1
	refuses 'SHA256SUMS.sig: the signature was made for another namespace'
	sign_bundle
	rm "$SIGNERS"
	list_signer alice 'namespaces="firma.approval.v1"'
	run firma runner verify --signers "$SIGNERS" "$BUNDLE"
	assert_status 1
	rm "$SIGNERS"
	list_signer alice 'valid-before="20200101Z"'
	run firma runner verify --signers "$SIGNERS" "$BUNDLE"
	assert_status 1
	rm "$SIGNERS"
	list_signer mallory
	list_signer alice
	verifies
}

@test "the signers never come from the bundle" {
	run firma runner verify "$BUNDLE"
	assert_status 2
	cp "$SIGNERS" "$BUNDLE/ci/firma-runner"
	describe_bundle
	sign_bundle
	SIGNERS=$BUNDLE/ci/firma-runner
	refuses 'ci/firma-runner is the file of signers: that must not come with the bundle'
}

@test "without a list of signers nothing is decided" {
	run --separate-stderr firma runner verify --signers "$TMP/none" "$BUNDLE"
	assert_status 3
	assert_stderr "firma: $TMP/none: No such file or directory"
	echo nonsense >"$SIGNERS"
	run firma runner verify --signers "$SIGNERS" "$BUNDLE"
	assert_status 3
	run firma runner verify --signers "$SIGNERS" "$TMP/none"
	assert_status 3
	run firma runner verify --signers /dev/null "$BUNDLE"
	assert_status 1
}

@test "a version that is older than required is refused" {
	verifies --at-least 1.2.3
	verifies --at-least 1.2
	verifies --at-least 0.99.99
	refuses 'the bundle is of version 1.2.3, which is older than 1.2.4' --at-least 1.2.4
	refuses 'the bundle is of version 1.2.3, which is older than 1.10' --at-least 1.10
	refuses 'the bundle is of version 1.2.3, which is older than 1.2.3.1' --at-least 1.2.3.1
	refuses 'the bundle is of version 1.2.3, which is older than 2' --at-least 2
	for version in '' v1 1. .1 1..2 1.2.3.4.5 01 -1 1.2-rc1 9999999999; do
		run firma runner verify --signers "$SIGNERS" --at-least "$version" "$BUNDLE"
		assert_status 2
	done
	# An old program in a new bundle.
	signed '/firma-linux/s/"version":"1.2.3"/"version":"1.2.2"/'
	refuses 'firma.ci-runner-bundles.json: has firma-linux-amd64 in another version than the bundle'"'"'s'
	signed 's/"version":"1.2.3"/"version":"1.2-rc1"/'
	refuses 'firma.ci-runner-bundles.json: version must be whole numbers, such as 1.2.3'
}

@test "a manifest is strict, also when it is signed" {
	local manifest='firma.ci-runner-bundles.json:'

	signed 's|"ci/firma-runner"|"../firma-runner"|'
	refuses "$manifest files[1].path names a file that SHA256SUMS does not"
	signed 's|"ci/firma-runner"|"firma-linux-amd64"|'
	refuses "$manifest files[1].path names firma-linux-amd64 once more, or this list"
	signed 's|"ci/firma-runner"|"firma.ci-runner-bundles.json"|'
	refuses "$manifest files[1].path names firma.ci-runner-bundles.json once more, or this list"
	signed 's|"ci/firma-runner"|1|'
	refuses "$manifest files[1].path must be a string"
	signed '/ci.firma-runner/s|"sha256":"[0-9a-f]*"|"sha256":"'"$(printf %064d 0)"'"|'
	refuses "$manifest files[1].sha256 of ci/firma-runner is not that of SHA256SUMS"
	signed 's|"wrapper"|"surprise"|'
	refuses "$manifest files[1].kind is no kind of file that is known"
	signed 's|"size":7|"size":-7|'
	refuses "$manifest files[0].size must be a whole number from 0 to 268435456"
	signed 's|"size":7|"size":7e0|'
	refuses "$manifest files[0].size must be a whole number from 0 to 268435456"
	signed 's|"size":7|"size":268435457|'
	refuses "$manifest files[0].size must be a whole number from 0 to 268435456"
	signed 's|"kind":"wrapper",||'
	refuses "$manifest files[1].kind is missing"
	signed 's|"kind":"wrapper",|&"run":true,|'
	refuses "$manifest files[1] unknown key 'run'"
	signed 's|"kind":"wrapper",|&"kind":"binary",|'
	run --separate-stderr firma runner verify --signers "$SIGNERS" "$BUNDLE"
	assert_status 1
	[[ $stderr == "firma: $manifest is not strict JSON: a key is given twice, at byte "* ]]
	signed 's|bundles.v1|bundles.v2|'
	refuses "$manifest format must be firma.ci-runner-bundles.v1"
	signed '/firma-linux/d; s/^,//'
	run firma runner verify --signers "$SIGNERS" "$BUNDLE"
	assert_status 1
	echo '{"format":"firma.ci-runner-bundles.v1","version":"1.2.3","commit":"0","files":[]}' >"$MANIFEST"
	list_bundle
	sign_bundle
	refuses "$manifest files is empty"
	echo '[]' >"$MANIFEST"
	list_bundle
	sign_bundle
	run firma runner verify --signers "$SIGNERS" "$BUNDLE"
	assert_status 1
}

@test "a list of sums is strict, also when it is signed" {
	local part="has a name with an empty part, '.' or '..'"

	signed_sums '1s|ci/|../|'
	refuses "SHA256SUMS: line 1 $part"
	signed_sums '1s|ci/|ci/../|'
	refuses "SHA256SUMS: line 1 $part"
	signed_sums '1s|ci/|./|'
	refuses "SHA256SUMS: line 1 $part"
	signed_sums '1s|ci/|ci//|'
	refuses "SHA256SUMS: line 1 $part"
	signed_sums '1s|$|/|'
	refuses "SHA256SUMS: line 1 $part"
	signed_sums '1s|ci/|/bin/|'
	refuses 'SHA256SUMS: line 1 has an absolute name'
	signed_sums '1s|ci/|c i/|'
	refuses 'SHA256SUMS: line 1 has a name with a character that is not in [A-Za-z0-9._+-/]'
	signed_sums "1s|ci/|$(printf 'x%.0s' {1..256})/|"
	refuses 'SHA256SUMS: line 1 has a name that is too long'
	signed_sums '2s|firma.*|ci/firma-runner|'
	refuses 'SHA256SUMS: line 2 names ci/firma-runner once more'
	signed_sums '2s|firma.*|SHA256SUMS|'
	refuses 'SHA256SUMS: line 2 names this list itself, or its signature'
	signed_sums '2s|^.|X|'
	refuses 'SHA256SUMS: line 2 is not as sha256sum writes it'
	signed_sums '2s|  | *|'
	refuses 'SHA256SUMS: line 2 is not as sha256sum writes it'
	signed_sums 's/bundles.json/bungles.json/'
	refuses 'SHA256SUMS: does not name firma.ci-runner-bundles.json'
	signed_sums '1{h;G;G;s/firma-runner/more/}'
	run firma runner verify --signers "$SIGNERS" "$BUNDLE"
	assert_status 1
	printf %s "$(<"$SUMS")" >"$TMP/sums"
	mv "$TMP/sums" "$SUMS"
	sign_bundle
	refuses 'SHA256SUMS: does not end with a line feed'
	describe_bundle
	printf "$(printf %064d 0)  x%d\n" {1..300} >>"$SUMS"
	sign_bundle
	refuses 'SHA256SUMS: names too many files'
	# A file that is only in this list.
	describe_bundle
	echo more >"$BUNDLE/more"
	(cd "$BUNDLE" && sha256sum more >>SHA256SUMS)
	sign_bundle
	refuses 'firma.ci-runner-bundles.json: says nothing of more'
}
