/* SPDX-License-Identifier: ISC */

/* The table of dropped variables. firma-run(1) lists the same names. */

#include "cli/environment.h"

#include <errno.h>
#include <stdbool.h>
#include <string.h>
#include <strings.h>

#include "base/array.h"
#include "base/notation.h"
#include "base/sha256.h"
#include "base/text.h"
#include "base/utf8.h"

#define ENVIRONMENT_NAME_MAX 256

/* '*' matches any text. Each group names its source. */
static const char *const names[] = {
	/* ld.so(8), and its counterparts on other systems (sudo's list of bad variables) */
	"LD_*", "_RLD*", "DYLD_*", "LIBPATH", "SHLIB_PATH",
	/* glibc: secure_getenv(3), iconv(3), gethostbyname(3), mtrace(3), catopen(3) */
	"GLIBC_TUNABLES", "GCONV_PATH", "HOSTALIASES", "LOCPATH", "MALLOC_TRACE", "NLSPATH",
	"RES_OPTIONS", "RESOLV_HOST_CONF",
	/* sh(1), bash(1), dash(1), ksh(1), zsh(1) */
	"ARGV0", "BASH_ENV", "BASH_FUNC_*", "BASH_LOADABLES_PATH", "BASHOPTS", "CDPATH", "ENV",
	"FPATH", "GLOBIGNORE", "IFS", "NULLCMD", "PROMPT_COMMAND", "PS4", "READNULLCMD",
	"SHELLOPTS", "ZDOTDIR",
	/* python(1), pip(1), uv's "Environment variables" */
	"PIP_*", "PYTHONBREAKPOINT", "PYTHONEXECUTABLE", "PYTHONHOME", "PYTHONINSPECT",
	"PYTHONPATH", "PYTHONPLATLIBDIR", "PYTHONPYCACHEPREFIX", "PYTHONSTARTUP", "PYTHONUSERBASE",
	"PYTHONWARNINGS", "UV_*",
	/* pytest's "Configuration options" */
	"PYTEST_ADDOPTS", "PYTEST_PLUGINS",
	/* perlrun(1) */
	"PERL5DB", "PERL5LIB", "PERL5OPT", "PERL5SHELL", "PERLIO", "PERLIO_DEBUG", "PERLLIB",
	"PERL_MB_OPT", "PERL_MM_OPT",
	/* ruby(1), gem(1), bundle-config(1) */
	"BUNDLE_*", "GEM_HOME", "GEM_PATH", "RUBYLIB", "RUBYOPT",
	/* node(1), npm-config(7), yarn, bun, deno */
	"BUN_OPTIONS", "DENO_*", "NODE_OPTIONS", "NODE_PATH", "NODE_REPL_EXTERNAL_MODULE", "YARN_*",
	"npm_config_*",
	/* java(1), mvn(1), gradle's "Build environment" */
	"CLASSPATH", "GRADLE_OPTS", "JAVA_OPTS", "JAVA_TOOL_OPTIONS", "JDK_JAVA_OPTIONS",
	"JDK_JAVAC_OPTIONS", "MAVEN_ARGS", "MAVEN_OPTS", "_JAVA_OPTIONS",
	/* .NET's "Debugging and profiling configuration settings" */
	"CORECLR_*", "COR_PROFILER*", "DOTNET_STARTUP_HOOKS",
	/* lua(1), tclsh(1), php(1), R(1), julia(1), erl(1), guile(1), gawk(1) */
	"AWKLIBPATH", "AWKPATH", "ELIXIR_ERL_OPTIONS", "ERL_*FLAGS", "ERL_LIBS", "GUILE_*",
	"JULIA_*", "LUA_CPATH*", "LUA_INIT*", "LUA_PATH*", "PHPRC", "PHP_INI_SCAN_DIR",
	"R_ENVIRON*", "R_LIBS*", "R_PROFILE*", "TCLLIBPATH",
	/* git(1), git-config(1) */
	"GIT_ALLOW_PROTOCOL", "GIT_ALTERNATE_OBJECT_DIRECTORIES", "GIT_ASKPASS", "GIT_COMMON_DIR",
	"GIT_CONFIG*", "GIT_DIR", "GIT_EDITOR", "GIT_EXEC_PATH", "GIT_EXTERNAL_DIFF",
	"GIT_INDEX_FILE", "GIT_NAMESPACE", "GIT_OBJECT_DIRECTORY", "GIT_PAGER", "GIT_PROXY_COMMAND",
	"GIT_SEQUENCE_EDITOR", "GIT_SSH", "GIT_SSH_COMMAND", "GIT_TEMPLATE_DIR", "GIT_TRACE*",
	"GIT_WORK_TREE",
	/* hg(1), svn(1), cvs(1), rsync(1), ssh(1), sudo(8) */
	"CVS_RSH", "HGEDITOR", "HGMERGE", "HGRCPATH", "RSYNC_RSH", "SSH_ASKPASS", "SUDO_ASKPASS",
	"SVN_EDITOR", "SVN_SSH",
	/* make(1), cargo's and rustup's "Environment variables", go(1) */
	"CARGO_ALIAS_*", "CARGO_BUILD_*", "CARGO_TARGET_*", "GNUMAKEFLAGS", "GOCACHEPROG", "GOENV",
	"GOFLAGS", "MAKEFILES", "MAKEFLAGS", "RUSTC", "RUSTC_WORKSPACE_WRAPPER", "RUSTC_WRAPPER",
	"RUSTDOC", "RUSTFLAGS", "RUSTUP_TOOLCHAIN",
	/* docker(1), kubectl's "Reference", terraform's "Environment variables" */
	"DOCKER_CONFIG", "KUBECONFIG", "KUBECTL_EXTERNAL_DIFF", "KUBE_EDITOR", "TERRAFORM_CONFIG",
	"TF_CLI_ARGS*", "TF_CLI_CONFIG_FILE",
	/* environ(7), man(1), less(1), rg(1), tar(1), the XDG Base Directory Specification */
	"BROWSER", "EDITOR", "LESSCLOSE", "LESSKEY*", "LESSOPEN", "MANPAGER", "PAGER",
	"RIPGREP_CONFIG_PATH", "SYSTEMD_EDITOR", "SYSTEMD_PAGER", "TAR_OPTIONS", "VISUAL",
	"XDG_CONFIG_DIRS", "XDG_CONFIG_HOME",
	/* openssl-env(7), krb5.conf(5) */
	"KRB5_CONFIG*", "OPENSSL_CONF", "OPENSSL_ENGINES", "OPENSSL_MODULES",
	/* GTK's, GLib's, Qt's and GStreamer's "Environment variables" */
	"GIO_EXTRA_MODULES", "GIO_MODULE_DIR", "GI_TYPELIB_PATH", "GST_PLUGIN_*", "GTK_MODULES",
	"GTK_PATH", "QML2_IMPORT_PATH", "QML_IMPORT_PATH", "QT_PLUGIN_PATH"
};

