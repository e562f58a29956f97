/* SPDX-License-Identifier: ISC */
#pragma once

/*
 * The record of what `firma init` changes, which `firma init --uninstall` reads: a JSON object in a
 * file of the same user, with mode 0600. It is written before the first change, and contains the
 * whole old file of options.
 */

#include <stdbool.h>

#include "base/bytes.h"
#include "base/json/tree.h"
#include "base/sha256.h"

struct init_record {
	bool directory;       /* was made */
	bool policy, options; /* were written */
	bool packaged;        /* `policy` replaced the one of the package */
	bool units, daemon;   /* were enabled; was started without a service manager */
	const char *agent;    /* user that was added to the agents' group, or NULL */
	const char *person;   /* user that was added to the operators' group, or NULL */
	const char *before;   /* the old file of options; NULL: there was none */
	char policy_hash[2 * SHA256_LEN + 1], options_hash[2 * SHA256_LEN + 1]; /* as written */
	struct json_doc *doc; /* owns the strings after init_record_read() */
};

void init_record_hash(const struct bytes *text, char ret[static 2 * SHA256_LEN + 1]);

/* Error: -ENOMEM. */
int init_record_print(const struct init_record *record, struct bytes *ret);

/* Returns 0, -EINVAL if it is malformed, or -ENOMEM. Call init_record_deinit() in any case. */
int init_record_read(const struct bytes *text, struct init_record *ret);
void init_record_deinit(struct init_record *record);
