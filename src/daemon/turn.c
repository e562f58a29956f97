/* SPDX-License-Identifier: ISC */

/*
 * A turn. Between turn_take() and turn_end() the store's changes are visible to the other requests
 * of the turn and to nobody else; what is answered is read from the verdicts after the commit.
 */

#include "daemon/turn.h"

#include <errno.h>
#include <sodium.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "daemon/log.h"

_Static_assert(LIMIT_UNREAD == 16 << 20, "refuse_unread() names it");

#define OUT_OF_MEMORY_REPLY "{\"decision\":\"deny\",\"reason\":\"out of memory\"}\n"

void turn_log_warnings(struct store *store)
{
	cleanup(bytes_deinit) struct bytes warning = BYTES_INIT(BYTES_UNLIMITED);

	if (store_take_warning(store, &warning))
		log_text(LOG_WARNING, LOG_ID_WARNING, "%s", bytes_str(&warning));
}

void turn_begin(struct turn *turn)
{
	if (turn->begun)
		return;

	turn->begun = true;
	turn->now.clock = clock_now();
	memcpy(turn->now.boot_id, turn->boot_id, sizeof(turn->boot_id));
	store_prepare(turn->store, &turn->now);
	turn_log_warnings(turn->store);
	store_prune(turn->store, &turn->now);
}

bool turn_is_full(const struct turn *turn)
{
	return turn->n == LIMIT_TURN_REQUESTS || turn->accepts == LIMIT_TURN_ACCEPTS;
}

static void drop_verdict(struct answer *a)
{
	if (a->decided)
		verdict_deinit(&a->verdict);
	a->decided = false;
}

/* A random UUID, version 4 (RFC 9562, section 5.4). */
static void make_id(uint8_t ret[static TOKEN_ID_LEN])
{
	randombytes_buf(ret, TOKEN_ID_LEN);
	ret[6] = (uint8_t)((ret[6] & 0x0f) | 0x40);
	ret[8] = (uint8_t)((ret[8] & 0x3f) | 0x80);
}

/* The token that the request names, if it names one that is there. */
static const struct token *named_token(const struct store *store, const struct request *request)
{
	const char *name =
		request->action == ACTION_EXEC ? request->approval_token : request->token_id;
	uint8_t id[TOKEN_ID_LEN];

	if (request->fault || !name || notation_parse_uuid(name, strlen(name), id) < 0)
		return NULL;
	return store_find(store, id);
}

static bool is_operation(const struct request *request)
{
	return request->action != ACTION_NONE && request->action != ACTION_EXEC;
}

/* "/usr/bin/git for uid 1000 (agent 'a b')", "by uid 0": for the log. Never the arguments. */
static int describe(const struct request *request, const struct peer *peer, struct bytes *what)
{
	int r = 0;

	if (request->action == ACTION_EXEC && !request->fault) {
		r = text_append_quoted(what, request->executable, strlen(request->executable));
		if (r >= 0)
			r = bytes_append_char(what, ' ');
	}
	if (r >= 0)
		r = bytes_appendf(what, "%s uid %u", is_operation(request) ? "by" : "for",
			(unsigned int)peer->uid);
	if (r >= 0 && request->agent_id) {
		r = bytes_append_str(what, " (agent ");
		if (r >= 0)
			r = text_append_quoted(what, request->agent_id, strlen(request->agent_id));
		if (r >= 0)
			r = bytes_append_char(what, ')');
	}
	return r;
}

/* A fresh request that may end in a token shows the operator which process asks. */
static bool may_issue(const struct turn *turn, const struct request *request)
{
	return turn->settings->default_action == DECISION_PENDING && !request->fault
		&& request->action == ACTION_EXEC && !request->approval_token;
}

/* Everything that bears on the request, and the decision; then the change. */
static int decide_request(
	struct turn *turn, const struct conn *conn, const struct request *request, struct answer *a)
{
	bool has_fingerprint = request->action == ACTION_EXEC && !request->fault;
	uint8_t fingerprint[FINGERPRINT_LEN] = { 0 }, fresh_id[TOKEN_ID_LEN];
	char process[PEER_PROCESS_MAX] = "";
	struct question q = {
		.request = request,
		.role = conn->door->role,
		.asker = { .uid = conn->peer.uid, .pid = conn->peer.pid },
		.settings = turn->settings,
		.token = named_token(turn->store, request),
		.now = turn->now,
		.fresh_id = fresh_id,
		.closed = store_closed(turn->store),
		.readable = store_is_readable(turn->store),
	};
	int r;

