/* SPDX-License-Identifier: ISC */
#pragma once

/*
 * Conversions between a request of the second contract and an invocation, the part of it on which
 * an approval depends.
 */

#include "base/bytes.h"
#include "gate/wire/request.h"

/*
 * Completes `asked` of a request of the second contract without a fault. Only needed if a token is
 * issued or named, or a runner's token is used. A second call does nothing. Error: -ENOMEM.
 */
int evaluate_bind(struct request *request);

/* The request from which a token was made, of either contract. The token owns its strings. */
void evaluate_restore(const struct invocation *asked, struct request *ret);

/*
 * The shell that would run the line of a request of KIND_EXEC; its arguments are in `args`. Error:
 * -ENOMEM.
 */
int evaluate_make_shell(
	const struct request *request, struct bytes *args, struct request *ret_shell);
