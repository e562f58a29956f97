/* SPDX-License-Identifier: ISC */

/*
 * `firma evidence verify`: checks whether streams are valid, and reports their errors. The segments
 * of a log that was rotated are one stream.
 */

#include <inttypes.h>
#include <sodium.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "base/json/writer.h"
#include "base/text.h"
#include "base/utf8.h"
#include "cli/evidence-file.h"
#include "cli/evidence-keys.h"
#include "cli/progress.h"
#include "cli/segment-order.h"
#include "cli/verb.h"
#include "gate/limits.h"
#include "ledger/evidence/verify.h"

/* Limit of a JSON report's errors, in bytes. Further errors are only counted, to bound memory. */
#define ERRORS_MAX ((size_t)1 << 20)

struct verify_command {
	bool json, receipt, chain_only;
	struct evidence_key_files files;
	const char *key_id, *head, *after, *approvers;
	struct verify_options options;
	struct chain_head required;    /* of --head */
	struct chain_head before, end; /* of the file before, or of --after; and of this one */
	bool has_end, head_found;
	bool unchecked; /* a file has signatures, which nothing was given to check with */
};

static const struct option_row rows[] = {
	{ "json", 0, NULL, "print one JSON object a file",
		OPTION_FLAG(struct verify_command, json) },
	EVIDENCE_KEYS_ROWS(struct verify_command, files, chain_only),
	{ "key-id", 0, "ID", "every signature must name this key",
		OPTION_STRING(struct verify_command, key_id) },
	{ "head", 0, "SEQUENCE:HASH", "this record must be there",
		OPTION_STRING(struct verify_command, head) },
	{ "after", 0, "SEQUENCE:HASH", "the record before the first one, in a segment",
		OPTION_STRING(struct verify_command, after) },
	{ "approvers", 0, "FILE", "check the approvers' signatures, too",
		OPTION_STRING(struct verify_command, approvers) },
	{ "receipt", 0, NULL, "the file is one record, with an approver's signature",
		OPTION_FLAG(struct verify_command, receipt) },
	{ 0 },
};

struct reading {
	bool json, approvers;
	bool has_key, chain_only;
	const char *path;
	struct bytes shown; /* the path, escaped */
	struct progress progress;
	struct bytes errors; /* each NUL-terminated */
	size_t n_errors, n_dropped;
};

static int keep_error(struct reading *r, const char *text)
{
	int e;

	if (r->errors.len + strlen(text) >= ERRORS_MAX) {
		r->n_dropped++;
		return 0;
	}
	e = bytes_append(&r->errors, text, strlen(text) + 1);
	if (e >= 0)
		r->n_errors++;
	return e;
}

static int on_fault(uint64_t line, const char *what, void *userdata)
{
	cleanup(bytes_deinit) struct bytes text = BYTES_PRINTED;
	struct reading *r = userdata;
	int e;

	e = bytes_appendf(&text, "line %" PRIu64 ": ", line);
	if (e >= 0)
		e = text_append_escaped(&text, what, strlen(what));
	if (e < 0)
		return e;
	if (r->json)
		return keep_error(r, text.data);

	progress_end(&r->progress);
	printf("%s: %s\n", bytes_str(&r->shown), text.data);
	return 0;
}

static void on_progress(uint64_t bytes, void *userdata)
{
	struct reading *r = userdata;

	progress_show(&r->progress, bytes);
}

/* Whether the file has signatures that should have been checked, and were not. */
static bool is_unchecked(const struct reading *r, const struct verify_report *report)
{
	return report->signed_records > 0 && !r->has_key && !r->chain_only;
}

#define UNCHECKED "signatures were not checked: no key was given"

