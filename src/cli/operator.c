/* SPDX-License-Identifier: ISC */

/* Exchanges with the operator door. */

#include "cli/operator.h"

#include <string.h>
#include <unistd.h>

#include "base/json/writer.h"
#include "base/notation.h"
#include "base/text.h"
#include "cli/console.h"
#include "cli/fold.h"
#include "cli/must.h"
#include "cli/token-view.h"
#include "gate/wire/request.h"

/*
 * Whether the daemon could not decide. If so, the reason begins with one of the promised texts;
 * otherwise the daemon refused.
 */
static bool is_failure(const struct reply *reply)
{
	return reply->decision != DECISION_NONE || reply->stopping
		|| strncmp(reply->reason, REASON_CLOSED, strlen(REASON_CLOSED)) == 0
		|| strncmp(reply->reason, REASON_OUTCOME_UNKNOWN, strlen(REASON_OUTCOME_UNKNOWN))
		== 0;
}

int operator_conclude(const struct reply *reply, const char *about)
{
	cleanup(bytes_deinit) struct bytes reason = BYTES_PRINTED;

	if (reply->outcome == OUTCOME_OK && !reply->reason)
		return STATUS_DONE;

	if (text_append_escaped(&reason, reply->reason, strlen(reply->reason)) < 0)
		return say_undecided("out of memory");
	say_foreign("%s%s%s", about ? about : "", about ? ": " : "", bytes_str(&reason));
	if (reply->outcome == OUTCOME_OK)
		return STATUS_DONE; /* more is needed, such as another approval */
	return is_failure(reply) ? STATUS_UNDECIDED : STATUS_REFUSED;
}

static int not_a_reply(const struct client *c)
{
	return say_undecided("%s: the answer is not a reply", c->path);
}

/* If a change gets no answer, it may have happened or may still happen: the user must look. */
static int no_answer(
	const struct operator_options *op, const struct client *c, int r, const char *changed)
{
	cleanup(bytes_deinit) struct bytes why = BYTES_PRINTED;

	if (r == 0)
		bytes_appendf(&why, "%s: the connection ended without an answer", c->path);
	else
		bytes_append_str(&why, bytes_str(&c->why));
	if (!changed)
		return say_undecided("%s", bytes_str(&why));
	return say_undecided("%s: " REASON_OUTCOME_UNKNOWN "%s; see '%s'", changed, bytes_str(&why),
		op->look ? op->look : "firma token show");
}

/* The outcome of a request that relies on keys which this daemon may have ignored. */
static int not_known(int r, const struct client *c, const char *about)
{
	if (r < 0)
		return say_undecided("out of memory");
	return say_undecided("%s%s%s: " REASON_OUTCOME_UNKNOWN MUST_UNMET_TEXT " of this request",
		about ? about : "", about ? ": " : "", c->path);
}

/* Passes items to `fn` until the outcome. */
static int read_answer(const struct operator_options *op, struct client *c,
	const struct bytes *request, operator_item_fn fn, void *userdata, const char *about)
{
	cleanup(bytes_deinit) struct bytes line = BYTES_PRINTED;
	struct parsed_reply reply;
	int r, status;

	for (;;) {
		r = client_read_line(c, &line);
		if (r != CLIENT_LINE)
			return no_answer(op, c, r, fn && !op->look ? NULL : about);

		r = reply_parse(bytes_str(&line), line.len, &reply);
		if (r < 0)
			return say_undecided("out of memory");
		if (r == 0) {
			r = must_check(request, &line);
			status = r == MUST_MET ? operator_conclude(&reply.reply, about)
					       : not_known(r, c, about);
			if (status == STATUS_DONE && op->done && !reply.reply.reason)
				say("%s: %s", about, op->done);
			parsed_reply_deinit(&reply);
			return status;
		}

		status = fn ? fn(&line, userdata) : not_a_reply(c);
		if (status != STATUS_DONE)
			return status;
	}
}

int operator_ask(const struct operator_options *op, const struct bytes *request,
	operator_item_fn fn, void *userdata, const char *about)
{
	struct client c;
	int r, status;

	r = op->trusted ? client_open_by_place(&c, op->trusted, op->timeout)
			: client_open(&c, op->own ? CLIENT_AGENT : CLIENT_OPERATOR, op->socket,
				op->timeout);
	if (r >= 0)
		r = client_send(&c, request);
	status = r < 0 ? say_undecided("%s", bytes_str(&c.why))
		       : read_answer(op, &c, request, fn, userdata, about);
	client_close(&c);
	return status;
}

static void write_standing(struct writer *w, const struct standing *s)
{
	const char *word;

	if (s->always)
		writer_bool(w, "always", true);
	if (s->for_ms > 0)
		writer_unsigned(w, "for_ms", s->for_ms);
	if (s->scope == 0)
		return;
	writer_array(w, "scope");
	for (size_t at = 0; (word = scope_next(s->scope, &at));)
		writer_string(w, NULL, word);
	writer_end(w);
}

