/* SPDX-License-Identifier: ISC */

/*
 * Changes settings without touching the rest of them. Uninstall looks for the original text: the
 * text from which install would make the present one. The white space that install adds identifies
 * it, so uninstall tries the few candidates.
 */

#include "cli/hook-settings.h"

#include <errno.h>
#include <string.h>

#include "base/json/scan.h"
#include "base/json/tree.h"
#include "base/json/writer.h"
#include "base/text.h"

#define DEPTH_MAX 64

#define SPACE " \t\r\n"

/* These texts identify an entry, or a file, as written by firma. */
#define NO_ANSWER "firma: no answer; denied"
#define WRITTEN_BY "Written by 'firma hook install"

/* --- the texts of a hook ---------------------------------------------------------------------- */

static int append_call(
	const struct hook_place *place, const struct hook_command *command, struct bytes *out)
{
	int r;

	r = text_append_quoted(out, command->program, strlen(command->program));
	return r < 0 ? r
		     : bytes_appendf(out, " hook %s%s", place->agent, bytes_str(&command->options));
}

/*
 * Appends the command line for the agent's shell, as a JSON string. With status 2 the hook has
 * answered by itself, and told the reason.
 */
static int append_line(
	const struct hook_place *place, const struct hook_command *command, struct bytes *out)
{
	cleanup(bytes_deinit) struct bytes line = BYTES_INIT(BYTES_UNLIMITED);

	if (append_call(place, command, &line) < 0
		|| bytes_append_str(
			   &line, " || { [ $? = 2 ] || echo '" NO_ANSWER "' >&2; exit 2; }")
			< 0)
		return -ENOMEM;
	return json_append_string(out, bytes_str(&line));
}

static int append_entry(
	const struct hook_place *place, const struct hook_command *command, struct bytes *out)
{
	if (bytes_append_str(out, place->entry[0]) < 0 || append_line(place, command, out) < 0)
		return -ENOMEM;
	return bytes_append_str(out, place->entry[1]);
}

static int append_codex(
	const struct hook_place *place, const struct hook_command *command, struct bytes *out)
{
	const char *slash = strrchr(command->program, '/');
	cleanup(bytes_deinit) struct bytes dir = BYTES_INIT(BYTES_UNLIMITED);
	int r;

	r = bytes_append(&dir, command->program,
		slash && slash > command->program ? (size_t)(slash - command->program) : 1);
	if (r >= 0)
		r = bytes_append_str(out,
			"# " WRITTEN_BY " codex --managed'.\n"
			"[features]\nhooks = true\n\n[hooks]\nmanaged_dir = ");
	if (r >= 0)
		r = json_append_string(out, bytes_str(&dir));
	if (r >= 0)
		r = bytes_append_str(out,
			"\n\n[[hooks.PreToolUse]]\n\n[[hooks.PreToolUse.hooks]]\n"
			"type = \"command\"\ncommand = ");
	if (r >= 0)
		r = append_line(place, command, out);
	return r < 0 ? r : bytes_append_str(out, "\ntimeout = 3600\n");
}

/* The script prints the answer after the hook has ended: a killed hook leaves no partial answer. */
static int append_cline(
	const struct hook_place *place, const struct hook_command *command, struct bytes *out)
{
	int r;

	r = bytes_append_str(out,
		"#!/bin/sh\n# " WRITTEN_BY " cline'; 'firma hook uninstall cline' removes it.\n"
		"answer=$(");
	if (r >= 0)
		r = append_call(place, command, out);
	return r < 0 ? r
		     : bytes_append_str(out,
			     ") ||\n"
			     "\tanswer='{\"cancel\":true,\"errorMessage\":\"" NO_ANSWER "\"}'\n"
			     "printf '%s\\n' \"$answer\"\n");
}

