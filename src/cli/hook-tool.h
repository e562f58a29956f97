/* SPDX-License-Identifier: ISC */
#pragma once

/*
 * The tools of coding agents that aren't shells: what kind of action each is, and which of its
 * arguments say what it acts on.
 */

enum hook_tool_form {
	HOOK_TOOL_READ,   /* reads the file `target` */
	HOOK_TOOL_SEARCH, /* reads files below `target`, or below the directory; filter: `first` */
	HOOK_TOOL_LIST,   /* the same for names only; `first` is a pattern of paths */
	HOOK_TOOL_WRITE,  /* writes `first` to `target`; NULL: removes it */
	HOOK_TOOL_EDIT,   /* replaces `first` in `target` by `second` */
	HOOK_TOOL_PATCH,  /* `first` is a patch that names its files */
	HOOK_TOOL_FETCH,  /* fetches the URL `target` */
	HOOK_TOOL_OWN,    /* does nothing outside of the agent, or asks its user */
};

struct hook_tool {
	const char *agent, *name;
	enum hook_tool_form form;
	const char *target, *other_target; /* of the second name, a call has either */
	const char *first, *second;
};

/* Returns NULL for a tool that isn't known. */
const struct hook_tool *hook_tool_find(const char *agent, const char *name);
