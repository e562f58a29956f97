/* SPDX-License-Identifier: ISC */

/*
 * `firma store list`: the live tokens of all hosts of a desk, according to its server. The server's
 * data is not trusted: an entry that is no token is reported, but not shown.
 */

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/array.h"
#include "base/cleanup.h"
#include "base/clock.h"
#include "base/notation.h"
#include "base/text.h"
#include "cli/store-server.h"
#include "cli/table.h"
#include "cli/token-view.h"
#include "gate/token/token-parse.h"
#include "gate/token/token-print.h"
#include "ledger/store/desk-key.h"

/* Limits of what is read from the server. */
#define HOSTS_MAX 10000
#define TOKENS_MAX 1000000

/* The COUNT of SCAN and HSCAN. */
#define COUNT "100"

enum column { COLUMN_HOST, COLUMN_STATE, COLUMN_UID, COLUMN_TOKEN, COLUMNS };

struct list_row {
	char *cells[COLUMNS];
	char *command;
};

struct list_command {
	struct store_server server;
	const char *desk;
	bool json;

	char **hosts; /* their gates' IDs */
	size_t n_hosts, size_hosts;
	struct list_row *rows;
	size_t n_rows, size_rows, n_json;
	size_t n_faulty;
};

static bool parse_desk(const char *value, void *to)
{
	*(const char **)to = value;
	return desk_name_is_valid(value);
}

static const struct option_row rows[] = {
	STORE_ROWS(struct list_command, server),
	{ "desk", 0, "NAME", "the desk whose tokens are listed",
		OPTION_PARSED(struct list_command, desk, parse_desk),
		.wants = "at most 64 letters, digits, dots, dashes and underlines" },
	{ "json", 0, NULL, "print one JSON object a line", OPTION_FLAG(struct list_command, json) },
	{ 0 },
};

static void list_deinit(struct list_command *c)
{
	for (size_t i = 0; i < c->n_hosts; i++)
		free(c->hosts[i]);
	free(c->hosts);
	for (size_t i = 0; i < c->n_rows; i++) {
		for (size_t k = 0; k < COLUMNS; k++)
			free(c->rows[i].cells[k]);
		free(c->rows[i].command);
	}
	free(c->rows);
}

/* Keeps the ID in a key "firma:{DESK}:ID:host". */
static int add_host(struct list_command *c, const struct resp_item *key)
{
	const size_t before = strlen("firma:{}:") + strlen(c->desk);
	const size_t after = strlen(":" DESK_KEY_HOST);
	char **host;

	if (key->type != RESP_STRING || key->len <= before + after || c->n_hosts == HOSTS_MAX) {
		c->n_faulty++;
		return 0;
	}
	if (ARRAY_RESERVE(&c->hosts, c->n_hosts, &c->size_hosts) < 0)
		return -ENOMEM;
	host = &c->hosts[c->n_hosts];
	*host = strndup(key->text + before, key->len - before - after);
	if (!*host)
		return -ENOMEM;
	for (size_t i = 0; i < c->n_hosts; i++)
		if (strcmp(c->hosts[i], *host) == 0) {
			free(*host); /* a scan may name a key twice */
			return 0;
		}
	c->n_hosts++;
	return 0;
}

typedef int (*scanned_fn)(
	struct list_command *c, const char *name, struct resp *rest, int64_t *left);

/* Reads the answer of a scan: its cursor, and its elements, for which it calls `fn`. */
static int take_scan(struct list_command *c, const char *name, const struct resp_item *first,
	struct resp rest, char cursor[static NOTATION_DECIMAL_MAX + 1], scanned_fn fn)
{
	struct resp_item item;
	int64_t left;
	int r = 0;

	if (first->type != RESP_ARRAY || first->number != 2 || !resp_take(&rest, &item)
		|| item.type != RESP_STRING || item.len > NOTATION_DECIMAL_MAX)
		return -EBADMSG;
	memcpy(cursor, item.text, item.len);
	cursor[item.len] = '\0';
	if (!resp_take(&rest, &item) || item.type != RESP_ARRAY)
		return -EBADMSG;
	for (left = item.number; r >= 0 && left > 0;)
		r = fn(c, name, &rest, &left);
	return r;
}

static int complain(int r)
{
	return say_undecided(
		"%s", r == -ENOMEM ? "out of memory" : "the server's answer is malformed");
}

/* Runs a complete HSCAN; without a key, a complete SCAN. */
static int scan(
	struct list_command *c, const char *key, const char *match, const char *name, scanned_fn fn)
{
	char cursor[NOTATION_DECIMAL_MAX + 1] = "0";
	struct resp_item first;
	struct resp rest;
	int status, r;

