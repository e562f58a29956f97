/* SPDX-License-Identifier: ISC */
#pragma once

/* What the files of the allowlist know of entries, in addition to allow-entry.h: their keys. */

#include <stdbool.h>
#include <stddef.h>

#include "gate/allowlist/allow-entry.h"

#define KEY_ID "id"
#define KEY_PATTERN "pattern"
#define KEY_ARG_PATTERN "argPattern"
#define KEY_ARGV "argv"
#define KEY_SOURCE "source"
#define KEY_EXPIRES "expiresAt"
#define KEY_UID "uid"
#define KEY_BY "by"
#define KEY_SIGNER "signer"
#define KEY_SIGNER_KEY "signerKey"
#define KEY_TOUCHED "touched"
#define KEY_VERIFIED "verified"
#define KEY_MADE "madeAt"
#define KEY_CWD "cwd"
#define KEY_ARGS "args"
#define KEY_REAL_PATH "realPath"
#define KEY_PROGRAMS "programs"
#define KEY_SCOPE "scope"

/* Keys of an entry's last use. */
#define KEY_USED "lastUsedAt"
#define KEY_USED_PATH "lastResolvedPath"

bool allow_key_is_known(const char *key, size_t len);

/* Whether `argv` gives every argument literally: no '*', no '?' and no list. */
bool allow_entry_is_literal(const struct allow_entry *entry);
