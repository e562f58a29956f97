/* SPDX-License-Identifier: ISC */

#include "base/json/scan-value.h"

#include <string.h>

#include "base/json/lexer.h"

int scan_string_value(const char *value, size_t len, struct bytes *out)
{
	struct lexer l = LEXER_INIT(value, len);

	if (!lexer_at(&l, '"'))
		return SCAN_OTHER;
	/* The scan has checked the string, so without an escape it is copied as it stands. */
	if (!memchr(value, '\\', len))
		return bytes_append(out, value + 1, len - 2);

	l.nul_escape = true; /* it was accepted, within the limits of its text */
	return lexer_string(&l, out);
}

int scan_strings_value(const char *value, size_t len, struct bytes *out, size_t *ret_n)
{
	struct lexer l = LEXER_INIT(value, len);
	size_t n = 0;
	int r;

	if (!lexer_at(&l, '['))
		return SCAN_OTHER;

	for (;;) {
		l.at++;
		lexer_skip_space(&l);
		if (n == 0 && lexer_at(&l, ']'))
			break;
		if (!lexer_at(&l, '"'))
			return SCAN_OTHER;

		r = lexer_string(&l, out);
		if (r == 0)
			r = bytes_append_char(out, '\0');
		if (r != 0)
			return r;

		n++;
		lexer_skip_space(&l);
		if (!lexer_at(&l, ','))
			break;
	}
	*ret_n = n;
	return 0;
}

bool scan_integer_value(const char *value, size_t len, uint64_t max, uint64_t *ret)
{
	uint64_t number = 0, digit;

	for (size_t i = 0; i < len; i++) {
		if (value[i] < '0' || value[i] > '9')
			return false;
		digit = (uint64_t)(value[i] - '0');
		if (digit > max || number > (max - digit) / 10)
			return false;
		number = number * 10 + digit;
	}
	*ret = number;
	return true;
}
