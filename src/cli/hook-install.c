/* SPDX-License-Identifier: ISC */

/*
 * `firma hook install`, `uninstall`, `status`: the hook in an agent's settings. The change that is
 * shown is exactly the change that is written. A file stays unchanged if it is a link, belongs to
 * another user, or can't be parsed.
 */

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/file.h"
#include "base/notation.h"
#include "base/text.h"
#include "cli/hook-dialect.h"
#include "cli/hook-rewrite.h"
#include "cli/hook-settings.h"
#include "cli/verb.h"

#define SETTINGS_MAX ((size_t)4 << 20)
#define CONTEXT 2

struct install {
	bool managed, user, project, dry_run;
	const char *root;

	/* Options of the installed line. */
	const char *socket, *peer, *wait;
	bool only_shell, rewrite;
};

static bool parse_peer(const char *value, void *to)
{
	*(const char **)to = value;
	return strcmp(value, "root") == 0 || strcmp(value, "firma") == 0;
}

static bool parse_wait(const char *value, void *to)
{
	uint64_t time;

	*(const char **)to = value;
	return notation_parse_duration(value, &time) == 0 && time <= HOOK_WAIT_MAX;
}

#define PLACE_ROWS                                                                             \
	{ "managed", 0, NULL, "the administrator's settings, which the agent can't change",    \
		OPTION_FLAG(struct install, managed) },                                        \
		{ "user", 0, NULL, "the user's settings", OPTION_FLAG(struct install, user) }, \
		{ "project", 0, NULL, "the settings of the project in this directory",         \
			OPTION_FLAG(struct install, project) },                                \
	{                                                                                      \
		"root", 0, "DIR", "with --managed, the system below this directory",           \
			OPTION_STRING(struct install, root)                                    \
	}

#define DRY_RUN_ROW                                                           \
	{                                                                     \
		"dry-run", 0, NULL, "show the difference, and write nothing", \
			OPTION_FLAG(struct install, dry_run)                  \
	}

static const struct option_row install_rows[] = {
	PLACE_ROWS,
	DRY_RUN_ROW,
	{ "only-shell", 0, NULL, "leave tools other than shells to the agent's own rules",
		OPTION_FLAG(struct install, only_shell) },
	{ "peer", 0, "USER", "who must listen at the socket (default with --managed: root)",
		OPTION_PARSED(struct install, peer, parse_peer), .wants = "root or firma" },
	{ "rewrite", 0, NULL, "let the agent run 'firma run' instead of the line itself",
		OPTION_FLAG(struct install, rewrite) },
	{ "socket", 0, "PATH", "the daemon's socket", OPTION_STRING(struct install, socket) },
	{ "wait", 0, "TIME", "hold until a person has decided, for so long (default: 55min)",
		OPTION_PARSED(struct install, wait, parse_wait), .wants = "at most 55min" },
	{ 0 },
};

static const struct option_row uninstall_rows[] = { PLACE_ROWS, DRY_RUN_ROW, { 0 } };
static const struct option_row status_rows[] = { PLACE_ROWS, { 0 } };

/* --- the place -------------------------------------------------------------------------------- */

static const char *scope_name(enum hook_scope scope)
{
	static const char *const names[] = {
		[HOOK_MANAGED] = "managed",
		[HOOK_USER] = "user",
		[HOOK_PROJECT] = "project",
	};

	return names[scope];
}

static enum hook_scope wanted_scope(const struct install *i)
{
	if (i->managed)
		return HOOK_MANAGED;
	if (i->user)
		return HOOK_USER;
	return i->project ? HOOK_PROJECT : HOOK_NO_SCOPE;
}

static const struct hook_place *find_place(const char *agent, enum hook_scope scope)
{
	for (const struct hook_place *p = hook_places; p->agent; p++)
		if (strcmp(p->agent, agent) == 0 && p->scope == scope)
			return p;
	return NULL;
}

