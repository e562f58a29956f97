/* SPDX-License-Identifier: ISC */
#pragma once

/* The files that a patch of an agent's tool changes: "*** Begin Patch", as codex writes it. */

#include <stddef.h>

/* A piece of the patch that changes one file. Points into the patch. */
struct hook_patch_file {
	const char *path;
	size_t path_len;
	const char *text; /* up to the next file */
	size_t text_len;
};

/* The patch has lines that aren't understood, or names no file or more than fit. */
enum { HOOK_PATCH_UNKNOWN = 1 };

/*
 * Finds all files, also those that others are moved to: at most *n, which becomes their number.
 * Returns 0 or HOOK_PATCH_UNKNOWN.
 */
int hook_patch_files(const char *patch, struct hook_patch_file *ret, size_t *n);
