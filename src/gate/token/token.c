/* SPDX-License-Identifier: ISC */

/* Tokens: the table of their states, their lifetime, and their memory. */

#include "gate/token/token.h"

#include <errno.h>
#include <string.h>

#include "base/array.h"
#include "gate/fields.h"

static const char *const state_names[TOKEN_STATES] = {
	[TOKEN_ABSENT] = "absent",
	[TOKEN_PENDING] = "pending",
	[TOKEN_APPROVED] = "approved",
	[TOKEN_CONSUMED] = "consumed",
	[TOKEN_REVOKED] = "revoked",
	[TOKEN_EXPIRED] = "expired",
};

#define CONSUMED_REASON "approval token already consumed"
#define REVOKED_REASON "refused by an operator"
#define EXPIRED_REASON "approval token expired"
#define AWAITING_REASON "awaiting human approval"
#define APPROVED_REASON "approved by an operator"

static const struct token_step steps[TOKEN_STATES][TOKEN_EVENTS] = {
	[TOKEN_PENDING] = {
		[TOKEN_APPROVE] = { .to = TOKEN_APPROVED, .outcome = OUTCOME_OK },
		[TOKEN_REVOKE] = { .to = TOKEN_REVOKED, .outcome = OUTCOME_OK },
		[TOKEN_WITHDRAW] = { .to = TOKEN_EXPIRED, .outcome = OUTCOME_OK },
		[TOKEN_RETRY] = { .decision = DECISION_PENDING, .reason = AWAITING_REASON },
		[TOKEN_EXPIRE] = { .to = TOKEN_EXPIRED },
	},
	[TOKEN_APPROVED] = {
		[TOKEN_APPROVE] = { .outcome = OUTCOME_OK },
		[TOKEN_REVOKE] = { .to = TOKEN_REVOKED, .outcome = OUTCOME_OK },
		[TOKEN_WITHDRAW] = { .to = TOKEN_EXPIRED, .outcome = OUTCOME_OK },
		[TOKEN_RETRY] = { .to = TOKEN_CONSUMED, .decision = DECISION_ALLOW,
			.reason = APPROVED_REASON },
		[TOKEN_EXPIRE] = { .to = TOKEN_EXPIRED },
	},
	[TOKEN_CONSUMED] = {
		[TOKEN_APPROVE] = { .outcome = OUTCOME_ALREADY_CONSUMED, .reason = CONSUMED_REASON },
		[TOKEN_REVOKE] = { .outcome = OUTCOME_ALREADY_CONSUMED, .reason = CONSUMED_REASON },
		[TOKEN_WITHDRAW] = { .outcome = OUTCOME_ALREADY_CONSUMED,
			.reason = CONSUMED_REASON },
		[TOKEN_RETRY] = { .decision = DECISION_DENY, .reason = CONSUMED_REASON },
	},
	[TOKEN_REVOKED] = {
		[TOKEN_APPROVE] = { .outcome = OUTCOME_ALREADY_REVOKED, .reason = REVOKED_REASON },
		[TOKEN_REVOKE] = { .outcome = OUTCOME_OK },
		[TOKEN_WITHDRAW] = { .outcome = OUTCOME_ALREADY_REVOKED, .reason = REVOKED_REASON },
		[TOKEN_RETRY] = { .decision = DECISION_DENY, .reason = REVOKED_REASON },
	},
	[TOKEN_EXPIRED] = {
		[TOKEN_APPROVE] = { .outcome = OUTCOME_EXPIRED, .reason = EXPIRED_REASON },
		[TOKEN_REVOKE] = { .outcome = OUTCOME_EXPIRED, .reason = EXPIRED_REASON },
		[TOKEN_WITHDRAW] = { .outcome = OUTCOME_EXPIRED, .reason = EXPIRED_REASON },
		[TOKEN_RETRY] = { .decision = DECISION_DENY, .reason = EXPIRED_REASON },
	},
};

static const char *const confirmed_names[CONFIRMED_WAYS] = {
	[CONFIRMED_ON_TERMINAL] = "terminal",
	[CONFIRMED_BY_OPTION] = "--yes",
};

const char *confirmed_name(enum confirmed confirmed)
{
	return confirmed_names[confirmed];
}

enum confirmed confirmed_parse(const char *name)
{
	for (size_t i = 0; i < CONFIRMED_WAYS; i++)
		if (confirmed_names[i] && strcmp(confirmed_names[i], name) == 0)
			return (enum confirmed)i;
	return CONFIRMED_UNSAID;
}

const struct token_step *token_step(enum token_state state, enum token_event event)
{
	return &steps[state][event];
}

const char *token_state_name(enum token_state state)
{
	return state_names[state];
}

const char *token_state_word(const char *name)
{
	return strcmp(name, state_names[TOKEN_REVOKED]) == 0 ? "refused" : name;
}

enum token_state token_state_parse(const char *name)
{
	for (enum token_state s = TOKEN_PENDING; s < TOKEN_STATES; s++)
		if (strcmp(name, state_names[s]) == 0)
			return s;
	return TOKEN_ABSENT;
}

bool token_state_is_live(enum token_state state)
{
	return state == TOKEN_PENDING || state == TOKEN_APPROVED;
}

/* The strings of a token outside of `asked`. */
static const size_t more_strings[] = { offsetof(struct token, process),
	offsetof(struct token, rule), offsetof(struct token, rule_reason),
	offsetof(struct token, budget_state_ref) };

#define STRINGS (FIELDS + LENGTH(more_strings))

/* The i-th string of the token; NULL if that place is not a string. */
static const char **string_at(struct token *token, size_t i)
{
	if (i >= FIELDS)
		return (const char **)(void *)((char *)token + more_strings[i - FIELDS]);
	return field_is_list((enum field)i)
		? NULL
		: (const char **)(void *)((char *)&token->asked + field_rows[i].offset);
}

