/* SPDX-License-Identifier: ISC */

/* An item is a line: a letter for the type, text, CR LF. The bytes of a string follow its line. */

#include "base/resp.h"

#include <errno.h>
#include <string.h>

#include "base/notation.h"

/* The longest line; error messages can be long. */
#define LINE_MAX_LEN 4096

enum step {
	STEP_DONE,
	STEP_SHORT, /* the item is incomplete so far */
	STEP_BAD,   /* malformed */
};

/* Reads "12" or "-1"; all `len` bytes must belong to the number. */
static bool read_number(const char *text, size_t len, int64_t *ret)
{
	char digits[NOTATION_DECIMAL_MAX + 1];
	bool negative = len > 0 && text[0] == '-';
	uint64_t n;

	text += negative;
	len -= negative;
	if (len == 0 || len >= sizeof(digits))
		return false;
	memcpy(digits, text, len);
	digits[len] = '\0';
	if (notation_parse_number(digits, 0, INT64_MAX, &n) < 0)
		return false;
	*ret = negative ? -(int64_t)n : (int64_t)n;
	return true;
}

/* Finds the first line. *ret_len does not count its CR LF. */
static enum step find_line(const struct resp *r, size_t *ret_len)
{
	const size_t searched = r->left < LINE_MAX_LEN ? r->left : LINE_MAX_LEN;
	const char *end = searched > 0 ? memchr(r->at, '\n', searched) : NULL;

	if (!end)
		return r->left >= LINE_MAX_LEN ? STEP_BAD : STEP_SHORT;
	if (end - r->at < 2 || end[-1] != '\r')
		return STEP_BAD;
	*ret_len = (size_t)(end - 1 - r->at);
	return STEP_DONE;
}

static void advance(struct resp *r, size_t n)
{
	r->at += n;
	r->left -= n;
}

/* Takes the bytes of a string, whose line was just taken. */
static enum step take_string(struct resp *r, struct resp_item *item)
{
	size_t len;

	if (item->number < 0) {
		item->type = RESP_NIL;
		return item->number == -1 ? STEP_DONE : STEP_BAD;
	}
	if (item->number > RESP_STRING_MAX)
		return STEP_BAD;

	len = (size_t)item->number;
	if (r->left < len + 2)
		return STEP_SHORT;
	if (r->at[len] != '\r' || r->at[len + 1] != '\n')
		return STEP_BAD;
	item->text = r->at;
	item->len = len;
	advance(r, len + 2);
	return STEP_DONE;
}

static enum step take_array(struct resp_item *item)
{
	if (item->number == -1)
		item->type = RESP_NIL;
	return item->number >= -1 && item->number <= RESP_ITEMS_MAX ? STEP_DONE : STEP_BAD;
}

static enum step take_item(struct resp *r, struct resp_item *item)
{
	static const char letters[] = { [RESP_STATUS] = '+',
		[RESP_ERROR] = '-',
		[RESP_INTEGER] = ':',
		[RESP_STRING] = '$',
		[RESP_ARRAY] = '*' };
	enum step step;
	const char *letter;
	size_t len;

	step = find_line(r, &len);
	if (step != STEP_DONE)
		return step;

	letter = memchr(letters, r->at[0], sizeof(letters));
	if (!letter)
		return STEP_BAD;
	*item = (struct resp_item){ .type = (enum resp_type)(letter - letters) };
	item->text = r->at + 1;
	item->len = len - 1;
	advance(r, len + 2);
	if (item->type == RESP_STATUS || item->type == RESP_ERROR)
		return STEP_DONE;
	if (!read_number(item->text, item->len, &item->number))
		return STEP_BAD;
	if (item->type == RESP_STRING)
		return take_string(r, item);
	return item->type == RESP_ARRAY ? take_array(item) : STEP_DONE;
}

ssize_t resp_measure(const char *data, size_t len)
{
	struct resp r = { data, len };
	struct resp_item item;
	int64_t items = 0;

	/* `wanted` counts the items that must still follow. */
	for (int64_t wanted = 1; wanted > 0; wanted--) {
		switch (take_item(&r, &item)) {
		case STEP_SHORT:
			return 0;
		case STEP_BAD:
			return -EBADMSG;
		default:
			break;
		}
		if (++items > RESP_ITEMS_MAX)
			return -EBADMSG;
		if (item.type == RESP_ARRAY)
			wanted += item.number;
	}
	return (ssize_t)(len - r.left);
}

bool resp_take(struct resp *resp, struct resp_item *ret)
{
	return take_item(resp, ret) == STEP_DONE;
}

bool resp_is(const struct resp_item *item, const char *text)
{
	return (item->type == RESP_STATUS || item->type == RESP_STRING) && item->len == strlen(text)
		&& memcmp(item->text, text, item->len) == 0;
}

int resp_begin(struct bytes *b, size_t n)
{
	return bytes_appendf(b, "*%zu\r\n", n);
}

int resp_append(struct bytes *b, const void *word, size_t len)
{
	bytes_appendf(b, "$%zu\r\n", len);
	if (len > 0)
		bytes_append(b, word, len);
	return bytes_append_str(b, "\r\n");
}

int resp_append_str(struct bytes *b, const char *word)
{
	return resp_append(b, word, strlen(word));
}

int resp_append_number(struct bytes *b, uint64_t number)
{
	char text[NOTATION_DECIMAL_MAX + 1];

	return resp_append(b, text, notation_decimal(number, text));
}

int resp_command(struct bytes *b, const char *const *words)
{
	size_t n = 0;

	while (words[n])
		n++;
	resp_begin(b, n);
	for (size_t i = 0; i < n; i++)
		resp_append_str(b, words[i]);
	return bytes_error(b);
}
