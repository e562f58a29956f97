/* SPDX-License-Identifier: ISC */
#pragma once

/* What clients are told about approvals. */

#include "gate/decide-input.h"

/*
 * How far the approval of a pending token has come: a JSON object with the number of approvals that
 * count, the number of those that are missing, and the groups from which one must come. Appends
 * nothing if an operator's word is enough. Reads no request.
 */
int approval_view_progress(const struct decide_input *in, struct bytes *b);

/* What an operator's client needs to know to sign: a JSON object. */
int approval_view_gate(const struct decide_input *in, struct bytes *b);
