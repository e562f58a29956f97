/* SPDX-License-Identifier: ISC */

/* The lines about tokens and allowlist entries, for list, show and watch. */

#include "daemon/view.h"

#include "base/json/writer.h"
#include "gate/approval-view.h"
#include "gate/limits.h"
#include "gate/policy/glob.h"
#include "gate/token/token-print.h"
#include "ledger/evidence/receipt.h"

/* As the daemon can't tell, one more approval is needed at least. */
#define PROGRESS_UNKNOWN "{\"approved\":0,\"missing\":1,\"unknown\":true}"

/* Whether the token may need more than an operator's word; a cheap test for gates without keys. */
static bool may_have_progress(const struct resources *res, const struct token *t)
{
	const struct demand d = { .flags = t->demand };

	return t->state == TOKEN_PENDING
		&& (res->approvers.path || t->approvers.n > 0 || t->approvals.n > 0
			|| demand_is_made(&d));
}

/* How far the approval of a pending token has come, by the policy in force. */
static int append_progress(const struct resources *res, const struct token *t,
	const struct moment *now, struct bytes *b)
{
	const struct decide_input in = {
		.settings = res->settings,
		.policy = res->policy.policy,
		.packs = res->packs.in_force,
		.n_packs = res->packs.n,
		.n_offered = res->packs.n_of_options,
		.approving = approver_file_approving(&res->approvers),
		.token = t,
		.now = *now,
	};

	int r;

	if (!may_have_progress(res, t))
		return 0;
	r = approval_view_progress(&in, b);
	if (r < 0 || !glob_budget_is_spent())
		return r;
	bytes_clear(b);
	return bytes_append_str(b, PROGRESS_UNKNOWN);
}

static int append_token(const struct resources *res, const struct token *t,
	const struct moment *now, bool to_sign, struct bytes *b)
{
	cleanup(bytes_deinit) struct bytes progress = BYTES_PRINTED;
	int r;

	r = append_progress(res, t, now, &progress);
	if (r < 0)
		return r;

	token_print_item(t, now,
		&(struct token_extra){ .to_sign = to_sign, .progress = bytes_str(&progress) }, b);
	return bytes_append_char(b, '\n');
}

int view_list(const struct resources *res, enum token_state state, const struct moment *now,
	struct bytes *b)
{
	int r = 0;

	glob_budget_begin(LIMIT_MATCH_STEPS);
	for (const struct token *t = NULL; r >= 0 && (t = store_next(res->store, t));)
		if (state == TOKEN_ABSENT || t->state == state)
			r = append_token(res, t, now, false, b);
	glob_budget_end();
	return r;
}

int view_own(const struct resources *res, uid_t uid, enum token_state state,
	const struct moment *now, struct bytes *b)
{
	const struct token *t = NULL;
	struct token shown;
	int r = 0;

	while (r >= 0 && (t = store_next_own(res->store, uid, t))) {
		if (state != TOKEN_ABSENT && t->state != state)
			continue;
		shown = *t;
		shown.approval.known = false;
		shown.approvals.n = 0;
		token_print_item(&shown, now, &(struct token_extra){ 0 }, b);
		r = bytes_append_char(b, '\n');
	}
	return r;
}

/* Within a budget of steps. */
static int append_event(const struct resources *res, const struct token *t, bool extended,
	const uid_t *by, const struct moment *now, struct bytes *b)
{
	cleanup(bytes_deinit) struct bytes why = BYTES_PRINTED, progress = BYTES_PRINTED;
	struct token_extra extra = { .by = by, .extended = extended };
	int r = 0;

	if (t->state == TOKEN_PENDING)
		r = allowlist_check_token(
			res->allowlist.list, t, 0, policy_trusted(res->policy.policy), &why);
	if (r >= 0 && glob_budget_is_spent())
		extra.not_always = "matching it with the allowlist takes too many steps";
	else if (r == ALLOW_FAULTY)
		extra.not_always = bytes_str(&why);
	if (r >= 0)
		r = append_progress(res, t, now, &progress);
	extra.progress = bytes_str(&progress);
	if (r >= 0)
		r = token_print_event(t, now, &extra, b);
	return r < 0 ? r : bytes_append_char(b, '\n');
}

int view_event(const struct resources *res, const struct token *t, bool extended, const uid_t *by,
	const struct moment *now, struct bytes *b)
{
	int r;

	glob_budget_begin(LIMIT_MATCH_STEPS);
	r = append_event(res, t, extended, by, now, b);
	glob_budget_end();
	return r;
}

int view_pending(const struct resources *res, const struct moment *now, struct bytes *b)
{
	const struct store *store = res->store;
	int r = 0;

	glob_budget_begin(LIMIT_MATCH_STEPS);
	for (const struct token *t = NULL; r >= 0 && (t = store_next(store, t));) {
		if (t->state != TOKEN_PENDING)
			continue;
		r = append_event(res, t, false, NULL, now, b);
	}
	glob_budget_end();
	return r;
}

int view_show(const struct resources *res, const uint8_t id[static TOKEN_ID_LEN],
	const struct moment *now, bool to_sign, struct bytes *b)
{
	const struct token *t = store_find(res->store, id);
	int r;

	if (!t)
		return 0;
	glob_budget_begin(LIMIT_MATCH_STEPS);
	r = append_token(res, t, now, to_sign, b);
	glob_budget_end();
	return r;
}

int view_receipt(
	const struct resources *res, const uint8_t id[static TOKEN_ID_LEN], struct bytes *b)
{
	const struct token *t = store_find(res->store, id);
	char name[NOTATION_UUID_LEN + 1];
	int r;

	if (!t || !res->evidence || evidence_fd(res->evidence) < 0)
		return RECEIPT_NONE;

	notation_uuid(id, name);
	r = receipt_find(
		evidence_fd(res->evidence), evidence_size(res->evidence), t->evidence, name, b);
	return r != 0 ? r : bytes_append_char(b, '\n');
}

static int append_entry(
	const struct allowlist_file *f, const struct allow_entry *entry, struct bytes *b)
{
	const struct allow_use use = allowlist_use_find(&f->use, entry->id);
	int r;

	r = allow_entry_print(entry, &use, f->clock.wall, b);
	return r < 0 ? r : bytes_append_char(b, '\n');
}

/* Entries that are over are left out. */
int view_allowlist(const struct allowlist_file *f, struct bytes *b)
{
	const struct allow_entry *entry;
	int r = 0;

	for (size_t i = 0; r >= 0 && f->list && i < allowlist_size(f->list); i++) {
		entry = allowlist_entry(f->list, i);
		if (!allow_entry_is_over(entry, f->clock.wall))
			r = append_entry(f, entry, b);
	}
	return r;
}

int view_allow_entry(
	const struct allowlist_file *f, const struct allow_entry *entry, struct bytes *b)
{
	const struct allow_entry *found = f->list ? allowlist_find_same(f->list, entry) : NULL;

	return found ? append_entry(f, found, b) : 0;
}

int view_segment(const struct evidence *e, struct bytes *b)
{
	cleanup(bytes_deinit) struct bytes path = BYTES_PRINTED;
	struct writer w;
	int r;

	r = evidence_append_segment(e, &path);
	if (r < 0)
		return r;

	writer_init(&w, b);
	writer_object(&w, NULL);
	writer_string(&w, "segment", path.data);
	writer_end(&w);
	r = writer_finish(&w);
	return r < 0 ? r : bytes_append_char(b, '\n');
}