/* `len` is the length of the variable's name. */
static bool fits(const char *pattern, const char *name, size_t len)
{
	size_t literal = strcspn(pattern, "*");
	const char *end = pattern + literal;

	if (*end == '\0')
		return len == literal && strncmp(name, pattern, len) == 0;

	end++;
	return len >= literal + strlen(end) && strncmp(name, pattern, literal) == 0
		&& strncmp(name + len - strlen(end), end, strlen(end)) == 0;
}

/* npm(1) accepts its variables in upper and lower case. */
static bool is_npms(const char *name)
{
	return strncasecmp(name, "npm_config_", 11) == 0;
}

/* bash(1) before 4.3 imported a function from any variable. */
static bool is_function(const char *value)
{
	return strncmp(value, "()", 2) == 0;
}

static bool is_dropped(const char *variable)
{
	size_t len = strcspn(variable, "=");

	if (is_npms(variable) || (variable[len] == '=' && is_function(variable + len + 1)))
		return true;
	for (size_t i = 0; i < LENGTH(names); i++)
		if (fits(names[i], variable, len))
			return true;
	return false;
}

static bool is_kept(const struct environment_keep *keep, const char *variable)
{
	size_t len = strcspn(variable, "=");

	for (size_t i = 0; i < keep->n; i++)
		if (strlen(keep->names[i]) == len && memcmp(keep->names[i], variable, len) == 0)
			return true;
	return false;
}

/* A name that JSON can't carry can't be bound. */
bool environment_parse_keep(const char *value, void *to)
{
	struct environment_keep *keep = to;

	if (keep->n == ENVIRONMENT_KEEP_MAX || value[0] == '\0' || strchr(value, '=')
		|| strlen(value) > ENVIRONMENT_NAME_MAX || !utf8_is_valid(value, strlen(value)))
		return false;
	keep->names[keep->n++] = value;
	return true;
}

int environment_claim(
	char **from, const struct environment_keep *keep, struct bytes *b, size_t *ret_n)
{
	uint8_t hash[SHA256_LEN];
	char hex[2 * SHA256_LEN + 1];
	size_t len, n = 0;
	int r;

	for (; *from; from++) {
		if (!is_kept(keep, *from) || !strchr(*from, '='))
			continue;
		len = strcspn(*from, "=");
		sha256_of(*from + len + 1, strlen(*from + len + 1), hash);
		notation_hex(hash, sizeof(hash), hex);
		bytes_append(b, *from, len + 1);
		r = bytes_append(b, hex, sizeof(hex));
		if (r < 0)
			return r;
		n++;
	}
	*ret_n = n;
	return 0;
}

int environment_filter(
	char **from, const struct environment_keep *keep, char ***ret, struct bytes *dropped)
{
	cleanup(free_p) char **kept = NULL;
	size_t n = 0;
	int r;

	while (from[n])
		n++;
	kept = calloc(n + 1, sizeof(*kept));
	if (!kept)
		return -ENOMEM;

	for (n = 0; *from; from++) {
		if (is_kept(keep, *from) || !is_dropped(*from)) {
			kept[n++] = *from;
			continue;
		}
		if (dropped->len > 0)
			bytes_append_str(dropped, ", ");
		r = text_append_quoted(dropped, *from, strcspn(*from, "="));
		if (r < 0)
			return r;
	}
	*ret = steal_ptr(kept);
	return 0;
}