static const char opencode_plugin[] =
	"]\n"
	"\n"
	"function ask(question) {\n"
	"\treturn new Promise((resolve, reject) => {\n"
	"\t\tlet answer = \"\"\n"
	"\t\tconst hook = spawn(\"/bin/sh\", command, { stdio: [\"pipe\", \"pipe\", \"ignore\"] "
	"})\n"
	"\t\thook.on(\"error\", reject)\n"
	"\t\thook.stdin.on(\"error\", () => {})\n"
	"\t\thook.stdout.on(\"data\", (data) => { answer += data })\n"
	"\t\thook.on(\"close\", (status) => resolve({ status, answer }))\n"
	"\t\thook.stdin.end(question)\n"
	"\t})\n"
	"}\n"
	"\n"
	"export const Firma = async ({ directory }) => ({\n"
	"\t\"tool.execute.before\": async (input, output) => {\n"
	"\t\tlet answer = {}\n"
	"\t\ttry {\n"
	"\t\t\tconst ended = await ask(JSON.stringify({\n"
	"\t\t\t\thook: \"tool.execute.before\", directory, tool: input.tool,\n"
	"\t\t\t\tsessionID: input.sessionID, callID: input.callID, args: output.args,\n"
	"\t\t\t}))\n"
	"\t\t\tanswer = JSON.parse(ended.answer)\n"
	"\t\t\tif (ended.status === 0 && /^(allow|none)$/.test(answer.decision)) return\n"
	"\t\t} catch {}\n"
	"\t\tthrow new Error(answer.reason || \"" NO_ANSWER "\")\n"
	"\t},\n"
	"})\n";

static int append_opencode(
	const struct hook_place *place, const struct hook_command *command, struct bytes *out)
{
	cleanup(bytes_deinit) struct bytes call = BYTES_INIT(BYTES_UNLIMITED);
	int r;

	r = bytes_append_str(&call, "exec ");
	if (r >= 0)
		r = append_call(place, command, &call);
	if (r >= 0)
		r = bytes_append_str(out,
			"// " WRITTEN_BY " opencode'; 'firma hook uninstall opencode' removes it.\n"
			"import { spawn } from \"node:child_process\"\n\n"
			"const command = [\"-c\", ");
	if (r >= 0)
		r = json_append_string(out, bytes_str(&call));
	return r < 0 ? r : bytes_append_str(out, opencode_plugin);
}

/* Appends the content of a file that holds only the hook. */
static int append_file(
	const struct hook_place *place, const struct hook_command *command, struct bytes *out)
{
	switch (place->form) {
	case HOOK_FORM_CODEX:
		return append_codex(place, command, out);
	case HOOK_FORM_CLINE:
		return append_cline(place, command, out);
	case HOOK_FORM_OPENCODE:
		return append_opencode(place, command, out);
	default:
		break;
	}

	if (bytes_append_str(out, "{\n") < 0
		|| (place->key
			&& bytes_appendf(out, "  \"%s\": %s,\n", place->key, place->value) < 0)
		|| bytes_appendf(out, "  \"hooks\": { \"%s\": [ ", place->event) < 0
		|| append_entry(place, command, out) < 0)
		return -ENOMEM;
	return bytes_append_str(out, " ] }\n}\n");
}

/* --- reading a JSON text ---------------------------------------------------------------------- */

/* A part of a text: an object, an array, or one of their members or elements. */
struct span {
	size_t at, end;
};

/* The members of an object or elements of an array, as far as adding or removing one needs them. */
struct content {
	struct span wanted; /* including its key; {0, 0} if missing */
	struct span value;  /* the same without the key */
	size_t before;      /* end of the previous one, or the start of the contents */
	size_t after;       /* start of the next one, or 0 */
	struct span last;
	size_t n;
};

