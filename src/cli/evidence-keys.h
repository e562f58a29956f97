/* SPDX-License-Identifier: ISC */
#pragma once

/* The options --key and --public-key of verbs that check signatures, and the keys in those files.
 */

#include <stdbool.h>
#include <stddef.h>

#include "ledger/evidence/key.h"

#define EVIDENCE_KEYS_MAX 64
#define EVIDENCE_KEYS_WANTED "a file, at most 64 times"

/* The files of keys, in the order of the options. */
struct evidence_key_files {
	const char *paths[EVIDENCE_KEYS_MAX];
	bool shared[EVIDENCE_KEYS_MAX];
	size_t n;
};

/* For OPTION_PARSED() with a struct evidence_key_files: --key and --public-key. */
bool evidence_keys_add_shared(const char *value, void *to);
bool evidence_keys_add_public(const char *value, void *to);

/* Embedded: all zeros, evidence_keys_load(), then evidence_keys_deinit() in any case. */
struct evidence_keys {
	struct evidence_key *list[EVIDENCE_KEYS_MAX];
	size_t n;
};

/* Returns STATUS_DONE, or STATUS_UNDECIDED with the message already printed. */
int evidence_keys_load(const struct evidence_key_files *files, struct evidence_keys *keys);
void evidence_keys_deinit(struct evidence_keys *keys);
