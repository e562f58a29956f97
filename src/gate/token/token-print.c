/* SPDX-License-Identifier: ISC */

#include "gate/token/token-print.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/json/writer.h"
#include "gate/approval/approval-text.h"
#include "gate/role.h"
#include "gate/token/token-members.h"

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

static void write_number(struct writer *w, const char *key, uint64_t number)
{
	if (number > 0)
		writer_unsigned(w, key, number);
}

static void write_flag(struct writer *w, const char *key, bool flag)
{
	if (flag)
		writer_bool(w, key, true);
}

static void write_approval(
	struct writer *w, const char *key, enum token_member_kind kind, const struct approval *a)
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

static void write_scope(struct writer *w, const char *key, uint8_t scope)
{
	const char *word;

	if (scope == 0)
		return;
	writer_array(w, key);
	for (size_t at = 0; (word = scope_next(scope, &at));)
		writer_string(w, NULL, word);
	writer_end(w);
}

static void write_list(
	struct writer *w, const struct token_member *m, const struct string_list *list)
{
	if (!list->text)
		return;
	if (m->kind == MEMBER_PROGRAMS)
		fields_write_programs(w, m->key, list);
	else
		write_strings(w, m->key, list);
}

static void write_member(struct writer *w, const struct token *t, const struct token_member *m)
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
		if (!(m->places & IF_NEW))
			writer_unsigned(w, m->key, *(const uint64_t *)value);
		else
			write_number(w, m->key, *(const uint64_t *)value);
		break;
	case MEMBER_NUMBER:
		write_number(w, m->key, *(const uint64_t *)value);
		break;
	case MEMBER_DOOR:
		if (t->door > 0)
			writer_string(w, m->key, role_name((enum role)(t->door - 1)));
		break;
	case MEMBER_FLAG:
		write_flag(w, m->key, *(const bool *)value);
		break;
	case MEMBER_SCOPE:
		write_scope(w, m->key, t->standing.scope);
		break;
	case MEMBER_APPROVER:
	case MEMBER_APPROVED:
	case MEMBER_CONFIRMED:
		write_approval(w, m->key, m->kind, value);
		break;
	}
}

/* Writes the members for all of these places; 0 stands for the store's line. */
static void write_members(struct writer *w, const struct token *t, unsigned int places)
{
	const enum contract contract = fields_contract(&t->asked);
	const struct token_member *m;

	for (size_t i = 0; i < TOKEN_MEMBERS; i++) {
		m = token_member_at(i);
		if ((m->places & places) != places)
			continue;
		if (token_member_is_of(i, contract)
			|| (m->kind == MEMBER_KIND && (places & ON_WIRE)))
			write_member(w, t, m);
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
	snprintf(until, sizeof(until), "%s %llu", boot, (unsigned long long)(t->latest / CLOCK_MS));
	writer_string(w, "until", until);
}

int token_print_item(const struct token *t, const struct moment *now,
	const struct token_extra *extra, struct bytes *b)
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

int token_print_event(const struct token *t, const struct moment *now,
	const struct token_extra *extra, struct bytes *b)
{
	const char *event = "issued";
	struct writer w;

	writer_init(&w, b);
	writer_object(&w, NULL);
	if (t->state != TOKEN_PENDING)
		event = token_state_name(t->state);
	else if (extra->extended)
		event = "extended";
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

int token_print_stored(const struct token *t, struct bytes *b)
{
	struct writer w;

	writer_init(&w, b);
	writer_object(&w, NULL);
	write_members(&w, t, 0);
	writer_end(&w);
	return writer_finish(&w);
}

int token_print_change(const struct token_change *change, struct bytes *b)
{
	struct token t = {
		.state = change->to,
		.reason = change->reason,
		.standing = change->standing,
		.approval = change->approval,
		.approvals = change->approvals,
		.evidence = change->evidence,
		.joined = change->joined,
		.expires = change->expires,
	};
	struct writer w;

	memcpy(t.id, change->id, sizeof(t.id));
	writer_init(&w, b);
	writer_object(&w, NULL);
	write_members(&w, &t, IN_CHANGE);
	writer_end(&w);
	return writer_finish(&w);
}