/* Without an option: the place that the agent can't switch off, if root runs this. */
static const struct hook_place *choose_place(const struct install *i, const char *agent)
{
	const struct hook_place *place;
	enum hook_scope scope = wanted_scope(i);

	if (scope != HOOK_NO_SCOPE)
		return find_place(agent, scope);
	place = geteuid() == 0 ? find_place(agent, HOOK_MANAGED) : NULL;
	return place ? place : find_place(agent, HOOK_USER);
}

/* Returns the whole path; NULL if out of memory, or if there is no home directory. */
static char *place_path(const struct install *i, const struct hook_place *place)
{
	const char *own = place->variable ? getenv(place->variable) : NULL;
	const char *home = getenv("HOME");
	cleanup(free_p) char *here = NULL;
	char *path = NULL;
	int r;

	switch (place->scope) {
	case HOOK_MANAGED:
		r = asprintf(&path, "%s/%s", i->root ? i->root : "", place->path);
		break;
	case HOOK_PROJECT:
		here = getcwd(NULL, 0);
		r = here ? asprintf(&path, "%s/%s", here, place->path) : -1;
		break;
	default:
		if (own && own[0] == '/')
			r = asprintf(&path, "%s%s", own, strchr(place->path, '/'));
		else
			r = home && home[0] == '/' ? asprintf(&path, "%s/%s", home, place->path)
						   : -1;
	}
	return r < 0 ? NULL : path;
}

/* --- the file --------------------------------------------------------------------------------- */

struct settings_file {
	char *path, *shown; /* `shown` is escaped */
	const char *name;   /* the path's last part */
	int dir_fd;         /* -1: the directory doesn't exist */
	bool there;
	mode_t mode;
	struct bytes text;
};

#define SETTINGS_FILE_INIT                                                 \
	{                                                                  \
		.dir_fd = -1, .text = {.max = SETTINGS_MAX + READ_MARGIN } \
	}
#define READ_MARGIN ((size_t)1 << 20)

static void settings_file_deinit(struct settings_file *f)
{
	close_p(&f->dir_fd);
	free(f->path);
	free(f->shown);
	bytes_deinit(&f->text);
}

static int fail(const struct settings_file *f, const char *what)
{
	say("%s: %s; nothing was changed", f->shown, what);
	return STATUS_REFUSED;
}

static bool is_foreign(const struct stat *st)
{
	return st->st_uid != geteuid() && st->st_uid != 0;
}

/* The directory may be the user's symbolic link; the file may not be a link. */
static int open_dir(struct settings_file *f)
{
	cleanup(free_p) char *dir = strndup(f->path, (size_t)(f->name - f->path));
	struct stat st;

	if (!dir)
		return say_undecided("out of memory");
	close_p(&f->dir_fd);
	f->dir_fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (f->dir_fd < 0)
		return errno == ENOENT ? STATUS_DONE : fail(f, strerror(errno));
	if (fstat(f->dir_fd, &st) < 0)
		return fail(f, strerror(errno));
	if (is_foreign(&st) || (st.st_mode & S_IWOTH))
		return fail(f, "its directory belongs to, or is writable by, others");
	return STATUS_DONE;
}

