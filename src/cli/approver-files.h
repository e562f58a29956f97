/* SPDX-License-Identifier: ISC */
#pragma once

/* Which of this user's keys may approve: those that the file of approvers lists. */

#include <stdbool.h>

#include "base/bytes.h"
#include "cli/approver-key.h"
#include "gate/approval/allowed-signers.h"

/*
 * Reads the daemon's file of approvers as far as this user can. Returns NULL if it can't be read,
 * or has a fault; the caller frees the list.
 */
struct allowed_signers *approver_files_read_list(const char *path);

/* The principal of the key in a line such as a .pub file has; NULL if it is not listed. */
const char *approver_files_principal(const struct allowed_signers *list, const char *line);

typedef void (*approver_files_fn)(const char *path, enum approver_key kind, void *userdata);

/*
 * Calls `fn` for $FIRMA_APPROVER_KEY, and for each file in ~/.ssh with a .pub file beside it whose
 * key is listed. `path` is the private key's. `list` may be NULL. Error: -ENOMEM.
 */
int approver_files_each(const struct allowed_signers *list, approver_files_fn fn, void *userdata);
