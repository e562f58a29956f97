/* SPDX-License-Identifier: ISC */

/* The dialects of coding agents. */

#include "cli/hook-dialect.h"

#include <string.h>

/* claude's answers; codex and qwen use the same. codex refuses unknown keys. */
#define CLAUDE_ANSWER(decision)                                                             \
	"{\"hookSpecificOutput\":{\"hookEventName\":\"PreToolUse\",\"permissionDecision\":" \
	"\"" decision "\""
#define CLAUDE_DENY                                                                \
	{                                                                          \
		CLAUDE_ANSWER("deny") ",\"permissionDecisionReason\":\"", "\"}}\n" \
	}

#define CLAUDE_ASK                                                                \
	{                                                                         \
		CLAUDE_ANSWER("ask") ",\"permissionDecisionReason\":\"", "\"}}\n" \
	}

#define CLAUDE_REWRITE                                              \
	{                                                           \
		CLAUDE_ANSWER("allow") ",\"updatedInput\":", "}}\n" \
	}

const struct hook_dialect hook_dialects[] = {
	{
		.name = "claude",
		.event = "hook_event_name",
		.event_value = "PreToolUse",
		.tool = "tool_name",
		.shell_tools = { "Bash", "Monitor" },
		.opaque_tools = { "PowerShell" },
		.arguments = "tool_input",
		.mcp_names = true,
		.line = "tool_input.command",
		.purpose = "tool_input.description",
		.session = "session_id",
		.cwd = "cwd",
		.subagent = "agent_type",
		.subagent_mark = "agent_id",
		.allow = CLAUDE_ANSWER("allow") "}}\n",
		.rewrite = CLAUDE_REWRITE,
		.none = "{}\n",
		.ask = CLAUDE_ASK,
		.defer = CLAUDE_ANSWER("defer") "}}\n",
		.deny = CLAUDE_DENY,
		.deny_status = HOOK_STATUS_DENIED,
	},
	{
		/*
		 * codex's hook can't allow: it can only deny, have no opinion, or allow other
		 * arguments. After a denial it goes on, as all of these agents but cline do.
		 */
		.name = "codex",
		.event = "hook_event_name",
		.event_value = "PreToolUse",
		.tool = "tool_name",
		.shell_tools = { "Bash" },
		.arguments = "tool_input",
		.mcp_names = true,
		.has_sessions = true,
		.line = "tool_input.command",
		.session = "session_id",
		.cwd = "cwd",
		.directory = "tool_input.workdir",
		.subagent = "agent_type",
		.subagent_mark = "agent_id",
		.allow = "{}\n",
		.rewrite = CLAUDE_REWRITE,
		.none = "{}\n",
		.deny = CLAUDE_DENY,
		.deny_status = HOOK_STATUS_DENIED,
	},
	{
		.name = "gemini",
		.event = "hook_event_name",
		.event_value = "BeforeTool",
		.tool = "tool_name",
		.shell_tools = { "run_shell_command" },
		.arguments = "tool_input",
		.mcp_server = "mcp_context.server_name",
		.mcp_tool = "mcp_context.tool_name",
		.line = "tool_input.command",
		.purpose = "tool_input.description",
		.session = "session_id",
		.cwd = "cwd",
		.directory = "tool_input.dir_path",
		.allow = "{\"decision\":\"allow\"}\n",
		.rewrite = { "{\"decision\":\"allow\",\"hookSpecificOutput\":{"
			     "\"hookEventName\":\"BeforeTool\",\"tool_input\":",
			"}}\n" },
		.none = "{}\n",
		.deny = { "{\"decision\":\"deny\",\"reason\":\"", "\"}\n" },
		.deny_status = HOOK_STATUS_DENIED,
	},
	{
		.name = "copilot",
		.tool = "toolName",
		.shell_tools = { "bash" },
		.opaque_tools = { "write_bash", "powershell", "write_powershell" },
		.arguments = "toolArgs",
		.line = "toolArgs.command",
		.purpose = "toolArgs.description",
		.session = "sessionId",
		.cwd = "cwd",
		.allow = "{\"permissionDecision\":\"allow\"}\n",
		.rewrite = { "{\"permissionDecision\":\"allow\",\"modifiedArgs\":", "}\n" },
		.none = "{}\n",
		.ask = { "{\"permissionDecision\":\"ask\",\"permissionDecisionReason\":\"",
			"\"}\n" },
		.deny = { "{\"permissionDecision\":\"deny\",\"permissionDecisionReason\":\"",
			"\"}\n" },
		.deny_status = HOOK_STATUS_DENIED,
	},
	{
		.name = "qwen",
		.event = "hook_event_name",
		.event_value = "PreToolUse",
		.tool = "tool_name",
		.shell_tools = { "run_shell_command", "monitor" },
		.arguments = "tool_input",
		.mcp_names = true,
		.line = "tool_input.command",
		.purpose = "tool_input.description",
		.session = "session_id",
		.cwd = "cwd",
		.directory = "tool_input.directory",
		.subagent = "agent_type",
		.subagent_mark = "agent_id",
		.allow = CLAUDE_ANSWER("allow") "}}\n",
		.none = "{}\n",
		.deny = CLAUDE_DENY,
		.deny_status = HOOK_STATUS_DENIED,
	},
	{
		/*
		 * cline reads the answer only; with any status but 0 it runs the tool. A denial
		 * ends its whole run: it has no other answer that keeps it from a tool.
		 */
		.name = "cline",
		.tool = "preToolUse.toolName",
		.shell_tools = { "run_commands" },
		.arguments = "preToolUse.parameters",
		.line = "preToolUse.parameters.commands",
		.form = HOOK_LINES_QUOTED,
		.session = "taskId",
		.cwd = "workspaceRoots.0",
		.subagent = "agent_id",
		.subagent_mark = "parent_agent_id",
		.allow = "{\"cancel\":false}\n",
		.none = "{\"cancel\":false}\n",
		.deny = { "{\"cancel\":true,\"errorMessage\":\"", "\"}\n" },
		.deny_status = 0,
	},
	{
		/*
		 * The plugin that `hook install` writes asks; the form of the answers is firma's
		 * own.
		 */
		.name = "opencode",
		.event = "hook",
		.event_value = "tool.execute.before",
		.tool = "tool",
		.shell_tools = { "bash" },
		.arguments = "args",
		.line = "args.command",
		.purpose = "args.description",
		.session = "sessionID",
		.cwd = "directory",
		.directory = "args.workdir",
		.allow = "{\"decision\":\"allow\"}\n",
		.none = "{\"decision\":\"none\"}\n",
		.deny = { "{\"decision\":\"deny\",\"reason\":\"", "\"}\n" },
		.deny_status = HOOK_STATUS_DENIED,
	},
	{
		.name = "cursor",
		.event = "hook_event_name",
		.event_value = "preToolUse",
		.tool = "tool_name",
		.shell_tools = { "Shell" },
		.arguments = "tool_input",
		.line = "tool_input.command",
		.session = "conversation_id",
		.cwd = "cwd",
		.other_cwd = "workspace_roots.0",
		.directory = "tool_input.working_directory",
		.allow = "{\"permission\":\"allow\"}\n",
		.none = "{}\n",
		.deny = { "{\"permission\":\"deny\",\"agent_message\":\"", "\"}\n" },
		.deny_status = HOOK_STATUS_DENIED,
	},
	{
		.name = "cursor",
		.event = "hook_event_name",
		.event_value = "beforeShellExecution",
		.line = "command",
		.session = "conversation_id",
		.cwd = "cwd",
		.other_cwd = "workspace_roots.0",
		.allow = "{\"permission\":\"allow\"}\n",
		.none = "{}\n",
		.deny = { "{\"permission\":\"deny\",\"agent_message\":\"", "\"}\n" },
		.deny_status = HOOK_STATUS_DENIED,
	},
	{ 0 },
};