static int print_json(struct reading *r, const struct verify_report *report)
{
	cleanup(bytes_deinit) struct bytes line = BYTES_PRINTED;
	char more[64];
	struct writer w;
	int e = 0;

	if (r->n_dropped > 0) {
		snprintf(more, sizeof(more), "and %zu more", r->n_dropped);
		e = bytes_append(&r->errors, more, strlen(more) + 1);
		r->n_errors++;
	}
	if (e >= 0 && is_unchecked(r, report)) {
		e = bytes_append(&r->errors, UNCHECKED, sizeof(UNCHECKED));
		r->n_errors++;
	}

	writer_init(&w, &line);
	writer_object(&w, NULL);
	writer_string(&w, "path",
		utf8_is_valid(r->path, strlen(r->path)) ? r->path : bytes_str(&r->shown));
	writer_bool(&w, "valid", report->faults == 0 && !is_unchecked(r, report));
	writer_unsigned(&w, "records", report->records);
	writer_unsigned(&w, "signed_records", report->signed_records);
	if (r->approvers)
		writer_unsigned(&w, "approvals", report->approvals);
	writer_strings(&w, "errors", bytes_str(&r->errors), r->n_errors);
	writer_end(&w);
	if (e >= 0)
		e = writer_finish(&w);
	if (e >= 0)
		say_json(line.data, line.len);
	return e;
}

static void print_text(const struct reading *r, const struct verify_report *report)
{
	if (report->faults > 0)
		printf("%s: does not hold: %" PRIu64 " fault%s in %" PRIu64 " record%s\n",
			bytes_str(&r->shown), report->faults, text_plural(report->faults),
			report->records, text_plural(report->records));
	else if (report->signed_records > 0 && !r->has_key)
		printf("%s: the chain holds: %" PRIu64 " record%s, %" PRIu64
		       " signature%s not checked, head %" PRIu64 ":%s\n",
			bytes_str(&r->shown), report->records, text_plural(report->records),
			report->signed_records, text_plural(report->signed_records),
			report->head.sequence, report->head.hash);
	else
		printf("%s: holds: %" PRIu64 " record%s, %" PRIu64 " signed, head %" PRIu64 ":%s\n",
			bytes_str(&r->shown), report->records, text_plural(report->records),
			report->signed_records, report->head.sequence, report->head.hash);
	if (report->faults == 0 && r->approvers)
		printf("%s: %" PRIu64 " %s\n", bytes_str(&r->shown), report->approvals,
			report->approvals == 1 ? "approver's signature holds"
					       : "approvers' signatures hold");
}

static int read_stream(struct verify_command *c, int fd, struct reading *r)
{
	static const struct verify_calls calls = { .fault = on_fault, .progress = on_progress };
	struct verify_report report;
	struct stat st;
	int e;

	e = evidence_file_append_path(&r->shown, r->path);
	progress_begin(&r->progress,
		fstat(fd, &st) == 0 && S_ISREG(st.st_mode) ? (uint64_t)st.st_size : 0);
	if (e >= 0)
		e = verify_stream(fd, &c->options, &calls, r, &report);
	progress_end(&r->progress);
	if (e >= 0 && r->json)
		e = print_json(r, &report);
	if (e < 0) {
		say_flush();
		return evidence_file_say_error(r->path, e);
	}

	if (!r->json)
		print_text(r, &report);
	c->end = report.head;
	c->has_end = true;
	c->head_found |= report.head_found;
	c->unchecked |= is_unchecked(r, &report);
	return report.faults == 0 ? STATUS_DONE : STATUS_REFUSED;
}

static int verify_path(struct verify_command *c, const char *path)
{
	struct reading r = {
		.json = c->json,
		.approvers = c->options.approvers != NULL,
		.has_key = c->options.n_keys > 0,
		.chain_only = c->chain_only,
		.path = path,
		.shown = BYTES_PRINTED,
		.errors = BYTES_PRINTED,
	};
	cleanup(close_p) int fd = -1;
	int status;

	status = evidence_file_open(path, &fd);
	if (status == STATUS_DONE)
		status = read_stream(c, fd, &r);
	bytes_deinit(&r.shown);
	bytes_deinit(&r.errors);
	return status;
}

