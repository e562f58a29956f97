/* SPDX-License-Identifier: ISC */

/* Hashes the fields of an invocation. */

#include "gate/field-hash.h"

#include <string.h>

#include "base/notation.h"

static void put(struct sha256 *s, const char *name, const void *data, size_t len)
{
	char digits[NOTATION_DECIMAL_MAX + 1];
	const size_t n = notation_decimal(len, digits);

	sha256_update(s, name, strlen(name));
	sha256_update(s, " ", 1);
	sha256_update(s, digits, n);
	sha256_update(s, " ", 1);
	sha256_update(s, data, len);
	sha256_update(s, "\n", 1);
}

void field_hash_text(struct sha256 *s, const char *name, const char *text)
{
	if (text)
		put(s, name, text, strlen(text));
}

void field_hash_number(struct sha256 *s, const char *name, uint64_t n)
{
	char digits[NOTATION_DECIMAL_MAX + 1];

	put(s, name, digits, notation_decimal(n, digits));
}

static void put_strings(struct sha256 *s, const char *name, const struct string_list *list)
{
	const char *string = list->text;

	field_hash_number(s, name, list->n);
	for (size_t i = 0; i < list->n; i++, string += strlen(string) + 1)
		field_hash_text(s, name, string);
}

void field_hash_one(
	struct sha256 *s, const char *name, enum field f, const struct invocation *asked)
{
	if (!field_is_there(f, asked))
		return;
	if (field_is_list(f))
		put_strings(s, name, field_get_list(f, asked));
	else
		field_hash_text(s, name, field_get(f, asked));
}

void field_hash_all(struct sha256 *s, const struct invocation *asked)
{
	if (fields_contract(asked) == CONTRACT_EVALUATE)
		field_hash_text(s, "kind", kind_name(asked->kind));
	for (enum field f = 0; f < FIELDS; f++)
		if (field_rows[f].binding == FIELD_BOUND)
			field_hash_one(s, field_rows[f].name, f, asked);
}
