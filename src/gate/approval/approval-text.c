/* SPDX-License-Identifier: ISC */

/* The canonical text of an approval. */

#include "gate/approval/approval-text.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/json/tree.h"
#include "base/notation.h"
#include "gate/approval/sshsig.h"
#include "gate/fields.h"

static void put(struct sha256 *s, const char *name, const void *data, size_t len)
{
	char head[64];
	int n = snprintf(head, sizeof(head), "%s %zu ", name, len);

	sha256_update(s, head, (size_t)n);
	sha256_update(s, data, len);
	sha256_update(s, "\n", 1);
}

static void put_text(struct sha256 *s, const char *name, const char *text)
{
	if (text)
		put(s, name, text, strlen(text));
}

static void put_number(struct sha256 *s, const char *name, uint64_t n)
{
	char text[24];

	snprintf(text, sizeof(text), "%" PRIu64, n);
	put_text(s, name, text);
}

/* Hashes the number of strings, then each string. */
static void put_strings(struct sha256 *s, const char *name, const struct string_list *list)
{
	const char *string = list->text;

	put_number(s, name, list->n);
	for (size_t i = 0; i < list->n; i++, string += strlen(string) + 1)
		put_text(s, name, string);
}

/* A field that is absent is left out. */
static void put_field(
	struct sha256 *s, const char *name, enum field f, const struct invocation *asked)
{
	if (!field_is_list(f))
		put_text(s, name, field_get(f, asked));
	else if (f == FIELD_ARGS || field_get_list(f, asked)->text)
		put_strings(s, name, field_get_list(f, asked));
}

void approval_record_hash(
	const struct invocation *asked, uid_t uid, const char *rule, uint8_t ret[static SHA256_LEN])
{
	struct sha256 s;

	sha256_init(&s);
	for (enum field f = 0; f < FIELDS; f++)
		put_field(&s, field_rows[f].name, f, asked);
	put_number(&s, "uid", uid);
	put_text(&s, "rule", rule);
	sha256_final(&s, ret);
}

/*
 * Hashes the identity of the entry: the program, arguments and directory, the uid, the agent, and
 * the other fields that an entry of the allowlist is bound to.
 */
void approval_entry_hash(const struct invocation *asked, uid_t uid, uint8_t ret[static SHA256_LEN])
{
	struct sha256 s;

	sha256_init(&s);
	put_field(&s, "pattern", FIELD_EXECUTABLE, asked);
	put_field(&s, "args", FIELD_ARGS, asked);
	put_field(&s, "cwd", FIELD_CWD, asked);
	put_text(&s, "agent", asked->agent_id ? asked->agent_id : "main");
	put_number(&s, "uid", uid);
	for (enum field f = 0; f < FIELDS; f++)
		if (field_rows[f].entry_key)
			put_field(&s, field_rows[f].entry_key, f, asked);
	sha256_final(&s, ret);
}

void approval_text_of(const struct token *token, const uint8_t gate[static APPROVAL_GATE_LEN],
	bool approve, bool always, uint64_t for_ms, const char *reason, struct approval_text *ret)
{
	*ret = (struct approval_text){
		.approve = approve,
		.always = approve && always,
		.for_ms = for_ms,
		.until_ms = token->expires / CLOCK_MS,
		.reason = reason,
	};
	memcpy(ret->gate, gate, sizeof(ret->gate));
	memcpy(ret->token, token->id, sizeof(ret->token));
	memcpy(ret->fingerprint, token->fingerprint, sizeof(ret->fingerprint));
	memcpy(ret->boot_id, token->boot_id, sizeof(ret->boot_id));
	approval_record_hash(&token->asked, token->uid, token->rule, ret->record);
	approval_entry_hash(&token->asked, token->uid, ret->entry);
}

static int print_always(const struct approval_text *t, struct bytes *b)
{
	char entry[2 * SHA256_LEN + 1];

	if (!t->always)
		return bytes_append_str(b, "always - -\n");

	notation_hex(t->entry, sizeof(t->entry), entry);
	return bytes_appendf(b, "always %" PRIu64 " %s\n", t->for_ms, entry);
}

static int print_reason(const struct approval_text *t, struct bytes *b)
{
	int r;

	if (!t->reason)
		return bytes_append_str(b, "reason -\n");

	r = bytes_append_str(b, "reason ");
	if (r >= 0)
		r = json_append_string(b, t->reason);
	return r < 0 ? r : bytes_append_char(b, '\n');
}

int approval_text_print(const struct approval_text *t, struct bytes *b)
{
	char gate[APPROVAL_GATE_HEX_LEN + 1], token[NOTATION_UUID_LEN + 1],
		boot[NOTATION_UUID_LEN + 1], fingerprint[FINGERPRINT_HEX_LEN + 1],
		record[2 * SHA256_LEN + 1];
	size_t len = b->len;
	int r;

	notation_hex(t->gate, sizeof(t->gate), gate);
	notation_uuid(t->token, token);
	notation_hex(t->fingerprint, sizeof(t->fingerprint), fingerprint);
	notation_hex(t->record, sizeof(t->record), record);
	notation_uuid(t->boot_id, boot);

	r = bytes_appendf(b,
		SSHSIG_APPROVAL "\ngate %s\ntoken %s\nfingerprint %s\nrecord %s\ndecision %s\n",
		gate, token, fingerprint, record, t->approve ? "approve" : "refuse");
	if (r >= 0)
		r = print_always(t, b);
	if (r >= 0)
		r = bytes_appendf(b, "until %s %" PRIu64 "\n", boot, t->until_ms);
	if (r >= 0)
		r = print_reason(t, b);
	if (r < 0)
		bytes_undo(b, len, r);
	return r;
}
