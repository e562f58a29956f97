/* SPDX-License-Identifier: ISC */
#pragma once

/*
 * Hashes named values so that no two lists of them share their bytes: each is its name, a blank,
 * its length in decimal digits, a blank, its bytes and a newline. An absent one is left out. A list
 * is the number of its strings, then each string, all under the same name.
 */

#include <stdint.h>

#include "base/sha256.h"
#include "gate/fields.h"

void field_hash_text(struct sha256 *s, const char *name, const char *text);
void field_hash_number(struct sha256 *s, const char *name, uint64_t n);
void field_hash_one(
	struct sha256 *s, const char *name, enum field field, const struct invocation *asked);

/*
 * All fields on which an approval depends, in the order of the table. By the second contract the
 * kind is first. By the first contract there is none, so the first is `executable`.
 */
void field_hash_all(struct sha256 *s, const struct invocation *asked);
