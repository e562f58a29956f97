/* SPDX-License-Identifier: ISC */
#pragma once

/* The options --key, --public-key and --chain-only of verbs that check signatures. */

#include <stdbool.h>
#include <stddef.h>

#include "cli/option.h"
#include "ledger/evidence/key.h"

#define EVIDENCE_KEYS_MAX 64

/* The files of the keys, in the order of the options. */
struct evidence_key_files {
	const char *paths[EVIDENCE_KEYS_MAX];
	bool shared[EVIDENCE_KEYS_MAX];
	size_t n;
};

/* Rows for an option table. `key_files`: a struct evidence_key_files; `chain_only`: a bool. */
#define EVIDENCE_KEYS_ROWS(object, key_files, chain_only)                           \
	{ "key", 0, "FILE", "every record must be signed with this key (HMAC)",     \
		OPTION_PARSED(object, key_files, evidence_keys_add_shared),         \
		.wants = EVIDENCE_KEYS_WANTED },                                    \
		{ "public-key", 0, "FILE",                                          \
			"or with the private key of this one (Ed25519);\n"          \
			"repeat either option if segments have other keys",         \
			OPTION_PARSED(object, key_files, evidence_keys_add_public), \
			.wants = EVIDENCE_KEYS_WANTED },                            \
	{                                                                           \
		"chain-only", 0, NULL, "without a key: leave signatures unchecked", \
			OPTION_FLAG(object, chain_only)                             \
	}
#define EVIDENCE_KEYS_WANTED "a file, at most 64 times"

/* Parsers for these rows (option_parse_fn). */
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
