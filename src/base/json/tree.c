/* SPDX-License-Identifier: ISC */

/*
 * cJSON behind a strict door. cJSON reads numbers as doubles and forgets how they were written,
 * so the scan notes which of the outermost members are whole numbers, and a bit of cJSON's type
 * field that it doesn't use itself keeps that.
 *
 * A `struct json` is a cJSON item under a name that nobody else can look into.
 */

#include "base/json/tree.h"

#include <cjson/cJSON.h>
#include <errno.h>
#include <stdio.h>
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

/* One byte a member of the outermost object: whether it is a whole number. */
static int note_member(const struct scan_member *member, void *userdata)
{
	struct bytes *whole = userdata;
	char first = member->value[0];
	bool number = first == '-' || (first >= '0' && first <= '9');

	for (size_t i = 1; number && i < member->value_len; i++)
		number = member->value[i] >= '0' && member->value[i] <= '9';

	return bytes_append_char(whole, number ? '1' : '0');
}

/* Another \u0000 within the text, behind `at`; NULL where there is none. */
static char *find_nul_escape(char *at, const char *end)
{
	/* A backslash takes the character behind it along, which may be another one. */
	while ((at = memchr(at, '\\', (size_t)(end - at)))) {
		if (end - at >= 6 && memcmp(at, "\\u0000", 6) == 0)
			return at;
		at += 2;
	}
	return NULL;
}

/* What the scan took, cJSON takes, but for want of memory. */
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
	struct bytes whole = BYTES_INIT(BYTES_UNLIMITED);
	cleanup(json_doc_free_p) struct json_doc *doc = NULL;
	size_t i = 0;
	int r;

	r = scan_object_within(text, len, limits, note_member, &whole, ret_fault);
	if (r != 0)
		goto out;

	doc = malloc(sizeof(*doc));
	if (!doc) {
		r = -ENOMEM;
		goto out;
	}

	doc->tree = parse(text, len, limits);
	if (!doc->tree) {
		r = -ENOMEM;
		goto out;
	}

	for (cJSON *c = doc->tree->child; c; c = c->next, i++)
		if (whole.data[i] == '1')
			c->type |= JSON_WHOLE;
	*ret = steal_ptr(doc);
out:
	bytes_deinit(&whole);
	return r;
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

/* Most keys differ in their first byte: cJSON's own would call strcmp() for each. */
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

int64_t json_count(const struct json *v)
{
	double d = cJSON_IsNumber(item(v)) ? item(v)->valuedouble : 0;

	return d >= 0 && d <= (double)JSON_INTEGER_MAX ? (int64_t)d : 0;
}

/* Most of what is printed fits. */
#define PRINT_SIZE 1024

static cJSON *tree(const struct json_out *out)
{
	return (cJSON *)(void *)out->tree;
}

void json_out_init(struct json_out *out)
{
	out->tree = (struct json *)(void *)cJSON_CreateObject();
	out->failed = !out->tree;
}

void json_out_deinit(struct json_out *out)
{
	cJSON_Delete(tree(out));
	out->tree = NULL;
}

/* Takes the item over, also where it is NULL or can't be added. */
static void add(struct json_out *out, const char *key, cJSON *new)
{
	if (out->failed || !new || !cJSON_AddItemToObjectCS(tree(out), key, new)) {
		cJSON_Delete(new);
		out->failed = true;
	}
}

void json_out_string(struct json_out *out, const char *key, const char *string)
{
	if (string)
		add(out, key, cJSON_CreateStringReference(string));
}

void json_out_integer(struct json_out *out, const char *key, int64_t number)
{
	uint64_t rest = number < 0 ? -(uint64_t)number : (uint64_t)number;
	char digits[24], *at = digits + sizeof(digits) - 1;

	/* A token has six numbers; printf(3) would take longer for them than all else does. */
	*at = '\0';
	do
		*--at = (char)('0' + rest % 10);
	while ((rest /= 10) > 0);
	if (number < 0)
		*--at = '-';
	add(out, key, cJSON_CreateRaw(at));
}

void json_out_bool(struct json_out *out, const char *key, bool b)
{
	add(out, key, cJSON_CreateBool(b));
}

void json_out_strings(struct json_out *out, const char *key, const char *strings, size_t n)
{
	cJSON *array, *string;

	array = cJSON_CreateArray();
	for (size_t i = 0; array && i < n; i++, strings += strlen(strings) + 1) {
		string = cJSON_CreateStringReference(strings);
		if (!string || !cJSON_AddItemToArray(array, string)) {
			cJSON_Delete(string);
			cJSON_Delete(array);
			array = NULL;
		}
	}
	add(out, key, array);
}

void json_out_object(struct json_out *out, const char *key, struct json_out *member)
{
	out->failed |= member->failed;
	add(out, key, tree(member));
	*member = (struct json_out){ .failed = true };
}

void json_out_element(struct json_out *out, const char *key, struct json_out *element)
{
	cJSON *array;

	array = cJSON_GetObjectItemCaseSensitive(tree(out), key);
	if (!array) {
		array = cJSON_CreateArray();
		add(out, key, array);
	}

	if (out->failed || element->failed || !cJSON_AddItemToArray(array, tree(element))) {
		json_out_deinit(element);
		out->failed = true;
	}
	*element = (struct json_out){ .failed = true };
}

void json_out_raw(struct json_out *out, const char *key, const char *json)
{
	add(out, key, cJSON_CreateRaw(json));
}

int json_out_print(const struct json_out *out, struct bytes *b)
{
	char *text;
	int r;

	if (out->failed)
		return -ENOMEM;

	text = cJSON_PrintBuffered(tree(out), PRINT_SIZE, false);
	if (!text)
		return -ENOMEM;

	r = bytes_append_str(b, text);
	cJSON_free(text);
	return r;
}