/* Copies the text with its comments (which some agents allow) replaced by blanks. */
static int blank_comments(const struct bytes *text, struct bytes *ret)
{
	const char *closing;
	char *at, *end;
	bool string = false;

	bytes_clear(ret);
	if (bytes_append(ret, bytes_str(text), text->len) < 0)
		return -ENOMEM;

	for (at = ret->data, end = at + ret->len; at < end; at++) {
		if (string) {
			if (*at == '\\')
				at++;
			else
				string = *at != '"';
			continue;
		}
		string = *at == '"';
		if (at[0] == '/' && at[1] == '/') {
			while (at < end && *at != '\n')
				*at++ = ' ';
		} else if (at[0] == '/' && at[1] == '*') {
			closing = strstr(at + 2, "*/");
			if (!closing)
				return 0; /* an open comment is not JSON */
			for (; at < closing + 2; at++)
				if (*at != '\n' && *at != '\r')
					*at = ' ';
			at--;
		}
	}
	return 0;
}

struct search {
	const char *text;
	size_t start;
	const char *key;  /* for an object */
	const char *mark; /* for an array: texts that the wanted element contains */
	const char *mark_2;
	struct content *content;
};

static void note(struct search *s, struct span whole, struct span value, bool wanted)
{
	struct content *c = s->content;

	if (c->wanted.end && !c->after)
		c->after = whole.at;
	if (wanted && !c->wanted.end) {
		c->wanted = whole;
		c->value = value;
		c->before = c->n > 0 ? c->last.end : s->start + 1;
	}
	c->last = whole;
	c->n++;
}

static int note_member(const struct scan_member *member, void *userdata)
{
	struct search *s = userdata;
	const size_t value = (size_t)(member->value - s->text);

	note(s, (struct span){ s->start + member->key_offset, value + member->value_len },
		(struct span){ value, value + member->value_len },
		strlen(s->key) == member->key_len
			&& memcmp(s->key, member->key, member->key_len) == 0);
	return 0;
}

static int note_element(const char *text, size_t len, void *userdata)
{
	struct search *s = userdata;
	const struct span span = { (size_t)(text - s->text), (size_t)(text - s->text) + len };

	note(s, span, span,
		memmem(text, len, s->mark, strlen(s->mark))
			&& memmem(text, len, s->mark_2, strlen(s->mark_2)));
	return 0;
}

/* Returns whether the span is an object; finds the member `key`. */
static bool look_at_members(
	const struct bytes *plain, struct span object, const char *key, struct content *ret)
{
	const struct scan_limits limits = { .depth_max = DEPTH_MAX, .nul_escape = true };
	struct search s = {
		.text = bytes_str(plain), .start = object.at, .key = key, .content = ret
	};
	struct scan_fault fault;

	*ret = (struct content){ 0 };
	return scan_object_within(
		       s.text + object.at, object.end - object.at, &limits, note_member, &s, &fault)
		== 0;
}

/* Returns whether the span is an array; finds firma's entry. */
static bool look_at_elements(const struct bytes *plain, struct span array,
	const struct hook_place *place, struct content *ret)
{
	cleanup(bytes_deinit) struct bytes mark = BYTES_INIT(BYTES_UNLIMITED);
	struct search s = {
		.text = bytes_str(plain), .start = array.at, .mark_2 = NO_ANSWER, .content = ret
	};

	*ret = (struct content){ 0 };
	if (bytes_appendf(&mark, " hook %s ", place->agent) < 0)
		return false;
	s.mark = bytes_str(&mark);
	return scan_array_value(s.text + array.at, array.end - array.at, note_element, &s) == 0;
}

/* The outermost value, without the white space around it. */
static struct span root_of(const struct bytes *plain)
{
	struct span root = { strspn(bytes_str(plain), SPACE), plain->len };

	while (root.end > root.at && strchr(SPACE, plain->data[root.end - 1]))
		root.end--;
	return root;
}

/* --- changing a JSON text --------------------------------------------------------------------- */

static int replace(struct bytes *text, struct span span, const char *with, size_t len)
{
	cleanup(bytes_deinit) struct bytes made = BYTES_INIT(BYTES_UNLIMITED);

	if (bytes_append(&made, bytes_str(text), span.at) < 0 || bytes_append(&made, with, len) < 0
		|| bytes_append(&made, text->data + span.end, text->len - span.end) < 0)
		return -ENOMEM;

	bytes_clear(text);
	return bytes_append(text, bytes_str(&made), made.len);
}

