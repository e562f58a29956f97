/* SPDX-License-Identifier: ISC */

/*
 * Changes settings without touching the rest of them. Uninstall looks for the original text: the
 * text from which install would make the present one. The white space that install adds identifies
 * it, so uninstall tries the few candidates.
 */

#include "cli/hook-settings.h"

#include <errno.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/json/tree.h"
#include "base/json/writer.h"
#include "cli/json-edit.h"

static int refuse(struct bytes *why, const char *what)
{
	bytes_clear(why);
	bytes_append_str(why, what);
	return HOOK_SETTINGS_REFUSED;
}

/*
 * Whether the entry has only this hook. An entry with more hooks was changed after the
 * installation.
 */
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
	struct json_span root;
	struct json_content hooks, list, entry; /* in the root, in "hooks", in the list */
};

static int find(const struct hook_place *place, const struct bytes *text, struct found *f,
	struct bytes *why)
{
	cleanup(bytes_deinit) struct bytes mark = BYTES_PRINTED;

	if (json_edit_blank_comments(text, &f->plain) < 0
		|| bytes_appendf(&mark, " hook %s ", place->agent) < 0)
		return -ENOMEM;

	f->root = json_edit_root(&f->plain);
	f->list = f->entry = (struct json_content){ 0 };
	if (!json_edit_find_member(&f->plain, f->root, "hooks", &f->hooks))
		return refuse(why, "it is not JSON, or has a key twice");
	if (!f->hooks.wanted.end)
		return HOOK_SETTINGS_SAME;
	if (!json_edit_find_member(&f->plain, f->hooks.value, place->event, &f->list))
		return refuse(why, "its member \"hooks\" is no object");
	if (!f->list.wanted.end)
		return HOOK_SETTINGS_SAME;
	if (!json_edit_find_element(
		    &f->plain, f->list.value, bytes_str(&mark), HOOK_TEXT_NO_ANSWER, &f->entry))
		return refuse(why, "its list of hooks is no array");
	if (f->entry.wanted.end
		&& !is_alone(f->plain.data + f->entry.wanted.at,
			f->entry.wanted.end - f->entry.wanted.at))
		return refuse(why, "firma's entry was changed by hand, and holds other hooks");
	return HOOK_SETTINGS_SAME;
}

static int add_key(const struct hook_place *place, struct bytes *text, struct bytes *why)
{
	cleanup(bytes_deinit) struct bytes plain = BYTES_PRINTED;
	cleanup(bytes_deinit) struct bytes made = BYTES_PRINTED;
	struct json_content content;
	struct json_span root;

	if (!place->key)
		return 0;
	if (json_edit_blank_comments(text, &plain) < 0)
		return -ENOMEM;

	root = json_edit_root(&plain);
	if (!json_edit_find_member(&plain, root, place->key, &content))
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
	return json_edit_add(text, root, &content, &made);
}

static int add_entry(const struct hook_place *place, const struct bytes *entry, struct bytes *text,
	struct found *f)
{
	cleanup(bytes_deinit) struct bytes made = BYTES_PRINTED;
	int r;

	if (f->entry.wanted.end)
		return json_edit_replace(text, f->entry.wanted, bytes_str(entry), entry->len);
	if (f->list.wanted.end)
		return json_edit_add(text, f->list.value, &f->entry, entry);
	if (f->hooks.wanted.end) {
		r = bytes_appendf(&made, "\"%s\": [ %s ]", place->event, bytes_str(entry));
		return r < 0 ? r : json_edit_add(text, f->hooks.value, &f->list, &made);
	}
	r = bytes_appendf(&made, "\"hooks\": { \"%s\": [ %s ] }", place->event, bytes_str(entry));
	return r < 0 ? r : json_edit_add(text, f->root, &f->hooks, &made);
}