int operator_print_request(enum action action, const struct operation *o, struct bytes *line)
{
	struct writer w;
	int r;

	writer_init(&w, line);
	writer_object(&w, NULL);
	writer_string(&w, "action", action_name(action));
	writer_string(&w, "token_id", o->token_id);
	if (o->all)
		writer_bool(&w, "all", true);
	if (o->own)
		writer_bool(&w, "own", true);
	if (o->by_uid)
		writer_unsigned(&w, "uid", o->uid);
	writer_string(&w, "session_id", o->session_id);
	writer_string(&w, "fingerprint", o->fingerprint);
	writer_string(&w, "state", o->state);
	writer_string(&w, "reason", o->reason);
	write_standing(&w, &o->standing);
	writer_string(&w, "confirmed", confirmed_name(o->confirmed));
	writer_string(&w, "signature", o->signature);
	must_write(&w,
		(const char *const[]){
			o->signature ? "signature" : NULL, o->standing.scope ? "scope" : NULL },
		2);
	writer_end(&w);
	r = writer_finish(&w);
	return r < 0 ? r : bytes_append_char(line, '\n');
}

/* The tokens that begin with a prefix. */
struct match {
	const char *prefix;
	struct console console; /* shows the messages */
	size_t n;
	char id[NOTATION_UUID_LEN + 1]; /* of the last match */
	struct bytes rows;              /* one line for each match */
};

/* Appends the token's ID and state, and as much of its command as fits into the line. */
static int append_candidate(struct match *m, const struct token_view *token)
{
	cleanup(bytes_deinit) struct bytes command = BYTES_PRINTED;
	enum token_state state = token_state_parse(token->state);
	size_t columns = m->console.columns, at = m->rows.len;
	int r;

	bytes_appendf(&m->rows, "\n  %s  %-10s", token->id,
		state == TOKEN_ABSENT ? "?" : token_state_word(token_state_name(state)));
	r = token_view_append_command(token, &command);
	if (r < 0 || !console_is_there(&m->console))
		return r < 0 ? r : bytes_append(&m->rows, bytes_str(&command), command.len);

	at = m->rows.len - at - 1;
	if (columns < at + FOLD_COLUMNS_MIN)
		return 0;
	return fold_append_cut(&m->rows, bytes_str(&command), command.len, columns - at);
}

static int match_item(const struct bytes *line, void *userdata)
{
	struct match *m = userdata;
	struct token_view token;
	int status, r = 0;

	status = token_view_read(line, &token);
	if (status != STATUS_DONE)
		return status;

	if (strncmp(token.id, m->prefix, strlen(m->prefix)) == 0) {
		m->n++;
		memcpy(m->id, token.id, sizeof(m->id));
		r = append_candidate(m, &token);
	}
	token_view_deinit(&token);
	return r < 0 ? say_undecided("out of memory") : STATUS_DONE;
}

static int find_by_prefix(const struct operator_options *op, const char *prefix,
	char ret[static NOTATION_UUID_LEN + 1])
{
	cleanup(bytes_deinit) struct bytes request = BYTES_PRINTED;
	struct match m = { .prefix = prefix, .rows = BYTES_PRINTED };
	int status;

	if (operator_print_request(ACTION_LIST, &(struct operation){ .own = op->own }, &request)
		< 0)
		return say_undecided("out of memory");

	console_look(STDERR_FILENO, &m.console);
	status = operator_ask(op, &request, match_item, &m, NULL);
	if (status == STATUS_DONE && m.n == 0) {
		say("no token begins with '%s'", prefix);
		status = STATUS_REFUSED;
	} else if (status == STATUS_DONE && m.n > 1) {
		say("'%s' fits several tokens:%s", prefix, bytes_str(&m.rows));
		status = STATUS_REFUSED;
	} else if (status == STATUS_DONE) {
		memcpy(ret, m.id, sizeof(m.id));
	}
	bytes_deinit(&m.rows);
	return status;
}

int operator_find_token(
	const struct operator_options *op, const char *text, char ret[static NOTATION_UUID_LEN + 1])
{
	uint8_t id[TOKEN_ID_LEN];
	size_t len = strlen(text);

	if (notation_parse_uuid(text, len, id) == 0) {
		memcpy(ret, text, len + 1);
		return STATUS_DONE;
	}
	if (len < TOKEN_PREFIX_MIN || len > NOTATION_UUID_LEN
		|| strspn(text, "0123456789abcdef-") != len)
		return usage_error(op->verb,
			"a token's ID is wanted, or at least its first %d characters",
			TOKEN_PREFIX_MIN);
	return find_by_prefix(op, text, ret);
}
