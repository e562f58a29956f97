/* SPDX-License-Identifier: ISC */

#include "cli/report-plot.h"

#include <inttypes.h>

#include "base/clock.h"
#include "base/notation.h"

/* The size of the plot, in SVG units. */
#define WIDTH 960
#define HEIGHT 200
#define TOP 16
#define BOTTOM 24 /* for the times below the bars */

/* Fewer bars would be too wide. */
#define BARS_MIN 30

static const char classes[REPORT_COLUMNS] = { 'a', 'd', 'p' };
static const char *const words[REPORT_COLUMNS] = { "allowed", "denied", "waited" };

static uint64_t sum(const uint64_t bin[static REPORT_COLUMNS])
{
	return bin[0] + bin[1] + bin[2];
}

static uint64_t highest(const struct report_times *t)
{
	uint64_t most = 0;

	for (size_t i = 0; i < t->n; i++)
		if (sum(t->bins[i]) > most)
			most = sum(t->bins[i]);
	return most;
}

static void append_time(struct bytes *b, uint64_t second)
{
	cleanup(bytes_deinit) struct bytes time = BYTES_PRINTED;

	notation_append_time(&time, second * CLOCK_SECOND);
	if (time.len > 16)
		bytes_appendf(b, "%.10s %.5s", bytes_str(&time), bytes_str(&time) + 11);
}

static size_t bars(const struct report_times *t)
{
	return t->n > BARS_MIN ? t->n : BARS_MIN;
}

/* Appends a stacked bar; browsers show its title as a tooltip. */
static void append_bar(struct bytes *b, const struct report_times *t, size_t i, uint64_t most)
{
	const double step = (double)WIDTH / (double)bars(t), scale = (double)HEIGHT / (double)most;
	double y = TOP + HEIGHT, height;

	if (sum(t->bins[i]) == 0)
		return;
	bytes_append_str(b, "<g><title>");
	append_time(b, t->begin + i * t->width);
	for (size_t c = 0; c < REPORT_COLUMNS; c++)
		bytes_appendf(b, ", %" PRIu64 " %s", t->bins[i][c], words[c]);
	bytes_append_str(b, "</title>");
	for (size_t c = 0; c < REPORT_COLUMNS; c++) {
		height = (double)t->bins[i][c] * scale;
		y -= height;
		if (height > 0)
			bytes_appendf(b,
				"<rect class=\"%c\" x=\"%.2f\" y=\"%.2f\" width=\"%.2f\""
				" height=\"%.2f\"/>",
				classes[c], (double)i * step, y, step * 0.86, height);
	}
	bytes_append_str(b, "</g>\n");
}

static void append_legend(struct bytes *b)
{
	for (size_t c = 0; c < REPORT_COLUMNS; c++)
		bytes_appendf(b,
			"<rect class=\"%c\" x=\"%zu\" y=\"0\" width=\"9\" height=\"9\"/>"
			"<text x=\"%zu\" y=\"9\">%s</text>\n",
			classes[c], WIDTH - 240 + 80 * c, WIDTH - 227 + 80 * c, words[c]);
}

int report_append_plot(const struct report_times *t, struct bytes *b)
{
	const uint64_t most = highest(t);

	if (most == 0)
		return bytes_append_str(b, "<p>No decisions.</p>\n");

	bytes_appendf(b,
		"<svg viewBox=\"0 0 %d %d\" role=\"img\" aria-label=\"Decisions over time\">\n",
		WIDTH, TOP + HEIGHT + BOTTOM);
	bytes_appendf(b, "<text x=\"0\" y=\"9\">at most %" PRIu64 " in ", most);
	notation_append_duration(b, t->width * CLOCK_SECOND);
	bytes_append_str(b, "</text>\n");
	append_legend(b);
	for (size_t i = 0; i < t->n; i++)
		append_bar(b, t, i, most);
	bytes_appendf(b, "<text x=\"0\" y=\"%d\">", TOP + HEIGHT + 16);
	append_time(b, t->begin);
	bytes_appendf(b, "</text>\n<text x=\"%d\" y=\"%d\" text-anchor=\"end\">", WIDTH,
		TOP + HEIGHT + 16);
	append_time(b, t->begin + bars(t) * t->width);
	return bytes_append_str(b, "</text>\n</svg>\n");
}
