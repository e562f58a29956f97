/* SPDX-License-Identifier: ISC */

/*
 * Reads and writes a record. Each member that concerns the chain has a function that takes it; all
 * other members must only be strict JSON.
 */

#include "ledger/evidence/chain.h"

#include <string.h>

#include "base/array.h"
#include "base/json/scan-value.h"
#include "base/notation.h"
#include "base/sha256.h"

#define HASH_KEY "\"record_hash\":\""
#define SIGNATURE_KEY "\"signature\":"

const struct scan_limits chain_limits = { .depth_max = CHAIN_DEPTH_MAX, .nul_escape = true };

struct chain_reader {
	const char *line;
	size_t len;
	struct chain_record *record;
	bool has_schema, has_sequence, has_previous, has_hash, has_signature;
	const char *fault; /* the first one; NULL: none */
};

static bool is_hash(const char *text, size_t len)
{
	uint8_t hash[CHAIN_HASH_LEN / 2];

	return notation_parse_hex(text, len, hash, sizeof(hash)) == 0;
}

bool chain_parse_head(const char *text, struct chain_head *ret)
{
	const char *colon = strchr(text, ':');

	if (!colon || colon == text || !is_hash(colon + 1, strlen(colon + 1))
		|| !scan_integer_value(
			text, (size_t)(colon - text), CHAIN_SEQUENCE_MAX, &ret->sequence)
		|| ret->sequence == 0)
		return false;

	memcpy(ret->hash, colon + 1, sizeof(ret->hash));
	return true;
}

static void refuse(struct chain_reader *r, const char *fault)
{
	if (!r->fault)
		r->fault = fault;
}

static bool is_string(const struct scan_member *m, const char *text)
{
	size_t len = strlen(text);

	return m->value_len == len + 2 && memcmp(m->value + 1, text, len) == 0;
}

static void take_schema(struct chain_reader *r, const struct scan_member *m)
{
	r->has_schema = true;
	if (is_string(m, CHAIN_SCHEMA_FIRMA))
		r->record->schema = CHAIN_SCHEMA_FIRMA;
	else if (is_string(m, CHAIN_SCHEMA_CAVRA))
		r->record->schema = CHAIN_SCHEMA_CAVRA;
	else
		refuse(r, "its schema_version is not known");
}

static void take_sequence(struct chain_reader *r, const struct scan_member *m)
{
	r->has_sequence = true;
	if (!scan_integer_value(
		    m->value, m->value_len, CHAIN_SEQUENCE_MAX, &r->record->head.sequence))
		refuse(r, "its sequence is not a whole number");
}

static bool take_digits(const struct scan_member *m, char ret[static CHAIN_HASH_LEN + 1])
{
	if (m->value_len != CHAIN_HASH_LEN + 2 || m->value[0] != '"'
		|| !is_hash(m->value + 1, CHAIN_HASH_LEN))
		return false;

	memcpy(ret, m->value + 1, CHAIN_HASH_LEN);
	ret[CHAIN_HASH_LEN] = '\0';
	return true;
}

static void take_previous(struct chain_reader *r, const struct scan_member *m)
{
	r->has_previous = true;
	if (!take_digits(m, r->record->previous))
		refuse(r, "its previous_hash is not 64 lower-case hex digits");
}

/*
 * Cuts the member, from its key on, with the comma before it; if it is the first, with the comma
 * after it. No white space may stand around it or in it.
 */
static bool cut(struct chain_reader *r, const struct scan_member *m, const char *key, size_t i)
{
	size_t start = m->key_offset, end = (size_t)(m->value - r->line) + m->value_len;
	size_t key_len = strlen(key);
	char before, after;

	if (memcmp(r->line + start, key, key_len) != 0 || start == 0 || end >= r->len)
		return false;

	before = r->line[start - 1];
	after = r->line[end];
	if ((before != ',' && before != '{') || (after != ',' && after != '}'))
		return false;

	r->record->cuts[i].start = before == ',' ? start - 1 : start;
	r->record->cuts[i].end = before == '{' && after == ',' ? end + 1 : end;
	return true;
}

static void take_hash(struct chain_reader *r, const struct scan_member *m)
{
	r->has_hash = true;
	if (!take_digits(m, r->record->head.hash))
		refuse(r, "its record_hash is not 64 lower-case hex digits");
	else if (!cut(r, m, HASH_KEY, 0))
		refuse(r, "its record_hash is not written as it must be");
}

