/* SPDX-License-Identifier: ISC */

/* Decides a request's line, and applies the changes of its verdict. */

#include "daemon/turn-decide.h"

#include <errno.h>
#include <sodium.h>
#include <string.h>

#include "base/users.h"
#include "daemon/runner-check.h"
#include "daemon/turn-describe.h"
#include "daemon/turn-evidence.h"
#include "gate/decide-token.h"
#include "gate/decide.h"
#include "gate/evaluate-asked.h"
#include "gate/fields.h"

/* A random UUID, version 4 (RFC 9562, section 5.4). */
static void make_id(uint8_t ret[static TOKEN_ID_LEN])
{
	randombytes_buf(ret, TOKEN_ID_LEN);
	ret[6] = (uint8_t)((ret[6] & 0x0f) | 0x40);
	ret[8] = (uint8_t)((ret[8] & 0x3f) | 0x80);
}

static bool is_operation(const struct request *request)
{
	return request->action != ACTION_NONE && request->action != ACTION_EXEC
		&& request->action != ACTION_EVALUATE;
}

/* The token that the request names; NULL: it names none, or there is no such token. */
static const struct token *named_token(struct store *store, const struct request *request)
{
	const char *name = is_operation(request) ? request->token_id : request->approval_token;
	uint8_t id[TOKEN_ID_LEN];

	if (!name && request->action == ACTION_EVALUATE)
		name = evaluate_named_approval(&request->evaluate);
	if (request->fault || !name || notation_parse_uuid(name, strlen(name), id) < 0)
		return NULL;
	return store_find(store, id);
}

/* The first of the asker's tokens in this state for exactly this question; or NULL. */
static const struct token *find_same(const struct store *store, const struct request *request,
	uid_t uid, const uint8_t fingerprint[static FINGERPRINT_LEN], enum token_state state)
{
	const struct token *t = NULL;

	while ((t = store_next_alike(store, uid, fingerprint, state, t)))
		if (fields_are_bound_alike(&t->asked, &request->asked))
			break;
	return t;
}

/*
 * The asker's live token for exactly this question; an approved one is preferred. NULL: there is
 * none, or the request does not ask to resume.
 */
static const struct token *resumed_token(const struct store *store, const struct request *request,
	uid_t uid, const uint8_t fingerprint[static FINGERPRINT_LEN])
{
	const struct token *found;

	/* An approval that the request names is that one, or none. */
	if (!request->resume || request->approval_token
		|| (request->action == ACTION_EVALUATE
			&& evaluate_named_approval(&request->evaluate)))
		return NULL;
	found = find_same(store, request, uid, fingerprint, TOKEN_APPROVED);
	return found ? found : find_same(store, request, uid, fingerprint, TOKEN_PENDING);
}

struct asking {
	struct batch *batch;
	const struct conn *conn;
	const uint8_t *fingerprint;
	uid_t uid;
};

/* Remembers the last process, so that several requests in one turn take one look-up. */
static void name_process(struct token *wanted, void *userdata)
{
	const struct asking *asking = userdata;
	const struct peer *peer = &asking->conn->peer;
	struct batch *batch = asking->batch;

	if (batch->named.pid == 0 || batch->named.pid != peer->pid
		|| batch->named.uid != peer->uid) {
		peer_process(asking->conn->fd, peer, &batch->process_files, &batch->names);
		batch->named = *peer;
	}
	wanted->process = batch->names.name[0] ? batch->names.name : NULL;
	wanted->parents = process_names_parents(&batch->names);
}

static int measure(struct token_change *change, void *userdata)
{
	const struct asking *asking = userdata;

	return store_measure(asking->batch->resources->store, change);
}

static const struct token *next_alike(
	enum token_state state, const struct token *after, void *userdata)
{
	const struct asking *asking = userdata;

	return store_next_alike(
		asking->batch->resources->store, asking->uid, asking->fingerprint, state, after);
}

static bool names_approvers_by_gid(const struct policy *policy)
{
	return approver_groups_use_gids(policy_approvers(policy));
}

/* Whether this holds for the policy, or for a pack. */
static bool any_in_force(const struct decide_input *in, bool (*holds)(const struct policy *policy))
{
	bool any = in->policy && holds(in->policy);

	for (size_t i = 0; !any && i < in->n_packs; i++)
		any = in->packs[i] && holds(in->packs[i]);
	return any;
}

/* Looks the peer's home directory up if a rule needs it. The caller frees *ret. Error: -ENOMEM. */
static int add_home(const struct conn *conn, struct decide_input *in, char **ret)
{
	int r;

	if (in->request->action != ACTION_EVALUATE || in->request->fault
		|| !any_in_force(in, policy_uses_home))
		return 0;

	r = users_home(conn->peer.uid, ret);
	in->asker.home = *ret;
	return r == -ENOMEM ? r : 0;
}

