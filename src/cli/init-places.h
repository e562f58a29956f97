/* SPDX-License-Identifier: ISC */
#pragma once

/* The files of the gate that `firma init` sets up: the system's, or a user's own. */

#include <stdbool.h>

#include "base/bytes.h"
#include "cli/settings-file.h"

struct init_places {
	bool system;
	char *config;       /* the directory of the policy and the record */
	char *options;      /* the directory of the file of options */
	const char *policy; /* as the options name it; "%h/" stands for the home */
	char *agent_socket; /* both sockets are NULL if their path is unknown */
	char *operator_socket;
	char *own_policy; /* a user's own policy, which `policy` may point to; or NULL */
};

struct init_files {
	struct settings_file policy, options, record;
	bool made_config; /* the directory was made by init_files_make() */
};

#define INIT_FILES_INIT                                                       \
	{                                                                     \
		SETTINGS_FILE_INIT, SETTINGS_FILE_INIT, SETTINGS_FILE_INIT, 0 \
	}

/*
 * `root`: another root directory, or NULL. Returns a status; a failure was printed. Call
 * init_places_deinit() in any case.
 */
int init_places_find(bool system, const char *root, struct init_places *ret);
void init_places_deinit(struct init_places *p);

/*
 * Opens the directories and reads the existing files. Fails if another user could write in the
 * directories, or if a part of their paths is a symbolic link. Returns a status; a failure was
 * printed. Call init_files_deinit() in any case.
 */
int init_files_open(const struct init_places *p, struct init_files *ret);
void init_files_deinit(struct init_files *f);

/* Makes the directories that are missing. */
int init_files_make(const struct init_places *p, struct init_files *f);

/* Removes `config` if it is empty. */
void init_files_remove_directory(const struct init_places *p);
