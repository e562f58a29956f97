/* SPDX-License-Identifier: ISC */
#pragma once

/* The keys for the evidence, which options of `firma serve` name. */

#include "ledger/evidence/evidence.h"

/* The path of a key as given: at most one of the two is set. */
struct serve_key_choice {
	const char *shared, *signing;
};

/*
 * Finds the key's file. `credentials`: the directory of the service manager's credentials, or NULL;
 * a name without a slash is then a file in it. *ret_path owns a path that was made, or is NULL.
 * Error: -ENOMEM.
 */
int serve_find_key(const struct serve_key_choice *choice, const char *credentials,
	struct evidence_key_option *ret, char **ret_path);
