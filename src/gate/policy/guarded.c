/* SPDX-License-Identifier: ISC */

/* The table of guarded files. */

#include "gate/policy/guarded.h"

#include <limits.h>
#include <stddef.h>
#include <string.h>
#include <strings.h>

#include "base/array.h"
#include "base/path.h"
#include "gate/policy/glob.h"

/* Patterns for glob_run_wide(). One that ends in a slash and two stars also fits the directory. */

/* A file or a directory, in any directory. */
static const char *const names[] = {
	/* Coding agents, and their servers. */
	".claude/**",
	".claude.json",
	".codex/**",
	".gemini/**",
	".qwen/**",
	".cline/**",
	".clinerules/**",
	".copilot/**",
	".cursor/**",
	".opencode/**",
	"opencode.json",
	"opencode.jsonc",
	".mcp.json",

	/* Run when a directory is entered or a commit is made. */
	".husky/**",
	".envrc",
	".direnvrc",

	/* git; a file ".git" says where it finds its hooks and settings. */
	".git",
	".gitconfig",

	/* Who may log in, and their settings. */
	".ssh/**",

	/* Start files of shells and sessions. */
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
	".cshrc",
	".tcshrc",
	".login",
	".xprofile",
	".xsessionrc",
	".pam_environment",
};

/* The same in a directory that has a name. */
static const char *const files[] = {
	/* Coding agents and their hooks. */
	"Documents/Cline/**",
	".config/opencode/**",
	"/etc/claude-code/**",
	"/etc/codex/**",
	"/etc/gemini-cli/**",
	"/etc/qwen-code/**",
	"/etc/cursor/**",
	".github/hooks**",
	".github/copilot**",

	/* Run when a project is built. */
	".vscode/tasks.json",

	/* git; a file "commondir" says where it finds its hooks and settings. */
	".git/hooks**",
	".git/config**",
	".git/commondir",
	".git/modules/**",
	".git/worktrees/**",
	".config/git/**",

	/* Programs that are found first, and start files of shells and sessions. */
	".local/bin/**",
	".config/fish/**",
	".config/environment.d/**",
	"/etc/profile**",
	"/etc/bash.bashrc",
	"/etc/zsh/**",

	/* Started by cron, the service manager and the desktop. */
	"/etc/cron**",
	"/etc/anacrontab",
	"/var/spool/cron**",
	".config/systemd/**",
	".local/share/systemd/**",
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

/* Whether some guarded path has a part that begins like this. */
static bool may_begin(const char *part)
{
	switch (part[0] | 0x20) {
	case '.':
		return true;
	case 'd':
		return strncasecmp(part, "documents/cline", 15) == 0;
	case 'e':
		return strncasecmp(part, "etc/", 4) == 0;
	case 'f':
		return strncasecmp(part, "firma", 5) == 0;
	case 'o':
		return strncasecmp(part, "opencode.json", 13) == 0;
	case 's':
		return strncasecmp(part, "spool/cron", 10) == 0;
	default:
		return false;
	}
}

/* A quick filter: a guarded path has a name that begins with a dot, or one of a few others. */
static bool may_be(const char *path)
{
	while (!may_begin(path)) {
		path = strchr(path, '/');
		if (!path)
			return false;
		path++;
	}
	return true;
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

static bool is_any(const char *const patterns[], size_t n, const char *path)
{
	for (size_t i = 0; i < n; i++)
		if (glob_run_wide(patterns[i], path, GLOB_ANY_DEPTH)
			|| is_directory(patterns[i], path))
			return true;
	return false;
}

bool guarded_is(const char *path)
{
	return may_be(path)
		&& (is_any(names, LENGTH(names), path) || is_any(files, LENGTH(files), path));
}

/* Whether the path leads through a directory "NAME.git", where bare repositories mostly are. */
static bool is_in_repository(const char *path)
{
	static const char end[] = ".git/";

	for (const char *at = path; (at = strcasestr(at, end)); at++)
		if (at > path && at[-1] != '/')
			return true;
	return false;
}

bool guarded_is_if_written(const char *path)
{
	return guarded_is(path) || strcasecmp(path_name(path), "HEAD") == 0
		|| is_in_repository(path);
}

/* --- a file and its new directory ------------------------------------------------------------- */

/* A pattern of `files` in two parts. */
struct place {
	const char *directory, *name;
	size_t directory_len, name_len;
	bool open; /* the name may go on */
};

static struct place places[LENGTH(files)];

/* Bits of the patterns whose directory ends, and whose name begins, with this letter. */
static uint64_t by_end[1 << CHAR_BIT], by_begin[1 << CHAR_BIT];
static bool places_are_known;

/* Letters differ from capital ones by one bit, and so do some other characters. */
static unsigned char folded(char c)
{
	return (unsigned char)(c | 0x20);
}

/* A pattern without the stars at its end that stand for all files of a directory. */
static size_t plain_len(const char *pattern)
{
	const size_t len = strlen(pattern);

	return len > 3 && strcmp(pattern + len - 3, "/**") == 0 ? len - 3 : len;
}

/* Takes the patterns apart, once. Names have no stars but two at their end. */
static void find_places(void)
{
	const char *slash;
	struct place *p;
	size_t len;

	_Static_assert(LENGTH(files) <= 64, "a bit for each pattern");
	for (unsigned int i = 0; i < LENGTH(files); i++) {
		len = plain_len(files[i]);
		slash = memrchr(files[i], '/', len);
		p = &places[i];
		*p = (struct place){ .directory = files[i], .name = slash + 1 };
		p->directory_len = (size_t)(slash - files[i]);
		p->name_len = (size_t)(files[i] + len - p->name);
		p->open = p->name_len > 2 && strncmp(p->name + p->name_len - 2, "**", 2) == 0;
		p->name_len -= p->open ? 2 : 0;
		by_end[folded(slash[-1])] |= UINT64_C(1) << i;
		by_begin[folded(slash[1])] |= UINT64_C(1) << i;
	}
	places_are_known = true;
}

/* Whether a path ends with the directory of a pattern; an absolute one is the whole path. */
static bool ends_with(const char *path, size_t path_len, const struct place *p)
{
	const char *end = path + path_len - p->directory_len;

	if (path_len < p->directory_len || strncasecmp(end, p->directory, p->directory_len) != 0)
		return false;
	return end == path || (p->directory[0] != '/' && end[-1] == '/');
}

static bool is_named(const char *last, size_t last_len, const struct place *p)
{
	return (p->open ? last_len >= p->name_len : last_len == p->name_len)
		&& strncasecmp(last, p->name, p->name_len) == 0;
}

void guarded_note(struct guarded_words *words, const char *path)
{
	const char *last = path_name(path);
	const size_t path_len = strlen(path), last_len = path_len - (size_t)(last - path);

	if (!places_are_known)
		find_places();
	if (path_len == 0)
		return;
	for (uint64_t left = by_end[folded(path[path_len - 1])]; left; left &= left - 1)
		if (ends_with(path, path_len, &places[__builtin_ctzll(left)]))
			words->directories |= left & -left;
	for (uint64_t left = by_begin[folded(last[0])]; left; left &= left - 1)
		if (is_named(last, last_len, &places[__builtin_ctzll(left)]))
			words->names |= left & -left;
}

bool guarded_words_are(const struct guarded_words *words)
{
	return words->directories & words->names;
}
