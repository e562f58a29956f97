/* SPDX-License-Identifier: ISC */

/* A token out of a line of JSON. */

#include "cli/token-view.h"

#include <string.h>

#include "base/clock.h"
#include "base/notation.h"
#include "base/text.h"
#include "gate/token/token.h"

static const struct {
	const char *key;
	size_t offset;
	bool required;
} strings[] = {
	{ "token_id", offsetof(struct token_view, id), true },
	{ "state", offsetof(struct token_view, state), true },
	{ "executable", offsetof(struct token_view, executable), true },
	{ "cwd", offsetof(struct token_view, cwd), false },
	{ "real_path", offsetof(struct token_view, real_path), false },
	{ "executable_sha256", offsetof(struct token_view, executable_sha256), false },
	{ "session_id", offsetof(struct token_view, session_id), true },
	{ "sandbox_id", offsetof(struct token_view, sandbox_id), true },
	{ "agent_id", offsetof(struct token_view, agent_id), false },
	{ "profile", offsetof(struct token_view, profile), true },
	{ "process", offsetof(struct token_view, process), false },
	{ "issued_at", offsetof(struct token_view, issued_at), true },
	{ "expires_at", offsetof(struct token_view, expires_at), true },
	{ "rule", offsetof(struct token_view, rule), true },
	{ "reason", offsetof(struct token_view, reason), false },
	{ "fingerprint", offsetof(struct token_view, fingerprint), true },
};

static bool read_strings(const struct json *root, struct token_view *ret)
{
	const struct json *member;
	const char *string;

	for (size_t i = 0; i < sizeof(strings) / sizeof(strings[0]); i++) {
		member = json_get(root, strings[i].key);
		string = member ? json_string(member) : NULL;
		if (!string && (member || strings[i].required))
			return false;
		*(const char **)((char *)ret + strings[i].offset) = string;
	}
	return true;
}

static bool read_args(const struct json *root, struct token_view *ret)
{
	ret->args = json_get(root, "args");
	if (!ret->args || !json_is_array(ret->args))
		return false;

	json_each (arg, ret->args)
		if (!json_string(arg))
			return false;
	return true;
}

/* A daemon of before doesn't tell it. */
static bool read_age(const struct json *root, struct token_view *ret)
{
	ret->age_ms = TOKEN_VIEW_UNKNOWN;
	return !json_get(root, "age_ms")
		|| json_get_integer(root, "age_ms", UINT64_MAX / CLOCK_MS, &ret->age_ms);
}

static bool read_item(const struct json *root, struct token_view *ret)
{
	uint8_t id[16];

	return read_strings(root, ret) && read_args(root, ret) && read_age(root, ret)
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

	r = json_parse(bytes_str(line), line->len, &token.doc, &fault);
	if (r < 0)
		return say_undecided("out of memory");

	if (r == JSON_MALFORMED || !read_item(json_root(token.doc), &token)) {
		token_view_deinit(&token);
		return say_undecided("the answer holds what is not a token");
	}
	*ret = token;
	return STATUS_DONE;
}

void token_view_deinit(struct token_view *token)
{
	json_doc_free(token->doc);
	token->doc = NULL;
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
	const char *arg;
	int r;

	r = append(b, token->executable, strlen(token->executable));
	json_each (child, token->args) {
		arg = json_string(child);
		if (r >= 0)
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
