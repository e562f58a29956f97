/* SPDX-License-Identifier: ISC */

/* Records of evidence. They are made from the answers after the store's commit. */

#include "daemon/turn-evidence.h"

#include <assert.h>
#include <string.h>

#include "base/json/writer.h"
#include "base/sha256.h"
#include "gate/allowlist/allow-change.h"
#include "gate/fields.h"
#include "ledger/evidence/open-runs.h"
#include "ledger/evidence/recovery-note.h"

#define SPACE " \t\r\n"

/* Length and hash instead of the request: {"malformed":true,"bytes":17,…}. */
static int keep_hash(struct bytes *b, const char *why, const char *data, size_t len)
{
	uint8_t hash[SHA256_LEN];
	char hex[2 * sizeof(hash) + 1];

	sha256_of(data, len, hash);
	notation_hex(hash, sizeof(hash), hex);
	return bytes_appendf(b, "{\"%s\":true,\"bytes\":%zu,\"sha256\":\"%s\"}", why, len, hex);
}

/* A token in a place where none is read. */
static bool hides_token(const struct request *request)
{
	return !request->runner_auth.sent && members_find(&request->members, "runner_auth");
}

int turn_evidence_keep(const struct batch *batch, struct answer *a, const struct request *request,
	const struct runner_proof *proof, const char *line, size_t len)
{
	if (!batch->resources->evidence)
		return 0;
	if (!line)
		return keep_hash(
			&a->request, "malformed", bytes_str(&a->conn->in), a->conn->in.len);
	if (request->malformed)
		return keep_hash(&a->request, "malformed", line, len);
	if (hides_token(request))
		return keep_hash(&a->request, "omitted", line, len);

	/* Strip the white space around the object. */
	while (len > 0 && strchr(SPACE, line[len - 1]))
		len--;
	while (len > 0 && strchr(SPACE, line[0])) {
		line++;
		len--;
	}
	if (request->runner_auth.sent)
		return runner_proof_append_request(proof, request, line, len, &a->request);
	return bytes_append(&a->request, line, len);
}

/*
 * Whether an asker can cause any number of such records. A rule or a person limits what is allowed.
 * Nothing limits pending requests: the asker can withdraw one, let it expire, or name its token
 * again.
 */
static bool is_unlimited(const struct answer *a)
{
	return a->verdict.decision == DECISION_DENY || a->verdict.decision == DECISION_PENDING
		|| (a->verdict.decision == DECISION_NONE && a->conn->door->role == ROLE_AGENT);
}

int turn_evidence_limit(struct batch *batch, struct answer *a)
{
	cleanup(bytes_deinit) struct bytes hash = BYTES_PRINTED;
	struct bytes whole = a->request;
	int r;

	if (a->sequence == 0 || !is_unlimited(a)
		|| evidence_budget_take(
			&batch->resources->budget, a->uid, a->request.len, batch->now.clock.boot))
		return 0;

	r = keep_hash(&hash, "omitted", bytes_str(&a->request), a->request.len);
	if (r < 0 || hash.len >= whole.len)
		return r;

	a->request = hash;
	hash = whole;
	return 0;
}

static int note_allow_change(struct recovery_note *note, const struct answer *a)
{
	cleanup(bytes_deinit) struct bytes text = BYTES_PRINTED;
	int r;

	if (a->state != ANSWER_DECIDED || a->verdict.allow.kind == ALLOW_NOTHING)
		return 0;

	r = allow_change_print(&a->verdict.allow, a->uid, &text);
	return r < 0 ? r : recovery_note_add_change(note, a->sequence, text.data);
}

/* Notes the tokens and the change of the allowlist that an answer's record is about. */
static int note_answer(struct recovery_note *note, const struct answer *a)
{
	const uint8_t *ids = (const uint8_t *)bytes_str(&a->changed);
	int r;

	r = note_allow_change(note, a);
	if (r < 0)
		return r;

	if (a->verdict.change.to != TOKEN_ABSENT)
		r = recovery_note_add(note, a->sequence, a->verdict.change.id);
	for (size_t at = 0; r >= 0 && at < a->changed.len; at += TOKEN_ID_LEN)
		r = recovery_note_add(note, a->sequence, ids + at);
	return r;
}

