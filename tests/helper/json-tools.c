/* SPDX-License-Identifier: ISC */

/*
 * JSON for shell scripts.
 *
 * `unit get KEY`: for each JSON object on standard input, the value of its top-level KEY on a line
 * of its own: a string as it is, any other value as JSON. Exit status 1: an object has no such key.
 *
 * `unit request [MEMBER…]` prints a valid local.exec request, in one line, changed by:
 *
 *     key=text     a string
 *     key:=json    the text as given, unparsed, so that it can be wrong as well
 *     key-         without this key
 *
 * A key that exists keeps its place. `unit object [MEMBER…]` starts from an empty object instead.
 */

#include "helper/unit.h"

#include <cjson/cJSON.h>
#include <err.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/cleanup.h"

DEFINE_CLEANUP(cJSON *, cJSON_Delete)

static const char *const defaults[] = {
	"action=local.exec",
	"executable=/usr/bin/git",
	"args:=[\"status\"]",
	"sandbox_id=sbx",
	"session_id=sess",
	"profile=generic",
	"hitl_mode=async_token",
};

static void print_value(const cJSON *value)
{
	cleanup(free_p) char *json = NULL;

	if (cJSON_IsString(value)) {
		puts(value->valuestring);
		return;
	}

	json = cJSON_PrintUnformatted(value);
	if (!json)
		errx(UNIT_FAILED, "out of memory");
	puts(json);
}

int unit_get(int argc, char **argv)
{
	cleanup(free_p) char *input = NULL;
	const char *at, *end;
	size_t len;

	if (argc != 2)
		return unit_usage("get KEY");

	input = unit_read(stdin, &len);
	at = input;
	do {
		cleanup(cJSON_Delete_p) cJSON *object = cJSON_ParseWithOpts(at, &end, false);
		const cJSON *value = cJSON_GetObjectItemCaseSensitive(object, argv[1]);

		if (!cJSON_IsObject(object)) {
			warnx("not a JSON object: '%s'", at);
			return UNIT_FAILED;
		}
		if (!value) {
			warnx("no key '%s' in: %s", argv[1], at);
			return UNIT_FAILED;
		}
		print_value(value);
		at = end + strspn(end, " \t\r\n");
	} while (*at);

	return UNIT_OK;
}

/* The value for `text`: raw JSON, or a string to be escaped. */
static cJSON *make_value(const char *text, bool raw)
{
	cJSON *value = raw ? cJSON_CreateRaw(text) : cJSON_CreateString(text);

	if (!value)
		errx(UNIT_FAILED, "out of memory");
	return value;
}

/* Applies a MEMBER. false: it has none of the three forms. */
static bool change(cJSON *object, const char *member)
{
	cleanup(free_p) char *key = NULL;
	const char *equals = strchr(member, '=');
	size_t len = equals ? (size_t)(equals - member) : strlen(member);
	char last = '\0';
	cJSON *value;

	if (len > 0)
		last = member[len - 1];
	if (!equals && last != '-')
		return false;

	key = strndup(member, equals && last != ':' ? len : len - 1);
	if (!key)
		err(UNIT_FAILED, "%s", member);
	if (!equals) {
		cJSON_DeleteItemFromObjectCaseSensitive(object, key);
		return true;
	}

	value = make_value(equals + 1, last == ':');
	if (!cJSON_GetObjectItemCaseSensitive(object, key))
		return cJSON_AddItemToObject(object, key, value);
	return cJSON_ReplaceItemInObjectCaseSensitive(object, key, value);
}

static int print_object(cJSON *object, int argc, char **argv)
{
	cleanup(free_p) char *line = NULL;

	for (int i = 1; i < argc; i++) {
		if (!change(object, argv[i]))
			return unit_usage("request|object [KEY=TEXT|KEY:=JSON|KEY-]...");
	}

	line = cJSON_PrintUnformatted(object);
	if (!line)
		errx(UNIT_FAILED, "out of memory");
	puts(line);
	return UNIT_OK;
}

int unit_object(int argc, char **argv)
{
	cleanup(cJSON_Delete_p) cJSON *object = cJSON_CreateObject();

	return print_object(object, argc, argv);
}

int unit_request(int argc, char **argv)
{
	cleanup(cJSON_Delete_p) cJSON *object = cJSON_CreateObject();

	for (size_t i = 0; i < LENGTH(defaults); i++)
		change(object, defaults[i]);
	return print_object(object, argc, argv);
}
