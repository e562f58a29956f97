# SPDX-License-Identifier: ISC
#
# awk -v metric=METRIC [-v second=METRIC] -f plot.awk ROWS: a plot of a load's figure by the number
# of clients, as SVG: a line for each thing that was asked, the median over the rounds at each
# point, both axes logarithmic. The second metric's lines are dashed.

BEGIN {
	FS = "\t"
	width = 720
	height = 440
	left = 70
	right = 190
	top = 44
	bottom = 50
	n_series = split("echo allow deny evidence pending consume", series, " ")
	split("#777777 #1b6ca8 #7b4fa3 #2a9d6f #d1791f #b3261e", colours, " ")
	label["echo"] = "bare echo server"
	label["allow"] = "allow"
	label["deny"] = "deny"
	label["evidence"] = "allow, with evidence"
	label["pending"] = "pending (durable)"
	label["consume"] = "consume (durable)"
	heading["rate"] = "Requests a second, by number of clients"
	heading["p50"] = "Time to an answer in microseconds, by number of clients"
}

$5 == metric || (second && $5 == second) {
	name = $4 == "echo" ? "echo" : $1
	if ($4 == "echo" && $1 != "allow")
		next
	if ($4 != "echo" && $4 != "firma" || !(name in label))
		next
	values[name, $5, $2] = values[name, $5, $2] " " $6
	if (!($2 in has_clients)) {
		has_clients[$2] = 1
		clients[++n_clients] = $2
	}
}

function median(text,    list, n, i, j, x)
{
	n = split(text, list, " ")
	for (i = 2; i <= n; i++) {
		x = list[i] + 0
		for (j = i - 1; j > 0 && list[j] + 0 > x; j--)
			list[j + 1] = list[j]
		list[j + 1] = x
	}
	return n % 2 ? list[(n + 1) / 2] : (list[n / 2] + list[n / 2 + 1]) / 2
}

function x_of(n)
{
	return left + (width - left - right) * log(n) / log(clients[n_clients])
}

function y_of(value)
{
	return height - bottom - (height - top - bottom) * (log(value) - log(low)) \
		/ (log(high) - log(low))
}

# The decades that hold all values.
function find_range(    key, m)
{
	for (key in values) {
		m = median(values[key])
		if (low == "" || m < low)
			low = m
		if (high == "" || m > high)
			high = m
	}
	low = exp(log(10) * floor(log(low) / log(10)))
	high = exp(log(10) * -floor(-log(high) / log(10)))
	if (high <= low * 1.001)
		high = low * 10
}

function floor(x)
{
	return x < int(x) ? int(x) - 1 : int(x)
}

function text(x, y, anchor, content)
{
	printf "<text x=\"%.1f\" y=\"%.1f\" text-anchor=\"%s\">%s</text>\n", x, y, anchor, content
}

function line(x1, y1, x2, y2, colour)
{
	printf "<path d=\"M%.1f %.1fL%.1f %.1f\" stroke=\"%s\"/>\n", x1, y1, x2, y2, colour
}

function draw_axes(    i, value, step)
{
	for (value = low; value <= high * 1.001; value *= 10) {
		for (step = 1; step < 10 && value * step <= high * 1.001; step++)
			line(left, y_of(value * step), width - right, y_of(value * step),
				step == 1 ? "#bbbbbb" : "#eeeeee")
		text(left - 8, y_of(value) + 4, "end", sprintf("%d", value + 0.5))
	}
	for (i = 1; i <= n_clients; i++) {
		line(x_of(clients[i]), top, x_of(clients[i]), height - bottom, "#dddddd")
		text(x_of(clients[i]), height - bottom + 18, "middle", clients[i])
	}
	text((left + width - right) / 2, height - 12, "middle", "clients")
}

function draw_line(name, which, colour, dashes,    i, path)
{
	path = ""
	for (i = 1; i <= n_clients; i++) {
		if (!((name, which, clients[i]) in values))
			continue
		path = path sprintf("%s%.1f %.1f", path ? "L" : "M", x_of(clients[i]),
			y_of(median(values[name, which, clients[i]])))
	}
	for (i = 1; i <= n_clients; i++)
		if ((name, which, clients[i]) in values)
			printf "<circle cx=\"%.1f\" cy=\"%.1f\" r=\"3\" fill=\"%s\"/>\n",
				x_of(clients[i]), y_of(median(values[name, which, clients[i]])), colour
	if (path)
		printf "<path d=\"%s\" stroke=\"%s\" stroke-width=\"2\"%s/>\n", path, colour,
			dashes ? " stroke-dasharray=\"5 4\"" : ""
	return path != ""
}

END {
	find_range()
	printf "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 %d %d\" fill=\"none\"" \
		" font-family=\"sans-serif\" font-size=\"12\">\n", width, height
	printf "<rect width=\"%d\" height=\"%d\" fill=\"white\"/>\n<g fill=\"#333333\">\n", width,
		height
	text(left, 24, "start", heading[metric] (second ? " (p50; dashed: p99)" : ""))
	draw_axes()
	print "</g>"

	row = top + 8
	for (i = 1; i <= n_series; i++) {
		if (!draw_line(series[i], metric, colours[i], 0))
			continue
		if (second)
			draw_line(series[i], second, colours[i], 1)
		printf "<g stroke-width=\"2\">"
		line(width - right + 14, row - 4, width - right + 38, row - 4, colours[i])
		printf "</g>"
		printf "<g fill=\"#333333\">"
		text(width - right + 44, row, "start", label[series[i]])
		print "</g>"
		row += 20
	}
	print "</svg>"
}
