/* SPDX-License-Identifier: ISC */

/* The table of known programs. */

#include "gate/policy/program.h"

#include <stddef.h>
#include <string.h>

#include "gate/policy/program-name.h"

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
	"erl", "escript", "expect", "gawk", "gdb", "gdb-multiarch", "ghci", "gjs", "groovy",
	"guile", "iex", "ipython", "irb", "java", "jruby", "jshell", "julia", "lua", "luajit",
	"mawk", "mono", "nawk", "node", "nodejs", "ocaml", "octave", "octave-cli", "original-awk",
	"perl", "php", "php-cgi", "pike", "pypy", "python", "qjs", "racket", "raku", "ruby",
	"runghc", "runhaskell", "sbcl", "scala", "tclsh", "ts-node", "wish", NULL };

static const char *const wrappers[] = { "aa-exec", "abduco", "bubblewrap", "busybox", "bwrap",
	"capsh", "catatonit", "choom", "chpst", "chronic", "chroot", "chrt", "command", "coresched",
	"coreutils", "cpulimit", "dbus-launch", "dbus-run-session", "doas", "dtach", "dumb-init",
	"eatmydata", "entr", "env", "envdir", "envuidgid", "eval", "exec", "fakechroot", "fakeroot",
	"faketime", "fdfind", "find", "firejail", "firma", "firma-run", "flock", "gosu",
	"hyperfine", "i386", "ifne", "ionice", "ld-2*.so", "ld-linux*.so*", "ld-musl*.so*", "ld.so",
	"ld64.so", "linux32", "linux64", "ltrace", "nice", "nohup", "nsenter", "numactl",
	"parallel", "perf", "pgrphack", "pipesz", "pkexec", "prlimit", "proot", "proxychains",
	"rlwrap", "run0", "runcon", "runuser", "s6-applyuidgid", "s6-envdir", "s6-envuidgid",
	"s6-setlock", "s6-setsid", "s6-setuidgid", "s6-softlimit", "s6-sudo", "schroot", "script",
	"sem", "setarch", "setlock", "setpriv", "setsid", "setuidgid", "sg", "softlimit",
	"ssh-agent", "sshpass", "start-stop-daemon", "stdbuf", "strace", "su", "su-exec", "sudo",
	"systemd-cat", "systemd-inhibit", "systemd-nspawn", "systemd-run",
	"systemd-socket-activate", "taskset", "time", "timeout", "tini", "torify", "torsocks",
	"toybox", "tsocks", "uclampset", "unbuffer", "uname26", "unshare", "valgrind", "watch",
	"watchexec", "x86_64", "xargs", "xvfb-run", NULL };

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

enum program program_of(const char *name)
{
	for (size_t i = 0; i < N_KINDS; i++)
		for (const char *const *known = kinds[i].names; *known; known++)
			if (program_name_is(name, *known))
				return kinds[i].program;
	return PROGRAM_PLAIN;
}

enum program program_of_pattern(const char *pattern, const char **ret_name)
{
	for (size_t i = 0; i < N_KINDS; i++) {
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

bool program_is_env(const char *name)
{
	return program_name_is(name, "env");
}

bool program_can_run(const char *name)
{
	static const char *const names[] = { "ansible", "bunx", "ccache", "cmake", "dmake",
		"docker", "docker-compose", "ed", "emacs", "ex", "gmake", "just", "kubectl", "less",
		"m4", "make", "man", "mosh", "more", "nano", "ncat", "ninja", "npx", "oc", "pipx",
		"pnpx", "podman", "rg", "rsync", "screen", "sed", "socat", "ssh", "tar", "tmux",
		"uvx", "vi", "vim", "nix-shell", "zip", NULL };

	for (const char *const *n = names; *n; n++)
		if (program_name_is(name, *n))
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

	for (const char *const *n = names; *n; n++)
		if (program_name_is(name, *n))
			return true;
	return false;
}

bool program_runs_strings(const char *name)
{
	static const char *const names[] = { "su", "runuser", "script", "flock", "entr",
		"dbus-launch", "capsh", NULL };

	for (const char *const *n = names; *n; n++)
		if (program_name_is(name, *n))
			return true;
	return false;
}

bool program_is_hidden(const char *name)
{
	static const char *const names[] = { "xargs", "parallel", "sem", "sg", "watch", "eval",
		"hyperfine", "watchexec", "start-stop-daemon", NULL };

	for (const char *const *n = names; *n; n++)
		if (program_name_is(name, *n))
			return true;
	return false;
}
