/* SPDX-License-Identifier: ISC */

/* `firma token list`, `firma token show` and `firma token receipt`. */

#include <stdio.h>
#include <unistd.h>

#include "base/notation.h"
#include "base/text.h"
#include "cli/operator.h"
#include "cli/token-card.h"
#include "cli/token-list.h"
#include "cli/token-view.h"
#include "gate/wire/request.h"

struct looking {
	struct operator_options op;
	bool json;
	const char *state;
	size_t n;
	struct token_list list;
};

static bool parse_state(const char *value, void *to)
{
	const char *name;

	for (enum token_state s = TOKEN_PENDING; s < TOKEN_STATES; s++) {
		name = token_state_name(s);
		if (strcmp(value, name) == 0 || strcmp(value, token_state_word(name)) == 0) {
			*(const char **)to = name;
			return true;
		}
	}
	return false;
}

static const struct option_row list_rows[] = {
	OPERATOR_ROWS(struct looking, op),
	{ "state", 0, "STATE",
		"only those that are pending, approved,\n"
		"consumed, refused or expired",
		OPTION_PARSED(struct looking, state, parse_state),
		.wants = "pending, approved, consumed, refused or expired" },
	{ "own", 0, NULL, "your own, at the door at which you ask",
		OPTION_FLAG(struct looking, op.own) },
	{ "json", 0, NULL, "print one JSON object a line", OPTION_FLAG(struct looking, json) },
	{ 0 },
};

static int list_item(const struct bytes *line, void *userdata)
{
	struct looking *looking = userdata;
	struct token_view token;
	int status, r = 0;

	status = token_view_read(line, &token);
	if (status != STATUS_DONE)
		return status;

	if (looking->json) {
		looking->n++;
		say_json(line->data, line->len);
	} else {
		r = token_list_add(&looking->list, &token);
	}
	token_view_deinit(&token);
	return r < 0 ? say_undecided("out of memory") : STATUS_DONE;
}

static int print_list(struct looking *looking)
{
	cleanup(bytes_deinit) struct bytes table = BYTES_PRINTED;

	if (looking->n + looking->list.n_shown == 0)
		say("no tokens");
	if (token_list_append(&looking->list, &table) < 0)
		return say_undecided("out of memory");

	fputs(bytes_str(&table), stdout);
	return STATUS_DONE;
}

static int list(struct looking *looking)
{
	cleanup(bytes_deinit) struct bytes request = BYTES_PRINTED;
	struct operation operation = { .state = looking->state, .own = looking->op.own };
	struct console console;
	int status;

	console_look(STDOUT_FILENO, &console);
	looking->list = (struct token_list)TOKEN_LIST_INIT(&console, looking->state);
	if (!looking->json && token_list_shortens(&looking->list))
		operation.state = NULL;
	if (operator_print_request(ACTION_LIST, &operation, &request) < 0)
		return say_undecided("out of memory");

	status = operator_ask(&looking->op, &request, list_item, looking, NULL);
	if (status == STATUS_DONE)
		status = print_list(looking);
	token_list_deinit(&looking->list);
	return status;
}

static int run_list(const struct verb *verb, int argc, char **argv)
{
	struct looking looking = { .op = OPERATOR_INIT(verb) };
	struct operands none;
	int status;

	status = verb_read_options(verb, argc, argv, &looking, &none);
	return status == VERB_GO ? list(&looking) : status;
}

const struct verb token_list_verb = {
	.group = "token",
	.name = "list",
	.summary = "Lists the approval tokens on record",
	.options = list_rows,
	.run = run_list,
};

static const struct option_row show_rows[] = {
	OPERATOR_ROWS(struct looking, op),
	{ "json", 0, NULL, "print it as a JSON object", OPTION_FLAG(struct looking, json) },
	{ 0 },
};

static int show_item(const struct bytes *line, void *userdata)
{
	cleanup(bytes_deinit) struct bytes card = BYTES_PRINTED;
	const struct looking *looking = userdata;
	struct console console;
	struct token_view token;
	int status, r = 0;

	status = token_view_read(line, &token);
	if (status != STATUS_DONE)
		return status;

	if (looking->json) {
		say_json(line->data, line->len);
	} else {
		console_look(STDOUT_FILENO, &console);
		r = token_card_append(&token, &console, &card);
		fputs(bytes_str(&card), stdout);
	}
	token_view_deinit(&token);
	return r < 0 ? say_undecided("out of memory") : STATUS_DONE;
}

/* Asks for one item about the token that the command line names. */
static int ask_about_token(
	const struct verb *verb, int argc, char **argv, enum action action, operator_item_fn fn)
{
	cleanup(bytes_deinit) struct bytes request = BYTES_PRINTED;
	struct looking looking = { .op = OPERATOR_INIT(verb) };
	char id[NOTATION_UUID_LEN + 1];
	struct operands operands;
	int status;

	status = verb_read_options(verb, argc, argv, &looking, &operands);
	if (status != VERB_GO)
		return status;

	status = operator_find_token(&looking.op, operands.words[0], id);
	if (status != STATUS_DONE)
		return status;
	if (operator_print_request(action, &(struct operation){ .token_id = id }, &request) < 0)
		return say_undecided("out of memory");
	return operator_ask(&looking.op, &request, fn, &looking, id);
}

static int run_show(const struct verb *verb, int argc, char **argv)
{
	return ask_about_token(verb, argc, argv, ACTION_SHOW, show_item);
}

const struct verb token_show_verb = {
	.group = "token",
	.name = "show",
	.operands = OPERANDS_ONE,
	.operand = "token's ID",
	.arguments = "ID",
	.summary = "Shows everything about one token",
	.options = show_rows,
	.run = run_show,
};

/* --- receipt ---------------------------------------------------------------------------------- */

static const struct option_row receipt_rows[] = {
	OPERATOR_ROWS(struct looking, op),
	{ 0 },
};

static int print_receipt(const struct bytes *line, void *userdata)
{
	(void)userdata;
	say_json(line->data, line->len);
	return STATUS_DONE;
}

static int run_receipt(const struct verb *verb, int argc, char **argv)
{
	return ask_about_token(verb, argc, argv, ACTION_RECEIPT, print_receipt);
}

const struct verb token_receipt_verb = {
	.group = "token",
	.name = "receipt",
	.operands = OPERANDS_ONE,
	.operand = "token's ID",
	.arguments = "ID",
	.summary = "Prints proof of what a token allowed, verified offline",
	.options = receipt_rows,
	.run = run_receipt,
};