/* Skips the text if it comes next. */
static bool skip(const char **at, const char *end, const char *text)
{
	size_t len = strlen(text);

	if ((size_t)(end - *at) < len || memcmp(*at, text, len) != 0)
		return false;

	*at += len;
	return true;
}

/* Takes the text up to the next quote; the text must need no escape. */
static bool take_plain(const char **at, const char *end, const char **ret, size_t *ret_len)
{
	const char *quote = memchr(*at, '"', (size_t)(end - *at));

	if (!quote || memchr(*at, '\\', (size_t)(quote - *at)))
		return false;

	*ret = *at;
	*ret_len = (size_t)(quote - *at);
	*at = quote;
	return true;
}

/* An escape as CAVRA's encoder, Go's encoding/json, writes it. */
static bool skip_escape(const char **at, const char *end)
{
	static const char *const escapes[] = { "\\\"", "\\\\", "\\b", "\\f", "\\n", "\\r", "\\t",
		"\\u003c", "\\u003e", "\\u0026", "\\u2028", "\\u2029", "\\ufffd" };
	const char *code = *at;

	for (size_t i = 0; i < LENGTH(escapes); i++)
		if (skip(at, end, escapes[i]))
			return true;

	/* The control characters without a letter; older versions have none for \b and \f. */
	if (!skip(&code, end, "\\u00") || end - code < 2 || (code[0] != '0' && code[0] != '1')
		|| !strchr(code[0] == '0' ? "012345678bcef" : "0123456789abcdef", code[1]))
		return false;
	*at = code + 2;
	return true;
}

/* Go's encoder escapes these as well; without an escape they are not as it writes them. */
static bool is_escaped_by_go(const char *at, const char *end)
{
	return *at == '<' || *at == '>' || *at == '&' || skip(&at, end, "\u2028")
		|| skip(&at, end, "\u2029");
}

/* A key ID in CAVRA's streams: any text but the empty one, which is left out. */
static bool take_go_string(const char **at, const char *end, const char **ret, size_t *ret_len)
{
	const char *from = *at;

	while (*at < end && **at != '"') {
		if (**at == '\\') {
			if (!skip_escape(at, end))
				return false;
		} else if (is_escaped_by_go(*at, end)) {
			return false;
		} else {
			(*at)++;
		}
	}
	*ret = from;
	*ret_len = (size_t)(*at - from);
	return *ret_len > 0;
}

static bool take_key_id(
	const char *schema, const char **at, const char *end, struct chain_signature *s)
{
	bool go = schema && strcmp(schema, CHAIN_SCHEMA_CAVRA) == 0;

	if (!skip(at, end, "\",\"key_id\":\""))
		return go;
	if (go)
		return take_go_string(at, end, &s->key_id, &s->key_id_len);
	return take_plain(at, end, &s->key_id, &s->key_id_len) && s->key_id_len <= CHAIN_KEY_ID_MAX;
}

/* The schema is known by now: a signature is a record's last member. */
static bool read_signature(
	const char *schema, const char *at, const char *end, struct chain_signature *s)
{
	const char *algorithm;
	size_t algorithm_len;

	if (!skip(&at, end, "{\"algorithm\":\"")
		|| !take_plain(&at, end, &algorithm, &algorithm_len)
		|| !take_key_id(schema, &at, end, s) || !skip(&at, end, "\",\"value\":\"")
		|| !take_plain(&at, end, &s->value, &s->value_len) || !skip(&at, end, "\"}")
		|| at != end)
		return false;

	s->algorithm = signature_algorithm_parse(algorithm, algorithm_len);
	return true;
}

static void take_signature(struct chain_reader *r, const struct scan_member *m)
{
	r->has_signature = true;
	if (!read_signature(
		    r->record->schema, m->value, m->value + m->value_len, &r->record->signature)
		|| !cut(r, m, SIGNATURE_KEY "{", 1))
		refuse(r, "its signature is not written as it must be");
	else if (r->record->cuts[1].end + 1 != r->len)
		refuse(r, "its signature is not its last member");
}

#define MEMBER(name, function)                                             \
	{                                                                  \
		.key = (name), .len = sizeof(name) - 1, .take = (function) \
	}

static const struct {
	const char *key;
	size_t len;
	void (*take)(struct chain_reader *r, const struct scan_member *m);
} members[] = {
	MEMBER("schema_version", take_schema),
	MEMBER("sequence", take_sequence),
	MEMBER("previous_hash", take_previous),
	MEMBER("record_hash", take_hash),
	MEMBER("signature", take_signature),
};

