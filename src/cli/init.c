/* SPDX-License-Identifier: ISC */

/*
 * `firma init`: sets up a gate, or puts back what it changed. It shows everything first, and
 * changes nothing before the person has agreed (or --yes was given).
 */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/text.h"
#include "base/users.h"
#include "cli/confirm.h"
#include "cli/hook-decide.h"
#include "cli/init-plan.h"
#include "cli/init-try.h"
#include "cli/verb.h"

static const struct option_row rows[] = {
	{ "system", 0, NULL, "set up the system's gate; root only, and recommended",
		OPTION_FLAG(struct init_options, system) },
	{ "user", 0, NULL, "set up a gate of your own", OPTION_FLAG(struct init_options, user) },
	{ "agent-user", 0, "USER", "the system's gate: who asks (default: $SUDO_USER)",
		OPTION_STRING(struct init_options, agent) },
	{ "operator-user", 0, "USER", "the system's gate: who approves, besides root",
		OPTION_STRING(struct init_options, person) },
	{ "policy", 0, "FILE", "begin with a copy of this policy",
		OPTION_STRING(struct init_options, policy) },
	{ "root", 0, "DIR", "with --system, write below this directory, and run nothing",
		OPTION_STRING(struct init_options, root) },
	{ "dry-run", 0, NULL, "show all that would be done, and do nothing",
		OPTION_FLAG(struct init_options, dry_run) },
	{ "uninstall", 0, NULL, "put back what firma init has changed",
		OPTION_FLAG(struct init_options, uninstall) },
	{ "yes", 'y', NULL, "don't ask", OPTION_FLAG(struct init_options, yes) },
	{ 0 },
};

/* --- which gate ------------------------------------------------------------------------------- */

static const char recommendation[] =
	"Recommended: the system's gate. Its daemon, policy and records belong to the user firma,\n"
	"so an agent that runs as you can ask, but can't approve, and can't change the rules.\n"
	"You approve as root, with your password:\n\n"
	"    sudo firma init --system\n"
	"    sudo firma token watch\n\n"
	"A gate of your own belongs to you, and so to your agent: it keeps an agent from "
	"mistakes,\n"
	"not from what it means to do. firma init --user sets it up, without root.\n";

static bool is_there(const char *user)
{
	uid_t uid;

	return !user || (users_find(user, &uid) == 0 && uid != 0);
}

static int check_options(const struct verb *verb, const struct init_options *o)
{
	if (o->user && o->system)
		return usage_error(verb, "--user and --system exclude each other");
	if (!o->system && (o->root || o->agent || o->person))
		return usage_error(
			verb, "--root, --agent-user and --operator-user are for --system");
	if (o->system && geteuid() != 0 && !o->root)
		return usage_error(verb, "the system's gate is root's to set up: sudo firma init");
	if (o->user && geteuid() == 0)
		return usage_error(verb, "root has the system's gate: --system");
	if (o->root && o->root[0] != '/')
		return usage_error(verb, "--root wants an absolute path");
	if (!is_there(o->agent) || !is_there(o->person))
		return usage_error(verb, "--agent-user and --operator-user want a user, not root");
	return STATUS_DONE;
}

/* Without --system and --user: root sets up the system's gate; other users get advice. */
static int choose(const struct verb *verb, struct init_options *o)
{
	const char *sudo = getenv("SUDO_USER");

	if (!o->user && !o->system) {
		o->system = geteuid() == 0;
		o->user = !o->system && o->uninstall;
	}
	if (!o->user && !o->system) {
		fputs(recommendation, stdout);
		return STATUS_USAGE;
	}
	if (o->system && !o->agent && geteuid() == 0 && sudo && sudo[0] && is_there(sudo))
		o->agent = sudo;
	return check_options(verb, o);
}

/* --- the dialogue ----------------------------------------------------------------------------- */

/* Whether the plan was really printed; otherwise nothing may be done. */
static bool was_shown(void)
{
	return fflush(stdout) == 0 && !ferror(stdout);
}

/* Returns STATUS_DONE if the plan is to be carried out. */
static int ask(const struct verb *verb, const struct init_options *o)
{
	cleanup(bytes_deinit) struct bytes question = BYTES_PRINTED;
	char answer[CONFIRM_ANSWER_MAX];

	if (!was_shown())
		return say_undecided("what would be done could not be shown; nothing was changed");
	if (o->yes)
		return STATUS_DONE;
	if (!isatty(STDIN_FILENO))
		return usage_error(verb, "there is no terminal to ask at: --yes, or --dry-run");
	if (bytes_append_str(&question, "\nDo this? [y/N] ") < 0)
		return say_undecided("out of memory");
	if (confirm_read(STDIN_FILENO, &question, answer) && confirm_is_yes(answer))
		return STATUS_DONE;
	say("nothing was changed");
	return STATUS_REFUSED;
}

