/* SPDX-License-Identifier: ISC */
#pragma once

/*
 * Changes a JSON text and leaves the rest of it as it is, byte for byte, with its white space and
 * comments. Places are found in a copy of the same length whose comments are blank.
 */

#include <stdbool.h>
#include <stddef.h>

#include "base/bytes.h"

/* A part of a text: an object, an array, or one of their members or elements. */
struct json_span {
	size_t at, end;
};

/* The members of an object or elements of an array, as far as adding or removing one needs them. */
struct json_content {
	struct json_span wanted; /* including its key; {0, 0} if missing */
	struct json_span value;  /* the same without the key */
	size_t before;           /* end of the previous one, or the start of the contents */
	size_t after;            /* start of the next one, or 0 */
	struct json_span last;
	size_t n;
};

/* Copies the text with its comments replaced by blanks. Error: -ENOMEM. */
int json_edit_blank_comments(const struct bytes *text, struct bytes *ret);

/* The outermost value of such a copy, without the white space around it. */
struct json_span json_edit_root(const struct bytes *plain);

/* Returns whether the span is an object; finds the member `key`. */
bool json_edit_find_member(const struct bytes *plain, struct json_span object, const char *key,
	struct json_content *ret);

/* Returns whether the span is an array; finds the element that holds both texts. */
bool json_edit_find_element(const struct bytes *plain, struct json_span array, const char *mark,
	const char *mark_2, struct json_content *ret);

/* All change the text. Error: -ENOMEM. */
int json_edit_replace(struct bytes *text, struct json_span span, const char *with, size_t len);

/* Adds a member or element at the end, with the same white space as the last one has. */
int json_edit_add(struct bytes *text, struct json_span holder, const struct json_content *content,
	const struct bytes *added);

/* Removes the wanted member or element. */
int json_edit_take(struct bytes *text, const struct json_content *content);
