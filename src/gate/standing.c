/* SPDX-License-Identifier: ISC */

/* The words of scopes, and the fields that they stand for. */

#include "gate/standing.h"

#include <string.h>

#include "base/array.h"

static const struct {
	const char *word;
	enum scope scope;
	enum field field; /* FIELDS: none */
} words[] = {
	{ "user", SCOPE_USER, FIELDS },
	{ "agent", SCOPE_AGENT, FIELD_AGENT_ID },
	{ "session", SCOPE_SESSION, FIELD_SESSION_ID },
	{ "sandbox", SCOPE_SANDBOX, FIELD_SANDBOX_ID },
	{ "profile", SCOPE_PROFILE, FIELD_PROFILE },
	{ "directory", SCOPE_DIRECTORY, FIELD_CWD },
};

bool standing_is_same(const struct standing *a, const struct standing *b)
{
	return a->always == b->always && a->scope == b->scope && a->for_ms == b->for_ms;
}

const char *scope_word(enum field field)
{
	for (size_t i = 0; i < LENGTH(words); i++)
		if (words[i].field == field)
			return words[i].word;
	return NULL;
}

bool scope_has(uint8_t scope, enum field field)
{
	if (scope == 0)
		scope = SCOPE_USUAL;
	for (size_t i = 0; i < LENGTH(words); i++)
		if (words[i].field == field)
			return scope & words[i].scope;
	return true;
}

uint8_t scope_parse(const char *word, size_t len)
{
	for (size_t i = 0; i < LENGTH(words); i++)
		if (strlen(words[i].word) == len && memcmp(words[i].word, word, len) == 0)
			return (uint8_t)words[i].scope;
	return 0;
}

const char *scope_next(uint8_t scope, size_t *at)
{
	while (*at < LENGTH(words)) {
		++*at;
		if (scope & words[*at - 1].scope)
			return words[*at - 1].word;
	}
	return NULL;
}
