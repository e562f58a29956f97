/* SPDX-License-Identifier: ISC */
#pragma once

/* What the table of states (gate/token/token.h) says about the token that a request names. */

#include "gate/decide-input.h"
#include "gate/verdict.h"

/* The state of the input's token. It may have expired before the store has noticed. */
enum token_state decide_token_state(const struct decide_input *in);

/* The verdict on an operator's event, and the change of the token. */
void decide_token_step(const struct decide_input *in, enum token_event event, struct verdict *v);

/* The change of the token to another state; TOKEN_ABSENT: there is none. */
void decide_token_change(const struct decide_input *in, enum token_state to, struct verdict *v);

/* What a revocation of many changes about one token; to TOKEN_ABSENT: nothing. */
struct token_change decide_token_revocation(
	const struct request *request, const struct token *token, const struct moment *now);
