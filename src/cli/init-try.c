/* SPDX-License-Identifier: ISC */

#include "cli/init-try.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/text.h"
#include "base/users.h"
#include "cli/capture.h"
#include "cli/operator.h"
#include "cli/say.h"
#include "cli/token-view.h"
#include "cli/verb.h"

#define REASON "the first question, by firma init; nothing is run"
#define ARGUMENT "--version"
#define OUTPUT_MAX 1024
#define TIMEOUT (60 * CLOCK_SECOND)
#define WORDS_MAX 20

/* The first question. */
struct first {
	const struct init_plan *plan;
	uid_t asker;
	char uid[NOTATION_DECIMAL_MAX + 1], gid[NOTATION_DECIMAL_MAX + 1]; /* of the asker */
	char token[NOTATION_UUID_LEN + 1];
	bool is_token; /* the token is for this question */
};

/* At the system's gate the agent's user asks, else the user who runs this. */
static int find_asker(struct first *first)
{
	const struct init_plan *p = first->plan;
	gid_t gid = getegid();

	first->asker = geteuid();
	if (p->places.system
		&& (users_find(p->options->agent, &first->asker) < 0
			|| users_primary_group(first->asker, &gid) < 0))
		return say_undecided("the agent's user is not there");
	notation_decimal(first->asker, first->uid);
	notation_decimal(gid, first->gid);
	return STATUS_DONE;
}

/*
 * What the agent's process has written, on this terminal. A message of firma's own begins with
 * "firma: ".
 */
static int pass_on(const struct bytes *messages)
{
	static const char own[] = "firma: ";
	cleanup(bytes_deinit) struct bytes shown = BYTES_PRINTED;
	const char *text = bytes_str(messages), *end;
	size_t len;

	for (; *text; text = end + (*end == '\n')) {
		end = text + strcspn(text, "\n");
		if (strncmp(text, own, strlen(own)) == 0)
			text += strlen(own);
		len = (size_t)(end - text);
		bytes_truncate(&shown, 0);
		if (text_append_escaped(&shown, text, len) < 0)
			return say_undecided("out of memory");
		say_foreign("%s", bytes_str(&shown));
	}
	return STATUS_DONE;
}

/*
 * Runs `firma check` as the asker. That user can take hold of the process, so it gets nothing of
 * this terminal.
 */
static int check(const struct first *first, struct bytes *out)
{
	const struct init_plan *p = first->plan;
	cleanup(bytes_deinit) struct bytes messages = BYTES_PRINTED;
	const char *words[WORDS_MAX] = { 0 };
	size_t n = 0;
	int r, status = STATUS_UNDECIDED;

	if (p->places.system) {
		words[n++] = "setpriv";
		words[n++] = "--reuid";
		words[n++] = first->uid;
		words[n++] = "--regid";
		words[n++] = first->gid;
		words[n++] = "--init-groups";
		words[n++] = "--";
	}
	words[n++] = p->program;
	words[n++] = "check";
	words[n++] = "--quiet";
	words[n++] = "--socket";
	words[n++] = p->places.agent_socket;
	words[n++] = first->token[0] ? "--token" : "--reason";
	words[n++] = first->token[0] ? first->token : REASON;
	words[n++] = "--";
	words[n++] = p->program;
	words[n] = ARGUMENT;
	r = capture_run_apart(words, OUTPUT_MAX, TIMEOUT, out, &messages, &status);
	if (pass_on(&messages) != STATUS_DONE)
		return STATUS_UNDECIDED;
	return r < 0 ? say_undecided("%s: %s", words[0], strerror(-r)) : status;
}

static int compare(const struct bytes *line, void *userdata)
{
	struct first *first = userdata;
	const struct string_list *args;
	struct token_view token;
	int status;

	status = token_view_read(line, &token);
	if (status != STATUS_DONE)
		return status;
	args = &token.asked.args;
	first->is_token = token.uid == first->asker && token.asked.executable
		&& strcmp(token.asked.executable, first->plan->program) == 0 && args->n == 1
		&& strcmp(args->text, ARGUMENT) == 0;
	token_view_deinit(&token);
	return STATUS_DONE;
}

/*
 * The process that printed the token was the agent's, who can make it print another one. With --yes
 * no person sees for what that is.
 */
static int take_token(struct first *first, const struct bytes *out)
{
	struct operator_options op = OPERATOR_INIT(&token_approve_verb);
	cleanup(bytes_deinit) struct bytes request = BYTES_PRINTED;
	uint8_t id[TOKEN_ID_LEN];
	int status = STATUS_DONE;

	if (notation_parse_uuid(bytes_str(out), out->len, id) == 0) {
		memcpy(first->token, bytes_str(out), NOTATION_UUID_LEN + 1);
		op.socket = first->plan->places.operator_socket;
		if (operator_print_request(
			    ACTION_SHOW, &(struct operation){ .token_id = first->token }, &request)
			< 0)
			return say_undecided("out of memory");
		status = operator_ask(&op, &request, compare, first, first->token);
	}
	if (status != STATUS_DONE || first->is_token)
		return status;
	say("the answer to the first question names the token of another one; nothing was "
	    "approved");
	return STATUS_REFUSED;
}

/* Runs `firma token approve`, which shows the request, and asks the person. */
static int approve(struct first *first)
{
	static char name[] = "approve", socket[] = "--socket", yes[] = "--yes";
	const struct init_plan *p = first->plan;
	char *words[] = { name, socket, p->places.operator_socket, first->token,
		p->options->yes ? yes : NULL, NULL };

	return token_approve_verb.run(&token_approve_verb, p->options->yes ? 5 : 4, words);
}

int init_try(const struct init_plan *p)
{
	cleanup(bytes_deinit) struct bytes out = BYTES_PRINTED, none = BYTES_PRINTED;
	struct first first = { .plan = p };
	int status;

	status = find_asker(&first);
	if (status != STATUS_DONE)
		return status;
	status = check(&first, &out);
	if (status == STATUS_DONE) {
		say("the policy allows even a question about %s without asking a person",
			p->program);
		return STATUS_DONE;
	}
	if (status != STATUS_PENDING) {
		say("the first question was not taken (status %d): see firma doctor", status);
		return status;
	}
	bytes_truncate(&out, strcspn(bytes_str(&out), "\n"));
	say_flush();
	status = take_token(&first, &out);
	if (status == STATUS_DONE)
		status = approve(&first);
	if (status != STATUS_DONE)
		return status;
	status = check(&first, &none);
	if (status == STATUS_DONE)
		puts("The first question was approved, and is allowed: the gate works.");
	else
		say("the first question was approved, and is not allowed: see firma doctor");
	return status;
}