/*
 * Sets the asker's groups if the policy uses them. They are those that root has sent on behalf of a
 * user, or the peer's, which *ret then owns. Error: -ENOMEM.
 */
static int add_groups(const struct conn *conn, struct decide_input *in, gid_t **ret)
{
	const struct request *request = in->request;
	bool judged = request->action == ACTION_EXEC || request->action == ACTION_EVALUATE
		|| request->action == ACTION_MAY;
	int r;

	if (request->fault
		|| !(judged ? any_in_force(in, policy_uses_groups)
			    : request->action == ACTION_APPROVE
					&& any_in_force(in, names_approvers_by_gid)))
		return 0;

	if (in->is_root && request->on_behalf) {
		in->asker.groups = request->behalf_groups;
		in->asker.n_groups = request->n_behalf_groups;
		return 0;
	}
	r = peer_groups(conn->fd, &conn->peer, ret, &in->asker.n_groups, &in->asker.more_groups);
	in->asker.groups = *ret;
	return r;
}

/* Applies a change, and adds its event. `by`: the operator, or NULL. Returns as store_apply(). */
static int apply(struct batch *batch, struct token_change *change, const uid_t *by)
{
	const bool joined = change->joined; /* nothing that a person or a waiter must know */
	struct store *store = batch->resources->store;
	uint8_t id[TOKEN_ID_LEN];
	int r;

	memcpy(id, change->id, sizeof(id));
	r = store_apply(store, change);
	if (r == STORE_DONE && !joined)
		token_events_add(&batch->events, store_find(store, id), by, &batch->now,
			batch->watched ? batch->resources : NULL);
	return r;
}

/*
 * Revokes all tokens that the request selects, up to the limit. After -ENOMEM the tokens that are
 * already revoked stay revoked.
 */
static int revoke_many(
	struct batch *batch, const struct request *request, const uid_t *by, struct bytes *changed)
{
	struct store *store = batch->resources->store;
	struct token_change change;
	const struct token *next;
	int r = 0;

	for (const struct token *t = store_next(store, NULL); r == 0 && t; t = next) {
		next = store_next(store, t);
		change = decide_token_revocation(request, t, &batch->now);
		if (change.to == TOKEN_ABSENT)
			continue;
		if (changed->len == LIMIT_REVOKE_MANY * TOKEN_ID_LEN)
			break;

		r = bytes_append(changed, t->id, TOKEN_ID_LEN);
		if (r == 0)
			r = apply(batch, &change, by);
		if (r == STORE_STALE) {
			bytes_truncate(changed, changed->len - TOKEN_ID_LEN);
			r = 0;
		}
	}
	return r;
}

/* Applies the changes of the verdict. Returns as store_apply(). */
static int apply_verdict(struct batch *batch, const struct request *request, struct answer *a)
{
	const bool operates = is_operation(request) && request->action != ACTION_WITHDRAW;
	const uid_t *by = operates ? &a->conn->peer.uid : NULL;
	int r = STORE_DONE;

	r = approver_file_note(&batch->resources->approvers, &a->verdict.sk_use);
	if (r >= 0)
		r = approver_file_note(&batch->resources->approvers, &a->verdict.nonce);
	if (r < 0)
		return r;
	if (request->action == ACTION_DONE && a->verdict.outcome == OUTCOME_OK)
		evidence_take_report(
			batch->resources->evidence, request->record_id, a->conn->peer.uid);
	if (a->verdict.change.to == TOKEN_CONSUMED && a->verdict.proofs.len > 0
		&& batch->has_evidence)
		a->verdict.change.evidence = batch->sequence + 1;
	if (a->verdict.many)
		return revoke_many(batch, request, by, &a->changed);
	if (a->verdict.change.to != TOKEN_ABSENT)
		r = apply(batch, &a->verdict.change, by);
	if (r == STORE_STALE)
		a->verdict.change.to = TOKEN_ABSENT; /* the change did not happen */
	return r;
}

/*
 * Whether a token may be issued or used. The fingerprint costs as much as a decision, so requests
 * of the second contract that can't have a token do without.
 */
static bool may_have_token(const struct request *request)
{
	if (request->fault)
		return false;
	return request->action == ACTION_EXEC
		|| (request->action == ACTION_EVALUATE
			&& (request->detail || request->resume || request->approval_token
				|| evaluate_named_approval(&request->evaluate)));
}

