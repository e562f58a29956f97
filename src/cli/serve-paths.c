/* SPDX-License-Identifier: ISC */

#include "cli/serve-paths.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/cleanup.h"
#include "cli/absolute.h"
#include "cli/daemon-user.h"
#include "cli/home-path.h"

bool serve_command_changes_key(const struct serve_command *c)
{
	return c->old_key.shared || c->old_key.signing || c->was_unsigned;
}

static int find_keys(struct serve_command *c, char **ret_path, char **ret_old_path)
{
	const char *directory = getenv("CREDENTIALS_DIRECTORY");
	struct serve_options *s = &c->serve;

	s->credentials = directory && directory[0] == '/' ? directory : NULL;
	s->evidence_key_changes = serve_command_changes_key(c);
	return serve_find_key(&c->key, s->credentials, &s->evidence_key, ret_path) < 0
			|| serve_find_key(
				   &c->old_key, s->credentials, &s->evidence_old_key, ret_old_path)
				< 0
		? -ENOMEM
		: 0;
}

/* Makes an option's path absolute; *own owns the result. Does nothing without the option. */
static int take_path(const char *given, const char *what, char **own, const char **ret)
{
	if (!given)
		return STATUS_DONE;

	*own = absolute_path(given);
	if (!*own)
		return say_undecided("can't tell where %s", what);
	*ret = *own;
	return STATUS_DONE;
}

void serve_paths_deinit(struct serve_paths *p)
{
	for (size_t i = 0; i < LENGTH(p->in_home); i++)
		free(p->in_home[i]);
	free(p->usual_policy);
	free(p->state_dir);
	free(p->policy);
	free(p->approvers);
	free(p->key);
	free(p->old_key);
	free(p->registry);
	free(p->pid_file);
	free(p->password);
}

/* As serve_find_key(): a name without a slash is the name of a credential. */
static int take_password(struct serve_command *c, char **own)
{
	const struct serve_key_choice choice = { .shared = c->store_password };
	struct evidence_key_option found;

	if (!c->serve.credentials || strchr(c->store_password, '/'))
		return take_path(
			c->store_password, "the store's password is", own, &c->serve.desk.password);
	if (serve_find_key(&choice, c->serve.credentials, &found, own) < 0)
		return say_undecided("out of memory");
	c->serve.desk.password = *own;
	return STATUS_DONE;
}

/* Replaces "~/" and "%h/" at the beginning of each option that is a path. */
static int find_home(struct serve_command *c, struct serve_paths *p)
{
	const char **options[] = { &c->serve.socket, &c->serve.operator_socket, &c->state_dir,
		&c->policy, &c->approvers, &c->pack_directory, &c->registry, &c->serve.evidence_log,
		&c->key.shared, &c->key.signing, &c->pid_file, &c->runners.key, &c->runners.jwks,
		&c->store_password, c->old_key.shared ? &c->old_key.shared : &c->old_key.signing };
	int r;

	_Static_assert(LENGTH(options) == SERVE_HOME_PATHS, "each has its place");
	for (size_t i = 0; i < LENGTH(options); i++) {
		if (!*options[i])
			continue;
		r = home_path(*options[i], &p->in_home[i]);
		if (r == -ENOENT)
			return say_undecided("can't tell where the home directory is");
		if (r < 0)
			return say_undecided("out of memory");
		*options[i] = p->in_home[i];
	}
	return STATUS_DONE;
}

static int find_policy(struct serve_command *c, struct serve_paths *p)
{
	if (c->policy)
		return take_path(c->policy, "the policy is", &p->policy, &c->serve.policy);
	if (usual_policy_path(&p->usual_policy) < 0)
		return say_undecided("out of memory");
	c->serve.usual_policy = p->usual_policy;
	return STATUS_DONE;
}

int serve_paths_find(const struct verb *verb, struct serve_command *c, struct serve_paths *p)
{
	struct serve_options *o = &c->serve;
	int status;

	status = find_home(c, p);
	if (status == STATUS_DONE && find_keys(c, &p->key, &p->old_key) < 0)
		return say_undecided("out of memory");
	if (status == STATUS_DONE)
		status = find_policy(c, p);
	if (status == STATUS_DONE)
		status = take_path(c->approvers, "the approvers are", &p->approvers, &o->approvers);
	if (status == STATUS_DONE)
		status = take_path(c->registry, "the registry is", &p->registry, &o->registry);
	if (status == STATUS_DONE)
		status = take_path(c->pid_file, "the pid file is", &p->pid_file, &o->pid_file);
	if (status == STATUS_DONE && c->store_password)
		status = take_password(c, &p->password);
	if (status != STATUS_DONE || strcmp(c->store, "memory") == 0)
		return status;

	p->state_dir = daemon_state_dir(c->state_dir);
	if (!p->state_dir)
		return usage_error(verb,
			"--state-dir is needed: neither it nor the environment names a directory");
	o->state_dir = p->state_dir;
	return STATUS_DONE;
}
