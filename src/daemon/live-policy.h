/* SPDX-License-Identifier: ISC */
#pragma once

/*
 * The policy in force: its file, and whether the file has changed. Embedded: live_policy_init(),
 * live_policy_refresh() before each turn, live_policy_deinit().
 *
 * A file with a fault is not used: the previous policy stays in force. If there is none, the daemon
 * is closed. The daemon is also closed while the file can't be read for lack of descriptors or
 * memory, or after an I/O error: the file may now hold a policy that denies. The same holds for the
 * trusted directories, in which links say what its rules are about.
 */

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/clock.h"
#include "base/watched-file.h"
#include "daemon/policy-file.h"
#include "daemon/runner-keys.h"
#include "daemon/trusted-links.h"
#include "gate/policy/policy.h"

struct live_policy {
	const char *path;   /* absolute; NULL: no policy, and no function here does anything */
	const char *absent; /* the usual path, if it had no file at the start; or NULL */
	bool is_usual;      /* no option names the path, and there was a file at the start */
	bool is_gone;       /* is_usual, and the file is gone: the daemon is closed */
	bool has_appeared;  /* there is a file at `absent` now; it is not in force */
	uid_t owner;
	bool wants_registry; /* the document must be a registry; if false, it must not be one */
	struct bytes shown;  /* the path, escaped */

	const char *credentials; /* see daemon/runner-keys; or NULL */

	/*
	 * The CI runners of the daemon's --runner options; NULL: those of the policy count. If both
	 * name runners, the policy is faulty, since it would be unclear which count.
	 */
	const struct runners *given;
	bool is_pack; /* a pack can't name CI runners */

	struct policy *policy;         /* in force, or NULL */
	struct runner_keys *keys;      /* of the runners in force; or NULL */
	struct bytes warnings;         /* about their key sets, for the log */
	uint8_t hash[POLICY_HASH_LEN]; /* SHA-256 of its text */
	struct trusted_links links;    /* of its trusted directories */
	struct watched_file watched;
	struct policy_source source; /* of the file when it was last read */
	struct bytes fault;          /* the fault of the file; "" if there is none */
	bool unknown;                /* the file could not be read for lack of a resource */
};

/* Result of live_policy_refresh(). */
enum live_policy_change {
	LIVE_POLICY_SAME,
	LIVE_POLICY_READ,   /* another policy is in force */
	LIVE_POLICY_FAULTY, /* a fault that differs from the previous one */
};

/* `path` may be NULL; it must outlive `live`. Error: -ENOMEM. */
int live_policy_init(struct live_policy *live, const char *path, uid_t owner);

/*
 * The same for the usual path, if no option names one: a policy is in force only if the file exists
 * now. If that file vanishes later, the daemon is closed until it is back. A file that appears
 * later is not in force (see live_policy_look()).
 */
int live_policy_init_usual(struct live_policy *live, const char *path, uid_t owner);
void live_policy_deinit(struct live_policy *live);

/*
 * Uses the runners of the --runner options, and reads their keys. Call it at most once, before the
 * first refresh. `given` must outlive `live`; its paths are absolute, or names of credentials.
 * Returns 0, POLICY_FAULTY with `why`, or -ENOMEM.
 */
int live_policy_give_runners(struct live_policy *live, const struct runners *given,
	const struct clock_time *now, struct bytes *why);

/* Reads the file if it has changed. This may free `policy`: read the pointer again afterwards. */
enum live_policy_change live_policy_refresh(struct live_policy *live, const struct clock_time *now);

/*
 * Call it every few seconds. Returns whether a file has appeared at `absent` since the last call.
 */
bool live_policy_look(struct live_policy *live);

/* The known CI runners: those of the options, else of the policy in force; or NULL. */
const struct runners *live_policy_runners(const struct live_policy *live);

/* Why no request may be decided; NULL if a policy is in force or there is no path. */
const char *live_policy_closed(const struct live_policy *live);
