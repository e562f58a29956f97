/* SPDX-License-Identifier: ISC */
#pragma once

/*
 * Approvals with a key, as the daemon takes them: who may (a file, watched like the policy), for
 * which gate, and the counts of security keys. Embedded: approver_file_init(), approver_file_load()
 * once the state directory is locked, approver_file_refresh() before each decision.
 *
 * A file that has a fault changes nothing: the one before stays in force; where there was none, the
 * daemon is closed. It is closed, too, while the file can't be read for lack of descriptors or
 * memory, or after an I/O error: a key may have been taken out.
 */

#include <stdbool.h>
#include <sys/stat.h>

#include "base/clock.h"
#include "gate/decide-input.h"
#include "ledger/approval/gate-id.h"
#include "ledger/state-dir.h"

struct approver_file {
	const char *path; /* absolute; NULL: there is none, and nothing here does anything */
	uid_t owner;
	bool advisory;      /* for display: askers could get around what is required */
	struct bytes shown; /* the path, escaped */

	struct allowed_signers *signers; /* in force, or NULL */
	struct stat st;                  /* of the file as it is now; zeros: read it again */
	uint8_t hash[32];                /* of the text of `signers` */
	uint64_t again;      /* when a fault is looked at anew, in µs of the boot clock */
	bool recent;         /* its ctime is too recent to prove that it is unchanged */
	bool unknown;        /* it could not be read for lack of a resource */
	struct bytes fault;  /* what is wrong with it; "" where nothing is */
	struct bytes closed; /* why there is no gate; "" where there is one */

	struct state_dir *dir; /* or NULL */
	struct gate_id gate;
	struct sk_counters counters;
	bool loaded, dirty;
	struct approving approving;
};

/* `path` may be NULL, and must stay. Error: -ENOMEM. */
int approver_file_init(struct approver_file *f, const char *path, uid_t owner);
void approver_file_deinit(struct approver_file *f);

/*
 * Reads the gate's ID and the counts. True where the state directory is a copy of another gate's:
 * what is live in it must end.
 */
bool approver_file_load(struct approver_file *f, struct state_dir *dir);

/* What approver_file_refresh() found. */
enum approver_file_change {
	APPROVER_FILE_SAME,
	APPROVER_FILE_READ,
	APPROVER_FILE_FAULTY, /* there is another fault than before */
};

enum approver_file_change approver_file_refresh(
	struct approver_file *f, const struct clock_time *now);

/* Why nothing may be decided; NULL where nothing stands against it. */
const char *approver_file_closed(const struct approver_file *f);

/* For a decision: NULL where no signatures are taken. */
const struct approving *approver_file_approving(struct approver_file *f);

/* Notes the use of a security key, and writes the counts where one was noted. Negative errno. */
int approver_file_note(struct approver_file *f, const struct sk_use *use);
int approver_file_write(struct approver_file *f);