static size_t lists_size(const struct invocation *asked)
{
	size_t size = 0;

	for (enum field f = 0; f < FIELDS; f++)
		if (field_is_list(f))
			size += field_get_list(f, asked)->len;
	return size;
}

/*
 * Copies the lists. A list that was sent has a text, even if it is empty; the arguments always have
 * one. Returns the end of the copies.
 */
static char *copy_lists(struct invocation *asked, char *at)
{
	struct string_list *list;

	for (enum field f = 0; f < FIELDS; f++) {
		if (!field_is_list(f))
			continue;
		list = field_list(f, asked);
		if (list->len > 0)
			memcpy(at, list->text, list->len);
		if (list->text || f == FIELD_ARGS)
			list->text = at;
		at += list->len;
	}
	return at;
}

/*
 * Frees a text of a token made by token_new(). The text is const for readers, but the token owns
 * it.
 */
static void free_text(const char *text)
{
	void *owned;

	memcpy(&owned, &text, sizeof(owned));
	free(owned);
}

struct token *token_new(const struct token *from)
{
	cleanup(token_free_p) struct token *token = NULL;
	struct token copy = *from;
	size_t size = sizeof(*token) + lists_size(&copy.asked) + copy.approvers.len
		+ copy.parents.len,
	       len;
	const char **string;
	char *at;

	for (size_t i = 0; i < STRINGS; i++) {
		string = string_at(&copy, i);
		if (string && *string)
			size += strlen(*string) + 1;
	}

	token = malloc(size);
	if (!token)
		return NULL;

	*token = copy;
	token->reason = NULL;
	token->approvals = (struct string_list){ 0 };
	at = (char *)(token + 1);

	for (size_t i = 0; i < STRINGS; i++) {
		string = string_at(token, i);
		if (!string || !*string)
			continue;
		len = strlen(*string) + 1;
		*string = memcpy(at, *string, len);
		at += len;
	}
	at = copy_lists(&token->asked, at);
	if (copy.approvers.len > 0)
		token->approvers.text = memcpy(at, copy.approvers.text, copy.approvers.len);
	at += copy.approvers.len;
	if (copy.parents.len > 0)
		token->parents.text = memcpy(at, copy.parents.text, copy.parents.len);

	if (token_set_reason(token, copy.reason) < 0
		|| token_set_approvals(token, &copy.approvals) < 0)
		return NULL;
	return steal_ptr(token);
}

void token_free(struct token *token)
{
	if (!token)
		return;

	free_text(token->reason);
	free_text(token->approvals.text);
	free(token);
}

void token_change_deinit(struct token_change *change)
{
	token_free(change->issued);
	change->issued = NULL;
	bytes_deinit(&change->record);
}

int token_set_reason(struct token *token, const char *reason)
{
	char *copy = NULL;

	if (reason) {
		copy = strdup(reason);
		if (!copy)
			return -ENOMEM;
	}

	free_text(token->reason);
	token->reason = copy;
	return 0;
}

int token_set_approvals(struct token *token, const struct string_list *approvals)
{
	char *copy = NULL;

	if (approvals->n > 0) {
		copy = malloc(approvals->len);
		if (!copy)
			return -ENOMEM;
		memcpy(copy, approvals->text, approvals->len);
	}

	free_text(token->approvals.text);
	token->approvals = (struct string_list){ copy, approvals->n, approvals->len };
	return 0;
}

void token_cut_approvals(struct token *token, size_t n)
{
	struct string_list *list = &token->approvals;
	size_t left = n * APPROVAL_STRINGS, len = 0;

	if (left >= list->n)
		return;

	for (size_t i = 0; i < left; i++)
		len += strlen(list->text + len) + 1;
	*list = string_list_of(list->text, left, len);
}

bool token_change_is_partial(const struct token_change *change)
{
	return change->from == TOKEN_PENDING && change->to == TOKEN_PENDING && !change->joined
		&& change->expires == 0;
}

bool token_is_over(const struct token *token, const struct moment *now)
{
	return memcmp(token->boot_id, now->boot_id, sizeof(now->boot_id)) != 0
		|| now->clock.boot >= token->expires || now->clock.boot < token->issued;
}

bool token_settle_time(struct token *token, const struct moment *now)
{
	uint64_t life = token->expires - token->issued;
	bool same_boot = memcmp(token->boot_id, now->boot_id, sizeof(now->boot_id)) == 0;

	if (same_boot && token->issued <= now->clock.boot)
		return false;

	memcpy(token->boot_id, now->boot_id, sizeof(token->boot_id));
	token->expires = token->latest = now->clock.boot;
	token->issued = token->expires > life ? token->expires - life : 0;
	return true;
}

bool token_settle_asker(struct token *token, const struct moment *now)
{
	if (!token->sync_wait || !token_state_is_live(token->state))
		return false;

	if (token->expires > now->clock.boot)
		token->expires = now->clock.boot;
	(void)token_set_reason(token, TOKEN_ASKER_LEFT); /* on -ENOMEM it ends without a reason */
	return true;
}

uint64_t token_time_left(const struct token *token, const struct moment *now)
{
	return token_is_over(token, now) ? 0 : token->expires - now->clock.boot;
}

uint64_t token_age(const struct token *token, const struct moment *now)
{
	if (memcmp(token->boot_id, now->boot_id, sizeof(now->boot_id)) != 0
		|| now->clock.boot < token->issued)
		return token->expires - token->issued;
	return now->clock.boot - token->issued;
}

uint64_t token_expires_wall(const struct token *token)
{
	return token->issued_wall + (token->expires - token->issued);
}
