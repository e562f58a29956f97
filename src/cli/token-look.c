/* SPDX-License-Identifier: ISC */

/* `firma token list` and `firma token show`. */

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/notation.h"
#include "base/text.h"
#include "cli/card.h"
#include "cli/item.h"
#include "cli/operator.h"
#include "gate/request.h"

enum { LIST_STATE = OPERATOR_OPTIONS, LIST_JSON };

static const struct option_row list_rows[] = {
	OPERATOR_ROWS,
	[LIST_STATE] = { "state", 0, "STATE",
		"only those that are pending, approved,\n"
		"consumed, revoked or expired" },
	[LIST_JSON] = { "json", 0, NULL, "print one JSON object a line" },
	{ 0 },
};

struct listing {
	bool json;
	size_t n;
	struct bytes pending, others; /* rows: pending ones come first */
};

/* What is left of a live token's time. */
static int append_time_left(struct bytes *b, uint64_t ms)
{
	cleanup(bytes_deinit) struct bytes text = BYTES_INIT(64);
	int r;

	r = ms > 0 ? notation_append_duration(&text, ms * CLOCK_MS) : bytes_append_char(&text, '-');
	return r < 0 ? r : bytes_appendf(b, "%-11s", bytes_str(&text));
}

static int append_row(struct listing *l, const struct item *item)
{
	bool pending = strcmp(item->state, token_state_name(TOKEN_PENDING)) == 0;
	struct bytes *b = pending ? &l->pending : &l->others;
	enum token_state state = token_state_parse(item->state);
	uint64_t left = item_is_live(item) ? item->expires_in_ms : 0;
	int r;

	r = bytes_appendf(
		b, "%s  %-10s", item->id, state == TOKEN_ABSENT ? "?" : token_state_name(state));
	if (r >= 0)
		r = append_time_left(b, left);
	if (r >= 0)
		r = bytes_appendf(b, "%-7llu", (unsigned long long)item->uid);
	if (r >= 0)
		r = item_append_command(item, b);
	return r < 0 ? r : bytes_append_char(b, '\n');
}

static int list_item(const struct bytes *line, void *userdata)
{
	struct listing *l = userdata;
	struct item item;
	int status, r = 0;

	status = item_read(line, &item);
	if (status != STATUS_DONE)
		return status;

	l->n++;
	if (l->json) {
		say_json(line->data, line->len);
	} else {
		r = append_row(l, &item);
	}
	item_deinit(&item);
	return r < 0 ? say_undecided("out of memory") : STATUS_DONE;
}

static int print_list_request(const char *state, struct bytes *line)
{
	struct json_out out;
	int r;

	json_out_init(&out);
	json_out_string(&out, "action", action_name(ACTION_LIST));
	json_out_string(&out, "state", state);
	r = json_out_print(&out, line);
	json_out_deinit(&out);
	return r < 0 ? r : bytes_append_char(line, '\n');
}

static void print_listing(const struct listing *l)
{
	if (l->n == 0)
		say("no tokens");
	else if (!l->json)
		printf("%-38s%-10s%-11s%-7s%s\n%s%s", "TOKEN", "STATE", "LEFT", "UID", "COMMAND",
			bytes_str(&l->pending), bytes_str(&l->others));
}

static int run_list(const struct verb *verb, int argc, char **argv)
{
	cleanup(bytes_deinit) struct bytes request = BYTES_INIT(BYTES_UNLIMITED);
	struct listing listing = {
		.pending = BYTES_INIT(BYTES_UNLIMITED),
		.others = BYTES_INIT(BYTES_UNLIMITED),
	};
	struct operator op = OPERATOR_INIT(verb);
	const char *state = NULL;
	struct options o;
	int option, status = STATUS_DONE;

	options_begin(&o, verb, argc, argv);
	while (status == STATUS_DONE && (option = options_next(&o)) >= 0) {
		if (option == LIST_JSON)
			listing.json = true;
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

	if (print_list_request(state, &request) < 0)
		return say_undecided("out of memory");

	status = operator_ask(&op, &request, list_item, &listing, NULL);
	if (status == STATUS_DONE)
		print_listing(&listing);
	bytes_deinit(&listing.pending);
	bytes_deinit(&listing.others);
	return status;
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
	struct screen screen;
	struct item item;
	int status, r = 0;

	status = item_read(line, &item);
	if (status != STATUS_DONE)
		return status;

	if (*json) {
		say_json(line->data, line->len);
	} else {
		screen_look(STDOUT_FILENO, &screen);
		r = card_append(&item, &screen, &card);
		fputs(bytes_str(&card), stdout);
	}
	item_deinit(&item);
	return r < 0 ? say_undecided("out of memory") : STATUS_DONE;
}

static int run_show(const struct verb *verb, int argc, char **argv)
{
	cleanup(bytes_deinit) struct bytes request = BYTES_INIT(BYTES_UNLIMITED);
	struct operator op = OPERATOR_INIT(verb);
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
	if (operator_print_request(action_name(ACTION_SHOW), id, NULL, NULL, &request) < 0)
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
