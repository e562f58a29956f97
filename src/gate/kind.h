/* SPDX-License-Identifier: ISC */
#pragma once

/*
 * What kind of thing is asked for. A request of the first contract is always about KIND_EXEC; one
 * of the second contract names its kind by `action_type`.
 */

enum kind {
	KIND_EXEC, /* run a command */
	KIND_READ, /* read a file */
	KIND_WRITE,
	KIND_FETCH, /* fetch what a URL names */
	KIND_GIT,
	KIND_MCP, /* call a tool of an MCP server */
	KIND_RELEASE,
	KIND_OTHER, /* anything else */
	KINDS,
};

/* Such as "read". */
const char *kind_name(enum kind kind);

/* As `action_type` says it, such as "read_file"; NULL for KIND_OTHER. */
const char *kind_action_type(enum kind kind);

/* KIND_OTHER for one that isn't known; a text that differs in case or blanks is not known. */
enum kind kind_of_action_type(const char *action_type);

/* How grave a decision is. */
enum severity { SEVERITY_NONE, SEVERITY_LOW, SEVERITY_MEDIUM, SEVERITY_HIGH, SEVERITY_CRITICAL };

/* Such as "low"; the inverse gives NONE for a word that isn't one. */
const char *severity_name(enum severity severity);
enum severity severity_parse(const char *name);
