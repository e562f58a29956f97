/* SPDX-License-Identifier: ISC */

/* `firma allow add`. */

#include "cli/allow.h"

#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/json/tree.h"
#include "base/json/writer.h"
#include "base/notation.h"
#include "base/text.h"
#include "base/utf8.h"
#include "cli/always-text.h"
#include "cli/approver-key.h"
#include "cli/must.h"
#include "cli/operator.h"
#include "cli/signature.h"
#include "gate/allowlist/allow-entry.h"
#include "gate/fields.h"
#include "gate/limits.h"
#include "gate/standing.h"
#include "gate/wire/request.h"

struct adding {
	struct operator_options op;
	const char *agent, *key;
	uint64_t for_time; /* µs */
	uint8_t scope;     /* of --scope, or derived from the values; 0: none */
	bool by_uid;
	uid_t uid;
	struct invocation values; /* of the scope's fields */
	char **words; /* the program's pattern, then those of the arguments; NULL-terminated */
};

static const struct option_row add_rows[] = {
	OPERATOR_ROWS(struct adding, op),
	{ "agent", 0, "ID",
		"for this agent; '*' is all of them (default: 'main',\n"
		"which is requests without an agent)",
		OPTION_TEXT(struct adding, agent) },
	{ "uid", 0, "USER", "for requests of this user", OPTION_UID(struct adding, uid),
		OPTION_GIVEN(struct adding, by_uid) },
	{ "session", 0, "ID", "for requests of this session",
		OPTION_TEXT(struct adding, values.session_id) },
	{ "sandbox", 0, "ID", "for requests from this sandbox",
		OPTION_TEXT(struct adding, values.sandbox_id) },
	{ "profile", 0, "NAME", "for requests with this profile",
		OPTION_TEXT(struct adding, values.profile) },
	{ "directory", 0, "DIR", "for requests in this directory",
		OPTION_TEXT(struct adding, values.cwd) },
	{ "scope", 0, "WORDS",
		"which values a request must have: words of user,\n"
		"agent, session, sandbox, profile and directory\n"
		"(default: those that are given, user and agent)",
		OPTION_PARSED(struct adding, scope, always_text_parse_scope),
		.wants = "words of user, agent, session, sandbox, profile and directory, with "
			 "commas" },
	{ "for", 0, "TIME", "it ends after so long (default: never)",
		ALLOW_FOR(struct adding, for_time) },
	{ "key", 0, "FILE",
		"sign with this SSH key, see firma-approvers(5)\n"
		"(default: $FIRMA_APPROVER_KEY, where it is needed)",
		OPTION_TEXT(struct adding, key) },
	{ 0 },
};

/* Prints the entry's ID, which is needed to remove it. */
static int print_id(const struct bytes *line, void *userdata)
{
	cleanup(json_doc_free_p) struct json_doc *doc = NULL;
	cleanup(bytes_deinit) struct bytes shown = BYTES_PRINTED;
	struct scan_fault fault;
	const char *id = NULL;
	int r;

	(void)userdata;
	r = json_parse(bytes_str(line), line->len, &doc, &fault);
	if (r == 0)
		id = json_get_string(json_root(doc), "id");
	if (!id)
		return say_undecided("the answer holds what is not an entry");
	if (text_append_quoted(&shown, id, strlen(id)) < 0)
		return say_undecided("out of memory");
	puts(bytes_str(&shown));
	return STATUS_DONE;
}

/* Writes the patterns of the arguments. */
static int write_argv(const struct adding *a, struct writer *w)
{
	cleanup(bytes_deinit) struct bytes words = BYTES_PRINTED;
	size_t n = 0;
	int r;

	for (; a->words[n + 1]; n++) {
		r = bytes_append(&words, a->words[n + 1], strlen(a->words[n + 1]) + 1);
		if (r < 0)
			return r;
	}
	writer_strings(w, "argv", bytes_str(&words), n);
	return 0;
}

/* The same as an object. */
static int print_argv(const struct adding *a, struct bytes *b)
{
	struct writer w;
	int r;

	writer_init(&w, b);
	writer_object(&w, NULL);
	r = write_argv(a, &w);
	writer_end(&w);
	return r < 0 ? r : writer_finish(&w);
}

static void write_scope(struct writer *w, const struct adding *a)
{
	const char *word;

	if (a->scope == 0)
		return;
	writer_array(w, "scope");
	for (size_t at = 0; (word = scope_next(a->scope, &at));)
		writer_string(w, NULL, word);
	writer_end(w);
	writer_unsigned(w, "uid", a->uid);
	for (enum field f = 0; f < FIELDS; f++)
		if (scope_word(f))
			writer_string(w, field_rows[f].name, field_get(f, &a->values));
}

