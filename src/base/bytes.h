/* SPDX-License-Identifier: ISC */
#pragma once

/*
 * A growing buffer with a ceiling, through which every byte from outside passes. Embedded in its
 * owner: bytes_init() or BYTES_INIT, then appends, then bytes_deinit(). The content is always
 * followed by a NUL byte that is not counted in `len`, so after an append `data` is a C string (if
 * the content holds no other NUL).
 *
 * Appending returns 0, -ENOMEM, or -EMSGSIZE if the content would exceed the ceiling; on failure
 * nothing is appended. The error sticks: until the buffer is cleared or cut, every append does
 * nothing and returns the same error. So the pieces of a text need no check in between:
 *
 *	bytes_append_str(b, "uid ");
 *	bytes_appendf(b, "%u", uid);
 *	return bytes_append_char(b, '\n');
 *
 * `data` is valid until the next append.
 */

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include "base/cleanup.h"

struct bytes {
	char *data; /* NULL until something is appended */
	size_t len;
	size_t size; /* allocated */
	size_t max;  /* ceiling for len */
	int error;   /* of the first append that failed, or 0 */
};

#define BYTES_INIT(ceiling)      \
	{                        \
		.max = (ceiling) \
	}

/*
 * For what the program prints: messages, lines, documents. The texts that are printed have limits,
 * and these bound the buffer. A buffer that takes what a peer or a file sends has a real ceiling.
 */
#define BYTES_PRINTED_MAX (SIZE_MAX / 4)
#define BYTES_PRINTED BYTES_INIT(BYTES_PRINTED_MAX)

static inline void bytes_init(struct bytes *b, size_t max)
{
	*b = (struct bytes)BYTES_INIT(max);
}

/* Inline for speed: most of a request's buffers stay empty. */
static inline void bytes_deinit(struct bytes *b)
{
	free(b->data);
	*b = (struct bytes)BYTES_INIT(b->max);
}

/* Drops the content and the error; keeps the memory. */
void bytes_clear(struct bytes *b);

/* Cuts the content to its first `len` bytes (at most its length), and drops the error. */
void bytes_truncate(struct bytes *b, size_t len);

/* After an error: cuts the content to `len` bytes, and makes `error` stick. */
void bytes_undo(struct bytes *b, size_t len, int error);

/* Makes room for `n` more bytes at *ret. Write them there, then call bytes_grew(). */
int bytes_reserve(struct bytes *b, size_t n, char **ret);
static inline void bytes_grew(struct bytes *b, size_t n)
{
	b->len += n;
	b->data[b->len] = '\0';
}

int bytes_append(struct bytes *b, const void *data, size_t len);
int bytes_append_str(struct bytes *b, const char *str);

/* Inline, since it is called for single characters of a text. */
static inline int bytes_append_char(struct bytes *b, char c)
{
	if (b->error < 0 || b->size - b->len < 2)
		return bytes_append(b, &c, 1);

	b->data[b->len++] = c;
	b->data[b->len] = '\0';
	return 0;
}

/* Several strings, such as bytes_append_strs(b, name, "=", value). Much faster than
 * bytes_appendf(). */
#define bytes_append_strs(b, ...) bytes_append_list((b), (const char *const[]){ __VA_ARGS__, NULL })

/* `strs` ends with NULL. */
int bytes_append_list(struct bytes *b, const char *const *strs);

int bytes_appendf(struct bytes *b, const char *format, ...) __attribute__((format(printf, 2, 3)));
int bytes_vappendf(struct bytes *b, const char *format, va_list ap)
	__attribute__((format(printf, 2, 0)));

/* Appends why something is refused. Returns `refused`, or a negative errno. */
int bytes_refuse(struct bytes *why, int refused, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/* Removes the first `n` bytes. */
void bytes_consume(struct bytes *b, size_t n);

/* 0, or the error of the first append that failed. */
int bytes_error(const struct bytes *b);

/* The content as a C string, never NULL. */
static inline const char *bytes_str(const struct bytes *b)
{
	return b->data ? b->data : "";
}

/* Hands the content over as a C string that the caller frees; NULL after an error. */
char *bytes_steal(struct bytes *b);
