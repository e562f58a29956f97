/* SPDX-License-Identifier: ISC */

/* The design's table of tokens (section 6), written down a second time, over sets of states. */

#include "helper/torture-model.h"

#include <cjson/cJSON.h>
#include <err.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/cleanup.h"
#include "helper/unit.h"

DEFINE_CLEANUP(cJSON *, cJSON_Delete)

#define STOPPING_REASON "the daemon is stopping"

static const char *const state_names[] = {
	[MODEL_ABSENT] = "absent",
	[MODEL_PENDING] = "pending",
	[MODEL_APPROVED] = "approved",
	[MODEL_CONSUMED] = "consumed",
	[MODEL_REVOKED] = "revoked",
	[MODEL_EXPIRED] = "expired",
};

static const char *const action_names[] = {
	[MODEL_ISSUE] = "issue",
	[MODEL_APPROVE] = "approve",
	[MODEL_REVOKE] = "revoke",
	[MODEL_RETRY] = "retry",
	[MODEL_ASK] = "ask",
};

#define ABSENT MODEL_BIT(MODEL_ABSENT)
#define PENDING MODEL_BIT(MODEL_PENDING)
#define APPROVED MODEL_BIT(MODEL_APPROVED)
#define CONSUMED MODEL_BIT(MODEL_CONSUMED)
#define REVOKED MODEL_BIT(MODEL_REVOKED)
#define EXPIRED MODEL_BIT(MODEL_EXPIRED)

/* The changes of a token: an action, the states in which it works, and the state after it. */
static const struct {
	enum model_action action;
	unsigned from;
	enum model_state to;
} steps[] = {
	{ MODEL_ISSUE, ABSENT, MODEL_PENDING },
	{ MODEL_APPROVE, PENDING, MODEL_APPROVED },
	{ MODEL_REVOKE, PENDING | APPROVED, MODEL_REVOKED },
	{ MODEL_RETRY, APPROVED, MODEL_CONSUMED },
	{ MODEL_ASK, ABSENT, MODEL_PENDING },
	{ MODEL_ASK, APPROVED, MODEL_CONSUMED },
};

/* Every reply, the states in which it is given, and the token's state after it. */
static const struct answer {
	enum model_action action;
	const char *word;   /* the decision, or the outcome */
	const char *reason; /* of a decision */
	unsigned from;
	enum model_state to;
	size_t tally;
} answers[] = {
#define TALLY(name) offsetof(struct model_tally, name)
	{ MODEL_ISSUE, "pending_hitl", "awaiting human approval", ABSENT, MODEL_PENDING,
		TALLY(issued) },

	{ MODEL_APPROVE, "ok", NULL, PENDING | APPROVED, MODEL_APPROVED, TALLY(approved) },
	{ MODEL_APPROVE, "already_consumed", NULL, CONSUMED, MODEL_CONSUMED, TALLY(refused) },
	{ MODEL_APPROVE, "already_revoked", NULL, REVOKED, MODEL_REVOKED, TALLY(refused) },
	{ MODEL_APPROVE, "expired", NULL, EXPIRED, MODEL_EXPIRED, TALLY(refused) },
	{ MODEL_APPROVE, "not_found", NULL, ABSENT, MODEL_ABSENT, TALLY(refused) },

	{ MODEL_REVOKE, "ok", NULL, PENDING | APPROVED | REVOKED, MODEL_REVOKED, TALLY(revoked) },
	{ MODEL_REVOKE, "already_consumed", NULL, CONSUMED, MODEL_CONSUMED, TALLY(refused) },
	{ MODEL_REVOKE, "expired", NULL, EXPIRED, MODEL_EXPIRED, TALLY(refused) },
	{ MODEL_REVOKE, "not_found", NULL, ABSENT, MODEL_ABSENT, TALLY(refused) },

	{ MODEL_RETRY, "pending_hitl", "awaiting human approval", PENDING, MODEL_PENDING,
		TALLY(refused) },
	{ MODEL_RETRY, "allow", "approved by an operator", APPROVED, MODEL_CONSUMED,
		TALLY(allowed) },
	{ MODEL_RETRY, "deny", "approval token already consumed", CONSUMED, MODEL_CONSUMED,
		TALLY(refused) },
	{ MODEL_RETRY, "deny", "refused by an operator", REVOKED, MODEL_REVOKED, TALLY(refused) },
	{ MODEL_RETRY, "deny", "approval token expired", EXPIRED, MODEL_EXPIRED, TALLY(refused) },
	{ MODEL_RETRY, "deny", "approval token not found", ABSENT, MODEL_ABSENT, TALLY(refused) },

	{ MODEL_ASK, "pending_hitl", "awaiting human approval", ABSENT | PENDING, MODEL_PENDING,
		TALLY(issued) },
	{ MODEL_ASK, "allow", "approved by an operator", APPROVED, MODEL_CONSUMED, TALLY(allowed) },
	{ MODEL_ASK, "deny", "approval token already consumed", CONSUMED, MODEL_CONSUMED,
		TALLY(refused) },
	{ MODEL_ASK, "deny", "refused by an operator", REVOKED, MODEL_REVOKED, TALLY(refused) },
	{ MODEL_ASK, "deny", "approval token expired", EXPIRED, MODEL_EXPIRED, TALLY(refused) },
#undef TALLY
};

