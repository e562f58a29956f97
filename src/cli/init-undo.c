/* SPDX-License-Identifier: ISC */

/*
 * Puts back what `firma init` has changed. A file that was changed afterwards is left as it is. The
 * record only says which of the known files, units and groups were changed: it contains no path.
 */

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"
#include "cli/init-plan.h"
#include "cli/say.h"

enum file_state { FILE_OTHER, FILE_AS_WRITTEN, FILE_AS_BEFORE };

static bool has_hash(const struct settings_file *f, const char *hash)
{
	char now[2 * SHA256_LEN + 1];

	init_record_hash(&f->text, now);
	return f->there && strcmp(now, hash) == 0;
}

static enum file_state state_of_policy(const struct init_plan *p)
{
	if (!p->record.policy || !p->files.policy.there
		|| (p->record.packaged && init_plan_is_packaged(&p->files.policy)))
		return FILE_AS_BEFORE;
	return has_hash(&p->files.policy, p->record.policy_hash) ? FILE_AS_WRITTEN : FILE_OTHER;
}

static enum file_state state_of_options(const struct init_plan *p)
{
	const struct settings_file *f = &p->files.options;
	const char *before = p->record.before;

	if (!p->record.options || (!f->there && !before)
		|| (f->there && before && strcmp(bytes_str(&f->text), before) == 0))
		return FILE_AS_BEFORE;
	return has_hash(f, p->record.options_hash) ? FILE_AS_WRITTEN : FILE_OTHER;
}

static void make_commands(struct init_plan *p)
{
	struct init_commands *c = &p->commands;

	if (p->options->root)
		return;
	if (p->record.daemon && p->places.agent_socket)
		init_commands_add_words(
			c, p->program, "daemon", "stop", "--socket", p->places.agent_socket);
	if (p->has_manager && p->record.units && p->places.system)
		init_commands_add_words(c, "systemctl", "disable", "--now", "firma.socket",
			"firma-operator.socket");
	if (p->has_manager && p->record.units && !p->places.system)
		init_commands_add_words(c, "systemctl", "--user", "disable", "--now",
			"firma.socket", "firma-operator.socket");
	if (p->record.agent && p->places.system)
		init_commands_add_words(c, "gpasswd", "-d", p->record.agent, "firma-agents");
	if (p->record.person && p->places.system)
		init_commands_add_words(c, "gpasswd", "-d", p->record.person, "firma-operators");
}

static int begin(const struct init_options *options, bool system, struct init_plan *ret)
{
	int status, r;

	status = init_plan_begin(options, system, ret);
	if (status != STATUS_DONE)
		return status;
	if (!ret->files.record.there) {
		say("%s: there is no such file: firma init has changed nothing here",
			ret->files.record.shown);
		return STATUS_REFUSED;
	}
	r = init_record_read(&ret->files.record.text, &ret->record);
	if (r == -ENOMEM)
		return say_undecided("out of memory");
	return r < 0 ? settings_file_fail(&ret->files.record, "is no record of firma init")
		     : STATUS_DONE;
}

int init_plan_make_undo(const struct init_options *options, bool system, struct init_plan *ret)
{
	const int status = begin(options, system, ret);

	if (status == STATUS_DONE)
		make_commands(ret);
	return status;
}

static void show_file(const struct settings_file *f, enum file_state state, bool was_there)
{
	if (state == FILE_AS_WRITTEN)
		printf(was_there ? "puts %s back as it was\n" : "removes %s\n", f->shown);
	else if (state == FILE_OTHER)
		printf("%s has been changed since then, and is left as it is\n", f->shown);
}

int init_plan_show_undo(const struct init_plan *p)
{
	if (init_commands_print(&p->commands, "$ ") < 0)
		return say_undecided("out of memory");
	show_file(&p->files.policy, state_of_policy(p), p->record.packaged);
	show_file(&p->files.options, state_of_options(p), p->record.before);
	printf("removes %s\n", p->files.record.shown);
	return STATUS_DONE;
}

static int put_options_back(struct init_plan *p)
{
	cleanup(bytes_deinit) struct bytes before = BYTES_PRINTED;

	if (p->record.before && bytes_append_str(&before, p->record.before) < 0)
		return say_undecided("out of memory");
	return settings_file_write(
		&p->files.options, p->files.options.mode, p->record.before ? &before : NULL);
}

static int put_policy_back(struct init_plan *p)
{
	cleanup(bytes_deinit) struct bytes before = BYTES_PRINTED;

	if (bytes_append_str(&before, INIT_PACKAGED_POLICY) < 0)
		return say_undecided("out of memory");
	return settings_file_write(
		&p->files.policy, p->files.policy.mode, p->record.packaged ? &before : NULL);
}

int init_plan_undo(struct init_plan *p)
{
	int status = STATUS_DONE;

	init_commands_try(&p->commands);
	if (state_of_policy(p) == FILE_AS_WRITTEN)
		status = put_policy_back(p);
	if (status == STATUS_DONE && state_of_options(p) == FILE_AS_WRITTEN)
		status = put_options_back(p);
	if (status == STATUS_DONE)
		status = settings_file_write(&p->files.record, 0, NULL);
	if (status == STATUS_DONE && p->record.directory)
		init_files_remove_directory(&p->places);
	return status;
}