static int take_member(const struct scan_member *m, void *userdata)
{
	for (size_t i = 0; i < LENGTH(members); i++)
		if (members[i].len == m->key_len && memcmp(members[i].key, m->key, m->key_len) == 0)
			members[i].take(userdata, m);
	return 0;
}

static void check_presence(struct chain_reader *r)
{
	if (!r->has_schema)
		refuse(r, "it has no schema_version");
	if (!r->has_sequence)
		refuse(r, "it has no sequence");
	if (!r->has_hash)
		refuse(r, "it has no record_hash");
}

int chain_parse(const char *line, size_t len, struct chain_record *ret, struct bytes *why)
{
	struct chain_reader r = { .line = line, .len = len, .record = ret };
	struct scan_fault fault;
	int e;

	*ret = (struct chain_record){ 0 };
	e = scan_object_within(line, len, &chain_limits, take_member, &r, &fault);
	if (e < 0)
		return e;
	if (e == SCAN_REFUSED) {
		e = bytes_appendf(why, "it is not strict JSON: %s (at byte %zu)",
			fault.error == SCAN_TOO_DEEP ? "it is nested too deeply"
						     : scan_error_text(fault.error),
			fault.offset + 1);
		return e < 0 ? e : CHAIN_REFUSED;
	}

	check_presence(&r);
	if (r.fault) {
		e = bytes_append_str(why, r.fault);
		return e < 0 ? e : CHAIN_REFUSED;
	}

	ret->is_signed = r.has_signature;
	return 0;
}

static void print_digest(struct sha256 *state, char ret[static CHAIN_HASH_LEN + 1])
{
	uint8_t hash[SHA256_LEN];

	sha256_final(state, hash);
	notation_hex(hash, sizeof(hash), ret);
}

int chain_append_key_id(const struct chain_signature *s, struct bytes *b)
{
	/* With its quotes, the text is a value that the scan has accepted. */
	return scan_string_value(s->key_id - 1, s->key_id_len + 2, b);
}

bool chain_is_signed_with(const struct chain_record *record, const struct evidence_key *key)
{
	const struct chain_signature *s = &record->signature;
	const struct signed_text text = { record->schema, record->previous, record->head.hash };
	bool holds;

	if (!key)
		return !record->is_signed;
	return record->is_signed && s->algorithm == evidence_key_algorithm(key) && s->key_id
		&& s->key_id_len == EVIDENCE_KEY_ID_LEN
		&& memcmp(s->key_id, evidence_key_id(key), EVIDENCE_KEY_ID_LEN) == 0
		&& evidence_key_check(key, &text, s->value, s->value_len, &holds) == 0 && holds;
}

void chain_hash(const char *line, size_t len, const struct chain_record *record,
	char ret[static CHAIN_HASH_LEN + 1])
{
	struct sha256 state;
	size_t from = 0;

	sha256_expect(len);
	sha256_init(&state);
	for (size_t i = 0; i < (record->is_signed ? 2 : 1); i++) {
		if (record->cuts[i].start > from)
			sha256_update(&state, line + from, record->cuts[i].start - from);
		from = record->cuts[i].end;
	}
	sha256_update(&state, line + from, len - from);
	print_digest(&state, ret);
}

static int print_signature(
	const struct evidence_key *key, const struct signed_text *text, struct bytes *b)
{
	int r;

	bytes_appendf(b, "," SIGNATURE_KEY "{\"algorithm\":\"%s\",\"key_id\":\"%s\",\"value\":\"",
		signature_algorithm_name(evidence_key_algorithm(key)), evidence_key_id(key));
	r = evidence_key_sign(key, text, b);
	return r < 0 ? r : bytes_append_str(b, "\"}");
}

int chain_print(const char *before, const struct bytes *tail, const char *previous,
	const struct evidence_key *key, struct bytes *b, char ret_hash[static CHAIN_HASH_LEN + 1])
{
	const struct signed_text text = { CHAIN_SCHEMA_FIRMA, previous, ret_hash };
	struct sha256 state;
	int r;

	/* Hash without record_hash and the comma before it; the comma after it is in `tail`. */
	sha256_expect(tail->len);
	sha256_init(&state);
	sha256_update(&state, before, strlen(before) - 1);
	sha256_update(&state, tail->data, tail->len);
	sha256_update(&state, "}", 1);
	print_digest(&state, ret_hash);

	bytes_append_strs(b, before, HASH_KEY, ret_hash, "\"");
	r = bytes_append(b, tail->data, tail->len);
	if (r >= 0 && key)
		r = print_signature(key, &text, b);
	return r < 0 ? r : bytes_append_str(b, "}\n");
}
