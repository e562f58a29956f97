/* SPDX-License-Identifier: ISC */

/* The values of options. */

#include "cli/option.h"

#include <string.h>

#include "base/notation.h"
#include "base/users.h"
#include "base/utf8.h"

static const char *const wants[] = {
	[OPTION_IS_FLAG] = "nothing",
	[OPTION_IS_STRING] = "a value",
	[OPTION_IS_TEXT] = "UTF-8",
	[OPTION_IS_DURATION] = "a time, such as 5s",
	[OPTION_IS_NUMBER] = "a number",
	[OPTION_IS_SIZE] = "a size, such as 128M",
	[OPTION_IS_UID] = "a user's number or name",
	[OPTION_IS_PARSED] = "another value",
};

static bool parse_uid(const char *value, uid_t *ret)
{
	uint64_t number;

	if (notation_parse_number(value, 0, UINT32_MAX - 1, &number) < 0)
		return users_find(value, ret) == 0;
	*ret = (uid_t)number;
	return true;
}

static bool is_within(const struct option_row *row, uint64_t number)
{
	return number >= row->min && (row->max == 0 || number <= row->max);
}

static bool parse_quantity(const struct option_row *row, const char *value, uint64_t *ret)
{
	uint64_t number;
	int r;

	switch (row->type) {
	case OPTION_IS_DURATION:
		r = notation_parse_duration(value, &number);
		break;
	case OPTION_IS_SIZE:
		r = notation_parse_size(value, &number);
		break;
	default:
		r = notation_parse_number(value, 0, UINT64_MAX, &number);
	}
	if (r < 0 || !is_within(row, number))
		return false;
	*ret = number;
	return true;
}

static bool store(const struct option_row *row, const char *value, void *to)
{
	switch (row->type) {
	case OPTION_IS_FLAG:
		*(bool *)to = true;
		return true;
	case OPTION_IS_TEXT:
		if (!value || !utf8_is_valid(value, strlen(value)))
			return false;
		*(const char **)to = value;
		return true;
	case OPTION_IS_STRING:
		*(const char **)to = value;
		return true;
	case OPTION_IS_UID:
		return parse_uid(value, to);
	case OPTION_IS_PARSED:
		return row->parse(value, to);
	default:
		return parse_quantity(row, value, to);
	}
}

const char *option_store(const struct option_row *row, const char *value, void *object)
{
	char *base = object;

	if (row->given)
		*(bool *)(base + row->given - 1) = true;
	if (!value && row->value)
		return NULL;
	if (store(row, value, base + row->to - 1))
		return NULL;
	return row->wants ? row->wants : wants[row->type];
}
