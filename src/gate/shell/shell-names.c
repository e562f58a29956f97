/* SPDX-License-Identifier: ISC */

/*
 * The lists, as of bash 5.2, dash 0.5.12 and zsh 5.9 (`compgen -b`, `compgen -k`, `${(k)builtins}`,
 * `${(k)reswords}`); tests/shell.bats asks the shells that are installed for theirs. In the order
 * of strcmp(3).
 */

#include "gate/shell/shell-names.h"

#include <stddef.h>
#include <string.h>

#include "base/array.h"

static const char *const reserved[] = { "!", "[[", "]]", "case", "coproc", "declare", "do", "done",
	"elif", "else", "end", "esac", "export", "fi", "float", "for", "foreach", "function", "if",
	"in", "integer", "local", "nocorrect", "readonly", "repeat", "select", "then", "time",
	"typeset", "until", "while", "{", "}" };

static const char *const builtins[] = { "-", ".", ":", "[", "alias", "autoload", "bg", "bind",
	"bindkey", "break", "builtin", "bye", "caller", "cd", "chdir", "command", "compadd",
	"comparguments", "compcall", "compctl", "compdescribe", "compfiles", "compgen",
	"compgroups", "complete", "compopt", "compquote", "compset", "comptags", "comptry",
	"compvalues", "continue", "declare", "dirs", "disable", "disown", "echotc", "echoti",
	"emulate", "enable", "eval", "exec", "exit", "export", "fc", "fg", "float", "functions",
	"getln", "getopts", "hash", "help", "history", "integer", "jobs", "kill", "let", "limit",
	"local", "log", "logout", "mapfile", "noglob", "popd", "print", "printf", "private",
	"pushd", "pushln", "r", "read", "readarray", "readonly", "rehash", "return", "sched", "set",
	"setopt", "shift", "shopt", "source", "suspend", "test", "times", "trap", "ttyctl", "type",
	"typeset", "ulimit", "umask", "unalias", "unfunction", "unhash", "unlimit", "unset",
	"unsetopt", "vared", "wait", "whence", "where", "which", "zcompile", "zformat", "zle",
	"zmodload", "zparseopts", "zregexparse", "zstyle" };

static bool has(const char *const *names, size_t n, const char *name)
{
	size_t low = 0, high = n, middle;
	int order;

	while (low < high) {
		middle = low + (high - low) / 2;
		order = (unsigned char)name[0] - (unsigned char)names[middle][0];
		if (order == 0)
			order = strcmp(name, names[middle]);
		if (order == 0)
			return true;
		if (order < 0)
			high = middle;
		else
			low = middle + 1;
	}
	return false;
}

bool shell_name_is_reserved(const char *name)
{
	return has(reserved, LENGTH(reserved), name);
}

bool shell_name_is_builtin(const char *name)
{
	return has(builtins, LENGTH(builtins), name);
}
