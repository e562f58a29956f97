/* SPDX-License-Identifier: ISC */

/*
 * `firma allow list`. What an entry allows is never cut: on a terminal it is folded. Rows are kept
 * until all have arrived, since the widths depend on all of them.
 */

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/array.h"
#include "base/clock.h"
#include "base/json/tree.h"
#include "base/notation.h"
#include "base/text.h"
#include "cli/allow.h"
#include "cli/console.h"
#include "cli/operator.h"
#include "cli/table.h"
#include "cli/user.h"
#include "gate/token/token.h"

enum column { ENTRY, LEFT, USED, AGENT, CELLS };

/* The least room for what an entry allows. */
#define ALLOWS_ROOM 32

static const struct table_column columns[CELLS] = {
	[ENTRY] = { .header = "ENTRY" },
	[LEFT] = { .header = "LEFT", .rank = 2, .room = ALLOWS_ROOM },
	[USED] = { .header = "LAST USED", .rank = 1, .room = ALLOWS_ROOM },
	[AGENT] = { .header = "AGENT", .rank = 3, .room = ALLOWS_ROOM },
};

struct row {
	struct bytes cells[CELLS], allows;
	bool is_uuid; /* its ID may be shortened */
	bool idle;
};

struct entry_list {
	struct operator_options op;
	bool json;
	struct console console;
	struct row *rows;
	size_t n, size;
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
	if (bound && !args && !argv)
		append_word(b, bound);
}

