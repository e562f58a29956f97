/* SPDX-License-Identifier: ISC */

/*
 * The tools by their agents' documentation. A tool that isn't here, or whose arguments are others,
 * is asked about as an unknown tool, so a row that is missing or out of date asks more.
 */

#include "cli/hook-tool.h"

#include <stddef.h>
#include <string.h>

#include "base/array.h"

static const struct hook_tool tools[] = {
	{ "claude", "Read", HOOK_TOOL_READ, .target = "file_path" },
	{ "claude", "NotebookRead", HOOK_TOOL_READ, .target = "notebook_path" },
	{ "claude", "LS", HOOK_TOOL_LIST, .target = "path" },
	{ "claude", "Glob", HOOK_TOOL_LIST, .target = "path", .first = "pattern" },
	{ "claude", "Grep", HOOK_TOOL_SEARCH, .target = "path", .first = "glob" },
	{ "claude", "Write", HOOK_TOOL_WRITE, .target = "file_path", .first = "content" },
	{ "claude", "Edit", HOOK_TOOL_EDIT, .target = "file_path", .first = "old_string",
		.second = "new_string" },
	{ "claude", "MultiEdit", HOOK_TOOL_EDIT, .target = "file_path" },
	{ "claude", "NotebookEdit", HOOK_TOOL_EDIT, .target = "notebook_path" },
	{ "claude", "WebFetch", HOOK_TOOL_FETCH, .target = "url" },
	{ "claude", "AskUserQuestion", .form = HOOK_TOOL_OWN },
	{ "claude", "EnterPlanMode", .form = HOOK_TOOL_OWN },
	{ "claude", "ExitPlanMode", .form = HOOK_TOOL_OWN },
	{ "claude", "Task", .form = HOOK_TOOL_OWN },
	{ "claude", "Agent", .form = HOOK_TOOL_OWN },
	{ "claude", "TodoWrite", .form = HOOK_TOOL_OWN },

	{ "codex", "apply_patch", HOOK_TOOL_PATCH, .first = "command" },

	{ "gemini", "read_file", HOOK_TOOL_READ, .target = "file_path",
		.other_target = "absolute_path" },
	{ "gemini", "list_directory", HOOK_TOOL_LIST, .target = "dir_path",
		.other_target = "path" },
	{ "gemini", "glob", HOOK_TOOL_LIST, .target = "dir_path", .other_target = "path",
		.first = "pattern" },
	{ "gemini", "grep_search", HOOK_TOOL_SEARCH, .target = "dir_path", .other_target = "path",
		.first = "include_pattern" },
	{ "gemini", "search_file_content", HOOK_TOOL_SEARCH, .target = "dir_path",
		.other_target = "path", .first = "include" },
	{ "gemini", "write_file", HOOK_TOOL_WRITE, .target = "file_path", .first = "content" },
	{ "gemini", "replace", HOOK_TOOL_EDIT, .target = "file_path", .first = "old_string",
		.second = "new_string" },
	{ "gemini", "write_todos", .form = HOOK_TOOL_OWN },
	{ "gemini", "ask_user", .form = HOOK_TOOL_OWN },

	{ "copilot", "view", HOOK_TOOL_READ, .target = "path" },
	{ "copilot", "glob", HOOK_TOOL_LIST, .target = "path", .first = "pattern" },
	{ "copilot", "grep", HOOK_TOOL_SEARCH, .target = "path", .first = "glob" },
	{ "copilot", "create", HOOK_TOOL_WRITE, .target = "path", .first = "file_text" },
	{ "copilot", "edit", HOOK_TOOL_EDIT, .target = "path", .first = "old_str",
		.second = "new_str" },
	{ "copilot", "web_fetch", HOOK_TOOL_FETCH, .target = "url" },
	{ "copilot", "report_intent", .form = HOOK_TOOL_OWN },
	{ "copilot", "ask_user", .form = HOOK_TOOL_OWN },

	{ "qwen", "read_file", HOOK_TOOL_READ, .target = "file_path",
		.other_target = "absolute_path" },
	{ "qwen", "list_directory", HOOK_TOOL_LIST, .target = "path" },
	{ "qwen", "glob", HOOK_TOOL_LIST, .target = "path", .first = "pattern" },
	{ "qwen", "grep_search", HOOK_TOOL_SEARCH, .target = "path", .first = "glob" },
	{ "qwen", "write_file", HOOK_TOOL_WRITE, .target = "file_path", .first = "content" },
	{ "qwen", "edit", HOOK_TOOL_EDIT, .target = "file_path", .first = "old_string",
		.second = "new_string" },
	{ "qwen", "notebook_edit", HOOK_TOOL_EDIT, .target = "notebook_path" },
	{ "qwen", "web_fetch", HOOK_TOOL_FETCH, .target = "url" },
	{ "qwen", "todo_write", .form = HOOK_TOOL_OWN },
	{ "qwen", "ask_user_question", .form = HOOK_TOOL_OWN },
	{ "qwen", "exit_plan_mode", .form = HOOK_TOOL_OWN },

	{ "cline", "editor", HOOK_TOOL_EDIT, .target = "path" },

	{ "opencode", "read", HOOK_TOOL_READ, .target = "filePath" },
	{ "opencode", "list", HOOK_TOOL_LIST, .target = "path" },
	{ "opencode", "glob", HOOK_TOOL_LIST, .target = "path", .first = "pattern" },
	{ "opencode", "grep", HOOK_TOOL_SEARCH, .target = "path", .first = "include" },
	{ "opencode", "write", HOOK_TOOL_WRITE, .target = "filePath", .first = "content" },
	{ "opencode", "edit", HOOK_TOOL_EDIT, .target = "filePath", .first = "oldString",
		.second = "newString" },
	{ "opencode", "multiedit", HOOK_TOOL_EDIT, .target = "filePath" },
	{ "opencode", "patch", HOOK_TOOL_PATCH, .first = "patchText" },
	{ "opencode", "apply_patch", HOOK_TOOL_PATCH, .first = "patchText" },
	{ "opencode", "webfetch", HOOK_TOOL_FETCH, .target = "url" },
	{ "opencode", "todowrite", .form = HOOK_TOOL_OWN },
	{ "opencode", "todoread", .form = HOOK_TOOL_OWN },
	{ "opencode", "task", .form = HOOK_TOOL_OWN },

	{ "cursor", "Read", HOOK_TOOL_READ, .target = "file_path", .other_target = "path" },
	{ "cursor", "Grep", HOOK_TOOL_SEARCH, .target = "path", .first = "glob" },
	{ "cursor", "Write", HOOK_TOOL_WRITE, .target = "file_path", .other_target = "path",
		.first = "content" },
	{ "cursor", "Delete", HOOK_TOOL_WRITE, .target = "file_path", .other_target = "path" },
	{ "cursor", "Task", .form = HOOK_TOOL_OWN },
};

const struct hook_tool *hook_tool_find(const char *agent, const char *name)
{
	for (size_t i = 0; i < LENGTH(tools); i++)
		if (strcmp(tools[i].agent, agent) == 0 && strcmp(tools[i].name, name) == 0)
			return &tools[i];
	return NULL;
}
