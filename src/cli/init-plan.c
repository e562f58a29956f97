/* SPDX-License-Identifier: ISC */

/* The plan for setting up a gate. */

#include "cli/init-plan.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/text.h"
#include "base/users.h"
#include "base/utf8.h"
#include "cli/difference.h"
#include "cli/input-file.h"
#include "cli/own-path.h"
#include "cli/say.h"
#include "gate/limits.h"
#include "gate/policy/policy.h"

/* Where `make install` puts the examples, unless the build says otherwise. */
#ifndef EXAMPLES_DIRECTORY
#define EXAMPLES_DIRECTORY "/usr/local/share/firma/examples"
#endif

#define USUAL_POLICY EXAMPLES_DIRECTORY "/coding-agent.json"

/* In the shipped policies, this uid stands for the agent's. */
#define AGENT_UID "\"users\": [\"1000\"]"

#define AGENTS "firma-agents"
#define OPERATORS "firma-operators"
#define SOCKETS "firma.socket", "firma-operator.socket"

/* Of the policy and of the file of options, which hold no secrets. */
#define SYSTEM_MODE 0644
#define USER_MODE 0600

void init_plan_deinit(struct init_plan *p)
{
	init_places_deinit(&p->places);
	init_files_deinit(&p->files);
	init_record_deinit(&p->record);
	bytes_deinit(&p->policy);
	bytes_deinit(&p->after);
}

/* --- texts ------------------------------------------------------------------------------------ */

/* The agent's uid: that of --agent-user, or the owner of the gate. */
static bool find_agent(const struct init_plan *p, uid_t *ret)
{
	*ret = geteuid();
	return !p->places.system || (p->options->agent && users_find(p->options->agent, ret) == 0);
}

/* Users and groups that a policy names may be made later. */
static int any_user(const char *name, uid_t *ret)
{
	(void)name;
	*ret = 0;
	return 0;
}

static int any_group(const char *name, gid_t *ret)
{
	(void)name;
	*ret = 0;
	return 0;
}

static int any_primary_group(uid_t uid, gid_t *ret)
{
	(void)uid;
	*ret = 0;
	return 0;
}

/*
 * The file may be another user's, who could have put a link to a secret of root's in its place. The
 * copy can be read by everybody, so only a policy is copied.
 */
static int check_policy(const char *path, const struct bytes *text)
{
	static const struct policy_names any = { any_user, any_group, any_primary_group };
	cleanup(bytes_deinit) struct bytes shown = BYTES_PRINTED, why = BYTES_PRINTED;
	cleanup(policy_free_p) struct policy *policy = NULL;
	struct faults faults;
	int r;

	faults_init(&faults);
	r = policy_parse(bytes_str(text), text->len, &any, &faults, &policy);
	if (text_append_escaped(&shown, path, strlen(path)) < 0
		|| faults_summarize(&faults, bytes_str(&shown), &why) < 0)
		r = -ENOMEM;
	faults_deinit(&faults);
	if (r < 0)
		return say_undecided("%s", strerror(-r));
	if (r == 0)
		return STATUS_DONE;
	say("%s; nothing was changed", bytes_str(&why));
	return STATUS_REFUSED;
}

static int make_policy(struct init_plan *p)
{
	const char *path = p->options->policy ? p->options->policy : USUAL_POLICY, *at, *from;
	cleanup(bytes_deinit) struct bytes text = BYTES_PRINTED, shown = BYTES_PRINTED;
	uid_t agent;
	int r;

	r = input_file_read(path, LIMIT_POLICY, &text);
	if (r < 0) {
		text_append_quoted(&shown, path, strlen(path));
		return say_undecided("%s: %s", bytes_str(&shown), strerror(-r));
	}
	from = bytes_str(&text);
	while (find_agent(p, &agent) && (at = strstr(from, AGENT_UID))) {
		bytes_append(&p->policy, from, (size_t)(at - from));
		bytes_appendf(&p->policy, "\"users\": [\"%u\"]", (unsigned int)agent);
		from = at + strlen(AGENT_UID);
	}
	bytes_append_str(&p->policy, from);
	return bytes_error(&p->policy) < 0 ? say_undecided("out of memory")
					   : check_policy(path, &p->policy);
}

