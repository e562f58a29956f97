/* SPDX-License-Identifier: ISC */

/* Prints what the daemon says of each rule: one line, without any text that a terminal obeys. */

#include "cli/check-list.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/array.h"
#include "base/json/tree.h"
#include "base/text.h"
#include "cli/console.h"
#include "cli/operator.h"
#include "cli/table.h"

struct listing {
	bool json;
	struct console console;
	size_t n;
};

/* --- the texts -------------------------------------------------------------------------------- */

static void append_quoted(struct bytes *b, const struct json *value)
{
	const char *text = json_string(value);

	if (text && strcmp(text, "**") == 0)
		bytes_append_str(b, text);
	else if (text)
		text_append_quoted(b, text, strlen(text));
}

/* A string, or "{one,other}". */
static void append_any(struct bytes *b, const struct json *value)
{
	if (!json_is_array(value)) {
		append_quoted(b, value);
		return;
	}
	bytes_append_char(b, '{');
	json_each (one, value) {
		if (one != json_first(value))
			bytes_append_char(b, ',');
		append_quoted(b, one);
	}
	bytes_append_char(b, '}');
}

/* Appends the elements of an array, with blanks between them. */
static void append_words(struct bytes *b, const struct json *words)
{
	json_each (word, words) {
		if (word != json_first(words))
			bytes_append_char(b, ' ');
		append_any(b, word);
	}
}

/* The arguments of an entry; one by approval may not have kept them. */
static void append_arguments(struct bytes *b, const struct json *item)
{
	const struct json *argv = json_get(item, "argv"), *args = json_get(item, "args");

	bytes_append_char(b, ' ');
	if (argv || args)
		append_words(b, argv ? argv : args);
	else
		bytes_append_str(
			b, json_get(item, "argPattern") ? "(with certain arguments)" : "**");
}

/* What a rule or an entry is about. */
static void append_matter(struct bytes *b, const struct json *item)
{
	static const char *const targets[] = { "pattern", "line", "path", "url", "branch",
		"server" };
	const size_t before = b->len;

	for (size_t i = 0; i < LENGTH(targets); i++)
		if (json_get(item, targets[i]))
			append_any(b, json_get(item, targets[i]));
	if (json_get(item, "pattern"))
		append_arguments(b, item);
	else if (json_get(item, "argv"))
		append_words(b, json_get(item, "argv"));
	if (json_get(item, "tools")) {
		bytes_append_str(b, ": ");
		append_any(b, json_get(item, "tools"));
	}
	if (b->len == before)
		bytes_append_str(b, "all else");
}

/* "  (rule look; in /srv)": the name, and what narrows it. */
static void append_notes(struct bytes *b, const struct json *item)
{
	static const struct {
		const char *key, *text;
	} notes[] = {
		{ "id", "" },
		{ "operation", "operation " },
		{ "cwd", "in " },
		{ "agents", "agent " },
		{ "sessions", "session " },
		{ "sandboxes", "sandbox " },
		{ "profiles", "profile " },
		{ "agent_id", "agent " },
		{ "session", "session " },
		{ "sandbox", "sandbox " },
		{ "profile", "profile " },
		{ "exceptions", "with exceptions" },
		{ "reason", "" },
	};
	const char *before = "  (";

	for (size_t i = 0; i < LENGTH(notes); i++) {
		if (!json_get(item, notes[i].key))
			continue;
		bytes_appendf(b, "%s%s", before, notes[i].text);
		append_any(b, json_get(item, notes[i].key));
		before = "; ";
	}
	if (before[0] == ';')
		bytes_append_char(b, ')');
}

static int print_text(const struct json *item, const struct console *console)
{
	cleanup(bytes_deinit) struct bytes b = BYTES_PRINTED, shown = BYTES_PRINTED;
	struct table_word word = { 0 };
	enum decision decision;
	const char *action = json_get_string(item, "action"), *kind = json_get_string(item, "kind");

	if (!action || !kind)
		return say_undecided("the daemon's answer is not a list of rules");

	decision = decision_parse(action);
	bytes_append_str(&b, decision == DECISION_ALLOW ? "allow" : "ask");
	word.len = b.len;
	word.style = table_decision_style(decision);
	bytes_appendf(&b, "%*s", 7 - (int)b.len, "");
	text_append_escaped(&b, kind, strlen(kind));
	bytes_append_str(&b, "  ");
	append_matter(&b, item);
	append_notes(&b, item);
	table_append_line(console, bytes_str(&b), b.len, TABLE_INDENT, &word, &shown);
	if (bytes_error(&b) < 0 || bytes_error(&shown) < 0)
		return say_undecided("out of memory");
	fputs(bytes_str(&shown), stdout);
	return STATUS_DONE;
}

/* --- the exchange ----------------------------------------------------------------------------- */

static int list_item(const struct bytes *line, void *userdata)
{
	cleanup(json_doc_free_p) struct json_doc *doc = NULL;
	struct listing *listing = userdata;
	struct scan_fault fault;
	int r;

	listing->n++;
	r = json_parse(bytes_str(line), line->len, &doc, &fault);
	if (r != 0)
		return say_undecided(
			r < 0 ? "out of memory" : "the daemon's answer is not a list of rules");
	if (!listing->json)
		return print_text(json_root(doc), &listing->console);
	say_json(line->data, line->len);
	return STATUS_DONE;
}

int check_list(const struct verb *verb, const struct ask *ask, bool json)
{
	cleanup(bytes_deinit) struct bytes request = BYTES_PRINTED;
	const struct operator_options op = {
		.verb = verb,
		.socket = ask->socket,
		.trusted = ask->trusted,
		.timeout = ask->timeout,
		.own = true,
	};
	struct listing listing = { .json = json };
	int status;

	console_look(STDOUT_FILENO, &listing.console);
	if (operator_print_request(ACTION_MAY, &(struct operation){ 0 }, &request) < 0)
		return say_undecided("out of memory");
	status = operator_ask(&op, &request, list_item, &listing, NULL);
	if (status == STATUS_DONE && listing.n == 0)
		say("nothing is allowed to you, nor asked about");
	return status;
}