static int load_approvers(const struct verify_command *c, struct allowed_signers **ret)
{
	cleanup(bytes_deinit) struct bytes shown = BYTES_PRINTED, text = BYTES_PRINTED,
					   why = BYTES_PRINTED;
	cleanup(close_p) int fd = -1;
	int r, status;

	if (!c->approvers)
		return STATUS_DONE;
	if (sodium_init() < 0)
		return say_undecided("libsodium can't be used here");

	status = evidence_file_open(c->approvers, &fd);
	if (status != STATUS_DONE)
		return status;
	r = file_read(fd, LIMIT_APPROVERS_FILE, &text);
	if (r >= 0)
		r = allowed_signers_parse(bytes_str(&text), text.len, &why, ret);
	if (r < 0)
		return evidence_file_say_error(c->approvers, r);
	if (evidence_file_append_path(&shown, c->approvers) < 0)
		return say_undecided("out of memory");
	return r == 0 ? STATUS_DONE : say_undecided("%s:%s", bytes_str(&shown), bytes_str(&why));
}

#define WANTS_HEAD "wants what 'firma evidence head' prints, such as 17:3b0c... with 64 digits"

static int check_options(const struct verb *verb, struct verify_command *c)
{
	if (c->key_id && c->files.n == 0)
		return usage_error(verb, "--key-id needs --key or --public-key");
	if (c->chain_only && c->files.n > 0)
		return usage_error(verb, "--chain-only excludes --key and --public-key");
	if (c->receipt && !c->approvers)
		return usage_error(verb, "--receipt needs --approvers");
	if (c->head && !chain_parse_head(c->head, &c->required))
		return usage_error(verb, "--head " WANTS_HEAD);
	if (c->after && !chain_parse_head(c->after, &c->end))
		return usage_error(verb, "--after " WANTS_HEAD);

	c->options.key_id = c->key_id;
	c->options.receipt = c->receipt;
	c->options.head = c->head ? &c->required : NULL;
	c->has_end = c->after != NULL;
	return STATUS_DONE;
}

/* Each file goes on with the chain of the one before it, unless it begins with record 1. */
static int verify_files(struct verify_command *c, const struct operands *files)
{
	int status, worst = STATUS_DONE;

	if (segment_order_sort(files->words, files->n) < 0)
		return say_undecided("out of memory");

	for (int i = 0; i < files->n; i++) {
		c->before = c->end;
		c->options.after = c->has_end ? &c->before : NULL;
		c->options.continues = c->after && i == 0;
		c->options.head_is_elsewhere = c->head_found || i + 1 < files->n;
		c->has_end = false;
		status = verify_path(c, files->words[i]);
		worst = status > worst ? status : worst;
	}
	if (!c->unchecked)
		return worst;

	say_flush();
	say(UNCHECKED " (--key or --public-key checks them, --chain-only leaves them unchecked)");
	return worst == STATUS_DONE ? STATUS_UNCHECKED : worst;
}

static int verify(
	struct verify_command *c, const struct evidence_keys *keys, const struct operands *files)
{
	cleanup(allowed_signers_free_p) struct allowed_signers *approvers = NULL;
	int status;

	status = load_approvers(c, &approvers);
	if (status != STATUS_DONE)
		return status;

	c->options.keys = keys->list;
	c->options.n_keys = keys->n;
	c->options.approvers = approvers;
	return verify_files(c, files);
}

static int run(const struct verb *verb, int argc, char **argv)
{
	cleanup(evidence_keys_deinit) struct evidence_keys keys = { 0 };
	struct verify_command c = { 0 };
	struct operands files;
	int status;

	status = verb_read_options(verb, argc, argv, &c, &files);
	if (status != VERB_GO)
		return status;

	status = check_options(verb, &c);
	if (status == STATUS_DONE)
		status = evidence_keys_load(&c.files, &keys);
	return status == STATUS_DONE ? verify(&c, &keys, &files) : status;
}

const struct verb evidence_verify_verb = {
	.group = "evidence",
	.name = "verify",
	.operands = OPERANDS_SOME,
	.operand = "file",
	.arguments = "FILE...",
	.summary = "Checks whether a record of decisions holds",
	.options = rows,
	.run = run,
};