/* STATUS_DONE also if there is no file. */
static int read_file(struct settings_file *f)
{
	cleanup(close_p) int fd = -1;
	struct stat st;
	int r;

	bytes_clear(&f->text);
	f->there = false;
	if (f->dir_fd < 0)
		return STATUS_DONE;

	fd = openat(f->dir_fd, f->name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	if (fd < 0 && errno == ENOENT)
		return STATUS_DONE;
	if (fd < 0)
		return fail(f, errno == ELOOP ? "is a symbolic link" : strerror(errno));
	if (fstat(fd, &st) < 0)
		return fail(f, strerror(errno));
	if (!S_ISREG(st.st_mode))
		return fail(f, "is no regular file");
	if (st.st_uid != geteuid() || (st.st_mode & S_IWOTH))
		return fail(f, "belongs to, or is writable by, others");

	r = file_read(fd, SETTINGS_MAX, &f->text);
	if (r < 0)
		return fail(f, strerror(-r));
	if (memchr(bytes_str(&f->text), '\0', f->text.len))
		return fail(f, "holds a NUL byte");
	f->mode = st.st_mode & 07777;
	f->there = true;
	return STATUS_DONE;
}

static int open_file(
	const struct install *i, const struct hook_place *place, struct settings_file *f)
{
	cleanup(bytes_deinit) struct bytes shown = BYTES_INIT(BYTES_UNLIMITED);
	int status;

	f->path = place_path(i, place);
	if (!f->path || text_append_quoted(&shown, f->path, strlen(f->path)) < 0)
		return say_undecided("can't tell where the settings of %s are", place->agent);

	f->shown = bytes_steal(&shown);
	f->name = strrchr(f->path, '/') + 1;
	status = open_dir(f);
	return status == STATUS_DONE ? read_file(f) : status;
}

static bool make_dirs(const struct settings_file *f)
{
	cleanup(free_p) char *dir = strndup(f->path, (size_t)(f->name - f->path));

	for (char *at = dir ? dir + 1 : NULL; at && (at = strchr(at, '/')); at++) {
		*at = '\0';
		if (mkdir(dir, 0755) < 0 && errno != EEXIST)
			return false;
		*at = '/';
	}
	return dir;
}

/* Writes under a lock on the directory, and only if the file is still as it was shown. */
static int write_file(struct settings_file *f, mode_t mode, const struct bytes *text)
{
	struct settings_file now = SETTINGS_FILE_INIT;
	struct file_replace replace = FILE_REPLACE_INIT;
	bool renamed, same;
	int r = 0, status;

	if (f->dir_fd < 0) {
		if (!make_dirs(f))
			return fail(f, strerror(errno));
		status = open_dir(f);
		if (status != STATUS_DONE || f->dir_fd < 0)
			return status != STATUS_DONE ? status : fail(f, strerror(ENOENT));
	}
	if (flock(f->dir_fd, LOCK_EX | LOCK_NB) < 0)
		return fail(f, "its directory is locked by another");

	now = (struct settings_file){ f->path, f->shown, f->name, f->dir_fd, .text = now.text };
	status = read_file(&now);
	same = now.there == f->there && now.text.len == f->text.len
		&& memcmp(bytes_str(&now.text), bytes_str(&f->text), now.text.len) == 0;
	bytes_deinit(&now.text);
	if (status != STATUS_DONE)
		return status;
	if (!same)
		return fail(f, "has changed meanwhile");

	if (!text)
		return unlinkat(f->dir_fd, f->name, 0) < 0 ? fail(f, strerror(errno)) : STATUS_DONE;

	r = file_replace_begin(&replace, f->dir_fd, f->name);
	if (r >= 0)
		r = file_write(replace.fd, bytes_str(text), text->len);
	if (r >= 0 && fchmod(replace.fd, mode) < 0)
		r = -errno;
	if (r >= 0)
		r = file_replace_commit(&replace, &renamed);
	file_replace_deinit(&replace);
	return r < 0 ? fail(f, strerror(-r)) : STATUS_DONE;
}

/* --- the difference --------------------------------------------------------------------------- */

static const char *end_of_line(const char *at)
{
	const char *newline = strchr(at, '\n');

	return newline ? newline + 1 : at + strlen(at);
}

static int print_line(char sign, const char *line, size_t len)
{
	cleanup(bytes_deinit) struct bytes shown = BYTES_INIT(BYTES_UNLIMITED);
	bool whole = len > 0 && line[len - 1] == '\n';
	const char *at = line, *tab;

	len -= whole;
	for (; (tab = memchr(at, '\t', (size_t)(line + len - at))); at = tab + 1)
		if (text_append_escaped(&shown, at, (size_t)(tab - at)) < 0
			|| bytes_append_str(&shown, "        ") < 0)
			return -ENOMEM;
	if (text_append_escaped(&shown, at, (size_t)(line + len - at)) < 0)
		return -ENOMEM;
	printf("%c%s%s\n", sign, bytes_str(&shown), whole ? "" : "\n\\ no newline at the end");
	return 0;
}

static int print_lines(char sign, const char *from, const char *to)
{
	int r = 0;

	for (const char *end; r >= 0 && from < to; from = end) {
		end = end_of_line(from);
		r = print_line(sign, from, (size_t)(end - from));
	}
	return r;
}

/* Moves back by `n` lines. */
static const char *step_back(const char *at, const char *start, int n)
{
	for (; at > start && n > 0; n--)
		for (at--; at > start && at[-1] != '\n';)
			at--;
	return at;
}

static const char *step_on(const char *at, int n)
{
	for (; *at && n > 0; n--)
		at = end_of_line(at);
	return at;
}

/* Prints the lines that differ, without the common beginning and end; "" stands for no file. */
static int print_difference(const char *shown, const char *before, const char *after)
{
	const char *a = before, *b = after, *a_end, *b_end, *next;

	while (*a && *b) {
		next = end_of_line(a);
		if (next - a != end_of_line(b) - b || memcmp(a, b, (size_t)(next - a)) != 0)
			break;
		b += next - a;
		a = next;
	}
	a_end = a + strlen(a);
	b_end = b + strlen(b);
	while (a_end > a && b_end > b) {
		const char *a_line = step_back(a_end, a, 1), *b_line = step_back(b_end, b, 1);

		if (a_end - a_line != b_end - b_line
			|| memcmp(a_line, b_line, (size_t)(a_end - a_line)) != 0)
			break;
		a_end = a_line;
		b_end = b_line;
	}

	printf("--- %s\n+++ %s\n", *before ? shown : "/dev/null", *after ? shown : "/dev/null");
	if (print_lines(' ', step_back(a, before, CONTEXT), a) < 0 || print_lines('-', a, a_end) < 0
		|| print_lines('+', b, b_end) < 0
		|| print_lines(' ', a_end, step_on(a_end, CONTEXT)) < 0)
		return say_undecided("out of memory");
	return STATUS_DONE;
}

/* --- install ---------------------------------------------------------------------------------- */

static int append_option(struct bytes *b, const char *option, const char *value)
{
	if (bytes_appendf(b, " --%s", option) < 0)
		return -ENOMEM;
	if (!value)
		return 0;
	return bytes_append_char(b, ' ') < 0 ? -ENOMEM
					     : text_append_quoted(b, value, strlen(value));
}

static int build_options(
	const struct install *i, const struct hook_place *place, struct bytes *options)
{
	const char *peer = i->peer ? i->peer : place->scope == HOOK_MANAGED ? "root" : NULL;
	int r = 0;

	if (i->only_shell)
		r = append_option(options, "only-shell", NULL);
	if (r >= 0 && peer)
		r = append_option(options, "peer", peer);
	if (r >= 0 && i->rewrite)
		r = append_option(options, "rewrite", NULL);
	if (r >= 0 && i->socket)
		r = append_option(options, "socket", i->socket);
	if (r >= 0 && i->wait)
		r = append_option(options, "wait", i->wait);
	return r;
}

static int own_path(char ret[static PATH_MAX])
{
	ssize_t n = readlink("/proc/self/exe", ret, PATH_MAX - 1);

	if (n < 0)
		return say_undecided("can't tell where this program is: %s", strerror(errno));
	ret[n] = '\0';
	if (access(ret, X_OK) < 0 || !text_is_utf8(ret, (size_t)n))
		return say_undecided("this program is no longer where it was started from");
	return STATUS_DONE;
}

static int say_no_place(const struct install *i, const char *agent)
{
	cleanup(bytes_deinit) struct bytes shown = BYTES_INIT(BYTES_UNLIMITED);

	if (text_append_quoted(&shown, agent, strlen(agent)) < 0)
		return say_undecided("out of memory");
	if (!hook_dialect_find(agent))
		say("no agent is called %s", bytes_str(&shown));
	else
		say("%s has no %s settings for hooks", bytes_str(&shown),
			scope_name(wanted_scope(i)));
	return STATUS_USAGE;
}

static int read_options(const struct verb *verb, int argc, char **argv, struct install *i,
	struct operands *operands)
{
	int status;

	status = verb_read_options(verb, argc, argv, i, operands);
	if (status == VERB_GO && i->managed + i->user + i->project > 1)
		return usage_error(verb, "--managed, --user and --project exclude each other");
	return status;
}

static mode_t default_mode(const struct hook_place *place)
{
	if (place->form == HOOK_FORM_CLINE)
		return 0755;
	return place->scope == HOOK_USER ? 0600 : 0644;
}

static int apply(const struct install *i, const struct hook_place *place, int outcome,
	struct settings_file *f, const struct bytes *after, const struct bytes *why)
{
	const bool gone = outcome == HOOK_SETTINGS_GONE;
	int status;

	if (outcome < 0)
		return say_undecided("out of memory");
	if (outcome == HOOK_SETTINGS_REFUSED)
		return fail(f, bytes_str(why));
	if (outcome == HOOK_SETTINGS_SAME) {
		printf("%s: nothing to change\n", f->shown);
		return STATUS_DONE;
	}

	status = print_difference(
		f->shown, f->there ? bytes_str(&f->text) : "", gone ? "" : bytes_str(after));
	if (status != STATUS_DONE || i->dry_run)
		return status;
	return write_file(f, f->there ? f->mode : default_mode(place), gone ? NULL : after);
}

static int install_at(const struct install *i, const struct hook_place *place)
{
	cleanup(settings_file_deinit) struct settings_file f = SETTINGS_FILE_INIT;
	cleanup(bytes_deinit) struct bytes after = BYTES_INIT(BYTES_UNLIMITED);
	cleanup(bytes_deinit) struct bytes why = BYTES_INIT(BYTES_UNLIMITED);
	struct hook_command command = { .options = BYTES_INIT(BYTES_UNLIMITED) };
	char program[PATH_MAX];
	int status, outcome;

	status = own_path(program);
	if (status == STATUS_DONE)
		status = open_file(i, place, &f);
	if (status != STATUS_DONE)
		return status;

	command.program = program;
	outcome = build_options(i, place, &command.options);
	if (outcome >= 0)
		outcome = hook_settings_install(
			place, &command, f.there ? &f.text : NULL, &after, &why);
	bytes_deinit(&command.options);
	status = apply(i, place, outcome, &f, &after, &why);
	if (status != STATUS_DONE)
		return status;
	if (!i->only_shell)
		say("tools other than shells are asked about, too; --only-shell leaves them to %s",
			place->agent);
	if (place->advice)
		say("%s", place->advice);
	return STATUS_DONE;
}

static int run_install(const struct verb *verb, int argc, char **argv)
{
	struct install i = { 0 };
	struct operands operands;
	const struct hook_place *place;
	int status;

	status = read_options(verb, argc, argv, &i, &operands);
	if (status != VERB_GO)
		return status;
	if ((i.socket && !text_is_utf8(i.socket, strlen(i.socket))))
		return usage_error(verb, "--socket wants UTF-8");

	place = choose_place(&i, operands.words[0]);
	if (place && i.rewrite && !hook_rewrite_is_possible(hook_dialect_find(place->agent)))
		return usage_error(verb, "--rewrite is for claude, codex, gemini and copilot");
	return place ? install_at(&i, place) : say_no_place(&i, operands.words[0]);
}

static int run_uninstall(const struct verb *verb, int argc, char **argv)
{
	cleanup(settings_file_deinit) struct settings_file f = SETTINGS_FILE_INIT;
	cleanup(bytes_deinit) struct bytes after = BYTES_INIT(BYTES_UNLIMITED);
	cleanup(bytes_deinit) struct bytes why = BYTES_INIT(BYTES_UNLIMITED);
	struct install i = { 0 };
	struct operands operands;
	const struct hook_place *place;
	int status, outcome = HOOK_SETTINGS_SAME;

	status = read_options(verb, argc, argv, &i, &operands);
	if (status != VERB_GO)
		return status;
	place = choose_place(&i, operands.words[0]);
	if (!place)
		return say_no_place(&i, operands.words[0]);
	status = open_file(&i, place, &f);
	if (status != STATUS_DONE)
		return status;

	if (f.there)
		outcome = hook_settings_uninstall(place, &f.text, &after, &why);
	return apply(&i, place, outcome, &f, &after, &why);
}

/* --- status ----------------------------------------------------------------------------------- */

static const char *describe(const struct hook_place *place, const struct settings_file *f)
{
	cleanup(bytes_deinit) struct bytes after = BYTES_INIT(BYTES_UNLIMITED);
	cleanup(bytes_deinit) struct bytes why = BYTES_INIT(BYTES_UNLIMITED);

	if (!f->there)
		return "not installed";
	switch (hook_settings_uninstall(place, &f->text, &after, &why)) {
	case HOOK_SETTINGS_CHANGED:
	case HOOK_SETTINGS_GONE:
		return hook_settings_are_off(place, &f->text) ? "installed, but switched off there"
							      : "installed";
	case HOOK_SETTINGS_SAME:
		return hook_settings_are_off(place, &f->text) ? "switches hooks off"
							      : "not installed";
	default:
		return "can't be read";
	}
}

/* Returns whether the hook is installed there. */
static bool print_place(const struct install *i, const struct hook_place *place)
{
	cleanup(settings_file_deinit) struct settings_file f = SETTINGS_FILE_INIT;
	const char *what;
	int status;

	status = open_file(i, place, &f);
	what = status == STATUS_DONE ? describe(place, &f) : "can't be read";
	printf("%-9s%-8s  %-34s %s\n", place->agent, scope_name(place->scope), what,
		f.shown ? f.shown : "?");
	return strcmp(what, "installed") == 0;
}

static int run_status(const struct verb *verb, int argc, char **argv)
{
	struct install i = { 0 };
	struct operands operands;
	enum hook_scope scope;
	bool found = false, installed = false;
	int status;

	status = read_options(verb, argc, argv, &i, &operands);
	if (status != VERB_GO)
		return status;
	if (operands.n > 1)
		return usage_error(verb, "it takes one agent");

	scope = wanted_scope(&i);
	for (const struct hook_place *p = hook_places; p->agent; p++) {
		if ((operands.n > 0 && strcmp(p->agent, operands.words[0]) != 0)
			|| (scope != HOOK_NO_SCOPE && p->scope != scope))
			continue;
		found = true;
		installed |= print_place(&i, p);
	}
	if (!found)
		return say_no_place(&i, operands.n > 0 ? operands.words[0] : "");
	return installed ? STATUS_DONE : STATUS_REFUSED;
}

const struct verb hook_install_verb = {
	.group = "hook",
	.name = "install",
	.operands = OPERANDS_ONE,
	.operand = "agent",
	.arguments = "AGENT",
	.summary = "Puts the hook into an agent's settings",
	.options = install_rows,
	.run = run_install,
};

const struct verb hook_uninstall_verb = {
	.group = "hook",
	.name = "uninstall",
	.operands = OPERANDS_ONE,
	.operand = "agent",
	.arguments = "AGENT",
	.summary = "Takes the hook out of an agent's settings",
	.options = uninstall_rows,
	.run = run_uninstall,
};

const struct verb hook_status_verb = {
	.group = "hook",
	.name = "status",
	.operands = OPERANDS_ANY,
	.arguments = "[AGENT]",
	.summary = "Tells in which settings the hook is",
	.options = status_rows,
	.run = run_status,
};
