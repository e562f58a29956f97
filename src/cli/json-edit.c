/* SPDX-License-Identifier: ISC */

#include "cli/json-edit.h"

#include <errno.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/json/scan.h"

#define DEPTH_MAX 64

#define SPACE " \t\r\n"

int json_edit_blank_comments(const struct bytes *text, struct bytes *ret)
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
	struct json_content *content;
};

static void note(struct search *s, struct json_span whole, struct json_span value, bool wanted)
{
	struct json_content *c = s->content;

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

	note(s, (struct json_span){ s->start + member->key_offset, value + member->value_len },
		(struct json_span){ value, value + member->value_len },
		strlen(s->key) == member->key_len
			&& memcmp(s->key, member->key, member->key_len) == 0);
	return 0;
}

static int note_element(const char *text, size_t len, void *userdata)
{
	struct search *s = userdata;
	const struct json_span span = { (size_t)(text - s->text), (size_t)(text - s->text) + len };

	note(s, span, span,
		memmem(text, len, s->mark, strlen(s->mark))
			&& memmem(text, len, s->mark_2, strlen(s->mark_2)));
	return 0;
}

bool json_edit_find_member(const struct bytes *plain, struct json_span object, const char *key,
	struct json_content *ret)
{
	const struct scan_limits limits = { .depth_max = DEPTH_MAX, .nul_escape = true };
	struct search s = {
		.text = bytes_str(plain), .start = object.at, .key = key, .content = ret
	};
	struct scan_fault fault;

	*ret = (struct json_content){ 0 };
	return scan_object_within(
		       s.text + object.at, object.end - object.at, &limits, note_member, &s, &fault)
		== 0;
}

bool json_edit_find_element(const struct bytes *plain, struct json_span array, const char *mark,
	const char *mark_2, struct json_content *ret)
{
	struct search s = {
		.text = bytes_str(plain),
		.start = array.at,
		.mark = mark,
		.mark_2 = mark_2,
		.content = ret,
	};

	*ret = (struct json_content){ 0 };
	return scan_array_value(s.text + array.at, array.end - array.at, note_element, &s) == 0;
}

struct json_span json_edit_root(const struct bytes *plain)
{
	struct json_span root = { strspn(bytes_str(plain), SPACE), plain->len };

	while (root.end > root.at && strchr(SPACE, plain->data[root.end - 1]))
		root.end--;
	return root;
}

int json_edit_replace(struct bytes *text, struct json_span span, const char *with, size_t len)
{
	cleanup(bytes_deinit) struct bytes made = BYTES_PRINTED;

	bytes_append(&made, bytes_str(text), span.at);
	bytes_append(&made, with, len);
	bytes_append(&made, text->data + span.end, text->len - span.end);
	if (bytes_error(&made) < 0)
		return bytes_error(&made);

	bytes_clear(text);
	return bytes_append(text, bytes_str(&made), made.len);
}

int json_edit_add(struct bytes *text, struct json_span holder, const struct json_content *content,
	const struct bytes *added)
{
	cleanup(bytes_deinit) struct bytes made = BYTES_PRINTED;
	size_t gap = content->last.at, at = content->n > 0 ? content->last.end : holder.at + 1;
	int r;

	if (content->n > 0) {
		while (gap > 0 && strchr(SPACE, text->data[gap - 1]))
			gap--;
		bytes_append_str(&made, gap == content->last.at ? ", " : ",");
		bytes_append(&made, text->data + gap, content->last.at - gap);
	}
	r = bytes_append(&made, bytes_str(added), added->len);
	return r < 0
		? r
		: json_edit_replace(text, (struct json_span){ at, at }, bytes_str(&made), made.len);
}

int json_edit_take(struct bytes *text, const struct json_content *content)
{
	struct json_span span = content->wanted;

	if (content->n > 1 && content->last.at == span.at)
		span.at = content->before;
	else if (content->after)
		span.end = content->after;
	return json_edit_replace(text, span, "", 0);
}
