/* SPDX-License-Identifier: ISC */

/* What entries for requests of the second contract are bound to, and for which there can be one. */

#include "gate/allowlist/allow-asked.h"

#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "gate/allowlist/allow-bind.h"
#include "gate/fields.h"

bool allow_asked_is_possible(enum kind kind)
{
	switch (kind) {
	case KIND_READ:
	case KIND_WRITE:
	case KIND_FETCH:
	case KIND_GIT:
	case KIND_MCP:
		return true;
	default:
		return false;
	}
}

enum kind allow_asked_kind(const char *pattern)
{
	const enum kind kind = kind_parse(pattern);

	return allow_asked_is_possible(kind) ? kind : KINDS;
}

/* --- binding ---------------------------------------------------------------------------------- */

/* An entry holds in each session; it stands under the name of its agent. */
static bool is_bound(enum field f, const struct invocation *asked)
{
	return field_rows[f].binding == FIELD_BOUND && f != FIELD_SESSION_ID && f != FIELD_AGENT_ID
		&& field_is_there(f, asked);
}

static void append_member(struct bytes *b, const char *name, const char *value)
{
	bytes_appendf(b, "%s=%s", name, value);
	bytes_append_char(b, '\0');
}

/* Returns the number of strings. */
static size_t append_list(struct bytes *b, const char *name, const struct string_list *list)
{
	const char *at = list->text;
	char count[24];

	snprintf(count, sizeof(count), "%" PRIu32, list->n);
	append_member(b, name, count);
	for (size_t i = 0; i < list->n; i++, at += strlen(at) + 1)
		append_member(b, name, at);
	return 1 + list->n;
}

int allow_asked_list(const struct invocation *asked, struct bytes *ret, size_t *ret_n)
{
	size_t n = 0;

	for (enum field f = 0; f < FIELDS; f++) {
		if (!is_bound(f, asked))
			continue;
		if (field_is_list(f)) {
			n += append_list(ret, field_rows[f].name, field_get_list(f, asked));
		} else {
			append_member(ret, field_rows[f].name, field_get(f, asked));
			n++;
		}
	}
	*ret_n = n;
	return bytes_error(ret);
}

void allow_asked_bind(
	enum kind kind, const char *list, size_t n, char ret[static ALLOW_ASKED_LEN + 1])
{
	allow_bind_list(ALLOW_ASKED_PREFIX, kind_name(kind), list, n, ret);
}

/* --- which tokens ----------------------------------------------------------------------------- */

const char *allow_asked_fault(const struct token *t)
{
	const struct invocation *asked = &t->asked;
	const bool is_file = asked->kind == KIND_READ || asked->kind == KIND_WRITE;
	const bool is_edit = asked->old_text && asked->new_text;

	if (asked->kind == KIND_EXEC)
		return "a command must be asked about as local.exec for that";
	if (!allow_asked_is_possible(asked->kind))
		return "this kind of request is always asked about";
	if (!t->remember)
		return "the rule that asks for a person lets no answer be remembered";
	if (is_file && !asked->real_target)
		return "the request did not say where the path leads (real_target)";
	if (asked->kind == KIND_WRITE && !asked->content && !is_edit)
		return "the request did not say what is to be written (content)";
	if (asked->kind == KIND_MCP && asked->content_sha256 && !asked->content)
		return "the request did not say what is sent to the tool (content)";
	return NULL;
}
