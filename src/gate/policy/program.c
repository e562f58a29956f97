/* SPDX-License-Identifier: ISC */

/* The table of known programs. */

#include "gate/policy/program.h"

#include <stddef.h>
#include <string.h>

#include "base/array.h"
#include "gate/policy/glob.h"
#include "gate/policy/program-name.h"
#include "gate/policy/wrapper-table.h"

static const char *const texts[] = {
	[PROGRAM_PLAIN] = "program",
	[PROGRAM_SHELL] = "shell",
	[PROGRAM_INTERPRETER] = "interpreter",
	[PROGRAM_WRAPPER] = "wrapper",
};

static const char *const shells[] = { "ash", "atf-sh", "bash", "bosh", "bsd-csh", "csh", "dash",
	"elvish", "es", "fdsh", "fish", "fizsh", "git-shell", "hush", "kmk_ash", "ksh", "lksh",
	"loksh", "mksh", "nu", "oksh", "osh", "pbosh", "pdksh", "posh", "powershell", "pwsh",
	"rbash", "rc", "rc.byron", "rksh", "rlksh", "rmksh", "rush", "rzsh", "sash", "scsh", "sh",
	"tcsh", "xonsh", "yash", "ysh", "zsh", NULL };

static const char *const interpreters[] = { "R", "Rscript", "abcl", "awk", "axi", "bpdb",
	"bpftrace", "bpython", "bsh", "bun", "bwbasic", "chezscheme", "chibi-scheme", "cjs",
	"cjs-console", "cl", "cl-launch", "clisp", "clojure", "coffee", "csharp", "csi",
	"debugperl", "deno", "duk", "ecl", "elixir", "erb", "erl", "escript", "eus", "execlineb",
	"expect", "expectk", "fennel", "ffihugs", "gap", "gawk", "gbr", "gbs", "gbx", "gcl", "gdb",
	"gdb-multiarch", "gdbtui", "gdl", "gforth", "gforth-fast", "gforth-itc", "ghci", "gjs",
	"gjs-console", "gnuplot", "gp", "gracket", "groovy", "groovysh", "gsi", "guile", "hugs",
	"hy", "iconx", "iex", "ikarus", "ipdb", "iperl", "ipython", "irb", "janet", "java", "jimsh",
	"jruby", "jsc", "jshell", "julia", "jupyter-console", "jython", "kawa", "kotlin", "lldb",
	"lli", "lua", "lua-any", "luajit", "mawk", "maxima", "micropython", "mit-scheme",
	"mit-scheme-x86-64", "moar", "mono", "mred", "mujs", "mzscheme", "nawk", "neko", "newlisp",
	"nickle", "node", "nodejs", "nqp", "nxsh", "nxwish", "ocaml", "ocamlrun", "octave",
	"octave-cli", "original-awk", "parl", "pdb", "perl", "perlsh", "petite", "php", "php-cgi",
	"phpdbg", "picolisp", "pike", "pil", "poly", "ptpython", "pudb", "pypy", "python", "qjs",
	"r", "racket", "raku", "rakudo", "rdbg", "re.pl", "regina", "rep", "reply", "rexx", "rhino",
	"ruby", "runawk", "runghc", "runhaskell", "runhugs", "s9", "sage", "sbcl", "scala",
	"scheme", "scheme48", "scilab", "scm", "sisc", "slsh", "squeak", "sscm", "stap", "swipl",
	"tclsh", "tinyscheme", "tixwish", "tkcon", "ts-node", "wish", "xotclsh", "xowish",
	"yabasic", "yforth", "zenlisp", NULL };

static const struct {
	enum program program;
	const char *const *names;
} kinds[] = {
	{ PROGRAM_SHELL, shells },
	{ PROGRAM_INTERPRETER, interpreters },
};

const char *program_text(enum program program)
{
	return texts[program];
}

static bool has_flag(const char *name, enum wrapper_flags flag)
{
	const struct wrapper *wrapper = wrapper_find(name);

	return wrapper && wrapper->flags & flag;
}

static bool is_among(const char *name, const char *const *names)
{
	const struct program_initials initials = program_initials_of(name);

	for (; *names; names++)
		if (program_begins_alike(&initials, *names) && program_name_is(name, *names))
			return true;
	return false;
}

enum program program_of(const char *name)
{
	if (has_flag(name, WRAPPER_ALWAYS))
		return PROGRAM_WRAPPER;
	for (size_t i = 0; i < LENGTH(kinds); i++)
		if (is_among(name, kinds[i].names))
			return kinds[i].program;
	return PROGRAM_PLAIN;
}

enum program program_of_pattern(const char *pattern, const char **ret_name)
{
	*ret_name = wrapper_could_be(pattern);
	if (*ret_name)
		return PROGRAM_WRAPPER;
	for (size_t i = 0; i < LENGTH(kinds); i++) {
		for (const char *const *known = kinds[i].names; *known; known++) {
			if (!program_name_could_be(pattern, *known))
				continue;
			*ret_name = *known;
			return kinds[i].program;
		}
	}
	return PROGRAM_PLAIN;
}

