/* SPDX-License-Identifier: ISC */
#pragma once

/*
 * The protocol of Redis and Valkey, version 2 (RESP2): prints a command, and reads a reply. No I/O,
 * and no memory but the caller's buffers. Whatever a server sends, reading ends, and stays within
 * the buffer.
 *
 * A reply is an item; the item of an array is followed by its elements. resp_measure() says how
 * long the first reply of a buffer is, and resp_take() takes one item after another from it.
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
	RESP_NIL,   /* a string or an array that is not there */
};

struct resp_item {
	enum resp_type type;
	const char *text; /* of a status, an error or a string: in the buffer, without a NUL */
	size_t len;
	int64_t number;
};

/* What is left of a buffer. */
struct resp {
	const char *at;
	size_t left;
};

/* The length of the first reply; 0 if it is not whole yet; -EBADMSG if it is no reply. */
ssize_t resp_measure(const char *data, size_t len);

/* Takes the next item; false: there is none, or it is not whole. */
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
