/* SPDX-License-Identifier: ISC */
#pragma once

/*
 * The inputs of decisions and the places where decisions are recorded: settings, tokens, policy,
 * allowlist, log of evidence. The daemon owns them. While one of them is closed, no request may be
 * decided.
 */

#include <stdbool.h>
#include <stdint.h>

#include "base/bytes.h"
#include "daemon/approver-file.h"
#include "daemon/evidence-budget.h"
#include "daemon/live-policy.h"
#include "daemon/pack-files.h"
#include "daemon/runner-gate.h"
#include "gate/limits.h"
#include "gate/settings.h"
#include "ledger/allowlist/allowlist-file.h"
#include "ledger/evidence/evidence.h"
#include "ledger/state-dir.h"
#include "ledger/store/store.h"

/* Free space. Of all file systems that are written to, the one that is nearest to its limit. */
struct space {
	uint64_t left, low, kept; /* bytes; see gate/limits */
	const char *path;         /* a file or directory on it, escaped */
	struct bytes refusal;     /* the text that resources_take_space() returned last */
	bool is_low, is_full;     /* as last logged */
};

struct resources {
	const struct settings *settings;
	struct state_dir *state_dir; /* or NULL */
	struct store *store;
	struct live_policy policy;
	struct approver_file approvers;
	struct runner_gate runners;
	struct pack_files packs;
	struct live_policy registry;
	struct allowlist_file allowlist;
	struct evidence *evidence; /* or NULL */
	uint8_t boot_id[16];
	struct space space;
	struct evidence_budget budget;
	uint64_t look_at; /* when resources_prepare() next checks the files, µs of the boot clock */
};

/* Reads the ID of this boot; call it first. Error: a negative errno. */
int resources_read_boot_id(struct resources *res);

/* The current time, and the ID of the boot that it counts from. */
struct moment resources_now(const struct resources *res);

/* Why no request may be decided; NULL if no resource is closed. */
const char *resources_closed(const struct resources *res);

/*
 * Why the store's server can't be reached, if that is the only fault: requests that need no token
 * may still be decided. NULL if there is no fault, or another one.
 */
const char *resources_away(const struct resources *res);

/*
 * Opens the log of evidence if it is closed and a retry is due. Reads the allowlist first: recovery
 * needs it to tell which changes were made.
 */
void resources_open_evidence(struct resources *res, const struct moment *now);

/*
 * Call it before each turn. Retries resources that are closed for a passing reason, and measures
 * free space. Every few seconds it also calls resources_look().
 */
void resources_prepare(struct resources *res, const struct moment *now);

/*
 * Call it before the commit of a turn. Closes the store or the log of evidence if another process
 * has touched its files. Returns the reason if this call closed one, else NULL.
 */
const char *resources_look(struct resources *res);

/*
 * Reserves space for the record of an asker's request of `len` bytes. Returns NULL, or the reason
 * why there is too little space; the text is valid until the next call.
 */
const char *resources_take_space(struct resources *res, size_t len);

/*
 * Call it before the daemon ends, and before store_put_to_rest(): it brings evidence.head up to
 * date, so that the store needs no note of open records. Error: a negative errno.
 */
int resources_finish_evidence(struct resources *res);

/* The registry in force, or NULL. */
const struct registry *resources_registry(const struct resources *res);

/*
 * Reads the policy, the packs, the registry, the approvers and the allowlist if their files have
 * changed; logs the result.
 */
void resources_refresh(struct resources *res, const struct moment *now);

/* Logs the warnings about the runners' key sets: one line for each key that is ignored. */
void resources_log_key_warnings(const struct live_policy *policy);

/* Logs the warnings since the last call. */
void resources_log_warnings(struct resources *res);

/* Whether a resource is closed for a passing reason: then the daemon must not exit. */
bool resources_are_waiting(const struct resources *res);

/* When a resource next has work to do without a request, µs of the boot clock; or CLOCK_NEVER. */
uint64_t resources_due(const struct resources *res);
