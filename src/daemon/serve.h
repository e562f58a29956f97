/* SPDX-License-Identifier: ISC */
#pragma once

/* The daemon: opens store and doors, runs the turns, and leaves everything in order. */

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "gate/settings.h"
#include "ledger/evidence/key.h"

/* Everything that can be set; strings belong to the caller. Times in µs. */
struct serve_options {
	struct settings settings;
	const char *socket;                /* NULL: sockets come from systemd */
	const char *operator_socket;       /* or NULL: one door for everything */
	gid_t agent_group, operator_group; /* or DOOR_NO_GROUP */
	const char *state_dir;             /* NULL: the memory store */
	const char *policy;                /* absolute, or NULL */
	const char *approvers;             /* absolute, or NULL */
	bool advisory;            /* signatures are required in a gate of the askers' own uid */
	char **packs;             /* absolute paths of packs */
	size_t n_packs;           /* at most LIMIT_PACKS */
	const char *registry;     /* absolute, or NULL */
	const char *evidence_log; /* or NULL */
	const char *evidence_key; /* the key's file, or NULL */
	enum evidence_key_kind evidence_key_kind;
	bool evidence_key_is_credential; /* of the service manager's */
	bool idle_timeout_set;
	uint64_t idle_timeout; /* CLOCK_NEVER for never */
};

/* How long it stays without a connection, where systemd would start it again. */
#define SERVE_IDLE_TIMEOUT (UINT64_C(30000000))

enum serve_result {
	SERVE_DONE,
	SERVE_FAILED,    /* the log says why */
	SERVE_NO_SOCKET, /* neither from systemd nor by name: a usage error, not logged */
};

enum serve_result serve(const struct serve_options *options);
