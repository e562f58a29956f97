/* SPDX-License-Identifier: ISC */

/* Reads a token from a line of JSON. */

#include "cli/token-view.h"

#include <string.h>

#include "base/clock.h"
#include "base/notation.h"
#include "base/text.h"
#include "gate/fields.h"
#include "gate/limits.h"
#include "gate/token/token.h"

static const struct {
	const char *key;
	size_t offset;
	bool required;
} strings[] = {
	{ "token_id", offsetof(struct token_view, id), true },
	{ "state", offsetof(struct token_view, state), true },
	{ "process", offsetof(struct token_view, process), false },
	{ "issued_at", offsetof(struct token_view, issued_at), true },
	{ "expires_at", offsetof(struct token_view, expires_at), true },
	{ "rule", offsetof(struct token_view, rule), true },
	{ "reason", offsetof(struct token_view, reason), false },
	{ "fingerprint", offsetof(struct token_view, fingerprint), true },
	{ "approved_at", offsetof(struct token_view, approved_at), false },
	{ "confirmed", offsetof(struct token_view, confirmed), false },
};

/* False if the member is not a string, or is missing but required. */
static bool read_string(const struct json *root, const char *key, bool required, const char **ret)
{
	const struct json *member = json_get(root, key);

	*ret = member ? json_string(member) : NULL;
	return *ret || (!member && !required);
}

static bool read_strings(const struct json *root, struct token_view *ret)
{
	for (size_t i = 0; i < sizeof(strings) / sizeof(strings[0]); i++)
		if (!read_string(root, strings[i].key, strings[i].required,
			    (const char **)(void *)((char *)ret + strings[i].offset)))
			return false;
	return true;
}

static int append_string(struct bytes *b, const struct json *v)
{
	const char *string = json_string(v);

	return string ? bytes_append(b, string, strlen(string) + 1) : 1;
}

/* Returns 0, 1 if `v` is no array of strings, or -ENOMEM. */
static int append_strings(struct bytes *b, const struct json *v)
{
	int r = json_is_array(v) ? 0 : 1;

	json_each (child, v)
		r = r == 0 ? append_string(b, child) : r;
	return r;
}

/* Appends each program's name and its two paths. */
static int append_programs(struct bytes *b, const struct json *v)
{
	int r = json_is_object(v) ? 0 : 1;

	json_each (child, v) {
		if (r == 0)
			r = bytes_append(b, json_key(child), strlen(json_key(child)) + 1);
		if (r == 0)
			r = json_size(child) == 2 ? append_strings(b, child) : 1;
	}
	return r;
}

/* Joins all strings of a list in one text. */
static int read_list(const struct json *root, enum field f, struct token_view *ret)
{
	const struct json *v = json_get(root, field_rows[f].name);
	const bool programs = field_rows[f].kind == FIELD_KIND_PROGRAMS;
	struct bytes *b = &ret->lists[f];
	int r;

	if (!v)
		return f == FIELD_ARGS ? 1 : 0;
	r = programs ? append_programs(b, v) : append_strings(b, v);
	*field_list(f, &ret->asked) = (struct string_list){
		.text = bytes_str(b),
		.n = json_size(v) * (programs ? 3 : 1),
		.len = b->len,
	};
	return r;
}

static int read_lists(const struct json *root, struct token_view *ret)
{
	int r = 0;

	for (enum field f = 0; r == 0 && f < FIELDS; f++)
		if (field_is_list(f))
			r = read_list(root, f, ret);
	return r;
}

static bool read_asked(const struct json *root, struct token_view *ret)
{
	const char *string;

	for (enum field f = 0; f < FIELDS; f++) {
		if (field_is_list(f))
			continue;
		if (!read_string(root, field_rows[f].name, field_rows[f].required, &string))
			return false;
		field_set(f, &ret->asked, string);
	}
	return true;
}

/* An older daemon doesn't send the age. */
static bool read_age(const struct json *root, struct token_view *ret)
{
	ret->age_ms = TOKEN_VIEW_UNKNOWN;
	return !json_get(root, "age_ms")
		|| json_get_integer(root, "age_ms", UINT64_MAX / CLOCK_MS, &ret->age_ms);
}

