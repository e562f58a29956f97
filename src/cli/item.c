/* SPDX-License-Identifier: ISC */

/* A token as a person sees it. */

#include "cli/item.h"

#include <pwd.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/notation.h"
#include "base/text.h"
#include "gate/token.h"

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

static bool read_item(const struct json *root, struct item *ret)
{
	uint8_t id[16];

	return read_strings(root, ret) && read_args(root, ret)
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

/* Behind its label, quoted; nothing where there is no text. */
static int append_text(struct bytes *b, const char *label, const char *text)
{
	int r;

	if (!text)
		return 0;

	r = bytes_appendf(b, "%-13s", label);
	if (r >= 0)
		r = text_append_quoted(b, text, strlen(text));
	return r < 0 ? r : bytes_append_char(b, '\n');
}

static int append_state(const struct item *item, struct bytes *b)
{
	int r;

	r = bytes_appendf(b, "%-13s", "state");
	if (r >= 0)
		r = text_append_escaped(b, item->state, strlen(item->state));
	if (r >= 0 && item_is_live(item)) {
		r = bytes_append_str(b, ", expires in ");
		if (r >= 0)
			r = notation_append_duration(b, item->expires_in_ms * CLOCK_MS);
	}
	return r < 0 ? r : bytes_append_char(b, '\n');
}

/* What the kernel says of whoever asked. (A process names itself: that is a claim.) */
static int append_asker(const struct item *item, struct bytes *b)
{
	const struct passwd *user = getpwuid((uid_t)item->uid);
	int r;

	r = bytes_appendf(b, "%-13suid %llu", "asked by", (unsigned long long)item->uid);
	if (r >= 0 && user) {
		r = bytes_append_str(b, " (");
		if (r >= 0)
			r = text_append_escaped(b, user->pw_name, strlen(user->pw_name));
		if (r >= 0)
			r = bytes_append_char(b, ')');
	}
	if (r >= 0 && item->pid > 0)
		r = bytes_appendf(b, ", pid %llu", (unsigned long long)item->pid);
	return r < 0 ? r : bytes_append_char(b, '\n');
}

static int append_claims(const struct item *item, struct bytes *b)
{
	static const char label[] = "it claims";
	int r;

	r = bytes_appendf(b, "%s\n", label);
	if (r >= 0)
		r = append_text(b, "  process", item->process);
	if (r >= 0)
		r = append_text(b, "  directory", item->cwd);
	if (r >= 0)
		r = append_text(b, "  real path", item->real_path);
	if (r >= 0)
		r = append_text(b, "  sha256", item->executable_sha256);
	if (r >= 0)
		r = append_text(b, "  agent", item->agent_id);
	if (r >= 0)
		r = append_text(b, "  session", item->session_id);
	if (r >= 0)
		r = append_text(b, "  sandbox", item->sandbox_id);
	return r < 0 ? r : append_text(b, "  profile", item->profile);
}

static bool mixes(const char *text)
{
	return text && text_mixes_scripts(text, strlen(text));
}

static bool has_mixed_scripts(const struct item *item)
{
	if (mixes(item->executable) || mixes(item->real_path) || mixes(item->cwd))
		return true;
	json_each (arg, item->args) {
		if (mixes(json_string(arg)))
			return true;
	}
	return false;
}

static int append_warnings(const struct item *item, struct bytes *b)
{
	if (!has_mixed_scripts(item))
		return 0;
	return bytes_append_str(
		b, "warning      a word mixes Latin letters with Cyrillic or Greek look-alikes\n");
}

int item_append_card(const struct item *item, struct bytes *b)
{
	int r;

	r = bytes_appendf(b, "%-13s%s\n%-13s", "token", item->id, "command");
	if (r >= 0)
		r = item_append_command(item, b);
	if (r >= 0)
		r = bytes_append_char(b, '\n');
	if (r >= 0)
		r = append_warnings(item, b);
	if (r >= 0)
		r = append_state(item, b);
	if (r >= 0)
		r = append_text(b, "reason", item->reason);
	if (r >= 0)
		r = append_asker(item, b);
	if (r >= 0)
		r = append_claims(item, b);
	if (r >= 0)
		r = append_text(b, "rule", item->rule);
	if (r >= 0)
		r = append_text(b, "issued", item->issued_at);
	if (r >= 0)
		r = append_text(b, "expires", item->expires_at);
	return r < 0 ? r : append_text(b, "fingerprint", item->fingerprint);
}
