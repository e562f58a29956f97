/* SPDX-License-Identifier: ISC */

/*
 * A growing buffer with a ceiling. Invariant: data is NULL and size 0, or data[len] is NUL and
 * len < size <= max + 1. So what fits into the free space is also below the ceiling.
 */

#include "base/bytes.h"

#include <errno.h>
#include <string.h>

#define BYTES_SIZE_MIN 256

void bytes_clear(struct bytes *b)
{
	bytes_truncate(b, 0);
}

void bytes_truncate(struct bytes *b, size_t len)
{
	b->error = 0;
	if (!b->data)
		return;

	b->len = len;
	b->data[len] = '\0';
}

void bytes_undo(struct bytes *b, size_t len, int error)
{
	bytes_truncate(b, len);
	b->error = error;
}

static int grow(struct bytes *b, size_t n)
{
	size_t wanted, size;
	char *data;

	if (n > b->max || b->len > b->max - n)
		return -EMSGSIZE;

	wanted = b->len + n + 1;
	size = b->size ? b->size : BYTES_SIZE_MIN;
	while (size < wanted)
		size *= 2;
	if (size > b->max)
		size = b->max + 1;

	data = realloc(b->data, size);
	if (!data)
		return -ENOMEM;

	b->data = data;
	b->size = size;
	b->data[b->len] = '\0';
	return 0;
}

/* The usual case is a comparison. */
static inline int make_room(struct bytes *b, size_t n)
{
	return n < b->size - b->len ? 0 : grow(b, n);
}

int bytes_reserve(struct bytes *b, size_t n, char **ret)
{
	int r;

	r = make_room(b, n);
	if (r < 0)
		return r;

	*ret = b->data + b->len;
	return 0;
}

int bytes_append(struct bytes *b, const void *data, size_t len)
{
	if (b->error >= 0)
		b->error = make_room(b, len);
	if (b->error < 0)
		return b->error;

	if (len > 0)
		memcpy(b->data + b->len, data, len);
	bytes_grew(b, len);
	return 0;
}

int bytes_append_str(struct bytes *b, const char *str)
{
	return bytes_append(b, str, strlen(str));
}

int bytes_append_list(struct bytes *b, const char *const *strs)
{
	for (; *strs; strs++)
		bytes_append_str(b, *strs);
	return b->error;
}

int bytes_appendf(struct bytes *b, const char *format, ...)
{
	va_list ap;
	int r;

	va_start(ap, format);
	r = bytes_vappendf(b, format, ap);
	va_end(ap);
	return r;
}

int bytes_vappendf(struct bytes *b, const char *format, va_list ap)
{
	size_t room = b->size - b->len;
	va_list again;
	char *end;
	int n;

	if (b->error < 0)
		return b->error;

	/* The text usually fits into the free space. If it doesn't, it is printed a second time. */
	va_copy(again, ap);
	n = vsnprintf(room > 0 ? b->data + b->len : NULL, room, format, again);
	va_end(again);
	b->error = n < 0 ? -EINVAL : bytes_reserve(b, (size_t)n, &end);
	if (b->error < 0) {
		if (b->data)
			b->data[b->len] = '\0';
		return b->error;
	}

	if ((size_t)n >= room)
		vsnprintf(end, (size_t)n + 1, format, ap);
	bytes_grew(b, (size_t)n);
	return 0;
}

int bytes_refuse(struct bytes *why, int refused, const char *format, ...)
{
	va_list ap;
	int r;

	va_start(ap, format);
	r = bytes_vappendf(why, format, ap);
	va_end(ap);
	return r < 0 ? r : refused;
}

void bytes_consume(struct bytes *b, size_t n)
{
	if (n == 0)
		return;

	memmove(b->data, b->data + n, b->len - n);
	bytes_truncate(b, b->len - n);
}

int bytes_error(const struct bytes *b)
{
	return b->error;
}

char *bytes_steal(struct bytes *b)
{
	char *data = NULL;

	if (b->error < 0)
		bytes_deinit(b);
	else
		data = b->data ? b->data : strdup("");
	*b = (struct bytes)BYTES_INIT(b->max);
	return data;
}
