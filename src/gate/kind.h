/* SPDX-License-Identifier: ISC */
#pragma once

/*
 * The kind of action that a request asks for. A request of the first contract is always KIND_EXEC;
 * one of the second contract names its kind in `action_type`.
 */

enum kind {
	KIND_EXEC, /* run a command */
	KIND_READ, /* read a file */
	KIND_WRITE,
	KIND_FETCH, /* fetch a URL */
	KIND_GIT,
	KIND_MCP, /* call a tool of an MCP server */
	KIND_RELEASE,
	KIND_OTHER, /* anything else */
	KINDS,
};

/* Such as "read"; the inverse gives KINDS for an unknown word. */
const char *kind_name(enum kind kind);
enum kind kind_parse(const char *name);

/* The `action_type`, such as "read_file"; NULL for KIND_OTHER. */
const char *kind_action_type(enum kind kind);

/* KIND_OTHER for an unknown text. Case and blanks must match exactly. */
enum kind kind_of_action_type(const char *action_type);

/* The severity of a decision. */
enum severity { SEVERITY_NONE, SEVERITY_LOW, SEVERITY_MEDIUM, SEVERITY_HIGH, SEVERITY_CRITICAL };

/* Such as "low"; the inverse gives SEVERITY_NONE for an unknown word. */
const char *severity_name(enum severity severity);
enum severity severity_parse(const char *name);
