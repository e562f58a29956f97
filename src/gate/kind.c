/* SPDX-License-Identifier: ISC */

/* The names of kinds and of severities. */

#include "gate/kind.h"

#include <stddef.h>
#include <string.h>

#include "base/array.h"

static const struct {
	const char *name, *action_type;
} kinds[KINDS] = {
	[KIND_EXEC] = { "exec", "execute_command" },
	[KIND_READ] = { "read", "read_file" },
	[KIND_WRITE] = { "write", "write_file" },
	[KIND_FETCH] = { "fetch", "fetch_url" },
	[KIND_GIT] = { "git", "git_operation" },
	[KIND_MCP] = { "mcp", "mcp_tool_call" },
	[KIND_RELEASE] = { "release", "release_governance_record" },
	[KIND_OTHER] = { "other", NULL },
};

const char *kind_name(enum kind kind)
{
	return kinds[kind].name;
}

enum kind kind_parse(const char *name)
{
	enum kind k = 0;

	while (k < KINDS && strcmp(kinds[k].name, name) != 0)
		k++;
	return k;
}

const char *kind_action_type(enum kind kind)
{
	return kinds[kind].action_type;
}

enum kind kind_of_action_type(const char *action_type)
{
	for (enum kind k = 0; k < KINDS; k++)
		if (kinds[k].action_type && strcmp(kinds[k].action_type, action_type) == 0)
			return k;
	return KIND_OTHER;
}

static const char *const severities[] = {
	[SEVERITY_NONE] = "",
	[SEVERITY_LOW] = "low",
	[SEVERITY_MEDIUM] = "medium",
	[SEVERITY_HIGH] = "high",
	[SEVERITY_CRITICAL] = "critical",
};

const char *severity_name(enum severity severity)
{
	return severities[severity];
}

enum severity severity_parse(const char *name)
{
	for (size_t i = 1; i < LENGTH(severities); i++)
		if (strcmp(name, severities[i]) == 0)
			return (enum severity)i;
	return SEVERITY_NONE;
}
