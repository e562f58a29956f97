/* SPDX-License-Identifier: ISC */
#pragma once

/* The daemon: opens the store and the doors, runs turns, and shuts down cleanly. */

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "gate/settings.h"
#include "ledger/evidence/evidence.h"
#include "ledger/store/desk.h"

struct runners;

/* All options. Strings belong to the caller. Times in µs. */
struct serve_options {
	struct settings settings;
	const char *socket;                /* NULL: sockets come from systemd */
	const char *operator_socket;       /* or NULL: one door for everything */
	gid_t agent_group, operator_group; /* or DOOR_NO_GROUP */
	const char *state_dir;             /* NULL: the memory store */
	bool is_shared;                    /* the tokens are also given to `desk` */
	struct desk_options desk;
	const char *policy;            /* absolute, or NULL */
	const char *usual_policy;      /* without `policy`: used if it exists; absolute, or NULL */
	const char *credentials;       /* the service manager's directory, or NULL */
	const struct runners *runners; /* of --runner options; NULL: the policy's */
	const char *approvers;         /* absolute, or NULL */
	bool advisory;              /* permit require_signature in a gate of the askers' own uid */
	char **packs;               /* absolute paths of packs */
	size_t n_packs;             /* at most LIMIT_PACKS_NAMED */
	const char *pack_directory; /* absolute; of the packs that the policy names */
	const char *registry;       /* absolute, or NULL */
	const char *evidence_log;   /* or NULL */
	struct evidence_key_option evidence_key, evidence_old_key;
	bool evidence_key_changes;  /* the log may be signed with the old key */
	bool evidence_old_key_lost; /* or with a key that is lost */
	gid_t evidence_group;       /* may read the log; or FILE_NO_GROUP */
	uint64_t evidence_max_size; /* in bytes; 0: no limit */
	const char *pid_file;       /* absolute, or NULL */
	int ready_fd;               /* see daemon/starter.h; 0: none */
	bool idle_timeout_set;
	uint64_t idle_timeout; /* CLOCK_NEVER for never */
};

/* Default idle timeout if systemd owns the sockets, and so can start the daemon again. */
#define SERVE_IDLE_TIMEOUT (UINT64_C(30000000))

enum serve_result {
	SERVE_DONE,
	SERVE_FAILED,    /* the log says why */
	SERVE_NO_SOCKET, /* no socket from systemd or by option: a usage error, not logged */
};

enum serve_result serve(const struct serve_options *options);
