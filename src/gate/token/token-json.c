/* SPDX-License-Identifier: ISC */

/*
 * Writes and reads tokens as JSON. One table lists a record's members in the order in which they
 * are written. Members are read in any order, but found sooner in this one.
 */

#include "gate/token/token-json.h"

#include <errno.h>
#include <string.h>

#include "base/json/scan.h"
#include "base/json/writer.h"
#include "gate/approval/approval-text.h"
#include "gate/fields.h"

enum member_kind {
	MEMBER_UUID,
	MEMBER_HASH,
	MEMBER_STATE,
	MEMBER_KIND, /* of what is asked */
	MEMBER_STRING,
	MEMBER_STRINGS,
	MEMBER_PROGRAMS,
	MEMBER_NAMES, /* strings; an empty list is written, too */
	MEMBER_UID,
	MEMBER_PID,
	MEMBER_TIME,
	MEMBER_MS,   /* a number; written only if not 0 */
	MEMBER_FLAG, /* written only if true */

	/* A member of struct approval; written only if that is known. */
	MEMBER_APPROVER,
	MEMBER_APPROVED,
	MEMBER_CONFIRMED,
};

/* The places where a member is written, in addition to the store's line of a whole token. */
enum place {
	IN_CHANGE = 1,
	ON_WIRE = 2,
	OPTIONAL = 4, /* only if the token has it */
};

struct member {
	const char *key;
	size_t offset; /* in struct token */
	enum member_kind kind;
	unsigned int places;
};

#define AT(field) offsetof(struct token, field)

/* The fields of the invocation stand between the first three members and the rest. */
#define FIRST_FIELD 3
#define AFTER_FIELDS (FIRST_FIELD + FIELDS)

static const struct member others[] = {
	{ "token_id", AT(id), MEMBER_UUID, IN_CHANGE | ON_WIRE },
	{ "state", AT(state), MEMBER_STATE, IN_CHANGE | ON_WIRE },
	{ "kind", AT(asked.kind), MEMBER_KIND, ON_WIRE | OPTIONAL },

	{ "process", AT(process), MEMBER_STRING, ON_WIRE | OPTIONAL },
	{ "rule", AT(rule), MEMBER_STRING, ON_WIRE },
	{ "reason", AT(reason), MEMBER_STRING, IN_CHANGE | ON_WIRE | OPTIONAL },
	{ "remember", AT(remember), MEMBER_FLAG, ON_WIRE | OPTIONAL },
	{ "always", AT(always), MEMBER_FLAG, IN_CHANGE | ON_WIRE | OPTIONAL },
	{ "for_ms", AT(for_ms), MEMBER_MS, IN_CHANGE | ON_WIRE | OPTIONAL },
	{ "approved_by", AT(approval), MEMBER_APPROVER, IN_CHANGE | ON_WIRE | OPTIONAL },
	{ "approved_wall_us", AT(approval), MEMBER_APPROVED, IN_CHANGE | OPTIONAL },
	{ "confirmed", AT(approval), MEMBER_CONFIRMED, IN_CHANGE | ON_WIRE | OPTIONAL },
	{ "signed", AT(demand.signature), MEMBER_FLAG, ON_WIRE | OPTIONAL },
	{ "touch", AT(demand.touch), MEMBER_FLAG, ON_WIRE | OPTIONAL },
	{ "verified", AT(demand.verified), MEMBER_FLAG, ON_WIRE | OPTIONAL },
	{ "not_asker", AT(demand.not_asker), MEMBER_FLAG, ON_WIRE | OPTIONAL },
	{ "needed", AT(demand.quorum), MEMBER_MS, ON_WIRE | OPTIONAL },
	{ "approvers", AT(approvers), MEMBER_STRINGS, ON_WIRE | OPTIONAL },
	{ "approvals", AT(approvals), MEMBER_STRINGS, IN_CHANGE | OPTIONAL },
	{ "evidence", AT(evidence), MEMBER_MS, IN_CHANGE | ON_WIRE | OPTIONAL },
	{ "uid", AT(uid), MEMBER_UID, ON_WIRE },
	{ "pid", AT(pid), MEMBER_PID, ON_WIRE | OPTIONAL },
	{ "fingerprint", AT(fingerprint), MEMBER_HASH, ON_WIRE },
	{ "boot_id", AT(boot_id), MEMBER_UUID, 0 },
	{ "issued_boot_us", AT(issued), MEMBER_TIME, 0 },
	{ "expires_boot_us", AT(expires), MEMBER_TIME, 0 },
	{ "issued_wall_us", AT(issued_wall), MEMBER_TIME, 0 },
};

