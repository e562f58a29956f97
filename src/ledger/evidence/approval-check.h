/* SPDX-License-Identifier: ISC */
#pragma once

/* The signatures of approvers that a record of evidence holds. */

#include <stddef.h>

#include "base/bytes.h"
#include "base/json/tree.h"
#include "gate/approval/allowed-signers.h"

/* A signature does not hold; `why` says what is wrong. */
enum { APPROVAL_CHECK_REFUSED = 1 };

/*
 * The object of a record that has `token_id`, `approved` and `approvals`; or NULL. It is the
 * response, except that of the second contract, which is kept as it was sent.
 */
const struct json *approval_check_find(const struct json *record);

/*
 * Checks each signature of a record. The signature must be of the text beside it, by a key of the
 * principal that the record names. The key must be listed, and valid when the record was written.
 * The text must be about the record's token, decision and request. *ret_n is the number of
 * signatures. Error: -ENOMEM.
 */
int approval_check_record(const char *line, size_t len, const struct allowed_signers *signers,
	size_t *ret_n, struct bytes *why);
