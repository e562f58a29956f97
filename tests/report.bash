# SPDX-License-Identifier: ISC
# shellcheck shell=bash
#
# What the tests of the page about a record share.

load lib
load hostile

# assert_page FILE: only the elements and attributes that firma writes, one title, and no address.
assert_page() {
	python3 - "$1" <<-'END'
		import html.parser, sys

		# A browser adds tbody.
		known = set("""html head meta title style body h1 h2 p table tbody tr th td ul li footer br
			svg g rect text""".split())
		attributes = set("""lang charset http-equiv content name class viewbox role aria-label x y
			width height text-anchor""".split())

		class Reader(html.parser.HTMLParser):
		    def handle_starttag(self, tag, given):
		        assert tag in known, tag
		        for name, value in given:
		            assert name in attributes, (tag, name)
		            assert "url(" not in (value or ""), value

		    def unknown_decl(self, data):
		        assert False, data

		    def handle_comment(self, data):
		        assert False, data

		text = open(sys.argv[1], encoding="utf-8").read()
		Reader().feed(text)
		assert text.count("<title>firma: evidence report</title>") == 1
		assert "default-src 'none'; style-src 'unsafe-inline'" in text
	END
}

# ask_to_deceive [ADDRESS]: requests with all texts that try to deceive, and with markup that would
# load something from the address.
ask_to_deceive() {
	local i text to=${1-//x}

	expand_texts "$TMP/texts"
	read_texts "$TMP/texts"
	for i in "${!NAMES[@]}"; do
		request_of "$i"
	done | send_lines >"$TMP/replies"
	for text in '<script>alert(1)</script>' "</td><img src=$to/a onerror=alert(1)>" \
		"\"><svg/onload=\"fetch('$to/b')\">" "' style='background:url($to/c)" '&lt;b&gt;' '<!-- ' ']]>' \
		"</style><style>body{background:url($to/d)}</style>" "<link rel=stylesheet href=$to/e>" \
		"<iframe src=$to/f></iframe>" "<meta http-equiv=refresh content='0;url=$to/g'>" \
		"</title></head><body onload=\"location='$to/h'\">"; do
		text=$("$UNIT" object text="$text" | sed 's/^{"text"://; s/}$//')
		# Twice: the page shows first what was asked most.
		request args:="[$text]" agent_id:="$text" session_id:="$text"
		request args:="[$text]" agent_id:="$text" session_id:="$text"
	done | send_lines >>"$TMP/replies"
}