#define N_MEMBERS (sizeof(others) / sizeof(others[0]) + FIELDS)

static struct member member_of_field(const struct field_row *row)
{
	static const enum member_kind kinds[] = {
		[FIELD_KIND_STRINGS] = MEMBER_STRINGS,
		[FIELD_KIND_PROGRAMS] = MEMBER_PROGRAMS,
		[FIELD_KIND_NAMES] = MEMBER_NAMES,
	};
	bool list = row->kind >= FIELD_KIND_STRINGS;
	bool always = row->kind == FIELD_KIND_STRINGS || row->required;

	return (struct member){ row->name, AT(asked) + row->offset,
		list ? kinds[row->kind] : MEMBER_STRING, ON_WIRE | (always ? 0 : OPTIONAL) };
}

static bool is_field(size_t i)
{
	return i >= FIRST_FIELD && i < AFTER_FIELDS;
}

static struct member member_at(size_t i)
{
	if (i < FIRST_FIELD)
		return others[i];
	return is_field(i) ? member_of_field(&field_rows[i - FIRST_FIELD]) : others[i - FIELDS];
}

/* --- writing ---------------------------------------------------------------------------------- */

static void write_uuid(struct writer *w, const char *key, const uint8_t *id)
{
	char text[NOTATION_UUID_LEN + 1];

	notation_uuid(id, text);
	writer_string(w, key, text);
}

static void write_hash(struct writer *w, const char *key, const uint8_t *hash)
{
	char text[FINGERPRINT_HEX_LEN + 1];

	notation_hex(hash, FINGERPRINT_LEN, text);
	writer_string(w, key, text);
}

static void write_ms(struct writer *w, const char *key, uint64_t ms)
{
	if (ms > 0)
		writer_unsigned(w, key, ms);
}

static void write_flag(struct writer *w, const char *key, bool flag)
{
	if (flag)
		writer_bool(w, key, true);
}

static void write_approval(
	struct writer *w, const char *key, enum member_kind kind, const struct approval *a)
{
	if (!a->known)
		return;
	if (kind == MEMBER_APPROVER)
		writer_unsigned(w, key, a->by);
	else if (kind == MEMBER_APPROVED)
		writer_unsigned(w, key, a->at_wall);
	else
		writer_string(w, key, confirmed_name(a->confirmed));
}

static void write_strings(struct writer *w, const char *key, const struct string_list *list)
{
	writer_strings(w, key, list->text, list->n);
}

static void write_list(struct writer *w, const struct member *m, const struct string_list *list)
{
	if (!list->text)
		return;
	if (m->kind == MEMBER_PROGRAMS)
		fields_write_programs(w, m->key, list);
	else
		write_strings(w, m->key, list);
}

static void write_member(struct writer *w, const struct token *t, const struct member *m)
{
	const void *value = (const char *)t + m->offset;

	switch (m->kind) {
	case MEMBER_UUID:
		write_uuid(w, m->key, value);
		break;
	case MEMBER_HASH:
		write_hash(w, m->key, value);
		break;
	case MEMBER_STATE:
		writer_string(w, m->key, token_state_name(t->state));
		break;
	case MEMBER_KIND:
		writer_string(w, m->key, kind_name(t->asked.kind));
		break;
	case MEMBER_STRING:
		writer_string(w, m->key, *(const char *const *)value);
		break;
	case MEMBER_STRINGS:
		if (!(m->places & OPTIONAL) || ((const struct string_list *)value)->n > 0)
			write_strings(w, m->key, value);
		break;
	case MEMBER_PROGRAMS:
	case MEMBER_NAMES:
		write_list(w, m, value);
		break;
	case MEMBER_UID:
		writer_unsigned(w, m->key, t->uid);
		break;
	case MEMBER_PID:
		if (t->pid > 0)
			writer_integer(w, m->key, t->pid);
		break;
	case MEMBER_TIME:
		writer_unsigned(w, m->key, *(const uint64_t *)value);
		break;
	case MEMBER_MS:
		write_ms(w, m->key, *(const uint64_t *)value);
		break;
	case MEMBER_FLAG:
		write_flag(w, m->key, *(const bool *)value);
		break;
	case MEMBER_APPROVER:
	case MEMBER_APPROVED:
	case MEMBER_CONFIRMED:
		write_approval(w, m->key, m->kind, value);
		break;
	}
}

