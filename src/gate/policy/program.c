/* SPDX-License-Identifier: ISC */

/* The table of known programs. */

#include "gate/policy/program.h"

#include <stddef.h>
#include <string.h>

#include "gate/limits.h"

static const char *const texts[] = {
	[PROGRAM_PLAIN] = "program",
	[PROGRAM_SHELL] = "shell",
	[PROGRAM_INTERPRETER] = "interpreter",
	[PROGRAM_WRAPPER] = "wrapper",
};

static const char *const shells[] = { "ash", "bash", "csh", "dash", "elvish", "es", "fish", "hush",
	"ksh", "lksh", "loksh", "mksh", "nu", "oksh", "osh", "pdksh", "posh", "powershell", "pwsh",
	"rbash", "rc", "rksh", "rzsh", "sash", "sh", "tcsh", "xonsh", "yash", "ysh", "zsh", NULL };

static const char *const interpreters[] = { "R", "Rscript", "awk", "bun", "clisp", "deno", "elixir",
	"erl", "escript", "expect", "gawk", "gdb", "ghci", "gjs", "groovy", "guile", "iex",
	"ipython", "irb", "java", "jruby", "jshell", "julia", "lua", "luajit", "mawk", "mono",
	"nawk", "node", "nodejs", "ocaml", "octave", "original-awk", "perl", "php", "pike", "pypy",
	"python", "qjs", "racket", "raku", "ruby", "runghc", "runhaskell", "sbcl", "scala", "tclsh",
	"ts-node", "wish", NULL };

static const char *const wrappers[] = { "aa-exec", "bubblewrap", "busybox", "bwrap", "capsh",
	"choom", "chpst", "chronic", "chroot", "chrt", "command", "coresched", "coreutils",
	"dbus-launch", "dbus-run-session", "doas", "dumb-init", "eatmydata", "entr", "env", "exec",
	"fakechroot", "fakeroot", "faketime", "find", "firejail", "flock", "gosu", "gtimeout",
	"i386", "ionice", "ld-linux", "ld-musl", "ld.so", "ld64.so", "linux32", "linux64", "ltrace",
	"nice", "nohup", "nsenter", "numactl", "parallel", "perf", "pipesz", "pkexec", "prlimit",
	"proot", "proxychains", "rlwrap", "run0", "runcon", "runuser", "schroot", "script", "sem",
	"setarch", "setpriv", "setsid", "setuidgid", "sg", "softlimit", "ssh-agent", "sshpass",
	"start-stop-daemon", "stdbuf", "strace", "su", "su-exec", "sudo", "systemd-cat",
	"systemd-inhibit", "systemd-run", "systemd-socket-activate", "taskset", "time", "timeout",
	"tini", "torify", "torsocks", "toybox", "tsocks", "uclampset", "unbuffer", "uname26",
	"unshare", "valgrind", "watch", "x86_64", "xargs", "xvfb-run", NULL };

static const struct {
	enum program program;
	const char *const *names;
} kinds[] = {
	{ PROGRAM_WRAPPER, wrappers },
	{ PROGRAM_SHELL, shells },
	{ PROGRAM_INTERPRETER, interpreters },
};

#define N_KINDS (sizeof(kinds) / sizeof(kinds[0]))

const char *program_text(enum program program)
{
	return texts[program];
}

/* What may stand between a known name and the rest of another's: "python3.11", "sh.distrib". */
static bool is_separator(char c)
{
	return (c >= '0' && c <= '9') || c == '.' || c == '-' || c == '_';
}

/* These take for their own whatever begins with their name, such as a link "busyboxx". */
static bool takes_any(const char *known)
{
	return strcmp(known, "busybox") == 0 || strcmp(known, "toybox") == 0;
}

static bool is_known(const char *name, const char *known)
{
	size_t len;

	/* Nearly all differ here already. */
	if (name[0] != known[0])
		return false;

	len = strlen(known);
	return strncmp(name, known, len) == 0
		&& (name[len] == '\0' || is_separator(name[len]) || takes_any(known));
}

enum program program_of(const char *name)
{
	for (size_t i = 0; i < N_KINDS; i++)
		for (const char *const *known = kinds[i].names; *known; known++)
			if (is_known(name, *known))
				return kinds[i].program;
	return PROGRAM_PLAIN;
}

/*
 * Whether the pattern fits a name that is known by this one. `at` marks the places of the pattern
 * at which one may be when it has taken the name so far.
 */
static bool could_be(const char *pattern, const char *known)
{
	bool at[LIMIT_PATTERN + 1] = { true };
	size_t end = strlen(pattern), len = strlen(known);

	for (size_t n = 0; n <= len; n++) {
		bool ended = n == len;

		for (size_t i = 0; i < end; i++)
			if (at[i] && pattern[i] == '*')
				at[i + 1] = true;
		/* From the end on, as a character moves every place but a star's by one. */
		for (size_t i = end + 1; i-- > 0;) {
			if (!at[i])
				continue;
			if (ended
				&& (i == end || strchr("*?", pattern[i]) || is_separator(pattern[i])
					|| takes_any(known)))
				return true;
			if (i < end && pattern[i] == '*')
				continue;
			at[i] = false;
			if (i < end && !ended && (pattern[i] == '?' || pattern[i] == known[n]))
				at[i + 1] = true;
		}
	}
	return false;
}

enum program program_of_pattern(const char *pattern, const char **ret_name)
{
	for (size_t i = 0; i < N_KINDS; i++) {
		for (const char *const *known = kinds[i].names; *known; known++) {
			if (!could_be(pattern, *known))
				continue;
			*ret_name = *known;
			return kinds[i].program;
		}
	}
	return PROGRAM_PLAIN;
}

bool program_is_multicall(const char *name)
{
	return is_known(name, "busybox") || is_known(name, "toybox") || is_known(name, "coreutils");
}

bool program_is_env(const char *name)
{
	return is_known(name, "env");
}

bool program_is_xargs(const char *name)
{
	return is_known(name, "xargs") || is_known(name, "parallel") || is_known(name, "sem");
}
