/* SPDX-License-Identifier: ISC */

/* `firma check`: asks whether one command may run. */

#include <stdio.h>
#include <string.h>

#include "base/notation.h"
#include "base/text.h"
#include "cli/ask.h"
#include "cli/client.h"
#include "cli/verb.h"
#include "gate/reply.h"

enum { PROFILE = ASK_OPTIONS, TOKEN, HASH, TIMEOUT, JSON, SOCKET, QUIET };

static const struct option_row rows[] = {
	ASK_ROWS,
	[PROFILE] = { "profile", 0, "NAME", "the profile (default: $FIRMA_PROFILE or 'default')" },
	[TOKEN] = { "token", 0, "ID", "ask again with this approval token" },
	[HASH] = { "hash", 0, NULL, "bind the file's content, whoever owns it" },
	[TIMEOUT] = { "timeout", 0, "TIME", "wait at most so long for an answer (default: 5s)" },
	[JSON] = { "json", 0, NULL, "print the reply as it came" },
	[SOCKET] = { "socket", 0, "PATH", "the daemon's socket" },
	[QUIET] = { "quiet", 'q', NULL, "print nothing on standard error" },
	{ 0 },
};

struct check {
	struct ask ask;
	uint64_t timeout;
	const char *socket;
	bool json;
};

static int read_options(struct check *c, struct options *o)
{
	int option;

	for (;;) {
		option = options_next(o);
		switch (option) {
		case ASK_SESSION:
		case ASK_SANDBOX:
		case ASK_AGENT:
		case ASK_REQUEST:
			ask_take(&c->ask, option, o->value);
			break;
		case PROFILE:
			c->ask.profile = o->value;
			c->ask.described = true;
			break;
		case TOKEN:
			if (text_is_blank(o->value))
				return usage_error(o->verb, "--token wants an ID");
			c->ask.token = o->value;
			c->ask.described = true;
			break;
		case TIMEOUT:
			if (notation_parse_duration(o->value, &c->timeout) < 0)
				return usage_error(o->verb, "--timeout wants a time, such as 5s");
			break;
		case HASH:
			c->ask.hash_all = true;
			c->ask.described = true;
			break;
		case JSON:
			c->json = true;
			break;
		case SOCKET:
			c->socket = o->value;
			break;
		case QUIET:
			say_nothing();
			break;
		case OPTIONS_END:
			c->ask.command = o->rest;
			return STATUS_DONE;
		default:
			return o->status;
		}
	}
}

/* Sends the line, reads the one line of the reply. */
static int exchange(struct client *c, const struct check *check, const struct bytes *request,
	struct bytes *reply)
{
	int r;

	r = client_open(c, CLIENT_AGENT, check->socket, check->timeout);
	if (r >= 0)
		r = client_send(c, request);
	if (r >= 0)
		r = client_read_line(c, reply);
	if (r < 0)
		return say_undecided("could not decide: %s", bytes_str(&c->why));
	if (r == 0)
		return say_undecided(
			"could not decide: %s: the connection ended without an answer", c->path);
	if (c->in.len > 0)
		return say_undecided(
			"could not decide: %s: the answer is more than one line", c->path);
	return STATUS_DONE;
}

static int conclude_deny(const struct reply *reply)
{
	cleanup(bytes_deinit) struct bytes shown = BYTES_INIT(BYTES_UNLIMITED);

	if (text_append_escaped(&shown, reply->reason, strlen(reply->reason)) < 0)
		return say_undecided("out of memory");
	say("denied: %s", bytes_str(&shown));
	return STATUS_REFUSED;
}

static int conclude_pending(const struct check *check, const struct reply *reply)
{
	if (!check->json)
		puts(reply->approval_token);
	say_flush();
	say("pending: approve it with 'firma token approve %s', then ask again with %s",
		reply->approval_token,
		check->ask.request_file ? "it as approval_token" : "--token");
	return STATUS_PENDING;
}

static int conclude(const struct check *check, const struct bytes *line)
{
	struct parsed_reply reply;
	int r, status;

	r = reply_parse(bytes_str(line), line->len, &reply);
	if (r < 0)
		return say_undecided("out of memory");
	if (r == REPLY_MALFORMED)
		return say_undecided("could not decide: the answer is not a reply");

	if (check->json && reply.reply.decision != DECISION_NONE)
		say_json(line->data, line->len);
	switch (reply.reply.decision) {
	case DECISION_ALLOW:
		status = STATUS_DONE;
		break;
	case DECISION_DENY:
		status = conclude_deny(&reply.reply);
		break;
	case DECISION_PENDING:
		status = conclude_pending(check, &reply.reply);
		break;
	default:
		status = say_undecided("could not decide: the answer is not a decision");
	}
	parsed_reply_deinit(&reply);
	return status;
}

static int run(const struct verb *verb, int argc, char **argv)
{
	cleanup(bytes_deinit) struct bytes request = BYTES_INIT(BYTES_UNLIMITED);
	cleanup(bytes_deinit) struct bytes reply = BYTES_INIT(BYTES_UNLIMITED);
	struct check check = { .timeout = CLIENT_TIMEOUT };
	struct client client;
	struct options o;
	int status;

	ask_init(&check.ask);
	options_begin(&o, verb, argc, argv);
	status = read_options(&check, &o);
	if (status != STATUS_DONE || !check.ask.command)
		return status;

	status = ask_build(&check.ask, verb, &request);
	if (status != STATUS_DONE)
		return status;

	status = exchange(&client, &check, &request, &reply);
	client_close(&client);
	return status == STATUS_DONE ? conclude(&check, &reply) : status;
}

const struct verb check_verb = {
	.name = "check",
	.arguments = "[--] COMMAND [ARG...]",
	.summary = "Asks whether a command may run",
	.options = rows,
	.run = run,
};
