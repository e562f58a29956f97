/* SPDX-License-Identifier: ISC */
#pragma once

/* The options of `firma serve` as they were given, and the absolute paths made from them. */

#include <stdbool.h>
#include <stdint.h>

#include "cli/serve-key.h"
#include "cli/serve-runners.h"
#include "cli/verb.h"
#include "daemon/serve.h"

struct serve_command {
	struct serve_options serve;
	const char *store;
	const char *state_dir;
	const char *policy;
	const char *approvers;
	const char *policy_packs, *pack_directory;
	const char *registry;
	const char *pid_file;
	const char *store_password;
	bool store_option_given; /* an option for a store on a server */
	uint64_t ready_fd;
	struct serve_key_choice key, old_key; /* for the evidence */
	struct serve_runners runners;
	bool was_unsigned;
	uint64_t retry_after; /* µs */
	uint64_t max_pending; /* 0: the usual limits */
	bool max_ttl_given;
};

/* Whether an option says how the evidence was signed so far. */
bool serve_command_changes_key(const struct serve_command *c);

/* The number of options that name a path. */
#define SERVE_HOME_PATHS 15

/* Owns the paths. Embedded: all zeros, serve_paths_find(), then serve_paths_deinit(). */
struct serve_paths {
	char *in_home[SERVE_HOME_PATHS]; /* of options that begin with "~/" or "%h/" */
	char *state_dir, *policy, *usual_policy, *approvers, *key, *old_key, *registry, *pid_file,
		*password;
};

/*
 * Makes the options' paths absolute, finds the keys and the state directory, and sets the members
 * of c->serve. Returns STATUS_DONE, or another status with the message already printed.
 */
int serve_paths_find(const struct verb *verb, struct serve_command *c, struct serve_paths *p);
void serve_paths_deinit(struct serve_paths *p);
