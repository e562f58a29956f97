/* SPDX-License-Identifier: ISC */

/*
 * All values of a text lie in one array, in the order of the text: an object or array is followed
 * by its children, and each child by its own. So the first child is the next value, and the next
 * sibling is `next` values further. All strings lie in one buffer, which never moves: decoded, a
 * string is shorter than it is in the text.
 */

#include "base/json/tree.h"

#include <assert.h>
#include <errno.h>
#include <string.h>

struct json {
	enum scan_kind kind;
	const char *key;
	const char *string;    /* of a string; of a number, as it is written; else NULL */
	struct json_span span; /* while an object or array is open: `end` is its parent's index */
	size_t n;              /* children */
	size_t next;           /* to the next sibling; 0: there is none */
	size_t last;           /* the child that was added last: its index */
};

struct json_doc {
	struct bytes strings;
	struct json *values;
	size_t n, size;
};

struct builder {
	struct json_doc *doc;
	const char *text;
	size_t open; /* index of the innermost open object or array */
};

static bool is(const struct json *v, enum scan_kind kind)
{
	return v && v->kind == kind;
}

/* Copies a text into the buffer, which has room for it. */
static const char *keep(struct bytes *strings, const char *text, size_t len)
{
	char *kept = strings->data + strings->len;

	assert(len < strings->size - strings->len);
	memcpy(kept, text, len);
	bytes_grew(strings, len + 1);
	kept[len] = '\0';
	return kept;
}

/* The same for a string with its quotes. */
static const char *keep_string(struct bytes *strings, const char *text, size_t len, bool escaped)
{
	const char *kept = strings->data + strings->len;

	if (!escaped)
		return keep(strings, text + 1, len - 2);
	scan_c_string_value(text, len, strings);
	bytes_append_char(strings, '\0');
	return kept;
}

static int make_room(struct json_doc *doc)
{
	const size_t size = doc->size ? 2 * doc->size : 32;
	struct json *values;

	if (doc->n < doc->size)
		return 0;

	values = reallocarray(doc->values, size, sizeof(*values));
	if (!values)
		return -ENOMEM;

	doc->values = values;
	doc->size = size;
	return 0;
}

/* Links the value at `index` to its parent, which is open, and to its last sibling. */
static void link_value(struct builder *b, size_t index)
{
	struct json *values = b->doc->values, *parent = &values[b->open];

	if (index == 0)
		return;
	if (parent->n > 0)
		values[parent->last].next = index - parent->last;
	parent->last = index;
	parent->n++;
}

static int add_value(const struct scan_value *v, void *userdata)
{
	struct builder *b = userdata;
	struct json_doc *doc = b->doc;
	const size_t start = (size_t)(v->text - b->text), index = doc->n;
	struct json *value;
	int r;

	r = make_room(doc);
	if (r < 0)
		return r;

	value = &doc->values[doc->n++];
	*value = (struct json){ .kind = v->kind, .span = { start, start + v->len } };
	if (v->key)
		value->key = keep_string(&doc->strings, v->key, v->key_len, v->key_escaped);
	if (v->kind == SCAN_STRING)
		value->string = keep_string(&doc->strings, v->text, v->len, v->escaped);
	else if (v->kind == SCAN_NUMBER)
		value->string = keep(&doc->strings, v->text, v->len);
	link_value(b, index);
	if (v->kind <= SCAN_ARRAY) {
		value->span.end = b->open;
		b->open = index;
	}
	return 0;
}

static void close_value(const char *end, void *userdata)
{
	struct builder *b = userdata;
	struct json *value = &b->doc->values[b->open];

	b->open = value->span.end;
	value->span.end = (size_t)(end - b->text);
}

int json_parse_within(const char *text, size_t len, const struct scan_limits *limits,
	struct json_doc **ret, struct scan_fault *ret_fault)
{
	static const struct scan_visitor visitor = { add_value, close_value };
	cleanup(json_doc_free_p) struct json_doc *doc = NULL;
	struct builder b = { .text = text };
	char *room;
	int r;

	doc = calloc(1, sizeof(*doc));
	if (!doc)
		return -ENOMEM;

	bytes_init(&doc->strings, len);
	r = bytes_reserve(&doc->strings, len, &room);
	if (r < 0)
		return r;

	b.doc = doc;
	r = scan_values(text, len, limits, &visitor, &b, ret_fault);
	if (r == 0)
		r = bytes_error(&doc->strings);
	if (r != 0)
		return r;

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

	bytes_deinit(&doc->strings);
	free(doc->values);
	free(doc);
}

const struct json *json_root(const struct json_doc *doc)
{
	return doc->values;
}

/* Compares the first byte before calling strcmp(): most keys differ there. */
const struct json *json_get(const struct json *object, const char *key)
{
	json_each (child, object)
		if (child->key && child->key[0] == key[0] && strcmp(child->key, key) == 0)
			return child;
	return NULL;
}

const struct json *json_first(const struct json *parent)
{
	return parent->n > 0 ? parent + 1 : NULL;
}

const struct json *json_next(const struct json *child)
{
	return child->next > 0 ? child + child->next : NULL;
}

const char *json_key(const struct json *member)
{
	return member->key;
}

bool json_is_null(const struct json *v)
{
	return is(v, SCAN_NULL);
}

bool json_is_array(const struct json *v)
{
	return is(v, SCAN_ARRAY);
}

bool json_is_object(const struct json *v)
{
	return is(v, SCAN_OBJECT);
}

size_t json_size(const struct json *parent)
{
	return parent->n;
}

struct json_span json_span(const struct json *v)
{
	return v->span;
}

const char *json_string(const struct json *v)
{
	return is(v, SCAN_STRING) ? v->string : NULL;
}

bool json_bool(const struct json *v, bool *ret)
{
	if (!is(v, SCAN_TRUE) && !is(v, SCAN_FALSE))
		return false;

	*ret = is(v, SCAN_TRUE);
	return true;
}

bool json_integer(const struct json *v, int64_t *ret)
{
	const char *digits;
	uint64_t number;

	if (!is(v, SCAN_NUMBER))
		return false;
	digits = v->string + (v->string[0] == '-');
	if (!scan_integer_value(digits, strlen(digits), JSON_INTEGER_MAX, &number))
		return false;

	*ret = digits > v->string ? -(int64_t)number : (int64_t)number;
	return true;
}

const char *json_get_string(const struct json *object, const char *key)
{
	return object ? json_string(json_get(object, key)) : NULL;
}

bool json_get_integer(const struct json *object, const char *key, uint64_t max, uint64_t *ret)
{
	int64_t number;

	if (!json_integer(json_get(object, key), &number) || number < 0 || (uint64_t)number > max)
		return false;

	*ret = (uint64_t)number;
	return true;
}

int64_t json_count(const struct json *v)
{
	const double d = is(v, SCAN_NUMBER) ? strtod(v->string, NULL) : 0;

	return d >= 0 && d <= (double)JSON_INTEGER_MAX ? (int64_t)d : 0;
}
