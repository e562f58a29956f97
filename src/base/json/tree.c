/* SPDX-License-Identifier: ISC */

/*
 * cJSON, guarded by the strict scan. cJSON reads numbers as doubles and forgets how they were
 * written. So a second pass over the text finds the whole numbers, and marks them with a bit of
 * cJSON's type field that cJSON doesn't use itself.
 *
 * A `struct json` is a cJSON item under an opaque type, so that no other file can look into it.
 */

#include "base/json/tree.h"

#include <cjson/cJSON.h>
#include <errno.h>
#include <string.h>

#define JSON_WHOLE (1 << 16)

struct json_doc {
	cJSON *tree;
};

static const cJSON *item(const struct json *value)
{
	return (const cJSON *)(const void *)value;
}

static const struct json *value(const cJSON *item)
{
	return (const struct json *)(const void *)item;
}

/* The next number at or after `at`, which must be outside of strings; NULL if there is none. */
static const char *find_number(const char *at, const char *end)
{
	for (bool quoted = false; at < end; at++) {
		if (quoted && *at == '\\')
			at++;
		else if (*at == '"')
			quoted = !quoted;
		else if (!quoted && (*at == '-' || (*at >= '0' && *at <= '9')))
			return at;
	}
	return NULL;
}

/*
 * Marks the items below `parent` that are written as whole numbers. The tree has its numbers in the
 * order of the text; *at is where to look for the next one.
 */
static void mark_whole(cJSON *parent, const char **at, const char *end)
{
	const char *number;

	for (cJSON *c = parent->child; c; c = c->next) {
		mark_whole(c, at, end);
		number = cJSON_IsNumber(c) ? find_number(*at, end) : NULL;
		if (!number)
			continue;
		for (number++; number < end && *number >= '0' && *number <= '9'; number++)
			;
		if (number == end || !strchr(".eE", *number))
			c->type |= JSON_WHOLE;
		while (number < end && strchr(".eE+-0123456789", *number))
			number++;
		*at = number;
	}
}

/* The next \u0000 at or after `at`; NULL if there is none. */
static char *find_nul_escape(char *at, const char *end)
{
	/* Skip the character after a backslash: it may be a backslash itself. */
	while ((at = memchr(at, '\\', (size_t)(end - at)))) {
		if (end - at >= 6 && memcmp(at, "\\u0000", 6) == 0)
			return at;
		at += 2;
	}
	return NULL;
}

/* The scan has accepted the text, so cJSON fails only on lack of memory; returns NULL then. */
static cJSON *parse(const char *text, size_t len, const struct scan_limits *limits)
{
	cleanup(free_p) char *copy = NULL;

	if (!limits->nul_escape)
		return cJSON_ParseWithLength(text, len);

	copy = malloc(len + 1);
	if (!copy)
		return NULL;

	memcpy(copy, text, len);
	for (char *at = copy; (at = find_nul_escape(at, copy + len)); at += 6) {
		at[2] = '2';
		at[3] = '4';
	}
	return cJSON_ParseWithLength(copy, len);
}

int json_parse_within(const char *text, size_t len, const struct scan_limits *limits,
	struct json_doc **ret, struct scan_fault *ret_fault)
{
	cleanup(json_doc_free_p) struct json_doc *doc = NULL;
	const char *at = text;
	int r;

	r = scan_object_within(text, len, limits, NULL, NULL, ret_fault);
	if (r != 0)
		return r;

	doc = calloc(1, sizeof(*doc));
	if (!doc)
		return -ENOMEM;

	doc->tree = parse(text, len, limits);
	if (!doc->tree)
		return -ENOMEM;

	mark_whole(doc->tree, &at, text + len);
	*ret = steal_ptr(doc);
	return 0;
}

int json_parse(const char *text, size_t len, struct json_doc **ret, struct scan_fault *ret_fault)
{
	static const struct scan_limits strict = { .depth_max = SCAN_DEPTH_MAX };

	return json_parse_within(text, len, &strict, ret, ret_fault);
}

void json_doc_free(struct json_doc *doc)
{
	if (!doc)
		return;

	cJSON_Delete(doc->tree);
	free(doc);
}

const struct json *json_root(const struct json_doc *doc)
{
	return value(doc->tree);
}

/*
 * Compares the first byte before calling strcmp(): most keys differ there. cJSON doesn't do that.
 */
const struct json *json_get(const struct json *object, const char *key)
{
	json_each (child, object) {
		const char *name = item(child)->string;

		if (name && name[0] == key[0] && strcmp(name, key) == 0)
			return child;
	}
	return NULL;
}

const struct json *json_first(const struct json *parent)
{
	return value(item(parent)->child);
}

const struct json *json_next(const struct json *child)
{
	return value(item(child)->next);
}

const char *json_key(const struct json *member)
{
	return item(member)->string;
}

bool json_is_null(const struct json *v)
{
	return cJSON_IsNull(item(v));
}

bool json_is_array(const struct json *v)
{
	return cJSON_IsArray(item(v));
}

bool json_is_object(const struct json *v)
{
	return cJSON_IsObject(item(v));
}

size_t json_size(const struct json *parent)
{
	size_t n = 0;

	json_each (child, parent)
		n++;
	return n;
}

const char *json_string(const struct json *v)
{
	return cJSON_GetStringValue(item(v));
}

bool json_bool(const struct json *v, bool *ret)
{
	if (!cJSON_IsBool(item(v)))
		return false;

	*ret = cJSON_IsTrue(item(v));
	return true;
}

bool json_integer(const struct json *v, int64_t *ret)
{
	double d;

	if (!cJSON_IsNumber(item(v)) || !(item(v)->type & JSON_WHOLE))
		return false;

	d = item(v)->valuedouble;
	if (d < (double)-JSON_INTEGER_MAX || d > (double)JSON_INTEGER_MAX)
		return false;

	*ret = (int64_t)d;
	return true;
}

bool json_is_true(const struct json *object, const char *key)
{
	const struct json *member = json_get(object, key);
	bool value;

	return member && json_bool(member, &value) && value;
}

const char *json_get_string(const struct json *object, const char *key)
{
	return cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(item(object), key));
}

bool json_get_integer(const struct json *object, const char *key, uint64_t max, uint64_t *ret)
{
	const struct json *member = json_get(object, key);
	int64_t number;

	if (!member || !json_integer(member, &number) || number < 0 || (uint64_t)number > max)
		return false;

	*ret = (uint64_t)number;
	return true;
}

bool json_is_equal(const struct json *a, const struct json *b)
{
	return cJSON_Compare(item(a), item(b), true);
}

int64_t json_count(const struct json *v)
{
	double d = cJSON_IsNumber(item(v)) ? item(v)->valuedouble : 0;

	return d >= 0 && d <= (double)JSON_INTEGER_MAX ? (int64_t)d : 0;
}
