/* SPDX-License-Identifier: ISC */

/*
 * `firma evidence report`: a page about logs of evidence, for an auditor. The logs are verified and
 * counted in one pass.
 */

#include <errno.h>
#include <inttypes.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/file.h"
#include "base/local-time.h"
#include "base/text.h"
#include "cli/evidence-file.h"
#include "cli/evidence-keys.h"
#include "cli/output-file.h"
#include "cli/progress.h"
#include "cli/report.h"
#include "cli/segment-order.h"
#include "cli/verb.h"
#include "ledger/evidence/verify.h"

#define NS_PER_SECOND UINT64_C(1000000000)

#define MODE 0600

struct report_command {
	bool json, chain_only, no_arguments;
	const char *output;
	bool has_since, has_until;
	uint64_t since, until; /* seconds since 1970 */
	struct evidence_key_files key_files;

	struct verify_options options;
	struct chain_head before, end; /* of the previous file, and of this one */
	bool has_end;
	struct report report;
	const char *path; /* of the current file */
	struct progress progress;
};

static bool parse_time(const char *value, void *to)
{
	uint64_t ns;

	if (!local_time_read(value, clock_now().wall, &ns))
		return false;
	*(uint64_t *)to = ns / NS_PER_SECOND;
	return true;
}

static const struct option_row rows[] = {
	{ "output", 'o', "FILE", "write to this new file (default: standard output)",
		OPTION_STRING(struct report_command, output) },
	{ "json", 0, NULL, "the figures alone, as one JSON object",
		OPTION_FLAG(struct report_command, json) },
	{ "since", 0, "TIME", "count only from this time on ('yesterday', -1h)",
		OPTION_PARSED(struct report_command, since, parse_time),
		OPTION_GIVEN(struct report_command, has_since), .wants = OPTION_WANTS_TIME },
	{ "until", 0, "TIME", "count only up to this time",
		OPTION_PARSED(struct report_command, until, parse_time),
		OPTION_GIVEN(struct report_command, has_until), .wants = OPTION_WANTS_TIME },
	{ "no-arguments", 0, NULL, "leave out arguments, paths and addresses",
		OPTION_FLAG(struct report_command, no_arguments) },
	EVIDENCE_KEYS_ROWS(struct report_command, key_files, chain_only),
	{ 0 },
};

static int add_string(struct bytes *strings, const char *text)
{
	return bytes_append(strings, text, strlen(text) + 1);
}

static int on_fault(uint64_t line, const char *what, void *userdata)
{
	cleanup(bytes_deinit) struct bytes text = BYTES_PRINTED;
	struct report_command *c = userdata;
	struct report *r = &c->report;

	if (r->all_faults++ >= REPORT_FAULTS_MAX)
		return 0;
	evidence_file_append_path(&text, c->path);
	bytes_appendf(&text, ": line %" PRIu64 ": ", line);
	if (text_append_escaped(&text, what, strlen(what)) < 0
		|| add_string(&r->faults, bytes_str(&text)) < 0)
		return -ENOMEM;
	r->n_faults++;
	return 0;
}

static int on_record(const char *line, size_t len, void *userdata)
{
	struct report_command *c = userdata;

	return report_figures_add(&c->report.figures, line, len);
}

static void on_progress(uint64_t bytes, void *userdata)
{
	struct report_command *c = userdata;

	progress_show(&c->progress, bytes);
}

static int read_stream(struct report_command *c, int fd)
{
	static const struct verify_calls calls = {
		.fault = on_fault,
		.record = on_record,
		.progress = on_progress,
	};
	struct verify_report verified;
	struct stat st;
	int r;

	progress_begin(&c->progress,
		fstat(fd, &st) == 0 && S_ISREG(st.st_mode) ? (uint64_t)st.st_size : 0);
	r = verify_stream(fd, &c->options, &calls, c, &verified);
	progress_end(&c->progress);
	if (r < 0)
		return evidence_file_say_error(c->path, r);

	c->report.lines += verified.records;
	c->report.signed_records += verified.signed_records;
	c->end = verified.head;
	c->has_end = true;
	return STATUS_DONE;
}