/* An older daemon doesn't send who approved. */
static bool read_approval(const struct json *root, struct token_view *ret)
{
	ret->approved_by = TOKEN_VIEW_UNKNOWN;
	return (!json_get(root, "approved_by")
		       || json_get_integer(root, "approved_by", UINT32_MAX, &ret->approved_by))
		&& (!json_get(root, "always") || json_bool(json_get(root, "always"), &ret->always))
		&& (!json_get(root, "for_ms")
			|| json_get_integer(root, "for_ms", LIMIT_ALLOW_FOR_MS, &ret->for_ms));
}

static bool read_item(const struct json *root, struct token_view *ret)
{
	uint8_t id[16];

	return read_strings(root, ret) && read_asked(root, ret) && read_age(root, ret)
		&& read_approval(root, ret)
		&& notation_parse_uuid(ret->id, strlen(ret->id), id) == 0
		&& json_get_integer(root, "uid", UINT32_MAX, &ret->uid)
		&& (!json_get(root, "pid") || json_get_integer(root, "pid", INT32_MAX, &ret->pid))
		&& json_get_integer(
			root, "expires_in_ms", UINT64_MAX / CLOCK_MS, &ret->expires_in_ms);
}

int token_view_read(const struct bytes *line, struct token_view *ret)
{
	struct token_view token = { 0 };
	struct scan_fault fault;
	int r;

	for (enum field f = 0; f < FIELDS; f++)
		bytes_init(&token.lists[f], BYTES_UNLIMITED);
	r = json_parse(bytes_str(line), line->len, &token.doc, &fault);
	if (r == 0)
		r = read_lists(json_root(token.doc), &token);
	if (r == 0 && read_item(json_root(token.doc), &token)) {
		*ret = token;
		return STATUS_DONE;
	}

	token_view_deinit(&token);
	return say_undecided(
		"%s", r < 0 ? "out of memory" : "the answer holds what is not a token");
}

void token_view_deinit(struct token_view *token)
{
	json_doc_free(token->doc);
	token->doc = NULL;
	for (enum field f = 0; f < FIELDS; f++)
		bytes_deinit(&token->lists[f]);
}

bool token_view_is_live(const struct token_view *token)
{
	return token_state_is_live(token_state_parse(token->state));
}

enum style token_view_style(const struct token_view *token)
{
	static const enum style styles[TOKEN_STATES] = {
		[TOKEN_ABSENT] = STYLE_NONE,
		[TOKEN_PENDING] = STYLE_YELLOW,
		[TOKEN_APPROVED] = STYLE_GREEN,
		[TOKEN_CONSUMED] = STYLE_FAINT,
		[TOKEN_REVOKED] = STYLE_RED,
		[TOKEN_EXPIRED] = STYLE_FAINT,
	};

	return styles[token_state_parse(token->state)];
}

static int append_command(const struct token_view *token,
	int (*append)(struct bytes *b, const char *text, size_t len), struct bytes *b)
{
	const struct string_list *args = &token->asked.args;
	const char *arg = args->text;
	int r;

	r = append(b, token->asked.executable, strlen(token->asked.executable));
	for (size_t i = 0; r >= 0 && i < args->n; i++, arg += strlen(arg) + 1) {
		r = bytes_append_char(b, ' ');
		if (r >= 0)
			r = append(b, arg, strlen(arg));
	}
	return r;
}

int token_view_append_command(const struct token_view *token, struct bytes *b)
{
	return append_command(token, text_append_quoted, b);
}

int token_view_append_command_lines(const struct token_view *token, struct bytes *b)
{
	return append_command(token, text_append_quoted_lines, b);
}

int token_view_append_always(const struct token_view *token, const char *before, struct bytes *b)
{
	int r;

	if (!token->always)
		return 0;

	r = bytes_append_str(b, before);
	if (r < 0 || token->for_ms == 0)
		return r;

	r = bytes_append_str(b, " for ");
	return r < 0 ? r : notation_append_duration(b, token->for_ms * CLOCK_MS);
}
