/* SPDX-License-Identifier: ISC */
#pragma once

/*
 * Approvals with a key: the approvers (a file, watched like the policy), the gate's ID, and the
 * counters of security keys. Embedded. Call approver_file_init(); approver_file_load() after the
 * state directory is locked; approver_file_refresh() before each decision.
 *
 * A file with a fault is not used: the previous list stays in force. If there is none, the daemon
 * is closed. The daemon is also closed while the file can't be read for lack of descriptors or
 * memory, or after an I/O error: a key may have been removed.
 */

#include <stdbool.h>

#include "base/watched-file.h"
#include "gate/decide-input.h"
#include "ledger/approval/gate-id.h"
#include "ledger/state-dir.h"

struct approver_file {
	const char *path; /* absolute; NULL: no approvers, and no function here does anything */
	uid_t owner;
	bool advisory;      /* for display: askers can bypass the required signatures */
	struct bytes shown; /* the path, escaped */

	struct watched_file watched;
	struct allowed_signers *signers; /* in force, or NULL */
	uint8_t hash[32];                /* SHA-256 of the text of `signers` */
	bool unknown;                    /* the file could not be read for lack of a resource */
	struct bytes fault;              /* the fault of the file; "" if there is none */
	struct bytes closed;             /* why the gate is unusable; "" if it is usable */

	struct state_dir *dir; /* or NULL */
	struct gate_id gate;
	struct sk_counters counters;
	bool loaded, dirty;
	struct approving approving;
};

/* `path` may be NULL; it must outlive `f`. Error: -ENOMEM. */
int approver_file_init(struct approver_file *f, const char *path, uid_t owner);
void approver_file_deinit(struct approver_file *f);

/*
 * Reads the gate's ID and the counters. Returns true if the state directory is a copy of another
 * gate's: then the caller must end all live tokens in it.
 */
bool approver_file_load(struct approver_file *f, struct state_dir *dir);

/* Result of approver_file_refresh(). */
enum approver_file_change {
	APPROVER_FILE_SAME,
	APPROVER_FILE_READ,
	APPROVER_FILE_FAULTY, /* a fault that differs from the previous one */
};

enum approver_file_change approver_file_refresh(
	struct approver_file *f, const struct clock_time *now);

/* Why no request may be decided; NULL if not closed. */
const char *approver_file_closed(const struct approver_file *f);

/* The input for a decision; NULL if no signatures are accepted. Valid until the next refresh. */
const struct approving *approver_file_approving(const struct approver_file *f);

/*
 * approver_file_note() notes the use of a security key. approver_file_write() writes the counters
 * if a use was noted. Errors: negative errno.
 */
int approver_file_note(struct approver_file *f, const struct sk_use *use);
int approver_file_write(struct approver_file *f);