/* Whether an entry of the allowlist may be about a request of the second contract. */
static bool may_be_remembered(const struct resources *res, const struct request *request)
{
	return request->action == ACTION_EVALUATE && !request->fault && res->allowlist.list
		&& allowlist_size(res->allowlist.list) > 0;
}

static int add_fingerprint(struct request *request, struct answer *a, uint8_t *fingerprint)
{
	int r;

	r = request->action == ACTION_EVALUATE ? evaluate_bind(request) : 0;
	if (r < 0)
		return r;

	fingerprint_compute(&request->asked, fingerprint);
	notation_hex(fingerprint, FINGERPRINT_LEN, a->fingerprint);
	return 0;
}

/* Sets what is known of the request's fingerprint, and the token that it resumes. */
static int add_token(const struct resources *res, struct request *request, struct answer *a,
	uint8_t fingerprint[static FINGERPRINT_LEN], struct decide_input *in)
{
	const uid_t uid = a->uid;
	int r;

	if (may_be_remembered(res, request)) {
		r = evaluate_bind(request);
		if (r < 0)
			return r;
	}
	if (!may_have_token(request))
		return 0;

	r = add_fingerprint(request, a, fingerprint);
	if (r < 0)
		return r;
	in->fingerprint = fingerprint;
	in->fingerprint_hex = a->fingerprint;
	in->usage = store_count(res->store, uid, fingerprint);
	if (!in->token)
		in->token = resumed_token(res->store, request, uid, fingerprint);
	return 0;
}

/* Looks up all inputs of the decision, and decides. */
static int decide_request(struct batch *batch, struct request *request, const char *not_held,
	size_t len, const struct runner_result *runner, struct answer *a)
{
	const struct resources *res = batch->resources;
	const struct conn *conn = a->conn;
	uint8_t fingerprint[FINGERPRINT_LEN] = { 0 };
	cleanup(free_p) gid_t *groups = NULL;
	cleanup(free_p) char *home = NULL;
	struct decide_input in = {
		.request = request,
		.runner = *runner,
		.role = conn->door->role,
		.asker = { .uid = a->uid, .pid = conn->peer.pid },
		.is_root = conn->peer.uid == 0,
		.settings = res->settings,
		.policy = res->policy.policy,
		.runners = live_policy_runners(&res->policy),
		.approving = approver_file_approving(&batch->resources->approvers),
		.packs = res->packs.in_force,
		.n_packs = res->packs.n,
		.n_offered = res->packs.n_of_options,
		.registry = resources_registry(res),
		.has_evidence = res->evidence != NULL,
		.allowlist = res->allowlist.list,
		.allow_now = res->allowlist.clock.wall,
		.now = store_now(res->store, &batch->now),
		.make_id = make_id,
		.name_process = name_process,
		.next_alike = next_alike,
		.measure = measure,
		.not_held = not_held,
		.userdata = &(struct asking){ batch, conn, fingerprint, a->uid },
	};
	int r;

	/* Before resources_closed(): a look-up that fails closes the store. */
	in.token = named_token(res->store, request);
	if (request->action == ACTION_GATE)
		in.gate = runner_gate_id(&batch->resources->runners, &res->policy, res->state_dir);
	in.closed = resources_closed(res);
	in.away = is_operation(request) ? NULL : resources_away(res);
	if (in.away)
		in.closed = NULL;
	in.readable = store_is_readable(res->store);
	in.full = resources_take_space(batch->resources, a->conn->in.len + len);

	if (request->action == ACTION_DONE && !request->fault && batch->has_evidence)
		in.may_report =
			evidence_may_report(res->evidence, request->record_id, conn->peer.uid);
	r = add_token(res, request, a, fingerprint, &in);
	if (r >= 0)
		r = add_groups(conn, &in, &groups);
	if (r >= 0)
		r = add_home(conn, &in, &home);
	if (r < 0)
		return r;

	return decide(&in, &a->verdict);
}

/* The answer is final from here on. */
static void finish_decision(struct batch *batch, struct answer *a)
{
	answer_decided(a, batch->has_evidence ? batch->sequence + 1 : 0);
	if (a->sequence > 0)
		batch->sequence = a->sequence;
	batch->has_changes |= verdict_changes(&a->verdict) || a->sequence > 0;
	if (batch->resources->state_dir && verdict_rests_on_record(&a->verdict))
		state_dir_rely_on(batch->resources->state_dir);
}

/*
 * Keeps the line if the answer may be held back, since the request will be decided again. Best
 * effort: without memory or room it is answered at once.
 */