static int read_file(struct report_command *c, const char *path)
{
	cleanup(bytes_deinit) struct bytes shown = BYTES_PRINTED;
	cleanup(close_p) int fd = -1;
	int status;

	status = evidence_file_open(path, &fd);
	if (status != STATUS_DONE)
		return status;
	if (evidence_file_append_path(&shown, path) < 0
		|| add_string(&c->report.files, bytes_str(&shown)) < 0)
		return say_undecided("out of memory");

	c->report.n_files++;
	c->path = path;
	return read_stream(c, fd);
}

/* Each file must continue the chain of the previous one, unless it begins with record 1. */
static int read_files(struct report_command *c, const struct operands *files)
{
	int status = STATUS_DONE;

	if (segment_order_sort(files->words, files->n) < 0)
		return say_undecided("out of memory");

	for (int i = 0; status == STATUS_DONE && i < files->n; i++) {
		c->before = c->end;
		c->options.after = c->has_end ? &c->before : NULL;
		status = read_file(c, files->words[i]);
	}
	return status;
}

static int write_out(const struct report_command *c, const struct bytes *text)
{
	if (c->output)
		return output_file_create(c->output, MODE, bytes_str(text), text->len);
	if (c->json)
		say_json(bytes_str(text), text->len);
	else
		fwrite(bytes_str(text), 1, text->len, stdout);
	return STATUS_DONE;
}

static int write_report(struct report_command *c)
{
	cleanup(bytes_deinit) struct bytes text = BYTES_PRINTED, verdict = BYTES_PRINTED;
	struct report *r = &c->report;
	int e, status;

	report_figures_end(&r->figures);
	r->made = clock_now().wall;
	e = c->json ? report_append_json(r, &text) : report_append_page(r, &text);
	if (e >= 0 && c->json && c->output)
		e = bytes_append_char(&text, '\n');
	if (e < 0 || report_append_verdict(r, &verdict) < 0)
		return say_undecided("out of memory");

	status = write_out(c, &text);
	if (status != STATUS_DONE)
		return status;

	say_flush();
	if (r->all_faults > 0) {
		say("%s", bytes_str(&verdict));
		return STATUS_REFUSED;
	}
	if (r->signed_records > 0 && !r->has_keys && !c->chain_only) {
		say("%s", bytes_str(&verdict));
		return STATUS_UNCHECKED;
	}
	return STATUS_DONE;
}

static int make_report(struct report_command *c, const struct operands *files)
{
	struct report_figures *f = &c->report.figures;
	int status;

	if (report_figures_init(f) < 0)
		return say_undecided("out of memory");
	f->since = c->has_since ? c->since : 0;
	f->until = c->has_until ? c->until : UINT64_MAX;
	f->no_arguments = c->no_arguments;

	status = read_files(c, files);
	return status == STATUS_DONE ? write_report(c) : status;
}

static int run_with_keys(struct report_command *c, const struct operands *files)
{
	cleanup(evidence_keys_deinit) struct evidence_keys keys = { 0 };
	int status;

	status = evidence_keys_load(&c->key_files, &keys);
	if (status != STATUS_DONE)
		return status;

	c->options.keys = keys.list;
	c->options.n_keys = keys.n;
	c->report.has_keys = keys.n > 0;
	return make_report(c, files);
}

static int run(const struct verb *verb, int argc, char **argv)
{
	struct report_command c = {
		.report = { .files = BYTES_PRINTED, .faults = BYTES_PRINTED },
	};
	struct operands files;
	int status;

	status = verb_read_options(verb, argc, argv, &c, &files);
	if (status != VERB_GO)
		return status;
	if (c.chain_only && c.key_files.n > 0)
		return usage_error(verb, "--chain-only excludes --key and --public-key");

	status = run_with_keys(&c, &files);
	report_figures_deinit(&c.report.figures);
	bytes_deinit(&c.report.files);
	bytes_deinit(&c.report.faults);
	return status;
}

const struct verb evidence_report_verb = {
	.group = "evidence",
	.name = "report",
	.operands = OPERANDS_SOME,
	.operand = "file",
	.arguments = "FILE...",
	.summary = "Makes a page about a record of decisions, for auditors",
	.options = rows,
	.run = run,
};
