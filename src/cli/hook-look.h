/* SPDX-License-Identifier: ISC */
#pragma once

/* Whether an agent's settings hold the hook, and which command they run as it. */

#include "base/bytes.h"
#include "cli/hook-places.h"
#include "cli/settings-file.h"

enum hook_state {
	HOOK_ABSENT,
	HOOK_INSTALLED,
	HOOK_INSTALLED_CHANGED, /* what stands around its command is not what install writes */
	HOOK_INSTALLED_OFF,     /* installed, but the same settings switch it off */
	HOOK_SWITCHED_OFF,      /* not installed there, and hooks are switched off */
	HOOK_UNREADABLE,
};

const char *hook_state_text(enum hook_state state);

const char *hook_scope_name(enum hook_scope scope);

/* Whether the settings can only switch hooks off: none is installed there. */
bool hook_look_is_only_off(const struct hook_place *place);

/*
 * Opens the settings; of HOOK_MANAGED, those below the directory `root` (or NULL). Results as
 * settings_file_open().
 */
int hook_look_open(const struct hook_place *place, const char *root, struct settings_file *f);

/* `f` was opened. */
enum hook_state hook_look(const struct hook_place *place, const struct settings_file *f);

/*
 * Appends the command line that these settings run as the hook, where it is installed. Errors:
 * -ENOENT if it is not found, -ENOMEM.
 */
int hook_look_command(
	const struct hook_place *place, const struct settings_file *f, struct bytes *ret);
