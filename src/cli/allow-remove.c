/* SPDX-License-Identifier: ISC */

/*
 * `firma allow remove`. An ID is a UUID, or any text in an entry that was written by hand. So a
 * word that is not a UUID is first looked up as a whole ID, then as the beginning of one.
 */

#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/json/tree.h"
#include "base/json/writer.h"
#include "base/notation.h"
#include "base/text.h"
#include "base/utf8.h"
#include "cli/allow.h"
#include "gate/wire/request.h"

int allow_print_action(enum action action, const char *id, struct bytes *line)
{
	struct writer w;
	int r;

	writer_init(&w, line);
	writer_object(&w, NULL);
	writer_string(&w, "action", action_name(action));
	writer_string(&w, "id", id);
	writer_end(&w);
	r = writer_finish(&w);
	return r < 0 ? r : bytes_append_char(line, '\n');
}

struct removing {
	struct operator_options op;
};

static const struct option_row remove_rows[] = {
	OPERATOR_ROWS(struct removing, op),
	{ 0 },
};

/* The entries whose ID begins with a text. */
struct match {
	const char *prefix;
	size_t n;
	bool whole;      /* an entry has exactly this ID */
	struct bytes id; /* of the last match */
	struct bytes rows;
};

static int match_item(const struct bytes *line, void *userdata)
{
	cleanup(json_doc_free_p) struct json_doc *doc = NULL;
	struct match *m = userdata;
	struct scan_fault fault;
	const char *id;
	int r;

	r = json_parse(bytes_str(line), line->len, &doc, &fault);
	id = r == 0 ? json_get_string(json_root(doc), "id") : NULL;
	if (r < 0)
		return say_undecided("out of memory");
	if (!id)
		return say_undecided("the answer holds what is not an entry");
	if (strncmp(id, m->prefix, strlen(m->prefix)) != 0)
		return STATUS_DONE;

	m->n++;
	m->whole |= strcmp(id, m->prefix) == 0;
	bytes_clear(&m->id);
	bytes_append_str(&m->id, id);
	bytes_append_str(&m->rows, "\n  ");
	if (text_append_quoted(&m->rows, id, strlen(id)) < 0 || bytes_error(&m->id) < 0)
		return say_undecided("out of memory");
	return STATUS_DONE;
}

/*
 * Appends the ID to send. If no entry fits, sends the text itself: the daemon then answers that
 * there is no such entry.
 */
static int find_entry(const struct operator_options *op, const char *text, struct bytes *ret)
{
	cleanup(bytes_deinit) struct bytes request = BYTES_PRINTED, shown = BYTES_PRINTED;
	struct match m = {
		.prefix = text,
		.id = BYTES_PRINTED,
		.rows = BYTES_PRINTED,
	};
	uint8_t uuid[16];
	bool known = notation_parse_uuid(text, strlen(text), uuid) == 0;
	int status = STATUS_DONE;

	if (allow_print_action(ACTION_ALLOW_LIST, NULL, &request) < 0
		|| text_append_quoted(&shown, text, strlen(text)) < 0)
		return say_undecided("out of memory");

	if (!known)
		status = operator_ask(op, &request, match_item, &m, NULL);
	if (status == STATUS_DONE && m.n > 1 && !m.whole && strlen(text) >= TOKEN_PREFIX_MIN) {
		say("%s fits several entries:%s", bytes_str(&shown), bytes_str(&m.rows));
		status = STATUS_REFUSED;
	}
	if (status == STATUS_DONE
		&& bytes_append_str(ret,
			   m.n == 1 && strlen(text) >= TOKEN_PREFIX_MIN ? bytes_str(&m.id) : text)
			< 0)
		status = say_undecided("out of memory");
	bytes_deinit(&m.id);
	bytes_deinit(&m.rows);
	return status;
}

static int remove_one(const struct removing *r, const char *text)
{
	cleanup(bytes_deinit) struct bytes request = BYTES_PRINTED, id = BYTES_PRINTED,
					   shown = BYTES_PRINTED;
	struct operator_options op = r->op;
	int status;

	if (!utf8_is_valid(text, strlen(text)))
		return usage_error(op.verb, "an ID must be UTF-8");
	status = find_entry(&op, text, &id);
	if (status != STATUS_DONE)
		return status;
	if (allow_print_action(ACTION_ALLOW_REMOVE, bytes_str(&id), &request) < 0
		|| text_append_quoted(&shown, bytes_str(&id), id.len) < 0)
		return say_undecided("out of memory");

	op.done = "removed";
	return operator_ask(&op, &request, NULL, NULL, bytes_str(&shown));
}

static int run_remove(const struct verb *verb, int argc, char **argv)
{
	struct removing r = { .op = ALLOW_OPERATOR(verb) };
	struct operands operands;
	int one, status;

	status = verb_read_options(verb, argc, argv, &r, &operands);
	if (status != VERB_GO)
		return status;

	status = STATUS_DONE;
	/* Every entry is tried; the worst status is returned. */
	for (int i = 0; i < operands.n; i++) {
		one = remove_one(&r, operands.words[i]);
		if (one > status)
			status = one;
	}
	return status;
}

const struct verb allow_remove_verb = {
	.group = "allow",
	.name = "remove",
	.operands = OPERANDS_SOME,
	.operand = "entry's ID",
	.arguments = "ID...",
	.summary = "Removes what is allowed without asking",
	.options = remove_rows,
	.run = run_remove,
};
