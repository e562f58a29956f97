/* SPDX-License-Identifier: ISC */

/*
 * The daemon lists all tokens, and the client selects from the list. An approval then names each
 * token, so a token that came after the list is never approved.
 */

#include "cli/token-selection.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/file.h"
#include "base/text.h"
#include "cli/token-list.h"
#include "cli/token-view.h"
#include "gate/wire/request.h"

bool token_selection_is_made(const struct token_selection *s)
{
	return s->all || s->by_uid || s->session;
}

int token_selection_describe(const struct token_selection *s, struct bytes *b)
{
	if (s->by_uid)
		return bytes_appendf(b, " of uid %u", (unsigned int)s->uid);
	if (!s->session)
		return 0;

	bytes_append_str(b, " of session ");
	return text_append_quoted(b, s->session, strlen(s->session));
}

struct finding {
	const struct token_selection *selection;
	bool pending_only;
	struct token_list table;
	struct selected_tokens tokens;
};

static bool is_meant(const struct finding *f, const struct token_view *token)
{
	const struct token_selection *s = f->selection;

	if (f->pending_only ? token_state_parse(token->state) != TOKEN_PENDING
			    : !token_view_is_live(token))
		return false;
	return s->all || (s->by_uid && token->uid == s->uid)
		|| (s->session && token->asked.session_id
			&& strcmp(token->asked.session_id, s->session) == 0);
}

static int add(struct selected_tokens *tokens, const struct token_view *token)
{
	struct selected_token *added;

	if (ARRAY_RESERVE(&tokens->list, tokens->n, &tokens->size) < 0)
		return -ENOMEM;

	added = &tokens->list[tokens->n++];
	memcpy(added->id, token->id, sizeof(added->id));
	memcpy(added->fingerprint, token->fingerprint, sizeof(added->fingerprint));
	added->uid = token->uid;
	return 0;
}

static int find_item(const struct bytes *line, void *userdata)
{
	struct finding *f = userdata;
	struct token_view token;
	int status, r = 0;

	status = token_view_read(line, &token);
	if (status != STATUS_DONE)
		return status;

	if (is_meant(f, &token)) {
		if (strlen(token.id) != NOTATION_UUID_LEN
			|| strlen(token.fingerprint) != FINGERPRINT_HEX_LEN) {
			token_view_deinit(&token);
			return say_undecided("the answer doesn't show the tokens");
		}
		r = token_list_add(&f->table, &token);
		if (r >= 0)
			r = add(&f->tokens, &token);
	}
	token_view_deinit(&token);
	return r < 0 ? say_undecided("out of memory") : STATUS_DONE;
}

static int print_table(struct token_list *table, int fd)
{
	cleanup(bytes_deinit) struct bytes text = BYTES_PRINTED;
	int r;

	if (token_list_append(table, &text) < 0)
		return say_undecided("out of memory");

	/* If the tokens can't be shown, they must not be decided. */
	say_flush();
	r = file_write(fd, bytes_str(&text), text.len);
	return r < 0 ? say_undecided("can't show the requests: %s", strerror(-r)) : STATUS_DONE;
}

int token_selection_list(const struct operator_options *op, const struct token_selection *selection,
	bool pending_only, int fd, struct selected_tokens *ret)
{
	cleanup(bytes_deinit) struct bytes request = BYTES_PRINTED;
	struct finding f = { .selection = selection, .pending_only = pending_only };
	struct console console;
	int status;

	if (operator_print_request(ACTION_LIST, &(struct operation){ 0 }, &request) < 0)
		return say_undecided("out of memory");

	console_look(fd, &console);
	f.table = (struct token_list)TOKEN_LIST_INIT(&console, NULL);
	status = operator_ask(op, &request, find_item, &f, NULL);
	if (status == STATUS_DONE)
		status = print_table(&f.table, fd);
	token_list_deinit(&f.table);
	if (status == STATUS_DONE)
		*ret = f.tokens;
	else
		selected_tokens_deinit(&f.tokens);
	return status;
}

bool selected_tokens_are_of_several(const struct selected_tokens *tokens)
{
	for (size_t i = 1; i < tokens->n; i++)
		if (tokens->list[i].uid != tokens->list[0].uid)
			return true;
	return false;
}

void selected_tokens_deinit(struct selected_tokens *tokens)
{
	free(tokens->list);
	*tokens = (struct selected_tokens)SELECTED_TOKENS_INIT;
}
