/* SPDX-License-Identifier: ISC */

/*
 * Checks a stream record by record. A fault is reported once: the next line is compared with what
 * the faulty line says of itself, not with what it should have said.
 */

#include "ledger/evidence/verify.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "base/lines.h"
#include "base/text.h"
#include "ledger/evidence/approval-check.h"

struct verifier {
	const struct verify_options *options;
	const struct verify_calls *calls;
	void *userdata;
	struct verify_report report;
	uint64_t line;
	const char *schema;             /* of the first record that had one */
	const struct evidence_key *key; /* of the whole file; NULL: not known yet */
	struct bytes key_id;            /* of the first signature, where no other is expected */
	bool has_key_id;                /* it is known; if it is empty, that signature had none */
	bool linked;                    /* the next line must follow `report.head` */
	struct bytes why;
};

static int __attribute__((format(printf, 2, 3))) tell(struct verifier *v, const char *format, ...)
{
	va_list ap;
	int r;

	bytes_clear(&v->why);
	va_start(ap, format);
	r = bytes_vappendf(&v->why, format, ap);
	va_end(ap);
	if (r < 0)
		return r;

	v->report.faults++;
	return v->calls->fault(v->line, bytes_str(&v->why), v->userdata);
}

static int check_schema(struct verifier *v, const struct chain_record *record)
{
	if (!v->schema)
		v->schema = record->schema;
	if (v->schema == record->schema)
		return 0;
	return tell(v, "its schema_version is not that of the records before it");
}

/* Where the stream begins: with its first record, or after the segment before. */
static void begin(struct verifier *v, const struct chain_record *record)
{
	if (v->options->after && (record->head.sequence > 1 || v->options->continues))
		v->report.head = *v->options->after;
}

static int tell_missing(struct verifier *v, uint64_t first, uint64_t last)
{
	v->linked = false;
	return first == last
		? tell(v, "record %" PRIu64 " is missing before it", first)
		: tell(v, "records %" PRIu64 " to %" PRIu64 " are missing before it", first, last);
}

static int check_sequence(struct verifier *v, const struct chain_record *record)
{
	uint64_t expected = v->report.head.sequence + 1;

	if (record->head.sequence == expected || v->options->receipt)
		return 0;
	if (v->report.records == 1 && record->head.sequence > expected)
		return tell_missing(v, expected, record->head.sequence - 1);
	return tell(v, "its sequence is %" PRIu64 ", and not %" PRIu64, record->head.sequence,
		expected);
}

/* After a line that could not be read there is no hash to compare with. */
static int check_link(struct verifier *v, const struct chain_record *record)
{
	if (v->options->receipt || (!v->linked && record->previous[0] != '\0'))
		return 0;
	if (strcmp(record->previous, v->report.head.hash) == 0)
		return 0;
	if (v->report.head.hash[0] == '\0')
		return tell(v, "it has a previous_hash, and nothing stands before it");
	if (record->previous[0] == '\0')
		return tell(v, "it has no previous_hash, and is not the first");
	return tell(v, "its previous_hash is not the record_hash of the line before it");
}

static int check_hash(
	struct verifier *v, const struct line *line, const struct chain_record *record)
{
	char hash[CHAIN_HASH_LEN + 1];

	chain_hash(line->text, line->len, record, hash);
	if (strcmp(hash, record->head.hash) == 0)
		return 0;
	return tell(v, "its record_hash is not the hash of the line: it was changed");
}

static int compare_key_id(
	struct verifier *v, const struct bytes *id, const char *expected, size_t expected_len)
{
	cleanup(bytes_deinit) struct bytes found = BYTES_PRINTED, wanted = BYTES_PRINTED;

	if (id->len == expected_len && memcmp(bytes_str(id), expected, expected_len) == 0)
		return 0;

	if (text_append_escaped(&found, bytes_str(id), id->len) < 0
		|| text_append_escaped(&wanted, expected, expected_len) < 0)
		return -ENOMEM;
	if (expected_len == 0)
		return tell(v, "its key_id is '%s', and the signatures before it have none",
			bytes_str(&found));
	if (id->len == 0)
		return tell(v, "it has no key_id, and not '%s'", bytes_str(&wanted));
	return tell(v, "its key_id is '%s', and not '%s'", bytes_str(&found), bytes_str(&wanted));
}

/*
 * A record of firma must name the key. Records of other writers must all name the same key as their
 * first record, or none. For those writers, an empty key_id is the same as none.
 */
static int check_key_id(struct verifier *v, const struct chain_record *record)
{
	cleanup(bytes_deinit) struct bytes id = BYTES_PRINTED;
	const char *expected = v->options->key_id;
	int r;

	r = record->signature.key_id ? chain_append_key_id(&record->signature, &id) : 0;
	if (r < 0)
		return r;

	if (!expected && strcmp(record->schema, CHAIN_SCHEMA_FIRMA) == 0)
		expected = evidence_key_id(v->key);
	if (expected)
		return compare_key_id(v, &id, expected, strlen(expected));
	if (v->has_key_id)
		return compare_key_id(v, &id, bytes_str(&v->key_id), v->key_id.len);

	v->has_key_id = true;
	return bytes_append(&v->key_id, bytes_str(&id), id.len);
}

static int check_value(struct verifier *v, const struct chain_record *record)
{
	const struct chain_signature *s = &record->signature;
	const struct signed_text text = { record->schema, record->previous, record->head.hash };
	enum signature_algorithm wanted = evidence_key_algorithm(v->key);
	bool holds;
	int r;

	if (s->algorithm != wanted)
		return tell(v, "its signature's algorithm is not the key's, %s",
			signature_algorithm_name(wanted));

	r = evidence_key_check(v->key, &text, s->value, s->value_len, &holds);
	if (r < 0)
		return r;
	return holds ? 0 : tell(v, "its signature was not made with this key");
}

