/* SPDX-License-Identifier: ISC */

/* Looks into settings as `hook install` has written them. */

#include "cli/hook-look.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/json/tree.h"
#include "base/text.h"
#include "cli/hook-off.h"
#include "cli/hook-settings.h"
#include "cli/hook-text.h"
#include "cli/json-edit.h"
#include "cli/say.h"

const char *hook_state_text(enum hook_state state)
{
	static const char *const texts[] = {
		[HOOK_ABSENT] = "not installed",
		[HOOK_INSTALLED] = "installed",
		[HOOK_INSTALLED_CHANGED] = "installed, but changed afterwards",
		[HOOK_INSTALLED_OFF] = "installed, but switched off there",
		[HOOK_SWITCHED_OFF] = "switches hooks off",
		[HOOK_UNREADABLE] = "can't be read",
	};

	return texts[state];
}

const char *hook_scope_name(enum hook_scope scope)
{
	static const char *const names[] = {
		[HOOK_MANAGED] = "managed",
		[HOOK_USER] = "user",
		[HOOK_PROJECT] = "project",
	};

	return names[scope];
}

bool hook_look_is_only_off(const struct hook_place *place)
{
	return place->form == HOOK_FORM_JSON_OFF || place->form == HOOK_FORM_TOML_OFF;
}

/* Returns the whole path; NULL if out of memory, or if there is no home directory. */
static char *place_path(const struct hook_place *place, const char *root)
{
	const char *own = place->variable ? getenv(place->variable) : NULL;
	const char *home = getenv("HOME");
	cleanup(free_p) char *here = NULL;
	char *path = NULL;
	int r;

	switch (place->scope) {
	case HOOK_MANAGED:
		r = asprintf(&path, "%s/%s", root ? root : "", place->path);
		break;
	case HOOK_PROJECT:
		here = getcwd(NULL, 0);
		r = here ? asprintf(&path, "%s/%s", here, place->path) : -1;
		break;
	default:
		if (own && own[0] == '/')
			r = asprintf(&path, "%s%s", own, strchr(place->path, '/'));
		else
			r = home && home[0] == '/' ? asprintf(&path, "%s/%s", home, place->path)
						   : -1;
	}
	return r < 0 ? NULL : path;
}

int hook_look_open(const struct hook_place *place, const char *root, struct settings_file *f)
{
	char *path = place_path(place, root);

	if (!path)
		return say_undecided("can't tell where the settings of %s are", place->agent);
	return settings_file_open(f, path);
}

/* --- the command ------------------------------------------------------------------------------ */

/* The first string in a tree that `hook install` has written as this agent's command; or NULL. */
static const char *find_command(const struct json *value, const char *mark)
{
	const char *text = json_string(value), *found = NULL;

	if (text)
		return strstr(text, mark) ? text : NULL;
	for (const struct json *child = json_first(value); child && !found;
		child = json_next(child))
		found = find_command(child, mark);
	return found;
}

static int append_from_json(const char *text, size_t len, const char *mark, struct bytes *ret)
{
	cleanup(json_doc_free_p) struct json_doc *doc = NULL;
	struct scan_fault fault;
	const char *command;

	if (json_parse(text, len, &doc, &fault) != 0)
		return -ENOENT;
	command = find_command(json_root(doc), mark);
	return command ? bytes_append_str(ret, command) : -ENOENT;
}

/* The JSON value that follows `start` in a file that `hook install` has written, to its line's end.
 */
static int append_from_line(
	const struct bytes *file, const char *start, const char *mark, struct bytes *ret)
{
	cleanup(bytes_deinit) struct bytes object = BYTES_PRINTED;
	const char *at = strstr(bytes_str(file), start);

	if (!at)
		return -ENOENT;
	at += strlen(start);
	if (bytes_appendf(&object, "{\"command\":%.*s}", (int)strcspn(at, "\n"), at) < 0)
		return -ENOMEM;
	return append_from_json(bytes_str(&object), object.len, mark, ret);
}

int hook_look_command(
	const struct hook_place *place, const struct settings_file *f, struct bytes *ret)
{
	cleanup(bytes_deinit) struct bytes plain = BYTES_PRINTED, mark = BYTES_PRINTED;

	if (bytes_appendf(&mark, " hook %s", place->agent) < 0)
		return -ENOMEM;
	switch (place->form) {
	case HOOK_FORM_JSON:
		if (json_edit_blank_comments(&f->text, &plain) < 0)
			return -ENOMEM;
		return append_from_json(bytes_str(&plain), plain.len, bytes_str(&mark), ret);
	case HOOK_FORM_CODEX:
		return append_from_line(&f->text, "\ncommand = ", bytes_str(&mark), ret);
	case HOOK_FORM_OPENCODE:
		return append_from_line(&f->text, "const command = ", bytes_str(&mark), ret);
	case HOOK_FORM_CLINE:
		return text_append_quoted(ret, f->path, strlen(f->path));
	default:
		return -ENOENT;
	}
}

/* --- the state -------------------------------------------------------------------------------- */

/* A command that can't be told is not judged. */
static enum hook_state installed_state(
	const struct hook_place *place, const struct settings_file *f)
{
	cleanup(bytes_deinit) struct bytes command = BYTES_PRINTED;
	bool whole = true;
	int r = 0;

	if (place->form == HOOK_FORM_JSON)
		r = hook_look_command(place, f, &command);
	if (r >= 0 && command.len > 0)
		r = hook_settings_are_whole(place, bytes_str(&command), &f->text, &whole);
	if (r == -ENOMEM)
		return HOOK_UNREADABLE;
	return whole ? HOOK_INSTALLED : HOOK_INSTALLED_CHANGED;
}

enum hook_state hook_look(const struct hook_place *place, const struct settings_file *f)
{
	cleanup(bytes_deinit) struct bytes after = BYTES_PRINTED, why = BYTES_PRINTED;
	bool off;

	if (!f->there)
		return HOOK_ABSENT;

	off = hook_off_is(place, &f->text);
	if (!hook_off_can_be_told(place, &f->text))
		return HOOK_UNREADABLE;
	if (hook_look_is_only_off(place))
		return off ? HOOK_SWITCHED_OFF : HOOK_ABSENT;
	switch (hook_settings_uninstall(place, &f->text, &after, &why)) {
	case HOOK_SETTINGS_CHANGED:
	case HOOK_SETTINGS_GONE:
		return off ? HOOK_INSTALLED_OFF : installed_state(place, f);
	case HOOK_SETTINGS_SAME:
		return off ? HOOK_SWITCHED_OFF : HOOK_ABSENT;
	default:
		return HOOK_UNREADABLE;
	}
}
