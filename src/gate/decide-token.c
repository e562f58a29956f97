/* SPDX-License-Identifier: ISC */

/* Looks up the step for an event in the table of states. */

#include "gate/decide-token.h"

#include <string.h>

#include "base/text.h"

static enum token_state state_at(const struct token *t, const struct moment *now)
{
	if (token_state_is_live(t->state) && token_is_over(t, now))
		return TOKEN_EXPIRED;
	return t->state;
}

enum token_state decide_token_state(const struct decide_input *in)
{
	return state_at(in->token, &in->now);
}

struct token_change decide_token_change_of(const struct token *t, enum token_state to)
{
	struct token_change change = { 0 };

	if (to == TOKEN_ABSENT)
		return change;

	change.from = t->state;
	change.to = to;
	memcpy(change.id, t->id, sizeof(change.id));
	return change;
}

void decide_token_change(const struct decide_input *in, enum token_state to, struct verdict *v)
{
	v->change = decide_token_change_of(in->token, to);
}

uint64_t decide_token_ttl(const struct settings *settings, enum kind kind)
{
	return kind == KIND_RELEASE ? settings->release_ttl : settings->token_ttl;
}

/* The new end of the token: a whole life from now on, but not later than its bound. */
static uint64_t next_end(
	const struct settings *settings, const struct token *t, const struct moment *now)
{
	const uint64_t end = now->clock.boot + decide_token_ttl(settings, t->asked.kind);

	return end < t->latest ? end : t->latest;
}

struct token_change decide_token_extension(
	const struct settings *settings, const struct token *t, const struct moment *now)
{
	const bool same_boot = memcmp(t->boot_id, now->boot_id, sizeof(now->boot_id)) == 0;
	struct token_change change = { 0 };

	if (t->state != TOKEN_PENDING || !same_boot || t->expires > now->clock.boot
		|| t->latest <= now->clock.boot)
		return change;

	change = decide_token_change_of(t, TOKEN_PENDING);
	change.expires = next_end(settings, t, now);
	return change;
}

struct token_change decide_token_end(
	const struct token *t, const char *reason, const struct moment *now)
{
	const struct token_step *step = token_step(state_at(t, now), TOKEN_EXPIRE);
	struct token_change change = decide_token_change_of(t, step->to);

	if (step->to == TOKEN_ABSENT)
		return change;
	change.reason = reason;
	change.expires = now->clock.boot < t->expires ? now->clock.boot : t->expires;
	return change;
}

/* The reason; NULL if it is blank. */
static const char *reason_of(const struct request *request)
{
	return request->reason && !text_is_blank(request->reason) ? request->reason : NULL;
}

void decide_token_step(const struct decide_input *in, enum token_event event, struct verdict *v)
{
	const struct token_step *step = token_step(decide_token_state(in), event);

	decide_token_change(in, step->to, v);
	if (event == TOKEN_WITHDRAW && step->to != TOKEN_ABSENT)
		v->change = decide_token_end(in->token, TOKEN_WITHDRAWN, &in->now);
	if (event == TOKEN_REVOKE)
		v->change.reason = reason_of(in->request);
	if (step->to == TOKEN_APPROVED) {
		v->change.expires = next_end(in->settings, in->token, &in->now);
		v->change.approval = (struct approval){
			.known = true,
			.by = in->asker.uid,
			.at_wall = in->now.clock.wall,
			.confirmed = (uint8_t)in->request->confirmed,
		};
	}
	verdict_conclude(v, step->outcome, step->reason);
}

struct token_change decide_token_revocation(
	const struct request *request, const struct token *t, const struct moment *now)
{
	const struct token_step *step = token_step(state_at(t, now), TOKEN_REVOKE);
	struct token_change change;

	if (!request_selects(request, t))
		return (struct token_change){ 0 };

	change = decide_token_change_of(t, step->to);
	change.reason = reason_of(request);
	return change;
}
