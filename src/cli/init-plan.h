/* SPDX-License-Identifier: ISC */
#pragma once

/*
 * The plan of `firma init` and `firma init --uninstall`: files to write, and commands to run. Call
 * init_plan_make(), which reads the existing files; init_plan_show(); and, after the person's
 * consent, init_plan_apply(). To uninstall, call the functions that end with _undo instead.
 */

#include "cli/init-commands.h"
#include "cli/init-places.h"
#include "cli/init-record.h"

/* What packaging/debian/policy.json holds: no rules. */
#define INIT_PACKAGED_POLICY                                                      \
	"{\n"                                                                     \
	"  \"$schema\": \"file:///usr/share/firma/schema/policy.schema.json\",\n" \
	"  \"metadata\": {\"id\": \"site\", \"version\": \"1\"},\n"               \
	"  \"default_action\": \"pending_hitl\",\n"                               \
	"  \"exec\": []\n"                                                        \
	"}\n"

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
	bool can_start; /* else a person has to start the daemon */
};

/* The first step of both init_plan_make() and init_plan_make_undo(): reads the existing files. */
int init_plan_begin(const struct init_options *options, bool system, struct init_plan *ret);

/* All of these return a status; a failure was printed. Call init_plan_deinit() in any case. */
int init_plan_make(const struct init_options *options, bool system, struct init_plan *ret);
int init_plan_show(const struct init_plan *p);

/* Whether a policy is the one that the package installs. */
bool init_plan_is_packaged(const struct settings_file *policy);

/* If a step fails, init_plan_undo() can put back the steps before it. */
int init_plan_apply(struct init_plan *p);

/* The same, to put back what the record says. */
int init_plan_make_undo(const struct init_options *options, bool system, struct init_plan *ret);
int init_plan_show_undo(const struct init_plan *p);
int init_plan_undo(struct init_plan *p);

void init_plan_deinit(struct init_plan *p);
