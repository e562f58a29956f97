/* SPDX-License-Identifier: ISC */
#pragma once

/* A command as a person types it, found as execvp(3) would find it, and named as the wire wants it.
 */

#include <stdbool.h>

#include "base/bytes.h"

struct found_command {
	char *executable; /* as invoked: directory resolved, last name kept */
	char *real_path;  /* every link followed */

	/* Lower-case hex; "" where it wasn't wanted. */
	char sha256[65];
};

/*
 * Finds `name`. Negative with a sentence in `why`: -ENOENT where there is no such command, -EACCES
 * and others where it can't be run. found_command_deinit() frees.
 */
int find_command(const char *name, struct found_command *ret, struct bytes *why);
void found_command_deinit(struct found_command *command);

/*
 * The same; and hashes the content where somebody other than root could change the file, or in any
 * case (`hash_all`).
 */
int find_and_hash_command(
	const char *name, bool hash_all, struct found_command *ret, struct bytes *why);
