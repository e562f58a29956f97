/* SPDX-License-Identifier: ISC */
#pragma once

/*
 * What the daemon keeps to verify runners: which token was used for what, and the gate's ID.
 * Embedded: runner_gate_init(), runner_check() (daemon/runner-check) before each decision,
 * runner_gate_write() before the answers leave, runner_gate_deinit().
 */

#include "base/clock.h"
#include "daemon/live-policy.h"
#include "gate/runner/uses.h"
#include "ledger/approval/gate-id.h"
#include "ledger/state-dir.h"

struct runner_gate {
	struct state_dir *dir; /* or NULL: uses are kept in memory only */
	struct runner_uses uses;
	struct gate_id id; /* which a signature with a shared key names */
	bool loaded, dirty;
	struct bytes fault; /* why the uses are not known; "" if they are */
};

void runner_gate_init(struct runner_gate *gate);
void runner_gate_deinit(struct runner_gate *gate);

/*
 * Reads the uses and the ID, once, as soon as `dir` is locked; NULL: there is no directory. A
 * failure is noted in `fault`.
 */
void runner_gate_load(struct runner_gate *gate, struct state_dir *dir);

/*
 * The gate's ID, GATE_ID_LEN bytes, which is part of what an asker signs. NULL if there are no
 * signers, or the ID is not known.
 */
const uint8_t *runner_gate_id(
	struct runner_gate *gate, const struct live_policy *policy, struct state_dir *dir);

/* Whether the uses are known, so that a new one can be judged. */
bool runner_gate_knows_uses(const struct runner_gate *gate);

/* Judges and notes a use, see runner_uses_judge(). Returns an enum runner_refusal, or -ENOMEM. */
int runner_gate_use(struct runner_gate *gate, const struct runner_use *use, bool once,
	const struct clock_time *now);

/* Writes the uses if one was noted. Error: a negative errno. */
int runner_gate_write(struct runner_gate *gate);
