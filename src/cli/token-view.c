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
	{ "token_id", offsetof(struct item, id), true },
	{ "state", offsetof(struct item, state), true },
	{ "executable", offsetof(struct item, executable), true },
	{ "cwd", offsetof(struct item, cwd), false },
	{ "real_path", offsetof(struct item, real_path), false },
	{ "executable_sha256", offsetof(struct item, executable_sha256), false },
	{ "session_id", offsetof(struct item, session_id), true },
	{ "sandbox_id", offsetof(struct item, sandbox_id), true },
	{ "agent_id", offsetof(struct item, agent_id), false },
	{ "profile", offsetof(struct item, profile), true },
	{ "process", offsetof(struct item, process), false },
	{ "issued_at", offsetof(struct item, issued_at), true },
	{ "expires_at", offsetof(struct item, expires_at), true },
	{ "rule", offsetof(struct item, rule), true },
	{ "reason", offsetof(struct item, reason), false },
	{ "fingerprint", offsetof(struct item, fingerprint), true },
};

static bool read_strings(const struct json *root, struct item *ret)
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

static bool read_args(const struct json *root, struct item *ret)
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
static bool read_age(const struct json *root, struct item *ret)
{
	ret->age_ms = ITEM_UNKNOWN;
	return !json_get(root, "age_ms")
		|| json_get_integer(root, "age_ms", UINT64_MAX / CLOCK_MS, &ret->age_ms);
}

static bool read_item(const struct json *root, struct item *ret)
{
	uint8_t id[16];

	return read_strings(root, ret) && read_args(root, ret) && read_age(root, ret)
		&& notation_parse_uuid(ret->id, strlen(ret->id), id) == 0
		&& json_get_integer(root, "uid", UINT32_MAX, &ret->uid)
		&& (!json_get(root, "pid") || json_get_integer(root, "pid", INT32_MAX, &ret->pid))
		&& json_get_integer(
			root, "expires_in_ms", UINT64_MAX / CLOCK_MS, &ret->expires_in_ms);
}

int item_read(const struct bytes *line, struct item *ret)
{
	struct item item = { 0 };
	struct scan_fault fault;
	int r;

	r = json_parse(bytes_str(line), line->len, &item.doc, &fault);
	if (r < 0)
		return say_undecided("out of memory");

	if (r == JSON_MALFORMED || !read_item(json_root(item.doc), &item)) {
		item_deinit(&item);
		return say_undecided("the answer holds what is not a token");
	}
	*ret = item;
	return STATUS_DONE;
}

void item_deinit(struct item *item)
{
	json_doc_free(item->doc);
	item->doc = NULL;
}

bool item_is_live(const struct item *item)
{
	return token_state_is_live(token_state_parse(item->state));
}

enum style item_style(const struct item *item)
{
	static const enum style styles[TOKEN_STATES] = {
		[TOKEN_ABSENT] = STYLE_NONE,
		[TOKEN_PENDING] = STYLE_YELLOW,
		[TOKEN_APPROVED] = STYLE_GREEN,
		[TOKEN_CONSUMED] = STYLE_FAINT,
		[TOKEN_REVOKED] = STYLE_RED,
		[TOKEN_EXPIRED] = STYLE_FAINT,
	};

	return styles[token_state_parse(item->state)];
}

int item_append_command(const struct item *item, struct bytes *b)
{
	const char *arg;
	int r;

	r = text_append_quoted(b, item->executable, strlen(item->executable));
	json_each (child, item->args) {
		arg = json_string(child);
		if (r >= 0)
			r = bytes_append_char(b, ' ');
		if (r >= 0)
			r = text_append_quoted(b, arg, strlen(arg));
	}
	return r;
}
