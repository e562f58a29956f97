/* SPDX-License-Identifier: ISC */
#pragma once

/*
 * The protocol of Redis and Valkey, version 2 (RESP2): prints commands and reads replies. Does no
 * I/O, and uses only the caller's buffers. Reading is safe for any bytes that a server may send.
 *
 * A reply is one item; the elements of an array follow its item. Call resp_measure() until the
 * first reply of the buffer is complete, then resp_take() for each item.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/bytes.h"

/* Limits of a reply. */
#define RESP_ITEMS_MAX 65536
#define RESP_STRING_MAX ((int64_t)1 << 20)

enum resp_type {
	RESP_STATUS,  /* such as "OK" */
	RESP_ERROR,   /* such as "NOPERM this user has no permissions" */
	RESP_INTEGER, /* `number` */
	RESP_STRING,
	RESP_ARRAY, /* `number` elements follow */
	RESP_NIL,   /* a null string or array */
};

struct resp_item {
	enum resp_type type;
	const char *text; /* of a status, an error or a string: points into the buffer, no NUL */
	size_t len;
	int64_t number;
};

/* The unread rest of a buffer. */
struct resp {
	const char *at;
	size_t left;
};

/* The length of the first reply in bytes; 0: incomplete so far; -EBADMSG: malformed. */
ssize_t resp_measure(const char *data, size_t len);

/* Takes the next item; false if there is none, or it is incomplete. */
bool resp_take(struct resp *resp, struct resp_item *ret);

/* Whether the item is a status or a string with this text. */
bool resp_is(const struct resp_item *item, const char *text);

/* Begin a command of `n` words, then append each of them. Errors: those of bytes_append(). */
int resp_begin(struct bytes *b, size_t n);
int resp_append(struct bytes *b, const void *word, size_t len);
int resp_append_str(struct bytes *b, const char *word);
int resp_append_number(struct bytes *b, uint64_t number);

/* A whole command of words without NUL; `words` ends with NULL. */
int resp_command(struct bytes *b, const char *const *words);