	do {
		if (key)
			resp_command(&c->server.redis.out,
				(const char *const[]){
					"HSCAN", key, cursor, "COUNT", COUNT, NULL });
		else
			resp_command(&c->server.redis.out,
				(const char *const[]){ "SCAN", cursor, "MATCH", match, "COUNT",
					COUNT, "TYPE", "hash", NULL });
		status = store_server_ask(&c->server, &first, &rest);
		if (status != STATUS_DONE)
			return status;
		r = take_scan(c, name, &first, rest, cursor, fn);
		if (r < 0)
			return complain(r);
	} while (strcmp(cursor, "0") != 0);
	return STATUS_DONE;
}

static int take_host(struct list_command *c, const char *name, struct resp *rest, int64_t *left)
{
	struct resp_item key;

	(void)name;
	if (!resp_take(rest, &key))
		return -EBADMSG;
	--*left;
	return add_host(c, &key);
}

static bool put(char **cell, char *text)
{
	*cell = text;
	return text != NULL;
}

/* A scan may return a token twice; only the first counts. */
static bool is_listed(const struct list_command *c, const char *host, const char *id)
{
	for (size_t i = c->n_rows; i-- > 0 && strcmp(c->rows[i].cells[COLUMN_HOST], host) == 0;)
		if (strcmp(c->rows[i].cells[COLUMN_TOKEN], id) == 0)
			return true;
	return false;
}

static int add_row(struct list_command *c, const char *host, const struct token_view *t)
{
	struct bytes command = BYTES_PRINTED, uid = BYTES_PRINTED;
	struct list_row *row;
	bool fine;

	if (is_listed(c, host, t->id))
		return 0;
	if (c->n_rows == TOKENS_MAX)
		return -EBADMSG;
	if (ARRAY_RESERVE(&c->rows, c->n_rows, &c->size_rows) < 0)
		return -ENOMEM;

	row = &c->rows[c->n_rows++];
	*row = (struct list_row){ .command = NULL };
	bytes_appendf(&uid, "%" PRIu64, t->uid);
	token_view_append_command(t, &command);
	fine = put(&row->cells[COLUMN_HOST], strdup(host))
		&& put(&row->cells[COLUMN_STATE], strdup(t->state))
		&& put(&row->cells[COLUMN_UID], bytes_steal(&uid))
		&& put(&row->cells[COLUMN_TOKEN], strdup(t->id))
		&& put(&row->command, bytes_steal(&command));
	bytes_deinit(&uid);
	bytes_deinit(&command);
	return fine ? 0 : -ENOMEM;
}

static int print_json(struct list_command *c, const char *host, const struct bytes *item)
{
	cleanup(bytes_deinit) struct bytes line = BYTES_PRINTED;

	bytes_append_strs(&line, "{\"host\":\"", host, "\",", bytes_str(item) + 1);
	if (bytes_error(&line) < 0)
		return -ENOMEM;
	c->n_json++;
	say_json(line.data, line.len);
	return 0;
}

/* Another host's boot clock means nothing here, so times are computed from the wall clocks. */
static int show(struct list_command *c, const char *host, struct token *t)
{
	cleanup(bytes_deinit) struct bytes item = BYTES_PRINTED;
	struct moment now = { .clock = clock_now() };
	struct token_view view;
	int r;

	now.clock.boot = now.clock.wall;
	t->expires = token_expires_wall(t);
	t->issued = t->issued_wall;
	memcpy(t->boot_id, now.boot_id, sizeof(t->boot_id));
	if (!token_state_is_live(t->state) || t->expires <= now.clock.wall)
		return 0;

	r = token_print_item(t, &now, &(struct token_extra){ .to_sign = false }, &item);
	if (r < 0)
		return r;
	if (c->json)
		return print_json(c, host, &item);
	if (token_view_read(&item, &view) != STATUS_DONE)
		return -EBADMSG;
	r = add_row(c, host, &view);
	token_view_deinit(&view);
	return r;
}

/* Takes "STATE RECORD". */
static int take_record(struct list_command *c, const char *host, const struct resp_item *value)
{
	struct token_change change = { .to = TOKEN_ABSENT };
	struct bytes scratch = BYTES_PRINTED;
	const char *space, *why;
	size_t before;
	int r;

	space = value->type == RESP_STRING ? memchr(value->text, ' ', value->len) : NULL;
	before = space ? (size_t)(space - value->text) + 1 : 0;
	r = space ? token_parse(value->text + before, value->len - before, &scratch, &change, &why)
		  : TOKEN_MALFORMED;
	if (r == 0 && change.issued)
		r = show(c, host, change.issued);
	else if (r >= 0)
		c->n_faulty++;
	token_change_deinit(&change);
	bytes_deinit(&scratch);
	return r < 0 ? r : 0;
}

