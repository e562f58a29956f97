/* SPDX-License-Identifier: ISC */

#include "cli/always-text.h"

#include <string.h>

#include "base/array.h"
#include "base/clock.h"
#include "base/notation.h"
#include "base/text.h"
#include "cli/user.h"

/* What a scope may have, and how it is called. */
static const struct {
	enum field field;
	const char *name;
} parts[] = {
	{ FIELD_AGENT_ID, "agent" },
	{ FIELD_SESSION_ID, "session" },
	{ FIELD_SANDBOX_ID, "sandbox" },
	{ FIELD_PROFILE, "profile" },
	{ FIELD_CWD, "directory" },
};

/* ", agent bot, directory /srv/app": what is bound. */
static void append_bound(const struct token_view *token, uint8_t scope, struct bytes *b)
{
	const char *value;

	for (size_t i = 0; i < LENGTH(parts); i++) {
		value = field_get(parts[i].field, &token->asked);
		if (!scope_has(scope, parts[i].field))
			continue;
		if (value) {
			bytes_appendf(b, ", %s ", parts[i].name);
			text_append_quoted(b, value, strlen(value));
		} else {
			bytes_appendf(b, ", no %s", parts[i].name);
		}
	}
	if (field_is_there(FIELD_EXECUTABLE_SHA256, &token->asked))
		bytes_append_str(b, ", with the same content of the file");
}

/* "; any session, any sandbox" */
static void append_open(uint8_t scope, struct bytes *b)
{
	const char *before = "; with any ";

	for (size_t i = 0; i < LENGTH(parts); i++) {
		if (scope_has(scope, parts[i].field))
			continue;
		bytes_appendf(b, "%s%s", before, parts[i].name);
		before = ", any ";
	}
}

/* " The asker did not say: agent, directory, where links lead." */
static void append_unsaid(const struct invocation *asked, struct bytes *b)
{
	static const struct {
		enum field field;
		const char *name;
	} fields[] = {
		{ FIELD_AGENT_ID, "agent" },
		{ FIELD_CWD, "directory" },
		{ FIELD_REAL_PATH, "where the executable's links lead" },
	};
	const char *before = " The asker did not say: ";
	size_t start = b->len;

	for (size_t i = 0; i < LENGTH(fields); i++) {
		if (field_is_there(fields[i].field, asked))
			continue;
		bytes_appendf(b, "%s%s", before, fields[i].name);
		before = ", ";
	}
	if (b->len > start)
		bytes_append_char(b, '.');
}

int always_text_append(
	const struct token_view *token, const struct standing *standing, struct bytes *b)
{
	bytes_append_str(b,
		"Once the asker has used this approval, this executable with exactly these "
		"arguments is allowed without asking anybody, for ");
	user_append(b, token->uid);
	if (token->asked.via && token->asked.run_as) {
		bytes_append_str(b, ", through ");
		text_append_quoted(b, token->asked.via, strlen(token->asked.via));
		bytes_append_str(b, " as ");
		text_append_quoted(b, token->asked.run_as, strlen(token->asked.run_as));
	}
	append_bound(token, standing->scope, b);
	append_open(standing->scope, b);
	if (standing->for_ms > 0) {
		bytes_append_str(b, "; for ");
		notation_append_duration(b, standing->for_ms * CLOCK_MS);
		bytes_append_char(b, '.');
	} else {
		bytes_append_str(b, "; until somebody removes it.");
	}
	append_unsaid(&token->asked, b);
	return bytes_append_str(
		b, " If the asker does not come back for it in time, nothing is allowed.");
}

bool always_text_parse_scope(const char *value, void *to)
{
	uint8_t *scope = to, one;
	size_t len;

	for (*scope = SCOPE_USER;; value += len + 1) {
		len = strcspn(value, ",");
		one = scope_parse(value, len);
		*scope |= one;
		if (one == 0 || value[len] == '\0')
			return one != 0;
	}
}
