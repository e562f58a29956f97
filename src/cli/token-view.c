/* SPDX-License-Identifier: ISC */

/* Reads a token from a line of JSON. */

#include "cli/token-view.h"

#include <inttypes.h>
#include <string.h>

#include "base/array.h"
#include "base/clock.h"
#include "base/notation.h"
#include "base/text.h"
#include "cli/token-target.h"
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
	{ "rule_reason", offsetof(struct token_view, rule_reason), false },
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
	for (size_t i = 0; i < LENGTH(strings); i++)
		if (!read_string(root, strings[i].key, strings[i].required,
			    (const char **)(void *)((char *)ret + strings[i].offset)))
			return false;
	return true;
}

/* An older daemon doesn't send the age. */
static bool read_age(const struct json *root, struct token_view *ret)
{
	ret->age_ms = TOKEN_VIEW_UNKNOWN;
	return !json_get(root, "age_ms")
		|| json_get_integer(root, "age_ms", UINT64_MAX / CLOCK_MS, &ret->age_ms);
}

static bool read_scope(const struct json *words, uint8_t *ret)
{
	uint8_t one;

	*ret = 0;
	if (!words)
		return true;
	if (!json_is_array(words))
		return false;
	json_each (word, words) {
		one = json_string(word) ? scope_parse(json_string(word), strlen(json_string(word)))
					: 0;
		if (one == 0)
			return false;
		*ret |= one;
	}
	return true;
}

/* An older daemon doesn't send who approved. */
static bool read_approval(const struct json *root, struct token_view *ret)
{
	ret->approved_by = TOKEN_VIEW_UNKNOWN;
	return (!json_get(root, "approved_by")
		       || json_get_integer(root, "approved_by", UINT32_MAX, &ret->approved_by))
		&& (!json_get(root, "always")
			|| json_bool(json_get(root, "always"), &ret->standing.always))
		&& (!json_get(root, "for_ms")
			|| json_get_integer(
				root, "for_ms", LIMIT_ALLOW_FOR_MS, &ret->standing.for_ms))
		&& read_scope(json_get(root, "scope"), &ret->standing.scope);
}

/* A daemon without approvers sends none. */
static bool read_progress(const struct json *root, struct token_view *ret)
{
	const struct json *progress = json_get(root, "progress");

	ret->progress_unknown = progress && json_get(progress, "unknown");
	return !progress
		|| (json_get_integer(progress, "approved", UINT32_MAX, &ret->n_approved)
			&& json_get_integer(progress, "missing", UINT32_MAX, &ret->n_missing));
}

static bool read_item(const struct json *root, struct token_view *ret)
{
	uint8_t id[16];

	return read_strings(root, ret) && read_age(root, ret) && read_approval(root, ret)
		&& read_progress(root, ret)
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

	invocation_lists_init(&token.lists);
	r = json_parse(bytes_str(line), line->len, &token.doc, &fault);
	if (r == 0)
		r = invocation_read(json_root(token.doc), &token.lists, &token.asked);
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
	invocation_lists_deinit(&token->lists);
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

static int append_words(const struct token_view *token,
	int (*append)(struct bytes *b, const char *text, size_t len), struct bytes *b)
{
	const struct string_list *args = &token->asked.args;
	const char *arg = args->text;

	append(b, token->asked.executable, strlen(token->asked.executable));
	for (size_t i = 0; i < args->n; i++, arg += strlen(arg) + 1) {
		bytes_append_char(b, ' ');
		append(b, arg, strlen(arg));
	}
	return bytes_error(b);
}

static int append_matter(const struct token_view *token,
	int (*append)(struct bytes *b, const char *text, size_t len), struct bytes *b)
{
	return fields_contract(&token->asked) == CONTRACT_EXEC
		? append_words(token, append, b)
		: token_target_append(&token->asked, append, b);
}

int token_view_append_matter(const struct token_view *token, struct bytes *b)
{
	return append_matter(token, text_append_quoted, b);
}

int token_view_append_matter_lines(const struct token_view *token, struct bytes *b)
{
	return append_matter(token, text_append_quoted_lines, b);
}

int token_view_append_command(const struct token_view *token, struct bytes *b)
{
	int r = 0;

	if (fields_contract(&token->asked) == CONTRACT_EVALUATE)
		r = bytes_appendf(b, "%s ", kind_name(token->asked.kind));
	return r < 0 ? r : token_view_append_matter(token, b);
}

int token_view_append_approvers(const struct token_view *token, struct bytes *b)
{
	const struct json *approvals = json_get(json_root(token->doc), "approvals");
	const char *before = "", *by;

	if (!approvals || !json_is_array(approvals))
		return 0;
	json_each (approval, approvals) {
		by = json_get_string(approval, "by");
		if (!by)
			continue;
		bytes_append_str(b, before);
		text_append_quoted(b, by, strlen(by));
		before = ", ";
	}
	return bytes_error(b);
}

/* The groups from which an approval is missing, or NULL. */
static const struct json *missing_groups(const struct token_view *token)
{
	const struct json *progress = json_get(json_root(token->doc), "progress"),
			  *groups = progress ? json_get(progress, "groups") : NULL;

	return groups && json_is_array(groups) && json_first(groups) ? groups : NULL;
}

static int append_groups(const struct json *groups, struct bytes *b)
{
	const char *before = "";

	json_each (group, groups) {
		if (!json_string(group))
			continue;
		bytes_append_str(b, before);
		text_append_quoted(b, json_string(group), strlen(json_string(group)));
		before = " and ";
	}
	return bytes_error(b);
}

int token_view_append_missing(const struct token_view *token, struct bytes *b)
{
	const struct json *groups = missing_groups(token);

	if (token->progress_unknown)
		return bytes_append_str(b, "not known: matching the rules takes too many steps");
	if (token->n_missing == 0)
		return 0;
	bytes_appendf(b, "%llu approver%s", (unsigned long long)token->n_missing,
		text_plural(token->n_missing));
	if (!groups)
		return bytes_error(b);
	bytes_appendf(b, ", of group%s ", text_plural(json_size(groups)));
	return append_groups(groups, b);
}

int token_view_append_progress(const struct token_view *token, struct bytes *b)
{
	const struct json *groups = missing_groups(token);

	if (token->progress_unknown)
		return bytes_append_str(b, "not known");
	if (token->n_approved + token->n_missing < 2 && !groups)
		return 0;
	bytes_appendf(b, "%" PRIu64 " of %" PRIu64, token->n_approved,
		token->n_approved + token->n_missing);
	if (token->n_approved > 0) {
		bytes_append_str(b, ": ");
		token_view_append_approvers(token, b);
	}
	if (groups) {
		bytes_append_str(b, "; needs ");
		append_groups(groups, b);
	}
	return bytes_error(b);
}

int token_view_append_always(const struct token_view *token, const char *before, struct bytes *b)
{
	if (!token->standing.always)
		return 0;

	bytes_append_str(b, before);
	if (token->standing.for_ms > 0) {
		bytes_append_str(b, " for ");
		notation_append_duration(b, token->standing.for_ms * CLOCK_MS);
	}
	return bytes_error(b);
}

int token_view_append_scope(const struct token_view *token, struct bytes *b)
{
	const char *before = ", for the same ", *word;

	for (size_t at = 0; (word = scope_next(token->standing.scope, &at)); before = ", ")
		bytes_appendf(b, "%s%s", before, word);
	return bytes_error(b);
}