/*
 * Whether a line has the member. In the store a token of the first contract has no kind, as in
 * files of older versions.
 */
static bool is_of_line(const struct token *t, size_t i, const struct member *m, unsigned int places)
{
	const enum contract contract = fields_contract(&t->asked);

	if ((m->places & places) != places)
		return false;
	if (m->kind == MEMBER_KIND)
		return (places & ON_WIRE) || contract == CONTRACT_EVALUATE;
	return !is_field(i) || (field_rows[i - FIRST_FIELD].contract & contract);
}

/* Writes the members for all of these places; 0 stands for the store's line. */
static void write_members(struct writer *w, const struct token *t, unsigned int places)
{
	struct member m;

	for (size_t i = 0; i < N_MEMBERS; i++) {
		m = member_at(i);
		if (is_of_line(t, i, &m, places))
			write_member(w, t, &m);
	}
}

/* Writes µs of the wall clock as a time for people. */
static void write_time(struct writer *w, const char *key, uint64_t us)
{
	cleanup(bytes_deinit) struct bytes text = BYTES_INIT(64);

	if (notation_append_time(&text, us) >= 0)
		writer_string(w, key, bytes_str(&text));
	else
		writer_fail(w, -ENOMEM);
}

/* Writes "approvals":[{"by":"alice","at":"2026-…"}], if there are any. */
static void write_approvals(struct writer *w, const struct string_list *approvals)
{
	const char *at = NULL;
	struct approval_entry a;

	if (approvals->n == 0)
		return;
	writer_array(w, "approvals");
	while (approvals_next(approvals, &at, &a)) {
		writer_object(w, NULL);
		writer_string(w, "by", a.by);
		write_time(w, "at", a.at);
		writer_end(w);
	}
	writer_end(w);
}

static void write_item(
	struct writer *w, const struct token *t, const struct moment *now, const char *progress)
{
	write_members(w, t, ON_WIRE);
	write_approvals(w, &t->approvals);
	if (progress && progress[0])
		writer_raw(w, "progress", progress, strlen(progress));
	write_time(w, "issued_at", t->issued_wall);
	write_time(w, "expires_at", token_expires_wall(t));
	if (t->approval.known)
		write_time(w, "approved_at", t->approval.at_wall);
	writer_unsigned(w, "age_ms", token_age(t, now) / CLOCK_MS);
	writer_unsigned(w, "expires_in_ms", token_time_left(t, now) / CLOCK_MS);
}

/* Writes "record" and "until" as in the text to sign (gate/approval/approval-text). */
static void write_signed_parts(struct writer *w, const struct token *t)
{
	char boot[NOTATION_UUID_LEN + 1], until[NOTATION_UUID_LEN + 32];
	uint8_t record[SHA256_LEN];

	approval_record_hash(&t->asked, t->uid, t->rule, record);
	write_hash(w, "record", record);
	notation_uuid(t->boot_id, boot);
	snprintf(
		until, sizeof(until), "%s %llu", boot, (unsigned long long)(t->expires / CLOCK_MS));
	writer_string(w, "until", until);
}

int record_print_item(const struct token *t, const struct moment *now,
	const struct record_extra *extra, struct bytes *b)
{
	struct writer w;

	writer_init(&w, b);
	writer_object(&w, NULL);
	write_item(&w, t, now, extra->progress);
	if (extra->to_sign)
		write_signed_parts(&w, t);
	writer_end(&w);
	return writer_finish(&w);
}

int record_print_event(const struct token *t, const struct moment *now,
	const struct record_extra *extra, struct bytes *b)
{
	const char *event = "issued";
	struct writer w;

	writer_init(&w, b);
	writer_object(&w, NULL);
	if (t->state != TOKEN_PENDING)
		event = token_state_name(t->state);
	else if (t->approvals.n > 0 && extra->by)
		event = "signed";
	writer_string(&w, "event", event);
	if (extra->by)
		writer_unsigned(&w, "by_uid", *extra->by);
	write_item(&w, t, now, extra->progress);
	writer_string(&w, "not_always", extra->not_always);
	writer_end(&w);
	return writer_finish(&w);
}

int record_print_stored(const struct token *t, struct bytes *b)
{
	struct writer w;

	writer_init(&w, b);
	writer_object(&w, NULL);
	write_members(&w, t, 0);
	writer_end(&w);
	return writer_finish(&w);
}

