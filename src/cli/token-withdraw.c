/* SPDX-License-Identifier: ISC */

/* `firma token withdraw`: an asker ends its own tokens, at the door at which it asks. */

#include "cli/operator.h"

struct withdrawing {
	struct operator_options op;
};

static const struct option_row rows[] = {
	{ "socket", 0, "PATH", "the daemon's socket, for asking",
		OPTION_STRING(struct withdrawing, op.socket) },
	{ "timeout", 0, "TIME", "wait at most so long for an answer (default: 5s)",
		OPTION_DURATION(struct withdrawing, op.timeout) },
	{ 0 },
};

static int withdraw(const struct operator_options *op, const char *text)
{
	cleanup(bytes_deinit) struct bytes request = BYTES_PRINTED;
	char id[NOTATION_UUID_LEN + 1];
	int status;

	status = operator_find_token(op, text, id);
	if (status != STATUS_DONE)
		return status;
	if (operator_print_request(ACTION_WITHDRAW, &(struct operation){ .token_id = id }, &request)
		< 0)
		return say_undecided("out of memory");
	return operator_ask(op, &request, NULL, NULL, id);
}

/* Goes on after a token that could not be withdrawn; the first failure is the exit status. */
static int run(const struct verb *verb, int argc, char **argv)
{
	struct withdrawing w = { .op = OPERATOR_INIT(verb) };
	int status, result = STATUS_DONE;
	struct operands operands;

	w.op.own = true;
	w.op.look = "firma token list --own";
	status = verb_read_options(verb, argc, argv, &w, &operands);
	if (status != VERB_GO)
		return status;

	for (int i = 0; i < operands.n; i++) {
		status = withdraw(&w.op, operands.words[i]);
		if (result == STATUS_DONE)
			result = status;
	}
	return result;
}

const struct verb token_withdraw_verb = {
	.group = "token",
	.name = "withdraw",
	.operands = OPERANDS_SOME,
	.operand = "token's ID",
	.arguments = "ID...",
	.summary = "Withdraws your own requests",
	.options = rows,
	.run = run,
};