/* "  [uid 1000 (alice), sandbox sbx]", or "" if nothing is bound. */
static void append_bounds(struct bytes *b, const struct json *root)
{
	static const struct {
		const char *key, *name;
	} strings[] = {
		{ "cwd", "in" },
		{ "realPath", "link to" },
		{ "session", "session" },
		{ "sandbox", "sandbox" },
		{ "profile", "profile" },
		{ "executableSha256", "content" },
		{ "run_as", "through sudo as" },
	};
	const char *separator = "  [", *value, *source = json_get_string(root, "source");
	const struct json *scope = json_get(root, "scope");
	uint64_t uid, ms;

	if (json_get_integer(root, "uid", UINT32_MAX, &uid)) {
		bytes_append_str(b, separator);
		user_append(b, uid);
		separator = ", ";
	}
	if (json_get_integer(root, "by", UINT32_MAX, &uid)) {
		bytes_appendf(b, "%smade by ", separator);
		user_append(b, uid);
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
	if (scope && json_is_array(scope)) {
		bytes_appendf(b, "%sscope", separator);
		json_each (word, scope)
			append_element(b, word);
		separator = ", ";
	}
	if (separator[0] != ' ')
		bytes_append_char(b, ']');
}

static void row_init(struct row *row)
{
	*row = (struct row){ .allows = BYTES_PRINTED };
	for (size_t c = 0; c < CELLS; c++)
		bytes_init(&row->cells[c], BYTES_PRINTED_MAX);
}

static void row_deinit(struct row *row)
{
	for (size_t c = 0; c < CELLS; c++)
		bytes_deinit(&row->cells[c]);
	bytes_deinit(&row->allows);
}

/* The first error of the row's texts, or 0. */
static int row_error(const struct row *row)
{
	int r = bytes_error(&row->allows);

	for (size_t c = 0; r == 0 && c < CELLS; c++)
		r = bytes_error(&row->cells[c]);
	return r;
}

/* The time left, and the time of the last use. */
static void fill_times(struct row *row, const struct json *root)
{
	uint64_t ms;

	if (json_get_integer(root, "expires_in_ms", JSON_INTEGER_MAX, &ms))
		notation_append_duration(&row->cells[LEFT], ms * CLOCK_MS);
	else
		bytes_append_char(&row->cells[LEFT], '-');
	if (json_get_integer(root, "lastUsedAt", JSON_INTEGER_MAX / CLOCK_MS, &ms))
		notation_append_time(&row->cells[USED], ms * CLOCK_MS);
	else
		bytes_append_char(&row->cells[USED], '-');
}

/* False if it is not an entry. */
static bool fill(struct row *row, const struct json *root)
{
	const char *id = json_get_string(root, "id"), *agent = json_get_string(root, "agent_id");
	const char *pattern = json_get_string(root, "pattern");
	uint8_t uuid[16];

	if (!id || !agent || !pattern)
		return false;

	row->is_uuid = notation_parse_uuid(id, strlen(id), uuid) == 0;
	text_append_quoted(&row->cells[ENTRY], id, strlen(id));
	text_append_quoted(&row->cells[AGENT], agent, strlen(agent));
	fill_times(row, root);
	text_append_quoted(&row->allows, pattern, strlen(pattern));
	append_arguments(&row->allows, root);
	append_bounds(&row->allows, root);
	if (json_get(root, "idle") && json_bool(json_get(root, "idle"), &row->idle) && row->idle)
		bytes_append_str(&row->allows, "  (matches nothing)");
	return true;
}

static int add_row(struct entry_list *l, const struct json *root)
{
	size_t size = l->size ? 2 * l->size : 64;
	struct row *rows;

	if (l->n == l->size) {
		rows = reallocarray(l->rows, size, sizeof(*rows));
		if (!rows)
			return say_undecided("out of memory");
		l->rows = rows;
		l->size = size;
	}
	row_init(&l->rows[l->n++]);
	if (!fill(&l->rows[l->n - 1], root))
		return say_undecided("the answer holds what is not an entry");
	return row_error(&l->rows[l->n - 1]) < 0 ? say_undecided("out of memory") : STATUS_DONE;
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
	if (!l->json)
		return add_row(l, json_root(doc));

	l->n++;
	say_json(line->data, line->len);
	return STATUS_DONE;
}

/* On a narrow screen IDs are as short as `allow remove` can tell them apart. */
static int shorten_ids(struct entry_list *l)
{
	cleanup(free_p) const char **ids = NULL;
	size_t len;

	if (!console_is_there(&l->console) || l->console.columns >= TABLE_COLUMNS_WIDE)
		return 0;
	ids = calloc(l->n, sizeof(*ids));
	if (!ids)
		return -ENOMEM;
	for (size_t i = 0; i < l->n; i++) {
		if (!l->rows[i].is_uuid)
			return 0;
		ids[i] = bytes_str(&l->rows[i].cells[ENTRY]);
	}
	len = table_unique_len(ids, l->n, TOKEN_PREFIX_MIN);
	for (size_t i = 0; i < l->n; i++)
		bytes_truncate(&l->rows[i].cells[ENTRY], len);
	return 0;
}

static void append_row(const struct table *t, const struct row *row, struct bytes *b)
{
	const enum style style = row->idle ? STYLE_FAINT : STYLE_NONE;

	for (size_t c = 0; c < CELLS; c++)
		table_append_cell(t, c, bytes_str(&row->cells[c]), style, b);
	table_append_last(t, bytes_str(&row->allows), row->allows.len, b);
	bytes_append_char(b, '\n');
}

static int append_list(struct entry_list *l, struct bytes *b)
{
	struct table table;
	int r;

	r = shorten_ids(l);
	if (r < 0)
		return r;

	table_init(&table, &l->console, columns, CELLS, "ALLOWS");
	table.folds = true;
	for (size_t i = 0; i < l->n; i++)
		for (size_t c = 0; c < CELLS; c++)
			table_widen(&table, c, bytes_str(&l->rows[i].cells[c]));
	table_lay_out(&table);
	table_append_header(&table, b);
	for (size_t i = 0; i < l->n; i++)
		append_row(&table, &l->rows[i], b);
	return bytes_error(b);
}

static int list(struct entry_list *l)
{
	cleanup(bytes_deinit) struct bytes request = BYTES_PRINTED, text = BYTES_PRINTED;
	int status;

	if (allow_print_action(ACTION_ALLOW_LIST, NULL, &request) < 0)
		return say_undecided("out of memory");

	status = operator_ask(&l->op, &request, list_item, l, NULL);
	if (status != STATUS_DONE)
		return status;
	if (l->n == 0)
		say("the allowlist is empty");
	else if (!l->json && append_list(l, &text) < 0)
		return say_undecided("out of memory");
	fputs(bytes_str(&text), stdout);
	return STATUS_DONE;
}

static int run_list(const struct verb *verb, int argc, char **argv)
{
	struct entry_list l = { .op = OPERATOR_INIT(verb) };
	struct operands none;
	int status;

	status = verb_read_options(verb, argc, argv, &l, &none);
	if (status != VERB_GO)
		return status;

	console_look(STDOUT_FILENO, &l.console);
	status = list(&l);
	for (size_t i = 0; !l.json && i < l.n; i++)
		row_deinit(&l.rows[i]);
	free(l.rows);
	return status;
}

const struct verb allow_list_verb = {
	.group = "allow",
	.name = "list",
	.summary = "Lists what is allowed without asking",
	.options = list_rows,
	.run = run_list,
};
