/* SPDX-License-Identifier: ISC */
#pragma once

/* The keys of the evidence that options of `firma serve` name. */

#include "ledger/evidence/evidence.h"

/* One of two kinds of keys. */
struct serve_key_choice {
	const char *shared, *signing;
};

/*
 * Finds the key's file. A name without a slash is a credential's, if the service manager provides
 * credentials (a directory; or NULL). *ret_path owns the path that was made, if one was. Error:
 * -ENOMEM.
 */
int serve_find_key(const struct serve_key_choice *choice, const char *credentials,
	struct evidence_key_option *ret, char **ret_path);
