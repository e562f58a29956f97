/* SPDX-License-Identifier: ISC */

/*
 * Tokens written and read as JSON. One table says what a record's members are, in the order in
 * which they are written; reading takes them in any order, but finds them sooner in this one.
 */

#include "gate/token/token-json.h"

#include <errno.h>
#include <string.h>

#include "base/json/scan.h"
#include "base/json/tree.h"

enum kind {
	KIND_UUID,
	KIND_HASH,
	KIND_STATE,
	KIND_STRING,
	KIND_STRINGS, /* the arguments */
	KIND_UID,
	KIND_PID,
	KIND_TIME,
	KIND_MS,   /* there only where it isn't 0 */
	KIND_FLAG, /* there only where it is true */
};

/* Where a member stands, beside the store's line of a whole token. */
enum place {
	IN_CHANGE = 1,
	ON_WIRE = 2,
	OPTIONAL = 4, /* only where the token has it */
};

#define AT(field) offsetof(struct token, field)

static const struct member {
	const char *key;
	size_t offset; /* in struct token */
	enum kind kind;
	unsigned int places;
} members[] = {
	{ "token_id", AT(id), KIND_UUID, IN_CHANGE | ON_WIRE },
	{ "state", AT(state), KIND_STATE, IN_CHANGE | ON_WIRE },
	{ "executable", AT(asked.executable), KIND_STRING, ON_WIRE },
	{ "args", AT(asked.args.text), KIND_STRINGS, ON_WIRE },
	{ "cwd", AT(asked.cwd), KIND_STRING, ON_WIRE | OPTIONAL },
	{ "real_path", AT(asked.real_path), KIND_STRING, ON_WIRE | OPTIONAL },
	{ "executable_sha256", AT(asked.executable_sha256), KIND_STRING, ON_WIRE | OPTIONAL },
	{ "session_id", AT(asked.session_id), KIND_STRING, ON_WIRE },
	{ "sandbox_id", AT(asked.sandbox_id), KIND_STRING, ON_WIRE },
	{ "agent_id", AT(asked.agent_id), KIND_STRING, ON_WIRE | OPTIONAL },
	{ "profile", AT(asked.profile), KIND_STRING, ON_WIRE },
	{ "process", AT(process), KIND_STRING, ON_WIRE | OPTIONAL },
	{ "rule", AT(rule), KIND_STRING, ON_WIRE },
	{ "reason", AT(reason), KIND_STRING, IN_CHANGE | ON_WIRE | OPTIONAL },
	{ "remember", AT(remember), KIND_FLAG, ON_WIRE | OPTIONAL },
	{ "always", AT(always), KIND_FLAG, IN_CHANGE | ON_WIRE | OPTIONAL },
	{ "for_ms", AT(for_ms), KIND_MS, IN_CHANGE | ON_WIRE | OPTIONAL },
	{ "uid", AT(uid), KIND_UID, ON_WIRE },
	{ "pid", AT(pid), KIND_PID, ON_WIRE | OPTIONAL },
	{ "fingerprint", AT(fingerprint), KIND_HASH, ON_WIRE },
	{ "boot_id", AT(boot_id), KIND_UUID, 0 },
	{ "issued_boot_us", AT(issued), KIND_TIME, 0 },
	{ "expires_boot_us", AT(expires), KIND_TIME, 0 },
	{ "issued_wall_us", AT(issued_wall), KIND_TIME, 0 },
};

#define N_MEMBERS (sizeof(members) / sizeof(members[0]))

/* --- writing ---------------------------------------------------------------------------------- */

/* What is printed as text is kept here, by member, until the object is. */
struct forms {
	char text[N_MEMBERS][FINGERPRINT_HEX_LEN + 1];
};

static void add_ms(struct json_out *out, const char *key, uint64_t ms)
{
	if (ms > 0)
		json_out_integer(out, key, (int64_t)ms);
}

static void add_flag(struct json_out *out, const char *key, bool flag)
{
	if (flag)
		json_out_bool(out, key, true);
}