int turn_evidence_announce(struct batch *batch)
{
	cleanup(bytes_deinit) struct bytes line = BYTES_PRINTED;
	cleanup(recovery_note_deinit) struct recovery_note note = RECOVERY_NOTE_INIT;
	int r = 0;

	for (size_t i = 0; r >= 0 && i < batch->n; i++) {
		if (batch->answers[i].sequence == 0)
			continue;
		if (note.first == 0)
			note.first = batch->answers[i].sequence;
		r = note_answer(&note, &batch->answers[i]);
	}
	if (r >= 0 && note.n + note.n_changes > 0)
		r = recovery_note_print(&note, &line);
	if (r >= 0 && line.len > 0)
		r = store_set_note(batch->resources->store, line.data);
	batch->noted = r >= 0 && line.len > 0 ? note.first : 0;
	return r;
}

/* The tokens that a bulk revocation has changed. */
static void write_changed(struct writer *w, const struct answer *a)
{
	const uint8_t *ids = (const uint8_t *)bytes_str(&a->changed);
	char id[NOTATION_UUID_LEN + 1];

	writer_array(w, "tokens");
	for (size_t at = 0; at < a->changed.len; at += TOKEN_ID_LEN) {
		notation_uuid(ids + at, id);
		writer_string(w, NULL, id);
	}
	writer_end(w);
}

/*
 * "approved":{…} or "refused":{…}: the request that an operator has decided, the uid that made it,
 * and the rule that asked, which a signature covers too.
 */
static void write_decided(struct writer *w, const struct batch *batch, const struct answer *a)
{
	const bool proven = a->verdict.proofs.len > 0;
	const bool decides = (a->action == ACTION_APPROVE || a->action == ACTION_REVOKE)
		&& a->verdict.outcome == OUTCOME_OK;
	const struct token *t = a->verdict.has_token && (proven || decides)
		? store_find(batch->resources->store, a->verdict.token_id)
		: NULL;

	if (!t)
		return;

	writer_object(w, a->action == ACTION_REVOKE ? "refused" : "approved");
	writer_string(w, "kind", kind_name(t->asked.kind));
	fields_write(w, &t->asked);
	writer_unsigned(w, "uid", t->uid);
	if (proven)
		writer_string(w, "rule", t->rule);
	writer_end(w);
}

/* "agent_id":"main","entry":{…}: what an operator has added to the allowlist, or removed. */
static void write_entry(struct writer *w, const struct batch *batch, const struct answer *a)
{
	const struct allow_change *change = &a->verdict.allow;
	const struct allowlist *list = batch->resources->allowlist.list;
	const struct allow_entry *found = NULL;

	if (a->action == ACTION_ALLOW_REMOVE) {
		writer_string(w, "agent_id", change->agent);
		writer_raw(w, "entry", change->removed, strlen(change->removed));
	} else if (a->action == ACTION_ALLOW_ADD) {
		/* An entry that has replaced another one has the ID of the replaced entry. */
		found = list ? allowlist_find_same(list, change->entry) : NULL;
		found = found ? found : change->entry;
		writer_string(w, "agent_id", found->agent);
		writer_raw(w, "entry", found->text, found->len);
	}
}

/* The last line of the reply with all optional members, and the tokens that it is about. */
static int print_response(const struct batch *batch, const struct answer *a, struct bytes *b)
{
	char id[NOTATION_UUID_LEN + 1];
	struct answer_reply told;
	struct writer w;

	if (a->evaluated)
		return answer_print_evaluated(a, batch->resources->settings->retry_after_ms, b);

	answer_tell(a, batch->resources->settings->retry_after_ms, true, &told);
	writer_init(&w, b);
	writer_object(&w, NULL);
	reply_write(&told.reply, &w);
	if (a->verdict.has_token && told.reply.decision != DECISION_PENDING) {
		notation_uuid(a->verdict.token_id, id);
		writer_string(&w, "token_id", id);
	}
	if (a->verdict.view == VIEW_CHANGED && a->state == ANSWER_DECIDED)
		write_changed(&w, a);
	if (a->state == ANSWER_DECIDED)
		write_decided(&w, batch, a);
	if (a->state == ANSWER_DECIDED && a->verdict.allow.kind != ALLOW_NOTHING)
		write_entry(&w, batch, a);
	if (a->verdict.proofs.len > 0 && a->state == ANSWER_DECIDED)
		writer_raw(&w, "approvals", bytes_str(&a->verdict.proofs), a->verdict.proofs.len);
	writer_end(&w);
	return writer_finish(&w);
}

