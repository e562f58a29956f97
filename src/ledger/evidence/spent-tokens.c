/* SPDX-License-Identifier: ISC */

/* Tokens that the end of a log says were used or refused. */

#include "ledger/evidence/spent-tokens.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>
#include <unistd.h>

#include "base/json/tree.h"
#include "base/lines.h"
#include "base/notation.h"
#include "gate/policy/rule.h"
#include "ledger/evidence/chain.h"

struct check {
	struct store *store;
	struct bytes *why;
	uint64_t sequence; /* of the record */
};

static bool is(const char *text, const char *wanted)
{
	return text && strcmp(text, wanted) == 0;
}

static int check_token(const struct check *c, const char *name)
{
	uint8_t id[TOKEN_ID_LEN];
	const struct token *token;

	if (!name || notation_parse_uuid(name, strlen(name), id) != 0)
		return 0;
	token = store_find(c->store, id);
	if (!token || !token_state_is_live(token->state))
		return 0;
	return bytes_refuse(c->why, SPENT_TOKENS_LIVE,
		"the tokens are older than it: by record %" PRIu64
		", token %s can't be used any more, and the store has it as %s",
		c->sequence, name, token_state_name(token->state));
}

/* "tokens": those that were refused together. */
static int check_tokens(const struct check *c, const struct json *response)
{
	const struct json *tokens = json_get(response, "tokens");
	int r = 0;

	if (!tokens)
		return 0;
	json_each (token, tokens) {
		r = check_token(c, json_string(token));
		if (r != 0)
			break;
	}
	return r;
}

static int check_record(const struct check *c, const struct json *root)
{
	const struct json *request = json_get(root, "request");
	const struct json *response = json_get(root, "response");
	const char *action, *name;
	int r;

	if (!request || !response)
		return 0;

	/* The response of the second contract has other keys, and no token. */
	name = json_get_string(response, "token_id");
	if (is(json_get_string(response, "decision"), "allow")) {
		if (is(json_get_string(response, "rule_id"), RULE_TOKEN))
			name = json_get_string(request, "approval_token");
		else if (!is(json_get_string(response, "rule"), RULE_TOKEN))
			name = NULL;
		return check_token(c, name);
	}

	action = json_get_string(request, "action");
	if (!is(json_get_string(response, "outcome"), "ok")
		|| (!is(action, "local.exec.revoke") && !is(action, "local.exec.withdraw")))
		return 0;
	r = check_token(c, name);
	return r != 0 ? r : check_tokens(c, response);
}

static int check_line(struct check *c, const struct line *line)
{
	cleanup(json_doc_free_p) struct json_doc *doc = NULL;
	struct scan_fault fault;
	int r;

	r = json_parse_within(line->text, line->len, &chain_limits, &doc, &fault);
	if (r != 0)
		return r < 0 ? r : 0;
	json_get_integer(json_root(doc), "sequence", CHAIN_SEQUENCE_MAX, &c->sequence);
	return check_record(c, json_root(doc));
}

int spent_tokens_check(int fd, uint64_t start, uint64_t end, struct store *store, struct bytes *why)
{
	cleanup(lines_deinit) struct lines lines = { 0 };
	struct check c = { .store = store, .why = why };
	struct line line;
	int r;

	if (lseek(fd, (off_t)start, SEEK_SET) < 0)
		return -errno;

	lines_init(&lines, fd, CHAIN_LINE_MAX);
	while ((r = lines_next(&lines, &line)) == LINES_ONE && start + lines.offset <= end) {
		r = check_line(&c, &line);
		if (r != 0)
			return r;
	}
	return r < 0 ? r : 0;
}