int record_print_change(const struct token_change *change, struct bytes *b)
{
	struct token t = {
		.state = change->to,
		.reason = change->reason,
		.always = change->always,
		.for_ms = change->for_ms,
		.approval = change->approval,
		.approvals = change->approvals,
		.evidence = change->evidence,
	};
	struct writer w;

	memcpy(t.id, change->id, sizeof(t.id));
	writer_init(&w, b);
	writer_object(&w, NULL);
	write_members(&w, &t, IN_CHANGE);
	writer_end(&w);
	return writer_finish(&w);
}

/* --- reading ---------------------------------------------------------------------------------- */

/* The member's value has the wrong type, or makes no sense. */
#define VALUE_REFUSED SCAN_OTHER

/*
 * What was read so far. The strings lie in `scratch` one after another, each ended by NUL. Pointers
 * to them are set at the end, since the buffer moves as it grows.
 */
struct reader {
	struct token token;
	struct bytes *scratch;
	size_t start[N_MEMBERS]; /* of a string in `scratch` */
	bool there[N_MEMBERS];
	size_t next; /* the member that is expected next */
	bool refused;
};

/* The index of the member with this key; N_MEMBERS if there is none. */
static size_t find_member(const struct reader *r, const struct scan_member *m)
{
	const char *key;

	for (size_t n = 0, i = r->next; n < N_MEMBERS; n++, i = (i + 1) % N_MEMBERS) {
		key = member_at(i).key;
		if (strlen(key) == m->key_len && memcmp(key, m->key, m->key_len) == 0)
			return i;
	}
	return N_MEMBERS;
}

/* Appends a string and its NUL. */
static int read_string(struct reader *r, const struct scan_member *m, size_t *ret_start)
{
	int e;

	*ret_start = r->scratch->len;
	e = scan_string_value(m->value, m->value_len, r->scratch);
	if (e == 0)
		e = bytes_append_char(r->scratch, '\0');
	return e;
}

/* Reads a string that is a notation of another type; valid until the next one is read. */
static int read_text(
	struct reader *r, const struct scan_member *m, const char **ret, size_t *ret_len)
{
	size_t start;
	int e;

	e = read_string(r, m, &start);
	if (e != 0)
		return e;

	*ret = r->scratch->data + start;
	*ret_len = r->scratch->len - start - 1;
	return 0;
}

static int read_number(const struct scan_member *m, uint64_t max, uint64_t *ret)
{
	return scan_integer_value(m->value, m->value_len, max, ret) ? 0 : VALUE_REFUSED;
}

/* The member is written only if true. */
static int read_flag(const struct scan_member *m, bool *ret)
{
	*ret = m->value_len == 4 && memcmp(m->value, "true", 4) == 0;
	return *ret ? 0 : VALUE_REFUSED;
}

static int read_state(struct reader *r, const struct scan_member *m)
{
	const char *name;
	size_t len;
	int e;

	e = read_text(r, m, &name, &len);
	if (e != 0)
		return e;

	r->token.state = token_state_parse(name);
	return r->token.state == TOKEN_ABSENT ? VALUE_REFUSED : 0;
}

static int read_kind(struct reader *r, const struct scan_member *m)
{
	const char *name;
	size_t len;
	int e;

	e = read_text(r, m, &name, &len);
	if (e != 0)
		return e;

	r->token.asked.kind = kind_parse(name);
	return r->token.asked.kind == KINDS ? VALUE_REFUSED : 0;
}

static int read_bytes(
	struct reader *r, const struct scan_member *m, enum member_kind kind, void *field)
{
	const char *text;
	size_t len;
	int e;

	e = read_text(r, m, &text, &len);
	if (e != 0)
		return e;

	e = kind == MEMBER_UUID ? notation_parse_uuid(text, len, field)
				: notation_parse_hex(text, len, field, FINGERPRINT_LEN);
	return e < 0 ? VALUE_REFUSED : 0;
}

static int read_strings(
	struct reader *r, const struct scan_member *m, struct string_list *list, size_t *ret_start)
{
	int e;

	*ret_start = r->scratch->len;
	e = scan_strings_value(m->value, m->value_len, r->scratch, &list->n);
	list->len = r->scratch->len - *ret_start;
	return e;
}

static int read_confirmed(struct reader *r, const struct scan_member *m, struct approval *a)
{
	const char *name;
	size_t len;
	int e;

	e = read_text(r, m, &name, &len);
	if (e != 0)
		return e;

	a->confirmed = confirmed_parse(name);
	return a->confirmed == CONFIRMED_UNSAID ? VALUE_REFUSED : 0;
}

