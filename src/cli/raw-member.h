/* SPDX-License-Identifier: ISC */
#pragma once

/* Finds a value in a JSON text as it stands there, to pass it on unchanged. */

#include <stddef.h>

/* The deepest nesting that is read. */
#define RAW_MEMBER_DEPTH_MAX 64

/* A piece of another text, which must outlive it. */
struct raw_text {
	const char *text; /* NULL: there is none */
	size_t len;
};

/*
 * Finds the value at a path of keys, such as "tool_input.command". There is none if the path leads
 * through something other than objects, or memory ran out.
 */
struct raw_text raw_member(struct raw_text object, const char *path);
