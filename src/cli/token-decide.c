/* SPDX-License-Identifier: ISC */

/*
 * `firma token approve` and `firma token revoke`. On a terminal the request is shown first, and
 * what is then sent names its fingerprint: the answer holds for what was seen.
 */

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <termios.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "base/notation.h"
#include "base/text.h"
#include "cli/item.h"
#include "cli/operator.h"
#include "gate/request.h"

enum { YES = OPERATOR_OPTIONS, REASON };

static const struct option_row approve_rows[] = {
	OPERATOR_ROWS,
	[YES] = { "yes", 'y', NULL,
		"act without showing and asking, which is done\n"
		"on a terminal only" },
	{ 0 },
};

static const struct option_row revoke_rows[] = {
	OPERATOR_ROWS,
	[YES] = { "yes", 'y', NULL,
		"act without showing and asking, which is done\n"
		"on a terminal only" },
	[REASON] = { "reason", 0, "TEXT", "tell the asker why" },
	{ 0 },
};

struct deciding {
	struct operator op;
	enum action action;
	const char *question, *done; /* words */
	const char *reason;
	int terminal; /* where to ask; -1: act */
};

/* The token as it was shown. */
struct shown {
	int terminal;
	bool found;
	bool live; /* so that there is something to ask about */
	char fingerprint[FINGERPRINT_HEX_LEN + 1];
};

static int show_item(const struct bytes *line, void *userdata)
{
	cleanup(bytes_deinit) struct bytes card = BYTES_INIT(BYTES_UNLIMITED);
	struct shown *shown = userdata;
	struct item item;
	int status, r;

	status = item_read(line, &item);
	if (status != STATUS_DONE)
		return status;

	shown->live = item_is_live(&item);
	shown->found = strlen(item.fingerprint) == FINGERPRINT_HEX_LEN;
	if (shown->found)
		memcpy(shown->fingerprint, item.fingerprint, sizeof(shown->fingerprint));
	r = item_append_card(&item, &card);
	item_deinit(&item);
	if (r < 0)
		return say_undecided("out of memory");

	/* A card that can't be seen whole must not be answered. */
	r = file_write(shown->terminal, bytes_str(&card), card.len);
	return r < 0 ? say_undecided("can't show the request: %s", strerror(-r)) : STATUS_DONE;
}

/*
 * Only a line that is "y" or "yes" means yes; the end of input means no. What was typed before the
 * question was there is not an answer to it.
 */
static bool read_yes(int terminal, const char *question)
{
	char line[64];
	ssize_t n;

	tcflush(terminal, TCIFLUSH);
	dprintf(terminal, "%s? [y/N] ", question);
	n = read(terminal, line, sizeof(line) - 1);
	if (n <= 0) {
		dprintf(terminal, "\n");
		return false;
	}

	line[n] = '\0';
	return strcasecmp(line, "y\n") == 0 || strcasecmp(line, "yes\n") == 0;
}

static int show_and_ask(const struct deciding *d, const char *id, struct shown *shown)
{
	cleanup(bytes_deinit) struct bytes request = BYTES_INIT(BYTES_UNLIMITED);
	int status;

	if (operator_print_request(action_name(ACTION_SHOW), id, NULL, NULL, &request) < 0)
		return say_undecided("out of memory");

	status = operator_ask(&d->op, &request, show_item, shown, id);
	if (status != STATUS_DONE)
		return status;
	if (!shown->found)
		return say_undecided("%s: the answer doesn't show the token", id);

	/* What is over already is the daemon's to refuse. */
	if (!shown->live || read_yes(d->terminal, d->question))
		return STATUS_DONE;
	say("%s: left as it is", id);
	return STATUS_REFUSED;
}

static int decide_one(const struct deciding *d, const char *text)
{
	cleanup(bytes_deinit) struct bytes request = BYTES_INIT(BYTES_UNLIMITED);
	char id[NOTATION_UUID_LEN + 1];
	struct shown shown = { .terminal = d->terminal };
	int status;

	status = operator_find_token(&d->op, text, id);
	if (status == STATUS_DONE && d->terminal >= 0)
		status = show_and_ask(d, id, &shown);
	if (status != STATUS_DONE)
		return status;

	if (operator_print_request(action_name(d->action), id, d->reason,
		    shown.found ? shown.fingerprint : NULL, &request)
		< 0)
		return say_undecided("out of memory");

	status = operator_ask(&d->op, &request, NULL, NULL, id);
	if (status == STATUS_DONE && d->terminal >= 0)
		say("%s: %s", id, d->done);
	return status;
}

static int run(struct deciding *d, int argc, char **argv)
{
	cleanup(close_p) int terminal = -1;
	bool yes = false;
	struct options o;
	int option, one, status = STATUS_DONE;

	options_begin(&o, d->op.verb, argc, argv);
	while (status == STATUS_DONE && (option = options_next(&o)) >= 0) {
		if (option == YES)
			yes = true;
		else if (option == REASON)
			d->reason = o.value;
		else
			status = operator_take(&d->op, option, o.value);
	}
	if (status != STATUS_DONE)
		return status;
	if (option == OPTIONS_LEAVE)
		return o.status;
	if (o.n_rest == 0)
		return usage_error(d->op.verb, "a token's ID is missing");
	if (d->reason && !text_is_utf8(d->reason, strlen(d->reason)))
		return usage_error(d->op.verb, "--reason wants UTF-8");

	if (!yes && isatty(STDIN_FILENO)) {
		terminal = open("/dev/tty", O_RDWR | O_CLOEXEC | O_NOCTTY);
		if (terminal < 0)
			return say_undecided("can't ask on the terminal: %s (--yes doesn't ask)",
				strerror(errno));
	}

	/* Each is tried; the worst outcome is the whole's. */
	d->terminal = terminal;
	for (int i = 0; i < o.n_rest; i++) {
		one = decide_one(d, o.rest[i]);
		if (one > status)
			status = one;
	}
	return status;
}

static int run_approve(const struct verb *verb, int argc, char **argv)
{
	struct deciding d = {
		.op = OPERATOR_INIT(verb),
		.action = ACTION_APPROVE,
		.question = "Approve this",
		.done = "approved",
	};

	return run(&d, argc, argv);
}

static int run_revoke(const struct verb *verb, int argc, char **argv)
{
	struct deciding d = {
		.op = OPERATOR_INIT(verb),
		.action = ACTION_REVOKE,
		.question = "Revoke this",
		.done = "revoked",
	};

	return run(&d, argc, argv);
}

const struct verb token_approve_verb = {
	.group = "token",
	.name = "approve",
	.arguments = "ID...",
	.summary = "Approves pending requests",
	.options = approve_rows,
	.run = run_approve,
};

const struct verb token_revoke_verb = {
	.group = "token",
	.name = "revoke",
	.arguments = "ID...",
	.summary = "Revokes pending or approved tokens",
	.options = revoke_rows,
	.run = run_revoke,
};
