# SPDX-License-Identifier: ISC
# shellcheck shell=bash
#
# Servers of a CI or an issuer on loopback, with an authority of the test's own.

# shellcheck disable=SC2034,SC2154 # some variables are for the tests, or those of bats

# make_authority: authority.pem, and with it server.pem, for 127.0.0.1, and foreign.pem, for another.
make_authority() {
	local name

	cd "$BATS_FILE_TMPDIR" || return
	openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=authority -keyout authority.key \
		-out authority.pem -addext basicConstraints=critical,CA:TRUE 2>/dev/null
	openssl req -newkey rsa:2048 -nodes -subj /CN=server -keyout server.key -out server.csr \
		2>/dev/null
	for name in server:IP:127.0.0.1 foreign:DNS:example.org; do
		openssl x509 -req -days 2 -in server.csr -CA authority.pem -CAkey authority.key \
			-CAcreateserial -extfile <(echo "subjectAltName=${name#*:}") \
			-out "${name%%:*}.pem" 2>/dev/null
	done
}

# start_server [CERTIFICATE]: PORT is where it listens; with no argument, server.pem; '' for no TLS.
start_server() {
	local certificate=${1-server}

	mkdir -p "$TMP/ci"
	rm -f "$TMP/ci/port"
	printf %s "${TOKEN-}" >"$TMP/ci/token"
	: >"$TMP/ci/requests"
	_spawn python3 "${BASH_SOURCE[0]%/*}/helper/https-server.py" "$TMP/ci" \
		${certificate:+"$BATS_FILE_TMPDIR/$certificate.pem" "$BATS_FILE_TMPDIR/server.key"} \
		</dev/null
	BACKGROUND[server$!]=$!
	_until $! test -s "$TMP/ci/port" || fail "the server does not start"
	PORT=$(cat "$TMP/ci/port")
}
