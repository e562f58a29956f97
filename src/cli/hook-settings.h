/* SPDX-License-Identifier: ISC */
#pragma once

/*
 * Where each agent's settings are, and what they say of a hook. Texts are made from texts; nothing
 * here looks at a file. What is in the settings beside the hook stays as it is, byte for byte, with
 * its comments and its white space.
 */

#include <stdbool.h>
#include <stddef.h>

#include "base/bytes.h"

enum hook_scope {
	HOOK_NO_SCOPE,
	HOOK_MANAGED, /* the administrator's: the agent can't switch it off */
	HOOK_USER,
	HOOK_PROJECT,
};

enum hook_form {
	HOOK_FORM_JSON,  /* an entry in a list of a JSON object, beside others */
	HOOK_FORM_CODEX, /* the rest: a file that is firma's alone */
	HOOK_FORM_CLINE,
	HOOK_FORM_OPENCODE,
};

struct hook_place {
	const char *agent;
	enum hook_scope scope;
	const char *path;     /* below the home or the project's directory; managed: below / */
	const char *variable; /* names another directory for the first part of the path; or NULL */
	enum hook_form form;

	/* Of HOOK_FORM_JSON. */
	const char *event;       /* the list, in the member "hooks" */
	const char *entry[2];    /* before and after the line as a JSON string */
	const char *key, *value; /* a further member of the outermost object; or NULL */
	const char *off[2];      /* a member that switches hooks off, and its value; or NULL */

	const char *advice; /* what is still to be done or to be known; or NULL */
};

/* All places; the last one has no agent. */
extern const struct hook_place hook_places[];

/* What the installed line calls. */
struct hook_command {
	const char *program;  /* its path */
	struct bytes options; /* as a shell reads them, with a blank before each */
};

enum hook_settings_outcome {
	HOOK_SETTINGS_CHANGED,
	HOOK_SETTINGS_SAME,
	HOOK_SETTINGS_GONE,    /* uninstalled: the file held nothing else */
	HOOK_SETTINGS_REFUSED, /* `why` says why */
};

/*
 * The text with the hook. `before` is NULL where there is no file. Returns an outcome, or -ENOMEM;
 * `after` is the new text where it changes.
 */
int hook_settings_install(const struct hook_place *place, const struct hook_command *command,
	const struct bytes *before, struct bytes *after, struct bytes *why);

/* The text as it was before hook_settings_install() made this one of it. */
int hook_settings_uninstall(const struct hook_place *place, const struct bytes *before,
	struct bytes *after, struct bytes *why);

/* Whether settings of this place switch hooks off. */
bool hook_settings_are_off(const struct hook_place *place, const struct bytes *text);