static void add(struct json_out *out, size_t i, const struct token *t, struct forms *forms)
{
	const struct member *m = &members[i];
	const char *field = (const char *)t + m->offset;

	switch (m->kind) {
	case KIND_UUID:
		notation_uuid((const uint8_t *)field, forms->text[i]);
		json_out_string(out, m->key, forms->text[i]);
		break;
	case KIND_HASH:
		notation_hex(field, FINGERPRINT_LEN, forms->text[i]);
		json_out_string(out, m->key, forms->text[i]);
		break;
	case KIND_STATE:
		json_out_string(out, m->key, token_state_name(t->state));
		break;
	case KIND_STRING:
		json_out_string(out, m->key, *(const char *const *)(const void *)field);
		break;
	case KIND_STRINGS:
		json_out_strings(out, m->key, t->asked.args.text, t->asked.args.n);
		break;
	case KIND_UID:
		json_out_integer(out, m->key, t->uid);
		break;
	case KIND_PID:
		if (t->pid > 0)
			json_out_integer(out, m->key, t->pid);
		break;
	case KIND_TIME:
		json_out_integer(out, m->key, (int64_t) * (const uint64_t *)(const void *)field);
		break;
	case KIND_MS:
		add_ms(out, m->key, *(const uint64_t *)(const void *)field);
		break;
	case KIND_FLAG:
		add_flag(out, m->key, *(const bool *)(const void *)field);
		break;
	}
}

static int print(struct json_out *out, struct bytes *b)
{
	int r;

	r = json_out_print(out, b);
	json_out_deinit(out);
	return r;
}

/* Ends `out` with the item. */
static int print_item(
	struct json_out *out, const struct token *t, const struct moment *now, struct bytes *b)
{
	cleanup(bytes_deinit) struct bytes issued = BYTES_INIT(64), expires = BYTES_INIT(64);
	struct forms forms;
	int r;

	r = notation_append_time(&issued, t->issued_wall);
	if (r >= 0)
		r = notation_append_time(&expires, token_expires_wall(t));
	if (r < 0) {
		json_out_deinit(out);
		return r;
	}

	for (size_t i = 0; i < N_MEMBERS; i++)
		if (members[i].places & ON_WIRE)
			add(out, i, t, &forms);
	json_out_string(out, "issued_at", bytes_str(&issued));
	json_out_string(out, "expires_at", bytes_str(&expires));
	json_out_integer(out, "age_ms", (int64_t)(token_age(t, now) / CLOCK_MS));
	json_out_integer(out, "expires_in_ms", (int64_t)(token_time_left(t, now) / CLOCK_MS));
	return print(out, b);
}

int record_print_item(const struct token *t, const struct moment *now, struct bytes *b)
{
	struct json_out out;

	json_out_init(&out);
	return print_item(&out, t, now, b);
}

int record_print_event(
	const struct token *t, const uid_t *by, const struct moment *now, struct bytes *b)
{
	struct json_out out;

	json_out_init(&out);
	json_out_string(
		&out, "event", t->state == TOKEN_PENDING ? "issued" : token_state_name(t->state));
	if (by)
		json_out_integer(&out, "by_uid", *by);
	return print_item(&out, t, now, b);
}

int record_print_stored(const struct token *t, struct bytes *b)
{
	struct forms forms;
	struct json_out out;

	json_out_init(&out);
	for (size_t i = 0; i < N_MEMBERS; i++)
		add(&out, i, t, &forms);
	return print(&out, b);
}

int record_print_change(const struct token_change *change, struct bytes *b)
{
	char id[NOTATION_UUID_LEN + 1];
	struct json_out out;

	notation_uuid(change->id, id);
	json_out_init(&out);
	json_out_string(&out, "token_id", id);
	json_out_string(&out, "state", token_state_name(change->to));
	json_out_string(&out, "reason", change->reason);
	add_flag(&out, "always", change->always);
	add_ms(&out, "for_ms", change->for_ms);
	return print(&out, b);
}

/* --- reading ---------------------------------------------------------------------------------- */

/* A member's value is of another kind, or makes no sense. */
#define MEMBER_REFUSED SCAN_OTHER

/*
 * What was read so far. The strings lie in `scratch` one behind the other, each ended by NUL, and
 * are pointed to when all are there, since they move as it grows.
 */
struct reader {
	struct token token;
	struct bytes *scratch;
	size_t start[N_MEMBERS]; /* of a string in `scratch` */
	bool there[N_MEMBERS];
	size_t next; /* the member that is expected */
	bool refused;
};

/* The member with this key; N_MEMBERS where there is none. */
static size_t find_member(const struct reader *r, const struct scan_member *m)
{
	for (size_t n = 0, i = r->next; n < N_MEMBERS; n++, i = (i + 1) % N_MEMBERS)
		if (strlen(members[i].key) == m->key_len
			&& memcmp(members[i].key, m->key, m->key_len) == 0)
			return i;
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

/* A string that is a notation of something else; valid until the next is read. */
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
	return scan_integer_value(m->value, m->value_len, max, ret) ? 0 : MEMBER_REFUSED;
}