const struct hook_dialect *hook_dialect_find(const char *name)
{
	for (const struct hook_dialect *d = hook_dialects; d->name; d++)
		if (strcmp(d->name, name) == 0)
			return d;
	return NULL;
}

static bool is_among(const char *const tools[static HOOK_TOOLS_MAX], const char *tool)
{
	for (size_t i = 0; i < HOOK_TOOLS_MAX && tools[i]; i++)
		if (strcmp(tools[i], tool) == 0)
			return true;
	return false;
}

bool hook_dialect_is_shell(const struct hook_dialect *d, const char *tool)
{
	return is_among(d->shell_tools, tool);
}

bool hook_dialect_is_opaque(const struct hook_dialect *d, const char *tool)
{
	return is_among(d->opaque_tools, tool);
}

/* Appends as much of the text as fits. */
static size_t put(char *ret, size_t at, size_t end, const char *text, size_t len)
{
	if (len > end - at)
		len = end - at;
	memcpy(ret + at, text, len);
	return at + len;
}

size_t hook_dialect_print(
	const char *const answer[static 2], const char *reason, char ret[static HOOK_ANSWER_MAX])
{
	static const char more[] = "...";
	size_t rest = strlen(answer[1]);
	size_t end = HOOK_ANSWER_MAX - rest - sizeof(more);
	size_t at = put(ret, 0, end, answer[0], strlen(answer[0])), n;

	for (; *reason; reason += n) {
		for (n = 1; ((unsigned char)reason[n] & 0xc0) == 0x80;)
			n++;
		if (n + 1 > end - at) {
			at = put(ret, at, HOOK_ANSWER_MAX, more, sizeof(more) - 1);
			break;
		}
		if (*reason == '"' || *reason == '\\')
			ret[at++] = '\\';
		at = put(ret, at, end, reason, n);
	}
	return put(ret, at, HOOK_ANSWER_MAX, answer[1], rest);
}
