/* SPDX-License-Identifier: ISC */

/*
 * The panic button. The daemon revokes a limited number at once; the request is repeated for the
 * rest.
 */

#include "cli/revoke-many.h"

#include <string.h>

#include "base/text.h"
#include "cli/token-view.h"
#include "gate/limits.h"
#include "gate/wire/request.h"

bool revoke_selection_is_made(const struct revoke_selection *s)
{
	return s->all || s->by_uid || s->session;
}

int revoke_selection_describe(const struct revoke_selection *s, struct bytes *b)
{
	int r;

	if (s->all)
		return bytes_append_str(b, "all tokens");
	if (s->by_uid)
		return bytes_appendf(b, "the tokens of uid %u", (unsigned int)s->uid);

	r = bytes_append_str(b, "the tokens of session ");
	return r < 0 ? r : text_append_quoted(b, s->session, strlen(s->session));
}

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

int revoke_many(
	const struct operator_options *op, const struct revoke_selection *s, const char *reason)
{
	cleanup(bytes_deinit) struct bytes request = BYTES_INIT(BYTES_UNLIMITED);
	const struct operation operation = {
		.all = s->all,
		.by_uid = s->by_uid,
		.uid = s->uid,
		.session_id = s->session,
		.reason = reason,
	};
	size_t n, total = 0;
	int status;

	if (operator_print_request(ACTION_REVOKE, &operation, &request) < 0)
		return say_undecided("out of memory");

	do {
		n = 0;
		status = operator_ask(op, &request, count_item, &n, NULL);
		total += n;
	} while (status == STATUS_DONE && n == LIMIT_REVOKE_MANY);

	if (status != STATUS_DONE)
		say("revoked before that, as far as was told: %zu", total);
	else if (total == 0)
		say("there was nothing to revoke");
	else
		say("revoked: %zu token%s", total, total == 1 ? "" : "s");
	return status;
}