/* It is there where it is true. */
static int read_flag(const struct scan_member *m, bool *ret)
{
	*ret = m->value_len == 4 && memcmp(m->value, "true", 4) == 0;
	return *ret ? 0 : MEMBER_REFUSED;
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
	return r->token.state == TOKEN_ABSENT ? MEMBER_REFUSED : 0;
}

static int read_bytes(struct reader *r, const struct scan_member *m, enum kind kind, void *field)
{
	const char *text;
	size_t len;
	int e;

	e = read_text(r, m, &text, &len);
	if (e != 0)
		return e;

	e = kind == KIND_UUID ? notation_parse_uuid(text, len, field)
			      : notation_parse_hex(text, len, field, FINGERPRINT_LEN);
	return e < 0 ? MEMBER_REFUSED : 0;
}

static int read_strings(struct reader *r, const struct scan_member *m, size_t *ret_start)
{
	int e;

	*ret_start = r->scratch->len;
	e = scan_strings_value(m->value, m->value_len, r->scratch, &r->token.asked.args.n);
	r->token.asked.args.len = r->scratch->len - *ret_start;
	return e;
}

/* The values that the names of the kinds promise. */
static int read_value(struct reader *r, const struct scan_member *m, size_t i)
{
	void *field = (char *)&r->token + members[i].offset;
	uint64_t number = 0;
	int e = 0;

	switch (members[i].kind) {
	case KIND_UUID:
	case KIND_HASH:
		e = read_bytes(r, m, members[i].kind, field);
		break;
	case KIND_STATE:
		e = read_state(r, m);
		break;
	case KIND_STRING:
		e = read_string(r, m, &r->start[i]);
		break;
	case KIND_STRINGS:
		e = read_strings(r, m, &r->start[i]);
		break;
	case KIND_UID:
		e = read_number(m, UINT32_MAX, &number);
		r->token.uid = (uid_t)number;
		break;
	case KIND_PID:
		e = read_number(m, INT32_MAX, &number);
		r->token.pid = (pid_t)number;
		break;
	case KIND_TIME:
	case KIND_MS:
		e = read_number(m, JSON_INTEGER_MAX, field);
		break;
	case KIND_FLAG:
		e = read_flag(m, field);
		break;
	}
	return e;
}

/*
 * A value that makes no sense does not end the scan: that the line is no JSON is said first. Nor is
 * a member that is unknown left out: the next file that is written would not have it.
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
	if (e == MEMBER_REFUSED)
		r->refused = true;
	return e < 0 ? e : 0;
}

static void point_to_strings(struct reader *r)
{
	for (size_t i = 0; i < N_MEMBERS; i++)
		if (r->there[i]
			&& (members[i].kind == KIND_STRING || members[i].kind == KIND_STRINGS))
			*(const char **)(void *)((char *)&r->token + members[i].offset) =
				bytes_str(r->scratch) + r->start[i];
}

/* Whether all is there that a token or a change has, and nothing that it hasn't. */
static bool is_complete(const struct reader *r, bool token)
{
	for (size_t i = 0; i < N_MEMBERS; i++) {
		if (!token && !(members[i].places & IN_CHANGE)) {
			if (r->there[i])
				return false;
		} else if (!r->there[i] && !(members[i].places & OPTIONAL)) {
			return false;
		}
	}
	return true;
}

/* Only what was approved for good has a time, and only what was approved is so. */
static bool has_approval(const struct token *t)
{
	return t->always ? t->state != TOKEN_PENDING : t->for_ms == 0;
}

/* The fingerprint is not believed but made again: it must be that of what the record says. */
static bool makes_sense(const struct token *t)
{
	uint8_t fingerprint[FINGERPRINT_LEN];

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
	token = r.token.asked.executable;
	if (r.refused || !is_complete(&r, token)
		|| (token ? !makes_sense(&r.token) : !has_approval(&r.token))) {
		*ret_why = "is not a token's record";
		return RECORD_MALFORMED;
	}

	*ret = (struct token_change){
		.to = r.token.state,
		.reason = r.token.reason,
		.always = r.token.always,
		.for_ms = r.token.for_ms,
	};
	memcpy(ret->id, r.token.id, sizeof(ret->id));
	if (!token)
		return 0;

	ret->reason = NULL;
	ret->issued = token_new(&r.token);
	return ret->issued ? 0 : -ENOMEM;
}