static int read_approval(
	struct reader *r, const struct scan_member *m, enum member_kind kind, struct approval *a)
{
	uint64_t uid = 0;
	int e;

	if (kind == MEMBER_CONFIRMED)
		return read_confirmed(r, m, a);
	if (kind == MEMBER_APPROVED)
		return read_number(m, JSON_INTEGER_MAX, &a->at_wall);

	e = read_number(m, UINT32_MAX, &uid);
	a->known = true;
	a->by = (uid_t)uid;
	return e;
}

struct programs_reader {
	struct bytes *scratch;
	size_t n;
};

/* A program: its name and two paths. */
static int read_program(const struct scan_member *m, void *userdata)
{
	struct programs_reader *r = userdata;
	size_t n;
	int e;

	e = bytes_append(r->scratch, m->key, m->key_len);
	if (e >= 0)
		e = bytes_append_char(r->scratch, '\0');
	if (e >= 0)
		e = scan_strings_value(m->value, m->value_len, r->scratch, &n);
	if (e != 0)
		return e < 0 ? e : -EINVAL;
	r->n += 3;
	return n == 2 ? 0 : -EINVAL;
}

static int read_programs(
	struct reader *r, const struct scan_member *m, struct string_list *list, size_t *ret_start)
{
	struct programs_reader programs = { .scratch = r->scratch };
	struct scan_fault fault;
	int e;

	*ret_start = r->scratch->len;
	e = scan_object(m->value, m->value_len, read_program, &programs, &fault);
	list->n = programs.n;
	list->len = r->scratch->len - *ret_start;
	return e == -EINVAL || e == SCAN_REFUSED ? VALUE_REFUSED : e;
}

/* Reads a value of the type that the member's kind names. */
static int read_value(struct reader *r, const struct scan_member *m, size_t i)
{
	const struct member member = member_at(i);
	void *field = (char *)&r->token + member.offset;
	uint64_t number = 0;
	int e = 0;

	switch (member.kind) {
	case MEMBER_UUID:
	case MEMBER_HASH:
		e = read_bytes(r, m, member.kind, field);
		break;
	case MEMBER_STATE:
		e = read_state(r, m);
		break;
	case MEMBER_KIND:
		e = read_kind(r, m);
		break;
	case MEMBER_STRING:
		e = read_string(r, m, &r->start[i]);
		break;
	case MEMBER_STRINGS:
	case MEMBER_NAMES:
		e = read_strings(r, m, field, &r->start[i]);
		break;
	case MEMBER_PROGRAMS:
		e = read_programs(r, m, field, &r->start[i]);
		break;
	case MEMBER_UID:
		e = read_number(m, UINT32_MAX, &number);
		r->token.uid = (uid_t)number;
		break;
	case MEMBER_PID:
		e = read_number(m, INT32_MAX, &number);
		r->token.pid = (pid_t)number;
		break;
	case MEMBER_TIME:
	case MEMBER_MS:
		e = read_number(m, JSON_INTEGER_MAX, field);
		break;
	case MEMBER_FLAG:
		e = read_flag(m, field);
		break;
	case MEMBER_APPROVER:
	case MEMBER_APPROVED:
	case MEMBER_CONFIRMED:
		e = read_approval(r, m, member.kind, field);
		break;
	}
	return e;
}

/*
 * A value that makes no sense does not end the scan, since a later JSON error is reported first. An
 * unknown member is an error, too: it would be lost when the file is rewritten.
 */
static int read_member(const struct scan_member *m, void *userdata)
{
	struct reader *r = userdata;
	size_t i = find_member(r, m);
	int e;

	if (i == N_MEMBERS) {
		r->refused = true;
		return 0;
	}

	r->there[i] = true;
	r->next = (i + 1) % N_MEMBERS;
	e = read_value(r, m, i);
	if (e == VALUE_REFUSED)
		r->refused = true;
	return e < 0 ? e : 0;
}

static bool is_list(enum member_kind kind)
{
	return kind == MEMBER_STRINGS || kind == MEMBER_PROGRAMS || kind == MEMBER_NAMES;
}