/* Whether a line sets FIRMA_OPTIONS. */
static bool has_options(const char *text)
{
	static const char name[] = "FIRMA_OPTIONS";

	for (const char *line = text; line; line = strchr(line, '\n')) {
		line += strspn(line, " \t\n");
		if (strncmp(line, name, sizeof(name) - 1) == 0
			&& line[sizeof(name) - 1 + strspn(line + sizeof(name) - 1, " \t")] == '=')
			return true;
	}
	return false;
}

static int make_options(struct init_plan *p)
{
	const struct settings_file *f = &p->files.options;
	const char *before = bytes_str(&f->text);

	if (f->there && !utf8_is_valid(before, f->text.len))
		return settings_file_fail(f, "is not UTF-8");
	if (f->there && has_options(before))
		return STATUS_DONE;

	p->record.options = true;
	p->record.before = f->there ? before : NULL;
	bytes_append_str(&p->after, before);
	if (f->text.len > 0 && before[f->text.len - 1] != '\n')
		bytes_append_char(&p->after, '\n');
	bytes_appendf(&p->after,
		"# Written by firma init. A policy that is named and is not there closes the "
		"gate.\n"
		"FIRMA_OPTIONS=--policy=%s\n",
		p->places.policy);
	return bytes_error(&p->after) < 0 ? say_undecided("out of memory") : STATUS_DONE;
}

/* --- commands --------------------------------------------------------------------------------- */

static bool is_member(const char *user, const char *group)
{
	cleanup(free_p) gid_t *groups = NULL;
	bool found = false;
	size_t n = 0;
	uid_t uid;
	gid_t gid;

	if (users_find(user, &uid) < 0 || users_find_group(group, &gid) < 0
		|| users_groups(uid, &groups, &n) < 0)
		return false;
	for (size_t i = 0; i < n; i++)
		found = found || groups[i] == gid;
	return found;
}

/* Adds the command if the user is not in the group yet; then returns the user, else NULL. */
static const char *join_group(struct init_plan *p, const char *user, const char *group)
{
	if (!user || is_member(user, group))
		return NULL;
	init_commands_add_words(&p->commands, "usermod", "-aG", group, user);
	return user;
}

static void enable(struct init_plan *p)
{
	static const char *const system[] = { "systemctl", "is-enabled", SOCKETS, NULL };
	static const char *const user[] = { "systemctl", "--user", "is-enabled", SOCKETS, NULL };
	struct init_commands *c = &p->commands;

	p->record.units = !init_commands_succeeds(p->places.system ? system : user);
	if (p->places.system) {
		init_commands_add_words(c, "systemctl", "daemon-reload");
		init_commands_add_words(c, "systemctl", "enable", "--now", SOCKETS);
		/* A running daemon has the old options. The next request starts it again. */
		init_commands_add_words(c, "systemctl", "stop", "firma.service");
		return;
	}
	init_commands_add_words(c, "systemctl", "--user", "daemon-reload");
	init_commands_add_words(c, "systemctl", "--user", "enable", "--now", SOCKETS);
	init_commands_add_words(c, "systemctl", "--user", "stop", "firma.service");
}

static void make_commands(struct init_plan *p)
{
	struct init_commands *c = &p->commands;

	p->can_start = !p->options->root && (p->has_manager || !p->places.system)
		&& p->places.agent_socket;
	if (!p->can_start)
		return;
	if (!p->has_manager) {
		p->record.daemon = true;
		init_commands_add_words(c, p->program, "daemon", "start", "--socket",
			p->places.agent_socket, "--operator-socket", p->places.operator_socket,
			"--allow-self-approval", "--policy", p->places.own_policy);
		return;
	}
	if (p->places.system) {
		init_commands_add_words(c, "systemd-sysusers", "firma.conf");
		init_commands_add_words(c, "systemd-tmpfiles", "--create", "firma.conf");
		p->record.agent = join_group(p, p->options->agent, AGENTS);
		p->record.person = join_group(p, p->options->person, OPERATORS);
	}
	enable(p);
}

bool init_plan_is_packaged(const struct settings_file *policy)
{
	return policy->there && policy->text.len == strlen(INIT_PACKAGED_POLICY)
		&& memcmp(bytes_str(&policy->text), INIT_PACKAGED_POLICY, policy->text.len) == 0;
}

