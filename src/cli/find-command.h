/* SPDX-License-Identifier: ISC */
#pragma once

/*
 * Finds a command that a person typed, as execvp(3) does, and names it as the wire format requires.
 */

#include <stdbool.h>

#include "base/bytes.h"

struct found_command {
	char *executable; /* as invoked: directory resolved, last name kept */
	char *real_path;  /* all links resolved */

	/* Lower-case hex; "" if it wasn't computed. */
	char sha256[65];
};

/*
 * Finds `name`. Error: a negative errno with a sentence in `why`: -ENOENT if there is no such
 * command, -EACCES and others if it can't be run. found_command_deinit() frees.
 */
int find_command(const char *name, struct found_command *ret, struct bytes *why);
void found_command_deinit(struct found_command *command);

/*
 * The same, and hashes the file's content if a user other than root could change the file, or
 * always with `hash_all`.
 */
int find_and_hash_command(
	const char *name, bool hash_all, struct found_command *ret, struct bytes *why);
