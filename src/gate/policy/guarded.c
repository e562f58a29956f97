/* SPDX-License-Identifier: ISC */

/* The table of guarded files. */

#include "gate/policy/guarded.h"

#include <stddef.h>
#include <string.h>
#include <strings.h>

#include "gate/policy/glob.h"

/* Patterns for glob_run_wide(). One that ends in a slash and two stars also fits the directory. */
static const char *const files[] = {
	/* Coding agents, their servers and hooks. */
	".claude/**",
	".codex/**",
	".gemini/**",
	".qwen/**",
	".cline/**",
	".cursor/**",
	".opencode/**",
	"opencode.json",
	".mcp.json",
	".github/hooks**",
	".github/copilot**",

	/* Run when a directory is entered or a project is built. */
	".husky/**",
	".envrc",
	".vscode/tasks.json",

	/* git. A file ".git", or a file "commondir", says where git finds its hooks and settings.
	 */
	".git",
	".git/hooks**",
	".git/config**",
	".git/commondir",
	".git/modules/**",
	".git/worktrees/**",
	".gitconfig",
	".config/git/**",

	/* Who may log in, and their settings. */
	".ssh/**",
	".local/bin/**",

	/* Start files of shells. */
	".profile",
	".bashrc",
	".bash_profile",
	".bash_login",
	".bash_logout",
	".bash_aliases",
	".zshrc",
	".zshenv",
	".zprofile",
	".zlogin",
	".zlogout",
	".kshrc",
	".config/fish/**",
	"/etc/profile**",
	"/etc/bash.bashrc",
	"/etc/zsh/**",

	/* Started by the service manager and the desktop. */
	".config/systemd/**",
	"/etc/systemd/**",
	".config/autostart/**",

	/* The gate itself. */
	"bin/firma",
	"/etc/default/firma",
	"/etc/firma/**",
	"/var/lib/firma/**",
	".config/firma/**",
	".local/state/firma/**",
};

/* A quick filter: a guarded path has a name that begins with a dot, or one of a few others. */
static bool may_be(const char *path)
{
	return path[0] == '.' || strstr(path, "/.") || strcasestr(path, "opencode.json")
		|| strcasestr(path, "firma") || strstr(path, "etc/");
}

/* Whether the path is the directory of such a pattern. Directories have no wildcards. */
static bool is_directory(const char *pattern, const char *path)
{
	const size_t len = strlen(pattern), path_len = strlen(path), wild = strlen("/**");
	const char *end;

	if (len < wild || strcmp(pattern + len - wild, "/**") != 0 || path_len < len - wild)
		return false;
	end = path + path_len - (len - wild);
	return strncasecmp(end, pattern, len - wild) == 0 && (end == path || end[-1] == '/');
}

bool guarded_is(const char *path)
{
	for (size_t i = 0; may_be(path) && i < sizeof(files) / sizeof(files[0]); i++)
		if (glob_run_wide(files[i], path, GLOB_ANY_DEPTH) || is_directory(files[i], path))
			return true;
	return false;
}