/* Adds a member or element at the end, with the same white space as the last one has. */
static int add(struct bytes *text, struct span holder, const struct content *content,
	const struct bytes *added)
{
	cleanup(bytes_deinit) struct bytes made = BYTES_INIT(BYTES_UNLIMITED);
	size_t gap = content->last.at, at = content->n > 0 ? content->last.end : holder.at + 1;
	int r = 0;

	if (content->n > 0) {
		while (gap > 0 && strchr(SPACE, text->data[gap - 1]))
			gap--;
		r = bytes_append_char(&made, ',');
		if (r >= 0 && gap == content->last.at)
			r = bytes_append_char(&made, ' ');
		if (r >= 0)
			r = bytes_append(&made, text->data + gap, content->last.at - gap);
	}
	if (r >= 0)
		r = bytes_append(&made, bytes_str(added), added->len);
	return r < 0 ? r : replace(text, (struct span){ at, at }, bytes_str(&made), made.len);
}

/* Removes the wanted member or element. */
static int take(struct bytes *text, const struct content *content)
{
	struct span span = content->wanted;

	if (content->n > 1 && content->last.at == span.at)
		span.at = content->before;
	else if (content->after)
		span.end = content->after;
	return replace(text, span, "", 0);
}

static int refuse(struct bytes *why, const char *what)
{
	bytes_clear(why);
	bytes_append_str(why, what);
	return HOOK_SETTINGS_REFUSED;
}

/* An entry with more hooks in it is not as it was installed. */
static bool is_alone(const char *entry, size_t len)
{
	cleanup(json_doc_free_p) struct json_doc *doc = NULL;
	struct scan_fault fault;
	const struct json *hooks;

	if (json_parse(entry, len, &doc, &fault) != 0)
		return false;
	hooks = json_get(json_root(doc), "hooks");
	return !hooks || json_size(hooks) == 1;
}

/* The position of the entry, or the position where it would be added. */
struct found {
	struct bytes plain;
	struct span root;
	struct content hooks, list, entry; /* in the root, in "hooks", in the list */
};

static int find(const struct hook_place *place, const struct bytes *text, struct found *f,
	struct bytes *why)
{
	if (blank_comments(text, &f->plain) < 0)
		return -ENOMEM;

	f->root = root_of(&f->plain);
	f->list = f->entry = (struct content){ 0 };
	if (!look_at_members(&f->plain, f->root, "hooks", &f->hooks))
		return refuse(why, "it is not JSON, or has a key twice");
	if (!f->hooks.wanted.end)
		return HOOK_SETTINGS_SAME;
	if (!look_at_members(&f->plain, f->hooks.value, place->event, &f->list))
		return refuse(why, "its member \"hooks\" is no object");
	if (!f->list.wanted.end)
		return HOOK_SETTINGS_SAME;
	if (!look_at_elements(&f->plain, f->list.value, place, &f->entry))
		return refuse(why, "its list of hooks is no array");
	if (f->entry.wanted.end
		&& !is_alone(f->plain.data + f->entry.wanted.at,
			f->entry.wanted.end - f->entry.wanted.at))
		return refuse(why, "firma's entry was changed by hand, and holds other hooks");
	return HOOK_SETTINGS_SAME;
}

static int add_key(const struct hook_place *place, struct bytes *text, struct bytes *why)
{
	cleanup(bytes_deinit) struct bytes plain = BYTES_INIT(BYTES_UNLIMITED);
	cleanup(bytes_deinit) struct bytes made = BYTES_INIT(BYTES_UNLIMITED);
	struct content content;
	struct span root;

	if (!place->key)
		return 0;
	if (blank_comments(text, &plain) < 0)
		return -ENOMEM;

	root = root_of(&plain);
	if (!look_at_members(&plain, root, place->key, &content))
		return refuse(why, "it is not JSON, or has a key twice");
	if (content.wanted.end) {
		if (content.value.end - content.value.at == strlen(place->value)
			&& strncmp(plain.data + content.value.at, place->value,
				   strlen(place->value))
				== 0)
			return 0;
		bytes_clear(why);
		bytes_appendf(why, "its member \"%s\" is not %s", place->key, place->value);
		return HOOK_SETTINGS_REFUSED;
	}
	if (bytes_appendf(&made, "\"%s\": %s", place->key, place->value) < 0)
		return -ENOMEM;
	return add(text, root, &content, &made);
}

