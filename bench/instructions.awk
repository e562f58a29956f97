# SPDX-License-Identifier: ISC
#
# awk -v requests=N -v made=TEXT -v counts=FILE -v out=FILE [-v profile=KIND] -f instructions.awk KIND...:
# what callgrind counted for N requests, in files named after their kind, as a table of instructions
# a request, by group, beside the figures in `counts`. The new figures go to `out`. Status 1: one is
# more than 5 % above that. With `profile`, only the functions that this kind spends most in.

# The first pattern that a function's file or object matches names its group. Source files are those
# of firma: a function of firma without one is libsodium's, which is linked into it.
BEGIN {
	add("^src/daemon/log", "log")
	add("^src/(base/json/writer|gate/wire/.*reply|daemon/(answer|view))", "reply")
	add("^src/gate/(token/token-print|approval-view)", "reply")
	add("^src/(base/(json/|unicode)|gate/(wire/|fields|invocation))|/libcjson", "read")
	add("^src/gate/(token/fingerprint|field-hash)", "fingerprint")
	add("^src/(ledger/evidence/|daemon/(turn-)?evidence)", "evidence")
	add("^src/(ledger/|gate/token/)", "store")
	add("^src/gate/", "policy")
	add("^src/base/", "text")
	add("^src/daemon/|/libsystemd", "events")
	add("^malloc/", "malloc")
	add("/libc\\.so|/ld-linux|^libc/", "libc")
	add("/firma$|/lib(nettle|hogweed|gmp|sodium)", "left out")
	n_groups = split("read policy fingerprint store evidence reply log text events malloc libc rest",
		groups, " ")
	read_counts()
}

function add(pattern, group)
{
	patterns[++n_patterns] = pattern
	group_of[n_patterns] = group
}

function read_counts(    line, words)
{
	while ((getline line <counts) > 0) {
		if (sub(/^# /, "", line))
			made_before = line
		else if (split(line, words, " ") == 2)
			count_before[words[1]] = words[2]
	}
}

# The group of a function in this file of this object.
function find_group(object, file,    i, subject)
{
	subject = object
	if (object ~ /\/firma$/ && sub(/^(.*\/)?src\//, "src/", file))
		subject = file
	else if (object ~ /\/libc\.so/ && file ~ /\/malloc\.c$/)
		subject = "malloc/"
	for (i = 1; i <= n_patterns; i++)
		if (subject ~ patterns[i])
			return group_of[i]
	return "rest"
}

FNR == 1 {
	kind = FILENAME
	kinds[++n_kinds] = kind
	called = 0
}
/^ob=/ { object = substr($0, 4) }
/^fl=/ { file = substr($0, 4) }
/^fn=/ {
	key = object SUBSEP file
	if (!(key in known))
		known[key] = find_group(object, file)
	group = known[key]
	name = substr($0, 4)
}

# The line after this one has what the called function took, which is counted there.
/^calls=/ { called = 1; next }
/^[0-9+*-]/ {
	if (called) {
		called = 0
		next
	}
	if (group == "left out")
		next
	seen[group] = 1
	taken[kind, group] += $2
	sum[kind] += $2
	if (kind == profile)
		by_name[sprintf("%-9s  %s", group, name)] += $2
}

function print_profile(    name, sort)
{
	sort = "sort -rn | head -n 60"
	for (name in by_name)
		printf "%8.0f  %s\n", by_name[name] / requests, name | sort
	close(sort)
}

function width(group)
{
	return length(group) > 7 ? length(group) + 2 : 9
}

function print_row(kind,    i, count, before, change)
{
	printf "%-13s", kind
	for (i = 1; i <= n_groups; i++)
		printf "%*.0f", width(groups[i]), taken[kind, groups[i]] / requests
	count = sprintf("%.0f", sum[kind] / requests)
	before = count_before[kind]
	print kind, count >out
	if (!before) {
		printf "%9d%9s%9s\n", count, "-", "new"
		grown = grown " " kind
		return
	}
	change = 100 * (count - before) / before
	printf "%9d%9d%+8.1f%%\n", count, before, change
	if (change > 5)
		grown = grown " " kind
	if (change < -5)
		shrunk = shrunk " " kind
}

END {
	if (!("store" in seen)) {
		print "firma has no debugging information (-g), which tells its functions apart"
		exit 1
	}
	if (profile) {
		print_profile()
		exit
	}
	printf "%-13s", "instructions"
	for (i = 1; i <= n_groups; i++)
		printf "%*s", width(groups[i]), groups[i]
	printf "%9s%9s%9s\n", "sum", "in tree", "change"
	print "# " made >out
	for (i = 1; i <= n_kinds; i++)
		print_row(kinds[i])
	if (made != made_before)
		printf "\nin tree: %s\nhere:    %s\n", made_before, made
	if (shrunk)
		print "\nless than in the tree by over 5 %:" shrunk
	if (grown)
		print "\nMORE THAN IN THE TREE BY OVER 5 %:" grown
	exit grown != ""
}
