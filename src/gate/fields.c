/* SPDX-License-Identifier: ISC */

/* The table of an invocation's members. */

#include "gate/fields.h"

#include <string.h>

#include "base/notation.h"
#include "base/sha256.h"

#define AT(member) offsetof(struct invocation, member)

#define EXEC .contract = CONTRACT_EXEC
#define EVALUATE .contract = CONTRACT_EVALUATE
#define BOTH .contract = CONTRACT_BOTH

const struct field_row field_rows[FIELDS] = {
	[FIELD_EXECUTABLE] = { .name = "executable",
		.offset = AT(executable),
		.kind = FIELD_KIND_PATH,
		EXEC,
		.required = true },
	[FIELD_ARGS] = { .name = "args", .offset = AT(args), .kind = FIELD_KIND_STRINGS, EXEC },
	[FIELD_ACTION_TYPE] = { .name = "action_type",
		.offset = AT(action_type),
		EVALUATE,
		.label = "action" },
	[FIELD_TARGET] = { .name = "target", .offset = AT(target), EVALUATE, .label = "target" },
	[FIELD_COMPARED_TARGET] = { .name = "compared_target",
		.offset = AT(compared_target),
		EVALUATE,
		.label = "compared" },
	[FIELD_REAL_TARGET] = { .name = "real_target",
		.offset = AT(real_target),
		EVALUATE,
		.label = "real path" },
	[FIELD_OPERATION] = { .name = "operation",
		.offset = AT(operation),
		EVALUATE,
		.label = "operation" },
	[FIELD_SERVER] = { .name = "server", .offset = AT(server), EVALUATE, .label = "server" },
	[FIELD_TOOL] = { .name = "tool", .offset = AT(tool), EVALUATE, .label = "tool" },
	[FIELD_CAPABILITY] = { .name = "capability",
		.offset = AT(capability),
		EVALUATE,
		.label = "capability" },
	[FIELD_CWD] = { .name = "cwd",
		.offset = AT(cwd),
		.kind = FIELD_KIND_DIRECTORY,
		BOTH,
		.label = "directory",
		.note = "in",
		.rule_key = "cwd" },
	[FIELD_REAL_PATH] = { .name = "real_path",
		.offset = AT(real_path),
		.kind = FIELD_KIND_PATH,
		EXEC,
		.label = "real path" },
	[FIELD_EXECUTABLE_SHA256] = { .name = "executable_sha256",
		.offset = AT(executable_sha256),
		.kind = FIELD_KIND_SHA256,
		EXEC,
		.label = "sha256",
		.entry_key = "executableSha256" },
	[FIELD_PROGRAMS] = { .name = "programs",
		.offset = AT(programs),
		.kind = FIELD_KIND_PROGRAMS,
		BOTH,
		.label = "programs" },
	[FIELD_ENVIRONMENT] = { .name = "environment",
		.offset = AT(environment),
		.kind = FIELD_KIND_NAMES,
		BOTH,
		.label = "variables" },
	[FIELD_AGENT_ID] = { .name = "agent_id",
		.offset = AT(agent_id),
		.kind = FIELD_KIND_NON_EMPTY,
		BOTH,
		.label = "agent",
		.rule_key = "agents",
		.variable = "FIRMA_AGENT_ID" },
	[FIELD_SESSION_ID] = { .name = "session_id",
		.offset = AT(session_id),
		.kind = FIELD_KIND_TEXT,
		BOTH,
		.required = true,
		.label = "session",
		.rule_key = "sessions",
		.entry_key = "session",
		.variable = "FIRMA_SESSION_ID",
		.run_variable = "FIRMA_RUN_SESSION_ID",
		.otherwise = "local" },
	[FIELD_SANDBOX_ID] = { .name = "sandbox_id",
		.offset = AT(sandbox_id),
		.kind = FIELD_KIND_TEXT,
		EXEC,
		.required = true,
		.label = "sandbox",
		.rule_key = "sandboxes",
		.entry_key = "sandbox",
		.variable = "FIRMA_SANDBOX_ID",
		.run_variable = "FIRMA_RUN_SANDBOX_ID",
		.otherwise = "host" },
	[FIELD_PROFILE] = { .name = "profile",
		.offset = AT(profile),
		.kind = FIELD_KIND_TEXT,
		EXEC,
		.required = true,
		.label = "profile",
		.rule_key = "profiles",
		.entry_key = "profile",
		.variable = "FIRMA_PROFILE",
		.run_variable = "FIRMA_RUN_PROFILE",
		.otherwise = "default" },
	[FIELD_ACTOR] = { .name = "actor", .offset = AT(actor), EVALUATE, .label = "actor" },
	[FIELD_CONTENT_SHA256] = { .name = "content_sha256",
		.offset = AT(content_sha256),
		.kind = FIELD_KIND_SHA256,
		EVALUATE },
	[FIELD_CONTENT] = { .name = "content",
		.offset = AT(content),
		EVALUATE,
		.binding = FIELD_HASHED },
	[FIELD_OLD_TEXT] = { .name = "old_text", .offset = AT(old_text), EVALUATE },
	[FIELD_NEW_TEXT] = { .name = "new_text", .offset = AT(new_text), EVALUATE },
	[FIELD_RELEASE] = { .name = "release",
		.offset = AT(release),
		.kind = FIELD_KIND_NAMES,
		EVALUATE },
	[FIELD_RUNNER] = { .name = "runner",
		.offset = AT(runner),
		.kind = FIELD_KIND_NAMES,
		BOTH,
		.fact = true,
		.label = "runner" },
	[FIELD_VIA] = { .name = "via",
		.offset = AT(via),
		.kind = FIELD_KIND_VIA,
		EXEC,
		.of_root = true,
		.label = "through",
		.note = "through" },
	[FIELD_RUN_AS] = { .name = "run_as",
		.offset = AT(run_as),
		.kind = FIELD_KIND_RUN_AS,
		EXEC,
		.of_root = true,
		.label = "runs as",
		.note = "as",
		.entry_key = "run_as" },
	[FIELD_PURPOSE] = { .name = "purpose",
		.offset = AT(purpose),
		.kind = FIELD_KIND_NON_EMPTY,
		BOTH,
		.binding = FIELD_SHOWN,
		.label = "purpose",
		.note = "for" },
};