	if (has_fingerprint) {
		request_fingerprint(request, fingerprint);
		notation_hex(fingerprint, sizeof(fingerprint), a->fingerprint);
		q.fingerprint = fingerprint;
		q.usage = store_count(turn->store, conn->peer.uid, fingerprint);
	}
	if (may_issue(turn, request)) {
		make_id(fresh_id);
		peer_process(conn->fd, &conn->peer, process);
		q.asker.process = process[0] ? process : NULL;
	}

	r = decide(&q, &a->verdict);
	if (r < 0)
		return r;

	a->decided = true;
	if (a->verdict.change.to == TOKEN_ABSENT)
		return 0;

	r = store_apply(turn->store, &a->verdict.change);
	return r == STORE_STALE ? -ESTALE : r;
}

static int take(struct turn *turn, const struct conn *conn, const char *line, size_t len,
	const char *refused, struct answer *a)
{
	cleanup(request_free_p) struct request *request = NULL;
	int r;

	r = refused ? request_new_refused(refused, &request) : request_parse(line, len, &request);
	if (r < 0)
		return r;

	a->action = request->action;
	a->detail = request->detail;
	a->listed = request->state;
	r = describe(request, &conn->peer, &a->what);
	if (r < 0)
		return r;

	return decide_request(turn, conn, request, a);
}

void turn_take(struct conn *conn, const char *line, size_t len, const char *refused, void *userdata)
{
	struct turn *turn = userdata;
	struct answer *a;
	int r;

	turn_begin(turn);
	a = &turn->answers[turn->n++];
	*a = (struct answer){ .conn = conn, .what = BYTES_INIT(BYTES_UNLIMITED) };

	/* What was decided but couldn't be applied didn't happen, and so it is no. */
	r = take(turn, conn, line, len, refused, a);
	if (r < 0)
		drop_verdict(a);
}

static int print_views(const struct turn *turn, const struct answer *a, struct bytes *b)
{
	switch (a->verdict.view) {
	case VIEW_LIST:
		return view_list(turn->store, a->listed, &turn->now, b);
	case VIEW_SHOW:
		return view_show(turn->store, a->verdict.token_id, &turn->now, b);
	case VIEW_STATUS:
		return view_status(turn->situation, &turn->now, b);
	default:
		return 0;
	}
}

/* Lists are large: one that nobody reads must not be followed by many. */
static int refuse_unread(const struct turn *turn, struct answer *a)
{
	if (a->verdict.view != VIEW_LIST || turn->situation->conns->unread < LIMIT_UNREAD)
		return 0;
	return verdict_refuse(
		&a->verdict, "limit reached: 16 MiB of replies wait to be read; ask again");
}

static int print_answer(const struct turn *turn, const struct answer *a, struct bytes *b)
{
	cleanup(bytes_deinit) struct bytes expires = BYTES_INIT(64);
	const struct verdict *v = &a->verdict;
	char id[NOTATION_UUID_LEN + 1];
	struct reply reply = {
		.decision = v->decision,
		.outcome = v->outcome,
		.reason = v->outcome == OUTCOME_OK ? NULL : bytes_str(&v->reason),
	};
	int r;

	if (v->decision == DECISION_PENDING) {
		notation_uuid(v->token_id, id);
		reply.approval_token = id;
		reply.retry_after_ms = turn->settings->retry_after_ms;
	}
	if (a->detail && v->decision != DECISION_NONE) {
		reply.rule = v->rule;
		if (v->decision == DECISION_PENDING) {
			r = notation_append_time(&expires, v->expires_wall);
			if (r < 0)
				return r;
			reply.expires_at = bytes_str(&expires);
		}
	}

	r = print_views(turn, a, b);
	return r < 0 ? r : reply_print(&reply, b);
}