bool program_is_multicall(const char *name)
{
	return program_name_is(name, "busybox") || program_name_is(name, "toybox")
		|| program_name_is(name, "coreutils");
}

bool program_can_run(const char *name)
{
	static const char *const names[] = { "ansible", "ansible-playbook", "ant", "at", "batch",
		"bazel", "bunx", "ccache", "cmake", "composer", "crontab", "dmake", "docker",
		"docker-compose", "ed", "emacs", "ex", "ftp", "gmake", "gradle", "just", "kubectl",
		"less", "lftp", "m4", "make", "man", "meson", "mosh", "more", "mvn", "mysql",
		"nano", "ncat", "ninja", "nix-shell", "nox", "npx", "oc", "pipx", "pnpx", "podman",
		"pre-commit", "psql", "rake", "rg", "rsync", "run-parts", "scons", "screen", "sed",
		"sftp", "socat", "sqlite3", "ssh", "tar", "tcpdump", "tmux", "tox", "uvx", "vi",
		"vim", "zip", NULL };

	return is_among(name, names);
}

bool program_verb_can_run(const char *name, const char *verb)
{
	static const struct {
		const char *name;
		const char *verbs[6];
	} known[] = {
		{ "bun", { "run", "x", "test" } },
		{ "cargo", { "run" } },
		{ "deno", { "run", "task", "eval", "test" } },
		{ "go", { "run", "generate", "tool" } },
		{ "npm", { "run", "run-script", "start", "create", "init" } },
		{ "pnpm", { "run", "start", "create", "init" } },
		{ "yarn", { "run", "start", "create", "init" } },
	};
	const struct wrapper *wrapper = wrapper_find(name);

	if (wrapper && wrapper->flags & WRAPPER_VERBS
		&& (!glob_is_literal(verb) || wrapper_find_verb(wrapper, &verb, 1)))
		return true;
	for (size_t i = 0; i < LENGTH(known); i++)
		for (size_t k = 0; k < 6 && known[i].verbs[k]; k++)
			if (strcmp(name, known[i].name) == 0 && glob_text(verb, known[i].verbs[k]))
				return true;
	return false;
}

bool program_has_verbs(const char *name)
{
	static const char *const names[] = { "apk", "apt", "apt-get", "aptitude", "aws", "az",
		"brew", "bun", "bundle", "cargo", "conda", "deno", "dnf", "docker",
		"docker-compose", "flatpak", "gcloud", "gh", "git", "glab", "go", "hatch", "helm",
		"hg", "incus", "ip", "kubectl", "loginctl", "lxc", "machinectl", "make", "mamba",
		"mise", "nerdctl", "networkctl", "nix", "nmcli", "npm", "oc", "opam", "pdm", "pip",
		"pipenv", "pipx", "pnpm", "podman", "poetry", "psql", "pulumi", "rustup", "snap",
		"svn", "systemctl", "terraform", "terragrunt", "tofu", "tmux", "ufw",
		"firewall-cmd", "uv", "vagrant", "yarn", "yum", "zypper", NULL };

	return is_among(name, names);
}

bool program_runs_lines(const char *name)
{
	const struct wrapper *wrapper = wrapper_find(name);

	if (wrapper && wrapper->flags & WRAPPER_STRINGS && wrapper->flags & WRAPPER_ANY)
		return true;
	return !(wrapper && wrapper->flags & WRAPPER_ALWAYS) && is_among(name, shells);
}

bool program_is_hidden(const char *name)
{
	return has_flag(name, WRAPPER_HIDES);
}

bool program_is_coreutil(const char *name)
{
	static const char *const names[] = { "[", "arch", "b2sum", "base32", "base64", "basename",
		"basenc", "cat", "chcon", "chgrp", "chmod", "chown", "chroot", "cksum", "comm",
		"cp", "csplit", "cut", "date", "dd", "df", "dir", "dircolors", "dirname", "du",
		"echo", "env", "expand", "expr", "factor", "false", "fmt", "fold", "ginstall",
		"groups", "head", "hostid", "hostname", "id", "install", "join", "kill", "link",
		"ln", "logname", "ls", "md5sum", "mkdir", "mkfifo", "mknod", "mktemp", "more", "mv",
		"nice", "nl", "nohup", "nproc", "numfmt", "od", "paste", "pathchk", "pinky", "pr",
		"printenv", "printf", "ptx", "pwd", "readlink", "realpath", "rm", "rmdir", "runcon",
		"seq", "sha1sum", "sha224sum", "sha256sum", "sha384sum", "sha512sum", "shred",
		"shuf", "sleep", "sort", "split", "stat", "stdbuf", "stty", "sum", "sync", "tac",
		"tail", "tee", "test", "timeout", "touch", "tr", "true", "truncate", "tsort", "tty",
		"uname", "unexpand", "uniq", "unlink", "uptime", "users", "vdir", "wc", "who",
		"whoami", "yes", NULL };

	for (const char *const *n = names; *n; n++)
		if (strcmp(name, *n) == 0)
			return true;
	return false;
}
