/* SPDX-License-Identifier: ISC */

#include "cli/hook-off.h"

#include <string.h>

#include "base/cleanup.h"
#include "base/json/scan-value.h"
#include "cli/json-edit.h"

#define KEY_MAX 64
#define LINE_MAX_BARE 256

/* Finds the value of a member such as "hooksConfig.enabled". */
static bool find_value(const struct bytes *plain, const char *path, struct json_span *ret)
{
	struct json_span value = json_edit_root(plain);
	struct json_content content;
	char key[KEY_MAX];
	size_t len;

	while (*path) {
		len = strcspn(path, ".");
		if (len >= sizeof(key))
			return false;
		memcpy(key, path, len);
		key[len] = '\0';
		if (!json_edit_find_member(plain, value, key, &content) || !content.wanted.end)
			return false;
		value = content.value;
		path += len + (path[len] == '.');
	}
	*ret = value;
	return true;
}

static int look_for_own(const char *text, size_t len, void *userdata)
{
	cleanup(bytes_deinit) struct bytes name = BYTES_PRINTED;
	bool *found = userdata;

	if (scan_string_value(text, len, &name) == 0)
		*found |= strcmp(bytes_str(&name), "firma") == 0;
	return 0;
}

static bool json_is_off(const struct hook_place *place, const struct bytes *text)
{
	cleanup(bytes_deinit) struct bytes plain = BYTES_PRINTED;
	struct json_span value;
	bool found = false;

	if (json_edit_blank_comments(text, &plain) < 0)
		return false;
	if (place->off[0] && find_value(&plain, place->off[0], &value)
		&& strncmp(plain.data + value.at, place->off[1], strlen(place->off[1])) == 0)
		return true;
	if (place->off_list && find_value(&plain, place->off_list, &value))
		scan_array_value(plain.data + value.at, value.end - value.at, look_for_own, &found);
	return found;
}

/*
 * Whether a line of TOML sets a key "hooks", of whatever table, to false. A key with an escape may
 * be this one.
 */
static bool line_is_off(const char *line, size_t len)
{
	char bare[LINE_MAX_BARE];
	const char *at;
	size_t n = 0;

	for (size_t i = 0; i < len && line[i] != '#' && n + 1 < sizeof(bare); i++)
		if (!strchr(" \t\r\"'", line[i]))
			bare[n++] = line[i];
	bare[n] = '\0';
	if (strchr(bare, '\\') && strstr(bare, "=false"))
		return true;
	at = strstr(bare, "hooks=false");
	return at && (at == bare || strchr(".{,", at[-1]));
}

static bool toml_is_off(const struct bytes *text)
{
	const char *line = bytes_str(text);

	for (size_t len; *line; line += len + (line[len] == '\n')) {
		len = strcspn(line, "\n");
		if (line_is_off(line, len))
			return true;
	}
	return false;
}

bool hook_off_is(const struct hook_place *place, const struct bytes *text)
{
	return place->form == HOOK_FORM_TOML_OFF ? toml_is_off(text) : json_is_off(place, text);
}

bool hook_off_can_be_told(const struct hook_place *place, const struct bytes *text)
{
	cleanup(bytes_deinit) struct bytes plain = BYTES_PRINTED;
	struct json_content content;

	if (place->form != HOOK_FORM_JSON_OFF)
		return true;
	return json_edit_blank_comments(text, &plain) >= 0
		&& json_edit_find_member(&plain, json_edit_root(&plain), "", &content);
}
