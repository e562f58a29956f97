/* SPDX-License-Identifier: ISC */

/*
 * The places where agents look for hooks, in the order of preference of `hook install`. Limits are
 * one hour, in each agent's own unit. tests/agents/off.bats tries the advice in real agents.
 */

#include "cli/hook-places.h"

#define CLAUDE_ENTRY                                                                        \
	{                                                                                   \
		"{ \"matcher\": \"*\", \"hooks\": [{ \"type\": \"command\", \"command\": ", \
			", \"timeout\": 3600, \"onFailure\": \"block\" }] }"                \
	}
#define CODEX_ENTRY                                                                                \
	{                                                                                          \
		"{ \"hooks\": [{ \"type\": \"command\", \"command\": ", ", \"timeout\": 3600 }] }" \
	}
#define GEMINI_ENTRY                                                                               \
	{                                                                                          \
		"{ \"matcher\": \"*\", \"hooks\": [{ \"name\": \"firma\", \"type\": \"command\", " \
		"\"command\": ",                                                                   \
			", \"timeout\": 3600000 }] }"                                              \
	}
#define COPILOT_ENTRY                                                             \
	{                                                                         \
		"{ \"type\": \"command\", \"bash\": ", ", \"timeoutSec\": 3600 }" \
	}
#define CURSOR_ENTRY                                                             \
	{                                                                        \
		"{ \"command\": ", ", \"timeout\": 3600, \"failClosed\": true }" \
	}

#define CLAUDE_OFF                        \
	{                                 \
		"disableAllHooks", "true" \
	}

#define GEMINI_OFF                             \
	{                                      \
		"hooksConfig.enabled", "false" \
	}

#define CLAUDE_ADVICE                                                                        \
	"a project's .claude/settings.json with \"disableAllHooks\": true switches it off; " \
	"--managed holds"
#define CODEX_ADVICE                                                                              \
	"codex skips it in silence until you have trusted it there with /hooks, and a project's " \
	".codex/config.toml can switch hooks off; --managed holds"
#define GEMINI_ADVICE \
	"a trusted project's .gemini/settings.json can switch it off, whatever holds it"