static int made(const struct evidence_key *key, const struct chain_record *record, bool *ret)
{
	const struct chain_signature *s = &record->signature;
	const struct signed_text text = { record->schema, record->previous, record->head.hash };

	*ret = false;
	if (s->algorithm != evidence_key_algorithm(key))
		return 0;
	return evidence_key_check(key, &text, s->value, s->value_len, ret);
}

/*
 * A key changes only where a file begins: the one that has signed its first record must have signed
 * all of it. Where none has, the faults are told of the first key.
 */
static int choose_key(struct verifier *v, const struct chain_record *record)
{
	bool is = false;
	int r = 0;

	v->key = v->options->keys[0];
	for (size_t i = 0; r >= 0 && !is && i < v->options->n_keys; i++) {
		r = made(v->options->keys[i], record, &is);
		if (is)
			v->key = v->options->keys[i];
	}
	return r;
}

static int check_signature(struct verifier *v, const struct chain_record *record)
{
	int r;

	if (record->is_signed)
		v->report.signed_records++;
	if (v->options->n_keys == 0)
		return 0;
	if (!record->is_signed)
		return tell(v, "it is not signed");

	r = v->key ? 0 : choose_key(v, record);
	if (r < 0)
		return r;
	r = check_key_id(v, record);
	return r < 0 ? r : check_value(v, record);
}

/* Compares the record with the head in the options, if it has that sequence. */
static int check_head(struct verifier *v, const struct chain_record *record)
{
	const struct chain_head *head = v->options->head;

	if (!head || head->sequence != record->head.sequence)
		return 0;

	v->report.head_found = true;
	if (strcmp(head->hash, record->head.hash) == 0)
		return 0;
	return tell(v, "its record_hash is not that of the head that was given");
}

static int check_approvals(struct verifier *v, const struct line *line)
{
	cleanup(bytes_deinit) struct bytes why = BYTES_PRINTED;
	size_t n;
	int r;

	if (!v->options->approvers)
		return 0;

	r = approval_check_record(line->text, line->len, v->options->approvers, &n, &why);
	if (r == APPROVAL_CHECK_REFUSED)
		return tell(v, "%s", bytes_str(&why));
	v->report.approvals += n;
	return r;
}

static int check_record(
	struct verifier *v, const struct line *line, const struct chain_record *record)
{
	int r;

	if (v->report.records == 1)
		begin(v, record);
	r = check_hash(v, line, record);
	if (r >= 0)
		r = check_schema(v, record);
	if (r >= 0)
		r = check_sequence(v, record);
	if (r >= 0)
		r = check_link(v, record);
	if (r >= 0)
		r = check_signature(v, record);
	if (r >= 0)
		r = check_head(v, record);
	if (r >= 0)
		r = check_approvals(v, line);
	if (r < 0)
		return r;

	v->report.head = record->head;
	v->linked = true;
	return v->calls->record ? v->calls->record(line->text, line->len, v->userdata) : 0;
}

/* A line that is no record still counts in the sequence. */
static int check_line(struct verifier *v, const struct line *line)
{
	cleanup(bytes_deinit) struct bytes why = BYTES_PRINTED;
	struct chain_record record;
	int r;

	v->line = line->number;
	v->report.records++;
	if (!line->complete)
		return tell(v, "it is incomplete: it does not end with a newline");

	if (!line->text) {
		r = tell(v, "it is longer than %zu bytes", CHAIN_LINE_MAX);
	} else {
		r = chain_parse(line->text, line->len, &record, &why);
		if (r == 0)
			return check_record(v, line, &record);
		if (r == CHAIN_REFUSED)
			r = tell(v, "%s", bytes_str(&why));
	}
	v->linked = false;
	v->report.head.sequence++;
	return r;
}

static int check_end(struct verifier *v)
{
	const struct chain_head *head = v->options->head;

	if (v->report.records == 0) {
		v->line = 1;
		return tell(v, "there is no record");
	}
	if (v->options->receipt && v->report.records > 1)
		return tell(v, "a receipt is one record");
	if (v->options->receipt && v->report.approvals == 0)
		return tell(v, "it has no approver's signature that holds");
	if (head && !v->report.head_found && !v->options->head_is_elsewhere)
		return tell(v, "it is the last, and record %" PRIu64 " is missing", head->sequence);
	return 0;
}

int verify_stream(int fd, const struct verify_options *options, const struct verify_calls *calls,
	void *userdata, struct verify_report *ret)
{
	struct verifier v = {
		.options = options,
		.calls = calls,
		.userdata = userdata,
		.linked = true,
		.key_id = BYTES_PRINTED,
		.why = BYTES_PRINTED,
	};
	struct lines lines;
	struct line line;
	int r;

	lines_init(&lines, fd, CHAIN_LINE_MAX);
	while ((r = lines_next(&lines, &line)) == LINES_ONE) {
		r = check_line(&v, &line);
		if (r < 0)
			break;
		if (calls->progress)
			calls->progress(lines.offset, userdata);
	}
	if (r >= 0)
		r = check_end(&v);

	lines_deinit(&lines);
	bytes_deinit(&v.key_id);
	bytes_deinit(&v.why);
	if (r < 0)
		return r;

	*ret = v.report;
	return 0;
}
