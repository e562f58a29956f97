/* SPDX-License-Identifier: ISC */

/* The canonical text of an approval. */

#include "gate/approval/approval-text.h"

#include <inttypes.h>
#include <string.h>

#include "base/json/tree.h"
#include "base/notation.h"
#include "gate/approval/sshsig.h"
#include "gate/field-hash.h"

void approval_record_hash(
	const struct invocation *asked, uid_t uid, const char *rule, uint8_t ret[static SHA256_LEN])
{
	struct sha256 s;

	sha256_init(&s);
	field_hash_all(&s, asked);
	field_hash_number(&s, "uid", uid);
	field_hash_text(&s, "rule", rule);
	sha256_final(&s, ret);
}

/*
 * The program and arguments, the uid, and what the scope has of directory, agent and the other
 * fields that an entry of the allowlist is bound to. A scope that the operator named is hashed
 * itself, too.
 */
static void hash_command(struct sha256 *s, const struct invocation *asked, const char *agent,
	uid_t uid, uint8_t scope)
{
	const char *word;

	for (size_t at = 0; (word = scope_next(scope, &at));)
		field_hash_text(s, "scope", word);
	field_hash_one(s, "pattern", FIELD_EXECUTABLE, asked);
	field_hash_one(s, "args", FIELD_ARGS, asked);
	if (scope_has(scope, FIELD_CWD))
		field_hash_one(s, "cwd", FIELD_CWD, asked);
	if (scope_has(scope, FIELD_AGENT_ID))
		field_hash_text(s, "agent", agent);
	field_hash_number(s, "uid", uid);
	for (enum field f = 0; f < FIELDS; f++)
		if (field_rows[f].entry_key && scope_has(scope, f))
			field_hash_one(s, field_rows[f].entry_key, f, asked);
}

/* By the second contract an entry is bound to all that a token is bound to, but the session. */
static void hash_asked(
	struct sha256 *s, const struct invocation *asked, const char *agent, uid_t uid)
{
	struct invocation bound = *asked;

	bound.session_id = NULL;
	bound.agent_id = agent;
	field_hash_all(s, &bound);
	field_hash_number(s, "uid", uid);
}

void approval_entry_hash(
	const struct invocation *asked, uid_t uid, uint8_t scope, uint8_t ret[static SHA256_LEN])
{
	const char *agent = asked->agent_id ? asked->agent_id : "main";
	struct sha256 s;

	sha256_init(&s);
	if (fields_contract(asked) == CONTRACT_EXEC)
		hash_command(&s, asked, agent, uid, scope);
	else
		hash_asked(&s, asked, agent, uid);
	sha256_final(&s, ret);
}

void approval_text_of(const struct token *token, const uint8_t gate[static APPROVAL_GATE_LEN],
	bool approve, const struct standing *standing, const char *reason,
	struct approval_text *ret)
{
	*ret = (struct approval_text){
		.approve = approve,
		.standing = approve ? *standing : (struct standing){ 0 },
		.until_ms = token->latest / CLOCK_MS,
		.reason = reason,
	};
	memcpy(ret->gate, gate, sizeof(ret->gate));
	memcpy(ret->token, token->id, sizeof(ret->token));
	memcpy(ret->fingerprint, token->fingerprint, sizeof(ret->fingerprint));
	memcpy(ret->boot_id, token->boot_id, sizeof(ret->boot_id));
	approval_record_hash(&token->asked, token->uid, token->rule, ret->record);
	approval_entry_hash(&token->asked, token->uid, standing->scope, ret->entry);
}

static void print_always(const struct approval_text *t, struct bytes *b)
{
	char entry[2 * SHA256_LEN + 1];

	if (!t->standing.always) {
		bytes_append_str(b, "always - -\n");
		return;
	}
	notation_hex(t->entry, sizeof(t->entry), entry);
	bytes_appendf(b, "always %" PRIu64 " %s\n", t->standing.for_ms, entry);
}

