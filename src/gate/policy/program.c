/* SPDX-License-Identifier: ISC */

/* The table of known programs. */

#include "gate/policy/program.h"

#include <stddef.h>
#include <string.h>

#include "base/array.h"
#include "gate/policy/glob.h"
#include "gate/policy/known-names.h"
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

/* They run others, depending on their arguments or files. */
static const char *const runners[] = { "ansible", "ansible-playbook", "ant", "apt", "apt-get",
	"aptitude", "at", "batch", "bazel", "bunx", "ccache", "cmake", "composer", "cpio",
	"crontab", "dc", "dmake", "docker", "docker-compose", "dpkg", "ed", "elinks", "emacs", "ex",
	"fab", "ftp", "gem", "gmake", "gradle", "helm", "invoke", "just", "kubectl", "latex",
	"latexmk", "less", "lftp", "logrotate", "lualatex", "luatex", "lynx", "m4", "make", "man",
	"meson", "more", "mosh", "mutt", "mvn", "mysql", "nano", "nc", "ncat", "neomutt", "netcat",
	"ninja", "nix-shell", "nmap", "nox", "npx", "nvim", "oc", "pdflatex", "pdftex", "pip",
	"pip3", "pipx", "pnpx", "podman", "pre-commit", "prove", "psql", "pulumi", "pytest", "rake",
	"rg", "rspec", "rsync", "run-parts", "scons", "screen", "sed", "sftp", "socat", "sort",
	"sqlite3", "ssh", "tar", "task", "tcpdump", "terraform", "tex", "tmux", "tofu", "tox",
	"uvx", "vi", "view", "vim", "vimdiff", "vipw", "visudo", "w3m", "xdg-open", "xelatex",
	"zip", NULL };

/* A subcommand follows their options. */
static const char *const with_verbs[] = { "apk", "apt", "apt-get", "aptitude", "aws", "az", "brew",
	"bun", "bundle", "cargo", "conda", "deno", "dnf", "docker", "docker-compose", "flatpak",
	"gcloud", "gh", "git", "glab", "go", "hatch", "helm", "hg", "incus", "ip", "kubectl",
	"loginctl", "lxc", "machinectl", "make", "mamba", "mise", "nerdctl", "networkctl", "nix",
	"nmcli", "npm", "oc", "opam", "pdm", "pip", "pipenv", "pipx", "pnpm", "podman", "poetry",
	"psql", "pulumi", "rustup", "snap", "svn", "systemctl", "terraform", "terragrunt", "tofu",
	"tmux", "ufw", "firewall-cmd", "uv", "vagrant", "yarn", "yum", "zypper", NULL };

/* They do another thing under another name. */
static const char *const by_name[] = { "arptables-nft", "bzdiff", "bzgrep", "bzip2",
	"ctags-universal", "ebtables-nft", "fakeroot", "flatpak", "git", "gpg", "hostname", "kmod",
	"last", "lnstat", "lvm", "lz4", "mandoc", "mtools", "newgrp", "pg_wrapper", "pgrep",
	"rustup", "setarch", "skill", "snap", "sudo", "systemctl", "systemd-mount", "tic", "tset",
	"unzip", "xtables-legacy-multi", "xtables-nft-multi", "xz", "zstd", NULL };

/* What is known of a name, in bits. */
enum fact {
	FACT_SHELL = 1 << 0,
	FACT_INTERPRETER = 1 << 1,
	FACT_RUNNER = 1 << 2,
	FACT_VERBS = 1 << 3,
	FACT_BY_NAME = 1 << 4,
};

