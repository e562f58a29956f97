/* SPDX-License-Identifier: ISC */

/*
 * The panic button. The daemon revokes a limited number at once; the request is repeated for the
 * rest.
 */

#include "cli/revoke-many.h"

#include "base/text.h"
#include "cli/confirm.h"
#include "cli/console.h"
#include "cli/fold.h"
#include "cli/token-view.h"
#include "gate/limits.h"
#include "gate/wire/request.h"

/* Counts a revoked token. */
static int count_item(const struct bytes *line, void *userdata)
{
	size_t *n = userdata;
	struct token_view token;
	int status;

	status = token_view_read(line, &token);
	if (status != STATUS_DONE)
		return status;

	token_view_deinit(&token);
	++*n;
	return STATUS_DONE;
}

static int append_question(const struct token_selection *s, int terminal, struct bytes *b)
{
	cleanup(bytes_deinit) struct bytes text = BYTES_PRINTED;
	struct console console;

	console_look(terminal, &console);
	bytes_append_str(&text, s->all ? "Refuse all tokens" : "Refuse the tokens");
	token_selection_describe(s, &text);
	if (bytes_append_str(&text, "? [y/N] ") < 0)
		return bytes_error(&text);
	return fold_append(b, bytes_str(&text), text.len, 0, 2, console.columns);
}

/* Whether to go on. */
static int list_and_ask(
	const struct operator_options *op, const struct token_selection *s, int terminal)
{
	cleanup(bytes_deinit) struct bytes question = BYTES_PRINTED;
	cleanup(selected_tokens_deinit) struct selected_tokens tokens = SELECTED_TOKENS_INIT;
	char answer[CONFIRM_ANSWER_MAX];
	int status;

	status = token_selection_list(op, s, false, terminal, &tokens);
	if (status != STATUS_DONE)
		return status;
	if (append_question(s, terminal, &question) < 0)
		return say_undecided("out of memory");

	if (confirm_read(terminal, &question, answer) && confirm_is_yes(answer))
		return STATUS_DONE;
	say("nothing was refused");
	return STATUS_REFUSED;
}

int revoke_many(const struct operator_options *op, const struct token_selection *s,
	const char *reason, int terminal)
{
	cleanup(bytes_deinit) struct bytes request = BYTES_PRINTED;
	const struct operation operation = {
		.all = s->all,
		.by_uid = s->by_uid,
		.uid = s->uid,
		.session_id = s->session,
		.reason = reason,
	};
	size_t n, total = 0;
	int status;

	status = terminal >= 0 ? list_and_ask(op, s, terminal) : STATUS_DONE;
	if (status != STATUS_DONE)
		return status;
	if (operator_print_request(ACTION_REVOKE, &operation, &request) < 0)
		return say_undecided("out of memory");

	do {
		n = 0;
		status = operator_ask(op, &request, count_item, &n, NULL);
		total += n;
	} while (status == STATUS_DONE && n == LIMIT_REVOKE_MANY);

	if (status != STATUS_DONE)
		say("refused before that, as far as was told: %zu", total);
	else if (total == 0)
		say("there was nothing to refuse");
	else
		say("refused: %zu token%s", total, text_plural(total));
	return status;
}