#undef EXEC
#undef EVALUATE
#undef BOTH

struct string_list *field_list(enum field field, struct invocation *asked)
{
	return (struct string_list *)(void *)((char *)asked + field_rows[field].offset);
}

const struct string_list *field_get_list(enum field field, const struct invocation *asked)
{
	return (const void *)((const char *)asked + field_rows[field].offset);
}

const char *field_get(enum field field, const struct invocation *asked)
{
	return *(const char *const *)(const void *)((const char *)asked + field_rows[field].offset);
}

void field_set(enum field field, struct invocation *asked, const char *value)
{
	*(const char **)(void *)((char *)asked + field_rows[field].offset) = value;
}

enum contract fields_contract(const struct invocation *asked)
{
	return asked->executable ? CONTRACT_EXEC : CONTRACT_EVALUATE;
}

bool field_is_there(enum field field, const struct invocation *asked)
{
	if (!(field_rows[field].contract & fields_contract(asked)))
		return false;
	if (!field_is_list(field))
		return field_get(field, asked) != NULL;
	return field == FIELD_ARGS || field_get_list(field, asked)->text;
}

bool fields_keep_variables(const struct invocation *asked)
{
	const char *name = asked->environment.text;

	for (size_t i = 0; name && i < asked->environment.n; i++, name += strlen(name) + 1)
		if (strchr(name, '='))
			return true;
	return false;
}

static bool lists_differ(const struct string_list *first, const struct string_list *retry)
{
	if (!first->text)
		return false;
	return !retry->text || first->n != retry->n || first->len != retry->len
		|| memcmp(first->text, retry->text, first->len) != 0;
}

/* The arguments are not compared: the fingerprint covers them. */
static bool differs(enum field f, const struct invocation *first, const struct invocation *retry)
{
	const char *a, *b;

	if (f == FIELD_ARGS || field_rows[f].binding != FIELD_BOUND)
		return false;
	/* A retry may not keep a variable that the first request did not keep. */
	if (f == FIELD_ENVIRONMENT && !first->environment.text)
		return fields_keep_variables(retry);
	if (field_is_list(f))
		return lists_differ(field_get_list(f, first), field_get_list(f, retry));
	a = field_get(f, first);
	b = field_get(f, retry);
	return a && (!b || strcmp(a, b) != 0);
}

enum field fields_find_mismatch(const struct invocation *first, const struct invocation *retry)
{
	const bool both_ways = fields_contract(first) == CONTRACT_EVALUATE;

	for (enum field f = 0; f < FIELDS; f++)
		if (differs(f, first, retry)
			|| ((both_ways || field_rows[f].of_root) && differs(f, retry, first)))
			return f;
	return FIELDS;
}

bool fields_are_bound_alike(const struct invocation *a, const struct invocation *b)
{
	return a->kind == b->kind && fields_find_mismatch(a, b) == FIELDS
		&& fields_find_mismatch(b, a) == FIELDS;
}

bool fields_are_equal(const struct invocation *a, const struct invocation *b)
{
	const char *x, *y;

	for (enum field f = 0; f < FIELDS; f++) {
		if (field_rows[f].binding != FIELD_SHOWN)
			continue;
		x = field_get(f, a);
		y = field_get(f, b);
		if (!x != !y || (x && strcmp(x, y) != 0))
			return false;
	}
	return fields_are_bound_alike(a, b);
}

bool fields_are_of_root(const struct invocation *asked)
{
	for (enum field f = 0; f < FIELDS; f++)
		if (field_rows[f].of_root && field_is_there(f, asked))
			return true;
	return false;
}

bool fields_content_fits(const struct invocation *asked)
{
	uint8_t hash[SHA256_LEN];
	char hex[2 * SHA256_LEN + 1];

	if (!asked->content)
		return true;

	sha256_of(asked->content, strlen(asked->content), hash);
	notation_hex(hash, sizeof(hash), hex);
	return asked->content_sha256 && strcmp(hex, asked->content_sha256) == 0;
}

void fields_write_programs(struct writer *w, const char *key, const struct string_list *programs)
{
	const char *name = programs->text, *path;

	writer_object(w, key);
	for (size_t i = 0; name && i < programs->n; i += 3) {
		path = name + strlen(name) + 1;
		writer_array(w, name);
		writer_string(w, NULL, path);
		path += strlen(path) + 1;
		writer_string(w, NULL, path);
		writer_end(w);
		name = path + strlen(path) + 1;
	}
	writer_end(w);
}

void fields_write(struct writer *w, const struct invocation *asked)
{
	const struct string_list *list;
	const char *name;

	for (enum field f = 0; f < FIELDS; f++) {
		name = field_rows[f].name;
		if (!field_is_there(f, asked))
			continue;
		list = field_is_list(f) ? field_get_list(f, asked) : NULL;
		if (!list)
			writer_string(w, name, field_get(f, asked));
		else if (field_rows[f].kind == FIELD_KIND_PROGRAMS)
			fields_write_programs(w, name, list);
		else
			writer_strings(w, name, list->text, list->n);
	}
}