static int print_addition(
	const struct adding *a, const struct signed_addition *addition, struct bytes *line)
{
	const bool is_signed = addition->signature.len > 0;
	struct writer w;
	int r;

	writer_init(&w, line);
	writer_object(&w, NULL);
	writer_string(&w, "action", action_name(ACTION_ALLOW_ADD));
	writer_string(&w, "pattern", a->words[0]);
	r = write_argv(a, &w);
	if (r < 0)
		writer_fail(&w, r);
	writer_string(&w, "agent_id", a->agent);
	if (a->for_time > 0)
		writer_unsigned(&w, "for_ms", (a->for_time / CLOCK_MS));
	write_scope(&w, a);
	if (is_signed) {
		writer_string(&w, "signature", bytes_str(&addition->signature));
		writer_unsigned(&w, "time", addition->time_ms);
		writer_string(&w, "nonce", addition->nonce);
	}
	must_write(&w,
		(const char *const[]){
			is_signed ? "signature" : NULL,
			a->scope != 0 ? "scope" : NULL,
		},
		2);
	writer_end(&w);
	r = writer_finish(&w);
	return r < 0 ? r : bytes_append_char(line, '\n');
}

static int add(const struct adding *a)
{
	cleanup(bytes_deinit) struct bytes request = BYTES_PRINTED, argv = BYTES_PRINTED;
	struct signed_addition made = { .signature = BYTES_PRINTED };
	const struct addition addition = {
		.agent = a->agent,
		.pattern = a->words[0],
		.for_ms = a->for_time / CLOCK_MS,
		.scope = a->scope,
		.uid = a->uid,
		.values = &a->values,
	};
	const struct signing signing = {
		.key = a->key ? a->key : approver_key_usual(),
		.wanted = a->key != NULL,
	};
	int r, status;

	if (print_argv(a, &argv) < 0)
		return say_undecided("out of memory");
	status = signature_make_addition(&a->op, &signing, &addition, bytes_str(&argv), &made);
	r = status == STATUS_DONE ? print_addition(a, &made, &request) : 0;
	bytes_deinit(&made.signature);
	if (status != STATUS_DONE)
		return status;
	if (r < 0)
		return say_undecided("out of memory");
	return operator_ask(&a->op, &request, print_id, NULL, "the entry");
}

static int check_words(const struct verb *verb, const struct adding *a)
{
	if (!a->words[0])
		return usage_error(verb, "a pattern is missing");
	for (char **word = a->words; *word; word++)
		if (!utf8_is_valid(*word, strlen(*word)))
			return usage_error(verb, "a pattern must be UTF-8");
	return STATUS_DONE;
}

/* The default scope: the fields that were given, and the user and agent. */
static uint8_t scope_of_values(const struct adding *a)
{
	uint8_t scope = 0;

	for (enum field f = 0; f < FIELDS; f++)
		if (scope_word(f) && field_get(f, &a->values))
			scope |= scope_parse(scope_word(f), strlen(scope_word(f)));
	if (scope == 0 && !a->by_uid)
		return 0;
	if (!a->agent || strcmp(a->agent, ALLOW_AGENT_ANY) != 0)
		scope |= SCOPE_AGENT;
	return scope | SCOPE_USER;
}

/* A value must be given for each word of the scope, and for no other field. */
static int check_scope(const struct verb *verb, struct adding *a)
{
	const char *word;

	if (a->scope == 0)
		a->scope = scope_of_values(a);
	if (a->scope == 0)
		return STATUS_DONE;
	if (!a->by_uid)
		return usage_error(verb, "--uid is missing: a scope always has a user");
	for (enum field f = 0; f < FIELDS; f++) {
		word = f == FIELD_AGENT_ID ? NULL : scope_word(f);
		if (word && (field_get(f, &a->values) != NULL) != scope_has(a->scope, f))
			return usage_error(
				verb, "--%s and '%s' in --scope go together", word, word);
	}
	if (a->values.cwd && (a->values.cwd[0] != '/' || strlen(a->values.cwd) > LIMIT_ALLOW_SHOWN))
		return usage_error(verb, "--directory wants a path from / on, of at most %d bytes",
			LIMIT_ALLOW_SHOWN);
	if (scope_has(a->scope, FIELD_AGENT_ID))
		return a->agent && strcmp(a->agent, ALLOW_AGENT_ANY) == 0
			? usage_error(verb, "--agent '*' is no agent for --scope agent")
			: STATUS_DONE;
	if (a->agent && strcmp(a->agent, ALLOW_AGENT_ANY) != 0)
		return usage_error(verb, "--agent is not in --scope");
	a->agent = ALLOW_AGENT_ANY;
	return STATUS_DONE;
}

static int run_add(const struct verb *verb, int argc, char **argv)
{
	struct adding a = { .op = ALLOW_OPERATOR(verb) };
	struct operands operands;
	int status;

	status = verb_read_options(verb, argc, argv, &a, &operands);
	if (status != VERB_GO)
		return status;

	a.words = operands.words;
	status = check_words(verb, &a);
	if (status == STATUS_DONE)
		status = check_scope(verb, &a);
	return status == STATUS_DONE ? add(&a) : status;
}

const struct verb allow_add_verb = {
	.group = "allow",
	.name = "add",
	.operands = OPERANDS_COMMAND,
	.arguments = "PATTERN [ARG-PATTERN...]",
	.summary = "Allows a command without asking",
	.options = add_rows,
	.run = run_add,
};