static void keep_line(const struct batch *batch, const struct request *request,
	const struct turn_waited *waited, const char *line, size_t len, struct answer *a)
{
	uint64_t until = 0;

	if (waited)
		until = request->sync_wait ? waited->deadline : 0;
	else if (request->wait_ms > 0)
		until = batch->now.clock.boot + request->wait_ms * CLOCK_MS;
	else if (request->sync_wait)
		until = CLOCK_NEVER;
	if (a->verdict.decision == DECISION_PENDING && a->verdict.has_token && !a->verdict.approved
		&& until > 0 && conn_count_bytes(a->conn, len)
		&& bytes_append(&a->line, line, len) >= 0)
		a->held_until = until;
}

static int check_runner(struct batch *batch, struct request *request, const char *line, size_t len,
	bool waited, struct answer *a, struct runner_proof *proof)
{
	const struct runner_asking asking = {
		.line = line,
		.len = len,
		.uid = a->uid,
		.asked_wall = a->asked_wall,
		.waited = waited,
	};
	struct resources *res = batch->resources;
	int r;

	r = runner_check(&res->runners, &res->policy, res->state_dir, request, &asking,
		&batch->now.clock, proof);
	batch->has_changes |= res->runners.dirty;
	return r;
}

/* Notes in the answer what is later printed, logged and recorded of the request. */
static int note_request(const struct batch *batch, const struct request *request,
	const struct turn_waited *waited, struct answer *a)
{
	a->asked_wall = waited ? waited->asked_wall : batch->now.clock.wall;
	a->action = request->action;
	a->detail = request->detail;
	a->sync_wait = request->sync_wait;
	a->listed = request->state;
	if (request->must) {
		a->must = strndup(request->must, request->must_len);
		if (!a->must)
			return -ENOMEM;
	}
	return turn_describe(request, a->uid, is_operation(request), &a->what);
}

/* Why a pending answer can't be held back; NULL: it can, or need not. */
static const char *find_obstacle(const struct request *request, const struct turn_waited *waited,
	size_t len, const struct answer *a)
{
	if (waited)
		return waited->over;
	return request->sync_wait && !conn_count_bytes(a->conn, len) ? CONN_IN_FLIGHT : NULL;
}

/*
 * If root asks on behalf of a user, that user is the asker, and the connection counts against that
 * user's limits. Beyond a limit, *request is replaced by a refused one. Error: -ENOMEM.
 */
static int charge_asker(struct answer *a, struct request **request)
{
	const struct request *q = *request;
	struct request *refused;
	int r;

	if (a->conn->peer.uid != 0 || !q->on_behalf || q->fault)
		return 0;

	a->uid = q->behalf_uid;
	r = conn_charge(a->conn, a->uid);
	if (r != CONN_OVER_LIMIT)
		return r;

	r = request_new_refused(CONN_TOO_MANY, &refused);
	if (r < 0)
		return r;
	request_free(*request);
	*request = refused;
	return 0;
}

static int decide_line(struct batch *batch, const char *line, size_t len, const char *refused,
	const struct turn_waited *waited, struct answer *a)
{
	cleanup(runner_proof_deinit) struct runner_proof proof = RUNNER_PROOF_INIT;
	cleanup(request_free_p) struct request *owned = NULL;
	struct request *request;
	int r;

	r = refused ? request_new_refused(refused, &owned) : request_parse(line, len, &owned);
	if (r < 0)
		return r;

	r = charge_asker(a, &owned);
	if (r < 0)
		return r;

	request = owned;
	if (request->action == ACTION_EVALUATE)
		answer_take_evaluated(a, steal_ptr(owned), &batch->now);
	if (waited)
		request->approval_token = waited->token;

	r = note_request(batch, request, waited, a);
	if (r < 0)
		return r;

	r = check_runner(batch, request, line, len, waited != NULL, a, &proof);
	if (r < 0)
		return r;

	r = turn_evidence_keep(batch, a, request, &proof, line, len);
	if (r < 0)
		return r;

	r = decide_request(
		batch, request, find_obstacle(request, waited, len, a), len, &proof.result, a);
	if (r < 0)
		return r;

	r = apply_verdict(batch, request, a);
	if (r < 0)
		return r;

	keep_line(batch, request, waited, line, len, a);
	finish_decision(batch, a);
	if (r == STORE_STALE)
		answer_refuse(a, "%s", REASON_CHANGED_MEANWHILE);
	return turn_evidence_limit(batch, a);
}

void turn_decide(struct batch *batch, struct conn *conn, const char *line, size_t len,
	const char *refused, const struct turn_waited *waited)
{
	struct answer *a = &batch->answers[batch->n++];

	batch->bytes += len;
	/* On error the answer stays ANSWER_FAILED, which denies. */
	answer_init(a, conn);
	(void)decide_line(batch, line, len, refused, waited, a);
}
