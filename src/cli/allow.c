/* SPDX-License-Identifier: ISC */

/* `firma allow list` and `firma allow add`. */

#include "cli/allow.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/array.h"
#include "base/clock.h"
#include "base/json/tree.h"
#include "base/json/writer.h"
#include "base/notation.h"
#include "base/text.h"
#include "cli/approver-key.h"
#include "cli/console.h"
#include "cli/fold.h"
#include "cli/must.h"
#include "cli/operator.h"
#include "cli/signature.h"
#include "gate/wire/request.h"

/* --- list ------------------------------------------------------------------------------------- */

struct entry_list {
	struct operator_options op;
	bool json;
	size_t n;
	struct console console;
	struct bytes rows;
};

static const struct option_row list_rows[] = {
	OPERATOR_ROWS(struct entry_list, op),
	{ "json", 0, NULL, "print one JSON object a line", OPTION_FLAG(struct entry_list, json) },
	{ 0 },
};

static int append_word(struct bytes *b, const char *text)
{
	int r;

	r = bytes_append_char(b, ' ');
	return r < 0 ? r : text_append_quoted(b, text, strlen(text));
}

/* Alternatives are shown in braces. */
static int append_element(struct bytes *b, const struct json *v)
{
	if (json_string(v))
		return append_word(b, json_string(v));

	bytes_append_str(b, " {");
	json_each (child, v)
		if (json_string(child))
			append_word(b, json_string(child));
	return bytes_append_str(b, " }");
}

/* Appends the arguments, or their hash if the entry binds them and keeps only the hash. */
static void append_arguments(struct bytes *b, const struct json *root)
{
	const struct json *argv = json_get(root, "argv"), *args = json_get(root, "args");
	const char *bound = json_get_string(root, "argPattern");

	for (const struct json *v = argv ? json_first(argv) : NULL; v; v = json_next(v))
		append_element(b, v);
	if (!argv && !bound)
		bytes_append_str(b, " **");
	for (const struct json *v = args ? json_first(args) : NULL; v; v = json_next(v))
		append_element(b, v);
	if (bound && !args)
		append_word(b, bound);
}

/* "  [uid 1000, sandbox sbx]", or "" if nothing is bound. */
static void append_bounds(struct bytes *b, const struct json *root)
{
	static const struct {
		const char *key, *name;
	} strings[] = {
		{ "cwd", "in" },
		{ "realPath", "link to" },
		{ "sandbox", "sandbox" },
		{ "profile", "profile" },
		{ "executableSha256", "content" },
	};
	const char *separator = "  [", *value, *source = json_get_string(root, "source");
	uint64_t uid, ms;

	if (json_get_integer(root, "uid", UINT32_MAX, &uid)) {
		bytes_appendf(b, "%suid %llu", separator, (unsigned long long)uid);
		separator = ", ";
	}
	if (json_get_integer(root, "by", UINT32_MAX, &uid)) {
		bytes_appendf(b, "%smade by uid %llu", separator, (unsigned long long)uid);
		separator = ", ";
	}
	if (json_get_integer(root, "madeAt", JSON_INTEGER_MAX / CLOCK_MS, &ms)) {
		bytes_appendf(b, "%smade at ", separator);
		notation_append_time(b, ms * CLOCK_MS);
		separator = ", ";
	}
	if (json_get_string(root, "signer")) {
		bytes_appendf(b, "%ssigned by ", separator);
		text_append_quoted(b, json_get_string(root, "signer"),
			strlen(json_get_string(root, "signer")));
		separator = ", ";
	}
	if (source && strcmp(source, "allow-always") == 0) {
		bytes_appendf(b, "%sby approval", separator);
		separator = ", ";
	}
	for (size_t i = 0; i < LENGTH(strings); i++) {
		value = json_get_string(root, strings[i].key);
		if (!value)
			continue;
		bytes_appendf(b, "%s%s", separator, strings[i].name);
		append_word(b, value);
		separator = ", ";
	}
	if (separator[0] == ',')
		bytes_append_char(b, ']');
}

/* Ends a column that begins at `start`. */
static void pad(struct bytes *b, size_t start, size_t width)
{
	const size_t end = start + width;

	bytes_appendf(b, "%*s", (int)(b->len < end ? end - b->len : 0) + 2, "");
}

static void append_column(struct bytes *b, const char *text, size_t width)
{
	const size_t start = b->len;

	text_append_quoted(b, text, strlen(text));
	pad(b, start, width);
}

/* Appends the time left, and the time of the last use. */
static void append_times(struct bytes *b, const struct json *root)
{
	size_t start = b->len;
	uint64_t ms;

	if (!json_get_integer(root, "expires_in_ms", JSON_INTEGER_MAX, &ms)
		|| notation_append_duration(b, ms * CLOCK_MS) < 0)
		bytes_append_char(b, '-');
	pad(b, start, 10);
	start = b->len;
	if (!json_get_integer(root, "lastUsedAt", JSON_INTEGER_MAX / CLOCK_MS, &ms)
		|| notation_append_time(b, ms * CLOCK_MS) < 0)
		bytes_append_char(b, '-');
	pad(b, start, 24);
}

/*
 * The commands of an entry are never cut. On a terminal, the row is folded, and its further lines
 * are indented.
 */
#define ROW_INDENT 4

