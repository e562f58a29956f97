/* SPDX-License-Identifier: ISC */
#pragma once

/* The result of the table of states (gate/token/token.h) for the token that a request names. */

#include "gate/decide-input.h"
#include "gate/verdict.h"

/*
 * The state of the input's token. An expired one counts as expired even if the store doesn't know.
 */
enum token_state decide_token_state(const struct decide_input *in);

/* Sets the verdict on an operator's event, or on a withdrawal, and the change of the token. */
void decide_token_step(const struct decide_input *in, enum token_event event, struct verdict *v);

/* A change of the token to another state; TOKEN_ABSENT: no change. */
struct token_change decide_token_change_of(const struct token *token, enum token_state to);

/* Sets the change of the input's token to another state; TOKEN_ABSENT: no change. */
void decide_token_change(const struct decide_input *in, enum token_state to, struct verdict *v);

/*
 * The change that extends a pending token whose time is over while its asker still waits. The
 * change leads to TOKEN_ABSENT if the token may not be extended.
 */
struct token_change decide_token_extension(
	const struct settings *settings, const struct token *token, const struct moment *now);

/*
 * The change that ends a live token now, for this reason. It leads to TOKEN_ABSENT if the token is
 * not live.
 */
struct token_change decide_token_end(
	const struct token *token, const char *reason, const struct moment *now);

/* The life of a token that is issued, approved or extended now. */
uint64_t decide_token_ttl(const struct settings *settings, enum kind kind);

/*
 * The change of one token by a revocation of many. It leads to TOKEN_ABSENT if there is no change.
 */
struct token_change decide_token_revocation(
	const struct request *request, const struct token *token, const struct moment *now);
