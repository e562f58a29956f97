/* SPDX-License-Identifier: ISC */
#pragma once

/* The files of a gate that `firma init` sets up: of the system's, or of a user's own. */

#include <stdbool.h>

#include "base/bytes.h"
#include "cli/settings-file.h"

struct init_places {
	bool system;
	char *config;       /* the directory of the policy and the record */
	char *options;      /* the directory of the file of options */
	const char *policy; /* as the options name it; "%h/" stands for the home */
	char *agent_socket; /* NULL: it can't be told; so is the other one then */
	char *operator_socket;
	char *own_policy; /* what `policy` points into, or NULL */
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
 * `root`: the system below this directory; or NULL. Returns a status; a failure was printed.
 * init_places_deinit() in any case.
 */
int init_places_find(bool system, const char *root, struct init_places *ret);
void init_places_deinit(struct init_places *p);

/*
 * Reads what is there. No other user may be able to write in the directories, or to redirect them:
 * no part of their paths is a symbolic link. Returns a status; a failure was printed.
 * init_files_deinit() in any case.
 */
int init_files_open(const struct init_places *p, struct init_files *ret);
void init_files_deinit(struct init_files *f);

/* Makes the directories that are missing. */
int init_files_make(const struct init_places *p, struct init_files *f);

/* Removes the gate's directory, if it is empty. */
void init_files_remove_directory(const struct init_places *p);