static const struct {
	enum fact fact;
	const char *const *names;
} lists[] = {
	{ FACT_SHELL, shells },
	{ FACT_INTERPRETER, interpreters },
	{ FACT_RUNNER, runners },
	{ FACT_VERBS, with_verbs },
	{ FACT_BY_NAME, by_name },
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

static struct known_name known_names[LENGTH(shells) + LENGTH(interpreters) + LENGTH(runners)
	+ LENGTH(with_verbs) + LENGTH(by_name)];
static struct known_names known;

static void add_names(void)
{
	known_names_init(&known, known_names, LENGTH(known_names));
	for (size_t i = 0; i < LENGTH(lists); i++)
		for (const char *const *name = lists[i].names; *name; name++)
			known_names_add(&known, *name, (uint16_t)lists[i].fact);
}

static unsigned int facts_of(const char *name)
{
	const struct known_name *found;
	struct known_search search;
	uint16_t facts = 0;

	if (known.n == 0)
		add_names();
	if (known_names_recall(&known, name, &facts))
		return facts;
	search = known_names_search(&known, name);
	while ((found = known_names_next(&search)))
		facts |= found->value;
	known_names_keep(&known, name, facts);
	return facts;
}

static enum program program_by(unsigned int facts)
{
	return facts & FACT_SHELL          ? PROGRAM_SHELL
		: facts & FACT_INTERPRETER ? PROGRAM_INTERPRETER
					   : PROGRAM_PLAIN;
}

enum program program_of(const char *name)
{
	return has_flag(name, WRAPPER_ALWAYS) ? PROGRAM_WRAPPER : program_by(facts_of(name));
}

enum program program_of_pattern(const char *pattern, const char **ret_name)
{
	*ret_name = wrapper_could_be(pattern);
	if (*ret_name)
		return PROGRAM_WRAPPER;
	for (size_t i = 0; program_by(lists[i].fact) != PROGRAM_PLAIN; i++) {
		for (const char *const *name = lists[i].names; *name; name++) {
			if (!program_name_could_be(pattern, *name))
				continue;
			*ret_name = *name;
			return program_by(lists[i].fact);
		}
	}
	return PROGRAM_PLAIN;
}

bool program_is_multicall(const char *name)
{
	return program_name_is(name, "busybox") || program_name_is(name, "toybox")
		|| program_name_is(name, "coreutils");
}

bool program_acts_by_name(const char *name)
{
	return program_is_multicall(name) || facts_of(name) & FACT_BY_NAME;
}

bool program_can_run(const char *name)
{
	return facts_of(name) & FACT_RUNNER;
}

bool program_verb_can_run(const char *name, const char *verb)
{
	static const struct {
		const char *name;
		const char *verbs[6];
	} programs[] = {
		{ "bun", { "run", "x", "test" } },
		{ "cargo", { "run" } },
		{ "deno", { "run", "task", "eval", "test" } },
		{ "go", { "run", "generate", "tool" } },
		{ "npm", { "run", "run-script", "start", "create", "init" } },
		{ "gh", { "alias", "extension" } },
		{ "pnpm", { "run", "start", "create", "init" } },
		{ "snap", { "run" } },
		{ "systemctl", { "edit" } },
		{ "yarn", { "run", "start", "create", "init" } },
	};
	const struct wrapper *wrapper = wrapper_find(name);

	if (wrapper && wrapper->flags & WRAPPER_VERBS
		&& (!glob_is_literal(verb) || wrapper_find_verb(wrapper, &verb, 1)))
		return true;
	for (size_t i = 0; i < LENGTH(programs); i++)
		for (size_t k = 0; k < 6 && programs[i].verbs[k]; k++)
			if (strcmp(name, programs[i].name) == 0
				&& glob_text(verb, programs[i].verbs[k]))
				return true;
	return false;
}

bool program_has_verbs(const char *name)
{
	return facts_of(name) & FACT_VERBS;
}

bool program_is_simple(const char *name)
{
	return facts_of(name) == 0 && !has_flag(name, WRAPPER_ALWAYS);
}

bool program_runs_lines(const char *name)
{
	const struct wrapper *wrapper = wrapper_find(name);

	if (wrapper && wrapper->flags & WRAPPER_STRINGS && wrapper->flags & WRAPPER_ANY)
		return true;
	return !(wrapper && wrapper->flags & WRAPPER_ALWAYS) && facts_of(name) & FACT_SHELL;
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