const struct hook_place hook_places[] = {
	{
		.agent = "claude",
		.scope = HOOK_MANAGED,
		.path = "etc/claude-code/managed-settings.json",
		.event = "PreToolUse",
		.entry = CLAUDE_ENTRY,
		.key = "allowManagedHooksOnly",
		.value = "true",
	},
	{
		.agent = "claude",
		.scope = HOOK_USER,
		.path = ".claude/settings.json",
		.variable = "CLAUDE_CONFIG_DIR",
		.event = "PreToolUse",
		.entry = CLAUDE_ENTRY,
		.off = CLAUDE_OFF,
		.advice = CLAUDE_ADVICE,
	},
	{
		.agent = "claude",
		.scope = HOOK_PROJECT,
		.path = ".claude/settings.json",
		.event = "PreToolUse",
		.entry = CLAUDE_ENTRY,
		.off = CLAUDE_OFF,
		.advice = CLAUDE_ADVICE,
	},
	{
		.agent = "codex",
		.scope = HOOK_MANAGED,
		.path = "etc/codex/requirements.toml",
		.form = HOOK_FORM_CODEX,
	},
	{
		.agent = "codex",
		.scope = HOOK_USER,
		.path = ".codex/hooks.json",
		.variable = "CODEX_HOME",
		.event = "PreToolUse",
		.entry = CODEX_ENTRY,
		.advice = CODEX_ADVICE,
	},
	{
		.agent = "codex",
		.scope = HOOK_PROJECT,
		.path = ".codex/hooks.json",
		.event = "PreToolUse",
		.entry = CODEX_ENTRY,
		.advice = CODEX_ADVICE,
	},
	{
		.agent = "gemini",
		.scope = HOOK_MANAGED,
		.path = "etc/gemini-cli/settings.json",
		.event = "BeforeTool",
		.entry = GEMINI_ENTRY,
		.off = GEMINI_OFF,
		.off_list = "hooksConfig.disabled",
		.advice = GEMINI_ADVICE,
	},
	{
		.agent = "gemini",
		.scope = HOOK_USER,
		.path = ".gemini/settings.json",
		.event = "BeforeTool",
		.entry = GEMINI_ENTRY,
		.off = GEMINI_OFF,
		.off_list = "hooksConfig.disabled",
		.advice = GEMINI_ADVICE,
	},
	{
		.agent = "gemini",
		.scope = HOOK_PROJECT,
		.path = ".gemini/settings.json",
		.event = "BeforeTool",
		.entry = GEMINI_ENTRY,
		.off = GEMINI_OFF,
		.off_list = "hooksConfig.disabled",
		.advice = GEMINI_ADVICE,
	},
	{
		.agent = "copilot",
		.scope = HOOK_USER,
		.path = ".copilot/hooks/firma.json",
		.variable = "COPILOT_HOME",
		.event = "preToolUse",
		.entry = COPILOT_ENTRY,
		.key = "version",
		.value = "1",
	},
	{
		.agent = "copilot",
		.scope = HOOK_PROJECT,
		.path = ".github/hooks/firma.json",
		.event = "preToolUse",
		.entry = COPILOT_ENTRY,
		.key = "version",
		.value = "1",
	},
	{
		.agent = "qwen",
		.scope = HOOK_MANAGED,
		.path = "etc/qwen-code/settings.json",
		.event = "PreToolUse",
		.entry = GEMINI_ENTRY,
		.key = "disableAllHooks",
		.value = "false",
	},
	{
		.agent = "qwen",
		.scope = HOOK_USER,
		.path = ".qwen/settings.json",
		.event = "PreToolUse",
		.entry = GEMINI_ENTRY,
		.off = CLAUDE_OFF,
		.advice = "a project's .qwen/settings.json switches it off; --managed holds",
	},
	{
		.agent = "qwen",
		.scope = HOOK_PROJECT,
		.path = ".qwen/settings.json",
		.event = "PreToolUse",
		.entry = GEMINI_ENTRY,
		.off = CLAUDE_OFF,
	},
	{
		.agent = "cline",
		.scope = HOOK_USER,
		.path = "Documents/Cline/Hooks/PreToolUse",
		.form = HOOK_FORM_CLINE,
	},
	{
		.agent = "cline",
		.scope = HOOK_PROJECT,
		.path = ".clinerules/hooks/PreToolUse",
		.form = HOOK_FORM_CLINE,
	},
	{
		.agent = "opencode",
		.scope = HOOK_USER,
		.path = ".config/opencode/plugin/firma.js",
		.form = HOOK_FORM_OPENCODE,
	},
	{
		.agent = "opencode",
		.scope = HOOK_PROJECT,
		.path = ".opencode/plugin/firma.js",
		.form = HOOK_FORM_OPENCODE,
	},
	{
		.agent = "cursor",
		.scope = HOOK_MANAGED,
		.path = "etc/cursor/hooks.json",
		.event = "preToolUse",
		.entry = CURSOR_ENTRY,
		.key = "version",
		.value = "1",
	},
	{
		.agent = "cursor",
		.scope = HOOK_USER,
		.path = ".cursor/hooks.json",
		.event = "preToolUse",
		.entry = CURSOR_ENTRY,
		.key = "version",
		.value = "1",
	},
	{
		.agent = "cursor",
		.scope = HOOK_PROJECT,
		.path = ".cursor/hooks.json",
		.event = "preToolUse",
		.entry = CURSOR_ENTRY,
		.key = "version",
		.value = "1",
	},
	/* Settings that no hook is installed in. */
	{
		.agent = "claude",
		.scope = HOOK_PROJECT,
		.path = ".claude/settings.local.json",
		.form = HOOK_FORM_JSON_OFF,
		.off = CLAUDE_OFF,
	},
	{
		.agent = "codex",
		.scope = HOOK_USER,
		.path = ".codex/config.toml",
		.variable = "CODEX_HOME",
		.form = HOOK_FORM_TOML_OFF,
	},
	{
		.agent = "codex",
		.scope = HOOK_PROJECT,
		.path = ".codex/config.toml",
		.form = HOOK_FORM_TOML_OFF,
	},
	{ 0 },
};