void model_violation(struct model *m, const char *format, ...)
{
	va_list ap;

	m->tally.violations++;
	va_start(ap, format);
	vwarnx(format, ap);
	va_end(ap);
}

/* Prints, for example, "pending or approved". */
static const char *name_states(unsigned states, char text[static 64])
{
	int len = 0;

	text[0] = '\0';
	for (size_t i = 0; i < MODEL_STATES; i++) {
		if (states & MODEL_BIT(i))
			len += snprintf(text + len, 64 - (size_t)len, "%s%s", len ? " or " : "",
				state_names[i]);
	}
	return text;
}

/* All states that the actions, in any order, can reach from these, and these states themselves. */
static unsigned reach(unsigned states, unsigned actions)
{
	unsigned before;

	do {
		before = states;
		for (size_t i = 0; i < LENGTH(steps); i++) {
			if ((actions & MODEL_BIT(steps[i].action)) && (states & steps[i].from))
				states |= MODEL_BIT(steps[i].to);
		}
	} while (states != before);
	return states;
}

void model_deinit(struct model *m)
{
	free(m->tokens);
	*m = (struct model){ 0 };
}

size_t model_add(struct model *m)
{
	if (m->n == m->size) {
		m->size = m->size ? 2 * m->size : 1024;
		m->tokens = reallocarray(m->tokens, m->size, sizeof(*m->tokens));
		if (!m->tokens)
			err(UNIT_FAILED, "tokens");
	}
	m->tokens[m->n] = (struct model_token){ .states = ABSENT };
	return m->n++;
}

static bool issues(struct model_request request)
{
	return request.action == MODEL_ISSUE || request.action == MODEL_ASK;
}

static void end(struct model_token *t, struct model_request request)
{
	t->in_flight--;
	t->issuing -= issues(request);
	t->waiting -= request.waits;
}

void model_send(struct model *m, struct model_request request)
{
	struct model_token *t = &m->tokens[request.token];

	if (t->in_flight++ == 0) {
		for (size_t i = 0; i < MODEL_STATES && !t->lost; i++) {
			if (t->states == MODEL_BIT(i))
				t->sure = (enum model_state)i;
		}
		t->seen = t->states;
		t->actions = 0;
	} else {
		m->tally.raced++;
	}
	t->issuing += issues(request);
	t->waiting += request.waits;
	t->actions |= MODEL_BIT(request.action);
	t->states = reach(t->states, t->actions);
	t->seen |= t->states;
}

static void learn_id(struct model *m, size_t token, const char *id)
{
	struct model_token *t = &m->tokens[token];

	if (!id || strlen(id) != MODEL_ID_LEN) {
		model_violation(m, "token %zu: its ID is '%s'", token, id ? id : "");
		return;
	}
	if (t->id[0] == '\0')
		memcpy(t->id, id, sizeof(t->id));
	if (strcmp(t->id, id) != 0)
		model_violation(m, "token %zu: was %s, is %s", token, t->id, id);
}

static const struct answer *find_answer(
	enum model_action action, const char *word, const char *reason)
{
	for (size_t i = 0; i < LENGTH(answers); i++) {
		if (answers[i].action == action && strcmp(answers[i].word, word) == 0
			&& (!answers[i].reason || strcmp(answers[i].reason, reason) == 0))
			return &answers[i];
	}
	return NULL;
}

static void believe(struct model *m, struct model_request request, const struct answer *a)
{
	struct model_token *t = &m->tokens[request.token];
	unsigned states = t->states & reach(MODEL_BIT(a->to), t->actions);
	char could[64];

	++*(unsigned long *)(void *)((char *)&m->tally + a->tally);
	if (!(t->seen & a->from) || !states) {
		model_violation(m, "token %zu %s: answered %s '%s' by '%s', and can only be %s",
			request.token, t->id, action_names[a->action], a->word,
			a->reason ? a->reason : a->word, name_states(t->states, could));
		return;
	}
	t->states = states;

	if (strcmp(a->word, "allow") == 0) {
		if (t->allowed)
			model_violation(m, "token %zu %s: allowed twice", request.token, t->id);
		t->allowed = true;
		m->tally.held += request.waits;
	}
}

static const char *string(const cJSON *object, const char *key)
{
	const cJSON *value = cJSON_GetObjectItemCaseSensitive(object, key);

	return cJSON_IsString(value) ? value->valuestring : NULL;
}

