# SPDX-License-Identifier: ISC
#
# awk -v src=DIR -f layers.awk FILE...: whether the C files of DIR (all of them must be given) keep
# to the house's rules about who may know whom. Prints each fault as "FILE:LINE: what", FILE within
# DIR, and exits with 1 if there was one.

BEGIN {
	# A folder includes only what stands before it, or itself.
	n = split("base gate ledger daemon cli sudo", folders)
	for (i = 1; i <= n; i++)
		rank[folders[i]] = i

	# What one place alone may touch: a pattern for the includes or for the code, and that place.
	only_include["cjson/|cJSON"] = "base/json/tree\\.c"
	only_include["curl/"] = "cli/https\\.c"
	only_include["systemd/|libsystemd"] = "(daemon/sd|cli/session-bus)\\.[ch]"
	only_code["(clock_gettime|gettimeofday|timespec_get|sd_event_now)([^A-Za-z0-9_]|$)"] \
		= "base/clock\\.c"
	only_code["(time|times|ftime)[ \t]*\\("] = "base/clock\\.c"

	for (i = 1; i < ARGC; i++)
		exists[within(ARGV[i])] = 1
}

function within(path)
{
	return substr(path, length(src) + 2)
}

function fault(line, what)
{
	printf "%s:%d: %s\n", file, line, what
	faults = 1
}

# The line without comments and without what stands in quotes. in_comment lasts from line to line.
function code_of(line,    out, c, two, quote)
{
	out = ""
	quote = ""
	while (line != "") {
		c = substr(line, 1, 1)
		two = substr(line, 1, 2)
		if (in_comment) {
			in_comment = two != "*/"
			line = substr(line, in_comment ? 2 : 3)
			continue
		}
		if (quote != "" && c == "\\") {
			line = substr(line, 3)
			continue
		}
		if (quote == "" && two == "//")
			break
		if (quote == "" && two == "/*") {
			in_comment = 1
			out = out " "
			line = substr(line, 3)
			continue
		}
		if (quote == "" && (c == "\"" || c == "'"))
			quote = c
		else if (c == quote)
			quote = ""
		if (quote == "" || c == quote)
			out = out c
		line = substr(line, 2)
	}
	return out
}

# What is said of a whole file once it has been read.
function end_of_file()
{
	if (file ~ /\.h$/ && !pragma)
		fault(1, "no #pragma once")
	if (own in exists && !includes)
		fault(1, "does not include its own header, \"" own "\"")
}

function check_include(line,    name, folder, pattern)
{
	name = line
	sub(/^[ \t]*#[ \t]*include[ \t]*/, "", name)
	sub(/[ \t]*(\/[*\/].*)?$/, "", name)
	includes++

	if (own in exists && includes == 1 && name != "\"" own "\"")
		fault(FNR, "includes " name " before its own header, \"" own "\"")

	for (pattern in only_include) {
		if (name ~ ("^[<\"](" pattern ")") && file !~ ("^" only_include[pattern] "$"))
			fault(FNR, "includes " name)
	}
	if (name !~ /^"/ || name == "\"config.h\"")
		return

	folder = substr(name, 2)
	if (!sub(/\/.*/, "", folder) || !(folder in rank))
		fault(FNR, "includes " name ", which names no folder of the house")
	else if (rank[folder] > rank[room])
		fault(FNR, "includes " name ", and " folder "/ comes after " room "/")
}

FNR == 1 {
	if (file)
		end_of_file()

	file = within(FILENAME)
	room = file
	sub(/\/.*/, "", room)
	own = ""
	if (file ~ /\.c$/)
		own = substr(file, 1, length(file) - 1) "h"
	includes = pragma = in_comment = 0

	if (file !~ /^[^\/]+\/[^\/]+(\/[^\/]+)?$/ || !(room in rank))
		fault(1, "lies in no folder of the house")
	if ($0 != "/* SPDX-License-Identifier: ISC */")
		fault(1, "does not begin with its license")
}

!in_comment && /^[ \t]*#[ \t]*include/ {
	check_include($0)
}

/^#pragma once$/ {
	pragma = 1
}

{
	code = code_of($0)
	for (pattern in only_code) {
		if (code ~ ("(^|[^A-Za-z0-9_.>])" pattern) \
			&& file !~ ("^" only_code[pattern] "$"))
			fault(FNR, "reads a clock")
	}
}

END {
	if (file)
		end_of_file()
	exit faults
}
