/* SPDX-License-Identifier: ISC */

/*
 * `firma hook install`, `uninstall`, `status`: the hook in an agent's settings. The change that is
 * shown is exactly the change that is written. A file stays unchanged if it is a link, belongs to
 * another user, or can't be parsed.
 */

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/notation.h"
#include "base/text.h"
#include "base/utf8.h"
#include "cli/difference.h"
#include "cli/hook-dialect.h"
#include "cli/hook-look.h"
#include "cli/hook-rewrite.h"
#include "cli/hook-settings.h"
#include "cli/own-path.h"
#include "cli/settings-file.h"
#include "cli/verb.h"

struct install {
	bool managed, user, project, dry_run;
	const char *root;

	/* Options of the installed line. */
	const char *socket, *peer, *wait;
	bool ask, defer, only_shell, rewrite;
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
	{ "ask", 0, NULL, "let the agent's own user decide where any operator could",
		OPTION_FLAG(struct install, ask) },
	{ "defer", 0, NULL, "end 'claude -p' until a person has decided; it can be resumed",
		OPTION_FLAG(struct install, defer) },
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

/* --- install ---------------------------------------------------------------------------------- */

static void append_option(struct bytes *b, const char *option, const char *value)
{
	bytes_appendf(b, " --%s ", option);
	text_append_quoted(b, value, strlen(value));
}

static int build_options(
	const struct install *i, const struct hook_place *place, struct bytes *options)
{
	const char *peer = i->peer ? i->peer : place->scope == HOOK_MANAGED ? "root" : NULL;

	if (i->ask)
		bytes_append_str(options, " --ask");
	if (i->defer)
		bytes_append_str(options, " --defer");
	if (i->only_shell)
		bytes_append_str(options, " --only-shell");
	if (peer)
		append_option(options, "peer", peer);
	if (i->rewrite)
		bytes_append_str(options, " --rewrite");
	if (i->socket)
		append_option(options, "socket", i->socket);
	if (i->wait)
		append_option(options, "wait", i->wait);
	return bytes_error(options);
}

static int find_program(char ret[static PATH_MAX])
{
	int r;

	r = own_path(ret);
	if (r < 0)
		return say_undecided("can't tell where this program is: %s", strerror(-r));
	if (access(ret, X_OK) < 0 || !utf8_is_valid(ret, strlen(ret)))
		return say_undecided("this program is no longer where it was started from");
	return STATUS_DONE;
}

static int say_no_place(const struct install *i, const char *agent)
{
	cleanup(bytes_deinit) struct bytes shown = BYTES_PRINTED;

	if (text_append_quoted(&shown, agent, strlen(agent)) < 0)
		return say_undecided("out of memory");
	if (!hook_dialect_find(agent))
		say("no agent is called %s", bytes_str(&shown));
	else
		say("%s has no %s settings for hooks", bytes_str(&shown),
			hook_scope_name(wanted_scope(i)));
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

	if (outcome < 0)
		return say_undecided("out of memory");
	if (outcome == HOOK_SETTINGS_REFUSED)
		return settings_file_fail(f, bytes_str(why));
	if (outcome == HOOK_SETTINGS_SAME) {
		printf("%s: nothing to change\n", f->shown);
		return STATUS_DONE;
	}

	if (difference_print(
		    f->shown, f->there ? bytes_str(&f->text) : "", gone ? "" : bytes_str(after))
		< 0)
		return say_undecided("out of memory");
	if (i->dry_run)
		return STATUS_DONE;
	return settings_file_write(
		f, f->there ? f->mode : default_mode(place), gone ? NULL : after);
}

static int install_at(const struct install *i, const struct hook_place *place)
{
	cleanup(settings_file_deinit) struct settings_file f = SETTINGS_FILE_INIT;
	cleanup(bytes_deinit) struct bytes after = BYTES_PRINTED;
	cleanup(bytes_deinit) struct bytes why = BYTES_PRINTED;
	struct hook_command command = { .options = BYTES_PRINTED };
	char program[PATH_MAX];
	int status, outcome;

	status = find_program(program);
	if (status == STATUS_DONE)
		status = hook_look_open(place, i->root, &f);
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

/* Whether the agent takes the answers that the options want. */
static int check_answers(
	const struct verb *verb, const struct install *i, const struct hook_dialect *dialect)
{
	if (i->rewrite && !hook_rewrite_is_possible(dialect))
		return usage_error(verb, "--rewrite is for claude, codex, gemini and copilot");
	if (i->ask && !dialect->ask[0])
		return usage_error(verb, "--ask is for claude and copilot");
	if (i->ask && i->rewrite)
		return usage_error(verb, "--ask excludes --rewrite");
	return i->defer && !dialect->defer ? usage_error(verb, "--defer is for claude") : VERB_GO;
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
	if (i.socket && !utf8_is_valid(i.socket, strlen(i.socket)))
		return usage_error(verb, "--socket wants UTF-8");

	place = choose_place(&i, operands.words[0]);
	if (place && check_answers(verb, &i, hook_dialect_find(place->agent)) != VERB_GO)
		return STATUS_USAGE;
	return place ? install_at(&i, place) : say_no_place(&i, operands.words[0]);
}

static int run_uninstall(const struct verb *verb, int argc, char **argv)
{
	cleanup(settings_file_deinit) struct settings_file f = SETTINGS_FILE_INIT;
	cleanup(bytes_deinit) struct bytes after = BYTES_PRINTED;
	cleanup(bytes_deinit) struct bytes why = BYTES_PRINTED;
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
	status = hook_look_open(place, i.root, &f);
	if (status != STATUS_DONE)
		return status;

	if (f.there)
		outcome = hook_settings_uninstall(place, &f.text, &after, &why);
	return apply(&i, place, outcome, &f, &after, &why);
}

/* --- status ----------------------------------------------------------------------------------- */

/*
 * Returns whether the hook is installed there. Where none can be, nothing is printed unless it
 * matters.
 */
static bool print_place(const struct install *i, const struct hook_place *place)
{
	cleanup(settings_file_deinit) struct settings_file f = SETTINGS_FILE_INIT;
	enum hook_state state;
	int status;

	f.only_read = true;
	status = hook_look_open(place, i->root, &f);
	state = status == STATUS_DONE ? hook_look(place, &f) : HOOK_UNREADABLE;
	if (hook_look_is_only_off(place) && state == HOOK_ABSENT)
		return false;
	printf("%-9s%-8s  %-34s %s\n", place->agent, hook_scope_name(place->scope),
		hook_state_text(state), f.shown ? f.shown : "?");
	return state == HOOK_INSTALLED;
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