void model_reply(struct model *m, struct model_request request, const char *line)
{
	cleanup(cJSON_Delete_p) cJSON *reply = cJSON_Parse(line);
	const char *word = string(reply, "decision"), *reason = string(reply, "reason");
	const char *id = string(reply, "approval_token");
	const struct answer *a;

	if (!word)
		word = string(reply, "outcome");
	a = word ? find_answer(request.action, word, reason ? reason : "") : NULL;
	if (a) {
		believe(m, request, a);
		if (id)
			learn_id(m, request.token, id);
	} else if (reason && strcmp(reason, STOPPING_REASON) == 0) {
		m->tally.stopping++;
	} else {
		model_violation(m, "token %zu %s: answered %s by %s", request.token,
			m->tokens[request.token].id, action_names[request.action], line);
	}
	end(&m->tokens[request.token], request);
}

void model_lost(struct model *m, struct model_request request)
{
	m->tally.lost++;
	m->tokens[request.token].lost = true;
	end(&m->tokens[request.token], request);
}

void model_watch_begin(struct model *m, size_t watcher)
{
	for (size_t i = m->first; i < m->n; i++)
		m->tokens[i].told_to[watcher] = MODEL_ABSENT;
}

static bool is_final(enum model_state state)
{
	return state == MODEL_CONSUMED || state == MODEL_REVOKED || state == MODEL_EXPIRED;
}

/* The state of that name; MODEL_ABSENT: no token on record can have it. */
static enum model_state find_state(const char *name)
{
	for (size_t i = MODEL_PENDING; i < MODEL_STATES; i++)
		if (strcmp(name, state_names[i]) == 0)
			return (enum model_state)i;
	return MODEL_ABSENT;
}

void model_event(struct model *m, size_t watcher, size_t token, const char *id, const char *state)
{
	enum model_state to = find_state(state);
	struct model_token *t;

	m->tally.events++;
	if (token < m->first || token >= m->n || to == MODEL_ABSENT) {
		model_violation(m, "token %zu %s: told to be %s", token, id, state);
		return;
	}

	t = &m->tokens[token];
	learn_id(m, token, id);
	if (to <= t->told_to[watcher] || is_final(t->told_to[watcher]))
		model_violation(m, "token %zu %s: told to be %s after it was told to be %s", token,
			t->id, state, state_names[t->told_to[watcher]]);
	t->told_to[watcher] = to;
	if (to > t->told && !is_final(t->told))
		t->told = to;
}

/* Whether this state can follow the one that a watcher was told. */
static bool agrees(const struct model_token *t, enum model_state state)
{
	if (t->told == state || t->told == MODEL_ABSENT || t->states == ABSENT)
		return true;
	return !is_final(t->told) && state > t->told;
}

void model_list_begin(struct model *m)
{
	for (size_t i = m->first; i < m->n; i++)
		m->tokens[i].listed = false;
}

/* The list gives the token's state. */
static void settle(struct model *m, size_t token, enum model_state state)
{
	struct model_token *t = &m->tokens[token];
	char could[64];

	if (!agrees(t, state))
		model_violation(m, "token %zu %s: is %s, and was told to be %s", token, t->id,
			state_names[state], state_names[t->told]);
	if (!(t->states & MODEL_BIT(state)))
		model_violation(m, "token %zu %s: is %s, and can only be %s%s", token, t->id,
			state_names[state], name_states(t->states, could),
			t->allowed ? ": it was allowed" : "");
	else if (t->lost && t->states != MODEL_BIT(state))
		++*(state == t->sure ? &m->tally.unapplied : &m->tally.applied);

	t->states = MODEL_BIT(state);
	t->sure = state;
	t->lost = false;
}

void model_list_item(struct model *m, size_t token, const char *id, const char *state)
{
	if (token < m->first || token >= m->n || m->tokens[token].listed) {
		model_violation(m, "token %zu %s: listed, and nobody asked for it", token, id);
		return;
	}

	m->tokens[token].listed = true;
	learn_id(m, token, id);
	if (find_state(state) == MODEL_ABSENT)
		model_violation(m, "token %zu %s: is '%s'", token, id, state);
	else
		settle(m, token, find_state(state));
}

void model_list_end(struct model *m)
{
	for (size_t i = m->first; i < m->n; i++) {
		if (!m->tokens[i].listed)
			settle(m, i, MODEL_ABSENT);
	}
	while (m->first < m->n && m->tokens[m->first].states == ABSENT
		&& m->tokens[m->first].in_flight == 0)
		m->first++;
}

void model_age(struct model *m)
{
	for (size_t i = m->first; i < m->n; i++) {
		struct model_token *t = &m->tokens[i];

		/* An issue that waits for a daemon has not happened before this time. */
		if (t->issuing > 0)
			continue;
		if (t->age++ > 0)
			t->states = ABSENT;
		else if (t->states & (PENDING | APPROVED))
			t->states = (t->states & ~(PENDING | APPROVED)) | EXPIRED;
		t->seen |= t->states;
	}
}