static int make_all(struct init_plan *p)
{
	int status = STATUS_DONE;

	if (p->files.record.there)
		return settings_file_fail(&p->files.record,
			"firma init was run here before; firma init --uninstall puts it back");
	p->record.packaged = init_plan_is_packaged(&p->files.policy);
	if (!p->files.policy.there || p->record.packaged) {
		p->record.policy = true;
		status = make_policy(p);
	}
	if (status == STATUS_DONE)
		status = make_options(p);
	if (status == STATUS_DONE)
		make_commands(p);
	return status;
}

int init_plan_begin(const struct init_options *options, bool system, struct init_plan *ret)
{
	int status;

	*ret = (struct init_plan){
		.options = options,
		.files = INIT_FILES_INIT,
		.policy = BYTES_PRINTED,
		.after = BYTES_PRINTED,
		.has_manager = !options->root && init_has_manager(system),
	};
	_Static_assert(sizeof(ret->program) >= PATH_MAX, "a path fits");
	if (own_path(ret->program) < 0)
		return say_undecided("can't tell where this program is");
	status = init_places_find(system, options->root, &ret->places);
	return status == STATUS_DONE ? init_files_open(&ret->places, &ret->files) : status;
}

int init_plan_make(const struct init_options *options, bool system, struct init_plan *ret)
{
	const int status = init_plan_begin(options, system, ret);

	return status == STATUS_DONE ? make_all(ret) : status;
}

static int show_policy(const struct init_plan *p)
{
	const struct settings_file *policy = &p->files.policy;
	const char *source = p->options->policy ? "the policy that is named" : USUAL_POLICY;

	if (!p->record.policy)
		printf("%s already exists, and is not changed\n", policy->shown);
	else if (p->options->dry_run)
		return difference_print(
			policy->shown, bytes_str(&policy->text), bytes_str(&p->policy));
	else if (p->record.packaged)
		printf("replaces %s, which has no rules and is the package's, with a copy of %s\n",
			policy->shown, source);
	else
		printf("writes %s, a copy of %s\n", policy->shown, source);
	return 0;
}

int init_plan_show(const struct init_plan *p)
{
	const struct settings_file *options = &p->files.options;
	int r;

	printf("The %s gate%s\n\n", p->places.system ? "system's" : "user's own",
		p->options->root ? ", in another root directory" : "");
	r = show_policy(p);
	if (!p->record.options)
		printf("%s already sets FIRMA_OPTIONS, and is not changed\n", options->shown);
	else if (r >= 0)
		r = difference_print(
			options->shown, bytes_str(&options->text), bytes_str(&p->after));
	printf("writes %s, for firma init --uninstall\n", p->files.record.shown);
	if (r >= 0)
		r = init_commands_print(&p->commands, "$ ");
	return r < 0 ? say_undecided("out of memory") : STATUS_DONE;
}

/* --- carrying it out -------------------------------------------------------------------------- */

static int write_record(struct init_plan *p)
{
	cleanup(bytes_deinit) struct bytes text = BYTES_PRINTED;

	p->record.directory = p->files.made_config;
	init_record_hash(&p->policy, p->record.policy_hash);
	init_record_hash(&p->after, p->record.options_hash);
	if (init_record_print(&p->record, &text) < 0)
		return say_undecided("out of memory");
	return settings_file_write(&p->files.record, 0600, &text);
}

static int write_files(struct init_plan *p)
{
	const mode_t mode = p->places.system ? SYSTEM_MODE : USER_MODE;
	struct settings_file *options = &p->files.options;
	int status;

	status = write_record(p);
	if (status == STATUS_DONE && p->record.policy)
		status = settings_file_write(&p->files.policy, mode, &p->policy);
	if (status == STATUS_DONE && p->record.options)
		status = settings_file_write(
			options, options->there ? options->mode : mode, &p->after);
	return status;
}

int init_plan_apply(struct init_plan *p)
{
	int status;

	status = init_files_make(&p->places, &p->files);
	if (status == STATUS_DONE)
		status = write_files(p);
	else if (p->files.made_config)
		init_files_remove_directory(&p->places);
	if (status == STATUS_DONE)
		status = init_commands_run(&p->commands);
	/* Closing the descriptors releases the locks on the directories. */
	init_files_deinit(&p->files);
	p->files = (struct init_files)INIT_FILES_INIT;
	return status;
}