static void print_reason(const struct approval_text *t, struct bytes *b)
{
	bytes_append_str(b, t->reason ? "reason " : "reason -");
	if (t->reason)
		json_append_string(b, t->reason);
	bytes_append_char(b, '\n');
}

int approval_text_print(const struct approval_text *t, struct bytes *b)
{
	char gate[APPROVAL_GATE_HEX_LEN + 1], token[NOTATION_UUID_LEN + 1],
		boot[NOTATION_UUID_LEN + 1], fingerprint[FINGERPRINT_HEX_LEN + 1],
		record[2 * SHA256_LEN + 1], until[NOTATION_DECIMAL_MAX + 1];
	size_t len = b->len;
	int r;

	notation_hex(t->gate, sizeof(t->gate), gate);
	notation_uuid(t->token, token);
	notation_hex(t->fingerprint, sizeof(t->fingerprint), fingerprint);
	notation_hex(t->record, sizeof(t->record), record);
	notation_uuid(t->boot_id, boot);
	notation_decimal(t->until_ms, until);

	bytes_append_strs(b, SSHSIG_APPROVAL, "\ngate ", gate, "\ntoken ", token, "\nfingerprint ",
		fingerprint, "\nrecord ", record, "\ndecision ", t->approve ? "approve" : "refuse",
		"\n");
	print_always(t, b);
	bytes_append_strs(b, "until ", boot, " ", until, "\n");
	print_reason(t, b);
	r = bytes_error(b);
	if (r < 0)
		bytes_undo(b, len, r);
	return r;
}

/* --- additions to the allowlist --------------------------------------------------------------- */

/* An element is a pattern, or a list of alternatives. */
static bool put_element(struct sha256 *s, const struct json *element)
{
	if (!json_is_array(element)) {
		field_hash_text(s, "argv", json_string(element));
		return json_string(element);
	}

	field_hash_number(s, "any", json_size(element));
	json_each (pattern, element) {
		if (!json_string(pattern))
			return false;
		field_hash_text(s, "any", json_string(pattern));
	}
	return true;
}

static void put_scope(struct sha256 *s, const struct addition *a)
{
	const char *word;

	for (size_t at = 0; (word = scope_next(a->scope, &at));)
		field_hash_text(s, "scope", word);
	field_hash_number(s, "uid", a->uid);
	for (enum field f = 0; f < FIELDS; f++)
		if (f != FIELD_AGENT_ID && scope_word(f) && scope_has(a->scope, f))
			field_hash_text(s, scope_word(f), field_get(f, a->values));
}

bool addition_entry_hash(
	const struct addition *a, const struct json *argv, uint8_t ret[static SHA256_LEN])
{
	struct sha256 s;

	if (argv && !json_is_array(argv))
		return false;

	sha256_init(&s);
	field_hash_text(&s, "pattern", a->pattern);
	field_hash_number(&s, "argv", argv ? json_size(argv) : 0);
	for (const struct json *v = argv ? json_first(argv) : NULL; v; v = json_next(v))
		if (!put_element(&s, v))
			return false;
	field_hash_text(&s, "agent", a->agent ? a->agent : "main");
	field_hash_number(&s, "for_ms", a->for_ms);
	if (a->scope != 0)
		put_scope(&s, a);
	sha256_final(&s, ret);
	return true;
}

int addition_text_print(const struct addition_text *t, struct bytes *b)
{
	char gate[APPROVAL_GATE_HEX_LEN + 1], entry[2 * SHA256_LEN + 1],
		nonce[2 * ADDITION_NONCE_LEN + 1];

	notation_hex(t->gate, sizeof(t->gate), gate);
	notation_hex(t->entry, sizeof(t->entry), entry);
	notation_hex(t->nonce, sizeof(t->nonce), nonce);
	return bytes_appendf(b, SSHSIG_ALLOW "\ngate %s\nentry %s\ntime %" PRIu64 "\nnonce %s\n",
		gate, entry, t->time_ms, nonce);
}
