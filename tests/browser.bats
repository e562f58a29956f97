#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
#
# The evidence report in a real browser, Chromium: it shows no element that comes from a request, and
# loads nothing. Not part of make check: `make check FILES=tests/browser.bats`.
#
# What is set here may be for the library:
# shellcheck disable=SC2034

load report

setup() {
	FIRMA_EVIDENCE=
	lib_setup
	command -v chromium >/dev/null || fail 'chromium is not installed: run ./bootstrap --checks'
}

# Starts a server that records each connection in $TMP/connected. Sets PORT.
listen() {
	_spawn python3 - "$TMP" <<-'END'
		import os, socket, sys

		server = socket.create_server(("127.0.0.1", 0))
		with open(sys.argv[1] + "/port.new", "w") as port:
		    port.write(str(server.getsockname()[1]))
		os.rename(sys.argv[1] + "/port.new", sys.argv[1] + "/port")
		while True:
		    connection = server.accept()[0]
		    with open(sys.argv[1] + "/connected", "a") as log:
		        log.write(repr(connection.recv(4096)) + "\n")
		    connection.close()
	END
	LISTENER=$!
	BACKGROUND["listener"]=$LISTENER
	_until "$LISTENER" test -e "$TMP/port" || fail 'there is no listener'
	PORT=$(<"$TMP/port")
}

# browse FILE: prints the page's document after the browser has loaded it.
browse() {
	HOME=$TMP chromium --headless --no-sandbox --disable-gpu --no-first-run --disable-dev-shm-usage \
		--user-data-dir="$TMP/chromium" --virtual-time-budget=5000 --dump-dom "file://$1" 2>"$TMP/chromium.log"
}

@test "in a browser, the page has the elements that firma writes, and loads nothing" {
	listen
	start_daemon --evidence-log "$TMP/evidence" --default-action pending_hitl --max-pending 1000
	ask_to_deceive "http://127.0.0.1:$PORT"
	stop_daemon
	firma evidence report -o "$TMP/page.html" "$TMP/evidence"
	browse "$TMP/page.html" >"$TMP/dom.html"
	grep -q 'Evidence report' "$TMP/dom.html"
	assert_page "$TMP/dom.html"
	[[ ! -e $TMP/connected ]] || fail "the page was not alone: $(<"$TMP/connected")"

	# The test would notice a page that loads something.
	sed "s|^<p class=.*|<img src=http://127.0.0.1:$PORT/x>|; /Content-Security-Policy/,+1d" \
		"$TMP/page.html" >"$TMP/planted.html"
	browse "$TMP/planted.html" >"$TMP/dom.html"
	_until "$LISTENER" test -e "$TMP/connected" || fail 'the planted element was not loaded'
	run ! assert_page "$TMP/dom.html"
}
