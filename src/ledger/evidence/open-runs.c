/* SPDX-License-Identifier: ISC */

/* A ring of the latest allows. */

#include "ledger/evidence/open-runs.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/json/tree.h"
#include "base/lines.h"
#include "base/notation.h"
#include "gate/limits.h"
#include "ledger/evidence/chain.h"

void open_runs_deinit(struct open_runs *runs)
{
	free(runs->rows);
	*runs = (struct open_runs){ 0 };
}

static bool parse_id(const char *id, uint8_t ret[static OPEN_RUN_ID_LEN])
{
	return id && notation_parse_hex(id, strlen(id), ret, OPEN_RUN_ID_LEN) >= 0;
}

void open_runs_add(struct open_runs *runs, const char *id, uid_t uid)
{
	struct open_run run = { .uid = uid, .is_open = true };

	if (!runs->rows || !parse_id(id, run.id))
		return;
	runs->rows[runs->next] = run;
	runs->next = (runs->next + 1) % LIMIT_OPEN_RUNS;
}

struct open_run *open_runs_find(const struct open_runs *runs, const char *id, uid_t uid)
{
	uint8_t wanted[OPEN_RUN_ID_LEN];

	if (!runs->rows || !parse_id(id, wanted))
		return NULL;
	for (struct open_run *run = runs->rows; run < runs->rows + LIMIT_OPEN_RUNS; run++)
		if (run->is_open && run->uid == uid && memcmp(run->id, wanted, sizeof(wanted)) == 0)
			return run;
	return NULL;
}

/* --- reading the log -------------------------------------------------------------------------- */

static const char *string_of(const struct json *root, const char *object, const char *key)
{
	const struct json *o = json_get(root, object);

	return o ? json_get_string(o, key) : NULL;
}

static void take_record(struct open_runs *runs, const struct json *root)
{
	const char *decision = string_of(root, "response", "decision");
	const char *event = json_get_string(root, "event_type");
	const struct json *peer = json_get(root, "peer");
	struct open_run *run;
	uint64_t uid;

	if (!peer || !json_get_integer(peer, "uid", UINT32_MAX, &uid))
		return;
	if (decision && strcmp(decision, "allow") == 0)
		open_runs_add(runs, json_get_string(root, "record_id"), (uid_t)uid);
	if (!event || strcmp(event, OPEN_RUN_REPORTED) != 0)
		return;
	run = open_runs_find(runs, string_of(root, "request", "record_id"), (uid_t)uid);
	if (run)
		run->is_open = false;
}

/* Most lines are neither an allow nor a report, and need not be parsed. */
static bool may_matter(const struct line *line)
{
	return memmem(line->text, line->len, "allow", 5)
		|| memmem(line->text, line->len, OPEN_RUN_REPORTED, strlen(OPEN_RUN_REPORTED));
}

static int take_line(struct open_runs *runs, const struct line *line)
{
	cleanup(json_doc_free_p) struct json_doc *doc = NULL;
	struct scan_fault fault;
	int r;

	if (!line->text || !may_matter(line))
		return 0;

	r = json_parse_within(line->text, line->len, &chain_limits, &doc, &fault);
	if (r == 0)
		take_record(runs, json_root(doc));
	return r < 0 ? r : 0; /* the first line may be only the rest of one */
}

static int read_tail(struct open_runs *runs, int fd, uint64_t size)
{
	uint64_t start = size > LIMIT_OPEN_RUNS_TAIL ? size - LIMIT_OPEN_RUNS_TAIL : 0;
	struct lines lines;
	struct line line;
	int r;

	if (lseek(fd, (off_t)start, SEEK_SET) < 0)
		return -errno;

	lines_init(&lines, fd, CHAIN_LINE_MAX);
	while ((r = lines_next(&lines, &line)) == LINES_ONE) {
		r = start + line.offset + line.len < size ? take_line(runs, &line) : 0;
		if (r < 0)
			break;
	}
	lines_deinit(&lines);
	return r;
}

int open_runs_read(struct open_runs *runs, int fd, uint64_t size)
{
	int r;

	if (runs->rows)
		return 0;

	runs->rows = calloc(LIMIT_OPEN_RUNS, sizeof(*runs->rows));
	if (!runs->rows)
		return -ENOMEM;

	r = read_tail(runs, fd, size);
	if (r < 0)
		open_runs_deinit(runs);
	return r;
}