static int take_token(struct list_command *c, const char *name, struct resp *rest, int64_t *left)
{
	struct resp_item id, value;

	if (*left < 2 || !resp_take(rest, &id) || !resp_take(rest, &value))
		return -EBADMSG;
	*left -= 2;
	return take_record(c, name, &value);
}

/* Reads a host's name; "?" if it has none, or one that is not valid. */
static int read_name(struct list_command *c, const char *key, char ret[static DESK_NAME_MAX + 1])
{
	struct resp_item item;
	struct resp rest;
	int status;

	resp_command(&c->server.redis.out, (const char *const[]){ "HGET", key, "name", NULL });
	status = store_server_ask(&c->server, &item, &rest);
	if (status != STATUS_DONE)
		return status;

	memcpy(ret, "?", 2);
	if (item.type == RESP_STRING && item.len <= DESK_NAME_MAX) {
		memcpy(ret, item.text, item.len);
		ret[item.len] = '\0';
	}
	if (!desk_name_is_valid(ret)) {
		memcpy(ret, "?", 2);
		c->n_faulty++;
	}
	return STATUS_DONE;
}

static int list_host(struct list_command *c, const char *host)
{
	cleanup(bytes_deinit) struct bytes key = BYTES_PRINTED, tokens = BYTES_PRINTED;
	char name[DESK_NAME_MAX + 1];
	int status;

	if (desk_append_key(&key, c->desk, host, DESK_KEY_HOST) < 0
		|| desk_append_key(&tokens, c->desk, host, DESK_KEY_TOKENS) < 0)
		return say_undecided("out of memory");
	status = read_name(c, bytes_str(&key), name);
	return status == STATUS_DONE ? scan(c, bytes_str(&tokens), NULL, name, take_token) : status;
}

static int print_table(const struct list_command *c)
{
	static const struct table_column columns[COLUMNS] = {
		[COLUMN_HOST] = { .header = "HOST" },
		[COLUMN_STATE] = { .header = "STATE" },
		[COLUMN_UID] = { .header = "UID" },
		[COLUMN_TOKEN] = { .header = "TOKEN" },
	};
	cleanup(bytes_deinit) struct bytes text = BYTES_PRINTED;
	struct console console;
	struct table table;

	if (c->n_rows == 0)
		return STATUS_DONE;
	console_look(STDOUT_FILENO, &console);
	table_init(&table, &console, columns, COLUMNS, "COMMAND");
	for (size_t i = 0; i < c->n_rows; i++)
		for (size_t k = 0; k < COLUMNS; k++)
			table_widen(&table, k, c->rows[i].cells[k]);
	table_lay_out(&table);
	table_append_header(&table, &text);
	for (size_t i = 0; i < c->n_rows; i++) {
		for (size_t k = 0; k < COLUMNS; k++)
			table_append_cell(&table, k, c->rows[i].cells[k], STYLE_NONE, &text);
		table_append_last(&table, c->rows[i].command, strlen(c->rows[i].command), &text);
		bytes_append_char(&text, '\n');
	}
	if (bytes_error(&text) < 0)
		return say_undecided("out of memory");
	fputs(bytes_str(&text), stdout);
	return STATUS_DONE;
}

static int list(struct list_command *c)
{
	cleanup(bytes_deinit) struct bytes match = BYTES_PRINTED;
	int status;

	if (desk_append_key(&match, c->desk, "*", DESK_KEY_HOST) < 0)
		return say_undecided("out of memory");
	status = scan(c, NULL, bytes_str(&match), NULL, take_host);
	for (size_t i = 0; status == STATUS_DONE && i < c->n_hosts; i++)
		status = list_host(c, c->hosts[i]);
	if (status == STATUS_DONE)
		status = print_table(c);
	if (status != STATUS_DONE)
		return status;

	say_flush();
	if (c->n_rows + c->n_json == 0)
		say("no live tokens");
	if (c->n_faulty > 0)
		return say_undecided(c->n_faulty == 1 ? "%zu entry on the server is not valid"
						      : "%zu entries on the server are not valid",
			c->n_faulty);
	return STATUS_DONE;
}

static int run(const struct verb *verb, int argc, char **argv)
{
	struct list_command c = { .server = { .timeout = STORE_TIMEOUT } };
	struct operands operands;
	int status;

	status = verb_read_options(verb, argc, argv, &c, &operands);
	if (status != VERB_GO)
		return status;
	if (!c.desk)
		return usage_error(verb, "--desk is needed");

	status = store_server_open(verb, operands.words[0], &c.server);
	if (status == STATUS_DONE)
		status = list(&c);
	store_server_close(&c.server);
	list_deinit(&c);
	return status;
}

const struct verb store_list_verb = {
	.group = "store",
	.name = "list",
	.arguments = "SERVER",
	.operands = OPERANDS_ONE,
	.operand = "server",
	.summary = "Lists the live tokens of all hosts of a desk",
	.options = rows,
	.run = run,
};
