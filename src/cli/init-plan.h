/* SPDX-License-Identifier: ISC */
#pragma once

/*
 * What `firma init` and `firma init --uninstall` do to a gate: texts of files, and commands. A plan
 * is made from what is there, is shown, and is then carried out.
 */

#include "cli/init-commands.h"
#include "cli/init-places.h"
#include "cli/init-record.h"

struct init_options {
	bool user, system, dry_run, uninstall, yes;
	const char *policy; /* a file to copy; NULL: the one for coding agents */
	const char *root;   /* write below this directory, and run nothing; or NULL */
	const char *agent, *person;
};

struct init_plan {
	const struct init_options *options;
	struct init_places places;
	struct init_files files;
	struct init_record record;
	struct bytes policy, after; /* texts of the policy and of the file of options */
	struct init_commands commands;
	char program[4096];
	bool has_manager;
	bool can_start; /* or a person has to: see init_plan_say_start() */
};

/* The beginning of both: reads what is there. */
int init_plan_begin(const struct init_options *options, bool system, struct init_plan *ret);

/* All of these return a status; a failure was printed. init_plan_deinit() in any case. */
int init_plan_make(const struct init_options *options, bool system, struct init_plan *ret);
int init_plan_show(const struct init_plan *p);

/* If a step fails, what was done is for init_plan_undo(). */
int init_plan_apply(struct init_plan *p);

/* The same for putting back what a record holds. */
int init_plan_make_undo(const struct init_options *options, bool system, struct init_plan *ret);
int init_plan_show_undo(const struct init_plan *p);
int init_plan_undo(struct init_plan *p);

void init_plan_deinit(struct init_plan *p);