static int uninstall(const struct verb *verb, const struct init_options *o)
{
	struct init_plan plan;
	int status;

	status = init_plan_make_undo(o, o->system, &plan);
	if (status == STATUS_DONE)
		status = init_plan_show_undo(&plan);
	if (status == STATUS_DONE && !o->dry_run) {
		status = ask(verb, o);
		if (status == STATUS_DONE)
			status = init_plan_undo(&plan);
		if (status == STATUS_DONE)
			puts("Done. Tokens and records were kept.\n"
			     "Hooks that are installed stay, and deny from now on: firma hook "
			     "status lists them.");
	}
	init_plan_deinit(&plan);
	return status;
}

/* --- what a person still has to do ------------------------------------------------------------ */

static void print_start(const struct init_plan *p)
{
	if (p->options->root)
		puts("\nEnable firma.socket and firma-operator.socket there.");
	else if (p->places.system)
		puts("\nNo systemd runs here. Start the daemon as a user of its own:\n\n"
		     "    groupadd -r firma-agents; groupadd -r firma-operators\n"
		     "    useradd -r -G firma-agents,firma-operators firma\n"
		     "    install -d -o firma /run/firma\n"
		     "    install -d -o firma -m 700 /var/lib/firma\n"
		     "    setpriv --reuid firma --regid firma --init-groups \\\n"
		     "        firma daemon start --policy /etc/firma/policy.json \\\n"
		     "        --socket /run/firma/agent.sock --agent-group firma-agents \\\n"
		     "        --operator-socket /run/firma/operator.sock \\\n"
		     "        --operator-group firma-operators --state-dir /var/lib/firma\n"
		     "    usermod -aG firma-agents USER");
	else
		puts("\nNo service manager of yours runs here, and XDG_RUNTIME_DIR is not set. Set "
		     "it\n"
		     "to a directory that is yours alone, and start the daemon:\n\n"
		     "    export XDG_RUNTIME_DIR=~/.run; mkdir -m 700 \"$XDG_RUNTIME_DIR\"\n"
		     "    firma daemon start --operator-socket "
		     "\"$XDG_RUNTIME_DIR/firma/operator.sock\" \\\n"
		     "        --allow-self-approval --policy='~/.config/firma/policy.json'");
}

/* Names the gate's socket if the hook would ask at another one by default. */
static void print_hook(const struct init_plan *p)
{
	cleanup(bytes_deinit) struct bytes option = BYTES_PRINTED;
	const char *socket = p->places.agent_socket;

	if (socket && strcmp(socket, hook_usual_socket()) != 0) {
		bytes_append_str(&option, " --socket ");
		text_append_quoted(&option, socket, strlen(socket));
	}
	printf("\nNext: %s%s claude (or another agent: firma-agents(7)).\n",
		p->places.system ? "sudo firma hook install --managed"
				 : "firma hook install --user",
		bytes_str(&option));
}

static void print_next(const struct init_plan *p)
{
	print_hook(p);
	puts(p->places.system ? "Then approve with: sudo firma token watch"
			      : "Then approve with: firma token watch");
	if (p->record.daemon)
		puts("No service manager keeps the daemon: after a reboot, run the command above "
		     "again.");
	if (p->record.agent)
		printf("%s has to log in again before %s can ask.\n", p->record.agent,
			p->record.agent);
}

static int finish(const struct init_plan *p)
{
	int status = STATUS_DONE;

	if (!p->can_start) {
		print_start(p);
		return STATUS_DONE;
	}
	if (p->places.system && !p->options->agent)
		puts("\nNo user may ask yet: usermod -aG firma-agents USER");
	else
		status = init_try(p);
	if (status == STATUS_DONE)
		print_next(p);
	return status;
}

/* After a failure: puts back what was done so far. */
static void take_back(const struct init_options *o)
{
	struct init_plan undo;
	int status;

	status = init_plan_make_undo(o, o->system, &undo);
	if (status == STATUS_DONE)
		status = init_plan_undo(&undo);
	init_plan_deinit(&undo);
	if (status == STATUS_DONE)
		say("what was changed was put back");
}

static int carry_out(const struct init_options *o, struct init_plan *plan)
{
	const int status = init_plan_apply(plan);

	if (status != STATUS_DONE) {
		take_back(o);
		return status;
	}
	return finish(plan);
}

static int install(const struct verb *verb, const struct init_options *o)
{
	struct init_plan plan;
	int status;

	status = init_plan_make(o, o->system, &plan);
	if (status == STATUS_DONE)
		status = init_plan_show(&plan);
	if (status == STATUS_DONE && !o->dry_run) {
		status = ask(verb, o);
		if (status == STATUS_DONE)
			status = carry_out(o, &plan);
	}
	init_plan_deinit(&plan);
	return status;
}

static int run(const struct verb *verb, int argc, char **argv)
{
	struct init_options options = { 0 };
	struct operands none;
	int status;

	status = verb_read_options(verb, argc, argv, &options, &none);
	if (status != VERB_GO)
		return status;
	status = choose(verb, &options);
	if (status != STATUS_DONE)
		return status;
	if (options.system)
		umask(022); /* the daemon must be able to read it */
	return options.uninstall ? uninstall(verb, &options) : install(verb, &options);
}

const struct verb init_verb = {
	.name = "init",
	.summary = "Sets a gate up, up to its first approval",
	.options = rows,
	.run = run,
};
