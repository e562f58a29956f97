/* SPDX-License-Identifier: ISC */

/* Members may stand in any order. They are found sooner in the order of the table. */

#include "gate/token/token-parse.h"

#include <errno.h>
#include <string.h>

#include "base/json/scan-value.h"
#include "gate/role.h"
#include "gate/token/token-members.h"

/* The member's value has the wrong type, or makes no sense. */
enum { VALUE_REFUSED = SCAN_OTHER };

/*
 * What was read so far. The strings lie in `scratch` one after another, each ended by NUL. Pointers
 * to them are set at the end, since the buffer moves as it grows.
 */
struct reader {
	struct token token;
	struct bytes *scratch;
	size_t start[TOKEN_MEMBERS]; /* of a string in `scratch` */
	bool there[TOKEN_MEMBERS];
	size_t next; /* the member that is expected next */
	bool whole;  /* it has a fingerprint: every token has one, no change has */
	bool refused;
};

/* The index of the member with this key; TOKEN_MEMBERS if there is none. */
static size_t find_member(const struct reader *r, const struct scan_member *m)
{
	const char *key;

	for (size_t n = 0, i = r->next; n < TOKEN_MEMBERS; n++, i = (i + 1) % TOKEN_MEMBERS) {
		key = token_member_at(i)->key;
		if (key[0] == m->key[0] && strncmp(key, m->key, m->key_len) == 0
			&& key[m->key_len] == '\0')
			return i;
	}
	return TOKEN_MEMBERS;
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

/* Reads a string that is the notation of another type. */
static int read_notation(
	struct reader *r, const struct scan_member *m, enum token_member_kind kind, void *field)
{
	struct token *t = &r->token;
	const char *text;
	bool known = false;
	size_t start, len;
	enum role door;
	int e;

	e = read_string(r, m, &start);
	if (e != 0)
		return e;

	text = r->scratch->data + start;
	len = r->scratch->len - start - 1;
	if (kind == MEMBER_UUID)
		known = notation_parse_uuid(text, len, field) >= 0;
	else if (kind == MEMBER_HASH)
		known = r->whole = notation_parse_hex(text, len, field, FINGERPRINT_LEN) >= 0;
	else if (kind == MEMBER_STATE)
		known = (t->state = token_state_parse(text)) != TOKEN_ABSENT;
	else if (kind == MEMBER_KIND)
		known = (t->asked.kind = kind_parse(text)) != KINDS;
	else if (kind == MEMBER_DOOR)
		known = role_parse(text, &door) == 0 && (t->door = (uint8_t)(door + 1)) > 0;
	else if (kind == MEMBER_CONFIRMED)
		known = (t->approval.confirmed = (uint8_t)confirmed_parse(text))
			!= CONFIRMED_UNSAID;
	return known ? 0 : VALUE_REFUSED;
}

static int read_strings(
	struct reader *r, const struct scan_member *m, struct string_list *list, size_t *ret_start)
{
	size_t n;
	int e;

	*ret_start = r->scratch->len;
	e = scan_strings_value(m->value, m->value_len, r->scratch, &n);
	*list = string_list_of(NULL, n, r->scratch->len - *ret_start);
	return e;
}

static int read_approver(const struct scan_member *m, struct approval *a)
{
	uint64_t uid = 0;
	int e;

	e = read_number(m, UINT32_MAX, &uid);
	a->known = true;
	a->by = (uid_t)uid;
	return e;
}

/* The member is written only if it is not 0. */
static int read_scope(const struct scan_member *m, uint8_t *ret)
{
	cleanup(bytes_deinit) struct bytes words = BYTES_PRINTED;
	const char *word;
	uint8_t scope;
	size_t n;
	int e;

	e = scan_strings_value(m->value, m->value_len, &words, &n);
	if (e != 0)
		return e;

	word = bytes_str(&words);
	for (size_t i = 0; i < n; i++, word += strlen(word) + 1) {
		scope = scope_parse(word, strlen(word));
		if (scope == 0)
			return VALUE_REFUSED;
		*ret |= scope;
	}
	return *ret & SCOPE_USER ? 0 : VALUE_REFUSED;
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

	bytes_append(r->scratch, m->key, m->key_len);
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
	*list = string_list_of(NULL, programs.n, r->scratch->len - *ret_start);
	return e == -EINVAL || e == SCAN_REFUSED ? VALUE_REFUSED : e;
}

/* Reads a value of the type that the member's kind names. */
static int read_value(struct reader *r, const struct scan_member *m, size_t i)
{
	const struct token_member *member = token_member_at(i);
	void *field = (char *)&r->token + member->offset;
	uint64_t number = 0;
	int e = 0;

	switch (member->kind) {
	case MEMBER_UUID:
	case MEMBER_HASH:
	case MEMBER_STATE:
	case MEMBER_KIND:
	case MEMBER_DOOR:
	case MEMBER_CONFIRMED:
		e = read_notation(r, m, member->kind, field);
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
	case MEMBER_NUMBER:
		e = read_number(m, JSON_INTEGER_MAX, field);
		break;
	case MEMBER_FLAG:
		e = read_flag(m, field);
		break;
	case MEMBER_SCOPE:
		e = read_scope(m, field);
		break;
	case MEMBER_APPROVER:
		e = read_approver(m, field);
		break;
	case MEMBER_APPROVED:
		e = read_number(m, JSON_INTEGER_MAX, &r->token.approval.at_wall);
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

	if (i == TOKEN_MEMBERS) {
		r->refused = true;
		return 0;
	}

	r->there[i] = true;
	r->next = (i + 1) % TOKEN_MEMBERS;
	e = read_value(r, m, i);
	if (e == VALUE_REFUSED)
		r->refused = true;
	return e < 0 ? e : 0;
}

static bool is_list(enum token_member_kind kind)
{
	return kind == MEMBER_STRINGS || kind == MEMBER_PROGRAMS || kind == MEMBER_NAMES;
}

static void point_to_strings(struct reader *r)
{
	const struct token_member *m;
	const char *text;
	void *field;

	for (size_t i = 0; i < TOKEN_MEMBERS; i++) {
		if (!r->there[i])
			continue;
		m = token_member_at(i);
		text = bytes_str(r->scratch) + r->start[i];
		field = (char *)&r->token + m->offset;
		if (m->kind == MEMBER_STRING)
			*(const char **)field = text;
		else if (is_list(m->kind))
			((struct string_list *)field)->text = text;
	}
}

/* Whether a change has all of its members, and no others. */
static bool is_whole_change(const struct reader *r)
{
	unsigned int places;

	for (size_t i = 0; i < TOKEN_MEMBERS; i++) {
		places = token_member_at(i)->places;
		if (r->there[i] ? !(places & IN_CHANGE)
				: (places & IN_CHANGE) && !(places & (OPTIONAL | IF_NEW)))
			return false;
	}
	return true;
}

/* Whether a token of this contract must have the member. */
static bool is_required(enum contract contract, size_t i)
{
	const struct token_member *m = token_member_at(i);

	if (contract == CONTRACT_EVALUATE && token_member_is_field(i))
		return false;
	if (m->kind == MEMBER_KIND)
		return contract == CONTRACT_EVALUATE;
	return !(m->places & OPTIONAL) && token_member_is_of(i, contract);
}

/* Whether a token has all members that its contract requires, and none of the other contract. */
static bool is_whole_token(const struct reader *r)
{
	const enum contract contract = fields_contract(&r->token.asked);

	for (size_t i = 0; i < TOKEN_MEMBERS; i++)
		if (r->there[i] ? !token_member_is_of(i, contract) : is_required(contract, i))
			return false;
	return true;
}

/*
 * Whether the approval fits the state: only an approved token has one, and only one approved for
 * good has the time of an entry.
 */
static bool has_approval(const struct token *t)
{
	const struct approval *a = &t->approval;

	if (!approvals_make_sense(&t->approvals))
		return false;
	if (a->known && t->state == TOKEN_PENDING)
		return false;
	if (t->standing.always && t->state == TOKEN_PENDING && t->approvals.n == 0)
		return false;
	if (!a->known && (a->at_wall > 0 || a->confirmed != CONFIRMED_UNSAID))
		return false;
	return t->standing.always || (t->standing.for_ms == 0 && t->standing.scope == 0);
}

/* Computes both hashes again: they must match the record's other members. */
static bool makes_sense(const struct token *t)
{
	uint8_t fingerprint[FINGERPRINT_LEN];

	if (!fields_content_fits(&t->asked))
		return false;

	fingerprint_compute(&t->asked, fingerprint);
	return memcmp(fingerprint, t->fingerprint, sizeof(fingerprint)) == 0
		&& t->issued <= t->expires && t->expires <= t->latest && has_approval(t);
}

/* Whether the line is the record of a whole token, or else of a change. */
static bool is_record(const struct reader *r)
{
	if (r->refused)
		return false;
	return r->whole ? is_whole_token(r) && makes_sense(&r->token)
			: is_whole_change(r) && has_approval(&r->token);
}

/* A whole token owns its strings, so its change has none. */
static struct token_change change_of(const struct token *t, bool whole)
{
	struct token_change change = {
		.to = t->state,
		.standing = t->standing,
		.approval = t->approval,
		.evidence = t->evidence,
		.joined = t->joined,
	};

	memcpy(change.id, t->id, sizeof(change.id));
	if (!whole) {
		change.reason = t->reason;
		change.approvals = t->approvals;
		change.expires = t->expires;
	}
	return change;
}

int token_parse(const char *line, size_t len, struct bytes *scratch, struct token_change *ret,
	const char **ret_why)
{
	struct reader r = { .scratch = scratch };
	struct scan_fault fault;
	int e;

	bytes_clear(scratch);
	e = scan_object(line, len, read_member, &r, &fault);
	if (e == SCAN_REFUSED) {
		*ret_why = scan_error_text(fault.error);
		return TOKEN_MALFORMED;
	}
	if (e < 0)
		return e;

	point_to_strings(&r);
	if (r.token.latest == 0)
		r.token.latest = r.token.expires; /* of an older version, which extended nothing */
	if (!is_record(&r)) {
		*ret_why = "is not a token's record";
		return TOKEN_MALFORMED;
	}

	*ret = change_of(&r.token, r.whole);
	if (!r.whole)
		return 0;

	ret->issued = token_new(&r.token);
	return ret->issued ? 0 : -ENOMEM;
}