static int add_entry(const struct hook_place *place, const struct bytes *entry, struct bytes *text,
	struct found *f)
{
	cleanup(bytes_deinit) struct bytes made = BYTES_INIT(BYTES_UNLIMITED);
	int r;

	if (f->entry.wanted.end)
		return replace(text, f->entry.wanted, bytes_str(entry), entry->len);
	if (f->list.wanted.end)
		return add(text, f->list.value, &f->entry, entry);
	if (f->hooks.wanted.end) {
		r = bytes_appendf(&made, "\"%s\": [ %s ]", place->event, bytes_str(entry));
		return r < 0 ? r : add(text, f->hooks.value, &f->list, &made);
	}
	r = bytes_appendf(&made, "\"hooks\": { \"%s\": [ %s ] }", place->event, bytes_str(entry));
	return r < 0 ? r : add(text, f->root, &f->hooks, &made);
}

/* Takes the entry as a text, so that entries installed with other options can be tried too. */
static int install_entry(const struct hook_place *place, const struct bytes *entry,
	const struct bytes *before, struct bytes *after, struct bytes *why)
{
	struct found f = { .plain = BYTES_INIT(BYTES_UNLIMITED) };
	int r;

	bytes_clear(after);
	r = bytes_append(after, bytes_str(before), before->len);
	if (r >= 0)
		r = add_key(place, after, why);
	if (r == 0)
		r = find(place, after, &f, why);
	if (r == HOOK_SETTINGS_SAME)
		r = add_entry(place, entry, after, &f);
	bytes_deinit(&f.plain);
	if (r != 0)
		return r;
	return after->len == before->len && memcmp(after->data, before->data, after->len) == 0
		? HOOK_SETTINGS_SAME
		: HOOK_SETTINGS_CHANGED;
}

/* --- install and uninstall -------------------------------------------------------------------- */

static bool is_equal(const struct bytes *a, const struct bytes *b)
{
	return a->len == b->len && memcmp(bytes_str(a), bytes_str(b), a->len) == 0;
}

static bool is_ours(const struct bytes *file)
{
	return strstr(bytes_str(file), WRITTEN_BY) != NULL;
}

int hook_settings_install(const struct hook_place *place, const struct hook_command *command,
	const struct bytes *before, struct bytes *after, struct bytes *why)
{
	cleanup(bytes_deinit) struct bytes entry = BYTES_INIT(BYTES_UNLIMITED);

	if (!before || place->form != HOOK_FORM_JSON) {
		if (before && !is_ours(before))
			return refuse(why, "it is there, and not written by firma");
		if (append_file(place, command, after) < 0)
			return -ENOMEM;
		return before && is_equal(before, after) ? HOOK_SETTINGS_SAME
							 : HOOK_SETTINGS_CHANGED;
	}
	if (append_entry(place, command, &entry) < 0)
		return -ENOMEM;
	return install_entry(place, &entry, before, after, why);
}

enum depth { TAKE_ENTRY, TAKE_LIST, TAKE_HOOKS };

/* Removes the entry, its list or "hooks" by `depth`, and with `key_too` the further member. */
static int take_away(const struct hook_place *place, const struct bytes *before, enum depth depth,
	bool key_too, struct bytes *after, struct bytes *why)
{
	struct found f = { .plain = BYTES_INIT(BYTES_UNLIMITED) };
	struct content key;
	int r;

	bytes_clear(after);
	r = bytes_append(after, bytes_str(before), before->len);
	if (r >= 0)
		r = find(place, after, &f, why);
	if (r == HOOK_SETTINGS_SAME)
		r = take(after,
			depth == TAKE_ENTRY          ? &f.entry
				: depth == TAKE_LIST ? &f.list
						     : &f.hooks);
	if (r == 0 && key_too) {
		r = blank_comments(after, &f.plain);
		if (r == 0 && look_at_members(&f.plain, root_of(&f.plain), place->key, &key)
			&& key.wanted.end)
			r = take(after, &key);
	}
	bytes_deinit(&f.plain);
	return r;
}

