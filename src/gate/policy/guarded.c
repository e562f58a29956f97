/* SPDX-License-Identifier: ISC */

/* The table of guarded files. */

#include "gate/policy/guarded.h"

#include <stddef.h>
#include <string.h>
#include <strings.h>

#include "base/path.h"
#include "gate/policy/glob.h"

/* Patterns for glob_run_wide(). One that ends in a slash and two stars also fits the directory. */
static const char *const files[] = {
	/* Coding agents, their servers and hooks. */
	".claude/**",
	".claude.json",
	".codex/**",
	".gemini/**",
	".qwen/**",
	".cline/**",
	".clinerules/**",
	"Documents/Cline/**",
	".copilot/**",
	".cursor/**",
	".opencode/**",
	".config/opencode/**",
	"opencode.json",
	"opencode.jsonc",
	".mcp.json",
	"/etc/claude-code/**",
	"/etc/codex/**",
	"/etc/gemini-cli/**",
	"/etc/qwen-code/**",
	"/etc/cursor/**",
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

#define FILES (sizeof(files) / sizeof(files[0]))

/* A quick filter: a guarded path has a name that begins with a dot, or one of a few others. */
static bool may_be(const char *path)
{
	return path[0] == '.' || strstr(path, "/.") || strcasestr(path, "opencode.json")
		|| strcasestr(path, "firma") || strcasestr(path, "cline")
		|| strcasestr(path, "etc/");
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
	for (size_t i = 0; may_be(path) && i < FILES; i++)
		if (glob_run_wide(files[i], path, GLOB_ANY_DEPTH) || is_directory(files[i], path))
			return true;
	return false;
}

/* --- a file and its new directory ------------------------------------------------------------- */

/* A pattern without the stars at its end that stand for all files of a directory. */
static size_t plain_len(const char *pattern)
{
	const size_t len = strlen(pattern);

	return len > 3 && strcmp(pattern + len - 3, "/**") == 0 ? len - 3 : len;
}

/* Whether a path ends with the directory of a pattern; an absolute one is the whole path. */
static bool ends_with(const char *path, const char *directory, size_t len)
{
	const size_t path_len = strlen(path);
	const char *end = path + path_len - len;

	if (path_len < len || strncasecmp(end, directory, len) != 0)
		return false;
	return directory[0] == '/' ? end == path : end == path || end[-1] == '/';
}

/* Names have no stars but two at their end. */
static bool is_named(const char *path, const char *name, size_t len)
{
	const char *last = path_name(path);
	const bool open = len > 2 && strncmp(name + len - 2, "**", 2) == 0;

	return strncasecmp(last, name, open ? len - 2 : len) == 0 && (open || strlen(last) == len);
}

void guarded_note(struct guarded_words *words, const char *path)
{
	const char *slash;
	size_t len;

	_Static_assert(FILES <= 64, "a bit for each pattern");
	for (size_t i = 0; i < FILES; i++) {
		len = plain_len(files[i]);
		slash = memrchr(files[i], '/', len);
		if (!slash || slash == files[i])
			continue;
		if (ends_with(path, files[i], (size_t)(slash - files[i])))
			words->directories |= UINT64_C(1) << i;
		if (is_named(path, slash + 1, (size_t)(files[i] + len - slash - 1)))
			words->names |= UINT64_C(1) << i;
	}
}

bool guarded_words_are(const struct guarded_words *words)
{
	return words->directories & words->names;
}