/* "allow /usr/bin/git for uid 1000: approved by an operator". */
static int print_message(const struct answer *a, const char *id, struct bytes *b)
{
	const struct verdict *v = &a->verdict;
	bool decision = v->decision != DECISION_NONE;
	int r;

	r = bytes_append_str(b, decision ? decision_name(v->decision) : action_name(a->action));
	if (r >= 0)
		r = bytes_appendf(b, " %s", bytes_str(&a->what));
	if (r >= 0 && id)
		r = bytes_appendf(b, ", token %s", id);
	if (r >= 0 && !decision)
		r = bytes_appendf(b, ": %s", outcome_name(v->outcome));
	if (r >= 0 && v->reason.len > 0) {
		r = bytes_append_str(b, ": ");
		if (r >= 0)
			r = text_append_escaped(b, v->reason.data, v->reason.len);
	}
	return r;
}

static const char *message_id(const struct verdict *v)
{
	if (v->decision == DECISION_NONE)
		return LOG_ID_ACTION;
	return v->decision == DECISION_PENDING ? LOG_ID_PENDING : LOG_ID_DECISION;
}

static void log_answer(const struct answer *a)
{
	cleanup(bytes_deinit) struct bytes message = BYTES_INIT(BYTES_UNLIMITED);
	const struct verdict *v = &a->verdict;
	bool decision = v->decision != DECISION_NONE;
	char id[NOTATION_UUID_LEN + 1], uid[16];
	const struct log_field fields[] = {
		{ "FIRMA_ACTION", a->action == ACTION_NONE ? NULL : action_name(a->action) },
		{ "FIRMA_DECISION", decision ? decision_name(v->decision) : NULL },
		{ "FIRMA_OUTCOME", decision ? NULL : outcome_name(v->outcome) },
		{ "FIRMA_RULE", v->rule },
		{ "FIRMA_TOKEN", v->has_token ? id : NULL },
		{ "FIRMA_FINGERPRINT", a->fingerprint[0] ? a->fingerprint : NULL },
		{ "FIRMA_REASON", v->reason.len > 0 ? bytes_str(&v->reason) : NULL },
		{ "FIRMA_UID", uid },
	};

	notation_uuid(v->token_id, id);
	snprintf(uid, sizeof(uid), "%u", (unsigned int)a->conn->peer.uid);
	if (print_message(a, v->has_token ? id : NULL, &message) < 0)
		return;

	log_event(v->decision == DECISION_DENY ? LOG_NOTICE : LOG_INFO, message_id(v), fields,
		sizeof(fields) / sizeof(fields[0]), bytes_str(&message));
}

/* Looking is not an operator's action that anybody must hear of. */
static bool is_worth_logging(const struct answer *a)
{
	return a->decided && a->verdict.view == VIEW_NONE;
}

static void send_answer(const struct turn *turn, struct answer *a)
{
	struct bytes reply = BYTES_INIT(BYTES_UNLIMITED);
	int r;

	r = a->decided ? refuse_unread(turn, a) : -ENOMEM;
	if (r >= 0)
		r = print_answer(turn, a, &reply);
	if (r < 0) {
		drop_verdict(a);
		bytes_clear(&reply);
		r = bytes_append_str(&reply, OUT_OF_MEMORY_REPLY);
	}

	if (is_worth_logging(a))
		log_answer(a);
	if (r < 0)
		conn_free(a->conn);
	else
		conn_answer(a->conn, &reply, turn->now.clock.boot);
	bytes_deinit(&reply);
}

/* What could not be recorded is not answered for: nobody hears anything but "no". */
static void refuse_all(struct turn *turn, int error)
{
	const struct verdict *v;
	char reason[256];
	int r;

	for (size_t i = 0; i < turn->n; i++) {
		v = &turn->answers[i].verdict;
		if (!turn->answers[i].decided)
			continue;

		snprintf(reason, sizeof(reason), "%sthe change could not be recorded: %s",
			v->decision == DECISION_NONE ? REASON_OUTCOME_UNKNOWN : "",
			strerror(-error));
		r = verdict_refuse(&turn->answers[i].verdict, reason);
		if (r < 0)
			drop_verdict(&turn->answers[i]);
	}
}

void turn_end(struct turn *turn)
{
	int r;

	if (!turn->begun)
		return;

	r = store_commit(turn->store);
	if (r < 0)
		refuse_all(turn, r);
	turn_log_warnings(turn->store);

	for (size_t i = 0; i < turn->n; i++) {
		send_answer(turn, &turn->answers[i]);
		drop_verdict(&turn->answers[i]);
		bytes_deinit(&turn->answers[i].what);
	}
	turn->n = turn->accepts = 0;
	turn->begun = false;
}
