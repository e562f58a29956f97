/* SPDX-License-Identifier: ISC */

/* A line that is redrawn in place, and erased at the end. */

#include "cli/progress.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/bytes.h"
#include "base/clock.h"
#include "base/notation.h"

#define FIRST_AFTER CLOCK_SECOND
#define PAUSE (100 * CLOCK_MS)

/* Bytes to read before the clock is looked at. */
#define STEP (UINT64_C(4) << 20)

#define WIDTH 30

static bool is_terminal(void)
{
	const char *term = getenv("TERM");

	return isatty(STDERR_FILENO) && (!term || strcmp(term, "dumb") != 0);
}

void progress_begin(struct progress *p, uint64_t total)
{
	*p = (struct progress){ .total = total, .next = CLOCK_NEVER, .step = UINT64_MAX };
	if (total == 0 || !is_terminal())
		return;

	p->next = clock_now().boot + FIRST_AFTER;
	p->step = STEP;
}

static void draw(const struct progress *p, uint64_t done)
{
	cleanup(bytes_deinit) struct bytes line = BYTES_PRINTED;
	uint64_t part = done < p->total ? done : p->total;
	int filled = (int)(part * WIDTH / p->total);

	bytes_appendf(&line, "\r[%.*s%*s] %3d%%  ", filled, "##############################",
		WIDTH - filled, "", (int)(part * 100 / p->total));
	notation_append_size(&line, done);
	bytes_append_str(&line, " of ");
	if (notation_append_size(&line, p->total) >= 0)
		fprintf(stderr, "%s\033[K", bytes_str(&line));
}

void progress_show(struct progress *p, uint64_t done)
{
	uint64_t now;

	if (done < p->step)
		return;

	p->step = done + STEP;
	now = clock_now().boot;
	if (now < p->next)
		return;

	p->next = now + PAUSE;
	p->shown = true;
	draw(p, done);
}

void progress_end(struct progress *p)
{
	if (p->shown)
		fputs("\r\033[K", stderr);
	p->shown = false;
}
