/* SPDX-License-Identifier: ISC */

/* How a shell is called. */

#include "gate/shell/shell-call.h"

#include <stdbool.h>
#include <string.h>

#include "base/path.h"

static bool is_one_of(const char *word, const char *const *words)
{
	for (; *words; words++)
		if (strcmp(word, *words) == 0)
			return true;
	return false;
}

static bool is_shell(const char *path)
{
	static const char *const shells[] = { "sh", "bash", "dash", "zsh", NULL };

	return is_one_of(path_name(path), shells);
}

static bool is_option(const char *shell, const char *word)
{
	static const char *const options[] = { "-c", "-ec", "-uc", "-euc", NULL };

	return is_one_of(word, options) || (strcmp(shell, "zsh") == 0 && strcmp(word, "-fc") == 0);
}

static bool is_without_files(const char *shell, const char *word)
{
	static const char *const options[] = { "--norc", "--noprofile", NULL };

	return strcmp(shell, "bash") == 0 && is_one_of(word, options);
}

const char *shell_call_line(const struct invocation *asked)
{
	const char *word = asked->args.text, *shell = path_name(asked->executable);
	size_t n = asked->args.n;

	if (!is_shell(asked->executable) || (asked->real_path && !is_shell(asked->real_path)))
		return NULL;
	for (; n > 2 && is_without_files(shell, word); n--)
		word += strlen(word) + 1;
	if (n != 2 || !is_option(shell, word))
		return NULL;
	return word + strlen(word) + 1;
}
