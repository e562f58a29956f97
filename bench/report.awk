# SPDX-License-Identifier: ISC
#
# awk -v machine=FILE -v goals=FILE -v json=FILE -f report.awk ROWS: the rounds' figures as a table,
# and as JSON. A row is WHAT, CLIENTS, ROUND, SIDE, METRIC, VALUE; the side `firma` of each round is
# divided by the other side of the same round, and what is told is the median and the range of that.

BEGIN {
	FS = "\t"
	while ((getline line <machine) > 0) {
		split(line, words, "\t")
		n_facts++
		fact[n_facts] = words[1]
		value_of[n_facts] = words[2]
	}
	while ((getline line <goals) > 0) {
		if (line ~ /^#/ || split(line, words, " ") != 6)
			continue
		goal[words[1], words[2], words[3]] = words[6]
		goal_of[words[1], words[2], words[3]] = words[4]
		goal_is[words[1], words[2], words[3]] = words[5]
	}

	title["allow"] = "allow"
	title["deny"] = "deny"
	title["pending"] = "pending (durable)"
	title["consume"] = "retry and consume (durable)"
	title["evidence"] = "allow, with evidence"
	title["pending-floor"] = "pending, beside what only appends"
	title["consume-floor"] = "retry and consume, beside what only appends"
	title["evidence-floor"] = "with evidence, beside what only appends"
	title["fresh"] = "allow, a new process for each"
	title["kept"] = "pending (in memory)"
	title["shared"] = "pending, in a shared store, beside a file"
	title["rules-10"] = "allow by one of 10 rules"
	title["rules-4000"] = "allow by one of 4,000 rules"
	title["journal"] = "allow, logged to a journal, beside a file"
	title["runner"] = "allow, a runner's JWT verified, beside none"
	title["peer"] = "allow, beside the peer"
	title["read"] = "read_file, beside local.exec"
	title["rules"] = "4,000 rules of all kinds, beside 4,000 of one"
	title["line"] = "a line of ten commands, 4,000 rules, beside one"
	title["hook"] = "firma hook, beside firma check"
	title["check-ask"] = "firma check, spawn to exit"
	title["signature"] = "an approver's signature"
	title["start"] = "exec to first reply, tokens: "
	title["tokens"] = "a token's life, tokens: "
	title["memory-idle"] = "PSS, idle"
	title["memory-after"] = "PSS, 100,000 requests later"
	unit["time"] = unit["processor"] = unit["p50"] = unit["p90"] = unit["p99"] = "us"
	unit["rate"] = "1/s"
	unit["pss"] = "KiB"
}

{
	what = $1 SUBSEP $2
	if (!($1 in seen)) {
		seen[$1] = 1
		order[++n_order] = $1
	}
	if (!(what in seen)) {
		seen[what] = 1
		within[$1] = within[$1] " " $2
	}
	if (!((what, $5, $4) in known)) {
		known[what, $5, $4] = 1
		sides[what, $5] = sides[what, $5] " " $4
	}
	if (!((what, $5) in has)) {
		has[what, $5] = 1
		metrics[what] = metrics[what] " " $5
	}
	figure[what, $5, $4, $3] = $6
	if ($3 > rounds)
		rounds = $3
}

# Leaves the median, the smallest and the largest of list[1..n] in these three.
function take_stock(list, n,    i, j, x)
{
	for (i = 2; i <= n; i++) {
		x = list[i]
		for (j = i - 1; j > 0 && list[j] > x; j--)
			list[j + 1] = list[j]
		list[j + 1] = x
	}
	low = list[1]
	high = list[n]
	median = n % 2 ? list[(n + 1) / 2] : (list[n / 2] + list[n / 2 + 1]) / 2
}

function stock_of_side(what, metric, side,    list, n, i)
{
	n = 0
	for (i = 1; i <= rounds; i++)
		if ((what, metric, side, i) in figure)
			list[++n] = figure[what, metric, side, i]
	take_stock(list, n)
}

function stock_of_ratio(what, metric, side,    list, n, i)
{
	n = 0
	ratios = ""
	for (i = 1; i <= rounds; i++) {
		if (!((what, metric, "firma", i) in figure) || figure[what, metric, side, i] + 0 == 0)
			continue
		list[++n] = figure[what, metric, "firma", i] / figure[what, metric, side, i]
		ratios = ratios (ratios ? "," : "") sprintf("%.3f", list[n])
	}
	take_stock(list, n)
}

function name_of(what,    key)
{
	split(what, key, SUBSEP)
	if (key[1] in title)
		return title[key[1]]
	if (key[1] ~ /^check-/)
		return title["check-ask"]
	n_words = split(key[1], words, "-")
	return title[words[1]] words[n_words]
}

# " 0.91 (0.88-0.93)".
function ratio_text(what, metric, side)
{
	stock_of_ratio(what, metric, side)
	return sprintf("%5.2f (%.2f-%.2f)", median, low, high)
}

# What it should be.
function goal_text(what, metric, side,    is, reached)
{
	if (!((what, metric) in goal) || side !~ /^(echo|exec|one|ask|few|idle|check|floor|file)$/)
		return ""
	if (goal_of[what, metric] == "value")
		stock_of_side(what, metric, "firma")
	else
		stock_of_ratio(what, metric, side)
	is = goal_is[what, metric]
	reached = is == "least" ? median >= goal[what, metric] : median <= goal[what, metric]
	return sprintf("  %s %s%s", is == "least" ? ">=" : "<=", goal[what, metric],
		reached ? "" : "  MISSED")
}

function middle(what, metric, side)
{
	stock_of_side(what, metric, side)
	return median
}

# What the side `firma` is set beside.
function other_side(what,    n, j, list)
{
	n = split(sides[what, "rate"], list, " ")
	for (j = 1; j < n && list[j] == "firma"; j++)
		;
	return list[j]
}

# A load's figure, and that of the echo server, or of what else it is set beside.
function print_compared(heading, metric, form,    i, key, what, other)
{
	printf "\n%-46s%8s%10s%10s  ratio (range)        goal\n", heading, "clients", "firma", "beside"
	for (i = 1; i <= n_whats; i++) {
		what = whats[i]
		if (!has[what, "rate"])
			continue
		split(what, key, SUBSEP)
		other = other_side(what)
		printf "%-46s%8d" form form "  %s%s\n", name_of(what), key[2],
			middle(what, metric, "firma"), middle(what, metric, other),
			ratio_text(what, metric, other), goal_text(what, metric, other)
	}
}

function print_latencies(    i, key, what, other)
{
	printf "\n%-46s%8s%8s%8s%8s  %10s%8s%8s\n", "time to an answer, us", "clients", "p50", "p90",
		"p99", "beside p50", "p90", "p99"
	for (i = 1; i <= n_whats; i++) {
		what = whats[i]
		if (!has[what, "rate"])
			continue
		split(what, key, SUBSEP)
		other = other_side(what)
		printf "%-46s%8d%8.0f%8.0f%8.0f  %10.0f%8.0f%8.0f\n", name_of(what), key[2],
			middle(what, "p50", "firma"), middle(what, "p90", "firma"),
			middle(what, "p99", "firma"), middle(what, "p50", other),
			middle(what, "p90", other), middle(what, "p99", other)
	}
}

# What has one figure a round: a line for each that it is set beside.
function print_others(    i, j, n, list, metric, what)
{
	printf "\n%-46s%10s  beside            ratio (range)        goal\n", "", "firma"
	for (i = 1; i <= n_whats; i++) {
		what = whats[i]
		if (has[what, "rate"])
			continue
		metric = substr(metrics[what], 2)
		n = split(sides[what, metric], list, " ")
		for (j = 1; j <= n; j++)
			if (list[j] != "firma")
				printf "%-46s%10.0f  %-8s%8.0f  %s%s\n",
					name_of(what) ", " unit[metric],
					middle(what, metric, "firma"), list[j],
					middle(what, metric, list[j]),
					ratio_text(what, metric, list[j]),
					goal_text(what, metric, list[j])
	}
}

function quoted(text)
{
	gsub(/[\\"]/, "\\\\&", text)
	gsub(/[\001-\037]/, " ", text)
	return "\"" text "\""
}

function print_comparison(what, metric, side,    key)
{
	split(what, key, SUBSEP)
	printf "%s{\"what\":%s,\"clients\":%d,\"metric\":%s,\"unit\":%s,", comma, quoted(key[1]),
		key[2], quoted(metric), quoted(unit[metric]) >json
	printf "\"firma\":%.3f,", middle(what, metric, "firma") >json
	printf "\"beside\":%s,\"other\":%.3f,", quoted(side), middle(what, metric, side) >json
	stock_of_ratio(what, metric, side)
	printf "\"ratio\":{\"median\":%.3f,\"low\":%.3f,\"high\":%.3f,\"rounds\":[%s]}}", median,
		low, high, ratios >json
	comma = ",\n "
}

function print_json(    i, j, k, n, m, list, names, what)
{
	printf "{\"format\":\"firma.bench\",\"version\":1,\n\"machine\":{" >json
	for (i = 1; i <= n_facts; i++)
		printf "%s%s:%s", (i > 1 ? "," : ""), quoted(fact[i]), quoted(value_of[i]) >json
	printf "},\n\"comparisons\":[\n " >json
	comma = ""
	for (i = 1; i <= n_whats; i++) {
		what = whats[i]
		m = split(metrics[what], names, " ")
		for (k = 1; k <= m; k++) {
			n = split(sides[what, names[k]], list, " ")
			for (j = 1; j <= n; j++)
				if (list[j] != "firma")
					print_comparison(what, names[k], list[j])
		}
	}
	printf "\n]}\n" >json
	close(json)
}

# By what it is, then by clients; each in the order in which it came.
function sort_whats(    i, j, n, list)
{
	for (i = 1; i <= n_order; i++) {
		n = split(within[order[i]], list, " ")
		for (j = 1; j <= n; j++)
			whats[++n_whats] = order[i] SUBSEP list[j]
	}
}

END {
	sort_whats()
	for (i = 1; i <= n_facts; i++)
		printf "%-14s%s\n", fact[i], value_of[i]
	print_compared("server's processor time, us", "processor", "%10.1f")
	print_compared("requests a second", "rate", "%10.0f")
	print_latencies()
	print_others()
	print_json()
}
