/* SPDX-License-Identifier: ISC */
#pragma once

/* The places of the agents' settings, and how a hook is written there. */

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

	/* Settings in which no hook is installed, but which may switch hooks off. */
	HOOK_FORM_JSON_OFF,
	HOOK_FORM_TOML_OFF,
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

	/*
	 * Of settings in JSON: the member that switches hooks off, and that value; or NULL. "a.b"
	 * is a member of a member.
	 */
	const char *off[2];
	const char *off_list; /* a list that switches off the hooks that it names; or NULL */

	const char *advice; /* what the user must still do or know; or NULL */
};

/* All places; the last one has no agent. */
extern const struct hook_place hook_places[];