/* Finds the text from which install would make `before`, among all candidates. */
static bool find_origin(const struct hook_place *place, const struct bytes *before,
	const struct bytes *entry, struct bytes *after, struct bytes *why)
{
	cleanup(bytes_deinit) struct bytes again = BYTES_INIT(BYTES_UNLIMITED);

	for (int key_too = 0; key_too <= (place->key ? 1 : 0); key_too++)
		for (int depth = TAKE_ENTRY; depth <= TAKE_HOOKS; depth++)
			if (take_away(place, before, (enum depth)depth, key_too, after, why) == 0
				&& install_entry(place, entry, after, &again, why)
					== HOOK_SETTINGS_CHANGED
				&& is_equal(&again, before))
				return true;
	return false;
}

/* Whether install has created the file: it holds nothing but the hook. */
static bool is_made(const struct hook_place *place, const struct bytes *text,
	const struct bytes *entry, bool *ret)
{
	cleanup(bytes_deinit) struct bytes made = BYTES_INIT(BYTES_UNLIMITED);

	if (bytes_append_str(&made, "{\n") < 0
		|| (place->key
			&& bytes_appendf(&made, "  \"%s\": %s,\n", place->key, place->value) < 0)
		|| bytes_appendf(&made, "  \"hooks\": { \"%s\": [ %s ] }\n}\n", place->event,
			   bytes_str(entry))
			< 0)
		return false;
	*ret = is_equal(&made, text);
	return true;
}

int hook_settings_uninstall(const struct hook_place *place, const struct bytes *before,
	struct bytes *after, struct bytes *why)
{
	cleanup(bytes_deinit) struct bytes entry = BYTES_INIT(BYTES_UNLIMITED);
	struct found f = { .plain = BYTES_INIT(BYTES_UNLIMITED) };
	enum depth depth = TAKE_ENTRY;
	bool made = false;
	int r;

	if (place->form != HOOK_FORM_JSON)
		return is_ours(before) ? HOOK_SETTINGS_GONE : HOOK_SETTINGS_SAME;

	r = find(place, before, &f, why);
	bytes_deinit(&f.plain);
	if (r != HOOK_SETTINGS_SAME || !f.entry.wanted.end)
		return r;
	if (bytes_append(&entry, before->data + f.entry.wanted.at,
		    f.entry.wanted.end - f.entry.wanted.at)
			< 0
		|| !is_made(place, before, &entry, &made))
		return -ENOMEM;
	if (made)
		return HOOK_SETTINGS_GONE;
	if (find_origin(place, before, &entry, after, why))
		return HOOK_SETTINGS_CHANGED;

	/*
	 * The file was changed after the installation: remove the entry and what it leaves empty.
	 */
	if (f.entry.n == 1)
		depth = f.list.n == 1 ? TAKE_HOOKS : TAKE_LIST;
	r = take_away(place, before, depth, false, after, why);
	return r == 0 ? HOOK_SETTINGS_CHANGED : r;
}

bool hook_settings_are_off(const struct hook_place *place, const struct bytes *text)
{
	cleanup(bytes_deinit) struct bytes plain = BYTES_INIT(BYTES_UNLIMITED);
	struct content content;

	if (!place->off[0] || blank_comments(text, &plain) < 0)
		return false;
	return look_at_members(&plain, root_of(&plain), place->off[0], &content)
		&& content.wanted.end
		&& strncmp(plain.data + content.value.at, place->off[1], strlen(place->off[1]))
		== 0;
}
