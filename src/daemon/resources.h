/* SPDX-License-Identifier: ISC */
#pragma once

/*
 * What decisions are made from, and where they are recorded: settings, tokens, policy, allowlist,
 * and the log of evidence. The daemon owns them; nothing may be decided while one is closed.
 */

#include <stdbool.h>
#include <stdint.h>

#include "base/bytes.h"
#include "daemon/approver-file.h"
#include "daemon/evidence-budget.h"
#include "daemon/live-policy.h"
#include "gate/limits.h"
#include "gate/settings.h"
#include "ledger/allowlist/allowlist-file.h"
#include "ledger/evidence/evidence.h"
#include "ledger/state-dir.h"
#include "ledger/store/store.h"

/* What is left on the file system, of those that are written to, that has the least to spare. */
struct space {
	uint64_t left, low, kept; /* bytes; see gate/limits */
	const char *path;         /* the file or directory that is on it, escaped */
	struct bytes refusal;     /* what askers were told last */
	bool is_low, is_full;     /* as it was logged last */
};

struct resources {
	const struct settings *settings;
	struct state_dir *state_dir; /* or NULL */
	struct store *store;
	struct live_policy policy;
	struct approver_file approvers;
	struct live_policy packs[LIMIT_PACKS]; /* in the order in which they were named */
	size_t n_packs;
	const struct policy *packs_in_force[LIMIT_PACKS]; /* as they were when the turn began */
	struct live_policy registry;
	struct allowlist_file allowlist;
	struct evidence *evidence; /* or NULL */
	uint8_t boot_id[16];
	struct space space;
	struct evidence_budget budget;
	uint64_t look_at; /* µs of the boot clock: resources_prepare() looks at the files then */
};

/* The time, and the boot that it counts in. */
struct moment resources_now(const struct resources *res);

/* Why nothing may be decided; NULL where nothing stands against it. */
const char *resources_closed(const struct resources *res);

/*
 * Opens the log of evidence where it is closed, if it is time to try. What it lacks may be about
 * the allowlist, which is read for that.
 */
void resources_open_evidence(struct resources *res, const struct moment *now);

/*
 * Before a turn: what is closed for something that may pass is tried again. Now and then looks at
 * the files as well.
 */
void resources_prepare(struct resources *res, const struct moment *now);

/*
 * Before the commit of a turn: whether the files of the store and the log of evidence are as they
 * were left. What another process has touched is closed. Returns the reason if one was closed by
 * this look, or NULL.
 */
const char *resources_look(struct resources *res);

/*
 * Takes the space for the record of an asker's request of `len` bytes. Returns why there is none
 * for it, or NULL. The text is valid until the next call.
 */
const char *resources_take_space(struct resources *res, size_t len);

/*
 * Reads the packs and the registry where their files have changed: once a turn, since they are
 * installed, and not edited while somebody asks.
 */
void resources_refresh_packs(struct resources *res, const struct moment *now);

/* The registry that is in force, or NULL. */
const struct registry *resources_registry(const struct resources *res);

/* Reads the policy and the allowlist where their files have changed, and logs what came of it. */
void resources_refresh(struct resources *res, const struct moment *now);

/* Logs the warnings that have come up since the last call. */
void resources_log_warnings(struct resources *res);

/* Whether one is closed for something that may pass, so that the daemon must not leave. */
bool resources_are_waiting(const struct resources *res);

/* When time alone brings something to do, in µs of the boot clock; CLOCK_NEVER for never. */
uint64_t resources_due(const struct resources *res);
