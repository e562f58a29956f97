/* SPDX-License-Identifier: ISC */

/* `firma token list` and `firma token show`. */

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/notation.h"
#include "base/text.h"
#include "cli/operator.h"
#include "cli/token-card.h"
#include "cli/token-list.h"
#include "cli/token-view.h"
#include "gate/wire/request.h"

enum { LIST_STATE = OPERATOR_OPTIONS, LIST_JSON };

static const struct option_row list_rows[] = {
	OPERATOR_ROWS,
	[LIST_STATE] = { "state", 0, "STATE",
		"only those that are pending, approved,\n"
		"consumed, revoked or expired" },
	[LIST_JSON] = { "json", 0, NULL, "print one JSON object a line" },
	{ 0 },
};

struct looking {
	bool json;
	size_t n;
	struct token_list listing;
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
		r = token_list_add(&looking->listing, &token);
	}
	token_view_deinit(&token);
	return r < 0 ? say_undecided("out of memory") : STATUS_DONE;
}

static int print_list(struct looking *looking)
{
	cleanup(bytes_deinit) struct bytes table = BYTES_INIT(BYTES_UNLIMITED);

	if (looking->n + looking->listing.n_shown == 0)
		say("no tokens");
	if (token_list_append(&looking->listing, &table) < 0)
		return say_undecided("out of memory");

	fputs(bytes_str(&table), stdout);
	return STATUS_DONE;
}

static int list(const struct operator_options *op, const char *state, bool json)
{
	cleanup(bytes_deinit) struct bytes request = BYTES_INIT(BYTES_UNLIMITED);
	struct console console;
	struct looking looking = { .json = json, .listing = TOKEN_LIST_INIT(&console, state) };
	struct operation operation = { .state = state };
	int status;

	console_look(STDOUT_FILENO, &console);
	if (!json && token_list_shortens(&looking.listing))
		operation.state = NULL;
	if (operator_print_request(ACTION_LIST, &operation, &request) < 0)
		return say_undecided("out of memory");

	status = operator_ask(op, &request, list_item, &looking, NULL);
	if (status == STATUS_DONE)
		status = print_list(&looking);
	token_list_deinit(&looking.listing);
	return status;
}

static int run_list(const struct verb *verb, int argc, char **argv)
{
	struct operator_options op = OPERATOR_INIT(verb);
	const char *state = NULL;
	bool json = false;
	struct options o;
	int option, status = STATUS_DONE;

	options_begin(&o, verb, argc, argv);
	while (status == STATUS_DONE && (option = options_next(&o)) >= 0) {
		if (option == LIST_JSON)
			json = true;
		else if (option != LIST_STATE)
			status = operator_take(&op, option, o.value);
		else if (token_state_parse(o.value) == TOKEN_ABSENT)
			status = usage_error(verb,
				"--state wants pending, approved, consumed, "
				"revoked or expired");
		else
			state = o.value;
	}
	if (status != STATUS_DONE)
		return status;
	if (option == OPTIONS_LEAVE)
		return o.status;
	if (o.n_rest > 0)
		return usage_error(verb, "it takes no arguments");
	return list(&op, state, json);
}

const struct verb token_list_verb = {
	.group = "token",
	.name = "list",
	.summary = "Lists the approval tokens on record",
	.options = list_rows,
	.run = run_list,
};

enum { SHOW_JSON = OPERATOR_OPTIONS };

static const struct option_row show_rows[] = {
	OPERATOR_ROWS,
	[SHOW_JSON] = { "json", 0, NULL, "print it as a JSON object" },
	{ 0 },
};

static int show_item(const struct bytes *line, void *userdata)
{
	cleanup(bytes_deinit) struct bytes card = BYTES_INIT(BYTES_UNLIMITED);
	const bool *json = userdata;
	struct console console;
	struct token_view token;
	int status, r = 0;

	status = token_view_read(line, &token);
	if (status != STATUS_DONE)
		return status;

	if (*json) {
		say_json(line->data, line->len);
	} else {
		console_look(STDOUT_FILENO, &console);
		r = token_card_append(&token, &console, &card);
		fputs(bytes_str(&card), stdout);
	}
	token_view_deinit(&token);
	return r < 0 ? say_undecided("out of memory") : STATUS_DONE;
}

static int run_show(const struct verb *verb, int argc, char **argv)
{
	cleanup(bytes_deinit) struct bytes request = BYTES_INIT(BYTES_UNLIMITED);
	struct operator_options op = OPERATOR_INIT(verb);
	char id[NOTATION_UUID_LEN + 1];
	bool json = false;
	struct options o;
	int option, status = STATUS_DONE;

	options_begin(&o, verb, argc, argv);
	while (status == STATUS_DONE && (option = options_next(&o)) >= 0) {
		if (option == SHOW_JSON)
			json = true;
		else
			status = operator_take(&op, option, o.value);
	}
	if (status != STATUS_DONE)
		return status;
	if (option == OPTIONS_LEAVE)
		return o.status;
	if (o.n_rest != 1)
		return usage_error(verb, "it takes one token's ID");

	status = operator_find_token(&op, o.rest[0], id);
	if (status != STATUS_DONE)
		return status;
	if (operator_print_request(ACTION_SHOW, &(struct operation){ .token_id = id }, &request)
		< 0)
		return say_undecided("out of memory");
	return operator_ask(&op, &request, show_item, &json, id);
}

const struct verb token_show_verb = {
	.group = "token",
	.name = "show",
	.arguments = "ID",
	.summary = "Shows everything about one token",
	.options = show_rows,
	.run = run_show,
};