static int append_row(struct entry_list *l, const struct json *root)
{
	cleanup(bytes_deinit) struct bytes row = BYTES_PRINTED;
	struct bytes *b = &row;
	const char *id = json_get_string(root, "id"), *agent = json_get_string(root, "agent_id");
	const char *pattern = json_get_string(root, "pattern");
	bool idle;
	int r;

	if (!id || !agent || !pattern)
		return say_undecided("the answer holds what is not an entry");

	append_column(b, id, NOTATION_UUID_LEN);
	append_times(b, root);
	append_column(b, agent, 10);
	text_append_quoted(b, pattern, strlen(pattern));
	append_arguments(b, root);
	append_bounds(b, root);
	if (json_get(root, "idle") && json_bool(json_get(root, "idle"), &idle))
		bytes_append_str(b, "  (matches nothing)");
	r = bytes_error(b);
	if (r >= 0)
		r = fold_append(&l->rows, bytes_str(b), b->len, 0, ROW_INDENT, l->console.columns);
	return r < 0 || bytes_append_char(&l->rows, '\n') < 0 ? say_undecided("out of memory")
							      : STATUS_DONE;
}

static int list_item(const struct bytes *line, void *userdata)
{
	cleanup(json_doc_free_p) struct json_doc *doc = NULL;
	struct entry_list *l = userdata;
	struct scan_fault fault;
	int r;

	r = json_parse(bytes_str(line), line->len, &doc, &fault);
	if (r < 0)
		return say_undecided("out of memory");
	if (r == JSON_MALFORMED)
		return say_undecided("the answer holds what is not an entry");

	l->n++;
	if (l->json) {
		say_json(line->data, line->len);
		return STATUS_DONE;
	}
	return append_row(l, json_root(doc));
}

static int append_header(struct bytes *b, const struct console *console)
{
	cleanup(bytes_deinit) struct bytes row = BYTES_PRINTED;

	if (bytes_appendf(&row, "%-36s  %-10s  %-24s  %-10s  %s", "ENTRY", "LEFT", "LAST USED",
		    "AGENT", "ALLOWS")
		< 0)
		return bytes_error(&row);

	bytes_append_str(b, console_style(console, STYLE_BOLD));
	fold_append(b, row.data, row.len, 0, ROW_INDENT, console->columns);
	return bytes_appendf(b, "%s\n", console_plain(console, STYLE_BOLD));
}

static int run_list(const struct verb *verb, int argc, char **argv)
{
	cleanup(bytes_deinit) struct bytes request = BYTES_PRINTED, header = BYTES_PRINTED;
	struct entry_list list = {
		.op = OPERATOR_INIT(verb),
		.rows = BYTES_PRINTED,
	};
	struct operands none;
	int status;

	status = verb_read_options(verb, argc, argv, &list, &none);
	if (status != VERB_GO)
		return status;

	if (allow_print_action(ACTION_ALLOW_LIST, NULL, &request) < 0)
		return say_undecided("out of memory");

	console_look(STDOUT_FILENO, &list.console);
	status = operator_ask(&list.op, &request, list_item, &list, NULL);
	if (status == STATUS_DONE && list.n == 0)
		say("the allowlist is empty");
	else if (status == STATUS_DONE && !list.json && append_header(&header, &list.console) < 0)
		status = say_undecided("out of memory");
	else if (status == STATUS_DONE && !list.json)
		printf("%s%s", bytes_str(&header), bytes_str(&list.rows));
	bytes_deinit(&list.rows);
	return status;
}

const struct verb allow_list_verb = {
	.group = "allow",
	.name = "list",
	.summary = "Lists what is allowed without asking",
	.options = list_rows,
	.run = run_list,
};

/* --- add -------------------------------------------------------------------------------------- */

struct adding {
	struct operator_options op;
	const char *agent, *key;
	uint64_t for_time; /* µs */
	char **words;      /* the program's pattern, then those of the arguments; NULL-terminated */
};

static const struct option_row add_rows[] = {
	OPERATOR_ROWS(struct adding, op),
	{ "agent", 0, "ID",
		"for this agent; '*' is all of them (default: 'main',\n"
		"which is requests without an agent)",
		OPTION_TEXT(struct adding, agent) },
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

static int print_addition(
	const struct adding *a, const struct signed_addition *addition, struct bytes *line)
{
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
	if (addition->signature.len > 0) {
		writer_string(&w, "signature", bytes_str(&addition->signature));
		writer_unsigned(&w, "time", addition->time_ms);
		writer_string(&w, "nonce", addition->nonce);
		must_write(&w, "signature");
	}
	writer_end(&w);
	r = writer_finish(&w);
	return r < 0 ? r : bytes_append_char(line, '\n');
}

static int add(const struct adding *a)
{
	cleanup(bytes_deinit) struct bytes request = BYTES_PRINTED, argv = BYTES_PRINTED;
	struct signed_addition addition = { .signature = BYTES_PRINTED };
	const struct signing signing = {
		.key = a->key ? a->key : approver_key_usual(),
		.wanted = a->key != NULL,
	};
	int r, status;

	if (print_argv(a, &argv) < 0)
		return say_undecided("out of memory");
	status = signature_make_addition(&a->op, &signing, a->words[0], bytes_str(&argv), a->agent,
		a->for_time / CLOCK_MS, &addition);
	r = status == STATUS_DONE ? print_addition(a, &addition, &request) : 0;
	bytes_deinit(&addition.signature);
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
		if (!text_is_utf8(*word, strlen(*word)))
			return usage_error(verb, "a pattern must be UTF-8");
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
