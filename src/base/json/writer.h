/* SPDX-License-Identifier: ISC */
#pragma once

/*
 * Writes JSON into a buffer, in one pass, compact and without a newline. The writer knows where
 * commas go. Nothing is copied or kept: each value is in the buffer when its function returns.
 *
 *	struct writer w;
 *
 *	writer_init(&w, out);
 *	writer_object(&w, NULL);
 *	writer_string(&w, "state", "pending");
 *	writer_array(&w, "pids");
 *	writer_integer(&w, NULL, 17);
 *	writer_end(&w);
 *	writer_end(&w);
 *	r = writer_finish(&w);
 *
 * `key` is the key of a member of an object. It is NULL for an element of an array and for the
 * outermost value. Errors stick: after the first one all calls do nothing, and writer_finish()
 * returns it.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/bytes.h"

/* The depth to which objects and arrays may be nested. */
#define WRITER_DEPTH_MAX 64

struct writer {
	struct bytes *out;
	size_t start; /* length of `out` when the writer was made */
	int error;
	bool comma; /* a comma is due before the next member or element */
	unsigned int depth;
	uint64_t objects; /* bit n: the container at depth n is an object */
};

/* The writer appends to `out`, which may already hold text and must outlive the writer. */
void writer_init(struct writer *w, struct bytes *out);

/*
 * Returns 0, or the first error: those of bytes_append(). After an error `out` is as it was before
 * writer_init(). All containers must be closed.
 */
int writer_finish(struct writer *w);

/* Sets the writer's error, unless it has one: for a value that could not be made. */
void writer_fail(struct writer *w, int error);

/* Opens an object or an array; writer_end() closes the innermost open one. */
void writer_object(struct writer *w, const char *key);
void writer_array(struct writer *w, const char *key);
void writer_end(struct writer *w);

/* Writes a string. NULL writes nothing: no member, no element. */
void writer_string(struct writer *w, const char *key, const char *string);

/* Writes a string of `len` bytes, which may hold NUL. */
void writer_string_len(struct writer *w, const char *key, const char *string, size_t len);

void writer_integer(struct writer *w, const char *key, int64_t number);
void writer_unsigned(struct writer *w, const char *key, uint64_t number);
void writer_bool(struct writer *w, const char *key, bool b);
void writer_null(struct writer *w, const char *key);

/* Writes a value that is JSON already. */
void writer_raw(struct writer *w, const char *key, const char *json, size_t len);

/* Writes an array of `n` strings that follow one another, each ended by NUL. */
void writer_strings(struct writer *w, const char *key, const char *strings, size_t n);

/* Appends a string with its quotes and escapes, without a writer. Errors: bytes_append()'s. */
int json_append_string(struct bytes *b, const char *string);