static void point_to_strings(struct reader *r)
{
	struct member m;
	const char *text;
	void *field;

	for (size_t i = 0; i < N_MEMBERS; i++) {
		m = member_at(i);
		text = bytes_str(r->scratch) + r->start[i];
		field = (char *)&r->token + m.offset;
		if (r->there[i] && m.kind == MEMBER_STRING)
			*(const char **)field = text;
		else if (r->there[i] && is_list(m.kind))
			((struct string_list *)field)->text = text;
	}
}

/* Every token has one, no change has. */
static bool has_fingerprint(const struct reader *r)
{
	for (size_t i = AFTER_FIELDS; i < N_MEMBERS; i++)
		if (member_at(i).kind == MEMBER_HASH)
			return r->there[i];
	return false;
}

/* Whether a change has all of its members, and no others. */
static bool is_whole_change(const struct reader *r)
{
	unsigned int places;

	for (size_t i = 0; i < N_MEMBERS; i++) {
		places = member_at(i).places;
		if (r->there[i] ? !(places & IN_CHANGE)
				: (places & IN_CHANGE) && !(places & OPTIONAL))
			return false;
	}
	return true;
}

/* Whether a token of this contract can have the member, and whether it must. */
static bool is_allowed(enum contract contract, size_t i, const struct member *m)
{
	if (m->kind == MEMBER_KIND)
		return contract == CONTRACT_EVALUATE;
	return !is_field(i) || (field_rows[i - FIRST_FIELD].contract & contract);
}

static bool is_required(enum contract contract, size_t i, const struct member *m)
{
	if (m->kind == MEMBER_KIND || (is_field(i) && contract == CONTRACT_EVALUATE))
		return m->kind == MEMBER_KIND && contract == CONTRACT_EVALUATE;
	return is_allowed(contract, i, m) && !(m->places & OPTIONAL);
}

/* Whether a token has all members that its contract requires, and none of the other contract. */
static bool is_whole_token(const struct reader *r)
{
	const enum contract contract = fields_contract(&r->token.asked);
	struct member m;

	for (size_t i = 0; i < N_MEMBERS; i++) {
		m = member_at(i);
		if (r->there[i] ? !is_allowed(contract, i, &m) : is_required(contract, i, &m))
			return false;
	}
	return true;
}

/* Whether only a token approved for good has a time, and only an approved one an approval. */
static bool has_approval(const struct token *t)
{
	const struct approval *a = &t->approval;

	if (!approvals_make_sense(&t->approvals))
		return false;
	if (a->known && t->state == TOKEN_PENDING)
		return false;
	if (t->always && t->state == TOKEN_PENDING && t->approvals.n == 0)
		return false;
	if (!a->known && (a->at_wall > 0 || a->confirmed != CONFIRMED_UNSAID))
		return false;
	return t->always || t->for_ms == 0;
}

/* Computes both hashes again: they must match the record's other members. */
static bool makes_sense(const struct token *t)
{
	uint8_t fingerprint[FINGERPRINT_LEN];

	if (!fields_content_fits(&t->asked))
		return false;

	fingerprint_compute(&t->asked, fingerprint);
	return memcmp(fingerprint, t->fingerprint, sizeof(fingerprint)) == 0
		&& t->issued <= t->expires && has_approval(t);
}

int record_parse(const char *line, size_t len, struct bytes *scratch, struct token_change *ret,
	const char **ret_why)
{
	struct reader r = { .scratch = scratch };
	struct scan_fault fault;
	bool token;
	int e;

	bytes_clear(scratch);
	e = scan_object(line, len, read_member, &r, &fault);
	if (e == SCAN_REFUSED) {
		*ret_why = scan_error_text(fault.error);
		return RECORD_MALFORMED;
	}
	if (e < 0)
		return e;

	point_to_strings(&r);
	token = has_fingerprint(&r);
	if (r.refused || !(token ? is_whole_token(&r) : is_whole_change(&r))
		|| (token ? !makes_sense(&r.token) : !has_approval(&r.token))) {
		*ret_why = "is not a token's record";
		return RECORD_MALFORMED;
	}

	*ret = (struct token_change){
		.to = r.token.state,
		.reason = r.token.reason,
		.always = r.token.always,
		.for_ms = r.token.for_ms,
		.approval = r.token.approval,
		.approvals = r.token.approvals,
		.evidence = r.token.evidence,
	};
	memcpy(ret->id, r.token.id, sizeof(ret->id));
	if (!token)
		return 0;

	ret->reason = NULL;
	ret->approvals = (struct string_list){ 0 };
	ret->issued = token_new(&r.token);
	return ret->issued ? 0 : -ENOMEM;
}