/*
 * What a decision of the second contract rests on; nothing if on no approvals. Its response is kept
 * as it was sent.
 */
static int print_approval(const struct batch *batch, const struct answer *a, struct bytes *b)
{
	char id[NOTATION_UUID_LEN + 1];
	struct writer w;

	if (!a->evaluated || a->verdict.proofs.len == 0 || a->state != ANSWER_DECIDED)
		return 0;

	writer_init(&w, b);
	writer_object(&w, NULL);
	notation_uuid(a->verdict.token_id, id);
	writer_string(&w, "token_id", id);
	write_decided(&w, batch, a);
	writer_raw(&w, "approvals", bytes_str(&a->verdict.proofs), a->verdict.proofs.len);
	writer_end(&w);
	return writer_finish(&w);
}

static int print_peer(const struct conn *conn, struct bytes *b)
{
	struct writer w;

	writer_init(&w, b);
	writer_object(&w, NULL);
	writer_integer(&w, "uid", conn->peer.uid);
	if (conn->peer.pid > 0)
		writer_integer(&w, "pid", conn->peer.pid);
	writer_string(&w, "door", role_name(conn->door->role));
	writer_end(&w);
	return writer_finish(&w);
}

static const char *event_of(const struct answer *a)
{
	if (a->verdict.decision != DECISION_NONE)
		return "decision";
	return a->action == ACTION_DONE && a->state == ANSWER_DECIDED
			&& a->verdict.outcome == OUTCOME_OK
		? OPEN_RUN_REPORTED
		: "action";
}

/* After an allow is on record, its asker may report how the command ended. */
static void note_allows(const struct batch *batch)
{
	for (size_t i = 0; i < batch->n; i++) {
		const struct answer *a = &batch->answers[i];

		if (a->sequence > 0 && a->state == ANSWER_DECIDED
			&& a->verdict.decision == DECISION_ALLOW)
			evidence_note_allow(
				batch->resources->evidence, a->record_id, a->conn->peer.uid);
	}
}

static int add_record(const struct batch *batch, struct answer *a)
{
	cleanup(bytes_deinit) struct bytes response = BYTES_PRINTED, approval = BYTES_PRINTED,
					   peer = BYTES_PRINTED;
	char id[EVIDENCE_ID_LEN + 1];
	int r;

	/* The response of the second contract contains the ID of its record. */
	if (a->evaluated)
		evidence_make_id(a->record_id);
	memcpy(id, a->record_id, sizeof(id));
	r = print_response(batch, a, &response);
	if (r >= 0)
		r = print_approval(batch, a, &approval);
	if (r >= 0)
		r = print_peer(a->conn, &peer);
	if (r < 0)
		return r;

	return evidence_add(batch->resources->evidence,
		&(struct evidence_entry){
			.event = event_of(a),
			.request = bytes_str(&a->request),
			.response = response.data,
			.approval = approval.data,
			.peer = peer.data,
			.id = a->evaluated ? id : NULL,
		},
		&batch->now, a->record_id);
}

int turn_evidence_write(struct batch *batch)
{
	struct evidence *e = batch->resources->evidence;
	int r = 0;

	if (!batch->has_evidence)
		return 0;

	for (size_t i = 0; r >= 0 && i < batch->n; i++)
		if (batch->answers[i].sequence > 0)
			r = add_record(batch, &batch->answers[i]);
	if (r < 0) {
		evidence_give_up(e, r);
		return r;
	}

	r = evidence_commit(e);
	assert(r < 0 || evidence_head(e).sequence == batch->sequence);
	if (r >= 0)
		note_allows(batch);
	return r;
}
