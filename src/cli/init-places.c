/* SPDX-License-Identifier: ISC */

/* Paths, and directories that are opened one component at a time (base/trust). */

#include "cli/init-places.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/text.h"
#include "base/trust.h"
#include "cli/home-path.h"
#include "cli/say.h"

/* Where `make install` puts the file of options, unless the build says otherwise. */
#ifndef OPTIONS_DIRECTORY
#define OPTIONS_DIRECTORY "/etc/default"
#endif

#define POLICY "policy.json"
#define RECORD "init.undo"

/* A word of $FIRMA_OPTIONS is split at white space; quotes and the like have a meaning there. */
#define NOT_IN_OPTIONS " \t\n\r\v\f\"'\\$%"

void init_places_deinit(struct init_places *p)
{
	free(p->config);
	free(p->options);
	free(p->own_policy);
	free(p->agent_socket);
	free(p->operator_socket);
}

static char *join(const char *a, const char *b)
{
	char *path;

	return asprintf(&path, "%s%s", a, b) < 0 ? NULL : path;
}

static int find_sockets(const char *runtime, struct init_places *p)
{
	if (!runtime || runtime[0] != '/')
		return STATUS_DONE;
	p->agent_socket = join(runtime, "/firma/agent.sock");
	p->operator_socket = join(runtime, "/firma/operator.sock");
	return p->agent_socket && p->operator_socket ? STATUS_DONE : say_undecided("out of memory");
}

static int find_system(const char *root, struct init_places *p)
{
	p->config = join(root ? root : "", "/etc/firma");
	p->options = join(root ? root : "", OPTIONS_DIRECTORY);
	p->policy = "/etc/firma/" POLICY;
	if (!p->config || !p->options)
		return say_undecided("out of memory");
	return find_sockets("/run", p);
}

/*
 * The user's directory of settings. Links are resolved only here, since the administrator may have
 * made the home directory a link.
 */
static char *find_config(const char *home)
{
	const char *own = getenv("XDG_CONFIG_HOME");
	cleanup(free_p) char *usual = join(home, "/.config"), *real = NULL;

	if (own && own[0] == '/') {
		real = realpath(own, NULL);
		return real ? steal_ptr(real) : strdup(own);
	}
	real = usual ? realpath(usual, NULL) : NULL;
	return real ? steal_ptr(real) : steal_ptr(usual);
}

static int find_user(struct init_places *p)
{
	cleanup(free_p) char *home = NULL, *real = NULL, *config = NULL, *usual = NULL;

	if (home_directory(&home) < 0)
		return say_undecided("can't tell where the home directory is");
	real = realpath(home, NULL);
	if (!real)
		return say_undecided("the home directory: %s", strerror(errno));

	config = find_config(real);
	usual = join(real, "/.config");
	p->config = config ? join(config, "/firma") : NULL;
	p->options = p->config ? strdup(p->config) : NULL;
	p->own_policy = p->config ? join(p->config, "/" POLICY) : NULL;
	if (!p->own_policy || !usual || !p->options)
		return say_undecided("out of memory");

	p->policy = strcmp(config, usual) == 0 ? "%h/.config/firma/" POLICY : p->own_policy;
	if (p->policy == p->own_policy && strpbrk(p->policy, NOT_IN_OPTIONS))
		return say_undecided(
			"XDG_CONFIG_HOME has a character that FIRMA_OPTIONS can't have");
	return find_sockets(getenv("XDG_RUNTIME_DIR"), p);
}

int init_places_find(bool system, const char *root, struct init_places *ret)
{
	*ret = (struct init_places){ .system = system };
	return system ? find_system(root, ret) : find_user(ret);
}

/* --- the files -------------------------------------------------------------------------------- */

void init_files_deinit(struct init_files *f)
{
	settings_file_deinit(&f->policy);
	settings_file_deinit(&f->options);
	settings_file_deinit(&f->record);
}

/* *ret_fd is -1 if there is no such directory and none is made. */
static int open_dir(const char *path, bool make, int *ret_fd, bool *ret_made)
{
	cleanup(bytes_deinit) struct bytes at = BYTES_PRINTED, why = BYTES_PRINTED,
					   shown = BYTES_PRINTED;
	int r;

	*ret_fd = -1;
	r = trust_open_dir(path, geteuid(), make, &at, ret_fd, ret_made);
	if (r == 0 || (r == -ENOENT && !make))
		return STATUS_DONE;
	if (text_append_quoted(&shown, path, strlen(path)) < 0
		|| trust_append_fault(&why, path, bytes_str(&at), r) < 0)
		return say_undecided("out of memory");
	say("%s: %s; nothing was changed", bytes_str(&shown), bytes_str(&why));
	return STATUS_REFUSED;
}

static int open_file(struct settings_file *f, int dir_fd, const char *directory, const char *name)
{
	char *path = NULL;

	if (asprintf(&path, "%s/%s", directory, name) < 0) {
		close_p(&dir_fd);
		return say_undecided("out of memory");
	}
	return settings_file_open_in(f, dir_fd, path);
}

/* The files of one directory share an open file description, since each write locks it. */
static int share(int fd)
{
	return fd < 0 ? -1 : fcntl(fd, F_DUPFD_CLOEXEC, 0);
}

int init_files_open(const struct init_places *p, struct init_files *ret)
{
	int fd = -1, status;
	bool made;

	*ret = (struct init_files)INIT_FILES_INIT;
	status = open_dir(p->config, false, &fd, &made);
	if (status == STATUS_DONE)
		status = open_file(&ret->policy, fd, p->config, POLICY);
	if (status == STATUS_DONE)
		status = open_file(&ret->record, share(ret->policy.dir_fd), p->config, RECORD);
	if (status != STATUS_DONE)
		return status;
	if (!p->system)
		return open_file(&ret->options, share(ret->policy.dir_fd), p->options, "options");

	status = open_dir(p->options, false, &fd, &made);
	return status == STATUS_DONE ? open_file(&ret->options, fd, p->options, "firma") : status;
}

int init_files_make(const struct init_places *p, struct init_files *f)
{
	bool made;
	int status = STATUS_DONE;

	if (f->policy.dir_fd < 0) {
		status = open_dir(p->config, true, &f->policy.dir_fd, &f->made_config);
		f->record.dir_fd = share(f->policy.dir_fd);
		if (!p->system)
			f->options.dir_fd = share(f->policy.dir_fd);
	}
	if (status == STATUS_DONE && f->options.dir_fd < 0)
		status = open_dir(p->options, true, &f->options.dir_fd, &made);
	return status == STATUS_DONE && (f->record.dir_fd < 0 || f->options.dir_fd < 0)
		? say_undecided("too many open files")
		: status;
}

void init_files_remove_directory(const struct init_places *p)
{
	cleanup(bytes_deinit) struct bytes at = BYTES_PRINTED;
	cleanup(close_p) int fd = -1;
	bool made;
	char *name = strrchr(p->config, '/');

	*name = '\0';
	if (trust_open_dir(p->config, geteuid(), false, &at, &fd, &made) == 0)
		unlinkat(fd, name + 1, AT_REMOVEDIR); /* fails if something else is in it */
	*name = '/';
}
