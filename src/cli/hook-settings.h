/* SPDX-License-Identifier: ISC */
#pragma once

/*
 * The hook in an agent's settings. Texts are made from texts; this module accesses no file.
 * Settings other than the hook stay unchanged byte for byte, with their comments and white space.
 */

#include <stdbool.h>
#include <stddef.h>

#include "base/bytes.h"
#include "cli/hook-places.h"
#include "cli/hook-text.h"

enum hook_settings_outcome {
	HOOK_SETTINGS_CHANGED,
	HOOK_SETTINGS_SAME,
	HOOK_SETTINGS_GONE,    /* uninstalled; the file held nothing else */
	HOOK_SETTINGS_REFUSED, /* the reason is in `why` */
};

/*
 * Adds the hook to the text. `before` is NULL if there is no file. Returns an outcome, or -ENOMEM;
 * `after` is the new text if it changes.
 */
int hook_settings_install(const struct hook_place *place, const struct hook_command *command,
	const struct bytes *before, struct bytes *after, struct bytes *why);

/*
 * Whether the settings hold all that install writes around `command`, the hook's line of shell in
 * them: with another matcher, say, the agent would not call the hook. Layout and comments don't
 * matter. Error: -ENOMEM.
 */
int hook_settings_are_whole(
	const struct hook_place *place, const char *command, const struct bytes *text, bool *ret);

/* Restores the text from before hook_settings_install(). */
int hook_settings_uninstall(const struct hook_place *place, const struct bytes *before,
	struct bytes *after, struct bytes *why);
