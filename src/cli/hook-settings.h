/* SPDX-License-Identifier: ISC */
#pragma once

/*
 * The place of each agent's settings, and the hook in them. Texts are made from texts; this module
 * accesses no file. Settings other than the hook stay unchanged byte for byte, with their comments
 * and white space.
 */

#include <stdbool.h>
#include <stddef.h>

#include "base/bytes.h"

enum hook_scope {
	HOOK_NO_SCOPE,
	HOOK_MANAGED, /* the administrator's; the agent can't switch it off */
	HOOK_USER,
	HOOK_PROJECT,
};

enum hook_form {
	HOOK_FORM_JSON,  /* an entry in a list in a JSON object, next to other entries */
	HOOK_FORM_CODEX, /* this and the rest: a file that only firma writes */
	HOOK_FORM_CLINE,
	HOOK_FORM_OPENCODE,
};

struct hook_place {
	const char *agent;
	enum hook_scope scope;
	const char *path;     /* relative to the home or project directory; HOOK_MANAGED: to / */
	const char *variable; /* names a directory that replaces the path's first part; or NULL */
	enum hook_form form;

	/* For HOOK_FORM_JSON. */
	const char *event;       /* the name of the list in the member "hooks" */
	const char *entry[2];    /* text before and after the command line (a JSON string) */
	const char *key, *value; /* one more member of the outermost object; or NULL */
	const char *off[2];      /* the member that switches hooks off, and that value; or NULL */

	const char *advice; /* what the user must still do or know; or NULL */
};

/* All places; the last one has no agent. */
extern const struct hook_place hook_places[];

/* The command that the installed line runs. */
struct hook_command {
	const char *program;  /* its path */
	struct bytes options; /* quoted for a shell, with a space before each */
};

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

/* Restores the text from before hook_settings_install(). */
int hook_settings_uninstall(const struct hook_place *place, const struct bytes *before,
	struct bytes *after, struct bytes *why);

/* Whether the settings at this place switch hooks off. */
bool hook_settings_are_off(const struct hook_place *place, const struct bytes *text);
