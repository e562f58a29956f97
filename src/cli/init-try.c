/* SPDX-License-Identifier: ISC */

#include "cli/init-try.h"

#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "cli/capture.h"
#include "cli/say.h"
#include "cli/verb.h"

#define REASON "the first question, by firma init; nothing is run"
#define TOKEN_MAX 128
#define TIMEOUT (60 * CLOCK_SECOND)
#define WORDS_MAX 20

/* Runs `firma check`; at the system's gate, as the agent's user. Its messages are printed. */
static int check(const struct init_plan *p, const char *token, struct bytes *out)
{
	const char *words[WORDS_MAX] = { 0 };
	size_t n = 0;
	int r, status = STATUS_UNDECIDED;

	if (p->places.system) {
		words[n++] = "setpriv";
		words[n++] = "--reuid";
		words[n++] = p->options->agent;
		words[n++] = "--regid";
		words[n++] = p->options->agent;
		words[n++] = "--init-groups";
		words[n++] = "--";
	}
	words[n++] = p->program;
	words[n++] = "check";
	words[n++] = "--quiet";
	words[n++] = "--socket";
	words[n++] = p->places.agent_socket;
	words[n++] = token ? "--token" : "--reason";
	words[n++] = token ? token : REASON;
	words[n++] = "--";
	words[n++] = p->program;
	words[n] = "--version";
	r = capture_run(words, NULL, TOKEN_MAX, TIMEOUT, out, &status);
	return r < 0 ? say_undecided("%s: %s", words[0], strerror(-r)) : status;
}

/* Runs `firma token approve`, which shows the request, and asks the person. */
static int approve(const struct init_plan *p, char *token)
{
	static char name[] = "approve", socket[] = "--socket", yes[] = "--yes";
	char *words[] = { name, socket, p->places.operator_socket, token,
		p->options->yes ? yes : NULL, NULL };

	return token_approve_verb.run(&token_approve_verb, p->options->yes ? 5 : 4, words);
}

int init_try(const struct init_plan *p)
{
	cleanup(bytes_deinit) struct bytes out = BYTES_PRINTED, none = BYTES_PRINTED;
	int status;

	status = check(p, NULL, &out);
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
	status = approve(p, out.data);
	if (status != STATUS_DONE)
		return status;
	status = check(p, bytes_str(&out), &none);
	if (status == STATUS_DONE)
		puts("The first question was approved, and is allowed: the gate works.");
	else
		say("the first question was approved, and is not allowed: see firma doctor");
	return status;
}