/* Takes the entry as a text, so that entries installed with other options can be tried too. */
static int install_entry(const struct hook_place *place, const struct bytes *entry,
	const struct bytes *before, struct bytes *after, struct bytes *why)
{
	struct found f = { .plain = BYTES_PRINTED };
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

static bool is_equal(const struct bytes *a, const struct bytes *b)
{
	return a->len == b->len && memcmp(bytes_str(a), bytes_str(b), a->len) == 0;
}

static bool is_ours(const struct bytes *file)
{
	return strstr(bytes_str(file), HOOK_TEXT_WRITTEN_BY) != NULL;
}

int hook_settings_install(const struct hook_place *place, const struct hook_command *command,
	const struct bytes *before, struct bytes *after, struct bytes *why)
{
	cleanup(bytes_deinit) struct bytes entry = BYTES_PRINTED;

	if (!before || place->form != HOOK_FORM_JSON) {
		if (before && !is_ours(before))
			return refuse(why, "it is there, and not written by firma");
		if (hook_text_append_file(place, command, after) < 0)
			return -ENOMEM;
		return before && is_equal(before, after) ? HOOK_SETTINGS_SAME
							 : HOOK_SETTINGS_CHANGED;
	}
	if (hook_text_append_entry(place, command, &entry) < 0)
		return -ENOMEM;
	return install_entry(place, &entry, before, after, why);
}

/* Whether both are JSON, and differ only in their layout and comments. */
static int compare_values(const struct bytes *a, const struct bytes *b, bool *ret)
{
	cleanup(bytes_deinit) struct bytes plain_a = BYTES_PRINTED, plain_b = BYTES_PRINTED;
	cleanup(json_doc_free_p) struct json_doc *doc_a = NULL, *doc_b = NULL;
	struct scan_fault fault;
	int r;

	if (json_edit_blank_comments(a, &plain_a) < 0 || json_edit_blank_comments(b, &plain_b) < 0)
		return -ENOMEM;
	r = json_parse(bytes_str(&plain_a), plain_a.len, &doc_a, &fault);
	if (r == 0)
		r = json_parse(bytes_str(&plain_b), plain_b.len, &doc_b, &fault);
	if (r < 0)
		return r;
	*ret = r == 0 && json_is_equal(json_root(doc_a), json_root(doc_b));
	return 0;
}

int hook_settings_are_whole(
	const struct hook_place *place, const char *command, const struct bytes *text, bool *ret)
{
	cleanup(bytes_deinit) struct bytes entry = BYTES_PRINTED, after = BYTES_PRINTED,
					   why = BYTES_PRINTED;
	const size_t len = strlen(command), end = strlen(HOOK_TEXT_TAIL);
	int r;

	*ret = false;
	if (len < end || strcmp(command + len - end, HOOK_TEXT_TAIL) != 0)
		return 0;
	bytes_append_str(&entry, place->entry[0]);
	r = json_append_string(&entry, command);
	if (r >= 0)
		r = bytes_append_str(&entry, place->entry[1]);
	if (r >= 0)
		r = install_entry(place, &entry, text, &after, &why);
	if (r < 0 || r == HOOK_SETTINGS_REFUSED)
		return r < 0 ? r : 0;
	return compare_values(text, &after, ret);
}

enum depth { TAKE_ENTRY, TAKE_LIST, TAKE_HOOKS };

/* Removes the entry, its list or "hooks" by `depth`, and with `key_too` the further member. */
static int take_away(const struct hook_place *place, const struct bytes *before, enum depth depth,
	bool key_too, struct bytes *after, struct bytes *why)
{
	struct found f = { .plain = BYTES_PRINTED };
	struct json_content key;
	int r;

	bytes_clear(after);
	r = bytes_append(after, bytes_str(before), before->len);
	if (r >= 0)
		r = find(place, after, &f, why);
	if (r == HOOK_SETTINGS_SAME)
		r = json_edit_take(after,
			depth == TAKE_ENTRY          ? &f.entry
				: depth == TAKE_LIST ? &f.list
						     : &f.hooks);
	if (r == 0 && key_too) {
		r = json_edit_blank_comments(after, &f.plain);
		if (r == 0
			&& json_edit_find_member(
				&f.plain, json_edit_root(&f.plain), place->key, &key)
			&& key.wanted.end)
			r = json_edit_take(after, &key);
	}
	bytes_deinit(&f.plain);
	return r;
}

/* Finds the text from which install would make `before`, among all candidates. */
static bool find_origin(const struct hook_place *place, const struct bytes *before,
	const struct bytes *entry, struct bytes *after, struct bytes *why)
{
	cleanup(bytes_deinit) struct bytes again = BYTES_PRINTED;

	for (int key_too = 0; key_too <= (place->key ? 1 : 0); key_too++)
		for (int depth = TAKE_ENTRY; depth <= TAKE_HOOKS; depth++)
			if (take_away(place, before, (enum depth)depth, key_too, after, why) == 0
				&& install_entry(place, entry, after, &again, why)
					== HOOK_SETTINGS_CHANGED
				&& is_equal(&again, before))
				return true;
	return false;
}

int hook_settings_uninstall(const struct hook_place *place, const struct bytes *before,
	struct bytes *after, struct bytes *why)
{
	cleanup(bytes_deinit) struct bytes entry = BYTES_PRINTED;
	cleanup(bytes_deinit) struct bytes made = BYTES_PRINTED;
	struct found f = { .plain = BYTES_PRINTED };
	enum depth depth = TAKE_ENTRY;
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
		|| hook_text_append_object(place, &entry, &made) < 0)
		return -ENOMEM;
	if (is_equal(&made, before))
		return HOOK_SETTINGS_GONE; /* install has made the file */
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
